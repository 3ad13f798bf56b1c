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
    /// What was asked for is not there yet: the machine makes the call again when something came. Whoever runs a program
    /// never sees it.
    Waiting,
    /// The clause of a `handle` takes over: builtins hand this on, and whoever runs a program never sees it.
    Unwinding,
    /// The task is cancelled while builtins of its own wait: they hand this on, and whoever runs a program never sees it.
    Cancelled,
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

    /// What a host gives instead of a value that is not there yet.
    pub fn waiting() -> Fault {
        Fault::new("R0999", "an answer was not waited for").kind(FaultKind::Waiting)
    }

    /// What ends a task that nobody needs any more, from inside of what it waits in.
    pub(crate) fn cancelled() -> Fault {
        Fault::new("R0999", "a cancelled task goes on").kind(FaultKind::Cancelled)
    }

    /// Whether frames that it leaves run what they deferred. A run that is out of fuel goes on later, and what a replay
    /// finds to differ is no fault of the program; too deep a recursion has no room for more.
    pub(crate) fn runs_deferred(&self) -> bool {
        match self.kind {
            FaultKind::Program => !self.is_too_deep(),
            FaultKind::Exit(_) => true,
            FaultKind::Effect => !self.code.starts_with("R08"),
            FaultKind::Fuel
            | FaultKind::Internal
            | FaultKind::Waiting
            | FaultKind::Unwinding
            | FaultKind::Cancelled => false,
        }
    }

    /// Whether an effect did not succeed, or brought what was not asked for: a program may go on then. A refused grant,
    /// a divergence from the recording and a log that cannot be written end the run all the same.
    pub(crate) fn is_failed_effect(&self) -> bool {
        self.code.starts_with("R07") || (self.kind == FaultKind::Effect && self.code.starts_with("R04"))
    }

    pub(crate) fn is_too_deep(&self) -> bool {
        self.code == TOO_DEEP
    }

    /// This fault, after another one in what `cell` deferred because of it. The first is the one reported, unless the
    /// program asked for its end, or the other ends the run at once.
    pub(crate) fn after_deferred(mut self, mut other: Fault, cell: &str) -> Fault {
        let at_once = !other.runs_deferred() && !other.is_too_deep();
        let asked = matches!(self.kind, FaultKind::Exit(_)) && !matches!(other.kind, FaultKind::Exit(_));
        if at_once || asked {
            other.message = format!("{}; before it: {}", other.message, self.shortened());
            return other;
        }
        if self.message.len() < TOLD_MAX {
            self.message =
                format!("{}; then, in what `{cell}` deferred: {}", self.message, other.shortened());
        } else if !self.message.ends_with(MORE) {
            self.message.push_str(MORE);
        }
        self
    }

    /// Faults in faults would grow without end.
    fn shortened(&self) -> String {
        let text = self.to_string();
        match text.char_indices().nth(QUOTED_MAX) {
            Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
            None => text,
        }
    }

    /// It goes through a cell.
    pub(crate) fn note(&mut self, cell: &str, span: Span) {
        // What the compiler added by itself has no place in the text: its caller has one.
        if self.span.is_none() && span != Span::default() {
            self.span = Some(span);
        }
        // Nor has what a declaration stands for: no name of a program has this mark.
        if self.stack.len() < TRACE_MAX && !cell.contains('#') {
            self.stack.push(FrameTrace { cell: cell.to_owned(), span });
        }
    }

    /// What an engine refuses.
    pub fn engine(message: String) -> Fault {
        Fault::new("R0400", message)
    }

    pub(crate) fn internal(message: impl Into<String>) -> Fault {
        Fault::new("R0999", message).kind(FaultKind::Internal)
    }

    pub(crate) fn index(index: i64, len: usize) -> Fault {
        let has = if len == 1 { "is 1 element".to_string() } else { format!("are {len} elements") };
        Fault::new("R0101", format!("index {index} is out of range: there {has}"))
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

/// Frames beyond this are left out of a fault's stack.
const TRACE_MAX: usize = 64;
/// To a message of that length in bytes no further faults are added.
const TOLD_MAX: usize = 2_000;
const MORE: &str = "; and more";
/// Most scalars of a fault that stand in another one's message.
const QUOTED_MAX: usize = 300;
pub(crate) const TOO_DEEP: &str = "R0903";

/// Most elements that one operation may make.
pub(crate) const SIZE_MAX: usize = 100_000_000;

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

impl std::error::Error for Fault {}
