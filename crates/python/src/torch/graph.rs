//! Gradients: the mode, the backward pass, functions with a backward of their own.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use autograd::{Pass, RecordedBackward, Variable};
use pyo3::exceptions::{PyRuntimeError, PyTypeError};
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use super::convert::raised;
use super::hooks::Node;
use super::tensor::{Tensor, wrapped};

/// Switches recording on this thread; gives what was before.
#[pyfunction]
pub fn set_grad_enabled(wanted: bool) -> bool {
    autograd::set_grad_enabled(wanted)
}

/// Whether operators on this thread record.
#[pyfunction]
pub fn is_grad_enabled() -> bool {
    autograd::is_grad_enabled()
}

fn variables(tensors: &[PyRef<'_, Tensor>]) -> Vec<Variable> {
    tensors.iter().map(|tensor| tensor.variable.clone()).collect()
}

fn given(grads: &[Option<PyRef<'_, Tensor>>]) -> Vec<Option<Variable>> {
    grads.iter().map(|grad| grad.as_ref().map(|grad| grad.variable.clone())).collect()
}

/// Adds gradients to the leaves, or to `inputs` alone.
#[pyfunction]
pub fn backward(
    py: Python<'_>,
    roots: Vec<PyRef<'_, Tensor>>,
    grads: Vec<Option<PyRef<'_, Tensor>>>,
    inputs: Option<Vec<PyRef<'_, Tensor>>>,
    retain_graph: bool,
    create_graph: bool,
) -> PyResult<()> {
    let (roots, grads) = (variables(&roots), given(&grads));
    let inputs = inputs.map(|inputs| variables(&inputs));
    let done = py.detach(|| {
        let roots: Vec<&Variable> = roots.iter().collect();
        let inputs: Option<Vec<&Variable>> = inputs.as_ref().map(|inputs| inputs.iter().collect());
        autograd::backward_pass(&roots, &grads, inputs.as_deref(), Pass { retain_graph, create_graph })
    });
    done.map_err(|error| failed(py, &error))
}

/// Gradients of some tensors, with no `.grad` touched.
#[pyfunction]
pub fn grad(
    py: Python<'_>,
    outputs: Vec<PyRef<'_, Tensor>>,
    inputs: Vec<PyRef<'_, Tensor>>,
    grads: Vec<Option<PyRef<'_, Tensor>>>,
    retain_graph: bool,
    create_graph: bool,
    allow_unused: bool,
) -> PyResult<Py<PyAny>> {
    let (outputs, inputs, grads) = (variables(&outputs), variables(&inputs), given(&grads));
    let found = py.detach(|| {
        let outputs: Vec<&Variable> = outputs.iter().collect();
        let inputs: Vec<&Variable> = inputs.iter().collect();
        autograd::grad_pass(&outputs, &inputs, &grads, Pass { retain_graph, create_graph }, allow_unused)
    });
    let mut made = Vec::new();
    for grad in found.map_err(|error| failed(py, &error))? {
        made.push(grad.map(|grad| wrapped(py, grad)).transpose()?);
    }
    Ok(PyTuple::new(py, made)?.into_any().unbind())
}

static RAISED: Mutex<Option<PyErr>> = Mutex::new(None);

/// An exception of Python on its way through the engine.
pub fn carried(fault: PyErr) -> ::tensor::Error {
    let text = fault.to_string();
    *RAISED.lock().unwrap_or_else(PoisonError::into_inner) = Some(fault);
    ::tensor::Error::runtime("backward", text)
}

/// The exception of a backward in Python where one was raised, else the engine's.
fn failed(py: Python<'_>, error: &::tensor::Error) -> PyErr {
    let inner = RAISED.lock().unwrap_or_else(PoisonError::into_inner).take();
    inner.unwrap_or_else(|| raised(py, error))
}

/// The names of nodes made here: a class's name lives as long as the process, once.
static NAMES: Mutex<BTreeMap<String, &'static str>> = Mutex::new(BTreeMap::new());

fn lasting(name: &str) -> &'static str {
    let mut names = NAMES.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = names.get(name) {
        return known;
    }
    let lasting: &'static str = Box::leak(name.to_owned().into_boxed_str());
    names.insert(name.to_owned(), lasting);
    lasting
}

/// Records a function whose outputs were computed outside the graph. `backward` gets the node and one gradient or
/// `None` for each output and gives as many as there are inputs. It runs in the mode of the pass: what it calls is
/// recorded where a graph of the gradients is created.
#[pyfunction]
pub fn record(
    py: Python<'_>,
    name: &str,
    inputs: Vec<PyRef<'_, Tensor>>,
    outputs: Vec<PyRef<'_, Tensor>>,
    backward: Py<PyAny>,
) -> PyResult<Py<PyAny>> {
    let inputs = variables(&inputs);
    let outputs = outputs.iter().map(|output| output.variable.data().clone()).collect();
    let expected = inputs.len();
    let function: RecordedBackward = Box::new(move |grads, node| {
        Python::attach(|py| answered(py, &backward, grads, Node(node.clone()), expected).map_err(carried))
    });
    let inputs: Vec<&Variable> = inputs.iter().collect();
    let recorded = autograd::custom_recorded(lasting(name), &inputs, outputs, function);
    let mut made = Vec::new();
    for variable in recorded {
        made.push(wrapped(py, variable)?);
    }
    Ok(PyTuple::new(py, made)?.into_any().unbind())
}

/// Gradients as Python sees them.
pub fn to_tuple<'py>(py: Python<'py>, grads: &[Option<Variable>]) -> PyResult<Bound<'py, PyTuple>> {
    let mut given = Vec::with_capacity(grads.len());
    for grad in grads {
        given.push(grad.as_ref().map(|grad| wrapped(py, grad.clone())).transpose()?);
    }
    PyTuple::new(py, given)
}

fn answered(
    py: Python<'_>,
    backward: &Py<PyAny>,
    grads: &[Option<Variable>],
    node: Node,
    expected: usize,
) -> PyResult<Vec<Option<Variable>>> {
    let answer = backward.bind(py).call1((node, to_tuple(py, grads)?))?;
    let answers: Vec<Bound<'_, PyAny>> = match answer.cast::<PyTuple>() {
        Ok(tuple) => tuple.iter().collect(),
        Err(_) => vec![answer],
    };
    if answers.len() != expected {
        return Err(PyRuntimeError::new_err(format!(
            "function returned an incorrect number of gradients (expected {expected}, got {})",
            answers.len()
        )));
    }
    answers
        .into_iter()
        .map(|answer| {
            if answer.is_none() {
                return Ok(None);
            }
            let tensor = answer.cast::<Tensor>().map_err(|_| {
                PyTypeError::new_err("expected Variable or None (a gradient is a Tensor or None)")
            })?;
            Ok(Some(tensor.borrow().variable.clone()))
        })
        .collect()
}
