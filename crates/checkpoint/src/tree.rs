//! An object as a file of tensors holds it.

use tensor::{DType, Tensor};

use crate::limits::NODES_MAX;
use crate::{Error, ErrorKind, Result};

/// A node of a [`Tree`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id(usize);

impl Id {
    /// The node's number: 0 for the first.
    pub fn number(self) -> usize {
        self.0
    }
}

/// One object. A child of a tuple, set or parameter has a smaller number; lists and dictionaries may hold any node, so
/// themselves too.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Node {
    /// Nothing.
    None,
    /// A truth value.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// A greater integer: two's complement, little-endian, as short as can be.
    Long(Vec<u8>),
    /// A floating point number.
    Float(f64),
    /// A complex number.
    Complex(f64, f64),
    /// A text.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
    /// A list.
    List(Vec<Id>),
    /// A tuple.
    Tuple(Vec<Id>),
    /// A set, in the order of the file.
    Set(Vec<Id>),
    /// A dictionary. Of equal keys the last counts.
    Dict(Vec<(Id, Id)>),
    /// Python's `OrderedDict`, which states of modules are.
    OrderedDict {
        /// Keys and values. Of equal keys the last counts.
        items: Vec<(Id, Id)>,
        /// The `_metadata` that PyTorch hangs on it.
        metadata: Option<Id>,
    },
    /// `torch.Size`.
    Size(Vec<i64>),
    /// `torch.device`.
    Device(String),
    /// `torch.dtype`.
    DType(DType),
    /// A tensor. Several may share a storage.
    Tensor {
        /// Elements and layout.
        tensor: Tensor,
        /// Whether it wants a gradient.
        requires_grad: bool,
    },
    /// `torch.nn.Parameter` around a tensor.
    Parameter {
        /// The tensor.
        data: Id,
        /// Whether it wants a gradient.
        requires_grad: bool,
    },
}

/// Objects that hold each other, and the one they belong to.
#[derive(Clone, Debug)]
pub struct Tree {
    nodes: Vec<Node>,
    root: Id,
}

impl Tree {
    /// The object of the file.
    pub fn root(&self) -> Id {
        self.root
    }

    /// All nodes in the order of their numbers.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// A node; `None` for one of another tree.
    pub fn node(&self, id: Id) -> Option<&Node> {
        self.nodes.get(id.0)
    }

    /// A node of this tree by the id that its holder gives.
    ///
    /// # Errors
    /// `RuntimeError` for an id of another tree.
    pub(crate) fn held(&self, id: Id) -> Result<&Node> {
        self.node(id).ok_or_else(|| Error::runtime(format!("node {} is of another tree", id.0)))
    }

    /// The value under a text in a dictionary.
    pub fn entry(&self, dictionary: Id, key: &str) -> Option<Id> {
        let items = match self.node(dictionary)? {
            Node::Dict(items) | Node::OrderedDict { items, .. } => items,
            _ => return None,
        };
        let is_key = |id: Id| matches!(self.node(id), Some(Node::Text(text)) if text == key);
        items.iter().rev().find(|&&(id, _)| is_key(id)).map(|&(_, value)| value)
    }

    /// The tensors of a dictionary with texts as keys, in its order.
    ///
    /// # Errors
    /// `ValueError` naming the first thing that is no such entry.
    pub fn tensors(&self, dictionary: Id) -> Result<Vec<(String, Tensor)>> {
        let refused = |what: String| Error::new(ErrorKind::Value, what);
        let (Node::Dict(items) | Node::OrderedDict { items, .. }) = self.held(dictionary)? else {
            return Err(refused("expected tensors by name, found another object".to_string()));
        };
        let mut found = Vec::with_capacity(items.len());
        for &(key, value) in items {
            let Node::Text(name) = self.held(key)? else {
                return Err(refused(format!("entry {}: a name is text", found.len())));
            };
            let inner = match self.held(value)? {
                Node::Parameter { data, .. } => self.held(*data)?,
                other => other,
            };
            let Node::Tensor { tensor, .. } = inner else {
                return Err(refused(format!("`{name}` is no tensor")));
            };
            found.push((name.clone(), tensor.clone()));
        }
        Ok(found)
    }
}

/// Builds a [`Tree`] node by node.
#[derive(Debug, Default)]
pub struct TreeBuilder {
    nodes: Vec<Node>,
}

impl TreeBuilder {
    /// Without nodes.
    pub fn new() -> TreeBuilder {
        TreeBuilder::default()
    }

    /// Adds a node.
    ///
    /// # Errors
    /// `ValueError` for more than two million nodes, `RuntimeError` for a child that is not there.
    pub fn add(&mut self, node: Node) -> Result<Id> {
        if self.nodes.len() >= NODES_MAX {
            return Err(Error::new(ErrorKind::Value, format!("more than {NODES_MAX} objects")));
        }
        let held = match &node {
            Node::Tuple(items) | Node::Set(items) | Node::List(items) => items.iter().max().copied(),
            Node::Parameter { data, .. } => Some(*data),
            Node::Dict(items) => items.iter().map(|&(k, v)| k.max(v)).max(),
            Node::OrderedDict { items, metadata } => {
                items.iter().map(|&(k, v)| k.max(v)).chain(*metadata).max()
            }
            _ => None,
        };
        if held.is_some_and(|child| child.0 >= self.nodes.len()) {
            return Err(Error::runtime("a node holds one that was not added before"));
        }
        self.nodes.push(node);
        Ok(Id(self.nodes.len() - 1))
    }

    /// Fills a list or dictionary that was added without items; what it holds may hold it.
    ///
    /// # Errors
    /// `RuntimeError` where the node is of another kind, or a child is not there.
    pub fn fill(&mut self, id: Id, filled: Node) -> Result<()> {
        let count = self.nodes.len();
        let known = match &filled {
            Node::List(items) => items.iter().all(|item| item.0 < count),
            Node::Dict(items) => items.iter().all(|(k, v)| k.0 < count && v.0 < count),
            Node::OrderedDict { items, metadata } => {
                items.iter().all(|(k, v)| k.0 < count && v.0 < count)
                    && metadata.is_none_or(|held| held.0 < count)
            }
            _ => false,
        };
        let slot = self
            .nodes
            .get_mut(id.0)
            .filter(|slot| std::mem::discriminant(&**slot) == std::mem::discriminant(&filled));
        match slot {
            Some(slot) if known => {
                *slot = filled;
                Ok(())
            }
            _ => Err(Error::runtime("only a list or dictionary is filled, with nodes of the same tree")),
        }
    }

    /// A text.
    ///
    /// # Errors
    /// As [`TreeBuilder::add`].
    pub fn text(&mut self, text: &str) -> Result<Id> {
        self.add(Node::Text(text.to_string()))
    }

    /// A tensor that wants no gradient.
    ///
    /// # Errors
    /// As [`TreeBuilder::add`].
    pub fn tensor(&mut self, tensor: Tensor) -> Result<Id> {
        self.add(Node::Tensor { tensor, requires_grad: false })
    }

    /// The tree with this object as its root.
    ///
    /// # Errors
    /// `RuntimeError` for a root that was not added.
    pub fn finish(self, root: Id) -> Result<Tree> {
        if root.0 < self.nodes.len() {
            Ok(Tree { nodes: self.nodes, root })
        } else {
            Err(Error::runtime("the root was not added"))
        }
    }
}
