//! Implementations: what they are for, that there is one for a type, and that each is whole.

use syntax::ast::{CellBody, Impl, Item, ItemKind, TypeExprKind};
use syntax::{Diagnostic, Span};

use crate::Type;
use crate::checked::{CellId, Evidence, ImplDef, ImplId, TraitId, TraitRef};
use crate::checker::Checker;
use crate::declare::list_of;
use crate::evidence::{Context, overlaps};
use crate::nearest::did_you_mean;
use crate::traits::named_params;
use crate::unify::contains;

/// An implementation's source.
pub(crate) struct ImplSource<'a> {
    declared: &'a Impl,
    module: usize,
    item: &'a Item,
    /// Which of [`crate::Checked::impls`] it is; none where it is faulty or adds cells to the type itself.
    id: Option<usize>,
    cells: Vec<(String, CellId)>,
}

impl<'a> Checker<'a> {
    /// Keeps the implementation until all names are entered.
    pub(crate) fn enter_impl(&mut self, module: usize, item: &'a Item, declared: &'a Impl) {
        self.type_params(&declared.type_params);
        self.impls.push(ImplSource { declared, module, item, id: None, cells: Vec::new() });
    }

    pub(crate) fn resolve_impls(&mut self) {
        for index in 0..self.impls.len() {
            let (declared, module, item) =
                (self.impls[index].declared, self.impls[index].module, self.impls[index].item);
            self.body.module = module;
            self.body.type_params = named_params(&declared.type_params);
            self.bounds(&declared.type_params);
            let target = self.type_expr(&declared.target);
            self.body.self_type = Some(target.clone());
            let (mut builtin, mut traits) = (Vec::new(), Vec::new());
            if let Some(implements) = &declared.implements {
                self.bound(implements, "", &mut builtin, &mut traits);
            }
            self.body.self_type = None;
            let mut cells: Vec<(String, CellId)> = Vec::new();
            for member in &declared.cells {
                self.check_attributes(&member.attrs);
                self.no_model(&member.attrs);
                let ItemKind::Cell(cell) = &member.kind else { continue };
                let outer = named_params(&declared.type_params);
                let id = self.new_cell(module, member, cell, Some(target.clone()), outer);
                let Some(name) = cell.sig.name.parts.last() else { continue };
                if let Some((_, first)) = cells.iter().find(|(known, _)| *known == name.text) {
                    let first = self.out.cells.get(first.0 as usize).map_or(name.span, |c| c.span);
                    self.duplicate_part("method", &name.text, name.span, first);
                    continue;
                }
                cells.push((name.text.clone(), id));
            }
            self.impls[index].cells = cells;
            if target == Type::Error {
                continue;
            }
            self.unused_params(declared, &target);
            match (&declared.implements, traits.pop()) {
                (None, _) => self.own_cells(index, &target),
                (Some(_), Some(of)) => self.register(index, item, of, target),
                (Some(implements), None) if !builtin.is_empty() => {
                    let name = match &implements.kind {
                        TypeExprKind::Path { path, .. } => path.dotted(),
                        _ => String::new(),
                    };
                    self.report(
                        Diagnostic::error(
                            "E0129",
                            implements.span,
                            format!("`{name}` is built in: values have it by what they are made of."),
                        )
                        .help(
                            "Comparing, ordering and printing mean the same for every type. Declare a trait of \
                             your own for another meaning.",
                        ),
                    );
                }
                _ => {}
            }
        }
    }

    /// Nothing could tell what such a parameter stands for.
    fn unused_params(&mut self, declared: &'a Impl, target: &Type) {
        for param in &declared.type_params {
            if !contains(target, &mut |part| *part == Type::Param(param.id)) {
                let shown = self.show(target);
                self.report(
                    Diagnostic::error(
                        "E0101",
                        param.name.span,
                        format!("The type parameter `{}` does not occur in {shown}.", param.name.text),
                    )
                    .help("Use it in the type that is implemented for, or leave it out."),
                );
            }
        }
    }

    /// `impl Type`: the cells join those of the type.
    fn own_cells(&mut self, index: usize, target: &Type) {
        let declared = self.impls[index].declared;
        let cells = self.impls[index].cells.clone();
        if !matches!(target, Type::Record(..) | Type::Enum(..)) {
            let shown = self.show(target);
            self.report(
                Diagnostic::error(
                    "E0129",
                    declared.target.span,
                    format!("{shown} is not declared here, so it gets no cells of its own here."),
                )
                .help("Declare a trait with these cells, and implement it: `impl Trait for Type … end`."),
            );
            return;
        }
        for (name, id) in cells {
            let methods = match target {
                Type::Record(of, _) => self.records.get_mut(of.0 as usize).map(|s| &mut s.methods),
                Type::Enum(of, _) => self.enums.get_mut(of.0 as usize).map(|s| &mut s.methods),
                _ => None,
            };
            if let Some(first) = methods.and_then(|methods| methods.insert(name.clone(), id)) {
                let place = |id: CellId| self.out.cells.get(id.0 as usize).map(|c| c.span);
                if let (Some(span), Some(first)) = (place(id), place(first)) {
                    self.duplicate_part("method", &name, span, first);
                }
            }
        }
    }

    /// Enters the implementation of a trait, the only one for its type.
    fn register(&mut self, index: usize, item: &'a Item, of: TraitRef, target: Type) {
        let declared = self.impls[index].declared;
        let first =
            self.out.impls.iter().find(|known| known.of.id == of.id && overlaps(&known.target, &target));
        if let Some(first) = first.map(|known| (known.of.span, known.target.clone())) {
            let (name, shown) = (self.trait_name(of.id).to_string(), self.show(&target));
            let other = self.show(&first.1);
            let message = if other == shown {
                format!("`{name}` is implemented for {shown} twice.")
            } else {
                format!("`{name}` is implemented for {other} too, and {shown} would be both.")
            };
            self.report(
                Diagnostic::error("E0129", of.span.to(declared.target.span), message)
                    .label(first.0, "the first implementation")
                    .help("A trait has one implementation for a type, so that a call means one cell."),
            );
            return;
        }
        let mut dicts = Vec::new();
        for param in &declared.type_params {
            for bound in self.param_traits.get(&param.id).cloned().unwrap_or_default() {
                dicts.push(self.dictionary(param.id, &bound, 0));
            }
        }
        let count = self.out.traits.get(of.id.0 as usize).map_or(0, |t| t.methods.len());
        self.impls[index].id = Some(self.out.impls.len());
        self.out.impls.push(ImplDef {
            of,
            target,
            node: item.id,
            params: declared.type_params.iter().map(|p| p.id).collect(),
            dicts,
            parents: Vec::new(),
            methods: vec![None; count],
        });
    }

    /// Whether traits say all they must, and implementations do what their traits say.
    pub(crate) fn check_impls(&mut self) {
        for index in 0..self.traits.len() {
            for method in self.out.traits[index].methods.clone() {
                self.trait_method_stated(method);
            }
        }
        for index in 0..self.impls.len() {
            if let Some(id) = self.impls[index].id {
                self.check_impl(index, id);
            }
        }
        self.check_circles();
    }

    /// What an implementation holds is made before it, so that none may hold itself, whatever the way.
    fn check_circles(&mut self) {
        let held: Vec<Vec<usize>> = self
            .out
            .impls
            .iter()
            .map(|known| {
                let mut found = Vec::new();
                known.parents.iter().for_each(|evidence| mentioned(evidence, &mut found));
                found
            })
            .collect();
        for id in 0..held.len() {
            let mut open = held.get(id).cloned().unwrap_or_default();
            let mut at = 0;
            while let Some(next) = open.get(at).copied().filter(|next| *next != id) {
                at += 1;
                let further = held.get(next).map_or(&[][..], Vec::as_slice);
                let further: Vec<usize> = further.iter().filter(|id| !open.contains(id)).copied().collect();
                open.extend(further);
            }
            if at < open.len() {
                let Some(span) = self.out.impls.get(id).map(|known| known.of.span) else { continue };
                self.unbuilt(span, "an implementation that is needed to prove the bounds of its own trait");
            }
        }
    }

    fn check_impl(&mut self, index: usize, id: usize) {
        let ImplDef { of, target, .. } = self.out.impls[id].clone();
        let Some(declared) = self.out.traits.get(of.id.0 as usize).cloned() else { return };
        let header = of.span.to(self.impls[index].declared.target.span);
        for (name, cell) in self.impls[index].cells.clone() {
            match declared.methods.iter().position(|m| self.name_of(*m) == name) {
                Some(slot) => {
                    let method = declared.methods[slot];
                    if let Some(def) = self.out.cells.get_mut(cell.0 as usize) {
                        def.implements = Some(method);
                    }
                    self.out.impls[id].methods[slot] = Some(cell);
                    self.check_method(&of, &target, method, cell);
                }
                None => self.extra_method(&of, &name, cell),
            }
        }
        let missing: Vec<CellId> = declared
            .methods
            .iter()
            .zip(&self.out.impls[id].methods)
            .filter(|(method, given)| given.is_none() && !self.has_body(**method))
            .map(|(method, _)| *method)
            .collect();
        if let Some(first) = missing.first() {
            let names: Vec<String> = missing.iter().map(|m| self.name_of(*m)).collect();
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            let (name, shown) = (self.show_trait(&of), self.show(&target));
            let mut diagnostic = Diagnostic::error(
                "E0124",
                header,
                format!("The implementation of `{name}` for {shown} lacks {}.", list_of(&names)),
            );
            if let Some(place) = self.out.cells.get(first.0 as usize).map(|c| c.span) {
                diagnostic = diagnostic.label(place, "declared here without a body");
            }
            self.report(diagnostic.help("Write it in this `impl`, or give it a body in the trait."));
        }
        let builtin = self.traits.get(of.id.0 as usize).map(|t| t.builtin.clone()).unwrap_or_default();
        for bound in builtin {
            if !self.has_bound(&target, bound) {
                let (name, shown) = (self.show_trait(&of), self.show(&target));
                self.report(
                    Diagnostic::error(
                        "E0128",
                        header,
                        format!("`{name}` needs a type that is `{bound:?}`, and {shown} is not."),
                    )
                    .label(declared_span(self, of.id), "the trait has this parent")
                    .help("Implement it for a type that has it."),
                );
            }
        }
        self.check_parents(id, header);
    }

    /// What proves the parents of an implemented trait.
    fn check_parents(&mut self, id: usize, header: Span) {
        let ImplDef { of, target, dicts, params, .. } = self.out.impls[id].clone();
        let mut context = Context::default();
        let bounds = params.iter().flat_map(|param| {
            let traits = self.param_traits.get(param).map_or(&[][..], Vec::as_slice);
            traits.iter().map(|bound| (*param, bound.clone()))
        });
        context.dicts = bounds.zip(dicts).map(|((param, bound), local)| (param, bound, local)).collect();
        let mut parents = Vec::new();
        for parent in self.parents_of(&of, &target) {
            match self.solve(&target, &parent, &context) {
                Ok(evidence) => parents.push(evidence),
                Err(unmet) => {
                    let name = self.show_trait(&of);
                    self.unmet(&unmet, &target, &parent, header, &name, "the trait has this parent");
                }
            }
        }
        for (arg, bound) in self.wheres_of(&of, &target) {
            match self.solve(&arg, &bound, &context) {
                Ok(evidence) => parents.push(evidence),
                Err(_) if arg == Type::Error => {}
                Err(unmet) => {
                    let name = self.show_trait(&of);
                    self.unmet(&unmet, &arg, &bound, header, &name, "the bound of the trait's parameter");
                }
            }
        }
        self.out.impls[id].parents = parents;
    }

    fn name_of(&self, id: CellId) -> String {
        self.out.cells.get(id.0 as usize).map(|c| c.name.clone()).unwrap_or_default()
    }

    pub(crate) fn has_body(&self, id: CellId) -> bool {
        self.cells.get(id.0 as usize).is_some_and(|s| !matches!(s.cell.body, CellBody::None))
    }

    fn extra_method(&mut self, of: &TraitRef, name: &str, cell: CellId) {
        let trait_name = self.trait_name(of.id).to_string();
        let span = self.out.cells.get(cell.0 as usize).map_or(of.span, |c| c.span);
        let parent = self.family(of.id).into_iter().find(|id| self.method_of(*id, name).is_some());
        let known: Vec<String> = self
            .out
            .traits
            .get(of.id.0 as usize)
            .map(|t| t.methods.iter().map(|m| self.name_of(*m)).collect())
            .unwrap_or_default();
        let known: Vec<&str> = known.iter().map(String::as_str).collect();
        let help = match parent {
            Some(parent) => {
                let parent = self.trait_name(parent);
                format!("It belongs to the parent `{parent}`: write it in `impl {parent} for …`.")
            }
            None => did_you_mean(name, known.iter().copied()).unwrap_or_else(|| {
                format!("It has {}. Cells of the type itself stand in `impl Type`.", list_of(&known))
            }),
        };
        let place = declared_span(self, of.id);
        self.report(
            Diagnostic::error("E0125", span, format!("The trait `{trait_name}` has no method `{name}`."))
                .label(place, "the trait")
                .help(help),
        );
    }
}

fn declared_span(checker: &Checker<'_>, id: TraitId) -> Span {
    checker.traits.get(id.0 as usize).map_or(Span::default(), |t| t.declared.name.span)
}

/// The implementations that a proof is made of.
fn mentioned(evidence: &Evidence, found: &mut Vec<usize>) {
    match evidence {
        Evidence::Given(_) => {}
        Evidence::Parent(of, _) => mentioned(of, found),
        Evidence::Impl(ImplId(id), own) => {
            found.push(*id as usize);
            own.iter().for_each(|evidence| mentioned(evidence, found));
        }
    }
}
