//! What a call came to, as the log holds it.

use provider::{Attempt, Charge, FinishReason, Reply};
use serde_json::{Map, Value as Json, json};

use super::budget::Amount;

/// A call without a value.
pub(crate) fn error(code: &str, kind: &str, message: &str) -> Json {
    json!({"error": {"code": code, "kind": kind, "message": message}})
}

/// Whether a reply is the failure of a call.
pub(crate) fn is_error(reply: &Json) -> bool {
    reply.get("error").is_some()
}

/// What all questions and attempts of a call came to.
#[derive(Debug, Default)]
pub(crate) struct Account {
    attempts: Vec<Json>,
    input_tokens: u64,
    output_tokens: u64,
    nanodollars: Option<u64>,
    is_unpriced: bool,
}

impl Account {
    /// An attempt, for which so much was set aside at most, and what it cost by the price of its model.
    pub(crate) fn book(&mut self, attempt: &Attempt, spent: Amount, is_priced: bool) {
        let mut told = Map::new();
        told.insert("model".to_string(), json!(attempt.model));
        if let Some(failed) = attempt.failed {
            told.insert("failed".to_string(), json!(failed.name()));
        }
        match attempt.charge {
            Charge::Nothing => {}
            Charge::Counted(usage) => {
                self.input_tokens += usage.input_tokens;
                self.output_tokens += usage.output_tokens;
            }
            // Nobody counted: what was set aside stands for it.
            Charge::Reserved => {
                told.insert("reserved_tokens".to_string(), json!(spent.tokens));
            }
        }
        self.attempts.push(Json::Object(told));
        match is_priced {
            true => {
                let sum = self.nanodollars.unwrap_or_default().saturating_add(spent.nanodollars);
                self.nanodollars = Some(sum);
            }
            false => self.is_unpriced |= attempt.charge != Charge::Nothing,
        }
    }

    /// Beside what a call came to: the attempts, tokens, and what they cost in nano-dollars, where the price is known.
    /// A reply from a cassette has no attempts.
    pub(crate) fn tell(self, told: &mut Map<String, Json>) {
        let is_live = !self.attempts.is_empty();
        told.insert("attempts".to_string(), Json::Array(self.attempts));
        if is_live {
            told.insert("input_tokens".to_string(), json!(self.input_tokens));
            told.insert("output_tokens".to_string(), json!(self.output_tokens));
            let cost = self.nanodollars.filter(|_| !self.is_unpriced);
            told.insert("cost_nanodollars".to_string(), json!(cost));
        }
    }
}

/// What the log says that a Python cell spent on models.
pub(crate) fn spent_by_python(asked: &Json) -> Amount {
    let number = |name: &str| asked.get(name).and_then(Json::as_u64).unwrap_or_default();
    Amount { tokens: number("tokens"), nanodollars: number("nano_dollars") }
}

/// What the log says that a call spent: for a budget that goes on.
pub(crate) fn spent(reply: &Json) -> Amount {
    let number = |name: &str| reply.get(name).and_then(Json::as_u64).unwrap_or_default();
    let attempts = reply.get("attempts").and_then(Json::as_array).map_or(&[][..], Vec::as_slice);
    let reserved =
        attempts.iter().filter_map(|attempt| attempt.get("reserved_tokens")?.as_u64()).sum::<u64>();
    Amount {
        tokens: number("input_tokens").saturating_add(number("output_tokens")).saturating_add(reserved),
        nanodollars: number("cost_nanodollars"),
    }
}

/// How many calls of models an outcome stands for: those of its tree, where it is a question's, and those of its code,
/// where it is a Python cell's.
pub(crate) fn calls_made(outcome: &crate::record::EffectOutcome) -> u64 {
    let answer = &outcome.answer;
    if let Some(python) = answer.get("python") {
        return python.get("asked").and_then(|asked| asked.get("calls")?.as_u64()).unwrap_or_default();
    }
    answer.get("reply").map_or(1, calls_of_reply)
}

/// The same of a reply.
pub(crate) fn calls_of_reply(reply: &Json) -> u64 {
    reply.get("tree").and_then(|tree| tree.get("model_calls")?.as_u64()).unwrap_or(1).max(1)
}

/// How a reply ended.
pub(crate) fn finish(reply: &Reply) -> String {
    match &reply.finish {
        FinishReason::Stop => "stop".to_string(),
        FinishReason::Length => "length".to_string(),
        FinishReason::Other(other) => other.clone(),
    }
}
