//! Damaged programs: the checker says something or nothing, but never panics.

use std::path::Path;

use checker::Program;
use syntax::ast::NodeIds;
use syntax::{Diagnostic, FileId};

fn diagnostics(program: &str) -> Vec<Diagnostic> {
    let mut ids = NodeIds::default();
    let parse = syntax::parse(FileId(0), program, &mut ids);
    let modules = [parse.module];
    let checked = checker::check(&Program::new(&modules, ids.len()));
    parse.diagnostics.into_iter().chain(checked.diagnostics).collect()
}

/// The programs of the checker's cases, `cases/language/LU-003/*.md`.
fn programs() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../cases/language/LU-003");
    let files = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut files: Vec<_> = files.filter(|path| path.extension().is_some_and(|e| e == "md")).collect();
    files.sort();
    let mut programs = Vec::new();
    for text in files.into_iter().map(|file| std::fs::read_to_string(file).unwrap_or_default()) {
        let document = syntax::parse_document(FileId(0), &text, false, &mut NodeIds::default());
        let code =
            document.fences.iter().filter_map(|f| text.get(f.code.start as usize..f.code.end as usize));
        programs.extend(code.map(str::to_string));
    }
    programs
}

/// A small generator with a fixed start, so that a failure comes again.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % sides.max(1) as u64) as usize
    }
}

fn words(text: &str) -> Vec<&str> {
    text.split_inclusive(|c: char| !c.is_alphanumeric() && c != '_').collect()
}

/// Whether a piece starts with a name or number, which another may stand in for.
fn is_name(piece: &str) -> bool {
    let name = piece.trim_end_matches(|c: char| !c.is_alphanumeric() && c != '_');
    !name.is_empty() && !syntax::KEYWORDS.contains(&name) && name != "end"
}

/// The piece with another's name and its own mark behind it.
fn renamed(piece: &str, other: &str) -> String {
    let mark = piece.trim_start_matches(|c: char| c.is_alphanumeric() || c == '_');
    let name = other.trim_end_matches(|c: char| !c.is_alphanumeric() && c != '_');
    format!("{name}{mark}")
}

/// Names and numbers change places; the form of the program stays, so that the damage reaches the checker.
#[test]
fn no_damage_to_a_program_makes_the_checker_panic() {
    let all = programs();
    assert!(all.len() > 10, "only {} programs", all.len());
    let spare: Vec<&str> = all.iter().flat_map(|p| words(p)).filter(|w| is_name(w)).collect();
    let mut dice = Dice(0x9E37_79B9_7F4A_7C15);
    for program in &all {
        let mut parts: Vec<String> = words(program).into_iter().map(str::to_string).collect();
        let names: Vec<usize> = (0..parts.len()).filter(|i| is_name(&parts[*i])).collect();
        if names.is_empty() {
            continue;
        }
        for _ in 0..12 {
            let at = names[dice.roll(names.len())];
            parts[at] = renamed(&parts[at], spare[dice.roll(spare.len())]);
            diagnostics(&parts.concat());
        }
    }
}

#[test]
fn long_chains_and_deep_nesting_are_reported_not_run_into() {
    let mut chain = String::new();
    for i in 0..2_000 {
        chain.push_str(&format!("cell f{i}() = f{}()\n", i + 1));
    }
    chain.push_str("cell f2000() = 1\nlet x = f0()\n");
    let found = diagnostics(&chain);
    assert!(found.iter().any(|d| d.code == "E0500"), "{:?}", found.first());
    let sum = format!("let x = {}1\n", "1 + ".repeat(3_000));
    diagnostics(&sum);
    let nested = format!("let x = {}1{}\n", "[".repeat(500), "]".repeat(500));
    assert!(!diagnostics(&nested).is_empty());
}
