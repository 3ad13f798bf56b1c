//! Output, conversion to text and numbers, hashes, assertions.

use sha2::{Digest, Sha256, Sha512};

use super::{Args, Builtin, Calls};
use crate::access;
use crate::fault::Fault;
use crate::host::Print;
use crate::iterate;
use crate::number;
use crate::order;
use crate::show;
use crate::value::Value;

pub(super) const TABLE: super::Table = &[
    ("print", Builtin::Calling(|c, a| print(c, a, Print::Out))),
    ("eprint", Builtin::Calling(|c, a| print(c, a, Print::Err))),
    ("debug", Builtin::Calling(debug)),
    ("reveal", Builtin::Pure(|mut a| Ok(a.take(0)))),
    ("clone", Builtin::Pure(|mut a| Ok(a.take(0)))),
    ("to_string", Builtin::Pure(|a| Ok(Value::str(show::show(a.value(0))?)))),
    ("to_int", Builtin::Pure(to_int)),
    ("to_float", Builtin::Pure(to_float)),
    ("parse_int", Builtin::Pure(parse_int)),
    ("parse_float", Builtin::Pure(parse_float)),
    ("type_of", Builtin::Pure(|a| Ok(Value::str(a.value(0).type_name())))),
    ("sizeof", Builtin::Pure(|a| Ok(Value::Int(size_bytes(a.value(0), 0)?)))),
    ("hash", Builtin::Pure(|a| Ok(Value::str(hex(&Sha256::digest(a.bytes(0)?)))))),
    ("sha512", Builtin::Pure(|a| Ok(Value::str(hex(&Sha512::digest(a.bytes(0)?)))))),
    ("assert_eq", Builtin::Pure(|a| assert_equal(a, true))),
    ("assert_ne", Builtin::Pure(|a| assert_equal(a, false))),
    ("assert_contains", Builtin::Pure(assert_contains)),
];

/// Values with a space between them and a newline at the end.
fn print(calls: &mut Calls<'_, '_>, args: Args<'_>, to: Print) -> Result<Value, Fault> {
    let mut text = String::new();
    for (i, value) in iterate::elements(args.value(0))?.iter().enumerate() {
        if i > 0 {
            text.push(' ');
        }
        show::show_into(&mut text, value)?;
    }
    text.push('\n');
    calls.vm.print(calls.host, to, &text);
    Ok(Value::Null)
}

/// Shows a value as source on the error stream and gives it back.
fn debug(calls: &mut Calls<'_, '_>, mut args: Args<'_>) -> Result<Value, Fault> {
    let value = args.take(0);
    let text = show::repr(&value)? + "\n";
    calls.vm.print(calls.host, Print::Err, &text);
    Ok(value)
}

fn to_int(args: Args<'_>) -> Result<Value, Fault> {
    Ok(match args.value(0) {
        Value::Int(x) => Value::Int(*x),
        Value::Float(x) if x.is_nan() => Value::Null,
        Value::Float(x) => number::to_int(*x, "to_int").map_or(Value::Null, Value::Int),
        Value::Bool(x) => Value::Int(i64::from(*x)),
        Value::Str(s) => s.trim().parse().map_or(Value::Null, Value::Int),
        _ => Value::Null,
    })
}

fn to_float(args: Args<'_>) -> Result<Value, Fault> {
    Ok(match args.value(0) {
        Value::Int(x) => Value::Float(*x as f64),
        Value::Float(x) => Value::Float(*x),
        Value::Bool(x) => Value::Float(f64::from(u8::from(*x))),
        Value::Str(s) => s.trim().parse().map_or(Value::Null, Value::Float),
        _ => Value::Null,
    })
}

fn parse_int(args: Args<'_>) -> Result<Value, Fault> {
    let text = args.str(0)?;
    Ok(match text.trim().parse() {
        Ok(x) => Value::ok(Value::Int(x)),
        Err(_) => Value::err(Value::str(format!("not an Int: {}", show::repr(args.value(0))?))),
    })
}

fn parse_float(args: Args<'_>) -> Result<Value, Fault> {
    let text = args.str(0)?;
    Ok(match text.trim().parse() {
        Ok(x) => Value::ok(Value::Float(x)),
        Err(_) => Value::err(Value::str(format!("not a Float: {}", show::repr(args.value(0))?))),
    })
}

/// What the value's content takes in memory; shared parts count each time.
fn size_bytes(value: &Value, depth: u32) -> Result<i64, Fault> {
    if depth > order::DEPTH_MAX {
        return Err(Fault::depth());
    }
    let own = size_of::<Value>() as i64;
    let content = match value {
        Value::Str(s) | Value::Path(s) => s.len() as i64,
        Value::Bytes(b) => b.len() as i64,
        Value::List(_) | Value::Set(_) | Value::Tuple(_) => {
            let mut sum = 0;
            for item in iterate::elements(value)? {
                sum += size_bytes(&item, depth + 1)?;
            }
            sum
        }
        Value::Map(map) => {
            let mut sum = 0;
            for (k, v) in map.iter() {
                sum += size_bytes(k, depth + 1)? + size_bytes(v, depth + 1)?;
            }
            sum
        }
        Value::Record(record) => {
            let mut sum = 0;
            for v in record.fields.iter() {
                sum += size_bytes(v, depth + 1)?;
            }
            sum
        }
        Value::Variant(variant) => {
            let mut sum = 0;
            for v in variant.payload.iter() {
                sum += size_bytes(v, depth + 1)?;
            }
            sum
        }
        Value::Result(outcome) => size_bytes(&outcome.value, depth + 1)?,
        _ => 0,
    };
    Ok(own + content)
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

fn assert_equal(args: Args<'_>, expect_equal: bool) -> Result<Value, Fault> {
    let (a, b) = (args.value(0), args.value(1));
    if order::equal(a, b)? == expect_equal {
        return Ok(Value::Null);
    }
    let relation = if expect_equal { "==" } else { "!=" };
    failed(&args, format!("{} {relation} {} does not hold", show::repr(a)?, show::repr(b)?))
}

fn assert_contains(args: Args<'_>) -> Result<Value, Fault> {
    let (a, b) = (args.value(0), args.value(1));
    if access::contains(a, b)? {
        return Ok(Value::Null);
    }
    failed(&args, format!("{} does not contain {}", show::repr(a)?, show::repr(b)?))
}

fn failed(args: &Args<'_>, what: String) -> Result<Value, Fault> {
    let message = match args.value(2) {
        Value::Str(message) => format!("{}: {what}", message.as_str()),
        _ => what,
    };
    Err(Fault::new("R0302", format!("assertion failed: {message}")))
}
