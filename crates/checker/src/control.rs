//! `if`, `match`, `when`, `loop`: values that come from several branches.

use syntax::Diagnostic;
use syntax::ast::{Arm, Block, Condition, Else, Expr, ExprKind, Name, NodeId, PatternKind};

use crate::Type;
use crate::checked::Use;
use crate::checker::{Checker, KnownVariant};
use crate::statement::tail;

/// A branch's value: the expression it comes from, if the branch ends in one, and its type.
#[derive(Debug)]
pub(crate) struct Branch {
    pub id: Option<NodeId>,
    pub ty: Type,
}

impl<'a> Checker<'a> {
    /// Enters the branch where a condition holds; gives what is known where it does not.
    pub(crate) fn enter_condition(&mut self, condition: &'a Condition) -> Vec<(crate::checker::Place, Type)> {
        match condition {
            Condition::Expr(e) => {
                let facts = self.test(e);
                self.assume(facts.then);
                facts.otherwise
            }
            Condition::Let(pattern, value) => {
                let ty = self.infer(value, None);
                self.bind_pattern(pattern, &ty, false);
                self.narrow_to_pattern(value, &ty, pattern);
                Vec::new()
            }
        }
    }

    /// Joins branches: each value flows to the expected type, or to the join of all.
    pub(crate) fn join_branches(&mut self, branches: Vec<Branch>, want: Option<&Type>) -> Type {
        let wanted = want.filter(|w| !crate::unify::has_var(&self.resolve(w))).cloned();
        if let Some(want) = wanted {
            let fits = branches.iter().all(|b| {
                let ty = b.ty.clone();
                self.accepts(&ty, &want)
            });
            if fits && branches.iter().any(|b| b.ty != Type::Never) {
                for branch in branches {
                    if let Some(id) = branch.id {
                        self.flows.push((id, branch.ty, want.clone()));
                    }
                }
                return want;
            }
        }
        let mut joined = Type::Never;
        for branch in &branches {
            joined = self.join(&joined, &branch.ty);
        }
        for branch in branches {
            if let Some(id) = branch.id {
                self.flows.push((id, branch.ty, joined.clone()));
            }
        }
        joined
    }

    fn branch(&mut self, block: &'a Block, want: Option<&Type>) -> Branch {
        let ty = self.block_value(block, want);
        Branch { id: tail(block).map(|e| e.id), ty }
    }

    pub(crate) fn if_expr(
        &mut self,
        condition: &'a Condition,
        then: &'a Block,
        otherwise: Option<&'a Else>,
        want: Option<&Type>,
    ) -> Type {
        let Some(otherwise) = otherwise else {
            return if self.exec_if(condition, then, None) { Type::Never } else { Type::Null };
        };
        let mark = self.body.facts.len();
        let mut branches = Vec::with_capacity(2);
        let unless = self.scoped(|c| {
            let unless = c.enter_condition(condition);
            let branch = c.branch(then, want);
            branches.push(branch);
            unless
        });
        self.forget_to(mark);
        let after_then = self.body.facts.len();
        self.assume(unless.clone());
        let branch = match otherwise {
            Else::Block(block) => self.branch(block, want),
            Else::If(inner) => {
                let ty = self.infer(inner, want);
                Branch { id: Some(inner.id), ty }
            }
        };
        branches.push(branch);
        self.forget_to(after_then);
        if branches.first().is_some_and(|b| b.ty == Type::Never) {
            self.assume(unless);
        }
        self.join_branches(branches, want)
    }

    /// An `if` as a statement; whether it never reaches its end.
    pub(crate) fn exec_if(
        &mut self,
        condition: &'a Condition,
        then: &'a Block,
        otherwise: Option<&'a Else>,
    ) -> bool {
        let mark = self.body.facts.len();
        let mut holds = Vec::new();
        let (unless, then_ends) = self.scoped(|c| {
            let unless = c.enter_condition(condition);
            holds = c.body.facts.get(mark..).unwrap_or_default().to_vec();
            (unless, c.exec_block(then))
        });
        self.forget_to(mark);
        let after_then = self.body.facts.len();
        self.assume(unless.clone());
        let else_ends = match otherwise {
            Some(Else::Block(block)) => self.exec_block(block),
            Some(Else::If(inner)) => self.exec_expr(inner),
            None => false,
        };
        self.forget_to(after_then);
        if then_ends && !else_ends {
            self.assume(unless);
        } else if else_ends && !then_ends && otherwise.is_some() {
            // Nothing assigned in the branch may be known from its condition.
            let assigned: Vec<_> = self
                .body
                .facts
                .iter()
                .skip(mark)
                .filter(|(_, ty)| ty.is_none())
                .map(|(place, _)| place.root.clone())
                .collect();
            holds.retain(|(place, ty)| ty.is_some() && !assigned.contains(&place.root));
            self.body.facts.extend(holds);
        }
        then_ends && else_ends
    }

    pub(crate) fn when(
        &mut self,
        e: &'a Expr,
        arms: &'a [(Option<Expr>, Expr)],
        want: Option<&Type>,
    ) -> Type {
        let mark = self.body.facts.len();
        let mut branches = Vec::with_capacity(arms.len() + 1);
        let mut total = false;
        for (condition, value) in arms {
            let unless = match condition {
                Some(condition) => {
                    let facts = self.test(condition);
                    let before = self.body.facts.len();
                    self.assume(facts.then);
                    let ty = self.infer(value, want);
                    branches.push(Branch { id: Some(value.id), ty });
                    self.forget_to(before);
                    facts.otherwise
                }
                None => {
                    total = true;
                    let ty = self.infer(value, want);
                    branches.push(Branch { id: Some(value.id), ty });
                    Vec::new()
                }
            };
            self.assume(unless);
        }
        self.forget_to(mark);
        if !total {
            self.report(
                Diagnostic::error(
                    "E0208",
                    e.span,
                    "This `when` has no arm for the case that no condition holds.",
                )
                .help("Add `_ -> value`."),
            );
        }
        self.join_branches(branches, want)
    }

    pub(crate) fn loop_expr(&mut self, label: Option<&Name>, body: &'a Block) -> Type {
        let left = self.in_loop(label, Some(Vec::new()), body, |c| {
            c.exec_block(body);
        });
        if !left.breaks {
            return Type::Never;
        }
        self.join_branches(left.value.unwrap_or_default(), None)
    }

    pub(crate) fn match_expr(
        &mut self,
        e: &'a Expr,
        subject: &'a Expr,
        arms: &'a [Arm],
        want: Option<&Type>,
        statement: bool,
    ) -> Type {
        let ty = self.infer(subject, None);
        let ty = self.resolve(&ty);
        let mut branches = Vec::with_capacity(arms.len());
        let mark = self.body.facts.len();
        let variants = self.body.variants.len();
        // What the arms before leave over, where whole types of a union are gone.
        let mut left = ty.clone();
        for arm in arms {
            let rest = match is_open(&arm.pattern) {
                true => left.clone(),
                false => ty.clone(),
            };
            self.scoped(|c| {
                c.bind_pattern(&arm.pattern, &rest, false);
                c.narrow_to_rest(subject, &ty, &rest);
                c.narrow_to_pattern(subject, &ty, &arm.pattern);
                c.narrow_to_variant(subject, &arm.pattern);
                if let Some(guard) = &arm.guard {
                    let facts = c.test(guard);
                    c.assume(facts.then);
                }
                if statement {
                    let ends = c.exec_block(&arm.body);
                    branches.push(Branch { id: None, ty: if ends { Type::Never } else { Type::Null } });
                } else {
                    let branch = c.branch(&arm.body, want);
                    branches.push(branch);
                }
            });
            self.body.variants.truncate(variants);
            self.forget_to(mark);
            if arm.guard.is_none() && matches!(left, Type::Union(_)) {
                for covered in self.covered(&arm.pattern) {
                    let (_, rest) = self.split(&left, &covered);
                    if rest != Type::Never {
                        left = rest;
                    }
                }
            }
        }
        self.check_match(e, &ty, arms);
        if arms.is_empty() {
            return if ty == Type::Never { Type::Never } else { Type::Error };
        }
        self.join_branches(branches, if statement { None } else { want })
    }

    /// The types whose every value the pattern fits.
    fn covered(&self, pattern: &'a syntax::ast::Pattern) -> Vec<Type> {
        match &pattern.kind {
            PatternKind::Literal(e) if matches!(e.kind, ExprKind::Null) => vec![Type::Null],
            PatternKind::Bind { ty: Some(t), .. } => vec![self.type_of(t.id)],
            PatternKind::Or(alternatives) => alternatives.iter().flat_map(|p| self.covered(p)).collect(),
            PatternKind::As(inner, _) => self.covered(inner),
            _ => Vec::new(),
        }
    }

    /// In an arm that takes what is left, the subject is of the types that no arm before it took.
    fn narrow_to_rest(&mut self, subject: &'a Expr, ty: &Type, rest: &Type) {
        if ty != rest
            && let Some(place) = self.place(subject)
        {
            self.assume(vec![(place, rest.clone())]);
        }
    }

    /// In the arm of a pattern, the subject has the pattern's type.
    pub(crate) fn narrow_to_pattern(
        &mut self,
        subject: &'a Expr,
        ty: &Type,
        pattern: &'a syntax::ast::Pattern,
    ) {
        let Some(place) = self.place(subject) else {
            return;
        };
        let found = self.resolve(ty);
        if !matches!(found, Type::Union(_) | Type::Any) {
            return;
        }
        let tested = match &pattern.kind {
            PatternKind::Bind { ty: Some(t), .. } => self.type_of(t.id),
            PatternKind::Literal(e) if matches!(e.kind, ExprKind::Null) => Type::Null,
            PatternKind::Wildcard
            | PatternKind::Bind { .. }
            | PatternKind::Or(_)
            | PatternKind::As(..)
            | PatternKind::Error => return,
            _ => self.type_of(pattern.id),
        };
        let (hit, _) = self.split(&found, &tested);
        if hit != Type::Never {
            self.assume(vec![(place, hit)]);
        }
    }

    /// In the arm of a variant without parts, `Circle ->`, the subject's parts are those of the variant.
    fn narrow_to_variant(&mut self, subject: &'a Expr, pattern: &'a syntax::ast::Pattern) {
        let bare = matches!(&pattern.kind, PatternKind::Constructor { fields, .. } if fields.is_empty());
        if bare
            && let Some(Use::Variant(of, variant)) = self.out.uses.get(&pattern.id).cloned()
            && let Some(place) = self.place(subject)
        {
            let since = self.body.facts.len();
            self.body.variants.push(KnownVariant { place, of, variant, since });
        }
    }
}

/// Whether the pattern takes whatever comes.
fn is_open(pattern: &syntax::ast::Pattern) -> bool {
    match &pattern.kind {
        PatternKind::Wildcard | PatternKind::Bind { ty: None, .. } => true,
        PatternKind::As(inner, _) => is_open(inner),
        _ => false,
    }
}
