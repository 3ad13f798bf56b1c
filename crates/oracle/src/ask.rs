//! What is asked and what is answered.

use serde_json::{Map, Value as Json};
use std::collections::BTreeMap;

/// Stands for the value of the evidence plane.
pub type Value = Json;

/// One call of a reference.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Ask {
    /// The operation's name in the registry; the worker's adapters are keyed by it.
    pub op: String,
    pub inputs: BTreeMap<String, Value>,
    /// Every parameter the operation has, defaults written out.
    pub params: Map<String, Json>,
    /// Dotted path of a reference function that raises for the time of this call, such as `pandas.Series.add`.
    pub poison: Option<String>,
}

impl Ask {
    pub fn new(op: impl Into<String>) -> Ask {
        Ask { op: op.into(), ..Ask::default() }
    }

    pub fn input(mut self, name: impl Into<String>, value: Value) -> Ask {
        self.inputs.insert(name.into(), value);
        self
    }

    pub fn param(mut self, name: impl Into<String>, value: impl Into<Json>) -> Ask {
        self.params.insert(name.into(), value.into());
        self
    }

    /// The same call with a reference function replaced by one that raises.
    pub fn poisoned(mut self, path: impl Into<String>) -> Ask {
        self.poison = Some(path.into());
        self
    }
}

/// A file that we wrote, for the reference to read.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ReadBack {
    /// `csv`, `parquet`, `arrow`, `torch`.
    pub format: String,
    pub bytes: Vec<u8>,
    /// Keyword arguments of the reference's reader.
    pub options: Map<String, Json>,
}

/// What the reference did.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    pub outcome: Outcome,
    /// In the order they were issued.
    pub warnings: Vec<Warning>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    Value(Value),
    Failure(Failure),
}

/// An exception. Only one of [`Origin::Reference`] says anything about the reference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    pub origin: Origin,
    /// Name with module; Python's builtins stand without one, as in its own tracebacks.
    pub class: String,
    pub message: String,
}

/// Where an exception came from: `error_origin` of the protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Origin {
    /// `oracle`: the reference raised it.
    Reference,
    /// `adapter`: our translation failed, or returned without calling the reference.
    Adapter,
    /// `request`: the question is malformed or its operation unknown.
    Request,
    /// `unexpected`: the reference answered something that has no form as a value.
    Unexpected,
}

impl Origin {
    pub fn name(self) -> &'static str {
        match self {
            Origin::Reference => "oracle",
            Origin::Adapter => "adapter",
            Origin::Request => "request",
            Origin::Unexpected => "unexpected",
        }
    }

    pub(crate) fn from_name(name: &str) -> Option<Origin> {
        [Origin::Reference, Origin::Adapter, Origin::Request, Origin::Unexpected]
            .into_iter()
            .find(|origin| origin.name() == name)
    }
}

/// A warning the reference issued during the call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// Named like [`Failure::class`].
    pub class: String,
    pub message: String,
}
