//! Tests of the crate from its public surface.

mod cases;
#[allow(dead_code)]
#[path = "../../../column/tests/it/json.rs"]
mod json;
mod limits;
mod pieces;
mod schema;
