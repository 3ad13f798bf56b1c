//! The engines' errors and warnings as Python's.

use std::ffi::CString;

use frame::ErrorKind;
use pyo3::exceptions::{
    PyAttributeError, PyIndexError, PyKeyError, PyMemoryError, PyNotImplementedError, PyOverflowError,
    PyRuntimeWarning, PyTypeError, PyUserWarning, PyValueError, PyZeroDivisionError,
};
use pyo3::prelude::*;
use pyo3::types::{PyString, PyType};

use crate::registry;

/// Does `work`, says its warnings, and gives its error the class that pandas raises.
///
/// Python's lock is let go meanwhile: the engine's threads may have to ask it for the values that only Python knows.
pub fn engine<T: Send>(py: Python<'_>, work: impl FnOnce() -> frame::Result<T> + Send) -> PyResult<T> {
    let (result, warnings) = py.detach(|| ::column::with_warnings(work));
    for warning in warnings {
        let class = match warning.kind {
            ::column::WarningKind::Runtime => py.get_type::<PyRuntimeWarning>().into_any(),
            ::column::WarningKind::User => py.get_type::<PyUserWarning>().into_any(),
            other => registry::get(py, &PyString::new(py, other.class()))?,
        };
        let text =
            CString::new(warning.message.replace('\0', " ")).map_err(|_| PyValueError::new_err("NUL"))?;
        PyErr::warn(py, &class, &text, 1)?;
    }
    result.map_err(|error| raised(py, &error))
}

/// The exception for an error.
pub fn raised(py: Python<'_>, error: &frame::Error) -> PyErr {
    if let Some(exception) = error.payload().and_then(|held| held.downcast_ref::<PyErr>()) {
        return exception.clone_ref(py);
    }
    let message = error.message().to_owned();
    match error.kind() {
        ErrorKind::KeyError => match shown(py, &message) {
            Ok(key) => PyKeyError::new_err((key,)),
            Err(fault) => fault,
        },
        ErrorKind::IndexError => PyIndexError::new_err(message),
        ErrorKind::TypeError => PyTypeError::new_err(message),
        ErrorKind::ValueError | ErrorKind::DecodeError => PyValueError::new_err(message),
        ErrorKind::AttributeError => PyAttributeError::new_err(message),
        ErrorKind::OverflowError => PyOverflowError::new_err(message),
        ErrorKind::NotImplementedError => PyNotImplementedError::new_err(message),
        ErrorKind::ZeroDivisionError => PyZeroDivisionError::new_err(message),
        ErrorKind::MemoryError | ErrorKind::RowCap => PyMemoryError::new_err(message),
        other => match registry::get(py, &PyString::new(py, other.class()))
            .and_then(|class| Ok(class.cast_into::<PyType>()?))
        {
            Ok(class) => PyErr::from_type(class, (message,)),
            Err(fault) => fault,
        },
    }
}

/// A text that shows as itself where Python shows a key: the engine's message is the key as pandas shows it.
fn shown(py: Python<'_>, message: &str) -> PyResult<Py<PyAny>> {
    Ok(registry::get(py, pyo3::intern!(py, "ShownKey"))?.call1((message,))?.unbind())
}

/// The same for an error of `column`.
pub fn of_column<T: Send>(py: Python<'_>, work: impl FnOnce() -> ::column::Result<T> + Send) -> PyResult<T> {
    engine(py, || Ok(work()?))
}
