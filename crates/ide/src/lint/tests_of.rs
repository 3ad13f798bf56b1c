//! Tests that hold nothing: they assert nothing and give no value.

use std::collections::HashSet;

use checker::Type;
use checker::checked::{Callee, CellId, Use};
use syntax::Diagnostic;
use syntax::ast::{Expr, ExprKind, Item, ItemKind, Module, Stmt, StmtKind};
use syntax::document::FenceKind;
use syntax::visit::{self, Visitor};

use crate::Analysis;

/// W0810.
pub(super) fn found(analysis: &Analysis, root: &Module) -> Vec<Diagnostic> {
    let asserting = asserting(analysis);
    let holds = |visit: &mut dyn FnMut(&mut Claims<'_>)| {
        let mut claims = Claims { analysis, asserting: &asserting, found: false };
        visit(&mut claims);
        claims.found
    };
    let mut found = Vec::new();
    let mut vacuous = |span, message: String, instead: &str| {
        let help = format!("It passes whatever the program does: {instead}.");
        found.push(Diagnostic::warning("W0810", span, message).help(help));
    };
    let nothing = |name: &str| format!("The test `{name}` asserts nothing.");
    let instead = "`assert` what it is about";
    for item in &root.items {
        match &item.kind {
            ItemKind::Test(test) if !holds(&mut |claims| claims.block(&test.body)) => {
                vacuous(item.span.at_start(), nothing(&test.name), instead);
            }
            ItemKind::Cell(cell) if cell.sig.name.dotted().starts_with("test_") => {
                let def = analysis.checked.cells.iter().find(|def| def.node == cell.sig.id);
                let gives = def.is_some_and(|def| !matches!(def.ret, Type::Null | Type::Any));
                if !gives && !holds(&mut |claims| claims.item(item)) {
                    let name = cell.sig.name.dotted();
                    let message = format!("The test `{name}` asserts nothing and gives no value.");
                    vacuous(cell.sig.name.span, message, &format!("{instead}, or give a Bool"));
                }
            }
            _ => {}
        }
    }
    for (index, fence) in analysis.document.iter().flat_map(|document| document.fences.iter().enumerate()) {
        let own = || root.items.iter().filter(|item| item.fence == Some(index));
        let runs = own().any(|item| matches!(item.kind, ItemKind::Stmt(_)));
        if fence.kind == FenceKind::Test
            && runs
            && fence.output.is_none()
            && !holds(&mut |claims| own().for_each(|item| claims.item(item)))
        {
            let name = fence.name.as_deref().unwrap_or("fence");
            vacuous(fence.span.at_start(), nothing(name), &format!("{instead}, or say its `output`"));
        }
    }
    found
}

/// The cells that assert something, or call one that does.
fn asserting(analysis: &Analysis) -> HashSet<CellId> {
    let nobody = HashSet::new();
    let mut own = Own { analysis, nobody: &nobody, found: HashSet::new() };
    for module in &analysis.modules {
        module.items.iter().for_each(|item| own.item(item));
    }
    let mut found = own.found;
    loop {
        let cells = analysis.checked.cells.iter().enumerate();
        let more: Vec<CellId> = cells
            .map(|(at, cell)| (CellId(at as u32), cell))
            .filter(|(id, cell)| {
                !found.contains(id) && cell.calls.iter().any(|called| found.contains(called))
            })
            .map(|(id, _)| id)
            .collect();
        if more.is_empty() {
            return found;
        }
        found.extend(more);
    }
}

struct Own<'a> {
    analysis: &'a Analysis,
    nobody: &'a HashSet<CellId>,
    found: HashSet<CellId>,
}

impl<'n> Visitor<'n> for Own<'_> {
    fn item(&mut self, item: &'n Item) {
        if let ItemKind::Cell(cell) = &item.kind {
            let own = cell.sig.id;
            let mut claims = Claims { analysis: self.analysis, asserting: self.nobody, found: false };
            visit::walk_item(&mut claims, item);
            let at = self.analysis.checked.cells.iter().position(|cell| cell.node == own);
            self.found.extend(at.filter(|_| claims.found).map(|at| CellId(at as u32)));
        }
        visit::walk_item(self, item);
    }
}

/// Whether something is asserted.
struct Claims<'a> {
    analysis: &'a Analysis,
    asserting: &'a HashSet<CellId>,
    found: bool,
}

impl<'n> Visitor<'n> for Claims<'_> {
    fn stmt(&mut self, stmt: &'n Stmt) {
        self.found |= matches!(stmt.kind, StmtKind::Assert { .. });
        visit::walk_stmt(self, stmt);
    }

    fn expr(&mut self, expr: &'n Expr) {
        let checked = &self.analysis.checked;
        let is_claim = |name: &str| name.starts_with("assert_") || name == "exit";
        self.found |= match checked.calls.get(&expr.id).map(|call| &call.callee) {
            Some(Callee::Cell(id)) => self.asserting.contains(id),
            Some(Callee::Core(name) | Callee::Host(name)) => is_claim(name),
            _ => matches!((&expr.kind, checked.uses.get(&expr.id)),
                (ExprKind::Name(_) | ExprKind::Field { .. }, Some(Use::Cell(id))) if self.asserting.contains(id)),
        };
        visit::walk_expr(self, expr);
    }
}
