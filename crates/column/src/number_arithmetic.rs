//! Arithmetic of single numbers as numpy does it.

use crate::number::Native;

/// Integers wrap; `//` and `%` follow the sign of the divisor; `x // 0` and `x % 0` of integers are 0.
pub(crate) trait NumberArithmetic: Native {
    fn add(self, other: Self) -> Self;
    fn subtract(self, other: Self) -> Self;
    fn multiply(self, other: Self) -> Self;
    fn divide(self, other: Self) -> Self;
    fn floor_divide(self, other: Self) -> Self;
    fn remainder(self, other: Self) -> Self;
    fn power(self, other: Self) -> Self;
}

macro_rules! integers {
    ($($type:ty),*) => {
        $(impl NumberArithmetic for $type {
            fn add(self, other: Self) -> Self {
                self.wrapping_add(other)
            }
            fn subtract(self, other: Self) -> Self {
                self.wrapping_sub(other)
            }
            fn multiply(self, other: Self) -> Self {
                self.wrapping_mul(other)
            }
            fn divide(self, other: Self) -> Self {
                self.checked_div(other).unwrap_or(0)
            }
            fn floor_divide(self, other: Self) -> Self {
                if other == 0 {
                    return 0;
                }
                let rest = self.wrapping_rem(other);
                let down = rest != 0 && (rest ^ other) < Self::ZERO;
                self.wrapping_div(other).wrapping_sub(Self::from(down as u8 as i8 as $type))
            }
            fn remainder(self, other: Self) -> Self {
                if other == 0 {
                    return 0;
                }
                let rest = self.wrapping_rem(other);
                if rest != 0 && (rest ^ other) < Self::ZERO { rest.wrapping_add(other) } else { rest }
            }
            fn power(self, other: Self) -> Self {
                let (mut base, mut exponent, mut result) = (self, other, 1 as $type);
                while exponent > 0 {
                    if exponent & 1 == 1 {
                        result = result.wrapping_mul(base);
                    }
                    base = base.wrapping_mul(base);
                    exponent >>= 1;
                }
                result
            }
        })*
    };
}

integers!(i8, i16, i32, i64, u8, u16, u32, u64);

macro_rules! floats {
    ($($type:ty),*) => {
        $(impl NumberArithmetic for $type {
            fn add(self, other: Self) -> Self {
                self + other
            }
            fn subtract(self, other: Self) -> Self {
                self - other
            }
            fn multiply(self, other: Self) -> Self {
                self * other
            }
            fn divide(self, other: Self) -> Self {
                self / other
            }
            /// The quotient of numpy's `divmod`.
            fn floor_divide(self, other: Self) -> Self {
                if other == 0.0 {
                    return self / other;
                }
                let rest = self % other;
                let mut quotient = (self - rest) / other;
                if rest != 0.0 && (other < 0.0) != (rest < 0.0) {
                    quotient -= 1.0;
                }
                if quotient == 0.0 {
                    return (0.0 as $type).copysign(self / other);
                }
                let floor = quotient.floor();
                if quotient - floor > 0.5 { floor + 1.0 } else { floor }
            }
            /// The remainder of numpy's `divmod`.
            fn remainder(self, other: Self) -> Self {
                let rest = self % other;
                if rest == 0.0 {
                    (0.0 as $type).copysign(other)
                } else if (other < 0.0) != (rest < 0.0) {
                    rest + other
                } else {
                    rest
                }
            }
            fn power(self, other: Self) -> Self {
                self.powf(other)
            }
        })*
    };
}

floats!(f32, f64);
