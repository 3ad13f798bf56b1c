//! Histograms: counts between edges.

use super::{Frame, canvas::Canvas, frame::height};
use crate::{
    figure::{Figure, Points, bins},
    scale::{Axis, extent, number_axis, value_label},
};

pub(super) fn draw(canvas: &mut Canvas, figure: &Figure, points: &Points) {
    let y_axis = points.y_axis(figure, (height(canvas) / 50.0) as usize);
    let frame = Frame::standing(canvas, figure, &y_axis);
    let all: Vec<_> = figure.series.iter().map(bins).collect();
    let edges = all.iter().flatten().flat_map(|(left, right, _)| [*left, *right]);
    let Some((low, high)) = extent(edges) else { return canvas.empty() };
    let x_axis = Axis { low, high, marks: Vec::new() };
    let format = figure.options.x_format.as_ref();
    let several = all.len() > 1;
    for (i, bins) in all.iter().enumerate() {
        for (left, right, count) in bins {
            if !(count.is_finite() && left.is_finite() && right.is_finite()) {
                continue;
            }
            let (x, end) = (frame.x(x_axis.share(*left)), frame.x(x_axis.share(*right)));
            let up = frame.y(y_axis.share(*count));
            let size = (end - x - if end - x > 3.0 { 1.0 } else { 0.0 }, frame.y(y_axis.share(0.0)) - up);
            let range = format!("{} to {}", value_label(*left, format), value_label(*right, format));
            canvas.bar((x, up), size, i, several, &format!("{range}: {}", value_label(*count, None)));
        }
    }
    let target = ((frame.right - frame.left) / 90.0) as usize;
    let ticks = number_axis(low, high, target.clamp(2, 10), format);
    let inside = ticks.marks.into_iter().filter(|(value, _)| (low..=high).contains(value));
    let marks: Vec<_> = inside.map(|(value, label)| (x_axis.share(value), label)).collect();
    frame.ticks_below(canvas, &marks);
    frame.name_below(canvas, &figure.x_label);
}
