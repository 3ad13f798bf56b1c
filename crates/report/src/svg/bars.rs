//! Bars, standing or lying.

use super::{
    Frame,
    canvas::{Anchor, Canvas, LABEL},
    frame::{LINE, axis_name, height},
    text::{width, wrapped},
};
use crate::{
    escape::visible,
    figure::{Domain, Figure, Points, Xs},
    scale::{Axis, extent, value_label},
};

/// More bars than this are counted instead of drawn, when they lie.
const LYING_MAX: usize = 60;
/// Share of a category's slot that its bars fill.
const FILLED: f64 = 0.74;
/// Stands where a bar would if there were a value.
const MISSING: &str = "–";

pub(super) fn draw(canvas: &mut Canvas, figure: &Figure, points: &Points) {
    let Domain::Categories(names) = &points.domain else { return };
    let y_axis = points.y_axis(figure, (height(canvas) / 50.0) as usize);
    let bars = Bars { figure, points, names };
    // Numbers and dates keep their order from left to right; their labels can be thinned.
    let ordered = figure.series.iter().all(|s| !matches!(s.xs, Xs::Categories(_)));
    let fit = !ordered && bars.fit_standing(canvas, &y_axis);
    if figure.options.horizontal.unwrap_or(!ordered && !fit) {
        bars.lying(canvas);
    } else {
        bars.standing(canvas, &y_axis, !fit);
    }
}

struct Bars<'a> {
    figure: &'a Figure,
    points: &'a Points,
    names: &'a [String],
}

impl Bars<'_> {
    fn slot_width(&self, canvas: &Canvas, y_axis: &Axis) -> f64 {
        let labels = y_axis.marks.iter().map(|(_, label)| width(label, LABEL)).fold(0.0, f64::max);
        (canvas.width - labels - 14.0) / self.names.len().max(1) as f64
    }

    /// Whether each name fits under its bar in two lines.
    fn fit_standing(&self, canvas: &Canvas, y_axis: &Axis) -> bool {
        let room = self.slot_width(canvas, y_axis) - 6.0;
        self.names.iter().all(|name| {
            let lines = wrapped(name, room, LABEL, 2);
            lines.join(" ") == *name
        })
    }

    /// The bars as (slot, place within the slot, value); values that are none are left out.
    fn values(&self) -> impl Iterator<Item = (usize, usize, f64)> {
        self.points.series.iter().enumerate().flat_map(|(i, series)| {
            series.iter().filter(|(_, y)| y.is_finite()).map(move |(x, y)| (*x as usize, i, *y))
        })
    }

    /// The places of bars that have no value.
    fn gaps(&self) -> impl Iterator<Item = (usize, usize)> {
        self.points.series.iter().enumerate().flat_map(|(i, series)| {
            series.iter().filter(|(_, y)| !y.is_finite()).map(move |(x, _)| (*x as usize, i))
        })
    }

    fn value(&self, y: f64) -> String {
        value_label(y, self.figure.options.y_format.as_ref())
    }

    fn tip(&self, slot: usize, series: usize, y: f64) -> String {
        let name = self.names.get(slot).map_or("", String::as_str);
        let value = self.value(y);
        match self.figure.series.get(series) {
            Some(series) if self.figure.series.len() > 1 => {
                format!("{name}, {}: {value}", visible(&series.name))
            }
            _ => format!("{name}: {value}"),
        }
    }

    fn standing(&self, canvas: &mut Canvas, y_axis: &Axis, thin: bool) {
        let frame = Frame::standing(canvas, self.figure, y_axis);
        let slot = (frame.right - frame.left) / self.names.len().max(1) as f64;
        let thickness = slot * FILLED / self.points.series.len().max(1) as f64;
        let zero = frame.y(y_axis.share(0.0));
        let labelled = self.points.series.len() == 1
            && self.values().all(|(.., y)| y >= 0.0 && width(&self.value(y), LABEL) <= slot - 4.0);
        for (category, series, y) in self.values() {
            let x = frame.left + slot * (category as f64 + (1.0 - FILLED) / 2.0) + thickness * series as f64;
            let end = frame.y(y_axis.share(y));
            let gap = if thickness > 4.0 { 1.0 } else { 0.0 };
            let size = (thickness - gap, (zero - end).abs());
            canvas.bar((x, zero.min(end)), size, series, false, &self.tip(category, series, y));
            if labelled {
                canvas.label(x + thickness / 2.0, end - 4.0, Anchor::Middle, &self.value(y), false);
            }
        }
        for (category, place) in self.gaps() {
            let x = frame.left
                + slot * (category as f64 + (1.0 - FILLED) / 2.0)
                + thickness * (place as f64 + 0.5);
            canvas.label(x, zero - 4.0, Anchor::Middle, MISSING, true);
        }
        let share = |i: usize| (i as f64 + 0.5) / self.names.len().max(1) as f64;
        if thin {
            let marks: Vec<_> = self.names.iter().enumerate().map(|(i, n)| (share(i), n.clone())).collect();
            frame.ticks_below(canvas, &marks);
        } else {
            let lines: Vec<_> = self.names.iter().map(|n| wrapped(n, slot - 6.0, LABEL, 2)).collect();
            for (i, lines) in lines.iter().enumerate() {
                for (row, line) in lines.iter().enumerate() {
                    let y = frame.bottom + LINE + 1.0 + 14.0 * row as f64;
                    canvas.label(frame.x(share(i)), y, Anchor::Middle, line, false);
                }
            }
            let rows = lines.iter().map(Vec::len).max().unwrap_or(1);
            canvas.top = frame.bottom + LINE + 5.0 + 14.0 * (rows - 1) as f64;
        }
        frame.name_below(canvas, &self.figure.x_label);
    }

    fn lying(&self, canvas: &mut Canvas) {
        let count = self.points.series.len().max(1);
        let names = self.names.get(..LYING_MAX).unwrap_or(self.names);
        let values = || self.values().filter(|(slot, ..)| *slot < names.len());
        let room = canvas.width * 0.36;
        let lines: Vec<_> = names.iter().map(|n| wrapped(n, room, LABEL, 2)).collect();
        let left = lines.iter().flatten().map(|l| width(l, LABEL)).fold(0.0, f64::max) + 10.0;
        let labelled = count == 1 && values().all(|(.., y)| y >= 0.0);
        let beside = if labelled {
            values().map(|(.., y)| width(&self.value(y), LABEL)).fold(0.0, f64::max) + 8.0
        } else {
            10.0
        };

        axis_name(canvas, &self.figure.x_label);
        let rows = lines.iter().map(Vec::len).max().unwrap_or(1) as f64;
        let slot = (14.0 * count as f64 + 10.0).max(14.0 * rows + 8.0);
        let top = canvas.top + 4.0;
        let frame =
            Frame { left, right: canvas.width - beside, top, bottom: top + slot * names.len() as f64 };
        let ticks = ((frame.right - frame.left) / 90.0) as usize;
        let axis = self.points.y_axis(self.figure, ticks.clamp(2, 6));
        // Labelled bars need no ticks, so the longest may reach the end.
        let longest = extent(values().map(|(.., y)| y)).map_or(0.0, |(_, high)| high);
        let axis =
            if labelled && longest > 0.0 { Axis { low: 0.0, high: longest, marks: vec![] } } else { axis };
        if !labelled {
            for (value, _) in &axis.marks {
                let x = frame.x(axis.share(*value));
                canvas.rule((x, frame.top), (x, frame.bottom), false);
            }
        }
        let zero = frame.x(axis.share(0.0));
        let thickness = slot * FILLED / count as f64;
        for (category, series, y) in values() {
            let end = frame.x(axis.share(y));
            let up = frame.top + slot * (category as f64 + (1.0 - FILLED) / 2.0) + thickness * series as f64;
            let size = ((end - zero).abs(), thickness - 1.0);
            canvas.bar((zero.min(end), up), size, series, false, &self.tip(category, series, y));
            if labelled {
                canvas.label(end + 6.0, up + thickness / 2.0 + 3.8, Anchor::Start, &self.value(y), false);
            }
        }
        for (category, place) in self.gaps().filter(|(slot, _)| *slot < names.len()) {
            let up = frame.top
                + slot * (category as f64 + (1.0 - FILLED) / 2.0)
                + thickness * (place as f64 + 0.5);
            canvas.label(zero + 6.0, up + 3.8, Anchor::Start, MISSING, true);
        }
        for (i, lines) in lines.iter().enumerate() {
            let middle = frame.top + slot * (i as f64 + 0.5);
            for (row, line) in lines.iter().enumerate() {
                let y = middle + 4.0 + 14.0 * (row as f64 - (lines.len() - 1) as f64 / 2.0);
                canvas.label(frame.left - 10.0, y, Anchor::End, line, false);
            }
        }
        canvas.rule((zero, frame.top), (zero, frame.bottom), true);
        canvas.top = frame.bottom;
        if !labelled {
            let marks: Vec<_> = axis.marks.iter().map(|(v, label)| (axis.share(*v), label.clone())).collect();
            frame.ticks_below(canvas, &marks);
        }
        frame.name_below(canvas, &self.figure.y_label);
        if let Some(more) = self.names.len().checked_sub(names.len()).filter(|n| *n > 0) {
            canvas.top += LINE;
            canvas.label(0.0, canvas.top, Anchor::Start, &format!("and {more} more"), true);
            canvas.top += 4.0;
        }
    }
}
