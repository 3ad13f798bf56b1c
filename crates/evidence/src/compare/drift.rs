//! A difference, with its category and level.

use crate::place::escape;
use serde::{Deserialize, Serialize};
use std::fmt;

/// How many differences of one category and level are kept.
pub const LOCATIONS_MAX: usize = 100;

/// One difference between what was expected and what was found. The texts hold no control character.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Drift {
    /// The operation.
    pub op: String,
    /// What differs.
    pub category: Category,
    /// How grave it is.
    pub level: Level,
    /// Where in the value, with label and dtype.
    pub location: String,
    /// What stands there in the expectation.
    pub expected: String,
    /// What stands there in the answer.
    pub found: String,
}

/// What differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Category {
    /// A value.
    Value,
    /// A dtype, categories among it.
    Dtype,
    /// A size, a kind of value, which keys there are.
    Shape,
    /// The order of rows, columns or keys, all of which are there.
    Order,
    /// A label, the class of an index, a name, a frequency.
    Label,
    /// What is missing, or the kind of missing value.
    Missing,
    /// Strides, offset, aliasing.
    Layout,
    /// A gradient, or whether there is to be one.
    Gradient,
    /// An error: none, another class, other words.
    Error,
    /// A warning: none, another class, other words.
    Warning,
    /// A store's or a run's state.
    State,
    /// Calls and ledger totals.
    Effect,
    /// A diagnostic.
    Diagnostic,
    /// The result depends on the number of threads.
    Threads,
}

impl Category {
    /// Every category.
    pub const ALL: [Category; 14] = [
        Category::Value,
        Category::Dtype,
        Category::Shape,
        Category::Order,
        Category::Label,
        Category::Missing,
        Category::Layout,
        Category::Gradient,
        Category::Error,
        Category::Warning,
        Category::State,
        Category::Effect,
        Category::Diagnostic,
        Category::Threads,
    ];

    /// The word in reports.
    pub fn name(self) -> &'static str {
        match self {
            Category::Value => "value",
            Category::Dtype => "dtype",
            Category::Shape => "shape",
            Category::Order => "order",
            Category::Label => "label",
            Category::Missing => "missing",
            Category::Layout => "layout",
            Category::Gradient => "gradient",
            Category::Error => "error",
            Category::Warning => "warning",
            Category::State => "state",
            Category::Effect => "effect",
            Category::Diagnostic => "diagnostic",
            Category::Threads => "threads",
        }
    }
}

/// How grave a difference is, from what nobody minds to what fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Other bits inside the tolerance.
    Informational,
    /// A value within ten times the tolerance, or other words; the gate counts them.
    Minor,
    /// Anything else: the check fails.
    Critical,
}

impl Level {
    /// The word in reports.
    pub fn name(self) -> &'static str {
        match self {
            Level::Informational => "informational",
            Level::Minor => "minor",
            Level::Critical => "critical",
        }
    }
}

impl Drift {
    /// A difference; texts are escaped and cut where they are long. The location of a whole value is `value`.
    pub fn new(
        op: &str,
        category: Category,
        level: Level,
        location: &str,
        expected: &str,
        found: &str,
    ) -> Self {
        let location = match location.trim_start() {
            "" => "value",
            part => part,
        };
        Drift {
            op: line(op),
            category,
            level,
            location: line(location),
            expected: line(expected),
            found: line(found),
        }
    }

    /// `op.category`, by which drifts are counted.
    pub fn key(&self) -> String {
        format!("{}.{}", self.op, self.category.name())
    }
}

impl fmt::Display for Drift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Drift { location, expected, found, .. } = self;
        write!(f, "{} ({}) at {location}: expected {expected}, found {found}", self.key(), self.level.name())
    }
}

fn line(text: &str) -> String {
    const CHARS_MAX: usize = 300;
    match text.char_indices().nth(CHARS_MAX) {
        None => escape(text),
        Some((cut, _)) => format!("{}... ({} bytes)", escape(&text[..cut]), text.len()),
    }
}
