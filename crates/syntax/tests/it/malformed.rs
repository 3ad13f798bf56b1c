//! `cases/language/LU-002/*.lm`: every fault is reported at its line, and safe fixes mend what they promise.
//!
//! `# error: CODE` binds to its line, `# error-at LINE: CODE` to another one where a comment would be part of the
//! fault. `# fixable` in the first line: applying the safe fixes until none is left makes the text parse.

use std::path::Path;

use syntax::ast::NodeIds;
use syntax::render::apply_safe_fixes;
use syntax::{FileId, Source, parse};

fn found(text: &str) -> Vec<(usize, String)> {
    let source = Source::new("a.lm", text);
    let parse = parse(FileId(0), text, &mut NodeIds::default());
    let mut found: Vec<_> =
        parse.diagnostics.iter().map(|d| (source.line_column(d.span.start).0, d.code.to_string())).collect();
    found.sort();
    found
}

fn expected(text: &str) -> Vec<(usize, String)> {
    let mut expected = Vec::new();
    for (i, line) in text.lines().enumerate() {
        if let Some((_, code)) = line.split_once("# error: ") {
            expected.push((i + 1, code.trim().to_string()));
        }
        if let Some((_, place)) = line.split_once("# error-at ")
            && let Some((at, code)) = place.split_once(": ")
            && let Ok(at) = at.parse()
        {
            expected.push((at, code.trim().to_string()));
        }
    }
    expected.sort();
    expected
}

#[test]
fn every_fault_is_reported_at_its_line() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../cases/language/LU-002");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "lm"));
    files.sort();
    let mut wrong = String::new();
    let mut fixable = 0;
    for file in &files {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        let text = std::fs::read_to_string(file).unwrap();
        let (found, expected) = (found(&text), expected(&text));
        if found != expected || expected.len() < 3 {
            let parse = parse(FileId(0), &text, &mut NodeIds::default());
            wrong += &format!("{name}: expected {expected:?}\n  found {found:?}\n");
            for d in parse.diagnostics {
                wrong += &format!("    {:?} {} {}\n", d.span, d.code, d.message);
            }
        }
        if text.starts_with("# fixable") {
            fixable += 1;
            let mut now = text.clone();
            for _ in 0..8 {
                let parse = parse(FileId(0), &now, &mut NodeIds::default());
                now = apply_safe_fixes(FileId(0), &now, &parse.diagnostics).0;
            }
            let left = parse(FileId(0), &now, &mut NodeIds::default()).diagnostics;
            if !left.is_empty() {
                wrong += &format!("{name} is not mended:\n{now}{left:#?}\n");
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    assert!(files.len() >= 20 && fixable >= 10, "{} files, {fixable} fixable", files.len());
}
