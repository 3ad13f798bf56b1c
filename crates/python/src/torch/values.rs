//! Values that describe tensors: dtypes, memory formats, random streams.

use std::sync::OnceLock;

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;

use super::convert::raised;
use super::tensor::{Tensor, wrapped};

/// `torch.dtype`.
#[pyclass(frozen, eq, hash, name = "dtype", module = "torch")]
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Dtype(pub ::tensor::DType);

#[pymethods]
impl Dtype {
    #[new]
    fn new(name: &str) -> PyResult<Dtype> {
        Python::attach(|py| ::tensor::DType::parse(name).map(Dtype).map_err(|error| raised(py, &error)))
    }
    #[getter]
    fn is_floating_point(&self) -> bool {
        self.0.is_float()
    }
    #[getter]
    fn is_complex(&self) -> bool {
        false
    }
    #[getter]
    fn is_signed(&self) -> bool {
        !matches!(self.0, ::tensor::DType::Bool | ::tensor::DType::U8)
    }
    #[getter]
    fn itemsize(&self) -> usize {
        self.0.size_bytes()
    }
    /// The name without `torch.`.
    #[getter]
    fn name(&self) -> &'static str {
        self.0.name()
    }
    fn __repr__(&self) -> String {
        format!("torch.{}", self.0.name())
    }
    fn __reduce__(&self) -> String {
        self.0.name().to_owned()
    }
}

/// `torch.memory_format`.
#[pyclass(frozen, eq, hash, name = "memory_format", module = "torch")]
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct MemoryFormat(pub String);

#[pymethods]
impl MemoryFormat {
    #[new]
    fn new(name: String) -> PyResult<MemoryFormat> {
        ::tensor::MemoryFormat::parse(&name)
            .map_err(|error| PyTypeError::new_err(error.message().to_owned()))?;
        Ok(MemoryFormat(name))
    }
    fn __repr__(&self) -> String {
        format!("torch.{}", self.0)
    }
}

/// `torch.Generator` of the CPU.
#[pyclass(frozen, module = "torch")]
pub struct Generator(pub ::tensor::Generator);

#[pymethods]
impl Generator {
    #[new]
    #[pyo3(signature = (device=None))]
    fn new(device: Option<&Bound<'_, PyAny>>) -> PyResult<Generator> {
        if let Some(device) = device {
            let name = device.str()?.to_string();
            if name != "cpu" && name != "cpu:0" {
                let text =
                    format!("DeviceUnavailable: tried {name}, but this build computes on the CPU alone");
                return Err(pyo3::exceptions::PyRuntimeError::new_err(text));
            }
        }
        Ok(Generator(::tensor::Generator::default()))
    }
    /// Starts the stream that belongs to the seed.
    fn manual_seed<'py>(slf: Bound<'py, Self>, seed: &Bound<'py, PyAny>) -> PyResult<Bound<'py, Self>> {
        slf.get().0.manual_seed(seed_of(seed)?);
        Ok(slf)
    }
    fn initial_seed(&self) -> u64 {
        self.0.initial_seed()
    }
    /// The state as a tensor of 5,056 bytes, PyTorch's own.
    fn get_state(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        let state = self.0.get_state();
        let size = state.len();
        let state = ::tensor::Tensor::from_vec(state, &[size]).map_err(|error| raised(py, &error))?;
        wrapped(py, state.into())
    }
    fn set_state(&self, state: PyRef<'_, Tensor>) -> PyResult<()> {
        let py = state.py();
        let bytes = state.variable.data().to_vec::<u8>();
        bytes.and_then(|bytes| self.0.set_state(&bytes)).map_err(|error| raised(py, &error))
    }
    #[classattr]
    fn __module_name__() -> &'static str {
        "torch"
    }
}

/// A seed; negative ones count from 2⁶⁴ down, as in PyTorch.
fn seed_of(seed: &Bound<'_, PyAny>) -> PyResult<u64> {
    match seed.extract::<u64>() {
        Ok(seed) => Ok(seed),
        Err(_) => seed.extract::<i64>().map(|seed| seed as u64).map_err(|_| {
            pyo3::exceptions::PyRuntimeError::new_err(
                "Overflow when unpacking long long: a seed is an int from -2**63 to 2**64 - 1",
            )
        }),
    }
}

static DEFAULT: OnceLock<::tensor::Generator> = OnceLock::new();

/// The process's stream. `entropy` seeds it where it is asked for the first time.
#[pyfunction]
pub fn default_generator(entropy: &Bound<'_, PyAny>) -> PyResult<Generator> {
    if let Some(generator) = DEFAULT.get() {
        return Ok(Generator(generator.clone()));
    }
    let seed = seed_of(&entropy.call0()?)?;
    Ok(Generator(DEFAULT.get_or_init(|| ::tensor::Generator::new(seed)).clone()))
}

/// The process's stream as the operators draw from it.
pub fn stream(py: Python<'_>) -> PyResult<::tensor::Generator> {
    if let Some(generator) = DEFAULT.get() {
        return Ok(generator.clone());
    }
    let entropy = crate::registry::get(py, pyo3::intern!(py, "torch.entropy"))?;
    Ok(default_generator(&entropy)?.0)
}
