//! Operations of the language that need no instruction of their own.

use std::rc::Rc;

use bytecode::{FieldDesc, RecordDesc, TypeDesc};

use super::{Args, Builtin};
use crate::access;
use crate::fault::Fault;
use crate::iterate::elements;
use crate::map::Key;
use crate::number;
use crate::order;
use crate::show;
use crate::value::Value;

pub(super) const TABLE: super::Table = &[
    ("op.index_or_null", Builtin::Pure(|a| access::index_or_null(a.value(0), a.value(1)))),
    ("op.slice", Builtin::Pure(slice)),
    ("op.is_handled", Builtin::Calling(|c, a| Ok(Value::Bool(c.vm.context.is_handled(a.str(0)?))))),
    ("op.range", Builtin::Pure(|a| Ok(Value::range(a.int(0)?, a.int(1)?, a.bool(2)?)))),
    ("op.repr", Builtin::Pure(|a| show::repr(a.value(0)).map(Value::str))),
    ("op.extend", Builtin::Pure(extend)),
    ("op.extend_map", Builtin::Pure(extend_map)),
    ("op.arithmetic", Builtin::Pure(arithmetic)),
    ("op.order", Builtin::Pure(|a| Ok(Value::Int(order::compare(a.value(0), a.value(1)) as i64)))),
    ("op.decoded", Builtin::Pure(decoded)),
    ("op.negate", Builtin::Pure(negate)),
    ("op.message", Builtin::Pure(|mut a| Ok(message(a.take(0), a.take(1))))),
    ("op.set_of", Builtin::Pure(|a| set_of(&a))),
];

/// (base, start or null, end or null, inclusive)
fn slice(args: Args<'_>) -> Result<Value, Fault> {
    let bound = |i: usize| if args.value(i).is_null() { Ok(None) } else { args.int(i).map(Some) };
    access::slice(args.value(0), bound(1)?, bound(2)?, args.bool(3)?)
}

/// What `validate` gave, whose problems are a fault.
fn decoded(mut args: Args<'_>) -> Result<Value, Fault> {
    let Value::Result(outcome) = args.take(0) else { return Err(Fault::internal("no outcome")) };
    if outcome.is_ok {
        return Ok(outcome.value.clone());
    }
    let problems: Vec<String> =
        elements(&outcome.value)?.iter().filter_map(|problem| problem.as_str().map(str::to_string)).collect();
    Err(Fault::new("R0400", problems.join("; ")).help("`validate[T](json)` gives the problems as a result"))
}

/// A list with all elements of something else: `[...xs]`.
fn extend(mut args: Args<'_>) -> Result<Value, Fault> {
    let mut list = args.take(0);
    let more = Value::list(elements(args.value(1))?);
    access::append(&mut list, &more)?;
    Ok(list)
}

fn extend_map(mut args: Args<'_>) -> Result<Value, Fault> {
    let mut map = args.take(0);
    if let (Value::Map(map), Value::Map(more)) = (&mut map, args.value(1)) {
        let map = std::rc::Rc::make_mut(map);
        for key in more.keys() {
            map.insert(key.clone(), more.get(key).cloned().unwrap_or_default());
        }
    }
    Ok(map)
}

/// `role NAME: text`
fn message(role: Value, text: Value) -> Value {
    let field = |name: &str| FieldDesc {
        name: name.to_string(),
        column: name.to_string(),
        ty: Rc::new(TypeDesc::String),
        has_default: false,
        has_constraint: false,
    };
    let fields = ["role", "text"].map(field).into();
    let desc = RecordDesc { module: show::MESSAGES.to_string(), name: "Message".to_string(), fields };
    Value::record(Rc::new(desc), vec![role, text])
}

fn set_of(args: &Args<'_>) -> Result<Value, Fault> {
    let mut set = crate::map::Set::new();
    for item in elements(args.value(0))? {
        set.insert(Key::new(item)?);
    }
    Ok(Value::set(set))
}

/// (symbol, a, b) where the operands' types are known at run time alone: of a type parameter, Duration, DateTime.
fn arithmetic(mut args: Args<'_>) -> Result<Value, Fault> {
    let symbol = args.take(0);
    let symbol = symbol.as_str().unwrap_or_default();
    let (a, b) = (args.take(1), args.take(2));
    let value = match (symbol, &a, &b) {
        ("+", Value::DateTime(x), Value::Duration(y)) | ("+", Value::Duration(y), Value::DateTime(x)) => {
            Value::DateTime(number::add(*x, *y)?)
        }
        ("-", Value::DateTime(x), Value::Duration(y)) => Value::DateTime(number::sub(*x, *y)?),
        ("-", Value::DateTime(x), Value::DateTime(y)) => Value::Duration(number::sub(*x, *y)?),
        ("+", Value::Duration(x), Value::Duration(y)) => Value::Duration(number::add(*x, *y)?),
        ("-", Value::Duration(x), Value::Duration(y)) => Value::Duration(number::sub(*x, *y)?),
        ("*", Value::Duration(x), Value::Int(y)) | ("*", Value::Int(y), Value::Duration(x)) => {
            Value::Duration(number::mul(*x, *y)?)
        }
        ("/", Value::Duration(x), Value::Duration(y)) => Value::Float(*x as f64 / *y as f64),
        ("/", Value::Duration(x), Value::Int(y)) => Value::Duration(number::div(*x, *y)?),
        (_, Value::Int(x), Value::Int(y)) => Value::Int(match symbol {
            "+" => number::add(*x, *y)?,
            "-" => number::sub(*x, *y)?,
            "*" => number::mul(*x, *y)?,
            "/" => number::div(*x, *y)?,
            "//" => number::floor_div(*x, *y)?,
            "%" => number::rem(*x, *y)?,
            "**" => number::pow(*x, *y)?,
            _ => return Err(undefined(symbol, &a, &b)),
        }),
        (_, Value::Int(_) | Value::Float(_), Value::Int(_) | Value::Float(_)) => {
            let (x, y) = (a.as_number().unwrap_or(f64::NAN), b.as_number().unwrap_or(f64::NAN));
            Value::Float(match symbol {
                "+" => x + y,
                "-" => x - y,
                "*" => x * y,
                "/" => x / y,
                "//" => number::floor_div_float(x, y),
                "%" => number::rem_float(x, y),
                "**" => x.powf(y),
                _ => return Err(undefined(symbol, &a, &b)),
            })
        }
        ("+" | "++", _, _) => {
            let mut joined = a;
            access::append(&mut joined, &b)?;
            joined
        }
        _ => return Err(undefined(symbol, &a, &b)),
    };
    Ok(value)
}

fn undefined(symbol: &str, a: &Value, b: &Value) -> Fault {
    Fault::new("R0104", format!("`{symbol}` is not defined for {} and {}", a.type_name(), b.type_name()))
}

fn negate(args: Args<'_>) -> Result<Value, Fault> {
    match args.value(0) {
        Value::Int(x) => number::neg(*x).map(Value::Int),
        Value::Float(x) => Ok(Value::Float(-x)),
        Value::Duration(x) => number::neg(*x).map(Value::Duration),
        other => Err(Fault::new("R0104", format!("`-` is not defined for {}", other.type_name()))),
    }
}
