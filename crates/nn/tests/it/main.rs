//! Every recorded case of `cases/tensor` against the engine, and the comparison against planted errors.

mod case;
mod compare;
mod execute;
mod training;

use std::path::Path;

use serde_json::Value;

use case::{Case, packets};
use compare::compare;

fn cases_folder() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../cases/tensor")
}

#[test]
fn every_recorded_case_agrees() {
    let mut run = 0;
    let mut recorded = 0;
    let mut failures = Vec::new();
    for packet in packets(&cases_folder()) {
        recorded += packet.cases.len();
        for case in &packet.cases {
            run += 1;
            let found = execute::run(case);
            if let Err(difference) = compare(&packet, case, &found) {
                failures.push(format!("{}: {}: {difference}", packet.name, case.id));
            }
        }
    }
    assert!(run > 0, "no case was run");
    assert_eq!(run, recorded);
    assert!(failures.is_empty(), "{} of {run} cases differ\n{}", failures.len(), failures.join("\n"));
}

/// The first case of a name, changed by the given function, must be reported.
fn is_caught(packet_name: &str, id: &str, spoil: impl Fn(&mut Value)) -> bool {
    let packets = packets(&cases_folder());
    let packet = packets.iter().find(|p| p.name == packet_name).expect("the packet");
    let case = packet.cases.iter().find(|c| c.id == id).expect("the case");
    let mut spoiled = Case { expect: case.expect.clone(), ..case.clone() };
    spoil(&mut spoiled.expect);
    assert_ne!(spoiled.expect, case.expect, "the spoiled expectation is the old one");
    let found = execute::run(&spoiled);
    assert!(compare(packet, case, &found).is_ok(), "the case itself agrees");
    compare(packet, &spoiled, &found).is_err()
}

#[test]
fn planted_errors_are_caught() {
    assert!(is_caught("tensor/unary", "abs_1", |e| e["value"]["data"][0] = "9.5".into()));
    assert!(is_caught("tensor/unary", "abs_1", |e| e["value"]["dtype"] = "torch.float64".into()));
    assert!(is_caught("tensor/unary", "abs_1", |e| e["value"]["sizes"] = vec![6].into()));
    assert!(is_caught("tensor/unary", "abs_3", |e| e["value"]["data"][0] = "0.0".into()));
    assert!(is_caught("tensor/unary", "abs_3", |e| e["value"]["data"][3] = "-0.0".into()));
    assert!(is_caught("tensor/unary", "exp_1", |e| e["grads"]["self"]["data"][0] = "0.5".into()));
    assert!(is_caught("tensor/unary", "abs_9", |e| e["value"]["strides"][0] = 2.into()));
    assert!(is_caught("tensor/unary", "neg_6", |e| e["error"]["class"] = "ValueError".into()));
    assert!(is_caught("tensor/unary", "neg_6", |e| e["error"]["message"] = "Negation".into()));
    assert!(is_caught("tensor/indexing", "argsort_1", |e| e["value"]["data"][0] = 0.into()));
    assert!(is_caught("tensor/binary", "add_tensor_1", |e| e["value"] = Value::Null));
}
