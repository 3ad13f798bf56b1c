//! Equality and the total order.
//!
//! `==` ([`equal`]) follows IEEE: NaN differs from itself. Sorting, keys and sets use [`compare`]: total, numbers by
//! value whatever their type, all NaNs one and after every number, texts by scalar, different kinds by fixed rank.

use std::cmp::Ordering;
use std::hash::{BuildHasher, Hash, Hasher};

use foldhash::fast::FixedState;

use crate::fault::Fault;
use crate::value::Value;

/// Values nest at most this deep where a walk over them needs the stack.
pub(crate) const DEPTH_MAX: u32 = 1_000;

/// `a == b`. Faults on functions, on values that nest too deep, and where an engine does.
pub fn equal(a: &Value, b: &Value) -> Result<bool, Fault> {
    equal_at(a, b, 0)
}

fn equal_at(a: &Value, b: &Value, depth: u32) -> Result<bool, Fault> {
    if depth > DEPTH_MAX {
        return Err(Fault::depth());
    }
    let depth = depth + 1;
    let all = |x: &[Value], y: &[Value]| -> Result<bool, Fault> {
        if x.len() != y.len() {
            return Ok(false);
        }
        for (x, y) in x.iter().zip(y) {
            if !equal_at(x, y, depth)? {
                return Ok(false);
            }
        }
        Ok(true)
    };
    Ok(match (a, b) {
        (Value::Null, Value::Null) => true,
        (Value::Bool(x), Value::Bool(y)) => x == y,
        (Value::Int(x), Value::Int(y)) => x == y,
        (Value::Float(x), Value::Float(y)) => x == y,
        (Value::Int(x), Value::Float(y)) | (Value::Float(y), Value::Int(x)) => {
            compare_int_float(*x, *y) == Some(Ordering::Equal)
        }
        (Value::Str(x), Value::Str(y)) => x == y,
        (Value::Path(x), Value::Path(y)) => x == y,
        (Value::Bytes(x), Value::Bytes(y)) => x == y,
        (Value::DateTime(x), Value::DateTime(y)) | (Value::Duration(x), Value::Duration(y)) => x == y,
        (Value::List(x), Value::List(y)) => {
            if x.len() != y.len() {
                return Ok(false);
            }
            for (x, y) in x.iter().zip(y.iter()) {
                if !equal_at(&x, &y, depth)? {
                    return Ok(false);
                }
            }
            true
        }
        (Value::Tuple(x), Value::Tuple(y)) => all(x, y)?,
        (Value::Record(x), Value::Record(y)) => {
            x.desc.identity() == y.desc.identity() && all(&x.fields, &y.fields)?
        }
        (Value::Variant(x), Value::Variant(y)) => {
            x.desc.identity() == y.desc.identity() && x.tag == y.tag && all(&x.payload, &y.payload)?
        }
        (Value::Result(x), Value::Result(y)) => x.is_ok == y.is_ok && equal_at(&x.value, &y.value, depth)?,
        (Value::Range(x), Value::Range(y)) => x == y,
        (Value::Type(x), Value::Type(y)) => x == y,
        (Value::Set(x), Value::Set(y)) => x.len() == y.len() && x.keys().all(|k| y.contains(k)),
        (Value::Map(x), Value::Map(y)) => {
            if x.len() != y.len() {
                return Ok(false);
            }
            for key in x.keys() {
                match (x.get(key), y.get(key)) {
                    (Some(p), Some(q)) if equal_at(p, q, depth)? => {}
                    _ => return Ok(false),
                }
            }
            true
        }
        (Value::Process(x), Value::Process(y)) => equal_at(&x.held(), &y.held(), depth)?,
        (Value::Opaque(x), Value::Opaque(y)) => x.get().equals(y.get()).map_err(Fault::engine)?,
        (Value::Closure(_), Value::Closure(_)) => {
            return Err(Fault::new("R0104", "functions cannot be compared"));
        }
        (Value::Generator(_), Value::Generator(_)) => {
            return Err(Fault::new("R0104", "generators cannot be compared")
                .help("compare what they yield: `to_list(xs)`"));
        }
        (Value::Future(_), Value::Future(_)) => {
            return Err(
                Fault::new("R0104", "tasks cannot be compared").help("compare what they come to: `await`")
            );
        }
        _ => false,
    })
}

/// `a < b` and its like: `None` when a NaN takes part. Faults where the kinds have no order.
pub(crate) fn partial(a: &Value, b: &Value) -> Result<Option<Ordering>, Fault> {
    Ok(match (a, b) {
        (Value::Int(x), Value::Int(y)) => Some(x.cmp(y)),
        (Value::Float(x), Value::Float(y)) => x.partial_cmp(y),
        (Value::Int(x), Value::Float(y)) => compare_int_float(*x, *y),
        (Value::Float(x), Value::Int(y)) => compare_int_float(*y, *x).map(Ordering::reverse),
        (Value::Str(x), Value::Str(y)) | (Value::Path(x), Value::Path(y)) => Some(x.cmp(y)),
        (Value::DateTime(x), Value::DateTime(y)) | (Value::Duration(x), Value::Duration(y)) => Some(x.cmp(y)),
        (Value::Bool(x), Value::Bool(y)) => Some(x.cmp(y)),
        (Value::Bytes(x), Value::Bytes(y)) => Some(x.cmp(y)),
        (Value::Tuple(_), Value::Tuple(_))
        | (Value::List(_), Value::List(_))
        | (Value::Variant(_), Value::Variant(_))
        | (Value::Record(_), Value::Record(_)) => {
            check_key(a)?;
            check_key(b)?;
            Some(compare(a, b))
        }
        _ => {
            return Err(Fault::new(
                "R0104",
                format!("{} and {} have no order", a.type_name(), b.type_name()),
            ));
        }
    })
}

/// Exact; `None` for NaN.
fn compare_int_float(x: i64, y: f64) -> Option<Ordering> {
    // 2^63 is exact as a Float, so beyond it every Int is on one side.
    const LIMIT: f64 = 9_223_372_036_854_775_808.0;
    if y.is_nan() {
        return None;
    }
    if y >= LIMIT {
        return Some(Ordering::Less);
    }
    if y < -LIMIT {
        return Some(Ordering::Greater);
    }
    let whole = y.trunc();
    Some(x.cmp(&(whole as i64)).then_with(|| 0.0.partial_cmp(&(y - whole)).unwrap_or(Ordering::Equal)))
}

/// The total order. Below `DEPTH_MAX` levels values count as equal; [`check_key`] refuses such values first.
pub fn compare(a: &Value, b: &Value) -> Ordering {
    compare_at(a, b, 0)
}

fn compare_at(a: &Value, b: &Value, depth: u32) -> Ordering {
    if depth > DEPTH_MAX {
        return Ordering::Equal;
    }
    let depth = depth + 1;
    let sequence = |x: &[Value], y: &[Value]| {
        x.iter()
            .zip(y)
            .map(|(x, y)| compare_at(x, y, depth))
            .find(|o| o.is_ne())
            .unwrap_or_else(|| x.len().cmp(&y.len()))
    };
    match (a, b) {
        (Value::Bool(x), Value::Bool(y)) => x.cmp(y),
        (Value::Int(x), Value::Int(y)) => x.cmp(y),
        (Value::Float(x), Value::Float(y)) => compare_floats(*x, *y),
        // NaN is after every Int.
        (Value::Int(x), Value::Float(y)) => compare_int_float(*x, *y).unwrap_or(Ordering::Less),
        (Value::Float(x), Value::Int(y)) => {
            compare_int_float(*y, *x).map_or(Ordering::Greater, Ordering::reverse)
        }
        (Value::Str(x), Value::Str(y)) | (Value::Path(x), Value::Path(y)) => x.cmp(y),
        (Value::Bytes(x), Value::Bytes(y)) => x.cmp(y),
        (Value::DateTime(x), Value::DateTime(y)) | (Value::Duration(x), Value::Duration(y)) => x.cmp(y),
        (Value::List(x), Value::List(y)) => x
            .iter()
            .zip(y.iter())
            .map(|(x, y)| compare_at(&x, &y, depth))
            .find(|o| o.is_ne())
            .unwrap_or_else(|| x.len().cmp(&y.len())),
        (Value::Tuple(x), Value::Tuple(y)) => sequence(x, y),
        (Value::Record(x), Value::Record(y)) => {
            x.desc.identity().cmp(&y.desc.identity()).then_with(|| sequence(&x.fields, &y.fields))
        }
        (Value::Variant(x), Value::Variant(y)) => x
            .desc
            .identity()
            .cmp(&y.desc.identity())
            .then(x.tag.cmp(&y.tag))
            .then_with(|| sequence(&x.payload, &y.payload)),
        (Value::Result(x), Value::Result(y)) => {
            y.is_ok.cmp(&x.is_ok).then_with(|| compare_at(&x.value, &y.value, depth))
        }
        (Value::Range(x), Value::Range(y)) => {
            (x.start, x.end, x.inclusive).cmp(&(y.start, y.end, y.inclusive))
        }
        (Value::Set(x), Value::Set(y)) => {
            let sorted = |s: &crate::map::Set| {
                let mut items: Vec<Value> = s.iter().cloned().collect();
                items.sort_by(|a, b| compare_at(a, b, depth));
                items
            };
            sequence(&sorted(x), &sorted(y))
        }
        (Value::Map(x), Value::Map(y)) => {
            let sorted = |m: &crate::map::Map| {
                let mut items: Vec<[Value; 2]> = m.iter().map(|(k, v)| [k.clone(), v.clone()]).collect();
                items.sort_by(|[a, _], [b, _]| compare_at(a, b, depth));
                items.into_iter().flatten().collect::<Vec<_>>()
            };
            sequence(&sorted(x), &sorted(y))
        }
        (Value::Type(x), Value::Type(y)) => x.to_string().cmp(&y.to_string()),
        _ => rank(a).cmp(&rank(b)),
    }
}

/// NaNs are one and last; −0.0 equals 0.0.
pub(crate) fn compare_floats(x: f64, y: f64) -> Ordering {
    x.partial_cmp(&y).unwrap_or_else(|| x.is_nan().cmp(&y.is_nan()))
}

fn rank(value: &Value) -> u8 {
    match value {
        Value::Null => 0,
        Value::Bool(_) => 1,
        Value::Int(_) | Value::Float(_) => 2,
        Value::Str(_) => 3,
        Value::Bytes(_) => 4,
        Value::DateTime(_) => 5,
        Value::Duration(_) => 6,
        Value::Path(_) => 7,
        Value::Tuple(_) => 8,
        Value::List(_) => 9,
        Value::Range(_) => 10,
        Value::Set(_) => 11,
        Value::Map(_) => 12,
        Value::Record(_) => 13,
        Value::Variant(_) => 14,
        Value::Result(_) => 15,
        Value::Type(_) => 16,
        Value::Closure(_) | Value::Generator(_) | Value::Future(_) => 17,
        Value::Opaque(_) | Value::Process(_) => 18,
        Value::Cell(_) | Value::Iter(_) | Value::Continuation(_) => 19,
    }
}

/// Whether a value has a place in the total order: no function, no engine value, no endless nesting.
pub(crate) fn check_key(value: &Value) -> Result<(), Fault> {
    check_key_at(value, 0)
}

fn check_key_at(value: &Value, depth: u32) -> Result<(), Fault> {
    if depth > DEPTH_MAX {
        return Err(Fault::depth());
    }
    let depth = depth + 1;
    let all = |items: &[Value]| items.iter().try_for_each(|v| check_key_at(v, depth));
    match value {
        Value::List(list) => match &**list {
            crate::List::Any(items) => all(items),
            crate::List::Int(_) | crate::List::Float(_) => Ok(()),
        },
        Value::Tuple(items) => all(items),
        Value::Record(record) => all(&record.fields),
        Value::Variant(variant) => all(&variant.payload),
        Value::Result(outcome) => check_key_at(&outcome.value, depth),
        Value::Set(set) => set.iter().try_for_each(|v| check_key_at(v, depth)),
        Value::Map(map) => map.iter().try_for_each(|(k, v)| {
            check_key_at(k, depth)?;
            check_key_at(v, depth)
        }),
        Value::Closure(_)
        | Value::Generator(_)
        | Value::Future(_)
        | Value::Process(_)
        | Value::Opaque(_)
        | Value::Cell(_)
        | Value::Iter(_)
        | Value::Continuation(_) => Err(Fault::new(
            "R0104",
            format!(
                "{} has no place in an order: it is no key, no set element, and not sortable",
                value.type_name()
            ),
        )),
        _ => Ok(()),
    }
}

/// Equal in the total order, equal hash.
pub(crate) fn hash<H: Hasher>(value: &Value, state: &mut H) {
    match value {
        Value::Int(x) => x.hash(state),
        Value::Float(x) => {
            let whole = *x as i64;
            if x.is_nan() {
                f64::NAN.to_bits().hash(state);
            } else if compare_int_float(whole, *x) == Some(Ordering::Equal) {
                whole.hash(state);
            } else {
                x.to_bits().hash(state);
            }
        }
        Value::Str(s) => s.as_str().hash(state),
        Value::Null => 0u8.hash(state),
        Value::Bool(x) => x.hash(state),
        Value::Path(s) => s.as_str().hash(state),
        Value::Bytes(b) => b.hash(state),
        Value::DateTime(x) | Value::Duration(x) => x.hash(state),
        Value::List(list) => list.iter().for_each(|v| hash(&v, state)),
        Value::Tuple(items) => items.iter().for_each(|v| hash(v, state)),
        Value::Record(record) => record.fields.iter().for_each(|v| hash(v, state)),
        Value::Variant(variant) => {
            variant.tag.hash(state);
            variant.payload.iter().for_each(|v| hash(v, state));
        }
        Value::Result(outcome) => {
            outcome.is_ok.hash(state);
            hash(&outcome.value, state);
        }
        Value::Range(range) => (range.start, range.end).hash(state),
        // Order does not count in sets and maps, so neither may it in their hash.
        Value::Set(set) => unordered(set.iter().map(|v| [v, &Value::Null])).hash(state),
        Value::Map(map) => unordered(map.iter().map(|(k, v)| [k, v])).hash(state),
        Value::Type(_)
        | Value::Closure(_)
        | Value::Generator(_)
        | Value::Future(_)
        | Value::Process(_)
        | Value::Opaque(_)
        | Value::Cell(_)
        | Value::Iter(_)
        | Value::Continuation(_) => {
            rank(value).hash(state);
        }
    }
}

fn unordered<'a>(entries: impl Iterator<Item = [&'a Value; 2]>) -> u64 {
    entries.fold(0, |sum, entry| {
        let mut hasher = FixedState::default().build_hasher();
        for value in entry {
            hash(value, &mut hasher);
        }
        sum.wrapping_add(hasher.finish())
    })
}

#[cfg(test)]
mod tests;
