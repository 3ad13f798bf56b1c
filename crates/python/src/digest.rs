//! Digests of values, by which a recorded script's results are compared.

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::error::engine;
use crate::frame::DataFrame;
use crate::index::Index;
use crate::series::Series;

/// BLAKE3 in hexadecimal of a frame's, series' or index' canonical bytes, or of bytes.
///
/// Raises `TypeError` for anything else, `NotImplementedError` for values that have no canonical bytes.
#[pyfunction(name = "_digest")]
pub fn digest(object: &Bound<'_, PyAny>) -> PyResult<String> {
    let py = object.py();
    let hash = if let Ok(frame) = object.cast::<DataFrame>() {
        let frame = frame.borrow().engine(py)?;
        engine(py, || frame.digest())?
    } else if let Ok(series) = object.cast::<Series>() {
        let series = series.borrow().engine(py)?;
        engine(py, || series.digest())?
    } else if let Ok(index) = object.cast::<Index>() {
        let labels = index.borrow().labels.clone();
        engine(py, || labels.digest())?
    } else if let Ok(bytes) = object.cast::<PyBytes>() {
        *blake3::hash(bytes.as_bytes()).as_bytes()
    } else {
        return Err(PyTypeError::new_err(format!("no canonical bytes: {}", object.get_type().name()?)));
    };
    Ok(hash.iter().map(|byte| format!("{byte:02x}")).collect())
}
