//! Code with its keywords, strings and comments marked.
//!
//! This is typography, not syntax: words and quotes are recognised wherever they stand, and what is unclear stays
//! plain. The text is the source's, character for character.

use maud::{Markup, html};

use crate::escape::visible_lines;

/// The language's hard keywords, and Python's of the same looks.
const KEYWORDS: &str = "cell record enum let mut if elif else then for in while loop match when return break continue end \
    fn do with perform handle upsert comptime try await defer where and or not is as true false null \
    def class import from lambda yield None True False pass raise except finally";

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Plain,
    Keyword,
    Text,
    Comment,
}

/// `language` is the fence's; other languages than `lumen` and `python` are left plain.
pub(super) fn code(source: &str, language: &str) -> Markup {
    let known = matches!(language, "lumen" | "lm" | "python");
    let parts = if known { parts(source) } else { vec![(Kind::Plain, source)] };
    html! {
        @for (kind, text) in parts {
            @match kind {
                Kind::Plain => (visible_lines(text)),
                Kind::Keyword => b { (visible_lines(text)) },
                Kind::Text => span.t { (visible_lines(text)) },
                Kind::Comment => i { (visible_lines(text)) },
            }
        }
    }
}

fn parts(source: &str) -> Vec<(Kind, &str)> {
    let mut parts: Vec<(Kind, &str)> = Vec::new();
    let mut rest = source;
    let mut plain = 0;
    // `plain` bytes of `rest` are not yet part of anything.
    while let Some(c) = rest.get(plain..).and_then(|tail| tail.chars().next()) {
        let tail = rest.get(plain..).unwrap_or("");
        let (kind, length) = match c {
            '#' => (Kind::Comment, tail.find('\n').unwrap_or(tail.len())),
            '"' => (Kind::Text, string(tail)),
            c if is_word(c) => {
                let length = tail.find(|c| !is_word(c)).unwrap_or(tail.len());
                let word = tail.get(..length).unwrap_or("");
                let after_dot = rest.get(..plain).is_some_and(|before| before.ends_with('.'));
                let keyword = !after_dot && KEYWORDS.split_ascii_whitespace().any(|k| k == word);
                (if keyword { Kind::Keyword } else { Kind::Plain }, length)
            }
            c => (Kind::Plain, c.len_utf8()),
        };
        if kind == Kind::Plain {
            plain += length;
            continue;
        }
        let (before, tail) = rest.split_at(plain);
        let (marked, after) = tail.split_at(length);
        parts.extend((!before.is_empty()).then_some((Kind::Plain, before)));
        parts.push((kind, marked));
        (rest, plain) = (after, 0);
    }
    parts.extend((!rest.is_empty()).then_some((Kind::Plain, rest)));
    parts
}

/// Bytes of the literal at the head of `text`; one without end ends with its line.
fn string(text: &str) -> usize {
    if let Some(inner) = text.strip_prefix("\"\"\"") {
        return inner.find("\"\"\"").map_or(text.len(), |end| end + 6);
    }
    let mut escaped = false;
    for (i, c) in text.char_indices().skip(1) {
        match c {
            '\n' => return i,
            '"' if !escaped => return i + 1,
            _ => escaped = c == '\\' && !escaped,
        }
    }
    text.len()
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    /// Source: hand.
    #[test]
    fn words_quotes_and_comments_are_told_apart() {
        let marked = super::code("let x = y.end # a \"b\"\nf(\"if \\\" #\", 1)", "lumen").into_string();
        assert_eq!(
            marked,
            "<b>let</b> x = y.end <i># a &quot;b&quot;</i>\nf(<span class=\"t\">&quot;if \\&quot; #&quot;</span>, 1)"
        );
        assert_eq!(super::code("if x # y", "sh").into_string(), "if x # y");
    }

    proptest! {
        #[test]
        fn no_character_is_lost(source in "(let|\"|\\\\|#|\n|é|x|\\.|\"\"\"| ){0,30}") {
            let text: String = super::parts(&source).iter().map(|(_, text)| *text).collect();
            prop_assert_eq!(text, source);
        }
    }
}
