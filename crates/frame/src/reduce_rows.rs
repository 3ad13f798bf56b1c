//! Reductions along the rows of numbers and booleans: every row in the dtype that its columns have in common.

use column::{Column, DType, Native, Number, Scalar, concat_dtype};

use crate::aggregation::Aggregation;
use crate::error::Result;
use crate::reduce::{Reduce, reduced};

/// Whether every column is of numbers or booleans without a mask.
pub(crate) fn are_numbers(columns: &[Column]) -> bool {
    !columns.is_empty()
        && columns.iter().all(|column| matches!(column.dtype(), DType::Bool | DType::Number(_)))
}

/// Each row of columns for which [`are_numbers`] holds, reduced to one value. Sums go from left to right, as numpy adds
/// the rows of a block; integers stay integers and wrap.
pub(crate) fn by_row(columns: &[Column], rows: usize, how: Aggregation, options: &Reduce) -> Result<Column> {
    let numbers = columns.iter().map(Column::dtype).filter(|dtype| *dtype != DType::Bool);
    let common = numbers.reduce(concat_dtype).unwrap_or(DType::Bool);
    match how {
        Aggregation::Sum | Aggregation::Prod => totals(columns, rows, how, options, common),
        Aggregation::Min | Aggregation::Max => extremes(columns, rows, how, options, common),
        Aggregation::Mean => means(columns, rows, options, common),
        _ => others(columns, rows, how, options, common),
    }
}

fn cast(columns: &[Column], dtype: DType) -> Result<Vec<Column>> {
    Ok(columns.iter().map(|column| column.cast(dtype)).collect::<column::Result<_>>()?)
}

fn collected<T>(values: impl Iterator<Item = T>) -> Column
where
    Vec<T>: Into<Column>,
{
    values.collect::<Vec<T>>().into()
}

/// The rows of columns of one type, folded from left to right, and of how many values each is made.
fn folded<T: Native>(
    columns: &[Column],
    rows: usize,
    start: Option<T>,
    skip: impl Fn(T) -> bool,
    step: impl Fn(T, T) -> T,
) -> Vec<(Option<T>, usize)> {
    let mut held = vec![(start, 0); rows];
    for values in columns.iter().filter_map(|column| column.native::<T>()) {
        for (slot, value) in held.iter_mut().zip(values.iter().copied()).filter(|(_, value)| !skip(*value)) {
            *slot = (Some(slot.0.map_or(value, |sum| step(sum, value))), slot.1 + 1);
        }
    }
    held
}

fn totals(
    columns: &[Column],
    rows: usize,
    how: Aggregation,
    options: &Reduce,
    common: DType,
) -> Result<Column> {
    let sum = how == Aggregation::Sum;
    let dtype = match common {
        DType::Number(number) if number.is_float() => common,
        DType::Number(number) if number.is_unsigned() => DType::UINT64,
        _ => DType::INT64,
    };
    let columns = cast(columns, dtype)?;
    let few = options.min_count;
    Ok(match dtype {
        DType::FLOAT64 => {
            let start = if sum { 0.0 } else { 1.0 };
            let step = |a: f64, b: f64| if sum { a + b } else { a * b };
            let rows = folded(&columns, rows, Some(start), |x| options.skipna && x.is_nan(), step);
            collected(rows.into_iter().map(|(x, count)| x.filter(|_| count >= few).unwrap_or(f64::NAN)))
        }
        DType::FLOAT32 => {
            let start = if sum { 0.0 } else { 1.0 };
            let step = |a: f32, b: f32| if sum { a + b } else { a * b };
            let rows = folded(&columns, rows, Some(start), |x| options.skipna && x.is_nan(), step);
            collected(rows.into_iter().map(|(x, count)| x.filter(|_| count >= few).unwrap_or(f32::NAN)))
        }
        // Integers are never missing: there are enough in each row, or in none.
        _ if columns.len() < few => Column::from(vec![f64::NAN; rows]),
        DType::UINT64 => {
            let step = |a: u64, b: u64| if sum { a.wrapping_add(b) } else { a.wrapping_mul(b) };
            let rows = folded(&columns, rows, Some(u64::from(!sum)), |_| false, step);
            collected(rows.into_iter().map(|(x, _)| x.unwrap_or_default()))
        }
        _ => {
            let step = |a: i64, b: i64| if sum { a.wrapping_add(b) } else { a.wrapping_mul(b) };
            let rows = folded(&columns, rows, Some(i64::from(!sum)), |_| false, step);
            collected(rows.into_iter().map(|(x, _)| x.unwrap_or_default()))
        }
    })
}

fn extremes(
    columns: &[Column],
    rows: usize,
    how: Aggregation,
    options: &Reduce,
    common: DType,
) -> Result<Column> {
    let max = how == Aggregation::Max;
    let float = matches!(common, DType::Number(number) if number.is_float());
    let dtype = match common {
        _ if float => DType::FLOAT64,
        DType::Number(Number::UInt64) => DType::UINT64,
        _ => DType::INT64,
    };
    // Integers of every width fit in 64 bits, and a float of 32 bits in one of 64.
    let columns = cast(columns, dtype)?;
    let found: Column = match dtype {
        DType::FLOAT64 => {
            let step = |a: f64, b: f64| match () {
                () if a.is_nan() => a,
                () if b.is_nan() || (b > a) == max && b != a => b,
                () => a,
            };
            let rows = folded(&columns, rows, None, |x| options.skipna && x.is_nan(), step);
            collected(rows.into_iter().map(|(x, _)| x.unwrap_or(f64::NAN)))
        }
        DType::UINT64 => {
            let rows =
                folded::<u64>(&columns, rows, None, |_| false, |a, b| if max { a.max(b) } else { a.min(b) });
            collected(rows.into_iter().map(|(x, _)| x.unwrap_or_default()))
        }
        _ => {
            let rows =
                folded::<i64>(&columns, rows, None, |_| false, |a, b| if max { a.max(b) } else { a.min(b) });
            collected(rows.into_iter().map(|(x, _)| x.unwrap_or_default()))
        }
    };
    Ok(found.cast(common)?)
}

fn means(columns: &[Column], rows: usize, options: &Reduce, common: DType) -> Result<Column> {
    if common == DType::FLOAT32 {
        let columns = cast(columns, common)?;
        let rows = folded(&columns, rows, Some(0.0), |x: f32| options.skipna && x.is_nan(), |a, b| a + b);
        return Ok(collected(rows.into_iter().map(|(sum, count)| sum.unwrap_or(f32::NAN) / count as f32)));
    }
    let columns = cast(columns, DType::FLOAT64)?;
    let rows = folded(&columns, rows, Some(0.0), |x: f64| options.skipna && x.is_nan(), |a, b| a + b);
    Ok(collected(rows.into_iter().map(|(sum, count)| sum.unwrap_or(f64::NAN) / count as f64)))
}

/// What takes a row's values at once: in f64, and as objects where booleans stand beside numbers, which pandas then
/// reads as objects.
fn others(
    columns: &[Column],
    rows: usize,
    how: Aggregation,
    options: &Reduce,
    common: DType,
) -> Result<Column> {
    let cells: Vec<Vec<f64>> = columns.iter().map(Column::floats).collect();
    let mut found = Vec::with_capacity(rows);
    for row in 0..rows {
        let values: Vec<f64> = cells.iter().filter_map(|column| column.get(row).copied()).collect();
        found.push(match how {
            Aggregation::Var | Aggregation::Std => Scalar::Float(spread(&values, how, options)),
            _ => reduced(&Column::from(values), how, options)?,
        });
    }
    if how == Aggregation::Count {
        return Ok(Column::infer(found).cast(DType::INT64)?);
    }
    let mixed = common != DType::Bool && columns.iter().any(|column| column.dtype() == DType::Bool);
    let found = Column::object(found);
    Ok(match common {
        _ if mixed => found,
        DType::FLOAT32 => found.cast(DType::FLOAT32)?,
        _ => found.cast(DType::FLOAT64)?,
    })
}

/// Variance or standard deviation in two passes from left to right.
fn spread(values: &[f64], how: Aggregation, options: &Reduce) -> f64 {
    let present = || values.iter().copied().filter(|value| !(options.skipna && value.is_nan()));
    let count = present().count();
    if count <= options.ddof {
        return f64::NAN;
    }
    let mean = present().fold(0.0, |sum, value| sum + value) / count as f64;
    let squares = present().fold(0.0, |sum, value| sum + (mean - value) * (mean - value));
    let variance = squares / (count - options.ddof) as f64;
    if how == Aggregation::Std { variance.sqrt() } else { variance }
}
