//! What the facade binds: its classes, its singletons, and the functions that conversions call.

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyString, PyType};
use pyo3::{PyClass, PyTypeInfo};

static BOUND: PyOnceLock<Py<PyDict>> = PyOnceLock::new();

/// Binds a facade's objects by name, once for each facade, when its package is imported.
///
/// # Errors
/// `RuntimeError` for a name that is bound already; then nothing is bound.
#[pyfunction]
pub fn bind(objects: Bound<'_, PyDict>) -> PyResult<()> {
    let py = objects.py();
    let bound = BOUND.get_or_init(py, || PyDict::new(py).unbind()).bind(py);
    for name in objects.keys() {
        if bound.contains(&name)? {
            return Err(PyRuntimeError::new_err(format!("lumen._engine has {name} bound already")));
        }
    }
    bound.update(objects.as_mapping())
}

/// The object bound under a name.
pub fn get<'py>(py: Python<'py>, name: &Bound<'py, PyString>) -> PyResult<Bound<'py, PyAny>> {
    let bound = BOUND.get(py).ok_or_else(|| PyRuntimeError::new_err("lumen._engine is not bound yet"))?;
    bound
        .bind(py)
        .get_item(name)?
        .ok_or_else(|| PyRuntimeError::new_err(format!("lumen._engine has no {name} bound")))
}

/// A new, empty instance of a bound class, made by the engine's own constructor and so without its `__init__`.
pub fn instance<'py, T: PyTypeInfo + PyClass>(
    py: Python<'py>,
    name: &Bound<'py, PyString>,
) -> PyResult<Bound<'py, T>> {
    let class = get(py, name)?.cast_into::<PyType>()?;
    instance_of(&class)
}

/// A new, empty instance of a class that stands below the engine's `T`.
pub fn instance_of<'py, T: PyTypeInfo + PyClass>(class: &Bound<'py, PyType>) -> PyResult<Bound<'py, T>> {
    let py = class.py();
    let made = T::type_object(py).call_method1(pyo3::intern!(py, "__new__"), (class,))?;
    Ok(made.cast_into::<T>()?)
}
