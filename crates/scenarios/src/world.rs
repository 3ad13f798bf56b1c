//! A world around the machine, in which the caller decides what happens next.
//!
//! Every step holds the machine to its promises: what is sent has a durable intent, what a cell is told is durable,
//! settled and reserved amounts stay within the budget. A broken promise is a panic: the world is a judge, and what it
//! judges is our own.

use crate::policy::{Asked, Policy};
use crate::running::{Cells, Progress, StandIn};
use rlm::{
    Action, AttemptError, Budget, CellLimits, Digest, ErrorKind, Event, Failure, Finished, Kind, Machine,
    Part, Record, Reply, Request, Speaker, Task, TimerId, Variable, WorkerId,
};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Events beyond this many are a run that does not end.
const EVENTS_MAX: usize = 2_000_000;

/// What a granted tool does.
pub type Tool = fn(&str, &Value) -> Result<Value, Failure>;

/// A run with its disk, its models, its workers and its clock.
#[derive(Clone)]
pub struct World<C = StandIn> {
    /// The run.
    pub machine: Machine,
    /// The values of the task's inputs.
    pub inputs: Vec<(String, Value)>,
    task: Task,
    policy: Policy,
    budget: Budget,
    cells: C,
    /// What is durable.
    pub journal: Vec<Record>,
    /// Which records are durable, by id and kind.
    durable: BTreeSet<(Digest, Kind)>,
    /// Batches that are on their way to the disk, in order.
    appending: Vec<(u64, Vec<Record>)>,
    /// What has happened and was not told yet.
    pub pending: Vec<Event>,
    timers: Vec<TimerId>,
    /// Living workers: the number of the last call, the cell that runs.
    workers: BTreeMap<WorkerId, (u64, Option<Digest>)>,
    /// The context of each call that has a worker.
    contexts: BTreeMap<Digest, Arc<str>>,
    /// What was asked of models: id and attempt.
    pub sent: Vec<(Digest, u32)>,
    /// How many workers were started.
    pub started: u32,
    /// Model calls that are not answered.
    pub flying: BTreeSet<Digest>,
    /// The most of them at a time.
    pub most_flying: usize,
    /// Workers that the machine ended.
    pub killed: BTreeSet<WorkerId>,
    /// How the run ended.
    pub finished: Option<Finished>,
    /// What granted tools do.
    pub tool: Tool,
}

impl World {
    /// A run in the stand-in, new or gone on with from its log.
    ///
    /// # Panics
    ///
    /// Where the task cannot be done, or the log is another run's.
    #[must_use]
    pub fn new(
        asked: (Task, Vec<(String, Value)>),
        journal: Vec<Record>,
        policy: impl Fn(&Asked<'_>, u32) -> Result<Reply, AttemptError> + Send + Sync + 'static,
    ) -> Self {
        Self::of(asked, journal, Arc::new(policy), StandIn::default())
    }

    /// The same run, begun from a log.
    #[must_use]
    pub fn restarted(&self, journal: Vec<Record>) -> Self {
        Self::of((self.task.clone(), self.inputs.clone()), journal, self.policy.clone(), StandIn::default())
    }
}

impl<C: Cells> World<C> {
    /// A run whose cells run somewhere.
    ///
    /// # Panics
    ///
    /// As [`World::new`].
    #[must_use]
    pub fn of(
        (task, inputs): (Task, Vec<(String, Value)>),
        journal: Vec<Record>,
        policy: Policy,
        cells: C,
    ) -> Self {
        let budget = task.whole_budget();
        let (machine, actions) = match Machine::start(task.clone(), journal.clone()) {
            Ok(started) => started,
            Err(error) => panic!("the run does not start: {error}"),
        };
        let durable = journal.iter().map(|record| (record.id, record.body.kind())).collect();
        let mut world = Self {
            machine,
            task,
            inputs,
            policy,
            budget,
            cells,
            journal,
            durable,
            appending: vec![],
            pending: vec![],
            timers: vec![],
            workers: BTreeMap::new(),
            contexts: BTreeMap::new(),
            sent: vec![],
            started: 0,
            flying: BTreeSet::new(),
            most_flying: 0,
            killed: BTreeSet::new(),
            finished: None,
            tool: |name, _| Err(Failure::new(ErrorKind::Provider, name)),
        };
        world.act(actions);
        world
    }

    /// How many things may happen next.
    #[must_use]
    pub fn choices(&self) -> usize {
        self.pending.len() + usize::from(!self.appending.is_empty())
    }

    /// Lets one of them happen: an event that is pending, or, behind them, the disk.
    pub fn choose(&mut self, n: usize) {
        if n < self.pending.len() {
            let event = self.pending.remove(n);
            self.happen(event);
        } else if !self.appending.is_empty() {
            let (batch, records) = self.appending.remove(0);
            self.durable.extend(records.iter().map(|record| (record.id, record.body.kind())));
            self.journal.extend(records);
            self.happen(Event::Appended { batch });
        }
    }

    /// Tells the machine of an event and does what it asks for.
    pub fn happen(&mut self, event: Event) {
        if let Event::Replied { ask, .. } = &event {
            self.flying.remove(ask);
        }
        let actions = self.machine.step(event);
        self.act(actions);
        let (settled, reserved) = self.machine.taken();
        assert_eq!(self.budget.exceeded(&settled.plus(&reserved)), None, "the budget is overshot");
    }

    /// A timer runs out where nothing else happens.
    pub fn time_passes(&mut self) -> bool {
        if self.timers.is_empty() {
            return false;
        }
        let timer = self.timers.remove(0);
        self.happen(Event::Timer { timer });
        true
    }

    /// Everything in the order of a fast disk and a slow world.
    pub fn run(&mut self) -> Finished {
        self.run_by(|choices| choices - 1)
    }

    /// Everything in an order that the caller draws.
    ///
    /// # Panics
    ///
    /// Where the run waits for nothing or does not end.
    pub fn run_by(&mut self, mut choose: impl FnMut(usize) -> usize) -> Finished {
        for _ in 0..EVENTS_MAX {
            match (self.choices(), &self.finished) {
                (0, Some(finished)) => return finished.clone(),
                (0, None) => assert!(self.time_passes(), "the run waits for nothing"),
                (choices, _) => self.choose(choose(choices)),
            }
        }
        panic!("the run does not end");
    }

    fn durable(&self, id: Digest, kind: Kind) -> bool {
        self.durable.contains(&(id, kind))
    }

    fn act(&mut self, actions: Vec<Action>) {
        for action in actions {
            assert!(self.finished.is_none(), "an action after the end: {action:?}");
            match action {
                Action::Append { batch, records } => self.appending.push((batch, records)),
                Action::Ask { id, attempt, request, .. } => {
                    assert!(self.durable(id, Kind::ModelIntent), "asked before the intent is durable");
                    assert!(!self.durable(id, Kind::ModelOutcome), "asked again what is answered");
                    self.sent.push((id, attempt));
                    self.flying.insert(id);
                    self.most_flying = self.most_flying.max(self.flying.len());
                    let result = (self.policy)(&self.asked(&request), attempt);
                    self.pending.push(Event::Replied { ask: id, attempt, result });
                }
                Action::Abandon { id } => {
                    self.flying.remove(&id);
                }
                Action::StartWorker { worker, call, inputs } => self.start(worker, call, &inputs),
                Action::RunCell { worker, cell, code, limits, .. } => {
                    self.run_cell(worker, cell, &code, limits)
                }
                Action::AnswerHost { worker, number, answer } => {
                    let (last, running) = self.worker(worker);
                    assert_eq!(number, last, "an answer to another call");
                    let late = self.appending.iter().flat_map(|(_, records)| records);
                    let late = late.filter(|record| Some(record.place.parent) == running).count();
                    assert_eq!(late, 0, "told before durable");
                    let progress = self.cells.answer(worker, answer);
                    self.progress(worker, progress);
                }
                Action::CallTool { id, name, arguments } => {
                    assert!(self.durable(id, Kind::ToolIntent), "called before the intent is durable");
                    let result = (self.tool)(&name, &Value::Object(arguments));
                    self.pending.push(Event::ToolReturned { id, result });
                }
                Action::Search { id, call, pattern, limit, start } => {
                    assert!(self.durable(id, Kind::ToolIntent), "searched before the intent is durable");
                    let context = self.contexts.get(&call).cloned().unwrap_or_default();
                    let with = json!({"pattern": pattern, "limit": limit, "start": start});
                    let found = sandbox::search(context.as_bytes(), &with);
                    let result = found.map_err(|failure| {
                        Failure::new(ErrorKind::InvalidArguments, failure.message).with(failure.data)
                    });
                    self.pending.push(Event::ToolReturned { id, result });
                }
                Action::SetTimer { timer, .. } => self.timers.push(timer),
                Action::Kill { worker } => {
                    assert!(self.workers.remove(&worker).is_some(), "killed what does not live");
                    self.cells.kill(worker);
                    self.killed.insert(worker);
                }
                Action::Finish { finished } => {
                    assert!(self.appending.is_empty(), "finished before durable");
                    assert!(self.workers.is_empty(), "a worker outlives the run");
                    self.finished = Some(finished);
                }
            }
        }
    }

    fn worker(&self, worker: WorkerId) -> (u64, Option<Digest>) {
        match self.workers.get(&worker) {
            Some(known) => *known,
            None => panic!("{worker:?} does not live"),
        }
    }

    fn start(&mut self, worker: WorkerId, call: Digest, inputs: &[Variable]) {
        self.started += 1;
        let values: Vec<(String, Value)> =
            inputs.iter().map(|input| (input.name.clone(), self.content(input))).collect();
        let context = values.iter().find(|(name, _)| name == "context").and_then(|(_, value)| value.as_str());
        self.contexts.insert(call, context.unwrap_or_default().into());
        self.workers.insert(worker, (0, None));
        if let Err(failure) = self.cells.start(worker, values) {
            self.progress(worker, Progress::Died(failure));
        }
    }

    fn run_cell(&mut self, worker: WorkerId, cell: Digest, code: &str, limits: CellLimits) {
        assert!(self.durable(cell, Kind::CellIntent), "run before the intent is durable");
        // A worker that did not start has nothing to run it; that it died is on its way to the machine.
        if let Some((_, running)) = self.workers.get_mut(&worker) {
            *running = Some(cell);
            let progress = self.cells.run(worker, code, limits);
            self.progress(worker, progress);
        }
    }

    fn content(&self, input: &Variable) -> Value {
        let own = self
            .inputs
            .iter()
            .find(|(name, value)| *name == input.name && Variable::input(name, value).digest == input.digest);
        match (own, input.digest) {
            (Some((_, value)), _) => value.clone(),
            (None, Some(digest)) => self.text(&digest).into(),
            (None, None) => panic!("nobody has the input `{}`", input.name),
        }
    }

    fn text(&self, digest: &Digest) -> &str {
        match self.cells.blob(&digest.to_string()) {
            Some(text) => text,
            None => panic!("nobody has the text {digest}"),
        }
    }

    fn asked<'a>(&self, request: &'a Request) -> Asked<'a> {
        let mut text = String::new();
        for part in request.messages.iter().flat_map(|message| &message.parts) {
            text.push_str(match part {
                Part::Text(part) => part,
                Part::Blob(blob) => self.text(&blob.digest),
            });
        }
        let turn = text.matches("\nTurn ").count();
        let answers = request.messages.iter().filter(|message| message.speaker == Speaker::Assistant).count();
        Asked { model: &request.model, text, turn, answers }
    }

    fn progress(&mut self, worker: WorkerId, progress: Progress) {
        match progress {
            Progress::Asks(call) => {
                let Some((number, _)) = self.workers.get_mut(&worker) else { return };
                *number += 1;
                let number = *number;
                self.pending.push(Event::HostCalled {
                    worker,
                    number,
                    call: *call,
                    active_ms: 2,
                    wall_ms: 4,
                });
            }
            Progress::Ended(end) => self.pending.push(Event::CellEnded { worker, end: *end }),
            Progress::Died(failure) => {
                self.workers.remove(&worker);
                self.pending.push(Event::WorkerDied { worker, failure });
            }
            Progress::Busy => {}
        }
    }
}
