//! Derived signatures: what they say, and what is no signature.

mod derived;
mod refused;
