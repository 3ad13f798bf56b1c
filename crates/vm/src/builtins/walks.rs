//! What walks no farther than it must: generators may have no end.

use super::{Args, Builtin, Calls};
use crate::fault::{Fault, SIZE_MAX};
use crate::iterate::{Iter, into_list};
use crate::value::Value;

pub(super) const TABLE: super::Table = &[
    ("first", Builtin::Calling(first)),
    ("take", Builtin::Calling(take)),
    ("zip", Builtin::Calling(zip)),
    ("to_list", Builtin::Calling(to_list)),
];

fn first(calls: &mut Calls<'_, '_>, args: Args<'_>) -> Result<Value, Fault> {
    let mut items = Iter::new(args.value(0).clone())?;
    Ok(calls.next(&mut items)?.unwrap_or_default())
}

/// At most `n`; of a text scalars.
fn take(calls: &mut Calls<'_, '_>, args: Args<'_>) -> Result<Value, Fault> {
    let count = args.count(1, "take")?;
    if let Value::Str(text) = args.value(0) {
        return Ok(Value::str(text.chars().take(count).collect::<String>()));
    }
    up_to(calls, args.value(0), count).map(Value::list)
}

/// As long as the shorter one. An element of the first is taken before its partner is asked for.
fn zip(calls: &mut Calls<'_, '_>, args: Args<'_>) -> Result<Value, Fault> {
    let (mut a, mut b) = (Iter::new(args.value(0).clone())?, Iter::new(args.value(1).clone())?);
    let mut out = Vec::new();
    while let Some(x) = calls.next(&mut a)?
        && let Some(y) = calls.next(&mut b)?
    {
        out.push(Value::tuple(vec![x, y]));
        limit("zip", out.len())?;
    }
    Ok(Value::list(out))
}

fn to_list(calls: &mut Calls<'_, '_>, mut args: Args<'_>) -> Result<Value, Fault> {
    match args.take(0) {
        generator @ Value::Generator(_) => up_to(calls, &generator, usize::MAX).map(Value::list),
        other => Ok(Value::List(std::rc::Rc::new(into_list(other)?))),
    }
}

fn up_to(calls: &mut Calls<'_, '_>, source: &Value, count: usize) -> Result<Vec<Value>, Fault> {
    let mut items = Iter::new(source.clone())?;
    let mut out = Vec::new();
    while out.len() < count
        && let Some(item) = calls.next(&mut items)?
    {
        out.push(item);
        limit("a list of what a generator yields", out.len())?;
    }
    Ok(out)
}

fn limit(what: &str, count: usize) -> Result<(), Fault> {
    if count > SIZE_MAX { Err(Fault::size(what, count)) } else { Ok(()) }
}
