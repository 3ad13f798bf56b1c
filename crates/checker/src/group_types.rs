//! What group-by gives: aggregations, their columns and index.

use std::rc::Rc;

use syntax::ast::{Expr, ExprKind};
use syntax::{Diagnostic, Span};

use crate::Type;
use crate::checker::Checker;
use crate::declare::list_of;
use crate::nearest::did_you_mean;
use crate::refine::{Given, frame, with_index};
use crate::types::GroupType;

/// Aggregations by name, as in pandas.
const AGGREGATIONS: &[&str] = &[
    "sum", "mean", "count", "size", "min", "max", "std", "var", "median", "first", "last", "nunique", "any",
    "all", "prod",
];

impl<'a> Checker<'a> {
    pub(crate) fn refine_group(
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
        // The columns that are grouped: those selected, else all but the keys.
        let chosen = || -> Option<Vec<(String, Type)>> {
            Some(match &group.selected {
                Some(names) => {
                    names.iter().filter_map(|n| columns.iter().find(|(m, _)| m == n).cloned()).collect()
                }
                None => {
                    let own = group.frame.columns.clone()?;
                    own.into_iter().filter(|(n, _)| !group.keys.contains(n)).collect()
                }
            })
        };
        match method {
            "agg" if given.arg("func").is_some() => {
                if let Some((function, at)) = given.text("func", "") {
                    let known = AGGREGATIONS.contains(&function);
                    return match known {
                        true => self.refine_group(span, function, group, given),
                        false => self.aggregate(&Type::Any, function, at.unwrap_or(span)),
                    };
                }
                let Some(pairs) = given.pairs("func") else { return Some(Type::any_frame()) };
                let mut values = Vec::new();
                for [(column, at), (function, function_at)] in pairs {
                    let ty = self.column(&all, &column, at)?;
                    values.push((column, self.aggregate(&ty, &function, function_at)?));
                }
                Some(finish(values))
            }
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
            "head" | "tail" if group.selected.is_none() => Some(Type::Frame(Rc::new(group.frame.clone()))),
            "cumsum" | "rank" | "head" | "tail" => {
                let chosen = chosen()?;
                let of = |ty: &Type| if method == "rank" { Type::Float } else { ty.clone() };
                Some(match chosen.as_slice() {
                    [(_, only)] if group.series => Type::series(of(only)),
                    several => {
                        let columns = several.iter().map(|(name, ty)| (name.clone(), of(ty))).collect();
                        frame(Some(columns), group.frame.index.clone())
                    }
                })
            }
            "count" | "sum" | "mean" | "median" | "min" | "max" | "std" | "var" | "first" | "last"
            | "nunique" | "prod" | "any" | "all" | "quantile" => {
                let function = if method == "quantile" { "median" } else { method };
                let mut values = Vec::new();
                for (name, ty) in chosen()? {
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
    pub(crate) fn aggregate(&mut self, column: &Type, function: &str, span: Span) -> Option<Type> {
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
    pub(crate) fn aggregated(&self, column: &Type, function: &str) -> Option<Type> {
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
            "std" | "var" if number => Type::Float.optional(),
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
}
