//! Every recorded case of `cases/column`, against the engine.

use std::path::Path;

use serde_json::{Value, json};

use crate::operations::run;

/// Differences of one packet, one line a case, and the number of cases that ran.
fn differences(packet: &Value, run: impl Fn(&Value) -> Value) -> (Vec<String>, usize) {
    let cases = packet["cases"].as_array().expect("cases");
    let lines = cases.iter().filter_map(|case| {
        let found = run(case);
        let (id, expect) = (&case["id"], &case["expect"]);
        let tolerance = case["rtol"].as_f64().unwrap_or(0.0);
        (!agree(&found, expect, tolerance)).then(|| {
            format!("{id} {} {}\n  expected {expect}\n  found    {found}", case["params"], case["inputs"])
        })
    });
    (lines.collect(), cases.len())
}

/// Equality of everything; floats within the tolerance the case states, else by value exactly.
fn agree(found: &Value, expect: &Value, tolerance: f64) -> bool {
    match (found, expect) {
        (Value::Number(a), Value::Number(b)) if tolerance > 0.0 && a.is_f64() && b.is_f64() => {
            let (a, b) = (a.as_f64().unwrap(), b.as_f64().unwrap());
            (a - b).abs() <= tolerance * b.abs()
        }
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| agree(a, b, tolerance))
        }
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && b.iter().all(|(key, b)| a.get(key).is_some_and(|a| agree(a, b, tolerance)))
        }
        _ => found == expect,
    }
}

#[test]
fn recorded_cases_hold() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../cases/column");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let (mut failed, mut ran) = (Vec::new(), 0);
    for file in files {
        let packet: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
        let (lines, count) = differences(&packet, run);
        ran += count;
        failed.extend(lines);
    }
    assert!(ran > 0, "no cases");
    assert!(failed.is_empty(), "{} of {ran} cases differ\n{}", failed.len(), failed.join("\n"));
}

/// hand: a comparison that cannot fail proves nothing.
#[test]
fn a_planted_difference_is_seen() {
    let column =
        |dtype: &str, value: Value| json!({"value": {"column": {"dtype": dtype, "values": [value]}}});
    let case = |expect: Value| json!({"cases": [{"id": "x", "params": {}, "inputs": {}, "expect": expect}]});
    let found = |_: &Value| column("int64", json!(1));
    assert_eq!(differences(&case(column("int64", json!(1))), found), (Vec::new(), 1));
    for wrong in [column("int64", json!(2)), column("int32", json!(1)), column("int64", json!(1.0))] {
        assert_eq!(differences(&case(wrong), found).0.len(), 1);
    }
}
