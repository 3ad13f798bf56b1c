//! The base class of the facade's `Tensor`.

use ::tensor::Scalar;
use autograd::Variable;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyList, PyTuple};

use super::convert::{raised, to_python};
use super::hooks::Node;
use super::values::{Dtype, MemoryFormat};
use crate::registry;

/// A tensor that may take part in gradients.
#[pyclass(subclass, weakref, module = "lumen._engine")]
pub struct Tensor {
    pub variable: Variable,
    /// The object that `.grad` gave, which it gives again as long as the gradient is the same.
    grad: Option<Py<PyAny>>,
}

/// A tensor of the facade's own class.
pub fn wrapped(py: Python<'_>, variable: Variable) -> PyResult<Py<PyAny>> {
    let made = registry::instance::<Tensor>(py, intern!(py, "torch.Tensor"))?;
    made.borrow_mut().variable = variable;
    Ok(made.into_any().unbind())
}

/// A tensor of any rank as nested lists.
fn nested(py: Python<'_>, values: &[Scalar], sizes: &[usize]) -> PyResult<Py<PyAny>> {
    let Some((&size, rest)) = sizes.split_first() else {
        let first = values.first().copied().unwrap_or(Scalar::Int(0));
        return to_python(py, first);
    };
    let step: usize = rest.iter().product();
    let list = PyList::empty(py);
    for k in 0..size {
        let part = values.get(k * step..(k + 1) * step).unwrap_or_default();
        list.append(nested(py, part, rest)?)?;
    }
    Ok(list.into_any().unbind())
}

#[pymethods]
impl Tensor {
    /// Without a source an empty tensor; with one the same storage outside the graph.
    #[new]
    #[pyo3(signature = (source=None))]
    fn new(py: Python<'_>, source: Option<PyRef<'_, Tensor>>) -> PyResult<Self> {
        let variable = match source {
            Some(source) => source.variable.detach(),
            None => ::tensor::Tensor::from_vec(Vec::<f32>::new(), &[0])
                .map_err(|error| raised(py, &error))?
                .into(),
        };
        Ok(Tensor { variable, grad: None })
    }

    #[getter]
    fn shape(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        let sizes = PyTuple::new(py, self.variable.sizes())?;
        Ok(registry::get(py, intern!(py, "torch.Size"))?.call1((sizes,))?.unbind())
    }
    #[getter]
    fn dtype(&self) -> Dtype {
        Dtype(self.variable.dtype())
    }
    #[getter]
    fn ndim(&self) -> usize {
        self.variable.dim()
    }
    fn dim(&self) -> usize {
        self.variable.dim()
    }
    fn ndimension(&self) -> usize {
        self.variable.dim()
    }
    fn numel(&self) -> usize {
        self.variable.numel()
    }
    fn nelement(&self) -> usize {
        self.variable.numel()
    }
    fn element_size(&self) -> usize {
        self.variable.dtype().size_bytes()
    }
    #[getter]
    fn itemsize(&self) -> usize {
        self.variable.dtype().size_bytes()
    }
    #[getter]
    fn nbytes(&self) -> usize {
        self.variable.numel() * self.variable.dtype().size_bytes()
    }
    #[pyo3(signature = (dim=None))]
    fn size(&self, py: Python<'_>, dim: Option<i64>) -> PyResult<Py<PyAny>> {
        match dim {
            None => self.shape(py),
            Some(dim) => {
                let size = self.variable.data().size(dim).map_err(|error| raised(py, &error))?;
                Ok(size.into_pyobject(py)?.into_any().unbind())
            }
        }
    }
    #[pyo3(signature = (dim=None))]
    fn stride(&self, py: Python<'_>, dim: Option<i64>) -> PyResult<Py<PyAny>> {
        let strides = self.variable.data().strides();
        match dim {
            None => Ok(PyTuple::new(py, strides)?.into_any().unbind()),
            Some(dim) => {
                let at =
                    ::tensor::wrap_dim("stride", dim, strides.len()).map_err(|error| raised(py, &error))?;
                let stride = strides.get(at).copied().unwrap_or(1);
                Ok(stride.into_pyobject(py)?.into_any().unbind())
            }
        }
    }
    /// Whether the elements lie row by row, or as a memory format says.
    #[pyo3(signature = (memory_format=None))]
    fn is_contiguous(
        &self,
        py: Python<'_>,
        memory_format: Option<&Bound<'_, MemoryFormat>>,
    ) -> PyResult<bool> {
        let data = self.variable.data();
        let Some(format) = memory_format else { return Ok(data.is_contiguous()) };
        let format = ::tensor::MemoryFormat::parse(&format.get().0).map_err(|error| raised(py, &error))?;
        Ok(data.strides() == format.strides(data).map_err(|error| raised(py, &error))?.as_slice())
    }
    fn storage_offset(&self) -> usize {
        self.variable.data().layout().offset()
    }
    /// Counts the writes to the storage, which all of its views share.
    #[getter]
    fn _version(&self) -> u64 {
        self.variable.data().version()
    }
    /// Whether two tensors look at the same storage.
    fn _shares_storage(&self, other: PyRef<'_, Tensor>) -> bool {
        self.variable.data().shares_storage(other.variable.data())
    }

    #[getter]
    fn requires_grad(&self) -> bool {
        self.variable.requires_grad()
    }
    #[setter]
    fn set_requires_grad(&self, py: Python<'_>, wanted: bool) -> PyResult<()> {
        self.variable.requires_grad_(wanted).map_err(|error| raised(py, &error))
    }
    #[pyo3(signature = (requires_grad=true))]
    fn requires_grad_<'py>(slf: Bound<'py, Self>, requires_grad: bool) -> PyResult<Bound<'py, Self>> {
        let py = slf.py();
        slf.borrow().variable.requires_grad_(requires_grad).map_err(|error| raised(py, &error))?;
        Ok(slf)
    }
    #[getter]
    fn is_leaf(&self) -> bool {
        !self.variable.requires_grad() || self.variable.is_leaf()
    }
    fn retain_grad(&self, py: Python<'_>) -> PyResult<()> {
        self.variable.retain_grad().map_err(|error| raised(py, &error))
    }
    /// Whether the gradient of this computed tensor is kept.
    #[getter]
    fn retains_grad(&self) -> bool {
        self.variable.retains_grad()
    }
    /// The node that made this tensor.
    #[getter]
    fn grad_fn(&self) -> Option<Node> {
        self.variable.node().map(Node)
    }
    #[getter]
    fn grad(&mut self, py: Python<'_>) -> PyResult<Option<Py<PyAny>>> {
        let Some(grad) = self.variable.grad_variable() else {
            self.grad = None;
            return Ok(None);
        };
        let known = self.grad.as_ref().and_then(|known| known.bind(py).cast::<Tensor>().ok());
        if known.is_none_or(|known| !known.borrow().variable.is(&grad)) {
            self.grad = Some(wrapped(py, grad)?);
        }
        Ok(self.grad.as_ref().map(|known| known.clone_ref(py)))
    }
    #[setter]
    fn set_grad(&mut self, grad: Option<Bound<'_, Tensor>>) -> PyResult<()> {
        let Some(object) = grad else {
            self.variable.set_grad(None);
            self.grad = None;
            return Ok(());
        };
        let grad = object.borrow();
        if grad.variable.dtype() != self.variable.dtype() {
            return Err(pyo3::exceptions::PyRuntimeError::new_err(format!(
                "assigned grad has data of a different type: expected {}, found {}",
                self.variable.dtype().name(),
                grad.variable.dtype().name()
            )));
        }
        if grad.variable.sizes() != self.variable.sizes() {
            return Err(pyo3::exceptions::PyRuntimeError::new_err(format!(
                "assigned grad has data of a different size: expected {:?}, found {:?}",
                self.variable.sizes(),
                grad.variable.sizes()
            )));
        }
        self.variable.set_grad_variable(Some(grad.variable.clone()));
        drop(grad);
        self.grad = Some(object.into_any().unbind());
        Ok(())
    }
    /// The same storage outside the graph.
    fn detach(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        wrapped(py, self.variable.detach())
    }

    /// The one element.
    fn item(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        to_python(py, self.variable.data().item().map_err(|error| raised(py, &error))?)
    }
    fn tolist(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        let data = self.variable.data();
        let values = data.to_scalars().map_err(|error| raised(py, &error))?;
        nested(py, &values, data.sizes())
    }
    /// The elements row by row, little-endian.
    fn _bytes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, pyo3::types::PyBytes>> {
        let bytes = self.variable.data().to_element_bytes().map_err(|error| raised(py, &error))?;
        Ok(pyo3::types::PyBytes::new(py, &bytes))
    }

    fn __len__(&self) -> PyResult<usize> {
        self.variable.sizes().first().copied().ok_or_else(|| PyTypeError::new_err("len() of a 0-d tensor"))
    }
    fn __bool__(&self, py: Python<'_>) -> PyResult<bool> {
        match self.variable.numel() {
            1 => {
                let item = self.variable.data().item().map_err(|error| raised(py, &error))?;
                Ok(item.to_f64() != 0.0)
            }
            0 => Err(pyo3::exceptions::PyRuntimeError::new_err(
                "Boolean value of Tensor with no values is ambiguous",
            )),
            _ => Err(pyo3::exceptions::PyRuntimeError::new_err(
                "Boolean value of Tensor with more than one value is ambiguous",
            )),
        }
    }
    fn __float__(&self, py: Python<'_>) -> PyResult<f64> {
        Ok(self.variable.data().item().map_err(|error| raised(py, &error))?.to_f64())
    }
    fn __int__(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        match self.variable.data().item().map_err(|error| raised(py, &error))? {
            Scalar::Float(value) if value.is_nan() => {
                Err(PyValueError::new_err("cannot convert float NaN to integer"))
            }
            Scalar::Float(value) if value.is_infinite() => {
                Err(pyo3::exceptions::PyOverflowError::new_err("cannot convert float infinity to integer"))
            }
            Scalar::Float(value) => Ok(value.into_pyobject(py)?.call_method0("__trunc__")?.unbind()),
            Scalar::Bool(value) => to_python(py, Scalar::Int(i64::from(value))),
            int => to_python(py, int),
        }
    }
    fn __index__(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        match self.variable.data().item() {
            Ok(int @ Scalar::Int(_)) => to_python(py, int),
            Ok(Scalar::Bool(value)) => to_python(py, Scalar::Int(i64::from(value))),
            _ => Err(PyTypeError::new_err(
                "only integer tensors of a single element can be converted to an index",
            )),
        }
    }
    fn __repr__(&self) -> String {
        self.variable.to_string()
    }
}
