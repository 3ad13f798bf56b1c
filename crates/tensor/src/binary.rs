//! More elementwise operators of two operands. Functions of f32 are evaluated in f64 and rounded once.

use crate::arithmetic::{float_dtype, kernel_missing};
use crate::element::{Element, Float, Number, Signed, with_element, with_float};
use crate::pointwise::{Operand, common_dtype, zip};
use crate::special::{self, Polynomial};
use crate::{DType, Error, Result, Scalar, Tensor};

macro_rules! float_functions {
    ($($(#[$doc:meta])* $name:ident => $f:expr;)*) => {
        impl Tensor {$(
            $(#[$doc])*
            ///
            /// Integers give float32.
            ///
            /// # Errors
            /// `RuntimeError` if sizes do not broadcast.
            pub fn $name<'a>(&self, other: impl Into<Operand<'a>>) -> Result<Tensor> {
                self.in_float_with(stringify!($name), other.into(), $f)
            }
        )*}
    };
}

float_functions! {
    /// The angle of the point (other, self), in (-π, π].
    atan2 => libm::atan2;
    /// The magnitude of self with the sign of other.
    copysign => f64::copysign;
    /// `self log(other)`; 0 where self is 0, NaN where other is.
    xlogy => |x, y| if y.is_nan() { y } else if x == 0.0 { 0.0 } else { x * libm::log(y) };
    /// `self log(1 + other)`; 0 where self is 0, NaN where other is.
    xlog1py => |x, y| if y.is_nan() { y } else if x == 0.0 { 0.0 } else { x * libm::log1p(y) };
    /// Hurwitz' zeta function Σ (other + k)^-self.
    zeta => special::zeta;
}

macro_rules! only_float_functions {
    ($($(#[$doc:meta])* $name:ident, $kernel:literal => $f:expr;)*) => {
        impl Tensor {$(
            $(#[$doc])*
            ///
            /// # Errors
            /// `NotImplementedError` for integers; `RuntimeError` if sizes do not broadcast.
            pub fn $name<'a>(&self, other: impl Into<Operand<'a>>) -> Result<Tensor> {
                let other = other.into();
                let dtype = common_dtype(self, other);
                if !dtype.is_float() {
                    return Err(kernel_missing(stringify!($name), $kernel, dtype));
                }
                self.in_float_with(stringify!($name), other, $f)
            }
        )*}
    };
}

only_float_functions! {
    /// √(self² + other²) without overflow.
    hypot, "hypot_cpu" => libm::hypot;
    /// log(e^self + e^other) without overflow.
    logaddexp, "logaddexp_cpu" => |x, y| log_sum(x, y, |d| libm::log1p(libm::exp(d)));
    /// log2(2^self + 2^other) without overflow.
    logaddexp2, "logaddexp2_cpu" => |x, y| log_sum(x, y, |d| libm::log1p(libm::exp2(d)) * std::f64::consts::LOG2_E);
    /// The regularised lower incomplete gamma function.
    igamma, "igamma_cpu" => special::igamma;
    /// The regularised upper incomplete gamma function.
    igammac, "igammac_cpu" => special::igammac;
}

fn log_sum(x: f64, y: f64, excess: fn(f64) -> f64) -> f64 {
    if x.is_infinite() && x == y {
        return x;
    }
    let (high, low) = if x > y { (x, y) } else { (y, x) };
    high + excess(low - high)
}

fn gcd(x: i64, y: i64) -> i64 {
    let (mut a, mut b) = (x.wrapping_abs(), y.wrapping_abs());
    while b != 0 {
        (a, b) = (b, a.wrapping_rem(b));
    }
    a.wrapping_abs()
}

macro_rules! integer_functions {
    ($($(#[$doc:meta])* $name:ident, $kernel:literal, $bool:literal => $f:expr;)*) => {
        impl Tensor {$(
            $(#[$doc])*
            ///
            /// # Errors
            /// `NotImplementedError` for floats; `RuntimeError` if sizes do not broadcast.
            pub fn $name<'a>(&self, other: impl Into<Operand<'a>>) -> Result<Tensor> {
                self.in_integers(stringify!($name), $kernel, $bool, other.into(), $f)
            }
        )*}
    };
}

integer_functions! {
    /// Bits that both have.
    bitwise_and, "bitwise_and_cpu", true => |x, y| x & y;
    /// Bits that either has.
    bitwise_or, "bitwise_or_cpu", true => |x, y| x | y;
    /// Bits that exactly one has.
    bitwise_xor, "bitwise_xor_cpu", true => |x, y| x ^ y;
    /// Bits moved up; 0 where the count is negative or exceeds the width.
    bitwise_left_shift, "lshift_cpu", false => |x, y| if (0..64).contains(&y) { x << y } else { 0 };
    /// Bits moved down, the sign moving in; a count outside the width leaves the sign.
    bitwise_right_shift, "rshift_cpu", false => |x, y| x >> (if (0..64).contains(&y) { y } else { 63 });
    /// Greatest common divisor, not negative.
    gcd, "gcd_cpu", false => gcd;
    /// Least common multiple, not negative.
    lcm, "lcm_cpu", false => |x, y| match gcd(x, y) {
        0 => 0,
        divisor => (x / divisor).wrapping_mul(y).wrapping_abs(),
    };
}

impl Tensor {
    fn in_float_with(
        &self,
        operator: &'static str,
        other: Operand<'_>,
        f: fn(f64, f64) -> f64,
    ) -> Result<Tensor> {
        let dtype = float_dtype(common_dtype(self, other));
        self.to_dtype(dtype)?.zip_float(operator, &other.to_tensor(dtype)?, f)
    }

    /// Computed in i64, whose low bits are those of every narrower type.
    fn in_integers(
        &self,
        operator: &'static str,
        kernel: &str,
        takes_bool: bool,
        other: Operand<'_>,
        f: fn(i64, i64) -> i64,
    ) -> Result<Tensor> {
        let dtype = common_dtype(self, other);
        if dtype.is_float() || (dtype == DType::Bool && !takes_bool) {
            return Err(kernel_missing(operator, kernel, dtype));
        }
        // Through the common dtype first: it may wrap.
        let wide = |t: Tensor| t.to_dtype(dtype)?.to_dtype(DType::I64);
        let (a, b) = (wide(self.clone())?, wide(other.to_tensor(dtype)?)?);
        zip::<i64, i64>(operator, &a, &b, f)?.to_dtype(dtype)
    }

    /// A plain number as a tensor that promotes with `other` as the number does.
    pub fn number_beside(number: Scalar, other: &Tensor) -> Tensor {
        Tensor::scalar(number, other.result_type(number))
    }

    /// The polynomial of degree `n`, truncated to an integer, at self. Integers give float32.
    ///
    /// # Errors
    /// `RuntimeError` if sizes do not broadcast.
    pub fn polynomial<'a>(
        &self,
        family: Polynomial,
        shifted: bool,
        n: impl Into<Operand<'a>>,
    ) -> Result<Tensor> {
        let n = n.into();
        let dtype = float_dtype(common_dtype(self, n));
        let (x, n) = (self.to_dtype(dtype)?, n.to_tensor(dtype)?);
        with_float!(dtype, T => zip::<T, T>("polynomial", &x, &n, |x, n| {
            let x = if shifted { x.plus(x).minus(T::ONE) } else { x };
            family.at(x, n.wide() as i64)
        }), else => Err(kernel_missing("polynomial", "polynomial", dtype)))
    }

    /// The next representable number after self toward other.
    ///
    /// # Errors
    /// `NotImplementedError` for integers; `RuntimeError` if sizes do not broadcast.
    pub fn nextafter(&self, other: &Tensor) -> Result<Tensor> {
        let dtype = common_dtype(self, other.into());
        let (a, b) = (self.to_dtype(dtype)?, other.to_dtype(dtype)?);
        match dtype {
            DType::F32 => zip::<f32, f32>("nextafter", &a, &b, libm::nextafterf),
            DType::F64 => zip::<f64, f64>("nextafter", &a, &b, libm::nextafter),
            _ => Err(kernel_missing("nextafter", "nextafter_cpu", dtype)),
        }
    }

    /// 0 below 0, 1 above, `values` at 0; NaN stays.
    ///
    /// # Errors
    /// `RuntimeError` for two dtypes or sizes that do not broadcast.
    pub fn heaviside(&self, values: &Tensor) -> Result<Tensor> {
        if self.dtype() != values.dtype() {
            return Err(Error::runtime(
                "heaviside",
                "heaviside is not yet implemented for tensors with different dtypes.",
            )
            .dtypes(&[self.dtype(), values.dtype()]));
        }
        with_element!(self.dtype(), T => zip::<T, T>("heaviside", self, values, |x, value| {
            if x == T::ZERO {
                value
            } else if x.is_nan() {
                x
            } else if x.to_scalar().to_f64() < 0.0 {
                T::ZERO
            } else {
                T::ONE
            }
        }))
    }

    /// The larger element; where one is NaN, the other.
    ///
    /// # Errors
    /// `RuntimeError` if sizes do not broadcast.
    pub fn fmax(&self, other: &Tensor) -> Result<Tensor> {
        let (first, second) = (self.isnan()?, other.isnan()?);
        self.skipping_nan(other, &first, &second, |x, y| x.maximum(y))
    }

    /// The smaller element; where one is NaN, the other.
    ///
    /// # Errors
    /// `RuntimeError` if sizes do not broadcast.
    pub fn fmin(&self, other: &Tensor) -> Result<Tensor> {
        let (first, second) = (self.isnan()?, other.isnan()?);
        self.skipping_nan(other, &first, &second, |x, y| x.minimum(y))
    }

    fn skipping_nan(
        &self,
        other: &Tensor,
        first: &Tensor,
        second: &Tensor,
        pick: fn(&Tensor, &Tensor) -> Result<Tensor>,
    ) -> Result<Tensor> {
        if !common_dtype(self, other.into()).is_float() {
            return pick(self, other);
        }
        pick(&Tensor::where_(first, other, self)?, &Tensor::where_(second, self, other)?)
    }

    /// Bounded from below and above by tensors; NaN in any of them gives NaN.
    ///
    /// # Errors
    /// `RuntimeError` if neither bound is given or sizes do not broadcast.
    pub fn clamp_tensors(&self, min: Option<&Tensor>, max: Option<&Tensor>) -> Result<Tensor> {
        match (min, max) {
            (Some(min), Some(max)) => self.maximum(min)?.minimum(max),
            (Some(min), None) => self.maximum(min),
            (None, Some(max)) => self.minimum(max),
            (None, None) => {
                Err(Error::runtime("clamp", "torch.clamp: At least one of 'min' or 'max' must not be None"))
            }
        }
    }

    /// Where elements differ by at most `atol + rtol |other|`, or are equal; NaNs if asked.
    ///
    /// # Errors
    /// `RuntimeError` for two dtypes, negative tolerances or sizes that do not broadcast.
    pub fn isclose(&self, other: &Tensor, rtol: f64, atol: f64, equal_nan: bool) -> Result<Tensor> {
        if self.dtype() != other.dtype() {
            let names = [self, other].map(|t| t.dtype().scalar_name());
            return Err(Error::runtime("isclose", format!("{} did not match {}", names[0], names[1]))
                .dtypes(&[self.dtype(), other.dtype()]));
        }
        for (name, value) in [("rtol", rtol), ("atol", atol)] {
            if value < 0.0 {
                return Err(Error::runtime(
                    "isclose",
                    format!("{name} must be greater than or equal to zero, but got {value}"),
                ));
            }
        }
        let dtype = float_dtype(self.dtype());
        let (a, b) = (self.to_dtype(dtype)?, other.to_dtype(dtype)?);
        with_float!(dtype, T => zip::<T, bool>("isclose", &a, &b, |x, y| {
            let apart = x.minus(y).magnitude();
            let allowed = T::of(atol).plus(T::of(rtol).times(y).magnitude());
            x == y
                || (equal_nan && x.is_nan() && y.is_nan())
                || (apart.wide().is_finite() && apart <= allowed)
        }), else => Err(kernel_missing("isclose", "isclose", dtype)))
    }
}
