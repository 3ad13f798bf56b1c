//! Plots as SVG.
//!
//! Coordinates are rounded to a tenth of a pixel and computed by `+ - × ÷` alone, so equal figures give equal bytes
//! on every machine. Colours are presentation attributes of a light scheme; a page's style sheet overrides them
//! through the classes `s0` … `s5` (fills) and `l0` … `l5` (strokes). Text is drawn in `currentColor`.

mod bars;
mod canvas;
mod frame;
mod histogram;
mod points;
mod text;

#[cfg(test)]
mod tests;

use crate::figure::{Figure, Kind, Points};
use canvas::Canvas;
use frame::Frame;

/// The width, in pixels, that suits a column of text.
pub const WIDTH: u32 = 680;

/// The figure as a document of its own, title included, [`WIDTH`] pixels wide.
pub fn svg(figure: &Figure) -> String {
    draw(figure, WIDTH, true)
}

/// The figure drawn for `width` pixels (at least 240). Its labels keep their size, the layout gives way: bars lie
/// down, names wrap, ticks thin out. `titled` draws the title; a page sets it in its caption instead.
pub(crate) fn draw(figure: &Figure, width: u32, titled: bool) -> String {
    let width = width.max(240);
    let mut canvas = Canvas::new(f64::from(width));
    if titled {
        canvas.title(&figure.title);
    }
    if figure.point_count() == 0 {
        canvas.empty();
    } else {
        let points = Points::of(figure);
        canvas.legend(figure);
        match figure.kind {
            Kind::Bar => bars::draw(&mut canvas, figure, &points),
            Kind::Hist => histogram::draw(&mut canvas, figure, &points),
            Kind::Line | Kind::Scatter => points::draw(&mut canvas, figure, &points),
        }
    }
    canvas.finish(&figure.description())
}
