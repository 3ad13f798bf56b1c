//! Declared effects: their operations, who performs them, and who handles them.
//!
//! The body of a `handle` and each of its clauses are functions of their own: what they use of the cell is captured,
//! and they cannot leave it. A row names an operation, `Log.write`, so that a `handle` of some operations of an effect
//! takes just those out of the rows around it.

use std::collections::{BTreeSet, HashMap};

use syntax::ast::{
    Arg, Block, Effect, Else, Expr, ExprKind, Handler, HandlerClause, Item, NodeId, Param, Path, Sig, With,
    WithClause,
};
use syntax::visit::{Visitor, walk_expr};
use syntax::{Diagnostic, Span};

use crate::Type;
use crate::args::{Actual, Source, count};
use crate::checked::{
    Call, CallArg, Callee, CellDef, CellId, EffectDef, EffectId, HandledBy, HandlerDef, HandlerId, Handling,
    Literal, Operation, OperationDef, ParamDef, Use,
};
use crate::checker::{Cause, Checker, Def, EffectSite, EffectSource, Function, HandlerSource, Returns};
use crate::control::Branch;
use crate::declare::list_of;
use crate::effects::{STATED, covers, is_handled};
use crate::nearest::did_you_mean;
use crate::statement::tail;

/// What a clause calls to go on with the body.
const RESUME: &str = "resume";

/// What a call fills in for a parameter that it does not give.
pub(crate) fn not_given(param: &ParamDef) -> CallArg {
    match &param.default {
        Some(default) => CallArg::Literal(default.clone()),
        None if param.variadic => CallArg::Variadic(Vec::new()),
        None => CallArg::Default,
    }
}

/// The default of a parameter of a trait's method or an operation, where it is a literal: a call gives it. Any other one
/// is computed by a function of its own, once it is needed.
pub(crate) fn filled_in(param: &Param, ty: &Type) -> Option<Literal> {
    match (crate::builtins::literal(param.default.as_ref()?)?, ty) {
        (Literal::Int(whole), Type::Float) => Some(Literal::Float(whole as f64)),
        (literal, _) => Some(literal),
    }
}

/// Whether a clause uses what `resume` gives otherwise than as its own value.
fn looks_back(clause: &Block) -> bool {
    struct Resumes(usize);
    impl<'n> Visitor<'n> for Resumes {
        fn expr(&mut self, e: &'n Expr) {
            self.0 += usize::from(is_resume(e));
            walk_expr(self, e);
        }
    }
    fn is_resume(e: &Expr) -> bool {
        matches!(&e.kind, ExprKind::Name(name) if name == RESUME)
    }
    /// How many calls of `resume` are a value of the block.
    fn values(block: &Block) -> usize {
        tail(block).map_or(0, value)
    }
    fn value(e: &Expr) -> usize {
        match &e.kind {
            ExprKind::Call { callee, .. } => usize::from(is_resume(callee)),
            ExprKind::Do(block) => values(block),
            ExprKind::If { then, otherwise, .. } => {
                let otherwise = match otherwise {
                    Some(Else::Block(block)) => values(block),
                    Some(Else::If(e)) => value(e),
                    None => 0,
                };
                values(then) + otherwise
            }
            ExprKind::Match { arms, .. } => arms.iter().map(|arm| values(&arm.body)).sum(),
            _ => 0,
        }
    }
    let mut all = Resumes(0);
    all.block(clause);
    all.0 > values(clause)
}

impl<'a> Checker<'a> {
    pub(crate) fn enter_effect(&mut self, module: usize, item: &'a Item, declared: &'a Effect) {
        let id = EffectId(self.effects.len() as u32);
        let name = match self.program.names.get(&item.span.file) {
            Some(file) if module != self.root() => format!("{file}.{}", declared.name.text),
            _ => declared.name.text.clone(),
        };
        self.out.effects.push(EffectDef {
            name,
            node: item.id,
            operations: Vec::new(),
            file: item.span.file,
        });
        self.name(module, &declared.name.text, declared.name.span, item.public, Def::Effect(id));
        self.deprecate(item, Some(Def::Effect(id)), declared.name.span);
        let mut cells = Vec::with_capacity(declared.operations.len());
        for operation in &declared.operations {
            let cell = self.new_cell(module, item, operation, None, Vec::new());
            if let Some(source) = self.cells.get_mut(cell.0 as usize) {
                (source.operation, source.stated) = (true, true);
            }
            cells.push(cell);
        }
        self.effects.push(EffectSource { declared, cells });
    }

    pub(crate) fn enter_handler(&mut self, module: usize, item: &'a Item, declared: &'a Handler) {
        let id = HandlerId(self.handlers.len() as u32);
        self.out.handlers.push(HandlerDef {
            name: declared.name.text.clone(),
            node: item.id,
            clauses: Vec::new(),
            file: item.span.file,
        });
        self.name(module, &declared.name.text, declared.name.span, item.public, Def::Handler(id));
        self.deprecate(item, Some(Def::Handler(id)), declared.name.span);
        let mut cells = Vec::with_capacity(declared.clauses.len());
        for clause in &declared.clauses {
            let cell = self.new_cell(module, item, &clause.cell, None, Vec::new());
            self.param_names.insert(clause.id, "the value of the `handle`".to_string());
            if let Some(source) = self.cells.get_mut(cell.0 as usize) {
                source.clause = Some(clause);
                source.stated = true;
            }
            cells.push(cell);
        }
        self.handlers.push(HandlerSource { declared, cells });
    }

    pub(crate) fn resolve_effects(&mut self) {
        for index in 0..self.effects.len() {
            let (declared, cells) = (self.effects[index].declared, self.effects[index].cells.clone());
            let mut seen: HashMap<&str, Span> = HashMap::new();
            for (cell, id) in declared.operations.iter().zip(cells) {
                let (sig, name) = (&cell.sig, cell.sig.name.dotted());
                self.signature(id);
                if let Some(last) = sig.name.parts.last().filter(|last| !last.text.is_empty())
                    && let Some(first) = seen.insert(&last.text, last.span)
                {
                    self.duplicate_part("operation", &name, last.span, first);
                    continue;
                }
                let operation = self.operation(sig, name, id);
                let operations = &mut self.out.effects[index].operations;
                operations.push(operation);
                let at = Operation { effect: EffectId(index as u32), index: operations.len() - 1 };
                self.out.cells[id.0 as usize].operation = Some(at);
            }
        }
    }

    fn operation(&mut self, sig: &'a Sig, name: String, id: CellId) -> OperationDef {
        let index = id.0 as usize;
        for (place, param) in sig.params.iter().enumerate() {
            let ty = self.out.cells[index].params.get(place).map_or(Type::Error, |param| param.ty.clone());
            let default = filled_in(param, &ty);
            if let Some(known) = self.out.cells[index].params.get_mut(place) {
                known.default = default;
            }
        }
        let CellDef { params, ret, .. } = self.out.cells[index].clone();
        OperationDef { name, node: sig.id, cell: id, params, ret, span: sig.name.span }
    }

    /// A clause is given all that was performed.
    fn no_default(&mut self, param: &Param) {
        if let Some(default) = &param.default {
            self.report(
                Diagnostic::error(
                    "E0203",
                    default.span,
                    "A clause's parameter has no default: it is always given.",
                )
                .help("Give the operation a default, where the effect is declared."),
            );
        }
    }

    /// The parameters of a declared handler's clause, `resume` behind them. It gives back what the rest of the body
    /// comes to, of which a declared handler knows nothing: so it can only hand that on.
    pub(crate) fn clause_signature(&mut self, id: CellId, clause: &'a HandlerClause) {
        let index = id.0 as usize;
        self.body.module = self.cells[index].module;
        let sig = &clause.cell.sig;
        let value = Type::Param(clause.id);
        let Some(operation) = self.find_operation(&sig.name) else {
            for param in &sig.params {
                if let Some(ty) = &param.ty {
                    self.type_expr(ty);
                }
            }
            let unknown = |name: &str| ParamDef {
                name: name.to_string(),
                ty: Type::Error,
                local: None,
                variadic: false,
                has_default: false,
                default: None,
            };
            let names = sig.params.iter().map(|p| p.name.text.as_str()).chain([RESUME]);
            self.out.cells[index].params = names.map(unknown).collect();
            return;
        };
        let Some(def) = self.operation_def(operation) else { return };
        self.same_count(&sig.name, sig.params.len(), &def);
        let type_params = self.type_params_of(def.cell);
        self.body.type_params.clone_from(&type_params);
        self.cells[index].type_params = type_params;
        let mut params = Vec::with_capacity(sig.params.len() + 1);
        for (place, param) in sig.params.iter().enumerate() {
            self.no_default(param);
            let wanted = def.params.get(place).map_or(Type::Error, |p| p.ty.clone());
            if let Some(stated) = &param.ty {
                let stated_type = self.type_expr(stated);
                self.same_type(stated.span, &stated_type, &wanted, &format!("`{}`", param.name.text));
            }
            self.set_type(param.id, wanted.clone());
            params.push(ParamDef {
                name: param.name.text.clone(),
                ty: wanted,
                local: None,
                variadic: false,
                has_default: false,
                default: None,
            });
        }
        if let Some(stated) = &clause.ret {
            let ty = self.type_expr(stated);
            self.same_type(stated.span, &ty, &def.ret, "what the operation returns");
        }
        params.push(ParamDef {
            name: RESUME.to_string(),
            ty: Type::function(vec![def.ret], value.clone()),
            local: None,
            variadic: false,
            has_default: false,
            default: None,
        });
        let cell = &mut self.out.cells[index];
        cell.params = params;
        cell.ret = value;
        cell.handles = Some(operation);
    }

    fn same_type(&mut self, span: Span, found: &Type, wanted: &Type, what: &str) {
        if *found != Type::Error && *wanted != Type::Error && self.resolve(found) != self.resolve(wanted) {
            let (found, wanted) = (self.show(found), self.show(wanted));
            self.report(
                Diagnostic::error(
                    "E0200",
                    span,
                    format!("The effect declares {what} as {wanted}, found {found}."),
                )
                .help("Write the declared type, or leave it out."),
            );
        }
    }

    fn same_count(&mut self, path: &Path, found: usize, def: &OperationDef) {
        if found != def.params.len() {
            let takes = count(def.params.len(), "parameter");
            self.report(
                Diagnostic::error(
                    "E0203",
                    path.span,
                    format!("`{}` has {takes}, found {found}.", path.dotted()),
                )
                .label(def.span, "declared here")
                .help("A clause names each of them once, in their order."),
            );
        }
    }

    pub(crate) fn resolve_handlers(&mut self) {
        for index in 0..self.handlers.len() {
            let declared = self.handlers[index].declared;
            let cells = self.handlers[index].cells.clone();
            let mut clauses: Vec<Handling> = Vec::with_capacity(cells.len());
            for (cell, clause) in cells.into_iter().zip(&declared.clauses) {
                let Some(operation) = self.out.cells.get(cell.0 as usize).and_then(|c| c.handles) else {
                    continue;
                };
                if clauses.iter().any(|c| c.operation == operation) {
                    let name = &clause.cell.sig.name;
                    self.duplicate_part("clause", &name.dotted(), name.span, declared.name.span);
                    continue;
                }
                clauses.push(Handling { operation, by: HandledBy::Cell(cell) });
            }
            self.out.handlers[index].clauses = clauses;
        }
    }

    /// Binds the `resume` of a declared handler's clause.
    pub(crate) fn bind_resume(&mut self, id: CellId) {
        let index = id.0 as usize;
        let Some(clause) = self.cells.get(index).and_then(|c| c.clause) else { return };
        let ty = self.out.cells[index].params.last().map_or(Type::Error, |p| p.ty.clone());
        let local = self.bind(clause.id, RESUME, ty, false, clause.cell.sig.name.span);
        self.mark_parameter(local);
        if let Some(param) = self.out.cells[index].params.last_mut() {
            param.local = Some(local);
        }
    }

    // Names

    /// The declared effect that a path names in a file.
    pub(crate) fn effect_named(&self, module: usize, path: &Path) -> Option<EffectId> {
        match self.declared(module, &path.parts)? {
            Def::Effect(id) => Some(id),
            _ => None,
        }
    }

    pub(crate) fn declared(&self, module: usize, parts: &[syntax::ast::Name]) -> Option<Def> {
        let names = &self.scopes.get(module)?.names;
        match parts {
            [only] => names.get(only.text.as_str()).map(|entry| entry.def.clone()),
            [file, name] => {
                let Def::Module(target) = names.get(file.text.as_str())?.def else { return None };
                let entry = self.scopes.get(target)?.names.get(name.text.as_str())?;
                entry.public.then(|| entry.def.clone())
            }
            _ => None,
        }
    }

    /// What a row's entry stands for: a declared effect, or one operation of it, as rows have it.
    pub(crate) fn declared_row(&self, module: usize, path: &Path) -> Option<String> {
        if let Some(id) = self.effect_named(module, path) {
            return self.out.effects.get(id.0 as usize).map(|def| def.name.clone());
        }
        let (last, owner) = path.parts.split_last()?;
        let Def::Effect(id) = self.declared(module, owner)? else { return None };
        self.operations_of(id).into_iter().find(|name| name.rsplit('.').next() == Some(&last.text))
    }

    /// The operations that an entry in the row of a function's type stands for, or a builtin effect's name.
    pub(crate) fn row_effects(&self, path: &Path) -> Vec<String> {
        match self.effect_named(self.body.module, path) {
            Some(id) => self.operations_of(id),
            None => vec![self.declared_row(self.body.module, path).unwrap_or_else(|| path.dotted())],
        }
    }

    fn operations_of(&self, id: EffectId) -> Vec<String> {
        let count = self.out.effects.get(id.0 as usize).map_or(0, |def| def.operations.len());
        (0..count).map(|index| self.out.operation_name(Operation { effect: id, index })).collect()
    }

    fn operation_def(&self, operation: Operation) -> Option<OperationDef> {
        self.out.operation(operation).cloned()
    }

    /// The operation that a path names; reports one that there is not.
    fn find_operation(&mut self, path: &Path) -> Option<Operation> {
        let (last, owner) = path.parts.split_last()?;
        if path.parts.iter().any(|part| part.text.is_empty())
            || path.parts.first().is_some_and(|first| self.is_unread(&first.text))
        {
            return None;
        }
        let effect = match self.declared(self.body.module, owner) {
            Some(Def::Effect(id)) => id,
            _ => {
                let names = self.scopes.get(self.body.module).map(|scope| &scope.names);
                let mut known: Vec<&str> = names
                    .into_iter()
                    .flatten()
                    .filter(|(_, entry)| matches!(entry.def, Def::Effect(_)))
                    .map(|(name, _)| *name)
                    .collect();
                known.sort_unstable();
                let owner = owner.iter().map(|part| part.text.as_str()).collect::<Vec<_>>().join(".");
                let message = match owner.as_str() {
                    "" => format!(
                        "`{}` names no operation: one is named by its effect, `Effect.{}`.",
                        last.text, last.text
                    ),
                    owner => format!("There is no effect `{owner}` with operations."),
                };
                let help =
                    did_you_mean(&owner, known.iter().copied()).unwrap_or_else(|| match known.as_slice() {
                        [] => "Declare it: `effect NAME`, its operations as `cell` signatures, `end`."
                            .to_string(),
                        known => format!("This file has {}.", list_of(known)),
                    });
                self.report(Diagnostic::error("E0108", path.span, message).help(help));
                return None;
            }
        };
        self.used(&Def::Effect(effect), path.span);
        let def = self.out.effects.get(effect.0 as usize)?;
        if let Some(index) = def.operations.iter().position(|o| o.name == last.text) {
            return Some(Operation { effect, index });
        }
        let known: Vec<&str> = def.operations.iter().map(|o| o.name.as_str()).collect();
        let mut diagnostic = Diagnostic::error(
            "E0108",
            last.span,
            format!("The effect `{}` has no operation `{}`.", def.name, last.text),
        );
        diagnostic.help = Some(
            did_you_mean(&last.text, known.iter().copied())
                .unwrap_or_else(|| format!("It has {}.", list_of(&known))),
        );
        self.report(diagnostic);
        None
    }

    // Performing

    pub(crate) fn perform(&mut self, e: &'a Expr, path: &'a Path, args: &'a [Arg]) -> Type {
        let actuals: Vec<Actual<'a>> = args
            .iter()
            .enumerate()
            .map(|(n, arg)| Actual {
                source: Source::Written(n),
                name: arg.name.as_ref(),
                spread: arg.spread,
                expr: &arg.value,
                known: None,
            })
            .collect();
        let found = self.find_operation(path);
        let Some((operation, def)) = found.and_then(|o| Some((o, self.operation_def(o)?))) else {
            self.infer_all(&actuals);
            return Type::Error;
        };
        self.out.uses.insert(e.id, Use::Operation(operation));
        let name = self.out.operation_name(operation);
        let generics: Vec<(NodeId, Type)> =
            self.type_params_of(def.cell).into_iter().map(|(_, id)| (id, self.fresh())).collect();
        let params = self.parameters(&def.params, &generics);
        if let Some(slots) = self.match_args(&name, e.span, &params, &actuals) {
            self.check_args(&params, &slots, &actuals);
            self.demand(Some(e.id), &generics, e.span, &name);
            self.box_params(&def.params, &params, &slots, &actuals);
            self.check_constant_args(def.cell, &slots, &actuals);
            let given = slots.iter().map(|slot| self.call_arg(slot, &actuals)).collect::<Vec<_>>();
            let args: Vec<CallArg> = given
                .into_iter()
                .zip(&def.params)
                .map(|(given, param)| given.unwrap_or_else(|| not_given(param)))
                .collect();
            if args.contains(&CallArg::Default) {
                // What the default does is done here.
                self.use_cell(def.cell, e.span);
            }
            let callee = Callee::Perform(operation);
            self.out.calls.insert(e.id, Call { callee, args, names: Vec::new(), types: Vec::new() });
        }
        if !is_handled(&self.body.handled, &name) {
            self.effect(&name, e.span);
        }
        self.substitute(&def.ret, &generics)
    }

    fn type_params_of(&self, cell: CellId) -> Vec<(String, NodeId)> {
        self.cells.get(cell.0 as usize).map(|source| source.type_params.clone()).unwrap_or_default()
    }

    /// Runs `inner` with the operations handled that the expected function's row names: who calls it answers for them.
    pub(crate) fn under_row<T>(&mut self, want: Option<&Type>, inner: impl FnOnce(&mut Self) -> T) -> T {
        let depth = self.body.handled.len();
        let from = self.body.sites.len();
        if let Some(Type::Fn(f)) = want {
            let declared = |effect: &&String| {
                self.out.effects.iter().any(|def| effect.starts_with(&format!("{}.", def.name)))
            };
            let named: Vec<String> = f.row.iter().filter(declared).cloned().collect();
            self.body.handled.extend(named);
        }
        let value = inner(self);
        self.body.handled.truncate(depth);
        if let Some(ty @ Type::Fn(f)) = want
            && f.row.iter().any(|name| name == STATED)
            && let Some(sites) = self.body.sites.get(from..).filter(|sites| !sites.is_empty())
        {
            self.given_rows.push((sites.to_vec(), ty.clone()));
        }
        value
    }

    // Handling

    pub(crate) fn handle_expr(
        &mut self,
        e: &'a Expr,
        body: &'a Block,
        with: &'a With,
        want: Option<&Type>,
    ) -> Type {
        let mut clauses: Vec<(&'a WithClause, Operation)> = Vec::new();
        let handling: Vec<Handling> = match with {
            With::Handler(path) => self.named_handler(e, path),
            With::Clauses(written) => {
                for clause in written {
                    let Some(operation) = self.find_operation(&clause.path) else { continue };
                    match clauses.iter().find(|(_, known)| *known == operation) {
                        Some((first, _)) => {
                            let first = first.path.span;
                            self.duplicate_part("clause", &clause.path.dotted(), clause.path.span, first);
                        }
                        None => clauses.push((clause, operation)),
                    }
                    self.out.uses.insert(clause.id, Use::Operation(operation));
                }
                let by = |clause: &WithClause| HandledBy::Clause(clause.id);
                clauses.iter().map(|(c, o)| Handling { operation: *o, by: by(c) }).collect()
            }
        };
        let names: Vec<String> = handling.iter().map(|h| self.out.operation_name(h.operation)).collect();
        self.out.handling.insert(e.id, handling);
        let depth = self.body.handled.len();
        self.body.handled.extend(names);
        let found = self.handled_function(e.id, |c| c.block_value(body, want));
        self.body.handled.truncate(depth);
        let wanted = want.filter(|w| **w != Type::Any && !crate::unify::has_var(&self.resolve(w)));
        let value = match (wanted, self.resolve(&found)) {
            (Some(want), _) => want.clone(),
            // A clause that looks at what `resume` gives must know its type: that of the body.
            (None, body) if body != Type::Never && clauses.iter().any(|(c, _)| looks_back(&c.body)) => body,
            (None, _) => self.fresh(),
        };
        let mut branches = vec![Branch { id: tail(body).map(|e| e.id), ty: found }];
        let mut resumed = Vec::new();
        for (clause, operation) in clauses {
            let ty = self.with_clause(clause, operation, &value, want);
            let branch = Branch { id: tail(&clause.body).map(|e| e.id), ty };
            // What only hands on the value of `resume` says nothing of its type.
            match self.shallow(&branch.ty) == self.shallow(&value) {
                true => resumed.push(branch),
                false => branches.push(branch),
            }
        }
        let joined = self.join_branches(branches, wanted);
        if !self.fits(&joined, &value) {
            let (found, wanted) = (self.show(&joined), self.show(&value));
            self.report(
                Diagnostic::error(
                    "E0200",
                    e.span,
                    format!(
                        "The `handle` gives {found}, but a clause takes what `resume` gives for {wanted}."
                    ),
                )
                .help("`resume` gives what the whole `handle` would: the value of its body, or of a clause."),
            );
        }
        for branch in resumed {
            if let Some(id) = branch.id {
                self.flows.push((id, branch.ty, joined.clone()));
            }
        }
        joined
    }

    fn named_handler(&mut self, e: &'a Expr, path: &'a Path) -> Vec<Handling> {
        if let Some(Def::Handler(id)) = self.declared(self.body.module, &path.parts) {
            self.out.uses.insert(e.id, Use::Handler(id));
            self.used(&Def::Handler(id), path.span);
            let clauses = self.out.handlers.get(id.0 as usize).map(|h| h.clauses.clone()).unwrap_or_default();
            for clause in &clauses {
                if let HandledBy::Cell(cell) = clause.by {
                    self.use_cell(cell, path.span);
                }
            }
            return clauses;
        }
        let names = self.scopes.get(self.body.module).map(|scope| &scope.names);
        let mut known: Vec<&str> = names
            .into_iter()
            .flatten()
            .filter(|(_, entry)| matches!(entry.def, Def::Handler(_)))
            .map(|(name, _)| *name)
            .collect();
        known.sort_unstable();
        if !path.parts.first().is_some_and(|first| self.is_unread(&first.text) || first.text.is_empty()) {
            let name = path.dotted();
            let help = did_you_mean(&name, known.iter().copied()).unwrap_or_else(|| {
                "Declare it, `handler NAME … end`, or write clauses: `Effect.operation(x) => value`."
                    .to_string()
            });
            self.report(
                Diagnostic::error("E0201", path.span, format!("There is no handler `{name}`.")).help(help),
            );
        }
        Vec::new()
    }

    fn with_clause(
        &mut self,
        clause: &'a WithClause,
        operation: Operation,
        value: &Type,
        want: Option<&Type>,
    ) -> Type {
        let Some(def) = self.operation_def(operation) else { return Type::Error };
        self.same_count(&clause.path, clause.params.len(), &def);
        let type_params = self.type_params_of(def.cell);
        let (outer, dicts, from) =
            (self.body.type_params.len(), self.body.dicts.len(), self.body.sites.len());
        self.body.type_params.extend(type_params.iter().cloned());
        let given = self.handled_function(clause.id, |c| {
            let locals = c.more_dicts(&type_params);
            c.out.clause_dicts.insert(clause.id, locals);
            for (place, param) in clause.params.iter().enumerate() {
                c.no_default(param);
                let ty = def.params.get(place).map_or(Type::Error, |p| p.ty.clone());
                if let Some(stated) = &param.ty {
                    let found = c.type_expr(stated);
                    c.same_type(stated.span, &found, &ty, &format!("`{}`", param.name.text));
                }
                c.set_type(param.id, ty.clone());
                let local = c.bind(param.id, &param.name.text, ty, false, param.name.span);
                c.mark_parameter(local);
            }
            let resume = Type::function(vec![def.ret.clone()], value.clone());
            let local = c.bind(clause.id, RESUME, resume, false, clause.path.span);
            c.mark_parameter(local);
            c.block_value(&clause.body, want)
        });
        self.body.type_params.truncate(outer);
        self.body.dicts.truncate(dicts);
        if self.row_of(operation).is_some()
            && let Some(sites) = self.body.sites.get(from..).filter(|sites| !sites.is_empty())
        {
            self.clause_sites.push((sites.to_vec(), operation));
        }
        given
    }

    /// The row that an operation states, and the file that it stands in.
    fn row_of(&self, operation: Operation) -> Option<(usize, &'a [Path])> {
        let def = self.out.effects.get(operation.effect.0 as usize)?.operations.get(operation.index)?;
        let source = self.cells.get(def.cell.0 as usize)?;
        Some((source.module, source.cell.sig.row.as_deref()?))
    }

    /// The row of an operation says what a clause of it does at most.
    pub(crate) fn check_clauses(&mut self, rows: &[BTreeSet<String>]) {
        let mut clauses = std::mem::take(&mut self.clause_sites);
        for (source, def) in self.cells.iter().zip(&self.out.cells) {
            clauses.extend(def.handles.map(|operation| (source.sites.clone(), operation)));
        }
        for (sites, operation) in &clauses {
            let operation = *operation;
            let Some((module, row)) = self.row_of(operation) else { continue };
            let allowed = self.allowed(module, row);
            for site in sites {
                let found: Vec<&String> = match &site.cause {
                    Cause::Effect { name, .. } => vec![name],
                    Cause::Call(id) => rows.get(id.0 as usize).into_iter().flatten().collect(),
                };
                let other = found.into_iter().find(|effect| {
                    !is_handled(&site.handled, effect) && !allowed.iter().any(|a| covers(a, effect))
                });
                let Some(effect) = other else { continue };
                let name = self.out.operation_name(operation);
                let message = format!(
                    "This clause has the effect `{effect}`, which the row of `{name}` does not allow."
                );
                let mut diagnostic = Diagnostic::error("E0107", site.span, message)
                    .help("Do it around the `handle`, or widen the row where the operation is declared.");
                if let Some(def) = self.operation_def(operation) {
                    diagnostic = diagnostic.label(def.span, "the operation");
                }
                self.report(diagnostic);
                break;
            }
        }
    }

    /// Checks a part of a `handle`, which is a function of its own.
    pub(crate) fn handled_function(&mut self, id: NodeId, inner: impl FnOnce(&mut Self) -> Type) -> Type {
        let facts = self.body.facts.len();
        let locals = self.body.locals.len();
        let function = Function::new(None, Returns::Nowhere);
        self.body.functions.push(Function { lambda: Some(id), handling: true, ..function });
        self.out.captures.entry(id).or_default();
        let ty = inner(self);
        self.body.functions.pop();
        self.body.locals.truncate(locals);
        self.forget_to(facts);
        ty
    }

    /// What the statements, `main` and the tests perform must be handled.
    pub(crate) fn check_handled(&mut self, rows: &[BTreeSet<String>]) {
        if self.out.effects.is_empty() {
            return;
        }
        let mut starts = self.touched.sites();
        starts.push(std::mem::take(&mut self.tested));
        let root = self.root();
        let mains = self.cells.iter().filter(|c| c.module == root && c.cell.sig.name.dotted() == "main");
        starts.extend(mains.map(|c| c.sites.clone()));
        let operations: Vec<String> =
            (0..self.out.effects.len()).flat_map(|id| self.operations_of(EffectId(id as u32))).collect();
        // A tool carries these out, which a grant allows.
        let carried: BTreeSet<String> =
            self.out.carried_out.keys().map(|operation| self.out.operation_name(*operation)).collect();
        for sites in starts {
            for name in operations.iter().filter(|name| !carried.contains(*name)) {
                let open = |site: &EffectSite| match &site.cause {
                    Cause::Effect { name: found, .. } => found == name,
                    Cause::Call(id) => {
                        rows.get(id.0 as usize).is_some_and(|row| row.contains(name))
                            && !is_handled(&site.handled, name)
                    }
                };
                if !sites.iter().any(open) {
                    continue;
                }
                let Some((span, cells)) = self.path_to(&sites, name, true) else { continue };
                let through: Vec<String> = cells
                    .iter()
                    .filter_map(|id| self.out.cells.get(id.0 as usize))
                    .map(|cell| format!("`{}`", cell.name))
                    .collect();
                let through = match through.as_slice() {
                    [] => String::new(),
                    cells => format!(" through {}", cells.join(", ")),
                };
                self.report(
                    Diagnostic::error("E0107", span, format!("Nothing handles `{name}`, performed here{through}."))
                        .help(format!(
                            "Handle it around this: `handle … with {name}(…) => resume(…) end`, or a declared handler."
                        )),
                );
            }
        }
    }
}
