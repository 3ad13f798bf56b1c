//! Views: gradients flow back to the elements that were seen.

use tensor::{Error, Result, Scalar, Tensor};

use super::{Grads, one};
use crate::formula::{Formula, none, row};
use crate::graph::Context;
use crate::value::Value;

pub(super) const ROWS: &[Formula] = &[
    row(&["view", "reshape", "flatten.using_ints"], "ViewBackward0", &[], &[], reshaped),
    row(&["squeeze"], "SqueezeBackward0", &[], &[], reshaped),
    row(&["squeeze.dim"], "SqueezeBackward1", &[], &[], reshaped),
    row(&["squeeze.dims"], "SqueezeBackward2", &[], &[], reshaped),
    row(&["unsqueeze"], "UnsqueezeBackward0", &[], &[], reshaped),
    row(&["permute"], "PermuteBackward0", &[], &[], |c| {
        let dims = c.args.ints(1)?;
        let mut back = vec![0i64; dims.len()];
        for (i, &dim) in dims.iter().enumerate() {
            back[tensor::wrap_dim("permute", dim, dims.len())?] = i as i64;
        }
        one(c.grad()?.permute(&back))
    }),
    row(&["transpose.int"], "TransposeBackward0", &[], &[], |c| {
        one(c.grad()?.transpose(c.args.int(1)?, c.args.int(2)?))
    }),
    row(&["t"], "TBackward0", &[], &[], |c| one(c.grad()?.t())),
    row(&["narrow"], "SliceBackward0", &[], &[], |c| {
        let (dim, start, length) = (c.args.int(1)?, c.args.int(2)?, c.args.int(3)?);
        scattered(c, move |zeros| zeros.narrow(dim, start, length))
    }),
    row(&["select.int"], "SelectBackward0", &[], &[], |c| {
        let (dim, index) = (c.args.int(1)?, c.args.int(2)?);
        scattered(c, move |zeros| zeros.select(dim, index))
    }),
    row(&["slice.Tensor"], "SliceBackward0", &[], &[], |c| {
        let (start, end) = (c.args.int_or_none(2)?, c.args.int_or_none(3)?);
        let (dim, step) = (c.args.int(1)?, c.args.int(4)?);
        scattered(c, move |zeros| zeros.slice(dim, start, end, step))
    }),
    row(&["expand"], "ExpandBackward0", &[], &[], |c| one(c.grad())),
    row(&["contiguous", "clone"], "CloneBackward0", &[], &[], |c| one(c.grad())),
    row(&["split.Tensor"], "SplitBackward0", &[], &[], |c| {
        let (size, dim) = (c.args.int(1)?, c.args.int(2)?);
        pieces(c, move |zeros| zeros.split(size, dim))
    }),
    row(&["split_with_sizes"], "SplitWithSizesBackward0", &[], &[], |c| {
        let (sizes, dim) = (c.args.ints(1)?, c.args.int(2)?);
        pieces(c, move |zeros| zeros.split_with_sizes(&sizes, dim))
    }),
    row(&["chunk"], "SplitBackward0", &[], &[], |c| {
        let (count, dim) = (c.args.int(1)?, c.args.int(2)?);
        pieces(c, move |zeros| zeros.chunk(count, dim))
    }),
    row(&["unbind.int"], "UnbindBackward0", &[], &[], |c| {
        let dim = c.args.int(1)?;
        pieces(c, move |zeros| zeros.unbind(dim))
    }),
    none(&["detach"], "the result leaves the graph on purpose"),
];

fn reshaped(c: &Context<'_>) -> Grads {
    one(c.grad()?.reshape(&c.sizes(0)))
}

/// Zeros with the gradient where the view looked.
pub(super) fn scattered(
    c: &Context<'_>,
    view: impl Fn(&Tensor) -> Result<Tensor> + Send + Sync + Clone + 'static,
) -> Grads {
    one(c.grad()?.placed(c.name(), &c.sizes(0), view))
}

/// Zeros with each output's gradient where its piece was.
fn pieces(
    c: &Context<'_>,
    views: impl Fn(&Tensor) -> Result<Vec<Tensor>> + Send + Sync + Clone + 'static,
) -> Grads {
    let zeros = c.zeros(0)?;
    let places = views(zeros.data())?;
    let mut sum: Option<Value> = None;
    for (k, place) in places.iter().enumerate() {
        let grad = c.grad_of(k)?;
        if !grad.is_recorded() {
            place.add_(grad.data(), Scalar::Int(1))?;
            continue;
        }
        let views = views.clone();
        let view = move |t: &Tensor| {
            let gone = || Error::runtime("backward", "internal: a piece that is not there");
            views(t)?.into_iter().nth(k).ok_or_else(gone)
        };
        let placed = grad.placed(c.name(), &c.sizes(0), view)?;
        sum = Some(match sum {
            Some(sum) => sum.add(&placed)?,
            None => placed,
        });
    }
    match sum {
        Some(sum) => one(sum.add(&zeros)),
        None => one(Ok(zeros)),
    }
}
