//! Constraints of type aliases: `type Age = Int where it >= 0`.
//!
//! An alias stands for its type, so a value is checked where it enters a place that is declared with the alias: a field,
//! a parameter, what a cell returns, a variable, a cast. A function cannot be looked at: one that enters a parameter, a
//! variable or what a cell returns is replaced there by one that holds each call to what the place states.

use std::collections::HashMap;

use syntax::ast::{Expr, NodeId, Path, TypeExpr, TypeExprKind};
use syntax::{Diagnostic, Span};

use crate::Type;
use crate::checked::{Constrained, Contract, Use, Within};
use crate::checker::{Body, Cause, Checker, Def, Function, Returns};
use crate::constant::evaluate;
use crate::evidence::overlaps;
use crate::shape::names_among;

/// The values cannot be looked at one by one.
struct Hidden;

/// Declarations that are being looked into, and how many more are.
struct Open {
    nodes: Vec<NodeId>,
    left: usize,
}

impl Open {
    fn new() -> Open {
        Open { nodes: Vec::new(), left: 1_000 }
    }
}

impl<'a> Checker<'a> {
    /// The type of a place whose values are checked as they enter it.
    pub(crate) fn placed_type(&mut self, t: &'a TypeExpr) -> Type {
        self.place_of(t, false)
    }

    /// The same of a place where a function that enters can be replaced.
    pub(crate) fn placed_value_type(&mut self, t: &'a TypeExpr) -> Type {
        self.place_of(t, true)
    }

    fn place_of(&mut self, t: &'a TypeExpr, takes_functions: bool) -> Type {
        let (whole, optional) = match &t.kind {
            TypeExprKind::Optional(inner) => (&**inner, true),
            _ => (t, false),
        };
        let core = whole.id;
        let outer = self.placed.replace(core);
        let mut inside = Vec::new();
        self.parts_of(t, &mut inside);
        let function = match &whole.kind {
            TypeExprKind::Fn { params, ret, .. } if takes_functions => Some((params, &**ret)),
            _ => None,
        };
        let known = self.size_names();
        let mut own = Vec::new();
        if let Some((params, ret)) = function {
            for part in params.iter().chain([ret]) {
                inside.push(part.id);
                self.parts_of(part, &mut inside);
            }
            names_among(params.iter(), &mut own);
            own.retain(|name| !known.contains(name));
        }
        let inside = std::mem::replace(&mut self.placed_inside, inside);
        let sizes = (!own.is_empty()).then(|| self.sizes.replace([known.as_slice(), &own].concat()));
        let ty = self.type_expr(t);
        if let Some(outer) = sizes {
            self.sizes = outer;
        }
        self.placed = outer;
        self.placed_inside = inside;
        self.check_members(t);
        if let Some((params, ret)) = function {
            let params: Vec<Option<Within>> = params.iter().map(|part| self.within(part)).collect();
            let ret = self.within(ret);
            if params.iter().any(Option::is_some) || ret.is_some() {
                self.out.contracts.insert(core, Contract { params, ret, outer: known, own });
            }
        }
        if !self.out.constrained.contains_key(&core)
            && let Some(within) = self.within(t)
        {
            let first = self.first_named(&within).and_then(|id| self.out.constrained.get(&id).copied());
            if let Some(found) = first {
                self.out.constrained.insert(t.id, Constrained { optional: false, ..found });
                self.out.within.insert(t.id, within);
            }
            return ty;
        }
        if let Some(found) = self.out.constrained.get(&core).copied()
            && optional
        {
            self.out.constrained.insert(t.id, Constrained { optional: true, ..found });
        }
        ty
    }

    /// Where in a type expression aliases with constraints stand.
    fn within(&self, t: &TypeExpr) -> Option<Within> {
        if self.out.constrained.contains_key(&t.id) {
            return Some(Within::Named(t.id));
        }
        match &t.kind {
            TypeExprKind::Optional(inner) => Some(Within::Present(Box::new(self.within(inner)?))),
            TypeExprKind::Tuple(parts) => {
                let parts: Vec<Option<Within>> = parts.iter().map(|part| self.within(part)).collect();
                parts.iter().any(Option::is_some).then_some(Within::Parts(parts))
            }
            TypeExprKind::Path { path, args } => match (path.dotted().as_str(), args.as_slice()) {
                ("list" | "set", [element]) => Some(Within::Each(Box::new(self.within(element)?))),
                ("map", [key, value]) => {
                    let (key, value) = (self.within(key).map(Box::new), self.within(value).map(Box::new));
                    (key.is_some() || value.is_some()).then_some(Within::Entries(key, value))
                }
                ("result", [value, error]) => {
                    let (value, error) = (self.within(value).map(Box::new), self.within(error).map(Box::new));
                    (value.is_some() || error.is_some()).then_some(Within::Outcome(value, error))
                }
                (_, args) => {
                    let args: Vec<Option<Within>> = args.iter().map(|arg| self.within(arg)).collect();
                    self.within_declared(self.body.module, path, &args, &mut Open::new()).ok().flatten()
                }
            },
            TypeExprKind::Fn { .. } if self.out.contracts.contains_key(&t.id) => Some(Within::Function(t.id)),
            TypeExprKind::Union(members) => {
                let found = members.iter().filter_map(|member| Some((member.id, self.within(member)?)));
                let found: Vec<(NodeId, Within)> = found.collect();
                (!found.is_empty()).then_some(Within::Members(found))
            }
            _ => None,
        }
    }

    /// Where in the values of a generic record or enum something stands that its type arguments say something of.
    fn within_declared(
        &self,
        module: usize,
        path: &Path,
        args: &[Option<Within>],
        open: &mut Open,
    ) -> Result<Option<Within>, Hidden> {
        if args.iter().all(Option::is_none) {
            return Ok(None);
        }
        let def = self.declared(module, &path.parts);
        let (node, params) = match &def {
            Some(Def::Record(id)) => {
                let source = self.records.get(id.0 as usize).ok_or(Hidden)?;
                let node = self.out.records.get(id.0 as usize).map(|def| def.node).ok_or(Hidden)?;
                (node, &source.record.type_params)
            }
            Some(Def::Enum(id)) => {
                let source = self.enums.get(id.0 as usize).ok_or(Hidden)?;
                let node = self.out.enums.get(id.0 as usize).map(|def| def.node).ok_or(Hidden)?;
                (node, &source.declared.type_params)
            }
            _ => return Err(Hidden),
        };
        // What holds itself has no end, and what holds another twice, which does so too, none that is waited for.
        if open.nodes.contains(&node) || open.left == 0 {
            return Err(Hidden);
        }
        open.left -= 1;
        open.nodes.push(node);
        let given: Vec<(&str, &Option<Within>)> =
            params.iter().map(|param| param.name.text.as_str()).zip(args).collect();
        let found = match &def {
            Some(Def::Record(id)) => {
                let source = self.records.get(id.0 as usize).ok_or(Hidden)?;
                let mut fields = Vec::new();
                for (slot, field) in source.record.fields.iter().enumerate() {
                    let within = self.within_given(source.module, &field.ty, &given, open)?;
                    fields.extend(within.map(|within| (slot, within)));
                }
                (!fields.is_empty()).then_some(Within::Fields(fields))
            }
            Some(Def::Enum(id)) => {
                let source = self.enums.get(id.0 as usize).ok_or(Hidden)?;
                let file = self.out.enums.get(id.0 as usize).map(|def| def.file).ok_or(Hidden)?;
                let module = self.module_of(file).ok_or(Hidden)?;
                let mut variants = Vec::new();
                for (place, variant) in source.declared.variants.iter().enumerate() {
                    let mut parts = Vec::new();
                    for (part, (_, ty)) in variant.fields.iter().enumerate() {
                        let within = self.within_given(module, ty, &given, open)?;
                        parts.extend(within.map(|within| (part, within)));
                    }
                    if !parts.is_empty() {
                        variants.push((place, parts));
                    }
                }
                (!variants.is_empty()).then_some(Within::Variants(variants))
            }
            _ => None,
        };
        open.nodes.pop();
        Ok(found)
    }

    /// The same in a part of a declaration, whose type parameters are given.
    fn within_given(
        &self,
        module: usize,
        t: &TypeExpr,
        given: &[(&str, &Option<Within>)],
        open: &mut Open,
    ) -> Result<Option<Within>, Hidden> {
        let (path, args): (Option<&Path>, &[TypeExpr]) = match &t.kind {
            TypeExprKind::Path { path, args } => {
                let name = path.dotted();
                if let Some((_, within)) = given.iter().find(|(known, _)| *known == name) {
                    return Ok((*within).clone());
                }
                (Some(path), args)
            }
            TypeExprKind::Optional(inner) => (None, std::slice::from_ref(inner)),
            TypeExprKind::Tuple(parts) | TypeExprKind::Union(parts) => (None, parts),
            TypeExprKind::Fn { params, ret, .. } => {
                for part in params.iter().chain([&**ret]) {
                    if self.within_given(module, part, given, open)?.is_some() {
                        return Err(Hidden);
                    }
                }
                return Ok(None);
            }
            TypeExprKind::Structure(fields) => {
                for (_, part) in fields {
                    if self.within_given(module, part, given, open)?.is_some() {
                        return Err(Hidden);
                    }
                }
                return Ok(None);
            }
            TypeExprKind::Size(_) | TypeExprKind::Error => return Ok(None),
        };
        let mut inner = Vec::with_capacity(args.len());
        for arg in args {
            inner.push(self.within_given(module, arg, given, open)?);
        }
        if inner.iter().all(Option::is_none) {
            return Ok(None);
        }
        let boxed = |at: usize| inner.get(at).cloned().flatten().map(Box::new);
        Ok(match (&t.kind, path.map(Path::dotted).as_deref()) {
            (TypeExprKind::Optional(_), _) => boxed(0).map(Within::Present),
            (TypeExprKind::Tuple(_), _) => Some(Within::Parts(inner)),
            (TypeExprKind::Path { .. }, Some("list" | "set")) => boxed(0).map(Within::Each),
            (TypeExprKind::Path { .. }, Some("map")) => Some(Within::Entries(boxed(0), boxed(1))),
            (TypeExprKind::Path { .. }, Some("result")) => Some(Within::Outcome(boxed(0), boxed(1))),
            (TypeExprKind::Path { path, .. }, _) => {
                return self.within_declared(module, path, &inner, open);
            }
            // Which member a value is of is not known of a type parameter.
            _ => return Err(Hidden),
        })
    }

    /// A value of a union is held to what its member says, so the others are of other types.
    fn check_members(&mut self, t: &TypeExpr) {
        let members: &[TypeExpr] = match &t.kind {
            TypeExprKind::Optional(inner) => return self.check_members(inner),
            TypeExprKind::Tuple(parts) | TypeExprKind::Path { args: parts, .. } => {
                return parts.iter().for_each(|part| self.check_members(part));
            }
            TypeExprKind::Fn { params, ret, .. } => {
                return params.iter().chain([&**ret]).for_each(|part| self.check_members(part));
            }
            TypeExprKind::Union(members) => members,
            _ => return,
        };
        members.iter().for_each(|member| self.check_members(member));
        for (at, member) in members.iter().enumerate() {
            let says =
                self.out.constrained.contains_key(&member.id) || self.out.within.contains_key(&member.id);
            if !says && self.within(member).is_none() {
                continue;
            }
            let ty = self.type_of(member.id);
            let others = members.iter().enumerate().filter(|(other, _)| *other != at);
            let same = |other: &TypeExpr| overlaps(&self.type_of(other.id), &ty);
            if let Some((_, other)) = others.into_iter().find(|(_, other)| same(other)) {
                let span = other.span;
                self.unbuilt(span, "two members of a union with values of one type, one of them constrained");
                return;
            }
        }
    }

    /// Notes that a type expression names an alias that has a constraint, by itself or through another alias.
    pub(crate) fn note_constraint(&mut self, index: usize, t: &TypeExpr) {
        let Some(source) = self.aliases.get(index) else { return };
        let (declared, item) = (source.declared, source.item);
        if self.out.constrained.contains_key(&t.id) {
            return;
        }
        if declared.constraint.is_none() && !self.out.constrained.contains_key(&declared.ty.id) {
            return;
        }
        if self.placed == Some(t.id) || self.placed_inside.contains(&t.id) {
            self.out.constrained.insert(t.id, Constrained { alias: item, optional: false });
        } else {
            self.unbuilt(
                t.span,
                "a type with a constraint elsewhere than at a place, or in a collection, result, union, generic record or function there",
            );
        }
    }

    /// Checks the constraint of an alias, which calls the value `it`.
    pub(crate) fn alias_body(&mut self, index: usize) {
        let Some(source) = self.aliases.get(index) else { return };
        let (declared, module, item) = (source.declared, source.module, source.item);
        let Some(constraint) = &declared.constraint else { return };
        let ty = self.type_of(declared.ty.id);
        let mut body = Body::new(module, None, Returns::Nowhere);
        body.type_params = declared.type_params.iter().map(|p| (p.name.text.clone(), p.id)).collect();
        body.functions.push(Function::new(None, Returns::Nowhere));
        let body = self.in_body(body, |c| {
            let local = c.bind(item, "it", ty, false, declared.name.span);
            c.mark_parameter(local);
            c.test(constraint);
        });
        if let Some(site) = body.sites.iter().find(|s| matches!(s.cause, Cause::Effect { .. })) {
            self.report(
                Diagnostic::error("E0106", site.span, "The constraint of a type has no effects.")
                    .help("Do it where the value is made."),
            );
        }
    }

    /// The variable takes only what its type admits.
    pub(crate) fn keep(&mut self, t: &TypeExpr, variable: Option<Use>) {
        if self.out.constrained.contains_key(&t.id)
            && let Some(variable) = variable
        {
            self.out.kept.push((variable, t.id));
        }
    }

    /// A constant that the type of its place does not admit is found here, not when the program runs.
    pub(crate) fn check_constant(&mut self, t: NodeId, value: &Expr, span: Span) {
        let mut at = self.out.constrained.get(&t).copied();
        let mut seen = Vec::new();
        while let Some(Constrained { alias, .. }) = at {
            // An alias that is defined by itself was reported.
            if seen.contains(&alias) {
                return;
            }
            seen.push(alias);
            let Some(declared) = self.aliases.iter().find(|a| a.item == alias).map(|a| a.declared) else {
                return;
            };
            if let Some(constraint) = &declared.constraint
                && let Some(value) = evaluate(value, &HashMap::new())
                && value != crate::constant::Constant::Null
            {
                let message =
                    format!("The value {value} violates the constraint of `{}`.", declared.name.text);
                let it = HashMap::from([("it".to_string(), value)]);
                if evaluate(constraint, &it) == Some(crate::constant::Constant::Bool(false)) {
                    self.report(
                        Diagnostic::error("E0300", span, message)
                            .label(constraint.span, "the constraint")
                            .help("Give a value that satisfies it; a value not known before the run is checked then."),
                    );
                    return;
                }
            }
            at = self.out.constrained.get(&declared.ty.id).copied();
        }
    }

    /// The type expressions inside of one whose values can be looked at one by one.
    fn parts_of(&self, t: &TypeExpr, found: &mut Vec<NodeId>) {
        let parts: &[TypeExpr] = match &t.kind {
            TypeExprKind::Optional(inner) => std::slice::from_ref(inner),
            TypeExprKind::Tuple(parts) => parts,
            TypeExprKind::Union(members) => members,
            TypeExprKind::Path { path, args } => {
                let all: Vec<Option<Within>> = args.iter().map(|arg| Some(Within::Named(arg.id))).collect();
                let is_open = matches!(path.dotted().as_str(), "list" | "set" | "map" | "result")
                    || self.within_declared(self.body.module, path, &all, &mut Open::new()).is_ok();
                if is_open { args } else { &[] }
            }
            _ => &[],
        };
        for part in parts {
            found.push(part.id);
            self.parts_of(part, found);
        }
    }

    /// What a place says of its values, as a text that is equal where two places say the same.
    pub(crate) fn said(&self, t: NodeId) -> Option<String> {
        if let Some(within) = self.out.within.get(&t) {
            return Some(self.said_within(within));
        }
        let Constrained { alias, optional } = self.out.constrained.get(&t)?;
        Some(match self.out.shapes.get(alias) {
            // What a type states of a tensor has no name.
            Some(shape) => format!("{shape:?} {optional}"),
            None => format!("{alias:?} {optional}"),
        })
    }

    fn said_within(&self, within: &Within) -> String {
        let all = |parts: Vec<Option<&Within>>| {
            let parts =
                parts.into_iter().map(|part| part.map_or(String::new(), |part| self.said_within(part)));
            parts.collect::<Vec<_>>().join(",")
        };
        match within {
            Within::Named(t) => self.said(*t).unwrap_or_default(),
            Within::Each(inner) | Within::Present(inner) => format!("[{}]", self.said_within(inner)),
            Within::Entries(one, other) | Within::Outcome(one, other) => {
                format!("({})", all(vec![one.as_deref(), other.as_deref()]))
            }
            Within::Parts(parts) => format!("({})", all(parts.iter().map(Option::as_ref).collect())),
            Within::Members(members) => {
                let said = members
                    .iter()
                    .map(|(t, part)| format!("{:?}: {}", self.type_of(*t), self.said_within(part)));
                said.collect::<Vec<_>>().join("|")
            }
            Within::Fields(fields) => {
                format!("{{{}}}", all(fields.iter().map(|(_, part)| Some(part)).collect()))
            }
            Within::Variants(variants) => {
                let parts = variants.iter().flat_map(|(_, parts)| parts).map(|(_, part)| Some(part));
                format!("{{{}}}", all(parts.collect()))
            }
            Within::Function(t) => match self.out.contracts.get(t) {
                Some(contract) => {
                    let parts = contract.params.iter().chain([&contract.ret]).map(Option::as_ref);
                    format!("fn({})", all(parts.collect()))
                }
                None => String::new(),
            },
        }
    }

    /// The first type expression in there that says something by itself.
    fn first_named(&self, within: &Within) -> Option<NodeId> {
        let mut parts: Vec<&Within> = Vec::new();
        match within {
            Within::Named(id) => return Some(*id),
            Within::Each(inner) | Within::Present(inner) => parts.push(inner),
            Within::Entries(one, other) | Within::Outcome(one, other) => {
                parts.extend([one, other].into_iter().flatten().map(|part| &**part));
            }
            Within::Members(members) => parts.extend(members.iter().map(|(_, within)| within)),
            Within::Parts(all) => parts.extend(all.iter().flatten()),
            Within::Fields(fields) => parts.extend(fields.iter().map(|(_, within)| within)),
            Within::Variants(variants) => {
                parts.extend(variants.iter().flat_map(|(_, parts)| parts).map(|(_, within)| within));
            }
            Within::Function(id) => {
                let contract = self.out.contracts.get(id)?;
                parts.extend(contract.params.iter().flatten().chain(&contract.ret));
            }
        }
        parts.into_iter().find_map(|part| self.first_named(part))
    }
}
