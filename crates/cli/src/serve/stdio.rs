//! `lumen serve --stdio`: JSON-RPC 2.0, one object a line.

use std::io::{self, BufRead};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use recorder::run::ENGINE;
use recorder::world::Cancel;
use sandbox::ErrorKind;
use serde_json::{Value, json};

use super::answers;
use super::ask;
use super::jobs::{JOBS_MAX, Jobs};
use super::line::{self, LINE_BYTES_MAX, Line};
use super::message::{self, Message, NOT_INITIALIZED, Problem};
use super::outlet::{Outlet, Reply};
use super::params::Params;
use super::python::Repls;
use super::runs::{Client, Runs, Work};
use crate::terminal::Failure;

/// The version of this protocol. A higher minor only adds.
const MAJOR: u64 = 1;
const MINOR: u64 = 2;

/// How long runs and interpreters are given to end before the process does. Their logs lose nothing by it.
pub const PATIENCE: Duration = Duration::from_secs(10);

const METHODS: &[&str] = &[
    "initialize",
    "capabilities",
    "run.start",
    "run.resume",
    "run.cancel",
    "run.status",
    "result.get",
    "batch.start",
    "why",
    "verify",
    "check",
    "repl.open",
    "repl.exec",
    "repl.get_var",
    "repl.set_var",
    "repl.list_vars",
    "repl.register_signature",
    "repl.clear_signature",
    "repl.close",
    "shutdown",
];

/// Serves the program that started this one, until it closes its end or asks for the end.
///
/// # Errors
/// The input cannot be read.
pub fn serve() -> Result<u8, Failure> {
    let mut server = Server::new(Outlet::new(io::stdout()));
    let outlet = server.outlet.clone();
    let read = listen(&mut io::stdin().lock(), &outlet, &mut |message| server.handle(message));
    server.end();
    read.map_err(|why| Failure::io("cannot read standard input", &why))?;
    Ok(0)
}

/// Reads messages until `handle` says that it is enough or the input ends. What is no message is answered here.
///
/// # Errors
/// The input cannot be read.
pub fn listen(
    input: &mut impl BufRead,
    outlet: &Outlet,
    handle: &mut dyn FnMut(Message) -> bool,
) -> io::Result<()> {
    loop {
        match line::read(input, LINE_BYTES_MAX)? {
            Line::Whole(line) => match message::parse(&line) {
                Ok(message) => {
                    if !handle(message) {
                        return Ok(());
                    }
                }
                Err(malformed) => outlet.answer(&malformed.id, Err(malformed.problem)),
            },
            Line::TooLong => {
                let message = format!("a line of more than {LINE_BYTES_MAX} bytes");
                let data = json!({"limit_bytes": LINE_BYTES_MAX});
                let problem = Problem::of(ErrorKind::InvalidRequest, message).with(data);
                outlet.answer(&Value::Null, Err(problem));
            }
            Line::Cut => {
                let problem = Problem::of(ErrorKind::ParseError, "the input ended in the middle of a line");
                outlet.answer(&Value::Null, Err(problem));
                return Ok(());
            }
            Line::End => return Ok(()),
        }
    }
}

/// What a client has on its way.
struct Server {
    outlet: Outlet,
    jobs: Jobs,
    runs: Runs,
    repls: Repls,
    is_initialized: bool,
    has_ended: bool,
}

impl Server {
    fn new(outlet: Outlet) -> Server {
        Server {
            outlet,
            jobs: Jobs::default(),
            runs: Runs::default(),
            repls: Repls::default(),
            is_initialized: false,
            has_ended: false,
        }
    }

    /// Ends what is on its way: runs stay open, to be resumed.
    fn end(&mut self) {
        if std::mem::replace(&mut self.has_ended, true) {
            return;
        }
        self.runs.end_all();
        self.repls.end_all();
        self.jobs.wait(PATIENCE);
        self.repls.wait(PATIENCE);
    }

    /// False once the client asked for the end.
    fn handle(&mut self, message: Message) -> bool {
        // A notification gets no answer, not even that there is none of its name.
        let Some(id) = message.id else { return true };
        let mut owed = Some(self.outlet.reply(id));
        let ends = message.method == "shutdown";
        let answer = self.dispatch(&message.method, Params::new(message.params), &mut owed);
        let is_refused = answer.is_err();
        let answer = answer.transpose();
        if let (Some(answer), Some(reply)) = (answer, owed.take()) {
            reply.send(answer);
        }
        !ends || is_refused
    }

    /// The answer, or nothing where a job owes it.
    fn dispatch(
        &mut self,
        method: &str,
        mut params: Params,
        owed: &mut Option<Reply>,
    ) -> Result<Option<Value>, Problem> {
        if method == "initialize" {
            return self.initialize(params).map(Some);
        }
        if !self.is_initialized {
            return Err(Problem::new(NOT_INITIALIZED, "`initialize` comes first"));
        }
        match method {
            "capabilities" => {
                params.finish()?;
                return Ok(Some(capabilities()));
            }
            "run.start" | "run.resume" => {
                let work = match method {
                    "run.start" => Work::start(&mut params),
                    _ => Work::resume(&mut params),
                };
                params.finish()?;
                self.run(work, owed)?;
            }
            "batch.start" => self.run(Work::Start(Box::new(ask::prompts(params)?)), owed)?,
            "run.cancel" => return self.runs.cancel(params).map(Some),
            "run.status" => {
                let runs = self.runs.clone();
                self.job(owed, move || runs.status(params))?;
            }
            "result.get" => self.job(owed, || answers::result(params))?,
            "why" => self.job(owed, || answers::why(params))?,
            "verify" => self.job(owed, || answers::verify(params))?,
            "check" => self.job(owed, || answers::check(params))?,
            "repl.open" => self.repls.open(params, owed)?,
            method if method.starts_with("repl.") => self.repls.ask(method, params, owed)?,
            "shutdown" => {
                params.finish()?;
                self.end();
                return Ok(Some(Value::Null));
            }
            other => {
                let near = syntax::suggest::nearest(other, METHODS.iter().copied());
                return Err(Problem::of(ErrorKind::MethodNotFound, format!("there is no method `{other}`"))
                    .with(json!({"method": other, "nearest": near})));
            }
        }
        Ok(None)
    }

    /// Versions are `major.minor`: of one major, and a minor that is not beyond ours, is understood whole.
    fn initialize(&mut self, mut params: Params) -> Result<Value, Problem> {
        let asked = params.required_text("protocol");
        let client = params.text("client");
        let parsed = asked
            .split_once('.')
            .and_then(|(major, minor)| Some((major.parse::<u64>().ok()?, minor.parse::<u64>().ok()?)));
        if parsed.is_none() && !asked.is_empty() {
            params.refuse("protocol", format!("expected a version such as 1.0, found `{asked}`"));
        }
        params.finish()?;
        if self.is_initialized {
            return Err(Problem::of(ErrorKind::InvalidRequest, "`initialize` came before"));
        }
        let (major, minor) = parsed.unwrap_or_default();
        if major != MAJOR || minor > MINOR {
            let message = format!("version {asked} of the protocol is not spoken here; {MAJOR}.{MINOR} is");
            let data = json!({"asked": asked, "supported": supported()});
            return Err(Problem::of(ErrorKind::ProtocolVersion, message).with(data));
        }
        self.is_initialized = true;
        let mut answer = capabilities();
        answer["client"] = client.into();
        Ok(answer)
    }

    /// Works on a thread, and answers from there.
    fn job(
        &self,
        owed: &mut Option<Reply>,
        work: impl FnOnce() -> Result<Value, Problem> + Send + 'static,
    ) -> Result<(), Problem> {
        let place = self.jobs.reserve()?;
        let reply = owed.take();
        place.start(move || {
            let answer = work();
            reply.into_iter().for_each(|reply| reply.send(answer.clone()));
        });
        Ok(())
    }

    fn run(&self, work: Work, owed: &mut Option<Reply>) -> Result<(), Problem> {
        let place = self.jobs.reserve()?;
        let (runs, outlet, reply) = (self.runs.clone(), self.outlet.clone(), owed.take());
        place.start(move || {
            let mut client = Notified { outlet, reply, run: Value::Null };
            let carried_out = AssertUnwindSafe(|| runs.carry_out(work, &Cancel::default(), &mut client));
            let ended = match catch_unwind(carried_out) {
                Ok(Ok(ended)) => ended,
                // It did not begin.
                Ok(Err(problem)) => {
                    client.reply.into_iter().for_each(|reply| reply.send(Err(problem.clone())));
                    return;
                }
                Err(_) => {
                    let what = "this is a defect of lumen, not of your program";
                    json!({
                        "run": client.run, "status": "open", "exit_code": 5, "resumable": true,
                        "error": Failure::new(5, what).code("R0999").json(),
                    })
                }
            };
            client.finished(ended);
        });
        Ok(())
    }
}

/// The version of this protocol.
#[must_use]
pub fn version() -> String {
    format!("{MAJOR}.{MINOR}")
}

fn supported() -> Vec<String> {
    (0..=MINOR).map(|minor| format!("{MAJOR}.{minor}")).collect()
}

fn capabilities() -> Value {
    json!({
        "protocol": format!("{MAJOR}.{MINOR}"), "supported": supported(), "engine": ENGINE, "methods": METHODS,
        "notifications": ["run.event"],
        "events": ["started", "answered", "recorded", "ran", "printed", "number", "finished"],
        "limits": {"line_bytes": LINE_BYTES_MAX, "jobs": JOBS_MAX, "repls": JOBS_MAX},
        "worker_protocol": sandbox::PROTOCOL,
        "levels": ["strict", "standard", "none"],
        // Of the functions that a cell sees: what is to go, and what stands for it.
        "deprecated": {"llm_query_batched": "llm_batch"},
    })
}

/// A client that is told by notifications, once it has the answer to its request.
struct Notified {
    outlet: Outlet,
    reply: Option<Reply>,
    run: Value,
}

impl Notified {
    fn finished(mut self, mut ended: Value) {
        ended["event"] = "finished".into();
        // A defect before the run began is told by the answer that is owed.
        if self.reply.is_none() {
            self.event(ended);
        }
    }
}

impl Client for Notified {
    fn begun(&mut self, run: Value) {
        self.run = run["run"].clone();
        self.reply.take().into_iter().for_each(|reply| reply.send(Ok(run.clone())));
    }

    fn event(&mut self, event: Value) {
        self.outlet.notify("run.event", &event);
    }
}
