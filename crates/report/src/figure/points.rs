//! A figure's series brought onto one pair of axes; what every renderer starts from.

use jiff::{Timestamp, tz::TimeZone};

use super::{Figure, Kind, Xs};
use crate::{
    escape::visible,
    scale::{Axis, calendar_axis, extent, number_axis},
};

/// What the x axis counts.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Domain {
    /// Slots 0, 1, 2 … in order of first appearance over all series.
    Categories(Vec<String>),
    Numbers,
    Times,
}

/// Series as points; `y` may be NaN where a line has a gap. A series' surplus xs or ys are left out.
pub(crate) struct Points {
    pub(crate) domain: Domain,
    pub(crate) series: Vec<Vec<(f64, f64)>>,
}

impl Points {
    pub(crate) fn of(figure: &Figure) -> Self {
        let all = |f: fn(&Xs) -> bool| figure.series.iter().all(|s| f(&s.xs));
        let counted = figure.kind != Kind::Bar;
        if counted && all(|xs| matches!(xs, Xs::Times(_))) && !figure.series.is_empty() {
            Self::counted(figure, Domain::Times)
        } else if counted && all(|xs| !matches!(xs, Xs::Categories(_))) {
            Self::counted(figure, Domain::Numbers)
        } else {
            Self::in_categories(figure)
        }
    }

    fn counted(figure: &Figure, domain: Domain) -> Self {
        let positions = |xs: &Xs| match xs {
            Xs::Numbers(values) => values.clone(),
            Xs::Times(instants) => instants.iter().map(|us| *us as f64).collect(),
            Xs::Categories(_) => Vec::new(),
        };
        let series = figure.series.iter().map(|s| positions(&s.xs).into_iter().zip(s.ys.clone()).collect());
        Self { domain, series: series.collect() }
    }

    fn in_categories(figure: &Figure) -> Self {
        let mut slots = std::collections::HashMap::new();
        let mut names = Vec::new();
        let mut place = |text: String| {
            *slots.entry(text).or_insert_with_key(|text| {
                names.push(text.clone());
                names.len() - 1
            }) as f64
        };
        let series = figure
            .series
            .iter()
            .map(|s| texts(&s.xs).into_iter().zip(&s.ys).map(|(x, y)| (place(x), *y)).collect())
            .collect();
        Self { domain: Domain::Categories(names), series }
    }

    /// The y axis; bars and counts stand on zero.
    pub(crate) fn y_axis(&self, figure: &Figure, target: usize) -> Axis {
        let ys = self.series.iter().flatten().map(|(_, y)| *y);
        let (mut low, mut high) = extent(ys).unwrap_or((0.0, 1.0));
        if matches!(figure.kind, Kind::Bar | Kind::Hist) {
            (low, high) = (low.min(0.0), high.max(0.0));
            if low == high {
                high = 1.0;
            }
        }
        number_axis(low, high, target, figure.options.y_format.as_ref())
    }

    /// The x axis of numbers, times or edges; `None` for categories.
    pub(crate) fn x_axis(&self, figure: &Figure, target: usize) -> Option<Axis> {
        let (low, high) = extent(self.series.iter().flatten().map(|(x, _)| *x)).unwrap_or((0.0, 1.0));
        match self.domain {
            Domain::Categories(_) => None,
            Domain::Numbers => Some(number_axis(low, high, target, figure.options.x_format.as_ref())),
            Domain::Times => Some(calendar_axis(low as i64, high as i64, target)),
        }
    }
}

/// The bins of a histogram's series as (left edge, right edge, count).
pub(crate) fn bins(series: &super::Series) -> Vec<(f64, f64, f64)> {
    let Xs::Numbers(edges) = &series.xs else { return Vec::new() };
    let pairs = edges.iter().zip(edges.iter().skip(1));
    pairs.zip(&series.ys).map(|((left, right), count)| (*left, *right, *count)).collect()
}

fn texts(xs: &Xs) -> Vec<String> {
    match xs {
        Xs::Categories(labels) => labels.iter().map(|l| visible(l).into_owned()).collect(),
        Xs::Numbers(values) => values.iter().map(|v| number(*v)).collect(),
        Xs::Times(instants) => instants.iter().map(|us| instant(*us)).collect(),
    }
}

/// The shortest digits that mean this number.
fn number(v: f64) -> String {
    let plain = v == 0.0 || !v.is_finite() || (1e-4..1e15).contains(&v.abs());
    if plain { v.to_string() } else { format!("{v:e}") }
}

/// A date, with the time of day unless it is midnight; the number itself outside the calendar.
fn instant(us: i64) -> String {
    let Ok(at) = Timestamp::from_microsecond(us) else { return us.to_string() };
    let at = at.to_zoned(TimeZone::UTC).datetime();
    let pattern = if us.rem_euclid(86_400_000_000) == 0 { "%Y-%m-%d" } else { "%Y-%m-%d %H:%M:%S" };
    at.strftime(pattern).to_string()
}
