//! Where a run's entries go: its log, or nowhere while it is replayed.

use std::cell::{Cell, OnceCell};
use std::sync::Arc;

use plan::UpsertPlan;
use serde::Serialize;
use store::format::BODY_LEN_MAX;
use store::{
    Blob, ClientEntry, Create, Durability, LogEnd, Memory, NamespaceId, Options, Reader, Retention, Store,
    Transaction, Vfs,
};

use crate::error::{Error, Result};
use crate::history::History;
use crate::record::{self, Elsewhere, VERSION};
use crate::writer::{Decided, Entry, Work, Writer};

/// Writes entries. Without a log it only names blobs by their hashes, as replay needs it, and decides upserts in
/// memory.
pub struct Journal {
    target: Option<Target>,
    /// Holds the state of a run without a log, once it has one.
    scratch: OnceCell<Store>,
}

struct Target {
    writer: Writer,
    /// The last seq that was given out. Nobody else appends to a run's log, so seqs are known before the writer
    /// gets to their entries.
    last_seq: Cell<u64>,
    /// The log of a killed run, which knows the seqs of what it holds.
    known: Option<Arc<Reader>>,
    /// Whether every entry waits for the disk.
    durable: bool,
}

/// Bytes that an entry names, and what they are to it.
#[derive(Clone, Debug)]
pub struct Kept {
    pub role: &'static str,
    pub blob: Blob,
}

impl Kept {
    pub fn new(role: &'static str, bytes: Vec<u8>) -> Kept {
        Kept { role, blob: Blob::new(bytes) }
    }

    /// The hexadecimal name of the bytes.
    pub fn name(&self) -> String {
        self.blob.hash().to_string()
    }
}

impl Journal {
    /// A journal of a new log in the empty directory `vfs`. The log's thread creates it, while the program goes on:
    /// a failure of that is the first entry's that is waited for.
    ///
    /// # Errors
    /// `Storage` when the system gives no thread; `Usage` for options that drop parts of the log.
    pub fn create(vfs: Arc<dyn Vfs>, options: Options) -> Result<Journal> {
        check_retention(&options)?;
        let durable = options.durability == Durability::Durable;
        let options = unlimited(options).create(Create::New);
        let writer = Writer::start(move || {
            let store = Store::open(vfs, options)?;
            register(&store)?;
            Ok(store)
        })?;
        let last_seq = Cell::new(record::namespaces().len() as u64);
        Ok(Journal::to(Target { writer, last_seq, known: None, durable }))
    }

    fn to(target: Target) -> Journal {
        Journal { target: Some(target), scratch: OnceCell::new() }
    }

    /// A journal that goes on with the log of a killed run.
    ///
    /// # Errors
    /// The log cannot be read or written.
    pub fn go_on(store: Store, level: Durability, history: &History) -> Result<Journal> {
        register(&store)?;
        let last_seq = Cell::new(store.last_seq());
        let durable = level == Durability::Durable;
        let (writer, known) = (Writer::start(|| Ok(store))?, Some(history.reader()));
        Ok(Journal::to(Target { writer, last_seq, known, durable }))
    }

    /// A journal that keeps nothing.
    pub fn nowhere() -> Journal {
        Journal { target: None, scratch: OnceCell::new() }
    }

    /// Has an upsert decided, in the log or, without one, in memory.
    ///
    /// # Errors
    /// As [`Journal::run_entry`].
    pub fn decide(&self, plan: UpsertPlan) -> Result<Decided> {
        if let Some(target) = &self.target {
            return target.decide(plan);
        }
        let store = match self.scratch.get() {
            Some(store) => store,
            None => {
                let options = Options::new(|| 1, || [0; 16]).durability(Durability::Memory);
                let store = Store::open(Arc::new(Memory::new()), unlimited(options).create(Create::New))?;
                register(&store)?;
                self.scratch.get_or_init(|| store)
            }
        };
        Decided::by(store, &plan)
    }

    /// Appends an entry of the namespace `run`; gives its seq, 0 without a log. A durable one is on disk, with all
    /// before it, when this returns.
    ///
    /// # Errors
    /// The log cannot be written; also when that struck an earlier entry.
    pub fn run_entry(
        &self,
        kind: u32,
        id: u128,
        parent: u128,
        body: &impl Serialize,
        blobs: Vec<Kept>,
        durable: bool,
    ) -> Result<u64> {
        match &self.target {
            Some(target) => target.append((record::RUN, kind), id, parent, body, blobs, durable),
            None => Ok(0),
        }
    }

    /// Appends entries of the namespace `run` as one record of the log: all of them are on disk when this returns, or
    /// none is.
    ///
    /// # Errors
    /// As [`Journal::run_entry`].
    pub fn run_entries<B: Serialize>(&self, kind: u32, parent: u128, entries: &[(u128, &B)]) -> Result<()> {
        match &self.target {
            Some(target) => {
                target.append_all((record::RUN, kind), parent, entries, Vec::new(), true).map(drop)
            }
            None => Ok(()),
        }
    }

    /// Appends an entry of the namespace `result`.
    ///
    /// # Errors
    /// As [`Journal::run_entry`].
    pub fn result_entry(
        &self,
        kind: u32,
        id: u128,
        parent: u128,
        body: &impl Serialize,
        blobs: Vec<Kept>,
    ) -> Result<u64> {
        match &self.target {
            Some(target) => target.append((record::RESULT, kind), id, parent, body, blobs, false),
            None => Ok(0),
        }
    }

    /// Says that no entry follows: the thread brings the log to its end, and nobody waits yet.
    pub fn end(&self) {
        if let Some(target) = &self.target {
            target.writer.end();
        }
    }

    /// Waits until everything is on disk and the log is ended; says how far it goes.
    ///
    /// # Errors
    /// What the log failed with.
    pub fn close(self) -> Result<Option<LogEnd>> {
        self.target.map(|target| target.writer.close()).transpose()
    }
}

impl Target {
    /// The seq of what has this id: the next one, unless a killed run logged it. So an entry that was made again, since
    /// its value has no bytes, or a refusal whose effect was not told of any more, keeps its seq.
    fn seq_of(&self, id: u128) -> u64 {
        self.known.as_ref().and_then(|log| log.find(id)).unwrap_or_else(|| {
            self.last_seq.set(self.last_seq.get() + 1);
            self.last_seq.get()
        })
    }

    fn decide(&self, plan: UpsertPlan) -> Result<Decided> {
        let seq = self.seq_of(plan.intent.id);
        self.writer.decide(plan, seq)
    }

    fn append(
        &self,
        (namespace, kind): (NamespaceId, u32),
        id: u128,
        parent: u128,
        body: &impl Serialize,
        kept: Vec<Kept>,
        durable: bool,
    ) -> Result<u64> {
        self.append_all((namespace, kind), parent, &[(id, body)], kept, durable)
    }

    /// The first entry's id decides about the seq of all.
    fn append_all<B: Serialize>(
        &self,
        (namespace, kind): (NamespaceId, u32),
        parent: u128,
        entries: &[(u128, &B)],
        mut kept: Vec<Kept>,
        durable: bool,
    ) -> Result<u64> {
        let Some((first, _)) = entries.first() else { return Ok(0) };
        let mut clients = Vec::with_capacity(entries.len());
        for (id, body) in entries {
            let mut body = bytes_of(body)?;
            // Many small values, effects or names can be more together than an entry takes.
            if body.len() > BODY_LEN_MAX {
                let whole = Kept::new("body", body);
                body = bytes_of(&Elsewhere { body: whole.name() })?;
                kept.push(whole);
            }
            clients.push(ClientEntry { namespace, kind, version: VERSION, id: *id, parent, body });
        }
        let mut blobs: Vec<_> = kept.iter().map(|kept| kept.blob.reference(kept.role)).collect();
        blobs.sort_by_key(|blob| blob.hash);
        blobs.dedup_by_key(|blob| blob.hash);
        let seq = self.seq_of(*first);
        let transaction = Transaction { clients, blobs };
        let blobs = kept.into_iter().map(|kept| kept.blob).collect();
        self.writer.append(Entry { work: Work::Append { transaction, blobs }, seq })?;
        if durable || self.durable {
            self.writer.wait_durable(seq)?;
        }
        Ok(seq)
    }
}

/// A run is recorded whole, or a replay would not be one.
///
/// # Errors
/// `Usage` for options that drop parts of the log.
pub fn check_retention(options: &Options) -> Result<()> {
    match options.retention {
        Retention::All => Ok(()),
        dropping => Err(Error::usage(format!(
            "a run keeps its whole log; expected Retention::All, found {dropping:?}"
        ))
        .help("Retention is for stores of one's own.")),
    }
}

/// A run looks at its own state as long as it runs.
fn unlimited(mut options: Options) -> Options {
    options.snapshot_age_ms_max = u64::MAX;
    options.snapshot_held_bytes_max = u64::MAX;
    options
}

fn bytes_of(body: &impl Serialize) -> Result<Vec<u8>> {
    serde_json::to_vec(body).map_err(|e| Error::internal(format!("an entry has no JSON form: {e}")))
}

/// Registers what a run writes. A run's log holds nothing else, so the numbers are known before it is there.
fn register(store: &Store) -> Result<()> {
    for (namespace, expected) in record::namespaces().iter().zip([record::RUN, record::RESULT]) {
        let found = store.register(namespace)?;
        if found != expected {
            return Err(Error::internal(format!(
                "the log gave the namespace `{}` the number {}, expected {}",
                namespace.name, found.0, expected.0
            )));
        }
    }
    Ok(())
}
