use super::*;
use std::path::PathBuf;
use std::time::Duration;

use evidence::gate::Verdict;
use evidence::report::{Lane, Mode};

fn clock() -> u64 {
    1_795_279_999
}

/// A session over the embedded cases, with a store of its own.
fn session(store: PathBuf) -> Session {
    Session::open(None, store, None, vec!["conformance".into()], clock).expect("a session")
}

fn options() -> Options {
    Options {
        packets: vec!["FP-P2C-001".into()],
        area: None,
        blocking: false,
        lane: Lane::Recorded,
        modes: Mode::ALL.to_vec(),
        modes_from: "default".into(),
        threads: vec![1, 2, 4],
        jobs: 1,
        limit: Duration::from_secs(600),
    }
}

#[test]
fn a_run_is_stored_validated_and_repeated() {
    let folder = tempfile::tempdir().expect("a folder");
    let session = session(folder.path().join("store"));
    let outcome = run(&session, &options()).expect("a run");
    assert_eq!(outcome.snapshot.verdict, Verdict::Pass);
    assert_eq!(outcome.snapshot.sidecars.len(), 1);
    assert_eq!(outcome.snapshot.sidecars[0].proof, "recovered");
    let validation = validate(&session).expect("a validation");
    assert_eq!(validation.damaged, [""; 0]);
    assert_eq!((validation.counted["proofs"], validation.counted["runs"]), (1, 1));
    let again = rerun(&session, &outcome.snapshot.run.id, &options()).expect("a rerun");
    assert_eq!((again.differences.len(), again.equal), (0, 3));
    assert_eq!(snapshot(&session, None).expect("a snapshot"), outcome.snapshot);
}

#[test]
fn an_altered_report_shows() {
    let folder = tempfile::tempdir().expect("a folder");
    let session = session(folder.path().join("store"));
    let outcome = run(&session, &options()).expect("a run");
    let report = outcome.folder.join("packets/FP-P2C-001/report.json");
    let text = std::fs::read_to_string(&report).expect("the report");
    std::fs::write(&report, text.replacen("\"status\":\"pass\"", "\"status\":\"fail\"", 1)).expect("altered");
    let validation = validate(&session).expect("a validation");
    assert!(!validation.damaged.is_empty());
    assert_eq!(validation.exit(), DAMAGED);
}

#[test]
fn a_cut_ledger_and_a_missing_one_show() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut session = session(folder.path().join("store"));
    run(&session, &options()).expect("a run");
    let (whole, exit) = ledger(&session).expect("a ledger");
    assert_eq!((whole.rows.len(), exit), (1, PASS));
    let head = evidence::ledger::Head { seq: 1, hash: whole.rows[0].hash.clone() };
    session.lock = Some(evidence::lock::Lock { head: Some(head), ..Default::default() });
    assert_eq!(ledger(&session).expect("a ledger").1, PASS);
    let path = session.store.join("ledger.jsonl");
    std::fs::write(&path, "").expect("cut");
    let validation = validate(&session).expect("a validation");
    assert!(
        validation.damaged.iter().any(|fault| fault.contains("no row in the ledger")),
        "{:?}",
        validation.damaged
    );
}

#[test]
fn a_bundle_comes_back_on_another_machine_and_damage_in_it_is_repaired_or_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let here = session(folder.path().join("here"));
    run(&here, &options()).expect("a run");
    let target = Folder(folder.path().join("bundle"));
    let Delivery::Completed { manifest, written, present } = export(&here, &target).expect("an export")
    else {
        panic!("not completed");
    };
    assert_eq!(present, 0);
    // The same again writes nothing and gives the same manifest.
    let again = Delivery::Completed { manifest: manifest.clone(), written: 0, present: written };
    assert_eq!(export(&here, &target).expect("an export"), again);
    // A head that somebody else moved meanwhile is not overwritten.
    assert!(!target.swap_head(Some(b"other"), b"mine").expect("a comparison"));
    let there = session(folder.path().join("there"));
    let imported = import(&there, &target).expect("an import");
    assert_eq!((imported.rows, imported.repaired.len()), (1, 0));
    assert_eq!(import(&there, &target).expect("an import").rows, 0);
    // A damaged object is computed back from its repair symbols; without them the import is refused, and nothing of it
    // is visible.
    let (view, _) = ledger(&here).expect("a ledger");
    let report = &view.rows[0].entry.report;
    let object = folder.path().join("bundle/objects").join(&report[..2]).join(report);
    let mut bytes = std::fs::read(&object).expect("the object");
    bytes[10] ^= 1;
    std::fs::write(&object, &bytes).expect("damaged");
    let third = session(folder.path().join("third"));
    assert_eq!(import(&third, &target).expect("an import").repaired, std::slice::from_ref(report));
    bytes.iter_mut().for_each(|byte| *byte ^= 0x55);
    std::fs::write(&object, &bytes).expect("lost");
    let fourth = session(folder.path().join("fourth"));
    assert_eq!(import(&fourth, &target).err().map(|problem| problem.exit), Some(DAMAGED));
    assert!(ledger(&fourth).expect("a ledger").0.rows.is_empty());
}

#[test]
fn another_history_is_not_taken_in() {
    let folder = tempfile::tempdir().expect("a folder");
    let here = session(folder.path().join("here"));
    let there = session(folder.path().join("there"));
    run(&here, &options()).expect("a run");
    run(&there, &Options { threads: vec![1], ..options() }).expect("a run");
    let target = Folder(folder.path().join("bundle"));
    export(&here, &target).expect("an export");
    assert_eq!(import(&there, &target).err().map(|problem| problem.exit), Some(DAMAGED));
}

#[test]
fn too_few_threads_are_not_evaluated_and_an_unknown_packet_is_usage() {
    let folder = tempfile::tempdir().expect("a folder");
    let session = session(folder.path().join("store"));
    let outcome = run(&session, &Options { threads: vec![1], ..options() }).expect("a run");
    assert_eq!(outcome.snapshot.verdict, Verdict::NotEvaluated);
    let unknown = run(&session, &Options { packets: vec!["FP-X".into()], ..options() });
    assert_eq!(unknown.err().map(|problem| problem.exit), Some(MALFORMED));
}

#[test]
fn a_killed_run_is_incomplete_and_collection_keeps_what_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let session = session(folder.path().join("store"));
    let outcome = run(&session, &options()).expect("a run");
    let record = folder.path().join("store/runs").join(&outcome.snapshot.run.id).join("run.json");
    let text = std::fs::read_to_string(&record).expect("the record");
    std::fs::write(&record, text.replace("\"complete\"", "\"incomplete\"")).expect("killed");
    assert_eq!(validate(&session).expect("a validation").incomplete.len(), 1);
    let stray = session.store().expect("the store").put(b"stray").expect("stored");
    let listed = gc(&session, false).expect("a list");
    assert_eq!((listed.objects.as_slice(), listed.runs.len()), (&[stray][..], 0));
    gc(&session, true).expect("collected");
    assert_eq!(validate(&session).expect("a validation").damaged, [""; 0]);
    // What a record cannot say any more is not garbage for that.
    std::fs::write(&record, "{").expect("cut");
    let refused = gc(&session, true).err().expect("no collection");
    assert_eq!((refused.exit, refused.to_string().contains("run.json")), (DAMAGED, true), "{refused}");
}
