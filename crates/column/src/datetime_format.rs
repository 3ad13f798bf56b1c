//! Reading datetimes by a `strptime` format, and finding the format of a text.

use crate::calendar::{Civil, days_in_month, is_leap_year};
use crate::dtype::TimeUnit;
use crate::error::{Error, Result};
use crate::time::{MONTHS, WEEKDAYS};

#[derive(Clone, Debug, PartialEq, Eq)]
enum Item {
    Literal(char),
    /// One or more blanks.
    Space,
    /// A `%` directive.
    Field(char),
}

/// A `strptime` format: `%Y %y %m %d %H %I %M %S %f %p %b %B %a %A %j` and literals.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DatetimeFormat {
    text: String,
    items: Vec<Item>,
}

/// Why a text does not fit a format.
pub(crate) enum Mismatch {
    /// It does not match at all.
    Text,
    /// It matches and something remains from this byte on.
    Rest(usize),
    /// It matches but names no day (30 February).
    Day,
}

/// Parts as they are read.
#[derive(Default)]
struct Parts {
    year: Option<i64>,
    month: Option<u8>,
    day: Option<u8>,
    day_of_year: Option<u16>,
    hour: u8,
    hour_of_12: Option<u8>,
    afternoon: Option<bool>,
    minute: u8,
    second: u8,
    nanosecond: u32,
    fine: bool,
}

impl DatetimeFormat {
    /// The format as Python writes it.
    ///
    /// # Errors
    /// `ValueError` for a directive Python does not know, `NotImplementedError` for one that is not
    /// supported (zones, weeks).
    pub fn new(format: &str) -> Result<Self> {
        let mut items = Vec::new();
        let mut chars = format.chars();
        while let Some(c) = chars.next() {
            let item = match c {
                '%' => match chars.next() {
                    Some('%') => Item::Literal('%'),
                    Some('T') => {
                        for item in
                            [Item::Field('H'), Item::Literal(':'), Item::Field('M'), Item::Literal(':')]
                        {
                            items.push(item);
                        }
                        Item::Field('S')
                    }
                    Some(field) if "YymdHIMSfpbBaAj".contains(field) => Item::Field(field),
                    Some(field) if "zZGVuwUWcxX".contains(field) => {
                        return Err(Error::not_implemented(format!("to_datetime(format='%{field}')")));
                    }
                    Some(field) => {
                        return Err(Error::value_error(format!(
                            "'{field}' is a bad directive in format '{format}'"
                        )));
                    }
                    None => return Err(Error::value_error(format!("stray % in format '{format}'"))),
                },
                c if c.is_whitespace() => Item::Space,
                c => Item::Literal(c),
            };
            items.push(item);
        }
        Ok(Self { text: format.to_owned(), items })
    }

    /// The format as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The format that a text seems to have, month before day where both can be: ISO dates with `-`,
    /// `/`, `.` or nothing between, `1/31/2020`, names of months, a time with seconds, fractions, AM
    /// and PM. `None` for anything else.
    #[must_use]
    pub fn guess(text: &str) -> Option<Self> {
        let found = Self::new(&guess_format(text.trim())?).ok()?;
        found.parse(text, TimeUnit::Second).map(|_| found)
    }

    /// Whether a text has a known form but names no day, as 30 February.
    pub(crate) fn fits_no_day(text: &str) -> bool {
        let format = guess_format(text.trim()).and_then(|format| Self::new(&format).ok());
        format.is_some_and(|format| matches!(format.read(text), Err(Mismatch::Day)))
    }

    /// Ticks of a text since 1970-01-01; `None` if it does not fit.
    #[must_use]
    pub fn parse(&self, text: &str, unit: TimeUnit) -> Option<i64> {
        self.read(text).ok()?.0.to_ticks(unit)
    }

    /// The date and time, and whether it has digits beyond microseconds.
    pub(crate) fn read(&self, text: &str) -> Result<(Civil, bool), Mismatch> {
        let mut parts = Parts::default();
        let mut rest = text;
        for item in &self.items {
            rest = match item {
                Item::Literal(c) => strip_ignoring_case(rest, *c).ok_or(Mismatch::Text)?,
                Item::Space => {
                    let trimmed = rest.trim_start();
                    if trimmed.len() == rest.len() {
                        return Err(Mismatch::Text);
                    }
                    trimmed
                }
                Item::Field(field) => parts.read(*field, rest).ok_or(Mismatch::Text)?,
            };
        }
        if !rest.is_empty() {
            return Err(Mismatch::Rest(text.len() - rest.len()));
        }
        parts.civil().ok_or(Mismatch::Day)
    }
}

fn strip_ignoring_case(text: &str, c: char) -> Option<&str> {
    let mut chars = text.chars();
    chars.next().filter(|found| found.eq_ignore_ascii_case(&c)).map(|_| chars.as_str())
}

/// Up to `width` digits (at least `least`) and what follows.
fn digits(text: &str, least: usize, width: usize) -> Option<(u32, usize, &str)> {
    let len = text.bytes().take(width).take_while(u8::is_ascii_digit).count();
    if len < least {
        return None;
    }
    let (number, rest) = text.split_at_checked(len)?;
    Some((number.parse().ok()?, len, rest))
}

/// A name, whole or by its first three letters, and what follows.
fn name<'a>(text: &'a str, names: &[&str], short: bool) -> Option<(usize, &'a str)> {
    names.iter().enumerate().find_map(|(i, name)| {
        let name = if short { name.get(..3)? } else { name };
        let (head, rest) = text.split_at_checked(name.len())?;
        head.eq_ignore_ascii_case(name).then_some((i, rest))
    })
}

impl Parts {
    fn read<'a>(&mut self, field: char, text: &'a str) -> Option<&'a str> {
        let two = || digits(text, 1, 2);
        let bounded = |(value, _, rest): (u32, usize, &'a str), low: u32, high: u32| {
            (low..=high).contains(&value).then_some((value as u8, rest))
        };
        let rest = match field {
            'Y' => {
                let (year, _, rest) = digits(text, 4, 4)?;
                self.year = Some(i64::from(year));
                rest
            }
            'y' => {
                let (year, _, rest) = digits(text, 2, 2)?;
                self.year = Some(i64::from(year) + if year <= 68 { 2_000 } else { 1_900 });
                rest
            }
            'm' => {
                let (month, rest) = bounded(two()?, 1, 12)?;
                self.month = Some(month);
                rest
            }
            'd' => {
                let (day, rest) = bounded(two()?, 1, 31)?;
                self.day = Some(day);
                rest
            }
            'j' => {
                let (day, _, rest) = digits(text, 1, 3)?;
                self.day_of_year = Some(day as u16).filter(|day| (1..=366).contains(day));
                self.day_of_year?;
                rest
            }
            'H' => {
                let (hour, rest) = bounded(two()?, 0, 23)?;
                self.hour = hour;
                rest
            }
            'I' => {
                let (hour, rest) = bounded(two()?, 1, 12)?;
                self.hour_of_12 = Some(hour);
                rest
            }
            'M' => {
                let (minute, rest) = bounded(two()?, 0, 59)?;
                self.minute = minute;
                rest
            }
            'S' => {
                let (second, rest) = bounded(two()?, 0, 59)?;
                self.second = second;
                rest
            }
            'f' => {
                let (value, len, rest) = digits(text, 1, 9)?;
                self.nanosecond = value * 10u32.pow(9 - len as u32);
                self.fine = len > 6;
                rest
            }
            'p' => {
                let (which, rest) = name(text, &["AM", "PM"], false)?;
                self.afternoon = Some(which == 1);
                rest
            }
            'b' | 'B' => {
                let (month, rest) = name(text, &MONTHS, field == 'b')?;
                self.month = Some(month as u8 + 1);
                rest
            }
            'a' | 'A' => name(text, &WEEKDAYS, field == 'a')?.1,
            _ => return None,
        };
        Some(rest)
    }

    fn civil(&self) -> Option<(Civil, bool)> {
        let year = self.year.unwrap_or(1_900);
        let (month, day) = match self.day_of_year {
            Some(of_year) => {
                if of_year == 366 && !is_leap_year(year) {
                    return None;
                }
                let days = crate::calendar::days_from_civil(year, 1, 1) + i64::from(of_year) - 1;
                let (_, month, day) = crate::calendar::civil_from_days(days);
                (month, day)
            }
            None => (self.month.unwrap_or(1), self.day.unwrap_or(1)),
        };
        if day == 0 || day > days_in_month(year, month) || year == 0 {
            return None;
        }
        let hour = match self.hour_of_12 {
            Some(hour) => hour % 12 + if self.afternoon == Some(true) { 12 } else { 0 },
            None => self.hour,
        };
        let (minute, second, nanosecond) = (self.minute, self.second, self.nanosecond);
        Some((Civil { year, month, day, hour, minute, second, nanosecond }, self.fine))
    }
}

fn guess_format(text: &str) -> Option<String> {
    let (date_len, mut format) = guess_date(text)?;
    let rest = text.get(date_len..)?;
    if rest.is_empty() {
        return Some(format);
    }
    let gap = rest.chars().next().filter(|c| matches!(c, ' ' | 'T'))?;
    format.push(gap);
    format.push_str(&guess_time(rest.get(1..)?)?);
    Some(format)
}

/// The date at the front of a text: its length and format.
fn guess_date(text: &str) -> Option<(usize, String)> {
    let run = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let first = run(text);
    if first == 8 {
        return Some((8, "%Y%m%d".into()));
    }
    if first == 0 || text.get(first..)?.starts_with(' ') {
        return guess_named_date(text);
    }
    let separator = text.get(first..)?.chars().next().filter(|c| matches!(c, '-' | '/' | '.'))?;
    let second_text = text.get(first + 1..)?;
    let second = run(second_text);
    if second == 0 {
        return guess_named_date(text);
    }
    let third_text = second_text.get(second..)?;
    let Some(third_text) = third_text.strip_prefix(separator) else {
        return (first == 4).then(|| (first + 1 + second, format!("%Y{separator}%m")));
    };
    let third = run(third_text);
    let len = first + second + third + 2;
    let number = |from: &str, len: usize| from.get(..len).and_then(|digits| digits.parse::<u32>().ok());
    match (first, second, third) {
        (4, 1..=2, 1..=2) => Some((len, format!("%Y{separator}%m{separator}%d"))),
        (1..=2, 1..=2, 2 | 4) => {
            let year = if third == 4 { "%Y" } else { "%y" };
            let day_first = number(text, first)? > 12;
            let (a, b) = if day_first { ("%d", "%m") } else { ("%m", "%d") };
            Some((len, format!("{a}{separator}{b}{separator}{year}")))
        }
        _ => None,
    }
}

/// `5 January 2020`, `5-Jan-2020`, `Jan 5, 2020`, with whole or short names.
fn guess_named_date(text: &str) -> Option<(usize, String)> {
    let candidates = [
        "%d %B %Y",
        "%d %b %Y",
        "%d-%B-%Y",
        "%d-%b-%Y",
        "%B %d, %Y",
        "%b %d, %Y",
        "%B %d %Y",
        "%b %d %Y",
        "%B %Y",
        "%b %Y",
    ];
    candidates.iter().find_map(|candidate| {
        let format = DatetimeFormat::new(candidate).ok()?;
        match format.read(text) {
            Ok(_) => Some((text.len(), (*candidate).to_owned())),
            Err(Mismatch::Rest(at)) if text.get(at..)?.starts_with([' ', 'T']) => {
                Some((at, (*candidate).to_owned()))
            }
            Err(_) => None,
        }
    })
}

fn guess_time(text: &str) -> Option<String> {
    let upper = text.to_ascii_uppercase();
    let half = upper.ends_with("AM") || upper.ends_with("PM");
    let clock = if half { upper.get(..upper.len() - 2)? } else { &upper };
    let spaced = clock.ends_with(' ');
    let clock = clock.trim_end();
    let hour = if half { "%I" } else { "%H" };
    let (clock, fraction) = clock.split_once('.').map_or((clock, ""), |(clock, _)| (clock, ".%f"));
    let mut format = match clock.matches(':').count() {
        1 if fraction.is_empty() => format!("{hour}:%M"),
        2 => format!("{hour}:%M:%S{fraction}"),
        _ => return None,
    };
    if half {
        format.push_str(if spaced { " %p" } else { "%p" });
    }
    Some(format)
}
