//! What a model answered.

use serde_json::Value as Json;

use crate::error::ErrorKind;

/// Tokens as the server counted them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Tokens of the request, those read from the server's cache included.
    pub input_tokens: u64,
    /// Tokens of the reply, hidden reasoning included.
    pub output_tokens: u64,
    /// Those of the input that were read from the server's cache.
    pub cached_tokens: u64,
}

/// Why a reply ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FinishReason {
    /// The model was done, or met a stop text.
    Stop,
    /// The limit of tokens, or the end of the model's window.
    Length,
    /// A reason of the server's own, as it names it.
    Other(String),
}

/// The bytes of a reply as they came, from which everything else was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Raw {
    /// The name of the protocol they are in.
    pub family: &'static str,
    /// The status, 200 for what became a reply.
    pub status: u16,
    /// The type that the server gave the body; decides whether it is a stream of events.
    pub content_type: String,
    /// The body in the pieces in which it arrived. A piece may end within a character.
    pub chunks: Vec<Vec<u8>>,
}

/// One attempt of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// The model that was asked.
    pub model: String,
    /// How it failed; `None` for the one that succeeded.
    pub failed: Option<ErrorKind>,
    /// What a ledger books for it.
    pub charge: Charge,
}

/// What an attempt costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Charge {
    /// Nothing: it was never sent, or answered by an error's status.
    Nothing,
    /// What the server counted.
    Counted(Usage),
    /// Unknown: it was cut, timed out, or came without usage. A ledger books its reservation.
    Reserved,
}

impl Reply {
    /// What the reply costs: what the server counted, else nobody knows.
    pub(crate) fn charge(&self) -> Charge {
        self.usage.map_or(Charge::Reserved, Charge::Counted)
    }
}

/// A model's answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Reply {
    /// The model that answered, as the server names it.
    pub model: String,
    /// The text.
    pub text: String,
    /// The text as JSON, for a request with a schema whose reply was not cut by its length.
    pub value: Option<Json>,
    /// Tokens; absent where the server does not tell.
    pub usage: Option<Usage>,
    /// Why it ended.
    pub finish: FinishReason,
    /// The body as it came.
    pub raw: Raw,
    /// Every attempt, the successful one last; empty for a reply from a cassette.
    pub attempts: Vec<Attempt>,
}
