//! Calls in a process of their own: an engine that takes its process down fails its case, and the run goes on.
//!
//! A line of JSON asks, a line of canonical JSON answers, on a socket that is the process's standard input, so that
//! nothing an engine prints gets between. What runs inside is the same call on the same thread as without a process.
//! A case is asked once for each mode and number of threads; inputs cross once, and an answer that repeats the one
//! before crosses as [`REPEATED`], because the time of small calls goes into reading and writing what is long known.

use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use evidence::fields::Fields;
use evidence::json::{self, Json};
use evidence::place::{Malformed, Place, escape};
use evidence::report::Mode;
use evidence::value::Value;
use serde_json::json;

use crate::execute::{Bench, Done, Job, Ran};
use crate::row::Row;

/// The longest line: the longest value and what stands around it.
const LINE_BYTES_MAX: u64 = 256 << 20;

/// The line that stands for the same answer as before, in every byte.
const REPEATED: &str = "=";

/// How much of what a process says on its standard error is kept.
const WORDS_BYTES_MAX: usize = 4 << 10;

/// What to start for calls: a program that runs [`serve`].
#[derive(Clone, Debug)]
pub struct Program {
    /// The program.
    pub path: PathBuf,
    /// What makes it serve.
    pub arguments: Vec<String>,
}

/// A started program. Dropping it ends it.
pub(crate) struct Process {
    child: Child,
    socket: UnixStream,
    lines: Receiver<String>,
    /// What it says on standard error, at its end.
    words: Option<JoinHandle<Vec<u8>>>,
    /// The inputs that it holds: they are sent once a case.
    inputs: Option<Arc<BTreeMap<String, Value>>>,
    /// Its last answer.
    answer: Option<Ran>,
}

impl Process {
    pub fn start(program: &Program) -> io::Result<Process> {
        let (socket, theirs) = UnixStream::pair()?;
        let reading = socket.try_clone()?;
        let mut child = Command::new(&program.path)
            .args(&program.arguments)
            .stdin(Stdio::from(OwnedFd::from(theirs)))
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()?;
        let words = child.stderr.take().map(|stderr| thread::spawn(move || last_words(stderr)));
        let (send, lines) = mpsc::channel();
        // A thread of its own: a wait for a line ends at the limit, a read does not.
        thread::spawn(move || {
            let mut reading = BufReader::new(reading);
            while let Some(line) = line(&mut reading) {
                if send.send(line).is_err() {
                    break;
                }
            }
        });
        Ok(Process { child, socket, lines, words, inputs: None, answer: None })
    }

    /// What came of a job, and whether the process can take another.
    pub fn run(&mut self, job: &Job, limit: Duration) -> (Ran, bool) {
        let holds = self.inputs.as_ref().is_some_and(|held| Arc::ptr_eq(held, &job.inputs));
        self.inputs = Some(Arc::clone(&job.inputs));
        let sent = self
            .socket
            .set_write_timeout(Some(limit))
            .and_then(|()| write_line(&mut self.socket, &asked(job, holds).to_string()));
        match sent {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                return (Ran::new(Done::TimedOut(limit)), false);
            }
            // It died, perhaps with an answer that is still to be read.
            Err(_) | Ok(()) => {}
        }
        match self.lines.recv_timeout(limit) {
            Ok(line) => match self.answered(line.trim_end()) {
                Ok(ran) => (ran, true),
                Err(why) => (Ran::new(Done::Malformed(format!("the engine's answer: {why}"))), false),
            },
            Err(RecvTimeoutError::Timeout) => (Ran::new(Done::TimedOut(limit)), false),
            Err(RecvTimeoutError::Disconnected) => (Ran::new(Done::Died(self.end())), false),
        }
    }

    /// What a line says. The other side is this program, so the line is the canonical text of what it says.
    fn answered(&mut self, line: &str) -> Result<Ran, Malformed> {
        let (name, place) = ("engine", Place::file("engine"));
        let ran = match (&self.answer, line) {
            (Some(last), REPEATED) => last.clone(),
            _ => {
                let done = Done::from_json(&json::parse(name, line.as_bytes())?, &place)?;
                Ran { done: Arc::new(done), text: line.into() }
            }
        };
        self.answer = Some(ran.clone());
        Ok(ran)
    }

    /// How it ended. Only what is the same with every repetition: no process, no thread, no address.
    fn end(&mut self) -> String {
        let how = match self.child.wait() {
            Ok(status) => match (status.signal(), status.code()) {
                (Some(signal), _) => format!("signal {signal}"),
                (None, code) => format!("exit status {}", code.unwrap_or_default()),
            },
            Err(error) => error.to_string(),
        };
        let words = self.words.take().and_then(|words| words.join().ok()).unwrap_or_default();
        let words = String::from_utf8_lossy(&words);
        match words.lines().rfind(|line| !line.trim().is_empty()) {
            Some(last) => format!("{how}: {}", escape(last.trim())),
            None => how,
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // One that ended already cannot be killed, and that is as well.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn last_words(mut source: impl Read) -> Vec<u8> {
    let (mut kept, mut part) = (Vec::new(), [0; 1024]);
    while let Ok(count @ 1..) = source.read(&mut part) {
        kept.extend_from_slice(part.get(..count).unwrap_or_default());
        let beyond = kept.len().saturating_sub(WORDS_BYTES_MAX);
        kept.drain(..beyond);
    }
    kept
}

/// The next line; none at the end, or where it is no line that either side writes.
fn line(source: &mut impl BufRead) -> Option<String> {
    let mut line = String::new();
    source.take(LINE_BYTES_MAX).read_line(&mut line).ok()?;
    line.ends_with('\n').then_some(line)
}

/// Writes a line as one: a value that is written as it is formatted costs a system call a token.
fn write_line(socket: &mut UnixStream, line: &str) -> io::Result<()> {
    socket.write_all([line, "\n"].concat().as_bytes())
}

fn asked(job: &Job, holds: bool) -> Json {
    let inputs = |inputs: &BTreeMap<String, Value>| -> Json {
        let entries = inputs.iter().map(|(name, value)| (name.clone(), value.to_json()));
        Json::Object(entries.collect())
    };
    json!({
        "op": job.op, "inputs": if holds { Json::Null } else { inputs(&job.inputs) }, "params": *job.params,
        "mode": job.mode.name(), "threads": job.threads,
    })
}

/// Answers calls on the socket that is this process's standard input, until it is closed.
pub fn serve() -> io::Result<()> {
    serve_rows(&|op| crate::registry::find(op))
}

/// As [`serve`], with operations of the caller's.
pub fn serve_rows<'r>(registry: &dyn Fn(&str) -> Option<&'r Row>) -> io::Result<()> {
    let mut socket = UnixStream::from(io::stdin().as_fd().try_clone_to_owned()?);
    let mut reading = BufReader::new(socket.try_clone()?);
    // Whoever started this process holds the limit.
    let mut bench = Bench::new(Duration::MAX, None);
    let (mut inputs, mut last): (_, Option<Arc<str>>) = (Arc::default(), None);
    while let Some(line) = line(&mut reading) {
        let ran = match job(&line, registry, &mut inputs) {
            Ok(job) => bench.run(job),
            Err(malformed) => Ran::new(Done::Malformed(malformed.to_string())),
        };
        let repeats = last.as_ref() == Some(&ran.text);
        write_line(&mut socket, if repeats { REPEATED } else { &ran.text })?;
        last = Some(ran.text);
    }
    Ok(())
}

fn job<'r>(
    line: &str,
    registry: &dyn Fn(&str) -> Option<&'r Row>,
    held: &mut Arc<BTreeMap<String, Value>>,
) -> Result<Job, Malformed> {
    let name = "call";
    let (json, place) = (json::parse(name, line.as_bytes())?, Place::file(name));
    let mut fields = Fields::of(&json, &place)?;
    let op = fields.text("op")?;
    let row = registry(op).ok_or_else(|| fields.malformed("op", "an operation", format!("{op:?}")))?;
    if fields.maybe("inputs").is_some_and(|inputs| !inputs.is_null()) {
        let entries = fields
            .entries("inputs", |name, json, place| Ok((name.to_string(), Value::from_json(json, place)?)))?;
        *held = Arc::new(entries.into_iter().collect());
    }
    let params = fields.read("params", |json, place| {
        json.as_object().cloned().ok_or_else(|| place.unexpected("an object", json))
    })?;
    let mode = fields.text("mode")?;
    let mode = Mode::named(mode).ok_or_else(|| fields.malformed("mode", "a mode", format!("{mode:?}")))?;
    let threads = fields.count("threads")?;
    fields.finish()?;
    Ok(Job {
        op: row.op,
        run: row.run,
        inputs: Arc::clone(held),
        params: Arc::new(params),
        mode,
        threads: usize::try_from(threads).unwrap_or(usize::MAX),
    })
}
