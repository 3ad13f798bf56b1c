//! Derived pages that lag behind the work, and the reference for them: a page's bytes are what its function makes of its
//! parents as they were at its watermark, and it is stale if and only if one of them changed behind that.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, Ordering};

use store::{Body, Edit, GraphEdit, Mutation, Outcome, Record, Result, Snapshot, Store};

use super::{Model, START, sum};
use crate::support::entry;

/// Follows the one counter in its commit, and the other when somebody asks.
const ASKED: u64 = 13;
/// Follows two counters by a task.
const SLOW: u64 = 14;
/// Follows the slow page and a counter at once.
const BEHIND: u64 = 15;
const PARENTS: [(u64, [u64; 2]); 3] = [(ASKED, [1, 5]), (SLOW, [4, 6]), (BEHIND, [SLOW, 1])];
/// The seq of the last record that is not of an operation.
const SET_UP_SEQ: u64 = super::SET_UP_SEQ + 2;

/// Pages and graph, behind what the work needs; what is there already stays as it is.
pub fn set_up(store: &Store) -> Result<()> {
    let edits = (0..3).map(|number| Edit::create(number, 8, None)).collect();
    let clients = vec![entry(u128::MAX - 1, b"what lags")];
    store.mutate().commit(&Mutation { edits, clients, ..Mutation::default() })?;
    if store.last_seq() < SET_UP_SEQ {
        store.derive().edit(&PARENTS.map(|(page, parents)| GraphEdit::Derive {
            page,
            function: "sum@1".to_owned(),
            parents: parents.to_vec(),
            stale: if page == ASKED { vec![5] } else { vec![] },
            asynchronous: page == SLOW,
        }))?;
    }
    Ok(())
}

/// Computes what lags as long as others work, and then what they left; tells each answer.
pub fn keep_up(store: &Store, is_over: &AtomicBool, told: impl Fn(&Outcome)) -> Result<()> {
    loop {
        let is_last = is_over.load(Ordering::Acquire);
        store.derive().work(NonZeroUsize::MIN)?.iter().for_each(&told);
        let is_stale = store.query().snapshot().stale_pages(ASKED)?.next() == Some(ASKED);
        if is_stale {
            told(&store.derive().refresh(ASKED)?);
        }
        if is_last {
            return Ok(());
        }
        std::thread::yield_now();
    }
}

/// Whether a record is of no operation: somebody computed a page on its own account.
pub fn is_catching_up(record: &Record) -> bool {
    match &record.body {
        Body::Transaction { decision: None, deltas, clients, blobs, .. } => {
            deltas.is_empty() && clients.is_empty() && blobs.is_empty()
        }
        _ => false,
    }
}

/// What the counters were, as far as pages that lag may show it.
#[derive(Clone)]
pub struct Lagging {
    /// The values of each parent from a seq on, ascending.
    seen: BTreeMap<u64, Vec<(u64, Vec<u8>)>>,
}

impl Lagging {
    /// The state behind the set-up.
    pub fn begin(model: &mut Model) -> Lagging {
        model.seq = SET_UP_SEQ;
        for (page, _) in PARENTS {
            model.pages.insert(page, (SET_UP_SEQ - 1, vec![0; 8], None, Vec::new()));
        }
        model.next_page = BEHIND + 1;
        let begin = |parent| (parent, vec![(SET_UP_SEQ, START.to_le_bytes().to_vec())]);
        Lagging { seen: [1, 4, 5, 6].map(begin).into() }
    }

    fn at(&self, parent: u64, seq: u64) -> Vec<u8> {
        let seen = &self.seen[&parent];
        let upto = seen.partition_point(|(from, _)| *from <= seq);
        seen[upto.saturating_sub(1)].1.clone()
    }

    /// The sum of a page's parents as they were.
    fn made_at(&self, page: u64, seq: u64) -> Vec<u8> {
        let parents = PARENTS.iter().find(|(of, _)| *of == page).expect("a page that lags").1;
        let inputs = parents.map(|parent| self.at(parent, seq));
        sum(&[&inputs[0], &inputs[1]]).expect("counters have eight bytes")
    }

    fn compute(model: &mut Model, page: u64, made: &[u8]) {
        if model.pages[&page].1 != made {
            model.change(page, 0, made);
        }
    }

    fn compute_behind(model: &mut Model) {
        let made = sum(&[&model.pages[&SLOW].1, &model.pages[&1].1]).expect("counters have eight bytes");
        Lagging::compute(model, BEHIND, &made);
    }

    /// What follows at once from an operation that the model took.
    pub fn follow(&mut self, model: &mut Model) {
        let seq = model.seq;
        for (parent, seen) in &mut self.seen {
            if model.pages[parent].0 == seq {
                seen.push((seq, model.pages[parent].1.clone()));
            }
        }
        if model.pages[&1].0 == seq {
            Lagging::compute(model, ASKED, &self.made_at(ASKED, seq));
            Lagging::compute_behind(model);
        }
    }

    /// Takes a record of what was computed on its own account.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn apply(&self, model: &mut Model, record: &Record) -> std::result::Result<(), String> {
        let seq = record.seq;
        let Body::Transaction { derived, watermarks, .. } = &record.body else {
            return Err(format!("seq {seq} computes nothing"));
        };
        if seq != model.seq + 1 {
            return Err(format!("seq {seq} follows {}", model.seq));
        }
        model.seq = seq;
        for watermark in watermarks {
            let expected = match watermark.page {
                ASKED => seq,
                SLOW => watermark.seq.min(seq - 1),
                other => return Err(format!("seq {seq} brings up page {other}")),
            };
            if watermark.seq != expected {
                return Err(format!("seq {seq} brings page {} up to {}", watermark.page, watermark.seq));
            }
            Lagging::compute(model, watermark.page, &self.made_at(watermark.page, watermark.seq));
        }
        if model.pages[&SLOW].0 == seq {
            Lagging::compute_behind(model);
        }
        let changed: BTreeSet<u64> =
            model.pages.iter().filter(|(_, page)| page.0 == seq).map(|(id, _)| *id).collect();
        let said: BTreeSet<u64> = derived.iter().map(|made| made.delta.page).collect();
        if changed == said {
            Ok(())
        } else {
            Err(format!("seq {seq} changes {said:?}, expected {changed:?}"))
        }
    }

    /// Holds the watermarks of a state against what they mean.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn check(&self, snapshot: &Snapshot) -> std::result::Result<(), String> {
        let stale: Vec<u64> = snapshot.stale_pages(0).map_err(|error| error.to_string())?.collect();
        for page in [ASKED, SLOW] {
            let watermark = snapshot.watermark(page).map_err(|error| error.to_string())?;
            let watermark = watermark.ok_or(format!("page {page} is not derived"))?;
            let parents = PARENTS.iter().find(|(of, _)| *of == page).map_or([0; 2], |(_, parents)| *parents);
            let newest =
                parents.iter().filter_map(|parent| self.seen[parent].last()).map(|(seq, _)| *seq).max();
            let is_behind = watermark == 0 || newest.is_some_and(|newest| newest > watermark);
            if stale.contains(&page) != is_behind {
                return Err(format!("page {page} with watermark {watermark}, stale: {stale:?}, {newest:?}"));
            }
            let found = snapshot.expect_page(page).map_err(|error| error.to_string())?;
            if watermark > 0 && found.bytes() != self.made_at(page, watermark) {
                return Err(format!("page {page} is not what it was made of at {watermark}"));
            }
        }
        Ok(())
    }
}
