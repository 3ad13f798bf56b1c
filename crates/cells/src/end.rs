//! How a cell ended, as the machine knows it.

use std::time::Duration;

use rlm::{CellEnd, Ending, Failure, Printed, Variable};
use sandbox::{Outcome, Output, Worker};
use serde_json::Value;

use crate::failure::of_worker;

/// The end of a cell, with the variables that it left.
///
/// A cell that was stopped, or took its worker with it, leaves none: the worker is not used again.
pub(crate) fn end(worker: &mut Worker, outcome: Outcome) -> Result<CellEnd, Failure> {
    let mut end = CellEnd {
        ending: Ending::Done,
        stdout: printed(&outcome.stdout),
        stderr: printed(&outcome.stderr),
        active_ms: millis(outcome.active),
        wall_ms: millis(outcome.wall),
        variables: Vec::new(),
        submit_swallowed: outcome.submit_swallowed,
        value: outcome.value.map(|value| value.preview),
    };
    match (&outcome.error, &outcome.submit_result) {
        (Some(failure), _) if worker.dead().is_some() || !is_exception(failure) => {
            end.ending = Ending::Stopped { failure: of_worker(failure) };
            return Ok(end);
        }
        (Some(failure), _) => end.ending = raised(failure),
        (None, Some(refused)) => {
            end.ending =
                Ending::Raised { exception: "SubmitRejected".into(), traceback: refused.to_string() };
        }
        (None, None) => {}
    }
    let variables = worker.list_vars().map_err(|failure| of_worker(&failure))?;
    let own = variables.into_iter().filter(|variable| variable.type_name != "function");
    end.variables = own
        .map(|variable| Variable {
            size: variable.size.map_or_else(String::new, |size| size.to_string()),
            name: variable.name,
            kind: variable.type_name,
            preview: variable.preview,
            digest: None,
        })
        .collect();
    Ok(end)
}

/// Whether Python raised it, so that the worker goes on.
fn is_exception(failure: &sandbox::Failure) -> bool {
    matches!(failure.kind, sandbox::ErrorKind::CellError | sandbox::ErrorKind::Memory)
        || failure.data.get("type").is_some()
}

fn raised(failure: &sandbox::Failure) -> Ending {
    let text = |name: &str| failure.data.get(name).and_then(Value::as_str).unwrap_or_default().to_string();
    let count = |name: &str| {
        let count = failure.data.get(name).and_then(Value::as_u64);
        count.and_then(|count| u32::try_from(count).ok()).unwrap_or(1)
    };
    match failure.data.get("compiled") {
        Some(Value::Bool(false)) => {
            Ending::NotCompiled { line: count("line"), column: count("column"), message: text("message") }
        }
        _ => Ending::Raised { exception: text("type"), traceback: text("traceback") },
    }
}

fn printed(output: &Output) -> Printed {
    Printed { text: format!("{}{}", output.head, output.tail), bytes: output.bytes }
}

/// Whole milliseconds.
pub(crate) fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}
