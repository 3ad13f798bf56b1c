//! A small evidence plane in a folder of its own: one packet, its lock, a store.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Output;

use serde_json::{Value, json};

use crate::{code, lumen, text};

const PACKET: &str = r#"packet: TO-001
title: "Sums of two series"
suite: frame
scope: "the operator + of two series of equal labels"
not_in_scope: ["alignment"]
oracle: pandas
anchors:
  - {subject: "sum", source: "pandas.Series.__add__", behaviour: "adds by label"}
contract:
  - id: sum
    given: "two series"
    then: "their sum"
    strict: "as pandas"
    hardened: "as strict"
    boundary: "three cases"
    uncertainty: "none known"
    cases: ["sum-*"]
files: [sums.json]
api: ["pandas.Series.__add__(other)"]
sentinels: []
risks: ["none"]
"#;

const GATE: &str = "gate: 1
packet: TO-001
suite: frame
cases_min: 3
classes: {happy: 1, edge: 1, adversarial: 1}
sources: {oracle_min: 3}
strict: {failed_max: 0, minor_max: 0}
hardened: {failed_max: 0, allowed: [], allowed_max_percent: \"0.00\"}
lanes: [recorded, live]
threads: [1, 2, 4]
release_blocking: true
";

/// A text that would colour a terminal, clear it and set its title.
pub const ESCAPES: &str = "\u{1b}[31m\u{1b}[2J\u{1b}]0;x\u{7}";

pub struct Plane {
    root: tempfile::TempDir,
}

impl Plane {
    /// The packet as it should be, and locked.
    pub fn new() -> Plane {
        let plane = Plane { root: tempfile::tempdir().expect("a temporary folder") };
        let packet = plane.folder().join("cases/frame/TO-001");
        std::fs::create_dir_all(&packet).expect("a folder");
        std::fs::write(packet.join("packet.yaml"), PACKET).expect("written");
        std::fs::write(packet.join("gate.yaml"), GATE).expect("written");
        plane.write_cases(&json!([
            sum("sum-integers", "happy", "int64", [json!(1), json!(2)], json!(3)),
            sum("sum-missing", "edge", "float64", [json!(0.5), json!(null)], json!(null)),
            // By hand: the texts one after the other.
            sum(
                "sum-texts",
                "adversarial",
                "str",
                [json!(ESCAPES), json!("b")],
                json!(format!("{ESCAPES}b"))
            ),
        ]));
        let locked = plane.run(&["lock", "--reason", "the beginning", "--cases", "cases"]);
        assert_eq!(code(&locked), 0, "{}", text(&locked));
        plane
    }

    pub fn folder(&self) -> &Path {
        self.root.path()
    }

    pub fn cases_file(&self) -> PathBuf {
        self.folder().join("cases/frame/TO-001/sums.json")
    }

    fn write_cases(&self, cases: &Value) {
        let file = json!({"cases": cases, "packet": "TO-001"});
        std::fs::write(self.cases_file(), file.to_string()).expect("written");
    }

    /// Replaces a text that stands once in a file.
    pub fn alter(&self, file: &str, from: &str, to: &str) {
        let path = self.folder().join(file);
        let text = std::fs::read_to_string(&path).expect("it is there");
        assert_eq!(text.matches(from).count(), 1, "{from} in {text}");
        std::fs::write(path, text.replace(from, to)).expect("written");
    }

    /// The packet expects another sum, one that would colour a terminal.
    pub fn expect_otherwise(&self) {
        let (found, expected) = (format!("{ESCAPES}b"), format!("{ESCAPES}c"));
        let quoted = |text: &str| json!(text).to_string();
        self.alter("cases/frame/TO-001/sums.json", &quoted(&found), &quoted(&expected));
    }

    /// `lumen conformance` with these words, on this store, without any reference.
    pub fn run(&self, words: &[&str]) -> Output {
        let mut arguments = vec!["conformance"];
        arguments.extend(words);
        arguments.extend(["--store", "evidence"]);
        if !words.contains(&"--python") {
            arguments.extend(["--python", "/nowhere/python"]);
        }
        lumen(self.folder(), &arguments)
    }

    /// The same over the packet.
    pub fn conformance(&self, words: &[&str]) -> Output {
        self.run(&[words, &["--cases", "cases"]].concat())
    }

    /// The answer of a verb as JSON, and its exit status.
    pub fn json(&self, words: &[&str]) -> (Value, i32) {
        let output = self.conformance(&[words, &["--json"]].concat());
        let answer = serde_json::from_slice(&output.stdout);
        (answer.unwrap_or_else(|error| panic!("{words:?}: {error}: {}", text(&output))), code(&output))
    }

    /// The id of the newest run.
    pub fn last_run(&self) -> String {
        let runs = std::fs::read_dir(self.folder().join("evidence/runs")).expect("there are runs");
        let names = runs.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned());
        names.max().expect("a run")
    }

    /// A program that says it is a Python with the references; none where there is no Python at all.
    pub fn fake_reference(&self) -> Option<String> {
        let script = self.folder().join("fake.py");
        let program = include_str!("fake_reference.py")
            .replace("@REQUIREMENTS@", include_str!("../../../oracle/requirements.txt"));
        std::fs::write(&script, program).expect("written");
        let python = std::process::Command::new("python3").arg("--version").output();
        if !python.is_ok_and(|python| python.status.success()) {
            eprintln!("not evaluated: there is no python3");
            return None;
        }
        let fake = self.folder().join("python");
        std::fs::write(&fake, format!("#!/bin/sh\nexec python3 '{}'\n", script.display())).expect("written");
        let mode = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(&fake, mode).expect("it is ours");
        Some(fake.to_string_lossy().into_owned())
    }
}

fn sum(id: &str, class: &str, dtype: &str, [left, right]: [Value; 2], total: Value) -> Value {
    let series = |cell: &Value| {
        json!({
            "kind": "series", "name": null, "values": {"kind": "column", "dtype": dtype, "values": [cell]},
            "index": {"kind": "index", "type": "RangeIndex", "start": 0, "stop": 1, "step": 1, "name": null},
        })
    };
    json!({
        "id": id, "op": "series.__add__", "class": class, "params": {},
        "inputs": {"self": series(&left), "other": series(&right)}, "expect": {"value": series(&total)},
        "source": {"oracle": {"name": "pandas 3.1.1", "command": "lumen conformance accept TO-001"}},
    })
}
