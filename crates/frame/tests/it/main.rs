//! Every recorded case under `cases/frame`, held against the crate.
//!
//! The expectations were recorded from live pandas 3.1.1 by `xtask/oracle/frame.py`. One registry maps an operation's
//! name to the call; a parameter that the call does not read fails the case.

mod args;
mod compare;
mod registry;
mod text;

use std::fs;
use std::path::PathBuf;

use serde_json::Value as Json;

fn packets() -> Vec<(String, Json)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../cases/frame");
    let mut paths: Vec<PathBuf> = fs::read_dir(&folder)
        .expect("the folder of cases")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    paths.sort();
    paths
        .into_iter()
        .map(|path| {
            let bytes = fs::read(&path).expect("a readable case file");
            let name = path.file_name().expect("a file name").to_string_lossy().into_owned();
            (name, serde_json::from_slice(&bytes).expect("a case file in JSON"))
        })
        .collect()
}

#[test]
fn every_recorded_case_gives_what_pandas_gave() {
    // One file or one case while working: FRAME_CASES=merge-01.
    let wanted = std::env::var("FRAME_CASES").unwrap_or_default();
    let (mut ran, mut written, mut failures) = (0, 0, Vec::new());
    for (_, packet) in packets() {
        let cases = packet["cases"].as_array().expect("a list of cases");
        written += cases.len();
        for case in cases {
            let id = case["id"].as_str().expect("an id");
            if !id.starts_with(&wanted) {
                continue;
            }
            ran += 1;
            if let Err(difference) = compare::check(case) {
                failures.push(format!("{id} ({}): {difference}", case["op"]));
            }
        }
    }
    assert!(failures.is_empty(), "{} of {ran} cases differ:\n{}", failures.len(), failures.join("\n"));
    assert!(ran > 0, "no case ran");
    assert!(!wanted.is_empty() || ran == written, "{ran} cases ran of {written} written");
}
