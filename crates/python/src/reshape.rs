//! Frames and series below and beside each other, and in other shapes.

use ::column::Scalar;
use frame::{Concat, Dummies};
use pyo3::prelude::*;

use crate::error::engine;
use crate::frame::{DataFrame, wrapped};
use crate::scalar::from_python;
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

/// Levels of a frame's row labels as levels of its column labels.
#[pyfunction]
#[pyo3(signature = (frame, levels, fill = None, sort = true))]
pub fn unstack(
    frame: PyRef<'_, DataFrame>,
    levels: Vec<usize>,
    fill: Option<&Bound<'_, PyAny>>,
    sort: bool,
) -> PyResult<Py<PyAny>> {
    let py = frame.py();
    let this = frame.engine(py)?;
    let fill: Option<Scalar> = fill.map(from_python).transpose()?;
    wrapped(py, engine(py, || this.unstack(&levels, fill.as_ref(), sort))?)
}

/// Levels of a frame's column labels as levels of its row labels.
#[pyfunction]
pub fn stack(frame: PyRef<'_, DataFrame>, levels: Vec<usize>) -> PyResult<Py<PyAny>> {
    let py = frame.py();
    let this = frame.engine(py)?;
    wrapped(py, engine(py, || this.stack_levels(&levels))?)
}

/// A column for each value of a series, labelled by the values, or by them behind a prefix.
#[pyfunction]
pub fn dummies(
    series: PyRef<'_, Series>,
    prefix: Option<String>,
    prefix_sep: String,
    dummy_na: bool,
    drop_first: bool,
    dtype: &str,
) -> PyResult<Py<PyAny>> {
    let py = series.py();
    let this = series.engine(py)?;
    let dtype = crate::values::dtype(py, dtype)?;
    let options = Dummies { prefix, prefix_sep, dummy_na, drop_first, dtype, ..Dummies::default() };
    wrapped(py, engine(py, || this.get_dummies(&options))?)
}
