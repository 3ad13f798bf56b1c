//! What a log tells: folds over its records. Nothing here is kept beside the log.

use crate::amounts::{Amounts, Dimension};
use crate::cell::Ending;
use crate::digest::Digest;
use crate::failure::ErrorKind;
use crate::record::{Body, Kind, Record, Role};
use crate::submission::SubmitResult;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a run spent, by role. A child's time passed inside its caller's cell and is not counted again.
#[must_use]
pub fn ledger(records: &[Record]) -> BTreeMap<Role, Amounts> {
    let callers = callers(records);
    let mut sums: BTreeMap<Role, Amounts> = BTreeMap::new();
    for record in records {
        if let Body::BudgetSettled { call, role, booked, .. } = &record.body {
            let inside = callers.get(call).is_some_and(Option::is_some);
            let booked = if inside { booked.with(Dimension::WallMs, 0) } else { *booked };
            let sum = sums.entry(*role).or_default();
            *sum = sum.plus(&booked);
        }
    }
    sums
}

/// What a run spent.
#[must_use]
pub fn spent(records: &[Record]) -> Amounts {
    ledger(records).values().fold(Amounts::default(), |sum, amounts| sum.plus(amounts))
}

fn callers(records: &[Record]) -> BTreeMap<Digest, Option<Digest>> {
    let opened = |record: &Record| match &record.body {
        Body::CallOpened { caller, .. } => Some((record.id, *caller)),
        _ => None,
    };
    records.iter().filter_map(opened).collect()
}

/// One model call of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// The id of the model call.
    pub id: Digest,
    /// The call that paid for it.
    pub call: Digest,
    /// The call whose cell started that call.
    pub parent: Option<Digest>,
    /// How many calls are above it.
    pub depth: u32,
    /// The turn of the call, from zero.
    pub turn: u64,
    /// In which role.
    pub role: Role,
    /// The model's alias.
    pub model: String,
    /// What all its attempts were booked at.
    pub booked: Amounts,
    /// How long the answer took; nothing where there is none.
    pub latency_ms: Option<u64>,
    /// How many attempts were made.
    pub attempts: u32,
    /// The failure's kind, where it failed.
    pub failed: Option<ErrorKind>,
    /// Whether it was perhaps paid twice.
    pub resent: bool,
}

/// The model calls of a run, in the order of their outcomes.
#[must_use]
pub fn trajectory(records: &[Record]) -> Vec<Step> {
    let callers = callers(records);
    let mut booked: BTreeMap<Digest, Amounts> = BTreeMap::new();
    let mut turns: BTreeMap<Digest, u64> = BTreeMap::new();
    for record in records {
        match &record.body {
            Body::BudgetSettled { booked: amounts, .. } => {
                let sum = booked.entry(record.place.parent).or_default();
                *sum = sum.plus(amounts);
            }
            Body::CellIntent { .. } => {
                turns.insert(record.id, record.place.sequence);
            }
            // Where a model is asked again, the parent is what was asked first.
            Body::ModelIntent { .. } => {
                let turn = match record.place.site.as_str() {
                    "turn" => record.place.sequence,
                    _ => turns.get(&record.place.parent).copied().unwrap_or_default(),
                };
                turns.insert(record.id, turn);
            }
            _ => {}
        }
    }
    let step = |record: &Record| {
        let Body::ModelOutcome { call, role, model, attempts, resent, result, .. } = &record.body else {
            return None;
        };
        Some(Step {
            id: record.id,
            call: *call,
            parent: callers.get(call).copied().flatten(),
            depth: above(&callers, *call),
            turn: turns.get(&record.id).copied().unwrap_or_default(),
            role: *role,
            model: model.clone(),
            booked: booked.get(&record.id).copied().unwrap_or_default(),
            latency_ms: result.as_ref().ok().map(|reply| reply.latency_ms),
            attempts: *attempts,
            failed: result.as_ref().err().map(|failure| failure.kind),
            resent: *resent,
        })
    };
    records.iter().filter_map(step).collect()
}

/// How many calls are above a call, as far as the records tell.
#[must_use]
pub fn depth(records: &[Record], call: Digest) -> u32 {
    above(&callers(records), call)
}

fn above(callers: &BTreeMap<Digest, Option<Digest>>, call: Digest) -> u32 {
    // Four is the ceiling of depth; a log with a circle is not ours.
    let above = std::iter::successors(Some(call), |call| callers.get(call).copied().flatten());
    above.skip(1).take(16).count() as u32
}

/// Of each model call the one whose code asked it, through a cell or through a child call. What the first call's own turns
/// asked has none.
#[must_use]
pub fn makers(records: &[Record]) -> BTreeMap<Digest, Digest> {
    let mut parents: BTreeMap<Digest, Digest> = BTreeMap::new();
    let mut cells: BTreeMap<Digest, (Digest, u64)> = BTreeMap::new();
    let mut wrote: BTreeMap<(Digest, u64), Digest> = BTreeMap::new();
    for record in records {
        parents.entry(record.id).or_insert(record.place.parent);
        match &record.body {
            Body::CellIntent { call, .. } => {
                cells.insert(record.id, (*call, record.place.sequence));
            }
            Body::ModelOutcome { call, .. } if record.place.site == "turn" => {
                wrote.insert((*call, record.place.sequence), record.id);
            }
            _ => {}
        }
    }
    let maker = |record: &Record| {
        // A log with a circle is not ours.
        let above = std::iter::successors(Some(record.place.parent), |id| parents.get(id).copied());
        let cell = above.take(64).find_map(|id| cells.get(&id))?;
        Some((record.id, *wrote.get(cell)?))
    };
    records.iter().filter(|record| record.body.kind() == Kind::ModelOutcome).filter_map(maker).collect()
}

/// Counts of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names say what is counted")]
pub struct Metrics {
    pub calls: u64,
    pub turns: u64,
    pub cells: u64,
    pub cells_not_compiled: u64,
    pub cells_raised: u64,
    pub cells_stopped: u64,
    pub model_calls: u64,
    pub model_failures: u64,
    pub retries: u64,
    pub reasks: u64,
    pub repairs: u64,
    pub resent: u64,
    pub tools: u64,
    pub submits: u64,
    pub submits_refused: u64,
    pub fallbacks: u64,
}

/// Counts what happened in a run.
#[must_use]
pub fn metrics(records: &[Record]) -> Metrics {
    let mut sum = Metrics::default();
    for record in records {
        match &record.body {
            Body::CallOpened { .. } => sum.calls += 1,
            Body::ModelOutcome { attempts, resent, repairs, result, .. } => {
                sum.model_calls += 1;
                sum.turns += u64::from(record.place.site == "turn");
                sum.reasks += u64::from(record.place.site == "reask");
                sum.model_failures += u64::from(result.is_err());
                sum.retries += u64::from(attempts.saturating_sub(1));
                sum.resent += u64::from(*resent);
                sum.repairs += repairs.len() as u64;
            }
            Body::CellOutcome { end, .. } => {
                sum.cells += 1;
                match &end.ending {
                    Ending::NotCompiled { .. } => sum.cells_not_compiled += 1,
                    Ending::Raised { .. } => sum.cells_raised += 1,
                    Ending::Stopped { .. } => sum.cells_stopped += 1,
                    Ending::Done | Ending::Submitted => {}
                }
            }
            Body::ToolIntent { .. } => sum.tools += 1,
            Body::SubmitAttempted { result, .. } => {
                sum.submits += 1;
                sum.submits_refused += u64::from(!matches!(result, SubmitResult::Success { .. }));
            }
            Body::FallbackStarted { .. } => sum.fallbacks += 1,
            _ => {}
        }
    }
    sum
}

/// What an earlier life of a run asked and has no outcome of: it may have been done, and may be done again.
#[must_use]
pub fn unfinished(records: &[Record]) -> Vec<Digest> {
    let pairs = [
        (Kind::ModelIntent, Kind::ModelOutcome),
        (Kind::ToolIntent, Kind::ToolOutcome),
        (Kind::CellIntent, Kind::CellOutcome),
    ];
    let has = |id, kind| records.iter().any(|record| record.id == id && record.body.kind() == kind);
    let open = |record: &&Record| {
        let pair = pairs.iter().find(|(intent, _)| *intent == record.body.kind());
        pair.is_some_and(|(_, outcome)| !has(record.id, *outcome))
    };
    records.iter().filter(open).map(|record| record.id).collect()
}
