//! Special functions of one or two real numbers, in f64: pure, the same bits on every machine.
//!
//! Sources are the classical expansions (Abramowitz and Stegun; NIST's Digital Library of Mathematical Functions, whose
//! formula each function names). Values at poles and outside a domain are PyTorch's.

mod bessel;
mod error;
mod gamma;
mod polynomial;

pub use bessel::{
    airy_ai, bessel_i0, bessel_i0e, bessel_i1, bessel_i1e, bessel_k0, bessel_k0e, bessel_k1, bessel_k1e,
    spherical_bessel_j0,
};
pub use error::{erfcx, erfinv, log_ndtr, log_ndtr_f32, ndtr, ndtri};
pub use gamma::{digamma, igamma, igammac, polygamma, trigamma, trigamma_f32, zeta};
pub use polynomial::Polynomial;
