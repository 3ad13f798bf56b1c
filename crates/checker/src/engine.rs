//! Fields and elements of the engines' values: columns, selections, accessors.

use std::rc::Rc;

use syntax::Diagnostic;
use syntax::Span;
use syntax::ast::{BinaryOp, Element, Expr, ExprKind, Name};

use crate::Type;
use crate::builtins::SELF;
use crate::checked::CallArg;
use crate::checker::Checker;
use crate::declare::list_of;
use crate::method::engine_head;
use crate::nearest::did_you_mean;
use crate::types::{FrameType, GroupType};

impl<'a> Checker<'a> {
    /// `frame.name`, `series.dtype`: a property, else a column.
    pub(crate) fn engine_field(&mut self, e: &'a Expr, ty: &Type, name: &'a Name) -> Type {
        let builtin = engine_head(ty)
            .and_then(|head| self.builtins.methods.get(head))
            .and_then(|methods| methods.get(&name.text))
            .cloned();
        match (builtin, ty) {
            (Some(builtin), _) if builtin.property => {
                self.host(e.id, &builtin.name, vec![CallArg::Receiver]);
                self.property_type(e.span, ty, &builtin.name, &builtin.ret)
            }
            (Some(_), _) => {
                let owner = self.show(ty);
                self.report(
                    Diagnostic::error(
                        "E0204",
                        name.span,
                        format!("`{}` is a method of {owner}, not a column.", name.text),
                    )
                    .help(format!(
                        "Call it: `.{}(...)`; a column of that name is `[\"{}\"]`.",
                        name.text, name.text
                    )),
                );
                Type::Error
            }
            (None, Type::Frame(frame)) => {
                self.host(e.id, "op.column", vec![CallArg::Receiver, CallArg::Text(name.text.clone())]);
                let frame = frame.clone();
                self.column(&frame, &name.text, name.span).map_or(Type::Error, Type::series)
            }
            (None, Type::GroupBy(group)) => {
                let group = group.clone();
                self.host(e.id, "op.column", vec![CallArg::Receiver, CallArg::Text(name.text.clone())]);
                self.select_group(&group, &[(name.text.clone(), name.span)], true)
            }
            (None, _) => {
                let known: Vec<String> = self.method_candidates(ty).collect();
                let owner = self.show(ty);
                self.no_part(name, &format!("A {owner} has no"), &known);
                Type::Error
            }
        }
    }

    fn property_type(&mut self, span: Span, ty: &Type, name: &str, ret: &Type) -> Type {
        match (name, ty) {
            ("Series.str", Type::Series(element)) => {
                let element = self.resolve(element);
                if !matches!(element.without_null(), Type::String | Type::Any | Type::Enum(..) | Type::Error)
                {
                    let shown = self.show(&element);
                    self.report(
                        Diagnostic::error(
                            "E0200",
                            span,
                            format!("`.str` is for a series of strings, found {shown}."),
                        )
                        .help("`.astype(\"str\")` makes strings of any values."),
                    );
                }
                Type::engine_of("StringMethods", [element])
            }
            ("Series.dt", Type::Series(element)) => {
                let element = self.resolve(element);
                if !matches!(element.without_null(), Type::DateTime | Type::Any | Type::Error) {
                    let shown = self.show(&element);
                    self.report(
                        Diagnostic::error(
                            "E0200",
                            span,
                            format!("`.dt` is for a series of times, found {shown}."),
                        )
                        .help("`to_datetime(series)` reads times from text; or type the field `DateTime`."),
                    );
                }
                Type::engine_of("DatetimeMethods", [element])
            }
            ("Frame.loc" | "Series.loc", _) => Type::engine_of("Loc", [ty.clone()]),
            ("Frame.iloc" | "Series.iloc", _) => Type::engine_of("ILoc", [ty.clone()]),
            ("Frame.index", Type::Frame(frame)) => match frame.index.as_slice() {
                [] => Type::series(Type::Int),
                [(_, level)] => Type::series(level.clone()),
                _ => Type::series(Type::Any),
            },
            (_, Type::Engine(of)) => {
                let element = of.args.first().cloned();
                element_wise(ret, element.as_ref())
            }
            _ => self.substitute(ret, &[(SELF, ty.clone())]),
        }
    }

    /// The type of a frame's column, or of an index level; reports a column that is not there.
    pub(crate) fn column(&mut self, frame: &FrameType, name: &str, span: Span) -> Option<Type> {
        let Some(columns) = &frame.columns else {
            return Some(Type::Any);
        };
        if let Some((_, ty)) = columns.iter().find(|(n, _)| n == name) {
            return Some(ty.clone());
        }
        let names: Vec<&str> = columns.iter().map(|(n, _)| n.as_str()).collect();
        let mut diagnostic = Diagnostic::error("E0401", span, format!("The frame has no column `{name}`."));
        diagnostic.help = Some(if frame.index.iter().any(|(n, _)| n == name) {
            format!("`{name}` is its index: `.reset_index()` makes it a column.")
        } else {
            did_you_mean(name, names.iter().copied())
                .unwrap_or_else(|| format!("It has {}.", list_of(&names)))
        });
        self.report(diagnostic);
        None
    }

    /// The groups with columns selected.
    fn select_group(&mut self, group: &GroupType, names: &[(String, Span)], series: bool) -> Type {
        for (name, span) in names {
            if self.column(&group.frame, name, *span).is_none() {
                return Type::Error;
            }
        }
        let selected = Some(names.iter().map(|(n, _)| n.clone()).collect());
        Type::GroupBy(Rc::new(GroupType { selected, series, ..group.clone() }))
    }

    /// `frame["a"]`, `frame[["a", "b"]]`, `frame[mask]`, `series[0]`, `tensor[0]`.
    pub(crate) fn engine_index(&mut self, e: &'a Expr, base: &'a Expr, index: &'a Expr, ty: &Type) -> Type {
        match ty {
            Type::Frame(frame) => {
                let frame = frame.clone();
                self.frame_index(e, base, index, &frame)
            }
            Type::GroupBy(group) => {
                let group = group.clone();
                self.infer(index, None);
                self.host(e.id, "op.index", vec![CallArg::Receiver, CallArg::Written(0)]);
                match strings(index) {
                    Some(names) => {
                        let series = matches!(index.kind, ExprKind::Str(_));
                        self.select_group(&group, &names, series)
                    }
                    None => {
                        self.report(
                            Diagnostic::error(
                                "E0200",
                                index.span,
                                "The columns of groups are chosen by constant names.",
                            )
                            .help("Write `[\"name\"]` or `[[\"a\", \"b\"]]`."),
                        );
                        Type::Error
                    }
                }
            }
            Type::Series(element) => {
                let found = self.infer(index, None);
                self.host(e.id, "op.index", vec![CallArg::Receiver, CallArg::Written(0)]);
                match self.resolve(&found) {
                    Type::Series(mask) => {
                        self.expect_mask(index, &mask);
                        ty.clone()
                    }
                    Type::List(_) => ty.clone(),
                    Type::Int | Type::String | Type::DateTime | Type::Any | Type::Error => {
                        (**element).clone()
                    }
                    other => {
                        let shown = self.show(&other);
                        self.report(
                            Diagnostic::error(
                                "E0200",
                                index.span,
                                format!("A series is indexed by a label or a mask, found {shown}."),
                            )
                            .help("Give a label, a list of labels, or a series of Bools."),
                        );
                        Type::Error
                    }
                }
            }
            Type::Engine(of) if of.is("Loc") || of.is("ILoc") => {
                let inner = of.args.first().cloned().unwrap_or(Type::Error);
                let positional = of.is("ILoc");
                self.loc_index(e, index, &inner, positional)
            }
            Type::Engine(of) if of.is("Tensor") => {
                let found = self.infer(index, None);
                let found = self.resolve(&found);
                let fits = match &found {
                    Type::Int | Type::Range | Type::Error => true,
                    Type::Engine(of) => of.is("Tensor"),
                    Type::Tuple(parts) => parts.iter().all(|p| matches!(p, Type::Int | Type::Range)),
                    Type::List(t) => **t == Type::Int,
                    _ => false,
                };
                if !fits {
                    let shown = self.show(&found);
                    self.report(
                        Diagnostic::error(
                            "E0200",
                            index.span,
                            format!("A tensor is not indexed by {shown}."),
                        )
                        .help("Give an Int, a range, a list of Ints, or a mask."),
                    );
                }
                self.host(e.id, "op.index", vec![CallArg::Receiver, CallArg::Written(0)]);
                Type::engine("Tensor")
            }
            other => {
                self.infer(index, None);
                let shown = self.show(other);
                self.error("E0200", e.span, format!("A {shown} has no elements."));
                Type::Error
            }
        }
    }

    fn expect_mask(&mut self, index: &Expr, element: &Type) {
        let element = self.resolve(element);
        if !matches!(element.without_null(), Type::Bool | Type::Any | Type::Error) {
            let shown = self.show(&element);
            self.report(
                Diagnostic::error(
                    "E0200",
                    index.span,
                    format!("A mask is a series of Bools, found a series of {shown}."),
                )
                .help("Compare the series with something: `frame[frame.x > 0]`."),
            );
        }
    }

    fn frame_index(&mut self, e: &'a Expr, base: &'a Expr, index: &'a Expr, frame: &FrameType) -> Type {
        if let ExprKind::Str(name) = &index.kind {
            self.infer(index, None);
            self.host(e.id, "op.column", vec![CallArg::Receiver, CallArg::Text(name.clone())]);
            return self.column(frame, name, index.span).map_or(Type::Error, Type::series);
        }
        let found = self.infer(index, None);
        self.host(e.id, "op.index", vec![CallArg::Receiver, CallArg::Written(0)]);
        match self.resolve(&found) {
            Type::Series(mask) => {
                self.expect_mask(index, &mask);
                let mut kept = frame.clone();
                for name in present_columns(base, index) {
                    let found = kept.columns.iter_mut().flatten().find(|(n, _)| *n == name);
                    if let Some((_, ty)) = found {
                        *ty = ty.without_null();
                    }
                }
                Type::Frame(Rc::new(kept))
            }
            Type::List(_) => match strings(index) {
                Some(names) => self.select(frame, &names),
                None => Type::any_frame(),
            },
            Type::String => Type::series(Type::Any),
            Type::Error => Type::Error,
            other => {
                let shown = self.show(&other);
                self.report(
                    Diagnostic::error(
                        "E0200",
                        index.span,
                        format!("A frame is indexed by a column's name, names, or a mask, found {shown}."),
                    )
                    .help("A row by its position is `frame.iloc[0]`, several are `frame.iloc[a..b]`."),
                );
                Type::Error
            }
        }
    }

    /// The frame with these columns only.
    pub(crate) fn select(&mut self, frame: &FrameType, names: &[(String, Span)]) -> Type {
        let mut columns = Vec::with_capacity(names.len());
        let mut sound = true;
        for (name, span) in names {
            match self.column(frame, name, *span) {
                Some(ty) => columns.push((name.clone(), ty)),
                None => sound = false,
            }
        }
        if !sound {
            return Type::Error;
        }
        let columns = frame.columns.is_some().then_some(columns);
        Type::Frame(Rc::new(FrameType { columns, index: frame.index.clone() }))
    }

    /// `frame.loc[mask]`, `frame.loc[mask, "c"]`, `frame.iloc[a..b]`, `series.iloc[0]`.
    fn loc_index(&mut self, e: &'a Expr, index: &'a Expr, inner: &Type, positional: bool) -> Type {
        self.host(e.id, "op.index", vec![CallArg::Receiver, CallArg::Written(0)]);
        if let (ExprKind::Tuple(parts), Type::Frame(frame), false) = (&index.kind, inner, positional) {
            let frame = frame.clone();
            self.infer(index, None);
            if let [rows, columns] = parts.as_slice() {
                if let Type::Series(mask) = self.type_of(rows.id) {
                    self.expect_mask(rows, &mask);
                }
                return match (&columns.kind, strings(columns)) {
                    (ExprKind::Str(name), _) => {
                        self.column(&frame, name, columns.span).map_or(Type::Error, Type::series)
                    }
                    (_, Some(names)) => self.select(&frame, &names),
                    _ => Type::any_frame(),
                };
            }
        }
        let found = self.infer(index, None);
        match (self.resolve(&found), inner) {
            (Type::Series(mask), _) if !positional => {
                self.expect_mask(index, &mask);
                inner.clone()
            }
            (Type::Range | Type::List(_), _) => inner.clone(),
            (Type::Int, Type::Series(element)) => (**element).clone(),
            (Type::String | Type::DateTime, Type::Series(element)) if !positional => (**element).clone(),
            (Type::Error, _) => Type::Error,
            (Type::Int, Type::Frame(frame)) if positional => {
                let row = self.row_type(&frame.clone(), false, e.span);
                self.host(e.id, "op.row", vec![CallArg::Receiver, CallArg::Written(0)]);
                if let Some(call) = self.out.calls.get_mut(&e.id) {
                    call.types = vec![row.clone()];
                }
                row
            }
            (_, Type::Frame(_)) => {
                self.report(
                    Diagnostic::error("E0200", index.span, "A label may name several rows, so it gives no single one.")
                        .help("A row by its position is `frame.iloc[0]`, rows by their labels are `frame.loc[[\"a\"]]`."),
                );
                Type::Error
            }
            (other, _) => {
                let shown = self.show(&other);
                self.error("E0200", index.span, format!("Rows are not chosen by {shown}."));
                Type::Error
            }
        }
    }
}

/// The columns of `base` that a mask such as `base.a.notna() & base.b.notna()` keeps only present values of.
fn present_columns(base: &Expr, mask: &Expr) -> Vec<String> {
    match &mask.kind {
        ExprKind::Binary { op: BinaryOp::BitAnd, left, right, .. } => {
            let mut names = present_columns(base, left);
            names.extend(present_columns(base, right));
            names
        }
        ExprKind::Call { callee, args, .. } if args.is_empty() => match &callee.kind {
            ExprKind::Field { base: column, name, .. } if name.text == "notna" => {
                let (frame, label) = match &column.kind {
                    ExprKind::Field { base, name, .. } => (base, name.text.clone()),
                    ExprKind::Index { base, index, .. } => match &index.kind {
                        ExprKind::Str(label) => (base, label.clone()),
                        _ => return Vec::new(),
                    },
                    _ => return Vec::new(),
                };
                match (&base.kind, &frame.kind) {
                    (ExprKind::Name(a), ExprKind::Name(b)) if a == b => vec![label],
                    _ => Vec::new(),
                }
            }
            _ => Vec::new(),
        },
        _ => Vec::new(),
    }
}

/// The constant strings that the expression lists: one, or a list of them.
pub(crate) fn strings(e: &Expr) -> Option<Vec<(String, Span)>> {
    match &e.kind {
        ExprKind::Str(name) => Some(vec![(name.clone(), e.span)]),
        ExprKind::List(items) => items
            .iter()
            .map(|item| match item {
                Element::Value(Expr { kind: ExprKind::Str(name), span, .. }) => Some((name.clone(), *span)),
                _ => None,
            })
            .collect(),
        _ => None,
    }
}

/// What an accessor gives for a series with missing values: numbers become floats with missing values, as in pandas.
pub(crate) fn element_wise(ret: &Type, element: Option<&Type>) -> Type {
    let missing = element.is_some_and(|t| matches!(t, Type::Union(_)) && t.admits_null());
    match ret {
        Type::Series(t) if missing => match &**t {
            Type::Int => Type::series(Type::Float.optional()),
            Type::Bool => ret.clone(),
            other => Type::series(other.clone().optional()),
        },
        other => other.clone(),
    }
}
