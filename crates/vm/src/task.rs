//! Tasks.
//!
//! The machine has one thread, and a task runs when somebody awaits it, those spawned before it by the same parent
//! first: so what tasks do, print and ask for happens in the order of the source, in every run. A task owns what it
//! spawns: its children run at the latest at its end. Nobody around a task handles what it performs.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;

use bytecode::{FieldDesc, RecordDesc, TypeDesc};

use crate::fault::{Fault, FaultKind};
use crate::host::Host;
use crate::machine::Vm;
use crate::release;
use crate::value::{Closure, Value};

/// Most tasks of one parent that wait at once.
const TASKS_MAX: usize = 1_000_000;

/// Spawned by one parent.
#[derive(Debug, Default)]
pub(crate) struct Tasks {
    /// In the order in which they were spawned.
    waiting: RefCell<VecDeque<Rc<Future>>>,
    /// Ran to a fault, maybe because a later one was awaited.
    failed: RefCell<Vec<Rc<Future>>>,
}

impl Tasks {
    /// Remembers a task that ran, if it failed.
    fn note(&self, task: Rc<Future>) {
        let is_failed = matches!(&*task.state.borrow(), State::Failed(_));
        if is_failed {
            let mut failed = self.failed.borrow_mut();
            while failed.pop_if(|last| last.is_seen.get()).is_some() {}
            failed.push(task);
        }
    }

    /// The first fault that nobody looked at. Forgets all of them.
    fn unseen(&self) -> Option<Fault> {
        let failed = std::mem::take(&mut *self.failed.borrow_mut());
        failed.iter().find_map(|task| match &*task.state.borrow() {
            State::Failed(fault) if !task.is_seen.get() => Some((**fault).clone()),
            _ => None,
        })
    }
}

/// What a task comes to.
#[derive(Debug)]
pub struct Future {
    state: RefCell<State>,
    /// Whether somebody took the fault that it came to.
    is_seen: Cell<bool>,
    /// Its parent's tasks.
    siblings: Rc<Tasks>,
}

#[derive(Debug)]
enum State {
    Waits(Rc<Closure>),
    Runs,
    Done(Value),
    Failed(Box<Fault>),
    /// Never ran: nobody needs it any more.
    Cancelled,
}

impl Future {
    /// A task that did not begin yet never will.
    pub(crate) fn cancel(&self) {
        let mut state = self.state.borrow_mut();
        if matches!(*state, State::Waits(_)) {
            *state = State::Cancelled;
        }
    }

    /// What awaiting it gives: `ok` of its value, or `err` of its fault; nothing while it did not end.
    fn outcome(&self) -> Option<Value> {
        match &*self.state.borrow() {
            State::Done(value) => Some(Value::ok(value.clone())),
            State::Failed(fault) => {
                self.is_seen.set(true);
                Some(Value::err(fault_value(fault)))
            }
            State::Waits(_) | State::Runs | State::Cancelled => None,
        }
    }
}

impl Drop for Future {
    fn drop(&mut self) {
        if let State::Done(value) = self.state.get_mut() {
            release::one(value);
        }
    }
}

/// Longer messages are cut: one that quotes the fault of a task, which quotes that of another, would double each time.
const MESSAGE_MAX: usize = 400;

/// A fault as a value of the language.
fn fault_value(fault: &Fault) -> Value {
    let field = |name: &str| FieldDesc {
        name: name.to_string(),
        column: name.to_string(),
        ty: Rc::new(TypeDesc::String),
        has_default: false,
        has_constraint: false,
    };
    let fields = ["code", "message", "cell"].map(field).into();
    let desc = RecordDesc { module: String::new(), name: "Fault".to_string(), fields };
    let cell = fault.stack.first().map_or("", |frame| frame.cell.as_str());
    let mut message = fault.message.clone();
    if let Some((end, _)) = message.char_indices().nth(MESSAGE_MAX) {
        message.truncate(end);
        message.push('…');
    }
    let values = [fault.code.as_str(), &message, cell].map(Value::str);
    Value::record(Rc::new(desc), values.into())
}

/// Whether a task's fault is its own, which `await` hands out, and not the end of the whole run.
fn is_own(fault: &Fault) -> bool {
    match fault.kind {
        FaultKind::Program => true,
        // What a replay finds to differ, and a log that cannot be written, are nobody's to handle.
        FaultKind::Effect => !fault.code.starts_with("R08"),
        _ => false,
    }
}

impl Vm<'_> {
    pub(crate) fn spawn(&mut self, task: Value) -> Result<Value, Fault> {
        let Value::Closure(closure) = task else { return Err(Fault::internal("no task")) };
        let mut waiting = self.tasks.waiting.borrow_mut();
        if waiting.len() >= TASKS_MAX {
            return Err(Fault::new("R0905", format!("more than {TASKS_MAX} tasks wait"))
                .help("await tasks before more are spawned"));
        }
        let future = Rc::new(Future {
            state: RefCell::new(State::Waits(closure)),
            is_seen: Cell::new(false),
            siblings: self.tasks.clone(),
        });
        waiting.push_back(future.clone());
        Ok(Value::Future(future))
    }

    /// Runs a task, and those before it, unless that was done.
    pub(crate) fn await_task(&mut self, host: &mut dyn Host, task: &Value) -> Result<Value, Fault> {
        let Value::Future(future) = task else {
            return Err(Fault::new("R0104", format!("a {} cannot be awaited", task.type_name())));
        };
        loop {
            if let Some(outcome) = future.outcome() {
                return Ok(outcome);
            }
            let next = match &*future.state.borrow() {
                State::Waits(_) => future.siblings.waiting.borrow_mut().pop_front(),
                State::Runs => {
                    return Err(Fault::new("R0109", "a task waits for itself")
                        .help("give a task the earlier ones that it needs as arguments"));
                }
                State::Cancelled => return Err(Fault::new("R0109", "the task was cancelled before it ran")),
                State::Done(_) | State::Failed(_) => None,
            };
            let Some(next) = next else { return Err(Fault::internal("a task that does not end")) };
            self.run_task(host, &next)?;
            if !Rc::ptr_eq(&next, future) {
                future.siblings.note(next);
            }
        }
    }

    /// Runs a task to its end, if it still waits. The error is a fault that ends the whole run.
    fn run_task(&mut self, host: &mut dyn Host, task: &Future) -> Result<(), Fault> {
        let state = task.state.replace(State::Runs);
        let State::Waits(closure) = state else {
            task.state.replace(state);
            return Ok(());
        };
        let outer = std::mem::take(&mut self.tasks);
        let around = self.context.seclude();
        let result = self.call_closure(host, &Value::Closure(closure), &[]);
        let result = self.finish_tasks(host, result);
        self.context.cut(around);
        self.tasks = outer;
        self.spent = false;
        match result {
            Ok(value) => {
                task.state.replace(State::Done(value));
                Ok(())
            }
            Err(fault) => {
                task.state.replace(State::Failed(Box::new(fault.clone())));
                if is_own(&fault) { Ok(()) } else { Err(fault) }
            }
        }
    }

    /// Runs what was spawned and not awaited. A fault of a task that nobody looks at is its parent's. After a fault the
    /// rest is cancelled.
    pub(crate) fn finish_tasks(
        &mut self,
        host: &mut dyn Host,
        result: Result<Value, Fault>,
    ) -> Result<Value, Fault> {
        let tasks = self.tasks.clone();
        let mut result = result;
        loop {
            let unseen = tasks.unseen();
            if let (Ok(_), Some(fault)) = (&result, unseen) {
                result = Err(fault);
            }
            let Some(task) = tasks.waiting.borrow_mut().pop_front() else { return result };
            if result.is_err() {
                task.cancel();
            } else if let Err(fault) = self.run_task(host, &task) {
                result = Err(fault);
            } else {
                tasks.note(task);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_million_tasks_that_came_to_each_other_are_freed_on_a_small_stack() {
        let deep = || {
            let mut value = Value::Null;
            for _ in 0..1_000_000 {
                let state = RefCell::new(State::Done(value));
                value = Value::Future(Rc::new(Future {
                    state,
                    is_seen: Cell::new(false),
                    siblings: Rc::default(),
                }));
            }
            drop(value);
        };
        let thread = std::thread::Builder::new().stack_size(256 * 1024).spawn(deep);
        assert!(thread.is_ok_and(|t| t.join().is_ok()));
    }
}
