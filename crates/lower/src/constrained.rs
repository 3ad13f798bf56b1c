//! Places whose type is an alias with a constraint: what enters them is checked.

use bytecode::{Op, Repr, Site};
use checker::checked::{CellDef, Constrained, Shape, Size, Use, Within};
use syntax::ast::{Cell, Expr, ExprKind, ItemKind, NodeId, Sig};

use crate::function::{Builder, Reg, Variable};
use crate::program::Key;

impl<'a> Builder<'_, 'a> {
    /// Faults if the type expression does not admit the value.
    pub(crate) fn admit(&mut self, ty: NodeId, label: &str, value: Reg) {
        let checked = self.lowerer.checked;
        if let Some(within) = checked.within.get(&ty) {
            let mark = self.mark();
            let value = self.boxed(value, None);
            self.admit_within(within, label, value);
            self.release(mark);
            return;
        }
        let Some(Constrained { alias, optional }) = checked.constrained.get(&ty).copied() else { return };
        if let Some(shape) = checked.shapes.get(&alias) {
            let mark = self.mark();
            let done = self.label();
            if optional {
                self.jump(Op::JumpNull, value.index, 0, done);
            }
            self.admit_tensor(shape, label, value);
            self.bind(done);
            self.release(mark);
            return;
        }
        let Some(ItemKind::TypeAlias(declared)) = self.lowerer.items.get(&alias).map(|item| &item.kind)
        else {
            return;
        };
        let mark = self.mark();
        let done = self.label();
        if optional && value.repr == bytecode::Repr::Ref {
            self.jump(Op::JumpNull, value.index, 0, done);
        }
        let of = self.type_of(declared.ty.id);
        let value = self.convert(value, &checker::Type::Any, &of, None);
        self.admit(declared.ty.id, label, value);
        if let (Some(constraint), Some(Use::Local(it))) = (&declared.constraint, checked.bound.get(&alias)) {
            let outer = self.locals.insert(*it, Variable::Register(value));
            self.constrain(label, &of, value, constraint);
            match outer {
                Some(outer) => self.locals.insert(*it, outer),
                None => self.locals.remove(it),
            };
        }
        self.bind(done);
        self.release(mark);
    }

    /// Faults if a tensor is not what its place states; sizes that have a name and no value yet get one.
    fn admit_tensor(&mut self, shape: &Shape, label: &str, value: Reg) {
        let span = crate::program::span(self.place());
        let name = "op.tensor_is".to_owned();
        let site = self.lowerer.site(Site { name, names: Vec::new(), types: Vec::new(), span });
        let site = self.operand(site as u32);
        let args: Vec<Reg> = (0..4).map(|_| self.alloc(Repr::Ref)).collect();
        let [tensor, text, dtype, sizes] = args.as_slice() else { return };
        self.copy(value, *tensor);
        self.load_str(label, Some(*text));
        match &shape.dtype {
            Some(name) => self.load_str(name, Some(*dtype)),
            None => self.null(Some(*dtype)),
        };
        self.null(Some(*sizes));
        let stated = shape.sizes.as_deref().unwrap_or_default();
        if shape.sizes.is_some() {
            self.emit(Op::NewList, sizes.index, 0, 0);
            for size in stated {
                let mark = self.mark();
                let known = match size {
                    Size::Is(size) => self.load_int(*size, None),
                    Size::Named(name) => match self.sizes.get(name) {
                        Some((reg, true)) => *reg,
                        _ => self.load_int(-1, None),
                    },
                    Size::Any => self.load_int(-1, None),
                };
                let known = self.boxed(known, None);
                self.emit(Op::Push, sizes.index, known.index, 0);
                self.release(mark);
            }
        }
        self.emit(Op::CallHost, site, tensor.index, args.len() as u16);
        self.taint(*tensor);
        for (place, size) in stated.iter().enumerate() {
            if let Size::Named(name) = size
                && let Some((reg, is_known @ false)) = self.sizes.get_mut(name)
            {
                let reg = *reg;
                *is_known = true;
                let mark = self.mark();
                let found = self.item(*tensor, place, &checker::Type::Any);
                self.convert(found, &checker::Type::Any, &checker::Type::Int, Some(reg));
                self.release(mark);
            }
        }
    }

    /// Faults if something inside a value is not admitted.
    fn admit_within(&mut self, within: &Within, label: &str, value: Reg) {
        match within {
            Within::Named(ty) => self.admit(*ty, label, value),
            Within::Present(inner) => {
                let done = self.label();
                self.jump(Op::JumpNull, value.index, 0, done);
                self.admit_within(inner, label, value);
                self.bind(done);
            }
            Within::Outcome(of_value, of_error) => {
                for (tag, part) in [(0u16, of_value), (1, of_error)] {
                    let Some(part) = part else { continue };
                    let mark = self.mark();
                    let other = self.label();
                    let found = self.alloc(Repr::Int);
                    self.emit(Op::Tag, found.index, value.index, 0);
                    self.jump(Op::JumpNeImm, found.index, tag, other);
                    let payload = self.alloc(Repr::Ref);
                    self.emit(Op::Payload, payload.index, value.index, 0);
                    self.taint(payload);
                    self.admit_within(part, label, payload);
                    self.release(mark);
                    self.bind(other);
                }
            }
            Within::Members(members) => {
                for (member, within) in members {
                    let mark = self.mark();
                    let other = self.label();
                    let test = self.alloc(Repr::Bool);
                    let ty = self.type_of(*member);
                    let ty = self.type_operand(&ty);
                    self.emit(Op::IsType, test.index, value.index, ty);
                    self.jump(Op::JumpIfNot, test.index, 0, other);
                    self.admit_within(within, label, value);
                    self.bind(other);
                    self.release(mark);
                }
            }
            Within::Fields(fields) => {
                for (slot, part) in fields {
                    let mark = self.mark();
                    let field = self.alloc(Repr::Ref);
                    self.emit(Op::GetField, field.index, value.index, *slot as u16);
                    self.taint(field);
                    self.admit_within(part, label, field);
                    self.release(mark);
                }
            }
            Within::Variants(variants) => {
                for (place, parts) in variants {
                    let mark = self.mark();
                    let other = self.label();
                    let found = self.alloc(Repr::Int);
                    self.emit(Op::Tag, found.index, value.index, 0);
                    self.jump(Op::JumpNeImm, found.index, *place as u16, other);
                    for (index, part) in parts {
                        let inner = self.mark();
                        let item = self.item(value, *index, &checker::Type::Any);
                        self.admit_within(part, label, item);
                        self.release(inner);
                    }
                    self.bind(other);
                    self.release(mark);
                }
            }
            Within::Function(ty) => self.hold(*ty, label, value),
            Within::Parts(parts) => {
                for (index, part) in parts.iter().enumerate() {
                    let Some(part) = part else { continue };
                    let mark = self.mark();
                    let item = self.item(value, index, &checker::Type::Any);
                    self.admit_within(part, label, item);
                    self.release(mark);
                }
            }
            Within::Each(_) | Within::Entries(..) => {
                let mark = self.mark();
                let (next, end) = (self.label(), self.label());
                let iter = self.alloc(bytecode::Repr::Ref);
                self.emit(Op::Iter, iter.index, value.index, 0);
                self.taint(iter);
                let element = self.alloc(bytecode::Repr::Ref);
                self.bind(next);
                self.jump(Op::IterNext, element.index, iter.index, end);
                self.taint(element);
                match within {
                    Within::Each(inner) => self.admit_within(inner, label, element),
                    Within::Entries(key, of) => {
                        for (index, part) in [key, of].into_iter().enumerate() {
                            let Some(part) = part else { continue };
                            let mark = self.mark();
                            let item = self.item(element, index, &checker::Type::Any);
                            self.admit_within(part, label, item);
                            self.release(mark);
                        }
                    }
                    _ => {}
                }
                self.goto(next);
                self.bind(end);
                self.release(mark);
            }
        }
    }

    /// Puts a function in the place of the one in the register that holds each call to what the place states.
    fn hold(&mut self, ty: NodeId, label: &str, value: Reg) {
        let Some(contract) = self.lowerer.checked.contracts.get(&ty) else { return };
        let function = self.lowerer.request(Key::Held(ty, label.to_owned()));
        let function = self.operand(function);
        let mark = self.mark();
        let base = self.alloc(Repr::Ref);
        self.copy(value, base);
        for name in &contract.outer {
            let reg = self.alloc(Repr::Ref);
            match self.sizes.get(name).copied() {
                Some((size, true)) => self.boxed(size, Some(reg)),
                _ => self.null(Some(reg)),
            };
        }
        self.release_moved(mark);
        self.emit(Op::MakeClosure, value.index, function, base.index);
    }

    /// A function that calls the one it captured, beside sizes that are known, with arguments that the place takes.
    pub(crate) fn build_held(&mut self, ty: NodeId, label: &str) {
        let Some(contract) = self.lowerer.checked.contracts.get(&ty) else { return };
        self.name = "fn".into();
        self.ret = (checker::Type::Any, Repr::Ref);
        let (params, captured) = self.closure_params(contract.params.len(), 1 + contract.outer.len());
        let Some((function, outer)) = captured.split_first() else { return };
        for (name, size) in contract.outer.iter().zip(outer) {
            let reg = self.convert(*size, &checker::Type::Any, &checker::Type::Int, None);
            self.sizes.insert(name.clone(), (reg, true));
        }
        for name in &contract.own {
            let reg = self.alloc(Repr::Int);
            self.sizes.insert(name.clone(), (reg, false));
        }
        for (at, (within, param)) in contract.params.iter().zip(&params).enumerate() {
            if let Some(within) = within {
                self.admit_within(within, &format!("argument {} of {label}", at + 1), *param);
            }
        }
        let mark = self.mark();
        let called = self.alloc(Repr::Ref);
        self.copy(*function, called);
        for param in &params {
            let reg = self.alloc(Repr::Ref);
            self.copy(*param, reg);
        }
        self.emit(Op::CallClosure, called.index, params.len() as u16, 0);
        let value = self.boxed_result(mark, &checker::Type::Any, None);
        if let Some(within) = &contract.ret {
            self.admit_within(within, &format!("the value of {label}"), value);
        }
        self.return_value(value);
    }

    /// The parameters of a cell, as it begins.
    pub(crate) fn admit_params(&mut self, def: &CellDef, sig: &'a Sig) {
        let checked = self.lowerer.checked;
        // Tensors that say what a size is come before all that only keeps to it.
        let says = |param: &syntax::ast::Param| {
            param.ty.as_ref().is_some_and(|ty| checked.shapes.contains_key(&ty.id) && !param.variadic)
        };
        let params = || def.params.iter().zip(&sig.params);
        let shapes = params().filter_map(|(_, written)| checked.shapes.get(&written.ty.as_ref()?.id));
        for size in shapes.flat_map(|shape| shape.sizes.iter().flatten()) {
            if let Size::Named(name) = size
                && !self.sizes.contains_key(name)
            {
                let reg = self.alloc(Repr::Int);
                self.sizes.insert(name.clone(), (reg, false));
            }
        }
        let (first, rest): (Vec<_>, Vec<_>) = params().partition(|(_, written)| says(written));
        for (param, written) in first.into_iter().chain(rest) {
            let Some(ty) = written.ty.as_ref().filter(|ty| checked.constrained.contains_key(&ty.id)) else {
                continue;
            };
            let mark = self.mark();
            let Some(local) = param.local else { continue };
            let own = self.local_type(local);
            let value = self.local(local, &own, None);
            let label = format!("`{}` of `{}`", param.name, def.name);
            match param.variadic {
                true => self.admit_within(&Within::Each(Box::new(Within::Named(ty.id))), &label, value),
                false => self.admit(ty.id, &label, value),
            }
            self.release(mark);
        }
    }

    /// What a cell's body gives.
    pub(crate) fn returned_type(&self, cell: &'a Cell) -> Option<NodeId> {
        let ret = cell.sig.ret.as_ref()?;
        self.lowerer.checked.constrained.contains_key(&ret.id).then_some(ret.id)
    }

    /// After a variable, or a part of it, was assigned.
    pub(crate) fn admit_assigned(&mut self, place: &'a Expr) {
        if self.lowerer.checked.kept.is_empty() {
            return;
        }
        let mut root = place;
        while let ExprKind::Field { base, .. } | ExprKind::Index { base, .. } = &root.kind {
            root = base;
        }
        let Some(used) = self.lowerer.checked.uses.get(&root.id).cloned() else { return };
        self.admit_variable(&used);
    }

    /// Checks what a variable holds, if its type asks for that; a function is replaced by one that holds to it.
    pub(crate) fn admit_variable(&mut self, variable: &Use) {
        let checked = self.lowerer.checked;
        let Some((_, ty)) = checked.kept.iter().find(|(known, _)| known == variable) else { return };
        let mark = self.mark();
        let (name, value) = match variable {
            Use::Local(id) => {
                let own = self.local_type(*id);
                let name = checked.locals.get(id.0 as usize).map_or("", |local| &local.name);
                (name, self.local(*id, &own, None))
            }
            Use::Global(id) => {
                let value = self.alloc(bytecode::Repr::Ref);
                self.emit(Op::GetGlobal, value.index, id.0 as u16, 0);
                self.taint(value);
                (checked.globals.get(id.0 as usize).map_or("", |global| &global.name), value)
            }
            _ => return,
        };
        self.admit(*ty, &format!("`{name}`"), value);
        if holds_function(checked.within.get(ty)) {
            match variable {
                Use::Global(id) => self.emit(Op::SetGlobal, value.index, id.0 as u16, 0),
                Use::Local(id) => {
                    if let Some(Variable::Shared(cell)) = self.locals.get(id).copied() {
                        self.emit(Op::SetCell, cell.index, value.index, 0);
                    }
                }
                _ => {}
            }
        }
        self.release(mark);
    }
}

fn holds_function(within: Option<&Within>) -> bool {
    match within {
        Some(Within::Function(_)) => true,
        Some(Within::Present(inner)) => holds_function(Some(inner)),
        _ => false,
    }
}
