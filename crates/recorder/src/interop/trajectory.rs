//! The model calls of a run, one envelope for each.
//!
//! A question by recursion is many model calls, and each of them has an envelope; so has each call of a Python cell.

use std::collections::BTreeMap;

use rlm::{Digest, Record, fold};
use serde_json::{Map, Value as Json, json};

use super::envelope::{Envelope, Kind};
use super::export::envelope;
use crate::error::{Error, Result};
use crate::hash::outcome_id;
use crate::history::{EffectRecord, History};
use crate::model::{ModelCall, calls_of};
use crate::recursion::{self, Entry};

/// The model calls of a run: those of each node in the order of its program, those of a question in the order in which
/// they were answered.
///
/// # Errors
/// A run that did not end, or made no calls: an empty list would say that a run was looked through for calls that it could
/// have had.
pub fn trajectory(history: &History) -> Result<Vec<Envelope>> {
    let mut envelopes = Vec::new();
    for effect in &history.effects {
        for (at, call) in calls_of(effect, history).into_iter().enumerate() {
            let origin = match effect.intent.effect == "python" {
                true => asked_by_python(history, effect, at),
                false => Origin::of(effect, history),
            };
            match call.tree {
                Some(_) => envelopes.extend(steps(history, &call, origin)?),
                None => envelopes.push(single(history, &call, origin)?),
            }
        }
    }
    if envelopes.is_empty() {
        return Err(Error::usage("the run made no model calls, so it has no trajectory").code("E0705"));
    }
    Ok(envelopes)
}

/// Who asked, the log's entries of the promise and of the reply, and what stands between them.
struct Origin {
    role: &'static str,
    from: u128,
    to: u128,
    reply: Json,
    records: Vec<Record>,
}

impl Origin {
    fn of(effect: &EffectRecord, history: &History) -> Origin {
        let reply = effect.outcome.as_ref().and_then(|outcome| outcome.answer.get("reply"));
        Origin {
            role: "root",
            from: effect.id,
            to: outcome_id(effect.id),
            reply: reply.cloned().unwrap_or_default(),
            records: recursion::calls_of(history, effect.id),
        }
    }
}

fn asked_by_python(history: &History, effect: &EffectRecord, at: usize) -> Origin {
    let entries = history.entries(effect.id);
    let mut asked = entries.iter().filter_map(|entry| match entry {
        Entry::Asked { number, item, .. } => Some((entry.id(effect.id), *number, *item)),
        _ => None,
    });
    let (from, number, item) = asked.nth(at).unwrap_or_default();
    let told = entries
        .iter()
        .find(|entry| matches!(entry, Entry::Told { number: n, item: i, .. } if (*n, *i) == (number, item)));
    Origin {
        role: "sub",
        from,
        to: told.map(|told| told.id(effect.id)).unwrap_or_default(),
        reply: match told {
            Some(Entry::Told { reply, .. }) => reply.clone(),
            _ => Json::Null,
        },
        records: recursion::calls_below(history, effect.id, (number, item)),
    }
}

/// A call that is an effect by itself, or one of a Python cell.
fn single(history: &History, call: &ModelCall, origin: Origin) -> Result<Envelope> {
    let latency_ms = history.between_ms(origin.from, origin.to).unwrap_or_default();
    let body = json!({
        "call_id": call.id,
        // Nothing that a model said asked it.
        "parent": null,
        "depth": 0,
        "turn": 0,
        "role": origin.role,
        "provider": call.provider.as_deref().unwrap_or("unknown"),
        "model": call.model.as_deref().unwrap_or(&call.alias),
        "tokens": amounts(&[("input", call.input_tokens), ("output", call.output_tokens)]),
        "cost": amounts(&[("nano_dollars", call.cost_nanodollars)]),
        "latency_ms": latency_ms,
        "outcome": call.status,
    });
    envelope(history, Kind::Trajectory, &call.id, body)
}

/// The model calls of a question's tree.
fn steps(history: &History, call: &ModelCall, origin: Origin) -> Result<Vec<Envelope>> {
    let Origin { reply, records, .. } = origin;
    let makers: BTreeMap<Digest, Digest> = fold::makers(&records);
    let told = |of: &str, alias: &str| {
        reply.get(of).and_then(|told| told.get(alias)).and_then(Json::as_str).map(str::to_string)
    };
    let priced = |alias: &str| {
        let prices = reply.get("priced").and_then(Json::as_array);
        prices.is_some_and(|priced| priced.iter().any(|known| known == alias))
    };
    let steps = call.tree.iter().flat_map(|tree| &tree.steps);
    let told = steps.map(|step| {
        let id = format!("{}.{}", call.id, step.id);
        let cost = priced(&step.model).then_some(step.booked.nano_dollars);
        let body = json!({
            "call_id": step.id.to_string(),
            "parent": makers.get(&step.id).map(ToString::to_string),
            "depth": step.depth,
            "turn": step.turn,
            "role": step.role,
            "provider": told("providers", &step.model).unwrap_or_else(|| "unknown".to_string()),
            "model": step.model,
            "tokens": amounts(&[
                ("input", Some(step.booked.input_tokens)),
                ("output", Some(step.booked.output_tokens)),
            ]),
            "cost": amounts(&[("nano_dollars", cost)]),
            "latency_ms": step.latency_ms.unwrap_or_default(),
            "outcome": match &step.failed {
                Some(kind) => serde_json::to_value(kind).unwrap_or_default(),
                None => Json::from("ok"),
            },
        });
        envelope(history, Kind::Trajectory, &id, body)
    });
    told.collect()
}

/// What is known of them.
fn amounts(known: &[(&str, Option<u64>)]) -> Json {
    let known = known.iter().filter_map(|(name, amount)| Some(((*name).to_string(), Json::from((*amount)?))));
    Json::Object(known.collect::<Map<String, Json>>())
}
