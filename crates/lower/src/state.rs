//! Durable state: reads and upserts as calls of the host.
//!
//! A read is `state.get` (name, key, default; null where there is nothing), `state.entry` (a fault there), `state.has`
//! or `state.entries` (name). `state.upsert` takes the writes, each a tuple (name, key, operator, value, default) whose
//! value is null where an entry is taken away, the
//! guard as a tree of lists or null, and the reason. Each call's types are pairs of the value's and the key's: one for
//! a read, else one for each write and then for each entry of the guard, as they come.

use bytecode::{Op, Repr, Site};
use checker::checked::{StateDef, StateId, Use};
use checker::types::Type;
use syntax::ast::{BinaryOp, Expr, ExprKind, UnaryOp, Upsert, Write};

use crate::function::{Builder, Reg};
use crate::program::span;

impl<'a> Builder<'_, 'a> {
    fn state(&self, id: StateId) -> Option<&'a StateDef> {
        self.lowerer.checked.states.get(id.0 as usize)
    }

    fn named_state(&self, e: &Expr) -> Option<StateId> {
        match self.lowerer.checked.uses.get(&e.id) {
            Some(Use::State(id)) => Some(*id),
            _ => None,
        }
    }

    /// The state that is a map and is named here.
    pub(crate) fn state_map(&self, e: &Expr) -> Option<StateId> {
        self.named_state(e).filter(|id| self.state(*id).is_some_and(|s| s.key.is_some()))
    }

    /// The types by which the host reads and writes the state's values.
    fn state_types(&mut self, id: StateId) -> Vec<u32> {
        let Some(def) = self.state(id) else { return Vec::new() };
        let key = def.key.as_ref().unwrap_or(&Type::Null);
        vec![self.lowerer.ty(&def.value), self.lowerer.ty(key)]
    }

    /// All entries of a map, or the one value.
    pub(crate) fn state_value(&mut self, id: StateId, own: &Type, want: Option<Reg>) -> Reg {
        let types = self.state_types(id);
        let map = self.state(id).is_some_and(|s| s.key.is_some());
        let (name, count) = if map { ("state.entries", 1) } else { ("state.get", 3) };
        self.state_call(name, types, count, own, want, |b, i, reg| match i {
            0 => b.state_name(id, reg),
            1 => {
                b.null(Some(reg));
            }
            _ => b.state_default(id, reg),
        })
    }

    /// What a call says of the entry with this key.
    pub(crate) fn state_entry(
        &mut self,
        name: &str,
        id: StateId,
        key: &'a Expr,
        own: &Type,
        want: Option<Reg>,
    ) -> Reg {
        let types = self.state_types(id);
        self.state_call(name, types, 3, own, want, |b, i, reg| match i {
            0 => b.state_name(id, reg),
            1 => b.state_key(id, key, reg),
            _ => {
                b.null(Some(reg));
            }
        })
    }

    fn state_call(
        &mut self,
        name: &str,
        types: Vec<u32>,
        count: usize,
        own: &Type,
        want: Option<Reg>,
        mut fill: impl FnMut(&mut Self, usize, Reg),
    ) -> Reg {
        let mark = self.mark();
        let registers: Vec<Reg> = (0..count).map(|_| self.alloc(Repr::Ref)).collect();
        let base = registers.first().map_or(0, |r| r.index);
        for (i, reg) in registers.iter().enumerate() {
            let inner = self.mark();
            fill(self, i, *reg);
            self.release(inner);
        }
        let place = span(self.place());
        let site = self.lowerer.site(Site { name: name.to_owned(), names: Vec::new(), types, span: place });
        let site = self.operand(site as u32);
        self.emit(Op::CallHost, site, base, count as u16);
        self.boxed_result(mark, own, want)
    }

    fn state_name(&mut self, id: StateId, reg: Reg) {
        if let Some(def) = self.state(id) {
            self.load_str(&def.name, Some(reg));
        }
    }

    fn state_key(&mut self, id: StateId, key: &'a Expr, reg: Reg) {
        let ty = self.state(id).and_then(|s| s.key.clone()).unwrap_or(Type::Any);
        self.typed_boxed(key, &ty, reg);
    }

    /// The value of a state that nobody wrote; null for the entries of a map.
    fn state_default(&mut self, id: StateId, reg: Reg) {
        let def = self.state(id).filter(|s| s.key.is_none());
        match def.and_then(|def| Some((self.lowerer.state_default(def.node)?, &def.value))) {
            Some((default, ty)) => {
                self.typed_boxed(default, ty, reg);
            }
            None => {
                self.null(Some(reg));
            }
        }
    }

    pub(crate) fn upsert(&mut self, upsert: &'a Upsert, want: Option<Reg>) -> Reg {
        let own = Type::Any;
        let mut types = Vec::new();
        for write in &upsert.writes {
            if let Some((id, _)) = self.written_entry(&write.place) {
                types.extend(self.state_types(id));
            }
        }
        if let Some(guard) = &upsert.guard {
            self.guard_types(guard, &mut types);
        }
        self.state_call("state.upsert", types, 3, &own, want, |b, i, reg| match (i, &upsert.guard) {
            (0, _) => b.gathered(Op::NewList, upsert.writes.len(), reg, |b, i, reg| {
                if let Some(write) = upsert.writes.get(i) {
                    b.state_write(write, reg);
                }
            }),
            (1, Some(guard)) => b.guard(guard, reg),
            (1, None) => {
                b.null(Some(reg));
            }
            _ => {
                b.reference(&upsert.because, Some(reg));
            }
        })
    }

    /// The state that a place or a guard's entry is of, and its key.
    fn written_entry(&self, place: &'a Expr) -> Option<(StateId, Option<&'a Expr>)> {
        match &place.kind {
            ExprKind::Index { base, index, .. } => Some((self.named_state(base)?, Some(index))),
            _ => Some((self.named_state(place)?, None)),
        }
    }

    fn state_write(&mut self, write: &'a Write, reg: Reg) {
        let outside = self.at(write.span);
        if let Some((id, key)) = self.written_entry(&write.place) {
            let operator = match write.op {
                None => "=",
                Some(BinaryOp::Add) => "+=",
                Some(_) => "-=",
            };
            self.gathered(Op::NewTuple, 5, reg, |b, i, reg| match (i, key) {
                (0, _) => b.state_name(id, reg),
                (1, Some(key)) => b.state_key(id, key, reg),
                (2, _) => {
                    b.load_str(operator, Some(reg));
                }
                (3, _) if write.takes_away() => {
                    b.null(Some(reg));
                }
                (3, _) => {
                    let ty = b.state(id).map_or(Type::Any, |s| s.value.clone());
                    b.typed_boxed(&write.value, &ty, reg);
                }
                (4, None) => b.state_default(id, reg),
                _ => {
                    b.null(Some(reg));
                }
            });
        }
        self.at(outside);
    }

    /// A list or tuple of values, each put in place by `fill`.
    fn gathered(&mut self, op: Op, count: usize, target: Reg, mut fill: impl FnMut(&mut Self, usize, Reg)) {
        let mark = self.mark();
        let registers: Vec<Reg> = (0..count).map(|_| self.alloc(Repr::Ref)).collect();
        for (i, reg) in registers.iter().enumerate() {
            let inner = self.mark();
            fill(self, i, *reg);
            self.release(inner);
        }
        let base = registers.first().map_or(0, |r| r.index);
        self.release_moved(mark);
        self.emit(op, target.index, base, count as u16);
        self.taint(target);
    }

    /// A part of a guard: `[operator, parts …]`, or `["const", value]` for what is computed before.
    fn guard(&mut self, e: &'a Expr, reg: Reg) {
        if !self.lowerer.checked.guarded.contains(&e.id) {
            return self.tree("const", &[e], reg, |b, e, reg| {
                b.reference(e, Some(reg));
            });
        }
        match &e.kind {
            ExprKind::Name(_) | ExprKind::Field { .. } | ExprKind::Index { .. } => {
                let optional = matches!(e.kind, ExprKind::Index { optional: true, .. });
                self.guard_entry(if optional { "entry?" } else { "entry" }, e, reg);
            }
            ExprKind::Unary { op: UnaryOp::Not, operand } => self.tree("not", &[operand], reg, Self::guard),
            ExprKind::Unary { operand, .. } => self.gathered(Op::NewList, 3, reg, |b, i, reg| match i {
                0 => {
                    b.load_str("-", Some(reg));
                }
                1 => b.gathered(Op::NewList, 2, reg, |b, i, reg| {
                    if i == 0 {
                        b.load_str("const", Some(reg));
                    } else {
                        let zero = b.load_int(0, None);
                        b.boxed(zero, Some(reg));
                    }
                }),
                _ => b.guard(operand, reg),
            }),
            ExprKind::Binary { op: BinaryOp::In, left, right, .. } => self.guard_exists(left, right, reg),
            ExprKind::Binary { op: BinaryOp::NotIn, left, right, .. } => {
                self.gathered(Op::NewList, 2, reg, |b, i, reg| match i {
                    0 => {
                        b.load_str("not", Some(reg));
                    }
                    _ => b.guard_exists(left, right, reg),
                });
            }
            ExprKind::Binary { op, left, right, .. } => {
                self.tree(op.symbol(), &[left, right], reg, Self::guard);
            }
            ExprKind::Is { value, negated, .. } => self.gathered(Op::NewList, 3, reg, |b, i, reg| match i {
                0 => {
                    b.load_str(if *negated { "!=" } else { "==" }, Some(reg));
                }
                1 => b.guard(value, reg),
                _ => b.gathered(Op::NewList, 2, reg, |b, i, reg| {
                    if i == 0 {
                        b.load_str("const", Some(reg));
                    } else {
                        b.null(Some(reg));
                    }
                }),
            }),
            _ => self.lowerer.unbuilt(e.span, "This part of a guard"),
        }
    }

    fn tree(
        &mut self,
        operator: &str,
        parts: &[&'a Expr],
        reg: Reg,
        mut fill: impl FnMut(&mut Self, &'a Expr, Reg),
    ) {
        self.gathered(Op::NewList, parts.len() + 1, reg, |b, i, reg| match i.checked_sub(1) {
            None => {
                b.load_str(operator, Some(reg));
            }
            Some(i) => {
                if let Some(part) = parts.get(i) {
                    fill(b, part, reg);
                }
            }
        });
    }

    /// `["entry", name, key, default]`
    fn guard_entry(&mut self, what: &str, e: &'a Expr, reg: Reg) {
        let Some((id, key)) = self.written_entry(e) else { return };
        self.gathered(Op::NewList, 4, reg, |b, i, reg| match (i, key) {
            (0, _) => {
                b.load_str(what, Some(reg));
            }
            (1, _) => b.state_name(id, reg),
            (2, Some(key)) => b.state_key(id, key, reg),
            (3, None) => b.state_default(id, reg),
            _ => {
                b.null(Some(reg));
            }
        });
    }

    /// `["exists", name, key]`
    fn guard_exists(&mut self, key: &'a Expr, state: &'a Expr, reg: Reg) {
        let Some(id) = self.named_state(state) else { return };
        self.gathered(Op::NewList, 3, reg, |b, i, reg| match i {
            0 => {
                b.load_str("exists", Some(reg));
            }
            1 => b.state_name(id, reg),
            _ => b.state_key(id, key, reg),
        });
    }

    /// The types of a guard's entries, in the order of its tree.
    fn guard_types(&mut self, e: &'a Expr, types: &mut Vec<u32>) {
        if !self.lowerer.checked.guarded.contains(&e.id) {
            return;
        }
        match &e.kind {
            ExprKind::Binary { op: BinaryOp::In | BinaryOp::NotIn, right, .. } => {
                if let Some(id) = self.named_state(right) {
                    types.extend(self.state_types(id));
                }
            }
            ExprKind::Binary { left, right, .. } => {
                self.guard_types(left, types);
                self.guard_types(right, types);
            }
            ExprKind::Unary { operand: part, .. } | ExprKind::Is { value: part, .. } => {
                self.guard_types(part, types);
            }
            _ => {
                if let Some((id, _)) = self.written_entry(e) {
                    types.extend(self.state_types(id));
                }
            }
        }
    }
}
