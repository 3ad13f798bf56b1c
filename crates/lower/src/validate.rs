//! `validate`: what the machine needs to make records of JSON, beside their types.

use bytecode::{Op, Repr};
use checker::checked::Checked;
use checker::types::{EnumId, RecordId, Type};

use crate::function::{Builder, Fields, Reg};
use crate::program::Key;

impl Builder<'_, '_> {
    /// A list of (record, module, check or null, defaults or null each), for the records with constraints or defaults
    /// that the type reaches.
    pub(crate) fn makers(&mut self, ty: &Type, list: Reg) {
        self.emit(Op::NewList, list.index, 0, 0);
        let checked = self.lowerer.checked;
        let mut reached = Reached::default();
        reached.add(checked, ty);
        if reached.has_arguments {
            let place = self.place();
            self.lowerer.unbuilt(place, "`validate` of a type whose record or enum takes type arguments");
        }
        for id in reached.records {
            let Some(def) = checked.records.get(id.0 as usize) else { continue };
            let is_constrained = def.fields.iter().any(|field| field.has_constraint);
            if !is_constrained && def.fields.iter().all(|field| !field.has_default) {
                continue;
            }
            let module = self.lowerer.module_of(def.file);
            let mark = self.mark();
            let maker = self.alloc(Repr::Ref);
            let parts_mark = self.mark();
            let [name, place, check, defaults] = [(); 4].map(|()| self.alloc(Repr::Ref));
            self.load_str(&def.name, Some(name));
            self.load_str(&module, Some(place));
            if is_constrained {
                self.closure(Key::RecordCheck(id), &[], Some(check));
            } else {
                self.null(Some(check));
            }
            self.emit(Op::NewList, defaults.index, 0, 0);
            for (slot, field) in def.fields.iter().enumerate() {
                let inner = self.mark();
                let default = if field.has_default {
                    self.closure(Key::RecordDefault(id, slot), &[], None)
                } else {
                    self.null(None)
                };
                self.emit(Op::Push, defaults.index, default.index, 0);
                self.release(inner);
            }
            self.release_moved(parts_mark);
            self.emit(Op::NewList, maker.index, name.index, 4);
            self.emit(Op::Push, list.index, maker.index, 0);
            self.release(mark);
        }
    }

    /// The default of a field, made from the fields before it.
    pub(crate) fn build_default(&mut self, id: RecordId, slot: usize) {
        let Some(def) = self.lowerer.checked.records.get(id.0 as usize) else { return };
        let Some(source) = self.record_source(def) else { return };
        self.name = def.name.clone();
        self.at(source.name.span);
        self.ret = (Type::Any, Repr::Ref);
        let boxed: Vec<Reg> = (0..slot).map(|_| self.param(Repr::Ref)).collect();
        let mut registers = Vec::new();
        for ((field, written), boxed) in def.fields.iter().zip(&source.fields).zip(boxed) {
            let reg = self.convert(boxed, &Type::Any, &field.ty, None);
            self.name_field(written, reg);
            registers.push(Some(reg));
        }
        self.fields = Some(Fields::Registers(registers));
        let (Some(field), Some(written)) = (def.fields.get(slot), source.fields.get(slot)) else { return };
        if let Some(default) = &written.default {
            let value = self.typed(default, &field.ty, None);
            let boxed = self.boxed(value, None);
            self.return_value(boxed);
        }
    }
}

/// The declarations that a type reaches, records in the order of their mention.
#[derive(Default)]
struct Reached {
    records: Vec<RecordId>,
    enums: Vec<EnumId>,
    /// Descriptions at run time do not hold what a type parameter stands for.
    has_arguments: bool,
}

impl Reached {
    fn add(&mut self, checked: &Checked, ty: &Type) {
        match ty {
            Type::List(inner) | Type::Set(inner) => self.add(checked, inner),
            Type::Map(a, b) | Type::Result(a, b) => {
                self.add(checked, a);
                self.add(checked, b);
            }
            Type::Tuple(parts) | Type::Union(parts) => parts.iter().for_each(|part| self.add(checked, part)),
            Type::Record(id, args) => {
                self.has_arguments |= !args.is_empty();
                if !self.records.contains(id)
                    && let Some(def) = checked.records.get(id.0 as usize)
                {
                    self.records.push(*id);
                    def.fields.iter().for_each(|field| self.add(checked, &field.ty));
                }
            }
            Type::Enum(id, args) => {
                self.has_arguments |= !args.is_empty();
                if !self.enums.contains(id)
                    && let Some(def) = checked.enums.get(id.0 as usize)
                {
                    self.enums.push(*id);
                    let parts = def.variants.iter().flat_map(|variant| &variant.fields);
                    parts.for_each(|(_, part)| self.add(checked, part));
                }
            }
            _ => {}
        }
    }
}
