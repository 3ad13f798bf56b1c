//! Methods and properties of `Series`.

use std::cmp::Ordering;

use column::{Column, Scalar};
use frame::{
    Concat, Cumulative, Inclusive, Keep, Other, Rank, RankMethod, Sample, Series, ValueCounts,
    concat_series_columns,
};
use vm::{Fault, Value};

use super::{SeriesValue, View, accessors, frame_methods, series_of, series_value, view};
use crate::args::Args;
use crate::convert::{float_of, from_scalar, items, to_scalar};
use crate::engine_error::{of_column, of_frame, table};
use crate::host::{Context, Table};

/// A reduction by pandas' name.
pub(super) fn reduction(series: &Series, how: &str, operation: &str) -> Result<Scalar, Fault> {
    let values = series.values();
    let reduced = match how {
        "sum" => values.sum(true, 0),
        "prod" => values.prod(true, 0),
        "mean" => values.mean(true),
        "median" => values.median(true),
        "std" => values.std(true, 1),
        "var" => values.var(true, 1),
        "min" => values.min(true),
        "max" => values.max(true),
        "count" => Ok(Scalar::Int(values.count() as i64)),
        "nunique" => Ok(Scalar::Int(values.nunique(true) as i64)),
        "any" => values.any().map(Scalar::Bool),
        "all" => values.all().map(Scalar::Bool),
        other => return Err(Fault::new("R0126", format!("the reduction `{other}` is not built yet"))),
    };
    reduced.map_err(of_column(operation))
}

fn reduce(args: &mut Args<'_>, how: &str) -> Result<Value, Fault> {
    let series = series_of(args, "self")?;
    reduction(&series, how, args.operation()).map(|s| from_scalar(&s))
}

/// A reduction whose type is Float: a missing one is NaN.
fn reduce_float(args: &mut Args<'_>, how: &str) -> Result<Value, Fault> {
    let series = series_of(args, "self")?;
    reduction(&series, how, args.operation()).map(|s| float_of(&s))
}

fn spread(args: &mut Args<'_>, root: bool) -> Result<Value, Fault> {
    let series = series_of(args, "self")?;
    let ddof = args.size("ddof", 1)?;
    let values = series.values();
    let spread = if root { values.std(true, ddof) } else { values.var(true, ddof) };
    spread.map(|s| float_of(&s)).map_err(of_column(args.operation()))
}

/// A series with other values in the same rows.
pub(super) fn with_values(operation: &str, series: &Series, values: Column) -> Result<Value, Fault> {
    Series::new(values, series.index().clone(), series.name().clone())
        .map(series_value)
        .map_err(of_frame(operation))
}

fn each(args: &mut Args<'_>, f: impl FnOnce(&Column) -> column::Result<Column>) -> Result<Value, Fault> {
    let series = series_of(args, "self")?;
    let values = f(series.values()).map_err(of_column(args.operation()))?;
    with_values(args.operation(), &series, values)
}

fn missing(args: &mut Args<'_>, wanted: bool) -> Result<Value, Fault> {
    let series = series_of(args, "self")?;
    let flags: Vec<bool> = (0..series.len()).map(|i| series.values().is_missing(i) == wanted).collect();
    with_values(args.operation(), &series, Column::from(flags))
}

/// The options of `rank`.
pub(super) fn ranking(args: &mut Args<'_>) -> Result<Rank, Fault> {
    let method = match args.text("method", "average")?.as_str() {
        "average" => RankMethod::Average,
        "min" => RankMethod::Min,
        "max" => RankMethod::Max,
        "first" => RankMethod::First,
        "dense" => RankMethod::Dense,
        other => {
            return Err(Fault::new(
                "R0401",
                format!("{}: method is average, min, max, first or dense, found `{other}`", args.operation()),
            ));
        }
    };
    Ok(Rank { method, ascending: args.flag("ascending", true)?, ..Rank::default() })
}

/// `map` with a table of replacements or a function.
fn map(context: &mut Context<'_>, args: &mut Args<'_>) -> Result<Value, Fault> {
    let series = series_of(args, "self")?;
    let arg = args.required("arg")?;
    let mut mapped = Vec::with_capacity(series.len());
    for scalar in series.values().iter() {
        let value = from_scalar(&scalar);
        let new = match arg {
            Value::Map(table) => {
                if value.is_null() {
                    Value::Null
                } else {
                    table.get(&vm::Key::new(value)?).cloned().unwrap_or(Value::Null)
                }
            }
            closure @ Value::Closure(_) => context.call(closure, &[value])?,
            other => return Err(args.wrong("arg", "a map or a function", other)),
        };
        let missing = if new.is_null() { Some(Scalar::NAN) } else { to_scalar(&new) };
        mapped.push(missing.ok_or_else(|| args.wrong("arg", "values that a column can hold", &new))?);
    }
    with_values(args.operation(), &series, Column::infer(mapped))
}

fn isin(args: &mut Args<'_>) -> Result<Value, Fault> {
    let series = series_of(args, "self")?;
    let value = args.required("values")?;
    let list = items(value).ok_or_else(|| args.wrong("values", "a list", value))?;
    let scalars: Option<Vec<Scalar>> = list.iter().map(to_scalar).collect();
    let wanted = Column::infer(scalars.ok_or_else(|| args.wrong("values", "a list of cells", value))?);
    let found = series.values().isin(&wanted);
    let flags: Vec<bool> = (0..series.len()).map(|i| found.get(i)).collect();
    with_values(args.operation(), &series, Column::from(flags))
}

fn finish(args: &Args<'_>, made: frame::Result<Series>) -> Result<Value, Fault> {
    made.map(series_value).map_err(of_frame(args.operation()))
}

/// A cell that must be given; null stands for a missing one.
pub(super) fn cell(args: &mut Args<'_>, name: &str) -> Result<Scalar, Fault> {
    let value = args.required(name)?;
    to_scalar(value).ok_or_else(|| args.wrong(name, "a value that a column can hold", value))
}

/// A cell or null for none.
fn bound(args: &mut Args<'_>, name: &str) -> Result<Option<Scalar>, Fault> {
    match args.optional(name) {
        None => Ok(None),
        Some(value) => match value.as_number() {
            Some(_) => Ok(to_scalar(value)),
            None => Err(args.wrong(name, "a number", value)),
        },
    }
}

/// Pearson's correlation over the labels that both series have, and there over the rows where both have a value.
fn corr(args: &mut Args<'_>) -> Result<Value, Fault> {
    let operation = args.operation();
    let left = series_of(args, "self")?.with_name("left");
    let right = series_of(args, "other")?.with_name("right");
    let options = Concat { inner: true, ..Concat::default() };
    let matrix = concat_series_columns(&[&left, &right], &options)
        .and_then(|both| both.corr())
        .and_then(|matrix| matrix.column("right"))
        .map_err(of_frame(operation))?;
    Ok(float_of(&matrix.get(0).unwrap_or(Scalar::NAN)))
}

fn fillna(args: &mut Args<'_>) -> Result<Value, Fault> {
    let series = series_of(args, "self")?;
    let value = args.required("value")?;
    if let Some(other) = value.downcast::<SeriesValue>() {
        return finish(args, series.fillna_from(&other.0));
    }
    match to_scalar(value) {
        Some(scalar) if !value.is_null() => finish(args, series.fillna(&scalar)),
        _ => Err(args.wrong("value", "a value that a column can hold", value)),
    }
}

/// Pairs of old and new, of a map, a value and its replacement, or lists of them.
pub(super) fn replacements(args: &mut Args<'_>) -> Result<Vec<(Scalar, Scalar)>, Fault> {
    let old = args.required("to_replace")?;
    let new = args.optional("value");
    pairs(args, old, new)
}

pub(super) fn pairs(
    args: &Args<'_>,
    old: &Value,
    new: Option<&Value>,
) -> Result<Vec<(Scalar, Scalar)>, Fault> {
    let scalar = |name: &str, value: &Value| {
        to_scalar(value).ok_or_else(|| args.wrong(name, "a value that a column can hold", value))
    };
    let listed = |value: &Value| items(value).filter(|_| !matches!(value, Value::Tuple(_)));
    match (old, new) {
        (Value::Map(map), None) => map
            .iter()
            .map(|(old, new)| Ok((scalar("to_replace", old)?, scalar("to_replace", new)?)))
            .collect(),
        (Value::Map(_), Some(new)) => Err(args.wrong("value", "nothing beside a map", new)),
        (_, None) => Err(table(
            args.operation(),
            "ValueError",
            "either 'value' or a map as 'to_replace' must be given",
        )),
        (old, Some(new)) => match (listed(old), listed(new)) {
            (None, None) => Ok(vec![(scalar("to_replace", old)?, scalar("value", new)?)]),
            (None, Some(_)) => Err(args.wrong("value", "one value", new)),
            (Some(old), None) => {
                let new = scalar("value", new)?;
                old.iter().map(|old| Ok((scalar("to_replace", old)?, new.clone()))).collect()
            }
            (Some(old), Some(new)) if old.len() == new.len() => old
                .iter()
                .zip(&new)
                .map(|(old, new)| Ok((scalar("to_replace", old)?, scalar("value", new)?)))
                .collect(),
            (Some(old), Some(new)) => {
                let message = format!(
                    "Replacement lists must match in length. Expecting {} got {} ",
                    old.len(),
                    new.len()
                );
                Err(table(args.operation(), "ValueError", &message))
            }
        },
    }
}

/// What stands where a condition does not hold; missing values where nothing is given.
fn other(args: &mut Args<'_>) -> Result<Other, Fault> {
    let Some(value) = args.optional("other") else { return Ok(Other::Scalar(Scalar::NAN)) };
    if let Some(series) = value.downcast::<SeriesValue>() {
        return Ok(Other::Series(series.0.clone()));
    }
    to_scalar(value).map(Other::Scalar).ok_or_else(|| args.wrong("other", "a value or a Series", value))
}

/// Which of several equal rows is kept.
pub(super) fn keep(args: &mut Args<'_>) -> Result<Keep, Fault> {
    match args.text("keep", "first")?.as_str() {
        "first" => Ok(Keep::First),
        "last" => Ok(Keep::Last),
        _ => Err(table(args.operation(), "ValueError", "keep must be either \"first\" or \"last\"")),
    }
}

/// How many rows `sample` draws, and from which seed.
pub(super) fn sample(args: &mut Args<'_>) -> Result<Sample, Fault> {
    let (n, frac) = (args.optional_int("n")?, args.optional_float("frac")?);
    let seed = u32::try_from(args.int("random_state", 0)?)
        .map_err(|_| table(args.operation(), "ValueError", "Seed must be between 0 and 2**32 - 1"))?;
    Ok(Sample { n, frac, ..Sample::seeded(seed) })
}

fn cumulative(args: &mut Args<'_>, how: Cumulative) -> Result<Value, Fault> {
    let series = series_of(args, "self")?;
    finish(args, series.cumulative(how))
}

fn extreme_label(args: &mut Args<'_>, wanted: Ordering) -> Result<Value, Fault> {
    let series = series_of(args, "self")?;
    series.idx_extreme(wanted).map(|label| from_scalar(&label)).map_err(of_frame(args.operation()))
}

/// The standard error of the mean.
fn sem(args: &mut Args<'_>) -> Result<Value, Fault> {
    let series = series_of(args, "self")?;
    let spread = series.values().std(true, 1).map_err(of_column(args.operation()))?;
    let count = series.values().count() as f64;
    Ok(Value::Float(spread.as_f64().map_or(f64::NAN, |spread| spread / count.sqrt())))
}

fn value_counts(args: &mut Args<'_>) -> Result<Value, Fault> {
    let series = series_of(args, "self")?;
    let options = ValueCounts {
        normalize: args.flag("normalize", false)?,
        sort: args.flag("sort", true)?,
        ascending: args.flag("ascending", false)?,
        dropna: args.flag("dropna", true)?,
    };
    finish(args, series.value_counts(options))
}

pub(crate) const TABLE: Table = &[
    ("Series.abs", |_, a| each(a, Column::abs)),
    ("Series.all", |_, a| reduce(a, "all")),
    ("Series.any", |_, a| reduce(a, "any")),
    ("Series.astype", |_, a| {
        let series = series_of(a, "self")?;
        let value = a.required("dtype")?;
        let to = frame_methods::dtype(a, "dtype", value)?;
        series.astype(to).map(series_value).map_err(of_frame(a.operation()))
    }),
    ("Series.between", |_, a| {
        let series = series_of(a, "self")?;
        let (left, right) = (cell(a, "left")?, cell(a, "right")?);
        let inclusive = Inclusive::parse(&a.text("inclusive", "both")?).map_err(of_frame(a.operation()))?;
        finish(a, series.between(&left, &right, inclusive))
    }),
    ("Series.bfill", |_, a| {
        let series = series_of(a, "self")?;
        finish(a, series.bfill(None))
    }),
    ("Series.clip", |_, a| {
        let series = series_of(a, "self")?;
        let (lower, upper) = (bound(a, "lower")?, bound(a, "upper")?);
        finish(a, series.clip(lower.as_ref(), upper.as_ref()))
    }),
    ("Series.copy", |_, a| series_of(a, "self").map(series_value)),
    ("Series.corr", |_, a| corr(a)),
    ("Series.count", |_, a| reduce(a, "count")),
    ("Series.cummax", |_, a| cumulative(a, Cumulative::Max)),
    ("Series.cummin", |_, a| cumulative(a, Cumulative::Min)),
    ("Series.cumprod", |_, a| cumulative(a, Cumulative::Prod)),
    ("Series.cumsum", |_, a| cumulative(a, Cumulative::Sum)),
    ("Series.describe", |_, a| {
        let series = series_of(a, "self")?;
        finish(a, series.describe())
    }),
    ("Series.diff", |_, a| {
        let series = series_of(a, "self")?;
        let periods = a.int("periods", 1)?;
        finish(a, series.diff(periods))
    }),
    ("Series.drop_duplicates", |_, a| {
        let series = series_of(a, "self")?;
        let keep = keep(a)?;
        finish(a, series.drop_duplicates(keep, false))
    }),
    ("Series.dropna", |_, a| {
        let series = series_of(a, "self")?;
        finish(a, series.dropna(false))
    }),
    ("Series.dt", |_, a| series_of(a, "self").map(|s| view(View::Time(s)))),
    ("Series.dtype", |_, a| series_of(a, "self").map(|s| Value::str(s.dtype().to_string()))),
    ("Series.duplicated", |_, a| {
        let series = series_of(a, "self")?;
        Ok(series_value(series.duplicated(keep(a)?)))
    }),
    ("Series.empty", |_, a| series_of(a, "self").map(|s| Value::Bool(s.is_empty()))),
    ("Series.ffill", |_, a| {
        let series = series_of(a, "self")?;
        finish(a, series.ffill(None))
    }),
    ("Series.fillna", |_, a| fillna(a)),
    ("Series.hasnans", |_, a| series_of(a, "self").map(|s| Value::Bool(s.values().missing_count() > 0))),
    ("Series.head", |_, a| {
        let series = series_of(a, "self")?;
        Ok(series_value(series.head(a.int("n", 5)?)))
    }),
    ("Series.idxmax", |_, a| extreme_label(a, Ordering::Greater)),
    ("Series.idxmin", |_, a| extreme_label(a, Ordering::Less)),
    ("Series.iloc", |_, a| series_of(a, "self").map(|s| view(View::SeriesILoc(s)))),
    ("Series.index", |_, a| series_of(a, "self").map(|s| frame_methods::index_series(s.index()))),
    ("Series.is_unique", |_, a| {
        series_of(a, "self").map(|s| Value::Bool(s.values().nunique(false) == s.len()))
    }),
    ("Series.isin", |_, a| isin(a)),
    ("Series.isna", |_, a| missing(a, true)),
    ("Series.loc", |_, a| series_of(a, "self").map(|s| view(View::SeriesLoc(s)))),
    ("Series.map", map),
    ("Series.mask", |_, a| {
        let series = series_of(a, "self")?;
        let cond = series_of(a, "cond")?;
        let other = other(a)?;
        finish(a, series.mask(&cond, &other))
    }),
    ("Series.max", |_, a| reduce(a, "max")),
    ("Series.mean", |_, a| reduce_float(a, "mean")),
    ("Series.median", |_, a| reduce_float(a, "median")),
    ("Series.min", |_, a| reduce(a, "min")),
    ("Series.name", |_, a| series_of(a, "self").map(|s| from_scalar(s.name()))),
    ("Series.nlargest", |_, a| {
        let series = series_of(a, "self")?;
        series.nlargest(a.size("n", 5)?).map(series_value).map_err(of_frame(a.operation()))
    }),
    ("Series.notna", |_, a| missing(a, false)),
    ("Series.nsmallest", |_, a| {
        let series = series_of(a, "self")?;
        series.nsmallest(a.size("n", 5)?).map(series_value).map_err(of_frame(a.operation()))
    }),
    ("Series.nunique", |_, a| {
        let series = series_of(a, "self")?;
        let skip = a.flag("dropna", true)?;
        Ok(Value::Int(series.values().nunique(skip) as i64))
    }),
    ("Series.pct_change", |_, a| {
        let series = series_of(a, "self")?;
        let periods = a.int("periods", 1)?;
        finish(a, series.pct_change(periods))
    }),
    ("Series.prod", |_, a| reduce(a, "prod")),
    ("Series.quantile", |_, a| {
        let series = series_of(a, "self")?;
        let q = a.float("q", 0.5)?;
        let value =
            series.values().quantile(q, column::Interpolation::Linear).map_err(of_column(a.operation()))?;
        Ok(float_of(&value))
    }),
    ("Series.rank", |_, a| {
        let series = series_of(a, "self")?;
        let options = ranking(a)?;
        finish(a, series.rank(options))
    }),
    ("Series.rename", |_, a| {
        let series = series_of(a, "self")?;
        Ok(series_value(series.with_name(Scalar::str(a.required_text("name")?))))
    }),
    ("Series.replace", |_, a| {
        let series = series_of(a, "self")?;
        let pairs = replacements(a)?;
        finish(a, series.replace(&pairs))
    }),
    ("Series.reset_index", |_, a| {
        let series = series_of(a, "self")?;
        match a.flag("drop", false)? {
            true => Ok(series_value(series.drop_index())),
            false => series.reset_index().map(super::frame_value).map_err(of_frame(a.operation())),
        }
    }),
    ("Series.rolling", |_, a| accessors::rolling(a)),
    ("Series.round", |_, a| {
        let series = series_of(a, "self")?;
        let digits = a.int("decimals", 0)?.clamp(-400, 400) as i32;
        let values = series.values().round(digits).map_err(of_column(a.operation()))?;
        with_values(a.operation(), &series, values)
    }),
    ("Series.sample", |_, a| {
        let series = series_of(a, "self")?;
        let options = sample(a)?;
        finish(a, series.sample(&options))
    }),
    ("Series.sem", |_, a| sem(a)),
    ("Series.shift", |_, a| {
        let series = series_of(a, "self")?;
        let periods = a.int("periods", 1)?;
        finish(a, series.shift(periods))
    }),
    ("Series.size", |_, a| series_of(a, "self").map(|s| Value::Int(s.len() as i64))),
    ("Series.sort_index", |_, a| {
        let series = series_of(a, "self")?;
        series.sort_index(&frame_methods::sort(a)?).map(series_value).map_err(of_frame(a.operation()))
    }),
    ("Series.sort_values", |_, a| {
        let series = series_of(a, "self")?;
        series.sort_values(&frame_methods::sort(a)?).map(series_value).map_err(of_frame(a.operation()))
    }),
    ("Series.std", |_, a| spread(a, true)),
    ("Series.str", |_, a| series_of(a, "self").map(|s| view(View::Text(s)))),
    ("Series.sum", |_, a| reduce(a, "sum")),
    ("Series.tail", |_, a| {
        let series = series_of(a, "self")?;
        Ok(series_value(series.tail(a.int("n", 5)?)))
    }),
    ("Series.to_frame", |_, a| {
        let series = series_of(a, "self")?;
        let named = match a.optional_text("name")? {
            Some(name) => series.with_name(Scalar::str(name)),
            None => series,
        };
        Ok(super::frame_value(named.to_frame()))
    }),
    ("Series.to_list", |_, a| list(a)),
    ("Series.tolist", |_, a| list(a)),
    ("Series.unique", |_, a| {
        let series = series_of(a, "self")?;
        Ok(Value::list(series.values().unique().iter().map(|s| from_scalar(&s)).collect()))
    }),
    ("Series.unstack", |_, a| {
        let series = series_of(a, "self")?;
        series.unstack(None).map(super::frame_value).map_err(of_frame(a.operation()))
    }),
    ("Series.value_counts", |_, a| value_counts(a)),
    ("Series.var", |_, a| spread(a, false)),
    ("Series.where", |_, a| {
        let series = series_of(a, "self")?;
        let cond = series_of(a, "cond")?;
        let other = other(a)?;
        finish(a, series.where_(&cond, &other))
    }),
];

fn list(args: &mut Args<'_>) -> Result<Value, Fault> {
    let series = series_of(args, "self")?;
    Ok(match series.values().as_f64() {
        Some(floats) => Value::floats(floats.to_vec()),
        None => Value::list(series.values().iter().map(|s| from_scalar(&s)).collect()),
    })
}
