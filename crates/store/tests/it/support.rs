//! A namespace, a counting clock and small transactions.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use store::{
    BlobRef, Body, ClientEntry, Create, Kind, Memory, Namespace, NamespaceId, Options, Record, Store,
    Transaction, Vfs,
};

/// Options whose clock counts and whose entropy is constant: equal runs write equal bytes.
pub fn options() -> Options {
    let clock = AtomicU64::new(1_000);
    let mut options =
        Options::new(move || clock.fetch_add(10, Ordering::Relaxed), || [7; 16]).create(Create::IfAbsent);
    options.segment_bytes_min = 8 << 10;
    options
}

pub fn namespace() -> Namespace {
    let kind =
        |number, name: &str| Kind { number, name: name.to_owned(), version: 1, must_understand: false };
    Namespace { name: "run".to_owned(), kinds: vec![kind(1, "start"), kind(2, "outcome")] }
}

pub fn entry(id: u128, body: &[u8]) -> ClientEntry {
    ClientEntry { namespace: NamespaceId(1), kind: 1, version: 1, id, parent: 0, body: body.to_vec() }
}

pub fn transaction(id: u128, body: &[u8]) -> Transaction {
    Transaction { clients: vec![entry(id, body)], blobs: Vec::new() }
}

pub fn with_blob(id: u128, body: &[u8], blob: BlobRef) -> Transaction {
    Transaction { clients: vec![entry(id, body)], blobs: vec![blob] }
}

pub fn open(vfs: &Memory) -> Store {
    open_with(vfs, options())
}

/// A store with the namespace registered under number 1.
pub fn open_with(vfs: &Memory, options: Options) -> Store {
    let store = Store::open(Arc::new(vfs.clone()), options).expect("open");
    assert_eq!(store.register(&namespace()).expect("register"), NamespaceId(1));
    store
}

/// The bodies of all transactions, in order.
pub fn bodies(records: impl IntoIterator<Item = store::Result<Record>>) -> Vec<Vec<u8>> {
    let mut bodies = Vec::new();
    for record in records {
        if let Body::Transaction { clients, .. } = record.expect("record").body {
            bodies.extend(clients.into_iter().map(|client| client.body));
        }
    }
    bodies
}

pub fn read(vfs: &dyn Vfs, path: &str) -> Vec<u8> {
    let file = vfs.open(path, store::OpenMode::Read).expect("open");
    let mut bytes = vec![0; file.len().expect("len") as usize];
    let read = file.read_at(&mut bytes, 0).expect("read");
    assert_eq!(read, bytes.len());
    bytes
}

/// A log of three segments, one ended, one recovered and one whose writer still lives, and two blobs.
pub fn small_log() -> Vec<(String, Vec<u8>)> {
    let disk = Memory::new();
    let store = open(&disk);
    let blob = store.put_blob_as("table", &[1; 300]).unwrap();
    store.append(&with_blob(1, b"one", blob)).unwrap();
    store.append(&transaction(2, b"two")).unwrap();
    store.put_blob(b"named by no record").unwrap();
    store.close().unwrap();
    let store = open(&disk);
    store.append(&transaction(3, b"three")).unwrap();
    let disk = image(&disk.files());
    drop(store);
    let store = open(&disk);
    store.append(&transaction(4, b"four")).unwrap();
    store.append(&transaction(5, b"five")).unwrap();
    let files = disk.files();
    drop(store);
    files
}

pub fn image(files: &[(String, Vec<u8>)]) -> Memory {
    let disk = Memory::new();
    for (path, bytes) in files {
        disk.insert(path, bytes.clone());
    }
    disk
}
