//! Reservations, settlements, and what a cancellation leaves.

use std::collections::BTreeSet;
use std::sync::Arc;

use evidence::compare::Rule;
use evidence::value::Value;
use rlm::{AttemptError, Event, ProviderClass, Reply, TaskError, Usage, fold};
use scenarios::{Asked, StandIn, World, code, over};
use serde::Deserialize;
use serde_json::json;

use super::outcome::{counted, ended, finished};
use crate::call::{Call, Failure};
use crate::row::{Params, Reference, Row};

pub(super) const ROWS: &[Row] = &[Row {
    op: "models.budget",
    reference: Reference::Spec("the model runtime: Budgets and cancellation"),
    inputs: &[],
    params: Params::of::<Spending>(),
    run,
    rule: Rule::Exact,
    hardened: &[],
    api: &["rlm::Machine::start(task, log)", "rlm::Machine::step(event)", "rlm::Machine::taken"],
}];

/// A first turn that asks the sub-model, a second one that submits. Every answer reports the same usage unless the case
/// says otherwise; a model writes at most 1,000 tokens.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Spending {
    /// The budget.
    output_tokens: Option<u64>,
    calls: Option<u64>,
    /// Prompts that the first cell sends.
    prompts: u64,
    /// Tokens that every answer reports, in and out.
    input_reported: u64,
    output_reported: u64,
    /// What answers of the sub-model report in place of that; absent for the same.
    sub_output_reported: Option<u64>,
    /// Whether answers of the sub-model report nothing.
    sub_is_silent: bool,
    /// The class of the first attempts of the sub-model, which fail; absent for none.
    first_attempts: Option<Failing>,
    /// Cancelled when so many calls of the sub-model are in flight; absent for never.
    cancelled_at: Option<usize>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Failing {
    CutStream,
    RateLimited,
}

impl Spending {
    fn answers(&self, asked: &Asked<'_>, attempt: u32) -> Result<Reply, AttemptError> {
        let is_sub = asked.model == "sub";
        if let (true, 0, Some(failing)) = (is_sub, attempt, self.first_attempts) {
            let class = match failing {
                Failing::CutStream => ProviderClass::CutStream,
                Failing::RateLimited => ProviderClass::RateLimited,
            };
            return Err(AttemptError {
                class,
                message: "as the case wants it".into(),
                latency_ms: 1,
                retry_after_ms: None,
            });
        }
        let prompts: Vec<String> = (0..self.prompts).map(|n| format!("p{n}")).collect();
        let text = match (asked.model, asked.turn) {
            ("root", 0) => {
                code(&format!("r = llm_batch({}, errors=\"return\")\nprint(r)", json!(prompts)))?.text
            }
            ("root", _) => code("SUBMIT(answer=told(r))")?.text,
            ("extract", _) => "no answer".into(),
            _ => "yes".into(),
        };
        let output_tokens = self.sub_output_reported.filter(|_| is_sub).unwrap_or(self.output_reported);
        let usage = Usage { input_tokens: self.input_reported, output_tokens };
        Ok(Reply {
            text,
            usage: (!(is_sub && self.sub_is_silent)).then_some(usage),
            latency_ms: 1,
            cut: false,
        })
    }
}

fn run(call: &Call<'_>) -> Result<Value, Failure> {
    let spending: Arc<Spending> = Arc::new(call.params()?);
    let (mut task, inputs) = over(
        "",
        json!({"type": "array", "items": {"type": "object", "additionalProperties": {"type": "string"}}}),
    );
    task.budget.output_tokens = spending.output_tokens;
    task.budget.calls = spending.calls;
    match rlm::Machine::start(task.clone(), Vec::new()) {
        Err(TaskError::Unaffordable(_)) => return Ok(Value::Outcome(ended("unaffordable"))),
        Err(error) => return Err(Failure::Malformed(error.to_string())),
        Ok(_) => {}
    }
    let answering = spending.clone();
    let policy = Arc::new(move |asked: &Asked<'_>, attempt| answering.answers(asked, attempt));
    let mut world = World::of((task, inputs), Vec::new(), policy, StandIn::default());
    if let Some(flying) = spending.cancelled_at {
        // The disk before all answers, so that every call of the batch is out.
        while world.flying.len() < flying && world.choices() > 0 {
            let is_disk = world.choices() > world.pending.len();
            world.choose(if is_disk { world.choices() - 1 } else { 0 });
        }
        world.happen(Event::Cancelled { message: "enough".into() });
    }
    let end = world.run();
    let (settled, reserved) = world.machine.taken();
    let ledger = [
        ("input_tokens", end.spent.input_tokens),
        ("output_tokens", end.spent.output_tokens),
        ("calls", end.spent.calls),
        ("reserved_at_the_end", reserved.output_tokens + reserved.calls),
        ("log_differs", u64::from(fold::spent(&world.journal) != end.spent || settled != end.spent)),
        ("in_flight_at_the_end", world.flying.len() as u64),
    ];
    let mut outcome = finished(&end, &world.journal);
    // What was asked: a call that was refused was not, one that was cancelled was.
    let asked: BTreeSet<_> = world.sent.iter().map(|(id, _)| *id).collect();
    outcome.calls = asked.len() as u64;
    Ok(counted(outcome, ledger))
}
