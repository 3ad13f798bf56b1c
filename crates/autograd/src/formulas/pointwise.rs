//! Elementwise operators.

use tensor::{Rounding, Scalar};

use super::{Grads, one};
use crate::formula::{Formula, none, row};
use crate::graph::Context;
use crate::value::Value;

pub(super) const ROWS: &[Formula] = &[
    row(&["add.Tensor", "add.Scalar", "add_.Tensor"], "AddBackward0", &[], &[], |c| {
        let g = c.grad()?;
        let other = if c.needs(1) { Some(g.mul(c.args.scalar(2)?)?) } else { None };
        Ok(vec![Some(g), other])
    }),
    row(&["sub.Tensor", "sub.Scalar", "sub_.Tensor"], "SubBackward0", &[], &[], |c| {
        let g = c.grad()?;
        let other = if c.needs(1) { Some(g.mul(c.args.scalar(2)?)?.neg()?) } else { None };
        Ok(vec![Some(g), other])
    }),
    row(&["rsub.Scalar"], "RsubBackward1", &[], &[], |c| one(c.grad()?.mul(c.args.scalar(2)?)?.neg())),
    row(&["mul.Tensor", "mul_.Tensor"], "MulBackward0", &[0, 1], &[], |c| {
        let (g, a, b) = (c.grad()?, c.args.tensor(0)?, c.args.tensor(1)?);
        Ok(vec![
            if c.needs(0) { Some(g.mul(b)?) } else { None },
            if c.needs(1) { Some(g.mul(a)?) } else { None },
        ])
    }),
    row(&["mul.Scalar"], "MulBackward0", &[], &[], |c| one(c.grad()?.mul(c.args.scalar(1)?))),
    row(&["div.Tensor", "div_.Tensor"], "DivBackward0", &[0, 1], &[], |c| {
        let (g, a, b) = (c.grad()?, c.args.tensor(0)?, c.args.tensor(1)?);
        Ok(vec![
            if c.needs(0) { Some(g.div(b)?) } else { None },
            if c.needs(1) { Some(g.neg()?.mul(&a.div(b)?.div(b)?)?) } else { None },
        ])
    }),
    row(&["div.Scalar"], "DivBackward0", &[], &[], |c| one(c.grad()?.div(c.args.scalar(1)?))),
    row(&["div.Tensor_mode"], "DivBackward1", &[0, 1], &[], |c| {
        if c.args.text(2)?.is_some() {
            return zeros_for_all(c);
        }
        let (g, a, b) = (c.grad()?, c.args.tensor(0)?, c.args.tensor(1)?);
        Ok(vec![Some(g.div(b)?), Some(g.neg()?.mul(&a.div(b)?.div(b)?)?)])
    }),
    row(&["div.Scalar_mode"], "DivBackward1", &[], &[], |c| {
        if c.args.text(2)?.is_some() { zeros_for_all(c) } else { one(c.grad()?.div(c.args.scalar(1)?)) }
    }),
    row(&["remainder.Tensor"], "RemainderBackward1", &[0, 1], &[], |c| {
        let (g, a, b) = (c.grad()?, c.args.tensor(0)?, c.args.tensor(1)?);
        let steps = if c.needs(1) { Some(g.neg()?.mul(&a.div_rounded(b, Rounding::Floor)?)?) } else { None };
        Ok(vec![Some(g), steps])
    }),
    row(&["fmod.Tensor"], "FmodBackward1", &[0, 1], &[], |c| {
        let (g, a, b) = (c.grad()?, c.args.tensor(0)?, c.args.tensor(1)?);
        let steps = if c.needs(1) { Some(g.neg()?.mul(&a.div_rounded(b, Rounding::Trunc)?)?) } else { None };
        Ok(vec![Some(g), steps])
    }),
    row(&["remainder.Scalar"], "RemainderBackward0", &[], &[], |c| one(c.grad())),
    row(&["fmod.Scalar"], "FmodBackward0", &[], &[], |c| one(c.grad())),
    row(&["pow.Tensor_Scalar", "square"], "PowBackward0", &[0], &[], |c| {
        let (g, x) = (c.grad()?, c.args.tensor(0)?);
        let exponent = c.args.scalar_or_none(1)?.unwrap_or(Scalar::Int(2));
        if exponent.to_f64() == 0.0 {
            return one(g.zeros_like());
        }
        let lower = match exponent {
            Scalar::Int(i) => Scalar::Int(i - 1),
            other => Scalar::Float(other.to_f64() - 1.0),
        };
        one(g.mul(&x.pow(lower)?.mul(exponent)?))
    }),
    row(&["pow.Tensor_Tensor"], "PowBackward1", &[0, 1], &[0], |c| {
        let (g, x, e) = (c.grad()?, c.args.tensor(0)?, c.args.tensor(1)?);
        let base = if c.needs(0) {
            let slope = e.mul(&x.pow(&e.sub(1i64)?)?)?;
            Some(Value::where_(&e.eq(0.0)?, 0.0, &g.mul(&slope)?)?)
        } else {
            None
        };
        let exponent = if c.needs(1) {
            let flat = x.eq(0.0)?.logical_and(&e.ge(0.0)?)?;
            Some(Value::where_(&flat, 0.0, &g.mul(&c.result()?.mul(&x.log()?)?)?)?)
        } else {
            None
        };
        Ok(vec![base, exponent])
    }),
    row(&["pow.Scalar"], "PowBackward2", &[1], &[0], |c| {
        let base = c.args.scalar(0)?.to_f64();
        let slope = c.grad()?.mul(&c.result()?.mul(Scalar::Float(libm::log(base)))?)?;
        if base == 0.0 {
            return one(Value::where_(&c.args.tensor(1)?.ge(0.0)?, 0.0, &slope));
        }
        one(Ok(slope))
    }),
    row(&["maximum"], "MaximumBackward0", &[0, 1], &[], |c| {
        let (a, b) = (c.args.tensor(0)?, c.args.tensor(1)?);
        split_ties(c, &a.eq(b)?, &a.lt(b)?, &a.gt(b)?)
    }),
    row(&["minimum"], "MinimumBackward0", &[0, 1], &[], |c| {
        let (a, b) = (c.args.tensor(0)?, c.args.tensor(1)?);
        split_ties(c, &a.eq(b)?, &a.gt(b)?, &a.lt(b)?)
    }),
    row(&["abs"], "AbsBackward0", &[0], &[], |c| one(c.grad()?.mul(&c.args.tensor(0)?.sign()?))),
    row(&["neg"], "NegBackward0", &[], &[], |c| one(c.grad()?.neg())),
    row(&["exp"], "ExpBackward0", &[], &[0], |c| one(c.grad()?.mul(c.result()?))),
    row(&["expm1"], "Expm1Backward0", &[], &[0], |c| one(c.grad()?.mul(&c.result()?.add(1i64)?))),
    row(&["log"], "LogBackward0", &[0], &[], |c| one(c.grad()?.div(c.args.tensor(0)?))),
    row(&["log2"], "Log2Backward0", &[0], &[], |c| {
        one(c.grad()?.div(&c.args.tensor(0)?.mul(std::f64::consts::LN_2)?))
    }),
    row(&["log10"], "Log10Backward0", &[0], &[], |c| {
        one(c.grad()?.div(&c.args.tensor(0)?.mul(std::f64::consts::LN_10)?))
    }),
    row(&["log1p"], "Log1PBackward0", &[0], &[], |c| one(c.grad()?.div(&c.args.tensor(0)?.add(1i64)?))),
    row(&["sqrt"], "SqrtBackward0", &[], &[0], |c| one(c.grad()?.div(&c.result()?.mul(2i64)?))),
    row(&["rsqrt"], "RsqrtBackward0", &[], &[0], |c| {
        one(c.grad()?.fused(
            "rsqrt",
            c.result()?,
            |g, y| -0.5 * g * y * y * y,
            |g, y| g.mul(&y.pow(3i64)?)?.mul(-0.5),
        ))
    }),
    row(&["reciprocal"], "ReciprocalBackward0", &[], &[0], |c| {
        one(c.grad()?.fused("reciprocal", c.result()?, |g, y| -g * y * y, |g, y| g.mul(&y.mul(y)?)?.neg()))
    }),
    row(&["sigmoid"], "SigmoidBackward0", &[], &[0], |c| {
        one(c.grad()?.fused(
            "sigmoid",
            c.result()?,
            |g, y| g * (1.0 - y) * y,
            |g, y| g.mul(&y.rsub(1i64)?)?.mul(y),
        ))
    }),
    row(&["tanh"], "TanhBackward0", &[], &[0], |c| {
        one(c.grad()?.fused(
            "tanh",
            c.result()?,
            |g, y| g * (1.0 - y * y),
            |g, y| g.mul(&y.mul(y)?.rsub(1i64)?),
        ))
    }),
    row(&["log_sigmoid"], "LogSigmoidBackward0", &[0], &[], |c| {
        one(c.grad()?.mul(&c.args.tensor(0)?.neg()?.sigmoid()?))
    }),
    row(&["binary_cross_entropy"], "BinaryCrossEntropyBackward0", &[0, 1], &[], |c| {
        let (g, x, t) = (c.grad()?, c.args.tensor(0)?, c.args.tensor(1)?);
        // PyTorch bounds the denominator by 1e-12 instead of bounding the logarithms here too.
        let slope = x.fused(
            "binary_cross_entropy",
            t,
            |x, t| (x - t) / ((1.0 - x) * x).max(1e-12),
            |x, t| {
                let spread = x.rsub(1i64)?.mul(x)?;
                let bounded = Value::where_(&spread.lt(1e-12)?, 1e-12, &spread)?;
                x.sub(t)?.div(&bounded)
            },
        )?;
        let target = if c.needs(1) {
            let odds = x.computed(
                "binary_cross_entropy",
                |x| libm::log1p(-x) - libm::log(x),
                |x| x.neg()?.unary("log1p")?.sub(&x.log()?),
            )?;
            Some(g.mul(&odds)?)
        } else {
            None
        };
        Ok(vec![Some(g.mul(&slope)?), target])
    }),
    row(&["tan"], "TanBackward0", &[], &[0], |c| {
        one(c.grad()?.fused(
            "tan",
            c.result()?,
            |g, y| g * (1.0 + y * y),
            |g, y| g.mul(&y.mul(y)?.add(1i64)?),
        ))
    }),
    row(&["relu"], "ReluBackward0", &[], &[0], |c| {
        one(c.grad()?.cut("ReluBackward0", c.result()?, |g, y| if y <= 0.0 { 0.0 } else { g }))
    }),
    row(&["leaky_relu"], "LeakyReluBackward0", &[0], &[], |c| {
        let slope = c.args.float(1)?;
        let cut = move |g: f64, x: f64| if x > 0.0 { g } else { g * slope };
        one(c.grad()?.cut("LeakyReluBackward0", c.args.tensor(0)?, cut))
    }),
    row(&["gelu"], "GeluBackward0", &[0], &[], |c| {
        let (g, x) = (c.grad()?, c.args.tensor(0)?);
        if c.args.text(1)? == Some("tanh") {
            const BETA: f64 = std::f64::consts::SQRT_2 * std::f64::consts::FRAC_2_SQRT_PI * 0.5;
            let in_f64 = |g, x| {
                let t = libm::tanh(BETA * (x + 0.044_715 * x * x * x));
                let inner = BETA * (1.0 + 3.0 * 0.044_715 * x * x);
                g * (0.5 * (1.0 + t) + 0.5 * x * (1.0 - t * t) * inner)
            };
            return one(g.fused("gelu", x, in_f64, |g, x| {
                let cubic = x.add(&x.pow(3i64)?.mul(0.044_715)?)?.mul(BETA)?;
                let t = cubic.unary("tanh")?;
                let inner = x.square()?.mul(3.0 * 0.044_715)?.add(1.0)?.mul(BETA)?;
                let outer = x.mul(&t.square()?.rsub(1i64)?)?.mul(&inner)?;
                g.mul(&t.add(1i64)?.add(&outer)?.mul(0.5)?)
            }));
        }
        // Φ(x) + x φ(x).
        const DENSITY: f64 = std::f64::consts::FRAC_2_SQRT_PI * std::f64::consts::FRAC_1_SQRT_2 * 0.5;
        let slope = x.computed(
            "gelu",
            |x| {
                0.5 * (1.0 + libm::erf(x * std::f64::consts::FRAC_1_SQRT_2))
                    + x * libm::exp(-0.5 * x * x) * DENSITY
            },
            |x| {
                let below = x.mul(std::f64::consts::FRAC_1_SQRT_2)?.unary("erf")?.add(1.0)?.mul(0.5)?;
                let density = x.square()?.mul(-0.5)?.exp()?.mul(DENSITY)?;
                below.add(&x.mul(&density)?)
            },
        )?;
        one(g.mul(&slope))
    }),
    row(&["softplus"], "SoftplusBackward0", &[0], &[], |c| {
        let (beta, threshold) = (c.args.float(1)?, c.args.float(2)?);
        let slope = c.args.tensor(0)?.mul(beta)?.sigmoid()?;
        let slope = Value::where_(&c.args.tensor(0)?.mul(beta)?.gt(threshold)?, 1.0, &slope)?;
        one(c.grad()?.mul(&slope))
    }),
    row(&["silu"], "SiluBackward0", &[0], &[], |c| {
        let x = c.args.tensor(0)?;
        let slope = x.sigmoid()?.fused(
            "silu",
            x,
            |s, x| s * (1.0 + x * (1.0 - s)),
            |s, x| s.mul(&x.mul(&s.rsub(1i64)?)?.add(1i64)?),
        )?;
        one(c.grad()?.mul(&slope))
    }),
    row(&["elu"], "EluBackward0", &[0], &[0], |c| {
        let (alpha, scale, input_scale) = (c.args.float(1)?, c.args.float(2)?, c.args.float(3)?);
        let slope = c.args.tensor(0)?.fused(
            "elu",
            c.result()?,
            |x, y| if x > 0.0 { scale } else { input_scale * (y + scale * alpha) },
            |x, y| Value::where_(&x.gt(0.0)?, scale, &y.add(scale * alpha)?.mul(input_scale)?),
        )?;
        one(c.grad()?.mul(&slope))
    }),
    row(&["erf"], "ErfBackward0", &[0], &[], |c| {
        let density = c.args.tensor(0)?.square()?.neg()?.exp()?.mul(std::f64::consts::FRAC_2_SQRT_PI)?;
        one(c.grad()?.mul(&density))
    }),
    row(&["sin"], "SinBackward0", &[0], &[], |c| one(c.grad()?.mul(&c.args.tensor(0)?.cos()?))),
    row(&["cos"], "CosBackward0", &[0], &[], |c| one(c.grad()?.mul(&c.args.tensor(0)?.sin()?.neg()?))),
    row(&["floor"], "FloorBackward0", &[], &[], zeros_for_all),
    row(&["ceil"], "CeilBackward0", &[], &[], zeros_for_all),
    row(&["round"], "RoundBackward0", &[], &[], zeros_for_all),
    row(&["trunc"], "TruncBackward0", &[], &[], zeros_for_all),
    row(&["sign"], "SignBackward0", &[], &[], zeros_for_all),
    row(&["clamp"], "ClampBackward1", &[0], &[], |c| {
        bounded(c, c.args.scalar_or_none(1)?, c.args.scalar_or_none(2)?)
    }),
    row(&["clamp_min"], "ClampMinBackward0", &[0], &[], |c| bounded(c, c.args.scalar_or_none(1)?, None)),
    row(&["clamp_max"], "ClampMaxBackward0", &[0], &[], |c| bounded(c, None, c.args.scalar_or_none(1)?)),
    row(&["where.self"], "WhereBackward0", &[0], &[], |c| {
        let (g, condition) = (c.grad()?, c.args.tensor(0)?);
        Ok(vec![
            None,
            if c.needs(1) { Some(Value::where_(condition, &g, 0.0)?) } else { None },
            if c.needs(2) { Some(Value::where_(condition, 0.0, &g)?) } else { None },
        ])
    }),
    row(&["where.ScalarOther"], "WhereBackward0", &[0], &[], |c| {
        Ok(vec![None, Some(Value::where_(c.args.tensor(0)?, &c.grad()?, 0.0)?)])
    }),
    row(&["where.ScalarSelf"], "WhereBackward0", &[0], &[], |c| {
        Ok(vec![None, Some(Value::where_(c.args.tensor(0)?, 0.0, &c.grad()?)?)])
    }),
    row(&["masked_fill.Scalar"], "MaskedFillBackward0", &[1], &[], |c| {
        one(c.grad()?.masked_fill(c.args.tensor(1)?, Scalar::Int(0)))
    }),
    row(&["to.dtype", "to.device", "to.other"], "ToCopyBackward0", &[], &[], |c| one(c.grad())),
    row(&["copy_"], "CopyBackwards", &[], &[], |c| {
        let g = c.grad()?;
        Ok(vec![Some(g.zeros_like()?), Some(g)])
    }),
    row(&["fill_.Scalar", "fill.Scalar", "zero_"], "FillBackward0", &[], &[], zeros_for_all),
    row(&["uniform_"], "UniformBackward0", &[], &[], zeros_for_all),
    row(&["random_", "random_.to", "random_.from"], "RandomBackward0", &[], &[], zeros_for_all),
    row(&["bernoulli_.float"], "BernoulliBackward2", &[], &[], zeros_for_all),
    row(&["fill.Tensor"], "FillBackward1", &[], &[], |c| {
        Ok(vec![Some(c.zeros(0)?), Some(c.grad()?.sum(None)?)])
    }),
    none(
        &[
            "floor_divide",
            "floor_divide.Scalar",
            "eq.Tensor",
            "eq.Scalar",
            "ne.Tensor",
            "ne.Scalar",
            "lt.Tensor",
            "lt.Scalar",
            "le.Tensor",
            "le.Scalar",
            "gt.Tensor",
            "gt.Scalar",
            "ge.Tensor",
            "ge.Scalar",
            "logical_and",
            "logical_or",
            "logical_xor",
            "logical_not",
            "isnan",
            "isinf",
            "isfinite",
            "where.Scalar",
        ],
        "the result is not differentiable",
    ),
];

pub(super) fn zeros_for_all(c: &Context<'_>) -> Grads {
    (0..c.input_count()).map(|k| if c.needs(k) { c.zeros(k).map(Some) } else { Ok(None) }).collect()
}

/// Where both operands are equal each takes half; elsewhere the chosen one takes all.
pub(super) fn split_ties(c: &Context<'_>, equal: &Value, not_a: &Value, not_b: &Value) -> Grads {
    let g = c.grad()?;
    let shared = Value::where_(equal, &g.div(2i64)?, &g)?;
    Ok(vec![
        Some(shared.masked_fill(not_a, Scalar::Int(0))?),
        Some(shared.masked_fill(not_b, Scalar::Int(0))?),
    ])
}

/// The gradient passes strictly between the bounds.
fn bounded(c: &Context<'_>, min: Option<Scalar>, max: Option<Scalar>) -> Grads {
    let x = c.args.tensor(0)?;
    let (low, high) =
        (min.map_or(f64::NEG_INFINITY, Scalar::to_f64), max.map_or(f64::INFINITY, Scalar::to_f64));
    one(c.grad()?.cut("ClampBackward1", x, move |g, x| if x > low && x < high { g } else { 0.0 }))
}
