//! Tests of the crate from its public surface. What pandas answers stands in the packets of `cases/`.

mod bytes;
mod frequency;
mod labels;
mod properties;
mod spread;
mod windows;
