//! JSON, as plain values: null, Bool, Int, Float, String, list, map.

use std::borrow::Cow;

use super::{Args, Builtin};
use crate::fault::Fault;
use crate::map::{Key, Map};
use crate::order::DEPTH_MAX;
use crate::show;
use crate::value::Value;

pub(super) const TABLE: super::Table = &[
    ("json_parse", Builtin::Pure(parse)),
    ("json_encode", Builtin::Pure(|a| to_json(a.value(0)).map(Value::str))),
    ("json_pretty", Builtin::Pure(|a| Ok(Value::str(format!("{:#}", encode(a.value(0))?))))),
];

fn parse(args: Args<'_>) -> Result<Value, Fault> {
    Ok(match from_json(args.str(0)?) {
        Ok(value) => Value::ok(value),
        Err(reason) => Value::err(Value::str(reason)),
    })
}

/// The value of a JSON text: null, Bool, Int, Float, String, list or map.
///
/// # Errors
/// What is wrong with the text, with line and column.
pub fn from_json(text: &str) -> Result<Value, String> {
    let json = serde_json::from_str(&without_sign(text)).map_err(|error| error.to_string())?;
    decode(json).map_err(|fault| fault.message)
}

/// A value as JSON on one line.
///
/// # Errors
/// R0205 for what JSON cannot hold: NaN, infinities, values of engines.
pub fn to_json(value: &Value) -> Result<String, Fault> {
    encode(value).map(|json| json.to_string())
}

/// The text with ` 0` for the whole number `-0`, which would be read as a Float; a Float keeps its sign.
fn without_sign(text: &str) -> Cow<'_, str> {
    let bytes = text.as_bytes();
    let mut changed: Option<String> = None;
    let (mut quoted, mut at) = (false, 0);
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\\' if quoted => at += 1,
            b'"' => quoted = !quoted,
            b'-' if !quoted && bytes.get(at + 1) == Some(&b'0') => {
                let starts = at.checked_sub(1).and_then(|before| bytes.get(before));
                let starts =
                    starts.is_none_or(|b| b.is_ascii_whitespace() || matches!(b, b'[' | b',' | b':'));
                let goes_on =
                    bytes.get(at + 2).is_some_and(|b| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'E'));
                if starts && !goes_on {
                    changed.get_or_insert_with(|| text.to_owned()).replace_range(at..=at, " ");
                }
            }
            _ => {}
        }
        at += 1;
    }
    changed.map_or(Cow::Borrowed(text), Cow::Owned)
}

/// Whole numbers in the range of Int are Ints, all others Floats.
fn decode(json: serde_json::Value) -> Result<Value, Fault> {
    use serde_json::Value as Json;
    Ok(match json {
        Json::Null => Value::Null,
        Json::Bool(x) => Value::Bool(x),
        Json::Number(x) => match x.as_i64() {
            Some(x) => Value::Int(x),
            None => Value::Float(x.as_f64().unwrap_or(f64::NAN)),
        },
        Json::String(s) => Value::str(s),
        Json::Array(items) => Value::list(items.into_iter().map(decode).collect::<Result<_, _>>()?),
        Json::Object(entries) => {
            let mut map = Map::new();
            for (key, value) in entries {
                map.insert(Key::new(Value::str(key))?, decode(value)?);
            }
            Value::map(map)
        }
    })
}

/// Records become objects, tuples and sets arrays, times text; a variant its name, or `{"Name": [payload]}`.
fn encode(value: &Value) -> Result<serde_json::Value, Fault> {
    encode_at(value, 0)
}

fn encode_at(value: &Value, depth: u32) -> Result<serde_json::Value, Fault> {
    use serde_json::Value as Json;
    if depth > DEPTH_MAX {
        return Err(Fault::depth());
    }
    let depth = depth + 1;
    let array = |items: &[Value]| -> Result<Json, Fault> {
        Ok(Json::Array(items.iter().map(|v| encode_at(v, depth)).collect::<Result<_, _>>()?))
    };
    Ok(match value {
        Value::Null => Json::Null,
        Value::Bool(x) => Json::Bool(*x),
        Value::Int(x) => Json::from(*x),
        Value::Float(x) => match serde_json::Number::from_f64(*x) {
            Some(number) => Json::Number(number),
            None => {
                return Err(Fault::new("R0205", format!("JSON has no number {}", show::float_text(*x))));
            }
        },
        Value::Str(s) | Value::Path(s) => Json::String(s.as_str().to_owned()),
        Value::DateTime(us) => Json::String(show::date_time_text(*us)),
        Value::Duration(us) => Json::String(show::duration_text(*us)),
        Value::List(list) => array(&list.to_values())?,
        Value::Tuple(items) => array(items)?,
        Value::Set(set) => array(&set.iter().cloned().collect::<Vec<_>>())?,
        Value::Map(map) => {
            let mut object = serde_json::Map::new();
            for (key, item) in map.iter() {
                object.insert(show::show(key)?, encode_at(item, depth)?);
            }
            Json::Object(object)
        }
        Value::Record(record) => {
            let mut object = serde_json::Map::new();
            for (field, item) in record.desc.fields.iter().zip(record.fields.iter()) {
                object.insert(field.name.clone(), encode_at(item, depth)?);
            }
            Json::Object(object)
        }
        Value::Variant(variant) if variant.payload.is_empty() => Json::String(variant.name().to_owned()),
        Value::Variant(variant) => {
            Json::Object([(variant.name().to_owned(), array(&variant.payload)?)].into_iter().collect())
        }
        Value::Result(outcome) => {
            let key = if outcome.is_ok { "ok" } else { "err" };
            Json::Object([(key.to_owned(), encode_at(&outcome.value, depth)?)].into_iter().collect())
        }
        other => {
            return Err(Fault::new("R0205", format!("a {} has no JSON", other.type_name())));
        }
    })
}
