//! Losses of class scores against classes, as Python names them.

use autograd::Composite;

use super::arguments::reduction_or_flags;
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
];
