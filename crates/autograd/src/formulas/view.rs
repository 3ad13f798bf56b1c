//! Views: gradients flow back to the elements that were seen.

use tensor::{Scalar, Tensor};

use super::{Grads, one};
use crate::formula::{Formula, none, row};
use crate::graph::Context;

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
        scattered(c, |zeros| zeros.narrow(c.args.int(1)?, c.args.int(2)?, c.args.int(3)?))
    }),
    row(&["select.int"], "SelectBackward0", &[], &[], |c| {
        scattered(c, |zeros| zeros.select(c.args.int(1)?, c.args.int(2)?))
    }),
    row(&["slice.Tensor"], "SliceBackward0", &[], &[], |c| {
        scattered(c, |zeros| {
            zeros.slice(c.args.int(1)?, c.args.int_or_none(2)?, c.args.int_or_none(3)?, c.args.int(4)?)
        })
    }),
    row(&["expand"], "ExpandBackward0", &[], &[], |c| one(c.grad())),
    row(&["contiguous", "clone"], "CloneBackward0", &[], &[], |c| one(c.grad())),
    row(&["split.Tensor"], "SplitBackward0", &[], &[], |c| {
        pieces(c, |zeros| zeros.split(c.args.int(1)?, c.args.int(2)?))
    }),
    row(&["split_with_sizes"], "SplitWithSizesBackward0", &[], &[], |c| {
        pieces(c, |zeros| zeros.split_with_sizes(&c.args.ints(1)?, c.args.int(2)?))
    }),
    row(&["chunk"], "SplitBackward0", &[], &[], |c| {
        pieces(c, |zeros| zeros.chunk(c.args.int(1)?, c.args.int(2)?))
    }),
    row(&["unbind.int"], "UnbindBackward0", &[], &[], |c| pieces(c, |zeros| zeros.unbind(c.args.int(1)?))),
    none(&["detach"], "the result leaves the graph on purpose"),
];

fn reshaped(c: &Context<'_>) -> Grads {
    one(c.grad()?.reshape(&c.sizes(0)))
}

/// Zeros with the gradient where the view looked.
pub(super) fn scattered(c: &Context<'_>, view: impl Fn(&Tensor) -> tensor::Result<Tensor>) -> Grads {
    let zeros = c.zeros(0)?;
    view(&zeros)?.copy_(&c.grad()?)?;
    one(Ok(zeros))
}

/// Zeros with each output's gradient where its piece was.
fn pieces(c: &Context<'_>, views: impl Fn(&Tensor) -> tensor::Result<Vec<Tensor>>) -> Grads {
    let zeros = c.zeros(0)?;
    for (k, view) in views(&zeros)?.iter().enumerate() {
        view.add_(&c.grad_of(k)?, Scalar::Int(1))?;
    }
    one(Ok(zeros))
}
