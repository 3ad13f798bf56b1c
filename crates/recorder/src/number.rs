//! The text of a value bound in prose.

use report::format::{Format, Value as Plain, format_number};
use vm::Value;

/// The value as the prose shows it.
///
/// # Errors
/// A readable reason: a format that does not exist, or does not fit the value.
pub fn text(value: &Value, format: Option<&str>) -> Result<String, String> {
    let Some(format) = format else {
        return match value {
            Value::Int(_)
            | Value::Float(_)
            | Value::Str(_)
            | Value::Bool(_)
            | Value::DateTime(_)
            | Value::Duration(_) => vm::show(value).map_err(|f| f.message),
            Value::Variant(v) if v.payload.is_empty() => Ok(v.name().to_string()),
            other => {
                Err(format!("a {} has no place in a sentence; bind a number or a text", other.type_name()))
            }
        };
    };
    let parsed = Format::parse(format).map_err(|e| e.to_string())?;
    let plain = match value {
        Value::Int(x) => Plain::Int(*x),
        Value::Float(x) => Plain::Float(*x),
        Value::DateTime(x) => Plain::DateTime(*x),
        Value::Duration(x) => Plain::Duration(*x),
        other => return Err(format!("`{format}` formats numbers and times, found a {}", other.type_name())),
    };
    format_number(plain, &parsed).map_err(|e| e.to_string())
}
