//! Tests of the crate from its public surface.

mod arrow;
#[path = "../../../../fuzz/bodies/files.rs"]
mod bodies;
mod compression;
mod fuzz;
mod json;
mod limits;
mod pieces;
mod repair;
mod schema;
