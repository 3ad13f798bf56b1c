//! How often an expression mentions something.

use syntax::ast::{Expr, ExprKind};
use syntax::visit::{Visitor, walk_expr};

/// How many sub-expressions satisfy the test. What holds statements counts as many: they are not looked into.
pub(crate) fn mentions(e: &Expr, test: &dyn Fn(&Expr) -> bool) -> usize {
    let mut mentions = Mentions { test, count: 0 };
    mentions.expr(e);
    mentions.count
}

const MANY: usize = 1_000;

struct Mentions<'t> {
    test: &'t dyn Fn(&Expr) -> bool,
    count: usize,
}

impl<'n> Visitor<'n> for Mentions<'_> {
    fn expr(&mut self, e: &'n Expr) {
        self.count += usize::from((self.test)(e));
        match &e.kind {
            ExprKind::ListComprehension { .. }
            | ExprKind::SetComprehension { .. }
            | ExprKind::MapComprehension { .. }
            | ExprKind::Lambda { .. }
            | ExprKind::If { .. }
            | ExprKind::Match { .. }
            | ExprKind::When { .. }
            | ExprKind::Loop { .. }
            | ExprKind::Do(_)
            | ExprKind::Comptime(_)
            | ExprKind::Upsert(_)
            | ExprKind::Handle { .. }
            | ExprKind::Spawn(_)
            | ExprKind::Tasks(_)
            | ExprKind::Unsupported(_)
            | ExprKind::Error => self.count += MANY,
            _ => walk_expr(self, e),
        }
    }
}
