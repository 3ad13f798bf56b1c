//! Places whose type is an alias with a constraint: what enters them is checked.

use bytecode::Op;
use checker::checked::{CellDef, Constrained, Use, Within};
use syntax::ast::{Cell, Expr, ExprKind, ItemKind, NodeId, Sig};

use crate::function::{Builder, Reg, Variable};

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

    /// Faults if something inside a value is not admitted.
    fn admit_within(&mut self, within: &'a Within, label: &str, value: Reg) {
        match within {
            Within::Named(ty) => self.admit(*ty, label, value),
            Within::Present(inner) => {
                let done = self.label();
                self.jump(Op::JumpNull, value.index, 0, done);
                self.admit_within(inner, label, value);
                self.bind(done);
            }
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

    /// The parameters of a cell, as it begins.
    pub(crate) fn admit_params(&mut self, def: &CellDef, sig: &'a Sig) {
        for (param, written) in def.params.iter().zip(&sig.params) {
            let Some(ty) =
                written.ty.as_ref().filter(|ty| self.lowerer.checked.constrained.contains_key(&ty.id))
            else {
                continue;
            };
            let mark = self.mark();
            let Some(local) = param.local else { continue };
            let own = self.local_type(local);
            let value = self.local(local, &own, None);
            self.admit(ty.id, &format!("`{}` of `{}`", param.name, def.name), value);
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

    /// Checks what a variable holds, if its type asks for that.
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
        self.release(mark);
    }
}
