//! What is asked and what is answered.

use evidence::value::Value;
use serde_json::{Map, Value as Json};
use std::collections::BTreeMap;

/// One call of a reference.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Ask {
    /// The operation's name in the registry; the worker's adapters are keyed by it.
    pub op: String,
    /// Values by name.
    pub inputs: BTreeMap<String, Value>,
    /// Every parameter the operation has, defaults written out.
    pub params: Map<String, Json>,
    /// Dotted paths of reference functions that raise for the time of this call, such as `pandas.Series.add`: several
    /// where an operation calls one or the other, by the kind of its input.
    pub poison: Vec<String>,
}

impl Ask {
    /// A question without inputs and parameters.
    pub fn new(op: impl Into<String>) -> Ask {
        Ask { op: op.into(), ..Ask::default() }
    }

    /// With a named input.
    pub fn input(mut self, name: impl Into<String>, value: Value) -> Ask {
        self.inputs.insert(name.into(), value);
        self
    }

    /// With a parameter.
    pub fn param(mut self, name: impl Into<String>, value: impl Into<Json>) -> Ask {
        self.params.insert(name.into(), value.into());
        self
    }

    /// The same call with a reference function replaced by one that raises: the answer must then be
    /// [`poisoned_by`](Answer::poisoned_by) it, else the adapter got its answer elsewhere.
    pub fn poisoned(mut self, path: impl Into<String>) -> Ask {
        self.poison.push(path.into());
        self
    }
}

/// What the reference did.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// What it returned, or what was raised by whomever.
    pub result: Result<Value, Failure>,
    /// In the order they were issued.
    pub warnings: Vec<Warning>,
}

impl Answer {
    /// The poisoned function that was reached, if one was: the path that the question named.
    pub fn poisoned_by(&self) -> Option<&str> {
        let failure = self.result.as_ref().err()?;
        let poisoned = failure.origin == Origin::Reference && failure.class == POISONED;
        poisoned.then_some(failure.message.as_str())
    }
}

/// The class of the exception that a poisoned function raises.
const POISONED: &str = "lumen_oracle.worker.Poisoned";

/// An exception. Only one of [`Origin::Reference`] says anything about the reference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Who raised it.
    pub origin: Origin,
    /// Name with module; Python's builtins stand without one, as in its own tracebacks.
    pub class: String,
    /// What it says; of a `KeyError` the key's text instead of its repr.
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
    /// The protocol's word.
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
    /// What it says.
    pub message: String,
}
