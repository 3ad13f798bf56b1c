//! Traits: what they declare, their parents, and the bounds that name them.

use std::collections::HashMap;

use syntax::ast::{CellBody, Item, ItemKind, NodeId, Trait, TypeExpr, TypeExprKind, TypeParam};
use syntax::{Diagnostic, Span};

use crate::Type;
use crate::builtins::Bound;
use crate::checked::{CellId, TraitDef, TraitId, TraitRef};
use crate::checker::{Checker, Def};
use crate::nearest::did_you_mean;

const BUILTIN: [&str; 6] = ["Eq", "Ord", "Hash", "Show", "Num", "Iterable"];

/// A trait's source, beside its [`TraitDef`].
pub(crate) struct TraitSource<'a> {
    pub declared: &'a Trait,
    module: usize,
    /// The builtin ones among its parents.
    pub builtin: Vec<Bound>,
}

pub(crate) fn named_params(params: &[TypeParam]) -> Vec<(String, NodeId)> {
    params.iter().map(|p| (p.name.text.clone(), p.id)).collect()
}

impl<'a> Checker<'a> {
    pub(crate) fn enter_trait(&mut self, module: usize, item: &'a Item, declared: &'a Trait) {
        let id = TraitId(self.traits.len() as u32);
        self.param_names.insert(item.id, "Self".to_string());
        self.type_params(&declared.type_params);
        self.name(module, &declared.name.text, declared.name.span, item.public, Def::Trait(id));
        self.deprecate(item, Some(Def::Trait(id)), declared.name.span);
        let mut outer = vec![("Self".to_string(), item.id)];
        outer.extend(named_params(&declared.type_params));
        let mut methods: Vec<CellId> = Vec::new();
        let mut seen: HashMap<&str, Span> = HashMap::new();
        for member in &declared.cells {
            self.check_attributes(&member.attrs);
            self.no_model(&member.attrs);
            let ItemKind::Cell(cell) = &member.kind else { continue };
            let method = self.new_cell(module, member, cell, Some(Type::Param(item.id)), outer.clone());
            if let Some(name) = cell.sig.name.parts.last()
                && let Some(first) = seen.insert(&name.text, name.span)
            {
                self.duplicate_part("method", &name.text, name.span, first);
                continue;
            }
            if let Some(def) = self.out.cells.get_mut(method.0 as usize) {
                def.slot = Some((id, methods.len()));
            }
            methods.push(method);
        }
        self.traits.push(TraitSource { declared, module, builtin: Vec::new() });
        self.out.traits.push(TraitDef {
            name: declared.name.text.clone(),
            node: item.id,
            params: declared.type_params.iter().map(|p| p.id).collect(),
            parents: Vec::new(),
            wheres: Vec::new(),
            methods,
            file: item.span.file,
        });
    }

    // Bounds

    /// Resolves the bounds of type parameters.
    pub(crate) fn bounds(&mut self, params: &'a [TypeParam]) {
        for param in params {
            let (mut builtin, mut declared) = (Vec::new(), Vec::new());
            for bound in &param.bounds {
                self.bound(bound, " to bound a type parameter by", &mut builtin, &mut declared);
            }
            self.param_bounds.insert(param.id, builtin);
            self.param_traits.insert(param.id, declared);
        }
    }

    pub(crate) fn bound(
        &mut self,
        bound: &'a TypeExpr,
        purpose: &str,
        builtin: &mut Vec<Bound>,
        declared: &mut Vec<TraitRef>,
    ) {
        let TypeExprKind::Path { path, args } = &bound.kind else {
            if !matches!(bound.kind, TypeExprKind::Error) {
                let help = "A bound is a trait, or several: `[T: Ord + Show]`.";
                self.report(
                    Diagnostic::error("E0103", bound.span, "Expected a trait, found a type.").help(help),
                );
            }
            return;
        };
        let name = path.dotted();
        let types: Vec<Type> = args.iter().map(|arg| self.type_expr(arg)).collect();
        match self.type_def(path) {
            Some(Def::Trait(id)) => {
                self.used(&Def::Trait(id), path.span);
                let wanted = self.out.traits.get(id.0 as usize).map_or(0, |t| t.params.len());
                if self.expect_arity(bound, &name, wanted, types.len())
                    && !declared.iter().any(|known| known.id == id)
                {
                    for part in self.builtin_parents(id) {
                        if !builtin.contains(&part) {
                            builtin.push(part);
                        }
                    }
                    declared.push(TraitRef { id, args: types, span: bound.span });
                }
                return;
            }
            Some(_) => {
                self.report(
                    Diagnostic::error("E0103", bound.span, format!("`{name}` is no trait."))
                        .help("Only traits are implemented and bound type parameters: `trait NAME … end`."),
                );
                return;
            }
            None => {}
        }
        if let Some(known) = Bound::parse(&name) {
            self.expect_arity(bound, &name, 0, types.len());
            if !builtin.contains(&known) {
                builtin.push(known);
            }
            return;
        }
        if name.split('.').next().is_some_and(|first| self.is_unread(first)) {
            return;
        }
        let own: Vec<String> = self.out.traits.iter().map(|t| t.name.clone()).collect();
        let known = BUILTIN.iter().copied().chain(own.iter().map(String::as_str));
        let mut diagnostic =
            Diagnostic::error("E0103", bound.span, format!("There is no trait `{name}`{purpose}."));
        diagnostic.help = Some(
            did_you_mean(&name, known)
                .unwrap_or_else(|| format!("The builtin ones are {}.", BUILTIN.join(", "))),
        );
        self.report(diagnostic);
    }

    /// The builtin traits among all parents.
    fn builtin_parents(&self, id: TraitId) -> Vec<Bound> {
        let mut found: Vec<Bound> = Vec::new();
        for of in self.family(id) {
            let own = self.traits.get(of.0 as usize).map_or(&[][..], |t| &t.builtin);
            found.extend(own.iter().filter(|b| !found.contains(b)).copied().collect::<Vec<_>>());
        }
        found
    }

    /// The trait and all its parents, each once.
    pub(crate) fn family(&self, id: TraitId) -> Vec<TraitId> {
        let mut found = vec![id];
        let mut at = 0;
        while let Some(of) = found.get(at).copied() {
            at += 1;
            for parent in self.out.traits.get(of.0 as usize).map_or(&[][..], |t| &t.parents) {
                if !found.contains(&parent.id) {
                    found.push(parent.id);
                }
            }
        }
        found
    }

    pub(crate) fn trait_name(&self, id: TraitId) -> &str {
        self.out.traits.get(id.0 as usize).map_or("", |t| &t.name)
    }

    /// The trait as a bound writes it.
    pub(crate) fn show_trait(&self, of: &TraitRef) -> String {
        let name = self.trait_name(of.id);
        let args: Vec<String> = of.args.iter().map(|ty| self.show(ty)).collect();
        if args.is_empty() { name.to_string() } else { format!("{name}[{}]", args.join(", ")) }
    }

    // Traits

    pub(crate) fn resolve_traits(&mut self) {
        for index in 0..self.traits.len() {
            let (declared, module) = (self.traits[index].declared, self.traits[index].module);
            let node = self.out.traits[index].node;
            self.body.module = module;
            self.body.type_params = named_params(&declared.type_params);
            self.body.type_params.insert(0, ("Self".to_string(), node));
            let (mut builtin, mut parents) = (Vec::new(), Vec::new());
            for parent in &declared.parents {
                self.bound(parent, "", &mut builtin, &mut parents);
            }
            self.traits[index].builtin = builtin;
            self.out.traits[index].parents = parents;
        }
        for index in 0..self.traits.len() {
            let id = TraitId(index as u32);
            let own = self.out.traits[index].parents.clone();
            if own.iter().any(|parent| self.family(parent.id).contains(&id)) {
                let name = self.traits[index].declared.name.clone();
                self.out.traits[index].parents.clear();
                self.report(
                    Diagnostic::error(
                        "E0103",
                        name.span,
                        format!("The trait `{}` is its own parent.", name.text),
                    )
                    .help("Take one of the traits of the circle out of the other's parents."),
                );
            }
        }
        for index in 0..self.traits.len() {
            let (declared, module) = (self.traits[index].declared, self.traits[index].module);
            let id = TraitId(index as u32);
            let (node, params) = (self.out.traits[index].node, self.out.traits[index].params.clone());
            self.body.module = module;
            self.body.type_params = named_params(&declared.type_params);
            self.bounds(&declared.type_params);
            for (place, param) in declared.type_params.iter().enumerate() {
                let bounds = self.param_traits.get(&param.id).cloned().unwrap_or_default();
                self.out.traits[index].wheres.extend(bounds.into_iter().map(|bound| (place, bound)));
                self.params_of_traits.insert(param.id);
            }
            let itself = TraitRef {
                id,
                args: params.into_iter().map(Type::Param).collect(),
                span: declared.name.span,
            };
            self.param_bounds.insert(node, self.builtin_parents(id));
            self.param_traits.insert(node, vec![itself]);
            self.inherited_names(id);
        }
    }

    /// A method has one name in a trait and all its parents, so that a call means one of them.
    fn inherited_names(&mut self, id: TraitId) {
        let own = self.out.traits.get(id.0 as usize).map(|t| t.methods.clone()).unwrap_or_default();
        let parents: Vec<TraitId> = self.family(id).into_iter().skip(1).collect();
        for method in own {
            let Some(def) = self.out.cells.get(method.0 as usize) else { continue };
            let (name, span) = (def.name.clone(), def.span);
            let first = parents.iter().find_map(|parent| self.method_of(*parent, &name));
            if let Some(first) = first.and_then(|id| self.out.cells.get(id.0 as usize)).map(|def| def.span) {
                self.duplicate_part("method", &name, span, first);
            }
        }
    }

    /// The trait's own method of that name.
    pub(crate) fn method_of(&self, id: TraitId, name: &str) -> Option<CellId> {
        let methods = &self.out.traits.get(id.0 as usize)?.methods;
        methods.iter().find(|m| self.out.cells.get(m.0 as usize).is_some_and(|c| c.name == name)).copied()
    }

    pub(crate) fn trait_method_stated(&mut self, id: CellId) {
        let index = id.0 as usize;
        let Some(source) = self.cells.get_mut(index) else { return };
        let (sig, has_body) = (&source.cell.sig, !matches!(source.cell.body, CellBody::None));
        let unstated = sig.ret.is_none();
        source.stated = true;
        if let Some(def) = self.out.cells.get_mut(index)
            && unstated
        {
            def.ret = Type::Null;
        }
        for (place, param) in sig.params.iter().enumerate() {
            let param_type = |c: &Self| Some(c.out.cells.get(index)?.params.get(place)?.ty.clone());
            let Some(ty) = param_type(self).filter(|_| param.default.is_some()) else { continue };
            let default = crate::handle::filled_in(param, &ty);
            if let Some(def) = self.out.cells.get_mut(index).and_then(|c| c.params.get_mut(place)) {
                def.default = default;
            }
        }
        if unstated && has_body {
            let name = sig.name.dotted();
            if let Some(def) = self.out.cells.get_mut(index) {
                def.ret = Type::Error;
            }
            self.report(
                Diagnostic::error(
                    "E0212",
                    sig.name.span,
                    format!("The method `{name}` of a trait does not state its return type."),
                )
                .help("Write `-> Type` after its parameters: every implementation has it."),
            );
        }
    }
}
