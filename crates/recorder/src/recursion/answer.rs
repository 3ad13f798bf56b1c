//! What a question came to, as the log holds it.

use std::collections::BTreeMap;

use rlm::{ErrorKind, Finished, PriceTable, Record, Status, fold};
use serde_json::{Map, Value as Json, json};

use super::outlet::Identity;
use super::question::Question;
use crate::model::error_reply;

/// The reply: the value or why there is none, what it took, and the size of its tree.
pub(crate) fn reply(
    question: &Question,
    finished: &Finished,
    (records, prices, providers): (&[Record], &PriceTable, &BTreeMap<&str, &str>),
    identity: Option<&Identity>,
    sent: u64,
    fatal: Option<Json>,
) -> Json {
    let closing = &finished.closing;
    let word = |value: Json| value.as_str().map(str::to_string).unwrap_or_default();
    let status = word(json!(closing.status));
    let told = match (fatal, closing.status, closing.outputs.get("answer")) {
        (Some(fatal), ..) => fatal,
        (None, Status::Submitted | Status::Extracted, Some(value)) => json!({"value": value}),
        _ => failed(question, finished),
    };
    let mut told = match told {
        Json::Object(told) => told,
        _ => Map::new(),
    };
    let steps = fold::trajectory(records);
    let metrics = fold::metrics(records);
    let spent = &finished.spent;
    let mut put = |name: &str, value: Json| drop(told.insert(name.to_string(), value));
    put("status", json!(status));
    put("input_tokens", json!(spent.input_tokens));
    put("output_tokens", json!(spent.output_tokens));
    // A price may be nothing; what has none is not told for nothing.
    let is_priced = !steps.is_empty() && steps.iter().all(|step| prices.price(&step.model).is_some());
    put("cost_nanodollars", if is_priced { json!(spent.nano_dollars) } else { Json::Null });
    put("sent", json!(sent));
    put("providers", json!(providers));
    put("priced", json!(prices.models.keys().collect::<Vec<_>>()));
    let depth = steps.iter().map(|step| step.depth).max().unwrap_or_default();
    put(
        "tree",
        json!({
            "calls": metrics.calls,
            "depth": depth,
            "turns": metrics.turns,
            "cells": metrics.cells,
            "model_calls": metrics.model_calls,
            "fallback": closing.fallback,
            "confidence": closing.confidence,
        }),
    );
    if !finished.resent.is_empty() {
        put("resent", json!(true));
    }
    if let Some(identity) = identity {
        put("python", json!({"interpreter": identity.python, "sandbox": identity.sandbox}));
    }
    Json::Object(told)
}

fn failed(question: &Question, finished: &Finished) -> Json {
    let root = question.root();
    let Some(failure) = &finished.closing.failure else {
        return error_reply("R0704", "misfit", &format!("the recursion of `{root}` gave no answer"));
    };
    let what = format!("the recursion of `{root}` gave no answer: {}", failure.message);
    let class = failure.data.get("class").and_then(Json::as_str).unwrap_or("failed");
    match failure.kind {
        ErrorKind::Budget => error_reply("R0907", "budget", &format!("a limit is reached: {what}")),
        ErrorKind::Divergence => error_reply("R0801", "divergence", &what),
        ErrorKind::Provider if class == "timeout" => error_reply("R0702", class, &what),
        ErrorKind::Provider if class == "malformed" => error_reply("R0704", class, &what),
        ErrorKind::Provider => error_reply("R0701", class, &what),
        ErrorKind::Cancelled => error_reply("R0701", "cancelled", &what),
        _ => error_reply("R0701", "failed", &what),
    }
}
