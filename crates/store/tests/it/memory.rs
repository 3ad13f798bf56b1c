//! A limit of memory below the size of the state: everything is answered as without it.

use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use store::{Create, Directory, Durability, Edit, ErrorKind, GraphEdit, Memory, Options, Store, Vfs, verify};
use testkit::disk::Watched;

use crate::pages::{commit, edits, state};
use crate::support::{image, options};
use crate::upsert::{COUNT, binary, field, int, intent, write};

const SIZE: u32 = 1_000;

fn limited(bytes: u64) -> Options {
    let mut options = options();
    options.memory_bytes_max = bytes;
    options
}

pub fn open(disk: &Memory, options: Options) -> Store {
    let store = Store::open(Arc::new(disk.clone()), options).expect("open");
    register(&store);
    store
}

/// What the page that [`begin`] derives needs.
pub fn register(store: &Store) {
    store.derive().register("first@1", |parents| Ok(vec![parents.iter().fold(1, |sum, page| sum ^ page[0])]));
}

/// A multiplicative generator (Lehmer, 1951; Park and Miller's constants): equal work for every store.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0 * 48_271 % 0x7fff_ffff;
        self.0 % bound
    }
}

/// Some change, the same for the same number: of bytes, metadata, names; creations and deletions; conditions that hold
/// and do not; pages that follow others.
pub fn step(store: &Store, number: u64) {
    let mut dice = Dice(number * 7_919 + 17);
    let ids: Vec<u64> = store.query().snapshot().page_ids(1).unwrap().collect();
    let any = |dice: &mut Dice| ids[dice.below(ids.len() as u64) as usize];
    let page = any(&mut dice);
    let byte = dice.below(256) as u8;
    let guard = |hash: bool| {
        let looked = if hash { plan::Expr::Hash(page) } else { field(page, 0, plan::FieldType::Bytes(1)) };
        let expected = if hash { vec![0; 16] } else { vec![byte] };
        binary(plan::Operator::Ne, looked, plan::Expr::Constant(plan::Value::Bytes(expected)))
    };
    let outcome = match dice.below(8) {
        0 => store.mutate().commit(&edits(vec![Edit::create(0, SIZE, Some(&format!("n{number}")))])),
        1 => store
            .mutate()
            .commit(&edits(vec![Edit::create(0, SIZE, None), Edit::write_new(0, 9, [byte; 400])])),
        2 => store.mutate().commit(&edits(vec![Edit::Metadata { page, metadata: vec![byte; 30] }])),
        // Those that others are made from stay.
        3 if page > 4 => store.mutate().commit(&edits(vec![Edit::Delete { page }])),
        kind @ (4 | 5) if page > 4 => store.upsert().submit(&plan::UpsertPlan {
            intent: intent(u128::from(number) + 1),
            reads: vec![],
            guard: Some(guard(kind == 4)),
            deltas: vec![write(page, 16, COUNT, binary(plan::Operator::Add, field(page, 16, COUNT), int(1)))],
            clients: vec![],
            query: plan::Query { pages: vec![page], ..plan::Query::default() },
        }),
        _ if page == 4 => store.derive().refresh(4),
        _ => store.mutate().commit(&edits(vec![Edit::write(page, dice.below(900) as u32, [byte; 40])])),
    };
    outcome.unwrap_or_else(|error| panic!("step {number}: {error}"));
}

pub fn begin(store: &Store) {
    let mut made: Vec<Edit> = (0..3).map(|number| Edit::create(number, SIZE, None)).collect();
    made.push(Edit::create(3, 1, None));
    commit(store, made);
    let edit = GraphEdit::derive(4, "first@1", [1, 2, 3]);
    store.derive().edit(&[edit]).unwrap();
}

#[test]
fn a_small_memory_changes_no_answer() {
    no_answer_changes(limited);
}

#[test]
fn a_small_memory_beside_compressed_checkpoints_changes_no_answer() {
    no_answer_changes(|bytes| {
        let mut options = limited(bytes);
        options.compress_checkpoints = true;
        options
    });
}

fn no_answer_changes(limited: impl Fn(u64) -> Options) {
    let (plain_disk, mut disk) = (Memory::new(), Memory::new());
    let plain = open(&plain_disk, options());
    let cap = 24_000;
    let mut store = open(&disk, limited(cap));
    begin(&plain);
    begin(&store);
    let mut old = Vec::new();
    for number in 0..600 {
        step(&plain, number);
        step(&store, number);
        let (expected, found) = (plain.query().snapshot(), store.query().snapshot());
        assert_eq!(found.state_hash(), expected.state_hash(), "step {number}");
        if number % 40 == 0 {
            assert_eq!(state(&found), state(&expected), "step {number}");
            assert_eq!(found.diff(&expected).unwrap(), vec![], "step {number}");
            old.push((expected, found));
        }
        if number % 150 == 149 {
            // A writer dies, another opens what is there.
            old.iter().for_each(|(expected, found)| assert_eq!(state(found), state(expected)));
            old.clear();
            disk = image(&disk.files());
            store = open(&disk, limited(cap));
            assert_eq!(state(&store.query().snapshot()), state(&plain.query().snapshot()), "step {number}");
        }
    }
    let (past, expected) = (store.past(), plain.past());
    for seq in (0..=past.last_seq()).step_by(50) {
        assert_eq!(state(&past.snapshot_at(seq).unwrap()), state(&expected.snapshot_at(seq).unwrap()));
        assert_eq!(
            past.blame(1, 20, seq).unwrap().map(|touch| touch.seq),
            expected.blame(1, 20, seq).unwrap().map(|touch| touch.seq)
        );
    }
    past.audit().unwrap();
    let size: usize = state(&store.query().snapshot()).values().map(|(_, bytes, ..)| bytes.len()).sum();
    assert!(size as u64 > 3 * cap, "a state of {size} bytes");
    assert!(disk.files().iter().any(|(path, _)| path.starts_with("check/")), "a checkpoint made itself");
    drop(store);
    verify(&disk).unwrap();
}

/// The bytes that are not in memory are read from a file that may rot: never another answer.
#[test]
fn a_checkpoint_that_rots_under_its_reader_is_an_error_and_the_log_has_the_pages() {
    let disk = Memory::new();
    let store = open(&disk, limited(8_000));
    for number in 0..40u32 {
        commit(&store, vec![Edit::create(0, SIZE, None), Edit::write_new(0, 0, [number as u8 + 1; 1_000])]);
    }
    let expected = state(&store.query().snapshot());
    let seq = store.checkpoint().unwrap();
    let path = format!("check/{seq:020}.ckpt");
    let (_, mut bytes) = disk.files().into_iter().find(|(of, _)| *of == path).unwrap();
    // In the last block: the pages before it were read a moment ago.
    let at = bytes.windows(1_000).rposition(|window| window == [40; 1_000]).unwrap();
    bytes[at] ^= 1;
    let file = store::Vfs::open(&disk, &path, store::OpenMode::Write).unwrap();
    file.write_at(&bytes, 0).unwrap();
    let snapshot = store.query().snapshot();
    let errors: Vec<_> = snapshot.iter().unwrap().filter_map(|page| page.err()).collect();
    assert!(!errors.is_empty());
    for error in errors {
        assert_eq!((error.kind(), error.file()), (ErrorKind::Corrupt, Some(path.as_str())), "{error}");
    }
    let log_len = store.last_seq();
    assert_eq!(
        store.mutate().commit(&edits(vec![Edit::write(30, 0, [0])])).unwrap_err().kind(),
        ErrorKind::Corrupt
    );
    assert_eq!(store.last_seq(), log_len, "nothing was appended");
    drop(store);
    assert_eq!(state(&open(&image(&disk.files()), limited(8_000)).query().snapshot()), expected);
}

const CHILD: &str = "LUMEN_STORE_MEMORY_CHILD";
const LIMIT: u64 = 32 << 20;

/// The child's work: a state four times as large as the limit, changed, read, and opened again.
#[test]
fn child_of_the_memory_test() {
    let Ok(directory) = std::env::var(CHILD) else { return };
    let options = || {
        let mut options = limited(LIMIT).create(Create::IfAbsent).durability(Durability::Memory);
        options.segment_bytes_max = 1 << 20;
        options
    };
    // The kernel keeps no peak of it, so it is looked at with each call to the disk, those of checkpoints too.
    let peak = Arc::new(AtomicU64::new(0));
    let seen = Arc::clone(&peak);
    let disk: Arc<dyn Vfs> = Arc::new(Watched::new(Directory::new(directory), move |_, _| {
        seen.fetch_max(anonymous_kib(), Ordering::Relaxed);
    }));
    let open = || Store::open(Arc::clone(&disk), options()).unwrap();
    let store = open();
    let count = 4 * LIMIT / u64::from(SIZE) / 100 * 100;
    for group in 0..count / 100 {
        let create =
            |number| [Edit::create(number, SIZE, None), Edit::write_new(number, 0, group.to_le_bytes())];
        store.mutate().commit(&edits((0..100).flat_map(create).collect())).unwrap();
    }
    let read = |store: &Store, rounds: u64| {
        let snapshot = store.query().snapshot();
        for number in 0..rounds {
            let id = number * 7_919 % count + 1;
            let page = snapshot.expect_page(id).unwrap();
            assert_eq!(page.bytes()[..8], ((id - 1) / 100).to_le_bytes(), "page {id}");
            assert_eq!(page.len(), SIZE as usize);
        }
    };
    read(&store, 3_000);
    for number in 0..8_000u64 {
        let edit = Edit::write(number * 4_001 % count + 1, 500, number.to_le_bytes());
        store.mutate().commit(&edits(vec![edit])).unwrap();
    }
    let hash = store.query().snapshot().state_hash();
    store.close().unwrap();
    let store = open();
    assert_eq!(store.query().snapshot().state_hash(), hash);
    read(&store, 3_000);
    println!("peak_kib={}", peak.load(Ordering::Relaxed));
}

/// What of the process stands in memory and in no file: the binary's own pages say nothing about the store.
fn anonymous_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:")).unwrap();
    line.trim().trim_end_matches("kB").trim().parse().unwrap()
}

#[test]
#[cfg(target_os = "linux")]
fn the_peak_of_the_resident_set_stays_at_the_limit() {
    let directory = tempfile::tempdir().unwrap();
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["memory::child_of_the_memory_test", "--exact", "--nocapture", "--test-threads=1"])
        .env(CHILD, directory.path())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    let peak = text.split("peak_kib=").nth(1).and_then(|rest| rest.lines().next()).expect("a figure");
    let peak_bytes = peak.trim().parse::<u64>().unwrap() << 10;
    println!(
        "peak {} MiB at a limit of {} MiB, a state of {} MiB",
        peak_bytes >> 20,
        LIMIT >> 20,
        (4 * LIMIT) >> 20
    );
    assert!(peak_bytes <= LIMIT + LIMIT / 10, "{peak_bytes} bytes at a limit of {LIMIT}");
}
