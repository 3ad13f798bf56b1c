//! How a run ends early: a fault with a stable code, a message, and the cells it went through.

use std::fmt;

use bytecode::Span;

#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    /// `R0101` and so on.
    pub code: String,
    pub message: String,
    /// What to do next.
    pub help: Option<String>,
    /// The place, once the machine has seen the fault.
    pub span: Option<Span>,
    /// The cells that were running, innermost first.
    pub stack: Vec<FrameTrace>,
    pub kind: FaultKind,
}

#[derive(Clone, Debug, PartialEq)]
pub struct FrameTrace {
    pub cell: String,
    pub span: Span,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FaultKind {
    /// The program did what its rules forbid.
    Program,
    /// The program asked to end with this code.
    Exit(i32),
    /// Fuel ran out.
    Fuel,
    /// An effect was refused, failed or diverged; the code says which.
    Effect,
    /// A defect of this implementation.
    Internal,
    /// The clause of a `handle` takes over: builtins hand this on, and whoever runs a program never sees it.
    Unwinding,
}

impl Fault {
    pub fn new(code: &str, message: impl Into<String>) -> Fault {
        Fault {
            code: code.to_owned(),
            message: message.into(),
            help: None,
            span: None,
            stack: Vec::new(),
            kind: FaultKind::Program,
        }
    }

    pub fn help(mut self, help: impl Into<String>) -> Fault {
        self.help = Some(help.into());
        self
    }

    pub fn kind(mut self, kind: FaultKind) -> Fault {
        self.kind = kind;
        self
    }

    /// What an engine refuses.
    pub fn engine(message: String) -> Fault {
        Fault::new("R0400", message)
    }

    pub(crate) fn internal(message: impl Into<String>) -> Fault {
        Fault::new("R0999", message).kind(FaultKind::Internal)
    }

    pub(crate) fn index(index: i64, len: usize) -> Fault {
        let plural = if len == 1 { "" } else { "s" };
        Fault::new("R0101", format!("index {index} is out of range: there are {len} element{plural}"))
            .help("`?[` and `get` give null instead")
    }

    pub(crate) fn overflow(what: impl fmt::Display) -> Fault {
        Fault::new("R0201", format!("{what} overflows Int"))
            .help("wrapping_add, wrapping_sub and wrapping_mul wrap around; Float has a wider range")
    }

    pub(crate) fn zero_division() -> Fault {
        Fault::new("R0202", "division by zero")
            .help("test the divisor first; Float division gives an infinity or NaN instead")
    }

    pub(crate) fn depth() -> Fault {
        Fault::new("R0904", "a value nests too deep: more than 1000 levels")
    }

    pub(crate) fn size(what: &str, count: impl fmt::Display) -> Fault {
        Fault::new("R0905", format!("{what} would have {count} elements, more than {SIZE_MAX}"))
    }
}

/// Most elements that one operation may make.
pub(crate) const SIZE_MAX: usize = 100_000_000;

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

impl std::error::Error for Fault {}
