//! Folds: what they are, where they stand after an opening, and what is folded again.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use store::{Body, Edit, ErrorKind, Fold, Memory, Reader, Record, Store, verify};

use crate::pages::{commit, open};
use crate::support::image;

/// The changes of each page, and how often anybody asked it to apply a record.
struct Ledger {
    version: u32,
    applied: Arc<AtomicU64>,
    changes: BTreeMap<u64, u64>,
}

impl Fold for Ledger {
    fn name(&self) -> &str {
        "ledger"
    }

    fn version(&self) -> u32 {
        self.version
    }

    fn apply(&mut self, seq: u64, record: &Record) {
        assert_eq!(seq, record.seq);
        self.applied.fetch_add(1, Ordering::Relaxed);
        if let Body::Transaction { deltas, .. } = &record.body {
            deltas
                .iter()
                .for_each(|delta| *self.changes.entry(delta.page).or_default() += u64::from(self.version));
        }
    }

    fn save(&self) -> Vec<u8> {
        self.changes
            .iter()
            .flat_map(|(page, count)| [page.to_le_bytes(), count.to_le_bytes()].concat())
            .collect()
    }

    fn load(&mut self, bytes: &[u8]) -> Result<(), String> {
        if !bytes.len().is_multiple_of(16) {
            return Err("cut off".to_owned());
        }
        let word = |bytes: &[u8]| u64::from_le_bytes(bytes.try_into().expect("eight bytes"));
        self.changes = bytes.chunks(16).map(|pair| (word(&pair[..8]), word(&pair[8..]))).collect();
        Ok(())
    }
}

/// What makes a ledger, and its count of applied records.
fn ledger(version: u32) -> (impl Fn() -> Ledger + Send + Sync + 'static, Arc<AtomicU64>) {
    let applied = Arc::new(AtomicU64::new(0));
    let counter = Arc::clone(&applied);
    (move || Ledger { version, applied: Arc::clone(&counter), changes: BTreeMap::new() }, applied)
}

fn changes(store: &Store, version: u32) -> (BTreeMap<u64, u64>, u64) {
    let (new, applied) = ledger(version);
    let found = store.fold(new).unwrap().read(|ledger| ledger.changes.clone()).unwrap();
    (found, applied.load(Ordering::Relaxed))
}

/// Has the next checkpoints carry a ledger.
pub fn attach(store: &Store) {
    changes(store, 1);
}

/// Twelve seqs: two pages, a checkpoint with the fold at the eighth, four changes behind it.
fn workload() -> Memory {
    let disk = Memory::new();
    let store = open(&disk);
    let (new, _) = ledger(1);
    let folded = store.fold(new).unwrap();
    commit(&store, vec![Edit::create(0, 8, None), Edit::create(1, 8, None)]);
    for step in 0..11u64 {
        commit(&store, vec![Edit::write(1 + step % 2, 0, step.to_le_bytes())]);
        if step == 6 {
            store.checkpoint().unwrap();
        }
        let expected = BTreeMap::from([(1, 2 + step / 2), (2, 1 + step.div_ceil(2))]);
        assert_eq!(folded.read(|ledger| ledger.changes.clone()).unwrap(), expected, "step {step}");
    }
    store.close().unwrap();
    disk
}

/// By hand: page 1 is created and written at 6 steps, page 2 at 5.
fn expected(version: u64) -> BTreeMap<u64, u64> {
    BTreeMap::from([(1, 7 * version), (2, 6 * version)])
}

#[test]
fn an_opening_folds_only_what_is_behind_the_checkpoint() {
    let disk = workload();
    verify(&disk).unwrap();
    let store = open(&image(&disk.files()));
    assert_eq!(changes(&store, 1), (expected(1), 4));
    // It is there already.
    assert_eq!(changes(&store, 1), (expected(1), 0));
    let reader = Reader::open(Arc::new(image(&disk.files()))).unwrap();
    let (new, applied) = ledger(1);
    assert_eq!((reader.fold(new).unwrap().changes, applied.load(Ordering::Relaxed)), (expected(1), 4));
}

#[test]
fn a_new_version_is_folded_again_from_the_start() {
    let disk = workload();
    let store = open(&disk);
    assert_eq!(changes(&store, 2), (expected(2), 12));
    store.checkpoint().unwrap();
    store.close().unwrap();
    assert_eq!(changes(&open(&disk), 2), (expected(2), 0));
}

#[test]
fn who_does_not_know_a_fold_carries_it_on() {
    let disk = workload();
    let store = open(&disk);
    commit(&store, vec![Edit::write(1, 0, [9])]);
    store.checkpoint().unwrap();
    store.checkpoint().unwrap();
    store.close().unwrap();
    let (found, applied) = changes(&open(&disk), 1);
    assert_eq!((found[&1], applied), (8, 5), "from the seq of the fold, not of the checkpoint");
}

#[test]
fn without_a_whole_checkpoint_everything_is_folded() {
    let disk = workload();
    let (path, mut bytes) = disk.files().into_iter().find(|(path, _)| path.starts_with("check/")).unwrap();
    let last = bytes.len() - 60;
    bytes[last] ^= 1;
    disk.insert(&path, bytes);
    assert_eq!(changes(&open(&disk), 1), (expected(1), 12));
}

#[test]
fn a_fold_that_panicked_is_made_anew() {
    struct Startled(Arc<AtomicU64>, u64);
    impl Fold for Startled {
        fn name(&self) -> &str {
            "startled"
        }
        fn version(&self) -> u32 {
            1
        }
        fn apply(&mut self, seq: u64, _: &Record) {
            self.1 += seq;
            assert!(seq != 5 || self.0.fetch_add(1, Ordering::Relaxed) > 0, "the first time");
        }
        fn save(&self) -> Vec<u8> {
            Vec::new()
        }
        fn load(&mut self, _: &[u8]) -> Result<(), String> {
            Err("never".to_owned())
        }
    }
    let store = open(&workload());
    let panics = Arc::new(AtomicU64::new(0));
    let folded = store.fold(move || Startled(Arc::clone(&panics), 0)).unwrap();
    let read = || folded.read(|fold| fold.1).unwrap();
    assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(read)).is_err());
    assert_eq!(read(), (1..=12).sum::<u64>());
}

#[test]
fn names_are_for_one_type_and_have_a_length() {
    struct Other(String);
    impl Fold for Other {
        fn name(&self) -> &str {
            &self.0
        }
        fn version(&self) -> u32 {
            1
        }
        fn apply(&mut self, _: u64, _: &Record) {}
        fn save(&self) -> Vec<u8> {
            vec![1, 2, 3]
        }
        fn load(&mut self, _: &[u8]) -> Result<(), String> {
            Err("never".to_owned())
        }
    }
    let disk = workload();
    let store = open(&disk);
    changes(&store, 1);
    let attach = |name: &str| {
        let name = name.to_owned();
        store.fold(move || Other(name.clone())).map(drop)
    };
    assert_eq!(attach("ledger").unwrap_err().kind(), ErrorKind::Malformed);
    assert_eq!(attach("").unwrap_err().kind(), ErrorKind::Malformed);
    assert_eq!(attach(&"x".repeat(256)).unwrap_err().kind(), ErrorKind::Malformed);
    attach("other").unwrap();
    store.checkpoint().unwrap();
    store.close().unwrap();
    // What it saved it does not take: it is made anew, and nobody else minds.
    let store = open(&disk);
    store.fold(|| Other("other".to_owned())).unwrap().read(|_| ()).unwrap();
    assert_eq!(changes(&store, 1), (expected(1), 0));
}
