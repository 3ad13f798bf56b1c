//! The door: every effect of a program is granted, promised in the log, carried out or answered from a log, and its
//! outcome kept, before the program sees it.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use bytecode::Span;
use prelude::effects::{Answer, Ask, Effects};
use prelude::python::Job;
use serde_json::{Value as Json, json};
use vm::{Fault, FaultKind, Print, Value};

use crate::cassette::{Cassette, Told, is_taped};
use crate::grant::{Allowed, Grants};
use crate::hash::{Fields, blake3_hex, effect_id, id_hex, outcome_id, sha256};
use crate::history::{EffectRecord, History};
use crate::journal::{Journal, Kept};
use crate::model;
use crate::pending::{Pending, Tasks};
use crate::python::{self, CellTools, Pools};
use crate::record::{self, EffectIntent, EffectOutcome};
use crate::recursion;
use crate::state::{self, Look, State};
use crate::tool::Provider;
use crate::waiting::Waiting;
use crate::world::{Cancel, Observer, World};

/// The state of a run that effects need. One node runs at a time.
pub struct Door<'a> {
    pub journal: Journal,
    /// `None` while a run is replayed: then every answer comes from `recording`.
    pub world: Option<&'a mut dyn World>,
    /// What this run did before: all of it in a replay, what a killed run completed when it is resumed.
    pub recording: Option<&'a History>,
    /// Where tests have what the world says.
    pub cassette: Option<&'a mut Cassette>,
    pub observer: &'a mut dyn Observer,
    pub grants: Grants,
    /// What carries out tools, by their paths.
    pub tools: BTreeMap<String, Provider>,
    /// What the code of Python cells may call.
    pub(crate) cell_tools: Arc<CellTools>,
    /// The folder that relative paths start from.
    pub folder: String,
    pub run: String,
    pub start_id: u128,
    pub seed: u64,
    pub arguments: Vec<String>,
    /// The lines of the root source, to name places.
    pub line_of: Box<dyn Fn(Span) -> u32 + 'a>,
    /// Repeats an effect whose outcome is unknown and which is not known to be harmless.
    pub repeat_unknown: bool,
    pub node: NodeState<'a>,
    pub state: State,
    /// Who states the intents of upserts: the document.
    pub author: String,
    /// What the node's tasks wait for.
    pub(crate) waiting: Waiting,
    /// All effects so far: those of the node that runs as they came, those before it in tree order.
    pub effects: Vec<EffectRecord>,
    /// What runs the code of recorded Python cells once more, to compare (`verify --reexecute-python`).
    pub python_again: Option<Arc<Pools>>,
    /// How that differed.
    pub differences: Vec<String>,
    /// The document's line for one of a Python cell or its preludes.
    pub python_line: Box<dyn Fn(Span, Option<usize>, u32) -> Option<Span> + 'a>,
    /// A failure of the log itself, which ends the run.
    pub broken: Option<crate::error::Error>,
    /// What was asked of models, and what the run before was told.
    pub(crate) prompts: Prompts<'a>,
}

/// What a run knows of its prompts.
#[derive(Default)]
pub struct Prompts<'a> {
    /// How often each was asked.
    lanes: BTreeMap<String, u64>,
    /// The run of before, whose replies equal prompts take.
    pub(crate) earlier: Option<&'a History>,
    /// Its calls that succeeded, by their prompts, without those that this run took.
    pub(crate) told_before: BTreeMap<String, VecDeque<u128>>,
    /// Kinds of effects and names of nodes that are asked anew.
    pub(crate) refresh: Vec<String>,
}

impl<'a> Prompts<'a> {
    /// Prompts that may take what an earlier run was told.
    pub(crate) fn after(earlier: Option<&'a History>, refresh: &[String]) -> Prompts<'a> {
        let mut prompts = Prompts { earlier, refresh: refresh.to_vec(), ..Prompts::default() };
        for effect in earlier.map_or(&[][..], |history| &history.effects) {
            let is_told = effect.outcome.as_ref().is_some_and(|outcome| outcome.ok);
            if is_told && effect.intent.effect == "model" {
                let told = prompts.told_before.entry(effect.intent.request.to_string()).or_default();
                told.push_back(effect.id);
            }
        }
        prompts
    }
}

/// What belongs to the node that runs.
#[derive(Default)]
pub struct NodeState<'a> {
    pub name: String,
    pub cell: String,
    pub effects: Vec<String>,
    pub printed: String,
    pub tables: Vec<(u32, u64, u64)>,
    pub looks: Vec<Look>,
    /// The processes that the next request comes from.
    pub(crate) within: Vec<usize>,
    pub(crate) tasks: Tasks<'a>,
    /// Where its effects begin among all.
    first_effect: usize,
}

impl<'a> Door<'a> {
    pub fn begin(&mut self, name: &str, cell: &str) {
        self.order_effects();
        let first_effect = self.effects.len();
        self.node = NodeState {
            name: name.to_string(),
            cell: cell.to_string(),
            first_effect,
            ..NodeState::default()
        };
    }

    /// What belonged to the node, which is over: the effects so far keep their order.
    pub fn end(&mut self) -> NodeState<'a> {
        let first_effect = self.effects.len();
        std::mem::replace(&mut self.node, NodeState { first_effect, ..NodeState::default() })
    }

    /// Brings the effects of the node that ran into tree order: a task's own before those of the tasks that it spawned.
    pub fn order_effects(&mut self) {
        let Some(effects) = self.effects.get_mut(self.node.first_effect..) else { return };
        let key = |effect: &EffectRecord| (places(&effect.intent.task), effect.intent.sequence);
        if !effects.is_sorted_by_key(key) {
            effects.sort_by_cached_key(key);
            self.node.effects = effects.iter().map(|effect| id_hex(effect.id)).collect();
        }
    }

    /// Through which somebody may end the run early.
    pub fn interruption(&self) -> Option<Cancel> {
        self.world.as_ref().and_then(|world| world.interruption())
    }

    pub fn is_interrupted(&self) -> bool {
        self.interruption().is_some_and(|stop| stop.is_cancelled())
    }

    /// Ends the program if somebody ended the run. The log stays open, and what tasks wait for counts as not asked.
    pub(crate) fn go_on(&mut self) -> Result<(), Fault> {
        if !self.is_interrupted() {
            return Ok(());
        }
        let error = crate::error::Error::interrupted();
        let fault = Fault::new(error.explained_as(), error.message()).kind(FaultKind::Effect);
        self.broken = Some(error);
        Err(fault)
    }

    /// What the program is about to do: asks the grant. `item` says which one of many at once it is.
    pub(crate) fn intend(
        &mut self,
        operation: &str,
        site: u32,
        line: u32,
        ask: &mut Ask,
        item: Option<(usize, usize)>,
    ) -> Result<(u128, EffectIntent, Allowed), Fault> {
        let question = match &*ask {
            Ask::Model { prompt } => Some(model::parsed(prompt)).filter(recursion::is_recursion),
            _ => None,
        };
        let mut python = None;
        if question.is_some() {
            let mut bounds = prelude::python::Bounds::default();
            let granted = self.grants.allow_python(&self.node.within, &mut bounds)?;
            python = Some((bounds, granted.text));
        }
        let mut allowed = match &mut *ask {
            Ask::Tool { effect, arguments, .. } => {
                self.grants.allow_tool(effect, &self.node.within, arguments)?
            }
            Ask::Python(job) => {
                job.seed = id_hex(Fields::new("python").number(self.seed).text(&self.node.name).id());
                self.grants.allow_python(&self.node.within, &mut job.bounds)?
            }
            ask => {
                let world = self.world.as_deref_mut();
                self.grants.allow(ask, &self.node.within, &self.folder, world)?
            }
        };
        let request = ask_json(ask);
        if let Ask::Model { .. } = ask {
            allowed.lane = self.next_lane(&request);
        }
        let (task, sequence) = self.next_sequence();
        let id = effect_id(&self.node.name, &task, site, sequence);
        self.node.effects.push(id_hex(id));
        if let (Some(question), Some((bounds, granted))) = (&question, python) {
            let most = question.get("recursion").and_then(|r| r.get("max_calls")).and_then(Json::as_u64);
            allowed.share = item.map_or(1, |(at, of)| of.saturating_sub(at) as u64);
            let most = most.unwrap_or(u64::MAX);
            allowed.calls = self.grants.hold_calls(id, &self.node.within, (1, allowed.share), most);
            allowed.text = format!("{}; {granted}", allowed.text);
            allowed.python = Some(bounds);
        }
        if let Ask::Python(job) = &*ask
            && job.bounds.model
        {
            allowed.calls = self.grants.hold_calls(id, &self.node.within, (0, 1), u64::MAX);
        }
        let item = item.map_or(String::new(), |(at, _)| format!(", item {at}"));
        let reason = format!("{}{item} in `{}`, for `{}`", described(ask), self.node.cell, self.node.name);
        let intent = EffectIntent {
            node: self.node.name.clone(),
            task,
            site,
            sequence,
            operation: match &*ask {
                Ask::Tool { tool, .. } => tool.clone(),
                Ask::Model { prompt } => asked_cell(prompt).unwrap_or_else(|| operation.to_string()),
                _ => operation.to_string(),
            },
            effect: ask.effect().to_string(),
            request,
            grant: allowed.text.clone(),
            reason,
            line,
        };
        Ok((id, intent, allowed))
    }

    /// What the log of this run has of an effect.
    ///
    /// # Errors
    /// A divergence.
    pub(crate) fn known(
        &self,
        id: u128,
        intent: &EffectIntent,
    ) -> Result<Option<(EffectRecord, &'a History)>, Fault> {
        let Some(history) = self.recording else { return Ok(None) };
        let found = || format!("{} {}", intent.operation, intent.request);
        match history.effect(id) {
            Some(known)
                if known.intent.request != intent.request || known.intent.operation != intent.operation =>
            {
                let expected = format!("{} {}", known.intent.operation, known.intent.request);
                Err(divergence("the program asks for something else than was recorded", &expected, &found()))
            }
            Some(known) if known.outcome.is_some() || self.world.is_some() => {
                Ok(Some((known.clone(), history)))
            }
            _ if self.world.is_some() => Ok(None),
            _ => {
                Err(divergence("the program asks for an effect that was not recorded", "no effect", &found()))
            }
        }
    }

    /// Which of the equal prompts of the run this is, from 0.
    fn next_lane(&mut self, request: &Json) -> u64 {
        let next = self.prompts.lanes.entry(request.to_string()).or_default();
        *next += 1;
        *next - 1
    }

    /// What the tape of a test says.
    pub(crate) fn taped(&mut self, intent: &EffectIntent, ask: &Ask) -> Option<Told> {
        let is_closed = self.cassette.is_some() && self.is_closed(ask);
        let cassette = self.cassette.as_deref_mut().filter(|_| is_taped(ask))?;
        // What needs nothing outside is asked, unless the tape was made with an answer.
        if is_closed && !cassette.has(&intent.request) {
            return None;
        }
        cassette.told(&intent.request)
    }

    /// The tape of a test that keeps what a request comes to.
    pub(crate) fn kept_on(&mut self, ask: &Ask) -> Option<&mut Cassette> {
        let is_closed = self.cassette.is_some() && self.is_closed(ask);
        self.cassette.as_deref_mut().filter(|_| is_taped(ask) && !is_closed)
    }

    /// Whether nothing outside is needed to answer: a model that the program carries itself, or one on a cassette that
    /// replays.
    fn is_closed(&mut self, ask: &Ask) -> bool {
        let Ask::Model { prompt } = ask else { return false };
        let Some(models) = self.world.as_deref_mut().and_then(|world| world.models()) else { return false };
        let prompt = model::parsed(prompt);
        let alias = |json: Option<&Json>, key: &str| json?.get(key)?.as_str().map(str::to_string);
        let sub = alias(prompt.get("recursion"), "sub");
        let aliases = alias(Some(&prompt), "alias").into_iter().chain(sub);
        aliases.into_iter().all(|alias| models.is_closed(&alias))
    }

    /// Promises an effect in the log: the seq of its intent.
    pub(crate) fn promise(
        &mut self,
        id: u128,
        intent: &EffectIntent,
        ask: &Ask,
        durable: bool,
    ) -> Result<u64, Fault> {
        let known = self.recording.and_then(|h| h.effect(id));
        if known.is_some() && !harmless(ask) && !self.repeat_unknown {
            let what = format!(
                "nobody knows whether `{}` was carried out before the run was killed",
                intent.operation
            );
            let help = "Look whether it happened; `lumen resume --repeat` does it again.";
            // The run stays open: who is asked can still answer.
            self.broken = Some(crate::error::Error::usage(what.clone()).code("R0803").help(help));
            return Err(Fault::new("R0803", what).help(help).kind(FaultKind::Effect));
        }
        match known {
            Some(known) => Ok(known.seq),
            None => {
                let blobs = match ask {
                    Ask::WriteFile { bytes, .. } => vec![Kept::new("content", bytes.clone())],
                    Ask::Checkpoint { image, .. } => vec![Kept::new("checkpoint", image.clone())],
                    _ => Vec::new(),
                };
                let kind = record::run::EFFECT_INTENT;
                let written = self.journal.run_entry(kind, id, self.start_id, intent, blobs, durable);
                self.logged(written)
            }
        }
    }

    /// Keeps what an effect came to.
    pub(crate) fn came(
        &mut self,
        (id, seq): (u128, u64),
        intent: EffectIntent,
        ask: &Ask,
        answer: &Result<Answer, Fault>,
    ) -> Result<(), Fault> {
        if let Some(cassette) = self.kept_on(ask) {
            cassette.keep(&intent.request, answer);
        }
        let (mut outcome, blobs) = outcome_of(answer);
        // Its first sending may have been paid for too: nobody knows whether it arrived. A question knows of its calls.
        if let (Ask::Model { .. }, Some(_)) = (ask, self.recording.and_then(|history| history.effect(id)))
            && let Some(Json::Object(reply)) = outcome.answer.get_mut("reply")
            && !reply.contains_key("tree")
        {
            reply.insert("resent".to_string(), json!(true));
        }
        self.keep((id, seq), intent, outcome, blobs, acts(ask))
    }

    pub(crate) fn keep(
        &mut self,
        (id, seq): (u128, u64),
        intent: EffectIntent,
        outcome: EffectOutcome,
        blobs: Vec<Kept>,
        durable: bool,
    ) -> Result<(), Fault> {
        let kind = record::run::EFFECT_OUTCOME;
        self.grants.release_calls(id, &outcome);
        let written = self.journal.run_entry(kind, outcome_id(id), id, &outcome, blobs, durable);
        self.effects.push(EffectRecord { id, seq, intent, outcome: Some(outcome) });
        self.logged(written).map(|_| ())
    }

    /// Keeps an effect of an earlier run as this run's own: its intent and outcome, without carrying it out.
    pub fn adopt(&mut self, effect: &EffectRecord, from: &History) -> crate::error::Result<()> {
        let Some(outcome) = &effect.outcome else { return Ok(()) };
        let mut blobs = Vec::new();
        if let Some(name) = &outcome.blob {
            blobs.push(Kept::new("answer", from.blob(name)?));
        }
        self.node.effects.push(id_hex(effect.id));
        self.note_prompt(effect);
        self.grants.count(&effect.intent.effect, &effect.intent.grant, effect.outcome.as_ref());
        let seq = self.journal.run_entry(
            record::run::EFFECT_INTENT,
            effect.id,
            self.start_id,
            &effect.intent,
            Vec::new(),
            false,
        )?;
        self.effects.push(EffectRecord { seq, ..effect.clone() });
        self.count_tools(effect.id, from);
        self.take_entries(effect.id, effect.id, from)?;
        self.journal.run_entry(
            record::run::EFFECT_OUTCOME,
            outcome_id(effect.id),
            effect.id,
            outcome,
            blobs,
            false,
        )?;
        Ok(())
    }

    /// Keeps what stands below an effect of an earlier run below one of this run.
    pub(crate) fn take_entries(
        &mut self,
        id: u128,
        earlier: u128,
        from: &History,
    ) -> crate::error::Result<()> {
        for entry in from.entries(earlier) {
            self.journal.run_entry(record::run::CALL, entry.id(id), id, entry, Vec::new(), false)?;
        }
        Ok(())
    }

    /// Counts a completed effect of this run's own log without carrying it out.
    ///
    /// # Errors
    /// What the log says of itself.
    pub fn count(&mut self, effect: &EffectRecord, history: &History) -> crate::error::Result<()> {
        self.effects.push(effect.clone());
        self.note_prompt(effect);
        self.count_tools(effect.id, history);
        if let Some(outcome) = &effect.outcome {
            self.grants.spend(&effect.intent.effect, outcome);
        }
        self.grants.count(&effect.intent.effect, &effect.intent.grant, effect.outcome.as_ref());
        match history.decision(state::intent_id(effect.id)) {
            Some(decided) => self.state.follow(&history.past(), decided.seq),
            None => Ok(()),
        }
    }

    /// A prompt that is taken with its node counts among the equal ones.
    fn note_prompt(&mut self, effect: &EffectRecord) {
        if effect.intent.effect == "model" {
            self.next_lane(&effect.intent.request);
            if let Some(told) = self.prompts.told_before.get_mut(&effect.intent.request.to_string()) {
                told.pop_front();
            }
        }
    }

    /// A failure to write the log ends the run; the error itself is kept beside the fault.
    pub(crate) fn logged<T>(&mut self, written: crate::error::Result<T>) -> Result<T, Fault> {
        written.map_err(|error| {
            let fault = Fault::new("R0810", format!("the run's log cannot be written: {error}"))
                .kind(FaultKind::Effect);
            self.broken = Some(error);
            fault
        })
    }

    fn carry_out(&mut self, ask: &Ask) -> Result<Answer, Fault> {
        let Some(world) = self.world.as_deref_mut() else {
            return Err(divergence("a replay has no world", "a recorded outcome", "none"));
        };
        let place = |path: &str| place(&self.folder, path);
        let failed = |what: String| {
            move |why: String| {
                let fault = Fault::new("R0701", format!("{what}: {why}")).kind(FaultKind::Effect);
                match ask.effect().starts_with("fs.") {
                    true => fault.help("Relative paths start at the document's folder."),
                    false => fault,
                }
            }
        };
        Ok(match ask {
            Ask::ReadFile { path } => {
                Answer::Bytes(world.read_file(&place(path)).map_err(failed(format!("cannot read `{path}`")))?)
            }
            Ask::WriteFile { path, bytes } => {
                world.write_file(&place(path), bytes).map_err(failed(format!("cannot write `{path}`")))?;
                Answer::Done
            }
            Ask::Exists { path } => Answer::Bool(world.exists(&place(path))),
            Ask::Glob { pattern } => Answer::Texts(
                world.glob(&place(pattern)).map_err(failed(format!("cannot list `{pattern}`")))?,
            ),
            Ask::MakeDirectory { path } => {
                world.make_directory(&place(path)).map_err(failed(format!("cannot make `{path}`")))?;
                Answer::Done
            }
            Ask::Checkpoint { .. } => Answer::Done,
            Ask::Remove { path } => {
                world.remove(&place(path)).map_err(failed(format!("cannot remove `{path}`")))?;
                Answer::Done
            }
            Ask::Now => Answer::Int(world.now()),
            Ask::Ticks => Answer::Int(world.ticks()),
            Ask::Sleep { .. }
            | Ask::Timer { .. }
            | Ask::Execute { .. }
            | Ask::Http { .. }
            | Ask::Tool { .. }
            | Ask::Model { .. }
            | Ask::Models { .. }
            | Ask::Python(_) => {
                let message = format!("`{}` was not waited for", ask.effect());
                return Err(Fault::new("R0999", message).kind(FaultKind::Internal));
            }
            Ask::Entropy { count } => Answer::Bytes(world.entropy(*count)),
            Ask::Environment { name } => Answer::Text(world.environment(name)),
            Ask::ReadLine => {
                Answer::Text(world.read_line().map_err(failed("cannot read a line".to_string()))?)
            }
        })
    }

    /// Runs a recorded Python cell's code once more, and notes what differs.
    fn run_again(&mut self, id: u128, job: &Job, outcome: &EffectOutcome, history: &History) {
        let Some(pools) = self.python_again.clone() else { return };
        let recorded = match recorded(outcome, history) {
            Ok(Ok(Answer::Python(ran))) => ran,
            // It never began, or the log is damaged, which the replay says.
            _ => return,
        };
        let again = python::again(&pools, job, &self.cell_tools, history.entries(id));
        match again {
            Ok(again) => self.differences.extend(python::compare(job, &recorded, &again)),
            Err(failed) => {
                self.differences
                    .push(format!("Python cell `{}` did not run again: {}", job.name, failed.why));
            }
        }
    }

    /// Asks the world again what a recorded effect asked, and says whether the answer is still the same. What is
    /// neither read from a file nor written to one keeps its outcome.
    pub fn still_holds(&mut self, effect: &EffectRecord) -> bool {
        let Some(outcome) = &effect.outcome else { return false };
        if is_cancelled(outcome) {
            return true;
        }
        let Some(ask) = ask_of(&effect.intent.request) else { return outcome.ok };
        match &ask {
            Ask::ReadFile { .. } => match self.carry_out(&ask) {
                Ok(Answer::Bytes(bytes)) => outcome.ok && outcome.sha256.as_deref() == Some(&sha256(&bytes)),
                Ok(_) => false,
                Err(_) => !outcome.ok,
            },
            Ask::Exists { .. } | Ask::Glob { .. } => {
                self.carry_out(&ask).is_ok_and(|answer| outcome.ok && answer_json(&answer) == outcome.answer)
            }
            // What a program writes it writes again: the file may have changed since.
            Ask::WriteFile { .. } | Ask::MakeDirectory { .. } => false,
            Ask::Remove { path } => {
                let there = Ask::Exists { path: path.clone() };
                outcome.ok && self.carry_out(&there) == Ok(Answer::Bool(false))
            }
            _ => outcome.ok,
        }
    }
}

impl Effects for Door<'_> {
    fn perform(&mut self, operation: &str, site: u32, span: Span, ask: Ask) -> Result<Answer, Fault> {
        if ask.waits()
            && let Some(answer) = self.told()
        {
            return answer;
        }
        self.go_on()?;
        let line = (self.line_of)(span);
        let mut ask = ask;
        if let Ask::Checkpoint { image, .. } = &mut ask {
            *image = match self.with_before(image) {
                Ok(whole) => whole,
                Err(error) => return self.logged(Err(error)),
            };
        }
        if let Ask::Models { prompts, in_flight } = ask {
            return self.ask_models(operation, site, line, prompts, in_flight);
        }
        let (id, intent, allowed) = self.intend(operation, site, line, &mut ask, None)?;
        if let Some((known, history)) = self.known(id, &intent)? {
            if let (Some(outcome), Ask::Python(job)) = (&known.outcome, &ask) {
                self.run_again(id, job, outcome, history);
            }
            if known.outcome.is_some() && ask.waits() {
                if let Some(outcome) = &known.outcome {
                    allowed.spend(outcome);
                }
                self.count_tools(id, history);
                return Err(self.wait_for(Pending::Recorded { known, history }));
            }
            if let Some(outcome) = &known.outcome {
                let answer = recorded(outcome, history);
                self.effects.push(known);
                return answer.map_err(|error| {
                    let fault = Fault::new("R0810", error.to_string()).kind(FaultKind::Effect);
                    self.broken = Some(error);
                    fault
                })?;
            }
        }
        if let Ask::Model { .. } = &ask
            && let Some(reply) = self.earlier_reply(id, &intent)?
        {
            return Ok(Answer::Reply(reply));
        }
        let seq = self.promise(id, &intent, &ask, acts(&ask))?;
        match self.taped(&intent, &ask) {
            Some(Told::Answer(told)) => {
                self.came((id, seq), intent, &ask, &told)?;
                return told;
            }
            // Something else has to end that, as it did when the tape was made.
            Some(Told::Nothing) => return Err(self.wait_for(Pending::Live { id, seq, intent, ask })),
            None => {}
        }
        if ask.waits() {
            return Err(self.begin_to_wait((id, seq), intent, ask, &allowed));
        }
        let answer = self.carry_out(&ask);
        self.came((id, seq), intent, &ask, &answer)?;
        answer
    }

    fn pause(&mut self) -> Result<(), Fault> {
        self.go_on()
    }

    fn within(&mut self, processes: &[usize]) {
        self.node.within.clear();
        self.node.within.extend_from_slice(processes);
    }

    fn enter(&mut self, number: u64, place: &[u32]) {
        self.node.tasks.enter(number, place);
    }

    fn next(&mut self) -> Result<u64, Fault> {
        self.next_answer()
    }

    fn leave(&mut self, number: u64) {
        self.stop_waiting(number);
    }

    fn state(
        &mut self,
        _: &str,
        site: u32,
        span: Span,
        request: prelude::state::Request,
    ) -> Result<Value, Fault> {
        self.ask_state(site, span, &request)
    }

    fn print(&mut self, to: Print, text: &str) {
        if to == Print::Out {
            self.node.printed.push_str(text);
        }
        self.observer.printed(to, text);
    }

    fn seed(&mut self) -> u64 {
        let fields = Fields::new("generator").number(self.seed).text(&self.node.name);
        let fields = match self.node.tasks.place() {
            place if place.is_empty() => fields,
            place => fields.text(&place),
        };
        fields.id() as u64
    }

    fn arguments(&self) -> Vec<String> {
        self.arguments.clone()
    }

    fn trace_reference(&self) -> String {
        format!("<trace:{}:{}>", self.run, self.node.tasks.asked())
    }

    fn python_line(&self, cell: Span, prelude: Option<usize>, line: u32) -> Option<Span> {
        (self.python_line)(cell, prelude, line)
    }

    fn table_read(&mut self, site: u32, rows: usize, columns: usize) {
        self.node.tables.push((site, rows as u64, columns as u64));
    }
}

fn outcome_of(answer: &Result<Answer, Fault>) -> (EffectOutcome, Vec<Kept>) {
    let plain = |ok, answer| EffectOutcome { ok, answer, blob: None, sha256: None, size_bytes: None };
    match answer {
        Ok(Answer::Bytes(bytes)) => {
            let kept = Kept::new("answer", bytes.clone());
            let outcome = EffectOutcome {
                ok: true,
                answer: Json::Null,
                blob: Some(kept.name()),
                sha256: Some(sha256(bytes)),
                size_bytes: Some(bytes.len() as u64),
            };
            (outcome, vec![kept])
        }
        Ok(Answer::Reply(reply)) => {
            let reply = model::parsed(reply);
            (plain(!model::is_error(&reply), json!({"reply": reply})), Vec::new())
        }
        Ok(Answer::Python(ran)) => {
            let kept = Kept::new("answer", python::encode(ran));
            let outcome = EffectOutcome {
                ok: ran.outcome.is_ok(),
                answer: python::told(ran),
                blob: Some(kept.name()),
                sha256: None,
                size_bytes: None,
            };
            (outcome, vec![kept])
        }
        Ok(answer) => (plain(true, answer_json(answer)), Vec::new()),
        Err(fault) => (
            plain(false, json!({"code": fault.code, "message": fault.message, "help": fault.help})),
            Vec::new(),
        ),
    }
}

/// The numbers of a task's place.
fn places(task: &str) -> Vec<u32> {
    task.split('.').filter_map(|number| number.parse().ok()).collect()
}

/// Whether nobody waited for it to the end.
pub(crate) fn is_cancelled(outcome: &EffectOutcome) -> bool {
    outcome.answer.get("cancelled").is_some()
}

/// What the log says of an effect that nobody waited for to the end.
pub(crate) fn cancelled() -> EffectOutcome {
    let answer = json!({"cancelled": true});
    EffectOutcome { ok: false, answer, blob: None, sha256: None, size_bytes: None }
}

/// A path from the document's folder.
pub fn place(folder: &str, path: &str) -> String {
    if path.starts_with('/') { path.to_string() } else { format!("{folder}{path}") }
}

/// Whether it changes something outside: then its intent, with everything before it, is on disk before it is carried
/// out, and its outcome before the program goes on. What only looks at the world can be asked again as long as nothing
/// followed from the answer, and what follows reaches the disk behind it.
fn acts(ask: &Ask) -> bool {
    match ask {
        Ask::WriteFile { .. }
        | Ask::Checkpoint { .. }
        | Ask::MakeDirectory { .. }
        | Ask::Remove { .. }
        | Ask::Execute { .. }
        | Ask::Http { .. }
        | Ask::Tool { .. }
        | Ask::Model { .. }
        | Ask::Models { .. }
        | Ask::ReadLine => true,
        Ask::ReadFile { .. }
        | Ask::Exists { .. }
        | Ask::Glob { .. }
        | Ask::Now
        | Ask::Ticks
        | Ask::Sleep { .. }
        | Ask::Timer { .. }
        | Ask::Entropy { .. }
        | Ask::Python(_)
        | Ask::Environment { .. } => false,
    }
}

/// Repeating it changes nothing more than doing it once. A model is asked again under the same idempotency key, and
/// the log says so: at worst it is paid twice.
fn harmless(ask: &Ask) -> bool {
    match ask {
        // RFC 9110, 9.2.2: a server that is asked these again comes to the same.
        Ask::Http { method, .. } => method != "POST",
        ask => !matches!(ask, Ask::Execute { .. } | Ask::Remove { .. } | Ask::Tool { .. } | Ask::ReadLine),
    }
}

fn described(ask: &Ask) -> String {
    match ask {
        Ask::ReadFile { path } => format!("read `{path}`"),
        Ask::WriteFile { path, .. } => format!("write `{path}`"),
        Ask::Exists { path } => format!("look for `{path}`"),
        Ask::Glob { pattern } => format!("list `{pattern}`"),
        Ask::MakeDirectory { path } => format!("make the folder `{path}`"),
        Ask::Remove { path } => format!("remove `{path}`"),
        Ask::Now | Ask::Ticks => "read the clock".to_string(),
        Ask::Sleep { ms } => format!("wait {ms} ms"),
        Ask::Timer { ms } => format!("give a task {ms} ms"),
        Ask::Entropy { count } => format!("take {count} random bytes"),
        Ask::Environment { name } => format!("read the variable `{name}`"),
        Ask::ReadLine => "read a line".to_string(),
        Ask::Checkpoint { name, .. } => format!("keep the run at `{name}`"),
        Ask::Execute { program, .. } => format!("run `{program}`"),
        Ask::Http { method, host, .. } => format!("{method} from `{host}`"),
        Ask::Tool { tool, .. } => format!("call the tool `{tool}`"),
        Ask::Model { prompt } => {
            let prompt = model::parsed(prompt);
            let alias = prompt.get("alias").and_then(Json::as_str).unwrap_or_default();
            match recursion::is_recursion(&prompt) {
                true => format!("ask the model `{alias}` by recursion"),
                false => format!("ask the model `{alias}`"),
            }
        }
        Ask::Models { prompts, .. } => format!("ask models {} times", prompts.len()),
        Ask::Python(job) => format!("run the Python cell `{}`", job.name),
    }
}

/// The request as the log holds it. What a file is to hold stands as its hash.
fn ask_json(ask: &Ask) -> Json {
    match ask {
        Ask::ReadFile { path } => json!({"read": path}),
        Ask::WriteFile { path, bytes } => json!({"write": path, "blob": blake3_hex(bytes)}),
        Ask::Exists { path } => json!({"exists": path}),
        Ask::Glob { pattern } => json!({"glob": pattern}),
        Ask::MakeDirectory { path } => json!({"mkdir": path}),
        Ask::Remove { path } => json!({"remove": path}),
        Ask::Now => json!("now"),
        Ask::Ticks => json!("ticks"),
        Ask::Sleep { ms } => json!({"sleep_ms": ms}),
        Ask::Timer { ms } => json!({"timeout_ms": ms}),
        Ask::Entropy { count } => json!({"entropy": count}),
        Ask::Environment { name } => json!({"env": name}),
        Ask::ReadLine => json!("read_line"),
        Ask::Checkpoint { name, image } => json!({"checkpoint": name, "blob": blake3_hex(image)}),
        Ask::Execute { program, args } => json!({"execute": program, "args": args}),
        Ask::Http { method, url, headers, body, .. } => {
            json!({"http": method, "url": url, "headers": headers, "body": body})
        }
        Ask::Tool { tool, arguments, .. } => {
            json!({"tool": tool, "arguments": serde_json::from_str::<Json>(arguments).unwrap_or_default()})
        }
        Ask::Model { prompt } => json!({"model": recursion::request(model::parsed(prompt))}),
        Ask::Models { prompts, .. } => json!({"models": prompts.len()}),
        Ask::Python(job) => python::request(job),
    }
}

/// The cell that asks a model.
fn asked_cell(prompt: &str) -> Option<String> {
    model::parsed(prompt).get("cell").and_then(Json::as_str).map(str::to_string)
}

/// A request about files, which can be asked again; `None` for any other.
fn ask_of(request: &Json) -> Option<Ask> {
    let text = |key: &str| request.get(key).and_then(Json::as_str).map(str::to_string);
    if let Some(path) = text("read") {
        return Some(Ask::ReadFile { path });
    }
    if let Some(path) = text("exists") {
        return Some(Ask::Exists { path });
    }
    if let Some(pattern) = text("glob") {
        return Some(Ask::Glob { pattern });
    }
    if let Some(path) = text("mkdir") {
        return Some(Ask::MakeDirectory { path });
    }
    if let Some(path) = text("remove") {
        return Some(Ask::Remove { path });
    }
    if let Some(path) = text("write") {
        return Some(Ask::WriteFile { path, bytes: Vec::new() });
    }
    None
}

fn answer_json(answer: &Answer) -> Json {
    match answer {
        Answer::Done | Answer::Bytes(_) | Answer::Python(_) => Json::Null,
        Answer::Bool(value) => json!({"bool": value}),
        Answer::Int(value) => json!({"int": value}),
        Answer::Text(text) => json!({"text": text}),
        Answer::Texts(texts) => json!({"texts": texts}),
        Answer::Reply(reply) => json!({"reply": model::parsed(reply)}),
        Answer::Replies(replies) => json!({"replies": replies.len()}),
    }
}

/// The answer of a recorded outcome.
pub(crate) fn recorded(
    outcome: &EffectOutcome,
    history: &History,
) -> crate::error::Result<Result<Answer, Fault>> {
    if let Some(reply) = outcome.answer.get("reply") {
        return Ok(Ok(Answer::Reply(reply.to_string())));
    }
    if let Some(blob) = outcome.blob.as_ref().filter(|_| python::is_ran(outcome)) {
        let ran = python::decode(&history.blob(blob)?)
            .ok_or_else(|| crate::error::Error::damaged("what a Python cell came to cannot be read"))?;
        return Ok(Ok(Answer::Python(Box::new(ran))));
    }
    if !outcome.ok {
        let field = |key: &str| outcome.answer.get(key).and_then(Json::as_str).map(str::to_string);
        let mut fault = Fault::new(&field("code").unwrap_or_default(), field("message").unwrap_or_default());
        fault.help = field("help");
        return Ok(Err(fault.kind(FaultKind::Effect)));
    }
    if let Some(blob) = &outcome.blob {
        return Ok(Ok(Answer::Bytes(history.blob(blob)?)));
    }
    let answer = &outcome.answer;
    Ok(Ok(if let Some(value) = answer.get("bool").and_then(Json::as_bool) {
        Answer::Bool(value)
    } else if let Some(value) = answer.get("int").and_then(Json::as_i64) {
        Answer::Int(value)
    } else if let Some(text) = answer.get("text") {
        Answer::Text(text.as_str().map(str::to_string))
    } else if let Some(texts) = answer.get("texts").and_then(Json::as_array) {
        Answer::Texts(texts.iter().filter_map(|t| t.as_str().map(str::to_string)).collect())
    } else {
        Answer::Done
    }))
}

/// A hash over what a program asked and was told, without seqs, times and paths of the machine.
pub fn trace_hash(effects: &[EffectRecord]) -> String {
    let mut fields = Fields::new("trace");
    for effect in effects {
        fields = fields.text(&id_hex(effect.id)).text(&effect.intent.request.to_string());
        if let Some(outcome) = &effect.outcome {
            fields = fields
                .number(u64::from(outcome.ok))
                .text(&outcome.answer.to_string())
                .text(outcome.blob.as_deref().unwrap_or(""));
        }
    }
    fields.hex()
}

pub(crate) fn divergence(what: &str, expected: &str, found: &str) -> Fault {
    Fault::new("R0801", format!("divergence: {what}; expected {expected}, found {found}"))
        .kind(FaultKind::Effect)
}
