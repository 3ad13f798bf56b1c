//! Result types of the engines' builtins that a signature cannot say: the columns of frames as they flow.

use std::rc::Rc;

use syntax::ast::{Expr, ExprKind, MapElement};
use syntax::{Diagnostic, Span};

use crate::Type;
use crate::args::{Actual, Slot};
use crate::builtins::Builtin;
use crate::call::Site;
use crate::checker::Checker;
use crate::declare::list_of;
use crate::engine::{element_wise, strings};
use crate::nearest::did_you_mean;
use crate::types::FrameType;

/// Labels and element types, in order.
pub(crate) type Columns = Vec<(String, Type)>;

/// A call's arguments by parameter name.
pub(crate) struct Given<'s, 'a> {
    builtin: &'s Builtin,
    slots: &'s [Slot],
    actuals: &'s [Actual<'a>],
}

impl<'a> Given<'_, 'a> {
    pub(crate) fn arg(&self, name: &str) -> Option<&'a Expr> {
        let place = self.builtin.params.iter().position(|p| p.name == name)?;
        let actual = self.slots.get(place)?.one()?;
        self.actuals.get(actual).map(|a| a.expr)
    }

    /// The constant strings of an argument.
    pub(crate) fn names(&self, name: &str) -> Option<Vec<(String, Span)>> {
        self.arg(name).and_then(strings)
    }

    /// The constant strings of an argument that is a map, in pairs.
    pub(crate) fn pairs(&self, name: &str) -> Option<Vec<[(String, Span); 2]>> {
        let ExprKind::Map(items) = &self.arg(name)?.kind else { return None };
        let pair = |item: &MapElement| {
            let MapElement::Pair(key, value) = item else { return None };
            match (&key.kind, &value.kind) {
                (ExprKind::Str(from), ExprKind::Str(to)) => {
                    Some([(from.clone(), key.span), (to.clone(), value.span)])
                }
                _ => None,
            }
        };
        items.iter().map(pair).collect()
    }

    pub(crate) fn flag(&self, name: &str, default: bool) -> Option<bool> {
        match self.arg(name) {
            None => Some(default),
            Some(Expr { kind: ExprKind::Bool(b), .. }) => Some(*b),
            Some(_) => None,
        }
    }

    pub(crate) fn text(&self, name: &str, default: &'static str) -> Option<(&'a str, Option<Span>)> {
        match self.arg(name) {
            None => Some((default, None)),
            Some(Expr { kind: ExprKind::Str(s), span, .. }) => Some((s.as_str(), Some(*span))),
            Some(_) => None,
        }
    }

    /// Arguments of any name.
    pub(crate) fn named(&self) -> Vec<(String, Span, &'a Expr)> {
        let mut named = Vec::new();
        for slot in self.slots {
            let Slot::Many(places) = slot else {
                continue;
            };
            for actual in places.iter().filter_map(|p| self.actuals.get(*p)) {
                if let Some(name) = actual.name {
                    named.push((name.text.clone(), name.span, actual.expr));
                }
            }
        }
        named
    }
}

impl<'a> Checker<'a> {
    /// The result of a builtin of the engines, more exactly than its signature says where the arguments are constants.
    pub(crate) fn refine(
        &mut self,
        site: Site<'a>,
        builtin: &Rc<Builtin>,
        receiver: Option<&Type>,
        slots: &[Slot],
        actuals: &[Actual<'a>],
        ret: Type,
    ) -> Type {
        let given = Given { builtin, slots, actuals };
        let method = builtin.name.rsplit('.').next().unwrap_or("");
        match receiver.map(|ty| self.resolve(ty)) {
            Some(Type::Frame(frame)) => self.refine_frame(site.span, method, &frame, &given).unwrap_or(ret),
            Some(Type::Series(element)) => {
                let element = self.resolve(&element);
                self.refine_series(site.span, method, &element, &given).unwrap_or(ret)
            }
            Some(Type::GroupBy(group)) => self.refine_group(site.span, method, &group, &given).unwrap_or(ret),
            Some(Type::Engine(of)) if of.is("StringMethods") || of.is("DatetimeMethods") => {
                element_wise(&ret, of.args.first())
            }
            Some(_) => ret,
            None => self.refine_function(site, &builtin.name, &given).unwrap_or(ret),
        }
    }

    fn refine_function(&mut self, site: Site<'a>, name: &str, given: &Given<'_, 'a>) -> Option<Type> {
        match name {
            "read_csv" => self.read_csv(site, given),
            "Frame" => {
                let mut columns = Vec::new();
                for (name, _, e) in given.named() {
                    let ty = match self.type_of(e.id) {
                        Type::List(t) | Type::Series(t) => (*t).clone(),
                        other => other,
                    };
                    columns.push((name, self.resolve(&ty)));
                }
                Some(frame(Some(columns), Vec::new()))
            }
            "concat" => {
                let Type::List(element) = self.type_of(given.arg("frames")?.id) else {
                    return None;
                };
                let wide = given.arg("axis").is_some() || given.arg("keys").is_some();
                match self.resolve(&element) {
                    ty @ Type::Frame(_) if !wide => Some(ty),
                    _ => None,
                }
            }
            "get_dummies" => None,
            "Tensor.from_frame" => {
                let e = given.arg("frame")?;
                if let Type::Frame(frame) = self.type_of(e.id) {
                    for (name, ty) in frame.columns.iter().flatten() {
                        if !matches!(ty.without_null(), Type::Int | Type::Float | Type::Bool | Type::Any) {
                            let shown = self.show(ty);
                            self.report(
                                Diagnostic::error("E0404", e.span, format!("A tensor holds numbers, but the column `{name}` holds {shown}."))
                                    .help("Select the numeric columns with `[[...]]`, or make numbers of it with `get_dummies` or `.map`."),
                            );
                            break;
                        }
                    }
                }
                None
            }
            "data.TensorDataset" => {
                let count = given.slots.iter().map(|s| match s {
                    Slot::Many(places) => places.len(),
                    _ => 0,
                });
                let row = Type::tuple(vec![Type::engine("Tensor"); count.sum()]);
                Some(Type::engine_of("Dataset", [row]))
            }
            "data.DataLoader" => match self.type_of(given.arg("dataset")?.id) {
                Type::Engine(of) => Some(Type::engine_of("DataLoader", of.args.clone())),
                _ => None,
            },
            "data.random_split" => match self.type_of(given.arg("dataset")?.id) {
                Type::Engine(of) => Some(Type::list(Type::engine_of("Dataset", of.args.clone()))),
                _ => None,
            },
            "to_numeric" | "to_datetime" => None,
            _ if name.starts_with("plot.") => {
                let e = given.arg("frame")?;
                if let Type::Frame(found) = self.type_of(e.id) {
                    let all = with_index(&found);
                    for param in ["x", "y", "by"] {
                        for (column, span) in given.names(param).unwrap_or_default() {
                            self.column(&all, &column, span);
                        }
                    }
                }
                None
            }
            _ => None,
        }
    }

    /// A record's fields are looked for among the real columns of an input; without a record, the columns are the type.
    fn read_csv(&mut self, site: Site<'a>, given: &Given<'_, 'a>) -> Option<Type> {
        let path = given.arg("path")?;
        let ExprKind::Field { base, name, .. } = &path.kind else {
            return None;
        };
        if !matches!(&base.kind, ExprKind::Name(n) if n == "inputs") {
            return None;
        }
        let schema = self.program.schemas.get(&name.text)?;
        if schema.is_empty() {
            return None;
        }
        let Some(row) = site.type_args.first() else {
            let plain = ["header", "names", "usecols", "index_col", "parse_dates"]
                .iter()
                .all(|p| given.arg(p).is_none());
            if !plain {
                return None;
            }
            let columns = schema.iter().map(|(name, dtype)| (name.clone(), dtype_type(dtype))).collect();
            return Some(frame(Some(columns), Vec::new()));
        };
        if let Type::Record(id, _) = self.type_of(row.id) {
            let fields = self.out.records.get(id.0 as usize).map(|r| r.fields.clone()).unwrap_or_default();
            let spans: Vec<Span> = self
                .records
                .get(id.0 as usize)
                .map(|s| s.record.fields.iter().map(|f| f.name.span).collect())
                .unwrap_or_default();
            for (field, span) in fields.iter().zip(spans) {
                if schema.iter().any(|(column, _)| *column == field.column) {
                    continue;
                }
                let names: Vec<&str> = schema.iter().map(|(column, _)| column.as_str()).collect();
                let help = did_you_mean(&field.column, names.iter().copied())
                    .map(|help| {
                        format!("{help} A field names its column by `@column(\"…\")` where they differ.")
                    })
                    .unwrap_or_else(|| format!("It has {}.", list_of(&names)));
                self.report(
                    Diagnostic::error(
                        "E0401",
                        span,
                        format!("The input `{}` has no column `{}`.", name.text, field.column),
                    )
                    .label(site.span, "read here")
                    .help(help),
                );
            }
        }
        None
    }

    fn refine_series(
        &mut self,
        span: Span,
        method: &str,
        column: &Type,
        given: &Given<'_, 'a>,
    ) -> Option<Type> {
        let element = column.without_null();
        let number = matches!(element, Type::Int | Type::Float | Type::Bool | Type::Any | Type::Error);
        match method {
            "mean" | "median" | "std" | "var" | "sem" | "quantile" | "cumsum" | "cumprod" | "pct_change"
            | "corr"
                if !number =>
            {
                let shown = self.show(column);
                self.report(
                    Diagnostic::error(
                        "E0200",
                        span,
                        format!("`{method}` needs a series of numbers, found {shown}."),
                    )
                    .help("`count`, `nunique`, `value_counts`, `min` and `max` take any values."),
                );
                Some(Type::Error)
            }
            "sum" | "prod" => self.aggregated(&element, method).or_else(|| {
                let shown = self.show(column);
                self.error("E0200", span, format!("`{method}` needs a series of numbers, found {shown}."));
                Some(Type::Error)
            }),
            "min" | "max" => Some(element),
            "fillna" | "dropna" => Some(Type::series(element)),
            "shift" => Some(Type::series(missing(column, true))),
            "where" | "mask" | "replace" => {
                let other = given.arg(if method == "replace" { "value" } else { "other" });
                let other = match other {
                    Some(e) => self.type_of(e.id),
                    None if method == "replace" => return Some(Type::series(column.clone())),
                    None => Type::Null,
                };
                let other = match other {
                    Type::Series(t) => self.resolve(&t),
                    other => other,
                };
                let joined =
                    if other == Type::Null { missing(column, true) } else { self.join(column, &other) };
                Some(Type::series(joined))
            }
            "map" => match self.type_of(given.arg("func")?.id) {
                Type::Fn(f) => Some(Type::series(self.resolve(&f.ret))),
                Type::Map(_, value) => Some(Type::series(missing(&self.resolve(&value), true))),
                _ => None,
            },
            "astype" => {
                let dtype = given.arg("dtype")?;
                Some(Type::series(self.dtype_of(dtype, column)))
            }
            "value_counts" => {
                let share = given.flag("normalize", false)?;
                Some(Type::series(if share { Type::Float } else { Type::Int }))
            }
            "reset_index" => {
                if given.flag("drop", false)? {
                    return Some(Type::series(column.clone()));
                }
                Some(Type::any_frame())
            }
            "round" if element == Type::Int => Some(Type::series(column.clone())),
            _ => None,
        }
    }

    /// The element type of a dtype, written as pandas or the language does.
    pub(crate) fn dtype_of(&mut self, e: &Expr, old: &Type) -> Type {
        let name = match &e.kind {
            ExprKind::Str(name) => name.as_str(),
            ExprKind::Name(name) => name.as_str(),
            _ => return Type::Any,
        };
        match name {
            "int" | "int64" | "int32" | "i64" | "i32" | "int8" | "int16" | "u8" => Type::Int,
            "Int64" => Type::Int.optional(),
            "float" | "float64" | "float32" | "f64" | "f32" => {
                if old.admits_null() {
                    Type::Float.optional()
                } else {
                    Type::Float
                }
            }
            "bool" => Type::Bool,
            "str" | "string" => {
                if old.admits_null() {
                    Type::String.optional()
                } else {
                    Type::String
                }
            }
            "category" => old.clone(),
            "datetime64[ns]" | "datetime64[us]" | "datetime64[s]" => Type::DateTime,
            _ => {
                let known = ["int64", "Int64", "float64", "bool", "str", "category", "datetime64[us]"];
                let mut diagnostic =
                    Diagnostic::error("E0402", e.span, format!("There is no dtype `{name}`."));
                diagnostic.help = Some(
                    did_you_mean(name, known).unwrap_or_else(|| format!("There are {}.", list_of(&known))),
                );
                self.report(diagnostic);
                Type::Error
            }
        }
    }
}

pub(crate) fn frame(columns: Option<Vec<(String, Type)>>, index: Vec<(String, Type)>) -> Type {
    Type::Frame(Rc::new(FrameType { columns, index }))
}

/// The frame with its index levels as columns, where pandas takes either.
pub(crate) fn with_index(frame: &FrameType) -> FrameType {
    let mut all = frame.clone();
    if let Some(columns) = &mut all.columns {
        columns.extend(frame.index.iter().cloned());
    }
    all
}

/// The column's type once values may be missing: pandas turns int64 into float64.
pub(crate) fn missing(ty: &Type, lacks: bool) -> Type {
    match ty {
        _ if !lacks => ty.clone(),
        Type::Int => Type::Float.optional(),
        other => other.clone().optional(),
    }
}

/// The element type of a column of a real file, by its dtype.
fn dtype_type(dtype: &str) -> Type {
    match dtype {
        "int64" => Type::Int,
        "Int64" => Type::Int.optional(),
        "float64" => Type::Float.optional(),
        "bool" => Type::Bool,
        "boolean" => Type::Bool.optional(),
        "str" | "string" | "object" => Type::String.optional(),
        other if other.starts_with("datetime64") => Type::DateTime.optional(),
        _ => Type::Any,
    }
}
