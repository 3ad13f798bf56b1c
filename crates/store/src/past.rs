//! What the log tells about earlier states: replay, audit, blame.
//!
//! Replay applies logged bytes and nothing else; no guard, plan or function takes part in it. Audit is the other
//! thing: it asks every recorded guard again, over the state of then.

mod blame;
mod contents;
mod filter;
mod heat;
mod table;
mod tables;
mod terms;
mod trace;

pub(crate) use tables::{Tables, check as check_tables};

pub use blame::{Stated, Touch};
pub use filter::{Dangling, Filter, Partial};
pub use heat::Heat;

use std::ops::{ControlFlow, RangeInclusive};
use std::sync::Arc;

use crate::blobs::{self, BlobHash};
use crate::checkpoint::{self, Reading};
use crate::error::{Error, ErrorKind, Result};
use crate::format::Horizon;
use crate::guard::{Evaluation, NoValue};
use crate::horizon;
use crate::index::check_hash;
use crate::pages::Pages;
use crate::record::{Body, Decision, Record};
use crate::refusal::{Cause, Refusal};
use crate::remnant::{Remnant, Remnants};
use crate::scan::Scan;
use crate::snapshot::Snapshot;
use crate::upsert::stale;
use crate::vfs::Vfs;
use tables::Asked;
use terms::Term;

/// A log up to one seq, read as history. It holds no lock and blocks no writer.
///
/// ```
/// use std::sync::Arc;
/// use store::{Create, Edit, Memory, Mutation, Options, Store};
///
/// let options = Options::new(|| 1, || [7; 16]).create(Create::New);
/// let store = Store::open(Arc::new(Memory::new()), options)?;
/// let edits = vec![Edit::create(0, 4, None), Edit::write_new(0, 0, *b"old!")];
/// store.mutate().commit(&Mutation { edits, ..Mutation::default() })?;
/// let edits = vec![Edit::write(1, 0, *b"new")];
/// store.mutate().commit(&Mutation { edits, ..Mutation::default() })?;
///
/// let past = store.past();
/// assert_eq!(past.replay(1)?.expect_page(1)?.bytes(), b"old!");
/// // The state of now, made again from the log, is the state of now.
/// assert_eq!(past.replay(2)?.state_hash(), store.query().snapshot().state_hash());
/// // Who wrote the bytes as they are at seq 2?
/// assert_eq!(past.blame(1, 0, 2)?.map(|touch| touch.seq), Some(2));
/// assert_eq!(past.blame(1, 3, 2)?.map(|touch| touch.seq), Some(1));
/// # Ok::<(), store::Error>(())
/// ```
#[derive(Clone)]
pub struct Past {
    pub(crate) vfs: Arc<dyn Vfs>,
    pub(crate) store_id: [u8; 16],
    pub(crate) horizon: Horizon,
    /// Number and first seq of each segment that was not dropped.
    pub(crate) segments: Vec<(u64, u64)>,
    pub(crate) last_seq: u64,
    /// How much of a checkpoint is taken into memory.
    pub(crate) held_bytes_max: u64,
    pub(crate) tables: Arc<Tables>,
}

/// What an audit looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Audited {
    /// Transactions whose intent was decided by the store.
    pub committed: u64,
    /// Refusals of intents.
    pub refused: u64,
    /// Guards that were evaluated again.
    pub guards: u64,
    /// Reads that were held against the state again.
    pub reads: u64,
}

impl Past {
    /// The last seq it knows.
    pub fn last_seq(&self) -> u64 {
        self.last_seq
    }

    /// Reads a blob and checks it against its name.
    ///
    /// # Errors
    /// `NotFound`, `BlobDamaged` with the file, `Io`.
    pub fn get_blob(&self, hash: &BlobHash) -> Result<Vec<u8>> {
        blobs::read(&*self.vfs, hash)
    }

    /// The records from one seq to another, both included.
    pub(crate) fn scan(&self, from: u64, to: u64) -> Scan {
        Scan::new(Arc::clone(&self.vfs), self.segments.clone(), from, to.min(self.last_seq))
    }

    /// The seq of the oldest state that is left; 0 unless segments were dropped. Records are there from the next seq on,
    /// and intents with their answers of all times.
    pub fn oldest_seq(&self) -> u64 {
        self.horizon.oldest_seq
    }

    fn check_left(&self, seq: u64) -> Result<()> {
        if seq >= self.oldest_seq() { Ok(()) } else { Err(Error::too_old(seq, self.oldest_seq())) }
    }

    /// The oldest state that is left, with its seq.
    fn base(&self) -> Result<(Pages, u64)> {
        let reading = Reading::Whole { held_bytes_max: self.held_bytes_max };
        let base = horizon::base(&*self.vfs, &self.store_id, &self.horizon, reading)?;
        Ok(base.map_or((Pages::default(), 0), |base| (base.index.pages, self.horizon.oldest_seq)))
    }

    fn check_known(&self, seq: u64) -> Result<()> {
        if seq <= self.last_seq {
            return self.check_left(seq);
        }
        Err(Error::new(ErrorKind::NotFound, "the log does not go so far")
            .at_seq(seq)
            .expected(format!("at most {}", self.last_seq)))
    }

    /// The state after `to_seq`, from the oldest state and the first record behind it on, checked against every state
    /// hash on the way.
    ///
    /// # Errors
    /// `NotFound` for a seq behind the last, `SeqTooOld` for one before the oldest state; `Diverged` with the seq where
    /// the log's hash differs; `Corrupt`.
    pub fn replay(&self, to_seq: u64) -> Result<Snapshot> {
        self.check_known(to_seq)?;
        let (pages, from) = self.base()?;
        let pages = self.replay_onto(pages, from, to_seq, &mut |_, _| Ok(()))?;
        Ok(Snapshot::detached(pages, to_seq))
    }

    /// The state at `seq`, as it was then, from the newest checkpoint before it.
    ///
    /// # Errors
    /// As [`Past::replay`].
    pub fn snapshot_at(&self, seq: u64) -> Result<Snapshot> {
        self.check_known(seq)?;
        let reading = Reading::Whole { held_bytes_max: self.held_bytes_max };
        let checkpoint = checkpoint::newest(&*self.vfs, seq, &self.store_id, reading)?;
        let (pages, from) = match checkpoint.filter(|checkpoint| checkpoint.seq() >= self.oldest_seq()) {
            Some(checkpoint) => (checkpoint.index.pages.clone(), checkpoint.seq()),
            None => self.base()?,
        };
        let pages = self.replay_onto(pages, from, seq, &mut |_, _| Ok(()))?;
        Ok(Snapshot::detached(pages, seq))
    }

    /// The state at `seq`, from one before it: a walk over many seqs reads the log once.
    ///
    /// # Errors
    /// As [`Past::replay`]; `NotFound` for a state behind `seq`.
    pub fn advance(&self, from: &Snapshot, seq: u64) -> Result<Snapshot> {
        self.check_known(seq)?;
        if from.seq() > seq {
            return Err(Error::new(ErrorKind::NotFound, "the state is behind the one that is asked for")
                .at_seq(seq)
                .expected(format!("at least {}", from.seq())));
        }
        let pages = self.replay_onto(from.pages().clone(), from.seq(), seq, &mut |_, _| Ok(()))?;
        Ok(Snapshot::detached(pages, seq))
    }

    /// Applies the records behind `from_seq` to the state at it. `visit` sees each with the state before it.
    fn replay_onto(
        &self,
        mut pages: Pages,
        from_seq: u64,
        to_seq: u64,
        visit: &mut dyn FnMut(&Record, &Pages) -> Result<()>,
    ) -> Result<Pages> {
        let mut equal_at = from_seq;
        let mut scan = self.scan(from_seq + 1, to_seq);
        while let Some(item) = scan.advance() {
            let (record, hash) = item?;
            visit(&record, &pages)?;
            pages.replay(&record)?;
            if let Some(logged) = hash {
                check_hash(logged, pages.hash(), equal_at, record.seq)?;
                equal_at = record.seq;
            }
        }
        Ok(pages)
    }

    /// Replays the log, and at each intent asks again what was decided then: read sets and guards must hold where it
    /// was committed, and the recorded reason where it was refused. What was refused for its values can be asked only
    /// as far as its guard: the log holds resulting bytes, not the expressions. Of dropped records only intent and answer
    /// are left, so it begins at the oldest state.
    ///
    /// # Errors
    /// `Diverged` at the first seq where the answer is another; those of [`Past::replay`].
    pub fn audit(&self) -> Result<Audited> {
        let mut audited = Audited::default();
        let (pages, from) = self.base()?;
        self.replay_onto(pages, from, self.last_seq, &mut |record, before| {
            let (decision, refusal) = match &record.body {
                Body::Transaction { decision: Some(decision), .. } => (decision, None),
                Body::Refused { decision: Some(decision), refusal } => (decision, Some(refusal)),
                _ => return Ok(()),
            };
            *(if refusal.is_none() { &mut audited.committed } else { &mut audited.refused }) += 1;
            audited.reads += decision.reads.len() as u64;
            audited.guards += u64::from(decision.guard.is_some());
            let found = weigh_again(decision, before)?;
            if agrees(refusal, found, before) {
                return Ok(());
            }
            Err(Error::new(
                ErrorKind::Diverged,
                "the guard of an intent does not agree with what is on record",
            )
            .at_seq(record.seq)
            .expected(refusal.map_or("committed".to_owned(), Refusal::to_string))
            .found(found.map_or("committed".to_owned(), |cause| format!("refused ({})", cause.name()))))
        })?;
        Ok(audited)
    }

    /// The record that a plan, an intent or an entry stands in, by its id: from the intent to its deltas. The other way
    /// is [`Past::blame`].
    ///
    /// # Errors
    /// `NotFound`; `SeqTooOld` for one that was dropped: [`Past::intents`] still tells its intent; those of reading.
    pub fn record_of(&self, id: u128) -> Result<Record> {
        let mut found = None;
        if id != 0 {
            self.about(&[Term::id(id)], 0..=self.last_seq, Direction::Onward, &mut |record| {
                found = Some(record);
                ControlFlow::Break(())
            })?;
        }
        if let Some(found) = found {
            return Ok(found);
        }
        let mut dropped = None;
        self.remnants(&(0..=self.oldest_seq()), &mut |remnant| {
            dropped = dropped.or(remnant.ids().any(|known| known == id).then_some(remnant.seq));
        })?;
        Err(match dropped {
            Some(seq) if id != 0 => Error::too_old(seq, self.oldest_seq()),
            _ => Error::new(ErrorKind::NotFound, format!("no record of id {id:032x}")),
        })
    }

    /// Calls `visit` with what stays of each dropped record between two seqs, in order.
    fn remnants(&self, seqs: &RangeInclusive<u64>, visit: &mut dyn FnMut(Remnant)) -> Result<()> {
        if *seqs.start() > self.oldest_seq() {
            return Ok(());
        }
        for number in 1..=self.horizon.dropped {
            let (remnants, _) = Remnants::read(&*self.vfs, number, &self.store_id)?;
            if remnants.first_seq > *seqs.end() {
                break;
            }
            remnants.records.into_iter().filter(|remnant| seqs.contains(&remnant.seq)).for_each(&mut *visit);
        }
        Ok(())
    }

    /// Every intent with its answer, in order, without the refused ones unless the filter says so. It costs what
    /// stands under the narrowest of the filter's fields, not what the log holds. Those of dropped segments are there
    /// too, and are all looked at unless the filter's seqs begin behind the oldest state.
    ///
    /// # Errors
    /// Those of reading.
    pub fn intents(&self, filter: &Filter) -> Result<Vec<Stated>> {
        let mut stated = Vec::new();
        let seqs = filter.seqs.clone().filter(|_| !filter.inverted).unwrap_or(0..=self.last_seq);
        self.remnants(&seqs, &mut |remnant| {
            let selected = filter.selects_remnant(&remnant);
            let Remnant { seq, time_ns, refusal, .. } = remnant;
            if let Some((intent, plan)) = remnant.intent.filter(|_| selected) {
                stated.push(Stated { seq, time_ns, intent, plan, refusal });
            }
        })?;
        self.about(&Term::of_intents(filter), seqs, Direction::Onward, &mut |record| {
            let selected = filter.selects(&record);
            let (decision, refusal) = match record.body {
                Body::Transaction { decision: Some(decision), .. } if selected => (decision, None),
                Body::Refused { decision: Some(decision), refusal } if selected => (decision, Some(refusal)),
                _ => return ControlFlow::Continue(()),
            };
            let Decision { intent, plan, .. } = *decision;
            stated.push(Stated { seq: record.seq, time_ns: record.time_ns, intent, plan, refusal });
            ControlFlow::Continue(())
        })?;
        Ok(stated)
    }

    /// The segments that are left and have records, in order.
    fn asked(&self) -> impl Iterator<Item = Asked> {
        let nexts = self.segments.iter().skip(1).map(|(_, first_seq)| Some(*first_seq)).chain([None]);
        let asked = self.segments.iter().zip(nexts).map(|((number, first_seq), next)| Asked {
            number: *number,
            first_seq: *first_seq,
            last_seq: next.map_or(self.last_seq, |next| next.saturating_sub(1)),
            ended: next.is_some(),
        });
        asked.filter(|of| of.first_seq <= of.last_seq)
    }

    /// Calls `visit` with each record between two seqs that is about one of the terms, until it breaks.
    fn about(
        &self,
        terms: &[Term],
        seqs: RangeInclusive<u64>,
        direction: Direction,
        visit: &mut dyn FnMut(Record) -> ControlFlow<()>,
    ) -> Result<()> {
        let (vfs, store_id) = (&*self.vfs, &self.store_id);
        let (from, to) = (*seqs.start(), *seqs.end().min(&self.last_seq));
        let mut asked: Vec<Asked> =
            self.asked().filter(|of| of.first_seq <= to && of.last_seq >= from).collect();
        if direction == Direction::Back {
            asked.reverse();
        }
        for asked in asked {
            let mut ordinals = self.tables.ordinals(vfs, store_id, asked, terms)?;
            ordinals.retain(|ordinal| (from..=to).contains(&(asked.first_seq + u64::from(*ordinal))));
            if direction == Direction::Back {
                ordinals.reverse();
            }
            for ordinal in ordinals {
                if visit(self.tables.record(vfs, store_id, asked, ordinal)?).is_break() {
                    return Ok(());
                }
            }
        }
        Ok(())
    }
}

/// Which way the log is walked.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Direction {
    Onward,
    Back,
}

/// The reason to refuse that read set and guard give over a state; `None` for none.
fn weigh_again(decision: &Decision, pages: &Pages) -> Result<Option<Cause>> {
    for read in &decision.reads {
        if stale(read, pages)?.is_some() {
            return Ok(Some(Cause::StaleRead));
        }
    }
    let Some(guard) = &decision.guard else { return Ok(None) };
    let evaluation = Evaluation::new(pages);
    evaluation.check_shape(guard)?;
    match evaluation.truth(guard) {
        Ok(true) => Ok(None),
        Ok(false) => Ok(Some(Cause::Guard)),
        Err(NoValue::Overflow) => Ok(Some(Cause::Overflow)),
        Err(NoValue::Misfit) => Err(Error::new(ErrorKind::Corrupt, "a recorded guard has no value")),
        Err(NoValue::Unread(error)) => Err(*error),
    }
}

fn agrees(refusal: Option<&Refusal>, found: Option<Cause>, pages: &Pages) -> bool {
    match refusal.map(|refusal| (refusal.cause, refusal.page)) {
        None => found.is_none(),
        Some((cause @ (Cause::StaleRead | Cause::Guard), _)) => found == Some(cause),
        Some((Cause::Overflow, _)) => matches!(found, None | Some(Cause::Overflow)),
        Some((Cause::NameTaken, page)) => {
            found.is_none() && pages.get(page).is_some_and(|page| page.name().is_some())
        }
        Some((Cause::Derive, _)) => found.is_none(),
    }
}
