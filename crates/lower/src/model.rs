//! Calls of model cells: what is the same for every call stands in a constant, and a function reads the reply.

use bytecode::{Op, Repr, Site};
use checker::checked::{Asking, Call, CellDef, CellId, ParamDef};
use checker::types::Type;
use syntax::ast::TemplatePart;

use crate::call::Parts;
use crate::function::{Builder, Reg};
use crate::program::{Key, span};

/// The host's operations: (what all calls share, reader of the reply or null, `role` lines or null, arguments...), and
/// the same with (items, how many at once or null).
const ASK: &str = "op.model";
const ASK_MANY: &str = "op.model_batch";
/// The name that `role` lines have among the arguments of `llm_query`: a keyword, so that no parameter has it.
pub(crate) const JOINED: &str = "with";

impl<'a> Builder<'_, 'a> {
    /// A call of a model cell by its name.
    pub(crate) fn ask_model(
        &mut self,
        id: CellId,
        asking: Asking,
        call: &'a Call,
        parts: &Parts<'a>,
        own: &Type,
        want: Option<Reg>,
    ) -> Reg {
        let types: Vec<Option<Type>> = match (asking, self.lowerer.checked.cells.get(id.0 as usize)) {
            (Asking::Batch, _) | (_, None) => Vec::new(),
            (_, Some(def)) => def.params.iter().map(|param| Some(param.ty.clone())).collect(),
        };
        self.ask(id, asking, call.args.len(), own, want, |b, place, reg| {
            if let Some(arg) = call.args.get(place) {
                b.boxed_arg(arg, parts, types.get(place).and_then(Option::as_ref), reg);
            }
        })
    }

    /// The body of a model cell, which is called as a value: its parameters stand.
    pub(crate) fn model_body(&mut self, id: CellId, def: &CellDef) {
        let ret = self.ret.0.clone();
        let locals: Vec<_> = self.told(def).iter().map(|param| param.local).collect();
        if let Some(model) = self.lowerer.checked.models.get(&id).filter(|model| !model.tools.is_empty()) {
            let value = self.turns(id, def, model, &locals, &ret);
            return self.return_value(value);
        }
        let value = self.ask(id, Asking::Plain, locals.len(), &ret, None, |b, place, reg| {
            if let Some(local) = locals.get(place).copied().flatten() {
                b.capture(local, reg);
            }
        });
        self.return_value(value);
    }

    /// The parameters that a model is told: all but the process whose cell it is.
    pub(crate) fn told<'d>(&self, def: &'d CellDef) -> &'d [ParamDef] {
        let cell = self.lowerer.cells.get(&def.node);
        let is_self = cell.and_then(|cell| cell.sig.params.first()).is_some_and(|param| param.is_self);
        def.params.get(usize::from(is_self)..).unwrap_or_default()
    }

    fn ask(
        &mut self,
        id: CellId,
        asking: Asking,
        count: usize,
        own: &Type,
        want: Option<Reg>,
        mut fill: impl FnMut(&mut Self, usize, Reg),
    ) -> Reg {
        let checked = self.lowerer.checked;
        let (Some(def), Some(model)) = (checked.cells.get(id.0 as usize), checked.models.get(&id)) else {
            return self.target(want, crate::function::repr_of(own));
        };
        let params: Vec<String> = self.told(def).iter().map(|param| param.name.clone()).collect();
        let spec = model.spec(&def.name, &params);
        let name = match asking {
            Asking::Plain => ASK.to_owned(),
            Asking::Tried => format!("{}{ASK}", bytecode::TRIED),
            Asking::Batch => ASK_MANY.to_owned(),
        };
        let place = span(self.place());
        let site = self.lowerer.site(Site { name, names: Vec::new(), types: Vec::new(), span: place });
        let site = self.operand(site as u32);
        let mark = self.mark();
        let registers: Vec<Reg> = (0..count + 3).map(|_| self.alloc(Repr::Ref)).collect();
        let [shared, reader, joined, given @ ..] = registers.as_slice() else {
            return self.target(want, crate::function::repr_of(own));
        };
        for (place, reg) in given.iter().enumerate() {
            let inner = self.mark();
            fill(self, place, *reg);
            self.release(inner);
        }
        self.load_str(&spec, Some(*shared));
        match model.schema {
            Some(_) => self.closure(Key::ModelReply(id), &[], Some(*reader)),
            None => self.null(Some(*reader)),
        };
        self.joined_into(*joined);
        self.emit(Op::CallHost, site, shared.index, registers.len() as u16);
        self.forget_joined();
        self.boxed_result(mark, own, want)
    }

    /// `role NAME: text` as a statement of a cell that asks a model.
    pub(crate) fn join_prompt(&mut self, role: &str, parts: &'a [TemplatePart], want: Option<Reg>) -> Reg {
        if let Some(joined) = self.joined {
            let mark = self.mark();
            let message = self.role(role, parts, None);
            self.emit(Op::Push, joined.index, message.index, 0);
            self.release(mark);
        }
        self.null(want)
    }

    /// What the `role` lines so far said, or null where there are none.
    pub(crate) fn joined_into(&mut self, reg: Reg) {
        match self.joined {
            Some(joined) => self.copy(joined, reg),
            None => {
                self.null(Some(reg));
            }
        }
    }

    /// A prompt has taken them.
    pub(crate) fn forget_joined(&mut self) {
        if let Some(joined) = self.joined {
            self.emit(Op::NewList, joined.index, 0, 0);
        }
    }

    /// Reads JSON as what the cell returns: `ok`, or all that does not fit.
    pub(crate) fn build_model_reply(&mut self, id: CellId) {
        let Some(def) = self.lowerer.checked.cells.get(id.0 as usize) else { return };
        self.name = def.name.clone();
        self.at(def.span);
        self.read_reply(&def.ret.clone());
    }

    /// The same of a question's answer.
    pub(crate) fn build_answer(&mut self, ty: &Type) {
        self.name = "answer".to_owned();
        self.read_reply(ty);
    }

    fn read_reply(&mut self, ret: &Type) {
        self.ret = (Type::Any, Repr::Ref);
        let (params, _) = self.closure_params(1, 0);
        let value = self.core("validate", 3, |b, place, reg| match place {
            0 => {
                let ty = b.shape_operand(ret);
                b.emit(Op::LoadType, reg.index, ty, 0);
            }
            1 => {
                if let Some(json) = params.first() {
                    b.copy(*json, reg);
                }
            }
            _ => b.makers(ret, reg),
        });
        self.return_value(value);
    }
}
