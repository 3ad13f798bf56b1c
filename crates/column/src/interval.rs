//! Intervals: pairs of ends, and which of the ends belong to them.
//!
//! A column of intervals holds two columns of one dtype, numbers or times. A row is missing where both of its ends are,
//! so intervals of integers become intervals of floats when a missing one enters, as their ends do.

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use crate::bitmap::Bitmap;
use crate::column::Column;
use crate::dtype::{DType, TimeUnit};
use crate::error::{Error, Result};
use crate::number::Number;
use crate::promote::concat_dtype;
use crate::scalar::{Key, Scalar};
use crate::values::Values;
use crate::zone::Zone;

/// Which ends of an interval belong to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs)]
pub enum Closed {
    Left,
    Right,
    Both,
    Neither,
}

impl Closed {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Left, Self::Right, Self::Both, Self::Neither];

    /// `left`, `right`, `both` or `neither`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Left => "left",
            Self::Right => "right",
            Self::Both => "both",
            Self::Neither => "neither",
        }
    }

    /// The one of that name.
    #[must_use]
    pub fn parse_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|closed| closed.name() == name)
    }

    /// Whether the left end belongs to the interval.
    #[must_use]
    pub fn on_left(self) -> bool {
        matches!(self, Self::Left | Self::Both)
    }

    /// Whether the right end belongs to the interval.
    #[must_use]
    pub fn on_right(self) -> bool {
        matches!(self, Self::Right | Self::Both)
    }
}

/// What the ends of intervals are: the dtypes that have an order and are no text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Ends {
    Number(Number),
    Nullable(Number),
    Datetime(TimeUnit),
    Zoned(TimeUnit, Zone),
    Timedelta(TimeUnit),
}

impl Ends {
    /// `None` for dtypes of which there are no intervals.
    #[must_use]
    pub fn of(dtype: DType) -> Option<Self> {
        match dtype {
            DType::Number(number) => Some(Self::Number(number)),
            DType::Nullable(number) => Some(Self::Nullable(number)),
            DType::Datetime(unit) => Some(Self::Datetime(unit)),
            DType::Zoned(unit, zone) => Some(Self::Zoned(unit, zone)),
            DType::Timedelta(unit) => Some(Self::Timedelta(unit)),
            _ => None,
        }
    }

    /// The dtype of a column of ends.
    #[must_use]
    pub fn dtype(self) -> DType {
        match self {
            Self::Number(number) => DType::Number(number),
            Self::Nullable(number) => DType::Nullable(number),
            Self::Datetime(unit) => DType::Datetime(unit),
            Self::Zoned(unit, zone) => DType::Zoned(unit, zone),
            Self::Timedelta(unit) => DType::Timedelta(unit),
        }
    }

    /// Whether a missing value (NaT, or another one) stands for a missing interval without a change of the ends.
    pub(crate) fn holds_missing(self, is_nat: bool) -> bool {
        match self {
            Self::Number(number) => number.is_float() && !is_nat,
            Self::Nullable(_) => !is_nat,
            Self::Datetime(_) | Self::Zoned(..) | Self::Timedelta(_) => true,
        }
    }

    /// What the ends become when a missing value enters.
    pub(crate) fn with_missing(self) -> Self {
        Self::of(self.dtype().with_missing()).unwrap_or(self)
    }
}

/// One interval.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Interval {
    pub left: Scalar,
    pub right: Scalar,
    pub closed: Closed,
}

impl Interval {
    /// Whether a value lies inside; `None` where it cannot be compared with the ends.
    #[must_use]
    pub fn contains(&self, value: &Scalar) -> Option<bool> {
        let (from, to) = (self.left.compare(value)?, value.compare(&self.right)?);
        let inside = |order: Ordering, closed: bool| order.is_lt() || closed && order.is_eq();
        Some(inside(from, self.closed.on_left()) && inside(to, self.closed.on_right()))
    }

    /// Whether no value lies inside: both ends are one, and one of them does not belong to it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.closed != Closed::Both && self.left.compare(&self.right) == Some(Ordering::Equal)
    }

    /// Python's order: by the left ends, then by the right ones.
    pub(crate) fn compare(&self, other: &Self) -> Option<Ordering> {
        let left = self.left.compare(&other.left)?;
        let right = self.right.compare(&other.right)?;
        Some(left.then(right).then(match self.closed == other.closed {
            true => Ordering::Equal,
            false => self.closed.cmp(&other.closed),
        }))
    }

    pub(crate) fn key(&self) -> (Key, Key, Closed) {
        (self.left.key(), self.right.key(), self.closed)
    }
}

impl fmt::Display for Interval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let open = if self.closed.on_left() { '[' } else { '(' };
        let close = if self.closed.on_right() { ']' } else { ')' };
        write!(f, "{open}{}, {}{close}", self.left, self.right)
    }
}

/// Rows that are named in the message of ends in the wrong order.
const NAMED_MAX: usize = 5;

fn falling_text(left: &Column, right: &Column, rows: &[usize]) -> String {
    let end = |side: &Column, row: usize| side.get(row).unwrap_or(Scalar::None);
    let named = rows.iter().take(NAMED_MAX);
    let named = named.map(|&row| format!("{row}: ({}, {})", end(left, row), end(right, row)));
    let mut text = named.collect::<Vec<_>>().join(", ");
    if let Some(more) = rows.len().checked_sub(NAMED_MAX).filter(|&more| more > 0) {
        text.push_str(&format!(", ... ({more} more)"));
    }
    format!("left side of interval must be <= right side; offending intervals (position: interval): {text}")
}

/// The two columns of ends.
#[doc(hidden)]
#[derive(Clone, Debug)]
pub struct Intervals {
    pub(crate) left: Arc<Column>,
    pub(crate) right: Arc<Column>,
    pub(crate) closed: Closed,
}

impl Intervals {
    pub(crate) fn get(&self, row: usize) -> Scalar {
        let end = |column: &Column| column.get(row).unwrap_or(Scalar::NaT);
        Scalar::Interval(Arc::new(Interval {
            left: end(&self.left),
            right: end(&self.right),
            closed: self.closed,
        }))
    }

    /// The same change of both columns of ends.
    pub(crate) fn map(&self, change: impl Fn(&Column) -> Column) -> Self {
        Self { left: Arc::new(change(&self.left)), right: Arc::new(change(&self.right)), closed: self.closed }
    }
}

impl Column {
    /// Intervals between two columns of ends.
    ///
    /// # Errors
    /// `ValueError` with pandas' text for columns of different length or dtype, a left end above its right one, and a
    /// row of which only one end is missing; `TypeError` for ends of which there are no intervals.
    pub fn intervals(left: Self, right: Self, closed: Closed) -> Result<Self> {
        if left.len() != right.len() {
            return Err(Error::value_error("left and right must have the same length"));
        }
        if left.dtype() != right.dtype() {
            let message = format!(
                "left and right must have the same dtype, found {} and {}",
                left.dtype(),
                right.dtype()
            );
            return Err(Error::value_error(message));
        }
        if Ends::of(left.dtype()).is_none() {
            return Err(Error::type_error(
                "category, object, and string subtypes are not supported for IntervalIndex",
            ));
        }
        let valid = left.valid();
        if valid != right.valid() {
            return Err(Error::value_error(
                "missing values must be missing in the same location both left and right sides",
            ));
        }
        let rises = |row: usize| {
            let (low, high) = (left.get(row), right.get(row));
            low.zip(high).and_then(|(low, high)| low.compare(&high)).is_some_and(Ordering::is_le)
        };
        let present = |row: usize| valid.as_ref().is_none_or(|bits| bits.get(row));
        let falling: Vec<usize> = (0..left.len()).filter(|&row| present(row) && !rises(row)).collect();
        if let Some(&row) = falling.first() {
            return Err(Error::value_error(falling_text(&left, &right, &falling)).at(row));
        }
        Ok(Self::with_ends(Intervals { left: Arc::new(left), right: Arc::new(right), closed }))
    }

    /// Over ends that are known to fit each other.
    pub(crate) fn with_ends(ends: Intervals) -> Self {
        let valid = ends.left.valid();
        let dtype = Ends::of(ends.left.dtype()).map(|kind| DType::Interval(kind, ends.closed));
        Self::new(dtype.unwrap_or(DType::Object), Values::Interval(ends), valid)
    }

    pub(crate) fn missing_intervals(ends: Ends, closed: Closed, len: usize) -> Self {
        let side = Arc::new(Self::missing(ends.with_missing().dtype(), len));
        Self::with_ends(Intervals { left: Arc::clone(&side), right: side, closed })
    }

    pub(crate) fn as_intervals(&self) -> Option<&Intervals> {
        match self.values() {
            Values::Interval(intervals) => Some(intervals),
            _ => None,
        }
    }

    /// The left ends, the right ends and which of them belong to the intervals; `None` for other dtypes.
    #[must_use]
    pub fn interval_ends(&self) -> Option<(&Column, &Column, Closed)> {
        self.as_intervals().map(|ends| (&*ends.left, &*ends.right, ends.closed))
    }

    /// The same ends, others of them belonging to the intervals.
    ///
    /// # Errors
    /// `TypeError` for other dtypes.
    pub fn with_closed(&self, closed: Closed) -> Result<Self> {
        let ends = self.expect_intervals()?;
        Ok(Self::with_ends(Intervals { closed, ..ends.clone() }))
    }

    /// For each row whether a value lies inside; no row that is missing holds one.
    ///
    /// # Errors
    /// `TypeError` for other dtypes, and for a value that cannot be compared with the ends.
    pub fn intervals_contain(&self, value: &Scalar) -> Result<Bitmap> {
        let ends = self.expect_intervals()?;
        let mut bits = Vec::with_capacity(self.len());
        for row in 0..self.len() {
            let inside = match ends.get(row) {
                Scalar::Interval(interval) if !self.is_missing(row) => {
                    interval.contains(value).ok_or_else(|| {
                        let (a, b) = (interval.left.type_name(), value.type_name());
                        Error::type_error(format!("'<' not supported between instances of '{a}' and '{b}'"))
                    })?
                }
                _ => false,
            };
            bits.push(inside);
        }
        Ok(bits.into_iter().collect())
    }

    /// For each value the row whose interval holds it, −1 where none does. The intervals must not overlap.
    ///
    /// Linear in the values, times the logarithm of the number of intervals.
    ///
    /// # Errors
    /// `TypeError` for other dtypes.
    pub fn intervals_holding(&self, values: &Self) -> Result<Vec<i64>> {
        let ends = self.expect_intervals()?;
        let mut rows = self.filled_rows(ends);
        let order = |a: &Option<Scalar>, b: &Option<Scalar>| {
            a.as_ref().zip(b.as_ref()).and_then(|(a, b)| a.compare(b))
        };
        rows.sort_by(|&a, &b| {
            let left = order(&ends.left.get(a), &ends.left.get(b)).unwrap_or(Ordering::Equal);
            left.then_with(|| order(&ends.right.get(a), &ends.right.get(b)).unwrap_or(Ordering::Equal))
        });
        let found = |value: Scalar| {
            if value.is_missing() {
                return -1;
            }
            let value = Some(value);
            let behind =
                rows.partition_point(|&row| order(&ends.left.get(row), &value).is_some_and(Ordering::is_le));
            // Those that start at the value, and the one before them, which may end there.
            for &row in rows.get(..behind).unwrap_or(&[]).iter().rev() {
                let holds = match (ends.get(row), &value) {
                    (Scalar::Interval(interval), Some(value)) => interval.contains(value) == Some(true),
                    _ => false,
                };
                if holds {
                    return row as i64;
                }
                if order(&ends.left.get(row), &value) != Some(Ordering::Equal) {
                    break;
                }
            }
            -1
        };
        Ok(values.iter().map(found).collect())
    }

    /// For each row whether it shares a point with an interval; ends that only one of them holds are not shared, and
    /// an empty interval shares nothing.
    ///
    /// # Errors
    /// `TypeError` for other dtypes, and for ends that cannot be compared.
    pub fn intervals_overlap(&self, other: &Interval) -> Result<Bitmap> {
        let ends = self.expect_intervals()?;
        // An end is shared only where it belongs to both.
        let (before, behind) = (
            ends.closed.on_left() && other.closed.on_right(),
            other.closed.on_left() && ends.closed.on_right(),
        );
        let meets = |low: &Scalar, high: &Scalar, shared: bool| match low.compare(high) {
            Some(order) => Ok(order.is_lt() || shared && order.is_eq()),
            None => Err(Error::type_error(format!(
                "'<' not supported between instances of '{}' and '{}'",
                low.type_name(),
                high.type_name()
            ))),
        };
        let mut bits = Vec::with_capacity(self.len());
        for row in 0..self.len() {
            bits.push(match ends.get(row) {
                Scalar::Interval(own) if !self.is_missing(row) && !own.is_empty() && !other.is_empty() => {
                    meets(&own.left, &other.right, before)? && meets(&other.left, &own.right, behind)?
                }
                _ => false,
            });
        }
        Ok(bits.into_iter().collect())
    }

    /// Whether two of the intervals share a point; empty ones share none.
    ///
    /// # Errors
    /// `TypeError` for other dtypes.
    pub fn intervals_are_overlapping(&self) -> Result<bool> {
        let ends = self.expect_intervals()?;
        let mut rows = self.filled_rows(ends);
        let order = |a: Option<Scalar>, b: Option<Scalar>| {
            a.zip(b).and_then(|(a, b)| a.compare(&b)).unwrap_or(Ordering::Equal)
        };
        rows.sort_by(|&a, &b| {
            let left = order(ends.left.get(a), ends.left.get(b));
            left.then_with(|| order(ends.right.get(a), ends.right.get(b)))
        });
        let shared = ends.closed == Closed::Both;
        // The interval that reaches farthest so far is the one that the next may overlap.
        let mut farthest: Option<Scalar> = None;
        for row in rows {
            let (left, right) = (ends.left.get(row), ends.right.get(row));
            if let Some(end) = &farthest {
                let meeting = order(left, Some(end.clone()));
                if meeting.is_lt() || shared && meeting.is_eq() {
                    return Ok(true);
                }
            }
            if farthest.is_none() || order(right.clone(), farthest.clone()).is_gt() {
                farthest = right;
            }
        }
        Ok(false)
    }

    /// Rows whose intervals hold something.
    fn filled_rows(&self, ends: &Intervals) -> Vec<usize> {
        let filled = |&row: &usize| match ends.get(row) {
            Scalar::Interval(interval) => !self.is_missing(row) && !interval.is_empty(),
            _ => false,
        };
        (0..self.len()).filter(filled).collect()
    }

    fn expect_intervals(&self) -> Result<&Intervals> {
        let wrong = || Error::type_error(format!("expected intervals, found dtype {}", self.dtype()));
        self.as_intervals().ok_or_else(wrong)
    }

    /// The intervals among scalars as a column, `None` where other values stand among them or their kinds differ.
    pub(crate) fn intervals_of(scalars: &[Scalar]) -> Option<Self> {
        let mut closed = None;
        let mut sides = (Vec::with_capacity(scalars.len()), Vec::with_capacity(scalars.len()));
        for scalar in scalars {
            match scalar {
                Scalar::Interval(interval) if closed.is_none_or(|seen| seen == interval.closed) => {
                    closed = Some(interval.closed);
                    sides.0.push(interval.left.clone());
                    sides.1.push(interval.right.clone());
                }
                missing if missing.is_missing() => {
                    sides.0.push(Scalar::None);
                    sides.1.push(Scalar::None);
                }
                _ => return None,
            }
        }
        let (left, right) = (Self::infer(sides.0), Self::infer(sides.1));
        let ends = Ends::of(concat_dtype(left.dtype(), right.dtype()))?.dtype();
        Self::intervals(left.cast(ends).ok()?, right.cast(ends).ok()?, closed?).ok()
    }

    /// Intervals with their ends in another dtype, or with others of them belonging to the intervals.
    pub(crate) fn cast_intervals(&self, ends: Ends, closed: Closed) -> Result<Self> {
        let own = self.expect_intervals()?;
        let cast = |side: &Self| {
            side.cast(ends.dtype()).map_err(|_| {
                let target = DType::Interval(ends, closed);
                Error::type_error(format!(
                    "Cannot convert {} to {target}; subtypes are incompatible",
                    self.dtype()
                ))
            })
        };
        Ok(Self::with_ends(Intervals {
            left: Arc::new(cast(&own.left)?),
            right: Arc::new(cast(&own.right)?),
            closed,
        }))
    }
}
