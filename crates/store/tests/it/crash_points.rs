//! Everything that can go wrong with a disk, at every call of a workload that has all that a store does: a namespace,
//! pages made and ended, plans accepted and refused, metadata, derived pages, blobs, checkpoints, a restart.
//!
//! The judge is the reference of [`Work`]: whatever is left must be a log that it can take record by record, with the
//! state that it then has, not shorter than what was acknowledged; and going on from there leads to the same end.

use std::collections::BTreeSet;
use std::sync::Arc;

use store::{Category, Durability, ErrorKind, Result, Store, verify};
use testkit::disk::{Fault, FaultyDisk, Survival};

use crate::pages::state;
use crate::support::options;
use crate::work::{Action, Model, SET_UP_SEQ, Work, id};

/// A seed whose first operations do all that there is; the tests say so.
const WORK: Work = Work { seed: 11 };
const OPERATIONS: u64 = 36;
const RESTART_AT: u64 = 20;

fn open(disk: &FaultyDisk, durability: Durability) -> Result<Store> {
    Store::open(Arc::new(disk.clone()), options().durability(durability))
}

/// What the workload was told: the last acknowledged seq, and the last that is on disk.
#[derive(Clone, Copy, Default, Debug)]
struct Told {
    seq: u64,
    durable: u64,
}

fn session(
    disk: &FaultyDisk,
    durability: Durability,
    numbers: std::ops::Range<u64>,
    told: &mut Told,
) -> Result<Store> {
    let store = open(disk, durability)?;
    WORK.set_up(&store)?;
    told.seq = told.seq.max(store.last_seq());
    for number in numbers {
        told.seq = told.seq.max(WORK.perform(&store, number)?.seq());
        told.durable = told.durable.max(store.durable_seq());
        if number % 9 == 5 {
            store.checkpoint()?;
        }
    }
    Ok(store)
}

/// All operations in two sessions. The first closes, the second dies.
fn workload(disk: &FaultyDisk, durability: Durability, told: &mut Told) -> Result<()> {
    first_session(disk, durability, told)?;
    told.durable = told.seq;
    let store = session(disk, durability, RESTART_AT..OPERATIONS, told)?;
    std::mem::forget(store);
    Ok(())
}

fn first_session(disk: &FaultyDisk, durability: Durability, told: &mut Told) -> Result<()> {
    session(disk, durability, 0..RESTART_AT, told)?.close().map(drop)
}

/// The calls with which the first session closes: behind a death among them the next opening finds an END of which
/// nobody knows whether it is on disk.
fn closing_calls(durability: Durability) -> std::ops::Range<u64> {
    let [open, closed] = [(); 2].map(|()| FaultyDisk::new());
    std::mem::forget(session(&open, durability, 0..RESTART_AT, &mut Told::default()).unwrap());
    first_session(&closed, durability, &mut Told::default()).unwrap();
    open.call_count()..closed.call_count()
}

/// What the next process does before any work: it opens, and a checkpoint stands on what it found, for which a segment
/// whose END may not be on disk is copied.
fn recover(disk: &FaultyDisk, durability: Durability) -> Result<()> {
    open(disk, durability)?.checkpoint().map(drop)
}

/// Whether END of the last segment is in sight and not on disk, so that whoever stands on it copies the segment.
fn copies_late(disk: &FaultyDisk) -> bool {
    let is_ended = |survival| {
        let store = open(&disk.after_crash(survival), Durability::Durable).unwrap();
        store.last_seq() > 0 && store.recoveries().is_empty()
    };
    is_ended(Survival::Everything) && !is_ended(Survival::Synced)
}

/// Holds what a store says of itself against the reference; returns the reference at its last seq. Named blobs must be
/// there unless syncs lied.
fn judge(store: &Store, blobs_are_durable: bool) -> std::result::Result<Model, String> {
    let mut model = Model::new(WORK);
    for record in store.scan(SET_UP_SEQ + 1) {
        let record = record.map_err(|error| error.to_string())?;
        let (number, blobs) = model.apply(&record)?;
        if store.find(id(number)) != Some(record.seq) {
            return Err(format!("the intent table does not know operation {number}"));
        }
        for blob in blobs {
            match store.get_blob(&blob.hash) {
                Ok(bytes) if bytes.len() as u64 == blob.size_bytes => {}
                Err(error) if !blobs_are_durable && error.kind() != ErrorKind::Corrupt => {}
                other => return Err(format!("a blob of operation {number}: {other:?}")),
            }
        }
    }
    let snapshot = store.query().snapshot();
    let is_set_up = store.last_seq() >= SET_UP_SEQ;
    if is_set_up && (snapshot.seq() != model.seq || state(&snapshot) != model.pages) {
        return Err(format!("the state at seq {} is not the reference's", snapshot.seq()));
    }
    if !is_set_up && snapshot.page_count() != 0 && snapshot.page_count() != model.pages.len() as u64 {
        return Err(format!("half of the set-up: {} pages", snapshot.page_count()));
    }
    Ok(model)
}

/// Asks for everything, as a client does that does not know how far it came, and compares the end.
fn go_on(store: &Store, context: &str) {
    WORK.set_up(store).unwrap_or_else(|error| panic!("{context}: {error}"));
    for number in 0..OPERATIONS {
        let known = store.find(id(number));
        // Which page it ended is known only while the page is there.
        if known.is_some() && matches!(WORK.action(number), Action::Delete { .. }) {
            continue;
        }
        let outcome = WORK.perform(store, number).unwrap_or_else(|error| panic!("{context}: {error}"));
        assert_eq!(outcome.seq(), number + SET_UP_SEQ + 1, "{context}");
        assert!(known.is_none_or(|seq| seq == outcome.seq()), "{context}");
    }
    let model = judge(store, true).unwrap_or_else(|why| panic!("{context}: at the end: {why}"));
    assert_eq!(model.done.iter().sum::<u64>(), OPERATIONS, "{context}");
}

/// Opens what is left, judges it, and goes on.
fn check(disk: &FaultyDisk, at_least: u64, context: &str) {
    let store = open(disk, Durability::Durable).unwrap_or_else(|error| panic!("{context}: {error}"));
    assert!(store.last_seq() >= at_least, "{context}: {} of {at_least}", store.last_seq());
    judge(&store, true).unwrap_or_else(|why| panic!("{context}: {why}"));
    go_on(&store, context);
}

fn calls(durability: Durability) -> u64 {
    let disk = FaultyDisk::new();
    workload(&disk, durability, &mut Told::default()).unwrap();
    disk.call_count()
}

#[test]
fn the_workload_does_everything() {
    let store =
        session(&FaultyDisk::new(), Durability::Durable, 0..OPERATIONS, &mut Told::default()).unwrap();
    let model = judge(&store, true).unwrap();
    let kinds: BTreeSet<_> = (0..OPERATIONS)
        .map(|number| format!("{:?}", WORK.action(number)).split(' ').next().unwrap().to_owned())
        .collect();
    assert_eq!(kinds.len(), 9, "{kinds:?}");
    assert!(model.refused >= 3 && model.committed >= 20, "{} refused", model.refused);
    store.past().audit().unwrap();
    // A reference that is wrong by one byte, one version, one page is found.
    let found = state(&store.query().snapshot());
    for page in model.pages.keys() {
        let mut wrong = model.pages.clone();
        wrong.get_mut(page).unwrap().1[0] ^= 1;
        assert_ne!(found, wrong);
        wrong.remove(page);
        assert_ne!(found, wrong);
    }
}

#[test]
fn a_power_cut_at_every_call_leaves_a_state_that_was() {
    let (mut cuts, mut again, mut late) = (0, 0, 0);
    for durability in [Durability::Durable, Durability::Memory] {
        let closing = closing_calls(durability);
        for call in 0..=calls(durability) {
            let disk = FaultyDisk::new().fail_at(call, Fault::PowerCut);
            let mut told = Told::default();
            let _ = workload(&disk, durability, &mut told);
            for survival in
                [Survival::Everything, Survival::Synced, Survival::Some(call), Survival::Some(call + 1_000)]
            {
                let context = format!("{durability:?}, power cut at call {call}, {survival:?}");
                let at_least = if survival == Survival::Everything { told.seq } else { told.durable };
                check(&disk.after_crash(survival), at_least, &context);
                cuts += 1;
                if call % 64 != 3 && !closing.contains(&call) {
                    continue;
                }
                // What is found fails again, at every call of the recovery.
                let recovery = disk.after_crash(survival);
                late += u32::from(copies_late(&recovery));
                recover(&recovery, durability).unwrap();
                for at in 0..recovery.call_count() {
                    let found = disk.after_crash(survival).fail_at(at, Fault::PowerCut);
                    let _ = recover(&found, durability);
                    let lost = [Survival::Everything, Survival::Synced, Survival::Some(at)][at as usize % 3];
                    let context = format!("{context}; again at call {at} of the recovery, {lost:?}");
                    check(&found.after_crash(lost), told.durable, &context);
                    again += 1;
                }
            }
        }
    }
    println!("{cuts} power cuts, {again} more while recovering, {late} recoveries with a late copy");
    assert!(cuts > 1_000 && again > 300 && late > 0, "{cuts} power cuts, {again} more, {late} late copies");
}

/// Disk full, a broken device, an interrupted and a short call, at every call of the workload and of a recovery: the
/// right error, nothing half done, and the way on.
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
        again(|| WORK.set_up(&store))?;
        for number in 0..OPERATIONS {
            *told = again(|| WORK.perform(&store, number))?.seq();
            if number % 9 == 5 {
                again(|| store.checkpoint())?;
            }
        }
        store.close().map(drop)
    };
    let whole = FaultyDisk::new();
    run(&whole, &mut 0).unwrap();
    let dead = FaultyDisk::new();
    workload(&dead, Durability::Durable, &mut Told::default()).unwrap();
    // Another died when END was written and not synced.
    let ending = FaultyDisk::new().fail_at(closing_calls(Durability::Durable).end - 1, Fault::PowerCut);
    first_session(&ending, Durability::Durable, &mut Told::default()).unwrap_err();
    assert!(copies_late(&ending.after_crash(Survival::Everything)));
    let left = [(&dead, OPERATIONS + SET_UP_SEQ), (&ending, RESTART_AT + SET_UP_SEQ)];
    let (mut tried, mut poisoned, mut recovered, mut refused) = (0, 0, 0, 0);
    for fault in [Fault::Full, Fault::Broken, Fault::Interrupted, Fault::Short] {
        for call in 0..whole.call_count() {
            let context = format!("{fault:?} at call {call}");
            let disk = FaultyDisk::new().fail_at(call, fault);
            let mut told = 0;
            if let Err(error) = run(&disk, &mut told) {
                assert_eq!(error.kind(), ErrorKind::Poisoned, "{context}: {error}");
                assert_ne!(fault, Fault::Short, "{context}: {error}");
                poisoned += 1;
            }
            // Only a failed sync leaves what is neither on the disk nor gone.
            let last = if fault == Fault::Broken { Survival::Some(call) } else { Survival::Synced };
            for survival in [Survival::Everything, last] {
                check(&disk.after_crash(survival), told, &format!("{context}, {survival:?}"));
                tried += 1;
            }
        }
        for (left, at_least) in left {
            let recovery = left.after_crash(Survival::Everything);
            recover(&recovery, Durability::Durable).unwrap();
            for call in 0..recovery.call_count() {
                let context = format!("{fault:?} at call {call} of a recovery up to {at_least}");
                let disk = left.after_crash(Survival::Everything).fail_at(call, fault);
                if let Err(error) = recover(&disk, Durability::Durable) {
                    let expected = match fault {
                        Fault::Full => [ErrorKind::Full, ErrorKind::Poisoned],
                        _ => [ErrorKind::Io, ErrorKind::Poisoned],
                    };
                    assert!(expected.contains(&error.kind()), "{context}: {error}");
                    assert_ne!(fault, Fault::Short, "{context}: {error}");
                    refused += 1;
                }
                check(&disk.after_crash(Survival::Everything), at_least, &context);
                recovered += 1;
            }
        }
    }
    println!("{tried} faults, {poisoned} poisoned; {recovered} in recoveries, {refused} refused to open");
    assert!(tried > 1_000 && poisoned > 50 && refused > 10, "{tried} faults, {poisoned} poisoned");
}

/// A disk whose syncs lie may lose what was acknowledged. What is left is still a state that was, or an error.
#[test]
fn a_lying_disk_costs_commits_but_never_a_state() {
    let call_count = calls(Durability::Durable);
    let (mut opened, mut refused, mut lost) = (0, 0, 0);
    for lie in (0..call_count).step_by(3) {
        // From a lie to the next to the power cut all distances come up, one after the other.
        for call in (lie + 1 + lie / 3 % 11..=call_count).step_by(11) {
            let disk = FaultyDisk::new().lie_from(lie).fail_at(call, Fault::PowerCut);
            let mut told = Told::default();
            let _ = workload(&disk, Durability::Durable, &mut told);
            for survival in [Survival::Synced, Survival::Some(call)] {
                let context = format!("lie from {lie}, cut at {call}, {survival:?}");
                match open(&disk.after_crash(survival), Durability::Durable) {
                    Ok(store) => {
                        judge(&store, false).unwrap_or_else(|why| panic!("{context}: {why}"));
                        opened += 1;
                        lost += usize::from(store.last_seq() < told.durable);
                    }
                    Err(error) => {
                        assert_eq!(error.kind(), ErrorKind::Corrupt, "{context}: {error}");
                        refused += 1;
                    }
                }
            }
        }
    }
    println!("{opened} opened, of which {lost} lost commits; {refused} refused as corrupt");
    assert!(opened > 500 && lost > 100 && refused > 100, "{opened} opened, {lost} lost, {refused} refused");
}

/// One bit of each few bytes of every file: verification finds it, and opening gives a state that was, or an error.
/// `LUMEN_FLIPS=1` takes every byte.
#[test]
fn no_flipped_bit_is_taken_for_a_state() {
    let step = std::env::var("LUMEN_FLIPS").map_or(9, |step| step.parse().expect("a number"));
    let disk = FaultyDisk::new();
    session(&disk, Durability::Durable, 0..RESTART_AT, &mut Told::default()).unwrap().close().unwrap();
    session(&disk, Durability::Durable, RESTART_AT..OPERATIONS, &mut Told::default())
        .unwrap()
        .close()
        .unwrap();
    verify(&disk).unwrap();
    let (mut flips, mut torn, mut opened) = (0u64, 0, 0);
    for (path, bytes) in disk.files() {
        for offset in (0..bytes.len() as u64).step_by(step) {
            let mask = 1 << (flips % 8);
            let context = format!("{path}, bit {mask:#x} of byte {offset}");
            let damaged = disk.after_crash(Survival::Everything);
            assert!(damaged.flip(&path, offset, mask), "{context}");
            match verify(&damaged) {
                Ok(verified) => {
                    // Only the END of the last segment can be taken for a write that the power cut.
                    let found = verified.torn.unwrap_or_else(|| panic!("{context} was not found"));
                    assert!(
                        offset + 32 >= bytes.len() as u64 && found.offset + 32 >= bytes.len() as u64,
                        "{context}"
                    );
                    torn += 1;
                }
                Err(error) => assert_eq!(error.file(), Some(path.as_str()), "{context}: {error}"),
            }
            if flips % 4 == 0
                && let Ok(store) = open(&damaged, Durability::Durable)
            {
                opened += 1;
                // An opening reads the log behind its checkpoint; what lies before is found by whoever reads it.
                let readable = !path.starts_with("blobs/") && store.scan(0).all(|record| record.is_ok());
                if readable {
                    judge(&store, true).unwrap_or_else(|why| panic!("{context}: {why}"));
                } else {
                    assert!(store.last_seq() >= OPERATIONS + SET_UP_SEQ, "{context}");
                }
            }
            flips += 1;
        }
    }
    println!("{flips} flipped bits, all found ({torn} as a torn end); {opened} openings");
    assert!(flips > 1_000 && opened > 100, "{flips} flips, {opened} opened");
}
