//! The formatter changes nothing but the form.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use syntax::ast::NodeIds;
use syntax::documentation::documentation;
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

/// What documentation says, each with the beginning of what it stands before.
fn documented(text: &str) -> Vec<(String, Option<char>)> {
    let of = |at: u32| text.get(at as usize..).unwrap_or_default().chars().next();
    documentation(text).into_iter().map(|block| (block.text.trim().to_string(), of(block.of))).collect()
}

/// Formats and checks what must hold of any formatted text.
pub fn checked(text: &str) -> String {
    let once = format_source(text).unwrap_or_else(|d| panic!("refused:\n{text}\n{d:#?}"));
    let twice = format_source(&once).unwrap_or_else(|d| panic!("broken:\n{text}\nto\n{once}\n{d:#?}"));
    assert_eq!(once, twice, "no fixed point of\n{text}");
    assert_eq!(source_meaning(text), source_meaning(&once), "meaning of\n{text}\nis not that of\n{once}");
    assert_eq!(comments(text), comments(&once), "comments of\n{text}\nand\n{once}");
    assert_eq!(documented(text), documented(&once), "documentation of\n{text}\nand\n{once}");
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

/// Texts that end in a word or mark which means something at the end of a line.
const ENDS: &[&str] = &[
    "cell f() -> Message role system: the end end\n",
    "cell f() -> Message\n  role system: the end end\n",
    "cell f() -> Message role system: the end end end\n",
    "if true\nrole user: the end end\nlet b = 2\n",
    "cell f() -> Message\nif true\nrole user: the end end\nrole user: b\nend\n",
    "let f = fn() role user: the end end\n",
    "let a = do role user: to the end end\n",
    "match 1\n1 -> role user: the end end\n",
    "cell f() -> Message\nrole user: end end\n",
    "```\ndoc\n```cell f() -> Int = 1\n",
    "```\ndoc\n``` cell f() -> Int = 1\n",
    "let a = 1\n```\ndoc\n``` cell f() -> Int\n1\nend\n",
    "record R\n```\ndoc\n``` a: Int\nend\n",
    "cell f() -> Int\n```\ndoc\n``` 1\nend\n",
    "let a = [\n```\ndoc\n``` 1, 2]\n",
    "```x``` let a = 1\n",
    "let a = ```x``` 1\n",
    "```\na\n``` ```\nb\n``` let a = 1\n",
    "let a = 1 # x\n```\nb\n``` # y\nlet b = 1\n",
    "cell f() -> Int ```a``` 1 end\n",
    "let a = ```\nx\n``` 1\n",
    "let a = f(1, ```\nx\n``` 2)\n",
    "let a = 1 + ```\nx\n```2\n",
    "let a = [1, ```\nx\n```\n2]\n",
    "if true ```\nx\n``` 1\nend\n",
    "match 1\n```\nx\n``` 1 -> 2\n_ -> ```y``` 3\nend\n",
    "@must_use ```\nx\n``` cell f() -> Int = 1\n",
    "pub ```\nx\n``` cell f() -> Int = 1\n",
    "cell ```\nx\n``` f() -> Int = 1\n",
    "let a = 1\n``````\ndoc\n``````cell f() -> Int = 1\n",
    "let a = 1\n\n```\ndoc\n```\n\ncell f() -> Int = 1\n",
    "if true\nrole user: weekend\nend\n",
    "if true\nrole user: a {1}end end\n",
    "if true\nrole user: send_end end\n",
    "if true\nrole user: \u{e4}end end\n",
];

#[test]
fn what_ends_a_line_by_its_meaning_is_laid_out_with_it() {
    for text in ENDS {
        checked(text);
    }
    assert_eq!(
        checked("cell f() -> Message role system: to the end end\n"),
        "cell f() -> Message\n  role system: to the end end\n"
    );
}
