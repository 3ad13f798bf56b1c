//! The crate's one error: PyTorch's exception class and text, with the facts as fields.

use std::fmt;

use crate::DType;

/// Result of a tensor operation.
pub type Result<T> = std::result::Result<T, Error>;

/// The class of exception PyTorch raises.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// `RuntimeError`
    Runtime,
    /// `IndexError`
    Index,
    /// `ValueError`
    Value,
    /// `TypeError`
    Type,
    /// `NotImplementedError`
    NotImplemented,
    /// A matrix that has no such decomposition; PyTorch's `torch.linalg.LinAlgError`.
    LinAlg,
    /// Memory could not be had; PyTorch raises `RuntimeError`.
    OutOfMemory,
}

impl ErrorKind {
    /// The Python class's name.
    pub fn class(self) -> &'static str {
        match self {
            ErrorKind::Runtime | ErrorKind::OutOfMemory => "RuntimeError",
            ErrorKind::Index => "IndexError",
            ErrorKind::Value => "ValueError",
            ErrorKind::Type => "TypeError",
            ErrorKind::NotImplemented => "NotImplementedError",
            ErrorKind::LinAlg => "_LinAlgError",
        }
    }
}

/// A refused operation. A refused operator call changes nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct Error(Box<Facts>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Facts {
    kind: ErrorKind,
    operator: &'static str,
    message: String,
    shapes: Vec<Vec<usize>>,
    dtypes: Vec<DType>,
    expected: Option<String>,
    found: Option<String>,
}

impl Error {
    /// An error of the given class.
    pub fn new(kind: ErrorKind, operator: &'static str, message: impl Into<String>) -> Self {
        Error(Box::new(Facts {
            kind,
            operator,
            message: message.into(),
            shapes: Vec::new(),
            dtypes: Vec::new(),
            expected: None,
            found: None,
        }))
    }
    /// A `RuntimeError`.
    pub fn runtime(operator: &'static str, message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Runtime, operator, message)
    }
    /// An `IndexError`.
    pub fn index(operator: &'static str, message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Index, operator, message)
    }
    /// A `ValueError`.
    pub fn value(operator: &'static str, message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Value, operator, message)
    }
    /// A `TypeError`.
    pub fn type_error(operator: &'static str, message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Type, operator, message)
    }
    /// A `NotImplementedError`.
    pub fn not_implemented(operator: &'static str, message: impl Into<String>) -> Self {
        Self::new(ErrorKind::NotImplemented, operator, message)
    }

    /// Adds the shapes involved.
    pub fn shapes(mut self, shapes: &[&[usize]]) -> Self {
        self.0.shapes = shapes.iter().map(|s| s.to_vec()).collect();
        self
    }
    /// Adds the dtypes involved.
    pub fn dtypes(mut self, dtypes: &[DType]) -> Self {
        self.0.dtypes = dtypes.to_vec();
        self
    }
    /// Adds what was expected.
    pub fn expected(mut self, expected: impl Into<String>) -> Self {
        self.0.expected = Some(expected.into());
        self
    }
    /// Adds what was found.
    pub fn found(mut self, found: impl Into<String>) -> Self {
        self.0.found = Some(found.into());
        self
    }

    /// PyTorch's exception class.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }
    /// The operator that refused.
    pub fn operator(&self) -> &'static str {
        self.0.operator
    }
    /// PyTorch's text.
    pub fn message(&self) -> &str {
        &self.0.message
    }
    /// Shapes of the operands, where they matter.
    pub fn operand_shapes(&self) -> &[Vec<usize>] {
        &self.0.shapes
    }
    /// Dtypes of the operands, where they matter.
    pub fn operand_dtypes(&self) -> &[DType] {
        &self.0.dtypes
    }
    /// What was expected, where one phrase can say it.
    pub fn expectation(&self) -> Option<&str> {
        self.0.expected.as_deref()
    }
    /// What was found instead.
    pub fn finding(&self) -> Option<&str> {
        self.0.found.as_deref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} [{}", self.0.kind.class(), self.0.message, self.0.operator)?;
        if !self.0.shapes.is_empty() {
            write!(f, ", shapes {:?}", self.0.shapes)?;
        }
        if !self.0.dtypes.is_empty() {
            write!(f, ", dtypes {:?}", self.0.dtypes)?;
        }
        f.write_str("]")
    }
}

impl std::error::Error for Error {}
