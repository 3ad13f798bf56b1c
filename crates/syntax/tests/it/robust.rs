//! Nothing a parser or the formatter can be given makes it panic, lose text or point outside it.

use proptest::prelude::*;
use syntax::ast::NodeIds;
use syntax::format::{format_document, format_source};
use syntax::kind::{SyntaxKind, SyntaxNode, SyntaxToken};
use syntax::{Diagnostic, FileId, parse, parse_document, parse_lossless};

use crate::format::{checked, corpus, meaning};

/// Parses, and checks what holds of every text.
fn parsed(text: &str) -> Vec<Diagnostic> {
    let parse = parse(FileId(0), text, &mut NodeIds::default());
    assert_eq!(SyntaxNode::new_root(parse_lossless(text)).text().to_string(), text, "the tree lost text");
    inside(text, &parse.diagnostics);
    parse.diagnostics
}

fn inside(text: &str, diagnostics: &[Diagnostic]) {
    for d in diagnostics {
        let edits = d.fixes.iter().flat_map(|f| &f.edits).map(|e| e.span);
        for span in [d.span].into_iter().chain(d.labels.iter().map(|l| l.span)).chain(edits) {
            assert!(
                text.get(span.start as usize..span.end as usize).is_some(),
                "{span:?} in {text:?}: {d:?}"
            );
        }
    }
}

fn tokens(text: &str) -> Vec<SyntaxToken> {
    let tree = SyntaxNode::new_root(parse_lossless(text));
    tree.descendants_with_tokens().filter_map(|t| t.into_token()).collect()
}

const WORDS: &[&str] = &[
    "cell",
    "record",
    "enum",
    "let",
    "mut",
    "if",
    "elif",
    "else",
    "then",
    "for",
    "in",
    "while",
    "loop",
    "match",
    "when",
    "return",
    "break",
    "continue",
    "end",
    "end",
    "end",
    "fn",
    "do",
    "perform",
    "handle",
    "upsert",
    "comptime",
    "try",
    "await",
    "defer",
    "where",
    "and",
    "or",
    "not",
    "is",
    "as",
    "true",
    "null",
    "pub",
    "const",
    "type",
    "import",
    "grant",
    "extern",
    "impl",
    "test",
    "emit",
    "assert",
    "state",
    "trait",
    "role",
    "expect",
    "schema",
    "a",
    "b",
    "Foo",
    "ok",
    "_",
    "self",
    "1",
    "2.5",
    "0.1",
    "\"s\"",
    "\"{a}\"",
    "\"{a",
    "\"\"\"x\ny\"\"\"",
    "r\"q\"",
    "b\"00\"",
    "```d```",
    "```",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    "?[",
    ",",
    ":",
    ".",
    "?.",
    "..",
    "..=",
    "...",
    "->",
    "=>",
    "=",
    "+=",
    "+",
    "-",
    "*",
    "**",
    "/",
    "&",
    "|",
    "|>",
    "~",
    "==",
    "<",
    "?",
    "??",
    "!",
    "@",
    "# c",
    "\\\n",
    "é",
    "\0",
    "$",
    "\n",
    "\n",
    "\n",
    "\n  ",
    "\n    ",
    " ",
];

fn soup() -> impl Strategy<Value = String> {
    let word = (prop::sample::select(WORDS), prop::sample::select(&["", " ", " ", " "][..]));
    prop::collection::vec(word, 0..60).prop_map(|words| words.into_iter().flat_map(|(w, s)| [w, s]).collect())
}

/// A text of the corpus with some tokens deleted, doubled or swapped.
fn damaged() -> impl Strategy<Value = String> {
    let corpus = corpus();
    (0..corpus.len(), prop::collection::vec((any::<prop::sample::Index>(), 0..4u8), 1..4)).prop_map(
        move |(at, edits)| {
            let mut words: Vec<String> = tokens(&corpus[at].1).iter().map(|t| t.text().to_string()).collect();
            for (place, edit) in edits {
                if words.is_empty() {
                    break;
                }
                let i = place.index(words.len());
                match edit {
                    0 => drop(words.remove(i)),
                    1 => words.insert(i, words[i].clone()),
                    2 => {
                        let j = (i + 2) % words.len();
                        words.swap(i, j);
                    }
                    _ => words.truncate(i),
                }
            }
            words.concat()
        },
    )
}

fn brackets_a_role(node: &SyntaxNode) -> bool {
    use SyntaxKind::*;
    let brackets = matches!(node.kind(), CallExpr | IndexExpr | ListExpr | TupleExpr | ParenExpr | BraceExpr);
    brackets && node.descendants().any(|inner| inner.kind() == RoleExpr)
}

/// White space of a text of the corpus changed where it means nothing; the flag: only within lines.
fn respaced() -> impl Strategy<Value = (String, String, bool)> {
    let corpus = corpus();
    (0..corpus.len(), prop::collection::vec(0..32u8, 64), any::<bool>()).prop_map(
        move |(at, choices, lines)| {
            let text = &corpus[at].1;
            let mut changed = String::new();
            let mut next = choices.iter().copied().cycle();
            let tokens = tokens(text);
            for (i, token) in tokens.iter().enumerate() {
                let choice = next.next().unwrap_or(0);
                let one_line = token.parent_ancestors().any(|n| n.kind() == SyntaxKind::IfExpr);
                // What stands behind `role NAME:` is its text, a comment too, which takes in an `end` before it.
                let line = tokens[..i].iter().rev().take_while(|t| t.kind() != SyntaxKind::Newline);
                let told = line.into_iter().any(|t| t.kind() == SyntaxKind::RoleText)
                    || token.parent().is_some_and(|n| n.kind() == SyntaxKind::RoleExpr);
                // Brackets around one stay as they are written.
                if token.parent_ancestors().any(|n| brackets_a_role(&n)) {
                    changed.push_str(token.text());
                    continue;
                }
                let plain = tokens.get(i + 1).is_some_and(|t| t.kind() != SyntaxKind::Newline);
                match (token.kind(), choice) {
                    (SyntaxKind::Whitespace, 0..=9) if !token.text().contains('\\') => {
                        changed.push_str(&" \t ".repeat(1 + usize::from(choice)));
                    }
                    (SyntaxKind::Newline, 0..=4) if lines => changed.push_str("\n\n \n"),
                    (SyntaxKind::Newline, 5..=7) if lines && !told => {
                        changed.push_str(" # added\n");
                    }
                    (SyntaxKind::Newline, 8..=9) if lines => changed.push_str("\n# added\n      "),
                    (SyntaxKind::Newline, 10..=11) if lines => changed.push_str("\r\n"),
                    (SyntaxKind::Whitespace, 10) if lines && plain && i > 0 && !told => {
                        changed.push_str(" \\\n  ")
                    }
                    (SyntaxKind::Punct, 0..=9) if breaks_behind(token) && lines && !one_line => {
                        changed.push_str(token.text());
                        changed.push_str("\n \n");
                    }
                    (SyntaxKind::Punct, 10..=14) if breaks_behind(token) && lines && !one_line => {
                        changed.push_str(token.text());
                        changed.push_str("  # inside\n");
                    }
                    (SyntaxKind::Punct, 15..=20) if breaks_behind(token) => {
                        changed.push_str(token.text());
                        changed.push_str("   ");
                    }
                    _ => changed.push_str(token.text()),
                }
            }
            (text.clone(), changed, lines)
        },
    )
}

/// Behind these marks a line may break: the brackets they stand in ignore it.
fn breaks_behind(token: &SyntaxToken) -> bool {
    use SyntaxKind as K;
    matches!(token.text(), "(" | "[" | "{" | ",")
        && token.parent().is_some_and(|p| {
            matches!(p.kind(), K::Args | K::Params | K::ListExpr | K::TupleExpr | K::BraceExpr | K::ParenExpr)
        })
}

/// Constructs that are not built take their extent from columns, so their white space means something.
fn has_unbuilt(text: &str) -> bool {
    let tree = SyntaxNode::new_root(parse_lossless(text));
    tree.descendants().any(|n| {
        matches!(
            n.kind(),
            SyntaxKind::UnsupportedDecl | SyntaxKind::UnsupportedStmt | SyntaxKind::UnsupportedExpr
        )
    })
}

/// `PROPTEST_CASES` asks for a longer search.
fn cases() -> u32 {
    std::env::var("PROPTEST_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(64)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn token_soup_is_read_without_harm(text in soup()) {
        let errors = parsed(&text).iter().any(Diagnostic::is_error);
        prop_assert_eq!(format_source(&text).is_err(), errors);
        if !errors {
            checked(&text);
        }
        let document = format!("---\ntitle: {text}\n---\n{text}\n```lumen\n{text}\n```\n`{{lumen}} {text}`\n");
        inside(&document, &parse_document(FileId(0), &document, false, &mut NodeIds::default()).diagnostics);
        let _ = format_document(&document);
    }

    #[test]
    fn damaged_programs_are_read_without_harm(text in damaged()) {
        if !parsed(&text).iter().any(Diagnostic::is_error) {
            checked(&text);
        }
    }

    #[test]
    fn white_space_does_not_change_the_meaning((text, changed, lines) in respaced()) {
        if !has_unbuilt(&text) {
            let formatted = checked(&changed);
            prop_assert_eq!(
                meaning(&parse(FileId(0), &text, &mut NodeIds::default()).module),
                meaning(&parse(FileId(0), &formatted, &mut NodeIds::default()).module)
            );
            if !lines {
                prop_assert_eq!(formatted, checked(&text));
            }
        }
    }

    #[test]
    fn a_lost_bracket_or_end_is_reported((at, place) in (any::<prop::sample::Index>(), any::<prop::sample::Index>())) {
        let corpus = corpus();
        let text = &at.get(corpus).1;
        let tokens = tokens(text);
        let marks: Vec<usize> = (0..tokens.len()).filter(|&i| is_pair(&tokens[i])).collect();
        if !marks.is_empty() && !has_unbuilt(text) {
            let gone = *place.get(&marks);
            let left: String = tokens.iter().enumerate().filter(|(i, _)| *i != gone).map(|(_, t)| t.text()).collect();
            prop_assert!(parsed(&left).iter().any(Diagnostic::is_error), "nothing is wrong with\n{}", left);
        }
    }
}

/// A bracket, or an `end` that must be.
fn is_pair(token: &SyntaxToken) -> bool {
    match token.kind() {
        SyntaxKind::Punct => matches!(token.text(), "(" | ")" | "[" | "]" | "{" | "}"),
        SyntaxKind::Keyword => {
            let parent = token.parent();
            let name =
                parent.as_ref().is_some_and(|p| matches!(p.kind(), SyntaxKind::FieldExpr | SyntaxKind::Arg));
            let one_line = parent
                .is_some_and(|p| p.kind() == SyntaxKind::IfExpr && !p.text().to_string().contains('\n'));
            token.text() == "end" && !name && !one_line
        }
        _ => false,
    }
}

#[test]
fn high_and_long_texts_do_not_exhaust_the_stack() {
    let sum = "1 + ".repeat(900);
    let calls = ".f(1)".repeat(900);
    for text in [
        format!("{}1", "(1 + ".repeat(60) + &sum),
        format!("{}1{}", format!("({sum}").repeat(100), ")".repeat(100)),
        format!("{}x{}", "(".repeat(100), format!("{calls})").repeat(100)),
        format!("{}x{}", "-(".repeat(50), format!("{calls})").repeat(50)),
        format!("let x: Int{} = 1", "?".repeat(50_000)),
        "perform ".repeat(50_000),
        "spawn x ".repeat(5_000),
        "a |> ".repeat(50_000),
        "x.".repeat(50_000),
        "@a(".repeat(2_000),
        "\"\"\"".to_string() + &"{a".repeat(50_000),
        "else if a ".repeat(5_000),
        "if a then b else ".repeat(5_000),
        "match x\n1 -> ".repeat(5_000),
        "fn(x) => ".repeat(5_000),
        "[".repeat(50_000),
        "f(\n".repeat(5_000),
        "```".to_string(),
    ] {
        parsed(&text);
        let _ = format_source(&text);
        let _ = format_document(&format!("```lumen\n{text}\n```\n"));
    }
}
