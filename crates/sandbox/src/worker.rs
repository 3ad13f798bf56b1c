//! A worker: one Python that runs cells.

use crate::blob::Blob;
use crate::capture::Output;
use crate::client::{Arrived, Canceller, Client, GRACE};
use crate::clock::now;
use crate::error::Failure;
use crate::host::{Call, Host};
use crate::level::SandboxReport;
use crate::limits::Limits;
use crate::pool::Place;
use crate::schema::{ErrorKind, is_host_method};
use data_encoding::HEXLOWER_PERMISSIVE;
use serde::Deserialize;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// A Python process with variables, which runs one cell after the other until it is dropped.
///
/// Dropping a worker kills its process and waits for the end.
pub struct Worker {
    pub(crate) client: Client,
    report: SandboxReport,
    limits: Limits,
    identity: Identity,
    /// Dropped after the client, which ends the process: a place is free once its worker is gone.
    _place: Option<Place>,
}

/// What decides how a cell runs, beside its code, seed and the host's answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The interpreter's version and build, as `sys.version` says.
    pub python: String,
    /// BLAKE3 of the worker's Python side, in hexadecimal digits.
    pub text: String,
    /// The version of the protocol.
    pub protocol: u32,
}

/// A cell and what makes it run the same way again.
#[derive(Debug, Clone)]
pub struct Cell<'a> {
    /// The code.
    pub code: &'a str,
    /// Hexadecimal digits from which `random` and `os.urandom` of the cell derive.
    pub seed: &'a str,
}

/// A value as it is shown, and itself where JSON carries it unchanged.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Shown {
    /// The name of its type.
    #[serde(rename = "type")]
    pub type_name: String,
    /// Its `repr`, at most 200 characters.
    pub preview: String,
    /// Its length, for the built-in types that have one.
    pub size: Option<u64>,
    /// The value, where JSON carries it unchanged.
    #[serde(default, deserialize_with = "present")]
    pub json: Option<Value>,
    /// Why JSON does not.
    pub unfit: Option<String>,
}

/// A `null` that is there is a value: Python's `None`.
fn present<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

/// A variable in a list.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// The name of its type; `unread` for one that is loaded on first use.
    #[serde(rename = "type")]
    pub type_name: String,
    /// Its `repr`, at most 200 characters.
    pub preview: String,
    /// Its length, for the built-in types that have one.
    pub size: Option<u64>,
}

/// How a cell ended.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// The value of the last expression, unless it is `None`.
    pub value: Option<Shown>,
    /// What it printed.
    pub stdout: Output,
    /// What it printed to stderr.
    pub stderr: Output,
    /// Why it failed.
    pub error: Option<Failure>,
    /// What the host, or the worker's own check, said to a `SUBMIT`.
    pub submit_result: Option<Value>,
    /// The host accepted a `SUBMIT` and code went on in spite of it. The accepted outputs stand.
    pub submit_swallowed: bool,
    /// Time in which the cell worked.
    pub active: Duration,
    /// Time from start to end, waiting for the host included.
    pub wall: Duration,
}

/// The clocks of one cell.
struct Clocks {
    start: Instant,
    waited: Duration,
}

impl Clocks {
    fn active(&self) -> Duration {
        self.start.elapsed().saturating_sub(self.waited)
    }
}

/// A signal that comes before the cell has begun is lost, so that it is repeated until the grace is over.
const REPEAT: Duration = Duration::from_millis(50);

/// What a cell is being stopped for.
struct Stop {
    failure: Failure,
    kill_at: Instant,
}

impl Worker {
    pub(crate) fn new(
        client: Client,
        report: SandboxReport,
        limits: Limits,
        identity: Identity,
        place: Option<Place>,
    ) -> Worker {
        Worker { client, report, limits, identity, _place: place }
    }

    /// What confines this worker, as it was proved at its start.
    pub fn report(&self) -> &SandboxReport {
        &self.report
    }

    /// What a replay of this worker's cells must find again.
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// Holds this worker against a record.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InterpreterChanged`] with what was expected and found: its cells might run another way.
    pub fn expect(&self, recorded: &Identity) -> Result<(), Failure> {
        if self.identity == *recorded {
            return Ok(());
        }
        let shown =
            |one: &Identity| json!({"python": one.python, "text": one.text, "protocol": one.protocol});
        let data = json!({"expected": shown(recorded), "found": shown(&self.identity)});
        let message = "the interpreter, the worker's text or the protocol is not the recorded one";
        Err(Failure::new(ErrorKind::InterpreterChanged, message).with(data))
    }

    /// A handle that cancels from another thread.
    pub fn canceller(&self) -> Canceller {
        self.client.canceller()
    }

    /// Why the worker is dead; `None` while it lives.
    pub fn dead(&self) -> Option<&Failure> {
        self.client.dead()
    }

    /// The untyped requests of the protocol.
    pub fn client(&mut self) -> &mut Client {
        &mut self.client
    }

    /// Runs a cell; the host answers what it asks.
    ///
    /// Everything that a cell can do wrong is in the outcome, the death of the worker included; see [`Worker::dead`].
    ///
    /// # Errors
    ///
    /// If the cell did not begin: the worker was dead before, or the seed is malformed.
    pub fn exec(&mut self, cell: &Cell<'_>, host: &mut dyn Host) -> Result<Outcome, Failure> {
        let mut clocks = Clocks { start: now(), waited: Duration::ZERO };
        let params = json!({"code": cell.code, "seed": cell.seed, "now_ns": host.now_ns()});
        // What was printed between cells (by a destructor, say) is no output of this one.
        self.client.channel.printed();
        let id = self.client.ask("exec", &params, &[], clocks.start + self.limits.wall)?;
        let mut accepted = None;
        let ended = self.follow(id, host, &mut clocks, &mut accepted);
        let (stdout, stderr) = self.client.channel.printed();
        let mut outcome = Outcome {
            value: None,
            stdout,
            stderr,
            error: None,
            submit_result: None,
            submit_swallowed: false,
            active: clocks.active(),
            wall: clocks.start.elapsed(),
        };
        match ended {
            Ok(result) => self.read_result(&mut outcome, &result, accepted),
            Err(failure) if failure.kind == ErrorKind::InvalidParams && self.dead().is_none() => {
                return Err(failure);
            }
            Err(failure) => {
                outcome.error = Some(failure);
                outcome.submit_swallowed = accepted.is_some();
                outcome.submit_result = accepted;
            }
        }
        Ok(outcome)
    }

    /// Waits for the end of a cell; answers its calls, holds it to its limits.
    fn follow(
        &mut self,
        id: i64,
        host: &mut dyn Host,
        clocks: &mut Clocks,
        accepted: &mut Option<Value>,
    ) -> Result<Value, Failure> {
        let wall_end = clocks.start + self.limits.wall;
        let mut stop: Option<Stop> = None;
        loop {
            let active_end = clocks.start + clocks.waited + self.limits.active;
            let until =
                stop.as_ref().map_or(wall_end.min(active_end), |stop| stop.kill_at.min(now() + REPEAT));
            // A worker that never stops asking has a message ready whenever one looks.
            let arrived = if now() >= until {
                Arrived::Due
            } else {
                self.client.arrived(&json!(id), until, stop.is_none())?
            };
            match arrived {
                Arrived::Answer(answer, _) => {
                    return match stop {
                        Some(stop) if accepted.is_none() => Err(stop.failure),
                        _ => answer,
                    };
                }
                Arrived::Call { id, method, params } => {
                    let answer = match (&stop, &*accepted) {
                        (Some(stop), _) => Err(stop.failure.clone()),
                        (None, Some(_)) => Err(Failure::new(
                            ErrorKind::SubmitRejected,
                            "the outputs were accepted before; nothing more is answered",
                        )),
                        (None, None) if !is_host_method(&method) => {
                            let message = format!("no method {method:?}");
                            Err(Failure::new(ErrorKind::MethodNotFound, message))
                        }
                        (None, None) => {
                            let from = now();
                            let left = wall_end.saturating_duration_since(from);
                            let (active, wall) = (clocks.active(), clocks.start.elapsed());
                            let call = Call { method: &method, params: &params, left, active, wall };
                            let answer = host.call(&call);
                            clocks.waited += from.elapsed();
                            answer
                        }
                    };
                    if let ("submit", Ok(crate::host::Reply::Value(result))) = (method.as_str(), &answer)
                        && result.get("status") == Some(&json!("success"))
                    {
                        *accepted = Some(result.clone());
                    }
                    let now_ns = host.now_ns();
                    self.client.answer(&id, answer, Some(now_ns), now() + GRACE.max(self.limits.start))?;
                }
                Arrived::Due => match stop.take() {
                    Some(again) if now() < again.kill_at => {
                        self.client.process.interrupt();
                        stop = Some(again);
                    }
                    Some(stop) => return Err(self.client.kill(stop.failure)),
                    None => {
                        let (clock, limit) = if now() >= wall_end {
                            ("wall", self.limits.wall)
                        } else {
                            ("active", self.limits.active)
                        };
                        let message = format!("the cell reached its limit of {clock} time, {limit:?}");
                        let data = json!({"clock": clock, "limit_ms": limit.as_millis() as u64});
                        stop = Some(self.interrupt(Failure::new(ErrorKind::Timeout, message).with(data)));
                    }
                },
                Arrived::Cancelled => {
                    stop = Some(
                        self.interrupt(Failure::new(ErrorKind::Cancelled, "the host cancelled the cell")),
                    );
                }
                Arrived::Flood => {
                    let limit = self.limits.printed_bytes;
                    let message = format!("the cell printed more than {limit} bytes");
                    let failure =
                        Failure::new(ErrorKind::OutputLimit, message).with(json!({"limit_bytes": limit}));
                    // A flood goes on while it is interrupted, so that there is nothing to wait for.
                    return Err(self.client.kill(failure));
                }
            }
        }
    }

    fn interrupt(&mut self, failure: Failure) -> Stop {
        self.client.process.interrupt();
        Stop { failure, kill_at: now() + GRACE }
    }

    fn read_result(&mut self, outcome: &mut Outcome, result: &Value, accepted: Option<Value>) {
        let ended = result.get("ended").and_then(Value::as_str).unwrap_or("");
        let submitted = result.get("submit_result").cloned();
        let claimed = submitted.as_ref().and_then(|said| said.get("status")).and_then(Value::as_str);
        if accepted.is_none() && claimed == Some("success") {
            let message = "the worker claims an accepted SUBMIT that the host never saw";
            outcome.error = Some(self.client.kill(Failure::new(ErrorKind::SandboxViolation, message)));
            return;
        }
        outcome.submit_swallowed = accepted.is_some() && ended != "submit";
        outcome.submit_result = accepted.or(submitted);
        outcome.value = result.get("value").and_then(|value| Shown::deserialize(value).ok());
        if let Some(error) = result.get("error") {
            let text = |name: &str| error.get(name).and_then(Value::as_str).unwrap_or("");
            let kind = ErrorKind::from_name(text("kind")).unwrap_or(ErrorKind::CellError);
            let message = format!("{}: {}", text("type"), text("message"));
            outcome.error = Some(Failure::new(kind, message).with(error.clone()));
        }
    }

    /// Sets a variable to a JSON value.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidParams`] if the name is none of Python's.
    pub fn set_var(&mut self, name: &str, value: &Value) -> Result<(), Failure> {
        self.client.request("set_var", &json!({"name": name, "value": value})).map(drop)
    }

    /// Sets a variable to a text over shared memory; it is decoded when the cell first uses it.
    ///
    /// # Errors
    ///
    /// As [`Worker::set_var`]. Bytes that are no UTF-8 raise `UnicodeDecodeError` in the cell.
    pub fn set_text(&mut self, name: &str, content: &Blob) -> Result<(), Failure> {
        self.set_blob(name, "text", content)
    }

    /// Sets a variable to `bytes` over shared memory; they are copied when the cell first uses it.
    ///
    /// # Errors
    ///
    /// As [`Worker::set_var`].
    pub fn set_bytes(&mut self, name: &str, content: &Blob) -> Result<(), Failure> {
        self.set_blob(name, "bytes", content)
    }

    /// Sets `context` (text, decoded on first use) and `ctx` (a view of the shared bytes, never copied).
    ///
    /// # Errors
    ///
    /// If the worker cannot map the memory.
    pub fn set_context(&mut self, content: &Blob) -> Result<(), Failure> {
        self.set_blob("context", "context", content)
    }

    /// Sets a variable to a table over shared memory: an Arrow IPC file without compressed buffers, whose columns are
    /// typed views of it.
    ///
    /// # Errors
    ///
    /// As [`Worker::set_var`], and [`ErrorKind::InvalidParams`] for bytes that are no such file.
    pub fn set_table(&mut self, name: &str, content: &Blob) -> Result<(), Failure> {
        self.set_blob(name, "arrow", content)
    }

    /// A variable as an Arrow IPC file, or the name of its type and why it is no table. The bytes come from the worker:
    /// whoever reads them checks them.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidParams`] if there is none of this name; [`ErrorKind::OutputLimit`] if it is too large.
    pub fn get_table(&mut self, name: &str) -> Result<Result<Vec<u8>, (String, String)>, Failure> {
        let answer = self.client.request("get_table", &json!({"name": name}))?;
        let text = |key: &str| answer.get(key).and_then(Value::as_str);
        let malformed = || Failure::new(ErrorKind::SandboxViolation, "the worker's table has another form");
        match (text("table"), text("unfit")) {
            (Some(digits), None) => match HEXLOWER_PERMISSIVE.decode(digits.as_bytes()) {
                Ok(bytes) => Ok(Ok(bytes)),
                Err(_) => Err(self.client.kill(malformed())),
            },
            (None, Some(why)) => Ok(Err((text("type").unwrap_or_default().to_string(), why.to_string()))),
            _ => Err(self.client.kill(malformed())),
        }
    }

    fn set_blob(&mut self, name: &str, encoding: &str, content: &Blob) -> Result<(), Failure> {
        let params = json!({"name": name, "encoding": encoding});
        self.client.request_with("set_var", &params, &[content.file()]).map(drop)
    }

    /// A variable as it is shown.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidParams`] if there is none of this name.
    pub fn get_var(&mut self, name: &str) -> Result<Shown, Failure> {
        let shown = self.client.request("get_var", &json!({"name": name}))?;
        Shown::deserialize(&shown).map_err(|error| self.malformed(&error))
    }

    /// The variables that cells and the host set, by name.
    ///
    /// # Errors
    ///
    /// If the worker is dead.
    pub fn list_vars(&mut self) -> Result<Vec<Variable>, Failure> {
        let answer = self.client.request("list_vars", &json!({}))?;
        Vec::deserialize(answer.get("variables").unwrap_or(&Value::Null))
            .map_err(|error| self.malformed(&error))
    }

    fn malformed(&mut self, error: &serde_json::Error) -> Failure {
        let message = format!("the worker's answer has another form: {error}");
        self.client.kill(Failure::new(ErrorKind::SandboxViolation, message))
    }

    /// Registers the signature of `SUBMIT`, a JSON Schema of an object; returns the name of the one it replaces.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidParams`] with a reason for each field that is no part of the supported schema language.
    pub fn register_signature(&mut self, name: &str, schema: &Value) -> Result<Option<String>, Failure> {
        let answer = self.client.request("register_signature", &json!({"name": name, "schema": schema}))?;
        Ok(answer.get("replaced").and_then(Value::as_str).map(str::to_string))
    }

    /// Clears the signature; returns its name.
    ///
    /// # Errors
    ///
    /// If the worker is dead.
    pub fn clear_signature(&mut self) -> Result<Option<String>, Failure> {
        let answer = self.client.request("clear_signature", &json!({}))?;
        Ok(answer.get("cleared").and_then(Value::as_str).map(str::to_string))
    }

    /// The registered signature and the counts of cells and variables.
    ///
    /// # Errors
    ///
    /// If the worker is dead.
    pub fn status(&mut self) -> Result<Value, Failure> {
        self.client.request("status", &json!({}))
    }

    /// Forgets every variable and the signature.
    ///
    /// # Errors
    ///
    /// If the worker is dead.
    pub fn reset(&mut self) -> Result<(), Failure> {
        self.client.request("reset", &json!({})).map(drop)
    }

    /// Asks the worker to end and waits for it; one that does not is killed.
    pub fn shutdown(mut self) {
        // A worker that is dead has nothing to say, and the drop kills one that stays.
        let _ = self.client.request("shutdown", &json!({}));
        self.client.process.wait(GRACE);
    }
}
