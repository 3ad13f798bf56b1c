//! Operators by PyTorch's public names.

use autograd::{Arg, Variable};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

use super::convert::{argument, raised, to_python};
use super::tensor::{Tensor, wrapped};
use super::values::stream;

/// Calls the operator of this name, `add`, `nn.functional.relu`, `linalg.det`, `add_`.
///
/// # Errors
/// PyTorch's classes and texts; `NotImplementedError` for a name that does not exist here.
#[pyfunction]
#[pyo3(signature = (name, args, named=None))]
pub fn call(name: &str, args: &Bound<'_, PyTuple>, named: Option<&Bound<'_, PyDict>>) -> PyResult<Py<PyAny>> {
    let py = args.py();
    let mut values = Vec::with_capacity(args.len());
    for object in args.iter() {
        values.push(argument(&object)?);
    }
    let mut by_name = Vec::new();
    let mut out = None;
    for (key, object) in named.into_iter().flatten() {
        let key: String = key.extract()?;
        if key == "out" && !object.is_none() {
            out = Some(object.clone());
        }
        by_name.push((key, argument(&object)?));
    }
    let answer = called(py, name, values, by_name)?;
    if let Some(out) = out {
        return Ok(out.unbind());
    }
    answer_of(py, args.get_item(0).ok().as_ref(), answer)
}

/// Runs an operator without Python's lock.
pub fn called(
    py: Python<'_>,
    name: &str,
    args: Vec<Arg<Variable>>,
    named: Vec<(String, Arg<Variable>)>,
) -> PyResult<nn::Answer> {
    let generator = stream(py)?;
    let answer = py.detach(|| generator.with_default(|| nn::call_answered(name, args, named)));
    answer.map_err(|error| raised(py, &error))
}

/// The results as Python has them: one tensor, a number, or a tuple.
pub fn answer_of(
    py: Python<'_>,
    first: Option<&Bound<'_, PyAny>>,
    answer: nn::Answer,
) -> PyResult<Py<PyAny>> {
    let nn::Answer { values, returns } = answer;
    // A write in place gives the object that was written.
    if let (Some(first), [one]) = (first.and_then(|first| first.cast::<Tensor>().ok()), values.as_slice())
        && first.borrow().variable.is(one)
    {
        // It may have changed its layout too.
        first.borrow_mut().variable = one.clone();
        return Ok(first.clone().into_any().unbind());
    }
    if matches!(returns, "bool" | "Scalar" | "int" | "SymInt" | "float")
        && let [one] = values.as_slice()
    {
        return to_python(py, one.data().item().map_err(|error| raised(py, &error))?);
    }
    // A function that gives one or several by its arguments says `Any` or names them all.
    let list = returns.contains("[]") || values.len() != 1;
    let mut wrapped_values = Vec::with_capacity(values.len());
    for value in values {
        wrapped_values.push(wrapped(py, value)?);
    }
    if !list {
        return wrapped_values.pop().ok_or_else(|| {
            pyo3::exceptions::PyRuntimeError::new_err("internal: an operator without a result")
        });
    }
    let names = names_of(returns);
    let tuple = PyTuple::new(py, wrapped_values)?;
    match names {
        Some(names) => {
            let make = crate::registry::get(py, pyo3::intern!(py, "torch.named_results"))?;
            Ok(make.call1((names, tuple))?.unbind())
        }
        None => Ok(tuple.into_any().unbind()),
    }
}

/// The results' names in a schema, `(Tensor values, Tensor indices)`.
fn names_of(returns: &str) -> Option<Vec<&str>> {
    let inside = returns.strip_prefix('(')?.strip_suffix(')')?;
    inside.split(", ").map(|part| part.rsplit_once(' ').map(|(_, name)| name)).collect()
}

/// Whether an operator of this name exists.
#[pyfunction]
pub fn is_known(name: &str) -> bool {
    nn::is_known(name)
}
