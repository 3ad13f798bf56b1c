//! Tensors from Python's values.

use ::tensor::{DType, Scalar};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyList, PyTuple};

use super::convert::{number, raised};
use super::tensor::{Tensor, wrapped};
use super::values::Dtype;

/// Numbers row by row, and the sizes they were nested in.
#[derive(Default)]
struct Nested {
    values: Vec<Scalar>,
    sizes: Vec<usize>,
}

impl Nested {
    fn read(&mut self, object: &Bound<'_, PyAny>, depth: usize) -> PyResult<()> {
        if let Ok(items) = object.cast::<PyList>() {
            return self.sequence(items.len(), items.iter(), depth);
        }
        if let Ok(items) = object.cast::<PyTuple>() {
            return self.sequence(items.len(), items.iter(), depth);
        }
        let scalar = match object.cast::<Tensor>() {
            Ok(tensor) => {
                let item = tensor.borrow().variable.data().item();
                Some(item.map_err(|error| raised(object.py(), &error))?)
            }
            Err(_) => number(object)?,
        };
        let Some(scalar) = scalar else {
            let class = object.get_type().name()?.to_string();
            return Err(if class == "str" {
                PyTypeError::new_err("new(): invalid data type 'str'")
            } else if depth == 0 {
                PyTypeError::new_err(format!("new(): data must be a sequence (got {class})"))
            } else {
                PyTypeError::new_err(format!("must be real number, not {class}"))
            });
        };
        if depth != self.sizes.len() {
            return Err(PyTypeError::new_err(
                "expected sequences of one depth, found a number beside a sequence",
            ));
        }
        self.values.push(scalar);
        Ok(())
    }

    fn sequence<'py>(
        &mut self,
        len: usize,
        items: impl Iterator<Item = Bound<'py, PyAny>>,
        depth: usize,
    ) -> PyResult<()> {
        match self.sizes.get(depth) {
            None if !self.values.is_empty() => {
                return Err(PyTypeError::new_err("must be real number, not list"));
            }
            None => self.sizes.push(len),
            Some(size) if *size != len => {
                return Err(PyValueError::new_err(format!(
                    "expected sequence of length {size} at dim {depth} (got {len})"
                )));
            }
            Some(_) => {}
        }
        for item in items {
            self.read(&item, depth + 1)?;
        }
        Ok(())
    }

    /// What PyTorch takes for the numbers: floats beat ints, ints beat bools.
    fn dtype(&self) -> DType {
        let has = |wanted: fn(&Scalar) -> bool| self.values.iter().any(wanted);
        if self.values.is_empty() || has(|value| matches!(value, Scalar::Float(_))) {
            DType::F32
        } else if has(|value| matches!(value, Scalar::Int(_))) {
            DType::I64
        } else {
            DType::Bool
        }
    }
}

/// A tensor of nested numbers, copied.
///
/// # Errors
/// `ValueError` for rows of several lengths, `TypeError` for what is no number, `RuntimeError` for a number out of the
/// dtype's range.
#[pyfunction]
pub fn tensor(
    py: Python<'_>,
    data: &Bound<'_, PyAny>,
    dtype: Option<&Bound<'_, Dtype>>,
) -> PyResult<Py<PyAny>> {
    wrapped(py, numbers(data, dtype.map(|dtype| dtype.get().0))?.into())
}

/// As [`tensor`], without the facade's class.
pub fn numbers(data: &Bound<'_, PyAny>, dtype: Option<DType>) -> PyResult<::tensor::Tensor> {
    let mut nested = Nested::default();
    nested.read(data, 0)?;
    let dtype = dtype.unwrap_or_else(|| nested.dtype());
    let Nested { values, mut sizes } = nested;
    // A level behind an empty one was never seen.
    if values.is_empty()
        && let Some(empty) = sizes.iter().position(|size| *size == 0)
    {
        sizes.truncate(empty + 1);
    }
    ::tensor::Tensor::from_scalars(&values, dtype, &sizes).map_err(|error| raised(data.py(), &error))
}

/// A tensor of the elements in these little-endian bytes, copied.
#[pyfunction]
pub fn from_buffer(
    py: Python<'_>,
    bytes: &[u8],
    dtype: &Bound<'_, Dtype>,
    sizes: Vec<usize>,
) -> PyResult<Py<PyAny>> {
    let made = ::tensor::Tensor::from_element_bytes(bytes, dtype.get().0, &sizes);
    wrapped(py, made.map_err(|error| raised(py, &error))?.into())
}
