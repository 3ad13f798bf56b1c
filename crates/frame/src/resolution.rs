//! Dates written in part, `2020-01` or `2020-01-30 05`: the span that they mean among dates.

use column::{Ambiguous, Column, DType, DatetimePart, Nonexistent, Scalar, TimeUnit, Zone};

use crate::error::{Error, ErrorKind, Result};
use crate::index::Index;
use crate::lookup::{Located, Side};

/// How finely a date is written or dates are spaced, the coarsest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs)]
pub enum Resolution {
    Year,
    Quarter,
    Month,
    Day,
    Hour,
    Minute,
    Second,
    Millisecond,
    Microsecond,
    Nanosecond,
}

impl Resolution {
    /// pandas' name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Year => "year",
            Self::Quarter => "quarter",
            Self::Month => "month",
            Self::Day => "day",
            Self::Hour => "hour",
            Self::Minute => "minute",
            Self::Second => "second",
            Self::Millisecond => "millisecond",
            Self::Microsecond => "microsecond",
            Self::Nanosecond => "nanosecond",
        }
    }

    fn nanoseconds(self) -> i64 {
        match self {
            Self::Year | Self::Quarter | Self::Month => 0,
            Self::Day => 86_400_000_000_000,
            Self::Hour => 3_600_000_000_000,
            Self::Minute => 60_000_000_000,
            Self::Second => 1_000_000_000,
            Self::Millisecond => 1_000_000,
            Self::Microsecond => 1_000,
            Self::Nanosecond => 1,
        }
    }
}

/// The span of time that a date written in part means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PartialDate {
    /// How finely it is written.
    pub resolution: Resolution,
    /// The first nanosecond since 1970.
    start: i128,
    /// The first nanosecond behind it.
    end: i128,
}

/// The digits at the start of `text`, as a number, and the rest.
fn digits(text: &str, count: usize) -> Option<(i64, &str)> {
    let head = text.get(..count).filter(|head| head.bytes().all(|byte| byte.is_ascii_digit()))?;
    Some((head.parse().ok()?, &text[count..]))
}

fn day_start(year: i64, month: i64, day: i64) -> Option<i128> {
    let text = format!("{year:04}-{month:02}-{day:02}");
    let column = std::iter::once(Some(text.as_str())).collect::<Column>();
    match column.to_datetime(Some("%Y-%m-%d"), true).ok()?.get(0)? {
        Scalar::Datetime(ticks, unit) => {
            Some(i128::from(ticks) * i128::from(1_000_000_000 / unit.per_second()))
        }
        _ => None,
    }
}

impl PartialDate {
    /// Reads `2020`, `2020Q1`, `2020-01`, `20200130`, `2020-01-30` and, behind a day, `05`, `05:30`, `05:30:10` and a
    /// fraction; `None` for any other text.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (year, rest) = digits(text, 4)?;
        let months = |first: i64, count: i64, resolution: Resolution| {
            let after = first - 1 + count;
            let start = day_start(year, first, 1)?;
            let end = day_start(year + after / 12, after % 12 + 1, 1)?;
            Some(Self { resolution, start, end })
        };
        if rest.is_empty() {
            return months(1, 12, Resolution::Year);
        }
        let quarter = rest.trim_start_matches('-').strip_prefix(['Q', 'q']);
        if let Some((number @ 1..=4, "")) = quarter.and_then(|rest| digits(rest, 1)) {
            return months(number * 3 - 2, 3, Resolution::Quarter);
        }
        let (separator, rest) = match rest.strip_prefix(['-', '/', '.']) {
            Some(rest) => (true, rest),
            None => (false, rest),
        };
        let (month, rest) = digits(rest, 2).or_else(|| separator.then(|| digits(rest, 1)).flatten())?;
        if !(1..=12).contains(&month) {
            return None;
        }
        if rest.is_empty() {
            return if separator { months(month, 1, Resolution::Month) } else { None };
        }
        let rest = if separator { rest.strip_prefix(['-', '/', '.'])? } else { rest };
        let (day, rest) = digits(rest, 2).or_else(|| separator.then(|| digits(rest, 1)).flatten())?;
        Self::within_day(day_start(year, month, day)?, rest)
    }

    fn within_day(day: i128, rest: &str) -> Option<Self> {
        let of = |start: i128, resolution: Resolution| {
            Some(Self { resolution, start, end: start + i128::from(resolution.nanoseconds()) })
        };
        if rest.is_empty() {
            return of(day, Resolution::Day);
        }
        let rest = rest.strip_prefix([' ', 'T'])?;
        let mut start = day;
        let mut rest = rest;
        for (resolution, most) in [(Resolution::Hour, 23), (Resolution::Minute, 59), (Resolution::Second, 59)]
        {
            let (number, behind) = digits(rest, 2)?;
            if number > most {
                return None;
            }
            start += i128::from(number) * i128::from(resolution.nanoseconds());
            if behind.is_empty() {
                return of(start, resolution);
            }
            rest = match resolution {
                Resolution::Second => behind,
                _ => behind.strip_prefix(':')?,
            };
        }
        let fraction = rest.strip_prefix('.')?;
        if fraction.is_empty() || fraction.len() > 9 || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let nanoseconds: i128 = format!("{fraction:0<9}").parse().ok()?;
        let resolution = match fraction.len() {
            1..=3 => Resolution::Millisecond,
            4..=6 => Resolution::Microsecond,
            _ => Resolution::Nanosecond,
        };
        of(start + nanoseconds, resolution)
    }

    /// The span as the first and the last tick of a resolution; `None` beyond 64 bits.
    #[must_use]
    pub fn ticks(&self, unit: TimeUnit) -> Option<(i64, i64)> {
        let tick = i128::from(1_000_000_000 / unit.per_second());
        let first = self.start.div_euclid(tick) + i128::from(self.start.rem_euclid(tick) != 0);
        let last = (self.end - 1).div_euclid(tick);
        Some((i64::try_from(first).ok()?, i64::try_from(last).ok()?))
    }

    /// The first moment, if a resolution can say it.
    #[must_use]
    pub fn moment(&self, unit: TimeUnit) -> Option<Scalar> {
        let tick = i128::from(1_000_000_000 / unit.per_second());
        (self.start % tick == 0)
            .then(|| i64::try_from(self.start / tick).ok())
            .flatten()
            .map(|ticks| Scalar::Datetime(ticks, unit))
    }
}

impl Index {
    /// The unit and the zone of the dates of an index of one level.
    fn dates(&self) -> Option<(TimeUnit, Option<Zone>)> {
        match self.dtype() {
            DType::Datetime(unit) if !self.is_multi() => Some((unit, None)),
            DType::Zoned(unit, zone) if !self.is_multi() => Some((unit, Some(zone))),
            _ => None,
        }
    }

    /// How finely dates are spaced; days for none at all.
    #[must_use]
    pub fn resolution(&self) -> Resolution {
        let Some(unit) = self.dtype().time_unit() else { return Resolution::Day };
        let local = match self.dtype() {
            DType::Zoned(..) => self.to_column().delocalize().ok().map(Self::from_column),
            _ => None,
        };
        if let Some(local) = local {
            return local.resolution();
        }
        let finest = |column: &Column| {
            let ticks = column.as_i64().unwrap_or_default();
            let tick = 1_000_000_000 / unit.per_second();
            let mut finest = Resolution::Day;
            let steps = [
                Resolution::Day,
                Resolution::Hour,
                Resolution::Minute,
                Resolution::Second,
                Resolution::Millisecond,
                Resolution::Microsecond,
                Resolution::Nanosecond,
            ];
            for (row, ticks) in ticks.iter().enumerate() {
                if column.is_missing(row) {
                    continue;
                }
                let fits = |step: &Resolution| {
                    let size = step.nanoseconds() / tick;
                    size <= 1 || ticks % size == 0
                };
                let own = steps.iter().copied().find(fits).unwrap_or(Resolution::Nanosecond);
                finest = finest.max(own);
                if finest == Resolution::Nanosecond {
                    break;
                }
            }
            finest
        };
        self.with_flat(finest)
    }

    /// Where the dates of a span stand, as pandas' `get_loc` says it of a date written in part.
    ///
    /// # Errors
    /// `KeyError` with `text` where no date is in the span.
    pub fn locate_span(&self, span: &PartialDate, text: &str) -> Result<Located> {
        let absent = || Error::key(text);
        let (unit, zone) = self.dates().ok_or_else(absent)?;
        if span.resolution >= self.resolution() {
            let moment = span.moment(unit).and_then(|moment| in_zone(moment, zone)).ok_or_else(absent)?;
            return self.get_loc(&moment).map_err(|_| absent());
        }
        let (first, last) =
            span.ticks(unit).and_then(|span| span_in_zone(span, unit, zone)).ok_or_else(absent)?;
        let column = self.to_column();
        let ticks = column.as_i64().unwrap_or_default();
        let inside = |row: usize| !column.is_missing(row) && (first..=last).contains(&ticks[row]);
        let rows: Vec<usize> = (0..ticks.len()).filter(|&row| inside(row)).collect();
        if rows.is_empty() {
            return Err(absent());
        }
        Ok(match self.is_monotonic_increasing() || self.is_monotonic_decreasing() {
            true => Located::of_rows(&rows, self.len()),
            false => Located::Mask((0..self.len()).map(inside).collect()),
        })
    }

    /// The end of a label slice that a date written in part is: the span's first or last tick.
    ///
    /// # Errors
    /// `KeyError` where the dates are not sorted.
    pub fn span_bound(&self, span: &PartialDate, text: &str, side: Side) -> Result<usize> {
        let bounds = self
            .dates()
            .and_then(|(unit, zone)| Some((span_in_zone(span.ticks(unit)?, unit, zone)?, unit, zone)));
        let ((first, last), unit, zone) = bounds.ok_or_else(|| Error::key(text))?;
        let falling = !self.is_monotonic_increasing() && self.is_monotonic_decreasing();
        let tick = if (side == Side::Left) != falling { first } else { last };
        let label = match zone {
            Some(zone) => Scalar::Zoned(tick, unit, zone),
            None => Scalar::Datetime(tick, unit),
        };
        self.get_slice_bound(&label, side)
    }

    /// The rows whose time of day lies between two, given in nanoseconds since midnight.
    ///
    /// # Errors
    /// `TypeError` for labels that are no dates.
    pub fn rows_between_times(&self, start: i64, end: i64, closed: (bool, bool)) -> Result<Vec<usize>> {
        let of_day = self.nanoseconds_of_day()?;
        let inside = |&at: &i64| {
            let left = if closed.0 { start <= at } else { start < at };
            let right = if closed.1 { at <= end } else { at < end };
            if start <= end { left && right } else { left || right }
        };
        Ok((0..of_day.len()).filter(|&row| of_day[row].as_ref().is_some_and(inside)).collect())
    }

    /// Nanoseconds since midnight of each date.
    fn nanoseconds_of_day(&self) -> Result<Vec<Option<i64>>> {
        let not_dates = || Error::new(ErrorKind::TypeError, "Index must be DatetimeIndex");
        if self.is_multi() {
            return Err(not_dates());
        }
        let column = self.to_column();
        let parts = [
            (DatetimePart::Hour, 3_600_000_000_000),
            (DatetimePart::Minute, 60_000_000_000),
            (DatetimePart::Second, 1_000_000_000),
            (DatetimePart::Microsecond, 1_000),
            (DatetimePart::Nanosecond, 1),
        ];
        let mut total = vec![Some(0i64); column.len()];
        for (part, size) in parts {
            let values = column.datetime_part(part).map_err(|_| not_dates())?;
            for (row, slot) in total.iter_mut().enumerate() {
                let value = values.get(row).and_then(|value| value.as_f64()).filter(|value| !value.is_nan());
                *slot = slot.zip(value).map(|(sum, value)| sum + value as i64 * size);
            }
        }
        Ok(total)
    }
}

/// A local moment as one of a zone; the first of two where the clock is set back, the next where it is set forward.
fn in_zone(moment: Scalar, zone: Option<Zone>) -> Option<Scalar> {
    let (Scalar::Datetime(ticks, unit), Some(zone)) = (&moment, zone) else { return Some(moment) };
    let column = Column::datetime(vec![*ticks], *unit);
    let first = Ambiguous::Dst(std::iter::once(true).collect());
    column.localize(zone, &first, Nonexistent::ShiftForward).ok()?.get(0)
}

/// Local ticks as those of a zone.
fn span_in_zone(span: (i64, i64), unit: TimeUnit, zone: Option<Zone>) -> Option<(i64, i64)> {
    let ticks = |tick: i64| match in_zone(Scalar::Datetime(tick, unit), zone)? {
        Scalar::Datetime(tick, _) | Scalar::Zoned(tick, ..) => Some(tick),
        _ => None,
    };
    Some((ticks(span.0)?, ticks(span.1)?))
}
