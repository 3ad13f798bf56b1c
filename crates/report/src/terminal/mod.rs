//! Tables and plots as text for a terminal of a known width.
//!
//! Data never reaches the terminal as it came: control characters are written out. Colours are the sixteen of the
//! user's own scheme, and only where `color` asks for them.

mod canvas;
mod plot;
mod style;
mod table;
mod text;

#[cfg(test)]
mod tests;

pub use plot::plot;
pub use table::table;
