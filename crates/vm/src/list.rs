//! Lists with storage by element: Ints and Floats unboxed, everything else as values.
//!
//! Storage is not seen: two lists with equal elements are equal, print alike and encode alike however stored.

use crate::fault::Fault;
use crate::release::Values;
use crate::value::Value;

#[derive(Clone, Debug)]
pub enum List {
    Int(Vec<i64>),
    Float(Vec<f64>),
    Any(Values),
}

impl List {
    /// Stores Ints alone or Floats alone unboxed.
    pub fn from_values(items: Vec<Value>) -> List {
        match items.first() {
            Some(Value::Int(_)) if items.iter().all(|v| matches!(v, Value::Int(_))) => {
                List::Int(items.iter().map(|v| if let Value::Int(x) = v { *x } else { 0 }).collect())
            }
            Some(Value::Float(_)) if items.iter().all(|v| matches!(v, Value::Float(_))) => {
                List::Float(items.iter().map(|v| if let Value::Float(x) = v { *x } else { 0.0 }).collect())
            }
            _ => List::Any(Values::new(items)),
        }
    }

    pub fn len(&self) -> usize {
        match self {
            List::Int(v) => v.len(),
            List::Float(v) => v.len(),
            List::Any(v) => v.len(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub fn get(&self, index: usize) -> Option<Value> {
        match self {
            List::Int(v) => v.get(index).map(|x| Value::Int(*x)),
            List::Float(v) => v.get(index).map(|x| Value::Float(*x)),
            List::Any(v) => v.get(index).cloned(),
        }
    }

    pub fn iter(&self) -> impl DoubleEndedIterator<Item = Value> + '_ {
        (0..self.len()).filter_map(|i| self.get(i))
    }

    pub fn to_values(&self) -> Vec<Value> {
        self.iter().collect()
    }

    /// Adds an element at the end; changes the storage when the element does not fit it.
    pub fn push(&mut self, value: Value) {
        match (&mut *self, value) {
            (List::Int(v), Value::Int(x)) => v.push(x),
            (List::Float(v), Value::Float(x)) => v.push(x),
            (List::Any(v), value) => {
                if v.is_empty() {
                    *self = List::from_values(vec![value]);
                } else {
                    v.as_vec_mut().push(value);
                }
            }
            (_, value) => {
                let items = self.general();
                items.push(value);
            }
        }
    }

    /// Replaces an element; `false` if there is none at the index.
    pub fn set(&mut self, index: usize, value: Value) -> bool {
        if index >= self.len() {
            return false;
        }
        match (&mut *self, value) {
            (List::Int(v), Value::Int(x)) => v[index] = x,
            (List::Float(v), Value::Float(x)) => v[index] = x,
            (_, value) => self.general()[index] = value,
        }
        true
    }

    /// Moves an element out and leaves null in its place.
    pub(crate) fn take(&mut self, index: usize) -> Option<Value> {
        match self {
            List::Any(v) => v.as_vec_mut().get_mut(index).map(|x| std::mem::replace(x, Value::Null)),
            _ => self.get(index),
        }
    }

    /// The elements as values, to change.
    pub(crate) fn general(&mut self) -> &mut Vec<Value> {
        if !matches!(self, List::Any(_)) {
            *self = List::Any(Values::new(self.to_values()));
        }
        match self {
            List::Any(v) => v.as_vec_mut(),
            List::Int(_) | List::Float(_) => unreachable!("replaced above"),
        }
    }

    pub fn extend(&mut self, other: &List) {
        if self.is_empty() {
            *self = other.clone();
            return;
        }
        match (&mut *self, other) {
            (List::Int(a), List::Int(b)) => a.extend_from_slice(b),
            (List::Float(a), List::Float(b)) => a.extend_from_slice(b),
            (List::Any(a), List::Any(b)) => a.as_vec_mut().extend_from_slice(b),
            (_, other) => self.general().extend(other.iter()),
        }
    }

    pub fn slice(&self, from: usize, to: usize) -> List {
        match self {
            List::Int(v) => List::Int(v.get(from..to).unwrap_or_default().to_vec()),
            List::Float(v) => List::Float(v.get(from..to).unwrap_or_default().to_vec()),
            List::Any(v) => List::from_values(v.get(from..to).unwrap_or_default().to_vec()),
        }
    }

    pub fn reverse(&mut self) {
        match self {
            List::Int(v) => v.reverse(),
            List::Float(v) => v.reverse(),
            List::Any(v) => v.as_vec_mut().reverse(),
        }
    }

    pub fn truncate(&mut self, len: usize) {
        match self {
            List::Int(v) => v.truncate(len),
            List::Float(v) => v.truncate(len),
            List::Any(v) => v.as_vec_mut().truncate(len),
        }
    }

    pub fn remove(&mut self, index: usize) -> Option<Value> {
        if index >= self.len() {
            return None;
        }
        Some(match self {
            List::Int(v) => Value::Int(v.remove(index)),
            List::Float(v) => Value::Float(v.remove(index)),
            List::Any(v) => v.as_vec_mut().remove(index),
        })
    }

    /// The place of an index that may count from the end.
    pub fn position(&self, index: i64) -> Result<usize, Fault> {
        position(index, self.len()).ok_or_else(|| Fault::index(index, self.len()))
    }
}

/// The place in a sequence of `len` that a written index means, if there is one.
#[inline]
pub(crate) fn position(index: i64, len: usize) -> Option<usize> {
    let at = if index < 0 { index.checked_add(len as i64)? } else { index };
    usize::try_from(at).ok().filter(|at| *at < len)
}
