//! Where a run's entries go: its log, or nowhere while it is replayed.

use serde::Serialize;
use store::{BlobHash, BlobRef, ClientEntry, NamespaceId, Store, Transaction};

use crate::error::{Error, Result};
use crate::hash::blake3_hex;
use crate::record::{self, VERSION};

/// Writes entries. Without a store it only names blobs by their hashes, as replay needs it.
pub struct Journal<'a> {
    store: Option<Target<'a>>,
}

struct Target<'a> {
    store: &'a Store,
    run: NamespaceId,
    result: NamespaceId,
}

impl<'a> Journal<'a> {
    /// # Errors
    /// Those of registering the namespaces.
    pub fn new(store: &'a Store) -> Result<Journal<'a>> {
        let [run, result] = record::namespaces();
        Ok(Journal {
            store: Some(Target { store, run: store.register(&run)?, result: store.register(&result)? }),
        })
    }

    /// A journal that keeps nothing.
    pub fn nowhere() -> Journal<'static> {
        Journal { store: None }
    }

    /// Keeps bytes as a blob and gives its reference.
    pub fn blob(&self, role: &str, bytes: &[u8]) -> Result<BlobRef> {
        match &self.store {
            Some(target) => Ok(target.store.put_blob_as(role, bytes)?),
            None => Ok(BlobRef {
                hash: BlobHash::of(bytes),
                size_bytes: bytes.len() as u64,
                role: role.to_string(),
            }),
        }
    }

    /// Appends an entry of the namespace `run`; gives its seq, 0 without a log.
    pub fn run_entry(
        &self,
        kind: u32,
        id: u128,
        parent: u128,
        body: &impl Serialize,
        blobs: Vec<BlobRef>,
        durable: bool,
    ) -> Result<u64> {
        match &self.store {
            Some(target) => target.append(target.run, kind, id, parent, body, blobs, durable),
            None => Ok(0),
        }
    }

    /// Appends an entry of the namespace `result`.
    pub fn result_entry(
        &self,
        kind: u32,
        id: u128,
        parent: u128,
        body: &impl Serialize,
        blobs: Vec<BlobRef>,
    ) -> Result<u64> {
        match &self.store {
            Some(target) => target.append(target.result, kind, id, parent, body, blobs, false),
            None => Ok(0),
        }
    }

    /// The log's last seq.
    pub fn last_seq(&self) -> u64 {
        self.store.as_ref().map_or(0, |t| t.store.last_seq())
    }
}

impl Target<'_> {
    #[allow(clippy::too_many_arguments)]
    fn append(
        &self,
        namespace: NamespaceId,
        kind: u32,
        id: u128,
        parent: u128,
        body: &impl Serialize,
        blobs: Vec<BlobRef>,
        durable: bool,
    ) -> Result<u64> {
        let body = serde_json::to_vec(body)
            .map_err(|e| Error::internal(format!("an entry has no JSON form: {e}")))?;
        let entry = ClientEntry { namespace, kind, version: VERSION, id, parent, body };
        let commit = self.store.append(&Transaction { clients: vec![entry], blobs })?;
        if durable {
            self.store.wait_durable(commit.seq)?;
        }
        Ok(commit.seq)
    }
}

/// The hexadecimal name of a blob.
pub fn blob_name(blob: &BlobRef) -> String {
    blob.hash.0.iter().map(|b| format!("{b:02x}")).collect()
}

/// The name that bytes have as a blob.
pub fn name_of(bytes: &[u8]) -> String {
    blake3_hex(bytes)
}
