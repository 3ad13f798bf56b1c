//! `lumen docs`: every name that the language knows can be asked about.

use std::path::Path;

use serde_json::Value;

use crate::{code, lumen, text};

fn docs(args: &[&str]) -> (i32, String) {
    let output = lumen(Path::new("."), &[&["docs"], args].concat());
    (code(&output), text(&output))
}

fn json(args: &[&str]) -> Value {
    let output = lumen(Path::new("."), &[&["docs", "--json"], args].concat());
    serde_json::from_slice(&output.stdout).expect("JSON")
}

#[test]
fn a_name_is_told_by_its_forms() {
    let (status, said) = docs(&["contains"]);
    assert_eq!(status, 0, "{said}");
    for part in
        ["builtin contains", "contains(s: String, t: String) -> Bool", "also: has", "Example:\n", "Prints:\n"]
    {
        assert!(said.contains(part), "no {part} in\n{said}");
    }
    let (_, read) = docs(&["read_text"]);
    assert!(read.contains("needs a grant of: fs.read"), "{read}");
    assert!(docs(&["has"]).1.contains("builtin contains"), "an alias means the same");
    let (_, mean) = docs(&["mean"]);
    for of in ["Frame.mean", "Series.mean", "Tensor.mean"] {
        assert!(mean.contains(&format!("method {of}")), "no {of} in\n{mean}");
    }
    let (_, frame) = docs(&["Frame"]);
    assert!(frame.contains("type Frame") && frame.contains("groupby"), "{frame}");
    assert!(docs(&["nn"]).1.contains("Linear"));
    assert!(docs(&["e0200"]).1.contains("# E0200"), "a code is its page");
}

#[test]
fn an_unknown_name_gets_the_nearest_one() {
    for (asked, near) in [("uper", "upper"), ("Frme", "Frame"), ("gruopby", "groupby"), ("E06066", "E0606")] {
        let (status, said) = docs(&[asked]);
        assert!(status == 2 && said.contains(&format!("Did you mean `{near}`?")), "{asked}: {said}");
    }
    let failed = json(&["zzzzzz"]);
    assert_eq!((&failed["schema"], &failed["exit"]), (&"lumen.error.1".into(), &2.into()));
}

#[test]
fn every_name_that_is_listed_is_known() {
    let listed = json(&[]);
    let names: Vec<&str> =
        listed["names"].as_array().expect("a list").iter().filter_map(Value::as_str).collect();
    assert!(names.len() > 400, "only {} names", names.len());
    // A sample that differs in kind; all of them are one process each.
    for name in names.iter().step_by(names.len() / 40) {
        let found = json(&[name]);
        let first = &found["found"][0];
        assert!(first["kind"].is_string(), "{name}: {found}");
        let told = ["signatures", "members"]
            .iter()
            .any(|part| first[part].as_array().is_some_and(|list| !list.is_empty()));
        assert!(
            told || ["keyword", "type", "code"].contains(&first["kind"].as_str().unwrap_or("")),
            "{found}"
        );
    }
}
