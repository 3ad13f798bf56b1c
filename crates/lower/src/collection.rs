//! Literals and comprehensions of lists, tuples, sets and maps.

use bytecode::{Op, Repr};
use checker::types::Type;
use syntax::ast::{Clause, Element, Expr, MapElement};

use crate::function::{Builder, Reg, repr_of};

/// Elements that one instruction takes; longer literals are built in pieces.
const PIECE: usize = 200;

impl<'a> Builder<'_, 'a> {
    pub(crate) fn list(&mut self, elements: &'a [Element], own: &Type, want: Option<Reg>) -> Reg {
        let element = match own {
            Type::List(t) | Type::Set(t) => (**t).clone(),
            _ => Type::Any,
        };
        let plain = elements.iter().all(|e| matches!(e, Element::Value(_)));
        if plain && elements.len() <= PIECE {
            return self.list_literal(elements, &element, want);
        }
        let list = self.alloc(Repr::Ref);
        self.emit(Op::NewList, list.index, 0, 0);
        for item in elements {
            let mark = self.mark();
            match item {
                Element::Value(e) => self.push(list, &element, e),
                Element::Spread(e) => {
                    let result = self.core("op.extend", 2, |b, i, reg| match i {
                        0 => b.shift(list, reg),
                        _ => {
                            b.reference(e, Some(reg));
                        }
                    });
                    self.shift(result, list);
                }
            }
            self.release(mark);
        }
        self.taint(list);
        self.finish(list, want)
    }

    fn list_literal(&mut self, elements: &'a [Element], element: &Type, want: Option<Reg>) -> Reg {
        let repr = repr_of(element);
        let (op, bank) = match repr {
            Repr::Int => (Op::NewListI, Repr::Int),
            Repr::Float => (Op::NewListF, Repr::Float),
            _ => (Op::NewList, Repr::Ref),
        };
        let mark = self.mark();
        let registers: Vec<Reg> = elements.iter().map(|_| self.alloc(bank)).collect();
        for (item, reg) in elements.iter().zip(&registers) {
            let inner = self.mark();
            let (Element::Value(e) | Element::Spread(e)) = item;
            match repr {
                Repr::Bool => {
                    self.typed_boxed(e, element, *reg);
                }
                _ => {
                    self.typed(e, element, Some(*reg));
                }
            }
            self.release(inner);
        }
        let base = registers.first().map_or(0, |r| r.index);
        self.release_moved(mark);
        let target = self.target(want, Repr::Ref);
        self.emit(op, target.index, base, elements.len() as u16);
        self.taint(target);
        target
    }

    /// A constructor instruction over boxed values.
    fn gather(&mut self, op: Op, items: &[&'a Expr], want: Option<Reg>) -> Reg {
        let mark = self.mark();
        let registers: Vec<Reg> = items.iter().map(|_| self.alloc(Repr::Ref)).collect();
        for (item, reg) in items.iter().zip(&registers) {
            let inner = self.mark();
            self.reference(item, Some(*reg));
            self.release(inner);
        }
        let base = registers.first().map_or(0, |r| r.index);
        self.release_moved(mark);
        let target = self.target(want, Repr::Ref);
        self.emit(op, target.index, base, items.len() as u16);
        self.taint(target);
        target
    }

    pub(crate) fn tuple(&mut self, items: &'a [Expr], want: Option<Reg>) -> Reg {
        self.gather(Op::NewTuple, &items.iter().collect::<Vec<_>>(), want)
    }

    pub(crate) fn set(&mut self, elements: &'a [Element], want: Option<Reg>) -> Reg {
        let list = self.list(elements, &Type::Any, None);
        let result = self.core("op.set_of", 1, |b, _, reg| b.shift(list, reg));
        self.finish(result, want)
    }

    pub(crate) fn map(&mut self, elements: &'a [MapElement], own: &Type, want: Option<Reg>) -> Reg {
        if let (Type::Set(_), true) = (own, elements.is_empty()) {
            let target = self.target(want, Repr::Ref);
            self.emit(Op::NewSet, target.index, 0, 0);
            return target;
        }
        let pairs: Vec<&'a Expr> = elements
            .iter()
            .filter_map(|e| match e {
                MapElement::Pair(k, v) => Some([k, v]),
                MapElement::Spread(_) => None,
            })
            .flatten()
            .collect();
        if pairs.len() == elements.len() * 2 && pairs.len() <= PIECE {
            return self.gather(Op::NewMap, &pairs, want);
        }
        let map = self.alloc(Repr::Ref);
        self.emit(Op::NewMap, map.index, 0, 0);
        for element in elements {
            let mark = self.mark();
            match element {
                MapElement::Pair(key, value) => {
                    let key = self.reference(key, None);
                    let value = self.reference(value, None);
                    self.emit(Op::SetIndex, map.index, key.index, value.index);
                }
                MapElement::Spread(e) => {
                    let result = self.core("op.extend_map", 2, |b, i, reg| match i {
                        0 => b.shift(map, reg),
                        _ => {
                            b.reference(e, Some(reg));
                        }
                    });
                    self.shift(result, map);
                }
            }
            self.release(mark);
        }
        self.taint(map);
        self.finish(map, want)
    }

    pub(crate) fn list_comprehension(
        &mut self,
        element: &'a Expr,
        clauses: &'a [Clause],
        own: &Type,
        want: Option<Reg>,
    ) -> Reg {
        let ty = match own {
            Type::List(t) => (**t).clone(),
            _ => Type::Any,
        };
        let list = self.alloc(Repr::Ref);
        self.emit(Op::NewList, list.index, 0, 0);
        self.clauses(clauses, &mut |b| {
            let mark = b.mark();
            b.push(list, &ty, element);
            b.release(mark);
        });
        self.taint(list);
        self.finish(list, want)
    }

    pub(crate) fn set_comprehension(
        &mut self,
        element: &'a Expr,
        clauses: &'a [Clause],
        want: Option<Reg>,
    ) -> Reg {
        let list = self.list_comprehension(element, clauses, &Type::Any, None);
        let result = self.core("op.set_of", 1, |b, _, reg| b.shift(list, reg));
        self.finish(result, want)
    }

    pub(crate) fn map_comprehension(
        &mut self,
        key: &'a Expr,
        value: &'a Expr,
        clauses: &'a [Clause],
        want: Option<Reg>,
    ) -> Reg {
        let map = self.alloc(Repr::Ref);
        self.emit(Op::NewMap, map.index, 0, 0);
        self.clauses(clauses, &mut |b| {
            let mark = b.mark();
            let key = b.reference(key, None);
            let value = b.reference(value, None);
            b.emit(Op::SetIndex, map.index, key.index, value.index);
            b.release(mark);
        });
        self.taint(map);
        self.finish(map, want)
    }

    fn clauses(&mut self, clauses: &'a [Clause], body: &mut dyn FnMut(&mut Self)) {
        let Some((clause, rest)) = clauses.split_first() else {
            body(self);
            return;
        };
        let (next, end) = (self.label(), self.label());
        self.each(&clause.pattern, &clause.iterable, clause.condition.as_ref(), next, end, &mut |b| {
            b.clauses(rest, body);
        });
    }
}
