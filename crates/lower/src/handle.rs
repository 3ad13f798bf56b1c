//! `handle … with`: the body and each clause become closures of their own.

use bytecode::{Op, Repr, Site};
use checker::ToolDef;
use checker::checked::{CellDef, CellId, HandledBy, LocalId, Operation, Use};
use checker::types::Type;
use syntax::ast::{Block, CellBody, Else, Expr, ExprKind, NodeId, Stmt, StmtKind, With};
use syntax::visit::{Visitor, walk_expr, walk_stmt};

use crate::function::{Builder, Reg, Variable};
use crate::program::{Key, span};

/// What a clause is made of.
struct Clause<'a> {
    name: String,
    /// The locals of its parameters; what has none was reported.
    params: Vec<Option<LocalId>>,
    /// Those of the bounds of a generic operation, behind the parameters.
    dicts: Vec<LocalId>,
    captures: Vec<LocalId>,
    resume: Option<LocalId>,
    operation: Operation,
    body: &'a Block,
}

impl<'a> Builder<'_, 'a> {
    pub(crate) fn handle(&mut self, e: &'a Expr, with: &'a With, want: Option<Reg>) -> Reg {
        let checked = self.lowerer.checked;
        let own = self.type_of(e.id);
        self.lowerer.lambdas.insert(e.id, e);
        if let With::Clauses(clauses) = with {
            self.lowerer.clauses.extend(clauses.iter().map(|clause| (clause.id, clause)));
        }
        let handling = checked.handling.get(&e.id).map(Vec::as_slice).unwrap_or_default();
        let captures = |id: &NodeId| checked.captures.get(id).cloned().unwrap_or_default();
        let mark = self.mark();
        let body = self.alloc(Repr::Ref);
        let pairs: Vec<(Reg, Reg)> =
            handling.iter().map(|_| (self.alloc(Repr::Ref), self.alloc(Repr::Ref))).collect();
        for (handled, (name, clause)) in handling.iter().zip(&pairs) {
            self.load_str(&checked.operation_name(handled.operation), Some(*name));
            match &handled.by {
                HandledBy::Clause(id) => self.closure(Key::Clause(*id), &captures(id), Some(*clause)),
                HandledBy::Cell(id) => self.closure(Key::HandlerClause(*id), &[], Some(*clause)),
            };
        }
        self.closure(Key::Handled(e.id), &captures(&e.id), Some(body));
        // More clauses than registers were reported where these are taken.
        let count = u16::try_from(2 * pairs.len()).unwrap_or_default();
        self.emit(Op::Handle, body.index, count, 0);
        self.emit(Op::CallClosure, body.index, 0, 0);
        self.emit(Op::EndHandle, 0, 0, 0);
        self.boxed_result(mark, &own, want)
    }

    pub(crate) fn build_handled(&mut self, id: NodeId) {
        let Some(e) = self.lowerer.lambdas.get(&id).copied() else { return };
        let ExprKind::Handle { body, .. } = &e.kind else { return };
        self.name = "handle".into();
        self.at(e.span);
        self.ret = (self.type_of(id), Repr::Ref);
        let captures = self.lowerer.checked.captures.get(&id).cloned().unwrap_or_default();
        let (_, captured) = self.closure_params(0, captures.len());
        self.bind_captures(&captures, &captured);
        self.whole_block(body);
    }

    /// A block that is all of a function.
    pub(crate) fn whole_block(&mut self, block: &'a Block) {
        let ret = self.ret.0.clone();
        if ret == Type::Null {
            self.block(block);
            return self.return_null();
        }
        let value = self.block_value(block, &ret, None);
        self.return_value(value);
    }

    pub(crate) fn build_clause(&mut self, id: NodeId) {
        let checked = self.lowerer.checked;
        let Some(clause) = self.lowerer.clauses.get(&id).copied() else { return };
        let Some(Use::Operation(operation)) = checked.uses.get(&id) else { return };
        self.at(clause.span);
        self.clause(&Clause {
            name: clause.path.dotted(),
            params: clause.params.iter().map(|param| bound(checked, param.id)).collect(),
            dicts: checked.clause_dicts.get(&id).cloned().unwrap_or_default(),
            captures: checked.captures.get(&id).cloned().unwrap_or_default(),
            resume: bound(checked, id),
            operation: *operation,
            body: &clause.body,
        });
    }

    pub(crate) fn build_handler_clause(&mut self, id: CellId) {
        let checked = self.lowerer.checked;
        let Some(def) = checked.cells.get(id.0 as usize) else { return };
        let Some(cell) = self.lowerer.cells.get(&def.node).copied() else { return };
        let (Some(operation), CellBody::Block(body)) = (def.handles, &cell.body) else { return };
        let Some((resume, params)) = def.params.split_last() else { return };
        self.at(def.span);
        self.clause(&Clause {
            name: def.name.clone(),
            params: params.iter().map(|param| param.local).collect(),
            dicts: def.dicts.clone(),
            captures: Vec::new(),
            resume: resume.local,
            operation,
            body,
        });
    }

    /// A clause that does nothing after it resumed gives back what it resumes with. Any other one has what it goes on
    /// with as its last parameter, and gives the value of the `handle`.
    fn clause(&mut self, clause: &Clause<'a>) {
        let checked = self.lowerer.checked;
        let Some(resume) = clause.resume else { return };
        let effect = checked.effects.get(clause.operation.effect.0 as usize);
        let Some(operation) = effect.and_then(|e| e.operations.get(clause.operation.index)) else { return };
        let plain = self.resumes_last(clause.body, resume);
        self.name = clause.name.clone();
        let waits = usize::from(!plain);
        let count = clause.params.len() + clause.dicts.len() + waits;
        let (params, captured) = self.closure_params(count, clause.captures.len());
        for (local, reg) in clause.dicts.iter().zip(params.iter().skip(clause.params.len())) {
            self.locals.insert(*local, Variable::Register(*reg));
        }
        for (local, reg) in clause.params.iter().zip(&params) {
            if let Some(local) = local {
                let ty = self.local_type(*local);
                let value = self.convert(*reg, &Type::Any, &ty, None);
                self.bind_param(*local, value);
            }
        }
        self.bind_captures(&clause.captures, &captured);
        self.share_params();
        if plain {
            self.ret = (operation.ret.clone(), Repr::Ref);
            return self.resuming_block(clause.body);
        }
        if let Some(body) = params.last() {
            let function = self.lowerer.request(Key::Resume);
            let function = self.operand(function);
            let value = self.alloc(Repr::Ref);
            self.emit(Op::MakeClosure, value.index, function, body.index);
            self.locals.insert(resume, Variable::Register(value));
        }
        let value = match self.local_type(resume) {
            Type::Fn(f) => f.ret.clone(),
            _ => Type::Any,
        };
        self.ret = (value, Repr::Ref);
        self.whole_block(clause.body);
    }

    pub(crate) fn build_resume(&mut self) {
        self.name = "resume".into();
        self.ret = (Type::Any, Repr::Ref);
        let (params, captured) = self.closure_params(1, 1);
        let body = self.alloc(Repr::Ref);
        let value = self.alloc(Repr::Ref);
        for (from, to) in captured.iter().zip([body]).chain(params.iter().zip([value])) {
            self.copy(*from, to);
        }
        self.emit(Op::Resume, body.index, 0, 0);
        self.emit(Op::EndHandle, 0, 0, 0);
        self.return_value(body);
    }

    /// Whether what enters or leaves an operation is looked at.
    pub(crate) fn admits(&self, operation: CellId) -> bool {
        let checked = self.lowerer.checked;
        let node = checked.cells.get(operation.0 as usize).map(|def| def.node);
        let Some(cell) = node.and_then(|node| self.lowerer.cells.get(&node)) else { return false };
        let mut types = cell.sig.params.iter().filter_map(|param| param.ty.as_ref()).chain(&cell.sig.ret);
        types.any(|ty| checked.constrained.contains_key(&ty.id))
    }

    /// The body of what stands for an operation: it performs it with the parameters that stand.
    pub(crate) fn operation_body(&mut self, operation: Operation, def: &CellDef) {
        self.ret_type = self.lowerer.cells.get(&def.node).and_then(|cell| self.returned_type(cell));
        let name = self.lowerer.checked.operation_name(operation);
        if let Some(tool) = self.lowerer.checked.carried_out.get(&operation) {
            let tool = self.lowerer.checked.tools.get(*tool);
            let handled = self.label();
            let is_handled = self.core("op.is_handled", 1, |b, _, reg| {
                b.load_str(&name, Some(reg));
            });
            let is_handled = self.convert(is_handled, &Type::Any, &Type::Bool, None);
            self.jump(Op::JumpIf, is_handled.index, 0, handled);
            if let Some(tool) = tool {
                self.tool_body(tool, def);
            }
            self.bind(handled);
        }
        let name = self.lowerer.str(&name);
        let name = self.operand(name);
        let mark = self.mark();
        let count = def.params.len() + def.dicts.len();
        let registers: Vec<Reg> = (0..count.max(1)).map(|_| self.alloc(Repr::Ref)).collect();
        let base = registers.first().map_or(0, |reg| reg.index);
        let locals = def.params.iter().map(|param| param.local).chain(def.dicts.iter().copied().map(Some));
        for (local, reg) in locals.zip(&registers) {
            if let Some(Variable::Register(source)) = local.and_then(|local| self.locals.get(&local)).copied()
            {
                self.boxed(source, Some(*reg));
            }
        }
        self.emit(Op::Perform, base, count as u16, name);
        self.emit(Op::EndPerform, 0, 0, 0);
        let value = self.boxed_result(mark, &def.ret, None);
        self.return_value(value);
    }

    /// Calls a tool with all parameters by their names.
    fn tool_body(&mut self, tool: &ToolDef, def: &CellDef) {
        let required = tool.schema.params.iter().filter(|param| param.required);
        let required = required.map(|param| (param.name.clone(), param.ty.clone())).collect();
        let types = vec![self.lowerer.ty(&def.ret), self.lowerer.ty(&Type::Structure(required))];
        let place = span(self.place());
        let names = def.params.iter().map(|param| param.name.clone()).collect();
        let site = self.lowerer.site(Site { name: checker::TOOL_CALL.to_owned(), names, types, span: place });
        let site = self.operand(site as u32);
        let mark = self.mark();
        let called = self.alloc(Repr::Ref);
        let registers: Vec<Reg> = def.params.iter().map(|_| self.alloc(Repr::Ref)).collect();
        self.load_str(&format!("{} {}", tool.effect, tool.path), Some(called));
        for (param, reg) in def.params.iter().zip(&registers) {
            if let Some(local) = param.local {
                self.capture(local, *reg);
            }
        }
        self.emit(Op::CallHost, site, called.index, (1 + registers.len()) as u16);
        let value = self.boxed_result(mark, &def.ret, None);
        self.return_value(value);
    }

    // Clauses that resume at their end

    /// Whether each way through the block ends with `resume(…)`, and nothing else mentions it. What is deferred runs
    /// after the body, so it needs the clause to wait.
    fn resumes_last(&self, block: &'a Block, resume: LocalId) -> bool {
        let mut mentions = Mentions { builder: self, resume, count: 0, defers: false };
        mentions.block(block);
        !mentions.defers && self.ends_in(block, resume).is_some_and(|ends| ends == mentions.count)
    }

    /// How many calls of `resume` the block ends in; nothing if it may end otherwise.
    fn ends_in(&self, block: &'a Block, resume: LocalId) -> Option<usize> {
        match &block.stmts.last()?.kind {
            StmtKind::Expr(e) => self.expression_ends_in(e, resume),
            _ => None,
        }
    }

    fn expression_ends_in(&self, e: &'a Expr, resume: LocalId) -> Option<usize> {
        match &e.kind {
            ExprKind::Call { callee, args, .. } if self.means(callee, resume) && args.len() == 1 => Some(1),
            ExprKind::Do(block) => self.ends_in(block, resume),
            ExprKind::If { then, otherwise: Some(otherwise), .. } => {
                let other = match otherwise {
                    Else::Block(block) => self.ends_in(block, resume)?,
                    Else::If(e) => self.expression_ends_in(e, resume)?,
                };
                Some(self.ends_in(then, resume)? + other)
            }
            _ => None,
        }
    }

    fn means(&self, e: &Expr, local: LocalId) -> bool {
        self.lowerer.checked.uses.get(&e.id) == Some(&Use::Local(local))
    }

    fn resuming_block(&mut self, block: &'a Block) {
        let mark = self.mark();
        self.defers.push(Vec::new());
        self.declare_cells(block);
        let Some((last, before)) = block.stmts.split_last() else { return };
        before.iter().for_each(|stmt| self.statement(stmt));
        if let StmtKind::Expr(e) = &last.kind {
            self.resuming(e);
        }
        self.defers.pop();
        self.release(mark);
    }

    fn resuming(&mut self, e: &'a Expr) {
        let outside = self.at(e.span);
        match &e.kind {
            ExprKind::Do(block) => self.resuming_block(block),
            ExprKind::If { condition, then, otherwise } => {
                let no = self.label();
                let mark = self.mark();
                self.enter(condition, no);
                self.resuming_block(then);
                self.release(mark);
                self.bind(no);
                match otherwise {
                    Some(Else::Block(block)) => self.resuming_block(block),
                    Some(Else::If(e)) => self.resuming(e),
                    None => {}
                }
            }
            ExprKind::Call { args, .. } => {
                if let Some(arg) = args.first() {
                    let ret = self.ret.0.clone();
                    let value = self.typed(&arg.value, &ret, None);
                    self.return_value(value);
                }
            }
            _ => {}
        }
        self.at(outside);
    }
}

fn bound(checked: &checker::Checked, id: NodeId) -> Option<LocalId> {
    match checked.bound.get(&id) {
        Some(Use::Local(local)) => Some(*local),
        _ => None,
    }
}

/// How often a block mentions `resume`, the functions in it included, and whether it defers something.
struct Mentions<'b, 'l, 'a> {
    builder: &'b Builder<'l, 'a>,
    resume: LocalId,
    count: usize,
    defers: bool,
}

impl<'n> Visitor<'n> for Mentions<'_, '_, '_> {
    fn stmt(&mut self, stmt: &'n Stmt) {
        self.defers |= matches!(stmt.kind, StmtKind::Defer(_));
        walk_stmt(self, stmt);
    }

    fn expr(&mut self, e: &'n Expr) {
        self.count += usize::from(self.builder.means(e, self.resume));
        walk_expr(self, e);
    }
}
