//! Elementwise operators that follow from others.

use tensor::{Arg, Args, Result, Scalar};

use crate::composite::Composite;
use crate::dispatch::{call, call_one};
use crate::variable::Variable;

fn one(result: Result<Variable>) -> Result<Vec<Variable>> {
    Ok(vec![result?])
}

/// `self 2^other`.
fn ldexp(a: &Args<'_, Variable>) -> Result<Variable> {
    let power = call_one("pow.Scalar", vec![Scalar::Float(2.0).into(), a.tensor(1)?.into()])?;
    a.tensor(0)?.mul(&power)
}

/// A power computed in float64 whatever the operands are.
fn float_power(base: &Variable, exponent: &Variable) -> Result<Variable> {
    let wide = tensor::DType::F64;
    base.to_dtype(wide)?.pow(&exponent.to_dtype(wide)?)
}

pub(super) const ROWS: &[Composite] = &[
    Composite { schema: "ldexp.Tensor(Tensor self, Tensor other) -> Tensor", body: |a| one(ldexp(a)) },
    Composite {
        schema: "float_power.Tensor_Tensor(Tensor self, Tensor exponent) -> Tensor",
        body: |a| one(float_power(a.tensor(0)?, a.tensor(1)?)),
    },
    Composite {
        schema: "float_power.Tensor_Scalar(Tensor self, Scalar exponent) -> Tensor",
        body: |a| one(a.tensor(0)?.to_dtype(tensor::DType::F64)?.pow(Scalar::Float(a.float(1)?))),
    },
    Composite {
        schema: "float_power.Scalar(Scalar self, Tensor exponent) -> Tensor",
        body: |a| {
            let exponent = a.tensor(1)?.to_dtype(tensor::DType::F64)?;
            call("pow.Scalar", vec![Scalar::Float(a.float(0)?).into(), Arg::from(&exponent)])
        },
    },
];
