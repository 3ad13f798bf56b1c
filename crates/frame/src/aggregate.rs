//! Aggregations of one column over groups.
//!
//! Float sums are compensated (Kahan) and variances are Welford's, both a group at a time in row order. Where each
//! group's rows stand together and in the groups' order, a sum is numpy's `reduceat` instead: these are the algorithms
//! whose bits pandas gives. pandas looks for missing values in a whole block of columns before it decides; blocks do
//! not exist here, so each column decides for itself.

use std::borrow::Cow;
use std::ops::Range;

use column::{Bitmap, Column, Conditions, DType, Scalar, reduceat_sum};

use crate::error::{Error, ErrorKind, Result};
use crate::keys::{Missing, factorize};
use crate::order::ranks;

/// A reduction of a group to one value, by pandas' name.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Aggregation {
    /// `sum`: missing values count as nothing, strings are joined.
    Sum,
    /// `prod`
    Prod,
    /// `mean`
    Mean,
    /// `median`
    Median,
    /// `var` with one degree of freedom taken off
    Var,
    /// `std` with one degree of freedom taken off
    Std,
    /// `min`
    Min,
    /// `max`
    Max,
    /// `first` value that is not missing
    First,
    /// `last` value that is not missing
    Last,
    /// `count` of values that are not missing
    Count,
    /// `size`: count of rows
    Size,
    /// `nunique`: count of different values
    Nunique,
    /// `any`
    Any,
    /// `all`
    All,
    /// `quantile`, linear between two values
    Quantile(f64),
}

impl Aggregation {
    /// Reads pandas' name of an aggregation.
    ///
    /// # Errors
    /// `AttributeError` as pandas gives it for a name that is none.
    pub fn parse(name: &str) -> Result<Self> {
        Ok(match name {
            "sum" => Self::Sum,
            "prod" => Self::Prod,
            "mean" => Self::Mean,
            "median" => Self::Median,
            "var" => Self::Var,
            "std" => Self::Std,
            "min" => Self::Min,
            "max" => Self::Max,
            "first" => Self::First,
            "last" => Self::Last,
            "count" => Self::Count,
            "size" => Self::Size,
            "nunique" => Self::Nunique,
            "any" => Self::Any,
            "all" => Self::All,
            "quantile" => Self::Quantile(0.5),
            other => {
                let message = format!("'SeriesGroupBy' object has no attribute '{other}'");
                return Err(Error::new(ErrorKind::AttributeError, message));
            }
        })
    }

    /// pandas' name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sum => "sum",
            Self::Prod => "prod",
            Self::Mean => "mean",
            Self::Median => "median",
            Self::Var => "var",
            Self::Std => "std",
            Self::Min => "min",
            Self::Max => "max",
            Self::First => "first",
            Self::Last => "last",
            Self::Count => "count",
            Self::Size => "size",
            Self::Nunique => "nunique",
            Self::Any => "any",
            Self::All => "all",
            Self::Quantile(_) => "quantile",
        }
    }
}

/// Group numbers of a column's rows; −1 is in no group.
#[derive(Clone, Copy)]
pub(crate) struct Grouping<'a> {
    pub codes: &'a [i64],
    pub count: usize,
}

impl Grouping<'_> {
    /// Calls `visit(group, row)` for every row that is in a group, in row order.
    fn each(self, mut visit: impl FnMut(usize, usize)) {
        for (row, &code) in self.codes.iter().enumerate() {
            if let Ok(group) = usize::try_from(code) {
                visit(group, row);
            }
        }
    }

    /// Calls `visit(group, row)` for every row that is in a group and whose value is present.
    fn each_present(self, column: &Column, mut visit: impl FnMut(usize, usize)) {
        match column.valid() {
            None => self.each(visit),
            Some(valid) => self.each(|group, row| {
                if valid.get(row) {
                    visit(group, row);
                }
            }),
        }
    }

    fn counts(self, column: &Column) -> Vec<i64> {
        let mut counts = vec![0i64; self.count];
        self.each_present(column, |group, _| counts[group] += 1);
        counts
    }

    /// The present values of each group, one vector a group.
    fn values(self, column: &Column, floats: &[f64]) -> Vec<Vec<f64>> {
        let mut values = vec![Vec::new(); self.count];
        self.each_present(column, |group, row| values[group].push(floats[row]));
        values
    }
}

/// The values as f64; missing ones hold any number.
fn floats<'a>(column: &'a Column, operation: &str) -> Result<Cow<'a, [f64]>> {
    if let Some(values) = column.as_f64() {
        return Ok(Cow::Borrowed(values));
    }
    if let (Some(values), true) = (column.as_i64(), column.dtype().is_numeric()) {
        return Ok(Cow::Owned(values.iter().map(|&value| value as f64).collect()));
    }
    if let Some(bits) = column.as_bool() {
        return Ok(Cow::Owned(bits.iter().map(|bit| f64::from(u8::from(bit))).collect()));
    }
    if column.dtype().is_numeric() {
        let cast = |row: usize| column.get(row).and_then(|scalar| scalar.as_f64()).unwrap_or(f64::NAN);
        return Ok(Cow::Owned((0..column.len()).map(cast).collect()));
    }
    Err(unsupported(column, operation))
}

fn unsupported(column: &Column, operation: &str) -> Error {
    match column.dtype() {
        DType::Datetime(_) => {
            Error::type_(format!("datetime64 type does not support operation '{operation}'"))
        }
        DType::Category => Error::type_(format!("category type does not support {operation} operations")),
        dtype => Error::type_(format!("dtype '{dtype}' does not support operation '{operation}'")),
    }
}

/// Sums with Kahan's compensation, group by group in row order.
pub(crate) struct Compensated {
    pub sums: Vec<f64>,
    lost: Vec<f64>,
}

impl Compensated {
    pub fn new(groups: usize) -> Self {
        Self { sums: vec![0.0; groups], lost: vec![0.0; groups] }
    }

    pub fn add(&mut self, group: usize, value: f64) {
        let corrected = value - self.lost[group];
        let sum = self.sums[group] + corrected;
        let lost = sum - self.sums[group] - corrected;
        // An infinite sum has no compensation.
        self.lost[group] = if lost.is_nan() { 0.0 } else { lost };
        self.sums[group] = sum;
    }
}

/// Floats in the dtype an aggregation of `column` has: nullable where the column is.
fn float_result(column: &Column, values: Vec<f64>) -> Result<Column> {
    match column.dtype() {
        DType::Nullable(_) | DType::Boolean => {
            let valid = values.iter().map(|value| !value.is_nan()).collect();
            Ok(Column::nullable(values, valid))
        }
        DType::FLOAT32 => Ok(Column::from(values).cast(DType::FLOAT32)?),
        _ => Ok(Column::from(values)),
    }
}

fn integer_result(column: &Column, values: Vec<i64>) -> Result<Column> {
    let all = Bitmap::filled(true, values.len());
    match column.dtype() {
        DType::Nullable(number) if number.is_unsigned() => {
            Ok(Column::nullable(values, all).cast("UInt64".parse()?)?)
        }
        DType::Nullable(_) | DType::Boolean => Ok(Column::nullable(values, all)),
        DType::Number(number) if number.is_unsigned() => Ok(Column::from(values).cast(DType::UINT64)?),
        _ => Ok(Column::from(values)),
    }
}

/// The values of an integer or boolean column as i64 (`uint64` in two's complement).
fn integers(column: &Column) -> Option<Cow<'_, [i64]>> {
    if !(column.dtype().is_integer() || column.dtype().is_bool()) {
        return None;
    }
    if let Some(values) = column.as_i64() {
        return Some(Cow::Borrowed(values));
    }
    if let Some(bits) = column.as_bool() {
        return Some(Cow::Owned(bits.iter().map(i64::from).collect()));
    }
    let cell = |row: usize| column.get(row).and_then(|scalar| scalar.as_i128()).unwrap_or(0) as i64;
    Some(Cow::Owned((0..column.len()).map(cell).collect()))
}

/// Aggregates a column over groups; the result has a row a group.
///
/// # Errors
/// `TypeError` for dtypes without the operation.
pub(crate) fn aggregate(column: &Column, grouping: Grouping<'_>, how: Aggregation) -> Result<Column> {
    match how {
        Aggregation::Size => {
            let mut sizes = vec![0i64; grouping.count];
            grouping.each(|group, _| sizes[group] += 1);
            Ok(Column::from(sizes))
        }
        Aggregation::Count => {
            let counts = Column::from(grouping.counts(column));
            let masked = matches!(column.dtype(), DType::Nullable(_) | DType::Boolean);
            Ok(if masked { counts.cast(DType::NULLABLE_INT64)? } else { counts })
        }
        Aggregation::Nunique => Ok(Column::from(distinct(column, grouping))),
        Aggregation::First | Aggregation::Last | Aggregation::Min | Aggregation::Max => {
            let rows = chosen_rows(column, grouping, how)?;
            Ok(column.reindex(&rows)?)
        }
        Aggregation::Any | Aggregation::All => truth(column, grouping, how),
        Aggregation::Sum => sum(column, grouping),
        Aggregation::Prod => prod(column, grouping),
        Aggregation::Mean => mean(column, grouping),
        Aggregation::Var | Aggregation::Std => {
            let values = floats(column, how.name())?;
            let mut spread = variances(column, &values, grouping);
            if how == Aggregation::Std {
                spread.iter_mut().for_each(|value| *value = value.sqrt());
            }
            float_result(column, spread)
        }
        Aggregation::Median | Aggregation::Quantile(_) => {
            let values = floats(column, how.name())?;
            let q = if let Aggregation::Quantile(q) = how { Some(q) } else { None };
            let middle = grouping.values(column, &values).into_iter().map(|mut values| {
                values.sort_by(f64::total_cmp);
                q.map_or_else(|| median(&values), |q| quantile(&values, q))
            });
            float_result(column, middle.collect())
        }
    }
}

/// Median of sorted values; NaN of none.
fn median(sorted: &[f64]) -> f64 {
    let middle = sorted.len() / 2;
    match sorted.len() {
        0 => f64::NAN,
        odd if odd % 2 == 1 => sorted[middle],
        _ => (sorted[middle - 1] + sorted[middle]) / 2.0,
    }
}

/// Quantile of sorted values, linear between two; NaN of none.
fn quantile(sorted: &[f64], q: f64) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else { return f64::NAN };
    let place = q * last as f64;
    let low = sorted[(place.floor() as usize).min(last)];
    let high = sorted[(place.ceil() as usize).min(last)];
    let fraction = place.fract();
    if fraction > 0.0 { low + (high - low) * fraction } else { low }
}

fn sum(column: &Column, grouping: Grouping<'_>) -> Result<Column> {
    if let Some(values) = integers(column) {
        let mut sums = vec![0i64; grouping.count];
        grouping.each_present(column, |group, row| sums[group] = sums[group].wrapping_add(values[row]));
        return narrowed(column, integer_result(column, sums)?);
    }
    if let DType::Timedelta(unit) = column.dtype() {
        let values = column.as_i64().unwrap_or_default();
        let mut sums = vec![0i64; grouping.count];
        grouping.each_present(column, |group, row| sums[group] = sums[group].wrapping_add(values[row]));
        return Ok(Column::timedelta(sums, unit));
    }
    if column.as_text().is_some() {
        let mut joined = vec![None::<String>; grouping.count];
        grouping.each_present(column, |group, row| {
            joined[group].get_or_insert_default().push_str(column.str_at(row).unwrap_or_default());
        });
        let texts: Column = joined.iter().map(|text| Some(text.as_deref().unwrap_or_default())).collect();
        return Ok(texts.cast(column.dtype())?);
    }
    let values = floats(column, "sum")?;
    if let Some(runs) = runs(column, grouping) {
        let narrow = column.dtype() == DType::FLOAT32;
        let sum = |values: &[f64]| match narrow {
            true => f64::from(reduceat_sum(&values.iter().map(|&value| value as f32).collect::<Vec<_>>())),
            false => reduceat_sum(values),
        };
        let mut sums = vec![0.0; grouping.count];
        let mut met = Conditions::default();
        for (group, rows) in runs {
            sums[group] = sum(&values[rows.clone()]);
            note_conditions(&mut met, sums[group], &values[rows]);
        }
        met.warn("reduceat");
        return float_result(column, sums);
    }
    let mut sums = Compensated::new(grouping.count);
    grouping.each_present(column, |group, row| sums.add(group, values[row]));
    float_result(column, sums.sums)
}

/// The rows of each group, where pandas takes them for runs: the groups stand in order and the values are plain numbers,
/// none missing.
fn runs(column: &Column, grouping: Grouping<'_>) -> Option<Vec<(usize, Range<usize>)>> {
    let is_plain = column.dtype().number().is_some() || column.dtype().is_bool();
    if !is_plain || column.dtype().is_nullable() || column.missing_count() > 0 || !grouping.codes.is_sorted()
    {
        return None;
    }
    let mut start = grouping.codes.partition_point(|&code| code < 0);
    let runs = grouping.codes[start..].chunk_by(|a, b| a == b).filter_map(|run| {
        let rows = start..start + run.len();
        start = rows.end;
        Some((usize::try_from(*run.first()?).ok()?, rows))
    });
    Some(runs.collect())
}

/// Notes what numpy warns of when it reduces a run, in which nothing is missing.
fn note_conditions(met: &mut Conditions, result: f64, run: &[f64]) {
    met.invalid |= result.is_nan();
    met.overflow |= result.is_infinite() && run.iter().all(|value| value.is_finite());
}

/// Sums of integers in the column's own dtype where all of them fit, as pandas gives them.
fn narrowed(column: &Column, wide: Column) -> Result<Column> {
    let range = column.dtype().number().and_then(|number| number.integer_range());
    let Some((low, high)) = range else { return Ok(wide) };
    let fits = |value: Scalar| value.as_i128().is_none_or(|value| (low..=high).contains(&value));
    if wide.dtype() == column.dtype() || !wide.iter().all(fits) {
        return Ok(wide);
    }
    Ok(wide.cast(column.dtype())?)
}

fn prod(column: &Column, grouping: Grouping<'_>) -> Result<Column> {
    if let Some(values) = integers(column) {
        let mut products = vec![1i64; grouping.count];
        grouping
            .each_present(column, |group, row| products[group] = products[group].wrapping_mul(values[row]));
        return narrowed(column, integer_result(column, products)?);
    }
    let values = floats(column, "prod")?;
    let mut products = vec![1.0; grouping.count];
    grouping.each_present(column, |group, row| products[group] *= values[row]);
    let mut met = Conditions::default();
    for (group, rows) in runs(column, grouping).unwrap_or_default() {
        note_conditions(&mut met, products[group], &values[rows]);
    }
    met.warn("reduceat");
    float_result(column, products)
}

fn mean(column: &Column, grouping: Grouping<'_>) -> Result<Column> {
    let time = match column.dtype() {
        DType::Datetime(_) | DType::Timedelta(_) => column.as_i64(),
        _ => None,
    };
    let values = match time {
        Some(ticks) => Cow::Owned(ticks.iter().map(|&tick| tick as f64).collect()),
        None => floats(column, "mean")?,
    };
    if let Some(runs) = runs(column, grouping) {
        let mut means = vec![f64::NAN; grouping.count];
        let mut met = Conditions::default();
        for (group, rows) in runs {
            let sum = reduceat_sum(&values[rows.clone()]);
            note_conditions(&mut met, sum, &values[rows.clone()]);
            means[group] = sum / rows.len() as f64;
        }
        met.warn("reduceat");
        return Ok(Column::from(means));
    }
    let mut sums = Compensated::new(grouping.count);
    let mut counts = vec![0u64; grouping.count];
    grouping.each_present(column, |group, row| {
        counts[group] += 1;
        sums.add(group, values[row]);
    });
    let means = sums
        .sums
        .iter()
        .zip(&counts)
        .map(|(&sum, &count)| if count == 0 { f64::NAN } else { sum / count as f64 });
    match column.dtype() {
        DType::Datetime(unit) => Ok(Column::datetime(
            means.map(|mean| if mean.is_nan() { i64::MIN } else { mean as i64 }).collect(),
            unit,
        )),
        DType::Timedelta(unit) => Ok(Column::timedelta(
            means.map(|mean| if mean.is_nan() { i64::MIN } else { mean as i64 }).collect(),
            unit,
        )),
        _ => float_result(column, means.collect()),
    }
}

/// Welford's variance of each group, one degree of freedom taken off.
fn variances(column: &Column, values: &[f64], grouping: Grouping<'_>) -> Vec<f64> {
    let mut counts = vec![0.0f64; grouping.count];
    let mut means = vec![0.0f64; grouping.count];
    let mut squares = vec![0.0f64; grouping.count];
    grouping.each_present(column, |group, row| {
        let value = values[row];
        counts[group] += 1.0;
        let before = means[group];
        means[group] += (value - before) / counts[group];
        squares[group] += (value - means[group]) * (value - before);
    });
    let spread =
        |(square, count): (&f64, &f64)| if *count <= 1.0 { f64::NAN } else { square / (count - 1.0) };
    squares.iter().zip(&counts).map(spread).collect()
}

fn distinct(column: &Column, grouping: Grouping<'_>) -> Vec<i64> {
    let found = factorize(column, Missing::Drop);
    let mut pairs: Vec<(usize, i64)> = Vec::with_capacity(column.len());
    grouping.each_present(column, |group, row| pairs.push((group, found.codes[row])));
    pairs.sort_unstable();
    pairs.dedup();
    let mut counts = vec![0i64; grouping.count];
    pairs.iter().for_each(|&(group, _)| counts[group] += 1);
    counts
}

/// The row whose value stands for each group, −1 for a group without values.
fn chosen_rows(column: &Column, grouping: Grouping<'_>, how: Aggregation) -> Result<Vec<i64>> {
    let mut rows = vec![-1i64; grouping.count];
    match how {
        Aggregation::First => grouping.each_present(column, |group, row| {
            if rows[group] < 0 {
                rows[group] = row as i64;
            }
        }),
        Aggregation::Last => grouping.each_present(column, |group, row| rows[group] = row as i64),
        _ => {
            if column.dtype() == DType::Category && !column.is_ordered() {
                let message = format!("Cannot perform {} with non-ordered Categorical", how.name());
                return Err(Error::type_(message));
            }
            let smallest = how == Aggregation::Min;
            let mut choose = |better: &dyn Fn(usize, usize) -> bool| {
                grouping.each_present(column, |group, row| match usize::try_from(rows[group]) {
                    Ok(held) if !better(row, held) => {}
                    _ => rows[group] = row as i64,
                });
            };
            if let Some(values) = column.as_f64() {
                choose(&|row, held| {
                    if smallest { values[row] < values[held] } else { values[row] > values[held] }
                });
            } else if let Some(values) = column.as_i64() {
                choose(&|row, held| {
                    if smallest { values[row] < values[held] } else { values[row] > values[held] }
                });
            } else {
                let ranks = ranks(column)?;
                choose(&|row, held| {
                    if smallest { ranks[row] < ranks[held] } else { ranks[row] > ranks[held] }
                });
            }
        }
    }
    Ok(rows)
}

fn truth(column: &Column, grouping: Grouping<'_>, how: Aggregation) -> Result<Column> {
    let start = how == Aggregation::All;
    let mut found = vec![start; grouping.count];
    let is_true = |row: usize| match column.get(row) {
        Some(Scalar::Str(text)) => !text.is_empty(),
        Some(scalar) => scalar.as_f64().is_some_and(|value| value != 0.0),
        None => false,
    };
    if matches!(column.dtype(), DType::Datetime(_)) {
        return Err(Error::type_(format!("'{}' with datetime64 dtypes is not supported", how.name())));
    }
    grouping.each_present(column, |group, row| {
        if is_true(row) != start {
            found[group] = !start;
        }
    });
    let bits: Bitmap = found.into_iter().collect();
    Ok(match column.dtype().is_nullable() && !column.dtype().is_text() {
        true => Column::boolean(bits.clone(), Bitmap::filled(true, bits.len())),
        false => Column::from(bits),
    })
}

/// Running sums in each group: missing rows stay missing and add nothing.
pub(crate) fn cumulative_sum(column: &Column, grouping: Grouping<'_>) -> Result<Column> {
    let outside = grouping.codes.contains(&-1);
    if let (Some(values), None, false) = (integers(column), column.validity(), outside) {
        let mut sums = vec![0i64; grouping.count];
        let mut out = vec![0i64; values.len()];
        grouping.each(|group, row| {
            sums[group] = sums[group].wrapping_add(values[row]);
            out[row] = sums[group];
        });
        return integer_result(column, out);
    }
    let values = floats(column, "cumsum")?;
    let mut sums = Compensated::new(grouping.count);
    let mut out = vec![f64::NAN; values.len()];
    grouping.each_present(column, |group, row| {
        sums.add(group, values[row]);
        out[row] = sums.sums[group];
    });
    float_result(column, out)
}
