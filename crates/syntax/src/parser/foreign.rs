//! What is meant where a form of another language stands.

use super::{Parser, Significant};
use crate::kind::SyntaxKind;
use crate::suggest;

impl<'a> Parser<'a> {
    /// The token so many before the next one, on its line.
    fn back(&self, n: usize) -> Option<Significant> {
        let token = self.at.checked_sub(n).and_then(|at| self.tokens.get(at)).copied()?;
        (self.peek().is_none_or(|next| next.line == token.line)).then_some(token)
    }

    fn back_word(&self, n: usize) -> &'a str {
        self.back(n).map_or("", |token| self.text_of(token))
    }

    /// What to write where an expression is missing.
    pub(super) fn foreign_operand(&self) -> Option<&'static str> {
        let twice = |mark: &str| {
            self.at(mark)
                && self.back(1).zip(self.peek()).is_some_and(|(a, b)| {
                    a.kind == SyntaxKind::Punct && a.end == b.start && self.text_of(a) == mark
                })
        };
        Some(match self.word() {
            "&" if twice("&") => "Both is `a and b`.",
            "|" if twice("|") => "Either is `a or b`.",
            "!" => "The opposite is `not a`.",
            "|" => "A function without a name is `fn(x) => x + 1`.",
            "where" => "The bounds of a type parameter stand with it: `[T: Ord]`.",
            _ if self.back_word(1) == "try" && self.at_line_start() => suggest::foreign("catch")?,
            _ => return None,
        })
    }

    /// What to write where something stands behind a whole statement on its line.
    pub(super) fn foreign_rest(&self) -> Option<&'static str> {
        let last = self.back(1)?;
        let is_name = last.kind == SyntaxKind::Ident;
        Some(match self.word() {
            "=>" => "A function without a name is `fn(x) => x + 1`.",
            "if" if self.at("if") => "A choice is `if a then b else c`.",
            "{" if is_name && self.text_of(last).starts_with(|c: char| c.is_ascii_uppercase()) => {
                "A record is made as by a call: `Name(field: value)`."
            }
            _ if self.text_of(last) == "?" => "A choice is `if a then b else c`; `?` hands an `err` on.",
            _ if self.text_of(last) == "," => "Each stands on a line of its own.",
            // `class Foo`, `from a import b`: the word begins the line.
            _ if is_name
                && self
                    .at
                    .checked_sub(2)
                    .and_then(|at| self.tokens.get(at))
                    .is_none_or(|before| before.line != last.line) =>
            {
                suggest::foreign(self.text_of(last))?
            }
            _ => return None,
        })
    }
}
