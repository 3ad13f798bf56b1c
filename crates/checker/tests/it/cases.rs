//! Runs the checker's cases, `cases/language/LU-003/*.md`.
//!
//! A `##` section is a case, its `lumen` fences one program; those with `file=a/b.lm` are files that it imports.
//! `# error: CODE "part of the message"`, `# warning: …` and `# revealed: T` bind to their line. Every diagnostic must be
//! expected and every expectation met. A case that expects nothing fails, unless it has an `output` or `fault` fence,
//! which the program must then be fit to produce. Cases with a `formatted` fence are the formatter's.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use checker::Program;
use syntax::ast::NodeIds;
use syntax::{Diagnostic, FileId, Severity, Source};

#[derive(Debug, Default)]
struct Case {
    name: String,
    source: String,
    /// The root file's text.
    program: String,
    /// Imported files, in the order of their fences: they come before what imports them.
    files: Vec<(String, String)>,
    /// Whether another fence says what running it gives.
    runs: bool,
    /// It is about the text's form, and need not mean anything.
    form: bool,
}

#[derive(Debug, PartialEq)]
struct Expected {
    file: usize,
    line: usize,
    kind: &'static str,
    code: String,
    part: String,
}

fn read_cases(text: &str) -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    let mut fence: Option<(String, String, String)> = None;
    for line in text.lines() {
        if let Some((marks, tag, body)) = &mut fence {
            if line == marks {
                if let Some(case) = cases.last_mut() {
                    if let Some(file) = tag.strip_prefix("lumen file=") {
                        case.files.push((file.to_string(), std::mem::take(body)));
                    } else if matches!(tag.as_str(), "lumen" | "lm") {
                        case.program.push_str(body);
                    } else {
                        case.runs |= matches!(tag.as_str(), "output" | "fault");
                        case.form |= tag == "formatted";
                    }
                }
                fence = None;
            } else {
                body.push_str(line);
                body.push('\n');
            }
        } else if line.starts_with("```") {
            let tag = line.trim_start_matches('`');
            let marks = line[..line.len() - tag.len()].to_string();
            fence = Some((marks, tag.trim().to_string(), String::new()));
        } else if let Some(name) = line.strip_prefix("## ") {
            cases.push(Case { name: name.trim().to_string(), ..Case::default() });
        } else if let (Some(source), Some(case)) = (line.strip_prefix("Source: "), cases.last_mut()) {
            case.source = source.trim().to_string();
        }
    }
    cases
}

fn expectations(file: usize, program: &str) -> Vec<Expected> {
    let mut found = Vec::new();
    for (index, line) in program.lines().enumerate() {
        let mut rest = line;
        while let Some(at) = rest.find("# ") {
            rest = &rest[at + 2..];
            for kind in ["error", "warning", "revealed"] {
                let Some(text) = rest.strip_prefix(kind).and_then(|r| r.strip_prefix(": ")) else {
                    continue;
                };
                let text = text.split(" # ").next().unwrap_or(text).trim();
                let (code, part) = match kind {
                    "revealed" => ("W0200".to_string(), format!("The type here is {text}.")),
                    _ => {
                        let (code, part) = text.split_once(' ').unwrap_or((text, ""));
                        (code.to_string(), part.trim().trim_matches('"').to_string())
                    }
                };
                found.push(Expected { file, line: index + 1, kind, code, part });
            }
        }
    }
    found
}

pub fn diagnostics(program: &str) -> Vec<Diagnostic> {
    diagnostics_of(&[("main.lm", program)])
}

/// Of a program of several files, the root last; `a/b.lm` is imported as `a.b`.
fn diagnostics_of(files: &[(&str, &str)]) -> Vec<Diagnostic> {
    let mut ids = NodeIds::default();
    let (mut all, mut modules, mut imports) = (Vec::new(), Vec::new(), HashMap::new());
    for (index, (_, text)) in files.iter().enumerate() {
        let file = FileId(index as u32);
        let parse = syntax::parse(file, text, &mut ids);
        all.extend(parse.diagnostics);
        modules.push(parse.module);
        for (other, (name, _)) in files.iter().enumerate() {
            let path = name.trim_end_matches(".lm").replace('/', ".");
            imports.insert((file, path), FileId(other as u32));
        }
    }
    let checked = checker::check(&Program {
        modules: &modules,
        imports,
        bindings: &[],
        inputs: Vec::new(),
        grants: Vec::new(),
        schemas: HashMap::new(),
        node_count: ids.len(),
        strict: false,
    });
    all.extend(checked.diagnostics);
    all
}

fn kind_of(diagnostic: &Diagnostic) -> &'static str {
    match (diagnostic.severity, diagnostic.code) {
        (_, "W0200") => "revealed",
        (Severity::Error, _) => "error",
        (Severity::Warning, _) => "warning",
    }
}

fn failures(case: &Case) -> Vec<String> {
    let mut failures = Vec::new();
    if !["spec", "hand", "oracle"].iter().any(|s| case.source.starts_with(s)) {
        failures.push(format!("source is `{}`, not spec, hand or oracle", case.source));
    }
    let mut files: Vec<(&str, &str)> =
        case.files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    files.push(("main.lm", &case.program));
    let mut expected: Vec<Expected> =
        files.iter().enumerate().flat_map(|(file, (_, text))| expectations(file, text)).collect();
    if expected.is_empty() && !case.runs {
        failures.push("it expects nothing".to_string());
    }
    for diagnostic in diagnostics_of(&files) {
        let file = diagnostic.span.file.0 as usize;
        let text = files.get(file).map_or("", |(_, text)| text);
        let (line, _) = Source::new("case", text).line_column(diagnostic.span.start);
        let kind = kind_of(&diagnostic);
        let matched = expected.iter().position(|e| {
            e.file == file && e.line == line && e.kind == kind && e.code == diagnostic.code && {
                let help = diagnostic.help.as_deref().unwrap_or("");
                diagnostic.message.contains(&e.part) || (kind != "revealed" && help.contains(&e.part))
            }
        });
        match matched {
            Some(place) => {
                expected.remove(place);
            }
            // A program that only runs may have warnings that are not its subject.
            None if case.runs && diagnostic.severity == Severity::Warning => {}
            None => failures.push(format!(
                "line {line}: unexpected {kind} {} {}{}",
                diagnostic.code,
                diagnostic.message,
                diagnostic.help.map(|h| format!(" [{h}]")).unwrap_or_default()
            )),
        }
    }
    failures
        .extend(expected.iter().map(|e| format!("line {}: no {} {} \"{}\"", e.line, e.kind, e.code, e.part)));
    failures
}

fn case_files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../cases/language/LU-003");
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .map(|entries| {
            entries.flatten().map(|e| e.path()).filter(|p| p.extension().is_some_and(|e| e == "md")).collect()
        })
        .unwrap_or_default();
    files.sort();
    files
}

/// The programs of all cases.
pub fn programs() -> Vec<String> {
    let texts = case_files().into_iter().map(|file| std::fs::read_to_string(file).unwrap_or_default());
    texts.flat_map(|text| read_cases(&text)).map(|case| case.program).collect()
}

#[test]
fn every_language_case_holds() {
    let (mut count, mut failed) = (0, Vec::new());
    for file in case_files() {
        let name = file.file_name().unwrap_or_default().to_string_lossy().to_string();
        let text = std::fs::read_to_string(&file).unwrap_or_default();
        let cases = read_cases(&text);
        if cases.is_empty() {
            failed.push(format!("{name}: no cases"));
        }
        for case in cases.into_iter().filter(|case| !case.form) {
            count += 1;
            for failure in failures(&case) {
                failed.push(format!("{name}, {}: {failure}", case.name));
            }
        }
    }
    assert!(failed.is_empty(), "{} failures:\n{}", failed.len(), failed.join("\n"));
    assert!(count > 0, "no cases were found");
}

#[test]
fn the_runner_sees_what_is_wrong() {
    let case = |program: &str| Case {
        name: "planted".to_string(),
        source: "hand".to_string(),
        program: program.to_string(),
        ..Case::default()
    };
    assert_eq!(failures(&case("let x = 1\n")), ["it expects nothing"]);
    assert_eq!(failures(&case("reveal(1) # revealed: Float\n")).len(), 2);
    assert_eq!(failures(&case("let x: Int = \"a\"\nreveal(x) # revealed: Int\n")).len(), 1);
    assert_eq!(failures(&case("reveal(1) # revealed: Int\n")), [""; 0]);
    assert_eq!(failures(&case("reveal(1) # revealed: Int\nreveal(1) # error: E0200 \"x\"\n")).len(), 2);
}
