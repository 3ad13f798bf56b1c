//! The calls that composites are written in.

use tensor::{Arg, Result, Scalar, Tensor, broadcast_sizes, wrap_dim};

use super::signed;
use crate::dispatch::call_one;
use crate::variable::Variable;

/// Positions `start..end` of a dimension, either counted from the back if negative.
pub(super) fn slice(x: &Variable, dim: i64, start: i64, end: Option<i64>) -> Result<Variable> {
    slice_by(x, dim, start, end, 1)
}

/// As [`slice`], every `step`-th position.
pub(super) fn slice_by(x: &Variable, dim: i64, start: i64, end: Option<i64>, step: i64) -> Result<Variable> {
    call_one("slice.Tensor", vec![x.into(), dim.into(), start.into(), end.into(), step.into()])
}

/// Elements of `x` where the mask holds, a number elsewhere.
pub(super) fn kept(mask: &Variable, x: &Variable, other: Scalar) -> Result<Variable> {
    call_one("where.ScalarOther", vec![mask.into(), x.into(), other.into()])
}

/// Elements of `a` where the mask holds, of `b` elsewhere.
pub(super) fn choose(mask: &Variable, a: &Variable, b: &Variable) -> Result<Variable> {
    call_one("where.self", vec![mask.into(), a.into(), b.into()])
}

/// The sizes of both operands broadcast together.
pub(super) fn joint_sizes(operator: &'static str, a: &Variable, b: &Variable) -> Result<Vec<i64>> {
    Ok(signed(&broadcast_sizes(operator, a.sizes(), b.sizes())?))
}

/// The dimension counted from the front.
pub(super) fn front(operator: &'static str, x: &Variable, dim: i64) -> Result<usize> {
    wrap_dim(operator, dim, x.dim())
}

/// The dimensions counted from the front, ascending: all of them for an empty list.
pub(super) fn fronts(operator: &'static str, x: &Variable, dims: &[i64]) -> Result<Vec<i64>> {
    if dims.is_empty() {
        return Ok((0..x.dim() as i64).collect());
    }
    let mut found = dims.iter().map(|&d| Ok(front(operator, x, d)? as i64)).collect::<Result<Vec<_>>>()?;
    found.sort_unstable();
    if let Some(pair) = found.windows(2).find(|pair| pair.first() == pair.last()) {
        let text = format!("dim={} appears multiple times in the list of dims", pair[0]);
        return Err(tensor::Error::runtime(operator, text));
    }
    Ok(found)
}

/// The size of a dimension, 1 of a tensor without dimensions.
pub(super) fn len(x: &Variable, dim: i64) -> Result<i64> {
    if x.dim() == 0 { Ok(1) } else { Ok(x.data().size(dim)? as i64) }
}

/// The diagonal of the last two dimensions, as a last dimension.
pub(super) fn diagonal(x: &Variable) -> Result<Variable> {
    let (rows, columns) = (len(x, -2)?, len(x, -1)?);
    let mut sizes = signed(x.sizes());
    sizes.truncate(x.dim() - 2);
    sizes.push(rows * columns);
    slice_by(&x.reshape(&sizes)?, -1, 0, Some(rows.min(columns) * (columns + 1)), columns + 1)
}

/// `a + alpha b`.
pub(super) fn add_scaled(a: &Variable, b: &Variable, alpha: Scalar) -> Result<Variable> {
    call_one("add.Tensor", vec![a.into(), Arg::from(b), alpha.into()])
}

/// A variable that wants no gradient.
pub(super) fn constant(t: Result<Tensor>) -> Result<Variable> {
    Ok(Variable::from(t?))
}
