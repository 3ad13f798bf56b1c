//! Maps and sets.

use std::rc::Rc;

use super::args::unexpected;
use super::{Args, Builtin};
use crate::access;
use crate::fault::Fault;
use crate::iterate::elements;
use crate::map::{Key, Map, Set};
use crate::order;
use crate::value::Value;

pub(super) const TABLE: super::Table = &[
    ("get", Builtin::Pure(get)),
    ("has_key", Builtin::Pure(|a| access::contains(a.value(0), a.value(1)).map(Value::Bool))),
    ("keys", Builtin::Pure(|a| Ok(Value::list(map(&a, 0)?.iter().map(|(k, _)| k.clone()).collect())))),
    ("values", Builtin::Pure(|a| Ok(Value::list(map(&a, 0)?.iter().map(|(_, v)| v.clone()).collect())))),
    ("entries", Builtin::Pure(|a| elements(a.value(0)).map(Value::list))),
    ("map_sorted_keys", Builtin::Pure(sorted_keys)),
    ("merge", Builtin::Pure(merge)),
    ("remove", Builtin::Pure(remove)),
    ("to_set", Builtin::Pure(|a| collect(elements(a.value(0))?))),
    ("add", Builtin::Pure(add)),
    ("union", Builtin::Pure(union)),
    ("intersection", Builtin::Pure(|a| select(&a, true))),
    ("difference", Builtin::Pure(|a| select(&a, false))),
];

fn map<'a>(args: &'a Args<'_>, i: usize) -> Result<&'a Map, Fault> {
    match args.value(i) {
        Value::Map(map) => Ok(map),
        other => Err(unexpected("a map", other)),
    }
}

fn set<'a>(args: &'a Args<'_>, i: usize) -> Result<&'a Set, Fault> {
    match args.value(i) {
        Value::Set(set) => Ok(set),
        other => Err(unexpected("a set", other)),
    }
}

/// The element, or the third argument, or null.
fn get(mut args: Args<'_>) -> Result<Value, Fault> {
    let found = access::index_or_null(args.value(0), args.value(1))?;
    let missing = found.is_null()
        && match args.value(0) {
            Value::Map(map) => !map.contains(&Key::new(args.value(1).clone())?),
            _ => true,
        };
    Ok(if missing { args.take(2) } else { found })
}

fn sorted_keys(args: Args<'_>) -> Result<Value, Fault> {
    let mut keys: Vec<Value> = map(&args, 0)?.iter().map(|(k, _)| k.clone()).collect();
    keys.sort_by(order::compare);
    Ok(Value::list(keys))
}

/// The second one's values win; known keys keep their place.
fn merge(mut args: Args<'_>) -> Result<Value, Fault> {
    let mut base = args.take(0);
    match &mut base {
        Value::Map(merged) => {
            let merged = Rc::make_mut(merged);
            let other = map(&args, 1)?;
            for key in other.keys() {
                if let Some(value) = other.get(key) {
                    merged.insert(key.clone(), value.clone());
                }
            }
        }
        other => return Err(unexpected("a map", other)),
    }
    Ok(base)
}

/// Without the key, the element, or the place of a list. A key or element that is not there changes nothing.
fn remove(mut args: Args<'_>) -> Result<Value, Fault> {
    let mut base = args.take(0);
    match &mut base {
        Value::Map(map) => {
            Rc::make_mut(map).remove(&Key::new(args.take(1))?);
        }
        Value::Set(set) => {
            Rc::make_mut(set).remove(&Key::new(args.take(1))?);
        }
        Value::List(list) => {
            let at = list.position(args.int(1)?)?;
            Rc::make_mut(list).remove(at);
        }
        other => return Err(unexpected("a collection", other)),
    }
    Ok(base)
}

fn collect(items: impl IntoIterator<Item = Value>) -> Result<Value, Fault> {
    let mut out = Set::new();
    for item in items {
        out.insert(Key::new(item)?);
    }
    Ok(Value::set(out))
}

fn add(mut args: Args<'_>) -> Result<Value, Fault> {
    let mut base = args.take(0);
    match &mut base {
        Value::Set(set) => {
            Rc::make_mut(set).insert(Key::new(args.take(1))?);
            Ok(base)
        }
        other => Err(unexpected("a set", other)),
    }
}

fn union(args: Args<'_>) -> Result<Value, Fault> {
    collect(set(&args, 0)?.iter().chain(set(&args, 1)?.iter()).cloned())
}

/// The first one's elements that the second has, or has not.
fn select(args: &Args<'_>, wanted: bool) -> Result<Value, Fault> {
    let other = set(args, 1)?;
    let kept = set(args, 0)?.keys().filter(|k| other.contains(k) == wanted);
    collect(kept.map(|k| k.value().clone()))
}
