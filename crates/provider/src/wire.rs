//! The protocols: a request as JSON, and a reply out of the bytes of one.
//!
//! A [`Decoder`] takes the body in pieces of any size, from a connection or from a cassette, so that a replayed reply
//! goes through the code that read the live one.

mod chat;
mod events;
mod fields;
mod messages;
mod responses;
mod status;

use serde_json::Value as Json;

use crate::error::{Error, ErrorKind, Result};
use crate::provider::{Capabilities, Sink};
use crate::reply::{FinishReason, Raw, Reply, Usage};
use crate::request::Request;

pub(crate) use events::EventReader;
pub(crate) use fields::add;
pub(crate) use status::{Answered, failure};

use events::Event;

/// A protocol of a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Family {
    /// OpenAI's chat completions, which most other servers speak too.
    Chat,
    /// OpenAI's responses.
    Responses,
    /// Anthropic's messages.
    Messages,
}

/// The name of the limit of a reply's tokens in chat completions: servers know one, some only the older.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OutputLimit {
    /// `max_tokens`, what servers compatible with OpenAI's know.
    #[default]
    MaxTokens,
    /// `max_completion_tokens`, what OpenAI's reasoning models insist on.
    MaxCompletionTokens,
}

impl Family {
    /// Every protocol.
    pub const ALL: [Family; 3] = [Family::Chat, Family::Responses, Family::Messages];

    /// The protocol's name in cassettes.
    pub fn name(self) -> &'static str {
        match self {
            Family::Chat => "openai.chat",
            Family::Responses => "openai.responses",
            Family::Messages => "anthropic.messages",
        }
    }

    /// The protocol of a name.
    pub fn from_name(name: &str) -> Option<Family> {
        Family::ALL.into_iter().find(|family| family.name() == name)
    }

    /// What follows a base URL.
    pub(crate) fn path(self) -> &'static str {
        match self {
            Family::Chat => "/chat/completions",
            Family::Responses => "/responses",
            Family::Messages => "/v1/messages",
        }
    }

    /// What the protocol can express.
    pub fn capabilities(self) -> Capabilities {
        Capabilities {
            streaming: true,
            structured: true,
            stop: self != Family::Responses,
            seed: self == Family::Chat,
            exact_count: false,
        }
    }

    /// The request as the protocol writes it.
    pub(crate) fn body(self, request: &Request, limit: OutputLimit) -> Result<Json> {
        if request.messages.is_empty() {
            return Err(Error::new(ErrorKind::InvalidRequest, "the request has no message"));
        }
        self.capabilities().check(request, self.name())?;
        match self {
            Family::Chat => Ok(chat::body(request, limit)),
            Family::Responses => Ok(responses::body(request)),
            Family::Messages => messages::body(request),
        }
    }
}

/// What a body says, before it is held against the request.
#[derive(Debug)]
struct Decoded {
    /// The server's name for this reply, which no other bears.
    id: Option<String>,
    model: String,
    text: String,
    usage: Option<Usage>,
    finish: FinishReason,
    /// Why the model declined, where it did.
    refusal: Option<String>,
}

/// Puts the events of a stream together.
trait Assembly: Send {
    /// Takes one event and says whether it was the last.
    fn event(&mut self, event: &Event, sink: &mut dyn Sink) -> Result<bool>;

    /// What the events said; `None` where the reply's end is missing.
    fn end(&mut self) -> Result<Option<Decoded>>;
}

/// Reads one reply.
pub(crate) struct Decoder {
    family: Family,
    has_schema: bool,
    body: Body,
}

enum Body {
    Whole(Vec<u8>),
    Events { reader: EventReader, assembly: Box<dyn Assembly>, is_done: bool },
}

impl Decoder {
    /// For a body of a type: a stream of events is read as one, even where none was asked for.
    pub(crate) fn new(family: Family, content_type: &str, has_schema: bool) -> Decoder {
        let kind = content_type.split(';').next().unwrap_or_default().trim();
        let body = if kind.eq_ignore_ascii_case("text/event-stream") {
            let assembly: Box<dyn Assembly> = match family {
                Family::Chat => Box::new(chat::Stream::default()),
                Family::Responses => Box::new(responses::Stream::default()),
                Family::Messages => Box::new(messages::Stream::default()),
            };
            Body::Events { reader: EventReader::default(), assembly, is_done: false }
        } else {
            Body::Whole(Vec::new())
        };
        Decoder { family, has_schema, body }
    }

    /// Takes the next piece of the body.
    pub(crate) fn feed(&mut self, bytes: &[u8], sink: &mut dyn Sink) -> Result<()> {
        match &mut self.body {
            Body::Whole(body) => body.extend_from_slice(bytes),
            Body::Events { reader, assembly, is_done } => {
                for event in reader.feed(bytes)? {
                    // What a server sends after the end belongs to no reply.
                    if !*is_done {
                        *is_done = assembly.event(&event, sink)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Whether the last event has come. A body that is no stream is over with its end alone.
    pub(crate) fn is_done(&self) -> bool {
        matches!(self.body, Body::Events { is_done: true, .. })
    }

    /// The reply, once the body has ended as HTTP wants it, and the server's name for it.
    pub(crate) fn finish(self, raw: Raw, sink: &mut dyn Sink) -> Result<(Reply, Option<String>)> {
        let decoded = match self.body {
            Body::Whole(body) => {
                let json = fields::parse(&body)?;
                let decoded = match self.family {
                    Family::Chat => chat::whole(&json),
                    Family::Responses => responses::whole(&json),
                    Family::Messages => messages::whole(&json),
                }?;
                sink.text(&decoded.text);
                decoded
            }
            Body::Events { mut assembly, .. } => assembly.end()?.ok_or_else(|| {
                Error::new(ErrorKind::CutStream, "the stream of events ended before the reply did")
            })?,
        };
        if let Some(why) = decoded.refusal {
            return Err(Error::new(ErrorKind::Refused, why).with_usage(decoded.usage));
        }
        let value = match (self.has_schema, &decoded.finish) {
            (true, FinishReason::Stop) => Some(serde_json::from_str(&decoded.text).map_err(|error| {
                let what = format!("a reply under a schema is no JSON: {error}");
                Error::new(ErrorKind::Malformed, what).with_usage(decoded.usage)
            })?),
            _ => None,
        };
        let reply = Reply {
            model: decoded.model,
            text: decoded.text,
            value,
            usage: decoded.usage,
            finish: decoded.finish,
            raw,
            attempts: Vec::new(),
        };
        Ok((reply, decoded.id))
    }
}

/// Reads a reply that was kept.
///
/// # Errors
/// Those of a live reply with the same bytes.
pub fn decode(raw: Raw, has_schema: bool, sink: &mut dyn Sink) -> Result<Reply> {
    let family = Family::from_name(raw.family).ok_or_else(|| {
        Error::new(ErrorKind::Unsupported, format!("a reply of the protocol `{}` cannot be read", raw.family))
    })?;
    let mut decoder = Decoder::new(family, &raw.content_type, has_schema);
    for chunk in &raw.chunks {
        decoder.feed(chunk, sink)?;
    }
    decoder.finish(raw, sink).map(|(reply, _)| reply)
}

#[cfg(test)]
mod tests;
