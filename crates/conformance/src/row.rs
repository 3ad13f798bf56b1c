//! One operation: what it takes, what runs it, what attests it, how its results are compared.

use std::collections::BTreeMap;

use evidence::case::Raised;
use evidence::json::Json;
use evidence::value::Value;
use serde::de::DeserializeOwned;
use serde_json::Map;

use crate::call::{Call, Failure};
use evidence::compare::Rule;

/// One row of the registry. Cases, executor, oracle and comparison all meet here, so they cannot drift apart.
pub struct Row {
    /// The name in cases and in the oracle's adapter table: `series.add`.
    pub op: &'static str,
    /// What attests the expectation.
    pub reference: Reference,
    /// Every input that a case may name.
    pub inputs: &'static [Input],
    /// The parameters' struct.
    pub params: Params,
    /// Runs the engine.
    pub run: fn(&Call<'_>) -> Result<Value, Failure>,
    /// How the values are compared.
    pub rule: Rule,
    /// Categories of the allowlist that hardened mode may use.
    pub hardened: &'static [&'static str],
    /// API names covered, each `name` or `name(parameter, …)`, in the reference's spelling.
    pub api: &'static [&'static str],
}

/// A naive model: inputs and parameters to what is right. It sees no engine, not even through a [`Call`].
pub type Naive = fn(&BTreeMap<String, Value>, &Json) -> Result<Value, Raised>;

/// Who says what is right.
#[derive(Clone, Copy)]
pub enum Reference {
    /// The function of pandas that the adapter must call: `pandas.Series.add`.
    Pandas(&'static str),
    /// The function of PyTorch that the adapter must call.
    Torch(&'static str),
    /// The function of CPython that the adapter must call.
    CPython(&'static str),
    /// A slow model of ours, which knows no engine.
    Naive(Naive),
    /// A section of a specification; cases state the result by hand.
    Spec(&'static str),
}

impl Reference {
    /// The reference's name: what `oracle` says in a packet.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Reference::Pandas(_) => "pandas",
            Reference::Torch(_) => "torch",
            Reference::CPython(_) => "cpython",
            Reference::Naive(_) => "naive",
            Reference::Spec(_) => "spec",
        }
    }

    /// The function or section.
    #[must_use]
    pub fn subject(self) -> &'static str {
        match self {
            Reference::Pandas(path) | Reference::Torch(path) | Reference::CPython(path) => path,
            Reference::Naive(_) => "naive model",
            Reference::Spec(section) => section,
        }
    }

    /// Whether the answer comes from the live Python worker.
    #[must_use]
    pub fn is_live(self) -> bool {
        matches!(self, Reference::Pandas(_) | Reference::Torch(_) | Reference::CPython(_))
    }

    /// Whether it can be asked again: a specification cannot.
    #[must_use]
    pub fn can_answer(self) -> bool {
        self.is_live() || matches!(self, Reference::Naive(_))
    }
}

/// One named input.
#[derive(Clone, Copy, Debug)]
pub struct Input {
    /// The name in cases.
    pub name: &'static str,
    /// What may stand there.
    pub kinds: &'static [Kind],
    /// Whether a case may leave it out.
    pub optional: bool,
}

impl Input {
    /// An input that every case gives.
    #[must_use]
    pub const fn one(name: &'static str, kinds: &'static [Kind]) -> Input {
        Input { name, kinds, optional: false }
    }

    /// An input that a case may leave out.
    #[must_use]
    pub const fn maybe(name: &'static str, kinds: &'static [Kind]) -> Input {
        Input { name, kinds, optional: true }
    }
}

macro_rules! kinds {
    ($($variant:ident => $name:literal),+ $(,)?) => {
        /// Which kind of [`Value`] an input takes.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Kind {
            $(#[doc = concat!("A `", $name, "`.")] $variant,)+
            /// Any kind.
            Any,
        }

        impl Kind {
            /// The word that stands under `kind` in a case.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self {
                    $(Kind::$variant => $name,)+
                    Kind::Any => "any",
                }
            }
        }
    };
}

kinds! {
    Column => "column",
    Index => "index",
    Series => "series",
    Frame => "frame",
    Tensor => "tensor",
    Scalar => "scalar",
    Tree => "tree",
    Text => "text",
    Bytes => "bytes",
    State => "state",
}

impl Kind {
    /// Whether a value whose `kind` is this word may stand there.
    #[must_use]
    pub fn accepts(self, kind: &str) -> bool {
        self == Kind::Any || self.name() == kind
    }
}

/// A row's parameters: one struct, read with `deny_unknown_fields` and without defaults, so that a case writes every
/// one and a misspelt one is refused.
#[derive(Clone, Copy)]
pub struct Params {
    check: fn(&Map<String, Json>) -> Result<(), String>,
    shape: fn() -> Json,
}

impl Params {
    /// The parameters of a struct.
    #[must_use]
    pub const fn of<P: DeserializeOwned>() -> Params {
        Params { check: |params| read::<P>(params).map(drop), shape: evidence::schema::shape::<P> }
    }

    /// Parameters that no struct lists: what checks them and what shows their schema.
    pub(crate) const fn listed(
        check: fn(&Map<String, Json>) -> Result<(), String>,
        shape: fn() -> Json,
    ) -> Params {
        Params { check, shape }
    }

    /// An operation without parameters.
    pub const NONE: Params = Params::of::<NoParams>();

    /// Whether a case's parameters are exactly those of the struct.
    pub fn check(&self, params: &Map<String, Json>) -> Result<(), String> {
        (self.check)(params)
    }

    /// The JSON Schema of the struct.
    #[must_use]
    pub fn schema(&self) -> Json {
        (self.shape)()
    }

    /// The parameters' names.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        let schema = self.schema();
        let fields = schema.get("properties").and_then(Json::as_object);
        fields.map(|fields| fields.keys().cloned().collect()).unwrap_or_default()
    }
}

pub(crate) fn read<P: DeserializeOwned>(params: &Map<String, Json>) -> Result<P, String> {
    serde_json::from_value(Json::Object(params.clone())).map_err(|why| format!("params: {why}"))
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct NoParams {}
