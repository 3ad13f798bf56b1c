//! Arrow-layout columns, dtypes and kernels with the semantics of pandas 3.1.
//!
//! The main type is [`Column`]: an immutable, cheaply cloned run of values of one [`DType`], with its
//! missing values. Kernels are methods on it; each lives in the file of its concept (`arithmetic`,
//! `reduce`, `strings` …). A single value is a [`Scalar`]; a failed operation is an [`Error`] that
//! carries pandas' exception class and message.
//!
//! The crate refuses to know row labels, names of columns, files and threads. Start reading at
//! `column.rs`, then `values.rs` for the memory layout and `encode.rs` for the canonical bytes.

#![warn(missing_docs)]

mod column;

mod bitmap;
mod buffer;
mod calendar;
mod dtype;
mod error;
mod float_text;
mod number;
mod python_number;
mod scalar;
mod text;
mod values;

mod build;
mod cast;
mod category;
mod encode;
mod promote;
mod select;
mod time;

pub use bitmap::Bitmap;
pub use buffer::Buffer;
pub use column::Column;
pub use dtype::{DType, TimeUnit};
pub use error::{Error, ErrorKind, Result};
pub use float_text::{float_repr, write_float, write_float32};
pub use number::{Native, Number};
pub use promote::concat_dtype;
pub use python_number::{parse_float, parse_int};
pub use scalar::{Key, Scalar};
pub use text::{Text, TextBuilder};
