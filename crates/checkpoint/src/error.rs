//! What can go wrong with a file of tensors.

use std::fmt;

/// The result of every operation here.
pub type Result<T> = std::result::Result<T, Error>;

/// The class of exception that PyTorch raises in the same place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// `RuntimeError`: a damaged file.
    Runtime,
    /// `pickle.UnpicklingError`: a pickle with anything but tensors, numbers, texts and containers.
    Unpickling,
    /// `NotImplementedError`: a good file with something that is not built here.
    NotImplemented,
    /// `ValueError`: an object that the format cannot hold.
    Value,
}

/// A refused file or object. Nothing was read of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    kind: ErrorKind,
    message: String,
}

impl Error {
    /// An error of the given class.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Error {
        Error { kind, message: message.into() }
    }

    pub(crate) fn runtime(message: impl Into<String>) -> Error {
        Error::new(ErrorKind::Runtime, message)
    }

    pub(crate) fn missing(what: impl fmt::Display) -> Error {
        Error::new(ErrorKind::NotImplemented, format!("{what} is not built"))
    }

    /// The class.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// The text, without the class.
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl ErrorKind {
    /// The Python class's name.
    pub fn class(self) -> &'static str {
        match self {
            ErrorKind::Runtime => "RuntimeError",
            ErrorKind::Unpickling => "UnpicklingError",
            ErrorKind::NotImplemented => "NotImplementedError",
            ErrorKind::Value => "ValueError",
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind.class(), self.message)
    }
}

impl std::error::Error for Error {}

impl From<tensor::Error> for Error {
    fn from(error: tensor::Error) -> Error {
        let kind = match error.kind() {
            tensor::ErrorKind::NotImplemented => ErrorKind::NotImplemented,
            _ => ErrorKind::Runtime,
        };
        Error::new(kind, error.message())
    }
}
