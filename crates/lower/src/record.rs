//! Records with defaults and constraints.

use bytecode::{Op, Repr};
use checker::checked::{RecordDef, Use};
use checker::types::{RecordId, Type};
use syntax::ast::{Expr, Field, ItemKind, Record};

use crate::function::{Builder, Fields, Reg, Variable, repr_of};
use crate::program::Key;

impl<'a> Builder<'_, 'a> {
    pub(crate) fn record_source(&self, def: &RecordDef) -> Option<&'a Record> {
        match &self.lowerer.items.get(&def.node)?.kind {
            ItemKind::Record(record) => Some(record),
            _ => None,
        }
    }

    /// Fills in the defaults, which see earlier fields, checks the constraints, which see all, and makes the record.
    pub(crate) fn build_record(&mut self, id: RecordId, given: &[bool]) {
        let Some(def) = self.lowerer.checked.records.get(id.0 as usize) else { return };
        let Some(source) = self.record_source(def) else { return };
        self.name = def.name.clone();
        self.at(source.name.span);
        self.ret = (Type::Any, Repr::Ref);
        let mut registers: Vec<Option<Reg>> = def
            .fields
            .iter()
            .zip(given)
            .map(|(field, given)| given.then(|| self.param(repr_of(&field.ty))))
            .collect();
        for (i, (field, written)) in def.fields.iter().zip(&source.fields).enumerate() {
            let known = registers.get(i).copied().flatten();
            let reg = known.unwrap_or_else(|| self.alloc_for(&field.ty));
            if known.is_none() {
                self.fields = Some(Fields::Registers(registers.clone()));
                if let Some(default) = &written.default {
                    self.typed(default, &field.ty, Some(reg));
                }
                if let Some(slot) = registers.get_mut(i) {
                    *slot = Some(reg);
                }
            }
            self.name_field(written, reg);
        }
        self.fields = Some(Fields::Registers(registers.clone()));
        for ((field, written), reg) in def.fields.iter().zip(&source.fields).zip(&registers) {
            let Some(reg) = reg else { continue };
            let label = format!("{}.{}", def.name, field.name);
            self.admit(written.ty.id, &label, *reg);
            if let Some(constraint) = &written.constraint {
                self.constrain(&label, &field.ty, *reg, constraint);
            }
        }
        let mark = self.mark();
        let parts: Vec<Reg> = registers.iter().map(|_| self.alloc(Repr::Ref)).collect();
        for (reg, part) in registers.into_iter().flatten().zip(&parts) {
            self.boxed(reg, Some(*part));
        }
        let ty = self.lowerer.record_type(id);
        let ty = self.operand(ty);
        self.release_moved(mark);
        let target = self.alloc(Repr::Ref);
        self.emit(Op::NewRecord, target.index, ty, parts.first().map_or(0, |r| r.index));
        self.return_value(target);
    }

    /// Inside defaults and constraints the field's name means this register.
    pub(crate) fn name_field(&mut self, field: &Field, reg: Reg) {
        if let Some(Use::Local(id)) = self.lowerer.checked.bound.get(&field.id) {
            self.locals.insert(*id, Variable::Register(reg));
        }
    }

    /// Checks all constraints of a record that was changed.
    pub(crate) fn build_check(&mut self, id: RecordId) {
        let Some(def) = self.lowerer.checked.records.get(id.0 as usize) else { return };
        let Some(source) = self.record_source(def) else { return };
        self.name = def.name.clone();
        self.at(source.name.span);
        self.ret = (Type::Any, Repr::Ref);
        let record = self.param(Repr::Ref);
        self.fields = Some(Fields::Of(record));
        let mut registers = Vec::new();
        for (slot, (field, written)) in def.fields.iter().zip(&source.fields).enumerate() {
            let reg = self.alloc_for(&field.ty);
            self.get_field(record, slot, &field.ty, &field.ty, Some(reg));
            self.name_field(written, reg);
            registers.push(reg);
        }
        for ((field, written), reg) in def.fields.iter().zip(&source.fields).zip(registers) {
            let label = format!("{}.{}", def.name, field.name);
            self.admit(written.ty.id, &label, reg);
            if let Some(constraint) = &written.constraint {
                self.constrain(&label, &field.ty, reg, constraint);
            }
        }
        let null = self.null(None);
        self.return_value(null);
    }

    /// Faults if the value does not satisfy the constraint; `label` says whose value it is.
    pub(crate) fn constrain(&mut self, label: &str, ty: &Type, value: Reg, constraint: &'a Expr) {
        let mark = self.mark();
        let fine = self.label();
        self.branch(constraint, fine, true);
        let predicate = self.lowerer.quote(constraint.span);
        let first = self.alloc(Repr::Ref);
        self.load_str(&format!("{label}: "), Some(first));
        let shown = self.alloc(Repr::Ref);
        let inner = self.mark();
        let result = self.core("op.repr", 1, |b, _, reg| {
            let boxed = b.convert(value, ty, &Type::Any, None);
            b.copy(boxed, reg);
        });
        self.shift(result, shown);
        self.release_moved(inner);
        let last = self.alloc(Repr::Ref);
        self.load_str(&format!(" violates `{predicate}`"), Some(last));
        self.emit(Op::Join, first.index, first.index, 3);
        self.throw("R0301", first);
        self.bind(fine);
        self.release(mark);
    }

    /// After a field was assigned: the constraints hold again, or the run faults.
    pub(crate) fn recheck(&mut self, record: Reg, ty: &Type) {
        let Type::Record(id, _) = ty else { return };
        let def = self.lowerer.checked.records.get(id.0 as usize);
        if !def.is_some_and(|d| d.fields.iter().any(|f| f.has_constraint)) {
            return;
        }
        let function = self.lowerer.request(Key::RecordCheck(*id));
        let function = self.operand(function);
        let mark = self.mark();
        let argument = self.alloc(Repr::Ref);
        self.copy(record, argument);
        self.emit_call(function, mark, &Type::Any, &Type::Any, None);
        self.release_moved(mark);
    }
}
