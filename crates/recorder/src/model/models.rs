//! Asking models: from a prompt to a value that fits its schema.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use provider::{
    Attempt, Backoff, Blocking, Cancel, Cassette, Charge, Circuit, Clock, Connected, Dispatch, Endpoints,
    Error, ErrorKind, FinishReason, Message, Mode, Prices, Provider, Redactor, Request, Role, Schema, Sink,
    World,
};
use rlm::Reading;
use secrecy::SecretString;
use serde_json::{Map, Value as Json, json};

use super::budget::{Amount, Ticket};
use super::reply::{Account, error, finish};
use super::router::Router;
use super::table::Table;
use crate::world::{self, Work};

/// How often a model is asked for a value that fits, the first time included.
const ASKED_MAX: u32 = 3;

/// Replies on file.
#[derive(Clone, Debug)]
pub struct Taped {
    pub path: PathBuf,
    pub mode: Mode,
}

/// Gives the value of a variable.
type Secret = dyn Fn(&str) -> Option<SecretString> + Send + Sync;
/// Gives the contents of a file.
type Contents = dyn Fn(&str) -> std::io::Result<String> + Send + Sync;
/// An alias, and how often its failed attempts are made again.
type Connection = (String, Option<u32>);

/// What [`Models`] needs of the world; whoever makes them decides what of it may be seen.
pub struct Setup {
    /// The value of a variable that holds a key.
    pub secret: Box<Secret>,
    /// The contents of a file with certificates.
    pub file: Box<Contents>,
    pub clock: Arc<dyn Clock>,
    pub endpoints: Arc<Endpoints>,
    pub backoff: Backoff,
    pub prices: Arc<Prices>,
    pub taped: Option<Taped>,
}

/// One call: a prompt as [`prelude::effects::Ask::Model`] has it, and what its run says of it.
pub struct Call {
    pub(crate) prompt: Json,
    /// Which of the equal prompts of its run it is, from 0.
    pub(crate) lane: u64,
    /// The same each time the call is made.
    pub(crate) idempotency_key: String,
    /// How often a failed attempt is made again, where the grant says.
    pub(crate) retries: Option<u32>,
    /// The account of its grant, where that has limits of tokens or cost.
    pub(crate) ticket: Option<Ticket>,
}

/// Asks the models of a program.
#[derive(Clone)]
pub struct Models {
    inner: Arc<Inner>,
    /// Whether only those are asked that need nothing outside.
    only_closed: bool,
}

struct Inner {
    table: Table,
    setup: Setup,
    connected: Mutex<BTreeMap<Connection, Arc<Model>>>,
    /// Opened with the first call.
    cassette: Mutex<Option<Arc<Cassette>>>,
    blocking: Blocking,
}

/// A model that can be asked.
pub(super) struct Model {
    connected: Connected,
}

impl Model {
    pub(super) fn provider(&self) -> &provider::Resilient {
        &self.connected.provider
    }

    /// As its provider names it.
    pub(super) fn model(&self) -> &str {
        &self.connected.model
    }

    pub(super) fn timeouts(&self) -> provider::Timeouts {
        self.connected.timeouts
    }

    /// The text without the keys of the provider.
    pub(super) fn redacted(&self, text: &str) -> String {
        self.connected.redactor.text(text)
    }
}

impl Models {
    /// Nothing is opened or sent yet.
    ///
    /// # Errors
    /// The system has nothing to wait for sockets with.
    pub fn new(table: Table, setup: Setup) -> Result<Models, String> {
        let blocking = Blocking::new().map_err(|error| error.message().to_string())?;
        let inner = Inner { table, setup, connected: Mutex::default(), cassette: Mutex::default(), blocking };
        Ok(Models { inner: Arc::new(inner), only_closed: false })
    }

    /// The call as work for a thread, which gives the reply as JSON; its failures too are such.
    pub fn work(&self, call: Call) -> Work {
        let alias = call.prompt.get("alias").and_then(Json::as_str).unwrap_or_default();
        if let Err(why) = self.permit(alias) {
            let told = failed(alias, &why).to_string().into_bytes();
            return Arc::new(move |_: &world::Cancel| Ok(told.clone()));
        }
        let inner = Arc::clone(&self.inner);
        Arc::new(move |cancel: &world::Cancel| Ok(inner.reply(&call, cancel).to_string().into_bytes()))
    }

    /// The same, of which a test asks only those that need no network: the others answer R0802.
    pub(crate) fn for_tests(&self) -> Models {
        Models { only_closed: true, ..self.clone() }
    }

    /// Whether a test asks.
    pub(crate) fn are_for_tests(&self) -> bool {
        self.only_closed
    }

    /// Whether nothing outside is needed for an alias's replies: the program carries the model itself, or a cassette that
    /// replays answers for it.
    pub(crate) fn is_closed(&self, alias: &str) -> bool {
        let replays = self.inner.setup.taped.as_ref().is_some_and(|taped| taped.mode == Mode::Replay);
        replays || self.family(alias) == Some("offline")
    }

    fn permit(&self, alias: &str) -> Result<(), Error> {
        if !self.only_closed || self.is_closed(alias) {
            return Ok(());
        }
        let why = "a test asks no server, and its cassette has no such prompt: `lumen test --record` asks the model \
                   and keeps what it says";
        Err(Error::new(ErrorKind::CassetteMiss, why))
    }

    /// A model whose failed attempts are made again by who asks.
    pub(super) fn once(&self, alias: &str) -> Result<Arc<Model>, Error> {
        self.permit(alias)?;
        self.inner.connect(alias, Some(0))
    }

    /// Asks who answers for the model, and waits.
    pub(super) fn complete(
        &self,
        model: &Model,
        request: &Request,
        sink: &mut dyn Sink,
        withdrawn: &Cancel,
    ) -> Result<provider::Reply, Error> {
        let provider = self.inner.provider(model)?;
        self.inner.blocking.complete(&*provider, request, sink, withdrawn)
    }

    /// The protocol of the server that an alias's model is on.
    pub(crate) fn family(&self, alias: &str) -> Option<&'static str> {
        self.inner.table.family(alias)
    }

    pub(super) fn backoff(&self) -> Backoff {
        self.inner.setup.backoff
    }

    /// The time of timeouts and pauses; no reply depends on it.
    pub(crate) fn now(&self) -> std::time::Duration {
        self.inner.setup.clock.now()
    }
}

impl Inner {
    fn connect(&self, alias: &str, retries: Option<u32>) -> Result<Arc<Model>, Error> {
        let mut known = self.connected.lock().unwrap_or_else(PoisonError::into_inner);
        let place = (alias.to_string(), retries);
        if let Some(model) = known.get(&place) {
            return Ok(Arc::clone(model));
        }
        let model = Arc::new(Model { connected: self.connection(self.table.name(alias), retries)? });
        known.insert(place, Arc::clone(&model));
        Ok(model)
    }

    fn connection(&self, name: &str, retries: Option<u32>) -> Result<Connected, Error> {
        // A replay sends nothing, so it needs no key.
        let replays = self.setup.taped.as_ref().is_some_and(|taped| taped.mode == Mode::Replay);
        let secret = |variable: &str| match (self.setup.secret)(variable) {
            None if replays => Some(SecretString::from(String::new())),
            found => found,
        };
        let mut backoff = self.setup.backoff;
        if let Some(retries) = retries {
            backoff.retries = retries;
        }
        self.table.config.connect(
            name,
            &World {
                secret: &secret,
                file: &*self.setup.file,
                endpoints: Arc::clone(&self.setup.endpoints),
                clock: Arc::clone(&self.setup.clock),
                backoff,
                circuit: Circuit::default(),
                prices: Arc::clone(&self.setup.prices),
                offline: &super::offline::provider,
            },
        )
    }

    /// Who answers: the model's provider, or the cassette before those of all models.
    fn provider(&self, model: &Model) -> Result<Arc<dyn Provider>, Error> {
        let Some(taped) = self.setup.taped.as_ref().filter(|taped| taped.mode != Mode::Off) else {
            return Ok(model.connected.provider.clone());
        };
        let mut cassette = self.cassette.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(opened) = &*cassette {
            return Ok(opened.clone());
        }
        let mut models = Vec::new();
        let mut keys = Vec::new();
        for name in self.table.config.models.keys() {
            let Ok(connected) = self.connection(name, None) else { continue };
            models.push((connected.model, connected.provider));
        }
        for provider in self.table.config.providers.values() {
            keys.extend(provider.key_env().and_then(|variable| (self.setup.secret)(variable)));
        }
        let router = Router::new(models).map_err(|why| Error::new(ErrorKind::Cassette, why))?;
        let opened =
            Arc::new(Cassette::open(Arc::new(router), &taped.path, taped.mode, Redactor::new(keys))?);
        *cassette = Some(Arc::clone(&opened));
        Ok(opened)
    }

    fn reply(&self, call: &Call, cancel: &world::Cancel) -> Json {
        let alias = call.prompt.get("alias").and_then(Json::as_str).unwrap_or_default();
        let model = match self.connect(alias, call.retries) {
            Ok(model) => model,
            Err(why) => return failed(alias, &why),
        };
        let mut booking = Booking { ticket: call.ticket.as_ref(), ..Booking::default() };
        let told = match self.provider(&model) {
            Ok(provider) => self.converse(&*provider, &model, call, cancel, &mut booking),
            Err(why) => Err(why),
        };
        let mut reply = match told {
            Ok(told) => told,
            Err(why) => match booking.refused.take() {
                Some(refused) => error("R0907", "budget", &format!("a grant's limit is reached: {refused}")),
                None => failed(alias, &why),
            },
        };
        if let Json::Object(told) = &mut reply {
            booking.account.tell(told);
            told.insert("provider".to_string(), json!(self.table.family(alias)));
        }
        // Whatever a server repeats: a key never reaches the log.
        let clean = model.connected.redactor.text(&reply.to_string());
        serde_json::from_str(&clean).unwrap_or_else(|_| {
            error("R0704", "malformed", "the reply repeats a key in a way that cannot be taken out")
        })
    }

    /// Asks until the reply fits the schema.
    fn converse(
        &self,
        provider: &dyn Provider,
        model: &Model,
        call: &Call,
        cancel: &world::Cancel,
        booking: &mut Booking<'_>,
    ) -> Result<Json, Error> {
        let mut request = request(call, model)?;
        let schema = call.prompt.get("schema");
        let typed = schema.map(rlm::Schema::register).transpose().map_err(|refusals| {
            let why: Vec<String> = refusals.iter().map(ToString::to_string).collect();
            Error::new(ErrorKind::Unsupported, format!("the schema: {}", why.join("; ")))
        })?;
        let withdrawn = Cancel::new();
        let withdraw = withdrawn.clone();
        cancel.on_cancel(move || withdraw.cancel());
        let mut asked = 0;
        let told = loop {
            asked += 1;
            let reply = match self.blocking.complete(provider, &request, booking, &withdrawn) {
                Ok(reply) => reply,
                Err(why) => break Err(why),
            };
            let mut told = Map::new();
            let Some(typed) = &typed else {
                told.insert("value".to_string(), json!(reply.text));
                told.insert("model".to_string(), json!(reply.model));
                told.insert("finish".to_string(), json!(finish(&reply)));
                break Ok(Json::Object(told));
            };
            if reply.finish == FinishReason::Length {
                let most = request.parameters.max_tokens;
                let what = format!("the reply was cut after {most} tokens; raise `max_tokens`");
                break Ok(error("R0704", "length", &what));
            }
            match rlm::reply::parse(&reply.text, typed, Reading::Hardened) {
                Ok(read) => {
                    let is_wrapped = call.prompt.get("wrapped").and_then(Json::as_bool).unwrap_or_default();
                    let value = match is_wrapped {
                        true => read.value.get("value").cloned().unwrap_or_default(),
                        false => read.value,
                    };
                    told.insert("value".to_string(), value);
                    told.insert("model".to_string(), json!(reply.model));
                    told.insert("finish".to_string(), json!(finish(&reply)));
                    told.insert("asked".to_string(), json!(asked));
                    if !read.repairs.is_empty() {
                        let repairs = serde_json::to_value(&read.repairs).unwrap_or_default();
                        told.insert("repairs".to_string(), repairs);
                    }
                    break Ok(Json::Object(told));
                }
                Err(why) if asked < ASKED_MAX => {
                    let again =
                        format!("That does not do: {why}. Reply with one JSON value that fits the schema.");
                    request.messages.push(Message::assistant(reply.text));
                    request.messages.push(Message::user(again));
                    request.idempotency_key = format!("{}-{asked}", call.idempotency_key);
                }
                Err(why) => {
                    let what = format!("no reply of {ASKED_MAX} fits: {why}");
                    break Ok(error("R0704", "misfit", &what));
                }
            }
        };
        cancel.finish();
        told
    }
}

fn request(call: &Call, model: &Model) -> Result<Request, Error> {
    let wrong = |what: &str| Error::new(ErrorKind::InvalidRequest, format!("a prompt without {what}"));
    let mut messages = Vec::new();
    for message in call.prompt.get("messages").and_then(Json::as_array).ok_or_else(|| wrong("messages"))? {
        let text = |name: &str| message.get(name).and_then(Json::as_str);
        let role = match text("role") {
            Some("system") => Role::System,
            Some("user") => Role::User,
            Some("assistant") => Role::Assistant,
            _ => return Err(wrong("a role")),
        };
        let content = text("content").ok_or_else(|| wrong("content"))?.to_string();
        messages.push(Message { role, content });
    }
    let max_tokens = call.prompt.get("max_tokens").and_then(Json::as_u64).and_then(|n| u32::try_from(n).ok());
    let max_tokens = max_tokens.ok_or_else(|| wrong("max_tokens"))?;
    let mut request = Request::new(model.connected.model.clone(), messages, max_tokens);
    request.parameters.temperature = call.prompt.get("temperature").and_then(Json::as_f64);
    request.schema =
        call.prompt.get("schema").map(|schema| Schema { name: "reply".to_string(), json: schema.clone() });
    request.idempotency_key.clone_from(&call.idempotency_key);
    request.lane = Some(call.lane);
    request.timeouts = model.connected.timeouts;
    Ok(request)
}

pub(super) fn failed(alias: &str, why: &Error) -> Json {
    let kind = why.kind();
    let code = match kind {
        ErrorKind::CassetteMiss | ErrorKind::Cassette => "R0802",
        ErrorKind::Timeout => "R0702",
        ErrorKind::Malformed => "R0704",
        _ => "R0701",
    };
    error(code, kind.name(), &format!("the model `{alias}` failed: {}", why.message()))
}

/// Books attempts as they come.
#[derive(Default)]
struct Booking<'t> {
    ticket: Option<&'t Ticket>,
    account: Account,
    /// Of the attempt on its way: what was set aside, its price in nano-dollars of input and output, its worst case.
    open: Option<Open>,
    refused: Option<String>,
}

struct Open {
    reserved: Amount,
    price: Option<provider::Price>,
}

impl Sink for Booking<'_> {
    fn attempt(&mut self, dispatch: &Dispatch) -> provider::Result<()> {
        let tokens = dispatch.input_tokens_max.saturating_add(dispatch.output_tokens_max);
        let worst = dispatch
            .price
            .as_ref()
            .and_then(|price| price.at_most(dispatch.input_tokens_max, dispatch.output_tokens_max));
        let reserved = match self.ticket.map(|ticket| ticket.reserve(tokens, worst)) {
            None => Amount { tokens, nanodollars: worst.unwrap_or_default() },
            Some(Ok(reserved)) => reserved,
            Some(Err(why)) => {
                self.refused = Some(why.clone());
                return Err(Error::new(ErrorKind::Cancelled, why));
            }
        };
        self.open = Some(Open { reserved, price: dispatch.price.clone() });
        Ok(())
    }

    fn settled(&mut self, attempt: &Attempt) {
        let Some(open) = self.open.take() else { return };
        let spent = match attempt.charge {
            Charge::Nothing => Amount::default(),
            Charge::Reserved => open.reserved,
            Charge::Counted(usage) => Amount {
                tokens: usage.input_tokens.saturating_add(usage.output_tokens),
                nanodollars: open.price.as_ref().and_then(|price| price.of(usage)).unwrap_or_default(),
            },
        };
        if let Some(ticket) = self.ticket {
            ticket.settle(open.reserved, spent);
        }
        self.account.book(attempt, spent, open.price.is_some());
    }
}
