//! What a script sees and what it may have the server do.

use std::time::Duration;

use serde_json::Value as Json;

use crate::wire::Family;

/// A request as it arrived.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The protocol.
    pub family: Family,
    /// The body.
    pub body: Json,
    /// The header `Idempotency-Key`.
    pub idempotency_key: String,
    /// What authenticates it: `Authorization`, or `x-api-key`.
    pub authorization: String,
    /// How often this idempotency key has arrived, counted from 1.
    pub attempt: u32,
    /// Which request of the server's it is, counted from 1: what its reply's id tells.
    pub number: usize,
}

impl Asked {
    /// The last message's text: what a script goes by.
    pub fn prompt(&self) -> &str {
        let messages = self.body.get("messages").or_else(|| self.body.get("input"));
        let last = messages.and_then(Json::as_array).and_then(|list| list.last());
        last.and_then(|message| message.get("content")?.as_str()).unwrap_or_default()
    }

    /// Whether the client wants a stream of events.
    pub fn streams(&self) -> bool {
        self.body.get("stream").and_then(Json::as_bool).unwrap_or(false)
    }
}

/// A reply's content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spoken {
    /// The text.
    pub text: String,
    /// Tokens of input and output; `None` tells none.
    pub usage: Option<(u64, u64)>,
    /// Ends by the limit of tokens instead of by the model.
    pub is_cut_by_length: bool,
    /// The model declines, with the text as its reason.
    pub is_refusal: bool,
    /// The server gives the reply no id.
    pub is_unnamed: bool,
}

impl Spoken {
    /// A text with its usage: a token a word on either side.
    pub fn new(text: impl Into<String>) -> Spoken {
        let text = text.into();
        let words = text.split_whitespace().count() as u64;
        Spoken {
            text,
            usage: Some((words, words)),
            is_cut_by_length: false,
            is_refusal: false,
            is_unnamed: false,
        }
    }
}

/// What goes wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// An error's status with its header `Retry-After` and its body.
    Status {
        /// The status.
        status: u16,
        /// The header, as it is.
        retry_after: Option<String>,
        /// The body, as it is.
        body: String,
    },
    /// Takes the request and never answers.
    Hang,
    /// Answers the head and so many bytes of the body, then nothing more.
    HangAfter(usize),
    /// Answers the head and so many bytes of the body, then closes the connection.
    CutAfter(usize),
    /// Sends the whole body and closes the connection as if more were to come: short of its length, or without the last
    /// chunk.
    ShortOfLength,
    /// Closes the connection without a byte.
    Close,
    /// A body that is not JSON.
    MalformedJson,
    /// Leaves the usage out.
    MissingUsage,
    /// Tells a usage that no server could count: a negative number.
    WrongUsage,
    /// Sends the whole response twice.
    DuplicateReply,
    /// Sends the whole response a second time in front of the answer to the connection's next request.
    LateDuplicate,
    /// Sends every event of a stream twice.
    DuplicateEvents,
    /// A text of so many bytes.
    Oversized(usize),
    /// Sends this in the body's place.
    Body(Vec<u8>),
}

/// One answer of the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Act {
    /// What it says.
    pub spoken: Spoken,
    /// What goes wrong with it.
    pub fault: Option<Fault>,
    /// How long it thinks first, on the server's clock.
    pub delay: Duration,
    /// Sends the body in pieces of so many bytes, each on its own; 0 for all at once.
    pub piece_bytes: usize,
    /// Waits so long between two pieces, on the server's clock.
    pub piece_delay: Duration,
    /// Ends lines of events by carriage return and line feed, and puts comments between the events.
    pub is_ornate: bool,
}

impl Act {
    /// Says a text.
    pub fn say(text: impl Into<String>) -> Act {
        Act {
            spoken: Spoken::new(text),
            fault: None,
            delay: Duration::ZERO,
            piece_bytes: 0,
            piece_delay: Duration::ZERO,
            is_ornate: false,
        }
    }

    /// Fails.
    pub fn fail(fault: Fault) -> Act {
        Act { fault: Some(fault), ..Act::say("a faulty reply") }
    }

    /// Answers an error's status, in the form that the makers give it.
    pub fn status(status: u16) -> Act {
        let body = r#"{"error":{"type":"scripted","message":"as the script wants it"}}"#.to_string();
        Act::fail(Fault::Status { status, retry_after: None, body })
    }

    /// Answers 429 and asks to stay away for so many seconds.
    pub fn rate_limited(seconds: u64) -> Act {
        let body = r#"{"error":{"type":"rate_limit_error","message":"slow down"}}"#.to_string();
        Act::fail(Fault::Status { status: 429, retry_after: Some(seconds.to_string()), body })
    }
}

/// Decides what the server does. Any function from a request to an act is one.
pub trait Script: Send + Sync + 'static {
    /// What to do with a request. The same request must give the same act.
    fn act(&self, asked: &Asked) -> Act;
}

impl<F: Fn(&Asked) -> Act + Send + Sync + 'static> Script for F {
    fn act(&self, asked: &Asked) -> Act {
        self(asked)
    }
}
