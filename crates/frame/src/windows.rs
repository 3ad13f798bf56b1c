//! Windows over rows and the reductions of their values: rolling, expanding and custom windows alike.
//!
//! A window is a pair of row numbers. Where both ends only move forwards, values enter and leave; else each window is
//! read anew. Sums, means and variances are those of `window.rs`.

use std::collections::VecDeque;

use column::Interpolation;

use crate::error::{Error, Result};
use crate::quantiles::median;
use crate::rank::RankMethod;
use crate::window::{Spread, Sums};

/// Which of its two edges a window holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closed {
    /// The last row only (`'right'`).
    Right,
    /// The row before the first, not the last (`'left'`).
    Left,
    /// Both.
    Both,
    /// Neither.
    Neither,
}

impl Closed {
    /// Reads pandas' word.
    ///
    /// # Errors
    /// `ValueError` for another word.
    pub fn parse(text: &str) -> Result<Self> {
        match text {
            "right" => Ok(Self::Right),
            "left" => Ok(Self::Left),
            "both" => Ok(Self::Both),
            "neither" => Ok(Self::Neither),
            _ => Err(Error::value("closed must be 'right', 'left', 'both' or 'neither'")),
        }
    }

    fn left(self) -> bool {
        matches!(self, Self::Left | Self::Both)
    }

    fn right(self) -> bool {
        matches!(self, Self::Right | Self::Both)
    }
}

/// What is made of the values of a window.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum WindowReduction {
    /// Sum; 0 of none.
    Sum,
    /// Arithmetic mean.
    Mean,
    /// Variance with degrees of freedom taken off.
    Var(usize),
    /// Standard deviation with degrees of freedom taken off.
    Std(usize),
    /// Standard error of the mean with degrees of freedom taken off.
    Sem(usize),
    /// Unbiased skewness.
    Skew,
    /// Unbiased excess kurtosis.
    Kurt,
    /// Smallest value.
    Min,
    /// Largest value.
    Max,
    /// Median.
    Median,
    /// Quantile.
    Quantile(f64, Interpolation),
    /// Place of the last value among the values, ascending or not, as a share or not.
    Rank(RankMethod, bool, bool),
    /// First value.
    First,
    /// Last value.
    Last,
    /// Number of different values.
    Nunique,
}

/// Rows from `start` to before `end`, for each row of a result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Windows {
    bounds: Bounds,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Bounds {
    /// So many rows up to each row, or around it; every `step`-th row has a window.
    Fixed {
        len: usize,
        window: usize,
        ahead: usize,
        closed: Closed,
        step: usize,
    },
    /// All rows up to each row.
    Expanding(usize),
    Given {
        start: Vec<usize>,
        end: Vec<usize>,
    },
}

impl Windows {
    /// `window` rows up to each row, or around it; every `step`-th row has one.
    pub fn fixed(len: usize, window: usize, center: bool, closed: Closed, step: usize) -> Self {
        let ahead = if center { window.saturating_sub(1) / 2 } else { 0 };
        Self { bounds: Bounds::Fixed { len, window, ahead, closed, step: step.max(1) } }
    }

    /// All rows up to each row.
    pub fn expanding(len: usize) -> Self {
        Self { bounds: Bounds::Expanding(len) }
    }

    /// The rows whose times are less than `width` ticks before each row's, or around it. Times rise or fall all along.
    pub fn timed(ticks: &[i64], width: i64, center: bool, closed: Closed, step: usize) -> Self {
        let falls = matches!((ticks.first(), ticks.last()), (Some(first), Some(last)) if last < first);
        let time = |row: usize| if falls { -i128::from(ticks[row]) } else { i128::from(ticks[row]) };
        let (half, width) = (i128::from(width) / 2, i128::from(width));
        let bounds = |row: usize| {
            let (low, high) = match center {
                true => (time(row) - half, time(row) + half),
                false => (time(row) - width, time(row)),
            };
            // The times are sorted, so a binary search finds a bound.
            let before = |bound: i128, inclusive: bool| {
                let (mut left, mut right) = (0, ticks.len());
                while left < right {
                    let middle = left + (right - left) / 2;
                    let below = if inclusive { time(middle) <= bound } else { time(middle) < bound };
                    if below { left = middle + 1 } else { right = middle }
                }
                left
            };
            let start = before(low, !closed.left());
            let end = match (center, closed.right()) {
                (true, right) => before(high, right),
                // Rows of the same time behind this one are not in its window.
                (false, true) => row + 1,
                (false, false) => before(high, false).min(row),
            };
            (start.min(end), end)
        };
        let (start, end) = (0..ticks.len()).step_by(step.max(1)).map(bounds).unzip();
        Self { bounds: Bounds::Given { start, end } }
    }

    /// Windows of any bounds.
    ///
    /// # Errors
    /// `ValueError` where there are not as many starts as ends.
    pub fn custom(start: Vec<i64>, end: Vec<i64>, len: usize) -> Result<Self> {
        if start.len() != end.len() {
            return Err(Error::value("start and end bounds must be the same length"));
        }
        let bound = |bound: i64| usize::try_from(bound).unwrap_or(0).min(len);
        let start: Vec<usize> = start.into_iter().map(bound).collect();
        let end: Vec<usize> = end.into_iter().map(bound).collect();
        Ok(Self { bounds: Bounds::Given { start, end } })
    }

    /// Number of windows.
    pub fn len(&self) -> usize {
        match &self.bounds {
            Bounds::Fixed { len, step, .. } => len.div_ceil(*step),
            Bounds::Expanding(len) => *len,
            Bounds::Given { start, .. } => start.len(),
        }
    }

    /// Whether there are no windows.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The bounds of a window; an end before its start is an empty window.
    pub fn get(&self, place: usize) -> Option<(usize, usize)> {
        (place < self.len()).then(|| self.bounds_at(place))
    }

    #[inline]
    fn bounds_at(&self, place: usize) -> (usize, usize) {
        match &self.bounds {
            &Bounds::Fixed { len, window, ahead, closed, step } => {
                let end = place * step + 1 + ahead;
                let start = end.saturating_sub(window);
                let start = if closed.left() && end > window { start.saturating_sub(1) } else { start };
                let end = len.min(if closed.right() { end } else { end - 1 });
                (start.min(end), end)
            }
            Bounds::Expanding(_) => (0, place + 1),
            Bounds::Given { start, end } => (start[place].min(end[place]), end[place]),
        }
    }

    fn bounds(&self) -> impl Iterator<Item = (usize, usize)> + '_ {
        (0..self.len()).map(|place| self.bounds_at(place))
    }

    fn moves_forwards(&self) -> bool {
        match &self.bounds {
            Bounds::Fixed { .. } | Bounds::Expanding(_) => true,
            Bounds::Given { start, end } => start.is_sorted() && end.is_sorted(),
        }
    }

    /// A value for each window, NaN where it has fewer than `needed` values that are not NaN. Infinite values count as
    /// missing, as in pandas.
    pub fn reduce(&self, values: &[f64], needed: usize, how: WindowReduction) -> Vec<f64> {
        let finite: Vec<f64>;
        let values = match values.iter().any(|value| value.is_infinite()) {
            true => {
                finite =
                    values.iter().map(|&value| if value.is_infinite() { f64::NAN } else { value }).collect();
                &finite
            }
            false => values,
        };
        match how {
            WindowReduction::Sum | WindowReduction::Mean => self.sums(values, needed, how),
            WindowReduction::Var(ddof) | WindowReduction::Std(ddof) | WindowReduction::Sem(ddof) => {
                self.spreads(values, needed, how, ddof)
            }
            WindowReduction::Min | WindowReduction::Max => {
                self.extremes(values, needed, how == WindowReduction::Min)
            }
            WindowReduction::Median
            | WindowReduction::Quantile(..)
            | WindowReduction::Rank(..)
            | WindowReduction::Nunique => self.ordered(values, needed, how),
            WindowReduction::First
            | WindowReduction::Last
            | WindowReduction::Skew
            | WindowReduction::Kurt => self.each(values, needed, how),
        }
    }

    /// Calls `leave` and `enter` for the values by which each window differs from the one before; `anew` empties it.
    fn slide(&self, values: &[f64], mut visit: impl FnMut(Step<'_>)) {
        let forwards = self.moves_forwards();
        let mut before = (0, 0);
        for (place, (start, end)) in self.bounds().enumerate() {
            let anew = place == 0 || !forwards || start >= before.1;
            let (left, entered) = match anew {
                true => (&values[0..0], &values[start..end]),
                false => (&values[before.0..start], &values[before.1..end]),
            };
            visit(Step { anew, left, entered, window: &values[start..end] });
            before = (start, end);
        }
    }

    fn sums(&self, values: &[f64], needed: usize, how: WindowReduction) -> Vec<f64> {
        let mut state = Sums::default();
        let mut results = Vec::with_capacity(self.len());
        self.slide(values, |step| {
            if step.anew {
                state = Sums::starting(step.window);
            }
            step.left.iter().for_each(|&value| state.leave(value));
            step.entered.iter().for_each(|&value| state.enter(value));
            results.push(match how {
                _ if state.count < needed => f64::NAN,
                WindowReduction::Mean => state.mean(),
                _ => state.sum(),
            });
        });
        results
    }

    fn spreads(&self, values: &[f64], needed: usize, how: WindowReduction, ddof: usize) -> Vec<f64> {
        let mut state = Spread::default();
        let mut results = Vec::with_capacity(self.len());
        self.slide(values, |step| {
            if !step.anew {
                step.left.iter().for_each(|&value| state.leave(value));
                step.entered.iter().for_each(|&value| state.enter(value));
            }
            if step.anew || state.unstable {
                state = Spread::default();
                step.window.iter().for_each(|&value| state.enter(value));
                state.unstable = false;
            }
            let variance = if state.count < needed as f64 { f64::NAN } else { state.variance(ddof) };
            results.push(match how {
                WindowReduction::Var(_) => variance,
                WindowReduction::Sem(_) => variance.max(0.0).sqrt() / state.count.sqrt(),
                _ if variance < 0.0 => 0.0,
                _ => variance.sqrt(),
            });
        });
        results
    }

    /// Extremes by a queue of the rows that no later row outdoes.
    fn extremes(&self, values: &[f64], needed: usize, smallest: bool) -> Vec<f64> {
        let needed = needed.max(1);
        let mut results = Vec::with_capacity(self.len());
        let outdoes = |new: f64, held: f64| if smallest { new <= held } else { new >= held };
        if !self.moves_forwards() {
            let best = |window: &[f64]| {
                let present = window.iter().copied().filter(|value| !value.is_nan());
                let (count, best) = present.fold((0, f64::NAN), |(count, best), value| {
                    (count + 1, if best.is_nan() || outdoes(value, best) { value } else { best })
                });
                if count < needed { f64::NAN } else { best }
            };
            return self.bounds().map(|(start, end)| best(&values[start..end])).collect();
        }
        let mut queue: VecDeque<usize> = VecDeque::new();
        let (mut from, mut to, mut count) = (0, 0, 0);
        for (start, end) in self.bounds() {
            for row in to..end {
                if !values[row].is_nan() {
                    count += 1;
                    while queue.back().is_some_and(|&held| outdoes(values[row], values[held])) {
                        queue.pop_back();
                    }
                    queue.push_back(row);
                }
            }
            to = to.max(end);
            let gone = values.get(from..start.min(to)).unwrap_or_default();
            count -= gone.iter().filter(|value| !value.is_nan()).count();
            // Rows that no window has held are not looked at.
            if start > to {
                (to, count) = (start, 0);
            }
            from = from.max(start);
            while queue.front().is_some_and(|&held| held < start) {
                queue.pop_front();
            }
            results.push(match queue.front() {
                Some(&best) if count >= needed => values[best],
                _ => f64::NAN,
            });
        }
        results
    }

    /// Reductions of the window's values in order.
    fn ordered(&self, values: &[f64], needed: usize, how: WindowReduction) -> Vec<f64> {
        let mut sorted: Vec<f64> = Vec::new();
        let mut results = Vec::with_capacity(self.len());
        let place =
            |sorted: &[f64], value: f64| sorted.partition_point(|held| held.total_cmp(&value).is_lt());
        self.slide(values, |step| {
            if step.anew {
                sorted.clear();
                sorted.extend(step.window.iter().filter(|value| !value.is_nan()));
                sorted.sort_by(f64::total_cmp);
            } else {
                for &value in step.left.iter().filter(|value| !value.is_nan()) {
                    let place = place(&sorted, value);
                    sorted.remove(place);
                }
                for &value in step.entered.iter().filter(|value| !value.is_nan()) {
                    let place = place(&sorted, value);
                    sorted.insert(place, value);
                }
            }
            results.push(match how {
                WindowReduction::Nunique if sorted.len() >= needed => {
                    sorted.chunk_by(|a, b| a == b).count() as f64
                }
                _ if sorted.len() < needed.max(1) => f64::NAN,
                WindowReduction::Rank(method, ascending, pct) => match step.window.last() {
                    Some(&last) => rank_of(&sorted, last, method, ascending, pct),
                    None => f64::NAN,
                },
                WindowReduction::Quantile(q, interpolation) => quantile(&sorted, q, interpolation),
                _ => median(&sorted),
            });
        });
        results
    }

    fn each(&self, values: &[f64], needed: usize, how: WindowReduction) -> Vec<f64> {
        let result = |(start, end): (usize, usize)| {
            let window = &values[start..end];
            let present = || window.iter().copied().filter(|value| !value.is_nan());
            let count = present().count();
            match how {
                _ if count < needed => f64::NAN,
                WindowReduction::First => present().next().unwrap_or(f64::NAN),
                WindowReduction::Last => present().next_back().unwrap_or(f64::NAN),
                _ => standardised(present, count as f64, how),
            }
        };
        self.bounds().map(result).collect()
    }
}

struct Step<'a> {
    anew: bool,
    left: &'a [f64],
    entered: &'a [f64],
    window: &'a [f64],
}

/// Unbiased skewness or excess kurtosis in two passes.
fn standardised<I: Iterator<Item = f64>>(present: impl Fn() -> I, count: f64, how: WindowReduction) -> f64 {
    let least = if how == WindowReduction::Skew { 3.0 } else { 4.0 };
    if count < least {
        return f64::NAN;
    }
    let first = present().next().unwrap_or(f64::NAN);
    let same = present().all(|value| value == first);
    let mean = present().sum::<f64>() / count;
    let power = |power: i32| present().map(|value| (value - mean).powi(power)).sum::<f64>();
    let second = power(2);
    match how {
        _ if same || second == 0.0 => f64::NAN,
        WindowReduction::Skew => count * (count - 1.0).sqrt() / (count - 2.0) * (power(3) / second.powf(1.5)),
        _ => {
            let (low, lower) = (count - 2.0, count - 3.0);
            let normal = 3.0 * (count - 1.0) * (count - 1.0) / (low * lower);
            count * (count + 1.0) * (count - 1.0) / (low * lower) * (power(4) / (second * second)) - normal
        }
    }
}

fn quantile(sorted: &[f64], q: f64, interpolation: Interpolation) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else { return f64::NAN };
    let place = q * last as f64;
    let below = (place.floor().max(0.0) as usize).min(last);
    let (low, high) = (sorted[below], sorted[(below + 1).min(last)]);
    let fraction = place - below as f64;
    match interpolation {
        _ if fraction == 0.0 => low,
        Interpolation::Lower => low,
        Interpolation::Higher => high,
        Interpolation::Midpoint => (low + high) / 2.0,
        Interpolation::Nearest if fraction < 0.5 || (fraction == 0.5 && below % 2 == 0) => low,
        Interpolation::Nearest => high,
        Interpolation::Linear => low + (high - low) * fraction,
    }
}

/// The place of `value`, which is the last to have come, among the sorted values.
fn rank_of(sorted: &[f64], value: f64, method: RankMethod, ascending: bool, pct: bool) -> f64 {
    if value.is_nan() {
        return f64::NAN;
    }
    let below = sorted.partition_point(|&held| held < value);
    let through = sorted.partition_point(|&held| held <= value);
    let count = sorted.len();
    let (low, high) = match ascending {
        true => (below + 1, through),
        false => (count - through + 1, count - below),
    };
    let rank = match method {
        RankMethod::Average => (low + high) as f64 / 2.0,
        RankMethod::Min => low as f64,
        // The last value comes after all that equal it.
        _ => high as f64,
    };
    if pct { rank / count as f64 } else { rank }
}
