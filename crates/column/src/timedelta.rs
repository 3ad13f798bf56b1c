//! Timedeltas from text and numbers, and their parts.

use crate::cast::rescale;
use crate::column::Column;
use crate::dtype::{DType, TimeUnit};
use crate::error::{Error, ErrorKind, Result};
use crate::python_number::parse_float;
use crate::scalar::Scalar;

const NANOS_PER_SECOND: i128 = 1_000_000_000;
const NANOS_PER_DAY: i128 = 86_400 * NANOS_PER_SECOND;

/// A part of a timedelta, named as in pandas' `.dt` and `.dt.components`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum TimedeltaPart {
    Days,
    /// Seconds of the day (`.dt.seconds`).
    Seconds,
    /// Microseconds of the second (`.dt.microseconds`).
    Microseconds,
    /// Nanoseconds of the microsecond.
    Nanoseconds,
    /// Hours of the day.
    HoursOfDay,
    /// Minutes of the hour.
    MinutesOfHour,
    /// Seconds of the minute.
    SecondsOfMinute,
    /// Milliseconds of the second.
    MillisecondsOfSecond,
    /// Microseconds of the millisecond.
    MicrosecondsOfMillisecond,
}

impl Column {
    /// A part of each timedelta: int64 for days and the finer parts of `components`, int32 for `.dt.seconds`,
    /// `.microseconds` and `.nanoseconds`; float64 where a value is NaT.
    ///
    /// # Errors
    /// `AttributeError` for columns that are no timedeltas.
    pub fn timedelta_part(&self, part: TimedeltaPart) -> Result<Self> {
        let (DType::Timedelta(unit), Some(ticks)) = (self.dtype(), self.as_i64()) else {
            let message = "Can only use .dt accessor with datetimelike values";
            return Err(Error::new(ErrorKind::Attribute, message));
        };
        let scale = NANOS_PER_SECOND / i128::from(unit.per_second());
        let of = |tick: i64| {
            let nanos = i128::from(tick) * scale;
            let rest = nanos.rem_euclid(NANOS_PER_DAY);
            let value = match part {
                TimedeltaPart::Days => nanos.div_euclid(NANOS_PER_DAY),
                TimedeltaPart::Seconds => rest / NANOS_PER_SECOND,
                TimedeltaPart::Microseconds => rest % NANOS_PER_SECOND / 1_000,
                TimedeltaPart::Nanoseconds => rest % 1_000,
                TimedeltaPart::HoursOfDay => rest / (3_600 * NANOS_PER_SECOND),
                TimedeltaPart::MinutesOfHour => rest / (60 * NANOS_PER_SECOND) % 60,
                TimedeltaPart::SecondsOfMinute => rest / NANOS_PER_SECOND % 60,
                TimedeltaPart::MillisecondsOfSecond => rest / 1_000_000 % 1_000,
                TimedeltaPart::MicrosecondsOfMillisecond => rest / 1_000 % 1_000,
            };
            // A day count of 64-bit ticks fits, all others are below 86,400 or a million.
            value as i64
        };
        let narrow =
            matches!(part, TimedeltaPart::Seconds | TimedeltaPart::Microseconds | TimedeltaPart::Nanoseconds);
        Ok(match (self.missing_count(), narrow) {
            (0, true) => ticks.iter().map(|&tick| of(tick) as i32).collect::<Vec<i32>>().into(),
            (0, false) => ticks.iter().map(|&tick| of(tick)).collect::<Vec<i64>>().into(),
            _ => {
                let float = |&tick: &i64| if tick == i64::MIN { f64::NAN } else { of(tick) as f64 };
                ticks.iter().map(float).collect::<Vec<f64>>().into()
            }
        })
    }

    /// Datetimes or timedeltas in another resolution, rounded down (pandas' `.dt.as_unit`).
    ///
    /// # Errors
    /// `OutOfBoundsDatetime`, `OutOfBoundsTimedelta` for values beyond 64 bits; `AttributeError` for other columns.
    pub fn as_unit(&self, unit: TimeUnit) -> Result<Self> {
        let Some(from) = self.dtype().time_unit() else {
            let message = "Can only use .dt accessor with datetimelike values";
            return Err(Error::new(ErrorKind::Attribute, message));
        };
        let target = self.dtype().with_time_unit(unit);
        let (DType::Timedelta(_), Some(ticks)) = (self.dtype(), self.as_i64()) else {
            return self.cast(target);
        };
        let beyond = |&&tick: &&i64| tick != i64::MIN && rescale(tick, from, unit).is_none();
        match ticks.iter().find(beyond) {
            None => self.cast(target),
            Some(tick) => Err(Error::new(
                ErrorKind::OutOfBoundsTimedelta,
                format!(
                    "Cannot convert {tick} {}s to {target} without overflow",
                    crate::cast::long_name(from)
                ),
            )),
        }
    }

    /// pandas' `to_timedelta`: texts in pandas' and ISO 8601's forms, numbers as counts of `unit` (nanoseconds without
    /// one). Microseconds, or nanoseconds where a value needs them. With `coerce` what does not parse is NaT.
    ///
    /// # Errors
    /// `ValueError` with pandas' text for a text or a unit that is none; `TypeError` for other dtypes.
    pub fn to_timedelta(&self, unit: Option<&str>, coerce: bool) -> Result<Self> {
        match self.dtype() {
            DType::Timedelta(_) => return Ok(self.clone()),
            DType::Bool | DType::Boolean => {
                return Err(Error::type_error("dtype bool cannot be converted to timedelta64[ns]"));
            }
            DType::Datetime(_) | DType::Zoned(..) => {
                let message = format!("dtype {} cannot be converted to timedelta64[ns]", self.dtype());
                return Err(Error::type_error(message));
            }
            _ => {}
        }
        let step = unit_nanos(unit.unwrap_or("ns"))?;
        let mut fine = self.dtype().is_float();
        let mut counted = !self.dtype().is_float() && self.dtype().is_numeric();
        let plain = self.decategorized();
        let nanos = plain.iter().enumerate().map(|(i, scalar)| {
            let read = match &scalar {
                _ if scalar.is_missing() => return Ok(None),
                Scalar::Str(text) if matches!(&**text, "" | "nan" | "NaN" | "nat" | "NaT" | "NAT") => {
                    return Ok(None);
                }
                Scalar::Str(_) if unit.is_some() => {
                    Err(Error::value_error("unit must not be specified if the input contains a str"))
                }
                Scalar::Str(text) => nanos_of_text(text),
                Scalar::Timedelta(ticks, from) => {
                    Ok(i128::from(*ticks) * (NANOS_PER_SECOND / i128::from(from.per_second())))
                }
                Scalar::Bool(_) => {
                    Err(Error::type_error("Invalid type for timedelta scalar: <class 'bool'>"))
                }
                Scalar::Float(value) => Ok((value * step as f64) as i128),
                other => match other.as_i128() {
                    Some(count) => {
                        counted = true;
                        Ok(count.saturating_mul(step))
                    }
                    None => Err(Error::type_error(format!(
                        "Invalid type for timedelta scalar: <class '{}'>",
                        scalar.type_name()
                    ))),
                },
            };
            match read {
                Ok(nanos) => {
                    fine |= nanos % 1_000 != 0;
                    Ok(Some(nanos))
                }
                Err(_) if coerce => Ok(None),
                Err(error) => Err(error.at(i)),
            }
        });
        let nanos: Vec<Option<i128>> = nanos.collect::<Result<_>>()?;
        let unit = match nanos.iter().all(Option::is_none) && !self.dtype().is_numeric() {
            true => TimeUnit::Second,
            false if fine || (counted && step == 1) => TimeUnit::Nano,
            false => TimeUnit::Micro,
        };
        let scale = NANOS_PER_SECOND / i128::from(unit.per_second());
        let ticks = nanos.into_iter().enumerate().map(|(i, nanos)| match nanos {
            None => Ok(i64::MIN),
            Some(nanos) => i64::try_from(nanos.div_euclid(scale)).map_err(|_| {
                let message = format!("Cannot convert to timedelta64[{}] without overflow", unit.name());
                Error::new(ErrorKind::OutOfBoundsTimedelta, message).at(i)
            }),
        });
        Ok(Self::timedelta(ticks.collect::<Result<_>>()?, unit))
    }
}

/// A timedelta from text, in microseconds or, where it needs them, nanoseconds.
pub(crate) fn parse_timedelta(text: &str) -> Option<Scalar> {
    let nanos = nanos_of_text(text).ok()?;
    Some(match nanos % 1_000 {
        0 => Scalar::Timedelta(i64::try_from(nanos / 1_000).ok()?, TimeUnit::Micro),
        _ => Scalar::Timedelta(i64::try_from(nanos).ok()?, TimeUnit::Nano),
    })
}

/// Nanoseconds of a unit as `to_timedelta` names it.
fn unit_nanos(name: &str) -> Result<i128> {
    if matches!(name, "M" | "Y" | "y") {
        return Err(Error::value_error(
            "Units 'M', 'Y', and 'y' are no longer supported, as they do not represent unambiguous timedelta values \
             durations.",
        ));
    }
    named_nanos(name).ok_or_else(|| Error::value_error(format!("invalid unit abbreviation: {name}")))
}

fn named_nanos(name: &str) -> Option<i128> {
    let lower = name.to_ascii_lowercase();
    Some(match lower.as_str() {
        "w" => 7 * NANOS_PER_DAY,
        "d" | "day" | "days" => NANOS_PER_DAY,
        "h" | "hr" | "hour" | "hours" => 3_600 * NANOS_PER_SECOND,
        "m" | "min" | "minute" | "minutes" => 60 * NANOS_PER_SECOND,
        "s" | "sec" | "second" | "seconds" => NANOS_PER_SECOND,
        "ms" | "milli" | "millis" | "millisecond" | "milliseconds" => 1_000_000,
        "us" | "µs" | "micro" | "micros" | "microsecond" | "microseconds" => 1_000,
        "ns" | "nano" | "nanos" | "nanosecond" | "nanoseconds" => 1,
        _ => return None,
    })
}

/// `1 days 02:03:04.5`, `1h30min`, `-1.5 us`, `P1DT2H`, or a bare number of nanoseconds. A sign holds for all that follows,
/// until the next.
fn nanos_of_text(text: &str) -> Result<i128> {
    let trimmed = text.trim();
    let unreadable = || Error::value_error(format!("Could not convert '{text}' to NumPy timedelta"));
    if trimmed.strip_prefix('-').unwrap_or(trimmed).starts_with('P') {
        return iso_nanos(trimmed)
            .ok_or_else(|| Error::value_error(format!("Invalid ISO 8601 Duration format - {text}")));
    }
    let mut rest = trimmed;
    let (mut sign, mut total, mut parts) = (1, 0i128, 0);
    while !rest.is_empty() {
        if let Some(behind) = rest.strip_prefix(['-', '+']) {
            sign = if rest.starts_with('-') { -1 } else { 1 };
            rest = behind.trim_start();
            continue;
        }
        let clock: String =
            rest.chars().take_while(|c| c.is_ascii_digit() || matches!(c, ':' | '.' | ',')).collect();
        if clock.is_empty() {
            return Err(unreadable());
        }
        rest = rest.get(clock.len()..).unwrap_or("").trim_start();
        if clock.contains(':') {
            total += sign * clock_nanos(&clock)?;
        } else {
            let number = clock.replace(',', "");
            let unit: String = rest.chars().take_while(|c| c.is_alphabetic()).collect();
            rest = rest.get(unit.len()..).unwrap_or("").trim_start();
            let step = match unit.as_str() {
                "M" | "Y" | "y" => {
                    return Err(Error::value_error(
                        "Units 'M', 'Y' and 'y' do not represent unambiguous timedelta values and are not supported.",
                    ));
                }
                "" if parts > 0 => return Err(Error::value_error("have leftover units")),
                "" if number.contains('.') => return Err(Error::value_error("no units specified")),
                "" => 1,
                unit => named_nanos(unit)
                    .ok_or_else(|| Error::value_error(format!("invalid unit abbreviation: {unit}")))?,
            };
            total += sign * scaled(&number, step).ok_or_else(unreadable)?;
        }
        parts += 1;
    }
    match i64::try_from(total) {
        _ if parts == 0 => Err(unreadable()),
        Ok(_) => Ok(total),
        Err(_) => Err(Error::new(
            ErrorKind::OutOfBoundsTimedelta,
            format!("Cannot convert '{text}' to timedelta64[ns] without overflow"),
        )),
    }
}

/// A decimal number of steps, digit by digit, so that `0.1s` is exact.
fn scaled(number: &str, step: i128) -> Option<i128> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let whole: i128 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let digits = fraction.get(..fraction.len().min(18))?;
    let part: i128 = if digits.is_empty() { 0 } else { digits.parse().ok()? };
    whole.checked_mul(step)?.checked_add(part.checked_mul(step)? / 10i128.checked_pow(digits.len() as u32)?)
}

/// `hh:mm:ss` with a fraction.
fn clock_nanos(clock: &str) -> Result<i128> {
    let bad = || Error::value_error("expected hh:mm:ss format");
    let parts: Vec<&str> = clock.split(':').collect();
    let [hours, minutes, seconds] = parts[..] else { return Err(bad()) };
    let whole = |text: &str| text.parse::<i128>().map_err(|_| bad());
    let seconds = scaled(seconds, NANOS_PER_SECOND).ok_or_else(bad)?;
    Ok((whole(hours)? * 3_600 + whole(minutes)? * 60) * NANOS_PER_SECOND + seconds)
}

/// `P1DT2H3M4.5S`, `P1W`.
fn iso_nanos(text: &str) -> Option<i128> {
    let (sign, text) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text),
    };
    let mut rest = text.strip_prefix('P')?;
    let (mut total, mut clock, mut parts) = (0i128, false, 0);
    while !rest.is_empty() {
        if let Some(behind) = rest.strip_prefix('T') {
            (clock, rest) = (true, behind);
            continue;
        }
        let number: String = rest.chars().take_while(|c| c.is_ascii_digit() || *c == '.').collect();
        rest = rest.get(number.len()..)?;
        parse_float(&number)?;
        let step = match (clock, rest.chars().next()?) {
            (false, 'W') => 7 * NANOS_PER_DAY,
            (false, 'D') => NANOS_PER_DAY,
            (true, 'H') => 3_600 * NANOS_PER_SECOND,
            (true, 'M') => 60 * NANOS_PER_SECOND,
            (true, 'S') => NANOS_PER_SECOND,
            _ => return None,
        };
        rest = rest.get(1..)?;
        total = total.checked_add(scaled(&number, step)?)?;
        parts += 1;
    }
    (parts > 0).then_some(sign * total)
}
