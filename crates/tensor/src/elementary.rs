//! More elementary and special functions of one operand. Functions of f32 are evaluated in f64 and rounded once.

use std::f64::consts::PI;

use crate::arithmetic::{float_dtype, kernel_missing};
use crate::element::{Element, Float, Number, with_element, with_float, with_signed};
use crate::pointwise::map;
use crate::special as sp;
use crate::{DType, Error, Result, Scalar, Tensor};

macro_rules! float_functions {
    ($($(#[$doc:meta])* $name:ident => $f:expr;)*) => {
        impl Tensor {$(
            $(#[$doc])*
            ///
            /// Integers give float32.
            ///
            /// # Errors
            /// `RuntimeError` when memory cannot be had.
            pub fn $name(&self) -> Result<Tensor> {
                self.in_float(stringify!($name), $f)
            }
        )*}
    };
}

float_functions! {
    /// Arc cosine.
    acos => libm::acos;
    /// Inverse hyperbolic cosine.
    acosh => libm::acosh;
    /// Arc sine.
    asin => libm::asin;
    /// Inverse hyperbolic sine.
    asinh => libm::asinh;
    /// Arc tangent.
    atan => libm::atan;
    /// Inverse hyperbolic tangent.
    atanh => libm::atanh;
    /// Hyperbolic cosine.
    cosh => libm::cosh;
    /// Hyperbolic sine.
    sinh => libm::sinh;
    /// 2^x.
    exp2 => libm::exp2;
    /// 1 - erf(x), accurate where that is small.
    erfc => libm::erfc;
    /// The inverse of the error function; NaN outside [-1, 1].
    erfinv => sp::erfinv;
    /// Logarithm of the magnitude of the gamma function.
    lgamma => libm::lgamma;
    /// Derivative of the logarithm of the gamma function.
    digamma => sp::digamma;
    /// Degrees in radians.
    deg2rad => |x| x * (PI / 180.0);
    /// Radians in degrees.
    rad2deg => |x| x * (180.0 / PI);
    /// sin(πx) / (πx), 1 at 0.
    sinc => |x| if x == 0.0 { 1.0 } else { libm::sin(PI * x) / (PI * x) };
    /// Modified Bessel function of the first kind, order 0.
    i0 => sp::bessel_i0;
    /// `e^-|x| i0(x)`.
    i0e => sp::bessel_i0e;
    /// Modified Bessel function of the first kind, order 1.
    i1 => sp::bessel_i1;
    /// `e^-|x| i1(x)`.
    i1e => sp::bessel_i1e;
    /// Modified Bessel function of the second kind, order 0.
    bessel_k0 => sp::bessel_k0;
    /// Modified Bessel function of the second kind, order 1.
    bessel_k1 => sp::bessel_k1;
    /// `e^x bessel_k0(x)`.
    bessel_k0e => sp::bessel_k0e;
    /// `e^x bessel_k1(x)`.
    bessel_k1e => sp::bessel_k1e;
    /// Bessel function of the first kind, order 0.
    bessel_j0 => libm::j0;
    /// Bessel function of the first kind, order 1.
    bessel_j1 => libm::j1;
    /// Bessel function of the second kind, order 0.
    bessel_y0 => libm::y0;
    /// Bessel function of the second kind, order 1.
    bessel_y1 => libm::y1;
    /// sin(x) / x, 1 at 0.
    spherical_bessel_j0 => sp::spherical_bessel_j0;
    /// Airy's function Ai.
    airy_ai => sp::airy_ai;
    /// -x log x; 0 at 0, -inf below.
    entr => |x| if x > 0.0 { -x * libm::log(x) } else if x == 0.0 { 0.0 } else if x < 0.0 { f64::NEG_INFINITY } else { x };
    /// e^(x²) erfc(x).
    erfcx => sp::erfcx;
    /// Distribution function of the standard normal distribution.
    ndtr => sp::ndtr;
    /// The inverse of [`Tensor::ndtr`].
    ndtri => sp::ndtri;
}

impl Tensor {
    /// Applies a function of f64 that is read from a value, in the float dtype of this tensor.
    fn with_float_function(&self, operator: &'static str, f: &(dyn Fn(f64) -> f64 + Sync)) -> Result<Tensor> {
        let t = self.to_dtype(float_dtype(self.dtype()))?;
        t.map_float(operator, f)
    }

    /// Logarithm of [`Tensor::ndtr`]. Integers give float32.
    ///
    /// # Errors
    /// `RuntimeError` when memory cannot be had.
    pub fn log_ndtr(&self) -> Result<Tensor> {
        let narrow = self.dtype() != DType::F64;
        self.in_float("log_ndtr", if narrow { sp::log_ndtr_f32 } else { sp::log_ndtr })
    }

    /// log(x / (1 - x)), x bounded to [eps, 1 - eps] if eps is given. Integers give float32.
    ///
    /// # Errors
    /// `RuntimeError` when memory cannot be had.
    pub fn logit(&self, eps: Option<f64>) -> Result<Tensor> {
        let narrow = self.dtype() != DType::F64;
        self.with_float_function("logit", &move |x| {
            let x = match eps {
                Some(eps) => {
                    // The bounds are numbers of the element's type.
                    let (low, high) = if narrow {
                        (f64::from(eps as f32), f64::from(1.0 - eps as f32))
                    } else {
                        (eps, 1.0 - eps)
                    };
                    if x < low {
                        low
                    } else if x > high {
                        high
                    } else {
                        x
                    }
                }
                None => x,
            };
            libm::log(x / (1.0 - x))
        })
    }

    /// The n-th derivative of [`Tensor::digamma`]. Integers give float32.
    ///
    /// # Errors
    /// `RuntimeError` for a negative n.
    pub fn polygamma(&self, n: i64) -> Result<Tensor> {
        if n < 0 {
            return Err(Error::runtime("polygamma", "polygamma(n, x) does not support negative n.")
                .expected("n >= 0")
                .found(n.to_string()));
        }
        if n == 1 && self.dtype() != DType::F64 {
            return self.with_float_function("polygamma", &sp::trigamma_f32);
        }
        self.with_float_function("polygamma", &move |x| sp::polygamma(n, x))
    }

    /// Logarithm of the multivariate gamma function of dimension p. Integers give float32.
    ///
    /// # Errors
    /// `RuntimeError` for p below 1.
    pub fn mvlgamma(&self, p: i64) -> Result<Tensor> {
        if p < 1 {
            return Err(Error::runtime("mvlgamma", "p has to be greater than or equal to 1")
                .expected("p >= 1")
                .found(p.to_string()));
        }
        let shift = 0.25 * (p * (p - 1)) as f64 * libm::log(PI);
        self.with_float_function("mvlgamma", &move |x| {
            (0..p).map(|j| libm::lgamma(x - 0.5 * j as f64)).sum::<f64>() + shift
        })
    }

    /// What follows the decimal point, with the sign of x.
    ///
    /// # Errors
    /// `NotImplementedError` for integers.
    pub fn frac(&self) -> Result<Tensor> {
        if !self.dtype().is_float() {
            return Err(kernel_missing("frac", "frac_cpu", self.dtype()));
        }
        self.map_float("frac", |x| x - x.trunc())
    }

    /// Rounded to a number of decimals, negative ones before the point; halves to even.
    ///
    /// # Errors
    /// `NotImplementedError` for bool.
    pub fn round_decimals(&self, decimals: i64) -> Result<Tensor> {
        if decimals == 0 || self.dtype() == DType::Bool {
            return self.round();
        }
        with_float!(self.dtype(), T => {
            let scale = T::of(libm::pow(10.0, decimals.unsigned_abs() as f64));
            let nearest = |x: T| T::of(x.wide().round_ties_even());
            map::<T, T>("round", self, |x| {
                if decimals < 0 { nearest(x.over(scale)).times(scale) } else { nearest(x.times(scale)).over(scale) }
            })
        }, else => Err(kernel_missing("round", "round_vml_cpu", self.dtype())))
    }

    /// NaN and infinities replaced: NaN by 0, infinities by the dtype's extremes unless given. Integers as they are.
    ///
    /// # Errors
    /// `RuntimeError` when memory cannot be had.
    pub fn nan_to_num(&self, nan: Option<f64>, posinf: Option<f64>, neginf: Option<f64>) -> Result<Tensor> {
        let high = if self.dtype() == DType::F32 { f64::from(f32::MAX) } else { f64::MAX };
        if !self.dtype().is_float() {
            return self.copy();
        }
        let (nan, high, low) = (nan.unwrap_or(0.0), posinf.unwrap_or(high), neginf.unwrap_or(-high));
        self.map_float("nan_to_num", |x| {
            if x.is_nan() {
                nan
            } else if x == f64::INFINITY {
                high
            } else if x == f64::NEG_INFINITY {
                low
            } else {
                x
            }
        })
    }

    /// Mantissas in [0.5, 1) and int32 exponents of 2.
    ///
    /// # Errors
    /// `RuntimeError` for integers.
    pub fn frexp(&self) -> Result<(Tensor, Tensor)> {
        if !self.dtype().is_float() {
            return Err(Error::runtime("frexp", "torch.frexp() only supports floating-point dtypes")
                .dtypes(&[self.dtype()]));
        }
        let mantissa = self.map_float("frexp", |x| libm::frexp(x).0)?;
        let exponent = with_float!(self.dtype(), T => map::<T, i32>("frexp", self, |x| {
            let x = x.wide();
            if x.is_finite() { libm::frexp(x).1 } else { 0 }
        }), else => Err(kernel_missing("frexp", "frexp", self.dtype())))?;
        Ok((mantissa, exponent))
    }

    /// The sign bit; false for unsigned integers.
    ///
    /// # Errors
    /// `RuntimeError` when memory cannot be had.
    pub fn signbit(&self) -> Result<Tensor> {
        with_float!(self.dtype(), T => map::<T, bool>("signbit", self, |x| x.wide().is_sign_negative()), else =>
            with_signed!(self.dtype(), T => map::<T, bool>("signbit", self, |x| x.to_scalar().to_f64() < 0.0), else =>
                self.full_like(Scalar::Bool(false))))
    }

    /// The angle in the complex plane: 0, or π for negative numbers; NaN stays. Integers give float32.
    ///
    /// # Errors
    /// `RuntimeError` when memory cannot be had.
    pub fn angle(&self) -> Result<Tensor> {
        self.with_float_function("angle", &|x| {
            if x.is_nan() {
                x
            } else if x < 0.0 {
                PI
            } else {
                0.0
            }
        })
    }

    fn is_infinity(&self, operator: &'static str, infinity: f64) -> Result<Tensor> {
        with_element!(self.dtype(), T => {
            map::<T, bool>(operator, self, |x| x.to_scalar().to_f64() == infinity)
        })
    }

    /// Where elements are +inf.
    ///
    /// # Errors
    /// `RuntimeError` when memory cannot be had.
    pub fn isposinf(&self) -> Result<Tensor> {
        self.is_infinity("isposinf", f64::INFINITY)
    }

    /// Where elements are -inf.
    ///
    /// # Errors
    /// `RuntimeError` when memory cannot be had.
    pub fn isneginf(&self) -> Result<Tensor> {
        self.is_infinity("isneginf", f64::NEG_INFINITY)
    }

    /// Where the imaginary part is 0: everywhere.
    ///
    /// # Errors
    /// `RuntimeError` when memory cannot be had.
    pub fn isreal(&self) -> Result<Tensor> {
        with_element!(self.dtype(), T => map::<T, bool>("isreal", self, |_| true))
    }

    /// Bits turned; the truth value for bool.
    ///
    /// # Errors
    /// `NotImplementedError` for floats.
    pub fn bitwise_not(&self) -> Result<Tensor> {
        match self.dtype() {
            DType::Bool => self.logical_not(),
            dtype if dtype.is_float() => Err(kernel_missing("bitwise_not", "bitwise_not_cpu", dtype)),
            // -1 - x is the complement in every width.
            dtype => with_signed!(dtype, T => {
                let ones = T::ZERO.minus(T::ONE);
                map::<T, T>("bitwise_not", self, |x| ones.minus(x))
            }, else => self.logical_not()),
        }
    }

    /// The tensor itself.
    ///
    /// # Errors
    /// `RuntimeError` for bool.
    pub fn positive(&self) -> Result<Tensor> {
        if self.dtype() == DType::Bool {
            return Err(Error::runtime("positive", "The `+` operator, on a bool tensor is not supported."));
        }
        Ok(self.clone())
    }
}
