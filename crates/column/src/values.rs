//! The memory layout of a column's values.

use std::ops::Range;
use std::sync::Arc;

use crate::bitmap::Bitmap;
use crate::buffer::Buffer;
use crate::column::Column;
use crate::interval::Intervals;
use crate::objects::Objects;
use crate::text::Text;

/// Values by physical type. Datetimes and timedeltas are `Int64`; `str` and `string` are `Text`.
#[doc(hidden)]
#[derive(Clone, Debug)]
pub enum Values {
    Bool(Bitmap),
    Int8(Buffer<i8>),
    Int16(Buffer<i16>),
    Int32(Buffer<i32>),
    Int64(Buffer<i64>),
    UInt8(Buffer<u8>),
    UInt16(Buffer<u16>),
    UInt32(Buffer<u32>),
    UInt64(Buffer<u64>),
    Float32(Buffer<f32>),
    Float64(Buffer<f64>),
    Text(Text),
    Category(Category),
    Interval(Intervals),
    Object(Objects),
}

/// Codes into categories; a missing slot holds code −1.
#[derive(Clone, Debug)]
pub struct Category {
    pub(crate) codes: Buffer<i32>,
    pub(crate) categories: Arc<Column>,
    pub(crate) ordered: bool,
}

/// Runs `$body` with `$buffer` bound to the typed buffer of a numeric `$values`, else `$other`.
macro_rules! for_number {
    ($values:expr, $buffer:ident => $body:expr, _ => $other:expr) => {
        match $values {
            $crate::values::Values::Int8($buffer) => $body,
            $crate::values::Values::Int16($buffer) => $body,
            $crate::values::Values::Int32($buffer) => $body,
            $crate::values::Values::Int64($buffer) => $body,
            $crate::values::Values::UInt8($buffer) => $body,
            $crate::values::Values::UInt16($buffer) => $body,
            $crate::values::Values::UInt32($buffer) => $body,
            $crate::values::Values::UInt64($buffer) => $body,
            $crate::values::Values::Float32($buffer) => $body,
            $crate::values::Values::Float64($buffer) => $body,
            _ => $other,
        }
    };
}

/// Runs `$body` with the type alias `$native` standing for the Rust type of `$number`.
macro_rules! with_native {
    ($number:expr, $native:ident => $body:expr) => {
        match $number {
            $crate::number::Number::Int8 => {
                type $native = i8;
                $body
            }
            $crate::number::Number::Int16 => {
                type $native = i16;
                $body
            }
            $crate::number::Number::Int32 => {
                type $native = i32;
                $body
            }
            $crate::number::Number::Int64 => {
                type $native = i64;
                $body
            }
            $crate::number::Number::UInt8 => {
                type $native = u8;
                $body
            }
            $crate::number::Number::UInt16 => {
                type $native = u16;
                $body
            }
            $crate::number::Number::UInt32 => {
                type $native = u32;
                $body
            }
            $crate::number::Number::UInt64 => {
                type $native = u64;
                $body
            }
            $crate::number::Number::Float32 => {
                type $native = f32;
                $body
            }
            $crate::number::Number::Float64 => {
                type $native = f64;
                $body
            }
        }
    };
}

pub(crate) use {for_number, with_native};

impl Values {
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Bool(bits) => bits.len(),
            Self::Text(text) => text.len(),
            Self::Category(category) => category.codes.len(),
            Self::Interval(intervals) => intervals.left.len(),
            Self::Object(scalars) => scalars.len(),
            numbers => for_number!(numbers, buffer => buffer.len(), _ => 0),
        }
    }

    pub(crate) fn slice(&self, range: Range<usize>) -> Self {
        match self {
            Self::Bool(bits) => Self::Bool(bits.slice(range)),
            Self::Int8(buffer) => Self::Int8(buffer.slice(range)),
            Self::Int16(buffer) => Self::Int16(buffer.slice(range)),
            Self::Int32(buffer) => Self::Int32(buffer.slice(range)),
            Self::Int64(buffer) => Self::Int64(buffer.slice(range)),
            Self::UInt8(buffer) => Self::UInt8(buffer.slice(range)),
            Self::UInt16(buffer) => Self::UInt16(buffer.slice(range)),
            Self::UInt32(buffer) => Self::UInt32(buffer.slice(range)),
            Self::UInt64(buffer) => Self::UInt64(buffer.slice(range)),
            Self::Float32(buffer) => Self::Float32(buffer.slice(range)),
            Self::Float64(buffer) => Self::Float64(buffer.slice(range)),
            Self::Text(text) => Self::Text(text.slice(range)),
            Self::Category(category) => {
                Self::Category(Category { codes: category.codes.slice(range), ..category.clone() })
            }
            Self::Interval(intervals) => {
                Self::Interval(intervals.map(|side| side.slice(range.start, range.end)))
            }
            Self::Object(scalars) => Self::Object(scalars.slice(range)),
        }
    }
}
