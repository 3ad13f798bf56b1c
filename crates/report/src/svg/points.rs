//! Lines and scatters.

use std::collections::HashSet;

use super::{
    Frame,
    canvas::{Canvas, num},
    frame::height,
    text::fitted,
};
use crate::{
    escape::visible,
    figure::{Domain, Figure, Kind, Points},
    scale::{Axis, value_label},
};

/// A line of at most this many points shows each as a dot.
const DOTTED_MAX: usize = 40;
/// Lines and dots of more points than this are drawn finer.
const CROWDED: usize = 400;

pub(super) fn draw(canvas: &mut Canvas, figure: &Figure, points: &Points) {
    let y_axis = points.y_axis(figure, (height(canvas) / 50.0) as usize);
    let frame = Frame::standing(canvas, figure, &y_axis);
    let target = ((frame.right - frame.left) / 90.0) as usize;
    let (x_axis, marks): (Axis, Vec<(f64, String)>) =
        match (&points.domain, points.x_axis(figure, target.clamp(2, 10))) {
            (Domain::Categories(names), _) => {
                // Half a slot of air at both ends, as under bars.
                let axis = Axis { low: -0.5, high: names.len() as f64 - 0.5, marks: Vec::new() };
                let room = canvas.width / 3.0;
                let label = |n: &String| fitted(n, room, super::canvas::LABEL);
                let marks = names.iter().enumerate().map(|(i, n)| (axis.share(i as f64), label(n))).collect();
                (axis, marks)
            }
            (_, Some(axis)) => {
                let marks =
                    axis.marks.iter().map(|(value, label)| (axis.share(*value), label.clone())).collect();
                (axis, marks)
            }
            (_, None) => return,
        };
    let place = |(x, y): (f64, f64)| {
        let at = (frame.x(x_axis.share(x)), frame.y(y_axis.share(y)));
        (at.0.is_finite() && at.1.is_finite()).then_some(at)
    };
    for (i, series) in points.series.iter().enumerate() {
        let places: Vec<Option<(f64, f64)>> = series.iter().map(|point| place(*point)).collect();
        if figure.kind == Kind::Scatter {
            scatter(canvas, &places, i);
            continue;
        }
        let pen = if series.len() > CROWDED { 1.3 } else { 2.0 };
        canvas.stroke(&line(&thinned(&places)), i, pen, "1");
        if series.len() <= DOTTED_MAX {
            for ((n, (_, y)), at) in series.iter().enumerate().zip(&places) {
                let Some(at) = at else { continue };
                let mut tip = value_label(*y, figure.options.y_format.as_ref());
                if let Domain::Categories(names) = &points.domain
                    && let Some(name) = series.get(n).and_then(|(x, _)| names.get(*x as usize))
                {
                    tip = format!("{name}: {tip}");
                }
                if let Some(series) = figure.series.get(i).filter(|s| !s.name.is_empty()) {
                    tip = format!("{}, {tip}", visible(&series.name));
                }
                canvas.dot(*at, i, &tip);
            }
        }
    }
    frame.ticks_below(canvas, &marks);
    frame.name_below(canvas, &figure.x_label);
}

/// Dots of one series as a single path. Points on the same half pixel are drawn once.
fn scatter(canvas: &mut Canvas, places: &[Option<(f64, f64)>], series: usize) {
    let mut seen = HashSet::new();
    let mut path = String::new();
    for (x, y) in places.iter().flatten() {
        let half = |v: f64| (v * 2.0).round() as i64;
        if seen.insert((half(*x), half(*y))) {
            path += &format!("M{} {}h0", num(half(*x) as f64 / 2.0), num(half(*y) as f64 / 2.0));
        }
    }
    let (pen, opacity) = if seen.len() > CROWDED { (3.6, ".55") } else { (5.0, ".7") };
    canvas.stroke(&path, series, pen, opacity);
}

/// A path through the points, broken where there is none.
fn line(places: &[Option<(f64, f64)>]) -> String {
    let mut path = String::new();
    let mut joined = false;
    for (i, at) in places.iter().enumerate() {
        let Some((x, y)) = at else {
            joined = false;
            continue;
        };
        path += &format!("{}{} {}", if joined { "L" } else { "M" }, num(*x), num(*y));
        let alone = !joined && places.get(i + 1).copied().flatten().is_none();
        if alone {
            path += "h0";
        }
        joined = true;
    }
    path
}

/// A line of very many points, reduced to the first, lowest, highest and last of each pixel: it looks the same.
fn thinned(places: &[Option<(f64, f64)>]) -> Vec<Option<(f64, f64)>> {
    let rising = places.windows(2).all(|pair| match pair {
        [Some(a), Some(b)] => a.0 <= b.0,
        _ => true,
    });
    if places.len() < 4000 || !rising {
        return places.to_vec();
    }
    let mut kept = Vec::new();
    let pixel = |at: &Option<(f64, f64)>| at.map(|(x, _)| x as i64);
    for run in places.chunk_by(|a, b| pixel(a) == pixel(b)) {
        let y = |i: &usize| run.get(*i).copied().flatten().map_or(0.0, |(_, y)| y);
        let lowest = (0..run.len()).max_by(|a, b| y(a).total_cmp(&y(b)));
        let highest = (0..run.len()).min_by(|a, b| y(a).total_cmp(&y(b)));
        let mut places = [Some(0), lowest, highest, run.len().checked_sub(1)];
        places.sort_unstable();
        let mut last = None;
        for place in places.into_iter().flatten() {
            if last != Some(place) {
                kept.extend(run.get(place));
                last = Some(place);
            }
        }
    }
    kept
}
