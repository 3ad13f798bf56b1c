//! One function under construction: registers, labels, code.
//!
//! Registers are handed out like a stack, on each bank: locals and temporaries of inner scopes stand above those of
//! outer ones, so that a call's arguments are always on top, where the callee's window begins.

use bytecode::{Function, Instr, Op, Operand, Repr, Span};
use checker::checked::LocalId;
use checker::types::{Repr as TypeRepr, Type};
use syntax::ast::NodeId;

use crate::defer::{Deferred, Landing};
use crate::program::{Lowerer, span};
use crate::table::HashMap;

/// A register.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Reg {
    pub(crate) repr: Repr,
    pub(crate) index: u16,
}

/// Where a local variable stands.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Variable {
    Register(Reg),
    /// In a shared cell, which is in this reference register.
    Shared(Reg),
}

/// A place in the code, known or to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Label(usize);

/// How many registers are in use.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mark {
    scalars: usize,
    refs: usize,
}

/// A loop that `break` and `continue` may leave.
pub(crate) struct Loop<'a> {
    pub(crate) label: Option<&'a str>,
    pub(crate) end: Label,
    pub(crate) next: Label,
    /// Where a `loop` puts the value of its `break`, with the type.
    pub(crate) value: Option<(Reg, Type)>,
    /// How many blocks with deferred statements were open outside.
    pub(crate) defers: usize,
}

/// What the names of a record's fields mean in its defaults and constraints.
#[derive(Clone, Debug)]
pub(crate) enum Fields {
    Registers(Vec<Option<Reg>>),
    Of(Reg),
}

pub(crate) struct Builder<'l, 'a> {
    pub(crate) lowerer: &'l mut Lowerer<'a>,
    pub(crate) name: String,
    pub(crate) params: Vec<Repr>,
    pub(crate) captures: u16,
    /// What the function returns, and how.
    pub(crate) ret: (Type, Repr),
    /// The type expression of what it returns, where that constrains it.
    pub(crate) ret_type: Option<NodeId>,
    /// What each `yield` gives, in a generator's body.
    pub(crate) yields: Option<Type>,
    code: Vec<Instr>,
    spans: Vec<(u32, Span)>,
    here: syntax::Span,
    start: syntax::Span,
    scalars: usize,
    refs: usize,
    scalars_max: usize,
    refs_max: usize,
    /// By reference register: whether it may keep a collection shared when it is left behind.
    dirty: Vec<bool>,
    labels: Vec<Option<usize>>,
    /// The last instruction that a label is bound to.
    bound: Option<usize>,
    jumps: Vec<(usize, Label)>,
    pub(crate) locals: HashMap<LocalId, Variable>,
    pub(crate) loops: Vec<Loop<'a>>,
    /// Deferred blocks of the open blocks, outermost first.
    pub(crate) defers: Vec<Vec<Deferred<'a>>>,
    pub(crate) landing: Landing,
    pub(crate) fields: Option<Fields>,
    /// A variable whose value the expression being lowered may move out, because it is about to be replaced.
    pub(crate) moving: Option<LocalId>,
    /// The tag of a subject that was loaded already: (subject, tag).
    pub(crate) known_tag: Option<(Reg, Reg)>,
    /// Loop variables that are their loop's counter.
    pub(crate) counters: Vec<LocalId>,
    /// Parameters that move to shared cells once all of them stand.
    pub(crate) to_share: Vec<(LocalId, Reg)>,
    /// Variables that the alternatives of a pattern share.
    pub(crate) sharing: Vec<LocalId>,
    /// The sizes of tensors that the parameters name, and whether they are known yet.
    pub(crate) sizes: HashMap<String, (Reg, bool)>,
    /// What `role` lines said that no prompt has taken yet.
    pub(crate) joined: Option<Reg>,
    pub(crate) depth: u32,
}

/// Registers of one bank that a function may have.
const REGISTERS_MAX: usize = 60_000;

impl<'l, 'a> Builder<'l, 'a> {
    pub(crate) fn new(lowerer: &'l mut Lowerer<'a>) -> Builder<'l, 'a> {
        Builder {
            lowerer,
            name: String::new(),
            params: Vec::new(),
            captures: 0,
            ret: (Type::Null, Repr::Ref),
            ret_type: None,
            yields: None,
            code: Vec::new(),
            spans: Vec::new(),
            here: syntax::Span::default(),
            start: syntax::Span::default(),
            scalars: 0,
            refs: 0,
            scalars_max: 0,
            refs_max: 0,
            dirty: Vec::new(),
            labels: Vec::new(),
            bound: None,
            jumps: Vec::new(),
            locals: HashMap::default(),
            loops: Vec::new(),
            defers: Vec::new(),
            landing: Landing::default(),
            fields: None,
            moving: None,
            known_tag: None,
            counters: Vec::new(),
            to_share: Vec::new(),
            sharing: Vec::new(),
            sizes: HashMap::default(),
            joined: None,
            depth: 0,
        }
    }

    pub(crate) fn finish_function(mut self) -> Function {
        if self.code.last().is_none_or(|last| !last.op.is_terminator()) || self.bound == Some(self.code.len())
        {
            self.emit(Op::Trap, 0, 0, 0);
        }
        let pads = self.finish_landing();
        self.link();
        if self.scalars_max > REGISTERS_MAX || self.refs_max > REGISTERS_MAX {
            self.lowerer.limit(self.start, "it needs too many variables");
        }
        Function {
            name: self.name,
            params: self.params,
            captures: self.captures,
            ret: self.ret.1,
            scalars: self.scalars_max as u16,
            refs: self.refs_max as u16,
            code: self.code,
            spans: self.spans,
            pads,
        }
    }

    fn link(&mut self) {
        for (at, label) in std::mem::take(&mut self.jumps) {
            let Some(target) = self.target_of(label) else { continue };
            let near = target as i64 - at as i64;
            let Some(instr) = self.code.get_mut(at) else { continue };
            if instr.op.operands().contains(&Operand::Jump32) {
                *instr = Instr::imm(instr.op, instr.a, target as i32);
            } else if let Ok(near) = i16::try_from(near) {
                instr.c = near.cast_unsigned();
            } else {
                self.lowerer.limit(self.start, "a branch is too long");
            }
        }
    }

    /// From here on instructions belong to this text; gives what they belonged to before.
    pub(crate) fn at(&mut self, place: syntax::Span) -> syntax::Span {
        if self.code.is_empty() && self.start == syntax::Span::default() {
            self.start = place;
        }
        std::mem::replace(&mut self.here, place)
    }

    pub(crate) fn place(&self) -> syntax::Span {
        self.here
    }

    fn append(&mut self, instr: Instr) -> usize {
        let here = span(self.here);
        if self.spans.last().is_none_or(|(_, last)| *last != here) {
            self.spans.push((self.code.len() as u32, here));
        }
        self.code.push(instr);
        self.code.len() - 1
    }

    pub(crate) fn emit(&mut self, op: Op, a: u16, b: u16, c: u16) {
        self.append(Instr::abc(op, a, b, c));
    }

    pub(crate) fn emit_imm(&mut self, op: Op, a: u16, immediate: i32) {
        self.append(Instr::imm(op, a, immediate));
    }

    /// Whether control cannot come here: the last instruction leaves, and nothing jumps here.
    pub(crate) fn is_unreachable(&self) -> bool {
        self.code.last().is_some_and(|last| last.op.is_terminator()) && self.bound != Some(self.code.len())
    }

    pub(crate) fn label(&mut self) -> Label {
        self.labels.push(None);
        Label(self.labels.len() - 1)
    }

    pub(crate) fn bind(&mut self, label: Label) {
        if let Some(at) = self.labels.get_mut(label.0) {
            *at = Some(self.code.len());
            self.bound = Some(self.code.len());
        }
    }

    /// The instruction that a label is bound to.
    pub(crate) fn target_of(&self, label: Label) -> Option<usize> {
        self.labels.get(label.0).copied().flatten()
    }

    /// The place of the next instruction.
    pub(crate) fn next(&self) -> usize {
        self.code.len()
    }

    /// A jump with the target in its last operands.
    pub(crate) fn jump(&mut self, op: Op, a: u16, b: u16, label: Label) {
        let at = self.append(Instr::abc(op, a, b, 0));
        self.jumps.push((at, label));
    }

    pub(crate) fn goto(&mut self, label: Label) {
        self.jump(Op::Jump, 0, 0, label);
    }

    /// A fresh register on top.
    pub(crate) fn alloc(&mut self, repr: Repr) -> Reg {
        if repr == Repr::Ref {
            self.refs += 1;
            self.refs_max = self.refs_max.max(self.refs);
            if self.dirty.len() < self.refs {
                self.dirty.resize(self.refs, false);
            }
            return Reg { repr, index: (self.refs - 1).min(REGISTERS_MAX) as u16 };
        }
        self.scalars += 1;
        self.scalars_max = self.scalars_max.max(self.scalars);
        Reg { repr, index: (self.scalars - 1).min(REGISTERS_MAX) as u16 }
    }

    pub(crate) fn alloc_for(&mut self, ty: &Type) -> Reg {
        self.alloc(repr_of(ty))
    }

    pub(crate) fn target(&mut self, want: Option<Reg>, repr: Repr) -> Reg {
        match want {
            Some(reg) if reg.repr == repr => reg,
            _ => self.alloc(repr),
        }
    }

    pub(crate) fn mark(&self) -> Mark {
        Mark { scalars: self.scalars, refs: self.refs }
    }

    /// Frees what was handed out since the mark. Collections left in freed registers would count as shared, and later
    /// changes would copy them; so those registers are set to null.
    pub(crate) fn release(&mut self, mark: Mark) {
        let unreachable = self.is_unreachable();
        for index in mark.refs..self.refs {
            if self.dirty.get(index).copied().unwrap_or(false) && !unreachable {
                self.emit(Op::LoadNull, index as u16, 0, 0);
            }
            if let Some(dirty) = self.dirty.get_mut(index) {
                *dirty = false;
            }
        }
        self.scalars = mark.scalars;
        self.refs = mark.refs;
    }

    /// Frees without clearing: what was there has been moved away.
    pub(crate) fn release_moved(&mut self, mark: Mark) {
        for dirty in self.dirty.iter_mut().skip(mark.refs) {
            *dirty = false;
        }
        self.scalars = mark.scalars;
        self.refs = mark.refs;
    }

    /// The register may hold a value that something else shares.
    pub(crate) fn taint(&mut self, reg: Reg) {
        if reg.repr == Repr::Ref
            && let Some(dirty) = self.dirty.get_mut(usize::from(reg.index))
        {
            *dirty = true;
        }
    }

    pub(crate) fn clean(&mut self, reg: Reg) {
        if reg.repr == Repr::Ref
            && let Some(dirty) = self.dirty.get_mut(usize::from(reg.index))
        {
            *dirty = false;
        }
    }

    /// Whether the register stands above the mark: a temporary made since.
    pub(crate) fn is_since(&self, mark: Mark, reg: Reg) -> bool {
        usize::from(reg.index) >= if reg.repr == Repr::Ref { mark.refs } else { mark.scalars }
    }

    /// The next free registers of both banks.
    pub(crate) fn tops(&self) -> (u16, u16) {
        (self.scalars.min(REGISTERS_MAX) as u16, self.refs.min(REGISTERS_MAX) as u16)
    }

    /// The topmost reference register in use.
    pub(crate) fn top_ref(&self) -> u16 {
        self.refs.saturating_sub(1).min(REGISTERS_MAX) as u16
    }

    pub(crate) fn param(&mut self, repr: Repr) -> Reg {
        self.params.push(repr);
        self.alloc(repr)
    }
}

pub(crate) fn repr_of(ty: &Type) -> Repr {
    match ty.repr() {
        TypeRepr::Int => Repr::Int,
        TypeRepr::Float => Repr::Float,
        TypeRepr::Bool => Repr::Bool,
        TypeRepr::Ref => Repr::Ref,
    }
}
