//! PyTorch's files as lists of nodes, of which the facade makes Python's objects and back.
//!
//! A node is a tuple of a tag and what belongs to it; others are named by their place in the list, and stand before it
//! unless a list or dictionary holds them. `python/lumen/torch/_serialization.py` is the other side.

use checkpoint::{ErrorKind, Id, Node, Tree, TreeBuilder};
use pyo3::exceptions::{PyNotImplementedError, PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyComplex, PyList, PyTuple};

use super::tensor::{Tensor, wrapped};
use super::values::Dtype;

fn raised(py: Python<'_>, error: &checkpoint::Error) -> PyErr {
    let message = error.message().to_owned();
    match error.kind() {
        ErrorKind::Unpickling => match py.import("pickle").and_then(|m| m.getattr("UnpicklingError")) {
            Ok(class) => match class.cast_into() {
                Ok(class) => PyErr::from_type(class, (message,)),
                Err(fault) => fault.into(),
            },
            Err(fault) => fault,
        },
        ErrorKind::NotImplemented => PyNotImplementedError::new_err(format!("lumen.torch: {message}")),
        ErrorKind::Value => PyValueError::new_err(message),
        _ => PyRuntimeError::new_err(message),
    }
}

fn numbers(items: &[Id]) -> Vec<usize> {
    items.iter().map(|id| id.number()).collect()
}

fn pairs(items: &[(Id, Id)]) -> Vec<(usize, usize)> {
    items.iter().map(|(key, value)| (key.number(), value.number())).collect()
}

/// The nodes of a file that `torch.save` wrote, and the place of its object.
///
/// # Errors
/// `UnpicklingError`, `NotImplementedError` or `RuntimeError`, as `checkpoint::pt::read` says.
#[pyfunction]
pub fn read_pt<'py>(py: Python<'py>, bytes: &[u8]) -> PyResult<(Bound<'py, PyList>, usize)> {
    let tree = py.detach(|| checkpoint::pt::read(bytes)).map_err(|error| raised(py, &error))?;
    let nodes = PyList::empty(py);
    for node in tree.nodes() {
        nodes.append(described(py, node)?)?;
    }
    Ok((nodes, tree.root().number()))
}

fn described(py: Python<'_>, node: &Node) -> PyResult<Py<PyAny>> {
    fn tuple<'py, T: IntoPyObject<'py, Target = PyTuple, Output = Bound<'py, PyTuple>, Error = PyErr>>(
        py: Python<'py>,
        parts: T,
    ) -> PyResult<Py<PyAny>> {
        Ok(parts.into_pyobject(py)?.into_any().unbind())
    }
    match node {
        Node::None => tuple(py, ("value", py.None())),
        Node::Bool(flag) => tuple(py, ("value", *flag)),
        Node::Int(value) => tuple(py, ("value", *value)),
        Node::Long(bytes) => tuple(py, ("long", PyBytes::new(py, bytes))),
        Node::Float(value) => tuple(py, ("value", *value)),
        Node::Complex(real, imaginary) => {
            tuple(py, ("value", PyComplex::from_doubles(py, *real, *imaginary)))
        }
        Node::Text(text) => tuple(py, ("value", text)),
        Node::Bytes(bytes) => tuple(py, ("value", PyBytes::new(py, bytes))),
        Node::List(items) => tuple(py, ("list", numbers(items))),
        Node::Tuple(items) => tuple(py, ("tuple", numbers(items))),
        Node::Set(items) => tuple(py, ("set", numbers(items))),
        Node::Dict(items) => tuple(py, ("dict", pairs(items))),
        Node::OrderedDict { items, metadata } => {
            tuple(py, ("ordered", pairs(items), metadata.map(Id::number)))
        }
        Node::Size(sizes) => tuple(py, ("size", sizes.clone())),
        Node::Device(name) => tuple(py, ("device", name)),
        Node::DType(dtype) => tuple(py, ("value", Dtype(*dtype))),
        Node::Tensor { tensor, requires_grad } => {
            tuple(py, ("tensor", wrapped(py, tensor.clone().into())?, *requires_grad))
        }
        Node::Parameter { data, requires_grad } => tuple(py, ("parameter", data.number(), *requires_grad)),
        other => Err(PyNotImplementedError::new_err(format!("lumen.torch: load() of {other:?}"))),
    }
}

/// The bytes of a file with these nodes.
///
/// # Errors
/// `ValueError` for an object that such a file cannot hold, `TypeError` for a list that is no description of one.
#[pyfunction]
pub fn write_pt<'py>(
    py: Python<'py>,
    nodes: Vec<Bound<'py, PyTuple>>,
    root: usize,
    name: &str,
) -> PyResult<Bound<'py, PyBytes>> {
    let tree = tree(py, &nodes, root)?;
    let file = checkpoint::pt::File::of(&tree, name).map_err(|error| raised(py, &error))?;
    PyBytes::new_with(py, file.size(), |mut bytes| file.write(&mut bytes).map_err(|error| raised(py, &error)))
}

fn tree(py: Python<'_>, nodes: &[Bound<'_, PyTuple>], root: usize) -> PyResult<Tree> {
    let mut builder = TreeBuilder::new();
    let mut ids = Vec::with_capacity(nodes.len());
    for node in nodes {
        let tag: String = node.get_item(0)?.extract()?;
        // Lists and dictionaries are filled when all that they may hold is there.
        let made = match tag.as_str() {
            "list" => Node::List(Vec::new()),
            "dict" => Node::Dict(Vec::new()),
            "ordered" => Node::OrderedDict { items: Vec::new(), metadata: None },
            tag => simple(tag, node, &ids)?,
        };
        ids.push(builder.add(made).map_err(|error| raised(py, &error))?);
    }
    for (node, made) in nodes.iter().zip(&ids) {
        let tag: String = node.get_item(0)?.extract()?;
        let filled = match tag.as_str() {
            "list" => Node::List(held(node, &ids)?),
            "dict" => Node::Dict(held_pairs(node, &ids)?),
            "ordered" => {
                let metadata: Option<usize> = node.get_item(2)?.extract()?;
                let metadata = metadata.map(|at| place(at, &ids)).transpose()?;
                Node::OrderedDict { items: held_pairs(node, &ids)?, metadata }
            }
            _ => continue,
        };
        builder.fill(*made, filled).map_err(|error| raised(py, &error))?;
    }
    builder.finish(place(root, &ids)?).map_err(|error| raised(py, &error))
}

fn place(at: usize, ids: &[Id]) -> PyResult<Id> {
    ids.get(at).copied().ok_or_else(|| PyValueError::new_err(format!("node {at} is not there yet")))
}

fn held(node: &Bound<'_, PyTuple>, ids: &[Id]) -> PyResult<Vec<Id>> {
    let items: Vec<usize> = node.get_item(1)?.extract()?;
    items.into_iter().map(|at| place(at, ids)).collect()
}

fn held_pairs(node: &Bound<'_, PyTuple>, ids: &[Id]) -> PyResult<Vec<(Id, Id)>> {
    let items: Vec<(usize, usize)> = node.get_item(1)?.extract()?;
    items.into_iter().map(|(key, value)| Ok((place(key, ids)?, place(value, ids)?))).collect()
}

fn simple(tag: &str, node: &Bound<'_, PyTuple>, ids: &[Id]) -> PyResult<Node> {
    let part = |at: usize| node.get_item(at);
    Ok(match tag {
        "none" => Node::None,
        "bool" => Node::Bool(part(1)?.extract()?),
        "int" => Node::Int(part(1)?.extract()?),
        "long" => Node::Long(part(1)?.extract()?),
        "float" => Node::Float(part(1)?.extract()?),
        "complex" => Node::Complex(part(1)?.extract()?, part(2)?.extract()?),
        "text" => Node::Text(part(1)?.extract()?),
        "bytes" => Node::Bytes(part(1)?.extract()?),
        "tuple" => Node::Tuple(held(node, ids)?),
        "set" => Node::Set(held(node, ids)?),
        "size" => Node::Size(part(1)?.extract()?),
        "device" => Node::Device(part(1)?.extract()?),
        "dtype" => Node::DType(part(1)?.cast::<Dtype>()?.get().0),
        "tensor" => {
            let given = part(1)?;
            let given = given.cast::<Tensor>()?.borrow();
            let tensor = given.variable.data().clone();
            Node::Tensor { tensor, requires_grad: part(2)?.extract()? }
        }
        "parameter" => {
            Node::Parameter { data: place(part(1)?.extract()?, ids)?, requires_grad: part(2)?.extract()? }
        }
        other => return Err(PyValueError::new_err(format!("a node of the unknown kind {other}"))),
    })
}
