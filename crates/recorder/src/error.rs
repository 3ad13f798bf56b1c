//! What goes wrong with a run, and the exit code it means.

use std::fmt;

/// A failed operation on a run.
#[derive(Debug)]
pub struct Error {
    kind: ErrorKind,
    code: &'static str,
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
    /// Somebody ended the run early; it can be resumed.
    Interrupted,
    /// A defect of this implementation.
    Internal,
}

impl Error {
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Error {
        let code = match kind {
            ErrorKind::Usage => "E0700",
            ErrorKind::Different => "R0812",
            ErrorKind::Damaged => "R0811",
            ErrorKind::Storage => "R0813",
            ErrorKind::Interrupted => "R0804",
            ErrorKind::Internal => "R0999",
        };
        Error { kind, code, message: message.into(), help: None }
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

    /// A form that only a newer release can have written.
    pub fn newer(message: impl Into<String>) -> Error {
        Error::new(ErrorKind::Storage, message)
            .code("R0814")
            .help("A newer release wrote this run; read it with that.")
    }

    /// A run that was ended early, with its log open.
    pub fn interrupted() -> Error {
        Error::new(ErrorKind::Interrupted, "the run was ended before its end")
            .help("`lumen resume` goes on with it.")
    }

    /// A run that was killed before its log held anything.
    pub fn never_began() -> Error {
        Error::usage("the run has no entries: it was killed before it began")
            .code("E0704")
            .help("There is nothing to go on with; `lumen run` starts anew.")
    }

    /// Another code than the kind's own.
    pub fn code(mut self, code: &'static str) -> Error {
        self.code = code;
        self
    }

    pub fn help(mut self, help: impl Into<String>) -> Error {
        self.help = Some(help.into());
        self
    }

    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// What `lumen explain` has a page for.
    pub fn explained_as(&self) -> &'static str {
        self.code
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
            ErrorKind::Interrupted => 130,
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
        let message = error.to_string();
        match error.kind() {
            store::ErrorKind::NoStore => Error::never_began(),
            store::ErrorKind::Locked => Error::new(ErrorKind::Storage, message)
                .help("Another process writes this run; wait for it, or end it."),
            store::ErrorKind::Full => Error::new(ErrorKind::Storage, message)
                .help("Free some space; what is recorded stays, and `lumen resume` goes on."),
            store::ErrorKind::UnsupportedFormat => Error::newer(message),
            store::ErrorKind::SeqTooOld => Error::damaged(message).help(
                "A run keeps its whole log, and somebody dropped a part of this one: take a copy of before.",
            ),
            kind => match kind.category() {
                store::Category::Damaged => Error::damaged(message),
                store::Category::Caller => Error::internal(message),
                _ => Error::new(ErrorKind::Storage, message),
            },
        }
    }
}
