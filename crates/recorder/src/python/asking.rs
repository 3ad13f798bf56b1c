//! What a cell of a document may ask its host: models and tools, as far as the document grants them, a search of its own
//! context, and what is left of the budget.
//!
//! Each call of a model or a tool is promised below the cell's effect in the log before it is sent, and its reply is there before
//! the cell sees it: a killed run answers from there, and asks only what has no reply.

use std::collections::BTreeMap;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use prelude::python::{Asked, Crossing, Job};
use rlm::Digest;
use sandbox::{Call, ErrorKind, Failure, Host, Reply};
use serde_json::{Value as Json, json};

use super::prompt::{Wanted, prompt, questions};
use super::tool::{Before, Calling, CellTools, Refused, asked};
use super::{Pools, request};
use crate::model::{self, Budget, Models};
use crate::recursion::{self, Drive, Entry, Outlet, Question, lane};
use crate::waiting::Limits;
use crate::world::{Cancel, Work};

/// Calls of one cell on their way at once where no grant says.
const IN_FLIGHT: usize = 16;

/// What the grants of a cell say of models.
#[derive(Clone)]
pub(crate) struct Granted {
    pub(crate) models: Models,
    /// Where the code of a question runs.
    pub(crate) pools: Arc<Pools>,
    pub(crate) budget: Option<Arc<Budget>>,
    pub(crate) limits: Limits,
    pub(crate) retries: Option<u32>,
    pub(crate) calls_max: Option<u64>,
}

/// Calls that somebody may have to withdraw.
pub(crate) type Flights = Arc<Mutex<Vec<Cancel>>>;

/// The host of one cell.
pub(crate) struct Asking<'j> {
    job: &'j Job,
    granted: Option<Granted>,
    /// The way to the log; none while the code of a replayed cell runs again.
    outlet: Option<&'j Outlet>,
    /// What the log has, by number and item.
    promised: BTreeMap<(u64, u64), Json>,
    replies: BTreeMap<(u64, u64), Json>,
    /// Calls of tools and what they came to, by number.
    called: BTreeMap<u64, Json>,
    answered: BTreeMap<u64, Json>,
    tools: Arc<CellTools>,
    /// What stands below questions by recursion.
    below: BTreeMap<(u64, u64), Vec<Entry>>,
    flights: Flights,
    number: u64,
    pub(crate) asked: Asked,
    /// A question that no grant allows or nobody built: a fault of the cell, whatever it does with the exception.
    pub(crate) refused: Option<&'static str>,
    /// What ends the run, whatever the cell does.
    pub(crate) fatal: Option<Refused>,
}

impl<'j> Asking<'j> {
    pub(crate) fn new(
        job: &'j Job,
        (granted, tools): (Option<Granted>, Arc<CellTools>),
        outlet: Option<&'j Outlet>,
        log: &[Entry],
        flights: Flights,
    ) -> Asking<'j> {
        let (mut promised, mut replies) = (BTreeMap::new(), BTreeMap::new());
        let (mut called, mut answered) = (BTreeMap::new(), BTreeMap::new());
        let mut below: BTreeMap<(u64, u64), Vec<Entry>> = BTreeMap::new();
        for entry in log {
            match entry {
                Entry::Asked { number, item, prompt } => {
                    promised.insert((*number, *item), prompt.clone());
                }
                Entry::Told { number, item, reply } => {
                    replies.insert((*number, *item), reply.clone());
                }
                Entry::Called { number, asked, .. } => {
                    called.insert(*number, asked.clone());
                }
                Entry::Answered { number, answer } => {
                    answered.insert(*number, answer.clone());
                }
                Entry::Below { number, item, entry } => {
                    below.entry((*number, *item)).or_default().push((**entry).clone());
                }
                Entry::Worker(_) | Entry::Record(_) => {}
            }
        }
        Asking {
            job,
            granted,
            outlet,
            promised,
            replies,
            called,
            answered,
            tools,
            below,
            flights,
            number: 0,
            asked: Asked::default(),
            refused: None,
            fatal: None,
        }
    }

    /// Notes what ends the run; the first one stands.
    fn end(&mut self, code: &str, message: String) {
        let is_test = self.granted.as_ref().is_some_and(|granted| granted.models.are_for_tests());
        // A grant's limit is the same when the world is asked again.
        let help = (is_test && code != "R0907")
            .then(|| "`lumen test --record` asks the world and keeps what it says.".to_string());
        self.fatal.get_or_insert(Refused { code: code.to_string(), message, help });
    }

    fn context(&self) -> Result<String, Failure> {
        let input = self.job.inputs.iter().find(|(name, _)| name == "context");
        match input.map(|(_, value)| value) {
            Some(Crossing::Json(text)) => serde_json::from_str::<String>(text)
                .map_err(|_| Failure::new(ErrorKind::InvalidParams, "the input `context` is no text")),
            _ => Err(Failure::new(ErrorKind::InvalidParams, "the cell has no input `context` to search")),
        }
    }

    /// What the prompts are replied, in their order.
    fn replies(&mut self, prompts: Vec<Wanted>) -> Result<Vec<Json>, Failure> {
        self.number += 1;
        let number = self.number;
        let mut replies: Vec<Option<Json>> = Vec::new();
        let mut missing = Vec::new();
        for (item, wanted) in (0u64..).zip(prompts) {
            let place = (number, item);
            let found = &wanted.prompt;
            let promised = self.promised.get(&place).or_else(|| self.called.get(&number));
            if let Some(promised) = promised.filter(|promised| *promised != found) {
                let what = format!(
                    "the cell asks something else than was recorded; expected {promised}, found {found}"
                );
                self.end("R0801", format!("asks a model: divergence: {what}"));
                return Err(Failure::new(ErrorKind::Divergence, what));
            }
            let known = self.replies.get(&place).filter(|_| self.promised.contains_key(&place)).cloned();
            if let (Some(reply), Some(budget)) =
                (&known, self.granted.as_ref().and_then(|granted| granted.budget.as_ref()))
            {
                budget.spend(model::spent(reply));
            }
            if known.is_none() {
                missing.push((item, wanted));
            }
            replies.push(known);
        }
        if !missing.is_empty() {
            self.ask(number, missing, &mut replies)?;
        }
        for reply in replies.iter().flatten() {
            self.asked.calls += model::calls_of_reply(reply);
            let (tokens, nanodollars) = model::spent(reply).parts();
            self.asked.tokens += tokens;
            self.asked.nanodollars += nanodollars;
        }
        Ok(replies.into_iter().flatten().collect())
    }

    fn keep(&self, entries: Vec<Entry>) -> Result<(), Failure> {
        let Some(outlet) = self.outlet else { return Ok(()) };
        outlet.keep(entries).map_err(|why| Failure::new(ErrorKind::Cancelled, why))
    }

    fn ask(
        &mut self,
        number: u64,
        missing: Vec<(u64, Wanted)>,
        replies: &mut [Option<Json>],
    ) -> Result<(), Failure> {
        let (Some(granted), Some(outlet)) = (self.granted.clone(), self.outlet) else {
            let what = "the cell asks a model more than was recorded";
            self.end("R0801", format!("asks a model: divergence: {what}"));
            return Err(Failure::new(ErrorKind::Divergence, what));
        };
        let wanted = self.asked.calls.saturating_add(replies.len() as u64);
        if let Some(most) = granted.calls_max.filter(|most| wanted > *most) {
            let what = format!("the grants of the document leave {most} calls of models to this cell");
            self.end("R0907", format!("asks a model: a grant's limit is reached: {what}"));
            return Err(
                Failure::new(ErrorKind::Budget, what).with(json!({"dimension": "calls", "limit": most}))
            );
        }
        let new: Vec<Entry> = missing
            .iter()
            .filter(|(item, _)| !self.promised.contains_key(&(number, *item)))
            .map(|(item, wanted)| Entry::Asked { number, item: *item, prompt: wanted.prompt.clone() })
            .collect();
        self.keep(new)?;
        let of_cell = Digest::of_json(&request(self.job));
        // What is left of the calls is divided among the questions of a batch, those that were answered before included.
        let part =
            granted.calls_max.map(|most| most.saturating_sub(self.asked.calls) / replies.len().max(1) as u64);
        let count = missing.len() as u64;
        let mut calls: Vec<(u64, Work, bool)> = Vec::new();
        for (at, (item, wanted)) in (0u64..).zip(missing) {
            let id = Digest::of_json(&json!([of_cell, number, item]));
            let ticket = granted.budget.as_ref().map(Budget::ticket);
            let Wanted { prompt, context } = wanted;
            let is_question = context.is_some();
            let work = match context {
                None => granted.models.work(model::Call {
                    prompt,
                    lane: lane(id),
                    idempotency_key: id.to_string(),
                    retries: granted.retries,
                    ticket,
                }),
                Some(context) => {
                    let question = Question {
                        request: prompt,
                        context,
                        lane: lane(id),
                        bounds: self.job.bounds.clone(),
                        limits: granted.limits,
                        retries: granted.retries,
                        calls_max: part,
                    };
                    let ticket = ticket.map(|ticket| (ticket, count.saturating_sub(at)));
                    let (models, pools) = (granted.models.clone(), Arc::clone(&granted.pools));
                    let log = self.below.remove(&(number, item)).unwrap_or_default();
                    // This cell's worker waits for the question's.
                    let drive = Drive { question, models, pools, ticket, log, level: 1 };
                    let (work, outlet) = (recursion::work(drive), outlet.below(number, item));
                    Arc::new(move |cancel: &Cancel| work(cancel, &outlet)) as Work
                }
            };
            calls.push((item, work, is_question));
        }
        calls.reverse();
        let most =
            granted.limits.max_in_flight.map_or(IN_FLIGHT, |most| usize::try_from(most).unwrap_or(IN_FLIGHT));
        let patience = granted.limits.timeout_ms.map(Duration::from_millis);
        let (sender, receiver) = channel();
        // When each that is on its way is over, whoever answers.
        let mut on_way: BTreeMap<u64, (Option<Duration>, Cancel)> = BTreeMap::new();
        while !calls.is_empty() || !on_way.is_empty() {
            while on_way.len() < most.max(1)
                && let Some((item, work, is_question)) = calls.pop()
            {
                let cancel = Cancel::default();
                self.flights.lock().unwrap_or_else(PoisonError::into_inner).push(cancel.clone());
                let (out, stop, sender) = (sender.clone(), cancel.clone(), sender.clone());
                // A question holds each of its calls to it.
                let patience = patience.filter(|_| !is_question);
                let due = patience.map(|patience| granted.models.now().saturating_add(patience));
                on_way.insert(item, (due, cancel));
                let spawned = std::thread::Builder::new().name("model".to_string()).spawn(move || {
                    let came = work(&stop).map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
                    // Nobody listens once the cell is over.
                    let _ = sender.send((item, came.map_err(|failed| failed.why)));
                });
                if let Err(why) = spawned {
                    let _ = out.send((item, Err(format!("the system gives no thread: {why}"))));
                }
            }
            let next = on_way.iter().filter_map(|(item, (due, _))| Some(((*due)?, *item))).min();
            let came = match next {
                None => receiver.recv().map_err(|_| RecvTimeoutError::Disconnected),
                Some((due, _)) => receiver.recv_timeout(due.saturating_sub(granted.models.now())),
            };
            let (item, reply) = match (came, next) {
                (Ok((item, came)), _) => (item, reply_of(came)),
                (Err(_), Some((_, item))) => {
                    (item, model::error_reply("R0702", "timeout", "the model gave no reply in time"))
                }
                (Err(_), None) => break,
            };
            let Some((_, cancel)) = on_way.remove(&item) else { continue };
            cancel.cancel();
            self.keep(vec![Entry::Told { number, item, reply: reply.clone() }])?;
            if let Some(place) = usize::try_from(item).ok().and_then(|at| replies.get_mut(at)) {
                *place = Some(reply);
            }
        }
        self.flights.lock().unwrap_or_else(PoisonError::into_inner).clear();
        Ok(())
    }

    /// A reply as the cell is told of it.
    fn told(&mut self, reply: &Json) -> Result<Json, Failure> {
        let Some(error) = reply.get("error") else {
            return Ok(reply.get("value").cloned().unwrap_or_default());
        };
        let text = |name: &str| error.get(name).and_then(Json::as_str).unwrap_or_default();
        let kind = match text("kind") {
            "budget" => ErrorKind::Budget,
            _ => ErrorKind::Provider,
        };
        // A budget that is used up and a reply that is not on the cassette end the run, whoever asked; so does a question
        // that cannot go on as it was recorded, or that Python does not run.
        if matches!(text("code"), "R0907" | "R0802" | "R0801" | "R0714") {
            self.end(text("code"), format!("asks a model: {}", text("message")));
        }
        Err(Failure::new(kind, text("message")).with(json!({"class": text("kind")})))
    }

    fn query(&mut self, call: &Call<'_>) -> Result<Reply, Failure> {
        let context = self.context().ok();
        let prompts = match call.method {
            "rlm_query" => questions(call.params, context.as_deref())?,
            _ => vec![prompt(call.params, call.params.get("prompt"), context.as_deref())?],
        };
        let replies = self.replies(prompts)?;
        let reply = replies.first().cloned().unwrap_or_default();
        Ok(Reply::Value(json!({"value": self.told(&reply)?})))
    }

    fn batch(&mut self, call: &Call<'_>) -> Result<Reply, Failure> {
        let prompts = match (call.method, call.params.get("prompts")) {
            ("rlm_batch", _) => questions(call.params, self.context().ok().as_deref())?,
            (_, Some(Json::Array(items))) => {
                items.iter().map(|item| prompt(call.params, Some(item), None)).collect::<Result<_, _>>()?
            }
            _ => return Err(Failure::new(ErrorKind::InvalidParams, "prompts: expected a list of texts")),
        };
        let mut results = Vec::new();
        for reply in self.replies(prompts)? {
            results.push(match self.told(&reply) {
                Ok(value) => json!({"value": value}),
                Err(failure) => {
                    json!({"error": {"kind": failure.kind.name(), "message": failure.message, "data": failure.data}})
                }
            });
        }
        Ok(Reply::Value(json!({"results": results})))
    }

    /// The value of a tool that the document uses.
    fn tool(&mut self, call: &Call<'_>) -> Result<Reply, Failure> {
        let name = call.params.get("name").and_then(Json::as_str);
        let name =
            name.ok_or_else(|| Failure::new(ErrorKind::InvalidParams, "name: expected a text"))?.to_string();
        let Some(tool) = self.tools.get(&name).cloned() else {
            let known: Vec<&str> = self.tools.keys().map(String::as_str).collect();
            let help = match known.as_slice() {
                [] => format!("Declare it: `use tool PATH as {name}`, and grant its effect."),
                known => format!("The tools of the document are {}.", known.join(", ")),
            };
            let message = format!("calls the tool `{name}`, which its document does not use");
            let refused = Refused { code: "R0106".to_string(), message, help: Some(help) };
            let told = format!("no tool `{name}` is granted to this cell");
            self.fatal.get_or_insert(refused);
            return Err(Failure::new(ErrorKind::InvalidParams, told));
        };
        let Some(Json::Object(arguments)) = call.params.get("arguments") else {
            return Err(Failure::new(ErrorKind::InvalidParams, "arguments: expected an object"));
        };
        if let Some(why) = tool.misfit(arguments) {
            return Err(Failure::new(ErrorKind::InvalidParams, format!("tool(\"{name}\"): {why}")));
        }
        self.number += 1;
        let number = self.number;
        let wanted = asked(&tool, arguments);
        let promised = self.called.get(&number);
        let known = self.answered.get(&number).filter(|_| promised.is_some()).cloned();
        let was_other = self.replies.contains_key(&(number, 0)) || self.promised.contains_key(&(number, 0));
        if was_other || promised.is_some_and(|promised| *promised != wanted) {
            let expected = promised.map_or("no tool".to_string(), Json::to_string);
            let what = format!(
                "the cell asks something else than was recorded; expected {expected}, found {wanted}"
            );
            self.end("R0801", format!("calls a tool: divergence: {what}"));
            return Err(Failure::new(ErrorKind::Divergence, what));
        }
        let before = match (promised, &known) {
            (None, _) => Before::Nothing,
            (Some(_), None) => Before::Promised,
            (Some(_), Some(_)) => Before::Answered,
        };
        let answer = match self.outlet {
            None => known,
            Some(outlet) => {
                let (told, answer) = channel();
                let calling = Calling { number, tool, arguments: arguments.clone(), before, told };
                let over = || Failure::new(ErrorKind::Cancelled, "nobody waits for the cell any more");
                if !outlet.call(calling) {
                    return Err(over());
                }
                match answer.recv().map_err(|_| over())? {
                    Ok(answer) => answer.or(known),
                    Err(refused) => {
                        let kind = if refused.code == "R0907" {
                            ErrorKind::Budget
                        } else {
                            ErrorKind::InvalidParams
                        };
                        let failure = Failure::new(kind, refused.message.clone());
                        self.fatal.get_or_insert(refused);
                        return Err(failure);
                    }
                }
            }
        };
        let Some(answer) = answer else {
            let what = "the cell calls a tool more than was recorded";
            self.end("R0801", format!("calls a tool: divergence: {what}"));
            return Err(Failure::new(ErrorKind::Divergence, what));
        };
        match answer.get("error") {
            None => Ok(Reply::Value(json!({"value": answer.get("value")}))),
            Some(error) => {
                let text = |name: &str| error.get(name).and_then(Json::as_str).unwrap_or_default();
                let failure = Failure::new(ErrorKind::Provider, text("message"));
                Err(failure.with(json!({"class": "tool", "code": text("code")})))
            }
        }
    }

    /// What is left for this cell. It depends on what others spent, so the log keeps it.
    fn budget(&mut self) -> Result<Json, Failure> {
        self.number += 1;
        let place = (self.number, 0);
        let known = self.replies.get(&place).filter(|_| !self.promised.contains_key(&place));
        if let Some(known) = known {
            return Ok(known.get("value").cloned().unwrap_or_default());
        }
        let was_other = self.promised.contains_key(&place) || self.called.contains_key(&place.0);
        if self.outlet.is_none() || was_other {
            let what = "the cell asks for its budget, and did not when it was recorded";
            self.end("R0801", format!("asks what is left: divergence: {what}"));
            return Err(Failure::new(ErrorKind::Divergence, what));
        }
        let left = self.left();
        self.keep(vec![Entry::Told { number: place.0, item: place.1, reply: json!({"value": left}) }])?;
        Ok(left)
    }

    /// What neither this cell nor anybody else took, as far as grants bound it.
    fn left(&self) -> Json {
        let granted = self.granted.as_ref();
        let left = granted.and_then(|granted| granted.budget.as_ref()).map(|budget| budget.left());
        let calls = granted.and_then(|granted| granted.calls_max);
        json!({
            "calls": calls.map(|most| most.saturating_sub(self.asked.calls)),
            "tokens": left.and_then(|left| left.tokens),
            "nano_dollars": left.and_then(|left| left.nanodollars),
        })
    }
}

fn reply_of(came: Result<String, String>) -> Json {
    match came {
        Ok(reply) => model::parsed(&reply),
        Err(why) => model::error_reply("R0701", "failed", &format!("the model gave no reply: {why}")),
    }
}

impl Host for Asking<'_> {
    fn call(&mut self, call: &Call<'_>) -> Result<Reply, Failure> {
        const METHODS: [&str; 8] =
            ["llm_query", "llm_batch", "rlm_query", "rlm_batch", "search", "budget", "tool", "blob_get"];
        let method = METHODS.into_iter().find(|known| *known == call.method).unwrap_or("submit");
        match method {
            "llm_query" | "rlm_query" if self.job.bounds.model => self.query(call),
            "llm_batch" | "rlm_batch" if self.job.bounds.model => self.batch(call),
            "search" => sandbox::search(self.context()?.as_bytes(), call.params).map(Reply::Value),
            "budget" => self.budget().map(Reply::Value),
            "tool" => self.tool(call),
            method => {
                self.refused.get_or_insert(method);
                Err(Failure::new(ErrorKind::Depth, format!("`{method}` is not granted to this cell")))
            }
        }
    }

    /// A cell sees no clock: who needs the time gives it as an input, which is recorded.
    fn now_ns(&mut self) -> i64 {
        0
    }
}
