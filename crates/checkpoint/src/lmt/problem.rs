//! What is wrong with a file of ours.

use std::fmt;

use crate::{Error, ErrorKind};

/// A kind of fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProblemKind {
    /// Another file.
    NotACheckpoint,
    /// A format or flag of another release.
    UnsupportedFormat,
    /// More or fewer bytes than the file says.
    SizeMismatch,
    /// A digest that is not that of the bytes.
    ChecksumMismatch,
    /// A field that the format does not have, or one that is missing.
    UnknownField,
    /// A field with a value that it cannot have.
    Malformed,
    /// A tensor or storage beyond its bytes.
    EntryOutOfStorage,
}

/// One fault and its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The kind.
    pub kind: ProblemKind,
    /// What it is about: a field or an entry.
    pub subject: String,
    /// What should be there.
    pub expected: String,
    /// What is there.
    pub found: String,
    /// The byte in the file where it is, or where the thing begins that holds it.
    pub offset: usize,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:?}: {}: expected {}, found {} at byte {}",
            self.kind, self.subject, self.expected, self.found, self.offset
        )
    }
}

/// Why nothing was loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// In the order of the gates: one in strict mode, at most 32 in hardened mode. Never empty.
    pub problems: Vec<Problem>,
    /// How many more there are.
    pub unlisted: usize,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, problem) in self.problems.iter().enumerate() {
            write!(f, "{}{problem}", if at == 0 { "" } else { "; " })?;
        }
        match self.unlisted {
            0 => Ok(()),
            count => write!(f, "; and {count} more"),
        }
    }
}

impl std::error::Error for Refusal {}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Error {
        Error::new(ErrorKind::Runtime, refusal.to_string())
    }
}
