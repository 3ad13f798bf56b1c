//! What is asked of a model.

use std::time::Duration;

use serde_json::{Map, Value as Json};

/// Who speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// Instructions that stand above the conversation.
    System,
    /// The one who asks.
    User,
    /// The model, in turns that went before.
    Assistant,
}

impl Role {
    /// The name that every protocol uses.
    pub fn name(self) -> &'static str {
        match self {
            Role::System => "system",
            Role::User => "user",
            Role::Assistant => "assistant",
        }
    }
}

/// One turn of a conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Who speaks.
    pub role: Role,
    /// What is said.
    pub content: String,
}

impl Message {
    /// Instructions.
    pub fn system(content: impl Into<String>) -> Message {
        Message { role: Role::System, content: content.into() }
    }

    /// A question.
    pub fn user(content: impl Into<String>) -> Message {
        Message { role: Role::User, content: content.into() }
    }

    /// An answer that the model gave before.
    pub fn assistant(content: impl Into<String>) -> Message {
        Message { role: Role::Assistant, content: content.into() }
    }
}

/// What steers the sampling. A provider that lacks one of those given refuses the request; none is left out.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameters {
    /// The most tokens of the reply: the bound that a budget reserves by, therefore never absent.
    pub max_tokens: u32,
    /// Temperature of the distribution; the model's own where absent.
    pub temperature: Option<f64>,
    /// Share of the probability that is sampled from.
    pub top_p: Option<f64>,
    /// Texts that end the reply where they appear.
    pub stop: Vec<String>,
    /// State of the server's random source.
    pub seed: Option<i64>,
}

impl Parameters {
    /// The model's own sampling, up to so many tokens.
    pub fn new(max_tokens: u32) -> Parameters {
        Parameters { max_tokens, temperature: None, top_p: None, stop: Vec::new(), seed: None }
    }

    /// The parameters that were given, as a JSON object.
    pub fn to_json(&self) -> Json {
        let mut object = Map::new();
        object.insert("max_tokens".into(), self.max_tokens.into());
        let numbers = [("temperature", self.temperature), ("top_p", self.top_p)];
        for (name, value) in numbers.into_iter().filter_map(|(name, value)| Some((name, value?))) {
            object.insert(name.into(), value.into());
        }
        if !self.stop.is_empty() {
            object.insert("stop".into(), self.stop.clone().into());
        }
        if let Some(seed) = self.seed {
            object.insert("seed".into(), seed.into());
        }
        Json::Object(object)
    }
}

/// The shape of a structured reply. That a reply has it is checked by whoever defined it; a provider promises JSON.
#[derive(Clone, Debug, PartialEq)]
pub struct Schema {
    /// A name for it, which some protocols ask for: letters, digits, `_` and `-`.
    pub name: String,
    /// JSON Schema.
    pub json: Json,
}

/// How long to wait for each step of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// For a connection, TLS included.
    pub connect: Duration,
    /// From the request's end to the first byte of the reply.
    pub first_byte: Duration,
    /// Between two pieces of the reply.
    pub idle: Duration,
}

impl Default for Timeouts {
    fn default() -> Timeouts {
        Timeouts {
            connect: Duration::from_secs(10),
            first_byte: Duration::from_secs(120),
            idle: Duration::from_secs(60),
        }
    }
}

/// One call of a model.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// The model as its provider names it.
    pub model: String,
    /// The conversation; at least one message.
    pub messages: Vec<Message>,
    /// What steers the sampling.
    pub parameters: Parameters,
    /// The shape of a structured reply.
    pub schema: Option<Schema>,
    /// Whether the text arrives in pieces.
    pub stream: bool,
    /// Names the call to the server, the same for each attempt; different calls have different ones.
    pub idempotency_key: String,
    /// Which of the equal requests of its run this is, counted from 0 in the order of the calls: the lane of a
    /// cassette. Where it is absent, the order in which they are enrolled or asked decides.
    pub lane: Option<u64>,
    /// How long to wait.
    pub timeouts: Timeouts,
}

impl Request {
    /// A request for one reply of at most so many tokens.
    pub fn new(model: impl Into<String>, messages: Vec<Message>, max_tokens: u32) -> Request {
        Request {
            model: model.into(),
            messages,
            parameters: Parameters::new(max_tokens),
            schema: None,
            stream: false,
            idempotency_key: String::new(),
            lane: None,
            timeouts: Timeouts::default(),
        }
    }
}
