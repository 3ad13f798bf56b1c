//! Values of constant expressions, as far as constraints on literals need them.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::fmt;

use syntax::ast::{BinaryOp, Expr, ExprKind, UnaryOp};

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Constant {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(String),
}

impl fmt::Display for Constant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Constant::Null => write!(f, "null"),
            Constant::Bool(b) => write!(f, "{b}"),
            Constant::Int(i) => write!(f, "{i}"),
            Constant::Float(x) => write!(f, "{x:?}"),
            Constant::Text(s) => write!(f, "{s:?}"),
        }
    }
}

/// The value, or nothing if it is not known before the program runs. Overflow is not known.
pub(crate) fn evaluate(e: &Expr, names: &HashMap<String, Constant>) -> Option<Constant> {
    match &e.kind {
        ExprKind::Null => Some(Constant::Null),
        ExprKind::Bool(b) => Some(Constant::Bool(*b)),
        ExprKind::Int(i) => Some(Constant::Int(*i)),
        ExprKind::Float(x) => Some(Constant::Float(*x)),
        ExprKind::Str(s) => Some(Constant::Text(s.clone())),
        ExprKind::Name(name) => names.get(name).cloned(),
        ExprKind::Unary { op, operand } => match (op, evaluate(operand, names)?) {
            (UnaryOp::Not, Constant::Bool(b)) => Some(Constant::Bool(!b)),
            (UnaryOp::Neg, Constant::Int(i)) => i.checked_neg().map(Constant::Int),
            (UnaryOp::Neg, Constant::Float(x)) => Some(Constant::Float(-x)),
            _ => None,
        },
        ExprKind::Binary { op: BinaryOp::And, left, right, .. } => {
            match (evaluate(left, names), evaluate(right, names)) {
                (Some(Constant::Bool(false)), _) | (_, Some(Constant::Bool(false))) => {
                    Some(Constant::Bool(false))
                }
                (Some(Constant::Bool(true)), Some(Constant::Bool(true))) => Some(Constant::Bool(true)),
                _ => None,
            }
        }
        ExprKind::Binary { op: BinaryOp::Or, left, right, .. } => {
            match (evaluate(left, names), evaluate(right, names)) {
                (Some(Constant::Bool(true)), _) | (_, Some(Constant::Bool(true))) => {
                    Some(Constant::Bool(true))
                }
                (Some(Constant::Bool(false)), Some(Constant::Bool(false))) => Some(Constant::Bool(false)),
                _ => None,
            }
        }
        ExprKind::Binary { op, left, right, .. } => {
            operate(*op, evaluate(left, names)?, evaluate(right, names)?)
        }
        ExprKind::Call { callee, args, .. } => {
            let length = matches!(&callee.kind, ExprKind::Name(n) if n == "len" || n == "length");
            match (length, args.as_slice()) {
                (true, [only]) => match evaluate(&only.value, names)? {
                    Constant::Text(s) => Some(Constant::Int(s.chars().count() as i64)),
                    _ => None,
                },
                _ => None,
            }
        }
        _ => None,
    }
}

fn operate(op: BinaryOp, a: Constant, b: Constant) -> Option<Constant> {
    use BinaryOp::*;
    use Constant::{Bool, Float, Int};
    if let (Int(x), Int(y)) = (&a, &b) {
        let (x, y) = (*x, *y);
        match op {
            Add => return x.checked_add(y).map(Int),
            Sub => return x.checked_sub(y).map(Int),
            Mul => return x.checked_mul(y).map(Int),
            _ => {}
        }
    }
    if let (Float(x), Float(y)) = (&a, &b) {
        match op {
            Add => return Some(Float(x + y)),
            Sub => return Some(Float(x - y)),
            Mul => return Some(Float(x * y)),
            _ => {}
        }
    }
    let order = compare(&a, &b);
    match op {
        Eq if a == Constant::Null || b == Constant::Null => Some(Bool(a == b)),
        Ne if a == Constant::Null || b == Constant::Null => Some(Bool(a != b)),
        Eq => order.map(|o| Bool(o == Ordering::Equal)),
        Ne => order.map(|o| Bool(o != Ordering::Equal)),
        Lt => order.map(|o| Bool(o == Ordering::Less)),
        Le => order.map(|o| Bool(o != Ordering::Greater)),
        Gt => order.map(|o| Bool(o == Ordering::Greater)),
        Ge => order.map(|o| Bool(o != Ordering::Less)),
        _ => None,
    }
}

fn compare(a: &Constant, b: &Constant) -> Option<Ordering> {
    match (a, b) {
        (Constant::Int(x), Constant::Int(y)) => Some(x.cmp(y)),
        (Constant::Float(x), Constant::Float(y)) => x.partial_cmp(y),
        // Small integers are exact as Float; others are left to the run.
        (Constant::Int(x), Constant::Float(y)) if x.unsigned_abs() < 1 << 53 => (*x as f64).partial_cmp(y),
        (Constant::Float(x), Constant::Int(y)) if y.unsigned_abs() < 1 << 53 => x.partial_cmp(&(*y as f64)),
        (Constant::Text(x), Constant::Text(y)) => Some(x.cmp(y)),
        (Constant::Bool(x), Constant::Bool(y)) => Some(x.cmp(y)),
        _ => None,
    }
}
