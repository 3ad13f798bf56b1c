//! Tests of the crate from its public surface.

mod assign;
mod encode;
mod foreign;
mod select;
mod zones;
