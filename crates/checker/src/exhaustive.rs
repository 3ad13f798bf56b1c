//! Exhaustiveness by the usefulness of pattern matrices (Maranget, "Warnings for pattern matching", 2007).
//!
//! A row is useful if it matches a value that no row above it does. The wildcard being useful below all arms means that
//! values are missing; the witnesses found on the way name them.

use std::rc::Rc;

use syntax::Diagnostic;
use syntax::ast::{Arm, Expr, ExprKind, ListPattern, Pattern, PatternKind};

use crate::Type;
use crate::checked::Use;
use crate::checker::Checker;
use crate::types::{EnumId, RecordId};

/// How many missing patterns a message names.
const WITNESSES_MAX: usize = 3;
/// Work beyond this, on adversarial input, counts as exhaustive.
const STEPS_MAX: usize = 200_000;

#[derive(Clone, Debug, PartialEq)]
enum Con {
    Bool(bool),
    Null,
    Variant(EnumId, usize),
    Record(RecordId),
    Ok,
    Err,
    Tuple(usize),
    /// A list of exactly this many elements.
    Length(usize),
    Int(i64),
    Float(u64),
    Str(Rc<str>),
    /// One member of a union, by its place.
    Member(usize),
    /// A test that no set of patterns completes: a range, a type test.
    Opaque(usize),
}

#[derive(Clone, Debug)]
enum Pat {
    Any,
    Con(Con, Vec<Pat>),
    /// A list of at least `front + back` elements.
    Rest(Vec<Pat>, Vec<Pat>),
    Or(Vec<Pat>),
}

struct Matrix<'c, 'a> {
    checker: &'c mut Checker<'a>,
    steps: usize,
    opaque: usize,
}

impl<'a> Checker<'a> {
    pub(crate) fn check_match(&mut self, e: &Expr, ty: &Type, arms: &'a [Arm]) {
        if *ty == Type::Error
            || self.names_each_variant(ty, arms)
            || arms.iter().any(|arm| self.faulty(&arm.pattern))
        {
            return;
        }
        let mut matrix = Matrix { checker: self, steps: 0, opaque: 0 };
        let mut rows: Vec<Vec<Pat>> = Vec::new();
        let mut unreachable = Vec::new();
        for arm in arms {
            let pat = matrix.lower(&arm.pattern, ty);
            if !rows.is_empty()
                && matrix.missing(&rows, std::slice::from_ref(ty), std::slice::from_ref(&pat), 1).is_empty()
            {
                unreachable.push(arm.pattern.span);
            }
            if arm.guard.is_none() {
                rows.push(vec![pat]);
            }
        }
        let missing = matrix.missing(&rows, std::slice::from_ref(ty), &[Pat::Any], WITNESSES_MAX);
        let shown: Vec<String> = missing
            .iter()
            .filter_map(|row| row.first())
            .map(|p| format!("`{}`", matrix.show(p, ty)))
            .collect();
        for span in unreachable {
            self.report(
                Diagnostic::warning(
                    "W0208",
                    span,
                    "This arm is never reached: the arms above match all it could.",
                )
                .help("Remove it, or move it up."),
            );
        }
        if !shown.is_empty() {
            let first = shown.first().map_or("", |s| s.trim_matches('`')).to_string();
            let list = shown.join(", ");
            let more = if shown.len() == WITNESSES_MAX { ", and perhaps more" } else { "" };
            self.report(
                Diagnostic::error("E0208", e.span, format!("This match does not cover {list}{more}.")).help(
                    match first.as_str() {
                        "_" => "Say what is done with all others: end with `_ -> …`.".to_string(),
                        _ => {
                            format!("Add an arm for each, for example `{first} -> …`, or end with `_ -> …`.")
                        }
                    },
                ),
            );
        }
    }

    /// Whether the arms are the enum's variants, each once with any parts, as in most matches: then nothing is missing
    /// and each arm is reached.
    fn names_each_variant(&self, ty: &Type, arms: &[Arm]) -> bool {
        let Type::Enum(id, _) = self.shallow(ty) else { return false };
        let Some(declared) = self.out.enums.get(id.0 as usize) else { return false };
        let mut seen = 0u64;
        let is_new = |arm: &Arm| {
            let PatternKind::Constructor { fields, .. } = &arm.pattern.kind else { return false };
            let matches_all = |part: &Pattern| {
                matches!(part.kind, PatternKind::Wildcard | PatternKind::Bind { ty: None, .. })
            };
            let Some(Use::Variant(of, variant)) = self.out.uses.get(&arm.pattern.id) else { return false };
            let bit = u32::try_from(*variant).ok().and_then(|variant| 1u64.checked_shl(variant)).unwrap_or(0);
            let first = seen & bit == 0;
            seen |= bit;
            *of == id
                && arm.guard.is_none()
                && bit != 0
                && first
                && fields.iter().all(|(_, p)| matches_all(p))
        };
        arms.len() == declared.variants.len() && arms.iter().all(is_new)
    }

    /// Up to one value, as source, that none of the patterns matches.
    pub(crate) fn missing_patterns(&mut self, ty: &Type, patterns: &[&'a Pattern]) -> Vec<String> {
        if *ty == Type::Error || patterns.iter().any(|p| self.faulty(p)) {
            return Vec::new();
        }
        let mut matrix = Matrix { checker: self, steps: 0, opaque: 0 };
        let rows: Vec<Vec<Pat>> = patterns.iter().map(|p| vec![matrix.lower(p, ty)]).collect();
        let missing = matrix.missing(&rows, std::slice::from_ref(ty), &[Pat::Any], 1);
        missing.iter().filter_map(|row| row.first()).map(|p| matrix.show(p, ty)).collect()
    }

    fn faulty(&self, p: &Pattern) -> bool {
        if self.type_of(p.id) == Type::Error {
            return true;
        }
        match &p.kind {
            PatternKind::Error => true,
            PatternKind::Tuple(items) | PatternKind::Or(items) => items.iter().any(|p| self.faulty(p)),
            PatternKind::Constructor { fields, .. } => fields.iter().any(|(_, p)| self.faulty(p)),
            PatternKind::As(inner, _) => self.faulty(inner),
            PatternKind::List { items } => items.iter().any(|item| match item {
                ListPattern::Item(p) => self.faulty(p),
                ListPattern::Rest(..) => false,
            }),
            _ => false,
        }
    }
}

impl Matrix<'_, '_> {
    fn lower(&mut self, p: &Pattern, ty: &Type) -> Pat {
        let ty = self.checker.resolve(ty);
        if let Type::Union(members) = &ty {
            return self.lower_union(p, members);
        }
        match &p.kind {
            PatternKind::Wildcard | PatternKind::Error => Pat::Any,
            PatternKind::Literal(value) => self.literal(value),
            PatternKind::Range { .. } => self.opaque(),
            PatternKind::Bind { ty: None, .. } => Pat::Any,
            PatternKind::Bind { ty: Some(tested), .. } => {
                let tested = self.checker.type_of(tested.id);
                if self.checker.fits(&ty, &tested) { Pat::Any } else { self.opaque() }
            }
            PatternKind::As(inner, _) => self.lower(inner, &ty),
            PatternKind::Or(items) => Pat::Or(items.iter().map(|p| self.lower(p, &ty)).collect()),
            PatternKind::Tuple(items) => {
                let Type::Tuple(parts) = &ty else {
                    return self.opaque();
                };
                let args = items.iter().zip(parts.iter()).map(|(p, t)| self.lower(p, t)).collect();
                Pat::Con(Con::Tuple(items.len()), args)
            }
            PatternKind::List { items } => {
                let Type::List(element) = &ty else {
                    return self.opaque();
                };
                let (mut front, mut back, mut rest) = (Vec::new(), Vec::new(), false);
                for item in items {
                    match item {
                        ListPattern::Rest(..) => rest = true,
                        ListPattern::Item(p) if rest => back.push(self.lower(p, element)),
                        ListPattern::Item(p) => front.push(self.lower(p, element)),
                    }
                }
                if rest { Pat::Rest(front, back) } else { Pat::Con(Con::Length(front.len()), front) }
            }
            PatternKind::Constructor { fields, .. } => {
                let con = match self.checker.out.uses.get(&p.id) {
                    Some(Use::Variant(id, index)) => Con::Variant(*id, *index),
                    Some(Use::Record(id)) => Con::Record(*id),
                    Some(Use::Ok) => Con::Ok,
                    Some(Use::Err) => Con::Err,
                    _ => return self.opaque(),
                };
                if matches!(ty, Type::Any | Type::Json | Type::Param(_)) {
                    return self.opaque();
                }
                let parts = self.parts_of(&con, &ty);
                let names = self.names_of(&con);
                let mut args = vec![Pat::Any; parts.len()];
                for (place, (name, inner)) in fields.iter().enumerate() {
                    let slot = match name {
                        Some(name) => names.iter().position(|n| n.as_deref() == Some(&name.text)),
                        None => Some(place),
                    };
                    if let Some(slot) = slot
                        && let Some(part) = parts.get(slot)
                    {
                        args[slot] = self.lower(inner, part);
                    }
                }
                Pat::Con(con, args)
            }
        }
    }

    /// Against a union, a pattern is one for the member that it can match; a wildcard is for all.
    fn lower_union(&mut self, p: &Pattern, members: &Rc<[Type]>) -> Pat {
        match &p.kind {
            PatternKind::Wildcard | PatternKind::Error | PatternKind::Bind { ty: None, .. } => Pat::Any,
            PatternKind::As(inner, _) => self.lower_union(inner, members),
            PatternKind::Or(items) => Pat::Or(items.iter().map(|p| self.lower_union(p, members)).collect()),
            _ => {
                let matched = self.checker.type_of(p.id);
                let mut alternatives = Vec::new();
                for (place, member) in members.iter().enumerate() {
                    if *member == matched
                        || self.checker.fits(member, &matched)
                        || (!matches!(p.kind, PatternKind::Bind { .. })
                            && self.checker.accepts(&matched, member))
                    {
                        let inner = self.lower(p, member);
                        alternatives.push(Pat::Con(Con::Member(place), vec![inner]));
                    }
                }
                match alternatives.len() {
                    0 => self.opaque(),
                    1 => alternatives.swap_remove(0),
                    _ => Pat::Or(alternatives),
                }
            }
        }
    }

    fn literal(&mut self, value: &Expr) -> Pat {
        let con = match &value.kind {
            ExprKind::Bool(b) => Con::Bool(*b),
            ExprKind::Null => Con::Null,
            ExprKind::Int(i) => Con::Int(*i),
            ExprKind::Float(x) => Con::Float(x.to_bits()),
            ExprKind::Str(s) => Con::Str(s.as_str().into()),
            _ => return self.opaque(),
        };
        Pat::Con(con, Vec::new())
    }

    fn opaque(&mut self) -> Pat {
        self.opaque += 1;
        Pat::Con(Con::Opaque(self.opaque), Vec::new())
    }

    fn parts_of(&self, con: &Con, ty: &Type) -> Vec<Type> {
        let types = |parts: Vec<(Option<String>, Type)>| parts.into_iter().map(|(_, t)| t).collect();
        match (con, ty) {
            (Con::Variant(id, index), Type::Enum(_, args)) => {
                types(self.checker.variant_parts(*id, *index, args))
            }
            (Con::Record(id), Type::Record(_, args)) => types(self.checker.record_parts(*id, args)),
            (Con::Ok, Type::Result(ok, _)) => vec![(**ok).clone()],
            (Con::Err, Type::Result(_, err)) => vec![(**err).clone()],
            (Con::Tuple(_), Type::Tuple(items)) => items.to_vec(),
            (Con::Length(n), Type::List(element)) => vec![(**element).clone(); *n],
            (Con::Member(place), Type::Union(members)) => members.get(*place).cloned().into_iter().collect(),
            _ => Vec::new(),
        }
    }

    fn names_of(&self, con: &Con) -> Vec<Option<String>> {
        match con {
            Con::Variant(id, index) => {
                self.checker.variant_parts(*id, *index, &[]).into_iter().map(|(n, _)| n).collect()
            }
            Con::Record(id) => self.checker.record_parts(*id, &[]).into_iter().map(|(n, _)| n).collect(),
            _ => Vec::new(),
        }
    }

    /// All constructors of the type, if they are finitely many; for lists, lengths up to those that patterns tell apart.
    fn constructors(&self, ty: &Type, rows: &[Vec<Pat>]) -> Option<Vec<Con>> {
        Some(match ty {
            Type::Bool => vec![Con::Bool(true), Con::Bool(false)],
            Type::Null => vec![Con::Null],
            Type::Never => Vec::new(),
            Type::Enum(id, _) => {
                let count = self.checker.out.enums.get(id.0 as usize)?.variants.len();
                (0..count).map(|index| Con::Variant(*id, index)).collect()
            }
            Type::Record(id, _) => vec![Con::Record(*id)],
            Type::Result(..) => vec![Con::Ok, Con::Err],
            Type::Tuple(items) => vec![Con::Tuple(items.len())],
            Type::Union(members) => (0..members.len()).map(Con::Member).collect(),
            Type::List(_) => (0..=longest(rows)).map(Con::Length).collect(),
            _ => return None,
        })
    }

    /// Values, as pattern rows, that `row` matches and no row of the matrix does; at most `limit`.
    fn missing(&mut self, rows: &[Vec<Pat>], types: &[Type], row: &[Pat], limit: usize) -> Vec<Vec<Pat>> {
        self.steps += 1;
        if limit == 0 || self.steps > STEPS_MAX {
            return Vec::new();
        }
        let (Some(ty), Some(head)) = (types.first(), row.first()) else {
            return if rows.is_empty() { vec![Vec::new()] } else { Vec::new() };
        };
        let ty = self.checker.resolve(ty);
        if let Pat::Or(alternatives) = head {
            let mut found = Vec::new();
            for alternative in alternatives.clone() {
                let mut one = row.to_vec();
                one[0] = alternative;
                found.extend(self.missing(rows, types, &one, limit - found.len()));
                if found.len() >= limit {
                    break;
                }
            }
            return found;
        }
        let rows = expand_alternatives(rows);
        let candidates = match head {
            Pat::Con(con, _) => Some(vec![con.clone()]),
            Pat::Rest(front, back) => {
                let least = front.len() + back.len();
                Some((least..=longest(&rows).max(least)).map(Con::Length).collect())
            }
            // A column in which all rows are wildcards tells nothing apart; taking it apart might never end.
            _ if rows.iter().all(|r| matches!(r.first(), Some(Pat::Any))) && ty != Type::Never => None,
            _ => self.constructors(&ty, &rows),
        };
        let mut found = Vec::new();
        if let Some(constructors) = candidates {
            for con in constructors {
                let parts = self.parts_of(&con, &ty);
                let inner: Vec<Vec<Pat>> =
                    rows.iter().filter_map(|r| specialize(r, &con, parts.len())).collect();
                let Some(inner_row) = specialize(row, &con, parts.len()) else {
                    continue;
                };
                let arity = parts.len();
                let mut inner_types = parts;
                inner_types.extend(types.iter().skip(1).cloned());
                for mut witness in self.missing(&inner, &inner_types, &inner_row, limit - found.len()) {
                    let tail = witness.split_off(arity.min(witness.len()));
                    let open = matches!(con, Con::Length(n) if n > 0 && n == longest(&rows) && matches!(head, Pat::Any));
                    let head =
                        if open { Pat::Rest(witness, Vec::new()) } else { Pat::Con(con.clone(), witness) };
                    found.push(std::iter::once(head).chain(tail).collect());
                }
                if found.len() >= limit {
                    break;
                }
            }
            return found;
        }
        // Infinitely many constructors: what no literal names is left to the wildcards.
        let defaults: Vec<Vec<Pat>> = rows
            .iter()
            .filter(|r| matches!(r.first(), Some(Pat::Any)))
            .map(|r| r.iter().skip(1).cloned().collect())
            .collect();
        let tail: Vec<Pat> = row.iter().skip(1).cloned().collect();
        for witness in self.missing(&defaults, types.get(1..).unwrap_or_default(), &tail, limit) {
            found.push(std::iter::once(Pat::Any).chain(witness).collect());
        }
        found
    }

    fn show(&self, p: &Pat, ty: &Type) -> String {
        let ty = self.checker.resolve(ty);
        match p {
            Pat::Any | Pat::Or(_) => "_".to_string(),
            Pat::Rest(front, _) => {
                let element = match &ty {
                    Type::List(element) => (**element).clone(),
                    _ => Type::Any,
                };
                let items: Vec<String> = front.iter().map(|p| self.show(p, &element)).collect();
                format!("[{}, ...]", items.join(", "))
            }
            Pat::Con(con, args) => {
                let parts = self.parts_of(con, &ty);
                let shown: Vec<String> = args
                    .iter()
                    .enumerate()
                    .map(|(i, p)| self.show(p, parts.get(i).unwrap_or(&Type::Any)))
                    .collect();
                let applied = |name: &str| {
                    if shown.is_empty() { name.to_string() } else { format!("{name}({})", shown.join(", ")) }
                };
                match con {
                    Con::Bool(b) => b.to_string(),
                    Con::Null => "null".to_string(),
                    Con::Variant(id, index) => {
                        let name = self
                            .checker
                            .out
                            .enums
                            .get(id.0 as usize)
                            .and_then(|e| e.variants.get(*index))
                            .map_or("_", |v| v.name.as_str());
                        applied(name)
                    }
                    Con::Record(id) => {
                        let name =
                            self.checker.out.records.get(id.0 as usize).map_or("_", |r| r.name.as_str());
                        format!("{name}(..)")
                    }
                    Con::Ok => applied("ok"),
                    Con::Err => applied("err"),
                    Con::Tuple(_) => format!("({})", shown.join(", ")),
                    Con::Length(_) => format!("[{}]", shown.join(", ")),
                    Con::Int(i) => i.to_string(),
                    Con::Float(bits) => f64::from_bits(*bits).to_string(),
                    Con::Str(s) => format!("{s:?}"),
                    Con::Member(_) => {
                        let member = parts.first().cloned().unwrap_or(Type::Any);
                        match args.first() {
                            Some(Pat::Any) | None => {
                                if member == Type::Null {
                                    "null".to_string()
                                } else {
                                    format!("x: {}", self.checker.show(&member))
                                }
                            }
                            Some(inner) => self.show(inner, &member),
                        }
                    }
                    Con::Opaque(_) => "_".to_string(),
                }
            }
        }
    }
}

/// The first list length that stands for all longer ones.
fn longest(rows: &[Vec<Pat>]) -> usize {
    let mut most = 0;
    for row in rows {
        match row.first() {
            Some(Pat::Con(Con::Length(n), _)) => most = most.max(n + 1),
            Some(Pat::Rest(front, back)) => most = most.max(front.len() + back.len()),
            _ => {}
        }
    }
    most
}

fn expand_alternatives(rows: &[Vec<Pat>]) -> Vec<Vec<Pat>> {
    let mut flat = Vec::with_capacity(rows.len());
    for row in rows {
        match row.first() {
            Some(Pat::Or(alternatives)) => {
                let single: Vec<Vec<Pat>> = alternatives
                    .iter()
                    .map(|alternative| {
                        std::iter::once(alternative.clone()).chain(row.iter().skip(1).cloned()).collect()
                    })
                    .collect();
                flat.extend(expand_alternatives(&single));
            }
            _ => flat.push(row.clone()),
        }
    }
    flat
}

/// The row under the constructor: its parts in front of the rest; nothing if it does not match.
fn specialize(row: &[Pat], con: &Con, arity: usize) -> Option<Vec<Pat>> {
    let parts = match row.first()? {
        Pat::Any => vec![Pat::Any; arity],
        Pat::Con(found, parts) if found == con => parts.clone(),
        Pat::Rest(front, back) => match con {
            Con::Length(n) if *n >= front.len() + back.len() => {
                let gap = n - front.len() - back.len();
                front.iter().cloned().chain(vec![Pat::Any; gap]).chain(back.iter().cloned()).collect()
            }
            _ => return None,
        },
        _ => return None,
    };
    Some(parts.into_iter().chain(row.iter().skip(1).cloned()).collect())
}
