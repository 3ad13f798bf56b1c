//! What a report shows, as data.
//!
//! Nothing in the model is computed here, and nothing but the model reaches the page: a time stands on it only if
//! [`Cell::ms`] carries one.

use crate::{figure::Figure, table::TableView};

/// A whole report.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Page {
    pub title: String,
    pub subtitle: Option<String>,
    pub facts: RunFacts,
    pub blocks: Vec<Block>,
    /// One entry for each number, result or figure that can be traced.
    pub provenance: Vec<Provenance>,
}

/// Where the report comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunFacts {
    pub run: String,
    /// The document's path as the user gave it.
    pub document: String,
    /// Name and version of the engine.
    pub engine: String,
    /// Hashes a reader can compare: trace, state, document.
    pub digests: Vec<Digest>,
    /// The command that checks this report, such as `lumen verify 3f2a`.
    pub verify_command: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Digest {
    pub label: String,
    pub hex: String,
}

/// A part of the page, in document order.
#[derive(Clone, Debug, PartialEq)]
pub enum Block {
    /// Level 1 to 6; levels outside are taken as the nearest.
    Heading {
        level: u8,
        text: Vec<Inline>,
    },
    Paragraph(Vec<Inline>),
    List {
        /// The number of the first item; `None` for bullets.
        start: Option<u64>,
        items: Vec<Vec<Block>>,
    },
    /// A table of the prose.
    Table {
        head: Vec<Vec<Inline>>,
        /// The column's side, one a column; `None` is the start.
        align: Vec<Option<Align>>,
        rows: Vec<Vec<Vec<Inline>>>,
    },
    Quote(Vec<Block>),
    /// Code that does not run.
    Code {
        language: String,
        text: String,
    },
    Rule,
    /// A fence that ran, with what it showed.
    Cell(Cell),
}

/// The side on which a prose table's column stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    Start,
    Center,
    End,
}

/// A part of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Inline {
    Text(String),
    Emph(Vec<Inline>),
    Strong(Vec<Inline>),
    Code(String),
    /// A link to the web, a mail address or a place in this page; other targets are shown as text.
    Link {
        url: String,
        text: Vec<Inline>,
    },
    /// A bound number. `id` is the [`Provenance::id`] it leads to.
    Number {
        id: String,
        text: String,
    },
    LineBreak,
}

/// A fence of the document.
#[derive(Clone, Debug, PartialEq)]
pub struct Cell {
    /// The fence's name, empty when it has none.
    pub name: String,
    /// `lumen` or `python`.
    pub language: String,
    /// `None` for a hidden fence.
    pub source: Option<String>,
    pub status: Status,
    pub ms: Option<u64>,
    pub shown: Vec<Shown>,
}

/// How a fence came by its results.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Computed in this run.
    Ran,
    /// Looked up in the log.
    Recorded,
    /// Shown only: the fence is marked `skip`.
    Skipped,
    Failed,
}

/// What a fence shows under its source.
#[derive(Clone, Debug, PartialEq)]
pub struct Shown {
    /// The [`Provenance::id`] of the value.
    pub id: Option<String>,
    /// The result's name, empty for a bare expression.
    pub name: String,
    pub content: Content,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    Table(TableView),
    /// Printed text or a value's text.
    Text(String),
    Figure(Figure),
    Error(String),
}

/// The chain behind one number, result or figure.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Provenance {
    /// What [`Inline::Number`] and [`Shown::id`] name.
    pub id: String,
    /// The number as printed, or the result's name.
    pub title: String,
    /// The expression that was bound, `rate | percent(1)`.
    pub expression: Option<String>,
    pub result: String,
    pub cell: String,
    /// The code that made the result.
    pub code: String,
    pub log: Option<LogEntry>,
    /// Why the value was made or changed, in words.
    pub intent: Option<String>,
    pub inputs: Vec<Input>,
    pub value_hash: Option<String>,
    /// Engine operations on the way, each with what is known of its proof.
    pub operations: Vec<String>,
}

/// A record of the run's log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogEntry {
    pub seq: u64,
    /// The effect's id in hexadecimal.
    pub effect: String,
}

/// A file the value depends on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    pub path: String,
    pub sha256: String,
    pub rows: Option<u64>,
}

impl Inline {
    /// Plain text as one part of a line.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// A number bound to the provenance `id`.
    pub fn number(id: impl Into<String>, text: impl Into<String>) -> Self {
        Self::Number { id: id.into(), text: text.into() }
    }
}
