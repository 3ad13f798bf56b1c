//! The fixed-width number types a column can hold.

use crate::buffer::Buffer;
use crate::scalar::Scalar;
use crate::values::Values;

/// A machine number type, without saying whether values may be missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs)]
pub enum Number {
    Int8,
    Int16,
    Int32,
    Int64,
    UInt8,
    UInt16,
    UInt32,
    UInt64,
    Float32,
    Float64,
}

impl Number {
    /// All number types.
    pub const ALL: [Self; 10] = [
        Self::Int8,
        Self::Int16,
        Self::Int32,
        Self::Int64,
        Self::UInt8,
        Self::UInt16,
        Self::UInt32,
        Self::UInt64,
        Self::Float32,
        Self::Float64,
    ];

    /// The spelling of numpy's dtype.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Int8 => "int8",
            Self::Int16 => "int16",
            Self::Int32 => "int32",
            Self::Int64 => "int64",
            Self::UInt8 => "uint8",
            Self::UInt16 => "uint16",
            Self::UInt32 => "uint32",
            Self::UInt64 => "uint64",
            Self::Float32 => "float32",
            Self::Float64 => "float64",
        }
    }

    /// The spelling of pandas' nullable dtype.
    #[must_use]
    pub fn nullable_name(self) -> &'static str {
        match self {
            Self::Int8 => "Int8",
            Self::Int16 => "Int16",
            Self::Int32 => "Int32",
            Self::Int64 => "Int64",
            Self::UInt8 => "UInt8",
            Self::UInt16 => "UInt16",
            Self::UInt32 => "UInt32",
            Self::UInt64 => "UInt64",
            Self::Float32 => "Float32",
            Self::Float64 => "Float64",
        }
    }

    /// Bytes of one value.
    #[must_use]
    pub fn size_bytes(self) -> usize {
        match self {
            Self::Int8 | Self::UInt8 => 1,
            Self::Int16 | Self::UInt16 => 2,
            Self::Int32 | Self::UInt32 | Self::Float32 => 4,
            Self::Int64 | Self::UInt64 | Self::Float64 => 8,
        }
    }

    /// `float32` or `float64`.
    #[must_use]
    pub fn is_float(self) -> bool {
        matches!(self, Self::Float32 | Self::Float64)
    }

    /// An integer without sign.
    #[must_use]
    pub fn is_unsigned(self) -> bool {
        matches!(self, Self::UInt8 | Self::UInt16 | Self::UInt32 | Self::UInt64)
    }

    /// An integer with sign.
    #[must_use]
    pub fn is_signed(self) -> bool {
        !self.is_float() && !self.is_unsigned()
    }

    /// Smallest and largest value of an integer type; `None` for floats.
    #[must_use]
    pub fn integer_range(self) -> Option<(i128, i128)> {
        if self.is_float() {
            return None;
        }
        let bits = 8 * self.size_bytes() as u32;
        Some(match self.is_unsigned() {
            true => (0, (1i128 << bits) - 1),
            false => (-(1i128 << (bits - 1)), (1i128 << (bits - 1)) - 1),
        })
    }
}

mod sealed {
    pub trait Sealed {}
}

/// A Rust type that is the value type of a [`Number`].
pub trait Native: sealed::Sealed + Copy + PartialEq + PartialOrd + std::fmt::Debug + 'static {
    /// The type's tag.
    const NUMBER: Number;
    /// What a missing slot holds where validity is a bitmap.
    const ZERO: Self;

    /// Whether the value itself says "missing" (NaN).
    fn is_nan(self) -> bool;
    /// The value with one representation of NaN.
    fn canonical(self) -> Self;
    /// The value as a scalar.
    fn scalar(self) -> Scalar;
    /// Nearest `f64`.
    fn to_f64(self) -> f64;
    /// C-style conversion from `f64` (Rust's `as`).
    fn from_f64(value: f64) -> Self;
    /// The value as an integer; floats are truncated.
    fn to_i128(self) -> i128;
    /// Low bits of an integer, or the nearest float.
    fn from_i128(value: i128) -> Self;
    /// Little-endian bytes, appended.
    fn write_le(self, out: &mut Vec<u8>);
    /// From exactly `Self::NUMBER.size_bytes()` little-endian bytes.
    fn read_le(bytes: &[u8]) -> Option<Self>;

    #[doc(hidden)]
    fn unwrap_values(values: &Values) -> Option<&Buffer<Self>>;
    #[doc(hidden)]
    fn wrap_values(buffer: Buffer<Self>) -> Values;
}

macro_rules! native {
    ($type:ty, $variant:ident, $is_nan:expr, $canonical:expr, $scalar:expr) => {
        impl sealed::Sealed for $type {}

        impl Native for $type {
            const NUMBER: Number = Number::$variant;
            const ZERO: Self = 0 as $type;

            #[inline]
            fn is_nan(self) -> bool {
                $is_nan(self)
            }
            #[inline]
            fn canonical(self) -> Self {
                $canonical(self)
            }
            fn scalar(self) -> Scalar {
                $scalar(self)
            }
            #[inline]
            fn to_f64(self) -> f64 {
                self as f64
            }
            #[inline]
            fn from_f64(value: f64) -> Self {
                value as $type
            }
            #[inline]
            fn to_i128(self) -> i128 {
                self as i128
            }
            #[inline]
            fn from_i128(value: i128) -> Self {
                value as $type
            }
            fn write_le(self, out: &mut Vec<u8>) {
                out.extend_from_slice(&self.to_le_bytes());
            }
            fn read_le(bytes: &[u8]) -> Option<Self> {
                bytes.try_into().ok().map(<$type>::from_le_bytes)
            }
            fn unwrap_values(values: &Values) -> Option<&Buffer<Self>> {
                match values {
                    Values::$variant(buffer) => Some(buffer),
                    _ => None,
                }
            }
            fn wrap_values(buffer: Buffer<Self>) -> Values {
                Values::$variant(buffer)
            }
        }
    };
}

macro_rules! native_integer {
    ($($type:ty => $variant:ident),*) => {
        $(native!($type, $variant, |_| false, |value| value, |value| Scalar::Int(i64::from(value)));)*
    };
}

native_integer!(i8 => Int8, i16 => Int16, i32 => Int32, i64 => Int64, u8 => UInt8, u16 => UInt16, u32 => UInt32);
native!(u64, UInt64, |_| false, |value| value, Scalar::from);
native!(
    f32,
    Float32,
    |value: f32| value.is_nan(),
    |value: f32| if value.is_nan() { f32::NAN } else { value },
    |value: f32| Scalar::Float(f64::from(value))
);
native!(
    f64,
    Float64,
    |value: f64| value.is_nan(),
    |value: f64| if value.is_nan() { f64::NAN } else { value },
    Scalar::Float
);
