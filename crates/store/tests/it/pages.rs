//! Pages: changes without conditions, snapshots, and what comes back after a restart.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use plan::{Change, Delta, PageRef, Patch};
use proptest::prelude::*;
use store::{
    Cause, Edit, ErrorKind, Memory, Mutation, Options, Outcome, Reader, Snapshot, Store, validate, verify,
};

use crate::support::{entry, image, namespace, options};

/// A page as the reference has it: version, bytes, name, metadata.
pub type Reference = (u64, Vec<u8>, Option<String>, Vec<u8>);
/// The reference for a whole state.
pub type State = BTreeMap<u64, Reference>;

pub fn state(snapshot: &Snapshot) -> State {
    let pages = snapshot.iter().expect("a fresh snapshot");
    pages
        .map(|page| {
            let (id, page) = page.expect("a page");
            let name = page.name().map(str::to_owned);
            (id, (page.version(), page.bytes().to_vec(), name, page.metadata().to_vec()))
        })
        .collect()
}

pub fn edits(edits: Vec<Edit>) -> Mutation {
    Mutation { edits, ..Mutation::default() }
}

pub fn open(disk: &Memory) -> Store {
    Store::open(Arc::new(disk.clone()), options()).expect("open")
}

/// Commits and returns the seq and the first created id.
pub fn commit(store: &Store, asked: Vec<Edit>) -> (u64, u64) {
    match store.mutate().commit(&edits(asked)).expect("commit") {
        Outcome::Committed { seq, created, .. } => (seq, created.start),
        refused => panic!("{refused:?}"),
    }
}

/// Bytes of all segments: what an error must leave as it was.
pub fn log_bytes(disk: &Memory) -> Vec<(String, Vec<u8>)> {
    disk.files().into_iter().filter(|(path, _)| path.starts_with("log/")).collect()
}

#[test]
fn a_page_lives_from_creation_to_deletion() {
    let disk = Memory::new();
    let store = open(&disk);
    let create = Edit::Create { number: 9, size_bytes: 8, name: Some("a".into()), metadata: b"m".to_vec() };
    let (seq, id) = commit(&store, vec![create, Edit::write_new(9, 6, b"yz"), Edit::create(11, 4, None)]);
    assert_eq!((seq, id), (1, 1));
    let first = store.query().snapshot();
    let expected = State::from([
        (1, (1, b"\0\0\0\0\0\0yz".to_vec(), Some("a".into()), b"m".to_vec())),
        (2, (1, vec![0; 4], None, vec![])),
    ]);
    assert_eq!(state(&first), expected);
    assert_eq!((first.find("a").unwrap(), first.page_count(), first.next_page()), (Some(1), 2, 3));

    commit(&store, vec![Edit::write(1, 0, b"x"), Edit::Metadata { page: 2, metadata: b"n".to_vec() }]);
    commit(&store, vec![Edit::Delete { page: 1 }]);
    let (_, id) = commit(&store, vec![Edit::create(0, 1, Some("a"))]);
    assert_eq!(id, 3, "an id is never used again, a name may be");
    assert_eq!(state(&first), expected, "a snapshot stays as it is");
    let last = store.query().snapshot();
    assert_eq!(last.find("a").unwrap(), Some(3));
    assert_eq!(last.expect_page(1).unwrap_err().kind(), ErrorKind::UnknownPage);
    let changed: Vec<u64> = first.diff(&last).unwrap().iter().map(|diff| diff.id).collect();
    assert_eq!(changed, [1, 2, 3]);

    let hash = last.state_hash();
    store.close().unwrap();
    let reader = Reader::open(Arc::new(disk.clone())).unwrap();
    assert_eq!(state(&reader.snapshot()), state(&last));
    let store = open(&disk);
    assert_eq!((store.query().snapshot().state_hash(), store.query().snapshot().seq()), (hash, 4));
}

#[test]
fn what_breaks_a_rule_costs_no_byte() {
    let disk = Memory::new();
    let store = open(&disk);
    commit(&store, vec![Edit::create(0, 8, Some("a"))]);
    let (bytes, before) = (log_bytes(&disk), state(&store.query().snapshot()));
    let write = |page, offset, len| Edit::write(page, offset, vec![1; len]);
    let patch = |patch| Edit::Write { page: PageRef::Existing(1), patch };
    use ErrorKind::*;
    let cases = [
        (Malformed, vec![]),
        (Malformed, vec![write(1, 8, 1)]),
        (Malformed, vec![write(1, 0, 9)]),
        (Malformed, vec![write(1, 0, 0)]),
        (Malformed, vec![write(1, u32::MAX, 2)]),
        (Malformed, vec![write(1, 0, 2), write(1, 1, 2)]),
        (Malformed, vec![patch(Patch::Full(vec![0; 7]))]),
        (Malformed, vec![patch(Patch::Fill { offset: 7, len: 2, byte: 0 })]),
        (Malformed, vec![patch(Patch::Bitmap { offset: 0, mask: vec![2], bytes: vec![0] })]),
        (Malformed, vec![Edit::write_new(4, 0, [1])]),
        (Malformed, vec![Edit::create(4, 0, None)]),
        (Malformed, vec![Edit::create(4, (1 << 20) + 1, None)]),
        (Malformed, vec![Edit::create(4, 1, None), Edit::create(4, 1, None)]),
        (Malformed, vec![Edit::create(4, 1, Some("b")), Edit::create(5, 1, Some("b"))]),
        (LimitExceeded, vec![Edit::create(4, 1, Some(&"n".repeat(256)))]),
        (LimitExceeded, vec![Edit::Metadata { page: 1, metadata: vec![0; 4097] }]),
        (LimitExceeded, (0..65_537).map(|at| write(1, at, 1)).collect()),
        (Malformed, vec![Edit::Delete { page: 1 }, write(1, 0, 1)]),
        (Malformed, vec![Edit::Delete { page: 1 }, Edit::Delete { page: 1 }]),
        (UnknownPage, vec![write(2, 0, 1)]),
        (UnknownPage, vec![Edit::Delete { page: 0 }]),
        (UnknownPage, vec![Edit::Metadata { page: u64::MAX, metadata: vec![] }]),
    ];
    for (kind, asked) in cases {
        let error = store.mutate().commit(&edits(asked.clone())).unwrap_err();
        assert_eq!(error.kind(), kind, "{:?}: {error}", asked.first());
    }
    assert_eq!(log_bytes(&disk), bytes);
    assert_eq!(state(&store.query().snapshot()), before);
    assert_eq!(store.last_seq(), 1);
}

#[test]
fn a_taken_name_is_refused_on_record() {
    let disk = Memory::new();
    let store = open(&disk);
    commit(&store, vec![Edit::create(0, 8, Some("a"))]);
    let before = store.query().snapshot().state_hash();
    let refused = store.mutate().commit(&edits(vec![Edit::create(0, 8, Some("a"))])).unwrap();
    let Outcome::Refused { seq: 2, repeated: false, refusal } = refused else { panic!("{refused:?}") };
    assert_eq!((refusal.cause, refusal.page), (Cause::NameTaken, 1));
    assert_eq!((store.last_seq(), store.query().snapshot().state_hash()), (2, before));
    let body = store.scan(2).next().unwrap().unwrap().body;
    assert_eq!(body, store::Body::Refused { decision: None, refusal });
}

#[test]
fn entries_and_pages_commit_together_and_once() {
    let disk = Memory::new();
    let store = open(&disk);
    store.register(&namespace()).unwrap();
    let mutation = Mutation {
        edits: vec![Edit::create(0, 8, None), Edit::write_new(0, 0, [1])],
        clients: vec![entry(5, b"outcome")],
        blobs: vec![store.put_blob_as("table", &[1; 300]).unwrap()],
    };
    let first = store.mutate().commit(&mutation).unwrap();
    assert_eq!(first, Outcome::Committed { seq: 2, repeated: false, created: 1..2 });
    let again = Outcome::Committed { seq: 2, repeated: true, created: 1..2 };
    assert_eq!(store.mutate().commit(&mutation).unwrap(), again);
    let other = Mutation { edits: vec![Edit::create(0, 9, None)], ..mutation.clone() };
    assert_eq!(store.mutate().commit(&other).unwrap_err().kind(), ErrorKind::IntentReused);
    store.close().unwrap();
    let store = open(&disk);
    store.register(&namespace()).unwrap();
    assert_eq!(store.mutate().commit(&mutation).unwrap(), again, "also after a restart");
    assert_eq!(store.query().snapshot().page_count(), 1);
    assert_eq!(store.find(5), Some(2));
}

/// More pages than wait for their hash at once: the state read back from a checkpoint is hashed from nothing.
#[test]
fn the_hash_of_many_changes_in_one_transaction_is_that_of_the_pages() {
    const PAGES: u32 = 5_000;
    let disk = Memory::new();
    let store = open(&disk);
    commit(&store, (0..PAGES).map(|number| Edit::create(number, 1, None)).collect());
    for byte in 1..4 {
        commit(&store, (1..=u64::from(PAGES)).map(|page| Edit::write(page, 0, [byte])).collect());
    }
    commit(&store, (1..=4_500).map(|page| Edit::Delete { page }).collect());
    let hash = store.query().snapshot().state_hash();
    store.checkpoint().unwrap();
    store.close().unwrap();
    assert_eq!(open(&disk).query().snapshot().state_hash(), hash);
}

#[test]
fn a_snapshot_past_its_limit_answers_no_more() {
    let clock = Arc::new(AtomicU64::new(0));
    let ticking = Arc::clone(&clock);
    let mut options = Options::new(move || ticking.load(Ordering::Relaxed), || [1; 16]);
    options.create = store::Create::New;
    options.snapshot_held_bytes_max = 100;
    let store = Store::open(Arc::new(Memory::new()), options).unwrap();
    commit(&store, vec![Edit::create(0, 40, None)]);

    let snapshot = store.query().snapshot();
    let page = snapshot.expect_page(1).unwrap();
    for step in 1..=2 {
        commit(&store, vec![Edit::write(1, 0, [step])]);
    }
    assert!(snapshot.page(1).is_ok(), "80 bytes are held");
    commit(&store, vec![Edit::write(1, 0, [9])]);
    assert_eq!(snapshot.page(1).unwrap_err().kind(), ErrorKind::SnapshotTooOld);
    assert_eq!(page.bytes(), [0; 40], "what it gave stays valid");

    let snapshot = store.query().snapshot();
    clock.store(1_000_000, Ordering::Relaxed);
    assert!(snapshot.page(1).is_ok(), "its time begins with its first answer");
    clock.store(600_001 * 1_000_000, Ordering::Relaxed);
    assert!(snapshot.page(1).is_ok());
    clock.store(600_002 * 1_000_000, Ordering::Relaxed);
    let refused = [
        snapshot.page(1).map(drop).unwrap_err(),
        snapshot.find("a").map(drop).unwrap_err(),
        snapshot.iter().map(drop).unwrap_err(),
        snapshot.select(&plan::Query { pages: vec![1], ..Default::default() }).map(drop).unwrap_err(),
        snapshot.diff(&store.query().snapshot()).map(drop).unwrap_err(),
    ];
    assert!(refused.iter().all(|error| error.kind() == ErrorKind::SnapshotTooOld), "{refused:?}");
    assert!(store.query().snapshot().page(1).is_ok());
}

#[test]
fn a_client_sees_its_own_writes() {
    let store = open(&Memory::new());
    let (seq, _) = commit(&store, vec![Edit::create(0, 8, None)]);
    assert_eq!(store.query().read_at_least(seq).unwrap().seq(), seq);
    assert_eq!(store.query().read_at_least(seq + 1).map(drop).unwrap_err().kind(), ErrorKind::NotFound);
}

#[test]
fn selection_is_by_id_range_name_and_metadata() {
    let store = open(&Memory::new());
    let page = |number, name: Option<&str>, metadata: &[u8]| Edit::Create {
        number,
        size_bytes: 1,
        name: name.map(str::to_owned),
        metadata: metadata.to_vec(),
    };
    let many = (0..200).map(|number| match number {
        150 => page(number, Some("named"), b""),
        180 | 190 => page(number, None, b"meta"),
        _ => page(number, None, b""),
    });
    commit(&store, many.collect());
    commit(&store, vec![Edit::Delete { page: 66 }]);
    let query = plan::Query {
        pages: vec![3, 9_999, 70],
        ranges: vec![(63, 67), (199, 5_000)],
        names: vec!["absent".into(), "named".into()],
        metadata: vec![b"meta".to_vec()],
    };
    let unordered = store.query().snapshot().select(&query).unwrap_err();
    assert_eq!(unordered.kind(), ErrorKind::Malformed);
    let query = plan::Query { pages: vec![3, 70, 9_999], ..query };
    let expected = [3, 63, 64, 65, 67, 70, 151, 181, 191, 199, 200];
    assert_eq!(store.query().snapshot().select(&query).unwrap(), expected);
}

/// What `validate` must accept, said byte by byte.
fn slow_accepts(delta: &Delta, page: Option<(u64, usize)>, next_page: u64, taken: &str) -> bool {
    let written = |patch: &Patch| -> Option<Vec<u64>> {
        let mut at = Vec::new();
        match patch {
            Patch::Runs(runs) => {
                for (offset, bytes) in runs {
                    let start = u64::from(*offset);
                    let touches = at.last().is_some_and(|last| start <= last + 1);
                    if bytes.is_empty() || touches {
                        return None;
                    }
                    at.extend(start..start + bytes.len() as u64);
                }
            }
            Patch::Bitmap { offset, mask, bytes } => {
                for bit in 0..mask.len() * 8 {
                    if mask[bit / 8] >> (bit % 8) & 1 == 1 {
                        at.push(u64::from(*offset) + bit as u64);
                    }
                }
                let trimmed = mask.first().is_some_and(|b| b & 1 == 1) && mask.last() != Some(&0);
                if !trimmed || at.len() != bytes.len() {
                    return None;
                }
            }
            Patch::Full(bytes) => {
                at.extend(0..bytes.len() as u64);
                if Some(bytes.len()) != page.map(|(_, len)| len) {
                    return None;
                }
            }
            Patch::Fill { offset, len, .. } => {
                at.extend(u64::from(*offset)..u64::from(*offset) + u64::from(*len));
            }
        }
        (!at.is_empty()).then_some(at)
    };
    match &delta.change {
        Change::Create { size_bytes, name, .. } => {
            delta.base == 0
                && delta.page == next_page
                && *size_bytes > 0
                && name.as_deref() != Some(taken)
                && name.as_deref() != Some("")
        }
        change => {
            let Some((version, len)) = page.filter(|(version, _)| *version == delta.base) else {
                return false;
            };
            assert!(version > 0);
            match change {
                Change::Write(patch) => {
                    written(patch).is_some_and(|places| places.iter().all(|at| *at < len as u64))
                }
                _ => true,
            }
        }
    }
}

fn patches() -> impl Strategy<Value = Patch> {
    let bytes = || prop::collection::vec(any::<u8>(), 0..12);
    prop_oneof![
        prop::collection::vec((0..12u32, bytes()), 0..4).prop_map(Patch::Runs),
        (0..8u32, prop::collection::vec(any::<u8>(), 0..3), bytes())
            .prop_map(|(offset, mask, bytes)| Patch::Bitmap { offset, mask, bytes }),
        bytes().prop_map(Patch::Full),
        (0..12u32, 0..12u32, any::<u8>()).prop_map(|(offset, len, byte)| Patch::Fill { offset, len, byte }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn validation_accepts_what_the_slow_reference_accepts(
        page in 0..4u64,
        base in 0..3u64,
        change in prop_oneof![
            6 => patches().prop_map(Change::Write),
            1 => Just(Change::Delete),
            1 => Just(Change::Metadata(vec![1])),
            2 => (0..3u32, prop::option::of("[ab]?")).prop_map(|(size_bytes, name)| {
                Change::Create { size_bytes, name, metadata: vec![] }
            }),
        ],
    ) {
        let store = open(&Memory::new());
        commit(&store, vec![Edit::create(0, 9, Some("a"))]);
        commit(&store, vec![Edit::create(0, 4, None)]);
        let snapshot = store.query().snapshot();
        let delta = Delta { page, base, change };
        let found = snapshot.page(page).unwrap().map(|page| (page.version(), page.bytes().len()));
        let valid = validate(&snapshot, &delta);
        prop_assert_eq!(valid.is_ok(), slow_accepts(&delta, found, 3, "a"), "{:?}: {:?}", delta, valid.err());
    }
}

#[derive(Clone, Debug)]
enum Step {
    Mutate(Vec<Edit>),
    Close,
    Die,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let page =
        || prop_oneof![4 => (1..6u64).prop_map(PageRef::Existing), 1 => (0..3u32).prop_map(PageRef::New)];
    let edit = prop_oneof![
        6 => (page(), patches()).prop_map(|(page, patch)| Edit::Write { page, patch }),
        4 => (0..3u32, 1..12u32, prop::option::of("[abc]")).prop_map(|(number, size, name)| {
            Edit::Create { number, size_bytes: size, name, metadata: vec![] }
        }),
        1 => (1..6u64).prop_map(|page| Edit::Delete { page }),
        2 => (1..6u64, any::<[u8; 2]>())
            .prop_map(|(page, bytes)| Edit::Metadata { page, metadata: bytes.to_vec() }),
    ];
    let step = prop_oneof![
        12 => prop::collection::vec(edit, 1..4).prop_map(Step::Mutate),
        1 => Just(Step::Close),
        1 => Just(Step::Die),
    ];
    prop::collection::vec(step, 1..40)
}

#[derive(Clone, Debug, Default)]
struct Model {
    pages: State,
    created: u64,
    seq: u64,
}

impl Model {
    /// What must become of edits: `None` for an error, else whether they are committed.
    fn apply(&mut self, edits: &[Edit]) -> Option<bool> {
        let sizes: BTreeMap<u32, u32> = edits
            .iter()
            .filter_map(|edit| match edit {
                Edit::Create { number, size_bytes, .. } => Some((*number, *size_bytes)),
                _ => None,
            })
            .collect();
        let creations = edits.iter().filter(|edit| matches!(edit, Edit::Create { .. })).count();
        let ids: BTreeMap<u32, u64> = sizes.keys().copied().zip(self.created + 1..).collect();
        let (mut after, seq) = (self.pages.clone(), self.seq + 1);
        let mut refused = false;
        let mut names = Vec::new();
        for edit in edits {
            if let Edit::Create { number, size_bytes, name, metadata } = edit {
                let page = (seq, vec![0; *size_bytes as usize], name.clone(), metadata.clone());
                after.insert(ids[number], page);
                refused |= name.is_some() && self.pages.values().any(|(_, _, taken, _)| taken == name);
                names.extend(name.clone());
            }
        }
        let mut written: BTreeMap<u64, Vec<bool>> = BTreeMap::new();
        let (mut deleted, mut touched, mut described) = (Vec::new(), Vec::new(), Vec::new());
        for edit in edits {
            match edit {
                Edit::Write { page, patch } => {
                    let (id, len) = match page {
                        PageRef::Existing(id) => (*id, self.pages.get(id)?.1.len()),
                        PageRef::New(number) => (*ids.get(number)?, sizes[number] as usize),
                    };
                    let delta = Delta { page: id, base: seq, change: Change::Write(patch.clone()) };
                    if !slow_accepts(&delta, Some((seq, len)), 0, "") {
                        return None;
                    }
                    let mut fresh = vec![None; len];
                    match patch {
                        Patch::Runs(runs) => {
                            for (offset, bytes) in runs {
                                for (at, byte) in bytes.iter().enumerate() {
                                    fresh[*offset as usize + at] = Some(*byte);
                                }
                            }
                        }
                        Patch::Bitmap { offset, mask, bytes } => {
                            let set = (0..mask.len() * 8).filter(|bit| mask[bit / 8] >> (bit % 8) & 1 == 1);
                            for (bit, byte) in set.zip(bytes) {
                                fresh[*offset as usize + bit] = Some(*byte);
                            }
                        }
                        Patch::Full(bytes) => fresh = bytes.iter().copied().map(Some).collect(),
                        Patch::Fill { offset, len, byte } => {
                            fresh[*offset as usize..(*offset + *len) as usize].fill(Some(*byte));
                        }
                    }
                    let taken = written.entry(id).or_insert_with(|| vec![false; len]);
                    let page = after.get_mut(&id)?;
                    for (at, byte) in fresh.iter().enumerate() {
                        let Some(byte) = byte else { continue };
                        if std::mem::replace(&mut taken[at], true) {
                            return None;
                        }
                        page.1[at] = *byte;
                    }
                    page.0 = seq;
                    touched.push(id);
                }
                Edit::Delete { page } => {
                    self.pages.get(page)?;
                    deleted.push(*page);
                }
                Edit::Metadata { page, metadata } => {
                    self.pages.get(page)?;
                    let page_after = after.get_mut(page)?;
                    page_after.3 = metadata.clone();
                    page_after.0 = seq;
                    touched.push(*page);
                    described.push(*page);
                }
                Edit::Create { .. } => {}
            }
        }
        let once = |ids: &[u64]| (1..ids.len()).all(|at| !ids[..at].contains(&ids[at]));
        let distinct_names = (1..names.len()).all(|at| !names[..at].contains(&names[at]));
        let clash = deleted.iter().any(|id| touched.contains(id));
        if creations != sizes.len() || !once(&deleted) || !once(&described) {
            return None;
        }
        if clash || !distinct_names {
            return None;
        }
        if refused {
            self.seq = seq;
            return Some(false);
        }
        deleted.iter().for_each(|id| drop(after.remove(id)));
        *self = Model { pages: after, created: self.created + creations as u64, seq };
        Some(true)
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(800))]

    #[test]
    fn random_changes_agree_with_a_map(steps in steps()) {
        let mut disk = Memory::new();
        let mut store = open(&disk);
        let mut model = Model::default();
        let mut kept: Vec<(Snapshot, State)> = Vec::new();
        for step in steps {
            match step {
                Step::Mutate(asked) => {
                    let found = store.mutate().commit(&edits(asked.clone()));
                    let expected = model.apply(&asked);
                    prop_assert_eq!(found.as_ref().ok().map(Outcome::is_committed), expected, "{:?}: {:?}", asked, found);
                }
                Step::Close => {
                    store.close().unwrap();
                    store = open(&disk);
                }
                Step::Die => {
                    disk = image(&disk.files());
                    store = open(&disk);
                }
            }
            let snapshot = store.query().snapshot();
            prop_assert_eq!(state(&snapshot), model.pages.clone());
            prop_assert_eq!(snapshot.seq(), model.seq);
            for (id, (_, _, name, _)) in &model.pages {
                if let Some(name) = name {
                    prop_assert_eq!(snapshot.find(name).unwrap(), Some(*id));
                }
            }
            kept.push((snapshot, model.pages.clone()));
        }
        for (snapshot, pages) in &kept {
            prop_assert_eq!(&state(snapshot), pages, "the snapshot at {}", snapshot.seq());
        }
        verify(&disk).unwrap();
    }
}
