//! The engine's kernels of times and categories, as methods of `Column`.

use ::column::{Ambiguous, Column as Values, DatetimePart, Nonexistent, TimeRounding, TimedeltaPart, Zone};
use pyo3::exceptions::{PyAttributeError, PyValueError};
use pyo3::prelude::*;

use crate::column::Column;
use crate::error::of_column;
use crate::scalar::unit;
use crate::values;

fn zone(py: Python<'_>, key: &str) -> PyResult<Zone> {
    of_column(py, || key.parse::<Zone>())
}

/// pandas' `ambiguous`: a word, or a `bool` column.
fn ambiguous(given: &Bound<'_, PyAny>) -> PyResult<Ambiguous> {
    if let Ok(column) = given.cast::<Column>() {
        return match column.get().values.as_bool() {
            Some(bits) => Ok(Ambiguous::Dst(bits.clone())),
            None => Err(PyValueError::new_err("expected booleans for ambiguous")),
        };
    }
    match given.extract::<String>()?.as_str() {
        "raise" => Ok(Ambiguous::Raise),
        "NaT" => Ok(Ambiguous::NaT),
        "infer" => Ok(Ambiguous::Infer),
        other => {
            Err(PyValueError::new_err(format!("expected raise, NaT or infer for ambiguous, found {other}")))
        }
    }
}

/// pandas' `nonexistent`: a word, or nanoseconds to move by.
fn nonexistent(given: &Bound<'_, PyAny>) -> PyResult<Nonexistent> {
    if let Ok(nanoseconds) = given.extract::<i64>() {
        return Ok(Nonexistent::Shift(nanoseconds));
    }
    match given.extract::<String>()?.as_str() {
        "raise" => Ok(Nonexistent::Raise),
        "NaT" => Ok(Nonexistent::NaT),
        "shift_forward" => Ok(Nonexistent::ShiftForward),
        "shift_backward" => Ok(Nonexistent::ShiftBackward),
        _ => Err(PyValueError::new_err(
            "The nonexistent argument must be one of 'raise', 'NaT', 'shift_forward', 'shift_backward' or a \
             timedelta object",
        )),
    }
}

fn timedelta_part(name: &str) -> Option<TimedeltaPart> {
    Some(match name {
        "days" => TimedeltaPart::Days,
        "seconds" => TimedeltaPart::Seconds,
        "microseconds" => TimedeltaPart::Microseconds,
        "nanoseconds" => TimedeltaPart::Nanoseconds,
        "hours_of_day" => TimedeltaPart::HoursOfDay,
        "minutes_of_hour" => TimedeltaPart::MinutesOfHour,
        "seconds_of_minute" => TimedeltaPart::SecondsOfMinute,
        "milliseconds_of_second" => TimedeltaPart::MillisecondsOfSecond,
        "microseconds_of_millisecond" => TimedeltaPart::MicrosecondsOfMillisecond,
        _ => return None,
    })
}

#[pymethods]
impl Column {
    /// Times over an array of `int64` ticks, in UTC where the dtype has a zone; the lowest is NaT.
    #[staticmethod]
    fn from_ticks(array: &Bound<'_, PyAny>, dtype: &str) -> PyResult<Self> {
        let ticks = values::from_buffer(array, "int64")?;
        let dtype = values::dtype(array.py(), dtype)?;
        Ok(Values::from_ticks(dtype, ticks.as_i64().unwrap_or_default().to_vec()).into())
    }

    /// The resolution of times; None where the dtype is another.
    #[getter]
    fn unit(&self) -> Option<&'static str> {
        self.values.dtype().time_unit().map(::column::TimeUnit::name)
    }

    /// The key of the zone; None where there is none.
    #[getter]
    fn zone(&self) -> Option<&'static str> {
        self.values.dtype().zone().map(Zone::key)
    }

    /// Naive times as local times of a zone.
    fn localize(
        &self,
        key: &str,
        ambiguous_as: &Bound<'_, PyAny>,
        nonexistent_as: &Bound<'_, PyAny>,
    ) -> PyResult<Self> {
        let py = ambiguous_as.py();
        let (zone, ambiguous, nonexistent) =
            (zone(py, key)?, ambiguous(ambiguous_as)?, nonexistent(nonexistent_as)?);
        of_column(py, || self.values.localize(zone, &ambiguous, nonexistent)).map(Into::into)
    }

    /// Zoned times as the clock on the wall shows them.
    fn delocalize(&self, py: Python<'_>) -> PyResult<Self> {
        of_column(py, || self.values.delocalize()).map(Into::into)
    }

    /// The same points in time in another zone, or naive in UTC.
    fn convert_zone(&self, py: Python<'_>, key: Option<&str>) -> PyResult<Self> {
        let zone = key.map(|key| zone(py, key)).transpose()?;
        of_column(py, || self.values.convert_zone(zone)).map(Into::into)
    }

    /// Times in another resolution.
    fn as_unit(&self, py: Python<'_>, name: &str) -> PyResult<Self> {
        let unit = unit(name)?;
        of_column(py, || self.values.as_unit(unit)).map(Into::into)
    }

    /// Times rounded to a multiple of so many nanoseconds: `round`, `floor` or `ceil`.
    fn round_times(
        &self,
        how: &str,
        nanoseconds: i64,
        ambiguous_as: &Bound<'_, PyAny>,
        nonexistent_as: &Bound<'_, PyAny>,
    ) -> PyResult<Self> {
        let rounding = match how {
            "round" => TimeRounding::Nearest,
            "floor" => TimeRounding::Floor,
            "ceil" => TimeRounding::Ceil,
            other => {
                return Err(PyValueError::new_err(format!("expected round, floor or ceil, found {other}")));
            }
        };
        let (ambiguous, nonexistent) = (ambiguous(ambiguous_as)?, nonexistent(nonexistent_as)?);
        of_column(ambiguous_as.py(), || {
            self.values.round_times(rounding, nanoseconds, &ambiguous, nonexistent)
        })
        .map(Into::into)
    }

    /// A part of datetimes or timedeltas by pandas' name: numbers, names of days and months, or flags.
    fn time_part(&self, py: Python<'_>, name: &str) -> PyResult<Self> {
        let values = &self.values;
        let part = match (name, timedelta_part(name), name.parse::<DatetimePart>()) {
            ("day_name", ..) => of_column(py, || values.day_name()),
            ("month_name", ..) => of_column(py, || values.month_name()),
            ("is_leap_year", ..) => of_column(py, || values.is_leap_year()),
            ("is_month_start", ..) => of_column(py, || values.is_month_start()),
            ("is_month_end", ..) => of_column(py, || values.is_month_end()),
            ("is_quarter_start", ..) => of_column(py, || values.is_quarter_start()),
            ("is_quarter_end", ..) => of_column(py, || values.is_quarter_end()),
            ("is_year_start", ..) => of_column(py, || values.is_year_start()),
            ("is_year_end", ..) => of_column(py, || values.is_year_end()),
            ("total_seconds", ..) => of_column(py, || values.total_seconds()),
            ("normalize", ..) => of_column(py, || values.normalize()),
            (_, Some(part), _) => of_column(py, || values.timedelta_part(part)),
            (_, _, Ok(part)) => of_column(py, || values.datetime_part(part)),
            _ => Err(PyAttributeError::new_err(format!("times have no part {name}"))),
        };
        part.map(Into::into)
    }

    /// Year, week and day of the ISO 8601 calendar.
    fn iso_calendar(&self, py: Python<'_>) -> PyResult<(Self, Self, Self)> {
        let [year, week, day] = of_column(py, || self.values.iso_calendar())?;
        Ok((year.into(), week.into(), day.into()))
    }

    /// Datetimes as texts of a `strftime` format.
    fn strftime(&self, py: Python<'_>, format: &str) -> PyResult<Self> {
        of_column(py, || self.values.strftime(format)).map(Into::into)
    }

    /// Texts and numbers as datetimes.
    #[pyo3(signature = (format = None, coerce = false))]
    fn to_datetime(&self, py: Python<'_>, format: Option<&str>, coerce: bool) -> PyResult<Self> {
        of_column(py, || self.values.to_datetime(format, coerce)).map(Into::into)
    }

    /// Texts and numbers as timedeltas.
    #[pyo3(signature = (unit = None, coerce = false))]
    fn to_timedelta(&self, py: Python<'_>, unit: Option<&str>, coerce: bool) -> PyResult<Self> {
        of_column(py, || self.values.to_timedelta(unit, coerce)).map(Into::into)
    }

    /// The values as a category column over their own distinct values.
    fn categorize(&self, py: Python<'_>, ordered: bool) -> PyResult<Self> {
        of_column(py, || self.values.categorize(ordered)).map(Into::into)
    }

    /// The values as a category column over given categories.
    fn categorize_as(&self, py: Python<'_>, categories: &Self, ordered: bool) -> PyResult<Self> {
        of_column(py, || self.values.categorize_as(categories.values.clone(), ordered)).map(Into::into)
    }

    /// A category column as its values.
    fn decategorized(&self) -> Self {
        self.values.decategorized().into()
    }

    /// The same categories with or without an order.
    fn with_order(&self, py: Python<'_>, ordered: bool) -> PyResult<Self> {
        of_column(py, || self.values.with_order(ordered)).map(Into::into)
    }

    /// Categories added behind the others.
    fn add_categories(&self, py: Python<'_>, new: &Self) -> PyResult<Self> {
        of_column(py, || self.values.add_categories(&new.values)).map(Into::into)
    }

    /// Without some categories.
    fn remove_categories(&self, py: Python<'_>, removals: &Self) -> PyResult<Self> {
        of_column(py, || self.values.remove_categories(&removals.values)).map(Into::into)
    }

    /// Without the categories that no row has.
    fn remove_unused_categories(&self, py: Python<'_>) -> PyResult<Self> {
        of_column(py, || self.values.remove_unused_categories()).map(Into::into)
    }

    /// The same categories in another order.
    #[pyo3(signature = (categories, ordered = None))]
    fn reorder_categories(&self, py: Python<'_>, categories: &Self, ordered: Option<bool>) -> PyResult<Self> {
        of_column(py, || self.values.reorder_categories(categories.values.clone(), ordered)).map(Into::into)
    }

    /// Other names for the categories, position by position.
    #[pyo3(signature = (names, keep_count = true))]
    fn rename_categories(&self, py: Python<'_>, names: &Self, keep_count: bool) -> PyResult<Self> {
        of_column(py, || self.values.rename_categories(names.values.clone(), keep_count)).map(Into::into)
    }

    /// The rows of category columns over the categories of all.
    #[staticmethod]
    fn union_categories(
        py: Python<'_>,
        columns: Vec<PyRef<'_, Self>>,
        sort: bool,
        ignore_order: bool,
    ) -> PyResult<Self> {
        let columns: Vec<&Values> = columns.iter().map(|column| &column.values).collect();
        of_column(py, || Values::union_categories(&columns, sort, ignore_order)).map(Into::into)
    }
}
