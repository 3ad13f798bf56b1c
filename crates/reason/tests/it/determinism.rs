//! The same intent on the same state is the same plan: in two runs, in threads, in another process.

use std::process::Command;

use crate::naive::{intent, state};

/// One intent a pattern, each with a plan.
const INTENTS: &[(&str, &str)] = &[
    (
        "set",
        r#"{"page": "a", "fields": [{"offset": 9, "type": "f64le", "value": 0.1}, {"offset": 0, "type": "u8", "value": 1}]}"#,
    ),
    ("add", r#"{"page": 7, "offset": 8, "type": "i64be", "amount": -3}"#),
    ("compare-and-set", r#"{"page": 8, "offset": 0, "type": "text:4", "expected": "", "value": "on"}"#),
    (
        "ring-append",
        r#"{"page": 9, "counter": {"offset": 0, "type": "u64le"}, "first": 8, "slots": 3, "type": "u8", "value": 4}"#,
    ),
    (
        "move",
        r#"{"type": "i64le", "legs": [{"page": 9, "offset": 0, "amount": -2}, {"page": "a", "offset": 0, "amount": 1}, {"page": 8, "offset": 0, "amount": 1}]}"#,
    ),
    (
        "create-if-absent",
        r#"{"name": "c", "size_bytes": 16, "fields": [{"offset": 4, "type": "u16be", "value": 7}]}"#,
    ),
    ("delete", r#"{"page": "b", "version": 2}"#),
];

fn plans() -> String {
    let state = state();
    let hex = |(schema, body): &(&str, &str)| {
        let plan = reason::lower(&intent(schema, body), &state).unwrap().expect("a plan");
        let bytes: String = plan.encode().unwrap().iter().map(|byte| format!("{byte:02x}")).collect();
        format!("{schema} {} {bytes}\n", plan.hash().unwrap())
    };
    INTENTS.iter().map(hex).collect()
}

#[test]
fn plans_are_the_same_in_runs_threads_and_processes() {
    const CHILD: &str = "LUMEN_PRINT_PLANS";
    let here = plans();
    if std::env::var_os(CHILD).is_some() {
        println!("{here}");
        return;
    }
    assert_eq!(plans(), here);
    let threads: Vec<_> = (0..4).map(|_| std::thread::spawn(plans)).collect();
    for thread in threads {
        assert_eq!(thread.join().unwrap(), here);
    }
    let name = "determinism::plans_are_the_same_in_runs_threads_and_processes";
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", name, "--nocapture"])
        .env(CHILD, "1")
        .output()
        .unwrap();
    let printed = String::from_utf8(child.stdout).unwrap();
    assert!(child.status.success() && printed.contains(&here), "{printed}");
    println!("{} plans in 2 runs, 4 threads, 2 processes", INTENTS.len());
}

/// Every pattern but the one without plans is among them.
#[test]
fn every_pattern_is_tried() {
    let tried: Vec<&str> = INTENTS.iter().map(|(schema, _)| *schema).collect();
    let all: Vec<&str> = reason::pattern::SCHEMAS.iter().map(|schema| schema.name).collect();
    assert_eq!([&tried[..], &["no-op"]].concat(), all);
}
