//! Entries of the log that are together larger than one can be: many small values, many effects, long texts.
//!
//! An entry's body has at most 64 KiB (`docs/formats/log.md`); what is larger must come back the same from a blob.

use recorder::history::History;
use store::format::BODY_LEN_MAX;
use store::{Body, Durability, Reader};
use testkit::disk::{Fault, FaultyDisk, Survival};

use crate::scene::{Scene, complete, program_of, resume, start, verify};

/// Twenty values of 4,000 characters, each small enough to stand inline, in one node; then 2,500 effects in another,
/// and 70,000 characters in a sentence.
fn document() -> String {
    let names: Vec<String> = (0..20).map(|i| format!("v{i}")).collect();
    let values: Vec<String> = (0..20).map(|i| format!("{:?}", format!("{i:04}").repeat(1000))).collect();
    format!(
        "---\ninputs: {{data: {{file: d.txt}}}}\n---\n\n```lumen steps\nlet ({}) = ({})\n\
         let sizes = [len(read_text(inputs.data)) for i in range(0, 2500)]\nlet total = sum(sizes)\n\
         let long = {:?}\n```\n\nIn total `{{lumen}} total`, and `{{lumen}} long`.\n",
        names.join(", "),
        values.join(", "),
        "x".repeat(70_000),
    )
}

#[test]
fn a_run_with_large_entries_is_read_verified_and_resumed() {
    let program = program_of(&document());
    let level = Durability::Buffered { sync_after_ms: 50 };
    let clean = FaultyDisk::new();
    let finished = start(&program, &mut Scene::new(&clean), level).expect("nothing fails");
    assert!(finished.outcome.fault.is_none(), "{:?}", finished.outcome.fault.map(|(record, _)| record));
    let call_count = clean.call_count();
    let history = complete(&clean).expect("there is a run");
    assert_eq!(history.effects.len(), 2500);
    assert!(elsewhere(&clean) >= 3, "{} bodies stand in blobs", elsewhere(&clean));
    for (kept, (_, read)) in finished.outcome.nodes.iter().zip(&history.nodes) {
        assert_eq!(kept.record, *read);
    }
    assert!(history.nodes.iter().any(|(_, node)| node.values.len() == 20), "one node has all the values");
    let verdict = verify(&clean).expect("the run is whole");
    assert!(verdict.is_verified(), "{:?}", verdict.differences);

    // Killed on its way, it goes on with entries that stand elsewhere. How entries are grouped depends on the moment,
    // so how many calls are left does too.
    let mut resumed = 0;
    for (part, of) in [(1, 2), (3, 4), (9, 10)] {
        let call = call_count * part / of;
        let disk = FaultyDisk::new().fail_at(call, Fault::PowerCut);
        let mut scene = Scene::new(&disk);
        if start(&program, &mut scene, level).is_ok() {
            continue;
        }
        let found = disk.after_crash(Survival::Everything);
        let end = resume(&mut scene.go_on(&found)).unwrap_or_else(|error| panic!("call {call}: {error}")).end;
        assert_eq!(end, finished.end, "killed at call {call}");
        resumed += 1;
    }
    assert!(resumed > 0, "no run was killed before its end");
}

/// How many entries of a log have their body in a blob.
fn elsewhere(disk: &FaultyDisk) -> usize {
    let reader = Reader::open(std::sync::Arc::new(disk.clone())).expect("the log is whole");
    let mut count = 0;
    for record in reader.scan(1) {
        if let Body::Transaction { clients, blobs, .. } = record.expect("the log is whole").body {
            assert!(clients.iter().all(|entry| entry.body.len() <= BODY_LEN_MAX));
            count += usize::from(blobs.iter().any(|blob| blob.role == "body"));
        }
    }
    assert!(History::read(reader).is_ok());
    count
}
