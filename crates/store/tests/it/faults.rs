//! One failing call at a time, with the power on.

use std::sync::Arc;

use store::{Category, ErrorKind, Reader, Result, Store, verify};
use testkit::disk::{Fault, FaultyDisk, Survival};

use crate::support::{bodies, namespace, options, transaction};

const COUNT: usize = 6;

fn body(number: usize) -> Vec<u8> {
    vec![number as u8; number * 700]
}

/// Opens, puts a blob, appends, closes. Requests that failed for want of space, of the device or of patience are
/// asked again once; everything else ends the workload.
fn workload(disk: &FaultyDisk, acknowledged: &mut Vec<usize>) -> Result<()> {
    fn again<T>(call: impl Fn() -> Result<T>) -> Result<T> {
        call().or_else(|error| match error.kind().category() {
            Category::Full | Category::Retry => call(),
            _ => Err(error),
        })
    }
    let store = again(|| Store::open(Arc::new(disk.clone()), options()))?;
    again(|| store.register(&namespace()))?;
    for number in 0..COUNT {
        again(|| store.put_blob(&body(number)))?;
        again(|| store.append(&transaction(number as u128 + 1, &body(number))))?;
        acknowledged.push(number);
    }
    store.close().map(drop)
}

#[test]
fn every_fault_at_every_call_is_survived_or_named() {
    let disk = FaultyDisk::new();
    workload(&disk, &mut Vec::new()).unwrap();
    let call_count = disk.call_count();
    let mut poisoned = 0;
    for fault in [Fault::Full, Fault::Broken, Fault::Interrupted, Fault::Short] {
        for call in 0..call_count {
            let context = format!("{fault:?} at call {call}");
            let disk = FaultyDisk::new().fail_at(call, fault);
            let mut acknowledged = Vec::new();
            match workload(&disk, &mut acknowledged) {
                Ok(()) => assert_eq!(acknowledged.len(), COUNT, "{context}"),
                Err(error) => {
                    assert_eq!(error.kind(), ErrorKind::Poisoned, "{context}: {error}");
                    assert_ne!(fault, Fault::Short, "{context}: {error}");
                    poisoned += 1;
                }
            }
            // The next process finds everything that was acknowledged, whether the machine went down or not.
            for survival in [Survival::Everything, Survival::Synced, Survival::Some(call)] {
                let disk = disk.after_crash(survival);
                let store = Store::open(Arc::new(disk.clone()), options())
                    .unwrap_or_else(|e| panic!("{context}: {e}"));
                store.register(&namespace()).unwrap();
                let found = bodies(store.scan(0));
                assert!(found.len() >= acknowledged.len(), "{context}, {survival:?}");
                for (number, found) in found.iter().enumerate() {
                    assert_eq!(*found, body(number), "{context}, {survival:?}");
                }
                // Ids settle what the writer never learned.
                for number in 0..COUNT {
                    let commit = store.append(&transaction(number as u128 + 1, &body(number))).unwrap();
                    assert_eq!(commit.repeated, number < found.len(), "{context}, {survival:?}");
                }
                store.close().unwrap();
                assert_eq!(
                    verify(&disk).unwrap().end.last_seq as usize,
                    COUNT + 1,
                    "{context}, {survival:?}"
                );
                let cut = disk.after_crash(Survival::Synced);
                let verified =
                    verify(&cut).unwrap_or_else(|e| panic!("{context}, {survival:?}, a power cut: {e}"));
                assert_eq!(verified.end.last_seq as usize, COUNT + 1, "{context}, {survival:?}, a power cut");
            }
        }
    }
    assert!(poisoned > 0);
}

#[test]
fn a_failed_sync_poisons_the_writer_and_reads_go_on() {
    let clean = FaultyDisk::new();
    let store = Store::open(Arc::new(clean.clone()), options()).unwrap();
    store.register(&namespace()).unwrap();
    let before = clean.call_count();
    // The write, then the sync of the first transaction.
    let disk = FaultyDisk::new().fail_at(before + 1, Fault::Broken);
    let store = Store::open(Arc::new(disk.clone()), options()).unwrap();
    store.register(&namespace()).unwrap();
    assert_eq!(store.append(&transaction(1, b"lost?")).unwrap_err().kind(), ErrorKind::Poisoned);
    assert_eq!(store.append(&transaction(2, b"next")).unwrap_err().kind(), ErrorKind::Poisoned);
    assert_eq!(store.durable_seq(), 1);
    assert_eq!(store.scan(0).map(Result::unwrap).count(), 1, "only what was acknowledged is shown");
    drop(store);
    // The page cache shows the record, the disk does not have it. Recovery makes both the same.
    let store = Store::open(Arc::new(disk.clone()), options()).unwrap();
    assert_eq!(bodies(store.scan(0)), [b"lost?"]);
    drop(store);
    let disk = disk.after_crash(Survival::Synced);
    assert_eq!(bodies(Reader::open(Arc::new(disk)).unwrap().scan(0)), [b"lost?"]);
}

#[test]
fn a_full_disk_refuses_whole_and_goes_on_with_space() {
    let disk = FaultyDisk::new();
    let store = Store::open(Arc::new(disk.clone()), options()).unwrap();
    store.register(&namespace()).unwrap();
    disk.set_capacity(Some(disk.used_bytes() + 3_000));
    let mut id = 0;
    let error = loop {
        id += 1;
        if let Err(error) = store.append(&transaction(id, &[1; 500])) {
            break error;
        }
        assert!(id < 100);
    };
    assert_eq!((error.kind(), error.kind().category()), (ErrorKind::Full, Category::Full));
    let seq = store.last_seq();
    assert_eq!(store.append(&transaction(id, &[1; 500])).unwrap_err().kind(), ErrorKind::Full);
    assert_eq!(store.put_blob(&[5; 10_000]).unwrap_err().kind(), ErrorKind::Full);
    let small = store.append(&transaction(1_000, b"")).unwrap();
    assert_eq!(small.seq, seq + 1, "what fits the prepared segment is still taken");
    assert_eq!(bodies(store.scan(0)).len() as u64, seq, "reads go on");
    let leftovers = disk.files().into_iter().filter(|(path, _)| path.ends_with(".tmp")).count();
    assert_eq!(leftovers, 0);

    disk.set_capacity(None);
    assert_eq!(store.append(&transaction(id, &[1; 500])).unwrap().seq, seq + 2);
    store.put_blob(&[5; 10_000]).unwrap();
    store.close().unwrap();
    assert_eq!(verify(&disk).unwrap().end.last_seq, seq + 2);
}
