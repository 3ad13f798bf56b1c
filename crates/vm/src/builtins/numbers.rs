//! Numbers.

use super::args::unexpected;
use super::{Args, Builtin};
use crate::fault::Fault;
use crate::iterate;
use crate::number;
use crate::order;
use crate::value::Value;

pub(super) const TABLE: super::Table = &[
    ("abs", Builtin::Pure(abs)),
    ("min", Builtin::Pure(|a| extreme(a, std::cmp::Ordering::Less))),
    ("max", Builtin::Pure(|a| extreme(a, std::cmp::Ordering::Greater))),
    ("clamp", Builtin::Pure(clamp)),
    // Half away from zero.
    ("round", Builtin::Pure(|a| number::to_int(a.float(0)?.round(), "round").map(Value::Int))),
    ("ceil", Builtin::Pure(|a| number::to_int(a.float(0)?.ceil(), "ceil").map(Value::Int))),
    ("floor", Builtin::Pure(|a| number::to_int(a.float(0)?.floor(), "floor").map(Value::Int))),
    ("sqrt", Builtin::Pure(|a| Ok(Value::Float(a.float(0)?.sqrt())))),
    ("pow", Builtin::Pure(|a| Ok(Value::Float(a.float(0)?.powf(a.float(1)?))))),
    ("exp", Builtin::Pure(|a| Ok(Value::Float(a.float(0)?.exp())))),
    ("log", Builtin::Pure(|a| Ok(Value::Float(a.float(0)?.ln())))),
    ("log2", Builtin::Pure(|a| Ok(Value::Float(a.float(0)?.log2())))),
    ("log10", Builtin::Pure(|a| Ok(Value::Float(a.float(0)?.log10())))),
    ("sin", Builtin::Pure(|a| Ok(Value::Float(a.float(0)?.sin())))),
    ("cos", Builtin::Pure(|a| Ok(Value::Float(a.float(0)?.cos())))),
    ("tan", Builtin::Pure(|a| Ok(Value::Float(a.float(0)?.tan())))),
    ("is_nan", Builtin::Pure(|a| Ok(Value::Bool(a.float(0)?.is_nan())))),
    ("is_infinite", Builtin::Pure(|a| Ok(Value::Bool(a.float(0)?.is_infinite())))),
    ("wrapping_add", Builtin::Pure(|a| Ok(Value::Int(a.int(0)?.wrapping_add(a.int(1)?))))),
    ("wrapping_sub", Builtin::Pure(|a| Ok(Value::Int(a.int(0)?.wrapping_sub(a.int(1)?))))),
    ("wrapping_mul", Builtin::Pure(|a| Ok(Value::Int(a.int(0)?.wrapping_mul(a.int(1)?))))),
    ("PI", Builtin::Pure(|_| Ok(Value::Float(std::f64::consts::PI)))),
    ("E", Builtin::Pure(|_| Ok(Value::Float(std::f64::consts::E)))),
    ("TAU", Builtin::Pure(|_| Ok(Value::Float(std::f64::consts::TAU)))),
    ("INFINITY", Builtin::Pure(|_| Ok(Value::Float(f64::INFINITY)))),
    ("NAN", Builtin::Pure(|_| Ok(Value::Float(f64::NAN)))),
    ("MAX_INT", Builtin::Pure(|_| Ok(Value::Int(i64::MAX)))),
    ("MIN_INT", Builtin::Pure(|_| Ok(Value::Int(i64::MIN)))),
    ("sum", Builtin::Pure(sum)),
];

fn abs(args: Args<'_>) -> Result<Value, Fault> {
    match args.value(0) {
        Value::Int(x) => {
            x.checked_abs().map(Value::Int).ok_or_else(|| Fault::overflow(format_args!("abs({x})")))
        }
        Value::Float(x) => Ok(Value::Float(x.abs())),
        Value::Duration(x) => {
            x.checked_abs().map(Value::Duration).ok_or_else(|| Fault::overflow(format_args!("abs({x})")))
        }
        other => Err(unexpected("a number", other)),
    }
}

/// Of one collection (null when it is empty), or of two values and a list of more. The first of equal ones wins.
fn extreme(mut args: Args<'_>, wanted: std::cmp::Ordering) -> Result<Value, Fault> {
    let mut items = Vec::new();
    if args.len() == 1 {
        items = iterate::elements(args.value(0))?;
    } else {
        items.push(args.take(0));
        items.push(args.take(1));
        if args.len() > 2 {
            items.extend(iterate::elements(args.value(2))?);
        }
    }
    items.iter().try_for_each(order::check_key)?;
    let best = items.into_iter().reduce(
        |best, item| {
            if order::compare(&item, &best) == wanted { item } else { best }
        },
    );
    Ok(best.unwrap_or(Value::Null))
}

fn clamp(mut args: Args<'_>) -> Result<Value, Fault> {
    let (x, low, high) = (args.take(0), args.take(1), args.take(2));
    [&x, &low, &high].into_iter().try_for_each(order::check_key)?;
    if order::compare(&low, &high).is_gt() {
        return Err(Fault::new("R0203", "clamp: the lower bound is above the upper one"));
    }
    Ok(if order::compare(&x, &low).is_lt() {
        low
    } else if order::compare(&x, &high).is_gt() {
        high
    } else {
        x
    })
}

/// From left to right; Floats in plain IEEE addition. Nothing sums to 0.
fn sum(args: Args<'_>) -> Result<Value, Fault> {
    let mut total = Value::Int(0);
    for (i, item) in iterate::elements(args.value(0))?.into_iter().enumerate() {
        total = match (total, item) {
            (_, item @ (Value::Int(_) | Value::Float(_) | Value::Duration(_))) if i == 0 => item,
            (Value::Int(a), Value::Int(b)) => Value::Int(number::add(a, b)?),
            (Value::Float(a), Value::Float(b)) => Value::Float(a + b),
            (Value::Float(a), Value::Int(b)) => Value::Float(a + b as f64),
            (Value::Int(a), Value::Float(b)) => Value::Float(a as f64 + b),
            (Value::Duration(a), Value::Duration(b)) => Value::Duration(number::add(a, b)?),
            (_, item) => return Err(unexpected("a number", &item)),
        };
    }
    Ok(total)
}
