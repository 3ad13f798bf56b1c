//! Frames that a fault leaves.
//!
//! A fault goes from frame to frame outwards. Where a frame has a pad for the place, the fault waits there while the
//! frame runs what it deferred, and goes on after it. A fault in that is added to the one that waits: it ends what was
//! deferred there, and the frame runs the rest.

use crate::fault::Fault;
use crate::fiber::Exit;
use crate::machine::{Frame, Vm};
use crate::value::Value;

/// A fault that waits in a frame.
#[derive(Debug)]
pub(crate) struct Leaving {
    /// How many runs were inside each other, and how many frames waited below.
    run: u32,
    place: usize,
    fault: Fault,
}

impl Vm<'_> {
    /// Lets a fault go outwards from the frame `here`: to where it lands, or through all frames above `floor`, which
    /// gives back what their slots from `bottom` on hold. `noted` says that the frame stands in its trace already.
    pub(crate) fn unwind(
        &mut self,
        mut fault: Fault,
        here: Frame,
        floor: usize,
        bottom: usize,
        mut noted: bool,
    ) -> Result<Exit, Fault> {
        let functions = &self.module.functions;
        let run = self.nesting;
        let mut top = bottom;
        let mut frame = here;
        loop {
            let place = self.frames.len();
            if let Some(function) = functions.get(frame.function as usize) {
                let pc = (frame.pc as usize).saturating_sub(1);
                if !noted {
                    fault.note(&function.name, function.span_at(pc));
                }
                if let Some(first) = self.take_leaving(run, place) {
                    self.spent |= fault.is_too_deep();
                    fault = first.after_deferred(fault, &function.name);
                }
                let used = frame.ref_base as usize + usize::from(function.refs);
                top = top.max(used);
                if let Some(pad) = function.pad_at(pc).filter(|_| fault.runs_deferred() && !self.spent) {
                    self.free(used, top);
                    self.context.leave(place);
                    self.leaving.push(Leaving { run, place, fault });
                    return Ok(Exit::Landed(Frame { pc: pad as u32, ..frame }));
                }
            }
            noted = false;
            let caller = if place > floor { self.frames.pop() } else { None };
            match caller {
                Some(caller) => frame = caller,
                None => break,
            }
        }
        self.free(bottom, top);
        Err(fault)
    }

    /// The fault that waits in the running frame.
    pub(crate) fn left_by(&mut self) -> Option<Fault> {
        self.take_leaving(self.nesting, self.frames.len())
    }

    /// Whether a fault waits in a frame above the one with the place `home`.
    pub(crate) fn is_left_above(&self, home: usize) -> bool {
        self.leaving.last().is_some_and(|leaving| leaving.place > home)
    }

    /// Takes off the faults that wait in the frames of the innermost run, which stand above `floor` others.
    pub(crate) fn take_off_left(&mut self, floor: usize) -> Vec<Leaving> {
        let run = self.nesting;
        let at = self.leaving.iter().position(|leaving| leaving.run >= run).unwrap_or(self.leaving.len());
        let mut left = self.leaving.split_off(at);
        for leaving in &mut left {
            leaving.place = leaving.place.saturating_sub(floor);
        }
        left
    }

    /// Puts them back for frames that run on above `floor` others.
    pub(crate) fn put_back(&mut self, left: Vec<Leaving>, floor: usize) {
        let run = self.nesting;
        self.leaving.extend(left.into_iter().map(|left| Leaving { run, place: left.place + floor, ..left }));
    }

    fn take_leaving(&mut self, run: u32, place: usize) -> Option<Fault> {
        let leaving = self.leaving.pop_if(|leaving| leaving.run == run && leaving.place == place);
        leaving.map(|leaving| leaving.fault)
    }

    fn free(&mut self, from: usize, to: usize) {
        if let Some(used) = self.refs.get_mut(from..to) {
            used.fill(Value::Null);
        }
    }
}
