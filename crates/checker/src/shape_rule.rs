//! What operators on tensors make of the sizes that the text shows of their operands (E0405 where no value could fit).
//!
//! The rules are torch's: sizes are compared from the last one on, and one that is 1 fits any; a product takes the last
//! two sizes as matrices.

use syntax::ast::{BinaryOp, Expr, ExprKind};
use syntax::{Diagnostic, Span};

use crate::Type;
use crate::checker::Checker;
use crate::shape::Known;

/// Why two tensors do not go together.
enum Misfit {
    /// These sizes are not equal, and neither is 1.
    Broadcast(i64, i64),
    /// Columns of the first, rows of the second.
    Inner(i64, i64),
    /// The operator takes tensors of so many dimensions.
    Dimensions(usize),
}

type Sizes = Vec<Option<i64>>;

/// The sizes that two of them broadcast to.
fn broadcast(a: &[Option<i64>], b: &[Option<i64>]) -> Result<Sizes, Misfit> {
    let count = a.len().max(b.len());
    let at = |sizes: &[Option<i64>], place: usize| match (place + sizes.len()).checked_sub(count) {
        Some(place) => sizes.get(place).copied().flatten(),
        None => Some(1),
    };
    let together = |place| match (at(a, place), at(b, place)) {
        (Some(1), other) | (other, Some(1)) => Ok(other),
        (Some(x), Some(y)) if x != y => Err(Misfit::Broadcast(x, y)),
        (Some(x), _) | (None, Some(x)) => Ok(Some(x)),
        (None, None) => Ok(None),
    };
    (0..count).map(together).collect()
}

/// The sizes of a product of matrices, or of stacks of them.
fn product(a: &[Option<i64>], b: &[Option<i64>]) -> Result<Sizes, Misfit> {
    let (Some((columns, first)), Some(_)) = (a.split_last(), b.last()) else {
        return Err(Misfit::Dimensions(1));
    };
    let (rows, second) = match b {
        [rows] => (rows, None),
        [.., rows, columns] => (rows, Some(*columns)),
        [] => return Err(Misfit::Dimensions(1)),
    };
    if let (Some(x), Some(y)) = (columns, rows)
        && x != y
    {
        return Err(Misfit::Inner(*x, *y));
    }
    let (stack, row) = match first.split_last() {
        Some((row, stack)) => (stack, Some(*row)),
        None => (first, None),
    };
    let others = b.get(..b.len().saturating_sub(2)).unwrap_or_default();
    let mut sizes = broadcast(stack, others)?;
    sizes.extend(row);
    sizes.extend(second);
    Ok(sizes)
}

/// The same of an operator by its name, for those that are products.
fn named_product(name: &str, a: &[Option<i64>], b: &[Option<i64>]) -> Option<Result<Sizes, Misfit>> {
    let of = |count: usize| match a.len() == count && b.len() == count {
        true => product(a, b),
        false => Err(Misfit::Dimensions(count)),
    };
    match name {
        "Tensor.matmul" => Some(product(a, b)),
        "Tensor.mm" => Some(of(2)),
        "Tensor.bmm" => Some(match (a.first(), b.first()) {
            // Stacks are as long as each other, not broadcast.
            (Some(Some(x)), Some(Some(y))) if a.len() == 3 && b.len() == 3 && x != y => {
                Err(Misfit::Broadcast(*x, *y))
            }
            _ => of(3),
        }),
        _ => None,
    }
}

fn is_comparison(op: BinaryOp) -> bool {
    use BinaryOp::*;
    matches!(op, Eq | Ne | Lt | Le | Gt | Ge)
}

impl<'a> Checker<'a> {
    /// Two tensors of which the text shows that an operator does not take them together.
    pub(crate) fn check_broadcast(&mut self, op: BinaryOp, left: &Expr, right: &Expr) {
        let (Some(a), Some(b)) = (self.known_shape(left), self.known_shape(right)) else { return };
        let (Some(x), Some(y)) = (&a.sizes, &b.sizes) else { return };
        if let Err(misfit) = broadcast(x, y) {
            self.misfit_of_shapes(op.symbol(), left.span.to(right.span), (&a, left), (&b, right), &misfit);
        }
    }

    /// The same of a product, which is a method of its first tensor.
    pub(crate) fn check_product(&mut self, name: &str, callee: &Expr, other: &Expr) {
        let ExprKind::Field { base, .. } = &callee.kind else { return };
        let (Some(a), Some(b)) = (self.known_shape(base), self.known_shape(other)) else { return };
        let (Some(x), Some(y)) = (&a.sizes, &b.sizes) else { return };
        if let Some(Err(misfit)) = named_product(name, x, y) {
            let shown = name.strip_prefix("Tensor.").unwrap_or(name);
            self.misfit_of_shapes(shown, base.span.to(other.span), (&a, base), (&b, other), &misfit);
        }
    }

    fn misfit_of_shapes(
        &mut self,
        operator: &str,
        span: Span,
        (a, left): (&Known, &Expr),
        (b, right): (&Known, &Expr),
        misfit: &Misfit,
    ) {
        let message = format!("`{operator}` does not take {} and {} together.", a.shown(), b.shown());
        let help = match misfit {
            Misfit::Broadcast(x, y) => {
                format!("Sizes are compared from the last one on: {x} and {y} differ, and neither is 1.")
            }
            Misfit::Inner(x, y) => {
                format!("The first has {x} columns and the second {y} rows, which must be equal.")
            }
            Misfit::Dimensions(1) => "It takes tensors with at least one size.".to_string(),
            Misfit::Dimensions(count) => format!("It takes tensors with {count} sizes each."),
        };
        self.report(
            Diagnostic::error("E0405", span, message)
                .label(left.span, a.shown())
                .label(right.span, b.shown())
                .help(help),
        );
    }

    /// What the text says of the value of an operator that is a tensor.
    pub(crate) fn shape_of_operator(&self, op: BinaryOp, left: &Expr, right: &Expr) -> Option<Known> {
        let is_number = |e: &Expr| matches!(self.type_of(e.id), Type::Int | Type::Float | Type::Bool);
        let (a, b) = (self.known_shape(left), self.known_shape(right));
        let (dtype, sizes) = match (a, b) {
            (Some(a), Some(b)) => {
                let sizes = match (&a.sizes, &b.sizes) {
                    (Some(x), Some(y)) => broadcast(x, y).ok(),
                    _ => None,
                };
                (a.dtype.filter(|dtype| b.dtype == Some(dtype)), sizes)
            }
            (Some(a), None) if is_number(right) => (a.dtype, a.sizes),
            (None, Some(b)) if is_number(left) => (b.dtype, b.sizes),
            _ => return None,
        };
        // Numbers, and division, make Ints to floats.
        let dtype = match dtype {
            _ if is_comparison(op) => Some("bool"),
            Some(float @ ("float32" | "float64")) => Some(float),
            _ => None,
        };
        Some(Known { dtype, sizes })
    }

    /// What the text says of a product.
    pub(crate) fn shape_of_product(&self, name: &str, callee: &Expr, other: Option<&Expr>) -> Option<Known> {
        let ExprKind::Field { base, .. } = &callee.kind else { return None };
        let (a, b) = (self.known_shape(base)?, self.known_shape(other?)?);
        let sizes = match (&a.sizes, &b.sizes) {
            (Some(x), Some(y)) => named_product(name, x, y)?.ok(),
            _ => None,
        };
        Some(Known { dtype: a.dtype.filter(|dtype| b.dtype == Some(dtype)), sizes })
    }
}
