//! Cells in real Python: one confined worker a REPL, each on a thread that waits where its cell waits.
//!
//! The signature that a worker has takes any object, so that the host, which is the authority, sees every `SUBMIT`.

use crate::cells::{Cells, Progress};
use crate::repl::PRELUDE;
use rlm::{
    Answer, Blob, CellEnd, CellLimits, Ending, ErrorKind, Errors, Failure, HostCall, Printed, Submission,
    Variable, WorkerId,
};
use sandbox::{Call, Host, Options, Reply, Worker};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

/// 2026-01-02 03:04:05 UTC: where the clocks of all cells stand.
const NOW_NS: i64 = 1_767_323_045_000_000_000;

/// What the thread of a worker is told.
enum Told {
    Run(String),
    Answer(Answer),
}

/// What it says.
enum Said {
    /// A call, and the texts that go with it.
    Asks(Box<HostCall>, Vec<String>),
    Ended(Box<CellEnd>),
    Died(Failure),
}

struct Thread {
    told: Sender<Told>,
    said: Receiver<Said>,
    canceller: sandbox::Canceller,
    thread: JoinHandle<()>,
}

/// Workers of `sandbox`. Cells that stop by their limit end their worker.
pub struct Confined {
    options: Options,
    threads: BTreeMap<WorkerId, Thread>,
    blobs: BTreeMap<String, String>,
}

impl Confined {
    /// Workers that are started with these options.
    #[must_use]
    pub fn new(options: Options) -> Self {
        Self { options, threads: BTreeMap::new(), blobs: BTreeMap::new() }
    }

    fn next(&mut self, worker: WorkerId) -> Progress {
        let gone = || Said::Died(Failure::new(ErrorKind::WorkerDied, "its thread ended"));
        let said = self
            .threads
            .get(&worker)
            .map_or_else(gone, |thread| thread.said.recv().unwrap_or_else(|_| gone()));
        match said {
            Said::Asks(call, texts) => {
                self.blobs.extend(texts.into_iter().map(|text| (Blob::of(&text).digest.to_string(), text)));
                Progress::Asks(call)
            }
            Said::Ended(end) => Progress::Ended(end),
            Said::Died(failure) => {
                self.kill(worker);
                Progress::Died(failure)
            }
        }
    }

    fn tell(&mut self, worker: WorkerId, told: Told) -> Progress {
        if let Some(thread) = self.threads.get(&worker) {
            // A thread that is gone says nothing either, and that is read next.
            let _ = thread.told.send(told);
        }
        self.next(worker)
    }
}

impl Drop for Confined {
    fn drop(&mut self) {
        let workers: Vec<WorkerId> = self.threads.keys().copied().collect();
        workers.into_iter().for_each(|worker| self.kill(worker));
    }
}

impl Cells for Confined {
    fn start(&mut self, worker: WorkerId, inputs: Vec<(String, Value)>) -> Result<(), Failure> {
        let wrong = |message: String| Failure::new(ErrorKind::WorkerDied, message);
        let mut python = Worker::start(&self.options).map_err(|error| wrong(error.to_string()))?;
        let seed = format!("{:016x}", worker.0);
        let mut ready = || {
            python.register_signature("answer", &json!({"type": "object", "additionalProperties": true}))?;
            let prelude = python.exec(&sandbox::Cell { code: PRELUDE, seed: &seed }, &mut Deaf)?;
            if let Some(failure) = prelude.error {
                return Err(failure);
            }
            inputs.iter().try_for_each(|(name, value)| match (name.as_str(), value.as_str()) {
                ("context", Some(text)) => {
                    let blob = sandbox::Blob::new(text.as_bytes()).map_err(|error| {
                        sandbox::Failure::new(sandbox::ErrorKind::Memory, error.to_string())
                    })?;
                    python.set_context(&blob)
                }
                _ => python.set_var(name, value),
            })
        };
        ready().map_err(|failure| wrong(failure.to_string()))?;
        let canceller = python.canceller();
        let (told, orders) = channel();
        let (out, said) = channel();
        let thread = std::thread::spawn(move || serve(python, &seed, &orders, &out));
        self.threads.insert(worker, Thread { told, said, canceller, thread });
        Ok(())
    }

    fn run(&mut self, worker: WorkerId, code: &str, _: CellLimits) -> Progress {
        self.tell(worker, Told::Run(code.into()))
    }

    fn answer(&mut self, worker: WorkerId, answer: Answer) -> Progress {
        let exits = matches!(answer, Answer::Submit(rlm::SubmitResult::Success { .. }));
        let progress = self.tell(worker, Told::Answer(answer));
        // The run goes on without this worker, whatever its code does now.
        if exits { Progress::Busy } else { progress }
    }

    fn kill(&mut self, worker: WorkerId) {
        if let Some(Thread { told, said, canceller, thread }) = self.threads.remove(&worker) {
            drop(told);
            drop(said);
            canceller.cancel();
            // A panic of that thread has been said by the runtime.
            let _ = thread.join();
        }
    }

    fn blob(&self, digest: &str) -> Option<&str> {
        self.blobs.get(digest).map(String::as_str)
    }
}

/// Answers nothing: the prelude asks nothing.
struct Deaf;

impl Host for Deaf {
    fn call(&mut self, call: &Call<'_>) -> Result<Reply, sandbox::Failure> {
        Err(sandbox::Failure::new(sandbox::ErrorKind::MethodNotFound, call.method))
    }

    fn now_ns(&mut self) -> i64 {
        NOW_NS
    }
}

struct Asking<'a> {
    orders: &'a Receiver<Told>,
    out: &'a Sender<Said>,
}

impl Host for Asking<'_> {
    fn call(&mut self, call: &Call<'_>) -> Result<Reply, sandbox::Failure> {
        let (asked, texts) = read(call)?;
        let over =
            || sandbox::Failure::new(sandbox::ErrorKind::Cancelled, "the run goes on without this worker");
        self.out.send(Said::Asks(Box::new(asked), texts)).map_err(|_| over())?;
        match self.orders.recv() {
            Ok(Told::Answer(answer)) => written(call.method, answer),
            Ok(Told::Run(_)) | Err(_) => Err(over()),
        }
    }

    fn now_ns(&mut self) -> i64 {
        NOW_NS
    }
}

/// Runs cells until nobody gives any.
fn serve(mut python: Worker, seed: &str, orders: &Receiver<Told>, out: &Sender<Said>) {
    while let Ok(Told::Run(code)) = orders.recv() {
        let outcome = python.exec(&sandbox::Cell { code: &code, seed }, &mut Asking { orders, out });
        let said = match outcome {
            Err(failure) => Said::Died(turned(&failure)),
            Ok(outcome) => ended(&mut python, outcome),
        };
        let over = matches!(said, Said::Died(_));
        if out.send(said).is_err() || over {
            return;
        }
    }
}

fn ended(python: &mut Worker, outcome: sandbox::Outcome) -> Said {
    let stopped = |failure: &sandbox::Failure| {
        !matches!(failure.kind, sandbox::ErrorKind::CellError | sandbox::ErrorKind::Memory)
            && failure.data.get("type").is_none()
    };
    match &outcome.error {
        Some(failure) if python.dead().is_some() || stopped(failure) => return Said::Died(turned(failure)),
        _ => {}
    }
    let variables = python.list_vars().unwrap_or_default();
    let own = variables.into_iter().filter(|variable| variable.type_name != "function");
    let variables = own.map(|variable| Variable {
        size: variable.size.map_or_else(String::new, |size| size.to_string()),
        name: variable.name,
        kind: variable.type_name,
        preview: variable.preview,
        digest: None,
    });
    let printed = |output: &sandbox::Output| Printed {
        text: format!("{}{}", output.head, output.tail),
        bytes: output.bytes,
    };
    let millis = |span: std::time::Duration| u64::try_from(span.as_millis()).unwrap_or(u64::MAX);
    Said::Ended(Box::new(CellEnd {
        ending: ending(&outcome),
        value: outcome.value.map(|value| value.preview),
        stdout: printed(&outcome.stdout),
        stderr: printed(&outcome.stderr),
        active_ms: millis(outcome.active),
        wall_ms: millis(outcome.wall),
        variables: variables.collect(),
        submit_swallowed: outcome.submit_swallowed,
    }))
}

fn ending(outcome: &sandbox::Outcome) -> Ending {
    let Some(failure) = &outcome.error else {
        return match &outcome.submit_result {
            Some(refused) => {
                Ending::Raised { exception: "SubmitRejected".into(), traceback: refused.to_string() }
            }
            None => Ending::Done,
        };
    };
    let text = |name: &str| failure.data.get(name).and_then(Value::as_str).unwrap_or_default().to_string();
    let count =
        |name: &str| failure.data.get(name).and_then(Value::as_u64).and_then(|n| u32::try_from(n).ok());
    match failure.data.get("compiled") {
        Some(Value::Bool(false)) => Ending::NotCompiled {
            line: count("line").unwrap_or(1),
            column: count("column").unwrap_or(1),
            message: text("message"),
        },
        _ => Ending::Raised { exception: text("type"), traceback: text("traceback") },
    }
}

/// A failure of the worker in the words of the machine: both have the protocol's kinds.
fn turned(failure: &sandbox::Failure) -> Failure {
    let kind = serde_json::from_value(json!(failure.kind.name())).unwrap_or(ErrorKind::WorkerDied);
    Failure::new(kind, failure.message.clone()).with(failure.data.clone())
}

/// A worker's call as the machine knows it, with the texts that it carries. The worker is hostile: what has another form
/// is refused.
fn read(call: &Call<'_>) -> Result<(HostCall, Vec<String>), sandbox::Failure> {
    let invalid = |what: &str| {
        sandbox::Failure::new(sandbox::ErrorKind::InvalidParams, format!("{what}: another type"))
    };
    let field = |name: &str| call.params.get(name).filter(|value| !value.is_null());
    let text = |name: &str| match field(name) {
        None => Ok(None),
        Some(value) => value.as_str().map(|text| Some(text.to_string())).ok_or_else(|| invalid(name)),
    };
    let count = |name: &str| match field(name) {
        None => Ok(None),
        Some(value) => value.as_u64().map(Some).ok_or_else(|| invalid(name)),
    };
    let wanted = |name: &str| text(name)?.ok_or_else(|| invalid(name));
    let list = |name: &str| match field(name) {
        None => Ok(Vec::new()),
        Some(Value::Array(items)) => {
            let each = |item: &Value| item.as_str().map(str::to_string).ok_or_else(|| invalid(name));
            items.iter().map(each).collect()
        }
        Some(_) => Err(invalid(name)),
    };
    let mut texts = Vec::new();
    let mut blob = |text: String| {
        let blob = Blob::of(&text);
        texts.push(text);
        blob
    };
    let schema = field("schema").cloned();
    let asked = match call.method {
        "llm_query" => HostCall::LlmQuery {
            prompt: wanted("prompt")?,
            context: text("context")?.map(&mut blob),
            schema,
            model: text("model")?,
            max_tokens: count("max_tokens")?,
        },
        // The worker turns results into what its cell asked for, so the host gives all of them.
        "llm_batch" => HostCall::LlmBatch {
            prompts: list("prompts")?,
            schema,
            model: text("model")?,
            errors: Errors::Return,
        },
        "rlm_query" => {
            HostCall::RlmQuery { prompt: wanted("prompt")?, context: text("context")?.map(&mut blob), schema }
        }
        "rlm_batch" => {
            let mut contexts = list("contexts")?.into_iter().map(&mut blob);
            let prompts = list("prompts")?.into_iter().map(|prompt| (prompt, contexts.next())).collect();
            HostCall::RlmBatch { prompts, schema, errors: Errors::Return }
        }
        "search" => HostCall::Search {
            pattern: wanted("pattern")?,
            limit: count("limit")?.unwrap_or(100),
            start: count("start")?.unwrap_or_default(),
        },
        "budget" => HostCall::Budget,
        "tool" => {
            let arguments = field("arguments").and_then(Value::as_object).cloned().unwrap_or_default();
            HostCall::Tool { name: wanted("name")?, arguments }
        }
        "submit" => {
            let fields =
                field("outputs").and_then(Value::as_object).cloned().ok_or_else(|| invalid("outputs"))?;
            HostCall::Submit { submission: Submission::of(fields) }
        }
        other => return Err(sandbox::Failure::new(sandbox::ErrorKind::MethodNotFound, other)),
    };
    Ok((asked, texts))
}

/// An answer of the machine as the worker reads it.
fn written(method: &str, answer: Answer) -> Result<Reply, sandbox::Failure> {
    let kind = |kind: ErrorKind| serde_json::to_value(kind).unwrap_or_default();
    Ok(Reply::Value(match answer {
        Answer::Value(value) if matches!(method, "search" | "budget") => value,
        Answer::Value(value) => json!({"value": value}),
        Answer::Failure(failure) => {
            let named = kind(failure.kind);
            let known = named.as_str().and_then(sandbox::ErrorKind::from_name);
            let known = known.unwrap_or(sandbox::ErrorKind::InvalidParams);
            return Err(sandbox::Failure::new(known, failure.message).with(failure.data));
        }
        Answer::Batch { results, .. } => {
            let each = |result: &Result<Value, Failure>| match result {
                Ok(value) => json!({"value": value}),
                Err(failure) => json!({"error": {"kind": kind(failure.kind), "message": failure.message}}),
            };
            json!({"results": results.iter().map(each).collect::<Vec<_>>()})
        }
        Answer::Submit(result) => serde_json::to_value(result).unwrap_or_default(),
    }))
}
