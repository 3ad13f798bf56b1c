//! When turns end without an answer: one request sees what they left.

use super::Machine;
use super::ask::Owner;
use super::call::Call;
use crate::cell::{Cause, CellEnd, Closing, Confidence, Ending, Status};
use crate::digest::Digest;
use crate::failure::{ErrorKind, Failure};
use crate::prompt::{self, Turn};
use crate::record::{Body, Place, Role};
use crate::reply;
use crate::request::Reply;
use serde_json::{Map, Value};

impl Machine {
    /// Gives up the turns of a call and asks for an answer from what they left.
    pub(super) fn fallback(&mut self, id: Digest, cause: Cause) {
        let Some(call) = self.calls.get_mut(&id).filter(|call| !call.closed && call.fallback.is_none())
        else {
            return;
        };
        call.fallback = Some(cause);
        let live = call.cell.take();
        let reason = serde_json::to_value(cause).ok();
        let reason = reason.as_ref().and_then(Value::as_str).unwrap_or_default();
        // First of all, so that an interruption in between changes neither the decision nor what the extraction sees.
        self.record(Place::new(id, "fallback", 0), reason, None, Body::FallbackStarted { cause });
        if let Some(live) = live {
            self.settle_cell(id, &live, None);
            let failure = Failure::new(ErrorKind::Cancelled, "the call's turns ended");
            let end = CellEnd { ending: Ending::Stopped { failure }, ..CellEnd::default() };
            let shown = prompt::outcome(&end, None, self.task.limits.output_shown);
            let arguments = Some(Digest::of(live.code.as_bytes()));
            self.record(live.place, "stopped", arguments, Body::CellOutcome { call: id, end });
            if let Some(call) = self.calls.get_mut(&id) {
                call.turns.push(Turn { code: Some(live.code), shown });
            }
        }
        self.abandon_waiting(id);
        self.kill_worker(id);
        let task = self.task.clone();
        let Some(call) = self.calls.get(&id) else { return };
        let request = prompt::extraction(&call.scene(&task), &task.extract, cause);
        self.ask(Place::new(id, "extract", 0), Owner::Extraction, id, Role::Extract, request);
    }

    /// The user wants an answer now.
    pub(super) fn wrap_up(&mut self) {
        self.fallback(self.root, Cause::User);
    }

    pub(super) fn extraction_answered(&mut self, id: Digest, result: Result<Reply, Failure>) {
        let Some(call) = self.calls.get(&id) else { return };
        let fallback = call.fallback;
        let read = result.and_then(|reply| {
            reply::parse(&reply.text, call.signature.outputs(), self.task.reading).map_err(|problem| {
                Failure::new(ErrorKind::Provider, format!("the extracted answer does not fit: {problem}"))
            })
        });
        let closing = match read.map(|typed| typed.value) {
            Ok(Value::Object(outputs)) => Closing {
                status: Status::Extracted,
                confidence: Some(confidence(call, &outputs)),
                outputs,
                fallback,
                failure: None,
            },
            Ok(_) => Closing::failed(Failure::new(ErrorKind::Provider, "the extracted answer is no object")),
            Err(failure) => Closing { fallback, ..Closing::failed(failure) },
        };
        self.close(id, closing);
    }
}

/// How many required outputs stand verbatim in a variable or an output, as far as the run shows them.
fn confidence(call: &Call, outputs: &Map<String, Value>) -> Confidence {
    let names = call.signature.required_outputs();
    let variables = call.variables.iter().map(|variable| variable.preview.as_str());
    let texts: Vec<&str> = variables.chain(call.turns.iter().map(|turn| turn.shown.as_str())).collect();
    let found = names.iter().filter(|name| outputs.get(**name).is_some_and(|value| stands(value, &texts)));
    Confidence { found: found.count() as u32, of: names.len() as u32 }
}

/// Whether every scalar of a value stands in one of the texts, not inside a longer word.
fn stands(value: &Value, texts: &[&str]) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(true) => texts.iter().any(|text| has_word(text, "True")),
        Value::Bool(false) => texts.iter().any(|text| has_word(text, "False")),
        Value::Number(number) => texts.iter().any(|text| has_word(text, &number.to_string())),
        Value::String(part) => !part.is_empty() && texts.iter().any(|text| has_word(text, part)),
        Value::Array(items) => !items.is_empty() && items.iter().all(|item| stands(item, texts)),
        Value::Object(members) => !members.is_empty() && members.values().all(|item| stands(item, texts)),
    }
}

fn has_word(text: &str, word: &str) -> bool {
    let joins = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    text.match_indices(word).any(|(at, found)| {
        let before = text.get(..at).and_then(|before| before.chars().next_back());
        let after = text.get(at + found.len()..).and_then(|after| after.chars().next());
        let begins = word.chars().next().is_some_and(char::is_alphanumeric);
        let ends = word.chars().next_back().is_some_and(char::is_alphanumeric);
        !(begins && joins(before) || ends && joins(after))
    })
}
