//! The power goes off at every call of a run to its disk.
//!
//! Expected values come from the promises themselves: before an act its intent and all outcomes so far are on disk, and
//! its own outcome before the program goes on; no effect whose outcome is there is asked for again; and a resumed run
//! ends as one that nobody disturbed.

use recorder::record::End;
use store::Durability;
use testkit::disk::{Fault, FaultyDisk, Survival};

use crate::scene::{Scene, complete, outcomes, program, resume, start, verify};

/// Every entry waits for the disk and calls come in one order, so that each point is reached again exactly.
const LOCKSTEP: Durability = Durability::Durable;
/// As the command line opens a run: results are written behind the program.
const BEHIND: Durability = Durability::Buffered { sync_after_ms: 50 };

fn undisturbed(level: Durability) -> (End, u64, usize) {
    let disk = FaultyDisk::new();
    let mut scene = Scene::new(&disk);
    let finished = start(&program(), &mut scene, level).expect("nothing fails");
    assert!(finished.outcome.fault.is_none(), "{:?}", finished.outcome.fault.map(|(record, _)| record));
    assert_eq!(scene.asked.len(), 5, "{:?}", scene.asked);
    (finished.end, disk.call_count(), scene.asked.len())
}

/// Goes on with what a crash left and holds the end against `expected`.
fn go_on(found: &FaultyDisk, before: &Scene, expected: &End, verified: bool, context: &str) {
    let history = complete(found);
    let mut scene = before.go_on(found);
    let Some(history) = history else {
        assert_eq!(before.told(), 0, "{context}: no run is left, and {:?} were asked", before.asked);
        return;
    };
    let told = before.told();
    assert!(outcomes(&history) >= told, "{context}: {} of {told} outcomes are left", outcomes(&history));
    let end = resume(&mut scene).unwrap_or_else(|error| panic!("{context}: {error}")).end;
    assert_eq!(end, *expected, "{context}");
    for effect in history.effects.iter().filter(|effect| effect.outcome.is_some()) {
        let request = effect.intent.request.to_string();
        let again = scene.asked.iter().find(|asked| request.contains(*asked));
        assert_eq!(again, None, "{context}: an effect is repeated whose outcome was on disk");
    }
    if verified {
        let verdict = verify(found).unwrap_or_else(|error| panic!("{context}: {error}"));
        assert!(verdict.is_verified(), "{context}: {:?}", verdict.differences);
    }
}

fn crash_everywhere(level: Durability, seeds: u64) -> usize {
    let program = program();
    let (expected, call_count, _) = undisturbed(level);
    let mut tried = 0;
    for call in 0.. {
        let disk = FaultyDisk::new().fail_at(call, Fault::PowerCut);
        let mut scene = Scene::new(&disk);
        let ended = start(&program, &mut scene, level);
        if disk.call_count() <= call {
            assert!(ended.is_ok(), "call {call}: {:?}", ended.err());
            assert!(call.abs_diff(call_count) < call_count / 4, "{call} calls, {call_count} at first");
            break;
        }
        let survivals =
            [Survival::Everything, Survival::Synced].into_iter().chain((0..seeds).map(Survival::Some));
        for survival in survivals {
            let context = format!("{level:?}, power cut at call {call}, {survival:?}");
            let found = disk.after_crash(survival);
            go_on(&found, &scene, &expected, tried % 5 == 0, &context);
            tried += 1;
        }
    }
    println!("{level:?}: {tried} crash points, {call_count} calls");
    tried
}

#[test]
fn a_run_that_waits_for_every_entry_resumes_from_every_call() {
    assert!(crash_everywhere(LOCKSTEP, 3) > 300);
}

#[test]
fn a_run_that_is_written_behind_resumes_from_every_call() {
    assert!(crash_everywhere(BEHIND, 2) > 200);
}

#[test]
fn a_second_crash_while_resuming_loses_nothing_either() {
    let program = program();
    let (expected, call_count, _) = undisturbed(LOCKSTEP);
    let mut tried = 0;
    for call in (0..call_count).step_by(11) {
        let disk = FaultyDisk::new().fail_at(call, Fault::PowerCut);
        let mut scene = Scene::new(&disk);
        start(&program, &mut scene, LOCKSTEP).err().expect("the power went off");
        let left = disk.after_crash(Survival::Some(call));
        if complete(&left).is_none() {
            continue;
        }
        for again in (0..call_count).step_by(7) {
            let second = left.after_crash(Survival::Everything).fail_at(again, Fault::PowerCut);
            let mut resumed = scene.go_on(&second);
            let _ = resume(&mut resumed);
            let context = format!("power cut at call {call}, again at call {again} of the resume");
            go_on(&second.after_crash(Survival::Synced), &resumed, &expected, false, &context);
            tried += 1;
        }
    }
    println!("{tried} pairs of crashes");
    assert!(tried > 50);
}
