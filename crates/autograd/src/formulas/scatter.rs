//! Scattered writes and reductions.

use tensor::{Combine, DType, Result, Scalar, Tensor, wrap_dim};

use super::one;
use crate::formula::{Formula, none, row};
use crate::graph::Context;
use crate::value::Value;

pub(super) const ROWS: &[Formula] = &[
    row(&["scatter.src", "scatter_.src"], "ScatterBackward0", &[2], &[], |c| {
        let (g, dim, index) = (c.grad()?, c.args.int(1)?, c.args.tensor(2)?);
        let own = if c.needs(0) { Some(g.scatter_zero(dim, index)?) } else { None };
        let source = if c.needs(2) { Some(windowed(c, 2, &g.gather(dim, index)?)?) } else { None };
        Ok(vec![own, None, source])
    }),
    row(&["scatter.value", "scatter_.value"], "ScatterBackward1", &[2], &[], |c| {
        let (dim, index) = (c.args.int(1)?, c.args.tensor(2)?);
        one(c.grad()?.scatter_zero(dim, index))
    }),
    row(&["scatter_add_"], "ScatterAddBackward0", &[2], &[], |c| {
        let g = c.grad()?;
        let source = if c.needs(2) {
            Some(windowed(c, 2, &g.gather(c.args.int(1)?, c.args.tensor(2)?)?)?)
        } else {
            None
        };
        Ok(vec![Some(g), None, source])
    }),
    none(&["scatter.reduce", "scatter.value_reduce"], "PyTorch has no derivative of these"),
    row(&["scatter_reduce.two"], "ScatterReduceBackward0", &[0, 2, 3], &[0], |c| {
        let (dim, index) = (c.args.int(1)?, c.args.tensor(2)?);
        let pull = |t: &Value| t.gather(dim, index);
        let push = |t: &Value, source: &Value, how: Combine, include: bool| {
            t.scatter(dim, index, source, how, include)
        };
        let how = Combine::parse("scatter_reduce", c.args.text(4)?.unwrap_or_default())?;
        let (own, source) = reduced(c, how, c.args.bool(5)?, &pull, &push)?;
        let own = match c.args.bool(5)? {
            true => own,
            false => own.scatter_zero(dim, index)?,
        };
        Ok(vec![Some(own), None, Some(windowed(c, 2, &source)?)])
    }),
    row(&["index_reduce"], "IndexReduceBackward0", &[0, 2, 3], &[0], |c| {
        let (dim, index) = (c.args.int(1)?, c.args.tensor(2)?);
        let sizes = c.sizes(2);
        let pull = |t: &Value| t.index_select(dim, index)?.reshape(&sizes);
        let push = |t: &Value, source: &Value, how: Combine, include: bool| {
            t.index_combine("index_reduce", dim, index, source, how, include)
        };
        let how = Combine::parse("index_reduce", c.args.text(4)?.unwrap_or_default())?;
        let (own, source) = reduced(c, how, c.args.bool(5)?, &pull, &push)?;
        let own = if c.args.bool(5)? { own } else { own.index_zero(dim, index)? };
        Ok(vec![Some(own), None, Some(source)])
    }),
    row(&["index_add", "index_add_"], "IndexAddBackward0", &[2], &[], |c| {
        let source = if c.needs(2) { Some(selected(c)?.mul(c.args.scalar(4)?)?) } else { None };
        Ok(vec![Some(c.grad()?), None, source])
    }),
    row(&["index_copy"], "IndexCopyBackward0", &[2], &[], |c| {
        let g = c.grad()?;
        let own = g.index_zero(c.args.int(1)?, &c.args.tensor(2)?.to_dtype(DType::I64)?)?;
        Ok(vec![Some(own), None, if c.needs(2) { Some(selected(c)?) } else { None }])
    }),
    row(&["index_fill.int_Scalar", "index_fill_.int_Scalar"], "IndexFillBackward0", &[2], &[], |c| {
        one(cleared(c))
    }),
    row(&["index_fill.int_Tensor"], "IndexFillBackward1", &[2], &[], |c| {
        let value = if c.needs(2) {
            // An entry named twice was filled once.
            let index = Value::from(c.args.tensor(2)?.data().reshape(&[-1])?.unique(false)?.0);
            Some(c.grad()?.index_select(c.args.int(1)?, &index)?.sum(None)?)
        } else {
            None
        };
        Ok(vec![Some(cleared(c)?), None, value])
    }),
    row(&["index_put", "index_put_"], "IndexPutBackward0", &[1], &[], |c| {
        let (g, indices) = (c.grad()?, &plain(c.args.tensors_or_none(1)?));
        let last = c.input_count().saturating_sub(1);
        let mut grads: Vec<Option<Value>> = vec![None; c.input_count()];
        let zero = Value::scalar(Scalar::Int(0), g.dtype());
        if let Some(slot) = grads.first_mut() {
            *slot = Some(if c.args.bool(3)? { g.clone() } else { g.index_put(indices, &zero, false)? });
        }
        if c.needs(last)
            && let Some(slot) = grads.get_mut(last)
        {
            *slot = Some(g.index(indices)?);
        }
        Ok(grads)
    }),
    row(&["take"], "TakeBackward0", &[1], &[], |c| one(c.zeros(0)?.put(c.args.tensor(1)?, &c.grad()?, true))),
    row(&["put", "put_"], "PutBackward0", &[1], &[], |c| {
        let (g, index) = (c.grad()?, c.args.tensor(1)?);
        let own = if c.args.bool(3)? { g.clone() } else { g.put(index, &c.zeros(2)?, false)? };
        let source = if c.needs(2) { Some(g.take(index)?.reshape(&c.sizes(2))?) } else { None };
        Ok(vec![Some(own), None, source])
    }),
    row(&["masked_scatter"], "MaskedScatterBackward0", &[1], &[], |c| {
        let (g, mask) = (c.grad()?, c.args.tensor(1)?);
        let source = if c.needs(2) {
            let seen = g.masked_select(mask)?;
            let (length, all) = (seen.numel() as i64, c.sizes(2).into_iter().product());
            let placed = seen.placed("MaskedScatterBackward0", &[all], move |t| t.narrow(0, 0, length))?;
            Some(placed.reshape(&c.sizes(2))?)
        } else {
            None
        };
        Ok(vec![Some(g.masked_fill(mask, Scalar::Int(0))?), None, source])
    }),
    row(&["masked_fill.Tensor"], "MaskedFillBackward1", &[1], &[], |c| {
        let (g, mask) = (c.grad()?, c.args.tensor(1)?);
        let value = if c.needs(2) { Some(Value::where_(mask, &g, 0.0)?.sum(None)?) } else { None };
        Ok(vec![Some(g.masked_fill(mask, Scalar::Int(0))?), None, value])
    }),
    row(&["masked_fill_.Scalar"], "MaskedFillBackward0", &[1], &[], |c| {
        one(c.grad()?.masked_fill(c.args.tensor(1)?, Scalar::Int(0)))
    }),
];

/// The gradient of a source of which the index used a window: zeros outside it.
pub(super) fn windowed(c: &Context<'_>, k: usize, seen: &Value) -> Result<Value> {
    let sizes = c.sizes(k);
    if seen.numel() as i64 == sizes.iter().product::<i64>() {
        return seen.reshape(&sizes);
    }
    let used: Vec<i64> = seen.sizes().iter().map(|&size| size as i64).collect();
    seen.placed(c.name(), &sizes, move |zeros| {
        let mut window = zeros.clone();
        for (d, &size) in used.iter().enumerate() {
            window = window.narrow(d as i64, 0, size)?;
        }
        Ok(window)
    })
}

/// The gradient at the entries that a vector of indices names, in the source's sizes.
fn selected(c: &Context<'_>) -> Result<Value> {
    let g = c.grad()?;
    wrap_dim("index_select", c.args.int(1)?, g.dim())?;
    g.index_select(c.args.int(1)?, c.args.tensor(2)?)?.reshape(&c.sizes(2))
}

/// The gradient without the entries that a vector of indices names.
fn cleared(c: &Context<'_>) -> Result<Value> {
    let g = c.grad()?;
    g.index_zero(c.args.int(1)?, c.args.tensor(2)?)
}

/// Indices as they are: no gradient flows to them.
pub(super) fn plain(indices: &[Option<Value>]) -> Vec<Option<Tensor>> {
    indices.iter().map(|index| index.as_ref().map(|index| index.data().clone())).collect()
}

type Pull<'a> = &'a dyn Fn(&Value) -> Result<Value>;
type Push<'a> = &'a dyn Fn(&Value, &Value, Combine, bool) -> Result<Value>;

/// The gradients of a reduction of scattered elements: of the target, before what took no part is cleared, and of the
/// source. `pull` reads a target's elements at the index, `push` combines a source into it. Saved: target, source, result.
fn reduced(
    c: &Context<'_>,
    how: Combine,
    include_self: bool,
    pull: Pull<'_>,
    push: Push<'_>,
) -> Result<(Value, Value)> {
    let (g, x, source, result) = (c.grad()?, c.args.tensor(0)?, c.args.tensor(3)?, c.result()?);
    let seen = |mask: &Value| mask.to_dtype(g.dtype());
    let nothing = || c.zeros(0);
    // What of the source the index uses: `pull` has its sizes.
    let used = |t: &Value| -> Result<Value> {
        let wanted = pull(result)?;
        let mut window = t.clone();
        for (d, &size) in wanted.sizes().iter().enumerate().take(t.dim()) {
            window = window.narrow(d as i64, 0, size as i64)?;
        }
        window.reshape(&wanted.sizes().iter().map(|&s| s as i64).collect::<Vec<_>>())
    };
    let source = &used(source)?;
    Ok(match how {
        Combine::Sum | Combine::Replace => (g.clone(), pull(&g)?),
        Combine::Mean => {
            let ones = Value::ones(&c.sizes(0), g.dtype())?;
            let start = if include_self { ones } else { nothing()? };
            let counts = push(&start, &source.full_like(Scalar::Int(1))?, Combine::Sum, true)?;
            let counts = counts.masked_fill(&counts.eq(0.0)?, Scalar::Int(1))?;
            (g.div(&counts)?, pull(&g)?.div(&pull(&counts)?)?)
        }
        Combine::Product => {
            let filled = x.masked_fill(&x.eq(0.0)?, Scalar::Int(1))?;
            let others = push(&filled, source, Combine::Product, include_self)?;
            let own = g.mul(&others)?.div(&filled)?;
            let is_zero = source.eq(0.0)?;
            let zeros = pull(&push(&nothing()?, &seen(&is_zero)?, Combine::Sum, true)?)?;
            let only = is_zero.logical_and(&zeros.eq(1.0)?)?;
            let without =
                push(x, &source.masked_fill(&only, Scalar::Int(1))?, Combine::Product, include_self)?;
            let through = pull(&g.mul(result)?)?.div(&source.masked_fill(&is_zero, Scalar::Int(1))?)?;
            (own, Value::where_(&only, &pull(&g.mul(&without)?)?, &through)?)
        }
        Combine::Largest | Combine::Smallest => {
            let own = seen(&x.eq(result)?)?;
            let of_source = seen(&source.eq(&pull(result)?)?)?;
            let shares = g.div(&push(&own, &of_source, Combine::Sum, true)?)?;
            (own.mul(&shares)?, of_source.mul(&pull(&shares)?)?)
        }
    })
}
