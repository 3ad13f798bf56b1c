//! The sheet being drawn: elements in order, and how far down it has grown.

use std::fmt::Write;

use maud::Escaper;

use super::text::{fitted, width, wrapped};
use crate::{escape::visible, figure::Figure};

/// Font sizes in pixels.
pub(super) const LABEL: f64 = 12.0;
const TITLE: f64 = 15.0;

/// Colours of a light page, told apart also by their lightness and with at least 3:1 against white.
pub(super) const COLORS: [&str; 6] = ["#2f6299", "#c2601d", "#3c8350", "#8b4c95", "#94761a", "#5b6a74"];

const FONTS: &str = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', 'Noto Sans', sans-serif";

pub(super) struct Canvas {
    pub(super) width: f64,
    /// Where the next part begins, from the top.
    pub(super) top: f64,
    body: String,
}

/// On which side of its place a text stands.
#[derive(Clone, Copy)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

impl Canvas {
    pub(super) fn new(width: f64) -> Self {
        Self { width, top: 4.0, body: String::new() }
    }

    pub(super) fn title(&mut self, title: &str) {
        for line in wrapped(&visible(title), self.width, TITLE * 1.05, 3) {
            self.top += TITLE + 5.0;
            let y = num(self.top - 5.0);
            let line = escaped(&line);
            let _ = write!(
                self.body,
                "<text x=\"0\" y=\"{y}\" font-size=\"{TITLE}\" font-weight=\"600\" fill=\"currentColor\">{line}</text>"
            );
        }
        self.top += 4.0;
    }

    /// Names of several series, in as many rows as they need.
    pub(super) fn legend(&mut self, figure: &Figure) {
        if figure.series.len() < 2 {
            return;
        }
        const SWATCH: f64 = 10.0;
        let mut x = 0.0;
        self.top += 16.0;
        for (i, series) in figure.series.iter().enumerate() {
            let name = fitted(&visible(&series.name), self.width * 0.6, LABEL);
            let needed = SWATCH + 6.0 + width(&name, LABEL);
            if x > 0.0 && x + needed > self.width {
                x = 0.0;
                self.top += 19.0;
            }
            let (left, up) = (num(x), num(self.top - SWATCH));
            let fill = fill(i);
            let _ = write!(
                self.body,
                "<rect x=\"{left}\" y=\"{up}\" width=\"{SWATCH}\" height=\"{SWATCH}\" rx=\"2\" {fill}/>"
            );
            self.label(x + SWATCH + 6.0, self.top, Anchor::Start, &name, false);
            x += needed + 18.0;
        }
        self.top += 10.0;
    }

    pub(super) fn empty(&mut self) {
        self.top += 48.0;
        self.label(self.width / 2.0, self.top, Anchor::Middle, "No data to draw", true);
        self.top += 40.0;
    }

    /// A text with its baseline at `y`.
    pub(super) fn label(&mut self, x: f64, y: f64, anchor: Anchor, text: &str, quiet: bool) {
        let anchor = match anchor {
            Anchor::Start => "",
            Anchor::Middle => " text-anchor=\"middle\"",
            Anchor::End => " text-anchor=\"end\"",
        };
        let quiet = if quiet { " fill-opacity=\".74\"" } else { "" };
        let (x, y, text) = (num(x), num(y), escaped(text));
        let _ = write!(
            self.body,
            "<text x=\"{x}\" y=\"{y}\"{anchor} font-size=\"{LABEL}\" fill=\"currentColor\"{quiet}>{text}</text>"
        );
    }

    /// A straight line of the scaffolding; `strong` for an axis, otherwise a grid line.
    pub(super) fn rule(&mut self, from: (f64, f64), to: (f64, f64), strong: bool) {
        let opacity = if strong { ".55" } else { ".13" };
        let (x1, y1, x2, y2) = (num(from.0), num(from.1), num(to.0), num(to.1));
        let _ = write!(
            self.body,
            "<path d=\"M{x1} {y1}L{x2} {y2}\" stroke=\"currentColor\" stroke-opacity=\"{opacity}\" fill=\"none\"/>"
        );
    }

    /// A bar with a text that shows when the pointer rests on it.
    pub(super) fn bar(
        &mut self,
        corner: (f64, f64),
        size: (f64, f64),
        series: usize,
        faint: bool,
        tip: &str,
    ) {
        let (x, y, w, h) = (num(corner.0), num(corner.1), num(size.0.max(0.0)), num(size.1.max(0.0)));
        let (fill, tip) = (fill(series), escaped(tip));
        let faint = if faint { " fill-opacity=\".5\"" } else { "" };
        let _ = write!(
            self.body,
            "<rect x=\"{x}\" y=\"{y}\" width=\"{w}\" height=\"{h}\" rx=\"1\" {fill}{faint}><title>{tip}</title></rect>"
        );
    }

    /// A path drawn with a round pen, so that a point without length is a dot.
    pub(super) fn stroke(&mut self, path: &str, series: usize, pen: f64, opacity: &str) {
        let n = series % COLORS.len();
        let color = COLORS[n];
        let _ = write!(
            self.body,
            "<path d=\"{path}\" class=\"l{n}\" stroke=\"{color}\" stroke-width=\"{pen}\" stroke-opacity=\"{opacity}\" \
             stroke-linecap=\"round\" stroke-linejoin=\"round\" fill=\"none\"/>"
        );
    }

    pub(super) fn dot(&mut self, at: (f64, f64), series: usize, tip: &str) {
        let (x, y, fill, tip) = (num(at.0), num(at.1), fill(series), escaped(tip));
        let _ =
            write!(self.body, "<circle cx=\"{x}\" cy=\"{y}\" r=\"3\" {fill}><title>{tip}</title></circle>");
    }

    pub(super) fn finish(self, description: &str) -> String {
        let (w, h) = (num(self.width), num(self.top + 4.0));
        let description = escaped(&visible(description));
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {w} {h}\" width=\"{w}\" height=\"{h}\" \
             role=\"img\" aria-label=\"{description}\" font-family=\"{FONTS}\">{}</svg>",
            self.body
        )
    }
}

fn fill(series: usize) -> String {
    let n = series % COLORS.len();
    format!("class=\"s{n}\" fill=\"{}\"", COLORS[n])
}

/// A coordinate: a tenth of a pixel at most, nothing superfluous.
pub(super) fn num(x: f64) -> String {
    let tenths = (x.clamp(-1e6, 1e6) * 10.0).round() as i64;
    let sign = if tenths < 0 { "-" } else { "" };
    match (tenths.abs() / 10, tenths.abs() % 10) {
        (whole, 0) => format!("{sign}{whole}"),
        (whole, tenth) => format!("{sign}{whole}.{tenth}"),
    }
}

fn escaped(text: &str) -> String {
    let mut out = String::new();
    // Writing to a string cannot fail.
    let _ = Escaper::new(&mut out).write_str(text);
    out
}
