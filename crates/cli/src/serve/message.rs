//! Messages of JSON-RPC 2.0, and what is wrong with them.

use sandbox::ErrorKind;
use serde_json::{Map, Value, json};

use crate::terminal::Failure;

/// A verb of Lumen failed; `data` is what `--json` prints then.
pub const FAILED: i64 = -32020;
/// The program does not check; `data` holds its diagnostics.
pub const DIAGNOSTICS: i64 = -32021;
/// `initialize` comes first.
pub const NOT_INITIALIZED: i64 = -32022;
/// A worker did not start; `data` says why and what to do.
pub const START: i64 = -32023;

/// The `error` of an answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Problem {
    pub code: i64,
    pub message: String,
    /// Null where there is none.
    pub data: Value,
}

impl Problem {
    pub fn new(code: i64, message: impl Into<String>) -> Problem {
        Problem { code, message: message.into(), data: Value::Null }
    }

    /// One of the kinds that JSON-RPC and the worker's protocol define.
    pub fn of(kind: ErrorKind, message: impl Into<String>) -> Problem {
        Problem::new(kind.code(), message)
    }

    /// A defect of ours.
    pub fn internal(what: impl Into<String>) -> Problem {
        Problem::of(ErrorKind::InternalError, what).with(json!({"code": "R0999", "exit": 5}))
    }

    pub fn with(self, data: Value) -> Problem {
        Problem { data, ..self }
    }

    pub fn json(&self) -> Value {
        let mut error = json!({"code": self.code, "message": self.message});
        if let (Some(fields), false) = (error.as_object_mut(), self.data.is_null()) {
            fields.insert("data".to_string(), self.data.clone());
        }
        error
    }
}

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Problem {
        Problem::new(FAILED, failure.message.clone()).with(failure.json())
    }
}

impl From<recorder::Error> for Problem {
    fn from(error: recorder::Error) -> Problem {
        Failure::from(error).into()
    }
}

impl From<sandbox::Failure> for Problem {
    fn from(failure: sandbox::Failure) -> Problem {
        Problem::of(failure.kind, failure.message).with(failure.data)
    }
}

/// A line that is a message.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    /// Absent in a notification, which gets no answer.
    pub id: Option<Value>,
    pub method: String,
    pub params: Map<String, Value>,
}

/// A line that is none.
#[derive(Debug)]
pub struct Malformed {
    /// What to answer to: null where none can be told.
    pub id: Value,
    pub problem: Problem,
}

/// Reads a line.
///
/// # Errors
/// What is wrong with it.
pub fn parse(line: &[u8]) -> Result<Message, Box<Malformed>> {
    let refuse = |id: &Value, kind: ErrorKind, what: &str| {
        Box::new(Malformed { id: id.clone(), problem: Problem::of(kind, what) })
    };
    let invalid = |id: &Value, what: &str| refuse(id, ErrorKind::InvalidRequest, what);
    let parsed: Value = serde_json::from_slice(line)
        .map_err(|why| refuse(&Value::Null, ErrorKind::ParseError, &format!("the line is no JSON: {why}")))?;
    let mut fields = match parsed {
        Value::Object(fields) => fields,
        Value::Array(_) => return Err(invalid(&Value::Null, "a batch; expected one request a line")),
        _ => return Err(invalid(&Value::Null, "a message is an object")),
    };
    let id = fields.remove("id");
    let answer_to = id.clone().filter(is_id).unwrap_or_default();
    if id.as_ref().is_some_and(|id| !is_id(id)) {
        return Err(invalid(&Value::Null, "an id is an integer or a text"));
    }
    if fields.remove("jsonrpc").as_ref().and_then(Value::as_str) != Some("2.0") {
        return Err(invalid(&answer_to, "`jsonrpc` is \"2.0\""));
    }
    let method = match fields.remove("method") {
        Some(Value::String(method)) => method,
        Some(_) => return Err(invalid(&answer_to, "`method` is a text")),
        None => return Err(invalid(&answer_to, "a message without a `method`; this server asks nothing")),
    };
    let params = match fields.remove("params") {
        None => Map::new(),
        Some(Value::Object(params)) => params,
        Some(_) => {
            let what = "`params` is an object: parameters go by their names";
            return Err(refuse(&answer_to, ErrorKind::InvalidParams, what));
        }
    };
    match fields.keys().next() {
        Some(unknown) => Err(invalid(&answer_to, &format!("a message has no member `{unknown}`"))),
        None => Ok(Message { id, method, params }),
    }
}

fn is_id(id: &Value) -> bool {
    id.is_string() || id.is_i64() || id.is_u64()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The codes are those of the JSON-RPC 2.0 specification, section 5.1.
    #[test]
    fn what_is_no_request_says_why_and_keeps_its_id() {
        let cases = [
            ("{", Value::Null, -32700),
            ("\u{0}", Value::Null, -32700),
            ("7", Value::Null, -32600),
            ("[]", Value::Null, -32600),
            (r#"[{"jsonrpc":"2.0","id":1,"method":"a"}]"#, Value::Null, -32600),
            (r#"{"jsonrpc":"2.0","id":1}"#, json!(1), -32600),
            (r#"{"jsonrpc":"2.0","id":1,"method":2}"#, json!(1), -32600),
            (r#"{"jsonrpc":"1.0","id":"x","method":"a"}"#, json!("x"), -32600),
            (r#"{"id":"x","method":"a"}"#, json!("x"), -32600),
            (r#"{"jsonrpc":"2.0","id":null,"method":"a"}"#, Value::Null, -32600),
            (r#"{"jsonrpc":"2.0","id":1.5,"method":"a"}"#, Value::Null, -32600),
            (r#"{"jsonrpc":"2.0","id":1,"method":"a","more":1}"#, json!(1), -32600),
            (r#"{"jsonrpc":"2.0","id":1,"method":"a","params":[1]}"#, json!(1), -32602),
        ];
        for (line, id, code) in cases {
            let found = parse(line.as_bytes()).expect_err(line);
            assert_eq!((&found.id, found.problem.code), (&id, code), "{line}");
        }
        let deep = "[".repeat(100_000);
        assert_eq!(parse(deep.as_bytes()).expect_err("deep").problem.code, -32700);
        let message = parse(br#"{"jsonrpc":"2.0","id":1,"method":"a"}"#).expect("a request");
        assert_eq!((message.id, message.method.as_str()), (Some(json!(1)), "a"));
        assert_eq!(parse(br#"{"jsonrpc":"2.0","method":"a"}"#).expect("a notification").id, None);
    }
}
