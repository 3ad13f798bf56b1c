//! Tests of the crate from its public surface.

mod encode;
mod select;
