//! Tests of the crate from its public surface.

mod arrow;
mod assign;
mod categories;
mod encode;
mod filter;
mod foreign;
mod intervals;
mod lists;
mod promotion;
mod select;
mod text_runs;
mod times;
mod zones;
