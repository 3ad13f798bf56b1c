//! Running products, extremes and log-sums; statistics made of other reductions.

use tensor::{DType, Result, Scalar, Tensor};

use super::one;
use super::reduce::{reversed, spread, variance_slope};
use crate::formula::{Formula, none, row};
use crate::graph::Context;
use crate::value::Value;

pub(super) const ROWS: &[Formula] = &[
    row(&["cumprod"], "CumprodBackward0", &[0], &[], |c| one(running_product(c))),
    row(&["cummax"], "CummaxBackward0", &[], &[1], |c| one(at_places(c))),
    row(&["cummin"], "CumminBackward0", &[], &[1], |c| one(at_places(c))),
    row(&["logcumsumexp"], "LogcumsumexpBackward0", &[0], &[0], |c| one(running_log_sum(c))),
    row(&["var"], "VarBackward0", &[0], &[], |c| {
        one(variance_slope(c, &c.grad()?, &[], correction(c.args.bool(1)?), false))
    }),
    row(&["var.dim"], "VarBackward0", &[0], &[], |c| {
        one(variance_slope(c, &c.grad()?, &c.args.ints(1)?, correction(c.args.bool(2)?), c.args.bool(3)?))
    }),
    row(&["std"], "StdBackward0", &[0], &[0], |c| {
        one(variance_slope(c, &root_slope(c)?, &[], correction(c.args.bool(1)?), false))
    }),
    row(&["std.dim"], "StdBackward0", &[0], &[0], |c| {
        one(variance_slope(
            c,
            &root_slope(c)?,
            &c.args.ints(1)?,
            correction(c.args.bool(2)?),
            c.args.bool(3)?,
        ))
    }),
    row(&["var_mean"], "VarMeanBackward0", &[0], &[], |c| {
        one(with_mean(c, &c.grad()?, &[], correction(c.args.bool(1)?), false))
    }),
    row(&["var_mean.dim"], "VarMeanBackward0", &[0], &[], |c| {
        one(with_mean(c, &c.grad()?, &c.args.ints(1)?, correction(c.args.bool(2)?), c.args.bool(3)?))
    }),
    row(&["var_mean.correction"], "VarMeanBackward0", &[0], &[], |c| {
        one(with_mean(c, &c.grad()?, &c.args.ints(1)?, number(c.args.scalar_or_none(2)?), c.args.bool(3)?))
    }),
    row(&["std_mean"], "StdMeanBackward0", &[0], &[0], |c| {
        one(with_mean(c, &root_slope(c)?, &[], correction(c.args.bool(1)?), false))
    }),
    row(&["std_mean.dim"], "StdMeanBackward0", &[0], &[0], |c| {
        one(with_mean(c, &root_slope(c)?, &c.args.ints(1)?, correction(c.args.bool(2)?), c.args.bool(3)?))
    }),
    row(&["std_mean.correction"], "StdMeanBackward0", &[0], &[0], |c| {
        one(with_mean(
            c,
            &root_slope(c)?,
            &c.args.ints(1)?,
            number(c.args.scalar_or_none(2)?),
            c.args.bool(3)?,
        ))
    }),
    none(
        &["all.dims", "any.dims", "count_nonzero", "count_nonzero.dim_IntList"],
        "the result is not a float that depends on its input continuously",
    ),
];

fn correction(unbiased: bool) -> f64 {
    if unbiased { 1.0 } else { 0.0 }
}

fn number(correction: Option<Scalar>) -> f64 {
    correction.map_or(1.0, Scalar::to_f64)
}

/// The gradient of a variance from that of its root, 0 where the root is.
fn root_slope(c: &Context<'_>) -> Result<Value> {
    let deviation = c.result()?;
    c.grad()?.div(&deviation.mul(2i64)?)?.masked_fill(&deviation.eq(0.0)?, Scalar::Int(0))
}

/// Gradients of a variance and of the mean beside it.
fn with_mean(c: &Context<'_>, grad: &Value, dims: &[i64], correction: f64, keepdim: bool) -> Result<Value> {
    let count = (c.args.tensor(0)?.numel() as f64) / (c.grad()?.numel() as f64);
    let mean = spread(c, &c.grad_of(1)?, dims, keepdim)?.div(count)?;
    variance_slope(c, grad, dims, correction, keepdim)?.add(&mean)
}

/// The gradient at the chosen positions along a dimension, zeros elsewhere.
fn at_places(c: &Context<'_>) -> Result<Value> {
    let zeros = c.zeros(0)?;
    if zeros.dim() == 0 {
        return c.grad();
    }
    zeros.scatter_add(c.args.int(1)?, c.result()?, &c.grad()?)
}

/// `f(x, g)` for each row along a dimension, in f64.
fn by_row(c: &Context<'_>, others: &[&Tensor], f: impl Fn(&[Vec<f64>]) -> Vec<f64>) -> Result<Tensor> {
    let x = c.args.tensor(0)?.data();
    if x.numel() == 0 {
        return x.zeros_like();
    }
    let dim = c.args.int(1)?;
    let last = |t: &Tensor| if t.dim() == 0 { t.reshape(&[1]) } else { t.transpose(dim, -1) };
    let moved = last(x)?;
    let len = moved.size(-1)?;
    let columns: Vec<Vec<f64>> = [x]
        .into_iter()
        .chain(others.iter().copied())
        .map(|t| last(t)?.to_vec_as::<f64>())
        .collect::<Result<_>>()?;
    let mut values = Vec::with_capacity(x.numel());
    for start in (0..x.numel()).step_by(len) {
        let rows: Vec<Vec<f64>> = columns.iter().map(|v| v[start..start + len].to_vec()).collect();
        values.extend(f(&rows));
    }
    let found = Tensor::from_vec(values, moved.sizes())?.to_dtype(x.dtype())?;
    if x.dim() == 0 { found.reshape(&[]) } else { found.transpose(dim, -1) }
}

/// Σ over later positions of the gradient times the product of all factors but one, right also where factors are 0.
fn running_product(c: &Context<'_>) -> Result<Value> {
    let (x, g) = (c.args.tensor(0)?, c.grad()?);
    if x.is_recorded() || g.is_recorded() {
        return recorded_running_product(x, &g, c.args.int(1)?);
    }
    let found = by_row(c, &[g.data()], |rows| {
        let [x, g] = rows else { return Vec::new() };
        let mut before = 1.0;
        let mut slopes = Vec::with_capacity(x.len());
        for i in 0..x.len() {
            let mut others = before;
            let mut slope = g[i] * others;
            for j in i + 1..x.len() {
                others *= x[j];
                if others == 0.0 {
                    break;
                }
                slope += g[j] * others;
            }
            slopes.push(slope);
            before *= x[i];
        }
        slopes
    })?;
    Ok(found.into())
}

/// As [`running_product`], position by position: the product of the factors before it times the running product of
/// those after it, weighted by the gradients from there on.
fn recorded_running_product(x: &Value, g: &Value, dim: i64) -> Result<Value> {
    if x.dim() == 0 {
        return Ok(g.clone());
    }
    let len = x.size(dim)? as i64;
    let mut slopes = Vec::new();
    for at in 0..len {
        let here = x.narrow(dim, at, 1)?;
        let one = here.full_like(Scalar::Int(1))?;
        let mut others = Value::cat(&[one, x.narrow(dim, at + 1, len - at - 1)?], dim)?;
        if len - at > 1 {
            others = others.cumprod(dim)?;
        }
        if at > 0 {
            let before = x.narrow(dim, 0, at)?.cumprod(dim)?.narrow(dim, at - 1, 1)?;
            others = others.mul(&before)?;
        }
        slopes.push(others.mul(&g.narrow(dim, at, len - at)?)?.sum_dims(&[dim], true, None)?);
    }
    if slopes.is_empty() { x.zeros_like() } else { Value::cat(&slopes, dim) }
}

/// Σ over later positions of the gradient times the share e^(x - y) of an element in the sum. As in PyTorch the positive
/// and the negative gradients are summed as logarithms, which is where its digits go.
fn running_log_sum(c: &Context<'_>) -> Result<Value> {
    let (x, y, g, dim) = (c.args.tensor(0)?, c.result()?, c.grad()?, c.args.int(1)?);
    let share = |g: &Value| -> Result<Value> {
        let lowest = if x.dtype() == DType::F32 { f64::from(f32::MIN) } else { f64::MIN };
        let logs = Value::where_(&g.gt(0i64)?, &g.log()?, lowest)?;
        let summed = reversed(&reversed(&logs.sub(y)?, dim)?.logcumsumexp(dim)?, dim)?;
        summed.add(x)?.exp()
    };
    share(&g)?.sub(&share(&g.neg()?)?)
}
