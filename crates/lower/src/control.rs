//! Blocks, `if`, `match`, `when`, `loop`, and leaving early by `?`.

use bytecode::{Op, Repr};
use checker::checked::Use;
use checker::types::Type;
use syntax::ast::{Arm, Block, Condition, Else, Expr, StmtKind};

use crate::function::{Builder, Loop, Reg, repr_of};

impl<'a> Builder<'_, 'a> {
    /// Runs a block for what it does.
    pub(crate) fn block(&mut self, block: &'a Block) {
        let mark = self.mark();
        self.defers.push(Vec::new());
        self.declare_cells(block);
        for stmt in &block.stmts {
            self.statement(stmt);
        }
        self.leave_scope();
        self.release(mark);
    }

    /// The value of the block's last expression, as `to`; null if it has none.
    pub(crate) fn block_value(&mut self, block: &'a Block, to: &Type, want: Option<Reg>) -> Reg {
        // What is deferred still sees the variable that the value is for, and may run before the value is there.
        let defers = block.stmts.iter().any(|stmt| matches!(stmt.kind, StmtKind::Defer(_)));
        let target = if defers { self.blank(repr_of(to)) } else { self.target(want, repr_of(to)) };
        let mark = self.mark();
        self.defers.push(Vec::new());
        self.declare_cells(block);
        let last = block.stmts.last().and_then(|s| match &s.kind {
            StmtKind::Expr(e) => Some(e),
            _ => None,
        });
        let before = block.stmts.len() - usize::from(last.is_some());
        for stmt in block.stmts.iter().take(before) {
            self.statement(stmt);
        }
        match last {
            Some(e) if *to == Type::Null => {
                self.run(e);
                self.null(Some(target));
            }
            Some(e) => {
                self.typed(e, to, Some(target));
            }
            None if self.is_unreachable() => {}
            None => {
                let null = self.null(if target.repr == Repr::Ref { Some(target) } else { None });
                self.convert(null, &Type::Any, to, Some(target));
            }
        }
        self.leave_scope();
        self.release(mark);
        if defers { self.finish(target, want) } else { target }
    }

    /// An expression as a statement.
    pub(crate) fn run(&mut self, e: &'a Expr) {
        use syntax::ast::ExprKind;
        match &e.kind {
            ExprKind::If { condition, then, otherwise } => {
                let outside = self.at(e.span);
                self.if_effect(condition, then, otherwise.as_ref());
                self.at(outside);
            }
            ExprKind::Do(block) => self.block(block),
            ExprKind::Loop { label, body } => {
                self.loop_body(label.as_ref().map(|l| l.text.as_str()), body, None);
            }
            ExprKind::Match { subject, arms } => {
                let outside = self.at(e.span);
                self.match_arms(e, subject, arms, None);
                self.at(outside);
            }
            _ => self.discard(e),
        }
    }

    fn if_effect(&mut self, condition: &'a Condition, then: &'a Block, otherwise: Option<&'a Else>) {
        let (no, end) = (self.label(), self.label());
        let mark = self.mark();
        self.enter(condition, no);
        self.block(then);
        self.release(mark);
        match otherwise {
            None => self.bind(no),
            Some(otherwise) => {
                if !self.is_unreachable() {
                    self.goto(end);
                }
                self.bind(no);
                match otherwise {
                    Else::Block(block) => self.block(block),
                    Else::If(e) => self.run(e),
                }
            }
        }
        self.bind(end);
    }

    /// Goes on if the condition holds, with its names bound; else to the label.
    pub(crate) fn enter(&mut self, condition: &'a Condition, no: crate::function::Label) {
        match condition {
            Condition::Expr(e) => self.branch(e, no, false),
            Condition::Let(pattern, e) => {
                let ty = self.type_of(e.id);
                let reg = self.own_value(e);
                self.pattern(pattern, reg, &ty, Some(no));
            }
        }
    }

    /// The value in a register that nothing else changes while it is matched.
    pub(crate) fn own_value(&mut self, e: &'a Expr) -> Reg {
        let mark = self.mark();
        let reg = self.value(e, None);
        if self.is_since(mark, reg) {
            self.taint(reg);
            return reg;
        }
        let copy = self.alloc(reg.repr);
        self.copy(reg, copy);
        copy
    }

    pub(crate) fn if_value(
        &mut self,
        e: &'a Expr,
        condition: &'a Condition,
        then: &'a Block,
        otherwise: Option<&'a Else>,
        want: Option<Reg>,
    ) -> Reg {
        let own = self.type_of(e.id);
        if matches!(own, Type::Null | Type::Never) {
            self.if_effect(condition, then, otherwise);
            return if own == Type::Never { self.target(want, Repr::Ref) } else { self.null(want) };
        }
        let target = self.target(want, repr_of(&own));
        let (no, end) = (self.label(), self.label());
        let mark = self.mark();
        self.enter(condition, no);
        self.block_value(then, &own, Some(target));
        self.release(mark);
        if !self.is_unreachable() {
            self.goto(end);
        }
        self.bind(no);
        match otherwise {
            Some(Else::Block(block)) => {
                self.block_value(block, &own, Some(target));
            }
            Some(Else::If(inner)) => {
                let mark = self.mark();
                self.typed(inner, &own, Some(target));
                self.release(mark);
            }
            None => {
                self.null(Some(target));
            }
        }
        self.bind(end);
        target
    }

    pub(crate) fn match_value(
        &mut self,
        e: &'a Expr,
        subject: &'a Expr,
        arms: &'a [Arm],
        want: Option<Reg>,
    ) -> Reg {
        let own = self.type_of(e.id);
        if matches!(own, Type::Null | Type::Never) {
            self.match_arms(e, subject, arms, None);
            return if own == Type::Never { self.target(want, Repr::Ref) } else { self.null(want) };
        }
        let target = self.target(want, repr_of(&own));
        self.match_arms(e, subject, arms, Some((target, own)));
        target
    }

    fn match_arms(&mut self, e: &'a Expr, subject: &'a Expr, arms: &'a [Arm], value: Option<(Reg, Type)>) {
        let mark = self.mark();
        let ty = self.type_of(subject.id);
        let reg = self.own_value(subject);
        let outer_tag = self.known_tag.take();
        let tag = matches!(ty, Type::Enum(..) | Type::Result(..)).then(|| {
            let tag = self.alloc(Repr::Int);
            self.emit(Op::Tag, tag.index, reg.index, 0);
            (reg, tag)
        });
        let end = self.label();
        for arm in arms {
            self.known_tag = tag;
            let next = self.label();
            let inner = self.mark();
            let outside = self.at(arm.pattern.span);
            self.pattern(&arm.pattern, reg, &ty, Some(next));
            self.at(outside);
            if let Some(guard) = &arm.guard {
                self.branch(guard, next, false);
            }
            self.known_tag = None;
            match &value {
                Some((target, own)) => {
                    self.block_value(&arm.body, own, Some(*target));
                }
                None => self.block(&arm.body),
            }
            self.release(inner);
            if !self.is_unreachable() {
                self.goto(end);
            }
            self.bind(next);
        }
        // The checker proved the arms exhaustive; what comes here is a value outside its type.
        self.at(e.span);
        if !self.is_unreachable() {
            self.throw_text("R0303", "no arm of the `match` fits the value");
        }
        self.known_tag = outer_tag;
        self.bind(end);
        self.release(mark);
    }

    pub(crate) fn when_value(
        &mut self,
        e: &'a Expr,
        arms: &'a [(Option<Expr>, Expr)],
        want: Option<Reg>,
    ) -> Reg {
        let own = self.type_of(e.id);
        let target = self.target(want, repr_of(&own));
        let end = self.label();
        let mut closed = false;
        for (condition, value) in arms {
            let next = self.label();
            match condition {
                Some(condition) => self.branch(condition, next, false),
                None => closed = true,
            }
            let mark = self.mark();
            self.typed(value, &own, Some(target));
            self.release(mark);
            self.goto(end);
            self.bind(next);
        }
        if !closed {
            let null = self.null(if target.repr == Repr::Ref { Some(target) } else { None });
            self.convert(null, &Type::Any, &own, Some(target));
        }
        self.bind(end);
        target
    }

    pub(crate) fn loop_value(
        &mut self,
        e: &'a Expr,
        label: Option<&'a str>,
        body: &'a Block,
        want: Option<Reg>,
    ) -> Reg {
        let own = self.type_of(e.id);
        let target = self.target(want, repr_of(&own));
        self.loop_body(label, body, Some((target, own)));
        target
    }

    fn loop_body(&mut self, label: Option<&'a str>, body: &'a Block, value: Option<(Reg, Type)>) {
        let (next, end) = (self.label(), self.label());
        self.bind(next);
        self.loops.push(Loop { label, end, next, value, defers: self.defers.len() });
        self.block(body);
        self.loops.pop();
        if !self.is_unreachable() {
            self.goto(next);
        }
        self.bind(end);
    }

    /// `e?`: what an `ok` holds; an `err` is returned.
    pub(crate) fn propagate(&mut self, e: &'a Expr, value: &'a Expr, want: Option<Reg>) -> Reg {
        let own = self.type_of(e.id);
        let target = self.target(want, repr_of(&own));
        let mark = self.mark();
        let reg = self.reference(value, None);
        let fine = self.label();
        let tag = self.alloc(Repr::Int);
        self.emit(Op::Tag, tag.index, reg.index, 0);
        self.jump(Op::JumpEqImm, tag.index, 0, fine);
        let copy = self.alloc(Repr::Ref);
        self.copy(reg, copy);
        self.run_deferred(0);
        self.emit(Op::ReturnR, copy.index, 0, 0);
        self.clean(copy);
        self.bind(fine);
        self.payload(reg, &own, Some(target));
        self.release(mark);
        target
    }

    /// What a result holds, as `to`.
    pub(crate) fn payload(&mut self, result: Reg, to: &Type, want: Option<Reg>) -> Reg {
        let direct = repr_of(to) == Repr::Ref;
        let target = if direct { self.target(want, Repr::Ref) } else { self.alloc(Repr::Ref) };
        self.emit(Op::Payload, target.index, result.index, 0);
        self.taint(target);
        self.convert(target, &Type::Any, to, want)
    }

    pub(crate) fn try_else(
        &mut self,
        e: &'a Expr,
        value: &'a Expr,
        fallback: &'a Expr,
        want: Option<Reg>,
    ) -> Reg {
        let own = self.type_of(e.id);
        let target = self.target(want, repr_of(&own));
        let mark = self.mark();
        let (failed, end) = (self.label(), self.label());
        let reg = self.reference(value, None);
        let tag = self.alloc(Repr::Int);
        self.emit(Op::Tag, tag.index, reg.index, 0);
        self.jump(Op::JumpNeImm, tag.index, 0, failed);
        self.payload(reg, &own, Some(target));
        self.goto(end);
        self.bind(failed);
        if let Some(Use::Local(id)) = self.lowerer.checked.bound.get(&e.id) {
            let ty = self.local_type(*id);
            let error = self.payload(reg, &ty, None);
            self.declare_local(*id, error);
        }
        self.typed(fallback, &own, Some(target));
        self.bind(end);
        self.release(mark);
        target
    }
}
