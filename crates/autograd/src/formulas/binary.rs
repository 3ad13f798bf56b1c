//! Elementwise operators of two operands beyond arithmetic and comparison. Slopes are computed in f64 and rounded once.

use std::f64::consts::LN_2;

use tensor::special as sp;
use tensor::{Result, Scalar, Tensor};

use super::Grads;
use super::pointwise::{split_ties, zeros_for_all};
use crate::formula::{Formula, none, row};
use crate::graph::Context;
use crate::value::Value;

pub(super) const ROWS: &[Formula] = &[
    row(&["atan2"], "Atan2Backward0", &[0, 1], &[], |c| {
        slopes(
            c,
            (|y, x| over(x, x * x + y * y), |y, x| quotient(x, &squares(y, x)?)),
            (|y, x| over(-y, x * x + y * y), |y, x| quotient(&y.neg()?, &squares(y, x)?)),
        )
    }),
    row(&["hypot"], "HypotBackward0", &[0, 1], &[], |c| {
        slopes(
            c,
            (|x, y| x / libm::hypot(x, y), |x, y| x.div(&squares(x, y)?.sqrt()?)),
            (|x, y| y / libm::hypot(x, y), |x, y| y.div(&squares(x, y)?.sqrt()?)),
        )
    }),
    row(&["logaddexp"], "LogaddexpBackward0", &[0, 1], &[], |c| {
        slopes(
            c,
            (|x, y| share(libm::exp(y - x)), |x, y| x.sub(y)?.sigmoid()),
            (|x, y| share(libm::exp(x - y)), |x, y| y.sub(x)?.sigmoid()),
        )
    }),
    row(&["logaddexp2"], "Logaddexp2Backward0", &[0, 1], &[], |c| {
        slopes(
            c,
            (|x, y| share(libm::exp2(y - x)), |x, y| x.sub(y)?.mul(LN_2)?.sigmoid()),
            (|x, y| share(libm::exp2(x - y)), |x, y| y.sub(x)?.mul(LN_2)?.sigmoid()),
        )
    }),
    row(&["copysign.Tensor"], "CopysignBackward0", &[0, 1], &[], |c| slopes(c, TURNED, FLAT)),
    row(&["copysign.Scalar"], "CopysignBackward1", &[0], &[], |c| slopes(c, TURNED, FLAT)),
    row(&["xlogy.Tensor"], "XlogyBackward0", &[0, 1], &[], |c| slopes(c, LOG, RATIO)),
    row(&["xlogy.Scalar_Self"], "XlogyBackward1", &[1], &[], |c| slopes(c, LOG, RATIO)),
    row(&["xlogy.Scalar_Other"], "XlogyBackward2", &[0], &[], |c| slopes(c, LOG, RATIO)),
    row(&["special_xlog1py"], "SpecialXlog1PyBackward0", &[0, 1], &[], |c| slopes(c, LOG1P, RATIO1P)),
    row(&["special_xlog1py.self_scalar"], "SpecialXlog1PyBackward1", &[1], &[], |c| {
        slopes(c, LOG1P, RATIO1P)
    }),
    row(&["special_xlog1py.other_scalar"], "SpecialXlog1PyBackward2", &[0], &[], |c| {
        slopes(c, LOG1P, RATIO1P)
    }),
    row(&["special_zeta"], "SpecialZetaBackward0", &[0, 1], &[], |c| {
        if c.needs(0) {
            return Err(no_derivative("special_zeta", "self"));
        }
        slopes(c, FLAT, ZETA)
    }),
    row(&["special_zeta.self_scalar"], "SpecialZetaBackward1", &[1], &[], |c| slopes(c, FLAT, ZETA)),
    row(&["special_zeta.other_scalar"], "SpecialZetaBackward2", &[], &[], |_| {
        Err(no_derivative("special_zeta", "self"))
    }),
    row(&["igamma"], "IgammaBackward0", &[0, 1], &[], |c| {
        if c.needs(0) {
            return Err(no_derivative("igamma", "input"));
        }
        slopes(c, FLAT, (gamma_density, density_of))
    }),
    row(&["igammac"], "IgammacBackward0", &[0, 1], &[], |c| {
        if c.needs(0) {
            return Err(no_derivative("igammac", "input"));
        }
        slopes(c, FLAT, (|a, x| -gamma_density(a, x), |a, x| density_of(a, x)?.neg()))
    }),
    row(&["fmax"], "FmaxBackward0", &[0, 1], &[], |c| chosen(c, |x, y| x >= y || y.is_nan())),
    row(&["fmin"], "FminBackward0", &[0, 1], &[], |c| chosen(c, |x, y| x <= y || y.is_nan())),
    row(&["max.other"], "MaximumBackward0", &[0, 1], &[], |c| {
        let (a, b) = (c.args.tensor(0)?, c.args.tensor(1)?);
        split_ties(c, &a.eq(b)?, &a.lt(b)?, &a.gt(b)?)
    }),
    row(&["min.other"], "MinimumBackward0", &[0, 1], &[], |c| {
        let (a, b) = (c.args.tensor(0)?, c.args.tensor(1)?);
        split_ties(c, &a.eq(b)?, &a.gt(b)?, &a.lt(b)?)
    }),
    row(&["clamp.Tensor"], "ClampBackward0", &[0, 1, 2], &[], |c| {
        let (min, max) = (c.args.tensor_or_none(1)?, c.args.tensor_or_none(2)?);
        bounded(c, min, max)
    }),
    row(&["clamp_min.Tensor"], "ClampMinBackward1", &[0, 1], &[], |c| {
        bounded(c, Some(c.args.tensor(1)?), None)
    }),
    row(&["clamp_max.Tensor"], "ClampMaxBackward1", &[0, 1], &[], |c| {
        bounded(c, None, Some(c.args.tensor(1)?))
    }),
    row(&["rsub.Tensor"], "RsubBackward0", &[], &[], |c| {
        let g = c.grad()?;
        Ok(vec![Some(g.mul(c.args.scalar(2)?)?.neg()?), Some(g)])
    }),
    row(&["remainder.Scalar_Tensor"], "RemainderBackward2", &[1], &[], |c| {
        let x = c.args.tensor(1)?;
        let steps = Value::from(Tensor::number_beside(c.args.scalar(0)?, x.data()))
            .div_rounded(x, tensor::Rounding::Floor)?;
        Ok(vec![Some(c.grad()?.neg()?.mul(&steps)?)])
    }),
    // A step of one unit moves as its start does, unless there is none to take.
    row(&["nextafter"], "NextafterBackward0", &[0, 1], &[], |c| {
        let moves = |x: &Value, y: &Value| x.eq(y)?.logical_not()?.to_dtype(x.dtype());
        slopes(c, (|x, y| if x == y { 0.0 } else { 1.0 }, moves), FLAT)
    }),
    row(&["heaviside"], "HeavisideBackward0", &[], &[], zeros_for_all),
    none(
        &[
            "isclose",
            "allclose",
            "equal",
            "gcd",
            "lcm",
            "bitwise_and.Tensor",
            "bitwise_and.Scalar",
            "bitwise_or.Tensor",
            "bitwise_or.Scalar",
            "bitwise_xor.Tensor",
            "bitwise_xor.Scalar",
            "bitwise_left_shift.Tensor",
            "bitwise_left_shift.Tensor_Scalar",
            "bitwise_right_shift.Tensor",
            "bitwise_right_shift.Tensor_Scalar",
        ],
        "the result is not differentiable",
    ),
    none(POLYNOMIALS, "PyTorch has no derivative of it either"),
];

const POLYNOMIALS: &[&str] = &[
    "special_chebyshev_polynomial_t",
    "special_chebyshev_polynomial_t.x_scalar",
    "special_chebyshev_polynomial_t.n_scalar",
    "special_chebyshev_polynomial_u",
    "special_chebyshev_polynomial_u.x_scalar",
    "special_chebyshev_polynomial_u.n_scalar",
    "special_chebyshev_polynomial_v",
    "special_chebyshev_polynomial_v.x_scalar",
    "special_chebyshev_polynomial_v.n_scalar",
    "special_chebyshev_polynomial_w",
    "special_chebyshev_polynomial_w.x_scalar",
    "special_chebyshev_polynomial_w.n_scalar",
    "special_shifted_chebyshev_polynomial_t",
    "special_shifted_chebyshev_polynomial_t.x_scalar",
    "special_shifted_chebyshev_polynomial_t.n_scalar",
    "special_shifted_chebyshev_polynomial_u",
    "special_shifted_chebyshev_polynomial_u.x_scalar",
    "special_shifted_chebyshev_polynomial_u.n_scalar",
    "special_shifted_chebyshev_polynomial_v",
    "special_shifted_chebyshev_polynomial_v.x_scalar",
    "special_shifted_chebyshev_polynomial_v.n_scalar",
    "special_shifted_chebyshev_polynomial_w",
    "special_shifted_chebyshev_polynomial_w.x_scalar",
    "special_shifted_chebyshev_polynomial_w.n_scalar",
    "special_hermite_polynomial_h",
    "special_hermite_polynomial_h.x_scalar",
    "special_hermite_polynomial_h.n_scalar",
    "special_hermite_polynomial_he",
    "special_hermite_polynomial_he.x_scalar",
    "special_hermite_polynomial_he.n_scalar",
    "special_laguerre_polynomial_l",
    "special_laguerre_polynomial_l.x_scalar",
    "special_laguerre_polynomial_l.n_scalar",
    "special_legendre_polynomial_p",
    "special_legendre_polynomial_p.x_scalar",
    "special_legendre_polynomial_p.n_scalar",
];

fn no_derivative(operator: &'static str, argument: &str) -> tensor::Error {
    tensor::Error::not_implemented(
        operator,
        format!("the derivative for '{argument}' of {operator} is not implemented"),
    )
}

/// A quotient that is 0 where the divisor is.
fn over(x: f64, y: f64) -> f64 {
    if y == 0.0 { 0.0 } else { x / y }
}

/// The part of a sum of two that an addend has when the other one is `ratio` times as large.
fn share(ratio: f64) -> f64 {
    1.0 / (1.0 + ratio)
}

/// Whether the sign stays (1) or turns (-1).
fn turned(x: f64, sign: f64) -> f64 {
    if x == 0.0 { 0.0 } else { x.signum() * 1f64.copysign(sign) }
}

fn log_slope(x: f64, y: f64) -> f64 {
    if x == 0.0 && y <= 0.0 { 0.0 } else { libm::log(y) }
}

fn log1p_slope(x: f64, y: f64) -> f64 {
    if x == 0.0 && y <= -1.0 { 0.0 } else { libm::log1p(y) }
}

/// Density of the gamma distribution of shape `a`.
fn gamma_density(a: f64, x: f64) -> f64 {
    libm::exp(-x + (a - 1.0) * libm::log(x) - libm::lgamma(a))
}

/// An operand, be it a tensor or a number, beside another.
fn operand(c: &Context<'_>, at: usize, beside: &Value) -> Result<Value> {
    match c.args.tensor(at) {
        Ok(t) => t.to_dtype(beside.dtype()),
        Err(_) => Ok(Value::scalar(c.args.scalar(at)?, beside.dtype())),
    }
}

/// A slope of two operands: in f64, and as operations that record.
type Slope = (fn(f64, f64) -> f64, fn(&Value, &Value) -> Result<Value>);

const FLAT: Slope = (|_, _| 0.0, |x, _| x.zeros_like());
const TURNED: Slope =
    (turned, |x, sign| Value::constant(|| x.data().zip_float("copysign", sign.data(), turned)));
const RATIO: Slope = (|x, y| x / y, |x, y| x.div(y));
const RATIO1P: Slope = (|x, y| x / (y + 1.0), |x, y| x.div(&y.add(1.0)?));
const LOG: Slope = (log_slope, |x, y| {
    let flat = x.eq(0.0)?.logical_and(&y.gt(0.0)?.logical_not()?)?;
    Value::where_(&flat, 0.0, &y.log()?)
});
const LOG1P: Slope = (log1p_slope, |x, y| {
    let flat = x.eq(0.0)?.logical_and(&y.gt(-1.0)?.logical_not()?)?;
    Value::where_(&flat, 0.0, &y.unary("log1p")?)
});
const ZETA: Slope = (
    |s, q| -s * sp::zeta(s + 1.0, q),
    |s, q| Value::called("special_zeta", vec![s.add(1.0)?.arg(), q.arg()])?.mul(&s.neg()?),
);

fn squares(x: &Value, y: &Value) -> Result<Value> {
    x.square()?.add(&y.square()?)
}

/// As [`over`].
fn quotient(x: &Value, y: &Value) -> Result<Value> {
    x.div(y)?.masked_fill(&y.eq(0.0)?, Scalar::Int(0))
}

/// As [`gamma_density`].
fn density_of(a: &Value, x: &Value) -> Result<Value> {
    x.log()?.mul(&a.sub(1.0)?)?.sub(x)?.sub(&a.unary("lgamma")?)?.exp()
}

/// The gradient to the first operand where it was chosen, else to the second.
fn chosen(c: &Context<'_>, first: fn(f64, f64) -> bool) -> Grads {
    let g = c.grad()?;
    let (a, b) = (operand(c, 0, &g)?, operand(c, 1, &g)?);
    let mask = a.data().zip_float("backward", b.data(), |x, y| f64::from(first(x, y)))?;
    let rest = mask.rsub(1i64)?;
    let part = |k: usize, mask: Tensor| {
        if c.needs(k) { g.mul(&Value::from(mask)).map(Some) } else { Ok(None) }
    };
    Ok(vec![part(0, mask)?, part(1, rest)?])
}

/// The gradient times a function of both operands, for each operand that is a tensor.
fn slopes(c: &Context<'_>, first: Slope, second: Slope) -> Grads {
    let g = c.grad()?;
    let (a, b) = (operand(c, 0, &g)?, operand(c, 1, &g)?);
    let mut tensors = 0;
    let mut found = Vec::new();
    for (at, slope) in [(0, first), (1, second)] {
        // Numbers are no inputs of a node; the saved argument of one stays a number.
        if c.args.scalar(at).is_ok() {
            continue;
        }
        found.push(if c.needs(tensors) {
            Some(g.mul(&a.fused("backward", &b, slope.0, slope.1)?)?)
        } else {
            None
        });
        tensors += 1;
    }
    Ok(found)
}

/// Gradients of a clamped tensor and its bounds: to the tensor inside the bounds and on them, else to the bound that
/// holds, the upper one where both do.
fn bounded(c: &Context<'_>, min: Option<&Value>, max: Option<&Value>) -> Grads {
    let (g, x) = (c.grad()?, c.args.tensor(0)?);
    let zero = Scalar::Int(0);
    let below = min.map(|min| x.lt(min)).transpose()?;
    let above = max.map(|max| x.gt(max)).transpose()?;
    let crossed = match (min, max) {
        (Some(min), Some(max)) => Some(max.lt(min)?),
        _ => None,
    };
    let mut inner = g.clone();
    for outside in [&below, &above].into_iter().flatten() {
        inner = inner.masked_fill(outside, zero)?;
    }
    let mut found = vec![Some(inner)];
    if let Some(below) = &below {
        let mut holds = below.clone();
        if let Some(crossed) = &crossed {
            holds = holds.logical_and(&crossed.logical_not()?)?;
        }
        found.push(Some(g.masked_fill(&holds.logical_not()?, zero)?));
    }
    if let Some(above) = &above {
        let mut holds = above.clone();
        if let Some(crossed) = &crossed {
            holds = holds.logical_or(crossed)?;
        }
        found.push(Some(g.masked_fill(&holds.logical_not()?, zero)?));
    }
    Ok(found)
}
