//! Everything that the page, the dashboard and the terminal draw: one value, so that they cannot disagree.

use crate::gate::{Rule, SuiteCount, Verdict};
use crate::ledger::Row;
use crate::mismatch::Mismatch;
use crate::report::{Check, Counts, Lane, Mode};
use crate::threats::ThreatResult;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The schema's name.
pub const SCHEMA: &str = "lumen.evidence.snapshot";

/// The format this crate writes and reads.
pub const VERSION: u32 = 1;

/// One run with everything around it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Snapshot {
    /// [`SCHEMA`].
    pub schema: String,
    /// [`VERSION`].
    pub schema_version: u32,
    /// The worst verdict of the packets, `not_evaluated` where there is none.
    pub verdict: Verdict,
    /// The run itself.
    pub run: RunHeader,
    /// References by name, with their version; absent where none was asked.
    pub oracles: BTreeMap<String, String>,
    /// A card for each packet, sorted by id.
    pub packets: Vec<PacketCard>,
    /// Packets that could not be read, and why.
    pub malformed: BTreeMap<String, String>,
    /// The live gate over each suite.
    pub suites: BTreeMap<String, SuiteCount>,
    /// What differs from `evidence.lock`.
    pub lock_faults: Vec<String>,
    /// What is wrong with the hardened allowlist's proof.
    pub allowlist_faults: Vec<String>,
    /// Rows of the threat matrix that were evaluated.
    pub threats: Vec<ThreatResult>,
    /// The ledger, newest last.
    pub ledger: LedgerView,
    /// Stored artifacts with repair symbols.
    pub sidecars: Vec<SidecarView>,
}

/// What a run says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunHeader {
    /// Its folder's name in the store.
    pub id: String,
    /// Seconds since 1970, UTC.
    pub started: u64,
    /// The commit; `unknown` outside a checkout.
    pub commit: String,
    /// Whether the tree had changes.
    pub dirty: bool,
    /// The lane.
    pub lane: Lane,
    /// The modes.
    pub modes: Vec<Mode>,
    /// Who set them: `flag`, `project file` or `default`.
    pub modes_from: String,
    /// Thread counts.
    pub threads: Vec<usize>,
    /// The arguments.
    pub command: Vec<String>,
}

/// One packet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PacketCard {
    /// Its id.
    pub packet: String,
    /// Its folder in `cases/`.
    pub area: String,
    /// The suite it counts in.
    pub suite: String,
    /// What it is about.
    pub title: String,
    /// The lane.
    pub lane: Lane,
    /// Whether a release waits for it.
    pub release_blocking: bool,
    /// The gate's verdict.
    pub verdict: Verdict,
    /// Every rule of the gate.
    pub rules: Vec<Rule>,
    /// The checks, counted.
    pub counts: Counts,
    /// Every check.
    pub checks: Vec<Check>,
    /// Every failed check with both payloads.
    pub mismatches: Vec<Mismatch>,
    /// Earlier rows of the ledger for this packet and lane, oldest first.
    pub trend: Vec<TrendPoint>,
}

/// One earlier result of a packet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrendPoint {
    /// The ledger's row.
    pub seq: u64,
    /// The commit.
    pub commit: String,
    /// Checks that failed.
    pub failed: u64,
    /// Minor drifts.
    pub minor: u64,
    /// Checks without an answer.
    pub not_evaluated: u64,
    /// All checks.
    pub total: u64,
    /// The gate's verdict.
    pub verdict: Verdict,
}

/// The ledger as it is shown.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LedgerView {
    /// The last rows.
    pub rows: Vec<Row>,
    /// Everything wrong with the chain; a damaged line is counted here.
    pub faults: Vec<String>,
}

/// One stored artifact and its sidecar.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SidecarView {
    /// The artifact's name.
    pub artifact: String,
    /// `ok`, `repairable`, `lost` or `none`.
    pub status: String,
    /// The decode proof's status: `recovered`, `failed` or `not_attempted`.
    pub proof: String,
    /// The proof's digest; empty without one.
    pub proof_digest: String,
}
