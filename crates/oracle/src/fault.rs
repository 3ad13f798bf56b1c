//! Why a question has no answer.

use std::fmt;

/// A question without an answer. It is *not evaluated*: neither a pass nor a difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    kind: FaultKind,
    message: String,
    stderr: String,
}

/// What happened instead of an answer.
#[non_exhaustive]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FaultKind {
    /// No interpreter with the references was found.
    Unavailable,
    /// The references are not of the versions expected.
    Stale,
    /// An operation of the registry has no adapter.
    NoAdapter,
    /// The worker ended, fell silent or talked nonsense before it was ready.
    NotStarted,
    /// The worker ended twice while it worked on this question.
    Died,
    /// No answer within the limit.
    TimedOut,
    /// The worker broke the protocol: another id, two answers, a frame that is none.
    Protocol,
    /// The answer is no value; the message says where and what was expected.
    Malformed,
    /// The question is larger than a frame.
    TooLarge,
}

impl FaultKind {
    /// The name reports carry.
    pub fn name(self) -> &'static str {
        match self {
            FaultKind::Unavailable => "oracle_unavailable",
            FaultKind::Stale => "oracle_stale",
            FaultKind::NoAdapter => "oracle_no_adapter",
            FaultKind::NotStarted => "oracle_not_started",
            FaultKind::Died => "oracle_died",
            FaultKind::TimedOut => "oracle_timeout",
            FaultKind::Protocol => "oracle_protocol",
            FaultKind::Malformed => "oracle_malformed",
            FaultKind::TooLarge => "oracle_too_large",
        }
    }
}

impl Fault {
    pub(crate) fn new(kind: FaultKind, message: impl Into<String>) -> Fault {
        Fault { kind, message: message.into(), stderr: String::new() }
    }

    pub(crate) fn with_stderr(mut self, stderr: String) -> Fault {
        self.stderr = stderr;
        self
    }

    /// What happened.
    pub fn kind(&self) -> FaultKind {
        self.kind
    }

    /// The end of what the worker wrote to standard error, at most 256 KiB; control characters as they came.
    pub fn stderr(&self) -> &str {
        &self.stderr
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind.name(), self.message)?;
        // Escaped, since a worker's words could otherwise move the reader's cursor.
        match self.stderr.lines().rev().find(|line| !line.trim().is_empty()) {
            Some(line) => {
                let shown: String = line.chars().take(200).flat_map(char::escape_debug).collect();
                write!(f, " (standard error ends with: {shown})")
            }
            None => Ok(()),
        }
    }
}

impl std::error::Error for Fault {}
