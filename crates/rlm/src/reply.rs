//! A typed value out of a model's text.
//!
//! *Strict* takes one JSON value, bare or in one fence, and nothing beside it. *Hardened* also takes prose around the
//! value, trailing commas, another letter case of a listed text, and numbers written as texts; it says what it mended,
//! and where two different values would fit it takes neither.

use crate::number::is_integer;
use crate::pointer::join;
use crate::schema::{Node, Rest, Schema, Shape};
use crate::validate::Extra;
use crate::violation::{Violation, clipped};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// How much of a reply is mended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reading {
    /// Nothing.
    Strict,
    /// What [`Repair`] lists.
    #[default]
    Hardened,
}

/// Something that was mended in a reply.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "repair")]
pub enum Repair {
    /// Text before or behind the value was left out.
    Prose,
    /// Commas before a closing bracket were left out.
    TrailingCommas,
    /// A listed text came in another letter case.
    EnumCase {
        /// Where in the value.
        pointer: String,
        /// What came.
        from: String,
    },
    /// A number came as a text.
    NumericString {
        /// Where in the value.
        pointer: String,
        /// What came.
        from: String,
    },
}

/// A value with what was mended to get it.
#[derive(Clone, Debug, PartialEq)]
pub struct Typed {
    /// The value, as the schema types it.
    pub value: Value,
    /// What was mended; empty where the reply was exact.
    pub repairs: Vec<Repair>,
}

/// Why a reply has no value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReplyError {
    /// No JSON in it.
    #[error("expected one JSON value, found: {0}")]
    NotJson(String),
    /// JSON that the schema refuses.
    #[error("the value does not fit: {}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Invalid(Vec<Violation>),
    /// More than one value would do.
    #[error("expected one value, found {0} different ones that fit")]
    Ambiguous(usize),
}

/// Reads a reply.
///
/// # Errors
///
/// Where no value, or more than one, can be read in this way.
///
/// ```
/// use rlm::{Reading, Schema, reply};
/// use serde_json::json;
///
/// let schema = Schema::register(&json!({"type": "integer"})).unwrap();
/// assert_eq!(reply::parse("```json\n7\n```", &schema, Reading::Strict).unwrap().value, json!(7));
/// assert!(reply::parse("It is \"7\".", &schema, Reading::Strict).is_err());
/// assert_eq!(reply::parse("It is \"7\".", &schema, Reading::Hardened).unwrap().value, json!(7));
/// ```
pub fn parse(text: &str, schema: &Schema, reading: Reading) -> Result<Typed, ReplyError> {
    let trimmed = text.trim();
    let bare = fenced_whole(trimmed).unwrap_or(trimmed);
    let exact = serde_json::from_str::<Value>(bare);
    if reading == Reading::Strict {
        let value = exact.map_err(|_| ReplyError::NotJson(clipped(trimmed, 100)))?;
        let value = schema.validate(&value, Extra::Refuse).map_err(ReplyError::Invalid)?;
        return Ok(Typed { value, repairs: Vec::new() });
    }
    if let Ok(value) = exact {
        return fitted(&value, schema, Vec::new());
    }
    if let Some(value) = lenient(bare) {
        return fitted(&value, schema, vec![Repair::TrailingCommas]);
    }
    let mut fitting: Vec<Typed> = Vec::new();
    let mut misfit = None;
    for (value, commas) in candidates(text) {
        let mut repairs = vec![Repair::Prose];
        repairs.extend(commas.then_some(Repair::TrailingCommas));
        match fitted(&value, schema, repairs) {
            Ok(typed) if fitting.iter().any(|other| other.value == typed.value) => {}
            Ok(typed) => fitting.push(typed),
            Err(error) => {
                misfit.get_or_insert(error);
            }
        }
    }
    match (fitting.len(), fitting.pop()) {
        (1, Some(typed)) => Ok(typed),
        (0, _) => Err(misfit.unwrap_or_else(|| ReplyError::NotJson(clipped(trimmed, 100)))),
        (several, _) => Err(ReplyError::Ambiguous(several)),
    }
}

fn fitted(value: &Value, schema: &Schema, mut repairs: Vec<Repair>) -> Result<Typed, ReplyError> {
    let errors = match schema.validate(value, Extra::Refuse) {
        Ok(value) => return Ok(Typed { value, repairs }),
        Err(errors) => errors,
    };
    let mut mended = value.clone();
    mend(schema, &schema.root, &mut mended, "", &mut repairs, 0);
    match schema.validate(&mended, Extra::Refuse) {
        Ok(value) => Ok(Typed { value, repairs }),
        Err(_) => Err(ReplyError::Invalid(errors)),
    }
}

/// The inside of a fence that is the whole text.
fn fenced_whole(text: &str) -> Option<&str> {
    let inside = text.strip_prefix("```")?.strip_suffix("```")?;
    let (tag, body) = inside.split_once('\n')?;
    (["", "json"].contains(&tag.trim()) && !body.contains("```")).then(|| body.trim())
}

/// The JSON values that stand in a text, outermost ones only, and whether commas were left out.
fn candidates(text: &str) -> Vec<(Value, bool)> {
    let mut found = Vec::new();
    let mut at = 0;
    let begins = |c: char| "{[\"-".contains(c) || c.is_ascii_digit();
    while let Some(start) = text.get(at..).and_then(|rest| rest.find(begins)).map(|ahead| at + ahead) {
        let from = text.get(start..).unwrap_or_default();
        let joined = text.get(..start).and_then(|before| before.chars().next_back());
        let length = match from.chars().next() {
            Some('{' | '[' | '"') => extent(from),
            // Digits inside a word are no number.
            _ if joined.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '.') => None,
            _ => Some(number_extent(from)),
        };
        let value = length.and_then(|length| {
            let text = from.get(..length)?;
            let exact = serde_json::from_str(text).ok().map(|value| (value, false));
            let value = exact.or_else(|| lenient(text).map(|value| (value, true)))?;
            Some((value, length))
        });
        let step = match value {
            Some((value, length)) => {
                found.push(value);
                length
            }
            None => from.chars().next().map_or(1, char::len_utf8),
        };
        at = start + step;
    }
    for word in text.split(|c: char| !c.is_alphanumeric() && c != '_') {
        match word {
            "true" => found.push((Value::Bool(true), false)),
            "false" => found.push((Value::Bool(false), false)),
            _ => {}
        }
    }
    found
}

/// How far a bracketed value or a text reaches.
fn extent(text: &str) -> Option<usize> {
    let mut depth = 0usize;
    let mut inside = false;
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        if inside {
            match c {
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                '"' => inside = false,
                _ => continue,
            }
            if inside || depth > 0 {
                continue;
            }
        } else {
            match c {
                '"' => inside = true,
                '{' | '[' => depth += 1,
                '}' | ']' => depth = depth.checked_sub(1)?,
                _ => {}
            }
        }
        if !inside && depth == 0 {
            return Some(at + c.len_utf8());
        }
    }
    None
}

fn number_extent(text: &str) -> usize {
    let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || "+-.".contains(c)));
    let number = text.get(..end.unwrap_or(text.len())).unwrap_or_default();
    // A full stop ends the sentence, not the number.
    number.trim_end_matches('.').len().max(1)
}

/// JSON whose objects and arrays may end in a comma; nothing where that does not help.
fn lenient(text: &str) -> Option<Value> {
    let mut out = String::with_capacity(text.len());
    let mut inside = false;
    let mut escaped = false;
    let mut dropped = false;
    for (at, c) in text.char_indices() {
        if inside {
            match c {
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                '"' => inside = false,
                _ => {}
            }
        } else if c == '"' {
            inside = true;
        } else if c == ',' {
            let next = text.get(at + 1..).unwrap_or_default().trim_start().chars().next();
            if matches!(next, Some('}' | ']')) {
                dropped = true;
                continue;
            }
        }
        out.push(c);
    }
    if dropped { serde_json::from_str(&out).ok() } else { None }
}

fn mend(schema: &Schema, node: &Node, value: &mut Value, at: &str, repairs: &mut Vec<Repair>, depth: usize) {
    if depth > crate::schema::NESTING_MAX {
        return;
    }
    if let (Some(allowed), Value::String(text)) = (&node.allowed, &*value) {
        let exact = allowed.iter().any(|one| one.as_str() == Some(text));
        let alike: Vec<&Value> = allowed
            .iter()
            .filter(|one| one.as_str().is_some_and(|one| one.to_lowercase() == text.to_lowercase()))
            .collect();
        // Two that differ only in case leave it open which was meant.
        if let (false, [one]) = (exact, &alike[..]) {
            repairs.push(Repair::EnumCase { pointer: at.into(), from: text.clone() });
            *value = (*one).clone();
            return;
        }
    }
    match (&node.shape, &mut *value) {
        (Shape::Integer(_) | Shape::Number(_), Value::String(text)) => {
            let whole = matches!(node.shape, Shape::Integer(_));
            if let Ok(Value::Number(number)) = serde_json::from_str(text.trim())
                && (!whole || is_integer(&number))
            {
                repairs.push(Repair::NumericString { pointer: at.into(), from: text.clone() });
                *value = number.into();
            }
        }
        (Shape::Nullable(inner), value) if !value.is_null() => {
            mend(schema, inner, value, at, repairs, depth);
        }
        (Shape::Reference(name), value) => {
            if let Some(target) = schema.definitions.get(name) {
                mend(schema, target, value, at, repairs, depth + 1);
            }
        }
        (Shape::Array { items, .. }, Value::Array(found)) => {
            for (n, item) in found.iter_mut().enumerate() {
                mend(schema, items, item, &join(at, &n.to_string()), repairs, depth + 1);
            }
        }
        (Shape::Object { properties, rest }, Value::Object(found)) => {
            mend_members(schema, (properties, rest), found, at, repairs, depth);
        }
        _ => {}
    }
}

fn mend_members(
    schema: &Schema,
    (properties, rest): (&[crate::schema::Property], &Rest),
    found: &mut Map<String, Value>,
    at: &str,
    repairs: &mut Vec<Repair>,
    depth: usize,
) {
    for (name, member) in found {
        let named = properties.iter().find(|property| property.name == *name).map(|each| &each.node);
        let node = match (named, rest) {
            (Some(node), _) => node,
            (None, Rest::Each(node)) => node,
            (None, _) => continue,
        };
        mend(schema, node, member, &join(at, name), repairs, depth + 1);
    }
}
