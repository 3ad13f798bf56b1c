//! Normalisation.

use autograd::Composite;

use super::one;
use crate::norm::layer_norm;

pub(super) const ROWS: &[Composite] = &[
    Composite {
        schema: "layer_norm(Tensor input, SymInt[] normalized_shape, Tensor? weight=None, Tensor? bias=None, float \
                 eps=1.0000000000000001e-05, bool cudnn_enable=True) -> Tensor",
        body: |a| {
            one(layer_norm(
                a.tensor(0)?,
                &a.ints(1)?,
                a.tensor_or_none(2)?,
                a.tensor_or_none(3)?,
                a.float(4)?,
            ))
        },
    },
    Composite {
        schema: "batch_norm(Tensor input, Tensor? weight, Tensor? bias, Tensor? running_mean, Tensor? running_var, \
                 bool training, float momentum, float eps, bool cudnn_enabled) -> Tensor",
        body: |a| {
            let running = a.tensor_or_none(3)?.zip(a.tensor_or_none(4)?).map(|(m, v)| (m.data(), v.data()));
            let affine = [a.tensor_or_none(1)?, a.tensor_or_none(2)?];
            one(crate::norm::batch_norm(a.tensor(0)?, affine, running, a.bool(5)?, a.float(6)?, a.float(7)?))
        },
    },
];
