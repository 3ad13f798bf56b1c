//! Cells of a run's machine in confined Python.
//!
//! `rlm` decides what runs and knows no process; `sandbox` runs cells and knows no run. The main type here is
//! [`Thread`]: a worker on a thread that blocks where its cell blocks, and says what happens as the machine wants to hear
//! it. How a cell ended, what it asked and why it failed is translated here and nowhere else, so that a run in a test and
//! a run in the product see the same of equal cells.
//!
//! The crate refuses to know models, logs and budgets. Whether `SUBMIT` is accepted decides the machine: the worker has a
//! signature that any object passes.
//!
//! Start reading at `thread`.

#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod end;
mod failure;
mod thread;

pub use failure::{of_machine, of_worker};
pub use thread::{Asked, Said, Thread, Work};
