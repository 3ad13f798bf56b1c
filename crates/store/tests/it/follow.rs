//! Following a log as it grows, in its writer's process and in another: everything once, and what is new costs what it is.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use store::{
    Edit, ErrorKind, Filter, Follower, LogMetrics, Memory, Metrics, Options, Reader, Record, Retention, Store,
};
use testkit::disk::{Call, Fault, FaultyDisk, Watched};

use crate::memory::{begin, step};
use crate::pages::{commit, edits, state};
use crate::support::{bodies, namespace, options, transaction};

/// Over many segments, with records from a few bytes to more than is read at once.
#[test]
fn a_follower_is_given_everything_once_as_the_log_grows() {
    let mut options = options();
    options.segment_bytes_max = 64 << 10;
    let store = Store::open(Arc::new(Memory::new()), options).unwrap();
    store.register(&namespace()).unwrap();
    let mut following = store.subscribe(0, Filter::default());
    let mut given = Vec::new();
    for number in 0..600u64 {
        let len = if number % 97 == 0 { 60_000 } else { number * 37 % 900 };
        store.append(&transaction(u128::from(number) + 1, &vec![number as u8; len as usize])).unwrap();
        if number % 200 == 60 {
            let noise = testkit::dice::Dice::new(number).bytes(300_000);
            commit(&store, vec![Edit::create(0, 300_000, None), Edit::write_new(0, 0, noise)]);
        }
        // Now and then it sleeps.
        if number % 50 < 40 {
            while let Some(record) = following.poll().unwrap() {
                given.push(Ok(record));
            }
            assert_eq!(following.cursor(), store.last_seq());
        }
    }
    while let Some(record) = following.poll().unwrap() {
        given.push(Ok(record));
    }
    assert_eq!(given.len(), 603);
    let last = given.iter().flatten().last().unwrap();
    assert!(last.position.segment > 8, "{:?}", last.position);
    assert_eq!(bodies(given), bodies(store.scan(0)));
}

/// By hand: a segment of 4 MiB is prepared, of which a poll may look at a few pieces of 128 KiB.
#[test]
fn what_is_new_costs_what_it_is_however_long_the_segment() {
    let mut options = options();
    options.segment_bytes_min = 4 << 20;
    let read = Arc::new(AtomicU64::new(0));
    let counter = Arc::clone(&read);
    let counted = Watched::new(Memory::new(), move |_, call| {
        if let Call::Read(len) = call {
            counter.fetch_add(len as u64, Ordering::Relaxed);
        }
    });
    let store = Store::open(Arc::new(counted), options).unwrap();
    store.register(&namespace()).unwrap();
    let mut following = store.subscribe(0, Filter::default());
    let mut most = 0;
    for number in 0..1_500u128 {
        store.append(&transaction(number + 1, &[7; 2_000])).unwrap();
        let before = read.load(Ordering::Relaxed);
        assert!(following.poll().unwrap().is_some() && following.poll().unwrap().is_none());
        most = most.max(read.load(Ordering::Relaxed) - before);
    }
    assert!(most <= 4 * (128 << 10), "{most} bytes");
}

/// What a follower gives until there is no more.
fn rest(follower: &mut Follower) -> Vec<Record> {
    std::iter::from_fn(|| follower.poll().unwrap()).collect()
}

fn short_segments() -> Options {
    let mut options = options();
    options.segment_bytes_max = 8 << 10;
    options
}

/// A writer whose disk fails under a record: it leaves a segment without an end.
fn die(store: Store, disk: &FaultyDisk) {
    loop {
        drop(disk.clone().fail_at(disk.call_count(), Fault::Broken));
        match store.mutate().commit(&edits(vec![Edit::create(0, 1, None)])) {
            Err(error) if error.kind() == ErrorKind::Poisoned => break,
            // It struck somewhere else.
            Ok(_) => {}
            Err(error) => assert_eq!(error.kind(), ErrorKind::Io, "{error}"),
        }
    }
}

/// Changes of every kind over many segments, by writers that close and that die; each time the judge is a reader that
/// reads the log anew.
#[test]
fn who_follows_from_outside_sees_what_a_reader_sees() {
    let disk = FaultyDisk::new();
    let open = || {
        let store = Store::open(Arc::new(disk.clone()), short_segments()).unwrap();
        crate::memory::register(&store);
        store
    };
    let reader = || Reader::open(Arc::new(disk.clone())).unwrap();
    // Nobody wrote yet.
    open().close().unwrap();
    let (mut follower, mut figures) =
        (reader().follow().unwrap(), LogMetrics::open(Arc::new(disk.clone())).unwrap());
    assert!(rest(&mut follower).is_empty());
    let mut store = open();
    begin(&store);
    let (mut given, mut looks) = (Vec::new(), 0);
    for number in 0..400 {
        step(&store, number);
        if number % 90 == 89 {
            store.checkpoint().unwrap();
        }
        if number % 70 == 69 {
            if number % 140 == 69 {
                die(store, &disk);
            } else {
                store.close().unwrap();
            }
            store = open();
        }
        if number % 13 == 4 || number % 70 == 69 {
            given.extend(rest(&mut follower));
            let reader = reader();
            assert_eq!(follower.last_seq(), reader.last_seq(), "step {number}");
            assert_eq!(state(&follower.snapshot()), state(&reader.snapshot()), "step {number}");
            let found = figures.now().unwrap().render();
            assert_eq!(found, Metrics::of_log(&reader).unwrap().render(), "step {number}");
            looks += 1;
        }
    }
    assert_eq!(store.recoveries().len(), 3, "three died");
    store.close().unwrap();
    given.extend(rest(&mut follower));
    let whole: Vec<Record> = reader().scan(0).map(Result::unwrap).collect();
    assert!(given == whole, "{} of {} records", given.len(), whole.len());
    assert!(whole.last().unwrap().position.segment > 6 && looks > 30, "{looks} looks");
}

/// Damage is told as long as it is there, and what stands behind it comes when it is not.
#[test]
fn what_failed_is_tried_again() {
    let disk = FaultyDisk::new();
    let store = Store::open(Arc::new(disk.clone()), short_segments()).unwrap();
    store.register(&namespace()).unwrap();
    let reader = || Reader::open(Arc::new(disk.clone())).unwrap();
    let mut follower = reader().follow().unwrap();
    let begin = follower.last_seq() + 1;
    for number in 0..60u128 {
        store.append(&transaction(number + 1, &[7; 900])).unwrap();
    }
    store.close().unwrap();
    let whole: Vec<Record> = reader().scan(begin).map(Result::unwrap).collect();
    // With the first record it looks at the end of the log.
    let mut given = vec![follower.poll().unwrap().unwrap()];
    let damaged = whole.iter().find(|record| record.position.segment == 3).unwrap().position.offset + 100;
    let path = store::format::segment_path(3);
    assert!(disk.flip(&path, damaged, 1));
    let error = loop {
        match follower.poll() {
            Ok(record) => given.push(record.expect("the damage comes first")),
            Err(error) => break error,
        }
    };
    assert_eq!(error.kind(), ErrorKind::Corrupt, "{error}");
    assert_eq!(follower.poll().unwrap_err().kind(), ErrorKind::Corrupt, "and again");
    assert!(given.last().unwrap().position.segment < 3);
    assert!(disk.flip(&path, damaged, 1));
    given.extend(rest(&mut follower));
    assert!(given == whole, "{} of {} records", given.len(), whole.len());
}

/// By hand: as for who follows in the writer's process. A segment of 4 MiB is prepared; each look at figures may read a
/// few pieces of 128 KiB.
#[test]
fn figures_cost_what_is_new_however_long_the_log() {
    let mut options = options();
    options.segment_bytes_min = 4 << 20;
    let read = Arc::new(AtomicU64::new(0));
    let counter = Arc::clone(&read);
    let disk = Memory::new();
    let counted = Watched::new(disk.clone(), move |_, call| {
        if let Call::Read(len) = call {
            counter.fetch_add(len as u64, Ordering::Relaxed);
        }
    });
    let store = Store::open(Arc::new(disk), options).unwrap();
    store.register(&namespace()).unwrap();
    let mut figures = LogMetrics::open(Arc::new(counted)).unwrap();
    let mut most = 0;
    for number in 0..1_500u128 {
        store.append(&transaction(number + 1, &[7; 2_000])).unwrap();
        let before = read.load(Ordering::Relaxed);
        let found = figures.now().unwrap().render();
        assert!(found.contains(&format!("\nlumen_store_last_seq {}\n", number + 2)), "{found}");
        most = most.max(read.load(Ordering::Relaxed) - before);
    }
    assert!(most <= 4 * (128 << 10), "{most} bytes");
}

/// Who keeps up counts on; who stays away is told, and begins again.
#[test]
fn what_was_dropped_stays_counted_or_is_too_old() {
    let disk = Memory::new();
    let mut options = short_segments().retention(Retention::Bytes(0));
    options.table_bytes_min = 6 << 10;
    let store = Store::open(Arc::new(disk.clone()), options).unwrap();
    store.register(&namespace()).unwrap();
    let mut away = Reader::open(Arc::new(disk.clone())).unwrap().follow().unwrap();
    let mut figures = LogMetrics::open(Arc::new(disk.clone())).unwrap();
    for number in 0..60u128 {
        store.append(&transaction(number + 1, &[7; 900])).unwrap();
        if number % 10 == 9 {
            let found = figures.now().unwrap().render();
            assert!(found.contains(&format!("\nlumen_store_commits_total {}\n", number + 2)), "{found}");
            store.checkpoint().unwrap();
        }
    }
    assert!(store.oldest_seq() > 20, "{}", store.oldest_seq());
    let found = figures.now().unwrap().render();
    assert!(found.contains(&format!("\nlumen_store_oldest_seq {}\n", store.oldest_seq())), "{found}");
    assert_eq!(away.poll().unwrap_err().kind(), ErrorKind::SeqTooOld);
    assert_eq!(away.poll().unwrap_err().kind(), ErrorKind::SeqTooOld, "and again");
    let anew = LogMetrics::open(Arc::new(disk)).unwrap().now().unwrap().render();
    let left = 61 - store.oldest_seq();
    assert!(anew.contains(&format!("\nlumen_store_commits_total {left}\n")), "{anew}");
}
