//! `spawn`, `await`, and tasks that are awaited together.
//!
//! What is not there yet is [`Fault::waiting`]: the machine makes the call again when a task has ended.

use std::collections::VecDeque;
use std::rc::Rc;

use super::{Args, Builtin, Calls};
use crate::fault::Fault;
use crate::iterate::elements;
use crate::map::{Key, Map};
use crate::task::{Future, Held, Until};
use crate::value::Value;

pub(super) const TABLE: super::Table = &[
    ("op.spawn", Builtin::Calling(|calls, mut args| calls.vm.spawn(args.take(0)))),
    ("op.await", Builtin::Calling(|calls, args| await_task(calls, args.value(0)))),
    ("op.join", Builtin::Calling(|calls, args| join(calls, args.value(0)))),
    ("op.parallel", Builtin::Calling(parallel)),
    ("op.race", Builtin::Calling(|calls, args| first(calls, &args).map(|(_, outcome)| outcome))),
    ("op.vote", Builtin::Calling(vote)),
    ("op.select", Builtin::Calling(select)),
];

fn await_task(calls: &mut Calls<'_, '_>, task: &Value) -> Result<Value, Fault> {
    let Value::Future(future) = task else {
        return Err(Fault::new("R0104", format!("a {} cannot be awaited", task.type_name())));
    };
    if let Some(refused) = future.refused(&calls.vm.schedule.current) {
        return Err(refused);
    }
    calls.vm.place(calls.host, future);
    future.outcome().ok_or_else(|| wait(calls, Until::Any))
}

/// The value of a task; its fault is the one of who joins it.
fn join(calls: &mut Calls<'_, '_>, task: &Value) -> Result<Value, Fault> {
    await_task(calls, task)?;
    match task {
        Value::Future(future) => future.result().unwrap_or_else(|| Err(Fault::internal("no outcome"))),
        _ => Err(Fault::internal("no task")),
    }
}

/// Says when to ask again.
fn wait(calls: &Calls<'_, '_>, until: Until) -> Fault {
    calls.vm.schedule.current.until.set(until);
    Fault::waiting()
}

/// The tasks of a list, whose output comes here.
fn tasks(calls: &mut Calls<'_, '_>, list: &Value) -> Result<Vec<Rc<Future>>, Fault> {
    let mut tasks = Vec::new();
    for item in elements(list)? {
        let Value::Future(future) = item else { return Err(Fault::internal("no task")) };
        tasks.push(future);
    }
    if let Some(last) = tasks.last() {
        calls.vm.place(calls.host, last);
    }
    Ok(tasks)
}

fn cancel(calls: &mut Calls<'_, '_>, tasks: &[Rc<Future>]) {
    // Those that did not begin must not, so the last goes first.
    for task in tasks.iter().rev() {
        calls.vm.cancel(calls.host, task);
    }
}

/// The value of an outcome that is `ok`.
fn value_of(outcome: &Value) -> Option<&Value> {
    match outcome {
        Value::Result(outcome) if outcome.is_ok => Some(&outcome.value),
        _ => None,
    }
}

fn unended(tasks: &[Rc<Future>]) -> usize {
    tasks.iter().filter(|task| !task.has_ended()).count()
}

/// All values, in the order of the tasks; the first fault cancels the rest.
fn parallel(calls: &mut Calls<'_, '_>, args: Args<'_>) -> Result<Value, Fault> {
    let tasks = tasks(calls, args.value(0))?;
    if !args.value(1).is_null() {
        let limit = args.count(1, "parallel")?;
        if limit == 0 {
            cancel(calls, &tasks);
            return Err(Fault::new("R0203", "parallel: the limit is at least 1, found 0"));
        }
        calls.vm.hold(&tasks, limit);
    }
    let left = unended(&tasks);
    if let Some(outcome) = tasks.iter().filter(|task| task.has_faulted()).find_map(|task| task.outcome()) {
        cancel(calls, &tasks);
        return Ok(outcome);
    }
    if left > 0 {
        return Err(wait(calls, Until::All { left, faults: true }));
    }
    let mut values = Vec::with_capacity(tasks.len());
    for task in &tasks {
        match task.outcome().as_ref().and_then(value_of) {
            Some(value) => values.push(value.clone()),
            None => return Err(Fault::internal("a task without an outcome")),
        }
    }
    Ok(Value::ok(Value::list(values)))
}

/// The first outcome, and whose it is; the other tasks are cancelled. Of tasks that end together it is the one spawned
/// first.
fn first(calls: &mut Calls<'_, '_>, args: &Args<'_>) -> Result<(usize, Value), Fault> {
    let tasks = tasks(calls, args.value(0))?;
    let found = tasks.iter().enumerate().find_map(|(at, task)| Some((at, task.outcome()?)));
    let Some((at, outcome)) = found else { return Err(wait(calls, Until::Any)) };
    cancel(calls, &tasks);
    Ok((at, outcome))
}

/// The commonest value, of equally common ones that of the first task. Tasks that fault have no vote; if all do, the
/// first fault.
fn vote(calls: &mut Calls<'_, '_>, args: Args<'_>) -> Result<Value, Fault> {
    let tasks = tasks(calls, args.value(0))?;
    let left = unended(&tasks);
    if left > 0 {
        return Err(wait(calls, Until::All { left, faults: false }));
    }
    let mut votes = Map::new();
    let mut first_fault = None;
    for outcome in tasks.iter().filter_map(|task| task.outcome()) {
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
    let (at, outcome) = first(calls, &args)?;
    Ok(match value_of(&outcome) {
        Some(value) => {
            let name = elements(args.value(1))?.into_iter().nth(at).unwrap_or_default();
            Value::ok(Value::tuple(vec![name, value.clone()]))
        }
        None => outcome,
    })
}

impl crate::machine::Vm<'_> {
    /// Lets only so many of the tasks run at once.
    fn hold(&mut self, tasks: &[Rc<Future>], limit: usize) {
        let (now, later) = tasks.split_at(limit.min(tasks.len()));
        if later.is_empty() || tasks.iter().any(|task| task.is_held()) {
            return;
        }
        let held: Rc<Held> = Rc::new(Held::new(VecDeque::from(later.to_vec())));
        for task in now {
            task.hold(&held);
        }
        for task in later {
            self.schedule.ready.remove(&task.number);
        }
    }
}
