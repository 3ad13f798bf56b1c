//! The crate's one error type.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

/// Result of a column operation.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// pandas' exception class of an [`Error`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// `TypeError`
    Type,
    /// `ValueError`
    Value,
    /// `KeyError`
    Key,
    /// `IndexError`
    Index,
    /// `OverflowError`
    Overflow,
    /// `ZeroDivisionError`
    ZeroDivision,
    /// `AttributeError`
    Attribute,
    /// `NotImplementedError`: the message names what is missing.
    NotImplemented,
    /// `re.PatternError` of Python's `re`
    Pattern,
    /// `pandas.errors.IntCastingNaNError`
    IntCastingNan,
    /// `pandas.errors.OutOfBoundsDatetime`
    OutOfBoundsDatetime,
    /// `pandas.errors.OutOfBoundsTimedelta`
    OutOfBoundsTimedelta,
    /// numpy's `UFuncTypeError`, a `TypeError`
    UFuncType,
    /// `pyarrow.lib.ArrowInvalid`
    ArrowInvalid,
    /// `pandas._libs.tslibs.parsing.DateParseError`
    DateParse,
    /// `zoneinfo.ZoneInfoNotFoundError`, a `KeyError`
    ZoneNotFound,
    /// Whatever the host raised; see [`Error::foreign`].
    Foreign,
    /// Bytes that are no canonical column; not an exception of pandas.
    Decode,
}

impl ErrorKind {
    /// The class as Python names it.
    #[must_use]
    pub fn class(self) -> &'static str {
        match self {
            Self::Type => "TypeError",
            Self::Value => "ValueError",
            Self::Key => "KeyError",
            Self::Index => "IndexError",
            Self::Overflow => "OverflowError",
            Self::ZeroDivision => "ZeroDivisionError",
            Self::Attribute => "AttributeError",
            Self::NotImplemented => "NotImplementedError",
            Self::Pattern => "PatternError",
            Self::IntCastingNan => "IntCastingNaNError",
            Self::OutOfBoundsDatetime => "OutOfBoundsDatetime",
            Self::OutOfBoundsTimedelta => "OutOfBoundsTimedelta",
            Self::UFuncType => "UFuncTypeError",
            Self::ArrowInvalid => "ArrowInvalid",
            Self::DateParse => "DateParseError",
            Self::ZoneNotFound => "ZoneInfoNotFoundError",
            Self::Foreign => "Exception",
            Self::Decode => "DecodeError",
        }
    }
}

/// A failed operation: pandas' exception class and message, and where it happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error(Box<Details>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Details {
    kind: ErrorKind,
    message: String,
    position: Option<usize>,
    source: Option<Payload>,
}

/// A host's own exception; equal to itself alone.
#[derive(Clone)]
struct Payload(Arc<dyn Any + Send + Sync>);

impl fmt::Debug for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a host's exception")
    }
}

impl PartialEq for Payload {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Payload {}

impl Error {
    /// An error of pandas' class `kind` with pandas' text.
    #[must_use]
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Details { kind, message: message.into(), position: None, source: None }))
    }

    /// What a host raised in an operation on its values, kept whole: [`Error::payload`] gives it back.
    #[must_use]
    pub fn foreign(message: impl Into<String>, exception: Arc<dyn Any + Send + Sync>) -> Self {
        let mut error = Self::new(ErrorKind::Foreign, message);
        error.0.source = Some(Payload(exception));
        error
    }

    /// The host's exception of an [`Error::foreign`].
    #[must_use]
    pub fn payload(&self) -> Option<&Arc<dyn Any + Send + Sync>> {
        self.0.source.as_ref().map(|payload| &payload.0)
    }

    /// The same error, naming the row position (or byte offset of a decoded column) it arose at.
    #[must_use]
    pub fn at(mut self, position: usize) -> Self {
        self.0.position = Some(position);
        self
    }

    /// pandas' exception class.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// pandas' text, without the class.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// Row position (byte offset for [`ErrorKind::Decode`]) the error arose at, where known.
    #[must_use]
    pub fn position(&self) -> Option<usize> {
        self.0.position
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.0.kind.class(), self.0.message)
    }
}

impl std::error::Error for Error {}

macro_rules! shorthand {
    ($($name:ident => $kind:ident),*) => {
        impl Error {
            $(pub(crate) fn $name(message: impl Into<String>) -> Self {
                Self::new(ErrorKind::$kind, message)
            })*
        }
    };
}

shorthand!(type_error => Type, value_error => Value, index_error => Index, overflow => Overflow, not_implemented => NotImplemented);
