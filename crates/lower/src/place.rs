//! Assignment to variables, fields and elements.
//!
//! A container is changed in place when nothing else shares it, so it is moved out of its place, changed, and moved
//! back. All keys and the new value are computed before, so no code of the program sees the gap: `place op= value` reads
//! the place after the value is there. If the change faults, what was moved out is put back first, for what is deferred.

use bytecode::{Instr, Op, Repr};
use checker::checked::{Callee, LocalId, Use};
use checker::types::Type;
use syntax::ast::{BinaryOp, Element, Expr, ExprKind, Stmt};

use crate::function::{Builder, Reg, Variable, repr_of};
use crate::mentions::mentions;

/// One step from a container to a part of it.
enum Step {
    Field { slot: usize, record: Type },
    Element { list: bool, key: Reg },
}

impl<'a> Builder<'_, 'a> {
    pub(crate) fn assign(&mut self, stmt: &'a Stmt, place: &'a Expr, op: Option<BinaryOp>, value: &'a Expr) {
        if let ExprKind::Name(_) = place.kind {
            match self.lowerer.checked.uses.get(&place.id).cloned() {
                Some(Use::Local(id)) => match self.locals.get(&id).copied() {
                    Some(Variable::Register(reg)) => self.assign_register(stmt, id, reg, place, op, value),
                    Some(Variable::Shared(cell)) => {
                        let reg = self.new_value(stmt, &self.local_type(id), place, op, value);
                        let boxed = self.boxed(reg, None);
                        self.emit(Op::SetCell, cell.index, boxed.index, 0);
                    }
                    None => self.lowerer.unbuilt(place.span, "Assigning this variable here"),
                },
                Some(Use::Global(id)) => {
                    if self.join_global(id, place, op, value) {
                        return;
                    }
                    let reg = self.new_value(stmt, &self.global_type(id), place, op, value);
                    let boxed = self.boxed(reg, None);
                    self.emit(Op::SetGlobal, boxed.index, id.0 as u16, 0);
                }
                _ => self.lowerer.unbuilt(place.span, "Assigning this"),
            }
            return;
        }
        self.assign_part(stmt, place, op, value);
    }

    /// The value to assign, as the place's type.
    fn new_value(
        &mut self,
        stmt: &'a Stmt,
        ty: &Type,
        place: &'a Expr,
        op: Option<BinaryOp>,
        value: &'a Expr,
    ) -> Reg {
        let Some(op) = op else { return self.typed(value, ty, None) };
        if self.lowerer.checked.calls.contains_key(&stmt.id) {
            return self.operator_call(stmt.id, &[place, value], ty, None);
        }
        let operand = if repr_of(ty) == Repr::Ref { Type::Any } else { ty.clone() };
        // What the value's code does to the place is not lost.
        let b = self.typed(value, &operand, None);
        let a = self.typed(place, &operand, None);
        self.operate(op, ty, a, b, false, None)
    }

    fn assign_register(
        &mut self,
        stmt: &'a Stmt,
        id: LocalId,
        reg: Reg,
        place: &'a Expr,
        op: Option<BinaryOp>,
        value: &'a Expr,
    ) {
        let ty = self.local_type(id);
        match op {
            Some(op) if self.lowerer.checked.calls.contains_key(&stmt.id) => {
                let _ = op;
                self.operator_call(stmt.id, &[place, value], &ty, Some(reg));
            }
            Some(op) => {
                if matches!(op, BinaryOp::Add | BinaryOp::Concat) && self.join_in_place(reg, &ty, value) {
                    return;
                }
                if let (Type::Int, BinaryOp::Add | BinaryOp::Sub, ExprKind::Int(x)) = (&ty, op, &value.kind)
                    && let Some(x) = if op == BinaryOp::Add { Some(*x) } else { x.checked_neg() }
                    && let Ok(x) = i16::try_from(x)
                {
                    self.emit(Op::AddImm, reg.index, reg.index, x.cast_unsigned());
                    return;
                }
                let operand = if repr_of(&ty) == Repr::Ref { Type::Any } else { ty.clone() };
                let b = self.typed(value, &operand, None);
                let result = self.operate(op, &ty, reg, b, false, Some(reg));
                self.finish(result, Some(reg));
            }
            None => {
                if self.append_in_place(id, reg, &ty, value) {
                    return;
                }
                let movable = reg.repr == Repr::Ref && !self.is_deferring() && self.is_moved_by(value, id);
                let outer = std::mem::replace(&mut self.moving, movable.then_some(id));
                self.typed(value, &ty, Some(reg));
                self.moving = outer;
                self.taint(reg);
            }
        }
    }

    /// Whether the expression is a call that takes the variable directly as an argument and mentions it nowhere else.
    fn is_moved_by(&self, value: &'a Expr, id: LocalId) -> bool {
        let ExprKind::Call { callee, args, .. } = &value.kind else { return false };
        let is_it = |e: &Expr| {
            matches!(e.kind, ExprKind::Name(_))
                && self.lowerer.checked.uses.get(&e.id) == Some(&Use::Local(id))
        };
        let plain = match self.lowerer.checked.calls.get(&value.id).map(|c| &c.callee) {
            Some(Callee::Core(_) | Callee::Record(_)) => true,
            Some(Callee::Cell(cell)) => {
                self.lowerer.checked.cells.get(cell.0 as usize).is_some_and(|c| c.captures.is_empty())
            }
            _ => false,
        };
        let receiver = match &callee.kind {
            ExprKind::Field { base, optional: false, .. } => Some(&**base),
            _ => None,
        };
        let direct = args.iter().map(|a| &a.value).chain(receiver).filter(|e| is_it(e)).count();
        plain && direct == 1 && mentions(value, &is_it) == 1
    }

    /// `xs = append(xs, e)`
    fn append_in_place(&mut self, id: LocalId, reg: Reg, ty: &Type, value: &'a Expr) -> bool {
        let checked = self.lowerer.checked;
        let (ExprKind::Call { .. }, Type::List(element)) = (&value.kind, ty) else { return false };
        let Some(call) = checked.calls.get(&value.id).filter(|c| c.callee == Callee::Core("append".into()))
        else {
            return false;
        };
        let [list, item] = call.args.as_slice() else { return false };
        let (Some(list), Some(item)) = (self.written(value, list), self.written(value, item)) else {
            return false;
        };
        let is_it =
            matches!(list.kind, ExprKind::Name(_)) && checked.uses.get(&list.id) == Some(&Use::Local(id));
        if is_it {
            self.push(reg, element, item);
        }
        is_it
    }

    pub(crate) fn push(&mut self, list: Reg, element: &Type, item: &'a Expr) {
        let value = self.typed(item, element, None);
        self.push_reg(list, value);
    }

    pub(crate) fn push_reg(&mut self, list: Reg, value: Reg) {
        match value.repr {
            Repr::Int => self.emit(Op::PushI, list.index, value.index, 0),
            Repr::Float => self.emit(Op::PushF, list.index, value.index, 0),
            _ => {
                let boxed = self.boxed(value, None);
                self.emit(Op::Push, list.index, boxed.index, 0);
            }
        }
    }

    /// `s += t`, `xs += ys`, `xs += [e]`
    fn join_in_place(&mut self, reg: Reg, ty: &Type, value: &'a Expr) -> bool {
        if !matches!(ty, Type::String | Type::Bytes | Type::List(_)) {
            return false;
        }
        if let (Type::List(element), ExprKind::List(items)) = (ty, &value.kind)
            && let [Element::Value(item)] = items.as_slice()
        {
            self.push(reg, element, item);
            return true;
        }
        let other = self.reference(value, None);
        self.emit(Op::Append, reg.index, other.index, 0);
        true
    }

    /// The same for results while they are made.
    fn join_global(
        &mut self,
        id: checker::checked::GlobalId,
        place: &'a Expr,
        op: Option<BinaryOp>,
        value: &'a Expr,
    ) -> bool {
        let ty = self.global_type(id);
        let checked = self.lowerer.checked;
        let joins = matches!(op, Some(BinaryOp::Add | BinaryOp::Concat))
            && matches!(ty, Type::String | Type::Bytes | Type::List(_));
        let appended = match (op, &ty, checked.calls.get(&value.id)) {
            (None, Type::List(element), Some(call)) if call.callee == Callee::Core("append".into()) => {
                match call.args.as_slice() {
                    [list, item] => self
                        .written(value, list)
                        .zip(self.written(value, item))
                        .filter(|(list, _)| checked.uses.get(&list.id) == checked.uses.get(&place.id))
                        .filter(|(list, _)| matches!(list.kind, ExprKind::Name(_)))
                        .map(|(_, item)| (element.clone(), item)),
                    _ => None,
                }
            }
            _ => None,
        };
        if let Some((element, item)) = appended {
            let value = self.typed(item, &element, None);
            let list = self.take_global(id);
            self.push_reg(list, value);
            self.put_global(list, id);
            return true;
        }
        if !joins {
            return false;
        }
        let other = self.reference(value, None);
        let joined = self.take_global(id);
        self.emit(Op::Append, joined.index, other.index, 0);
        self.put_global(joined, id);
        true
    }

    fn take_global(&mut self, id: checker::checked::GlobalId) -> Reg {
        let reg = self.alloc(Repr::Ref);
        self.emit(Op::TakeGlobal, reg.index, id.0 as u16, 0);
        reg
    }

    fn put_global(&mut self, reg: Reg, id: checker::checked::GlobalId) {
        self.emit(Op::SetGlobal, reg.index, id.0 as u16, 0);
        self.taint(reg);
    }

    fn assign_part(&mut self, stmt: &'a Stmt, place: &'a Expr, op: Option<BinaryOp>, value: &'a Expr) {
        let mut steps = Vec::new();
        let Some(root) = self.steps(place, &mut steps) else {
            self.lowerer.unbuilt(place.span, "Assigning this place");
            return;
        };
        let ty = self.type_of(place.id);
        let engine = op.is_some() && self.lowerer.checked.calls.contains_key(&stmt.id);
        let operand = if repr_of(&ty) == Repr::Ref { Type::Any } else { ty.clone() };
        let new = if engine {
            self.operator_call(stmt.id, &[place, value], &ty, None)
        } else {
            let mark = self.mark();
            let reg = self.typed(value, if op.is_some() { &operand } else { &ty }, None);
            if self.is_since(mark, reg) {
                reg
            } else {
                let copy = self.alloc(reg.repr);
                self.copy(reg, copy);
                copy
            }
        };
        let op = op.filter(|_| !engine);
        // Only this function sees its registers.
        let seen = self.is_deferring() || !matches!(root, Root::Local(Variable::Register(_)));
        let change = Change { op, ty: &ty, value: new, seen };
        match root {
            Root::Local(Variable::Register(reg)) => self.change(reg, &steps, &change),
            Root::Local(Variable::Shared(cell)) => {
                let reg = self.alloc(Repr::Ref);
                self.emit(Op::TakeCell, reg.index, cell.index, 0);
                let back = Instr::abc(Op::SetCell, cell.index, reg.index, 0);
                self.repaired_by(back, |b| b.change(reg, &steps, &change));
                self.emit(Op::SetCell, cell.index, reg.index, 0);
                self.taint(reg);
            }
            Root::Global(id) => {
                let reg = self.take_global(id);
                let back = Instr::abc(Op::SetGlobal, reg.index, id.0 as u16, 0);
                self.repaired_by(back, |b| b.change(reg, &steps, &change));
                self.put_global(reg, id);
            }
        }
    }

    /// The steps from the variable to the place, outermost container first, with their keys computed.
    fn steps(&mut self, place: &'a Expr, out: &mut Vec<Step>) -> Option<Root> {
        match &place.kind {
            ExprKind::Name(_) => match self.lowerer.checked.uses.get(&place.id).cloned()? {
                Use::Local(id) => self.locals.get(&id).copied().map(Root::Local),
                Use::Global(id) => Some(Root::Global(id)),
                _ => None,
            },
            ExprKind::Field { base, .. } => {
                let root = self.steps(base, out)?;
                let Some(Use::Slot(slot)) = self.lowerer.checked.uses.get(&place.id).cloned() else {
                    return None;
                };
                out.push(Step::Field { slot, record: self.type_of(base.id) });
                Some(root)
            }
            ExprKind::Index { base, index, .. } => {
                let root = self.steps(base, out)?;
                let list = matches!(self.type_of(base.id), Type::List(_));
                let ty = if list { Type::Int } else { Type::Any };
                let mark = self.mark();
                let reg = self.typed(index, &ty, None);
                let key = if self.is_since(mark, reg) || crate::operator::is_quiet(index) {
                    reg
                } else {
                    let copy = self.alloc(reg.repr);
                    self.copy(reg, copy);
                    copy
                };
                out.push(Step::Element { list, key });
                Some(root)
            }
            _ => None,
        }
    }

    /// Changes the part of the container that the steps lead to.
    fn change(&mut self, container: Reg, steps: &[Step], change: &Change<'_>) {
        let Some((step, rest)) = steps.split_first() else { return };
        let mark = self.mark();
        if rest.is_empty() {
            self.change_part(container, step, change);
        } else {
            let inner = self.alloc(Repr::Ref);
            let back = self.take_part(container, step, inner);
            self.put_back(back, change, |b| b.change(inner, rest, change));
            self.set_part(container, step, inner);
            self.taint(inner);
        }
        if let Step::Field { record, .. } = step {
            self.recheck(container, record);
        }
        self.release(mark);
    }

    fn change_part(&mut self, container: Reg, step: &Step, change: &Change<'_>) {
        let Some(op) = change.op else {
            self.set_part(container, step, change.value);
            return;
        };
        if repr_of(change.ty) == Repr::Ref {
            let old = self.alloc(Repr::Ref);
            let back = self.take_part(container, step, old);
            let result =
                self.put_back(back, change, |b| b.operate(op, change.ty, old, change.value, true, None));
            self.set_part(container, step, result);
            self.taint(old);
            self.taint(result);
            return;
        }
        let old = match step {
            Step::Field { slot, record } => {
                let declared = self.slot_type(record, *slot);
                self.get_field(container, *slot, &declared, change.ty, None)
            }
            Step::Element { list: true, key } => self.list_get(container, *key, change.ty, change.ty, None),
            Step::Element { key, .. } => {
                let key = self.boxed(*key, None);
                let boxed = self.alloc(Repr::Ref);
                self.emit(Op::Index, boxed.index, container.index, key.index);
                self.convert(boxed, &Type::Any, change.ty, None)
            }
        };
        let result = self.operate(op, change.ty, old, change.value, false, None);
        self.set_part(container, step, result);
    }

    /// Moves the part out; the instruction puts it back.
    fn take_part(&mut self, container: Reg, step: &Step, target: Reg) -> Instr {
        match step {
            Step::Field { slot, .. } => {
                self.emit(Op::TakeField, target.index, container.index, *slot as u16);
                Instr::abc(Op::SetField, container.index, *slot as u16, target.index)
            }
            Step::Element { key, .. } => {
                let key = self.boxed(*key, None);
                self.emit(Op::TakeIndex, target.index, container.index, key.index);
                Instr::abc(Op::SetIndex, container.index, key.index, target.index)
            }
        }
    }

    /// Changes what was moved out; a fault puts it back, if something may see that.
    fn put_back<T>(&mut self, back: Instr, change: &Change<'_>, run: impl FnOnce(&mut Self) -> T) -> T {
        if change.seen { self.repaired_by(back, run) } else { run(self) }
    }

    fn set_part(&mut self, container: Reg, step: &Step, value: Reg) {
        match step {
            Step::Field { slot, .. } => {
                let value = self.boxed(value, None);
                self.emit(Op::SetField, container.index, *slot as u16, value.index);
            }
            Step::Element { list: true, key } => match value.repr {
                Repr::Int => self.emit(Op::ListSetI, container.index, key.index, value.index),
                Repr::Float => self.emit(Op::ListSetF, container.index, key.index, value.index),
                _ => {
                    let value = self.boxed(value, None);
                    self.emit(Op::ListSet, container.index, key.index, value.index);
                }
            },
            Step::Element { key, .. } => {
                let (key, value) = (self.boxed(*key, None), self.boxed(value, None));
                self.emit(Op::SetIndex, container.index, key.index, value.index);
            }
        }
    }
}

enum Root {
    Local(Variable),
    Global(checker::checked::GlobalId),
}

/// What is assigned: the value, or the old one combined with it.
struct Change<'t> {
    op: Option<BinaryOp>,
    ty: &'t Type,
    value: Reg,
    /// Whether deferred code may see what a fault leaves.
    seen: bool,
}
