//! Computations that wait.
//!
//! Frames stand on the machine's two stacks only while they run. What waits is moved out of them as a [`Fiber`], which
//! takes no more room than its registers do, and is moved back on top to go on: bases are relative, so any top will do.

use crate::fault::Fault;
use crate::host::Host;
use crate::machine::{Frame, Vm};
use crate::release::Values;
use crate::schedule::Parked;
use crate::value::Value;

/// How frames stop running, other than by a fault that leaves them all.
#[derive(Debug)]
pub(crate) enum Exit {
    Returned(Value),
    /// A generator's next value, and its body, which waits.
    Yielded(Value, Fiber),
    /// At the pad that a fault came to, where the frames are to run on.
    Landed(Frame),
    /// A task waits.
    Waits(Box<Parked>),
}

/// Frames that wait, with their part of the stacks. The default one has none: it has ended.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fiber {
    /// The innermost last; bases are counted from the fiber's own part.
    frames: Vec<Frame>,
    scalars: Vec<u64>,
    refs: Values,
}

impl Fiber {
    /// At the start of a function without parameters.
    pub(crate) fn start(function: u32, captures: Values) -> Fiber {
        let frames = vec![Frame { function, pc: 0, scalar_base: 0, ref_base: 0 }];
        Fiber { frames, scalars: Vec::new(), refs: captures }
    }

    /// Frames, scalars and values that stood in the parts before.
    pub(crate) fn of(frames: Vec<Frame>, scalars: Vec<u64>, refs: Values) -> Fiber {
        Fiber { frames, scalars, refs }
    }

    /// Frames, scalars and values.
    pub(crate) fn parts(&self) -> (&[Frame], &[u64], &[Value]) {
        (&self.frames, &self.scalars, &self.refs)
    }

    /// How many frames it has.
    pub(crate) fn depth(&self) -> usize {
        self.frames.len()
    }
}

impl Vm<'_> {
    /// Takes the frames above `floor`, and `here` on top of them, off the stacks.
    pub(crate) fn suspend(&mut self, here: Frame, floor: usize) -> Fiber {
        let mut frames: Vec<Frame> = self.frames.drain(floor.min(self.frames.len())..).collect();
        frames.push(here);
        let (scalar_base, ref_base) =
            frames.first().map_or((0, 0), |first| (first.scalar_base as usize, first.ref_base as usize));
        let (mut scalar_top, mut ref_top) = (scalar_base, ref_base);
        for frame in &mut frames {
            if let Some(function) = self.module.functions.get(frame.function as usize) {
                scalar_top = scalar_top.max(frame.scalar_base as usize + usize::from(function.scalars));
                ref_top = ref_top.max(frame.ref_base as usize + usize::from(function.refs));
            }
            frame.scalar_base = frame.scalar_base.saturating_sub(scalar_base as u32);
            frame.ref_base = frame.ref_base.saturating_sub(ref_base as u32);
        }
        let scalars = self.scalars.get(scalar_base..scalar_top).unwrap_or_default().to_vec();
        let refs = self.refs.get_mut(ref_base..ref_top).unwrap_or_default();
        Fiber { frames, scalars, refs: Values::new(refs.iter_mut().map(std::mem::take).collect()) }
    }

    /// Puts the fiber's frames on top of the stacks; the innermost, which is to run, is not among the waiting ones.
    /// Nothing for a fiber that has ended.
    pub(crate) fn restore(&mut self, fiber: Fiber) -> Option<Frame> {
        let (scalar_base, ref_base) = self.top;
        let mut frames = fiber.frames;
        for frame in &mut frames {
            frame.scalar_base += scalar_base as u32;
            frame.ref_base += ref_base as u32;
        }
        let here = frames.pop()?;
        self.reserve(here.scalar_base as usize, here.ref_base as usize);
        for (slot, bits) in self.scalars.iter_mut().skip(scalar_base).zip(fiber.scalars) {
            *slot = bits;
        }
        for (slot, value) in self.refs.iter_mut().skip(ref_base).zip(fiber.refs.into_vec()) {
            *slot = value;
        }
        self.frames.extend(frames);
        Some(here)
    }

    /// Runs a generator's body to its next `yield`: what it yields and where it waits then; no value at its end.
    pub(crate) fn step(&mut self, host: &mut dyn Host, walk: Fiber) -> Result<(Option<Value>, Fiber), Fault> {
        let floor = self.frames.len();
        let Some(here) = self.restore(walk) else { return Ok((None, Fiber::default())) };
        Ok(match self.run(host, here, floor)? {
            Exit::Yielded(value, walk) => (Some(value), walk),
            Exit::Returned(_) | Exit::Landed(_) => (None, Fiber::default()),
            Exit::Waits(_) => return Err(Fault::internal("a task that waits inside of a walk")),
        })
    }
}
