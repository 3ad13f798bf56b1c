//! Constraints of type aliases: `type Age = Int where it >= 0`.
//!
//! An alias stands for its type, so a value is checked where it enters a place that is declared with the alias: a field,
//! a parameter, what a cell returns, a variable, a cast.

use std::collections::HashMap;

use syntax::ast::{Expr, NodeId, TypeExpr, TypeExprKind};
use syntax::{Diagnostic, Span};

use crate::Type;
use crate::checked::{Constrained, Use, Within};
use crate::checker::{Body, Cause, Checker, Function, Returns};
use crate::constant::evaluate;
use crate::evidence::overlaps;

impl<'a> Checker<'a> {
    /// The type of a place whose values are checked as they enter it.
    pub(crate) fn placed_type(&mut self, t: &'a TypeExpr) -> Type {
        let (core, optional) = match &t.kind {
            TypeExprKind::Optional(inner) => (inner.id, true),
            _ => (t.id, false),
        };
        let outer = self.placed.replace(core);
        let mut inside = Vec::new();
        parts_of(t, &mut inside);
        let inside = std::mem::replace(&mut self.placed_inside, inside);
        let ty = self.type_expr(t);
        self.placed = outer;
        self.placed_inside = inside;
        self.check_members(t);
        if !self.out.constrained.contains_key(&core)
            && let Some(within) = self.within(t)
        {
            let first = first_named(&within).and_then(|id| self.out.constrained.get(&id).copied());
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
                _ => None,
            },
            TypeExprKind::Union(members) => {
                let found = members.iter().filter_map(|member| Some((member.id, self.within(member)?)));
                let found: Vec<(NodeId, Within)> = found.collect();
                (!found.is_empty()).then_some(Within::Members(found))
            }
            _ => None,
        }
    }

    /// A value of a union is held to what its member says, so the others are of other types.
    fn check_members(&mut self, t: &TypeExpr) {
        let members: &[TypeExpr] = match &t.kind {
            TypeExprKind::Optional(inner) => return self.check_members(inner),
            TypeExprKind::Tuple(parts) | TypeExprKind::Path { args: parts, .. } => {
                return parts.iter().for_each(|part| self.check_members(part));
            }
            TypeExprKind::Union(members) => members,
            _ => return,
        };
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
                "a type with a constraint elsewhere than at a place, or in a collection, result or union there",
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
}

/// The type expressions inside of one whose values can be looked at one by one.
fn parts_of(t: &TypeExpr, found: &mut Vec<NodeId>) {
    let parts: &[TypeExpr] = match &t.kind {
        TypeExprKind::Optional(inner) => std::slice::from_ref(inner),
        TypeExprKind::Tuple(parts) => parts,
        TypeExprKind::Union(members) => members,
        TypeExprKind::Path { path, args }
            if matches!(path.dotted().as_str(), "list" | "set" | "map" | "result") =>
        {
            args
        }
        _ => &[],
    };
    for part in parts {
        found.push(part.id);
        parts_of(part, found);
    }
}

fn first_named(within: &Within) -> Option<NodeId> {
    match within {
        Within::Named(id) => Some(*id),
        Within::Each(inner) | Within::Present(inner) => first_named(inner),
        Within::Entries(key, value) => [key, value].into_iter().flatten().find_map(|part| first_named(part)),
        Within::Outcome(value, error) => {
            [value, error].into_iter().flatten().find_map(|part| first_named(part))
        }
        Within::Members(members) => members.iter().find_map(|(_, within)| first_named(within)),
        Within::Parts(parts) => parts.iter().flatten().find_map(first_named),
    }
}
