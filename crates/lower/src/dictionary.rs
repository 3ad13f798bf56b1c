//! Traits at run time: dictionaries, the methods in them, and calls through them.
//!
//! A dictionary is a tuple: those of the trait's parents, those of the bounds of its own type parameters, then its methods
//! as closures. Where the implementation is known
//! its cell is called directly, and no dictionary is made for the value.

use bytecode::{Op, Repr};
use checker::checked::{Call, CellDef, CellId, Evidence, ImplId, LocalId, TraitId};
use checker::types::Type;

use crate::call::Parts;
use crate::function::{Builder, Reg, Variable};
use crate::program::Key;

impl<'a> Builder<'_, 'a> {
    /// The parameters that hold a cell's dictionaries.
    pub(crate) fn bind_dicts(&mut self, dicts: &[LocalId]) -> Vec<Reg> {
        let registers: Vec<Reg> = dicts.iter().map(|_| self.param(Repr::Ref)).collect();
        for (local, reg) in dicts.iter().zip(&registers) {
            self.locals.insert(*local, Variable::Register(*reg));
        }
        registers
    }

    pub(crate) fn evidence_into(&mut self, evidence: &[Evidence], registers: &[Reg]) {
        for (evidence, reg) in evidence.iter().zip(registers) {
            let mark = self.mark();
            self.evidence(evidence, Some(*reg));
            self.release(mark);
        }
    }

    /// The dictionary that proves a bound.
    fn evidence(&mut self, evidence: &Evidence, want: Option<Reg>) -> Reg {
        match evidence {
            Evidence::Given(local) => {
                let target = self.target(want, Repr::Ref);
                self.capture(*local, target);
                target
            }
            Evidence::Parent(of, place) => {
                let target = self.target(want, Repr::Ref);
                let mark = self.mark();
                let dictionary = self.evidence(of, None);
                self.emit(Op::GetItem, target.index, dictionary.index, *place as u16);
                self.taint(target);
                self.release(mark);
                target
            }
            Evidence::Impl(id, own) => {
                let function = self.lowerer.request(Key::Dictionary(*id));
                let function = self.operand(function);
                let mark = self.mark();
                let registers: Vec<Reg> = own.iter().map(|_| self.alloc(Repr::Ref)).collect();
                self.evidence_into(own, &registers);
                self.emit_call(function, mark, &Type::Any, &Type::Any, want)
            }
        }
    }

    /// Calls the method that stands in the slot of a dictionary.
    pub(crate) fn call_slot(
        &mut self,
        (of, slot): (TraitId, usize),
        call: &'a Call,
        parts: &Parts<'a>,
        own: &Type,
        want: Option<Reg>,
    ) -> Reg {
        let parents =
            self.lowerer.checked.traits.get(of.0 as usize).map_or(0, |t| t.parents.len() + t.wheres.len());
        let Some((dictionary, others)) = parts.evidence.split_first() else {
            let place = self.place();
            self.lowerer.unbuilt(place, "This call of a trait's method");
            return self.target(want, crate::function::repr_of(own));
        };
        let mark = self.mark();
        let closure = self.alloc(Repr::Ref);
        let arguments: Vec<Reg> = call.args.iter().map(|_| self.alloc(Repr::Ref)).collect();
        let dicts: Vec<Reg> = others.iter().map(|_| self.alloc(Repr::Ref)).collect();
        let inner = self.mark();
        let dictionary = self.evidence(dictionary, None);
        self.emit(Op::GetItem, closure.index, dictionary.index, (parents + slot) as u16);
        self.release(inner);
        for (arg, reg) in call.args.iter().zip(&arguments) {
            self.boxed_arg(arg, parts, None, *reg);
        }
        self.evidence_into(others, &dicts);
        self.emit(Op::CallClosure, closure.index, (arguments.len() + dicts.len()) as u16, 0);
        self.boxed_result(mark, own, want)
    }

    /// Calls the method in the slot of the first dictionary with copies of the registers, and returns what it gives.
    pub(crate) fn forward_slot(
        &mut self,
        (of, slot): (TraitId, usize),
        params: &[Reg],
        dicts: &[Reg],
        ret: &Type,
    ) {
        let parents =
            self.lowerer.checked.traits.get(of.0 as usize).map_or(0, |t| t.parents.len() + t.wheres.len());
        let Some((dictionary, others)) = dicts.split_first() else { return };
        let mark = self.mark();
        let closure = self.alloc(Repr::Ref);
        self.emit(Op::GetItem, closure.index, dictionary.index, (parents + slot) as u16);
        for source in params.iter().chain(others) {
            let reg = self.alloc(Repr::Ref);
            self.boxed(*source, Some(reg));
        }
        self.emit(Op::CallClosure, closure.index, (params.len() + others.len()) as u16, 0);
        let value = self.boxed_result(mark, ret, None);
        self.return_value(value);
    }

    /// The dictionary of an implementation.
    pub(crate) fn build_dictionary(&mut self, id: ImplId) {
        let checked = self.lowerer.checked;
        let Some(known) = checked.impls.get(id.0 as usize) else { return };
        let Some(declared) = checked.traits.get(known.of.id.0 as usize) else { return };
        self.name = format!("impl {}", declared.name);
        self.at(known.of.span);
        self.ret = (Type::Any, Repr::Ref);
        self.bind_dicts(&known.dicts);
        let count = known.parents.len() + declared.methods.len();
        let slots: Vec<Reg> = (0..count).map(|_| self.alloc(Repr::Ref)).collect();
        let (parents, methods) = slots.split_at(known.parents.len());
        self.evidence_into(&known.parents, parents);
        for ((given, method), reg) in known.methods.iter().zip(&declared.methods).zip(methods) {
            let key = match given {
                Some(cell) => Key::Method(*cell),
                None => Key::DefaultMethod(id, *method),
            };
            self.closure(key, &known.dicts, Some(*reg));
        }
        let target = self.alloc(Repr::Ref);
        let base = slots.first().map_or(0, |r| r.index);
        self.emit(Op::NewTuple, target.index, base, count as u16);
        self.return_value(target);
    }

    /// The boxed parameters of a closure as the cell takes them.
    pub(crate) fn unboxed_params(&mut self, def: &CellDef, registers: &[Reg]) -> Vec<Reg> {
        let mut sources = Vec::new();
        for (param, reg) in def.params.iter().zip(registers) {
            let ty = self.param_type(param);
            sources.push(self.convert(*reg, &Type::Any, &ty, None));
        }
        sources
    }

    pub(crate) fn build_method(&mut self, id: CellId) {
        let Some(def) = self.lowerer.checked.cells.get(id.0 as usize) else { return };
        self.name = def.name.clone();
        self.at(def.span);
        self.ret = (def.ret.clone(), Repr::Ref);
        let own = def.dicts.len() - def.owner_dicts;
        let (registers, captured) = self.closure_params(def.params.len() + own, def.owner_dicts);
        let mut sources = self.unboxed_params(def, &registers);
        sources.extend(captured);
        sources.extend(registers.iter().skip(def.params.len()));
        self.forward(Key::Cell(id), &sources, &def.ret.clone());
    }

    pub(crate) fn build_default_method(&mut self, of: ImplId, id: CellId) {
        let checked = self.lowerer.checked;
        let (Some(known), Some(def)) = (checked.impls.get(of.0 as usize), checked.cells.get(id.0 as usize))
        else {
            return;
        };
        self.name = def.name.clone();
        self.at(def.span);
        self.ret = (def.ret.clone(), Repr::Ref);
        let own = def.dicts.len() - def.owner_dicts;
        let (registers, captured) = self.closure_params(def.params.len() + own, known.dicts.len());
        for (local, reg) in known.dicts.iter().zip(&captured) {
            self.locals.insert(*local, Variable::Register(*reg));
        }
        let mut sources = self.unboxed_params(def, &registers);
        let itself = Evidence::Impl(of, known.dicts.iter().map(|local| Evidence::Given(*local)).collect());
        sources.push(self.evidence(&itself, None));
        sources.extend(registers.iter().skip(def.params.len()));
        self.forward(Key::Cell(id), &sources, &def.ret.clone());
    }
}
