//! Formats with units of their own: dates, ordinals, sizes, spans of time.

use jiff::{Timestamp, fmt::strtime, tz::TimeZone};

use super::{FormatError, grouped};

pub(super) fn date(microseconds: i64, pattern: &str) -> Result<String, FormatError> {
    let instant =
        Timestamp::from_microsecond(microseconds).map_err(|_| FormatError::Calendar { microseconds })?;
    strtime::format(pattern, &instant.to_zoned(TimeZone::UTC))
        .map_err(|error| FormatError::Pattern { pattern: pattern.to_owned(), reason: error.to_string() })
}

pub(super) fn ordinal(n: i64) -> String {
    let magnitude = n.unsigned_abs();
    let suffix = match (magnitude % 10, magnitude % 100) {
        (_, 11..=13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    };
    let sign = if n < 0 { "-" } else { "" };
    format!("{sign}{}{suffix}", grouped(&magnitude.to_string()))
}

pub(super) fn bytes(n: i64) -> String {
    let sign = if n < 0 { "-" } else { "" };
    let magnitude = u128::from(n.unsigned_abs());
    if magnitude < 1024 {
        return format!("{sign}{magnitude} B");
    }
    let mut unit = 1024;
    for name in ["KiB", "MiB", "GiB", "TiB", "PiB"] {
        let tenths = divided_half_even(magnitude * 10, unit);
        // Rounding may reach the next unit: 1023.99 KiB is 1.0 MiB.
        if tenths < 10_240 {
            return format!("{sign}{}.{} {name}", tenths / 10, tenths % 10);
        }
        unit *= 1024;
    }
    let tenths = divided_half_even(magnitude * 10, unit);
    format!("{sign}{}.{} EiB", tenths / 10, tenths % 10)
}

pub(super) fn duration(microseconds: i128) -> String {
    const SECOND: u128 = 1_000_000;
    const MINUTE: u128 = 60 * SECOND;
    const HOUR: u128 = 60 * MINUTE;
    const DAY: u128 = 24 * HOUR;

    let sign = if microseconds < 0 { "-" } else { "" };
    let span = microseconds.unsigned_abs();
    // The finest unit shown, and where the next larger pair of units takes over.
    let rounded = |finest: u128, limit: u128| {
        let span = divided_half_even(span, finest) * finest;
        (span < limit).then_some(span)
    };
    let pair = |span: u128, large: (u128, &str), small: (u128, &str)| {
        let (whole, rest) = (span / large.0, span % large.0 / small.0);
        let whole = grouped(&whole.to_string());
        if rest == 0 {
            format!("{sign}{whole} {}", large.1)
        } else {
            format!("{sign}{whole} {} {rest} {}", large.1, small.1)
        }
    };
    if span == 0 {
        "0 s".to_owned()
    } else if let Some(us) = rounded(1, 1_000) {
        format!("{sign}{us} µs")
    } else if let Some(us) = rounded(1_000, SECOND) {
        format!("{sign}{} ms", us / 1_000)
    } else if let Some(us) = rounded(SECOND / 10, MINUTE) {
        format!("{sign}{}.{} s", us / SECOND, us % SECOND / (SECOND / 10))
    } else if let Some(us) = rounded(SECOND, HOUR) {
        pair(us, (MINUTE, "min"), (SECOND, "s"))
    } else if let Some(us) = rounded(MINUTE, DAY) {
        pair(us, (HOUR, "h"), (MINUTE, "min"))
    } else {
        pair(divided_half_even(span, HOUR) * HOUR, (DAY, "d"), (HOUR, "h"))
    }
}

fn divided_half_even(value: u128, divisor: u128) -> u128 {
    let (quotient, remainder) = (value / divisor, value % divisor);
    match (remainder * 2).cmp(&divisor) {
        std::cmp::Ordering::Less => quotient,
        std::cmp::Ordering::Equal => quotient + quotient % 2,
        std::cmp::Ordering::Greater => quotient + 1,
    }
}
