//! Elementary and special functions of one operand.

use super::{one, two};
use crate::operator::Row;
use crate::{Error, Scalar};

pub(super) const ROWS: &[Row] = &[
    Row("acos(Tensor self) -> Tensor", |a| one(a.tensor(0)?.acos())),
    Row("acosh(Tensor self) -> Tensor", |a| one(a.tensor(0)?.acosh())),
    Row("asin(Tensor self) -> Tensor", |a| one(a.tensor(0)?.asin())),
    Row("asinh(Tensor self) -> Tensor", |a| one(a.tensor(0)?.asinh())),
    Row("atan(Tensor self) -> Tensor", |a| one(a.tensor(0)?.atan())),
    Row("atanh(Tensor self) -> Tensor", |a| one(a.tensor(0)?.atanh())),
    Row("cosh(Tensor self) -> Tensor", |a| one(a.tensor(0)?.cosh())),
    Row("sinh(Tensor self) -> Tensor", |a| one(a.tensor(0)?.sinh())),
    Row("exp2(Tensor self) -> Tensor", |a| one(a.tensor(0)?.exp2())),
    Row("erfc(Tensor self) -> Tensor", |a| one(a.tensor(0)?.erfc())),
    Row("erfinv(Tensor self) -> Tensor", |a| one(a.tensor(0)?.erfinv())),
    Row("lgamma(Tensor self) -> Tensor", |a| one(a.tensor(0)?.lgamma())),
    Row("digamma(Tensor self) -> Tensor", |a| one(a.tensor(0)?.digamma())),
    Row("deg2rad(Tensor self) -> Tensor", |a| one(a.tensor(0)?.deg2rad())),
    Row("rad2deg(Tensor self) -> Tensor", |a| one(a.tensor(0)?.rad2deg())),
    Row("sinc(Tensor self) -> Tensor", |a| one(a.tensor(0)?.sinc())),
    Row("i0(Tensor self) -> Tensor", |a| one(a.tensor(0)?.i0())),
    Row("special_i0e(Tensor self) -> Tensor", |a| one(a.tensor(0)?.i0e())),
    Row("special_i1(Tensor self) -> Tensor", |a| one(a.tensor(0)?.i1())),
    Row("special_i1e(Tensor self) -> Tensor", |a| one(a.tensor(0)?.i1e())),
    Row("special_entr(Tensor self) -> Tensor", |a| one(a.tensor(0)?.entr())),
    Row("special_erfcx(Tensor self) -> Tensor", |a| one(a.tensor(0)?.erfcx())),
    Row("special_ndtr(Tensor self) -> Tensor", |a| one(a.tensor(0)?.ndtr())),
    Row("special_ndtri(Tensor self) -> Tensor", |a| one(a.tensor(0)?.ndtri())),
    Row("special_log_ndtr(Tensor self) -> Tensor", |a| one(a.tensor(0)?.log_ndtr())),
    Row("special_bessel_j0(Tensor self) -> Tensor", |a| one(a.tensor(0)?.bessel_j0())),
    Row("special_bessel_j1(Tensor self) -> Tensor", |a| one(a.tensor(0)?.bessel_j1())),
    Row("special_bessel_y0(Tensor self) -> Tensor", |a| one(a.tensor(0)?.bessel_y0())),
    Row("special_bessel_y1(Tensor self) -> Tensor", |a| one(a.tensor(0)?.bessel_y1())),
    Row("special_modified_bessel_i0(Tensor self) -> Tensor", |a| one(a.tensor(0)?.i0())),
    Row("special_modified_bessel_i1(Tensor self) -> Tensor", |a| one(a.tensor(0)?.i1())),
    Row("special_modified_bessel_k0(Tensor self) -> Tensor", |a| one(a.tensor(0)?.bessel_k0())),
    Row("special_modified_bessel_k1(Tensor self) -> Tensor", |a| one(a.tensor(0)?.bessel_k1())),
    Row("special_scaled_modified_bessel_k0(Tensor x) -> Tensor", |a| one(a.tensor(0)?.bessel_k0e())),
    Row("special_scaled_modified_bessel_k1(Tensor x) -> Tensor", |a| one(a.tensor(0)?.bessel_k1e())),
    Row("special_spherical_bessel_j0(Tensor x) -> Tensor", |a| one(a.tensor(0)?.spherical_bessel_j0())),
    Row("special_airy_ai(Tensor x) -> Tensor", |a| one(a.tensor(0)?.airy_ai())),
    Row("frac(Tensor self) -> Tensor", |a| one(a.tensor(0)?.frac())),
    Row("signbit(Tensor self) -> Tensor", |a| one(a.tensor(0)?.signbit())),
    Row("angle(Tensor self) -> Tensor", |a| one(a.tensor(0)?.angle())),
    Row("isposinf(Tensor self) -> Tensor", |a| one(a.tensor(0)?.isposinf())),
    Row("isneginf(Tensor self) -> Tensor", |a| one(a.tensor(0)?.isneginf())),
    Row("bitwise_not(Tensor self) -> Tensor", |a| one(a.tensor(0)?.bitwise_not())),
    Row("sgn(Tensor self) -> Tensor", |a| one(a.tensor(0)?.sign())),
    Row("isreal(Tensor self) -> Tensor", |a| one(a.tensor(0)?.isreal())),
    Row("positive(Tensor(a) self) -> Tensor(a)", |a| one(a.tensor(0)?.positive())),
    Row("real(Tensor(a) self) -> Tensor(a)", |a| one(Ok(a.tensor(0)?.clone()))),
    Row("round.decimals(Tensor self, *, int decimals) -> Tensor", |a| {
        one(a.tensor(0)?.round_decimals(a.int(1)?))
    }),
    Row("logit(Tensor self, float? eps=None) -> Tensor", |a| {
        one(a.tensor(0)?.logit(a.scalar_or_none(1)?.map(Scalar::to_f64)))
    }),
    Row("polygamma(int n, Tensor self) -> Tensor", |a| one(a.tensor(1)?.polygamma(a.int(0)?))),
    Row("special_polygamma(int n, Tensor self) -> Tensor", |a| one(a.tensor(1)?.polygamma(a.int(0)?))),
    Row("mvlgamma(Tensor self, int p) -> Tensor", |a| one(a.tensor(0)?.mvlgamma(a.int(1)?))),
    Row("nan_to_num(Tensor self, float? nan=None, float? posinf=None, float? neginf=None) -> Tensor", |a| {
        let number = |at| Ok::<_, Error>(a.scalar_or_none(at)?.map(Scalar::to_f64));
        one(a.tensor(0)?.nan_to_num(number(1)?, number(2)?, number(3)?))
    }),
    Row("frexp.Tensor(Tensor self) -> (Tensor mantissa, Tensor exponent)", |a| two(a.tensor(0)?.frexp())),
];
