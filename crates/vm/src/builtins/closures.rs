//! Builtins that take a function. Elements are visited in order, each once; a fault in the function ends the run.

use std::rc::Rc;

use bytecode::{FieldDesc, RecordDesc, TypeDesc};

use super::args::unexpected;
use super::{Args, Builtin, Calls};
use crate::fault::{Fault, SIZE_MAX};
use crate::iterate::{Iter, elements};
use crate::machine::unbox_int;
use crate::map::{Key, Map};
use crate::order;
use crate::value::Value;

pub(super) const TABLE: super::Table = &[
    ("op.tried", Builtin::Calling(tried)),
    ("map", Builtin::Calling(map)),
    ("filter", Builtin::Calling(filter)),
    ("flat_map", Builtin::Calling(flat_map)),
    ("any", Builtin::Calling(|c, a| Ok(Value::Bool(find_place(c, &a, true)?.is_some())))),
    ("all", Builtin::Calling(|c, a| Ok(Value::Bool(find_place(c, &a, false)?.is_none())))),
    ("find", Builtin::Calling(|c, a| Ok(find_place(c, &a, true)?.map_or(Value::Null, |(_, v)| v)))),
    ("position", Builtin::Calling(|c, a| Ok(Value::Int(find_place(c, &a, true)?.map_or(-1, |(i, _)| i))))),
    ("count", Builtin::Calling(count)),
    ("reduce", Builtin::Calling(reduce)),
    ("group_by", Builtin::Calling(group_by)),
    ("partition", Builtin::Calling(partition)),
    ("sort_by", Builtin::Calling(sort_by)),
    ("sort_by_key", Builtin::Calling(sort_by_key)),
    ("min_by", Builtin::Calling(|c, a| extreme_by(c, &a, std::cmp::Ordering::Less))),
    ("max_by", Builtin::Calling(|c, a| extreme_by(c, &a, std::cmp::Ordering::Greater))),
];

/// (function, arguments...): `ok` of what it gives, or why what it asked outside for failed. Any other fault goes on.
fn tried(calls: &mut Calls<'_, '_>, mut args: Args<'_>) -> Result<Value, Fault> {
    let given: Vec<Value> = (1..args.len()).map(|at| args.take(at)).collect();
    match calls.call(args.value(0), &given) {
        Ok(value) => Ok(Value::ok(value)),
        Err(fault) if fault.is_failed_effect() => {
            let fields = ["code", "message"].map(|name| FieldDesc {
                name: name.to_string(),
                column: name.to_string(),
                ty: Rc::new(TypeDesc::String),
                has_default: false,
                has_constraint: false,
            });
            let desc =
                RecordDesc { module: String::new(), name: "ToolError".to_string(), fields: fields.into() };
            let values = vec![Value::str(fault.code), Value::str(fault.message)];
            Ok(Value::err(Value::record(Rc::new(desc), values)))
        }
        Err(fault) => Err(fault),
    }
}

fn map(calls: &mut Calls<'_, '_>, args: Args<'_>) -> Result<Value, Fault> {
    let items = elements(args.value(0))?;
    let mut out = Vec::with_capacity(items.len());
    for item in &items {
        out.push(calls.call(args.value(1), std::slice::from_ref(item))?);
    }
    Ok(Value::list(out))
}

fn filter(calls: &mut Calls<'_, '_>, args: Args<'_>) -> Result<Value, Fault> {
    let mut out = Vec::new();
    for item in elements(args.value(0))? {
        if calls.test(args.value(1), &item)? {
            out.push(item);
        }
    }
    Ok(Value::list(out))
}

fn flat_map(calls: &mut Calls<'_, '_>, args: Args<'_>) -> Result<Value, Fault> {
    let mut out = Vec::new();
    for item in elements(args.value(0))? {
        let part = calls.call(args.value(1), &[item])?;
        calls.charge(|meter| meter.flat(&part))?;
        out.extend(elements(&part)?);
        if out.len() > SIZE_MAX {
            return Err(Fault::size("flat_map", out.len()));
        }
    }
    Ok(Value::list(out))
}

/// The first element for which the predicate gives `wanted`, with its place.
fn find_place(
    calls: &mut Calls<'_, '_>,
    args: &Args<'_>,
    wanted: bool,
) -> Result<Option<(i64, Value)>, Fault> {
    let mut items = Iter::new(args.value(0).clone())?;
    let mut place = 0;
    while let Some(item) = calls.next(&mut items)? {
        if calls.test(args.value(1), &item)? == wanted {
            return Ok(Some((place, item)));
        }
        place += 1;
    }
    Ok(None)
}

fn count(calls: &mut Calls<'_, '_>, args: Args<'_>) -> Result<Value, Fault> {
    let mut count = 0;
    for item in elements(args.value(0))? {
        count += i64::from(calls.test(args.value(1), &item)?);
    }
    Ok(Value::Int(count))
}

fn reduce(calls: &mut Calls<'_, '_>, mut args: Args<'_>) -> Result<Value, Fault> {
    let mut state = args.take(2);
    for item in elements(args.value(0))? {
        // The old state is handed over, so that a collection in it grows in place.
        let pair = [std::mem::take(&mut state), item];
        state = calls.call(args.value(1), &pair)?;
    }
    Ok(state)
}

/// Groups in the order of their first element.
fn group_by(calls: &mut Calls<'_, '_>, args: Args<'_>) -> Result<Value, Fault> {
    let mut places = Map::new();
    let mut groups: Vec<(Key, Vec<Value>)> = Vec::new();
    for item in elements(args.value(0))? {
        let key = calls.call(args.value(1), std::slice::from_ref(&item))?;
        calls.charge(|meter| meter.deep(&key))?;
        let key = Key::new(key)?;
        match places.get(&key) {
            Some(Value::Int(place)) => {
                if let Some((_, members)) = groups.get_mut(*place as usize) {
                    members.push(item);
                }
            }
            _ => {
                places.insert(key.clone(), Value::Int(groups.len() as i64));
                groups.push((key, vec![item]));
            }
        }
    }
    let mut out = Map::new();
    for (key, members) in groups {
        out.insert(key, Value::list(members));
    }
    Ok(Value::map(out))
}

fn partition(calls: &mut Calls<'_, '_>, args: Args<'_>) -> Result<Value, Fault> {
    let (mut yes, mut no) = (Vec::new(), Vec::new());
    for item in elements(args.value(0))? {
        if calls.test(args.value(1), &item)? {
            yes.push(item);
        } else {
            no.push(item);
        }
    }
    Ok(Value::tuple(vec![Value::list(yes), Value::list(no)]))
}

/// Stable. A comparison that contradicts itself gives some order; its first fault is the result's.
fn sort_by(calls: &mut Calls<'_, '_>, args: Args<'_>) -> Result<Value, Fault> {
    let items = elements(args.value(0))?;
    let sorted = merge_sort(items, &mut |a, b| {
        Ok(unbox_int(&calls.call(args.value(1), &[a.clone(), b.clone()])?)? <= 0)
    })?;
    Ok(Value::list(sorted))
}

/// Ours, because the standard library's may panic when an order contradicts itself, and cannot stop at a fault.
fn merge_sort(
    mut items: Vec<Value>,
    in_order: &mut dyn FnMut(&Value, &Value) -> Result<bool, Fault>,
) -> Result<Vec<Value>, Fault> {
    if items.len() < 2 {
        return Ok(items);
    }
    let right = items.split_off(items.len() / 2);
    let left = merge_sort(items, in_order)?;
    let right = merge_sort(right, in_order)?;
    let mut merged = Vec::with_capacity(left.len() + right.len());
    let (mut left, mut right) = (left.into_iter().peekable(), right.into_iter().peekable());
    while let (Some(a), Some(b)) = (left.peek(), right.peek()) {
        let next = if in_order(a, b)? { left.next() } else { right.next() };
        merged.extend(next);
    }
    merged.extend(left);
    merged.extend(right);
    Ok(merged)
}

/// The elements with their keys, each of which is compared so many times.
fn with_keys(
    calls: &mut Calls<'_, '_>,
    args: &Args<'_>,
    times: impl FnOnce(usize) -> u64,
) -> Result<Vec<(Value, Value)>, Fault> {
    let items = elements(args.value(0))?;
    let times = times(items.len());
    items
        .into_iter()
        .map(|item| {
            let key = calls.call(args.value(1), std::slice::from_ref(&item))?;
            calls.charge(|meter| meter.deep_times(&key, times))?;
            order::check_key(&key)?;
            Ok((key, item))
        })
        .collect()
}

fn sort_by_key(calls: &mut Calls<'_, '_>, args: Args<'_>) -> Result<Value, Fault> {
    let mut items = with_keys(calls, &args, |count| 1 + u64::from(count.checked_ilog2().unwrap_or(0)))?;
    items.sort_by(|(a, _), (b, _)| order::compare(a, b));
    Ok(Value::list(items.into_iter().map(|(_, item)| item).collect()))
}

/// The first of equal ones; null when there is none.
fn extreme_by(
    calls: &mut Calls<'_, '_>,
    args: &Args<'_>,
    wanted: std::cmp::Ordering,
) -> Result<Value, Fault> {
    if !matches!(args.value(1), Value::Closure(_)) {
        return Err(unexpected("a function", args.value(1)));
    }
    let best = with_keys(calls, args, |_| 1)?
        .into_iter()
        .reduce(|best, item| if order::compare(&item.0, &best.0) == wanted { item } else { best });
    Ok(best.map_or(Value::Null, |(_, item)| item))
}
