//! A failure with its kind, as it crosses the protocol.

use crate::schema::ErrorKind;
use serde_json::{Value, json};
use std::fmt;

/// Why a request failed: kind, message for a person, data for a program.
#[derive(Debug, Clone, PartialEq)]
pub struct Failure {
    /// The kind.
    pub kind: ErrorKind,
    /// What happened, for a person.
    pub message: String,
    /// What the kind's row of the protocol page names; `null` where it names nothing.
    pub data: Value,
}

impl Failure {
    /// A failure without data.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Failure {
        Failure { kind, message: message.into(), data: Value::Null }
    }

    /// The failure with data.
    pub fn with(self, data: Value) -> Failure {
        Failure { data, ..self }
    }

    /// The `error` of an answer.
    pub(crate) fn to_json(&self) -> Value {
        let mut error = json!({"code": self.kind.code(), "message": self.message});
        if let (Value::Object(fields), false) = (&mut error, self.data.is_null()) {
            fields.insert("data".to_string(), self.data.clone());
        }
        error
    }

    /// From the `error` of an answer; a number that the protocol does not know becomes an internal error.
    pub(crate) fn from_json(error: &Value) -> Failure {
        let code = error.get("code").and_then(Value::as_i64).unwrap_or(0);
        let message = error.get("message").and_then(Value::as_str).unwrap_or("no message").to_string();
        let kind = ErrorKind::from_code(code).unwrap_or(ErrorKind::InternalError);
        Failure { kind, message, data: error.get("data").cloned().unwrap_or(Value::Null) }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind.name(), self.message)
    }
}

impl std::error::Error for Failure {}
