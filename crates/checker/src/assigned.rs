//! Which variables a block assigns.

use syntax::ast::{Block, Expr, ExprKind, Stmt, StmtKind};
use syntax::visit::{Visitor, walk_stmt};

/// Names of all variables that the block assigns, in order, with repetitions; nested blocks and lambdas included.
pub(crate) fn assigned_names(block: &Block) -> Vec<&str> {
    let mut assigned = Assigned(Vec::new());
    assigned.block(block);
    assigned.0
}

struct Assigned<'n>(Vec<&'n str>);

impl<'n> Visitor<'n> for Assigned<'n> {
    fn stmt(&mut self, stmt: &'n Stmt) {
        if let StmtKind::Assign { place, .. } = &stmt.kind {
            self.0.extend(root(place));
        }
        walk_stmt(self, stmt);
    }
}

fn root(place: &Expr) -> Option<&str> {
    match &place.kind {
        ExprKind::Name(name) => Some(name),
        ExprKind::Field { base, .. } | ExprKind::Index { base, .. } => root(base),
        _ => None,
    }
}
