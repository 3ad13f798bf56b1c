//! The rectangle of a plot and the scaffolding around it.

use super::{
    canvas::{Anchor, Canvas, LABEL},
    text::{fitted, width},
};
use crate::{escape::visible, figure::Figure, scale::Axis};

/// Room for a line of labels.
pub(super) const LINE: f64 = 16.0;

/// Edges of the plot in pixels.
#[derive(Clone, Copy)]
pub(super) struct Frame {
    pub(super) left: f64,
    pub(super) right: f64,
    pub(super) top: f64,
    pub(super) bottom: f64,
}

impl Frame {
    pub(super) fn x(&self, share: f64) -> f64 {
        self.left + (self.right - self.left) * share
    }

    /// Shares count from below.
    pub(super) fn y(&self, share: f64) -> f64 {
        self.bottom - (self.bottom - self.top) * share
    }

    /// A frame with a rising y axis: the name of the axis on top, its ticks on the left, lines across.
    pub(super) fn standing(canvas: &mut Canvas, figure: &Figure, y_axis: &Axis) -> Self {
        let labels = y_axis.marks.iter().map(|(_, label)| width(label, LABEL)).fold(0.0, f64::max);
        axis_name(canvas, &figure.y_label);
        // Half a label of the topmost tick, and that of a bar which ends there.
        canvas.top += 14.0;
        let frame = Self {
            left: labels + 8.0,
            right: canvas.width - 6.0,
            top: canvas.top,
            bottom: canvas.top + height(canvas),
        };
        let zero = y_axis.marks.iter().any(|(value, _)| *value == 0.0);
        for (i, (value, label)) in y_axis.marks.iter().enumerate() {
            let y = frame.y(y_axis.share(*value));
            let strong = if zero { *value == 0.0 } else { i == 0 };
            canvas.rule((frame.left, y), (frame.right, y), strong);
            canvas.label(frame.left - 8.0, y + 4.0, Anchor::End, label, true);
        }
        canvas.top = frame.bottom;
        frame
    }

    /// Ticks of a lying axis under the frame. Labels that would touch are thinned to every second, third, …
    pub(super) fn ticks_below(&self, canvas: &mut Canvas, marks: &[(f64, String)]) {
        let labels: Vec<(f64, f64, String)> = marks
            .iter()
            .map(|(share, label)| {
                let label = fitted(label, canvas.width, LABEL);
                let half = width(&label, LABEL) / 2.0;
                let x = self.x(*share).min(canvas.width - half).max(half);
                (x, half, label)
            })
            .collect();
        let every = (1..=labels.len().max(1)).find(|every| {
            let kept: Vec<_> = labels.iter().step_by(*every).collect();
            kept.windows(2).all(|pair| match pair {
                [a, b] => a.0 + a.1 + 8.0 <= b.0 - b.1,
                _ => true,
            })
        });
        for (i, ((share, _), (x, _, label))) in marks.iter().zip(&labels).enumerate() {
            let labelled = i % every.unwrap_or(1) == 0;
            let at = self.x(*share);
            if labelled {
                canvas.rule((at, self.bottom), (at, self.bottom + 4.0), true);
                canvas.label(*x, self.bottom + LINE + 1.0, Anchor::Middle, label, true);
            }
        }
        canvas.top = self.bottom + LINE + 5.0;
    }

    /// The name of a lying axis, centred under its ticks.
    pub(super) fn name_below(&self, canvas: &mut Canvas, name: &str) {
        if !name.is_empty() {
            let name = fitted(&visible(name), canvas.width, LABEL);
            canvas.top += LINE;
            let half = width(&name, LABEL) / 2.0;
            let x = self.x(0.5).min(canvas.width - half).max(half);
            canvas.label(x, canvas.top, Anchor::Middle, &name, true);
            canvas.top += 4.0;
        }
    }
}

/// The name of an axis above its ticks, where it reads without turning the head.
pub(super) fn axis_name(canvas: &mut Canvas, name: &str) {
    if !name.is_empty() {
        let name = fitted(&visible(name), canvas.width, LABEL);
        canvas.top += LINE;
        canvas.label(0.0, canvas.top - 3.0, Anchor::Start, &name, true);
    }
}

/// Height of a standing plot: three to eight, less flat where the page is narrow.
pub(super) fn height(canvas: &Canvas) -> f64 {
    (canvas.width * 0.375).clamp(200.0, 280.0)
}
