//! Bodies of intents: what a pattern is asked for, read from JSON.
//!
//! A key that a body does not have is refused, and so is one that stands twice. `why` may hold anything and is never
//! read: it is for people, and stays in the log with the intent.

use data_encoding::HEXLOWER_PERMISSIVE;
use plan::typed::{Datum, Field, Kind};
use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::error::{Error, Result};

/// Reads a body.
pub(crate) fn read<T: DeserializeOwned>(schema: &'static str, body: &str) -> Result<T> {
    serde_json::from_str(body).map_err(|error| Error::bad_body(schema, error.to_string()))
}

/// A page by its id or by its name.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(untagged, expecting = "a page: its id, or its name as text")]
pub(crate) enum Page {
    Id(u64),
    Name(String),
}

/// A typed value and its place.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Written {
    pub(crate) offset: u32,
    #[serde(rename = "type", deserialize_with = "kind")]
    pub(crate) kind: Kind,
    pub(crate) value: Value,
}

impl Written {
    pub(crate) fn field(&self) -> Field {
        Field { offset: self.offset, kind: self.kind }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Set {
    pub(crate) page: Page,
    pub(crate) fields: Vec<Written>,
    #[serde(rename = "why", default)]
    _why: IgnoredAny,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Add {
    pub(crate) page: Page,
    pub(crate) offset: u32,
    #[serde(rename = "type", deserialize_with = "kind")]
    pub(crate) kind: Kind,
    pub(crate) amount: i64,
    #[serde(rename = "why", default)]
    _why: IgnoredAny,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CompareAndSet {
    pub(crate) page: Page,
    pub(crate) offset: u32,
    #[serde(rename = "type", deserialize_with = "kind")]
    pub(crate) kind: Kind,
    pub(crate) expected: Value,
    pub(crate) value: Value,
    #[serde(rename = "why", default)]
    _why: IgnoredAny,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RingAppend {
    pub(crate) page: Page,
    pub(crate) counter: Counter,
    pub(crate) first: u32,
    pub(crate) slots: u32,
    #[serde(rename = "type", deserialize_with = "kind")]
    pub(crate) kind: Kind,
    pub(crate) value: Value,
    #[serde(rename = "why", default)]
    _why: IgnoredAny,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Counter {
    pub(crate) offset: u32,
    #[serde(rename = "type", deserialize_with = "kind")]
    pub(crate) kind: Kind,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Move {
    #[serde(rename = "type", deserialize_with = "kind")]
    pub(crate) kind: Kind,
    pub(crate) legs: Vec<Leg>,
    #[serde(default)]
    pub(crate) floor: i64,
    #[serde(rename = "why", default)]
    _why: IgnoredAny,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Leg {
    pub(crate) page: Page,
    pub(crate) offset: u32,
    pub(crate) amount: i64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateIfAbsent {
    pub(crate) name: String,
    pub(crate) size_bytes: u32,
    #[serde(default)]
    pub(crate) metadata: String,
    #[serde(default)]
    pub(crate) fields: Vec<Written>,
    #[serde(rename = "why", default)]
    _why: IgnoredAny,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Delete {
    pub(crate) page: Page,
    pub(crate) version: Option<u64>,
    #[serde(rename = "why", default)]
    _why: IgnoredAny,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NoOp {
    #[serde(rename = "why", default)]
    _why: IgnoredAny,
}

fn kind<'de, D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Kind, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse().map_err(|_| {
        serde::de::Error::custom(format!(
            "type {text:?}; expected u8, i8, one of u16 to i64 or f64 with le or be, text:LEN or bytes:LEN"
        ))
    })
}

/// A JSON value as a value of `kind`: an integer, a number or `{"bits": "16 digits"}` for a double, a text, or bytes as
/// hexadecimal digits. What only a rounding would make fit is refused.
pub(crate) fn datum(schema: &'static str, kind: Kind, value: &Value) -> Result<Datum> {
    let expected = match kind {
        Kind::Int { .. } => "an integer",
        Kind::F64 { .. } => "a number, or {\"bits\": 16 hexadecimal digits}",
        Kind::Text(_) => "a text",
        Kind::Bytes(_) => "bytes as pairs of hexadecimal digits",
    };
    let read = match (kind, value) {
        (Kind::Int { .. }, Value::Number(number)) => {
            number.as_i64().map(i128::from).or(number.as_u64().map(i128::from)).map(Datum::Int)
        }
        (Kind::F64 { .. }, Value::Number(number)) => double(number).map(Datum::F64),
        (Kind::F64 { .. }, Value::Object(object)) if object.len() == 1 => {
            let digits = object.get("bits").and_then(Value::as_str).and_then(unhex);
            digits.and_then(|digits| digits.try_into().ok()).map(|word| Datum::F64(f64::from_be_bytes(word)))
        }
        (Kind::Text(_), Value::String(text)) => Some(Datum::Text(text.clone())),
        (Kind::Bytes(_), Value::String(digits)) => unhex(digits).map(Datum::Bytes),
        _ => None,
    };
    read.ok_or_else(|| Error::bad_body(schema, format!("expected {expected} for {kind}, found {value}")))
}

/// An integer that a double cannot hold is no number for it.
fn double(number: &serde_json::Number) -> Option<f64> {
    let float = number.as_f64()?;
    let exact = match (number.as_i64(), number.as_u64()) {
        (Some(int), _) => float as i128 == i128::from(int),
        (None, Some(int)) => float as i128 == i128::from(int),
        (None, None) => true,
    };
    (exact && float.is_finite()).then_some(float)
}

/// Bytes from pairs of hexadecimal digits.
pub(crate) fn unhex(digits: &str) -> Option<Vec<u8>> {
    HEXLOWER_PERMISSIVE.decode(digits.as_bytes()).ok()
}
