//! Columns as Arrow arrays and back, and the two file formats made of them.
//!
//! `export.rs` and `import.rs` convert one column; `pandas.rs` is the metadata block by which pandas keeps index,
//! names and dtypes in such files; `ipc.rs` and `parquet.rs` are the formats (`dictionary_chunk.rs`
//! writes categories into the second). No other part of the workspace knows
//! an Arrow crate.

mod dictionary_chunk;
mod export;
mod import;
mod ipc;
mod pandas;
mod parquet;

pub use ipc::{IpcCompression, ReadIpc, ToIpc, read_ipc, to_ipc};
pub use parquet::{ParquetCompression, ReadParquet, ToParquet, read_parquet, to_parquet};

use crate::error::{Error, ErrorKind};

/// `pyarrow.lib.ArrowInvalid`, which is a `ValueError`.
fn invalid(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::Column(column::ErrorKind::ArrowInvalid), message)
}

/// Runs a decoder that may panic on what a damaged file says: the file is at fault, not the program.
fn guarded<T>(format: &str, work: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)).unwrap_or_else(|_| {
        Err(invalid(format!("{format} file is damaged: its lengths contradict each other")))
    })
}
