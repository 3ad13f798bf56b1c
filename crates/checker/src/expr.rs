//! Types of expressions: bidirectional, with an expected type where the place has one.

use std::rc::Rc;

use syntax::Diagnostic;
use syntax::ast::{
    BinaryOp, Clause, Element, Expr, ExprKind, FormatSpec, LambdaBody, MapElement, NodeId, Param,
    TemplatePart, TypeExpr, UnaryOp,
};

use crate::Type;
use crate::args::count;
use crate::checked::{Call, CallArg, Callee, Use};
use crate::checker::{Checker, Function, Returns};
use crate::named::is_engine;
use crate::types::FnType;
use crate::unify::walked;

/// Integers beyond this are not exact as Float.
const FLOAT_EXACT_MAX: u64 = 1 << 53;

impl<'a> Checker<'a> {
    /// The expression's type. `want`, if given, is a hint: the caller still checks that the type fits.
    pub(crate) fn infer(&mut self, e: &'a Expr, want: Option<&Type>) -> Type {
        let want = want.map(|w| self.shallow(w)).filter(|w| !matches!(w, Type::Var(_) | Type::Error));
        let ty = self.deeper(e.span, |c| c.infer_kind(e, want.as_ref())).unwrap_or(Type::Error);
        self.set_type(e.id, ty.clone());
        ty
    }

    /// Checks that the expression's value may stand where `want` is expected, and notes the conversion.
    pub(crate) fn check(&mut self, e: &'a Expr, want: &Type) -> Type {
        let found = self.infer(e, Some(want));
        self.flow(e, &found, want);
        found
    }

    /// Notes that the value of `e` goes to a place of type `want`; reports a mismatch.
    pub(crate) fn flow(&mut self, e: &'a Expr, found: &Type, want: &Type) -> bool {
        if self.accepts(found, want) {
            if let ExprKind::Int(value) = &e.kind
                && self.widens(found, want)
                && !matches!(self.resolve(want), Type::Union(m) if m.contains(&Type::Int))
                && value.unsigned_abs() > FLOAT_EXACT_MAX
                && (*value as f64) as i128 != i128::from(*value)
            {
                self.report(
                    Diagnostic::error("E0200", e.span, format!("The literal {value} has no exact Float."))
                        .help("Write the Float that is meant, with a point, or keep it an Int."),
                );
            }
            // Between equal types nothing is converted, whatever is learned of them.
            if found != want {
                self.flows.push((e.id, found.clone(), want.clone()));
            }
            return true;
        }
        self.mismatch(e, found, want);
        false
    }

    pub(crate) fn mismatch(&mut self, e: &Expr, found: &Type, want: &Type) {
        let (found, want) = (self.resolve(found), self.resolve(want));
        let mut diagnostic = Diagnostic::error(
            self.mismatch_code(e),
            e.span,
            format!("Expected {}, found {}.", self.show(&want), self.show(&found)),
        );
        diagnostic.help = self.mismatch_help(&found, &want);
        self.report(diagnostic);
    }

    fn mismatch_help(&mut self, found: &Type, want: &Type) -> Option<String> {
        Some(match (found, want) {
            (Type::Union(members), _)
                if members.contains(&Type::Null) && self.accepts(&found.without_null(), want) =>
            {
                "The value may be null: test it with `!= null`, or give another value with `??`.".to_string()
            }
            (Type::Null, _) => format!(
                "A place that may hold null has an optional type: `{}`.",
                self.show(&want.clone().optional())
            ),
            (Type::Float, Type::Int) => {
                "`round`, `floor` and `ceil` give the Int near it; `as Int` cuts the fraction off."
                    .to_string()
            }
            (Type::Int | Type::Float | Type::Bool, Type::String) => {
                "`to_string(x)` makes it text, or write it into one: \"{x}\".".to_string()
            }
            (Type::String, Type::Int | Type::Float) => {
                "`parse_int` and `parse_float` read a number and say when there is none.".to_string()
            }
            (Type::Int | Type::Float | Type::String | Type::List(_), Type::Bool) => {
                "A condition is a Bool: compare it, for example with `!= 0` or `not is_empty(x)`.".to_string()
            }
            (Type::Any | Type::Json, _) => {
                "What it holds must be tested first, with `is`, `as` or `match`.".to_string()
            }
            (Type::Frame(a), Type::Frame(_)) if a.columns.is_none() => {
                "Say what columns it has: `frame expect schema Frame[Row]`.".to_string()
            }
            (Type::Result(ok, _), _) if self.accepts(ok, want) => {
                "Take the value out with `?`, or handle the error: `try e else |x| other`.".to_string()
            }
            (Type::Union(members), _) if members.iter().any(|m| self.accepts(m, want)) => {
                "Only some of its values fit: test with `is` or `match` first.".to_string()
            }
            (Type::Iter(_), Type::List(_)) => {
                "`to_list` makes a list of what a generator yields.".to_string()
            }
            (Type::List(a), Type::List(b)) if self.widens(a, b) => {
                "Convert its elements: `map(xs, to_float)`, or `[x as Float for x in xs]`.".to_string()
            }
            (Type::Fn(found), Type::Fn(wanted)) if found.params.len() != wanted.params.len() => {
                format!(
                    "It takes {}, and is called with {}.",
                    count(found.params.len(), "argument"),
                    count(wanted.params.len(), "argument")
                )
            }
            (Type::Fn(_), Type::Fn(_)) => return None,
            (Type::Fn(_), _) => "It is a function: call it with `()`.".to_string(),
            _ => return None,
        })
    }

    fn infer_kind(&mut self, e: &'a Expr, want: Option<&Type>) -> Type {
        match &e.kind {
            ExprKind::Int(_) => Type::Int,
            ExprKind::Float(_) => Type::Float,
            ExprKind::Bool(_) => Type::Bool,
            ExprKind::Null => Type::Null,
            ExprKind::Str(_) => Type::String,
            ExprKind::Bytes(_) => Type::Bytes,
            ExprKind::Template(parts) => self.template(parts),
            ExprKind::Name(name) => self.name_expr(e, name, want),
            ExprKind::List(items) => self.list(items, want),
            ExprKind::Set(items) => self.set(items, want),
            ExprKind::Tuple(items) => self.tuple(items, want),
            ExprKind::Map(items) => self.map(items, want),
            ExprKind::ListComprehension { element, clauses } => self.scoped(|c| {
                c.clauses(clauses);
                let hint = want.and_then(|w| element_hint(w, "list"));
                Type::list(c.element(element, hint))
            }),
            ExprKind::SetComprehension { element, clauses } => self.scoped(|c| {
                c.clauses(clauses);
                let hint = want.and_then(|w| element_hint(w, "set"));
                Type::set(c.element(element, hint))
            }),
            ExprKind::MapComprehension { entry, clauses } => self.scoped(|c| {
                c.clauses(clauses);
                let (key, value) = &**entry;
                let hints = want.and_then(map_hint);
                let key = c.element(key, hints.clone().map(|(k, _)| k));
                Type::map(key, c.element(value, hints.map(|(_, v)| v)))
            }),
            ExprKind::Unary { op, operand } => self.unary(e, *op, operand),
            ExprKind::Binary { op, op_span, left, right } => self.binary(e, *op, *op_span, left, right, want),
            ExprKind::Range { start, end, .. } => {
                self.check(start, &Type::Int);
                self.check(end, &Type::Int);
                Type::Range
            }
            ExprKind::Try(inner) => self.try_expr(e, inner),
            ExprKind::TryElse { value, name, fallback } => {
                self.try_else(e, value, name.as_deref(), fallback, want)
            }
            ExprKind::Unwrap(inner) => {
                let found = self.infer(inner, None);
                let found = self.resolve(&found);
                if matches!(found, Type::Union(_) | Type::Null) && found.admits_null() {
                    return found.without_null();
                }
                if matches!(found, Type::Result(..)) {
                    self.report(
                        Diagnostic::error(
                            "E0200",
                            e.span,
                            "`!` is for values that may be null, found a result.",
                        )
                        .help("Take the value out with `?`, `unwrap(r)`, or `try e else |x| other`."),
                    );
                    return Type::Error;
                }
                found
            }
            ExprKind::Cast { value, ty } => self.cast(e, value, ty),
            ExprKind::Is { .. } => self.condition(e).0,
            ExprKind::ExpectSchema { value, ty } => {
                let found = self.infer(value, None);
                let wanted = self.type_expr(ty);
                let found = self.resolve(&found);
                let told = match &wanted {
                    Type::Frame(_) => matches!(found, Type::Frame(_) | Type::Any),
                    _ => matches!(found, Type::Json | Type::Any),
                };
                if !told && found != Type::Error && wanted != Type::Error {
                    let found = self.show(&found);
                    self.report(
                        Diagnostic::error(
                            "E0200",
                            e.span,
                            format!("`expect schema` tells what a frame, a Json or an Any holds, found {found}."),
                        )
                        .help("Write `frame expect schema Frame[Row]` or `json expect schema Record`; `as` converts other values."),
                    );
                    return Type::Error;
                }
                wanted
            }
            ExprKind::Field { base, name, optional } => self.field(e, base, name, *optional, want),
            ExprKind::Index { base, index, optional } => self.index(e, base, index, *optional),
            ExprKind::Slice { base, start, end, .. } => {
                for bound in [start, end].into_iter().flatten() {
                    self.check(bound, &Type::Int);
                }
                self.slice(e, base)
            }
            ExprKind::Call { callee, type_args, args } => self.call(e, callee, type_args, args, None, want),
            ExprKind::Lambda { params, ret, body } => self.lambda(e, params, ret.as_deref(), body, want),
            ExprKind::If { condition, then, otherwise } => {
                self.if_expr(condition, then, otherwise.as_ref(), want)
            }
            ExprKind::Match { subject, arms } => self.match_expr(e, subject, arms, want, false),
            ExprKind::When { arms } => self.when(e, arms, want),
            ExprKind::Loop { label, body } => self.loop_expr(label.as_deref(), body),
            ExprKind::Do(block) => self.block_value(block, want),
            ExprKind::Comptime(block) => self.comptime(e, block, want),
            ExprKind::Role { role, parts } => self.role(parts, role.text_span),
            ExprKind::Upsert(upsert) => self.upsert(e, upsert),
            ExprKind::Python(cell) => self.python(e, cell, want),
            ExprKind::Spawn(value) => self.spawn(e, value),
            ExprKind::Await(value) => self.await_expr(value),
            ExprKind::Tasks(tasks) => self.tasks(e, tasks),
            ExprKind::Perform { path, args } => self.perform(e, path, args),
            ExprKind::Handle { body, with } => self.handle_expr(e, body, with, want),
            ExprKind::Unsupported(what) => {
                self.unbuilt(e.span, what);
                Type::Error
            }
            ExprKind::Error => Type::Error,
        }
    }

    pub(crate) fn template(&mut self, parts: &'a [TemplatePart]) -> Type {
        for part in parts {
            if let TemplatePart::Value { value, format } = part {
                let ty = self.infer(value, None);
                if let Some(format) = format {
                    self.check_format(value, &ty, format);
                }
            }
        }
        Type::String
    }

    fn check_format(&mut self, value: &'a Expr, ty: &Type, format: &FormatSpec) {
        let ty = self.resolve(ty);
        let wanted = match format.kind {
            Some('d' | 'x' | 'X' | 'o' | 'b') => Type::Int,
            Some('f' | 'e' | 'E') => Type::Float,
            Some('s') => Type::String,
            _ => return,
        };
        let fits = match wanted {
            Type::Float => matches!(ty, Type::Int | Type::Float | Type::Error),
            ref other => ty == *other || ty == Type::Error,
        };
        if !fits {
            let kind = format.kind.unwrap_or('s');
            let (wanted, found) = (self.show(&wanted), self.show(&ty));
            self.report(
                Diagnostic::error(
                    "E0200",
                    value.span,
                    format!("The format `{kind}` writes {wanted}, found {found}."),
                )
                .help("Leave the letter out, or convert the value first."),
            );
        }
    }

    /// The element of a comprehension, under the type expected of it.
    fn element(&mut self, e: &'a Expr, hint: Option<Type>) -> Type {
        match hint {
            Some(hint) if !matches!(self.shallow(&hint), Type::Var(_)) => {
                let found = self.infer(e, Some(&hint));
                if self.accepts(&found, &hint) {
                    self.flows.push((e.id, found, hint.clone()));
                    return hint;
                }
                found
            }
            _ => self.infer(e, None),
        }
    }

    /// Elements that share one type: the expected one, or the join of all.
    fn elements(&mut self, items: &'a [Element], hint: Option<Type>) -> Type {
        let hint = hint.filter(|h| !matches!(self.shallow(h), Type::Var(_)));
        if let Some(hint) = hint {
            for item in items {
                match item {
                    Element::Value(e) => {
                        self.check(e, &hint);
                    }
                    Element::Spread(e) => {
                        let inner = self.spread(e);
                        if !self.fits(&inner, &hint) {
                            let list = Type::list(hint.clone());
                            self.mismatch(e, &Type::list(inner), &list);
                        }
                    }
                }
            }
            return hint;
        }
        let mut joined = Type::Never;
        let mut values = Vec::new();
        for item in items {
            let ty = match item {
                Element::Value(e) => {
                    let hint = (joined != Type::Never).then(|| joined.clone());
                    let ty = self.infer(e, hint.as_ref());
                    values.push((e, ty.clone()));
                    ty
                }
                Element::Spread(e) => self.spread(e),
            };
            joined = self.join(&joined, &ty);
        }
        for (e, ty) in values {
            self.flows.push((e.id, ty, joined.clone()));
        }
        if joined == Type::Never { self.fresh() } else { joined }
    }

    /// The type as far as it is known here.
    fn inferred(&mut self, e: &'a Expr) -> Type {
        let ty = self.infer(e, None);
        self.resolve(&ty)
    }

    fn spread(&mut self, e: &'a Expr) -> Type {
        let ty = self.inferred(e);
        if let Type::Iter(element) = &ty {
            self.collect_generator(e);
            return (**element).clone();
        }
        walked(&ty).unwrap_or_else(|| {
            let found = self.show(&ty);
            self.report(
                Diagnostic::error(
                    "E0200",
                    e.span,
                    format!("`...` spreads a list, set or range, found {found}."),
                )
                .help("Leave `...` out to take it as one element."),
            );
            Type::Error
        })
    }

    fn list(&mut self, items: &'a [Element], want: Option<&Type>) -> Type {
        let hint = want.and_then(|w| element_hint(w, "list"));
        Type::list(self.elements(items, hint))
    }

    fn set(&mut self, items: &'a [Element], want: Option<&Type>) -> Type {
        let hint = want.and_then(|w| element_hint(w, "set"));
        Type::set(self.elements(items, hint))
    }

    fn tuple(&mut self, items: &'a [Expr], want: Option<&Type>) -> Type {
        let hints: Option<Rc<[Type]>> = match want {
            Some(Type::Tuple(hints)) if hints.len() == items.len() => Some(hints.clone()),
            Some(Type::Union(members)) => members.iter().find_map(|m| match m {
                Type::Tuple(hints) if hints.len() == items.len() => Some(hints.clone()),
                _ => None,
            }),
            _ => None,
        };
        let types = items
            .iter()
            .enumerate()
            .map(|(i, item)| self.element(item, hints.as_ref().and_then(|h| h.get(i).cloned())))
            .collect();
        Type::tuple(types)
    }

    fn map(&mut self, items: &'a [MapElement], want: Option<&Type>) -> Type {
        if items.is_empty() && matches!(want, Some(Type::Set(_))) {
            return want.cloned().unwrap_or(Type::Error);
        }
        let hints = want.and_then(map_hint);
        if items.is_empty() {
            return match hints {
                Some((k, v)) => Type::map(k, v),
                None => {
                    let key = self.fresh();
                    Type::map(key, self.fresh())
                }
            };
        }
        let (mut keys, mut values) = (Vec::new(), Vec::new());
        let (mut key_type, mut value_type) = (Type::Never, Type::Never);
        for item in items {
            match item {
                MapElement::Pair(k, v) => {
                    let found = self.element(k, hints.clone().map(|(k, _)| k));
                    key_type = self.join(&key_type, &found);
                    keys.push((k, found));
                    let found = self.element(v, hints.clone().map(|(_, v)| v));
                    value_type = self.join(&value_type, &found);
                    values.push((v, found));
                }
                MapElement::Spread(e) => match self.inferred(e) {
                    Type::Map(k, v) => {
                        key_type = self.join(&key_type, &k);
                        value_type = self.join(&value_type, &v);
                    }
                    Type::Error => {}
                    other => {
                        let found = self.show(&other);
                        self.error("E0200", e.span, format!("`...` in a map spreads a map, found {found}."));
                    }
                },
            }
        }
        for (e, found) in keys {
            self.flows.push((e.id, found, key_type.clone()));
        }
        for (e, found) in values {
            self.flows.push((e.id, found, value_type.clone()));
        }
        Type::map(key_type, value_type)
    }

    fn clauses(&mut self, clauses: &'a [Clause]) {
        for clause in clauses {
            let iterable = self.infer(&clause.iterable, None);
            let element = self.element_of(&clause.iterable, &iterable, clause.pattern.id);
            self.bind_pattern(&clause.pattern, &element, false);
            if let Some(condition) = &clause.condition {
                let facts = self.condition(condition).1;
                self.assume(facts.then);
            }
        }
    }

    /// What iterating over the value yields. Iteration over an engine's value is a host call under the pattern's id.
    pub(crate) fn element_of(&mut self, e: &'a Expr, ty: &Type, pattern: NodeId) -> Type {
        let ty = self.resolve(ty);
        if let Some(element) = walked(&ty) {
            return element;
        }
        let element = match &ty {
            Type::Series(element) => Some((**element).clone()),
            Type::Engine(of) if of.is("Tensor") => Some(ty.clone()),
            Type::Engine(of) if of.is("DataLoader") => Some(match of.args.first() {
                Some(row) => row.clone(),
                None => Type::tuple(vec![Type::engine("Tensor"), Type::engine("Tensor")]),
            }),
            _ => None,
        };
        if let Some(element) = element {
            self.host(pattern, "op.iter", vec![CallArg::Receiver]);
            return element;
        }
        if matches!(ty, Type::Param(_)) && self.has_bound(&ty, crate::builtins::Bound::Iterable) {
            // The bound says that there are elements, and not what they are.
            return Type::Any;
        }
        let found = self.show(&ty);
        let help = match &ty {
            Type::String => "`chars(s)` lists its characters, `split(s, \"\\n\")` its lines.".to_string(),
            Type::Int => "A range counts: `for i in 0..n`.".to_string(),
            Type::Frame(_) => {
                "Rows are `frame.itertuples(index: false)`, labels `frame.columns`.".to_string()
            }
            _ if ty.admits_null() => {
                "It may be null: give another value with `??`, for example `xs ?? []`.".to_string()
            }
            _ => "Lists, sets, maps, ranges, series and data loaders can be iterated over.".to_string(),
        };
        if ty != Type::Error {
            self.report(
                Diagnostic::error(
                    "E0200",
                    e.span,
                    format!("Expected something to iterate over, found {found}."),
                )
                .help(help),
            );
        }
        Type::Error
    }

    /// Notes that the expression is carried out by the prelude.
    pub(crate) fn host(&mut self, id: NodeId, name: &str, args: Vec<CallArg>) {
        let call =
            Call { callee: Callee::Host(name.to_string()), args, names: Vec::new(), types: Vec::new() };
        self.out.calls.insert(id, call);
    }

    fn unary(&mut self, e: &'a Expr, op: UnaryOp, operand: &'a Expr) -> Type {
        if op == UnaryOp::Not {
            return self.condition(e).0;
        }
        let found = self.infer(operand, None);
        let found = self.resolve(&found);
        let (symbol, scalar) = match op {
            UnaryOp::BitNot => ("~", matches!(found, Type::Int)),
            _ => ("-", matches!(found, Type::Int | Type::Float | Type::Duration)),
        };
        if scalar {
            return found;
        }
        let engine = match &found {
            Type::Series(element) => {
                let element = element.without_null();
                match op {
                    UnaryOp::BitNot => matches!(element, Type::Bool | Type::Int),
                    _ => matches!(element, Type::Int | Type::Float | Type::Duration),
                }
            }
            Type::Engine(of) => of.is("Tensor"),
            _ => false,
        };
        if engine {
            let name = if op == UnaryOp::BitNot { "op.~" } else { "op.neg" };
            self.host(e.id, name, vec![CallArg::Receiver]);
            return found;
        }
        if let Type::Param(_) = &found
            && self.has_bound(&found, crate::builtins::Bound::Num)
        {
            return found;
        }
        if !matches!(found, Type::Error | Type::Var(_)) {
            let shown = self.show(&found);
            let wanted = if op == UnaryOp::BitNot { "an Int" } else { "a number" };
            self.error("E0200", operand.span, format!("`{symbol}` takes {wanted}, found {shown}."));
            return Type::Error;
        }
        found
    }

    fn try_expr(&mut self, e: &'a Expr, inner: &'a Expr) -> Type {
        let found = self.infer(inner, None);
        let (ok, err) = match self.resolve(&found) {
            Type::Result(ok, err) => ((*ok).clone(), (*err).clone()),
            Type::Error => return Type::Error,
            other => {
                let shown = self.show(&other);
                let help = if other.admits_null() {
                    "`?` is for results; for a value that may be null use `??` or `!`."
                } else {
                    "It cannot fail: leave the `?` out."
                };
                self.report(
                    Diagnostic::error("E0200", e.span, format!("`?` takes a result, found {shown}."))
                        .help(help),
                );
                return Type::Error;
            }
        };
        if self.function().deferred.is_some() {
            self.leaves_deferred(e.span, "?");
            return ok;
        }
        let fresh = self.fresh();
        let problem = match &mut self.function().ret {
            Returns::Inferred(found) => {
                found.push(Type::result(fresh, err.clone()));
                None
            }
            Returns::Stated(Type::Error) => None,
            Returns::Stated(ret) => Some(ret.clone()),
            Returns::Nowhere => Some(Type::Never),
        };
        let handling = self.function().handling;
        match problem {
            None => {}
            Some(Type::Never) if handling => self.report(
                Diagnostic::error("E0202", e.span, "`?` cannot leave the cell from inside a `handle`.").help(
                    "Handle the error here: `try e else |x| other`; or let the `handle` give a result.",
                ),
            ),
            Some(Type::Never) => self.report(
                Diagnostic::error("E0200", e.span, "`?` returns the error from a cell, but stands in none.")
                    .help("Handle it here: `try e else |x| other`."),
            ),
            Some(ret) => match self.resolve(&ret) {
                Type::Result(_, wanted) => {
                    if !self.accepts(&err, &wanted) {
                        let (found, wanted) = (self.show(&err), self.show(&wanted));
                        self.report(
                            Diagnostic::error("E0200", e.span, format!("`?` returns an error of type {found}, but the cell's is {wanted}."))
                                .help("Convert it: `try e else |x| return err(...)`, or change the cell's error type."),
                        );
                    }
                }
                other => {
                    let shown = self.show(&other);
                    self.report(
                        Diagnostic::error("E0200", e.span, format!("`?` returns the error, but the cell returns {shown}."))
                            .help("Let the cell return a `result[T, E]`, or handle the error here: `try e else |x| other`."),
                    );
                }
            },
        }
        ok
    }

    fn try_else(
        &mut self,
        e: &'a Expr,
        value: &'a Expr,
        name: Option<&'a syntax::ast::Name>,
        fallback: &'a Expr,
        want: Option<&Type>,
    ) -> Type {
        let found = self.infer(value, None);
        let (ok, err) = match self.resolve(&found) {
            Type::Result(ok, err) => ((*ok).clone(), (*err).clone()),
            Type::Error => (Type::Error, Type::Error),
            other => {
                let shown = self.show(&other);
                self.error("E0200", value.span, format!("`try` takes a result, found {shown}."));
                (Type::Error, Type::Error)
            }
        };
        let hint = if ok == Type::Error { want.cloned() } else { Some(ok.clone()) };
        let other = self.scoped(|c| {
            if let Some(name) = name {
                c.bind(e.id, &name.text, err, false, name.span);
            }
            c.infer(fallback, hint.as_ref())
        });
        if ok == Type::Error {
            return other;
        }
        let joined = self.join(&ok, &other);
        self.flows.push((fallback.id, other, joined.clone()));
        joined
    }

    fn cast(&mut self, e: &'a Expr, value: &'a Expr, ty: &'a TypeExpr) -> Type {
        let wanted = self.placed_type(ty);
        let found = self.infer(value, None);
        let found = self.resolve(&found);
        let numeric = matches!(found, Type::Int | Type::Float | Type::Bool)
            && matches!(wanted, Type::Int | Type::Float);
        let up = numeric || self.accepts(&found, &wanted);
        let down = matches!(found, Type::Any | Type::Json | Type::Union(_)) && self.fits(&wanted, &found);
        let series = matches!((&found, &wanted), (Type::Series(_), Type::Series(_)));
        if !(up || down || series || matches!(found, Type::Var(_)) || wanted == Type::Error) {
            let (found, wanted) = (self.show(&found), self.show(&wanted));
            let help = match (found.as_str(), wanted.as_str()) {
                (_, "String") => "`to_string(x)` makes text of any value.",
                ("String", _) => "`parse_int` and `parse_float` read numbers from text.",
                _ => "`as` converts numbers, and takes values out of `Any` and unions.",
            };
            self.report(
                Diagnostic::error("E0200", e.span, format!("A value of type {found} is never {wanted}."))
                    .help(help),
            );
            return Type::Error;
        }
        if !up {
            self.check_told(ty.span, &found, &wanted);
        }
        wanted
    }

    pub(crate) fn lambda(
        &mut self,
        e: &'a Expr,
        params: &'a [Param],
        ret: Option<&'a TypeExpr>,
        body: &'a LambdaBody,
        want: Option<&Type>,
    ) -> Type {
        let expected: Option<Rc<FnType>> = match want {
            Some(Type::Fn(f)) => Some(f.clone()),
            Some(Type::Union(members)) => members.iter().find_map(|m| match m {
                Type::Fn(f) => Some(f.clone()),
                _ => None,
            }),
            _ => None,
        };
        // Its body is a function of its own, which knows no sizes.
        let sizes = self.sizes.replace(Vec::new());
        let stated = ret.map(|ret| self.placed_value_type(ret));
        self.sizes = sizes;
        let wanted_ret = expected.as_ref().map(|f| self.resolve(&f.ret));
        let returns = match (&stated, &wanted_ret) {
            (Some(ret), _) => Returns::Stated(ret.clone()),
            (None, Some(ret)) if !crate::unify::has_var(ret) && *ret != Type::Any => {
                Returns::Stated(ret.clone())
            }
            _ => Returns::Inferred(Vec::new()),
        };
        let facts = self.body.facts.len();
        self.body.functions.push(Function { lambda: Some(e.id), ..Function::new(None, returns) });
        self.out.captures.entry(e.id).or_default();
        let locals = self.body.locals.len();
        let mut types = Vec::with_capacity(params.len());
        for (i, param) in params.iter().enumerate() {
            let ty = match (&param.ty, expected.as_ref().and_then(|f| f.params.get(i))) {
                (Some(ty), _) => self.placed_value_type(ty),
                (None, Some(ty)) => ty.clone(),
                (None, None) => self.fresh(),
            };
            self.set_type(param.id, ty.clone());
            let id = self.bind(param.id, &param.name.text, ty.clone(), false, param.name.span);
            self.mark_parameter(id);
            self.learn_shape(Some(&Use::Local(id)), param.ty.as_ref().map(|ty| ty.id), None);
            types.push(ty);
        }
        let ret = self.under_row(want, |c| match body {
            LambdaBody::Expr(value) => c.returned(value),
            LambdaBody::Block(block) => c.function_block(block),
        });
        self.body.locals.truncate(locals);
        self.body.functions.pop();
        self.body.facts.truncate(facts);
        Type::function(types, ret)
    }

    pub(crate) fn mark_parameter(&mut self, id: crate::checked::LocalId) {
        if let Some(info) = self.local_info.get_mut(id.0 as usize) {
            info.parameter = true;
        }
    }

    /// The value of `= expr`, and with it the type that the function returns.
    pub(crate) fn returned(&mut self, value: &'a Expr) -> Type {
        match &self.function().ret {
            Returns::Stated(Type::Null) => {
                self.exec_expr(value);
                Type::Null
            }
            Returns::Stated(ret) => {
                let ret = ret.clone();
                self.check(value, &ret);
                ret
            }
            _ => {
                let found = self.infer(value, None);
                self.close_returns(Some((value.id, found)))
            }
        }
    }

    /// The type of a function whose return type is inferred: all that it returns, joined.
    pub(crate) fn close_returns(&mut self, last: Option<(NodeId, Type)>) -> Type {
        let var = self.fresh();
        let mut found = match &mut self.function().ret {
            Returns::Inferred(found) => std::mem::take(found),
            _ => Vec::new(),
        };
        let returned = std::mem::take(&mut self.function().returned);
        if let Some((_, ty)) = &last {
            found.push(ty.clone());
        }
        for (id, ty) in returned.into_iter().chain(last) {
            self.flows.push((id, ty, var.clone()));
        }
        let joined = self.join_all(&found);
        self.fits(&joined, &var);
        joined
    }

    pub(crate) fn join_all(&mut self, types: &[Type]) -> Type {
        let mut joined = Type::Never;
        for ty in types {
            joined = self.join(&joined, ty);
        }
        joined
    }

    /// Whether the operand makes an operation one of an engine.
    pub(crate) fn engine_operand(&self, ty: &Type) -> bool {
        is_engine(&self.resolve(ty))
    }

    /// Whether an operator is a comparison.
    pub(crate) fn is_comparison(op: BinaryOp) -> bool {
        use BinaryOp::*;
        matches!(op, Eq | Ne | Lt | Le | Gt | Ge | Order)
    }
}

fn element_hint(want: &Type, kind: &str) -> Option<Type> {
    match (want, kind) {
        (Type::List(t), "list") | (Type::Set(t), "set") => Some((**t).clone()),
        (Type::Engine(of), "list") if of.is("Items") => of.args.first().cloned(),
        (Type::Json, "list") => Some(Type::Json),
        (Type::Union(members), _) => members.iter().find_map(|m| element_hint(m, kind)),
        _ => None,
    }
}

fn map_hint(want: &Type) -> Option<(Type, Type)> {
    match want {
        Type::Map(k, v) => Some(((**k).clone(), (**v).clone())),
        Type::Json => Some((Type::String, Type::Json)),
        Type::Union(members) => members.iter().find_map(map_hint),
        _ => None,
    }
}
