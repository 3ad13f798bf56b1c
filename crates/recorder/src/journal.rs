//! Where a run's entries go: its log, or nowhere while it is replayed.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;
use store::format::BODY_LEN_MAX;
use store::{
    Blob, Body, ClientEntry, Create, Durability, LogEnd, NamespaceId, Options, Store, Transaction, Vfs,
};

use crate::error::{Error, Result};
use crate::record::{self, Elsewhere, VERSION};
use crate::writer::{Entry, Writer};

/// Writes entries. Without a log it only names blobs by their hashes, as replay needs it.
pub struct Journal {
    target: Option<Target>,
}

struct Target {
    writer: Writer,
    /// The last seq that was given out. Nobody else appends to a run's log, so seqs are known before the writer
    /// gets to their entries.
    last_seq: Cell<u64>,
    /// The seqs of the entries that a killed run logged.
    known: BTreeMap<u128, u64>,
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
    /// `Storage` when the system gives no thread.
    pub fn create(vfs: Arc<dyn Vfs>, options: Options) -> Result<Journal> {
        let durable = options.durability == Durability::Durable;
        let writer = Writer::start(move || {
            let store = Store::open(vfs, options.create(Create::New))?;
            register(&store)?;
            Ok(store)
        })?;
        let last_seq = Cell::new(record::namespaces().len() as u64);
        Ok(Journal { target: Some(Target { writer, last_seq, known: BTreeMap::new(), durable }) })
    }

    /// A journal that goes on with the log of a killed run.
    ///
    /// # Errors
    /// The log cannot be read or written.
    pub fn go_on(store: Store, level: Durability) -> Result<Journal> {
        register(&store)?;
        let mut known = BTreeMap::new();
        for record in store.scan(1) {
            let record = record?;
            if let Body::Transaction { clients, .. } = record.body {
                known.extend(clients.iter().map(|entry| (entry.id, record.seq)));
            }
        }
        let last_seq = Cell::new(store.last_seq());
        let durable = level == Durability::Durable;
        Ok(Journal {
            target: Some(Target { writer: Writer::start(|| Ok(store))?, last_seq, known, durable }),
        })
    }

    /// A journal that keeps nothing.
    pub fn nowhere() -> Journal {
        Journal { target: None }
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
    fn append(
        &self,
        (namespace, kind): (NamespaceId, u32),
        id: u128,
        parent: u128,
        body: &impl Serialize,
        mut kept: Vec<Kept>,
        durable: bool,
    ) -> Result<u64> {
        let mut body = bytes_of(body)?;
        // Many small values, effects or names can be more together than an entry takes.
        if body.len() > BODY_LEN_MAX {
            let whole = Kept::new("body", body);
            body = bytes_of(&Elsewhere { body: whole.name() })?;
            kept.push(whole);
        }
        let entry = ClientEntry { namespace, kind, version: VERSION, id, parent, body };
        let mut blobs: Vec<_> = kept.iter().map(|kept| kept.blob.reference(kept.role)).collect();
        blobs.sort_by_key(|blob| blob.hash);
        blobs.dedup_by_key(|blob| blob.hash);
        // An entry that a killed run logged, and that was made again since its value has no bytes, keeps its seq.
        let seq = match self.known.get(&id) {
            Some(seq) => *seq,
            None => {
                self.last_seq.set(self.last_seq.get() + 1);
                self.last_seq.get()
            }
        };
        self.writer.append(Entry {
            transaction: Transaction { clients: vec![entry], blobs },
            blobs: kept.into_iter().map(|kept| kept.blob).collect(),
            seq,
        })?;
        if durable || self.durable {
            self.writer.wait_durable(seq)?;
        }
        Ok(seq)
    }
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
