//! What reaches a task by way of functions: a function brings the variables that it captured wherever it is stored.
//!
//! Each variable that may hold a function is followed to what it was made of: by `let` and assignment, as an element of a
//! `for`, part of a pattern, or the argument that a builtin hands to a function. What a function's body makes is no source.

use std::collections::{BTreeSet, HashMap};

use syntax::ast::{
    Clause, Condition, Expr, ExprKind, ListPattern, NodeId, Pattern, PatternKind, Stmt, StmtKind,
};
use syntax::visit::{self, Visitor};

use crate::Type;
use crate::checked::{Checked, LocalId, Use};
use crate::checker::Checker;
use crate::unify::contains;

impl Checker<'_> {
    /// Adds the variables that functions among the given ones captured when they were made.
    pub(crate) fn through_functions(&self, shared: &mut Vec<LocalId>) {
        if !shared.iter().any(|id| self.may_be_called(*id)) {
            return;
        }
        let mut sources = Sources { checked: &self.out, of: HashMap::new() };
        for module in self.program.modules {
            module.items.iter().for_each(|item| sources.item(item));
        }
        let mut seen: BTreeSet<LocalId> = shared.iter().copied().collect();
        let mut open = shared.clone();
        while let Some(id) = open.pop() {
            if !self.may_be_called(id) {
                continue;
            }
            for source in sources.of.get(&id).into_iter().flatten() {
                // A value is copied, and brings what the functions in it captured; a captured variable is shared itself.
                if source.captured {
                    shared.push(source.id);
                }
                if seen.insert(source.id) {
                    open.push(source.id);
                }
            }
        }
    }

    /// Whether the variable is a function, or may hold one.
    fn may_be_called(&self, id: LocalId) -> bool {
        let Some(local) = self.out.locals.get(id.0 as usize) else { return false };
        self.may_hold_function(&self.closed(&local.ty), &mut BTreeSet::new())
    }

    fn may_hold_function(&self, ty: &Type, seen: &mut BTreeSet<Type>) -> bool {
        contains(ty, &mut |part| {
            let parts: Vec<&Type> = match part {
                // An `Iter` holds the cell that it runs.
                Type::Fn(_) | Type::Any | Type::Iter(_) | Type::Param(_) => return true,
                Type::Record(id, _) => {
                    let record = self.out.records.get(id.0 as usize);
                    record.into_iter().flat_map(|record| &record.fields).map(|field| &field.ty).collect()
                }
                Type::Enum(id, _) => {
                    let variants = self.out.enums.get(id.0 as usize).map_or(&[][..], |it| &it.variants);
                    variants.iter().flat_map(|variant| &variant.fields).map(|(_, ty)| ty).collect()
                }
                _ => return false,
            };
            // The arguments of a generic type are looked at beside it, so its own parameters count for nothing here.
            seen.insert(part.clone())
                && parts
                    .into_iter()
                    .any(|ty| !matches!(ty, Type::Param(_)) && self.may_hold_function(ty, seen))
        })
    }
}

/// One thing that a variable is made of.
#[derive(Clone, Copy)]
struct Source {
    id: LocalId,
    /// A function there captured it; else its value went in.
    captured: bool,
}

/// Of each variable, what it is made of.
struct Sources<'c> {
    checked: &'c Checked,
    of: HashMap<LocalId, Vec<Source>>,
}

impl Sources<'_> {
    fn add(&mut self, places: &[LocalId], values: &[&Expr]) {
        if places.is_empty() {
            return;
        }
        let mut names = Names { checked: self.checked, found: Vec::new() };
        values.iter().for_each(|value| names.expr(value));
        for place in places {
            self.of.entry(*place).or_default().extend(names.found.iter().copied());
        }
    }

    fn pattern_of(&mut self, pattern: &Pattern, value: &Expr) {
        let mut bound = Bound { checked: self.checked, found: Vec::new() };
        bound.pattern(pattern);
        self.add(&bound.found, &[value]);
    }

    fn clauses(&mut self, clauses: &[Clause]) {
        clauses.iter().for_each(|clause| self.pattern_of(&clause.pattern, &clause.iterable));
    }

    fn condition(&mut self, condition: &Condition) {
        if let Condition::Let(pattern, value) = condition {
            self.pattern_of(pattern, value);
        }
    }

    /// What a builtin hands to a function comes from its other arguments.
    fn arguments(&mut self, values: &[&Expr]) {
        for value in values {
            if let ExprKind::Lambda { params, .. } = &value.kind {
                let places: Vec<LocalId> =
                    params.iter().filter_map(|param| local(self.checked, param.id)).collect();
                let others: Vec<&Expr> =
                    values.iter().copied().filter(|other| !std::ptr::eq(*other, *value)).collect();
                self.add(&places, &others);
            }
        }
    }
}

fn local(checked: &Checked, node: NodeId) -> Option<LocalId> {
    match checked.bound.get(&node) {
        Some(Use::Local(id)) => Some(*id),
        _ => None,
    }
}

impl<'n> Visitor<'n> for Sources<'_> {
    fn stmt(&mut self, stmt: &'n Stmt) {
        match &stmt.kind {
            StmtKind::Let { pattern, value, .. } => self.pattern_of(pattern, value),
            StmtKind::For { pattern, iterable, .. } => self.pattern_of(pattern, iterable),
            StmtKind::While { condition, .. } => self.condition(condition),
            StmtKind::Assign { place, value, .. } => {
                let mut root = &**place;
                while let ExprKind::Field { base, .. } | ExprKind::Index { base, .. } = &root.kind {
                    root = base;
                }
                if let Some(Use::Local(id)) = self.checked.uses.get(&root.id) {
                    self.add(&[*id], &[value]);
                }
            }
            _ => {}
        }
        visit::walk_stmt(self, stmt);
    }

    fn expr(&mut self, expr: &'n Expr) {
        match &expr.kind {
            ExprKind::If { condition, .. } => self.condition(condition),
            ExprKind::Match { subject, arms } => {
                arms.iter().for_each(|arm| self.pattern_of(&arm.pattern, subject));
            }
            ExprKind::ListComprehension { clauses, .. }
            | ExprKind::SetComprehension { clauses, .. }
            | ExprKind::MapComprehension { clauses, .. } => self.clauses(clauses),
            ExprKind::Tasks(tasks) => {
                tasks.each.iter().for_each(|(pattern, items)| self.pattern_of(pattern, items));
            }
            ExprKind::Call { callee, args, .. } => {
                let base = match &callee.kind {
                    ExprKind::Field { base, .. } => Some(&**base),
                    _ => None,
                };
                self.arguments(
                    &base.into_iter().chain(args.iter().map(|arg| &arg.value)).collect::<Vec<_>>(),
                );
            }
            _ => {}
        }
        visit::walk_expr(self, expr);
    }
}

/// The variables that a pattern binds.
struct Bound<'c> {
    checked: &'c Checked,
    found: Vec<LocalId>,
}

impl<'n> Visitor<'n> for Bound<'_> {
    fn pattern(&mut self, pattern: &'n Pattern) {
        self.found.extend(local(self.checked, pattern.id));
        if let PatternKind::List { items } = &pattern.kind {
            for item in items {
                if let ListPattern::Rest(_, id) = item {
                    self.found.extend(local(self.checked, *id));
                }
            }
        }
        visit::walk_pattern(self, pattern);
    }
}

/// What a value is made of.
struct Names<'c> {
    checked: &'c Checked,
    found: Vec<Source>,
}

impl<'n> Visitor<'n> for Names<'_> {
    fn expr(&mut self, expr: &'n Expr) {
        match self.checked.uses.get(&expr.id) {
            Some(Use::Local(id)) => self.found.push(Source { id: *id, captured: false }),
            Some(Use::Cell(id)) => {
                let cell = self.checked.cells.get(id.0 as usize);
                let captures = cell.into_iter().flat_map(|cell| &cell.captures);
                self.found.extend(captures.map(|id| Source { id: *id, captured: true }));
            }
            _ => {}
        }
        // What a function captures is listed; what it does when it is called makes no value here.
        match self.checked.captures.get(&expr.id) {
            Some(captures) if matches!(expr.kind, ExprKind::Lambda { .. }) => {
                self.found.extend(captures.iter().map(|id| Source { id: *id, captured: true }));
            }
            _ => visit::walk_expr(self, expr),
        }
    }
}
