//! What the kernels ask of an element type, and the macros that choose one by dtype.

use std::borrow::Cow;
use std::fmt::Debug;

use crate::foreign::Elements;
use crate::storage::Buffer;
use crate::{DType, Scalar};

/// A type that can be stored in a tensor.
pub trait Element: Copy + Default + PartialEq + PartialOrd + Send + Sync + Debug + 'static {
    /// The dtype of this type.
    const DTYPE: DType;
    /// The buffer's elements, `None` if the buffer holds another type.
    fn values(buffer: &Buffer) -> Option<&[Self]>;
    /// The buffer's elements for writing, `None` if the buffer holds another type.
    fn values_mut(buffer: &mut Buffer) -> Option<&mut [Self]>;
    /// Wraps the elements.
    fn into_buffer(values: Elements<Self>) -> Buffer;
    /// Conversion with PyTorch's rules: integers wrap, floats go toward zero, NaN gives the minimum.
    fn from_scalar(scalar: Scalar) -> Self;
    /// The element as a number; exact.
    fn to_scalar(self) -> Scalar;
    /// The little-endian bytes of each; no copy where the machine keeps them so.
    fn le_bytes(values: &[Self]) -> Cow<'_, [u8]>;
    /// Appends the elements of these little-endian bytes; `None` if they are no values of this type.
    fn extend_le(values: &mut Vec<Self>, bytes: &[u8]) -> Option<()>;
    /// Whether the element is NaN.
    fn is_nan(self) -> bool {
        false
    }
    /// A whole number that stands in the order of sorting: equal for equal elements, NaN last.
    fn rank(self) -> u64;
}

/// Adds to a row-major result the scalar products of all rows (first) with all columns.
pub type AddDots<T> = fn(&mut [T], &[&[T]], &[&[T]]);

/// Arithmetic of one element type; integers wrap around, `bool` is the lattice {or, and}.
pub trait Number: Element {
    /// Neutral element of addition.
    const ZERO: Self;
    /// Neutral element of multiplication.
    const ONE: Self;
    /// Sum.
    fn plus(self, other: Self) -> Self;
    /// Difference.
    fn minus(self, other: Self) -> Self;
    /// Product.
    fn times(self, other: Self) -> Self;
    /// `self * factor + addend`; floats are rounded once.
    #[inline(always)]
    fn multiply_add(self, factor: Self, addend: Self) -> Self {
        self.times(factor).plus(addend)
    }
    /// Adds the scalar products of rows with columns, where there is a loop for this type.
    const ADD_DOTS: Option<AddDots<Self>> = None;
    /// Larger one; NaN if either is.
    #[inline(always)]
    fn larger(self, other: Self) -> Self {
        if self.is_nan() || (!other.is_nan() && self >= other) { self } else { other }
    }
    /// Smaller one; NaN if either is.
    fn smaller(self, other: Self) -> Self {
        if self.is_nan() || (!other.is_nan() && self <= other) { self } else { other }
    }
}

/// Division and rounding of numbers other than `bool`.
pub trait Signed: Number {
    /// Negation.
    fn negate(self) -> Self;
    /// Magnitude.
    fn magnitude(self) -> Self;
    /// -1, 0 or 1; NaN gives 0.
    fn signum_zero(self) -> Self;
    /// Quotient rounded toward zero. Integers: the divisor is not zero.
    fn trunc_div(self, other: Self) -> Self;
    /// Quotient rounded toward minus infinity. Integers: the divisor is not zero.
    fn floor_div(self, other: Self) -> Self;
    /// Remainder with the divisor's sign. Integers: the divisor is not zero.
    fn rem_floor(self, other: Self) -> Self;
    /// Remainder with the dividend's sign. Integers: the divisor is not zero.
    fn rem_trunc(self, other: Self) -> Self;
    /// Power. Integers by repeated squaring, a negative exponent truncates toward zero.
    fn power(self, exponent: Self) -> Self;
}

/// A floating point element.
pub trait Float: Signed {
    /// From f64, rounded to nearest.
    fn of(value: f64) -> Self;
    /// To f64, exact.
    fn wide(self) -> f64;
    /// Quotient.
    fn over(self, other: Self) -> Self;
    /// Square root, correctly rounded.
    fn root(self) -> Self;
    /// Natural exponential.
    fn exponential(self) -> Self;
}

/// Whole numbers in rising order without a sign.
fn rank_of(value: i64) -> u64 {
    value as u64 ^ 1 << 63
}

/// The bits of a float in the order of its value: more of them for a larger one, whatever its sign.
fn rising(bits: u64) -> u64 {
    if bits >> 63 == 1 { !bits } else { bits | 1 << 63 }
}

macro_rules! element {
    ($t:ty, $variant:ident, $scalar:ident, |$from:ident| $convert:expr, |$ranked:ident| $rank:expr) => {
        impl Element for $t {
            const DTYPE: DType = DType::$variant;
            fn values(buffer: &Buffer) -> Option<&[Self]> {
                match buffer {
                    Buffer::$variant(v) => Some(v),
                    _ => None,
                }
            }
            fn values_mut(buffer: &mut Buffer) -> Option<&mut [Self]> {
                match buffer {
                    Buffer::$variant(v) => v.values_mut(),
                    _ => None,
                }
            }
            fn into_buffer(values: Elements<Self>) -> Buffer {
                Buffer::$variant(values)
            }
            #[inline]
            fn from_scalar($from: Scalar) -> Self {
                $convert
            }
            #[inline]
            fn to_scalar(self) -> Scalar {
                Scalar::$scalar(self.into())
            }
            fn le_bytes(values: &[Self]) -> Cow<'_, [u8]> {
                match cfg!(target_endian = "little") {
                    true => Cow::Borrowed(bytemuck::cast_slice(values)),
                    false => Cow::Owned(values.iter().flat_map(|value| value.to_le_bytes()).collect()),
                }
            }
            fn extend_le(values: &mut Vec<Self>, bytes: &[u8]) -> Option<()> {
                let (whole, []) = bytes.as_chunks() else { return None };
                values.extend(whole.iter().map(|bytes| Self::from_le_bytes(*bytes)));
                Some(())
            }
            #[inline]
            #[allow(clippy::eq_op)]
            fn is_nan(self) -> bool {
                self != self
            }
            #[inline]
            fn rank(self) -> u64 {
                let $ranked = self;
                $rank
            }
        }
    };
}

/// x86's `cvttsd2si` to 32 bits, the conversion behind PyTorch's float to small integer casts.
#[inline]
fn to_i32_x86(f: f64) -> i32 {
    if f > -2_147_483_649.0 && f < 2_147_483_648.0 { f as i32 } else { i32::MIN }
}

#[inline]
fn narrow(scalar: Scalar) -> i64 {
    match scalar {
        Scalar::Float(f) => i64::from(to_i32_x86(f)),
        other => other.to_i64(),
    }
}

element!(u8, U8, Int, |s| narrow(s) as u8, |i| rank_of(i64::from(i)));
element!(i8, I8, Int, |s| narrow(s) as i8, |i| rank_of(i64::from(i)));
element!(i16, I16, Int, |s| narrow(s) as i16, |i| rank_of(i64::from(i)));
element!(i32, I32, Int, |s| narrow(s) as i32, |i| rank_of(i64::from(i)));
element!(i64, I64, Int, |s| s.to_i64(), |i| rank_of(i));
element!(
    f32,
    F32,
    Float,
    |s| match s {
        Scalar::Int(i) => i as f32,
        other => other.to_f64() as f32,
    },
    |f| if f.is_nan() { u64::MAX } else { rising(u64::from((f + 0.0).to_bits()) << 32) }
);
element!(f64, F64, Float, |s| s.to_f64(), |f| if f.is_nan() {
    u64::MAX
} else {
    rising((f + 0.0).to_bits())
});

impl Element for bool {
    const DTYPE: DType = DType::Bool;
    fn values(buffer: &Buffer) -> Option<&[Self]> {
        match buffer {
            Buffer::Bool(v) => Some(v),
            _ => None,
        }
    }
    fn values_mut(buffer: &mut Buffer) -> Option<&mut [Self]> {
        match buffer {
            Buffer::Bool(v) => v.values_mut(),
            _ => None,
        }
    }
    fn into_buffer(values: Elements<Self>) -> Buffer {
        Buffer::Bool(values)
    }
    #[inline]
    fn from_scalar(scalar: Scalar) -> Self {
        scalar.to_bool()
    }
    #[inline]
    fn to_scalar(self) -> Scalar {
        Scalar::Bool(self)
    }
    fn le_bytes(values: &[Self]) -> Cow<'_, [u8]> {
        Cow::Borrowed(bytemuck::cast_slice(values))
    }
    fn rank(self) -> u64 {
        u64::from(self)
    }
    fn extend_le(values: &mut Vec<Self>, bytes: &[u8]) -> Option<()> {
        if bytes.iter().any(|&byte| byte > 1) {
            return None;
        }
        values.extend(bytes.iter().map(|&byte| byte == 1));
        Some(())
    }
}

impl Number for bool {
    const ZERO: Self = false;
    const ONE: Self = true;
    fn plus(self, other: Self) -> Self {
        self | other
    }
    fn minus(self, other: Self) -> Self {
        self ^ other
    }
    fn times(self, other: Self) -> Self {
        self & other
    }
}

macro_rules! integer {
    ($t:ty, $signed:expr) => {
        impl Number for $t {
            const ZERO: Self = 0;
            const ONE: Self = 1;
            #[inline]
            fn plus(self, other: Self) -> Self {
                self.wrapping_add(other)
            }
            #[inline]
            fn minus(self, other: Self) -> Self {
                self.wrapping_sub(other)
            }
            #[inline]
            fn times(self, other: Self) -> Self {
                self.wrapping_mul(other)
            }
        }
        impl Signed for $t {
            fn negate(self) -> Self {
                self.wrapping_neg()
            }
            #[allow(unused_comparisons)]
            fn magnitude(self) -> Self {
                if self < 0 { self.wrapping_neg() } else { self }
            }
            #[allow(unused_comparisons)]
            fn signum_zero(self) -> Self {
                if self > 0 {
                    1
                } else if self < 0 {
                    Self::ZERO.wrapping_sub(1)
                } else {
                    0
                }
            }
            fn trunc_div(self, other: Self) -> Self {
                self.wrapping_div(other)
            }
            #[allow(unused_comparisons)]
            fn floor_div(self, other: Self) -> Self {
                let quotient = self.wrapping_div(other);
                let inexact = self.wrapping_rem(other) != 0;
                if inexact && ((self < 0) != (other < 0)) { quotient.wrapping_sub(1) } else { quotient }
            }
            #[allow(unused_comparisons)]
            fn rem_floor(self, other: Self) -> Self {
                let rest = self.wrapping_rem(other);
                if rest != 0 && ((rest < 0) != (other < 0)) { rest.wrapping_add(other) } else { rest }
            }
            fn rem_trunc(self, other: Self) -> Self {
                self.wrapping_rem(other)
            }
            #[allow(unused_comparisons)]
            fn power(self, exponent: Self) -> Self {
                if exponent < 0 {
                    let minus_one = Self::ZERO.wrapping_sub(1);
                    return match self {
                        1 => 1,
                        x if $signed && x == minus_one => {
                            if exponent % 2 == 0 {
                                1
                            } else {
                                minus_one
                            }
                        }
                        _ => 0,
                    };
                }
                let (mut base, mut left, mut result) = (self, exponent, Self::ONE);
                while left > 0 {
                    if left & 1 == 1 {
                        result = result.wrapping_mul(base);
                    }
                    left >>= 1;
                    base = base.wrapping_mul(base);
                }
                result
            }
        }
    };
}
integer!(u8, false);
integer!(i8, true);
integer!(i16, true);
integer!(i32, true);
integer!(i64, true);

macro_rules! float {
    ($t:ty, $pow:path, $fmod:path, $exp:path, $dots:expr) => {
        impl Number for $t {
            const ZERO: Self = 0.0;
            const ONE: Self = 1.0;
            const ADD_DOTS: Option<AddDots<Self>> = $dots;
            #[inline]
            fn plus(self, other: Self) -> Self {
                self + other
            }
            #[inline]
            fn minus(self, other: Self) -> Self {
                self - other
            }
            #[inline]
            fn times(self, other: Self) -> Self {
                self * other
            }
            #[inline(always)]
            fn multiply_add(self, factor: Self, addend: Self) -> Self {
                self.mul_add(factor, addend)
            }
        }
        impl Signed for $t {
            #[inline]
            fn negate(self) -> Self {
                -self
            }
            #[inline]
            fn magnitude(self) -> Self {
                self.abs()
            }
            fn signum_zero(self) -> Self {
                if self > 0.0 {
                    1.0
                } else if self < 0.0 {
                    -1.0
                } else {
                    0.0
                }
            }
            fn trunc_div(self, other: Self) -> Self {
                (self / other).trunc()
            }
            // Python's float floor division, exact where `floor(a / b)` would round up.
            fn floor_div(self, other: Self) -> Self {
                if other == 0.0 {
                    return self / other;
                }
                let rest = $fmod(self, other);
                let mut quotient = (self - rest) / other;
                if rest != 0.0 && ((other < 0.0) != (rest < 0.0)) {
                    quotient -= 1.0;
                }
                if quotient == 0.0 {
                    return (0.0 as $t).copysign(self / other);
                }
                let floor = quotient.floor();
                if quotient - floor > 0.5 { floor + 1.0 } else { floor }
            }
            fn rem_floor(self, other: Self) -> Self {
                let rest = $fmod(self, other);
                if rest != 0.0 && ((other < 0.0) != (rest < 0.0)) { rest + other } else { rest }
            }
            fn rem_trunc(self, other: Self) -> Self {
                $fmod(self, other)
            }
            fn power(self, exponent: Self) -> Self {
                $pow(self, exponent)
            }
        }
        impl Float for $t {
            #[inline]
            fn of(value: f64) -> Self {
                value as $t
            }
            #[inline]
            fn wide(self) -> f64 {
                self.into()
            }
            #[inline]
            fn over(self, other: Self) -> Self {
                self / other
            }
            #[inline]
            fn root(self) -> Self {
                self.sqrt()
            }
            #[inline(always)]
            fn exponential(self) -> Self {
                $exp(self)
            }
        }
    };
}
float!(f32, crate::math::pow_f32, libm::fmodf, crate::math::exp_f32, Some(crate::dots::add));
float!(f64, libm::pow, libm::fmod, libm::exp, None);

/// Runs the body with `$T` bound to the element type of the dtype.
macro_rules! with_element {
    ($dtype:expr, $T:ident => $body:expr) => {
        $crate::element::with_signed!($dtype, $T => $body, else => {
            type $T = bool;
            $body
        })
    };
}

/// Runs the body for every dtype but `bool`, the alternative for `bool`.
macro_rules! with_signed {
    ($dtype:expr, $T:ident => $body:expr, else => $other:expr) => {
        match $dtype {
            $crate::DType::U8 => {
                type $T = u8;
                $body
            }
            $crate::DType::I8 => {
                type $T = i8;
                $body
            }
            $crate::DType::I16 => {
                type $T = i16;
                $body
            }
            $crate::DType::I32 => {
                type $T = i32;
                $body
            }
            $crate::DType::I64 => {
                type $T = i64;
                $body
            }
            $crate::DType::F32 => {
                type $T = f32;
                $body
            }
            $crate::DType::F64 => {
                type $T = f64;
                $body
            }
            $crate::DType::Bool => $other,
        }
    };
}

/// Runs the body for the float dtypes, the alternative for all others.
macro_rules! with_float {
    ($dtype:expr, $T:ident => $body:expr, else => $other:expr) => {
        match $dtype {
            $crate::DType::F32 => {
                type $T = f32;
                $body
            }
            $crate::DType::F64 => {
                type $T = f64;
                $body
            }
            _ => $other,
        }
    };
}

pub(crate) use {with_element, with_float, with_signed};
