//! Values changed one by one under their labels: the `str` and `dt` accessors, `to_datetime`, `to_numeric`.

use column::{Case, Column, DType, DatetimePart, Pattern, Scalar, TextSide, parse_float, parse_int};

use crate::error::{Error, ErrorKind, Result};
use crate::series::Series;

/// The `dt` accessor of a series of datetimes; every result keeps labels and name.
#[derive(Clone, Copy, Debug)]
pub struct Datetimes<'a>(&'a Series);

/// The `str` accessor of a series of strings; every result keeps labels and name.
///
/// Each method raises `AttributeError` for values that are no strings.
#[derive(Clone, Copy, Debug)]
pub struct Strings<'a>(&'a Series);

/// What `to_numeric` and `to_datetime` do with a text they cannot read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum OnError {
    /// `errors='raise'`
    #[default]
    Raise,
    /// `errors='coerce'`: the value becomes missing.
    Coerce,
}

impl OnError {
    /// Reads pandas' word.
    ///
    /// # Errors
    /// `ValueError` for another word.
    pub fn parse(text: &str) -> Result<Self> {
        match text {
            "raise" => Ok(Self::Raise),
            "coerce" => Ok(Self::Coerce),
            _ => Err(Error::value("invalid error value specified")),
        }
    }
}

impl Series {
    /// The values through a column kernel that gives as many; labels and name stay.
    ///
    /// # Errors
    /// What the kernel raises; `ValueError` if it gives another number of values.
    pub fn map_values(&self, kernel: impl FnOnce(&Column) -> column::Result<Column>) -> Result<Self> {
        Self::new(kernel(&self.values)?, self.index.clone(), self.name.clone())
    }

    /// The `str` accessor.
    #[must_use]
    pub fn str(&self) -> Strings<'_> {
        Strings(self)
    }

    /// The `dt` accessor.
    ///
    /// # Errors
    /// `AttributeError` for values that are no datetimes.
    pub fn dt(&self) -> Result<Datetimes<'_>> {
        match self.dtype() {
            dtype if dtype.is_time() => Ok(Datetimes(self)),
            _ => Err(Error::new(
                ErrorKind::AttributeError,
                "Can only use .dt accessor with datetimelike values",
            )),
        }
    }

    /// Texts read as datetimes, by `format` or by the format of the first one.
    ///
    /// # Errors
    /// `ValueError` for a text that does not fit, under [`OnError::Raise`]; `TypeError` for booleans.
    pub fn to_datetime(&self, format: Option<&str>, errors: OnError) -> Result<Self> {
        self.map_values(|values| values.to_datetime(format, errors == OnError::Coerce))
    }

    /// Texts read as integers, or as floats where one is a float or missing. Numbers stay as they are.
    ///
    /// # Errors
    /// `ValueError` with text and position for one that is no number, under [`OnError::Raise`]; `TypeError` for times.
    pub fn to_numeric(&self, errors: OnError) -> Result<Self> {
        if self.dtype().is_numeric() || self.dtype().is_bool() {
            return Ok(self.clone());
        }
        if !(self.dtype().is_text() || self.dtype() == DType::Object) {
            return Err(Error::type_(format!("Invalid object type at position 0: dtype {}", self.dtype())));
        }
        let number = |(position, value): (usize, Scalar)| match value {
            Scalar::Str(text) => {
                let read = parse_int(&text).or_else(|| parse_float(&text).map(Scalar::Float));
                match (read, errors) {
                    (Some(number), _) => Ok(number),
                    (None, OnError::Coerce) => Ok(Scalar::NAN),
                    (None, OnError::Raise) => Err(Error::value(format!(
                        "Unable to parse string {} at position {position}",
                        Scalar::Str(text).repr()
                    ))),
                }
            }
            value if value.is_missing() => Ok(Scalar::NAN),
            value => Ok(value),
        };
        let numbers = self.values.iter().enumerate().map(number).collect::<Result<Vec<_>>>()?;
        let read = if numbers.is_empty() { Column::empty(DType::FLOAT64) } else { Column::infer(numbers) };
        Ok(self.with_values(read))
    }
}

impl<'a> Datetimes<'a> {
    /// The series, where it is one of dates; pandas' accessor of durations has no such member.
    fn dates(self, member: &str) -> Result<&'a Series> {
        match self.0.dtype() {
            DType::Timedelta(_) => Err(Error::new(
                ErrorKind::AttributeError,
                format!("'TimedeltaProperties' object has no attribute '{member}'"),
            )),
            _ => Ok(self.0),
        }
    }

    /// `year`, `month`, `dayofweek` …: int32, or float64 where a value is missing.
    ///
    /// # Errors
    /// `AttributeError` for timedeltas.
    pub fn part(self, part: DatetimePart) -> Result<Series> {
        self.0.map_values(|values| values.datetime_part(part))
    }

    /// English name of each day of the week.
    ///
    /// # Errors
    /// `AttributeError` for timedeltas.
    pub fn day_name(self) -> Result<Series> {
        self.0.map_values(Column::day_name)
    }

    /// English name of each month.
    ///
    /// # Errors
    /// `AttributeError` for timedeltas.
    pub fn month_name(self) -> Result<Series> {
        self.0.map_values(Column::month_name)
    }

    /// Whether each day is the first of its month; a missing time is not.
    ///
    /// # Errors
    /// `AttributeError` for timedeltas.
    pub fn is_month_start(self) -> Result<Series> {
        self.dates("is_month_start")?.map_values(Column::is_month_start)
    }

    /// Whether each day is the last of its month; a missing time is not.
    ///
    /// # Errors
    /// `AttributeError` for timedeltas.
    pub fn is_month_end(self) -> Result<Series> {
        self.dates("is_month_end")?.map_values(Column::is_month_end)
    }

    /// Times rounded down to a multiple of a fixed frequency (`D`, `h`, `15min`).
    ///
    /// # Errors
    /// `ValueError` for another frequency.
    pub fn floor(self, frequency: &str) -> Result<Series> {
        self.0.map_values(|values| values.floor_times(frequency))
    }

    /// Midnight of each day.
    ///
    /// # Errors
    /// `AttributeError` for timedeltas.
    pub fn normalize(self) -> Result<Series> {
        self.0.map_values(Column::normalize)
    }

    /// Each datetime as text by a `strftime` format.
    ///
    /// # Errors
    /// `NotImplementedError` for a field that is not known; `AttributeError` for timedeltas.
    pub fn strftime(self, format: &str) -> Result<Series> {
        self.0.map_values(|values| values.strftime(format))
    }

    /// Whole days of each timedelta.
    ///
    /// # Errors
    /// `AttributeError` for datetimes.
    pub fn days(self) -> Result<Series> {
        self.0.map_values(Column::timedelta_days)
    }

    /// Length of each timedelta in seconds.
    ///
    /// # Errors
    /// `AttributeError` for datetimes.
    pub fn total_seconds(self) -> Result<Series> {
        self.0.map_values(Column::total_seconds)
    }
}

#[allow(clippy::missing_errors_doc)]
impl Strings<'_> {
    /// Number of characters.
    pub fn len(self) -> Result<Series> {
        self.0.map_values(Column::str_len)
    }

    /// `lower`, `upper`, `title`, `capitalize` or `swapcase`.
    pub fn case(self, case: Case) -> Result<Series> {
        self.0.map_values(|values| values.str_case(case))
    }

    /// Blanks, or any of `chars`, taken off an end or both.
    pub fn strip(self, side: TextSide, chars: Option<&str>) -> Result<Series> {
        self.0.map_values(|values| values.str_strip(side, chars))
    }

    /// Whether the pattern stands in each text; a missing one is false (NA in `string`).
    pub fn contains(self, pattern: &Pattern) -> Result<Series> {
        self.0.map_values(|values| values.str_contains(pattern, None))
    }

    /// Whether each text starts with one of `prefixes`.
    pub fn startswith(self, prefixes: &[&str]) -> Result<Series> {
        self.0.map_values(|values| values.str_startswith(prefixes, None))
    }

    /// Whether each text ends with one of `suffixes`.
    pub fn endswith(self, suffixes: &[&str]) -> Result<Series> {
        self.0.map_values(|values| values.str_endswith(suffixes, None))
    }

    /// The pattern replaced, everywhere or `count` times.
    pub fn replace(self, pattern: &Pattern, with: &str, count: Option<usize>) -> Result<Series> {
        self.0.map_values(|values| values.str_replace(pattern, with, count))
    }

    /// Python's slice of each text.
    pub fn slice(self, start: Option<i64>, stop: Option<i64>, step: i64) -> Result<Series> {
        self.0.map_values(|values| values.str_slice(start, stop, step))
    }

    /// Zeros in front up to `width` characters, behind a sign.
    pub fn zfill(self, width: usize) -> Result<Series> {
        self.0.map_values(|values| values.str_zfill(width))
    }
}
