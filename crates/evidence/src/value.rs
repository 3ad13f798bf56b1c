//! What goes into an operation and comes out of it, in the one form that engines, references and files share.
//!
//! A value says everything that two implementations can disagree on: the dtype in the reference's own spelling, the
//! kind of a missing value, labels with their dtype, a name, a frequency, a layout, which tensors share a storage.
//! Reading checks all of it, so that a value that exists is well formed; writing gives the canonical form, so that
//! equal values have equal digests.

mod bytes;
mod cell;
mod column;
mod dtype;
mod index;
mod labelled;
mod read;
mod state;
mod tensor;
mod time;
mod write;

pub use self::cell::Cell;
pub use self::column::{Categories, Column, Scalar};
pub use self::dtype::{Dtype, FloatFormat, Kind, Missing, Unit};
pub use self::index::{Index, IndexType};
pub use self::labelled::{Frame, Series};
pub use self::state::{Diagnostic, Outcome, State};
pub use self::tensor::Tensor;
pub use self::time::{instant_text, parse_instant};

use crate::json::{Json, canonical, parse};
use crate::place::{Malformed, Place};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// One value. The text form of each kind stands at its type; `kind` names it.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// `column`: cells of one dtype without labels.
    Column(Column),
    /// `index`: row or column labels.
    Index(Index),
    /// `series`: a labelled column.
    Series(Series),
    /// `frame`: columns by position, with their own label index.
    Frame(Frame),
    /// `tensor`: a view of a storage.
    Tensor(Tensor),
    /// `scalar`: one cell with its dtype.
    Scalar(Scalar),
    /// `tree`: several values.
    Tree(Tree),
    /// `text`: `{"kind":"text","value":...}`.
    Text(String),
    /// `bytes`: `{"kind":"bytes","base64":...}`.
    Bytes(Vec<u8>),
    /// `state`: what a store says of itself.
    State(State),
    /// `diagnostics`: what the language's tools report.
    Diagnostics(Vec<Diagnostic>),
    /// `outcome`: how a run ended.
    Outcome(Outcome),
}

/// Several values: `{"kind":"tree","items":[Value...]}` or `{"kind":"tree","entries":[[key, Value]...]}`, either with
/// `"storages":{name:{"dtype","values"}}` for the tensors that share one. A key is a cell of dtype `object`.
#[derive(Clone, Debug, PartialEq)]
pub enum Tree {
    /// A list or a tuple.
    Items(Vec<Value>),
    /// A mapping in its own order, each key once.
    Entries(Vec<(Cell, Value)>),
}

impl Tree {
    /// The value under a textual key.
    pub fn get(&self, key: &str) -> Option<&Value> {
        match self {
            Tree::Items(_) => None,
            Tree::Entries(entries) => {
                entries.iter().find(|(k, _)| matches!(k, Cell::Text(k) if k == key)).map(|(_, value)| value)
            }
        }
    }
}

impl Value {
    /// Reads a value from a file's bytes.
    ///
    /// ```
    /// use evidence::value::{Cell, Value};
    ///
    /// let text = br#"{"kind": "column", "dtype": "float64", "values": [1.0, null]}"#;
    /// let Value::Column(column) = Value::parse("a.json", text)? else { unreachable!() };
    /// assert_eq!(column.values(), [Cell::Float(1.0), Cell::Float(f64::NAN)]);
    ///
    /// let error = Value::parse("a.json", br#"{"kind": "column", "dtype": "int8", "values": [300]}"#).unwrap_err();
    /// assert_eq!(error.pointer, "/values/0");
    /// # Ok::<(), evidence::place::Malformed>(())
    /// ```
    pub fn parse(file: &str, text: &[u8]) -> Result<Self, Malformed> {
        Value::from_json(&parse(file, text)?, &Place::file(file))
    }

    /// Reads a value from JSON; the error points from `place` on.
    pub fn from_json(json: &Json, place: &Place<'_>) -> Result<Self, Malformed> {
        let value = read::value(json, place, &read::Storages::new())?;
        value
            .storages(&mut Shared::new())
            .map_err(|name| place.malformed(ONE_STORAGE, format!("two named {name:?}")))?;
        Ok(value)
    }

    /// Adds the named storages of all tensors inside; the error is a name that two of different contents have.
    pub(crate) fn storages<'a>(&'a self, found: &mut Shared<'a>) -> Result<(), &'a str> {
        match self {
            Value::Tensor(tensor) => match tensor.storage() {
                Some(name)
                    if *found.entry(name).or_insert(tensor.storage_values()) != tensor.storage_values() =>
                {
                    Err(name)
                }
                _ => Ok(()),
            },
            Value::Tree(Tree::Items(items)) => each_storage(items.iter(), found),
            Value::Tree(Tree::Entries(entries)) => {
                each_storage(entries.iter().map(|(_, value)| value), found)
            }
            Value::Outcome(outcome) => each_storage(outcome.outputs.values(), found),
            _ => Ok(()),
        }
    }

    /// The value as JSON. [`Value::from_json`] reads it back as an equal value.
    pub fn to_json(&self) -> Json {
        write::value(self)
    }

    /// The canonical text (RFC 8785).
    pub fn canonical(&self) -> String {
        canonical(&self.to_json())
    }

    /// BLAKE3 of the canonical text, in hexadecimal.
    pub fn digest(&self) -> String {
        blake3::hash(self.canonical().as_bytes()).to_hex().to_string()
    }

    /// The word that stands under `kind`.
    pub fn kind(&self) -> &'static str {
        match self {
            Value::Column(_) => "column",
            Value::Index(_) => "index",
            Value::Series(_) => "series",
            Value::Frame(_) => "frame",
            Value::Tensor(_) => "tensor",
            Value::Scalar(_) => "scalar",
            Value::Tree(_) => "tree",
            Value::Text(_) => "text",
            Value::Bytes(_) => "bytes",
            Value::State(_) => "state",
            Value::Diagnostics(_) => "diagnostics",
            Value::Outcome(_) => "outcome",
        }
    }
}

/// Named storages.
pub(crate) type Shared<'a> = BTreeMap<&'a str, &'a Arc<Column>>;

pub(crate) const ONE_STORAGE: &str = "one storage for each name";

/// All of them, past a conflict: the first one is told.
fn each_storage<'a>(values: impl Iterator<Item = &'a Value>, found: &mut Shared<'a>) -> Result<(), &'a str> {
    values.map(|value| value.storages(found)).fold(Ok(()), Result::and)
}

/// Parts that do not fit together, from code that builds a value. In a file the reader says the same as a
/// [`Malformed`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misfit {
    /// The part, as the JSON pointer inside the value would name it.
    pub part: String,
    /// What fits.
    pub expected: String,
    /// What was given.
    pub found: String,
}

impl Misfit {
    pub(crate) fn new(
        part: impl Into<String>,
        expected: impl Into<String>,
        found: impl Into<String>,
    ) -> Self {
        Misfit { part: part.into(), expected: expected.into(), found: found.into() }
    }
}

impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: expected {}, found {}", self.part, self.expected, self.found)
    }
}

impl std::error::Error for Misfit {}

#[cfg(test)]
mod tests;
