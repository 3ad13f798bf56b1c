//! Where each variable of a cell or block can be read.

use checker::checked::{Checked, LocalId, Use};
use syntax::Span;
use syntax::ast::{
    Arm, Block, Expr, ExprKind, Item, ItemKind, ListPattern, Module, NodeId, Param, Pattern, PatternKind,
    Stmt, StmtKind, WithClause,
};
use syntax::visit::{self, Visitor};

/// A variable and the part of the text that sees it.
pub(crate) struct Visible {
    pub(crate) local: LocalId,
    pub(crate) scope: Span,
}

/// The scopes of all locals.
pub(crate) fn scopes(modules: &[Module], checked: &Checked) -> Vec<Visible> {
    let mut scopes = Scopes { checked, open: Vec::new(), found: Vec::new() };
    for module in modules {
        module.items.iter().for_each(|item| scopes.item(item));
    }
    scopes.found
}

struct Scopes<'a> {
    checked: &'a Checked,
    /// The parts of the text that hold what is visited, the innermost last, and whether all of the part sees what it
    /// binds: a comprehension's element stands before its names.
    open: Vec<(Span, bool)>,
    found: Vec<Visible>,
}

impl Scopes<'_> {
    fn within(&mut self, span: Span, inner: impl FnOnce(&mut Self)) {
        self.open.push((span, false));
        inner(self);
        self.open.pop();
    }

    /// What a node binds is seen from behind `end` to the end of what is open.
    fn bind(&mut self, node: NodeId, end: u32) {
        if let (Some(Use::Local(local)), Some((open, whole))) =
            (self.checked.bound.get(&node), self.open.last())
        {
            let start = if *whole { open.start } else { end };
            self.found.push(Visible { local: *local, scope: Span { start, ..*open } });
        }
    }
}

impl<'n> Visitor<'n> for Scopes<'_> {
    fn item(&mut self, item: &'n Item) {
        match &item.kind {
            ItemKind::Cell(_) => self.within(item.span, |scopes| visit::walk_item(scopes, item)),
            _ => visit::walk_item(self, item),
        }
    }

    fn param(&mut self, param: &'n Param) {
        self.bind(param.id, param.span.end);
        visit::walk_param(self, param);
    }

    fn block(&mut self, block: &'n Block) {
        self.within(block.span, |scopes| block.stmts.iter().for_each(|stmt| scopes.stmt(stmt)));
    }

    fn arm(&mut self, arm: &'n Arm) {
        self.within(arm.span, |scopes| {
            scopes.pattern(&arm.pattern);
            arm.guard.iter().for_each(|guard| scopes.expr(guard));
            scopes.block(&arm.body);
        });
    }

    fn with_clause(&mut self, clause: &'n WithClause) {
        self.within(clause.span, |scopes| {
            scopes.bind(clause.id, clause.path.span.end);
            clause.params.iter().for_each(|param| scopes.param(param));
            scopes.block(&clause.body);
        });
    }

    fn stmt(&mut self, stmt: &'n Stmt) {
        match &stmt.kind {
            // What a loop binds ends with it; a `let` lasts to the end of its block.
            StmtKind::For { .. } | StmtKind::While { .. } => {
                self.within(stmt.span, |scopes| visit::walk_stmt(scopes, stmt));
            }
            _ => visit::walk_stmt(self, stmt),
        }
    }

    fn expr(&mut self, expr: &'n Expr) {
        match &expr.kind {
            ExprKind::Lambda { .. } | ExprKind::If { .. } | ExprKind::Tasks(_) => {
                self.within(expr.span, |scopes| visit::walk_expr(scopes, expr));
            }
            ExprKind::ListComprehension { .. }
            | ExprKind::SetComprehension { .. }
            | ExprKind::MapComprehension { .. } => {
                self.open.push((expr.span, true));
                visit::walk_expr(self, expr);
                self.open.pop();
            }
            ExprKind::TryElse { fallback, .. } => {
                self.within(fallback.span, |scopes| scopes.bind(expr.id, fallback.span.start));
                visit::walk_expr(self, expr);
            }
            _ => visit::walk_expr(self, expr),
        }
    }

    fn pattern(&mut self, pattern: &'n Pattern) {
        self.bind(pattern.id, pattern.span.end);
        if let PatternKind::List { items } = &pattern.kind {
            for item in items {
                if let ListPattern::Rest(Some(name), id) = item {
                    self.bind(*id, name.span.end);
                }
            }
        }
        visit::walk_pattern(self, pattern);
    }
}
