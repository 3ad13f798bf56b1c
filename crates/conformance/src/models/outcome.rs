//! How runs, cells and calls end, as values.

use std::collections::BTreeMap;

use evidence::json::Json;
use evidence::value::{Outcome, Tree, Value};
use rlm::{Finished, Record, Status, fold};
use serde::Serialize;

/// An outcome without outputs.
pub(super) fn ended(status: impl Into<String>) -> Outcome {
    Outcome { status: status.into(), outputs: BTreeMap::new(), calls: 0, ledger: BTreeMap::new() }
}

/// A value as its canonical text, so that integers of 64 bits keep all their digits.
pub(super) fn text(value: &Json) -> Value {
    Value::Text(rlm::canonical(value))
}

/// Several texts in order.
pub(super) fn texts(texts: impl IntoIterator<Item = String>) -> Value {
    Value::Tree(Tree::Items(texts.into_iter().map(Value::Text).collect()))
}

/// The word by which a cause, a kind or a class is known.
pub(super) fn word(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(Json::String(word)) => word,
        Ok(other) => other.to_string(),
        Err(error) => error.to_string(),
    }
}

/// A finished run: its status, its outputs, why its turns ended, how many model calls came to an end.
pub(super) fn finished(finished: &Finished, journal: &[Record]) -> Outcome {
    let closing = &finished.closing;
    let mut outcome = ended(match closing.status {
        Status::Submitted => "submitted",
        Status::Extracted => "extracted",
        Status::Failed => "failed",
    });
    outcome.outputs = closing.outputs.iter().map(|(name, value)| (name.clone(), text(value))).collect();
    outcome
        .outputs
        .extend(closing.fallback.map(|cause| ("(fallback)".to_string(), Value::Text(word(&cause)))));
    let confidence = closing.confidence.map(|share| format!("{} of {}", share.found, share.of));
    outcome.outputs.extend(confidence.map(|share| ("(confidence)".to_string(), Value::Text(share))));
    let failure = closing.failure.as_ref().filter(|_| closing.fallback.is_none());
    outcome
        .outputs
        .extend(failure.map(|failure| ("(failure)".to_string(), Value::Text(word(&failure.kind)))));
    outcome.calls = fold::metrics(journal).model_calls;
    outcome
}

/// Puts counts into a ledger.
pub(super) fn counted<'a>(outcome: Outcome, counts: impl IntoIterator<Item = (&'a str, u64)>) -> Value {
    let ledger = counts.into_iter().map(|(name, count)| (name.to_string(), count)).collect();
    Value::Outcome(Outcome { ledger, ..outcome })
}
