//! The dtypes that pandas looks for in what it read from JSON: dates, then floats, then integers.

use column::{Column, DType, ErrorKind, Scalar, TimeUnit};

use crate::error::{Error, Result};

/// Seconds of a year: numbers below are no dates.
const STAMP_SECONDS_MIN: f64 = 31_536_000.0;

/// Integers or floats where every value reads as one; any other column as it is.
pub(super) fn numbers(column: Column) -> Column {
    let column = match column.dtype() {
        DType::Object | DType::Str => match (integers(&column), floats(&column)) {
            (Some(integers), _) => return integers,
            (None, Some(floats)) => return floats,
            (None, None) => column,
        },
        _ => column,
    };
    let whole = |value: &f64| value.fract() == 0.0 && (-9.3e18..9.2e18).contains(value);
    match column.as_f64() {
        Some(values) if !values.is_empty() && values.iter().all(whole) => {
            values.iter().map(|&value| value as i64).collect::<Vec<_>>().into()
        }
        _ => column,
    }
}

fn integers(column: &Column) -> Option<Column> {
    let one = |scalar: Scalar| match scalar {
        Scalar::Int(value) => Some(value),
        Scalar::Bool(value) => Some(i64::from(value)),
        Scalar::Str(text) => match column::parse_int(&text)? {
            Scalar::Int(value) => Some(value),
            _ => None,
        },
        _ => None,
    };
    let values = column.iter().map(one).collect::<Option<Vec<i64>>>()?;
    (!values.is_empty()).then(|| values.into())
}

fn floats(column: &Column) -> Option<Column> {
    let one = |scalar: Scalar| match scalar {
        Scalar::Str(text) => column::parse_float(&text),
        missing if missing.is_missing() => Some(f64::NAN),
        other => other.as_f64(),
    };
    column.iter().map(one).collect::<Option<Vec<f64>>>().map(Column::from)
}

/// Datetimes where every value reads as one; numbers in `unit`, or in the first one in which all fit 64 bits of
/// nanoseconds.
///
/// # Errors
/// `NotImplementedError` for texts with a zone that columns cannot hold.
pub(super) fn dates(column: &Column, unit: Option<TimeUnit>) -> Result<Option<Column>> {
    if column.is_empty() || column.dtype() == DType::Bool {
        return Ok(None);
    }
    let textual = matches!(column.dtype(), DType::Str | DType::Object);
    let column = match textual.then(|| integers(column)).flatten() {
        Some(integers) => integers,
        None => column.clone(),
    };
    if column.missing_count() == column.len() || column.iter().all(|value| value.as_str() == Some("")) {
        return Ok(Some(Column::datetime(vec![i64::MIN; column.len()], TimeUnit::Second)));
    }
    if !column.dtype().is_numeric() {
        return texts(&column);
    }
    let smallest = STAMP_SECONDS_MIN * unit.map_or(1.0, |unit| unit.per_second() as f64);
    let values = || column.iter().map(|value| value.as_f64().filter(|value| !value.is_nan()));
    if !values().flatten().all(|value| value > smallest) {
        return Ok(None);
    }
    let units = [TimeUnit::Second, TimeUnit::Milli, TimeUnit::Micro, TimeUnit::Nano];
    let candidates = unit.map_or(units.to_vec(), |unit| vec![unit]);
    Ok(candidates.into_iter().find_map(|from| stamps(&column, from, unit.is_some())))
}

/// Numbers of `unit` as microseconds, nanoseconds as such; also fractions become nanoseconds.
fn stamps(column: &Column, unit: TimeUnit, wide: bool) -> Option<Column> {
    let fractions = column
        .iter()
        .any(|value| matches!(value, Scalar::Float(value) if value.fract() != 0.0 && !value.is_nan()));
    let to = if unit == TimeUnit::Nano || fractions { TimeUnit::Nano } else { TimeUnit::Micro };
    let one = |value: Scalar| -> Option<i64> {
        if value.is_missing() {
            return Some(i64::MIN);
        }
        let ticks = match value {
            Scalar::Float(value) if value.fract() != 0.0 => {
                (value * (1_000_000_000 / unit.per_second()) as f64).round() as i128
            }
            Scalar::Float(value) => value as i128 * i128::from(1_000_000_000 / unit.per_second()),
            other => other.as_i128()?.checked_mul(i128::from(1_000_000_000 / unit.per_second()))?,
        };
        if !wide {
            i64::try_from(ticks).ok()?;
        }
        i64::try_from(if to == TimeUnit::Micro { ticks / 1_000 } else { ticks }).ok()
    };
    Some(Column::datetime(column.iter().map(one).collect::<Option<Vec<_>>>()?, to))
}

/// Texts as datetimes, each by its own format where the first one's does not fit all.
fn texts(column: &Column) -> Result<Option<Column>> {
    // pandas does not say here that it guesses a format.
    let parsed = |column: &Column| match column::with_warnings(|| column.to_datetime(None, false)).0 {
        Ok(times) => Ok(Some(times)),
        Err(error) if error.kind() == ErrorKind::NotImplemented => Err(Error::from(error)),
        Err(_) => Ok(None),
    };
    if column.iter().any(|value| !value.is_missing() && value.as_str().is_none()) {
        return Ok(None);
    }
    if column.iter().any(|value| value.as_str().is_some_and(has_zone)) {
        let zoned = parsed(column)?.filter(|times| !matches!(times.dtype(), DType::Datetime(_)));
        return match zoned {
            Some(times) => Ok(Some(times)),
            None => Err(Error::not_implemented("read_json of dates with a zone (pass convert_dates=False)")),
        };
    }
    if let Some(times) = parsed(column)? {
        return Ok(Some(times));
    }
    let mut ticks = Vec::with_capacity(column.len());
    for value in column.iter() {
        let Some(text) = value.as_str().filter(|text| !text.is_empty()) else {
            ticks.push(i64::MIN);
            continue;
        };
        let one: Column = vec![text].into();
        match parsed(&one)?.and_then(|times| times.cast(DType::DATETIME_US).ok()) {
            Some(times) => ticks.extend_from_slice(times.as_i64().unwrap_or(&[])),
            None => return Ok(None),
        }
    }
    Ok(Some(Column::datetime(ticks, TimeUnit::Micro)))
}

/// Whether a text is a date and a time with `Z` or an offset behind them.
fn has_zone(text: &str) -> bool {
    let Some((date, time)) = text.split_once(['T', ' ']) else { return false };
    let is_date =
        date.len() >= 8 && date.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'-' | b'/'));
    is_date
        && time.starts_with(|c: char| c.is_ascii_digit())
        && (time.ends_with(['Z', 'z']) || time.contains('+') || time.contains('-'))
}
