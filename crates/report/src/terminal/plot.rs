//! Plots.

use super::{
    canvas::{Canvas, spot},
    style::{Style, painted},
    text::{end, fitted, placed, start, width},
};
use crate::{
    escape::visible,
    figure::{Domain, Figure, Kind, Points, bins},
    scale::{Axis, extent, number_axis, value_label},
};

/// More bars than this are counted instead of drawn.
const BARS_MAX: usize = 40;
const ROWS: usize = 12;
const EIGHTHS: [char; 8] = ['▏', '▎', '▍', '▌', '▋', '▊', '▉', '█'];
const LEVELS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
/// Series without colours are told apart by their marks.
const MARKS: [char; 6] = ['•', '×', '+', '○', '▪', '△'];
const FILLS: [char; 4] = ['█', '▒', '░', '▓'];

/// The figure in at most `columns` columns (at least 20): lying bars, columns of a histogram, or points in braille.
///
/// ```
/// use report::{figure::{Figure, Kind, Series, Xs}, terminal::plot};
/// let xs = Xs::Categories(vec!["Climb".into(), "Taxi".into()]);
/// let series = vec![Series { name: String::new(), xs, ys: vec![8.0, 4.0] }];
/// let figure = Figure { series, ..Figure::new(Kind::Bar, "Strikes") };
/// assert_eq!(plot(&figure, 24, false), "Strikes\nClimb ████████████████ 8\nTaxi  ████████ 4\n");
/// ```
pub fn plot(figure: &Figure, columns: usize, color: bool) -> String {
    let columns = columns.max(20);
    let mut lines = Vec::new();
    if !figure.title.is_empty() {
        lines.push(painted(&fitted(&visible(&figure.title), columns), Style::Strong, color));
    }
    if figure.point_count() == 0 {
        lines.push(painted("(no data)", Style::Quiet, color));
    } else {
        let points = Points::of(figure);
        let sketch = Sketch { figure, points: &points, columns, color };
        if figure.series.len() > 1 {
            lines.push(sketch.legend());
        }
        lines.extend(match figure.kind {
            Kind::Bar => sketch.bars(),
            Kind::Hist if figure.series.len() == 1 => sketch.histogram(),
            Kind::Hist | Kind::Line | Kind::Scatter => sketch.points(),
        });
    }
    lines.iter().map(|line| line.trim_end().to_owned() + "\n").collect()
}

struct Sketch<'a> {
    figure: &'a Figure,
    points: &'a Points,
    columns: usize,
    color: bool,
}

impl Sketch<'_> {
    fn many(&self) -> bool {
        self.figure.series.len() > 1
    }

    fn paint(&self, text: &str, style: Style) -> String {
        painted(text, style, self.color)
    }

    fn legend(&self) -> String {
        let mut line = String::new();
        let mut used = 0;
        for (i, series) in self.figure.series.iter().enumerate() {
            let mark = match self.figure.kind {
                Kind::Bar => self.fill(i),
                _ => self.mark(i).unwrap_or('■'),
            };
            let name = fitted(&visible(&series.name), 24);
            let needed = 2 + width(&name) + if i == 0 { 0 } else { 3 };
            if used + needed > self.columns {
                line += &self.paint(" …", Style::Quiet);
                break;
            }
            if i > 0 {
                line += "   ";
            }
            line += &format!("{} {name}", self.paint(&mark.to_string(), Style::Series(i)));
            used += needed;
        }
        line
    }

    fn fill(&self, series: usize) -> char {
        if self.color { '█' } else { FILLS[series % FILLS.len()] }
    }

    /// `None` where braille dots serve.
    fn mark(&self, series: usize) -> Option<char> {
        (self.many() && !self.color).then(|| MARKS[series % MARKS.len()])
    }

    fn bars(&self) -> Vec<String> {
        let Domain::Categories(names) = &self.points.domain else { return Vec::new() };
        let format = self.figure.options.y_format.as_ref();
        let ys = || self.points.series.iter().flatten().map(|(_, y)| *y);
        let (low, high) = extent(ys()).map_or((0.0, 1.0), |(low, high)| (low.min(0.0), high.max(0.0)));
        let value = |y: f64| if y.is_finite() { value_label(y, format) } else { "no value".to_owned() };
        let value_width = ys().map(|y| width(&value(y))).max().unwrap_or(0);
        let names_width = names.iter().take(BARS_MAX).map(|n| width(n)).max().unwrap_or(0);
        let names_width = names_width.min(self.columns * 2 / 5);
        let room = self.columns.saturating_sub(names_width + 1 + value_width + 1).max(1);
        // Halved before subtracting, so that the widest range stays finite.
        let span = high / 2.0 - low / 2.0;
        let length = |y: f64| if span > 0.0 { y.abs() / 2.0 / span * room as f64 } else { 0.0 };
        let zero = length(low).round() as usize;

        let mut lines = Vec::new();
        for (slot, name) in names.iter().enumerate().take(BARS_MAX) {
            let mut name = start(&fitted(name, names_width), names_width);
            for (i, series) in self.points.series.iter().enumerate() {
                let Some((_, y)) = series.iter().find(|(x, _)| *x as usize == slot) else { continue };
                let bar = if y.is_finite() { self.bar(*y, length(*y), zero, i) } else { String::new() };
                let gap =
                    " ".repeat(if *y < 0.0 { (zero + 1).saturating_sub(width_painted(&bar)) } else { 1 });
                lines.push(format!("{name} {bar}{gap}{}", self.paint(&value(*y), Style::Quiet)));
                name = " ".repeat(names_width);
            }
        }
        if let Some(more) = names.len().checked_sub(BARS_MAX).filter(|n| *n > 0) {
            lines.push(self.paint(&format!("… and {more} more"), Style::Quiet));
        }
        lines
    }

    fn bar(&self, y: f64, length: f64, zero: usize, series: usize) -> String {
        let fill = self.fill(series);
        if y < 0.0 {
            let cells = (length.round() as usize).min(zero);
            let bar: String = std::iter::repeat_n(fill, cells).collect();
            return " ".repeat(zero - cells) + &self.paint(&bar, Style::Series(series));
        }
        let eighths = (length * 8.0).round() as usize;
        let mut bar: String = std::iter::repeat_n(fill, eighths / 8).collect();
        match (fill, eighths % 8) {
            ('█', rest @ 1..) => bar.push(EIGHTHS[rest - 1]),
            (_, rest) if rest >= 4 => bar.push(fill),
            _ => {}
        }
        " ".repeat(zero) + &self.paint(&bar, Style::Series(series))
    }

    fn histogram(&self) -> Vec<String> {
        let bins = self.figure.series.first().map(bins).unwrap_or_default();
        let y_axis = self.points.y_axis(self.figure, 4);
        let gutter = labels_width(&y_axis);
        let room = self.columns.saturating_sub(gutter + 2);
        if bins.is_empty() || bins.len() > room {
            return self.points();
        }
        let each = room / bins.len();
        let (low, high) = extent(bins.iter().flat_map(|(l, r, _)| [*l, *r])).unwrap_or((0.0, 1.0));
        let rows = ROWS - 2;
        let drawn: Vec<String> = (0..rows)
            .map(|row| {
                let below = (rows - 1 - row) * 8;
                let cell = |count: f64| {
                    let level = (y_axis.share(count) * (rows * 8) as f64).round();
                    let level =
                        if level.is_finite() { (level as usize).saturating_sub(below).min(8) } else { 0 };
                    level.checked_sub(1).map_or(' ', |i| LEVELS[i])
                };
                // A column's last cell stays free where there is room, so that bins can be counted.
                let solid = if each > 2 { each - 1 } else { each };
                let line: String = bins
                    .iter()
                    .flat_map(|(_, _, count)| {
                        let ink = cell(*count);
                        (0..each).map(move |i| if i < solid { ink } else { ' ' })
                    })
                    .collect();
                self.paint(line.trim_end(), Style::Series(0))
            })
            .collect();
        let width = each * bins.len();
        let x_axis = number_axis(low, high, (width / 12).max(2), self.figure.options.x_format.as_ref());
        let inside = Axis { low, high, marks: x_axis.marks };
        self.framed(drawn, &y_axis, &inside_marks(&inside, width), width)
    }

    fn points(&self) -> Vec<String> {
        let y_axis = self.points.y_axis(self.figure, 4);
        let room = self.columns.saturating_sub(labels_width(&y_axis) + 2).max(2);
        let axis = self.points.x_axis(self.figure, (room / 14).max(2));
        let (x_axis, marks) = match (&self.points.domain, axis) {
            (Domain::Categories(names), _) => {
                let last = names.len().saturating_sub(1).max(1) as f64;
                let axis = Axis { low: 0.0, high: last, marks: Vec::new() };
                let place = |i: usize| spot(axis.share(i as f64), room).unwrap_or(0);
                let marks = names.iter().enumerate().map(|(i, n)| (place(i), fitted(n, 16))).collect();
                (axis, marks)
            }
            (_, Some(axis)) => {
                let marks = inside_marks(&axis, room);
                (axis, marks)
            }
            (_, None) => return Vec::new(),
        };
        let mut canvas = Canvas::new(room, ROWS);
        let joined = self.figure.kind != Kind::Scatter;
        for (i, series) in self.points.series.iter().enumerate() {
            let mut previous = None;
            for (x, y) in series {
                let at = (x_axis.share(*x), y_axis.share(*y));
                let at = (at.0.is_finite() && at.1.is_finite()).then_some(at);
                let segment = match (previous, at) {
                    (Some(from), Some(to)) if joined => Some((from, to)),
                    (_, Some(to)) => Some((to, to)),
                    _ => None,
                };
                if let Some((from, to)) = segment {
                    let mut drawn = Vec::new();
                    canvas.line(from, to, |x, y| drawn.push((x, y)));
                    for (x, y) in drawn {
                        match self.mark(i) {
                            Some(mark) => canvas.mark(x, y, mark, i),
                            None => canvas.dot(x, y, i),
                        }
                    }
                }
                previous = at;
            }
        }
        self.framed(canvas.lines(self.color), &y_axis, &marks, room)
    }

    /// Rows of a drawing between its axes.
    fn framed(
        &self,
        drawn: Vec<String>,
        y_axis: &Axis,
        marks: &[(usize, String)],
        room: usize,
    ) -> Vec<String> {
        let gutter = labels_width(y_axis);
        let rows = drawn.len();
        let label_of = |row: usize| {
            let at = |value: f64| spot(1.0 - y_axis.share(value), rows);
            y_axis.marks.iter().find(|(value, _)| at(*value) == Some(row)).map(|(_, label)| label.as_str())
        };
        let mut lines = Vec::new();
        if !self.figure.y_label.is_empty() {
            lines.push(self.paint(&fitted(&visible(&self.figure.y_label), self.columns), Style::Quiet));
        }
        for (row, drawing) in drawn.iter().enumerate() {
            let label = label_of(row);
            let stroke = if label.is_some() { "┤" } else { "│" };
            let axis = format!("{}{stroke}", end(label.unwrap_or(""), gutter));
            lines.push(self.paint(&axis, Style::Quiet) + drawing);
        }
        let places: Vec<usize> = marks.iter().map(|(place, _)| *place).collect();
        let rule: String = (0..room).map(|i| if places.contains(&i) { '┬' } else { '─' }).collect();
        lines.push(self.paint(&format!("{}└{rule}", " ".repeat(gutter)), Style::Quiet));
        let labels = placed(marks.iter().map(|(place, label)| (*place, label.as_str())), room);
        lines.push(self.paint(&format!("{}{labels}", " ".repeat(gutter + 1)), Style::Quiet));
        if !self.figure.x_label.is_empty() {
            let label = fitted(&visible(&self.figure.x_label), room);
            let indent = gutter + 1 + (room - width(&label)) / 2;
            lines.push(self.paint(&format!("{}{label}", " ".repeat(indent)), Style::Quiet));
        }
        lines
    }
}

fn labels_width(axis: &Axis) -> usize {
    axis.marks.iter().map(|(_, label)| width(label)).max().unwrap_or(0)
}

/// The marks of an axis by column, those beyond its ends left out.
fn inside_marks(axis: &Axis, room: usize) -> Vec<(usize, String)> {
    axis.marks
        .iter()
        .filter_map(|(value, label)| Some((spot(axis.share(*value), room)?, label.clone())))
        .collect()
}

/// Columns of a text with colours in it.
fn width_painted(text: &str) -> usize {
    let mut rest = text;
    let mut total = 0;
    while let Some((plain, coloured)) = rest.split_once('\x1b') {
        total += width(plain);
        rest = coloured.split_once('m').map_or("", |(_, rest)| rest);
    }
    total + width(rest)
}
