//! The crate's one error type.

use std::fmt;

use crate::compression::Compression;
use crate::repair::Defect;
use crate::schema::Problem;

/// Result of reading or writing.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// pandas' exception class of an [`Error`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// `pandas.errors.ParserError`
    Parser,
    /// `pandas.errors.EmptyDataError`
    EmptyData,
    /// `UnicodeDecodeError`
    UnicodeDecode,
    /// A bound of this reader, stated in the message (`MemoryError`).
    Limit,
    /// Compressed bytes that cannot be read (`gzip.BadGzipFile`, `zipfile.BadZipFile` …).
    Damaged(Compression),
    /// `_csv.Error`: a field that can be written neither with quotes nor with an escape.
    Csv,
    /// The table does not have the schema's shape; see [`Error::problems`].
    Schema,
    /// An error of the column engine, with its own class.
    Column(column::ErrorKind),
}

impl ErrorKind {
    /// The class as Python names it.
    #[must_use]
    pub fn class(self) -> &'static str {
        match self {
            Self::Parser => "ParserError",
            Self::EmptyData => "EmptyDataError",
            Self::UnicodeDecode => "UnicodeDecodeError",
            Self::Limit => "MemoryError",
            Self::Damaged(compression) => compression.error_class(),
            Self::Csv => "Error",
            Self::Schema => "SchemaError",
            Self::Column(kind) => kind.class(),
        }
    }
}

/// Where in the input something stands.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Place {
    /// Line from 1, counting every line end, also those inside quotes.
    pub line: usize,
    /// Byte from the start of the (decompressed) input.
    pub offset: usize,
    /// Column's label, where one column is concerned.
    pub column: Option<String>,
}

/// A failed read: pandas' exception class and message, and the place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error(Box<Details>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Details {
    kind: ErrorKind,
    message: String,
    place: Option<Place>,
    problems: Vec<Problem>,
    defect: Option<Defect>,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Details {
            kind,
            message: message.into(),
            place: None,
            problems: Vec::new(),
            defect: None,
        }))
    }

    pub(crate) fn value(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Column(column::ErrorKind::Value), message)
    }

    pub(crate) fn not_implemented(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Column(column::ErrorKind::NotImplemented), message)
    }

    pub(crate) fn schema(problems: Vec<Problem>) -> Self {
        let lines: Vec<String> = problems.iter().map(Problem::to_string).collect();
        let mut error = Self::new(ErrorKind::Schema, lines.join("\n"));
        error.0.problems = problems;
        error
    }

    pub(crate) fn at(mut self, line: usize, offset: usize) -> Self {
        self.0.place = Some(Place { line, offset, column: None });
        self
    }

    pub(crate) fn in_column(mut self, label: impl Into<String>) -> Self {
        self.0.place.get_or_insert_default().column = Some(label.into());
        self
    }

    /// Says which defect of the input it is, so that the hardened reader need not read messages.
    pub(crate) fn of(mut self, defect: Defect) -> Self {
        self.0.defect = Some(defect);
        self
    }

    pub(crate) fn defect(&self) -> Option<Defect> {
        match self.0.kind {
            ErrorKind::UnicodeDecode => Some(Defect::BadUtf8),
            _ => self.0.defect,
        }
    }

    /// The exception class.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// pandas' text, without the class.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// Where the error arose, where known.
    #[must_use]
    pub fn place(&self) -> Option<&Place> {
        self.0.place.as_ref()
    }

    /// Every difference from the schema, for [`ErrorKind::Schema`].
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        &self.0.problems
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.0.kind.class(), self.0.message.trim_end())
    }
}

impl std::error::Error for Error {}

impl From<column::Error> for Error {
    fn from(error: column::Error) -> Self {
        Self::new(ErrorKind::Column(error.kind()), error.message())
    }
}
