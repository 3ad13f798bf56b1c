//! The state bus: deltas, plans, the log's format and opening, crash points, pages and their past, concurrency.
//!
//! Slow models in `naive/` attest the forms; the promises of durability are counted, lost and invented transactions
//! being zero, at every point where the power can go.

pub(crate) mod crash;
mod disk;
pub(crate) mod history;
pub(crate) mod log;
pub(crate) mod plans;
pub(crate) mod serial;
