//! Runs one call on a thread of its own, so that a panic or a call without end is a failed case and not a failed run;
//! in a process of its own where a program is given, so that the same holds for an abort.

use std::any::Any;
use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::panic::{self, AssertUnwindSafe};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Once};
use std::thread;
use std::time::Duration;

use evidence::case::{Answer, Raised};
use evidence::fields::Fields;
use evidence::json::Json;
use evidence::place::{Malformed, Place};
use evidence::report::{Mode, Repair};
use evidence::typed;
use evidence::value::Value;
use serde_json::{Map, json};
use threads::Setting;

use crate::call::{Call, Failure};
use crate::contained::{Process, Program};

/// What an executor is: a row's function.
pub(crate) type Executor = fn(&Call<'_>) -> Result<Value, Failure>;

/// Everything a call needs, owned by whoever runs it.
#[derive(Clone)]
pub(crate) struct Job {
    pub op: &'static str,
    pub run: Executor,
    pub inputs: Arc<BTreeMap<String, Value>>,
    pub params: Arc<Map<String, Json>>,
    pub mode: Mode,
    pub threads: usize,
}

/// What came of a call.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Done {
    /// The engine answered: a value or its own error.
    Answered(Box<Answer>, Vec<Repair>),
    Unsupported(String),
    Malformed(String),
    Panicked(String),
    TimedOut(Duration),
    /// The engine took its process down: how that ended.
    Died(String),
}

impl Done {
    /// Everything a call gave, as data: what a digest covers, a mismatch holds and another process says.
    pub fn to_json(&self) -> Json {
        let raised = |raised: &Raised| json!({"class": raised.class, "message": raised.message});
        match self {
            Done::Answered(answer, repairs) => {
                let mut shown = match &answer.result {
                    Ok(value) => json!({"value": value.to_json()}),
                    Err(error) => json!({"error": raised(error)}),
                };
                if let (Some(fields), false) = (shown.as_object_mut(), answer.warnings.is_empty()) {
                    fields.insert("warnings".into(), answer.warnings.iter().map(raised).collect());
                }
                if let (Some(fields), false) = (shown.as_object_mut(), repairs.is_empty()) {
                    fields.insert("repairs".into(), typed::to_json(repairs));
                }
                shown
            }
            Done::Unsupported(what) => json!({"unsupported": what}),
            Done::Malformed(why) => json!({"malformed": why}),
            Done::Panicked(words) => json!({"panic": words}),
            Done::TimedOut(limit) => json!({"timeout_seconds": limit.as_secs()}),
            Done::Died(how) => json!({"died": how}),
        }
    }

    /// Reads what [`Done::to_json`] wrote of a call that came to its end.
    pub fn from_json(json: &Json, place: &Place<'_>) -> Result<Done, Malformed> {
        let raised = |json: &Json, place: &Place<'_>| {
            let mut fields = Fields::of(json, place)?;
            let (class, message) = (fields.text("class")?.into(), fields.text("message")?.into());
            fields.finish()?;
            Ok(Raised { class, message })
        };
        let mut fields = Fields::of(json, place)?;
        for (key, done) in [
            ("unsupported", Done::Unsupported as fn(String) -> Done),
            ("malformed", Done::Malformed),
            ("panic", Done::Panicked),
        ] {
            if let Some(text) = fields.maybe_text(key)? {
                fields.finish()?;
                return Ok(done(text.into()));
            }
        }
        let result = match fields.maybe_read("error", raised)? {
            Some(error) => Err(error),
            None => Ok(fields.read("value", Value::from_json)?),
        };
        let warnings = match fields.maybe("warnings") {
            None => Vec::new(),
            Some(_) => fields.each("warnings", raised)?,
        };
        let repairs = match fields.maybe("repairs") {
            None => Vec::new(),
            Some(_) => fields.each("repairs", |json, place| {
                let mut fields = Fields::of(json, place)?;
                let (category, count) = (fields.text("category")?.into(), fields.count("count")?);
                fields.finish()?;
                Ok(Repair { category, count })
            })?,
        };
        fields.finish()?;
        Ok(Done::Answered(Box::new(Answer { result, warnings }), repairs))
    }
}

/// What came of a call, and the canonical text of it, which a digest covers. Answers that repeat the one before share
/// both: a case runs six times, and all but the first mostly say the same.
#[derive(Clone, Debug)]
pub(crate) struct Ran {
    pub done: Arc<Done>,
    pub text: Arc<str>,
}

impl Ran {
    /// What came of it, written once.
    pub fn new(done: Done) -> Ran {
        let text = evidence::json::canonical(&done.to_json()).into();
        Ran { done: Arc::new(done), text }
    }

    /// Whether both came to the same, bit for bit.
    pub fn equals(&self, other: &Ran) -> bool {
        Arc::ptr_eq(&self.text, &other.text) || self.text == other.text
    }
}

/// The name of threads whose panics are results, not messages.
const NAME: &str = "case";

/// Deep trees and recursive engines: memory is taken only as it is used.
const STACK_BYTES: usize = 256 << 20;

/// What runs one job after another, on a thread here or in a process. What does not come back is left behind and
/// replaced.
pub(crate) struct Bench {
    limit: Duration,
    program: Option<Program>,
    worker: Option<Worker>,
    process: Option<Process>,
}

struct Worker {
    jobs: Sender<Job>,
    results: Receiver<Done>,
}

impl Bench {
    /// Calls in this process, or in one of a program's.
    pub fn new(limit: Duration, program: Option<&Program>) -> Bench {
        quiet_panics();
        Bench { limit, program: program.cloned(), worker: None, process: None }
    }

    /// Runs a job to its end or to the limit.
    pub fn run(&mut self, job: Job) -> Ran {
        match &self.program {
            None => Ran::new(self.run_here(job)),
            Some(program) => {
                let mut process = match self.process.take().map_or_else(|| Process::start(program), Ok) {
                    Ok(process) => process,
                    Err(error) => {
                        let why = format!("cannot start {}: {error}", program.path.display());
                        return Ran::new(Done::Died(why));
                    }
                };
                let (ran, lives) = process.run(&job, self.limit);
                self.process = lives.then_some(process);
                ran
            }
        }
    }

    fn run_here(&mut self, job: Job) -> Done {
        let worker = match self.worker.take().map_or_else(Worker::start, Ok) {
            Ok(worker) => worker,
            Err(error) => return Done::Panicked(format!("cannot start a thread: {error}")),
        };
        if worker.jobs.send(job).is_err() {
            return Done::Panicked("the thread is gone".into());
        }
        match worker.results.recv_timeout(self.limit) {
            Ok(done) => {
                self.worker = Some(worker);
                done
            }
            Err(RecvTimeoutError::Timeout) => Done::TimedOut(self.limit),
            Err(RecvTimeoutError::Disconnected) => Done::Panicked("the thread ended".into()),
        }
    }
}

impl Worker {
    fn start() -> std::io::Result<Worker> {
        let (jobs, received) = mpsc::channel::<Job>();
        let (send, results) = mpsc::channel();
        let work = move || {
            for job in received {
                if send.send(call(&job)).is_err() {
                    break;
                }
            }
        };
        thread::Builder::new().name(NAME.into()).stack_size(STACK_BYTES).spawn(work)?;
        Ok(Worker { jobs, results })
    }
}

fn call(job: &Job) -> Done {
    let call = Call::new(&job.inputs, &job.params, job.mode, job.threads);
    // A panicking engine leaves nothing behind that the next call reads: each call owns its inputs' copies.
    let result =
        threads::with(setting(job.threads), || panic::catch_unwind(AssertUnwindSafe(|| (job.run)(&call))));
    let said = call.into_said();
    let answer = |result| Done::Answered(Box::new(Answer { result, warnings: said.warnings }), said.repairs);
    match result {
        Ok(Ok(value)) => answer(Ok(value)),
        Ok(Err(Failure::Raised(raised))) => answer(Err(raised)),
        Ok(Err(Failure::Unsupported(what))) => Done::Unsupported(what),
        Ok(Err(Failure::Malformed(why))) => Done::Malformed(why),
        Err(payload) => Done::Panicked(words(payload.as_ref())),
    }
}

/// One thread works as users' runs do; several get pieces so small that even the smallest cases are spread.
fn setting(count: usize) -> Setting {
    const ROWS_A_PIECE: NonZeroUsize = NonZeroUsize::new(3).expect("not zero");
    match NonZeroUsize::new(count) {
        None | Some(NonZeroUsize::MIN) => Setting::new(NonZeroUsize::MIN),
        Some(threads) => Setting { threads, rows_a_piece: ROWS_A_PIECE },
    }
}

fn words(payload: &(dyn Any + Send)) -> String {
    let text =
        payload.downcast_ref::<&str>().copied().or(payload.downcast_ref::<String>().map(String::as_str));
    evidence::place::escape(text.unwrap_or("a panic without words"))
}

/// Keeps the panics of cases off standard error; all others print as before.
fn quiet_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let loud = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if thread::current().name() != Some(NAME) {
                loud(info);
            }
        }));
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(run: Executor) -> Job {
        let (inputs, params) = (Arc::default(), Arc::default());
        Job { op: "x", run, inputs, params, mode: Mode::Strict, threads: 1 }
    }

    #[test]
    fn a_panic_is_a_result_and_the_next_job_runs() {
        let mut bench = Bench::new(Duration::from_secs(60), None);
        let ran = bench.run(job(|_| panic!("planted \u{1b}[2J")));
        assert_eq!(*ran.done, Done::Panicked("planted \\u{1b}[2J".into()));
        let ran = bench.run(job(|_| Ok(Value::Text("after".into()))));
        assert!(
            matches!(&*ran.done, Done::Answered(answer, _) if matches!(answer.result, Ok(Value::Text(_))))
        );
    }

    #[test]
    fn a_call_without_end_is_left_behind() {
        let mut bench = Bench::new(Duration::from_millis(50), None);
        let ran = bench.run(job(|_| {
            loop {
                thread::park()
            }
        }));
        assert_eq!(*ran.done, Done::TimedOut(Duration::from_millis(50)));
        bench.limit = Duration::from_secs(60);
        let ran = bench.run(job(|_| Err(Failure::unsupported("x"))));
        assert!(matches!(*ran.done, Done::Unsupported(_)));
    }
}
