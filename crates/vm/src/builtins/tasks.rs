//! `spawn`, `await`, and tasks that are awaited together.

use super::{Args, Builtin, Calls};
use crate::fault::Fault;
use crate::iterate::elements;
use crate::map::{Key, Map};
use crate::value::Value;

pub(super) const TABLE: super::Table = &[
    ("op.spawn", Builtin::Calling(|calls, mut args| calls.vm.spawn(args.take(0)))),
    ("op.await", Builtin::Calling(|calls, args| calls.vm.await_task(calls.host, args.value(0)))),
    ("op.parallel", Builtin::Calling(parallel)),
    ("op.race", Builtin::Calling(race)),
    ("op.vote", Builtin::Calling(vote)),
    ("op.select", Builtin::Calling(select)),
];

/// The value of an outcome that is `ok`.
fn value_of(outcome: &Value) -> Option<&Value> {
    match outcome {
        Value::Result(outcome) if outcome.is_ok => Some(&outcome.value),
        _ => None,
    }
}

fn cancel(tasks: &[Value]) {
    for task in tasks {
        if let Value::Future(future) = task {
            future.cancel();
        }
    }
}

/// All values, in the order of the tasks; the first fault cancels the rest.
fn parallel(calls: &mut Calls<'_, '_>, args: Args<'_>) -> Result<Value, Fault> {
    let tasks = elements(args.value(0))?;
    if !args.value(1).is_null() && args.count(1, "parallel")? == 0 {
        cancel(&tasks);
        return Err(Fault::new("R0203", "parallel: the limit is at least 1, found 0"));
    }
    let mut values = Vec::with_capacity(tasks.len());
    for (place, task) in tasks.iter().enumerate() {
        let outcome = calls.vm.await_task(calls.host, task)?;
        match value_of(&outcome) {
            Some(value) => values.push(value.clone()),
            None => {
                cancel(tasks.get(place + 1..).unwrap_or_default());
                return Ok(outcome);
            }
        }
    }
    Ok(Value::ok(Value::list(values)))
}

/// The first outcome; the other tasks are cancelled.
fn race(calls: &mut Calls<'_, '_>, args: Args<'_>) -> Result<Value, Fault> {
    let tasks = elements(args.value(0))?;
    let Some((first, others)) = tasks.split_first() else {
        return Err(Fault::internal("a race of no tasks"));
    };
    let outcome = calls.vm.await_task(calls.host, first)?;
    cancel(others);
    Ok(outcome)
}

/// The commonest value, of equally common ones that of the first task. Tasks that fault have no vote; if all do, the
/// first fault.
fn vote(calls: &mut Calls<'_, '_>, args: Args<'_>) -> Result<Value, Fault> {
    let tasks = elements(args.value(0))?;
    let mut votes = Map::new();
    let mut first_fault = None;
    for task in &tasks {
        let outcome = calls.vm.await_task(calls.host, task)?;
        match value_of(&outcome) {
            Some(value) => {
                let key = Key::new(value.clone())?;
                let before = match votes.get(&key) {
                    Some(Value::Int(count)) => *count,
                    _ => 0,
                };
                votes.insert(key, Value::Int(before + 1));
            }
            None => {
                first_fault.get_or_insert(outcome);
            }
        }
    }
    let mut best: Option<(&Value, i64)> = None;
    for (value, count) in votes.iter() {
        if let Value::Int(count) = count
            && best.is_none_or(|(_, most)| *count > most)
        {
            best = Some((value, *count));
        }
    }
    match (best, first_fault) {
        (Some((value, _)), _) => Ok(Value::ok(value.clone())),
        (None, Some(fault)) => Ok(fault),
        (None, None) => Err(Fault::internal("a vote of no tasks")),
    }
}

/// The first outcome with its arm's name; the other tasks are cancelled.
fn select(calls: &mut Calls<'_, '_>, args: Args<'_>) -> Result<Value, Fault> {
    let names = elements(args.value(1))?;
    let outcome = race(calls, args)?;
    Ok(match value_of(&outcome) {
        Some(value) => {
            let name = names.into_iter().next().unwrap_or_default();
            Value::ok(Value::tuple(vec![name, value.clone()]))
        }
        None => outcome,
    })
}
