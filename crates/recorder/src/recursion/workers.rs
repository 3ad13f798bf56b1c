//! The workers of a tree: one confined Python for each call, each on a thread that waits where its cell waits.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use prelude::python::Bounds;
use rlm::{Answer, CellEnd, Ending, ErrorKind, Failure, HostCall, Printed, Variable, WorkerId, wire};
use sandbox::{Blob, Call, Host, Outcome, Reply, Worker};
use serde_json::{Value as Json, json};

use super::drive::Heard;
use super::outlet::Identity;
use crate::python::Pools;

/// Until a worker's turn to start has come.
const PATIENCE: Duration = Duration::from_secs(600);

/// What a worker's thread is told.
enum Told {
    Run { code: String, seed: String },
    Answer(Answer),
}

struct Thread {
    told: Sender<Told>,
    cancel: crate::world::Cancel,
    thread: JoinHandle<()>,
}

/// What a cell asks, and the texts that go with it.
pub(crate) struct Asked {
    pub(crate) number: u64,
    pub(crate) call: HostCall,
    pub(crate) texts: Vec<String>,
    pub(crate) active_ms: u64,
    pub(crate) wall_ms: u64,
}

/// The living workers of a tree, and the threads of those that were ended.
pub(crate) struct Workers {
    pools: Arc<Pools>,
    bounds: Bounds,
    heard: Sender<Heard>,
    threads: BTreeMap<WorkerId, Thread>,
    ended: Vec<JoinHandle<()>>,
}

impl Workers {
    pub(crate) fn new(pools: Arc<Pools>, bounds: Bounds, heard: Sender<Heard>) -> Workers {
        Workers { pools, bounds, heard, threads: BTreeMap::new(), ended: Vec::new() }
    }

    /// Starts a worker over a context, on a thread of its own.
    pub(crate) fn start(&mut self, id: WorkerId, context: Option<Arc<str>>) {
        let (told, orders) = channel();
        let cancel = crate::world::Cancel::default();
        let (pools, bounds, heard) = (Arc::clone(&self.pools), self.bounds.clone(), self.heard.clone());
        let stop = cancel.clone();
        let spawned = std::thread::Builder::new().name("cells".to_string()).spawn(move || {
            let served = serve(&pools, &bounds, (id, context), &orders, &heard, &stop);
            if let Err(failure) = served {
                // Nobody listens once the question is over.
                let _ = heard.send(Heard::Died(id, failure));
            }
        });
        match spawned {
            Ok(thread) => {
                self.threads.insert(id, Thread { told, cancel, thread });
            }
            Err(why) => {
                let failure =
                    Failure::new(ErrorKind::Admission, format!("the system gives no thread: {why}"));
                let _ = self.heard.send(Heard::Died(id, failure));
            }
        }
    }

    pub(crate) fn run(&mut self, id: WorkerId, code: String, seed: String) {
        self.tell(id, Told::Run { code, seed });
    }

    pub(crate) fn answer(&mut self, id: WorkerId, answer: Answer) {
        self.tell(id, Told::Answer(answer));
    }

    /// A thread that is gone has said so, or says it.
    fn tell(&mut self, id: WorkerId, told: Told) {
        if let Some(thread) = self.threads.get(&id) {
            let _ = thread.told.send(told);
        }
    }

    pub(crate) fn kill(&mut self, id: WorkerId) {
        if let Some(Thread { told, cancel, thread }) = self.threads.remove(&id) {
            drop(told);
            cancel.cancel();
            self.ended.push(thread);
        }
    }
}

impl Drop for Workers {
    /// No process outlives its question.
    fn drop(&mut self) {
        let living: Vec<WorkerId> = self.threads.keys().copied().collect();
        living.into_iter().for_each(|id| self.kill(id));
        for thread in self.ended.drain(..) {
            // A panic of that thread was told by the runtime.
            let _ = thread.join();
        }
    }
}

/// Runs cells until nobody gives any.
fn serve(
    pools: &Pools,
    bounds: &Bounds,
    (id, context): (WorkerId, Option<Arc<str>>),
    orders: &Receiver<Told>,
    heard: &Sender<Heard>,
    cancel: &crate::world::Cancel,
) -> Result<(), Failure> {
    let unstarted = |why: String| Failure::new(ErrorKind::Admission, why);
    let pool =
        pools.pool(bounds).map_err(|failed| unstarted(failed.why).with(json!({"code": failed.code})))?;
    let mut worker = pool.worker(0, PATIENCE).map_err(|failure| unstarted(failure.message))?;
    let canceller = worker.canceller();
    cancel.on_cancel(move || canceller.cancel());
    let layers: Vec<String> = worker.report().layers.iter().map(ToString::to_string).collect();
    let identity = worker.identity();
    let told = Identity {
        python: identity.python.clone(),
        text: identity.text.clone(),
        protocol: identity.protocol,
        sandbox: format!("{}: {}", bounds.level.name(), layers.join(", ")),
    };
    if heard.send(Heard::Started(told)).is_err() {
        return Ok(());
    }
    // Any object passes the worker, so that the host, which is the authority, sees every SUBMIT.
    let any = json!({"type": "object", "additionalProperties": true});
    worker.register_signature("answer", &any).map_err(|failure| turned(&failure))?;
    if let Some(text) = &context {
        let blob = Blob::new(text.as_bytes()).map_err(|failure| turned(&failure))?;
        worker.set_context(&blob).map_err(|failure| turned(&failure))?;
    }
    let mut host = Asking { id, context, orders, heard, calls: 0 };
    while let Ok(Told::Run { code, seed }) = orders.recv() {
        let outcome = worker.exec(&sandbox::Cell { code: &code, seed: &seed }, &mut host);
        let outcome = outcome.map_err(|failure| turned(&failure))?;
        let end = ended(&mut worker, outcome)?;
        if heard.send(Heard::Ended(id, Box::new(end))).is_err() {
            break;
        }
    }
    cancel.finish();
    Ok(())
}

struct Asking<'a> {
    id: WorkerId,
    context: Option<Arc<str>>,
    orders: &'a Receiver<Told>,
    heard: &'a Sender<Heard>,
    calls: u64,
}

impl Host for Asking<'_> {
    fn call(&mut self, call: &Call<'_>) -> Result<Reply, sandbox::Failure> {
        let over =
            || sandbox::Failure::new(sandbox::ErrorKind::Cancelled, "the question goes on without this cell");
        let (asked, texts) = wire::asked(call.method, call.params, self.context.as_deref()).map_err(told)?;
        self.calls += 1;
        let active_ms = millis(call.active);
        let asked = Asked { number: self.calls, call: asked, texts, active_ms, wall_ms: active_ms };
        self.heard.send(Heard::Asked(self.id, Box::new(asked))).map_err(|_| over())?;
        match self.orders.recv() {
            Ok(Told::Answer(answer)) => wire::answered(call.method, answer).map(Reply::Value).map_err(told),
            Ok(Told::Run { .. }) | Err(_) => Err(over()),
        }
    }

    /// The clock of a cell stands, so that it is the same whenever the cell runs again.
    fn now_ns(&mut self) -> i64 {
        0
    }
}

fn ended(worker: &mut Worker, outcome: Outcome) -> Result<CellEnd, Failure> {
    let is_exception = |failure: &sandbox::Failure| {
        matches!(failure.kind, sandbox::ErrorKind::CellError | sandbox::ErrorKind::Memory)
            || failure.data.get("type").is_some()
    };
    let printed = |output: &sandbox::Output| Printed {
        text: format!("{}{}", output.head, output.tail),
        bytes: output.bytes,
    };
    let mut end = CellEnd {
        ending: Ending::Done,
        value: outcome.value.as_ref().map(|value| value.preview.clone()),
        stdout: printed(&outcome.stdout),
        stderr: printed(&outcome.stderr),
        active_ms: millis(outcome.active),
        wall_ms: millis(outcome.wall),
        variables: Vec::new(),
        submit_swallowed: outcome.submit_swallowed,
    };
    match &outcome.error {
        Some(failure) if worker.dead().is_some() || !is_exception(failure) => {
            end.ending = Ending::Stopped { failure: turned(failure) };
            return Ok(end);
        }
        Some(failure) => end.ending = raised(failure),
        None => {
            if let Some(refused) = &outcome.submit_result {
                end.ending = Ending::Raised {
                    exception: "SubmitRejected".to_string(),
                    traceback: refused.to_string(),
                };
            }
        }
    }
    let variables = worker.list_vars().map_err(|failure| turned(&failure))?;
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

fn raised(failure: &sandbox::Failure) -> Ending {
    let text = |name: &str| failure.data.get(name).and_then(Json::as_str).unwrap_or_default().to_string();
    let count = |name: &str| {
        let count = failure.data.get(name).and_then(Json::as_u64);
        count.and_then(|count| u32::try_from(count).ok()).unwrap_or(1)
    };
    match failure.data.get("compiled") {
        Some(Json::Bool(false)) => {
            Ending::NotCompiled { line: count("line"), column: count("column"), message: text("message") }
        }
        _ => Ending::Raised { exception: text("type"), traceback: text("traceback") },
    }
}

fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

/// A failure of a worker in the words of the machine: both have the protocol's kinds.
fn turned(failure: &sandbox::Failure) -> Failure {
    let kind = serde_json::from_value(json!(failure.kind.name())).unwrap_or(ErrorKind::WorkerDied);
    Failure::new(kind, failure.message.clone()).with(failure.data.clone())
}

/// A failure of the machine in the words of a worker.
pub(crate) fn told(failure: Failure) -> sandbox::Failure {
    let named = serde_json::to_value(failure.kind).unwrap_or_default();
    let known = named.as_str().and_then(sandbox::ErrorKind::from_name);
    let known = known.unwrap_or(sandbox::ErrorKind::InvalidParams);
    sandbox::Failure::new(known, failure.message).with(failure.data)
}
