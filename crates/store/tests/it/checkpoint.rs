//! Checkpoints: opening from one is opening from the log, and a damaged one costs nothing but time.

use std::sync::{Arc, Mutex};

use store::format::{COMPRESSED_FLAG, HEADS_FLAG};
use store::{Edit, ErrorKind, Memory, Mutation, Options, Reader, Store, verify};
use testkit::disk::{Call, Watched};

use crate::pages::{commit, open, state};
use crate::support::{entry, image, namespace, options};
use crate::upsert::take;

/// What anybody can ask of a store.
pub fn everything(store: &Store) -> impl PartialEq + std::fmt::Debug + use<> {
    let snapshot = store.query().snapshot();
    let ids: Vec<_> = (0..200u128).map(|id| store.find(id)).collect();
    let (kinds, recoveries) = (store.namespaces(), store.recoveries());
    (state(&snapshot), snapshot.state_hash(), snapshot.next_page(), store.last_seq(), ids, kinds, recoveries)
}

fn round(store: &Store, round: u128) {
    let create = vec![Edit::create(0, 700, Some(&format!("p{round}"))), Edit::write_new(0, 3, [round as u8])];
    let mutation =
        Mutation { edits: create, clients: vec![entry(100 + round, b"made")], ..Mutation::default() };
    store.mutate().commit(&mutation).unwrap();
    store.upsert().submit(&take(1 + round, 1, 6)).unwrap();
    if round % 3 == 2 {
        let metadata = Edit::Metadata { page: round as u64, metadata: vec![1; 30] };
        commit(store, vec![Edit::Delete { page: round as u64 + 1 }, metadata]);
    }
}

/// Three sessions, two checkpoints in the middle of segments, a writer that died, a tail behind the last.
pub fn workload() -> Memory {
    workload_with(options)
}

fn workload_with(options: fn() -> Options) -> Memory {
    let mut disk = Memory::new();
    let open = |disk: &Memory| Store::open(Arc::new(disk.clone()), options()).unwrap();
    let store = open(&disk);
    store.register(&namespace()).unwrap();
    let counter = Edit::write_new(0, 0, 50u64.to_le_bytes());
    commit(&store, vec![Edit::create(0, 8, None), counter]);
    (0..6).for_each(|number| round(&store, number));
    store.checkpoint().unwrap();
    (6..9).for_each(|number| round(&store, number));
    disk = image(&disk.files());
    drop(store);
    let store = open(&disk);
    store.register(&namespace()).unwrap();
    (9..12).for_each(|number| round(&store, number));
    let seq = store.checkpoint().unwrap();
    assert_eq!(seq, store.last_seq());
    (12..15).for_each(|number| round(&store, number));
    store.close().unwrap();
    disk
}

pub fn without_checkpoints(disk: &Memory) -> Memory {
    let files: Vec<_> = disk.files().into_iter().filter(|(path, _)| !path.starts_with("check/")).collect();
    image(&files)
}

pub fn checkpoints(disk: &Memory) -> Vec<(String, Vec<u8>)> {
    disk.files().into_iter().filter(|(path, _)| path.starts_with("check/")).collect()
}

#[test]
fn a_checkpoint_and_its_tail_are_the_whole_log() {
    let disk = workload();
    assert_eq!(checkpoints(&disk).len(), 2);
    verify(&disk).unwrap();
    let expected = everything(&open(&without_checkpoints(&disk)));
    assert_eq!(everything(&open(&image(&disk.files()))), expected);
    for (path, _) in checkpoints(&disk) {
        let one: Vec<_> = disk
            .files()
            .into_iter()
            .filter(|(other, _)| !other.starts_with("check/") || *other == path)
            .collect();
        assert_eq!(everything(&open(&image(&one))), expected, "only {path}");
    }
    let reader = Reader::open(Arc::new(image(&disk.files()))).unwrap();
    assert_eq!(reader.snapshot().state_hash(), reader.past().replay(reader.last_seq()).unwrap().state_hash());
    for seq in 0..=reader.last_seq() {
        let at = reader.past().snapshot_at(seq).unwrap();
        assert_eq!(state(&at), state(&reader.past().replay(seq).unwrap()), "seq {seq}");
    }
    // What was answered before the checkpoint is answered the same behind it, and the log goes on.
    let store = open(&disk);
    store.register(&namespace()).unwrap();
    let again = store.upsert().submit(&take(1, 1, 6)).unwrap();
    assert_eq!((again.seq(), again.is_committed()), (4, true));
    assert_eq!(store.upsert().submit(&take(1, 1, 7)).unwrap_err().kind(), ErrorKind::IntentReused);
    round(&store, 15);
    store.close().unwrap();
    verify(&disk).unwrap();
}

#[test]
fn opening_reads_only_what_is_behind_the_checkpoint() {
    let disk = workload();
    let expected = everything(&open(&image(&disk.files())));
    let mut files = disk.files();
    let (path, first) = files.iter_mut().find(|(path, _)| path.ends_with(".seg")).unwrap();
    first[5_000] ^= 1;
    let path = path.clone();
    assert_eq!(everything(&open(&image(&files))), expected);
    let error = verify(&image(&files)).unwrap_err();
    assert_eq!((error.kind(), error.file()), (ErrorKind::Corrupt, Some(path.as_str())));
}

/// However long the log before the checkpoint: of the segments, an opening touches those of the tail.
#[test]
fn an_opening_touches_only_the_segments_of_the_tail() {
    let disk = Memory::new();
    let mut options = options();
    options.segment_bytes_max = 8 << 10;
    let store = Store::open(Arc::new(disk.clone()), options).unwrap();
    commit(&store, vec![Edit::create(0, 1_000, None)]);
    let write = |step: u32| {
        let bytes: Vec<u8> = (0..1_000).map(|at: u32| (at * 7 + step) as u8).collect();
        commit(&store, vec![Edit::write(1, 0, bytes)]);
    };
    (0..60).for_each(write);
    store.checkpoint().unwrap();
    let before = disk.files().iter().filter(|(path, _)| path.ends_with(".seg")).count() as u64;
    (60..70).for_each(write);
    let expected = state(&store.query().snapshot());
    let disk = image(&disk.files());
    let opened = Arc::new(Mutex::new(Vec::new()));
    let note = Arc::clone(&opened);
    let watched = Watched::new(disk, move |path, call| {
        if matches!(call, Call::Open(_)) {
            note.lock().unwrap().push(path.to_owned());
        }
    });
    let store = Store::open(Arc::new(watched), crate::support::options()).unwrap();
    assert_eq!(state(&store.query().snapshot()), expected);
    let opened = opened.lock().unwrap();
    let touched: Vec<u64> =
        opened.iter().filter_map(|path| path.strip_prefix("log/")?.split('.').next()?.parse().ok()).collect();
    assert!(before > 8, "{before} segments before the checkpoint");
    assert!(touched.iter().all(|number| *number >= before), "{touched:?}, checkpoint in {before}");
}

fn compressing() -> Options {
    let mut options = options();
    options.compress_checkpoints = true;
    options
}

#[test]
fn every_flipped_byte_and_every_cut_of_a_checkpoint_is_found() {
    every_fault_is_found(options);
}

#[test]
fn every_flipped_byte_and_every_cut_of_a_compressed_checkpoint_is_found() {
    every_fault_is_found(compressing);
}

fn every_fault_is_found(options: fn() -> Options) {
    let disk = Memory::new();
    let store = Store::open(Arc::new(disk.clone()), options()).unwrap();
    store.register(&namespace()).unwrap();
    commit(&store, vec![Edit::create(0, 40, Some("a")), Edit::write_new(0, 3, [7; 20])]);
    store.upsert().submit(&take(1, 1, 0)).unwrap();
    crate::folds::attach(&store);
    store.checkpoint().unwrap();
    commit(&store, vec![Edit::write(1, 0, [1])]);
    let expected = everything(&store);
    store.close().unwrap();
    verify(&disk).unwrap();
    let (path, whole) = checkpoints(&disk).remove(0);
    let compressed = if options().compress_checkpoints { COMPRESSED_FLAG } else { 0 };
    assert_eq!(u64::from(whole[FLAGS_AT]), HEADS_FLAG | compressed);
    let mut tried = 0;
    let flipped = (0..whole.len()).flat_map(|at| [1u8, 0x80].map(|mask| (at, mask))).map(|(at, mask)| {
        let mut bytes = whole.clone();
        bytes[at] ^= mask;
        bytes
    });
    let cut = (0..whole.len()).map(|len| whole[..len].to_vec());
    let longer = [[whole.as_slice(), &[0]].concat()];
    for bytes in flipped.chain(cut).chain(longer) {
        let damaged = image(&disk.files());
        damaged.insert(&path, bytes);
        let error = verify(&damaged).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Corrupt | ErrorKind::UnsupportedFormat), "{error}");
        assert_eq!(error.file(), Some(path.as_str()), "{error}");
        assert_eq!(everything(&open(&damaged)), expected, "the log has all that it had");
        tried += 1;
    }
    println!("{tried} faults of {} bytes, all found", whole.len());
    assert!(tried > 600, "{tried}");
}

/// Where the incompatible flags of a header stand, as `docs/formats/log.md` has it.
pub const FLAGS_AT: usize = 24;

/// Compression is a matter of the file alone: every answer is the same, and either kind opens with either option.
#[test]
fn a_compressed_checkpoint_is_the_same_state_in_fewer_bytes() {
    let (plain, packed) = (workload(), workload_with(compressing));
    let logs = |disk: &Memory| -> Vec<_> {
        disk.files().into_iter().filter(|(path, _)| !path.starts_with("check/")).collect()
    };
    assert_eq!(logs(&packed), logs(&plain), "the log has no part in it");
    let expected = everything(&open(&image(&plain.files())));
    for disk in [&plain, &packed] {
        verify(disk).unwrap();
        for options in [options(), compressing()] {
            let store = Store::open(Arc::new(image(&disk.files())), options).unwrap();
            assert_eq!(everything(&store), expected);
            store.checkpoint().unwrap();
            assert_eq!(everything(&store), expected);
        }
        let reader = Reader::open(Arc::new(image(&disk.files()))).unwrap();
        assert_eq!(state(&reader.past().snapshot_at(17).unwrap()), state(&reader.past().replay(17).unwrap()));
    }
    for ((path, plain), (other, packed)) in checkpoints(&plain).into_iter().zip(checkpoints(&packed)) {
        assert_eq!(path, other);
        let flags = [&plain, &packed].map(|bytes| u64::from(bytes[FLAGS_AT]));
        assert_eq!(flags, [HEADS_FLAG, HEADS_FLAG | COMPRESSED_FLAG]);
        // Pages of 700 bytes of which one is not zero.
        assert!(packed.len() * 3 < plain.len(), "{} of {} bytes", packed.len(), plain.len());
    }
}

/// Of two blocks the one that gets no shorter stands as it is.
#[test]
fn a_block_that_does_not_get_shorter_stands_as_it_is() {
    let disk = Memory::new();
    let store = Store::open(Arc::new(disk.clone()), compressing()).unwrap();
    let mut dice = testkit::dice::Dice::new(3);
    let noise = dice.bytes(65_000);
    commit(&store, vec![Edit::create(0, 65_000, None), Edit::write_new(0, 0, noise.clone())]);
    commit(&store, vec![Edit::create(0, 65_000, None), Edit::write_new(0, 0, [9; 40])]);
    store.checkpoint().unwrap();
    let expected = everything(&store);
    store.close().unwrap();
    verify(&disk).unwrap();
    let (_, bytes) = checkpoints(&disk).remove(0);
    assert!(bytes.windows(65_000).any(|window| window == noise));
    assert!(bytes.len() < 66_000, "{} bytes", bytes.len());
    assert_eq!(everything(&Store::open(Arc::new(disk), options()).unwrap()), expected);
}

/// A flag that nobody knows is of a newer format: the checkpoint is passed over, and verification says so.
#[test]
fn an_unknown_flag_of_a_checkpoint_is_another_format() {
    let disk = workload_with(compressing);
    let expected = everything(&open(&image(&disk.files())));
    for (path, mut bytes) in checkpoints(&disk) {
        bytes[FLAGS_AT] |= 4;
        let crc = crate::format::crc(&bytes[..60]).to_le_bytes();
        bytes[60..64].copy_from_slice(&crc);
        disk.insert(&path, bytes);
    }
    let error = verify(&disk).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnsupportedFormat, "{error}");
    assert_eq!(everything(&open(&disk)), expected);
}

/// What was written once is read for ever: a compressed checkpoint as a file of bytes, whatever the library writes today.
/// It was made by hand from the page of the format, its block by the program `zstd` 1.5.4.
#[test]
fn a_compressed_checkpoint_of_long_ago_is_read() {
    let golden: Vec<u8> = include_str!("compressed.golden")
        .split_whitespace()
        .flat_map(|line| line.as_bytes().chunks(2))
        .map(|digits| u8::from_str_radix(std::str::from_utf8(digits).unwrap(), 16).unwrap())
        .collect();
    let disk = workload();
    let path = checkpoints(&disk).remove(1).0;
    let alone: Vec<_> = disk.files().into_iter().filter(|(of, _)| !of.starts_with("check/")).collect();
    let expected = everything(&open(&image(&alone)));
    let disk = image(&alone);
    disk.insert(&path, golden);
    verify(&disk).unwrap();
    // The log before it is not needed: it is damaged here.
    let (segment, mut bytes) = alone.into_iter().find(|(path, _)| path.ends_with(".seg")).unwrap();
    bytes[5_000] ^= 1;
    disk.insert(&segment, bytes);
    assert_eq!(everything(&open(&disk)), expected);
}

/// A checkpoint that holds its checksums and says something else than the log.
#[test]
fn a_checkpoint_of_another_history_is_found() {
    let make = |byte: u8| {
        let disk = Memory::new();
        let store = open(&disk);
        commit(&store, vec![Edit::create(0, 8, None), Edit::write_new(0, 0, [byte])]);
        store.checkpoint().unwrap();
        store.close().unwrap();
        disk
    };
    let (one, other) = (make(1), make(2));
    let (path, foreign) = checkpoints(&other).remove(0);
    let forged = image(&one.files());
    forged.insert(&path, foreign);
    let error = verify(&forged).unwrap_err();
    assert_eq!((error.kind(), error.file()), (ErrorKind::Diverged, Some(path.as_str())), "{error}");
}

/// The log alone would not miss its last segment.
#[test]
fn a_log_that_ends_before_its_checkpoint_is_corrupt() {
    let disk = workload();
    let mut segments = disk.files().into_iter().filter(|(path, _)| path.ends_with(".seg"));
    let (last, _) = segments.next_back().unwrap();
    let cut: Vec<_> = disk.files().into_iter().filter(|(path, _)| *path != last).collect();
    let cut = image(&cut);
    let error = Store::open(Arc::new(cut.clone()), options()).map(drop).unwrap_err();
    assert_eq!((error.kind(), error.seq()), (ErrorKind::Corrupt, Some(24)), "{error}");
    assert_eq!(verify(&cut).unwrap_err().kind(), ErrorKind::Diverged);
}

#[test]
fn a_long_tail_makes_the_next_checkpoint_and_two_are_kept() {
    let disk = Memory::new();
    let mut options = options();
    options.checkpoint_tail_bytes_max = 40_000;
    let store = Store::open(Arc::new(disk.clone()), options).unwrap();
    commit(&store, vec![Edit::create(0, 4_000, None)]);
    assert_eq!(checkpoints(&disk).len(), 0);
    for step in 0..60u8 {
        commit(&store, vec![Edit::write(1, 0, (0..4_000u32).map(|at| at as u8 ^ step).collect::<Vec<_>>())]);
    }
    let kept = checkpoints(&disk);
    assert_eq!(kept.len(), 2);
    assert!(kept[0].0.as_str() > "check/00000000000000000030.ckpt", "{}", kept[0].0);
    drop(store);
    verify(&disk).unwrap();
}

/// The figure of this name, of a store that is open.
fn figure(store: &Store, name: &str) -> u64 {
    let text = store.metrics().render();
    let line = text.lines().find_map(|line| line.strip_prefix(&format!("lumen_store_{name} ")));
    line.expect("the figure").parse().expect("a number")
}

/// The tail is what stands behind the newest checkpoint, whoever made it: an opening alone makes no other.
#[test]
fn an_opening_goes_on_with_the_tail_of_the_log() {
    let disk = Memory::new();
    let mut options = options();
    options.checkpoint_tail_bytes_max = 40_000;
    let open = || Store::open(Arc::new(disk.clone()), options.clone()).unwrap();
    let write = |store: &Store, step: u8| {
        let bytes: Vec<u8> = (0..4_000u32).map(|at| at as u8 ^ step).collect();
        commit(store, vec![Edit::write(1, 0, bytes)]);
    };
    let store = open();
    commit(&store, vec![Edit::create(0, 4_000, None)]);
    write(&store, 0);
    assert!(figure(&store, "tail_bytes") > 8_000, "a page in the log, and what segments have besides");
    (1..60).for_each(|step| write(&store, step));
    store.checkpoint().unwrap();
    (0..3).for_each(|step| write(&store, step));
    let (tail, age, made) =
        (figure(&store, "tail_bytes"), figure(&store, "checkpoint_age"), checkpoints(&disk));
    assert!((12_000..20_000).contains(&tail), "three pages: {tail}");
    store.close().unwrap();

    let store = open();
    assert_eq!(figure(&store, "checkpoint_age"), age);
    // By an END and no more.
    assert_eq!(figure(&store, "tail_bytes"), tail + 32);
    write(&store, 9);
    assert_eq!(checkpoints(&disk), made, "the tail is short");
    (0..12).for_each(|step| write(&store, step));
    assert_ne!(checkpoints(&disk), made, "and long at last");
    store.close().unwrap();
    verify(&disk).unwrap();
}

/// The bytes of every file of a small store with pages, plans, refusals and a checkpoint: another hash is another
/// format, and files of the old one must stay readable.
#[test]
fn the_files_are_those_of_this_format() {
    let found: Vec<_> = workload()
        .files()
        .into_iter()
        .filter(|(path, _)| path != "LOCK")
        .map(|(path, bytes)| format!("{path} {}", blake3::hash(&bytes).to_hex()))
        .collect();
    let expected = include_str!("checkpoint.golden");
    assert_eq!(found.join("\n"), expected.trim_end());
}
