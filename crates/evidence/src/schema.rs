//! The schema lock: every format's version and the digest of its JSON Schema, generated from the Rust type.
//!
//! A type's shape is read off its `Deserialize` implementation: [`shape`] answers every request of the derived code
//! with a sample and notes what was asked. So the schema cannot drift from what the reader accepts, and changing a
//! field without raising the format's version shows as another digest under the same version.

mod trace;

use crate::bench::{self, Measurement};
use crate::gate::{self, Gate, GateResult};
use crate::hardened::{self, Allowlist};
use crate::json::Json;
use crate::ledger::{self, Row};
use crate::lock::{self, Lock, SchemaEntry};
use crate::log::{self, LogRow};
use crate::mismatch::{self, Mismatch};
use crate::report::{self, Report};
use crate::run::{self, Golden, RunRecord};
use crate::snapshot::{self, Snapshot};
use crate::threats::{self, Matrix};
use crate::typed;
use std::collections::BTreeMap;

pub use self::trace::shape;

/// Every format of the plane by name, with its version and JSON Schema.
#[must_use]
pub fn schemas() -> BTreeMap<String, (u32, Json)> {
    let rows = [
        ("gate", gate::VERSION, shape::<Gate>()),
        ("gate_result", gate::VERSION, shape::<GateResult>()),
        ("golden", run::VERSION, shape::<Golden>()),
        ("hardened", hardened::VERSION, shape::<Allowlist>()),
        ("ledger", ledger::VERSION, shape::<Row>()),
        ("lock", lock::VERSION, shape::<Lock>()),
        ("log", log::VERSION, shape::<LogRow>()),
        ("measurement", bench::VERSION, shape::<Measurement>()),
        ("mismatch", mismatch::VERSION, shape::<Mismatch>()),
        ("report", report::VERSION, shape::<Report>()),
        ("run", run::VERSION, shape::<RunRecord>()),
        ("snapshot", snapshot::VERSION, shape::<Snapshot>()),
        ("threats", threats::VERSION, shape::<Matrix>()),
    ];
    rows.into_iter().map(|(name, version, schema)| (name.to_string(), (version, schema))).collect()
}

/// What the lock keeps of them.
#[must_use]
pub fn entries() -> BTreeMap<String, SchemaEntry> {
    let entry = |(version, schema): (u32, Json)| SchemaEntry {
        version,
        digest: typed::digest(typed::canonical(&schema).as_bytes()),
    };
    schemas().into_iter().map(|(name, schema)| (name, entry(schema))).collect()
}

#[cfg(test)]
mod tests;
