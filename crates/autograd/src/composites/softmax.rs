//! Softmax under its other names, and the gradients that PyTorch gives names of their own.

use tensor::{Args, Result, Scalar};

use super::one;
use crate::composite::Composite;
use crate::dispatch::call_one;
use crate::variable::Variable;

/// Softmax that is 0 where every element is -inf.
fn safe_softmax(a: &Args<'_, Variable>) -> Result<Variable> {
    let (x, dim) = (a.tensor(0)?, a.int(1)?);
    let hidden: Variable = x.data().eq(f64::NEG_INFINITY)?.all_dim(dim, true)?.into();
    // Zeros before and after: NaN between them would reach the gradient.
    let seen = x.masked_fill(&hidden, Scalar::Int(0))?;
    let found = call_one("softmax.int", vec![(&seen).into(), dim.into(), a.dtype(2)?.into()])?;
    found.masked_fill(&hidden, Scalar::Int(0))
}

fn slope(a: &Args<'_, Variable>, log: bool) -> Result<Variable> {
    let (g, y, dim) = (a.tensor(0)?, a.tensor(1)?, a.int(2)?);
    let found = if log {
        g.sub(&y.exp()?.mul(&g.sum_dims(&[dim], true)?)?)?
    } else {
        let weighted = g.mul(y)?;
        weighted.sub(&y.mul(&weighted.sum_dims(&[dim], true)?)?)?
    };
    found.to_dtype(a.dtype(3)?.unwrap_or(g.dtype()))
}

pub(super) const ROWS: &[Composite] = &[
    Composite {
        schema: "_softmax(Tensor self, int dim, bool half_to_float) -> Tensor",
        body: |a| {
            a.refuse(2, "half_to_float")?;
            one(a.tensor(0)?.softmax(a.int(1)?))
        },
    },
    Composite {
        schema: "_log_softmax(Tensor self, int dim, bool half_to_float) -> Tensor",
        body: |a| {
            a.refuse(2, "half_to_float")?;
            one(a.tensor(0)?.log_softmax(a.int(1)?))
        },
    },
    Composite {
        schema: "special_softmax(Tensor self, int dim, ScalarType? dtype=None) -> Tensor",
        body: |a| one(call_one("softmax.int", a.values().to_vec())),
    },
    Composite {
        schema: "special_log_softmax(Tensor self, int dim, *, ScalarType? dtype=None) -> Tensor",
        body: |a| one(call_one("log_softmax.int", a.values().to_vec())),
    },
    Composite {
        schema: "_safe_softmax(Tensor self, int dim, ScalarType? dtype=None) -> Tensor",
        body: |a| one(safe_softmax(a)),
    },
    Composite {
        schema: "_softmax_backward_data(Tensor grad_output, Tensor output, int dim, ScalarType input_dtype) -> Tensor",
        body: |a| one(slope(a, false)),
    },
    Composite {
        schema: "_log_softmax_backward_data(Tensor grad_output, Tensor output, int dim, ScalarType input_dtype) -> Tensor",
        body: |a| one(slope(a, true)),
    },
];
