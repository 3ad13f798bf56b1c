//! Which findings of the checker only follow from text that could not be parsed.
//!
//! A statement or declaration with a syntax error has lost something: a type, an operand, an `end`. What the checker
//! finds inside it may be true of what is left and false of what was meant, and it buries the one message that counts.

use syntax::ast::Module;
use syntax::{Diagnostic, FileId, Span};

/// The items that hold a syntax error, by place.
pub struct Broken(Vec<Span>);

impl Broken {
    /// `found` is what reading the sources found, before the checker saw them.
    pub fn of(modules: &[Module], found: &[Diagnostic]) -> Broken {
        let mut errors: Vec<(FileId, u32)> =
            found.iter().filter(|d| d.is_error()).map(|d| (d.span.file, d.span.start)).collect();
        errors.sort_unstable();
        let holds_one = |span: Span| {
            let first = errors.partition_point(|error| *error < (span.file, span.start));
            // An error about what is missing stands at the end of what is there.
            errors.get(first).is_some_and(|(file, start)| *file == span.file && *start <= span.end)
        };
        let items = modules.iter().flat_map(|module| &module.items).map(|item| item.span);
        let mut broken: Vec<Span> = items.filter(|span| holds_one(*span)).collect();
        broken.sort_unstable();
        Broken(broken)
    }

    /// Whether the place lies in such an item.
    pub fn holds(&self, place: Span) -> bool {
        let behind = self.0.partition_point(|span| (span.file, span.start) <= (place.file, place.start));
        let before = behind.checked_sub(1).and_then(|last| self.0.get(last));
        before.is_some_and(|span| span.file == place.file && place.start <= span.end)
    }
}
