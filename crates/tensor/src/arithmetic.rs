//! Binary arithmetic with type promotion, and the in-place forms.

use crate::element::{Element, Float, Number, Signed, with_element, with_float, with_signed};
use crate::pointwise::{Operand, common_dtype, map, map_vectors_where, overwrite, zip};
use crate::vectors::step;
use crate::{Category, DType, Error, Result, Scalar, Tensor, math};

/// How a quotient is rounded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rounding {
    /// Toward zero.
    Trunc,
    /// Toward minus infinity.
    Floor,
}

/// The dtype of a float result: integers give float32.
pub(crate) fn float_dtype(dtype: DType) -> DType {
    if dtype.is_float() { dtype } else { DType::F32 }
}

fn check_alpha(operator: &'static str, dtype: DType, alpha: Scalar) -> Result<()> {
    match (dtype.category(), alpha) {
        (Category::Integer | Category::Bool, Scalar::Float(_)) => Err(Error::runtime(
            operator,
            "For integral input tensors, argument alpha must not be a floating point number.",
        )
        .dtypes(&[dtype])),
        (Category::Integer | Category::Float, Scalar::Bool(_)) => {
            Err(Error::runtime(operator, "Boolean alpha only supported for Boolean results.")
                .dtypes(&[dtype]))
        }
        _ => Ok(()),
    }
}

fn bool_subtraction(operator: &'static str, a: DType, b: DType) -> Result<()> {
    if a == DType::Bool && b == DType::Bool {
        return Err(Error::not_implemented(
            operator,
            "Subtraction, the `-` operator, with two bool tensors is not supported. Use the `^` or `logical_xor()` \
             operator instead.",
        ));
    }
    if a == DType::Bool || b == DType::Bool {
        return Err(Error::not_implemented(
            operator,
            "Subtraction, the `-` operator, with a bool tensor is not supported. If you are trying to invert a mask, \
             use the `~` or `logical_not()` operator instead.",
        ));
    }
    Ok(())
}

/// `alpha * t`, in the dtype of `t`.
fn scaled(t: Tensor, alpha: Scalar) -> Result<Tensor> {
    if alpha == Scalar::Int(1) { Ok(t) } else { t.mul(&Tensor::scalar(alpha, t.dtype())) }
}

/// PyTorch's refusal of a dtype a kernel is not written for.
pub(crate) fn kernel_missing(operator: &'static str, kernel: &str, dtype: DType) -> Error {
    Error::not_implemented(operator, format!("\"{kernel}\" not implemented for '{}'", dtype.scalar_name()))
        .dtypes(&[dtype])
}

impl Tensor {
    /// Both operands in their common dtype.
    fn promoted(&self, other: Operand<'_>) -> Result<(Tensor, Tensor)> {
        let dtype = common_dtype(self, other);
        Ok((self.to_dtype(dtype)?, other.to_tensor(dtype)?))
    }

    /// `self + other`.
    ///
    /// # Errors
    /// `RuntimeError` if sizes do not broadcast.
    pub fn add<'a>(&self, other: impl Into<Operand<'a>>) -> Result<Tensor> {
        self.add_scaled(other, Scalar::Int(1))
    }

    /// `self + alpha * other`.
    ///
    /// # Errors
    /// `RuntimeError` if sizes do not broadcast or alpha is of a higher category than the result.
    pub fn add_scaled<'a>(&self, other: impl Into<Operand<'a>>, alpha: Scalar) -> Result<Tensor> {
        let (a, b) = self.promoted(other.into())?;
        check_alpha("add", a.dtype(), alpha)?;
        let b = scaled(b, alpha)?;
        with_element!(a.dtype(), T => zip::<T, T>("add", &a, &b, T::plus))
    }

    /// `self - other`.
    ///
    /// # Errors
    /// `RuntimeError` for bool operands or sizes that do not broadcast.
    pub fn sub<'a>(&self, other: impl Into<Operand<'a>>) -> Result<Tensor> {
        self.sub_scaled(other, Scalar::Int(1))
    }

    /// `self - alpha * other`.
    ///
    /// # Errors
    /// As [`Tensor::sub`] and [`Tensor::add_scaled`].
    pub fn sub_scaled<'a>(&self, other: impl Into<Operand<'a>>, alpha: Scalar) -> Result<Tensor> {
        let other = other.into();
        bool_subtraction("sub", self.dtype(), other.dtype())?;
        let (a, b) = self.promoted(other)?;
        check_alpha("sub", a.dtype(), alpha)?;
        let b = scaled(b, alpha)?;
        with_element!(a.dtype(), T => zip::<T, T>("sub", &a, &b, T::minus))
    }

    /// `other - self`.
    ///
    /// # Errors
    /// As [`Tensor::sub`].
    pub fn rsub<'a>(&self, other: impl Into<Operand<'a>>) -> Result<Tensor> {
        let other = other.into();
        bool_subtraction("rsub", self.dtype(), other.dtype())?;
        let (a, b) = self.promoted(other)?;
        with_element!(a.dtype(), T => zip::<T, T>("rsub", &b, &a, T::minus))
    }

    /// `self * other`.
    ///
    /// # Errors
    /// `RuntimeError` if sizes do not broadcast.
    pub fn mul<'a>(&self, other: impl Into<Operand<'a>>) -> Result<Tensor> {
        let (a, b) = self.promoted(other.into())?;
        with_element!(a.dtype(), T => zip::<T, T>("mul", &a, &b, T::times))
    }

    /// `self / other`, always in floating point.
    ///
    /// # Errors
    /// `RuntimeError` if sizes do not broadcast.
    pub fn div<'a>(&self, other: impl Into<Operand<'a>>) -> Result<Tensor> {
        let other = other.into();
        let dtype = float_dtype(common_dtype(self, other));
        let (a, b) = (self.to_dtype(dtype)?, other.to_tensor(dtype)?);
        with_float!(dtype, T => zip::<T, T>("div", &a, &b, T::over), else => Err(kernel_missing("div", "div_true_cpu", dtype)))
    }

    /// The quotient rounded to an integer, in the common dtype.
    ///
    /// # Errors
    /// `RuntimeError` "ZeroDivisionError" for an integer divisor of 0, or sizes that do not broadcast.
    pub fn div_rounded<'a>(&self, other: impl Into<Operand<'a>>, rounding: Rounding) -> Result<Tensor> {
        let kernel = match rounding {
            Rounding::Trunc => "div_trunc_cpu",
            Rounding::Floor => "div_floor_cpu",
        };
        let (a, b) = self.divisible("div", kernel, other.into())?;
        with_signed!(a.dtype(), T => match rounding {
            Rounding::Trunc => zip::<T, T>("div", &a, &b, T::trunc_div),
            Rounding::Floor => zip::<T, T>("div", &a, &b, T::floor_div),
        }, else => Err(kernel_missing("div", kernel, DType::Bool)))
    }

    /// `self % other` with the divisor's sign.
    ///
    /// # Errors
    /// As [`Tensor::div_rounded`].
    pub fn remainder<'a>(&self, other: impl Into<Operand<'a>>) -> Result<Tensor> {
        let (a, b) = self.divisible("remainder", "remainder_cpu", other.into())?;
        with_signed!(a.dtype(), T => zip::<T, T>("remainder", &a, &b, T::rem_floor), else =>
            Err(kernel_missing("remainder", "remainder_cpu", DType::Bool)))
    }

    /// Remainder with the dividend's sign.
    ///
    /// # Errors
    /// As [`Tensor::div_rounded`].
    pub fn fmod<'a>(&self, other: impl Into<Operand<'a>>) -> Result<Tensor> {
        let (a, b) = self.divisible("fmod", "fmod_cpu", other.into())?;
        with_signed!(a.dtype(), T => zip::<T, T>("fmod", &a, &b, T::rem_trunc), else =>
            Err(kernel_missing("fmod", "fmod_cpu", DType::Bool)))
    }

    fn divisible(
        &self,
        operator: &'static str,
        kernel: &str,
        other: Operand<'_>,
    ) -> Result<(Tensor, Tensor)> {
        let (a, b) = self.promoted(other)?;
        if a.dtype() == DType::Bool {
            return Err(kernel_missing(operator, kernel, DType::Bool));
        }
        if a.dtype().is_integral() && a.numel() > 0 && b.to_vec_as::<i64>()?.contains(&0) {
            return Err(Error::runtime(operator, "ZeroDivisionError")
                .expected("a divisor other than 0")
                .found("0"));
        }
        Ok((a, b))
    }

    /// `self ** exponent`.
    ///
    /// # Errors
    /// `RuntimeError` for an integer tensor with a negative integer number as exponent.
    pub fn pow<'a>(&self, exponent: impl Into<Operand<'a>>) -> Result<Tensor> {
        let exponent = exponent.into();
        if let Operand::Scalar(e) = exponent {
            if self.dtype().is_integral() && matches!(e, Scalar::Int(i) if i < 0) {
                return Err(Error::runtime("pow", "Integers to negative integer powers are not allowed.")
                    .dtypes(&[self.dtype()])
                    .found(e.to_string()));
            }
            let dtype = common_dtype(self, exponent);
            let base = self.to_dtype(dtype)?;
            return with_float!(dtype, T => power_float::<T>(&base, e.to_f64()), else =>
                with_signed!(dtype, T => {
                    let e = T::from_scalar(e);
                    map::<T, T>("pow", &base, |x| x.power(e))
                }, else => map::<bool, bool>("pow", &base, |x| x || !e.to_bool())));
        }
        let (a, b) = self.promoted(exponent)?;
        with_signed!(a.dtype(), T => zip::<T, T>("pow", &a, &b, T::power), else =>
            Err(kernel_missing("pow", "pow", DType::Bool)))
    }

    /// `base ** self` for a plain number.
    ///
    /// # Errors
    /// `NotImplementedError` for bool operands.
    pub fn rpow(&self, base: Scalar) -> Result<Tensor> {
        let dtype = common_dtype(self, base.into());
        Tensor::scalar(base, dtype).pow(&self.to_dtype(dtype)?)
    }

    /// Elementwise larger one; NaN wins.
    ///
    /// # Errors
    /// `RuntimeError` if sizes do not broadcast.
    pub fn maximum<'a>(&self, other: impl Into<Operand<'a>>) -> Result<Tensor> {
        let (a, b) = self.promoted(other.into())?;
        with_element!(a.dtype(), T => zip::<T, T>("maximum", &a, &b, T::larger))
    }

    /// Elementwise smaller one; NaN wins.
    ///
    /// # Errors
    /// `RuntimeError` if sizes do not broadcast.
    pub fn minimum<'a>(&self, other: impl Into<Operand<'a>>) -> Result<Tensor> {
        let (a, b) = self.promoted(other.into())?;
        with_element!(a.dtype(), T => zip::<T, T>("minimum", &a, &b, T::smaller))
    }

    /// Overwrites the elements; `source` broadcasts and is converted.
    ///
    /// # Errors
    /// `RuntimeError` if sizes do not broadcast to this tensor's or its elements overlap.
    pub fn copy_(&self, source: &Tensor) -> Result<()> {
        overwrite("copy_", self, source)
    }

    /// Overwrites every element with a number.
    ///
    /// # Errors
    /// `RuntimeError` if the elements overlap.
    pub fn fill_(&self, value: Scalar) -> Result<()> {
        overwrite("fill_", self, &Tensor::scalar(value.check_fits("fill_", self.dtype())?, self.dtype()))
    }

    /// `self += alpha * other`.
    ///
    /// # Errors
    /// `RuntimeError` if the result would not fit this tensor's sizes or category.
    pub fn add_<'a>(&self, other: impl Into<Operand<'a>>, alpha: Scalar) -> Result<()> {
        self.store_result("add_", &self.add_scaled(other, alpha)?)
    }

    /// `self -= alpha * other`.
    ///
    /// # Errors
    /// As [`Tensor::add_`].
    pub fn sub_<'a>(&self, other: impl Into<Operand<'a>>, alpha: Scalar) -> Result<()> {
        self.store_result("sub_", &self.sub_scaled(other, alpha)?)
    }

    /// `self *= other`.
    ///
    /// # Errors
    /// As [`Tensor::add_`].
    pub fn mul_<'a>(&self, other: impl Into<Operand<'a>>) -> Result<()> {
        self.store_result("mul_", &self.mul(other)?)
    }

    /// `self /= other`.
    ///
    /// # Errors
    /// As [`Tensor::add_`].
    pub fn div_<'a>(&self, other: impl Into<Operand<'a>>) -> Result<()> {
        self.store_result("div_", &self.div(other)?)
    }

    /// Writes an operator's result into one of its inputs, with PyTorch's checks of an in-place result.
    ///
    /// # Errors
    /// `RuntimeError` if the dtype's category or the sizes do not fit, or elements overlap.
    pub fn store_result(&self, operator: &'static str, result: &Tensor) -> Result<()> {
        if !result.dtype().can_cast(self.dtype()) {
            return Err(Error::runtime(
                operator,
                format!(
                    "result type {} can't be cast to the desired output type {}",
                    result.dtype().scalar_name(),
                    self.dtype().scalar_name()
                ),
            )
            .dtypes(&[result.dtype(), self.dtype()]));
        }
        if result.sizes() != self.sizes() {
            return Err(Error::runtime(
                operator,
                format!(
                    "output with shape {:?} doesn't match the broadcast shape {:?}",
                    self.sizes(),
                    result.sizes()
                ),
            )
            .shapes(&[self.sizes(), result.sizes()]));
        }
        overwrite(operator, self, result)
    }
}

/// The exponents PyTorch computes by other means than `pow`.
fn power_float<T: Float>(base: &Tensor, exponent: f64) -> Result<Tensor> {
    let one = T::ONE;
    let apply = |f: fn(T) -> T| map::<T, T>("pow", base, f);
    if exponent == 0.0 {
        apply(|_| T::ONE)
    } else if exponent == 1.0 {
        apply(|x| x)
    } else if exponent == 0.5 {
        apply(T::root)
    } else if exponent == 2.0 {
        map::<T, T>("pow", base, |x| x.times(x))
    } else if exponent == 3.0 {
        map::<T, T>("pow", base, |x| x.times(x).times(x))
    } else if exponent == -0.5 {
        map::<T, T>("pow", base, |x| one.over(x.root()))
    } else if exponent == -1.0 {
        map::<T, T>("pow", base, |x| one.over(x))
    } else if exponent == -2.0 {
        map::<T, T>("pow", base, |x| one.over(x.times(x)))
    } else if base.dtype() == DType::F32 && (exponent as f32).is_finite() {
        let power = math::Power { exponent: exponent as f32 };
        let other = |x: f32| math::pow_f32(x, power.exponent);
        map_vectors_where("pow", base, power, step!(math::is_above_zero: f32 => bool), other)
    } else {
        let e = T::of(exponent);
        map::<T, T>("pow", base, |x| x.power(e))
    }
}
