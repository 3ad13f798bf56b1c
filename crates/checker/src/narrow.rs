//! What tests show: the types of names and their fields after `is`, comparisons with null, `and`, `or`, `not`.

use syntax::ast::{BinaryOp, Expr, ExprKind, UnaryOp};
use syntax::{Diagnostic, Span};

use crate::Type;
use crate::checked::Use;
use crate::checker::{Checker, Place};
use crate::types::EnumId;
use crate::unify::contains;

/// What is known of places where a condition holds, and where it does not.
#[derive(Clone, Debug, Default)]
pub(crate) struct Facts {
    pub then: Vec<(Place, Type)>,
    pub otherwise: Vec<(Place, Type)>,
}

impl<'a> Checker<'a> {
    /// Checks a condition; its type is Bool, or that of an engine's value that stands in an expression's place.
    pub(crate) fn condition(&mut self, e: &'a Expr) -> (Type, Facts) {
        let (ty, facts) =
            self.deeper(e.span, |c| c.condition_kind(e)).unwrap_or((Type::Error, Facts::default()));
        self.set_type(e.id, ty.clone());
        (ty, facts)
    }

    /// Checks the condition of `if`, `while`, a guard: it must be a Bool.
    pub(crate) fn test(&mut self, e: &'a Expr) -> Facts {
        let (ty, facts) = self.condition(e);
        if !self.fits(&ty, &Type::Bool) {
            let found = self.resolve(&ty);
            let shown = self.show(&found);
            let mut diagnostic = Diagnostic::error(
                self.mismatch_code(e),
                e.span,
                format!("A condition is a Bool, found {shown}."),
            );
            diagnostic.help = Some(match found {
                Type::Series(_) => {
                    "A series has many values: reduce it with `.any()` or `.all()`.".to_string()
                }
                _ if found.admits_null() => {
                    "It may be null: compare it with `== true` or `!= null`.".to_string()
                }
                Type::Int | Type::Float => "Compare it: `x != 0`.".to_string(),
                _ => "Compare it with something.".to_string(),
            });
            self.report(diagnostic);
        }
        facts
    }

    fn condition_kind(&mut self, e: &'a Expr) -> (Type, Facts) {
        match &e.kind {
            ExprKind::Binary { op: op @ (BinaryOp::And | BinaryOp::Or), left, right, .. } => {
                let and = *op == BinaryOp::And;
                let first = self.operand_of(left, op.symbol());
                let mark = self.body.facts.len();
                self.assume(if and { first.then.clone() } else { first.otherwise.clone() });
                let second = self.operand_of(right, op.symbol());
                self.forget_to(mark);
                let facts = if and {
                    Facts {
                        then: both(first.then, second.then),
                        otherwise: self.either(&first.otherwise, &second.otherwise),
                    }
                } else {
                    Facts {
                        then: self.either(&first.then, &second.then),
                        otherwise: both(first.otherwise, second.otherwise),
                    }
                };
                (Type::Bool, facts)
            }
            ExprKind::Unary { op: UnaryOp::Not, operand } => {
                let facts = self.operand_of(operand, "not");
                (Type::Bool, Facts { then: facts.otherwise, otherwise: facts.then })
            }
            ExprKind::Is { value, ty, negated } => {
                let found = self.infer(value, None);
                let tested = self.type_expr(ty);
                let mut facts = self.is_facts(value, &found, &tested);
                self.check_possible(e, &found, &tested);
                self.check_told(ty.span, &found, &tested);
                if *negated {
                    std::mem::swap(&mut facts.then, &mut facts.otherwise);
                }
                (Type::Bool, facts)
            }
            ExprKind::Binary { op: op @ (BinaryOp::Eq | BinaryOp::Ne), left, right, .. } => {
                let ty = self.infer(e, Some(&Type::Bool));
                let tested = match (&left.kind, &right.kind) {
                    (_, ExprKind::Null) => Some(left),
                    (ExprKind::Null, _) => Some(right),
                    _ => None,
                };
                let mut facts = Facts::default();
                if let Some(tested) = tested {
                    let found = self.type_of(tested.id);
                    facts = self.is_facts(tested, &found, &Type::Null);
                    if *op == BinaryOp::Ne {
                        std::mem::swap(&mut facts.then, &mut facts.otherwise);
                    }
                }
                (ty, facts)
            }
            _ => (self.infer(e, Some(&Type::Bool)), Facts::default()),
        }
    }

    fn operand_of(&mut self, e: &'a Expr, operator: &str) -> Facts {
        let (ty, facts) = self.condition(e);
        if !self.fits(&ty, &Type::Bool) {
            let found = self.resolve(&ty);
            let shown = self.show(&found);
            let help = match found {
                Type::Series(_) => "Series combine with `&`, `|` and `~`, comparisons in parentheses.",
                Type::Int | Type::Float => "Compare it: `x != 0`.",
                _ => "Compare it with something first.",
            };
            self.report(
                Diagnostic::error("E0200", e.span, format!("`{operator}` takes a Bool, found {shown}."))
                    .help(help),
            );
        }
        facts
    }

    /// What a generator yields and what a task comes to is known only later: no test tells one from another.
    pub(crate) fn check_told(&mut self, span: Span, found: &Type, tested: &Type) {
        let is_later = |ty: &Type| {
            contains(ty, &mut |part| match part {
                Type::Iter(value) | Type::Future(value) => **value != Type::Any,
                _ => false,
            })
        };
        let later: Vec<Type> = members(tested).iter().filter(|part| is_later(part)).cloned().collect();
        let found = self.resolve(found);
        let untold = members(&found).iter().any(|member| {
            let is_alike = |part: &Type| std::mem::discriminant(part) == std::mem::discriminant(member);
            matches!(member, Type::Any) || (later.iter().any(is_alike) && !self.accepts(member, tested))
        });
        if let Some(part) = later.first().filter(|_| untold) {
            let (part, found) = (self.show(part), self.show(&found));
            self.report(
                Diagnostic::error(
                    "E0200",
                    span,
                    format!("No test finds {part} in {found}: what it gives is known only later."),
                )
                .help("Test for it with `Any` in its brackets, and then what it gives."),
            );
        }
    }

    fn is_facts(&mut self, value: &'a Expr, found: &Type, tested: &Type) -> Facts {
        let Some(place) = self.place(value) else {
            return Facts::default();
        };
        let found = self.resolve(found);
        let (hit, miss) = self.split(&found, tested);
        Facts { then: vec![(place.clone(), hit)], otherwise: vec![(place, miss)] }
    }

    /// The type's values that are of the tested type, and those that are not.
    pub(crate) fn split(&mut self, found: &Type, tested: &Type) -> (Type, Type) {
        match found {
            Type::Union(members) => {
                let (hit, miss): (Vec<Type>, Vec<Type>) =
                    members.iter().cloned().partition(|m| self.fits(m, tested));
                if hit.is_empty() {
                    let inside = members.iter().any(|m| self.fits(tested, m));
                    return (if inside { tested.clone() } else { Type::Never }, found.clone());
                }
                (Type::union(hit), Type::union(miss))
            }
            Type::Any | Type::Json | Type::Param(_) => (tested.clone(), found.clone()),
            Type::Error => (Type::Error, Type::Error),
            other if self.fits(other, tested) => (other.clone(), Type::Never),
            other => (Type::Never, other.clone()),
        }
    }

    fn check_possible(&mut self, e: &Expr, found: &Type, tested: &Type) {
        let found = self.resolve(found);
        if matches!(found, Type::Any | Type::Json | Type::Error | Type::Param(_) | Type::Var(_))
            || *tested == Type::Error
        {
            return;
        }
        if self.split(&found, tested).0 == Type::Never {
            let (found, tested) = (self.show(&found), self.show(tested));
            self.report(
                Diagnostic::error("E0211", e.span, format!("A value of type {found} is never {tested}."))
                    .help("The test always gives the same answer: remove it, or test for a type that the value may have."),
            );
        }
    }

    /// Takes what is known into account from here on.
    pub(crate) fn assume(&mut self, facts: Vec<(Place, Type)>) {
        self.body.facts.extend(facts.into_iter().map(|(place, ty)| (place, Some(ty))));
    }

    /// Whether what was seen of a place still holds when the current function runs: a closure may run after the
    /// variable was assigned.
    fn holds_here(&self, place: &Place) -> bool {
        let Use::Local(id) = place.root else { return true };
        let (local, info) = (self.out.locals.get(id.0 as usize), self.local_info.get(id.0 as usize));
        matches!((local, info), (Some(local), Some(info))
            if !local.mutable || info.function + 1 >= self.body.functions.len())
    }

    /// The variant that a place is known to hold.
    pub(crate) fn known_variant(&self, place: &Place) -> Option<(EnumId, usize)> {
        let known = self.body.variants.iter().rev().find(|known| known.place == *place)?;
        let mut later = self.body.facts.iter().skip(known.since);
        let assigned = later.any(|(p, ty)| p.root == place.root && ty.is_none());
        (!assigned && self.holds_here(place)).then_some((known.of, known.variant))
    }

    /// What is known of a place beyond its declared type.
    pub(crate) fn known(&self, place: &Place) -> Option<Type> {
        if !self.holds_here(place) {
            return None;
        }
        for (known, ty) in self.body.facts.iter().rev() {
            if known == place {
                return ty.clone();
            }
            // Knowledge of the whole, or its end, is newer than that of the part.
            if known.root == place.root && ty.is_none() {
                return None;
            }
        }
        None
    }

    /// Ends what is known of a variable: it is assigned.
    pub(crate) fn forget(&mut self, root: &Use) {
        let seen = self.body.facts.iter().map(|(place, _)| place);
        if seen.chain(self.body.variants.iter().map(|v| &v.place)).any(|place| place.root == *root) {
            self.body.facts.push((Place { root: root.clone(), path: Vec::new() }, None));
        }
    }

    /// Goes back to what was known before a branch, less what was assigned in it.
    pub(crate) fn forget_to(&mut self, mark: usize) {
        let assigned: Vec<Use> = self
            .body
            .facts
            .iter()
            .skip(mark)
            .filter(|(_, ty)| ty.is_none())
            .map(|(place, _)| place.root.clone())
            .collect();
        self.body.facts.truncate(mark);
        for root in assigned {
            self.forget(&root);
        }
    }

    /// What holds where one of two sets of facts does: places known in both, with either type.
    fn either(&mut self, a: &[(Place, Type)], b: &[(Place, Type)]) -> Vec<(Place, Type)> {
        let mut facts = Vec::new();
        for (place, first) in a {
            if let Some((_, second)) = b.iter().rev().find(|(p, _)| p == place) {
                facts.push((place.clone(), Type::union([first.clone(), second.clone()])));
            }
        }
        facts
    }
}

fn both(mut a: Vec<(Place, Type)>, b: Vec<(Place, Type)>) -> Vec<(Place, Type)> {
    a.extend(b);
    a
}

/// What a union is made of; any other type alone.
fn members(ty: &Type) -> &[Type] {
    match ty {
        Type::Union(members) => members,
        other => std::slice::from_ref(other),
    }
}
