//! Whether a value is of a type: `is`, `as`, patterns with a type, and values that another program left.

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
    conforms_at(value, ty, Maker::This, 0)
}

/// Whether a value that another program made, such as the run before, can be used as one of this type.
///
/// Fields and variants are reached by their place, so declarations of the same name must also agree in what the value
/// holds. Variants that were added behind the value's own make no difference.
pub fn fits(value: &Value, ty: &TypeDesc) -> bool {
    conforms_at(value, ty, Maker::Another, 0)
}

/// Which program made a value.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Maker {
    /// This one: a declaration's name says all.
    This,
    /// One whose declarations of the same names may have been others.
    Another,
}

fn conforms_at(value: &Value, ty: &TypeDesc, maker: Maker, depth: u32) -> bool {
    // What another program left was decoded, which takes no deeper value than the stack does.
    if depth > DEPTH_MAX && maker == Maker::This {
        return true;
    }
    let depth = depth + 1;
    let fits = |value: &Value, ty: &TypeDesc| conforms_at(value, ty, maker, depth);
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
        (TypeDesc::Json, Value::List(list)) => list.iter().all(|v| fits(&v, ty)),
        (TypeDesc::Json, Value::Map(map)) => {
            map.iter().all(|(k, v)| matches!(k, Value::Str(_)) && fits(v, ty))
        }
        (TypeDesc::Optional(t), value) => value.is_null() || fits(value, t),
        (TypeDesc::Union(types), value) => types.iter().any(|t| fits(value, t)),
        (TypeDesc::List(t), Value::List(list)) => match (&**list, &**t) {
            (List::Int(v), TypeDesc::Int) => v.is_empty() || matches!(**t, TypeDesc::Int),
            (List::Float(v), TypeDesc::Float) => v.is_empty() || matches!(**t, TypeDesc::Float),
            _ => list.iter().all(|v| fits(&v, t)),
        },
        (TypeDesc::Set(t), Value::Set(set)) => set.iter().all(|v| fits(v, t)),
        (TypeDesc::Map(k, v), Value::Map(map)) => map.iter().all(|(x, y)| fits(x, k) && fits(y, v)),
        (TypeDesc::Tuple(types), Value::Tuple(items)) => {
            types.len() == items.len() && types.iter().zip(items.iter()).all(|(t, v)| fits(v, t))
        }
        (TypeDesc::Result(t, e), Value::Result(outcome)) => {
            fits(&outcome.value, if outcome.is_ok { t } else { e })
        }
        (TypeDesc::Record(desc), Value::Record(record)) => {
            let alike = || {
                let there = record.desc.fields.iter().zip(record.fields.iter());
                desc.fields.len() == there.len()
                    && desc.fields.iter().zip(there).all(|(h, (t, v))| h.name == t.name && fits(v, &h.ty))
            };
            desc.identity() == record.desc.identity() && (maker == Maker::This || alike())
        }
        (TypeDesc::Enum(desc), Value::Variant(variant)) => {
            let alike = || {
                let here = desc.variants.get(variant.tag as usize);
                here.filter(|here| here.name == variant.name()).is_some_and(|here| {
                    here.fields.len() == variant.payload.len()
                        && here.fields.iter().zip(variant.payload.iter()).all(|((_, ty), v)| fits(v, ty))
                })
            };
            desc.identity() == variant.desc.identity() && (maker == Maker::This || alike())
        }
        (TypeDesc::Recursive { module, name }, Value::Record(record)) => {
            record.desc.identity() == (name.as_str(), module.as_str())
        }
        (TypeDesc::Recursive { module, name }, Value::Variant(variant)) => {
            variant.desc.identity() == (name.as_str(), module.as_str())
        }
        (TypeDesc::Structure(fields), Value::Record(record)) => fields.iter().all(|(name, t)| {
            record.desc.slot(name).and_then(|slot| record.fields.get(slot)).is_some_and(|v| fits(v, t))
        }),
        (TypeDesc::Frame { .. }, Value::Opaque(handle)) => handle.get().type_name() == "Frame",
        (TypeDesc::Series(_), Value::Opaque(handle)) => handle.get().type_name() == "Series",
        (TypeDesc::Engine(name, _), Value::Opaque(handle)) => handle.get().type_name() == name,
        (TypeDesc::Engine(name, args), Value::Process(process)) => {
            let held = process.held();
            name == value.type_name() && args.first().is_none_or(|ty| held.is_null() || fits(&held, ty))
        }
        // What it yields or comes to is known only later.
        (TypeDesc::Engine(name, _), Value::Generator(_) | Value::Future(_)) => name == value.type_name(),
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
