//! A plot as a value: what is drawn, not how.

mod encoding;
mod histogram;
mod points;

#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use crate::format::Format;
pub use encoding::FigureError;
pub use histogram::histogram;
pub(crate) use points::{Domain, Points, bins};

/// A plot. Equal figures have equal bytes, and draw to equal bytes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Figure {
    pub kind: Kind,
    pub title: String,
    pub x_label: String,
    pub y_label: String,
    /// Drawn in this order; several are told apart by colour and a legend.
    pub series: Vec<Series>,
    pub options: Options,
}

/// What a figure draws for each point.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A bar from zero for each x, taken as a category.
    Bar,
    /// Points in the given order, joined; a NaN is a gap.
    Line,
    Scatter,
    /// Counts between edges: `xs` are the `n + 1` edges of `n` bins, `ys` their counts.
    Hist,
}

/// One row of points.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Series {
    /// Empty when the figure has only one.
    pub name: String,
    pub xs: Xs,
    #[serde(with = "encoding::floats")]
    pub ys: Vec<f64>,
}

/// The horizontal positions of a series.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Xs {
    Categories(Vec<String>),
    #[serde(with = "encoding::floats")]
    Numbers(Vec<f64>),
    /// Instants in microseconds since 1970-01-01T00:00:00Z.
    Times(Vec<i64>),
}

/// What a figure may say about its form; the default leaves it to the renderer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Options {
    /// Bars lie (`true`) or stand (`false`); otherwise they lie when their labels need the room.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub horizontal: Option<bool>,
    /// How the ticks of the x axis are written, if not by their own precision.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub x_format: Option<Format>,
    /// How the ticks of the y axis are written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub y_format: Option<Format>,
}

impl Xs {
    pub fn len(&self) -> usize {
        match self {
            Self::Categories(labels) => labels.len(),
            Self::Numbers(values) => values.len(),
            Self::Times(instants) => instants.len(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Figure {
    /// A figure with nothing drawn yet.
    pub fn new(kind: Kind, title: impl Into<String>) -> Self {
        Self {
            kind,
            title: title.into(),
            x_label: String::new(),
            y_label: String::new(),
            series: Vec::new(),
            options: Options::default(),
        }
    }

    /// Points that can be drawn: for a line or bar those whose y is finite.
    pub(crate) fn point_count(&self) -> usize {
        self.series.iter().map(|s| s.ys.iter().filter(|y| y.is_finite()).count()).sum()
    }

    /// What the figure shows, in a sentence for those who do not see it.
    pub fn description(&self) -> String {
        let kind = match self.kind {
            Kind::Bar => "Bar chart",
            Kind::Line => "Line chart",
            Kind::Scatter => "Scatter plot",
            Kind::Hist => "Histogram",
        };
        let mut text = kind.to_owned();
        if !self.title.is_empty() {
            text += &format!(": {}", self.title);
        }
        let axes: Vec<_> = [&self.x_label, &self.y_label].into_iter().filter(|l| !l.is_empty()).collect();
        if let [x, y] = axes.as_slice() {
            text += &format!(". {y} by {x}");
        }
        text += &match self.point_count() {
            0 => ". No data.".to_owned(),
            1 => ". 1 value.".to_owned(),
            n => format!(". {} values.", crate::format::grouped(&n.to_string())),
        };
        text
    }
}
