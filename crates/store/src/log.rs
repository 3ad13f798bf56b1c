//! Appending: sequencing and group commit.
//!
//! A caller encodes its request without the lock, takes its seq under it, and then either finds a sync running, in
//! which case its record waits for the next one, or leads: it writes and syncs everything gathered so far on its own
//! thread. While others gather it goes on with what they gathered, for a few rounds, so that the disk does not wait for
//! a thread to be woken; then one of them leads. Whoever waits is woken with its group, without the lock. The first
//! failed write or sync poisons the log, because nobody can know any more what the disk holds.

mod group;
mod segments;

use std::borrow::Cow;
use std::ops::Range;
use std::sync::{Arc, PoisonError};

use plan::NamespaceId;
use plan::wire::Encoder;

use crate::checkpoint::{Archive, Checkpoint};
use crate::error::{Error, ErrorKind, Result};
use crate::format::{Horizon, RECORD_HEADER_LEN, RECORD_LEN_MAX, kind, segment_path, tag};
use crate::ids::{Known, Listed};
use crate::index::{Index, SegmentInfo};
use crate::metrics::Counters;
use crate::namespace::Namespace;
use crate::options::{Durability, Options};
use crate::pages::Pages;
use crate::record::{
    self, LAGGING_VERSION, RECORD_VERSION, REQUEST_LEN, Recovery, STATE_HASH_LEN, TOLD_VERSION,
    encode_state_hash, encode_time, padded,
};
use crate::refusal::Refusal;
use crate::snapshot::{OldestSnapshot, Publication, Snapshot};
use crate::store::Commit;
use crate::sync::{Condvar, Mutex, MutexGuard};
use crate::validate::ValidDeltas;
use crate::vfs::{self, Vfs};
use crate::way::{Stage, Times, Way};
use group::{Group, Reached};
use segments::{Active, Previous};

/// So often a leader writes, with what others gathered while it did.
const ROUNDS_MAX: usize = 16;
/// The longest buffer of records that is used again.
const BUFFER_LEN_MAX: usize = 1 << 20;
/// A TIME entry at its longest: tag, length, ten bytes.
const TIME_LEN_MAX: usize = 12;

pub(crate) struct Log {
    vfs: Arc<dyn Vfs>,
    options: Options,
    state: Mutex<State>,
    changed: Condvar,
    /// [`ROUNDS_MAX`], or fewer where every order is walked, so that leading passes on.
    rounds_max: usize,
    /// The newest state that readers see.
    publication: Publication,
}

/// Everything that the lock protects.
pub(crate) struct State {
    /// What the log says, this process's records included from their sequencing on.
    pub(crate) index: Index,
    /// The last seq whose record was written.
    pub(crate) written: u64,
    /// The last seq whose record was synced.
    pub(crate) durable: u64,
    /// The first seq of every segment that was not dropped, by number.
    pub(crate) segments: Vec<(u64, u64)>,
    active: Option<Active>,
    previous: Previous,
    /// The last segment of the opening, as long as nobody knows whether its END is on disk.
    unsure: Option<SegmentInfo>,
    /// Bytes of all ended segments, dropped ones included.
    ended_bytes: u64,
    /// How many bytes the log had at the last checkpoint.
    checkpointed_bytes: u64,
    /// What the pages may take in memory since no checkpoint could be made for them; else 0.
    unleft_bytes: u64,
    next_capacity: u64,
    pending: Vec<u8>,
    /// Whether a leader writes without the lock.
    leading: bool,
    /// The last seq that a leader took.
    taken: u64,
    /// Who waits for what a leader took, if anybody does.
    written_for: Option<Arc<Group>>,
    /// Who waits for what is pending.
    gathered: Option<Arc<Group>>,
    /// How many wait for any change.
    waiting: usize,
    marked: u64,
    counters: Counters,
    /// Where there is a stopwatch.
    way: Option<Way>,
    synced_at_ns: u64,
    poison: Option<String>,
}

/// Whether a checkpoint should be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Due {
    No,
    /// By whoever comes first.
    Soon,
    /// Before anybody goes on.
    Now,
}

/// How far a closed log goes. Nothing in a log vouches for its last segment, so who keeps this beside it can tell
/// that whole records or segments were removed from its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogEnd {
    /// The last seq.
    pub last_seq: u64,
    /// Segments, dropped ones included.
    pub segment_count: u64,
    /// Bytes of all segments, up to the last whole record of each, dropped ones included.
    pub log_bytes: u64,
}

/// What somebody asks for, before it is sequenced.
pub(crate) struct Request<'a> {
    /// Ids by which it is known if it came before.
    pub(crate) ids: &'a [u128],
    /// What tells it from any other request under the same ids.
    pub(crate) hash: [u8; 16],
    /// Makes its record from what the log holds, under the lock: the last checks stand here. It may be asked again
    /// before the record is sequenced.
    pub(crate) draft: &'a dyn Fn(&Index) -> Result<Draft<'a>>,
}

/// A record that only lacks its place and time.
pub(crate) struct Draft<'a> {
    pub(crate) kind: u8,
    pub(crate) entries: Cow<'a, [u8]>,
    /// Those whose tags are behind that of the time: of the graph and of what lags in it.
    pub(crate) graph_entries: Cow<'a, [u8]>,
    /// Ids that the record brings into the log.
    pub(crate) ids: &'a [u128],
    pub(crate) naming: Naming,
    pub(crate) effect: Effect,
    pub(crate) answer: Answer,
}

impl Draft<'_> {
    /// The version of its record's form.
    fn version(&self) -> u8 {
        match (self.kind, self.naming, &self.effect) {
            (kind::TXN, Naming::Told, _) => TOLD_VERSION,
            (kind::GRAPH, _, Effect::Pages(after, _)) if after.graph().may_lag() => LAGGING_VERSION,
            _ => RECORD_VERSION,
        }
    }
}

/// How a reader of the record knows the request's hash.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Naming {
    /// It is that of the record's own entries, or nobody asks for it.
    Bytes,
    /// It stands in the record.
    Request,
    /// It is that of the plan which the record tells.
    Told,
}

/// What the caller is told.
pub(crate) enum Answer {
    /// Committed, and the pages with these ids are new.
    Committed(Range<u64>),
    Refused(Refusal),
}

/// What became of a request.
pub(crate) struct Sequenced {
    pub(crate) seq: u64,
    /// Whether a checkpoint should be made.
    pub(crate) due: Due,
    /// `None` for a request that the log knows.
    pub(crate) answer: Option<Answer>,
}

/// How the log stands, for figures.
pub(crate) struct Figures {
    pub(crate) counters: Counters,
    /// The last acknowledged seq.
    pub(crate) last_seq: u64,
    pub(crate) durable_seq: u64,
    /// Bytes behind the last checkpoint.
    pub(crate) tail_bytes: u64,
    pub(crate) oldest_snapshot: OldestSnapshot,
    /// Where there is a stopwatch.
    pub(crate) times: Option<[Times; 3]>,
}

impl Sequenced {
    pub(crate) fn commit(&self) -> Commit {
        Commit { seq: self.seq, repeated: self.answer.is_none() }
    }
}

/// What a record changes besides the log.
pub(crate) enum Effect {
    None,
    /// A namespace gets these kinds.
    Namespace(NamespaceId, Namespace),
    /// The state after it, and the payload bytes of its writes by encoding.
    Pages(Box<Pages>, [u64; 4]),
    /// Changes that fit the state before it, and the same of them. They are made in place: what no reader holds is not
    /// copied.
    Deltas(ValidDeltas, [u64; 4]),
}

impl Log {
    /// A log that goes on behind `index`. With a recovery the next segment begins at once and says so.
    pub(crate) fn open(
        vfs: Arc<dyn Vfs>,
        options: Options,
        index: Index,
        recovery: Option<Recovery>,
    ) -> Result<Log> {
        let previous = Previous::of(&index);
        let unsure = index.segments.last().copied().filter(|_| recovery.is_none());
        let last_seq = index.last_seq;
        let ended_bytes: u64 = index.segments.iter().map(|segment| segment.end).sum();
        let (checkpointed_bytes, checkpoint_seq) =
            (ended_bytes.saturating_sub(index.tail_bytes), index.checkpoint_seq);
        let state = State {
            segments: index
                .kept_segments()
                .iter()
                .map(|segment| (segment.number, segment.first_seq))
                .collect(),
            index,
            written: last_seq,
            durable: last_seq,
            active: None,
            previous,
            unsure,
            ended_bytes,
            checkpointed_bytes,
            unleft_bytes: 0,
            next_capacity: options.segment_bytes_min,
            pending: Vec::new(),
            leading: false,
            taken: last_seq,
            written_for: None,
            gathered: None,
            waiting: 0,
            marked: last_seq,
            counters: Counters::new(checkpoint_seq),
            way: options.elapsed_ns().map(|_| Way::new(last_seq)),
            synced_at_ns: options.now_ns(),
            poison: None,
        };
        let first = (state.index.pages.clone(), last_seq);
        let publication = Publication::new(first, options.clone());
        let (state, changed) = (Mutex::new(state), Condvar::new());
        let log = Log { vfs, options, state, changed, rounds_max: ROUNDS_MAX, publication };
        if let Some(recovery) = recovery {
            let mut state = log.lock();
            log.begin_segment(&mut state, 0, Some(recovery))?;
            state.index.recoveries.push(recovery);
            drop(state);
        }
        Ok(log)
    }

    /// A panic of a caller cannot leave the state half changed: nothing between two of its fields can panic.
    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'a>(&self, mut state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        state.waiting += 1;
        let mut state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        state.waiting -= 1;
        state
    }

    /// Wakes who waits. A call without a waiter would cost a system call.
    fn notify(&self, state: &State) {
        if state.waiting > 0 {
            self.changed.notify_all();
        }
    }

    /// Whether readers' states are made when they look, not when something was written. It spares the writer the copies
    /// of what a published state shares with the next one, and is only possible where nothing that is sequenced waits
    /// for a sync before it may be seen.
    fn publishes_late(&self) -> bool {
        self.options.durability == Durability::Memory
    }

    /// The newest state that may be seen.
    pub(crate) fn snapshot(&self) -> Snapshot {
        if self.publication.is_behind() {
            let mut state = self.lock();
            if state.poison.is_none() {
                self.publication.publish(state.newest());
            }
        }
        self.publication.snapshot()
    }

    /// Gives a request whose form was checked its seq. [`Log::finish`] waits as the level says.
    pub(crate) fn sequence(&self, request: &Request<'_>) -> Result<Sequenced> {
        let asked_ns = self.options.elapsed_ns();
        let mut state = self.lock();
        let mut drafted: Option<(u64, Draft<'_>)> = None;
        loop {
            state.check()?;
            if let Some(seq) = state.repeated(request)? {
                return Ok(Sequenced { seq, due: Due::No, answer: None });
            }
            // A draft holds as long as nothing else was sequenced: making room alone changes nothing that it read.
            let draft = match drafted.take() {
                Some((last_seq, draft)) if last_seq == state.index.last_seq => draft,
                _ => (request.draft)(&state.index)?,
            };
            let len = RECORD_HEADER_LEN
                + draft.entries.len()
                + draft.graph_entries.len()
                + TIME_LEN_MAX
                + REQUEST_LEN;
            if len > RECORD_LEN_MAX {
                return Err(Error::new(ErrorKind::LimitExceeded, "the transaction is too long")
                    .expected(format!("at most {RECORD_LEN_MAX} bytes"))
                    .found(format!("{len} bytes")));
            }
            let len = padded(len) + RECORD_HEADER_LEN + STATE_HASH_LEN;
            if state.fits(len) {
                let (seq, answer) = state.sequence(draft, request.hash, self.options.now_ns());
                if let (Some(way), Some(asked_ns)) = (&mut state.way, asked_ns) {
                    way.begin(asked_ns);
                }
                return Ok(Sequenced { seq, due: self.due(&state), answer: Some(answer) });
            }
            drafted = Some((state.index.last_seq, draft));
            state = self.make_room(state, len)?;
        }
    }

    /// Waits until `seq` is acknowledged as the level says.
    pub(crate) fn finish(&self, seq: u64) -> Result<()> {
        let state = self.lock();
        match self.options.durability {
            Durability::Durable => self.settle(state, seq, true),
            Durability::Buffered { sync_after_ms } => {
                let late_ns = self.options.now_ns().saturating_sub(state.synced_at_ns);
                self.settle(state, seq, late_ns >= sync_after_ms.saturating_mul(1_000_000))
            }
            Durability::Memory => self.settle(state, seq, false),
        }
    }

    /// Waits until `seq` is written, and synced where the level promises that.
    pub(crate) fn wait_written(&self, seq: u64) -> Result<()> {
        let state = self.lock();
        if seq > state.index.last_seq {
            return Err(no_such(seq, &state));
        }
        drop(state);
        self.finish(seq)
    }

    /// Everything that a checkpoint of the newest state holds. It may be written once its seq is durable.
    pub(crate) fn checkpoint(&self) -> Result<Checkpoint> {
        let mut state = self.lock();
        state.check()?;
        self.secure_previous(&mut state)?;
        state.checkpointed_bytes = state.log_bytes();
        state.index.pages.settle();
        state.index.ids.freeze();
        let active = state.active.as_ref();
        let tail_first_seq = active.map_or(state.index.last_seq + 1, |active| active.header.first_seq);
        Ok(Checkpoint { index: state.index.clone(), tail_first_seq })
    }

    /// Whether a checkpoint should be made: the log behind the last one is long, or the pages take much memory.
    pub(crate) fn checkpoint_is_due(&self) -> Due {
        self.due(&self.lock())
    }

    fn due(&self, state: &State) -> Due {
        let most = self.options.memory_bytes_max;
        if most < u64::MAX {
            let pages = &state.index.pages;
            // What is always there leaves at least an eighth: else every change would make a checkpoint.
            let room = |of: u64| of.saturating_sub(pages.fixed_bytes()).max(most / 8).max(state.unleft_bytes);
            if pages.held_bytes() > room(most) {
                return Due::Now;
            }
            if pages.held_bytes() > room(most / 2 + most / 8) {
                return Due::Soon;
            }
        }
        if state.tail_bytes() >= self.options.checkpoint_tail_bytes_max { Due::Soon } else { Due::No }
    }

    /// Leaves the bytes of the newest state's pages to a checkpoint that was just written of `archived`, down to what
    /// the options say.
    pub(crate) fn leave_pages(&self, archive: Archive, archived: &Pages) -> Result<()> {
        // Settled: what is left to the archive is in the hash.
        let (base, _) = self.lock().newest();
        // Without the lock: others append meanwhile.
        let left = base.left_to(Arc::new(archive), archived, self.options.held_bytes_min())?;
        self.replace_pages(&base, &left).unleft_bytes = 0;
        Ok(())
    }

    /// Takes the bytes of all pages into memory that are still to be read from the checkpoint of the opening.
    pub(crate) fn hold_pages(&self) -> Result<()> {
        let (base, _) = self.lock().newest();
        if !base.is_held() {
            drop(self.replace_pages(&base, &base.held()?));
        }
        Ok(())
    }

    /// Goes on with the same state as `base` that has its bytes elsewhere.
    fn replace_pages(&self, base: &Pages, same: &Pages) -> MutexGuard<'_, State> {
        let mut state = self.lock();
        state.index.pages = same.advanced(base, &state.index.pages);
        // Else whoever is writing publishes soon.
        if !state.leading && state.written == state.index.last_seq {
            self.publication.publish(state.newest());
        }
        state
    }

    /// Notes that a checkpoint failed: memory may grow by a part before the next is tried.
    pub(crate) fn checkpoint_failed(&self) {
        let mut state = self.lock();
        let step = self.options.memory_bytes_max / 8;
        state.unleft_bytes = state.index.pages.held_bytes().saturating_add(step);
    }

    /// Notes that the log begins behind another horizon.
    pub(crate) fn begin_behind(&self, horizon: Horizon) {
        let mut state = self.lock();
        state.index.horizon = horizon;
        state.segments.retain(|(number, _)| *number > horizon.dropped);
    }

    /// Notes a finished checkpoint, and takes over the list of ids that it holds.
    pub(crate) fn checkpointed(&self, checkpoint: &Checkpoint, ids: Listed) {
        let seq = checkpoint.seq();
        let mut state = self.lock();
        state.index.ids.settle(&checkpoint.index.ids, ids);
        state.counters.checkpoints += 1;
        state.counters.checkpoint_seq = state.counters.checkpoint_seq.max(seq);
    }

    pub(crate) fn figures(&self) -> Figures {
        let state = self.lock();
        Figures {
            counters: state.counters.clone(),
            last_seq: state.written,
            durable_seq: state.durable,
            tail_bytes: state.tail_bytes(),
            oldest_snapshot: self.publication.oldest_snapshot(),
            times: state.way.as_ref().map(|way| way.times().clone()),
        }
    }

    /// Somebody begins to follow the log.
    pub(crate) fn followed(&self) {
        if let Some(way) = &mut self.lock().way {
            way.follow();
        }
    }

    /// Somebody who follows the log was handed a record.
    pub(crate) fn delivered(&self, seq: u64) {
        let Some(now_ns) = self.options.elapsed_ns() else { return };
        if let Some(way) = &mut self.lock().way {
            way.deliver(seq, now_ns);
        }
    }

    /// Waits until something behind `seq` is acknowledged.
    pub(crate) fn wait_behind(&self, seq: u64) -> Result<()> {
        let mut state = self.lock();
        while state.written <= seq {
            state.check()?;
            state = self.wait(state);
        }
        Ok(())
    }

    /// Waits until `seq` is durable.
    pub(crate) fn wait_durable(&self, seq: u64) -> Result<()> {
        let state = self.lock();
        if seq > state.index.last_seq {
            return Err(no_such(seq, &state));
        }
        self.settle(state, seq, true)
    }

    /// Leads or follows until `seq` is written, and synced if asked.
    fn settle<'a>(&'a self, mut state: MutexGuard<'a, State>, seq: u64, sync: bool) -> Result<()> {
        let (mut done, mut rounds) = (Done::default(), 0);
        loop {
            let reached = if sync { state.durable } else { state.written };
            if reached >= seq {
                if rounds == 0 || state.leading || !state.has_gathered() {
                    break;
                }
                if state.poison.is_some() {
                    // Nothing is written or shown any more: they learn why when they ask.
                    done.groups[1] = state.gathered.take();
                    break;
                }
                if rounds == self.rounds_max {
                    state.promote();
                    break;
                }
                rounds += 1;
                match self.lead_on(state, sync, done) {
                    Ok((next, of)) => (state, done) = (next, of),
                    // The records are those of others, who are told.
                    Err(_) => return Ok(()),
                }
                continue;
            }
            if let Err(error) = state.check() {
                // Who was to lead does not: the others learn why when they ask.
                done.groups[1] = state.gathered.take();
                drop(state);
                done.tell();
                return Err(error);
            }
            if state.leading {
                let group = Arc::clone(state.group_of(seq));
                drop(state);
                std::mem::take(&mut done).tell();
                if let Some(Reached { written, durable }) = group.wait()
                    && (if sync { durable } else { written }) >= seq
                {
                    return Ok(());
                }
                state = self.lock();
            } else {
                rounds += 1;
                (state, done) = self.lead_on(state, sync, done)?;
            }
        }
        drop(state);
        done.tell();
        Ok(())
    }

    /// Writes what was gathered, and syncs if asked; the lock is free meanwhile.
    fn lead<'a>(&'a self, state: MutexGuard<'a, State>, sync: bool) -> Result<MutexGuard<'a, State>> {
        let (state, done) = self.lead_on(state, sync, Done::default())?;
        drop(state);
        done.tell();
        let state = self.lock();
        state.promote();
        Ok(state)
    }

    /// As [`Log::lead`], and tells those of the write before meanwhile. Whoever waited for this write is to be told too.
    fn lead_on<'a>(
        &'a self,
        mut state: MutexGuard<'a, State>,
        sync: bool,
        before: Done,
    ) -> Result<(MutexGuard<'a, State>, Done)> {
        let mut pending = std::mem::take(&mut state.pending);
        let upto = state.index.last_seq;
        // The state as of this group: others may be sequenced before it is on disk. Where being sequenced is enough, the
        // newest state is published once somebody looks.
        let published = (!self.publishes_late()).then(|| state.newest());
        let Some(active) = &mut state.active else {
            drop(state);
            before.tell();
            return Err(Error::new(ErrorKind::Poisoned, "records wait, but no segment is open"));
        };
        let file = Arc::clone(&active.file);
        let (number, offset) = (active.header.number, active.place(&pending));
        state.leading = true;
        state.taken = upto;
        state.written_for = state.gathered.take();
        let group = upto.saturating_sub(state.written);
        drop(state);
        before.tell();
        let started_ns = if sync { self.options.now_ns() } else { 0 };
        let done =
            vfs::write_all(&*file, &pending, offset).and_then(|()| if sync { file.sync() } else { Ok(()) });
        let mut state = self.lock();
        state.leading = false;
        self.notify(&state);
        let written_for = state.written_for.take();
        if let Err(error) = done {
            let error = state.poison(Error::io("cannot append to the log", &segment_path(number), error));
            let groups = [written_for, state.gathered.take()];
            drop(state);
            Done { groups, reached: Reached::default() }.tell();
            return Err(error);
        }
        if state.pending.capacity() == 0 && pending.capacity() <= BUFFER_LEN_MAX {
            pending.clear();
            state.pending = pending;
        }
        state.written = state.written.max(upto);
        state.counters.grouped(group);
        match published {
            Some(published) => self.publication.publish(published),
            None => self.publication.fall_behind(),
        }
        let elapsed_ns = self.options.elapsed_ns();
        state.reach(Stage::Visible, upto, elapsed_ns);
        if sync {
            state.reach(Stage::Durable, upto, elapsed_ns);
            state.durable = state.durable.max(upto);
            state.synced_at_ns = self.options.now_ns();
            let elapsed_ns = state.synced_at_ns.saturating_sub(started_ns);
            state.counters.synced(elapsed_ns);
            state.mark();
        }
        let reached = Reached { written: state.written, durable: state.durable };
        Ok((state, Done { groups: [written_for, None], reached }))
    }

    /// Ends the present segment and begins one that takes a record of `len`. Returns when the state may have
    /// changed, so that the caller looks again.
    fn make_room<'a>(&'a self, state: MutexGuard<'a, State>, len: usize) -> Result<MutexGuard<'a, State>> {
        if state.leading {
            return Ok(self.wait(state));
        }
        if !state.pending.is_empty() {
            return self.lead(state, true);
        }
        let mut state = state;
        self.begin_segment(&mut state, len, None)?;
        Ok(state)
    }

    /// Writes what is left and ends the present segment. Harmless when called again.
    pub(crate) fn end(&self) -> Result<MutexGuard<'_, State>> {
        let mut state = self.lock();
        loop {
            state.check()?;
            state = if state.leading {
                self.wait(state)
            } else if !state.pending.is_empty() {
                self.lead(state, true)?
            } else {
                self.end_segment(&mut state)?;
                return Ok(state);
            };
        }
    }

    /// Ends the log and says how far it goes, which stays so: where nothing was appended that is up to an END which
    /// the opening found, and which may not be on disk yet.
    pub(crate) fn close(&self) -> Result<LogEnd> {
        let mut state = self.end()?;
        self.secure_previous(&mut state)?;
        Ok(LogEnd {
            last_seq: state.index.last_seq,
            segment_count: state.previous.number,
            log_bytes: state.ended_bytes,
        })
    }
}

/// Groups to be told how far the log is. Whoever has it tells them once the lock is free: they come back for it.
#[derive(Default)]
#[must_use]
struct Done {
    groups: [Option<Arc<Group>>; 2],
    reached: Reached,
}

impl Done {
    fn tell(self) {
        self.groups.into_iter().flatten().for_each(|group| group.finish(self.reached));
    }
}

impl State {
    /// Who waits for the record with this seq, which is not written yet or not synced.
    fn group_of(&mut self, seq: u64) -> &Arc<Group> {
        let group = if seq > self.taken { &mut self.gathered } else { &mut self.written_for };
        group.get_or_insert_with(|| Arc::new(Group::new()))
    }

    /// Whether somebody waits for what is pending.
    fn has_gathered(&self) -> bool {
        !self.pending.is_empty() && self.gathered.is_some()
    }

    /// Has one of those lead who wait for what is pending.
    fn promote(&self) {
        if let Some(gathered) = self.gathered.as_ref().filter(|_| !self.leading) {
            gathered.promote();
        }
    }

    /// Notes, where there is a stopwatch, when all up to a seq came to a stage.
    fn reach(&mut self, stage: Stage, upto: u64, elapsed_ns: Option<u64>) {
        if let (Some(way), Some(now_ns)) = (&mut self.way, elapsed_ns) {
            way.reach(stage, upto, now_ns);
        }
    }

    fn log_bytes(&self) -> u64 {
        self.ended_bytes + self.active.as_ref().map_or(0, |active| active.offset)
    }

    /// Bytes of the log behind the last checkpoint.
    fn tail_bytes(&self) -> u64 {
        self.log_bytes().saturating_sub(self.checkpointed_bytes)
    }

    fn check(&self) -> Result<()> {
        match &self.poison {
            None => Ok(()),
            Some(why) => {
                Err(Error::new(ErrorKind::Poisoned, "an earlier write of the log failed; reopen the store")
                    .found(why.clone()))
            }
        }
    }

    fn poison(&mut self, error: Error) -> Error {
        let why = error.to_string();
        self.poison = Some(why.clone());
        Error::new(
            ErrorKind::Poisoned,
            "the log's last write failed and may or may not be on disk; reopen the store",
        )
        .found(why)
    }

    /// The seq of a request that the log knows.
    fn repeated(&self, request: &Request<'_>) -> Result<Option<u64>> {
        let mut known = request.ids.iter().filter_map(|id| Some((*id, self.index.ids.get(*id)?)));
        let Some((id, first)) = known.next() else { return Ok(None) };
        if first.request == request.hash {
            return Ok(Some(first.seq));
        }
        Err(Error::new(ErrorKind::IntentReused, "an id of the transaction stands for another request")
            .at_seq(first.seq)
            .expected(format!("the request that brought id {id:032x}, or ids that are new"))
            .found("another request"))
    }

    /// The state that every sequenced record left.
    fn newest(&mut self) -> (Pages, u64) {
        self.index.pages.settle();
        (self.index.pages.clone(), self.index.last_seq)
    }

    fn fits(&self, len: usize) -> bool {
        self.active.as_ref().is_some_and(|active| active.fits(self.pending.len() + len))
    }

    /// Gives the draft its seq and queues its record, for which there is room.
    fn sequence(&mut self, draft: Draft<'_>, request: [u8; 16], now_ns: u64) -> (u64, Answer) {
        let seq = self.index.last_seq + 1;
        let salt = self.active.as_ref().map_or(0, |active| active.header.record_salt());
        let form = [draft.kind, draft.version()];
        let named = [&[tag::REQUEST, 16][..], &request].concat();
        let named = if draft.naming == Naming::Request { named.as_slice() } else { &[] };
        let mut time = Encoder::new();
        if draft.kind != kind::NAMESPACE {
            let time_ns = now_ns.max(self.index.last_time_ns.saturating_add(1));
            encode_time(&mut time, time_ns - self.index.last_time_ns);
            self.index.last_time_ns = time_ns;
        }
        let parts = [&draft.entries, time.as_slice(), named, &draft.graph_entries];
        record::encode_parts(&mut self.pending, salt, form, seq, self.durable, &parts);
        self.index.last_seq = seq;
        self.index.record_count += 1;
        match draft.effect {
            Effect::None => {}
            Effect::Namespace(id, namespace) => self.index.set_namespace(id, namespace),
            Effect::Pages(pages, encoded_bytes) => {
                self.index.pages = *pages;
                self.counters.encoded(encoded_bytes);
            }
            Effect::Deltas(deltas, encoded_bytes) => {
                // What is not in memory never comes here, so nothing is left that could fail; if it did, the state would
                // not be that of the log.
                if let Err(error) = self.index.pages.apply_all(seq, &deltas) {
                    self.poison = Some(error.to_string());
                }
                self.counters.encoded(encoded_bytes);
            }
        }
        for id in draft.ids {
            self.index.ids.insert(*id, Known { seq, request });
        }
        if self.index.hash_is_due() {
            self.index.pages.settle();
            let hash = encode_state_hash(self.index.pages.hash());
            record::encode(&mut self.pending, salt, kind::HASH, seq, self.durable, &hash);
        }
        match &draft.answer {
            Answer::Committed(_) => self.counters.committed(),
            Answer::Refused(refusal) => self.counters.refused(refusal.cause),
        }
        (seq, draft.answer)
    }

    /// Vouches for everything before it, once nobody's record waits: from here on damage to the last group can be
    /// told from a torn write. It needs no sync of its own, and its failure takes nothing back.
    fn mark(&mut self) {
        let seq = self.index.last_seq;
        if !self.pending.is_empty() || self.durable < seq || self.marked == seq {
            return;
        }
        let Some(active) = &mut self.active else { return };
        let mut mark = Vec::new();
        record::encode(&mut mark, active.header.record_salt(), kind::MARK, seq, seq, &[]);
        match vfs::write_all(&*active.file, &mark, active.offset) {
            Ok(()) => {
                active.place(&mark);
                self.marked = seq;
            }
            Err(error) => {
                let path = segment_path(active.header.number);
                self.poison = Some(Error::io("cannot mark the log", &path, error).to_string());
            }
        }
    }
}

fn no_such(seq: u64, state: &State) -> Error {
    Error::new(ErrorKind::NotFound, "no such transaction yet")
        .at_seq(seq)
        .expected(format!("at most {}", state.index.last_seq))
}

#[cfg(all(test, feature = "loom"))]
mod loom;
#[cfg(all(test, not(feature = "loom")))]
mod tests;
