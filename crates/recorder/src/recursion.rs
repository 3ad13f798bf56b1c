//! Questions over long texts: the pure machine of `rlm`, driven by models, confined Python and a run's own log.
//!
//! A question is one effect. Its tree of calls, turns and cells is kept below it in the log, intents before they are
//! carried out and outcomes before anything follows from them, so that a killed run goes on in the middle of a tree and
//! pays for nothing twice. A replay takes the answer of the whole question and needs neither models nor Python.
//!
//! The drive runs on a thread of its own, as other effects that take time do; what it keeps goes through its [`Outlet`]
//! to the thread of the program, which alone writes the log. Start reading at `drive.rs`.

mod answer;
mod drive;
mod outlet;
mod question;
mod tree;
mod workers;

pub use outlet::Entry;
pub use tree::{Node, Tree};

pub(crate) use drive::{Drive, Keeping, lane, work};
pub(crate) use outlet::{Keep, Outlet, Wish};
pub(crate) use question::{Question, is_recursion, request};
pub(crate) use tree::{calls_below, calls_of};
