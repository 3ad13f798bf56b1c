//! The model that answers without a network, as a provider: each field of a schema is a question of its own.

use std::sync::{Arc, OnceLock};

use offline::{ANSWERED, BYTES_MAX, NAME, Reader, Task, WEIGHTS};
use provider::{
    Answer, Attempt, Capabilities, Charge, Error, ErrorKind, Family, Price, Provider, Raw, Reply, Request,
    Role, Sink, TokenCount, decode,
};
use serde_json::{Map, Value as Json, json};

/// The provider; its weights are read once.
pub(super) fn provider() -> Result<Arc<dyn Provider>, Error> {
    static READ: OnceLock<Result<Arc<Offline>, String>> = OnceLock::new();
    let read = READ.get_or_init(|| match Reader::new(WEIGHTS) {
        Ok(reader) => Ok(Arc::new(Offline { reader })),
        Err(error) => Err(error.to_string()),
    });
    match read {
        Ok(provider) => Ok(Arc::clone(provider) as Arc<dyn Provider>),
        Err(why) => Err(Error::new(ErrorKind::Config, format!("the weights of the offline model: {why}"))),
    }
}

struct Offline {
    reader: Reader,
}

/// What a field of a schema asks for.
enum Field {
    Choice(Vec<String>),
    Judgement,
    Quote,
}

fn unsupported(what: impl Into<String>) -> Error {
    Error::new(ErrorKind::Unsupported, format!("the offline model: {}", what.into()))
}

/// A field's schema with what it refers to in its place.
fn resolved<'s>(schema: &'s Json, whole: &'s Json) -> Option<&'s Json> {
    match schema.get("$ref").and_then(Json::as_str) {
        None => Some(schema),
        Some(place) => whole.pointer(place.strip_prefix('#')?),
    }
}

impl Field {
    fn of(name: &str, schema: &Json, whole: &Json) -> Result<Field, Error> {
        let found = resolved(schema, whole);
        let labels = found.and_then(|found| found.get("enum")?.as_array());
        if let Some(labels) = labels {
            let texts: Option<Vec<String>> =
                labels.iter().map(|label| label.as_str().map(str::to_string)).collect();
            return texts.map(Field::Choice).ok_or_else(|| {
                unsupported(format!(
                    "the field `{name}` is an enum of other values than texts, expected texts"
                ))
            });
        }
        match found.and_then(|found| found.get("type")?.as_str()) {
            Some("boolean") => Ok(Field::Judgement),
            Some("string") => Ok(Field::Quote),
            other => Err(unsupported(format!(
                "the field `{name}` is {}; it answers texts, which it quotes, booleans and enums of texts; ask another model for the rest",
                other.map_or("of no type that it knows".to_string(), |other| format!("of the type {other}"))
            ))),
        }
    }
}

/// The text that is read: the arguments of the call, and what `role user:` said before them.
fn text(request: &Request) -> String {
    let mut parts = Vec::new();
    // What stands behind an answer asks for the same again.
    for message in request.messages.iter().take_while(|message| message.role != Role::Assistant) {
        if message.role != Role::User {
            continue;
        }
        match serde_json::from_str(&message.content) {
            Ok(Json::Object(given)) => parts.extend(given.into_iter().map(|(_, value)| match value {
                Json::String(text) => text,
                other => other.to_string(),
            })),
            _ => parts.push(message.content.clone()),
        }
    }
    parts.join("\n")
}

impl Offline {
    fn one(&self, text: &str, question: &str, field: &Field) -> Result<Json, Error> {
        let task = match field {
            Field::Choice(_) => Task::Choice,
            Field::Judgement => Task::Judgement,
            Field::Quote => Task::Quote,
        };
        if !ANSWERED.contains(&task) {
            let what = format!(
                "`{question}` asks for {} answer, which it gives too often wrong; ask another model",
                task.asked()
            );
            return Err(unsupported(what));
        }
        let options = match field {
            // As it has learnt them.
            Field::Choice(labels) => labels.iter().map(|label| label.to_lowercase()).collect(),
            Field::Judgement => vec!["yes".to_string(), "no".to_string()],
            Field::Quote => Vec::new(),
        };
        let bytes = Reader::bytes_of(text, question, &options);
        if bytes > BYTES_MAX {
            let what =
                format!("the offline model sees {BYTES_MAX} bytes; text, question and options have {bytes}");
            return Err(Error::new(ErrorKind::ContextTooLong, what));
        }
        let failed = |error: offline::Error| unsupported(error.to_string());
        Ok(match field {
            Field::Quote => Json::from(self.reader.quote(text, question).map_err(failed)?),
            Field::Judgement => {
                Json::from(self.reader.choose(text, question, &options).map_err(failed)? == 0)
            }
            Field::Choice(labels) => {
                let place = self.reader.choose(text, question, &options).map_err(failed)?;
                labels.get(place).map_or(Json::Null, |label| Json::from(label.as_str()))
            }
        })
    }

    /// The reply's text.
    fn answer(&self, request: &Request) -> Result<String, Error> {
        if request.model != NAME {
            let what = format!("the offline model is `{NAME}`, found `{}`", request.model);
            return Err(Error::new(ErrorKind::InvalidRequest, what));
        }
        self.capabilities(NAME).check(request, self.family())?;
        // It always gives the likeliest answer, which is what a temperature of 0 asks for.
        if request.parameters.temperature.is_some_and(|temperature| temperature != 0.0) {
            return Err(unsupported("it has no temperature above 0: it gives the likeliest answer"));
        }
        if request.parameters.top_p.is_some() {
            return Err(unsupported("it has no `top_p`: it gives the likeliest answer"));
        }
        let schema = request.schema.as_ref().ok_or_else(|| {
            unsupported(
                "it writes no text of its own; ask it by a cell whose type is a record of texts, which it quotes",
            )
        })?;
        let whole = &schema.json;
        let fields = whole.get("properties").and_then(Json::as_object);
        let fields = fields.ok_or_else(|| unsupported("the schema is no object with properties"))?;
        let instructions = request.messages.iter().rev().find(|message| message.role == Role::System);
        let text = text(request);
        let mut answers = Map::new();
        for (name, field) in fields {
            let kind = Field::of(name, field, whole)?;
            let described = field.get("description").and_then(Json::as_str).map(str::to_string);
            // A value that stands alone has no name of its own: its cell's instructions ask for it.
            let alone = instructions.filter(|_| fields.len() == 1 && name == "value");
            let question = described
                .or_else(|| alone.map(|message| message.content.clone()))
                .unwrap_or_else(|| name.replace('_', " "));
            let question = question.trim().trim_end_matches('?');
            answers.insert(name.clone(), self.one(&text, question, &kind)?);
        }
        Ok(Json::Object(answers).to_string())
    }

    fn reply(&self, request: &Request, sink: &mut dyn Sink) -> Result<Reply, Error> {
        let mut text = self.answer(request)?;
        let most = request.parameters.max_tokens as usize;
        let is_cut = text.len() > most;
        if is_cut {
            text.truncate((0..=most).rev().find(|&at| text.is_char_boundary(at)).unwrap_or_default());
        }
        // Written as a server would write it, so that a cassette keeps it as it keeps any other.
        let body = json!({
            "model": NAME,
            "choices": [{
                "index": 0,
                "message": {"role": "assistant", "content": text},
                "finish_reason": if is_cut { "length" } else { "stop" },
            }],
            "usage": {"prompt_tokens": tokens(request), "completion_tokens": text.len()},
        });
        let raw = Raw {
            family: Family::Chat.name(),
            status: 200,
            content_type: "application/json".to_string(),
            chunks: vec![body.to_string().into_bytes()],
        };
        decode(raw, request.schema.is_some(), sink)
    }
}

/// A token is a byte of what is said.
fn tokens(request: &Request) -> u64 {
    request.messages.iter().map(|message| message.content.len() as u64).sum()
}

impl Provider for Offline {
    fn complete<'a>(&'a self, request: &'a Request, sink: &'a mut dyn Sink) -> Answer<'a> {
        let model = request.model.clone();
        let answer = match self.reply(request, sink) {
            Ok(mut reply) => {
                let charge = Charge::Counted(reply.usage.unwrap_or_default());
                reply.attempts = vec![Attempt { model, failed: None, charge }];
                Ok(reply)
            }
            Err(error) => {
                let attempt = Attempt { model, failed: Some(error.kind()), charge: Charge::Nothing };
                Err(error.with_attempts(vec![attempt]))
            }
        };
        Box::pin(std::future::ready(answer))
    }

    fn count_tokens(&self, request: &Request) -> TokenCount {
        TokenCount { tokens: tokens(request), is_exact: true }
    }

    fn capabilities(&self, _model: &str) -> Capabilities {
        Capabilities { streaming: false, structured: true, stop: false, seed: false, exact_count: true }
    }

    fn price(&self, model: &str, _input_tokens: u64) -> Option<Price> {
        (model == NAME).then(|| Price {
            input_nanodollars: 0,
            output_nanodollars: 0,
            input_tokens_max: None,
            as_of: "2026-11-23".to_string(),
            source: "this program, which asks nobody".to_string(),
        })
    }

    fn family(&self) -> &'static str {
        "offline"
    }

    fn endpoint(&self) -> String {
        "offline".to_string()
    }
}
