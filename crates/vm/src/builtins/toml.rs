//! TOML 1.0, as the plain values of JSON: tables are maps in the order of the text, dates and times are texts.

use toml_edit::{Document, Item, TableLike};

use super::{Args, Builtin};
use crate::fault::Fault;
use crate::map::{Key, Map};
use crate::order::DEPTH_MAX;
use crate::show;
use crate::value::Value;

pub(super) const TABLE: super::Table =
    &[("toml_parse", Builtin::Pure(parse)), ("toml_encode", Builtin::Pure(encode))];

fn parse(args: Args<'_>) -> Result<Value, Fault> {
    let text = args.str(0)?;
    let document = match Document::parse(text) {
        Ok(document) => document,
        Err(error) => {
            let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
            let line = before.matches('\n').count() + 1;
            let why = error.message().lines().next().unwrap_or_default().to_owned();
            return Ok(Value::err(Value::str(format!("line {line}: {why}"))));
        }
    };
    Ok(Value::ok(table(document.as_table())?))
}

fn table(table: &dyn TableLike) -> Result<Value, Fault> {
    let mut map = Map::new();
    for (key, item) in table.iter() {
        map.insert(Key::new(Value::str(key))?, decode(item)?);
    }
    Ok(Value::map(map))
}

fn decode(item: &Item) -> Result<Value, Fault> {
    Ok(match item {
        Item::None => Value::Null,
        Item::Value(value) => scalar(value)?,
        Item::Table(inner) => table(inner)?,
        Item::ArrayOfTables(tables) => {
            Value::list(tables.iter().map(|inner| table(inner)).collect::<Result<_, _>>()?)
        }
    })
}

fn scalar(value: &toml_edit::Value) -> Result<Value, Fault> {
    use toml_edit::Value as Toml;
    Ok(match value {
        Toml::String(text) => Value::str(text.value().as_str()),
        Toml::Integer(x) => Value::Int(*x.value()),
        Toml::Float(x) => Value::Float(*x.value()),
        Toml::Boolean(x) => Value::Bool(*x.value()),
        Toml::Datetime(at) => Value::str(at.value().to_string()),
        Toml::Array(items) => Value::list(items.iter().map(scalar).collect::<Result<_, _>>()?),
        Toml::InlineTable(inner) => table(inner)?,
    })
}

/// A table at the root: plain values first, then `[tables]` and `[[arrays of tables]]`, all in the order of the map.
fn encode(args: Args<'_>) -> Result<Value, Fault> {
    let Value::Map(root) = args.value(0) else {
        return Err(misfit(args.value(0), "a TOML text is a table at its root: expected a map"));
    };
    let mut out = String::new();
    section(&mut out, root, "", 0)?;
    Ok(Value::str(out))
}

fn misfit(found: &Value, what: &str) -> Fault {
    Fault::new("R0205", format!("{what}, found {}", found.type_name()))
}

/// A list that is written as one `[[name]]` for each element.
fn is_tables(value: &Value) -> bool {
    match value {
        Value::List(list) => !list.is_empty() && list.iter().all(|item| matches!(item, Value::Map(_))),
        _ => false,
    }
}

fn section(out: &mut String, map: &Map, path: &str, depth: u32) -> Result<(), Fault> {
    if depth > DEPTH_MAX {
        return Err(Fault::depth());
    }
    for (key, value) in map.iter() {
        if !matches!(value, Value::Map(_)) && !is_tables(value) {
            out.push_str(&name(key)?);
            out.push_str(" = ");
            inline(out, value, depth)?;
            out.push('\n');
        }
    }
    let open = |out: &mut String, header: String, inner: &Map, below: &str| {
        if !out.is_empty() {
            out.push('\n');
        }
        out.push_str(&header);
        out.push('\n');
        section(out, inner, below, depth + 1)
    };
    for (key, value) in map.iter() {
        let below = if path.is_empty() { name(key)? } else { format!("{path}.{}", name(key)?) };
        match value {
            Value::Map(inner) => open(out, format!("[{below}]"), inner, &below)?,
            Value::List(items) if is_tables(value) => {
                for item in items.iter() {
                    if let Value::Map(inner) = &item {
                        open(out, format!("[[{below}]]"), inner, &below)?;
                    }
                }
            }
            _ => {}
        }
    }
    Ok(())
}

fn inline(out: &mut String, value: &Value, depth: u32) -> Result<(), Fault> {
    if depth > DEPTH_MAX {
        return Err(Fault::depth());
    }
    match value {
        Value::Bool(x) => out.push_str(if *x { "true" } else { "false" }),
        Value::Int(x) => out.push_str(&x.to_string()),
        Value::Float(x) => out.push_str(&show::float_text(*x)),
        Value::Str(text) => out.push_str(&quoted(text)),
        Value::List(items) => {
            out.push('[');
            for (i, item) in items.iter().enumerate() {
                out.push_str(if i > 0 { ", " } else { "" });
                inline(out, &item, depth + 1)?;
            }
            out.push(']');
        }
        Value::Map(map) => {
            out.push('{');
            for (i, (key, item)) in map.iter().enumerate() {
                out.push_str(if i > 0 { ", " } else { " " });
                out.push_str(&name(key)?);
                out.push_str(" = ");
                inline(out, item, depth + 1)?;
            }
            out.push_str(if map.is_empty() { "}" } else { " }" });
        }
        other => return Err(misfit(other, "TOML holds Bool, Int, Float, String, lists and maps")),
    }
    Ok(())
}

fn name(key: &Value) -> Result<String, Fault> {
    let text = key.as_str().ok_or_else(|| misfit(key, "a key of TOML is a String"))?;
    let is_bare =
        !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
    Ok(if is_bare { text.to_owned() } else { quoted(text) })
}

/// A basic string; control characters as escapes.
fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            c if c.is_control() => out.push_str(&format!("\\u{:04X}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
