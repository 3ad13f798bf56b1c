//! The regular step of dates or durations, as pandas' `infer_freq` names it.

use std::fmt;
use std::str::FromStr;

use crate::calendar::{civil_from_days, days_in_month};
use crate::column::Column;
use crate::dtype::DType;
use crate::error::{Error, ErrorKind, Result};
use crate::time::{MONTHS, WEEKDAYS};

const SECONDS_PER_DAY: i64 = 86_400;

/// A step between neighbours: a pandas offset alias and how many of it, `D`, `15min`, `2QE-DEC`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Frequency {
    count: i64,
    rule: String,
}

impl Frequency {
    fn new(rule: impl Into<String>, count: i64) -> Self {
        Self { count, rule: rule.into() }
    }

    /// How many of the rule a step is.
    #[must_use]
    pub fn count(&self) -> i64 {
        self.count
    }

    /// The offset alias without its count: `D`, `QE-DEC`.
    #[must_use]
    pub fn rule(&self) -> &str {
        &self.rule
    }

    /// The step from each label to the `steps`-th behind it; `None` for none at all and beyond 64 bits.
    #[must_use]
    pub fn times(&self, steps: i64) -> Option<Self> {
        let count = self.count.checked_mul(steps).filter(|&count| count != 0)?;
        Some(Self::new(self.rule.clone(), count))
    }

    /// Whether two rows of dates with this step have all dates of their overlap in common, wherever they start.
    #[must_use]
    pub fn is_single(&self) -> bool {
        self.count == 1
    }
}

impl fmt::Display for Frequency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.count {
            1 => f.write_str(&self.rule),
            count => write!(f, "{count}{}", self.rule),
        }
    }
}

impl FromStr for Frequency {
    type Err = Error;

    /// A count, 1 where there is none, and a rule: `freqstr`.
    fn from_str(text: &str) -> Result<Self> {
        let invalid = || Error::new(ErrorKind::Value, format!("Invalid frequency: {text}"));
        let start = text.find(|c: char| c.is_ascii_alphabetic()).ok_or_else(invalid)?;
        let (count, rule) = text.split_at(start);
        let count = match count {
            "" => 1,
            digits => digits.parse().ok().filter(|&count| count != 0).ok_or_else(invalid)?,
        };
        let is_rule = |c: char| c.is_ascii_alphanumeric() || c == '-';
        if rule.chars().all(is_rule) { Ok(Self::new(rule, count)) } else { Err(invalid()) }
    }
}

impl Column {
    /// The step of three or more times or durations that all rise or all fall; `None` where pandas finds none.
    ///
    /// The rules are those of `pandas.infer_freq`: whole days are years, quarters, months, days or weeks, working days
    /// or a weekday of the month, in that order; what is finer is one distance in the largest unit that divides it.
    #[must_use]
    pub fn infer_frequency(&self) -> Option<Frequency> {
        let (DType::Datetime(unit) | DType::Timedelta(unit)) = self.dtype() else { return None };
        let ticks = self.as_i64().filter(|ticks| ticks.len() > 2 && self.missing_count() == 0)?;
        let gaps = distances(ticks.iter().copied())?;
        let (&least, &greatest) = (gaps.first()?, gaps.last()?);
        if least <= 0 && greatest >= 0 {
            return None;
        }
        let per_day = unit.per_second() * SECONDS_PER_DAY;
        if least % per_day == 0 {
            let days: Vec<i64> = ticks.iter().map(|ticks| ticks.div_euclid(per_day)).collect();
            let even =
                if gaps.len() == 1 { every_so_many_days(least / per_day, *days.first()?) } else { None };
            return match self.dtype() {
                DType::Datetime(_) => Dates::of(&days).calendar_rule(&gaps, per_day, even),
                _ => even,
            };
        }
        let per_hour = per_day / 24;
        let hours: Option<Vec<i64>> =
            gaps.iter().map(|gap| (gap % per_hour == 0).then(|| gap / per_hour)).collect();
        // From one working hour to the next: an hour, a night (17) or a weekend (65).
        if matches!(hours.as_deref(), Some([1, 17] | [1, 65] | [1, 17, 65])) {
            return Some(Frequency::new("bh", 1));
        }
        let per_second = unit.per_second();
        let units = [("h", per_hour), ("min", per_hour / 60), ("s", per_second), ("ms", per_second / 1_000)];
        let finer = [("us", per_second / 1_000_000), ("ns", per_second / 1_000_000_000)];
        let divides = |&(_, size): &(&str, i64)| size > 0 && least % size == 0;
        let (rule, size) = units.into_iter().chain(finer).find(divides)?;
        (gaps.len() == 1).then(|| Frequency::new(rule, least / size))
    }
}

/// The distances between neighbours, sorted, each once; `None` beyond 64 bits.
fn distances(values: impl Iterator<Item = i64> + Clone) -> Option<Vec<i64>> {
    let pairs = values.clone().zip(values.skip(1));
    let mut gaps = pairs.map(|(here, next)| next.checked_sub(here)).collect::<Option<Vec<i64>>>()?;
    gaps.sort_unstable();
    gaps.dedup();
    Some(gaps)
}

/// 1970-01-01 was a Thursday; Monday is 0.
fn weekday(day: i64) -> usize {
    day.saturating_add(3).rem_euclid(7) as usize
}

/// The first three letters of a name, in capitals: `MON`, `DEC`.
fn short(names: &[&str], place: usize) -> String {
    names.get(place).map(|name| name.chars().take(3).collect::<String>().to_uppercase()).unwrap_or_default()
}

/// Weeks where the days are whole weeks, else days.
fn every_so_many_days(days: i64, first: i64) -> Option<Frequency> {
    Some(match days % 7 {
        0 => Frequency::new(format!("W-{}", short(&WEEKDAYS, weekday(first))), days / 7),
        _ => Frequency::new("D", days),
    })
}

struct Date {
    year: i64,
    month: u8,
    day: u8,
    weekday: usize,
}

/// The dates of times that are at least a day apart.
struct Dates {
    days: Vec<i64>,
    dates: Vec<Date>,
}

/// Where in the month each of the dates stands.
#[derive(Clone, Copy)]
struct Place {
    /// The letters that start the alias: none, or `B` for the first or last working day.
    prefix: &'static str,
    /// The letter behind the period: `S` or `E`.
    edge: char,
}

impl Dates {
    fn of(days: &[i64]) -> Self {
        let date = |&number: &i64| {
            let (year, month, day) = civil_from_days(number);
            Date { year, month, day, weekday: weekday(number) }
        };
        Self { days: days.to_vec(), dates: days.iter().map(date).collect() }
    }

    fn all(&self, holds: impl Fn(&Date) -> bool) -> bool {
        self.dates.iter().all(holds)
    }

    /// Ends come before starts, and calendar days before working days.
    fn place(&self) -> Option<Place> {
        let left = |date: &Date| days_in_month(date.year, date.month).saturating_sub(date.day);
        if self.all(|date| left(date) == 0) {
            Some(Place { prefix: "", edge: 'E' })
        } else if self.all(|date| left(date) == 0 || (left(date) < 3 && date.weekday == 4)) {
            Some(Place { prefix: "B", edge: 'E' })
        } else if self.all(|date| date.day == 1) {
            Some(Place { prefix: "", edge: 'S' })
        } else if self.all(|date| date.day == 1 || (date.day <= 3 && date.weekday == 0)) {
            Some(Place { prefix: "B", edge: 'S' })
        } else {
            None
        }
    }

    fn calendar_rule(&self, gaps: &[i64], per_day: i64, even: Option<Frequency>) -> Option<Frequency> {
        if let Some(place) = self.place()
            && let Some(frequency) = self.period_rule(place)
        {
            return Some(frequency);
        }
        even.or_else(|| self.is_working_days(gaps, per_day).then(|| Frequency::new("B", 1)))
            .or_else(|| self.week_of_month())
    }

    /// Years, quarters or months, whichever is the longest that the dates have.
    fn period_rule(&self, Place { prefix, edge }: Place) -> Option<Frequency> {
        let month = self.dates.first()?.month;
        let one = |gaps: Vec<i64>| match gaps.as_slice() {
            [only] => Some(*only),
            _ => None,
        };
        let years = one(distances(self.dates.iter().map(|date| date.year))?);
        if let (Some(years), true) = (years, self.all(|date| date.month == month)) {
            let anchor = short(&MONTHS, usize::from(month).saturating_sub(1));
            return Some(Frequency::new(format!("{prefix}Y{edge}-{anchor}"), years));
        }
        let months = one(distances(self.dates.iter().map(|date| date.year * 12 + i64::from(date.month)))?)?;
        if months % 3 != 0 {
            return Some(Frequency::new(format!("{prefix}M{edge}"), months));
        }
        // The quarter's month is known up to a multiple of three: starts are named by the first, ends by the last.
        let anchor = match (edge, month % 3) {
            ('S', 1) => "JAN",
            ('S', 2) => "FEB",
            ('S', _) => "MAR",
            (_, 1) => "OCT",
            (_, 2) => "NOV",
            _ => "DEC",
        };
        Some(Frequency::new(format!("{prefix}Q{edge}-{anchor}"), months / 3))
    }

    fn is_working_days(&self, gaps: &[i64], per_day: i64) -> bool {
        let steps = self.days.windows(2).map(|pair| (weekday(pair[1]), pair[1] - pair[0]));
        gaps == [per_day, 3 * per_day]
            && steps.into_iter().all(|(weekday, days)| match weekday {
                0 => days == 3,
                1..=4 => days == 1,
                _ => false,
            })
    }

    /// One weekday in one of the first four weeks of the months; a fifth week has no say.
    fn week_of_month(&self) -> Option<Frequency> {
        let weekday = self.dates.first()?.weekday;
        let mut weeks = self.dates.iter().map(|date| (date.day - 1) / 7).filter(|week| *week < 4);
        let week = weeks.next()?;
        let holds = weeks.all(|other| other == week) && self.all(|date| date.weekday == weekday);
        holds.then(|| Frequency::new(format!("WOM-{}{}", week + 1, short(&WEEKDAYS, weekday)), 1))
    }
}

#[cfg(test)]
mod tests;
