//! The formatter changes nothing but the form.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use syntax::ast::NodeIds;
use syntax::format::{format_document, format_source};
use syntax::{FileId, parse, parse_lossless};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The owned tree without places and ids: what a program means.
pub fn meaning(tree: &impl std::fmt::Debug) -> String {
    let dump = format!("{tree:?}");
    let mut out = String::with_capacity(dump.len());
    let mut rest = dump.as_str();
    let mut quoted = false;
    while let Some(c) = rest.chars().next() {
        if !quoted {
            if let Some(tail) = rest.strip_prefix("NodeId(") {
                rest = tail.trim_start_matches(|c: char| c.is_ascii_digit());
                continue;
            }
            if let Some(tail) = rest.strip_prefix("span: ") {
                rest = tail.trim_start_matches(|c: char| c.is_ascii_digit() || c == ':' || c == '.');
                continue;
            }
        }
        match c {
            '\\' => {
                let length = 1 + rest[1..].chars().next().map_or(0, char::len_utf8);
                out.push_str(&rest[..length]);
                rest = &rest[length..];
                continue;
            }
            '"' => quoted = !quoted,
            _ => {}
        }
        out.push(c);
        rest = &rest[c.len_utf8()..];
    }
    out
}

fn source_meaning(text: &str) -> String {
    let parse = parse(FileId(0), text, &mut NodeIds::default());
    assert!(!parse.diagnostics.iter().any(|d| d.is_error()), "{text}\n{:#?}", parse.diagnostics);
    meaning(&parse.module)
}

fn comments(text: &str) -> Vec<String> {
    use syntax::kind::{SyntaxKind, SyntaxNode};
    let tree = SyntaxNode::new_root(parse_lossless(text));
    let tokens = tree.descendants_with_tokens().filter_map(|t| t.into_token());
    tokens
        .filter(|t| matches!(t.kind(), SyntaxKind::Comment | SyntaxKind::Doc))
        .map(|t| t.text().trim_end().to_string())
        .collect()
}

/// Formats and checks what must hold of any formatted text.
pub fn checked(text: &str) -> String {
    let once = format_source(text).unwrap_or_else(|d| panic!("refused:\n{text}\n{d:#?}"));
    let twice = format_source(&once).unwrap_or_else(|d| panic!("broken:\n{text}\nto\n{once}\n{d:#?}"));
    assert_eq!(once, twice, "no fixed point of\n{text}");
    assert_eq!(source_meaning(text), source_meaning(&once), "meaning of\n{text}\nis not that of\n{once}");
    assert_eq!(comments(text), comments(&once), "comments of\n{text}\nand\n{once}");
    assert!(once.is_empty() || (once.ends_with('\n') && !once.ends_with("\n\n")), "{once:?}");
    once
}

fn markdown_files(folder: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    let mut entries: Vec<_> = entries.filter_map(|e| e.ok().map(|e| e.path())).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            markdown_files(&path, found);
        } else if path.extension().is_some_and(|e| e == "md" || e == "lm") {
            found.push(path);
        }
    }
}

/// All code in the repository that parses: sources and fences of cases, examples, templates, benchmarks.
pub fn corpus() -> &'static [(String, String)] {
    static CORPUS: LazyLock<Vec<(String, String)>> = LazyLock::new(read_corpus);
    &CORPUS
}

fn read_corpus() -> Vec<(String, String)> {
    let mut files = Vec::new();
    for folder in ["cases", "examples", "templates", "bench", "docs", "crates"] {
        markdown_files(&root().join(folder), &mut files);
    }
    let mut codes = Vec::new();
    for file in files {
        let Ok(text) = std::fs::read_to_string(&file) else { continue };
        let name = file.strip_prefix(root()).unwrap_or(&file).display().to_string();
        if name.ends_with(".lm") {
            codes.push((name, text));
            continue;
        }
        let document = syntax::parse_document(FileId(0), &text, false, &mut NodeIds::default());
        for (i, fence) in document.fences.iter().enumerate() {
            let code = text.get(fence.code.start as usize..fence.code.end as usize).unwrap_or_default();
            codes.push((format!("{name} fence {}", i + 1), code.to_string()));
        }
    }
    codes.retain(|(_, code)| {
        let parse = parse(FileId(0), code, &mut NodeIds::default());
        !parse.diagnostics.iter().any(|d| d.is_error())
    });
    codes
}

#[test]
fn all_code_of_the_repository_keeps_its_meaning() {
    let corpus = corpus();
    assert!(corpus.len() >= 30, "only {} texts were found", corpus.len());
    for (_, code) in corpus {
        checked(code);
    }
}

#[test]
fn a_text_with_errors_is_refused_with_them() {
    let errors = format_source("let a = (1\nlet b = 2\n").unwrap_err();
    assert_eq!(errors[0].code, "E0012");
}

#[test]
fn a_document_changes_in_its_fences_only() {
    let text = "---\ntitle:   x\n---\n\n# Head   ing\n\n```lumen load\nlet  a=1\n\n\nlet s = \"\"\"\n  x\n  \"\"\"\n```\n\n  text\n\
        ```lumen skip\nlet  b=2\n```\n```lumen skip\nlet  b=\n```\n```lumen error=E0010\nlet  c=\n```\n\
        ```lumen error=E0200\nlet  c=1\n```\n```python\na  =  1\n```\n- x\n  ```lumen\n  let  d=1\n  ```\n\n\
        ```lumen\n```\n```lumen\n\n\n```\n   ```lumen\n   let  e=1\n     let f =2\n   ```\n~~~~lumen test\nassert  1==1\n~~~~\n";
    let expected = text
        .replace("let  a=1\n\n\nlet", "let a = 1\n\nlet")
        .replacen("let  b=2", "let b = 2", 1)
        .replace("   let  e=1\n     let f =2", "   let e = 1\nlet f = 2")
        .replace("assert  1==1", "assert 1 == 1");
    let once = format_document(text).unwrap();
    assert_eq!(once, expected);
    assert_eq!(format_document(&once).unwrap(), once);
    let crlf = "# H\r\n\r\n```lumen\r\nlet  a=1\r\nlet b  = 2\r\n```\r\ntext\r\n";
    assert_eq!(
        format_document(crlf).unwrap(),
        "# H\r\n\r\n```lumen\r\nlet a = 1\nlet b = 2\r\n```\r\ntext\r\n"
    );
    let errors = format_document("# H\n```lumen\nlet a = 1\n```\n```lumen\nlet a =\n```\n").unwrap_err();
    assert_eq!((errors[0].code, errors[0].span.start), ("E0010", 43));
}
