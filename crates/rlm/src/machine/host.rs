//! What cells ask of the host. A cell waits for one call at a time; a batch has many items.

use super::Machine;
use super::ask::{Ask, Owner};
use crate::digest::Digest;
use crate::event::{Action, Answer, Errors, HostCall, WorkerId};
use crate::failure::{ErrorKind, Failure};
use crate::prompt;
use crate::record::{Kind, Place, Role};
use crate::reply;
use crate::request::{Blob, Reply};
use crate::schema::Schema;
use serde_json::{Value, json};
use std::sync::Arc;

/// How often a model whose answer does not fit is asked again.
const REASKS: u32 = 2;

/// What a cell waits for.
#[derive(Clone, Debug)]
pub(super) struct Waiting {
    pub worker: WorkerId,
    pub number: u64,
    pub place: Place,
    pub items: Vec<Item>,
    /// Items without a result.
    pub missing: usize,
    /// What a failing item does; none for a single call.
    pub batch: Option<Errors>,
    pub schema: Option<Arc<Schema>>,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Item {
    pub reasked: u32,
    pub result: Option<Result<Value, Failure>>,
}

impl Waiting {
    pub(super) fn item_place(&self, item: usize) -> Place {
        if self.batch.is_some() { self.place.item(item) } else { self.place.clone() }
    }
}

/// Where a host call comes from.
pub(super) struct Caller {
    pub id: Digest,
    pub worker: WorkerId,
    pub number: u64,
    /// Whether its cell runs for the first time.
    pub live: bool,
}

/// Model calls of one host call.
struct Queries {
    prompts: Vec<(String, Option<Blob>)>,
    schema: Option<Value>,
    model: Option<String>,
    max_tokens: Option<u64>,
    batch: Option<Errors>,
}

impl Machine {
    /// A cell calls the host and waits.
    pub(super) fn host_called(
        &mut self,
        worker: WorkerId,
        (number, asked): (u64, HostCall),
        (active_ms, wall_ms): (u64, u64),
    ) {
        let Some(id) = self.workers.get(&worker).copied() else { return };
        let Some(call) = self.calls.get_mut(&id) else { return };
        let busy = call.waiting.is_some();
        let Some(running) = call.worker.as_mut().and_then(|worker| worker.running.as_mut()) else { return };
        let caller = Caller { id, worker, number, live: running.live };
        if busy {
            let failure =
                Failure::new(ErrorKind::InvalidArguments, "a cell waits for one host call at a time");
            self.answer(&caller, Answer::Failure(failure));
            return;
        }
        if let HostCall::Submit { submission } = &asked {
            self.submitted(&caller, submission, (active_ms, wall_ms));
            return;
        }
        if running.refused {
            running.swallowed = true;
            let failure = Failure::new(
                ErrorKind::SubmitRejected,
                "submit_swallowed: SUBMIT was refused and the cell went on; nothing more is answered in this cell",
            );
            self.answer(&caller, Answer::Failure(failure));
            return;
        }
        let (cell, sequence) = (running.cell, running.sequence);
        running.sequence += 1;
        let place = |site: &str| Place::new(cell, site, sequence);
        match asked {
            HostCall::LlmQuery { prompt, context, schema, model, max_tokens } => {
                let prompts = vec![(prompt, context)];
                let queries = Queries { prompts, schema, model, max_tokens, batch: None };
                self.queries(&caller, place("llm_query"), queries);
            }
            HostCall::LlmBatch { prompts, schema, model, errors } => {
                let prompts = prompts.into_iter().map(|prompt| (prompt, None)).collect();
                let queries = Queries { prompts, schema, model, max_tokens: None, batch: Some(errors) };
                self.queries(&caller, place("llm_batch"), queries);
            }
            HostCall::RlmQuery { prompt, context, schema } => {
                self.children(&caller, place("rlm_query"), vec![(prompt, context)], schema, None);
            }
            HostCall::RlmBatch { prompts, schema, errors } => {
                self.children(&caller, place("rlm_batch"), prompts, schema, Some(errors));
            }
            HostCall::Search { pattern, limit, start } => {
                self.search(&caller, place("search"), pattern, limit, start);
            }
            HostCall::Budget => self.budget(&caller, place("budget")),
            HostCall::Tool { name, arguments } => self.tool(&caller, place("tool"), name, arguments),
            HostCall::Submit { .. } => {}
        }
    }

    pub(super) fn answer(&mut self, caller: &Caller, answer: Answer) {
        self.effect(Action::AnswerHost { worker: caller.worker, number: caller.number, answer });
    }

    pub(super) fn fail(&mut self, caller: &Caller, kind: ErrorKind, message: impl Into<String>) {
        self.answer(caller, Answer::Failure(Failure::new(kind, message)));
    }

    /// A cell that runs again asks only what the log can answer.
    pub(super) fn answerable(&mut self, caller: &Caller, id: Digest, kind: Kind) -> bool {
        if caller.live || self.log.contains_key(&(id, kind)) {
            return true;
        }
        self.diverged("the re-executed cell asks something that the log does not have", id);
        false
    }

    fn queries(&mut self, caller: &Caller, place: Place, queries: Queries) {
        let Some(call) = self.calls.get(&caller.id) else { return };
        if call.depth < 1 {
            self.fail(caller, ErrorKind::Depth, "DepthExceeded: code of depth 0 may not call models");
            return;
        }
        let schema = match queries.schema.as_ref().map(Schema::register).transpose() {
            Ok(schema) => schema.map(Arc::new),
            Err(refusals) => {
                self.fail(caller, ErrorKind::InvalidArguments, refused_schema(&refusals));
                return;
            }
        };
        let task = self.task.clone();
        let Some(model) = task.named_model(queries.model.as_deref()) else {
            let known: Vec<&str> =
                task.named.iter().chain([&task.sub]).map(|each| each.alias.as_str()).collect();
            let message = format!(
                "no model `{}` is granted; there are: {}",
                queries.model.unwrap_or_default(),
                known.join(", ")
            );
            self.fail(caller, ErrorKind::InvalidArguments, message);
            return;
        };
        let waiting = Waiting {
            worker: caller.worker,
            number: caller.number,
            place,
            items: vec![Item::default(); queries.prompts.len()],
            missing: queries.prompts.len(),
            batch: queries.batch,
            schema: schema.clone(),
        };
        let places: Vec<Place> = (0..waiting.items.len()).map(|item| waiting.item_place(item)).collect();
        self.wait(caller.id, waiting);
        for (item, ((prompt, context), place)) in queries.prompts.iter().zip(places).enumerate() {
            if self.over || !self.answerable(caller, place.id(), Kind::ModelOutcome) {
                return;
            }
            let request =
                prompt::query((prompt, context.as_ref()), schema.as_deref(), model, queries.max_tokens);
            self.ask(place, Owner::Item(item), caller.id, Role::Sub, request);
        }
    }

    /// Notes what a cell waits for; an empty batch waits for nothing.
    pub(super) fn wait(&mut self, id: Digest, waiting: Waiting) {
        if let Some(call) = self.calls.get_mut(&id) {
            call.waiting = Some(waiting);
        }
        self.answer_if_complete(id);
    }

    /// A model answered an item: it fits, or the model is asked again, or it is a failure.
    pub(super) fn item_answered(&mut self, ask: Ask, item: usize, result: Result<Reply, Failure>) {
        let Some(waiting) = self.calls.get_mut(&ask.call).and_then(|call| call.waiting.as_mut()) else {
            return;
        };
        let (schema, place) = (waiting.schema.clone(), waiting.item_place(item));
        let reply = match (result, &schema) {
            (Err(failure), _) => return self.item_done(ask.call, item, Err(failure)),
            (Ok(reply), None) => return self.item_done(ask.call, item, Ok(reply.text.into())),
            (Ok(reply), Some(_)) => reply,
        };
        let Some(schema) = schema else { return };
        let problem = match reply::parse(&reply.text, &schema, self.task.reading) {
            Ok(typed) => return self.item_done(ask.call, item, Ok(typed.value)),
            Err(problem) => problem.to_string(),
        };
        let Some(waits) = waiting.items.get_mut(item) else { return };
        if waits.reasked == REASKS {
            let failure =
                Failure::new(ErrorKind::Provider, format!("the model's answer does not fit: {problem}"))
                    .with(json!({"class": "malformed", "answers": REASKS + 1}));
            return self.item_done(ask.call, item, Err(failure));
        }
        waits.reasked += 1;
        let place = Place::new(place.id(), "reask", waits.reasked.into());
        let request = prompt::again(ask.request, &reply.text, &problem);
        self.ask(place, Owner::Item(item), ask.call, ask.role, request);
    }

    pub(super) fn item_done(&mut self, id: Digest, item: usize, result: Result<Value, Failure>) {
        let Some(waiting) = self.calls.get_mut(&id).and_then(|call| call.waiting.as_mut()) else { return };
        let Some(waits) = waiting.items.get_mut(item).filter(|item| item.result.is_none()) else { return };
        waits.result = Some(result);
        waiting.missing -= 1;
        self.answer_if_complete(id);
    }

    fn answer_if_complete(&mut self, id: Digest) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        let Some(waiting) = call.waiting.take_if(|waiting| waiting.missing == 0) else { return };
        let mut results = waiting.items.into_iter().filter_map(|item| item.result);
        let answer = match waiting.batch {
            Some(errors) => Answer::Batch { results: results.collect(), errors },
            None => match results.next() {
                Some(Ok(value)) => Answer::Value(value),
                Some(Err(failure)) => Answer::Failure(failure),
                None => return,
            },
        };
        self.effect(Action::AnswerHost { worker: waiting.worker, number: waiting.number, answer });
    }

    /// Nobody waits any more for what a call's cell asked.
    pub(super) fn abandon_waiting(&mut self, id: Digest) {
        if let Some(call) = self.calls.get_mut(&id) {
            call.waiting = None;
        }
        self.abandon_asks(id);
        self.tools.retain(|_, call| *call != id);
        let children: Vec<Digest> = self
            .calls
            .values()
            .filter(|child| !child.closed && child.parent.is_some_and(|(parent, _)| parent == id))
            .map(|child| child.id)
            .collect();
        for child in children {
            self.close_failed(child, Failure::new(ErrorKind::Cancelled, "the calling cell ended"));
        }
    }
}

pub(super) fn refused_schema(refusals: &[crate::Refusal]) -> String {
    let listed: Vec<String> = refusals.iter().map(ToString::to_string).collect();
    format!("the schema cannot be registered: {}", listed.join("; "))
}
