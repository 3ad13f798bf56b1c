//! Ticks of a time axis: whole seconds to centuries, whichever gives about the wanted number.

use jiff::{Timestamp, civil, tz::TimeZone};

use super::{Axis, number_axis};

#[derive(Clone, Copy)]
enum Step {
    Seconds(i64),
    /// Weeks begin on Monday.
    Weeks,
    Months(i64),
}

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
const MONTH: i64 = 30 * DAY;
const YEAR: i64 = 365 * DAY;

/// Steps with their rough length in seconds and the text of their ticks.
const STEPS: [(i64, Step, &str); 28] = [
    (1, Step::Seconds(1), "%H:%M:%S"),
    (2, Step::Seconds(2), "%H:%M:%S"),
    (5, Step::Seconds(5), "%H:%M:%S"),
    (15, Step::Seconds(15), "%H:%M:%S"),
    (30, Step::Seconds(30), "%H:%M:%S"),
    (MINUTE, Step::Seconds(MINUTE), "%H:%M"),
    (2 * MINUTE, Step::Seconds(2 * MINUTE), "%H:%M"),
    (5 * MINUTE, Step::Seconds(5 * MINUTE), "%H:%M"),
    (15 * MINUTE, Step::Seconds(15 * MINUTE), "%H:%M"),
    (30 * MINUTE, Step::Seconds(30 * MINUTE), "%H:%M"),
    (HOUR, Step::Seconds(HOUR), "%-d %b %H:%M"),
    (3 * HOUR, Step::Seconds(3 * HOUR), "%-d %b %H:%M"),
    (6 * HOUR, Step::Seconds(6 * HOUR), "%-d %b %H:%M"),
    (12 * HOUR, Step::Seconds(12 * HOUR), "%-d %b %H:%M"),
    (DAY, Step::Seconds(DAY), "%-d %b"),
    (2 * DAY, Step::Seconds(2 * DAY), "%-d %b"),
    (7 * DAY, Step::Weeks, "%-d %b"),
    (MONTH, Step::Months(1), "%b %Y"),
    (2 * MONTH, Step::Months(2), "%b %Y"),
    (3 * MONTH, Step::Months(3), "%b %Y"),
    (6 * MONTH, Step::Months(6), "%b %Y"),
    (YEAR, Step::Months(12), "%Y"),
    (2 * YEAR, Step::Months(24), "%Y"),
    (5 * YEAR, Step::Months(60), "%Y"),
    (10 * YEAR, Step::Months(120), "%Y"),
    (20 * YEAR, Step::Months(240), "%Y"),
    (100 * YEAR, Step::Months(1200), "%Y"),
    (1000 * YEAR, Step::Months(12_000), "%Y"),
];

/// The axis from `low` to `high`, instants in microseconds since 1970, read in UTC. It ends where the data ends.
pub(crate) fn calendar_axis(low: i64, high: i64, target: usize) -> Axis {
    let (low, high) = (low.min(high), low.max(high));
    placed(low, high, target)
        .filter(|marks| marks.len() >= 2)
        .map(|marks| Axis { low: low as f64, high: high as f64, marks })
        // Within a second, and outside the calendar, the plain number of microseconds is still true.
        .unwrap_or_else(|| number_axis(low as f64, high as f64, target, None))
}

fn placed(low: i64, high: i64, target: usize) -> Option<Vec<(f64, String)>> {
    let wanted = high.checked_sub(low)? / 1_000_000 / i64::try_from(target.max(1)).ok()?;
    let (_, step, pattern) = STEPS.into_iter().find(|(length, ..)| *length >= wanted)?;
    let civil = |us| Some(Timestamp::from_microsecond(us).ok()?.to_zoned(TimeZone::UTC).datetime());
    let (start, end) = (civil(low)?, civil(high)?);
    let mut index = step.index(low.div_euclid(1_000_000), start.date());
    let mut marks = Vec::new();
    while let Some(at) = step.place(index) {
        if at > end {
            break;
        }
        if at >= start {
            let instant = at.to_zoned(TimeZone::UTC).ok()?.timestamp();
            marks.push((instant.as_microsecond() as f64, at.strftime(pattern).to_string()));
        }
        index += 1;
    }
    Some(marks)
}

impl Step {
    /// The number of the last step at or before an instant.
    fn index(self, seconds: i64, date: civil::Date) -> i64 {
        match self {
            Self::Seconds(n) => seconds.div_euclid(n),
            // 1970-01-05 was a Monday.
            Self::Weeks => (seconds - 4 * DAY).div_euclid(7 * DAY),
            Self::Months(n) => (i64::from(date.year()) * 12 + i64::from(date.month()) - 1).div_euclid(n),
        }
    }

    /// The instant of the step with this number; `None` outside the calendar.
    fn place(self, index: i64) -> Option<civil::DateTime> {
        let at = |seconds| Some(Timestamp::from_second(seconds).ok()?.to_zoned(TimeZone::UTC).datetime());
        match self {
            Self::Seconds(n) => at(index * n),
            Self::Weeks => at(index * 7 * DAY + 4 * DAY),
            Self::Months(n) => {
                let month = index * n;
                let year = i16::try_from(month.div_euclid(12)).ok()?;
                let date = civil::Date::new(year, month.rem_euclid(12) as i8 + 1, 1).ok()?;
                Some(date.to_datetime(civil::Time::midnight()))
            }
        }
    }
}
