//! The language's pages for people: every program in them does what the page says.
//!
//! A fence `lumen` is a program of its own; `lumen file=a.lm` before it is a file that it imports. Behind it `output`
//! says what it prints and `fault` how it ends; with neither it checks without a word. `lumen error=CODE,…` gives exactly
//! these, errors and warnings; `lumen skip` shows a form that is no program.

use std::path::Path;

use crate::{code, lumen, text};

struct Program {
    line: usize,
    info: String,
    files: Vec<(String, String)>,
    source: String,
    output: Option<String>,
    fault: Option<String>,
}

/// The programs of a page.
fn programs(page: &str) -> Vec<Program> {
    let mut programs: Vec<Program> = Vec::new();
    let mut files: Vec<(String, String)> = Vec::new();
    let mut open: Option<(&str, &str, usize, String)> = None;
    for (number, line) in (1..).zip(page.lines()) {
        match &mut open {
            Some((marks, info, at, body)) if line == *marks => {
                let (info, at, body) = (*info, *at, std::mem::take(body));
                open = None;
                if let Some(name) = info.strip_prefix("lumen file=") {
                    files.push((name.to_string(), body));
                } else if info == "output" || info == "fault" {
                    let last = programs.last_mut().expect("a program before its output");
                    *(if info == "output" { &mut last.output } else { &mut last.fault }) = Some(body);
                } else if info.starts_with("lumen") && info != "lumen skip" {
                    let files = std::mem::take(&mut files);
                    let info = info.to_string();
                    programs.push(Program { line: at, info, files, source: body, output: None, fault: None });
                }
            }
            Some((.., body)) => {
                body.push_str(line);
                body.push('\n');
            }
            None if line.starts_with("```") => {
                let info = line.trim_start_matches('`');
                open = Some((&line[..line.len() - info.len()], info, number, String::new()));
            }
            None => {}
        }
    }
    programs
}

/// The codes in a tool's words: `error[E0200]`.
fn codes(said: &str) -> Vec<String> {
    let coded =
        |rest: &str| rest.split_once(']').map(|(code, _)| code.to_string()).filter(|code| code.len() == 5);
    let mut codes: Vec<String> = ["error[", "warning[", "fault["]
        .iter()
        .flat_map(|kind| said.split(kind).skip(1).filter_map(coded))
        .collect();
    codes.sort();
    codes.dedup();
    codes
}

/// What is wrong with a program, if anything.
fn judge(program: &Program) -> Option<String> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let main = ("main.lm".to_string(), program.source.clone());
    for (name, content) in program.files.iter().chain([&main]) {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().expect("it has a folder")).expect("a folder");
        std::fs::write(path, content).expect("written");
    }
    if let Some(expected) = program.info.strip_prefix("lumen error=") {
        let found = codes(&text(&lumen(folder.path(), &["check", "main.lm"])));
        let expected: Vec<String> = expected.split(',').map(str::to_string).collect();
        return (found != expected).then(|| format!("it gives {found:?}, and should give {expected:?}"));
    }
    if program.output.is_none() && program.fault.is_none() {
        let checked = lumen(folder.path(), &["check", "main.lm"]);
        let found = codes(&text(&checked));
        return (code(&checked) != 0 || !found.is_empty())
            .then(|| format!("it does not check:\n{}", text(&checked)));
    }
    let ran = lumen(folder.path(), &["run", "--no-record", "main.lm"]);
    let said = String::from_utf8_lossy(&ran.stdout).into_owned();
    let expected = program.output.as_deref().unwrap_or_default();
    if said.trim_end() != expected.trim_end() {
        return Some(format!(
            "it prints\n{said}\nand not\n{expected}\n{}",
            String::from_utf8_lossy(&ran.stderr)
        ));
    }
    match &program.fault {
        None => (code(&ran) != 0).then(|| format!("it ends with {}: {}", code(&ran), text(&ran))),
        Some(fault) => {
            let (wanted, part) = fault.trim().split_once(' ').unwrap_or((fault.trim(), ""));
            let words = text(&ran);
            (code(&ran) != 6 || !words.contains(&format!("[{wanted}]")) || !words.contains(part))
                .then(|| format!("it should end with {fault}:\n{words}"))
        }
    }
}

fn hold(page: &str, least: usize) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(page);
    let content = std::fs::read_to_string(path).expect("the page is there");
    let programs = programs(&content);
    assert!(programs.len() >= least, "only {} programs were read", programs.len());
    let wrong: Vec<String> = programs
        .iter()
        .filter_map(|program| judge(program).map(|why| format!("{page}:{}: {why}", program.line)))
        .collect();
    assert!(wrong.is_empty(), "{} programs are wrong\n{}", wrong.len(), wrong.join("\n\n"));
}

#[test]
fn every_example_of_the_standard_library_prints_what_its_page_says() {
    hold("builtins.md", 160);
}

#[test]
fn every_program_of_the_language_s_page_does_what_it_says() {
    hold("language.md", 50);
}
