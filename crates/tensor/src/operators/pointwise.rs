//! Elementwise operators.

use super::one;
use crate::operator::{Args, Row};
use crate::{Error, Gelu, Operand, Result, Rounding, Tensor};

fn divide(a: &Args<'_>, other: Operand<'_>) -> Result<Tensor> {
    match a.text(2)? {
        None => a.tensor(0)?.div(other),
        Some("trunc") => a.tensor(0)?.div_rounded(other, Rounding::Trunc),
        Some("floor") => a.tensor(0)?.div_rounded(other, Rounding::Floor),
        Some(mode) => Err(Error::runtime(
            "div",
            format!("div expected rounding_mode to be one of None, 'trunc', or 'floor' but found '{mode}'"),
        )),
    }
}

pub(super) const ROWS: &[Row] = &[
    Row("abs(Tensor self) -> Tensor", |a| one(a.tensor(0)?.abs())),
    Row("neg(Tensor self) -> Tensor", |a| one(a.tensor(0)?.neg())),
    Row("exp(Tensor self) -> Tensor", |a| one(a.tensor(0)?.exp())),
    Row("log(Tensor self) -> Tensor", |a| one(a.tensor(0)?.log())),
    Row("log2(Tensor self) -> Tensor", |a| one(a.tensor(0)?.log2())),
    Row("log10(Tensor self) -> Tensor", |a| one(a.tensor(0)?.log10())),
    Row("log1p(Tensor self) -> Tensor", |a| one(a.tensor(0)?.log1p())),
    Row("expm1(Tensor self) -> Tensor", |a| one(a.tensor(0)?.expm1())),
    Row("sqrt(Tensor self) -> Tensor", |a| one(a.tensor(0)?.sqrt())),
    Row("rsqrt(Tensor self) -> Tensor", |a| one(a.tensor(0)?.rsqrt())),
    Row("square(Tensor self) -> Tensor", |a| one(a.tensor(0)?.square())),
    Row("reciprocal(Tensor self) -> Tensor", |a| one(a.tensor(0)?.reciprocal())),
    Row("sigmoid(Tensor self) -> Tensor", |a| one(a.tensor(0)?.sigmoid())),
    Row("tanh(Tensor self) -> Tensor", |a| one(a.tensor(0)?.tanh())),
    Row("relu(Tensor self) -> Tensor", |a| one(a.tensor(0)?.relu())),
    Row("silu(Tensor self) -> Tensor", |a| one(a.tensor(0)?.silu())),
    Row("erf(Tensor self) -> Tensor", |a| one(a.tensor(0)?.erf())),
    Row("sin(Tensor self) -> Tensor", |a| one(a.tensor(0)?.sin())),
    Row("cos(Tensor self) -> Tensor", |a| one(a.tensor(0)?.cos())),
    Row("tan(Tensor self) -> Tensor", |a| one(a.tensor(0)?.tan())),
    Row("floor(Tensor self) -> Tensor", |a| one(a.tensor(0)?.floor())),
    Row("ceil(Tensor self) -> Tensor", |a| one(a.tensor(0)?.ceil())),
    Row("round(Tensor self) -> Tensor", |a| one(a.tensor(0)?.round())),
    Row("trunc(Tensor self) -> Tensor", |a| one(a.tensor(0)?.trunc())),
    Row("sign(Tensor self) -> Tensor", |a| one(a.tensor(0)?.sign())),
    Row("isnan(Tensor self) -> Tensor", |a| one(a.tensor(0)?.isnan())),
    Row("isinf(Tensor self) -> Tensor", |a| one(a.tensor(0)?.isinf())),
    Row("isfinite(Tensor self) -> Tensor", |a| one(a.tensor(0)?.isfinite())),
    Row("logical_not(Tensor self) -> Tensor", |a| one(a.tensor(0)?.logical_not())),
    Row("log_sigmoid(Tensor self) -> Tensor", |a| one(a.tensor(0)?.log_sigmoid())),
    Row(
        "binary_cross_entropy(Tensor self, Tensor target, Tensor? weight=None, int reduction=1) -> Tensor",
        |a| {
            // Weights and reductions are composed by the caller.
            a.refuse(2, "weight")?;
            if a.int(3)? != 0 {
                return Err(Error::not_implemented(
                    "binary_cross_entropy",
                    "binary_cross_entropy(): argument 'reduction' is not implemented by the kernel",
                ));
            }
            one(a.tensor(0)?.binary_cross_entropy(a.tensor(1)?))
        },
    ),
    Row("add.Tensor(Tensor self, Tensor other, *, Scalar alpha=1) -> Tensor", |a| {
        one(a.tensor(0)?.add_scaled(a.tensor(1)?, a.scalar(2)?))
    }),
    Row("add.Scalar(Tensor self, Scalar other, Scalar alpha=1) -> Tensor", |a| {
        one(a.tensor(0)?.add_scaled(a.scalar(1)?, a.scalar(2)?))
    }),
    Row("sub.Tensor(Tensor self, Tensor other, *, Scalar alpha=1) -> Tensor", |a| {
        one(a.tensor(0)?.sub_scaled(a.tensor(1)?, a.scalar(2)?))
    }),
    Row("sub.Scalar(Tensor self, Scalar other, Scalar alpha=1) -> Tensor", |a| {
        one(a.tensor(0)?.sub_scaled(a.scalar(1)?, a.scalar(2)?))
    }),
    Row("rsub.Scalar(Tensor self, Scalar other, Scalar alpha=1) -> Tensor", |a| {
        let other = Tensor::number_beside(a.scalar(1)?, a.tensor(0)?);
        one(other.sub_scaled(a.tensor(0)?, a.scalar(2)?))
    }),
    Row("rsub.Tensor(Tensor self, Tensor other, *, Scalar alpha=1) -> Tensor", |a| {
        one(a.tensor(1)?.sub_scaled(a.tensor(0)?, a.scalar(2)?))
    }),
    Row("mul.Tensor(Tensor self, Tensor other) -> Tensor", |a| one(a.tensor(0)?.mul(a.tensor(1)?))),
    Row("mul.Scalar(Tensor self, Scalar other) -> Tensor", |a| one(a.tensor(0)?.mul(a.scalar(1)?))),
    Row("div.Tensor(Tensor self, Tensor other) -> Tensor", |a| one(a.tensor(0)?.div(a.tensor(1)?))),
    Row("div.Scalar(Tensor self, Scalar other) -> Tensor", |a| one(a.tensor(0)?.div(a.scalar(1)?))),
    Row("div.Tensor_mode(Tensor self, Tensor other, *, str? rounding_mode) -> Tensor", |a| {
        one(divide(a, a.tensor(1)?.into()))
    }),
    Row("div.Scalar_mode(Tensor self, Scalar other, *, str? rounding_mode) -> Tensor", |a| {
        one(divide(a, a.scalar(1)?.into()))
    }),
    Row("floor_divide(Tensor self, Tensor other) -> Tensor", |a| {
        one(a.tensor(0)?.div_rounded(a.tensor(1)?, Rounding::Floor))
    }),
    Row("floor_divide.Scalar(Tensor self, Scalar other) -> Tensor", |a| {
        one(a.tensor(0)?.div_rounded(a.scalar(1)?, Rounding::Floor))
    }),
    Row("remainder.Tensor(Tensor self, Tensor other) -> Tensor", |a| {
        one(a.tensor(0)?.remainder(a.tensor(1)?))
    }),
    Row("remainder.Scalar(Tensor self, Scalar other) -> Tensor", |a| {
        one(a.tensor(0)?.remainder(a.scalar(1)?))
    }),
    Row("fmod.Tensor(Tensor self, Tensor other) -> Tensor", |a| one(a.tensor(0)?.fmod(a.tensor(1)?))),
    Row("fmod.Scalar(Tensor self, Scalar other) -> Tensor", |a| one(a.tensor(0)?.fmod(a.scalar(1)?))),
    Row("eq.Tensor(Tensor self, Tensor other) -> Tensor", |a| one(a.tensor(0)?.eq(a.tensor(1)?))),
    Row("eq.Scalar(Tensor self, Scalar other) -> Tensor", |a| one(a.tensor(0)?.eq(a.scalar(1)?))),
    Row("ne.Tensor(Tensor self, Tensor other) -> Tensor", |a| one(a.tensor(0)?.ne(a.tensor(1)?))),
    Row("ne.Scalar(Tensor self, Scalar other) -> Tensor", |a| one(a.tensor(0)?.ne(a.scalar(1)?))),
    Row("lt.Tensor(Tensor self, Tensor other) -> Tensor", |a| one(a.tensor(0)?.lt(a.tensor(1)?))),
    Row("lt.Scalar(Tensor self, Scalar other) -> Tensor", |a| one(a.tensor(0)?.lt(a.scalar(1)?))),
    Row("le.Tensor(Tensor self, Tensor other) -> Tensor", |a| one(a.tensor(0)?.le(a.tensor(1)?))),
    Row("le.Scalar(Tensor self, Scalar other) -> Tensor", |a| one(a.tensor(0)?.le(a.scalar(1)?))),
    Row("gt.Tensor(Tensor self, Tensor other) -> Tensor", |a| one(a.tensor(0)?.gt(a.tensor(1)?))),
    Row("gt.Scalar(Tensor self, Scalar other) -> Tensor", |a| one(a.tensor(0)?.gt(a.scalar(1)?))),
    Row("ge.Tensor(Tensor self, Tensor other) -> Tensor", |a| one(a.tensor(0)?.ge(a.tensor(1)?))),
    Row("ge.Scalar(Tensor self, Scalar other) -> Tensor", |a| one(a.tensor(0)?.ge(a.scalar(1)?))),
    Row("maximum(Tensor self, Tensor other) -> Tensor", |a| one(a.tensor(0)?.maximum(a.tensor(1)?))),
    Row("minimum(Tensor self, Tensor other) -> Tensor", |a| one(a.tensor(0)?.minimum(a.tensor(1)?))),
    Row("logical_and(Tensor self, Tensor other) -> Tensor", |a| one(a.tensor(0)?.logical_and(a.tensor(1)?))),
    Row("logical_or(Tensor self, Tensor other) -> Tensor", |a| one(a.tensor(0)?.logical_or(a.tensor(1)?))),
    Row("logical_xor(Tensor self, Tensor other) -> Tensor", |a| one(a.tensor(0)?.logical_xor(a.tensor(1)?))),
    Row("pow.Tensor_Tensor(Tensor self, Tensor exponent) -> Tensor", |a| one(a.tensor(0)?.pow(a.tensor(1)?))),
    Row("pow.Tensor_Scalar(Tensor self, Scalar exponent) -> Tensor", |a| one(a.tensor(0)?.pow(a.scalar(1)?))),
    Row("pow.Scalar(Scalar self, Tensor exponent) -> Tensor", |a| one(a.tensor(1)?.rpow(a.scalar(0)?))),
    Row("gelu(Tensor self, *, str approximate=\"none\") -> Tensor", |a| {
        one(match a.text(1)? {
            Some("none") => a.tensor(0)?.gelu(Gelu::Exact),
            Some("tanh") => a.tensor(0)?.gelu(Gelu::Tanh),
            _ => Err(Error::runtime("gelu", "approximate argument must be either none or tanh.")),
        })
    }),
    Row("leaky_relu(Tensor self, Scalar negative_slope=0.01) -> Tensor", |a| {
        one(a.tensor(0)?.leaky_relu(a.float(1)?))
    }),
    Row("softplus(Tensor self, Scalar beta=1, Scalar threshold=20) -> Tensor", |a| {
        one(a.tensor(0)?.softplus(a.float(1)?, a.float(2)?))
    }),
    Row("elu(Tensor self, Scalar alpha=1, Scalar scale=1, Scalar input_scale=1) -> Tensor", |a| {
        one(a.tensor(0)?.elu(a.float(1)?, a.float(2)?, a.float(3)?))
    }),
    Row("clamp(Tensor self, Scalar? min=None, Scalar? max=None) -> Tensor", |a| {
        one(a.tensor(0)?.clamp(a.scalar_or_none(1)?, a.scalar_or_none(2)?))
    }),
    Row("clamp_min(Tensor self, Scalar min) -> Tensor", |a| {
        one(a.tensor(0)?.clamp(Some(a.scalar(1)?), None))
    }),
    Row("clamp_max(Tensor self, Scalar max) -> Tensor", |a| {
        one(a.tensor(0)?.clamp(None, Some(a.scalar(1)?)))
    }),
    Row("where.self(Tensor condition, Tensor self, Tensor other) -> Tensor", |a| {
        one(Tensor::where_(a.tensor(0)?, a.tensor(1)?, a.tensor(2)?))
    }),
    Row("where.ScalarSelf(Tensor condition, Scalar self, Tensor other) -> Tensor", |a| {
        one(Tensor::where_(a.tensor(0)?, a.scalar(1)?, a.tensor(2)?))
    }),
    Row("where.ScalarOther(Tensor condition, Tensor self, Scalar other) -> Tensor", |a| {
        one(Tensor::where_(a.tensor(0)?, a.tensor(1)?, a.scalar(2)?))
    }),
    Row("where.Scalar(Tensor condition, Scalar self, Scalar other) -> Tensor", |a| {
        one(Tensor::where_(a.tensor(0)?, a.scalar(1)?, a.scalar(2)?))
    }),
    Row("masked_fill.Scalar(Tensor self, Tensor mask, Scalar value) -> Tensor", |a| {
        one(a.tensor(0)?.masked_fill(a.tensor(1)?, a.scalar(2)?))
    }),
    Row(
        "to.dtype(Tensor(a) self, ScalarType dtype, bool non_blocking=False, bool copy=False, MemoryFormat? memory_format=None) -> Tensor(a)",
        |a| {
            let dtype = a.dtype(1)?.unwrap_or(a.tensor(0)?.dtype());
            one(a.tensor(0)?.converted(dtype, a.bool(3)?, a.memory_format(4)?))
        },
    ),
    Row(
        "to.device(Tensor(a) self, Device device, ScalarType dtype, bool non_blocking=False, bool copy=False, MemoryFormat? memory_format=None) -> Tensor(a)",
        |a| {
            a.cpu(1)?;
            let dtype = a.dtype(2)?.unwrap_or(a.tensor(0)?.dtype());
            one(a.tensor(0)?.converted(dtype, a.bool(4)?, a.memory_format(5)?))
        },
    ),
    Row(
        "to.other(Tensor(a) self, Tensor other, bool non_blocking=False, bool copy=False, MemoryFormat? memory_format=None) -> Tensor(a)",
        |a| one(a.tensor(0)?.converted(a.tensor(1)?.dtype(), a.bool(3)?, a.memory_format(4)?)),
    ),
    Row("fill.Scalar(Tensor self, Scalar value) -> Tensor", |a| {
        one(a.tensor(0)?.filled_like(a.scalar(1)?, None, None))
    }),
    Row("fill.Tensor(Tensor self, Tensor value) -> Tensor", |a| {
        let value = a.tensor(1)?;
        if value.dim() != 0 {
            let text = format!(
                "fill only supports 0-dimension value tensor but got tensor with {} dimensions.",
                value.dim()
            );
            return Err(Error::runtime("fill", text).shapes(&[value.sizes()]));
        }
        one(a.tensor(0)?.filled_like(value.item()?, None, None))
    }),
];
