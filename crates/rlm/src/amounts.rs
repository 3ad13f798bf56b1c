//! The eight things that a run spends, as integers.

use serde::{Deserialize, Serialize};
use std::fmt;

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Dimension {
    /// Billionths of a dollar.
    NanoDollars,
    /// Tokens sent to models.
    InputTokens,
    /// Tokens that models wrote.
    OutputTokens,
    /// Attempts at a model.
    Calls,
    /// Milliseconds in which cells computed; waiting for the host does not count.
    ActiveMs,
    /// Milliseconds that a call took. A child's pass inside its parent's cell, so they are bounded by it and not added.
    WallMs,
    /// Bytes of requests sent and of cell output kept.
    Bytes,
    /// Tokens sent and written together, for who limits their sum.
    Tokens,
}

impl Dimension {
    /// All of them, in order.
    pub const ALL: [Self; 8] = [
        Self::NanoDollars,
        Self::InputTokens,
        Self::OutputTokens,
        Self::Calls,
        Self::ActiveMs,
        Self::WallMs,
        Self::Bytes,
        Self::Tokens,
    ];
}

impl fmt::Display for Dimension {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NanoDollars => "nano-dollars",
            Self::InputTokens => "input tokens",
            Self::OutputTokens => "output tokens",
            Self::Calls => "calls",
            Self::ActiveMs => "active milliseconds",
            Self::WallMs => "wall milliseconds",
            Self::Bytes => "bytes",
            Self::Tokens => "tokens",
        })
    }
}

/// So much of each dimension.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(missing_docs, reason = "the fields are the dimensions")]
pub struct Amounts {
    pub nano_dollars: u64,
    pub input_tokens: u64,
    pub output_tokens: u64,
    pub calls: u64,
    pub active_ms: u64,
    pub wall_ms: u64,
    pub bytes: u64,
    pub tokens: u64,
}

/// At most so much of each dimension; `None` is no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(missing_docs, reason = "the fields are the dimensions")]
pub struct Budget {
    pub nano_dollars: Option<u64>,
    pub input_tokens: Option<u64>,
    pub output_tokens: Option<u64>,
    pub calls: Option<u64>,
    pub active_ms: Option<u64>,
    pub wall_ms: Option<u64>,
    pub bytes: Option<u64>,
    pub tokens: Option<u64>,
}

macro_rules! fields {
    ($($dimension:ident: $field:ident),+) => {
        impl Amounts {
            /// The amount of one dimension.
            #[must_use]
            pub const fn get(&self, dimension: Dimension) -> u64 {
                match dimension { $(Dimension::$dimension => self.$field),+ }
            }

            /// The same with another amount of one dimension.
            #[must_use]
            pub const fn with(mut self, dimension: Dimension, amount: u64) -> Self {
                match dimension { $(Dimension::$dimension => self.$field = amount),+ }
                self
            }
        }

        impl Budget {
            /// The limit of one dimension.
            #[must_use]
            pub const fn get(&self, dimension: Dimension) -> Option<u64> {
                match dimension { $(Dimension::$dimension => self.$field),+ }
            }

            /// The same with another limit of one dimension.
            #[must_use]
            pub const fn with(mut self, dimension: Dimension, limit: Option<u64>) -> Self {
                match dimension { $(Dimension::$dimension => self.$field = limit),+ }
                self
            }
        }
    };
}

fields! {
    NanoDollars: nano_dollars, InputTokens: input_tokens, OutputTokens: output_tokens, Calls: calls,
    ActiveMs: active_ms, WallMs: wall_ms, Bytes: bytes, Tokens: tokens
}

impl Amounts {
    /// Both together. A sum beyond 64 bits stays at the most that there is.
    #[must_use]
    pub fn plus(&self, other: &Self) -> Self {
        self.zip(other, u64::saturating_add)
    }

    /// What is left when the other is taken away, at least zero.
    #[must_use]
    pub fn minus(&self, other: &Self) -> Self {
        self.zip(other, u64::saturating_sub)
    }

    /// The larger of each.
    #[must_use]
    pub fn most(&self, other: &Self) -> Self {
        self.zip(other, u64::max)
    }

    /// Whether nothing is counted.
    #[must_use]
    pub fn is_zero(&self) -> bool {
        *self == Self::default()
    }

    fn zip(&self, other: &Self, f: impl Fn(u64, u64) -> u64) -> Self {
        let each = |sum: Self, dimension| sum.with(dimension, f(self.get(dimension), other.get(dimension)));
        Dimension::ALL.into_iter().fold(Self::default(), each)
    }
}

impl Budget {
    /// The first dimension that the amounts exceed, with its limit.
    #[must_use]
    pub fn exceeded(&self, amounts: &Amounts) -> Option<(Dimension, u64)> {
        let over = |dimension: &Dimension| {
            self.get(*dimension)
                .filter(|limit| amounts.get(*dimension) > *limit)
                .map(|limit| (*dimension, limit))
        };
        Dimension::ALL.iter().find_map(over)
    }

    /// The first dimension in which the amounts do not fit on top of what is taken. Nothing more of a dimension always
    /// fits: a cell that needs time is not held up by calls that are used up.
    pub(crate) fn refuses(&self, taken: &Amounts, amounts: &Amounts) -> Option<(Dimension, u64)> {
        let sum = taken.plus(amounts);
        let over = |dimension: &Dimension| {
            self.get(*dimension)
                .filter(|limit| amounts.get(*dimension) > 0 && sum.get(*dimension) > *limit)
                .map(|limit| (*dimension, limit))
        };
        Dimension::ALL.iter().find_map(over)
    }

    /// What is left of the limits.
    #[must_use]
    pub fn less(&self, amounts: &Amounts) -> Self {
        self.each(|dimension, limit| limit.saturating_sub(amounts.get(dimension)))
    }

    /// An equal share of what is limited.
    #[must_use]
    pub fn share(&self, of: u64) -> Self {
        self.each(|_, limit| limit / of.max(1))
    }

    /// The tighter of both.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        let each = |sum: Self, dimension| {
            let limit = match (self.get(dimension), other.get(dimension)) {
                (Some(a), Some(b)) => Some(a.min(b)),
                (a, b) => a.or(b),
            };
            sum.with(dimension, limit)
        };
        Dimension::ALL.into_iter().fold(Self::default(), each)
    }

    fn each(&self, f: impl Fn(Dimension, u64) -> u64) -> Self {
        let each =
            |sum: Self, dimension| sum.with(dimension, self.get(dimension).map(|limit| f(dimension, limit)));
        Dimension::ALL.into_iter().fold(Self::default(), each)
    }
}
