//! Runs one call on a thread of its own, so that a panic or a call without end is a failed case and not a failed run.

use std::any::Any;
use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::panic::{self, AssertUnwindSafe};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Once};
use std::thread;
use std::time::Duration;

use evidence::case::Answer;
use evidence::json::Json;
use evidence::report::{Mode, Repair};
use evidence::value::Value;
use serde_json::Map;
use threads::Setting;

use crate::call::{Call, Failure};

/// What an executor is: a row's function.
pub(crate) type Executor = fn(&Call<'_>) -> Result<Value, Failure>;

/// Everything a call needs, owned by whoever runs it.
#[derive(Clone)]
pub(crate) struct Job {
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
}

/// The name of threads whose panics are results, not messages.
const NAME: &str = "case";

/// Deep trees and recursive engines: memory is taken only as it is used.
const STACK_BYTES: usize = 256 << 20;

/// A thread that runs one job after another. One that does not come back is left behind and replaced.
pub(crate) struct Bench {
    limit: Duration,
    worker: Option<Worker>,
}

struct Worker {
    jobs: Sender<Job>,
    results: Receiver<Done>,
}

impl Bench {
    pub fn new(limit: Duration) -> Bench {
        quiet_panics();
        Bench { limit, worker: None }
    }

    /// Runs a job to its end or to the limit.
    pub fn run(&mut self, job: Job) -> Done {
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
        Job { run, inputs, params, mode: Mode::Strict, threads: 1 }
    }

    #[test]
    fn a_panic_is_a_result_and_the_next_job_runs() {
        let mut bench = Bench::new(Duration::from_secs(60));
        let done = bench.run(job(|_| panic!("planted \u{1b}[2J")));
        assert_eq!(done, Done::Panicked("planted \\u{1b}[2J".into()));
        let done = bench.run(job(|_| Ok(Value::Text("after".into()))));
        assert!(matches!(done, Done::Answered(answer, _) if matches!(answer.result, Ok(Value::Text(_)))));
    }

    #[test]
    fn a_call_without_end_is_left_behind() {
        let mut bench = Bench::new(Duration::from_millis(50));
        let done = bench.run(job(|_| {
            loop {
                thread::park()
            }
        }));
        assert_eq!(done, Done::TimedOut(Duration::from_millis(50)));
        bench.limit = Duration::from_secs(60);
        assert!(matches!(bench.run(job(|_| Err(Failure::unsupported("x")))), Done::Unsupported(_)));
    }
}
