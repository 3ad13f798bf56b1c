//! Zoned datetimes from naive ones and back.

use std::collections::BTreeMap;

use crate::bitmap::Bitmap;
use crate::calendar::datetime_text;
use crate::column::Column;
use crate::dtype::{DType, TimeUnit};
use crate::error::{Error, ErrorKind, Result};
use crate::zone::{LocalTime, Zone};

/// What a local time is that happened twice, when the clock was put back (pandas' `ambiguous`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Ambiguous {
    /// An error.
    #[default]
    Raise,
    /// NaT.
    NaT,
    /// By the order of the times: the first half of a repeated run is daylight saving time.
    Infer,
    /// For each row whether it is daylight saving time.
    Dst(Bitmap),
}

/// What a local time is that the clock skipped (pandas' `nonexistent`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Nonexistent {
    /// An error.
    #[default]
    Raise,
    /// NaT.
    NaT,
    /// The first time after the gap.
    ShiftForward,
    /// The last tick before the gap.
    ShiftBackward,
    /// Moved by this many nanoseconds.
    Shift(i64),
}

impl Column {
    /// Naive datetimes as local times of `zone` (pandas' `tz_localize`).
    ///
    /// # Errors
    /// `TypeError` for zoned datetimes; `ValueError` with pandas' text for times that `ambiguous` and `nonexistent` do
    /// not settle; `AttributeError` for other dtypes.
    pub fn localize(&self, zone: Zone, ambiguous: &Ambiguous, nonexistent: Nonexistent) -> Result<Self> {
        let (unit, ticks) = match (self.dtype(), self.as_i64()) {
            (DType::Datetime(unit), Some(ticks)) => (unit, ticks),
            (DType::Zoned(..), _) => {
                return Err(Error::type_error("Already tz-aware, use tz_convert to convert."));
            }
            _ => return Err(no_accessor()),
        };
        if let Ambiguous::Dst(dst) = ambiguous
            && dst.len() != ticks.len()
        {
            return Err(Error::value_error("Length of ambiguous bool-array must be the same size as vals"));
        }
        let localizer = Localizer { zone, unit, ticks, nonexistent };
        let inferred = match ambiguous {
            Ambiguous::Infer => localizer.infer()?,
            _ => BTreeMap::new(),
        };
        let rows = ticks.iter().enumerate().map(|(i, &tick)| {
            if tick == i64::MIN {
                return Ok(tick);
            }
            let local = match localizer.local(tick) {
                LocalTime::Once(offset) => Some(localizer.utc(tick, offset)),
                LocalTime::Fold { before, after } => match ambiguous {
                    Ambiguous::Raise => {
                        let shown = datetime_text(tick, unit, ' ');
                        return Err(Error::value_error(format!(
                            "Cannot infer dst time from {shown}, try using the 'ambiguous' argument"
                        ))
                        .at(i));
                    }
                    Ambiguous::NaT => None,
                    Ambiguous::Infer => inferred.get(&i).map(|&offset| localizer.utc(tick, offset)),
                    Ambiguous::Dst(dst) => Some(localizer.utc(tick, if dst.get(i) { before } else { after })),
                },
                LocalTime::Gap { before, after, at } => localizer.skipped(tick, before, after, at),
            };
            match local {
                None => Ok(i64::MIN),
                Some(utc) => utc.map_err(|error| error.at(i)),
            }
        });
        let utc = rows.collect::<Result<Vec<i64>>>()?;
        Ok(Self::zoned(utc, unit, zone))
    }

    /// Zoned datetimes as local times without a zone (pandas' `tz_localize(None)`); naive ones as they are.
    ///
    /// # Errors
    /// `AttributeError` for columns that are no datetimes.
    pub fn delocalize(&self) -> Result<Self> {
        match (self.dtype(), self.as_i64()) {
            (DType::Datetime(_), _) => Ok(self.clone()),
            (DType::Zoned(unit, zone), Some(ticks)) => {
                Ok(Self::datetime(wall_clock(ticks, unit, zone), unit))
            }
            _ => Err(no_accessor()),
        }
    }

    /// The same points in time read in another zone, or in UTC without a zone (pandas' `tz_convert`).
    ///
    /// # Errors
    /// `TypeError` for naive datetimes; `AttributeError` for other dtypes.
    pub fn convert_zone(&self, zone: Option<Zone>) -> Result<Self> {
        match self.dtype() {
            DType::Zoned(unit, _) => {
                let dtype = zone.map_or(DType::Datetime(unit), |zone| DType::Zoned(unit, zone));
                Ok(Self::new(dtype, self.values().clone(), self.validity().cloned()))
            }
            DType::Datetime(_) => {
                Err(Error::type_error("Cannot convert tz-naive timestamps, use tz_localize to localize"))
            }
            _ => Err(no_accessor()),
        }
    }
}

fn no_accessor() -> Error {
    Error::new(ErrorKind::Attribute, "Can only use .dt accessor with datetimelike values")
}

/// Ticks of the clock on the wall of `zone`; NaT stays.
pub(crate) fn wall_clock(ticks: &[i64], unit: TimeUnit, zone: Zone) -> Vec<i64> {
    let second = unit.per_second();
    let fixed = zone.fixed_offset_seconds();
    let local = |&tick: &i64| match tick {
        i64::MIN => tick,
        tick => {
            let offset = fixed.unwrap_or_else(|| zone.offset_seconds(tick.div_euclid(second)));
            tick.saturating_add(i64::from(offset) * second)
        }
    };
    ticks.iter().map(local).collect()
}

struct Localizer<'a> {
    zone: Zone,
    unit: TimeUnit,
    ticks: &'a [i64],
    nonexistent: Nonexistent,
}

impl Localizer<'_> {
    fn local(&self, tick: i64) -> LocalTime {
        self.zone.local(tick.div_euclid(self.unit.per_second()))
    }

    fn utc(&self, tick: i64, offset: i32) -> Result<i64> {
        let offset = i64::from(offset) * self.unit.per_second();
        let utc = tick.checked_sub(offset).filter(|&utc| utc != i64::MIN);
        utc.ok_or_else(|| self.beyond(tick, offset < 0))
    }

    /// A time that leaves 64 bits when it is moved.
    fn beyond(&self, tick: i64, upwards: bool) -> Error {
        let (how, bound) = if upwards { ("overflows", i64::MAX) } else { ("underflows", i64::MIN + 1) };
        let second = self.unit.per_second();
        let shown = datetime_text(tick.div_euclid(second), TimeUnit::Second, ' ');
        let bound = datetime_text(bound, self.unit, ' ');
        Error::new(ErrorKind::OutOfBoundsDatetime, format!("Converting {shown} {how} past {bound}"))
    }

    /// A time in a gap; `None` for NaT.
    fn skipped(&self, tick: i64, before: i32, after: i32, at: i64) -> Option<Result<i64>> {
        let second = self.unit.per_second();
        Some(match self.nonexistent {
            Nonexistent::NaT => return None,
            Nonexistent::Raise => Err(Error::value_error(format!(
                "{} is a nonexistent time due to daylight savings time. Try using the 'nonexistent' argument.",
                datetime_text(tick, self.unit, ' ')
            ))),
            Nonexistent::ShiftForward => Ok(at * second),
            Nonexistent::ShiftBackward => Ok(at * second - 1),
            Nonexistent::Shift(nanoseconds) => {
                let moved = tick.checked_add(nanoseconds / (1_000_000_000 / second));
                let Some(moved) = moved.filter(|&moved| moved != i64::MIN) else {
                    return Some(Err(self.beyond(tick, nanoseconds > 0)));
                };
                match self.local(moved) {
                    LocalTime::Gap { .. } => {
                        let shift = crate::calendar::timedelta_text(nanoseconds, TimeUnit::Nano);
                        Err(Error::value_error(format!(
                            "The provided timedelta will relocalize on a nonexistent time: {shift}"
                        )))
                    }
                    LocalTime::Once(offset) => self.utc(moved, offset),
                    LocalTime::Fold { .. } => self.utc(moved, if nanoseconds < 0 { before } else { after }),
                }
            }
        })
    }

    /// Offsets of the rows with ambiguous times: each run of them must fall back once, there standard time begins.
    fn infer(&self) -> Result<BTreeMap<usize, i32>> {
        let mut offsets = BTreeMap::new();
        let fold = |i: usize| match self.ticks.get(i) {
            Some(&tick) if tick != i64::MIN => match self.local(tick) {
                LocalTime::Fold { before, after } => Some((before, after)),
                _ => None,
            },
            _ => None,
        };
        let mut row = 0;
        while row < self.ticks.len() {
            if fold(row).is_none() {
                row += 1;
                continue;
            }
            let end = (row..self.ticks.len()).find(|&i| fold(i).is_none()).unwrap_or(self.ticks.len());
            let run = self.ticks.get(row..end).unwrap_or(&[]);
            let shown = datetime_text(run.first().copied().unwrap_or(0), self.unit, ' ');
            let falls: Vec<usize> = (1..run.len()).filter(|&i| run[i] <= run[i - 1]).collect();
            let switch = match (run.len(), &falls[..]) {
                (1, _) | (_, []) => {
                    return Err(Error::value_error(format!(
                        "Cannot infer dst time from {shown} as there are no repeated times"
                    ))
                    .at(row));
                }
                (_, [switch]) => *switch,
                (_, several) => {
                    return Err(Error::value_error(format!(
                        "There are {} dst switches when there should only be 1.",
                        several.len()
                    ))
                    .at(row));
                }
            };
            for i in row..end {
                if let Some((before, after)) = fold(i) {
                    offsets.insert(i, if i - row < switch { before } else { after });
                }
            }
            row = end;
        }
        Ok(offsets)
    }
}
