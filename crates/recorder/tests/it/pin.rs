//! What is removed from the end of a log is missed: nothing inside the log could say so, `run.json` does.

use std::sync::Arc;

use recorder::ErrorKind;
use recorder::run::Finished;
use recorder::verify::{Verdict, verify};
use recorder::world::Silent;
use store::{Durability, Memory, Reader, Vfs};
use testkit::disk::{Fault, FaultyDisk, Survival};

use crate::scene::{Scene, program, resume, start};

/// A run whose log has several segments.
fn run() -> (Vec<(String, Vec<u8>)>, Finished) {
    let disk = FaultyDisk::new();
    let finished = start(&program(), &mut Scene::new(&disk), Durability::Durable).expect("nothing fails");
    (disk.files(), finished)
}

fn image(files: &[(String, Vec<u8>)]) -> Memory {
    let disk = Memory::new();
    for (path, bytes) in files {
        disk.insert(path, bytes.clone());
    }
    disk
}

fn check(disk: &Memory, json: Option<&Finished>) -> recorder::Result<Verdict> {
    verify(
        Arc::new(disk.clone()),
        None,
        None,
        json.map(Finished::json).as_deref().map(str::as_bytes),
        &mut Silent,
    )
}

#[test]
fn an_untouched_run_ends_where_it_is_pinned() {
    let (files, finished) = run();
    let verdict = check(&image(&files), Some(&finished)).expect("the run is whole");
    assert!(verdict.is_verified(), "{:?}", verdict.differences);
}

#[test]
fn what_stands_beside_a_complete_log_comes_back() {
    let (files, finished) = run();
    let restored = recorder::run::restore(Arc::new(image(&files)), &mut Silent).expect("the run is whole");
    let restored = restored.expect("the run is complete");
    assert_eq!((&restored.html, restored.json()), (&finished.html, finished.json()));
}

#[test]
fn missing_last_segments_and_records_are_damage() {
    let (files, finished) = run();
    let segments: Vec<&String> = files.iter().map(|(path, _)| path).filter(|p| p.ends_with(".seg")).collect();
    assert!(segments.len() > 1, "{segments:?}");
    let last = segments.last().expect("there is a log").as_str();

    let disk = image(&files);
    disk.remove(last).expect("it is there");
    refused(&disk, &finished, "the last segment is removed");

    // Every place in the last segment where a whole record ends.
    let reader = Reader::open(Arc::new(image(&files))).expect("the log is whole");
    let number = segments.len() as u64;
    let bytes = &files.iter().find(|(path, _)| path == last).expect("it is there").1;
    let mut cuts: Vec<u64> = reader
        .scan(1)
        .map(|record| record.expect("the log is whole"))
        .filter(|record| record.position.segment == number)
        .flat_map(|record| [record.position.offset, record.position.offset + record.len_bytes])
        .collect();
    // END, which no transaction follows.
    cuts.push(bytes.len() as u64 - 32);
    cuts.dedup();
    assert!(cuts.len() > 2, "{cuts:?}");
    for cut in cuts {
        let disk = image(&files);
        disk.insert(last, bytes[..cut as usize].to_vec());
        refused(&disk, &finished, &format!("the last segment ends at {cut}"));
    }
}

/// Whoever died while it closed left an END that may not be on disk; a run that is taken up there pins none but what
/// a power cut leaves.
#[test]
fn what_a_taken_up_run_pins_survives_a_power_cut() {
    let whole = FaultyDisk::new();
    start(&program(), &mut Scene::new(&whole), Durability::Durable).expect("nothing fails");
    for call in whole.call_count() - 8..whole.call_count() {
        let disk = FaultyDisk::new().fail_at(call, Fault::PowerCut);
        let mut scene = Scene::new(&disk);
        start(&program(), &mut scene, Durability::Durable).err().expect("the process died");
        let found = disk.after_crash(Survival::Everything);
        let finished = resume(&mut scene.go_on(&found)).expect("nothing fails");
        let json = finished.json();
        let left = Arc::new(found.after_crash(Survival::Synced));
        let verdict = verify(left, None, None, Some(json.as_bytes()), &mut Silent)
            .unwrap_or_else(|error| panic!("died at call {call}: {error}"));
        assert!(verdict.is_verified(), "died at call {call}: {:?}", verdict.differences);
    }
}

/// The pin is what sees it: without `run.json` no cut is called damage.
fn refused(disk: &Memory, finished: &Finished, context: &str) {
    let error = check(disk, Some(finished)).map(|v| v.differences).expect_err(context);
    assert_eq!(error.kind(), ErrorKind::Damaged, "{context}: {error}");
    assert!(error.message().contains("run.json pins"), "{context}: {error}");
    match check(disk, None) {
        Ok(verdict) => assert!(verdict.is_verified(), "{context}"),
        Err(error) => assert_eq!(error.kind(), ErrorKind::Usage, "{context}: {error}"),
    }
    let beside = [("run.json", finished.json().into_bytes())];
    let packed = recorder::bundle::pack(disk, &beside).map(|b| b.len()).expect_err(context);
    assert_eq!(packed.kind(), ErrorKind::Damaged, "{context}: {packed}");
}
