//! The power goes off at every call of a workload, and again at every call of the recovery.
//!
//! Expected values come from the promise itself: what was acknowledged is there, what is there is a first part of
//! what was asked for, and the log goes on.

use std::sync::Arc;

use store::{Durability, ErrorKind, Reader, Result, Store, verify};
use testkit::disk::{Fault, FaultyDisk, Survival};

use crate::support::{bodies, namespace, options, transaction, with_blob};

/// What a workload was told before the power went.
#[derive(Default, Debug)]
struct Told {
    /// Bodies that were acknowledged, in order.
    acknowledged: usize,
    /// Of those, how many were on disk by the store's word.
    durable: usize,
}

/// The bodies that the workload appends, in order. The fifth and the eighth do not fit a first segment.
fn body(number: usize) -> Vec<u8> {
    let len = [10, 0, 600, 90, 5_000, 40, 1_200, 9_000, 70, 5][number % 10];
    vec![number as u8 + 1; len]
}

const FIRST_SESSION: usize = 6;
const ALL: usize = 10;

fn workload(disk: &FaultyDisk, durability: Durability, told: &mut Told) -> Result<()> {
    let open = || {
        let store = Store::open(Arc::new(disk.clone()), options().durability(durability))?;
        store.register(&namespace())?;
        Ok(store)
    };
    let append = |store: &Store, number: usize, told: &mut Told| {
        let id = number as u128 + 1;
        let sent = match number {
            2 | 8 => with_blob(id, &body(number), store.put_blob_as("table", &[number as u8; 3_000])?),
            _ => transaction(id, &body(number)),
        };
        let commit = store.append(&sent)?;
        told.acknowledged = number + 1;
        // Seq 1 is the namespace.
        assert_eq!(commit.seq, number as u64 + 2);
        told.durable = told.durable.max((store.durable_seq() as usize).saturating_sub(1));
        Ok(())
    };
    let store = open()?;
    (0..FIRST_SESSION).try_for_each(|number| append(&store, number, told))?;
    store.close()?;
    told.durable = FIRST_SESSION;
    let store = open()?;
    (FIRST_SESSION..ALL).try_for_each(|number| append(&store, number, told))?;
    // The process dies here: closing is not part of the workload.
    std::mem::forget(store);
    Ok(())
}

/// Opens what a crash left and holds it against the promise.
fn check(disk: &FaultyDisk, at_least: usize, context: &str) {
    let store =
        Store::open(Arc::new(disk.clone()), options()).unwrap_or_else(|error| panic!("{context}: {error}"));
    store.register(&namespace()).unwrap();
    let found = bodies(store.scan(0));
    assert!(found.len() >= at_least, "{context}: {} of {at_least} acknowledged", found.len());
    let asked: Vec<Vec<u8>> = (0..found.len()).map(body).collect();
    assert_eq!(found, asked, "{context}");
    for record in store.scan(0) {
        if let store::Body::Transaction { blobs, .. } = record.unwrap().body {
            for blob in blobs {
                assert_eq!(store.get_blob(&blob.hash).unwrap().len() as u64, blob.size_bytes, "{context}");
            }
        }
    }
    let commit =
        store.append(&transaction(99, b"goes on")).unwrap_or_else(|error| panic!("{context}: {error}"));
    assert_eq!(commit.seq as usize, found.len() + 2, "{context}");
    // What the last process left unsynced must not take what this one acknowledged with it.
    let cut = Store::open(Arc::new(disk.after_crash(Survival::Synced)), options())
        .unwrap_or_else(|error| panic!("{context}; then a power cut: {error}"));
    assert_eq!(bodies(cut.scan(0)).len(), found.len() + 1, "{context}; then a power cut");
    store.close().unwrap();
    let verified = verify(disk).unwrap_or_else(|error| panic!("{context}: {error}"));
    assert_eq!(verified.torn, None, "{context}");
    let reader = Reader::open(Arc::new(disk.clone())).unwrap();
    assert_eq!(bodies(reader.scan(0)).len(), found.len() + 1, "{context}");
}

fn calls(run: impl Fn(&FaultyDisk)) -> u64 {
    let disk = FaultyDisk::new();
    run(&disk);
    disk.call_count()
}

fn survivals(seeds: u64) -> impl Iterator<Item = Survival> {
    [Survival::Everything, Survival::Synced].into_iter().chain((0..seeds).map(Survival::Some))
}

fn crash_everywhere(durability: Durability, seeds: u64, second: u64) {
    let call_count = calls(|disk| workload(disk, durability, &mut Told::default()).unwrap());
    assert!(call_count > 60, "{call_count} calls exercise little");
    for call in 0..=call_count {
        let disk = FaultyDisk::new().fail_at(call, Fault::PowerCut);
        let mut told = Told::default();
        let ended = workload(&disk, durability, &mut told);
        // The last call may be a MARK, whose failure takes nothing back.
        let last = call + 1 == call_count;
        assert!(last || ended.is_ok() == (call == call_count), "call {call}: {ended:?}");
        for survival in survivals(seeds) {
            // A process that dies takes nothing back; a machine may take back what was not synced.
            let at_least = if survival == Survival::Everything { told.acknowledged } else { told.durable };
            let context = format!("{durability:?}, power cut at call {call}, {survival:?}");
            let found = disk.after_crash(survival);
            check(&found, at_least, &context);
            if call % 7 != 0 {
                continue;
            }
            let recovery = |disk: &FaultyDisk| {
                let store = Store::open(Arc::new(disk.clone()), options())?;
                store.register(&namespace())
            };
            let found = disk.after_crash(survival);
            recovery(&found).unwrap();
            for call in 0..found.call_count() {
                let found = disk.after_crash(survival).fail_at(call, Fault::PowerCut);
                let _ = recovery(&found);
                for again in survivals(second) {
                    let died_twice = survival == Survival::Everything && again == Survival::Everything;
                    let at_least = if died_twice { told.acknowledged } else { told.durable };
                    let context = format!("{context}; again at call {call} of the recovery, {again:?}");
                    check(&found.after_crash(again), at_least, &context);
                }
            }
        }
    }
}

#[test]
fn durable_commits_survive_a_crash_at_every_call() {
    crash_everywhere(Durability::Durable, 4, 1);
}

#[test]
fn buffered_commits_survive_as_far_as_they_were_synced() {
    crash_everywhere(Durability::Buffered { sync_after_ms: 0 }, 2, 0);
    crash_everywhere(Durability::Buffered { sync_after_ms: 1_000_000 }, 2, 0);
}

#[test]
fn memory_commits_leave_a_first_part() {
    crash_everywhere(Durability::Memory, 2, 0);
}

/// The process dies at each call of a session. The next one finds END or writes it, and what it says when it closes is
/// what a power cut leaves.
#[test]
fn the_end_that_closing_tells_survives_a_power_cut() {
    let session = |disk: &FaultyDisk| -> Result<store::LogEnd> {
        let store = Store::open(Arc::new(disk.clone()), options())?;
        store.register(&namespace())?;
        store.append(&transaction(1, b"all there is"))?;
        store.close()
    };
    let (mut ended, mut tried) = (0, 0);
    for call in 0..calls(|disk| _ = session(disk).unwrap()) {
        let disk = FaultyDisk::new().fail_at(call, Fault::PowerCut);
        session(&disk).unwrap_err();
        let found = disk.after_crash(Survival::Everything);
        let store = Store::open(Arc::new(found.clone()), options()).unwrap();
        let recoveries = store.recoveries();
        ended += u32::from(store.last_seq() > 0 && recoveries.is_empty());
        let end = store.close().unwrap();
        for survival in survivals(3) {
            let context = format!("killed at call {call}, {survival:?}");
            let left = Store::open(Arc::new(found.after_crash(survival)), options()).unwrap();
            assert_eq!(left.recoveries(), recoveries, "{context}");
            assert_eq!(left.close().unwrap(), end, "{context}");
            tried += 1;
        }
    }
    println!("{tried} ends, {ended} closings found an END");
    assert!(ended > 0, "no process died behind the writing of END");
}

#[test]
fn what_a_dead_writer_left_is_on_record() {
    let disk = FaultyDisk::new();
    workload(&disk, Durability::Durable, &mut Told::default()).unwrap();
    let disk = disk.after_crash(Survival::Everything);
    let (path, bytes) = disk.files().into_iter().rfind(|(path, _)| path.ends_with(".seg")).unwrap();
    let number = verify(&disk).unwrap().end.segment_count;
    let end = bytes.iter().rposition(|byte| *byte != 0).unwrap() as u64 + 1;
    let torn_at = end.next_multiple_of(8) + 32;
    assert!(disk.flip(&path, torn_at, 0xff), "{} bytes end at {end}", bytes.len());
    let torn = verify(&disk).unwrap().torn.unwrap();
    assert_eq!((torn.segment, torn.offset + torn.len_bytes), (number, torn_at + 1));

    let store = Store::open(Arc::new(disk.clone()), options()).unwrap();
    let recovery = *store.recoveries().last().unwrap();
    assert_eq!(
        (recovery.segment, recovery.kept_bytes, recovery.dropped_bytes),
        (number, torn.offset, torn.len_bytes)
    );
    drop(store);
    assert_eq!(verify(&disk).unwrap().recoveries, [recovery]);
}

/// A disk whose syncs lie may lose what was acknowledged. It must not make the store invent, reorder or panic.
#[test]
fn a_lying_disk_costs_commits_but_never_order() {
    let call_count = calls(|disk| workload(disk, Durability::Durable, &mut Told::default()).unwrap());
    let (mut opened, mut refused) = (0, 0);
    for lie in 0..call_count {
        for call in (lie..call_count).step_by(3) {
            let disk = FaultyDisk::new().lie_from(lie).fail_at(call, Fault::PowerCut);
            let _ = workload(&disk, Durability::Durable, &mut Told::default());
            for survival in [Survival::Synced, Survival::Some(call)] {
                let disk = disk.after_crash(survival);
                match Store::open(Arc::new(disk), options()) {
                    Ok(store) => {
                        let found = bodies(store.scan(0));
                        let asked: Vec<Vec<u8>> = (0..found.len()).map(body).collect();
                        assert_eq!(found, asked, "lie from {lie}, cut at {call}, {survival:?}");
                        opened += 1;
                    }
                    Err(error) => {
                        assert_eq!(
                            error.kind(),
                            ErrorKind::Corrupt,
                            "lie from {lie}, cut at {call}: {error}"
                        );
                        refused += 1;
                    }
                }
            }
        }
    }
    assert!(opened > 100 && refused > 100, "{opened} opened, {refused} refused");
}
