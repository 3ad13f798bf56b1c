//! Backward passes that start others.

use autograd::{Reentrancy, custom, enable_grad, reported, with_reentrancy};
use evidence::compare::Rule;
use evidence::report::Mode;
use evidence::value::Value;
use nn::{Result as Computed, Tensor, Variable};
use serde::Deserialize;

use super::convert::{Given, Storages};
use crate::call::{Call, Failure};
use crate::row::{Input, Kind, Params, Reference, Row};

/// Hardened mode lets passes go as deep again as the limit.
const FALLBACK: &str = "autograd.reentrant_depth_bounded_fallback";

pub(super) const ROWS: &[Row] = &[Row {
    op: "tensor.reentrant",
    reference: Reference::Torch("torch.Tensor.backward"),
    inputs: &[Input::one("x", &[Kind::Tensor])],
    params: Params::of::<Reentrant>(),
    run: reentrant,
    rule: Rule::Exact,
    hardened: &[FALLBACK],
    api: &["torch.autograd.Function", "torch.Tensor.backward"],
}];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Reentrant {
    /// How many passes stand inside the outermost.
    depth: usize,
    /// The deepest that is let through; none for the default. PyTorch has no limit.
    limit: Option<usize>,
}

/// The gradient of a function whose backward finds its own gradient by a pass of its own, and adds 1 at each level.
fn reentrant(call: &Call<'_>) -> Result<Value, Failure> {
    let Reentrant { depth, limit } = call.params()?;
    let x = Storages::default().variable(call.tensor("x")?)?;
    let standard = Reentrancy::default();
    let limits = Reentrancy {
        depth_max: limit.unwrap_or(standard.depth_max),
        is_hardened: call.mode() == Mode::Hardened,
    };
    let (done, report) = reported(|| with_reentrancy(limits, || nest(&x, depth)?.sum()?.backward()));
    done?;
    if report.hardened_fallback_used {
        call.repaired(FALLBACK, 1);
    }
    let grad = x.grad().map_or(Given::Nothing, Given::from);
    Given::Entries(vec![("grads".into(), Given::Entries(vec![("x".into(), grad)]))]).into_value()
}

/// 2x; its backward is 2 at depth 0, else one more than that of the function inside.
fn nest(x: &Variable, depth: usize) -> Computed<Variable> {
    let kept = x.data().clone();
    let output = kept.mul(2.0)?;
    let backward = move |grads: &[Option<Tensor>]| {
        let Some(Some(grad)) = grads.first() else { return Ok(vec![None]) };
        let factor = match depth.checked_sub(1) {
            None => kept.full_like(nn::Scalar::Float(2.0))?,
            Some(inside) => inner(&kept, inside)?,
        };
        Ok(vec![Some(grad.mul(&factor)?)])
    };
    let mut outputs = custom("Nest", &[x], vec![output], Box::new(backward));
    outputs.pop().ok_or_else(|| nn::Error::runtime("nest", "a function without output"))
}

fn inner(kept: &Tensor, depth: usize) -> Computed<Tensor> {
    let leaf = Variable::parameter(kept.copy()?)?;
    enable_grad(|| nest(&leaf, depth)?.sum()?.backward())?;
    let grad = leaf.grad().ok_or_else(|| nn::Error::runtime("nest", "a leaf without gradient"))?;
    grad.add(1.0)
}
