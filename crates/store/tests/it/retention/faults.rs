//! Power cuts, faults of the disk, flipped bits and missing files, while segments are dropped and behind it.

use std::collections::BTreeSet;
use std::sync::Arc;

use store::format::Horizon;
use store::{Category, ErrorKind, Memory, Result, Retention, Store, verify};
use testkit::disk::{Fault, FaultyDisk, Survival};

use super::{OPERATIONS, WORK, dropped, names, open, options_for, whole, workload};
use crate::pages::state;
use crate::support::{image, read};
use crate::work::SET_UP_SEQ;

#[test]
fn a_power_cut_at_every_call_leaves_the_old_horizon_or_the_new() {
    let clean = FaultyDisk::new();
    workload(&clean, &mut 0).unwrap();
    let calls = clean.call_count();
    let (mut cuts, mut again, mut horizons) = (0, 0, BTreeSet::new());
    for call in 0..=calls {
        let disk = FaultyDisk::new().fail_at(call, Fault::PowerCut);
        let mut told = 0;
        let _ = workload(&disk, &mut told);
        for survival in [Survival::Everything, Survival::Synced, Survival::Some(call)] {
            let context = format!("power cut at call {call} of {calls}, {survival:?}");
            let found = disk.after_crash(survival);
            let store = open(&found).unwrap_or_else(|error| panic!("{context}: {error}"));
            assert!(store.last_seq() >= told, "{context}: {} of {told}", store.last_seq());
            whole().judge(&store).unwrap_or_else(|why| panic!("{context}: {why}"));
            horizons.insert(store.oldest_seq());
            drop(store);
            // The opening has removed every leftover.
            let oldest_seq = verify(&found).unwrap_or_else(|error| panic!("{context}: {error}")).oldest_seq;
            let bases = names(&found.files(), ".base");
            assert_eq!(bases.len(), usize::from(oldest_seq > 0), "{context}: {bases:?}");
            cuts += 1;
            if call % 48 != 3 {
                continue;
            }
            let store = open(&found).unwrap();
            whole().go_on(&store, OPERATIONS).unwrap_or_else(|why| panic!("{context}: {why}"));
            // What is found fails again, at every call of the recovery.
            let recovery = disk.after_crash(survival);
            drop(open(&recovery).unwrap());
            for at in 0..recovery.call_count() {
                let found = disk.after_crash(survival).fail_at(at, Fault::PowerCut);
                drop(open(&found));
                let lost = [Survival::Everything, Survival::Synced, Survival::Some(at)][at as usize % 3];
                let context = format!("{context}; again at call {at} of the recovery, {lost:?}");
                let store =
                    open(&found.after_crash(lost)).unwrap_or_else(|error| panic!("{context}: {error}"));
                assert!(store.last_seq() >= told, "{context}");
                whole().judge(&store).unwrap_or_else(|why| panic!("{context}: {why}"));
                again += 1;
            }
        }
    }
    println!("{cuts} power cuts, {again} more while recovering, {} horizons", horizons.len());
    assert!(cuts > 1_000 && again > 300 && horizons.len() > 3, "{cuts} cuts, {again} more, {horizons:?}");
}

/// Disk full, a broken device, an interrupted and a short call, at every call: the right error, and the way on.
#[test]
fn every_fault_while_dropping_is_named_and_made_up_for() {
    fn again<T>(call: impl Fn() -> Result<T>) -> Result<T> {
        call().or_else(|error| match error.kind().category() {
            Category::Full | Category::Retry => call(),
            _ => Err(error),
        })
    }
    let run = |disk: &FaultyDisk, told: &mut u64| -> Result<u64> {
        let store = again(|| open(disk))?;
        again(|| WORK.set_up(&store))?;
        for number in 0..OPERATIONS {
            *told = again(|| WORK.perform(&store, number))?.seq();
            if number % 5 == 4 {
                again(|| store.checkpoint())?;
            }
        }
        let oldest_seq = store.oldest_seq();
        store.close().map(|_| oldest_seq)
    };
    let clean = FaultyDisk::new();
    let expected = run(&clean, &mut 0).unwrap();
    let (mut tried, mut poisoned) = (0, 0);
    for fault in [Fault::Full, Fault::Broken, Fault::Interrupted, Fault::Short] {
        for call in 0..clean.call_count() {
            let context = format!("{fault:?} at call {call}");
            let disk = FaultyDisk::new().fail_at(call, fault);
            let mut told = 0;
            match run(&disk, &mut told) {
                Ok(oldest_seq) => assert_eq!(oldest_seq, expected, "{context}"),
                Err(error) => {
                    assert_eq!(error.kind(), ErrorKind::Poisoned, "{context}: {error}");
                    poisoned += 1;
                }
            }
            let last = if fault == Fault::Broken { Survival::Some(call) } else { Survival::Synced };
            let found = disk.after_crash(last);
            let store = open(&found).unwrap_or_else(|error| panic!("{context}: {error}"));
            assert!(store.last_seq() >= told, "{context}");
            whole().judge(&store).unwrap_or_else(|why| panic!("{context}: {why}"));
            drop(store);
            verify(&found).unwrap_or_else(|error| panic!("{context}: {error}"));
            tried += 1;
        }
    }
    println!("{tried} faults, {poisoned} poisoned");
    assert!(tried > 1_000 && poisoned > 50, "{tried} faults, {poisoned} poisoned");
}

/// One bit of each byte of the horizon, the base and what stays of dropped segments: verification finds it and names
/// the file, and opening gives a state that was, or an error.
#[test]
fn no_flipped_bit_moves_the_horizon() {
    let disk = dropped();
    verify(&disk).unwrap();
    let (mut flips, mut opened, mut refused) = (0u64, 0, 0);
    let kept = |path: &str| path == "HORIZON" || path.starts_with("kept/");
    for (path, bytes) in disk.files().into_iter().filter(|(path, _)| kept(path)) {
        // The base is long and sealed block by block, as every checkpoint.
        let step = if path.ends_with(".base") { 41 } else { 1 };
        for offset in (0..bytes.len() as u64).step_by(step) {
            let mask = 1 << (flips % 8);
            let context = format!("{path}, bit {mask:#x} of byte {offset}");
            let damaged = disk.after_crash(Survival::Everything);
            assert!(damaged.flip(&path, offset, mask), "{context}");
            let error = verify(&damaged).unwrap_err();
            assert_eq!(error.file(), Some(path.as_str()), "{context}: {error}");
            if path == "HORIZON" || flips % 16 == 0 {
                match open(&damaged) {
                    Ok(store) => {
                        assert_ne!(path, "HORIZON", "{context}");
                        assert_eq!(store.last_seq(), SET_UP_SEQ + OPERATIONS, "{context}");
                        assert_eq!(state(&store.query().snapshot()), *whole().state_at(store.last_seq()));
                        opened += 1;
                    }
                    Err(error) => {
                        let kinds = [ErrorKind::Corrupt, ErrorKind::UnsupportedFormat];
                        assert!(kinds.contains(&error.kind()), "{context}: {error}");
                        assert_eq!(error.file(), Some("HORIZON"), "{context}: {error}");
                        refused += 1;
                    }
                }
            }
            flips += 1;
        }
    }
    println!("{flips} flipped bits, all found; {opened} openings, {refused} refused");
    assert!(flips > 1_000 && opened > 50 && refused >= 128, "{flips} flips, {opened} opened");
}

#[test]
fn what_is_missing_behind_the_horizon_is_damage() {
    let disk = dropped();
    let files = disk.files();
    let without = |paths: &[&String]| {
        let left: Vec<_> = files.iter().filter(|(path, _)| !paths.contains(&path)).cloned().collect();
        image(&left)
    };
    let open = |disk: &Memory| Store::open(Arc::new(disk.clone()), options_for(Retention::Bytes(0)));
    let (segments, checkpoints) = (names(&files, ".seg"), names(&files, ".ckpt"));
    let (base, remnants) = (names(&files, ".base").remove(0), names(&files, ".rem"));
    // The last segment has only the END of a process that did nothing: nothing vouches for it.
    for path in segments[..segments.len() - 1].iter().chain(&remnants).chain([&base, &"HORIZON".to_owned()]) {
        let found = verify(&without(&[path])).unwrap_err();
        assert!(matches!(found.kind(), ErrorKind::Corrupt | ErrorKind::Diverged), "{path}: {found}");
    }
    for path in [&segments[0], &"HORIZON".to_owned()] {
        let lost = without(&[path]);
        let before = lost.files();
        assert_eq!(open(&lost).map(drop).unwrap_err().kind(), ErrorKind::Corrupt, "{path}");
        assert_eq!(lost.files().len(), before.len(), "nothing is removed beside damage");
    }
    // Without the newest checkpoint, without any, and without the base: the state is there in the others.
    assert_eq!(checkpoints.len(), 2);
    for lost in [vec![&checkpoints[1]], checkpoints.iter().collect(), vec![&base]] {
        let store = open(&without(&lost)).unwrap();
        assert_eq!(state(&store.query().snapshot()), *whole().state_at(store.last_seq()), "{lost:?}");
    }
    // Only a state of before is gone with the base, and what is to be dropped then stays.
    let store = open(&without(&[&base])).unwrap();
    WORK.set_up(&store).unwrap();
    let oldest = store.oldest_seq();
    let error = store.past().replay(oldest).map(drop).unwrap_err();
    assert_eq!((error.kind(), error.file()), (ErrorKind::Corrupt, Some(base.as_str())), "{error}");
    // The files of another horizon do not fit.
    let other = without(&[]);
    let store_id = store.id();
    let horizon = Horizon::decode(&read(&disk, "HORIZON"), &store_id).unwrap();
    for wrong in [
        Horizon { dropped: horizon.dropped - 1, ..horizon },
        Horizon { dropped: horizon.dropped + 1, ..horizon },
        Horizon { previous_len: horizon.previous_len + 1, ..horizon },
        Horizon { previous_hash: [1; 32], ..horizon },
        Horizon { next_page: horizon.next_page + 1, ..horizon },
        Horizon { oldest_seq: horizon.oldest_seq + 1, ..horizon },
    ] {
        other.insert("HORIZON", wrong.encode(&store_id));
        assert_eq!(verify(&other).unwrap_err().kind(), ErrorKind::Corrupt, "{wrong:?}");
    }
    other.insert("HORIZON", horizon.encode(&[1; 16]));
    assert_eq!(open(&other).map(drop).unwrap_err().file(), Some("HORIZON"));
}
