//! One failing call at a time, with the power on: a run ends whole or says what failed, and can go on.

use std::sync::Arc;

use recorder::ErrorKind;
use store::Durability;
use testkit::disk::{Fault, FaultyDisk, Survival};

use crate::scene::{Scene, complete, outcomes, program, resume, start, verify};

const FAULTS: [Fault; 4] = [Fault::Full, Fault::Broken, Fault::Interrupted, Fault::Short];

#[test]
fn a_run_over_a_disk_that_fails_once_says_so_and_goes_on() {
    let program = program();
    let clean = FaultyDisk::new();
    let expected = start(&program, &mut Scene::new(&clean), Durability::Durable).expect("nothing fails").end;
    let (mut tried, mut refused) = (0, 0);
    for fault in FAULTS {
        for call in 0..clean.call_count() {
            let context = format!("{fault:?} at call {call}");
            let disk = FaultyDisk::new().fail_at(call, fault);
            let mut scene = Scene::new(&disk);
            match start(&program, &mut scene, Durability::Durable) {
                Ok(finished) => assert_eq!(finished.end, expected, "{context}"),
                Err(error) => {
                    assert_eq!(
                        (error.kind(), error.exit_code()),
                        (ErrorKind::Storage, 5),
                        "{context}: {error}"
                    );
                    assert_ne!(fault, Fault::Short, "{context}: {error}");
                    refused += 1;
                }
            }
            tried += 1;
            // The next process, once with the machine still up and once without what was never synced.
            for survival in [Survival::Everything, Survival::Synced] {
                let found = disk.after_crash(survival);
                let Some(history) = complete(&found) else {
                    assert_eq!(scene.told(), 0, "{context}, {survival:?}");
                    continue;
                };
                assert!(outcomes(&history) >= scene.told(), "{context}, {survival:?}");
                let resumed = resume(&mut scene.go_on(&found));
                let end = resumed.unwrap_or_else(|error| panic!("{context}, {survival:?}: {error}")).end;
                assert_eq!(end, expected, "{context}, {survival:?}");
                if tried % 5 == 0 {
                    assert!(verify(&found).expect("it is whole").is_verified(), "{context}, {survival:?}");
                }
            }
        }
    }
    println!("{tried} faults, {refused} of them refused");
    assert!(refused > 50, "{refused} of {tried}");
}

#[test]
fn a_bundle_is_whole_or_not_made() {
    let clean = FaultyDisk::new();
    start(&program(), &mut Scene::new(&clean), Durability::Durable).expect("nothing fails");
    let whole = clean.after_crash(Survival::Synced);
    let expected = recorder::bundle::pack(&whole, &[]).expect("the run is whole");
    let mut refused = 0;
    for fault in FAULTS {
        for call in 0..whole.call_count() {
            let disk = clean.after_crash(Survival::Synced).fail_at(call, fault);
            match recorder::bundle::pack(&disk, &[]) {
                Ok(bundle) => assert!(bundle == expected, "{fault:?} at call {call}: another bundle"),
                Err(error) => {
                    assert_eq!(error.kind(), ErrorKind::Storage, "{fault:?} at call {call}: {error}");
                    refused += 1;
                }
            }
        }
    }
    assert!(refused > 10, "{refused} of {} calls", whole.call_count());
    let unpacked = recorder::bundle::unpack(&expected).expect("the bundle is whole");
    let verdict =
        recorder::verify::verify(Arc::new(unpacked.store), None, None, None, &mut recorder::world::Silent);
    assert!(verdict.expect("it is whole").is_verified());
}
