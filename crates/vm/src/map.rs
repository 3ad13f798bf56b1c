//! Maps and sets in insertion order, keyed by the total order: `1` and `1.0` are one key, all NaNs are one key.

use std::hash::{Hash, Hasher};

use foldhash::fast::FixedState;
use indexmap::{IndexMap, IndexSet};

use crate::fault::Fault;
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

impl PartialEq for Key {
    #[inline]
    fn eq(&self, other: &Key) -> bool {
        match (&self.0, &other.0) {
            (Value::Int(a), Value::Int(b)) => a == b,
            (Value::Str(a), Value::Str(b)) => a.as_str() == b.as_str(),
            (a, b) => order::compare(a, b).is_eq(),
        }
    }
}

impl Eq for Key {}

impl Hash for Key {
    #[inline]
    fn hash<H: Hasher>(&self, state: &mut H) {
        order::hash(&self.0, state);
    }
}

#[derive(Clone, Debug, Default)]
pub struct Map(IndexMap<Key, Value, FixedState>);

impl Map {
    pub fn new() -> Map {
        Map::default()
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn get(&self, key: &Key) -> Option<&Value> {
        self.0.get(key)
    }

    pub(crate) fn get_mut(&mut self, key: &Key) -> Option<&mut Value> {
        self.0.get_mut(key)
    }

    /// The value of a text key.
    pub fn get_str(&self, key: &str) -> Option<&Value> {
        self.0.get(&Key(Value::str(key)))
    }

    pub fn contains(&self, key: &Key) -> bool {
        self.0.contains_key(key)
    }

    /// A known key keeps its place and its first spelling.
    pub fn insert(&mut self, key: Key, value: Value) {
        self.0.insert(key, value);
    }

    /// Keeps the order of the others; linear.
    pub fn remove(&mut self, key: &Key) -> Option<Value> {
        self.0.shift_remove(key)
    }

    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&Value, &Value)> + '_ {
        self.0.iter().map(|(k, v)| (&k.0, v))
    }

    pub fn keys(&self) -> impl DoubleEndedIterator<Item = &Key> + '_ {
        self.0.keys()
    }

    pub fn entry_at(&self, index: usize) -> Option<(&Value, &Value)> {
        self.0.get_index(index).map(|(k, v)| (&k.0, v))
    }
}

impl Drop for Map {
    fn drop(&mut self) {
        if self.0.iter().any(|(k, v)| release::is_nested(&k.0) || release::is_nested(v)) {
            let entries = std::mem::take(&mut self.0);
            release::many(entries.into_iter().flat_map(|(k, v)| [k.0, v]));
        }
    }
}

#[derive(Clone, Debug, Default)]
pub struct Set(IndexSet<Key, FixedState>);

impl Set {
    pub fn new() -> Set {
        Set::default()
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn contains(&self, key: &Key) -> bool {
        self.0.contains(key)
    }

    pub fn insert(&mut self, key: Key) -> bool {
        self.0.insert(key)
    }

    pub fn remove(&mut self, key: &Key) -> bool {
        self.0.shift_remove(key)
    }

    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Value> + '_ {
        self.0.iter().map(|k| &k.0)
    }

    pub fn keys(&self) -> impl DoubleEndedIterator<Item = &Key> + '_ {
        self.0.iter()
    }

    pub fn at(&self, index: usize) -> Option<&Value> {
        self.0.get_index(index).map(|k| &k.0)
    }
}

impl Drop for Set {
    fn drop(&mut self) {
        if self.0.iter().any(|k| release::is_nested(&k.0)) {
            let keys = std::mem::take(&mut self.0);
            release::many(keys.into_iter().map(|k| k.0));
        }
    }
}
