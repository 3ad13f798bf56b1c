//! Upserts: what is written, which conditions the store can decide, and the reason.

use std::collections::BTreeSet;

use syntax::ast::{BinaryOp, Expr, ExprKind, TypeExprKind, UnaryOp, Upsert, Write};
use syntax::{Diagnostic, Span};

use crate::Type;
use crate::checked::{StateId, Use};
use crate::checker::{Cause, Checker, Quiet};
use crate::nearest::did_you_mean;

impl<'a> Checker<'a> {
    pub(crate) fn upsert(&mut self, e: &'a Expr, upsert: &'a Upsert) -> Type {
        for write in &upsert.writes {
            self.state_write(write);
        }
        if let Some(guard) = &upsert.guard {
            let before = self.body.sites.len();
            let facts = self.body.facts.len();
            self.test(guard);
            self.forget_to(facts);
            let sites = self.body.sites.get(before..).unwrap_or_default().to_vec();
            let reads =
                sites.iter().filter(|s| matches!(&s.cause, Cause::Effect { name, .. } if name == "state"));
            let reads: Vec<Span> = reads.map(|s| s.span).collect();
            self.quiet_sites.push((Quiet::Guard, sites));
            Guard { checker: self, reads }.check(guard);
        }
        self.reason(&upsert.because);
        self.effect("state", e.span);
        Type::result(Type::Null, Type::refused())
    }

    fn reason(&mut self, because: &'a Expr) {
        let found = self.infer(because, None);
        let found = self.resolve(&found);
        match found {
            Type::Error | Type::Never => {}
            Type::Record(..) => {
                if let Some(part) = self.fleeting(&found, &mut BTreeSet::new()) {
                    let shown = self.show(&part);
                    let message = format!("The reason of an upsert is kept, and cannot hold a {shown}.");
                    self.report(
                        Diagnostic::error("E0431", because.span, message)
                            .help("Give the record fields of numbers, texts, enums, records and lists."),
                    );
                }
            }
            other => {
                let shown = self.show(&other);
                self.report(
                    Diagnostic::error(
                        "E0200",
                        because.span,
                        format!("The reason of an upsert is a record, found {shown}."),
                    )
                    .help("Declare what is to be known of it: `record Correct(by: String)`, then `because Correct(by: \"audit\")`."),
                );
            }
        }
    }

    fn state_write(&mut self, write: &'a Write) {
        let Some(value) = self.written_entry(&write.place) else {
            self.infer(&write.value, None);
            return;
        };
        self.set_type(write.place.id, value.clone());
        if let Some(op) = write.op
            && !matches!(value, Type::Int | Type::Error)
        {
            let (shown, op) = (self.show(&value), op.symbol());
            self.infer(&write.value, None);
            self.report(
                Diagnostic::error(
                    "E0200",
                    write.span,
                    format!("`{op}=` in an upsert takes an Int, found {shown}."),
                )
                .help("Write the new value with `=`."),
            );
            return;
        }
        if write.takes_away() {
            self.infer(&write.value, None);
            return;
        }
        self.check(&write.value, &value);
    }

    /// The type of the state or entry that is written; what is none is reported.
    fn written_entry(&mut self, place: &'a Expr) -> Option<Type> {
        if self.is_name(place) {
            let id = self.written_state(place)?;
            self.out.uses.insert(place.id, Use::State(id));
            let def = self.out.states.get(id.0 as usize)?;
            if def.key.is_none() {
                return Some(def.value.clone());
            }
            let name = def.name.clone();
            let message = format!("The state `{name}` is a map, which is written entry by entry.");
            self.misplaced(place.span, message, format!("Write `{name}[key] = value`."));
            return None;
        }
        match &place.kind {
            ExprKind::Index { base, index, .. } if !self.is_name(base) => {
                self.infer(index, None);
                self.inner_place(place)
            }
            ExprKind::Index { base, index, optional } => {
                let Some(id) = self.written_state(base) else {
                    self.infer(index, None);
                    return None;
                };
                self.out.uses.insert(base.id, Use::State(id));
                let ty = self.state_type(id);
                self.set_type(base.id, ty);
                let def = self.out.states.get(id.0 as usize)?;
                let (name, key, value) = (def.name.clone(), def.key.clone(), def.value.clone());
                let Some(key) = key else {
                    self.infer(index, None);
                    return self.inner_place(place);
                };
                self.check(index, &key);
                if *optional {
                    self.misplaced(
                        place.span,
                        "An entry is written with `[`.".to_string(),
                        format!("Write `{name}[key]`."),
                    );
                    return None;
                }
                Some(value)
            }
            ExprKind::Field { .. } => self.inner_place(place),
            // Reported by the parser.
            _ => None,
        }
    }

    /// `cash`, or `ledger.cash` of an imported file.
    fn is_name(&self, place: &Expr) -> bool {
        match &place.kind {
            ExprKind::Name(_) => true,
            ExprKind::Field { base, .. } => self.imported(base).is_some(),
            _ => false,
        }
    }

    /// The state of that name; what else has the name, or that nothing has it, is reported.
    fn written_state(&mut self, place: &'a Expr) -> Option<StateId> {
        if let Some((id, _)) = self.state_of(place) {
            self.used(&crate::checker::Def::State(id), place.span);
            return Some(id);
        }
        let (name, declared) = match &place.kind {
            ExprKind::Name(name) => {
                let declared = match self.find_local(name) {
                    Some(Use::Local(id)) => self.out.locals.get(id.0 as usize).map(|l| l.span),
                    Some(_) => None,
                    None => match self.find(name) {
                        Some(entry) => Some(entry.span),
                        None => {
                            self.no_state(place, name);
                            return None;
                        }
                    },
                };
                (name.clone(), declared)
            }
            ExprKind::Field { name, .. } => {
                if self.infer(place, None) == Type::Error {
                    return None;
                }
                (name.text.clone(), None)
            }
            _ => return None,
        };
        let message = format!("`{name}` is no state, and an upsert writes nothing else.");
        let help = "Assign variables outside the upsert, behind its `end`.";
        let mut problem = Diagnostic::error("E0432", place.span, message).help(help);
        if let Some(span) = declared {
            problem = problem.label(span, "declared here");
        }
        self.report(problem);
        None
    }

    fn no_state(&mut self, place: &Expr, name: &str) {
        if self.is_unread(name) {
            return;
        }
        let known = self.states_in_sight();
        let mut problem = Diagnostic::error("E0201", place.span, format!("There is no state `{name}`."));
        let near = did_you_mean(name, known.iter().map(String::as_str));
        problem.help =
            Some(near.unwrap_or_else(|| format!("Declare it: `state {name}: Int = 0`, or as a map.")));
        self.report(problem);
    }

    /// A place inside an entry, or of something that is no state.
    fn inner_place(&mut self, place: &'a Expr) -> Option<Type> {
        let mut root = place;
        while !self.is_name(root)
            && let ExprKind::Field { base, .. } | ExprKind::Index { base, .. } = &root.kind
        {
            root = base;
        }
        if self.is_name(root) && self.written_state(root).is_some() {
            let message = "An upsert writes an entry as a whole, not a part of it.".to_string();
            self.misplaced(
                place.span,
                message,
                "Write the entry with the changed value: `orders[7] = Order(…)`.".to_string(),
            );
        }
        None
    }

    fn misplaced(&mut self, span: Span, message: String, help: String) {
        self.report(Diagnostic::error("E0432", span, message).help(help));
    }

    /// Calls in guards that read state themselves, and effects of defaults.
    pub(crate) fn check_quiet(&mut self, rows: &[BTreeSet<String>]) {
        for (place, sites) in std::mem::take(&mut self.quiet_sites) {
            for site in sites {
                let row = |id: &crate::checked::CellId| rows.get(id.0 as usize);
                let called = match &site.cause {
                    Cause::Call(id) => row(id).filter(|row| row.contains("state")).map(|_| *id),
                    Cause::Effect { .. } => None,
                };
                let effect = match &site.cause {
                    Cause::Call(id) => row(id).and_then(|row| row.iter().next().cloned()),
                    Cause::Effect { name, .. } => Some(name.clone()),
                };
                match (place, called, effect) {
                    (Quiet::Guard, Some(id), _) => {
                        let name =
                            self.out.cells.get(id.0 as usize).map_or_else(String::new, |c| c.name.clone());
                        let message =
                            format!("`{name}` reads state before the guard is decided, not with it.");
                        self.report(Diagnostic::error("E0430", site.span, message).help(
                            "Write the condition on the state out in the guard, or call it before the upsert.",
                        ));
                    }
                    (Quiet::Default, _, Some(effect)) => self.report(
                        Diagnostic::error(
                            "E0106",
                            site.span,
                            format!("The first value of a state has no effects, found `{effect}`."),
                        )
                        .help("Start with a constant, and write what is found out with an upsert."),
                    ),
                    _ => {}
                }
            }
        }
    }
}

/// What a guard may say of state: the store decides it with the writes, so that nothing comes between.
struct Guard<'c, 'a> {
    checker: &'c mut Checker<'a>,
    /// Where the guard reads state.
    reads: Vec<Span>,
}

impl Guard<'_, '_> {
    fn is_about_state(&self, e: &Expr) -> bool {
        self.reads.iter().any(|read| e.span.start <= read.start && read.end <= e.span.end)
    }

    fn check(&mut self, e: &Expr) {
        if !self.is_about_state(e) {
            return;
        }
        self.checker.out.guarded.insert(e.id);
        if let Some((id, key)) = self.checker.state_of(e) {
            if let (Some(_), Some(def)) = (key, self.checker.out.states.get(id.0 as usize)) {
                let name = def.name.clone();
                self.refuse(
                    e.span,
                    format!("A guard looks at entries, not at all of `{name}`."),
                    format!("Name the entries it is about: `{name}[key]`."),
                );
            }
            return;
        }
        match &e.kind {
            ExprKind::Unary { op: UnaryOp::Not | UnaryOp::Neg, operand } => self.check(operand),
            ExprKind::Binary { op: BinaryOp::And | BinaryOp::Or, left, right, .. } => {
                self.check(left);
                self.check(right);
            }
            ExprKind::Binary { op: BinaryOp::Add | BinaryOp::Sub | BinaryOp::Mul, left, right, .. } => {
                self.operands(left, right, true);
            }
            ExprKind::Binary { op, left, right, .. } if Checker::is_comparison(*op) => {
                self.operands(left, right, false);
            }
            ExprKind::Binary { op: BinaryOp::In | BinaryOp::NotIn, left, right, .. }
                if self.checker.state_of(right).is_some() =>
            {
                self.key(left);
            }
            ExprKind::Index { base, index, .. } if self.checker.state_of(base).is_some() => self.key(index),
            ExprKind::Is { value, ty, .. } if is_null(&ty.kind) => self.check(value),
            ExprKind::Binary { op: BinaryOp::Coalesce, .. } => self.refuse(
                e.span,
                "The store decides no `??`.".to_string(),
                "Write both cases: `not (k in cash) or cash[k] >= 5`.".to_string(),
            ),
            ExprKind::Binary { op, .. } => self.refuse(
                e.span,
                format!("The store does not compute `{}`.", op.symbol()),
                "Of state it adds, subtracts, multiplies and compares Ints.".to_string(),
            ),
            ExprKind::Field { .. } => self.refuse(
                e.span,
                "The store looks at whole entries, not at their fields.".to_string(),
                "Keep what the guard needs in a state of its own.".to_string(),
            ),
            ExprKind::Call { .. } => self.refuse(
                e.span,
                "The store calls nothing.".to_string(),
                "Say it with `in`, comparisons and `and or not`, or compute it before the upsert."
                    .to_string(),
            ),
            _ => self.refuse(
                e.span,
                "The store cannot decide this part of the guard.".to_string(),
                "Of state a guard has entries, `in`, comparisons, `+ - *`, `and or not`.".to_string(),
            ),
        }
    }

    /// Operands are exact values: in arithmetic Ints, compared also truth, texts, enums and null.
    fn operands(&mut self, left: &Expr, right: &Expr, arithmetic: bool) {
        for operand in [left, right] {
            let found = self.checker.type_of(operand.id);
            let fits = match &found {
                Type::Null => !arithmetic,
                Type::Union(members) => {
                    !arithmetic && members.iter().all(|m| *m == Type::Null || self.checker.is_exact(m))
                }
                other if arithmetic => matches!(other, Type::Int | Type::Error),
                other => self.checker.is_exact(other),
            };
            if !fits {
                let shown = self.checker.show(&found);
                let message = format!("The store compares Int, Bool, String, enums and null, found {shown}.");
                let help = match found.without_null() {
                    Type::Float => "Count in whole units, as cents are, and keep an Int.",
                    _ => "Keep what the guard needs in a state of its own.",
                };
                return self.refuse(operand.span, message, help.to_string());
            }
            self.check(operand);
        }
    }

    /// Which entry is meant is known before the store is asked.
    fn key(&mut self, key: &Expr) {
        if self.is_about_state(key) {
            self.refuse(
                key.span,
                "Which entry a guard looks at cannot itself be read from state there.".to_string(),
                "Read it before the upsert: `let key = …`.".to_string(),
            );
        }
    }

    fn refuse(&mut self, span: Span, message: String, help: String) {
        self.checker.report(Diagnostic::error("E0430", span, message).help(help));
    }
}

fn is_null(ty: &TypeExprKind) -> bool {
    matches!(ty, TypeExprKind::Path { path, args } if args.is_empty() && matches!(path.dotted().as_str(), "null" | "Null"))
}
