//! Cells in real Python: one confined worker a REPL.

use crate::repl::PRELUDE;
use crate::running::{Cells, Progress};
use cells::{Asked, Said, Thread, Work};
use rlm::{Answer, Blob, CellLimits, ErrorKind, Failure, WorkerId};
use sandbox::{Call, Host, Options, Reply, Worker};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, channel};

/// 2026-01-02 03:04:05 UTC: where the clocks of all cells stand.
const NOW_NS: i64 = 1_767_323_045_000_000_000;

struct Running {
    thread: Thread,
    said: Receiver<Said>,
}

/// Workers of `sandbox`, which run cells as those of a product do.
pub struct Confined {
    options: Options,
    threads: BTreeMap<WorkerId, Running>,
    blobs: BTreeMap<String, String>,
}

impl Confined {
    /// Workers that are started with these options.
    #[must_use]
    pub fn new(options: Options) -> Self {
        Self { options, threads: BTreeMap::new(), blobs: BTreeMap::new() }
    }

    fn next(&mut self, worker: WorkerId) -> Progress {
        let gone = || Said::Died(Failure::new(ErrorKind::WorkerDied, "its thread ended"));
        loop {
            let said = self
                .threads
                .get(&worker)
                .map_or_else(gone, |running| running.said.recv().unwrap_or_else(|_| gone()));
            return match said {
                Said::Started(_) => continue,
                Said::Asked(asked) => {
                    let Asked { call, texts, .. } = *asked;
                    let texts = texts.into_iter().map(|text| (Blob::of(&text).digest.to_string(), text));
                    self.blobs.extend(texts);
                    Progress::Asks(Box::new(call))
                }
                Said::Ended(end) => Progress::Ended(end),
                Said::Died(failure) => {
                    self.kill(worker);
                    Progress::Died(failure)
                }
            };
        }
    }

    fn tell(&mut self, worker: WorkerId, tell: impl FnOnce(&Thread)) -> Progress {
        if let Some(running) = self.threads.get(&worker) {
            tell(&running.thread);
        }
        self.next(worker)
    }
}

impl Drop for Confined {
    fn drop(&mut self) {
        let workers: Vec<WorkerId> = self.threads.keys().copied().collect();
        workers.into_iter().for_each(|worker| self.kill(worker));
    }
}

impl Cells for Confined {
    fn start(&mut self, worker: WorkerId, inputs: Vec<(String, Value)>) -> Result<(), Failure> {
        let wrong = |message: String| Failure::new(ErrorKind::WorkerDied, message);
        let mut python = Worker::start(&self.options).map_err(|error| wrong(error.to_string()))?;
        let (seed, python_canceller) = (seed(worker), python.canceller());
        let mut ready = || {
            let prelude = python.exec(&sandbox::Cell { code: PRELUDE, seed: &seed }, &mut Deaf)?;
            if let Some(failure) = prelude.error {
                return Err(failure);
            }
            let variables = inputs.iter().filter(|(name, value)| name != "context" || !value.is_string());
            variables.into_iter().try_for_each(|(name, value)| python.set_var(name, value))
        };
        ready().map_err(|failure| wrong(failure.to_string()))?;
        let context = inputs.iter().find(|(name, _)| name == "context");
        let context = context.and_then(|(_, value)| value.as_str()).map(Into::into);
        let (out, said) = channel();
        let work = Work { context, now_ns: NOW_NS };
        let start = move |_: sandbox::Canceller| Ok(python);
        let thread = Thread::begin(python_canceller, work, start, move |said| out.send(said).is_ok());
        let thread = thread.map_err(|error| wrong(error.to_string()))?;
        self.threads.insert(worker, Running { thread, said });
        Ok(())
    }

    fn run(&mut self, worker: WorkerId, code: &str, _: CellLimits) -> Progress {
        let seed = seed(worker);
        self.tell(worker, |thread| thread.run(code.to_string(), seed))
    }

    fn answer(&mut self, worker: WorkerId, answer: Answer) -> Progress {
        let exits = matches!(answer, Answer::Submit(rlm::SubmitResult::Success { .. }));
        let progress = self.tell(worker, |thread| thread.answer(answer));
        // The run goes on without this worker, whatever its code does now.
        if exits { Progress::Busy } else { progress }
    }

    fn kill(&mut self, worker: WorkerId) {
        if let Some(Running { thread, said }) = self.threads.remove(&worker) {
            drop(said);
            // A panic of that thread has been said by the runtime.
            let _ = thread.end().join();
        }
    }

    fn blob(&self, digest: &str) -> Option<&str> {
        self.blobs.get(digest).map(String::as_str)
    }
}

/// Hexadecimal digits, the same in every run.
fn seed(worker: WorkerId) -> String {
    format!("{:016x}", worker.0)
}

/// Answers nothing: the prelude asks nothing.
struct Deaf;

impl Host for Deaf {
    fn call(&mut self, call: &Call<'_>) -> Result<Reply, sandbox::Failure> {
        Err(sandbox::Failure::new(sandbox::ErrorKind::MethodNotFound, call.method))
    }

    fn now_ns(&mut self) -> i64 {
        NOW_NS
    }
}
