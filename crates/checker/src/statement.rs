//! Statements, blocks, loops and assignments.

use syntax::ast::{Block, Condition, Expr, ExprKind, Name, PatternKind, Stmt, StmtKind, TypeExpr};
use syntax::{Applicability, Diagnostic, Edit, Span};

use crate::Type;
use crate::assigned::assigned_names;
use crate::checked::{Callee, Use};
use crate::checker::{Checker, Def, Loop, Returns};
use crate::control::Branch;

/// Pure builtins that are called in vain by who takes them to change what they are given.
const CHANGED: &[&str] = &[
    "append",
    "add",
    "remove",
    "merge",
    "sort",
    "sort_desc",
    "sort_by",
    "sort_by_key",
    "reverse",
    "drop",
    "replace",
    "unique",
    "flatten",
    "union",
    "intersection",
    "difference",
    "upper",
    "lower",
    "trim",
];

impl<'a> Checker<'a> {
    /// The block's value: that of its last statement, an expression; otherwise null.
    pub(crate) fn block_value(&mut self, block: &'a Block, want: Option<&Type>) -> Type {
        self.scoped(|c| {
            let Some((last, before)) = block.stmts.split_last() else {
                return Type::Null;
            };
            for stmt in before {
                if c.statement(stmt) {
                    // What follows is never reached, but still checked.
                    c.rest(&block.stmts, stmt);
                    return Type::Never;
                }
            }
            match &last.kind {
                StmtKind::Expr(e) => c.infer(e, want),
                _ if c.statement(last) => Type::Never,
                _ => Type::Null,
            }
        })
    }

    fn rest(&mut self, stmts: &'a [Stmt], after: &Stmt) {
        for stmt in stmts.iter().skip_while(|s| s.id != after.id).skip(1) {
            self.statement(stmt);
        }
    }

    /// Runs a block for what it does; whether it never reaches its end.
    pub(crate) fn exec_block(&mut self, block: &'a Block) -> bool {
        self.scoped(|c| {
            let mut ends = false;
            for stmt in &block.stmts {
                ends |= c.statement(stmt);
            }
            ends
        })
    }

    /// The body of a function with a block: checks what its last statement gives, and what it returns in all.
    pub(crate) fn function_block(&mut self, block: &'a Block) -> Type {
        match &self.function().ret {
            Returns::Stated(Type::Null) => {
                self.exec_block(block);
                Type::Null
            }
            Returns::Stated(ret) => {
                let ret = ret.clone();
                let found = self.block_value(block, Some(&ret));
                self.finish_stated(block, &found, &ret);
                ret
            }
            _ => {
                let found = self.block_value(block, None);
                let last = match tail(block) {
                    Some(e) => Some((e.id, found)),
                    None => Some((block.id, found)),
                };
                self.close_returns(last)
            }
        }
    }

    fn finish_stated(&mut self, block: &'a Block, found: &Type, ret: &Type) {
        match tail(block) {
            Some(e) => {
                let no_value = self.resolve(found) == Type::Null && !self.resolve(ret).admits_null();
                if no_value && !matches!(e.kind, ExprKind::Null | ExprKind::Name(_) | ExprKind::Field { .. })
                {
                    self.missing_value(e.span, ret);
                } else {
                    self.flow(e, found, ret);
                }
            }
            None if *found == Type::Never || self.fits(&Type::Null, ret) => {}
            None => {
                let span = block.stmts.last().map_or(block.span, |s| s.span);
                self.missing_value(span, ret);
            }
        }
    }

    fn missing_value(&mut self, span: Span, ret: &Type) {
        let shown = self.show(ret);
        self.report(
            Diagnostic::error(
                "E0206",
                span,
                format!("The cell returns {shown}, but this path ends without a value."),
            )
            .help("End it with an expression or `return`, give an `if` its `else`, or declare `-> Null`."),
        );
    }

    /// Checks an expression for what it does; whether it never comes back.
    pub(crate) fn exec_expr(&mut self, e: &'a Expr) -> bool {
        match &e.kind {
            ExprKind::If { condition, then, otherwise } => {
                let never = self.exec_if(condition, then, otherwise.as_ref());
                self.set_type(e.id, if never { Type::Never } else { Type::Null });
                never
            }
            ExprKind::Match { subject, arms } => {
                let ty = self.match_expr(e, subject, arms, None, true);
                self.set_type(e.id, ty.clone());
                ty == Type::Never
            }
            ExprKind::Role { role, parts } => {
                self.role_statement(e, &role.name, parts, role.text_span);
                false
            }
            ExprKind::Do(block) => {
                let never = self.exec_block(block);
                self.set_type(e.id, if never { Type::Never } else { Type::Null });
                never
            }
            _ => {
                let said = self.out.diagnostics.len();
                let ty = self.infer(e, None);
                // A faulty call has a message of its own.
                if self.out.diagnostics.get(said..).is_none_or(|new| !new.iter().any(Diagnostic::is_error)) {
                    self.check_pure(e, &ty);
                }
                self.check_used(e, &ty);
                self.resolve(&ty) == Type::Never
            }
        }
    }

    /// What a builtin gives that changes nothing, where nobody looks at it: a collection stays as it was.
    fn check_pure(&mut self, e: &'a Expr, ty: &Type) {
        let ExprKind::Call { callee, args, .. } = &e.kind else { return };
        let Some(Callee::Core(name)) = self.out.calls.get(&e.id).map(|call| &call.callee) else { return };
        if !CHANGED.contains(&name.as_str()) {
            return;
        }
        let shown = self.show(&self.resolve(ty));
        // The name as it is written, which may be another than the table's; and what it is called on.
        let (name, subject) = match &callee.kind {
            ExprKind::Field { base, name, .. } => (name.text.clone(), Some(&**base)),
            ExprKind::Name(name) => (name.clone(), args.first().map(|arg| &arg.value)),
            _ => (name.clone(), None),
        };
        let help = match subject.map(|subject| &subject.kind) {
            Some(ExprKind::Name(subject)) => format!(
                "`{subject}` stays as it was, since values do not change: write `{subject} = {subject}.{name}(…)`."
            ),
            _ => "It is a new value, so this line does nothing: use the value, or take the line out."
                .to_string(),
        };
        self.warn(
            Diagnostic::warning("W0209", e.span, format!("The {shown} that `{name}` gives is not used."))
                .help(help),
        );
    }

    /// A result that nobody looks at hides its error.
    fn check_used(&mut self, e: &'a Expr, ty: &Type) {
        let must = matches!(&e.kind, ExprKind::Call { .. })
            && match self.out.calls.get(&e.id).map(|call| &call.callee) {
                Some(crate::checked::Callee::Cell(id)) => {
                    self.cells.get(id.0 as usize).is_some_and(|c| c.must_use)
                }
                _ => false,
            };
        if must || matches!(self.resolve(ty), Type::Result(..)) {
            let shown = self.show(ty);
            self.warn(Diagnostic::warning("W0209", e.span, format!("The {shown} is not used.")).help(
                "Handle its error with `?` or `try … else`, or say that it does not matter: `let _ = …`.",
            ));
        }
    }

    /// Checks a statement; whether what follows it is never reached.
    pub(crate) fn statement(&mut self, stmt: &'a Stmt) -> bool {
        match &stmt.kind {
            StmtKind::Let { mutable, pattern, ty, value, otherwise } => {
                self.let_statement(*mutable, pattern, ty.as_deref(), value, otherwise.as_deref());
                self.type_of(value.id) == Type::Never
            }
            StmtKind::Assign { place, op, value } => {
                self.assign(stmt, place, *op, value);
                false
            }
            StmtKind::For { label, pattern, iterable, filter, body } => {
                let ty = self.infer(iterable, None);
                let element = self.element_of(iterable, &ty, pattern.id);
                self.in_loop(label.as_deref(), None, body, |c| {
                    c.bind_pattern(pattern, &element, false);
                    if let Some(filter) = filter {
                        let facts = c.test(filter);
                        c.assume(facts.then);
                    }
                    c.exec_block(body);
                });
                false
            }
            StmtKind::While { label, condition, body } => {
                let looped = self.in_loop(label.as_deref(), None, body, |c| {
                    c.scoped(|c| {
                        c.enter_condition(condition);
                        c.exec_block(body);
                    });
                });
                let forever =
                    matches!(&**condition, Condition::Expr(e) if matches!(e.kind, ExprKind::Bool(true)));
                forever && !looped.breaks
            }
            StmtKind::Break { label, value } => {
                self.break_statement(stmt, label.as_deref(), value.as_deref());
                true
            }
            StmtKind::Continue { label } => {
                self.find_loop(stmt.span, label.as_deref(), "continue");
                true
            }
            StmtKind::Return(value) => {
                self.return_statement(stmt, value.as_deref());
                true
            }
            StmtKind::Emit(value) => {
                self.infer(value, None);
                false
            }
            StmtKind::Halt(message) => {
                self.check(message, &Type::String);
                true
            }
            StmtKind::Yield(value) => {
                self.yield_statement(stmt, value);
                false
            }
            StmtKind::Assert { condition, message } => {
                let facts = self.test(condition);
                self.assume(facts.then);
                if let Some(message) = message {
                    self.check(message, &Type::String);
                }
                matches!(condition.kind, ExprKind::Bool(false))
            }
            StmtKind::Defer(block) => {
                let facts = self.body.facts.len();
                let loops = self.function().loops.len();
                let outer = self.function().deferred.replace(loops);
                self.exec_block(block);
                self.function().deferred = outer;
                self.forget_to(facts);
                false
            }
            StmtKind::Cell(item) => {
                self.inner_cell(item);
                false
            }
            StmtKind::Expr(e) => self.exec_expr(e),
            StmtKind::Error => false,
        }
    }

    fn let_statement(
        &mut self,
        mutable: bool,
        pattern: &'a syntax::ast::Pattern,
        ty: Option<&'a TypeExpr>,
        value: &'a Expr,
        otherwise: Option<&'a Block>,
    ) {
        let outer = match &pattern.kind {
            PatternKind::Bind { name, .. } if self.loop_depth() > 0 => self.uses_of(&name.text),
            _ => None,
        };
        let written = ty.or(match &pattern.kind {
            // With an `else` the pattern's type is a test.
            PatternKind::Bind { ty, .. } if otherwise.is_none() => ty.as_deref(),
            _ => None,
        });
        let stated = written.map(|ty| match &pattern.kind {
            PatternKind::Bind { .. } => self.placed_value_type(ty),
            _ => self.type_expr(ty),
        });
        if let Some(ty) = written {
            self.check_constant(ty.id, value, value.span);
        }
        let found = match &stated {
            Some(ty) => {
                self.check(value, ty);
                ty.clone()
            }
            None => self.infer(value, None),
        };
        let mut rebinds = false;
        if let (Some((root, before)), PatternKind::Bind { name, .. }) = (outer, &pattern.kind)
            && self.uses_of(&name.text).is_some_and(|(_, after)| after > before)
        {
            let mut diagnostic = Diagnostic::error(
                "E0210",
                name.span,
                format!("`let {}` in the loop makes a new variable in each turn, and the outer `{}` stays as it is.", name.text, name.text),
            )
            .help("To change the outer variable, assign it: drop the `let`. For a new one, take another name.");
            if let Some(local) = self.span_of(&root) {
                diagnostic = diagnostic.label(local, "the outer variable");
            }
            let let_span = Span { end: name.span.start, start: pattern.span.start, ..pattern.span };
            let start = let_start(let_span, value);
            rebinds = true;
            self.report(diagnostic.fix(
                "drop `let`",
                Applicability::Maybe,
                vec![Edit { span: start, text: String::new() }],
            ));
        }
        if self.resolve(&found) == Type::Null && stated.is_none() && mutable {
            // `let mut x = null` learns what else it may be from its assignments.
            let rest = self.fresh();
            let ty = Type::Union([Type::Null, rest].into());
            self.flows.push((value.id, Type::Null, ty.clone()));
            self.bind_pattern(pattern, &ty, mutable);
        } else {
            self.bind_pattern(pattern, &found, mutable);
        }
        if let Some(ty) = written {
            self.keep(ty, self.out.bound.get(&pattern.id).cloned());
            self.check_shape(ty.id, value, &mut std::collections::HashMap::new());
        }
        if !mutable && matches!(pattern.kind, PatternKind::Bind { .. }) {
            let variable = self.out.bound.get(&pattern.id).cloned();
            self.learn_shape(variable.as_ref(), written.map(|ty| ty.id), Some(value));
        }
        if let Some(Use::Local(id)) = self.out.bound.get(&pattern.id)
            && let Some(info) = self.local_info.get_mut(id.0 as usize)
        {
            info.lint = matches!(pattern.kind, PatternKind::Bind { .. }) && !rebinds;
        }
        if let Some(block) = otherwise {
            let facts = self.body.facts.len();
            if !self.exec_block(block) {
                self.report(
                    Diagnostic::error(
                        "E0206",
                        block.span,
                        "The `else` of a `let` must leave: nothing is bound after it.",
                    )
                    .help("End it with `return`, `break` or `continue`."),
                );
            }
            self.forget_to(facts);
        } else {
            self.check_irrefutable(pattern, &found);
        }
    }

    fn uses_of(&self, name: &str) -> Option<(Use, usize)> {
        let depth = self.loop_depth();
        match self.find_local(name)? {
            Use::Local(id) => {
                let info = self.local_info.get(id.0 as usize)?;
                let here = info.function + 1 == self.body.functions.len();
                (here && info.loops < depth).then_some((Use::Local(id), info.uses))
            }
            _ => None,
        }
    }

    fn span_of(&self, root: &Use) -> Option<Span> {
        match root {
            Use::Local(id) => self.out.locals.get(id.0 as usize).map(|l| l.span),
            Use::Global(id) => self.out.globals.get(id.0 as usize).map(|g| g.span),
            _ => None,
        }
    }

    /// Checks a loop's body with what stays known through every turn.
    pub(crate) fn in_loop(
        &mut self,
        label: Option<&Name>,
        value: Option<Vec<Branch>>,
        body: &'a Block,
        run: impl FnOnce(&mut Self),
    ) -> Loop {
        for name in assigned_names(body) {
            let root = match self.find_local(name) {
                Some(root) => Some(root),
                None => self.find(name).and_then(|entry| match entry.def {
                    Def::Global(id) => Some(Use::Global(id)),
                    _ => None,
                }),
            };
            if let Some(root) = root {
                self.forget(&root);
            }
        }
        let facts = self.body.facts.len();
        let entered = Loop { label: label.map(|l| l.text.clone()), value, breaks: false };
        self.function().loops.push(entered);
        self.scoped(run);
        let left = self.function().loops.pop();
        self.forget_to(facts);
        left.unwrap_or(Loop { label: None, value: None, breaks: false })
    }

    fn find_loop(&mut self, span: Span, label: Option<&Name>, word: &str) -> Option<usize> {
        let function = self.function();
        let outside = function.deferred.unwrap_or(0);
        let loops = &function.loops;
        let found = match label {
            None => loops.len().checked_sub(1),
            Some(label) => loops.iter().rposition(|l| l.label.as_deref() == Some(&label.text)),
        };
        if found.is_none() {
            let message = match label {
                Some(label) => format!("No loop around this `{word}` is labelled `@{}`.", label.text),
                None => format!("`{word}` stands in no loop."),
            };
            self.error("E0202", span, message);
        }
        if found.is_some_and(|index| index < outside) {
            self.leaves_deferred(span, word);
            return None;
        }
        found
    }

    /// What is deferred runs on the way out already.
    pub(crate) fn leaves_deferred(&mut self, span: Span, word: &str) {
        self.report(
            Diagnostic::error("E0202", span, format!("`{word}` cannot leave a `defer`.")).help(
                "The block runs while the code around it is left, and runs to its own end: use an `if`.",
            ),
        );
    }

    fn break_statement(&mut self, stmt: &'a Stmt, label: Option<&Name>, value: Option<&'a Expr>) {
        let ty = value.map(|value| self.infer(value, None));
        let Some(index) = self.find_loop(stmt.span, label, "break") else {
            return;
        };
        let target = &mut self.function().loops[index];
        target.breaks = true;
        match (&mut target.value, ty) {
            (Some(values), ty) => {
                values.push(Branch { id: value.map(|e| e.id), ty: ty.unwrap_or(Type::Null) });
            }
            (None, Some(_)) => self.report(
                Diagnostic::error("E0200", stmt.span, "`for` and `while` have no value to break with.").help(
                    "Only `loop` yields the value of its `break`: assign to a variable, or use `loop`.",
                ),
            ),
            (None, None) => {}
        }
    }

    fn return_statement(&mut self, stmt: &'a Stmt, value: Option<&'a Expr>) {
        if self.function().deferred.is_some() {
            if let Some(value) = value {
                self.infer(value, None);
            }
            return self.leaves_deferred(stmt.span, "return");
        }
        if self.function().yields.is_some()
            && let Some(value) = value
        {
            return self.return_of_generator(value);
        }
        let handling = self.function().handling;
        match &self.function().ret {
            Returns::Nowhere if handling => {
                if let Some(value) = value {
                    self.infer(value, None);
                }
                self.report(
                    Diagnostic::error(
                        "E0202",
                        stmt.span,
                        "`return` cannot leave the cell from inside a `handle`.",
                    )
                    .help("The value of the `handle` is that of its body, or of a clause: end the block with it."),
                );
            }
            Returns::Nowhere => {
                if let Some(value) = value {
                    self.infer(value, None);
                }
                self.report(
                    Diagnostic::error("E0202", stmt.span, "`return` stands in no cell.")
                        .help("A top-level statement has nothing to return from."),
                );
            }
            Returns::Stated(ret) => {
                let ret = ret.clone();
                match value {
                    Some(value) => {
                        self.check(value, &ret);
                    }
                    None if self.fits(&Type::Null, &ret) => {}
                    None => self.missing_value(stmt.span, &ret),
                }
            }
            Returns::Inferred(_) => {
                let ty = value.map_or(Type::Null, |value| self.infer(value, None));
                let function = self.function();
                if let Some(value) = value {
                    function.returned.push((value.id, ty.clone()));
                }
                if let Returns::Inferred(found) = &mut function.ret {
                    found.push(ty);
                }
            }
        }
    }

    fn assign(
        &mut self,
        stmt: &'a Stmt,
        place: &'a Expr,
        op: Option<syntax::ast::BinaryOp>,
        value: &'a Expr,
    ) {
        let Some((root, target)) = self.assigned_place(place) else {
            self.infer(value, None);
            return;
        };
        match op {
            None => {
                self.check(value, &target);
            }
            Some(op) => {
                let right = self.infer(value, Some(&target));
                let result = self.operate(stmt.id, stmt.span, op, (place, &target), (value, &right));
                if !self.fits(&result, &target) {
                    let (found, wanted) = (self.show(&result), self.show(&target));
                    let help = if wanted == "Int" && found == "Float" {
                        "Start the variable as a Float, for example with `0.0`."
                    } else {
                        "Assign to a variable of that type."
                    };
                    self.report(
                        Diagnostic::error(
                            "E0200",
                            stmt.span,
                            format!("`{}=` gives {found}, but the place holds {wanted}.", op.symbol()),
                        )
                        .help(help),
                    );
                }
            }
        }
        self.forget(&root);
    }

    /// The variable that an assignment changes, and the type of the place.
    fn assigned_place(&mut self, place: &'a Expr) -> Option<(Use, Type)> {
        match &place.kind {
            ExprKind::Name(name) => {
                let (root, ty) = self.assigned_name(place, name)?;
                self.set_type(place.id, ty.clone());
                Some((root, ty))
            }
            ExprKind::Field { base, name, optional: false } => {
                let (root, base_ty) = self.assigned_place(base)?;
                let ty = self.assigned_field(place, base, name, &base_ty)?;
                self.set_type(place.id, ty.clone());
                Some((root, ty))
            }
            ExprKind::Index { base, index, optional: false } => {
                let (root, base_ty) = self.assigned_place(base)?;
                let base_ty = self.resolve(&base_ty);
                let ty = match &base_ty {
                    Type::List(element) => {
                        self.check(index, &Type::Int);
                        (**element).clone()
                    }
                    Type::Map(key, value) => {
                        self.check(index, key);
                        (**value).clone()
                    }
                    Type::Json => {
                        self.infer(index, None);
                        Type::Json
                    }
                    Type::Error => {
                        self.infer(index, None);
                        return None;
                    }
                    other => {
                        self.infer(index, None);
                        let shown = self.show(other);
                        let help = match other {
                            Type::Frame(_) => "Frames are values: `frame = frame.assign(name: series)`.",
                            Type::String => "Strings are values: build a new one with `slice` and `+`.",
                            _ => "Elements of lists and maps can be assigned.",
                        };
                        self.report(
                            Diagnostic::error(
                                "E0207",
                                place.span,
                                format!("An element of a {shown} cannot be assigned."),
                            )
                            .help(help),
                        );
                        return None;
                    }
                };
                self.set_type(place.id, ty.clone());
                Some((root, ty))
            }
            // The parser has refused it.
            _ => {
                self.infer(place, None);
                None
            }
        }
    }

    fn assigned_field(&mut self, place: &'a Expr, base: &'a Expr, name: &'a Name, ty: &Type) -> Option<Type> {
        match self.resolve(ty) {
            Type::Record(..) | Type::Error => {}
            Type::Frame(_) => {
                self.report(
                    Diagnostic::error("E0207", place.span, "A column of a frame cannot be assigned.")
                        .help(format!("Frames are values: `frame = frame.assign({}: series)`.", name.text)),
                );
                return None;
            }
            other => {
                let shown = self.show(&other);
                self.error("E0207", place.span, format!("A part of a {shown} cannot be assigned."));
                return None;
            }
        }
        let ty = self.field_type(place, base, ty, name);
        (ty != Type::Error).then_some(ty)
    }

    fn assigned_name(&mut self, place: &'a Expr, name: &str) -> Option<(Use, Type)> {
        let local = self.find_local(name);
        let root = match local {
            Some(root) => root,
            None => match self.find(name).map(|entry| (entry.def.clone(), entry.span)) {
                Some((Def::Global(id), _)) => Use::Global(id),
                Some((Def::State(id), span)) => {
                    self.state_assigned(place, id, span);
                    return None;
                }
                Some((_, span)) => {
                    self.report(
                        Diagnostic::error(
                            "E0207",
                            place.span,
                            format!("`{name}` is a declaration and cannot be assigned."),
                        )
                        .label(span, "declared here"),
                    );
                    return None;
                }
                None => {
                    let found = self.infer(place, None);
                    debug_assert!(found == Type::Error || found != Type::Never);
                    return None;
                }
            },
        };
        self.out.uses.insert(place.id, root.clone());
        match &root {
            Use::Local(id) => {
                let uses = self.local_info.get(id.0 as usize).map(|i| i.uses);
                self.touch_local(*id);
                if let (Some(info), Some(uses)) = (self.local_info.get_mut(id.0 as usize), uses) {
                    // Writing alone is no use.
                    info.uses = uses;
                }
                let (ty, mutable, span) = {
                    let local = self.out.locals.get(id.0 as usize)?;
                    (local.ty.clone(), local.mutable, local.span)
                };
                if !mutable {
                    let parameter = self.local_info.get(id.0 as usize).is_some_and(|i| i.parameter);
                    self.immutable(place.span, name, span, parameter);
                    if let Some(local) = self.out.locals.get_mut(id.0 as usize) {
                        local.mutable = true;
                    }
                }
                Some((root, ty))
            }
            Use::Global(id) => {
                let (ty, mutable, span) = {
                    let global = self.out.globals.get(id.0 as usize)?;
                    (global.ty.clone(), global.mutable, global.span)
                };
                if self.body.cell.is_some() || self.body.functions.len() > 1 {
                    self.report(
                        Diagnostic::error(
                            "E0207",
                            place.span,
                            format!("A cell cannot change the result `{name}`."),
                        )
                        .label(span, "the result")
                        .help("Return the new value, and assign it where the result is made."),
                    );
                    return None;
                }
                self.body.assigns.insert(*id);
                if !mutable {
                    self.immutable(place.span, name, span, name == "inputs");
                    if let Some(global) = self.out.globals.get_mut(id.0 as usize) {
                        global.mutable = true;
                    }
                }
                Some((root, ty))
            }
            _ => None,
        }
    }

    fn immutable(&mut self, at: Span, name: &str, declared: Span, parameter: bool) {
        let diagnostic =
            Diagnostic::warning("W0207", at, format!("`{name}` is assigned, but was not declared `mut`."))
                .label(declared, "declared here");
        let diagnostic = if parameter {
            diagnostic.help(format!("Copy it into a variable first: `let mut {name} = {name}`."))
        } else {
            diagnostic.help(format!("Declare it with `let mut {name}`.")).fix(
                format!("declare `mut {name}`"),
                Applicability::Safe,
                vec![Edit { span: declared.at_start(), text: "mut ".to_string() }],
            )
        };
        self.warn(diagnostic);
    }
}

/// The expression whose value is the block's.
pub(crate) fn tail(block: &Block) -> Option<&Expr> {
    match &block.stmts.last()?.kind {
        StmtKind::Expr(e) => Some(e),
        _ => None,
    }
}

/// The place of `let ` before a pattern: the word and a blank.
fn let_start(before: Span, value: &Expr) -> Span {
    let start = before.start.saturating_sub("let ".len() as u32);
    Span { start, end: before.start.min(value.span.start), ..before }
}
