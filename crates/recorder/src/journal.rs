//! Where a run's entries go: its log, or nowhere while it is replayed.

use std::cell::Cell;
use std::sync::Arc;

use serde::Serialize;
use store::{Blob, ClientEntry, Durability, NamespaceId, Store, Transaction};

use crate::error::{Error, Result};
use crate::record::{self, VERSION};
use crate::writer::{Entry, Writer};

/// Writes entries. Without a store it only names blobs by their hashes, as replay needs it.
pub struct Journal {
    target: Option<Target>,
}

struct Target {
    store: Arc<Store>,
    writer: Writer,
    run: NamespaceId,
    result: NamespaceId,
    /// The last seq that was given out. Nobody else appends to a run's log, so seqs are known before the writer
    /// gets to their entries.
    last_seq: Cell<u64>,
    /// Whether the log held entries when it was opened.
    resumed: bool,
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
    /// A journal that appends to `store`, at the level it was opened with.
    ///
    /// # Errors
    /// Those of registering the namespaces.
    pub fn new(store: Arc<Store>, level: Durability) -> Result<Journal> {
        let [run, result] = record::namespaces();
        let resumed = store.last_seq() > 0;
        let (run, result) = (store.register(&run)?, store.register(&result)?);
        let last_seq = Cell::new(store.last_seq());
        let writer = Writer::start(Arc::clone(&store))?;
        let durable = level == Durability::Durable;
        Ok(Journal { target: Some(Target { store, writer, run, result, last_seq, resumed, durable }) })
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
            Some(target) => {
                let seq = target.append(target.run, kind, id, parent, body, blobs)?;
                if durable {
                    target.writer.wait_durable(seq)?;
                }
                Ok(seq)
            }
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
            Some(target) => target.append(target.result, kind, id, parent, body, blobs),
            None => Ok(0),
        }
    }
}

impl Target {
    fn append(
        &self,
        namespace: NamespaceId,
        kind: u32,
        id: u128,
        parent: u128,
        body: &impl Serialize,
        kept: Vec<Kept>,
    ) -> Result<u64> {
        let body = serde_json::to_vec(body)
            .map_err(|e| Error::internal(format!("an entry has no JSON form: {e}")))?;
        let entry = ClientEntry { namespace, kind, version: VERSION, id, parent, body };
        let mut blobs: Vec<_> = kept.iter().map(|kept| kept.blob.reference(kept.role)).collect();
        blobs.sort_by_key(|blob| blob.hash);
        blobs.dedup_by_key(|blob| blob.hash);
        // An entry that a killed run logged, and that was made again since its value has no bytes, keeps its seq.
        let seq = match self.resumed.then(|| self.store.find(id)).flatten() {
            Some(seq) => seq,
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
        if self.durable {
            self.writer.wait_durable(seq)?;
        }
        Ok(seq)
    }
}
