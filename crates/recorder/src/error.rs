//! What goes wrong with a run, and the exit code it means.

use std::fmt;

/// A failed operation on a run.
#[derive(Debug)]
pub struct Error {
    kind: ErrorKind,
    message: String,
    help: Option<String>,
}

pub type Result<T> = std::result::Result<T, Error>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The request names something that is not there, or makes no sense.
    Usage,
    /// A replay, a comparison or a check found a difference.
    Different,
    /// Stored data is damaged or was altered.
    Damaged,
    /// A disk, a lock, a format of a newer release.
    Storage,
    /// A defect of this implementation.
    Internal,
}

impl Error {
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Error {
        Error { kind, message: message.into(), help: None }
    }

    pub fn usage(message: impl Into<String>) -> Error {
        Error::new(ErrorKind::Usage, message)
    }

    pub fn damaged(message: impl Into<String>) -> Error {
        Error::new(ErrorKind::Damaged, message)
    }

    pub fn internal(message: impl Into<String>) -> Error {
        Error::new(ErrorKind::Internal, message)
    }

    pub fn help(mut self, help: impl Into<String>) -> Error {
        self.help = Some(help.into());
        self
    }

    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    pub fn message(&self) -> &str {
        &self.message
    }

    /// What to do next.
    pub fn next_step(&self) -> Option<&str> {
        self.help.as_deref()
    }

    /// The exit code the command line documents.
    pub fn exit_code(&self) -> u8 {
        match self.kind {
            ErrorKind::Usage => 2,
            ErrorKind::Different => 1,
            ErrorKind::Damaged => 4,
            ErrorKind::Storage | ErrorKind::Internal => 5,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}

impl From<store::Error> for Error {
    fn from(error: store::Error) -> Error {
        let kind = match error.kind().category() {
            store::Category::Damaged => ErrorKind::Damaged,
            store::Category::Caller => ErrorKind::Internal,
            _ => ErrorKind::Storage,
        };
        let help = match error.kind() {
            store::ErrorKind::Locked => Some("Another process writes this run; wait for it, or end it."),
            store::ErrorKind::Full => {
                Some("Free some space; what is recorded stays, and `lumen resume` goes on.")
            }
            store::ErrorKind::UnsupportedFormat => Some("A newer release wrote this log; use it to read it."),
            _ => None,
        };
        Error { kind, message: error.to_string(), help: help.map(str::to_string) }
    }
}
