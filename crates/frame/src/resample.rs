//! `resample`: times in bins of a regular step.
//!
//! Bins become [`Groups`] like those of any key, so every aggregation and transform of a group-by serves here too. A
//! step is a number of ticks, or dates by a rule of the calendar (month ends, weeks, working days), each of which has
//! its place in a row of all such dates.

use column::{Column, DType, Frequency, TimeUnit, civil_from_days, days_from_civil, days_in_month};

use crate::error::{Error, ErrorKind, Result};
use crate::groups::Groups;

/// From where steps of ticks are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Origin {
    /// Midnight of the first day (`'start_day'`).
    #[default]
    StartDay,
    /// 1970-01-01 (`'epoch'`).
    Epoch,
    /// The first time (`'start'`).
    Start,
    /// The last time (`'end'`), backwards.
    End,
    /// Midnight behind the last time (`'end_day'`), backwards.
    EndDay,
    /// A time of one's own, in ticks.
    At(i64),
}

/// Options of `resample`, with pandas' names and defaults.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Resample {
    /// Whether a bin holds its right edge; each rule has its own default.
    pub closed_right: Option<bool>,
    /// Whether a bin is labelled by its right edge; each rule has its own default.
    pub label_right: Option<bool>,
    /// From where steps of ticks are counted.
    pub origin: Origin,
    /// Ticks added to the origin.
    pub offset: i64,
}

/// The edges of bins, one more than there are bins, and the label of each bin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimeBins {
    /// Edges in ticks, rising.
    pub edges: Vec<i64>,
    /// Labels in ticks.
    pub labels: Vec<i64>,
    /// Whether a bin holds its right edge.
    pub closed_right: bool,
}

/// More bins than this are refused before they are made.
const BINS_MAX: i128 = 1 << 31;

/// A day has this many seconds.
const DAY_SECONDS: i64 = 86_400;

enum Rule {
    /// Steps of ticks.
    Ticks(i64),
    /// So many dates of a calendar rule.
    Dates(Calendar, i64),
}

/// Dates in a row: the `k`-th one for every whole `k`.
enum Calendar {
    /// A weekday of every week; Monday is 0.
    Week(i64),
    /// The first or last day, or working day, of every `period`-th month.
    Month { period: i64, anchor: i64, is_end: bool, working: bool },
    /// Monday to Friday.
    Working,
}

const MONTHS: [&str; 12] =
    ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const WEEKDAYS: [&str; 7] = ["MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"];

impl Rule {
    /// # Errors
    /// `ValueError` for a step finer than the unit, `NotImplementedError` for a rule that is not known.
    fn of(frequency: &Frequency, unit: TimeUnit) -> Result<Self> {
        let (count, rule) = (frequency.count(), frequency.rule());
        if count <= 0 {
            return Err(Error::missing_feature(&format!("resample(rule='{frequency}')")));
        }
        let per_second = unit.per_second();
        let seconds = match rule {
            "D" => Some((DAY_SECONDS, 1)),
            "h" => Some((3_600, 1)),
            "min" => Some((60, 1)),
            "s" => Some((1, 1)),
            "ms" => Some((1, 1_000)),
            "us" => Some((1, 1_000_000)),
            "ns" => Some((1, 1_000_000_000)),
            _ => None,
        };
        if let Some((seconds, parts)) = seconds {
            let ticks = i128::from(seconds) * i128::from(per_second) * i128::from(count);
            let whole = i64::try_from(ticks / parts).ok().filter(|&step| step > 0 && ticks % parts == 0);
            return whole.map(Self::Ticks).ok_or_else(|| {
                Error::value(format!("{frequency} is no whole number of ticks of the unit {}", unit.name()))
            });
        }
        let (name, anchor) = rule.split_once('-').map_or((rule, None), |(name, anchor)| (name, Some(anchor)));
        let month = |default: &str| {
            MONTHS.iter().position(|month| *month == anchor.unwrap_or(default)).map(|month| month as i64)
        };
        let dates = |period: i64, anchor: Option<i64>, is_end: bool, working: bool| {
            anchor.map(|anchor| Calendar::Month {
                period,
                anchor: anchor.rem_euclid(period),
                is_end,
                working,
            })
        };
        let calendar = match name {
            "W" => WEEKDAYS
                .iter()
                .position(|day| *day == anchor.unwrap_or("SUN"))
                .map(|day| Calendar::Week(day as i64)),
            "B" => Some(Calendar::Working),
            "ME" => dates(1, Some(0), true, false),
            "MS" => dates(1, Some(0), false, false),
            "BME" => dates(1, Some(0), true, true),
            "BMS" => dates(1, Some(0), false, true),
            "QE" => dates(3, month("DEC"), true, false),
            "QS" => dates(3, month("JAN"), false, false),
            "BQE" => dates(3, month("DEC"), true, true),
            "BQS" => dates(3, month("JAN"), false, true),
            "YE" => dates(12, month("DEC"), true, false),
            "YS" => dates(12, month("JAN"), false, false),
            "BYE" => dates(12, month("DEC"), true, true),
            "BYS" => dates(12, month("JAN"), false, true),
            _ => None,
        };
        let calendar =
            calendar.ok_or_else(|| Error::missing_feature(&format!("resample(rule='{frequency}')")))?;
        Ok(Self::Dates(calendar, count))
    }

    /// Whether bins hold their right edges, and are labelled by them, unless somebody says otherwise.
    fn is_right(&self, origin: Origin) -> bool {
        match self {
            Self::Ticks(_) => matches!(origin, Origin::End | Origin::EndDay),
            Self::Dates(Calendar::Week(_), _) => true,
            Self::Dates(Calendar::Month { is_end, .. }, _) => *is_end,
            Self::Dates(Calendar::Working, _) => false,
        }
    }
}

impl Calendar {
    /// The day of the `k`-th date.
    fn day(&self, k: i64) -> i64 {
        match *self {
            // 1970-01-01 was a Thursday.
            Self::Week(weekday) => k * 7 + weekday - 3,
            Self::Working => k.div_euclid(5) * 7 + k.rem_euclid(5) - 3,
            Self::Month { period, anchor, is_end, working } => {
                let month = k * period + anchor;
                let (year, month) = (month.div_euclid(12), (month.rem_euclid(12) + 1) as u8);
                let day = if is_end { days_in_month(year, month) } else { 1 };
                let day = days_from_civil(year, month, day);
                match ((day + 3).rem_euclid(7), is_end) {
                    (weekday @ 5..=6, true) if working => day - (weekday - 4),
                    (weekday @ 5..=6, false) if working => day + (7 - weekday),
                    _ => day,
                }
            }
        }
    }

    /// The last date that is not behind the day.
    fn floor(&self, day: i64) -> i64 {
        let guess = match *self {
            Self::Week(weekday) => (day + 3 - weekday).div_euclid(7),
            Self::Working => (day + 3).div_euclid(7) * 5 + (day + 3).rem_euclid(7).min(4),
            Self::Month { period, anchor, .. } => {
                let (year, month, _) = civil_from_days(day);
                (year * 12 + i64::from(month) - 1 - anchor).div_euclid(period)
            }
        };
        match (self.day(guess) > day, self.day(guess + 1) <= day) {
            (true, _) => guess - 1,
            (_, true) => guess + 1,
            _ => guess,
        }
    }
}

impl TimeBins {
    /// The bins that hold times from `first` to `last`.
    ///
    /// # Errors
    /// `NotImplementedError` for a rule that is not known, `MemoryError` for more bins than memory holds,
    /// `OutOfBoundsDatetime` where an edge has no ticks.
    pub fn between(
        first: i64,
        last: i64,
        unit: TimeUnit,
        frequency: &Frequency,
        options: Resample,
    ) -> Result<Self> {
        let rule = Rule::of(frequency, unit)?;
        let default = rule.is_right(options.origin);
        let closed_right = options.closed_right.unwrap_or(default);
        let label_right = options.label_right.unwrap_or(default);
        let (first, last) = (i128::from(first), i128::from(last));
        let per_day = i128::from(unit.per_second() * DAY_SECONDS);
        let (binner, ends_of_days) = match rule {
            Rule::Ticks(step) => {
                let step = i128::from(step);
                let (start, end) = anchored(first, last, step, per_day, closed_right, options);
                check_count((end - start) / step)?;
                let count = ((end - start) / step) as usize;
                ((0..=count as i128).map(|place| start + place * step).collect::<Vec<i128>>(), false)
            }
            Rule::Dates(calendar, count) => {
                let day = |ticks: i128| ticks.div_euclid(per_day) as i64;
                let (first, last) = (day(first), day(last));
                let (from, to) = (calendar.floor(first), calendar.floor(last));
                let start = match (closed_right, calendar.day(from) == first) {
                    (false, _) => from,
                    (true, true) => from - count,
                    (true, false) => from - (count - 1),
                };
                let end = to + count;
                check_count(i128::from((end - start) / count))?;
                let dates = (0..=(end - start) / count).map(|place| calendar.day(start + place * count));
                let ends = matches!(calendar, Calendar::Week(_) | Calendar::Month { is_end: true, .. });
                (dates.map(|day| i128::from(day) * per_day).collect(), ends && closed_right)
            }
        };
        let mut labels = binner.clone();
        let mut edges = binner;
        if ends_of_days {
            // A bin that is closed by a date holds all of its day.
            edges.iter_mut().for_each(|edge| *edge += per_day - 1);
            if edges.len() >= 2 && edges[edges.len() - 2] > last {
                edges.pop();
                labels.pop();
            }
        }
        if label_right {
            labels.remove(0);
        }
        labels.truncate(edges.len().saturating_sub(1));
        let ticks = |values: Vec<i128>| {
            let fits = |value: i128| i64::try_from(value).ok().filter(|&tick| tick != i64::MIN);
            values.into_iter().map(fits).collect::<Option<Vec<i64>>>().ok_or_else(|| {
                Error::new(ErrorKind::OutOfBoundsDatetime, "Out of bounds timestamp in the edges of the bins")
            })
        };
        Ok(Self { edges: ticks(edges)?, labels: ticks(labels)?, closed_right })
    }

    /// The bin of each time, −1 for missing ones and those outside.
    pub fn codes(&self, ticks: &[i64]) -> Vec<i64> {
        let count = self.edges.len().saturating_sub(1);
        let bin = |&tick: &i64| {
            if tick == i64::MIN {
                return -1;
            }
            let edge = match self.closed_right {
                true => self.edges.partition_point(|&edge| edge < tick),
                false => self.edges.partition_point(|&edge| edge <= tick),
            };
            if edge == 0 || edge > count { -1 } else { edge as i64 - 1 }
        };
        ticks.iter().map(bin).collect()
    }

    /// The rows of a column of times in these bins, as groups under one key.
    ///
    /// # Errors
    /// `TypeError` for a column that holds no times.
    pub fn groups(&self, times: &Column, name: column::Scalar) -> Result<Groups> {
        let labels = match times.dtype() {
            DType::Datetime(unit) => Column::datetime(self.labels.clone(), unit),
            DType::Timedelta(unit) => Column::timedelta(self.labels.clone(), unit),
            _ => return Err(not_times(times.dtype())),
        };
        let ticks = times.as_i64().ok_or_else(|| not_times(times.dtype()))?;
        Ok(Groups {
            codes: self.codes(ticks),
            count: labels.len(),
            keys: vec![labels],
            names: vec![name],
            values: Vec::new(),
        })
    }
}

fn not_times(dtype: DType) -> Error {
    Error::type_(format!("resample takes times, found the dtype {dtype}"))
}

fn check_count(bins: i128) -> Result<()> {
    match bins > BINS_MAX {
        true => Err(Error::new(ErrorKind::MemoryError, format!("Unable to allocate {bins} bins"))),
        false => Ok(()),
    }
}

/// The outer edges of bins of `step` ticks that hold `first` and `last`.
fn anchored(
    first: i128,
    last: i128,
    step: i128,
    per_day: i128,
    closed_right: bool,
    options: Resample,
) -> (i128, i128) {
    let midnight = |ticks: i128| ticks.div_euclid(per_day) * per_day;
    let backwards = |end: i128| {
        let steps = (end - first).div_euclid(step) + i128::from(!closed_right);
        end - steps * step
    };
    let origin = match options.origin {
        Origin::StartDay => midnight(first),
        Origin::Epoch => 0,
        Origin::Start => first,
        Origin::At(ticks) => i128::from(ticks),
        Origin::End => backwards(last),
        Origin::EndDay => backwards(-midnight(-last)),
    };
    let origin = origin + i128::from(options.offset);
    let first = if matches!(options.origin, Origin::End | Origin::EndDay) { origin } else { first };
    let (before, over) = ((first - origin).rem_euclid(step), (last - origin).rem_euclid(step));
    let start = match (before, closed_right) {
        (0, true) => first - step,
        (0, false) => first,
        (before, _) => first - before,
    };
    let end = match (over, closed_right) {
        (0, true) => last,
        (0, false) => last + step,
        (over, _) => last + step - over,
    };
    (start, end)
}
