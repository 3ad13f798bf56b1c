//! Recursive model runs as a pure machine.
//!
//! A model gets its input as a variable of a Python REPL and answers by writing code, which may call models again. The
//! main type is [`Machine`]: events in, actions out, and records that a run is gone on with from and told by. Around it
//! stand what an answer must look like ([`schema`], [`signature`], [`submission`], [`reply`]) and what it may cost
//! ([`ledger`]); [`typed`] is how Rust types say the former.
//!
//! The crate refuses to know the world: no IO, no clock, no thread, no randomness, and no other crate of ours. Whoever
//! drives the machine has a provider, a sandbox and a log.
//!
//! Start reading at [`machine`], then [`record`] and [`ledger`].

#![forbid(unsafe_code)]
#![deny(missing_docs)]
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing))]

mod amounts;
mod cell;
mod digest;
mod event;
pub mod export;
mod failure;
mod fence;
pub mod fold;
mod journal;
pub mod ledger;
mod limits;
pub mod machine;
mod number;
mod pattern;
mod pointer;
mod prices;
mod prompt;
pub mod record;
pub mod reply;
mod request;
pub mod schema;
pub mod signature;
pub mod submission;
mod task;
pub mod typed;
mod validate;
mod variable;
mod violation;
pub mod wire;

pub use amounts::{Amounts, Budget, Dimension};
pub use cell::{Cause, CellEnd, Closing, Confidence, Ending, Printed, Status};
pub use digest::{Digest, canonical};
pub use event::{Action, Answer, CellLimits, Errors, Event, Finished, HostCall, TimerId, WorkerId};
pub use failure::{ErrorKind, Failure, ProviderClass};
pub use fence::python_blocks;
pub use journal::{Journal, MemoryJournal};
pub use limits::{LimitError, Limits};
pub use machine::Machine;
pub use prices::{Price, PriceTable};
pub use prompt::fenced;
pub use record::{Body, Kind, Place, Record, Role};
pub use reply::{Reading, Repair, ReplyError};
pub use request::{AttemptError, Blob, Message, Part, Reply, Request, Speaker, Usage};
pub use schema::{Refusal, Schema};
pub use signature::Signature;
pub use submission::{Submission, SubmitResult};
pub use task::{Model, Task, TaskError, ToolGrant};
pub use validate::Extra;
pub use variable::Variable;
pub use violation::{Violation, ViolationKind};
