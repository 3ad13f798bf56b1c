//! The columns of frames through their methods.

use std::rc::Rc;

use syntax::ast::{Expr, ExprKind, MapElement};
use syntax::{Diagnostic, Span};

use crate::Type;
use crate::checker::Checker;
use crate::declare::list_of;
use crate::engine::strings;
use crate::nearest::did_you_mean;
use crate::refine::{Columns, Given, frame, missing, with_index};
use crate::types::{FrameType, GroupType};

impl<'a> Checker<'a> {
    pub(crate) fn refine_frame(
        &mut self,
        span: Span,
        method: &str,
        found: &FrameType,
        given: &Given<'_, 'a>,
    ) -> Option<Type> {
        let all = || found.columns.clone();
        match method {
            "itertuples" => Some(self.tuples(span, found, given)),
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
                let mut columns = all()?;
                for [from, (to, _)] in given.pairs("columns")? {
                    self.expect_columns(found, std::slice::from_ref(&from))?;
                    columns.iter_mut().filter(|(n, _)| *n == from.0).for_each(|(n, _)| n.clone_from(&to));
                }
                Some(frame(Some(columns), found.index.clone()))
            }
            "agg" => match self.type_of(given.arg("func")?.id) {
                Type::List(_) => Some(Type::any_frame()),
                Type::String => Some(Type::series(Type::Any)),
                Type::Map(..) => {
                    for [(column, at), (function, function_at)] in given.pairs("func").unwrap_or_default() {
                        let ty = self.column(found, &column, at)?;
                        self.aggregate(&ty, &function, function_at)?;
                    }
                    Some(Type::series(Type::Any))
                }
                _ => None,
            },
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
                let ExprKind::Map(items) = &given.arg("dtype")?.kind else {
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

/// Kinds of merge keys that compare with one another.
fn kind_of(ty: &Type) -> u8 {
    match ty.without_null() {
        Type::Int | Type::Float | Type::Bool => 1,
        Type::String | Type::Enum(..) => 2,
        Type::DateTime => 3,
        _ => 0,
    }
}
