//! Between the plane's values and the objects that files of tensors hold.

use checkpoint::{Id, Node, Tree, TreeBuilder};
use evidence::value::{self, Cell, Value};

use super::convert::{Given, Storages};
use crate::call::Failure;

/// Objects inside each other: beyond what any case holds, and an end for those that hold themselves.
const DEPTH_MAX: usize = 48;

/// The object that a value says.
pub(super) fn tree(value: &Value) -> Result<Tree, Failure> {
    let mut made = Made { builder: TreeBuilder::new(), storages: Storages::default() };
    let root = made.node(value)?;
    Ok(made.builder.finish(root)?)
}

struct Made {
    builder: TreeBuilder,
    storages: Storages,
}

impl Made {
    fn node(&mut self, value: &Value) -> Result<Id, Failure> {
        let node = match value {
            Value::Tensor(tensor) => {
                let variable = self.storages.variable(tensor)?;
                Node::Tensor { requires_grad: variable.requires_grad(), tensor: variable.into_data() }
            }
            Value::Tree(value::Tree::Items(items)) => {
                Node::List(items.iter().map(|item| self.node(item)).collect::<Result<_, _>>()?)
            }
            Value::Tree(value::Tree::Entries(entries)) => {
                let mut pairs = Vec::with_capacity(entries.len());
                for (key, held) in entries {
                    let key = self.cell(key)?;
                    let key = self.builder.add(key)?;
                    pairs.push((key, self.node(held)?));
                }
                Node::Dict(pairs)
            }
            Value::Scalar(scalar) => self.cell(scalar.value())?,
            Value::Text(text) => Node::Text(text.clone()),
            Value::Bytes(bytes) => Node::Bytes(bytes.clone()),
            other => {
                return Err(Failure::Malformed(format!("no {} goes into a file of tensors", other.kind())));
            }
        };
        Ok(self.builder.add(node)?)
    }

    fn cell(&self, cell: &Cell) -> Result<Node, Failure> {
        Ok(match cell {
            Cell::None => Node::None,
            Cell::Bool(flag) => Node::Bool(*flag),
            Cell::Integer(value) => Node::Int(
                i64::try_from(*value).map_err(|_| Failure::Malformed("an integer beyond 64 bits".into()))?,
            ),
            Cell::Float(value) => Node::Float(*value),
            Cell::Text(text) => Node::Text(text.clone()),
            other => return Err(Failure::Malformed(format!("no object of a file: {other:?}"))),
        })
    }
}

/// The value that an object says, in the forms of the reference's answers: a tuple is a list there.
pub(super) fn given(tree: &Tree) -> Result<Given, Failure> {
    node(tree, tree.root(), 0)
}

fn node(tree: &Tree, id: Id, depth: usize) -> Result<Given, Failure> {
    let unsupported = |what: &str| Failure::unsupported(format!("{what} as a value of a case"));
    if depth > DEPTH_MAX {
        return Err(unsupported("objects deep inside each other"));
    }
    let all = |items: &[Id]| items.iter().map(|&item| node(tree, item, depth + 1)).collect::<Result<_, _>>();
    Ok(match tree.node(id).ok_or_else(|| unsupported("a node of another tree"))? {
        Node::None => Given::Nothing,
        Node::Bool(flag) => Given::Bool(*flag),
        Node::Int(value) => Given::Integer(*value),
        Node::Float(value) => Given::Float(*value),
        Node::Text(text) => Given::Text(text.clone()),
        Node::Bytes(bytes) => Given::Bytes(bytes.clone()),
        Node::List(items) | Node::Tuple(items) => Given::Items(all(items)?),
        Node::Size(sizes) => Given::Items(sizes.iter().map(|&size| Given::Integer(size)).collect()),
        Node::DType(dtype) => Given::Text(dtype.to_string()),
        Node::Dict(items) | Node::OrderedDict { items, .. } => {
            let mut entries = Vec::with_capacity(items.len());
            for &(key, value) in items {
                let Some(Node::Text(key)) = tree.node(key) else {
                    return Err(unsupported("a key that is no text"));
                };
                entries.push((key.clone(), node(tree, value, depth + 1)?));
            }
            Given::Entries(entries)
        }
        Node::Tensor { tensor, requires_grad } => Given::Tensor(tensor.clone(), *requires_grad),
        Node::Parameter { data, requires_grad } => match node(tree, *data, depth + 1)? {
            Given::Tensor(tensor, _) => Given::Tensor(tensor, *requires_grad),
            _ => return Err(unsupported("a parameter around no tensor")),
        },
        _ => return Err(unsupported("this kind of object")),
    })
}
