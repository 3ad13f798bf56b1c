//! Maps and sets in insertion order, keyed by the total order: `1` and `1.0` are one key, all NaNs are one key.

use crate::fault::Fault;
use crate::hashed::Hashed;
use crate::order;
use crate::release;
use crate::value::Value;

/// A value that may be a key: no function and nothing that nests without end.
#[derive(Clone, Debug)]
pub struct Key(Value);

impl Key {
    /// Refuses functions and engine values, also inside collections. −0.0 becomes 0.0.
    pub fn new(value: Value) -> Result<Key, Fault> {
        match &value {
            Value::Str(_) | Value::Int(_) | Value::Null | Value::Bool(_) => {}
            Value::Float(x) => {
                if *x == 0.0 {
                    return Ok(Key(Value::Float(0.0)));
                }
            }
            other => order::check_key(other)?,
        }
        Ok(Key(value))
    }

    pub fn value(&self) -> &Value {
        &self.0
    }

    pub fn into_value(self) -> Value {
        self.0
    }
}

#[derive(Clone, Debug, Default)]
pub struct Map(Hashed<Value>);

impl Map {
    pub fn new() -> Map {
        Map::default()
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.len() == 0
    }

    pub fn get(&self, key: &Key) -> Option<&Value> {
        self.at_key(key.value())
    }

    /// The value of a key that need not be made; what may be no key is none.
    pub(crate) fn at_key(&self, key: &Value) -> Option<&Value> {
        self.0.find(key).and_then(|place| self.0.value(place))
    }

    pub(crate) fn get_mut(&mut self, key: &Key) -> Option<&mut Value> {
        self.0.find(key.value()).and_then(|place| self.0.value_mut(place))
    }

    /// The value of a text key.
    pub fn get_str(&self, key: &str) -> Option<&Value> {
        self.0.find_str(key).and_then(|place| self.0.value(place))
    }

    pub fn contains(&self, key: &Key) -> bool {
        self.0.find(key.value()).is_some()
    }

    /// A known key keeps its place and its first spelling.
    pub fn insert(&mut self, key: Key, value: Value) {
        self.0.insert(key, value);
    }

    /// Keeps the order of the others; linear.
    pub fn remove(&mut self, key: &Key) -> Option<Value> {
        self.0.remove(key.value())
    }

    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&Value, &Value)> + '_ {
        self.0.entries().iter().map(|(key, value)| (key.value(), value))
    }

    pub fn keys(&self) -> impl DoubleEndedIterator<Item = &Key> + '_ {
        self.0.entries().iter().map(|(key, _)| key)
    }

    pub fn entry_at(&self, index: usize) -> Option<(&Value, &Value)> {
        self.0.entries().get(index).map(|(key, value)| (key.value(), value))
    }
}

impl Drop for Map {
    fn drop(&mut self) {
        let mut entries = self.0.entries().iter();
        if entries.any(|(key, value)| release::is_nested(key.value()) || release::is_nested(value)) {
            let entries = std::mem::take(&mut self.0).into_entries();
            release::many(entries.into_iter().flat_map(|(key, value)| [key.0, value]));
        }
    }
}

#[derive(Clone, Debug, Default)]
pub struct Set(Hashed<()>);

impl Set {
    pub fn new() -> Set {
        Set::default()
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.len() == 0
    }

    pub fn contains(&self, key: &Key) -> bool {
        self.0.find(key.value()).is_some()
    }

    /// Whether it is new.
    pub fn insert(&mut self, key: Key) -> bool {
        self.0.insert(key, ()).is_none()
    }

    pub fn remove(&mut self, key: &Key) -> bool {
        self.0.remove(key.value()).is_some()
    }

    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Value> + '_ {
        self.0.entries().iter().map(|(key, ())| key.value())
    }

    pub fn keys(&self) -> impl DoubleEndedIterator<Item = &Key> + '_ {
        self.0.entries().iter().map(|(key, ())| key)
    }

    pub fn at(&self, index: usize) -> Option<&Value> {
        self.0.entries().get(index).map(|(key, ())| key.value())
    }
}

impl Drop for Set {
    fn drop(&mut self) {
        if self.0.entries().iter().any(|(key, ())| release::is_nested(key.value())) {
            let entries = std::mem::take(&mut self.0).into_entries();
            release::many(entries.into_iter().map(|(key, ())| key.0));
        }
    }
}
