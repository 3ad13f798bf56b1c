//! Each page's first example gives the code, its second does not.

use std::collections::BTreeSet;
use std::path::Path;

use crate::cases::{diagnostics_of, document_diagnostics};

/// The fences of a page: what follows the marks, and the text.
fn fences(page: &str) -> Vec<(String, String)> {
    let mut fences = Vec::new();
    let mut open: Option<(String, String, String)> = None;
    for line in page.lines() {
        match &mut open {
            Some((marks, _, _)) if line == marks => {
                fences.extend(open.take().map(|(_, tag, body)| (tag, body)));
            }
            Some((_, _, body)) => {
                body.push_str(line);
                body.push('\n');
            }
            None if line.starts_with("```") => {
                let tag = line.trim_start_matches('`');
                let marks = line[..line.len() - tag.len()].to_string();
                open = Some((marks, tag.to_string(), String::new()));
            }
            None => {}
        }
    }
    fences
}

/// What the checker says of an example: a document, or a program of one file or several.
fn found(example: &str) -> Vec<String> {
    let fences = fences(example);
    assert!(!fences.is_empty(), "no example");
    let diagnostics = match fences.iter().find(|(tag, _)| tag == "markdown") {
        Some((_, text)) => document_diagnostics(text),
        None => {
            let files: Vec<(&str, &str)> = fences
                .iter()
                .map(|(tag, text)| (tag.strip_prefix("lumen file=").unwrap_or("main.lm"), text.as_str()))
                .collect();
            diagnostics_of(&files)
        }
    };
    diagnostics.into_iter().map(|d| format!("{} {}", d.code, d.message)).collect()
}

#[test]
fn every_page_shows_its_code_and_how_to_avoid_it() {
    let mut wrong = Vec::new();
    for code in checker::explained() {
        let page = checker::explain(code).unwrap_or("");
        let Some((bad, good)) = page.split_once("\nInstead:\n") else {
            wrong.push(format!("{code}: its page has not two examples"));
            continue;
        };
        let given = found(bad);
        if given.is_empty() || !given.iter().all(|f| f.starts_with(code)) {
            wrong.push(format!("{code}: its example gives {given:?}"));
        }
        let left = found(good);
        if !left.is_empty() {
            wrong.push(format!("{code}: its correction gives {left:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Too long to show on a page.
const ELSEWHERE: &[&str] = &["E0500"];

#[test]
fn every_code_of_the_checker_has_a_page() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut codes = BTreeSet::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let text = std::fs::read_to_string(entry.path()).unwrap_or_default();
        for (at, _) in text.match_indices('"') {
            let (Some(code), Some(end)) = (text.get(at + 1..at + 6), text.get(at + 6..at + 7)) else {
                continue;
            };
            let digits = code.get(1..).is_some_and(|d| d.bytes().all(|b| b.is_ascii_digit()));
            if end == "\"" && digits && (code.starts_with('E') || code.starts_with('W')) {
                codes.insert(code.to_string());
            }
        }
    }
    assert!(codes.len() > 30, "only {} codes were found", codes.len());
    let pages: BTreeSet<String> = checker::explained().map(str::to_string).collect();
    let missing: Vec<&String> =
        codes.iter().filter(|c| !pages.contains(*c) && !ELSEWHERE.contains(&c.as_str())).collect();
    assert!(missing.is_empty(), "no page explains {missing:?}");
    let stale: Vec<&String> = pages.iter().filter(|c| !codes.contains(*c)).collect();
    assert!(stale.is_empty(), "nothing gives {stale:?}");
}
