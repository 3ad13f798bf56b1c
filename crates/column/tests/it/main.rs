//! Tests of the crate from its public surface.

mod arrow;
mod assign;
mod categories;
mod encode;
mod foreign;
mod intervals;
mod promotion;
mod select;
mod times;
mod zones;
