//! Tasks: closures without parameters that the machine runs by itself.

use bytecode::{Op, Repr};
use checker::checked::CellId;
use checker::types::Type;
use syntax::ast::{Block, Expr, ExprKind, NodeId, StmtKind, Tasks, TasksKind};

use crate::function::{Builder, Reg};
use crate::program::Key;

/// What a task computes.
#[derive(Clone)]
pub(crate) enum Task<'a> {
    Value(&'a Expr),
    /// With the type of its value.
    Block(&'a Block, Type),
    /// A `comptime` block: no task, but a function like one.
    Comptime(&'a Block, Type),
}

impl<'a> Builder<'_, 'a> {
    /// The rest of an `async` cell: its parameters stand, and its body becomes a task.
    pub(crate) fn return_task(&mut self, id: CellId) {
        let Some(closure) = self.kept_call(id, Key::Async(id), Op::MakeClosure) else { return };
        let future = self.core("op.spawn", 1, |b, _, reg| b.shift(closure, reg));
        self.return_value(future);
    }

    pub(crate) fn build_async(&mut self, id: CellId) {
        let Some(def) = self.lowerer.checked.cells.get(id.0 as usize) else { return };
        self.name = def.name.clone();
        self.at(def.span);
        let value = match &def.ret {
            Type::Future(value) => (**value).clone(),
            other => other.clone(),
        };
        self.ret = (value, Repr::Ref);
        self.bind_kept(def);
        if def.yields {
            return self.return_generator(id);
        }
        self.cell_body(def);
    }

    /// The future of a new task.
    pub(crate) fn spawn(&mut self, id: NodeId, task: Task<'a>) -> Reg {
        self.lowerer.tasks.insert(id, task);
        let captures = self.lowerer.checked.captures.get(&id).cloned().unwrap_or_default();
        self.core("op.spawn", 1, |b, _, reg| {
            b.closure(Key::Task(id), &captures, Some(reg));
        })
    }

    /// What a block comes to, which the machine computes once before anything runs.
    pub(crate) fn comptime(&mut self, id: NodeId, block: &'a Block, own: &Type, want: Option<Reg>) -> Reg {
        self.lowerer.computes = true;
        self.lowerer.tasks.insert(id, Task::Comptime(block, own.clone()));
        let function = self.lowerer.request(Key::Task(id));
        let function = self.operand(function);
        let value = self.alloc(Repr::Ref);
        self.emit(Op::Comptime, value.index, function, 0);
        self.taint(value);
        self.convert(value, &Type::Any, own, want)
    }

    pub(crate) fn build_task(&mut self, id: NodeId) {
        let Some(task) = self.lowerer.tasks.get(&id).cloned() else { return };
        self.name = if matches!(task, Task::Comptime(..)) { "comptime" } else { "task" }.into();
        let captures = self.lowerer.checked.captures.get(&id).cloned().unwrap_or_default();
        let (_, captured) = self.closure_params(0, captures.len());
        self.bind_captures(&captures, &captured);
        let joined = self.lowerer.checked.continued.contains(&id);
        match task {
            Task::Value(e) => {
                self.at(e.span);
                self.ret = (Type::Any, Repr::Ref);
                let value = self.reference(e, None);
                let value = if joined { self.join(value) } else { value };
                self.return_value(value);
            }
            Task::Block(block, ty) if joined => {
                self.at(block.span);
                self.ret = (Type::Any, Repr::Ref);
                let value = self.block_value(block, &Type::future(ty), None);
                let value = self.join(value);
                self.return_value(value);
            }
            Task::Block(block, ty) | Task::Comptime(block, ty) => {
                self.at(block.span);
                self.ret = (ty, Repr::Ref);
                self.whole_block(block);
            }
        }
    }

    /// What the task of a future comes to.
    fn join(&mut self, future: Reg) -> Reg {
        self.core("op.join", 1, |b, _, reg| b.copy(future, reg))
    }

    /// `await parallel … end` and its like: spawns all, then waits for them.
    pub(crate) fn tasks(&mut self, e: &'a Expr, tasks: &'a Tasks, want: Option<Reg>) -> Reg {
        let mark = self.mark();
        let limit = tasks.args.first().map(|arg| {
            let reg = self.alloc(Repr::Ref);
            self.typed_boxed(&arg.value, &Type::Int, reg);
            reg
        });
        let futures = self.alloc(Repr::Ref);
        self.emit(Op::NewList, futures.index, 0, 0);
        let names = self.alloc(Repr::Ref);
        self.emit(Op::NewList, names.index, 0, 0);
        match &tasks.each {
            Some((pattern, iterable)) => {
                let task = Task::Block(&tasks.body, self.element_of_tasks(e));
                let (next, end) = (self.label(), self.label());
                self.each(pattern, iterable, None, next, end, &mut |b| {
                    let mark = b.mark();
                    let future = b.spawn(e.id, task.clone());
                    b.emit(Op::Push, futures.index, future.index, 0);
                    b.release(mark);
                });
            }
            None => {
                for stmt in &tasks.body.stmts {
                    let (name, value) = match &stmt.kind {
                        StmtKind::Expr(value) => (None, &**value),
                        StmtKind::Assign { place, value, .. } => (Some(place), &**value),
                        _ => continue,
                    };
                    let mark = self.mark();
                    let future = self.spawn(stmt.id, Task::Value(value));
                    self.emit(Op::Push, futures.index, future.index, 0);
                    if let Some(ExprKind::Name(name)) = name.map(|place| &place.kind) {
                        let text = self.load_str(name, None);
                        self.emit(Op::Push, names.index, text.index, 0);
                    }
                    self.release(mark);
                }
            }
        }
        let (name, count) = match tasks.kind {
            TasksKind::Parallel => ("op.parallel", 2),
            TasksKind::Race => ("op.race", 1),
            TasksKind::Vote => ("op.vote", 1),
            TasksKind::Select => ("op.select", 2),
        };
        let result = self.core(name, count, |b, i, reg| match (i, limit) {
            (0, _) => b.shift(futures, reg),
            (_, Some(limit)) => b.shift(limit, reg),
            (_, None) if tasks.kind == TasksKind::Select => b.shift(names, reg),
            (_, None) => {
                b.null(Some(reg));
            }
        });
        let target = self.target(want, Repr::Ref);
        self.shift(result, target);
        if want.is_some() {
            self.release(mark);
        }
        target
    }

    /// What each task of a `parallel for` comes to.
    fn element_of_tasks(&self, e: &Expr) -> Type {
        match self.type_of(e.id) {
            Type::Result(all, _) => match &*all {
                Type::List(element) => (**element).clone(),
                _ => Type::Any,
            },
            _ => Type::Any,
        }
    }
}
