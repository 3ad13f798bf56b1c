//! What is sent to a model and what comes back.

use crate::amounts::Amounts;
use crate::digest::Digest;
use crate::failure::ProviderClass;
use crate::prices::Price;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// A text that the host keeps under its hash, so that the machine never holds a large one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Blob {
    /// The hash of its bytes.
    pub digest: Digest,
    /// How many bytes of UTF-8.
    pub bytes: u64,
    /// Its first characters.
    pub preview: String,
}

impl Blob {
    /// The blob of a text.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let preview = text.chars().take(crate::prompt::PREVIEW_CHARS).collect();
        Self { digest: Digest::of(text.as_bytes()), bytes: text.len() as u64, preview }
    }
}

/// A piece of a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// Text as it stands.
    Text(String),
    /// Text that the host puts in.
    Blob(Blob),
}

/// Who says a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names are those of every provider")]
pub enum Speaker {
    System,
    User,
    Assistant,
}

/// One message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Who says it.
    pub speaker: Speaker,
    /// Its pieces, which follow each other without a gap.
    pub parts: Vec<Part>,
}

impl Message {
    /// A message of one text.
    #[must_use]
    pub fn text(speaker: Speaker, text: impl Into<String>) -> Self {
        Self { speaker, parts: vec![Part::Text(text.into())] }
    }
}

/// One request to a model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// The model's alias.
    pub model: String,
    /// What it is told.
    pub messages: Vec<Message>,
    /// The most that it may write.
    pub max_output_tokens: u64,
    /// What its answer must fit, for providers with structured output.
    pub schema: Option<Value>,
}

/// The bound on a message's frame, in tokens.
const FRAME_TOKENS: u64 = 16;

impl Request {
    /// The hash by which two requests are the same.
    #[must_use]
    pub fn digest(&self) -> Digest {
        let messages = serde_json::to_value(&self.messages).unwrap_or_default();
        Digest::of_json(&json!([self.model, messages, self.max_output_tokens, self.schema]))
    }

    /// Bytes of text.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        let size = |part: &Part| match part {
            Part::Text(text) => text.len() as u64,
            Part::Blob(blob) => blob.bytes,
        };
        let parts = self.messages.iter().flat_map(|message| &message.parts);
        let schema = self.schema.as_ref().map_or(0, |schema| schema.to_string().len() as u64);
        parts.map(size).fold(schema, u64::saturating_add)
    }

    /// What the request costs at most: no token is shorter than a byte.
    #[must_use]
    pub fn worst_case(&self, price: Option<Price>) -> Amounts {
        let frames = FRAME_TOKENS * self.messages.len() as u64;
        worst_case(self.bytes().saturating_add(frames), self.bytes(), self.max_output_tokens, price)
    }
}

pub(crate) fn worst_case(input: u64, bytes: u64, output: u64, price: Option<Price>) -> Amounts {
    let amounts = Amounts {
        input_tokens: input,
        output_tokens: output,
        tokens: input.saturating_add(output),
        calls: 1,
        bytes,
        ..Amounts::default()
    };
    price.map_or(amounts, |price| price.priced(amounts))
}

/// Tokens as a provider reports them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the fields are the dimensions")]
pub struct Usage {
    pub input_tokens: u64,
    pub output_tokens: u64,
}

/// A model's answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reply {
    /// Its text.
    pub text: String,
    /// What the provider says it used; without it the reservation is booked.
    pub usage: Option<Usage>,
    /// How long it took.
    pub latency_ms: u64,
    /// Whether the text stopped at the most that it may write.
    pub cut: bool,
}

/// An attempt without an answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttemptError {
    /// Why.
    pub class: ProviderClass,
    /// The provider's words.
    pub message: String,
    /// How long it took.
    pub latency_ms: u64,
    /// How long the provider asks to wait.
    pub retry_after_ms: Option<u64>,
}
