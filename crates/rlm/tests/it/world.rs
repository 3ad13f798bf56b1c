//! A world around the machine, in which the test decides what happens next.
//!
//! Every step holds the machine to its promises: what is sent has a durable intent, what a cell is told is durable,
//! settled and reserved amounts stay within the budget.

use crate::repl::{Progress, Repl};
use rlm::*;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// What a model is asked, as text.
pub struct Asked<'a> {
    pub model: &'a str,
    pub text: String,
    /// How many turns the prompt shows; for a root model the number of the turn.
    pub turn: usize,
    /// How many answers the conversation has.
    pub answers: usize,
}

pub type Policy = Rc<dyn Fn(&Asked<'_>, u32) -> Result<Reply, AttemptError>>;

#[derive(Clone)]
pub struct World {
    pub machine: Machine,
    pub inputs: Vec<(String, Value)>,
    task: Task,
    policy: Policy,
    budget: Budget,
    /// What is durable.
    pub journal: Vec<Record>,
    /// Batches that are on their way to the disk, in order.
    appending: Vec<(u64, Vec<Record>)>,
    pub pending: Vec<Event>,
    timers: Vec<TimerId>,
    repls: BTreeMap<WorkerId, (Repl, u64, Option<Digest>)>,
    blobs: BTreeMap<String, String>,
    pub sent: Vec<(Digest, u32)>,
    pub started: u32,
    pub flying: BTreeSet<Digest>,
    pub most_flying: usize,
    pub killed: BTreeSet<WorkerId>,
    pub finished: Option<Finished>,
    pub tool: fn(&str, &Value) -> Result<Value, Failure>,
}

pub fn reply(text: impl Into<String>) -> Result<Reply, AttemptError> {
    let text = text.into();
    let output_tokens = (text.len() as u64 / 4).clamp(1, 50);
    let usage = Some(Usage { input_tokens: 10, output_tokens });
    Ok(Reply { text, usage, latency_ms: 3, cut: false })
}

pub fn code(text: &str) -> Result<Reply, AttemptError> {
    reply(format!("```python\n{text}\n```"))
}

pub fn model(alias: &str) -> Model {
    Model { alias: alias.into(), max_output_tokens: 1_000, structured: false }
}

pub fn task(signature: Signature, inputs: &[(String, Value)]) -> Task {
    Task {
        run: Digest::of(b"a run"),
        signature,
        inputs: inputs.iter().map(|(name, value)| Variable::input(name, value)).collect(),
        root: model("root"),
        sub: model("sub"),
        extract: model("extract"),
        named: vec![],
        limits: Limits::default(),
        budget: Budget::default(),
        prices: PriceTable::default(),
        tools: vec![],
        reading: Reading::Hardened,
    }
}

/// A task over a text, whose one output is `answer`.
pub fn over(context: &str, answer: Value) -> (Task, Vec<(String, Value)>) {
    let inputs = vec![("context".to_string(), json!(context))];
    let signature = Signature::new(
        "Answer.",
        &json!({"type": "object", "properties": {"context": {"type": "string"}}, "required": ["context"]}),
        &json!({"type": "object", "properties": {"answer": answer}, "required": ["answer"]}),
        Extra::Refuse,
    );
    (task(signature.unwrap(), &inputs), inputs)
}

impl World {
    pub fn new(
        (task, inputs): (Task, Vec<(String, Value)>),
        journal: Vec<Record>,
        policy: impl Fn(&Asked<'_>, u32) -> Result<Reply, AttemptError> + 'static,
    ) -> Self {
        let budget = task.whole_budget();
        let (machine, actions) = Machine::start(task.clone(), journal.clone()).unwrap();
        let mut world = Self {
            machine,
            task,
            inputs,
            policy: Rc::new(policy),
            budget,
            journal,
            appending: vec![],
            pending: vec![],
            timers: vec![],
            repls: BTreeMap::new(),
            blobs: BTreeMap::new(),
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

    /// The same run, begun from a log.
    pub fn restarted(&self, journal: Vec<Record>) -> Self {
        let policy = self.policy.clone();
        Self::new((self.task.clone(), self.inputs.clone()), journal, move |asked, attempt| {
            policy(asked, attempt)
        })
    }

    /// How many things may happen next.
    pub fn choices(&self) -> usize {
        self.pending.len() + usize::from(!self.appending.is_empty())
    }

    /// Lets one of them happen.
    pub fn choose(&mut self, n: usize) {
        if n < self.pending.len() {
            let event = self.pending.remove(n);
            self.happen(event);
        } else {
            let (batch, records) = self.appending.remove(0);
            self.journal.extend(records);
            self.happen(Event::Appended { batch });
        }
    }

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

    pub fn run_by(&mut self, mut choose: impl FnMut(usize) -> usize) -> Finished {
        for _ in 0..200_000 {
            match self.choices() {
                0 if self.finished.is_some() => return self.finished.clone().unwrap(),
                0 => assert!(self.time_passes(), "the run waits for nothing"),
                choices => self.choose(choose(choices)),
            }
        }
        panic!("the run does not end");
    }

    fn durable(&self, id: Digest, kind: Kind) -> bool {
        self.journal.iter().any(|record| record.id == id && record.body.kind() == kind)
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
                Action::StartWorker { worker, inputs, .. } => {
                    self.started += 1;
                    let values =
                        inputs.iter().map(|input| (input.name.clone(), self.content(input))).collect();
                    self.repls.insert(worker, (Repl::new(values), 0, None));
                }
                Action::RunCell { worker, cell, code, .. } => {
                    assert!(self.durable(cell, Kind::CellIntent), "run before the intent is durable");
                    let (repl, _, running) = self.repls.get_mut(&worker).unwrap();
                    *running = Some(cell);
                    let progress = repl.run(&code, &mut self.blobs);
                    self.progress(worker, progress);
                }
                Action::AnswerHost { worker, number, answer } => {
                    let (repl, last, running) = self.repls.get_mut(&worker).unwrap();
                    assert_eq!(number, *last, "an answer to another call");
                    let cell = running.unwrap();
                    let late = self.appending.iter().flat_map(|(_, records)| records);
                    assert_eq!(
                        late.filter(|record| record.place.parent == cell).count(),
                        0,
                        "told before durable"
                    );
                    let progress = repl.answer(answer, &mut self.blobs);
                    self.progress(worker, progress);
                }
                Action::CallTool { id, name, arguments } => {
                    assert!(self.durable(id, Kind::ToolIntent), "called before the intent is durable");
                    let result = (self.tool)(&name, &Value::Object(arguments));
                    self.pending.push(Event::ToolReturned { id, result });
                }
                Action::Search { id, pattern, .. } => {
                    assert!(self.durable(id, Kind::ToolIntent), "searched before the intent is durable");
                    let text = self.inputs[0].1.as_str().unwrap();
                    let found: Vec<usize> = text.match_indices(&pattern).map(|(at, _)| at).collect();
                    self.pending.push(Event::ToolReturned { id, result: Ok(json!(found)) });
                }
                Action::SetTimer { timer, .. } => self.timers.push(timer),
                Action::Kill { worker } => {
                    assert!(self.repls.remove(&worker).is_some(), "killed what does not live");
                    self.killed.insert(worker);
                }
                Action::Finish { finished } => {
                    assert!(self.appending.is_empty(), "finished before durable");
                    assert!(self.repls.is_empty(), "a worker outlives the run");
                    self.finished = Some(finished);
                }
            }
        }
    }

    fn content(&self, input: &Variable) -> Value {
        let own = self
            .inputs
            .iter()
            .find(|(name, value)| *name == input.name && Variable::input(name, value).digest == input.digest);
        match own {
            Some((_, value)) => value.clone(),
            None => self.blobs[&input.digest.unwrap().to_string()].clone().into(),
        }
    }

    fn asked<'a>(&self, request: &'a Request) -> Asked<'a> {
        let mut text = String::new();
        for message in &request.messages {
            for part in &message.parts {
                match part {
                    Part::Text(part) => text.push_str(part),
                    Part::Blob(blob) => text.push_str(&self.blobs[&blob.digest.to_string()]),
                }
            }
        }
        let turn = text.matches("\nTurn ").count();
        let answers = request.messages.iter().filter(|message| message.speaker == Speaker::Assistant).count();
        Asked { model: &request.model, text, turn, answers }
    }

    fn progress(&mut self, worker: WorkerId, progress: Progress) {
        match progress {
            Progress::Asks(call) => {
                let (_, number, _) = self.repls.get_mut(&worker).unwrap();
                *number += 1;
                let number = *number;
                self.pending.push(Event::HostCalled { worker, number, call, active_ms: 2, wall_ms: 4 });
            }
            Progress::Ended(end) => self.pending.push(Event::CellEnded { worker, end }),
            Progress::Died(failure) => {
                self.repls.remove(&worker);
                self.pending.push(Event::WorkerDied { worker, failure });
            }
            Progress::Busy => {}
        }
    }
}
