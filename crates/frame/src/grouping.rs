//! Rows by the number of their group: how aggregations walk over them, what they read and in which dtype they answer.

use std::borrow::Cow;

use column::{Bitmap, Column, DType, Number, Scalar};

use crate::error::{Error, Result};

/// Group numbers of a column's rows; −1 is in no group.
#[derive(Clone, Copy)]
pub(crate) struct Grouping<'a> {
    pub codes: &'a [i64],
    pub count: usize,
}

impl Grouping<'_> {
    /// Calls `visit(group, row)` for every row that is in a group, in row order.
    pub(crate) fn each(self, mut visit: impl FnMut(usize, usize)) {
        for (row, &code) in self.codes.iter().enumerate() {
            if let Ok(group) = usize::try_from(code) {
                visit(group, row);
            }
        }
    }

    /// Calls `visit(group, row)` for every row that is in a group and whose value is present.
    pub(crate) fn each_present(self, column: &Column, mut visit: impl FnMut(usize, usize)) {
        match column.valid() {
            None => self.each(visit),
            Some(valid) => self.each(|group, row| {
                if valid.get(row) {
                    visit(group, row);
                }
            }),
        }
    }

    pub(crate) fn counts(self, column: &Column) -> Vec<i64> {
        let mut counts = vec![0i64; self.count];
        self.each_present(column, |group, _| counts[group] += 1);
        counts
    }

    /// The present values of each group, in row order: offsets into the second vector, one more than there are groups.
    pub(crate) fn values(self, column: &Column, floats: &[f64]) -> (Vec<usize>, Vec<f64>) {
        let mut offsets = Vec::with_capacity(self.count + 1);
        let mut end = 0;
        for count in self.counts(column) {
            offsets.push(end);
            end += count as usize;
        }
        let mut next = offsets.clone();
        offsets.push(end);
        let mut values = vec![0.0; end];
        self.each_present(column, |group, row| {
            values[next[group]] = floats[row];
            next[group] += 1;
        });
        (offsets, values)
    }
}

/// The values as f64; missing ones hold any number.
pub(crate) fn floats<'a>(column: &'a Column, operation: &str) -> Result<Cow<'a, [f64]>> {
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

/// The values of an integer or boolean column as i64 (`uint64` in two's complement).
pub(crate) fn integers(column: &Column) -> Option<Cow<'_, [i64]>> {
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

/// Floats in the dtype an aggregation of `column` has: nullable where the column is.
pub(crate) fn float_result(column: &Column, values: Vec<f64>) -> Result<Column> {
    match column.dtype() {
        DType::Nullable(number) => {
            let valid = values.iter().map(|value| !value.is_nan()).collect();
            let found = Column::nullable(values, valid);
            Ok(if number == Number::Float32 { found.cast(column.dtype())? } else { found })
        }
        DType::Boolean => {
            let valid = values.iter().map(|value| !value.is_nan()).collect();
            Ok(Column::nullable(values, valid))
        }
        DType::FLOAT32 => Ok(Column::from(values).cast(DType::FLOAT32)?),
        _ => Ok(Column::from(values)),
    }
}

pub(crate) fn integer_result(column: &Column, values: Vec<i64>) -> Result<Column> {
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

/// Sums of integers in the column's own dtype where all of them fit, as pandas gives them.
pub(crate) fn narrowed(column: &Column, wide: Column) -> Result<Column> {
    let range = column.dtype().number().and_then(|number| number.integer_range());
    let Some((low, high)) = range else { return Ok(wide) };
    let fits = |value: Scalar| value.as_i128().is_none_or(|value| (low..=high).contains(&value));
    if wide.dtype() == column.dtype() || !wide.iter().all(fits) {
        return Ok(wide);
    }
    Ok(wide.cast(column.dtype())?)
}

/// The ticks of a time that was reckoned in floats; NaN is NaT.
pub(crate) fn ticks_of(value: f64) -> i64 {
    if value.is_nan() { i64::MIN } else { value as i64 }
}

/// [`floats`], and of times their ticks.
pub(crate) fn floats_or_ticks<'a>(column: &'a Column, operation: &str) -> Result<Cow<'a, [f64]>> {
    match column.as_i64() {
        Some(ticks) if column.dtype().is_time() => {
            Ok(Cow::Owned(ticks.iter().map(|&tick| tick as f64).collect()))
        }
        _ => floats(column, operation),
    }
}

/// pandas converts objects to floats before it takes a root, so the first text among them is what fails.
fn unconvertible(column: &Column, operation: &str) -> Error {
    let text = (0..column.len()).find_map(|row| match column.get(row) {
        Some(Scalar::Str(text)) => Some(text),
        _ => None,
    });
    match text {
        Some(text) => Error::value(format!("could not convert string to float: '{text}'")),
        None => Error::type_(format!("agg function failed [how->{operation},dtype->object]")),
    }
}

pub(crate) fn unsupported(column: &Column, operation: &str) -> Error {
    match column.dtype() {
        DType::Datetime(_) | DType::Zoned(..) => {
            Error::type_(format!("datetime64 type does not support operation '{operation}'"))
        }
        DType::Timedelta(_) => {
            Error::type_(format!("timedelta64 type does not support {operation} operations"))
        }
        DType::Category if ["mean", "median", "var", "std", "sem"].contains(&operation) => {
            Error::type_(format!("category dtype does not support aggregation '{operation}'"))
        }
        DType::Category if operation == "quantile" => Error::type_("No matching signature found"),
        DType::Category => Error::type_(format!("category type does not support {operation} operations")),
        DType::Object if operation.starts_with("cum") => {
            Error::type_(format!("{operation} is not supported for object dtype"))
        }
        DType::Object if ["std", "sem"].contains(&operation) => unconvertible(column, operation),
        DType::Object if operation != "quantile" => {
            Error::type_(format!("agg function failed [how->{operation},dtype->object]"))
        }
        dtype @ DType::Interval(..) => {
            Error::type_(format!("agg function failed [how->{operation},dtype->{dtype}]"))
        }
        dtype => Error::type_(format!("dtype '{dtype}' does not support operation '{operation}'")),
    }
}
