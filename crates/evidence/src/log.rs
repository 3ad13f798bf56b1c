//! The check log: JSONL under the contract `lumen.evidence.log` 1, one row a check.
//!
//! Every field is required, so a row that lost one is an error that names it; unknown fields are errors too.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::compare::Drift;
use crate::report::{Lane, Mode, Status};
use crate::typed;

/// The contract's name and version.
pub const CONTRACT: &str = "lumen.evidence.log";
/// The contract's version.
pub const VERSION: u32 = 1;

/// One row. `null` stands where a field has nothing to say; leaving it out is an error.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogRow {
    /// [`CONTRACT`].
    pub contract: String,
    /// [`VERSION`].
    pub version: u32,
    /// The suite.
    pub suite: String,
    /// The packet.
    pub packet: String,
    /// The case, or a scenario of the end-to-end run.
    pub case: String,
    /// The mode.
    pub mode: Mode,
    /// The lane.
    pub lane: Lane,
    /// The seed of generated inputs in decimal digits, for it may be beyond 2^53; empty where nothing was generated.
    pub seed: String,
    /// Digest of the run's environment.
    pub environment: String,
    /// What came of it.
    pub outcome: Status,
    /// Empty where there is nothing to say.
    pub reason: String,
    /// Every difference.
    pub drift: Vec<Drift>,
    /// Paths in the store, at least one.
    pub artifacts: Vec<String>,
    /// The command that repeats it.
    pub replay: String,
    /// The row's own typed fields, such as thread counts or a stage of the end-to-end run.
    pub fields: BTreeMap<String, Json>,
}

impl LogRow {
    /// The row's line.
    #[must_use]
    pub fn line(&self) -> String {
        typed::canonical(self) + "\n"
    }
}

/// Reads a log. Every line that breaks the contract is named by its number.
pub fn parse(text: &str) -> Result<Vec<LogRow>, Vec<String>> {
    let (mut rows, mut faults) = (Vec::new(), Vec::new());
    for (n, line) in text.lines().enumerate() {
        match parse_line(line) {
            Ok(row) => rows.push(row),
            Err(why) => faults.push(format!("log line {}: {why}", n + 1)),
        }
    }
    if !text.is_empty() && !text.ends_with('\n') {
        faults.push("the log's last line was not finished".into());
    }
    if faults.is_empty() { Ok(rows) } else { Err(faults) }
}

fn parse_line(line: &str) -> Result<LogRow, String> {
    let row: LogRow = typed::read("log", line.as_bytes()).map_err(|why| why.to_string())?;
    if row.contract != CONTRACT || row.version != VERSION {
        return Err(format!("expected {CONTRACT} {VERSION}, found {} {}", row.contract, row.version));
    }
    if row.artifacts.is_empty() {
        return Err("expected at least one artifact, found none".into());
    }
    if row.replay.is_empty() {
        return Err("expected a replay command, found none".into());
    }
    Ok(row)
}
