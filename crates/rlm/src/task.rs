//! What a run is asked to do, and with what.

use crate::amounts::Budget;
use crate::digest::Digest;
use crate::limits::{LimitError, Limits};
use crate::prices::{Price, PriceTable};
use crate::record::Role;
use crate::reply::Reading;
use crate::schema::Schema;
use crate::signature::Signature;
use crate::variable::Variable;
use serde_json::json;
use std::collections::BTreeMap;

/// A model as the machine needs to know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Model {
    /// Its alias, by which prices and providers know it.
    pub alias: String,
    /// The most that it writes in one answer.
    pub max_output_tokens: u64,
    /// Whether its provider decodes under a schema.
    pub structured: bool,
}

/// A tool that code may call.
#[derive(Clone, Debug, PartialEq)]
pub struct ToolGrant {
    /// Its name.
    pub name: String,
    /// What it does, for the model.
    pub description: String,
    /// What it is called with.
    pub arguments: Schema,
    /// What it returns.
    pub result: Schema,
}

/// A run.
#[derive(Clone, Debug)]
pub struct Task {
    /// What no other run has: ids, nonces and idempotency keys come from it.
    pub run: Digest,
    /// What is asked.
    pub signature: Signature,
    /// The inputs, each a variable of the REPL.
    pub inputs: Vec<Variable>,
    /// The model of the first call's turns.
    pub root: Model,
    /// The model that code asks.
    pub sub: Model,
    /// The model of extractions.
    pub extract: Model,
    /// Models that code may name, beside that of its role.
    pub named: Vec<Model>,
    /// How far it may go.
    pub limits: Limits,
    /// What it may spend.
    pub budget: Budget,
    /// What models cost.
    pub prices: PriceTable,
    /// What code may call. Children have no tools.
    pub tools: Vec<ToolGrant>,
    /// How typed answers are read.
    pub reading: Reading,
}

/// Why a run cannot start.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum TaskError {
    /// A limit outside its range.
    #[error(transparent)]
    Limit(#[from] LimitError),
    /// Money is limited and nobody knows what the model costs.
    #[error(
        "the budget limits money and the price table of {dated} has no `{model}`; add it, or limit tokens"
    )]
    Unpriced {
        /// The model.
        model: String,
        /// The table's day.
        dated: String,
    },
    /// One turn and one extraction cost more than there is.
    #[error("one turn and one extraction do not fit the budget: {0}")]
    Unaffordable(crate::ledger::Refused),
    /// The inputs are not those of the signature.
    #[error("the inputs are {found:?}; the signature asks for {expected:?}")]
    Inputs {
        /// Names of the signature.
        expected: Vec<String>,
        /// Names that came.
        found: Vec<String>,
    },
    /// The log is not one that a run wrote.
    #[error("the log has record {id} of kind {kind:?} twice")]
    Doubled {
        /// Which.
        id: Digest,
        /// Of which kind.
        kind: crate::record::Kind,
    },
    /// The log belongs to another run, or the run was changed.
    #[error("the log is that of another run: expected {expected}, found {found}")]
    OtherRun {
        /// The hash of this run's arguments.
        expected: Digest,
        /// What the log says.
        found: Digest,
    },
}

impl Task {
    /// The model of a role.
    #[must_use]
    pub const fn model(&self, role: Role) -> &Model {
        match role {
            Role::Root => &self.root,
            Role::Sub => &self.sub,
            Role::Extract => &self.extract,
        }
    }

    /// The model that code means: that of its role, or one it may name.
    #[must_use]
    pub fn named_model(&self, alias: Option<&str>) -> Option<&Model> {
        let Some(alias) = alias else { return Some(&self.sub) };
        self.named.iter().chain([&self.sub]).find(|model| model.alias == alias)
    }

    /// A model's price.
    #[must_use]
    pub fn price(&self, alias: &str) -> Option<Price> {
        self.prices.price(alias)
    }

    /// The run's budget with the calls that its limits allow.
    #[must_use]
    pub fn whole_budget(&self) -> Budget {
        self.budget.and(&Budget { calls: Some(self.limits.calls), ..Budget::default() })
    }

    pub(crate) fn check(&self) -> Result<(), TaskError> {
        self.limits.check()?;
        if self.budget.nano_dollars.is_some() {
            let models = [&self.root, &self.sub, &self.extract].into_iter().chain(&self.named);
            for model in models {
                if self.price(&model.alias).is_none() {
                    let (model, dated) = (model.alias.clone(), self.prices.dated.clone());
                    return Err(TaskError::Unpriced { model, dated });
                }
            }
        }
        let mut expected: Vec<String> =
            self.signature.input_names().into_iter().map(str::to_string).collect();
        let mut found: Vec<String> = self.inputs.iter().map(|input| input.name.clone()).collect();
        expected.sort_unstable();
        found.sort_unstable();
        if expected != found {
            return Err(TaskError::Inputs { expected, found });
        }
        Ok(())
    }

    /// The hash of what decides the run's course, apart from the world: a log is resumed by the same task only.
    pub(crate) fn digest(&self) -> Digest {
        let model = |model: &Model| json!([model.alias, model.max_output_tokens, model.structured]);
        let inputs: BTreeMap<&str, _> =
            self.inputs.iter().map(|input| (input.name.as_str(), input.digest)).collect();
        let tools: Vec<_> = self
            .tools
            .iter()
            .map(|tool| json!([tool.name, tool.arguments.to_json(), tool.result.to_json()]))
            .collect();
        Digest::of_json(&json!({
            "signature": self.signature.to_json(),
            "inputs": inputs,
            "models": [model(&self.root), model(&self.sub), model(&self.extract)],
            "named": self.named.iter().map(model).collect::<Vec<_>>(),
            "limits": self.limits,
            "tools": tools,
            "reading": self.reading,
        }))
    }
}
