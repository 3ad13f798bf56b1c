//! One call of an engine, as an executor sees it, and what may come of it beside a value.

use std::cell::RefCell;
use std::collections::BTreeMap;

use evidence::case::Raised;
use evidence::json::Json;
use evidence::report::{Mode, Repair};
use evidence::value::{Column, Frame, Index, Scalar, Series, State, Tensor, Tree, Value};
use serde::de::DeserializeOwned;
use serde_json::Map;

use crate::row;

/// A case's inputs and parameters in one mode, with one number of threads.
pub struct Call<'a> {
    inputs: &'a BTreeMap<String, Value>,
    params: &'a Map<String, Json>,
    mode: Mode,
    threads: usize,
    said: RefCell<Said>,
}

/// What an executor reports beside its value.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Said {
    pub warnings: Vec<Raised>,
    pub repairs: Vec<Repair>,
}

/// Why a call gave no value.
#[derive(Clone, Debug, PartialEq)]
pub enum Failure {
    /// The engine's own error: perhaps the expected one.
    Raised(Raised),
    /// The engine has no such feature: the case is not evaluated.
    Unsupported(String),
    /// The case asks for what the row cannot pass on. Never the expected error.
    Malformed(String),
}

impl Failure {
    /// The engine's error with its class, module included (`builtins` left out), and its words.
    pub fn raised(class: impl Into<String>, message: impl Into<String>) -> Failure {
        Failure::Raised(Raised { class: class.into(), message: message.into() })
    }

    /// A feature that the engine lacks, by name.
    pub fn unsupported(what: impl Into<String>) -> Failure {
        Failure::Unsupported(what.into())
    }
}

impl From<Raised> for Failure {
    fn from(raised: Raised) -> Failure {
        Failure::Raised(raised)
    }
}

impl From<evidence::value::Misfit> for Failure {
    fn from(misfit: evidence::value::Misfit) -> Failure {
        Failure::Malformed(misfit.to_string())
    }
}

macro_rules! typed_inputs {
    ($($(#[$doc:meta])* $method:ident, $variant:ident, $type:ty;)+) => {
        $($(#[$doc])*
        pub fn $method(&self, name: &str) -> Result<&'a $type, Failure> {
            match self.input(name)? {
                Value::$variant(value) => Ok(value),
                other => Err(Failure::Malformed(format!(
                    concat!("input {}: expected a ", stringify!($method), ", found a {}"), name, other.kind()
                ))),
            }
        })+
    };
}

impl<'a> Call<'a> {
    pub(crate) fn new(
        inputs: &'a BTreeMap<String, Value>,
        params: &'a Map<String, Json>,
        mode: Mode,
        threads: usize,
    ) -> Call<'a> {
        Call { inputs, params, mode, threads, said: RefCell::default() }
    }

    pub(crate) fn into_said(self) -> Said {
        self.said.into_inner()
    }

    /// Strict or hardened.
    #[must_use]
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// How many threads the engine may use.
    #[must_use]
    pub fn threads(&self) -> usize {
        self.threads
    }

    /// Every input by name.
    #[must_use]
    pub fn inputs(&self) -> &'a BTreeMap<String, Value> {
        self.inputs
    }

    /// The parameters as the case has them.
    #[must_use]
    pub fn raw_params(&self) -> &'a Map<String, Json> {
        self.params
    }

    /// The row's parameters.
    pub fn params<P: DeserializeOwned>(&self) -> Result<P, Failure> {
        row::read(self.params).map_err(Failure::Malformed)
    }

    /// An input that a case may leave out.
    #[must_use]
    pub fn maybe(&self, name: &str) -> Option<&'a Value> {
        self.inputs.get(name)
    }

    /// An input of any kind.
    pub fn input(&self, name: &str) -> Result<&'a Value, Failure> {
        self.maybe(name).ok_or_else(|| Failure::Malformed(format!("there is no input {name}")))
    }

    typed_inputs! {
        /// An input that is a column.
        column, Column, Column;
        /// An input that is an index.
        index, Index, Index;
        /// An input that is a series.
        series, Series, Series;
        /// An input that is a frame.
        frame, Frame, Frame;
        /// An input that is a tensor.
        tensor, Tensor, Tensor;
        /// An input that is a scalar.
        scalar, Scalar, Scalar;
        /// An input that is a tree.
        tree, Tree, Tree;
        /// An input that is a text.
        text, Text, String;
        /// An input that is bytes.
        bytes, Bytes, Vec<u8>;
        /// An input that is a state.
        state, State, State;
    }

    /// Notes a warning of the engine.
    pub fn warn(&self, class: impl Into<String>, message: impl Into<String>) {
        let warning = Raised { class: class.into(), message: message.into() };
        self.said.borrow_mut().warnings.push(warning);
    }

    /// Notes repairs that the engine logged: a category of the allowlist and how many places.
    pub fn repaired(&self, category: impl Into<String>, count: u64) {
        self.said.borrow_mut().repairs.push(Repair { category: category.into(), count });
    }
}
