//! Declarations that another one stands for, made by parsing a text of the language.
//!
//! They stand at one empty place of the file. What a program shall not name begins with `made__` in such a text, and
//! with a mark that no name has in the tree.

use super::Parser;
use crate::ast::*;
use crate::text::Span;

/// What hidden names begin with where they are written, and as they are kept: the same number of bytes.
const WRITTEN: &str = "made__";
const KEPT: &str = "#made_";

impl Parser<'_> {
    /// The declarations of a text, at `place`.
    pub(super) fn declarations(&mut self, text: &str, place: Span) -> Vec<Item> {
        let kept = text.replace(WRITTEN, KEPT);
        let mut inner = Parser::new(self.file, text, 0, self.fence, self.ids, false, false);
        inner.text = &kept;
        inner.made_at = Some(place);
        let (_, items) = inner.file();
        debug_assert!(inner.diagnostics.is_empty(), "{text}\n{:?}", inner.diagnostics);
        items
    }

    /// `base.name`
    pub(super) fn field_at(&mut self, base: &str, name: &Name) -> Expr {
        let base = self.at_place(name.span.at_start(), ExprKind::Name(base.to_string()));
        self.at_place(
            name.span,
            ExprKind::Field { base: Box::new(base), name: Box::new(name.clone()), optional: false },
        )
    }
}

/// A name that no program can write.
pub fn hidden(name: &str) -> String {
    format!("{KEPT}{name}")
}

/// Whether it is such a name: nobody is told of it.
pub fn is_hidden(name: &str) -> bool {
    name.starts_with(KEPT)
}

/// What a hidden name is called where somebody is told of what it stands for; any other name is itself.
pub fn unhidden(name: &str) -> &str {
    name.strip_prefix(KEPT).unwrap_or(name)
}
