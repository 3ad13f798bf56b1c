//! What is not wrong and reads as if it were: the lints of the root file.
//!
//! Codes are W0802 to W0810; variables that are never used are the checker's W0201. Each says what was found, why a
//! reader stumbles, and what to write; a fix is safe only where the program means the same without a look at it.

mod flow;
mod names;
mod tests_of;

use syntax::{Diagnostic, FileId, Span};

use crate::Analysis;

/// Lines of a cell beyond which it is long: it does not fit a screen.
pub(crate) const CELL_LINES_MAX: usize = 60;

/// The codes of lints, with the names that they are known by.
pub const LINTS: &[(&str, &str)] = &[
    ("W0201", "unused-variable"),
    ("W0802", "unused-import"),
    ("W0803", "shadowed-builtin"),
    ("W0804", "naming"),
    ("W0805", "unreachable"),
    ("W0806", "empty-block"),
    ("W0807", "redundant-return"),
    ("W0808", "infinite-loop"),
    ("W0809", "long-cell"),
    ("W0810", "vacuous-test"),
];

impl Analysis {
    /// What the lints find in the root, in the order of the text. Of a program with errors they say nothing: what does
    /// not check means nothing yet.
    pub fn lints(&self) -> Vec<Diagnostic> {
        if self.diagnostics.iter().any(Diagnostic::is_error) {
            return Vec::new();
        }
        let Some(root) = self.modules.iter().find(|module| module.file == FileId(0)) else {
            return Vec::new();
        };
        let mut found = names::found(self, root);
        found.extend(flow::found(self, root));
        found.extend(tests_of::found(self, root));
        found.sort_by_key(|found| (found.span.start, found.span.end, found.code));
        found
    }

    pub(crate) fn lines_of(&self, span: Span) -> usize {
        self.source(span.file).map_or(0, |source| source.slice(span).trim_end().lines().count())
    }
}
