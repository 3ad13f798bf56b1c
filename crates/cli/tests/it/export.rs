//! `lumen export`: a run in the interop form.

use serde_json::Value;

use crate::{Project, code, lumen, text};

fn lines(output: &std::process::Output) -> Vec<Value> {
    let said = String::from_utf8_lossy(&output.stdout);
    said.lines().map(|line| serde_json::from_str(line).expect("a line is JSON")).collect()
}

/// What `lumen why --json` says of the same number is what is expected.
#[test]
fn a_run_is_handed_on_and_read_again() {
    let project = Project::new("penguins");
    assert_eq!(code(&project.lumen(&["run", "penguins.lm.md"])), 0);
    let told = project.lumen(&["export", "--interop", "provenance"]);
    assert_eq!(code(&told), 0, "{}", text(&told));
    let envelopes = lines(&told);
    let why = project.lumen(&["why", "n3", "--json"]);
    let why: Value = serde_json::from_slice(&why.stdout).expect("JSON");
    let found = envelopes.iter().find(|envelope| envelope["body"]["value_id"] == "n3").expect("the number");
    assert_eq!(found["run"], why["run"]);
    let expected: Vec<String> = why["inputs"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|input| format!("sha256:{}", input["sha256"].as_str().unwrap_or_default()))
        .collect();
    assert_eq!(found["body"]["input_hashes"], serde_json::json!(expected));
    assert!(!expected.is_empty());

    let verified = project.lumen(&["export", "--interop", "verification", "-o", "v.jsonl"]);
    assert_eq!(code(&verified), 0, "{}", text(&verified));
    let bytes = std::fs::read(project.folder.join("v.jsonl")).expect("it is written");
    let envelope: Value = serde_json::from_slice(&bytes).expect("JSON");
    assert_eq!(envelope["body"]["bucket"], "very_high");
    let checked = project.lumen(&["export", "--check", "v.jsonl"]);
    assert!(code(&checked) == 0 && text(&checked).contains("1 of verification"), "{}", text(&checked));

    // An input that was altered since is a claim that fails, and the bucket follows.
    let data = project.folder.join("data/penguins.csv");
    let altered = std::fs::read_to_string(&data).expect("the data") + "\n";
    std::fs::write(&data, altered).expect("written");
    let verified = lines(&project.lumen(&["export", "--interop", "verification"]));
    let claims = verified[0]["body"]["claims"].as_array().expect("a list");
    assert!(claims.iter().any(|claim| claim["outcome"] == "fails"), "{claims:?}");
    assert_ne!(verified[0]["body"]["confidence"], 1.0);

    let none = project.lumen(&["export", "--interop", "trajectory"]);
    assert!(code(&none) == 2 && text(&none).contains("no model calls"), "{}", text(&none));
}

#[test]
fn what_is_no_envelope_of_this_major_is_refused_with_its_line() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let write = |content: &str| std::fs::write(folder.path().join("a.jsonl"), content).expect("written");
    let fixture = concat!(env!("CARGO_MANIFEST_DIR"), "/../../cases/models/interop/provenance.json");
    let good: Value = serde_json::from_slice(&std::fs::read(fixture).expect("the fixture")).expect("JSON");
    write(&format!("{good}\n{}\n", good.to_string().replace("\"1.0\"", "\"2.0\"")));
    let refused = lumen(folder.path(), &["export", "--check", "a.jsonl"]);
    assert_eq!(code(&refused), 5, "{}", text(&refused));
    assert!(text(&refused).contains("R0814") && text(&refused).contains("line 2"), "{}", text(&refused));
    write(&format!("{good}\n{{}}\n"));
    assert_eq!(code(&lumen(folder.path(), &["export", "--check", "a.jsonl"])), 4);
    write("");
    assert_eq!(code(&lumen(folder.path(), &["export", "--check", "a.jsonl"])), 3);
    assert_eq!(code(&lumen(folder.path(), &["export"])), 2);
}
