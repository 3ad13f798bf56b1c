//! Iteration over collections, ranges and texts.

use crate::fault::{Fault, SIZE_MAX};
use crate::fiber::Fiber;
use crate::list::List;
use crate::value::Value;

/// The state of a `for`. It keeps the collection as it was at the start: assigning to the name does not change it.
#[derive(Clone, Debug)]
pub struct Iter {
    source: Value,
    next: usize,
    /// The body of a generator that is walked, where it waits; the machine runs it on.
    walk: Option<Fiber>,
}

impl Iter {
    pub(crate) fn new(source: Value) -> Result<Iter, Fault> {
        match source {
            Value::List(_)
            | Value::Map(_)
            | Value::Set(_)
            | Value::Range(_)
            | Value::Str(_)
            | Value::Tuple(_)
            | Value::Bytes(_) => Ok(Iter { source, next: 0, walk: None }),
            Value::Generator(generator) => {
                let walk = Fiber::start(generator.function, generator.captures.clone());
                Ok(Iter { source: Value::Null, next: 0, walk: Some(walk) })
            }
            other => Err(not_iterable(&other)),
        }
    }

    /// A walk over a collection that gave so much of it already.
    pub(crate) fn at(source: Value, next: usize) -> Result<Iter, Fault> {
        Ok(Iter { next, ..Iter::new(source)? })
    }

    /// What is walked, and where; nothing for a generator.
    pub(crate) fn place(&self) -> Option<(&Value, usize)> {
        self.walk.is_none().then_some((&self.source, self.next))
    }

    /// Where a generator's walk waits; none for a collection.
    pub(crate) fn walk(&mut self) -> Option<&mut Fiber> {
        self.walk.as_mut()
    }
}

fn not_iterable(value: &Value) -> Fault {
    Fault::new("R0104", format!("a {} cannot be iterated", value.type_name()))
}

impl Iterator for Iter {
    type Item = Value;

    fn next(&mut self) -> Option<Value> {
        let at = self.next;
        match &self.source {
            Value::Str(s) => {
                // For texts `next` counts bytes.
                let c = s.get(at..)?.chars().next()?;
                self.next += c.len_utf8();
                Some(Value::str(c.to_string()))
            }
            source => {
                let item = match source {
                    Value::List(list) => list.get(at),
                    Value::Tuple(items) => items.get(at).cloned(),
                    Value::Set(set) => set.at(at).cloned(),
                    Value::Map(map) => {
                        map.entry_at(at).map(|(k, v)| Value::tuple(vec![k.clone(), v.clone()]))
                    }
                    Value::Bytes(bytes) => bytes.get(at).map(|b| Value::Int(i64::from(*b))),
                    Value::Range(range) if (at as u64) < range.len() => {
                        range.start.checked_add(at as i64).map(Value::Int)
                    }
                    _ => None,
                };
                self.next += usize::from(item.is_some());
                item
            }
        }
    }
}

/// All elements: of a list, set, tuple, range, a text's scalars, a map's pairs. Walking a generator takes the machine:
/// whoever can meet one asks [`crate::builtins::Calls`].
pub(crate) fn elements(value: &Value) -> Result<Vec<Value>, Fault> {
    if let Value::Generator(_) = value {
        return Err(Fault::new("R0104", "expected a collection, found an Iter")
            .help("`to_list` makes a list of what a generator yields"));
    }
    if let Value::Range(range) = value
        && range.len() > SIZE_MAX as u64
    {
        return Err(Fault::size("a list of a range", range.len()));
    }
    Ok(Iter::new(value.clone())?.collect())
}

/// The elements as a list, without copying one that already is.
pub(crate) fn into_list(value: Value) -> Result<List, Fault> {
    match value {
        Value::List(list) => Ok(std::rc::Rc::unwrap_or_clone(list)),
        other => Ok(List::from_values(elements(&other)?)),
    }
}
