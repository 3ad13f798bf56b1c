//! Model runs without a model: inputs with known truth, policies that write code, faults, and a world around the machine.
//!
//! The main type is [`Scenario`]: a task over generated text, the [`Policy`] that stands for its models, and the answer
//! that a plain reduction of the same labels gives. The root policy is a state machine that writes Python; the sub-model
//! knows the hidden labels and errs at a rate from a fixed state. Without errors the score is whole; with errors the
//! answer must *equal* the reduction, and any difference is an item that was lost, doubled or misplaced. Scores are
//! labelled [`SCORE`] and stand beside no model's.
//!
//! [`World`] runs a machine of `rlm` against a policy in any order of events, in the stand-in [`StandIn`] or in
//! [`Confined`] Python, and holds every step to the machine's promises. [`hostile`] are policies that mean harm,
//! [`faults`] what goes wrong between us and a provider.
//!
//! The crate refuses to know the disk, the clock and any verdict: who runs a scenario compares.
//!
//! Start reading at `world`, then `generate`.

#![forbid(unsafe_code)]
#![deny(missing_docs)]
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing))]

mod confined;
pub mod faults;
pub mod generate;
pub mod hostile;
mod policy;
mod random;
mod repl;
mod running;
mod scenario;
mod world;

pub use confined::Confined;
pub use policy::{Asked, Policy, code, fails, model, over, reply, task};
pub use random::Random;
pub use repl::{PRELUDE, Repl};
pub use running::{Cells, Progress, StandIn};
pub use scenario::{SCORE, Scenario, Score};
pub use world::{Tool, World};
