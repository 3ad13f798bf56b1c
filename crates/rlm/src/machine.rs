//! The whole orchestration of a run, as a function from what happened to what is to be done.
//!
//! [`Machine::step`] takes one [`Event`] and gives back [`Action`]s. Everything that comes from outside is first put
//! into a record; what follows from it is held back until the record is durable. A place in the call tree decides a
//! record's id, so going on after an interruption is the same code: before the machine asks anything it looks whether
//! the log has the answer. The same holds when a worker dies and its REPL is built again.
//!
//! Start reading at [`Machine::step`], then the modules `turn`, `cell`, `host` and `ask`.

use crate::amounts::Amounts;
use crate::cell::Closing;
use crate::digest::Digest;
use crate::event::{Action, Event, Finished, TimerId, WorkerId};
use crate::failure::{ErrorKind, Failure};
use crate::ledger::Ledger;
use crate::record::{Body, Kind, Place, Record, Role};
use crate::task::{Task, TaskError};
use call::Call;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

mod ask;
mod call;
mod cell;
mod child;
mod close;
mod fallback;
mod host;
mod past;
mod submit;
mod tool;
mod turn;

/// A run as a state machine.
#[derive(Clone, Debug)]
pub struct Machine {
    task: Arc<Task>,
    ledger: Ledger,
    /// All records by id and kind: those of an earlier life and those of this one.
    log: BTreeMap<(Digest, Kind), Arc<Record>>,
    calls: BTreeMap<Digest, Call>,
    root: Digest,
    asks: BTreeMap<Digest, ask::Ask>,
    queue: VecDeque<Digest>,
    flying: usize,
    workers: BTreeMap<WorkerId, Digest>,
    next_worker: u64,
    timers: BTreeMap<TimerId, WorkerId>,
    next_timer: u64,
    /// Tools and searches that somebody waits for, with the call.
    tools: BTreeMap<Digest, Digest>,
    /// Records of this step.
    fresh: Vec<Record>,
    /// The number of the last batch that was appended, and of the last durable one.
    appended: u64,
    durable: u64,
    /// Actions that wait until their batch is durable, in order.
    held: VecDeque<(u64, Action)>,
    /// Actions of this step.
    effects: Vec<Action>,
    work: VecDeque<Work>,
    resent: BTreeSet<Digest>,
    /// What earlier lives of the run spent, by call, until the call's account is there.
    past: BTreeMap<Digest, Amounts>,
    /// A model call whose provider used more than it was allowed, in an earlier life.
    overran: Option<Digest>,
    /// Model calls that this life of the run has sent.
    sent: BTreeSet<Digest>,
    over: bool,
}

/// What is to be done next inside; a queue, so that a long log does not make a deep stack.
#[derive(Clone, Debug)]
enum Work {
    /// A call's next turn.
    Turn(Digest),
    /// The final outcome of an ask.
    Outcome(Digest),
    /// The next cell of a call's worker.
    Cell(Digest),
}

impl Machine {
    /// A run, new or gone on with from its log.
    ///
    /// # Errors
    ///
    /// Where the task cannot be done within its limits, or the log is another run's.
    ///
    /// ```
    /// use rlm::{
    ///     Action, Budget, Digest, Event, Limits, Machine, Model, PriceTable, Reading, Signature, Task,
    /// };
    /// use serde_json::json;
    ///
    /// let outputs = json!({"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]});
    /// let model = Model { alias: "small".into(), max_output_tokens: 1_000, structured: false };
    /// let task = Task {
    ///     run: Digest::of(b"what no other run has"),
    ///     signature: Signature::of_outputs("Count to seven.", &outputs).unwrap(),
    ///     inputs: vec![],
    ///     root: model.clone(),
    ///     sub: model.clone(),
    ///     extract: model,
    ///     named: vec![],
    ///     limits: Limits::default(),
    ///     budget: Budget { output_tokens: Some(50_000), ..Budget::default() },
    ///     prices: PriceTable::default(),
    ///     tools: vec![],
    ///     reading: Reading::Hardened,
    /// };
    /// let (mut machine, actions) = Machine::start(task, vec![]).unwrap();
    /// // The intent of the first turn goes to the log; once it is durable, the model is asked.
    /// let [Action::Append { batch, .. }] = actions[..] else { panic!("{actions:?}") };
    /// let actions = machine.step(Event::Appended { batch });
    /// assert!(matches!(actions[..], [Action::Ask { .. }]));
    /// ```
    pub fn start(task: Task, log: Vec<Record>) -> Result<(Self, Vec<Action>), TaskError> {
        task.check()?;
        let mut known = BTreeMap::new();
        for record in log {
            let (id, kind) = (record.id, record.body.kind());
            if known.insert((id, kind), Arc::new(record)).is_some() {
                return Err(TaskError::Doubled { id, kind });
            }
        }
        let place = Place::new(task.run, "call", 0);
        let root = place.id();
        let arguments = task.digest();
        if let Some(record) = known.get(&(root, Kind::CallOpened))
            && record.arguments != Some(arguments)
        {
            let found = record.arguments.unwrap_or(root);
            return Err(TaskError::OtherRun { expected: arguments, found });
        }
        let mut call = Call::new(root, task.signature.clone(), task.inputs.clone(), task.limits.depth);
        call.role = Role::Root;
        let aside = call.aside(&task, &task.whole_budget());
        let (ledger, account) = Ledger::new(task.whole_budget(), aside).map_err(TaskError::Unaffordable)?;
        call.account = account;
        let mut machine = Self::empty(task, ledger, root, known);
        machine.remember();
        machine.open(place, call, arguments, None);
        let actions = machine.settle_down();
        Ok((machine, actions))
    }

    fn empty(task: Task, ledger: Ledger, root: Digest, log: BTreeMap<(Digest, Kind), Arc<Record>>) -> Self {
        Self {
            task: Arc::new(task),
            ledger,
            log,
            calls: BTreeMap::new(),
            root,
            asks: BTreeMap::new(),
            queue: VecDeque::new(),
            flying: 0,
            workers: BTreeMap::new(),
            next_worker: 0,
            timers: BTreeMap::new(),
            next_timer: 0,
            tools: BTreeMap::new(),
            fresh: Vec::new(),
            appended: 0,
            durable: 0,
            held: VecDeque::new(),
            effects: Vec::new(),
            work: VecDeque::new(),
            resent: BTreeSet::new(),
            past: BTreeMap::new(),
            overran: None,
            sent: BTreeSet::new(),
            over: false,
        }
    }

    /// What follows from an event. Events about what nobody waits for any more, or that come twice, change nothing.
    pub fn step(&mut self, event: Event) -> Vec<Action> {
        match event {
            Event::Appended { batch } => self.durable = self.durable.max(batch.min(self.appended)),
            _ if self.over => {}
            Event::AppendFailed { message } => {
                let failure =
                    Failure::new(ErrorKind::Cancelled, format!("the log cannot be written: {message}"));
                self.stop_unlogged(failure);
            }
            Event::Replied { ask, attempt, result } => self.replied(ask, attempt, result),
            Event::ToolReturned { id, result } => self.tool_returned(id, result),
            Event::HostCalled { worker, number, call, active_ms, wall_ms } => {
                self.host_called(worker, (number, call), (active_ms, wall_ms));
            }
            Event::CellEnded { worker, end } => self.cell_ended(worker, end),
            Event::WorkerDied { worker, failure } => self.worker_died(worker, failure),
            Event::Timer { timer } => self.timer(timer),
            Event::WrapUp => self.wrap_up(),
            Event::Cancelled { message } => self.cancelled(&message),
        }
        self.settle_down()
    }

    /// Whether the run is over and only its last records may still have to become durable.
    #[must_use]
    pub const fn is_over(&self) -> bool {
        self.over
    }

    /// What the run has settled and reserved.
    #[must_use]
    pub fn taken(&self) -> (crate::Amounts, crate::Amounts) {
        let account = self.calls.get(&self.root).map(|call| call.account);
        account.map(|id| (self.ledger.settled(id), self.ledger.reserved(id))).unwrap_or_default()
    }

    /// Works until nothing is left to do inside, then gives out what may be given out.
    fn settle_down(&mut self) -> Vec<Action> {
        loop {
            while let Some(work) = self.work.pop_front() {
                if self.over {
                    continue;
                }
                match work {
                    Work::Turn(call) => self.turn(call),
                    Work::Outcome(ask) => self.outcome(ask),
                    Work::Cell(call) => self.next_cell(call),
                }
            }
            if self.over || !self.pump() {
                break;
            }
        }
        let mut out = Vec::new();
        if !self.fresh.is_empty() {
            self.appended += 1;
            out.push(Action::Append { batch: self.appended, records: std::mem::take(&mut self.fresh) });
        }
        let gate = self.appended;
        self.held.extend(self.effects.drain(..).map(|action| (gate, action)));
        while let Some((gate, action)) = self.held.pop_front() {
            if gate > self.durable {
                self.held.push_front((gate, action));
                break;
            }
            out.push(action);
        }
        out
    }

    /// An action that waits for the records before it.
    fn effect(&mut self, action: Action) {
        self.effects.push(action);
    }

    /// Takes back actions that were not given out yet; tells whether there were any.
    fn unsay(&mut self, which: impl Fn(&Action) -> bool) -> bool {
        let before = self.held.len() + self.effects.len();
        self.held.retain(|(_, action)| !which(action));
        self.effects.retain(|action| !which(action));
        self.held.len() + self.effects.len() < before
    }

    fn logged(&self, id: Digest, kind: Kind) -> Option<Arc<Record>> {
        self.log.get(&(id, kind)).cloned()
    }

    /// Writes a record, unless the log has it.
    fn record(&mut self, place: Place, reason: &str, arguments: Option<Digest>, body: Body) {
        self.record_with(place, reason, arguments, Vec::new(), body);
    }

    fn record_with(
        &mut self,
        place: Place,
        reason: &str,
        arguments: Option<Digest>,
        blobs: Vec<Digest>,
        body: Body,
    ) {
        let id = place.id();
        let key = (id, body.kind());
        if self.log.contains_key(&key) {
            return;
        }
        let record = Record { id, place, reason: reason.into(), arguments, blobs, body };
        self.log.insert(key, Arc::new(record.clone()));
        self.fresh.push(record);
    }

    /// Whether the log, where it has this place, was asked the same; else the run stops.
    fn agrees(&mut self, id: Digest, kinds: &[Kind], arguments: Digest) -> bool {
        let found = kinds.iter().find_map(|kind| self.log.get(&(id, *kind)).map(|record| record.arguments));
        match found {
            Some(Some(logged)) if logged != arguments => {
                self.diverged(&format!("the log has arguments {logged}, the run asks {arguments}"), id);
                false
            }
            _ => true,
        }
    }

    /// The run left the path of its log. Nothing is recorded: the log stays what it was, for who finds the reason.
    fn diverged(&mut self, message: &str, at: Digest) {
        let failure = Failure::new(ErrorKind::Divergence, format!("divergence at {at}: {message}"));
        self.stop_unlogged(failure);
    }

    fn stop_unlogged(&mut self, failure: Failure) {
        self.over = true;
        self.work.clear();
        self.queue.clear();
        self.fresh.clear();
        self.effects.clear();
        self.held.clear();
        // What was given out is ended at once: no record will follow that could be waited for.
        self.durable = self.appended;
        let flying: Vec<Digest> =
            self.asks.iter().filter(|(_, ask)| ask.is_flying()).map(|(id, _)| *id).collect();
        flying.into_iter().for_each(|id| self.effect(Action::Abandon { id }));
        let workers: Vec<WorkerId> = self.workers.keys().copied().collect();
        workers.into_iter().for_each(|worker| self.effect(Action::Kill { worker }));
        let (spent, _) = self.taken();
        let finished = Finished {
            closing: Closing::failed(failure),
            spent,
            resent: self.resent.iter().copied().collect(),
        };
        self.effect(Action::Finish { finished });
    }
}
