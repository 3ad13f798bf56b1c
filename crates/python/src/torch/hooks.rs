//! Nodes of the graph, hooks, anomaly mode and the report of passes.

use std::sync::Arc;

use autograd::{Anomaly, GradFn, HookId, Reentrancy, Variable};
use pyo3::exceptions::{PyRuntimeError, PyTypeError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

use super::convert::raised;
use super::graph::{carried, to_tuple};
use super::tensor::{Tensor, wrapped};

/// A node of the graph: what made a tensor.
#[pyclass(frozen, module = "lumen._engine")]
pub struct Node(pub GradFn);

#[pymethods]
impl Node {
    /// PyTorch writes the namespace of the one node that is not generated.
    fn name(&self) -> &'static str {
        match self.0.name() {
            "AccumulateGrad" => "torch::autograd::AccumulateGrad",
            name => name,
        }
    }
    /// Pairs of a node and which of its outputs; `None` where no gradient is wanted.
    #[getter]
    fn next_functions(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        let mut pairs = Vec::new();
        for next in self.0.next_functions() {
            let (node, output) = match next {
                Some((node, output)) => (Some(Py::new(py, Node(node))?), output),
                None => (None, 0),
            };
            pairs.push((node, output));
        }
        Ok(PyTuple::new(py, pairs)?.into_any().unbind())
    }
    /// `hook(gradients of inputs, gradients of outputs)` after the node.
    fn register_hook(&self, hook: Py<PyAny>) -> Handle {
        let id = self.0.register_hook(Arc::new(move |found, arrived| {
            Python::attach(|py| {
                let answer = hook.bind(py).call1((to_tuple(py, found)?, to_tuple(py, arrived)?))?;
                replaced(&hook, &answer, found.len())
            })
            .map_err(carried)
        }));
        Handle { owner: Owner::Node(self.0.clone()), id }
    }
    /// `hook(gradients of outputs)` before the node.
    fn register_prehook(&self, hook: Py<PyAny>) -> Handle {
        let id = self.0.register_prehook(Arc::new(move |arrived| {
            Python::attach(|py| {
                let answer = hook.bind(py).call1((to_tuple(py, arrived)?,))?;
                replaced(&hook, &answer, arrived.len())
            })
            .map_err(carried)
        }));
        Handle { owner: Owner::Node(self.0.clone()), id }
    }
    /// An output, by number, with its place in the graph.
    fn _output(&self, py: Python<'_>, output: usize, data: PyRef<'_, Tensor>) -> PyResult<Py<PyAny>> {
        wrapped(py, self.0.output(output, data.variable.data().clone()))
    }
    fn __eq__(&self, other: PyRef<'_, Node>) -> bool {
        self.0.is(&other.0)
    }
    fn __hash__(&self) -> usize {
        self.0.address()
    }
    fn __repr__(&self) -> String {
        format!("<{}>", self.0.name())
    }
}

/// What a hook of a node gave in the place of gradients.
fn replaced(
    hook: &Py<PyAny>,
    answer: &Bound<'_, PyAny>,
    expected: usize,
) -> PyResult<Option<Vec<Option<Variable>>>> {
    if answer.is_none() {
        return Ok(None);
    }
    let py = answer.py();
    // A node with one tensor takes the tensor alone.
    if let Ok(tensor) = answer.cast::<Tensor>()
        && expected == 1
    {
        return Ok(Some(vec![Some(tensor.borrow().variable.clone())]));
    }
    let Ok(tuple) = answer.cast::<PyTuple>() else {
        let found = answer.get_type().name()?;
        return Err(PyTypeError::new_err(format!("expected tuple, but hook returned '{found}'")));
    };
    if tuple.len() != expected {
        return Err(PyRuntimeError::new_err(format!(
            "hook '{}' has returned an incorrect number of values (got {}, but expected {expected})",
            name(py, hook),
            tuple.len()
        )));
    }
    let items = tuple.iter().map(|item| if item.is_none() { Ok(None) } else { tensor(&item).map(Some) });
    items.collect::<PyResult<Vec<_>>>().map(Some)
}

fn tensor(item: &Bound<'_, PyAny>) -> PyResult<Variable> {
    match item.cast::<Tensor>() {
        Ok(tensor) => Ok(tensor.borrow().variable.clone()),
        Err(_) => {
            let found = item.get_type().name()?;
            Err(PyTypeError::new_err(format!("expected Variable, but hook returned '{found}'")))
        }
    }
}

fn name(py: Python<'_>, hook: &Py<PyAny>) -> String {
    let name = hook.bind(py).getattr("__name__").and_then(|name| name.extract::<String>());
    name.unwrap_or_else(|_| "<unknown>".to_string())
}

/// Takes a hook away again, by `remove` or at the end of a `with` block.
#[pyclass(frozen, module = "lumen._engine")]
pub struct Handle {
    owner: Owner,
    id: HookId,
}

enum Owner {
    Node(GradFn),
    Leaf(Variable),
}

#[pymethods]
impl Handle {
    fn remove(&self) {
        match &self.owner {
            Owner::Node(node) => node.remove_hook(self.id),
            Owner::Leaf(leaf) => leaf.remove_hook(self.id),
        }
    }
    fn __enter__(slf: Py<Self>) -> Py<Self> {
        slf
    }
    #[pyo3(signature = (*_raised))]
    fn __exit__(&self, _raised: &Bound<'_, PyTuple>) {
        self.remove();
    }
}

/// `hook(gradient)` when all of a tensor's gradient has arrived.
#[pyfunction]
pub fn register_hook(py: Python<'_>, of: PyRef<'_, Tensor>, hook: Py<PyAny>) -> PyResult<Handle> {
    let owner = match of.variable.node() {
        Some(node) => Owner::Node(node),
        None => Owner::Leaf(of.variable.clone()),
    };
    let called = Arc::new(move |grad: &Variable| {
        Python::attach(|py| {
            let answer = hook.bind(py).call1((wrapped(py, grad.clone())?,))?;
            if answer.is_none() {
                return Ok(None);
            }
            let found = tensor(&answer)?;
            let changed = if found.dtype() != grad.dtype() {
                "type"
            } else if found.sizes() != grad.sizes() {
                "size"
            } else {
                return Ok(Some(found));
            };
            let text = format!("hook '{}' has changed the {changed} of value", name(py, &hook));
            Err(PyRuntimeError::new_err(text))
        })
        .map_err(carried)
    });
    let id = of.variable.register_hook(called).map_err(|error| raised(py, &error))?;
    Ok(Handle { owner, id })
}

/// `hook(leaf)` after a pass has added to the leaf's gradient. `seen` gives the leaf's object, or `None` once it is gone.
#[pyfunction]
pub fn register_post_accumulate_grad_hook(
    py: Python<'_>,
    of: PyRef<'_, Tensor>,
    seen: Py<PyAny>,
    hook: Py<PyAny>,
) -> PyResult<Handle> {
    let called = Arc::new(move |leaf: &Variable| {
        Python::attach(|py| {
            let known = seen.bind(py).call0()?;
            let given = if known.is_none() { wrapped(py, leaf.clone())?.into_bound(py) } else { known };
            let answer = hook.bind(py).call1((given,))?;
            if answer.is_none() {
                return Ok(());
            }
            Err(PyRuntimeError::new_err("Tensor post accumulate grad hooks should return None."))
        })
        .map_err(carried)
    });
    let id = of.variable.register_post_accumulate_grad_hook(called).map_err(|error| raised(py, &error))?;
    Ok(Handle { owner: Owner::Leaf(of.variable.clone()), id })
}

/// Switches anomaly mode on this thread. `site` gives the text of the forward call, `detected` is told a node's name and
/// the text of its forward call, or `None`.
#[pyfunction]
pub fn set_anomaly(check_nan: bool, site: Py<PyAny>, detected: Py<PyAny>) {
    let site = move || Python::attach(|py| site.bind(py).call0().ok()?.extract::<String>().ok());
    let told = move |node: &'static str, site: Option<&str>, error: ::tensor::Error| {
        Python::attach(|py| match detected.bind(py).call1((node, site)) {
            Ok(_) => error,
            // A warning that is an error takes its place.
            Err(fault) => carried(fault),
        })
    };
    autograd::set_anomaly(Some(Anomaly { check_nan, site: Arc::new(site), detected: Arc::new(told) }));
}

/// Switches anomaly mode of this thread off.
#[pyfunction]
pub fn clear_anomaly() {
    autograd::set_anomaly(None);
}

/// Whether anomaly mode is on, and whether NaN is looked for.
#[pyfunction]
pub fn anomaly() -> (bool, bool) {
    let mode = autograd::anomaly();
    (mode.is_some(), mode.is_none_or(|mode| mode.check_nan))
}

/// Calls a function and reports the passes it started: its result and a `dict`.
#[pyfunction]
#[pyo3(signature = (function, depth_max=None, hardened=false))]
pub fn reported(
    py: Python<'_>,
    function: Bound<'_, PyAny>,
    depth_max: Option<usize>,
    hardened: bool,
) -> PyResult<(Py<PyAny>, Py<PyDict>)> {
    let limit = Reentrancy { is_hardened: hardened, ..Reentrancy::default() };
    let limit = Reentrancy { depth_max: depth_max.unwrap_or(limit.depth_max), ..limit };
    let (result, report) = autograd::reported(|| autograd::with_reentrancy(limit, || function.call0()));
    let found = PyDict::new(py);
    found.set_item("execution_order", report.execution_order)?;
    found.set_item("dependencies", report.dependencies)?;
    found.set_item("queue_pushes", report.queue_pushes)?;
    found.set_item("queue_pops", report.queue_pops)?;
    found.set_item("queue_len_max", report.queue_len_max)?;
    found.set_item("reentrant_depth_max", report.reentrant_depth_max)?;
    found.set_item("limit_reached", report.limit_reached)?;
    found.set_item("hardened_fallback_used", report.hardened_fallback_used)?;
    Ok((result?.unbind(), found.unbind()))
}
