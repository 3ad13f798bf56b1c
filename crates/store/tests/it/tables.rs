//! What is asked of the past with tables, held against scans of the log; tables that are damaged, missing or late.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use plan::{Change, Patch};
use store::{Body, ErrorKind, Filter, Memory, Options, Past, Reader, Record, Store, verify};
use testkit::disk::{Call, Watched};

use crate::memory::{begin, open, step};
use crate::support::{entry, image, namespace, options};

/// Every ended segment gets a table.
fn tabled() -> Options {
    let mut options = options();
    (options.table_bytes_min, options.segment_bytes_max) = (0, 8 << 10);
    options
}

fn tables(disk: &Memory) -> Vec<(String, Vec<u8>)> {
    disk.files().into_iter().filter(|(path, _)| path.starts_with("tables/")).collect()
}

fn scan(store: &Store) -> Vec<Record> {
    store.scan(0).collect::<store::Result<_>>().unwrap()
}

/// Whether a patch writes a byte, said as simply as possible.
fn writes(patch: &Patch, at: u32) -> bool {
    match patch {
        Patch::Runs(runs) => {
            runs.iter().any(|(start, bytes)| (*start..*start + bytes.len() as u32).contains(&at))
        }
        Patch::Full(bytes) => at < bytes.len() as u32,
        Patch::Fill { offset, len, .. } => (*offset..offset + len).contains(&at),
        Patch::Bitmap { offset, mask, .. } => at
            .checked_sub(*offset)
            .is_some_and(|bit| mask.get(bit as usize / 8).is_some_and(|byte| byte >> (bit % 8) & 1 == 1)),
    }
}

/// The changes of a page up to a seq, in the order of their making: the seq, the time, the change.
fn changes(records: &[Record], page: u64, to: u64) -> Vec<(u64, u64, Change)> {
    let mut found = Vec::new();
    for record in records.iter().filter(|record| record.seq <= to) {
        let Body::Transaction { deltas, derived, .. } = &record.body else { continue };
        let all =
            || deltas.iter().chain(derived.iter().map(|made| &made.delta)).filter(|delta| delta.page == page);
        let creates = |change: &Change| matches!(change, Change::Create { .. });
        for first in [true, false] {
            let some = all().filter(|delta| creates(&delta.change) == first);
            found.extend(some.map(|delta| (record.seq, record.time_ns, delta.change.clone())));
        }
    }
    found
}

fn writer(changes: &[(u64, u64, Change)], at: u32) -> Option<u64> {
    let mut last = None;
    for (seq, _, change) in changes {
        match change {
            Change::Create { size_bytes, .. } => last = (at < *size_bytes).then_some(*seq),
            Change::Write(patch) if last.is_some() && writes(patch, at) => last = Some(*seq),
            Change::Delete => last = None,
            Change::Write(_) | Change::Metadata(_) => {}
        }
    }
    last
}

fn filters() -> Vec<Filter> {
    let one = |filter: Filter| [filter.clone(), Filter { inverted: true, refused: true, ..filter }];
    let agent = || vec!["agent".to_owned()];
    [
        Filter::default(),
        Filter { refused: true, ..Filter::default() },
        Filter { intents: vec![3, 40, 41, 77, 10_000], refused: true, ..Filter::default() },
        Filter { authors: agent(), pages: vec![2, 5, 9], ..Filter::default() },
        Filter {
            schemas: vec!["take".to_owned(), "give".to_owned()],
            seqs: Some(20..=90),
            ..Filter::default()
        },
        Filter { authors: vec!["bob".to_owned()], ..Filter::default() },
        Filter {
            times_ns: Some(2_000..=9_000),
            namespaces: vec![store::NamespaceId(1)],
            ..Filter::default()
        },
    ]
    .into_iter()
    .flat_map(one)
    .collect()
}

/// Everything that is asked with tables, against the scan.
fn check(past: &Past, records: &[Record], context: &str) {
    let last = past.last_seq();
    for page in 0..60 {
        let expected = changes(records, page, last);
        let found: Vec<_> = past
            .history(page)
            .unwrap()
            .into_iter()
            .map(|touch| (touch.seq, touch.time_ns, touch.delta.change))
            .collect();
        assert_eq!(found, expected, "{context}: page {page}");
        let wanted = Filter { pages: vec![page], ..Filter::default() };
        let stated = |record: &&Record| {
            let decided = matches!(&record.body, Body::Transaction { decision: Some(_), .. });
            decided && wanted.selects(record)
        };
        let seqs: Vec<u64> = records.iter().filter(stated).map(|record| record.seq).collect();
        assert_eq!(past.intents_on(page).unwrap(), seqs, "{context}: page {page}");
    }
    for page in [1, 4, 6, 11] {
        for seq in (0..=last).step_by(7) {
            let changes = changes(records, page, seq);
            for at in [0, 9, 20, 500, 999, 5_000] {
                let found = past.blame(page, at, seq).unwrap();
                let context = format!("{context}: byte {at} of page {page} at {seq}");
                assert_eq!(found.as_ref().map(|touch| touch.seq), writer(&changes, at), "{context}");
            }
        }
    }
    for filter in filters() {
        let selected = records.iter().filter(|record| filter.selects(record));
        let expected: Vec<_> = selected
            .filter_map(|record| match &record.body {
                Body::Transaction { decision, .. } | Body::Refused { decision, .. } => {
                    Some((record.seq, record.time_ns, decision.as_ref()?.intent.clone()))
                }
                _ => None,
            })
            .collect();
        let found: Vec<_> = past
            .intents(&filter)
            .unwrap()
            .into_iter()
            .map(|stated| (stated.seq, stated.time_ns, stated.intent))
            .collect();
        assert_eq!(found, expected, "{context}: {filter:?}");
    }
    for record in records {
        let Body::Transaction { decision, clients, .. } = &record.body else { continue };
        let ids =
            decision.iter().map(|decision| decision.intent.id).chain(clients.iter().map(|client| client.id));
        for id in ids.filter(|id| *id != 0) {
            assert_eq!(past.record_of(id).unwrap(), *record, "{context}");
        }
    }
    assert_eq!(past.record_of(0).unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(past.record_of(1 << 100).unwrap_err().kind(), ErrorKind::NotFound);
}

/// Three sessions over many segments, entries among the changes, checkpoints now and then.
fn workload(checked: bool) -> Memory {
    let mut disk = Memory::new();
    let mut store = open(&disk, tabled());
    begin(&store);
    store.register(&namespace()).unwrap();
    for number in 0..300 {
        step(&store, number);
        if number % 9 == 0 {
            let sent =
                store::Transaction { clients: vec![entry(5_000 + u128::from(number), b"x")], blobs: vec![] };
            store.append(&sent).unwrap();
        }
        if checked && number % 60 == 0 {
            check(&store.past(), &scan(&store), &format!("step {number}"));
        }
        if number % 70 == 69 {
            store.checkpoint().unwrap();
        }
        if number % 120 == 119 {
            disk = image(&disk.files());
            store = open(&disk, tabled());
            store.register(&namespace()).unwrap();
        }
    }
    store.close().unwrap();
    disk
}

#[test]
fn tables_answer_as_a_scan_does() {
    let disk = workload(true);
    let segments = disk.files().iter().filter(|(path, _)| path.ends_with(".seg")).count();
    let made = tables(&disk).len();
    assert!(made > 5 && made < segments, "{made} tables of {segments} segments");
    verify(&disk).unwrap();
    let store = open(&disk, tabled());
    let records = scan(&store);
    check(&store.past(), &records, "opened again");
    check(&Reader::open(Arc::new(image(&disk.files()))).unwrap().past(), &records, "by a reader");
    let without: Vec<_> = disk.files().into_iter().filter(|(path, _)| !path.starts_with("tables/")).collect();
    check(&Reader::open(Arc::new(image(&without))).unwrap().past(), &records, "without tables");
    // A view that is older than what was appended behind it sees no more than it did.
    let past = store.past();
    begin(&store);
    check(&store.past(), &scan(&store), "behind it");
    check(&past, &records, "as of then");
}

#[test]
fn a_damaged_table_changes_no_answer_and_is_made_again() {
    let disk = workload(false);
    let all = tables(&disk);
    let (path, whole) = all.iter().min_by_key(|(_, bytes)| bytes.len()).unwrap();
    let expected = {
        let past = Reader::open(Arc::new(image(&disk.files()))).unwrap().past();
        let all = Filter { refused: true, ..Filter::default() };
        let of_pages = |page| (past.intents_on(page).unwrap(), past.history(page).unwrap());
        (past.intents(&all).unwrap(), (0..60).map(of_pages).collect::<Vec<_>>())
    };
    let flipped = (0..whole.len()).map(|at| {
        let mut bytes = whole.clone();
        bytes[at] ^= 1 << (at % 8);
        bytes
    });
    let cut = (0..whole.len()).step_by(5).map(|len| whole[..len].to_vec());
    let foreign = all.iter().filter(|(other, _)| other != path).map(|(_, bytes)| bytes.clone());
    let mut tried = 0;
    for bytes in flipped.chain(cut).chain(foreign) {
        let damaged = image(&disk.files());
        damaged.insert(path, bytes);
        let past = Reader::open(Arc::new(damaged.clone())).unwrap().past();
        let all = Filter { refused: true, ..Filter::default() };
        let of_pages = |page| (past.intents_on(page).unwrap(), past.history(page).unwrap());
        let found = (past.intents(&all).unwrap(), (0..60).map(of_pages).collect());
        assert!(found == expected, "{path}, try {tried}");
        if tried % 40 == 0 {
            let error = verify(&damaged).unwrap_err();
            assert_eq!((error.kind(), error.file()), (ErrorKind::Corrupt, Some(path.as_str())), "{error}");
            // Whoever stumbles over it has it made again with the next checkpoint.
            let store = open(&damaged, tabled());
            (0..60).for_each(|page| drop(store.past().history(page).unwrap()));
            store.past().record_of(5_009).unwrap();
            store.past().intents(&all).unwrap();
            store.checkpoint().unwrap();
            let again = tables(&damaged).into_iter().find(|(of, _)| of == path);
            let Some((_, bytes)) = again else { panic!("no table") };
            // A flip of what nobody asked for is found by verification alone.
            assert!(bytes == *whole || store.close().is_ok() && verify(&damaged).is_err(), "try {tried}");
        }
        tried += 1;
    }
    println!("{tried} damaged tables");
    assert!(tried > 300, "{tried}");
}

/// A table is made by reading its segment, which here waits until somebody else was answered from another one.
#[test]
fn who_asks_for_another_segment_does_not_wait_for_a_table() {
    let disk = workload(false);
    let without: Vec<_> = disk.files().into_iter().filter(|(path, _)| !path.starts_with("tables/")).collect();
    let [armed, reading, answered] = [(); 3].map(|()| Arc::new(AtomicBool::new(false)));
    let flags = [&armed, &reading, &answered].map(Arc::clone);
    let slow = Watched::new(image(&without), move |path, call| {
        let [armed, reading, answered] = &flags;
        let of_records = matches!(call, Call::Read(len) if len > store::format::SEGMENT_HEADER_LEN);
        if of_records && path == store::format::segment_path(1) && armed.load(Ordering::SeqCst) {
            reading.store(true, Ordering::SeqCst);
            while !answered.load(Ordering::SeqCst) {
                std::thread::yield_now();
            }
        }
    });
    let (past, judge) = (Reader::open(Arc::new(slow)).unwrap().past(), open(&disk, tabled()).past());
    let of = |past: &Past, seqs: std::ops::RangeInclusive<u64>| {
        past.intents(&Filter { seqs: Some(seqs), refused: true, ..Filter::default() }).unwrap()
    };
    let last = past.last_seq() - 20..=past.last_seq();
    armed.store(true, Ordering::SeqCst);
    std::thread::scope(|scope| {
        let slow = scope.spawn(|| of(&past, 1..=12));
        while !reading.load(Ordering::SeqCst) {
            std::thread::yield_now();
        }
        let found = of(&past, last.clone());
        answered.store(true, Ordering::SeqCst);
        assert_eq!(found, of(&judge, last));
        let (found, expected) = (slow.join().unwrap(), of(&judge, 1..=12));
        assert!(found == expected && !found.is_empty(), "{found:?}");
    });
}

/// A table that is right but for the salt: of a segment with the same number, seqs and count of records, whose records
/// are others.
#[test]
fn a_table_of_another_segment_of_the_same_shape_is_not_asked() {
    let disk = workload(false);
    let page = |disk: &Memory| {
        let past = Reader::open(Arc::new(disk.clone())).unwrap().past();
        (1..60).map(|page| past.intents_on(page).unwrap()).collect::<Vec<_>>()
    };
    let expected = page(&disk);
    let mut told_apart = 0;
    for (path, bytes) in tables(&disk) {
        let forged = image(&disk.files());
        // The footer: segment and first seq as varints, then the salt.
        let trailer = bytes.len() - 28;
        let footer_at = u64::from_le_bytes(bytes[trailer..trailer + 8].try_into().unwrap()) as usize;
        let salt_at = (footer_at..).filter(|at| bytes[*at] < 0x80).nth(1).unwrap() + 1;
        let mut other = bytes.clone();
        other[salt_at] ^= 1;
        let sum = crate::format::crc(&other[footer_at..trailer]).to_le_bytes();
        other[trailer + 16..trailer + 20].copy_from_slice(&sum);
        forged.insert(&path, other);
        let watched = Arc::new(AtomicBool::new(false));
        let read = Arc::clone(&watched);
        let number: u64 = path["tables/".len()..].split('.').next().unwrap().parse().unwrap();
        let segment = store::format::segment_path(number);
        let disk = Watched::new(forged, move |of, call| {
            let of_records = matches!(call, Call::Read(len) if len > store::format::SEGMENT_HEADER_LEN);
            read.fetch_or(of_records && of == segment, Ordering::SeqCst);
        });
        let past = Reader::open(Arc::new(disk)).unwrap().past();
        watched.store(false, Ordering::SeqCst);
        let found: Vec<_> = (1..60).map(|page| past.intents_on(page).unwrap()).collect();
        assert_eq!(found, expected, "{path}");
        assert!(watched.load(Ordering::SeqCst), "{path}: the segment itself is asked");
        told_apart += 1;
    }
    assert!(told_apart > 5, "{told_apart}");
}
