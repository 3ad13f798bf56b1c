//! `cut` and `qcut`: numbers into labelled intervals.

use column::{Column, Scalar};

use crate::error::{Error, ErrorKind, Result};
use crate::index::Index;
use crate::series::Series;

/// The edges of the intervals.
#[derive(Clone, Debug)]
pub enum Bins {
    /// This many of equal width over the range of the values, which is widened by 0.1 %.
    Count(usize),
    /// Between these edges.
    Edges(Vec<Scalar>),
}

/// What stands for an interval.
#[derive(Clone, Debug)]
pub enum BinLabels {
    /// One label an interval: the result is categorical.
    Labels(Vec<Scalar>),
    /// The interval as pandas writes it, `(0.5, 1.0]`: the result is categorical and ordered. Its categories are texts,
    /// where those of pandas are values of the dtype `interval`.
    Intervals,
    /// Its number from 0 (`labels=False`).
    Numbers,
}

/// Options of `cut`, with pandas' names and defaults.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cut {
    /// Whether the right edge belongs to an interval, or the left one.
    pub right: bool,
    /// Whether the lowest edge belongs to the first interval.
    pub include_lowest: bool,
    /// Whether edges that repeat are left out (`duplicates='drop'`).
    pub drop_duplicates: bool,
    /// Whether the labels have an order.
    pub ordered: bool,
}

impl Default for Cut {
    fn default() -> Self {
        Self { right: true, include_lowest: false, drop_duplicates: false, ordered: true }
    }
}

impl Series {
    /// The interval each value lies in; values outside and missing ones are missing.
    ///
    /// # Errors
    /// `ValueError` for edges that fall or repeat, labels that are too many, too few or repeat, and no values to find
    /// a range in; `TypeError` for values that are no numbers.
    pub fn cut(&self, bins: &Bins, labels: &BinLabels, options: Cut) -> Result<Self> {
        let values = self.numbers()?;
        let (edges, shown) = match bins {
            Bins::Edges(edges) => (numbers_of(edges)?, Column::infer(edges.clone())),
            Bins::Count(count) => {
                let edges = even_edges(&values, *count, options.right)?;
                (edges.clone(), Column::from(edges))
            }
        };
        if edges.windows(2).any(|pair| pair[1] < pair[0]) {
            return Err(Error::value("bins must increase monotonically."));
        }
        self.binned(&values, edges, &Index::from_column(shown), labels, options)
    }

    /// The interval each value lies in, between quantiles: `quantiles` of them of equal share, or these shares.
    ///
    /// # Errors
    /// As [`Series::cut`]; `ValueError` for quantiles that are equal.
    pub fn qcut(&self, quantiles: &[f64], labels: &BinLabels, drop_duplicates: bool) -> Result<Self> {
        let values = self.numbers()?;
        let mut sorted: Vec<f64> = values.iter().copied().filter(|value| !value.is_nan()).collect();
        sorted.sort_by(f64::total_cmp);
        let edges: Vec<f64> = quantiles.iter().map(|&q| quantile(&sorted, q)).collect();
        let shown = Index::from_column(Column::from(edges.clone())).with_name(self.name.clone());
        let options = Cut { include_lowest: true, drop_duplicates, ..Cut::default() };
        self.binned(&values, edges, &shown, labels, options)
    }

    /// The values as f64, NaN where missing.
    fn numbers(&self) -> Result<Vec<f64>> {
        if !(self.dtype().is_numeric() || self.dtype().is_bool()) {
            return Err(Error::type_(format!("cut takes numbers, found dtype {}", self.dtype())));
        }
        Ok(self.values.iter().map(|scalar| scalar.as_f64().unwrap_or(f64::NAN)).collect())
    }

    fn binned(
        &self,
        values: &[f64],
        mut edges: Vec<f64>,
        shown: &Index,
        labels: &BinLabels,
        options: Cut,
    ) -> Result<Self> {
        let distinct = edges.windows(2).all(|pair| pair[0] != pair[1]);
        if !distinct && options.drop_duplicates {
            edges.dedup();
        } else if !distinct {
            let edges = shown.summary();
            return Err(Error::value(format!(
                "Bin edges must be unique: {edges}.\nYou can drop duplicate edges by setting the 'duplicates' kwarg"
            )));
        }
        let bin = |&value: &f64| {
            if value.is_nan() {
                return None;
            }
            let below =
                edges.partition_point(|&edge| if options.right { edge < value } else { edge <= value });
            let lowest = options.include_lowest && edges.first() == Some(&value);
            match if lowest { 1 } else { below } {
                0 => None,
                place if place == edges.len() => None,
                place => Some(place - 1),
            }
        };
        let places: Vec<Option<usize>> = values.iter().map(bin).collect();
        let column = match labels {
            BinLabels::Numbers if places.iter().all(Option::is_some) => Column::from(
                places.iter().map(|place| place.map_or(0, |place| place as i64)).collect::<Vec<i64>>(),
            ),
            BinLabels::Numbers => Column::from(
                places.iter().map(|place| place.map_or(f64::NAN, |place| place as f64)).collect::<Vec<f64>>(),
            ),
            BinLabels::Labels(labels) => {
                labelled(&places, labels, edges.len().saturating_sub(1), options.ordered)?
            }
            BinLabels::Intervals => {
                let labels = intervals(&edges, shown.dtype().is_integer(), options);
                labelled(&places, &labels, labels.len(), true)?
            }
        };
        Ok(self.with_values(column))
    }
}

/// Digits behind the point that interval labels have, or more where edges would be alike (pandas' `precision`).
const PRECISION: i32 = 3;

/// The edges rounded to as many digits as keep them apart, but no fewer than `precision`; with `lowered` the lowest edge
/// moves down by one of its last digit, so that it lies inside the first interval, which is open to the left.
pub fn interval_breaks(edges: &[f64], precision: i32, lowered: bool) -> Vec<f64> {
    let rounded = |digits: i32| edges.iter().map(|&edge| round_fraction(edge, digits)).collect::<Vec<f64>>();
    let distinct = |digits: &i32| rounded(*digits).windows(2).all(|pair| pair[0] != pair[1]);
    let digits = (precision..20).find(distinct).unwrap_or(precision);
    let mut breaks = rounded(digits);
    if let (true, Some(lowest)) = (lowered, breaks.first_mut()) {
        *lowest -= 1.0 / 10f64.powi(digits);
    }
    breaks
}

/// Each interval between two edges as a text.
fn intervals(edges: &[f64], whole: bool, options: Cut) -> Vec<Scalar> {
    let lowered = options.right && options.include_lowest;
    let breaks = interval_breaks(edges, PRECISION, lowered);
    let number = |edge: f64| match whole && !lowered {
        true => format!("{edge:.0}"),
        false => Scalar::Float(edge).repr(),
    };
    let shown = |pair: &[f64]| match options.right {
        true => format!("({}, {}]", number(pair[0]), number(pair[1])),
        false => format!("[{}, {})", number(pair[0]), number(pair[1])),
    };
    breaks.windows(2).map(|pair| Scalar::str(shown(pair))).collect()
}

/// As many digits behind the point; of a number below one, that many behind its first that is not 0.
fn round_fraction(x: f64, digits: i32) -> f64 {
    if !x.is_finite() || x == 0.0 {
        return x;
    }
    let digits = match x.trunc() == 0.0 {
        true => -(x.abs().log10().floor() as i32) - 1 + digits,
        false => digits,
    };
    let scale = 10f64.powi(digits);
    let scaled = (x * scale).round_ties_even();
    if scaled.is_finite() { scaled / scale } else { x }
}

fn labelled(places: &[Option<usize>], labels: &[Scalar], count: usize, ordered: bool) -> Result<Column> {
    let mut categories: Vec<Scalar> = Vec::new();
    for label in labels {
        if !categories.contains(label) {
            categories.push(label.clone());
        }
    }
    if ordered && categories.len() != labels.len() {
        let message = "labels must be unique if ordered=True; pass ordered=False for duplicate labels";
        return Err(Error::value(message));
    }
    if labels.len() != count {
        return Err(Error::value("Bin labels must be one fewer than the number of bin edges"));
    }
    if categories.len() != labels.len() {
        // Labels that repeat make one category each, in their own order.
        let sorted = Index::from_labels(categories).sorted_if_possible(1)?;
        categories = sorted.iter().collect();
    }
    let code = |label: &Scalar| {
        categories.iter().position(|category| category == label).map_or(-1, |code| code as i32)
    };
    let codes: Vec<i32> = labels.iter().map(code).collect();
    let rows =
        places.iter().map(|place| place.and_then(|place| codes.get(place).copied()).unwrap_or(-1)).collect();
    Ok(Column::category(rows, Column::infer(categories), ordered)?)
}

fn numbers_of(edges: &[Scalar]) -> Result<Vec<f64>> {
    let number = |edge: &Scalar| {
        edge.as_f64().ok_or_else(|| Error::value(format!("bins must be of numbers, found {}", edge.repr())))
    };
    edges.iter().map(number).collect()
}

/// More bins than this are refused before their edges are made.
const BINS_MAX: usize = 1 << 31;

/// `count` even steps from `start` to `stop`, as numpy's `linspace` gives them.
pub(crate) fn linspace(start: f64, stop: f64, count: usize) -> Vec<f64> {
    let step = (stop - start) / count as f64;
    (0..=count).map(|place| if place == count { stop } else { place as f64 * step + start }).collect()
}

fn even_edges(values: &[f64], count: usize, right: bool) -> Result<Vec<f64>> {
    if count == 0 {
        return Err(Error::value("`bins` should be a positive integer."));
    }
    if count > BINS_MAX {
        return Err(Error::new(
            ErrorKind::MemoryError,
            format!("Unable to allocate the edges of {count} bins"),
        ));
    }
    let present = || values.iter().copied().filter(|value| !value.is_nan());
    if values.is_empty() {
        return Err(Error::value("Cannot cut empty array"));
    }
    let (low, high) =
        present().fold((f64::NAN, f64::NAN), |(low, high), value| (low.min(value), high.max(value)));
    if low.is_infinite() || high.is_infinite() {
        return Err(Error::value("cannot specify integer `bins` when input data contains infinity"));
    }
    if low == high {
        let margin = |bound: f64| if bound == 0.0 { 0.001 } else { 0.001 * bound.abs() };
        return Ok(linspace(low - margin(low), high + margin(high), count));
    }
    let mut edges = linspace(low, high, count);
    let margin = (high - low) * 0.001;
    match right {
        true => edges[0] -= margin,
        false => edges[count] += margin,
    }
    Ok(edges)
}

/// numpy's linear quantile of sorted values.
pub(crate) fn quantile(sorted: &[f64], q: f64) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else { return f64::NAN };
    let place = q * last as f64;
    let low = sorted[(place.floor().max(0.0) as usize).min(last)];
    let high = sorted[((place.floor().max(0.0) as usize) + 1).min(last)];
    let (fraction, distance) = (place - place.floor(), high - low);
    // numpy interpolates from the nearer end.
    if fraction >= 0.5 { high - distance * (1.0 - fraction) } else { low + distance * fraction }
}
