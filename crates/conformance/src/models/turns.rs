//! Turns, their limits, and the extraction behind them.

use std::sync::Arc;

use evidence::compare::Rule;
use evidence::value::Value;
use rlm::{Event, Kind, ProviderClass, fold};
use scenarios::{Asked, StandIn, World, fails, over, reply};
use serde::Deserialize;
use serde_json::json;

use super::outcome::{counted, finished};
use crate::call::{Call, Failure};
use crate::row::{Params, Reference, Row};

pub(super) const ROWS: &[Row] = &[Row {
    op: "models.loop",
    reference: Reference::Spec("the model runtime: The loop, Fallback"),
    inputs: &[],
    params: Params::of::<Loop>(),
    run,
    rule: Rule::Exact,
    hardened: &[],
    api: &["rlm::Machine::start(task, log)", "rlm::Machine::step(event)"],
}];

/// A call whose output is the text `answer`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Loop {
    /// The variable `context`.
    context: String,
    /// What the root model says in each turn; the last one again in all turns behind.
    replies: Vec<String>,
    /// What the extraction says; absent for a provider that declines.
    extraction: Option<String>,
    /// Turns.
    turns: u32,
    /// Turns in a row without valid code.
    invalid_turns: u32,
    /// Rejected submits in a row.
    rejected_submits: u32,
    /// Behind so many turns the user wants the answer; absent for never.
    wrap_up_after: Option<usize>,
}

fn run(call: &Call<'_>) -> Result<Value, Failure> {
    let Loop { context, replies, extraction, turns, invalid_turns, rejected_submits, wrap_up_after } =
        call.params()?;
    let (mut task, inputs) = over(&context, json!({"type": "string"}));
    task.limits.turns = turns;
    task.limits.invalid_turns = invalid_turns;
    task.limits.rejected_submits = rejected_submits;
    let policy = Arc::new(move |asked: &Asked<'_>, _| match (asked.model, &extraction) {
        ("extract", Some(text)) => reply(text),
        ("extract", None) => fails(ProviderClass::Refused),
        _ => reply(replies.get(asked.turn).or(replies.last()).cloned().unwrap_or_default()),
    });
    let mut world = World::of((task, inputs), Vec::new(), policy, StandIn::default());
    if let Some(turns) = wrap_up_after {
        while fold::metrics(&world.journal).cells < turns as u64 && world.choices() > 0 {
            world.choose(world.choices() - 1);
        }
        world.happen(Event::WrapUp);
    }
    let end = world.run();
    let metrics = fold::metrics(&world.journal);
    let ledger = [
        ("turns", metrics.turns),
        (
            "cells",
            world.journal.iter().filter(|record| record.body.kind() == Kind::CellIntent).count() as u64,
        ),
        ("not_compiled", metrics.cells_not_compiled),
        ("submits_refused", metrics.submits_refused),
        ("fallbacks", metrics.fallbacks),
    ];
    Ok(counted(finished(&end, &world.journal), ledger))
}
