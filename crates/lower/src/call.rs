//! Calls: of cells, builtins, constructors, closures, and the operators that engines carry out.

use bytecode::{Op, Repr, Site};
use checker::checked::{Call, CallArg, Callee, CellId, Evidence, Literal, Operation};
use checker::types::{EnumId, RecordId, Type};
use syntax::ast::{BinaryOp, Expr, ExprKind, NodeId};

use crate::function::{Builder, Reg, repr_of};
use crate::model::JOINED;
use crate::program::{Key, span};
use crate::task::Task;

/// The parts of an expression that a call's arguments are taken from.
#[derive(Clone, Default)]
pub(crate) struct Parts<'a> {
    callee: Option<&'a Expr>,
    receiver: Option<&'a Expr>,
    written: Vec<Option<&'a Expr>>,
    /// Which of the written ones are spread.
    spread: Vec<bool>,
    /// The receiver, where it was evaluated already.
    ready: Option<Reg>,
    /// What proves the bounds of the cell called.
    pub(crate) evidence: &'a [Evidence],
}

impl<'a> Parts<'a> {
    fn of(e: &'a Expr) -> Parts<'a> {
        let mut parts = Parts::default();
        match &e.kind {
            ExprKind::Call { callee, args, .. } => {
                parts.callee = Some(callee);
                if let ExprKind::Field { base, .. } = &callee.kind {
                    parts.receiver = Some(base);
                }
                parts.written = args.iter().map(|a| Some(&a.value)).collect();
                parts.spread = args.iter().map(|a| a.spread).collect();
            }
            ExprKind::Perform { args, .. } => {
                parts.written = args.iter().map(|a| Some(&a.value)).collect();
                parts.spread = args.iter().map(|a| a.spread).collect();
            }
            ExprKind::Python(cell) => {
                parts.written = cell.inputs.iter().map(|(_, input)| Some(input)).collect();
                parts.spread = vec![false; cell.inputs.len()];
            }
            ExprKind::Binary { op: BinaryOp::Pipe, left, right, .. } => {
                if let ExprKind::Call { .. } = right.kind {
                    parts = Parts::of(right);
                } else {
                    parts.callee = Some(right);
                }
                parts.receiver = Some(left);
            }
            ExprKind::Binary { left, right, .. } => {
                parts.receiver = Some(left);
                parts.written = vec![Some(right)];
            }
            ExprKind::Unary { operand: base, .. }
            | ExprKind::Field { base, .. }
            | ExprKind::ExpectSchema { value: base, .. } => parts.receiver = Some(base),
            ExprKind::Index { base, index, .. } => {
                parts.receiver = Some(base);
                parts.written = match &index.kind {
                    ExprKind::Range { start, end, .. } => vec![Some(start), Some(end)],
                    _ => vec![Some(index)],
                };
            }
            ExprKind::Slice { base, start, end, .. } => {
                parts.receiver = Some(base);
                parts.written = vec![start.as_deref(), end.as_deref()];
            }
            _ => {}
        }
        parts
    }

    fn source(&self, arg: &CallArg) -> Option<&'a Expr> {
        match arg {
            CallArg::Receiver => self.receiver,
            CallArg::Written(n) => self.written.get(*n).copied().flatten(),
            CallArg::Callee => self.callee,
            _ => None,
        }
    }
}

/// Arguments in the order in which they are computed: as they are written, what is not written last.
fn as_written<T>(args: impl IntoIterator<Item = T>, arg: impl Fn(&T) -> &CallArg) -> Vec<T> {
    let mut args: Vec<T> = args.into_iter().collect();
    args.sort_by_key(|a| match arg(a) {
        CallArg::Receiver | CallArg::Callee | CallArg::Local(_) | CallArg::PipedVariadic(_) => 0,
        CallArg::Written(place) => 1 + place,
        CallArg::Variadic(places) => places.first().map_or(usize::MAX, |place| 1 + place),
        CallArg::Default | CallArg::Literal(_) | CallArg::Text(_) => usize::MAX,
    });
    args
}

impl<'a> Builder<'_, 'a> {
    /// The expression that an argument of the call is.
    pub(crate) fn written(&self, e: &'a Expr, arg: &CallArg) -> Option<&'a Expr> {
        Parts::of(e).source(arg)
    }

    pub(crate) fn call(&mut self, e: &'a Expr, want: Option<Reg>) -> Reg {
        let own = self.type_of(e.id);
        let Some(call) = self.lowerer.checked.calls.get(&e.id) else {
            self.lowerer.unbuilt(e.span, "This call");
            return self.target(want, repr_of(&own));
        };
        let mut parts = Parts::of(e);
        if matches!(&call.callee, Callee::Host(name) if name == "timeout") {
            return self.timeout(e.id, call, &parts, want);
        }
        parts.evidence = self.lowerer.checked.evidence.get(&e.id).map_or(&[][..], Vec::as_slice);
        let optional = match &e.kind {
            ExprKind::Call { callee, .. } => matches!(callee.kind, ExprKind::Field { optional: true, .. }),
            ExprKind::Field { optional, .. } | ExprKind::Index { optional, .. } => *optional,
            _ => false,
        };
        match parts.receiver.filter(|_| optional) {
            None => self.carry_out(call, &parts, &own, want),
            Some(receiver) => {
                let target = self.target(want, Repr::Ref);
                let mark = self.mark();
                let (missing, end) = (self.label(), self.label());
                let ready = self.own_value(receiver);
                parts.ready = Some(ready);
                self.jump(Op::JumpNull, ready.index, 0, missing);
                self.carry_out(call, &parts, &Type::Any, Some(target));
                self.goto(end);
                self.bind(missing);
                self.emit(Op::LoadNull, target.index, 0, 0);
                self.bind(end);
                self.release(mark);
                target
            }
        }
    }

    /// An operator of an engine that stands under another id than its expression's.
    pub(crate) fn operator_call(
        &mut self,
        id: NodeId,
        operands: &[&'a Expr],
        own: &Type,
        want: Option<Reg>,
    ) -> Reg {
        let Some(call) = self.lowerer.checked.calls.get(&id) else { return self.target(want, repr_of(own)) };
        let parts = Parts {
            receiver: operands.first().copied(),
            written: operands.iter().skip(1).map(|e| Some(*e)).collect(),
            ..Parts::default()
        };
        self.carry_out(call, &parts, own, want)
    }

    fn carry_out(&mut self, call: &'a Call, parts: &Parts<'a>, own: &Type, want: Option<Reg>) -> Reg {
        match &call.callee {
            Callee::Cell(id) => self.call_cell(*id, call, parts, own, want),
            Callee::Core(name) => self.call_core(name, call, parts, own, want),
            Callee::Host(name) => self.call_host(name, name, call, parts, own, want),
            Callee::Tried(name) => {
                let site = format!("{}{name}", bytecode::TRIED);
                self.call_host(name, &site, call, parts, own, want)
            }
            Callee::Model(id, asking) => self.ask_model(*id, *asking, call, parts, own, want),
            Callee::Perform(operation) => self.call_operation(*operation, call, parts, own, want),
            Callee::Record(id) => self.construct(*id, call, parts, want),
            Callee::Variant(id, index) => {
                let types = self.payload_types(*id, *index);
                let mark = self.mark();
                let registers: Vec<Reg> = call.args.iter().map(|_| self.alloc(Repr::Ref)).collect();
                for (i, (arg, reg)) in as_written(call.args.iter().zip(&registers).enumerate(), |a| a.1.0) {
                    let ty = types.get(i).cloned().unwrap_or(Type::Any);
                    self.boxed_arg(arg, parts, Some(&ty), *reg);
                }
                self.release_moved(mark);
                self.new_variant(*id, *index, &registers, want)
            }
            outcome @ (Callee::Ok | Callee::Err) => {
                let mark = self.mark();
                let reg = self.alloc(Repr::Ref);
                match call.args.first() {
                    Some(arg) => self.boxed_arg(arg, parts, None, reg),
                    None => {
                        self.null(Some(reg));
                    }
                }
                self.release_moved(mark);
                let target = self.target(want, Repr::Ref);
                let op = if *outcome == Callee::Ok { Op::NewOk } else { Op::NewErr };
                self.emit(op, target.index, reg.index, 0);
                target
            }
            Callee::Value => {
                let mark = self.mark();
                let closure = self.alloc(Repr::Ref);
                let registers: Vec<Reg> = call.args.iter().map(|_| self.alloc(Repr::Ref)).collect();
                let inner = self.mark();
                if let Some(callee) = parts.callee {
                    self.reference(callee, Some(closure));
                }
                self.release(inner);
                for (arg, reg) in call.args.iter().zip(&registers) {
                    self.boxed_arg(arg, parts, None, *reg);
                }
                self.emit(Op::CallClosure, closure.index, registers.len() as u16, 0);
                self.boxed_result(mark, own, want)
            }
        }
    }

    /// The boxed result of a call whose window began at the mark.
    pub(crate) fn boxed_result(&mut self, mark: crate::function::Mark, own: &Type, want: Option<Reg>) -> Reg {
        self.release_moved(mark);
        let result = self.alloc(Repr::Ref);
        self.taint(result);
        if repr_of(own) == Repr::Ref {
            return self.finish(result, want);
        }
        self.convert(result, &Type::Any, own, want)
    }

    /// A builtin of the machine, its arguments put in place one by one. The result is boxed.
    pub(crate) fn core(&mut self, name: &str, count: usize, fill: impl FnMut(&mut Self, usize, Reg)) -> Reg {
        self.core_in_order(name, &(0..count).collect::<Vec<_>>(), fill)
    }

    /// The same with the places of the arguments in the order in which they are filled.
    fn core_in_order(
        &mut self,
        name: &str,
        order: &[usize],
        mut fill: impl FnMut(&mut Self, usize, Reg),
    ) -> Reg {
        let core = self.lowerer.core(name);
        let mark = self.mark();
        let registers: Vec<Reg> = order.iter().map(|_| self.alloc(Repr::Ref)).collect();
        if registers.is_empty() {
            self.alloc(Repr::Ref);
        }
        let base = registers.first().map_or_else(|| self.top_ref(), |r| r.index);
        for (i, reg) in order.iter().filter_map(|i| Some((*i, registers.get(*i)?))) {
            let inner = self.mark();
            fill(self, i, *reg);
            self.release(inner);
        }
        self.emit(Op::CallCore, core, base, registers.len() as u16);
        self.release_moved(mark);
        let result = self.alloc(Repr::Ref);
        self.taint(result);
        result
    }

    fn call_core(
        &mut self,
        name: &str,
        call: &'a Call,
        parts: &Parts<'a>,
        own: &Type,
        want: Option<Reg>,
    ) -> Reg {
        match (name, call.args.as_slice()) {
            ("len" | "size", [arg]) if parts.ready.is_none() => {
                if let Some(e) = parts.source(arg) {
                    let reg = self.reference(e, None);
                    let target = self.target(want, Repr::Int);
                    self.emit(Op::Len, target.index, reg.index, 0);
                    return self.convert(target, &Type::Int, own, want);
                }
            }
            ("sqrt", [arg]) if *own == Type::Float => {
                if let Some(e) = parts.source(arg) {
                    let reg = self.typed(e, &Type::Float, None);
                    let target = self.target(want, Repr::Float);
                    self.emit(Op::SqrtF, target.index, reg.index, 0);
                    return target;
                }
            }
            _ => {}
        }
        let types = call.types.clone();
        let shift = types.len();
        let made = types.first().filter(|_| name == "validate");
        let mut order: Vec<usize> = (0..shift).collect();
        order.extend(as_written(call.args.iter().enumerate(), |a| a.1).into_iter().map(|(i, _)| shift + i));
        order.extend(made.map(|_| order.len()));
        let result = self.core_in_order(name, &order, |b, i, reg| {
            match (types.get(i), call.args.get(i.saturating_sub(shift))) {
                (Some(ty), _) => {
                    let ty = if made.is_some() { b.shape_operand(ty) } else { b.type_operand(ty) };
                    b.emit(Op::LoadType, reg.index, ty, 0);
                }
                (None, Some(arg)) => b.boxed_arg(arg, parts, None, reg),
                (None, None) => {
                    if let Some(ty) = made {
                        b.makers(ty, reg);
                    }
                }
            }
        });
        if repr_of(own) == Repr::Ref {
            return self.finish(result, want);
        }
        self.convert(result, &Type::Any, own, want)
    }

    fn call_host(
        &mut self,
        name: &str,
        site: &str,
        call: &'a Call,
        parts: &Parts<'a>,
        own: &Type,
        want: Option<Reg>,
    ) -> Reg {
        let types = call.types.iter().map(|ty| self.lowerer.ty(ty)).collect();
        let place = span(self.place());
        let is_answer = matches!(name, "rlm_query" | "rlm_batch");
        let answer = call.types.first().filter(|_| is_answer).map(|ty| Key::Answer(ty.clone()));
        let constrained = self.constrained_rows(name, call).map(Key::RecordCheck).or(answer);
        let mut names = call.names.clone();
        // A keyword, so that no argument of the program has this name.
        names.extend(constrained.iter().map(|_| "where".to_owned()));
        let joins = name == "llm_query" && self.joined.is_some();
        names.extend(joins.then(|| JOINED.to_owned()));
        let site = self.lowerer.site(Site { name: site.to_owned(), names, types, span: place });
        let site = self.operand(site as u32);
        let mark = self.mark();
        let extra = usize::from(constrained.is_some()) + usize::from(joins);
        let registers: Vec<Reg> = (0..call.args.len() + extra).map(|_| self.alloc(Repr::Ref)).collect();
        if registers.is_empty() {
            self.alloc(Repr::Ref);
        }
        let base = registers.first().map_or_else(|| self.top_ref(), |r| r.index);
        for (arg, reg) in as_written(call.args.iter().zip(&registers), |a| a.0) {
            self.boxed_arg(arg, parts, None, *reg);
        }
        if let (Some(key), Some(last)) = (constrained, registers.last()) {
            self.closure(key, &[], Some(*last));
        }
        if let (true, Some(last)) = (joins, registers.last()) {
            self.joined_into(*last);
        }
        self.emit(Op::CallHost, site, base, registers.len() as u16);
        if joins {
            self.forget_joined();
        }
        self.boxed_result(mark, own, want)
    }

    /// Its second argument is a task.
    fn timeout(&mut self, id: NodeId, call: &'a Call, parts: &Parts<'a>, want: Option<Reg>) -> Reg {
        let name = "timeout".to_owned();
        let place = span(self.place());
        let site = self.lowerer.site(Site { name, names: Vec::new(), types: Vec::new(), span: place });
        let site = self.operand(site as u32);
        let mark = self.mark();
        let (ms, task) = (self.alloc(Repr::Ref), self.alloc(Repr::Ref));
        if let [time, value] = call.args.as_slice() {
            self.boxed_arg(time, parts, None, ms);
            if let Some(value) = parts.source(value) {
                let inner = self.mark();
                let future = self.spawn(id, Task::Value(value));
                self.shift(future, task);
                self.release(inner);
            }
        }
        self.emit(Op::CallHost, site, ms.index, 2);
        self.boxed_result(mark, &Type::result(Type::Any, Type::Any), want)
    }

    fn call_operation(
        &mut self,
        operation: Operation,
        call: &'a Call,
        parts: &Parts<'a>,
        own: &Type,
        want: Option<Reg>,
    ) -> Reg {
        let checked = self.lowerer.checked;
        let declared = checked.effects.get(operation.effect.0 as usize);
        let Some(declared) = declared.and_then(|e| e.operations.get(operation.index)) else {
            return self.target(want, repr_of(own));
        };
        // A function of its own computes defaults, and looks at what enters and leaves.
        if call.args.contains(&CallArg::Default)
            || checked.carried_out.contains_key(&operation)
            || self.admits(declared.cell)
        {
            return self.call_cell(declared.cell, call, parts, own, want);
        }
        let name = self.lowerer.str(&checked.operation_name(operation));
        let name = self.operand(name);
        let mark = self.mark();
        let count = call.args.len() + parts.evidence.len();
        let registers: Vec<Reg> = (0..count).map(|_| self.alloc(Repr::Ref)).collect();
        if registers.is_empty() {
            self.alloc(Repr::Ref);
        }
        let base = registers.first().map_or_else(|| self.top_ref(), |r| r.index);
        let args = call.args.iter().zip(&declared.params).zip(&registers);
        for ((arg, param), reg) in as_written(args, |a| a.0.0) {
            self.boxed_arg(arg, parts, Some(&param.ty), *reg);
        }
        self.evidence_into(parts.evidence, registers.get(call.args.len()..).unwrap_or_default());
        self.emit(Op::Perform, base, registers.len() as u16, name);
        self.emit(Op::EndPerform, 0, 0, 0);
        self.boxed_result(mark, own, want)
    }

    /// The record with constraints that types the rows of a table to be read: the host checks each row with it.
    fn constrained_rows(&self, name: &str, call: &Call) -> Option<RecordId> {
        let Some(Type::Record(id, _)) =
            call.types.first().filter(|_| matches!(name, "read_csv" | "read_json"))
        else {
            return None;
        };
        let def = self.lowerer.checked.records.get(id.0 as usize)?;
        def.fields.iter().any(|f| f.has_constraint).then_some(*id)
    }

    /// An argument as a boxed value in the register.
    pub(crate) fn boxed_arg(&mut self, arg: &'a CallArg, parts: &Parts<'a>, ty: Option<&Type>, reg: Reg) {
        let mark = self.mark();
        match arg {
            CallArg::Receiver if parts.ready.is_some() => {
                if let Some(ready) = parts.ready {
                    let boxed = self.boxed(ready, None);
                    self.copy(boxed, reg);
                }
            }
            CallArg::Receiver | CallArg::Written(_) | CallArg::Callee => match (parts.source(arg), ty) {
                (Some(e), Some(ty)) => {
                    self.typed_boxed(e, ty, reg);
                }
                (Some(e), None) => {
                    self.reference(e, Some(reg));
                }
                (None, _) => {
                    self.null(Some(reg));
                }
            },
            CallArg::Variadic(places) => self.variadic(&[], places, parts, reg),
            CallArg::PipedVariadic(places) => {
                let first: Vec<&'a Expr> = parts.receiver.into_iter().collect();
                self.variadic(&first, places, parts, reg);
            }
            CallArg::Default => {
                self.null(Some(reg));
            }
            CallArg::Literal(literal) => self.literal_arg(literal, reg),
            CallArg::Text(text) => {
                self.load_str(text, Some(reg));
            }
            CallArg::Local(id) => {
                let declared = self.local_type(*id);
                self.local(*id, &declared, Some(reg));
            }
        }
        self.release(mark);
    }

    fn literal_arg(&mut self, literal: &Literal, reg: Reg) {
        let scalar = match literal {
            Literal::Null => {
                self.null(Some(reg));
                return;
            }
            Literal::Text(text) => {
                self.load_str(text, Some(reg));
                return;
            }
            Literal::Empty => {
                self.emit(Op::NewList, reg.index, 0, 0);
                return;
            }
            Literal::Bool(x) => self.load_bool(*x, None),
            Literal::Int(x) => self.load_int(*x, None),
            Literal::Float(x) => self.load_float(*x, None),
        };
        self.boxed(scalar, Some(reg));
    }

    /// A list of the arguments of a variadic parameter.
    fn variadic(&mut self, first: &[&'a Expr], places: &[usize], parts: &Parts<'a>, reg: Reg) {
        let spread = places.iter().any(|p| parts.spread.get(*p).copied().unwrap_or(false));
        let items: Vec<(&'a Expr, bool)> = first
            .iter()
            .map(|e| (*e, false))
            .chain(places.iter().filter_map(|p| {
                let e = parts.written.get(*p).copied().flatten()?;
                Some((e, parts.spread.get(*p).copied().unwrap_or(false)))
            }))
            .collect();
        if !spread {
            let mark = self.mark();
            let registers: Vec<Reg> = items.iter().map(|_| self.alloc(Repr::Ref)).collect();
            for ((e, _), item) in items.iter().zip(&registers) {
                let inner = self.mark();
                self.reference(e, Some(*item));
                self.release(inner);
            }
            let base = registers.first().map_or(0, |r| r.index);
            self.release_moved(mark);
            self.emit(Op::NewList, reg.index, base, registers.len() as u16);
            return;
        }
        self.emit(Op::NewList, reg.index, 0, 0);
        for (e, spread) in items {
            let mark = self.mark();
            if spread {
                let result = self.core("op.extend", 2, |b, i, argument| match i {
                    0 => b.shift(reg, argument),
                    _ => {
                        b.reference(e, Some(argument));
                    }
                });
                self.shift(result, reg);
            } else {
                let item = self.reference(e, None);
                self.emit(Op::Push, reg.index, item.index, 0);
            }
            self.release(mark);
        }
    }

    fn call_cell(
        &mut self,
        id: CellId,
        call: &'a Call,
        parts: &Parts<'a>,
        own: &Type,
        want: Option<Reg>,
    ) -> Reg {
        let checked = self.lowerer.checked;
        let Some(mut def) = checked.cells.get(id.0 as usize) else {
            return self.target(want, repr_of(own));
        };
        let (mut id, mut evidence) = (id, parts.evidence.to_vec());
        // What fills in the defaults of a trait's method calls what the type has of it.
        if let Some(slot) = def.slot.filter(|_| !call.args.contains(&CallArg::Default)) {
            let Some(Evidence::Impl(of, bounds)) = evidence.first() else {
                return self.call_slot(slot, call, parts, own, want);
            };
            let given =
                checked.impls.get(of.0 as usize).and_then(|of| of.methods.get(slot.1).copied().flatten());
            if let Some((given, cell)) = given.and_then(|id| Some((id, checked.cells.get(id.0 as usize)?))) {
                let own = evidence.iter().skip(1);
                evidence = bounds.iter().chain(own).cloned().collect();
                (id, def) = (given, cell);
            }
        }
        let given: Vec<bool> = call.args.iter().map(|a| *a != CallArg::Default).collect();
        let key = if given.iter().all(|g| *g) { Key::Cell(id) } else { Key::CellGiven(id, given.clone()) };
        let function = self.lowerer.request(key);
        let function = self.operand(function);
        let mark = self.mark();
        let args: Vec<(&'a CallArg, Type, Reg)> = call
            .args
            .iter()
            .zip(&def.params)
            .filter(|(arg, _)| **arg != CallArg::Default)
            .map(|(arg, param)| {
                let ty = self.param_type(param);
                let reg = self.alloc_for(&ty);
                (arg, ty, reg)
            })
            .collect();
        let dicts: Vec<Reg> = evidence.iter().map(|_| self.alloc(Repr::Ref)).collect();
        let captures: Vec<Reg> = def.captures.iter().map(|_| self.alloc(Repr::Ref)).collect();
        for (arg, ty, reg) in as_written(args, |a| a.0) {
            let inner = self.mark();
            match parts.source(arg).filter(|_| parts.ready.is_none() || *arg != CallArg::Receiver) {
                Some(e) => {
                    self.typed(e, &ty, Some(reg));
                }
                None if reg.repr == Repr::Ref => self.boxed_arg(arg, parts, None, reg),
                None => {
                    let boxed = self.alloc(Repr::Ref);
                    self.boxed_arg(arg, parts, None, boxed);
                    self.convert(boxed, &Type::Any, &ty, Some(reg));
                }
            }
            self.release(inner);
        }
        self.evidence_into(&evidence, &dicts);
        for (local, reg) in def.captures.iter().zip(captures) {
            self.capture(*local, reg);
        }
        let ret = def.ret.clone();
        self.emit_call(function, mark, &ret, own, want)
    }

    /// The call of a function whose arguments stand above the mark.
    pub(crate) fn emit_call(
        &mut self,
        function: u16,
        mark: crate::function::Mark,
        ret: &Type,
        own: &Type,
        want: Option<Reg>,
    ) -> Reg {
        self.release_moved(mark);
        let (scalar, reference) = self.tops();
        let result = self.alloc_for(ret);
        self.emit(Op::Call, function, scalar, reference);
        self.taint(result);
        if repr_of(ret) == repr_of(own) {
            return self.finish(result, want);
        }
        self.convert(result, ret, own, want)
    }

    /// A parameter's type as its register has it: a variadic one is a list.
    pub(crate) fn param_type(&self, param: &checker::checked::ParamDef) -> Type {
        match param.local {
            Some(local) => self.local_type(local),
            None if param.variadic => Type::Any,
            None => param.ty.clone(),
        }
    }

    fn construct(&mut self, id: RecordId, call: &'a Call, parts: &Parts<'a>, want: Option<Reg>) -> Reg {
        let Some(def) = self.lowerer.checked.records.get(id.0 as usize) else { return self.null(want) };
        let given: Vec<bool> = call.args.iter().map(|a| *a != CallArg::Default).collect();
        let simple = given.iter().all(|g| *g) && def.fields.iter().all(|f| !f.has_constraint);
        let mark = self.mark();
        if simple {
            let registers: Vec<Reg> = call.args.iter().map(|_| self.alloc(Repr::Ref)).collect();
            let args = call.args.iter().zip(&def.fields).zip(&registers);
            for ((arg, field), reg) in as_written(args, |a| a.0.0) {
                self.boxed_arg(arg, parts, Some(&field.ty), *reg);
            }
            let base = registers.first().map_or(0, |r| r.index);
            self.release_moved(mark);
            let ty = self.lowerer.record_type(id);
            let ty = self.operand(ty);
            let target = self.target(want, Repr::Ref);
            self.emit(Op::NewRecord, target.index, ty, base);
            self.taint(target);
            return target;
        }
        let function = self.lowerer.request(Key::RecordNew(id, given));
        let function = self.operand(function);
        let args: Vec<(&'a CallArg, &'a Type, Reg)> = call
            .args
            .iter()
            .zip(&def.fields)
            .filter(|(arg, _)| **arg != CallArg::Default)
            .map(|(arg, field)| (arg, &field.ty, self.alloc_for(&field.ty)))
            .collect();
        for (arg, ty, reg) in as_written(args, |a| a.0) {
            let inner = self.mark();
            if let Some(e) = parts.source(arg) {
                self.typed(e, ty, Some(reg));
            }
            self.release(inner);
        }
        self.emit_call(function, mark, &Type::Any, &Type::Any, want)
    }

    pub(crate) fn payload_types(&self, id: EnumId, index: usize) -> Vec<Type> {
        let def = self.lowerer.checked.enums.get(id.0 as usize).and_then(|e| e.variants.get(index));
        def.map(|v| v.fields.iter().map(|(_, ty)| ty.clone()).collect()).unwrap_or_default()
    }

    /// A variant whose payload stands in consecutive registers, which it takes.
    pub(crate) fn new_variant(
        &mut self,
        id: EnumId,
        index: usize,
        payload: &[Reg],
        want: Option<Reg>,
    ) -> Reg {
        let ty = self.lowerer.enum_type(id);
        let constant = self.lowerer.variant(ty, index);
        let constant = self.operand(constant);
        let target = self.target(want, Repr::Ref);
        self.emit(Op::NewVariant, target.index, constant, payload.first().map_or(0, |r| r.index));
        self.taint(target);
        target
    }
}
