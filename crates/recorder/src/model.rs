//! Models that a program asks: who answers for an alias, what a call may cost, and what it came to.
//!
//! [`Table`] is what the program says of its models; [`Models`] asks them, and is made by whoever gives a run its world:
//! without one no model is asked and no socket opened. A call is one effect: [`Call`] in, a reply as JSON out, whose
//! forms `docs/formats/log.md` tells. Start reading at `models.rs`, then `reply.rs`.

mod attempt;
mod batch;
mod budget;
mod calls;
mod models;
mod offline;
mod reply;
mod router;
mod table;

pub use crate::door::place;
pub use calls::{ModelCall, calls};
pub(crate) use calls::{by_python, call, calls_of, told};
pub use models::{Call, Models, Setup, Taped};
/// A key, which prints as nothing.
pub use secrecy::SecretString;
pub use table::Table;

pub(crate) use attempt::{Attempted, Piece};
pub(crate) use batch::{Batch, parsed};
pub(crate) use budget::{Bounds, Budget, Portion, Ticket};
pub(crate) use reply::{calls_made, calls_of_reply, error as error_reply, is_error, spent, spent_by_python};
