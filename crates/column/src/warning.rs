//! Warnings: what an operation says beside its result, in pandas' and numpy's words.
//!
//! Whoever wants them wraps the operation in [`with_warnings`]; else they are dropped, as Python drops them under a
//! filter. They are gathered on the thread that they arise on, so work that is spread over threads wraps each task and
//! says the warnings again where the results come together.

use std::cell::RefCell;

/// A class of warnings in Python.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum WarningKind {
    /// `RuntimeWarning`: numpy's floating-point conditions, orders that do not exist.
    Runtime,
    /// `UserWarning`: a guess.
    User,
    /// `pandas.errors.Pandas4Warning`: what pandas 4 takes away.
    Pandas4,
}

impl WarningKind {
    /// The class as Python names it.
    #[must_use]
    pub fn class(self) -> &'static str {
        match self {
            Self::Runtime => "RuntimeWarning",
            Self::User => "UserWarning",
            Self::Pandas4 => "Pandas4Warning",
        }
    }
}

/// One warning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// Its class.
    pub kind: WarningKind,
    /// Its text.
    pub message: String,
}

thread_local! {
    static OPEN: RefCell<Option<Vec<Warning>>> = const { RefCell::new(None) };
}

/// Does `work` and gathers its warnings, in order. What is gathered inside another gathering stays inside.
///
/// ```
/// use column::Column;
/// let (root, warnings) = column::with_warnings(|| Column::from(vec![-1.0]).sqrt());
/// assert!(root?.get(0).is_some_and(|value| value.is_missing()));
/// assert_eq!(warnings[0].message, "invalid value encountered in sqrt");
/// # Ok::<(), column::Error>(())
/// ```
pub fn with_warnings<T>(work: impl FnOnce() -> T) -> (T, Vec<Warning>) {
    struct Restore(Option<Vec<Warning>>);
    impl Drop for Restore {
        fn drop(&mut self) {
            OPEN.replace(self.0.take());
        }
    }
    let restore = Restore(OPEN.replace(Some(Vec::new())));
    let result = work();
    let warnings = OPEN.take().unwrap_or_default();
    drop(restore);
    (result, warnings)
}

/// Says a warning to whoever gathers on this thread.
pub fn warn(kind: WarningKind, message: impl Into<String>) {
    OPEN.with_borrow_mut(|open| {
        if let Some(warnings) = open {
            warnings.push(Warning { kind, message: message.into() });
        }
    });
}

/// numpy's conditions of a floating-point operation, each said once and in numpy's order.
#[derive(Clone, Copy, Debug, Default)]
pub struct Conditions {
    /// Infinite where the argument was finite, at a pole.
    pub divide: bool,
    /// Infinite where the argument was finite.
    pub overflow: bool,
    /// NaN where no argument was.
    pub invalid: bool,
}

impl Conditions {
    /// Says what was met in numpy's function of this name.
    pub fn warn(self, function: &str) {
        let conditions =
            [(self.divide, "divide by zero"), (self.overflow, "overflow"), (self.invalid, "invalid value")];
        for (_, words) in conditions.into_iter().filter(|(met, _)| *met) {
            warn(WarningKind::Runtime, format!("{words} encountered in {function}"));
        }
    }
}
