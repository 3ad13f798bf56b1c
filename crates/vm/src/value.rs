//! Values of the language.
//!
//! A value is 16 bytes: scalars stand in it, the rest is counted. Collections, records and tuples are values, not
//! places: a shared one is copied when it is changed, an unshared one changes in place. Only handles ([`Opaque`],
//! [`Process`]) and the variables that closures share have identity.

use std::cell::RefCell;
use std::fmt;
use std::ops::Deref;
use std::rc::Rc;

use bytecode::{EnumDesc, RecordDesc, TypeDesc};

use crate::handle::Continuation;
use crate::host::Opaque;
use crate::iterate::Iter;
use crate::list::List;
use crate::map::{Map, Set};
use crate::process::Process;
use crate::release::{self, Parts, Values};
use crate::task::Future;

#[derive(Clone, Debug, Default)]
pub enum Value {
    #[default]
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Str(Str),
    Bytes(Rc<Vec<u8>>),
    List(Rc<List>),
    Map(Rc<Map>),
    Set(Rc<Set>),
    Tuple(Rc<Parts>),
    Record(Rc<Record>),
    Variant(Rc<Variant>),
    /// `ok(x)` or `err(x)`
    Result(Rc<Outcome>),
    Range(Rc<RangeValue>),
    Closure(Rc<Closure>),
    /// What a cell with `yield` returns: its body and arguments. Each walk runs the body anew.
    Generator(Rc<Closure>),
    /// A task, which has identity.
    Future(Rc<Future>),
    /// What a process remembers, which has identity.
    Process(Rc<Process>),
    /// Microseconds since 1970-01-01T00:00:00Z.
    DateTime(i64),
    /// Microseconds.
    Duration(i64),
    Path(Str),
    Type(Rc<TypeDesc>),
    /// A value of an engine, or a handle.
    Opaque(Handle),
    /// A variable that closures share. Never seen by a program or host.
    Cell(Rc<SharedCell>),
    /// The state of a `for`. Never seen by a program or host.
    Iter(Box<Iter>),
    /// What `resume` goes on with. Never seen by a program or host.
    Continuation(Rc<Continuation>),
}

/// Text; joining to an unshared one takes amortised linear time.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Str(Rc<String>);

impl Str {
    pub fn new(text: impl Into<String>) -> Str {
        Str(Rc::new(text.into()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether others hold it too.
    pub(crate) fn is_shared(&self) -> bool {
        Rc::strong_count(&self.0) > 1
    }

    /// The text to change; copied first if it is shared.
    pub fn make_mut(&mut self) -> &mut String {
        Rc::make_mut(&mut self.0)
    }
}

impl Deref for Str {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Str {
    fn from(text: &str) -> Str {
        Str::new(text)
    }
}

impl From<String> for Str {
    fn from(text: String) -> Str {
        Str::new(text)
    }
}

impl fmt::Debug for Str {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

#[derive(Clone, Debug)]
pub struct Record {
    pub desc: Rc<RecordDesc>,
    /// As many as `desc` has fields.
    pub fields: Parts,
}

#[derive(Clone, Debug)]
pub struct Variant {
    pub desc: Rc<EnumDesc>,
    /// Which of `desc`'s variants.
    pub tag: u32,
    pub payload: Parts,
}

impl Variant {
    pub fn name(&self) -> &str {
        self.desc.variants.get(self.tag as usize).map_or("", |v| &v.name)
    }
}

#[derive(Clone, Debug)]
pub struct Outcome {
    pub is_ok: bool,
    pub value: Value,
}

impl Drop for Outcome {
    fn drop(&mut self) {
        release::one(&mut self.value);
    }
}

/// `start..end`, or `start..=end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RangeValue {
    pub start: i64,
    pub end: i64,
    pub inclusive: bool,
}

impl RangeValue {
    /// How many Ints it has.
    pub fn len(&self) -> u64 {
        if self.end < self.start {
            return 0;
        }
        let span = self.end.abs_diff(self.start);
        if self.inclusive { span.saturating_add(1) } else { span }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub fn contains(&self, x: i64) -> bool {
        self.start <= x && (x < self.end || self.inclusive && x == self.end)
    }
}

/// A function with the values it captured.
#[derive(Clone, Debug)]
pub struct Closure {
    pub(crate) function: u32,
    pub(crate) captures: Values,
}

#[derive(Debug)]
pub struct SharedCell(RefCell<Value>);

impl SharedCell {
    pub(crate) fn new(value: Value) -> SharedCell {
        SharedCell(RefCell::new(value))
    }

    pub(crate) fn get(&self) -> Value {
        self.0.borrow().clone()
    }

    pub(crate) fn replace(&self, value: Value) -> Value {
        self.0.replace(value)
    }
}

impl Drop for SharedCell {
    fn drop(&mut self) {
        release::one(self.0.get_mut());
    }
}

/// A counted engine value.
#[derive(Clone)]
pub struct Handle(Rc<Box<dyn Opaque>>);

impl Handle {
    pub fn new(value: impl Opaque) -> Handle {
        Handle(Rc::new(Box::new(value)))
    }

    pub fn get(&self) -> &dyn Opaque {
        &**self.0
    }

    /// Whether both are the same handle, not only equal.
    pub fn is_same(&self, other: &Handle) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }

    /// Equal for the same handle alone, as long as it is held.
    pub(crate) fn address(&self) -> usize {
        Rc::as_ptr(&self.0) as usize
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.get().type_name())
    }
}

impl Value {
    pub fn str(text: impl Into<Str>) -> Value {
        Value::Str(text.into())
    }

    pub fn bytes(bytes: Vec<u8>) -> Value {
        Value::Bytes(Rc::new(bytes))
    }

    /// A list; Ints alone or Floats alone are stored unboxed.
    pub fn list(items: Vec<Value>) -> Value {
        Value::List(Rc::new(List::from_values(items)))
    }

    pub fn ints(items: Vec<i64>) -> Value {
        Value::List(Rc::new(List::Int(items)))
    }

    pub fn floats(items: Vec<f64>) -> Value {
        Value::List(Rc::new(List::Float(items)))
    }

    pub fn strs<T: Into<Str>>(items: impl IntoIterator<Item = T>) -> Value {
        Value::list(items.into_iter().map(Value::str).collect())
    }

    pub fn tuple(items: Vec<Value>) -> Value {
        Value::Tuple(Rc::new(items.into()))
    }

    pub fn map(map: Map) -> Value {
        Value::Map(Rc::new(map))
    }

    pub fn set(set: Set) -> Value {
        Value::Set(Rc::new(set))
    }

    pub fn record(desc: Rc<RecordDesc>, fields: Vec<Value>) -> Value {
        Value::Record(Rc::new(Record { desc, fields: fields.into() }))
    }

    /// A variant without parts; `None` if the enum has no such tag, or it has parts.
    pub fn variant(desc: Rc<EnumDesc>, tag: u32) -> Option<Value> {
        let plain = desc.variants.get(tag as usize)?.fields.is_empty();
        plain.then(|| Value::Variant(Rc::new(Variant { desc, tag, payload: Parts::None })))
    }

    pub fn ok(value: Value) -> Value {
        Value::Result(Rc::new(Outcome { is_ok: true, value }))
    }

    pub fn err(value: Value) -> Value {
        Value::Result(Rc::new(Outcome { is_ok: false, value }))
    }

    pub fn range(start: i64, end: i64, inclusive: bool) -> Value {
        Value::Range(Rc::new(RangeValue { start, end, inclusive }))
    }

    pub fn opaque(value: impl Opaque) -> Value {
        Value::Opaque(Handle::new(value))
    }

    /// The engine value inside, if it is one of type `T`.
    pub fn downcast<T: Opaque>(&self) -> Option<&T> {
        match self {
            Value::Opaque(handle) => handle.get().as_any().downcast_ref(),
            _ => None,
        }
    }

    /// Puts null in the slot. Most slots hold nothing to free, for which no call is made.
    #[inline(always)]
    pub(crate) fn clear(&mut self) {
        match self {
            Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) => {
                std::mem::forget(std::mem::take(self));
            }
            _ => *self = Value::Null,
        }
    }

    pub fn is_null(&self) -> bool {
        matches!(self, Value::Null)
    }

    pub fn as_str(&self) -> Option<&str> {
        match self {
            Value::Str(s) | Value::Path(s) => Some(s),
            _ => None,
        }
    }

    /// A number as Float, exact or rounded.
    pub fn as_number(&self) -> Option<f64> {
        match self {
            Value::Int(x) => Some(*x as f64),
            Value::Float(x) => Some(*x),
            _ => None,
        }
    }

    /// What kind of value it is, as the language calls the type.
    pub fn type_name(&self) -> &str {
        match self {
            Value::Null => "Null",
            Value::Bool(_) => "Bool",
            Value::Int(_) => "Int",
            Value::Float(_) => "Float",
            Value::Str(_) => "String",
            Value::Bytes(_) => "Bytes",
            Value::List(_) => "list",
            Value::Map(_) => "map",
            Value::Set(_) => "set",
            Value::Tuple(_) => "tuple",
            Value::Record(r) => &r.desc.name,
            Value::Variant(v) => &v.desc.name,
            Value::Result(_) => "result",
            Value::Range(_) => "Range",
            Value::Closure(_) => "fn",
            Value::Generator(_) => "Iter",
            Value::Future(_) => "Future",
            Value::Process(_) => "Process",
            Value::DateTime(_) => "DateTime",
            Value::Duration(_) => "Duration",
            Value::Path(_) => "Path",
            Value::Type(_) => "type",
            Value::Opaque(handle) => handle.get().type_name(),
            Value::Cell(_) => "variable",
            Value::Iter(_) => "iterator",
            Value::Continuation(_) => "continuation",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_sixteen_bytes() {
        assert_eq!(size_of::<Value>(), 16);
    }
}
