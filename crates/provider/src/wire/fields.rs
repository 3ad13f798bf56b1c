//! Fields of JSON that a server sent: present and of their type, or malformed by name.

use serde_json::Value as Json;

use super::status;
use crate::error::{Error, ErrorKind, Result};
use crate::reply::Usage;

pub(super) fn malformed(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::Malformed, message)
}

/// Puts the fields that were given into an object.
pub(crate) fn add<const N: usize>(body: &mut Json, fields: [(&str, Option<Json>); N]) {
    if let Json::Object(object) = body {
        let given = fields.into_iter().filter_map(|(name, value)| Some((name.to_string(), value?)));
        object.extend(given);
    }
}

/// A body or the data of an event.
pub(super) fn parse(bytes: &[u8]) -> Result<Json> {
    let json = serde_json::from_slice(bytes).map_err(|error| malformed(format!("no JSON: {error}")))?;
    failed(&json)?;
    Ok(json)
}

/// An error in the place of a reply, which servers send with the status of a success once a stream has begun.
fn failed(json: &Json) -> Result<()> {
    match json.get("error") {
        None | Some(Json::Null) => Ok(()),
        Some(_) => Err(status::named(json)),
    }
}

/// A text at a place; `None` where it is absent or null.
pub(super) fn text<'j>(json: &'j Json, pointer: &str) -> Result<Option<&'j str>> {
    match json.pointer(pointer) {
        None | Some(Json::Null) => Ok(None),
        Some(Json::String(text)) => Ok(Some(text)),
        Some(other) => Err(malformed(format!("{pointer} is no text but {}", kind(other)))),
    }
}

/// The name that a server gives to a reply; `None` where it gives none.
pub(super) fn id(json: &Json, pointer: &str) -> Option<String> {
    match json.pointer(pointer)? {
        Json::String(name) if !name.is_empty() => Some(name.clone()),
        Json::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// A text that must be there.
pub(super) fn required<'j>(json: &'j Json, pointer: &str) -> Result<&'j str> {
    text(json, pointer)?.ok_or_else(|| malformed(format!("{pointer} is absent")))
}

/// A list that must be there.
pub(super) fn list<'j>(json: &'j Json, pointer: &str) -> Result<&'j [Json]> {
    match json.pointer(pointer) {
        Some(Json::Array(items)) => Ok(items),
        Some(other) => Err(malformed(format!("{pointer} is no list but {}", kind(other)))),
        None => Err(malformed(format!("{pointer} is absent"))),
    }
}

/// A number of tokens; `None` where it is absent or null.
pub(super) fn count(json: &Json, pointer: &str) -> Result<Option<u64>> {
    match json.pointer(pointer) {
        None | Some(Json::Null) => Ok(None),
        Some(value) => value
            .as_u64()
            .map(Some)
            .ok_or_else(|| malformed(format!("{pointer} is no count of tokens but {}", kind(value)))),
    }
}

/// The usage at `/usage`; `None` where the server does not tell it or only half of it.
pub(super) fn usage(json: &Json, input: &str, output: &str, cached: &str) -> Result<Option<Usage>> {
    let input_tokens = count(json, input)?;
    let output_tokens = count(json, output)?;
    let cached_tokens = count(json, cached)?.unwrap_or(0);
    let (Some(input_tokens), Some(output_tokens)) = (input_tokens, output_tokens) else { return Ok(None) };
    if cached_tokens > input_tokens {
        return Err(malformed(format!(
            "{cached} is {cached_tokens}, more than the {input_tokens} of {input}"
        )));
    }
    Ok(Some(Usage { input_tokens, output_tokens, cached_tokens }))
}

fn kind(json: &Json) -> &'static str {
    match json {
        Json::Null => "null",
        Json::Bool(_) => "a boolean",
        Json::Number(n) if n.is_i64() && !n.is_u64() => "a negative number",
        Json::Number(_) => "a number",
        Json::String(_) => "a text",
        Json::Array(_) => "a list",
        Json::Object(_) => "an object",
    }
}
