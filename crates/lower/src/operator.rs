//! Binary operators on values that the machine knows; those of engines are calls.

use bytecode::{Op, Repr};
use checker::types::Type;
use syntax::ast::{BinaryOp, Expr, ExprKind};

use crate::function::{Builder, Reg, repr_of};

impl<'a> Builder<'_, 'a> {
    pub(crate) fn binary(
        &mut self,
        e: &'a Expr,
        op: BinaryOp,
        left: &'a Expr,
        right: &'a Expr,
        want: Option<Reg>,
    ) -> Reg {
        if self.lowerer.checked.calls.contains_key(&e.id) {
            return self.call(e, want);
        }
        if is_test(op) {
            return self.truth(e, want);
        }
        let own = self.type_of(e.id);
        if op == BinaryOp::Order {
            let result = self.core("op.order", 2, |b, i, reg| {
                b.reference(if i == 0 { left } else { right }, Some(reg));
            });
            return self.convert(result, &Type::Any, &own, want);
        }
        if let Some(reg) = self.add_small(op, left, right, &own, want) {
            return reg;
        }
        let mark = self.mark();
        // Both operands are read by the type of the result, unless it is one that the machine looks at itself.
        let operand = if repr_of(&own) == Repr::Ref { Type::Any } else { own.clone() };
        let a = self.typed(left, &operand, None);
        let a = self.protect(a, right, mark);
        let b = self.typed(right, &operand, None);
        self.operate(op, &own, a, b, self.is_since(mark, a), want)
    }

    /// A variable's register as left operand is read after the right one ran, which may have changed the variable.
    fn protect(&mut self, reg: Reg, later: &'a Expr, mark: crate::function::Mark) -> Reg {
        if self.is_since(mark, reg) || is_quiet(later) {
            return reg;
        }
        let copy = self.alloc(reg.repr);
        self.copy(reg, copy);
        copy
    }

    /// `x + 3`, `x - 3`
    fn add_small(
        &mut self,
        op: BinaryOp,
        left: &'a Expr,
        right: &'a Expr,
        own: &Type,
        want: Option<Reg>,
    ) -> Option<Reg> {
        let ExprKind::Int(x) = right.kind else { return None };
        let x = match op {
            BinaryOp::Add => x,
            BinaryOp::Sub => x.checked_neg()?,
            _ => return None,
        };
        let x = i16::try_from(x).ok().filter(|_| *own == Type::Int)?;
        let reg = self.typed(left, &Type::Int, None);
        let target = self.target(want, Repr::Int);
        self.emit(Op::AddImm, target.index, reg.index, x.cast_unsigned());
        Some(target)
    }

    /// The operator on two registers: of the type's scalar representation, or references. `owned` says that the first
    /// one may be changed.
    pub(crate) fn operate(
        &mut self,
        op: BinaryOp,
        ty: &Type,
        a: Reg,
        b: Reg,
        owned: bool,
        want: Option<Reg>,
    ) -> Reg {
        if let Some(instruction) = scalar_op(op, ty) {
            let target = self.target(want, a.repr);
            self.emit(instruction, target.index, a.index, b.index);
            return target;
        }
        let joins = matches!(op, BinaryOp::Add | BinaryOp::Concat);
        if joins && matches!(ty, Type::String | Type::Bytes | Type::List(_)) {
            if owned {
                self.emit(Op::Append, a.index, b.index, 0);
                return self.finish(a, want);
            }
            let target = self.target(want, Repr::Ref);
            self.emit(Op::Concat, target.index, a.index, b.index);
            return target;
        }
        let result = self.core("op.arithmetic", 3, |builder, i, reg| match i {
            0 => {
                builder.load_str(op.symbol(), Some(reg));
            }
            1 => {
                builder.boxed(a, Some(reg));
            }
            _ => {
                builder.boxed(b, Some(reg));
            }
        });
        self.convert(result, &Type::Any, ty, want)
    }

    /// Moves a temporary where it is wanted.
    pub(crate) fn finish(&mut self, reg: Reg, want: Option<Reg>) -> Reg {
        match want {
            Some(target) if target.repr == reg.repr && target != reg => {
                self.shift(reg, target);
                target
            }
            _ => reg,
        }
    }
}

/// Operators that give a Bool on plain values.
pub(crate) fn is_test(op: BinaryOp) -> bool {
    use BinaryOp::*;
    matches!(op, Eq | Ne | Lt | Le | Gt | Ge | In | NotIn | And | Or)
}

/// Whether evaluating it certainly assigns nothing.
pub(crate) fn is_quiet(e: &Expr) -> bool {
    match &e.kind {
        ExprKind::Int(_)
        | ExprKind::Float(_)
        | ExprKind::Bool(_)
        | ExprKind::Null
        | ExprKind::Str(_)
        | ExprKind::Name(_) => true,
        ExprKind::Unary { operand, .. } => is_quiet(operand),
        ExprKind::Binary { left, right, .. } => is_quiet(left) && is_quiet(right),
        ExprKind::Field { base, .. } => is_quiet(base),
        ExprKind::Index { base, index, .. } => is_quiet(base) && is_quiet(index),
        // A cell cannot assign its caller's variables; a closure can, but only those that live in shared cells.
        ExprKind::Call { callee, args, .. } => is_quiet(callee) && args.iter().all(|a| is_quiet(&a.value)),
        _ => false,
    }
}

pub(crate) fn scalar_op(op: BinaryOp, ty: &Type) -> Option<Op> {
    use BinaryOp::*;
    Some(match (ty, op) {
        (Type::Int, Add) => Op::AddI,
        (Type::Int, Sub) => Op::SubI,
        (Type::Int, Mul) => Op::MulI,
        (Type::Int, Div) => Op::DivI,
        (Type::Int, FloorDiv) => Op::FloorDivI,
        (Type::Int, Rem) => Op::RemI,
        (Type::Int, Pow) => Op::PowI,
        (Type::Int, Shl) => Op::ShlI,
        (Type::Int, Shr) => Op::ShrI,
        (Type::Int, BitAnd) => Op::AndI,
        (Type::Int, BitOr) => Op::OrI,
        (Type::Int, BitXor) => Op::XorI,
        (Type::Float, Add) => Op::AddF,
        (Type::Float, Sub) => Op::SubF,
        (Type::Float, Mul) => Op::MulF,
        (Type::Float, Div) => Op::DivF,
        (Type::Float, FloorDiv) => Op::FloorDivF,
        (Type::Float, Rem) => Op::RemF,
        (Type::Float, Pow) => Op::PowF,
        _ => return None,
    })
}
