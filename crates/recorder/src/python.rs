//! Python cells: their work on a thread, what the log says of them, and the comparison of a second run.
//!
//! A cell is a function. Each runs in a fresh worker of `sandbox`, which a [`Pools`] forks; it knows its inputs and the
//! definitions of the preludes before it, and nothing of other cells. What it may use stands in the grant
//! ([`Bounds`](prelude::python::Bounds)). The clock of a cell stands at 1970-01-01 and its random numbers start at the
//! document's seed, so that equal inputs give equal outputs. Start reading at `work.rs`.

mod again;
mod asking;
mod pools;
mod prompt;
mod ran;
mod request;
mod shape;
mod tool;
mod work;

pub use pools::Pools;

pub(crate) use again::compare;
pub(crate) use asking::Granted;
pub(crate) use pools::held_by;
pub(crate) use ran::{decode, encode, is_ran, told};
pub(crate) use request::request;
pub(crate) use tool::{Calling, CellTools, Flying, called, tools};
pub(crate) use work::{again, work};
