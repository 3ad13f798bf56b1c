//! Pages that stay in their checkpoint until they are asked for: what an opening reads, what it finds damaged and when.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use plan::wire::Encoder;
use store::format::HEADS_FLAG;
use store::{Edit, ErrorKind, Memory, OpenMode, Reader, Store, Vfs, verify};
use testkit::disk::{Call, Watched};

use crate::checkpoint::{FLAGS_AT, checkpoints, everything, without_checkpoints, workload};
use crate::format::crc;
use crate::pages::{State, commit, open, state};
use crate::support::{image, options};

const PAGES: u64 = 120;
const SIZE: u32 = 4_000;

/// Pages in several blocks, in one checkpoint at the end of the log.
fn large() -> (Memory, State) {
    let disk = Memory::new();
    let store = open(&disk);
    for id in 1..=PAGES {
        commit(&store, vec![Edit::create(0, SIZE, None), Edit::write_new(0, 1, [id as u8; 2_000])]);
    }
    store.checkpoint().unwrap();
    let expected = state(&store.query().snapshot());
    store.close().unwrap();
    verify(&disk).unwrap();
    (disk, expected)
}

/// Where the footer of a checkpoint begins.
fn footer_at(file: &[u8]) -> usize {
    let trailer = file.len() - 28;
    u64::from_le_bytes(file[trailer..trailer + 8].try_into().unwrap()) as usize
}

/// Flips a bit of a file that others have open.
fn rot(disk: &Memory, path: &str, at: usize) {
    let (_, bytes) = disk.files().into_iter().find(|(of, _)| of == path).expect("the file");
    let file = disk.open(path, OpenMode::Write).unwrap();
    assert_eq!(file.write_at(&[bytes[at] ^ 4], at as u64).unwrap(), 1);
}

#[test]
fn an_opening_reads_no_page_and_asking_for_one_reads_its_block_once() {
    let (disk, expected) = large();
    let (path, bytes) = checkpoints(&disk).remove(0);
    let read = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&read);
    let watched = Watched::new(disk, move |of, call| {
        if let Call::Read(len) = call
            && of == path
        {
            count.fetch_add(len, Ordering::SeqCst);
        }
    });
    let store = Store::open(Arc::new(watched), options()).unwrap();
    let snapshot = store.query().snapshot();
    assert_eq!(snapshot.page_count(), PAGES);
    let besides = bytes.len() - (footer_at(&bytes) - 64);
    assert_eq!(read.swap(0, Ordering::SeqCst), besides, "header, footer and trailer");
    for _ in 0..2 {
        let page = snapshot.expect_page(50).unwrap();
        assert_eq!((page.version(), page.bytes()), (50, expected[&50].1.as_slice()));
    }
    let block = read.load(Ordering::SeqCst);
    assert!((1..=64 << 10).contains(&block), "{block} bytes for a page, twice");
    // The neighbours came with it, and what changes is not read again for those who look at the state before.
    commit(&store, vec![Edit::write(51, 0, [9; 8])]);
    assert_eq!(store.query().snapshot().expect_page(51).unwrap().bytes()[..9], [9, 9, 9, 9, 9, 9, 9, 9, 51]);
    assert_eq!(read.swap(0, Ordering::SeqCst), block);
    assert_eq!(state(&snapshot), expected);
    let all = read.load(Ordering::SeqCst);
    assert!(all <= footer_at(&bytes), "{all} bytes for all, one block a second time");
    assert_eq!(state(&snapshot), expected);
    assert_eq!(read.swap(0, Ordering::SeqCst), all, "what was taken stays once it was read again");
}

#[test]
fn a_block_that_rots_is_made_from_the_log() {
    let (disk, expected) = large();
    let (path, bytes) = checkpoints(&disk).remove(0);
    for open_first in [true, false] {
        let disk = image(&disk.files());
        let rot_all = || (100..footer_at(&bytes)).step_by(20_000).for_each(|at| rot(&disk, &path, at));
        if !open_first {
            rot_all();
        }
        let (store, reader) = (open(&disk), Reader::open(Arc::new(disk.clone())).unwrap());
        if open_first {
            rot_all();
        }
        commit(&store, vec![Edit::write(3, 0, [7]), Edit::Delete { page: 90 }]);
        let mut changed = expected.clone();
        changed.remove(&90);
        let third = changed.get_mut(&3).unwrap();
        (third.0, third.1[0]) = (PAGES + 1, 7);
        assert_eq!(state(&store.query().snapshot()), changed);
        assert_eq!(state(&reader.snapshot()), expected);
        // A checkpoint of such a state is a whole one.
        store.checkpoint().unwrap();
        store.close().unwrap();
        assert_eq!(state(&open(&disk).query().snapshot()), changed);
        assert_eq!(verify(&disk).unwrap_err().file(), Some(path.as_str()));
    }
}

/// What neither has is an error that names the block, and what the file still has is there.
#[test]
fn a_block_that_rots_before_a_log_that_did_is_an_error() {
    let (disk, expected) = large();
    let (path, bytes) = checkpoints(&disk).remove(0);
    let (segment, _) = disk.files().into_iter().find(|(path, _)| path.ends_with(".seg")).unwrap();
    rot(&disk, &segment, 5_000);
    rot(&disk, &path, footer_at(&bytes) - 5);
    let tries = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&tries);
    let watched = Watched::new(disk, move |of, call| {
        count.fetch_add(usize::from(of == segment && call == Call::Open(OpenMode::Read)), Ordering::SeqCst);
    });
    let store = Store::open(Arc::new(watched), options()).unwrap();
    let snapshot = store.query().snapshot();
    tries.store(0, Ordering::SeqCst);
    let last = snapshot.expect_page(PAGES).unwrap_err();
    assert!(tries.swap(0, Ordering::SeqCst) > 0);
    assert_eq!((last.kind(), last.file()), (ErrorKind::Corrupt, Some(path.as_str())), "{last}");
    assert!(last.offset().is_some_and(|at| at > 64), "{last}");
    assert_eq!(snapshot.expect_page(1).unwrap().bytes(), expected[&1].1);
    assert_eq!(snapshot.expect_page(PAGES).unwrap_err().kind(), ErrorKind::Corrupt);
    assert_eq!(tries.load(Ordering::SeqCst), 0, "a damaged log is read once");
    let changed = store.mutate().commit(&crate::pages::edits(vec![Edit::write(PAGES, 0, [0])]));
    assert_eq!(changed.unwrap_err().kind(), ErrorKind::Corrupt);
    assert_eq!(store.last_seq(), PAGES, "nothing was appended");
}

/// Behind a checkpoint nothing is read from the one of the opening any more.
#[test]
fn a_checkpoint_takes_into_memory_what_it_read() {
    let (disk, mut expected) = large();
    let store = open(&disk);
    commit(&store, vec![Edit::write(5, 0, [1; 3])]);
    let fifth = expected.get_mut(&5).unwrap();
    fifth.0 = PAGES + 1;
    fifth.1[..3].fill(1);
    store.checkpoint().unwrap();
    for (path, bytes) in checkpoints(&disk) {
        (0..footer_at(&bytes)).step_by(1_000).for_each(|at| rot(&disk, &path, at));
    }
    let (segment, _) = disk.files().into_iter().find(|(path, _)| path.ends_with(".seg")).unwrap();
    rot(&disk, &segment, 5_000);
    assert_eq!(state(&store.query().snapshot()), expected);
}

/// All pages of a state but their bytes, as `docs/formats/log.md` has them.
fn heads_by_hand(pages: &State) -> Vec<u8> {
    type Head<'a> = (u64, usize, &'a str, &'a [u8]);
    let mut runs: Vec<(u64, u64, Head<'_>)> = Vec::new();
    for (id, (version, bytes, name, metadata)) in pages {
        let name = name.as_deref().unwrap_or_default();
        let head = (*version, bytes.len(), name, metadata.as_slice());
        match runs.last_mut() {
            Some((first, count, of)) if *first + *count == *id && *of == head && name.is_empty() => {
                *count += 1
            }
            _ => runs.push((*id, 1, head)),
        }
    }
    let (mut bytes, mut end) = (Encoder::new(), 0);
    bytes.varint(runs.len() as u64);
    for (first, count, (version, len, name, metadata)) in runs {
        for number in [first - end, count, version, len as u64] {
            bytes.varint(number);
        }
        bytes.bytes(name.as_bytes());
        bytes.bytes(metadata);
        end = first + count;
    }
    bytes.finish()
}

/// A checkpoint with another footer behind its blocks.
fn with_footer(file: &[u8], footer: &[u8], flags: u64) -> Vec<u8> {
    let at = footer_at(file);
    let mut bytes = [&file[..at], footer].concat();
    bytes[FLAGS_AT..FLAGS_AT + 8].copy_from_slice(&flags.to_le_bytes());
    let sum = crc(&bytes[..60]).to_le_bytes();
    bytes[60..64].copy_from_slice(&sum);
    bytes.extend_from_slice(&(at as u64).to_le_bytes());
    bytes.extend_from_slice(&(footer.len() as u64).to_le_bytes());
    bytes.extend_from_slice(&crc(footer).to_le_bytes());
    bytes.extend_from_slice(b"LUMENCKE");
    bytes
}

/// Heads stand behind the count of folds, and without both a checkpoint has the bytes that it had before there were
/// any; such files stay readable.
#[test]
fn a_checkpoint_without_heads_is_read() {
    let disk = workload();
    let expected = everything(&open(&without_checkpoints(&disk)));
    let older = image(&without_checkpoints(&disk).files());
    let reader = Reader::open(Arc::new(disk.clone())).unwrap();
    let mut found = Vec::new();
    for (path, bytes) in checkpoints(&disk) {
        let seq = path.strip_prefix("check/").unwrap().strip_suffix(".ckpt").unwrap().parse().unwrap();
        let heads = heads_by_hand(&state(&reader.past().snapshot_at(seq).unwrap()));
        let footer = &bytes[footer_at(&bytes)..bytes.len() - 28];
        let rest = footer.strip_suffix(heads.as_slice()).expect("heads as they are documented");
        let bytes = with_footer(&bytes, rest.strip_suffix(&[0]).expect("no folds"), 0);
        found.push(format!("{path} {}", blake3::hash(&bytes).to_hex()));
        older.insert(&path, bytes);
    }
    // The hashes of the files as they were written then.
    assert_eq!(found.join("\n"), include_str!("headless.golden").trim_end());
    verify(&older).unwrap();
    let (segment, _) = older.files().into_iter().find(|(path, _)| path.ends_with(".seg")).unwrap();
    rot(&older, &segment, 5_000);
    assert_eq!(everything(&open(&older)), expected, "without the log before it");
}

/// Of each page: ids between, count, version, size.
type Runs = Vec<[u64; 4]>;
type EditRuns<'a> = &'a dyn Fn(&mut Runs);

/// Heads whose checksum holds and that are not those of the pages: another file than its writer's.
#[test]
fn heads_of_other_pages_are_found() {
    let (disk, _) = large();
    let (path, bytes) = checkpoints(&disk).remove(0);
    let footer = bytes[footer_at(&bytes)..bytes.len() - 28].to_vec();
    let heads = heads_by_hand(&state(&open(&disk).query().snapshot()));
    let before = footer.len() - heads.len();
    let runs = |edit: EditRuns<'_>| {
        let mut runs: Runs = (1..=PAGES).map(|id| [u64::from(id == 1), 1, id, u64::from(SIZE)]).collect();
        edit(&mut runs);
        let mut heads = Encoder::new();
        heads.varint(runs.len() as u64);
        runs.iter().for_each(|run| {
            run.iter().for_each(|number| heads.varint(*number));
            heads.raw(&[0, 0]);
        });
        [&footer[..before], heads.as_slice()].concat()
    };
    assert_eq!(runs(&|_| {}), footer, "by hand");
    // A length that moves the blocks, a page more, one less, very many: passed over as any damage.
    let edits: [EditRuns<'_>; 7] = [
        &|runs| runs[7][3] = 5_000,
        &|runs| runs.push([0, 1, 5, u64::from(SIZE)]),
        &|runs| runs.truncate(PAGES as usize - 1),
        &|runs| runs[0][1] = 1 << 60,
        &|runs| runs[0][0] = u64::MAX,
        &|runs| runs[0][2] = 0,
        &|runs| runs[0][1] = 0,
    ];
    for edit in edits {
        let disk = image(&disk.files());
        disk.insert(&path, with_footer(&bytes, &runs(edit), HEADS_FLAG));
        let error = verify(&disk).unwrap_err();
        assert_eq!((error.kind(), error.file()), (ErrorKind::Corrupt, Some(path.as_str())), "{error}");
        let (store, judge) = (open(&disk), open(&without_checkpoints(&disk)));
        assert_eq!(everything(&store), everything(&judge));
    }
    // Versions that the pages do not have: no page is shown with one.
    let disk = image(&disk.files());
    disk.insert(&path, with_footer(&bytes, &runs(&|runs| runs[9][2] = 99), HEADS_FLAG));
    assert_eq!(verify(&disk).unwrap_err().file(), Some(path.as_str()));
    let error = open(&disk).query().snapshot().expect_page(10).unwrap_err();
    assert_eq!((error.kind(), error.file()), (ErrorKind::Corrupt, Some(path.as_str())), "{error}");
}
