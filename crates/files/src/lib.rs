//! CSV with pandas' options, inference and errors; compressed inputs.
//!
//! [`read_csv`] turns bytes into a [`Table`]: labelled [`Column`](column::Column)s and index columns,
//! with the dtypes pandas 3.1 infers, or those of a [`Schema`]. [`read_csv_hardened`] also repairs three
//! defects, within bounds. [`to_csv`] writes a table back.
//!
//! The crate refuses to know the file system (callers hand over bytes), row labels and alignment.
//! Start reading at `read.rs`; `records.rs` says how pieces of a file are read at once, `tokenizer.rs`
//! how bytes become fields, `builder.rs` how fields become typed columns without a string per cell.

#![warn(missing_docs)]

mod read;

mod builder;
mod cell;
mod decompress;
mod delimiters;
mod error;
mod join;
mod missing;
mod options;
mod records;
mod repair;
mod schema;
mod table;
mod texts;
mod tokenizer;
mod write;

pub use error::{Error, ErrorKind, Place, Result};
pub use options::{ColumnRef, Header, IndexCol, OnBadLines, ReadCsv, SkipRows};
pub use read::read_csv;
pub use repair::{Defect, REPAIRS_MAX, Repair, Repaired, read_csv_hardened};
pub use schema::{Extra, Problem, Schema, SchemaColumn};
pub use table::Table;
pub use write::{ToCsv, to_csv};
