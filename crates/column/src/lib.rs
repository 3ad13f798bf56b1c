//! Arrow-layout columns, dtypes and kernels with the semantics of pandas 3.1.
//!
//! The main type is [`Column`]: an immutable, cheaply cloned run of values of one [`DType`], with its
//! missing values. Kernels are methods on it; each lives in the file of its concept (`arithmetic`,
//! `reduce`, `strings` …). A single value is a [`Scalar`]; a failed operation is an [`Error`] that
//! carries pandas' exception class and message.
//!
//! The crate refuses to know row labels, names of columns and files. Start reading at `column.rs`, then
//! `values.rs` for the memory layout and `encode.rs` for the canonical bytes.

#![warn(missing_docs)]

mod column;

mod bitmap;
mod buffer;
mod calendar;
mod dtype;
mod error;
mod float_text;
mod foreign;
mod interval;
mod number;
mod objects;
mod python_number;
mod scalar;
mod text;
mod values;
mod warning;
mod zone;

mod arithmetic;
pub mod arrow;
mod assign;
mod build;
mod cast;
mod categories;
mod category;
mod compare;
mod datetime_format;
mod encode;
mod factorize;
mod filter;
mod frequency;
mod localize;
mod logic;
mod number_arithmetic;
mod object_unary;
mod operand;
mod patterns;
mod promote;
mod reduce;
mod rounding;
mod scalar_arithmetic;
mod select;
mod sort;
mod strings;
mod sums;
mod time;
mod time_arithmetic;
mod timedelta;
mod unary;

pub use arithmetic::Arithmetic;
pub use bitmap::Bitmap;
pub use buffer::Buffer;
pub use calendar::{civil_from_days, days_from_civil, days_in_month};
pub use column::Column;
pub use compare::Comparison;
pub use datetime_format::DatetimeFormat;
pub use dtype::{DType, TimeUnit};
pub use error::{Error, ErrorKind, Result};
pub use factorize::Factorized;
pub use float_text::{float_repr, write_float, write_float32};
pub use foreign::{Foreign, Opaque, Operator};
pub use frequency::Frequency;
pub use interval::{Closed, Ends, Interval};
pub use localize::{Ambiguous, Nonexistent};
pub use logic::Logic;
pub use number::{Native, Number};
pub use operand::Operand;
pub use patterns::Pattern;
pub use promote::concat_dtype;
pub use python_number::{parse_float, parse_int};
pub use reduce::Interpolation;
pub use rounding::{TimeRounding, fixed_frequency_nanoseconds};
pub use scalar::{Key, Scalar};
pub use sort::try_sort_by;
pub use strings::{Case, TextSide, TextTest};
pub use sums::reduceat_sum;
pub use text::{Text, TextBuilder};
pub use time::DatetimePart;
pub use timedelta::TimedeltaPart;
pub use warning::{Conditions, Warning, WarningKind, warn, with_warnings};
pub use zone::{LocalTime, Zone};
