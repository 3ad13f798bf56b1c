//! Patterns: what they bind, and what they test.

use syntax::Diagnostic;
use syntax::ast::{ListPattern, Name, NodeId, Path, Pattern, PatternKind};

use crate::Type;
use crate::checked::Use;
use crate::checker::{Checker, Def};
use crate::declare::list_of;
use crate::nearest::did_you_mean;
use crate::types::EnumId;

/// The parts of a constructor: their names, where they have one, and types.
pub(crate) type Parts = Vec<(Option<String>, Type)>;

/// What a constructor pattern or call names.
#[derive(Clone, Debug)]
pub(crate) enum Constructor {
    Variant(EnumId, usize),
    Record(crate::types::RecordId),
    Ok,
    Err,
}

impl<'a> Checker<'a> {
    /// Checks a pattern against a value of type `ty` and introduces its names. The type of the pattern's id is that of
    /// the values it can match.
    pub(crate) fn bind_pattern(&mut self, p: &'a Pattern, ty: &Type, mutable: bool) {
        let ty = self.resolve(ty);
        self.deeper(p.span, |c| c.bind_kind(p, &ty, mutable));
    }

    fn bind_kind(&mut self, p: &'a Pattern, ty: &Type, mutable: bool) {
        self.set_type(p.id, ty.clone());
        match &p.kind {
            PatternKind::Wildcard | PatternKind::Error => {}
            PatternKind::Literal(value) => {
                let found = self.infer(value, Some(ty));
                self.set_type(p.id, found.clone());
                if !self.can_equal(&found, ty) {
                    self.never_matches(p, &found, ty);
                }
            }
            PatternKind::Range { start, end, .. } => {
                for bound in [start, end] {
                    let found = self.infer(bound, Some(ty));
                    if !self.can_equal(&found, ty) {
                        self.never_matches(p, &found, ty);
                    }
                }
                let found = self.type_of(start.id);
                self.set_type(p.id, found);
            }
            PatternKind::Bind { name, ty: tested } => {
                let bound = match tested {
                    Some(tested) => {
                        let tested = self.type_expr(tested);
                        let (hit, _) = self.split(ty, &tested);
                        if hit == Type::Never && *ty != Type::Never && !self.accepts(ty, &tested) {
                            self.never_matches(p, &tested, ty);
                        }
                        self.check_told(p.span, ty, &tested);
                        tested
                    }
                    None => ty.clone(),
                };
                if name.text.starts_with(|c: char| c.is_ascii_uppercase()) {
                    self.upper_case(p, name, ty);
                    return;
                }
                self.set_type(p.id, bound.clone());
                if name.text != "_" {
                    self.introduce(p.id, name, bound, mutable);
                }
            }
            PatternKind::Tuple(items) => self.bind_tuple(p, items, ty, mutable),
            PatternKind::List { items } => self.bind_list(p, items, ty, mutable),
            PatternKind::Or(alternatives) => self.bind_alternatives(p, alternatives, ty, mutable),
            PatternKind::As(inner, name) => {
                self.bind_pattern(inner, ty, mutable);
                let bound = self.type_of(inner.id);
                self.introduce(p.id, name, bound, mutable);
            }
            PatternKind::Constructor { path, fields, rest } => {
                self.bind_constructor(p, path, fields, *rest, ty, mutable);
            }
        }
    }

    /// Binds a name: a result where the pattern stands at the top level, else a local.
    fn introduce(&mut self, node: NodeId, name: &Name, ty: Type, mutable: bool) {
        if let Some(Use::Global(id)) = self.out.bound.get(&node).cloned() {
            let declared = self.out.globals.get(id.0 as usize).map_or(Type::Error, |g| g.ty.clone());
            if !self.fits(&ty, &declared) {
                let (found, used) = (self.show(&ty), self.show(&declared));
                self.report(
                    Diagnostic::error(
                        "E0200",
                        name.span,
                        format!("The result `{}` is {found}, but a cell above uses it as {used}.", name.text),
                    )
                    .help("Pass it to the cell as a parameter with a type."),
                );
            }
            self.define(id);
            return;
        }
        self.bind(node, &name.text, ty, mutable, name.span);
    }

    fn can_equal(&mut self, found: &Type, ty: &Type) -> bool {
        matches!(ty, Type::Any | Type::Json | Type::Error | Type::Param(_))
            || self.accepts(found, ty)
            || self.accepts(ty, found)
    }

    fn never_matches(&mut self, p: &Pattern, found: &Type, ty: &Type) {
        let (found, wanted) = (self.show(found), self.show(ty));
        self.report(
            Diagnostic::error(
                "E0200",
                p.span,
                format!("This pattern matches {found}, but the value is {wanted}."),
            )
            .help("Match values of that type, or convert the value first."),
        );
    }

    fn upper_case(&mut self, p: &Pattern, name: &Name, ty: &Type) {
        self.set_type(p.id, Type::Error);
        if self.is_unread(&name.text) {
            return;
        }
        let known = self.constructor_names(ty);
        let mut diagnostic = Diagnostic::error(
            "E0213",
            name.span,
            format!("`{}` names no variant, and an upper-case name never binds.", name.text),
        );
        diagnostic.help =
            Some(did_you_mean(&name.text, known.iter().map(String::as_str)).unwrap_or_else(|| {
                if known.is_empty() {
                    format!("To bind the value, write `{}`.", name.text.to_lowercase())
                } else {
                    format!(
                        "The value is one of {}.",
                        list_of(&known.iter().map(String::as_str).collect::<Vec<_>>())
                    )
                }
            }));
        self.report(diagnostic);
    }

    /// Names that a constructor pattern for the type can have.
    fn constructor_names(&self, ty: &Type) -> Vec<String> {
        match self.resolve(ty) {
            Type::Enum(id, _) => self
                .out
                .enums
                .get(id.0 as usize)
                .map(|e| e.variants.iter().map(|v| v.name.clone()).collect())
                .unwrap_or_default(),
            Type::Record(id, _) => {
                self.out.records.get(id.0 as usize).map(|r| vec![r.name.clone()]).unwrap_or_default()
            }
            Type::Result(..) => vec!["ok".to_string(), "err".to_string()],
            Type::Union(members) => members.iter().flat_map(|m| self.constructor_names(m)).collect(),
            _ => Vec::new(),
        }
    }

    fn bind_tuple(&mut self, p: &'a Pattern, items: &'a [Pattern], ty: &Type, mutable: bool) {
        let candidate = match ty {
            Type::Union(members) => members
                .iter()
                .find(|m| matches!(m, Type::Tuple(parts) if parts.len() == items.len()))
                .unwrap_or(ty)
                .clone(),
            Type::Var(_) => {
                let parts = items.iter().map(|_| self.fresh()).collect();
                let tuple = Type::tuple(parts);
                self.fits(ty, &tuple);
                tuple
            }
            other => other.clone(),
        };
        match &candidate {
            Type::Tuple(parts) if parts.len() == items.len() => {
                self.set_type(p.id, candidate.clone());
                for (item, part) in items.iter().zip(parts.iter()) {
                    self.bind_pattern(item, part, mutable);
                }
            }
            Type::Error => items.iter().for_each(|item| self.bind_pattern(item, &Type::Error, mutable)),
            Type::Any => items.iter().for_each(|item| self.bind_pattern(item, &Type::Any, mutable)),
            other => {
                let found = self.show(other);
                let parts =
                    if items.len() == 1 { "1 part".to_string() } else { format!("{} parts", items.len()) };
                self.report(
                    Diagnostic::error(
                        "E0200",
                        p.span,
                        format!("This pattern takes a tuple of {parts}, found {found}."),
                    )
                    .help("Give the pattern as many parts as the tuple has; `_` skips one."),
                );
                items.iter().for_each(|item| self.bind_pattern(item, &Type::Error, mutable));
            }
        }
    }

    fn bind_list(&mut self, p: &'a Pattern, items: &'a [ListPattern], ty: &Type, mutable: bool) {
        let list = match ty {
            Type::Union(members) => members.iter().find(|m| matches!(m, Type::List(_))).unwrap_or(ty).clone(),
            other => other.clone(),
        };
        let element = match &list {
            Type::List(element) => (**element).clone(),
            Type::Any => Type::Any,
            Type::Error => Type::Error,
            other => {
                let found = self.show(other);
                self.error("E0200", p.span, format!("This pattern takes a list, found {found}."));
                Type::Error
            }
        };
        self.set_type(p.id, list.clone());
        let mut rests = 0;
        for item in items {
            match item {
                ListPattern::Item(inner) => self.bind_pattern(inner, &element, mutable),
                ListPattern::Rest(name, id) => {
                    rests += 1;
                    self.set_type(*id, Type::list(element.clone()));
                    if let Some(name) = name {
                        self.introduce(*id, name, Type::list(element.clone()), mutable);
                    }
                }
            }
        }
        if rests > 1 {
            self.error("E0200", p.span, "A list pattern has at most one `...`.");
        }
    }

    fn bind_alternatives(&mut self, p: &'a Pattern, alternatives: &'a [Pattern], ty: &Type, mutable: bool) {
        let start = self.body.locals.len();
        let mut first: Option<Vec<(String, Use)>> = None;
        let mut matched = Type::Never;
        for alternative in alternatives {
            self.body.locals.truncate(start);
            let bound = self.out.bound.len();
            self.bind_pattern(alternative, ty, mutable);
            let found = self.type_of(alternative.id);
            matched = Type::union([matched, found]);
            let names: Vec<(String, Use)> = self
                .body
                .locals
                .since(start)
                .map(|(name, meaning)| (name.clone(), meaning.clone()))
                .collect();
            match &first {
                None => first = Some(names),
                Some(expected) => {
                    let same = expected.len() == names.len()
                        && expected.iter().all(|(n, _)| names.iter().any(|(m, _)| m == n));
                    if !same {
                        self.report(
                            Diagnostic::error(
                                "E0200",
                                alternative.span,
                                "All alternatives of a pattern bind the same names.",
                            )
                            .help("Bind the name in each of them, or use `_`."),
                        );
                    } else {
                        self.share_names(expected.clone(), names, bound);
                    }
                }
            }
        }
        self.body.locals.truncate(start);
        for (name, meaning) in first.unwrap_or_default() {
            self.body.locals.push(name, meaning);
        }
        self.set_type(p.id, matched);
    }

    /// Alternatives set the same variables: later ones bind the locals of the first. What the later one bound was noted
    /// behind the first `before` entries.
    fn share_names(&mut self, first: Vec<(String, Use)>, other: Vec<(String, Use)>, before: usize) {
        for (name, meaning) in other {
            let Some((_, shared)) = first.iter().find(|(n, _)| *n == name) else {
                continue;
            };
            let (Use::Local(from), Use::Local(to)) = (&meaning, shared) else {
                continue;
            };
            let types = (self.out.locals.get(from.0 as usize), self.out.locals.get(to.0 as usize));
            if let (Some(a), Some(b)) = types {
                let joined = Type::union([self.resolve(&a.ty), self.resolve(&b.ty)]);
                if let Some(local) = self.out.locals.get_mut(to.0 as usize) {
                    local.ty = joined;
                }
            }
            for bound in self.out.bound.values_mut().skip(before) {
                if *bound == meaning {
                    *bound = shared.clone();
                }
            }
        }
    }

    /// The constructor that a pattern's path means for a value of the type.
    fn pattern_constructor(&mut self, path: &Path, ty: &Type) -> Option<Constructor> {
        let last = path.parts.last()?;
        if let [only] = path.parts.as_slice() {
            match only.text.as_str() {
                "ok" | "Ok" if has_result(ty) => return Some(Constructor::Ok),
                "err" | "Err" if has_result(ty) => return Some(Constructor::Err),
                _ => {}
            }
            if let Some(found) = self.variant_of(ty, &only.text) {
                return Some(Constructor::Variant(found.0, found.1));
            }
            if let Some(Def::Record(id)) = self.find(&only.text).map(|e| e.def.clone()) {
                return Some(Constructor::Record(id));
            }
            let (id, index) = *self.scopes.get(self.body.module)?.variants.get(&only.text)?.first()?;
            return Some(Constructor::Variant(id, index));
        }
        let owner = path.parts.get(path.parts.len() - 2)?;
        let def = match path.parts.as_slice() {
            [_, _] => self.find(&owner.text).map(|e| e.def.clone())?,
            [module, _, _] => match self.find(&module.text)?.def {
                Def::Module(target) => self.scopes.get(target)?.names.get(owner.text.as_str())?.def.clone(),
                _ => return None,
            },
            _ => return None,
        };
        match def {
            Def::Enum(id) => {
                let index = self.variant_index(id, &last.text)?;
                Some(Constructor::Variant(id, index))
            }
            Def::Module(target) => match self.scopes.get(target)?.names.get(last.text.as_str())?.def {
                Def::Record(id) => Some(Constructor::Record(id)),
                _ => None,
            },
            _ => None,
        }
    }

    pub(crate) fn variant_index(&self, id: EnumId, name: &str) -> Option<usize> {
        self.out.enums.get(id.0 as usize)?.variants.iter().position(|v| v.name == name)
    }

    /// The variant of that name among the type's enums.
    pub(crate) fn variant_of(&self, ty: &Type, name: &str) -> Option<(EnumId, usize)> {
        match self.resolve(ty) {
            Type::Enum(id, _) => self.variant_index(id, name).map(|index| (id, index)),
            Type::Union(members) => members.iter().find_map(|m| self.variant_of(m, name)),
            _ => None,
        }
    }

    fn bind_constructor(
        &mut self,
        p: &'a Pattern,
        path: &'a Path,
        fields: &'a [(Option<Name>, Pattern)],
        rest: bool,
        ty: &Type,
        mutable: bool,
    ) {
        let Some(constructor) = self.pattern_constructor(path, ty) else {
            if *ty != Type::Error {
                let name = Name { text: path.dotted(), span: path.span };
                self.upper_case(p, &name, ty);
            }
            self.set_type(p.id, Type::Error);
            fields.iter().for_each(|(_, inner)| self.bind_pattern(inner, &Type::Error, mutable));
            return;
        };
        match &constructor {
            Constructor::Variant(id, _) => self.used(&Def::Enum(*id), path.span),
            Constructor::Record(id) => self.used(&Def::Record(*id), path.span),
            _ => {}
        }
        let Some((matched, parts)) = self.constructor_parts(&constructor, ty) else {
            let found = self.show(ty);
            self.report(
                Diagnostic::error("E0200", p.span, format!("`{}` is no value of {found}.", path.dotted()))
                    .help("Match one of the type's own variants."),
            );
            self.set_type(p.id, Type::Error);
            fields.iter().for_each(|(_, inner)| self.bind_pattern(inner, &Type::Error, mutable));
            return;
        };
        let meaning = match constructor {
            Constructor::Variant(id, index) => Use::Variant(id, index),
            Constructor::Record(id) => Use::Record(id),
            Constructor::Ok => Use::Ok,
            Constructor::Err => Use::Err,
        };
        self.out.uses.insert(p.id, meaning.clone());
        self.set_type(p.id, matched);
        let bare = fields.is_empty() && !rest && matches!(meaning, Use::Variant(..));
        // What a process holds has no name, so no pattern asks for it.
        let nameless = |(name, _): &(Option<String>, Type)| name.as_deref().is_some_and(syntax::is_hidden);
        let mut given: Vec<bool> = parts.iter().map(nameless).collect();
        for (place, (name, inner)) in fields.iter().enumerate() {
            let slot = match name {
                Some(name) => parts.iter().position(|(n, _)| n.as_deref() == Some(&name.text)),
                None => parts.get(place).is_some_and(|part| !nameless(part)).then_some(place),
            };
            let part = slot.and_then(|slot| parts.get(slot)).map_or(Type::Error, |(_, ty)| ty.clone());
            match slot {
                Some(slot) => given[slot] = true,
                None => self.unknown_part(path, name.as_ref(), inner, &parts),
            }
            self.bind_pattern(inner, &part, mutable);
        }
        let missing = given.iter().filter(|g| !**g).count();
        if missing > 0 && !rest && !bare {
            let (takes, found) = (parts.len(), fields.len());
            self.report(
                Diagnostic::error(
                    "E0203",
                    p.span,
                    format!("`{}` has {takes} parts, the pattern names {found}.", path.dotted()),
                )
                .help("Name the others too, `_` for those that do not matter, or end the pattern with `..`."),
            );
        }
    }

    fn unknown_part(
        &mut self,
        path: &Path,
        name: Option<&Name>,
        inner: &Pattern,
        parts: &[(Option<String>, Type)],
    ) {
        let is_named = |name: &&str| !syntax::is_hidden(name);
        let known: Vec<&str> = parts.iter().filter_map(|(n, _)| n.as_deref()).filter(is_named).collect();
        let hidden = parts.iter().filter(|(n, _)| n.as_deref().is_some_and(syntax::is_hidden)).count();
        let (span, message) = match name {
            Some(name) => (name.span, format!("`{}` has no field `{}`.", path.dotted(), name.text)),
            None => (inner.span, format!("`{}` has only {} parts.", path.dotted(), parts.len() - hidden)),
        };
        let mut diagnostic = Diagnostic::error("E0204", span, message);
        diagnostic.help = Some(
            name.and_then(|name| did_you_mean(&name.text, known.iter().copied()))
                .unwrap_or_else(|| format!("It has {}.", list_of(&known))),
        );
        self.report(diagnostic);
    }

    /// The type of a constructor's values among those of `ty`, and the types of its parts.
    pub(crate) fn constructor_parts(
        &mut self,
        constructor: &Constructor,
        ty: &Type,
    ) -> Option<(Type, Parts)> {
        let ty = self.resolve(ty);
        match (constructor, &ty) {
            (_, Type::Union(members)) => {
                members.to_vec().iter().find_map(|m| self.constructor_parts(constructor, m))
            }
            (Constructor::Variant(id, index), Type::Enum(found, args)) if id == found => {
                let parts = self.variant_parts(*id, *index, args);
                Some((ty.clone(), parts))
            }
            (Constructor::Record(id), Type::Record(found, args)) if id == found => {
                let parts = self.record_parts(*id, args);
                Some((ty.clone(), parts))
            }
            (Constructor::Ok, Type::Result(ok, _)) => Some((ty.clone(), vec![(None, (**ok).clone())])),
            (Constructor::Err, Type::Result(_, err)) => Some((ty.clone(), vec![(None, (**err).clone())])),
            (Constructor::Variant(id, index), Type::Any | Type::Var(_)) => {
                let count = self.out.enums.get(id.0 as usize).map_or(0, |e| e.params.len());
                let args: Vec<Type> = (0..count).map(|_| self.open(&ty)).collect();
                let made = Type::Enum(*id, args.clone().into());
                self.fits(&ty, &made);
                Some((made, self.variant_parts(*id, *index, &args)))
            }
            (Constructor::Record(id), Type::Any | Type::Var(_)) => {
                let count = self.out.records.get(id.0 as usize).map_or(0, |r| r.params.len());
                let args: Vec<Type> = (0..count).map(|_| self.open(&ty)).collect();
                let made = Type::Record(*id, args.clone().into());
                self.fits(&ty, &made);
                Some((made, self.record_parts(*id, &args)))
            }
            (Constructor::Ok | Constructor::Err, Type::Any) => {
                Some((Type::result(Type::Any, Type::Any), vec![(None, Type::Any)]))
            }
            _ => None,
        }
    }

    fn open(&mut self, ty: &Type) -> Type {
        if *ty == Type::Any { Type::Any } else { self.fresh() }
    }

    pub(crate) fn variant_parts(&self, id: EnumId, index: usize, args: &[Type]) -> Parts {
        let Some(declared) = self.out.enums.get(id.0 as usize) else {
            return Vec::new();
        };
        let params: Vec<(NodeId, Type)> = declared.params.iter().copied().zip(args.iter().cloned()).collect();
        declared.variants.get(index).map_or(Vec::new(), |v| {
            v.fields.iter().map(|(name, ty)| (name.clone(), self.substitute(ty, &params))).collect()
        })
    }

    pub(crate) fn record_parts(&self, id: crate::types::RecordId, args: &[Type]) -> Parts {
        let Some(declared) = self.out.records.get(id.0 as usize) else {
            return Vec::new();
        };
        let params: Vec<(NodeId, Type)> = declared.params.iter().copied().zip(args.iter().cloned()).collect();
        declared.fields.iter().map(|f| (Some(f.name.clone()), self.substitute(&f.ty, &params))).collect()
    }

    /// Warns of a `let` whose pattern may not match.
    pub(crate) fn check_irrefutable(&mut self, p: &'a Pattern, ty: &Type) {
        // A name alone matches all: most patterns of a `let`.
        if matches!(p.kind, PatternKind::Wildcard | PatternKind::Bind { ty: None, .. }) {
            return;
        }
        let ty = self.resolve(ty);
        let missing = self.missing_patterns(&ty, &[p]);
        if let Some(missing) = missing.first() {
            self.warn(
                Diagnostic::warning(
                    "W0208",
                    p.span,
                    format!("This pattern does not match `{missing}`, and then faults."),
                )
                .help("Say what happens then: `let … = … else … end`, or use `match`."),
            );
        }
    }
}

fn has_result(ty: &Type) -> bool {
    match ty {
        Type::Result(..) | Type::Any => true,
        Type::Union(members) => members.iter().any(has_result),
        _ => false,
    }
}
