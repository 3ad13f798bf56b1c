//! Tasks: what `spawn`, `async` cells and `await` mean.
//!
//! A task is a function of its own. It shares no variable that changes with anybody (E0311), and nobody around it
//! handles what it performs.

use syntax::ast::{Expr, ExprKind, NodeId, StmtKind, Tasks, TasksKind};
use syntax::{Diagnostic, Span};

use crate::Type;
use crate::args::{Actual, Parameter, Slot};
use crate::builtins::{Bound, Takes};
use crate::call::Site;
use crate::checker::{Checker, Demand};
use crate::control::Branch;

impl<'a> Checker<'a> {
    /// What the body of a cell returns whose call gives `ret`.
    pub(crate) fn returned_by(&self, ret: &Type, is_async: bool) -> Type {
        match ret {
            Type::Future(value) if is_async => (**value).clone(),
            other => other.clone(),
        }
    }

    /// What a call gives of a cell whose body returns `found`.
    pub(crate) fn called(&self, found: Type, is_async: bool) -> Type {
        if is_async { Type::future(found) } else { found }
    }

    pub(crate) fn spawn(&mut self, e: &'a Expr, value: &'a Expr) -> Type {
        Type::future(self.task(e.id, |c| c.infer(value, None)))
    }

    pub(crate) fn await_expr(&mut self, value: &'a Expr) -> Type {
        let found = self.infer(value, None);
        match self.resolve(&found) {
            Type::Future(value) => Type::result((*value).clone(), Type::fault()),
            Type::Error => Type::Error,
            other => {
                let shown = self.show(&other);
                self.report(
                    Diagnostic::error("E0200", value.span, format!("`await` takes a future, found {shown}."))
                        .help(
                            "A call of an `async` cell gives one, and `spawn e` makes one of any expression.",
                        ),
                );
                Type::Error
            }
        }
    }

    /// `timeout(ms, e)`: `e` is a task, which is given so long.
    pub(crate) fn timeout(&mut self, site: Site<'a>, actuals: &[Actual<'a>]) -> Type {
        let param = |name: &str, ty| Parameter {
            name: name.to_string(),
            ty,
            takes: Takes::One,
            required: true,
            flexible: false,
        };
        let params = [param("ms", Type::Int), param("value", Type::Any)];
        let slots = self.match_args("timeout", site.span, &params, actuals);
        let Some([Slot::One(ms), Slot::One(value)]) = slots.as_deref() else { return Type::Error };
        let (Some(time), Some(task)) = (actuals.get(*ms), actuals.get(*value)) else { return Type::Error };
        self.check(time.expr, &Type::Int);
        let found = self.task(site.id, |c| c.infer(task.expr, None));
        if let Type::Future(_) = self.resolve(&found) {
            let shown = self.show(&found);
            let message = format!("`timeout` takes what a task comes to, found {shown}.");
            self.report(
                Diagnostic::error("E0200", task.expr.span, message)
                    .help("Await it there: `timeout(ms, await task)`."),
            );
            return Type::Error;
        }
        let args = slots.iter().flatten().filter_map(|slot| self.call_arg(slot, actuals)).collect();
        self.host(site.id, "timeout", args);
        Type::result(found, Type::timeout())
    }

    pub(crate) fn tasks(&mut self, e: &'a Expr, tasks: &'a Tasks) -> Type {
        self.limit(tasks);
        let value = match &tasks.each {
            Some((pattern, iterable)) => {
                let ty = self.infer(iterable, None);
                let element = self.element_of(iterable, &ty, pattern.id);
                self.scoped(|c| {
                    c.bind_pattern(pattern, &element, false);
                    c.check_irrefutable(pattern, &element);
                    let found = c.task(e.id, |c| c.block_value(&tasks.body, None));
                    c.joined(e.id, found).0
                })
            }
            None => self.lines(tasks),
        };
        let value = match tasks.kind {
            TasksKind::Parallel => Type::list(value),
            TasksKind::Select => Type::tuple(vec![Type::String, value]),
            TasksKind::Race => value,
            TasksKind::Vote => {
                self.demands.push(Demand {
                    ty: value.clone(),
                    bound: Bound::Hash,
                    span: e.span,
                    by: "await vote".to_string(),
                    declared: None,
                });
                value
            }
        };
        Type::result(value, Type::fault())
    }

    fn limit(&mut self, tasks: &'a Tasks) {
        let mut is_given = false;
        for arg in &tasks.args {
            let is_limit = arg.name.as_ref().is_some_and(|name| name.text == "limit") && !arg.spread;
            if is_limit && !std::mem::replace(&mut is_given, true) {
                self.check(&arg.value, &Type::Int);
                continue;
            }
            self.infer(&arg.value, None);
            let message = match is_limit {
                true => "`limit:` is given twice.",
                false => "`parallel` takes `limit:` alone.",
            };
            self.report(
                Diagnostic::error("E0203", arg.value.span, message)
                    .help("Write `await parallel(limit: 4)`, with the most tasks that run at once."),
            );
        }
    }

    /// The common type of tasks that are the lines of a block.
    fn lines(&mut self, tasks: &'a Tasks) -> Type {
        let word = tasks.kind.word();
        let mut branches: Vec<Branch> = Vec::new();
        let mut given: Vec<(Span, Type)> = Vec::new();
        for stmt in &tasks.body.stmts {
            let task = match (&stmt.kind, tasks.kind) {
                (StmtKind::Assign { place, op: None, value }, TasksKind::Select)
                    if matches!(place.kind, ExprKind::Name(_)) =>
                {
                    Some(&**value)
                }
                (StmtKind::Expr(value), kind) if kind != TasksKind::Select => Some(&**value),
                (StmtKind::Error, _) => continue,
                _ => None,
            };
            match task {
                Some(value) => {
                    let found = self.task(stmt.id, |c| c.infer(value, None));
                    let (ty, joined) = self.joined(stmt.id, found);
                    // What a future comes to is no expression that could be converted.
                    branches.push(Branch { id: (!joined).then_some(value.id), ty: ty.clone() });
                    given.extend(joined.then_some((value.span, ty)));
                }
                None => {
                    let (what, form) = match tasks.kind {
                        TasksKind::Select => ("a name and its task", "name = task()"),
                        _ => ("an expression", "task()"),
                    };
                    self.report(
                        Diagnostic::error("E0200", stmt.span, format!("Each line of `{word}` is {what}."))
                            .help(format!("Write `{form}`; several statements stand in `do … end`.")),
                    );
                }
            }
        }
        if tasks.body.stmts.is_empty() && tasks.kind != TasksKind::Parallel {
            self.report(
                Diagnostic::error("E0200", tasks.body.span, format!("This `{word}` has no task to take."))
                    .help("Write a task a line."),
            );
            return Type::Error;
        }
        if branches.is_empty() {
            return self.fresh();
        }
        let all = self.join_branches(branches, None);
        for (span, ty) in given {
            if all.repr() != ty.repr() || (all == Type::Float && ty == Type::Int) {
                let (found, wanted) = (self.show(&ty), self.show(&all));
                if !matches!(all, Type::Union(_) | Type::Any) {
                    self.report(
                        Diagnostic::error(
                            "E0200",
                            span,
                            format!("This task gives {found}, the others {wanted}."),
                        )
                        .help("Let all give one type."),
                    );
                }
            }
        }
        all
    }

    /// A task that comes to a future, as the call of an `async` cell does, goes on until that one ends: what it gives,
    /// and whether it is so.
    fn joined(&mut self, id: NodeId, found: Type) -> (Type, bool) {
        match self.resolve(&found) {
            Type::Future(value) => {
                self.out.continued.insert(id);
                ((*value).clone(), true)
            }
            _ => (found, false),
        }
    }

    /// Checks what is a task.
    fn task(&mut self, id: NodeId, inner: impl FnOnce(&mut Self) -> Type) -> Type {
        self.out.tasks.push(id);
        let handled = std::mem::take(&mut self.body.handled);
        let ty = self.handled_function(id, inner);
        self.body.handled = handled;
        ty
    }

    /// Variables that change belong to one task.
    pub(crate) fn check_task_captures(&mut self) {
        let spawned = self.out.tasks.iter().filter_map(|id| self.out.captures.get(id));
        let called = self.out.cells.iter().filter(|cell| cell.is_async).map(|cell| &cell.captures);
        let mut shared: Vec<_> = spawned.chain(called).flatten().copied().collect();
        self.through_functions(&mut shared);
        shared.sort_unstable();
        shared.dedup();
        let locals = shared.iter().filter_map(|id| self.out.locals.get(id.0 as usize));
        let locals = locals.filter(|local| local.mutable).map(|local| (local.name.clone(), local.span));
        let results = self.shared_results();
        let results = results.iter().filter_map(|id| self.out.globals.get(id.0 as usize));
        let results = results.map(|result| (result.name.clone(), result.span));
        for (name, span) in locals.chain(results).collect::<Vec<_>>() {
            self.report(
                Diagnostic::error("E0311", span, format!("`{name}` changes, and a task uses it."))
                    .help(format!(
                        "Tasks share no variable that changes: give them a copy, `let now = {name}`, and take what they come to from `await`."
                    )),
            );
        }
    }
}
