//! A run as its log tells it.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use std::sync::Arc;

use plan::PlanHash;
use store::{BlobHash, Body, Past, Reader, Snapshot};

use crate::error::{Error, Result};
use crate::hash::{blake3_hex, from_hex, outcome_id};
use crate::record::{
    self, EffectIntent, EffectOutcome, Elsewhere, End, NodeRecord, NumberRecord, Start, ValueRef,
};
use crate::recursion::Entry;
use crate::state::inherit::is_inheritance;

/// An effect with its outcome, if it came back.
#[derive(Clone, Debug)]
pub struct EffectRecord {
    pub id: u128,
    /// The seq of the intent.
    pub seq: u64,
    pub intent: EffectIntent,
    pub outcome: Option<EffectOutcome>,
}

/// A fold of a run's log: everything else about a run is read from here.
pub struct History {
    reader: Arc<Reader>,
    pub start: Start,
    /// In the order of their intents.
    pub effects: Vec<EffectRecord>,
    by_id: BTreeMap<u128, usize>,
    /// The seqs of outcomes, by the ids of their effects.
    arrivals: BTreeMap<u128, u64>,
    /// What stands below effects that keep what happens on their way, by their ids.
    entries: BTreeMap<u128, Vec<Entry>>,
    /// When entries of effects and below them were logged, in nanoseconds since 1970, by the ids of the entries.
    times_ns: BTreeMap<u128, u64>,
    /// Completed nodes with the seq of their record.
    pub nodes: Vec<(u64, NodeRecord)>,
    pub numbers: Vec<(u64, NumberRecord)>,
    pub end: Option<End>,
    /// When the end was logged, in nanoseconds since 1970.
    pub ended_ns: Option<u64>,
    /// What the store decided about upserts, by the ids of their intents.
    decisions: BTreeMap<u128, Decided>,
    /// The last seq at which the run took over its parent's state; 0 if it took none.
    pub inherited_seq: u64,
}

/// An upsert that the log's own store decided.
#[derive(Clone, Copy, Debug)]
pub struct Decided {
    pub seq: u64,
    pub plan: PlanHash,
}

impl History {
    /// Reads a run's log.
    ///
    /// # Errors
    /// `Damaged` for a log whose entries cannot be read, and what the store says.
    pub fn read(reader: Reader) -> Result<History> {
        let names: BTreeMap<u32, String> =
            reader.namespaces().iter().enumerate().map(|(i, n)| (i as u32 + 1, n.name.clone())).collect();
        let mut start = None;
        let mut effects: Vec<EffectRecord> = Vec::new();
        let mut by_id: BTreeMap<u128, usize> = BTreeMap::new();
        let mut by_outcome: BTreeMap<u128, usize> = BTreeMap::new();
        let mut arrivals = BTreeMap::new();
        let mut below: BTreeMap<u128, Vec<Entry>> = BTreeMap::new();
        let mut times_ns = BTreeMap::new();
        let mut nodes = Vec::new();
        let mut numbers = Vec::new();
        let (mut end, mut ended_ns, mut entry_count) = (None, None, 0);
        let (mut decisions, mut inherited_seq) = (BTreeMap::new(), 0);
        for record in reader.scan(1) {
            let record = record?;
            let time_ns = record.time_ns;
            let (clients, decision) = match record.body {
                Body::Transaction { clients, decision, .. } => (clients, decision),
                Body::Refused { decision, .. } => (Vec::new(), decision),
                _ => continue,
            };
            if let Some(decision) = decision {
                if is_inheritance(&decision.intent) {
                    inherited_seq = record.seq;
                }
                decisions.insert(decision.intent.id, Decided { seq: record.seq, plan: decision.plan });
            }
            for entry in clients {
                let seq = record.seq;
                if entry.version != record::VERSION {
                    return Err(Error::newer(format!(
                        "record {seq} has version {}, and this release reads {}",
                        entry.version,
                        record::VERSION
                    )));
                }
                entry_count += 1;
                if entry.namespace == record::RUN {
                    times_ns.entry(entry.id).or_insert(time_ns);
                }
                match (names.get(&entry.namespace.0).map(String::as_str), entry.kind) {
                    (Some("run"), record::run::START) => start = Some(read(&reader, &entry.body, seq)?),
                    (Some("run"), record::run::EFFECT_INTENT) => {
                        by_outcome.insert(outcome_id(entry.id), effects.len());
                        by_id.insert(entry.id, effects.len());
                        effects.push(EffectRecord {
                            id: entry.id,
                            seq,
                            intent: read(&reader, &entry.body, seq)?,
                            outcome: None,
                        });
                    }
                    (Some("run"), record::run::EFFECT_OUTCOME) => {
                        let effect =
                            by_outcome.get(&entry.id).and_then(|i| effects.get_mut(*i)).ok_or_else(|| {
                                Error::damaged(format!(
                                    "record {seq} is an outcome of an effect without intent"
                                ))
                            })?;
                        effect.outcome = Some(read(&reader, &entry.body, seq)?);
                        arrivals.insert(effect.id, seq);
                    }
                    (Some("run"), record::run::CALL) => {
                        below.entry(entry.parent).or_default().push(read(&reader, &entry.body, seq)?);
                    }
                    (Some("run"), record::run::NUMBER) => {
                        numbers.push((seq, read(&reader, &entry.body, seq)?))
                    }
                    (Some("run"), record::run::END) => {
                        end = Some(read(&reader, &entry.body, seq)?);
                        ended_ns = Some(time_ns);
                    }
                    (Some("result"), record::result::NODE) => {
                        nodes.push((seq, read(&reader, &entry.body, seq)?))
                    }
                    _ => {}
                }
            }
        }
        let start = match (start, entry_count) {
            (Some(start), _) => start,
            (None, 0) => return Err(Error::never_began()),
            (None, _) => return Err(Error::damaged("the log holds no start of a run")),
        };
        let reader = Arc::new(reader);
        Ok(History {
            reader,
            start,
            effects,
            by_id,
            arrivals,
            entries: below,
            times_ns,
            nodes,
            numbers,
            end,
            ended_ns,
            decisions,
            inherited_seq,
        })
    }

    /// What the store decided about the upsert with this intent.
    pub fn decision(&self, intent: u128) -> Option<Decided> {
        self.decisions.get(&intent).copied()
    }

    /// Whether the store decided any upsert.
    pub fn has_decisions(&self) -> bool {
        !self.decisions.is_empty()
    }

    /// The log as history.
    pub fn past(&self) -> Past {
        self.reader.past()
    }

    /// The durable state at the end of the log.
    pub fn state(&self) -> Snapshot {
        self.reader.snapshot()
    }

    /// The store that it was read from.
    pub(crate) fn reader(&self) -> Arc<Reader> {
        Arc::clone(&self.reader)
    }

    /// The seq at which an effect's outcome was logged; of one that the store decided itself, its own.
    pub fn arrival(&self, id: u128) -> Option<u64> {
        self.arrivals.get(&id).copied().or_else(|| self.effect(id).map(|effect| effect.seq))
    }

    /// What stands below an effect, in the order in which it happened.
    pub fn entries(&self, id: u128) -> &[Entry] {
        self.entries.get(&id).map_or(&[], Vec::as_slice)
    }

    /// How long after one entry of the log another came, in whole milliseconds.
    pub(crate) fn between_ms(&self, from: u128, to: u128) -> Option<u64> {
        let (from, to) = (self.times_ns.get(&from)?, self.times_ns.get(&to)?);
        Some(to.saturating_sub(*from) / 1_000_000)
    }

    pub fn effect(&self, id: u128) -> Option<&EffectRecord> {
        self.by_id.get(&id).and_then(|i| self.effects.get(*i))
    }

    /// The effect that a node names in hexadecimal.
    pub fn effect_named(&self, id: &str) -> Option<&EffectRecord> {
        self.effect(u128::from_str_radix(id, 16).ok()?)
    }

    /// The place of the node of this name or that defines a result of it, the newest first.
    pub fn node_of(&self, name: &str) -> Option<usize> {
        self.nodes.iter().rposition(|(_, n)| n.name == name || n.values.iter().any(|v| v.name == name))
    }

    /// A blob by its hexadecimal name, verified.
    pub fn blob(&self, name: &str) -> Result<Vec<u8>> {
        let hash =
            BlobHash::parse(name).ok_or_else(|| Error::damaged(format!("`{name}` is no blob's name")))?;
        Ok(self.reader.get_blob(&hash)?)
    }

    /// A value's canonical bytes; `None` for one that has none.
    ///
    /// # Errors
    /// The blob or the inline bytes are damaged.
    pub fn value(&self, value: &ValueRef) -> Result<Option<Vec<u8>>> {
        if let Some(text) = &value.inline {
            let bytes = from_hex(text).filter(|b| blake3_hex(b) == value.hash);
            return bytes.map(Some).ok_or_else(|| {
                Error::damaged(format!("the value of `{}` does not match its hash", value.name))
            });
        }
        if value.blob { self.blob(&value.hash).map(Some) } else { Ok(None) }
    }

    /// A source's text.
    pub fn source(&self, name: &str) -> Result<String> {
        let source = self
            .start
            .sources
            .iter()
            .find(|s| s.name == name)
            .ok_or_else(|| Error::damaged(format!("the run names no source `{name}`")))?;
        String::from_utf8(self.blob(&source.blob)?)
            .map_err(|_| Error::damaged(format!("`{name}` is not UTF-8")))
    }
}

fn blob(reader: &Reader, name: &str) -> Result<Vec<u8>> {
    let hash = BlobHash::parse(name).ok_or_else(|| Error::damaged(format!("`{name}` is no blob's name")))?;
    Ok(reader.get_blob(&hash)?)
}

fn read<T: DeserializeOwned>(reader: &Reader, body: &[u8], seq: u64) -> Result<T> {
    let elsewhere = serde_json::from_slice::<Elsewhere>(body).ok();
    let whole = elsewhere.map(|elsewhere| blob(reader, &elsewhere.body)).transpose()?;
    let body = whole.as_deref().unwrap_or(body);
    serde_json::from_slice(body).map_err(|e| Error::damaged(format!("record {seq} cannot be read: {e}")))
}
