//! Statements.

use bytecode::{Op, Repr};
use checker::checked::{LocalId, Use};
use checker::types::Type;
use syntax::ast::{
    BinaryOp, Block, Condition, Expr, ExprKind, Item, ItemKind, Pattern, PatternKind, Stmt, StmtKind,
};

use crate::function::{Builder, Loop, Reg, Variable};

impl<'a> Builder<'_, 'a> {
    pub(crate) fn statement(&mut self, stmt: &'a Stmt) {
        let outside = self.at(stmt.span);
        match &stmt.kind {
            StmtKind::Let { pattern, value, otherwise, .. } => {
                self.let_statement(pattern, value, otherwise.as_deref());
                if let Some(variable) = self.lowerer.checked.bound.get(&pattern.id) {
                    self.admit_variable(variable);
                }
            }
            StmtKind::Assign { place, op, value } => {
                let mark = self.mark();
                self.assign(stmt, place, *op, value);
                self.admit_assigned(place);
                self.release(mark);
            }
            StmtKind::For { label, pattern, iterable, filter, body } => {
                let label = label.as_ref().map(|l| l.text.as_str());
                self.for_loop(label, pattern, iterable, filter.as_deref(), body);
            }
            StmtKind::While { label, condition, body } => {
                self.while_loop(label.as_ref().map(|l| l.text.as_str()), condition, body);
            }
            StmtKind::Break { label, value } => {
                self.leave_loop(label.as_ref().map(|l| l.text.as_str()), value.as_deref(), true);
            }
            StmtKind::Continue { label } => {
                self.leave_loop(label.as_ref().map(|l| l.text.as_str()), None, false);
            }
            StmtKind::Return(value) => self.return_statement(value.as_deref()),
            StmtKind::Emit(value) => self.emit_line(value),
            StmtKind::Halt(message) => {
                let mark = self.mark();
                let text = self.reference(message, None);
                self.throw("R0304", text);
                self.release(mark);
            }
            StmtKind::Yield(value) => self.yield_statement(value),
            StmtKind::Assert { condition, message } => self.assert(condition, message.as_deref()),
            StmtKind::Defer(block) => self.defer(block),
            StmtKind::Cell(_) | StmtKind::Error => {}
            StmtKind::Expr(e) => self.run(e),
        }
        self.at(outside);
    }

    /// Cells of a block may be called before they stand.
    pub(crate) fn declare_cells(&mut self, block: &'a Block) {
        for stmt in &block.stmts {
            if let StmtKind::Cell(item) = &stmt.kind {
                let item: &'a Item = item;
                if matches!(item.kind, ItemKind::Cell(_)) {
                    self.lowerer.declare(item);
                }
            }
        }
    }

    fn let_statement(&mut self, pattern: &'a Pattern, value: &'a Expr, otherwise: Option<&'a Block>) {
        // A pattern with a type tests it only where something else may come.
        if let (PatternKind::Bind { .. }, Some(Use::Local(id))) =
            (&pattern.kind, self.lowerer.checked.bound.get(&pattern.id))
            && otherwise.is_none()
        {
            let ty = self.local_type(*id);
            self.new_local(*id, |b, reg| {
                b.typed(value, &ty, Some(reg));
            });
            return;
        }
        let own = self.type_of(value.id);
        let ty = self.lowerer.checked.coercions.get(&value.id).cloned().unwrap_or(own);
        if matches!(pattern.kind, PatternKind::Bind { .. } | PatternKind::Wildcard) && otherwise.is_none() {
            let mark = self.mark();
            let reg = match self.lowerer.checked.bound.get(&pattern.id) {
                Some(Use::Global(id)) => {
                    let declared = self.global_type(*id);
                    self.typed(value, &declared, None)
                }
                _ => self.typed(value, &ty, None),
            };
            if self.is_since(mark, reg) {
                self.taint(reg);
            }
            self.pattern(pattern, reg, &ty, None);
            self.release(mark);
            return;
        }
        let fail = self.label();
        let mark = self.mark();
        let reg = {
            let reg = self.typed(value, &ty, None);
            let copy = self.alloc(reg.repr);
            self.copy(reg, copy);
            copy
        };
        // Names stay on top of the value, and outlive the statement.
        let _ = mark;
        self.pattern(pattern, reg, &ty, Some(fail));
        let done = self.label();
        self.goto(done);
        self.bind(fail);
        match otherwise {
            Some(block) => self.block(block),
            None => self.throw_text("R0303", "the value does not fit the pattern of this `let`"),
        }
        self.bind(done);
    }

    pub(crate) fn global_type(&self, id: checker::checked::GlobalId) -> Type {
        self.lowerer.checked.globals.get(id.0 as usize).map_or(Type::Error, |g| g.ty.clone())
    }

    /// Makes a variable and lets its value be put there.
    pub(crate) fn new_local(&mut self, id: LocalId, fill: impl FnOnce(&mut Self, Reg)) {
        let local = self.lowerer.checked.locals.get(id.0 as usize);
        let ty = local.map_or(Type::Error, |l| l.ty.clone());
        if local.is_some_and(|l| l.captured && l.mutable) {
            let cell = self.alloc(Repr::Ref);
            let mark = self.mark();
            let reg = self.alloc_for(&ty);
            fill(self, reg);
            let boxed = self.boxed(reg, None);
            self.emit(Op::NewCell, cell.index, boxed.index, 0);
            self.taint(boxed);
            self.release(mark);
            self.taint(cell);
            self.locals.insert(id, Variable::Shared(cell));
            return;
        }
        let reg = self.alloc_for(&ty);
        let mark = self.mark();
        fill(self, reg);
        self.release(mark);
        self.taint(reg);
        self.locals.insert(id, Variable::Register(reg));
    }

    /// Makes a variable of a value in its type's representation.
    pub(crate) fn declare_local(&mut self, id: LocalId, value: Reg) {
        self.new_local(id, |b, reg| b.copy(value, reg));
    }

    fn while_loop(&mut self, label: Option<&'a str>, condition: &'a Condition, body: &'a Block) {
        let (next, end) = (self.label(), self.label());
        self.loops.push(Loop { label, end, next, value: None, defers: self.defers.len() });
        match condition {
            // Tested at the bottom: one jump a turn.
            Condition::Expr(e) => {
                let again = self.label();
                self.goto(next);
                self.bind(again);
                self.block(body);
                self.bind(next);
                self.branch(e, again, true);
            }
            Condition::Let(..) => {
                self.bind(next);
                let mark = self.mark();
                self.enter(condition, end);
                self.block(body);
                self.release(mark);
                if !self.is_unreachable() {
                    self.goto(next);
                }
            }
        }
        self.loops.pop();
        self.bind(end);
    }

    fn leave_loop(&mut self, label: Option<&str>, value: Option<&'a Expr>, ends: bool) {
        let found = self.loops.iter().rposition(|l| label.is_none() || l.label == label);
        let Some(found) = found.and_then(|i| self.loops.get(i)) else { return };
        let (target, depth, slot) =
            (if ends { found.end } else { found.next }, found.defers, found.value.clone());
        match (value, slot.filter(|_| ends)) {
            (Some(e), Some((reg, ty))) => {
                let mark = self.mark();
                self.typed(e, &ty, Some(reg));
                self.release(mark);
            }
            (None, Some((reg, _))) if reg.repr == Repr::Ref => {
                self.null(Some(reg));
            }
            (Some(e), None) => self.discard(e),
            _ => {}
        }
        self.run_deferred(depth);
        self.goto(target);
    }

    fn return_statement(&mut self, value: Option<&'a Expr>) {
        let ret = self.ret.0.clone();
        let mark = self.mark();
        let reg = match value {
            Some(e) if ret == Type::Null => {
                self.discard(e);
                self.null(None)
            }
            Some(e) => self.typed(e, &ret, None),
            None => self.null(None),
        };
        self.return_value(reg);
        self.release(mark);
    }

    /// Returns what stands in the register, in the representation of the returned type; deferred blocks run first.
    pub(crate) fn return_value(&mut self, reg: Reg) {
        if self.is_unreachable() {
            return;
        }
        let ret = self.ret.0.clone();
        if let Some(ty) = self.ret_type {
            let label = format!("the value of `{}`", self.name);
            self.admit(ty, &label, reg);
        }
        let reg = if self.is_deferring() {
            let copy = self.alloc(reg.repr);
            self.copy(reg, copy);
            self.run_deferred(0);
            copy
        } else {
            reg
        };
        match self.ret.1 {
            Repr::Ref => {
                let reg = self.convert(reg, &ret, &Type::Any, None);
                self.emit(Op::ReturnR, reg.index, 0, 0);
                self.clean(reg);
            }
            _ => self.emit(Op::ReturnS, reg.index, 0, 0),
        }
    }

    /// `emit value` writes what `print(value)` does.
    fn emit_line(&mut self, value: &'a Expr) {
        let mark = self.mark();
        let item = self.alloc(Repr::Ref);
        let inner = self.mark();
        self.reference(value, Some(item));
        self.release(inner);
        let list = self.alloc(Repr::Ref);
        self.emit(Op::NewList, list.index, item.index, 1);
        self.clean(item);
        self.core("print", 1, |b, _, reg| b.shift(list, reg));
        self.release(mark);
    }

    /// Shows the operands of a failing comparison.
    fn assert(&mut self, condition: &'a Expr, message: Option<&'a Expr>) {
        let mark = self.mark();
        let fine = self.label();
        let text = self.lowerer.quote(condition.span);
        let operands = match &condition.kind {
            ExprKind::Binary { op, left, right, .. }
                if is_comparison(*op) && !self.lowerer.checked.calls.contains_key(&condition.id) =>
            {
                let a = self.alloc(Repr::Ref);
                self.reference(left, Some(a));
                let b = self.alloc(Repr::Ref);
                self.reference(right, Some(b));
                let test = self.alloc(Repr::Bool);
                let (x, y) = if matches!(op, BinaryOp::Gt | BinaryOp::Ge) { (b, a) } else { (a, b) };
                let instruction = match op {
                    BinaryOp::Eq | BinaryOp::Ne => Op::EqR,
                    BinaryOp::Lt | BinaryOp::Gt => Op::LtR,
                    BinaryOp::In => Op::In,
                    _ => Op::LeR,
                };
                self.emit(instruction, test.index, x.index, y.index);
                self.jump_bool(test, fine, *op != BinaryOp::Ne);
                Some((a, b))
            }
            _ => {
                self.branch(condition, fine, true);
                None
            }
        };
        let result = self.joined(message, &text, operands);
        self.throw("R0302", result);
        self.bind(fine);
        self.release(mark);
    }

    fn joined(&mut self, message: Option<&'a Expr>, text: &str, operands: Option<(Reg, Reg)>) -> Reg {
        let target = self.alloc(Repr::Ref);
        let base = self.mark();
        let mut parts = Vec::new();
        let first = self.alloc(Repr::Ref);
        self.load_str("assertion failed: ", Some(first));
        parts.push(first);
        if let Some(message) = message {
            let reg = self.alloc(Repr::Ref);
            self.reference(message, Some(reg));
            parts.push(reg);
            let reg = self.alloc(Repr::Ref);
            self.load_str(": ", Some(reg));
            parts.push(reg);
        }
        let reg = self.alloc(Repr::Ref);
        self.load_str(text, Some(reg));
        parts.push(reg);
        if let Some((a, b)) = operands {
            for (label, operand) in [(", with left ", a), (" and right ", b)] {
                let reg = self.alloc(Repr::Ref);
                self.load_str(label, Some(reg));
                parts.push(reg);
                let reg = self.alloc(Repr::Ref);
                parts.push(reg);
                let inner = self.mark();
                let shown = self.core("op.repr", 1, |builder, _, argument| builder.copy(operand, argument));
                self.shift(shown, reg);
                self.release_moved(inner);
            }
        }
        self.emit(Op::Join, target.index, first.index, parts.len() as u16);
        self.release_moved(base);
        target
    }
}

fn is_comparison(op: BinaryOp) -> bool {
    use BinaryOp::*;
    matches!(op, Eq | Ne | Lt | Le | Gt | Ge | In)
}
