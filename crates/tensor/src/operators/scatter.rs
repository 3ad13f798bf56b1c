//! Scattered writes and reductions.

use super::one;
use crate::operator::{Args, Row};
use crate::{Combine, Error, Result, Tensor};

fn scattered(a: &Args<'_>, how: Combine) -> Result<Tensor> {
    a.tensor(0)?.scatter(a.int(1)?, a.tensor(2)?, a.tensor(3)?, how, true)
}

fn named(a: &Args<'_>, at: usize, operator: &'static str) -> Result<Combine> {
    let name =
        a.text(at)?.ok_or_else(|| Error::type_error(operator, "argument 'reduce' must be str, not None"))?;
    Combine::parse(operator, name)
}

fn index_added(a: &Args<'_>) -> Result<Tensor> {
    let source = a.tensor(3)?;
    let alpha = a.scalar(4)?;
    let source = if alpha.to_f64() == 1.0 { source.clone() } else { source.mul(alpha)? };
    a.tensor(0)?.index_combine("index_add_", a.int(1)?, a.tensor(2)?, &source, Combine::Sum, true)
}

fn index_reduced(a: &Args<'_>) -> Result<Tensor> {
    let how = named(a, 4, "index_reduce")?;
    a.tensor(0)?.index_combine("index_reduce", a.int(1)?, a.tensor(2)?, a.tensor(3)?, how, a.bool(5)?)
}

fn index_filled(a: &Args<'_>) -> Result<Tensor> {
    let (t, value) = (a.tensor(0)?, a.scalar(3)?);
    t.index_fill(a.int(1)?, a.tensor(2)?, &Tensor::scalar(value, t.dtype()))
}

/// Writes a result into the first argument.
fn into_self(a: &Args<'_>, result: Result<Tensor>) -> Result<Vec<Tensor>> {
    let t = a.tensor(0)?;
    t.copy_(&result?)?;
    Ok(vec![t.clone()])
}

pub(super) const ROWS: &[Row] = &[
    Row("scatter.src(Tensor self, int dim, Tensor index, Tensor src) -> Tensor", |a| {
        one(scattered(a, Combine::Replace))
    }),
    Row("scatter.value(Tensor self, int dim, Tensor index, Scalar value) -> Tensor", |a| {
        one(a.tensor(0)?.scatter_value(a.int(1)?, a.tensor(2)?, a.scalar(3)?, Combine::Replace))
    }),
    Row("scatter.reduce(Tensor self, int dim, Tensor index, Tensor src, *, str reduce) -> Tensor", |a| {
        one(scattered(a, named(a, 4, "scatter")?))
    }),
    Row(
        "scatter.value_reduce(Tensor self, int dim, Tensor index, Scalar value, *, str reduce) -> Tensor",
        |a| one(a.tensor(0)?.scatter_value(a.int(1)?, a.tensor(2)?, a.scalar(3)?, named(a, 4, "scatter")?)),
    ),
    Row(
        "scatter_reduce.two(Tensor self, int dim, Tensor index, Tensor src, str reduce, *, bool include_self=True) -> Tensor",
        |a| {
            let how = named(a, 4, "scatter_reduce")?;
            one(a.tensor(0)?.scatter(a.int(1)?, a.tensor(2)?, a.tensor(3)?, how, a.bool(5)?))
        },
    ),
    Row("scatter_.src(Tensor(a!) self, int dim, Tensor index, Tensor src) -> Tensor(a!)", |a| {
        into_self(a, scattered(a, Combine::Replace))
    }),
    Row("scatter_.value(Tensor(a!) self, int dim, Tensor index, Scalar value) -> Tensor(a!)", |a| {
        into_self(a, a.tensor(0)?.scatter_value(a.int(1)?, a.tensor(2)?, a.scalar(3)?, Combine::Replace))
    }),
    Row("scatter_add_(Tensor(a!) self, int dim, Tensor index, Tensor src) -> Tensor(a!)", |a| {
        into_self(a, scattered(a, Combine::Sum))
    }),
    Row("index_add(Tensor self, int dim, Tensor index, Tensor source, *, Scalar alpha=1) -> Tensor", |a| {
        one(index_added(a))
    }),
    Row(
        "index_add_(Tensor(a!) self, int dim, Tensor index, Tensor source, *, Scalar alpha=1) -> Tensor(a!)",
        |a| into_self(a, index_added(a)),
    ),
    Row("index_copy(Tensor self, int dim, Tensor index, Tensor source) -> Tensor", |a| {
        let (t, dim) = (a.tensor(0)?, a.int(1)?);
        one(t.index_combine("index_copy_", dim, a.tensor(2)?, a.tensor(3)?, Combine::Replace, true))
    }),
    Row(
        "index_reduce(Tensor self, int dim, Tensor index, Tensor source, str reduce, *, bool include_self=True) -> Tensor",
        |a| one(index_reduced(a)),
    ),
    Row("index_fill.int_Scalar(Tensor self, int dim, Tensor index, Scalar value) -> Tensor", |a| {
        one(index_filled(a))
    }),
    Row("index_fill.int_Tensor(Tensor self, int dim, Tensor index, Tensor value) -> Tensor", |a| {
        one(a.tensor(0)?.index_fill(a.int(1)?, a.tensor(2)?, a.tensor(3)?))
    }),
    Row("index_fill_.int_Scalar(Tensor(a!) self, int dim, Tensor index, Scalar value) -> Tensor(a!)", |a| {
        into_self(a, index_filled(a))
    }),
    Row("index_put(Tensor self, Tensor?[] indices, Tensor values, bool accumulate=False) -> Tensor", |a| {
        one(a.tensor(0)?.index_put(a.tensors_or_none(1)?, a.tensor(2)?, a.bool(3)?))
    }),
    Row(
        "index_put_(Tensor(a!) self, Tensor?[] indices, Tensor values, bool accumulate=False) -> Tensor(a!)",
        |a| into_self(a, a.tensor(0)?.index_put(a.tensors_or_none(1)?, a.tensor(2)?, a.bool(3)?)),
    ),
    Row("take(Tensor self, Tensor index) -> Tensor", |a| one(a.tensor(0)?.take(a.tensor(1)?))),
    Row("put(Tensor self, Tensor index, Tensor source, bool accumulate=False) -> Tensor", |a| {
        one(a.tensor(0)?.put(a.tensor(1)?, a.tensor(2)?, a.bool(3)?))
    }),
    Row("put_(Tensor(a!) self, Tensor index, Tensor source, bool accumulate=False) -> Tensor(a!)", |a| {
        into_self(a, a.tensor(0)?.put(a.tensor(1)?, a.tensor(2)?, a.bool(3)?))
    }),
    Row("masked_scatter(Tensor self, Tensor mask, Tensor source) -> Tensor", |a| {
        one(a.tensor(0)?.masked_scatter(a.tensor(1)?, a.tensor(2)?))
    }),
    Row("masked_fill.Tensor(Tensor self, Tensor mask, Tensor value) -> Tensor", |a| {
        let value = a.tensor(2)?;
        if value.dim() != 0 {
            let text = format!(
                "masked_fill_ only supports a 0-dimensional value tensor, but got tensor with {} dimension(s).",
                value.dim()
            );
            return Err(Error::runtime("masked_fill", text).shapes(&[value.sizes()]));
        }
        one(a.tensor(0)?.masked_fill(a.tensor(1)?, value.item()?))
    }),
    Row("masked_fill_.Scalar(Tensor(a!) self, Tensor mask, Scalar value) -> Tensor(a!)", |a| {
        into_self(a, a.tensor(0)?.masked_fill(a.tensor(1)?, a.scalar(2)?))
    }),
];
