//! Whole columns across the border: numpy's arrays by the buffer protocol, lists by their items.

use ::column::{Bitmap, Column, DType, Native, Scalar, TextBuilder};
use pyo3::buffer::{Element, PyBuffer};
use pyo3::exceptions::{PyNotImplementedError, PyTypeError};
use pyo3::prelude::*;
use pyo3::types::{PyFloat, PyInt, PyList, PyString};

use crate::error::of_column;
use crate::scalar::from_python;

fn numbers<T: Element + Native>(array: &Bound<'_, PyAny>) -> PyResult<Vec<T>> {
    PyBuffer::<T>::get(array)?.to_vec(array.py())
}

/// A dtype by pandas' name.
///
/// # Errors
/// `TypeError` for a name that is none, `NotImplementedError` for a dtype that the engine does not have.
pub fn dtype(py: Python<'_>, name: &str) -> PyResult<DType> {
    of_column(py, || name.parse::<DType>())
}

/// A column of the numbers in an array of one dimension, native byte order and the dtype `name`. Booleans come as
/// `uint8`, times as `int64`.
pub fn from_buffer(array: &Bound<'_, PyAny>, name: &str) -> PyResult<Column> {
    let dtype = dtype(array.py(), name)?;
    Ok(match dtype {
        DType::INT8 => numbers::<i8>(array)?.into(),
        DType::INT16 => numbers::<i16>(array)?.into(),
        DType::INT32 => numbers::<i32>(array)?.into(),
        DType::INT64 => numbers::<i64>(array)?.into(),
        DType::UINT8 => numbers::<u8>(array)?.into(),
        DType::UINT16 => numbers::<u16>(array)?.into(),
        DType::UINT32 => numbers::<u32>(array)?.into(),
        DType::UINT64 => numbers::<u64>(array)?.into(),
        DType::FLOAT32 => numbers::<f32>(array)?.into(),
        DType::FLOAT64 => numbers::<f64>(array)?.into(),
        DType::Bool => bits(array)?.into(),
        DType::Datetime(unit) => Column::datetime(numbers(array)?, unit),
        DType::Timedelta(unit) => Column::timedelta(numbers(array)?, unit),
        _ => {
            return Err(PyTypeError::new_err(format!(
                "expected an array of numbers, found the dtype {name}"
            )));
        }
    })
}

/// The bits of an array of `uint8`.
pub fn bits(array: &Bound<'_, PyAny>) -> PyResult<Bitmap> {
    let bytes = numbers::<u8>(array)?;
    Ok(Bitmap::from_fn(bytes.len(), |row| bytes[row] != 0))
}

/// Every item of a sequence as a value.
pub fn scalars(items: &Bound<'_, PyAny>) -> PyResult<Vec<Scalar>> {
    items.try_iter()?.map(|item| from_python(&item?)).collect()
}

/// A list of floats, of integers or of texts alone as a column, without a scalar for each item; `None` of any other.
pub fn from_list(items: &Bound<'_, PyAny>) -> Option<Column> {
    let list = items.cast_exact::<PyList>().ok()?;
    let first = list.get_item(0).ok()?;
    if first.is_exact_instance_of::<PyFloat>() {
        let float = |item: Bound<'_, PyAny>| Some(item.cast_exact::<PyFloat>().ok()?.value());
        return Some(list.iter().map(float).collect::<Option<Vec<f64>>>()?.into());
    }
    if first.is_exact_instance_of::<PyInt>() {
        let integer = |item: Bound<'_, PyAny>| item.cast_exact::<PyInt>().ok()?.extract::<i64>().ok();
        return Some(list.iter().map(integer).collect::<Option<Vec<i64>>>()?.into());
    }
    let mut text = TextBuilder::with_capacity(list.len(), 0);
    for item in list.iter() {
        text.push(item.cast_exact::<PyString>().ok()?.to_str().ok()?);
    }
    Some(Column::text(DType::Str, text.finish(), None))
}

/// The fixed-width values of a column as bytes, and the letter by which the buffer protocol names their type. Booleans,
/// texts, objects and nullable values have no such view.
pub fn view(column: &Column) -> PyResult<(&[u8], usize, &'static std::ffi::CStr)> {
    fn bytes<T: Native>(values: &[T]) -> (&[u8], usize) {
        // SAFETY: numbers have no padding, and the length in bytes is that of the slice.
        let raw = unsafe { std::slice::from_raw_parts(values.as_ptr().cast::<u8>(), size_of_val(values)) };
        (raw, size_of::<T>())
    }
    macro_rules! first_of {
        ($($native:ty => $letter:literal),*) => {
            $(if let Some(values) = column.native::<$native>() {
                let (raw, size) = bytes(values);
                return Ok((raw, size, $letter));
            })*
        };
    }
    first_of!(i64 => c"q", f64 => c"d", i32 => c"i", f32 => c"f", i8 => c"b", i16 => c"h", u8 => c"B", u16 => c"H", u32 => c"I", u64 => c"Q");
    Err(PyNotImplementedError::new_err(format!("lumen.pandas: a view of the dtype {}", column.dtype())))
}
