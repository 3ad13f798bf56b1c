//! Failed calls: their classes, and which of them another attempt may cure.

use std::fmt;
use std::time::Duration;

use crate::reply::{Attempt, Charge, Usage};

/// The result of every operation here.
pub type Result<T> = std::result::Result<T, Error>;

/// What failed. The class follows from a status, a type or a code that a server sends, or from what happened to the
/// connection; never from the wording of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// Too many requests or tokens in a span of time.
    RateLimited,
    /// The server has no room at the moment.
    Overloaded,
    /// No connection, a server's fault, or a circuit that stands open.
    Unavailable,
    /// No connection, no first byte or no further byte in time.
    Timeout,
    /// The reply ended before its end.
    CutStream,
    /// The reply is whole and not what the protocol says.
    Malformed,
    /// The key is absent, wrong, or not entitled to this: the account cannot pay, the model is not its own.
    Auth,
    /// The request is wrong, and would be wrong again.
    InvalidRequest,
    /// The prompt does not fit the model.
    ContextTooLong,
    /// The model or its guard declined to answer.
    Refused,
    /// The provider has no such feature.
    Unsupported,
    /// The reply is longer than its reader allows.
    TooLarge,
    /// The caller withdrew the call, or its gate refused another attempt.
    Cancelled,
    /// A cassette has no reply to this request.
    CassetteMiss,
    /// A cassette is damaged, or of a format that is not known here.
    Cassette,
    /// A configuration that has no meaning.
    Config,
}

impl ErrorKind {
    /// Whether the same request may succeed later.
    pub fn is_retried(self) -> bool {
        use ErrorKind::{CutStream, Malformed, Overloaded, RateLimited, Timeout, Unavailable};
        matches!(self, RateLimited | Overloaded | Unavailable | Timeout | CutStream | Malformed)
    }

    /// The class as records and documents write it.
    pub fn name(self) -> &'static str {
        match self {
            ErrorKind::RateLimited => "rate_limited",
            ErrorKind::Overloaded => "overloaded",
            ErrorKind::Unavailable => "unavailable",
            ErrorKind::Timeout => "timeout",
            ErrorKind::CutStream => "cut_stream",
            ErrorKind::Malformed => "malformed",
            ErrorKind::Auth => "auth",
            ErrorKind::InvalidRequest => "invalid_request",
            ErrorKind::ContextTooLong => "context_too_long",
            ErrorKind::Refused => "refused",
            ErrorKind::Unsupported => "unsupported",
            ErrorKind::TooLarge => "too_large",
            ErrorKind::Cancelled => "cancelled",
            ErrorKind::CassetteMiss => "cassette_miss",
            ErrorKind::Cassette => "cassette",
            ErrorKind::Config => "config",
        }
    }
}

/// A failed call: its class, what is known of it, and what its attempts were.
#[derive(Clone, Debug, PartialEq)]
pub struct Error(Box<Details>);

#[derive(Clone, Debug, PartialEq)]
struct Details {
    kind: ErrorKind,
    message: String,
    status: Option<u16>,
    code: Option<String>,
    retry_after: Option<Duration>,
    usage: Option<Usage>,
    is_sent: bool,
    attempts: Vec<Attempt>,
}

impl Error {
    /// An error of a class, with what was expected, what was found and where.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Error {
        Error(Box::new(Details {
            kind,
            message: message.into(),
            status: None,
            code: None,
            retry_after: None,
            usage: None,
            is_sent: false,
            attempts: Vec::new(),
        }))
    }

    /// The class.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// What happened, for a person. No decision may read it.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The status that the server answered with.
    pub fn status(&self) -> Option<u16> {
        self.0.status
    }

    /// The error's type or code as the server names it.
    pub fn code(&self) -> Option<&str> {
        self.0.code.as_deref()
    }

    /// How long the server asks to stay away.
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// Tokens that the server counted although the call failed, as it does for a refusal.
    pub fn usage(&self) -> Option<Usage> {
        self.0.usage
    }

    /// Every attempt, the failing last one included; empty for a call that was never sent.
    pub fn attempts(&self) -> &[Attempt] {
        &self.0.attempts
    }

    pub(crate) fn with_status(mut self, status: u16) -> Error {
        self.0.status = Some(status);
        self
    }

    pub(crate) fn with_code(mut self, code: Option<String>) -> Error {
        self.0.code = code;
        self
    }

    pub(crate) fn with_retry_after(mut self, wait: Option<Duration>) -> Error {
        self.0.retry_after = wait;
        self
    }

    pub(crate) fn with_usage(mut self, usage: Option<Usage>) -> Error {
        self.0.usage = usage;
        self
    }

    /// The request may have reached the server.
    pub(crate) fn sent(mut self) -> Error {
        self.0.is_sent = true;
        self
    }

    /// What the failed attempt costs: what the server counted, else nothing for an error's status or a request that
    /// was never sent, else nobody knows.
    pub(crate) fn charge(&self) -> Charge {
        match (self.0.usage, self.0.status) {
            (Some(usage), _) => Charge::Counted(usage),
            (None, Some(status)) if status >= 300 => Charge::Nothing,
            (None, _) if self.0.is_sent => Charge::Reserved,
            (None, _) => Charge::Nothing,
        }
    }

    /// With what its attempts were.
    #[must_use]
    pub fn with_attempts(mut self, attempts: Vec<Attempt>) -> Error {
        self.0.attempts = attempts;
        self
    }

    pub(crate) fn map_message(mut self, change: impl FnOnce(&str) -> String) -> Error {
        self.0.message = change(&self.0.message);
        self
    }

    /// What to do next, where there is something.
    pub fn help(&self) -> &'static str {
        match self.0.kind {
            ErrorKind::RateLimited => {
                "Lower the limits of this provider in `lumen.toml`, or come back later."
            }
            ErrorKind::Overloaded | ErrorKind::Unavailable => "Try again later, or name a fallback model.",
            ErrorKind::Timeout => "Raise the timeouts of this provider, or name a fallback model.",
            ErrorKind::CutStream | ErrorKind::Malformed => {
                "Look at the server or a proxy in front of it: what it sends is not the protocol."
            }
            ErrorKind::Auth => "Check the variable that `key_env` names, and what its account may use.",
            ErrorKind::InvalidRequest => "Correct the request; it would fail again.",
            ErrorKind::ContextTooLong => "Send less, or choose a model with a larger window.",
            ErrorKind::Refused => "Rephrase the prompt, or choose another model.",
            ErrorKind::Unsupported => "Leave the feature out, or choose a provider that has it.",
            ErrorKind::TooLarge => "Lower `max_tokens`, or raise `reply_bytes_max`.",
            ErrorKind::Cancelled => "Nothing: the call was withdrawn.",
            ErrorKind::CassetteMiss => "Record the cassette again, or use the mode `cache`.",
            ErrorKind::Cassette => "Record the cassette again, or take it from its history.",
            ErrorKind::Config => "Correct `lumen.toml`.",
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.0.kind.name(), self.0.message)?;
        match (self.0.status, &self.0.code) {
            (Some(status), Some(code)) => write!(f, " (status {status}, {code})"),
            (Some(status), None) => write!(f, " (status {status})"),
            (None, Some(code)) => write!(f, " ({code})"),
            (None, None) => Ok(()),
        }
    }
}

impl std::error::Error for Error {}
