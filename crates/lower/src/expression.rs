//! Expressions: each leaves its value in a register of its type's representation.
//!
//! `want` is a register that the value should stand in; it is written by the last instruction alone, so it may be a
//! variable that the expression itself reads.

use bytecode::{Op, Repr};
use checker::checked::{LocalId, Use};
use checker::types::Type;
use syntax::ast::{BinaryOp, Expr, ExprKind, FormatSpec, NodeId, TemplatePart, UnaryOp};

use crate::function::{Builder, Fields, Reg, Variable, repr_of};
use crate::program::Key;
use crate::task::Task;

/// Expressions nest at most this deep, so that lowering needs little stack.
const DEPTH_MAX: u32 = 400;

impl<'a> Builder<'_, 'a> {
    pub(crate) fn type_of(&self, id: NodeId) -> Type {
        self.lowerer.checked.types.get(id).cloned().unwrap_or(Type::Error)
    }

    pub(crate) fn local_type(&self, id: LocalId) -> Type {
        self.lowerer.checked.locals.get(id.0 as usize).map_or(Type::Error, |l| l.ty.clone())
    }

    /// The value in its own type's representation.
    pub(crate) fn value(&mut self, e: &'a Expr, want: Option<Reg>) -> Reg {
        let outside = self.at(e.span);
        self.depth += 1;
        let reg = if self.depth > DEPTH_MAX {
            self.lowerer.limit(e.span, "it nests too deep");
            self.target(want, repr_of(&self.type_of(e.id)))
        } else {
            self.expression(e, want)
        };
        self.depth -= 1;
        if self.type_of(e.id) == Type::Never && !self.is_unreachable() {
            self.emit(Op::Trap, 0, 0, 0);
        }
        self.at(outside);
        reg
    }

    /// The value converted to a type: by the checker's coercion, then to the type's representation.
    pub(crate) fn typed(&mut self, e: &'a Expr, to: &Type, want: Option<Reg>) -> Reg {
        let own = self.type_of(e.id);
        if own == Type::Never {
            self.value(e, None);
            return self.target(want, repr_of(to));
        }
        let coerced = self.lowerer.checked.coercions.get(&e.id).cloned();
        let middle = coerced.as_ref().unwrap_or(&own);
        if let (Type::Iter(_), Type::List(_)) = (&own, middle) {
            return self.collected(e, want);
        }
        let plain = repr_of(&own) == repr_of(to) && repr_of(middle) == repr_of(to);
        if plain {
            let reg = self.value(e, want);
            return self.put(reg, want);
        }
        let reg = self.value(e, None);
        if repr_of(middle) == repr_of(to) {
            return self.convert(reg, &own, middle, want);
        }
        let reg = self.convert(reg, &own, middle, None);
        self.convert(reg, middle, to, want)
    }

    /// The value as a reference.
    pub(crate) fn reference(&mut self, e: &'a Expr, want: Option<Reg>) -> Reg {
        self.typed(e, &Type::Any, want)
    }

    /// Runs the expression and drops its value.
    pub(crate) fn discard(&mut self, e: &'a Expr) {
        let mark = self.mark();
        let reg = self.value(e, None);
        if self.is_since(mark, reg) {
            self.taint(reg);
        }
        self.release(mark);
    }

    fn expression(&mut self, e: &'a Expr, want: Option<Reg>) -> Reg {
        let own = self.type_of(e.id);
        match &e.kind {
            ExprKind::Int(x) if own == Type::Float => self.load_float(*x as f64, want),
            ExprKind::Int(x) => self.literal(want, &own, |b, w| b.load_int(*x, w)),
            ExprKind::Float(x) => self.literal(want, &own, |b, w| b.load_float(*x, w)),
            ExprKind::Bool(x) => self.literal(want, &own, |b, w| b.load_bool(*x, w)),
            ExprKind::Null => self.null(want),
            ExprKind::Str(s) => self.load_str(s, want),
            ExprKind::Bytes(bytes) => {
                let target = self.target(want, Repr::Ref);
                let constant = self.lowerer.bytes(bytes);
                self.emit_imm(Op::LoadConst, target.index, constant.cast_signed());
                target
            }
            ExprKind::Template(parts) => self.template(parts, want),
            ExprKind::Name(_) => self.meaning(e, want),
            ExprKind::List(elements) => self.list(elements, &own, want),
            ExprKind::Tuple(items) => self.tuple(items, want),
            ExprKind::Set(elements) => self.set(elements, want),
            ExprKind::Map(elements) => self.map(elements, &own, want),
            ExprKind::ListComprehension { element, clauses } => {
                self.list_comprehension(element, clauses, &own, want)
            }
            ExprKind::SetComprehension { element, clauses } => self.set_comprehension(element, clauses, want),
            ExprKind::MapComprehension { entry, clauses } => {
                self.map_comprehension(&entry.0, &entry.1, clauses, want)
            }
            ExprKind::Unary { op, operand } => self.unary(e, *op, operand, want),
            ExprKind::Binary { op, left, right, .. } => match op {
                BinaryOp::Coalesce => self.coalesce(e, left, right, want),
                BinaryOp::Pipe if !self.lowerer.checked.calls.contains_key(&e.id) => {
                    self.lowerer.unbuilt(e.span, "A pipe into this");
                    self.null(want)
                }
                BinaryOp::Compose => self.compose(left, right, want),
                _ => self.binary(e, *op, left, right, want),
            },
            ExprKind::Range { start, end, inclusive } => self.range(start, end, *inclusive, want),
            ExprKind::Try(value) => self.propagate(e, value, want),
            ExprKind::TryElse { value, fallback, .. } => self.try_else(e, value, fallback, want),
            ExprKind::Unwrap(value) => self.unwrap(e, value, want),
            ExprKind::Cast { value, ty } => {
                let reg = self.cast(value, &self.type_of(ty.id), want);
                let label = self.lowerer.quote(e.span);
                self.admit(ty.id, &format!("`{label}`"), reg);
                reg
            }
            ExprKind::Is { value, ty, negated } => self.is_type(value, &self.type_of(ty.id), *negated, want),
            ExprKind::ExpectSchema { value, ty } => match self.lowerer.checked.calls.contains_key(&e.id) {
                true => self.call(e, want),
                false => match self.type_of(ty.id) {
                    frame @ Type::Frame(_) => self.cast(value, &frame, want),
                    other => self.decoded(value, &other, want),
                },
            },
            ExprKind::Field { base, name, optional } => self.field(e, base, &name.text, *optional, want),
            ExprKind::Index { base, index, optional } => self.index(e, base, index, *optional, want),
            ExprKind::Slice { base, start, end, inclusive } => {
                if self.lowerer.checked.calls.contains_key(&e.id) {
                    return self.call(e, want);
                }
                self.slice(base, start.as_deref(), end.as_deref(), *inclusive, want)
            }
            ExprKind::Call { .. } => self.call(e, want),
            ExprKind::Lambda { .. } => self.lambda(e, want),
            ExprKind::If { condition, then, otherwise } => {
                self.if_value(e, condition, then, otherwise.as_ref(), want)
            }
            ExprKind::Match { subject, arms } => self.match_value(e, subject, arms, want),
            ExprKind::When { arms } => self.when_value(e, arms, want),
            ExprKind::Loop { label, body } => {
                self.loop_value(e, label.as_ref().map(|l| l.text.as_str()), body, want)
            }
            ExprKind::Do(block) => self.block_value(block, &own, want),
            ExprKind::Comptime(block) => self.comptime(e.id, block, &own, want),
            ExprKind::Role { role, parts } if self.lowerer.checked.joined.contains(&e.id) => {
                self.join_prompt(&role.name.text, parts, want)
            }
            ExprKind::Role { role, parts } => self.role(&role.name.text, parts, want),
            ExprKind::Upsert(upsert) => self.upsert(upsert, want),
            ExprKind::Python(_) => self.call(e, want),
            ExprKind::Spawn(value) => {
                let future = self.spawn(e.id, Task::Value(value));
                self.put(future, want)
            }
            ExprKind::Await(value) => {
                let result = self.core("op.await", 1, |b, _, reg| {
                    b.reference(value, Some(reg));
                });
                self.put(result, want)
            }
            ExprKind::Tasks(tasks) => self.tasks(e, tasks, want),
            ExprKind::Perform { .. } => self.call(e, want),
            ExprKind::Handle { with, .. } => self.handle(e, with, want),
            ExprKind::Unsupported(what) => {
                self.lowerer.unbuilt(e.span, what);
                self.null(want)
            }
            ExprKind::Error => self.null(want),
        }
    }

    /// A scalar literal, which a union or type parameter may have made a reference.
    fn literal(
        &mut self,
        want: Option<Reg>,
        own: &Type,
        load: impl FnOnce(&mut Self, Option<Reg>) -> Reg,
    ) -> Reg {
        if repr_of(own) == Repr::Ref {
            let reg = load(self, None);
            self.boxed(reg, want)
        } else {
            load(self, want)
        }
    }

    fn template(&mut self, parts: &'a [TemplatePart], want: Option<Reg>) -> Reg {
        let mark = self.mark();
        let base: Vec<Reg> = parts.iter().map(|_| self.alloc(Repr::Ref)).collect();
        for (part, reg) in parts.iter().zip(&base) {
            let inner = self.mark();
            match part {
                TemplatePart::Text(text) => {
                    self.load_str(text, Some(*reg));
                }
                TemplatePart::Value { value, format } => {
                    self.reference(value, Some(*reg));
                    if let Some(spec) = format {
                        self.format(*reg, spec);
                    }
                }
            }
            self.release(inner);
        }
        let first = base.first().map_or(0, |r| r.index);
        self.release_moved(mark);
        let target = self.target(want, Repr::Ref);
        self.emit(Op::Join, target.index, first, base.len() as u16);
        target
    }

    /// `role NAME: text`
    pub(crate) fn role(&mut self, role: &str, parts: &'a [TemplatePart], want: Option<Reg>) -> Reg {
        let message = self.core("op.message", 2, |b, i, reg| match i {
            0 => {
                b.load_str(role, Some(reg));
            }
            _ => {
                b.template(parts, Some(reg));
            }
        });
        self.finish(message, want)
    }

    fn format(&mut self, reg: Reg, spec: &FormatSpec) {
        let constant = self.lowerer.format(spec);
        match u16::try_from(constant) {
            Ok(constant) => self.emit(Op::Format, reg.index, reg.index, constant),
            Err(_) => {
                let place = self.place();
                self.lowerer.limit(place, "it has too many constants");
            }
        }
    }

    /// What a name, or a qualified name, stands for.
    fn meaning(&mut self, e: &'a Expr, want: Option<Reg>) -> Reg {
        let checked = self.lowerer.checked;
        let own = self.type_of(e.id);
        match checked.uses.get(&e.id) {
            Some(Use::Local(id)) => self.local(*id, &own, want),
            Some(Use::Global(id)) => {
                let target = match want {
                    Some(reg) if reg.repr == Repr::Ref && repr_of(&own) == Repr::Ref => reg,
                    _ => self.alloc(Repr::Ref),
                };
                self.emit(Op::GetGlobal, target.index, id.0 as u16, 0);
                self.taint(target);
                self.convert(target, &Type::Any, &own, want)
            }
            Some(Use::Cell(id)) => self.cell_value(*id, e.id, want),
            Some(Use::State(id)) => self.state_value(*id, &own, want),
            Some(Use::Builtin(_)) if checked.calls.contains_key(&e.id) => self.call(e, want),
            Some(Use::Builtin(name)) => {
                let arity = match &own {
                    Type::Fn(f) => f.params.len(),
                    _ => 0,
                };
                self.closure(Key::Builtin(name.clone(), arity), &[], want)
            }
            Some(Use::Variant(id, index)) => {
                let payload = checked
                    .enums
                    .get(id.0 as usize)
                    .and_then(|d| d.variants.get(*index))
                    .map_or(0, |v| v.fields.len());
                if payload > 0 {
                    return self.closure(Key::Variant(*id, *index), &[], want);
                }
                self.new_variant(*id, *index, &[], want)
            }
            Some(Use::Ok) => self.closure(Key::Outcome(true), &[], want),
            Some(Use::Err) => self.closure(Key::Outcome(false), &[], want),
            Some(Use::Slot(slot)) => self.own_field(*slot, &own, want),
            Some(Use::Const(item)) => match self.lowerer.constant_item(*item) {
                Some(constant) => self.typed(&constant.value, &own, want),
                None => self.null(want),
            },
            Some(
                Use::Record(_)
                | Use::Namespace(_)
                | Use::Part(..)
                | Use::Operation(_)
                | Use::Handler(_)
                | Use::Tool(_),
            )
            | None => {
                self.lowerer.unbuilt(e.span, "This name as a value");
                self.target(want, repr_of(&own))
            }
        }
    }

    pub(crate) fn local(&mut self, id: LocalId, own: &Type, want: Option<Reg>) -> Reg {
        match self.locals.get(&id).copied() {
            Some(Variable::Register(reg)) => {
                if self.moving == Some(id) && reg.repr == Repr::Ref && repr_of(own) == Repr::Ref {
                    let target = self.target(want, Repr::Ref);
                    self.shift(reg, target);
                    return target;
                }
                let declared = self.local_type(id);
                self.convert(reg, &declared, own, want)
            }
            Some(Variable::Shared(cell)) => {
                let direct = repr_of(own) == Repr::Ref;
                let target = if direct { self.target(want, Repr::Ref) } else { self.alloc(Repr::Ref) };
                self.emit(Op::GetCell, target.index, cell.index, 0);
                self.taint(target);
                self.convert(target, &Type::Any, own, want)
            }
            None => {
                let place = self.place();
                self.lowerer.unbuilt(place, "Using this variable here");
                self.target(want, repr_of(own))
            }
        }
    }

    /// A field of the record whose default or constraint is being lowered.
    fn own_field(&mut self, slot: usize, own: &Type, want: Option<Reg>) -> Reg {
        match self.fields.clone() {
            Some(Fields::Registers(registers)) => match registers.get(slot).copied().flatten() {
                Some(reg) => {
                    let from = if reg.repr == Repr::Ref { Type::Any } else { own.clone() };
                    self.convert(reg, &from, own, want)
                }
                None => self.target(want, repr_of(own)),
            },
            Some(Fields::Of(record)) => self.get_field(record, slot, own, own, want),
            None => self.target(want, repr_of(own)),
        }
    }

    fn unary(&mut self, e: &'a Expr, op: UnaryOp, operand: &'a Expr, want: Option<Reg>) -> Reg {
        if self.lowerer.checked.calls.contains_key(&e.id) {
            return self.call(e, want);
        }
        let own = self.type_of(e.id);
        match (op, &own) {
            (UnaryOp::Not, _) => self.truth(e, want),
            (UnaryOp::Neg, Type::Int) => {
                if let ExprKind::Int(x) = operand.kind {
                    return self.load_int(x.wrapping_neg(), want);
                }
                let reg = self.typed(operand, &Type::Int, None);
                let target = self.target(want, Repr::Int);
                self.emit(Op::NegI, target.index, reg.index, 0);
                target
            }
            (UnaryOp::Neg, Type::Float) => {
                let reg = self.typed(operand, &Type::Float, None);
                let target = self.target(want, Repr::Float);
                self.emit(Op::NegF, target.index, reg.index, 0);
                target
            }
            (UnaryOp::BitNot, Type::Int) => {
                let reg = self.typed(operand, &Type::Int, None);
                let target = self.target(want, Repr::Int);
                self.emit(Op::NotI, target.index, reg.index, 0);
                target
            }
            _ => {
                let result = self.core("op.negate", 1, |b, _, reg| {
                    b.reference(operand, Some(reg));
                });
                self.convert(result, &Type::Any, &own, want)
            }
        }
    }

    fn range(&mut self, start: &'a Expr, end: &'a Expr, inclusive: bool, want: Option<Reg>) -> Reg {
        let result = self.core("op.range", 3, |b, i, reg| match i {
            0 => {
                b.typed_boxed(start, &Type::Int, reg);
            }
            1 => {
                b.typed_boxed(end, &Type::Int, reg);
            }
            _ => {
                let flag = b.load_bool(inclusive, None);
                b.boxed(flag, Some(reg));
            }
        });
        self.put(result, want)
    }

    /// The value of a type, boxed into the register.
    pub(crate) fn typed_boxed(&mut self, e: &'a Expr, ty: &Type, reg: Reg) -> Reg {
        let mark = self.mark();
        let value = self.typed(e, ty, if repr_of(ty) == Repr::Ref { Some(reg) } else { None });
        let boxed = self.boxed(value, Some(reg));
        self.release(mark);
        boxed
    }

    fn coalesce(&mut self, e: &'a Expr, left: &'a Expr, right: &'a Expr, want: Option<Reg>) -> Reg {
        let own = self.type_of(e.id);
        let target = self.target(want, repr_of(&own));
        let (missing, end) = (self.label(), self.label());
        let mark = self.mark();
        let reg = self.reference(left, None);
        self.jump(Op::JumpNull, reg.index, 0, missing);
        self.convert(reg, &Type::Any, &own, Some(target));
        self.goto(end);
        self.release(mark);
        self.bind(missing);
        let mark = self.mark();
        self.typed(right, &own, Some(target));
        self.release(mark);
        self.bind(end);
        target
    }

    fn cast(&mut self, value: &'a Expr, to: &Type, want: Option<Reg>) -> Reg {
        let from = self.type_of(value.id);
        match (&from, to) {
            (Type::Float, Type::Int) => {
                let reg = self.value(value, None);
                let target = self.target(want, Repr::Int);
                self.emit(Op::FloatToInt, target.index, reg.index, 0);
                target
            }
            (a, b) if repr_of(a) != Repr::Ref && (repr_of(b) == repr_of(a) || repr_of(b) == Repr::Float) => {
                let reg = self.value(value, None);
                self.convert(reg, a, b, want)
            }
            _ => {
                let reg = self.reference(value, None);
                let ty = self.type_operand(to);
                let direct = repr_of(to) == Repr::Ref;
                let target = if direct { self.target(want, Repr::Ref) } else { self.alloc(Repr::Ref) };
                self.emit(Op::Cast, target.index, reg.index, ty);
                self.taint(target);
                self.convert(target, &Type::Any, to, want)
            }
        }
    }

    pub(crate) fn type_operand(&mut self, ty: &Type) -> u16 {
        let index = self.lowerer.ty(ty);
        self.operand(index)
    }

    pub(crate) fn operand(&mut self, index: u32) -> u16 {
        u16::try_from(index).unwrap_or_else(|_| {
            let place = self.place();
            self.lowerer.limit(place, "the program has too many types, constants or functions");
            0
        })
    }

    fn is_type(&mut self, value: &'a Expr, ty: &Type, negated: bool, want: Option<Reg>) -> Reg {
        let reg = self.reference(value, None);
        let ty = self.type_operand(ty);
        let target = self.target(want, Repr::Bool);
        self.emit(Op::IsType, target.index, reg.index, ty);
        if negated {
            self.emit(Op::NotB, target.index, target.index, 0);
        }
        target
    }

    fn field(&mut self, e: &'a Expr, base: &'a Expr, name: &str, optional: bool, want: Option<Reg>) -> Reg {
        let checked = self.lowerer.checked;
        if checked.calls.contains_key(&e.id) {
            return self.call(e, want);
        }
        let own = self.type_of(e.id);
        let slot = match checked.uses.get(&e.id) {
            Some(Use::Slot(slot)) => Some(*slot),
            Some(Use::Part(variant, slot)) => {
                let declared = self.part_declared(&self.type_of(base.id), *variant, *slot);
                let value = self.reference(base, None);
                let part = self.item(value, *slot, &declared);
                return self.convert(part, &declared, &own, want);
            }
            Some(_) => return self.meaning(e, want),
            None => None,
        };
        let base_type = self.type_of(base.id);
        let declared = slot.map_or(Type::Json, |slot| self.slot_type(&base_type, slot));
        if !optional {
            let record = self.reference(base, None);
            return match slot {
                Some(slot) => self.get_field(record, slot, &declared, &own, want),
                None => self.json_member(record, name, want),
            };
        }
        let target = self.target(want, Repr::Ref);
        let (missing, end) = (self.label(), self.label());
        let mark = self.mark();
        let record = self.reference(base, None);
        self.jump(Op::JumpNull, record.index, 0, missing);
        match slot {
            Some(slot) => self.get_field(record, slot, &Type::Any, &Type::Any, Some(target)),
            None => self.json_member(record, name, Some(target)),
        };
        self.goto(end);
        self.bind(missing);
        self.emit(Op::LoadNull, target.index, 0, 0);
        self.bind(end);
        self.release(mark);
        target
    }

    /// The declared type of a variant's part; that of a type parameter is boxed.
    fn part_declared(&self, ty: &Type, variant: usize, part: usize) -> Type {
        let Type::Enum(id, _) = ty else { return Type::Any };
        let declared = self.lowerer.checked.enums.get(id.0 as usize).and_then(|d| d.variants.get(variant));
        match declared.and_then(|v| v.fields.get(part)) {
            Some((_, ty)) if repr_of(ty) != Repr::Ref => ty.clone(),
            _ => Type::Any,
        }
    }

    fn json_member(&mut self, base: Reg, name: &str, want: Option<Reg>) -> Reg {
        let key = self.load_str(name, None);
        let target = self.target(want, Repr::Ref);
        self.emit(Op::Index, target.index, base.index, key.index);
        self.taint(target);
        target
    }

    /// The declared type of a record's, structure's or tuple's part.
    pub(crate) fn slot_type(&self, base: &Type, slot: usize) -> Type {
        match base {
            Type::Record(id, _) => self
                .lowerer
                .checked
                .records
                .get(id.0 as usize)
                .and_then(|r| r.fields.get(slot))
                .map_or(Type::Any, |f| f.ty.clone()),
            Type::Structure(fields) => fields.get(slot).map_or(Type::Any, |(_, ty)| ty.clone()),
            Type::Tuple(items) => items.get(slot).cloned().unwrap_or(Type::Any),
            Type::Union(members) => {
                members.iter().find(|m| **m != Type::Null).map_or(Type::Any, |m| self.slot_type(m, slot))
            }
            _ => Type::Any,
        }
    }

    /// A field of `declared` type, read as `own`.
    pub(crate) fn get_field(
        &mut self,
        record: Reg,
        slot: usize,
        declared: &Type,
        own: &Type,
        want: Option<Reg>,
    ) -> Reg {
        let repr = if repr_of(declared) == repr_of(own) { repr_of(own) } else { Repr::Ref };
        let op = match repr {
            Repr::Int => Op::GetFieldI,
            Repr::Float => Op::GetFieldF,
            Repr::Bool => Op::GetFieldB,
            Repr::Ref => Op::GetField,
        };
        let direct = repr == repr_of(own);
        let target = if direct { self.target(want, repr) } else { self.alloc(repr) };
        self.emit(op, target.index, record.index, slot as u16);
        self.taint(target);
        let from = if repr == Repr::Ref { Type::Any } else { declared.clone() };
        self.convert(target, &from, own, want)
    }

    fn index(
        &mut self,
        e: &'a Expr,
        base: &'a Expr,
        index: &'a Expr,
        optional: bool,
        want: Option<Reg>,
    ) -> Reg {
        if self.lowerer.checked.calls.contains_key(&e.id) {
            return self.call(e, want);
        }
        let own = self.type_of(e.id);
        if let Some(id) = self.state_map(base) {
            let call = if optional { "state.get" } else { "state.entry" };
            return self.state_entry(call, id, index, &own, want);
        }
        let base_type = self.type_of(base.id);
        if let ExprKind::Range { start, end, inclusive } = &index.kind {
            return self.slice(base, Some(start), Some(end), *inclusive, want);
        }
        if optional {
            let result = self.core("op.index_or_null", 2, |b, i, reg| {
                b.reference(if i == 0 { base } else { index }, Some(reg));
            });
            return self.convert(result, &Type::Any, &own, want);
        }
        if let Type::List(element) = &base_type {
            let list = self.reference(base, None);
            let at = self.typed(index, &Type::Int, None);
            return self.list_get(list, at, element, &own, want);
        }
        let container = self.reference(base, None);
        let key = self.reference(index, None);
        let direct = repr_of(&own) == Repr::Ref;
        let target = if direct { self.target(want, Repr::Ref) } else { self.alloc(Repr::Ref) };
        self.emit(Op::Index, target.index, container.index, key.index);
        self.taint(target);
        self.convert(target, &Type::Any, &own, want)
    }

    /// An element of a list of `element`s, read as `own`.
    pub(crate) fn list_get(
        &mut self,
        list: Reg,
        at: Reg,
        element: &Type,
        own: &Type,
        want: Option<Reg>,
    ) -> Reg {
        let repr = if repr_of(element) == repr_of(own) { repr_of(own) } else { Repr::Ref };
        let op = match repr {
            Repr::Int => Op::ListGetI,
            Repr::Float => Op::ListGetF,
            Repr::Bool | Repr::Ref => Op::ListGet,
        };
        let repr = if op == Op::ListGet { Repr::Ref } else { repr };
        let direct = repr == repr_of(own);
        let target = if direct { self.target(want, repr) } else { self.alloc(repr) };
        self.emit(op, target.index, list.index, at.index);
        self.taint(target);
        let from = if repr == Repr::Ref { Type::Any } else { element.clone() };
        self.convert(target, &from, own, want)
    }

    fn slice(
        &mut self,
        base: &'a Expr,
        start: Option<&'a Expr>,
        end: Option<&'a Expr>,
        inclusive: bool,
        want: Option<Reg>,
    ) -> Reg {
        let result = self.core("op.slice", 4, |b, i, reg| match (i, start, end) {
            (0, _, _) => {
                b.reference(base, Some(reg));
            }
            (1, Some(bound), _) | (2, _, Some(bound)) => {
                b.typed_boxed(bound, &Type::Int, reg);
            }
            (1 | 2, _, _) => {
                b.null(Some(reg));
            }
            _ => {
                let flag = b.load_bool(inclusive, None);
                b.boxed(flag, Some(reg));
            }
        });
        self.put(result, want)
    }

    fn unwrap(&mut self, e: &'a Expr, value: &'a Expr, want: Option<Reg>) -> Reg {
        let own = self.type_of(e.id);
        let there = self.label();
        let reg = self.reference(value, None);
        self.jump(Op::JumpNotNull, reg.index, 0, there);
        let text = self.lowerer.quote(value.span);
        self.throw_text("R0103", &format!("`{text}!`: the value is null"));
        self.bind(there);
        self.convert(reg, &Type::Any, &own, want)
    }
}
