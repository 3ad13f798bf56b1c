//! What can go wrong, in pandas' own classes and words.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

/// The exception class pandas raises for the same failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A label that is not there.
    KeyError,
    /// A position out of range.
    IndexError,
    /// An operand of a dtype the operation does not take.
    TypeError,
    /// A right dtype with a wrong value.
    ValueError,
    /// A mask that cannot be aligned, or too many axes in a selector.
    IndexingError,
    /// A join whose parameters contradict each other or whose `validate` fails.
    MergeError,
    /// An index with duplicates where labels must be unique.
    InvalidIndexError,
    /// A slice of a MultiIndex that is not sorted deeply enough.
    UnsortedIndexError,
    /// An attribute, accessor or method that does not exist on this dtype.
    AttributeError,
    /// A number that does not fit.
    OverflowError,
    /// A date outside the range of its unit.
    OutOfBoundsDatetime,
    /// Dates that cannot be parsed or located.
    DateParseError,
    /// A feature of pandas that this engine does not have.
    NotImplementedError,
    /// A division by zero that Python itself raises.
    ZeroDivisionError,
    /// Reading or allocating beyond a limit.
    MemoryError,
    /// More rows than the caller's cap on a join; Python's class is `MemoryError`.
    RowCap,
    /// A numeric operation on columns none of which is numeric.
    DataError,
    /// NaN or infinity cast to an integer.
    IntCastingNaNError,
    /// A difference of times outside the range of its unit.
    OutOfBoundsTimedelta,
    /// A pattern that `re` refuses.
    PatternError,
    /// numpy's `TypeError` for dtypes that one of its functions does not take.
    UFuncTypeError,
    /// pyarrow's `ValueError` for a text that it cannot read.
    ArrowInvalid,
    /// Python's `KeyError` for a name that is no time zone.
    ZoneInfoNotFoundError,
    /// Whatever the host raised: [`Error::payload`] is its exception.
    Foreign,
    /// Bytes that are no canonical frame; not an exception of pandas.
    DecodeError,
}

impl ErrorKind {
    /// Python's name of the class.
    pub fn class(self) -> &'static str {
        match self {
            Self::KeyError => "KeyError",
            Self::IndexError => "IndexError",
            Self::TypeError => "TypeError",
            Self::ValueError => "ValueError",
            Self::IndexingError => "IndexingError",
            Self::MergeError => "MergeError",
            Self::InvalidIndexError => "InvalidIndexError",
            Self::UnsortedIndexError => "UnsortedIndexError",
            Self::AttributeError => "AttributeError",
            Self::OverflowError => "OverflowError",
            Self::OutOfBoundsDatetime => "OutOfBoundsDatetime",
            Self::DateParseError => "DateParseError",
            Self::NotImplementedError => "NotImplementedError",
            Self::ZeroDivisionError => "ZeroDivisionError",
            Self::MemoryError | Self::RowCap => "MemoryError",
            Self::DataError => "DataError",
            Self::IntCastingNaNError => "IntCastingNaNError",
            Self::OutOfBoundsTimedelta => "OutOfBoundsTimedelta",
            Self::PatternError => "PatternError",
            Self::UFuncTypeError => "UFuncTypeError",
            Self::ArrowInvalid => "ArrowInvalid",
            Self::ZoneInfoNotFoundError => "ZoneInfoNotFoundError",
            Self::Foreign => "Exception",
            Self::DecodeError => "DecodeError",
        }
    }
}

/// A failed operation: the class pandas raises and the message it gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    kind: ErrorKind,
    message: String,
    foreign: Option<column::Error>,
}

/// The result of a frame operation.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), foreign: None }
    }

    pub(crate) fn key(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::KeyError, message)
    }

    pub(crate) fn value(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::ValueError, message)
    }

    pub(crate) fn type_(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::TypeError, message)
    }

    /// A part of pandas that is absent here, by name, as `lumen.pandas: DataFrame.to_hdf`.
    pub(crate) fn missing_feature(name: &str) -> Self {
        Self::new(ErrorKind::NotImplementedError, format!("lumen.pandas: {name}"))
    }

    /// The exception class.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// The host's exception, where an operation on its values raised one.
    pub fn payload(&self) -> Option<&Arc<dyn Any + Send + Sync>> {
        self.foreign.as_ref().and_then(column::Error::payload)
    }

    /// The text of the exception; for a `KeyError` the missing key as pandas shows it.
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.kind.class(), self.message)
    }
}

impl std::error::Error for Error {}

impl From<column::Error> for Error {
    fn from(error: column::Error) -> Self {
        use column::ErrorKind as From;
        let kind = match error.kind() {
            From::Type => ErrorKind::TypeError,
            From::Value => ErrorKind::ValueError,
            From::Key => ErrorKind::KeyError,
            From::Index => ErrorKind::IndexError,
            From::Overflow => ErrorKind::OverflowError,
            From::ZeroDivision => ErrorKind::ZeroDivisionError,
            From::Attribute => ErrorKind::AttributeError,
            From::Pattern => ErrorKind::PatternError,
            From::IntCastingNan => ErrorKind::IntCastingNaNError,
            From::OutOfBoundsDatetime => ErrorKind::OutOfBoundsDatetime,
            From::OutOfBoundsTimedelta => ErrorKind::OutOfBoundsTimedelta,
            From::Decode => ErrorKind::DecodeError,
            From::DateParse => ErrorKind::DateParseError,
            From::UFuncType => ErrorKind::UFuncTypeError,
            From::ArrowInvalid => ErrorKind::ArrowInvalid,
            From::ZoneNotFound => ErrorKind::ZoneInfoNotFoundError,
            From::Foreign => ErrorKind::Foreign,
            _ => ErrorKind::NotImplementedError,
        };
        let message = error.message().to_owned();
        Self { kind, message, foreign: error.payload().is_some().then_some(error) }
    }
}
