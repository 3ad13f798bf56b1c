//! Envelopes of real runs. Every one is made from the run's log, so that the same run gives the same envelopes.

use serde_json::{Map, Value as Json, json};
use vm::Value;

use super::bucket::Bucket;
use super::envelope::{Envelope, Kind};
use crate::chain::Graph;
use crate::error::{Error, Result};
use crate::hash::id_hex;
use crate::history::{EffectRecord, History};
use crate::run::ENGINE;
use crate::verify::{Truth, Verdict};

pub(super) fn envelope(history: &History, kind: Kind, of: &str, body: Json) -> Result<Envelope> {
    let run = &history.start.run;
    let Some(ended_ns) = history.ended_ns else {
        return Err(Error::usage("the run did not end, so there is nothing to hand on yet")
            .code("E0704")
            .help("`lumen resume` finishes it."));
    };
    let ended_us = i64::try_from(ended_ns / 1_000).unwrap_or(i64::MAX);
    let created_at = vm::show(&Value::DateTime(ended_us)).map_err(|fault| Error::internal(fault.message))?;
    let body = match body {
        Json::Object(body) => body,
        _ => Map::new(),
    };
    let id = format!("{run}/{}/{of}", kind.name());
    Envelope::new(kind, id, run.clone(), created_at, ENGINE.to_string(), body)
}

/// Where each number of the prose and each result comes from, in the order of the log.
///
/// # Errors
/// A run that did not end, or that has neither: there is nothing to tell the origin of.
pub fn provenance(history: &History) -> Result<Vec<Envelope>> {
    let graph = Graph::new(history.nodes.iter().map(|(_, node)| node), &history.effects);
    let mut envelopes = Vec::new();
    let mut tell = |of: &str, line: Option<u32>, cell: &str, starts: Vec<usize>, hash: &str, seq: u64| {
        let upstream = graph.upstream(starts);
        let inputs = graph.inputs(&upstream);
        let nodes = upstream.iter().filter_map(|at| history.nodes.get(*at)).map(|(_, node)| node);
        let calls: Vec<&String> = nodes.flat_map(|node| &node.effects).collect();
        let effects: Vec<&EffectRecord> = calls.iter().filter_map(|id| history.effect_named(id)).collect();
        // The share of what it follows from that is on record; what follows from nothing outside is known.
        let known: f64 = effects.iter().map(|effect| known(effect)).sum();
        let confidence = if calls.is_empty() { 1.0 } else { known / calls.len() as f64 };
        let contexts: Vec<&Json> = effects.iter().filter_map(|effect| context(effect)).collect();
        let document = &history.start.document;
        let mut evidence = vec![format!("blake3:{hash}"), format!("seq:{seq}")];
        evidence.extend(inputs.iter().map(|file| format!("effect:{}", id_hex(file.effect))));
        let body = json!({
            "value_id": of,
            "source": line.map_or_else(|| format!("{document}#{cell}"), |line| format!("{document}:{line}")),
            "input_hashes": inputs
                .iter()
                .map(|file| format!("sha256:{}", file.sha256))
                .chain(contexts.iter().map(|context| name_of(context)))
                .collect::<Vec<_>>(),
            // Files are read whole, and a model's code may look anywhere in its text.
            "byte_ranges": inputs
                .iter()
                .map(|file| json!({"input": file.path, "start": 0, "end": file.size_bytes}))
                .chain(contexts.iter().map(|context| {
                    json!({"input": name_of(context), "start": 0, "end": context.get("bytes")})
                }))
                .collect::<Vec<_>>(),
            "call_ids": calls,
            "confidence": confidence,
            "evidence": evidence,
        });
        envelopes.push(envelope(history, Kind::Provenance, of, body)?);
        Ok::<(), Error>(())
    };
    for (seq, number) in &history.numbers {
        let starts = number.reads.iter().filter_map(|read| graph.definer(read)).collect();
        tell(&format!("n{}", number.number), Some(number.line), "prose", starts, &number.value.hash, *seq)?;
    }
    for (at, (seq, node)) in history.nodes.iter().enumerate() {
        for value in &node.values {
            tell(&value.name, None, &node.cell, vec![at], &value.hash, *seq)?;
        }
    }
    if envelopes.is_empty() {
        return Err(
            Error::usage("the run has no results and no numbers whose origin could be told").code("E0705")
        );
    }
    Ok(envelopes)
}

/// How far the log tells what came back: an answer that a last call had to extract counts as far as it stands word by
/// word in what was read.
fn known(effect: &EffectRecord) -> f64 {
    let Some(outcome) = &effect.outcome else { return 0.0 };
    let share = outcome.answer.get("reply").and_then(|reply| reply.get("tree")?.get("confidence"));
    let number = |name: &str| share.and_then(|share| share.get(name)?.as_f64());
    match (number("found"), number("of")) {
        (Some(found), Some(of)) if of > 0.0 => (found / of).clamp(0.0, 1.0),
        _ => 1.0,
    }
}

/// The text of a question, as its promise names it.
fn context(effect: &EffectRecord) -> Option<&Json> {
    effect.intent.request.get("model")?.get("recursion")?.get("context").filter(|told| told.is_object())
}

fn name_of(context: &Json) -> String {
    format!("blake3:{}", context.get("blake3").and_then(Json::as_str).unwrap_or_default())
}

/// What a verification of the run found. It took `elapsed_ms`.
///
/// # Errors
/// A run that did not end; a verification that evaluated nothing.
pub fn verification(history: &History, verdict: &Verdict, elapsed_ms: u64) -> Result<Envelope> {
    let evaluated = verdict.claims.iter().filter(|claim| claim.truth != Truth::NotEvaluated).count();
    if evaluated == 0 {
        let why = verdict.differences.first().map_or("the run has no results and no numbers", String::as_str);
        return Err(Error::usage(format!("nothing was verified: {why}")).code("E0705"));
    }
    let held = verdict.claims.iter().filter(|claim| claim.truth == Truth::Holds).count();
    // A claim that nobody could look into counts against it.
    let confidence = held as f64 / verdict.claims.len() as f64;
    let claims: Vec<Json> = verdict
        .claims
        .iter()
        .map(|claim| {
            json!({
                "statement": claim.statement, "critical": claim.critical, "outcome": claim.truth.name(),
                "evidence": claim.evidence,
            })
        })
        .collect();
    let body = json!({
        "claims": claims, "confidence": confidence, "bucket": Bucket::of(confidence).map(Bucket::name),
        "elapsed_ms": elapsed_ms,
    });
    envelope(history, Kind::Verification, "all", body)
}
