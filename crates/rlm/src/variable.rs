//! Variables as a prompt shows them.

use crate::digest::{Digest, canonical};
use crate::prompt::PREVIEW_CHARS;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A variable of a REPL: what a prompt says about it, and the hash of its value where the host has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// The name of its Python type.
    pub kind: String,
    /// Its size in words: characters, items.
    pub size: String,
    /// The beginning of its value, at most 1,000 characters.
    pub preview: String,
    /// The hash of its value, for inputs: of a text's bytes, of any other value's JSON.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<Digest>,
}

impl Variable {
    /// The variable of an input.
    ///
    /// ```
    /// use rlm::Variable;
    /// use serde_json::json;
    ///
    /// let variable = Variable::input("context", &json!("two\nlines"));
    /// assert_eq!((variable.kind.as_str(), variable.size.as_str()), ("str", "9 characters"));
    /// ```
    #[must_use]
    pub fn input(name: &str, value: &Value) -> Self {
        let (kind, size) = match value {
            Value::Null => ("NoneType", String::new()),
            Value::Bool(_) => ("bool", String::new()),
            Value::Number(number) if number.is_f64() => ("float", String::new()),
            Value::Number(_) => ("int", String::new()),
            Value::String(text) => ("str", format!("{} characters", text.chars().count())),
            Value::Array(items) => ("list", format!("{} items", items.len())),
            Value::Object(members) => ("dict", format!("{} items", members.len())),
        };
        let text = value.as_str().map_or_else(|| canonical(value), str::to_string);
        Self {
            name: name.into(),
            kind: kind.into(),
            size,
            preview: text.chars().take(PREVIEW_CHARS).collect(),
            digest: Some(Digest::of(text.as_bytes())),
        }
    }

    /// The variable of a text that the host keeps.
    #[must_use]
    pub fn blob(name: &str, blob: &crate::request::Blob) -> Self {
        Self {
            name: name.into(),
            kind: "str".into(),
            size: format!("{} bytes", blob.bytes),
            preview: blob.preview.clone(),
            digest: Some(blob.digest),
        }
    }
}
