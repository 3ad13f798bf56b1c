//! Tests of the crate from its public surface.

mod cases;
mod encode;
mod json;
mod operations;
mod select;
