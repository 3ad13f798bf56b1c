//! Elements by index, key and slice; membership; joining.

use std::rc::Rc;

use crate::fault::Fault;
use crate::iterate::elements;
use crate::list::{List, position};
use crate::map::{Key, Map};
use crate::order;
use crate::show;
use crate::value::{Str, Value};

/// `base[key]`; a missing one faults.
pub(crate) fn index(base: &Value, key: &Value) -> Result<Value, Fault> {
    match (base, key) {
        (Value::List(list), Value::Int(i)) => {
            let at = list.position(*i)?;
            list.get(at).ok_or_else(|| Fault::index(*i, list.len()))
        }
        (Value::Map(map), _) => {
            if !matches!(key, Value::Int(_) | Value::Str(_)) {
                Key::new(key.clone())?;
            }
            map.at_key(key).cloned().ok_or_else(|| missing_key(map, key))
        }
        (Value::Tuple(items), Value::Int(i)) => items
            .get(position(*i, items.len()).unwrap_or(usize::MAX))
            .cloned()
            .ok_or_else(|| Fault::index(*i, items.len())),
        (Value::Str(s), Value::Int(i)) => scalar_at(s, *i),
        (Value::Bytes(bytes), Value::Int(i)) => position(*i, bytes.len())
            .and_then(|at| bytes.get(at))
            .map(|b| Value::Int(i64::from(*b)))
            .ok_or_else(|| Fault::index(*i, bytes.len())),
        (Value::Range(range), Value::Int(i)) => {
            let len = usize::try_from(range.len()).unwrap_or(usize::MAX);
            position(*i, len)
                .and_then(|at| range.start.checked_add(at as i64))
                .map(Value::Int)
                .ok_or_else(|| Fault::index(*i, len))
        }
        (Value::List(_) | Value::Str(_) | Value::Tuple(_), Value::Range(range)) => {
            slice(base, Some(range.start), Some(range.end), range.inclusive)
        }
        (Value::Record(record), Value::Str(name)) => record
            .desc
            .slot(name)
            .and_then(|slot| record.fields.get(slot))
            .cloned()
            .ok_or_else(|| Fault::new("R0102", format!("{} has no field {name:?}", record.desc.name))),
        _ => Err(Fault::new(
            "R0104",
            format!("a {} cannot be indexed by {}", base.type_name(), show::repr(key)?),
        )),
    }
}

/// `base?[key]`: null where there is nothing, or nothing that could be indexed.
pub(crate) fn index_or_null(base: &Value, key: &Value) -> Result<Value, Fault> {
    match index(base, key) {
        Err(fault) if matches!(fault.code.as_str(), "R0101" | "R0102" | "R0104") => Ok(Value::Null),
        other => other,
    }
}

fn scalar_at(s: &Str, i: i64) -> Result<Value, Fault> {
    let found = if s.is_ascii() {
        position(i, s.len()).and_then(|at| s.get(at..at + 1)).map(Value::str)
    } else {
        let count = s.chars().count();
        position(i, count).and_then(|at| s.chars().nth(at)).map(|c| Value::str(c.to_string()))
    };
    found.ok_or_else(|| Fault::index(i, s.chars().count()))
}

fn missing_key(map: &Map, key: &Value) -> Fault {
    let shown = show::repr(key).unwrap_or_else(|_| "…".into());
    let fault = Fault::new("R0102", format!("there is no key {shown}"));
    let near = key.as_str().and_then(|key| nearest(key, map.iter().filter_map(|(k, _)| k.as_str())));
    match near {
        Some(near) => fault.help(format!("did you mean {near:?}? `?[` and `get` give null instead")),
        None => fault.help("`?[` and `get` give null instead"),
    }
}

/// The candidate with the smallest edit distance, if that is small for the word's length.
pub(crate) fn nearest<'a>(word: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let limit = (word.chars().count() / 3).max(1);
    candidates.take(10_000).map(|c| (distance(word, c), c)).filter(|(d, _)| *d <= limit).min().map(|(_, c)| c)
}

/// Levenshtein's distance over scalars; long words count as far.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    if a.len().max(b.len()) > 100 {
        return usize::MAX;
    }
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        for (j, y) in b.iter().enumerate() {
            let above = row[j + 1];
            let next = (diagonal + usize::from(x != y)).min(above + 1).min(left + 1);
            row[j] = left;
            diagonal = above;
            left = next;
        }
        row[b.len()] = left;
    }
    row[b.len()]
}

/// `base[key] = value`, in place when `base` is unshared.
pub(crate) fn set_index(base: &mut Value, key: Value, value: Value) -> Result<(), Fault> {
    match (base, key) {
        (Value::Map(map), key) => {
            Rc::make_mut(map).insert(Key::new(key)?, value);
            Ok(())
        }
        (Value::List(list), Value::Int(i)) => {
            let at = list.position(i)?;
            Rc::make_mut(list).set(at, value);
            Ok(())
        }
        (base, key) => Err(Fault::new(
            "R0104",
            format!("an element {} of a {} cannot be assigned", show::repr(&key)?, base.type_name()),
        )),
    }
}

/// Moves the element out and leaves null in its place; it is set again after it was changed.
pub(crate) fn take_index(base: &mut Value, key: &Value) -> Result<Value, Fault> {
    match (base, key) {
        (Value::Map(map), key) => {
            let known = Key::new(key.clone())?;
            if !map.contains(&known) {
                return Err(missing_key(map, key));
            }
            Ok(Rc::make_mut(map)
                .get_mut(&known)
                .map(|v| std::mem::replace(v, Value::Null))
                .unwrap_or(Value::Null))
        }
        (Value::List(list), Value::Int(i)) => {
            let at = list.position(*i)?;
            Ok(Rc::make_mut(list).take(at).unwrap_or(Value::Null))
        }
        (base, key) => index(base, key),
    }
}

/// `base[start..end]`: bounds count from the end when negative and stop at the ends.
pub(crate) fn slice(
    base: &Value,
    start: Option<i64>,
    end: Option<i64>,
    inclusive: bool,
) -> Result<Value, Fault> {
    let bounds = |len: usize| {
        let clamp = |i: i64| {
            let i = if i < 0 { i.saturating_add(len as i64) } else { i };
            usize::try_from(i).unwrap_or(0).min(len)
        };
        let from = start.map_or(0, clamp);
        let to = match end {
            None => len,
            // The last element, inclusively, is the whole rest.
            Some(-1) if inclusive => len,
            Some(end) => clamp(end.saturating_add(i64::from(inclusive))),
        };
        (from, to.max(from))
    };
    match base {
        Value::List(list) => {
            let (from, to) = bounds(list.len());
            Ok(Value::List(Rc::new(list.slice(from, to))))
        }
        Value::Str(s) => {
            if s.is_ascii() {
                let (from, to) = bounds(s.len());
                return Ok(Value::str(s.get(from..to).unwrap_or_default()));
            }
            let (from, to) = bounds(s.chars().count());
            Ok(Value::str(s.chars().skip(from).take(to - from).collect::<String>()))
        }
        Value::Tuple(items) => {
            let (from, to) = bounds(items.len());
            Ok(Value::tuple(items.get(from..to).unwrap_or_default().to_vec()))
        }
        Value::Bytes(bytes) => {
            let (from, to) = bounds(bytes.len());
            Ok(Value::bytes(bytes.get(from..to).unwrap_or_default().to_vec()))
        }
        Value::Range(_) => slice(&Value::list(elements(base)?), start, end, inclusive),
        other => Err(Fault::new("R0104", format!("a {} cannot be sliced", other.type_name()))),
    }
}

pub(crate) fn len(value: &Value) -> Result<i64, Fault> {
    let len = match value {
        Value::List(list) => list.len(),
        Value::Map(map) => map.len(),
        Value::Set(set) => set.len(),
        Value::Tuple(items) => items.len(),
        Value::Str(s) => s.chars().count(),
        Value::Bytes(bytes) => bytes.len(),
        Value::Range(range) => usize::try_from(range.len()).unwrap_or(usize::MAX),
        other => return Err(Fault::new("R0104", format!("a {} has no length", other.type_name()))),
    };
    i64::try_from(len).map_err(|_| Fault::overflow("the length"))
}

/// `item in container`: element, key, substring, range.
pub(crate) fn contains(container: &Value, item: &Value) -> Result<bool, Fault> {
    match (container, item) {
        (Value::List(list), Value::Int(x)) if matches!(**list, List::Int(_)) => Ok(match &**list {
            List::Int(items) => items.contains(x),
            _ => false,
        }),
        (Value::List(list), _) => {
            for element in list.iter() {
                if order::equal(&element, item)? {
                    return Ok(true);
                }
            }
            Ok(false)
        }
        (Value::Tuple(items), _) => {
            for element in items.iter() {
                if order::equal(element, item)? {
                    return Ok(true);
                }
            }
            Ok(false)
        }
        (Value::Set(set), _) => Ok(set.contains(&Key::new(item.clone())?)),
        (Value::Map(map), _) => Ok(map.contains(&Key::new(item.clone())?)),
        (Value::Str(s), Value::Str(part)) => Ok(s.contains(part.as_str())),
        (Value::Range(range), Value::Int(x)) => Ok(range.contains(*x)),
        (Value::Range(range), Value::Float(x)) => {
            Ok(x.fract() == 0.0 && crate::number::to_int(*x, "in").is_ok_and(|x| range.contains(x)))
        }
        (Value::Bytes(bytes), Value::Int(x)) => Ok(u8::try_from(*x).is_ok_and(|x| bytes.contains(&x))),
        _ => Err(Fault::new(
            "R0104",
            format!(
                "`in` looks into a collection, a String or a range, not into a {}",
                container.type_name()
            ),
        )),
    }
}

/// `a += b` of texts, lists and bytes; in place when `a` is unshared.
pub(crate) fn append(a: &mut Value, b: &Value) -> Result<(), Fault> {
    match (&mut *a, b) {
        (Value::Str(x), Value::Str(y)) => x.make_mut().push_str(y),
        (Value::List(x), Value::List(y)) => Rc::make_mut(x).extend(y),
        (Value::Bytes(x), Value::Bytes(y)) => Rc::make_mut(x).extend_from_slice(y),
        (a, b) => {
            return Err(Fault::new(
                "R0104",
                format!("a {} and a {} cannot be joined", a.type_name(), b.type_name()),
            ));
        }
    }
    Ok(())
}
