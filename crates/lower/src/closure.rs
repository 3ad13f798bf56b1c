//! Functions as values, and the bodies of all kinds of functions.

use bytecode::{Function, Op, Repr, Site};
use checker::checked::{CellDef, CellId, LocalId, Use};
use checker::types::Type;
use syntax::ast::{CellBody, Expr, ExprKind, ItemKind, LambdaBody, NodeId, StmtKind};

use crate::function::{Builder, Reg, Variable, repr_of};
use crate::program::{Key, span};

impl<'a> Builder<'_, 'a> {
    /// Makes a closure of a boxed function with the current values of what it captures.
    pub(crate) fn closure(&mut self, key: Key, captures: &[LocalId], want: Option<Reg>) -> Reg {
        let function = self.lowerer.request(key);
        let function = self.operand(function);
        let mark = self.mark();
        let registers: Vec<Reg> = captures.iter().map(|_| self.alloc(Repr::Ref)).collect();
        for (local, reg) in captures.iter().zip(&registers) {
            self.capture(*local, *reg);
        }
        let base = registers.first().map_or(0, |r| r.index);
        self.release_moved(mark);
        let target = self.target(want, Repr::Ref);
        self.emit(Op::MakeClosure, target.index, function, base);
        target
    }

    /// The variable's shared cell, or its value boxed.
    pub(crate) fn capture(&mut self, local: LocalId, reg: Reg) {
        match self.locals.get(&local).copied() {
            Some(Variable::Shared(cell)) => self.copy(cell, reg),
            Some(Variable::Register(value)) => {
                self.boxed(value, Some(reg));
            }
            None => {
                let place = self.place();
                self.lowerer.unbuilt(place, "Capturing this variable here");
            }
        }
    }

    pub(crate) fn lambda(&mut self, e: &'a Expr, want: Option<Reg>) -> Reg {
        self.lowerer.lambdas.insert(e.id, e);
        let captures = self.lowerer.checked.captures.get(&e.id).cloned().unwrap_or_default();
        self.closure(Key::Lambda(e.id), &captures, want)
    }

    /// A cell as a value, which keeps the dictionaries that its bounds ask for.
    pub(crate) fn cell_value(&mut self, id: CellId, name: NodeId, want: Option<Reg>) -> Reg {
        let checked = self.lowerer.checked;
        let captures = checked.cells.get(id.0 as usize).map_or(&[][..], |c| &c.captures);
        let evidence = checked.evidence.get(&name).map_or(&[][..], Vec::as_slice);
        let function = self.lowerer.request(Key::CellValue(id));
        let function = self.operand(function);
        let mark = self.mark();
        let dicts: Vec<Reg> = evidence.iter().map(|_| self.alloc(Repr::Ref)).collect();
        let registers: Vec<Reg> = captures.iter().map(|_| self.alloc(Repr::Ref)).collect();
        self.evidence_into(evidence, &dicts);
        for (local, reg) in captures.iter().zip(&registers) {
            self.capture(*local, *reg);
        }
        let base = dicts.iter().chain(&registers).next().map_or(0, |r| r.index);
        self.release_moved(mark);
        let target = self.target(want, Repr::Ref);
        self.emit(Op::MakeClosure, target.index, function, base);
        target
    }

    /// `f ~> g`
    pub(crate) fn compose(&mut self, left: &'a Expr, right: &'a Expr, want: Option<Reg>) -> Reg {
        let arity = match self.type_of(left.id) {
            Type::Fn(f) => f.params.len(),
            _ => 1,
        };
        let function = self.lowerer.request(Key::Compose(arity));
        let function = self.operand(function);
        let mark = self.mark();
        let f = self.alloc(Repr::Ref);
        let g = self.alloc(Repr::Ref);
        self.reference(left, Some(f));
        self.reference(right, Some(g));
        self.release_moved(mark);
        let target = self.target(want, Repr::Ref);
        self.emit(Op::MakeClosure, target.index, function, f.index);
        target
    }

    /// The whole function.
    pub(crate) fn build(mut self, key: &Key) -> Function {
        self.defers.push(Vec::new());
        match key {
            Key::Cell(id) => self.build_cell(*id),
            Key::CellGiven(id, given) => self.build_given(*id, given),
            Key::CellValue(id) => self.build_cell_value(*id),
            Key::Method(id) => self.build_method(*id),
            Key::DefaultMethod(of, id) => self.build_default_method(*of, *id),
            Key::Dictionary(id) => self.build_dictionary(*id),
            Key::Lambda(id) => self.build_lambda(*id),
            Key::Generator(id) => self.build_generator(*id),
            Key::Async(id) => self.build_async(*id),
            Key::Task(id) => self.build_task(*id),
            Key::Handled(id) => self.build_handled(*id),
            Key::Clause(id) => self.build_clause(*id),
            Key::HandlerClause(id) => self.build_handler_clause(*id),
            Key::Resume => self.build_resume(),
            Key::RecordNew(id, given) => self.build_record(*id, given),
            Key::RecordCheck(id) => self.build_check(*id),
            Key::RecordDefault(id, slot) => self.build_default(*id, *slot),
            Key::Builtin(name, arity) => self.build_builtin(name, *arity),
            Key::ModelReply(id) => self.build_model_reply(*id),
            Key::ModelTool(id, takes_self) => self.build_model_tool(*id, *takes_self),
            Key::Answer(ty) => self.build_answer(ty),
            Key::Variant(id, index) => {
                self.ret = (Type::Any, Repr::Ref);
                let count = self.payload_types(*id, *index).len();
                let registers: Vec<Reg> = (0..count).map(|_| self.param(Repr::Ref)).collect();
                let value = self.new_variant(*id, *index, &registers, None);
                self.return_value(value);
            }
            Key::Outcome(is_ok) => {
                self.ret = (Type::Any, Repr::Ref);
                let value = self.param(Repr::Ref);
                let op = if *is_ok { Op::NewOk } else { Op::NewErr };
                self.emit(op, value.index, value.index, 0);
                self.return_value(value);
            }
            Key::Compose(arity) => self.build_compose(*arity),
            Key::Held(ty, label) => self.build_held(*ty, label),
            Key::Node(index) => self.build_node(*index),
            Key::Test(item) => self.build_test(*item),
            Key::Binding(index) => {
                self.name = "prose".into();
                self.ret = (Type::Any, Repr::Ref);
                let program = self.lowerer.program;
                if let Some(binding) = program.bindings.get(*index) {
                    let value = self.reference(&binding.expr, None);
                    self.return_value(value);
                }
            }
        }
        // What a top-level statement deferred.
        self.leave_scope();
        self.finish_function()
    }

    fn build_cell(&mut self, id: CellId) {
        let Some(def) = self.lowerer.checked.cells.get(id.0 as usize) else { return };
        self.name = def.name.clone();
        self.at(def.span);
        self.ret = (def.ret.clone(), repr_of(&def.ret));
        self.bind_params(def);
        self.bind_dicts(&def.dicts);
        let captures = def.captures.clone();
        self.bind_captures_as_params(&captures);
        if let Some(cell) = self.lowerer.cells.get(&def.node).copied() {
            self.admit_params(def, &cell.sig);
        }
        if self.lowerer.checked.models.contains_key(&id) {
            return self.model_body(id, def);
        }
        if let Some(operation) = def.operation {
            return self.operation_body(operation, def);
        }
        if def.is_async {
            return self.return_task(id);
        }
        if def.yields {
            return self.return_generator(id);
        }
        if self.lowerer.checked.prompted.contains(&id) {
            let joined = self.alloc(Repr::Ref);
            self.emit(Op::NewList, joined.index, 0, 0);
            self.joined = Some(joined);
        }
        self.cell_body(def);
    }

    /// The body of a cell whose parameters stand, as `self.ret` returns it.
    pub(crate) fn cell_body(&mut self, def: &CellDef) {
        let Some(cell) = self.lowerer.cells.get(&def.node).copied() else {
            self.lowerer.unbuilt(def.span, "This cell");
            return;
        };
        self.ret_type = self.returned_type(cell);
        let ret = self.ret.0.clone();
        match &cell.body {
            CellBody::Expr(e) => {
                let value = self.body_value(e, &ret);
                self.return_value(value);
            }
            CellBody::Block(block) if ret == Type::Null => {
                self.block(block);
                self.return_null();
            }
            CellBody::Block(block) => {
                let value = self.block_value(block, &ret, None);
                self.return_value(value);
            }
            CellBody::None => self.lowerer.unbuilt(def.span, "A cell without body"),
        }
    }

    pub(crate) fn body_value(&mut self, e: &'a Expr, ret: &Type) -> Reg {
        if *ret == Type::Null {
            self.discard(e);
            return self.null(None);
        }
        self.typed(e, ret, None)
    }

    pub(crate) fn return_null(&mut self) {
        if !self.is_unreachable() {
            let null = self.null(None);
            self.return_value(null);
        }
    }

    pub(crate) fn bind_params(&mut self, def: &CellDef) {
        for param in &def.params {
            let ty = self.param_type(param);
            let reg = self.param(repr_of(&ty));
            if let Some(local) = param.local {
                self.bind_param(local, reg);
            }
        }
    }

    /// A parameter that a closure changes moves to a shared cell.
    pub(crate) fn bind_param(&mut self, local: LocalId, reg: Reg) {
        self.locals.insert(local, Variable::Register(reg));
        if self.is_shared(local) {
            self.to_share.push((local, reg));
        }
    }

    pub(crate) fn is_shared(&self, local: LocalId) -> bool {
        self.lowerer.checked.locals.get(local.0 as usize).is_some_and(|l| l.captured && l.mutable)
    }

    /// Once all parameters stand: moves those that closures change to shared cells.
    pub(crate) fn share_params(&mut self) {
        for (local, reg) in std::mem::take(&mut self.to_share) {
            let cell = self.alloc(Repr::Ref);
            let boxed = self.boxed(reg, None);
            self.emit(Op::NewCell, cell.index, boxed.index, 0);
            self.locals.insert(local, Variable::Shared(cell));
        }
    }

    fn bind_captures_as_params(&mut self, captures: &[LocalId]) {
        let registers: Vec<Reg> = captures.iter().map(|_| self.param(Repr::Ref)).collect();
        self.bind_captures(captures, &registers);
        self.share_params();
    }

    pub(crate) fn bind_captures(&mut self, captures: &[LocalId], registers: &[Reg]) {
        for (local, reg) in captures.iter().zip(registers) {
            if self.is_shared(*local) {
                self.locals.insert(*local, Variable::Shared(*reg));
                continue;
            }
            let ty = self.local_type(*local);
            let value = self.convert(*reg, &Type::Any, &ty, None);
            self.locals.insert(*local, Variable::Register(value));
        }
    }

    /// Boxed parameters and what is captured, for a closure.
    pub(crate) fn closure_params(&mut self, count: usize, captures: usize) -> (Vec<Reg>, Vec<Reg>) {
        self.ret.1 = Repr::Ref;
        let params = (0..count).map(|_| self.param(Repr::Ref)).collect();
        self.captures = captures as u16;
        let captured = (0..captures).map(|_| self.alloc(Repr::Ref)).collect();
        (params, captured)
    }

    fn build_lambda(&mut self, id: NodeId) {
        let Some(e) = self.lowerer.lambdas.get(&id).copied() else { return };
        let ExprKind::Lambda { params, body, ret: written } = &e.kind else { return };
        self.name = "fn".into();
        self.at(e.span);
        let ret = match self.type_of(id) {
            Type::Fn(f) => f.ret.clone(),
            _ => Type::Any,
        };
        self.ret = (ret.clone(), Repr::Ref);
        let captures = self.lowerer.checked.captures.get(&id).cloned().unwrap_or_default();
        let (registers, captured) = self.closure_params(params.len(), captures.len());
        for (param, reg) in params.iter().zip(&registers) {
            if let Some(Use::Local(local)) = self.lowerer.checked.bound.get(&param.id).cloned() {
                let ty = self.local_type(local);
                let value = self.convert(*reg, &Type::Any, &ty, None);
                self.bind_param(local, value);
            }
        }
        self.bind_captures(&captures, &captured);
        for param in params {
            let Some(ty) = param.ty.as_ref().map(|ty| ty.id) else { continue };
            if let Some(Use::Local(local)) = self.lowerer.checked.bound.get(&param.id).cloned()
                && let Some(Variable::Register(value)) = self.locals.get(&local).copied()
            {
                self.admit(ty, &format!("`{}` of a function", param.name.text), value);
            }
        }
        self.share_params();
        self.ret_type = written.as_ref().map(|ty| ty.id);
        match &**body {
            LambdaBody::Expr(e) => {
                let value = self.body_value(e, &ret);
                self.return_value(value);
            }
            LambdaBody::Block(block) if ret == Type::Null => {
                self.block(block);
                self.return_null();
            }
            LambdaBody::Block(block) => {
                let value = self.block_value(block, &ret, None);
                self.return_value(value);
            }
        }
    }

    /// Fills in defaults, which see the parameters before them, and calls the cell.
    fn build_given(&mut self, id: CellId, given: &[bool]) {
        let Some(def) = self.lowerer.checked.cells.get(id.0 as usize) else { return };
        self.name = def.name.clone();
        self.at(def.span);
        self.ret = (def.ret.clone(), repr_of(&def.ret));
        let mut registers: Vec<Option<Reg>> = Vec::new();
        for (param, given) in def.params.iter().zip(given) {
            let ty = self.param_type(param);
            let reg = given.then(|| self.param(repr_of(&ty)));
            if let (Some(local), Some(reg)) = (param.local, reg) {
                self.locals.insert(local, Variable::Register(reg));
            }
            registers.push(reg);
        }
        let dicts = self.bind_dicts(&def.dicts);
        let captured: Vec<Reg> = def.captures.iter().map(|_| self.param(Repr::Ref)).collect();
        let cell = self.lowerer.cells.get(&def.node).copied();
        for (i, param) in def.params.iter().enumerate() {
            if registers.get(i).copied().flatten().is_some() {
                continue;
            }
            let ty = self.param_type(param);
            let reg = self.alloc_for(&ty);
            let default = cell.and_then(|c| c.sig.params.get(i)).and_then(|p| p.default.as_ref());
            match default {
                Some(e) => {
                    self.typed(e, &ty, Some(reg));
                }
                None if param.variadic => self.emit(Op::NewList, reg.index, 0, 0),
                None => {}
            }
            if let Some(local) = param.local {
                self.locals.insert(local, Variable::Register(reg));
            }
            if let Some(slot) = registers.get_mut(i) {
                *slot = Some(reg);
            }
        }
        let params: Vec<Reg> = registers.into_iter().flatten().collect();
        if let Some(slot) = def.slot {
            return self.forward_slot(slot, &params, &dicts, &def.ret.clone());
        }
        let sources: Vec<Reg> = params.into_iter().chain(dicts).chain(captured).collect();
        self.forward(Key::Cell(id), &sources, &def.ret.clone());
    }

    /// Calls a function with copies of the registers and returns what it does.
    pub(crate) fn forward(&mut self, key: Key, sources: &[Reg], ret: &Type) {
        let function = self.lowerer.request(key);
        let function = self.operand(function);
        let mark = self.mark();
        for source in sources {
            let reg = self.alloc(source.repr);
            self.copy(*source, reg);
        }
        let value = self.emit_call(function, mark, ret, ret, None);
        self.return_value(value);
    }

    fn build_cell_value(&mut self, id: CellId) {
        let Some(def) = self.lowerer.checked.cells.get(id.0 as usize) else { return };
        self.name = def.name.clone();
        self.at(def.span);
        self.ret = (def.ret.clone(), Repr::Ref);
        let captures = def.dicts.len() + def.captures.len();
        let (registers, captured) = self.closure_params(def.params.len(), captures);
        let mut sources = self.unboxed_params(def, &registers);
        sources.extend(captured);
        self.forward(Key::Cell(id), &sources, &def.ret.clone());
    }

    fn build_builtin(&mut self, name: &str, arity: usize) {
        self.name = name.to_owned();
        self.ret = (Type::Any, Repr::Ref);
        let (registers, _) = self.closure_params(arity, 0);
        let result = if self.lowerer.hosted.contains(name) {
            let site = Site {
                name: name.to_owned(),
                names: Vec::new(),
                types: Vec::new(),
                span: span(self.place()),
            };
            let site = self.lowerer.site(site);
            let site = self.operand(site as u32);
            let reg = registers.first().copied().unwrap_or_else(|| self.alloc(Repr::Ref));
            self.emit(Op::CallHost, site, reg.index, arity as u16);
            reg
        } else {
            self.core(name, arity, |b, i, reg| {
                if let Some(source) = registers.get(i) {
                    b.shift(*source, reg);
                }
            })
        };
        self.return_value(result);
    }

    fn build_compose(&mut self, arity: usize) {
        self.name = "~>".into();
        self.ret = (Type::Any, Repr::Ref);
        let (params, captured) = self.closure_params(arity, 2);
        let [f, g] = captured.as_slice() else { return };
        let second = self.alloc(Repr::Ref);
        self.copy(*g, second);
        let first = self.alloc(Repr::Ref);
        self.copy(*f, first);
        for param in params {
            let reg = self.alloc(Repr::Ref);
            self.copy(param, reg);
        }
        // The result of the first stands right behind the second function.
        self.emit(Op::CallClosure, first.index, arity as u16, 0);
        self.emit(Op::CallClosure, second.index, 1, 0);
        self.return_value(second);
    }

    fn build_node(&mut self, index: usize) {
        let checked = self.lowerer.checked;
        let program = self.lowerer.program;
        let (Some(node), Some(root)) = (checked.nodes.get(index), program.modules.last()) else { return };
        self.ret = (Type::Any, Repr::Ref);
        self.name = node
            .defines
            .first()
            .and_then(|g| checked.globals.get(g.0 as usize))
            .map_or_else(|| "top level".to_owned(), |g| g.name.clone());
        let last = node.items.last().copied();
        for i in node.items {
            let Some(item) = root.items.get(*i) else { continue };
            let ItemKind::Stmt(stmt) = &item.kind else { continue };
            match &stmt.kind {
                StmtKind::Expr(e) if Some(*i) == last && node.shows.is_some() => {
                    let outside = self.at(stmt.span);
                    let value = self.reference(e, None);
                    self.return_value(value);
                    self.at(outside);
                }
                _ => self.statement(stmt),
            }
        }
        self.return_null();
    }

    fn build_test(&mut self, item: usize) {
        let item = self.lowerer.program.modules.last().and_then(|root| root.items.get(item));
        let Some((item, ItemKind::Test(test))) = item.map(|item| (item, &item.kind)) else { return };
        self.name = format!("test \"{}\"", test.name);
        self.at(item.span);
        self.ret = (Type::Any, Repr::Ref);
        self.block(&test.body);
        self.return_null();
    }
}
