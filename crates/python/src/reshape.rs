//! Frames and series below and beside each other, and in other shapes.

use frame::Concat;
use pyo3::prelude::*;

use crate::error::engine;
use crate::frame::{DataFrame, wrapped};
use crate::series::Series;

/// Frames one below the other (`axis` 0) or side by side, without keys.
#[pyfunction]
pub fn concat_frames(
    py: Python<'_>,
    frames: Vec<PyRef<'_, DataFrame>>,
    axis: usize,
    inner: bool,
    ignore_index: bool,
    verify_integrity: bool,
    sort: bool,
) -> PyResult<Py<PyAny>> {
    let frames = frames.iter().map(|part| part.engine(py)).collect::<PyResult<Vec<_>>>()?;
    let parts: Vec<&frame::Frame> = frames.iter().collect();
    let options = Concat { inner, ignore_index, verify_integrity, sort, ..Concat::default() };
    let joined = engine(py, || match axis {
        0 => frame::concat(&parts, &options),
        _ => frame::concat_columns(&parts, &options),
    })?;
    wrapped(py, joined)
}

/// Series one below the other, without keys.
#[pyfunction]
pub fn concat_series(
    py: Python<'_>,
    series: Vec<PyRef<'_, Series>>,
    ignore_index: bool,
    verify_integrity: bool,
) -> PyResult<Py<PyAny>> {
    let series = series.iter().map(|part| part.engine(py)).collect::<PyResult<Vec<_>>>()?;
    let parts: Vec<&frame::Series> = series.iter().collect();
    let options = Concat { ignore_index, verify_integrity, ..Concat::default() };
    crate::series::wrapped(py, engine(py, || frame::concat_series(&parts, &options))?)
}
