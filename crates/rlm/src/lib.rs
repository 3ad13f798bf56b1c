//! Recursive model runs as a pure machine.
//!
//! The crate refuses to know the world: no IO, no clock, no thread, no randomness, and no other crate of ours.
//!
//! Start reading at [`schema`], then [`signature`] and [`submission`].

#![forbid(unsafe_code)]
#![deny(missing_docs)]
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing))]

mod amounts;
mod digest;
pub mod ledger;
mod number;
mod pattern;
mod pointer;
mod prices;
pub mod reply;
pub mod schema;
pub mod signature;
pub mod submission;
mod validate;
mod violation;

pub use amounts::{Amounts, Budget, Dimension};
pub use digest::{Digest, canonical};
pub use prices::{Price, PriceTable};
pub use reply::{Reading, Repair, ReplyError};
pub use schema::{Refusal, Schema};
pub use signature::Signature;
pub use submission::{Submission, SubmitResult};
pub use validate::Extra;
pub use violation::{Violation, ViolationKind};
