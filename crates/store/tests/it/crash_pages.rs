//! The power goes off at every call of a workload of pages, plans and refusals.
//!
//! Expected values come from the same workload on a disk that never fails: what is found after a crash must be one of
//! its states, whole, not older than what was acknowledged, and going on must lead to the same end.

use std::sync::Arc;

use store::{Category, Durability, Edit, ErrorKind, Mutation, Outcome, Result, Store};
use testkit::disk::{Fault, FaultyDisk, Survival};

use crate::support::{entry, namespace, options};
use crate::upsert::take;

const STEPS: usize = 14;

/// One step, which has the same effect however often it is asked for.
fn step(store: &Store, number: usize) -> Result<Outcome> {
    let id = number as u128 + 1;
    let mutate = |edits: Vec<Edit>| {
        let clients = vec![entry(1_000 + id, &[number as u8])];
        store.mutate().commit(&Mutation { edits, clients, ..Mutation::default() })
    };
    match number {
        0 => mutate(vec![Edit::create(0, 8, Some("a")), Edit::write_new(0, 0, 20u64.to_le_bytes())]),
        // Longer than a first segment.
        3 => mutate(vec![Edit::create(0, 6_000, None), Edit::write_new(0, 5, vec![7; 5_000])]),
        5 => mutate(vec![Edit::Metadata { page: 1, metadata: vec![1; 900] }, Edit::write(2, 0, [5; 64])]),
        8 => mutate(vec![Edit::Delete { page: 2 }, Edit::create(0, 3_000, Some("b"))]),
        // Takes 7 of 20: the third and later are refused.
        _ => store.upsert().submit(&take(id, 1, 7)),
    }
}

fn open(disk: &FaultyDisk, durability: Durability) -> Result<Store> {
    let store = Store::open(Arc::new(disk.clone()), options().durability(durability))?;
    store.register(&namespace())?;
    Ok(store)
}

/// Runs the steps in two sessions; returns how many were acknowledged, and how many of those are on disk.
fn workload(disk: &FaultyDisk, durability: Durability, told: &mut (u64, u64)) -> Result<()> {
    for (session, steps) in [0..8, 8..STEPS].into_iter().enumerate() {
        let store = open(disk, durability)?;
        told.0 = told.0.max(1);
        for number in steps {
            told.0 = told.0.max(step(&store, number)?.seq());
            told.1 = told.1.max(store.durable_seq());
            if number % 5 == 4 {
                store.checkpoint()?;
            }
        }
        if session == 0 {
            store.close()?;
            told.1 = told.0;
        } else {
            std::mem::forget(store);
        }
    }
    Ok(())
}

#[test]
fn every_crash_leaves_a_state_that_was() {
    let whole = FaultyDisk::new();
    workload(&whole, Durability::Durable, &mut (0, 0)).unwrap();
    let last_seq = STEPS as u64 + 1;
    let past = store::Reader::open(Arc::new(whole.clone())).unwrap().past();
    let states: Vec<u128> = (0..=last_seq).map(|seq| past.replay(seq).unwrap().state_hash()).collect();
    let (mut tried, mut refused) = (0, 0);
    for durability in [Durability::Durable, Durability::Memory] {
        let call_count = {
            let disk = FaultyDisk::new();
            workload(&disk, durability, &mut (0, 0)).unwrap();
            disk.call_count()
        };
        for call in 0..=call_count {
            let disk = FaultyDisk::new().fail_at(call, Fault::PowerCut);
            let mut told = (0, 0);
            let _ = workload(&disk, durability, &mut told);
            for survival in
                [Survival::Everything, Survival::Synced, Survival::Some(call), Survival::Some(call + 1_000)]
            {
                let context = format!("{durability:?}, power cut at call {call}, {survival:?}");
                let at_least = if survival == Survival::Everything { told.0 } else { told.1 };
                let disk = disk.after_crash(survival);
                let store = open(&disk, durability).unwrap_or_else(|error| panic!("{context}: {error}"));
                let snapshot = store.query().snapshot();
                assert!(snapshot.seq() >= at_least, "{context}: {} of {at_least}", snapshot.seq());
                assert_eq!(Some(&snapshot.state_hash()), states.get(snapshot.seq() as usize), "{context}");
                store.past().audit().unwrap_or_else(|error| panic!("{context}: {error}"));
                // Everything is asked for again, as a client would that does not know how far it came.
                for number in 0..STEPS {
                    let outcome = step(&store, number).unwrap_or_else(|error| panic!("{context}: {error}"));
                    assert_eq!(outcome.seq(), number as u64 + 2, "{context}");
                    refused += usize::from(!outcome.is_committed());
                }
                assert_eq!(Some(&store.query().snapshot().state_hash()), states.last(), "{context}");
                assert_eq!(store.last_seq(), last_seq, "{context}");
                tried += 1;
            }
        }
    }
    println!("{tried} crashes");
    assert!(tried > 400 && refused > tried, "{tried} crashes, {refused} refusals");
}

/// Disk full, a broken device, an interrupted and a short call, at every call: the right error, nothing half done, and
/// the way on.
#[test]
fn every_fault_is_named_and_leaves_a_state_that_was() {
    fn again<T>(call: impl Fn() -> Result<T>) -> Result<T> {
        call().or_else(|error| match error.kind().category() {
            Category::Full | Category::Retry => call(),
            _ => Err(error),
        })
    }
    let run = |disk: &FaultyDisk, told: &mut u64| -> Result<()> {
        let store = again(|| open(disk, Durability::Durable))?;
        for number in 0..STEPS {
            *told = again(|| step(&store, number))?.seq();
            if number % 5 == 4 {
                again(|| store.checkpoint())?;
            }
        }
        store.close().map(drop)
    };
    let whole = FaultyDisk::new();
    run(&whole, &mut 0).unwrap();
    let past = store::Reader::open(Arc::new(whole.clone())).unwrap().past();
    let states: Vec<u128> =
        (0..=STEPS as u64 + 1).map(|seq| past.replay(seq).unwrap().state_hash()).collect();
    let (mut tried, mut poisoned) = (0, 0);
    for fault in [Fault::Full, Fault::Broken, Fault::Interrupted, Fault::Short] {
        for call in 0..whole.call_count() {
            let context = format!("{fault:?} at call {call}");
            let disk = FaultyDisk::new().fail_at(call, fault);
            let mut told = 0;
            if let Err(error) = run(&disk, &mut told) {
                assert_eq!(error.kind(), ErrorKind::Poisoned, "{context}: {error}");
                poisoned += 1;
            }
            for survival in [Survival::Everything, Survival::Synced] {
                let store = open(&disk.after_crash(survival), Durability::Durable)
                    .unwrap_or_else(|error| panic!("{context}, {survival:?}: {error}"));
                let snapshot = store.query().snapshot();
                assert!(snapshot.seq() >= told, "{context}, {survival:?}: {} of {told}", snapshot.seq());
                assert_eq!(Some(&snapshot.state_hash()), states.get(snapshot.seq() as usize), "{context}");
                (0..STEPS).for_each(|number| drop(step(&store, number).unwrap()));
                assert_eq!(Some(&store.query().snapshot().state_hash()), states.last(), "{context}");
                tried += 1;
            }
        }
    }
    println!("{tried} faults, {poisoned} poisoned");
    assert!(tried > 400 && poisoned > 20, "{tried} faults, {poisoned} poisoned");
}
