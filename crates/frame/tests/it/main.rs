//! Every recorded case under `cases/frame`, held against the crate.
//!
//! The expectations were recorded from live pandas 3.1.1 by `xtask/oracle/frame.py`. One registry maps an operation's
//! name to the call; a parameter that the call does not read fails the case.

mod args;
mod compare;
mod properties;
mod registry;
mod spread;
mod text;

use std::fs;
use std::path::PathBuf;

use column::Column;
use frame::{Frame, Series};
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

/// Every table that a case takes or expects comes back from its canonical bytes, and no cut of them is taken for it.
#[test]
fn canonical_bytes_come_back_whole() {
    let mut seen = 0;
    for (_, packet) in packets() {
        for case in packet["cases"].as_array().expect("a list of cases") {
            for spec in
                case["inputs"].as_object().expect("inputs").values().chain(case["expect"].get("value"))
            {
                let bytes = match text::read_value_if_any(spec) {
                    Some(text::Value::Frame(frame)) => {
                        let bytes = frame.to_bytes();
                        assert_eq!(Frame::from_bytes(&bytes).expect("a frame"), frame);
                        bytes
                    }
                    Some(text::Value::Series(series)) => {
                        let bytes = series.to_bytes();
                        assert_eq!(Series::from_bytes(&bytes).expect("a series"), series);
                        bytes
                    }
                    _ => continue,
                };
                seen += 1;
                for cut in [0, 7, 8, 9, bytes.len() / 2, bytes.len() - 1] {
                    assert!(
                        Frame::from_bytes(&bytes[..cut]).is_err()
                            && Series::from_bytes(&bytes[..cut]).is_err()
                    );
                }
                for place in (8..bytes.len()).step_by(13) {
                    let mut flipped = bytes.clone();
                    flipped[place] ^= 0x41;
                    // Any answer is right but a panic or the same digest.
                    if let Ok(other) = Frame::from_bytes(&flipped) {
                        assert_ne!(other.to_bytes(), bytes);
                    }
                }
            }
        }
    }
    assert!(seen > 0);
}

#[test]
fn digests_do_not_depend_on_how_a_table_was_made() {
    let whole = Frame::from_columns([
        ("a", Column::from(vec![1i64, 2, 3])),
        ("b", Column::from(vec!["x", "y", "z"])),
    ]);
    let whole = whole.expect("a frame");
    let parts = [whole.slice(0, 1), whole.slice(1, 3)];
    let joined =
        frame::concat(&[&parts[0], &parts[1]], &frame::Concat { ignore_index: true, ..Default::default() });
    assert_eq!(joined.expect("a frame").digest(), whole.digest());
    let renamed = whole.rename_columns(&[("a".into(), "A".into())], frame::Absent::Raise).expect("a frame");
    assert_ne!(renamed.digest(), whole.digest());
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
