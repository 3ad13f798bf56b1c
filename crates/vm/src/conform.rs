//! Whether a value is of a type: `is`, `as`, patterns with a type.

use std::rc::Rc;

use bytecode::TypeDesc;

use crate::fault::Fault;
use crate::list::List;
use crate::number;
use crate::show;
use crate::value::Value;

/// Below this depth a value is taken to fit.
const DEPTH_MAX: u32 = 100;

pub(crate) fn conforms(value: &Value, ty: &TypeDesc) -> bool {
    conforms_at(value, ty, 0)
}

fn conforms_at(value: &Value, ty: &TypeDesc, depth: u32) -> bool {
    if depth > DEPTH_MAX {
        return true;
    }
    let depth = depth + 1;
    match (ty, value) {
        (TypeDesc::Any, _) => true,
        (TypeDesc::Never, _) => false,
        (TypeDesc::Null, Value::Null)
        | (TypeDesc::Bool, Value::Bool(_))
        | (TypeDesc::Int, Value::Int(_))
        | (TypeDesc::Float, Value::Float(_))
        | (TypeDesc::String, Value::Str(_))
        | (TypeDesc::Bytes, Value::Bytes(_))
        | (TypeDesc::DateTime, Value::DateTime(_))
        | (TypeDesc::Duration, Value::Duration(_))
        | (TypeDesc::Path, Value::Path(_))
        | (TypeDesc::Range, Value::Range(_))
        | (TypeDesc::Function, Value::Closure(_)) => true,
        (TypeDesc::Json, Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Str(_)) => {
            true
        }
        (TypeDesc::Json, Value::List(list)) => list.iter().all(|v| conforms_at(&v, ty, depth)),
        (TypeDesc::Json, Value::Map(map)) => {
            map.iter().all(|(k, v)| matches!(k, Value::Str(_)) && conforms_at(v, ty, depth))
        }
        (TypeDesc::Optional(t), value) => value.is_null() || conforms_at(value, t, depth),
        (TypeDesc::Union(types), value) => types.iter().any(|t| conforms_at(value, t, depth)),
        (TypeDesc::List(t), Value::List(list)) => match (&**list, &**t) {
            (List::Int(v), TypeDesc::Int) => v.is_empty() || matches!(**t, TypeDesc::Int),
            (List::Float(v), TypeDesc::Float) => v.is_empty() || matches!(**t, TypeDesc::Float),
            _ => list.iter().all(|v| conforms_at(&v, t, depth)),
        },
        (TypeDesc::Set(t), Value::Set(set)) => set.iter().all(|v| conforms_at(v, t, depth)),
        (TypeDesc::Map(k, v), Value::Map(map)) => {
            map.iter().all(|(x, y)| conforms_at(x, k, depth) && conforms_at(y, v, depth))
        }
        (TypeDesc::Tuple(types), Value::Tuple(items)) => {
            types.len() == items.len()
                && types.iter().zip(items.iter()).all(|(t, v)| conforms_at(v, t, depth))
        }
        (TypeDesc::Result(t, e), Value::Result(outcome)) => {
            conforms_at(&outcome.value, if outcome.is_ok { t } else { e }, depth)
        }
        (TypeDesc::Record(desc), Value::Record(record)) => desc.identity() == record.desc.identity(),
        (TypeDesc::Enum(desc), Value::Variant(variant)) => desc.identity() == variant.desc.identity(),
        (TypeDesc::Recursive { module, name }, Value::Record(record)) => {
            record.desc.identity() == (name.as_str(), module.as_str())
        }
        (TypeDesc::Recursive { module, name }, Value::Variant(variant)) => {
            variant.desc.identity() == (name.as_str(), module.as_str())
        }
        (TypeDesc::Structure(fields), Value::Record(record)) => fields.iter().all(|(name, t)| {
            record
                .desc
                .slot(name)
                .and_then(|slot| record.fields.get(slot))
                .is_some_and(|v| conforms_at(v, t, depth))
        }),
        (TypeDesc::Frame { .. }, Value::Opaque(handle)) => handle.get().type_name() == "Frame",
        (TypeDesc::Series(_), Value::Opaque(handle)) => handle.get().type_name() == "Series",
        (TypeDesc::Engine(name, _), Value::Opaque(handle)) => handle.get().type_name() == name,
        _ => false,
    }
}

/// `value as ty`: converts between numbers, otherwise checks.
pub(crate) fn cast(value: &Value, ty: &Rc<TypeDesc>) -> Result<Value, Fault> {
    match (&**ty, value) {
        (TypeDesc::Float, Value::Int(x)) => Ok(Value::Float(*x as f64)),
        (TypeDesc::Int, Value::Float(x)) => Ok(Value::Int(number::to_int(*x, "as Int")?)),
        (TypeDesc::Path, Value::Str(s)) => Ok(Value::Path(s.clone())),
        (TypeDesc::String, Value::Path(s)) => Ok(Value::Str(s.clone())),
        _ if conforms(value, ty) => Ok(value.clone()),
        _ => {
            let mut shown = show::repr(value)?;
            if let Some((end, _)) = shown.char_indices().nth(60) {
                shown.truncate(end);
                shown.push('…');
            }
            Err(Fault::new("R0104", format!("expected {ty}, found {}: {shown}", value.type_name())))
        }
    }
}
