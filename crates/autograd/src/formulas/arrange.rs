//! Windows, diagonals, other arrangements, and copies with a part replaced.

use tensor::{Layout, Result, Tensor};

use super::view::scattered;
use super::{Grads, one};
use crate::formula::{Formula, none, row};
use crate::graph::Context;
use crate::value::Value;

pub(super) const ROWS: &[Formula] = &[
    row(&["diagonal"], "DiagonalBackward0", &[], &[], |c| {
        let (offset, dim1, dim2) = (c.args.int(1)?, c.args.int(2)?, c.args.int(3)?);
        scattered(c, move |zeros| zeros.diagonal(offset, dim1, dim2))
    }),
    row(&["diag_embed"], "DiagEmbedBackward0", &[], &[], |c| {
        one(c.grad()?.diagonal(c.args.int(1)?, c.args.int(2)?, c.args.int(3)?))
    }),
    row(&["tril"], "TrilBackward0", &[], &[], |c| one(c.grad()?.tril(c.args.int(1)?))),
    row(&["triu"], "TriuBackward0", &[], &[], |c| one(c.grad()?.triu(c.args.int(1)?))),
    row(&["trace"], "TraceBackward0", &[], &[], |c| {
        let length = c.sizes(0).into_iter().min().unwrap_or(0);
        let spread = c.grad()?.expand(&[length])?;
        one(spread.placed("TraceBackward0", &c.sizes(0), |zeros| zeros.diagonal(0, 0, 1)))
    }),
    row(&["unfold"], "UnfoldBackward0", &[], &[], |c| {
        let (dim, size, step) = (c.args.int(1)?, c.args.int(2)?, c.args.int(3)?);
        let zeros = c.zeros(0)?;
        let layout = zeros.data().unfold(dim, size, step)?.layout().clone();
        one(summed_at(&zeros, &layout, &c.grad()?))
    }),
    row(&["as_strided"], "AsStridedBackward0", &[], &[], |c| {
        let (own, seen) = (c.layout(0)?, c.output_layout(0)?);
        // The storage's part that either side sees; an element that both see several times is shared out evenly.
        let reach = |l: &Layout| {
            let last = l.sizes().iter().zip(l.strides()).map(|(n, s)| n.saturating_sub(1) * s).sum::<usize>();
            if l.numel() == 0 { 0 } else { l.offset() + last + 1 }
        };
        let length = reach(&own).max(reach(&seen)) as i64;
        let storage = summed_at(&Value::zeros(&[length], c.grad()?.dtype())?, &seen, &c.grad()?)?;
        let found = strided(&storage, &own)?;
        if !own.has_internal_overlap() {
            return one(Ok(found));
        }
        let ones = Value::ones(&c.sizes(0), storage.dtype())?;
        let counts = summed_at(&Value::zeros(&[length], storage.dtype())?, &own, &ones)?;
        one(found.div(&strided(&counts, &own)?))
    }),
    row(&["flip"], "FlipBackward0", &[], &[], |c| one(c.grad()?.flip(&c.args.ints(1)?))),
    row(&["roll"], "RollBackward0", &[], &[], |c| {
        let back: Vec<i64> = c.args.ints(1)?.into_iter().map(i64::wrapping_neg).collect();
        one(c.grad()?.roll(&back, &c.args.ints(2)?))
    }),
    row(&["repeat"], "RepeatBackward0", &[], &[], |c| one(folded(c, &c.args.ints(1)?))),
    none(&["repeat_interleave.Tensor"], "the result holds positions"),
    row(&["select_scatter"], "SelectScatterBackward0", &[], &[], |c| {
        let (dim, index) = (c.args.int(2)?, c.args.int(3)?);
        replaced(c, move |t| t.select(dim, index))
    }),
    row(&["slice_scatter"], "SliceScatterBackward0", &[], &[], |c| {
        let (start, end) = (c.args.int_or_none(3)?, c.args.int_or_none(4)?);
        let (dim, step) = (c.args.int(2)?, c.args.int(5)?);
        replaced(c, move |t| t.slice(dim, start, end, step))
    }),
    row(&["diagonal_scatter"], "DiagonalScatterBackward0", &[], &[], |c| {
        let (offset, dim1, dim2) = (c.args.int(2)?, c.args.int(3)?, c.args.int(4)?);
        replaced(c, move |t| t.diagonal(offset, dim1, dim2))
    }),
    row(&["as_strided_scatter"], "AsStridedScatterBackward0", &[], &[], |c| {
        let (sizes, strides, offset) = (c.args.ints(2)?, c.args.ints(3)?, c.args.int_or_none(4)?);
        let g = c.grad()?.contiguous()?;
        const NAME: &str = "AsStridedScatterBackward0";
        let view = move |t: &Tensor| t.restrided(&sizes, &strides, offset);
        let source = g.seen(NAME, view.clone())?;
        // PyTorch's formula: what flows back to the target is the gradient where it was overwritten.
        let own = source.placed(NAME, &c.sizes(0), view)?;
        Ok(vec![Some(own), Some(source)])
    }),
];

/// Adds the elements of `values` to those of a vector of storage that a layout of the same sizes selects.
fn summed_at(target: &Value, layout: &Layout, values: &Value) -> Result<Value> {
    let count = target.numel();
    let numbers: Vec<i64> = (0..count as i64).collect();
    let places =
        Tensor::from_vec(numbers, &[count])?.as_strided(layout.sizes(), layout.strides(), layout.offset())?;
    let places = places.contiguous()?.reshape(&[-1])?;
    let flat =
        target.reshape(&[-1])?.index_put(&[Some(places)], &values.contiguous()?.reshape(&[-1])?, true)?;
    flat.reshape(&target.sizes().iter().map(|&s| s as i64).collect::<Vec<_>>())
}

/// The sum over the copies that `repeat` made.
fn folded(c: &Context<'_>, counts: &[i64]) -> Result<Value> {
    let sizes = c.sizes(0);
    if counts.contains(&0) {
        return c.zeros(0);
    }
    let lead = counts.len().saturating_sub(sizes.len());
    let mut split = Vec::with_capacity(2 * counts.len());
    for (at, &count) in counts.iter().enumerate() {
        split.extend([count, at.checked_sub(lead).and_then(|d| sizes.get(d)).copied().unwrap_or(1)]);
    }
    let copies: Vec<i64> = (0..counts.len() as i64).map(|d| 2 * d).collect();
    let grad = c.grad()?.contiguous()?.reshape(&split)?;
    if copies.is_empty() {
        grad.reshape(&sizes)
    } else {
        grad.sum_dims(&copies, false, None)?.reshape(&sizes)
    }
}

/// The gradient outside a replaced part, and inside it.
fn replaced(
    c: &Context<'_>,
    view: impl Fn(&Tensor) -> Result<Tensor> + Send + Sync + Clone + 'static,
) -> Grads {
    let g = c.grad()?.contiguous()?;
    Ok(vec![Some(g.without("ScatterBackward0", view.clone())?), Some(g.seen("ScatterBackward0", view)?)])
}

/// What a layout selects of a vector of storage.
fn strided(storage: &Value, layout: &Layout) -> Result<Value> {
    let (length, seen) = (storage.numel() as i64, layout.clone());
    let again = layout.clone();
    let sum = move |t: &Tensor| {
        let zeros = Value::zeros(&[length], t.dtype())?;
        Ok(summed_at(&zeros, &again, &Value::from(t.clone()))?.into_data())
    };
    let view = move |t: &Tensor| t.as_strided(seen.sizes(), seen.strides(), seen.offset());
    storage.linear("AsStridedBackward0", view, sum)
}
