//! What a run writes down: enough to go on from, and to tell afterwards what happened.
//!
//! A record's id is the hash of its place in the call tree, so that a resumed run finds what it is about to do. Intents
//! are durable before they are acted on, outcomes before they are delivered.

use crate::amounts::{Amounts, Budget};
use crate::cell::{Cause, CellEnd, Closing};
use crate::digest::Digest;
use crate::failure::Failure;
use crate::reply::Repair;
use crate::request::{Reply, Request};
use crate::submission::SubmitResult;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Which model a call speaks to, and on whose account it is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Turns of the run's first call.
    Root,
    /// What code asks: model calls and the turns of child calls.
    Sub,
    /// The extraction of an answer when turns run out.
    Extract,
}

/// A place in the call tree: the n-th thing of one kind below a parent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// What it happens in.
    pub parent: Digest,
    /// What kind of thing: `turn`, `cell`, `llm_query` and so on.
    pub site: String,
    /// Which one of its kind.
    pub sequence: u64,
    /// Which item of a batch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub index: Option<u64>,
}

impl Place {
    /// A place.
    #[must_use]
    pub fn new(parent: Digest, site: &str, sequence: u64) -> Self {
        Self { parent, site: site.into(), sequence, index: None }
    }

    /// An item of a batch at this place.
    #[must_use]
    pub fn item(&self, index: usize) -> Self {
        Self { index: Some(index as u64), ..self.clone() }
    }

    /// The id of what stands here.
    #[must_use]
    pub fn id(&self) -> Digest {
        Digest::of_json(&json!([self.parent, self.site, self.sequence, self.index]))
    }
}

/// One line of the log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// The id of its place.
    pub id: Digest,
    /// Its place.
    #[serde(flatten)]
    pub place: Place,
    /// Why it was done, in a word.
    pub reason: String,
    /// The hash of what was asked; where a resumed run asks something else, it stops.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arguments: Option<Digest>,
    /// Hashes of texts that it speaks of and does not carry.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub blobs: Vec<Digest>,
    /// What happened.
    #[serde(flatten)]
    pub body: Body,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "record", rename_all = "snake_case")]
pub enum Body {
    /// A call began.
    CallOpened {
        /// The call that it is part of; none for the first.
        caller: Option<Digest>,
        /// Whose turns they are.
        role: Role,
        /// The model of its turns.
        model: String,
        /// How deep its code may go.
        depth: u32,
        /// What it is asked, as text.
        instructions: String,
    },
    /// A model is about to be asked.
    ModelIntent {
        /// On whose account.
        call: Digest,
        /// In which role.
        role: Role,
        /// What is reserved.
        reserved: Amounts,
        /// The request.
        request: Request,
    },
    /// A model answered, or finally did not.
    ModelOutcome {
        /// On whose account.
        call: Digest,
        /// In which role.
        role: Role,
        /// Its model.
        model: String,
        /// How many attempts were made.
        attempts: u32,
        /// Whether it was asked again after an interruption, and so perhaps paid twice.
        resent: bool,
        /// What was mended in the answer to read its value.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        repairs: Vec<Repair>,
        /// The answer.
        #[serde(with = "verdict")]
        result: Result<Reply, Failure>,
    },
    /// A cell is about to run.
    CellIntent {
        /// Whose.
        call: Digest,
        /// Its code.
        code: String,
    },
    /// A cell ended.
    CellOutcome {
        /// Whose.
        call: Digest,
        /// How.
        end: CellEnd,
    },
    /// A tool is about to be called.
    ToolIntent {
        /// Its name, or `search`.
        name: String,
        /// What with.
        with: Value,
    },
    /// A tool returned.
    ToolOutcome {
        /// Its name, `search` or `budget`.
        name: String,
        /// What.
        #[serde(with = "verdict")]
        result: Result<Value, Failure>,
    },
    /// A cell submitted.
    SubmitAttempted {
        /// Whose cell.
        call: Digest,
        /// The verdict.
        result: SubmitResult,
    },
    /// Turns ended without an answer.
    FallbackStarted {
        /// Why.
        cause: Cause,
    },
    /// A call was given a budget.
    BudgetGranted {
        /// Which call.
        call: Digest,
        /// How much.
        grant: Budget,
    },
    /// An attempt at a model, or a cell, was paid for.
    BudgetSettled {
        /// By which call.
        call: Digest,
        /// In which role.
        role: Role,
        /// How much.
        booked: Amounts,
        /// Whether the provider reported more than it was allowed.
        provider_contract: bool,
    },
    /// A call ended.
    CallClosed {
        /// How.
        closing: Closing,
        /// What it and its children spent.
        spent: Amounts,
    },
    /// The run was cancelled.
    Cancelled {
        /// Why.
        message: String,
    },
}

/// The kinds of records, in the order of their list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names are those of `Body`")]
pub enum Kind {
    CallOpened,
    ModelIntent,
    ModelOutcome,
    CellIntent,
    CellOutcome,
    ToolIntent,
    ToolOutcome,
    SubmitAttempted,
    FallbackStarted,
    BudgetGranted,
    BudgetSettled,
    CallClosed,
    Cancelled,
}

impl Body {
    /// What kind of record it makes.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        match self {
            Self::CallOpened { .. } => Kind::CallOpened,
            Self::ModelIntent { .. } => Kind::ModelIntent,
            Self::ModelOutcome { .. } => Kind::ModelOutcome,
            Self::CellIntent { .. } => Kind::CellIntent,
            Self::CellOutcome { .. } => Kind::CellOutcome,
            Self::ToolIntent { .. } => Kind::ToolIntent,
            Self::ToolOutcome { .. } => Kind::ToolOutcome,
            Self::SubmitAttempted { .. } => Kind::SubmitAttempted,
            Self::FallbackStarted { .. } => Kind::FallbackStarted,
            Self::BudgetGranted { .. } => Kind::BudgetGranted,
            Self::BudgetSettled { .. } => Kind::BudgetSettled,
            Self::CallClosed { .. } => Kind::CallClosed,
            Self::Cancelled { .. } => Kind::Cancelled,
        }
    }
}

/// A result as `{"ok": ...}` or `{"error": ...}`.
mod verdict {
    use crate::failure::Failure;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[derive(Serialize, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Verdict<T> {
        Ok(T),
        Error(Failure),
    }

    pub(super) fn serialize<T: Serialize + Clone, S: Serializer>(
        result: &Result<T, Failure>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match result.clone() {
            Ok(value) => Verdict::Ok(value),
            Err(failure) => Verdict::Error(failure),
        }
        .serialize(serializer)
    }

    pub(super) fn deserialize<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Result<T, Failure>, D::Error> {
        Ok(match Verdict::deserialize(deserializer)? {
            Verdict::Ok(value) => Ok(value),
            Verdict::Error(failure) => Err(failure),
        })
    }
}
