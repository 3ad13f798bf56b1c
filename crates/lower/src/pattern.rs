//! Patterns: tests that jump away, and names that are bound.

use bytecode::{Op, Repr};
use checker::checked::Use;
use checker::types::Type;
use syntax::ast::{Expr, ExprKind, ListPattern, Name, NodeId, Pattern, PatternKind};

use crate::function::{Builder, Label, Reg, repr_of};

impl<'a> Builder<'_, 'a> {
    /// Tests the value of type `ty` in the register and binds names. Where it does not fit, control goes to `fail`;
    /// without one the pattern fits by its type.
    pub(crate) fn pattern(&mut self, pattern: &'a Pattern, reg: Reg, ty: &Type, fail: Option<Label>) {
        match &pattern.kind {
            PatternKind::Wildcard | PatternKind::Error => {}
            PatternKind::Literal(value) => self.literal_pattern(value, reg, fail),
            PatternKind::Range { start, end, inclusive } => {
                self.range_pattern(start, end, *inclusive, reg, fail);
            }
            PatternKind::Bind { ty: tested, .. } => {
                if let Some(tested) = tested {
                    let tested = self.type_of(tested.id);
                    if tested != *ty {
                        self.test_type(reg, &tested, fail);
                    }
                }
                self.bind_name(pattern.id, reg, ty);
            }
            PatternKind::As(inner, _) => {
                self.pattern(inner, reg, ty, fail);
                self.bind_name(pattern.id, reg, ty);
            }
            PatternKind::Tuple(items) => {
                let own = self.type_of(pattern.id);
                if !matches!(ty, Type::Tuple(_)) {
                    match &own {
                        Type::Tuple(_) => self.test_type(reg, &own, fail),
                        // Of an `Any` only the number of parts is known.
                        _ => {
                            let any = Type::Tuple(items.iter().map(|_| Type::Any).collect());
                            self.test_type(reg, &any, fail);
                        }
                    }
                }
                for (i, item) in items.iter().enumerate() {
                    let part = match &own {
                        Type::Tuple(parts) => parts.get(i).cloned().unwrap_or(Type::Any),
                        _ => Type::Any,
                    };
                    if !matches!(item.kind, PatternKind::Wildcard) {
                        let value = self.item(reg, i, &part);
                        self.pattern(item, value, &part, fail);
                    }
                }
            }
            PatternKind::Constructor { fields, .. } => {
                self.constructor_pattern(pattern, fields, reg, ty, fail);
            }
            PatternKind::List { items } => self.list_pattern(pattern, items, reg, ty, fail),
            PatternKind::Or(alternatives) => self.alternatives(alternatives, reg, ty, fail),
        }
    }

    fn mismatch(&mut self, op: Op, a: u16, b: u16, fail: Option<Label>) {
        match fail {
            Some(fail) => self.jump(op, a, b, fail),
            // The checker warned that the `let` may fail.
            None => {
                let (bad, fine) = (self.label(), self.label());
                self.jump(op, a, b, bad);
                self.goto(fine);
                self.bind(bad);
                self.throw_text("R0303", "the value does not fit the pattern");
                self.bind(fine);
            }
        }
    }

    fn test_type(&mut self, reg: Reg, ty: &Type, fail: Option<Label>) {
        if reg.repr != Repr::Ref {
            return;
        }
        let operand = self.type_operand(ty);
        let test = self.alloc(Repr::Bool);
        self.emit(Op::IsType, test.index, reg.index, operand);
        self.mismatch(Op::JumpIfNot, test.index, 0, fail);
    }

    fn bind_name(&mut self, node: NodeId, reg: Reg, ty: &Type) {
        match self.lowerer.checked.bound.get(&node).cloned() {
            Some(Use::Local(id)) if self.counters.contains(&id) => {}
            Some(Use::Local(id)) => {
                let declared = self.local_type(id);
                // An alternative of `|` binds the same variable again.
                if let Some(crate::function::Variable::Register(known)) = self.locals.get(&id).copied()
                    && self.sharing.contains(&id)
                {
                    self.convert(reg, ty, &declared, Some(known));
                    return;
                }
                let from = ty.clone();
                self.new_local(id, |b, target| {
                    b.convert(reg, &from, &declared, Some(target));
                });
            }
            Some(Use::Global(id)) => {
                let declared = self.global_type(id);
                let reg = self.convert(reg, ty, &declared, None);
                let reg = self.boxed(reg, None);
                self.emit(Op::SetGlobal, reg.index, id.0 as u16, 0);
            }
            _ => {}
        }
    }

    /// A part of a tuple or payload.
    pub(crate) fn item(&mut self, reg: Reg, index: usize, ty: &Type) -> Reg {
        let target = self.alloc(Repr::Ref);
        self.emit(Op::GetItem, target.index, reg.index, index as u16);
        self.taint(target);
        self.convert(target, &Type::Any, ty, None)
    }

    fn literal_pattern(&mut self, value: &'a Expr, reg: Reg, fail: Option<Label>) {
        if matches!(value.kind, ExprKind::Null) {
            if reg.repr == Repr::Ref {
                self.mismatch(Op::JumpNotNull, reg.index, 0, fail);
            }
            return;
        }
        match (reg.repr, &value.kind) {
            (Repr::Int, ExprKind::Int(x)) if i16::try_from(*x).is_ok() => {
                let small = i16::try_from(*x).unwrap_or(0);
                self.mismatch(Op::JumpNeImm, reg.index, small.cast_unsigned(), fail);
            }
            (Repr::Int, ExprKind::Int(x)) => {
                let constant = self.load_int(*x, None);
                self.mismatch(Op::JumpNeI, reg.index, constant.index, fail);
            }
            (Repr::Bool, ExprKind::Bool(x)) => {
                self.mismatch(if *x { Op::JumpIfNot } else { Op::JumpIf }, reg.index, 0, fail);
            }
            _ => {
                let a = self.boxed(reg, None);
                let b = self.reference(value, None);
                let test = self.alloc(Repr::Bool);
                self.emit(Op::EqR, test.index, a.index, b.index);
                self.mismatch(Op::JumpIfNot, test.index, 0, fail);
            }
        }
    }

    fn range_pattern(
        &mut self,
        start: &'a Expr,
        end: &'a Expr,
        inclusive: bool,
        reg: Reg,
        fail: Option<Label>,
    ) {
        let ty = self.type_of(start.id);
        self.test_type(reg, &ty, fail);
        let value = self.boxed(reg, None);
        let (low, high) = (self.reference(start, None), self.reference(end, None));
        let test = self.alloc(Repr::Bool);
        self.emit(Op::LeR, test.index, low.index, value.index);
        self.mismatch(Op::JumpIfNot, test.index, 0, fail);
        let op = if inclusive { Op::LeR } else { Op::LtR };
        self.emit(op, test.index, value.index, high.index);
        self.mismatch(Op::JumpIfNot, test.index, 0, fail);
    }

    fn constructor_pattern(
        &mut self,
        pattern: &'a Pattern,
        fields: &'a [(Option<Name>, Pattern)],
        reg: Reg,
        ty: &Type,
        fail: Option<Label>,
    ) {
        let checked = self.lowerer.checked;
        let known = self.known_tag.take();
        let tag_of = |b: &mut Self, exact: bool, test: &Type| -> Reg {
            if let Some((_, tag)) = known.filter(|(subject, _)| *subject == reg) {
                return tag;
            }
            if !exact {
                b.test_type(reg, test, fail);
            }
            let tag = b.alloc(Repr::Int);
            b.emit(Op::Tag, tag.index, reg.index, 0);
            tag
        };
        match checked.uses.get(&pattern.id) {
            Some(Use::Variant(id, index)) => {
                let own = Type::Enum(*id, [].into());
                let tag = tag_of(self, matches!(ty, Type::Enum(..)), &own);
                self.mismatch(Op::JumpNeImm, tag.index, *index as u16, fail);
                let declared =
                    checked.enums.get(id.0 as usize).and_then(|d| d.variants.get(*index)).map(|v| &v.fields);
                let declared = declared.map(Vec::as_slice).unwrap_or_default();
                for (i, (name, inner)) in fields.iter().enumerate() {
                    let slot = match name {
                        Some(name) => declared.iter().position(|(n, _)| n.as_ref() == Some(&name.text)),
                        None => Some(i),
                    };
                    let Some((slot, part)) = slot.and_then(|s| Some((s, declared.get(s)?.1.clone()))) else {
                        continue;
                    };
                    let part = self.part_type(inner, &part);
                    if !matches!(inner.kind, PatternKind::Wildcard) {
                        let value = self.item(reg, slot, &part);
                        self.pattern(inner, value, &part, fail);
                    }
                }
            }
            Some(outcome @ (Use::Ok | Use::Err)) => {
                let own = Type::Result(Type::Any.into(), Type::Any.into());
                let tag = tag_of(self, matches!(ty, Type::Result(..)), &own);
                let is_ok = *outcome == Use::Ok;
                self.mismatch(Op::JumpNeImm, tag.index, u16::from(!is_ok), fail);
                if let Some((_, inner)) =
                    fields.first().filter(|(_, p)| !matches!(p.kind, PatternKind::Wildcard))
                {
                    let part = match ty {
                        Type::Result(t, e) => (**if is_ok { t } else { e }).clone(),
                        _ => Type::Any,
                    };
                    let value = self.payload(reg, &part, None);
                    self.pattern(inner, value, &part, fail);
                }
            }
            Some(Use::Record(id)) => {
                if !matches!(ty, Type::Record(..)) {
                    self.test_type(reg, &Type::Record(*id, [].into()), fail);
                }
                let Some(def) = checked.records.get(id.0 as usize) else { return };
                for (i, (name, inner)) in fields.iter().enumerate() {
                    let slot = match name {
                        Some(name) => def.fields.iter().position(|f| f.name == name.text),
                        None => Some(i),
                    };
                    let Some((slot, field)) = slot.and_then(|s| Some((s, def.fields.get(s)?))) else {
                        continue;
                    };
                    let part = self.part_type(inner, &field.ty);
                    if !matches!(inner.kind, PatternKind::Wildcard) {
                        let value = self.get_field(reg, slot, &field.ty, &part, None);
                        self.pattern(inner, value, &part, fail);
                    }
                }
            }
            _ => {}
        }
    }

    /// The type of a constructor's part: the declared one; of a generic declaration what the checker found there.
    fn part_type(&self, inner: &Pattern, declared: &Type) -> Type {
        if repr_of(declared) != Repr::Ref {
            return declared.clone();
        }
        match (&inner.kind, declared) {
            (PatternKind::Bind { ty: None, .. }, Type::Param(_)) => self.type_of(inner.id),
            (_, Type::Param(_)) => Type::Any,
            _ => declared.clone(),
        }
    }

    fn list_pattern(
        &mut self,
        pattern: &'a Pattern,
        items: &'a [ListPattern],
        reg: Reg,
        ty: &Type,
        fail: Option<Label>,
    ) {
        let own = self.type_of(pattern.id);
        let element = match (&own, ty) {
            (Type::List(t), _) | (_, Type::List(t)) => (**t).clone(),
            _ => Type::Any,
        };
        if !matches!(ty, Type::List(_)) {
            self.test_type(reg, &Type::List(element.clone().into()), fail);
        }
        let rest = items.iter().position(|i| matches!(i, ListPattern::Rest(..)));
        let fixed = items.len() - usize::from(rest.is_some());
        let len = self.alloc(Repr::Int);
        self.emit(Op::Len, len.index, reg.index, 0);
        let op = if rest.is_some() { Op::JumpLtImm } else { Op::JumpNeImm };
        self.mismatch(op, len.index, fixed as u16, fail);
        for (i, item) in items.iter().enumerate() {
            // Behind the rest places count from the end.
            let behind = rest.is_some_and(|r| i > r);
            let at = if behind { i as i64 - items.len() as i64 } else { i as i64 };
            match item {
                ListPattern::Item(inner) if matches!(inner.kind, PatternKind::Wildcard) => {}
                ListPattern::Item(inner) => {
                    let index = self.load_int(at, None);
                    let value = self.list_get(reg, index, &element, &element, None);
                    self.pattern(inner, value, &element, fail);
                }
                ListPattern::Rest(Some(_), node) => {
                    let after = items.len() - 1 - i;
                    let result = self.core("op.slice", 4, |b, k, argument| match k {
                        0 => b.copy(reg, argument),
                        1 => {
                            let from = b.load_int(i as i64, None);
                            b.boxed(from, Some(argument));
                        }
                        2 if after > 0 => {
                            let to = b.load_int(-(after as i64), None);
                            b.boxed(to, Some(argument));
                        }
                        2 => {
                            b.null(Some(argument));
                        }
                        _ => {
                            let flag = b.load_bool(false, None);
                            b.boxed(flag, Some(argument));
                        }
                    });
                    self.bind_name(*node, result, &Type::List(element.clone().into()));
                }
                ListPattern::Rest(None, _) => {}
            }
        }
    }

    fn alternatives(&mut self, alternatives: &'a [Pattern], reg: Reg, ty: &Type, fail: Option<Label>) {
        // The names stand in the same registers whichever alternative fits.
        let mut names = Vec::new();
        if let Some(first) = alternatives.first() {
            bound_names(first, &mut names);
        }
        let before = self.sharing.len();
        for node in names {
            if let Some(Use::Local(id)) = self.lowerer.checked.bound.get(&node).cloned() {
                let ty = self.local_type(id);
                let target = self.alloc_for(&ty);
                if target.repr == Repr::Ref {
                    self.null(Some(target));
                } else {
                    self.zero(target);
                }
                self.taint(target);
                self.locals.insert(id, crate::function::Variable::Register(target));
                self.sharing.push(id);
            }
        }
        let fits = self.label();
        let known = self.known_tag;
        for (i, alternative) in alternatives.iter().enumerate() {
            self.known_tag = known;
            let last = i + 1 == alternatives.len();
            let mark = self.mark();
            if last {
                self.pattern(alternative, reg, ty, fail);
            } else {
                let next = self.label();
                self.pattern(alternative, reg, ty, Some(next));
                self.goto(fits);
                self.bind(next);
            }
            self.release_moved(mark);
        }
        self.bind(fits);
        self.sharing.truncate(before);
    }

    fn zero(&mut self, reg: Reg) {
        match reg.repr {
            Repr::Int => {
                self.load_int(0, Some(reg));
            }
            Repr::Float => {
                self.load_float(0.0, Some(reg));
            }
            Repr::Bool => {
                self.load_bool(false, Some(reg));
            }
            Repr::Ref => {}
        }
    }
}

/// The nodes under which a pattern binds names.
fn bound_names(pattern: &Pattern, out: &mut Vec<NodeId>) {
    match &pattern.kind {
        PatternKind::Bind { .. } => out.push(pattern.id),
        PatternKind::As(inner, _) => {
            bound_names(inner, out);
            out.push(pattern.id);
        }
        PatternKind::Tuple(items) => items.iter().for_each(|p| bound_names(p, out)),
        PatternKind::Constructor { fields, .. } => fields.iter().for_each(|(_, p)| bound_names(p, out)),
        PatternKind::List { items } => items.iter().for_each(|item| match item {
            ListPattern::Item(p) => bound_names(p, out),
            ListPattern::Rest(Some(_), node) => out.push(*node),
            ListPattern::Rest(None, _) => {}
        }),
        PatternKind::Or(alternatives) => {
            if let Some(first) = alternatives.first() {
                bound_names(first, out);
            }
        }
        _ => {}
    }
}
