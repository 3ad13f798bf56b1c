//! Runs the cases of `cases/language/LU-004/*.md` that have an `output` or `fault` fence.
//!
//! The fault fence holds the code and a part of the message, for example `R0101 index 3`; a case may have both.

use std::path::{Path, PathBuf};

use crate::program::{compile, run, verified};

#[derive(Default)]
struct Case {
    name: String,
    program: String,
    output: Option<String>,
    fault: Option<String>,
}

fn read_cases(text: &str) -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    let mut fence: Option<(String, String)> = None;
    for line in text.lines() {
        if let Some((tag, body)) = &mut fence {
            if !line.starts_with("```") {
                body.push_str(line);
                body.push('\n');
                continue;
            }
            if let Some(case) = cases.last_mut() {
                match tag.as_str() {
                    "output" => case.output = Some(std::mem::take(body)),
                    "fault" => case.fault = Some(body.trim().to_owned()),
                    "lumen" | "lm" => case.program.push_str(body),
                    _ => {}
                }
            }
            fence = None;
        } else if let Some(tag) = line.strip_prefix("```") {
            let tag = tag.split_whitespace().next().unwrap_or_default();
            fence = Some((tag.to_owned(), String::new()));
        } else if let Some(name) = line.strip_prefix("## ") {
            cases.push(Case { name: name.trim().to_owned(), ..Case::default() });
        }
    }
    cases
}

fn failure(case: &Case) -> Option<String> {
    let module = match compile(&case.program) {
        Ok(module) => module,
        Err(errors) => return Some(errors),
    };
    let decoded = bytecode::Module::decode(&module.encode());
    if decoded.as_ref() != Ok(&module) {
        return Some(format!("it does not survive its encoding: {:?}", decoded.err()));
    }
    let module = match verified(&case.program) {
        Ok(module) => module,
        Err(error) => return Some(error),
    };
    let ran = run(&module);
    let fault = ran.fault.as_ref().map(ToString::to_string).unwrap_or_default();
    let expected = case.fault.clone().unwrap_or_default();
    let (code, part) = expected.split_once(' ').unwrap_or((&expected, ""));
    if !fault.starts_with(code) || !fault.contains(part) || (code.is_empty() && !fault.is_empty()) {
        let stack: Vec<_> = ran.fault.iter().flat_map(|f| &f.stack).map(|f| f.cell.as_str()).collect();
        return Some(format!(
            "expected the fault `{expected}`, found `{fault}` in {stack:?}; output:\n{}",
            ran.output
        ));
    }
    match &case.output {
        Some(output) if *output != ran.output => {
            Some(format!("expected the output\n{output}found\n{}", ran.output))
        }
        _ => None,
    }
}

#[test]
fn every_case_gives_its_output() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../cases/language/LU-004");
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(&folder).expect("the cases' folder").flatten().map(|f| f.path()).collect();
    files.sort();
    let wanted = std::env::var("LUMEN_CASE").unwrap_or_default();
    let (mut count, mut failures) = (0, String::new());
    for file in files.iter().filter(|f| f.extension().is_some_and(|e| e == "md")) {
        let text = std::fs::read_to_string(file).expect("a readable case file");
        let name = file.file_stem().unwrap_or_default().to_string_lossy();
        for case in read_cases(&text).iter().filter(|c| c.output.is_some() || c.fault.is_some()) {
            if !case.name.contains(&wanted) {
                continue;
            }
            count += 1;
            if let Some(failure) = failure(case) {
                failures.push_str(&format!("--- {name}: {}\n{failure}\n", case.name));
            }
        }
    }
    assert!(failures.is_empty(), "\n{failures}");
    assert!(count > 0, "no case was run");
}
