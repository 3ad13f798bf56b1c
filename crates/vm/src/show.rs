//! The printed forms of values: bare at top level ([`show`]), as source that rebuilds the value inside ([`repr`]).

use std::fmt::Write;

use crate::fault::Fault;
use crate::order::DEPTH_MAX;
use crate::value::Value;

/// The module of the messages that `role` makes; no file has that name.
pub(crate) const MESSAGES: &str = "<role>";

/// What a message says.
fn said(value: &Value) -> Option<&Value> {
    match value {
        Value::Record(record) if record.desc.module == MESSAGES => record.fields.get(1),
        _ => None,
    }
}

/// What `print` writes.
pub fn show(value: &Value) -> Result<String, Fault> {
    let value = said(value).unwrap_or(value);
    match value {
        Value::Str(s) | Value::Path(s) => Ok(s.as_str().to_owned()),
        _ => repr(value),
    }
}

/// As source: texts are quoted.
pub fn repr(value: &Value) -> Result<String, Fault> {
    let mut out = String::new();
    write_value(&mut out, value, 0)?;
    Ok(out)
}

/// Appends what [`show`] gives.
pub(crate) fn show_into(out: &mut String, value: &Value) -> Result<(), Fault> {
    let value = said(value).unwrap_or(value);
    match value {
        Value::Str(s) | Value::Path(s) => out.push_str(s),
        _ => write_value(out, value, 0)?,
    }
    Ok(())
}

/// Room beyond this is made while a text grows.
pub(crate) const RESERVED_MAX: usize = 4096;

/// Bytes that [`show_into`] adds for a text or number, a guess for anything else: a joined text is made in one piece.
pub(crate) fn likely_len(value: &Value) -> usize {
    match value {
        Value::Str(text) => text.len(),
        Value::Int(x) => {
            let digits = x.unsigned_abs().checked_ilog10().unwrap_or(0) as usize + 1;
            digits + usize::from(*x < 0)
        }
        _ => 8,
    }
}

fn write_value(out: &mut String, value: &Value, depth: u32) -> Result<(), Fault> {
    if depth > DEPTH_MAX {
        return Err(Fault::depth());
    }
    let depth = depth + 1;
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(x) => out.push_str(if *x { "true" } else { "false" }),
        Value::Int(x) => write_text(out, x),
        Value::Float(x) => out.push_str(&float_text(*x)),
        Value::Str(s) | Value::Path(s) => quote(out, s),
        Value::Bytes(bytes) => {
            out.push_str("b\"");
            for byte in bytes.iter() {
                write_text(out, format_args!("{byte:02x}"));
            }
            out.push('"');
        }
        Value::List(list) => {
            out.push('[');
            for (i, item) in list.iter().enumerate() {
                separate(out, i);
                write_value(out, &item, depth)?;
            }
            out.push(']');
        }
        Value::Tuple(items) => {
            out.push('(');
            write_all(out, items, depth)?;
            out.push_str(if items.len() == 1 { ",)" } else { ")" });
        }
        Value::Set(set) => {
            out.push('{');
            for (i, item) in set.iter().enumerate() {
                separate(out, i);
                write_value(out, item, depth)?;
            }
            out.push('}');
        }
        Value::Map(map) => {
            out.push('{');
            for (i, (key, item)) in map.iter().enumerate() {
                separate(out, i);
                write_value(out, key, depth)?;
                out.push_str(": ");
                write_value(out, item, depth)?;
            }
            out.push('}');
        }
        // A process: no source rebuilds it.
        Value::Record(record) if matches!(record.fields.first(), Some(Value::Process(_))) => {
            write_text(out, format_args!("<{}>", record.desc.name));
        }
        Value::Record(record) => {
            out.push_str(&record.desc.name);
            out.push('(');
            for (i, (field, item)) in record.desc.fields.iter().zip(record.fields.iter()).enumerate() {
                separate(out, i);
                out.push_str(&field.name);
                out.push_str(": ");
                write_value(out, item, depth)?;
            }
            out.push(')');
        }
        Value::Variant(variant) => {
            out.push_str(variant.name());
            if !variant.payload.is_empty() {
                out.push('(');
                write_all(out, &variant.payload, depth)?;
                out.push(')');
            }
        }
        Value::Result(outcome) => {
            out.push_str(if outcome.is_ok { "ok(" } else { "err(" });
            write_value(out, &outcome.value, depth)?;
            out.push(')');
        }
        Value::Range(range) => {
            let dots = if range.inclusive { "..=" } else { ".." };
            write_text(out, format_args!("{}{dots}{}", range.start, range.end));
        }
        Value::Closure(_) => out.push_str("<fn>"),
        Value::Generator(_) => out.push_str("<Iter>"),
        Value::Future(_) => out.push_str("<Future>"),
        Value::Process(_) => out.push_str("<Process>"),
        Value::DateTime(us) => out.push_str(&date_time_text(*us)),
        Value::Duration(us) => out.push_str(&duration_text(*us)),
        Value::Type(ty) => write_text(out, ty),
        Value::Opaque(handle) => out.push_str(&handle.get().display()),
        Value::Cell(_) => out.push_str("<variable>"),
        Value::Iter(_) => out.push_str("<iterator>"),
        Value::Continuation(_) => out.push_str("<continuation>"),
    }
    Ok(())
}

fn write_all(out: &mut String, items: &[Value], depth: u32) -> Result<(), Fault> {
    for (i, item) in items.iter().enumerate() {
        separate(out, i);
        write_value(out, item, depth)?;
    }
    Ok(())
}

fn separate(out: &mut String, i: usize) {
    if i > 0 {
        out.push_str(", ");
    }
}

fn write_text(out: &mut String, text: impl std::fmt::Display) {
    // Writing to a String does not fail.
    let _ = write!(out, "{text}");
}

/// A text literal; `{` is escaped only where it would open an interpolation.
fn quote(out: &mut String, text: &str) {
    out.push('"');
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            '\\' => out.push_str("\\\\"),
            '"' => out.push_str("\\\""),
            '\0' => out.push_str("\\0"),
            '{' => {
                let opens = chars.peek().is_some_and(|n| n.is_ascii_alphanumeric() || "_([-".contains(*n));
                out.push_str(if opens { "\\{" } else { "{" });
            }
            c if (c as u32) < 0x20 || c == '\u{7f}' => write_text(out, format_args!("\\x{:02x}", c as u32)),
            c => out.push(c),
        }
    }
    out.push('"');
}

/// The shortest text that reads back as the same Float: with `.0` or an exponent, so that it stays a Float.
pub fn float_text(x: f64) -> String {
    if x.is_nan() {
        return "nan".into();
    }
    if x.is_infinite() {
        return if x > 0.0 { "inf".into() } else { "-inf".into() };
    }
    let size = x.abs();
    if size != 0.0 && !(1e-5..1e16).contains(&size) {
        return format!("{x:e}");
    }
    let text = format!("{x}");
    if text.contains('.') { text } else { text + ".0" }
}

/// RFC 3339 in UTC, with as many fraction digits as needed.
pub(crate) fn date_time_text(us: i64) -> String {
    match jiff::Timestamp::from_microsecond(us) {
        Ok(timestamp) => timestamp.to_string(),
        Err(_) => format!("{us} us since 1970"),
    }
}

/// Days, then hours, minutes, seconds: `2d 03:04:05.5`.
pub(crate) fn duration_text(us: i64) -> String {
    let sign = if us < 0 { "-" } else { "" };
    let size = us.unsigned_abs();
    let (seconds, fraction) = (size / 1_000_000, size % 1_000_000);
    let (days, seconds) = (seconds / 86_400, seconds % 86_400);
    let mut text = String::from(sign);
    if days > 0 {
        write_text(&mut text, format_args!("{days}d "));
    }
    write_text(&mut text, format_args!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60));
    if fraction > 0 {
        let digits = format!("{fraction:06}");
        text.push('.');
        text.push_str(digits.trim_end_matches('0'));
    }
    text
}
