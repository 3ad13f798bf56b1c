//! Single values across the border.

use std::sync::Arc;

use ::column::{Closed, Column, DType, Interval, Number, Opaque, Scalar, TimeUnit, Zone};
use pyo3::exceptions::{PyNotImplementedError, PyValueError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyFloat, PyInt, PyList, PyString, PyTuple};

use crate::error::of_column;
use crate::foreign::Held;
use crate::registry;

/// A Python integer of any size.
fn integer(object: &Bound<'_, PyAny>) -> PyResult<Scalar> {
    if let Ok(value) = object.extract::<i64>() {
        return Ok(Scalar::Int(value));
    }
    if let Ok(value) = object.extract::<u64>() {
        return Ok(Scalar::UInt(value));
    }
    Ok(Scalar::Big(Arc::from(object.str()?.to_str()?)))
}

/// A value that is cheap to read; `None` asks the facade.
pub fn plain(object: &Bound<'_, PyAny>) -> PyResult<Option<Scalar>> {
    Ok(Some(if object.is_none() {
        Scalar::None
    } else if let Ok(value) = object.cast_exact::<PyBool>() {
        Scalar::Bool(value.is_true())
    } else if let Ok(value) = object.cast_exact::<PyInt>() {
        integer(value)?
    } else if let Ok(value) = object.cast_exact::<PyFloat>() {
        Scalar::Float(value.extract::<f64>()?)
    } else if let Ok(value) = object.cast_exact::<PyString>() {
        Scalar::str(value.to_str()?)
    } else {
        return Ok(None);
    }))
}

fn items(sequence: Bound<'_, PyAny>) -> PyResult<Arc<[Scalar]>> {
    sequence.try_iter()?.map(|item| from_python(&item?)).collect()
}

/// A resolution by its name.
pub fn unit(name: &str) -> PyResult<TimeUnit> {
    match name {
        "s" => Ok(TimeUnit::Second),
        "ms" => Ok(TimeUnit::Milli),
        "us" => Ok(TimeUnit::Micro),
        "ns" => Ok(TimeUnit::Nano),
        other => Err(PyValueError::new_err(format!("expected the unit s, ms, us or ns, found {other}"))),
    }
}

/// Which ends are closed, by their name.
pub fn closed(name: &str) -> PyResult<Closed> {
    Closed::parse_name(name)
        .ok_or_else(|| PyValueError::new_err(format!("invalid option for 'closed': {name}")))
}

/// Any Python object as one value. The facade's `scalar_form` answers for what is neither a number, a text nor a
/// sequence: with a plain value, or with a kind and its parts.
///
/// # Errors
/// What the facade raises for the object.
pub fn from_python(object: &Bound<'_, PyAny>) -> PyResult<Scalar> {
    if let Some(scalar) = plain(object)? {
        return Ok(scalar);
    }
    if let Ok(tuple) = object.cast_exact::<PyTuple>() {
        return Ok(Scalar::Tuple(items(tuple.clone().into_any())?));
    }
    if let Ok(list) = object.cast_exact::<PyList>() {
        return Ok(Scalar::List(items(list.clone().into_any())?));
    }
    let py = object.py();
    let form = registry::get(py, intern!(py, "scalar_form"))?.call1((object,))?;
    if let Some(scalar) = plain(&form)? {
        return Ok(scalar);
    }
    let (kind, parts) = form.extract::<(String, Bound<'_, PyAny>)>()?;
    match kind.as_str() {
        "NA" => Ok(Scalar::NA),
        "NaT" => Ok(Scalar::NaT),
        "datetime" => {
            let (ticks, name) = parts.extract::<(i64, String)>()?;
            Ok(Scalar::Datetime(ticks, unit(&name)?))
        }
        "timedelta" => {
            let (ticks, name) = parts.extract::<(i64, String)>()?;
            Ok(Scalar::Timedelta(ticks, unit(&name)?))
        }
        "tuple" => Ok(Scalar::Tuple(items(parts)?)),
        "zoned" => {
            let (ticks, name, zone) = parts.extract::<(i64, String, String)>()?;
            let zone = of_column(py, || zone.parse::<Zone>())?;
            Ok(Scalar::Zoned(ticks, unit(&name)?, zone))
        }
        "interval" => {
            let (left, right, name) = parts.extract::<(Bound<'_, PyAny>, Bound<'_, PyAny>, String)>()?;
            let (left, right, closed) = (from_python(&left)?, from_python(&right)?, closed(&name)?);
            Ok(Scalar::Interval(Arc::new(Interval { left, right, closed })))
        }
        "object" => Ok(Scalar::Opaque(Opaque::new(Held(parts.unbind())))),
        other => Err(PyNotImplementedError::new_err(format!("lumen.pandas: values of the kind {other}"))),
    }
}

/// Makes the name of a zone of the host known, which stands for a fixed offset in seconds.
///
/// # Errors
/// `ValueError` where the name stands for another zone already.
#[pyfunction]
pub fn name_zone(py: Python<'_>, name: &str, seconds: i32) -> PyResult<()> {
    of_column(py, || Zone::named(name, seconds)).map(drop)
}

fn called<'py, T>(py: Python<'py>, name: &Bound<'py, PyString>, arguments: T) -> PyResult<Py<PyAny>>
where
    T: pyo3::call::PyCallArgs<'py>,
{
    Ok(registry::get(py, name)?.call1(arguments)?.unbind())
}

/// A value as a Python object: numbers as Python's own.
pub fn to_python(py: Python<'_>, scalar: &Scalar) -> PyResult<Py<PyAny>> {
    Ok(match scalar {
        Scalar::None => py.None(),
        Scalar::NA => registry::get(py, intern!(py, "NA"))?.unbind(),
        Scalar::NaT => registry::get(py, intern!(py, "NaT"))?.unbind(),
        Scalar::Bool(value) => PyBool::new(py, *value).to_owned().into_any().unbind(),
        Scalar::Int(value) => value.into_pyobject(py)?.into_any().unbind(),
        Scalar::UInt(value) => value.into_pyobject(py)?.into_any().unbind(),
        Scalar::Big(digits) => py.get_type::<PyInt>().call1((&**digits,))?.unbind(),
        // One NaN for all, as numpy has it: labels and names are told apart by identity first.
        Scalar::Float(value) if value.is_nan() => registry::get(py, intern!(py, "nan"))?.unbind(),
        Scalar::Float(value) => value.into_pyobject(py)?.into_any().unbind(),
        Scalar::Str(text) => PyString::new(py, text).into_any().unbind(),
        Scalar::Datetime(ticks, unit) => {
            called(py, intern!(py, "timestamp"), (*ticks, unit.name(), py.None()))?
        }
        Scalar::Zoned(ticks, unit, zone) => {
            called(py, intern!(py, "timestamp"), (*ticks, unit.name(), zone.key()))?
        }
        Scalar::Opaque(object) => match object.get().as_any().downcast_ref::<Held>() {
            Some(held) => held.0.clone_ref(py),
            None => PyString::new(py, &object.get().repr()).into_any().unbind(),
        },
        Scalar::Timedelta(ticks, unit) => called(py, intern!(py, "timedelta"), (*ticks, unit.name()))?,
        Scalar::Interval(interval) => {
            let (left, right) = (to_python(py, &interval.left)?, to_python(py, &interval.right)?);
            called(py, intern!(py, "interval"), (left, right, interval.closed.name()))?
        }
        Scalar::Tuple(items) => {
            let items: Vec<Py<PyAny>> =
                items.iter().map(|item| to_python(py, item)).collect::<PyResult<_>>()?;
            PyTuple::new(py, items)?.into_any().unbind()
        }
        Scalar::List(items) => {
            let items: Vec<Py<PyAny>> =
                items.iter().map(|item| to_python(py, item)).collect::<PyResult<_>>()?;
            PyList::new(py, items)?.into_any().unbind()
        }
    })
}

/// numpy's class of a plain dtype, as it is bound.
fn numpy_class(dtype: DType) -> Option<&'static str> {
    Some(match dtype {
        DType::Bool | DType::Boolean => "bool",
        DType::Number(number) | DType::Nullable(number) => match number {
            Number::Int8 => "int8",
            Number::Int16 => "int16",
            Number::Int32 => "int32",
            Number::Int64 => "int64",
            Number::UInt8 => "uint8",
            Number::UInt16 => "uint16",
            Number::UInt32 => "uint32",
            Number::UInt64 => "uint64",
            Number::Float32 => "float32",
            Number::Float64 => "float64",
        },
        _ => return None,
    })
}

/// A value of a dtype as pandas hands it out: a number as numpy's scalar.
pub fn of_dtype(py: Python<'_>, scalar: &Scalar, dtype: DType) -> PyResult<Py<PyAny>> {
    match (numpy_class(dtype), scalar) {
        (_, Scalar::None | Scalar::NA | Scalar::NaT) | (None, _) => to_python(py, scalar),
        (Some(class), Scalar::Bool(_) | Scalar::Int(_) | Scalar::UInt(_) | Scalar::Float(_)) => {
            called(py, &PyString::intern(py, class), (to_python(py, scalar)?,))
        }
        _ => to_python(py, scalar),
    }
}

/// The value of a row as pandas hands it out.
///
/// # Errors
/// `IndexError` past the end.
pub fn element(py: Python<'_>, column: &Column, row: usize) -> PyResult<Py<PyAny>> {
    let Some(scalar) = column.get(row) else {
        return Err(pyo3::exceptions::PyIndexError::new_err("single positional indexer is out-of-bounds"));
    };
    let dtype = match column.categories() {
        Some(categories) => categories.dtype(),
        None => column.dtype(),
    };
    of_dtype(py, &scalar, dtype)
}

/// The dtype a reduction's value is handed out in: numpy's for what numpy holds.
pub fn reduced(py: Python<'_>, scalar: &Scalar, dtype: DType) -> PyResult<Py<PyAny>> {
    let result = match (scalar, dtype) {
        (Scalar::Bool(_), dtype) if dtype != DType::Object => DType::Bool,
        (Scalar::Int(_), dtype) if dtype != DType::Object => DType::INT64,
        (Scalar::UInt(_), dtype) if dtype != DType::Object => DType::UINT64,
        (Scalar::Float(_), DType::FLOAT32 | DType::Nullable(Number::Float32)) => DType::FLOAT32,
        (Scalar::Float(_), dtype) if dtype != DType::Object => DType::FLOAT64,
        _ => DType::Object,
    };
    of_dtype(py, scalar, result)
}
