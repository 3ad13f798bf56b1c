//! Tests of the crate from its public surface.

#[path = "../../../../fuzz/bodies/checkpoint.rs"]
mod bodies;
mod damage;
mod lmt;
mod pt;
mod safetensors;
mod states;
