//! Lists and what can be listed: sets, ranges, maps as pairs.

use std::rc::Rc;

use super::{Args, Builtin};
use crate::access;
use crate::fault::{Fault, SIZE_MAX};
use crate::iterate::{elements, into_list};
use crate::list::List;
use crate::map::{Key, Set};
use crate::order;
use crate::value::Value;

pub(super) const TABLE: super::Table = &[
    ("contains", Builtin::Pure(|a| access::contains(a.value(0), a.value(1)).map(Value::Bool))),
    ("index_of", Builtin::Pure(index_of)),
    ("append", Builtin::Pure(append)),
    ("last", Builtin::Pure(last)),
    ("is_empty", Builtin::Pure(|a| Ok(Value::Bool(access::len(a.value(0))? == 0)))),
    ("drop", Builtin::Pure(drop_first)),
    ("chunk", Builtin::Pure(chunk)),
    ("window", Builtin::Pure(window)),
    ("range", Builtin::Pure(|a| Ok(Value::range(a.int(0)?, a.int(1)?, false)))),
    ("sort", Builtin::Pure(|mut a| sorted(a.take(0)).map(as_value))),
    ("sort_desc", Builtin::Pure(sort_desc)),
    ("binary_search", Builtin::Pure(binary_search)),
    ("reverse", Builtin::Pure(reverse)),
    ("flatten", Builtin::Pure(flatten)),
    ("unique", Builtin::Pure(unique)),
    ("enumerate", Builtin::Pure(enumerate)),
];

fn as_value(list: List) -> Value {
    Value::List(Rc::new(list))
}

/// The first place, or −1; in a text counted in scalars.
fn index_of(args: Args<'_>) -> Result<Value, Fault> {
    if let (Value::Str(text), Value::Str(part)) = (args.value(0), args.value(1)) {
        let found = text.find(part.as_str()).and_then(|at| text.get(..at));
        return Ok(Value::Int(found.map_or(-1, |before| before.chars().count() as i64)));
    }
    for (i, item) in elements(args.value(0))?.iter().enumerate() {
        if order::equal(item, args.value(1))? {
            return Ok(Value::Int(i as i64));
        }
    }
    Ok(Value::Int(-1))
}

fn append(mut args: Args<'_>) -> Result<Value, Fault> {
    let (list, item) = (args.take(0), args.take(1));
    match list {
        Value::List(mut list) => {
            Rc::make_mut(&mut list).push(item);
            Ok(Value::List(list))
        }
        other => {
            let mut list = into_list(other)?;
            list.push(item);
            Ok(as_value(list))
        }
    }
}

fn last(args: Args<'_>) -> Result<Value, Fault> {
    match args.value(0) {
        Value::List(list) => Ok(list.len().checked_sub(1).and_then(|i| list.get(i)).unwrap_or_default()),
        other => Ok(elements(other)?.pop().unwrap_or_default()),
    }
}

fn drop_first(args: Args<'_>) -> Result<Value, Fault> {
    let count = args.count(1, "drop")?;
    if let Value::Str(text) = args.value(0) {
        return Ok(Value::str(text.chars().skip(count).collect::<String>()));
    }
    Ok(Value::list(elements(args.value(0))?.into_iter().skip(count).collect()))
}

fn positive(args: &Args<'_>, what: &str) -> Result<usize, Fault> {
    match args.count(1, what)? {
        0 => Err(Fault::new("R0203", format!("{what}: the size is at least 1, found 0"))),
        n => Ok(n),
    }
}

/// Lists of `n`, the last one perhaps shorter.
fn chunk(args: Args<'_>) -> Result<Value, Fault> {
    let size = positive(&args, "chunk")?;
    Ok(Value::list(elements(args.value(0))?.chunks(size).map(|c| Value::list(c.to_vec())).collect()))
}

/// Every run of `n` neighbours; none when there are fewer.
fn window(args: Args<'_>) -> Result<Value, Fault> {
    let size = positive(&args, "window")?;
    let items = elements(args.value(0))?;
    let count = (items.len() + 1).saturating_sub(size).saturating_mul(size);
    if count > SIZE_MAX {
        return Err(Fault::size("window", count));
    }
    Ok(Value::list(items.windows(size).map(|w| Value::list(w.to_vec())).collect()))
}

/// Ascending in the total order; equal ones keep their order.
pub(super) fn sorted(value: Value) -> Result<List, Fault> {
    let mut list = into_list(value)?;
    match &mut list {
        List::Int(items) => items.sort_unstable(),
        List::Float(items) => items.sort_by(|a, b| order::compare_floats(*a, *b)),
        List::Any(items) => {
            items.iter().try_for_each(order::check_key)?;
            items.as_vec_mut().sort_by(order::compare);
        }
    }
    Ok(list)
}

/// Descending; equal ones keep their order.
fn sort_desc(mut args: Args<'_>) -> Result<Value, Fault> {
    let mut list = into_list(args.take(0))?;
    match &mut list {
        List::Int(items) => items.sort_unstable_by(|a, b| b.cmp(a)),
        List::Float(items) => items.sort_by(|a, b| order::compare_floats(*b, *a)),
        List::Any(items) => {
            items.iter().try_for_each(order::check_key)?;
            items.as_vec_mut().sort_by(|a, b| order::compare(b, a));
        }
    }
    Ok(as_value(list))
}

/// The place of an equal element of a sorted list, or null.
fn binary_search(args: Args<'_>) -> Result<Value, Fault> {
    let items = elements(args.value(0))?;
    let found = items.binary_search_by(|item| order::compare(item, args.value(1)));
    Ok(found.map_or(Value::Null, |i| Value::Int(i as i64)))
}

fn reverse(mut args: Args<'_>) -> Result<Value, Fault> {
    if let Value::Str(text) = args.value(0) {
        return Ok(Value::str(text.chars().rev().collect::<String>()));
    }
    let mut list = into_list(args.take(0))?;
    list.reverse();
    Ok(as_value(list))
}

fn flatten(args: Args<'_>) -> Result<Value, Fault> {
    let mut out = Vec::new();
    for item in elements(args.value(0))? {
        out.extend(elements(&item)?);
        if out.len() > SIZE_MAX {
            return Err(Fault::size("flatten", out.len()));
        }
    }
    Ok(Value::list(out))
}

/// The first of each, in order.
fn unique(args: Args<'_>) -> Result<Value, Fault> {
    let mut seen = Set::new();
    for item in elements(args.value(0))? {
        seen.insert(Key::new(item)?);
    }
    Ok(Value::list(seen.iter().cloned().collect()))
}

fn enumerate(args: Args<'_>) -> Result<Value, Fault> {
    let items = elements(args.value(0))?.into_iter().enumerate();
    Ok(Value::list(items.map(|(i, x)| Value::tuple(vec![Value::Int(i as i64), x])).collect()))
}
