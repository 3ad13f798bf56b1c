//! Whether a space stands between two tokens of one line.

use super::tokens::Leaf;
use crate::kind::SyntaxKind as K;

/// Marks of more than one character: two tokens that would read as one of them stay apart.
const LONG_MARKS: &[&str] = &[
    "...", "..=", "..", "->", "=>", "|>", "~>", "?.", "?[", "??", "==", "!=", "<=>", "<=", ">=", "<<", ">>",
    "**=", "**", "//=", "//", "++", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=",
];

/// `adjoins`: the source has nothing between the two.
pub(super) fn space(prev: &Leaf<'_>, next: &Leaf<'_>, adjoins: bool) -> bool {
    wanted(prev, next, adjoins) || merges(prev, next)
}

fn merges(prev: &Leaf<'_>, next: &Leaf<'_>) -> bool {
    prev.kind == K::Punct
        && next.kind == K::Punct
        && next.text.chars().next().is_some_and(|c| {
            LONG_MARKS.iter().any(|mark| mark.strip_prefix(prev.text).is_some_and(|rest| rest.starts_with(c)))
        })
}

fn wanted(prev: &Leaf<'_>, next: &Leaf<'_>, adjoins: bool) -> bool {
    match (prev.kind, prev.text) {
        (K::Punct, "(" | "[" | "{" | "?[" | "." | "?." | "..." | "@") => return false,
        (K::Punct, ",") => return !matches!(next.text, ")" | "]" | "}"),
        (K::Punct, ".." | "..=") => return false,
        (K::Punct, "-" | "~") if matches!(prev.parent, K::UnaryExpr | K::Pattern | K::Literal) => {
            return false;
        }
        (K::Punct, "|") if bar(prev) && !prev.closing_bar => return false,
        _ => {}
    }
    if next.kind != K::Punct {
        return true;
    }
    match next.text {
        "," | ")" | "]" | "}" | ":" | "." | "?." | ".." | "..=" | "?" | "!" | "?[" => false,
        "??" => !(next.last && next.parent != K::IndexExpr),
        "|" => !(bar(next) && next.closing_bar),
        // `f[T](x)` is a call with types, `f[T] (x)` calls an element.
        "(" if next.parent == K::Args => prev.text == "]" && !adjoins,
        "(" if next.parent == K::Params => false,
        "(" if !next.first => {
            !matches!((prev.kind, prev.text), (K::Ident, _) | (K::Punct, "]") | (K::Keyword, "fn"))
                || next.parent == K::SchemaExpr
        }
        "[" if next.parent == K::TypeParams => false,
        "[" => next.first,
        // At the start of a line `emit - x` would emit `-x`.
        "-" if matches!(prev.text, "emit" | "assert" | "yield" | "halt") => !adjoins,
        _ => true,
    }
}

/// A bar of `|x|`.
fn bar(leaf: &Leaf<'_>) -> bool {
    matches!(leaf.parent, K::LambdaExpr | K::TryExpr)
}
