//! Times rounded to a fixed frequency.

use crate::column::Column;
use crate::dtype::{DType, TimeUnit};
use crate::error::{Error, ErrorKind, Result};
use crate::localize::{Ambiguous, Nonexistent};

/// Which multiple of a frequency a time is rounded to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TimeRounding {
    /// The nearest, ties to the even one (pandas' `round`).
    Nearest,
    /// The one below.
    Floor,
    /// The one above.
    Ceil,
}

impl TimeRounding {
    /// A multiple of `span`, which may be negative, as Python's floor division has it; `None` beyond 64 bits.
    fn tick(self, tick: i64, span: i64) -> Option<i64> {
        let (tick, span) = (i128::from(tick), i128::from(span));
        let floor = |value: i128| {
            let (quotient, rest) = (value / span, value % span);
            if rest != 0 && (rest < 0) != (span < 0) { quotient - 1 } else { quotient }
        };
        let rounded = match self {
            Self::Floor => floor(tick) * span,
            Self::Ceil => -floor(-tick) * span,
            Self::Nearest => {
                let quotient = floor(tick);
                let (rest, size) = ((tick - quotient * span).abs(), span.abs());
                let up = match (2 * rest).cmp(&size) {
                    std::cmp::Ordering::Less => false,
                    std::cmp::Ordering::Equal => quotient % 2 != 0,
                    std::cmp::Ordering::Greater => true,
                };
                (quotient + i128::from(up)) * span
            }
        };
        i64::try_from(rounded).ok().filter(|&tick| tick != i64::MIN)
    }
}

impl Column {
    /// Datetimes (in local time) and timedeltas rounded to a multiple of `nanoseconds`; what the resolution cannot tell
    /// apart stays.
    ///
    /// # Errors
    /// `OutOfBoundsDatetime`, `OutOfBoundsTimedelta` beyond 64 bits; `ValueError` for local times that `ambiguous` and
    /// `nonexistent` do not settle; `AttributeError` for columns that are no times.
    pub fn round_times(
        &self,
        rounding: TimeRounding,
        nanoseconds: i64,
        ambiguous: &Ambiguous,
        nonexistent: Nonexistent,
    ) -> Result<Self> {
        let (Some(unit), Some(ticks)) = (self.dtype().time_unit(), self.wall_ticks()) else {
            let message = "Can only use .dt accessor with datetimelike values";
            return Err(Error::new(ErrorKind::Attribute, message));
        };
        let span = nanoseconds.div_euclid(1_000_000_000 / unit.per_second());
        // A zoned time goes by its wall clock even where nothing is rounded, so it may have to be settled.
        let rows = ticks.iter().enumerate().map(|(i, &tick)| match tick {
            tick if tick == i64::MIN || span == 0 => Ok(tick),
            tick => rounding.tick(tick, span).ok_or_else(|| self.beyond_rounding().at(i)),
        });
        let rounded = rows.collect::<Result<Vec<i64>>>()?;
        match self.dtype() {
            DType::Zoned(_, zone) => Self::datetime(rounded, unit).localize(zone, ambiguous, nonexistent),
            dtype => Ok(Self::from_ticks(dtype, rounded)),
        }
    }

    fn beyond_rounding(&self) -> Error {
        match self.dtype() {
            DType::Timedelta(_) => {
                Error::new(ErrorKind::OutOfBoundsTimedelta, "Cannot round timedeltas without overflow")
            }
            _ => Error::new(ErrorKind::OutOfBoundsDatetime, "Cannot round datetimes without overflow"),
        }
    }
}

/// Nanoseconds of a fixed frequency: `D`, `h`, `min`, `s`, `ms`, `us`, `ns`, each with a count before it if wanted, one
/// after the other (`1h30min`, `1.5h`, `-2D`).
///
/// # Errors
/// `ValueError` as pandas' `round`: for a frequency whose steps differ in length, and for what is none.
pub fn fixed_frequency_nanoseconds(frequency: &str) -> Result<i64> {
    let invalid = || Error::value_error(format!("Invalid frequency: {frequency}"));
    let mut rest = frequency.trim();
    let (mut total, mut parts) = (0f64, 0);
    let negative = rest.starts_with('-');
    rest = rest.strip_prefix(['-', '+']).unwrap_or(rest).trim_start();
    while !rest.is_empty() {
        let count: String = rest.chars().take_while(|c| c.is_ascii_digit() || *c == '.').collect();
        rest = rest.get(count.len()..).unwrap_or("").trim_start();
        let name: String = rest.chars().take_while(|c| c.is_alphabetic() || *c == '-').collect();
        rest = rest.get(name.len()..).unwrap_or("").trim_start();
        let count: f64 = if count.is_empty() { 1.0 } else { count.parse().map_err(|_| invalid())? };
        let step = match name.as_str() {
            "D" => 86_400e9,
            "h" => 3_600e9,
            "min" => 60e9,
            "s" => 1e9,
            "ms" => 1e6,
            "us" => 1e3,
            "ns" => 1.0,
            other => {
                return Err(match varying_name(other) {
                    Some(shown) => Error::value_error(format!("<{shown}> is a non-fixed frequency")),
                    None => invalid(),
                });
            }
        };
        total += count * step;
        parts += 1;
    }
    if parts == 0 || !(-9.2e18..9.2e18).contains(&total) {
        return Err(invalid());
    }
    Ok(if negative { -(total as i64) } else { total as i64 })
}

/// How pandas shows the offsets whose steps differ in length.
fn varying_name(name: &str) -> Option<&'static str> {
    Some(match name {
        "W" | "W-SUN" => "Week: weekday=6",
        "ME" => "MonthEnd",
        "MS" => "MonthBegin",
        "BME" => "BusinessMonthEnd",
        "BMS" => "BusinessMonthBegin",
        "QE" | "QE-DEC" => "QuarterEnd: startingMonth=12",
        "QS" | "QS-JAN" => "QuarterBegin: startingMonth=1",
        "YE" | "YE-DEC" => "YearEnd: month=12",
        "YS" | "YS-JAN" => "YearBegin: month=1",
        "B" => "BusinessDay",
        "SME" => "SemiMonthEnd: day_of_month=15",
        "SMS" => "SemiMonthBegin: day_of_month=15",
        _ => return None,
    })
}

impl TimeUnit {
    /// Nanoseconds of one tick.
    #[must_use]
    pub fn nanoseconds(self) -> i64 {
        1_000_000_000 / self.per_second()
    }
}
