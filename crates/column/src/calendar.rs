//! The proleptic Gregorian calendar over ticks since 1970-01-01.

use crate::dtype::TimeUnit;

/// A date and time of day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Civil {
    pub year: i64,
    pub month: u8,
    pub day: u8,
    pub hour: u8,
    pub minute: u8,
    pub second: u8,
    pub nanosecond: u32,
}

const SECONDS_PER_DAY: i64 = 86_400;

/// Year, month and day of a count of days since 1970-01-01 (Hinnant, "chrono-Compatible Low-Level
/// Date Algorithms").
#[must_use]
pub fn civil_from_days(days: i64) -> (i64, u8, u8) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month as u8, day as u8)
}

/// Days since 1970-01-01 of a date (same source).
#[must_use]
pub fn days_from_civil(year: i64, month: u8, day: u8) -> i64 {
    let (month, day) = (i64::from(month), i64::from(day));
    let year = year - i64::from(month <= 2);
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * (if month > 2 { month - 3 } else { month + 9 }) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

pub(crate) fn is_leap_year(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

/// Days of a month; 0 for a month that does not exist.
#[must_use]
pub fn days_in_month(year: i64, month: u8) -> u8 {
    match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 => 28 + u8::from(is_leap_year(year)),
        _ => 0,
    }
}

impl Civil {
    pub(crate) fn from_ticks(ticks: i64, unit: TimeUnit) -> Self {
        let per_second = unit.per_second();
        let seconds = ticks.div_euclid(per_second);
        let fraction = ticks.rem_euclid(per_second);
        let (year, month, day) = civil_from_days(seconds.div_euclid(SECONDS_PER_DAY));
        let of_day = seconds.rem_euclid(SECONDS_PER_DAY);
        Self {
            year,
            month,
            day,
            hour: (of_day / 3_600) as u8,
            minute: (of_day / 60 % 60) as u8,
            second: (of_day % 60) as u8,
            nanosecond: (fraction * (1_000_000_000 / per_second)) as u32,
        }
    }

    /// Ticks since 1970-01-01; digits finer than `unit` are cut off. `None` beyond 64 bits.
    pub(crate) fn to_ticks(self, unit: TimeUnit) -> Option<i64> {
        let days = i128::from(days_from_civil(self.year, self.month, self.day));
        let of_day = i128::from(self.hour) * 3_600 + i128::from(self.minute) * 60 + i128::from(self.second);
        let seconds = days * i128::from(SECONDS_PER_DAY) + of_day;
        let per_second = i128::from(unit.per_second());
        let fraction = i128::from(self.nanosecond) / (1_000_000_000 / per_second);
        // `i64::MIN` is NaT.
        i64::try_from(seconds * per_second + fraction).ok().filter(|&ticks| ticks != i64::MIN)
    }
}

/// `str(Timestamp)`: fraction digits only where they are not zero, nine only for nanoseconds.
pub(crate) fn datetime_text(ticks: i64, unit: TimeUnit, separator: char) -> String {
    let t = Civil::from_ticks(ticks, unit);
    let mut out = format!(
        "{:04}-{:02}-{:02}{separator}{:02}:{:02}:{:02}",
        t.year, t.month, t.day, t.hour, t.minute, t.second
    );
    if !t.nanosecond.is_multiple_of(1_000) {
        out.push_str(&format!(".{:09}", t.nanosecond));
    } else if t.nanosecond != 0 {
        out.push_str(&format!(".{:06}", t.nanosecond / 1_000));
    }
    out
}

/// `str(Timedelta)`: `1 days 02:03:04.000005`.
pub(crate) fn timedelta_text(ticks: i64, unit: TimeUnit) -> String {
    let per_second = unit.per_second();
    let per_day = i128::from(per_second) * i128::from(SECONDS_PER_DAY);
    let days = i128::from(ticks).div_euclid(per_day);
    let rest = i128::from(ticks).rem_euclid(per_day);
    let seconds = rest / i128::from(per_second);
    let nanoseconds = rest % i128::from(per_second) * i128::from(1_000_000_000 / per_second);
    let plus = if days < 0 { "+" } else { "" };
    let mut out =
        format!("{days} days {plus}{:02}:{:02}:{:02}", seconds / 3_600, seconds / 60 % 60, seconds % 60);
    if nanoseconds % 1_000 != 0 {
        out.push_str(&format!(".{nanoseconds:09}"));
    } else if nanoseconds != 0 {
        out.push_str(&format!(".{:06}", nanoseconds / 1_000));
    }
    out
}
