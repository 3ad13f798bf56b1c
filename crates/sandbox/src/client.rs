//! Requests to a worker and their answers.

use crate::channel::{Channel, Event, Sent};
use crate::clock::now;
use crate::error::Failure;
use crate::process::{Ending, Process};
use crate::schema::ErrorKind;
use rustix::event::{EventfdFlags, eventfd};
use serde_json::{Value, json};
use std::fmt;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// After SIGINT a cell has this long until SIGKILL.
pub(crate) const GRACE: Duration = Duration::from_millis(500);

/// The protocol's requests over one worker's socket, without meaning: [`crate::Worker`] gives them types.
pub struct Client {
    pub(crate) channel: Channel,
    pub(crate) process: Process,
    cancel: Canceller,
    next_id: i64,
    dead: Option<Failure>,
    /// How long a request may take that is no cell.
    patience: Duration,
}

/// Cancels what a worker does, or the wait for a worker, from any thread.
#[derive(Clone)]
pub struct Canceller {
    event: Arc<OwnedFd>,
    waiting: Arc<Waiting>,
}

/// Whom to wake beside the worker.
#[derive(Default)]
struct Waiting {
    is_cancelled: AtomicBool,
    wake: Mutex<Option<Wake>>,
}

type Wake = Box<dyn Fn() + Send>;

impl Canceller {
    /// One for a worker that is still to come: [`crate::Pool::worker_for`] takes it.
    ///
    /// # Errors
    ///
    /// The system gives no descriptor.
    pub fn new() -> Result<Canceller, Failure> {
        let event = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK).map_err(|error| {
            Failure::new(ErrorKind::Admission, format!("no descriptor to cancel with: {error}"))
        })?;
        Ok(Canceller { event: Arc::new(event), waiting: Arc::default() })
    }

    /// Interrupts the cell that runs, or the next one if none does; ends the wait for a worker.
    pub fn cancel(&self) {
        self.waiting.is_cancelled.store(true, Ordering::SeqCst);
        // The counter is full only when it was cancelled before.
        let _ = rustix::io::write(&self.event, &1u64.to_ne_bytes());
        if let Some(wake) = &*self.wake() {
            wake();
        }
    }

    pub(crate) fn is_cancelled(&self) -> bool {
        self.waiting.is_cancelled.load(Ordering::SeqCst)
    }

    /// What a cancellation calls from now on.
    pub(crate) fn on_cancel(&self, wake: Option<Wake>) {
        *self.wake() = wake;
    }

    pub(crate) fn event(&self) -> &Arc<OwnedFd> {
        &self.event
    }

    fn wake(&self) -> MutexGuard<'_, Option<Wake>> {
        self.waiting.wake.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Canceller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Canceller").field("is_cancelled", &self.is_cancelled()).finish_non_exhaustive()
    }
}

/// What came while an answer was awaited.
pub(crate) enum Arrived {
    Answer(Result<Value, Failure>, Vec<OwnedFd>),
    Call { id: Value, method: String, params: Value },
    Due,
    Cancelled,
    Flood,
}

impl Client {
    pub(crate) fn new(channel: Channel, process: Process, cancel: Canceller, patience: Duration) -> Client {
        Client { channel, process, cancel, next_id: 0, dead: None, patience }
    }

    /// Lets the end of the process end every wait.
    pub(crate) fn watch(&mut self) {
        self.channel.watch(self.process.handle());
    }

    pub(crate) fn patience(&self) -> Duration {
        self.patience
    }

    pub(crate) fn set_patience(&mut self, patience: Duration) {
        self.patience = patience;
    }

    /// A handle that cancels from another thread.
    pub fn canceller(&self) -> Canceller {
        self.cancel.clone()
    }

    /// Why the worker is dead; `None` while it lives.
    pub fn dead(&self) -> Option<&Failure> {
        self.dead.as_ref()
    }

    /// Asks and waits for the answer; code of the cell that runs meanwhile (a `__repr__`) may ask nothing.
    ///
    /// # Errors
    ///
    /// The worker's failure, or why it died: a worker that does not answer in time or breaks the protocol is killed.
    pub fn request(&mut self, method: &str, params: &Value) -> Result<Value, Failure> {
        self.request_with(method, params, &[]).map(|(value, _)| value)
    }

    pub(crate) fn request_with(
        &mut self,
        method: &str,
        params: &Value,
        descriptors: &[BorrowedFd<'_>],
    ) -> Result<(Value, Vec<OwnedFd>), Failure> {
        let until = now() + self.patience;
        let id = self.ask(method, params, descriptors, until)?;
        self.answer_of(&json!(id), until)
    }

    /// Sends a frame of JSON as it is and returns the answer, whatever its id: for tests of what a worker refuses.
    #[doc(hidden)]
    pub fn raw(&mut self, body: &[u8]) -> Result<Value, Failure> {
        let until = now() + self.patience;
        let sent = self.channel.send_frame(1, body, &[], until);
        self.check_sent(sent)?;
        self.answer_of(&Value::Null, until).map(|(value, _)| value)
    }

    fn answer_of(&mut self, id: &Value, until: Instant) -> Result<(Value, Vec<OwnedFd>), Failure> {
        loop {
            let arrived = if now() >= until { Arrived::Due } else { self.arrived(id, until, false)? };
            match arrived {
                Arrived::Answer(answer, descriptors) => return answer.map(|value| (value, descriptors)),
                Arrived::Call { id, .. } => {
                    let refused = Failure::new(ErrorKind::InvalidRequest, "no cell runs");
                    self.answer(&id, Err(refused), None, until)?;
                }
                Arrived::Due | Arrived::Cancelled => {
                    let limit = json!({"clock": "active", "limit_ms": self.patience.as_millis() as u64});
                    let failure =
                        Failure::new(ErrorKind::Timeout, "the worker did not answer in time").with(limit);
                    return Err(self.kill(failure));
                }
                Arrived::Flood => {
                    let failure = Failure::new(ErrorKind::OutputLimit, "the worker printed without end");
                    return Err(self.kill(failure));
                }
            }
        }
    }

    /// Sends a request; its id.
    pub(crate) fn ask(
        &mut self,
        method: &str,
        params: &Value,
        descriptors: &[BorrowedFd<'_>],
        until: Instant,
    ) -> Result<i64, Failure> {
        if let Some(dead) = &self.dead {
            return Err(dead.clone());
        }
        self.next_id += 1;
        let message = json!({"jsonrpc": "2.0", "id": self.next_id, "method": method, "params": params});
        let sent = self.channel.send(&message, descriptors, until);
        self.check_sent(sent)?;
        Ok(self.next_id)
    }

    /// Answers a call of the worker.
    pub(crate) fn answer(
        &mut self,
        id: &Value,
        answer: Result<crate::host::Reply, Failure>,
        now_ns: Option<i64>,
        until: Instant,
    ) -> Result<(), Failure> {
        let mut message = json!({"jsonrpc": "2.0", "id": id});
        let mut content = None;
        let (name, value) = match answer {
            Ok(crate::host::Reply::Value(value)) => ("result", value),
            Ok(crate::host::Reply::Bytes(bytes)) => match crate::blob::sealed(&bytes) {
                Ok(file) => {
                    content = Some(file);
                    ("result", json!({}))
                }
                Err(error) => ("error", Failure::new(ErrorKind::Memory, error.to_string()).to_json()),
            },
            Err(failure) => ("error", failure.to_json()),
        };
        if let Value::Object(fields) = &mut message {
            fields.insert(name.to_string(), value);
            fields.extend(now_ns.map(|now_ns| ("now_ns".to_string(), json!(now_ns))));
        }
        let descriptors: Vec<BorrowedFd<'_>> = content.iter().map(AsFd::as_fd).collect();
        let sent = self.channel.send(&message, &descriptors, until);
        self.check_sent(sent)
    }

    fn check_sent(&mut self, sent: Sent) -> Result<(), Failure> {
        match sent {
            Sent::Whole => Ok(()),
            Sent::Closed => Err(self.ended()),
            Sent::Due => {
                let failure = Failure::new(ErrorKind::Timeout, "the worker does not read");
                Err(self.kill(failure.with(json!({"clock": "wall"}))))
            }
            Sent::Impossible(reason) => Err(Failure::new(ErrorKind::OutputLimit, reason)),
        }
    }

    /// Waits for the answer to `id`, a call, or the time.
    pub(crate) fn arrived(
        &mut self,
        id: &Value,
        until: Instant,
        cancellable: bool,
    ) -> Result<Arrived, Failure> {
        let (message, descriptors) = match self.channel.receive(until, cancellable) {
            Event::Message(message, descriptors) => (message, descriptors),
            Event::Due => return Ok(Arrived::Due),
            Event::Flood => return Ok(Arrived::Flood),
            Event::Cancelled => {
                let mut count = [0u8; 8];
                // Taken back, so that the next cell is not cancelled too.
                let _ = rustix::io::read(self.cancel.event(), &mut count);
                return Ok(Arrived::Cancelled);
            }
            Event::Closed => return Err(self.ended()),
            Event::Broken(reason) => return Err(self.broke(&reason)),
        };
        let Value::Object(mut fields) = message else {
            return Err(self.broke("a message that is no object"));
        };
        if fields.get("jsonrpc") != Some(&json!("2.0")) {
            return Err(self.broke("a message that is not of JSON-RPC 2.0"));
        }
        let Some(found) = fields.remove("id") else { return Err(self.broke("a message without id")) };
        if let Some(method) = fields.remove("method") {
            let (Value::String(method), true) = (method, found.is_string() || found.is_i64()) else {
                return Err(self.broke("a call whose method or id has a wrong type"));
            };
            return Ok(Arrived::Call {
                id: found,
                method,
                params: fields.remove("params").unwrap_or(json!({})),
            });
        }
        if found != *id && !id.is_null() {
            return Err(self.broke("an answer that nobody awaits"));
        }
        match (fields.remove("result"), fields.remove("error")) {
            (Some(result), None) => Ok(Arrived::Answer(Ok(result), descriptors)),
            (None, Some(error)) => Ok(Arrived::Answer(Err(Failure::from_json(&error)), Vec::new())),
            _ => Err(self.broke("an answer that has not exactly one of result and error")),
        }
    }

    fn broke(&mut self, reason: &str) -> Failure {
        let failure = Failure::new(ErrorKind::SandboxViolation, format!("the worker sent {reason}"));
        self.kill(failure)
    }

    /// Kills the worker for this reason.
    pub(crate) fn kill(&mut self, reason: Failure) -> Failure {
        self.process.kill();
        self.dead = Some(reason.clone());
        reason
    }

    /// The worker closed its socket: why.
    pub(crate) fn ended(&mut self) -> Failure {
        // One that closed its socket and lives on is of no use.
        let ending = self.process.wait(GRACE).unwrap_or_else(|| self.process.kill());
        let used_up = self.process.ran_out_of_memory();
        let failure = match ending {
            Ending::Signal(signal) if signal == libc::SIGKILL && used_up.is_some() => {
                Failure::new(ErrorKind::Memory, "the worker's memory is used up")
                    .with(json!({"limit_bytes": used_up}))
            }
            Ending::Signal(signal) if signal == libc::SIGSYS => {
                Failure::new(ErrorKind::SandboxViolation, "the cell made a system call that no program needs")
                    .with(json!({"signal": signal}))
            }
            Ending::Signal(signal) if signal == libc::SIGXCPU => {
                Failure::new(ErrorKind::Timeout, "the worker's processor time is used up")
                    .with(json!({"clock": "cpu"}))
            }
            Ending::Signal(signal) => {
                let message = format!("the worker was ended by signal {signal}");
                Failure::new(ErrorKind::WorkerDied, message).with(json!({"signal": signal}))
            }
            Ending::Exit(status) => {
                let message = format!("the worker ended with status {status}");
                Failure::new(ErrorKind::WorkerDied, message).with(json!({"exit": status}))
            }
            Ending::Unknown => Failure::new(ErrorKind::WorkerDied, "the worker ended"),
        };
        self.dead = Some(failure.clone());
        failure
    }
}
