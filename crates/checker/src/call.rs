//! Calls: what is called, with which arguments, and what it gives.

use syntax::ast::{Arg, Expr, ExprKind, Name, NodeId, TypeExpr};
use syntax::{Diagnostic, Span};

use crate::Type;
use crate::access::Namespace;
use crate::args::{Actual, FUNCTION_VALUE, Parameter, Slot, Source, count};
use crate::builtins::{Bound, Takes};
use crate::checked::{Asking, Call, CallArg, Callee, CellId, ParamDef, Use};
use crate::checker::{Checker, Def, Demand};
use crate::declare::list_of;
use crate::effects::{STATED, is_handled};

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
                    return self.call_member(site, namespace, name, actuals, want);
                }
                if let (ExprKind::Name(function), "try") = (&base.kind, name.text.as_str())
                    && self.find_local(function).is_none()
                    && let Some(Def::Tool(index)) = self.find(function).map(|entry| entry.def.clone())
                {
                    self.use_tool(base, index);
                    return self.call_tool_tried(site, index, actuals);
                }
                if name.text == "try"
                    && let Some(id) = self.model_cell(base)
                {
                    self.out.uses.insert(base.id, Use::Cell(id));
                    return self.try_model(site, id, actuals);
                }
                if let (ExprKind::Name(function), "try") = (&base.kind, name.text.as_str())
                    && self.find_local(function).is_none()
                    && self.find(function).is_none()
                    && let Some(candidates) = self.builtins.functions.get(function).cloned()
                {
                    self.note_query(function, site, &actuals);
                    return self.call_tried(site, function, &candidates, actuals);
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
            None if self.body.outside.iter().any(|outside| outside == name) => {
                self.not_yet_known(site.callee.span, name);
                self.infer_all(&actuals);
                return Type::Error;
            }
            None => {}
        }
        if let Some(sibling) = self.sibling(name) {
            return self.call_sibling(site, sibling, actuals);
        }
        if let Some(def) = self.find(name).map(|entry| entry.def.clone()) {
            return self.call_def(site, name, def, actuals, want);
        }
        if self.scopes.get(self.body.module).is_some_and(|s| s.variants.contains_key(name))
            && let Some((id, index)) = self.find_variant(site.callee, name, want)
        {
            return self.call_variant(site, id, index, actuals, want);
        }
        if name == "llm_batch" {
            return self.call_batch(site, &actuals);
        }
        if name == "timeout" {
            return self.timeout(site, &actuals);
        }
        if matches!(name, "history" | "blame") {
            return self.call_past(site, name, &actuals);
        }
        if matches!(name, "ok" | "err" | "Ok" | "Err") {
            return self.call_result(site, matches!(name, "ok" | "Ok"), actuals, want);
        }
        let builtins = self.builtins.clone();
        if let Some(candidates) = builtins.functions.get(name) {
            self.note_query(name, site, &actuals);
            return self.call_builtin(site, name, candidates, actuals);
        }
        self.infer(site.callee, None);
        self.infer_all(&actuals);
        Type::Error
    }

    pub(crate) fn infer_all(&mut self, actuals: &[Actual<'a>]) {
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
                let ret = self.call_cell(site, id, actuals);
                self.ask_model(site, id, Asking::Plain);
                ret
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
            Def::Tool(index) => self.call_tool(site, index, actuals),
            Def::Const(_)
            | Def::Global(_)
            | Def::State(_)
            | Def::Trait(_)
            | Def::Effect(_)
            | Def::Handler(_)
            | Def::Module(_) => {
                let ty = self.infer(site.callee, None);
                self.call_value(site, &ty, actuals)
            }
        }
    }

    fn call_member(
        &mut self,
        site: Site<'a>,
        namespace: Namespace,
        name: &'a Name,
        actuals: Vec<Actual<'a>>,
        want: Option<&Type>,
    ) -> Type {
        match namespace {
            Namespace::Module(target) => {
                let entry = self.scopes.get(target).and_then(|s| s.names.get(name.text.as_str())).cloned();
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
                let params = self.out.enums.get(id.0 as usize).map_or(0, |e| e.params.len());
                let args: Vec<Type> = (0..params).map(|_| self.fresh()).collect();
                let ty = Type::Enum(id, args.into());
                if let Some(method) = self.method_of_type(&ty, name) {
                    return self.call_trait(site, method, ty, actuals);
                }
            }
            Namespace::Type(ty) => {
                if let Some(method) = self.method_of_type(&ty, name) {
                    return self.call_trait(site, method, ty, actuals);
                }
            }
            Namespace::Trait(id) => {
                if let Some(method) = self.method_of(id, &name.text) {
                    let ty = self.fresh();
                    return self.call_trait(site, method, ty, actuals);
                }
            }
            Namespace::Record(id) => {
                let method = self.records.get(id.0 as usize).and_then(|s| s.methods.get(&name.text)).copied();
                if let Some(method) = method {
                    self.out.uses.insert(site.callee.id, Use::Cell(method));
                    return self.call_cell(site, method, actuals);
                }
                let params = self.out.records.get(id.0 as usize).map_or(0, |r| r.params.len());
                let args: Vec<Type> = (0..params).map(|_| self.fresh()).collect();
                let ty = Type::Record(id, args.into());
                if let Some(method) = self.method_of_type(&ty, name) {
                    return self.call_trait(site, method, ty, actuals);
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
        self.infer(site.callee, None);
        self.infer_all(&actuals);
        Type::Error
    }

    pub(crate) fn record_call(&mut self, site: Site<'a>, callee: Callee, args: Vec<CallArg>) {
        self.out.calls.insert(site.id, Call { callee, args, names: Vec::new(), types: Vec::new() });
    }

    /// `f.try(...)` of a function value: a failure of what it asked outside for is its `err`.
    pub(crate) fn try_value(&mut self, site: Site<'a>, ty: &Type, actuals: Vec<Actual<'a>>) -> Type {
        let ret = self.call_value(site, ty, actuals);
        if let Some(Call { callee, args, .. }) = self.out.calls.get_mut(&site.id)
            && *callee == Callee::Value
        {
            *callee = Callee::Core("op.tried".to_string());
            args.insert(0, CallArg::Receiver);
        }
        match ret {
            Type::Error => Type::Error,
            ret => Type::result(ret, Type::tool_error()),
        }
    }

    pub(crate) fn no_type_args(&mut self, site: Site<'a>, what: &str) {
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
    pub(crate) fn call_value(&mut self, site: Site<'a>, ty: &Type, actuals: Vec<Actual<'a>>) -> Type {
        self.no_type_args(site, "A function value");
        match self.resolve(ty) {
            Type::Fn(f) => {
                for effect in f
                    .row
                    .iter()
                    .filter(|effect| *effect != STATED && !is_handled(&self.body.handled, effect))
                    .cloned()
                    .collect::<Vec<_>>()
                {
                    self.effect(&effect, site.span);
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
                if let Some(slots) = self.match_args(FUNCTION_VALUE, site.span, &params, &actuals) {
                    self.check_args(&params, &slots, &actuals);
                    self.check_contract_args(site.callee, &slots, &actuals);
                    let args = slots.iter().filter_map(|s| self.call_arg(s, &actuals)).collect();
                    self.record_call(site, Callee::Value, args);
                }
                f.ret.clone()
            }
            Type::Engine(of) if of.is("Module") => {
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
    pub(crate) fn instantiate(
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

    /// Asks for the bounds of type parameters. `site` passes dictionaries on.
    pub(crate) fn demand(&mut self, site: Option<NodeId>, generics: &[(NodeId, Type)], span: Span, by: &str) {
        self.oblige(site, generics, span, by);
        for (id, ty) in generics {
            for bound in self.param_bounds.get(id).cloned().unwrap_or_default() {
                let declared = self.param_spans.get(id).copied();
                self.demands.push(Demand { ty: ty.clone(), bound, span, by: by.to_string(), declared });
            }
        }
    }

    pub(crate) fn call_cell(&mut self, site: Site<'a>, id: CellId, actuals: Vec<Actual<'a>>) -> Type {
        self.use_cell(id, site.callee.span);
        self.call_cell_for(site, id, &[], actuals)
    }

    /// Calls a cell some of whose type parameters are known from the place.
    pub(crate) fn call_cell_for(
        &mut self,
        site: Site<'a>,
        id: CellId,
        known: &[(NodeId, Type)],
        actuals: Vec<Actual<'a>>,
    ) -> Type {
        let ret = self.cell_return(id);
        let (Some(def), Some(source)) = (self.out.cells.get(id.0 as usize), self.cells.get(id.0 as usize))
        else {
            return Type::Error;
        };
        let (name, at, declared) = (syntax::unhidden(&def.name).to_string(), def.span, def.params.clone());
        // What belongs to the cell around it means the same here.
        let own: Vec<NodeId> = source.type_params.iter().skip(source.enclosing).map(|(_, id)| *id).collect();
        let outer = own.len() - source.cell.sig.type_params.len().min(own.len());
        // The type parameters of a record belong to its methods too, but are not written at calls.
        let (of_owner, of_cell) = own.split_at(outer);
        let mut generics: Vec<(NodeId, Type)> = of_owner
            .iter()
            .map(|id| {
                let known = known.iter().find(|(param, _)| param == id).map(|(_, ty)| ty.clone());
                (*id, known.unwrap_or_else(|| self.fresh()))
            })
            .collect();
        generics.extend(self.instantiate(site, &name, of_cell, at));
        let params = self.parameters(&declared, &generics);
        if let Some(slots) = self.match_args(&name, site.span, &params, &actuals) {
            self.check_args(&params, &slots, &actuals);
            self.demand(Some(site.id), &generics, site.span, &name);
            let args = slots
                .iter()
                .zip(&declared)
                .map(|(slot, param)| {
                    self.call_arg(slot, &actuals).unwrap_or_else(|| crate::handle::not_given(param))
                })
                .collect();
            self.box_params(&declared, &params, &slots, &actuals);
            self.check_constant_args(id, &slots, &actuals);
            self.record_call(site, Callee::Cell(id), args);
        }
        self.substitute(&ret, &generics)
    }

    /// What a call may give to declared parameters, with this call's types for the type parameters.
    pub(crate) fn parameters(&self, declared: &[ParamDef], generics: &[(NodeId, Type)]) -> Vec<Parameter> {
        let one = |p: &ParamDef| {
            let ty = match (&p.ty, p.variadic) {
                (Type::List(element), true) => element,
                (ty, _) => ty,
            };
            Parameter {
                name: p.name.clone(),
                flexible: matches!(ty, Type::Param(_)),
                ty: self.substitute(ty, generics),
                takes: if p.variadic { Takes::Rest } else { Takes::One },
                required: !p.has_default,
            }
        };
        declared.iter().map(one).collect()
    }

    pub(crate) fn check_constant_args(&mut self, id: CellId, slots: &[Slot], actuals: &[Actual<'a>]) {
        let Some(cell) = self.cells.get(id.0 as usize).map(|s| s.cell) else { return };
        let mut sizes = std::collections::HashMap::new();
        for (param, slot) in cell.sig.params.iter().zip(slots) {
            if let (Some(ty), Some(actual)) = (&param.ty, slot.one().and_then(|place| actuals.get(place))) {
                self.check_constant(ty.id, actual.expr, actual.expr.span);
                self.check_shape(ty.id, actual.expr, &mut sizes);
            }
        }
    }

    /// A scalar that goes to a parameter of a type parameter's type is boxed.
    pub(crate) fn box_params(
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
            let message = format!("`{}` needs a type that is `{bound}`, and {shown} is not.", demand.by);
            let mut diagnostic = Diagnostic::error("E0128", demand.span, message).help(help);
            if let Some(declared) = demand.declared {
                diagnostic = diagnostic.label(declared, "bounded here");
            }
            self.report(diagnostic);
        }
    }
}

/// Parameters of a function value: they have no names.
pub(crate) fn anonymous(types: &[Type]) -> Vec<Parameter> {
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
