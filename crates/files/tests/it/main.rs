//! Tests of the crate from its public surface.

mod compression;
mod json;
mod limits;
mod pieces;
mod repair;
mod schema;
