//! Points in time as ISO 8601 text, without a table of time zones: a text with an offset is an instant, one without is
//! a wall clock's reading.

use super::dtype::Unit;

/// The count of units since 1970-01-01T00:00:00 of a text such as `2024-02-29T12:00:00.5` or `2024-02-29`. With
/// `zoned` an offset (`Z` or `+01:00`) must be there and is subtracted, else none may be. `None` for a text that is no
/// such time, is finer than the unit, or does not fit.
pub fn parse_instant(text: &str, unit: Unit, zoned: bool) -> Option<i64> {
    let (negative, unsigned) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (year, rest) = unsigned.split_once('-')?;
    let year = digits(year, 4..=12)?;
    let (date, clock) = match rest.split_once(['T', ' ']) {
        Some((date, clock)) => (date, Some(clock)),
        None => (rest, None),
    };
    let (month, day) = date.split_once('-')?;
    let (month, day) = (digits(month, 2..=2)?, digits(day, 2..=2)?);
    let year = if negative { -year } else { year };
    if !(1..=12).contains(&month) || !(1..=days_of_month(year, month)).contains(&day) {
        return None;
    }
    let days = days_from_civil(year, month, day);
    let (clock, offset) = match clock {
        None => ("00:00:00", None),
        Some(clock) => split_offset(clock)?,
    };
    if zoned != offset.is_some() {
        return None;
    }
    let (seconds, fraction) = clock.split_once('.').unwrap_or((clock, "0"));
    let mut parts = seconds.split(':');
    let (hour, minute) = (digits(parts.next()?, 2..=2)?, digits(parts.next()?, 2..=2)?);
    let second = parts.next().map_or(Some(0), |s| digits(s, 2..=2))?;
    if fraction.is_empty() || parts.next().is_some() || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let total =
        i128::from(days) * 86_400 + i128::from(hour * 3_600 + minute * 60 + second - offset.unwrap_or(0));
    let nanoseconds = digits(&format!("{fraction:0<9}"), 9..=9)?;
    let step = 1_000_000_000 / unit.per_second();
    if nanoseconds % step != 0 {
        return None;
    }
    i64::try_from(total * i128::from(unit.per_second()) + i128::from(nanoseconds / step)).ok()
}

/// The text that [`parse_instant`] reads back: `2024-02-29T12:00:00`, a fraction of 3, 6 or 9 digits where there is
/// one, and `+00:00` where the dtype has a zone.
pub fn instant_text(ticks: i64, unit: Unit, zoned: bool) -> String {
    let per_second = unit.per_second();
    let (seconds, fraction) = (ticks.div_euclid(per_second), ticks.rem_euclid(per_second));
    let (days, clock) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let (year, month, day) = civil_from_days(days);
    let sign = if year < 0 { "-" } else { "" };
    let mut text = format!("{sign}{:04}-{month:02}-{day:02}T", year.unsigned_abs());
    text.push_str(&format!("{:02}:{:02}:{:02}", clock / 3_600, clock / 60 % 60, clock % 60));
    let nanoseconds = fraction * (1_000_000_000 / per_second);
    if nanoseconds % 1_000_000 != 0 && nanoseconds % 1_000 != 0 {
        text.push_str(&format!(".{nanoseconds:09}"));
    } else if nanoseconds % 1_000_000 != 0 {
        text.push_str(&format!(".{:06}", nanoseconds / 1_000));
    } else if nanoseconds != 0 {
        text.push_str(&format!(".{:03}", nanoseconds / 1_000_000));
    }
    if zoned {
        text.push_str("+00:00");
    }
    text
}

/// A point in time as Python's `isoformat` or any other ISO 8601 writer gives it, in one form: `T`, a fraction of 3, 6
/// or 9 digits, the offset as `+HH:MM`. `None` for a text that is no such time.
pub(super) fn normal_instant(text: &str) -> Option<String> {
    // The year's sign and the date's dashes end before the clock begins.
    let (date, clock) = text.split_at_checked(text.find(['T', ' ']).unwrap_or(text.len()))?;
    let (clock, offset) = split_offset(clock)?;
    let naive = format!("{date}{clock}");
    // Seconds reach every year, nanoseconds every fraction.
    let normal = |unit| parse_instant(&naive, unit, false).map(|ticks| instant_text(ticks, unit, false));
    let text = [Unit::S, Unit::Ns, Unit::Us].into_iter().find_map(normal)?;
    Some(match offset {
        None => text,
        Some(east) => {
            let (sign, away) = if east < 0 { ('-', -east) } else { ('+', east) };
            let seconds = if away % 60 == 0 { String::new() } else { format!(":{:02}", away % 60) };
            format!("{text}{sign}{:02}:{:02}{seconds}", away / 3_600, away / 60 % 60)
        }
    })
}

fn digits(text: &str, length: std::ops::RangeInclusive<usize>) -> Option<i64> {
    let plain = length.contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    if plain { text.parse().ok() } else { None }
}

/// A clock's text and its offset in seconds east of UTC.
fn split_offset(clock: &str) -> Option<(&str, Option<i64>)> {
    if let Some(clock) = clock.strip_suffix('Z') {
        return Some((clock, Some(0)));
    }
    let Some(at) = clock.find(['+', '-']) else { return Some((clock, None)) };
    let (clock, offset) = clock.split_at(at);
    let (sign, offset) = offset.split_at(1);
    let (hours, minutes) = offset.split_once(':')?;
    // Local mean times of the 19th century have seconds.
    let (minutes, seconds) = minutes.split_once(':').unwrap_or((minutes, "00"));
    let east = digits(hours, 2..=2)? * 3_600 + digits(minutes, 2..=2)? * 60 + digits(seconds, 2..=2)?;
    Some((clock, Some(if sign == "-" { -east } else { east })))
}

fn is_leap(year: i64) -> bool {
    (year % 4 == 0 && year % 100 != 0) || year % 400 == 0
}

fn days_of_month(year: i64, month: i64) -> i64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days since 1970-01-01 in the proleptic Gregorian calendar, counted in years that begin in March so that the leap
/// day is the last (Hinnant, "chrono-compatible low-level date algorithms").
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let shifted = if month <= 2 { year - 1 } else { year };
    let era = shifted.div_euclid(400);
    let year_of_era = shifted.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}
