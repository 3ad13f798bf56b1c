//! Tests of the crate from its public surface. What pandas answers stands in the packets of `cases/`.

mod bytes;
mod frequency;
mod properties;
mod spread;
