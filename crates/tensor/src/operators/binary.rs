//! Elementwise operators of two operands beyond arithmetic and comparison.

use super::one;
use crate::operator::{Args, Row};
use crate::special::Polynomial;
use crate::{DType, Operand, Result, Scalar, Tensor};

/// A tensor or a plain number.
fn operand<'a>(a: &Args<'a>, at: usize) -> Result<Operand<'a>> {
    match a.tensor(at) {
        Ok(tensor) => Ok(tensor.into()),
        Err(_) => Ok(a.scalar(at)?.into()),
    }
}

/// The two operands, either of which may be a plain number.
fn pair<'a>(a: &Args<'a>) -> Result<(Tensor, Operand<'a>)> {
    match operand(a, 0)? {
        Operand::Tensor(x) => Ok((x.clone(), operand(a, 1)?)),
        Operand::Scalar(x) => {
            let other = a.tensor(1)?;
            Ok((Tensor::number_beside(x, other), other.into()))
        }
    }
}

fn polynomial(a: &Args<'_>, family: Polynomial, shifted: bool) -> Result<Vec<Tensor>> {
    let (x, n) = pair(a)?;
    one(x.polynomial(family, shifted, n))
}

fn close(a: &Args<'_>) -> Result<Tensor> {
    a.tensor(0)?.isclose(a.tensor(1)?, a.float(2)?, a.float(3)?, a.bool(4)?)
}

macro_rules! polynomials {
    ($(($name:literal, $family:ident, $shifted:literal)),*) => {
        pub(super) const POLYNOMIALS: &[Row] = &[$(
            Row(concat!("special_", $name, "(Tensor x, Tensor n) -> Tensor"), |a| {
                polynomial(a, Polynomial::$family, $shifted)
            }),
            Row(concat!("special_", $name, ".x_scalar(Scalar x, Tensor n) -> Tensor"), |a| {
                polynomial(a, Polynomial::$family, $shifted)
            }),
            Row(concat!("special_", $name, ".n_scalar(Tensor x, Scalar n) -> Tensor"), |a| {
                polynomial(a, Polynomial::$family, $shifted)
            }),
        )*];
    };
}

polynomials! {
    ("chebyshev_polynomial_t", ChebyshevT, false),
    ("chebyshev_polynomial_u", ChebyshevU, false),
    ("chebyshev_polynomial_v", ChebyshevV, false),
    ("chebyshev_polynomial_w", ChebyshevW, false),
    ("shifted_chebyshev_polynomial_t", ChebyshevT, true),
    ("shifted_chebyshev_polynomial_u", ChebyshevU, true),
    ("shifted_chebyshev_polynomial_v", ChebyshevV, true),
    ("shifted_chebyshev_polynomial_w", ChebyshevW, true),
    ("hermite_polynomial_h", HermiteH, false),
    ("hermite_polynomial_he", HermiteHe, false),
    ("laguerre_polynomial_l", LaguerreL, false),
    ("legendre_polynomial_p", LegendreP, false)
}

pub(super) const ROWS: &[Row] = &[
    Row("atan2(Tensor self, Tensor other) -> Tensor", |a| one(a.tensor(0)?.atan2(a.tensor(1)?))),
    Row("hypot(Tensor self, Tensor other) -> Tensor", |a| one(a.tensor(0)?.hypot(a.tensor(1)?))),
    Row("logaddexp(Tensor self, Tensor other) -> Tensor", |a| one(a.tensor(0)?.logaddexp(a.tensor(1)?))),
    Row("logaddexp2(Tensor self, Tensor other) -> Tensor", |a| one(a.tensor(0)?.logaddexp2(a.tensor(1)?))),
    Row("igamma(Tensor self, Tensor other) -> Tensor", |a| one(a.tensor(0)?.igamma(a.tensor(1)?))),
    Row("igammac(Tensor self, Tensor other) -> Tensor", |a| one(a.tensor(0)?.igammac(a.tensor(1)?))),
    Row("copysign.Tensor(Tensor self, Tensor other) -> Tensor", |a| one(a.tensor(0)?.copysign(a.tensor(1)?))),
    Row("copysign.Scalar(Tensor self, Scalar other) -> Tensor", |a| one(a.tensor(0)?.copysign(a.scalar(1)?))),
    Row("xlogy.Tensor(Tensor self, Tensor other) -> Tensor", |a| one(a.tensor(0)?.xlogy(a.tensor(1)?))),
    Row("xlogy.Scalar_Other(Tensor self, Scalar other) -> Tensor", |a| one(a.tensor(0)?.xlogy(a.scalar(1)?))),
    Row("xlogy.Scalar_Self(Scalar self, Tensor other) -> Tensor", |a| {
        let (x, y) = pair(a)?;
        one(x.xlogy(y))
    }),
    Row("special_xlog1py(Tensor self, Tensor other) -> Tensor", |a| one(a.tensor(0)?.xlog1py(a.tensor(1)?))),
    Row("special_xlog1py.other_scalar(Tensor self, Scalar other) -> Tensor", |a| {
        one(a.tensor(0)?.xlog1py(a.scalar(1)?))
    }),
    Row("special_xlog1py.self_scalar(Scalar self, Tensor other) -> Tensor", |a| {
        let (x, y) = pair(a)?;
        one(x.xlog1py(y))
    }),
    Row("special_zeta(Tensor self, Tensor other) -> Tensor", |a| one(a.tensor(0)?.zeta(a.tensor(1)?))),
    Row("special_zeta.other_scalar(Tensor self, Scalar other) -> Tensor", |a| {
        one(a.tensor(0)?.zeta(a.scalar(1)?))
    }),
    Row("special_zeta.self_scalar(Scalar self, Tensor other) -> Tensor", |a| {
        let (x, y) = pair(a)?;
        one(x.zeta(y))
    }),
    Row("nextafter(Tensor self, Tensor other) -> Tensor", |a| one(a.tensor(0)?.nextafter(a.tensor(1)?))),
    Row("heaviside(Tensor self, Tensor values) -> Tensor", |a| one(a.tensor(0)?.heaviside(a.tensor(1)?))),
    Row("fmax(Tensor self, Tensor other) -> Tensor", |a| one(a.tensor(0)?.fmax(a.tensor(1)?))),
    Row("fmin(Tensor self, Tensor other) -> Tensor", |a| one(a.tensor(0)?.fmin(a.tensor(1)?))),
    Row("gcd(Tensor self, Tensor other) -> Tensor", |a| one(a.tensor(0)?.gcd(a.tensor(1)?))),
    Row("lcm(Tensor self, Tensor other) -> Tensor", |a| one(a.tensor(0)?.lcm(a.tensor(1)?))),
    Row("bitwise_and.Tensor(Tensor self, Tensor other) -> Tensor", |a| {
        one(a.tensor(0)?.bitwise_and(a.tensor(1)?))
    }),
    Row("bitwise_and.Scalar(Tensor self, Scalar other) -> Tensor", |a| {
        one(a.tensor(0)?.bitwise_and(a.scalar(1)?))
    }),
    Row("bitwise_or.Tensor(Tensor self, Tensor other) -> Tensor", |a| {
        one(a.tensor(0)?.bitwise_or(a.tensor(1)?))
    }),
    Row("bitwise_or.Scalar(Tensor self, Scalar other) -> Tensor", |a| {
        one(a.tensor(0)?.bitwise_or(a.scalar(1)?))
    }),
    Row("bitwise_xor.Tensor(Tensor self, Tensor other) -> Tensor", |a| {
        one(a.tensor(0)?.bitwise_xor(a.tensor(1)?))
    }),
    Row("bitwise_xor.Scalar(Tensor self, Scalar other) -> Tensor", |a| {
        one(a.tensor(0)?.bitwise_xor(a.scalar(1)?))
    }),
    Row("bitwise_left_shift.Tensor(Tensor self, Tensor other) -> Tensor", |a| {
        one(a.tensor(0)?.bitwise_left_shift(a.tensor(1)?))
    }),
    Row("bitwise_left_shift.Tensor_Scalar(Tensor self, Scalar other) -> Tensor", |a| {
        one(a.tensor(0)?.bitwise_left_shift(a.scalar(1)?))
    }),
    Row("bitwise_right_shift.Tensor(Tensor self, Tensor other) -> Tensor", |a| {
        one(a.tensor(0)?.bitwise_right_shift(a.tensor(1)?))
    }),
    Row("bitwise_right_shift.Tensor_Scalar(Tensor self, Scalar other) -> Tensor", |a| {
        one(a.tensor(0)?.bitwise_right_shift(a.scalar(1)?))
    }),
    Row("clamp.Tensor(Tensor self, Tensor? min=None, Tensor? max=None) -> Tensor", |a| {
        one(a.tensor(0)?.clamp_tensors(a.tensor_or_none(1)?, a.tensor_or_none(2)?))
    }),
    Row("clamp_min.Tensor(Tensor self, Tensor min) -> Tensor", |a| {
        one(a.tensor(0)?.clamp_tensors(Some(a.tensor(1)?), None))
    }),
    Row("clamp_max.Tensor(Tensor self, Tensor max) -> Tensor", |a| {
        one(a.tensor(0)?.clamp_tensors(None, Some(a.tensor(1)?)))
    }),
    Row("max.other(Tensor self, Tensor other) -> Tensor", |a| one(a.tensor(0)?.maximum(a.tensor(1)?))),
    Row("min.other(Tensor self, Tensor other) -> Tensor", |a| one(a.tensor(0)?.minimum(a.tensor(1)?))),
    Row("remainder.Scalar_Tensor(Scalar self, Tensor other) -> Tensor", |a| {
        let (x, y) = pair(a)?;
        one(x.remainder(y))
    }),
    Row(
        "isclose(Tensor self, Tensor other, float rtol=1.0000000000000001e-05, float atol=1e-08, bool equal_nan=False) -> Tensor",
        |a| one(close(a)),
    ),
    Row(
        "allclose(Tensor self, Tensor other, float rtol=1.0000000000000001e-05, float atol=1e-08, bool equal_nan=False) -> bool",
        |a| one(close(a)?.all()),
    ),
    Row("equal(Tensor self, Tensor other) -> bool", |a| {
        let same = a.tensor(0)?.equal(a.tensor(1)?)?;
        one(Ok(Tensor::scalar(Scalar::Bool(same), DType::Bool)))
    }),
];
