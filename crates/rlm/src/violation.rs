//! What is wrong with a value, in words that a model can act on.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::fmt;

/// How many characters of a value an error shows.
pub const PREVIEW_MAX: usize = 100;

/// The kinds of disagreement between a value and its schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ViolationKind {
    /// A required member is absent.
    MissingField,
    /// The value has another type.
    TypeMismatch,
    /// The value is none of those listed.
    EnumInvalid,
    /// A number, length or count lies outside its bounds.
    OutOfRange,
    /// NaN or an infinity.
    NotFinite,
    /// A member that the object does not have.
    UnknownField,
    /// A text does not match its pattern.
    ValidationFailed,
    /// The value is larger or nested deeper than any may be.
    TooLarge,
    /// There is nothing to hold the value against.
    NoSignature,
    /// A second submit of one cell.
    MultipleSubmits,
}

/// One disagreement, with its place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Violation {
    /// JSON pointer into the value.
    pub pointer: String,
    /// What kind of disagreement.
    pub kind: ViolationKind,
    /// What would have done.
    pub expected: String,
    /// What was there instead.
    pub got: String,
    /// The beginning of the value, at most 100 characters.
    pub preview: String,
}

impl Violation {
    pub(crate) fn new(
        pointer: &str,
        kind: ViolationKind,
        expected: impl Into<String>,
        got: impl Into<String>,
        value: Option<&Value>,
    ) -> Self {
        let preview = value.map(preview).unwrap_or_default();
        Self { pointer: pointer.into(), kind, expected: expected.into(), got: got.into(), preview }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = if self.pointer.is_empty() { "(root)" } else { &self.pointer };
        write!(f, "{place}: expected {}, got {}", self.expected, self.got)?;
        if !self.preview.is_empty() {
            write!(f, ": {}", self.preview)?;
        }
        Ok(())
    }
}

/// What a value is called in an error.
pub(crate) fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(number) if number.is_f64() => "a number",
        Value::Number(_) => "an integer",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

fn preview(value: &Value) -> String {
    clipped(&value.to_string(), PREVIEW_MAX)
}

/// The beginning of a text, cut between characters, with a mark where something is missing.
pub(crate) fn clipped(text: &str, most: usize) -> String {
    if text.chars().nth(most).is_none() {
        return text.into();
    }
    let kept: String = text.chars().take(most.saturating_sub(1)).collect();
    format!("{kept}…")
}
