//! Runs, effects, replay, resume, why, diff and bundles: the heart of the product.
//!
//! [`program::compile`] reads a document or source; [`run::start`] runs it into a log; [`run::resume`] and
//! [`run::replay`] go on with it and recompute it. [`history::History`] is the fold of a log that [`why`], [`verify`]
//! and [`diff`] read. The crate knows no operating system: files, clocks and entropy come in through
//! [`world::World`], [`program::Loader`] and the store's `Vfs`. What programs keep from run to run is in [`state`]. Start
//! reading at `record.rs`, then `door.rs`.

pub mod bundle;
pub mod cassette;
pub mod diff;
pub mod error;
pub mod fence;
pub mod grant;
pub mod history;
pub mod interactive;
pub mod interop;
pub mod model;
pub mod pin;
pub mod program;
pub mod python;
pub mod record;
pub mod recursion;
pub mod result;
pub mod run;
pub mod script;
pub mod session;
pub mod state;
pub mod test;
pub mod tool;
pub mod verify;
pub mod why;
pub mod world;

mod absent;
mod chain;
mod checkpoint;
mod comptime;
mod door;
mod fallout;
mod hash;
mod journal;
mod number;
mod page;
mod pending;
mod waiting;
mod writer;

pub use error::{Error, ErrorKind, Result};
