//! Giving a name another text, everywhere.

use std::collections::HashMap;
use std::fmt;

use syntax::{Edit, FileId, KEYWORDS, Span};

use crate::occurrence::Role;
use crate::symbol::Symbol;
use crate::{Analysis, Occurrence};

/// Why a name cannot be changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RenameError {
    /// No name stands there, or one that no source declares.
    NothingHere,
    /// What is wrong with the new name.
    Name(String),
    /// The name is kept outside the sources.
    Kept(String),
}

impl fmt::Display for RenameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RenameError::NothingHere => write!(f, "no name that the sources declare stands here"),
            RenameError::Name(why) | RenameError::Kept(why) => f.write_str(why),
        }
    }
}

impl std::error::Error for RenameError {}

impl Analysis {
    /// The name at a place, if it can be changed.
    ///
    /// # Errors
    /// Why it cannot.
    pub fn renamable(&self, file: FileId, offset: u32) -> Result<Span, RenameError> {
        let found = self.occurrence(file, offset).ok_or(RenameError::NothingHere)?;
        if let Symbol::State(id) = &found.symbol {
            let name = self.checked.states.get(id.0 as usize).map_or("", |state| state.name.as_str());
            return Err(RenameError::Kept(format!(
                "`{name}` is the name under which earlier runs kept the state; a new name begins a new state"
            )));
        }
        match self.definition_of(&found.symbol) {
            Some(definition) if definition.start < definition.end => Ok(found.span),
            _ => Err(RenameError::NothingHere),
        }
    }

    /// The edits that give the name at a place another text, in all files.
    ///
    /// Whether the program then means the same only checking it can tell: [`is_same_program`].
    ///
    /// # Errors
    /// `NothingHere`, `Kept`, and `Name` for a text that is no name of its kind.
    pub fn rename(&self, file: FileId, offset: u32, name: &str) -> Result<Vec<Edit>, RenameError> {
        self.renamable(file, offset)?;
        let found = self.occurrence(file, offset).ok_or(RenameError::NothingHere)?;
        let mut chars = name.chars();
        let begins = chars.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_');
        if !begins || !chars.all(|c| c.is_ascii_alphanumeric() || c == '_') {
            return Err(RenameError::Name(format!(
                "`{name}` is no name: names are letters, digits and `_`, and begin with no digit"
            )));
        }
        if KEYWORDS.contains(&name) {
            return Err(RenameError::Name(format!("`{name}` is a keyword")));
        }
        let is_type = matches!(
            found.symbol,
            Symbol::Record(_)
                | Symbol::Enum(_)
                | Symbol::Variant(..)
                | Symbol::Effect(_)
                | Symbol::Handler(_)
        );
        if is_type != name.starts_with(|c: char| c.is_ascii_uppercase())
            && !matches!(found.symbol, Symbol::Item(_))
        {
            let kind = if is_type {
                "types and variants begin with a capital"
            } else {
                "values begin with no capital"
            };
            return Err(RenameError::Name(format!("`{name}` does not fit: {kind}")));
        }
        let same = |other: &&Occurrence| other.symbol == found.symbol;
        let old = self.source(file).map_or("", |source| source.slice(found.span));
        // A place with another text is an alias, which keeps its own.
        let has_name =
            |other: &&Occurrence| self.source(other.span.file).is_some_and(|s| s.slice(other.span) == old);
        let places = self.all_names().iter().filter(same).filter(has_name);
        Ok(places.map(|place| Edit { span: place.span, text: name.to_string() }).collect())
    }
}

/// Whether two programs differ in names alone: the same places mean the same definitions, and no more is wrong.
pub fn is_same_program(before: &Analysis, after: &Analysis) -> bool {
    let errors = |analysis: &Analysis| analysis.diagnostics.iter().filter(|found| found.is_error()).count();
    errors(before) == errors(after) && shape(before) == shape(after)
}

/// Of each name, by place, the number of the definition that it means.
fn shape(analysis: &Analysis) -> Vec<(FileId, Role, Option<usize>)> {
    let definitions = analysis.all_names().iter().filter(|found| found.role == Role::Definition);
    let mut numbers: HashMap<&Symbol, usize> = HashMap::new();
    for definition in definitions {
        let next = numbers.len();
        numbers.entry(&definition.symbol).or_insert(next);
    }
    let place = |found: &Occurrence| (found.span.file, found.role, numbers.get(&found.symbol).copied());
    analysis.all_names().iter().map(place).collect()
}
