//! Who answers what a cell asks.

use crate::error::Failure;
use serde_json::Value;
use std::time::Duration;

/// A question of a cell; `method` is one of the protocol's methods to the host.
#[derive(Debug)]
pub struct Call<'a> {
    /// `llm_query`, `llm_batch`, `rlm_query`, `rlm_batch`, `search`, `budget`, `tool`, `blob_get` or `submit`.
    pub method: &'a str,
    /// The parameters by name; their types are the host's to check, because the worker is hostile.
    pub params: &'a Value,
    /// Wall time that the cell has left.
    pub left: Duration,
    /// Time in which the cell worked so far.
    pub active: Duration,
    /// Time since the cell began, waiting for the host included.
    pub wall: Duration,
}

/// An answer to a cell.
#[derive(Debug, Clone)]
pub enum Reply {
    /// JSON, as the method's row of the protocol's page says.
    Value(Value),
    /// The content of a blob, for `blob_get`.
    Bytes(Vec<u8>),
}

impl From<Value> for Reply {
    fn from(value: Value) -> Reply {
        Reply::Value(value)
    }
}

/// Answers a cell's calls; the cell waits meanwhile, and its active time stands still.
pub trait Host {
    /// Answers one call. A failure becomes the exception of its kind in the cell.
    ///
    /// For `submit` the answer is an object whose `status` is `success` if the outputs were accepted; the worker then
    /// cannot undo it, whatever the cell does afterwards.
    fn call(&mut self, call: &Call<'_>) -> Result<Reply, Failure>;

    /// Nanoseconds since 1970 at the last event that the host recorded: where the cell's clocks go on.
    fn now_ns(&mut self) -> i64;
}
