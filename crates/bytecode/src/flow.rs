//! Which type each scalar register holds at each instruction: a forward analysis over blocks.
//!
//! A register that holds different types on two paths holds none where they meet, and may only be written. Reference
//! registers need no proof: they hold null from the start.

use crate::instr::Instr;
use crate::module::{Function, Module};
use crate::op::{Op, Operand};
use crate::types::Repr;
use crate::verify::Found;

/// The type in a scalar register; `None` when it may differ or nothing was written.
type Slot = Option<Repr>;

/// Most memory that the analysis of one function may take, in slots.
const STATE_SLOTS_MAX: usize = 1 << 26;

pub(crate) fn check_types(module: &Module, function: &Function) -> Result<(), Found> {
    let heads = block_heads(function);
    let register_count = usize::from(function.scalars);
    let head_count = heads.iter().filter(|h| h.is_some()).count();
    if head_count.saturating_mul(register_count) > STATE_SLOTS_MAX {
        return Err((None, "too many registers and branches to verify".into()));
    }
    let mut entry = Entries {
        reached: vec![false; head_count],
        slots: vec![None; head_count * register_count],
        register_count,
    };
    let mut state: Vec<Slot> = vec![None; register_count];
    let scalars = function.params.iter().filter(|r| r.is_scalar());
    for (slot, repr) in state.iter_mut().zip(scalars) {
        *slot = Some(*repr);
    }
    let mut pending = Vec::new();
    join(&heads, &mut entry, &mut pending, 0, &state);
    let mut at_fault: Vec<Slot> = Vec::new();
    while let Some(head) = pending.pop() {
        let Some(known) = block_of(&heads, head).and_then(|b| entry.at(b)) else { continue };
        state.copy_from_slice(known);
        let mut pc = head;
        // The pad that knows the state as it is.
        let mut told = None;
        while let Some(instr) = function.code.get(pc).copied() {
            let pad = function.pad_at(pc);
            if let Some(target) = pad {
                if instr.op == Op::Call {
                    at_fault.clone_from(&state);
                    overlay(&mut at_fault, instr);
                    join(&heads, &mut entry, &mut pending, target, &at_fault);
                } else if told != pad {
                    join(&heads, &mut entry, &mut pending, target, &state);
                }
            }
            told = pad.filter(|_| !writes_scalars(instr.op));
            step(module, function, &mut state, instr).map_err(|message| (Some(pc), message))?;
            if let Some(target) = instr.target(pc).and_then(|t| usize::try_from(t).ok()) {
                join(&heads, &mut entry, &mut pending, target, &state);
            }
            if instr.op.is_terminator() {
                break;
            }
            pc += 1;
            if block_of(&heads, pc).is_some() {
                join(&heads, &mut entry, &mut pending, pc, &state);
                break;
            }
        }
    }
    Ok(())
}

/// What is known where each block begins, one row of registers a block.
struct Entries {
    reached: Vec<bool>,
    slots: Vec<Slot>,
    register_count: usize,
}

impl Entries {
    fn at(&mut self, block: usize) -> Option<&mut [Slot]> {
        let start = block * self.register_count;
        self.slots.get_mut(start..start + self.register_count)
    }
}

/// By instruction: the number of the block that begins there. Only jump targets, pads and the start begin one.
fn block_heads(function: &Function) -> Vec<Option<u32>> {
    let mut heads = vec![None; function.code.len()];
    let jumps = function.code.iter().enumerate().filter_map(|(pc, instr)| instr.target(pc));
    let pads = function.pads.iter().map(|pad| i64::from(pad.target));
    for target in jumps.chain(pads).chain([0]) {
        if let Some(head) = usize::try_from(target).ok().and_then(|at| heads.get_mut(at)) {
            *head = Some(0);
        }
    }
    for (number, head) in (0u32..).zip(heads.iter_mut().flatten()) {
        *head = number;
    }
    heads
}

fn block_of(heads: &[Option<u32>], pc: usize) -> Option<usize> {
    heads.get(pc).copied().flatten().map(|b| b as usize)
}

/// Merges `state` into what is known at `target`, and looks there again if that changed it.
fn join(heads: &[Option<u32>], entry: &mut Entries, pending: &mut Vec<usize>, target: usize, state: &[Slot]) {
    let Some(block) = block_of(heads, target) else { return };
    let is_new = entry.reached.get_mut(block).is_some_and(|reached| !std::mem::replace(reached, true));
    let Some(known) = entry.at(block) else { return };
    let mut changed = is_new;
    if is_new {
        known.copy_from_slice(state);
    } else {
        for (old, new) in known.iter_mut().zip(state) {
            if old.is_some() && old != new {
                *old = None;
                changed = true;
            }
        }
    }
    if changed {
        pending.push(target);
    }
}

fn step(module: &Module, function: &Function, state: &mut [Slot], instr: Instr) -> Result<(), String> {
    let fields = [instr.a, instr.b, instr.c];
    let read = |state: &[Slot], register: usize| state.get(register).copied().flatten();
    let expect = |state: &[Slot], register: usize, repr: Repr| match read(state, register) {
        Some(found) if found == repr => Ok(()),
        Some(found) => {
            Err(format!("{}: register {register} holds {found:?}, expected {repr:?}", instr.op.name()))
        }
        None => Err(format!("{}: register {register} may not hold a {repr:?}", instr.op.name())),
    };
    for (kind, field) in instr.op.operands().iter().zip(fields) {
        let register = usize::from(field);
        match kind {
            Operand::SrcInt => expect(state, register, Repr::Int)?,
            Operand::SrcFloat => expect(state, register, Repr::Float)?,
            Operand::SrcBool => expect(state, register, Repr::Bool)?,
            _ => {}
        }
    }
    match instr.op {
        Op::MoveS => match read(state, usize::from(instr.b)) {
            Some(repr) => write(state, usize::from(instr.a), repr),
            None => return Err("MoveS: a register without a certain type is read".into()),
        },
        Op::ReturnS => expect(state, usize::from(instr.a), function.ret)?,
        Op::NewListI | Op::NewListF => {
            let repr = if instr.op == Op::NewListI { Repr::Int } else { Repr::Float };
            for i in 0..usize::from(instr.c) {
                expect(state, usize::from(instr.b) + i, repr)?;
            }
        }
        Op::Call => {
            let Some(callee) = module.functions.get(usize::from(instr.a)) else {
                return Err("Call: unknown function".into());
            };
            let base = usize::from(instr.b);
            for (i, repr) in callee.params.iter().filter(|r| r.is_scalar()).enumerate() {
                expect(state, base + i, *repr)?;
            }
            overlay(state, instr);
            if callee.ret.is_scalar() {
                write(state, base, callee.ret);
            }
        }
        _ => {}
    }
    for (kind, field) in instr.op.operands().iter().zip(fields) {
        let register = usize::from(field);
        match kind {
            Operand::DstInt => write(state, register, Repr::Int),
            Operand::DstFloat => write(state, register, Repr::Float),
            Operand::DstBool => write(state, register, Repr::Bool),
            _ => {}
        }
    }
    Ok(())
}

/// The window of a `Call`'s callee lies over everything from its base on.
fn overlay(state: &mut [Slot], call: Instr) {
    if let Some(overlaid) = state.get_mut(usize::from(call.b)..) {
        overlaid.fill(None);
    }
}

fn writes_scalars(op: Op) -> bool {
    use Operand::{DstBool, DstFloat, DstInt, DstScalar};
    op == Op::Call || op.operands().iter().any(|kind| matches!(kind, DstInt | DstFloat | DstBool | DstScalar))
}

fn write(state: &mut [Slot], register: usize, repr: Repr) {
    if let Some(slot) = state.get_mut(register) {
        *slot = Some(repr);
    }
}
