//! Losses of class scores against classes, as Python names them.

use autograd::{Composite, Error, Result, Variable, call_one};

use super::arguments::{Given, reduction, reduction_or_flags, signed};
use super::{CrossEntropy, loss, one};

pub(super) const ROWS: &[Composite] = &[
    Composite {
        schema: "nn.functional.cross_entropy(Tensor input, Tensor target, Tensor? weight=None, bool? \
                 size_average=None, int ignore_index=-100, bool? reduce=None, str reduction=\"mean\", float \
                 label_smoothing=0.) -> Tensor",
        body: |a| {
            let options = CrossEntropy {
                weight: a.tensor_or_none(2)?.cloned(),
                ignore_index: a.int(4)?,
                reduction: reduction_or_flags(a, [6, 3, 5])?,
                label_smoothing: a.float(7)?,
            };
            one(loss::cross_entropy(a.tensor(0)?, a.tensor(1)?, &options))
        },
    },
    Composite {
        schema: "nn.functional.nll_loss(Tensor input, Tensor target, Tensor? weight=None, bool? size_average=None, int \
                 ignore_index=-100, bool? reduce=None, str reduction=\"mean\") -> Tensor",
        body: |a| {
            let options = CrossEntropy {
                weight: a.tensor_or_none(2)?.cloned(),
                ignore_index: a.int(4)?,
                reduction: reduction_or_flags(a, [6, 3, 5])?,
                label_smoothing: 0.0,
            };
            one(loss::nll_loss(a.tensor(0)?, a.tensor(1)?, &options))
        },
    },
    Composite {
        schema: "nn.functional.linear_cross_entropy(Tensor input, Tensor linear_weight, Tensor target, *, Tensor? \
                 linear_bias=None, Tensor? weight=None, str reduction=\"mean\", int? ignore_index=None, float \
                 label_smoothing=0., Any options=None) -> Tensor",
        body: |a| one(linear_cross_entropy(a)),
    },
];

/// Cross entropy of a linear layer's results, whose weight may hold classes for each place of a plane.
fn linear_cross_entropy(a: &Given<'_>) -> Result<Variable> {
    const OP: &str = "linear_cross_entropy";
    let (x, weight, target, bias) = (a.tensor(0)?, a.tensor(1)?, a.tensor(2)?, a.tensor_or_none(3)?);
    a.refuse(8, "options")?;
    if !matches!(x.dim(), 1 | 2) {
        let text = format!("expected input with dimensionality 1 or 2, got {}", x.dim());
        return Err(Error::runtime(OP, text).shapes(&[x.sizes()]));
    }
    if weight.dim() < 2 {
        let text = format!("expected linear_weight with dimensionality at least 2, got {}", weight.dim());
        return Err(Error::runtime(OP, text));
    }
    let (Some((&features, lead)), Some((&width, outs))) =
        (x.sizes().split_last(), weight.sizes().split_last())
    else {
        return Err(Error::runtime(OP, "expected inputs with dimensions"));
    };
    if features != width {
        let text = format!(
            "expected equal input and linear_weight last dimensions (in_features), got {features} and {width}, respectively"
        );
        return Err(Error::runtime(OP, text));
    }
    if let Some(bias) = bias.filter(|bias| bias.sizes() != outs) {
        let text = format!("expected linear_bias shape {outs:?}, got {:?}", bias.sizes());
        return Err(Error::runtime(OP, text));
    }
    if outs.len() > 1 && lead.is_empty() {
        let text = format!(
            "K-dimensional loss defined by linear_weight shape {:?} requires batched input, (N, {features}), got unbatched \
             input with shape {:?}",
            weight.sizes(),
            x.sizes()
        );
        return Err(Error::runtime(OP, text));
    }
    let sizes = [lead, outs].concat();
    let ignore_index = a.int_or_none(6)?;
    if target.sizes() == sizes && ignore_index.is_some() {
        let text = "ignore_index cannot be specified when target contains probabilities";
        return Err(Error::runtime(OP, text));
    }
    let flat = bias.map(|bias| bias.reshape(&[-1])).transpose()?;
    let rows = weight.reshape(&[-1, width as i64])?;
    let scores =
        call_one("linear", vec![x.into(), (&rows).into(), flat.as_ref().into()])?.reshape(&signed(&sizes))?;
    let options = CrossEntropy {
        weight: a.tensor_or_none(4)?.cloned(),
        ignore_index: ignore_index.unwrap_or(-100),
        reduction: reduction(a, 5)?,
        label_smoothing: a.float(7)?,
    };
    loss::cross_entropy(&scores, target, &options)
}
