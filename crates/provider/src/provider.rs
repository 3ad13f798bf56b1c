//! What everything that answers requests has in common.

use std::future::Future;
use std::pin::Pin;

use crate::error::{Error, Result};
use crate::price::Price;
use crate::reply::{Attempt, Reply};
use crate::request::Request;

/// A reply to come. A type of the standard library, so that a provider without any network needs no async runtime:
/// it answers with [`std::future::ready`].
pub type Answer<'a> = Pin<Box<dyn Future<Output = Result<Reply>> + Send + 'a>>;

/// Answers requests.
pub trait Provider: Send + Sync {
    /// Asks the model. Dropping the answer withdraws the call.
    ///
    /// # Errors
    /// Of the class that says whether to try again; see [`crate::ErrorKind`].
    fn complete<'a>(&'a self, request: &'a Request, sink: &'a mut dyn Sink) -> Answer<'a>;

    /// Gives a request that has none its lane among equal ones. Whoever makes several calls at once enrolls their
    /// requests in the order of the calls before any is sent, so that the order of arrival does not matter.
    fn enroll(&self, _request: &mut Request) {}

    /// The tokens of a request before it is sent.
    fn count_tokens(&self, request: &Request) -> TokenCount;

    /// What a model can do here.
    fn capabilities(&self, model: &str) -> Capabilities;

    /// What a call of at most so many input tokens costs; `None` for an unpriced one, which no money budget admits.
    fn price(&self, model: &str, input_tokens: u64) -> Option<Price>;

    /// The protocol, which is part of a cassette's keys.
    fn family(&self) -> &'static str;

    /// The server and the account: what limits belong to. It names no key.
    fn endpoint(&self) -> String;
}

/// Hears of a call while it goes on.
pub trait Sink: Send {
    /// An attempt is about to be sent. Text of attempts before it is void. A budget reserves here, and its refusal ends
    /// the call.
    ///
    /// # Errors
    /// Why there may be no further attempt.
    fn attempt(&mut self, _dispatch: &Dispatch) -> Result<()> {
        Ok(())
    }

    /// An attempt has ended. A budget settles here.
    fn settled(&mut self, _attempt: &Attempt) {}

    /// The next piece of the text.
    fn text(&mut self, _piece: &str) {}
}

/// An attempt before it is sent: what it may cost at most.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dispatch {
    /// Which attempt of its call it is, counted from 1.
    pub number: u32,
    /// The model that it asks, which is another one at another provider of a chain.
    pub model: String,
    /// The most tokens that the request can have.
    pub input_tokens_max: u64,
    /// The most tokens that the reply may have.
    pub output_tokens_max: u64,
    /// What a token costs; `None` where nobody says.
    pub price: Option<Price>,
}

/// Hears nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Sink for Silent {}

/// How many tokens a request has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TokenCount {
    /// The tokens, or a number that they cannot exceed.
    pub tokens: u64,
    /// Whether it is their number.
    pub is_exact: bool,
}

/// What a model can do at a provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// Text in pieces.
    pub streaming: bool,
    /// Replies held to a schema by the server.
    pub structured: bool,
    /// Texts that end the reply.
    pub stop: bool,
    /// A state for the server's random source.
    pub seed: bool,
    /// The exact number of a request's tokens.
    pub exact_count: bool,
}

impl Capabilities {
    /// Refuses a request that asks for more.
    ///
    /// # Errors
    /// Of the class `unsupported`, naming what is asked for.
    pub fn check(self, request: &Request, provider: &str) -> Result<()> {
        let asked = [
            ("streaming", request.stream, self.streaming),
            ("a schema", request.schema.is_some(), self.structured),
            ("`stop`", !request.parameters.stop.is_empty(), self.stop),
            ("`seed`", request.parameters.seed.is_some(), self.seed),
        ];
        match asked.into_iter().find(|(_, asked, has)| *asked && !has) {
            None => Ok(()),
            Some((what, ..)) => Err(Error::new(
                crate::ErrorKind::Unsupported,
                format!("the protocol {provider} has no {}", what.trim_start_matches("a ")),
            )),
        }
    }
}
