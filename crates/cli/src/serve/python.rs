//! Confined Python for clients: interpreters that stay open, and single cells.

use std::collections::BTreeMap;
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use recorder::world::Cancel;
use rlm::{Signature, Submission};
use sandbox::{
    Blob, Call, Canceller, Cell, ErrorKind, Failure, Host, Interpreter, Level, Options, Outcome, Output,
    Shown, StartError, Worker,
};
use serde_json::{Map, Value, json};

use super::jobs::Jobs;
use super::message::{Problem, START};
use super::outlet::Reply;
use super::params::Params;
use crate::world::{clock_ns, python_name};

/// Characters of an output that a client is sent; how many bytes there were is told.
const SHOWN_CHARS: usize = 10_000;

/// And of its end, where something is left out.
const TAIL_CHARS: usize = 1_000;
/// Requests that wait for one interpreter.
const QUEUE_MAX: usize = 64;

impl From<StartError> for Problem {
    fn from(error: StartError) -> Problem {
        let data = json!({
            "kind": format!("{:?}", error.kind()), "remedy": error.remedy(), "stderr": error.stderr(),
        });
        Problem::new(START, error.to_string()).with(data)
    }
}

/// A worker with what the host knows of it.
struct Session {
    name: String,
    worker: Worker,
    host: Confined,
    /// How many cells ran: each has a seed of its own.
    cells: u64,
}

/// What a cell may ask of this host: to search its context, and to judge a `SUBMIT`.
#[derive(Default)]
struct Confined {
    context: Vec<u8>,
    signature: Option<Signature>,
}

impl Host for Confined {
    fn call(&mut self, call: &Call<'_>) -> Result<sandbox::Reply, Failure> {
        match call.method {
            "search" => sandbox::search(&self.context, call.params).map(Into::into),
            "submit" => {
                let outputs = call.params.get("outputs").and_then(Value::as_object).cloned();
                let Some(fields) = outputs else {
                    return Err(Failure::new(ErrorKind::InvalidParams, "`outputs` is an object"));
                };
                let verdict = Submission::of(fields).judge(self.signature.as_ref());
                let verdict = serde_json::to_value(&verdict);
                verdict.map(Into::into).map_err(|why| Failure::new(ErrorKind::InternalError, why.to_string()))
            }
            other => {
                let message =
                    format!("`{other}` is not available: a client's interpreter has no models and no tools");
                Err(Failure::new(ErrorKind::MethodNotFound, message))
            }
        }
    }

    fn now_ns(&mut self) -> i64 {
        i64::try_from(clock_ns()).unwrap_or(i64::MAX)
    }
}

/// The parameters that say how a worker is started.
struct Opening {
    interpreter: String,
    level: Level,
    context: Option<String>,
    active_ms: Option<u64>,
    memory_bytes: Option<u64>,
}

impl Opening {
    fn take(params: &mut Params) -> Opening {
        let level = match params.text("level").as_deref() {
            None | Some("strict") => Level::Strict,
            Some("standard") => Level::Standard,
            Some("none") => Level::None,
            Some(other) => {
                params.refuse("level", format!("expected strict, standard or none, found `{other}`"));
                Level::Strict
            }
        };
        Opening {
            interpreter: params.text("interpreter").unwrap_or_else(python_name),
            level,
            context: params.text("context"),
            active_ms: params.number("active_ms", 1),
            memory_bytes: params.number("memory_bytes", 1),
        }
    }

    fn start(self, name: String) -> Result<Session, Problem> {
        let mut options = Options::new(Interpreter::find(&self.interpreter)?);
        options.level = self.level;
        if let Some(ms) = self.active_ms {
            options.limits.active = Duration::from_millis(ms);
        }
        if let Some(bytes) = self.memory_bytes {
            options.limits.memory_bytes = bytes;
        }
        let mut session =
            Session { name, worker: Worker::start(&options)?, host: Confined::default(), cells: 0 };
        if let Some(context) = self.context {
            session.host.context = context.into_bytes();
            session.worker.set_context(&Blob::new(&session.host.context)?)?;
        }
        Ok(session)
    }
}

/// A request to an open interpreter.
enum Request {
    Exec { code: String, seed: Option<String> },
    GetVar { name: String },
    SetVar { name: String, value: Value },
    ListVars,
    RegisterSignature { name: String, schema: Value },
    ClearSignature,
    Close,
}

impl Session {
    fn opened(&self) -> Value {
        let (report, identity) = (self.worker.report(), self.worker.identity());
        let layers: Vec<String> = report.layers.iter().map(ToString::to_string).collect();
        json!({
            "repl": self.name, "level": report.level.to_string(), "layers": layers, "sandbox": report.to_string(),
            "probes": report.probes, "python": identity.python, "protocol": identity.protocol,
        })
    }

    fn exec(&mut self, code: &str, seed: Option<String>) -> Result<Value, Problem> {
        self.cells += 1;
        let seed = seed.unwrap_or_else(|| format!("{:016x}", self.cells));
        let outcome = self.worker.exec(&Cell { code, seed: &seed }, &mut self.host)?;
        let mut told = told(&outcome);
        told["level"] = self.worker.report().level.to_string().into();
        told["alive"] = self.worker.dead().is_none().into();
        Ok(told)
    }

    fn answer(&mut self, request: Request) -> Result<Value, Problem> {
        Ok(match request {
            Request::Exec { code, seed } => return self.exec(&code, seed),
            Request::GetVar { name } => shown(&self.worker.get_var(&name)?),
            Request::SetVar { name, value } => {
                self.worker.set_var(&name, &value)?;
                json!({"set": name})
            }
            Request::ListVars => {
                let one = |it: &sandbox::Variable| json!({"name": it.name, "type": it.type_name, "preview": it.preview, "size": it.size});
                json!({"variables": self.worker.list_vars()?.iter().map(one).collect::<Vec<_>>()})
            }
            Request::RegisterSignature { name, schema } => {
                let signature = Signature::of_outputs(name.clone(), &schema).map_err(|refusals| {
                    let why: Vec<String> = refusals.iter().map(ToString::to_string).collect();
                    Problem::of(ErrorKind::InvalidParams, "the schema is refused")
                        .with(json!({"schema": why}))
                })?;
                let replaced = self.worker.register_signature(&name, &schema)?;
                self.host.signature = Some(signature);
                json!({"registered": name, "replaced": replaced})
            }
            Request::ClearSignature => {
                let cleared = self.worker.clear_signature()?;
                self.host.signature = None;
                json!({"cleared": cleared})
            }
            Request::Close => json!({"closed": self.name}),
        })
    }
}

fn told(outcome: &Outcome) -> Value {
    json!({
        "value": outcome.value.as_ref().map(shown),
        "stdout": printed(&outcome.stdout), "stderr": printed(&outcome.stderr),
        "error": outcome.error.as_ref().map(|failure| json!({
            "kind": failure.kind.name(), "message": failure.message, "data": failure.data,
        })),
        "submit_result": outcome.submit_result, "submit_swallowed": outcome.submit_swallowed,
        "active_ms": millis(outcome.active), "wall_ms": millis(outcome.wall),
    })
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

fn shown(value: &Shown) -> Value {
    let mut told = json!({"type": value.type_name, "preview": value.preview, "size": value.size});
    match (&value.json, &value.unfit) {
        (Some(json), _) => told["value"] = json.clone(),
        (None, Some(unfit)) => told["unfit"] = unfit.clone().into(),
        (None, None) => {}
    }
    told
}

/// What was printed: all of it, or its beginning and its end.
fn printed(output: &Output) -> Value {
    let whole = output.head.chars().count() <= SHOWN_CHARS && !output.is_cut();
    if whole {
        return json!({"text": output.head, "bytes": output.bytes, "cut": false});
    }
    let head: String = output.head.chars().take(SHOWN_CHARS).collect();
    let end = if output.is_cut() { &output.tail } else { &output.head };
    let from = end.char_indices().rev().nth(TAIL_CHARS - 1).map_or(0, |(at, _)| at);
    json!({"text": head, "tail": end.get(from..), "bytes": output.bytes, "cut": true})
}

/// The open interpreters, by their names.
#[derive(Clone, Default)]
pub struct Repls {
    open: Arc<Mutex<Open>>,
    threads: Jobs,
}

#[derive(Default)]
struct Open {
    last: u64,
    is_closing: bool,
    repls: BTreeMap<String, Repl>,
}

struct Repl {
    queue: SyncSender<(Request, Reply)>,
    canceller: Canceller,
}

impl Repls {
    fn lock(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// `repl.open`: answers when the worker has started.
    ///
    /// # Errors
    /// Parameters that are wrong, as many interpreters as may be.
    pub fn open(&self, mut params: Params, owed: &mut Option<Reply>) -> Result<(), Problem> {
        let opening = Opening::take(&mut params);
        params.finish()?;
        let place = self.threads.reserve()?;
        let name = {
            let mut open = self.lock();
            open.last += 1;
            format!("r{}", open.last)
        };
        let (repls, reply) = (self.clone(), owed.take());
        place.start(move || {
            let Some(reply) = reply else { return };
            match opening.start(name) {
                Ok(session) => repls.serve(session, reply),
                Err(problem) => reply.send(Err(problem)),
            }
        });
        Ok(())
    }

    /// Answers requests until the interpreter is closed.
    fn serve(&self, mut session: Session, reply: Reply) {
        let (queue, requests) = sync_channel::<(Request, Reply)>(QUEUE_MAX);
        {
            let mut open = self.lock();
            if open.is_closing {
                return reply.send(Err(Problem::of(ErrorKind::Cancelled, "the server ends")));
            }
            open.repls.insert(session.name.clone(), Repl { queue, canceller: session.worker.canceller() });
        }
        reply.send(Ok(session.opened()));
        while let Ok((request, reply)) = requests.recv() {
            let closes = matches!(request, Request::Close);
            let answer = session.answer(request);
            if closes {
                session.worker.shutdown();
                return reply.send(answer);
            }
            reply.send(answer);
        }
    }

    /// The other requests; answered in the order in which they came.
    ///
    /// # Errors
    /// Parameters that are wrong, an interpreter that is not open, a queue that is full.
    pub fn ask(&self, method: &str, mut params: Params, owed: &mut Option<Reply>) -> Result<(), Problem> {
        let repl = params.required_text("repl");
        let request = match method {
            "repl.exec" => Request::Exec { code: params.required_text("code"), seed: params.text("seed") },
            "repl.get_var" => Request::GetVar { name: params.required_text("name") },
            "repl.set_var" => {
                Request::SetVar { name: params.required_text("name"), value: params.required_value("value") }
            }
            "repl.list_vars" => Request::ListVars,
            "repl.register_signature" => Request::RegisterSignature {
                name: params.required_text("name"),
                schema: params.required_value("schema"),
            },
            "repl.clear_signature" => Request::ClearSignature,
            "repl.close" => Request::Close,
            other => return Err(Problem::of(ErrorKind::MethodNotFound, format!("no method `{other}`"))),
        };
        let mut open = self.lock();
        if !repl.is_empty() && !open.repls.contains_key(&repl) {
            params.refuse("repl", format!("no interpreter `{repl}` is open"));
        }
        params.finish()?;
        // A closed one takes no more requests; those before are answered first.
        let found = match request {
            Request::Close => open.repls.remove(&repl).map(|found| found.queue),
            _ => open.repls.get(&repl).map(|found| found.queue.clone()),
        };
        let (Some(queue), Some(reply)) = (found, owed.take()) else { return Ok(()) };
        queue.try_send((request, reply)).map_err(|error| {
            let (why, (_, reply)) = match error {
                TrySendError::Full(back) => ("as many requests wait for it as may", back),
                TrySendError::Disconnected(back) => ("it has ended", back),
            };
            *owed = Some(reply);
            Problem::of(ErrorKind::Admission, format!("the interpreter `{repl}`: {why}"))
        })
    }

    /// Ends all, in whatever they do.
    pub fn end_all(&self) {
        let mut open = self.lock();
        open.is_closing = true;
        for repl in std::mem::take(&mut open.repls).into_values() {
            repl.canceller.cancel();
        }
    }

    /// Waits until all have ended, but not for ever.
    pub fn wait(&self, patience: Duration) -> bool {
        self.threads.wait(patience)
    }
}

/// One cell in a worker of its own: `code`, with `inputs` as its variables.
///
/// # Errors
/// Parameters that are wrong; a worker that does not start. What the code does wrong is in the answer.
pub fn once(mut params: Params, end: &Cancel) -> Result<Value, Problem> {
    let opening = Opening::take(&mut params);
    if opening.level == Level::None {
        // Who asks here is a model; lifting the confinement is a person's to say.
        params.refuse("level", "expected strict or standard");
    }
    let code = params.required_text("code");
    let inputs: Map<String, Value> = params.values("inputs");
    params.finish()?;
    let mut session = opening.start("once".to_string())?;
    for (name, value) in &inputs {
        session.worker.set_var(name, value)?;
    }
    let canceller = session.worker.canceller();
    end.on_cancel(move || canceller.cancel());
    let told = session.exec(&code, None);
    end.finish();
    session.worker.shutdown();
    told
}
