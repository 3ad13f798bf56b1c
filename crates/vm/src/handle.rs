//! Handlers: who handles what is performed, and bodies that wait while a clause runs.
//!
//! A `handle` calls its body like any closure, from its *home* frame, and notes its clauses in the [`Context`]. A clause
//! that resumes at its end is called in place of the operation, like a cell. For any other one the frames above home
//! are taken off the stacks and wait as a [`Continuation`], and the clause is called from home in their place: what it
//! returns is the value of the `handle`. `resume` puts them back on top of whoever calls it.

use std::cell::RefCell;
use std::rc::Rc;

use bytecode::Op;

use crate::fault::{Fault, FaultKind};
use crate::fiber::Fiber;
use crate::machine::{FRAMES_MAX, Frame, Vm, arity, too_deep};
use crate::value::{Closure, Value};

/// Who handles what at the moment. Places count from 1; 0 is none.
#[derive(Debug, Default)]
pub(crate) struct Context {
    marks: Vec<Mark>,
    /// The place of the innermost handler that is asked.
    innermost: usize,
    /// A clause further out that takes over once the builtins between have given way.
    flight: Option<Flight>,
}

/// How far a context reached.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Depth {
    marks: usize,
    innermost: usize,
}

/// `home` is the place among the frames of the one that waits for the call.
#[derive(Debug)]
enum Mark {
    /// Clauses for what the call from `home` performs, by name; `outer` is asked next.
    Handler { home: usize, clauses: Rc<[(Value, Value)]>, outer: usize },
    /// A clause called from `home` runs while the body waits.
    Clause { home: usize, body: Rc<Continuation> },
    /// A clause runs in place of an operation that `home` performs; `inner` is asked again when it is done. `handler` is
    /// the home of its `handle`.
    Plain { home: usize, inner: usize, handler: usize },
}

/// What a task that waits has noted, as it stood then.
#[derive(Debug)]
pub(crate) struct Marks {
    marks: Vec<Mark>,
    innermost: usize,
    /// The place of the first.
    place: usize,
}

#[derive(Debug)]
struct Flight {
    place: usize,
    clause: Rc<Closure>,
    args: Vec<Value>,
}

/// The body of a `handle`, up to where it performed an operation.
#[derive(Debug)]
pub struct Continuation(RefCell<State>);

#[derive(Debug)]
enum State {
    Waits(Box<Waiting>),
    /// Why it does not go on.
    Gone(&'static str),
}

#[derive(Debug)]
struct Waiting {
    fiber: Fiber,
    /// The handler and what was noted above it, as it stood then.
    marks: Vec<Mark>,
    /// The handler's place and home, and who was asked first, at that time.
    place: usize,
    home: usize,
    innermost: usize,
}

const RESUMED: &str = "`resume` was called twice: a body goes on once";
const ENDED: &str = "`resume` was called after its `handle` had ended";
const CUT_OFF: &str =
    "the body cannot go on: a builtin, or a walk of a generator, stood between it and its `handle`";

impl Continuation {
    fn gone(why: &'static str) -> Rc<Continuation> {
        Rc::new(Continuation(RefCell::new(State::Gone(why))))
    }

    fn end(&self) {
        let state = self.0.replace(State::Gone(ENDED));
        if let State::Gone(why) = state {
            self.0.replace(State::Gone(why));
        }
    }

    fn take(&self) -> Result<Waiting, Fault> {
        match self.0.replace(State::Gone(RESUMED)) {
            State::Waits(waiting) => Ok(*waiting),
            State::Gone(why) => {
                self.0.replace(State::Gone(why));
                let help = match why {
                    CUT_OFF => {
                        "let each way through the clause end with `resume`, or perform outside of the builtin"
                    }
                    _ => "keep what the body came to instead, and use that again",
                };
                Err(Fault::new("R0107", why).help(help))
            }
        }
    }
}

impl Marks {
    /// Of a task in whose frames nobody handles anything.
    pub(crate) fn none() -> Marks {
        Marks { marks: Vec::new(), innermost: 0, place: 1 }
    }

    pub(crate) fn is_none(&self) -> bool {
        self.marks.is_empty() && self.innermost == 0
    }
}

impl Context {
    pub(crate) fn depth(&self) -> Depth {
        Depth { marks: self.marks.len(), innermost: self.innermost }
    }

    /// Forgets what was noted since.
    pub(crate) fn cut(&mut self, depth: Depth) {
        self.marks.truncate(depth.marks);
        self.innermost = depth.innermost;
    }

    /// Nobody that stands around a task handles what it performs. Gives back what [`Context::cut`] takes.
    pub(crate) fn seclude(&mut self) -> Depth {
        let depth = self.depth();
        self.innermost = 0;
        depth
    }

    /// The frame whose place will be `home` lets clauses handle what its next call performs.
    pub(crate) fn open(&mut self, home: usize, clauses: Vec<Value>) {
        let mut pairs = Vec::with_capacity(clauses.len() / 2);
        let mut values = clauses.into_iter();
        while let (Some(name), Some(clause)) = (values.next(), values.next()) {
            pairs.push((name, clause));
        }
        self.marks.push(Mark::Handler { home, clauses: pairs.into(), outer: self.innermost });
        self.innermost = self.marks.len();
    }

    /// The call that the frame with the place `home` made has returned.
    pub(crate) fn close(&mut self, home: usize) {
        match self.marks.last() {
            Some(Mark::Handler { home: noted, outer, .. }) if *noted == home => self.innermost = *outer,
            Some(Mark::Clause { home: noted, body }) if *noted == home => body.end(),
            _ => return,
        }
        self.marks.pop();
    }

    /// A fault goes on in the frame with that place: what it and those above it noted is over.
    pub(crate) fn leave(&mut self, place: usize) {
        while let Some(Mark::Handler { home, .. } | Mark::Clause { home, .. } | Mark::Plain { home, .. }) =
            self.marks.last()
            && *home >= place
        {
            match self.marks.pop() {
                Some(Mark::Handler { outer, .. }) => self.innermost = outer,
                Some(Mark::Plain { inner, .. }) => self.innermost = inner,
                Some(Mark::Clause { body, .. }) => body.end(),
                None => {}
            }
        }
    }

    /// What the frame with the place `home` performed is done.
    pub(crate) fn performed(&mut self, home: usize) {
        if let Some(Mark::Plain { home: noted, inner, .. }) = self.marks.last()
            && *noted == home
        {
            self.innermost = *inner;
            self.marks.pop();
        }
    }

    /// Whether the frame at that place, or what stands right below it, performs an operation whose clause runs.
    pub(crate) fn is_performing(&self, at: usize) -> bool {
        let is_between =
            |mark: &Mark| matches!(mark, Mark::Plain { home, handler, .. } if *handler < at && at <= *home);
        self.marks.iter().any(is_between)
    }

    /// Whether a clause for the operation is at hand.
    pub(crate) fn is_handled(&self, name: &str) -> bool {
        self.find(name).is_some()
    }

    /// The innermost clause for an operation: its handler's place, home and outer one.
    fn find(&self, name: &str) -> Option<(usize, usize, usize, Rc<Closure>)> {
        let mut place = self.innermost;
        while let Some(Mark::Handler { home, clauses, outer }) =
            place.checked_sub(1).and_then(|at| self.marks.get(at))
        {
            let clause = clauses.iter().find(|(handled, _)| handled.as_str() == Some(name));
            if let Some((_, Value::Closure(clause))) = clause {
                return Some((place, *home, *outer, clause.clone()));
            }
            place = *outer;
        }
        None
    }

    /// Takes off what was noted since.
    pub(crate) fn take_off(&mut self, depth: Depth) -> Marks {
        let at = depth.marks.min(self.marks.len());
        let innermost = std::mem::take(&mut self.innermost);
        Marks { marks: self.marks.split_off(at), innermost, place: at + 1 }
    }

    /// Puts back what a task noted whose frames stood above `was` others, and stand above `floor` now.
    pub(crate) fn take_back(&mut self, marks: Marks, was: usize, floor: usize) {
        self.restore(marks.marks, (marks.place, was, marks.innermost), floor);
    }

    /// Puts back what was noted around a body that goes on, called from the frame with the place `home`.
    fn restore(&mut self, marks: Vec<Mark>, was: (usize, usize, usize), home: usize) {
        let (place, old_home, innermost) = was;
        let (first, outside) = (self.marks.len() + 1, self.innermost);
        let moved = |at: usize| if at >= place { at - place + first } else { outside };
        let at_home = |old: usize| old.saturating_sub(old_home) + home;
        for mark in marks {
            self.marks.push(match mark {
                Mark::Handler { home, clauses, outer } => {
                    Mark::Handler { home: at_home(home), clauses, outer: moved(outer) }
                }
                Mark::Clause { home, body } => Mark::Clause { home: at_home(home), body },
                Mark::Plain { home, inner, handler } => {
                    Mark::Plain { home: at_home(home), inner: moved(inner), handler: at_home(handler) }
                }
            });
        }
        self.innermost = moved(innermost);
    }
}

impl Vm<'_> {
    /// Calls the innermost clause for an operation, whose arguments stand from `base` on in the frame `here`. Gives the
    /// frame to run on with.
    pub(crate) fn perform(
        &mut self,
        here: Frame,
        (base, count): (usize, usize),
        name: &str,
        floor: usize,
    ) -> Result<Frame, Fault> {
        let Some((place, home, outer, clause)) = self.context.find(name) else {
            return Err(Fault::new("R0108", format!("nothing handles `{name}`"))
                .help("call what performs it inside the `handle`, not a function that leaves it"));
        };
        let functions = &self.module.functions;
        let Some(callee) = functions.get(clause.function as usize) else {
            return Err(Fault::internal("unknown function"));
        };
        let from = here.ref_base as usize + base;
        if callee.params.len() == count {
            if self.frames.len() >= FRAMES_MAX {
                return Err(too_deep());
            }
            let inner = self.context.innermost;
            self.context.marks.push(Mark::Plain { home: self.frames.len(), inner, handler: home });
            self.context.innermost = outer;
            self.frames.push(here);
            let scalars = functions.get(here.function as usize).map_or(0, |f| u32::from(f.scalars));
            let next = Frame {
                function: clause.function,
                pc: 0,
                scalar_base: here.scalar_base + scalars,
                ref_base: from as u32,
            };
            self.reserve(next.scalar_base as usize, from);
            self.fill(from + count, clause.captures.iter().cloned());
            return Ok(next);
        }
        if callee.params.len() != count + 1 {
            return Err(arity(callee, count));
        }
        if self.is_left_above(home) {
            return Err(Fault::new(
                "R0107",
                format!("`{name}` cannot take over: a fault is leaving the body"),
            )
            .help("end the clause with `resume`, or do not perform this in a `defer`"));
        }
        let args = self.refs.iter_mut().skip(from).take(count).map(std::mem::take).collect();
        if home < floor {
            self.context.flight = Some(Flight { place, clause, args });
            return Err(Fault::internal("a clause was not reached").kind(FaultKind::Unwinding));
        }
        let fiber = self.suspend(here, home + 1);
        let marks = self.context.marks.split_off(place - 1);
        let innermost = std::mem::replace(&mut self.context.innermost, outer);
        let waiting = Waiting { fiber, marks, place, home, innermost };
        let body = Rc::new(Continuation(RefCell::new(State::Waits(Box::new(waiting)))));
        self.call_clause(home, &clause, args, body)
    }

    /// Calls a clause in place of the body, from the frame that called the body.
    fn call_clause(
        &mut self,
        home: usize,
        clause: &Closure,
        args: Vec<Value>,
        body: Rc<Continuation>,
    ) -> Result<Frame, Fault> {
        let caller = self.frames.get(home).copied();
        let function = caller.and_then(|c| self.module.functions.get(c.function as usize));
        let (Some(caller), Some(function)) = (caller, function) else {
            return Err(Fault::internal("a handler without a frame"));
        };
        let called = (caller.pc as usize).checked_sub(1).and_then(|pc| function.code.get(pc));
        let next = Frame {
            function: clause.function,
            pc: 0,
            scalar_base: caller.scalar_base + u32::from(function.scalars),
            ref_base: caller.ref_base + called.map_or(0, |i| u32::from(i.a)),
        };
        self.context.marks.push(Mark::Clause { home, body: body.clone() });
        self.reserve(next.scalar_base as usize, next.ref_base as usize);
        let values = args.into_iter().chain([Value::Continuation(body)]);
        self.fill(next.ref_base as usize, values.chain(clause.captures.iter().cloned()));
        Ok(next)
    }

    fn fill(&mut self, from: usize, values: impl Iterator<Item = Value>) {
        for (slot, value) in self.refs.iter_mut().skip(from).zip(values) {
            *slot = value;
        }
    }

    /// A builtin gave way to a clause further out: calls it, if its `handle` is among the frames above `floor`.
    pub(crate) fn land(&mut self, fault: Fault, here: Frame, floor: usize) -> Result<Frame, Fault> {
        let Some(Flight { place, clause, args }) = self.context.flight.take() else { return Err(fault) };
        let home = match place.checked_sub(1).and_then(|at| self.context.marks.get(at)) {
            Some(Mark::Handler { home, outer, .. }) if *home >= floor => {
                self.context.innermost = *outer;
                *home
            }
            _ => {
                self.context.flight = Some(Flight { place, clause, args });
                return Err(fault);
            }
        };
        self.context.marks.truncate(place - 1);
        drop(self.suspend(here, home + 1));
        self.call_clause(home, &clause, args, Continuation::gone(CUT_OFF))
    }

    /// The body that waits at `base` goes on above the frame `here`. Gives the frame to run on with.
    pub(crate) fn resume(&mut self, here: Frame, base: usize) -> Result<Frame, Fault> {
        let at = here.ref_base as usize + base;
        let mut taken = self.refs.iter_mut().skip(at).take(2).map(std::mem::take);
        let (Some(Value::Continuation(body)), Some(value)) = (taken.next(), taken.next()) else {
            return Err(Fault::internal("nothing to resume"));
        };
        let Waiting { fiber, marks, place, home, innermost } = body.take()?;
        if self.frames.len() + fiber.depth() >= FRAMES_MAX {
            return Err(too_deep());
        }
        self.context.restore(marks, (place, home, innermost), self.frames.len());
        self.frames.push(here);
        let scalars = self.module.functions.get(here.function as usize).map_or(0, |f| usize::from(f.scalars));
        self.top = (here.scalar_base as usize + scalars, at);
        let Some(next) = self.restore(fiber) else { return Err(Fault::internal("nothing waits")) };
        let function = self.module.functions.get(next.function as usize);
        let performed = (next.pc as usize).checked_sub(1).and_then(|pc| function?.code.get(pc));
        if let Some(instr) = performed.filter(|i| i.op == Op::Perform) {
            self.fill(next.ref_base as usize + usize::from(instr.a), std::iter::once(value));
        }
        Ok(next)
    }
}
