//! A tree as JSON: what has no form of its own there is an object with one tag.

use data_encoding::{HEXLOWER, HEXLOWER_PERMISSIVE};
use serde_json::Value;
use tensor::DType;

use super::header::{Entry, object};
use crate::limits::{LMT_DEPTH_MAX, NODES_MAX};
use crate::{Error, ErrorKind, Id, Node, Result, Tree, TreeBuilder};

/// Integers up to this have one form in every reader of JSON.
const INTEGER_MAX: i64 = (1 << 53) - 1;

fn refused(what: impl Into<String>) -> Error {
    Error::new(ErrorKind::Value, what)
}

fn bytes_of(digits: &str) -> Option<Vec<u8>> {
    HEXLOWER_PERMISSIVE.decode(digits.as_bytes()).ok()
}

/// A float by its shortest digits, or by name where JSON has none.
fn float_text(value: f64) -> String {
    if value.is_nan() { format!("nan:{:016x}", value.to_bits()) } else { format!("{value:?}") }
}

fn float_of(text: &str) -> Option<f64> {
    let value = match text.strip_prefix("nan:") {
        Some(bits) => f64::from_bits(u64::from_str_radix(bits, 16).ok()?),
        None => text.parse().ok()?,
    };
    (float_text(value) == text).then_some(value)
}

/// Writes states, and names the tensors in them by where they are.
pub struct Writer<'a> {
    tree: &'a Tree,
    /// Tensors in the order they are met: the node, its name, whether it wants a gradient.
    pub met: Vec<(Id, String)>,
    path: Vec<String>,
    /// Objects written, each as often as it stands somewhere: a list that holds the one before twice doubles them.
    count: usize,
}

impl<'a> Writer<'a> {
    pub fn new(tree: &'a Tree) -> Self {
        Writer { tree, met: Vec::new(), path: Vec::new(), count: 0 }
    }

    fn tensor(&mut self, id: Id) -> Value {
        let at = self.met.iter().position(|(known, _)| *known == id).unwrap_or_else(|| {
            self.met.push((id, self.path.join("/")));
            self.met.len() - 1
        });
        (at as u64).into()
    }

    fn below(&mut self, step: String, id: Id) -> Result<Value> {
        // Names are unique since a step has no slash of its own.
        self.path.push(step.replace('~', "~0").replace('/', "~1"));
        let made = self.node(id);
        self.path.pop();
        made
    }

    fn listed(&mut self, items: &[Id]) -> Result<Value> {
        let each = items.iter().enumerate().map(|(at, &item)| self.below(at.to_string(), item));
        each.collect::<Result<Vec<_>>>().map(Value::Array)
    }

    fn step(&self, key: Id, at: usize) -> Result<String> {
        Ok(match self.tree.held(key)? {
            Node::Text(text) => text.clone(),
            Node::Int(value) => value.to_string(),
            _ => format!("key {at}"),
        })
    }

    fn map(&mut self, items: &[(Id, Id)]) -> Result<Value> {
        let mut pairs = Vec::with_capacity(items.len());
        for (at, &(key, value)) in items.iter().enumerate() {
            let step = self.step(key, at)?;
            let key = self.below(format!("key {at}"), key)?;
            pairs.push(Value::Array(vec![key, self.below(step, value)?]));
        }
        Ok(Value::Array(pairs))
    }

    pub fn node(&mut self, id: Id) -> Result<Value> {
        if self.path.len() > LMT_DEPTH_MAX {
            return Err(refused(format!("more than {LMT_DEPTH_MAX} containers inside each other")));
        }
        self.count += 1;
        if self.count > NODES_MAX {
            return Err(refused(format!("more than {NODES_MAX} objects, each counted where it stands")));
        }
        let tree = self.tree;
        let tagged = |tag, value| object(vec![(tag, value)]);
        Ok(match tree.held(id)? {
            Node::None => Value::Null,
            Node::Bool(flag) => (*flag).into(),
            Node::Int(value) if value.abs_diff(0) <= INTEGER_MAX as u64 => (*value).into(),
            Node::Int(value) => tagged("int", value.to_string().into()),
            Node::Long(bytes) => tagged("long", HEXLOWER.encode(bytes).into()),
            Node::Float(value) => tagged("float", float_text(*value).into()),
            Node::Complex(real, imaginary) => {
                tagged("complex", vec![float_text(*real), float_text(*imaginary)].into())
            }
            Node::Text(text) => text.as_str().into(),
            Node::Bytes(bytes) => tagged("bytes", HEXLOWER.encode(bytes).into()),
            Node::List(items) => self.listed(items)?,
            Node::Tuple(items) => tagged("tuple", self.listed(items)?),
            Node::Set(items) => tagged("set", self.listed(items)?),
            Node::Dict(items) => tagged("map", self.map(items)?),
            Node::OrderedDict { items, metadata } => {
                let mut fields = vec![("ordered", self.map(items)?)];
                if let Some(held) = metadata {
                    fields.push(("metadata", self.below("metadata".to_string(), *held)?));
                }
                object(fields)
            }
            Node::Size(sizes) => tagged("size", sizes.clone().into()),
            Node::Device(name) => tagged("device", name.as_str().into()),
            Node::DType(dtype) => tagged("dtype", dtype.name().into()),
            Node::Tensor { .. } => tagged("tensor", self.tensor(id)),
            Node::Parameter { data, requires_grad } => {
                object(vec![("parameter", self.tensor(*data)), ("requires_grad", (*requires_grad).into())])
            }
        })
    }
}

/// Reads states. The error says what is not as [`Writer`] writes it.
pub struct Reader<'a> {
    pub builder: TreeBuilder,
    pub tensors: &'a [(tensor::Tensor, Entry)],
    /// The node of each tensor, once it was named.
    pub ids: Vec<Option<Id>>,
}

impl Reader<'_> {
    fn add(&mut self, node: Node) -> std::result::Result<Id, String> {
        self.builder.add(node).map_err(|error| error.message().to_string())
    }

    fn all(&mut self, items: &Value) -> std::result::Result<Vec<Id>, String> {
        let items = items.as_array().ok_or("expected a list")?;
        items.iter().map(|item| self.node(item)).collect()
    }

    fn pairs(&mut self, items: &Value) -> std::result::Result<Vec<(Id, Id)>, String> {
        let items = items.as_array().ok_or("expected a list of pairs")?;
        let each = items.iter().map(|pair| match pair.as_array().map(Vec::as_slice) {
            Some([key, value]) => Ok((self.node(key)?, self.node(value)?)),
            _ => Err("expected a pair of key and value".to_string()),
        });
        each.collect()
    }

    fn tensor(&mut self, value: &Value) -> std::result::Result<Id, String> {
        let at =
            value.as_u64().and_then(|at| usize::try_from(at).ok()).ok_or("expected an entry's number")?;
        let (tensor, entry) = self.tensors.get(at).ok_or_else(|| format!("there is no entry {at}"))?;
        if let Some(Some(id)) = self.ids.get(at) {
            return Ok(*id);
        }
        let id = self.add(Node::Tensor { tensor: tensor.clone(), requires_grad: entry.requires_grad })?;
        if let Some(slot) = self.ids.get_mut(at) {
            *slot = Some(id);
        }
        Ok(id)
    }

    pub fn node(&mut self, value: &Value) -> std::result::Result<Id, String> {
        let node = match value {
            Value::Null => Node::None,
            Value::Bool(flag) => Node::Bool(*flag),
            Value::Number(number) => {
                let value = number.as_i64().filter(|value| value.abs_diff(0) <= INTEGER_MAX as u64);
                Node::Int(value.ok_or("a number that is no integer below 2^53")?)
            }
            Value::String(text) => Node::Text(text.clone()),
            Value::Array(_) => Node::List(self.all(value)?),
            Value::Object(fields) => {
                let fields: Vec<(&str, &Value)> =
                    fields.iter().map(|(key, value)| (key.as_str(), value)).collect();
                return self.tagged(&fields);
            }
        };
        self.add(node)
    }

    fn tagged(&mut self, fields: &[(&str, &Value)]) -> std::result::Result<Id, String> {
        let text = |value: &Value| value.as_str().map(str::to_string).ok_or("expected a text".to_string());
        let float = |value: &Value| {
            value.as_str().and_then(float_of).ok_or("expected a float's shortest digits".to_string())
        };
        let bytes = |value: &Value| {
            value.as_str().and_then(bytes_of).ok_or("expected bytes in hexadecimal digits".to_string())
        };
        let node = match *fields {
            [("int", value)] => Node::Int(text(value)?.parse().map_err(|_| "expected an integer")?),
            [("long", value)] => Node::Long(bytes(value)?),
            [("float", value)] => Node::Float(float(value)?),
            [("complex", value)] => match value.as_array().map(Vec::as_slice) {
                Some([real, imaginary]) => Node::Complex(float(real)?, float(imaginary)?),
                _ => return Err("expected two floats".to_string()),
            },
            [("bytes", value)] => Node::Bytes(bytes(value)?),
            [("tuple", value)] => Node::Tuple(self.all(value)?),
            [("set", value)] => Node::Set(self.all(value)?),
            [("map", value)] => Node::Dict(self.pairs(value)?),
            [("ordered", value)] => Node::OrderedDict { items: self.pairs(value)?, metadata: None },
            [("metadata", held), ("ordered", value)] => {
                let items = self.pairs(value)?;
                Node::OrderedDict { items, metadata: Some(self.node(held)?) }
            }
            [("size", value)] => {
                let sizes = value.as_array().ok_or("expected sizes")?.iter().map(Value::as_i64);
                Node::Size(sizes.collect::<Option<_>>().ok_or("expected sizes")?)
            }
            [("device", value)] => Node::Device(text(value)?),
            [("dtype", value)] => {
                let name = text(value)?;
                let dtype = DType::ALL.into_iter().find(|dtype| dtype.name() == name);
                Node::DType(dtype.ok_or_else(|| format!("`{name}` is no dtype"))?)
            }
            [("tensor", value)] => return self.tensor(value),
            [("parameter", value), ("requires_grad", Value::Bool(wanted))] => {
                Node::Parameter { data: self.tensor(value)?, requires_grad: *wanted }
            }
            _ => {
                let keys: Vec<&str> = fields.iter().map(|(key, _)| *key).collect();
                return Err(format!("an object with the fields {keys:?}"));
            }
        };
        self.add(node)
    }
}
