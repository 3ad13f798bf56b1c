//! Cassettes: what tests were told by the world, so that they are told the same again.
//!
//! A test takes files from where it stands, and everything else that comes from outside (clock, random bytes,
//! variables, input, programs) from the cassette. What is not on it is a fault, never a look at the world.

use std::collections::BTreeMap;

use prelude::effects::{Answer, Ask};
use serde_json::{Value as Json, json};
use vm::{Fault, FaultKind};

use crate::error::{Error, Result};
use crate::recursion::Entry;

const SCHEMA: &str = "lumen.cassette.1";

/// What a tape says of a request.
#[derive(Debug)]
pub(crate) enum Told {
    Answer(std::result::Result<Answer, Fault>),
    /// Nobody waited for it to the end, so that nobody knows what it would have been.
    Nothing,
}

/// One file's tests. Each part, a test or the document itself, has a tape of its own.
#[derive(Debug)]
pub struct Cassette {
    records: bool,
    /// What each part asked, and was told.
    tapes: BTreeMap<String, Vec<Json>>,
    part: String,
    /// What the part has not asked for yet. Of equal questions the first is answered first.
    left: Vec<Json>,
}

impl Cassette {
    /// Answers from the text of a cassette; without one nothing is on it.
    ///
    /// # Errors
    /// A text that is no cassette, or a newer one.
    pub fn replay(text: Option<&str>) -> Result<Cassette> {
        let tapes = text.map(read).transpose()?.unwrap_or_default();
        Ok(Cassette { records: false, tapes, part: String::new(), left: Vec::new() })
    }

    /// Lets the world answer, and keeps that. Parts that do not run keep what they have in the text.
    ///
    /// # Errors
    /// As [`Cassette::replay`].
    pub fn record(text: Option<&str>) -> Result<Cassette> {
        Ok(Cassette { records: true, ..Cassette::replay(text)? })
    }

    /// The text to keep; nothing if nobody asked anything.
    pub fn text(&self) -> Option<String> {
        let tapes: serde_json::Map<String, Json> = self
            .tapes
            .iter()
            .filter(|(_, tape)| !tape.is_empty())
            .map(|(part, tape)| (part.clone(), Json::Array(tape.clone())))
            .collect();
        (!tapes.is_empty()).then(|| format!("{:#}\n", json!({"schema": SCHEMA, "tapes": tapes})))
    }

    /// Forgets parts that are no more.
    pub fn retain(&mut self, exists: impl Fn(&str) -> bool) {
        self.tapes.retain(|part, _| exists(part));
    }

    /// From now on this part asks, from the start of its tape.
    pub fn begin(&mut self, part: &str) {
        self.part = part.to_string();
        if self.records {
            self.tapes.insert(self.part.clone(), Vec::new());
        } else {
            self.left = self.tapes.get(part).cloned().unwrap_or_default();
        }
    }

    /// What the tape says; nothing where the world is to answer.
    pub(crate) fn told(&mut self, request: &Json) -> Option<Told> {
        if self.records {
            return None;
        }
        let part = &self.part;
        let missed = |why: &str| {
            let message = format!("{request} is not on the cassette of `{part}`: {why}");
            Fault::new("R0802", message).help("`lumen test --record` asks the world and keeps what it says.")
        };
        let told = match self.left.iter().position(|told| told.get("request") == Some(request)) {
            None if self.left.is_empty() => Err(missed("nothing is left on it")),
            None => Err(missed("what is left on it answers something else")),
            Some(at) => {
                let told = self.left.remove(at);
                if told.get("cancelled").is_some() {
                    return Some(Told::Nothing);
                }
                answer_of(&told).unwrap_or_else(|| Err(missed("its answer is damaged")))
            }
        };
        Some(Told::Answer(told.map_err(|fault| fault.kind(FaultKind::Effect))))
    }

    /// Whether the world answers, and is kept.
    pub(crate) fn records(&self) -> bool {
        self.records
    }

    /// Whether the tape has an answer left.
    pub(crate) fn has(&self, request: &Json) -> bool {
        !self.records && self.left.iter().any(|told| told.get("request") == Some(request))
    }

    /// What the code of a Python cell was told of models; the next run of it by this name is told that.
    pub(crate) fn told_python(&mut self, name: &str) -> Vec<Entry> {
        let request = python(name);
        let at = self.left.iter().position(|told| told.get("request") == Some(&request));
        let told = at.filter(|_| !self.records).map(|at| self.left.remove(at));
        let asked = told.and_then(|mut told| told.get_mut("asked").map(Json::take));
        // What cannot be read is asked for, and then missed.
        asked.and_then(|asked| serde_json::from_value(asked).ok()).unwrap_or_default()
    }

    /// Keeps what the code of a Python cell was told of models.
    pub(crate) fn keep_python(&mut self, name: &str, asked: &[Entry]) {
        self.push(json!({"request": python(name), "asked": asked}));
    }

    /// Keeps that nobody waited for what the world would have said.
    pub(crate) fn keep_cancelled(&mut self, request: &Json) {
        self.push(json!({"request": request, "cancelled": true}));
    }

    /// Keeps what the world said.
    pub(crate) fn keep(&mut self, request: &Json, answer: &std::result::Result<Answer, Fault>) {
        let told = match answer {
            Ok(answer) => json!({"request": request, "answer": answer_json(answer)}),
            Err(fault) => json!({
                "request": request,
                "fault": {"code": fault.code, "message": fault.message, "help": fault.help},
            }),
        };
        self.push(told);
    }

    fn push(&mut self, told: Json) {
        if self.records {
            self.tapes.entry(self.part.clone()).or_default().push(told);
        }
    }
}

/// The code of a cell may change under its test: its name is what a tape knows of it.
fn python(name: &str) -> Json {
    json!({"python": name})
}

/// Whether the answer is taken from a cassette. Files lie beside the test, and waiting gives no answer to keep.
pub(crate) fn is_taped(ask: &Ask) -> bool {
    match ask {
        Ask::Now
        | Ask::Ticks
        | Ask::Entropy { .. }
        | Ask::Environment { .. }
        | Ask::ReadLine
        | Ask::Execute { .. }
        | Ask::Http { .. }
        | Ask::Tool { .. }
        | Ask::Model { .. } => true,
        Ask::ReadFile { .. }
        | Ask::WriteFile { .. }
        | Ask::Exists { .. }
        | Ask::Glob { .. }
        | Ask::MakeDirectory { .. }
        | Ask::Remove { .. }
        | Ask::Sleep { .. }
        | Ask::Timer { .. }
        | Ask::Checkpoint { .. }
        | Ask::Models { .. }
        // It is code under test, which takes nothing from outside.
        | Ask::Python(_) => false,
    }
}

fn read(text: &str) -> Result<BTreeMap<String, Vec<Json>>> {
    let damaged = |why: String| Error::damaged(format!("the cassette cannot be read: {why}"));
    let json: Json = serde_json::from_str(text).map_err(|error| damaged(error.to_string()))?;
    let schema = json.get("schema").and_then(Json::as_str).unwrap_or_default();
    if schema != SCHEMA {
        return Err(damaged(format!("expected the schema {SCHEMA}, found {schema:?}")));
    }
    let tapes = json.get("tapes").and_then(Json::as_object);
    let tapes = tapes.ok_or_else(|| damaged("it has no tapes".to_string()))?;
    let tape = |(part, tape): (&String, &Json)| {
        let tape = tape.as_array().ok_or_else(|| damaged(format!("the tape of `{part}` is no list")))?;
        Ok((part.clone(), tape.clone()))
    };
    tapes.iter().map(tape).collect()
}

fn answer_json(answer: &Answer) -> Json {
    match answer {
        // What is not taped is not asked for here.
        Answer::Done | Answer::Python(_) => json!("done"),
        Answer::Bool(value) => json!({"bool": value}),
        Answer::Int(value) => json!({"int": value}),
        Answer::Text(text) => json!({"text": text}),
        Answer::Texts(texts) => json!({"texts": texts}),
        Answer::Reply(reply) => json!({"reply": crate::model::parsed(reply)}),
        Answer::Replies(replies) => json!({"texts": replies}),
        Answer::Bytes(bytes) => match std::str::from_utf8(bytes) {
            Ok(text) => json!({"utf8": text}),
            Err(_) => json!({"bytes": bytes}),
        },
    }
}

/// Nothing for what is no answer.
fn answer_of(told: &Json) -> Option<std::result::Result<Answer, Fault>> {
    if let Some(fault) = told.get("fault") {
        let field = |key: &str| fault.get(key).and_then(Json::as_str).map(str::to_string);
        let mut made = Fault::new(&field("code")?, field("message")?);
        made.help = field("help");
        return Some(Err(made));
    }
    let answer = told.get("answer")?;
    if answer == "done" {
        return Some(Ok(Answer::Done));
    }
    let (kind, value) = answer.as_object()?.iter().next()?;
    Some(Ok(match kind.as_str() {
        "bool" => Answer::Bool(value.as_bool()?),
        "int" => Answer::Int(value.as_i64()?),
        "text" if value.is_null() => Answer::Text(None),
        "text" => Answer::Text(Some(value.as_str()?.to_string())),
        "texts" => {
            let texts = value.as_array()?.iter().map(|text| text.as_str().map(str::to_string));
            Answer::Texts(texts.collect::<Option<_>>()?)
        }
        "reply" => Answer::Reply(value.to_string()),
        "utf8" => Answer::Bytes(value.as_str()?.as_bytes().to_vec()),
        "bytes" => {
            let bytes = value.as_array()?.iter().map(|byte| u8::try_from(byte.as_u64()?).ok());
            Answer::Bytes(bytes.collect::<Option<_>>()?)
        }
        _ => return None,
    }))
}
