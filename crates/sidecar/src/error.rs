//! What can go wrong with a sidecar.

use std::fmt;

/// The result of every operation here.
pub type Result<T> = std::result::Result<T, Error>;

/// A failed operation. Neither payload nor sidecar was changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error(ErrorKind);

/// What failed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A payload over the limit of the format.
    TooLarge {
        /// The payload's length.
        length_bytes: u64,
        /// The greatest length.
        limit_bytes: u64,
    },
    /// An overhead outside its bounds.
    OverheadOutOfBounds {
        /// What was asked for.
        percent: u32,
    },
    /// Neither copy of the header is whole, or the bytes are no sidecar.
    Unreadable {
        /// The bytes' length.
        length_bytes: u64,
    },
    /// The header is whole and of a format that this release does not know.
    UnknownFormat {
        /// The format it names.
        found: u32,
    },
    /// The header is whole, but a field contradicts the others.
    Malformed {
        /// The field.
        field: &'static str,
        /// What the other fields imply.
        expected: String,
        /// What stands there.
        found: String,
    },
    /// More symbols of a block are damaged than there are repair symbols.
    Unrecoverable {
        /// The block, from 0.
        block: u32,
        /// Whole symbols that it needs.
        needed: u32,
        /// Whole symbols that there are, of payload and sidecar.
        have: u32,
    },
    /// Enough symbols are whole, but they do not determine the block. Under one in a million for two spare symbols.
    Undetermined {
        /// The block, from 0.
        block: u32,
        /// Whole symbols, of payload and sidecar.
        have: u32,
    },
    /// What was computed is not what the header promises: a forged header, or a collision.
    WrongResult {
        /// What was compared: `payload` or `sidecar`.
        what: &'static str,
        /// The digest that the header names.
        expected: String,
        /// The digest of the result.
        found: String,
    },
    /// A proof that does not describe this payload and this sidecar.
    Disproved {
        /// The field.
        field: &'static str,
        /// What repeating the loss and the decoding gives.
        expected: String,
        /// What the proof says.
        found: String,
    },
}

impl Error {
    /// What failed, with its numbers.
    pub fn kind(&self) -> &ErrorKind {
        &self.0
    }

    /// What to do next, where there is something.
    pub fn help(&self) -> &'static str {
        match self.0 {
            ErrorKind::TooLarge { .. } => "Divide the file, and give each part a sidecar of its own.",
            ErrorKind::OverheadOutOfBounds { .. } => "Choose a percentage from 1 to 400.",
            ErrorKind::Unreadable { .. } => {
                "Take another copy of the sidecar, or make a new one while the file is whole."
            }
            ErrorKind::UnknownFormat { .. } => "A newer release wrote it; use that one.",
            ErrorKind::Malformed { .. } => {
                "The sidecar was altered on purpose, or written by a defective program."
            }
            ErrorKind::Unrecoverable { .. } | ErrorKind::Undetermined { .. } => {
                "Take another copy of either file: whole symbols of several copies count together once they are joined."
            }
            ErrorKind::WrongResult { .. } => "Is this the sidecar of another file, or was it altered?",
            ErrorKind::Disproved { .. } => "The proof belongs to another file, or was altered.",
        }
    }
}

impl From<ErrorKind> for Error {
    fn from(kind: ErrorKind) -> Error {
        Error(kind)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            ErrorKind::TooLarge { length_bytes, limit_bytes } => {
                write!(f, "a sidecar covers at most {limit_bytes} bytes, and the file has {length_bytes}")
            }
            ErrorKind::OverheadOutOfBounds { percent } => {
                write!(f, "the overhead is a percentage from 1 to 400, not {percent}")
            }
            ErrorKind::Unreadable { length_bytes } => {
                write!(f, "no header is whole at either end of the sidecar's {length_bytes} bytes")
            }
            ErrorKind::UnknownFormat { found } => {
                write!(f, "the sidecar has format {found}, and this release knows format 1")
            }
            ErrorKind::Malformed { field, expected, found } => {
                write!(f, "the sidecar's header contradicts itself: {field} is {found}, expected {expected}")
            }
            ErrorKind::Unrecoverable { block, needed, have } => write!(
                f,
                "block {block} is unrecoverable: it needs {needed} whole symbols, and payload and sidecar have {have}"
            ),
            ErrorKind::Undetermined { block, have } => {
                write!(
                    f,
                    "block {block} is unrecoverable: its {have} whole symbols do not determine the others"
                )
            }
            ErrorKind::WrongResult { what, expected, found } => write!(
                f,
                "the repaired {what} is not the one the sidecar was made for: BLAKE3 {found}, expected {expected}"
            ),
            ErrorKind::Disproved { field, expected, found } => {
                write!(f, "the proof does not hold: {field} is {found}, and repeating it gives {expected}")
            }
        }
    }
}

impl std::error::Error for Error {}
