//! Durable state: its declarations, how it is read, and what is known of its past.

use std::collections::BTreeSet;

use syntax::ast::{Expr, ExprKind, Item, State};
use syntax::{Diagnostic, Span};

use crate::Type;
use crate::args::{Actual, Source};
use crate::call::Site;
use crate::checked::{Call, CallArg, Callee, Literal, StateDef, StateId, Use};
use crate::checker::{Body, Checker, Def, Function, Quiet, Returns, StateSource};
use crate::nearest::did_you_mean;
use crate::types::{EnumId, RecordId};

impl<'a> Checker<'a> {
    pub(crate) fn enter_state(&mut self, module: usize, item: &'a Item, declared: &'a State) {
        let id = StateId(self.states.len() as u32);
        let own = &declared.name.text;
        let name = match self.program.names.get(&self.file(module)).filter(|_| module != self.root()) {
            Some(file) => format!("{file}.{own}"),
            None => own.clone(),
        };
        self.out.states.push(StateDef {
            name,
            node: item.id,
            key: None,
            value: Type::Error,
            span: declared.name.span,
        });
        self.states.push(StateSource { declared, module });
        self.name(module, &declared.name.text, declared.name.span, item.public, Def::State(id));
        self.deprecate(item, Some(Def::State(id)), declared.name.span);
    }

    /// Resolves the types of all states: a map is kept by its entries, anything else as one value.
    pub(crate) fn resolve_states(&mut self) {
        for index in 0..self.states.len() {
            let (declared, module) = (self.states[index].declared, self.states[index].module);
            self.body.module = module;
            self.body.type_params.clear();
            let ty = self.type_expr(&declared.ty);
            let (key, value) = match self.resolve(&ty) {
                Type::Map(key, value) => (Some((*key).clone()), (*value).clone()),
                other => (None, other),
            };
            self.check_state(declared, key.as_ref(), &value);
            let def = &mut self.out.states[index];
            (def.key, def.value) = (key, value);
        }
    }

    fn check_state(&mut self, declared: &State, key: Option<&Type>, value: &Type) {
        let name = &declared.name.text;
        if let Some(key) = key
            && !self.is_exact(key)
        {
            let shown = self.show(key);
            let message = format!("The entries of a state are not named by values of type {shown}.");
            self.state_error(
                declared.ty.span,
                message,
                "Keys are Int, Bool, String or an enum without payload.",
            );
        }
        if let Some(part) = self.fleeting(value, &mut BTreeSet::new()) {
            let shown = self.show(&part);
            let message = format!("The state `{name}` cannot be kept: it would hold a {shown}.");
            self.state_error(
                declared.ty.span,
                message,
                "Numbers, texts, times, enums, records, collections, frames and tensors outlive a run.",
            );
        }
        match (key, &declared.default) {
            (Some(_), Some(default)) => self.state_error(
                default.span,
                format!("The state `{name}` is a map, which starts without entries."),
                "Leave the value out, and write the first entries with an upsert.",
            ),
            (Some(_), None) if value.admits_null() && *value != Type::Error => self.state_error(
                declared.ty.span,
                format!("An entry of `{name}` could be null, and would look like one that is not there."),
                "Leave the `?` out: an entry that is not there reads as null with `?[`.",
            ),
            (None, None) => self.state_error(
                declared.name.span,
                format!("The state `{name}` has no value to start with."),
                "Write one behind its type: `state total: Int = 0`.",
            ),
            (None, Some(default))
                if value.admits_null()
                    && *value != Type::Error
                    && !matches!(default.kind, ExprKind::Null) =>
            {
                self.state_error(
                    default.span,
                    format!("The state `{name}` may be null, so null is what it starts with."),
                    "Write `= null`, or leave the `?` out of the type.",
                );
            }
            _ => {}
        }
    }

    fn state_error(&mut self, span: Span, message: String, help: &str) {
        self.report(Diagnostic::error("E0431", span, message).help(help));
    }

    /// Values that are compared exactly and have one form: Int, Bool, String, enums without payload.
    pub(crate) fn is_exact(&self, ty: &Type) -> bool {
        match ty {
            Type::Int | Type::Bool | Type::String | Type::Error => true,
            Type::Enum(id, _) => self
                .out
                .enums
                .get(id.0 as usize)
                .is_some_and(|e| e.variants.iter().all(|v| v.fields.is_empty())),
            _ => false,
        }
    }

    /// A part of the type whose values end with the run: functions, handles, what is not known.
    pub(crate) fn fleeting(&self, ty: &Type, seen: &mut BTreeSet<Declared>) -> Option<Type> {
        let mut found = None;
        crate::unify::contains(ty, &mut |part| {
            let inner = match part {
                Type::Fn(_) | Type::Any | Type::Never | Type::Param(_) | Type::Var(_) | Type::GroupBy(_) => {
                    Some(part.clone())
                }
                Type::Engine(of) if !of.is("Tensor") => Some(part.clone()),
                Type::Record(id, _) if seen.insert(Declared::Record(*id)) => {
                    let fields = self.out.records.get(id.0 as usize).map_or(&[][..], |r| &r.fields);
                    fields.iter().find_map(|field| self.fleeting(&field.ty, seen))
                }
                Type::Enum(id, _) if seen.insert(Declared::Enum(*id)) => {
                    let variants = self.out.enums.get(id.0 as usize).map_or(&[][..], |e| &e.variants);
                    variants.iter().flat_map(|v| &v.fields).find_map(|(_, ty)| self.fleeting(ty, seen))
                }
                _ => None,
            };
            found = inner;
            found.is_some()
        });
        found
    }

    /// The value that a state has before its first upsert.
    pub(crate) fn state_default(&mut self, index: usize) {
        let Some(default) = self.states.get(index).and_then(|s| s.declared.default.as_ref()) else {
            return;
        };
        let (module, value) = (self.states[index].module, self.out.states[index].value.clone());
        if self.out.states[index].key.is_some() {
            return;
        }
        let mut body = Body::new(module, None, Returns::Nowhere);
        body.functions.push(Function::new(None, Returns::Nowhere));
        let body = self.in_body(body, |c| {
            c.check(default, &value);
        });
        self.quiet_sites.push((Quiet::Default, body.sites));
    }

    /// The state that the expression names, `cash` or `ledger.cash`, with the type of its keys if it is a map.
    pub(crate) fn state_of(&self, e: &Expr) -> Option<(StateId, Option<Type>)> {
        let def = match &e.kind {
            ExprKind::Name(name) if self.find_local(name).is_none() => &self.find(name)?.def,
            ExprKind::Field { base, name, optional: false } => {
                let members = &self.scopes.get(self.imported(base)?)?.names;
                &members.get(name.text.as_str()).filter(|entry| entry.public)?.def
            }
            _ => return None,
        };
        let Def::State(id) = def else { return None };
        Some((*id, self.out.states.get(id.0 as usize)?.key.clone()))
    }

    /// The imported file that the expression names.
    pub(crate) fn imported(&self, e: &Expr) -> Option<usize> {
        match &e.kind {
            ExprKind::Name(name) if self.find_local(name).is_none() => match self.find(name)?.def {
                Def::Module(target) => Some(target),
                _ => None,
            },
            _ => None,
        }
    }

    /// A state as a value: all entries of a map, else what it holds.
    pub(crate) fn read_state(&mut self, e: &Expr, id: StateId) -> Type {
        self.out.uses.insert(e.id, Use::State(id));
        self.used(&Def::State(id), e.span);
        self.effect("state", e.span);
        self.state_type(id)
    }

    pub(crate) fn state_type(&self, id: StateId) -> Type {
        match self.out.states.get(id.0 as usize) {
            Some(StateDef { key: Some(key), value, .. }) => Type::map(key.clone(), value.clone()),
            Some(def) => def.value.clone(),
            None => Type::Error,
        }
    }

    /// `history(NAME)`, `history(NAME, key)`, `blame(…)`: the changes of one state or entry, or the last of them.
    pub(crate) fn call_past(&mut self, site: Site<'a>, name: &str, actuals: &[Actual<'a>]) -> Type {
        let known: Vec<String> = self.states_in_sight();
        let positional = actuals.iter().all(|a| a.name.is_none() && !a.spread);
        let found = actuals
            .first()
            .filter(|_| positional)
            .and_then(|first| Some((first, self.state_of(first.expr)?)));
        let Some((first, (id, key))) = found else {
            let span = actuals.first().map_or(site.span, |a| a.expr.span);
            let mut problem =
                Diagnostic::error("E0202", span, format!("`{name}` takes the name of a state."));
            let written = match actuals.first().map(|a| &a.expr.kind) {
                Some(ExprKind::Name(written)) => did_you_mean(written, known.iter().map(String::as_str)),
                _ => None,
            };
            problem.help = Some(written.unwrap_or_else(|| {
                format!("Write `{name}(NAME)`, or `{name}(NAME, key)` where the state is a map.")
            }));
            self.report(problem);
            return Type::Error;
        };
        self.no_type_args(site, &format!("`{name}`"));
        let state = self.out.states.get(id.0 as usize).map_or_else(String::new, |s| s.name.clone());
        let arg = match (&key, actuals) {
            (Some(key), [_, one]) => {
                self.check(one.expr, key);
                written(one)
            }
            (None, [_]) => CallArg::Literal(Literal::Null),
            _ => {
                self.infer_all(actuals);
                let help = match key {
                    Some(_) => format!("`{state}` is a map: write `{name}({state}, key)`."),
                    None => format!("`{state}` is one value: write `{name}({state})`."),
                };
                let (wanted, found) =
                    (if key.is_some() { "two arguments" } else { "one argument" }, actuals.len());
                let message = format!("Expected {wanted}, found {found}.");
                self.report(Diagnostic::error("E0203", site.span, message).help(help));
                return Type::Error;
            }
        };
        self.out.uses.insert(first.expr.id, Use::State(id));
        self.effect("state", site.span);
        let value = self.out.states.get(id.0 as usize).map_or(Type::Error, |s| s.value.clone());
        self.out.calls.insert(
            site.id,
            Call {
                callee: Callee::Host(format!("state.{name}")),
                args: vec![CallArg::Text(state), arg],
                names: Vec::new(),
                types: vec![value.clone(), key.unwrap_or(Type::Null)],
            },
        );
        let text = |name: &str| (name.to_string(), Type::String);
        let change = Type::Structure(
            [
                ("seq".to_string(), Type::Int),
                ("value".to_string(), value.optional()),
                text("because"),
                text("intent"),
            ]
            .into(),
        );
        if name == "history" { Type::list(change) } else { change.optional() }
    }

    /// The names by which states can be spoken of here.
    pub(crate) fn states_in_sight(&self) -> Vec<String> {
        let Some(scope) = self.scopes.get(self.body.module) else { return Vec::new() };
        let mut names = Vec::new();
        for (name, entry) in &scope.names {
            match entry.def {
                Def::State(_) => names.push(name.to_string()),
                Def::Module(target) => {
                    let members = self.scopes.get(target).into_iter().flat_map(|scope| &scope.names);
                    let states = members.filter(|(_, e)| e.public && matches!(e.def, Def::State(_)));
                    names.extend(states.map(|(own, _)| format!("{name}.{own}")));
                }
                _ => {}
            }
        }
        names.sort_unstable();
        names
    }

    /// `reviews[17] = Major` outside an upsert.
    pub(crate) fn state_assigned(&mut self, place: &Expr, id: StateId, declared: Span) {
        let name = self.out.states.get(id.0 as usize).map_or_else(String::new, |s| s.name.clone());
        let message = format!("The state `{name}` is changed by an upsert alone, which says why.");
        self.report(
            Diagnostic::error("E0207", place.span, message).label(declared, "declared here").help(
                "Put the write between `upsert` and `end`, and its reason, a record, behind `because`.",
            ),
        );
    }

    /// The grant that all states of the program need.
    pub(crate) fn state_grant(&self) -> String {
        let names: Vec<String> = self.out.states.iter().map(|s| format!("\"{}\"", s.name)).collect();
        match names.as_slice() {
            [only] => format!("grant state name {only}"),
            names => format!("grant state name [{}]", names.join(", ")),
        }
    }
}

/// A declaration whose fields were looked into.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Declared {
    Record(RecordId),
    Enum(EnumId),
}

fn written(actual: &Actual<'_>) -> CallArg {
    match actual.source {
        Source::Written(n) => CallArg::Written(n),
        Source::Receiver => CallArg::Receiver,
    }
}
