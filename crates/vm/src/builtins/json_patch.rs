//! Differences between JSON values as patches of RFC 6902, and redaction.

use std::rc::Rc;

use super::args::unexpected;
use super::{Args, Builtin};
use crate::fault::Fault;
use crate::iterate::elements;
use crate::list::List;
use crate::map::{Key, Map};
use crate::order;
use crate::value::Value;

pub(super) const TABLE: super::Table =
    &[("diff", Builtin::Pure(diff)), ("patch", Builtin::Pure(patch)), ("redact", Builtin::Pure(redact))];

fn diff(args: Args<'_>) -> Result<Value, Fault> {
    let mut operations = Vec::new();
    compare(args.value(0), args.value(1), "", 0, &mut operations)?;
    Ok(Value::list(operations))
}

/// Objects by key, arrays by place; what is longer is added to or removed from the end.
fn compare(a: &Value, b: &Value, path: &str, depth: u32, out: &mut Vec<Value>) -> Result<(), Fault> {
    if depth > order::DEPTH_MAX {
        return Err(Fault::depth());
    }
    match (a, b) {
        (Value::Map(x), Value::Map(y)) => {
            for key in x.keys() {
                let inner = child(path, key.value());
                match (x.get(key), y.get(key)) {
                    (Some(p), Some(q)) => compare(p, q, &inner, depth + 1, out)?,
                    _ => out.push(operation("remove", &inner, None)?),
                }
            }
            for key in y.keys().filter(|k| !x.contains(k)) {
                out.push(operation("add", &child(path, key.value()), y.get(key))?);
            }
        }
        (Value::List(x), Value::List(y)) => {
            for (i, (p, q)) in x.iter().zip(y.iter()).enumerate() {
                compare(&p, &q, &format!("{path}/{i}"), depth + 1, out)?;
            }
            for i in (y.len()..x.len()).rev() {
                out.push(operation("remove", &format!("{path}/{i}"), None)?);
            }
            for item in y.iter().skip(x.len()) {
                out.push(operation("add", &format!("{path}/-"), Some(&item))?);
            }
        }
        _ if order::equal(a, b)? => {}
        _ => out.push(operation("replace", path, Some(b))?),
    }
    Ok(())
}

fn child(path: &str, key: &Value) -> String {
    let key = key.as_str().unwrap_or_default().replace('~', "~0").replace('/', "~1");
    format!("{path}/{key}")
}

fn operation(op: &str, path: &str, value: Option<&Value>) -> Result<Value, Fault> {
    let mut map = Map::new();
    map.insert(Key::new(Value::str("op"))?, Value::str(op));
    map.insert(Key::new(Value::str("path"))?, Value::str(path));
    if let Some(value) = value {
        map.insert(Key::new(Value::str("value"))?, value.clone());
    }
    Ok(Value::map(map))
}

/// All operations or none: the first that cannot be carried out is the `err`.
fn patch(mut args: Args<'_>) -> Result<Value, Fault> {
    let mut document = args.take(0);
    for (i, operation) in elements(args.value(1))?.iter().enumerate() {
        if let Err(why) = apply(&mut document, operation) {
            return Ok(Value::err(Value::str(format!("operation {i}: {why}"))));
        }
    }
    Ok(Value::ok(document))
}

fn apply(document: &mut Value, operation: &Value) -> Result<(), String> {
    let Value::Map(map) = operation else { return Err("not an object".into()) };
    let text = |name: &str| {
        map.get_str(name).and_then(Value::as_str).ok_or_else(|| format!("`{name}` is missing or no text"))
    };
    let value = || map.get_str("value").cloned().ok_or_else(|| "`value` is missing".to_owned());
    let path = pointer(text("path")?)?;
    match text("op")? {
        "add" => insert(document, &path, value()?),
        "remove" => remove(document, &path).map(drop),
        "replace" => {
            let place = walk(document, &path)?;
            *place = value()?;
            Ok(())
        }
        "move" => {
            let from = pointer(text("from")?)?;
            let moved = remove(document, &from)?;
            insert(document, &path, moved)
        }
        "copy" => {
            let from = pointer(text("from")?)?;
            let copied = walk(document, &from)?.clone();
            insert(document, &path, copied)
        }
        "test" => {
            let found = walk(document, &path)?;
            match order::equal(found, &value()?) {
                Ok(true) => Ok(()),
                Ok(false) => Err(format!("the value at {:?} differs", text("path")?)),
                Err(fault) => Err(fault.message),
            }
        }
        other => Err(format!("unknown operation {other:?}")),
    }
}

/// The parts of a JSON pointer (RFC 6901).
fn pointer(text: &str) -> Result<Vec<String>, String> {
    match text.strip_prefix('/') {
        None if text.is_empty() => Ok(Vec::new()),
        None => Err(format!("a path begins with `/`: {text:?}")),
        Some(rest) => Ok(rest.split('/').map(|p| p.replace("~1", "/").replace("~0", "~")).collect()),
    }
}

fn place_of(part: &str, len: usize) -> Result<usize, String> {
    part.parse().ok().filter(|i| *i < len).ok_or_else(|| format!("there is no element {part}"))
}

fn walk<'a>(mut at: &'a mut Value, path: &[String]) -> Result<&'a mut Value, String> {
    for part in path {
        at = match at {
            Value::Map(map) => {
                let key = Key::new(Value::str(part.as_str())).map_err(|f| f.message)?;
                Rc::make_mut(map).get_mut(&key).ok_or_else(|| format!("there is no key {part:?}"))?
            }
            Value::List(list) => {
                let place = place_of(part, list.len())?;
                let items = Rc::make_mut(list).general();
                items.get_mut(place).ok_or_else(|| format!("there is no element {part}"))?
            }
            _ => return Err(format!("nothing stands below {part:?}")),
        };
    }
    Ok(at)
}

fn insert(document: &mut Value, path: &[String], value: Value) -> Result<(), String> {
    let Some((last, parents)) = path.split_last() else {
        *document = value;
        return Ok(());
    };
    match walk(document, parents)? {
        Value::Map(map) => {
            let key = Key::new(Value::str(last.as_str())).map_err(|f| f.message)?;
            Rc::make_mut(map).insert(key, value);
        }
        Value::List(list) => {
            let len = list.len();
            let place = if last == "-" { len } else { place_of(last, len + 1)? };
            let mut items = list.to_values();
            items.insert(place, value);
            *list = Rc::new(List::from_values(items));
        }
        _ => return Err(format!("nothing can be added at {last:?}")),
    }
    Ok(())
}

fn remove(document: &mut Value, path: &[String]) -> Result<Value, String> {
    let Some((last, parents)) = path.split_last() else {
        return Ok(std::mem::take(document));
    };
    match walk(document, parents)? {
        Value::Map(map) => {
            let key = Key::new(Value::str(last.as_str())).map_err(|f| f.message)?;
            Rc::make_mut(map).remove(&key).ok_or_else(|| format!("there is no key {last:?}"))
        }
        Value::List(list) => {
            let place = place_of(last, list.len())?;
            Rc::make_mut(list).remove(place).ok_or_else(|| format!("there is no element {last}"))
        }
        _ => Err(format!("nothing stands at {last:?}")),
    }
}

/// Values at the paths (`a.b`, `*` for every key or element) become `"[redacted]"`; a path that is not there is none.
fn redact(mut args: Args<'_>) -> Result<Value, Fault> {
    let mut document = args.take(0);
    for path in elements(args.value(1))? {
        let text = path.as_str().ok_or_else(|| unexpected("String", &path))?;
        let text = text.strip_prefix("$.").unwrap_or(text);
        let parts: Vec<&str> = text.split(['.', '/']).filter(|p| !p.is_empty()).collect();
        hide(&mut document, &parts)?;
    }
    Ok(document)
}

fn hide(value: &mut Value, path: &[&str]) -> Result<(), Fault> {
    let Some((part, rest)) = path.split_first() else {
        *value = Value::str("[redacted]");
        return Ok(());
    };
    match value {
        Value::Map(map) => {
            let map = Rc::make_mut(map);
            let keys: Vec<Key> =
                map.keys().filter(|k| *part == "*" || k.value().as_str() == Some(part)).cloned().collect();
            for key in keys {
                if let Some(inner) = map.get_mut(&key) {
                    hide(inner, rest)?;
                }
            }
        }
        Value::List(list) => {
            let place = part.parse::<usize>().ok();
            for (i, inner) in Rc::make_mut(list).general().iter_mut().enumerate() {
                if *part == "*" || place == Some(i) {
                    hide(inner, rest)?;
                }
            }
        }
        _ => {}
    }
    Ok(())
}
