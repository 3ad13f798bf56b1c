//! Batches: the order of answers, failing items, deliveries that come twice, and whole scenarios.

use std::collections::BTreeSet;
use std::sync::Arc;

use evidence::compare::Rule;
use evidence::value::Value;
use rlm::{AttemptError, Event, ProviderClass, Reply, fold};
use scenarios::faults::{Kind, Schedule};
use scenarios::generate::{code, hops, needle, pairs, rows, tally};
use scenarios::{Asked, Random, Scenario, StandIn, World, over, reply};
use serde::Deserialize;
use serde_json::json;

use super::outcome::{counted, ended, finished};
use crate::call::{Call, Failure};
use crate::row::{Params, Reference, Row};

pub(super) const ROWS: &[Row] = &[
    Row {
        op: "models.batch",
        reference: Reference::Spec("the model runtime: Functions a cell sees, Log, replay, resume"),
        inputs: &[],
        params: Params::of::<Batch>(),
        run: batch,
        rule: Rule::Exact,
        hardened: &[],
        api: &["rlm::Machine::step(event)"],
    },
    Row {
        op: "models.scenario",
        reference: Reference::Spec("the model runtime: Benchmarks without a model"),
        inputs: &[],
        params: Params::of::<Played>(),
        run: scenario,
        rule: Rule::Exact,
        hardened: &[],
        api: &["rlm::Machine::start(task, log)", "rlm::Machine::step(event)"],
    },
];

/// A cell that sends a batch and submits its results. Each prompt `p` is answered by `a:p`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Batch {
    prompts: Vec<String>,
    /// Prompts that the provider declines.
    declined: Vec<String>,
    /// Prompts whose first attempt is cut.
    cut: Vec<String>,
    /// Prompts whose answer is delivered twice.
    doubled: Vec<String>,
    /// Whether the last answer arrives first.
    backwards: bool,
    /// Calls at a time.
    in_flight: u32,
    /// Whether a failing item raises, or stands in its place.
    raises: bool,
    /// So many answers of the batch are in the log when the run dies and is gone on with; absent for no death.
    dies_behind: Option<u64>,
}

impl Batch {
    fn answers(&self, asked: &Asked<'_>, attempt: u32) -> Result<Reply, AttemptError> {
        let failed = |class| {
            Err(AttemptError {
                class,
                message: "as the case wants it".into(),
                latency_ms: 1,
                retry_after_ms: None,
            })
        };
        match asked.model {
            "sub" if self.declined.contains(&asked.text) => failed(ProviderClass::Refused),
            "sub" if self.cut.contains(&asked.text) && attempt == 0 => failed(ProviderClass::CutStream),
            "sub" => reply(format!("a:{}", asked.text)),
            "extract" => reply("no answer"),
            _ => scenarios::code(&format!(
                "r = llm_batch({}, errors=\"{}\")\nSUBMIT(answer=told(r))",
                json!(self.prompts),
                if self.raises { "raise" } else { "return" }
            )),
        }
    }

    /// The next event: of answers the last or the first, the disk before all.
    fn choice(&self, world: &World) -> usize {
        let is_disk = world.choices() > world.pending.len();
        match (is_disk, self.backwards) {
            (false, false) => 0,
            _ => world.choices() - 1,
        }
    }
}

fn batch(call: &Call<'_>) -> Result<Value, Failure> {
    let batch: Batch = call.params()?;
    let items = if batch.raises {
        json!({"type": "array", "items": {"type": "string"}})
    } else {
        json!({"type": "array", "items": {"type": "object", "additionalProperties": {"type": "string"}}})
    };
    let (mut task, inputs) = over("", items);
    task.limits.in_flight = batch.in_flight;
    task.limits.turns = 1;
    let batch = Arc::new(batch);
    let answering = batch.clone();
    let mut world =
        World::new((task, inputs), Vec::new(), move |asked, attempt| answering.answers(asked, attempt));
    let doubled: BTreeSet<String> = batch.doubled.iter().map(|prompt| format!("a:{prompt}")).collect();
    let answered = |world: &World| {
        let is_item = |record: &&rlm::Record| {
            record.place.site == "llm_batch" && record.body.kind() == rlm::Kind::ModelOutcome
        };
        world.journal.iter().filter(is_item).count() as u64
    };
    let mut dies_behind = batch.dies_behind;
    let (mut repeats, mut sent_before) = (0, Vec::new());
    while world.finished.is_none() || world.choices() > 0 {
        if world.choices() == 0 && !world.time_passes() {
            return Err(Failure::raised("Stuck", "the run waits for nothing"));
        }
        if dies_behind.is_some_and(|count| answered(&world) >= count) {
            dies_behind = None;
            sent_before = std::mem::take(&mut world.sent);
            world = world.restarted(world.journal.clone());
        }
        let choice = batch.choice(&world);
        let again = world.pending.get(choice).cloned();
        world.choose(choice);
        match again {
            Some(Event::Replied { ask, attempt, result: Ok(reply) }) if doubled.contains(&reply.text) => {
                repeats += 1;
                world.happen(Event::Replied { ask, attempt, result: Ok(reply) });
            }
            _ => {}
        }
    }
    let Some(end) = world.finished.clone() else { return Err(Failure::raised("Stuck", "no end")) };
    let asked_twice = world.sent.iter().filter(|sent| sent_before.contains(sent)).count();
    let ledger = [
        ("attempts", (world.sent.len() + sent_before.len()) as u64),
        ("asked_again", asked_twice as u64),
        ("delivered_twice", repeats),
        ("most_in_flight", world.most_flying as u64),
    ];
    Ok(counted(finished(&end, &world.journal), ledger))
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Generator {
    Needle,
    Tally,
    Pairs,
    Hops,
    Code,
    Rows,
}

/// A scenario, its order of events and its faults.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Played {
    generator: Generator,
    size: usize,
    seed: u64,
    /// Wrong answers of a hundred.
    wrong_percent: u64,
    /// Attempts of a hundred that fail.
    fault_percent: u64,
    /// In so many orders of events.
    orders: u64,
}

/// The answer against the plain reducer, in every order.
fn scenario(call: &Call<'_>) -> Result<Value, Failure> {
    let played: Played = call.params()?;
    let Played { size, seed, wrong_percent: wrong, .. } = played;
    let mut scenario: Scenario = match played.generator {
        Generator::Needle => needle(seed, size),
        Generator::Tally => tally(seed, size, wrong),
        Generator::Pairs => pairs(seed, size, wrong),
        Generator::Hops => hops(seed, size, 4, wrong),
        Generator::Code => code(seed, size, wrong),
        Generator::Rows => rows(seed, size, wrong),
    };
    let schedule = Schedule { seed, percent: played.fault_percent, kinds: Kind::ALL.to_vec() };
    scenario.policy = schedule.policy(scenario.policy);
    let (mut inexact, mut calls, mut overdrawn) = (0u64, BTreeSet::new(), 0u64);
    let mut is_whole = true;
    for order in 0..played.orders.max(1) {
        let mut random = Random(order);
        let mut world = scenario.world(StandIn::default());
        let end = world.run_by(|choices| usize::try_from(random.below(choices as u64)).unwrap_or_default());
        let score = scenario.score(&end);
        inexact += u64::from(!score.is_exact);
        is_whole &= score.right == score.of;
        calls.insert(fold::metrics(&world.journal).model_calls);
        overdrawn += u64::from(fold::spent(&world.journal) != end.spent);
    }
    let mut outcome = ended(if inexact == 0 { "exact" } else { "inexact" });
    // Every order makes the same calls; several numbers are a fault of their own.
    outcome.calls = if calls.len() == 1 { calls.into_iter().next().unwrap_or_default() } else { u64::MAX };
    let whole = if wrong == 0 { u64::from(is_whole) } else { 0 };
    Ok(counted(outcome, [("inexact", inexact), ("ledger_differs", overdrawn), ("whole_score", whole)]))
}
