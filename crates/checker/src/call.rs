//! Calls: what is called, with which arguments, and what it gives.

use std::rc::Rc;

use syntax::ast::{Arg, Expr, ExprKind, Name, NodeId, TypeExpr};
use syntax::{Diagnostic, Span};

use crate::Type;
use crate::access::Namespace;
use crate::args::{Actual, Parameter, Slot, Source, count};
use crate::builtins::{Bound, Builtin, SELF, Takes};
use crate::checked::{Call, CallArg, Callee, CellId, Literal, Use};
use crate::checker::{Checker, Def, Demand};
use crate::declare::list_of;
use crate::named::is_engine;
use crate::nearest::did_you_mean;
use crate::pattern::Constructor;
use crate::types::{EnumId, RecordId};
use crate::unify::items_of;

/// A call's written parts.
#[derive(Clone, Copy)]
pub(crate) struct Site<'a> {
    /// Under which id the call is kept.
    pub id: NodeId,
    pub span: Span,
    pub callee: &'a Expr,
    pub type_args: &'a [TypeExpr],
}

impl<'a> Checker<'a> {
    pub(crate) fn call(
        &mut self,
        e: &'a Expr,
        callee: &'a Expr,
        type_args: &'a [TypeExpr],
        args: &'a [Arg],
        piped: Option<&'a Expr>,
        want: Option<&Type>,
    ) -> Type {
        let site = Site { id: e.id, span: e.span, callee, type_args };
        let mut actuals: Vec<Actual<'a>> = Vec::with_capacity(args.len() + 1);
        actuals.extend(piped.map(|expr| Actual {
            source: Source::Receiver,
            name: None,
            spread: false,
            expr,
            known: None,
        }));
        actuals.extend(args.iter().enumerate().map(|(n, arg)| Actual {
            source: Source::Written(n),
            name: arg.name.as_ref(),
            spread: arg.spread,
            expr: &arg.value,
            known: None,
        }));
        match &callee.kind {
            ExprKind::Name(name) => self.call_name(site, name, actuals, want),
            ExprKind::Field { base, name, optional } => {
                if let Some(namespace) = self.namespace(base) {
                    return self.call_member(site, namespace, base, name, actuals, want);
                }
                if piped.is_some() {
                    let ty = self.infer(callee, None);
                    return self.call_value(site, &ty, actuals);
                }
                self.call_method(site, base, name, *optional, actuals)
            }
            _ => {
                let ty = self.infer(callee, None);
                self.call_value(site, &ty, actuals)
            }
        }
    }

    fn call_name(
        &mut self,
        site: Site<'a>,
        name: &'a str,
        actuals: Vec<Actual<'a>>,
        want: Option<&Type>,
    ) -> Type {
        match self.find_local(name) {
            Some(Use::Cell(id)) => {
                self.out.uses.insert(site.callee.id, Use::Cell(id));
                return self.call_cell(site, id, actuals);
            }
            Some(_) => {
                let ty = self.infer(site.callee, None);
                return self.call_value(site, &ty, actuals);
            }
            None => {}
        }
        if let Some(def) = self.find(name).map(|entry| entry.def.clone()) {
            return self.call_def(site, name, def, actuals, want);
        }
        if self.scopes.get(self.body.module).is_some_and(|s| s.variants.contains_key(name))
            && let Some((id, index)) = self.find_variant(site.callee, name, want)
        {
            return self.call_variant(site, id, index, actuals, want);
        }
        if matches!(name, "ok" | "err" | "Ok" | "Err") {
            return self.call_result(site, matches!(name, "ok" | "Ok"), actuals, want);
        }
        let builtins = self.builtins.clone();
        if let Some(candidates) = builtins.functions.get(name) {
            return self.call_builtin(site, name, candidates, actuals);
        }
        self.infer(site.callee, None);
        self.infer_all(&actuals);
        Type::Error
    }

    fn infer_all(&mut self, actuals: &[Actual<'a>]) {
        for actual in actuals.iter().filter(|a| a.known.is_none()) {
            self.infer(actual.expr, None);
        }
    }

    fn call_def(
        &mut self,
        site: Site<'a>,
        name: &str,
        def: Def,
        actuals: Vec<Actual<'a>>,
        want: Option<&Type>,
    ) -> Type {
        match def {
            Def::Cell(id) => {
                self.out.uses.insert(site.callee.id, Use::Cell(id));
                self.call_cell(site, id, actuals)
            }
            Def::Record(id) => self.call_record(site, id, actuals, want),
            Def::Enum(id) => match self.variant_index(id, name) {
                Some(index) => self.call_variant(site, id, index, actuals, want),
                None => {
                    self.infer_all(&actuals);
                    let known: Vec<String> = self
                        .out
                        .enums
                        .get(id.0 as usize)
                        .map(|e| e.variants.iter().map(|v| v.name.clone()).collect())
                        .unwrap_or_default();
                    let known: Vec<&str> = known.iter().map(String::as_str).collect();
                    self.report(
                        Diagnostic::error(
                            "E0202",
                            site.callee.span,
                            format!("The enum `{name}` cannot be called."),
                        )
                        .help(format!("Call one of its variants: {}.", list_of(&known))),
                    );
                    Type::Error
                }
            },
            Def::Alias(index) => match self.alias(index, &[], None) {
                Type::Record(id, _) => self.call_record(site, id, actuals, want),
                _ => {
                    self.infer_all(&actuals);
                    self.error("E0202", site.callee.span, format!("The type `{name}` cannot be called."));
                    Type::Error
                }
            },
            Def::Const(_) | Def::Global(_) | Def::Module(_) => {
                let ty = self.infer(site.callee, None);
                self.call_value(site, &ty, actuals)
            }
        }
    }

    fn call_member(
        &mut self,
        site: Site<'a>,
        namespace: Namespace,
        base: &'a Expr,
        name: &'a Name,
        actuals: Vec<Actual<'a>>,
        want: Option<&Type>,
    ) -> Type {
        match namespace {
            Namespace::Module(target) => {
                let entry = self.scopes.get(target).and_then(|s| s.names.get(&name.text)).cloned();
                if let Some(entry) = entry.filter(|entry| entry.public) {
                    return self.call_def(site, &name.text, entry.def, actuals, want);
                }
            }
            Namespace::Enum(id) => {
                if let Some(index) = self.variant_index(id, &name.text) {
                    return self.call_variant(site, id, index, actuals, want);
                }
                let method = self.enums.get(id.0 as usize).and_then(|s| s.methods.get(&name.text)).copied();
                if let Some(method) = method {
                    self.out.uses.insert(site.callee.id, Use::Cell(method));
                    return self.call_cell(site, method, actuals);
                }
            }
            Namespace::Record(id) => {
                let method = self.records.get(id.0 as usize).and_then(|s| s.methods.get(&name.text)).copied();
                if let Some(method) = method {
                    self.out.uses.insert(site.callee.id, Use::Cell(method));
                    return self.call_cell(site, method, actuals);
                }
            }
            Namespace::Builtin(path) => {
                let full = format!("{path}.{}", name.text);
                let builtins = self.builtins.clone();
                if let Some(candidates) = builtins.functions.get(&full) {
                    return self.call_builtin(site, &full, candidates, actuals);
                }
            }
        }
        // Reports what the namespace has instead.
        let _ = base;
        self.infer(site.callee, None);
        self.infer_all(&actuals);
        Type::Error
    }

    fn record_call(&mut self, site: Site<'a>, callee: Callee, args: Vec<CallArg>) {
        self.out.calls.insert(site.id, Call { callee, args, names: Vec::new(), types: Vec::new() });
    }

    fn no_type_args(&mut self, site: Site<'a>, what: &str) {
        if let (Some(first), Some(last)) = (site.type_args.first(), site.type_args.last()) {
            for arg in site.type_args {
                self.type_expr(arg);
            }
            self.report(
                Diagnostic::error(
                    "E0101",
                    first.span.to(last.span),
                    format!("{what} takes no type arguments."),
                )
                .help("Leave the brackets out."),
            );
        }
    }

    /// Calls the value of an expression: a function, or an engine's callable.
    fn call_value(&mut self, site: Site<'a>, ty: &Type, actuals: Vec<Actual<'a>>) -> Type {
        self.no_type_args(site, "A function value");
        match self.resolve(ty) {
            Type::Fn(f) => {
                for effect in &f.row {
                    self.effect(effect, site.span);
                }
                let params = anonymous(&f.params);
                if let Some(named) = actuals.iter().find_map(|a| a.name) {
                    self.report(
                        Diagnostic::error(
                            "E0203",
                            named.span,
                            "The parameters of a function value have no names.",
                        )
                        .help("Give the arguments by position."),
                    );
                    self.infer_all(&actuals);
                    return f.ret.clone();
                }
                if let Some(slots) = self.match_args("the function", site.span, &params, &actuals) {
                    self.check_args(&params, &slots, &actuals);
                    let args = slots.iter().filter_map(|s| self.call_arg(s, &actuals)).collect();
                    self.record_call(site, Callee::Value, args);
                }
                f.ret.clone()
            }
            Type::Engine(name, _) if &*name == "Module" => {
                let params = anonymous(&[Type::engine("Tensor")]);
                if let Some(slots) = self.match_args("the module", site.span, &params, &actuals) {
                    self.check_args(&params, &slots, &actuals);
                    let mut args = vec![CallArg::Callee];
                    args.extend(slots.iter().filter_map(|s| self.call_arg(s, &actuals)));
                    self.record_call(site, Callee::Host("op.call".to_string()), args);
                }
                Type::engine("Tensor")
            }
            Type::Error => {
                self.infer_all(&actuals);
                Type::Error
            }
            Type::Var(_) => {
                let params: Vec<Type> = actuals.iter().map(|a| self.infer(a.expr, None)).collect();
                let ret = self.fresh();
                self.fits(ty, &Type::function(params, ret.clone()));
                let args = actuals
                    .iter()
                    .map(|a| match a.source {
                        Source::Receiver => CallArg::Receiver,
                        Source::Written(n) => CallArg::Written(n),
                    })
                    .collect();
                self.record_call(site, Callee::Value, args);
                ret
            }
            other => {
                self.infer_all(&actuals);
                let shown = self.show(&other);
                let help = if other.admits_null() {
                    "It may be null: test it with `!= null` first."
                } else {
                    "Only cells, lambdas and variants can be called."
                };
                self.report(
                    Diagnostic::error(
                        "E0202",
                        site.callee.span,
                        format!("A value of type {shown} cannot be called."),
                    )
                    .help(help),
                );
                Type::Error
            }
        }
    }

    /// Replaces a declaration's own type parameters by the written arguments or by variables.
    fn instantiate(
        &mut self,
        site: Site<'a>,
        what: &str,
        params: &[NodeId],
        at: Span,
    ) -> Vec<(NodeId, Type)> {
        let written: Vec<Type> = site.type_args.iter().map(|arg| self.type_expr(arg)).collect();
        if !written.is_empty() && written.len() != params.len() {
            let span = site.type_args.iter().map(|a| a.span).reduce(|a, b| a.to(b)).unwrap_or(site.span);
            let message = format!(
                "`{what}` takes {}, found {}.",
                if params.is_empty() {
                    "no type arguments".to_string()
                } else {
                    count(params.len(), "type argument")
                },
                written.len()
            );
            self.report(
                Diagnostic::error("E0101", span, message).label(at, "declared here").help(
                    "Write one for each type parameter, or none: they are inferred from the arguments.",
                ),
            );
        }
        let exact = written.len() == params.len();
        params
            .iter()
            .enumerate()
            .map(|(i, id)| {
                let ty = match written.get(i) {
                    Some(ty) if exact => ty.clone(),
                    Some(_) => Type::Error,
                    None => self.fresh(),
                };
                (*id, ty)
            })
            .collect()
    }

    fn demand(&mut self, generics: &[(NodeId, Type)], span: Span, by: &str) {
        for (id, ty) in generics {
            for bound in self.param_bounds.get(id).cloned().unwrap_or_default() {
                self.demands.push(Demand { ty: ty.clone(), bound, span, by: by.to_string() });
            }
        }
    }

    pub(crate) fn call_cell(&mut self, site: Site<'a>, id: CellId, actuals: Vec<Actual<'a>>) -> Type {
        self.use_cell(id, site.callee.span);
        let ret = self.cell_return(id);
        let (Some(def), Some(source)) = (self.out.cells.get(id.0 as usize), self.cells.get(id.0 as usize))
        else {
            return Type::Error;
        };
        let (name, at, declared) = (def.name.clone(), def.span, def.params.clone());
        let own: Vec<NodeId> = source.type_params.iter().map(|(_, id)| *id).collect();
        let outer = own.len() - source.cell.sig.type_params.len().min(own.len());
        // The type parameters of a record belong to its methods too, but are not written at calls.
        let (of_owner, of_cell) = own.split_at(outer);
        let mut generics: Vec<(NodeId, Type)> = of_owner.iter().map(|id| (*id, self.fresh())).collect();
        generics.extend(self.instantiate(site, &name, of_cell, at));
        let params: Vec<Parameter> = declared
            .iter()
            .map(|p| {
                let ty = match (&p.ty, p.variadic) {
                    (Type::List(element), true) => (**element).clone(),
                    (ty, _) => ty.clone(),
                };
                Parameter {
                    name: p.name.clone(),
                    flexible: matches!(ty, Type::Param(_)),
                    ty: self.substitute(&ty, &generics),
                    takes: if p.variadic { Takes::Rest } else { Takes::One },
                    required: !p.has_default,
                }
            })
            .collect();
        if let Some(slots) = self.match_args(&name, site.span, &params, &actuals) {
            self.check_args(&params, &slots, &actuals);
            self.demand(&generics, site.span, &name);
            let args = slots
                .iter()
                .zip(&params)
                .map(|(slot, param)| {
                    self.call_arg(slot, &actuals).unwrap_or(match param.takes {
                        Takes::One => CallArg::Default,
                        _ => CallArg::Variadic(Vec::new()),
                    })
                })
                .collect();
            self.box_params(&declared, &params, &slots, &actuals);
            self.record_call(site, Callee::Cell(id), args);
        }
        self.substitute(&ret, &generics)
    }

    /// A scalar that goes to a parameter of a type parameter's type is boxed.
    fn box_params(
        &mut self,
        declared: &[crate::checked::ParamDef],
        params: &[Parameter],
        slots: &[Slot],
        actuals: &[Actual<'a>],
    ) {
        for ((def, param), slot) in declared.iter().zip(params).zip(slots) {
            if matches!(def.ty, Type::Param(_))
                && let Some(actual) = slot.one().and_then(|place| actuals.get(place))
            {
                self.boxed.push((actual.expr.id, param.ty.clone(), def.ty.clone()));
            }
        }
    }

    fn call_record(
        &mut self,
        site: Site<'a>,
        id: RecordId,
        actuals: Vec<Actual<'a>>,
        want: Option<&Type>,
    ) -> Type {
        let Some(def) = self.out.records.get(id.0 as usize) else {
            return Type::Error;
        };
        let (name, owned, fields) = (def.name.clone(), def.params.clone(), def.fields.clone());
        let at = self.records.get(id.0 as usize).map_or(site.span, |s| s.record.name.span);
        self.out.uses.insert(site.callee.id, Use::Record(id));
        let generics = self.instantiate(site, &name, &owned, at);
        if let Some(Type::Record(wanted, args)) = want
            && *wanted == id
            && site.type_args.is_empty()
        {
            for ((_, ty), arg) in generics.iter().zip(args.iter()) {
                self.fits(arg, ty);
            }
        }
        let params: Vec<Parameter> = fields
            .iter()
            .map(|f| Parameter {
                name: f.name.clone(),
                flexible: matches!(f.ty, Type::Param(_)),
                ty: self.substitute(&f.ty, &generics),
                takes: Takes::One,
                required: !f.has_default,
            })
            .collect();
        if let Some(slots) = self.match_args(&name, site.span, &params, &actuals) {
            self.check_args(&params, &slots, &actuals);
            self.demand(&generics, site.span, &name);
            for ((field, param), slot) in fields.iter().zip(&params).zip(&slots) {
                if matches!(field.ty, Type::Param(_))
                    && let Some(actual) = slot.one().and_then(|place| actuals.get(place))
                {
                    self.boxed.push((actual.expr.id, param.ty.clone(), field.ty.clone()));
                }
            }
            self.check_constraints(id, site.span, &slots, &actuals);
            let args = slots.iter().map(|s| self.call_arg(s, &actuals).unwrap_or(CallArg::Default)).collect();
            self.record_call(site, Callee::Record(id), args);
        }
        Type::Record(id, generics.into_iter().map(|(_, ty)| ty).collect())
    }

    fn call_variant(
        &mut self,
        site: Site<'a>,
        id: EnumId,
        index: usize,
        actuals: Vec<Actual<'a>>,
        want: Option<&Type>,
    ) -> Type {
        self.out.uses.insert(site.callee.id, Use::Variant(id, index));
        let Some(def) = self.out.enums.get(id.0 as usize) else {
            return Type::Error;
        };
        let name = def.variants.get(index).map_or(String::new(), |v| v.name.clone());
        let owned = def.params.clone();
        let generics = if site.type_args.is_empty() {
            let (args, _) = self.enum_args(id, want);
            owned.iter().copied().zip(args).collect()
        } else {
            self.instantiate(site, &name, &owned, site.callee.span)
        };
        let args: Vec<Type> = generics.iter().map(|(_, ty): &(NodeId, Type)| ty.clone()).collect();
        let declared =
            self.variant_parts(id, index, &owned.iter().map(|p| Type::Param(*p)).collect::<Vec<_>>());
        let parts = self.variant_parts(id, index, &args);
        let ty = Type::Enum(id, args.into());
        let params: Vec<Parameter> = parts
            .iter()
            .zip(&declared)
            .enumerate()
            .map(|(i, ((name, ty), (_, declared)))| Parameter {
                name: name.clone().unwrap_or_else(|| format!("_{i}")),
                flexible: matches!(declared, Type::Param(_)),
                ty: ty.clone(),
                takes: Takes::One,
                required: true,
            })
            .collect();
        if let Some(slots) = self.match_args(&name, site.span, &params, &actuals) {
            self.check_args(&params, &slots, &actuals);
            for (((_, declared), param), slot) in declared.iter().zip(&params).zip(&slots) {
                if matches!(declared, Type::Param(_))
                    && let Some(actual) = slot.one().and_then(|place| actuals.get(place))
                {
                    self.boxed.push((actual.expr.id, param.ty.clone(), declared.clone()));
                }
            }
            let args = slots.iter().filter_map(|s| self.call_arg(s, &actuals)).collect();
            self.record_call(site, Callee::Variant(id, index), args);
        }
        ty
    }

    fn call_result(
        &mut self,
        site: Site<'a>,
        ok: bool,
        actuals: Vec<Actual<'a>>,
        want: Option<&Type>,
    ) -> Type {
        let constructor = if ok { Constructor::Ok } else { Constructor::Err };
        let what = if ok { "ok" } else { "err" };
        self.no_type_args(site, &format!("`{what}`"));
        let expected = want.and_then(|want| self.constructor_parts(&constructor, want));
        let (mut value, mut other) = (self.fresh(), self.fresh());
        if let Some((Type::Result(a, b), _)) = expected.map(|(ty, parts)| (self.resolve(&ty), parts)) {
            (value, other) = if ok { ((*a).clone(), (*b).clone()) } else { ((*b).clone(), (*a).clone()) };
        }
        let params = anonymous(std::slice::from_ref(&value));
        self.out.uses.insert(site.callee.id, if ok { Use::Ok } else { Use::Err });
        if let Some(slots) = self.match_args(what, site.span, &params, &actuals) {
            self.check_args(&params, &slots, &actuals);
            let args = slots.iter().filter_map(|s| self.call_arg(s, &actuals)).collect();
            self.record_call(site, if ok { Callee::Ok } else { Callee::Err }, args);
        }
        if ok { Type::result(value, other) } else { Type::result(other, value) }
    }

    fn call_builtin(
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

    fn source_arg(&self, actuals: &[Actual<'a>]) -> CallArg {
        match actuals.first().map(|a| a.source) {
            Some(Source::Written(n)) => CallArg::Written(n),
            _ => CallArg::Receiver,
        }
    }

    /// Whether a value of the type can be the argument, by the outermost parts alone.
    fn head_fits(&self, found: &Type, want: &Type) -> bool {
        let found = self.shallow(found);
        match (&found, want) {
            (Type::Error | Type::Never | Type::Var(_), _) | (_, Type::Any | Type::Param(_)) => true,
            (Type::Union(members), Type::Union(wanted)) => {
                members.iter().all(|m| wanted.iter().any(|w| self.head_fits(m, w)))
            }
            (Type::Union(_), _) => false,
            (_, Type::Union(members)) => members.iter().any(|m| self.head_fits(&found, m)),
            (_, Type::Engine(name, _)) if &**name == "Items" => items_of(&found).is_some(),
            (Type::Int, Type::Float) => true,
            (Type::Engine(a, _), Type::Engine(b, _)) => a == b,
            (Type::Null | Type::Bool | Type::Int | Type::Float | Type::String, Type::Json) => true,
            (Type::List(_) | Type::Map(..), Type::Json) => true,
            (Type::GroupBy(_), Type::Engine(name, _)) => &**name == "GroupBy",
            (a, b) => std::mem::discriminant(a) == std::mem::discriminant(b),
        }
    }

    fn engine_method(&self, ty: &Type, name: &str) -> Option<Rc<Builtin>> {
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
            return self.builtin_return(&ret, site.span);
        };
        self.check_args(&params, &slots, &actuals);
        for ((_, bounds), (_, ty)) in builtin.generics.iter().zip(&declared_generics) {
            for bound in bounds {
                self.demands.push(Demand {
                    ty: ty.clone(),
                    bound: *bound,
                    span: site.span,
                    by: what.clone(),
                });
            }
        }
        for effect in &builtin.row {
            self.builtin_effect(effect, builtin, site, &actuals, &slots);
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
        let types = if builtin.name == "read_csv" || builtin.name == "validate" {
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
        if builtin.host {
            let receiver = receiver.map(|(ty, _)| ty);
            return self.refine(site, builtin, receiver.as_ref(), &slots, &actuals, ret);
        }
        ret
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
            Type::Engine(name, args) if &**name == "FrameOf" => match args.first() {
                Some(row) => self.frame_of(&row.clone(), Vec::new(), span),
                None => Type::any_frame(),
            },
            other => other.clone(),
        }
    }

    fn call_engine(
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

    fn call_method(
        &mut self,
        site: Site<'a>,
        base: &'a Expr,
        name: &'a Name,
        optional: bool,
        actuals: Vec<Actual<'a>>,
    ) -> Type {
        let found = self.infer(base, None);
        let found = self.resolve(&found);
        let receiver = if optional { found.without_null() } else { found.clone() };
        let ty = self.call_method_on(site, base, name, receiver, actuals);
        if optional && found.admits_null() { ty.optional() } else { ty }
    }

    fn call_method_on(
        &mut self,
        site: Site<'a>,
        base: &'a Expr,
        name: &'a Name,
        ty: Type,
        mut actuals: Vec<Actual<'a>>,
    ) -> Type {
        let me = Actual {
            source: Source::Receiver,
            name: None,
            spread: false,
            expr: base,
            known: Some(ty.clone()),
        };
        let method = match &ty {
            Type::Record(id, _) => {
                self.records.get(id.0 as usize).and_then(|s| s.methods.get(&name.text)).copied()
            }
            Type::Enum(id, _) => {
                self.enums.get(id.0 as usize).and_then(|s| s.methods.get(&name.text)).copied()
            }
            _ => None,
        };
        if let Some(method) = method {
            self.out.uses.insert(site.callee.id, Use::Cell(method));
            let is_method = self
                .cells
                .get(method.0 as usize)
                .is_some_and(|s| s.cell.sig.params.first().is_some_and(|p| p.is_self));
            if is_method {
                actuals.insert(0, me);
            } else {
                let owner = self.show(&ty);
                self.report(
                    Diagnostic::error(
                        "E0202",
                        name.span,
                        format!("`{}` takes no `self`: it belongs to the type.", name.text),
                    )
                    .help(format!("Call it as `{owner}.{}(...)`.", name.text)),
                );
            }
            return self.call_cell(site, method, actuals);
        }
        let holds_function = match &ty {
            Type::Record(id, args) => self
                .record_parts(*id, args)
                .iter()
                .any(|(n, ty)| n.as_deref() == Some(&name.text) && matches!(ty, Type::Fn(_))),
            _ => false,
        };
        if holds_function {
            let ty = self.infer(site.callee, None);
            return self.call_value(site, &ty, actuals);
        }
        if is_engine(&ty) {
            if let Some(builtin) = self.engine_method(&ty, &name.text) {
                if builtin.property {
                    self.infer_all(&actuals);
                    self.report(
                        Diagnostic::error(
                            "E0202",
                            site.span,
                            format!("`{}` is a property, not a method.", name.text),
                        )
                        .help(format!("Write `.{}` without parentheses.", name.text)),
                    );
                    return Type::Error;
                }
                return self.call_engine(site, &builtin, ty, me, actuals);
            }
            self.infer_all(&actuals);
            self.unknown_method(&ty, name);
            return Type::Error;
        }
        if ty == Type::Error {
            self.infer_all(&actuals);
            return Type::Error;
        }
        let builtins = self.builtins.clone();
        let candidates: Vec<Rc<Builtin>> = builtins
            .functions
            .get(&name.text)
            .into_iter()
            .flatten()
            .filter(|b| b.params.first().is_some_and(|p| methodic(&p.ty) && self.head_fits(&ty, &p.ty)))
            .cloned()
            .collect();
        if candidates.is_empty() {
            self.infer_all(&actuals);
            self.unknown_method(&ty, name);
            return Type::Error;
        }
        actuals.insert(0, me);
        self.call_builtin(site, &name.text, &candidates, actuals)
    }

    /// Names that can follow the dot on a value of the type.
    pub(crate) fn method_candidates(&self, ty: &Type) -> impl Iterator<Item = String> + use<> {
        let mut names: Vec<String> = match ty {
            Type::Record(id, _) => self
                .records
                .get(id.0 as usize)
                .map(|s| s.methods.keys().cloned().collect())
                .unwrap_or_default(),
            Type::Enum(id, _) => {
                self.enums.get(id.0 as usize).map(|s| s.methods.keys().cloned().collect()).unwrap_or_default()
            }
            _ if is_engine(ty) => engine_head(ty)
                .and_then(|head| self.builtins.methods.get(head))
                .map(|m| m.keys().cloned().collect())
                .unwrap_or_default(),
            _ => self
                .builtins
                .functions
                .iter()
                .filter(|(_, all)| {
                    all.iter().any(|b| {
                        b.params.first().is_some_and(|p| methodic(&p.ty) && self.head_fits(ty, &p.ty))
                    })
                })
                .map(|(name, _)| name.clone())
                .collect(),
        };
        names.sort_unstable();
        names.into_iter()
    }

    fn unknown_method(&mut self, ty: &Type, name: &Name) {
        let shown = self.show(ty);
        if ty.admits_null() && matches!(ty, Type::Union(_)) {
            self.report(
                Diagnostic::error(
                    "E0200",
                    name.span,
                    format!("A value of type {shown} may be null, and null has no `{}`.", name.text),
                )
                .help("Test it with `!= null` first, or write `?.`, which gives null."),
            );
            return;
        }
        if *ty == Type::Any {
            self.report(
                Diagnostic::error("E0204", name.span, "The methods of an `Any` are not known.")
                    .help("Test what it is first: `if x is Type`, `x as Type`, or `match`."),
            );
            return;
        }
        let known: Vec<String> = self.method_candidates(ty).collect();
        let mut diagnostic = Diagnostic::error(
            "E0204",
            name.span,
            format!("A value of type {shown} has no method `{}`.", name.text),
        );
        let function = self.find(&name.text).is_some() || self.builtins.functions.contains_key(&name.text);
        diagnostic.help =
            Some(did_you_mean(&name.text, known.iter().map(String::as_str)).unwrap_or_else(|| {
                if function {
                    format!("There is a function of that name: `{}(x)`.", name.text)
                } else {
                    format!("It has {}.", list_of(&known.iter().map(String::as_str).collect::<Vec<_>>()))
                }
            }));
        self.report(diagnostic);
    }

    /// Checks the bounds of type arguments, now that they are known.
    pub(crate) fn check_demands(&mut self) {
        for demand in std::mem::take(&mut self.demands) {
            let ty = self.resolve(&demand.ty);
            if self.has_bound(&ty, demand.bound) {
                continue;
            }
            let shown = self.show(&ty);
            let bound = format!("{:?}", demand.bound);
            let help = match demand.bound {
                Bound::Num => "Numbers are Int and Float.",
                Bound::Ord => "Numbers, strings, times, and lists and tuples of them are ordered.",
                Bound::Hash | Bound::Eq => "Functions and the engines' values cannot be compared.",
                _ => "Use a type that has it.",
            };
            self.report(
                Diagnostic::error(
                    "E0128",
                    demand.span,
                    format!("`{}` needs a type that is `{bound}`, and {shown} is not.", demand.by),
                )
                .help(help),
            );
        }
    }
}

/// The name under which an engine type's methods stand.
pub(crate) fn engine_head(ty: &Type) -> Option<&str> {
    Some(match ty {
        Type::Frame(_) => "Frame",
        Type::Series(_) => "Series",
        Type::GroupBy(_) => "GroupBy",
        Type::Engine(name, _) => name,
        _ => return None,
    })
}

/// Whether a first parameter of the type makes the function a method too.
fn methodic(ty: &Type) -> bool {
    !matches!(ty, Type::Any | Type::Param(_) | Type::Int | Type::Float | Type::Bool | Type::Union(_))
}

fn mentions_param(ty: &Type) -> bool {
    crate::unify::contains(ty, &mut |part| matches!(part, Type::Param(_)))
}

fn anonymous(types: &[Type]) -> Vec<Parameter> {
    types
        .iter()
        .enumerate()
        .map(|(i, ty)| Parameter {
            name: format!("_{i}"),
            ty: ty.clone(),
            takes: Takes::One,
            required: true,
            flexible: false,
        })
        .collect()
}
