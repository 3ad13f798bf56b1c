//! Bodies: the root's top-level statements, cells, constants, defaults and constraints; and what is settled at the end.

use std::collections::HashMap;

use syntax::ast::{CellBody, Item, ItemKind, PatternKind, StmtKind};
use syntax::{Applicability, Diagnostic, Edit, Span};

use crate::Type;
use crate::args::{Actual, Slot};
use crate::checked::{BindingInfo, CellId, LocalId};
use crate::checker::{Body, Cause, Checker, EffectSite, Function, Returns, State};
use crate::constant::{Constant, evaluate};
use crate::types::RecordId;

impl<'a> Checker<'a> {
    pub(crate) fn check_bodies(&mut self) {
        let root = self.root();
        self.body = Body::new(root, None, Returns::Nowhere);
        self.check_pipelines();
        for (index, item) in self.items(root).iter().enumerate() {
            if let ItemKind::Stmt(stmt) = &item.kind {
                self.top_statement(index, stmt);
            }
        }
        self.prose();
        for index in 0..self.consts.len() {
            self.const_type(index);
        }
        for index in 0..self.states.len() {
            self.state_default(index);
        }
        for index in 0..self.records.len() {
            self.record_body(index);
        }
        for index in 0..self.aliases.len() {
            self.alias_body(index);
        }
        for index in 0..self.cells.len() {
            self.check_cell(CellId(index as u32));
        }
        for module in 0..self.program.modules.len() {
            for item in self.items(module) {
                if let ItemKind::Test(test) = &item.kind {
                    let body = self.in_body(Body::new(module, None, Returns::Nowhere), |c| {
                        c.body.functions.push(Function::new(None, Returns::Nowhere));
                        c.exec_block(&test.body);
                    });
                    self.tested.extend(body.sites);
                }
            }
        }
    }

    /// Runs `inner` with another body in work, and gives that body back.
    pub(crate) fn in_body(&mut self, body: Body, inner: impl FnOnce(&mut Self)) -> Body {
        let outer = std::mem::replace(&mut self.body, body);
        inner(self);
        std::mem::replace(&mut self.body, outer)
    }

    fn top_statement(&mut self, item: usize, stmt: &'a syntax::ast::Stmt) {
        self.defined_here.clear();
        self.body.effects.clear();
        self.body.sites.clear();
        self.body.reads.clear();
        self.body.assigns.clear();
        self.body.calls.clear();
        match &stmt.kind {
            // The value of a fence's last expression is shown, so it is a value even if it is an `if`.
            StmtKind::Expr(e) if self.ends_fence(item) => {
                self.infer(e, None);
            }
            _ => {
                self.statement(stmt);
            }
        }
        let defines = match &stmt.kind {
            StmtKind::Let { pattern, .. } => {
                let mut names = std::mem::take(&mut self.defined_here);
                if names.is_empty()
                    && let PatternKind::Bind { .. } = &pattern.kind
                    && let Some(crate::checked::Use::Global(id)) = self.out.bound.get(&pattern.id)
                {
                    names.push(*id);
                }
                names
            }
            _ => Vec::new(),
        };
        self.touched.push(item, &defines, &mut self.body);
    }

    /// Whether the item is the last statement of its fence.
    pub(crate) fn ends_fence(&self, index: usize) -> bool {
        let items = self.items(self.root());
        let Some(fence) = items.get(index).and_then(|i| i.fence) else {
            return false;
        };
        !items
            .iter()
            .skip(index + 1)
            .take_while(|i| i.fence == Some(fence))
            .any(|i| matches!(i.kind, ItemKind::Stmt(_)))
    }

    fn prose(&mut self) {
        let bindings = self.program.bindings;
        for binding in bindings {
            self.body.effects.clear();
            self.body.sites.clear();
            self.body.reads.clear();
            self.body.calls.clear();
            let ty = self.infer(&binding.expr, None);
            let reads = self.body.reads.iter().copied().collect();
            let cells = self.body.calls.iter().copied().collect();
            self.bound_sites.push((binding.span, std::mem::take(&mut self.body.sites)));
            self.out.bindings.push(BindingInfo { ty, reads, cells });
        }
    }

    /// The cell's return type; checks its body first if the type is to be inferred.
    pub(crate) fn cell_return(&mut self, id: CellId) -> Type {
        let index = id.0 as usize;
        let Some(source) = self.cells.get(index) else {
            return Type::Error;
        };
        if !source.stated && source.state == State::Waiting {
            let span = source.cell.sig.span;
            self.deeper(span, |c| c.check_cell(id));
        } else if !source.stated && source.state == State::Running && !source.reported {
            let sig = &source.cell.sig;
            let span = sig.name.span;
            let name = sig.name.dotted();
            self.cells[index].reported = true;
            self.report(
                Diagnostic::error(
                    "E0212",
                    span,
                    format!("The cell `{name}` calls itself, so its return type must be stated."),
                )
                .help("Write `-> Type` after its parameters."),
            );
        }
        self.out.cells.get(index).map_or(Type::Error, |c| c.ret.clone())
    }

    pub(crate) fn check_cell(&mut self, id: CellId) {
        let index = id.0 as usize;
        let Some(source) = self.cells.get_mut(index) else {
            return;
        };
        if source.state != State::Waiting {
            return;
        }
        source.state = State::Running;
        let (cell, module) = (source.cell, source.module);
        let stated = source.stated;
        let type_params = source.type_params.clone();
        let ret = self.out.cells.get(index).map_or(Type::Error, |c| c.ret.clone());
        let returned = self.returned_by(&ret, cell.sig.is_async);
        let yields = cell.yields.then(|| Function::generator(id, &returned, stated));
        let returns = if stated { Returns::Stated(returned) } else { Returns::Inferred(Vec::new()) };
        let mut body = Body::new(module, Some(id), returns);
        if let Some(function) = yields {
            body.functions = vec![function];
        }
        body.type_params = type_params;
        body.self_type = self.out.cells.get(index).and_then(|c| c.of.clone());
        let mut found = Type::Error;
        let body = self.in_body(body, |c| {
            c.bind_params(id);
            if c.out.models.contains_key(&id) {
                // The body is what the model is told.
                c.effect(crate::model::EFFECT, cell.sig.name.span);
                c.use_tools(id);
                return;
            }
            found = c.cell_body(&cell.body);
            if let Some(iter) = c.close_yields() {
                found = iter;
            }
        });
        let source = &mut self.cells[index];
        source.state = State::Done;
        source.direct = body.effects;
        source.sites = body.sites;
        source.sites.shrink_to_fit();
        let mut calls = body.calls;
        for given in self.implementing(id) {
            let span = self.out.cells.get(given.0 as usize).map_or(Span::default(), |c| c.span);
            self.cells[index].sites.push(EffectSite { cause: Cause::Call(given), span, handled: Vec::new() });
            calls.insert(given);
        }
        let def = &mut self.out.cells[index];
        def.reads = body.reads.into_iter().collect();
        def.calls = calls.into_iter().collect();
        if !stated {
            self.out.cells[index].ret = self.called(self.resolve(&found), cell.sig.is_async);
        }
    }

    fn bind_params(&mut self, id: CellId) {
        let index = id.0 as usize;
        self.bind_dicts(id);
        let Some(source) = self.cells.get(index) else {
            return;
        };
        let cell = source.cell;
        for (place, param) in cell.sig.params.iter().enumerate() {
            let ty = match self.out.cells.get(index).and_then(|c| c.params.get(place)) {
                Some(def) => def.ty.clone(),
                None => Type::Error,
            };
            if let Some(default) = &param.default {
                self.check(default, &ty);
            }
            let local = self.bind(param.id, &param.name.text, ty, false, param.name.span);
            self.mark_parameter(local);
            self.learn_shape(
                Some(&crate::checked::Use::Local(local)),
                param.ty.as_ref().map(|ty| ty.id),
                None,
            );
            if let Some(def) = self.out.cells.get_mut(index).and_then(|c| c.params.get_mut(place)) {
                def.local = Some(local);
            }
        }
        self.bind_resume(id);
    }

    fn cell_body(&mut self, body: &'a CellBody) -> Type {
        match body {
            CellBody::Expr(e) => self.returned(e),
            CellBody::Block(block) => self.function_block(block),
            CellBody::None => Type::Error,
        }
    }

    /// A cell declared inside a block: it sees the block's names, and captures what it uses of them.
    pub(crate) fn inner_cell(&mut self, item: &'a Item) {
        let ItemKind::Cell(cell) = &item.kind else {
            return;
        };
        let module = self.body.module;
        let outer = self.body.type_params.clone();
        let enclosing = outer.len();
        let id = self.new_cell(module, item, cell, None, outer);
        let index = id.0 as usize;
        self.cells[index].enclosing = enclosing;
        self.signature(id);
        let name = cell.sig.name.dotted();
        // It may call itself.
        self.body.locals.push(name, crate::checked::Use::Cell(id));
        self.cells[index].state = State::Running;
        let stated = self.cells[index].stated;
        let ret = self.out.cells[index].ret.clone();
        let ret = self.returned_by(&ret, cell.sig.is_async);
        let function = match cell.yields {
            true => Function::generator(id, &ret, stated),
            false => Function::new(
                Some(id),
                if stated { Returns::Stated(ret) } else { Returns::Inferred(Vec::new()) },
            ),
        };
        let (locals, facts) = (self.body.locals.len(), self.body.facts.len());
        let dicts = self.body.dicts.len();
        let type_params =
            std::mem::replace(&mut self.body.type_params, self.cells[index].type_params.clone());
        self.body.functions.push(function);
        // What it does is also what the cell around it does, which may call it at any place.
        let effects = std::mem::take(&mut self.body.effects);
        let calls = std::mem::take(&mut self.body.calls);
        let from = self.body.sites.len();
        self.bind_params(id);
        let found = self.cell_body(&cell.body);
        let found = self.close_yields().unwrap_or(found);
        self.cells[index].direct = self.body.effects.clone();
        self.cells[index].sites = self.body.sites.get(from..).unwrap_or_default().to_vec();
        self.out.cells[index].calls = self.body.calls.iter().copied().collect();
        self.body.effects.extend(effects);
        self.body.calls.extend(calls);
        self.body.functions.pop();
        self.body.type_params = type_params;
        self.body.locals.truncate(locals);
        self.body.facts.truncate(facts);
        self.body.dicts.truncate(dicts);
        self.cells[index].state = State::Done;
        if !stated {
            self.out.cells[index].ret = self.called(self.resolve(&found), cell.sig.is_async);
        }
    }

    /// Defaults see the fields before them, constraints see all.
    fn record_body(&mut self, index: usize) {
        let Some(source) = self.records.get(index) else {
            return;
        };
        let (record, module) = (source.record, source.module);
        let fields = self.out.records.get(index).map(|r| r.fields.clone()).unwrap_or_default();
        let mut body = Body::new(module, None, Returns::Nowhere);
        body.type_params = record.type_params.iter().map(|p| (p.name.text.clone(), p.id)).collect();
        // A body of its own function, so that no place counts as top level.
        body.functions.push(Function::new(None, Returns::Nowhere));
        let body = self.in_body(body, |c| {
            for (field, def) in record.fields.iter().zip(&fields) {
                if let Some(default) = &field.default {
                    c.check(default, &def.ty);
                }
                let local = c.bind(field.id, &field.name.text, def.ty.clone(), false, field.name.span);
                c.mark_parameter(local);
            }
            for field in &record.fields {
                if let Some(constraint) = &field.constraint {
                    c.test(constraint);
                }
            }
        });
        let effect = body.sites.iter().find(|s| matches!(s.cause, Cause::Effect { .. }));
        if let Some(site) = effect {
            self.report(
                Diagnostic::error(
                    "E0106",
                    site.span,
                    "Defaults and constraints of a record have no effects.",
                )
                .help("Do it where the record is made, and pass the value."),
            );
        }
    }

    /// A constraint that constant fields violate is found here, not when the program runs.
    pub(crate) fn check_constraints(
        &mut self,
        id: RecordId,
        span: Span,
        slots: &[Slot],
        actuals: &[Actual<'a>],
    ) {
        let Some(record) = self.records.get(id.0 as usize).map(|s| s.record) else {
            return;
        };
        let mut known: HashMap<String, Constant> = HashMap::new();
        for (field, slot) in record.fields.iter().zip(slots) {
            let value = match slot.one().and_then(|place| actuals.get(place)) {
                Some(actual) => evaluate(actual.expr, &HashMap::new()),
                None => field.default.as_ref().and_then(|default| evaluate(default, &known)),
            };
            if let Some(value) = value {
                known.insert(field.name.text.clone(), value);
            }
        }
        for (field, slot) in record.fields.iter().zip(slots) {
            if let Some(actual) = slot.one().and_then(|place| actuals.get(place)) {
                self.check_constant(field.ty.id, actual.expr, span);
                self.check_shape(field.ty.id, actual.expr, &mut HashMap::new());
            }
        }
        for field in &record.fields {
            let Some(constraint) = &field.constraint else {
                continue;
            };
            if evaluate(constraint, &known) == Some(Constant::Bool(false)) {
                let value =
                    known.get(&field.name.text).map(|v| format!(" is {v}, which")).unwrap_or_default();
                self.report(
                    Diagnostic::error(
                        "E0300",
                        span,
                        format!(
                            "The field `{}` of `{}`{value} violates its constraint.",
                            field.name.text, record.name.text
                        ),
                    )
                    .label(constraint.span, "the constraint")
                    .help(
                        "Give a value that satisfies it; a value not known before the run is checked then.",
                    ),
                );
            }
        }
    }

    /// Replaces what inference left open, and notes conversions.
    pub(crate) fn settle(&mut self) {
        self.check_demands();
        self.check_obligations();
        self.check_task_captures();
        for (id, found, place) in std::mem::take(&mut self.flows) {
            let (found, place) = (self.closed(&found), self.closed(&place));
            if matches!(found, Type::Error | Type::Never) || matches!(place, Type::Error | Type::Never) {
                continue;
            }
            let widened = !self.fits(&found, &place) && self.widens(&found, &place);
            if widened || found.repr() != place.repr() {
                self.out.coercions.insert(id, place);
            }
        }
        for (id, given, declared) in std::mem::take(&mut self.boxed) {
            let given = self.closed(&given);
            if given.repr() != declared.repr() && !self.out.coercions.contains_key(&id) {
                self.out.coercions.insert(id, declared);
            }
        }
        for (span, ty) in std::mem::take(&mut self.revealed) {
            let shown = self.show(&self.closed(&ty));
            self.report(Diagnostic::warning("W0200", span, format!("The type here is {shown}.")));
        }
        let mut types = std::mem::take(&mut self.out.types);
        for ty in types.compound_mut().filter(|ty| crate::unify::has_var(ty)) {
            *ty = self.closed(ty);
        }
        self.out.types = types;
        for index in 0..self.out.locals.len() {
            self.out.locals[index].ty = self.closed(&self.out.locals[index].ty);
        }
        for index in 0..self.out.globals.len() {
            self.out.globals[index].ty = self.closed(&self.out.globals[index].ty);
        }
        for index in 0..self.out.cells.len() {
            self.out.cells[index].ret = self.closed(&self.out.cells[index].ret);
        }
        let mut calls = std::mem::take(&mut self.out.calls);
        for call in calls.values_mut().filter(|call| !call.types.is_empty()) {
            call.types.iter_mut().for_each(|ty| *ty = self.closed(ty));
        }
        self.out.calls = calls;
        let mut bindings = std::mem::take(&mut self.out.bindings);
        bindings.iter_mut().for_each(|b| b.ty = self.closed(&b.ty));
        self.out.bindings = bindings;
        self.unused();
    }

    /// The type with what nothing was learned of as `Any`.
    pub(crate) fn closed(&self, ty: &Type) -> Type {
        let ty = self.resolve(ty);
        if !crate::unify::has_var(&ty) {
            return ty;
        }
        ty.rewrite(&mut |part| matches!(part, Type::Var(_)).then_some(Type::Any))
    }

    fn unused(&mut self) {
        let unused: Vec<LocalId> = (0..self.out.locals.len())
            .filter(|i| self.local_info.get(*i).is_some_and(|info| info.uses == 0 && info.lint))
            .map(|i| LocalId(i as u32))
            .collect();
        for id in unused {
            let Some(local) = self.out.locals.get(id.0 as usize) else {
                continue;
            };
            if local.name.starts_with('_') {
                continue;
            }
            let (name, span) = (local.name.clone(), local.span);
            self.report(
                Diagnostic::warning("W0201", span, format!("`{name}` is never used."))
                    .help(format!("Remove it, or name it `_{name}` if that is meant."))
                    .fix(
                        format!("rename to `_{name}`"),
                        Applicability::Maybe,
                        vec![Edit { span: span.at_start(), text: "_".to_string() }],
                    ),
            );
        }
    }
}
