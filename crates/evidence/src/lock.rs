//! `evidence.lock`: what git remembers of evidence that lies outside the tree.

use crate::ledger::Head;
use crate::place::Malformed;
use crate::report::{Counts, Lane};
use crate::typed;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The format this crate writes and reads.
pub const VERSION: u32 = 1;

/// The file's name at the root of the tree.
pub const FILE: &str = "evidence.lock";

/// The whole file. Digests are BLAKE3 in hexadecimal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lock {
    /// The format's version.
    pub lock: u32,
    /// Every format's version and the digest of its schema.
    pub schemas: BTreeMap<String, SchemaEntry>,
    /// Every reference by name.
    pub oracles: BTreeMap<String, OracleEntry>,
    /// Every packet, and in it every lane that was judged.
    pub packets: BTreeMap<String, BTreeMap<Lane, PacketEntry>>,
    /// Corpora by name.
    pub corpora: BTreeMap<String, CorpusEntry>,
    /// How many checks a lane of a suite must run, fixed beforehand: `suite/lane`.
    pub denominators: BTreeMap<String, u64>,
    /// The ledger's last row when the lock was written.
    pub head: Option<Head>,
}

/// A format as it was locked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SchemaEntry {
    /// The format's version.
    pub version: u32,
    /// Digest of its JSON Schema's canonical text.
    pub digest: String,
}

/// A reference as it was locked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OracleEntry {
    /// The interpreter's version.
    pub interpreter: String,
    /// Packages and their versions.
    pub packages: BTreeMap<String, String>,
    /// Digest of the pinned requirements.
    pub requirements: String,
}

/// One packet in one lane.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PacketEntry {
    /// Digest over the packet's files, names included.
    pub cases: String,
    /// Digest of the report's bytes.
    pub report: String,
    /// Digest of `gate.yaml`.
    pub gate: String,
    /// Digest of the golden results, by instruction set or under `portable`.
    pub golden: BTreeMap<String, String>,
    /// The report's counts.
    pub counts: Counts,
    /// What gave them.
    pub command: String,
    /// Why this became the expected result.
    pub reason: String,
}

/// Samples exported from a reference.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CorpusEntry {
    /// Digest of the corpus.
    pub digest: String,
    /// How many operations are scored.
    pub operations: u64,
    /// How many samples they have.
    pub samples: u64,
}

impl Default for Lock {
    fn default() -> Self {
        Lock {
            lock: VERSION,
            schemas: BTreeMap::new(),
            oracles: BTreeMap::new(),
            packets: BTreeMap::new(),
            corpora: BTreeMap::new(),
            denominators: BTreeMap::new(),
            head: None,
        }
    }
}

/// A run's result that is not the locked one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LockFault {
    /// Where in the lock: `packets/FP-P2C-001/recorded/report`.
    pub place: String,
    /// What the lock says.
    pub expected: String,
    /// What the run gave.
    pub found: String,
}

impl LockFault {
    /// A difference at a place.
    pub fn new(place: impl Into<String>, expected: impl Into<String>, found: impl Into<String>) -> Self {
        LockFault { place: place.into(), expected: expected.into(), found: found.into() }
    }
}

impl std::fmt::Display for LockFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{FILE}: {}: expected {}, found {}", self.place, self.expected, self.found)
    }
}

impl Lock {
    /// Reads the file.
    pub fn parse(text: &[u8]) -> Result<Lock, Malformed> {
        let lock: Lock = typed::read(FILE, text)?;
        if lock.lock != VERSION {
            let place = crate::place::Place::file(FILE);
            return Err(place.key("lock").malformed(VERSION.to_string(), lock.lock.to_string()));
        }
        Ok(lock)
    }

    /// The file's text: sorted keys, one fact a line, so that a change of one packet is a small difference in git.
    #[must_use]
    pub fn text(&self) -> String {
        // The reader's maps keep their order; the canonical text sorts every key.
        let sorted = serde_json::from_str(&typed::canonical(self)).unwrap_or(crate::json::Json::Null);
        format!("{sorted:#}\n")
    }

    /// How a packet's result in a lane differs from the locked one. A packet without an entry differs too.
    #[must_use]
    pub fn differences(&self, packet: &str, lane: Lane, found: &PacketEntry) -> Vec<LockFault> {
        let place = format!("packets/{packet}/{lane}");
        let Some(entry) = self.packets.get(packet).and_then(|lanes| lanes.get(&lane)) else {
            return vec![LockFault::new(place, "an entry", "none; `lumen conformance accept` writes it")];
        };
        let mut faults = Vec::new();
        let digests = [
            ("cases", &entry.cases, &found.cases),
            ("report", &entry.report, &found.report),
            ("gate", &entry.gate, &found.gate),
        ];
        for (name, expected, found) in digests {
            if expected != found {
                faults.push(LockFault::new(format!("{place}/{name}"), short(expected), short(found)));
            }
        }
        // A machine of another instruction set has its own golden results; only a locked one can differ.
        for (machine, found) in &found.golden {
            if let Some(expected) = entry.golden.get(machine).filter(|expected| *expected != found) {
                faults.push(LockFault::new(
                    format!("{place}/golden/{machine}"),
                    short(expected),
                    short(found),
                ));
            }
        }
        if entry.counts != found.counts {
            let (expected, found) = (entry.counts.all(), found.counts.all());
            faults.push(LockFault::new(format!("{place}/counts"), expected.to_string(), found.to_string()));
        }
        faults
    }

    /// How the formats of this binary differ from the locked ones: a schema that changed under its version, and a
    /// format that is missing on either side.
    #[must_use]
    pub fn schema_differences(&self, found: &BTreeMap<String, SchemaEntry>) -> Vec<LockFault> {
        let names: std::collections::BTreeSet<&String> = self.schemas.keys().chain(found.keys()).collect();
        let show = |entry: Option<&SchemaEntry>| match entry {
            Some(entry) => format!("version {} {}", entry.version, short(&entry.digest)),
            None => "none".to_string(),
        };
        let differing = names.into_iter().filter(|name| self.schemas.get(*name) != found.get(*name));
        differing
            .map(|name| {
                let (locked, found) = (self.schemas.get(name), found.get(name));
                LockFault::new(format!("schemas/{name}"), show(locked), show(found))
            })
            .collect()
    }
}

/// A digest as people compare it.
fn short(digest: &str) -> String {
    match digest.char_indices().nth(12) {
        Some((cut, _)) => format!("{}…", &digest[..cut]),
        None => digest.to_string(),
    }
}
