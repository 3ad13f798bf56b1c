//! One attempt at a model, for who retries, reserves and reads replies itself.

use std::time::Duration;

use provider::{Cancel, Error, ErrorKind, FinishReason, Message, Provider, Request, Role, Schema, Silent};
use rlm::{AttemptError, ProviderClass, Reply, Usage};
use serde_json::Value as Json;

use super::models::{Models, failed};
use crate::world;

/// What a model is asked.
#[derive(Clone, Debug)]
pub(crate) struct Piece {
    pub(crate) alias: String,
    /// Who says what: `system`, `user` or `assistant`.
    pub(crate) messages: Vec<(&'static str, String)>,
    pub(crate) max_tokens: u32,
    pub(crate) schema: Option<Json>,
    pub(crate) idempotency_key: String,
    pub(crate) lane: u64,
}

/// What an attempt came to.
#[derive(Debug)]
pub(crate) struct Attempted {
    pub(crate) result: Result<Reply, AttemptError>,
    /// Whether a server was asked; a cassette asks none.
    pub(crate) is_live: bool,
    /// What no other attempt and no other prompt could mend: a missing key, a question that is not on the cassette.
    pub(crate) fatal: Option<Json>,
}

impl Attempted {
    pub(crate) fn failed(message: String) -> Attempted {
        let class = ProviderClass::Unavailable;
        let error = AttemptError { class, message, latency_ms: 0, retry_after_ms: None };
        Attempted { result: Err(error), is_live: false, fatal: None }
    }
}

impl Models {
    /// What a model's tokens cost; nothing where nobody knows, or where the price depends on a request's length.
    ///
    /// # Errors
    /// A reply that says why the model cannot be asked.
    pub(crate) fn price(&self, alias: &str) -> Result<Option<rlm::Price>, Json> {
        let connected = self.once(alias).map_err(|why| failed(alias, &why))?;
        let price = connected.provider().price(connected.model(), 0);
        Ok(price.filter(|price| price.input_tokens_max.is_none()).map(|price| rlm::Price {
            input_nano_dollars: price.input_nanodollars,
            output_nano_dollars: price.output_nanodollars,
        }))
    }

    /// Whether the model's server holds replies to a schema.
    pub(crate) fn is_structured(&self, alias: &str) -> bool {
        self.once(alias).is_ok_and(|known| known.provider().capabilities(known.model()).structured)
    }

    /// How long to stay away before an attempt, counted from 0.
    pub(crate) fn pause(&self, key: &str, attempt: u32) -> Duration {
        match attempt {
            0 => Duration::ZERO,
            attempt => self.backoff().pause(key, attempt),
        }
    }

    /// Asks once and waits.
    pub(crate) fn attempt(&self, piece: &Piece, cancel: &world::Cancel) -> Attempted {
        let withdrawn = Cancel::new();
        let withdraw = withdrawn.clone();
        cancel.on_cancel(move || withdraw.cancel());
        let from = self.now();
        let told = self.ask_once(piece, &withdrawn);
        cancel.finish();
        let spent = self.now().saturating_sub(from);
        let latency_ms = u64::try_from(spent.as_millis()).unwrap_or(u64::MAX);
        match told {
            Ok((reply, is_live)) => {
                let latency_ms = if is_live { latency_ms } else { 0 };
                Attempted { result: Ok(Reply { latency_ms, ..reply }), is_live, fatal: None }
            }
            Err(why) => {
                let fatal = matches!(
                    why.kind(),
                    ErrorKind::CassetteMiss | ErrorKind::Cassette | ErrorKind::Config | ErrorKind::Auth
                );
                let retry_after = why.retry_after().map(|wait| wait.as_millis());
                let error = AttemptError {
                    class: class(why.kind()),
                    message: why.message().to_string(),
                    latency_ms,
                    retry_after_ms: retry_after.map(|ms| u64::try_from(ms).unwrap_or(u64::MAX)),
                };
                let is_live = !why.attempts().is_empty();
                Attempted { result: Err(error), is_live, fatal: fatal.then(|| failed(&piece.alias, &why)) }
            }
        }
    }

    fn ask_once(&self, piece: &Piece, withdrawn: &Cancel) -> Result<(Reply, bool), Error> {
        let connected = self.once(&piece.alias)?;
        let message = |(role, content): &(&str, String)| Message {
            role: match *role {
                "system" => Role::System,
                "assistant" => Role::Assistant,
                _ => Role::User,
            },
            content: content.clone(),
        };
        let messages = piece.messages.iter().map(message).collect();
        let mut request = Request::new(connected.model(), messages, piece.max_tokens);
        request.schema =
            piece.schema.as_ref().map(|json| Schema { name: "reply".to_string(), json: json.clone() });
        request.idempotency_key.clone_from(&piece.idempotency_key);
        request.lane = Some(piece.lane);
        request.timeouts = connected.timeouts();
        let reply = self.complete(&connected, &request, &mut Silent, withdrawn)?;
        let usage = reply
            .usage
            .map(|usage| Usage { input_tokens: usage.input_tokens, output_tokens: usage.output_tokens });
        let told = Reply {
            // Whatever a server repeats: a key never reaches the log.
            text: connected.redacted(&reply.text),
            usage,
            latency_ms: 0,
            cut: reply.finish == FinishReason::Length,
        };
        Ok((told, !reply.attempts.is_empty()))
    }
}

fn class(kind: ErrorKind) -> ProviderClass {
    match kind {
        ErrorKind::RateLimited => ProviderClass::RateLimited,
        ErrorKind::Overloaded => ProviderClass::Overloaded,
        ErrorKind::Unavailable => ProviderClass::Unavailable,
        ErrorKind::Timeout => ProviderClass::Timeout,
        ErrorKind::CutStream => ProviderClass::CutStream,
        ErrorKind::Malformed => ProviderClass::Malformed,
        ErrorKind::Auth | ErrorKind::Config => ProviderClass::Auth,
        ErrorKind::InvalidRequest => ProviderClass::InvalidRequest,
        ErrorKind::ContextTooLong => ProviderClass::ContextTooLong,
        ErrorKind::Refused => ProviderClass::Refused,
        _ => ProviderClass::Unsupported,
    }
}
