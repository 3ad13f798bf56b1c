//! Each code that the tool can give has a page, whose first example gives the code and whose second does not.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::{code, lumen, text};

/// Codes whose examples show what to type and not what gives them.
const NOT_RUN: &[(&str, &str)] = &[
    ("E0016", "its example is too long for a page; the parser's tests have it"),
    ("E0500", "its example is too long for a page; the checker's tests have it"),
    ("E0700", "only a variable of the environment or a choice within `conformance` gives it"),
    (
        "R0821",
        "only a state that a run before wrote with another type gives it; the recorder's tests have it",
    ),
    (
        "R0714",
        "only a machine without Python or without a layer of the sandbox gives it; the tests of Python cells have it",
    ),
    ("R0801", "only an altered log diverges"),
    ("R0802", "a test that fails says it; the tests of `lumen test` have it"),
    ("R0803", "only a killed run has an effect without an outcome"),
    ("R0804", "only a client of `lumen serve` ends a run early; the tests of `serve` have it"),
    ("R0810", "only a failing disk gives it"),
    ("R0811", "only damaged bytes give it; the tests of damage have it"),
    ("R0812", "only another release comes out otherwise"),
    ("R0813", "only a failing disk gives it"),
    ("R0814", "only a newer release writes it"),
    ("R0999", "only a defect gives it"),
];

/// `exit(code)` ends a run by the one; the recorder answers the other, a value without bytes, by naming what made it.
const NEVER_SHOWN: &[&str] = &["R0000", "R0906"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// What a page's folder has, by name.
fn pages() -> Vec<(String, String)> {
    let mut pages: Vec<(String, String)> = std::fs::read_dir(root().join("docs/errors"))
        .expect("the pages are there")
        .flatten()
        .map(|entry| {
            let name = entry.file_name().to_string_lossy().replace(".md", "");
            (name, std::fs::read_to_string(entry.path()).expect("a page is UTF-8"))
        })
        .collect();
    pages.sort();
    pages
}

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

/// The codes that an example gives: its fences are files of one folder, in which its commands run. Without any, the
/// program is run where the page explains a fault, and else checked.
fn given(page: &str, example: &str) -> BTreeSet<String> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut program = "main.lm";
    let mut commands = Vec::new();
    for (tag, body) in fences(example) {
        let name = match tag.split_once(" file=") {
            Some((_, name)) => name,
            None if tag == "console" => {
                commands.extend(body.lines().filter_map(|l| l.strip_prefix("$ lumen ")).map(str::to_string));
                continue;
            }
            None if tag == "markdown" => {
                program = "main.lm.md";
                program
            }
            None => "main.lm",
        };
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().expect("it has a folder")).expect("a folder");
        // A page shows the byte that no text can hold.
        std::fs::write(path, body.replace('␀', "\0")).expect("written");
    }
    if commands.is_empty() {
        let verb = if page.starts_with('R') { "run" } else { "check" };
        commands.push(format!("{verb} {program}"));
    }
    let mut said = String::new();
    for command in commands {
        let output = lumen(folder.path(), &command.split(' ').collect::<Vec<_>>());
        said = text(&output);
        assert!(matches!(code(&output), 0 | 1 | 2 | 6 | 7), "{page}: `lumen {command}` says\n{said}");
    }
    // Codes stand in brackets: `error[E0200]`, `fault[R0101]`.
    said.match_indices('[').filter_map(|(at, _)| coded(said.get(at + 1..)?, "]")).collect()
}

/// The code that a text starts with, if `end` follows it.
fn coded(text: &str, end: &str) -> Option<String> {
    let (code, rest) = text.split_at_checked(5)?;
    let (kind, digits) = code.split_at_checked(1)?;
    let is_code = matches!(kind, "E" | "W" | "R") && digits.bytes().all(|b| b.is_ascii_digit());
    (is_code && rest.starts_with(end)).then(|| code.to_string())
}

#[test]
fn every_page_shows_its_code_and_how_to_avoid_it() {
    let mut wrong = Vec::new();
    for (page, content) in pages() {
        if NOT_RUN.iter().any(|(code, _)| *code == page) {
            continue;
        }
        let Some((bad, good)) = content.split_once("\nInstead:\n") else {
            wrong.push(format!("{page}: it has not two examples"));
            continue;
        };
        let mut found = given(&page, bad);
        if page.starts_with('R') {
            // The checker may have warned of what then happens.
            found.retain(|code| !code.starts_with('W'));
        }
        if !found.iter().eq([&page]) {
            wrong.push(format!("{page}: its example gives {found:?}"));
        }
        let left = given(&page, good);
        if !left.is_empty() {
            wrong.push(format!("{page}: its correction gives {left:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The codes that stand as literals in the sources below a folder, but for unit tests.
fn codes_below(folder: &Path, codes: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).expect("listed").flatten() {
        let path = entry.path();
        let name = entry.file_name().to_string_lossy().into_owned();
        if path.is_dir() {
            codes_below(&path, codes);
        } else if name.ends_with(".rs") && name != "tests.rs" && name != "explain.rs" {
            let source = std::fs::read_to_string(&path).expect("a source is UTF-8");
            let shown = source.split("#[cfg(test)]\nmod tests {").next().unwrap_or("");
            codes.extend(shown.match_indices('"').filter_map(|(at, _)| coded(shown.get(at + 1..)?, "\"")));
        }
    }
}

#[test]
fn every_code_has_a_page_and_every_page_a_code() {
    let mut codes = BTreeSet::new();
    for entry in std::fs::read_dir(root().join("crates")).expect("listed").flatten() {
        codes_below(&entry.path().join("src"), &mut codes);
    }
    for never in NEVER_SHOWN {
        assert!(codes.remove(*never), "{never} is gone");
    }
    assert!(codes.len() > 90, "only {} codes were found", codes.len());
    let pages: BTreeSet<String> = pages().into_iter().map(|(name, _)| name).collect();
    assert_eq!(pages.difference(&codes).collect::<Vec<_>>(), Vec::<&String>::new(), "nothing gives these");
    assert_eq!(codes.difference(&pages).collect::<Vec<_>>(), Vec::<&String>::new(), "no page explains these");
}

/// A text without the places where its lines end.
fn words(text: &str) -> Vec<&str> {
    text.split_whitespace().collect()
}

#[test]
fn every_page_is_what_explain_prints() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let missing: Vec<String> = pages()
        .into_iter()
        .filter(|(code, page)| words(&text(&lumen(folder.path(), &["explain", code]))) != words(page))
        .map(|(code, _)| code)
        .collect();
    assert!(missing.is_empty(), "`lumen explain` does not know {missing:?}");
}

#[test]
fn an_unknown_code_gets_the_nearest_one() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let near = lumen(folder.path(), &["explain", "e06066"]);
    assert_eq!(code(&near), 2);
    assert!(text(&near).contains("Did you mean `E0606`?"), "{}", text(&near));
    let far = lumen(folder.path(), &["explain", "nonsense"]);
    assert_eq!(code(&far), 2);
    assert!(text(&far).contains("help:"), "{}", text(&far));
}
