//! Elementwise operators that follow from others.

use tensor::{Arg, Args, DType, Error, Result, Scalar};

use super::one;
use super::terms::{add_scaled, choose};
use crate::composite::Composite;
use crate::dispatch::{call, call_one};
use crate::variable::Variable;

/// `self 2^other`.
fn ldexp(a: &Args<'_, Variable>) -> Result<Variable> {
    let power = call_one("pow.Scalar", vec![Scalar::Float(2.0).into(), a.tensor(1)?.into()])?;
    a.tensor(0)?.mul(&power)
}

/// A power computed in float64 whatever the operands are.
fn float_power(base: &Variable, exponent: &Variable) -> Result<Variable> {
    base.to_dtype(DType::F64)?.pow(&exponent.to_dtype(DType::F64)?)
}

fn addcdiv(a: &Args<'_, Variable>) -> Result<Variable> {
    let (x, top, bottom) = (a.tensor(0)?, a.tensor(1)?, a.tensor(2)?);
    if !top.dtype().is_float() && !bottom.dtype().is_float() {
        let text = "Integer division with addcdiv is no longer supported, and in a future  release addcdiv will perform a \
                    true division of tensor1 and tensor2. The historic addcdiv behavior can be implemented as (input + \
                    value * torch.trunc(tensor1 / tensor2)).to(input.dtype) for integer inputs and as (input + value * \
                    tensor1 / tensor2) for float inputs. The future addcdiv behavior is just the latter implementation: \
                    (input + value * tensor1 / tensor2), for all dtypes.";
        return Err(Error::runtime("addcdiv", text).dtypes(&[top.dtype(), bottom.dtype()]));
    }
    add_scaled(x, &top.div(bottom)?, a.scalar(3)?)
}

/// The point at `weight` of the way from `start` to `end`, computed from the nearer one.
fn lerp(start: &Variable, end: &Variable, weight: Scalar) -> Result<Variable> {
    let way = end.sub(start)?;
    if weight.to_f64().abs() < 0.5 {
        start.add(&way.mul(weight)?)
    } else {
        end.sub(&way.mul(1.0 - weight.to_f64())?)
    }
}

/// As [`lerp`], each element with its own weight.
fn lerp_by(start: &Variable, end: &Variable, weight: &Variable) -> Result<Variable> {
    let way = end.sub(start)?;
    let near_start = weight.data().abs()?.lt(0.5)?.into();
    let from_start = start.add(&way.mul(weight)?)?;
    choose(&near_start, &from_start, &end.sub(&way.mul(&weight.rsub(1i64)?)?)?)
}

fn same_dtype(operator: &'static str, a: &Variable, b: &Variable, name: &str) -> Result<()> {
    if a.dtype() == b.dtype() {
        return Ok(());
    }
    let text = format!(
        "expected dtype {} for `{name}` but got dtype {}",
        a.dtype().cpp_name(),
        b.dtype().cpp_name()
    );
    Err(Error::runtime(operator, text).dtypes(&[a.dtype(), b.dtype()]))
}

pub(super) const ROWS: &[Composite] = &[
    Composite { schema: "ldexp.Tensor(Tensor self, Tensor other) -> Tensor", body: |a| one(ldexp(a)) },
    Composite {
        schema: "float_power.Tensor_Tensor(Tensor self, Tensor exponent) -> Tensor",
        body: |a| one(float_power(a.tensor(0)?, a.tensor(1)?)),
    },
    Composite {
        schema: "float_power.Tensor_Scalar(Tensor self, Scalar exponent) -> Tensor",
        body: |a| one(a.tensor(0)?.to_dtype(DType::F64)?.pow(Scalar::Float(a.float(1)?))),
    },
    Composite {
        schema: "float_power.Scalar(Scalar self, Tensor exponent) -> Tensor",
        body: |a| {
            let exponent = a.tensor(1)?.to_dtype(DType::F64)?;
            call("pow.Scalar", vec![Scalar::Float(a.float(0)?).into(), Arg::from(&exponent)])
        },
    },
    Composite {
        schema: "addcmul(Tensor self, Tensor tensor1, Tensor tensor2, *, Scalar value=1) -> Tensor",
        body: |a| one(add_scaled(a.tensor(0)?, &a.tensor(1)?.mul(a.tensor(2)?)?, a.scalar(3)?)),
    },
    Composite {
        schema: "addcdiv(Tensor self, Tensor tensor1, Tensor tensor2, *, Scalar value=1) -> Tensor",
        body: |a| one(addcdiv(a)),
    },
    Composite {
        schema: "lerp.Scalar(Tensor self, Tensor end, Scalar weight) -> Tensor",
        body: |a| {
            same_dtype("lerp", a.tensor(0)?, a.tensor(1)?, "end")?;
            one(lerp(a.tensor(0)?, a.tensor(1)?, a.scalar(2)?))
        },
    },
    Composite {
        schema: "lerp.Tensor(Tensor self, Tensor end, Tensor weight) -> Tensor",
        body: |a| {
            same_dtype("lerp", a.tensor(0)?, a.tensor(1)?, "end")?;
            same_dtype("lerp", a.tensor(0)?, a.tensor(2)?, "weight")?;
            one(lerp_by(a.tensor(0)?, a.tensor(1)?, a.tensor(2)?))
        },
    },
];
