//! Bools as control flow: `and`, `or`, `not` and comparisons jump instead of making values.

use bytecode::{Op, Repr};
use checker::types::Type;
use syntax::ast::{BinaryOp, Expr, ExprKind, UnaryOp};

use crate::function::{Builder, Label, Reg, repr_of};
use crate::operator::is_test;

impl<'a> Builder<'_, 'a> {
    /// Jumps to the label if the condition is `when`, else goes on.
    pub(crate) fn branch(&mut self, e: &'a Expr, target: Label, when: bool) {
        let outside = self.at(e.span);
        self.depth += 1;
        let mark = self.mark();
        if self.depth > 400 {
            self.lowerer.limit(e.span, "it nests too deep");
        } else {
            self.branch_kind(e, target, when);
        }
        self.release(mark);
        self.depth -= 1;
        self.at(outside);
    }

    fn branch_kind(&mut self, e: &'a Expr, target: Label, when: bool) {
        match &e.kind {
            ExprKind::Bool(x) => {
                if *x == when {
                    self.goto(target);
                }
            }
            ExprKind::Unary { op: UnaryOp::Not, operand } => self.branch(operand, target, !when),
            ExprKind::Binary { op: op @ (BinaryOp::And | BinaryOp::Or), left, right, .. } => {
                // `a and b` is false as soon as `a` is; `a or b` is true as soon as `a` is.
                let early = *op == BinaryOp::Or;
                if early == when {
                    self.branch(left, target, when);
                    self.branch(right, target, when);
                } else {
                    let skip = self.label();
                    self.branch(left, skip, early);
                    self.branch(right, target, when);
                    self.bind(skip);
                }
            }
            ExprKind::Binary { op, left, right, .. }
                if is_test(*op) && !self.lowerer.checked.calls.contains_key(&e.id) =>
            {
                self.compare_branch(*op, left, right, target, when);
            }
            ExprKind::Is { value, ty, negated } if self.type_of(ty.id) == Type::Null => {
                let reg = self.reference(value, None);
                let op = if when != *negated { Op::JumpNull } else { Op::JumpNotNull };
                self.jump(op, reg.index, 0, target);
            }
            ExprKind::Is { .. } => {
                let reg = self.typed(e, &Type::Bool, None);
                self.jump_bool(reg, target, when);
            }
            _ => {
                let reg = self.typed(e, &Type::Bool, None);
                self.jump_bool(reg, target, when);
            }
        }
    }

    pub(crate) fn jump_bool(&mut self, reg: Reg, target: Label, when: bool) {
        self.jump(if when { Op::JumpIf } else { Op::JumpIfNot }, reg.index, 0, target);
    }

    fn compare_branch(&mut self, op: BinaryOp, left: &'a Expr, right: &'a Expr, target: Label, when: bool) {
        use BinaryOp::*;
        if matches!(op, Eq | Ne) {
            let tested = match (&left.kind, &right.kind) {
                (_, ExprKind::Null) => Some(left),
                (ExprKind::Null, _) => Some(right),
                _ => None,
            };
            if let Some(tested) = tested {
                let reg = self.reference(tested, None);
                let op = if (op == Eq) == when { Op::JumpNull } else { Op::JumpNotNull };
                self.jump(op, reg.index, 0, target);
                return;
            }
        }
        let repr = self.comparison_repr(left, right);
        match (repr, small_int(right)) {
            (Repr::Int, Some(x)) if !matches!(op, In | NotIn) => {
                let a = self.typed(left, &Type::Int, None);
                let op = match (op, when) {
                    (Eq, true) | (Ne, false) => Op::JumpEqImm,
                    (Ne, true) | (Eq, false) => Op::JumpNeImm,
                    (Lt, true) | (Ge, false) => Op::JumpLtImm,
                    (Le, true) | (Gt, false) => Op::JumpLeImm,
                    (Gt, true) | (Le, false) => Op::JumpGtImm,
                    _ => Op::JumpGeImm,
                };
                self.jump(op, a.index, x.cast_unsigned(), target);
            }
            (Repr::Int, _) if !matches!(op, In | NotIn) => {
                let (a, b) = self.pair(left, right, &Type::Int);
                let (op, a, b) = match (op, when) {
                    (Eq, true) | (Ne, false) => (Op::JumpEqI, a, b),
                    (Ne, true) | (Eq, false) => (Op::JumpNeI, a, b),
                    (Lt, true) | (Ge, false) => (Op::JumpLtI, a, b),
                    (Le, true) | (Gt, false) => (Op::JumpLeI, a, b),
                    (Gt, true) | (Le, false) => (Op::JumpLtI, b, a),
                    _ => (Op::JumpLeI, b, a),
                };
                self.jump(op, a.index, b.index, target);
            }
            (Repr::Float, _) if matches!(op, Lt | Le | Gt | Ge) => {
                let (a, b) = self.pair(left, right, &Type::Float);
                let (a, b) = if matches!(op, Gt | Ge) { (b, a) } else { (a, b) };
                let op = match (matches!(op, Lt | Gt), when) {
                    (true, true) => Op::JumpLtF,
                    (false, true) => Op::JumpLeF,
                    (true, false) => Op::JumpNotLtF,
                    (false, false) => Op::JumpNotLeF,
                };
                self.jump(op, a.index, b.index, target);
            }
            _ => {
                let reg = self.compare(op, left, right, None);
                self.jump_bool(reg, target, when);
            }
        }
    }

    /// A Bool expression as a value.
    pub(crate) fn truth(&mut self, e: &'a Expr, want: Option<Reg>) -> Reg {
        if let ExprKind::Binary { op, left, right, .. } = &e.kind
            && !matches!(op, BinaryOp::And | BinaryOp::Or)
            && !matches!((&left.kind, &right.kind), (_, ExprKind::Null) | (ExprKind::Null, _))
        {
            return self.compare(*op, left, right, want);
        }
        if let ExprKind::Unary { op: UnaryOp::Not, operand } = &e.kind {
            let reg = self.typed(operand, &Type::Bool, None);
            let target = self.target(want, Repr::Bool);
            self.emit(Op::NotB, target.index, reg.index, 0);
            return target;
        }
        let target = self.target(want, Repr::Bool);
        let (otherwise, end) = (self.label(), self.label());
        self.branch(e, otherwise, false);
        self.load_bool(true, Some(target));
        self.goto(end);
        self.bind(otherwise);
        self.load_bool(false, Some(target));
        self.bind(end);
        target
    }

    /// How two operands are compared: as scalars of one type, else as references, which compares Int with Float exactly.
    fn comparison_repr(&self, left: &Expr, right: &Expr) -> Repr {
        let repr = |e: &Expr| {
            let coerced = self.lowerer.checked.coercions.get(&e.id);
            coerced.map_or_else(|| repr_of(&self.type_of(e.id)), repr_of)
        };
        let (a, b) = (repr(left), repr(right));
        if a == b { a } else { Repr::Ref }
    }

    fn pair(&mut self, left: &'a Expr, right: &'a Expr, ty: &Type) -> (Reg, Reg) {
        let mark = self.mark();
        let a = self.typed(left, ty, None);
        let a = if self.is_since(mark, a) || crate::operator::is_quiet(right) {
            a
        } else {
            let copy = self.alloc(a.repr);
            self.copy(a, copy);
            copy
        };
        let b = self.typed(right, ty, None);
        (a, b)
    }

    /// A comparison or `in` as a value.
    fn compare(&mut self, op: BinaryOp, left: &'a Expr, right: &'a Expr, want: Option<Reg>) -> Reg {
        use BinaryOp::*;
        if matches!(op, In | NotIn)
            && let Some(id) = self.state_map(right)
        {
            let there = self.state_entry("state.has", id, left, &Type::Bool, want);
            if op == NotIn {
                self.emit(Op::NotB, there.index, there.index, 0);
            }
            return there;
        }
        let target = self.target(want, Repr::Bool);
        let mark = self.mark();
        let repr = self.comparison_repr(left, right);
        let ty = match repr {
            _ if matches!(op, In | NotIn) => Type::Any,
            Repr::Int => Type::Int,
            Repr::Float => Type::Float,
            Repr::Bool => Type::Bool,
            Repr::Ref => Type::Any,
        };
        let (a, b) = self.pair(left, right, &ty);
        let (x, y) = if matches!(op, Gt | Ge) { (b, a) } else { (a, b) };
        let (instruction, negate) = match (&ty, op) {
            (_, In) => (Op::In, false),
            (_, NotIn) => (Op::In, true),
            (Type::Int, Eq) => (Op::EqI, false),
            (Type::Int, Ne) => (Op::NeI, false),
            (Type::Int, Lt | Gt) => (Op::LtI, false),
            (Type::Int, _) => (Op::LeI, false),
            (Type::Float, Eq) => (Op::EqF, false),
            (Type::Float, Ne) => (Op::NeF, false),
            (Type::Float, Lt | Gt) => (Op::LtF, false),
            (Type::Float, _) => (Op::LeF, false),
            (Type::Bool, Eq) => (Op::EqB, false),
            (Type::Bool, Ne) => (Op::EqB, true),
            (_, Eq) => (Op::EqR, false),
            (_, Ne) => (Op::EqR, true),
            (_, Lt | Gt) => (Op::LtR, false),
            _ => (Op::LeR, false),
        };
        let (x, y) = if ty == Type::Bool && !matches!(op, Eq | Ne) {
            (self.boxed(x, None), self.boxed(y, None))
        } else {
            (x, y)
        };
        self.emit(instruction, target.index, x.index, y.index);
        if negate {
            self.emit(Op::NotB, target.index, target.index, 0);
        }
        self.release(mark);
        target
    }
}

fn small_int(e: &Expr) -> Option<i16> {
    match &e.kind {
        ExprKind::Int(x) => i16::try_from(*x).ok(),
        ExprKind::Unary { op: UnaryOp::Neg, operand } => match operand.kind {
            ExprKind::Int(x) => i16::try_from(x.checked_neg()?).ok(),
            _ => None,
        },
        _ => None,
    }
}
