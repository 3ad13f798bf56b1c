//! Who implements what a trait or an effect declares.

use checker::checked::{CellDef, Operation, Use};
use syntax::ast::{Expr, ExprKind, Handler, Item, ItemKind, Sig, With, WithClause};
use syntax::visit::{self, Visitor};
use syntax::{FileId, Span};

use crate::Analysis;
use crate::occurrence::declared;
use crate::symbol::Symbol;

impl Analysis {
    /// What implements the name at a place: the `impl`s of a trait, the cells of a trait's method, the handlers of an
    /// effect, the clauses of its operation. Of a name that is implemented where it is declared, its declaration.
    pub fn implementations(&self, file: FileId, offset: u32) -> Vec<Span> {
        let Some(found) = self.occurrence(file, offset) else { return Vec::new() };
        let mut search = Implementing { analysis: self, of: &found.symbol, found: Vec::new() };
        self.modules.iter().flat_map(|module| &module.items).for_each(|item| search.item(item));
        match search.found.is_empty() && !self.is_abstract(&found.symbol) {
            true => self.definition_of(&found.symbol).into_iter().collect(),
            false => search.found,
        }
    }

    /// Whether a name only says what others do.
    fn is_abstract(&self, symbol: &Symbol) -> bool {
        match symbol {
            Symbol::Effect(_) | Symbol::Operation(_) => true,
            Symbol::Item(id) => matches!(crate::analysis::item(&self.modules, *id), Some(ItemKind::Trait(_))),
            _ => false,
        }
    }
}

struct Implementing<'a> {
    analysis: &'a Analysis,
    of: &'a Symbol,
    found: Vec<Span>,
}

impl Implementing<'_> {
    fn cell(&self, sig: &Sig) -> Option<&CellDef> {
        self.analysis.checked.cells.iter().find(|cell| cell.node == sig.id)
    }

    /// Whether something that handles an operation is looked for.
    fn is_handled(&self, operation: Option<Operation>) -> bool {
        operation.is_some_and(|operation| *self.of == Symbol::Operation(operation))
    }

    fn handler(&mut self, handler: &Handler) {
        let handled = |sig: &Sig| self.cell(sig).and_then(|cell| cell.handles);
        let operations = handler.clauses.iter().map(|clause| (clause, handled(&clause.cell.sig)));
        let operations: Vec<_> = operations.collect();
        if operations.iter().any(|(_, it)| it.is_some_and(|it| *self.of == Symbol::Effect(it.effect))) {
            self.found.push(handler.name.span);
        }
        for (clause, operation) in operations {
            if self.is_handled(operation) {
                self.found.extend(clause.cell.sig.name.parts.last().map(|name| name.span));
            }
        }
    }
}

impl<'n> Visitor<'n> for Implementing<'_> {
    fn item(&mut self, item: &'n Item) {
        match &item.kind {
            ItemKind::Impl(it) => {
                if let Some(of) = &it.implements {
                    let inside = |at: Span| {
                        at.file == of.span.file && of.span.start <= at.start && at.end <= of.span.end
                    };
                    let here = self.analysis.all_names().iter().filter(|found| inside(found.span));
                    if here.take(1).any(|found| found.symbol == *self.of) {
                        self.found.push(of.span.to(it.target.span));
                    }
                }
            }
            ItemKind::Cell(it) => {
                let implements = self.cell(&it.sig).and_then(|cell| cell.implements);
                if implements.is_some_and(|method| *self.of == Symbol::Cell(method)) {
                    self.found.extend(declared(item, &self.analysis.checked).map(|(name, _)| name.span));
                }
            }
            ItemKind::Handler(it) => self.handler(it),
            _ => {}
        }
        visit::walk_item(self, item);
    }

    fn expr(&mut self, expr: &'n Expr) {
        if let (ExprKind::Handle { with, .. }, Symbol::Effect(id)) = (&expr.kind, self.of)
            && let With::Clauses(clauses) = &**with
        {
            let uses = &self.analysis.checked.uses;
            let handles = |clause: &WithClause| match uses.get(&clause.id) {
                Some(Use::Operation(operation)) => operation.effect == *id,
                _ => false,
            };
            if clauses.iter().any(handles) {
                self.found.push(expr.span.at_start());
            }
        }
        visit::walk_expr(self, expr);
    }

    fn with_clause(&mut self, clause: &'n WithClause) {
        let operation = match self.analysis.checked.uses.get(&clause.id) {
            Some(Use::Operation(operation)) => Some(*operation),
            _ => None,
        };
        if self.is_handled(operation) {
            self.found.extend(clause.path.parts.last().map(|name| name.span));
        }
        self.block(&clause.body);
    }
}
