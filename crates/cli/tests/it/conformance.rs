//! `lumen conformance`: what each verb ends with, says, refuses and keeps.

use std::process::{Command, Output};

use serde_json::Value;

use crate::plane::Plane;
use crate::{code, lumen, text};

const KEY: &str = "TO-001/sum-texts/strict";

/// The exit status and what was said, which never holds a control character of the data.
fn said(output: &Output) -> (i32, String) {
    let said = text(output);
    assert!(!said.contains(['\u{1b}', '\u{7}']), "an escape reached the terminal: {said:?}");
    (code(output), said)
}

fn ends(output: &Output, status: i32, words: &str) {
    let (found, said) = said(output);
    assert_eq!(found, status, "{said}");
    assert!(said.contains(words), "expected {words:?} in {said}");
}

#[test]
fn every_exit_status_is_reached_by_its_cause() {
    let plane = Plane::new();
    ends(&plane.conformance(&[]), 0, "1 pass, 0 fail, 0 not evaluated");
    ends(&plane.conformance(&["--mode", "strict"]), 3, "hardened.ran: expected 3, found 0");
    ends(&plane.conformance(&["--mode", "strict", "--lenient"]), 0, "hardened.ran: expected 3, found 0");
    // Nobody to ask is no pass and no difference.
    ends(&plane.conformance(&["TO-001", "--oracle", "live"]), 3, "not evaluated");
    ends(&plane.conformance(&["TO-002"]), 2, "there is no packet TO-002");
    ends(&plane.conformance(&["TO-001", "show"]), 2, "Write `lumen conformance show TO-001`");
    ends(&plane.conformance(&["--store", "/dev/null/evidence"]), 2, "cannot be used multiple times");
    let nowhere = ["conformance", "--cases", "cases", "--store", "/dev/null/evidence"];
    ends(&lumen(plane.folder(), &nowhere), 5, "/dev/null/evidence");

    plane.expect_otherwise();
    ends(&plane.conformance(&[]), 1, "1 fail");
    plane.alter(
        "cases/frame/TO-001/sums.json",
        "\"packet\":\"TO-001\"",
        "\"packet\":\"TO-001\",\"packet\":\"TO-001\"",
    );
    ends(&plane.conformance(&[]), 2, "sums.json#/packet");
    plane.alter("evidence/ledger.jsonl", "\"failed\":2", "\"failed\":0");
    ends(&plane.conformance(&["ledger"]), 4, "damaged: ");
    ends(&plane.conformance(&["dash"]), 4, "The ledger has");
}

#[test]
fn every_answer_is_json_with_its_schema() {
    let plane = Plane::new();
    plane.conformance(&[]);
    let run = plane.last_run();
    let bench = plane.folder().join("bench.json");
    std::fs::write(&bench, "[]").expect("written");
    let verbs: &[(&[&str], &str, i32)] = &[
        (&[], "snapshot", 0),
        (&["list"], "list", 0),
        (&["show", "TO-001"], "packet", 0),
        (&["replay", KEY], "replay", 0),
        (&["dash"], "snapshot", 0),
        (&["ledger"], "ledger", 0),
        (&["validate"], "validate", 0),
        (&["scrub"], "scrub", 0),
        (&["repair"], "repair", 0),
        (&["drill"], "drill", 0),
        (&["rerun", &run], "rerun", 0),
        (&["export", "bundle"], "export", 0),
        (&["import", "bundle"], "import", 0),
        (&["gc"], "gc", 0),
        (&["poison"], "poison", 3),
        (&["bench", "bench.json"], "bench", 3),
        (&["lock", "--reason", "again"], "lock.change", 0),
        (&["ledger", "--anchor"], "anchor", 0),
    ];
    for (words, schema, status) in verbs {
        let (answer, found) = plane.json(words);
        assert_eq!(answer["schema"], format!("lumen.evidence.{schema}"), "{words:?}: {answer}");
        assert_eq!(answer["schema_version"], 1, "{words:?}: {answer}");
        assert_eq!(found, *status, "{words:?}: {answer}");
    }
}

#[test]
fn a_red_run_keeps_both_payloads_and_each_check_can_be_repeated() {
    let plane = Plane::new();
    plane.expect_otherwise();
    let (snapshot, status) = plane.json(&[]);
    assert_eq!(status, 1);
    let mismatches = snapshot["packets"][0]["mismatches"].as_array().expect("a list");
    assert_eq!(mismatches.len(), 2, "the case fails in both modes");
    let first = &mismatches[0];
    let cell = |side: &str| first[side]["value"]["values"]["values"][0].as_str().expect("a text").to_string();
    assert!(cell("expected").ends_with('c') && cell("found").ends_with('b'), "{first}");
    ends(&plane.conformance(&["replay", KEY]), 1, "expected");
    ends(&plane.conformance(&["replay", "TO-001/sum-integers/strict"]), 0, "pass");
    ends(&plane.conformance(&["replay", "TO-001/sum-none/strict"]), 2, "no case sum-none");
    ends(&plane.conformance(&["show", "TO-001"]), 0, "Sums of two series");
    ends(&plane.conformance(&["dash"]), 1, "TO-001");
    ends(&plane.conformance(&["dash", "20200101T000000Z-1"]), 2, "there is no run 20200101T000000Z-1");
}

#[test]
fn evidence_is_not_stored_in_a_tree_that_git_tracks() {
    let plane = Plane::new();
    let git = Command::new("git").args(["init", "--quiet"]).current_dir(plane.folder()).status();
    if !git.is_ok_and(|status| status.success()) {
        return eprintln!("not evaluated: there is no git");
    }
    ends(&plane.conformance(&[]), 2, "evidence is stored outside the tree (`--store`)");
    std::fs::write(plane.folder().join(".gitignore"), "/evidence\n").expect("written");
    ends(&plane.conformance(&[]), 0, "1 pass");
}

#[test]
fn a_setting_that_a_verb_does_not_heed_is_refused() {
    let plane = Plane::new();
    for words in [
        &["--oracle", "live", "list"][..],
        &["list", "--mode", "strict"],
        &["validate", "--lenient"],
        &["rerun", "a", "--threads", "1"],
        &["replay", KEY, "--shrink", "--oracle", "live"],
    ] {
        ends(&plane.conformance(words), 2, "does not heed");
    }
}

#[test]
fn the_project_file_sets_the_modes_where_no_flag_does() {
    let plane = Plane::new();
    let by = |words: &[&str]| {
        let (snapshot, _) = plane.json(words);
        let run = &snapshot["run"];
        (run["modes"].to_string(), run["modes_from"].as_str().expect("a text").to_string())
    };
    assert_eq!(by(&[]), (r#"["strict","hardened"]"#.into(), "default".into()));
    std::fs::write(plane.folder().join("lumen.toml"), "[conformance]\nmode = \"hardened\"\n")
        .expect("written");
    assert_eq!(by(&[]), (r#"["hardened"]"#.into(), "project file".into()));
    assert_eq!(by(&["--mode", "strict"]), (r#"["strict"]"#.into(), "flag".into()));
    ends(&plane.conformance(&["dash"]), 3, "set by flag");
    plane.alter("lumen.toml", "hardened", "soft");
    ends(&plane.conformance(&[]), 2, "lumen.toml:2: conformance.mode: expected");
}

#[test]
fn accept_records_what_the_reference_says_and_nothing_else() {
    let plane = Plane::new();
    let before = std::fs::read_to_string(plane.cases_file()).expect("it is there");
    let accept = ["accept", "TO-001", "--reason", "pandas changed"];
    ends(&plane.conformance(&accept), 3, "nothing was written");
    ends(&plane.conformance(&["accept", "TO-001", "--reason", " "]), 2, "a reason is wanted");
    ends(&plane.run(&accept), 2, "cannot be changed");
    assert_eq!(std::fs::read_to_string(plane.cases_file()).expect("it is there"), before);

    let Some(fake) = plane.fake_reference() else { return };
    let (accepted, status) = plane.json(&[&accept[..], &["--python", &fake]].concat());
    assert_eq!((status, accepted["changed"].as_array().map(Vec::len)), (0, Some(3)), "{accepted}");
    let after = std::fs::read_to_string(plane.cases_file()).expect("it is there");
    assert_eq!(after.matches("only the reference says this").count(), 3, "{after}");
    let lock = std::fs::read_to_string(plane.folder().join("evidence.lock")).expect("it is there");
    assert!(lock.contains("pandas changed"), "{lock}");
    // The engine says otherwise, and the lock says that it does.
    ends(&plane.conformance(&[]), 1, "1 fail");

    // Where the reference says nothing new, a file stays as its author wrote it.
    let mut file: serde_json::Value = serde_json::from_str(&after).expect("the cases are JSON");
    file["cases"].as_array_mut().expect("a list").reverse();
    let theirs = format!("{file:#}\n");
    std::fs::write(plane.cases_file(), &theirs).expect("written");
    let (accepted, status) = plane.json(&[&accept[..], &["--python", &fake]].concat());
    assert_eq!((status, accepted["changed"].as_array().map(Vec::len)), (0, Some(0)), "{accepted}");
    assert_eq!(std::fs::read_to_string(plane.cases_file()).expect("it is there"), theirs);
}

#[test]
fn a_run_comes_out_again_unless_something_changed() {
    let plane = Plane::new();
    plane.conformance(&[]);
    let run = plane.last_run();
    ends(&plane.conformance(&["rerun", &run]), 0, "3 files equal, 0 different");
    plane.expect_otherwise();
    ends(&plane.conformance(&["rerun", &run]), 1, "circumstance: cases/frame/TO-001/sums.json");
    ends(&plane.conformance(&["rerun", "absent"]), 2, "there is no run absent");
}

#[test]
fn damage_to_a_stored_artifact_is_found_and_mended() {
    let plane = Plane::new();
    plane.conformance(&[]);
    let report = format!("evidence/runs/{}/packets/TO-001/report.json", plane.last_run());
    let whole = std::fs::read(plane.folder().join(&report)).expect("it is there");
    plane.alter(&report, "\"suite\":\"frame\"", "\"suite\":\"tame!\"");
    ends(&plane.conformance(&["scrub"]), 4, "file repairable (1 of");
    ends(&plane.conformance(&["validate"]), 4, "damaged: ");
    ends(&plane.conformance(&["repair"]), 0, "1 artifact mended");
    assert_eq!(std::fs::read(plane.folder().join(&report)).expect("it is there"), whole);
    ends(&plane.conformance(&["scrub"]), 0, "file ok, sidecar ok");
}

#[test]
fn a_bundle_carries_the_evidence_to_another_store_or_not_at_all() {
    let plane = Plane::new();
    plane.conformance(&[]);
    ends(&plane.conformance(&["export", "bundle"]), 0, "completed: ");
    ends(&plane.conformance(&["export", "bundle"]), 0, "completed: 0 objects written");
    let import = |store: &str| {
        lumen(plane.folder(), &["conformance", "import", "bundle", "--store", store, "--cases", "cases"])
    };
    ends(&import("elsewhere"), 0, "objects and 1 ledger row\n");
    let ledger =
        |store: &str| std::fs::read(plane.folder().join(store).join("ledger.jsonl")).expect("a ledger");
    assert_eq!(ledger("elsewhere"), ledger("evidence"));

    let manifests = std::fs::read_dir(plane.folder().join("bundle/manifests")).expect("a folder");
    for manifest in manifests.flatten() {
        std::fs::write(manifest.path(), "{}").expect("written");
    }
    let (status, text) = said(&import("third"));
    assert!(matches!(status, 2 | 4), "{text}");
    assert!(!plane.folder().join("third/ledger.jsonl").exists(), "nothing of it is visible");
}

#[test]
fn what_nothing_names_goes_only_on_request() {
    let plane = Plane::new();
    plane.conformance(&[]);
    let runs = plane.folder().join("evidence/runs");
    let run = runs.join(plane.last_run());
    // Twenty runs stay whatever they say; these are older.
    let older: Vec<_> = (10..32).map(|n| runs.join(format!("20200101T0000{n}Z-1"))).collect();
    for folder in &older {
        std::fs::create_dir(folder).expect("a folder");
        let record = std::fs::read_to_string(run.join("run.json")).expect("a record");
        let id = folder.file_name().expect("a name").to_string_lossy();
        std::fs::write(folder.join("run.json"), record.replace(&plane.last_run(), &id)).expect("written");
    }
    let gone = |answer: &Value| answer["runs"].as_array().map(Vec::len);
    let (listed, status) = plane.json(&["gc"]);
    assert_eq!((gone(&listed), &listed["deleted"], status), (Some(3), &Value::Bool(false), 0), "{listed}");
    assert!(older.iter().all(|folder| folder.exists()), "a list deletes nothing");
    let (deleted, _) = plane.json(&["gc", "--yes"]);
    assert_eq!((gone(&deleted), &deleted["deleted"]), (Some(3), &Value::Bool(true)), "{deleted}");
    assert_eq!(older.iter().filter(|folder| folder.exists()).count(), 19);
    assert!(run.exists());
}

#[test]
fn a_default_store_that_cannot_be_written_is_named_and_another_one_honoured() {
    let plane = Plane::new();
    let lumen = |words: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_lumen"));
        command.args(["conformance", "--cases", "cases"]).args(words).current_dir(plane.folder());
        command.env("XDG_DATA_HOME", "/dev/null").env("NO_COLOR", "1").output().expect("the binary starts")
    };
    ends(&lumen(&[]), 5, "/dev/null/lumen/evidence");
    let folder = tempfile::tempdir().expect("a folder");
    let store = folder.path().join("mine");
    ends(&lumen(&["--store", store.to_str().expect("a path")]), 0, "1 pass, 0 fail");
    assert!(store.is_dir());
}

/// The matrix of the built-in packets and of sessions with the servers. Where Python or a layer is absent, rows that need
/// it are not evaluated, and nothing else.
#[test]
fn the_matrix_of_the_model_runtime_is_written_from_its_cases() {
    let folder = tempfile::tempdir().expect("a folder");
    let lumen = |words: &[&str]| {
        let store = folder.path().join("evidence");
        let place = ["conformance", "--store", store.to_str().expect("a path"), "--json"];
        crate::lumen(folder.path(), &[place.as_slice(), words].concat())
    };
    let output = lumen(&["--models"]);
    let answer: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let rows = answer["rows"].as_array().expect("rows");
    let names: Vec<&str> = rows.iter().filter_map(|row| row["surface"].as_str()).collect();
    let wanted =
        ["binary", "worker protocol", "stdio", "MCP", "journal", "cassette", "interop", "interpreter"];
    assert_eq!(names, wanted);
    for row in rows {
        let (verdict, cases) = (row["verdict"].as_str(), row["cases"].as_u64());
        let needs_python = ["worker protocol", "journal", "interpreter"]
            .contains(&row["surface"].as_str().unwrap_or_default());
        let may_lack = needs_python && std::env::var_os("LUMEN_TOOLS_REQUIRED").is_none();
        assert!(verdict == Some("pass") || may_lack && verdict == Some("not_evaluated"), "{row}");
        assert!(cases > Some(0) || may_lack, "{row}");
        assert!(row["tests"].as_array().is_some_and(|tests| !tests.is_empty()), "{row}");
        // The folder is no checkout, so that nobody knows what the program was built from.
        assert_eq!((&row["commit"], &row["dirty"]), (&"unknown".into(), &true.into()));
    }
    assert_eq!(answer["rows"][2]["version"], "1.2");
    assert_eq!(answer["rows"][6]["version"], "1.0");
    for refused in [&["--models", "RL-001"][..], &["--models", "--area", "models"], &["--models", "list"]] {
        ends(&lumen(refused), 2, "`--models` runs the packets");
    }
}
