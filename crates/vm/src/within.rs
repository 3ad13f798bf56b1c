//! Which declarations a call comes from: those whose code waits for it.
//!
//! A host that narrows what some declarations may do has them watched. A function belongs to the declaration that it is
//! written in, so a closure does too wherever it is called, and a task belongs to whatever spawned it. A clause of a
//! handler belongs to its `handle`, not to who performs the operation.

use std::rc::Rc;

use bytecode::{Function, Span};

use crate::machine::Vm;

/// The watched declarations, and what stands on the machine's own stack.
#[derive(Debug, Default)]
pub(crate) struct Watch {
    /// By function: the declaration that it is written in.
    by_function: Vec<Option<usize>>,
    /// The function that called a builtin or the host last.
    pub(crate) calls: u32,
    /// The functions whose builtins called closures, with how many frames stood below those.
    pub(crate) below: Vec<(usize, u32)>,
    /// Where the frames and the functions of the task that runs begin.
    pub(crate) base: (usize, usize),
}

impl Watch {
    fn declaration(&self, function: u32) -> Option<usize> {
        self.by_function.get(function as usize).copied().flatten()
    }
}

impl Vm<'_> {
    /// From now on [`Callback::within`](crate::Callback::within) tells which of these declarations a call comes from.
    pub fn watch(&mut self, declarations: &[Span]) {
        let of = |function: &Function| {
            let (_, at) = function.spans.first()?;
            declarations.iter().position(|d| d.file == at.file && d.start <= at.start && at.end <= d.end)
        };
        self.watch.by_function = match declarations {
            [] => Vec::new(),
            _ => self.module.functions.iter().map(of).collect(),
        };
    }

    /// The declarations that wait for the running call, by their places, ascending.
    pub(crate) fn within(&self) -> Rc<[usize]> {
        let watch = &self.watch;
        if watch.by_function.is_empty() {
            return Rc::new([]);
        }
        let (frames, below) = watch.base;
        let frames = self.frames.iter().enumerate().skip(frames).map(|(at, frame)| (at, frame.function));
        let below = watch.below.iter().skip(below).copied();
        let waits = frames.chain(below).filter(|(at, _)| !self.context.is_performing(*at));
        let mut found: Vec<usize> = self.schedule.current.within.to_vec();
        found.extend(waits.filter_map(|(_, function)| watch.declaration(function)));
        found.extend(watch.declaration(watch.calls));
        found.sort_unstable();
        found.dedup();
        found.into()
    }
}
