//! Faults of the model runtime: each in the answers of a real packet's executor, or in an executor's place.

use std::collections::{BTreeMap, BTreeSet};

use evidence::gate::Verdict;
use evidence::value::{Outcome, Tree, Value};

use super::Mutant;
use crate::call::{Call, Failure};
use crate::execute::Executor;
use crate::library::Library;
use crate::registry;
use crate::row::Row;
use crate::runner::{Run, Settings};

pub(super) const MUTANTS: &[Mutant] = &[
    Mutant {
        name: "models.submit-takes-everything",
        plant: || planted("RL-001", "models.submit", takes_everything),
    },
    Mutant {
        name: "models.error-at-another-place",
        plant: || planted("RL-001", "models.submit", misplaces_errors),
    },
    Mutant { name: "models.turn-too-many", plant: || planted("RL-002", "models.loop", counts_a_turn_more) },
    Mutant { name: "models.invented-is-found", plant: || planted("RL-002", "models.loop", is_always_sure) },
    Mutant {
        name: "models.batch-in-order-of-arrival",
        plant: || planted("RL-003", "models.batch", reverses),
    },
    Mutant { name: "models.item-lost", plant: || planted("RL-003", "models.scenario", loses) },
    Mutant {
        name: "models.excess-forgotten",
        plant: || planted("RL-004", "models.budget", forgets_the_excess),
    },
    Mutant {
        name: "models.reservation-kept",
        plant: || planted("RL-004", "models.budget", keeps_a_reservation),
    },
    Mutant { name: "models.completed-call-repeated", plant: || planted("RL-005", "models.resume", repeats) },
    Mutant {
        name: "models.nothing-confines",
        plant: || planted("RL-006", "models.sandbox", confines_nothing),
    },
    Mutant {
        name: "models.retried-once-more",
        plant: || planted("RL-007", "models.provider", asks_once_more),
    },
    Mutant { name: "models.key-on-the-tape", plant: || planted("RL-007", "models.cassette", tapes_the_key) },
    Mutant {
        name: "models.broken-frame-passes",
        plant: || planted("RL-008", "models.protocol", hears_nothing),
    },
    Mutant {
        name: "models.envelope-of-any-major",
        plant: || planted("RL-008", "models.envelope", reads_any_major),
    },
];

/// What of a packet fails when an operation has another executor.
fn planted(packet: &str, op: &'static str, run: Executor) -> Option<String> {
    let row = registry::find(op)?;
    let mutant = Row {
        op: row.op,
        reference: row.reference,
        inputs: row.inputs,
        params: row.params,
        run,
        rule: row.rule,
        hardened: row.hardened,
        api: row.api,
    };
    judged(packet, &|asked| if asked == op { Some(&mutant) } else { registry::find(asked) })
}

fn judged<'a>(packet: &str, find: &'a (dyn Fn(&str) -> Option<&'a Row> + Sync)) -> Option<String> {
    let run =
        Run::of(&Library::embedded(), &BTreeSet::from([packet.to_string()]), &Settings::new(find), None);
    if let Some((_, trouble)) = run.troubles.first() {
        return Some(format!("trouble: {trouble}"));
    }
    let ran = run.packets.first()?;
    let check = ran.report.checks.iter().find(|check| check.status == evidence::report::Status::Fail)?;
    let why = check.drift.first().map(ToString::to_string).or_else(|| check.reason.clone());
    (ran.gate.verdict == Verdict::Fail).then(|| format!("{} {}", check.case, why.unwrap_or_default()))
}

/// The packets that ask nothing of the machine are green by themselves.
pub(super) fn ground() -> Option<String> {
    ["RL-001", "RL-002", "RL-003", "RL-004"].iter().find_map(|packet| judged(packet, &registry::find))
}

/// What the engine says, changed.
fn changed(call: &Call<'_>, op: &str, change: impl FnOnce(&mut Outcome)) -> Result<Value, Failure> {
    let row = registry::find(op).ok_or_else(|| Failure::unsupported(op))?;
    let mut value = (row.run)(call)?;
    if let Value::Outcome(outcome) = &mut value {
        change(outcome);
    }
    Ok(value)
}

/// What an engine would say that is not there.
fn said(status: &str, ledger: &[(&str, u64)]) -> Value {
    let ledger = ledger.iter().map(|(name, count)| ((*name).to_string(), *count)).collect();
    Value::Outcome(Outcome { status: status.into(), outputs: BTreeMap::new(), calls: 0, ledger })
}

fn takes_everything(call: &Call<'_>) -> Result<Value, Failure> {
    changed(call, "models.submit", |outcome| outcome.status = "success".into())
}

fn misplaces_errors(call: &Call<'_>) -> Result<Value, Failure> {
    changed(call, "models.submit", |outcome| {
        if let Some(Value::Tree(Tree::Items(errors))) = outcome.outputs.get_mut("errors") {
            errors.reverse();
            errors.truncate(1);
        }
    })
}

fn counts_a_turn_more(call: &Call<'_>) -> Result<Value, Failure> {
    changed(call, "models.loop", |outcome| {
        if outcome.calls > 20 {
            outcome.calls += 1;
        }
    })
}

fn is_always_sure(call: &Call<'_>) -> Result<Value, Failure> {
    changed(call, "models.loop", |outcome| {
        outcome
            .outputs
            .entry("(confidence)".into())
            .and_modify(|share| *share = Value::Text("1 of 1".into()));
    })
}

fn reverses(call: &Call<'_>) -> Result<Value, Failure> {
    changed(call, "models.batch", |outcome| {
        if let Some(Value::Text(answer)) = outcome.outputs.get_mut("answer") {
            *answer = answer.replace("a:x", "a:?").replace("a:z", "a:x").replace("a:?", "a:z");
        }
    })
}

fn loses(call: &Call<'_>) -> Result<Value, Failure> {
    changed(call, "models.scenario", |outcome| outcome.calls = outcome.calls.saturating_sub(1))
}

fn forgets_the_excess(call: &Call<'_>) -> Result<Value, Failure> {
    changed(call, "models.budget", |outcome| {
        outcome.ledger.entry("output_tokens".into()).and_modify(|tokens| *tokens = (*tokens).min(4_999));
    })
}

fn keeps_a_reservation(call: &Call<'_>) -> Result<Value, Failure> {
    changed(call, "models.budget", |outcome| {
        let is_cancelled = outcome.status == "failed";
        outcome
            .ledger
            .entry("reserved_at_the_end".into())
            .and_modify(|kept| *kept += u64::from(is_cancelled));
    })
}

fn repeats(call: &Call<'_>) -> Result<Value, Failure> {
    changed(call, "models.resume", |outcome| {
        outcome.ledger.entry("repeated".into()).and_modify(|count| *count += 1);
    })
}

fn confines_nothing(_: &Call<'_>) -> Result<Value, Failure> {
    Ok(said("done", &[("goes_on", 1)]))
}

fn asks_once_more(call: &Call<'_>) -> Result<Value, Failure> {
    changed(call, "models.provider", |outcome| {
        if outcome.status == "auth" {
            outcome.calls += 1;
        }
    })
}

fn reads_any_major(call: &Call<'_>) -> Result<Value, Failure> {
    changed(call, "models.envelope", |outcome| {
        if outcome.status == "newer" {
            outcome.status = "accepted".into();
        }
    })
}

fn tapes_the_key(call: &Call<'_>) -> Result<Value, Failure> {
    let is_asked = call.raw_params().get("key").is_some_and(|key| key.is_string());
    changed(call, "models.cassette", |outcome| {
        outcome.ledger.entry("key_in_the_file".into()).and_modify(|count| *count += u64::from(is_asked));
    })
}

fn hears_nothing(_: &Call<'_>) -> Result<Value, Failure> {
    Ok(said("done", &[("worker_lives", 1), ("worker_answers", 1)]))
}
