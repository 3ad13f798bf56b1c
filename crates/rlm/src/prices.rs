//! What models cost: one dated table, in billionths of a dollar a token.

use crate::amounts::Amounts;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The price of one model's tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Price {
    /// Nano-dollars for a token sent.
    pub input_nano_dollars: u64,
    /// Nano-dollars for a token written.
    pub output_nano_dollars: u64,
}

/// Prices with the day on which they held and where they were read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PriceTable {
    /// The day, as `YYYY-MM-DD`.
    pub dated: String,
    /// Where the prices were read.
    pub source: String,
    /// By the model's name.
    pub models: BTreeMap<String, Price>,
}

impl PriceTable {
    /// A model's price, if the table has it.
    #[must_use]
    pub fn price(&self, model: &str) -> Option<Price> {
        self.models.get(model).copied()
    }
}

impl Price {
    /// The amounts with their cost. A cost beyond 64 bits stays at the most that there is, so it fits no budget.
    #[must_use]
    pub const fn priced(&self, mut amounts: Amounts) -> Amounts {
        let input = amounts.input_tokens.saturating_mul(self.input_nano_dollars);
        let output = amounts.output_tokens.saturating_mul(self.output_nano_dollars);
        amounts.nano_dollars = input.saturating_add(output);
        amounts
    }
}
