//! From what somebody wants to what would have to change: intents become plans.
//!
//! The main function is [`lower`]. It takes an [`Intent`](plan::Intent) and a [`View`](plan::View) of one state, picks
//! the pattern that the intent's schema names, and answers with an [`UpsertPlan`](plan::UpsertPlan), or with none when
//! nothing would change. The same intent on the same state gives the same bytes, in any thread and any process.
//!
//! The crate refuses to know anything that changes a state: it depends on `plan` alone and is given a view, so it can
//! neither carry a plan out nor see whether somebody else did.
//!
//! ```compile_fail,E0432
//! use reason::lower;
//! use store::Store;
//! ```
//!
//! ```compile_fail,E0599
//! fn act(intent: &plan::Intent, view: &dyn plan::View) {
//!     view.upsert(&reason::lower(intent, view).unwrap().unwrap());
//! }
//! ```
//!
//! Not promised: that a plan still holds when it arrives. It carries what it was made from, and whoever carries it out
//! checks that again.
//!
//! Start reading at [`mod@pattern`] for the schemas and their bodies, then `lower`.

#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod body;
mod error;
mod lower;
mod observed;
pub mod pattern;

pub use error::{Error, ErrorKind, Result};
pub use lower::lower;
