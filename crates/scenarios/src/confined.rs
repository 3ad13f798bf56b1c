//! Cells in real Python: one confined worker a REPL, each on a thread that waits where its cell waits.
//!
//! The signature that a worker has takes any object, so that the host, which is the authority, sees every `SUBMIT`.

use crate::cells::{Cells, Progress};
use crate::repl::PRELUDE;
use rlm::{
    Answer, Blob, CellEnd, CellLimits, Ending, ErrorKind, Failure, HostCall, Printed, Variable, WorkerId,
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
        let context = inputs.into_iter().find(|(name, _)| name == "context");
        let context = context.and_then(|(_, value)| value.as_str().map(str::to_string));
        let canceller = python.canceller();
        let (told, orders) = channel();
        let (out, said) = channel();
        let thread = std::thread::spawn(move || serve(python, &seed, context, &orders, &out));
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
    context: Option<String>,
    orders: &'a Receiver<Told>,
    out: &'a Sender<Said>,
}

impl Host for Asking<'_> {
    fn call(&mut self, call: &Call<'_>) -> Result<Reply, sandbox::Failure> {
        let (asked, texts) =
            rlm::wire::asked(call.method, call.params, self.context.as_deref()).map_err(told)?;
        let over =
            || sandbox::Failure::new(sandbox::ErrorKind::Cancelled, "the run goes on without this worker");
        self.out.send(Said::Asks(Box::new(asked), texts)).map_err(|_| over())?;
        match self.orders.recv() {
            Ok(Told::Answer(answer)) => {
                rlm::wire::answered(call.method, answer).map(Reply::Value).map_err(told)
            }
            Ok(Told::Run(_)) | Err(_) => Err(over()),
        }
    }

    fn now_ns(&mut self) -> i64 {
        NOW_NS
    }
}

/// Runs cells until nobody gives any.
fn serve(
    mut python: Worker,
    seed: &str,
    context: Option<String>,
    orders: &Receiver<Told>,
    out: &Sender<Said>,
) {
    let mut asking = Asking { context, orders, out };
    while let Ok(Told::Run(code)) = orders.recv() {
        let outcome = python.exec(&sandbox::Cell { code: &code, seed }, &mut asking);
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

/// A failure of the machine in the words of the worker.
fn told(failure: Failure) -> sandbox::Failure {
    let named = serde_json::to_value(failure.kind).unwrap_or_default();
    let known = named.as_str().and_then(sandbox::ErrorKind::from_name);
    let known = known.unwrap_or(sandbox::ErrorKind::InvalidParams);
    sandbox::Failure::new(known, failure.message).with(failure.data)
}
