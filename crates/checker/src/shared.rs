//! Results of the root that change after a task began which uses them.
//!
//! A statement that assigns a name joins that name's `let` and all between. A task that begins among these would see the
//! name change; one that begins behind them sees a value that is final.

use std::collections::{BTreeMap, BTreeSet};

use syntax::ast::{Expr, ExprKind, ItemKind, NodeId, Stmt, StmtKind};
use syntax::visit::{self, Visitor};

use crate::checked::{Checked, GlobalId, Use};
use crate::checker::Checker;

impl Checker<'_> {
    /// The results that a task may see change, in the order of their declaration.
    pub(crate) fn shared_results(&self) -> Vec<GlobalId> {
        if self.out.tasks.is_empty() {
            return Vec::new();
        }
        let mut look = Look {
            checked: &self.out,
            tasks: self.out.tasks.iter().copied().collect(),
            statement: 0,
            depth: 0,
            assigned: BTreeMap::new(),
            used: Vec::new(),
        };
        for (at, item) in self.items(self.root()).iter().enumerate() {
            if let ItemKind::Stmt(stmt) = &item.kind {
                look.statement = at;
                look.stmt(stmt);
            }
        }
        let Look { assigned, used, .. } = look;
        let changes = |(id, at): &(GlobalId, usize)| assigned.get(id).is_some_and(|last| last >= at);
        let shared: BTreeSet<GlobalId> = used.into_iter().filter(changes).map(|(id, _)| id).collect();
        shared.into_iter().collect()
    }
}

struct Look<'c> {
    checked: &'c Checked,
    tasks: BTreeSet<NodeId>,
    /// The place of the top-level statement.
    statement: usize,
    /// How many tasks are around.
    depth: usize,
    /// The last statement that assigns it.
    assigned: BTreeMap<GlobalId, usize>,
    /// What tasks use, and in which statement.
    used: Vec<(GlobalId, usize)>,
}

impl Look<'_> {
    fn within(&mut self, is_task: bool, walk: impl FnOnce(&mut Self)) {
        self.depth += usize::from(is_task);
        walk(self);
        self.depth -= usize::from(is_task);
    }

    fn global(&self, name: &Expr) -> Option<GlobalId> {
        match self.checked.uses.get(&name.id) {
            Some(Use::Global(id)) => Some(*id),
            _ => None,
        }
    }
}

impl<'n> Visitor<'n> for Look<'_> {
    fn stmt(&mut self, stmt: &'n Stmt) {
        if let StmtKind::Assign { place, .. } = &stmt.kind {
            let mut root = &**place;
            while let ExprKind::Field { base, .. } | ExprKind::Index { base, .. } = &root.kind {
                root = base;
            }
            if let Some(id) = self.global(root) {
                self.assigned.insert(id, self.statement);
            }
        }
        let is_task = self.tasks.contains(&stmt.id);
        self.within(is_task, |look| visit::walk_stmt(look, stmt));
    }

    fn expr(&mut self, expr: &'n Expr) {
        if self.depth > 0
            && let Some(id) = self.global(expr)
        {
            self.used.push((id, self.statement));
        }
        let is_task = self.tasks.contains(&expr.id);
        let ExprKind::Tasks(tasks) = &expr.kind else {
            return self.within(is_task, |look| visit::walk_expr(look, expr));
        };
        // What a task is made for each of is looked at by whoever makes them.
        tasks.args.iter().for_each(|arg| self.expr(&arg.value));
        tasks.each.iter().for_each(|(_, items)| self.expr(items));
        self.within(is_task, |look| look.block(&tasks.body));
    }
}
