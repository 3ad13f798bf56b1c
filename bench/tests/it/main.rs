//! Measured programs are programs: each one parses and types without a word of complaint.

use checker::Program;
use std::path::Path;
use syntax::ast::NodeIds;
use syntax::{FileId, Source};

#[test]
fn every_measured_program_checks() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("programs");
    let entries = std::fs::read_dir(&folder).unwrap();
    let mut programs: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    programs.retain(|path| path.extension().is_some_and(|ending| ending == "lm"));
    programs.sort();
    assert!(programs.len() >= 9, "only {} programs", programs.len());
    for path in programs {
        let complaints = complaints(&path);
        assert!(complaints.is_empty(), "{complaints}");
        for peer in ["py", "lua", "js"] {
            assert!(path.with_extension(peer).is_file(), "{} has no peer in {peer}", path.display());
        }
    }
}

/// What parser and checker say about a program, as a person would read it.
fn complaints(path: &Path) -> String {
    let text = std::fs::read_to_string(path).unwrap();
    let mut ids = NodeIds::default();
    let parse = syntax::parse(FileId(0), &text, &mut ids);
    let checked = checker::check(&Program { strict: true, ..Program::new(&[parse.module], ids.len()) });
    let found: Vec<_> = parse.diagnostics.into_iter().chain(checked.diagnostics).collect();
    syntax::render::terminal(&found, &[Source::new(path.display().to_string(), text)], false, 100)
}

#[test]
fn a_faulty_program_is_complained_about() {
    let scratch = tempfile::tempdir().unwrap();
    let path = scratch.path().join("faulty.lm");
    std::fs::write(&path, "cell main()\n  print(missing)\nend\n").unwrap();
    assert!(complaints(&path).contains("missing"));
}
