//! A failed check with everything needed to see it again: both payloads and the command that repeats it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::compare::Drift;
use crate::report::{Lane, Mode};

/// The format this crate writes and reads.
pub const VERSION: u32 = 1;

/// One failed check.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mismatch {
    /// The format's version.
    pub mismatch: u32,
    /// The packet.
    pub packet: String,
    /// The case.
    pub case: String,
    /// The mode.
    pub mode: Mode,
    /// The lane.
    pub lane: Lane,
    /// The operation.
    pub op: String,
    /// The inputs, generated ones made.
    pub inputs: BTreeMap<String, Json>,
    /// The parameters.
    pub params: serde_json::Map<String, Json>,
    /// What was expected, and what the engine gave: each a value or an error, whole.
    pub expected: Json,
    /// What the engine gave.
    pub found: Json,
    /// Every drift, the first [`LOCATIONS_MAX`](crate::compare::LOCATIONS_MAX) places of each sort.
    pub drift: Vec<Drift>,
    /// Why, where the drift does not say it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<String>,
    /// Who attests the expectation: a name and version, `spec` or `hand`.
    pub oracle: String,
    /// The command that repeats this one check.
    pub replay: String,
}

/// The name of a check everywhere: `PACKET/CASE/MODE`.
#[must_use]
pub fn key(packet: &str, case: &str, mode: Mode) -> String {
    format!("{packet}/{case}/{mode}")
}

/// Takes a key apart.
pub fn parse_key(key: &str) -> Result<(&str, &str, Mode), String> {
    let refuse = || format!("expected PACKET/CASE/MODE with mode strict or hardened, found {key:?}");
    let (rest, mode) = key.rsplit_once('/').ok_or_else(refuse)?;
    let (packet, case) = rest.split_once('/').ok_or_else(refuse)?;
    let mode = Mode::named(mode).ok_or_else(refuse)?;
    if packet.is_empty() || case.is_empty() { Err(refuse()) } else { Ok((packet, case, mode)) }
}

/// The command that repeats a check.
#[must_use]
pub fn replay_command(packet: &str, case: &str, mode: Mode, lane: Lane) -> String {
    format!("lumen conformance replay {} --oracle {lane}", key(packet, case, mode))
}
