//! Where a name comes from, and who uses it.

use syntax::{FileId, Span};

use crate::occurrence::Role;
use crate::symbol::Symbol;
use crate::{Analysis, Occurrence};

impl Analysis {
    /// Where the name at a place is declared; of an imported file its beginning.
    pub fn definition(&self, file: FileId, offset: u32) -> Option<Span> {
        self.definition_of(&self.occurrence(file, offset)?.symbol)
    }

    pub(crate) fn definition_of(&self, symbol: &Symbol) -> Option<Span> {
        if let Symbol::File(file) = symbol {
            return Some(Span::new(*file, 0, 0));
        }
        let defines = |found: &&Occurrence| found.role == Role::Definition && found.symbol == *symbol;
        self.all_names().iter().find(defines).map(|found| found.span)
    }

    /// All places that mean the same as the name at a place, its definition included.
    pub fn references(&self, file: FileId, offset: u32) -> Vec<&Occurrence> {
        let Some(found) = self.occurrence(file, offset) else { return Vec::new() };
        self.all_names().iter().filter(|other| other.symbol == found.symbol).collect()
    }
}
