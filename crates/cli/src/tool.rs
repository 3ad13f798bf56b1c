//! Tools: programs that answer lines of JSON with lines of JSON.
//!
//! A program that answered is kept for the next call; one that hangs, lies or says too much is killed. A request is
//! `{"id": 1, "tool": "web.search", "arguments": {…}}`, an answer `{"id": 1, "result": …}` or `{"id": 1, "error":
//! {"message": "…"}}`.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use recorder::tool::Provider;
use recorder::world::{Cancel, Failed, Work};
use serde_json::{Value as Json, json};

use crate::group::Group;
use crate::process::tail;
use crate::terminal::reason;

/// An answer beyond this is no answer.
const ANSWER_BYTES_MAX: u64 = 16 << 20;
/// How long one waits for what a tool that ended has said of it.
const SAID_WAIT: Duration = Duration::from_millis(200);

/// What every tool is told of the environment: where programs and files are found, and how texts and times are written.
const NECESSITIES: [&str; 7] = ["PATH", "HOME", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR"];

/// Programs that wait for their next call.
#[derive(Clone, Default)]
pub struct Tools(Arc<Mutex<BTreeMap<Provider, Vec<Running>>>>);

/// A program that is a tool, killed when it is dropped.
struct Running {
    child: Arc<Mutex<Group>>,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    said: Receiver<Vec<u8>>,
    calls: u64,
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
        let idle = lock(&self.0).get_mut(provider).and_then(Vec::pop);
        // One that ended since its last call says nothing about this one.
        let idle = idle.filter(|running| !lock(&running.child).has_ended());
        let mut running = match idle {
            Some(running) => running,
            None => start(provider)?,
        };
        let killed = Arc::clone(&running.child);
        cancel.on_cancel(move || lock(&killed).kill());
        let answer = running.ask(&provider.tool, arguments)?;
        // From here on a cancel must not kill what another call may have.
        if !cancel.finish() {
            lock(&self.0).entry(provider.clone()).or_default().push(running);
        }
        Ok(answer)
    }
}

fn start(provider: &Provider) -> Result<Running, Failed> {
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
            None => return Err(failed(format!("the variable `{name}`, which its file names, is not set"))),
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
        Running { child: Arc::new(Mutex::new(child)), input, output: BufReader::new(output), said, calls: 0 };
    let reader = std::thread::Builder::new().name("error stream".to_string());
    reader.spawn(move || drop(sender.send(tail(errors)))).map_err(|e| failed(reason(&e)))?;
    Ok(running)
}

impl Running {
    fn ask(&mut self, tool: &str, arguments: &str) -> Result<Vec<u8>, Failed> {
        self.calls += 1;
        let id = self.calls;
        let arguments: Json = serde_json::from_str(arguments).map_err(|e| Failed::because(e.to_string()))?;
        let request = json!({"id": id, "tool": tool, "arguments": arguments});
        let sent = self.input.write_all(format!("{request}\n").as_bytes());
        let mut line = Vec::new();
        // What it answered without reading its input counts all the same.
        let read = (&mut self.output).take(ANSWER_BYTES_MAX + 1).read_until(b'\n', &mut line);
        if line.len() as u64 > ANSWER_BYTES_MAX {
            let why = format!("expected an answer of at most {ANSWER_BYTES_MAX} bytes, found more");
            return Err(Failed { code: "R0705", why });
        }
        if !line.ends_with(b"\n") {
            let why = match (read, sent) {
                (Err(why), _) | (_, Err(why)) => reason(&why),
                _ => "no line follows".to_string(),
            };
            return Err(self.ended(&why));
        }
        answer(id, &line)
    }

    /// It ended instead of answering.
    fn ended(&mut self, why: &str) -> Failed {
        let status = {
            let mut child = lock(&self.child);
            // What closed its output has nothing to say any more.
            child.kill();
            child.wait()
        };
        let status = status.map_or_else(|_| why.to_string(), |status| status.to_string());
        let said = self.said.recv_timeout(SAID_WAIT).unwrap_or_default();
        let said = String::from_utf8_lossy(&said);
        let last = said.lines().last().unwrap_or("it said nothing");
        Failed { code: "R0703", why: format!("it ended without an answer, with {status}: {last}") }
    }
}

/// The result of an answer to the call `id`.
fn answer(id: u64, line: &[u8]) -> Result<Vec<u8>, Failed> {
    let lied = |why: String| Failed { code: "R0704", why };
    let json: Json =
        serde_json::from_slice(line).map_err(|why| lied(format!("its answer is no line of JSON: {why}")))?;
    let Json::Object(fields) = &json else { return Err(lied("its answer is no JSON object".to_string())) };
    match fields.get("id") {
        Some(found) if found.as_u64() == Some(id) => {}
        found => {
            let found = found.map_or("none".to_string(), Json::to_string);
            return Err(lied(format!("its answer has the id {found}, expected {id}")));
        }
    }
    match (fields.get("result"), fields.get("error")) {
        (Some(result), None) => Ok(result.to_string().into_bytes()),
        (None, Some(error)) => match error.get("message").and_then(Json::as_str) {
            Some(message) => Err(Failed::because(message)),
            None => Err(lied("its error has no `message`".to_string())),
        },
        _ => Err(lied("its answer has neither `result` nor `error`, or both".to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(line: &str) -> String {
        match answer(3, line.as_bytes()) {
            Ok(result) => String::from_utf8(result).expect("JSON is text"),
            Err(Failed { code, why }) => format!("{code} {why}"),
        }
    }

    #[test]
    fn an_answer_is_for_its_call_and_says_one_thing() {
        assert_eq!(told(r#"{"id": 3, "result": [1, null]}"#), "[1,null]");
        assert_eq!(told(r#"{"id": 3, "result": null}"#), "null");
        assert_eq!(told(r#"{"id": 3, "error": {"message": "not found"}}"#), "R0701 not found");
        assert_eq!(told(r#"{"id": 2, "result": 1}"#), "R0704 its answer has the id 2, expected 3");
        assert_eq!(told(r#"{"result": 1}"#), "R0704 its answer has the id none, expected 3");
        assert!(told(r#"{"id": 3, "result": 1, "error": {}}"#).starts_with("R0704 its answer has neither"));
        assert!(told(r#"{"id": 3, "error": "no"}"#).starts_with("R0704 its error has no `message`"));
        assert!(told("[3]").starts_with("R0704 its answer is no JSON object"));
        assert!(told("hello").starts_with("R0704 its answer is no line of JSON"));
    }
}
