//! `validate`: what the machine needs to make records of JSON, beside their types.

use std::rc::Rc;

use bytecode::{Op, Repr};
use checker::checked::Checked;
use checker::types::{EnumId, RecordId, Type};

use syntax::ast::Expr;

use crate::function::{Builder, Fields, Reg};
use crate::program::Key;

impl<'a> Builder<'_, 'a> {
    /// The type that `validate` reads values by.
    pub(crate) fn shape_operand(&mut self, ty: &Type) -> u16 {
        if !Reached::of(self.lowerer.checked, ty).has_arguments {
            return self.type_operand(ty);
        }
        match self.lowerer.shape(ty) {
            Some(shape) => self.operand(shape),
            None => {
                let place = self.place();
                self.lowerer.unbuilt(place, "`validate` of a type that holds itself with other arguments");
                0
            }
        }
    }

    /// `value expect schema T`: the value where it is of the type already, else what its JSON says.
    pub(crate) fn decoded(&mut self, value: &'a Expr, ty: &Type, want: Option<Reg>) -> Reg {
        let found = self.alloc(Repr::Ref);
        let mark = self.mark();
        self.reference(value, Some(found));
        let done = self.label();
        let test = self.alloc(Repr::Bool);
        let operand = self.type_operand(ty);
        self.emit(Op::IsType, test.index, found.index, operand);
        self.jump(Op::JumpIf, test.index, 0, done);
        let decoded = self.core("validate", 3, |b, i, reg| match i {
            0 => {
                let shape = b.shape_operand(ty);
                b.emit(Op::LoadType, reg.index, shape, 0);
            }
            1 => b.copy(found, reg),
            _ => b.makers(ty, reg),
        });
        let value = self.core("op.decoded", 1, |b, _, reg| b.shift(decoded, reg));
        self.shift(value, found);
        self.bind(done);
        self.release(mark);
        self.convert(found, &Type::Any, ty, want)
    }

    /// A list of (name, module, check or null, defaults or null each, declared type or null), for the records that the
    /// type reaches and that have constraints or defaults. If the type has arguments, for all records and enums, which
    /// values of it refer to as they are declared.
    pub(crate) fn makers(&mut self, ty: &Type, list: Reg) {
        self.emit(Op::NewList, list.index, 0, 0);
        let checked = self.lowerer.checked;
        let reached = Reached::of(checked, ty);
        for id in reached.records {
            let Some(def) = checked.records.get(id.0 as usize) else { continue };
            let is_constrained = def.fields.iter().any(|field| field.has_constraint);
            let has_defaults = def.fields.iter().any(|field| field.has_default);
            if !is_constrained && !has_defaults && !reached.has_arguments {
                continue;
            }
            let declared = reached.has_arguments.then(|| Type::Record(id, Rc::from([])));
            let module = self.lowerer.module_of(def.file);
            self.maker(list, &def.name, &module, declared, |b, check, defaults| {
                if is_constrained {
                    b.closure(Key::RecordCheck(id), &[], Some(check));
                }
                for (slot, field) in def.fields.iter().enumerate() {
                    let inner = b.mark();
                    let default = if field.has_default {
                        b.closure(Key::RecordDefault(id, slot), &[], None)
                    } else {
                        b.null(None)
                    };
                    b.emit(Op::Push, defaults.index, default.index, 0);
                    b.release(inner);
                }
            });
        }
        for id in reached.enums.into_iter().filter(|_| reached.has_arguments) {
            let Some(def) = checked.enums.get(id.0 as usize) else { continue };
            let module = self.lowerer.module_of(def.file);
            self.maker(list, &def.name, &module, Some(Type::Enum(id, Rc::from([]))), |_, _, _| {});
        }
    }

    /// Adds an entry; `fill` puts the check and the defaults in their registers.
    fn maker(
        &mut self,
        list: Reg,
        name: &str,
        module: &str,
        declared: Option<Type>,
        fill: impl FnOnce(&mut Self, Reg, Reg),
    ) {
        let mark = self.mark();
        let maker = self.alloc(Repr::Ref);
        let parts_mark = self.mark();
        let [of, place, check, defaults, ty] = [(); 5].map(|()| self.alloc(Repr::Ref));
        self.load_str(name, Some(of));
        self.load_str(module, Some(place));
        self.null(Some(check));
        self.emit(Op::NewList, defaults.index, 0, 0);
        match declared {
            Some(declared) => {
                let declared = self.type_operand(&declared);
                self.emit(Op::LoadType, ty.index, declared, 0);
            }
            None => {
                self.null(Some(ty));
            }
        }
        fill(self, check, defaults);
        self.release_moved(parts_mark);
        self.emit(Op::NewList, maker.index, of.index, 5);
        self.emit(Op::Push, list.index, maker.index, 0);
        self.release(mark);
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
    /// Values' own descriptions do not hold what a type parameter stands for.
    has_arguments: bool,
}

impl Reached {
    fn of(checked: &Checked, ty: &Type) -> Reached {
        let mut reached = Reached::default();
        reached.add(checked, ty);
        reached
    }

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
                args.iter().for_each(|arg| self.add(checked, arg));
                if !self.records.contains(id)
                    && let Some(def) = checked.records.get(id.0 as usize)
                {
                    self.records.push(*id);
                    def.fields.iter().for_each(|field| self.add(checked, &field.ty));
                }
            }
            Type::Enum(id, args) => {
                self.has_arguments |= !args.is_empty();
                args.iter().for_each(|arg| self.add(checked, arg));
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
