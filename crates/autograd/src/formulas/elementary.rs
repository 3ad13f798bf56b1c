//! Elementary and special functions of one operand. Slopes are computed in f64 and rounded once.

use std::f64::consts::{FRAC_1_SQRT_2, FRAC_2_SQRT_PI, LN_2, PI};

use tensor::special as sp;
use tensor::{Result, Tensor};

use super::pointwise::zeros_for_all;
use super::{Grads, one};
use crate::formula::{Formula, none, row};
use crate::graph::Context;

/// √π.
const SQRT_PI: f64 = 2.0 / FRAC_2_SQRT_PI;

pub(super) const ROWS: &[Formula] = &[
    // Near 1 the differences under the root cancel; they are rounded as PyTorch rounds them.
    row(&["acos"], "AcosBackward0", &[0], &[], |c| one(c.grad()?.mul(&fall(c)?.rsqrt()?.neg()?))),
    row(&["acosh"], "AcoshBackward0", &[0], &[], |c| slope(c, |x| 1.0 / (x * x - 1.0).sqrt())),
    row(&["asin"], "AsinBackward0", &[0], &[], |c| one(c.grad()?.mul(&fall(c)?.rsqrt()?))),
    row(&["asinh"], "AsinhBackward0", &[0], &[], |c| slope(c, |x| 1.0 / (1.0 + x * x).sqrt())),
    row(&["atan"], "AtanBackward0", &[0], &[], |c| slope(c, |x| 1.0 / (1.0 + x * x))),
    row(&["atanh"], "AtanhBackward0", &[0], &[], |c| one(c.grad()?.div(&fall(c)?))),
    row(&["cosh"], "CoshBackward0", &[0], &[], |c| slope(c, libm::sinh)),
    row(&["sinh"], "SinhBackward0", &[0], &[], |c| slope(c, libm::cosh)),
    row(&["exp2"], "Exp2Backward0", &[], &[0], |c| slope_by_result(c, |y| LN_2 * y)),
    row(&["erfc"], "ErfcBackward0", &[0], &[], |c| slope(c, |x| -FRAC_2_SQRT_PI * libm::exp(-x * x))),
    row(&["erfinv"], "ErfinvBackward0", &[], &[0], |c| {
        slope_by_result(c, |y| 0.5 * SQRT_PI * libm::exp(y * y))
    }),
    row(&["lgamma"], "LgammaBackward0", &[0], &[], |c| slope(c, sp::digamma)),
    row(&["digamma"], "DigammaBackward0", &[0], &[], |c| {
        one(c.grad()?.mul(&c.args.tensor(0)?.polygamma(1)?))
    }),
    row(&["polygamma", "special_polygamma"], "PolygammaBackward0", &[1], &[], |c| {
        one(c.grad()?.mul(&c.args.tensor(1)?.polygamma(c.args.int(0)? + 1)?))
    }),
    row(&["mvlgamma"], "MvlgammaBackward0", &[0], &[], |c| {
        let p = c.args.int(1)?;
        let slopes = c
            .args
            .tensor(0)?
            .map_float("mvlgamma", move |x| (0..p).map(|j| sp::digamma(x - 0.5 * j as f64)).sum())?;
        one(c.grad()?.mul(&slopes))
    }),
    row(&["deg2rad"], "Deg2RadBackward0", &[], &[], |c| one(c.grad()?.deg2rad())),
    row(&["rad2deg"], "Rad2DegBackward0", &[], &[], |c| one(c.grad()?.rad2deg())),
    row(&["sinc"], "SincBackward0", &[0], &[], |c| {
        slope(c, |x| {
            let angle = PI * x;
            if angle == 0.0 { 0.0 } else { (angle * libm::cos(angle) - libm::sin(angle)) / (angle * x) }
        })
    }),
    row(&["i0"], "I0Backward0", &[0], &[], |c| slope(c, sp::bessel_i1)),
    row(&["special_i0e"], "SpecialI0EBackward0", &[0], &[], |c| {
        slope(c, |x| sp::bessel_i1e(x) - sign(x) * sp::bessel_i0e(x))
    }),
    row(&["special_i1"], "SpecialI1Backward0", &[0], &[], |c| {
        slope(c, |x| if x == 0.0 { 0.5 } else { sp::bessel_i0(x) - sp::bessel_i1(x) / x })
    }),
    row(&["special_i1e"], "SpecialI1EBackward0", &[0], &[], |c| {
        slope(c, |x| if x == 0.0 { 0.5 } else { sp::bessel_i0e(x) - sp::bessel_i1e(x) * (sign(x) + 1.0 / x) })
    }),
    // DLMF 10.6.3 and 10.29.3, at 0 the limits.
    row(&["special_bessel_j0"], "SpecialBesselJ0Backward0", &[0], &[], |c| slope(c, |x| -libm::j1(x))),
    row(&["special_bessel_j1"], "SpecialBesselJ1Backward0", &[0], &[], |c| {
        slope(c, |x| if x == 0.0 { 0.5 } else { libm::j0(x) - libm::j1(x) / x })
    }),
    row(&["special_bessel_y0"], "SpecialBesselY0Backward0", &[0], &[], |c| slope(c, |x| -libm::y1(x))),
    row(&["special_bessel_y1"], "SpecialBesselY1Backward0", &[0], &[], |c| {
        slope(c, |x| if x == 0.0 { f64::INFINITY } else { libm::y0(x) - libm::y1(x) / x })
    }),
    row(&["special_modified_bessel_i0"], "SpecialModifiedBesselI0Backward0", &[0], &[], |c| {
        slope(c, sp::bessel_i1)
    }),
    row(&["special_modified_bessel_i1"], "SpecialModifiedBesselI1Backward0", &[0], &[], |c| {
        slope(c, |x| if x == 0.0 { 0.5 } else { sp::bessel_i0(x) - sp::bessel_i1(x) / x })
    }),
    row(&["special_modified_bessel_k0"], "SpecialModifiedBesselK0Backward0", &[0], &[], |c| {
        slope(c, |x| -sp::bessel_k1(x))
    }),
    row(&["special_modified_bessel_k1"], "SpecialModifiedBesselK1Backward0", &[0], &[], |c| {
        slope(c, |x| -sp::bessel_k0(x) - sp::bessel_k1(x) / x)
    }),
    row(&["special_entr"], "SpecialEntrBackward0", &[0], &[], |c| slope(c, |x| -libm::log(x) - 1.0)),
    row(&["special_erfcx"], "SpecialErfcxBackward0", &[0], &[], |c| {
        slope(c, |x| 2.0 * x * sp::erfcx(x) - FRAC_2_SQRT_PI)
    }),
    row(&["special_ndtr"], "SpecialNdtrBackward0", &[0], &[], |c| slope(c, density)),
    row(&["special_ndtri"], "SpecialNdtriBackward0", &[], &[0], |c| slope_by_result(c, |y| 1.0 / density(y))),
    // The density over the distribution function, in PyTorch's order of rounding.
    row(&["special_log_ndtr"], "SpecialLogNdtrBackward0", &[0], &[0], |c| {
        let exponent = c.args.tensor(0)?.square()?.div(2i64)?.add(c.result()?)?;
        one(c.grad()?.div(&exponent.exp()?)?.mul(0.5 * FRAC_2_SQRT_PI * FRAC_1_SQRT_2))
    }),
    row(&["logit"], "LogitBackward0", &[0], &[], |c| {
        let eps = c.args.scalar_or_none(1)?.map(tensor::Scalar::to_f64);
        one(c.grad()?.zip_float("logit", c.args.tensor(0)?, move |g, x| match eps {
            Some(eps) if x < eps || x > 1.0 - eps => 0.0,
            None if !(0.0..=1.0).contains(&x) => f64::NAN,
            _ => g / (x * (1.0 - x)),
        }))
    }),
    row(&["nan_to_num"], "NanToNumBackward0", &[0], &[], |c| {
        one(c.grad()?.zip_float("nan_to_num", c.args.tensor(0)?, |g, x| if x.is_finite() { g } else { 0.0 }))
    }),
    row(&["frac"], "FracBackward0", &[], &[], |c| one(c.grad())),
    row(&["positive", "real"], "AliasBackward0", &[], &[], |c| one(c.grad())),
    row(&["sgn"], "SgnBackward0", &[], &[], zeros_for_all),
    row(&["angle"], "AngleBackward0", &[0], &[], |c| {
        one(c.grad()?.zip_float("angle", c.args.tensor(0)?, |_, x| if x.is_nan() { x } else { 0.0 }))
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
fn fall(c: &Context<'_>) -> Result<Tensor> {
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
fn slope(c: &Context<'_>, f: fn(f64) -> f64) -> Grads {
    one(c.grad()?.mul(&c.args.tensor(0)?.map_float("backward", f)?))
}

/// The gradient times a function of the result.
fn slope_by_result(c: &Context<'_>, f: fn(f64) -> f64) -> Grads {
    one(c.grad()?.mul(&c.result()?.map_float("backward", f)?))
}
