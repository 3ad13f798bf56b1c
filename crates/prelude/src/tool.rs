//! Calls of tools: arguments to JSON, and the answer to the type that the tool's file promises.

use std::rc::Rc;

use bytecode::TypeDesc;
use vm::{Fault, FaultKind, Key, Map, Value, from_json, repr, to_json};

use crate::args::Args;
use crate::effects::{Answer, Ask};
use crate::host::{Context, Table, record};

pub(crate) const TABLE: Table = &[("op.tool", call)];

/// (effect and path of the tool, arguments); the types are what it gives, and a structure of what it requires.
fn call(context: &mut Context<'_>, args: &mut Args<'_>) -> Result<Value, Fault> {
    let called = args.required_text("tool")?;
    let (effect, tool) = called.split_once(' ').unwrap_or((&called, &called));
    let [returns, required] = context.types else {
        return Err(Fault::new("R0999", "a tool without types").kind(FaultKind::Internal));
    };
    let mut given = Map::new();
    if let TypeDesc::Structure(required) = &**required {
        for name in required.iter().map(|(name, _)| name.as_str()) {
            given.insert(Key::new(Value::str(name))?, args.required(name)?.clone());
        }
    }
    for (name, value) in args.rest_named() {
        if !value.is_null() {
            given.insert(Key::new(Value::str(name))?, value.clone());
        }
    }
    let arguments = to_json(&Value::map(given))?;
    let (effect, tool) = (effect.to_string(), tool.to_string());
    let answer = context.ask(Ask::Tool { effect, tool: tool.clone(), arguments })?;
    let Answer::Text(Some(text)) = answer else {
        return Err(Fault::new("R0999", "a tool answered no text").kind(FaultKind::Internal));
    };
    let lied = |why: String| {
        Fault::new("R0704", format!("the tool `{tool}` failed: {why}"))
            .help("Correct the tool, or what its file says that it gives.")
            .kind(FaultKind::Effect)
    };
    let json = from_json(&text).map_err(|why| lied(format!("its answer is no JSON: {why}")))?;
    typed(&json, returns, "its answer").map_err(lied)
}

/// JSON as a value of a type.
pub(crate) fn typed(json: &Value, ty: &Rc<TypeDesc>, at: &str) -> Result<Value, String> {
    let misfit = || {
        let shown = repr(json).unwrap_or_else(|_| json.type_name().to_string());
        let shown: String = shown.chars().take(80).collect();
        Err(format!("{at} is {shown}, expected {ty}"))
    };
    match (&**ty, json) {
        (TypeDesc::Json | TypeDesc::Any, json) => Ok(json.clone()),
        (TypeDesc::Null, Value::Null)
        | (TypeDesc::Bool, Value::Bool(_))
        | (TypeDesc::Int, Value::Int(_))
        | (TypeDesc::Float, Value::Float(_))
        | (TypeDesc::String, Value::Str(_)) => Ok(json.clone()),
        (TypeDesc::Float, Value::Int(number)) => Ok(Value::Float(*number as f64)),
        (TypeDesc::List(element), Value::List(items)) => {
            let items = items.to_values();
            let items = items.iter().enumerate();
            let items = items.map(|(i, item)| typed(item, element, &format!("{at}[{i}]")));
            Ok(Value::list(items.collect::<Result<_, _>>()?))
        }
        (TypeDesc::Map(_, element), Value::Map(entries)) => {
            let mut map = Map::new();
            for (key, value) in entries.iter() {
                let at = format!("{at}.{}", key.as_str().unwrap_or_default());
                map.insert(
                    Key::new(key.clone()).map_err(|fault| fault.message)?,
                    typed(value, element, &at)?,
                );
            }
            Ok(Value::map(map))
        }
        (TypeDesc::Optional(_), Value::Null) => Ok(Value::Null),
        (TypeDesc::Optional(ty), json) => typed(json, ty, at),
        (TypeDesc::Union(members), json) => match members.iter().find_map(|m| typed(json, m, at).ok()) {
            Some(value) => Ok(value),
            None => misfit(),
        },
        (TypeDesc::Tuple(types), Value::List(items)) if types.len() == items.len() => {
            let items = items.to_values();
            let items = items.iter().zip(types).enumerate();
            let items = items.map(|(i, (item, ty))| typed(item, ty, &format!("{at}[{i}]")));
            Ok(Value::tuple(items.collect::<Result<_, _>>()?))
        }
        (TypeDesc::Enum(desc), Value::Str(name)) => {
            let tag = desc.variants.iter().position(|v| v.name == name.as_str() && v.fields.is_empty());
            let tag = tag.and_then(|tag| u32::try_from(tag).ok());
            tag.and_then(|tag| Value::variant(Rc::clone(desc), tag)).map_or_else(misfit, Ok)
        }
        (TypeDesc::Record(desc), Value::Map(entries)) => {
            let known = |key: &Value| desc.fields.iter().any(|f| key.as_str() == Some(f.name.as_str()));
            if let Some((key, _)) = entries.iter().find(|(key, _)| !known(key)) {
                return Err(format!("{at} has the field {}, expected {ty}", repr(key).unwrap_or_default()));
            }
            let field = |field: &bytecode::FieldDesc| {
                let found = entries.iter().find(|(key, _)| key.as_str() == Some(field.name.as_str()));
                match (found, &*field.ty) {
                    (Some((_, value)), _) => typed(value, &field.ty, &format!("{at}.{}", field.name)),
                    (None, TypeDesc::Optional(_)) => Ok(Value::Null),
                    (None, _) => Err(format!("{at} has no field `{}`, expected {ty}", field.name)),
                }
            };
            let fields = desc.fields.iter().map(field).collect::<Result<_, _>>()?;
            Ok(Value::record(Rc::clone(desc), fields))
        }
        (TypeDesc::Structure(fields), Value::Map(entries)) => {
            let find = |name: &str| {
                entries
                    .iter()
                    .find(|(key, _)| key.as_str() == Some(name))
                    .map_or(Value::Null, |(_, v)| v.clone())
            };
            let known = |key: &Value| fields.iter().any(|(name, _)| key.as_str() == Some(name.as_str()));
            if let Some((key, _)) = entries.iter().find(|(key, _)| !known(key)) {
                return Err(format!("{at} has the field {}, expected {ty}", repr(key).unwrap_or_default()));
            }
            let values = fields
                .iter()
                .map(|(name, ty)| typed(&find(name), ty, &format!("{at}.{name}")))
                .collect::<Result<_, _>>()?;
            let fields: Vec<(&str, TypeDesc)> =
                fields.iter().map(|(name, ty)| (name.as_str(), (**ty).clone())).collect();
            Ok(record("", &fields, values))
        }
        _ => misfit(),
    }
}
