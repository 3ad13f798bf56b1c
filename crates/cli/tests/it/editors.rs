//! The editors' grammars: made from the language's own tables, and tried with the editors' own libraries.
//!
//! `LUMEN_UPDATE=1` writes what is generated. The rest needs Node.js and the packages of `editors/vscode`; where one is
//! absent it is *not evaluated*, and with `LUMEN_TOOLS_REQUIRED` a failure.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use syntax::KEYWORDS;

fn vscode() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../editors/vscode")
}

/// The colour of each keyword; a new keyword has none yet, and fails the test below.
fn family(word: &str) -> Option<&'static str> {
    Some(match word {
        "cell" | "record" | "enum" | "let" | "mut" | "fn" => "keyword.declaration.lumen",
        "and" | "or" | "not" | "in" | "is" | "as" => "keyword.operator.word.lumen",
        "true" | "false" | "null" => "constant.language.lumen",
        "if" | "elif" | "else" | "then" | "for" | "while" | "loop" | "match" | "when" | "return"
        | "break" | "continue" | "end" | "do" | "with" | "perform" | "handle" | "upsert" | "comptime"
        | "try" | "await" | "defer" | "where" => "keyword.control.lumen",
        _ => return None,
    })
}

/// Words that are names elsewhere, and begin a line as what they are.
const AT_LINE_START: &[&str] = &[
    "import", "grant", "state", "type", "const", "test", "extern", "trait", "impl", "effect", "handler",
    "assert", "use", "bind",
];

fn grammar() -> Value {
    let mut words = Vec::new();
    for scope in [
        "keyword.declaration.lumen",
        "keyword.control.lumen",
        "keyword.operator.word.lumen",
        "constant.language.lumen",
    ] {
        let list: Vec<&str> = KEYWORDS.iter().filter(|word| family(word) == Some(scope)).copied().collect();
        // After a dot every word is a name.
        words.push(json!({"name": scope, "match": format!("(?<![.\\w])(?:{})\\b", list.join("|"))}));
    }
    words.push(json!({
        "match": format!("^\\s*(?:(pub)\\s+)?({})\\b(?!\\s*[=.(:])", AT_LINE_START.join("|")),
        "captures": {"1": {"name": "storage.modifier.lumen"}, "2": {"name": "keyword.declaration.lumen"}},
    }));
    words.push(json!({"name": "storage.modifier.lumen", "match": "^\\s*pub\\b"}));
    let escape = json!({
        "name": "constant.character.escape.lumen",
        "match": "\\\\(?:[ntr\\\\\"{0]|x[0-9a-fA-F]{2}|u\\{[0-9a-fA-F]+\\})",
    });
    // A brace opens before a letter, a digit or one of `_ ( [ -`, else it is text.
    let interpolation = json!({
        "name": "meta.embedded.line.lumen",
        "begin": "\\{(?=[A-Za-z0-9_(\\[-])",
        "end": "\\}",
        "beginCaptures": {"0": {"name": "punctuation.section.embedded.lumen"}},
        "endCaptures": {"0": {"name": "punctuation.section.embedded.lumen"}},
        "patterns": [
            {"name": "constant.other.placeholder.lumen", "match": ":[^:{}\"]*(?=\\})"},
            {"include": "#code"},
        ],
    });
    let string = |name: &str, begin: &str, end: &str, patterns: Value| json!({"name": name, "begin": begin, "end": end, "patterns": patterns});
    let inside = json!([escape, {"include": "#interpolation"}]);
    json!({
        "name": "Lumen",
        "scopeName": "source.lumen",
        "fileTypes": ["lm", "lumen"],
        "patterns": [{"include": "#code"}],
        "repository": {
            "code": {"patterns": [
                {"include": "#documentation"}, {"include": "#role"}, {"include": "#comment"}, {"include": "#strings"},
                {"include": "#numbers"}, {"include": "#attribute"}, {"include": "#declared"},
                {"include": "#words"}, {"include": "#types"}, {"include": "#calls"}, {"include": "#operators"},
            ]},
            "documentation": string("comment.block.documentation.lumen", "```", "```", json!([])),
            // A message: raw text to the end of the line, less a last `end`.
            "role": {
                "contentName": "string.unquoted.lumen",
                "begin": "(?<![.\\w])(role)\\s+([A-Za-z_]\\w*)\\s*:",
                "end": "(?=\\s+end\\s*$)|$",
                "beginCaptures": {"1": {"name": "keyword.control.lumen"}, "2": {"name": "entity.name.tag.lumen"}},
                "patterns": [{"include": "#interpolation"}],
            },
            "comment": {"name": "comment.line.number-sign.lumen", "match": "#.*$"},
            "strings": {"patterns": [
                string("string.quoted.triple.lumen", "\"\"\"", "\"\"\"", inside.clone()),
                string("string.quoted.raw.lumen", "\\br\"", "\"|$", json!([])),
                {"name": "string.quoted.other.bytes.lumen", "match": "\\bb\"[^\"\\n]*\"?"},
                string("string.quoted.double.lumen", "\"", "\"|$", inside),
            ]},
            "interpolation": interpolation,
            "numbers": {
                "name": "constant.numeric.lumen",
                "match": "\\b(?:0[xX][0-9a-fA-F_]+|0[bB][01_]+|0[oO][0-7_]+|[0-9][0-9_]*(?:\\.[0-9][0-9_]*)?(?:[eE][+-]?[0-9]+)?)\\b",
            },
            "attribute": {"name": "entity.other.attribute-name.lumen", "match": "@[A-Za-z_]\\w*"},
            "declared": {
                "match": "(?<![.\\w])(cell|record|enum)\\s+([A-Za-z_]\\w*)",
                "captures": {"1": {"name": "keyword.declaration.lumen"}, "2": {"name": "entity.name.function.lumen"}},
            },
            "words": {"patterns": words},
            "types": {"name": "entity.name.type.lumen", "match": "\\b[A-Z]\\w*"},
            "calls": {"name": "entity.name.function.call.lumen", "match": "\\b[a-z_]\\w*(?=\\()"},
            "operators": {"name": "keyword.operator.lumen", "match": "\\|>|~>|->|=>|\\.\\.=?|\\?\\?|\\?[.\\[]|[-+*/%=<>!&|^~?]+"},
        },
    })
}

#[test]
fn every_keyword_has_a_colour() {
    let without: Vec<&&str> = KEYWORDS.iter().filter(|word| family(word).is_none()).collect();
    assert!(without.is_empty(), "give {without:?} a colour");
}

#[test]
fn the_grammar_is_that_of_the_languages_tables() {
    let path = vscode().join("syntaxes/lumen.tmLanguage.json");
    let made = format!("{:#}\n", grammar());
    if std::env::var_os("LUMEN_UPDATE").is_some_and(|value| value == "1") {
        std::fs::write(&path, &made).expect("the grammar is written");
        return;
    }
    let kept = std::fs::read_to_string(&path).expect("the grammar is there");
    assert!(made == kept, "`LUMEN_UPDATE=1 cargo test -p cli --test it editors::` writes {}", path.display());
}

/// Runs a script of the extension, if Node.js and its packages are there.
fn npm(script: &str) {
    let folder = vscode();
    let have = Command::new("npm").arg("--version").output().is_ok_and(|output| output.status.success());
    if !have || !folder.join("node_modules/vscode-textmate").is_dir() {
        let what = if have { "its packages (`npm ci` in editors/vscode)" } else { "npm" };
        assert!(std::env::var_os("LUMEN_TOOLS_REQUIRED").is_none(), "{what} must be there");
        eprintln!("not evaluated: {script} of the extension wants {what}");
        return;
    }
    let output = Command::new("npm").args(["run", script]).current_dir(&folder).output().expect("npm starts");
    assert!(output.status.success(), "{}", crate::text(&output));
}

#[test]
fn the_editors_own_library_reads_the_grammars() {
    npm("test");
}

#[test]
fn the_extension_packs_with_what_it_needs() {
    npm("package");
}
