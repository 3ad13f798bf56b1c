//! Parameters by name: each is taken once, and what is missing, wrong or unknown is told field by field.

use sandbox::ErrorKind;
use serde_json::{Map, Value};

use super::message::Problem;

/// The parameters of a request that are not taken yet.
pub struct Params {
    fields: Map<String, Value>,
    wrong: Map<String, Value>,
}

impl Params {
    pub fn new(fields: Map<String, Value>) -> Params {
        Params { fields, wrong: Map::new() }
    }

    /// A field is wrong.
    pub fn refuse(&mut self, name: &str, why: impl Into<String>) {
        self.wrong.insert(name.to_string(), Value::String(why.into()));
    }

    fn take<T>(&mut self, name: &str, expected: &str, read: impl FnOnce(&Value) -> Option<T>) -> Option<T> {
        let value = self.fields.remove(name).filter(|value| !value.is_null())?;
        let taken = read(&value);
        if taken.is_none() {
            self.refuse(name, format!("expected {expected}, found {}", kind(&value)));
        }
        taken
    }

    pub fn text(&mut self, name: &str) -> Option<String> {
        self.take(name, "a text", |value| value.as_str().map(str::to_string))
    }

    pub fn required_text(&mut self, name: &str) -> String {
        match self.fields.remove(name) {
            Some(Value::String(text)) => return text,
            Some(other) => self.refuse(name, format!("expected a text, found {}", kind(&other))),
            None => self.refuse(name, "expected a text, found nothing"),
        }
        String::new()
    }

    /// Any JSON; the field must be there.
    pub fn required_value(&mut self, name: &str) -> Value {
        if !self.fields.contains_key(name) {
            self.refuse(name, "expected a value, found nothing");
        }
        self.fields.remove(name).unwrap_or_default()
    }

    /// An object of any values.
    pub fn values(&mut self, name: &str) -> Map<String, Value> {
        self.take(name, "an object", |value| value.as_object().cloned()).unwrap_or_default()
    }

    pub fn flag(&mut self, name: &str) -> bool {
        self.take(name, "true or false", Value::as_bool).unwrap_or_default()
    }

    /// An integer from `least` on.
    pub fn number(&mut self, name: &str, least: u64) -> Option<u64> {
        let expected = format!("an integer from {least} on");
        self.take(name, &expected, |value| value.as_u64().filter(|number| *number >= least))
    }

    /// A number that is not negative.
    pub fn decimal(&mut self, name: &str) -> Option<f64> {
        let read = |value: &Value| value.as_f64().filter(|number| (0.0..=1e9).contains(number));
        self.take(name, "a number from 0 to 1000000000", read)
    }

    pub fn texts(&mut self, name: &str) -> Vec<String> {
        let read = |value: &Value| {
            let texts = value.as_array()?.iter().map(|text| text.as_str().map(str::to_string));
            texts.collect()
        };
        self.take(name, "a list of texts", read).unwrap_or_default()
    }

    /// An object of texts, numbers and truth values, each as the command line would have it.
    pub fn inputs(&mut self, name: &str) -> Vec<(String, String)> {
        let read = |value: &Value| {
            let plain = |(name, value): (&String, &Value)| match value {
                Value::String(text) => Some((name.clone(), text.clone())),
                Value::Number(_) | Value::Bool(_) => Some((name.clone(), value.to_string())),
                _ => None,
            };
            value.as_object()?.iter().map(plain).collect()
        };
        self.take(name, "an object of texts, numbers and truth values", read).unwrap_or_default()
    }

    /// Ends the taking.
    ///
    /// # Errors
    /// -32602 with a reason for each field that is missing, wrong or unknown.
    pub fn finish(mut self) -> Result<(), Problem> {
        let unknown: Vec<String> = self.fields.keys().cloned().collect();
        for name in unknown {
            self.refuse(&name, "there is no such parameter");
        }
        if self.wrong.is_empty() {
            return Ok(());
        }
        let names: Vec<String> = self.wrong.keys().map(|name| format!("`{name}`")).collect();
        let message = format!("parameters are missing, wrong or unknown: {}", names.join(", "));
        Err(Problem::of(ErrorKind::InvalidParams, message).with(Value::Object(self.wrong)))
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a truth value",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}
