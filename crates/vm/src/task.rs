//! Tasks: who spawned whom, what each came to, and what it printed.
//!
//! A task owns what it spawns: it ends when they have ended. What it prints is kept, and comes out whole where its parent
//! awaits it, or else at the parent's end: so what a program prints does not depend on what came first. `schedule.rs`
//! says when a task runs.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};
use std::rc::{Rc, Weak};

use bytecode::{FieldDesc, RecordDesc, TypeDesc};

use crate::fault::{Fault, FaultKind};
use crate::host::{Host, Print};
use crate::machine::{Vm, too_deep};
use crate::release;
use crate::schedule::Parked;
use crate::value::{Closure, Value};

/// Most tasks of which each spawned the next.
const DEPTH_MAX: usize = 1_000;
/// Most tasks of one parent that wait at once.
const TASKS_MAX: usize = 1_000_000;

/// What a task comes to.
#[derive(Debug)]
pub struct Future {
    /// How many tasks of its machine were spawned before it: the order in which they run.
    pub(crate) number: u64,
    /// Its place among its parent's tasks, behind the parent's own place: empty for the program itself.
    pub(crate) place: Rc<[u32]>,
    parent: Weak<Future>,
    /// The watched declarations that spawned it.
    pub(crate) within: Rc<[usize]>,
    pub(crate) state: RefCell<State>,
    spawned: Cell<u32>,
    children: RefCell<Children>,
    /// Who waits for its end.
    waiters: RefCell<Vec<Weak<Future>>>,
    /// What it waits for, while it waits for tasks.
    pub(crate) until: Cell<Until>,
    /// Whether something that it waits for is there, while its frames stand on the machine's stacks.
    pub(crate) woken: Cell<bool>,
    /// Whether somebody looked at what it came to.
    seen: Cell<bool>,
    /// Whether its output has a place in its parent's.
    placed: Cell<bool>,
    output: RefCell<VecDeque<Piece>>,
    /// Tasks that begin as others of the same `parallel` end.
    held: RefCell<Option<Rc<Held>>>,
}

pub(crate) type Held = RefCell<VecDeque<Rc<Future>>>;

#[derive(Debug, Default)]
struct Children {
    /// Those that did not end, by number.
    live: BTreeMap<u64, Rc<Future>>,
    /// Those that faulted, and nobody looked.
    failed: BTreeMap<u64, Rc<Future>>,
    /// Those whose output has no place yet, in the order in which they were spawned.
    unplaced: VecDeque<Rc<Future>>,
}

#[derive(Debug)]
pub(crate) enum State {
    New(Rc<Closure>),
    Runs,
    Waits(Box<Parked>),
    /// Its body came to this; tasks that it spawned did not end.
    Ends(Value),
    Done(Value),
    Failed(Box<Fault>),
    /// Nobody needs it any more.
    Cancelled,
}

/// When a task that waits for others is to go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Until {
    /// As one of them has ended.
    Any,
    /// When so many more have ended; `faults` is whether one that faults is enough.
    All { left: usize, faults: bool },
}

#[derive(Debug)]
enum Piece {
    Text(Print, String),
    Of(Rc<Future>),
}

impl Future {
    /// The program itself.
    pub(crate) fn program() -> Rc<Future> {
        Rc::new(Future::new(0, Rc::new([]), Weak::new(), Rc::new([]), State::Runs))
    }

    fn new(number: u64, place: Rc<[u32]>, parent: Weak<Future>, within: Rc<[usize]>, state: State) -> Future {
        Future {
            number,
            place,
            parent,
            within,
            state: RefCell::new(state),
            spawned: Cell::new(0),
            children: RefCell::default(),
            waiters: RefCell::default(),
            until: Cell::new(Until::Any),
            woken: Cell::new(false),
            seen: Cell::new(false),
            placed: Cell::new(false),
            output: RefCell::default(),
            held: RefCell::default(),
        }
    }

    /// Whether tasks that it spawned did not end, or nobody looked at what they came to.
    pub(crate) fn has_children(&self) -> bool {
        let children = self.children.borrow();
        !(children.live.is_empty() && children.failed.is_empty() && children.unplaced.is_empty())
    }

    pub(crate) fn has_ended(&self) -> bool {
        matches!(*self.state.borrow(), State::Done(_) | State::Failed(_) | State::Cancelled)
    }

    /// What it came to, which from now on somebody has seen; nothing while it did not end.
    pub(crate) fn result(&self) -> Option<Result<Value, Fault>> {
        let result = match &*self.state.borrow() {
            State::Done(value) => Ok(value.clone()),
            State::Failed(fault) => Err((**fault).clone()),
            _ => return None,
        };
        self.seen.set(true);
        if let Some(parent) = self.parent.upgrade() {
            parent.children.borrow_mut().failed.remove(&self.number);
        }
        Some(result)
    }

    /// Why awaiting it in `task` cannot end.
    pub(crate) fn refused(&self, task: &Future) -> Option<Fault> {
        if std::ptr::eq(self, task) {
            return Some(waits_for_itself());
        }
        matches!(*self.state.borrow(), State::Cancelled)
            .then(|| Fault::new("R0109", "the task was cancelled before it ended"))
    }

    /// What awaiting it gives: `ok` of its value, or `err` of its fault; nothing while it did not end.
    pub(crate) fn outcome(&self) -> Option<Value> {
        self.result().map(|result| match result {
            Ok(value) => Value::ok(value),
            Err(fault) => Value::err(fault_value(&fault)),
        })
    }

    /// The tasks of which it waits for the end, beside what it asked of the host.
    pub(crate) fn needs(&self) -> Vec<Rc<Future>> {
        match &*self.state.borrow() {
            State::Waits(parked) => parked.futures(),
            State::Ends(_) => self.children.borrow().live.values().cloned().collect(),
            _ => Vec::new(),
        }
    }

    /// Has `waiter` told of its end.
    pub(crate) fn tell(&self, waiter: &Rc<Future>) {
        self.waiters.borrow_mut().push(Rc::downgrade(waiter));
    }

    pub(crate) fn has_faulted(&self) -> bool {
        matches!(*self.state.borrow(), State::Failed(_))
    }

    /// Who spawned it; nobody the program itself.
    pub(crate) fn parent(&self) -> Option<Rc<Future>> {
        self.parent.upgrade()
    }

    /// Whether others begin as it ends.
    pub(crate) fn is_held(&self) -> bool {
        self.held.borrow().is_some()
    }

    pub(crate) fn hold(&self, held: &Rc<Held>) {
        self.held.replace(Some(held.clone()));
    }

    /// Whether nothing is left of what it printed.
    fn is_silent(&self) -> bool {
        self.output.borrow().is_empty() && self.children.borrow().unplaced.is_empty()
    }

    fn write(&self, to: Print, text: &str) {
        let mut output = self.output.borrow_mut();
        match output.back_mut() {
            Some(Piece::Text(last, all)) if *last == to => all.push_str(text),
            _ => output.push_back(Piece::Text(to, text.to_string())),
        }
    }

    /// What its children printed, up to `last`, and all of them without one, comes after what it printed so far.
    fn place(&self, last: Option<&Future>) {
        let mut children = self.children.borrow_mut();
        if last.is_some_and(|last| last.placed.get() || !std::ptr::eq(last.parent.as_ptr(), self)) {
            return;
        }
        let mut output = self.output.borrow_mut();
        // A task that awaits many does not keep all of them.
        while matches!(output.back(), Some(Piece::Of(child)) if child.has_ended() && child.is_silent()) {
            output.pop_back();
        }
        while let Some(child) = children.unplaced.pop_front() {
            let is_last = last.is_some_and(|last| std::ptr::eq(&*child, last));
            child.placed.set(true);
            output.push_back(Piece::Of(child));
            if is_last {
                return;
            }
        }
    }

    /// Everything that it and its tasks printed.
    fn print_all(&self, host: &mut dyn Host) {
        self.place(None);
        let pieces = std::mem::take(&mut *self.output.borrow_mut());
        if matches!(*self.state.borrow(), State::Cancelled) {
            return;
        }
        for piece in pieces {
            match piece {
                Piece::Text(to, text) => host.print(to, &text),
                Piece::Of(child) => child.print_all(host),
            }
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

pub(crate) fn waits_for_itself() -> Fault {
    Fault::new("R0109", "a task waits for itself")
        .help("give a task the earlier ones that it needs as arguments")
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
        let parent = self.schedule.current.clone();
        if parent.place.len() >= DEPTH_MAX {
            return Err(too_deep());
        }
        let mut children = parent.children.borrow_mut();
        if children.live.len() >= TASKS_MAX {
            return Err(Fault::new("R0905", format!("more than {TASKS_MAX} tasks wait"))
                .help("await tasks before more are spawned"));
        }
        let ordinal = parent.spawned.get();
        parent.spawned.set(ordinal.saturating_add(1));
        let place = parent.place.iter().copied().chain([ordinal]).collect();
        let number = self.schedule.next_number();
        let (within, state) = (self.within(), State::New(closure));
        let future = Rc::new(Future::new(number, place, Rc::downgrade(&parent), within, state));
        children.live.insert(number, future.clone());
        children.unplaced.push_back(future.clone());
        self.schedule.ready.insert(number, future.clone());
        Ok(Value::Future(future))
    }

    /// What the task that runs prints.
    pub(crate) fn print(&mut self, host: &mut dyn Host, to: Print, text: &str) {
        let task = &self.schedule.current;
        if task.place.is_empty() && task.output.borrow().is_empty() {
            host.print(to, text);
        } else {
            task.write(to, text);
        }
    }

    /// The task that runs awaits one: what that one prints, and those spawned before it, comes here.
    pub(crate) fn place(&mut self, host: &mut dyn Host, awaited: &Future) {
        self.schedule.current.place(Some(awaited));
        self.flush(host);
    }

    /// Prints what stands first in the program's output and will not change.
    fn flush(&self, host: &mut dyn Host) {
        let program = &self.schedule.program;
        loop {
            let is_open = |output: &VecDeque<Piece>| matches!(output.front(), Some(Piece::Of(task)) if !task.has_ended());
            if is_open(&program.output.borrow()) {
                return;
            }
            let piece = program.output.borrow_mut().pop_front();
            match piece {
                Some(Piece::Text(to, text)) => host.print(to, &text),
                Some(Piece::Of(task)) => task.print_all(host),
                None => return,
            }
        }
    }

    /// Prints what the program and its tasks printed, however far they came.
    pub(crate) fn flush_all(&self, host: &mut dyn Host) {
        self.schedule.program.print_all(host);
    }

    /// A task's body came to a value: it ends as soon as what it spawned has ended.
    ///
    /// # Errors
    /// As [`Vm::fail`].
    pub(crate) fn end(&mut self, host: &mut dyn Host, task: &Rc<Future>, value: Value) -> Result<(), Fault> {
        let (failed, waits) = {
            let children = task.children.borrow();
            (children.failed.values().next().cloned(), !children.live.is_empty())
        };
        // A fault of a task that nobody looks at is its parent's.
        if let Some(Err(fault)) = failed.and_then(|failed| failed.result()) {
            return self.fail(host, task, fault);
        }
        if waits {
            task.state.replace(State::Ends(value));
            return Ok(());
        }
        task.place(None);
        task.state.replace(State::Done(value));
        self.ended(host, task, false);
        Ok(())
    }

    /// A task faulted: what it spawned is cancelled.
    ///
    /// # Errors
    /// The fault, if it ends the whole run.
    pub(crate) fn fail(&mut self, host: &mut dyn Host, task: &Rc<Future>, fault: Fault) -> Result<(), Fault> {
        let own = is_own(&fault);
        if !own {
            task.state.replace(State::Failed(Box::new(fault.clone())));
            return Err(fault);
        }
        self.cancel_children(host, task);
        task.place(None);
        task.state.replace(State::Failed(Box::new(fault)));
        self.ended(host, task, true);
        Ok(())
    }

    /// A task that nobody needs any more does not go on, nor does what it spawned.
    pub(crate) fn cancel(&mut self, host: &mut dyn Host, task: &Rc<Future>) {
        if task.has_ended() || matches!(*task.state.borrow(), State::Runs) {
            return;
        }
        self.stop(host, task);
    }

    /// The same for one that runs, and has left its frames.
    pub(crate) fn stop(&mut self, host: &mut dyn Host, task: &Rc<Future>) {
        self.schedule.ready.remove(&task.number);
        self.schedule.asked.remove(&task.number);
        let state = task.state.replace(State::Cancelled);
        self.cancel_children(host, task);
        drop(state);
        self.ended(host, task, false);
    }

    pub(crate) fn cancel_children(&mut self, host: &mut dyn Host, task: &Future) {
        let children: Vec<Rc<Future>> = task.children.borrow().live.values().cloned().collect();
        for child in children {
            self.cancel(host, &child);
        }
    }

    /// Tells those who wait for a task that it has ended.
    fn ended(&mut self, host: &mut dyn Host, task: &Rc<Future>, faulted: bool) {
        host.leave(task.number);
        let held = task.held.take();
        if let Some(held) = held {
            let mut waiting = held.borrow_mut();
            while let Some(next) = waiting.pop_front() {
                if !next.has_ended() {
                    next.hold(&held);
                    self.schedule.ready.insert(next.number, next);
                    break;
                }
            }
        }
        if let Some(parent) = task.parent.upgrade() {
            let mut children = parent.children.borrow_mut();
            children.live.remove(&task.number);
            if faulted && !task.seen.get() {
                children.failed.insert(task.number, task.clone());
            }
            let wakes = children.live.is_empty() || !children.failed.is_empty();
            drop(children);
            if wakes && matches!(*parent.state.borrow(), State::Ends(_)) {
                self.schedule.ready.insert(parent.number, parent.clone());
            }
        }
        for waiter in task.waiters.take().iter().filter_map(Weak::upgrade) {
            let wakes = match waiter.until.get() {
                Until::Any => true,
                Until::All { left, faults } => {
                    waiter.until.set(Until::All { left: left.saturating_sub(1), faults });
                    left <= 1 || (faults && faulted)
                }
            };
            if wakes {
                self.schedule.wake(&waiter);
            }
        }
        self.flush(host);
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
                let future = Future::new(0, Rc::new([]), Weak::new(), Rc::new([]), State::Done(value));
                value = Value::Future(Rc::new(future));
            }
            drop(value);
        };
        let thread = std::thread::Builder::new().stack_size(256 * 1024).spawn(deep);
        assert!(thread.is_ok_and(|t| t.join().is_ok()));
    }
}
