//! One cell in one worker.

use std::sync::{Arc, PoisonError};

use prelude::python::{Bounds, Crossing, Job, Promised, Raised, Ran};
use sandbox::{Blob, Canceller, Cell, ErrorKind, Failure, INLINE_BYTES_MAX, Outcome, Worker};
use serde_json::Value as Json;

use super::asking::{Asking, Flights, Granted};
use super::tool::{CellTools, Refused};
use super::{Pools, encode, held_by};
use crate::recursion::{Entry, Keeping};
use crate::world::{Cancel, Failed};

/// The cell as work for a thread, which may ask models and tools and keeps what it asks; it gives what
/// [`decode`](super::decode) reads.
pub(crate) fn work(
    pools: Arc<Pools>,
    job: Job,
    (granted, tools): (Option<Granted>, Arc<CellTools>),
    log: Vec<Entry>,
) -> Keeping {
    Arc::new(move |cancel, outlet| {
        let host =
            |flights| Asking::new(&job, (granted.clone(), Arc::clone(&tools)), Some(outlet), &log, flights);
        run(&pools, &job, cancel, host).map(|ran| encode(&ran))
    })
}

/// Runs the code of a recorded cell once more: what it asked is answered from the log.
///
/// # Errors
/// Python cannot run.
pub(crate) fn again(pools: &Pools, job: &Job, tools: &Arc<CellTools>, log: &[Entry]) -> Result<Ran, Failed> {
    let host = |flights| Asking::new(job, (None, Arc::clone(tools)), None, log, flights);
    run(pools, job, &Cancel::default(), host)
}

fn run<'j>(
    pools: &Pools,
    job: &'j Job,
    cancel: &Cancel,
    host: impl FnOnce(Flights) -> Asking<'j>,
) -> Result<Ran, Failed> {
    let unstarted =
        |failure: Failure| Failed { code: "R0714", why: format!("no worker: {}", failure.message) };
    let canceller = Canceller::new().map_err(unstarted)?;
    let flights = Flights::default();
    let (on_way, stop) = (Arc::clone(&flights), canceller.clone());
    cancel.on_cancel(move || {
        stop.cancel();
        on_way.lock().unwrap_or_else(PoisonError::into_inner).iter().for_each(Cancel::cancel);
    });
    // Nobody waits for a cell of a document.
    let worker = pools.admit(&job.bounds, 0, canceller)?.map_err(unstarted)?;
    let identity = worker.identity();
    let (interpreter, text) = (identity.python.clone(), format!("{} {}", identity.text, identity.protocol));
    let sandbox = held_by(job.bounds.level, worker.report());
    let mut running = Running { worker, job, printed: String::new(), host: host(flights) };
    let outcome = running.outputs();
    Ok(Ran {
        interpreter,
        worker: text,
        sandbox,
        printed: running.printed,
        asked: running.host.asked,
        outcome,
    })
}

struct Running<'j> {
    worker: Worker,
    job: &'j Job,
    printed: String,
    host: Asking<'j>,
}

impl Running<'_> {
    fn outputs(&mut self) -> Result<Vec<Crossing>, Raised> {
        let job = self.job;
        for (place, code) in job.preludes.iter().enumerate() {
            self.exec(code, Some(place))?;
        }
        for (name, value) in &job.inputs {
            let set = match value {
                Crossing::Json(text) => match serde_json::from_str(text) {
                    // Its slices travel as ranges, and its bytes are mapped.
                    Ok(Json::String(text)) if name == "context" => {
                        Blob::new(text.as_bytes()).and_then(|text| self.worker.set_context(&text))
                    }
                    Ok(Json::String(text)) if text.len() > INLINE_BYTES_MAX => {
                        Blob::new(text.as_bytes()).and_then(|text| self.worker.set_text(name, &text))
                    }
                    Ok(json) => self.worker.set_var(name, &json),
                    Err(error) => Err(Failure::new(ErrorKind::InternalError, error.to_string())),
                },
                Crossing::Table(bytes) => {
                    Blob::new(bytes).and_then(|table| self.worker.set_table(name, &table))
                }
            };
            set.map_err(|failure| self.limited(failure, &format!("the input `{name}`")))?;
        }
        self.exec(&job.code, None)?;
        job.outputs.iter().map(|output| self.output(output)).collect()
    }

    fn exec(&mut self, code: &str, prelude: Option<usize>) -> Result<(), Raised> {
        let cell = Cell { code, seed: &self.job.seed };
        let outcome = match self.worker.exec(&cell, &mut self.host) {
            Ok(outcome) => outcome,
            Err(failure) => return Err(Raised { prelude, ..self.limited(failure, "the code") }),
        };
        for output in [&outcome.stdout, &outcome.stderr] {
            if !self.printed.is_empty() && !self.printed.ends_with('\n') && !output.head.is_empty() {
                self.printed.push('\n');
            }
            self.printed.push_str(&output.head);
            self.printed.push_str(&output.tail);
        }
        let bytes = outcome.stdout.bytes.saturating_add(outcome.stderr.bytes);
        match self.fault(outcome, bytes) {
            Some(raised) => Err(Raised { prelude, ..raised }),
            None => Ok(()),
        }
    }

    /// Why a text that was run is not done.
    fn fault(&self, outcome: Outcome, printed: u64) -> Option<Raised> {
        let name = &self.job.name;
        let data = outcome.error.as_ref().map(|failure| &failure.data);
        let line = data.and_then(|data| data.get("line")).and_then(Json::as_u64);
        let line = line.and_then(|line| u32::try_from(line).ok()).unwrap_or(0);
        if let Some(method) = self.host.refused {
            return Some(self.ungranted(method, line));
        }
        if let Some(Refused { code, message, help }) = &self.host.fatal {
            return Some(raised(code, format!("the Python cell `{name}` {message}"), help.clone(), line));
        }
        if outcome.submit_result.is_some() {
            let message = format!(
                "the Python cell `{name}` calls SUBMIT, and a cell of a document has nobody to submit to"
            );
            let help = "Assign its outputs to the names on the line of the fence.".to_string();
            return Some(raised("R0710", message, Some(help), line));
        }
        let bounds = &self.job.bounds;
        let Some(failure) = outcome.error else {
            return (printed > bounds.max_output).then(|| self.limit(ErrorKind::OutputLimit, line));
        };
        let text = |key: &str| failure.data.get(key).and_then(Json::as_str).unwrap_or_default();
        match failure.kind {
            ErrorKind::CellError => {
                let what = format!("{}: {}", text("type"), text("message"));
                let is_compiled = failure.data.get("compiled").and_then(Json::as_bool).unwrap_or(true);
                let verb = if is_compiled { "raised" } else { "does not compile:" };
                Some(raised("R0710", format!("the Python cell `{name}` {verb} {what}"), None, line))
            }
            _ => Some(Raised { line, ..self.limited(failure, "the code") }),
        }
    }

    fn ungranted(&self, method: &'static str, line: u32) -> Raised {
        let name = &self.job.name;
        if asks_a_model(method) && !self.job.bounds.model {
            let message = format!("the Python cell `{name}` calls `{method}`, and no grant allows `model`");
            let help = "Add `grant model` to the document, or run with --grant 'model'.".to_string();
            return raised("R0106", message, Some(help), line);
        }
        let message = format!(
            "the Python cell `{name}` calls `{method}`, which is not built yet for cells of documents"
        );
        let help =
            "Compute it in a fence of the language, and give the cell the result as an input.".to_string();
        raised("R0126", message, Some(help), line)
    }

    fn limit(&self, kind: ErrorKind, line: u32) -> Raised {
        let Bounds { timeout_ms, memory, max_output, .. } = self.job.bounds;
        let (what, key) = match kind {
            ErrorKind::Timeout => (format!("took longer than {timeout_ms} ms"), "timeout_ms"),
            ErrorKind::Memory => (format!("needs more than {memory} bytes of memory"), "memory"),
            _ => (format!("printed more than {max_output} bytes"), "max_output"),
        };
        let message = format!("the Python cell `{}` {what}", self.job.name);
        let help = format!("Raise `{key}` in `grant python`, if that much is meant.");
        raised("R0712", message, Some(help), line)
    }

    /// A failure that is no exception of the code.
    fn limited(&self, failure: Failure, what: &str) -> Raised {
        let name = &self.job.name;
        match failure.kind {
            ErrorKind::Timeout | ErrorKind::Memory => self.limit(failure.kind, 0),
            ErrorKind::OutputLimit if what == "the code" => self.limit(failure.kind, 0),
            ErrorKind::OutputLimit => {
                let message = format!("the Python cell `{name}`: {what} is too large: {}", failure.message);
                raised("R0712", message, Some("Give less, or a part of it.".to_string()), 0)
            }
            _ => {
                let message = format!("the Python cell `{name}` was ended: {}", failure.message);
                let help = "The sandbox ends a worker that does what no cell needs, or dies.".to_string();
                raised("R0713", message, Some(help), 0)
            }
        }
    }

    fn output(&mut self, promised: &Promised) -> Result<Crossing, Raised> {
        let Promised { name: output, ty, is_table } = promised;
        let (name, help) = (&self.job.name, "Correct the code, or the line of the fence.");
        let absent =
            |output: &str| format!("the Python cell `{name}` leaves no `{output}`, which its fence promises");
        let misfit = |message: String| raised("R0711", message, Some(help.to_string()), 0);
        if *is_table {
            return match self.worker.get_table(output) {
                Ok(Ok(bytes)) => Ok(Crossing::Table(bytes)),
                Ok(Err((found, why))) => Err(misfit(format!(
                    "the Python cell `{name}` gave `{output}` as {found}, expected {ty}: {why}"
                ))),
                Err(failure) if failure.kind == ErrorKind::InvalidParams => Err(misfit(absent(output))),
                Err(failure) => Err(self.limited(failure, &format!("the output `{output}`"))),
            };
        }
        let shown = match self.worker.get_var(output) {
            Ok(shown) => shown,
            Err(failure) if failure.kind == ErrorKind::InvalidParams => {
                return Err(misfit(absent(output)));
            }
            Err(failure) => return Err(self.limited(failure, &format!("the output `{output}`"))),
        };
        match (shown.json, shown.unfit) {
            (Some(json), None) => Ok(Crossing::Json(json.to_string())),
            (_, why) => {
                let why = why.unwrap_or_else(|| "it does not cross".to_string());
                let found = &shown.type_name;
                Err(misfit(format!(
                    "the Python cell `{name}` gave `{output}` as {found}, expected {ty}: {why}"
                )))
            }
        }
    }
}

fn raised(code: &str, message: String, help: Option<String>, line: u32) -> Raised {
    Raised { code: code.to_string(), message, help, prelude: None, line }
}

fn asks_a_model(method: &str) -> bool {
    method.starts_with("llm_") || method.starts_with("rlm_")
}
