//! A machine with its models, workers and log, until its question is answered.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

use cells::{Asked, Said};
use rlm::{
    Action, Amounts, AttemptError, Blob, Budget, Closing, Digest, ErrorKind, Event, Failure, Finished,
    Machine, Part, PriceTable, ProviderClass, Record, Reply, Request, Speaker, TaskError, TimerId, Variable,
    WorkerId, fold,
};
use serde_json::{Value as Json, json};

use super::answer;
use super::outlet::{Entry, Identity, Outlet};
use super::question::Question;
use super::workers::Workers;
use crate::model::{Attempted, Models, Piece, Portion, Ticket, error_reply};
use crate::python::{Pools, held_by};
use crate::waiting::Came;
use crate::world::Cancel;

/// What happened outside of the machine.
pub(crate) enum Heard {
    Said(WorkerId, Said),
    Replied { ask: Digest, attempt: u32, told: Box<Attempted> },
    Cancelled,
}

/// A question with all that its drive needs.
pub(crate) struct Drive {
    pub(crate) question: Question,
    pub(crate) models: Models,
    pub(crate) pools: Arc<Pools>,
    /// The account of its grant, where that has limits of tokens or cost, and among how many what is left is shared.
    pub(crate) ticket: Option<(Ticket, u64)>,
    /// What the log has of it from before the run was killed.
    pub(crate) log: Vec<Entry>,
    /// How many workers wait for its own: 1 where the code of a Python cell asks it.
    pub(crate) level: u32,
}

/// Work that keeps entries in the log while it goes on.
pub(crate) type Keeping = Arc<dyn Fn(&Cancel, &Outlet) -> Came + Send + Sync>;

/// The question as work for a thread, which gives the reply as JSON; its failures too are such.
pub(crate) fn work(drive: Drive) -> Keeping {
    Arc::new(move |cancel, outlet| Ok(drive.reply(cancel, outlet).to_string().into_bytes()))
}

/// What comes at a time.
#[derive(Clone, Debug, PartialEq)]
enum Due {
    /// A failed attempt is made again.
    Send(Box<Sending>),
    /// Nobody waits longer for a reply.
    Patience(Digest, u32),
    Timer(TimerId),
}

#[derive(Clone, Debug, PartialEq)]
struct Sending {
    id: Digest,
    attempt: u32,
    request: Request,
    timeout_ms: u64,
}

impl Drive {
    fn reply(&self, cancel: &Cancel, outlet: &Outlet) -> Json {
        let question = &self.question;
        let mut prices = PriceTable::default();
        for alias in [question.root(), question.sub()] {
            match self.models.price(alias) {
                Ok(Some(price)) => drop(prices.models.insert(alias.to_string(), price)),
                Ok(None) => {}
                Err(why) => return why,
            }
        }
        let own = question.tokens();
        let part = self.ticket.as_ref().map(|(ticket, of)| ticket.reserve_part(*of, own));
        let part = match part.transpose() {
            Ok(part) => part.unwrap_or(Portion { tokens: own, ..Portion::default() }),
            Err(why) => return error_reply("R0907", "budget", &format!("a grant's limit is reached: {why}")),
        };
        let budget = Budget { tokens: part.tokens, nano_dollars: part.nanodollars, ..Budget::default() };
        let structured = |alias: &str| self.models.is_structured(alias);
        let mut records = Vec::new();
        let mut identity = None;
        for entry in &self.log {
            match entry {
                Entry::Worker(known) => identity = Some(known.clone()),
                Entry::Record(record) => records.push((**record).clone()),
                Entry::Asked { .. }
                | Entry::Told { .. }
                | Entry::Called { .. }
                | Entry::Answered { .. }
                | Entry::Below { .. } => {}
            }
        }
        let started = question
            .task(budget, prices.clone(), structured)
            .map(|task| Machine::start(task, records.clone()));
        let (told, spent) = match started {
            Err(why) => (error_reply("R0203", "invalid", &why), Amounts::default()),
            Ok(Err(why)) => (unstartable(&why), Amounts::default()),
            Ok(Ok((machine, actions))) => {
                self.drive((machine, actions), (records, identity), &prices, cancel, outlet)
            }
        };
        if let Some((ticket, _)) = &self.ticket {
            ticket.settle_part(part, spent.tokens, spent.nano_dollars);
        }
        told
    }

    fn drive(
        &self,
        (machine, actions): (Machine, Vec<Action>),
        (records, identity): (Vec<Record>, Option<Identity>),
        prices: &PriceTable,
        cancel: &Cancel,
        outlet: &Outlet,
    ) -> (Json, Amounts) {
        let (heard, hears) = channel();
        let out = heard.clone();
        cancel.on_cancel(move || drop(out.send(Heard::Cancelled)));
        let context: Arc<str> = self.question.context.as_str().into();
        let mut blobs = BTreeMap::new();
        blobs.insert(Digest::of(context.as_bytes()), context);
        let mut run = Running {
            drive: self,
            machine,
            outlet,
            workers: Workers::new(Arc::clone(&self.pools), self.question.bounds.clone(), heard.clone()),
            heard,
            blobs,
            contexts: BTreeMap::new(),
            flights: BTreeMap::new(),
            times: Vec::new(),
            records,
            identity,
            sent: 0,
            fatal: None,
            finished: None,
        };
        run.act(actions);
        while run.finished.is_none() {
            run.listen(&hears);
        }
        cancel.finish();
        let Running { finished, records, identity, sent, fatal, workers, .. } = run;
        drop(workers);
        let closing = Closing::failed(Failure::new(ErrorKind::Cancelled, "it did not end"));
        let finished =
            finished.unwrap_or(Finished { closing, spent: Amounts::default(), resent: Vec::new() });
        let spent = finished.spent;
        let aliases = [self.question.root(), self.question.sub()];
        let providers = aliases.into_iter().filter_map(|alias| Some((alias, self.models.family(alias)?)));
        let providers = providers.collect();
        let told = (records.as_slice(), prices, &providers);
        (answer::reply(&self.question, &finished, told, identity.as_ref(), sent, fatal), spent)
    }
}

fn unstartable(why: &TaskError) -> Json {
    match why {
        TaskError::Unaffordable(_) | TaskError::Unpriced { .. } => {
            error_reply("R0907", "budget", &format!("a grant's limit is reached: {why}"))
        }
        TaskError::OtherRun { .. } | TaskError::Doubled { .. } => {
            error_reply("R0801", "divergence", &format!("divergence: {why}"))
        }
        why => error_reply("R0203", "invalid", &why.to_string()),
    }
}

struct Running<'d> {
    drive: &'d Drive,
    machine: Machine,
    outlet: &'d Outlet,
    workers: Workers,
    heard: Sender<Heard>,
    /// Texts that requests and inputs name by their hashes.
    blobs: BTreeMap<Digest, Arc<str>>,
    /// The context of each worker, for searches.
    contexts: BTreeMap<Digest, Arc<str>>,
    /// Calls of models on their way.
    flights: BTreeMap<Digest, (u32, Cancel)>,
    /// When something is due, by the clock of the models.
    times: Vec<(Duration, Due)>,
    records: Vec<Record>,
    identity: Option<Identity>,
    /// Attempts that a server was asked.
    sent: u64,
    /// What ends the question whatever its models do.
    fatal: Option<Json>,
    finished: Option<Finished>,
}

impl Running<'_> {
    /// Tells the machine of something, and does what it asks for.
    fn happen(&mut self, event: Event) {
        let actions = self.machine.step(event);
        self.act(actions);
    }

    fn act(&mut self, actions: Vec<Action>) {
        let mut actions = VecDeque::from(actions);
        while let Some(action) = actions.pop_front() {
            match action {
                Action::Append { batch, records } => {
                    self.records.extend(records.iter().cloned());
                    let entries = records.into_iter().map(|record| Entry::Record(Box::new(record)));
                    let event = match self.outlet.keep(entries.collect()) {
                        Ok(()) => Event::Appended { batch },
                        Err(message) => Event::AppendFailed { message },
                    };
                    // What it held back comes first: the actions behind an append wait for it.
                    let next = self.machine.step(event);
                    actions.extend(next);
                }
                Action::Ask { id, attempt, request, timeout_ms, retry_after_ms, .. } => {
                    let sending = Sending { id, attempt, request, timeout_ms };
                    let pause = self.drive.models.pause(&id.to_string(), attempt);
                    let pause = pause.max(Duration::from_millis(retry_after_ms.unwrap_or_default()));
                    match pause.is_zero() {
                        true => self.send(sending),
                        false => self.due(pause, Due::Send(Box::new(sending))),
                    }
                }
                Action::Abandon { id } => {
                    if let Some((_, cancel)) = self.flights.remove(&id) {
                        cancel.cancel();
                    }
                    self.times.retain(|(_, due)| !matches!(due, Due::Send(sending) if sending.id == id));
                }
                Action::StartWorker { worker, call, inputs } => {
                    let context = self.context(&inputs);
                    if let Some(context) = &context {
                        self.contexts.insert(call, Arc::clone(context));
                    }
                    let level = self.drive.level + fold::depth(&self.records, call);
                    self.workers.start(worker, level, context);
                }
                Action::RunCell { worker, cell, code, .. } => {
                    self.workers.run(worker, code, cell.to_string());
                }
                Action::AnswerHost { worker, answer, .. } => self.workers.answer(worker, answer),
                // A question grants no tools.
                Action::CallTool { id, name, .. } => {
                    let failure = Failure::new(ErrorKind::InvalidArguments, format!("no tool `{name}`"));
                    actions.extend(self.machine.step(Event::ToolReturned { id, result: Err(failure) }));
                }
                Action::Search { id, call, pattern, limit, start } => {
                    let context = self.contexts.get(&call).cloned().unwrap_or_default();
                    let with = json!({"pattern": pattern, "limit": limit, "start": start});
                    let result = sandbox::search(context.as_bytes(), &with).map_err(|failure| {
                        Failure::new(ErrorKind::InvalidArguments, failure.message).with(failure.data)
                    });
                    actions.extend(self.machine.step(Event::ToolReturned { id, result }));
                }
                Action::SetTimer { timer, after_ms } => {
                    self.due(Duration::from_millis(after_ms), Due::Timer(timer));
                }
                Action::Kill { worker } => self.workers.kill(worker),
                Action::Finish { finished } => self.finished = Some(finished),
            }
        }
    }

    fn due(&mut self, after: Duration, due: Due) {
        let at = self.drive.models.now().saturating_add(after);
        self.times.push((at, due));
    }

    /// The text that the variable `context` is.
    fn context(&self, inputs: &[Variable]) -> Option<Arc<str>> {
        let context = inputs.iter().find(|input| input.name == "context")?;
        self.blobs.get(&context.digest?).cloned()
    }

    /// Sends a request, on a thread that waits for its reply.
    fn send(&mut self, sending: Sending) {
        let Sending { id, attempt, request, timeout_ms } = sending;
        let mut messages = Vec::new();
        for message in &request.messages {
            let mut content = String::new();
            for part in &message.parts {
                content.push_str(match part {
                    Part::Text(text) => text,
                    Part::Blob(blob) => self.blobs.get(&blob.digest).map_or("", |text| text),
                });
            }
            let speaker = match message.speaker {
                Speaker::System => "system",
                Speaker::User => "user",
                Speaker::Assistant => "assistant",
            };
            messages.push((speaker, content));
        }
        let piece = Piece {
            alias: request.model,
            messages,
            max_tokens: u32::try_from(request.max_output_tokens).unwrap_or(u32::MAX),
            schema: request.schema,
            idempotency_key: id.to_string(),
            lane: lane(id),
        };
        let cancel = Cancel::default();
        let (models, heard, stop) = (self.drive.models.clone(), self.heard.clone(), cancel.clone());
        let spawned = std::thread::Builder::new().name("question".to_string()).spawn(move || {
            let told = Box::new(models.attempt(&piece, &stop));
            let _ = heard.send(Heard::Replied { ask: id, attempt, told });
        });
        if let Err(why) = spawned {
            let told = Box::new(Attempted::failed(format!("the system gives no thread: {why}")));
            let _ = self.heard.send(Heard::Replied { ask: id, attempt, told });
        }
        self.flights.insert(id, (attempt, cancel));
        self.due(Duration::from_millis(timeout_ms), Due::Patience(id, attempt));
    }

    /// Waits for the next thing.
    fn listen(&mut self, hears: &Receiver<Heard>) {
        let next = self.times.iter().enumerate().min_by_key(|(_, (at, _))| *at).map(|(n, (at, _))| (n, *at));
        let told = match next {
            None => hears.recv().map_err(|_| RecvTimeoutError::Disconnected),
            Some((_, at)) => hears.recv_timeout(at.saturating_sub(self.drive.models.now())),
        };
        match (told, next) {
            (Ok(heard), _) => self.hear(heard),
            (Err(RecvTimeoutError::Timeout), Some((n, _))) => {
                let (_, due) = self.times.remove(n);
                self.come(due);
            }
            // The drive itself holds a sender, so this does not come.
            (Err(_), _) => self.happen(Event::Cancelled { message: "nobody answers any more".to_string() }),
        }
    }

    fn come(&mut self, due: Due) {
        match due {
            Due::Send(sending) => self.send(*sending),
            Due::Timer(timer) => self.happen(Event::Timer { timer }),
            Due::Patience(id, attempt) => {
                let Some((_, cancel)) = self.flights.get(&id).filter(|(known, _)| *known == attempt) else {
                    return;
                };
                cancel.cancel();
                self.flights.remove(&id);
                let error = AttemptError {
                    class: ProviderClass::Timeout,
                    message: "it gave no answer in time".to_string(),
                    latency_ms: 0,
                    retry_after_ms: None,
                };
                self.happen(Event::Replied { ask: id, attempt, result: Err(error) });
            }
        }
    }

    fn hear(&mut self, heard: Heard) {
        match heard {
            Heard::Cancelled => self.end("nobody waits for it any more"),
            Heard::Said(worker, said) => self.worker_said(worker, said),
            Heard::Replied { ask, attempt, told } => {
                if self.flights.get(&ask).is_none_or(|(known, _)| *known != attempt) {
                    return;
                }
                self.flights.remove(&ask);
                self.times.retain(|(_, due)| *due != Due::Patience(ask, attempt));
                let Attempted { result, is_live, fatal } = *told;
                self.sent += u64::from(is_live);
                if let Some(fatal) = fatal {
                    self.fatal.get_or_insert(fatal);
                    return self.end("the models cannot be asked");
                }
                let result: Result<Reply, AttemptError> = result;
                self.happen(Event::Replied { ask, attempt, result });
            }
        }
    }

    fn worker_said(&mut self, worker: WorkerId, said: Said) {
        match said {
            Said::Started(confined) => {
                let (identity, report) = *confined;
                self.started(Identity {
                    python: identity.python,
                    text: identity.text,
                    protocol: identity.protocol,
                    sandbox: held_by(self.drive.question.bounds.level, &report),
                });
            }
            Said::Asked(asked) => {
                let Asked { number, call, texts, active_ms, wall_ms } = *asked;
                for text in texts {
                    self.blobs.insert(Blob::of(&text).digest, text.into());
                }
                self.happen(Event::HostCalled { worker, number, call, active_ms, wall_ms });
            }
            Said::Ended(end) => self.happen(Event::CellEnded { worker, end: *end }),
            Said::Died(failure) => {
                // Where no worker can start at all, another one cannot either.
                if let Some(code) = failure.data.get("code").and_then(Json::as_str) {
                    let told = error_reply(code, "python", &failure.message);
                    self.fatal.get_or_insert(told);
                    return self.end("Python does not start");
                }
                self.workers.kill(worker);
                self.happen(Event::WorkerDied { worker, failure });
            }
        }
    }

    fn started(&mut self, identity: Identity) {
        match &self.identity {
            Some(known) if known.runs_as(&identity) => {}
            Some(known) => {
                let told = error_reply(
                    "R0801",
                    "interpreter_changed",
                    &format!(
                        "divergence: the cells so far ran in Python {} (worker {}, protocol {}); expected the same, \
                         found {} (worker {}, protocol {})",
                        known.python,
                        known.text,
                        known.protocol,
                        identity.python,
                        identity.text,
                        identity.protocol
                    ),
                );
                self.fatal.get_or_insert(told);
                self.end("the interpreter is another one");
            }
            None => {
                if let Err(message) = self.outlet.keep(vec![Entry::Worker(identity.clone())]) {
                    return self.happen(Event::AppendFailed { message });
                }
                self.identity = Some(identity);
            }
        }
    }

    fn end(&mut self, message: &str) {
        self.happen(Event::Cancelled { message: message.to_string() });
    }
}

/// The lane of a call among equal ones of a cassette: its place in the tree decides, not the order in which children
/// that run at once come to it. The number is one that JSON carries.
pub(crate) fn lane(id: Digest) -> u64 {
    let first = id.as_bytes().iter().take(6);
    first.fold(0, |lane, byte| lane << 8 | u64::from(*byte))
}
