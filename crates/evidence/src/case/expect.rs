//! What must be answered, and what was.

use super::only_entry;
use super::{Message, Pattern};
use crate::fields::Fields;
use crate::json::Json;
use crate::place::{Malformed, Place};
use crate::value::Value;
use serde_json::json;

/// What must be answered, and the warnings on the way.
#[derive(Clone, Debug, PartialEq)]
pub struct Expectation {
    /// The answer.
    pub answer: Expect,
    /// Class and message of each warning, in order; absent in a file means none.
    pub warnings: Vec<ExpectRaised>,
}

/// What must be answered: one of `{"value":Value}`, `{"error":{"class","message" or "pattern"}}`, `{"digest":hex}`,
/// `{"blob":hex}`, `{"live":true}`; `"warnings":[{"class","message" or "pattern"}]` may stand beside it.
#[derive(Clone, Debug, PartialEq)]
pub enum Expect {
    /// This value.
    Value(Value),
    /// This error.
    Error(ExpectRaised),
    /// A value with this BLAKE3 of its canonical text, where the row compares exactly.
    Digest(String),
    /// The value stored under this BLAKE3, for generated inputs.
    Blob(String),
    /// What the live reference answers; the seed is the commit.
    Live,
}

/// An error or a warning that must come.
#[derive(Clone, Debug, PartialEq)]
pub struct ExpectRaised {
    /// The class with its module; `builtins` is left out: `ValueError`, `pandas.errors.MergeError`.
    pub class: String,
    /// What it says.
    pub message: Message,
}

/// An error or a warning that came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Raised {
    /// The class with its module; `builtins` is left out.
    pub class: String,
    /// What it says.
    pub message: String,
}

/// What an engine or a reference answered.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The value or the error.
    pub result: Result<Value, Raised>,
    /// The warnings on the way, in order.
    pub warnings: Vec<Raised>,
}

impl From<Answer> for Expectation {
    /// The expectation that this very answer comes: how a reference's answer is recorded.
    fn from(answer: Answer) -> Self {
        Expectation {
            answer: match answer.result {
                Ok(value) => Expect::Value(value),
                Err(raised) => Expect::Error(raised.into()),
            },
            warnings: answer.warnings.into_iter().map(ExpectRaised::from).collect(),
        }
    }
}

impl From<Raised> for ExpectRaised {
    fn from(raised: Raised) -> Self {
        ExpectRaised { class: raised.class, message: Message::Exact(raised.message) }
    }
}

impl Expectation {
    /// Reads an expectation.
    pub fn from_json(json: &Json, place: &Place<'_>) -> Result<Self, Malformed> {
        let mut fields = Fields::of(json, place)?;
        let warnings = match fields.maybe("warnings") {
            None => Vec::new(),
            Some(_) => fields.each("warnings", read_raised)?,
        };
        let mut alone = json.clone();
        if let Json::Object(map) = &mut alone {
            map.remove("warnings");
        }
        only_entry(&alone, place)?;
        let answer = if fields.maybe("value").is_some() {
            Expect::Value(fields.read("value", Value::from_json)?)
        } else if fields.maybe("error").is_some() {
            Expect::Error(fields.read("error", read_raised)?)
        } else if fields.maybe("digest").is_some() {
            Expect::Digest(read_digest(&mut fields, "digest")?)
        } else if fields.maybe("blob").is_some() {
            Expect::Blob(read_digest(&mut fields, "blob")?)
        } else if fields.maybe("live") == Some(&Json::Bool(true)) {
            Expect::Live
        } else {
            return Err(place.unexpected("one of value, error, digest, blob, {\"live\":true}", &alone));
        };
        fields.finish()?;
        Ok(Expectation { answer, warnings })
    }

    /// The expectation as JSON.
    pub fn to_json(&self) -> Json {
        let mut out = match &self.answer {
            Expect::Value(value) => json!({"value": value.to_json()}),
            Expect::Error(raised) => json!({"error": write_raised(raised)}),
            Expect::Digest(digest) => json!({"digest": digest}),
            Expect::Blob(digest) => json!({"blob": digest}),
            Expect::Live => json!({"live": true}),
        };
        if let (false, Json::Object(map)) = (self.warnings.is_empty(), &mut out) {
            map.insert("warnings".to_string(), self.warnings.iter().map(write_raised).collect());
        }
        out
    }
}

fn read_digest<'a>(fields: &mut Fields<'a>, key: &'a str) -> Result<String, Malformed> {
    let text = fields.text(key)?;
    if text.len() == 64 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
        return Ok(text.to_string());
    }
    Err(fields.malformed(key, "64 hexadecimal digits", format!("{text:?}")))
}

fn read_raised(json: &Json, place: &Place<'_>) -> Result<ExpectRaised, Malformed> {
    let mut fields = Fields::of(json, place)?;
    let class = fields.filled_text("class")?.to_string();
    let message = match (fields.maybe_text("message")?, fields.maybe_text("pattern")?) {
        (Some(message), None) => Message::Exact(message.to_string()),
        (None, Some(text)) => {
            let pattern = Pattern::new(text);
            if !pattern.is_specific() {
                return Err(fields.malformed("pattern", "a pattern with words in it", format!("{text:?}")));
            }
            Message::Pattern(pattern)
        }
        _ => return Err(place.unexpected("either message or pattern", json)),
    };
    fields.finish()?;
    Ok(ExpectRaised { class, message })
}

fn write_raised(raised: &ExpectRaised) -> Json {
    match &raised.message {
        Message::Exact(text) => json!({"class": raised.class, "message": text}),
        Message::Pattern(pattern) => json!({"class": raised.class, "pattern": pattern.text()}),
    }
}
