//! The thread that writes a run's log behind the program.
//!
//! A program need not wait for the disk until it acts on the world: not for its log to be created, nor for what it
//! logs. Entries go to one thread in the order they were made; it brings the content of their blobs to the disk as they
//! come, gathers some, names their blobs together, appends them with one write, and syncs the log where somebody waits.
//! One thread and one queue keep the log's order, and with it its bytes, what they would be if every entry were written
//! at once.

use std::collections::VecDeque;
use std::mem;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use plan::UpsertPlan;
use store::{Blob, LogEnd, Outcome, Past, Snapshot, StagedBlob, Store, Transaction};

use crate::error::{Error, ErrorKind, Result};

/// The program waits when so many bytes of blobs wait for the disk.
const QUEUED_BYTES_MAX: usize = 64 << 20;
/// Entries that are written as one group at most, so that who waits for one of them does not wait for all, and a killed
/// process has not much to compute again;
const GROUP_MAX: usize = 64;
/// so many bytes of blobs fill a group too;
const GATHERED_BYTES: usize = 4 << 20;
/// and one that is not full is written when nothing came for so long.
const GATHERED_FOR: Duration = Duration::from_millis(10);
/// The thread is woken for so many bytes of blobs, to write their content before the group is due.
const WOKEN_BYTES: usize = 1 << 20;

/// An entry on its way to the log.
pub struct Entry {
    pub work: Work,
    /// The seq that the log is to give it.
    pub seq: u64,
}

/// What is to be done.
pub enum Work {
    /// Appends a transaction.
    Append {
        transaction: Transaction,
        /// The content of those of the transaction's blobs that may not be in the store yet.
        blobs: Vec<Blob>,
    },
    /// Decides an upsert, whose answer somebody waits for.
    Decide(Box<UpsertPlan>),
}

/// What became of an upsert, and the state behind it.
pub struct Decided {
    pub outcome: Outcome,
    pub state: Snapshot,
    pub past: Past,
}

impl Decided {
    /// Has `store` decide a plan.
    ///
    /// # Errors
    /// Those of [`store::Upsert::submit`].
    pub fn by(store: &Store, plan: &UpsertPlan) -> Result<Decided> {
        let outcome = store.upsert().submit(plan)?;
        Ok(Decided { outcome, state: store.query().snapshot(), past: store.past() })
    }
}

/// Takes entries and writes them in order.
pub struct Writer {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<Option<LogEnd>>>,
}

struct Shared {
    queue: Mutex<Queue>,
    /// There is something that the thread is to do at once.
    due: Condvar,
    /// The thread has done something that the program may wait for.
    done: Condvar,
}

#[derive(Default)]
struct Queue {
    entries: VecDeque<Entry>,
    bytes: usize,
    /// Whether the thread sleeps until the first entry of a group comes. While it gathers one it is left alone: a call
    /// that wakes it costs the program more than the entry itself.
    idle: bool,
    /// The last seq that somebody waits to be durable.
    wanted: u64,
    /// The last seq that is.
    durable: u64,
    closed: bool,
    /// Whether somebody waits for an upsert among the entries; one at a time.
    asked: bool,
    /// What became of it.
    decided: Option<Decided>,
    /// What ended the thread. The first who asks gets the error itself.
    failed: Option<Option<Error>>,
}

impl Writer {
    /// Starts the thread, which first opens the store.
    ///
    /// # Errors
    /// `Storage` when the system gives no thread.
    pub fn start(open: impl FnOnce() -> Result<Store> + Send + 'static) -> Result<Writer> {
        let shared = Arc::new(Shared { queue: Mutex::default(), due: Condvar::new(), done: Condvar::new() });
        let theirs = Arc::clone(&shared);
        let thread = std::thread::Builder::new()
            .name("log".to_string())
            .spawn(move || theirs.write(open))
            .map_err(|e| {
                let what = format!("cannot start the thread that writes the log: {e}");
                Error::new(ErrorKind::Storage, what)
            })?;
        Ok(Writer { shared, thread: Some(thread) })
    }

    /// Hands an entry over. Waits only while too much is queued.
    ///
    /// # Errors
    /// That of an earlier entry: from the first failure on nothing more is written.
    pub fn append(&self, entry: Entry) -> Result<()> {
        let mut queue = self.shared.lock();
        while queue.bytes > QUEUED_BYTES_MAX && queue.failed.is_none() {
            queue = self.shared.wait(queue);
        }
        queue.check()?;
        queue.bytes += entry.len_bytes();
        queue.entries.push_back(entry);
        if mem::take(&mut queue.idle) || queue.is_due() {
            self.shared.due.notify_one();
        }
        Ok(())
    }

    /// Has an upsert decided behind all entries so far. Waits for the answer, which need not be on disk yet.
    ///
    /// # Errors
    /// As [`Writer::append`].
    pub fn decide(&self, plan: UpsertPlan, seq: u64) -> Result<Decided> {
        self.shared.lock().asked = true;
        self.append(Entry { work: Work::Decide(Box::new(plan)), seq })?;
        let mut queue = self.shared.lock();
        loop {
            if let Some(decided) = queue.decided.take() {
                return Ok(decided);
            }
            queue.check()?;
            queue = self.shared.wait(queue);
        }
    }

    /// Waits until everything up to `seq` is on disk.
    ///
    /// # Errors
    /// As [`Writer::append`].
    pub fn wait_durable(&self, seq: u64) -> Result<()> {
        let mut queue = self.shared.lock();
        queue.wanted = queue.wanted.max(seq);
        self.shared.due.notify_one();
        while queue.durable < seq {
            queue.check()?;
            queue = self.shared.wait(queue);
        }
        Ok(())
    }

    /// Says that no entry follows: the thread writes what is queued and ends the log. Does not wait for that.
    pub fn end(&self) {
        self.shared.lock().closed = true;
        self.shared.due.notify_one();
    }

    /// Waits until everything is on disk and the log is ended; says how far it goes.
    ///
    /// # Errors
    /// As [`Writer::append`].
    pub fn close(mut self) -> Result<LogEnd> {
        let end = self.join();
        self.shared.lock().check()?;
        end.ok_or_else(|| Error::internal("the thread that writes the log did not end it"))
    }

    fn join(&mut self) -> Option<LogEnd> {
        self.end();
        self.thread.take()?.join().unwrap_or_else(|_| {
            let why = Error::internal("the thread that writes the log panicked");
            self.shared.lock().failed.get_or_insert(Some(why));
            None
        })
    }
}

impl Drop for Writer {
    /// Writes what is queued: a run that ends early leaves in its log what it did. Who must know whether that
    /// succeeded waits before.
    fn drop(&mut self) {
        self.join();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until the thread has done something.
    fn wait<'a>(&self, queue: MutexGuard<'a, Queue>) -> MutexGuard<'a, Queue> {
        self.done.wait(queue).unwrap_or_else(PoisonError::into_inner)
    }

    /// What the thread does until the log is ended, or something fails.
    fn write(&self, open: impl FnOnce() -> Result<Store>) -> Option<LogEnd> {
        let ended = open().and_then(|store| {
            self.write_groups(&store)?;
            Ok(store.close()?)
        });
        let end = match ended {
            Ok(end) => Some(end),
            Err(error) => {
                self.lock().failed.get_or_insert(Some(error));
                None
            }
        };
        self.done.notify_all();
        end
    }

    fn write_groups(&self, store: &Store) -> Result<()> {
        let mut group = Group::default();
        loop {
            let mut queue = self.lock();
            while group.is_empty() && queue.is_quiet() {
                queue.idle = true;
                queue = self.due.wait(queue).unwrap_or_else(PoisonError::into_inner);
            }
            queue.idle = false;
            if !group.is_full() && queue.entries.is_empty() {
                let gathered = self.due.wait_timeout_while(queue, GATHERED_FOR, |q| !q.is_due());
                queue = gathered.unwrap_or_else(PoisonError::into_inner).0;
            }
            if !group.is_full()
                && let Some(entry) = queue.entries.pop_front()
            {
                drop(queue);
                let len = entry.len_bytes();
                group.stage(store, entry)?;
                if len > 0 {
                    self.lock().bytes -= len;
                    self.done.notify_all();
                }
                continue;
            }
            let wanted = mem::take(&mut queue.wanted);
            let closed = queue.closed;
            drop(queue);
            if group.is_empty() && closed {
                return Ok(());
            }

            let decided = mem::take(&mut group).write(store)?;
            if wanted > store.durable_seq() && wanted <= store.last_seq() {
                store.wait_durable(wanted)?;
            }

            let mut queue = self.lock();
            queue.durable = store.durable_seq();
            if decided.is_some() {
                queue.decided = decided;
                queue.asked = false;
            }
            if wanted > queue.durable {
                queue.wanted = queue.wanted.max(wanted);
            }
            drop(queue);
            self.done.notify_all();
        }
    }
}

/// Entries on their way from the queue to the disk. The content of their blobs is there already, without its names.
#[derive(Default)]
struct Group {
    entries: Vec<Entry>,
    blobs: Vec<StagedBlob>,
    bytes: usize,
}

impl Group {
    fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    fn is_full(&self) -> bool {
        self.entries.len() >= GROUP_MAX || self.bytes >= GATHERED_BYTES
    }

    /// Takes an entry up, and lets go of the content of its blobs.
    fn stage(&mut self, store: &Store, mut entry: Entry) -> Result<()> {
        self.bytes += entry.len_bytes();
        if let Work::Append { blobs, .. } = &mut entry.work {
            for blob in mem::take(blobs) {
                let mut staged = store.stage_blob(&blob)?;
                // The program goes on meanwhile; in the end it would wait for all of them.
                staged.sync()?;
                self.blobs.push(staged);
            }
        }
        self.entries.push(entry);
        Ok(())
    }

    /// Writes the entries in order: what is appended goes to the log together, up to an upsert, which is decided
    /// behind it.
    fn write(self, store: &Store) -> Result<Option<Decided>> {
        let mut decided = None;
        store.put_staged(self.blobs)?;
        for run in self.entries.chunk_by(|a, b| a.transaction().is_some() && b.transaction().is_some()) {
            let seqs: Vec<u64> = match run {
                [Entry { work: Work::Decide(plan), .. }] => {
                    let answer = decided.insert(Decided::by(store, plan)?);
                    vec![answer.outcome.seq()]
                }
                appended => {
                    let commits = store.append_each(appended.iter().filter_map(Entry::transaction))?;
                    commits.iter().map(|commit| commit.seq).collect()
                }
            };
            for (entry, seq) in run.iter().zip(seqs) {
                if seq != entry.seq {
                    let expected = entry.seq;
                    return Err(Error::internal(format!(
                        "the log gave seq {seq} to an entry that was to get {expected}"
                    )));
                }
            }
        }
        Ok(decided)
    }
}

impl Queue {
    /// Whether there is nothing to do.
    fn is_quiet(&self) -> bool {
        self.entries.is_empty() && !self.is_due()
    }

    /// Whether there is something that cannot wait for the rest of a group.
    fn is_due(&self) -> bool {
        let waited_for = self.closed || self.asked || self.wanted > self.durable;
        waited_for || self.bytes >= WOKEN_BYTES || self.entries.len() >= GROUP_MAX
    }

    fn check(&mut self) -> Result<()> {
        match &mut self.failed {
            None => Ok(()),
            Some(first) => Err(first.take().unwrap_or_else(|| {
                Error::new(ErrorKind::Storage, "the log could not be written; nothing more is recorded")
            })),
        }
    }
}

impl Entry {
    fn transaction(&self) -> Option<&Transaction> {
        match &self.work {
            Work::Append { transaction, .. } => Some(transaction),
            Work::Decide(_) => None,
        }
    }

    fn blobs(&self) -> &[Blob] {
        match &self.work {
            Work::Append { blobs, .. } => blobs,
            Work::Decide(_) => &[],
        }
    }

    fn len_bytes(&self) -> usize {
        self.blobs().iter().map(|blob| blob.bytes().len()).sum()
    }
}
