//! CSV, JSON, Parquet and Arrow IPC with pandas' options, inference and errors; compressed files.
//!
//! [`read_csv`] turns bytes into a [`Table`]: labelled [`Column`](column::Column)s and index columns,
//! with the dtypes pandas 3.1 infers, or those of a [`Schema`]. [`read_csv_hardened`] also repairs three
//! defects, within bounds. [`to_csv`] writes a table back. [`read_json`] and [`to_json`] do the same for JSON in
//! pandas' orients, [`read_parquet`] and [`read_ipc`] for the columnar formats, [`Compression`] for the bytes of a file, and [`save`] puts them in an old file's place.
//!
//! The crate refuses to know where bytes come from (callers hand them over), row labels and alignment.
//! Start reading at `read.rs`; `records.rs` says how pieces of a file are read at once, `tokenizer.rs`
//! how bytes become fields, `builder.rs` how fields become typed columns without a string per cell.

#![warn(missing_docs)]

mod read;

mod arrow;
mod builder;
mod cell;
mod compression;
mod decompress;
mod delimiters;
mod error;
mod join;
mod json;
mod missing;
mod options;
mod percent;
mod records;
mod repair;
mod save;
mod schema;
mod table;
mod texts;
mod tokenizer;
mod write;

pub use arrow::{
    IpcCompression, ParquetCompression, ReadIpc, ReadParquet, ToIpc, ToParquet, read_ipc, read_parquet,
    to_ipc, to_parquet,
};
pub use compression::Compression;
pub use error::{Error, ErrorKind, Place, Result};
pub use json::{ConvertDates, DateFormat, JsonDType, Orient, ReadJson, ToJson, read_json, to_json};
pub use options::{ColumnRef, Header, IndexCol, OnBadLines, ReadCsv, SkipRows};
pub use percent::FloatFormat;
pub use read::read_csv;
pub use repair::{Defect, REPAIRS_MAX, Repair, Repaired, read_csv_hardened};
pub use save::save;
pub use schema::{Extra, Problem, Schema, SchemaColumn};
pub use table::{RowRange, Table};
pub use write::{IndexLabel, Quoting, ToCsv, to_csv};
