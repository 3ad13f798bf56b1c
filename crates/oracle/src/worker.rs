//! One Python process: started, greeted, spoken to, ended.

use crate::frame::{self, Frame, FrameError};
use crate::message::{self, Ready, Received};
use crate::output::Drained;
use crate::{Fault, FaultKind, Setup};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

/// Version of the messages.
pub const PROTOCOL: u64 = 1;

/// Reads the worker's text from the socket and runs it: the whole text would not fit an argument.
const BOOTSTRAP: &str = include_str!("worker/bootstrap.py");

/// The text a worker runs: modules by name, of which `worker` has the `main`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Program {
    pub(crate) modules: Vec<(String, String)>,
}

impl Program {
    /// The worker of this crate.
    pub fn embedded() -> Program {
        Program::of(&[
            ("worker", include_str!("worker/worker.py")),
            ("frames", include_str!("worker/frames.py")),
            ("tensors", include_str!("worker/tensors.py")),
            ("numbers", include_str!("worker/numbers.py")),
        ])
    }

    /// Another text, for tests of the protocol; `worker` must be among the modules.
    pub fn of(modules: &[(&str, &str)]) -> Program {
        let owned = modules.iter().map(|(name, text)| (name.to_string(), text.to_string()));
        Program { modules: owned.collect() }
    }

    /// SHA-256 of names and texts.
    pub fn digest(&self) -> String {
        message::program_digest(self)
    }
}

/// Why nothing came from a worker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lost {
    Ended,
    Silent,
    Confused(String),
}

pub struct Worker {
    child: Child,
    socket: UnixStream,
    frames: Receiver<Result<Frame, FrameError>>,
    // Kept so that a worker that floods it cannot block.
    _stdout: Drained,
    stderr: Drained,
}

impl Worker {
    /// Starts a worker and returns it with its greeting.
    pub fn start(setup: &Setup) -> Result<(Worker, Ready), Fault> {
        let mut worker = Worker::spawn(setup)?;
        let too_large = || Fault::new(FaultKind::TooLarge, "the worker's text or the list of operations");
        let load = message::load(&setup.program).ok_or_else(too_large)?;
        let hello = message::hello(&setup.registry, &setup.ops, &setup.adapters).ok_or_else(too_large)?;
        // A failed write shows as the end of the socket.
        let _ = worker.send(&load).and_then(|()| worker.send(&hello));
        let greeting = match worker.receive(setup.limits.start) {
            Ok(received) => message::ready(received).map_err(Lost::Confused),
            Err(lost) => Err(lost),
        };
        match greeting {
            Ok(ready) => Ok((worker, ready)),
            Err(lost) => {
                let ending = lost == Lost::Ended;
                let what = match lost {
                    Lost::Ended => "ended before it was ready".to_string(),
                    Lost::Silent => format!("was not ready within {:?}", setup.limits.start),
                    Lost::Confused(what) => format!("did not say that it was ready: {what}"),
                };
                let (status, stderr) = worker.end(ending);
                let message = format!("the worker of {} {what} ({status})", setup.python.display());
                Err(Fault::new(FaultKind::NotStarted, message).with_stderr(stderr))
            }
        }
    }

    fn spawn(setup: &Setup) -> Result<Worker, Fault> {
        let python = setup.python.display();
        let io =
            |error: io::Error| Fault::new(FaultKind::NotStarted, format!("no socket for {python}: {error}"));
        let (socket, theirs) = UnixStream::pair().map_err(io)?;
        socket.set_write_timeout(Some(setup.limits.answer)).map_err(io)?;
        let mut reading = socket.try_clone().map_err(io)?;
        let mut command = Command::new(&setup.python);
        command.args(["-s", "-P", "-B", "-X", "utf8", "-c", BOOTSTRAP]).env_clear().envs(environment());
        // The bootstrap moves the socket from standard input to descriptor 3.
        command.stdin(Stdio::from(OwnedFd::from(theirs))).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command
            .spawn()
            .map_err(|error| Fault::new(FaultKind::Unavailable, format!("cannot start {python}: {error}")))?;
        let (Some(stdout), Some(stderr)) = (child.stdout.take(), child.stderr.take()) else {
            let _ = child.kill();
            return Err(Fault::new(FaultKind::NotStarted, format!("{python} has no standard streams")));
        };
        let (sender, frames) = channel();
        // A thread of its own: were both ends busy writing, neither would read.
        std::thread::spawn(move || {
            loop {
                let frame = frame::read(&mut reading);
                let last = frame.is_err();
                if sender.send(frame).is_err() || last {
                    return;
                }
            }
        });
        Ok(Worker { child, socket, frames, _stdout: Drained::new(stdout), stderr: Drained::new(stderr) })
    }

    pub fn send(&mut self, frames: &[u8]) -> io::Result<()> {
        frame::send(&mut self.socket, frames)
    }

    /// The next message, if it comes within the limit.
    pub fn receive(&mut self, limit: Duration) -> Result<Received, Lost> {
        let (json, count) = Received::open(self.frame(limit)?).map_err(Lost::Confused)?;
        let mut blobs = Vec::new();
        for _ in 0..count {
            let frame = self.frame(limit)?;
            if frame.kind != frame::Kind::Blob {
                return Err(Lost::Confused("expected an announced blob, found a message".into()));
            }
            blobs.push(frame.body);
        }
        Ok(Received { json, blobs })
    }

    fn frame(&mut self, limit: Duration) -> Result<Frame, Lost> {
        match self.frames.recv_timeout(limit) {
            Ok(Ok(frame)) => Ok(frame),
            Ok(Err(FrameError::Closed | FrameError::Cut)) | Err(RecvTimeoutError::Disconnected) => {
                Err(Lost::Ended)
            }
            Ok(Err(error)) => Err(Lost::Confused(error.to_string())),
            Err(RecvTimeoutError::Timeout) => Err(Lost::Silent),
        }
    }

    /// Resident memory in bytes, where the system tells.
    pub fn memory(&self) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
        let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
        Some(kibibytes * 1024)
    }

    /// Asks the worker to end and proves that it had nothing more to say.
    pub fn dismiss(mut self, limit: Duration) -> Result<(), String> {
        if let Some(bye) = message::bye() {
            let _ = self.send(&bye);
        }
        match self.receive(limit) {
            Err(Lost::Ended) => Ok(()),
            Err(Lost::Silent) => Err("the worker did not end when told to".into()),
            Err(Lost::Confused(what)) => Err(format!("after its last answer: {what}")),
            Ok(extra) => Err(format!("an answer that nobody asked for: {}", extra.json)),
        }
    }

    /// Ends the worker for good; its status and the end of its standard error. One that closed its socket is given
    /// a moment to end by itself, for the sake of its own status.
    pub fn end(mut self, ending: bool) -> (String, String) {
        if ending {
            self.stderr.last_words();
        }
        // Killing a process that has ended changes nothing.
        let _ = self.child.kill();
        let status = self.child.wait().map_or_else(|error| error.to_string(), |status| status.to_string());
        (status, self.stderr.last_words())
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What a worker sees of our environment: enough to run, nothing that could change an answer.
fn environment() -> Vec<(String, String)> {
    let fixed = [
        ("LC_ALL", "C.UTF-8"),
        ("TZ", "UTC"),
        ("PYTHONHASHSEED", "0"),
        // One thread: the references' sums then do not depend on the machine.
        ("OMP_NUM_THREADS", "1"),
        ("MKL_NUM_THREADS", "1"),
        ("OPENBLAS_NUM_THREADS", "1"),
    ];
    let passed = ["PATH", "HOME", "TMPDIR", "LD_LIBRARY_PATH"];
    let passed = passed.into_iter().filter_map(|name| Some((name.to_string(), std::env::var(name).ok()?)));
    fixed.into_iter().map(|(name, value)| (name.to_string(), value.to_string())).chain(passed).collect()
}
