//! Tools: programs that answer lines of JSON with lines of JSON.
//!
//! A program that answered is kept for the next call; one that hangs, lies or says too much is killed. Which lines they
//! are says its file: a form of our own ([`lines`]), or the Model Context Protocol ([`mcp`]).

mod lines;
pub mod mcp;

use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::process::{ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use recorder::tool::{Provider, Speaks};
use recorder::world::{Cancel, Failed, Work};
use serde_json::Value as Json;

use crate::group::Group;
use crate::process::tail;
use crate::terminal::reason;

/// An answer beyond this is no answer.
const ANSWER_BYTES_MAX: u64 = 16 << 20;
/// How long one waits for what a tool that ended has said of it.
const SAID_WAIT: Duration = Duration::from_millis(200);

/// What every tool is told of the environment: where programs and files are found, and how texts and times are written.
const NECESSITIES: [&str; 7] = ["PATH", "HOME", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR"];

/// Programs that wait for their next call, by what started them: tools of one server share its programs.
#[derive(Clone, Default)]
pub struct Tools(Arc<Mutex<BTreeMap<Provider, Vec<Called>>>>);

/// A program with what was said to it so far.
struct Called {
    running: Running,
    talk: Talk,
}

enum Talk {
    Lines(lines::Talk),
    Mcp(mcp::Session),
}

/// A program that is a tool, killed when it is dropped.
pub struct Running {
    child: Arc<Mutex<Group>>,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    said: Receiver<Vec<u8>>,
}

impl Drop for Running {
    fn drop(&mut self) {
        let mut child = lock(&self.child);
        child.kill();
        let _ = child.wait();
    }
}

fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Tools {
    /// The call of a tool, as work for a thread.
    pub fn call(&self, provider: &Provider, arguments: &str) -> Work {
        let (tools, provider, arguments) = (self.clone(), provider.clone(), arguments.to_string());
        Arc::new(move |cancel| tools.answer(&provider, &arguments, cancel))
    }

    fn answer(&self, provider: &Provider, arguments: &str, cancel: &Cancel) -> Result<Vec<u8>, Failed> {
        let arguments: Json = serde_json::from_str(arguments).map_err(|e| Failed::because(e.to_string()))?;
        let key = key(provider);
        let idle = lock(&self.0).get_mut(&key).and_then(Vec::pop);
        // One that ended since its last call says nothing about this one.
        let idle = idle.filter(|called| !lock(&called.running.child).has_ended());
        let (mut running, talk) = match idle {
            Some(Called { running, talk }) => (running, Some(talk)),
            None => (Running::start(provider)?, None),
        };
        running.ends_with(cancel);
        let mut talk = match talk {
            Some(talk) => talk,
            None => match provider.speaks {
                Speaks::Lines => Talk::Lines(lines::Talk::default()),
                Speaks::Mcp { .. } => Talk::Mcp(mcp::Session::open(&mut running)?),
            },
        };
        let answer = match (&mut talk, &provider.speaks) {
            (Talk::Mcp(session), Speaks::Mcp { promise }) => {
                session.call(&mut running, &provider.tool, promise.as_deref(), arguments)
            }
            (Talk::Lines(talk), _) => talk.call(&mut running, &provider.tool, arguments),
            (Talk::Mcp(_), Speaks::Lines) => {
                return Err(Failed::because("its program speaks another protocol"));
            }
        };
        // From here on a cancel must not kill what another call may have.
        // What it said of its failure is an answer too; one that lied or broke is killed.
        let is_kept = !cancel.finish() && answer.as_ref().err().is_none_or(|failed| failed.code == "R0701");
        if is_kept {
            lock(&self.0).entry(key).or_default().push(Called { running, talk });
        }
        answer
    }
}

/// What calls have in common that one program can answer.
fn key(provider: &Provider) -> Provider {
    match provider.speaks {
        Speaks::Lines => provider.clone(),
        Speaks::Mcp { .. } => {
            Provider { tool: String::new(), speaks: Speaks::Mcp { promise: None }, ..provider.clone() }
        }
    }
}

impl Running {
    /// Starts the program that carries a tool out.
    pub fn start(provider: &Provider) -> Result<Running, Failed> {
        let failed = |why: String| Failed { code: "R0703", why: format!("`{}`: {why}", provider.program) };
        let folder = if provider.folder.is_empty() { "." } else { &provider.folder };
        let mut command = Command::new(&provider.program);
        command.args(&provider.args).current_dir(folder).env_clear();
        for name in NECESSITIES {
            command.envs(std::env::var_os(name).map(|value| (name, value)));
        }
        for name in &provider.environment {
            match std::env::var_os(name) {
                Some(value) => command.env(name, value),
                None => {
                    return Err(failed(format!("the variable `{name}`, which its file names, is not set")));
                }
            };
        }
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = Group::start(&mut command).map_err(|e| failed(reason(&e)))?;
        let (Some(input), Some(output), Some(errors)) = child.streams() else {
            child.kill();
            return Err(failed("it has no streams".to_string()));
        };
        let (sender, said) = channel();
        let running =
            Running { child: Arc::new(Mutex::new(child)), input, output: BufReader::new(output), said };
        let reader = std::thread::Builder::new().name("error stream".to_string());
        reader.spawn(move || drop(sender.send(tail(errors)))).map_err(|e| failed(reason(&e)))?;
        Ok(running)
    }

    /// A cancel kills it from now on.
    pub fn ends_with(&self, cancel: &Cancel) {
        let killed = Arc::clone(&self.child);
        cancel.on_cancel(move || lock(&killed).kill());
    }

    /// Sends a line, and reads one of at most so many bytes, which it takes off them.
    fn ask(&mut self, message: &Json, bytes: &mut u64) -> Result<Vec<u8>, Failed> {
        let sent = self.send(message);
        // What it answered without reading its input counts all the same.
        self.read(bytes).map_err(|why| why.unwrap_or_else(|| self.ended(sent.err().as_ref())))
    }

    fn send(&mut self, message: &Json) -> io::Result<()> {
        self.input.write_all(format!("{message}\n").as_bytes())
    }

    /// The next line of at most so many bytes, which it takes off them.
    fn line(&mut self, bytes: &mut u64) -> Result<Vec<u8>, Failed> {
        self.read(bytes).map_err(|why| why.unwrap_or_else(|| self.ended(None)))
    }

    /// The next line; what is wrong with it, or nothing where none follows.
    fn read(&mut self, bytes: &mut u64) -> Result<Vec<u8>, Option<Failed>> {
        let mut line = Vec::new();
        let _ = (&mut self.output).take(*bytes + 1).read_until(b'\n', &mut line);
        let len = line.len() as u64;
        if len > *bytes {
            let why = format!("expected an answer of at most {ANSWER_BYTES_MAX} bytes, found more");
            return Err(Some(Failed { code: "R0705", why }));
        }
        *bytes -= len;
        if line.ends_with(b"\n") { Ok(line) } else { Err(None) }
    }

    /// It ended instead of answering.
    fn ended(&mut self, why: Option<&io::Error>) -> Failed {
        let status = {
            let mut child = lock(&self.child);
            // What closed its output has nothing to say any more.
            child.kill();
            child.wait()
        };
        let why = why.map_or_else(|| "no line follows".to_string(), reason);
        let status = status.map_or(why, |status| status.to_string());
        let said = self.said.recv_timeout(SAID_WAIT).unwrap_or_default();
        let said = String::from_utf8_lossy(&said);
        let last = said.lines().last().unwrap_or("it said nothing");
        Failed { code: "R0703", why: format!("it ended without an answer, with {status}: {last}") }
    }
}
