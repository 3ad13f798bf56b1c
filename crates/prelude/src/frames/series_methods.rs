//! Methods and properties of `Series`.

use std::cmp::Ordering;

use column::{Column, Scalar};
use frame::{
    Aggregation, Cumulative, Inclusive, Keep, Other, Rank, RankMethod, Reduce, Sample, Series, ValueCounts,
};
use vm::{Fault, Value};

use super::{SeriesValue, View, accessors, frame_methods, series_of, series_value, view};
use crate::args::Args;
use crate::convert::{float_of, from_scalar, items, to_scalar};
use crate::engine_error::{of_frame, table};
use crate::host::{Context, Table};

fn reduction(args: &mut Args<'_>, how: Aggregation, options: &Reduce) -> Result<Scalar, Fault> {
    series_of(args, "self")?.reduce(how, options).map_err(of_frame(args.operation()))
}

fn reduce(args: &mut Args<'_>, how: Aggregation) -> Result<Value, Fault> {
    reduction(args, how, &Reduce::default()).map(|scalar| from_scalar(&scalar))
}

/// A reduction whose type is Float: a missing one is NaN.
fn reduce_float(args: &mut Args<'_>, how: Aggregation) -> Result<Value, Fault> {
    reduction(args, how, &Reduce::default()).map(|scalar| float_of(&scalar))
}

fn spread(args: &mut Args<'_>, how: Aggregation) -> Result<Value, Fault> {
    let series = series_of(args, "self")?;
    let options = Reduce { ddof: args.size("ddof", 1)?, ..Reduce::default() };
    series.reduce(how, &options).map(|scalar| float_of(&scalar)).map_err(of_frame(args.operation()))
}

/// A series with other values in the same rows.
pub(super) fn with_values(operation: &str, series: &Series, values: Column) -> Result<Value, Fault> {
    Series::new(values, series.index().clone(), series.name().clone())
        .map(series_value)
        .map_err(of_frame(operation))
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
    let func = args.required("func")?;
    let cell = |value: &Value| match value {
        Value::Null => Ok(Scalar::NAN),
        value => to_scalar(value).ok_or_else(|| args.wrong("func", "values that a column can hold", value)),
    };
    match func {
        Value::Map(table) => {
            let pairs = table.iter().map(|(old, new)| Ok((cell(old)?, cell(new)?)));
            let pairs = pairs.collect::<Result<Vec<_>, Fault>>()?;
            finish(args, series.map(&pairs))
        }
        closure @ Value::Closure(_) => {
            let mut mapped = Vec::with_capacity(series.len());
            for scalar in series.values().iter() {
                mapped.push(cell(&context.call(closure, &[from_scalar(&scalar)])?)?);
            }
            with_values(args.operation(), &series, Column::infer(mapped))
        }
        other => Err(args.wrong("func", "a map or a function", other)),
    }
}

fn isin(args: &mut Args<'_>) -> Result<Value, Fault> {
    let series = series_of(args, "self")?;
    let value = args.required("values")?;
    let list = items(value).ok_or_else(|| args.wrong("values", "a list", value))?;
    let wanted: Option<Vec<Scalar>> = list.iter().map(to_scalar).collect();
    let wanted = wanted.ok_or_else(|| args.wrong("values", "a list of cells", value))?;
    finish(args, series.isin(&wanted))
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
        return Ok(Other::Series(Box::new(series.0.clone())));
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
    finish(args, series.cumulative(how, true))
}

fn extreme_label(args: &mut Args<'_>, wanted: Ordering) -> Result<Value, Fault> {
    let series = series_of(args, "self")?;
    series.idx_extreme(wanted).map(|label| from_scalar(&label)).map_err(of_frame(args.operation()))
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
    ("Series.abs", |_, a| {
        let made = series_of(a, "self")?.abs();
        finish(a, made)
    }),
    ("Series.all", |_, a| reduce(a, Aggregation::All)),
    ("Series.any", |_, a| reduce(a, Aggregation::Any)),
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
    ("Series.corr", |_, a| {
        let (series, other) = (series_of(a, "self")?, series_of(a, "other")?);
        series.corr(&other).map(Value::Float).map_err(of_frame(a.operation()))
    }),
    ("Series.count", |_, a| reduce(a, Aggregation::Count)),
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
    ("Series.is_unique", |_, a| series_of(a, "self").map(|s| Value::Bool(s.nunique(false) == s.len()))),
    ("Series.isin", |_, a| isin(a)),
    ("Series.isna", |_, a| Ok(series_value(series_of(a, "self")?.isna()))),
    ("Series.loc", |_, a| series_of(a, "self").map(|s| view(View::SeriesLoc(s)))),
    ("Series.map", map),
    ("Series.mask", |_, a| {
        let series = series_of(a, "self")?;
        let cond = series_of(a, "cond")?;
        let other = other(a)?;
        finish(a, series.mask(&cond, &other))
    }),
    ("Series.max", |_, a| reduce(a, Aggregation::Max)),
    ("Series.mean", |_, a| reduce_float(a, Aggregation::Mean)),
    ("Series.median", |_, a| reduce_float(a, Aggregation::Median)),
    ("Series.min", |_, a| reduce(a, Aggregation::Min)),
    ("Series.name", |_, a| series_of(a, "self").map(|s| from_scalar(s.name()))),
    ("Series.nlargest", |_, a| {
        let series = series_of(a, "self")?;
        series.nlargest(a.size("n", 5)?).map(series_value).map_err(of_frame(a.operation()))
    }),
    ("Series.notna", |_, a| Ok(series_value(series_of(a, "self")?.notna()))),
    ("Series.nsmallest", |_, a| {
        let series = series_of(a, "self")?;
        series.nsmallest(a.size("n", 5)?).map(series_value).map_err(of_frame(a.operation()))
    }),
    ("Series.nunique", |_, a| {
        let series = series_of(a, "self")?;
        let skip = a.flag("dropna", true)?;
        Ok(Value::Int(series.nunique(skip) as i64))
    }),
    ("Series.pct_change", |_, a| {
        let series = series_of(a, "self")?;
        let periods = a.int("periods", 1)?;
        finish(a, series.pct_change(periods))
    }),
    ("Series.prod", |_, a| reduce(a, Aggregation::Prod)),
    ("Series.quantile", |_, a| {
        let series = series_of(a, "self")?;
        let q = a.float("q", 0.5)?;
        series.quantile(q).map(|value| float_of(&value)).map_err(of_frame(a.operation()))
    }),
    ("Series.rank", |_, a| {
        let series = series_of(a, "self")?;
        let options = ranking(a)?;
        finish(a, series.rank(options))
    }),
    ("Series.rename", |_, a| {
        let series = series_of(a, "self")?;
        Ok(series_value(series.with_name(Scalar::str(a.required_text("index")?))))
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
        finish(a, series.round(digits))
    }),
    ("Series.sample", |_, a| {
        let series = series_of(a, "self")?;
        let options = sample(a)?;
        finish(a, series.sample(&options))
    }),
    ("Series.sem", |_, a| {
        let spread = series_of(a, "self")?.sem();
        spread.map(Value::Float).map_err(of_frame(a.operation()))
    }),
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
    ("Series.std", |_, a| spread(a, Aggregation::Std)),
    ("Series.str", |_, a| series_of(a, "self").map(|s| view(View::Text(s)))),
    ("Series.sum", |_, a| reduce(a, Aggregation::Sum)),
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
        let unique = series.unique().map_err(of_frame(a.operation()))?;
        Ok(Value::list(unique.iter().map(|s| from_scalar(&s)).collect()))
    }),
    ("Series.unstack", |_, a| {
        let series = series_of(a, "self")?;
        series.unstack(None).map(super::frame_value).map_err(of_frame(a.operation()))
    }),
    ("Series.value_counts", |_, a| value_counts(a)),
    ("Series.var", |_, a| spread(a, Aggregation::Var)),
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
