//! The protocol's messages as JSON, and the texts that travel beside them as blobs.

use crate::frame::{self, Frame, Kind};
use crate::interpreter::hex;
use crate::worker::{PROTOCOL, Program};
use crate::{Answer, Ask, Failure, Identity, Origin, Warning};
use evidence::json;
use evidence::place::Place;
use evidence::value::Value;
use serde::Deserialize;
use serde_json::{Map, Value as Json, json};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// A text this long travels as a blob, where no escape has to be written or read.
const BLOB_BYTES: usize = 64 << 10;

/// More blobs than any answer has reason for.
pub const MOST_BLOBS: usize = 4096;

/// The frames of a question, or `None` if one would be longer than a frame may be.
pub fn frames(ask: &Ask, id: u64) -> Option<Vec<u8>> {
    let mut blobs = Blobs::default();
    let inputs: Map<String, Json> =
        ask.inputs.iter().map(|(name, value)| (name.clone(), blobs.take(value.to_json()))).collect();
    let mut message = json!({
        "message": "ask", "id": id, "op": ask.op, "inputs": inputs, "params": ask.params,
    });
    if !ask.poison.is_empty() {
        message["poison"] = json!(ask.poison);
    }
    blobs.framed(message)
}

/// Texts taken out of a message.
#[derive(Default)]
struct Blobs(Vec<Vec<u8>>);

impl Blobs {
    fn take(&mut self, value: Json) -> Json {
        match value {
            Json::String(text) if text.len() > BLOB_BYTES => {
                self.0.push(text.into_bytes());
                json!({"$blob": self.0.len() - 1})
            }
            Json::Array(items) => items.into_iter().map(|item| self.take(item)).collect(),
            Json::Object(fields) => {
                fields.into_iter().map(|(name, value)| (name, self.take(value))).collect::<Map<_, _>>().into()
            }
            other => other,
        }
    }

    fn framed(self, mut message: Json) -> Option<Vec<u8>> {
        if !self.0.is_empty() {
            message["blobs"] = json!(self.0.len());
        }
        let mut buffer = Vec::new();
        let fits = frame::append(&mut buffer, Kind::Json, message.to_string().as_bytes())
            && self.0.iter().all(|blob| frame::append(&mut buffer, Kind::Blob, blob));
        fits.then_some(buffer)
    }
}

/// The first frame of all: the worker's own text, for the lines that Python is started with.
pub fn load(program: &Program) -> Option<Vec<u8>> {
    Blobs::default().framed(json!({"modules": program.modules}))
}

/// What the worker says of itself must contain this digest: it ran the text we sent.
pub fn program_digest(program: &Program) -> String {
    let mut digest = Sha256::new();
    for (name, text) in &program.modules {
        digest.update(format!("{name}\0{}\0{text}", text.len()));
    }
    hex(&digest.finalize())
}

pub fn hello(registry: &str, ops: &[String], adapters: &[String]) -> Option<Vec<u8>> {
    Blobs::default().framed(json!({
        "message": "hello", "protocol": PROTOCOL, "registry": registry, "ops": ops, "adapters": adapters,
    }))
}

pub fn bye() -> Option<Vec<u8>> {
    Blobs::default().framed(json!({"message": "bye"}))
}

/// A message as it came: its JSON frame and the blobs that frame announced.
#[derive(Debug)]
pub struct Received {
    pub json: Json,
    pub blobs: Vec<Vec<u8>>,
}

impl Received {
    /// Reads the JSON frame of a message and how many blobs follow it.
    pub fn open(frame: Frame) -> Result<(Json, usize), String> {
        if frame.kind != Kind::Json {
            return Err("expected a JSON frame, found a blob that nothing announced".into());
        }
        let json = json::parse("message", &frame.body)
            .map_err(|malformed| format!("{malformed} (in {:?})", excerpt(&frame.body)))?;
        let blobs = match &json["blobs"] {
            Json::Null => 0,
            count => count.as_u64().and_then(|n| usize::try_from(n).ok()).unwrap_or(usize::MAX),
        };
        if blobs > MOST_BLOBS {
            return Err(format!("expected at most {MOST_BLOBS} blobs, found {}", json["blobs"]));
        }
        Ok((json, blobs))
    }

    /// Puts the blobs back where they were taken from.
    fn whole(self) -> Result<Json, String> {
        let Received { json, blobs } = self;
        if blobs.is_empty() {
            return Ok(json);
        }
        let texts: Vec<String> = (blobs.into_iter().map(String::from_utf8))
            .collect::<Result<_, _>>()
            .map_err(|error| format!("a blob is no text: {error}"))?;
        restored(json, &texts)
    }
}

fn restored(json: Json, texts: &[String]) -> Result<Json, String> {
    match json {
        Json::Object(fields) if fields.len() == 1 && fields.contains_key("$blob") => {
            let number = fields["$blob"].as_u64().and_then(|n| usize::try_from(n).ok());
            let text = number.and_then(|n| texts.get(n));
            text.map(|text| json!(text)).ok_or_else(|| format!("there is no blob {}", fields["$blob"]))
        }
        Json::Object(fields) => (fields.into_iter())
            .map(|(name, value)| Ok((name, restored(value, texts)?)))
            .collect::<Result<Map<_, _>, String>>()
            .map(Json::Object),
        Json::Array(items) => items.into_iter().map(|item| restored(item, texts)).collect(),
        other => Ok(other),
    }
}

fn excerpt(bytes: &[u8]) -> String {
    String::from_utf8_lossy(&bytes[..bytes.len().min(80)]).into_owned()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ReadyMessage {
    #[serde(rename = "message")]
    _message: String,
    protocol: u64,
    registry: String,
    implementation: String,
    python: String,
    executable: String,
    packages: BTreeMap<String, String>,
    cpu_vendor: String,
    cpu_capability: String,
    worker_digest: String,
    missing: Vec<String>,
}

/// A worker's greeting.
#[derive(Debug)]
pub struct Ready {
    pub protocol: u64,
    pub registry: String,
    pub identity: Identity,
    /// Operations of the registry without an adapter.
    pub missing: Vec<String>,
}

/// Reads the answer to `hello`.
pub fn ready(received: Received) -> Result<Ready, String> {
    let message: ReadyMessage = read(received, "ready")?;
    Ok(Ready {
        protocol: message.protocol,
        registry: message.registry,
        identity: Identity {
            implementation: message.implementation,
            python: message.python,
            executable: message.executable,
            packages: message.packages,
            cpu_vendor: message.cpu_vendor,
            cpu_capability: message.cpu_capability,
            worker_digest: message.worker_digest,
        },
        missing: message.missing,
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AnswerMessage {
    #[serde(rename = "message")]
    _message: String,
    id: u64,
    #[serde(default)]
    value: Option<Json>,
    #[serde(default)]
    error: Option<ErrorMessage>,
    warnings: Vec<WarningMessage>,
    #[serde(default, rename = "blobs")]
    _blobs: Option<u64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ErrorMessage {
    error_origin: String,
    class: String,
    message: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WarningMessage {
    class: String,
    message: String,
}

/// Reads an answer: its id, then the answer itself or why it is malformed.
///
/// # Errors
/// What the protocol does not allow.
pub fn answer(received: Received) -> Result<(u64, Result<Answer, String>), String> {
    let message: AnswerMessage = read(received, "answer")?;
    let result = match (message.value, message.error) {
        (Some(value), None) => Value::from_json(&value, &Place::file("answer"))
            .map(Ok)
            .map_err(|malformed| malformed.to_string()),
        (None, Some(error)) => {
            let origin = Origin::from_name(&error.error_origin)
                .ok_or_else(|| format!("expected an error origin, found {:?}", error.error_origin))?;
            Ok(Err(Failure { origin, class: error.class, message: error.message }))
        }
        _ => return Err("expected exactly one of `value` and `error` in an answer".into()),
    };
    let warnings = (message.warnings.into_iter())
        .map(|warning| Warning { class: warning.class, message: warning.message })
        .collect();
    Ok((message.id, result.map(|result| Answer { result, warnings })))
}

fn read<M: serde::de::DeserializeOwned>(received: Received, expected: &str) -> Result<M, String> {
    let json = received.whole()?;
    match json["message"].as_str() {
        Some(found) if found == expected => {}
        found => return Err(format!("expected the message `{expected}`, found {found:?}")),
    }
    serde_json::from_value(json).map_err(|error| format!("the message `{expected}` is malformed: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn received(json: Json) -> Received {
        Received { json, blobs: vec![] }
    }

    #[test]
    fn long_texts_travel_as_blobs_and_come_back() {
        let long = "ä".repeat(BLOB_BYTES);
        let json = json!({"a": [long, "short"], "b": 1});
        let mut blobs = Blobs::default();
        let message = blobs.take(json.clone());
        assert_eq!(message, json!({"a": [{"$blob": 0}, "short"], "b": 1}));
        assert_eq!(Received { json: message.clone(), blobs: blobs.0 }.whole(), Ok(json));
        assert_eq!(restored(message, &[]), Err("there is no blob 0".to_string()));
    }

    #[test]
    fn an_answer_has_exactly_one_outcome() {
        for broken in [
            json!({"message": "answer", "id": 1, "warnings": []}),
            json!({"message": "answer", "id": 1, "warnings": [], "value": {"kind": "text", "value": ""},
                   "error": {"error_origin": "oracle", "class": "E", "message": ""}}),
            json!({"message": "answer", "id": 1, "warnings": [],
                   "error": {"error_origin": "us", "class": "E", "message": ""}}),
            json!({"message": "answer", "id": 1, "value": {}}),
            json!({"message": "answer", "id": 1, "warnings": [], "value": {}, "extra": 1}),
            json!({"message": "ready"}),
            json!([]),
        ] {
            assert!(answer(received(broken.clone())).is_err(), "{broken}");
        }
    }

    #[test]
    fn a_question_beyond_a_frame_is_not_framed() {
        let big = "x".repeat(frame::LONGEST + 1);
        assert!(frames(&Ask::new("op").input("a", Value::Text(big)), 1).is_none());
        assert!(frames(&Ask::new("op"), 1).is_some());
    }
}
