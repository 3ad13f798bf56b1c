//! Tests of the crate from its public surface.

mod limits;
mod pieces;
mod repair;
mod schema;
