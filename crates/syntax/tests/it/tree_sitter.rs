//! The grammar for tree-sitter: it has the language's own keywords, and takes every program of the cases that the parser
//! takes.
//!
//! `LUMEN_UPDATE=1` writes the keywords. The rest asks `tree-sitter`, Node.js and a C compiler; where one is absent it is
//! *not evaluated*, and with `LUMEN_TOOLS_REQUIRED` a failure.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use syntax::ast::NodeIds;
use syntax::{FileId, KEYWORDS, parse, parse_document};

/// What the grammar is generated from, by its place in the project.
const SOURCES: &[&str] = &[
    "crates/syntax/operators.json",
    "editors/tree-sitter/grammar.js",
    "editors/tree-sitter/tree-sitter.json",
    "editors/tree-sitter/queries/highlights.scm",
    "editors/tree-sitter/src/keywords.h",
    "editors/tree-sitter/src/scanner.c",
];

fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

#[test]
fn the_keywords_are_the_languages() {
    let path = project().join("editors/tree-sitter/src/keywords.h");
    let mut made = String::from(
        "// The words that are never names, except after a dot; written by a test from the language's own table.\n\
         static const char *const KEYWORDS[] = {\n",
    );
    for word in KEYWORDS {
        writeln!(made, "    \"{word}\",").expect("a text takes more");
    }
    made.push_str("};\n");
    if std::env::var_os("LUMEN_UPDATE").is_some_and(|value| value == "1") {
        fs::write(&path, &made).expect("the keywords are written");
        return;
    }
    let kept = fs::read_to_string(&path).expect("the keywords are there");
    assert!(
        made == kept,
        "`LUMEN_UPDATE=1 cargo test -p syntax --test it tree_sitter::` writes {}",
        path.display()
    );
}

/// The grammar in a folder of its own, generated.
struct Grammar {
    root: PathBuf,
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

impl Grammar {
    fn generate() -> Option<Grammar> {
        if !["tree-sitter", "node", "cc"].into_iter().all(testkit::programs::has) {
            return None;
        }
        let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("tree-sitter");
        if root.exists() {
            fs::remove_dir_all(&root).expect("what an earlier test left is removed");
        }
        for name in SOURCES {
            let to = root.join(name);
            fs::create_dir_all(to.parent().expect("a file lies in a folder")).expect("the folder is made");
            fs::copy(project().join(name), to).expect("the source is copied");
        }
        let grammar = Grammar { root };
        let output = grammar.ask(&["generate"]);
        assert!(output.status.success(), "{}", said(&output));
        Some(grammar)
    }

    fn ask(&self, args: &[&str]) -> Output {
        Command::new("tree-sitter")
            .args(args)
            .current_dir(self.root.join("editors/tree-sitter"))
            // The parser that it compiles stays in the folder.
            .env("TREE_SITTER_LIBDIR", self.root.join("compiled"))
            .env("TREE_SITTER_DIR", &self.root)
            .output()
            .expect("tree-sitter starts")
    }

    /// Whether all texts parse without an error, and what is said of those that do not.
    fn parse<'a>(&self, texts: impl Iterator<Item = (String, &'a str)>) -> Output {
        let folder = self.root.join("texts");
        fs::create_dir_all(&folder).expect("the folder is made");
        let mut paths = String::new();
        for (name, text) in texts {
            let path = folder.join(name);
            fs::write(&path, text).expect("the text is written");
            writeln!(paths, "{}", path.display()).expect("a text takes more");
        }
        let list = self.root.join("paths");
        fs::write(&list, paths).expect("the list is written");
        self.ask(&["parse", "--quiet", "--stat", "--paths", &list.display().to_string()])
    }
}

/// The programs in the files of cases, by file and line, that the parser takes.
fn programs() -> Vec<(String, String)> {
    let mut programs = Vec::new();
    let folder = project().join("cases/language");
    let mut packets: Vec<PathBuf> =
        fs::read_dir(&folder).expect("the cases are there").flatten().map(|entry| entry.path()).collect();
    packets.sort();
    for packet in packets {
        let mut files: Vec<PathBuf> = fs::read_dir(&packet)
            .expect("a packet is a folder")
            .flatten()
            .map(|entry| entry.path())
            .collect();
        files.sort();
        for file in files.iter().filter(|file| file.extension().is_some_and(|ending| ending == "md")) {
            let text = fs::read_to_string(file).expect("the cases are text");
            let name = file.strip_prefix(&folder).expect("a file of the folder").display().to_string();
            let document = parse_document(FileId(0), &text, false, &mut NodeIds::default());
            for fence in &document.fences {
                let code = &text[fence.code.start as usize..fence.code.end as usize];
                let parsed = parse(FileId(0), code, &mut NodeIds::default());
                if !parsed.diagnostics.iter().any(|found| found.is_error()) {
                    let line = text[..fence.code.start as usize].lines().count() + 1;
                    programs.push((format!("{}-{line}.lm", name.replace('/', "-")), code.to_string()));
                }
            }
        }
    }
    programs
}

#[test]
fn every_program_of_the_cases_parses() {
    let Some(grammar) = Grammar::generate() else { return };
    let programs = programs();
    let output = grammar.parse(programs.iter().map(|(name, code)| (name.clone(), code.as_str())));
    assert!(output.status.success(), "{}", said(&output));
    assert!(!programs.is_empty());
    let all = format!("Total parses: {0}; successful parses: {0}; failed parses: 0", programs.len());
    assert!(said(&output).contains(&all), "expected `{all}` in {}", said(&output));
    println!("{} programs parse", programs.len());
    let faulty = ["let = 1", "if a\n  b", "f(1", "let x = 1 2", "let x = 1\nend", "match x\n  1 -> 2"];
    for text in faulty {
        let output = grammar.parse([("faulty.lm".to_string(), text)].into_iter());
        assert!(!output.status.success(), "no error in {text:?}: {}", said(&output));
    }
    // A pattern of the colours that names what the grammar has not is refused.
    let output = grammar.ask(&["query", "queries/highlights.scm", "../../texts/faulty.lm"]);
    assert!(output.status.success(), "{}", said(&output));
}
