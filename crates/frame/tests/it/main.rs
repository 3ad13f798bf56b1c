//! Tests of the crate from its public surface. What pandas answers stands in the packets of `cases/`.

mod bytes;
mod frequency;
mod labels;
mod merges;
mod properties;
mod rows;
mod spread;
mod windows;
