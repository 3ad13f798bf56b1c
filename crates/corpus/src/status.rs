//! What became of a sample.

use std::fmt;

/// What became of a sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    /// Everything compared is right.
    Pass,
    /// Other elements, or another number of results.
    Value,
    /// Another gradient, or one too many or too few.
    Gradient,
    /// Another element type.
    DType,
    /// Other sizes.
    Shape,
    /// Other strides, or a copy where a view belongs.
    Stride,
    /// An error where the reference has a result.
    Raised,
    /// A result where the reference has an error.
    NotRaised,
    /// An operator, dtype or parameter that does not exist here, or a value that the corpus cannot describe.
    Unimplemented,
    /// A panic.
    Crash,
}

impl Status {
    /// Every status, in the order of the summary.
    pub const ALL: [Status; 10] = [
        Status::Pass,
        Status::Value,
        Status::Gradient,
        Status::DType,
        Status::Shape,
        Status::Stride,
        Status::Raised,
        Status::NotRaised,
        Status::Unimplemented,
        Status::Crash,
    ];

    /// The word in reports.
    pub fn name(self) -> &'static str {
        match self {
            Status::Pass => "pass",
            Status::Value => "value",
            Status::Gradient => "gradient",
            Status::DType => "dtype",
            Status::Shape => "shape",
            Status::Stride => "stride",
            Status::Raised => "raised",
            Status::NotRaised => "not_raised",
            Status::Unimplemented => "unimplemented",
            Status::Crash => "crash",
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A sample's status and, unless it passed, how it differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// What became of it.
    pub status: Status,
    /// The difference.
    pub message: String,
}

impl Outcome {
    pub(crate) fn pass() -> Outcome {
        Outcome { status: Status::Pass, message: String::new() }
    }

    pub(crate) fn of(status: Status, message: impl Into<String>) -> Outcome {
        Outcome { status, message: message.into() }
    }
}
