//! What the checker says of generics, to the byte: `cases/language` holds code and line, here the span and the whole
//! message count too.

use std::path::Path;

use checker::Program;
use syntax::FileId;
use syntax::ast::NodeIds;

/// The programs of a file of cases, by title.
fn programs(name: &str) -> Vec<(String, String)> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../cases/language").join(name);
    let text = std::fs::read_to_string(path).expect("the cases are there");
    let sections = text.split("\n## ").skip(1);
    let program = |section: &str| {
        let (title, rest) = section.split_once('\n')?;
        let code = rest.split_once("```lumen\n")?.1.split_once("```")?.0;
        Some((title.to_string(), code.to_string()))
    };
    sections.map(|section| program(section).expect("a section holds a program")).collect()
}

/// Code, message and the text that it is about, in the order of the text.
fn found(text: &str) -> Vec<(usize, String, String, String)> {
    let mut ids = NodeIds::default();
    let parse = syntax::parse(FileId(0), text, &mut ids);
    assert!(parse.diagnostics.is_empty(), "{:?}", parse.diagnostics);
    let modules = [parse.module];
    let program = Program::new(&modules, ids.len());
    let shown = |found: &syntax::Diagnostic| {
        let (start, end) = (found.span.start as usize, found.span.end as usize);
        let line = text[..start].matches('\n').count();
        (line, found.code.to_string(), found.message.clone(), text[start..end].to_string())
    };
    checker::check(&program).diagnostics.iter().filter(|found| found.is_error()).map(shown).collect()
}

#[test]
fn what_is_refused_is_refused_with_these_words_at_this_place() {
    let programs = programs("LU-003/generics.md");
    assert!(programs.len() >= 30, "{}", programs.len());
    for (title, text) in programs {
        let lines: Vec<&str> = text.lines().collect();
        let mut expected = Vec::new();
        for (number, line) in lines.iter().enumerate() {
            let Some((_, said)) = line.split_once("# error: ") else { continue };
            let (code, message) = said.split_once(' ').expect("a code and a message");
            let message = message.trim_matches('"').replace("\\\"", "\"");
            let span = lines.get(number + 1).and_then(|next| next.strip_prefix("# span: "));
            let span = span.unwrap_or_else(|| panic!("{title}: no `# span:` below the error"));
            expected.push((number, code.to_string(), message, span.to_string()));
        }
        assert_eq!(found(&text), expected, "{title}");
    }
}

#[test]
fn what_runs_is_checked_without_a_word() {
    let programs = programs("LU-004/generics.md");
    assert!(programs.len() >= 30, "{}", programs.len());
    for (title, text) in programs {
        assert_eq!(found(&text), [], "{title}");
    }
}
