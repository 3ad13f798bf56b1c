//! Logs whose oldest segments were dropped: what is left answers as before, what is gone is named, and no crash,
//! damage or restart between makes a third thing of it.
//!
//! The judge is a store that keeps everything and did the same: its records were each taken by the reference of
//! [`Work`], and so were its states.

mod faults;
mod whole;

use std::sync::{Arc, OnceLock};

use proptest::prelude::*;
use store::format::Horizon;
use store::{
    Body, Durability, Edit, ErrorKind, Filter, Fold, Memory, Options, Reader, Record, Result, Retention,
    Store, Vfs, copy_verified, verify,
};
use testkit::disk::{FaultyDisk, Survival};

use crate::pages::{commit, state};
use crate::support::{entry, image, namespace, options, read, with_blob};
use crate::upsert::take;
use crate::work::{Action, SET_UP_SEQ, Work};
use whole::Whole;

const WORK: Work = Work { seed: 11 };
const OPERATIONS: u64 = 36;

fn options_for(retention: Retention) -> Options {
    let mut options = options().retention(retention);
    // Many segments, each of a few operations.
    options.segment_bytes_max = 8 << 10;
    options.table_bytes_min = 6 << 10;
    options
}

fn whole() -> &'static Whole {
    static WHOLE: OnceLock<Whole> = OnceLock::new();
    WHOLE.get_or_init(|| Whole::of(WORK, OPERATIONS))
}

fn open(disk: &FaultyDisk) -> Result<Store> {
    Store::open(Arc::new(disk.clone()), options_for(Retention::Bytes(0)))
}

/// The first operations, with a checkpoint behind every fifth; `told` is the last seq that was acknowledged.
fn perform(store: &Store, numbers: std::ops::Range<u64>, told: &mut u64) -> Result<()> {
    WORK.set_up(store)?;
    for number in numbers {
        *told = WORK.perform(store, number)?.seq();
        if number % 5 == 4 {
            store.checkpoint()?;
        }
    }
    Ok(())
}

/// Where each process begins. Each begins a segment.
const SESSIONS: [u64; 7] = [0, 4, 10, 16, 22, 29, OPERATIONS];

/// All operations by several processes. The last dies, the others close.
fn workload(disk: &FaultyDisk, told: &mut u64) -> Result<()> {
    for numbers in SESSIONS.windows(2) {
        let store = open(disk)?;
        perform(&store, numbers[0]..numbers[1], told)?;
        if numbers[1] < OPERATIONS {
            store.close()?;
        } else {
            std::mem::forget(store);
        }
    }
    Ok(())
}

/// A store that has dropped segments, closed.
fn dropped() -> FaultyDisk {
    let disk = FaultyDisk::new();
    workload(&disk, &mut 0).unwrap();
    let disk = disk.after_crash(Survival::Everything);
    open(&disk).unwrap().close().unwrap();
    disk.after_crash(Survival::Everything)
}

fn names(files: &[(String, Vec<u8>)], end: &str) -> Vec<String> {
    files.iter().map(|(path, _)| path.clone()).filter(|path| path.ends_with(end)).collect()
}

#[test]
fn what_is_left_answers_as_if_nothing_was_dropped() {
    let disk = dropped();
    let files = disk.files();
    let store = open(&disk).unwrap();
    let horizon = Horizon::decode(&read(&disk, "HORIZON"), &store.id()).unwrap();
    assert!(horizon.dropped >= 3 && horizon.oldest_seq > 20, "{horizon:?}");
    assert_eq!(store.oldest_seq(), horizon.oldest_seq);
    let first = names(&files, ".seg").remove(0);
    assert_eq!(first, format!("log/{:020}.seg", horizon.dropped + 1), "{:?}", names(&files, ""));
    assert_eq!(names(&files, ".rem").len() as u64, horizon.dropped);
    assert_eq!(names(&files, ".base"), [format!("kept/{:020}.base", horizon.oldest_seq)]);
    let tables = names(&files, ".tbl");
    assert!(tables.iter().all(|path| path[7..27].parse::<u64>().unwrap() > horizon.dropped), "{tables:?}");
    whole().judge(&store).unwrap();
    whole().go_on(&store, OPERATIONS).unwrap();
    store.close().unwrap();
    let verified = verify(&disk).unwrap();
    assert_eq!((verified.oldest_seq, verified.end.last_seq), (horizon.oldest_seq, SET_UP_SEQ + OPERATIONS));
    // Retention is of a process: one that keeps everything goes on behind the horizon and drops nothing.
    let store = Store::open(Arc::new(disk.clone()), options_for(Retention::All)).unwrap();
    WORK.set_up(&store).unwrap();
    for _ in 0..4 {
        store.checkpoint().unwrap();
    }
    assert_eq!(store.oldest_seq(), horizon.oldest_seq);
    // A reference that is wrong by a byte, a record, an intent is found.
    let mut wrong = Whole::of(WORK, OPERATIONS);
    wrong.states[OPERATIONS as usize].get_mut(&1).unwrap().1[0] ^= 1;
    assert!(wrong.judge(&store).is_err());
    let mut wrong = Whole::of(WORK, OPERATIONS);
    wrong.stated.remove(0);
    assert!(wrong.judge(&store).is_err());
    let mut wrong = Whole::of(WORK, OPERATIONS);
    wrong.bodies.swap(37, 38);
    assert!(wrong.judge(&store).is_err());
}

#[test]
fn a_reader_and_a_copy_begin_at_the_horizon() {
    let disk = dropped();
    let reader = Reader::open(Arc::new(disk.clone())).unwrap();
    let oldest = reader.oldest_seq();
    assert!(oldest > 20);
    assert_eq!(state(&reader.snapshot()), *whole().state_at(reader.last_seq()));
    assert_eq!(state(&reader.past().replay(oldest).unwrap()), *whole().state_at(oldest));
    let copy = Memory::new();
    copy_verified(&disk, &copy).unwrap();
    let copied = verify(&copy).unwrap();
    assert_eq!((copied.oldest_seq, copied.end), (oldest, verify(&disk).unwrap().end));
    // It has no checkpoint: the base alone makes it whole.
    assert!(names(&copy.files(), ".ckpt").is_empty());
    let store = Store::open(Arc::new(copy), options_for(Retention::All)).unwrap();
    whole().go_on(&store, OPERATIONS).unwrap();
}

/// A reader that was opened before says that what it knew is gone, and does not call it damage.
#[test]
fn a_reader_of_before_is_told_that_it_is_too_old() {
    let disk = Memory::new();
    let store = Store::open(Arc::new(disk.clone()), options_for(Retention::Bytes(0))).unwrap();
    perform(&store, 0..4, &mut 0).unwrap();
    let reader = Reader::open(Arc::new(disk.clone())).unwrap();
    let (past, before) = (store.past(), store.query().snapshot());
    assert_eq!(reader.oldest_seq(), 0);
    perform(&store, 0..OPERATIONS, &mut 0).unwrap();
    assert!(store.oldest_seq() > reader.last_seq());
    for past in [past, reader.past()] {
        for answer in [past.replay(5).map(drop), past.history(1).map(drop), past.heat(1..=5).map(drop)] {
            assert_eq!(answer.unwrap_err().kind(), ErrorKind::SeqTooOld);
        }
    }
    // States that were handed out stay.
    assert_eq!(state(&before), *whole().state_at(before.seq()));
    assert_eq!(state(&reader.snapshot()), *whole().state_at(reader.last_seq()));
}

#[test]
fn retention_keeps_at_least_what_it_says() {
    for retention in [
        Retention::SinceSeq(0),
        Retention::SinceSeq(12),
        Retention::SinceSeq(1_000),
        Retention::Bytes(20_000),
    ] {
        let disk = Memory::new();
        let open = || Store::open(Arc::new(disk.clone()), options_for(retention)).unwrap();
        for numbers in SESSIONS.windows(2) {
            perform(&open(), numbers[0]..numbers[1], &mut 0).unwrap();
        }
        let store = open();
        let files = disk.files();
        let left: usize =
            files.iter().filter(|(path, _)| path.ends_with(".seg")).map(|(_, bytes)| bytes.len()).sum();
        match retention {
            Retention::SinceSeq(0) => assert_eq!(store.oldest_seq(), 0),
            Retention::SinceSeq(12) => {
                assert!((7..12).contains(&store.oldest_seq()), "{}", store.oldest_seq())
            }
            Retention::Bytes(bytes) => {
                assert!(left as u64 >= bytes && store.oldest_seq() > 0, "{left} bytes");
            }
            // No farther than the older checkpoint, which is of operation 29.
            _ => assert!((20..=33).contains(&store.oldest_seq()), "{}", store.oldest_seq()),
        }
        whole().judge(&store).unwrap();
    }
}

#[test]
fn blobs_go_with_the_last_record_that_names_them() {
    let disk = Memory::new();
    let open = || {
        let store = Store::open(Arc::new(disk.clone()), options_for(Retention::Bytes(0))).unwrap();
        store.register(&namespace()).unwrap();
        store
    };
    let store = open();
    let put = |store: &Store, content: &[u8]| store.put_blob_as("any", content).unwrap();
    let (lone, shared, again) = (put(&store, b"lone"), put(&store, b"shared"), put(&store, b"again"));
    let unnamed = store.put_blob(b"named by no record").unwrap();
    for (id, blob) in (1..).zip([&lone, &shared, &again]) {
        store.append(&with_blob(id, b"early", blob.clone())).unwrap();
    }
    let mut next = 100;
    let mut fill = |store: &Store| {
        for _ in 0..12 {
            store.append(&crate::support::transaction(next, &[next as u8; 1_000])).unwrap();
            next += 1;
        }
        store.checkpoint().unwrap();
    };
    fill(&store);
    assert_eq!(store.oldest_seq(), 0, "the older checkpoint needs the first segment");
    // Another record names one of them, and somebody puts another to name it later.
    store.append(&with_blob(4, b"late", shared.clone())).unwrap();
    assert_eq!(put(&store, b"again"), again);
    fill(&store);
    fill(&store);
    assert!(store.oldest_seq() > 4, "{}", store.oldest_seq());
    assert_eq!(store.get_blob(&lone.hash).unwrap_err().kind(), ErrorKind::NotFound);
    for kept in [&again.hash, &unnamed] {
        store.get_blob(kept).unwrap();
    }
    // Once the record of what was shared goes too, the blob goes; what is named again stays.
    store.append(&with_blob(5, b"later", again.clone())).unwrap();
    let error = store.append(&with_blob(6, b"gone", lone.clone())).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Malformed, "{error}");
    (0..3).for_each(|_| fill(&store));
    assert_eq!(store.get_blob(&shared.hash).unwrap_err().kind(), ErrorKind::NotFound);
    // What was put again is a new blob, also under the old name.
    let lone = put(&store, b"lone");
    store.append(&with_blob(6, b"new", lone.clone())).unwrap();
    assert_eq!(store.get_blob(&lone.hash).unwrap(), b"lone");
    store.close().unwrap();
    verify(&disk).unwrap();
    let store = open();
    (0..3).for_each(|_| fill(&store));
    assert_eq!(store.get_blob(&lone.hash).unwrap_err().kind(), ErrorKind::NotFound);
    store.get_blob(&unnamed).unwrap();
}

/// A page that came behind the horizon has its whole history, an older one says that it has not.
#[test]
fn histories_are_whole_or_too_old() {
    let disk = Memory::new();
    let store = Store::open(Arc::new(disk.clone()), options_for(Retention::Bytes(0))).unwrap();
    let (_, old) = commit(&store, vec![Edit::create(0, 8, None), Edit::write_new(0, 0, [9; 8])]);
    let (_, ended) = commit(&store, vec![Edit::create(0, 4, None)]);
    store.upsert().submit(&take(1, old, 9)).unwrap();
    commit(&store, vec![Edit::Delete { page: ended }]);
    let (_, filler) = commit(&store, vec![Edit::create(0, 1_000, None)]);
    for round in 0..3u8 {
        for step in 0..12u8 {
            let bytes: Vec<u8> = (0..1_000u32).map(|at| at as u8 ^ step ^ round).collect();
            commit(&store, vec![Edit::write(filler, 0, bytes)]);
        }
        store.checkpoint().unwrap();
    }
    let oldest = store.oldest_seq();
    assert!(oldest > 5, "{oldest}");
    let (created, new) = commit(&store, vec![Edit::create(0, 4, None), Edit::write_new(0, 0, [1])]);
    let (written, _) = commit(&store, vec![Edit::write(old, 7, [2]), Edit::write(new, 1, [3])]);
    let past = store.past();
    let seqs = |touches: Vec<store::Touch>| touches.iter().map(|touch| touch.seq).collect::<Vec<_>>();
    assert_eq!(seqs(past.history(new).unwrap()), [created, created, written]);
    assert_eq!(past.history(old).unwrap_err().kind(), ErrorKind::SeqTooOld);
    assert_eq!(seqs(past.history_since(old, oldest).unwrap()), [written]);
    assert_eq!(seqs(past.history(new + 1).unwrap()), [0; 0]);
    // A byte that was written since leads to its change; one that was not says that it is older; who wanted to change
    // the page is known all the same.
    assert_eq!(past.blame(old, 7, written).unwrap().map(|touch| touch.seq), Some(written));
    let error = past.blame(old, 0, written).unwrap_err();
    assert_eq!((error.kind(), error.page()), (ErrorKind::SeqTooOld, Some(old)));
    assert_eq!(past.blame(new, 9, written).unwrap(), None);
    let of_page = Filter { pages: vec![old], ..Filter::default() };
    let stated = past.intents(&of_page).unwrap();
    assert_eq!(stated.iter().map(|it| (it.seq, it.intent.id)).collect::<Vec<_>>(), [(3, 1)]);
    // Of all times: also where the records are gone.
    assert_eq!(past.intents_on(old).unwrap(), [3]);
    let filters = [
        Filter { authors: vec![stated[0].intent.author.clone()], ..Filter::default() },
        Filter { intents: vec![1], ..Filter::default() },
        Filter { seqs: Some(3..=3), ..Filter::default() },
        Filter { times_ns: Some(stated[0].time_ns..=stated[0].time_ns), ..Filter::default() },
        Filter { pages: vec![filler], inverted: true, ..Filter::default() },
    ];
    for filter in filters {
        assert_eq!(past.intents(&filter).unwrap(), stated, "{filter:?}");
    }
    let others = Filter { seqs: Some(4..=written), ..Filter::default() };
    assert!(past.intents(&others).unwrap().is_empty());
    assert_eq!(past.record_of(1).unwrap_err().seq(), Some(3));
    assert_eq!(past.record_of(2).unwrap_err().kind(), ErrorKind::NotFound);
    // A partial replay of what is left is one; where the filter may mean what is gone it is none.
    let since = Filter { seqs: Some(oldest + 1..=written), ..Filter::default() };
    assert!(past.replay_only(&since, written).unwrap().applied > 0);
    let inverted = Filter { inverted: true, ..since };
    assert_eq!(past.replay_only(&inverted, written).map(drop).unwrap_err().kind(), ErrorKind::SeqTooOld);
}

/// The bytes of `docs/formats/log.md`, by hand.
#[test]
fn the_files_have_the_documented_bytes() {
    let disk = Memory::new();
    let store = Store::open(Arc::new(disk.clone()), options_for(Retention::Bytes(0))).unwrap();
    store.register(&namespace()).unwrap();
    let (_, page) = commit(&store, vec![Edit::create(0, 8, None), Edit::write_new(0, 0, [9; 8])]);
    let plan = take(0x51, page, 9);
    store.upsert().submit(&plan).unwrap();
    let refused = take(0x52, page, i128::MAX >> 65);
    assert!(!store.upsert().submit(&refused).unwrap().is_committed());
    let edits = vec![Edit::create(0, 1, None), Edit::create(1, 1, None)];
    let noted = store::Mutation { edits, clients: vec![entry(0x53, b"note")], ..Default::default() };
    store.mutate().commit(&noted).unwrap();
    let times: Vec<u64> = store.scan(1).map(|record| record.unwrap().time_ns).collect();
    let refusal = match store.scan(4).next().unwrap().unwrap().body {
        Body::Refused { refusal, .. } => refusal,
        other => panic!("{other:?}"),
    };
    store.close().unwrap();
    let first = read(&disk, &names(&disk.files(), ".seg")[0]);
    let store = Store::open(Arc::new(disk.clone()), options_for(Retention::Bytes(0))).unwrap();
    // Two checkpoints in another segment.
    for byte in [1, 2] {
        commit(&store, vec![Edit::write(page, 0, [byte])]);
        store.checkpoint().unwrap();
    }
    let store_id = store.id();
    let prologue = |magic: &[u8], len: usize| {
        let mut bytes = [magic, &[1, 0, 0, 0], &[0; 20], &store_id].concat();
        bytes.resize(len, 0);
        bytes
    };
    let sealed = |mut bytes: Vec<u8>| {
        bytes.extend_from_slice(&crate::format::crc(&bytes).to_le_bytes());
        bytes
    };
    let mut horizon = prologue(b"LUMENHZ1", 48);
    for word in [1u64, 5, 4, first.len() as u64] {
        horizon.extend_from_slice(&word.to_le_bytes());
    }
    horizon.extend_from_slice(blake3::hash(&first).as_bytes());
    horizon.resize(124, 0);
    assert_eq!(read(&disk, "HORIZON"), sealed(horizon));

    let varint = |mut value: u64| {
        let mut bytes = Vec::new();
        while value >= 128 {
            bytes.push(value as u8 | 128);
            value >>= 7;
        }
        bytes.push(value as u8);
        bytes
    };
    let with_len = |bytes: &[u8]| [varint(bytes.len() as u64), bytes.to_vec()].concat();
    let reason = [&[1][..], &varint(refusal.page), refusal.detail.as_bytes()].concat();
    // Segment 1 has the seqs 1 to 5, three of which are known by an id.
    let mut body = vec![1, 1, 6, 3];
    body.extend([vec![3], varint(times[2]), vec![1], with_len(&plan.intent.encode().unwrap())].concat());
    body.extend([&plan.hash().unwrap().0[..], &[0, 0, 1, page as u8, 0, 0]].concat());
    body.extend([vec![1], varint(times[3] - times[2]), vec![3]].concat());
    body.extend([with_len(&refused.intent.encode().unwrap()), refused.hash().unwrap().0.to_vec()].concat());
    body.extend([with_len(&reason), vec![0, 0, 0, 0, 0]].concat());
    body.extend([vec![1], varint(times[4] - times[3]), vec![0, 2, 2, 2, 2, 1, 1, 1, 1]].concat());
    body.extend(0x53u128.to_le_bytes());
    let header = sealed(prologue(b"LUMENRM1", 60));
    assert_eq!(read(&disk, "kept/00000000000000000001.rem"), sealed([header, body].concat()));
    assert!(read(&disk, "kept/00000000000000000005.base").starts_with(b"LUMENCK1"));
}

#[derive(Clone, Debug)]
enum Step {
    /// So many more operations.
    Work(u64),
    Checkpoint,
    /// Asks for an operation that was done.
    Again(u64),
    /// Opens the next process with another retention.
    Close(Retention),
    Die(Retention),
    Judge,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let retention = || {
        prop_oneof![
            1 => Just(Retention::All),
            2 => (0..90u64).prop_map(Retention::SinceSeq),
            2 => (0..60_000u64).prop_map(Retention::Bytes),
            2 => Just(Retention::Bytes(0)),
        ]
    };
    let step = prop_oneof![
        5 => (1..9u64).prop_map(Step::Work),
        5 => Just(Step::Checkpoint),
        2 => any::<u64>().prop_map(Step::Again),
        1 => retention().prop_map(Step::Close),
        1 => retention().prop_map(Step::Die),
        1 => Just(Step::Judge),
    ];
    prop::collection::vec(step, 4..40)
}

fn run(steps: Vec<Step>, reference: &Whole, most: u64) -> u64 {
    let mut disk = Memory::new();
    let open = |disk: &Memory, retention| {
        let store = Store::open(Arc::new(disk.clone()), options_for(retention)).unwrap();
        reference.work.set_up(&store).unwrap();
        store
    };
    let (mut store, mut done, mut oldest) = (open(&disk, Retention::Bytes(0)), 0, 0);
    for step in steps {
        match step {
            Step::Work(count) => {
                let upto = (done + count).min(most);
                for number in done..upto {
                    assert_eq!(
                        reference.work.perform(&store, number).unwrap().seq(),
                        number + SET_UP_SEQ + 1
                    );
                }
                done = upto;
            }
            Step::Checkpoint => {
                store.checkpoint().unwrap();
            }
            Step::Again(number) if done > 0 => {
                let number = number % done;
                if !matches!(reference.work.action(number), Action::Delete { .. }) {
                    let seq = reference.work.perform(&store, number).unwrap().seq();
                    assert_eq!(seq, number + SET_UP_SEQ + 1);
                }
            }
            Step::Again(_) => {}
            Step::Close(retention) => {
                store.close().unwrap();
                verify(&disk).unwrap();
                store = open(&disk, retention);
            }
            Step::Die(retention) => {
                disk = image(&disk.files());
                store = open(&disk, retention);
            }
            Step::Judge => reference.judge(&store).unwrap(),
        }
        assert!(store.oldest_seq() >= oldest, "a horizon never goes back");
        oldest = store.oldest_seq();
    }
    reference.judge(&store).unwrap();
    store.close().unwrap();
    assert_eq!(verify(&disk).unwrap().oldest_seq, oldest);
    oldest
}

#[test]
fn random_retention_agrees_with_a_log_that_keeps_everything() {
    let most = 90;
    let references: Vec<Whole> = (1..4).map(|seed| Whole::of(Work { seed }, most)).collect();
    let (mut runs, mut moved, mut gone) = (0, 0, 0);
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig::with_cases(150));
    let counted = std::cell::RefCell::new((&mut runs, &mut moved, &mut gone));
    runner
        .run(&(steps(), 0..references.len()), |(steps, at)| {
            let oldest = run(steps, &references[at], most);
            let mut counted = counted.borrow_mut();
            *counted.0 += 1;
            *counted.1 += u64::from(oldest > 0);
            *counted.2 += oldest;
            Ok(())
        })
        .unwrap();
    println!("{runs} random stores, {moved} with a horizon, {gone} records dropped");
    assert!(runs >= 150 && moved > 40, "{runs} stores, {moved} with a horizon");
}

/// Counts records.
#[derive(Default)]
struct Records(u64);

impl Fold for Records {
    fn name(&self) -> &str {
        "records"
    }

    fn version(&self) -> u32 {
        1
    }

    fn apply(&mut self, _seq: u64, _record: &Record) {
        self.0 += 1;
    }

    fn save(&self) -> Vec<u8> {
        self.0.to_le_bytes().to_vec()
    }

    fn load(&mut self, bytes: &[u8]) -> std::result::Result<(), String> {
        self.0 = u64::from_le_bytes(bytes.try_into().map_err(|_| "not eight bytes")?);
        Ok(())
    }
}

/// A fold goes on from its checkpoint; one that would have to see what was dropped is refused when it is attached, so
/// that no checkpoint fails for it.
#[test]
fn a_fold_goes_on_behind_the_horizon_or_is_refused() {
    let disk = Memory::new();
    let open = || Store::open(Arc::new(disk.clone()), options_for(Retention::Bytes(0))).unwrap();
    let records = |store: &Store| store.fold(Records::default)?.read(|records| records.0);
    for numbers in SESSIONS.windows(2) {
        let store = open();
        assert!(records(&store).is_ok());
        perform(&store, numbers[0]..numbers[1], &mut 0).unwrap();
        store.checkpoint().unwrap();
    }
    let store = open();
    assert!(store.oldest_seq() > 20);
    assert_eq!(records(&store).unwrap(), OPERATIONS + SET_UP_SEQ);
    let late = dropped();
    let store = Store::open(Arc::new(late), options_for(Retention::Bytes(0))).unwrap();
    assert_eq!(records(&store).unwrap_err().kind(), ErrorKind::SeqTooOld);
    store.checkpoint().unwrap();
}

/// Blobs are never removed while somebody else is about to name them.
#[test]
fn threads_that_name_blobs_never_lose_one() {
    let disk = Memory::new();
    let options = options_for(Retention::Bytes(0)).durability(Durability::Memory);
    let store = Store::open(Arc::new(disk.clone()), options).unwrap();
    store.register(&namespace()).unwrap();
    let (threads, rounds) = (4u128, 150u128);
    std::thread::scope(|scope| {
        for thread in 0..threads {
            let store = &store;
            scope.spawn(move || {
                for round in 0..rounds {
                    // The same few blobs by all threads, now and then, so that each is often about to go.
                    let blob = store.put_blob_as("any", &[(round % 40) as u8; 300]).unwrap();
                    let id = 1 + thread * rounds + round;
                    store.append(&with_blob(id, &[0; 900], blob)).unwrap();
                    if round % 10 == 9 {
                        store.checkpoint().unwrap();
                    }
                }
            });
        }
    });
    assert!(store.oldest_seq() > 100, "{}", store.oldest_seq());
    store.close().unwrap();
    let verified = verify(&disk).unwrap();
    assert_eq!(verified.record_count, (threads * rounds) as u64 + 1);
    println!("{} records, {} dropped", verified.record_count, verified.oldest_seq);
}

/// The files that a store opens while it has no horizon are those of before: nothing of this costs who does not ask.
#[test]
fn a_store_that_keeps_everything_has_no_horizon() {
    let disk = Memory::new();
    let store = Store::open(Arc::new(disk.clone()), options_for(Retention::All)).unwrap();
    perform(&store, 0..OPERATIONS, &mut 0).unwrap();
    let files = disk.files();
    assert!(files.iter().all(|(path, _)| path != "HORIZON" && !path.starts_with("kept/")));
    assert_eq!(store.oldest_seq(), 0);
    assert!(disk.list("kept").is_err() || disk.list("kept").unwrap().is_empty());
}
