//! Operators: which types they take, and what they give.

use syntax::ast::{BinaryOp, Expr, ExprKind, NodeId};
use syntax::{Diagnostic, Span};

use crate::Type;
use crate::builtins::Bound;
use crate::checked::CallArg;
use crate::checker::Checker;
use crate::unify::items_of;

impl<'a> Checker<'a> {
    pub(crate) fn binary(
        &mut self,
        e: &'a Expr,
        op: BinaryOp,
        op_span: Span,
        left: &'a Expr,
        right: &'a Expr,
        want: Option<&Type>,
    ) -> Type {
        match op {
            BinaryOp::And | BinaryOp::Or => self.condition(e).0,
            BinaryOp::Coalesce => self.coalesce(left, right, want),
            BinaryOp::Pipe => self.pipe(e, left, right, want),
            BinaryOp::Compose => self.compose(left, right),
            BinaryOp::In | BinaryOp::NotIn => self.membership(e, left, right),
            _ => {
                let hint = match op {
                    BinaryOp::Add | BinaryOp::Concat => want.filter(|w| matches!(w, Type::List(_))),
                    _ => None,
                };
                self.operator_chain(e, op_span, op, left, right, hint)
            }
        }
    }

    /// A chain of operators leans to the left, and may be long: its operands are checked from the innermost outwards,
    /// without recursion.
    fn operator_chain(
        &mut self,
        e: &'a Expr,
        op_span: Span,
        op: BinaryOp,
        left: &'a Expr,
        right: &'a Expr,
        hint: Option<&Type>,
    ) -> Type {
        let mut outer = vec![(e, op_span, op, left, right)];
        let mut first = left;
        while let ExprKind::Binary { op, op_span, left, right } = &first.kind
            && is_plain(*op)
        {
            outer.push((first, *op_span, *op, left, right));
            first = left;
        }
        let mut ty = self.infer(first, hint);
        for (e, op_span, op, left, right) in outer.into_iter().rev() {
            // `x == Variant` reads the variant by the type of the other side.
            let hint = match (Self::is_comparison(op), self.resolve(&ty)) {
                (true, ty @ (Type::Enum(..) | Type::Union(_))) => Some(ty),
                (false, ty @ (Type::List(_) | Type::Set(_))) => Some(ty),
                _ => None,
            };
            let second = self.infer(right, hint.as_ref());
            ty = self.operate(e.id, op_span, op, (left, &ty), (right, &second));
            self.set_type(e.id, ty.clone());
        }
        ty
    }

    /// The result of an operator on two values; notes how operands are converted, and that engines carry it out.
    pub(crate) fn operate(
        &mut self,
        id: NodeId,
        op_span: Span,
        op: BinaryOp,
        (left, a): (&'a Expr, &Type),
        (right, b): (&'a Expr, &Type),
    ) -> Type {
        let (a, b) = (self.resolve(a), self.resolve(b));
        if a == Type::Error || b == Type::Error {
            return Type::Error;
        }
        if self.engine_operand(&a) || self.engine_operand(&b) {
            return self.engine_operator(id, op, (left, &a), (right, &b));
        }
        if Self::is_comparison(op) {
            self.comparison(op, (left, &a), (right, &b));
            return if op == BinaryOp::Order { Type::Int } else { Type::Bool };
        }
        match self.arithmetic(op, (left, &a), (right, &b)) {
            Some(ty) => ty,
            None => {
                self.no_operator(op_span, op, left, &a, right, &b);
                Type::Error
            }
        }
    }

    fn arithmetic(
        &mut self,
        op: BinaryOp,
        (left, a): (&'a Expr, &Type),
        (right, b): (&'a Expr, &Type),
    ) -> Option<Type> {
        use BinaryOp::*;
        let numeric = matches!(op, Add | Sub | Mul | Div | FloorDiv | Rem | Pow);
        let integral = matches!(op, Shl | Shr | BitAnd | BitOr | BitXor);
        match (a, b) {
            (Type::Int, Type::Int) if numeric || integral => return Some(Type::Int),
            (Type::Float, Type::Float) if numeric => return Some(Type::Float),
            (Type::Int, Type::Float) if numeric => {
                self.flows.push((left.id, Type::Int, Type::Float));
                return Some(Type::Float);
            }
            (Type::Float, Type::Int) if numeric => {
                self.flows.push((right.id, Type::Int, Type::Float));
                return Some(Type::Float);
            }
            (Type::Duration, Type::Duration) if matches!(op, Add | Sub) => return Some(Type::Duration),
            (Type::DateTime, Type::Duration) if matches!(op, Add | Sub) => return Some(Type::DateTime),
            (Type::Duration, Type::DateTime) if op == Add => return Some(Type::DateTime),
            (Type::DateTime, Type::DateTime) if op == Sub => return Some(Type::Duration),
            (Type::Duration, Type::Int) if matches!(op, Mul | Div | FloorDiv) => return Some(Type::Duration),
            _ => {}
        }
        if matches!(op, Add | Concat) {
            match (a, b) {
                (Type::String, Type::String) => return Some(Type::String),
                (Type::Bytes, Type::Bytes) => return Some(Type::Bytes),
                (Type::List(x), Type::List(y)) => {
                    let element = if self.fits(y, x) { (**x).clone() } else { self.join(x, y) };
                    return Some(Type::list(element));
                }
                _ => {}
            }
        }
        let unknown = |ty: &Type| matches!(ty, Type::Var(_) | Type::Never);
        if unknown(a) || unknown(b) {
            let known = if unknown(a) { b } else { a };
            if unknown(known) {
                let numbers = numeric && self.fits(a, b);
                return numbers.then(|| a.clone());
            }
            let sound = match known {
                Type::Int => numeric || integral,
                Type::Float => numeric,
                Type::String | Type::List(_) => matches!(op, Add | Concat),
                Type::Param(_) => numeric && self.has_bound(known, Bound::Num),
                _ => false,
            };
            return (sound && self.fits(a, b)).then(|| known.clone());
        }
        if numeric && matches!(a, Type::Param(_)) && a == b && self.has_bound(a, Bound::Num) {
            return Some(a.clone());
        }
        None
    }

    fn no_operator(&mut self, span: Span, op: BinaryOp, left: &'a Expr, a: &Type, right: &'a Expr, b: &Type) {
        use BinaryOp::*;
        let takes = match op {
            Add => "two numbers, strings or lists",
            Concat => "two strings or lists",
            Shl | Shr | BitAnd | BitOr | BitXor => "two Ints, or two series of Bools",
            _ => "two numbers",
        };
        let (shown_a, shown_b) = (self.show(a), self.show(b));
        let mut diagnostic = Diagnostic::error(
            "E0200",
            left.span.to(right.span),
            format!("`{}` takes {takes}, found {shown_a} and {shown_b}.", op.symbol()),
        )
        .label(left.span, shown_a)
        .label(right.span, shown_b);
        diagnostic.labels.retain(|label| label.span != span);
        let text = |t: &Type| *t == Type::String;
        let number = |t: &Type| matches!(t, Type::Int | Type::Float);
        diagnostic.help = if matches!(op, BitAnd | BitOr | BitXor) && (*a == Type::Bool || *b == Type::Bool) {
            Some("Bools combine with `and`, `or` and `not`.".to_string())
        } else if op == Concat && (number(a) || number(b)) {
            Some("`++` joins texts and lists; to add one, write `n += 1`.".to_string())
        } else if op == Mul && (text(a) || text(b)) {
            Some("A text is repeated by `join([text for _ in 0..n], \"\")`.".to_string())
        } else if op == Mul && (matches!(a, Type::List(_)) || matches!(b, Type::List(_))) {
            Some("A list is repeated by `flatten([list for _ in 0..n])`.".to_string())
        } else if matches!(a, Type::Result(..)) || matches!(b, Type::Result(..)) {
            Some("Take the value out with `?`, or handle the error: `try e else |x| other`.".to_string())
        } else if matches!(a, Type::Future(_)) || matches!(b, Type::Future(_)) {
            Some("It is a task: `await` gives what it comes to.".to_string())
        } else if (text(a) && number(b)) || (number(a) && text(b)) {
            Some(
                "Write the number into the text: \"{x}\". To add, read the text with `parse_int`."
                    .to_string(),
            )
        } else if a.admits_null() || b.admits_null() {
            Some(
                "A value that may be null must be tested with `!= null`, or replaced with `??`, first."
                    .to_string(),
            )
        } else if matches!(a, Type::List(_)) && op == Add {
            Some("To add one element, write `append(xs, x)` or `xs + [x]`.".to_string())
        } else if matches!(a, Type::Any | Type::Json) || matches!(b, Type::Any | Type::Json) {
            Some("What it holds must be tested first, with `is`, `as` or `match`.".to_string())
        } else if matches!(a, Type::Union(_)) || matches!(b, Type::Union(_)) {
            Some("Only some of its values may fit: test with `is` or `match` first.".to_string())
        } else {
            None
        };
        self.report(diagnostic);
    }

    fn comparison(&mut self, op: BinaryOp, (left, a): (&'a Expr, &Type), (right, b): (&'a Expr, &Type)) {
        let number = |t: &Type| matches!(t, Type::Int | Type::Float);
        let both = left.span.to(right.span);
        if matches!(op, BinaryOp::Eq | BinaryOp::Ne) {
            let lazy = match (a, b) {
                (Type::Iter(_), Type::Iter(_)) => {
                    Some(("Generators", "Compare what they yield: `to_list(xs) == to_list(ys)`."))
                }
                (Type::Future(_), Type::Future(_)) => {
                    Some(("Tasks", "Compare what they come to: `await a == await b`."))
                }
                _ => None,
            };
            if let Some((what, help)) = lazy {
                let shown = self.show(a);
                let message = format!("{what} are not compared, found {shown} on both sides.");
                self.report(Diagnostic::error("E0211", both, message).help(help));
                return;
            }
            if self.overlap(a, b) {
                return;
            }
            let (shown_a, shown_b) = (self.show(a), self.show(b));
            let answer = if op == BinaryOp::Eq { "false" } else { "true" };
            let mut diagnostic = Diagnostic::error(
                "E0211",
                both,
                format!(
                    "{shown_a} and {shown_b} have no value in common, so `{}` is always {answer}.",
                    op.symbol()
                ),
            );
            diagnostic.help = Some(if *a == Type::Null || *b == Type::Null {
                "The value is never null: the test can go.".to_string()
            } else {
                "Compare values of one type, or convert one of them.".to_string()
            });
            self.report(diagnostic);
            return;
        }
        let ordered = (number(a) && number(b))
            || ((self.fits(b, a) || self.fits(a, b))
                && self.has_bound(a, Bound::Ord)
                && self.has_bound(b, Bound::Ord)
                && !a.admits_null()
                && !b.admits_null()
                && !matches!(a, Type::Union(_)));
        if ordered {
            return;
        }
        let (shown_a, shown_b) = (self.show(a), self.show(b));
        let mut diagnostic = Diagnostic::error(
            "E0211",
            both,
            format!(
                "`{}` compares two values of one ordered type, found {shown_a} and {shown_b}.",
                op.symbol()
            ),
        );
        diagnostic.help = Some(if a.admits_null() || b.admits_null() {
            "A value that may be null has no place in the order: test it with `!= null`, or use `??`, first."
                .to_string()
        } else if matches!(a, Type::Any | Type::Json | Type::Union(_)) {
            "Find out which type it is first, with `is` or `match`.".to_string()
        } else if let Type::Param(_) = a {
            "Bound the type parameter: `[T: Ord]`.".to_string()
        } else {
            "Compare values of one type, or convert one of them.".to_string()
        });
        self.report(diagnostic);
    }

    /// Whether some value may be of both types.
    fn overlap(&mut self, a: &Type, b: &Type) -> bool {
        match (a, b) {
            (Type::Any | Type::Json | Type::Var(_), _) | (_, Type::Any | Type::Json | Type::Var(_)) => true,
            (Type::Int | Type::Float, Type::Int | Type::Float) => true,
            (Type::Union(members), other) | (other, Type::Union(members)) => {
                members.to_vec().iter().any(|m| self.overlap(m, other))
            }
            (Type::List(x), Type::List(y)) | (Type::Set(x), Type::Set(y)) => {
                let (x, y) = (self.resolve(x), self.resolve(y));
                self.overlap(&x, &y)
            }
            (Type::Tuple(x), Type::Tuple(y)) => {
                x.len() == y.len() && x.iter().zip(y.iter()).all(|(x, y)| self.overlap(x, y))
            }
            _ => self.fits(a, b) || self.fits(b, a),
        }
    }

    fn membership(&mut self, e: &'a Expr, left: &'a Expr, right: &'a Expr) -> Type {
        if let Some((_, Some(key))) = self.state_of(right) {
            // What is looked for names an entry, as in an index.
            self.infer(right, None);
            self.check(left, &key);
            return Type::Bool;
        }
        let container = self.infer(right, None);
        let container = self.resolve(&container);
        let element = match &container {
            Type::Map(key, _) => Some((**key).clone()),
            Type::String => Some(Type::String),
            other => items_of(other),
        };
        let found = self.infer(left, element.as_ref());
        match element {
            Some(element) => {
                let found = self.resolve(&found);
                let element = self.resolve(&element);
                if !self.overlap(&found, &element) {
                    let (found, wanted) = (self.show(&found), self.show(&container));
                    self.report(
                        Diagnostic::error("E0211", e.span, format!("A {found} is never in a {wanted}."))
                            .help("`in` looks for an element, a key, a part of a string, or a number in a range."),
                    );
                } else if matches!((&found, &element), (Type::Var(_), _) | (_, Type::Var(_))) {
                    self.fits(&found, &element);
                }
            }
            None if container == Type::Error => {}
            None => {
                let shown = self.show(&container);
                let help = if matches!(container, Type::Series(_)) {
                    "`series.isin([...])` tests every value; `x in series.unique()` looks for one."
                } else {
                    "`in` looks into lists, sets, maps, strings and ranges."
                };
                self.report(
                    Diagnostic::error("E0200", right.span, format!("`in` cannot look into {shown}."))
                        .help(help),
                );
            }
        }
        Type::Bool
    }

    fn coalesce(&mut self, left: &'a Expr, right: &'a Expr, want: Option<&Type>) -> Type {
        let found = self.infer(left, want);
        let found = self.resolve(&found);
        if !found.admits_null() && !matches!(found, Type::Var(_)) {
            let shown = self.show(&found);
            let help = if matches!(found, Type::Result(..)) {
                "For a result, `try e else |x| other` gives another value."
            } else {
                "The right side would never be used: leave it out."
            };
            self.report(
                Diagnostic::error(
                    "E0200",
                    left.span,
                    format!("`??` replaces null, but {shown} is never null."),
                )
                .help(help),
            );
            self.infer(right, Some(&found));
            return found;
        }
        if matches!(right.kind, ExprKind::Binary { op, .. } if Self::is_comparison(op)) {
            self.report(
                Diagnostic::warning(
                    "W0215",
                    right.span,
                    "`??` binds weaker than a comparison: the whole comparison is its right side.",
                )
                .help("Put parentheses around the `??` or around the comparison."),
            );
        }
        let inner = if found == Type::Json { Type::Json } else { found.without_null() };
        let hint = if matches!(inner, Type::Never | Type::Any) { want.cloned() } else { Some(inner.clone()) };
        let other = self.infer(right, hint.as_ref());
        if inner == Type::Never {
            return other;
        }
        if inner == Type::Int && self.resolve(&other) == Type::Float {
            self.mismatch(right, &other, &inner);
            return inner;
        }
        let joined = self.join(&inner, &other);
        self.flows.push((right.id, other, joined.clone()));
        joined
    }

    fn pipe(&mut self, e: &'a Expr, left: &'a Expr, right: &'a Expr, want: Option<&Type>) -> Type {
        let ty = match &right.kind {
            ExprKind::Call { callee, type_args, args } => {
                self.call(e, callee, type_args, args, Some(left), want)
            }
            _ => self.call(e, right, &[], &[], Some(left), want),
        };
        if matches!(right.kind, ExprKind::Call { .. }) {
            self.set_type(right.id, ty.clone());
        }
        ty
    }

    fn compose(&mut self, left: &'a Expr, right: &'a Expr) -> Type {
        let (a, b) = (self.infer(left, None), self.infer(right, None));
        match (self.resolve(&a), self.resolve(&b)) {
            (Type::Fn(f), Type::Fn(g)) => {
                if let [param] = g.params.as_slice()
                    && self.fits(&f.ret, param)
                {
                    return Type::function(f.params.clone(), g.ret.clone());
                }
                let (found, wanted) = (self.show(&f.ret), self.show(&Type::Fn(g)));
                self.report(
                    Diagnostic::error(
                        "E0200",
                        right.span,
                        format!("`~>` passes on a {found}, but its right side is {wanted}."),
                    )
                    .help("The right side takes one argument, of the type that the left side returns."),
                );
                Type::Error
            }
            (Type::Error, _) | (_, Type::Error) => Type::Error,
            (a, b) => {
                let (shown_a, shown_b) = (self.show(&a), self.show(&b));
                self.error(
                    "E0200",
                    left.span.to(right.span),
                    format!("`~>` joins two functions, found {shown_a} and {shown_b}."),
                );
                Type::Error
            }
        }
    }

    /// An operator with a frame, series or tensor on one side.
    fn engine_operator(
        &mut self,
        id: NodeId,
        op: BinaryOp,
        (left, a): (&'a Expr, &Type),
        (right, b): (&'a Expr, &Type),
    ) -> Type {
        let identity = matches!(op, BinaryOp::Eq | BinaryOp::Ne);
        if identity && (*a == Type::Null || *b == Type::Null) {
            self.comparison(op, (left, a), (right, b));
            return Type::Bool;
        }
        let result = match (a, b) {
            (Type::Engine(of), other) | (other, Type::Engine(of)) if of.is("Tensor") => {
                let other_fits = match other {
                    Type::Engine(of) => of.is("Tensor"),
                    Type::Int | Type::Float | Type::Bool | Type::Var(_) => true,
                    _ => false,
                };
                (other_fits && op != BinaryOp::Concat).then(|| Type::engine("Tensor"))
            }
            (Type::Series(x), Type::Series(y)) => self.series_operator(op, x, y),
            (Type::Series(x), other) => self.series_operator(op, x, other),
            (other, Type::Series(y)) => self.series_operator(op, other, y),
            (Type::Frame(_), Type::Frame(_) | Type::Int | Type::Float)
            | (Type::Int | Type::Float, Type::Frame(_)) => Some(Type::any_frame()),
            _ => None,
        };
        match result {
            Some(ty) => {
                if matches!(&ty, Type::Engine(of) if of.is("Tensor")) {
                    self.check_broadcast(op, left, right);
                }
                self.host(id, &format!("op.{}", op.symbol()), vec![CallArg::Receiver, CallArg::Written(0)]);
                ty
            }
            None => {
                let (shown_a, shown_b) = (self.show(a), self.show(b));
                let mut diagnostic = Diagnostic::error(
                    "E0200",
                    left.span.to(right.span),
                    format!("`{}` does not take {shown_a} and {shown_b}.", op.symbol()),
                );
                let binds = matches!(op, BinaryOp::BitAnd | BinaryOp::BitOr | BinaryOp::BitXor);
                diagnostic.help = Some(if binds {
                    format!(
                        "`{}` binds tighter than comparisons: put each comparison in parentheses, `(a < b) {} (c < d)`.",
                        op.symbol(),
                        op.symbol()
                    )
                } else {
                    "Series combine with series of the same kind, and with single values.".to_string()
                });
                self.report(diagnostic);
                Type::Error
            }
        }
    }

    /// Element-wise: pandas' result type for two element types.
    fn series_operator(&mut self, op: BinaryOp, x: &Type, y: &Type) -> Option<Type> {
        use BinaryOp::*;
        let (x, y) = (self.resolve(x), self.resolve(y));
        if matches!(x, Type::Any | Type::Error) || matches!(y, Type::Any | Type::Error) {
            return Some(Type::series(if Self::is_comparison(op) { Type::Bool } else { Type::Any }));
        }
        let nullable = |t: &Type| matches!(t, Type::Union(_)) && t.admits_null();
        let missing = nullable(&x) || nullable(&y);
        let (p, q) = (x.without_null(), y.without_null());
        let number = |t: &Type| matches!(t, Type::Int | Type::Float | Type::Bool);
        if Self::is_comparison(op) {
            let equality = matches!(op, Eq | Ne);
            let fits = (number(&p) && number(&q))
                || p == q
                || (equality && (p == Type::Never || q == Type::Never))
                || matches!(
                    (&p, &q),
                    (Type::DateTime, Type::String)
                        | (Type::String, Type::DateTime)
                        | (Type::Enum(..), Type::String)
                        | (Type::String, Type::Enum(..))
                );
            // Float and str compare missing values as false; nullable integers and booleans give a missing value.
            let three_valued = (nullable(&x) && matches!(p, Type::Int | Type::Bool))
                || (nullable(&y) && matches!(q, Type::Int | Type::Bool));
            return fits.then(|| Type::series(if three_valued { Type::Bool.optional() } else { Type::Bool }));
        }
        let element = match (op, &p, &q) {
            (BitAnd | BitOr | BitXor, Type::Bool, Type::Bool) => Type::Bool,
            (BitAnd | BitOr | BitXor, Type::Int, Type::Int) => Type::Int,
            (Add, Type::String, Type::String) => Type::String,
            (Sub, Type::DateTime, Type::DateTime) => Type::Duration,
            (Add | Sub, Type::DateTime, Type::Duration) => Type::DateTime,
            (Div, a, b) if number(a) && number(b) => Type::Float,
            (Add | Mul, Type::Bool, Type::Bool) => Type::Bool,
            (Add | Sub | Mul | FloorDiv | Rem | Pow, a, b) if number(a) && number(b) => {
                if *a == Type::Float || *b == Type::Float { Type::Float } else { Type::Int }
            }
            _ => return None,
        };
        Some(Type::series(if missing { element.optional() } else { element }))
    }
}

/// Operators that take two values and nothing else into account.
fn is_plain(op: BinaryOp) -> bool {
    use BinaryOp::*;
    !matches!(op, And | Or | Coalesce | Pipe | Compose | In | NotIn)
}
