//! Confined CPython: cells of Python code that a model wrote, run where they can harm nobody.
//!
//! The main type is [`Worker`]: one process of the machine's own CPython with a dict of variables, which runs cells
//! one after the other, answers in typed [`Outcome`]s and asks a [`Host`] for what a cell may not do itself. Beside it
//! stand [`Interpreter`], which finds the real Python behind a name, [`Level`] and [`Limits`], which say how far it is
//! confined, and [`SandboxReport`], which says what was proved to hold. A [`Pool`] forks workers from one that has
//! started.
//!
//! The kernel is the only boundary. There is no "restricted Python": a cell is assumed to control its whole process,
//! its interpreter and the worker's end of the socket included. Therefore the host trusts no length, no type and no
//! claim of a worker, every wait of the host ends, and a start without a layer that the level asks for is an error.
//!
//! The crate refuses to know models, runs and journals: what a call means is the host's business, and the clock that
//! cells see is the host's record.
//!
//! Start reading at `worker` for the life of a cell, `spawn` for a start, `confine::stage` for the layers and `schema`
//! for the protocol, of which `docs/worker-protocol.md` is made.

#![deny(missing_docs)]

mod schema;

mod admission;
mod blob;
mod capture;
mod cgroup;
mod channel;
mod client;
mod clock;
mod confine;
mod error;
mod host;
mod interpreter;
mod level;
mod limits;
mod packages;
mod pool;
mod process;
mod search;
mod spawn;
mod start;
mod worker;

pub use blob::Blob;
pub use capture::Output;
pub use client::{Canceller, Client};
pub use error::Failure;
pub use host::{Call, Host, Reply};
pub use interpreter::Interpreter;
pub use level::{Layer, Level, SandboxReport};
pub use limits::Limits;
pub use packages::Packages;
pub use pool::{Applicant, Bounds, Pool};
pub use schema::{ErrorKind, FRAME_BYTES_MAX, INLINE_BYTES_MAX, PROTOCOL, protocol_page};
pub use search::search;
pub use spawn::Options;
pub use start::{StartError, StartErrorKind};
pub use worker::{Cell, Identity, Outcome, Shown, Variable, Worker};
