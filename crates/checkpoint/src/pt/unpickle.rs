//! Reading a pickle without running it: a fixed table of opcodes and names, those of PyTorch's `weights_only` reader as
//! far as what they build exists here.

use std::collections::HashMap;

use tensor::DType;

use super::graph::{Global, Graph, Object, StorageName, View};
use super::pickle::{shorten, storage_name};
use crate::cursor::Cursor;
use crate::limits::{MARKS_MAX, MEMO_MAX, NODES_MAX, PICKLE_BYTES_MAX};
use crate::{Error, ErrorKind, Result};

/// Whether a storage's id has a sixth part, as in files before PyTorch 1.6.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Ids {
    Zip,
    Legacy,
}

struct Unpickler<'a> {
    cursor: Cursor<'a>,
    objects: Vec<Object>,
    /// How many objects stand in each tuple or set when every one is counted wherever it stands. Hashing a key visits
    /// them all, and a few bytes that name the one before twice double it.
    weights: Vec<usize>,
    stack: Vec<usize>,
    /// Lengths of the stack at the open marks.
    marks: Vec<usize>,
    memo: HashMap<u32, usize>,
    storages: Vec<StorageName>,
    by_key: HashMap<String, usize>,
    /// What calls made of objects that the file names again and again, in elements.
    copied: usize,
    ids: Ids,
}

/// How many elements an object has beyond those that its own bytes pay for.
fn copied(made: &Object) -> usize {
    const FREE: usize = 16;
    // As many bytes as a whole pickle has come to as many elements as it may have objects.
    const BYTES_AN_ELEMENT: usize = PICKLE_BYTES_MAX / NODES_MAX;
    let elements = match made {
        Object::Set(items) => items.len(),
        Object::Size(sizes) => sizes.len(),
        Object::View(view) => view.sizes.len() + view.strides.len(),
        Object::Bytes(bytes) => bytes.len() / BYTES_AN_ELEMENT,
        Object::Device(name) => name.len() / BYTES_AN_ELEMENT,
        _ => 0,
    };
    elements.saturating_sub(FREE)
}

/// Reads the pickle at the cursor and moves behind it.
pub fn unpickle(cursor: &mut Cursor<'_>, ids: Ids) -> Result<Graph> {
    let mut unpickler = Unpickler {
        cursor: cursor.clone(),
        objects: Vec::new(),
        weights: Vec::new(),
        stack: Vec::new(),
        marks: Vec::new(),
        memo: HashMap::new(),
        storages: Vec::new(),
        by_key: HashMap::new(),
        copied: 0,
        ids,
    };
    let root = unpickler.run()?;
    *cursor = unpickler.cursor;
    Ok(Graph { objects: unpickler.objects, storages: unpickler.storages, root })
}

impl<'a> Unpickler<'a> {
    fn refuse(&self, what: impl std::fmt::Display) -> Error {
        let at = self.cursor.at();
        Error::new(
            ErrorKind::Unpickling,
            format!("Weights only load failed: {what} (before byte {at} of the pickle)"),
        )
    }

    /// A read that came to the end of the bytes.
    fn whole<T>(&self, read: Option<T>) -> Result<T> {
        read.ok_or_else(|| self.refuse("a damaged pickle: it ends early"))
    }

    fn push(&mut self, object: Object) -> Result<()> {
        if self.objects.len() >= NODES_MAX {
            return Err(self.refuse(format!("more than {NODES_MAX} objects")));
        }
        let weight = match &object {
            Object::Tuple(items) | Object::Set(items) => {
                let weigh = |at: &usize| self.weights.get(*at).copied().unwrap_or(1);
                items.iter().map(weigh).fold(1, usize::saturating_add)
            }
            _ => 1,
        };
        if weight > NODES_MAX {
            return Err(self
                .refuse(format!("a tuple of more than {NODES_MAX} objects, each counted where it stands")));
        }
        self.stack.push(self.objects.len());
        self.objects.push(object);
        self.weights.push(weight);
        Ok(())
    }

    fn pop(&mut self) -> Result<usize> {
        let floor = self.marks.last().copied().unwrap_or(0);
        if self.stack.len() <= floor {
            return Err(self.refuse("a damaged pickle: nothing is there to take"));
        }
        self.stack.pop().ok_or_else(|| self.refuse("a damaged pickle: nothing is there to take"))
    }

    fn top(&self) -> Result<usize> {
        let floor = self.marks.last().copied().unwrap_or(0);
        let top = self.stack.last().filter(|_| self.stack.len() > floor);
        top.copied().ok_or_else(|| self.refuse("a damaged pickle: nothing is there to change"))
    }

    fn marked(&mut self) -> Result<Vec<usize>> {
        let floor = self.marks.pop().ok_or_else(|| self.refuse("a damaged pickle: there is no mark"))?;
        Ok(self.stack.split_off(floor.min(self.stack.len())))
    }

    fn object(&self, at: usize) -> &Object {
        self.objects.get(at).unwrap_or(&Object::None)
    }

    fn run(&mut self) -> Result<usize> {
        let start = self.cursor.at();
        loop {
            if self.cursor.at() - start > PICKLE_BYTES_MAX {
                return Err(self.refuse(format!("a pickle over {PICKLE_BYTES_MAX} bytes")));
            }
            let read = self.cursor.u8();
            match self.whole(read)? {
                0x80 => {
                    let read = self.cursor.u8();
                    let protocol = self.whole(read)?;
                    if protocol > 2 {
                        return Err(
                            self.refuse(format!("a pickle of protocol {protocol}, where PyTorch writes 2"))
                        );
                    }
                }
                b'.' => {
                    let root = self.pop()?;
                    if !self.stack.is_empty() || !self.marks.is_empty() {
                        return Err(self.refuse("a damaged pickle: objects are left over"));
                    }
                    return Ok(root);
                }
                b'N' => self.push(Object::None)?,
                0x88 => self.push(Object::Bool(true))?,
                0x89 => self.push(Object::Bool(false))?,
                b'K' => {
                    let read = self.cursor.u8();
                    let value = self.whole(read)?;
                    self.push(Object::Int(value.into()))?;
                }
                b'M' => {
                    let read = self.cursor.u16();
                    let value = self.whole(read)?;
                    self.push(Object::Int(value.into()))?;
                }
                b'J' => {
                    let read = self.cursor.array().map(i32::from_le_bytes);
                    let value = self.whole(read)?;
                    self.push(Object::Int(value.into()))?;
                }
                0x8a => {
                    let read = self.cursor.u8().and_then(|len| self.cursor.take(len.into()));
                    let bytes = self.whole(read)?.to_vec();
                    self.push(long(bytes))?;
                }
                b'G' => {
                    let read = self.cursor.array().map(f64::from_be_bytes);
                    let value = self.whole(read)?;
                    self.push(Object::Float(value))?;
                }
                b'X' => {
                    let read = self.cursor.len32().and_then(|len| self.cursor.take(len));
                    let bytes = self.whole(read)?;
                    let text = std::str::from_utf8(bytes)
                        .map_err(|_| self.refuse("a damaged pickle: a text that is no UTF-8"))?;
                    self.push(Object::Text(text.to_string()))?;
                }
                b'U' => {
                    let read = self.cursor.u8().and_then(|len| self.cursor.take(len.into()));
                    let bytes = self.whole(read)?;
                    let text = std::str::from_utf8(bytes)
                        .map_err(|_| self.refuse("a damaged pickle: a text that is no UTF-8"))?;
                    self.push(Object::Text(text.to_string()))?;
                }
                b']' => self.push(Object::List(Vec::new()))?,
                b'}' => self.push(Object::Dict(Vec::new()))?,
                b')' => self.push(Object::Tuple(Vec::new()))?,
                0x8f => self.push(Object::Set(Vec::new()))?,
                b'(' => {
                    if self.marks.len() >= MARKS_MAX {
                        return Err(
                            self.refuse(format!("more than {MARKS_MAX} containers inside each other"))
                        );
                    }
                    self.marks.push(self.stack.len());
                }
                b't' => {
                    let items = self.marked()?;
                    self.push(Object::Tuple(items))?;
                }
                count @ 0x85..=0x87 => {
                    let mut items = Vec::with_capacity(3);
                    for _ in 0x85..=count {
                        items.push(self.pop()?);
                    }
                    items.reverse();
                    self.push(Object::Tuple(items))?;
                }
                b'a' => {
                    let item = self.pop()?;
                    self.append(vec![item])?;
                }
                b'e' => {
                    let items = self.marked()?;
                    self.append(items)?;
                }
                b's' => {
                    let (value, key) = (self.pop()?, self.pop()?);
                    self.set(vec![key, value])?;
                }
                b'u' => {
                    let items = self.marked()?;
                    self.set(items)?;
                }
                b'q' => {
                    let read = self.cursor.u8();
                    let at = self.whole(read)?;
                    self.remember(at.into())?;
                }
                b'r' => {
                    let read = self.cursor.u32();
                    let at = self.whole(read)?;
                    self.remember(at)?;
                }
                b'h' => {
                    let read = self.cursor.u8();
                    let at = self.whole(read)?;
                    self.recall(at.into())?;
                }
                b'j' => {
                    let read = self.cursor.u32();
                    let at = self.whole(read)?;
                    self.recall(at)?;
                }
                b'c' => self.global()?,
                b'R' => self.reduce()?,
                b'b' => self.build()?,
                b'Q' => self.persistent()?,
                other => return Err(self.refuse(format!("Unsupported operand {other}"))),
            }
        }
    }

    fn remember(&mut self, at: u32) -> Result<()> {
        let top = self.top()?;
        if self.memo.len() >= MEMO_MAX && !self.memo.contains_key(&at) {
            return Err(self.refuse(format!("more than {MEMO_MAX} remembered objects")));
        }
        self.memo.insert(at, top);
        Ok(())
    }

    fn recall(&mut self, at: u32) -> Result<()> {
        let found = self.memo.get(&at).copied();
        let found =
            found.ok_or_else(|| self.refuse(format!("a damaged pickle: nothing is remembered as {at}")))?;
        self.stack.push(found);
        Ok(())
    }

    fn append(&mut self, items: Vec<usize>) -> Result<()> {
        let top = self.top()?;
        match self.objects.get_mut(top) {
            Some(Object::List(list)) => {
                list.extend(items);
                Ok(())
            }
            _ => Err(self.refuse("Can only append to lists")),
        }
    }

    fn set(&mut self, items: Vec<usize>) -> Result<()> {
        let top = self.top()?;
        let (pairs, []) = items.as_chunks::<2>() else {
            return Err(self.refuse("a damaged pickle: a key without its value"));
        };
        if let Some([key, _]) = pairs.iter().find(|[key, _]| self.is_unhashable(*key)) {
            let text = format!("a damaged pickle: a key that can change, {:?}", kind(self.object(*key)));
            return Err(self.refuse(text));
        }
        let pairs = pairs.iter().map(|&[key, value]| (key, value));
        match self.objects.get_mut(top) {
            Some(Object::Dict(held) | Object::OrderedDict { items: held, .. }) => {
                held.extend(pairs);
                Ok(())
            }
            _ => Err(self.refuse("Can only SETITEMS for dict and collections.OrderedDict")),
        }
    }

    fn is_unhashable(&self, at: usize) -> bool {
        let object = self.object(at);
        matches!(object, Object::List(_) | Object::Dict(_) | Object::OrderedDict { .. } | Object::Set(_))
    }

    fn global(&mut self) -> Result<()> {
        let read = self.cursor.line();
        let module = self.whole(read)?;
        let read = self.cursor.line();
        let name = self.whole(read)?;
        let (Ok(module), Ok(name)) = (std::str::from_utf8(module), std::str::from_utf8(name)) else {
            return Err(self.refuse("a damaged pickle: a name that is no UTF-8"));
        };
        let global = match (module, name) {
            ("collections", "OrderedDict") => Global::OrderedDict,
            ("torch._utils", "_rebuild_tensor_v2") => Global::RebuildTensor,
            ("torch._utils", "_rebuild_parameter") => Global::RebuildParameter,
            ("torch", "Size") => Global::Size,
            ("torch", "device") => Global::Device,
            ("_codecs", "encode") => Global::Encode,
            ("__builtin__" | "builtins", "set") => Global::Set,
            ("__builtin__" | "builtins", "complex") => Global::Complex,
            ("torch", name) => match torch_global(name) {
                Some(found) => found?,
                None => return Err(self.unsupported(module, name)),
            },
            _ => return Err(self.unsupported(module, name)),
        };
        self.push(Object::Global(global))
    }

    fn unsupported(&self, module: &str, name: &str) -> Error {
        let [module, name] = [module, name].map(|text| text.chars().take(100).collect::<String>());
        self.refuse(format!(
            "Unsupported global: GLOBAL {module}.{name} is no tensor, number, text or container, and load() runs no code \
             of a file"
        ))
    }

    fn reduce(&mut self) -> Result<()> {
        let (args, function) = (self.pop()?, self.pop()?);
        let Object::Tuple(args) = self.object(args) else {
            return Err(self.refuse("a damaged pickle: arguments are a tuple"));
        };
        let &Object::Global(function) = self.object(function) else {
            return Err(self.refuse("Trying to call reduce for unrecognized function"));
        };
        let objects: Vec<&Object> = args.iter().map(|&at| self.object(at)).collect();
        let made = match (function, objects.as_slice()) {
            (Global::OrderedDict, []) => Object::OrderedDict { items: Vec::new(), metadata: None },
            (Global::Size, []) => Object::Size(Vec::new()),
            (Global::Size, [Object::Tuple(sizes) | Object::List(sizes)]) => {
                Object::Size(self.integers(sizes)?)
            }
            (Global::Device, [Object::Text(name)]) => Object::Device(name.clone()),
            (Global::Device, [Object::Text(name), Object::Int(index)]) => {
                Object::Device(format!("{name}:{index}"))
            }
            (Global::Encode, [Object::Text(text), Object::Text(codec)]) if codec == "latin1" => {
                let bytes: std::result::Result<Vec<u8>, _> =
                    text.chars().map(|c| u8::try_from(u32::from(c))).collect();
                Object::Bytes(bytes.map_err(|_| self.refuse("a damaged pickle: bytes beyond 255"))?)
            }
            (Global::Set, []) => Object::Set(Vec::new()),
            (Global::Set, [Object::List(items) | Object::Tuple(items)]) => {
                if items.iter().any(|&item| self.is_unhashable(item)) {
                    return Err(self.refuse("a damaged pickle: a set holds what can change"));
                }
                Object::Set(items.clone())
            }
            (Global::Complex, [Object::Float(real), Object::Float(imaginary)]) => {
                Object::Complex(*real, *imaginary)
            }
            (Global::RebuildTensor, parts) => self.tensor(parts)?,
            (Global::RebuildParameter, [Object::View(_), Object::Bool(wanted), hooks]) => {
                self.no_hooks(hooks)?;
                let data = args.first().copied().unwrap_or_default();
                Object::Parameter { data, requires_grad: *wanted }
            }
            (other, _) => {
                return Err(self.refuse(format!("{other:?} is called with other arguments than PyTorch's")));
            }
        };
        self.copied = self.copied.saturating_add(copied(&made));
        if self.copied > NODES_MAX {
            return Err(self.refuse(format!("copies of more than {NODES_MAX} objects")));
        }
        self.push(made)
    }

    fn no_hooks(&self, hooks: &Object) -> Result<()> {
        match hooks {
            Object::None => Ok(()),
            Object::OrderedDict { items, metadata: None } if items.is_empty() => Ok(()),
            Object::Dict(items) if items.is_empty() => Ok(()),
            _ => Err(self.refuse("a tensor with hooks")),
        }
    }

    /// `_rebuild_tensor_v2(storage, offset, sizes, strides, requires_grad, hooks, metadata=None)`.
    fn tensor(&self, parts: &[&Object]) -> Result<Object> {
        let (
            [
                Object::Storage(storage),
                Object::Int(offset),
                Object::Tuple(sizes),
                Object::Tuple(strides),
                Object::Bool(wanted),
            ],
            rest,
        ) = parts.split_at_checked(5).unwrap_or_default()
        else {
            return Err(self.refuse("a tensor without a storage, sizes and strides"));
        };
        match rest {
            [hooks] => self.no_hooks(hooks)?,
            [hooks, metadata] => {
                self.no_hooks(hooks)?;
                self.no_hooks(metadata).map_err(|_| Error::missing("load() of a tensor with metadata"))?;
            }
            _ => return Err(self.refuse("a tensor with other arguments than PyTorch's")),
        }
        let natural =
            |values: Vec<i64>| values.into_iter().map(usize::try_from).collect::<std::result::Result<_, _>>();
        let below = |_| Error::runtime("a tensor's sizes, strides and offset are no numbers from zero up");
        let (sizes, strides): (Vec<usize>, Vec<usize>) = (
            natural(self.integers(sizes)?).map_err(below)?,
            natural(self.integers(strides)?).map_err(below)?,
        );
        let offset = usize::try_from(*offset).map_err(below)?;
        Ok(Object::View(View { storage: *storage, offset, sizes, strides, requires_grad: *wanted }))
    }

    fn integers(&self, items: &[usize]) -> Result<Vec<i64>> {
        let each = items.iter().map(|&item| match self.object(item) {
            Object::Int(value) => Ok(*value),
            other => Err(self.refuse(format!("expected an integer, found {:?}", kind(other)))),
        });
        each.collect()
    }

    /// A state for an object: only the `_metadata` of an `OrderedDict`.
    fn build(&mut self) -> Result<()> {
        let (state, target) = (self.pop()?, self.top()?);
        let metadata = match self.object(state) {
            Object::Dict(items) => match items.as_slice() {
                [] => Some(None),
                &[(key, value)] if matches!(self.object(key), Object::Text(text) if text == "_metadata") => {
                    Some(Some(value))
                }
                _ => None,
            },
            _ => None,
        };
        match (self.objects.get_mut(target), metadata) {
            (Some(Object::OrderedDict { metadata: held, .. }), Some(given)) => {
                *held = given.or(*held);
                Ok(())
            }
            _ => Err(self.refuse("a state for an object, where only an OrderedDict has one, its _metadata")),
        }
    }

    /// `('storage', class, key, location, numel)`, and in old files a view of another storage.
    fn persistent(&mut self) -> Result<()> {
        let id = self.pop()?;
        let refused = |unpickler: &Self| unpickler.refuse("an unknown persistent id: only storages have one");
        let Object::Tuple(parts) = self.object(id) else { return Err(refused(self)) };
        let parts: Vec<&Object> = parts.iter().map(|&at| self.object(at)).collect();
        let (storage, rest) = parts.split_at_checked(5).ok_or_else(|| refused(self))?;
        let [
            Object::Text(tag),
            Object::Global(Global::Storage(dtype)),
            Object::Text(key),
            Object::Text(_),
            Object::Int(numel),
        ] = storage
        else {
            return Err(refused(self));
        };
        match (self.ids, rest) {
            (Ids::Zip, []) | (Ids::Legacy, [Object::None]) => {}
            (Ids::Legacy, [_]) => return Err(Error::missing("load() of a storage that views another")),
            _ => return Err(refused(self)),
        }
        let numel = usize::try_from(*numel).map_err(|_| refused(self))?;
        if tag != "storage" {
            return Err(refused(self));
        }
        let named = StorageName { key: key.clone(), dtype: *dtype, numel };
        let at = match self.by_key.get(&named.key) {
            Some(&at) if self.storages.get(at) == Some(&named) => at,
            Some(_) => {
                return Err(Error::runtime(format!("storage {} is described in two ways", named.key)));
            }
            None => {
                let at = self.storages.len();
                self.by_key.insert(named.key.clone(), at);
                self.storages.push(named);
                at
            }
        };
        self.push(Object::Storage(at))
    }
}

/// An integer of two's complement bytes.
fn long(mut bytes: Vec<u8>) -> Object {
    shorten(&mut bytes);
    if bytes.len() > 8 {
        return Object::Long(bytes);
    }
    let sign = if bytes.last().is_some_and(|byte| byte & 0x80 != 0) { 0xff } else { 0 };
    bytes.resize(8, sign);
    Object::Int(bytes.iter().rev().fold(0u64, |value, &byte| value << 8 | u64::from(byte)) as i64)
}

/// A storage or dtype of PyTorch's; the error names one that does not exist here.
fn torch_global(name: &str) -> Option<Result<Global>> {
    if let Some(dtype) = DType::ALL.into_iter().find(|&dtype| storage_name(dtype) == name) {
        return Some(Ok(Global::Storage(dtype)));
    }
    if let Some(dtype) = DType::ALL.into_iter().find(|dtype| dtype.name() == name) {
        return Some(Ok(Global::DType(dtype)));
    }
    const ABSENT: &[&str] = &[
        "HalfStorage",
        "BFloat16Storage",
        "ComplexFloatStorage",
        "ComplexDoubleStorage",
        "QInt8Storage",
        "QUInt8Storage",
        "QInt32Storage",
        "float16",
        "bfloat16",
        "complex32",
        "complex64",
        "complex128",
        "uint16",
        "uint32",
        "uint64",
    ];
    let absent = ABSENT.contains(&name) || name.starts_with("float8_");
    absent.then(|| Err(Error::missing(format!("load() of torch.{name}"))))
}

fn kind(object: &Object) -> &'static str {
    match object {
        Object::None => "None",
        Object::Bool(_) => "bool",
        Object::Int(_) | Object::Long(_) => "int",
        Object::Float(_) => "float",
        Object::Complex(..) => "complex",
        Object::Text(_) => "str",
        Object::Bytes(_) => "bytes",
        Object::List(_) => "list",
        Object::Tuple(_) => "tuple",
        Object::Set(_) => "set",
        Object::Dict(_) => "dict",
        Object::OrderedDict { .. } => "OrderedDict",
        Object::Size(_) => "torch.Size",
        Object::Device(_) => "torch.device",
        Object::View(_) => "Tensor",
        Object::Parameter { .. } => "Parameter",
        Object::Storage(_) => "Storage",
        Object::Global(_) => "a name",
    }
}
