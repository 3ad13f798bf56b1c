//! Why a type has the traits that a place asks for: which implementation or which dictionary at hand it is.

use syntax::ast::{NodeId, TypeParam};
use syntax::{Diagnostic, Span};

use crate::Type;
use crate::checked::{CellId, Evidence, ImplId, Local, LocalId, TraitId, TraitRef};
use crate::checker::{Checker, LocalInfo};

/// Bounds on implementations may ask for further ones; an endless chain proves nothing.
const DEPTH_MAX: usize = 50;
/// Two bounds on one parameter double the proofs at each level of a nested type.
const STEPS_MAX: usize = 1_000;

/// A dictionary at hand: that the type parameter has the trait.
pub(crate) type Dict = (NodeId, TraitRef, LocalId);

/// Where a proof is needed: the dictionaries there, and the functions around it, the outermost first.
#[derive(Clone, Debug, Default)]
pub(crate) struct Context {
    pub dicts: Vec<Dict>,
    pub functions: Vec<(Option<NodeId>, Option<CellId>)>,
}

/// A type argument that must have a trait once it is known.
pub(crate) struct Obligation {
    /// The call, or the name of a cell used as a value, that passes the dictionary on; none where there is nothing to
    /// pass.
    site: Option<NodeId>,
    /// Which of its dictionaries it is.
    index: usize,
    ty: Type,
    bound: TraitRef,
    span: Span,
    by: String,
    context: Context,
}

/// What a proof came to its end at.
pub(crate) struct Unmet {
    ty: Type,
    bound: TraitRef,
}

impl<'a> Checker<'a> {
    /// A local that holds a dictionary.
    pub(crate) fn dictionary(&mut self, param: NodeId, bound: &TraitRef, function: usize) -> LocalId {
        let id = LocalId(self.out.locals.len() as u32);
        let param = self.param_names.get(&param).cloned().unwrap_or_default();
        let name = format!("{param}: {}", self.trait_name(bound.id));
        self.out.locals.push(Local {
            name,
            ty: Type::Any,
            mutable: false,
            captured: false,
            span: bound.span,
        });
        self.local_info.push(LocalInfo { function, ..LocalInfo::default() });
        id
    }

    /// Makes the dictionaries that a cell takes.
    pub(crate) fn bind_dicts(&mut self, id: CellId) {
        let index = id.0 as usize;
        let Some(source) = self.cells.get(index) else { return };
        let own: Vec<TypeParam> = source.cell.sig.type_params.clone();
        let params: Vec<NodeId> =
            source.type_params.iter().skip(source.enclosing).map(|(_, id)| *id).collect();
        let function = self.body.functions.len().saturating_sub(1);
        let (mut dicts, mut owner) = (Vec::new(), 0);
        for param in params {
            // The dictionary of the trait holds what proves the bounds of its own parameters.
            if self.params_of_traits.contains(&param) {
                continue;
            }
            for bound in self.param_traits.get(&param).cloned().unwrap_or_default() {
                let local = self.dictionary(param, &bound, function);
                dicts.push(local);
                owner += usize::from(!own.iter().any(|p| p.id == param));
                self.body.dicts.push((param, bound, local));
            }
        }
        if let Some(def) = self.out.cells.get_mut(index) {
            (def.dicts, def.owner_dicts) = (dicts, owner);
        }
    }

    /// Makes the dictionaries that a clause takes of an operation with these type parameters.
    pub(crate) fn more_dicts(&mut self, params: &[(String, NodeId)]) -> Vec<LocalId> {
        let function = self.body.functions.len().saturating_sub(1);
        let mut dicts = Vec::new();
        for (_, param) in params {
            for bound in self.param_traits.get(param).cloned().unwrap_or_default() {
                let local = self.dictionary(*param, &bound, function);
                dicts.push(local);
                self.body.dicts.push((*param, bound, local));
            }
        }
        dicts
    }

    /// Asks for what proves the declared bounds of type parameters, now that their types are given.
    pub(crate) fn oblige(&mut self, site: Option<NodeId>, generics: &[(NodeId, Type)], span: Span, by: &str) {
        let mut index = 0;
        for (id, ty) in
            generics.iter().filter(|(id, _)| !self.params_of_traits.contains(id)).collect::<Vec<_>>()
        {
            for bound in self.param_traits.get(id).cloned().unwrap_or_default() {
                let args = bound.args.iter().map(|arg| self.substitute(arg, generics)).collect();
                let bound = TraitRef { args, ..bound };
                self.improve(ty, &bound);
                let context = if self.body.dicts.is_empty() {
                    Context::default()
                } else {
                    Context {
                        dicts: self.body.dicts.clone(),
                        functions: self.body.functions.iter().map(|f| (f.lambda, f.cell)).collect(),
                    }
                };
                let by = by.to_string();
                self.obligations.push(Obligation { site, index, ty: ty.clone(), bound, span, by, context });
                index += 1;
            }
        }
    }

    /// A type has a trait in one way, so its implementation says what the trait's own parameters are.
    fn improve(&mut self, ty: &Type, bound: &TraitRef) {
        if bound.args.is_empty() {
            return;
        }
        let ty = self.resolve(ty);
        let known = match &ty {
            Type::Var(_) | Type::Error => None,
            Type::Param(id) => {
                let bounds = self.param_traits.get(id).cloned().unwrap_or_default();
                bounds.iter().find_map(|from| self.ancestor(from, bound.id, &ty)).map(|(found, _)| found.args)
            }
            _ => self.implementation(bound.id, &ty).map(|(id, params)| {
                let args = self.out.impls.get(id).map(|known| known.of.args.clone()).unwrap_or_default();
                args.iter().map(|arg| self.substitute(arg, &params)).collect()
            }),
        };
        for (known, wanted) in known.iter().flatten().zip(&bound.args) {
            self.fits(known, wanted);
        }
    }

    /// The trait among a bound and its parents, and the way there through the parents' places.
    fn ancestor(&self, from: &TraitRef, wanted: TraitId, ty: &Type) -> Option<(TraitRef, Vec<usize>)> {
        self.lineage(from, ty).into_iter().find(|(of, _)| of.id == wanted)
    }

    /// A bound and all its parents, the nearest first, each with the way there through the parents' places.
    fn lineage(&self, from: &TraitRef, ty: &Type) -> Vec<(TraitRef, Vec<usize>)> {
        let mut open: Vec<(TraitRef, Vec<usize>)> = vec![(from.clone(), Vec::new())];
        let mut at = 0;
        while let Some((of, path)) = open.get(at).cloned() {
            at += 1;
            for (place, parent) in self.parents_of(&of, ty).into_iter().enumerate() {
                if !open.iter().any(|(known, _)| known.id == parent.id) {
                    let path = path.iter().copied().chain([place]).collect();
                    open.push((parent, path));
                }
            }
        }
        open
    }

    /// What the type parameters of a trait are, `Self` first.
    pub(crate) fn trait_params(&self, of: &TraitRef, ty: &Type) -> Vec<(NodeId, Type)> {
        let Some(declared) = self.out.traits.get(of.id.0 as usize) else { return Vec::new() };
        let mut meaning = vec![(declared.node, ty.clone())];
        meaning.extend(declared.params.iter().copied().zip(of.args.iter().cloned()));
        meaning
    }

    /// The declared parents of a trait, for a type.
    pub(crate) fn parents_of(&self, of: &TraitRef, ty: &Type) -> Vec<TraitRef> {
        let Some(declared) = self.out.traits.get(of.id.0 as usize) else { return Vec::new() };
        let meaning = self.trait_params(of, ty);
        let parent = |parent: &TraitRef| TraitRef {
            args: parent.args.iter().map(|arg| self.substitute(arg, &meaning)).collect(),
            ..parent.clone()
        };
        declared.parents.iter().map(parent).collect()
    }

    /// The implementation of a trait that a type has, by its place, with what it was made for. What is not known yet
    /// of the type is taken to fit; where several would fit then, none does.
    pub(crate) fn implementation(&self, of: TraitId, ty: &Type) -> Option<(usize, Vec<(NodeId, Type)>)> {
        let mut fitting =
            self.out.impls.iter().enumerate().filter(|(_, known)| known.of.id == of).filter_map(
                |(id, known)| {
                    let mut params = Vec::new();
                    self.matches(&known.target, ty, &known.params, &mut params).then_some((id, params))
                },
            );
        let first = fitting.next();
        if fitting.next().is_some() { None } else { first }
    }

    /// Whether the type has the trait, as far as it is known.
    pub(crate) fn may_have(&self, of: TraitId, ty: &Type) -> bool {
        let all = self.out.impls.iter().filter(|known| known.of.id == of);
        all.into_iter().any(|known| self.matches(&known.target, ty, &known.params, &mut Vec::new()))
    }

    /// Whether the type is what an implementation is for, and what its parameters then are.
    fn matches(&self, made: &Type, ty: &Type, params: &[NodeId], found: &mut Vec<(NodeId, Type)>) -> bool {
        let ty = self.shallow(ty);
        match (made, &ty) {
            (Type::Param(id), _) if params.contains(id) => {
                let known = found.iter().find(|(param, _)| param == id).map(|(_, ty)| self.resolve(ty));
                match known {
                    Some(known) => known == self.resolve(&ty) || matches!(ty, Type::Var(_)),
                    None => {
                        found.push((*id, ty));
                        true
                    }
                }
            }
            (_, Type::Var(_) | Type::Error) => true,
            (a, b) => match (parts(a), parts(b)) {
                (Some(made), Some(found_parts)) if same_head(a, b) && made.len() == found_parts.len() => {
                    made.iter().zip(&found_parts).all(|(a, b)| self.matches(a, b, params, found))
                }
                _ => *a == self.resolve(b),
            },
        }
    }

    /// Proves that a type has a trait.
    pub(crate) fn solve(
        &mut self,
        ty: &Type,
        bound: &TraitRef,
        context: &Context,
    ) -> Result<Evidence, Unmet> {
        self.solve_within(ty, bound, context, 0, &mut 0)
    }

    fn solve_within(
        &mut self,
        ty: &Type,
        bound: &TraitRef,
        context: &Context,
        depth: usize,
        steps: &mut usize,
    ) -> Result<Evidence, Unmet> {
        let ty = self.closed(ty);
        let unmet = || Unmet { ty: ty.clone(), bound: bound.clone() };
        *steps += 1;
        if depth > DEPTH_MAX || *steps > STEPS_MAX {
            return Err(unmet());
        }
        if let Type::Param(id) = &ty {
            for (param, from, local) in context.dicts.iter().rev().filter(|(param, ..)| param == id) {
                let Some((found, path)) = self.ancestor(from, bound.id, &Type::Param(*param)) else {
                    continue;
                };
                if !found.args.iter().zip(&bound.args).all(|(a, b)| self.fits(a, b)) {
                    return Err(unmet());
                }
                self.touch_within(*local, &context.functions);
                let given = Evidence::Given(*local);
                return Ok(path.into_iter().fold(given, |of, place| Evidence::Parent(Box::new(of), place)));
            }
        }
        if let Some(held) = self.held(&ty, bound, context) {
            return Ok(held);
        }
        let Some((id, params)) = self.implementation(bound.id, &ty) else { return Err(unmet()) };
        let Some(known) = self.out.impls.get(id).cloned() else { return Err(unmet()) };
        for (arg, wanted) in known.of.args.iter().zip(&bound.args) {
            let arg = self.substitute(arg, &params);
            if !self.fits(&arg, wanted) {
                return Err(unmet());
            }
        }
        let mut own = Vec::new();
        for param in &known.params {
            let Some((_, given)) = params.iter().find(|(id, _)| id == param).cloned() else {
                return Err(unmet());
            };
            let builtin = self.param_bounds.get(param).cloned().unwrap_or_default();
            if builtin.iter().any(|bound| !self.has_bound(&given, *bound)) {
                return Err(unmet());
            }
            for inner in self.param_traits.get(param).cloned().unwrap_or_default() {
                let args = inner.args.iter().map(|arg| self.substitute(arg, &params)).collect();
                let bound = TraitRef { args, ..inner };
                own.push(self.solve_within(&given, &bound, context, depth + 1, steps)?);
            }
        }
        Ok(Evidence::Impl(ImplId(id as u32), own))
    }

    /// What proves that a type parameter has a trait because a trait at hand asks for it of its own parameter.
    fn held(&mut self, ty: &Type, bound: &TraitRef, context: &Context) -> Option<Evidence> {
        let Type::Param(_) = ty else { return None };
        for (param, from, local) in context.dicts.iter().rev() {
            let itself = Type::Param(*param);
            for (of, path) in self.lineage(from, &itself) {
                let parents = self.parents_of(&of, &itself);
                let wheres = self.wheres_of(&of, &itself);
                for (place, (arg, held)) in wheres.iter().enumerate() {
                    if self.resolve(arg) != *ty {
                        continue;
                    }
                    let Some((found, further)) = self.ancestor(held, bound.id, ty) else { continue };
                    if !found.args.iter().zip(&bound.args).all(|(a, b)| self.fits(a, b)) {
                        continue;
                    }
                    self.touch_within(*local, &context.functions);
                    let way = path.iter().copied().chain([parents.len() + place]).chain(further);
                    let given = Evidence::Given(*local);
                    return Some(way.fold(given, |of, place| Evidence::Parent(Box::new(of), place)));
                }
            }
        }
        None
    }

    /// The bounds of a trait's own type parameters, with what these stand for.
    pub(crate) fn wheres_of(&self, of: &TraitRef, ty: &Type) -> Vec<(Type, TraitRef)> {
        let Some(declared) = self.out.traits.get(of.id.0 as usize) else { return Vec::new() };
        let meaning = self.trait_params(of, ty);
        let held = |(place, bound): &(usize, TraitRef)| {
            let args = bound.args.iter().map(|arg| self.substitute(arg, &meaning)).collect();
            Some((of.args.get(*place)?.clone(), TraitRef { args, ..bound.clone() }))
        };
        declared.wheres.iter().filter_map(held).collect()
    }

    /// The cells that implement a trait's method.
    pub(crate) fn implementing(&self, method: CellId) -> Vec<CellId> {
        let Some((of, slot)) = self.out.cells.get(method.0 as usize).and_then(|c| c.slot) else {
            return Vec::new();
        };
        let all = self.out.impls.iter().filter(|known| known.of.id == of);
        all.filter_map(|known| known.methods.get(slot).copied().flatten()).collect()
    }

    /// Proves what was asked for. By now the types are known.
    pub(crate) fn check_obligations(&mut self) {
        for asked in std::mem::take(&mut self.obligations) {
            let Obligation { site, index, ty, bound, span, by, context } = asked;
            let ty = self.closed(&ty);
            if matches!(ty, Type::Error | Type::Never) {
                continue;
            }
            match self.solve(&ty, &bound, &context) {
                Ok(evidence) => {
                    let Some(site) = site else { continue };
                    let known = self.out.evidence.entry(site).or_default();
                    // A call that was looked at twice asks twice.
                    match known.get_mut(index) {
                        Some(slot) => *slot = evidence,
                        None => known.push(evidence),
                    }
                }
                Err(unmet) => self.unmet(&unmet, &ty, &bound, span, &by, "the bound"),
            }
        }
    }

    pub(crate) fn unmet(
        &mut self,
        unmet: &Unmet,
        ty: &Type,
        bound: &TraitRef,
        span: Span,
        by: &str,
        label: &str,
    ) {
        let (name, shown) = (self.show_trait(bound), self.show(ty));
        let (inner, needs) = (self.show(&unmet.ty), self.show_trait(&unmet.bound));
        let other = self.implementation(bound.id, ty).and_then(|(id, _)| self.out.impls.get(id)).cloned();
        let help = match (&unmet.ty, other) {
            _ if inner != shown => format!("There is an `impl`, which needs that {inner} is `{needs}`."),
            (_, Some(other)) if !other.of.args.is_empty() => {
                format!("It is `{}`: a type has a trait in one way.", self.show_trait(&other.of))
            }
            (_, Some(_)) => "There is an `impl`, whose own bounds it does not meet.".to_string(),
            (Type::Param(_), None) => format!("Bound it where it is declared: `[{inner}: {needs}]`."),
            _ => format!("Implement it: `impl {needs} for {inner} … end`."),
        };
        self.report(
            Diagnostic::error(
                "E0128",
                span,
                format!("`{by}` needs a type that is `{name}`, and {shown} is not."),
            )
            .label(bound.span, label)
            .help(help),
        );
    }

    /// The methods of traits that a name means on a type: one, or several that it could be.
    pub(crate) fn trait_methods(&self, ty: &Type, name: &str) -> Vec<CellId> {
        let mut found = Vec::new();
        if let Type::Param(id) = ty {
            for bound in self.param_traits.get(id).map_or(&[][..], Vec::as_slice) {
                for of in self.family(bound.id) {
                    found.extend(self.method_of(of, name).filter(|method| !found.contains(method)));
                }
            }
        }
        for of in (0..self.out.traits.len() as u32).map(TraitId) {
            if let Some(method) = self.method_of(of, name).filter(|method| !found.contains(method))
                && self.may_have(of, ty)
            {
                found.push(method);
            }
        }
        found
    }
}

/// Whether some type would be what both implementations are for.
pub(crate) fn overlaps(a: &Type, b: &Type) -> bool {
    match (a, b) {
        (Type::Param(_) | Type::Error, _) | (_, Type::Param(_) | Type::Error) => true,
        _ => match (parts(a), parts(b)) {
            (Some(x), Some(y)) => {
                same_head(a, b) && x.len() == y.len() && x.iter().zip(&y).all(|(a, b)| overlaps(a, b))
            }
            _ => a == b,
        },
    }
}

/// The types that a type is made of; `None` where it is compared as a whole.
fn parts(ty: &Type) -> Option<Vec<Type>> {
    Some(match ty {
        Type::List(t) | Type::Set(t) | Type::Series(t) | Type::Iter(t) | Type::Future(t) => {
            vec![(**t).clone()]
        }
        Type::Map(a, b) | Type::Result(a, b) => vec![(**a).clone(), (**b).clone()],
        Type::Tuple(items) | Type::Union(items) | Type::Record(_, items) | Type::Enum(_, items) => {
            items.to_vec()
        }
        Type::Engine(of) => of.args.to_vec(),
        Type::Fn(f) => f.params.iter().chain([&f.ret]).cloned().collect(),
        _ => return None,
    })
}

fn same_head(a: &Type, b: &Type) -> bool {
    match (a, b) {
        (Type::Record(a, _), Type::Record(b, _)) => a == b,
        (Type::Enum(a, _), Type::Enum(b, _)) => a == b,
        (Type::Engine(a), Type::Engine(b)) => a.name == b.name,
        _ => std::mem::discriminant(a) == std::mem::discriminant(b),
    }
}
