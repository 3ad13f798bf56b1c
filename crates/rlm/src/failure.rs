//! What can go wrong in a run, by kinds that a program can tell apart.

use serde::{Deserialize, Serialize};
use serde_json::Value;

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $code:literal),+ $(,)?) => {
        /// The kinds of failure that cells and callers see.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum ErrorKind {
            $($(#[$doc])* $name),+
        }

        impl ErrorKind {
            /// The code of the worker protocol.
            #[must_use]
            pub const fn code(self) -> i32 {
                match self { $(Self::$name => $code),+ }
            }
        }
    };
}

kinds! {
    /// The cell raised.
    CellError = -32_000,
    /// A clock ran out.
    Timeout = -32_001,
    /// The cell tried what its sandbox forbids.
    SandboxViolation = -32_002,
    /// The worker's memory ran out.
    Memory = -32_003,
    /// The cell printed more than is kept.
    OutputLimit = -32_004,
    /// The call was cancelled.
    Cancelled = -32_005,
    /// The budget does not allow it.
    Budget = -32_006,
    /// The call may not go that deep.
    Depth = -32_007,
    /// The call has as many child REPLs as it may.
    FanOut = -32_008,
    /// The model's provider failed, or answered nothing of the asked type.
    Provider = -32_009,
    /// A `SUBMIT` was refused, and the cell went on.
    SubmitRejected = -32_010,
    /// A re-executed cell asked for something else than the log says.
    Divergence = -32_011,
    /// No worker could be admitted.
    Admission = -32_012,
    /// The worker died.
    WorkerDied = -32_013,
    /// The worker speaks another protocol.
    ProtocolVersion = -32_014,
    /// The log was written with another interpreter.
    InterpreterChanged = -32_015,
    /// The arguments of a host call are malformed.
    InvalidArguments = -32_602,
}

/// A failure with its kind.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    /// What kind.
    pub kind: ErrorKind,
    /// What was expected, what was found.
    pub message: String,
    /// What a program may want to know: which clock, signal, dimension, class.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub data: Value,
}

impl Failure {
    /// A failure without data.
    #[must_use]
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), data: Value::Null }
    }

    /// The same with data.
    #[must_use]
    pub fn with(mut self, data: Value) -> Self {
        self.data = data;
        self
    }
}

/// Why a provider did not answer. Retries go by this, never by a message's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names are those of the protocol's table")]
pub enum ProviderClass {
    RateLimited,
    Overloaded,
    Unavailable,
    Timeout,
    CutStream,
    Malformed,
    Auth,
    InvalidRequest,
    ContextTooLong,
    Refused,
    Unsupported,
}

impl ProviderClass {
    /// Whether another attempt may succeed.
    #[must_use]
    pub const fn is_retried(self) -> bool {
        matches!(
            self,
            Self::RateLimited
                | Self::Overloaded
                | Self::Unavailable
                | Self::Timeout
                | Self::CutStream
                | Self::Malformed
        )
    }

    /// Whether the attempt may have been charged: nothing says how much, so its worst case is booked.
    #[must_use]
    pub const fn may_have_cost(self) -> bool {
        matches!(self, Self::Timeout | Self::CutStream | Self::Malformed)
    }
}
