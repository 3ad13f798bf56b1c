//! Calls of builtins: which signature is meant, and how its arguments are handed on.

use std::rc::Rc;

use syntax::ast::{ExprKind, NodeId};
use syntax::{Diagnostic, Span};

use crate::Type;
use crate::args::{Actual, Parameter, Slot, Source};
use crate::builtins::{Builtin, SELF, Takes};
use crate::call::Site;
use crate::checked::{Call, CallArg, Callee, Literal, NamedPath};
use crate::checker::{Checker, Demand};
use crate::method::engine_head;
use crate::named::is_engine;
use crate::unify::walked;

impl<'a> Checker<'a> {
    pub(crate) fn call_builtin(
        &mut self,
        site: Site<'a>,
        name: &str,
        candidates: &[Rc<Builtin>],
        mut actuals: Vec<Actual<'a>>,
    ) -> Type {
        if let Some(only) = candidates.first().filter(|b| b.property) {
            self.infer_all(&actuals);
            self.report(
                Diagnostic::error("E0202", site.span, format!("`{name}` is a value, not a function."))
                    .help(format!("Write `{}` without parentheses.", only.name)),
            );
            return only.ret.clone();
        }
        let ambiguous = candidates.len() > 1;
        // Which signature is meant is told by the first argument; one of the engine's may stand where none expects it.
        if (ambiguous || candidates.iter().any(|c| !c.host))
            && let Some(first) = actuals.first_mut()
            && first.known.is_none()
            && first.name.is_none()
            && !first.spread
            && !matches!(first.expr.kind, ExprKind::Lambda { .. })
        {
            let hint = candidates.first().and_then(|c| c.params.first()).map(|p| p.ty.clone());
            let hint = hint.filter(|h| !ambiguous && !matches!(h, Type::Param(_)) && !mentions_param(h));
            let ty = self.infer(first.expr, hint.as_ref());
            first.known = Some(self.resolve(&ty));
        }
        let first = actuals.first().and_then(|a| a.known.clone());
        if let Some(ty) = &first
            && is_engine(ty)
            && !candidates.iter().any(|c| c.params.first().is_some_and(|p| self.head_fits(ty, &p.ty)))
        {
            if matches!(name, "len" | "length") {
                self.host(site.id, "op.len", vec![self.source_arg(&actuals)]);
                return Type::Int;
            }
            if let Some(builtin) = self.engine_method(ty, name) {
                let receiver = actuals.remove(0);
                return self.call_engine(site, &builtin, ty.clone(), receiver, actuals);
            }
        }
        let given = actuals.len();
        let fits = |c: &&Rc<Builtin>, checker: &Self| {
            let by_type = match (&first, c.params.first()) {
                (Some(ty), Some(param)) => checker.head_fits(ty, &param.ty),
                (Some(_), None) => false,
                _ => true,
            };
            let least = c.params.iter().filter(|p| p.default.is_none() && p.takes == Takes::One).count();
            let open = c.params.iter().any(|p| p.takes != Takes::One);
            (by_type, least <= given && (open || given <= c.params.len()))
        };
        let chosen = candidates
            .iter()
            .find(|c| fits(c, self) == (true, true))
            .or_else(|| candidates.iter().find(|c| fits(c, self).0))
            .or_else(|| candidates.first());
        let Some(builtin) = chosen.cloned() else {
            self.infer_all(&actuals);
            return Type::Error;
        };
        if ambiguous
            && let Some(ty) = &first
            && *ty != Type::Error
            && !candidates.iter().any(|c| fits(&c, self).0)
        {
            let shown = self.show(ty);
            let mut takes: Vec<String> = candidates
                .iter()
                .filter_map(|c| c.params.first())
                .map(|p| format!("`{}`", self.show(&p.ty)))
                .collect();
            takes.dedup();
            let span = actuals.first().map_or(site.span, |a| a.expr.span);
            let mut diagnostic = Diagnostic::error(
                "E0200",
                span,
                format!("`{name}` takes {}, found {shown}.", takes.join(" or ")),
            );
            if ty.admits_null() {
                diagnostic.help =
                    Some("It may be null: test it with `!= null`, or use `??`, first.".to_string());
            }
            self.report(diagnostic);
            let rest: Vec<Actual<'a>> = actuals.into_iter().skip(1).collect();
            self.infer_all(&rest);
            return Type::Error;
        }
        let ret = self.finish_builtin(site, &builtin, None, actuals);
        if name == "reveal" {
            self.revealed.push((site.span, ret.clone()));
        }
        ret
    }

    /// `f.try(...)`: the call of a builtin that reaches outside, whose failure is its `err`.
    pub(crate) fn call_tried(
        &mut self,
        site: Site<'a>,
        name: &str,
        candidates: &[Rc<Builtin>],
        actuals: Vec<Actual<'a>>,
    ) -> Type {
        if !candidates.iter().any(|builtin| builtin.host && !builtin.row.is_empty()) {
            self.infer_all(&actuals);
            let message = format!("`{name}` has no twin that gives its failure as a result.");
            self.report(
                Diagnostic::error("E0202", site.span, message)
                    .help(format!("Calls that reach outside have one; call it as `{name}(...)`.")),
            );
            return Type::Error;
        }
        let ret = self.call_builtin(site, name, candidates, actuals);
        if let Some(Call { callee, .. }) = self.out.calls.get_mut(&site.id)
            && let Callee::Host(name) = callee
        {
            *callee = Callee::Tried(std::mem::take(name));
        }
        match ret {
            Type::Error => Type::Error,
            ret => Type::result(ret, Type::tool_error()),
        }
    }

    fn source_arg(&self, actuals: &[Actual<'a>]) -> CallArg {
        match actuals.first().map(|a| a.source) {
            Some(Source::Written(n)) => CallArg::Written(n),
            _ => CallArg::Receiver,
        }
    }

    /// Whether a value of the type can be the argument, by the outermost parts alone.
    pub(crate) fn head_fits(&self, found: &Type, want: &Type) -> bool {
        let found = self.shallow(found);
        match (&found, want) {
            (Type::Error | Type::Never | Type::Var(_), _) | (_, Type::Any | Type::Param(_)) => true,
            (Type::Union(members), Type::Union(wanted)) => {
                members.iter().all(|m| wanted.iter().any(|w| self.head_fits(m, w)))
            }
            (Type::Union(_), _) => false,
            (_, Type::Union(members)) => members.iter().any(|m| self.head_fits(&found, m)),
            (_, Type::Engine(of)) if of.is("Items") => walked(&found).is_some(),
            (Type::Int, Type::Float) => true,
            (Type::Engine(a), Type::Engine(b)) => a.name == b.name,
            (Type::Null | Type::Bool | Type::Int | Type::Float | Type::String, Type::Json) => true,
            (Type::List(_) | Type::Map(..), Type::Json) => true,
            (Type::GroupBy(_), Type::Engine(of)) => of.is("GroupBy"),
            (a, b) => std::mem::discriminant(a) == std::mem::discriminant(b),
        }
    }

    pub(crate) fn engine_method(&self, ty: &Type, name: &str) -> Option<Rc<Builtin>> {
        self.builtins.methods.get(engine_head(ty)?)?.get(name).cloned()
    }

    /// Checks a builtin's arguments and notes the call; `receiver` is a method's.
    fn finish_builtin(
        &mut self,
        site: Site<'a>,
        builtin: &Rc<Builtin>,
        receiver: Option<(Type, CallArg)>,
        actuals: Vec<Actual<'a>>,
    ) -> Type {
        let answer = self.answer_type(site, builtin);
        let site = if answer.is_some() { Site { type_args: &[], ..site } } else { site };
        let own: Vec<NodeId> = builtin.generics.iter().map(|(id, _)| *id).collect();
        let element = match &receiver {
            Some((Type::Series(element), _)) => Some((**element).clone()),
            _ => None,
        };
        // The parameter of `extern impl Series[T]` is the receiver's element.
        let (of_impl, of_cell) = own.split_at(builtin.of_impl.min(own.len()));
        let element = element.map_or(Type::Any, |element| element.without_null());
        let mut generics: Vec<(NodeId, Type)> = of_impl.iter().map(|id| (*id, element.clone())).collect();
        generics.extend(self.instantiate(site, &builtin.name, of_cell, site.callee.span));
        let declared_generics = generics.clone();
        if let Some((ty, _)) = &receiver {
            generics.push((SELF, ty.clone()));
        }
        let params: Vec<Parameter> = builtin
            .params
            .iter()
            .map(|p| Parameter {
                name: p.name.clone(),
                flexible: matches!(p.ty, Type::Param(id) if of_cell.contains(&id)),
                ty: self.substitute(&p.ty, &generics),
                takes: p.takes,
                required: p.default.is_none(),
            })
            .collect();
        let what = builtin.name.clone();
        let Some(slots) = self.match_args(&what, site.span, &params, &actuals) else {
            let ret = self.substitute(&builtin.ret, &generics);
            let ret = self.builtin_return(&ret, site.span);
            return answer.map_or(ret.clone(), |(ty, _)| answering(&ret, &ty));
        };
        self.check_args(&params, &slots, &actuals);
        self.collect_generators(&builtin.name, &params, &slots, &actuals);
        for ((_, bounds), (_, ty)) in builtin.generics.iter().zip(&declared_generics) {
            for bound in bounds {
                self.demands.push(Demand {
                    ty: ty.clone(),
                    bound: *bound,
                    span: site.span,
                    by: what.clone(),
                    declared: None,
                });
            }
        }
        for effect in &builtin.row {
            self.builtin_effect(effect, builtin, site, &actuals, &slots);
            self.note_path(effect, builtin, &actuals, &slots);
        }
        if let (Some(_), "Tensor.matmul" | "Tensor.mm" | "Tensor.bmm") = (&receiver, builtin.name.as_str())
            && let Some(other) = slots.first().and_then(Slot::one).and_then(|place| actuals.get(place))
        {
            self.check_product(&builtin.name, site.callee, other.expr);
        }
        let mut args: Vec<CallArg> = receiver.iter().map(|(_, arg)| arg.clone()).collect();
        let mut names = Vec::new();
        if builtin.host {
            self.host_args(builtin, &slots, &actuals, &mut args, &mut names);
        } else {
            for (slot, param) in slots.iter().zip(&builtin.params) {
                args.push(self.call_arg(slot, &actuals).unwrap_or_else(|| match param.takes {
                    Takes::One => CallArg::Literal(param.default.clone().unwrap_or(Literal::Null)),
                    _ => CallArg::Variadic(Vec::new()),
                }));
            }
        }
        if let Some((_, Some(schema))) = &answer {
            args.push(CallArg::Literal(Literal::Text(schema.clone())));
            names.push("schema".to_string());
        }
        let types = if let Some((ty, Some(_))) = &answer {
            vec![ty.clone()]
        } else if matches!(builtin.name.as_str(), "read_csv" | "read_json" | "validate") {
            declared_generics.iter().map(|(_, ty)| ty.clone()).collect()
        } else {
            Vec::new()
        };
        let callee = if builtin.host {
            Callee::Host(builtin.name.clone())
        } else {
            Callee::Core(builtin.name.clone())
        };
        self.out.calls.insert(site.id, Call { callee, args, names, types });
        let ret = self.substitute(&builtin.ret, &generics);
        let ret = self.builtin_return(&ret, site.span);
        if let Some((ty, _)) = &answer {
            return answering(&ret, ty);
        }
        if builtin.host {
            let receiver = receiver.map(|(ty, _)| ty);
            let ret = self.refine(site, builtin, receiver.as_ref(), &slots, &actuals, ret);
            if let ("Frame.itertuples", Type::List(row)) = (builtin.name.as_str(), &ret)
                && let Some(call) = self.out.calls.get_mut(&site.id)
            {
                call.types = vec![(**row).clone()];
            }
            return ret;
        }
        ret
    }

    /// What a question by recursion is to be answered with, where its call says so, and the schema of that: a text is
    /// asked for without one.
    fn answer_type(&mut self, site: Site<'a>, builtin: &Builtin) -> Option<(Type, Option<String>)> {
        let [written] = site.type_args else { return None };
        if !builtin.host || !matches!(builtin.name.as_str(), "rlm_query" | "rlm_batch") {
            return None;
        }
        let ty = self.type_expr(written);
        let schema = match &ty {
            Type::Error | Type::String => None,
            Type::Null => {
                self.no_schema(written.span, &ty, "a model has nothing to say then");
                None
            }
            ty => match self.schema_of(ty) {
                Ok(schema) => Some(schema),
                Err(why) => {
                    self.no_schema(written.span, ty, &why);
                    None
                }
            },
        };
        Some((ty, schema))
    }

    fn note_path(&mut self, effect: &str, builtin: &Builtin, actuals: &[Actual<'a>], slots: &[Slot]) {
        let Some(place) = builtin.params.iter().position(|param| param.name == "path") else { return };
        if effect.starts_with("fs.")
            && let Some(Slot::One(written)) = slots.get(place)
            && let Some(actual) = actuals.get(*written)
            && let ExprKind::Str(path) = &actual.expr.kind
        {
            let (by, effect) = (builtin.name.clone(), effect.to_string());
            self.out.paths.push(NamedPath { path: path.clone(), span: actual.expr.span, by, effect });
        }
    }

    fn host_args(
        &self,
        builtin: &Builtin,
        slots: &[Slot],
        actuals: &[Actual<'a>],
        args: &mut Vec<CallArg>,
        names: &mut Vec<String>,
    ) {
        for (slot, param) in slots.iter().zip(&builtin.params) {
            if param.default.is_none() && param.takes != Takes::Named {
                args.push(self.call_arg(slot, actuals).unwrap_or(CallArg::Variadic(Vec::new())));
            }
        }
        for (slot, param) in slots.iter().zip(&builtin.params) {
            match (&param.default, param.takes) {
                (Some(default), _) => {
                    args.push(self.call_arg(slot, actuals).unwrap_or(CallArg::Literal(default.clone())));
                    names.push(param.name.clone());
                }
                (None, Takes::Named) => {
                    let Slot::Many(places) = slot else {
                        continue;
                    };
                    for place in places {
                        if let Some(actual) = actuals.get(*place)
                            && let Some(arg) = self.call_arg(&Slot::One(*place), actuals)
                            && let Some(name) = actual.name
                        {
                            args.push(arg);
                            names.push(name.text.clone());
                        }
                    }
                }
                _ => {}
            }
        }
    }

    /// `FrameOf[R]` in a signature is the frame with rows R.
    fn builtin_return(&mut self, ret: &Type, span: Span) -> Type {
        match ret {
            Type::Engine(of) if of.is("FrameOf") => match of.args.first() {
                Some(row) => self.frame_of(&row.clone(), Vec::new(), span),
                None => Type::any_frame(),
            },
            other => other.clone(),
        }
    }

    pub(crate) fn call_engine(
        &mut self,
        site: Site<'a>,
        builtin: &Rc<Builtin>,
        ty: Type,
        receiver: Actual<'a>,
        actuals: Vec<Actual<'a>>,
    ) -> Type {
        let arg = match receiver.source {
            Source::Receiver => CallArg::Receiver,
            Source::Written(n) => CallArg::Written(n),
        };
        self.finish_builtin(site, builtin, Some((ty, arg)), actuals)
    }
}

fn mentions_param(ty: &Type) -> bool {
    crate::unify::contains(ty, &mut |part| matches!(part, Type::Param(_)))
}

/// What a question gives whose answers are of another type than text.
fn answering(ret: &Type, answer: &Type) -> Type {
    match (ret, answer) {
        (_, Type::Error) => Type::Error,
        (Type::List(each), _) => match &**each {
            Type::Result(_, error) => Type::list(Type::result(answer.clone(), (**error).clone())),
            _ => ret.clone(),
        },
        _ => answer.clone(),
    }
}
