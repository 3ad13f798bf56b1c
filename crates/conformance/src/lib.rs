//! Runs cases on the engines and holds the answers against references: the one dispatcher from an operation's name to
//! an engine.
//!
//! The main types are [`Row`], one operation in the [`registry`], and [`Run`](runner::Run), the packets of one lane
//! with their reports, gate results and mismatches. Every lane, mutant and replay goes through the same row and the
//! same comparison of `evidence`.
//!
//! The crate refuses to know how an expectation came about, to hold a verdict of its own beside a gate's, and the
//! clock: whoever starts a run says when.
//!
//! Start reading at `row.rs`, then `judge.rs` and `runner.rs`. A family of operations stands in a folder of its own
//! (`frames/`), one function an operation.

mod call;
mod contained;
mod coverage;
mod environment;
mod execute;
mod judge;
mod library;
mod live;
pub mod mutants;
pub mod registry;
mod row;
pub mod runner;
pub mod store;
pub mod verbs;

mod frames;
mod language;
mod models;
mod naive;
mod numbers;
mod state;
mod tensors;

pub use call::{Call, Failure};
pub use contained::{Program, serve, serve_rows};
pub use environment::{Checkout, environment, instruction_set, is_tracked};
pub use library::{Library, Loaded, Trouble};
pub use live::Workers;
pub use oracle::cache_folder;
pub use row::{Input, Kind, Params, Reference, Row};
