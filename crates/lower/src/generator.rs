//! Cells with `yield`. A call keeps the arguments in an `Iter`; the body is a function of its own, which a walk runs.

use bytecode::{Op, Repr};
use checker::checked::{CellDef, CellId};
use checker::types::Type;
use syntax::ast::{CellBody, Expr};

use crate::function::{Builder, Reg, Variable};
use crate::program::Key;

impl<'a> Builder<'_, 'a> {
    /// The rest of the cell itself: its parameters stand, and what it captures behind them.
    pub(crate) fn return_generator(&mut self, id: CellId) {
        if let Some(target) = self.kept_call(id, Key::Generator(id), Op::MakeIter) {
            self.return_value(target);
        }
    }

    /// What the operation makes of the function, which captures the cell's parameters and what it captures itself.
    pub(crate) fn kept_call(&mut self, id: CellId, key: Key, op: Op) -> Option<Reg> {
        let def = self.lowerer.checked.cells.get(id.0 as usize)?;
        let function = self.lowerer.request(key);
        let function = self.operand(function);
        let params: Vec<_> = def.params.iter().map(|p| p.local).collect();
        let mark = self.mark();
        let kept = def.dicts.iter().chain(&def.captures).copied();
        let locals: Vec<_> = params.into_iter().chain(kept.map(Some)).collect();
        let registers: Vec<Reg> = locals.iter().map(|_| self.alloc(Repr::Ref)).collect();
        for (local, reg) in locals.into_iter().zip(&registers) {
            if let Some(local) = local {
                self.capture(local, *reg);
            }
        }
        let base = registers.first().map_or(0, |r| r.index);
        self.release_moved(mark);
        let target = self.alloc(Repr::Ref);
        self.emit(op, target.index, function, base);
        Some(target)
    }

    /// The parameters of a function that [`Builder::kept_call`] made.
    pub(crate) fn bind_kept(&mut self, def: &CellDef) {
        let kept: Vec<_> = def.dicts.iter().chain(&def.captures).copied().collect();
        let (_, captured) = self.closure_params(0, def.params.len() + kept.len());
        let (params, captures) = captured.split_at(def.params.len().min(captured.len()));
        for (param, reg) in def.params.iter().zip(params) {
            let Some(local) = param.local else { continue };
            // The cell moved a parameter that closures change to a shared cell, which all walks would share; so each
            // walk takes its value for a variable of its own.
            let ty = self.param_type(param);
            let value = match self.is_shared(local) {
                true => {
                    let value = self.alloc(Repr::Ref);
                    self.emit(Op::GetCell, value.index, reg.index, 0);
                    self.convert(value, &Type::Any, &ty, None)
                }
                false => self.convert(*reg, &Type::Any, &ty, None),
            };
            self.locals.insert(local, Variable::Register(value));
            self.bind_param(local, value);
        }
        self.bind_captures(&kept, captures);
        self.share_params();
    }

    /// The body, run by each walk from its start.
    pub(crate) fn build_generator(&mut self, id: CellId) {
        let Some(def) = self.lowerer.checked.cells.get(id.0 as usize) else { return };
        self.name = def.name.clone();
        self.at(def.span);
        self.ret = (Type::Null, Repr::Ref);
        let given = match &def.ret {
            Type::Future(value) if def.is_async => value,
            other => other,
        };
        self.yields = match given {
            Type::Iter(element) => Some((**element).clone()),
            _ => None,
        };
        self.bind_kept(def);
        let Some(cell) = self.lowerer.cells.get(&def.node).copied() else {
            self.lowerer.unbuilt(def.span, "This cell");
            return;
        };
        match &cell.body {
            CellBody::Expr(e) => self.discard(e),
            CellBody::Block(block) => self.block(block),
            CellBody::None => self.lowerer.unbuilt(def.span, "A cell without body"),
        }
        self.return_null();
    }

    pub(crate) fn yield_statement(&mut self, value: &'a Expr) {
        let element = self.yields.clone().unwrap_or(Type::Any);
        let mark = self.mark();
        let reg = self.alloc(Repr::Ref);
        self.typed_boxed(value, &element, reg);
        self.emit(Op::Yield, reg.index, 0, 0);
        self.clean(reg);
        self.release(mark);
    }

    /// A list of what the generator yields.
    pub(crate) fn collected(&mut self, e: &'a Expr, want: Option<Reg>) -> Reg {
        let result = self.core("to_list", 1, |b, _, reg| {
            let value = b.value(e, Some(reg));
            b.put(value, Some(reg));
        });
        self.put(result, want)
    }
}
