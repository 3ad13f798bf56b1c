//! Providers against a scripted server over real sockets, and cassettes of what it said.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use evidence::compare::Rule;
use evidence::value::Value;
use provider::scripted::{Act, Asked, Fault, Server};
use provider::{
    Backoff, Blocking, Cancel, Cassette, Circuit, Clock, Endpoints, Error, Family, Http, HttpOptions, Limits,
    Manual, Message, Mode, Provider, Redactor, Reply, Request, Resilient, Route, Silent, System,
};
use serde::Deserialize;

use super::outcome::ended;
use crate::call::{Call, Failure};
use crate::row::{Params, Reference, Row};

pub(super) const ROWS: &[Row] = &[
    Row {
        op: "models.provider",
        reference: Reference::Spec("the model runtime: Providers; RFC 9110, section 10.2.3 for Retry-After"),
        inputs: &[],
        params: Params::of::<Served>(),
        run: served,
        rule: Rule::Exact,
        hardened: &[],
        api: &["provider::Provider::complete(request, sink)", "provider::Resilient::new"],
    },
    Row {
        op: "models.cassette",
        reference: Reference::Spec("the model runtime: Providers, cassettes"),
        inputs: &[],
        params: Params::of::<Taped>(),
        run: taped,
        rule: Rule::Exact,
        hardened: &[],
        api: &["provider::Cassette::open(inner, path, mode, redactor)"],
    },
];

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Protocol {
    Chat,
    Responses,
    Messages,
}

impl Protocol {
    fn family(self) -> Family {
        match self {
            Protocol::Chat => Family::Chat,
            Protocol::Responses => Family::Responses,
            Protocol::Messages => Family::Messages,
        }
    }
}

/// What the server does with one attempt.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Does {
    Answers,
    /// With this status, and asks to stay away for so many seconds if it says so.
    Status(u16),
    RateLimited(u64),
    Cuts,
    Closes,
    Babbles,
    TellsNoUsage,
    RepeatsItself,
    Declines,
}

impl Does {
    fn act(&self) -> Act {
        let act = Act::say("the answer");
        let fault = match self {
            Does::Answers => return act,
            Does::Status(status) => return Act::status(*status),
            Does::RateLimited(seconds) => return Act::rate_limited(*seconds),
            Does::Declines => {
                let spoken = provider::scripted::Spoken { is_refusal: true, ..act.spoken.clone() };
                return Act { spoken, ..act };
            }
            Does::Cuts => Fault::CutAfter(40),
            Does::Closes => Fault::Close,
            Does::Babbles => Fault::MalformedJson,
            Does::TellsNoUsage => Fault::MissingUsage,
            Does::RepeatsItself => Fault::DuplicateReply,
        };
        Act { fault: Some(fault), ..act }
    }
}

/// One call.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Served {
    protocol: Protocol,
    stream: bool,
    /// What the server does with each attempt; the last one again with all behind.
    attempts: Vec<Does>,
}

fn wrong(error: impl std::fmt::Display) -> Failure {
    Failure::raised("provider.Error", error.to_string())
}

fn http(server: &Server, family: Family, clock: Arc<dyn Clock>) -> Result<Arc<Http>, Failure> {
    let options = HttpOptions::new(server.base_url(family), family, clock).map_err(wrong)?;
    Ok(Arc::new(Http::new(options).map_err(wrong)?))
}

fn request(prompt: &str, stream: bool) -> Request {
    let mut request = Request::new("m", vec![Message::user(prompt)], 100);
    request.idempotency_key = format!("call {prompt}");
    request.stream = stream;
    request
}

fn ask(provider: &dyn Provider, request: &Request) -> Result<Result<Reply, Error>, Failure> {
    let blocking = Blocking::new().map_err(wrong)?;
    Ok(blocking.complete(provider, request, &mut Silent, &Cancel::new()))
}

fn served(call: &Call<'_>) -> Result<Value, Failure> {
    let Served { protocol, stream, attempts } = call.params()?;
    let script = move |asked: &Asked| {
        let at = usize::try_from(asked.attempt.saturating_sub(1)).unwrap_or_default();
        attempts.get(at).or(attempts.last()).map_or_else(|| Act::say("the answer"), Does::act)
    };
    let family = protocol.family();
    let system: Arc<dyn Clock> = Arc::new(System::new());
    let server = Server::start(script, system.clone()).map_err(wrong)?;
    // No pause lasts, and how long all of them were is told.
    let clock = Arc::new(Manual::skipping(Duration::from_secs(3_600)));
    let endpoints = Endpoints::new(clock.clone());
    let inner = http(&server, family, system)?;
    let route = Route::new(inner, None, &endpoints, Limits::default(), Circuit::default());
    let resilient = Resilient::new(route, Vec::new(), Backoff::new(1), clock.clone());
    let answered = ask(&resilient, &request("a question", stream))?;
    let mut outcome = ended(match &answered {
        Ok(_) => "answered".to_string(),
        Err(error) => error.kind().name().to_string(),
    });
    if let Ok(reply) = &answered {
        outcome.outputs.insert("text".into(), Value::Text(reply.text.clone()));
        outcome.ledger.insert("tells_usage".into(), u64::from(reply.usage.is_some()));
    }
    outcome.calls = server.asked().len() as u64;
    let mut keys: Vec<String> = server.asked().iter().map(|asked| asked.idempotency_key.clone()).collect();
    keys.dedup();
    outcome.ledger.insert("idempotency_keys".into(), keys.len() as u64);
    // The first pause is half a second at most, unless the server asks for more.
    let obeyed = clock.skipped().first().is_some_and(|pause| *pause >= Duration::from_secs(2));
    outcome.ledger.insert("waited_two_seconds".into(), u64::from(obeyed));
    Ok(Value::Outcome(outcome))
}

/// Prompts that are recorded, and a prompt that is asked of the record.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Taped {
    protocol: Protocol,
    recorded: Vec<String>,
    /// Asked in `replay`, one after the other.
    asked: Vec<String>,
    /// What is done to the file in between.
    spoilt: Spoilt,
    /// A key that stands in the prompts and must not stand in the file.
    key: Option<String>,
    /// The mode in which the file is opened again.
    mode: Again,
}

#[derive(Clone, Copy, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Spoilt {
    No,
    /// A letter of a reply is another one.
    Letter,
    /// The last line lacks its end.
    Cut,
    /// The first line says another version.
    Version,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Again {
    Replay,
    Record,
    Cache,
}

/// A file that is removed with this value.
struct Tape(PathBuf);

impl Tape {
    fn new() -> Tape {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let name = format!("lumen-cassette-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        Tape(std::env::temp_dir().join(name))
    }
}

impl Drop for Tape {
    fn drop(&mut self) {
        // One that was never written is not there.
        let _ = std::fs::remove_file(&self.0);
    }
}

fn taped(call: &Call<'_>) -> Result<Value, Failure> {
    let Taped { protocol, recorded, asked, spoilt, key, mode } = call.params()?;
    let (tape, family) = (Tape::new(), protocol.family());
    let script = |asked: &Asked| Act::say(format!("you said {}", asked.prompt()));
    let system: Arc<dyn Clock> = Arc::new(System::new());
    let server = Server::start(script, system.clone()).map_err(wrong)?;
    let redactor = Redactor::new(key.iter().map(|key| key.as_str().into()));
    let open = |mode| -> Result<Result<Cassette, Error>, Failure> {
        Ok(Cassette::open(http(&server, family, system.clone())?, &tape.0, mode, redactor.clone()))
    };
    let first = open(Mode::Record)?.map_err(wrong)?;
    for prompt in &recorded {
        ask(&first, &request(prompt, false))?.map_err(wrong)?;
    }
    drop(first);
    let mut text = std::fs::read_to_string(&tape.0).map_err(wrong)?;
    let held = key.as_ref().is_some_and(|key| text.contains(key.as_str()));
    match spoilt {
        Spoilt::No => {}
        Spoilt::Letter => text = text.replace("you said", "You said"),
        Spoilt::Cut => text.truncate(text.trim_end().len().saturating_sub(1)),
        Spoilt::Version => text = text.replacen("\"version\":1", "\"version\":2", 1),
    }
    if spoilt != Spoilt::No {
        std::fs::write(&tape.0, &text).map_err(wrong)?;
    }
    let before = server.asked().len();
    let opened = open(match mode {
        Again::Replay => Mode::Replay,
        Again::Record => Mode::Record,
        Again::Cache => Mode::Cache,
    })?;
    let mut outcome = ended("answered");
    match opened {
        Err(error) => outcome.status = error.kind().name().to_string(),
        Ok(cassette) => {
            for (n, prompt) in asked.iter().enumerate() {
                match ask(&cassette, &request(prompt, false))? {
                    Ok(reply) => drop(outcome.outputs.insert(format!("{n}"), Value::Text(reply.text))),
                    Err(error) => {
                        outcome.status = error.kind().name().to_string();
                        let names = error.message().contains("/messages/0/content");
                        outcome.ledger.insert("names_the_field".into(), u64::from(names));
                    }
                }
            }
        }
    }
    let is_kept = std::fs::read_to_string(&tape.0).map_err(wrong)?.starts_with(&text);
    outcome.ledger.insert("file_stays".into(), u64::from(is_kept));
    outcome.ledger.insert("key_in_the_file".into(), u64::from(held));
    outcome.calls = (server.asked().len() - before) as u64;
    Ok(Value::Outcome(outcome))
}
