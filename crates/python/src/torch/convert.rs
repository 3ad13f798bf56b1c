//! Python's objects as arguments, and errors as Python's exceptions.

use ::tensor::{Error, ErrorKind, MemoryFormat as Format, Scalar};
use autograd::{Arg, Variable};
use pyo3::exceptions::{
    PyIndexError, PyNotImplementedError, PyOverflowError, PyRuntimeError, PyTypeError, PyValueError,
};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyComplex, PyEllipsis, PyFloat, PyInt, PyList, PySlice, PyString, PyTuple};

use super::tensor::Tensor;
use super::values::{Dtype, Generator, MemoryFormat};

/// The exception that PyTorch raises for an error.
pub fn raised(_: Python<'_>, error: &Error) -> PyErr {
    let message = error.message().to_owned();
    match error.kind() {
        ErrorKind::Index => PyIndexError::new_err(message),
        ErrorKind::Value => PyValueError::new_err(message),
        ErrorKind::Type => PyTypeError::new_err(message),
        ErrorKind::NotImplemented => PyNotImplementedError::new_err(message),
        _ => PyRuntimeError::new_err(message),
    }
}

/// A number of Python's or numpy's, if the object is one.
pub fn number(object: &Bound<'_, PyAny>) -> PyResult<Option<Scalar>> {
    if object.is_instance_of::<PyBool>() {
        return Ok(Some(Scalar::Bool(object.is_truthy()?)));
    }
    if object.is_instance_of::<PyInt>() {
        let int = object.extract::<i64>();
        return int.map(|int| Some(Scalar::Int(int))).map_err(|_| {
            PyOverflowError::new_err("Overflow when unpacking long: an int of PyTorch has 64 bits")
        });
    }
    if object.is_instance_of::<PyFloat>() {
        return Ok(Some(Scalar::Float(object.extract()?)));
    }
    if object.is_instance_of::<PyComplex>() {
        return Err(PyNotImplementedError::new_err("lumen.torch: complex numbers"));
    }
    // A scalar of numpy has a dtype and no dimension.
    let py = object.py();
    let Some(dtype) = object.getattr_opt(pyo3::intern!(py, "dtype"))? else { return Ok(None) };
    let Some(kind) = dtype.getattr_opt(pyo3::intern!(py, "kind"))? else { return Ok(None) };
    let dimensions: usize = object.getattr(pyo3::intern!(py, "ndim"))?.extract()?;
    if dimensions != 0 {
        return Ok(None);
    }
    let item = object.call_method0(pyo3::intern!(py, "item"))?;
    match kind.extract::<String>()?.as_str() {
        "b" | "i" | "u" | "f" => number(&item),
        _ => Ok(None),
    }
}

/// An argument of an operator.
///
/// # Errors
/// `TypeError` for an object that no operator takes.
pub fn argument(object: &Bound<'_, PyAny>) -> PyResult<Arg<Variable>> {
    if object.is_none() {
        return Ok(Arg::None);
    }
    if let Ok(tensor) = object.cast::<Tensor>() {
        return Ok(Arg::Tensor(tensor.borrow().variable.clone()));
    }
    if let Some(number) = number(object)? {
        return Ok(Arg::Scalar(number));
    }
    if let Ok(text) = object.cast::<PyString>() {
        return Ok(Arg::Str(text.to_string()));
    }
    if let Ok(items) = object.cast::<PyTuple>() {
        return items.iter().map(|item| argument(&item)).collect::<PyResult<_>>().map(Arg::List);
    }
    if let Ok(items) = object.cast::<PyList>() {
        return items.iter().map(|item| argument(&item)).collect::<PyResult<_>>().map(Arg::List);
    }
    if let Ok(dtype) = object.cast::<Dtype>() {
        return Ok(Arg::DType(dtype.get().0));
    }
    if let Ok(generator) = object.cast::<Generator>() {
        return Ok(Arg::Generator(generator.get().0.clone()));
    }
    if let Ok(format) = object.cast::<MemoryFormat>() {
        return Format::parse(&format.get().0)
            .map(Arg::MemoryFormat)
            .map_err(|error| raised(object.py(), &error));
    }
    if let Ok(slice) = object.cast::<PySlice>() {
        let bound = |name: &str| -> PyResult<Option<i64>> {
            let value = slice.getattr(name)?;
            if value.is_none() { Ok(None) } else { position(&value).map(Some) }
        };
        return Ok(Arg::Slice([bound("start")?, bound("stop")?, bound("step")?]));
    }
    if object.is_instance_of::<PyEllipsis>() {
        return Ok(Arg::Ellipsis);
    }
    let py = object.py();
    // The facade's `device` and `layout` say their names; a sequence such as `range` gives its items.
    if object.hasattr(pyo3::intern!(py, "_torch_name"))? {
        return Ok(Arg::Str(object.str()?.to_string()));
    }
    if object.hasattr(pyo3::intern!(py, "__len__"))? && object.hasattr(pyo3::intern!(py, "__getitem__"))? {
        let items: Vec<Bound<'_, PyAny>> = object.try_iter()?.collect::<PyResult<_>>()?;
        return items.iter().map(argument).collect::<PyResult<_>>().map(Arg::List);
    }
    let text = format!("lumen.torch: an argument of type {} is not taken", object.get_type().name()?);
    Err(PyTypeError::new_err(text))
}

/// A subscript: a tuple is several parts, a list is a tensor of what it holds.
///
/// # Errors
/// PyTorch's for what selects nothing.
pub fn subscript(key: &Bound<'_, PyAny>) -> PyResult<Arg<Variable>> {
    match key.cast::<PyTuple>() {
        Ok(items) => items.iter().map(|item| subscript_part(&item)).collect::<PyResult<_>>().map(Arg::List),
        Err(_) => Ok(Arg::List(vec![subscript_part(key)?])),
    }
}

fn subscript_part(part: &Bound<'_, PyAny>) -> PyResult<Arg<Variable>> {
    if part.is_instance_of::<PyFloat>() {
        let text = "only integers, slices (`:`), ellipsis (`...`), None and long or byte Variables are valid indices (got \
                    float)";
        return Err(PyIndexError::new_err(text));
    }
    let given = part.is_none()
        || part.is_instance_of::<Tensor>()
        || part.is_instance_of::<PySlice>()
        || part.is_instance_of::<PyEllipsis>();
    if given {
        return argument(part);
    }
    if let Some(number) = number(part)? {
        return Ok(Arg::Scalar(number));
    }
    super::data::numbers(part, None).map(|tensor| Arg::Tensor(tensor.into()))
}

/// A position: an int, or a tensor of one.
fn position(object: &Bound<'_, PyAny>) -> PyResult<i64> {
    if let Ok(tensor) = object.cast::<Tensor>() {
        let item = tensor.borrow().variable.data().item().map_err(|error| raised(object.py(), &error))?;
        return match item {
            Scalar::Int(at) => Ok(at),
            _ => Err(PyTypeError::new_err(
                "slice indices must be integers or None or have an __index__ method",
            )),
        };
    }
    object.extract().map_err(|_| {
        PyTypeError::new_err("slice indices must be integers or None or have an __index__ method")
    })
}

/// A number as Python's own.
pub fn to_python(py: Python<'_>, number: Scalar) -> PyResult<Py<PyAny>> {
    Ok(match number {
        Scalar::Bool(b) => PyBool::new(py, b).to_owned().into_any().unbind(),
        Scalar::Int(i) => i.into_pyobject(py)?.into_any().unbind(),
        Scalar::Float(f) => f.into_pyobject(py)?.into_any().unbind(),
    })
}
