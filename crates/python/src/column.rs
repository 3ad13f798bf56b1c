//! An array of one dtype: what pandas calls the values of a series.

use std::ffi::c_int;
use std::ptr;

use ::column::{Arithmetic, Column as Values, Comparison, Scalar};
use pyo3::exceptions::{PyBufferError, PyIndexError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList};
use pyo3::{IntoPyObjectExt, ffi};

use crate::error::of_column;
use crate::operators::{arithmetic, comparison, logic};
use crate::scalar::{element, from_python, reduced, to_python};
use crate::values;

/// Immutable values of one dtype; copies share memory. The facade's arrays and the methods of series stand on it.
#[pyclass(frozen, module = "lumen._engine")]
pub struct Column {
    pub values: Values,
}

impl From<Values> for Column {
    fn from(values: Values) -> Self {
        Self { values }
    }
}

/// The other side of an operation: a column, or one value.
pub enum Other {
    Column(Values),
    Scalar(Scalar),
}

impl Other {
    pub fn of(object: &Bound<'_, PyAny>) -> PyResult<Self> {
        match object.cast::<Column>() {
            Ok(column) => Ok(Self::Column(column.get().values.clone())),
            Err(_) => Ok(Self::Scalar(from_python(object)?)),
        }
    }

    pub fn operand(&self) -> ::column::Operand<'_> {
        match self {
            Self::Column(column) => column.into(),
            Self::Scalar(scalar) => scalar.into(),
        }
    }
}

#[pymethods]
impl Column {
    /// The numbers of a numpy array of one dimension; booleans as `uint8`, times as `int64`.
    #[staticmethod]
    fn from_buffer(array: &Bound<'_, PyAny>, dtype: &str) -> PyResult<Self> {
        Ok(values::from_buffer(array, dtype)?.into())
    }

    /// A nullable column: the numbers of an array, and `uint8` that are 1 where they count.
    #[staticmethod]
    fn masked(array: &Bound<'_, PyAny>, dtype: &str, valid: &Bound<'_, PyAny>) -> PyResult<Self> {
        let numbers = values::from_buffer(array, dtype)?;
        let valid = values::bits(valid)?;
        let rows: Vec<i64> =
            (0..numbers.len()).map(|row| if valid.get(row) { row as i64 } else { -1 }).collect();
        let nullable = match numbers.dtype() {
            ::column::DType::Bool => ::column::DType::Boolean,
            ::column::DType::Number(number) => ::column::DType::Nullable(number),
            other => other,
        };
        of_column(array.py(), || numbers.cast(nullable)?.reindex(&rows)).map(Into::into)
    }

    /// The items of a sequence: in the dtype that pandas infers, or as objects.
    #[staticmethod]
    #[pyo3(signature = (items, infer = true))]
    fn from_items(items: &Bound<'_, PyAny>, infer: bool) -> PyResult<Self> {
        if infer && let Some(column) = values::from_list(items) {
            return Ok(column.into());
        }
        let scalars = values::scalars(items)?;
        Ok(if infer { Values::infer(scalars) } else { Values::object(scalars) }.into())
    }

    /// `length` missing rows of a dtype, or of the dtype that missing values make of it.
    #[staticmethod]
    fn missing(py: Python<'_>, dtype: &str, length: usize) -> PyResult<Self> {
        Ok(Values::missing(values::dtype(py, dtype)?, length).into())
    }

    /// A dtype without rows.
    #[staticmethod]
    fn empty(py: Python<'_>, dtype: &str) -> PyResult<Self> {
        Ok(Values::empty(values::dtype(py, dtype)?).into())
    }

    /// One value in every row.
    #[staticmethod]
    fn repeat(item: &Bound<'_, PyAny>, length: usize) -> PyResult<Self> {
        Ok(Values::repeat(&from_python(item)?, length).into())
    }

    /// A category column from codes (−1 is missing) into categories.
    #[staticmethod]
    fn category(py: Python<'_>, codes: Vec<i32>, categories: &Self, ordered: bool) -> PyResult<Self> {
        of_column(py, || Values::category(codes, categories.values.clone(), ordered)).map(Into::into)
    }

    /// The rows of several columns below one another.
    #[staticmethod]
    fn concat(py: Python<'_>, columns: Vec<PyRef<'_, Self>>) -> PyResult<Self> {
        let columns: Vec<&Values> = columns.iter().map(|column| &column.values).collect();
        of_column(py, || Values::concat(&columns)).map(Into::into)
    }

    /// pandas' name of the dtype.
    #[getter]
    fn dtype(&self) -> String {
        self.values.dtype().to_string()
    }

    /// The categories; None where the dtype is another.
    #[getter]
    fn categories(&self) -> Option<Self> {
        self.values.categories().map(|categories| categories.clone().into())
    }

    /// The codes of a category column.
    #[getter]
    fn codes(&self) -> Option<Self> {
        self.values.codes().map(|codes| Values::from(codes.to_vec()).into())
    }

    /// Whether the categories have an order.
    #[getter]
    fn ordered(&self) -> bool {
        self.values.is_ordered()
    }

    fn __len__(&self) -> usize {
        self.values.len()
    }

    /// The value at a position; negative ones count from the end.
    fn __getitem__(&self, py: Python<'_>, position: isize) -> PyResult<Py<PyAny>> {
        let length = self.values.len() as isize;
        let row = if position < 0 { position + length } else { position };
        if !(0..length).contains(&row) {
            let message = format!("index {position} is out of bounds for axis 0 with size {length}");
            return Err(PyIndexError::new_err(message));
        }
        element(py, &self.values, row as usize)
    }

    /// The values as Python's own objects.
    fn tolist<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let items: Vec<Py<PyAny>> = match (self.values.as_i64(), self.values.as_f64()) {
            (Some(numbers), _) if self.values.dtype() == ::column::DType::INT64 => {
                return PyList::new(py, numbers);
            }
            (_, Some(numbers)) if self.values.dtype() == ::column::DType::FLOAT64 => {
                return PyList::new(py, numbers);
            }
            _ => self.values.iter().map(|scalar| to_python(py, &scalar)).collect::<PyResult<_>>()?,
        };
        PyList::new(py, items)
    }

    /// A byte a row: 1 where a value is missing.
    fn isna<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        let missing: Vec<u8> = match self.values.valid() {
            Some(valid) => valid.iter().map(|bit| u8::from(!bit)).collect(),
            None => vec![0; self.values.len()],
        };
        PyBytes::new(py, &missing)
    }

    /// A byte a row of booleans: 1 where it is true.
    fn bits<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyBytes>> {
        let bits: Vec<u8> = self.values.as_bool()?.iter().map(u8::from).collect();
        Some(PyBytes::new(py, &bits))
    }

    /// The rows at positions.
    fn take(&self, py: Python<'_>, positions: Vec<usize>) -> PyResult<Self> {
        of_column(py, || self.values.take(&positions)).map(Into::into)
    }

    /// The rows at positions, a missing one for −1.
    fn reindex(&self, py: Python<'_>, positions: Vec<i64>) -> PyResult<Self> {
        of_column(py, || self.values.reindex(&positions)).map(Into::into)
    }

    /// The rows from `start` to `stop`.
    fn slice(&self, start: usize, stop: usize) -> Self {
        self.values.slice(start, stop).into()
    }

    /// The rows where a `bool` column is true.
    fn filter(&self, mask: &Self) -> PyResult<Self> {
        match mask.values.as_bool() {
            Some(bits) if bits.len() == self.values.len() => Ok(self.values.filter(bits).into()),
            _ => Err(PyIndexError::new_err("Boolean index has wrong length or dtype")),
        }
    }

    /// The values in another dtype.
    fn cast(&self, py: Python<'_>, dtype: &str) -> PyResult<Self> {
        let dtype = values::dtype(py, dtype)?;
        of_column(py, || self.values.cast(dtype)).map(Into::into)
    }

    /// Objects in the dtype that pandas infers from them.
    fn inferred(&self) -> Self {
        match self.values.as_object() {
            Some(scalars) => Values::infer(scalars.to_vec()).into(),
            None => self.values.clone().into(),
        }
    }

    /// Objects that are all texts or all times in their dtype, as pandas makes of an array of objects.
    fn plain(&self) -> Self {
        self.values.clone().without_plain_objects().into()
    }

    /// `self op other`, or `other op self` where it is reflected.
    #[pyo3(signature = (op, other, reflected = false))]
    fn arithmetic(
        &self,
        py: Python<'_>,
        op: &str,
        other: &Bound<'_, PyAny>,
        reflected: bool,
    ) -> PyResult<Self> {
        let op: Arithmetic = arithmetic(op)?;
        let other = Other::of(other)?;
        of_column(py, || match reflected {
            false => Values::arithmetic(op, &self.values, other.operand()),
            true => Values::arithmetic(op, other.operand(), &self.values),
        })
        .map(Into::into)
    }

    /// `self op other`, row by row.
    fn compare(&self, py: Python<'_>, op: &str, other: &Bound<'_, PyAny>) -> PyResult<Self> {
        let op: Comparison = comparison(op)?;
        let other = Other::of(other)?;
        of_column(py, || Values::compare(op, &self.values, other.operand())).map(Into::into)
    }

    /// `self op other` of `and`, `or`, `xor`.
    #[pyo3(signature = (op, other, reflected = false))]
    fn logic(&self, py: Python<'_>, op: &str, other: &Bound<'_, PyAny>, reflected: bool) -> PyResult<Self> {
        let op = logic(op)?;
        let other = Other::of(other)?;
        of_column(py, || match reflected {
            false => Values::logic(op, &self.values, other.operand()),
            true => Values::logic(op, other.operand(), &self.values),
        })
        .map(Into::into)
    }

    /// A reduction by pandas' name.
    #[pyo3(signature = (how, skipna = true, min_count = 0, ddof = 1))]
    fn reduce(
        &self,
        py: Python<'_>,
        how: &str,
        skipna: bool,
        min_count: usize,
        ddof: usize,
    ) -> PyResult<Py<PyAny>> {
        let series = frame::Series::from_column(self.values.clone());
        let options = frame::Reduce { skipna, min_count, ddof, numeric_only: false };
        let scalar = crate::error::engine(py, || series.reduce(frame::Aggregation::parse(how)?, &options))?;
        reduced(py, &scalar, self.values.dtype())
    }

    /// Whether both hold the same values in the same dtype; missing ones are equal.
    fn equals(&self, other: &Self) -> bool {
        self.values == other.values
    }

    /// SAFETY of the implementation: the exporter holds a reference to this object, whose values never change.
    // SAFETY: Python calls it with a view that it owns.
    unsafe fn __getbuffer__(slf: Bound<'_, Self>, view: *mut ffi::Py_buffer, flags: c_int) -> PyResult<()> {
        if view.is_null() {
            return Err(PyBufferError::new_err("View is null"));
        }
        if flags & ffi::PyBUF_WRITABLE == ffi::PyBUF_WRITABLE {
            return Err(PyBufferError::new_err("Object is not writable"));
        }
        let (bytes, size, letter) = values::view(&slf.get().values)?;
        let (data, length) = (bytes.as_ptr(), bytes.len());
        // SAFETY: `view` is not null and points to a buffer that the caller owns; shape and strides point into it,
        // and `data` lives as long as the object that `obj` keeps.
        unsafe {
            (*view).buf = data as *mut std::ffi::c_void;
            (*view).len = length as isize;
            (*view).readonly = 1;
            (*view).itemsize = size as isize;
            (*view).format = if flags & ffi::PyBUF_FORMAT == ffi::PyBUF_FORMAT {
                letter.as_ptr().cast_mut()
            } else {
                ptr::null_mut()
            };
            (*view).ndim = 1;
            let rows = Box::new((length / size.max(1)) as isize);
            let shape = Box::into_raw(rows);
            (*view).internal = shape.cast();
            (*view).shape = if flags & ffi::PyBUF_ND == ffi::PyBUF_ND { shape } else { ptr::null_mut() };
            (*view).strides = if flags & ffi::PyBUF_STRIDES == ffi::PyBUF_STRIDES {
                &raw mut (*view).itemsize
            } else {
                ptr::null_mut()
            };
            (*view).suboffsets = ptr::null_mut();
            (*view).obj = slf.into_any().into_ptr();
        }
        Ok(())
    }

    // SAFETY: Python calls it once for each view that was filled.
    unsafe fn __releasebuffer__(&self, view: *mut ffi::Py_buffer) {
        // SAFETY: `internal` is the box made for this view, released once.
        drop(unsafe { Box::from_raw((*view).internal.cast::<isize>()) });
    }
}

/// A column as the facade holds it.
pub fn wrapped(py: Python<'_>, values: Values) -> PyResult<Py<PyAny>> {
    Column::from(values).into_py_any(py)
}
