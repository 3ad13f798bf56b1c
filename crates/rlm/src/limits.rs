//! How far a call may go: defaults and ceilings.

use serde::{Deserialize, Serialize};

/// The limits of a run; every call of the tree has the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Turns of one call.
    pub turns: u32,
    /// Turns in a row without code that compiles.
    pub invalid_turns: u32,
    /// Rejected `SUBMIT`s in a row.
    pub rejected_submits: u32,
    /// 0: no model calls from code; 1: model calls; 2 and more: child REPLs.
    pub depth: u32,
    /// Child REPLs of one call.
    pub fan_out: u32,
    /// Model calls of the whole tree.
    pub calls: u64,
    /// Model calls in flight.
    pub in_flight: u32,
    /// Milliseconds in which a cell may compute.
    pub cell_active_ms: u64,
    /// Milliseconds that a cell may last, waiting included.
    pub cell_wall_ms: u64,
    /// Milliseconds that a model may take for a turn or an extraction.
    pub turn_wall_ms: u64,
    /// Characters of the last outputs that a turn shows, and as many of code.
    pub output_shown: usize,
    /// Bytes of output that are kept of a cell.
    pub output_kept: u64,
    /// Attempts at one model call.
    pub attempts: u32,
    /// How often a worker's REPL is built again after the worker died.
    pub rebuilds: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            turns: 20,
            invalid_turns: 5,
            rejected_submits: 3,
            depth: 1,
            fan_out: 64,
            calls: 1_000,
            in_flight: 64,
            cell_active_ms: 30_000,
            cell_wall_ms: 600_000,
            turn_wall_ms: 600_000,
            output_shown: 10_000,
            output_kept: 16 << 20,
            attempts: 5,
            rebuilds: 2,
        }
    }
}

/// A limit outside its range.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the limit `{name}` is {found}; expected {least} to {most}")]
pub struct LimitError {
    /// Which limit.
    pub name: &'static str,
    /// Its value.
    pub found: u64,
    /// The least that is possible.
    pub least: u64,
    /// The ceiling.
    pub most: u64,
}

impl Limits {
    /// Holds the limits against their ceilings.
    ///
    /// # Errors
    ///
    /// The first limit outside its range.
    ///
    /// ```
    /// use rlm::Limits;
    ///
    /// assert!(Limits::default().check().is_ok());
    /// let error = Limits { turns: 201, ..Limits::default() }.check().unwrap_err();
    /// assert_eq!(error.to_string(), "the limit `turns` is 201; expected 1 to 200");
    /// ```
    pub fn check(&self) -> Result<(), LimitError> {
        let rows: [(&'static str, u64, u64, u64); 14] = [
            ("turns", self.turns.into(), 1, 200),
            ("invalid_turns", self.invalid_turns.into(), 1, 20),
            ("rejected_submits", self.rejected_submits.into(), 1, 10),
            ("depth", self.depth.into(), 0, 4),
            ("fan_out", self.fan_out.into(), 0, 1_024),
            // The budget is the ceiling; a turn and an extraction are the floor.
            ("calls", self.calls, 2, u64::MAX),
            ("in_flight", self.in_flight.into(), 1, 1_024),
            ("cell_active_ms", self.cell_active_ms, 1, 3_600_000),
            ("cell_wall_ms", self.cell_wall_ms, 1, 86_400_000),
            ("turn_wall_ms", self.turn_wall_ms, 1, 86_400_000),
            ("output_shown", self.output_shown as u64, 100, 64 << 20),
            ("output_kept", self.output_kept, 0, 1 << 30),
            ("attempts", self.attempts.into(), 1, 10),
            ("rebuilds", self.rebuilds.into(), 0, 2),
        ];
        let outside = rows.into_iter().find(|(_, found, least, most)| found < least || found > most);
        match outside {
            Some((name, found, least, most)) => Err(LimitError { name, found, least, most }),
            None => Ok(()),
        }
    }
}
