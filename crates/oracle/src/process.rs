//! [`Process`]: a Python worker kept alive over many questions, replaced when it is old, dead or confused.

use crate::message;
use crate::worker::{Lost, PROTOCOL, Program, Worker};
use crate::{Answer, Ask, Fault, FaultKind, Identity, Oracle, Pins};
use std::collections::VecDeque;
use std::path::PathBuf;
use std::time::Duration;

/// What one worker may take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// From one answer to the next; also for a question to be taken from the socket.
    pub answer: Duration,
    /// From the start to `ready`: importing PyTorch takes seconds.
    pub start: Duration,
    /// Questions sent before the first of them is answered.
    pub in_flight: usize,
    /// Questions after which a fresh worker takes over.
    pub asks: u64,
    /// Resident bytes after which a fresh worker takes over.
    pub memory: u64,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            answer: Duration::from_secs(30),
            start: Duration::from_secs(120),
            in_flight: 64,
            asks: 5_000,
            memory: 4 << 30,
        }
    }
}

/// How to start workers.
#[derive(Debug, Clone, PartialEq)]
pub struct Setup {
    /// See [`interpreter`](crate::interpreter).
    pub python: PathBuf,
    /// The worker's text.
    pub program: Program,
    /// What `ready` must report, else the oracle is stale.
    pub pins: Pins,
    /// What one worker may take.
    pub limits: Limits,
    /// Digest of the registry; the worker repeats it.
    pub registry: String,
    /// Operations that need an adapter.
    pub ops: Vec<String>,
    /// The worker's modules to load: `frames`, `tensors`, `numbers`. Each costs its libraries' start.
    pub adapters: Vec<String>,
}

impl Setup {
    /// The embedded worker with every adapter, held to the pinned versions.
    pub fn new(python: impl Into<PathBuf>) -> Setup {
        Setup {
            python: python.into(),
            program: Program::embedded(),
            pins: Pins::required(),
            limits: Limits::default(),
            registry: String::new(),
            ops: Vec::new(),
            adapters: ["frames", "tensors", "numbers"].map(String::from).to_vec(),
        }
    }
}

/// Workers that fail this often without an answer in between are not replaced any more.
const FAILURES: u32 = 8;

/// Answers between two looks at a worker's memory.
const MEMORY_INTERVAL: u64 = 64;

/// A live reference in a process of its own.
///
/// Questions are answered in their order, up to [`Limits::in_flight`] of them on their way at once. A worker that ends
/// is replaced and its unanswered questions are asked again; the question it was working on is blamed the second time.
/// A worker that falls silent or breaks the protocol is killed, and the question it was working on gets the fault.
pub struct Process {
    setup: Setup,
    identity: Identity,
    worker: Option<Worker>,
    /// Questions the present worker was sent.
    asked: u64,
    /// Its memory was found beyond the limit.
    worn: bool,
    next_id: u64,
    failures: u32,
    /// What ended this oracle for good.
    ended: Option<Fault>,
}

/// A question on its way: its id and its place among the questions.
struct Flying {
    id: u64,
    place: usize,
}

impl Process {
    /// Starts the first worker and holds it to the pins and to the operations.
    ///
    /// # Errors
    /// [`FaultKind::Unavailable`], [`FaultKind::NotStarted`], [`FaultKind::Stale`], [`FaultKind::NoAdapter`].
    pub fn start(setup: Setup) -> Result<Process, Fault> {
        let (worker, identity) = greeted(&setup)?;
        Ok(Process {
            setup,
            identity,
            worker: Some(worker),
            asked: 0,
            worn: false,
            next_id: 1,
            failures: 0,
            ended: None,
        })
    }

    /// Ends the worker. An answer that nobody asked for shows here at the latest, so a run is good only after this.
    ///
    /// # Errors
    /// [`FaultKind::Protocol`] if the worker said more than it was asked, or does not end.
    pub fn finish(mut self) -> Result<(), Fault> {
        self.dismiss()
    }

    fn dismiss(&mut self) -> Result<(), Fault> {
        match self.worker.take() {
            Some(worker) => {
                worker.dismiss(self.setup.limits.answer).map_err(|what| Fault::new(FaultKind::Protocol, what))
            }
            None => Ok(()),
        }
    }

    /// One result a question, in order.
    fn exchange(&mut self, asks: &[Ask]) -> Vec<Result<Answer, Fault>> {
        let mut results: Vec<Option<Result<Answer, Fault>>> = asks.iter().map(|_| None).collect();
        let mut waiting: VecDeque<usize> = (0..asks.len()).collect();
        let mut flying: VecDeque<Flying> = VecDeque::new();
        let mut deaths = vec![0u8; asks.len()];
        while !(waiting.is_empty() && flying.is_empty()) {
            if flying.is_empty()
                && let Err(fault) = self.fresh_if_due()
            {
                self.ended = Some(fault);
                break;
            }
            self.fill(asks, &mut waiting, &mut flying, &mut results);
            let Some(head) = flying.front() else { continue };
            let (id, place) = (head.id, head.place);
            match self.receive() {
                Ok((found, answer)) if found == id => {
                    flying.pop_front();
                    self.failures = 0;
                    results[place] = Some(answer.map_err(|what| Fault::new(FaultKind::Malformed, what)));
                }
                lost => {
                    let lost = match lost {
                        Err(lost) => lost,
                        Ok((found, _)) => Lost::Confused(confusion(id, found)),
                    };
                    let died = lost == Lost::Ended;
                    let fault = self.bury(lost);
                    deaths[place] += 1;
                    if !died || deaths[place] > 1 {
                        flying.pop_front();
                        results[place] = Some(Err(fault.clone()));
                    }
                    while let Some(unanswered) = flying.pop_back() {
                        waiting.push_front(unanswered.place);
                    }
                    if self.failures >= FAILURES {
                        self.ended = Some(fault);
                        break;
                    }
                }
            }
        }
        let ended = || {
            self.ended
                .clone()
                .unwrap_or_else(|| Fault::new(FaultKind::NotStarted, "the question was never sent"))
        };
        results.into_iter().map(|result| result.unwrap_or_else(|| Err(ended()))).collect()
    }

    /// Makes sure that there is a worker young enough for a question.
    fn fresh_if_due(&mut self) -> Result<(), Fault> {
        if let Some(fault) = &self.ended {
            return Err(fault.clone());
        }
        if self.worn || self.asked >= self.setup.limits.asks {
            self.dismiss()?;
        }
        if self.worker.is_none() {
            let (worker, identity) = greeted(&self.setup)?;
            (self.worker, self.identity) = (Some(worker), identity);
            (self.asked, self.worn) = (0, false);
        }
        Ok(())
    }

    /// Sends what may be on its way.
    fn fill(
        &mut self,
        asks: &[Ask],
        waiting: &mut VecDeque<usize>,
        flying: &mut VecDeque<Flying>,
        results: &mut [Option<Result<Answer, Fault>>],
    ) {
        let Some(worker) = &mut self.worker else { return };
        let limits = &self.setup.limits;
        while flying.len() < limits.in_flight.max(1) && !self.worn && self.asked < limits.asks.max(1) {
            let Some(place) = waiting.pop_front() else { return };
            let id = self.next_id;
            let Some(frames) = message::frames(&asks[place], id) else {
                let message = format!("expected a question of at most {} bytes", crate::frame::LONGEST);
                results[place] = Some(Err(Fault::new(FaultKind::TooLarge, message)));
                continue;
            };
            self.next_id += 1;
            self.asked += 1;
            flying.push_back(Flying { id, place });
            // A worker that does not take a question shows in the answers: they end, or stay out.
            if worker.send(&frames).is_err() {
                return;
            }
        }
    }

    fn receive(&mut self) -> Result<(u64, Result<Answer, String>), Lost> {
        let limits = &self.setup.limits;
        let Some(worker) = &mut self.worker else { return Err(Lost::Ended) };
        let received = worker.receive(limits.answer)?;
        let answer = message::answer(received).map_err(Lost::Confused)?;
        if answer.0 % MEMORY_INTERVAL == 0 {
            self.worn |= worker.memory().is_some_and(|bytes| bytes > limits.memory);
        }
        Ok(answer)
    }

    /// Ends a worker that is of no more use and says why it was not.
    fn bury(&mut self, lost: Lost) -> Fault {
        self.failures += 1;
        let (status, stderr) = match self.worker.take() {
            Some(worker) => worker.end(lost == Lost::Ended),
            None => ("no worker".into(), String::new()),
        };
        let fault = match lost {
            Lost::Ended => {
                Fault::new(FaultKind::Died, format!("the worker ended twice on this question ({status})"))
            }
            Lost::Silent => {
                let limit = self.setup.limits.answer;
                Fault::new(FaultKind::TimedOut, format!("no answer within {limit:?}"))
            }
            Lost::Confused(what) => Fault::new(FaultKind::Protocol, what),
        };
        fault.with_stderr(stderr)
    }
}

impl Oracle for Process {
    fn identity(&self) -> &Identity {
        &self.identity
    }

    fn ask(&mut self, ask: &Ask) -> Result<Answer, Fault> {
        let none = || Err(Fault::new(FaultKind::Protocol, "no result"));
        self.exchange(std::slice::from_ref(ask)).pop().unwrap_or_else(none)
    }

    fn ask_all(&mut self, asks: &[Ask]) -> Vec<Result<Answer, Fault>> {
        self.exchange(asks)
    }
}

/// A worker that may be asked: of the versions pinned, with every adapter, running the text it was sent.
fn greeted(setup: &Setup) -> Result<(Worker, Identity), Fault> {
    let (worker, ready) = Worker::start(setup)?;
    let expected = [
        ("protocol", PROTOCOL.to_string(), ready.protocol.to_string()),
        ("registry", setup.registry.clone(), ready.registry),
        ("worker text", setup.program.digest(), ready.identity.worker_digest.clone()),
    ];
    let wrong = expected.into_iter().filter(|(_, expected, found)| expected != found);
    let mut wrong: Vec<String> =
        wrong.map(|(what, expected, found)| format!("{what}: expected {expected}, found {found}")).collect();
    wrong.extend(setup.pins.differences(&ready.identity));
    if !wrong.is_empty() {
        return Err(Fault::new(FaultKind::Stale, wrong.join("; ")));
    }
    if !ready.missing.is_empty() {
        let named = ready.missing.join(", ");
        return Err(Fault::new(FaultKind::NoAdapter, format!("the worker has no adapter for {named}")));
    }
    Ok((worker, ready.identity))
}

fn confusion(expected: u64, found: u64) -> String {
    match found < expected {
        true => {
            format!("expected the answer to question {expected}, found a second answer to question {found}")
        }
        false => format!("expected the answer to question {expected}, found one to question {found}"),
    }
}
