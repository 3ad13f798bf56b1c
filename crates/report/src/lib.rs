//! Pages, plots and tables made of plain values.
//!
//! The main type is [`page::Page`]: what a run has to show, as data. [`html::html`] typesets it into one offline
//! file. [`figure::Figure`] is a plot as a recorded value, drawn by [`svg::svg`] and, in a terminal, by
//! [`terminal::plot`]; [`table::TableView`] is a table already turned into text, drawn by [`terminal::table`].
//! [`mod@format`] writes the numbers that prose binds.
//!
//! The crate knows no engine, no file and no clock: equal models give equal bytes.
//!
//! Start reading at `page.rs`, then `html/mod.rs`.

pub mod page;
pub mod table;

pub mod figure;
pub mod format;

pub mod html;
pub mod svg;
pub mod terminal;

pub mod escape;
mod scale;
