//! Values as canonical bytes: equal values (in the sense of results: type, content, order) give equal bytes.
//!
//! A result's hash is taken over these bytes, and they are what a run keeps of it. Storage does not show: a list of Ints
//! is the same bytes however stored. NaN is one value. Maps and sets keep their order, which a reader can see. Records
//! and variants bring their type's description once, at first use. Functions have no bytes.

use std::collections::HashMap;
use std::rc::Rc;

use bytecode::{EnumDesc, Module, RecordDesc, TypeDesc};

use crate::fault::Fault;
use crate::host::Host;
use crate::iterate::Iter;
use crate::list::List;
use crate::map::{Key, Map, Set};
use crate::order::DEPTH_MAX;
use crate::process::Process;
use crate::value::{Closure, Handle, SharedCell, Str, Value, Variant};

const MAGIC: &[u8; 8] = b"LUMENVL1";

/// Canonical bytes. Faults on functions, and on values that nest too deep.
pub fn encode(value: &Value) -> Result<Vec<u8>, Fault> {
    let mut w = Writer { out: MAGIC.to_vec(), shared: None, types: HashMap::new(), known: HashMap::new() };
    w.value(value, 0)?;
    Ok(w.out)
}

/// Reads what [`encode`] wrote; the host reads engine values. The error says what is wrong at which byte.
pub fn decode(bytes: &[u8], host: &dyn Host) -> Result<Value, String> {
    let Some(rest) = bytes.strip_prefix(MAGIC) else {
        return Err("not an encoded value: the magic LUMENVL1 is missing".into());
    };
    let mut r = Reader { bytes: rest, at: 0, types: Vec::new(), host, image: None };
    let value = r.value(0)?;
    if r.at != rest.len() {
        return Err(format!("bytes after the value, from {}", r.at + MAGIC.len()));
    }
    Ok(value)
}

mod tag {
    pub const NULL: u8 = 0;
    pub const FALSE: u8 = 1;
    pub const TRUE: u8 = 2;
    pub const INT: u8 = 3;
    pub const FLOAT: u8 = 4;
    pub const STR: u8 = 5;
    pub const BYTES: u8 = 6;
    pub const LIST: u8 = 7;
    pub const INTS: u8 = 8;
    pub const FLOATS: u8 = 9;
    pub const MAP: u8 = 10;
    pub const SET: u8 = 11;
    pub const TUPLE: u8 = 12;
    pub const RECORD: u8 = 13;
    pub const VARIANT: u8 = 14;
    pub const OK: u8 = 15;
    pub const ERR: u8 = 16;
    pub const RANGE: u8 = 17;
    pub const DATE_TIME: u8 = 18;
    pub const DURATION: u8 = 19;
    pub const PATH: u8 = 20;
    pub const TYPE: u8 = 21;
    pub const OPAQUE: u8 = 22;
    pub const PROCESS: u8 = 23;
    // Of images alone.
    pub const HANDLE: u8 = 64;
    pub const FOREIGN: u8 = 65;
    pub const CLOSURE: u8 = 66;
    pub const GENERATOR: u8 = 67;
    pub const CELL: u8 = 68;
    pub const ITER: u8 = 69;
}

/// What the values of an image share: each stands once.
pub(crate) struct Shared {
    /// In the order in which they were met; what a program holds is looked up by address, as an image looks at each
    /// value once.
    handles: Vec<Handle>,
    handle_places: HashMap<usize, usize>,
    /// Kept, so that no other variable comes to stand at the address of one.
    cells: Vec<Rc<SharedCell>>,
    cell_places: HashMap<usize, usize>,
    /// Globals that stand in no image, by address their places.
    foreign: HashMap<usize, u32>,
}

impl Shared {
    /// The globals outlive the writing.
    pub(crate) fn new<'a>(foreign: impl IntoIterator<Item = (u32, &'a Value)>) -> Shared {
        let mut places = HashMap::new();
        for (at, value) in foreign {
            if let Some(address) = address(value) {
                places.entry(address).or_insert(at);
            }
        }
        Shared {
            handles: Vec::new(),
            handle_places: HashMap::new(),
            cells: Vec::new(),
            cell_places: HashMap::new(),
            foreign: places,
        }
    }

    /// The global that is this very handle or function.
    fn global(&self, value: &Value) -> Option<u32> {
        address(value).and_then(|address| self.foreign.get(&address).copied())
    }
}

/// Where a value with an identity stands; those of one address are the same one.
fn address(value: &Value) -> Option<usize> {
    match value {
        Value::Opaque(handle) => Some(handle.address()),
        Value::Closure(function) | Value::Generator(function) => Some(Rc::as_ptr(function) as usize),
        Value::Process(process) => Some(Rc::as_ptr(process) as usize),
        _ => None,
    }
}

pub(crate) struct Writer {
    out: Vec<u8>,
    /// Of an image.
    shared: Option<Shared>,
    /// Descriptions already written, by content.
    types: HashMap<Vec<u8>, u32>,
    /// The same by address, so that each description is looked at once. The values keep them alive meanwhile.
    known: HashMap<usize, u32>,
}

impl Writer {
    pub(crate) fn of_image(shared: Shared) -> Writer {
        Writer { out: Vec::new(), shared: Some(shared), types: HashMap::new(), known: HashMap::new() }
    }

    /// The bytes, and the handles that they number.
    pub(crate) fn into_image(self) -> (Vec<u8>, Vec<Handle>) {
        (self.out, self.shared.map(|shared| shared.handles).unwrap_or_default())
    }

    /// What only an image holds; whether it was that.
    fn of_program(&mut self, value: &Value, depth: u32) -> Result<bool, Fault> {
        let Some(shared) = &mut self.shared else { return Ok(false) };
        if let Some(at) = shared.global(value) {
            self.tag(tag::FOREIGN);
            self.u32(at);
            return Ok(true);
        }
        match value {
            Value::Opaque(handle) => {
                let next = shared.handles.len();
                let at = *shared.handle_places.entry(handle.address()).or_insert(next);
                if at == next {
                    shared.handles.push(handle.clone());
                }
                self.tag(tag::HANDLE);
                self.count(at)?;
            }
            Value::Closure(closure) | Value::Generator(closure) => {
                let is_closure = matches!(value, Value::Closure(_));
                self.tag(if is_closure { tag::CLOSURE } else { tag::GENERATOR });
                self.u32(closure.function);
                self.count(closure.captures.len())?;
                closure.captures.iter().try_for_each(|v| self.value(v, depth))?;
            }
            Value::Cell(cell) => {
                let next = shared.cells.len();
                let at = *shared.cell_places.entry(Rc::as_ptr(cell) as usize).or_insert(next);
                if at == next {
                    shared.cells.push(cell.clone());
                }
                self.tag(tag::CELL);
                self.count(at)?;
                if at == next {
                    self.value(&cell.get(), depth)?;
                }
            }
            Value::Iter(walk) => match walk.place() {
                Some((source, next)) => {
                    self.tag(tag::ITER);
                    self.int(i64::try_from(next).unwrap_or(i64::MAX));
                    self.value(source, depth)?;
                }
                None => {
                    return Err(Fault::new(
                        "R0126",
                        "a checkpoint inside of a walk of a generator is not built",
                    )
                    .help("make a list of what it yields first: `to_list`"));
                }
            },
            Value::Process(_) | Value::Future(_) | Value::Continuation(_) => {
                let what = value.type_name();
                return Err(Fault::new(
                    "R0126",
                    format!("a checkpoint of a program that holds a {what} is not built"),
                )
                .help(format!(
                    "make the {what} behind the checkpoint, or in a result of its own before it"
                )));
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn tag(&mut self, tag: u8) {
        self.out.push(tag);
    }

    pub(crate) fn u32(&mut self, x: u32) {
        self.out.extend_from_slice(&x.to_le_bytes());
    }

    pub(crate) fn count(&mut self, count: usize) -> Result<(), Fault> {
        let count = u32::try_from(count).map_err(|_| Fault::size("an encoded value", count))?;
        self.u32(count);
        Ok(())
    }

    pub(crate) fn int(&mut self, x: i64) {
        self.out.extend_from_slice(&x.to_le_bytes());
    }

    fn float(&mut self, x: f64) {
        let bits = if x.is_nan() { f64::NAN.to_bits() } else { x.to_bits() };
        self.out.extend_from_slice(&bits.to_le_bytes());
    }

    fn bytes(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        self.count(bytes.len())?;
        self.out.extend_from_slice(bytes);
        Ok(())
    }

    fn values(&mut self, tag: u8, items: &[Value], depth: u32) -> Result<(), Fault> {
        self.tag(tag);
        self.count(items.len())?;
        items.iter().try_for_each(|v| self.value(v, depth))
    }

    /// The number of the description; written out after the number when it is new.
    fn ty(&mut self, address: usize, ty: impl FnOnce() -> TypeDesc) {
        if let Some(number) = self.known.get(&address).copied() {
            self.u32(number);
            return;
        }
        let bytes = Module { types: vec![Rc::new(ty())], ..Module::default() }.encode();
        let next = self.types.len() as u32;
        let number = *self.types.entry(bytes.clone()).or_insert(next);
        self.known.insert(address, number);
        self.u32(number);
        if number == next {
            self.u32(bytes.len() as u32);
            self.out.extend_from_slice(&bytes);
        }
    }

    pub(crate) fn value(&mut self, value: &Value, depth: u32) -> Result<(), Fault> {
        if depth > DEPTH_MAX {
            return Err(Fault::depth());
        }
        let depth = depth + 1;
        if self.shared.is_some() && self.of_program(value, depth)? {
            return Ok(());
        }
        match value {
            Value::Null => self.tag(tag::NULL),
            Value::Bool(false) => self.tag(tag::FALSE),
            Value::Bool(true) => self.tag(tag::TRUE),
            Value::Int(x) => {
                self.tag(tag::INT);
                self.int(*x);
            }
            Value::Float(x) => {
                self.tag(tag::FLOAT);
                self.float(*x);
            }
            Value::Str(s) => {
                self.tag(tag::STR);
                self.bytes(s.as_bytes())?;
            }
            Value::Path(s) => {
                self.tag(tag::PATH);
                self.bytes(s.as_bytes())?;
            }
            Value::Bytes(b) => {
                self.tag(tag::BYTES);
                self.bytes(b)?;
            }
            Value::List(list) => self.list(list, depth)?,
            Value::Tuple(items) => self.values(tag::TUPLE, items, depth)?,
            Value::Map(map) => {
                self.tag(tag::MAP);
                self.count(map.len())?;
                for (key, item) in map.iter() {
                    self.value(key, depth)?;
                    self.value(item, depth)?;
                }
            }
            Value::Set(set) => {
                self.tag(tag::SET);
                self.count(set.len())?;
                set.iter().try_for_each(|v| self.value(v, depth))?;
            }
            Value::Record(record) => {
                self.tag(tag::RECORD);
                let desc = &record.desc;
                self.ty(Rc::as_ptr(desc) as usize, || TypeDesc::Record(desc.clone()));
                record.fields.iter().try_for_each(|v| self.value(v, depth))?;
            }
            Value::Variant(variant) => {
                self.tag(tag::VARIANT);
                let desc = &variant.desc;
                self.ty(Rc::as_ptr(desc) as usize, || TypeDesc::Enum(desc.clone()));
                self.u32(variant.tag);
                variant.payload.iter().try_for_each(|v| self.value(v, depth))?;
            }
            Value::Result(outcome) => {
                self.tag(if outcome.is_ok { tag::OK } else { tag::ERR });
                self.value(&outcome.value, depth)?;
            }
            Value::Range(range) => {
                self.tag(tag::RANGE);
                self.int(range.start);
                self.int(range.end);
                self.out.push(u8::from(range.inclusive));
            }
            Value::DateTime(x) => {
                self.tag(tag::DATE_TIME);
                self.int(*x);
            }
            Value::Duration(x) => {
                self.tag(tag::DURATION);
                self.int(*x);
            }
            Value::Type(ty) => {
                self.tag(tag::TYPE);
                self.ty(Rc::as_ptr(ty) as usize, || (**ty).clone());
            }
            Value::Opaque(handle) => {
                self.tag(tag::OPAQUE);
                self.bytes(handle.get().type_name().as_bytes())?;
                self.bytes(&handle.get().encode())?;
            }
            Value::Process(process) => {
                self.tag(tag::PROCESS);
                self.value(&process.held(), depth)?;
            }
            Value::Closure(_)
            | Value::Generator(_)
            | Value::Future(_)
            | Value::Cell(_)
            | Value::Iter(_)
            | Value::Continuation(_) => {
                return Err(Fault::new(
                    "R0906",
                    format!("a {} cannot be kept: it has no canonical bytes", value.type_name()),
                )
                .help("call the function and keep what it returns"));
            }
        }
        Ok(())
    }

    /// Ints alone, or Floats alone, are packed; which storage holds them does not matter.
    fn list(&mut self, list: &List, depth: u32) -> Result<(), Fault> {
        let ints = |items: &[Value]| !items.is_empty() && items.iter().all(|v| matches!(v, Value::Int(_)));
        let floats =
            |items: &[Value]| !items.is_empty() && items.iter().all(|v| matches!(v, Value::Float(_)));
        match list {
            List::Int(items) if !items.is_empty() => {
                self.tag(tag::INTS);
                self.count(items.len())?;
                items.iter().for_each(|x| self.int(*x));
            }
            List::Float(items) if !items.is_empty() => {
                self.tag(tag::FLOATS);
                self.count(items.len())?;
                items.iter().for_each(|x| self.float(*x));
            }
            List::Any(items) if ints(items) || floats(items) => {
                self.list(&List::from_values(items.to_vec()), depth)?;
            }
            _ => self.values(tag::LIST, &list.to_values(), depth)?,
        }
        Ok(())
    }
}

/// What the values of an image number.
struct Numbered<'a> {
    handles: Vec<Value>,
    cells: Vec<Rc<SharedCell>>,
    globals: &'a [Value],
}

pub(crate) struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    types: Vec<Rc<TypeDesc>>,
    host: &'a dyn Host,
    image: Option<Numbered<'a>>,
}

impl<'a> Reader<'a> {
    pub(crate) fn of_image(
        bytes: &'a [u8],
        host: &'a dyn Host,
        handles: Vec<Value>,
        globals: &'a [Value],
    ) -> Reader<'a> {
        let image = Some(Numbered { handles, cells: Vec::new(), globals });
        Reader { bytes, at: 0, types: Vec::new(), host, image }
    }

    /// Whether nothing is left.
    pub(crate) fn end(&self) -> Result<(), String> {
        if self.at == self.bytes.len() { Ok(()) } else { self.bad("bytes behind the end") }
    }

    /// What only an image holds.
    fn of_program(&mut self, kind: u8, depth: u32) -> Result<Value, String> {
        if self.image.is_none() {
            return self.bad("an unknown kind of value");
        }
        let number = self.u32()?;
        let at = number as usize;
        let found = match kind {
            tag::HANDLE => self.image.as_ref().and_then(|image| image.handles.get(at).cloned()),
            tag::FOREIGN => self.image.as_ref().and_then(|image| image.globals.get(at).cloned()),
            tag::CLOSURE | tag::GENERATOR => {
                let count = self.u32()? as usize;
                let captures = crate::release::Values::new(self.values(count, depth)?);
                let closure = Rc::new(Closure { function: number, captures });
                Some(if kind == tag::CLOSURE { Value::Closure(closure) } else { Value::Generator(closure) })
            }
            tag::CELL => {
                let known = self.image.as_ref().map_or(0, |image| image.cells.len());
                if at == known {
                    let cell = Rc::new(SharedCell::new(Value::Null));
                    if let Some(image) = &mut self.image {
                        image.cells.push(cell.clone());
                    }
                    cell.replace(self.value(depth)?);
                }
                self.image.as_ref().and_then(|image| image.cells.get(at).cloned()).map(Value::Cell)
            }
            _ => None,
        };
        match found {
            Some(value) => Ok(value),
            None => self.bad("a number of nothing"),
        }
    }

    fn bad<T>(&self, what: &str) -> Result<T, String> {
        Err(format!("{what} at byte {}", self.at + MAGIC.len()))
    }

    fn take(&mut self, size: usize) -> Result<&'a [u8], String> {
        match self.at.checked_add(size).and_then(|end| self.bytes.get(self.at..end)) {
            Some(taken) => {
                self.at += size;
                Ok(taken)
            }
            None => self.bad("the value ends early"),
        }
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], String> {
        match self.take(N)?.first_chunk::<N>() {
            Some(chunk) => Ok(*chunk),
            None => self.bad("the value ends early"),
        }
    }

    pub(crate) fn u32(&mut self) -> Result<u32, String> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    pub(crate) fn int(&mut self) -> Result<i64, String> {
        Ok(i64::from_le_bytes(self.array()?))
    }

    fn float(&mut self) -> Result<f64, String> {
        Ok(f64::from_bits(u64::from_le_bytes(self.array()?)))
    }

    fn blob(&mut self) -> Result<&'a [u8], String> {
        let size = self.u32()? as usize;
        self.take(size)
    }

    fn str(&mut self) -> Result<Str, String> {
        match std::str::from_utf8(self.blob()?) {
            Ok(text) => Ok(text.into()),
            Err(_) => self.bad("a text is not UTF-8"),
        }
    }

    pub(crate) fn values(&mut self, count: usize, depth: u32) -> Result<Vec<Value>, String> {
        let mut items = Vec::new();
        for _ in 0..count {
            items.push(self.value(depth)?);
        }
        Ok(items)
    }

    fn key(&mut self, depth: u32) -> Result<Key, String> {
        Key::new(self.value(depth)?).map_err(|fault| fault.message)
    }

    fn ty(&mut self) -> Result<Rc<TypeDesc>, String> {
        let number = self.u32()? as usize;
        if number == self.types.len() {
            let mut module = Module::decode(self.blob()?).map_err(|e| e.to_string())?;
            match module.types.pop() {
                Some(ty) => self.types.push(ty),
                None => return self.bad("a type is missing"),
            }
        }
        match self.types.get(number) {
            Some(ty) => Ok(ty.clone()),
            None => self.bad("an unknown type"),
        }
    }

    fn record_type(&mut self) -> Result<Rc<RecordDesc>, String> {
        match &*self.ty()? {
            TypeDesc::Record(desc) => Ok(desc.clone()),
            _ => self.bad("expected a record type"),
        }
    }

    fn enum_type(&mut self) -> Result<Rc<EnumDesc>, String> {
        match &*self.ty()? {
            TypeDesc::Enum(desc) => Ok(desc.clone()),
            _ => self.bad("expected an enum type"),
        }
    }

    pub(crate) fn value(&mut self, depth: u32) -> Result<Value, String> {
        if depth > DEPTH_MAX {
            return self.bad("the value nests too deep");
        }
        let depth = depth + 1;
        let [kind] = self.array()?;
        Ok(match kind {
            tag::NULL => Value::Null,
            tag::FALSE => Value::Bool(false),
            tag::TRUE => Value::Bool(true),
            tag::INT => Value::Int(self.int()?),
            tag::FLOAT => Value::Float(self.float()?),
            tag::STR => Value::Str(self.str()?),
            tag::PATH => Value::Path(self.str()?),
            tag::BYTES => Value::bytes(self.blob()?.to_vec()),
            tag::LIST => {
                let count = self.u32()? as usize;
                Value::list(self.values(count, depth)?)
            }
            tag::INTS => {
                let count = self.u32()? as usize;
                let bytes = self.take(count.saturating_mul(8))?;
                Value::ints(bytes.as_chunks::<8>().0.iter().map(|b| i64::from_le_bytes(*b)).collect())
            }
            tag::FLOATS => {
                let count = self.u32()? as usize;
                let bytes = self.take(count.saturating_mul(8))?;
                Value::floats(bytes.as_chunks::<8>().0.iter().map(|b| f64::from_le_bytes(*b)).collect())
            }
            tag::TUPLE => {
                let count = self.u32()? as usize;
                Value::tuple(self.values(count, depth)?)
            }
            tag::MAP => {
                let mut map = Map::new();
                for _ in 0..self.u32()? {
                    let key = self.key(depth)?;
                    map.insert(key, self.value(depth)?);
                }
                Value::map(map)
            }
            tag::SET => {
                let mut set = Set::new();
                for _ in 0..self.u32()? {
                    set.insert(self.key(depth)?);
                }
                Value::set(set)
            }
            tag::RECORD => {
                let desc = self.record_type()?;
                let fields = self.values(desc.fields.len(), depth)?;
                Value::record(desc, fields)
            }
            tag::VARIANT => {
                let desc = self.enum_type()?;
                let tag = self.u32()?;
                let Some(variant) = desc.variants.get(tag as usize) else {
                    return self.bad("an unknown variant");
                };
                let payload = self.values(variant.fields.len(), depth)?;
                Value::Variant(Rc::new(Variant { desc: desc.clone(), tag, payload: payload.into() }))
            }
            tag::OK => Value::ok(self.value(depth)?),
            tag::ERR => Value::err(self.value(depth)?),
            tag::RANGE => {
                let (start, end) = (self.int()?, self.int()?);
                let [inclusive] = self.array()?;
                Value::range(start, end, inclusive != 0)
            }
            tag::DATE_TIME => Value::DateTime(self.int()?),
            tag::DURATION => Value::Duration(self.int()?),
            tag::TYPE => Value::Type(self.ty()?),
            tag::OPAQUE => {
                let name = self.str()?;
                let bytes = self.blob()?;
                self.host.decode_opaque(&name, bytes)?
            }
            tag::PROCESS => Value::Process(Rc::new(Process::new(self.value(depth)?))),
            tag::ITER if self.image.is_some() => {
                let next = usize::try_from(self.int()?).unwrap_or(usize::MAX);
                let source = self.value(depth)?;
                Value::Iter(Box::new(Iter::at(source, next).map_err(|fault| fault.message)?))
            }
            kind => self.of_program(kind, depth)?,
        })
    }
}
