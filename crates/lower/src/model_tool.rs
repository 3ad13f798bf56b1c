//! Model cells with tools: turns of the model, and calls of the cells that it asks for, until it answers.

use bytecode::{Op, Repr, Site};
use checker::ModelDef;
use checker::checked::{CellDef, CellId, LocalId};
use checker::types::Type;

use crate::function::{Builder, Reg};
use crate::program::{Key, span};

/// The host's operation: (what all turns share, reader of the answer, what was said and came of it so far, arguments...).
/// It gives (which tool, its arguments, what the model said); -1 and the answer; or -2, why the turn does not do, what
/// the model said.
const TURN: &str = "op.model_turn";

impl<'a> Builder<'_, 'a> {
    /// The answer of a model cell whose parameters stand.
    pub(crate) fn turns(
        &mut self,
        id: CellId,
        def: &CellDef,
        model: &'a ModelDef,
        locals: &[Option<LocalId>],
        own: &Type,
    ) -> Reg {
        let params: Vec<String> = self.told(def).iter().map(|param| param.name.clone()).collect();
        let spec = model.spec(&def.name, &params);
        let place = span(self.place());
        let site = Site { name: TURN.to_owned(), names: Vec::new(), types: Vec::new(), span: place };
        let site = self.lowerer.site(site);
        let site = self.operand(site as u32);
        let so_far = self.alloc(Repr::Ref);
        self.emit(Op::NewList, so_far.index, 0, 0);
        let value = self.alloc(Repr::Ref);
        let (again, done, next) = (self.label(), self.label(), self.label());
        self.bind(again);
        let outside = self.mark();
        let registers: Vec<Reg> = (0..locals.len() + 3).map(|_| self.alloc(Repr::Ref)).collect();
        let [shared, reader, said, given @ ..] = registers.as_slice() else { return value };
        for (local, reg) in locals.iter().zip(given) {
            if let Some(local) = local {
                self.capture(*local, *reg);
            }
        }
        self.load_str(&spec, Some(*shared));
        self.closure(Key::ModelReply(id), &[], Some(*reader));
        self.copy(so_far, *said);
        self.emit(Op::CallHost, site, shared.index, registers.len() as u16);
        let turn = self.boxed_result(outside, &Type::Any, None);
        let (which, reply) = (self.alloc(Repr::Int), self.alloc(Repr::Ref));
        self.emit(Op::GetItem, reply.index, turn.index, 0);
        self.emit(Op::UnboxI, which.index, reply.index, 0);
        self.emit(Op::GetItem, value.index, turn.index, 1);
        self.taint(value);
        self.jump(Op::JumpEqImm, which.index, (-1i16).cast_unsigned(), done);
        self.emit(Op::GetItem, reply.index, turn.index, 2);
        self.taint(reply);
        for (at, tool) in (0i16..).zip(&model.tools) {
            let other = self.label();
            self.jump(Op::JumpNeImm, which.index, at.cast_unsigned(), other);
            let function = self.lowerer.request(Key::ModelTool(tool.cell, tool.takes_self));
            let function = self.operand(function);
            let mark = self.mark();
            let args = self.alloc(Repr::Ref);
            self.copy(value, args);
            if tool.takes_self {
                let own = self.alloc(Repr::Ref);
                if let Some(local) = def.params.first().and_then(|param| param.local) {
                    self.capture(local, own);
                }
            }
            self.emit_call(function, mark, &Type::Any, &Type::Any, Some(value));
            self.release(mark);
            self.goto(next);
            self.bind(other);
        }
        self.bind(next);
        self.emit(Op::Push, so_far.index, reply.index, 0);
        self.emit(Op::Push, so_far.index, value.index, 0);
        self.release(outside);
        self.goto(again);
        self.bind(done);
        self.convert(value, &Type::Any, own, None)
    }

    /// `ok` of what the cell gives, or all that does not fit of what it was given: a list, in the order of its
    /// parameters.
    pub(crate) fn build_model_tool(&mut self, id: CellId, takes_self: bool) {
        let Some(def) = self.lowerer.checked.cells.get(id.0 as usize) else { return };
        self.name = def.name.clone();
        self.at(def.span);
        self.ret = (Type::Any, Repr::Ref);
        let given = self.param(Repr::Ref);
        let own = takes_self.then(|| self.param(Repr::Ref));
        let outcome = self.alloc(Repr::Ref);
        let unfit = self.label();
        let mut sources: Vec<Reg> = own.into_iter().collect();
        for (at, param) in (0i64..).zip(def.params.iter().skip(usize::from(takes_self))) {
            let ty = self.param_type(param);
            let place = self.alloc_for(&ty);
            let mark = self.mark();
            let index = self.load_int(at, None);
            let read = self.core("validate", 3, |b, part, reg| match part {
                0 => {
                    let shape = b.shape_operand(&ty);
                    b.emit(Op::LoadType, reg.index, shape, 0);
                }
                1 => {
                    b.emit(Op::ListGet, reg.index, given.index, index.index);
                    b.taint(reg);
                }
                _ => b.makers(&ty, reg),
            });
            self.shift(read, outcome);
            let tag = self.alloc(Repr::Int);
            self.emit(Op::Tag, tag.index, outcome.index, 0);
            self.jump(Op::JumpNeImm, tag.index, 0, unfit);
            let value = self.alloc(Repr::Ref);
            self.emit(Op::Payload, value.index, outcome.index, 0);
            self.taint(value);
            self.convert(value, &Type::Any, &ty, Some(place));
            self.release(mark);
            sources.push(place);
        }
        let function = self.lowerer.request(Key::Cell(id));
        let function = self.operand(function);
        let mark = self.mark();
        for source in sources {
            let reg = self.alloc(source.repr);
            self.copy(source, reg);
        }
        let value = self.emit_call(function, mark, &def.ret.clone(), &Type::Any, None);
        let value = self.boxed(value, None);
        self.emit(Op::NewOk, outcome.index, value.index, 0);
        self.bind(unfit);
        self.return_value(outcome);
    }
}
