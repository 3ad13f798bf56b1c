//! Aggregations of one column over groups.
//!
//! Float sums are compensated (Kahan) and variances are Welford's, both a group at a time in row order. Where each
//! group's rows stand together and in the groups' order, a sum is numpy's `reduceat` instead: these are the algorithms
//! whose bits pandas gives. pandas looks for missing values in a whole block of columns before it decides; blocks do
//! not exist here, so each column decides for itself.

use column::{Bitmap, Column, DType, Scalar};

use crate::aggregation::{Aggregation, GroupReduce};
use crate::error::{Error, Result};
use crate::grouping::{Grouping, float_result, floats, floats_or_ticks, ticks_of, unsupported};
use crate::keys::{Missing, factorize};
use crate::moments::Moments;
use crate::order::ranks;
use crate::quantiles::middle;
use crate::totals::{mean, prod, sum};

impl GroupReduce {
    /// The groups whose result is missing whatever their values are.
    fn lacking(&self, column: &Column, grouping: Grouping<'_>, how: Aggregation) -> Vec<bool> {
        use Aggregation::{All, Any, Count, First, Last, Nunique, Size};
        if matches!(how, Count | Size | Nunique | Any | All) {
            return Vec::new();
        }
        let mut lacking = Vec::new();
        if self.min_count > 0 {
            lacking = grouping.counts(column).iter().map(|&count| count < self.min_count).collect();
        }
        if !self.skipna && !matches!(how, First | Last) && column.valid().is_some() {
            lacking.resize(grouping.count, false);
            grouping.each(|group, row| lacking[group] |= column.is_missing(row));
        }
        lacking
    }
}

/// Aggregates a column over groups; the result has a row a group.
///
/// # Errors
/// `TypeError` for dtypes without the operation.
pub(crate) fn aggregate(column: &Column, grouping: Grouping<'_>, how: Aggregation) -> Result<Column> {
    aggregate_with(column, grouping, how, &GroupReduce::default())
}

/// [`aggregate`] with options.
///
/// # Errors
/// `TypeError` for dtypes without the operation.
pub(crate) fn aggregate_with(
    column: &Column,
    grouping: Grouping<'_>,
    how: Aggregation,
    options: &GroupReduce,
) -> Result<Column> {
    let found = match as_numbers(column, how) {
        Some(numbers) => match aggregate_any(&numbers, grouping, how, options)? {
            spread if matches!(how, Aggregation::Std | Aggregation::Sem) => spread,
            found => found.cast(DType::Object)?,
        },
        None => aggregate_any(column, grouping, how, options)?,
    };
    let lacking = options.lacking(column, grouping, how);
    if !lacking.contains(&true) {
        return Ok(found);
    }
    let row = |group: usize| if lacking[group] { -1 } else { group as i64 };
    Ok(found.reindex(&(0..grouping.count).map(row).collect::<Vec<i64>>())?)
}

/// An `object` column of numbers as float64, for the aggregations that Python does number by number.
fn as_numbers(column: &Column, how: Aggregation) -> Option<Column> {
    use Aggregation::{Kurt, Mean, Median, Sem, Skew, Std, Var};
    let is_wanted = matches!(how, Mean | Median | Var | Std | Sem | Skew | Kurt);
    let scalars = column.as_object().filter(|_| is_wanted)?;
    let number = |scalar: &Scalar| if scalar.is_missing() { Some(f64::NAN) } else { scalar.as_f64() };
    Some(Column::from(scalars.iter().map(number).collect::<Option<Vec<f64>>>()?))
}

fn aggregate_any(
    column: &Column,
    grouping: Grouping<'_>,
    how: Aggregation,
    options: &GroupReduce,
) -> Result<Column> {
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
        Aggregation::Nunique => Ok(Column::from(distinct(column, grouping, options.dropna))),
        Aggregation::First | Aggregation::Last | Aggregation::Min | Aggregation::Max => {
            let rows = match how {
                Aggregation::First | Aggregation::Last if !options.skipna => edge_rows(grouping, how),
                _ => chosen_rows(column, grouping, how)?,
            };
            Ok(column.reindex(&rows)?)
        }
        Aggregation::Any | Aggregation::All => truth(column, grouping, how, options.skipna),
        Aggregation::Sum => sum(column, grouping),
        Aggregation::Prod => prod(column, grouping),
        Aggregation::Mean => mean(column, grouping),
        Aggregation::Var | Aggregation::Std | Aggregation::Sem => spread(column, grouping, how, options.ddof),
        Aggregation::Skew | Aggregation::Kurt => {
            let values = floats(column, how.name())?;
            let moments = Moments::of(column, &values, grouping);
            float_result(column, moments.iter().map(|group| group.standardised(how)).collect())
        }
        Aggregation::Median | Aggregation::Quantile(_) => {
            middle(column, grouping, how, options.interpolation)
        }
    }
}

/// Variance, its root, or the standard error; of times only the latter two, as durations.
fn spread(column: &Column, grouping: Grouping<'_>, how: Aggregation, ddof: usize) -> Result<Column> {
    let time = column.dtype().time_unit().filter(|_| how != Aggregation::Var);
    let values =
        if time.is_some() { floats_or_ticks(column, how.name()) } else { floats(column, how.name()) }?;
    let (mut spread, counts) = variances(column, &values, grouping, ddof as f64);
    match how {
        Aggregation::Std => spread.iter_mut().for_each(|value| *value = value.sqrt()),
        Aggregation::Sem => {
            spread.iter_mut().zip(&counts).for_each(|(value, count)| *value = (*value / count).sqrt());
        }
        _ => {}
    }
    match time {
        Some(unit) => Ok(Column::timedelta(spread.into_iter().map(ticks_of).collect(), unit)),
        None => float_result(column, spread),
    }
}

/// Welford's variance of each group with `ddof` degrees of freedom taken off, and the number of its values.
fn variances(column: &Column, values: &[f64], grouping: Grouping<'_>, ddof: f64) -> (Vec<f64>, Vec<f64>) {
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
        |(square, count): (&f64, &f64)| if *count <= ddof { f64::NAN } else { square / (count - ddof) };
    (squares.iter().zip(&counts).map(spread).collect(), counts)
}

fn distinct(column: &Column, grouping: Grouping<'_>, dropna: bool) -> Vec<i64> {
    let found = factorize(column, if dropna { Missing::Drop } else { Missing::Keep });
    let mut pairs: Vec<(usize, i64)> = Vec::with_capacity(column.len());
    grouping.each(|group, row| {
        if found.codes[row] >= 0 {
            pairs.push((group, found.codes[row]));
        }
    });
    pairs.sort_unstable();
    pairs.dedup();
    let mut counts = vec![0i64; grouping.count];
    pairs.iter().for_each(|&(group, _)| counts[group] += 1);
    counts
}

/// The first or last row of each group, whatever stands in it.
fn edge_rows(grouping: Grouping<'_>, how: Aggregation) -> Vec<i64> {
    let mut rows = vec![-1i64; grouping.count];
    grouping.each(|group, row| {
        if how == Aggregation::Last || rows[group] < 0 {
            rows[group] = row as i64;
        }
    });
    rows
}

/// The row whose value stands for each group, −1 for a group without values.
pub(crate) fn chosen_rows(column: &Column, grouping: Grouping<'_>, how: Aggregation) -> Result<Vec<i64>> {
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
                let ranks = match (ranks(column), column.dtype()) {
                    (Err(_), DType::Object) => return Err(unsupported(column, how.name())),
                    (ranks, _) => ranks?,
                };
                choose(&|row, held| {
                    if smallest { ranks[row] < ranks[held] } else { ranks[row] > ranks[held] }
                });
            }
        }
    }
    Ok(rows)
}

fn truth(column: &Column, grouping: Grouping<'_>, how: Aggregation, skipna: bool) -> Result<Column> {
    let start = how == Aggregation::All;
    let mut found = vec![start; grouping.count];
    let is_true = |row: usize| match column.get(row) {
        Some(Scalar::Str(text)) => !text.is_empty(),
        Some(Scalar::List(items) | Scalar::Tuple(items)) => !items.is_empty(),
        Some(Scalar::Timedelta(ticks, _)) => ticks != 0,
        Some(scalar) => scalar.as_f64().is_some_and(|value| value != 0.0),
        None => false,
    };
    if column.dtype().is_datetime() {
        let name = how.name();
        return Err(Error::type_(format!(
            "'{name}' with datetime64 dtypes is not supported. Use (obj != pd.Timestamp(0)).{name}() instead."
        )));
    }
    // NaN and None are as true as Python has them; NA is not asked.
    if !skipna && !column.dtype().is_nullable() {
        grouping.each(|group, row| {
            if column.is_missing(row) && column.get(row).is_some_and(|value| value != Scalar::None) != start {
                found[group] = !start;
            }
        });
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
