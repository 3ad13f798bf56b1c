//! How cells and calls end.

use crate::failure::Failure;
use crate::variable::Variable;
use crate::violation::clipped;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Variables that are kept of a REPL, the newest ones.
const VARIABLES_KEPT: usize = 256;

/// What a cell wrote to one stream: the text that is shown, and how many bytes there were.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Printed {
    /// The head and the tail, as much as is shown.
    pub text: String,
    /// All bytes, kept or not.
    pub bytes: u64,
}

impl From<&str> for Printed {
    fn from(text: &str) -> Self {
        Self { text: text.into(), bytes: text.len() as u64 }
    }
}

/// How a cell ended.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(tag = "ending", rename_all = "snake_case")]
pub enum Ending {
    /// It ran to its end.
    #[default]
    Done,
    /// It did not compile and had no effect.
    NotCompiled {
        /// Line, from one.
        line: u32,
        /// Column, from one.
        column: u32,
        /// What the compiler says.
        message: String,
    },
    /// It raised; what it did before stands.
    Raised {
        /// The exception's type.
        exception: String,
        /// The traceback.
        traceback: String,
    },
    /// It was stopped, or its worker died. What it did is gone with the worker, and it is not run again.
    Stopped {
        /// Why.
        failure: Failure,
    },
    /// Its `SUBMIT` was accepted.
    Submitted,
}

/// What a cell left behind.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CellEnd {
    /// How it ended.
    #[serde(flatten)]
    pub ending: Ending,
    /// The text of its last expression's value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// Standard output.
    pub stdout: Printed,
    /// Standard error.
    pub stderr: Printed,
    /// Milliseconds in which it computed.
    pub active_ms: u64,
    /// Milliseconds that it lasted.
    pub wall_ms: u64,
    /// The REPL's variables afterwards, oldest first.
    pub variables: Vec<Variable>,
    /// Whether code went on behind a rejected `SUBMIT`.
    #[serde(default)]
    pub submit_swallowed: bool,
}

impl CellEnd {
    /// Cuts what a worker sent to what is kept of it.
    pub(crate) fn bound(&mut self, shown: usize) {
        for printed in [&mut self.stdout, &mut self.stderr] {
            printed.text = clipped(&printed.text, shown);
        }
        self.value = self.value.take().map(|value| clipped(&value, shown));
        if let Ending::Raised { traceback, .. } = &mut self.ending {
            *traceback = clipped(traceback, shown);
        }
        let older = self.variables.len().saturating_sub(VARIABLES_KEPT);
        self.variables.drain(..older);
        for variable in &mut self.variables {
            variable.preview = variable.preview.chars().take(crate::prompt::PREVIEW_CHARS).collect();
        }
    }
}

/// Why turns ended without an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// All turns are used.
    Turns,
    /// Too many turns in a row without valid code.
    InvalidTurns,
    /// Too many rejected submits in a row.
    Rejections,
    /// No more calls.
    Calls,
    /// No more time.
    Time,
    /// No more money, tokens or bytes.
    Budget,
    /// The worker died too often.
    Worker,
    /// The model of the turns is out of reach.
    Provider,
    /// The user wants an answer now.
    User,
}

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// A `SUBMIT` was accepted.
    Submitted,
    /// The answer was extracted from what the turns left.
    Extracted,
    /// There is no answer.
    Failed,
}

/// How many of an extracted answer's required fields stand verbatim in what the turns left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confidence {
    /// Found.
    pub found: u32,
    /// Of so many.
    pub of: u32,
}

/// The end of a call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Closing {
    /// How.
    pub status: Status,
    /// The outputs, as the signature types them; empty where there is no answer.
    pub outputs: Map<String, Value>,
    /// Of an extracted answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence: Option<Confidence>,
    /// Why turns ended, where they did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fallback: Option<Cause>,
    /// Why there is no answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
}

impl Closing {
    /// An end without an answer.
    #[must_use]
    pub fn failed(failure: Failure) -> Self {
        Self {
            status: Status::Failed,
            outputs: Map::new(),
            confidence: None,
            fallback: None,
            failure: Some(failure),
        }
    }
}
