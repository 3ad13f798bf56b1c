//! What a pickle built, before its storages are there.

use std::collections::HashMap;

use tensor::{DType, Tensor};

use crate::limits::NODES_MAX;
use crate::{Error, ErrorKind, Id, Node, Result, Tree, TreeBuilder};

/// A storage that a pickle names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StorageName {
    pub key: String,
    pub dtype: DType,
    pub numel: usize,
}

/// A tensor over a storage that is not read yet.
#[derive(Clone, Debug)]
pub struct View {
    pub storage: usize,
    pub offset: usize,
    pub sizes: Vec<usize>,
    pub strides: Vec<usize>,
    pub requires_grad: bool,
}

/// What may be called or named in a pickle. Nothing is imported: these are all there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Global {
    OrderedDict,
    RebuildTensor,
    RebuildParameter,
    Size,
    Device,
    Encode,
    Set,
    Complex,
    Storage(DType),
    DType(DType),
}

/// An object on the unpickler's stack. Indices are of [`Graph::objects`].
#[derive(Clone, Debug)]
pub enum Object {
    None,
    Bool(bool),
    Int(i64),
    Long(Vec<u8>),
    Float(f64),
    Complex(f64, f64),
    Text(String),
    Bytes(Vec<u8>),
    List(Vec<usize>),
    Tuple(Vec<usize>),
    Set(Vec<usize>),
    Dict(Vec<(usize, usize)>),
    OrderedDict { items: Vec<(usize, usize)>, metadata: Option<usize> },
    Size(Vec<i64>),
    Device(String),
    View(View),
    Parameter { data: usize, requires_grad: bool },
    Storage(usize),
    Global(Global),
}

/// All objects in the order they were made, and the storages they name.
pub struct Graph {
    pub objects: Vec<Object>,
    pub storages: Vec<StorageName>,
    pub root: usize,
}

impl Graph {
    /// The tree of what the root reaches, over these storages, one for each name.
    pub fn build(self, storages: &[Tensor]) -> Result<Tree> {
        let mut builder = TreeBuilder::new();
        let mut ids: HashMap<usize, Id> = HashMap::new();
        let reached = self.reached();
        let mut late = Vec::new();
        for (at, object) in self.objects.iter().enumerate() {
            if !reached.get(at).copied().unwrap_or(false) {
                continue;
            }
            let each =
                |items: &[usize]| items.iter().map(|item| id(&ids, *item)).collect::<Result<Vec<Id>>>();
            let node = match object {
                Object::None => Node::None,
                Object::Bool(flag) => Node::Bool(*flag),
                Object::Int(value) => Node::Int(*value),
                Object::Long(bytes) => Node::Long(bytes.clone()),
                Object::Float(value) => Node::Float(*value),
                Object::Complex(real, imaginary) => Node::Complex(*real, *imaginary),
                Object::Text(text) => Node::Text(text.clone()),
                Object::Bytes(bytes) => Node::Bytes(bytes.clone()),
                Object::Tuple(items) => Node::Tuple(each(items)?),
                Object::Set(items) => Node::Set(each(items)?),
                Object::Size(sizes) => Node::Size(sizes.clone()),
                Object::Device(name) => Node::Device(name.clone()),
                Object::Global(Global::DType(dtype)) => Node::DType(*dtype),
                Object::Parameter { data, requires_grad } => {
                    Node::Parameter { data: id(&ids, *data)?, requires_grad: *requires_grad }
                }
                Object::View(view) => view.over(storages)?,
                // What they hold may be made later.
                Object::List(_) => Node::List(Vec::new()),
                Object::Dict(_) => Node::Dict(Vec::new()),
                Object::OrderedDict { .. } => Node::OrderedDict { items: Vec::new(), metadata: None },
                Object::Storage(_) => return Err(Error::missing("load() of a storage without a tensor")),
                Object::Global(global) => {
                    return Err(Error::new(
                        ErrorKind::Unpickling,
                        format!("Weights only load failed: {global:?} stands for itself, and is no value"),
                    ));
                }
            };
            let made = builder.add(node)?;
            ids.insert(at, made);
            if matches!(object, Object::List(_) | Object::Dict(_) | Object::OrderedDict { .. }) {
                late.push((at, made));
            }
        }
        let pairs = |items: &[(usize, usize)]| {
            items.iter().map(|(k, v)| Ok((id(&ids, *k)?, id(&ids, *v)?))).collect::<Result<Vec<_>>>()
        };
        for (at, made) in late {
            let filled = match self.objects.get(at) {
                Some(Object::List(items)) => {
                    Node::List(items.iter().map(|item| id(&ids, *item)).collect::<Result<_>>()?)
                }
                Some(Object::Dict(items)) => Node::Dict(pairs(items)?),
                Some(Object::OrderedDict { items, metadata }) => Node::OrderedDict {
                    items: pairs(items)?,
                    metadata: metadata.map(|held| id(&ids, held)).transpose()?,
                },
                _ => continue,
            };
            builder.fill(made, filled)?;
        }
        let root = id(&ids, self.root)?;
        builder.finish(root)
    }

    /// Which objects are more than an argument.
    fn reached(&self) -> Vec<bool> {
        let mut reached = vec![false; self.objects.len().min(NODES_MAX)];
        let mut next = vec![self.root];
        while let Some(at) = next.pop() {
            match reached.get_mut(at) {
                Some(seen) if !*seen => *seen = true,
                _ => continue,
            }
            match self.objects.get(at) {
                Some(Object::List(items) | Object::Tuple(items) | Object::Set(items)) => next.extend(items),
                Some(Object::Dict(items)) => next.extend(items.iter().flat_map(|&(k, v)| [k, v])),
                Some(Object::OrderedDict { items, metadata }) => {
                    next.extend(items.iter().flat_map(|&(k, v)| [k, v]).chain(*metadata));
                }
                Some(Object::Parameter { data, .. }) => next.push(*data),
                _ => {}
            }
        }
        reached
    }
}

fn id(ids: &HashMap<usize, Id>, at: usize) -> Result<Id> {
    ids.get(&at).copied().ok_or_else(|| Error::runtime("an object is held before it is made"))
}

impl View {
    fn over(&self, storages: &[Tensor]) -> Result<Node> {
        let storage =
            storages.get(self.storage).ok_or_else(|| Error::runtime("a tensor without its storage"))?;
        // An empty tensor touches no element, wherever it begins.
        let tensor = match self.sizes.contains(&0) {
            true => storage.as_strided(&self.sizes, &self.strides, self.offset.min(storage.numel())),
            false => storage.as_strided(&self.sizes, &self.strides, self.offset),
        };
        let tensor = tensor.map_err(|error| {
            Error::runtime(format!("a tensor outside its storage of {} elements: {error}", storage.numel()))
        })?;
        Ok(Node::Tensor { tensor, requires_grad: self.requires_grad })
    }
}
