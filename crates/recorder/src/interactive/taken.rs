//! Variables that take names which were declared: the declarations give way, if nothing else needs them.

use checker::{Given, Type};
use syntax::{Diagnostic, FileId, Span};

use super::Interactive;
use super::piece::{Declaration, Made, Piece};
use super::rebase::Numbers;
use crate::error::Result;
use crate::program::Loader;

/// What is left when names were taken.
pub(super) struct Left {
    declared: Vec<Declaration>,
    numbers: Numbers,
}

/// What is left of declarations where these names mean something else.
pub(super) fn without(declared: &[Declaration], taken: &[String]) -> Vec<Declaration> {
    declared.iter().filter_map(|known| known.without(taken)).collect()
}

impl Interactive {
    /// What is left of `declared` when a piece binds its variables, of which `bound` says the types in these numbers and
    /// whether they may change; `None` where it takes no declared name.
    ///
    /// # Errors
    /// As [`Interactive::enter`]; within, that something that stays needs what a name was declared as.
    pub(super) fn taken(
        &self,
        piece: &Piece<'_>,
        declared: &[Declaration],
        numbers: &Numbers,
        bound: impl Fn(&str) -> Option<(Type, bool)>,
        loader: &mut dyn Loader,
    ) -> Result<std::result::Result<Option<Left>, Vec<Diagnostic>>> {
        let is_declared = |name: &String| declared.iter().any(|known| known.names.contains(name));
        let taken: Vec<_> = piece.binds.iter().filter(|(name, _)| is_declared(name)).collect();
        let names: Vec<String> = taken.iter().map(|(name, _)| name.clone()).collect();
        if names.is_empty() {
            return Ok(Ok(None));
        }
        let declared = without(declared, &names);
        let made = Made::declared(&declared);
        let after = Numbers::of(&self.compile_with(&made, Vec::new(), loader)?);

        let known = self.variables.iter().map(|known| (&known.name, known.ty.clone(), known.mutable));
        let known = known.filter(|(name, ..)| !piece.binds.iter().any(|(bound, _)| bound == *name));
        let new =
            piece.binds.iter().filter_map(|(name, _)| bound(name).map(|(ty, mutable)| (name, ty, mutable)));
        let rebase = numbers.to(&after, &self.root, &names);
        let given: Option<Vec<Given>> = known
            .chain(new)
            .map(|(name, ty, mutable)| Some(Given { name: name.clone(), ty: rebase.ty(&ty)?, mutable }))
            .collect();
        let fits = match given {
            Some(given) => !self.compile_with(&made, given, loader)?.has_errors(),
            None => false,
        };
        if fits {
            return Ok(Ok(Some(Left { declared, numbers: after })));
        }
        let needed = taken.iter().map(|(name, place)| {
            let span = Span::new(FileId(0), place.start, place.end);
            Diagnostic::error("E0105", span, format!("`{name}` is declared, and something else needs it."))
                .help("Give the variable another name.")
        });
        Ok(Err(needed.collect()))
    }

    /// Lets the declarations give way.
    pub(super) fn give_way(&mut self, left: Left) {
        let rebase = self.numbers.to(&left.numbers, &self.root, &[]);
        for variable in &mut self.variables {
            if let Some(ty) = rebase.ty(&variable.ty) {
                variable.ty = ty;
            }
        }
        (self.declared, self.numbers) = (left.declared, left.numbers);
    }
}
