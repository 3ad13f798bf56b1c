//! Reductions, scans and softmax.

use tensor::{Result, Scalar, Tensor, wrap_dim};

use super::one;
use crate::formula::{Formula, none, row};
use crate::graph::Context;
use crate::value::Value;

pub(super) const ROWS: &[Formula] = &[
    row(&["sum"], "SumBackward0", &[], &[], |c| one(c.grad()?.expand(&c.sizes(0)))),
    row(&["sum.dim_IntList"], "SumBackward1", &[], &[], |c| {
        one(spread(c, &c.grad()?, &c.args.ints(1)?, c.args.bool(2)?))
    }),
    row(&["mean"], "MeanBackward0", &[], &[], |c| {
        let count: i64 = c.sizes(0).iter().product();
        one(c.grad()?.expand(&c.sizes(0))?.div(Scalar::Int(count)))
    }),
    row(&["mean.dim"], "MeanBackward1", &[], &[], |c| {
        let dims = c.args.ints(1)?;
        one(spread(c, &c.grad()?, &dims, c.args.bool(2)?)?.div(Scalar::Int(row_len(c, &dims)?)))
    }),
    row(&["var.correction"], "VarBackward0", &[0], &[], |c| one(variance(c, &c.grad()?))),
    row(&["std.correction"], "StdBackward0", &[0], &[0], |c| {
        let deviation = c.result()?;
        let grad = c.grad()?.div(&deviation.mul(2i64)?)?.masked_fill(&deviation.eq(0.0)?, Scalar::Int(0))?;
        one(variance(c, &grad))
    }),
    row(&["prod"], "ProdBackward0", &[0], &[0], |c| {
        let x = c.args.tensor(0)?;
        if !has_zero(x)? {
            return one(c.grad()?.mul(c.result()?)?.div(x));
        }
        let others = products_of_others(&x.reshape(&[-1])?, 0)?;
        one(c.grad()?.mul(&others)?.reshape(&c.sizes(0)))
    }),
    row(&["prod.dim_int"], "ProdBackward1", &[0], &[0], |c| {
        let (x, dim, keep) = (c.args.tensor(0)?, c.args.int(1)?, c.args.bool(2)?);
        if !has_zero(x)? {
            return one(spread(c, &c.grad()?.mul(c.result()?)?, &[dim], keep)?.div(x));
        }
        let others = products_of_others(c.args.tensor(0)?, dim)?;
        one(spread(c, &c.grad()?, &[dim], c.args.bool(2)?)?.mul(&others))
    }),
    row(&["max"], "MaxBackward1", &[0], &[0], |c| one(shared_by_ties(c, &[], false))),
    row(&["min"], "MinBackward1", &[0], &[0], |c| one(shared_by_ties(c, &[], false))),
    row(&["amax"], "AmaxBackward0", &[0], &[0], |c| {
        one(shared_by_ties(c, &c.args.ints(1)?, c.args.bool(2)?))
    }),
    row(&["amin"], "AminBackward0", &[0], &[0], |c| {
        one(shared_by_ties(c, &c.args.ints(1)?, c.args.bool(2)?))
    }),
    row(&["max.dim"], "MaxBackward0", &[], &[1], |c| one(at_positions(c, c.args.int(1)?, c.args.bool(2)?))),
    row(&["min.dim"], "MinBackward0", &[], &[1], |c| one(at_positions(c, c.args.int(1)?, c.args.bool(2)?))),
    row(&["logsumexp"], "LogsumexpBackward0", &[0], &[0], |c| {
        let (dims, keep) = (c.args.ints(1)?, c.args.bool(2)?);
        let weights = c.args.tensor(0)?.sub(&spread(c, c.result()?, &dims, keep)?)?.exp()?;
        one(spread(c, &c.grad()?, &dims, keep)?.mul(&weights))
    }),
    row(&["linalg_vector_norm"], "LinalgVectorNormBackward0", &[0], &[0], |c| Ok(vec![norm(c)?])),
    row(&["softmax.int"], "SoftmaxBackward0", &[], &[0], |c| {
        let (y, dim) = (c.result()?, c.args.int(1)?);
        let weighted = c.grad()?.mul(y)?;
        one(weighted.sub(&y.mul(&weighted.sum_dims(&[dim], true, None)?)?))
    }),
    row(&["log_softmax.int"], "LogSoftmaxBackward0", &[], &[0], |c| {
        let (g, dim) = (c.grad()?, c.args.int(1)?);
        one(g.sub(&c.result()?.exp()?.mul(&g.sum_dims(&[dim], true, None)?)?))
    }),
    row(&["cumsum"], "CumsumBackward0", &[], &[], |c| {
        let dim = c.args.int(1)?;
        let g = c.grad()?;
        one(reversed(&reversed(&g, dim)?.cumsum(dim, None)?, dim))
    }),
    none(
        &["argmax", "argmin", "any", "any.dim", "all", "all.dim"],
        "the result is not a float that depends on its input continuously",
    ),
];

/// All dimensions if the list is empty, counted from the front, ascending.
fn dims_of(dims: &[i64], dim: usize) -> Result<Vec<usize>> {
    let mut found: Vec<usize> = if dims.is_empty() {
        (0..dim).collect()
    } else {
        dims.iter().map(|&d| wrap_dim("backward", d, dim)).collect::<Result<_>>()?
    };
    found.sort_unstable();
    found.retain(|&d| d < dim);
    Ok(found)
}

/// A reduction's result repeated over the dimensions it removed.
pub(super) fn spread(c: &Context<'_>, reduced: &Value, dims: &[i64], keepdim: bool) -> Result<Value> {
    let sizes = c.sizes(0);
    let mut t = reduced.clone();
    if !keepdim {
        for d in dims_of(dims, sizes.len())? {
            t = t.unsqueeze(d as i64)?;
        }
    }
    t.expand(&sizes)
}

fn row_len(c: &Context<'_>, dims: &[i64]) -> Result<i64> {
    let sizes = c.sizes(0);
    Ok(dims_of(dims, sizes.len())?.into_iter().map(|d| sizes[d]).product())
}

fn variance(c: &Context<'_>, grad: &Value) -> Result<Value> {
    let correction = c.args.scalar_or_none(2)?.map_or(1.0, Scalar::to_f64);
    variance_slope(c, grad, &c.args.ints(1)?, correction, c.args.bool(3)?)
}

/// The gradient of the values behind a variance.
pub(super) fn variance_slope(
    c: &Context<'_>,
    grad: &Value,
    dims: &[i64],
    correction: f64,
    keepdim: bool,
) -> Result<Value> {
    let x = c.args.tensor(0)?;
    let free = row_len(c, dims)? as f64 - correction;
    let centred = x.sub(&x.mean_dims(dims, true, None)?)?;
    spread(c, grad, dims, keepdim)?.mul(2.0 / free)?.mul(&centred)
}

/// For each element the product of the others along a dimension, right also where elements are 0.
fn products_of_others(x: &Value, dim: i64) -> Result<Value> {
    if x.dim() == 0 {
        return x.full_like(Scalar::Int(1));
    }
    if x.is_recorded() {
        return recorded_products(x, dim);
    }
    let rows = x.data().transpose(dim, -1)?.contiguous()?;
    let len = rows.size(-1)?;
    let mut values = rows.to_vec_as::<f64>()?;
    for row in values.chunks_exact_mut(len.max(1)) {
        let mut after = vec![1.0; row.len()];
        for i in (1..row.len()).rev() {
            after[i - 1] = after[i] * row[i];
        }
        let mut before = 1.0;
        for (value, after) in row.iter_mut().zip(after) {
            (*value, before) = (before * after, before * *value);
        }
    }
    Tensor::from_vec(values, rows.sizes())?.to_dtype(x.dtype())?.transpose(dim, -1).map(Value::from)
}

/// As [`products_of_others`]: what stands before times what stands after, both as running products.
fn recorded_products(x: &Value, dim: i64) -> Result<Value> {
    let len = x.size(dim)? as i64;
    if len == 0 {
        return Ok(x.clone());
    }
    let before = |x: &Value| -> Result<Value> {
        let first = x.narrow(dim, 0, 1)?.full_like(Scalar::Int(1))?;
        Value::cat(&[first, x.narrow(dim, 0, len - 1)?], dim)?.cumprod(dim)
    };
    before(x)?.mul(&reversed(&before(&reversed(x, dim)?)?, dim)?)
}

/// Elements equal to the extreme share its gradient evenly.
pub(super) fn shared_by_ties(c: &Context<'_>, dims: &[i64], keepdim: bool) -> Result<Value> {
    shared_with(c, c.result()?, &c.grad()?, dims, keepdim)
}

/// As [`shared_by_ties`] for a result and its gradient.
pub(super) fn shared_with(
    c: &Context<'_>,
    result: &Value,
    grad: &Value,
    dims: &[i64],
    keepdim: bool,
) -> Result<Value> {
    let x = c.args.tensor(0)?;
    let extreme = spread(c, result, dims, keepdim)?;
    let mask =
        x.eq(&extreme)?.logical_or(&x.isnan()?.logical_and(&extreme.isnan()?)?)?.to_dtype(x.dtype())?;
    let ties = mask.sum_dims(dims, true, None)?;
    spread(c, grad, dims, keepdim)?.mul(&mask)?.div(&ties)
}

/// The gradient at the chosen positions along a dimension, zeros elsewhere.
pub(super) fn at_positions(c: &Context<'_>, dim: i64, keepdim: bool) -> Result<Value> {
    let zeros = c.zeros(0)?;
    let (g, places) = (c.grad()?, c.result()?.clone());
    if zeros.dim() == 0 {
        return Ok(g);
    }
    let (g, places) = if keepdim { (g, places) } else { (g.unsqueeze(dim)?, places.unsqueeze(dim)?) };
    zeros.scatter_add(dim, &places, &g)
}

fn has_zero(x: &Value) -> Result<bool> {
    Ok(x.eq(0.0)?.data().any()?.item()?.to_bool())
}

/// The 0-norm counts, so it has no gradient at all.
fn norm(c: &Context<'_>) -> Result<Option<Value>> {
    let (p, dims, keep) = (c.args.float(1)?, c.args.ints(2)?, c.args.bool(3)?);
    // The norm may have been taken in another dtype.
    let x = &c.args.tensor(0)?.to_dtype(c.result()?.dtype())?;
    let size = spread(c, c.result()?, &dims, keep)?;
    let g = spread(c, &c.grad()?, &dims, keep)?;
    let at_zero = size.eq(0.0)?;
    Ok(Some(if p == 0.0 {
        return Ok(None);
    } else if p == 1.0 {
        g.mul(&x.sign()?)?
    } else if p == 2.0 {
        g.mul(&x.div(&size)?.masked_fill(&at_zero, Scalar::Int(0))?)?
    } else if p.is_infinite() {
        let chosen = x.abs()?.eq(&size)?.to_dtype(x.dtype())?;
        let ties = chosen.sum_dims(&dims, true, None)?;
        g.mul(&x.sign()?)?.mul(&chosen)?.div(&ties)?
    } else {
        let slope = x.mul(&x.abs()?.pow(p - 2.0)?)?.div(&size.pow(p - 1.0)?)?;
        g.mul(&slope.masked_fill(&at_zero, Scalar::Int(0))?.masked_fill(&x.eq(0.0)?, Scalar::Int(0))?)?
    }))
}

/// The entries of a dimension in reverse.
pub(super) fn reversed(t: &Value, dim: i64) -> Result<Value> {
    if t.dim() == 0 {
        return Ok(t.clone());
    }
    let len = t.size(dim)? as i64;
    let order: Vec<i64> = (0..len).rev().collect();
    t.index_select(dim, &Tensor::from_vec(order, &[len as usize])?.into())
}
