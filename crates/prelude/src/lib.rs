//! The language's builtins bound to the engines.
//!
//! [`Prelude`] is the virtual machine's host: it finds each `@host` builtin of `builtins.lm` in one table and carries
//! it out with `frame`, `files`, `autograd`, `nn` and `report`. Effects go through [`effects::Effects`], which whoever
//! runs a program implements; the prelude itself does no input or output. Start reading at `host.rs`, then `args.rs`.

mod args;
mod convert;
mod cost;
pub mod effects;
mod engine_error;
mod frames;
mod host;
mod model;
mod plot;
pub mod python;
mod random;
mod show;
pub mod state;
mod tensors;
mod tool;
mod web;
mod world;

pub use frames::csv::{columns_of, record_of};
pub use host::{Decoder, Prelude, names};
pub use show::{Shown, describe_change, shown, summary};
