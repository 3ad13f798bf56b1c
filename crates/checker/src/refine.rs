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
use crate::types::{FrameType, GroupType};

/// Labels and element types, in order.
type Columns = Vec<(String, Type)>;

/// Aggregations by name, as in pandas.
const AGGREGATIONS: &[&str] = &[
    "sum", "mean", "count", "size", "min", "max", "std", "var", "median", "first", "last", "nunique", "any",
    "all", "prod", "sem",
];

/// A call's arguments by parameter name.
pub(crate) struct Given<'s, 'a> {
    builtin: &'s Builtin,
    slots: &'s [Slot],
    actuals: &'s [Actual<'a>],
}

impl<'a> Given<'_, 'a> {
    fn arg(&self, name: &str) -> Option<&'a Expr> {
        let place = self.builtin.params.iter().position(|p| p.name == name)?;
        let actual = self.slots.get(place)?.one()?;
        self.actuals.get(actual).map(|a| a.expr)
    }

    /// The constant strings of an argument.
    fn names(&self, name: &str) -> Option<Vec<(String, Span)>> {
        self.arg(name).and_then(strings)
    }

    fn flag(&self, name: &str, default: bool) -> Option<bool> {
        match self.arg(name) {
            None => Some(default),
            Some(Expr { kind: ExprKind::Bool(b), .. }) => Some(*b),
            Some(_) => None,
        }
    }

    fn text(&self, name: &str, default: &'static str) -> Option<(&'a str, Option<Span>)> {
        match self.arg(name) {
            None => Some((default, None)),
            Some(Expr { kind: ExprKind::Str(s), span, .. }) => Some((s.as_str(), Some(*span))),
            Some(_) => None,
        }
    }

    /// Arguments of any name.
    fn named(&self) -> Vec<(String, Span, &'a Expr)> {
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
            Some(Type::Engine(name, args)) if matches!(&*name, "StringMethods" | "DatetimeMethods") => {
                element_wise(&ret, args.first())
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
                Some(Type::Engine("Dataset".into(), [row].into()))
            }
            "data.DataLoader" => match self.type_of(given.arg("dataset")?.id) {
                Type::Engine(_, args) => Some(Type::Engine("DataLoader".into(), args)),
                _ => None,
            },
            "data.random_split" => match self.type_of(given.arg("dataset")?.id) {
                Type::Engine(_, args) => Some(Type::list(Type::Engine("Dataset".into(), args))),
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

    fn refine_frame(
        &mut self,
        span: Span,
        method: &str,
        found: &FrameType,
        given: &Given<'_, 'a>,
    ) -> Option<Type> {
        let all = || found.columns.clone();
        match method {
            "filter" => {
                let names = given.names("items")?;
                Some(self.select(found, &names))
            }
            "drop" => {
                let names = given.names("columns")?;
                self.expect_columns(found, &names)?;
                let columns =
                    all()?.into_iter().filter(|(n, _)| !names.iter().any(|(m, _)| m == n)).collect();
                Some(frame(Some(columns), found.index.clone()))
            }
            "rename" => {
                let ExprKind::Map(items) = &given.arg("columns")?.kind else {
                    return None;
                };
                let mut columns = all()?;
                for item in items {
                    let MapElement::Pair(from, to) = item else {
                        return None;
                    };
                    let (ExprKind::Str(from_name), ExprKind::Str(to)) = (&from.kind, &to.kind) else {
                        return None;
                    };
                    self.expect_columns(found, &[(from_name.clone(), from.span)])?;
                    columns.iter_mut().filter(|(n, _)| n == from_name).for_each(|(n, _)| n.clone_from(to));
                }
                Some(frame(Some(columns), found.index.clone()))
            }
            "assign" => {
                let mut columns = all()?;
                for (name, _, e) in given.named() {
                    let ty = match self.type_of(e.id) {
                        Type::Series(t) | Type::List(t) => self.resolve(&t),
                        other => other,
                    };
                    match columns.iter_mut().find(|(n, _)| *n == name) {
                        Some((_, old)) => *old = ty,
                        None => columns.push((name, ty)),
                    }
                }
                Some(frame(Some(columns), found.index.clone()))
            }
            "astype" => {
                let ExprKind::Map(items) = &given.arg("dtypes")?.kind else {
                    return None;
                };
                let mut columns = all()?;
                for item in items {
                    let MapElement::Pair(key, dtype) = item else {
                        return None;
                    };
                    let ExprKind::Str(name) = &key.kind else {
                        return None;
                    };
                    let old = self.column(found, name, key.span)?;
                    let new = self.dtype_of(dtype, &old);
                    columns.iter_mut().filter(|(n, _)| n == name).for_each(|(_, ty)| *ty = new.clone());
                }
                Some(frame(Some(columns), found.index.clone()))
            }
            "set_index" => {
                let names = given.names("keys")?;
                self.expect_columns(found, &names)?;
                let (index, columns) = pick(all()?, &names);
                Some(frame(Some(columns), index))
            }
            "reset_index" => {
                let columns = all()?;
                if given.flag("drop", false)? {
                    return Some(frame(Some(columns), Vec::new()));
                }
                let mut index = found.index.clone();
                if index.is_empty() {
                    index.push(("index".to_string(), Type::Int));
                }
                index.extend(columns);
                Some(frame(Some(index), Vec::new()))
            }
            "sort_values" => {
                let names = given.names("by").unwrap_or_default();
                self.expect_columns(&with_index(found), &names);
                None
            }
            "nlargest" | "nsmallest" => {
                let names = given.names("columns").unwrap_or_default();
                self.expect_columns(found, &names);
                None
            }
            "groupby" => {
                let names = given.names("by")?;
                self.expect_columns(&with_index(found), &names)?;
                let as_index = given.flag("as_index", true)?;
                Some(Type::GroupBy(Rc::new(GroupType {
                    frame: found.clone(),
                    keys: names.into_iter().map(|(n, _)| n).collect(),
                    as_index,
                    selected: None,
                    series: false,
                })))
            }
            "merge" => self.merge(span, found, given),
            "join" => {
                let Type::Frame(right) = self.type_of(given.arg("other")?.id) else {
                    return None;
                };
                let how = given.text("how", "left")?.0;
                let (mut left, other) = (all()?, right.columns.clone()?);
                if left.iter().any(|(n, _)| other.iter().any(|(m, _)| m == n)) {
                    return None;
                }
                let (l, r) = nullable_sides(how)?;
                left.iter_mut().for_each(|(_, ty)| *ty = missing(ty, l));
                left.extend(other.into_iter().map(|(n, ty)| (n, missing(&ty, r))));
                Some(frame(Some(left), found.index.clone()))
            }
            "melt" => self.melt(found, given),
            "explode" => {
                let names = given.names("column")?;
                self.expect_columns(found, &names)?;
                let mut columns = all()?;
                for (_, ty) in columns.iter_mut().filter(|(n, _)| names.iter().any(|(m, _)| m == n)) {
                    if let Type::List(element) = ty {
                        *ty = (**element).clone().optional();
                    }
                }
                Some(frame(Some(columns), found.index.clone()))
            }
            "isna" | "notna" => {
                let columns = all()?.into_iter().map(|(n, _)| (n, Type::Bool)).collect();
                Some(frame(Some(columns), found.index.clone()))
            }
            "fillna" => {
                let value = given.arg("value")?;
                let keys = match &value.kind {
                    ExprKind::Map(items) => {
                        let mut keys = Vec::new();
                        for item in items {
                            let MapElement::Pair(key, _) = item else {
                                return None;
                            };
                            keys.extend(strings(key)?);
                        }
                        self.expect_columns(found, &keys)?;
                        Some(keys)
                    }
                    _ => None,
                };
                let filled = |n: &str| keys.as_ref().is_none_or(|keys| keys.iter().any(|(k, _)| k == n));
                let columns = all()?
                    .into_iter()
                    .map(|(n, ty)| if filled(&n) { (n, ty.without_null()) } else { (n, ty) })
                    .collect();
                Some(frame(Some(columns), found.index.clone()))
            }
            "dropna" => {
                let subset = match given.arg("subset") {
                    Some(e) if !matches!(e.kind, ExprKind::Null) => Some(strings(e)?),
                    _ => None,
                };
                if let Some(names) = &subset {
                    self.expect_columns(found, names)?;
                }
                if given.text("how", "any")?.0 != "any" {
                    return Some(frame(all(), found.index.clone()));
                }
                let named = |n: &str| subset.as_ref().is_none_or(|names| names.iter().any(|(m, _)| m == n));
                let columns = all()?
                    .into_iter()
                    .map(|(n, ty)| if named(&n) { (n, ty.without_null()) } else { (n, ty) })
                    .collect();
                Some(frame(Some(columns), found.index.clone()))
            }
            "replace" => Some(frame(all(), found.index.clone())),
            "duplicated" | "drop_duplicates" | "value_counts" => {
                let names = given.names("subset").unwrap_or_default();
                self.expect_columns(found, &names);
                None
            }
            "describe" => {
                let columns = all()?
                    .into_iter()
                    .filter(|(_, ty)| matches!(ty.without_null(), Type::Int | Type::Float))
                    .map(|(n, _)| (n, Type::Float))
                    .collect();
                Some(frame(Some(columns), Vec::new()))
            }
            _ => None,
        }
    }

    /// Reports the names that are no columns; `None` if there are some.
    fn expect_columns(&mut self, found: &FrameType, names: &[(String, Span)]) -> Option<()> {
        let mut sound = true;
        for (name, span) in names {
            sound &= self.column(found, name, *span).is_some();
        }
        (sound && found.columns.is_some()).then_some(())
    }

    fn merge(&mut self, span: Span, left: &FrameType, given: &Given<'_, 'a>) -> Option<Type> {
        let Type::Frame(right) = self.type_of(given.arg("right")?.id) else {
            return None;
        };
        let (how, how_span) = given.text("how", "inner")?;
        let Some((left_missing, right_missing)) = nullable_sides(how) else {
            let known = ["inner", "left", "right", "outer", "cross"];
            let mut diagnostic =
                Diagnostic::error("E0403", how_span.unwrap_or(span), format!("There is no merge `{how}`."));
            diagnostic.help = Some(
                did_you_mean(how, known).unwrap_or_else(|| format!("It is one of {}.", list_of(&known))),
            );
            self.report(diagnostic);
            return Some(Type::Error);
        };
        let keys = |name: &str| given.arg(name).filter(|e| !matches!(e.kind, ExprKind::Null)).map(strings);
        let on = match keys("on") {
            Some(names) => Some(names?),
            None => None,
        };
        let (left_on, right_on) = match (&on, keys("left_on"), keys("right_on")) {
            (Some(on), _, _) => (on.clone(), on.clone()),
            (None, Some(l), Some(r)) => (l?, r?),
            (None, None, None) if how == "cross" => (Vec::new(), Vec::new()),
            (None, None, None) => {
                // pandas merges on the columns that both have.
                let common: Vec<(String, Span)> = left
                    .columns
                    .iter()
                    .flatten()
                    .filter(|(n, _)| right.columns.iter().flatten().any(|(m, _)| m == n))
                    .map(|(n, _)| (n.clone(), span))
                    .collect();
                if common.is_empty() && left.columns.is_some() && right.columns.is_some() {
                    self.report(
                        Diagnostic::error("E0403", span, "The frames have no column in common to merge on.")
                            .help("Name the keys: `on: \"key\"`, or `left_on: \"a\", right_on: \"b\"`."),
                    );
                    return Some(Type::Error);
                }
                (common.clone(), common)
            }
            _ => {
                self.report(
                    Diagnostic::error("E0403", span, "A merge with `left_on` has `right_on` too.")
                        .help("Give both, or `on` where the keys have one name."),
                );
                return Some(Type::Error);
            }
        };
        let left_sound = self.expect_columns(&with_index(left), &left_on);
        let right_sound = self.expect_columns(&with_index(&right), &right_on);
        let (left_columns, right_columns) = (left.columns.clone()?, right.columns.clone()?);
        left_sound.and(right_sound)?;
        for ((l, l_span), (r, _)) in left_on.iter().zip(&right_on) {
            let (a, b) = (with_index(left).column(l).cloned()?, with_index(&right).column(r).cloned()?);
            if kind_of(&a) != kind_of(&b) && kind_of(&a) != 0 && kind_of(&b) != 0 {
                let (shown_a, shown_b) = (self.show(&a), self.show(&b));
                self.report(
                    Diagnostic::error(
                        "E0403",
                        *l_span,
                        format!("The keys do not compare: `{l}` holds {shown_a}, `{r}` holds {shown_b}."),
                    )
                    .help("Convert one of them with `.astype({\"key\": \"str\"})`."),
                );
                return Some(Type::Error);
            }
        }
        let suffixes = match given.arg("suffixes").map(|e| &e.kind) {
            None => ("_x".to_string(), "_y".to_string()),
            Some(ExprKind::Tuple(parts)) => match parts.as_slice() {
                [Expr { kind: ExprKind::Str(a), .. }, Expr { kind: ExprKind::Str(b), .. }] => {
                    (a.clone(), b.clone())
                }
                _ => return None,
            },
            Some(_) => return None,
        };
        // A key of one name is kept once; others keep both sides.
        let shared = |n: &str| left_on.iter().zip(&right_on).any(|((l, _), (r, _))| l == r && l == n);
        let mut columns = Vec::new();
        for (name, ty) in &left_columns {
            if shared(name) {
                let other = right_columns.iter().find(|(n, _)| n == name).map(|(_, ty)| ty.clone());
                let ty = match other {
                    Some(other) if matches!(how, "right" | "outer") => self.join(ty, &other),
                    _ => ty.clone(),
                };
                columns.push((name.clone(), ty));
                continue;
            }
            let clash = right_columns.iter().any(|(n, _)| n == name);
            let label = if clash { format!("{name}{}", suffixes.0) } else { name.clone() };
            columns.push((label, missing(ty, left_missing)));
        }
        for (name, ty) in &right_columns {
            if shared(name) {
                continue;
            }
            let clash = left_columns.iter().any(|(n, _)| n == name);
            let label = if clash { format!("{name}{}", suffixes.1) } else { name.clone() };
            columns.push((label, missing(ty, right_missing)));
        }
        if given.flag("indicator", false)? {
            columns.push(("_merge".to_string(), Type::String));
        }
        Some(frame(Some(columns), Vec::new()))
    }

    fn melt(&mut self, found: &FrameType, given: &Given<'_, 'a>) -> Option<Type> {
        let listed = |name: &str| match given.arg(name) {
            Some(e) if !matches!(e.kind, ExprKind::Null) => strings(e).map(Some),
            _ => Some(None),
        };
        let ids = listed("id_vars")?.unwrap_or_default();
        let values = listed("value_vars")?;
        self.expect_columns(found, &ids)?;
        self.expect_columns(found, values.as_deref().unwrap_or_default())?;
        let (mut columns, rest) = pick(found.columns.clone()?, &ids);
        let melted: Vec<Type> = rest
            .into_iter()
            .filter(|(n, _)| values.as_ref().is_none_or(|v| v.iter().any(|(m, _)| m == n)))
            .map(|(_, ty)| ty)
            .collect();
        let value = self.join_all(&melted);
        columns.push((given.text("var_name", "variable")?.0.to_string(), Type::String));
        columns.push((given.text("value_name", "value")?.0.to_string(), value));
        Some(frame(Some(columns), Vec::new()))
    }

    fn refine_group(
        &mut self,
        span: Span,
        method: &str,
        group: &GroupType,
        given: &Given<'_, 'a>,
    ) -> Option<Type> {
        let all = with_index(&group.frame);
        let columns = all.columns.clone()?;
        let keys: Vec<(String, Type)> =
            group.keys.iter().filter_map(|k| columns.iter().find(|(n, _)| n == k).cloned()).collect();
        let finish = |mut values: Vec<(String, Type)>| {
            if group.as_index {
                return frame(Some(values), keys.clone());
            }
            let mut all = keys.clone();
            all.append(&mut values);
            frame(Some(all), Vec::new())
        };
        match method {
            "agg" => {
                let mut values = Vec::new();
                for (name, name_span, e) in given.named() {
                    let (column, function) = self.aggregation(group, e, name_span)?;
                    values.push((name, self.aggregate(&column, &function.0, function.1)?));
                }
                if values.is_empty() {
                    self.report(
                        Diagnostic::error("E0402", span, "`agg` names no aggregation.")
                            .help("Write one for each new column: `agg(total: (\"cost\", \"sum\"))`."),
                    );
                    return Some(Type::Error);
                }
                Some(finish(values))
            }
            "size" => Some(if group.as_index {
                Type::series(Type::Int)
            } else {
                finish(vec![("size".to_string(), Type::Int)])
            }),
            "transform" => {
                let (function, at) = given.text("func", "")?;
                let selected = group.selected.as_deref()?;
                let [only] = selected else {
                    return None;
                };
                let ty = all.column(only).cloned()?;
                Some(Type::series(self.aggregate(&ty, function, at.unwrap_or(span))?))
            }
            "cumsum" => {
                let [only] = group.selected.as_deref()? else {
                    return None;
                };
                Some(Type::series(all.column(only).cloned()?))
            }
            "head" | "tail" => Some(Type::Frame(Rc::new(group.frame.clone()))),
            "count" | "sum" | "mean" | "median" | "min" | "max" | "std" | "var" | "first" | "last"
            | "nunique" | "prod" | "any" | "all" | "quantile" => {
                let function = if method == "quantile" { "median" } else { method };
                let chosen: Vec<(String, Type)> = match &group.selected {
                    Some(names) => {
                        names.iter().filter_map(|n| columns.iter().find(|(m, _)| m == n).cloned()).collect()
                    }
                    None => {
                        let own = group.frame.columns.clone()?;
                        own.into_iter().filter(|(n, _)| !group.keys.contains(n)).collect()
                    }
                };
                let mut values = Vec::new();
                for (name, ty) in chosen {
                    match self.aggregated(&ty, function) {
                        Some(result) => values.push((name, result)),
                        None => {
                            let shown = self.show(&ty);
                            self.report(
                                Diagnostic::error(
                                    "E0402",
                                    span,
                                    format!(
                                        "`{function}` needs numbers, but the column `{name}` holds {shown}."
                                    ),
                                )
                                .help("Select the columns first: `.groupby(...)[[\"a\", \"b\"]]`."),
                            );
                            return Some(Type::Error);
                        }
                    }
                }
                match values.as_slice() {
                    [(_, only)] if group.series && group.as_index => Some(Type::series(only.clone())),
                    _ => Some(finish(values)),
                }
            }
            _ => None,
        }
    }

    /// The column's type and the function's name of `("column", "function")`; of a function alone on a selected column.
    fn aggregation(&mut self, group: &GroupType, e: &'a Expr, span: Span) -> Option<(Type, (String, Span))> {
        let all = with_index(&group.frame);
        match &e.kind {
            ExprKind::Tuple(parts) => match parts.as_slice() {
                [
                    Expr { kind: ExprKind::Str(column), span: column_span, .. },
                    Expr { kind: ExprKind::Str(function), span: function_span, .. },
                ] => {
                    let ty = self.column(&all, column, *column_span)?;
                    Some((ty, (function.clone(), *function_span)))
                }
                _ => None,
            },
            ExprKind::Str(function) => match group.selected.as_deref() {
                Some([only]) => {
                    let ty = self.column(&all, only, span)?;
                    Some((ty, (function.clone(), e.span)))
                }
                _ => {
                    self.report(
                        Diagnostic::error("E0402", e.span, "This aggregation does not say of which column.")
                            .help(format!("Write `(\"column\", \"{function}\")`.")),
                    );
                    None
                }
            },
            _ => None,
        }
    }

    /// The type that an aggregation gives; reports an unknown one, and one that the column has no numbers for.
    fn aggregate(&mut self, column: &Type, function: &str, span: Span) -> Option<Type> {
        if !AGGREGATIONS.contains(&function) {
            let mut diagnostic =
                Diagnostic::error("E0402", span, format!("There is no aggregation `{function}`."));
            diagnostic.help = Some(
                did_you_mean(function, AGGREGATIONS.iter().copied())
                    .unwrap_or_else(|| format!("There are {}.", list_of(AGGREGATIONS))),
            );
            self.report(diagnostic);
            return None;
        }
        let result = self.aggregated(column, function);
        if result.is_none() {
            let shown = self.show(column);
            self.report(
                Diagnostic::error("E0402", span, format!("`{function}` needs numbers, found {shown}."))
                    .help("`count`, `nunique`, `first`, `last`, `min` and `max` take any values."),
            );
        }
        result
    }

    /// pandas' result type of an aggregation.
    fn aggregated(&self, column: &Type, function: &str) -> Option<Type> {
        let column = self.resolve(column);
        if matches!(column, Type::Any | Type::Error) {
            return Some(column);
        }
        let element = column.without_null();
        let number = matches!(element, Type::Int | Type::Float | Type::Bool | Type::Any);
        let nullable = column.admits_null();
        Some(match function {
            "count" | "size" | "nunique" => Type::Int,
            "mean" | "median" if number => {
                if nullable {
                    Type::Float.optional()
                } else {
                    Type::Float
                }
            }
            // One row has no spread: missing.
            "std" | "var" | "sem" if number => Type::Float.optional(),
            "sum" | "prod" if number => {
                if element == Type::Bool {
                    Type::Int
                } else {
                    element
                }
            }
            "sum" if element == Type::String => Type::String,
            "min" | "max" | "first" | "last" => column,
            "any" | "all" => Type::Bool,
            _ => return None,
        })
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
            "map" => match self.type_of(given.arg("arg")?.id) {
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
    fn dtype_of(&mut self, e: &Expr, old: &Type) -> Type {
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

fn frame(columns: Option<Vec<(String, Type)>>, index: Vec<(String, Type)>) -> Type {
    Type::Frame(Rc::new(FrameType { columns, index }))
}

/// The frame with its index levels as columns, where pandas takes either.
fn with_index(frame: &FrameType) -> FrameType {
    let mut all = frame.clone();
    if let Some(columns) = &mut all.columns {
        columns.extend(frame.index.iter().cloned());
    }
    all
}

/// Columns by name, in the order of the names, and the others.
fn pick(columns: Columns, names: &[(String, Span)]) -> (Columns, Columns) {
    let chosen = names.iter().filter_map(|(n, _)| columns.iter().find(|(m, _)| m == n).cloned()).collect();
    let rest = columns.into_iter().filter(|(n, _)| !names.iter().any(|(m, _)| m == n)).collect();
    (chosen, rest)
}

/// Which side of a merge may lack its values.
fn nullable_sides(how: &str) -> Option<(bool, bool)> {
    Some(match how {
        "inner" | "cross" => (false, false),
        "left" => (false, true),
        "right" => (true, false),
        "outer" => (true, true),
        _ => return None,
    })
}

/// The column's type once values may be missing: pandas turns int64 into float64.
fn missing(ty: &Type, lacks: bool) -> Type {
    match ty {
        _ if !lacks => ty.clone(),
        Type::Int => Type::Float.optional(),
        other => other.clone().optional(),
    }
}

/// Kinds of merge keys that compare with one another.
fn kind_of(ty: &Type) -> u8 {
    match ty.without_null() {
        Type::Int | Type::Float | Type::Bool => 1,
        Type::String | Type::Enum(..) => 2,
        Type::DateTime => 3,
        _ => 0,
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
