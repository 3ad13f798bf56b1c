//! Deferred blocks, and what is put right where a fault passes through.
//!
//! A deferred block stands in the code where its scope ends: control that reaches the end goes through it, and a fault
//! of the code between the `defer` and the end lands there too. `break`, `continue`, `return` and `?` run copies of the
//! blocks that they leave.

use bytecode::{Instr, Op, Pad, Repr};
use syntax::ast::Block;

use crate::function::{Builder, Label, Reg};

/// A block to run when its scope is left.
#[derive(Clone, Copy)]
pub(crate) struct Deferred<'a> {
    block: &'a Block,
    /// Where it stands at the end of its scope.
    pad: Label,
}

/// What runs when a fault comes up while something is changed.
struct Repair {
    pad: Label,
    instr: Instr,
    /// Where the fault goes on.
    outer: Option<Label>,
}

/// Which code's faults land where.
#[derive(Default)]
pub(crate) struct Landing {
    /// Repairs of the changes under way, innermost last.
    open: Vec<Label>,
    repairs: Vec<Repair>,
    /// Since when which pad takes the faults.
    current: Option<(usize, Label)>,
    ranges: Vec<(usize, usize, Label)>,
}

impl Landing {
    fn turn_to(&mut self, pad: Option<Label>, here: usize) {
        if self.current.map(|(_, label)| label) == pad {
            return;
        }
        if let Some((from, label)) = self.current.take()
            && from < here
        {
            self.ranges.push((from, here, label));
        }
        self.current = pad.map(|pad| (here, pad));
    }
}

impl<'a> Builder<'_, 'a> {
    /// Whether something is to run when the function is left.
    pub(crate) fn is_deferring(&self) -> bool {
        self.defers.iter().any(|scope| !scope.is_empty())
    }

    /// A register that holds some value on every way.
    pub(crate) fn blank(&mut self, repr: Repr) -> Reg {
        match repr {
            Repr::Int => self.load_int(0, None),
            Repr::Float => self.load_float(0.0, None),
            Repr::Bool => self.load_bool(false, None),
            Repr::Ref => self.alloc(Repr::Ref),
        }
    }

    pub(crate) fn defer(&mut self, block: &'a Block) {
        let pad = self.label();
        if let Some(scope) = self.defers.last_mut() {
            scope.push(Deferred { block, pad });
        }
        self.land();
    }

    /// From here on faults land at the innermost repair, or else at what was deferred last.
    fn land(&mut self) {
        let pad = self.pad();
        let here = self.next();
        self.landing.turn_to(pad, here);
    }

    fn pad(&self) -> Option<Label> {
        let deferred = || self.defers.iter().flatten().next_back().map(|deferred| deferred.pad);
        self.landing.open.last().copied().or_else(deferred)
    }

    /// Runs what the innermost block deferred, last first. A fault goes on after it.
    pub(crate) fn leave_scope(&mut self) {
        let is_left = self.is_unreachable();
        let mut lands = false;
        while let Some(Deferred { block, pad }) = self.defers.last_mut().and_then(Vec::pop) {
            lands = true;
            self.land();
            self.bind(pad);
            self.known_tag = None;
            self.block(block);
        }
        self.defers.pop();
        if lands {
            self.emit(Op::Rethrow, 0, 0, 0);
            if is_left {
                self.emit(Op::Trap, 0, 0, 0);
            }
        }
    }

    /// Runs what all blocks deferred that are left when control goes to where `depth` blocks are open.
    pub(crate) fn run_deferred(&mut self, depth: usize) {
        if !self.is_deferring() {
            return;
        }
        let all = self.defers.clone();
        while self.defers.len() > depth {
            // While a block runs, only those outside of it are still to run.
            match self.defers.last_mut().and_then(Vec::pop) {
                Some(deferred) => {
                    self.land();
                    self.block(deferred.block);
                }
                None => {
                    self.defers.pop();
                }
            }
        }
        self.defers = all;
        self.land();
    }

    /// A fault while `change` runs has the instruction run before it goes on.
    pub(crate) fn repaired_by<T>(&mut self, instr: Instr, change: impl FnOnce(&mut Self) -> T) -> T {
        let outer = self.pad();
        let pad = self.label();
        self.landing.open.push(pad);
        self.land();
        let changed = change(self);
        self.landing.open.pop();
        self.land();
        self.landing.repairs.push(Repair { pad, instr, outer });
        changed
    }

    /// Writes the repairs behind the code, and gives where which fault lands.
    pub(crate) fn finish_landing(&mut self) -> Vec<Pad> {
        for Repair { pad, instr, outer } in std::mem::take(&mut self.landing.repairs) {
            let here = self.next();
            self.landing.turn_to(outer, here);
            self.bind(pad);
            self.emit(instr.op, instr.a, instr.b, instr.c);
            self.emit(Op::Rethrow, 0, 0, 0);
            self.emit(Op::Trap, 0, 0, 0);
        }
        let here = self.next();
        self.landing.turn_to(None, here);
        let ranges = std::mem::take(&mut self.landing.ranges);
        let pads = ranges.into_iter().filter_map(|(from, to, pad)| {
            let target = self.target_of(pad)?;
            Some(Pad { from: from as u32, to: to as u32, target: target as u32 })
        });
        pads.collect()
    }
}
