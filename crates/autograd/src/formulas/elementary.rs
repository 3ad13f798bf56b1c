//! Elementary and special functions of one operand. Slopes are computed in f64 and rounded once.

use std::f64::consts::{FRAC_1_SQRT_2, FRAC_2_SQRT_PI, LN_2, PI};

use tensor::Result;
use tensor::special as sp;

use super::pointwise::zeros_for_all;
use super::{Grads, one};
use crate::formula::{Formula, none, row};
use crate::graph::Context;
use crate::value::Value;

/// √π.
const SQRT_PI: f64 = 2.0 / FRAC_2_SQRT_PI;

pub(super) const ROWS: &[Formula] = &[
    // Near 1 the differences under the root cancel; they are rounded as PyTorch rounds them.
    row(&["acos"], "AcosBackward0", &[0], &[], |c| one(c.grad()?.mul(&fall(c)?.rsqrt()?.neg()?))),
    row(&["acosh"], "AcoshBackward0", &[0], &[], |c| {
        slope(c, |x| 1.0 / (x * x - 1.0).sqrt(), |x| x.square()?.sub(1i64)?.rsqrt())
    }),
    row(&["asin"], "AsinBackward0", &[0], &[], |c| one(c.grad()?.mul(&fall(c)?.rsqrt()?))),
    row(&["asinh"], "AsinhBackward0", &[0], &[], |c| {
        slope(c, |x| 1.0 / (1.0 + x * x).sqrt(), |x| x.square()?.add(1i64)?.rsqrt())
    }),
    row(&["atan"], "AtanBackward0", &[0], &[], |c| {
        slope(c, |x| 1.0 / (1.0 + x * x), |x| x.square()?.add(1i64)?.pow(-1i64))
    }),
    row(&["atanh"], "AtanhBackward0", &[0], &[], |c| one(c.grad()?.div(&fall(c)?))),
    row(&["cosh"], "CoshBackward0", &[0], &[], |c| slope(c, libm::sinh, Value::sinh)),
    row(&["sinh"], "SinhBackward0", &[0], &[], |c| slope(c, libm::cosh, Value::cosh)),
    row(&["exp2"], "Exp2Backward0", &[], &[0], |c| slope_by_result(c, |y| LN_2 * y, |y| y.mul(LN_2))),
    row(&["erfc"], "ErfcBackward0", &[0], &[], |c| {
        slope(c, |x| -FRAC_2_SQRT_PI * libm::exp(-x * x), |x| x.square()?.neg()?.exp()?.mul(-FRAC_2_SQRT_PI))
    }),
    row(&["erfinv"], "ErfinvBackward0", &[], &[0], |c| {
        slope_by_result(c, |y| 0.5 * SQRT_PI * libm::exp(y * y), |y| y.square()?.exp()?.mul(0.5 * SQRT_PI))
    }),
    row(&["lgamma"], "LgammaBackward0", &[0], &[], |c| slope(c, sp::digamma, |x| x.unary("digamma"))),
    row(&["digamma"], "DigammaBackward0", &[0], &[], |c| {
        one(c.grad()?.mul(&c.args.tensor(0)?.polygamma(1)?))
    }),
    row(&["polygamma", "special_polygamma"], "PolygammaBackward0", &[1], &[], |c| {
        one(c.grad()?.mul(&c.args.tensor(1)?.polygamma(c.args.int(0)? + 1)?))
    }),
    row(&["mvlgamma"], "MvlgammaBackward0", &[0], &[], |c| {
        let p = c.args.int(1)?;
        let slopes = c.args.tensor(0)?.computed(
            "mvlgamma",
            move |x| (0..p).map(|j| sp::digamma(x - 0.5 * j as f64)).sum(),
            |x| {
                let mut sum = x.unary("digamma")?;
                for j in 1..p {
                    sum = sum.add(&x.sub(0.5 * j as f64)?.unary("digamma")?)?;
                }
                Ok(sum)
            },
        )?;
        one(c.grad()?.mul(&slopes))
    }),
    row(&["deg2rad"], "Deg2RadBackward0", &[], &[], |c| one(c.grad()?.deg2rad())),
    row(&["rad2deg"], "Rad2DegBackward0", &[], &[], |c| one(c.grad()?.rad2deg())),
    row(&["sinc"], "SincBackward0", &[0], &[], |c| {
        slope(
            c,
            |x| {
                let angle = PI * x;
                if angle == 0.0 { 0.0 } else { (angle * libm::cos(angle) - libm::sin(angle)) / (angle * x) }
            },
            |x| {
                let angle = x.mul(PI)?;
                let found = angle.mul(&angle.cos()?)?.sub(&angle.sin()?)?.div(&angle.mul(x)?)?;
                Value::where_(&angle.eq(0.0)?, 0.0, &found)
            },
        )
    }),
    row(&["i0"], "I0Backward0", &[0], &[], |c| slope(c, sp::bessel_i1, |x| x.unary("special_i1"))),
    row(&["special_i0e"], "SpecialI0EBackward0", &[0], &[], |c| {
        slope(
            c,
            |x| sp::bessel_i1e(x) - sign(x) * sp::bessel_i0e(x),
            |x| x.unary("special_i1e")?.sub(&x.unary("special_i0e")?.mul(&x.sign()?)?),
        )
    }),
    row(&["special_i1"], "SpecialI1Backward0", &[0], &[], |c| {
        slope(
            c,
            |x| if x == 0.0 { 0.5 } else { sp::bessel_i0(x) - sp::bessel_i1(x) / x },
            |x| at_zero(x, 0.5, |x| x.unary("i0")?.sub(&x.unary("special_i1")?.div(x)?)),
        )
    }),
    row(&["special_i1e"], "SpecialI1EBackward0", &[0], &[], |c| {
        slope(
            c,
            |x| if x == 0.0 { 0.5 } else { sp::bessel_i0e(x) - sp::bessel_i1e(x) * (sign(x) + 1.0 / x) },
            |x| {
                at_zero(x, 0.5, |x| {
                    let turned = x.sign()?.add(&x.pow(-1i64)?)?;
                    x.unary("special_i0e")?.sub(&x.unary("special_i1e")?.mul(&turned)?)
                })
            },
        )
    }),
    // DLMF 10.6.3 and 10.29.3, at 0 the limits.
    row(&["special_bessel_j0"], "SpecialBesselJ0Backward0", &[0], &[], |c| {
        slope(c, |x| -libm::j1(x), |x| x.unary("special_bessel_j1")?.neg())
    }),
    row(&["special_bessel_j1"], "SpecialBesselJ1Backward0", &[0], &[], |c| {
        slope(
            c,
            |x| if x == 0.0 { 0.5 } else { libm::j0(x) - libm::j1(x) / x },
            |x| {
                at_zero(x, 0.5, |x| x.unary("special_bessel_j0")?.sub(&x.unary("special_bessel_j1")?.div(x)?))
            },
        )
    }),
    row(&["special_bessel_y0"], "SpecialBesselY0Backward0", &[0], &[], |c| {
        slope(c, |x| -libm::y1(x), |x| x.unary("special_bessel_y1")?.neg())
    }),
    row(&["special_bessel_y1"], "SpecialBesselY1Backward0", &[0], &[], |c| {
        slope(
            c,
            |x| if x == 0.0 { f64::INFINITY } else { libm::y0(x) - libm::y1(x) / x },
            |x| x.unary("special_bessel_y0")?.sub(&x.unary("special_bessel_y1")?.div(x)?),
        )
    }),
    row(&["special_modified_bessel_i0"], "SpecialModifiedBesselI0Backward0", &[0], &[], |c| {
        slope(c, sp::bessel_i1, |x| x.unary("special_modified_bessel_i1"))
    }),
    row(&["special_modified_bessel_i1"], "SpecialModifiedBesselI1Backward0", &[0], &[], |c| {
        slope(
            c,
            |x| if x == 0.0 { 0.5 } else { sp::bessel_i0(x) - sp::bessel_i1(x) / x },
            |x| {
                at_zero(x, 0.5, |x| {
                    x.unary("special_modified_bessel_i0")?
                        .sub(&x.unary("special_modified_bessel_i1")?.div(x)?)
                })
            },
        )
    }),
    row(&["special_modified_bessel_k0"], "SpecialModifiedBesselK0Backward0", &[0], &[], |c| {
        slope(c, |x| -sp::bessel_k1(x), |x| x.unary("special_modified_bessel_k1")?.neg())
    }),
    row(&["special_modified_bessel_k1"], "SpecialModifiedBesselK1Backward0", &[0], &[], |c| {
        slope(
            c,
            |x| -sp::bessel_k0(x) - sp::bessel_k1(x) / x,
            |x| {
                let ratio = x.unary("special_modified_bessel_k1")?.div(x)?;
                x.unary("special_modified_bessel_k0")?.neg()?.sub(&ratio)
            },
        )
    }),
    row(&["special_entr"], "SpecialEntrBackward0", &[0], &[], |c| {
        slope(c, |x| -libm::log(x) - 1.0, |x| x.log()?.neg()?.sub(1i64))
    }),
    row(&["special_erfcx"], "SpecialErfcxBackward0", &[0], &[], |c| {
        slope(
            c,
            |x| 2.0 * x * sp::erfcx(x) - FRAC_2_SQRT_PI,
            |x| x.unary("special_erfcx")?.mul(x)?.mul(2.0)?.sub(FRAC_2_SQRT_PI),
        )
    }),
    row(&["special_ndtr"], "SpecialNdtrBackward0", &[0], &[], |c| slope(c, density, density_of)),
    row(&["special_ndtri"], "SpecialNdtriBackward0", &[], &[0], |c| {
        slope_by_result(c, |y| 1.0 / density(y), |y| density_of(y)?.pow(-1i64))
    }),
    // The density over the distribution function, in PyTorch's order of rounding.
    row(&["special_log_ndtr"], "SpecialLogNdtrBackward0", &[0], &[0], |c| {
        let exponent = c.args.tensor(0)?.square()?.div(2i64)?.add(c.result()?)?;
        one(c.grad()?.div(&exponent.exp()?)?.mul(0.5 * FRAC_2_SQRT_PI * FRAC_1_SQRT_2))
    }),
    row(&["logit"], "LogitBackward0", &[0], &[], |c| {
        let eps = c.args.scalar_or_none(1)?.map(tensor::Scalar::to_f64);
        let in_f64 = move |g, x| match eps {
            Some(eps) if x < eps || x > 1.0 - eps => 0.0,
            None if !(0.0..=1.0).contains(&x) => f64::NAN,
            _ => g / (x * (1.0 - x)),
        };
        one(c.grad()?.fused("logit", c.args.tensor(0)?, in_f64, move |g, x| {
            let (low, high) = eps.map_or((0.0, 1.0), |eps| (eps, 1.0 - eps));
            let outside = x.lt(low)?.logical_or(&x.gt(high)?)?;
            let flat = if eps.is_some() { 0.0 } else { f64::NAN };
            Value::where_(&outside, flat, &g.div(&x.mul(&x.rsub(1i64)?)?)?)
        }))
    }),
    row(&["nan_to_num"], "NanToNumBackward0", &[0], &[], |c| {
        one(c.grad()?.cut("NanToNumBackward0", c.args.tensor(0)?, |g, x| if x.is_finite() { g } else { 0.0 }))
    }),
    row(&["frac"], "FracBackward0", &[], &[], |c| one(c.grad())),
    row(&["positive", "real"], "AliasBackward0", &[], &[], |c| one(c.grad())),
    row(&["sgn"], "SgnBackward0", &[], &[], zeros_for_all),
    row(&["angle"], "AngleBackward0", &[0], &[], |c| {
        one(c.grad()?.cut("AngleBackward0", c.args.tensor(0)?, |_, x| if x.is_nan() { x } else { 0.0 }))
    }),
    row(&["round.decimals"], "RoundBackward1", &[], &[], zeros_for_all),
    row(&["frexp.Tensor"], "FrexpBackward0", &[], &[1], |c| {
        let scale = c.result()?.to_dtype(c.grad()?.dtype())?.exp2()?;
        one(c.grad()?.div(&scale))
    }),
    none(
        &[
            "signbit",
            "isposinf",
            "isneginf",
            "isreal",
            "bitwise_not",
            "special_scaled_modified_bessel_k0",
            "special_scaled_modified_bessel_k1",
            "special_spherical_bessel_j0",
            "special_airy_ai",
        ],
        "PyTorch has no derivative of it either",
    ),
];

/// 1 - x² of the argument.
fn fall(c: &Context<'_>) -> Result<Value> {
    c.args.tensor(0)?.square()?.rsub(1i64)
}

/// -1, 0 or 1.
fn sign(x: f64) -> f64 {
    if x == 0.0 { 0.0 } else { x.signum() }
}

/// Density of the standard normal distribution.
fn density(x: f64) -> f64 {
    0.5 * FRAC_2_SQRT_PI * FRAC_1_SQRT_2 * libm::exp(-0.5 * x * x)
}

/// The gradient times a function of the argument.
fn slope(c: &Context<'_>, f: fn(f64) -> f64, recorded: fn(&Value) -> Result<Value>) -> Grads {
    one(c.grad()?.mul(&c.args.tensor(0)?.computed("backward", f, recorded)?))
}

/// The gradient times a function of the result.
fn slope_by_result(c: &Context<'_>, f: fn(f64) -> f64, recorded: fn(&Value) -> Result<Value>) -> Grads {
    one(c.grad()?.mul(&c.result()?.computed("backward", f, recorded)?))
}

/// A function that has a limit where its own terms have none: the argument is moved away from there first, so that
/// what is not chosen stays finite.
fn at_zero(x: &Value, limit: f64, f: impl FnOnce(&Value) -> Result<Value>) -> Result<Value> {
    let is_zero = x.eq(0.0)?;
    Value::where_(&is_zero, limit, &f(&x.masked_fill(&is_zero, tensor::Scalar::Int(1))?)?)
}

/// As [`density`].
fn density_of(x: &Value) -> Result<Value> {
    x.square()?.mul(-0.5)?.exp()?.mul(0.5 * FRAC_2_SQRT_PI * FRAC_1_SQRT_2)
}
