//! What a node's tasks wait for, and in which order they are told.
//!
//! A live run tells a task as its answer comes, and logs it then. A replay tells in the order of the log: so tasks go on
//! in the order in which they did.

use std::collections::BTreeMap;
use std::sync::Arc;

use prelude::effects::{Answer, Ask};
use vm::{Fault, FaultKind};

use crate::door::{Door, cancelled, divergence, is_cancelled, recorded};
use crate::grant::Allowed;
use crate::hash::id_hex;
use crate::history::{EffectRecord, History};
use crate::model::{self, Batch, Budget};
use crate::python::{self, Flying};
use crate::record;
use crate::record::EffectIntent;
use crate::recursion::{self, Drive, Entry, Keep, Question, Wish};
use crate::waiting::{Came, Limits, Next, Wait};
use crate::world::{Failed, Request};

/// How long a tool, or a server, may take whose grant does not say.
pub(crate) const TOOL_MS_MAX: u64 = 60_000;

/// Calls of models on their way at once where no grant says.
const MODELS_MAX: u64 = 64;

/// The tasks of a node.
#[derive(Default)]
pub(crate) struct Tasks<'a> {
    number: u64,
    /// The place of the one that runs; empty for the node itself.
    place: String,
    /// How many effects each had.
    asked: BTreeMap<u64, u32>,
    pending: BTreeMap<u64, Pending<'a>>,
    /// Answers that the next call of the task takes.
    answers: BTreeMap<u64, Result<Answer, Fault>>,
    /// Batches that tasks wait for.
    batches: BTreeMap<u64, Batch>,
    /// The task and the place in its batch, by the number that an item waits under.
    items: BTreeMap<u64, (u64, usize)>,
    /// What the code of Python cells was told of models, for the tape of a test.
    heard: BTreeMap<u64, Vec<Entry>>,
    /// Calls of tools by Python cells, by the number that each waits under.
    flying: BTreeMap<u64, Flying>,
    last_item: u64,
    last_group: u64,
}

/// Items of batches, and tools that cells call, wait beside tasks, under numbers that no task has.
const ITEMS: u64 = 1 << 63;

/// An effect that a task waits for.
pub(crate) enum Pending<'a> {
    Recorded { known: EffectRecord, history: &'a History },
    Live { id: u128, seq: u64, intent: EffectIntent, ask: Ask },
}

impl<'a> Tasks<'a> {
    pub(crate) fn enter(&mut self, number: u64, place: &[u32]) {
        self.number = number;
        let parts: Vec<String> = place.iter().map(u32::to_string).collect();
        self.place = parts.join(".");
    }

    /// The program itself asked for so many effects already.
    pub(crate) fn go_on_after(&mut self, asked: u32) {
        self.asked.insert(0, asked);
    }

    pub(crate) fn place(&self) -> String {
        self.place.clone()
    }

    pub(crate) fn number(&self) -> u64 {
        self.number
    }

    /// A number that an item of a task's batch waits under.
    pub(crate) fn new_item(&mut self, task: u64, index: usize) -> u64 {
        self.last_item += 1;
        self.items.insert(ITEMS | self.last_item, (task, index));
        ITEMS | self.last_item
    }

    /// A number that a tool's call of a Python cell waits under.
    pub(crate) fn fly(&mut self, flying: Flying) -> u64 {
        self.last_item += 1;
        self.flying.insert(ITEMS | self.last_item, flying);
        ITEMS | self.last_item
    }

    /// What a task waits for.
    pub(crate) fn pending(&self, task: u64) -> Option<&Pending<'a>> {
        self.pending.get(&task)
    }

    /// A number for what a batch bounds together.
    pub(crate) fn new_group(&mut self) -> u64 {
        self.last_group += 1;
        self.last_group
    }

    pub(crate) fn hold(&mut self, number: u64, pending: Pending<'a>) {
        self.pending.insert(number, pending);
    }

    pub(crate) fn begin_batch(&mut self, task: u64, batch: Batch) {
        self.batches.insert(task, batch);
    }

    pub(crate) fn batch(&mut self, task: u64) -> Option<&mut Batch> {
        self.batches.get_mut(&task)
    }

    pub(crate) fn end_batch(&mut self, task: u64) -> Option<Batch> {
        self.batches.remove(&task)
    }

    /// What the task's next call is told.
    pub(crate) fn tell(&mut self, task: u64, answer: Result<Answer, Fault>) {
        self.answers.insert(task, answer);
    }

    /// How many effects the running task had.
    pub(crate) fn asked(&self) -> u32 {
        self.asked.get(&self.number).copied().unwrap_or(0)
    }
}

impl<'a> Door<'a> {
    /// The place of the running task, and how many effects it had before this one.
    pub(crate) fn next_sequence(&mut self) -> (String, u32) {
        let tasks = &mut self.node.tasks;
        let asked = tasks.asked.entry(tasks.number).or_default();
        *asked += 1;
        (tasks.place.clone(), *asked - 1)
    }

    /// What the running task is told of what it waits for; nothing if it does not wait.
    pub(crate) fn told(&mut self) -> Option<Result<Answer, Fault>> {
        let tasks = &mut self.node.tasks;
        if let Some(answer) = tasks.answers.remove(&tasks.number) {
            return Some(answer);
        }
        let waits = tasks.pending.contains_key(&tasks.number) || tasks.batches.contains_key(&tasks.number);
        waits.then(|| Err(Fault::waiting()))
    }

    pub(crate) fn wait_for(&mut self, pending: Pending<'a>) -> Fault {
        let tasks = &mut self.node.tasks;
        tasks.pending.insert(tasks.number, pending);
        Fault::waiting()
    }

    /// The running task waits for a promised effect from now on.
    pub(crate) fn begin_to_wait(
        &mut self,
        (id, seq): (u128, u64),
        intent: EffectIntent,
        ask: Ask,
        allowed: &Allowed,
    ) -> Fault {
        let wait = match self.wait_of(&ask, id, allowed) {
            Ok(wait) => wait,
            Err(fault) => return fault,
        };
        let task = self.node.tasks.number;
        self.start_waiting(task, &ask, wait, allowed.limits);
        self.wait_for(Pending::Live { id, seq, intent, ask })
    }

    /// What is to be waited for.
    pub(crate) fn wait_of(&mut self, ask: &Ask, id: u128, allowed: &Allowed) -> Result<Wait, Fault> {
        let Some(world) = self.world.as_deref_mut() else {
            return Err(divergence("a replay has no world", "a recorded outcome", "none"));
        };
        Ok(match ask {
            Ask::Sleep { ms } | Ask::Timer { ms } => Wait::Time { ms: *ms },
            Ask::Execute { program, args } => match world.execution(program, args) {
                Some(work) => Wait::Work(work),
                None => Wait::Came(world.execute(program, args).map_err(Failed::because)),
            },
            Ask::Http { method, url, headers, body, .. } => {
                let request = Request {
                    method: method.clone(),
                    url: url.clone(),
                    headers: headers.clone(),
                    body: body.clone(),
                };
                match world.http(request) {
                    Some(work) => Wait::Work(work),
                    None => Wait::Came(Err(Failed::because("nothing asks servers here"))),
                }
            }
            Ask::Tool { tool, arguments, .. } => {
                let work = self.tools.get(tool).and_then(|provider| world.tool(provider, arguments));
                match work {
                    Some(work) => Wait::Work(work),
                    None => Wait::Came(Err(Failed::because("nothing carries out tools here"))),
                }
            }
            Ask::Model { prompt } => {
                let prompt = model::parsed(prompt);
                if let Some(bounds) = allowed.python.clone().filter(|_| recursion::is_recursion(&prompt)) {
                    let (Some(models), Some(pools)) = (world.models(), world.python()) else {
                        return Ok(Wait::Came(Err(Failed::because("nobody asks models here"))));
                    };
                    let log = self.recording.map(|history| history.entries(id).to_vec());
                    let question = Question {
                        context: Question::context(&prompt),
                        request: recursion::request(prompt),
                        lane: allowed.lane,
                        bounds,
                        limits: allowed.limits,
                        retries: allowed.retries,
                        calls_max: allowed.calls,
                    };
                    let ticket = allowed.budget.as_ref().map(|budget| (budget.ticket(), allowed.share));
                    let log = log.unwrap_or_default();
                    let drive = Drive { question, models, pools, ticket, log, level: 0 };
                    return Ok(Wait::Keeping(recursion::work(drive)));
                }
                let call = model::Call {
                    prompt,
                    lane: allowed.lane,
                    idempotency_key: id_hex(id),
                    retries: allowed.retries,
                    ticket: allowed.budget.as_ref().map(Budget::ticket),
                };
                match world.model(call) {
                    Some(work) => Wait::Work(work),
                    None => Wait::Came(Err(Failed::because("nobody asks models here"))),
                }
            }
            Ask::Python(job) => match world.python() {
                Some(pools) => {
                    // A test's models are on its tape, or need nothing outside.
                    let is_test = self.cassette.as_ref().is_some_and(|cassette| !cassette.records());
                    let granted = world.models().filter(|_| job.bounds.model).map(|models| python::Granted {
                        models: if is_test { models.for_tests() } else { models },
                        pools: Arc::clone(&pools),
                        budget: allowed.budget.clone(),
                        limits: allowed.limits,
                        retries: allowed.retries,
                        calls_max: allowed.calls,
                    });
                    let log = self.recording.map(|history| history.entries(id).to_vec());
                    let tools = Arc::clone(&self.cell_tools);
                    let log = match self.cassette.as_deref_mut() {
                        Some(cassette) => cassette.told_python(&job.name),
                        None => log.unwrap_or_default(),
                    };
                    Wait::Keeping(python::work(pools, (**job).clone(), (granted, tools), log))
                }
                None => {
                    Wait::Came(Err(Failed { code: "R0714", why: "nothing runs Python here".to_string() }))
                }
            },
            other => {
                let message = format!("`{}` is not waited for", other.effect());
                return Err(Fault::new("R0999", message).kind(FaultKind::Internal));
            }
        })
    }

    pub(crate) fn start_waiting(&mut self, number: u64, ask: &Ask, wait: Wait, mut limits: Limits) {
        let Some(world) = self.world.as_deref_mut() else { return };
        if let Wait::Keeping(_) = wait {
            // What its grant says of a call holds for each of its calls.
            let limits = Limits { group: limits.group, ..Limits::default() };
            let tool = if matches!(ask, Ask::Python(_)) { "python" } else { "recursion" };
            return self.waiting.begin(world, number, tool, wait, limits);
        }
        match ask {
            Ask::Tool { .. } | Ask::Http { .. } => {
                limits.timeout_ms.get_or_insert(TOOL_MS_MAX);
            }
            Ask::Model { .. } => {
                limits.max_in_flight.get_or_insert(MODELS_MAX);
            }
            _ => {}
        }
        self.waiting.begin(world, number, ask.effect(), wait, limits);
    }

    /// Waits for the next answer: the task that it is for.
    pub(crate) fn next_answer(&mut self) -> Result<u64, Fault> {
        // What a log holds came first.
        let first = self.node.tasks.pending.iter().filter_map(|(task, pending)| match pending {
            Pending::Recorded { known, history } if !known.outcome.as_ref().is_some_and(is_cancelled) => {
                Some((history.arrival(known.id), *task))
            }
            _ => None,
        });
        let batches = self.node.tasks.batches.iter();
        let batches =
            batches.filter(|(_, batch)| batch.is_complete()).map(|(task, batch)| (batch.arrival, *task));
        if let Some((_, task)) = first.chain(batches).min() {
            if let Some(batch) = self.node.tasks.end_batch(task) {
                self.node.tasks.tell(task, Ok(batch.answer()));
                return Ok(task);
            }
            let Some(Pending::Recorded { known, history }) = self.node.tasks.pending.remove(&task) else {
                return Err(nothing());
            };
            let answer = match &known.outcome {
                Some(outcome) => {
                    self.grants.release_calls(known.id, outcome);
                    self.logged(recorded(outcome, history))?
                }
                None => Err(nothing()),
            };
            self.effects.push(known);
            self.node.tasks.answers.insert(task, answer);
            return Ok(task);
        }
        let Some(world) = self.world.as_deref_mut() else {
            let waits = self.node.tasks.pending.values().find_map(|pending| match pending {
                Pending::Recorded { known, .. } => Some(known.intent.request.to_string()),
                Pending::Live { .. } => None,
            });
            let found = waits.unwrap_or_else(|| "no effect".to_string());
            let what = "the program waits for what nobody waited for when it was recorded";
            return Err(divergence(what, "another effect", &found));
        };
        let mut world = world;
        loop {
            let next = self.waiting.next(world);
            self.go_on()?;
            let (number, came) = match next {
                Ok(Next::Came(number, came)) => (number, came),
                Ok(Next::Wants(number, wish)) => {
                    match wish {
                        Wish::Keep(keep) => self.keep_below(number, keep)?,
                        Wish::Tool(calling) => self.call_of_cell(number, calling)?,
                    }
                    world = match self.world.as_deref_mut() {
                        Some(world) => world,
                        None => return Err(nothing()),
                    };
                    continue;
                }
                Err(_) => return Err(self.unanswered()),
            };
            if let Some(flying) = self.node.tasks.flying.remove(&number) {
                self.came_to_cell(flying, came)?;
                world = match self.world.as_deref_mut() {
                    Some(world) => world,
                    None => return Err(nothing()),
                };
                continue;
            }
            let Some(Pending::Live { id, seq, intent, ask }) = self.node.tasks.pending.remove(&number) else {
                return Err(nothing());
            };
            let answer = answer(&ask, came);
            if let (Ask::Python(job), Some(heard)) = (&ask, self.node.tasks.heard.remove(&number))
                && let Some(cassette) = self.cassette.as_deref_mut()
            {
                cassette.keep_python(&job.name, &heard);
            }
            self.came((id, seq), intent, &ask, &answer)?;
            match self.node.tasks.items.remove(&number) {
                None => {
                    self.node.tasks.answers.insert(number, answer);
                    return Ok(number);
                }
                Some((task, index)) => {
                    if let Some(task) = self.item_came(task, index, answer) {
                        return Ok(task);
                    }
                }
            }
            world = match self.world.as_deref_mut() {
                Some(world) => world,
                None => return Err(nothing()),
            };
        }
    }

    /// Keeps entries below the effect that a task waits for, and tells its work once they are on disk.
    fn keep_below(&mut self, number: u64, keep: Keep) -> Result<(), Fault> {
        let Some(Pending::Live { id, .. }) = self.node.tasks.pending.get(&number) else { return Ok(()) };
        let effect = *id;
        if self.cassette.as_ref().is_some_and(|cassette| cassette.records()) {
            let is_own = |entry: &&Entry| matches!(entry, Entry::Asked { .. } | Entry::Told { .. });
            let heard = self.node.tasks.heard.entry(number).or_default();
            heard.extend(keep.entries.iter().filter(is_own).cloned());
        }
        let entries: Vec<(u128, &Entry)> =
            keep.entries.iter().map(|entry| (entry.id(effect), entry)).collect();
        let kept = self.journal.run_entries(record::run::CALL, effect, &entries);
        let told =
            kept.as_ref().copied().map_err(|error| format!("the run's log cannot be written: {error}"));
        // Who does not listen any more needs no reason.
        let _ = keep.told.send(told);
        self.logged(kept)
    }

    /// Nothing is on its way, and a task waits all the same.
    fn unanswered(&self) -> Fault {
        let waits = self.node.tasks.pending.values().find_map(|pending| match pending {
            Pending::Live { intent, .. } => Some(&intent.request),
            Pending::Recorded { .. } => None,
        });
        match waits {
            None => nothing(),
            Some(request) => {
                let what = format!(
                    "{request} has no answer on the cassette: nobody waited for it when that was recorded"
                );
                Fault::new("R0802", what)
                    .help("`lumen test --record` asks the world and keeps what it says.")
                    .kind(FaultKind::Effect)
            }
        }
    }

    /// Nobody needs what the task waits for: its provider is told, and the log.
    pub(crate) fn stop_waiting(&mut self, task: u64) {
        self.node.tasks.answers.remove(&task);
        if self.node.tasks.batches.remove(&task).is_some() {
            let items = self.node.tasks.items.iter().filter(|(_, (of, _))| *of == task);
            for item in items.map(|(item, _)| *item).collect::<Vec<_>>() {
                self.node.tasks.items.remove(&item);
                self.stop_waiting(item);
            }
        }
        let flying = self.node.tasks.flying.iter().filter(|(_, flying)| flying.task == task);
        for call in flying.map(|(call, _)| *call).collect::<Vec<_>>() {
            self.node.tasks.flying.remove(&call);
            self.waiting.cancel(call);
        }
        match self.node.tasks.pending.remove(&task) {
            None => {}
            Some(Pending::Recorded { known, .. }) => self.effects.push(known),
            Some(Pending::Live { id, seq, intent, ask }) => {
                self.waiting.cancel(task);
                if let Some(cassette) = self.kept_on(&ask) {
                    cassette.keep_cancelled(&intent.request);
                }
                // A run that stays open cancelled nothing: who resumes it asks again.
                if self.broken.is_none() {
                    // A log that fails here fails at the next entry too, and that one ends the run.
                    let _ = self.keep((id, seq), intent, cancelled(), Vec::new(), false);
                }
            }
        }
    }
}

fn answer(ask: &Ask, came: Came) -> Result<Answer, Fault> {
    match came {
        Ok(bytes) if matches!(ask, Ask::Execute { .. } | Ask::Http { .. }) => Ok(Answer::Bytes(bytes)),
        Ok(bytes) if matches!(ask, Ask::Model { .. }) => {
            Ok(Answer::Reply(String::from_utf8_lossy(&bytes).into_owned()))
        }
        Err(Failed { code, why }) if matches!(ask, Ask::Model { .. }) => {
            let kind = if code == "R0702" { "timeout" } else { "failed" };
            Ok(Answer::Reply(
                model::error_reply(code, kind, &format!("the model gave no reply: {why}")).to_string(),
            ))
        }
        Ok(bytes) if matches!(ask, Ask::Tool { .. }) => match String::from_utf8(bytes) {
            Ok(text) => Ok(Answer::Text(Some(text))),
            Err(_) => answer(ask, Err(Failed { code: "R0704", why: "its answer is not UTF-8".to_string() })),
        },
        Ok(bytes) if matches!(ask, Ask::Python(_)) => match python::decode(&bytes) {
            Some(ran) => Ok(Answer::Python(Box::new(ran))),
            None => {
                Err(Fault::new("R0999", "a Python cell's answer cannot be read").kind(FaultKind::Internal))
            }
        },
        Ok(_) => Ok(Answer::Done),
        Err(Failed { code, why }) => {
            let what = match ask {
                Ask::Execute { program, .. } => format!("`{program}` failed"),
                Ask::Tool { tool, .. } => format!("the tool `{tool}` failed"),
                Ask::Http { method, url, .. } => format!("{method} `{url}` failed"),
                Ask::Python(job) => format!("the Python cell `{}` cannot run", job.name),
                ask => format!("`{}` failed", ask.effect()),
            };
            Err(Fault::new(code, format!("{what}: {why}")).kind(FaultKind::Effect))
        }
    }
}

fn nothing() -> Fault {
    Fault::new("R0999", "a task waits for nothing").kind(FaultKind::Internal)
}
