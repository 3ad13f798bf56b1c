//! Random work held against a reference: a list of what was appended, and a map of what was put.

use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;
use store::{BlobRef, Body, Durability, ErrorKind, Memory, Reader, Store, Transaction, verify};

use crate::support::{entry, namespace, options};

#[derive(Clone, Debug)]
enum Step {
    /// Appends entries with these ids and body lengths, naming the blobs put so far with these numbers.
    Append {
        entries: Vec<(u128, usize)>,
        blobs: Vec<usize>,
    },
    Put(u8, usize),
    Close,
    /// Forgets the writer, as its death does, and opens what is on disk.
    Die,
    Scan(u64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    // Few ids, so that many come again.
    let entries = prop::collection::vec((0..12u128, prop_oneof![0..20usize, 0..3_000usize]), 0..3);
    let step = prop_oneof![
        6 => (entries, prop::collection::vec(0..4usize, 0..2))
            .prop_map(|(entries, blobs)| Step::Append { entries, blobs }),
        2 => (any::<u8>(), 0..200usize).prop_map(|(byte, len)| Step::Put(byte, len)),
        1 => Just(Step::Close),
        1 => Just(Step::Die),
        2 => (0..20u64).prop_map(Step::Scan),
    ];
    prop::collection::vec(step, 1..40)
}

/// What the store must be, said as simply as possible.
#[derive(Default)]
struct Model {
    appended: Vec<Transaction>,
    put: Vec<(BlobRef, Vec<u8>)>,
}

impl Model {
    /// The seq, and whether it is a repetition. Seq 1 is the namespace.
    fn append(&mut self, transaction: &Transaction) -> Result<(u64, bool), ErrorKind> {
        let ids: Vec<u128> =
            transaction.clients.iter().map(|client| client.id).filter(|id| *id != 0).collect();
        let doubled = (1..ids.len()).any(|at| ids[..at].contains(&ids[at]));
        if doubled || (transaction.clients.is_empty() && transaction.blobs.is_empty()) {
            return Err(ErrorKind::Malformed);
        }
        let known = |other: &Transaction| other.clients.iter().any(|client| ids.contains(&client.id));
        match self.appended.iter().position(known) {
            Some(at) if self.appended[at] == *transaction => Ok((at as u64 + 2, true)),
            Some(_) => Err(ErrorKind::IntentReused),
            None => {
                self.appended.push(transaction.clone());
                Ok((self.appended.len() as u64 + 1, false))
            }
        }
    }
}

fn transactions(records: impl IntoIterator<Item = store::Result<store::Record>>) -> Vec<(u64, Transaction)> {
    let mut found = Vec::new();
    for record in records {
        let record = record.expect("record");
        if let Body::Transaction { clients, blobs, .. } = record.body {
            found.push((record.seq, Transaction { clients, blobs }));
        }
    }
    found
}

fn copy(disk: &Memory) -> Memory {
    let copy = Memory::new();
    for (path, bytes) in disk.files() {
        copy.insert(&path, bytes);
    }
    copy
}

fn open(disk: &Memory, durability: Durability) -> Store {
    let store = Store::open(Arc::new(disk.clone()), options().durability(durability)).expect("open");
    store.register(&namespace()).expect("register");
    store
}

fn run(steps: Vec<Step>, durability: Durability) {
    let mut disk = Memory::new();
    let mut model = Model::default();
    let mut store = open(&disk, durability);
    for step in steps {
        match step {
            Step::Append { entries, blobs } => {
                let clients = entries.iter().map(|(id, len)| entry(*id, &vec![*id as u8; *len])).collect();
                let named = blobs.iter().filter_map(|at| model.put.get(*at)).map(|(blob, _)| blob.clone());
                let transaction = Transaction { clients, blobs: named.collect() };
                let found = store.append(&transaction).map(|commit| (commit.seq, commit.repeated));
                assert_eq!(
                    found.map_err(|error| error.kind()),
                    model.append(&transaction),
                    "{transaction:?}"
                );
            }
            Step::Put(byte, len) => {
                let bytes = vec![byte; len];
                model.put.push((store.put_blob_as("any", &bytes).unwrap(), bytes));
            }
            Step::Close => {
                store.close().unwrap();
                assert_eq!(verify(&disk).unwrap().torn, None);
                store = open(&disk, durability);
            }
            Step::Die => {
                disk = copy(&disk);
                store = open(&disk, durability);
            }
            Step::Scan(from) => {
                let asked = (2..).zip(model.appended.iter().cloned());
                let asked: Vec<_> = asked.filter(|(seq, _)| *seq >= from).collect();
                assert_eq!(transactions(store.scan(from)), asked);
            }
        }
    }
    let blobs: BTreeMap<_, _> = model.put.iter().map(|(blob, bytes)| (blob.hash, bytes)).collect();
    for (hash, bytes) in &blobs {
        assert_eq!(store.get_blob(hash).unwrap(), **bytes);
    }
    store.close().unwrap();
    let reader = Reader::open(Arc::new(disk.clone())).unwrap();
    let found: Vec<_> =
        transactions(reader.scan(0)).into_iter().map(|(_, transaction)| transaction).collect();
    assert_eq!(found, model.appended);
    let verified = verify(&disk).unwrap();
    assert_eq!(
        (verified.record_count, verified.blob_count),
        (model.appended.len() as u64 + 1, blobs.len() as u64)
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn random_work_agrees_with_a_list(steps in steps(), level in 0..3u8) {
        let durability = match level {
            0 => Durability::Durable,
            1 => Durability::Buffered { sync_after_ms: 0 },
            _ => Durability::Memory,
        };
        run(steps, durability);
    }
}
