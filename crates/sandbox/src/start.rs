//! Why a worker did not start, and what to do about it.

use std::fmt;

/// Characters of the worker's stderr that an error shows.
const STDERR_CHARACTERS: usize = 500;

/// What kept a worker from serving.
#[non_exhaustive]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StartErrorKind {
    /// No Python 3.11 or newer was found.
    NoInterpreter,
    /// The interpreter lacks a module of the standard library that the worker needs.
    MissingModule,
    /// The worker ended before it said hello.
    Crashed,
    /// The worker said something that is not the protocol.
    Garbage,
    /// The worker speaks another version of the protocol.
    VersionMismatch,
    /// The worker did not say hello in time.
    Timeout,
    /// The kernel lacks a layer that the level asks for.
    MissingLayer,
    /// A forbidden act succeeded inside the layers.
    ProbeSucceeded,
    /// A limit lies beyond its ceiling.
    Limits,
}

impl StartErrorKind {
    fn happened(self) -> &'static str {
        match self {
            StartErrorKind::NoInterpreter => "no interpreter",
            StartErrorKind::MissingModule => "a module is missing",
            StartErrorKind::Crashed => "the worker ended before it said hello",
            StartErrorKind::Garbage => "the worker does not speak the protocol",
            StartErrorKind::VersionMismatch => "the worker speaks another version of the protocol",
            StartErrorKind::Timeout => "the worker did not say hello in time",
            StartErrorKind::MissingLayer => "a layer of the sandbox is missing",
            StartErrorKind::ProbeSucceeded => "a forbidden act succeeded in the sandbox",
            StartErrorKind::Limits => "a limit cannot be held",
        }
    }

    fn remedy(self) -> &'static str {
        match self {
            StartErrorKind::NoInterpreter => "install Python 3.11 or newer, or name its executable",
            StartErrorKind::MissingModule => {
                "install the whole standard library of this Python, or name another"
            }
            StartErrorKind::Crashed => {
                "run the interpreter by hand with -s -S -P; a larger memory limit may help"
            }
            StartErrorKind::Garbage => "name the real executable of CPython instead of a wrapper around it",
            StartErrorKind::VersionMismatch => "use host and worker of one release",
            StartErrorKind::Timeout => "raise the limit of the start, or try again on a less busy machine",
            StartErrorKind::MissingLayer => {
                "use a kernel that has the layer, or ask for a lower level on purpose"
            }
            StartErrorKind::ProbeSucceeded => {
                "do not run untrusted code here; this kernel does not hold the layers"
            }
            StartErrorKind::Limits => "lower the limit",
        }
    }
}

/// A worker that did not start.
#[derive(Debug, Clone)]
pub struct StartError {
    kind: StartErrorKind,
    detail: String,
    interpreter: String,
    stderr: String,
}

impl StartError {
    pub(crate) fn new(kind: StartErrorKind, interpreter: &str, detail: impl Into<String>) -> StartError {
        StartError {
            kind,
            detail: detail.into(),
            interpreter: interpreter.to_string(),
            stderr: String::new(),
        }
    }

    pub(crate) fn with_stderr(self, stderr: &str) -> StartError {
        let stderr = stderr.trim();
        let skipped = stderr.chars().count().saturating_sub(STDERR_CHARACTERS);
        StartError { stderr: stderr.chars().skip(skipped).collect(), ..self }
    }

    /// What kept the worker from serving.
    pub fn kind(&self) -> StartErrorKind {
        self.kind
    }

    /// What to do about it.
    pub fn remedy(&self) -> &'static str {
        self.kind.remedy()
    }

    /// What happened, without interpreter and remedy.
    pub fn detail(&self) -> &str {
        &self.detail
    }

    /// The end of what the interpreter wrote to stderr, at most 500 characters.
    pub fn stderr(&self) -> &str {
        &self.stderr
    }
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind.happened(), self.detail)?;
        write!(f, "\n  interpreter: {}\n  entry: {}", self.interpreter, crate::interpreter::ENTRY)?;
        write!(f, "\n  search path: the standard library of the interpreter alone")?;
        if !self.stderr.is_empty() {
            write!(f, "\n  stderr: {}", self.stderr)?;
        }
        write!(f, "\n  to do: {}", self.remedy())
    }
}

impl std::error::Error for StartError {}
