//! `torch.save` and `torch.load`: values of the language in files of tensors.
//!
//! The file's ending says the format. Bytes go through the doors of `fs.write` and `fs.read`; the formats are those of
//! the crate `checkpoint`.

use autograd::Variable;
use checkpoint::lmt::{self, Mode};
use checkpoint::{Id, Node, Tree, TreeBuilder, pt, safetensors};
use tensor::Tensor;
use vm::{Fault, Key, Map, Set, Value};

use super::value::{DTypeValue, TensorValue, dtype_value, fault, tensor_value};
use crate::args::Args;
use crate::effects::{Answer, Ask};
use crate::host::{Context, Table};

#[cfg(test)]
mod tests;

/// Values inside each other that a file is made of and read to.
const DEPTH_MAX: usize = 200;

#[derive(Clone, Copy)]
enum Format {
    PyTorch,
    Safetensors,
    Own,
}

impl Format {
    fn of(operation: &str, path: &str) -> Result<Format, Fault> {
        match path.rsplit_once('.').map(|(_, ending)| ending) {
            Some("pt" | "pth") => Ok(Format::PyTorch),
            Some("safetensors") => Ok(Format::Safetensors),
            Some("lmt") => Ok(Format::Own),
            _ => Err(Fault::new("R0203", format!("{operation}: `{path}` has an ending of no format"))
                .help("the ending says the format: .lmt, .pt, .pth or .safetensors")),
        }
    }
}

/// What a file refuses, in PyTorch's words.
fn refused(operation: &str, error: &checkpoint::Error) -> Fault {
    fault(operation, error.kind().class(), error.message())
}

/// Makes nodes of values.
struct Nodes<'a> {
    operation: &'a str,
    builder: TreeBuilder,
}

impl Nodes<'_> {
    fn add(&mut self, node: Node) -> Result<Id, Fault> {
        let operation = self.operation;
        self.builder.add(node).map_err(|error| refused(operation, &error))
    }

    fn all<'v>(&mut self, items: impl Iterator<Item = &'v Value>, depth: usize) -> Result<Vec<Id>, Fault> {
        items.map(|item| self.node(item, depth)).collect()
    }

    fn node(&mut self, value: &Value, depth: usize) -> Result<Id, Fault> {
        if depth > DEPTH_MAX {
            let text = format!("more than {DEPTH_MAX} values inside each other");
            return Err(fault(self.operation, "ValueError", &text));
        }
        let node = match value {
            Value::Null => Node::None,
            Value::Bool(flag) => Node::Bool(*flag),
            Value::Int(number) => Node::Int(*number),
            Value::Float(number) => Node::Float(*number),
            Value::Str(text) => Node::Text(text.as_str().to_string()),
            Value::Bytes(bytes) => Node::Bytes(bytes.to_vec()),
            Value::List(list) => Node::List(self.all(list.to_values().iter(), depth + 1)?),
            Value::Tuple(items) => Node::Tuple(self.all(items.iter(), depth + 1)?),
            Value::Set(items) => Node::Set(self.all(items.iter(), depth + 1)?),
            Value::Map(map) => {
                let mut items = Vec::with_capacity(map.len());
                for (key, held) in map.iter() {
                    items.push((self.node(key, depth + 1)?, self.node(held, depth + 1)?));
                }
                Node::Dict(items)
            }
            other => match (other.downcast::<TensorValue>(), other.downcast::<DTypeValue>()) {
                (Some(tensor), _) => {
                    let variable = tensor.leaf();
                    Node::Tensor { tensor: variable.data().clone(), requires_grad: variable.requires_grad() }
                }
                (_, Some(dtype)) => Node::DType(dtype.0),
                _ => return Err(self.unknown(other)),
            },
        };
        self.add(node)
    }

    fn unknown(&self, value: &Value) -> Fault {
        let name = value.type_name();
        let refusal =
            fault(self.operation, "ValueError", &format!("a {name} does not go into a file of tensors"));
        refusal.help(match name {
            "Module" | "Optimizer" => {
                "save its `state_dict()`, and give it to `load_state_dict` of one made alike"
            }
            "Generator" => "save its `get_state()`",
            _ => "tensors, numbers, texts, dtypes and lists, tuples, sets and maps of them do",
        })
    }
}

/// Values of a file, each counted wherever it stands: whoever hashes or stores one visits them all.
const VALUES_MAX: usize = 1 << 21;

/// Makes values of nodes, each once: lists share what they hold alike.
struct Values<'a> {
    operation: &'a str,
    tree: &'a Tree,
    /// What was made of each node, and how many values stand in it.
    made: Vec<Option<(Value, usize)>>,
    /// How many were met since the count was taken.
    count: usize,
}

impl Values<'_> {
    fn damaged(&self, what: &str) -> Fault {
        fault(self.operation, "ValueError", what)
    }

    fn all(&mut self, items: &[Id], depth: usize) -> Result<Vec<Value>, Fault> {
        items.iter().map(|&item| self.value(item, depth)).collect()
    }

    fn key(&mut self, id: Id, depth: usize) -> Result<Key, Fault> {
        let value = self.value(id, depth)?;
        Key::new(value)
    }

    fn value(&mut self, id: Id, depth: usize) -> Result<Value, Fault> {
        if let Some(Some((made, count))) = self.made.get(id.number()) {
            let made = made.clone();
            self.meet(*count)?;
            return Ok(made);
        }
        let before = self.count;
        self.meet(1)?;
        // What holds itself has no end either.
        if depth > DEPTH_MAX {
            return Err(self.damaged(&format!("more than {DEPTH_MAX} values inside each other")));
        }
        let tree = self.tree;
        let value = match tree.node(id) {
            Some(Node::None) => Value::Null,
            Some(Node::Bool(flag)) => Value::Bool(*flag),
            Some(Node::Int(number)) => Value::Int(*number),
            Some(Node::Float(number)) => Value::Float(*number),
            Some(Node::Text(text) | Node::Device(text)) => Value::str(text.as_str()),
            Some(Node::Bytes(bytes)) => Value::bytes(bytes.clone()),
            Some(Node::List(items)) => Value::list(self.all(items, depth + 1)?),
            Some(Node::Tuple(items)) => Value::tuple(self.all(items, depth + 1)?),
            Some(Node::Set(items)) => {
                let mut set = Set::new();
                for &item in items {
                    set.insert(self.key(item, depth + 1)?);
                }
                Value::set(set)
            }
            Some(Node::Dict(items) | Node::OrderedDict { items, .. }) => {
                let mut map = Map::new();
                for &(key, held) in items {
                    map.insert(self.key(key, depth + 1)?, self.value(held, depth + 1)?);
                }
                Value::map(map)
            }
            Some(Node::Size(sizes)) => Value::ints(sizes.clone()),
            Some(Node::DType(dtype)) => dtype_value(*dtype),
            Some(Node::Tensor { tensor, requires_grad }) => self.tensor(tensor, *requires_grad)?,
            Some(Node::Parameter { data, requires_grad }) => match tree.node(*data) {
                Some(Node::Tensor { tensor, .. }) => self.tensor(tensor, *requires_grad)?,
                _ => return Err(self.damaged("a parameter around no tensor")),
            },
            Some(Node::Long(_)) => return Err(self.damaged("an integer beyond the 64 bits of an Int")),
            Some(Node::Complex(..)) => {
                return Err(fault(self.operation, "NotImplementedError", "complex numbers are not built"));
            }
            _ => return Err(self.damaged("an object of an unknown kind")),
        };
        if let Some(slot) = self.made.get_mut(id.number()) {
            *slot = Some((value.clone(), self.count - before));
        }
        Ok(value)
    }

    fn meet(&mut self, count: usize) -> Result<(), Fault> {
        self.count = self.count.saturating_add(count);
        match self.count > VALUES_MAX {
            true => {
                Err(self.damaged(&format!("more than {VALUES_MAX} values, each counted where it stands")))
            }
            false => Ok(()),
        }
    }

    /// A tensor of its own: in the language tensors are values, whatever they shared.
    fn tensor(&self, tensor: &Tensor, requires_grad: bool) -> Result<Value, Fault> {
        let refuse = super::value::refused(self.operation);
        let variable = Variable::from(tensor.copy().map_err(&refuse)?);
        if requires_grad {
            variable.requires_grad_(true).map_err(&refuse)?;
        }
        Ok(tensor_value(variable))
    }
}

/// The tensors of a map by name.
pub(super) fn named_tensors(
    args: &Args<'_>,
    name: &str,
    value: &Value,
) -> Result<Vec<(String, Tensor)>, Fault> {
    const EXPECTED: &str = "a map of tensors by name";
    let Value::Map(map) = value else { return Err(args.wrong(name, EXPECTED, value)) };
    let each = map.iter().map(|(key, held)| match (key.as_str(), held.downcast::<TensorValue>()) {
        (Some(key), Some(tensor)) => Ok((key.to_string(), tensor.leaf().data().clone())),
        (None, _) => Err(args.wrong(name, EXPECTED, key)),
        (_, None) => Err(args.wrong(name, EXPECTED, held)),
    });
    each.collect()
}

fn encoded(args: &Args<'_>, value: &Value, path: &str, format: Format) -> Result<Vec<u8>, Fault> {
    let operation = args.operation();
    let written = match format {
        Format::Safetensors => safetensors::write(&named_tensors(args, "obj", value)?, &[]),
        Format::PyTorch | Format::Own => {
            let mut nodes = Nodes { operation, builder: TreeBuilder::new() };
            let root = nodes.node(value, 0)?;
            let tree = nodes.builder.finish(root);
            let file = path.rsplit('/').next().unwrap_or(path);
            let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
            tree.and_then(|tree| match format {
                Format::Own => lmt::write(&tree, Mode::Strict),
                _ => pt::write(&tree, if stem.is_empty() { "archive" } else { stem }),
            })
        }
    };
    written.map_err(|error| refused(operation, &error))
}

fn decoded(operation: &str, bytes: &[u8], format: Format) -> Result<Value, Fault> {
    let read = match format {
        Format::PyTorch => pt::read(bytes),
        Format::Own => lmt::read(bytes, Mode::Strict).map_err(checkpoint::Error::from),
        Format::Safetensors => safetensors::read(bytes).and_then(|contents| {
            let mut builder = TreeBuilder::new();
            let mut items = Vec::with_capacity(contents.tensors.len());
            for (name, tensor) in contents.tensors {
                items.push((builder.text(&name)?, builder.tensor(tensor)?));
            }
            let root = builder.add(Node::Dict(items))?;
            builder.finish(root)
        }),
    };
    let tree = read.map_err(|error| refused(operation, &error))?;
    let made = vec![None; tree.nodes().len()];
    Values { operation, tree: &tree, made, count: 0 }.value(tree.root(), 0)
}

fn save(context: &mut Context<'_>, args: &mut Args<'_>) -> Result<Value, Fault> {
    let value = args.required("obj")?;
    let path = args.required_text("path")?;
    let sidecar = args.size("sidecar", 0)?;
    let format = Format::of(args.operation(), &path)?;
    let bytes = encoded(args, value, &path, format)?;
    let repair = match sidecar {
        0 => None,
        percent => {
            let refuse = |error: sidecar::Error| {
                Fault::new("R0203", format!("{}(sidecar:): {error}", args.operation())).help(error.help())
            };
            let percent = u32::try_from(percent).unwrap_or(u32::MAX);
            let overhead = sidecar::Overhead::percent(percent).map_err(refuse)?;
            Some(sidecar::encode(&bytes, overhead).map_err(refuse)?)
        }
    };
    context.ask(Ask::WriteFile { path: path.clone(), bytes })?;
    if let Some(bytes) = repair {
        context.ask(Ask::WriteFile { path: format!("{path}.rq"), bytes })?;
    }
    Ok(Value::Null)
}

fn load(context: &mut Context<'_>, args: &mut Args<'_>) -> Result<Value, Fault> {
    let path = args.required_text("path")?;
    let format = Format::of(args.operation(), &path)?;
    let wanted = context.types.first().cloned();
    match context.ask(Ask::ReadFile { path: path.clone() })? {
        Answer::Bytes(bytes) => {
            let value = decoded(args.operation(), &bytes, format)?;
            match wanted {
                Some(wanted) if !vm::fits(&value, &wanted) => {
                    let text = format!("{}: what `{path}` holds is no {wanted}", args.operation());
                    Err(Fault::new("R0200", text)
                        .help("name the type that was saved: torch.load[map[String, Tensor]](path)"))
                }
                _ => Ok(value),
            }
        }
        other => {
            Err(Fault::new("R0999", format!("an effect answered with {other:?}"))
                .kind(vm::FaultKind::Internal))
        }
    }
}

pub(crate) const TABLE: Table = &[("torch.load", load), ("torch.save", save)];
