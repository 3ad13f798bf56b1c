//! Generators of text with known truth, and the policies that answer over it.
//!
//! | generator | text (its public anchor) | policy |
//! |---|---|---|
//! | [`needle`] | one fact among many words (RULER's single needle) | a regular expression |
//! | [`tally`] | labelled lines to be counted (OOLONG) | map and reduce |
//! | [`pairs`] | pairs of ids under a joint condition (OOLONG-Pairs) | label and join |
//! | [`hops`] | a chain of facts across documents (BrowseComp-Plus) | search |
//! | [`code`] | four-choice questions on a generated repository (LongBench v2) | children of children |
//! | [`rows`] | the class of every row of a table | one batch |
//!
//! Every size is a parameter, and `percent` is how many of a hundred questions the sub-model answers wrongly.

mod chain;
mod labelled;
mod needle;
mod repository;

pub use chain::hops;
pub use labelled::{LABELS, paired, pairs, rows, says, tally};
pub use needle::needle;
pub use repository::code;

use crate::scenario::Scenario;

/// One of each kind, small enough for a test.
#[must_use]
pub fn small(seed: u64, percent: u64) -> Vec<Scenario> {
    vec![
        needle(seed, 1 << 10),
        tally(seed, 60, percent),
        pairs(seed, 24, percent),
        hops(seed, 200, 4, percent),
        code(seed, 6, percent),
        rows(seed, 80, percent),
    ]
}
