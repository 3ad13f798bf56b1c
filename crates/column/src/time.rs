//! Datetimes from text, and their parts.

use std::borrow::Cow;

use crate::calendar::{Civil, days_from_civil, days_in_month, is_leap_year};
use crate::cast::rescale;
use crate::column::Column;
use crate::datetime_format::{DatetimeFormat, Mismatch};
use crate::dtype::{DType, TimeUnit};
use crate::error::{Error, ErrorKind, Result};
use crate::localize::{Ambiguous, Nonexistent, wall_clock};
use crate::rounding::{TimeRounding, fixed_frequency_nanoseconds};
use crate::scalar::Scalar;
use crate::timedelta::TimedeltaPart;
use crate::warning::{WarningKind, warn};
use crate::zone::{Zone, parse_offset};

pub(crate) const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
pub(crate) const WEEKDAYS: [&str; 7] =
    ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/// A part of a datetime, named as in pandas' `.dt`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum DatetimePart {
    Year,
    Month,
    Day,
    Hour,
    Minute,
    Second,
    Microsecond,
    Nanosecond,
    /// Monday is 0.
    DayOfWeek,
    DayOfYear,
    Quarter,
    DaysInMonth,
}

impl std::str::FromStr for DatetimePart {
    type Err = Error;

    /// pandas' attribute names.
    fn from_str(name: &str) -> Result<Self> {
        Ok(match name {
            "year" => Self::Year,
            "month" => Self::Month,
            "day" => Self::Day,
            "hour" => Self::Hour,
            "minute" => Self::Minute,
            "second" => Self::Second,
            "microsecond" => Self::Microsecond,
            "nanosecond" => Self::Nanosecond,
            "dayofweek" | "day_of_week" | "weekday" => Self::DayOfWeek,
            "dayofyear" | "day_of_year" => Self::DayOfYear,
            "quarter" => Self::Quarter,
            "days_in_month" | "daysinmonth" => Self::DaysInMonth,
            _ => {
                let message = format!("'DatetimeProperties' object has no attribute '{name}'");
                return Err(Error::new(ErrorKind::Attribute, message));
            }
        })
    }
}

impl Column {
    /// pandas' `to_datetime` without zones: texts by `format` (or the format of the first present
    /// text, [`DatetimeFormat::guess`]), integers as nanoseconds. Microseconds, or nanoseconds where a
    /// text has more than six digits of fraction. With `coerce` what does not parse is NaT.
    ///
    /// # Errors
    /// `ValueError` with pandas' text for a text that does not fit; `TypeError` for booleans.
    pub fn to_datetime(&self, format: Option<&str>, coerce: bool) -> Result<Self> {
        match self.dtype() {
            DType::Datetime(_) | DType::Zoned(..) => Ok(self.clone()),
            DType::Number(_) | DType::Nullable(_) => self.cast(DType::Datetime(TimeUnit::Nano)),
            DType::Str | DType::String => {
                let texts: Vec<Option<&str>> = (0..self.len()).map(|i| self.str_at(i)).collect();
                texts_to_datetime(&texts, format, coerce)
            }
            DType::Category => self.decategorized().to_datetime(format, coerce),
            DType::Object => {
                let scalars = self.as_object().unwrap_or(&[]);
                let textual = |scalar: &Scalar| scalar.is_missing() || scalar.as_str().is_some();
                match scalars.iter().all(textual) {
                    true => texts_to_datetime(
                        &scalars.iter().map(Scalar::as_str).collect::<Vec<_>>(),
                        format,
                        coerce,
                    ),
                    false => object_to_datetime(scalars, TimeUnit::Micro),
                }
            }
            DType::Bool | DType::Boolean => {
                Err(Error::type_error("<class 'bool'> is not convertible to datetime"))
            }
            DType::Timedelta(_) | DType::Interval(..) => Err(Error::type_error(format!(
                "dtype {} cannot be converted to datetime64[ns]",
                self.dtype()
            ))),
        }
    }

    /// A part of each datetime: int32, or float64 where a value is NaT.
    ///
    /// # Errors
    /// `AttributeError` for columns that are no datetimes.
    pub fn datetime_part(&self, part: DatetimePart) -> Result<Self> {
        let of = |civil: Civil| -> i64 {
            let days = || days_from_civil(civil.year, civil.month, civil.day);
            match part {
                DatetimePart::Year => civil.year,
                DatetimePart::Month => civil.month.into(),
                DatetimePart::Day => civil.day.into(),
                DatetimePart::Hour => civil.hour.into(),
                DatetimePart::Minute => civil.minute.into(),
                DatetimePart::Second => civil.second.into(),
                DatetimePart::Microsecond => i64::from(civil.nanosecond / 1_000),
                DatetimePart::Nanosecond => i64::from(civil.nanosecond % 1_000),
                // 1970-01-01 was a Thursday.
                DatetimePart::DayOfWeek => (days() + 3).rem_euclid(7),
                DatetimePart::DayOfYear => days() - days_from_civil(civil.year, 1, 1) + 1,
                DatetimePart::Quarter => i64::from((civil.month - 1) / 3 + 1),
                DatetimePart::DaysInMonth => days_in_month(civil.year, civil.month).into(),
            }
        };
        let civils = self.civils()?;
        Ok(match civils.iter().any(Option::is_none) {
            false => civils.into_iter().flatten().map(|civil| of(civil) as i32).collect::<Vec<i32>>().into(),
            true => civils
                .into_iter()
                .map(|civil| civil.map_or(f64::NAN, |civil| of(civil) as f64))
                .collect::<Vec<f64>>()
                .into(),
        })
    }

    /// English name of each day of the week, as `str`.
    ///
    /// # Errors
    /// As [`Column::datetime_part`].
    pub fn day_name(&self) -> Result<Self> {
        self.named(&WEEKDAYS, |civil| {
            (days_from_civil(civil.year, civil.month, civil.day) + 3).rem_euclid(7) as usize
        })
    }

    /// English name of each month, as `str`.
    ///
    /// # Errors
    /// As [`Column::datetime_part`].
    pub fn month_name(&self) -> Result<Self> {
        self.named(&MONTHS, |civil| usize::from(civil.month) - 1)
    }

    fn named(&self, names: &[&'static str], which: impl Fn(Civil) -> usize) -> Result<Self> {
        let civils = self.civils()?;
        Ok(civils.into_iter().map(|civil| civil.and_then(|civil| names.get(which(civil)).copied())).collect())
    }

    /// Whether each year is a leap year; NaT is false.
    ///
    /// # Errors
    /// As [`Column::datetime_part`].
    pub fn is_leap_year(&self) -> Result<Self> {
        self.flagged(|civil| is_leap_year(civil.year))
    }

    /// Whether each day is the first of its month; NaT is false.
    ///
    /// # Errors
    /// As [`Column::datetime_part`].
    pub fn is_month_start(&self) -> Result<Self> {
        self.flagged(|civil| civil.day == 1)
    }

    /// Whether each day is the last of its month; NaT is false.
    ///
    /// # Errors
    /// As [`Column::datetime_part`].
    pub fn is_month_end(&self) -> Result<Self> {
        self.flagged(|civil| civil.day == days_in_month(civil.year, civil.month))
    }

    /// Whether each day is the first of a quarter; NaT is false.
    ///
    /// # Errors
    /// As [`Column::datetime_part`].
    pub fn is_quarter_start(&self) -> Result<Self> {
        self.flagged(|civil| civil.day == 1 && civil.month % 3 == 1)
    }

    /// Whether each day is the last of a quarter; NaT is false.
    ///
    /// # Errors
    /// As [`Column::datetime_part`].
    pub fn is_quarter_end(&self) -> Result<Self> {
        self.flagged(|civil| civil.month % 3 == 0 && civil.day == days_in_month(civil.year, civil.month))
    }

    /// Whether each day is the first of January; NaT is false.
    ///
    /// # Errors
    /// As [`Column::datetime_part`].
    pub fn is_year_start(&self) -> Result<Self> {
        self.flagged(|civil| civil.month == 1 && civil.day == 1)
    }

    /// Whether each day is the last of December; NaT is false.
    ///
    /// # Errors
    /// As [`Column::datetime_part`].
    pub fn is_year_end(&self) -> Result<Self> {
        self.flagged(|civil| civil.month == 12 && civil.day == 31)
    }

    /// Year (`Int32`), week and day (`UInt32`) of each date in the ISO 8601 calendar; years reach below 1.
    ///
    /// # Errors
    /// As [`Column::datetime_part`].
    pub fn iso_calendar(&self) -> Result<[Self; 3]> {
        let iso = |civil: Civil| {
            let days = days_from_civil(civil.year, civil.month, civil.day);
            // The week of a day is the one of its Thursday.
            let thursday = days - (days + 3).rem_euclid(7) + 3;
            let (year, ..) = crate::calendar::civil_from_days(thursday);
            let week = (thursday - days_from_civil(year, 1, 1)) / 7 + 1;
            [year, week, (days + 3).rem_euclid(7) + 1]
        };
        let rows: Vec<Option<[i64; 3]>> = self.civils()?.into_iter().map(|civil| civil.map(iso)).collect();
        Ok([
            rows.iter().map(|row| row.map(|[year, ..]| year as i32)).collect(),
            rows.iter().map(|row| row.map(|[_, week, _]| week as u32)).collect(),
            rows.iter().map(|row| row.map(|[.., day]| day as u32)).collect(),
        ])
    }

    fn flagged(&self, holds: impl Fn(Civil) -> bool) -> Result<Self> {
        let civils = self.civils()?;
        Ok(civils.into_iter().map(|civil| civil.is_some_and(&holds)).collect::<Vec<bool>>().into())
    }

    /// Midnight of each day.
    ///
    /// # Errors
    /// As [`Column::datetime_part`].
    pub fn normalize(&self) -> Result<Self> {
        self.floor_times("D")
    }

    /// Times rounded down to a multiple of a fixed frequency: `D`, `h`, `min`, `s`, `ms`, `us`, `ns`, with
    /// a count before it if wanted (`15min`).
    ///
    /// # Errors
    /// `ValueError` for another frequency; `AttributeError` for columns that are no times.
    pub fn floor_times(&self, frequency: &str) -> Result<Self> {
        if !self.dtype().is_time() {
            return Err(no_accessor());
        }
        let span = fixed_frequency_nanoseconds(frequency)?;
        self.round_times(TimeRounding::Floor, span, &Ambiguous::Raise, Nonexistent::Raise)
    }

    /// Whole days of each timedelta: int64, or float64 where a value is NaT.
    ///
    /// # Errors
    /// `AttributeError` for columns that are no timedeltas.
    pub fn timedelta_days(&self) -> Result<Self> {
        self.timedelta_part(TimedeltaPart::Days)
    }

    /// Ticks of the clock on the wall: as they are, but for zoned datetimes.
    pub(crate) fn wall_ticks(&self) -> Option<Cow<'_, [i64]>> {
        let ticks = self.as_i64()?;
        Some(match self.dtype() {
            DType::Zoned(unit, zone) => Cow::Owned(wall_clock(ticks, unit, zone)),
            _ => Cow::Borrowed(ticks),
        })
    }

    /// Length of each timedelta in seconds, as float64.
    ///
    /// # Errors
    /// `AttributeError` for columns that are no timedeltas.
    pub fn total_seconds(&self) -> Result<Self> {
        let (DType::Timedelta(unit), Some(ticks)) = (self.dtype(), self.as_i64()) else {
            return Err(no_accessor());
        };
        let second = unit.per_second();
        // Whole seconds, then the fraction: the oracle's order of rounding.
        let seconds = |&tick: &i64| match tick {
            i64::MIN => f64::NAN,
            tick => tick.div_euclid(second) as f64 + tick.rem_euclid(second) as f64 / second as f64,
        };
        Ok(ticks.iter().map(seconds).collect::<Vec<f64>>().into())
    }

    /// Each datetime as text by a `strftime` format with the fields of [`DatetimeFormat`].
    ///
    /// # Errors
    /// `NotImplementedError` for other fields; `AttributeError` for columns that are no datetimes.
    pub fn strftime(&self, format: &str) -> Result<Self> {
        DatetimeFormat::new(format)?;
        let texts: Vec<Option<String>> =
            self.civils()?.into_iter().map(|civil| civil.map(|civil| write_format(format, civil))).collect();
        Ok(texts.iter().map(Option::as_deref).collect())
    }

    fn civils(&self) -> Result<Vec<Option<Civil>>> {
        let (true, Some(unit), Some(ticks)) =
            (self.dtype().is_datetime(), self.dtype().time_unit(), self.wall_ticks())
        else {
            return Err(no_accessor());
        };
        Ok(ticks.iter().map(|&tick| (tick != i64::MIN).then(|| Civil::from_ticks(tick, unit))).collect())
    }
}

fn write_format(format: &str, civil: Civil) -> String {
    let mut out = String::new();
    let mut chars = format.chars();
    let of_week = (days_from_civil(civil.year, civil.month, civil.day) + 3).rem_euclid(7) as usize;
    let of_year = days_from_civil(civil.year, civil.month, civil.day) - days_from_civil(civil.year, 1, 1) + 1;
    let month = MONTHS.get(usize::from(civil.month) - 1).copied().unwrap_or("");
    let weekday = WEEKDAYS.get(of_week).copied().unwrap_or("");
    while let Some(c) = chars.next() {
        if c != '%' {
            out.push(c);
            continue;
        }
        let hour_of_12 = (civil.hour + 11) % 12 + 1;
        out.push_str(&match chars.next() {
            Some('Y') => civil.year.to_string(),
            Some('y') => format!("{:02}", civil.year.rem_euclid(100)),
            Some('m') => format!("{:02}", civil.month),
            Some('d') => format!("{:02}", civil.day),
            Some('H') => format!("{:02}", civil.hour),
            Some('I') => format!("{hour_of_12:02}"),
            Some('M') => format!("{:02}", civil.minute),
            Some('S') => format!("{:02}", civil.second),
            Some('T') => format!("{:02}:{:02}:{:02}", civil.hour, civil.minute, civil.second),
            Some('f') => format!("{:06}", civil.nanosecond / 1_000),
            Some('p') => if civil.hour < 12 { "AM" } else { "PM" }.to_owned(),
            Some('b') => month.get(..3).unwrap_or("").to_owned(),
            Some('B') => month.to_owned(),
            Some('a') => weekday.get(..3).unwrap_or("").to_owned(),
            Some('A') => weekday.to_owned(),
            Some('j') => format!("{of_year:03}"),
            Some(other) => other.to_string(),
            None => String::new(),
        });
    }
    out
}

fn no_accessor() -> Error {
    Error::new(ErrorKind::Attribute, "Can only use .dt accessor with datetimelike values")
}

fn texts_to_datetime(texts: &[Option<&str>], format: Option<&str>, coerce: bool) -> Result<Column> {
    // Without a value to tell, the oracle takes seconds.
    let nothing = || Column::datetime(vec![i64::MIN; texts.len()], TimeUnit::Second);
    let first = texts.iter().flatten().find(|text| !is_missing_word(text));
    let format = match (format, first) {
        (Some(format), _) => DatetimeFormat::new(format)?,
        (None, None) => return Ok(nothing()),
        (None, Some(first)) => match DatetimeFormat::guess(first) {
            Some(format) => {
                warn_of_guess(Some(format.as_str()), texts);
                format
            }
            None if coerce => {
                warn_of_guess(None, texts);
                return Ok(nothing());
            }
            None => {
                warn_of_guess(None, texts);
                return Err(match DatetimeFormat::fits_no_day(first) {
                    true => {
                        Error::new(ErrorKind::DateParse, format!("day is out of range for month: {first}"))
                    }
                    false => unknown_text(first),
                });
            }
        },
    };
    let mut civils = Vec::with_capacity(texts.len());
    let mut fine = false;
    for (i, text) in texts.iter().enumerate() {
        civils.push(match text.filter(|text| !is_missing_word(text)) {
            None => None,
            Some(text) => match format.read(text) {
                Ok((civil, digits)) => {
                    fine |= digits;
                    Some(civil)
                }
                Err(_) if coerce => None,
                Err(mismatch) => return Err(mismatch_error(text, &format, &mismatch).at(i)),
            },
        });
    }
    if civils.iter().all(Option::is_none) {
        return Ok(nothing());
    }
    let unit = if fine { TimeUnit::Nano } else { TimeUnit::Micro };
    let tick = |(i, civil): (usize, Option<Civil>)| match civil {
        None => Ok(i64::MIN),
        Some(civil) => civil.to_ticks(unit).ok_or_else(|| {
            let message = format!("Out of bounds nanosecond timestamp: {}", texts[i].unwrap_or(""));
            Error::new(ErrorKind::OutOfBoundsDatetime, message).at(i)
        }),
    };
    Ok(Column::datetime(civils.into_iter().enumerate().map(tick).collect::<Result<_>>()?, unit))
}

/// What pandas says of a format that it took from the first text, or could not take. It reads no format from hours and
/// minutes with AM or PM.
fn warn_of_guess(format: Option<&str>, texts: &[Option<&str>]) {
    match format.filter(|format| !format.contains("%p") || format.contains("%S")) {
        Some(format) if format.starts_with("%d") && format.get(3..5) == Some("%m") => {
            let message = format!(
                "Parsing dates in {format} format when dayfirst=False (the default) was specified. Pass \
                 `dayfirst=True` or specify a format to silence this warning."
            );
            warn(WarningKind::User, message);
        }
        Some(_) => {}
        None if texts.iter().flatten().filter(|text| !is_missing_word(text)).count() > 1 => {
            let message = "Could not infer format, so each element will be parsed individually, falling back to \
                           `dateutil`. To ensure parsing is consistent and as-expected, please specify a format.";
            warn(WarningKind::User, message);
        }
        None => {}
    }
}

fn is_missing_word(text: &str) -> bool {
    matches!(text, "" | "NaT" | "nat" | "NaN" | "nan" | "NAN" | "None" | "NAT")
}

fn mismatch_error(text: &str, format: &DatetimeFormat, mismatch: &Mismatch) -> Error {
    const ADVICE: &str = ". You might want to try:\n    - passing `format` if your strings have a consistent format;\n    - \
                          passing `format='ISO8601'` if your strings are all ISO8601 but not necessarily in exactly the \
                          same format;\n    - passing `format='mixed'`, and the format will be inferred for each element \
                          individually. You might want to use `dayfirst` alongside this.";
    let format = format.as_str();
    Error::value_error(match mismatch {
        Mismatch::Text => format!("time data \"{text}\" doesn't match format \"{format}\"{ADVICE}"),
        Mismatch::Rest(at) => {
            let rest = text.get(*at..).unwrap_or("");
            format!("unconverted data remains when parsing with format \"{format}\": \"{rest}\"{ADVICE}")
        }
        Mismatch::Day => format!("day is out of range for month{ADVICE}"),
    })
}

/// `astype('datetime64[unit]')` of strings.
pub(crate) fn parse_column(column: &Column, unit: TimeUnit) -> Result<Column> {
    column.to_datetime(None, false)?.cast(DType::Datetime(unit))
}

/// `astype('datetime64[unit, zone]')` of strings: what names no offset is local time.
pub(crate) fn parse_zoned_column(column: &Column, unit: TimeUnit, zone: Zone) -> Result<Column> {
    let scalars: Vec<Scalar> =
        (0..column.len()).map(|i| column.str_at(i).map_or(Scalar::NaT, Scalar::str)).collect();
    object_to_zoned(&scalars, unit, zone)
}

fn unknown_text(text: &str) -> Error {
    Error::new(ErrorKind::DateParse, format!("Unknown datetime string format, unable to parse: {text}"))
}

fn not_convertible(scalar: &Scalar) -> Error {
    Error::type_error(format!("<class '{}'> is not convertible to datetime", scalar.type_name()))
}

/// `astype('datetime64[unit, zone]')` of scalars.
pub(crate) fn object_to_zoned(scalars: &[Scalar], unit: TimeUnit, zone: Zone) -> Result<Column> {
    let scale = |ticks: i64, from: TimeUnit, i: usize| {
        rescale(ticks, from, unit).ok_or_else(|| Error::overflow("datetime beyond 64 bits").at(i))
    };
    let local = |ticks: i64, from: TimeUnit, i: usize| -> Result<i64> {
        let naive = Column::datetime(vec![ticks], from);
        let zoned =
            naive.localize(zone, &Ambiguous::Raise, Nonexistent::Raise).map_err(|error| error.at(i))?;
        scale(zoned.as_i64().and_then(|ticks| ticks.first().copied()).unwrap_or(i64::MIN), from, i)
    };
    let ticks = scalars.iter().enumerate().map(|(i, scalar)| match scalar {
        Scalar::Zoned(ticks, from, _) => scale(*ticks, *from, i),
        Scalar::Datetime(ticks, from) => local(*ticks, *from, i),
        Scalar::Int(ticks) => Ok(*ticks),
        Scalar::Float(ticks) if ticks.is_finite() => Ok(*ticks as i64),
        Scalar::Str(text) if is_missing_word(text) => Ok(i64::MIN),
        Scalar::Str(text) => match parse_instant(text) {
            Some(Scalar::Zoned(ticks, from, _)) => scale(ticks, from, i),
            Some(Scalar::Datetime(ticks, from)) => local(ticks, from, i),
            _ => Err(unknown_text(text).at(i)),
        },
        scalar if scalar.is_missing() => Ok(i64::MIN),
        other => Err(not_convertible(other).at(i)),
    });
    Ok(Column::zoned(ticks.collect::<Result<_>>()?, unit, zone))
}

/// `astype('datetime64[unit]')` of scalars.
pub(crate) fn object_to_datetime(scalars: &[Scalar], unit: TimeUnit) -> Result<Column> {
    let ticks = scalars.iter().enumerate().map(|(i, scalar)| match scalar {
        Scalar::Datetime(ticks, from) => {
            rescale(*ticks, *from, unit).ok_or_else(|| Error::overflow("datetime beyond 64 bits").at(i))
        }
        Scalar::Int(ticks) => Ok(*ticks),
        Scalar::Float(ticks) if ticks.is_finite() => Ok(*ticks as i64),
        Scalar::Str(text) => match parse_timestamp(text) {
            Some(Scalar::Datetime(ticks, from)) => {
                rescale(ticks, from, unit).ok_or_else(|| Error::overflow("datetime beyond 64 bits").at(i))
            }
            _ => Err(unknown_text(text).at(i)),
        },
        scalar if scalar.is_missing() => Ok(i64::MIN),
        other => Err(not_convertible(other).at(i)),
    });
    Ok(Column::datetime(ticks.collect::<Result<_>>()?, unit))
}

/// A timestamp from text of any format that [`DatetimeFormat::guess`] knows, in microseconds or, with
/// more than six digits of fraction, nanoseconds.
pub(crate) fn parse_timestamp(text: &str) -> Option<Scalar> {
    let (civil, fine) = DatetimeFormat::guess(text)?.read(text).ok()?;
    let unit = if fine { TimeUnit::Nano } else { TimeUnit::Micro };
    civil.to_ticks(unit).map(|ticks| Scalar::Datetime(ticks, unit))
}

/// As [`parse_timestamp`], and with an offset from UTC at the end (`Z`, `+01:15`) a zoned one.
pub(crate) fn parse_instant(text: &str) -> Option<Scalar> {
    let text = text.trim();
    if let Some(scalar) = parse_timestamp(text) {
        return Some(scalar);
    }
    let (clock, offset) = match text.strip_suffix(['Z', 'z']) {
        Some(clock) => (clock, 0),
        None => {
            // The sign of an offset stands behind the time of day.
            let colon = text.find(':')?;
            let at = colon + text.get(colon..)?.find(['+', '-'])?;
            (text.get(..at)?, parse_offset(text.get(at..)?)?)
        }
    };
    let Scalar::Datetime(ticks, unit) = parse_timestamp(clock.trim_end())? else { return None };
    let zone = Zone::fixed(offset).ok()?;
    let utc = ticks.checked_sub(i64::from(offset).checked_mul(unit.per_second())?)?;
    Some(Scalar::Zoned(utc, unit, zone))
}

/// A text met by zoned datetimes: without an offset it is local time in `zone`.
pub(crate) fn parse_zoned_timestamp(text: &str, zone: Zone) -> Option<Scalar> {
    match parse_instant(text)? {
        Scalar::Datetime(ticks, unit) => {
            let naive = Column::datetime(vec![ticks], unit);
            naive.localize(zone, &Ambiguous::Raise, Nonexistent::Raise).ok()?.get(0)
        }
        zoned => Some(zoned),
    }
}
