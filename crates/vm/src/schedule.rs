//! When tasks run.
//!
//! The machine has one thread. A task runs until it waits: for the end of another one, or for an answer of the host. Of
//! those that can go on, the one spawned first does; only when none can, the machine takes the next answer. So all that
//! happens follows from the order in which answers came, which is the order of a log.
//!
//! What waits is a builtin's or the host's call. The frames below it are taken off the stacks as a [`Fiber`], and the
//! call is made again, with the same arguments, when something that it waits for is there. A builtin that calls closures
//! has frames of its own, which cannot be taken off: what waits inside of one stays where it is, and meanwhile only those
//! tasks run that it waits for, so that none runs above one that it needs. When the time is over that a task was given, it
//! leaves such a builtin by a fault that nothing handles.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use crate::builtins::{Args, Builtin, Calls};
use crate::fault::{Fault, FaultKind};
use crate::fiber::{Exit, Fiber};
use crate::handle::{Depth, Marks};
use crate::host::{Host, HostCall};
use crate::iterate::elements;
use crate::leave::Leaving;
use crate::machine::{Frame, Vm};
use crate::task::{Future, State, Until, waits_for_itself};
use crate::value::Value;

/// The tasks of a machine.
#[derive(Debug)]
pub(crate) struct Schedule {
    /// What the machine was asked to run.
    pub(crate) program: Rc<Future>,
    pub(crate) current: Rc<Future>,
    /// Those that can go on, by number.
    pub(crate) ready: BTreeMap<u64, Rc<Future>>,
    /// Those that wait for an answer of the host.
    pub(crate) asked: BTreeMap<u64, Rc<Future>>,
    last_number: u64,
    /// Calls that wait on the machine's own stack, with the tasks that make them, innermost last.
    nested: Vec<(u64, Call)>,
    /// How deep builtins are nested below the frames of the task that runs.
    base: u32,
    /// The context around that task.
    around: Depth,
}

impl Default for Schedule {
    fn default() -> Schedule {
        let program = Future::program();
        Schedule {
            current: program.clone(),
            program,
            ready: BTreeMap::new(),
            asked: BTreeMap::new(),
            last_number: 0,
            nested: Vec::new(),
            base: 1,
            around: Depth::default(),
        }
    }
}

impl Schedule {
    pub(crate) fn next_number(&mut self) -> u64 {
        self.last_number += 1;
        self.last_number
    }

    /// Something that the task waits for is there.
    pub(crate) fn wake(&mut self, task: &Rc<Future>) {
        match &*task.state.borrow() {
            State::Runs => task.woken.set(true),
            State::Waits(_) => {
                self.ready.insert(task.number, task.clone());
            }
            _ => {}
        }
    }
}

/// A task that waits.
#[derive(Debug)]
pub(crate) struct Parked {
    fiber: Fiber,
    marks: Marks,
    /// Faults that wait in its frames for what was deferred.
    left: Vec<Leaving>,
    /// How many frames stood below its own.
    floor: usize,
    call: Call,
    /// Why the call faults, and is not made again: what it waits for waits for it, or cannot be done.
    refused: Option<Box<Fault>>,
}

impl Parked {
    /// A program of these frames that waits in a call.
    pub(crate) fn at(fiber: Fiber, marks: Marks, call: Call) -> Parked {
        Parked { fiber, marks, left: Vec::new(), floor: 0, call, refused: None }
    }

    /// Its frames and its call, if nothing else is to be kept of it.
    pub(crate) fn plain(&self) -> Option<(&Fiber, &Call)> {
        (self.marks.is_none() && self.left.is_empty()).then_some((&self.fiber, &self.call))
    }

    pub(crate) fn futures(&self) -> Vec<Rc<Future>> {
        futures(&self.call.args)
    }
}

/// A call that waits, and is made again.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) to: Called,
    /// The register of the result.
    pub(crate) result: u16,
    pub(crate) args: Vec<Value>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Called {
    Core(u16),
    /// By site.
    Host(u16),
}

/// How a call that had to wait goes on.
pub(crate) enum Waited {
    Parked(Exit),
    Came(Result<Value, Fault>),
}

/// The tasks among arguments and in lists of them.
fn futures(args: &[Value]) -> Vec<Rc<Future>> {
    let mut found = Vec::new();
    for arg in args {
        match arg {
            Value::Future(future) => found.push(future.clone()),
            Value::List(_) => {
                let items = elements(arg).unwrap_or_default();
                found.extend(items.iter().filter_map(|item| match item {
                    Value::Future(future) => Some(future.clone()),
                    _ => None,
                }));
            }
            _ => {}
        }
    }
    found
}

pub(crate) fn is_waiting<T>(result: &Result<T, Fault>) -> bool {
    matches!(result, Err(fault) if fault.kind == FaultKind::Waiting)
}

impl Vm<'_> {
    /// Runs a function as a program: with the tasks that it spawns, to the end of all.
    pub(crate) fn run_program(
        &mut self,
        host: &mut dyn Host,
        function: u32,
        args: &[Value],
    ) -> Result<Value, Fault> {
        self.tasks_of(host, |vm, host| {
            let start = vm.begin(function, args, &[])?;
            vm.run(host, start, vm.frames.len())
        })
    }

    /// Goes on with a program from its image.
    pub(crate) fn go_on_from(&mut self, host: &mut dyn Host, image: &[u8]) -> Result<Value, Fault> {
        self.tasks_of(host, |vm, host| {
            let kept = vm.read_image(host, image)?;
            let parked = vm.take_up(kept)?;
            let floor = vm.frames.len();
            vm.go_on(host, parked, floor)
        })
    }

    /// Runs a program from its start on, with the tasks that it spawns, to the end of all.
    fn tasks_of(
        &mut self,
        host: &mut dyn Host,
        start: impl FnOnce(&mut Self, &mut dyn Host) -> Result<Exit, Fault>,
    ) -> Result<Value, Fault> {
        let fresh =
            Schedule { base: self.nesting + 1, around: self.context.seclude(), ..Schedule::default() };
        let around = fresh.around;
        let outer = std::mem::replace(&mut self.schedule, fresh);
        self.spent = false;
        let program = self.schedule.program.clone();
        host.enter(program.number, &program.place);
        let exit = start(self, host);
        self.context.cut(around);
        let mut result = self.settle(host, &program, exit);
        while result.is_ok() && !program.has_ended() {
            result = match self.schedule.ready.pop_first() {
                Some((_, task)) => self.run_task(host, &task),
                None if self.schedule.asked.is_empty() => self.break_circle(),
                None => self.deliver(host),
            };
        }
        // Only a fault that ends the whole run leaves tasks behind.
        self.cancel_children(host, &program);
        for number in std::mem::take(&mut self.schedule.asked).into_keys() {
            host.leave(number);
        }
        self.flush_all(host);
        self.schedule = outer;
        match (result, program.result()) {
            (Err(fault), _) | (Ok(()), Some(Err(fault))) => Err(fault),
            (Ok(()), Some(Ok(value))) => Ok(value),
            (Ok(()), None) => Err(Fault::internal("a program that does not end")),
        }
    }

    /// Takes the next answer of the host.
    fn deliver(&mut self, host: &mut dyn Host) -> Result<(), Fault> {
        if host.wants_image() {
            return self.keep_image(host).or_else(|fault| self.refuse_image(fault));
        }
        let number = host.next()?;
        if let Some(task) = self.schedule.asked.remove(&number) {
            self.schedule.wake(&task);
        }
        Ok(())
    }

    /// Has the host keep the program, and goes on from what it keeps.
    fn keep_image(&mut self, host: &mut dyn Host) -> Result<(), Fault> {
        let image = self.image(host)?;
        host.keep_image(&image)?;
        let kept = self.read_image(host, &image)?;
        let parked = self.take_up(kept)?;
        let program = self.schedule.program.clone();
        program.state.replace(State::Waits(Box::new(parked)));
        self.schedule.asked.remove(&program.number);
        self.schedule.wake(&program);
        Ok(())
    }

    /// Whoever asked for the image is told why there is none, in the call that asked.
    fn refuse_image(&mut self, fault: Fault) -> Result<(), Fault> {
        let mut told = Vec::new();
        for task in self.schedule.asked.values() {
            if let State::Waits(parked) = &mut *task.state.borrow_mut()
                && let Called::Host(site) = parked.call.to
                && self.module.sites.get(usize::from(site)).is_some_and(|site| site.name == "checkpoint")
            {
                parked.refused = Some(Box::new(fault.clone()));
                told.push(task.clone());
            }
        }
        // A call inside of a builtin is under way: it is told at once.
        if told.is_empty() {
            return Err(fault);
        }
        for task in told {
            self.schedule.asked.remove(&task.number);
            self.schedule.wake(&task);
        }
        Ok(())
    }

    /// No task can go on, and nothing is asked: tasks wait for each other, by way of results that hold them. One of them
    /// is told so.
    fn break_circle(&mut self) -> Result<(), Fault> {
        let mut seen = BTreeSet::new();
        let mut task = self.schedule.program.clone();
        while seen.insert(task.number) {
            let next = task.needs().into_iter().find(|needed| !needed.has_ended());
            task = next.ok_or_else(|| Fault::internal("a task that does not end"))?;
        }
        match &mut *task.state.borrow_mut() {
            State::Waits(parked) => parked.refused = Some(Box::new(waits_for_itself())),
            _ => return Err(Fault::internal("a task that waits for nothing")),
        }
        self.schedule.wake(&task);
        Ok(())
    }

    /// Runs a task until it ends or waits. The error is a fault that ends the whole run.
    fn run_task(&mut self, host: &mut dyn Host, task: &Rc<Future>) -> Result<(), Fault> {
        self.schedule.ready.remove(&task.number);
        self.schedule.asked.remove(&task.number);
        let state = task.state.replace(State::Runs);
        let outer = std::mem::replace(&mut self.schedule.current, task.clone());
        host.enter(task.number, &task.place);
        let around = self.context.seclude();
        let outer_around = std::mem::replace(&mut self.schedule.around, around);
        let nesting = self.nesting;
        let base = std::mem::replace(&mut self.schedule.base, nesting + 1);
        let floor = self.frames.len();
        // Its own run notes who called it: that is no part of it.
        let outer_base = std::mem::replace(&mut self.watch.base, (floor, self.watch.below.len() + 1));
        let exit = match state {
            State::New(closure) => match self.begin(closure.function, &[], &closure.captures) {
                Ok(start) => self.run(host, start, floor),
                Err(fault) => Err(fault),
            },
            State::Waits(parked) => self.go_on(host, *parked, floor),
            State::Ends(value) => Ok(Exit::Returned(value)),
            ended => {
                task.state.replace(ended);
                Err(Fault::internal("a task that ended runs"))
            }
        };
        self.schedule.base = base;
        self.watch.base = outer_base;
        self.schedule.around = outer_around;
        self.context.cut(around);
        self.spent = false;
        let settled = self.settle(host, task, exit);
        host.enter(outer.number, &outer.place);
        self.schedule.current = outer;
        settled
    }

    /// Notes how far a task came.
    fn settle(
        &mut self,
        host: &mut dyn Host,
        task: &Rc<Future>,
        exit: Result<Exit, Fault>,
    ) -> Result<(), Fault> {
        match exit {
            Ok(Exit::Returned(value)) => self.end(host, task, value),
            Ok(Exit::Waits(parked)) => {
                self.register(task, &parked.call);
                task.state.replace(State::Waits(parked));
                Ok(())
            }
            Ok(Exit::Yielded(..) | Exit::Landed(_)) => Err(Fault::internal("a `yield` outside of a walk")),
            Err(fault) if fault.kind == FaultKind::Cancelled => {
                self.stop(host, task);
                Ok(())
            }
            Err(fault) => self.fail(host, task, fault),
        }
    }

    /// Has the task told of what its call waits for.
    fn register(&mut self, task: &Rc<Future>, call: &Call) {
        task.woken.set(false);
        for future in futures(&call.args) {
            if !future.has_ended() {
                future.tell(task);
            }
        }
        if matches!(call.to, Called::Host(_)) {
            task.until.set(Until::Any);
            self.schedule.asked.insert(task.number, task.clone());
        }
    }

    /// Makes the call of a task that waits again, and runs the task on with the result.
    fn go_on(&mut self, host: &mut dyn Host, mut parked: Parked, floor: usize) -> Result<Exit, Fault> {
        let result = match parked.refused.take() {
            Some(fault) => Err(*fault),
            None => self.make(host, &mut parked.call),
        };
        if is_waiting(&result) {
            return Ok(Exit::Waits(Box::new(parked)));
        }
        let Parked { fiber, marks, left, floor: was, call, .. } = parked;
        self.context.take_back(marks, was, floor);
        let Some(here) = self.restore(fiber) else { return Err(Fault::internal("nothing waits")) };
        let mut fault = None;
        match result {
            Ok(value) => {
                if let Some(slot) = self.refs.get_mut(here.ref_base as usize + usize::from(call.result)) {
                    *slot = value;
                }
            }
            Err(came) => fault = Some(came),
        }
        self.run_from(host, here, floor, left, fault)
    }

    fn make(&mut self, host: &mut dyn Host, call: &mut Call) -> Result<Value, Fault> {
        match call.to {
            Called::Core(at) => match self.builtins.get(usize::from(at)).copied() {
                Some(Builtin::Calling(builtin)) => {
                    builtin(&mut Calls { vm: self, host }, Args::new(&mut call.args))
                }
                _ => Err(Fault::internal("unknown builtin")),
            },
            Called::Host(at) => {
                let (module, sites) = (self.module, self.sites.clone());
                let at = usize::from(at);
                let (Some(site), Some(texts)) = (module.sites.get(at), sites.get(at)) else {
                    return Err(Fault::internal("unknown call site"));
                };
                let call = HostCall {
                    name: &site.name,
                    site: at as u32,
                    args: &call.args,
                    names: &texts.names,
                    types: &texts.types,
                    span: site.span,
                };
                host.call(self, call)
            }
        }
    }

    /// A call in the frame `here` has to wait.
    #[cold]
    pub(crate) fn wait(&mut self, host: &mut dyn Host, here: Frame, floor: usize, mut call: Call) -> Waited {
        if self.nesting == self.schedule.base {
            let marks = self.context.take_off(self.schedule.around);
            let left = self.take_off_left(floor);
            let fiber = self.suspend(here, floor);
            return Waited::Parked(Exit::Waits(Box::new(Parked {
                fiber,
                marks,
                left,
                floor,
                call,
                refused: None,
            })));
        }
        let task = self.schedule.current.clone();
        loop {
            self.register(&task, &call);
            let needed = futures(&call.args);
            self.schedule.nested.push((task.number, call));
            let moved = self.wait_above(host, &task, &needed);
            let Some((_, waited)) = self.schedule.nested.pop() else {
                return Waited::Came(Err(Fault::internal("nothing waits")));
            };
            call = waited;
            self.schedule.asked.remove(&task.number);
            if let Err(fault) = moved {
                return Waited::Came(Err(fault));
            }
            let result = self.make(host, &mut call);
            if !is_waiting(&result) {
                return Waited::Came(result);
            }
        }
    }

    /// Runs what the running task needs, above its frames, until something came for it.
    fn wait_above(
        &mut self,
        host: &mut dyn Host,
        task: &Rc<Future>,
        needed: &[Rc<Future>],
    ) -> Result<(), Fault> {
        while !task.woken.get() {
            match self.needed(needed.to_vec()) {
                Some(next) => self.run_task(host, &next)?,
                None if self.schedule.asked.is_empty() => return Err(waits_for_itself()),
                None => self.deliver(host)?,
            }
            if self.is_late(task) {
                return Err(Fault::cancelled());
            }
        }
        Ok(())
    }

    /// Whether the time is over that it, or a task that spawned it, was given: who gave it could go on, though the task
    /// did not end.
    fn is_late(&self, task: &Rc<Future>) -> bool {
        let mut task = task.clone();
        while let Some(parent) = task.parent() {
            let gave = |call: &Call| {
                let is_time = match call.to {
                    Called::Host(at) => {
                        self.module.sites.get(usize::from(at)).is_some_and(|site| site.name == "timeout")
                    }
                    Called::Core(_) => false,
                };
                is_time && futures(&call.args).iter().any(|given| Rc::ptr_eq(given, &task))
            };
            let is_over = match &*parent.state.borrow() {
                State::Waits(parked) => {
                    self.schedule.ready.contains_key(&parent.number) && gave(&parked.call)
                }
                State::Runs => {
                    let mut waits = self.schedule.nested.iter();
                    parent.woken.get() && waits.any(|(number, call)| *number == parent.number && gave(call))
                }
                State::Cancelled => true,
                _ => false,
            };
            if is_over {
                return true;
            }
            task = parent;
        }
        false
    }

    /// A task that can go on, among these and those that they wait for.
    fn needed(&self, mut needed: Vec<Rc<Future>>) -> Option<Rc<Future>> {
        let mut seen = BTreeSet::new();
        needed.reverse();
        while let Some(task) = needed.pop() {
            if task.has_ended() {
                continue;
            }
            if self.schedule.ready.contains_key(&task.number) {
                return Some(task);
            }
            if seen.insert(task.number) {
                needed.extend(task.needs().into_iter().rev());
            }
        }
        None
    }
}
