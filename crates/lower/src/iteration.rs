//! `for`, and the clauses of comprehensions.

use bytecode::{Op, Repr};
use checker::checked::Use;
use checker::types::Type;
use syntax::ast::{Block, Expr, ExprKind, Pattern, PatternKind};

use crate::function::{Builder, Label, Loop, Reg, Variable};

impl<'a> Builder<'_, 'a> {
    pub(crate) fn for_loop(
        &mut self,
        label: Option<&'a str>,
        pattern: &'a Pattern,
        iterable: &'a Expr,
        filter: Option<&'a Expr>,
        body: &'a Block,
    ) {
        let (next, end) = (self.label(), self.label());
        let defers = self.defers.len();
        self.each(pattern, iterable, filter, next, end, &mut |b| {
            b.loops.push(Loop { label, end, next, value: None, defers });
            b.block(body);
            b.loops.pop();
        });
    }

    /// Runs the body for each element that fits the pattern and the filter. `next` goes on with the next element,
    /// `end` is behind the loop.
    pub(crate) fn each(
        &mut self,
        pattern: &'a Pattern,
        iterable: &'a Expr,
        filter: Option<&'a Expr>,
        next: Label,
        end: Label,
        body: &mut dyn FnMut(&mut Self),
    ) {
        let mark = self.mark();
        let ty = self.type_of(iterable.id);
        let mut turn = |b: &mut Self, element: Reg, ty: &Type| {
            let inner = b.mark();
            b.pattern(pattern, element, ty, Some(next));
            if let Some(filter) = filter {
                b.branch(filter, next, false);
            }
            body(b);
            b.release(inner);
        };
        if self.lowerer.checked.calls.contains_key(&pattern.id) {
            let element = match &ty {
                Type::Series(element) => (**element).clone(),
                _ => Type::Any,
            };
            let list = self.operator_call(pattern.id, &[iterable], &Type::Any, None);
            self.each_of_list(list, &Type::Any, &element, next, end, &mut turn);
        } else if let ExprKind::Range { start, end: last, inclusive } = &iterable.kind {
            self.each_int(pattern, start, last, *inclusive, next, end, &mut turn);
        } else if let Type::List(element) = &ty {
            let list = self.own_value(iterable);
            self.each_of_list(list, element, element, next, end, &mut turn);
        } else {
            let source = self.reference(iterable, None);
            let iter = self.alloc(Repr::Ref);
            self.emit(Op::Iter, iter.index, source.index, 0);
            self.taint(iter);
            let element_type = match &ty {
                Type::Set(t) | Type::Iter(t) => (**t).clone(),
                Type::Map(k, v) => Type::Tuple([(**k).clone(), (**v).clone()].into()),
                Type::Range | Type::Bytes => Type::Int,
                Type::String => Type::String,
                _ => Type::Any,
            };
            let element = self.alloc(Repr::Ref);
            self.bind(next);
            self.jump(Op::IterNext, element.index, iter.index, end);
            self.taint(element);
            let inner = self.mark();
            let value = self.convert(element, &Type::Any, &element_type, None);
            turn(self, value, &element_type);
            self.release(inner);
            if !self.is_unreachable() {
                self.goto(next);
            }
        }
        self.bind(end);
        self.release(mark);
    }

    fn each_of_list(
        &mut self,
        list: Reg,
        stored: &Type,
        element: &Type,
        next: Label,
        end: Label,
        turn: &mut dyn FnMut(&mut Self, Reg, &Type),
    ) {
        let index = self.load_int(0, None);
        let len = self.alloc(Repr::Int);
        self.emit(Op::Len, len.index, list.index, 0);
        let again = self.label();
        self.jump(Op::JumpLeI, len.index, index.index, end);
        self.bind(again);
        let mark = self.mark();
        let value = self.list_get(list, index, stored, element, None);
        turn(self, value, element);
        self.release(mark);
        self.bind(next);
        self.jump(Op::StepLtI, index.index, len.index, again);
    }

    /// Counts without making a range. The counter itself is the variable where nothing can change or capture it.
    #[allow(clippy::too_many_arguments)]
    fn each_int(
        &mut self,
        pattern: &'a Pattern,
        start: &'a Expr,
        last: &'a Expr,
        inclusive: bool,
        next: Label,
        end: Label,
        turn: &mut dyn FnMut(&mut Self, Reg, &Type),
    ) {
        let counter = self.alloc(Repr::Int);
        let bound = self.alloc(Repr::Int);
        self.typed(start, &Type::Int, Some(counter));
        self.typed(last, &Type::Int, Some(bound));
        let again = self.label();
        let skip = if inclusive { Op::JumpLtI } else { Op::JumpLeI };
        self.jump(skip, bound.index, counter.index, end);
        self.bind(again);
        let mark = self.mark();
        let direct = match (&pattern.kind, self.lowerer.checked.bound.get(&pattern.id)) {
            (PatternKind::Bind { ty: None, .. }, Some(Use::Local(id))) => {
                let local = self.lowerer.checked.locals.get(id.0 as usize);
                local.filter(|l| !l.mutable && l.ty == Type::Int).map(|_| *id)
            }
            _ => None,
        };
        match direct {
            Some(id) => {
                self.locals.insert(id, Variable::Register(counter));
                self.counters.push(id);
                turn(self, counter, &Type::Int);
                self.counters.pop();
            }
            None => turn(self, counter, &Type::Int),
        }
        self.release(mark);
        self.bind(next);
        if inclusive {
            // Compared before it steps, so that it cannot overflow.
            self.jump(Op::JumpLeI, bound.index, counter.index, end);
            self.emit(Op::AddImm, counter.index, counter.index, 1);
            self.goto(again);
        } else {
            self.jump(Op::StepLtI, counter.index, bound.index, again);
        }
    }
}
