//! JSON, as plain values: null, Bool, Int, Float, String, list, map.

use std::rc::Rc;

use bytecode::TypeDesc;

use super::{Args, Builtin};
use crate::conform;
use crate::fault::Fault;
use crate::map::{Key, Map};
use crate::order::DEPTH_MAX;
use crate::show;
use crate::value::Value;

pub(super) const TABLE: super::Table = &[
    ("json_parse", Builtin::Pure(parse)),
    ("json_encode", Builtin::Pure(|a| to_json(a.value(0)).map(Value::str))),
    ("json_pretty", Builtin::Pure(|a| Ok(Value::str(format!("{:#}", encode(a.value(0))?))))),
    ("validate", Builtin::Pure(validate)),
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
    let json = serde_json::from_str(text).map_err(|error| error.to_string())?;
    decode(json).map_err(|fault| fault.message)
}

/// A value as JSON on one line.
///
/// # Errors
/// R0205 for what JSON cannot hold: NaN, infinities, values of engines.
pub fn to_json(value: &Value) -> Result<String, Fault> {
    encode(value).map(|json| json.to_string())
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

/// (type, json): the value of the type, or what does not fit, each with its path.
fn validate(args: Args<'_>) -> Result<Value, Fault> {
    let Value::Type(ty) = args.value(0) else { return Err(Fault::internal("validate without a type")) };
    let mut problems = Vec::new();
    let value = typed(args.value(1), ty, "$", &mut problems);
    Ok(match value {
        Some(value) if problems.is_empty() => Value::ok(value),
        _ => Value::err(Value::strs(problems)),
    })
}

fn typed(json: &Value, ty: &Rc<TypeDesc>, path: &str, problems: &mut Vec<String>) -> Option<Value> {
    let misfit = |problems: &mut Vec<String>| {
        problems.push(format!("{path}: expected {ty}, found {}", json.type_name()));
        None
    };
    match (&**ty, json) {
        (TypeDesc::Optional(_), Value::Null) => Some(Value::Null),
        (TypeDesc::Optional(inner), _) => typed(json, inner, path, problems),
        (TypeDesc::Float, Value::Int(x)) => Some(Value::Float(*x as f64)),
        (TypeDesc::List(inner), Value::List(list)) => {
            let items: Vec<_> = list
                .iter()
                .enumerate()
                .map(|(i, item)| typed(&item, inner, &format!("{path}[{i}]"), problems))
                .collect();
            items.into_iter().collect::<Option<Vec<_>>>().map(Value::list)
        }
        (TypeDesc::Map(_, inner), Value::Map(map)) => {
            let mut out = Map::new();
            for key in map.keys() {
                let inner_path = format!("{path}.{}", key.value().as_str().unwrap_or_default());
                out.insert(key.clone(), typed(map.get(key)?, inner, &inner_path, problems)?);
            }
            Some(Value::map(out))
        }
        (TypeDesc::Record(desc), Value::Map(map)) => {
            for key in map.keys() {
                let name = key.value().as_str().unwrap_or_default();
                if desc.slot(name).is_none() {
                    problems.push(format!("{path}.{name}: {} has no such field", desc.name));
                }
            }
            if desc.fields.iter().any(|f| f.has_constraint) {
                problems.push(format!("{path}: the constraints of {} cannot be checked here yet", desc.name));
                return None;
            }
            let mut fields = Vec::new();
            for field in &desc.fields {
                let inner_path = format!("{path}.{}", field.name);
                match map.get_str(&field.name) {
                    Some(item) => fields.push(typed(item, &field.ty, &inner_path, problems)),
                    None if matches!(*field.ty, TypeDesc::Optional(_)) => fields.push(Some(Value::Null)),
                    None => {
                        problems.push(format!("{inner_path}: missing, expected {}", field.ty));
                        fields.push(None);
                    }
                }
            }
            let fields = fields.into_iter().collect::<Option<Vec<_>>>()?;
            Some(Value::record(desc.clone(), fields))
        }
        (TypeDesc::Enum(desc), Value::Str(name)) => {
            let tag = desc.variants.iter().position(|v| v.name == name.as_str() && v.fields.is_empty());
            match tag {
                Some(tag) => Some(Value::Variant(Rc::new(crate::value::Variant {
                    desc: desc.clone(),
                    tag: tag as u32,
                    payload: Default::default(),
                }))),
                None => misfit(problems),
            }
        }
        _ if conform::conforms(json, ty) => Some(json.clone()),
        _ => misfit(problems),
    }
}
