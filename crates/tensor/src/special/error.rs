//! The error function's relatives and the normal distribution.

use std::f64::consts::{FRAC_1_SQRT_2, FRAC_2_SQRT_PI, LN_2, PI, SQRT_2};

/// The inverse of erf; NaN outside [-1, 1].
pub fn erfinv(y: f64) -> f64 {
    let size = y.abs();
    if size > 1.0 || y.is_nan() {
        return f64::NAN;
    }
    if size == 1.0 {
        return f64::INFINITY.copysign(y);
    }
    if y == 0.0 {
        return y;
    }
    // A closed approximation to two digits, then Halley's steps, each of which triples the digits.
    let a = 0.147;
    let log = libm::log1p(-size) + libm::log1p(size);
    let t = 2.0 / (PI * a) + 0.5 * log;
    let mut x = (((t * t - log / a).sqrt() - t).max(0.0)).sqrt();
    for _ in 0..3 {
        // Near 1 the complement has the digits.
        let miss = if size < 0.5 { libm::erf(x) - size } else { (1.0 - size) - libm::erfc(x) };
        let step = miss / (FRAC_2_SQRT_PI * libm::exp(-x * x));
        x -= step / (1.0 + x * step);
    }
    x.copysign(y)
}

/// e^(x²) erfc(x).
pub fn erfcx(x: f64) -> f64 {
    if x < 0.0 {
        return if x < -26.7 { f64::INFINITY } else { 2.0 * libm::exp(x * x) - erfcx(-x) };
    }
    if x < 25.0 {
        return libm::exp(x * x) * libm::erfc(x);
    }
    // DLMF 7.12.1.
    let s = 1.0 / (x * x);
    0.5 * FRAC_2_SQRT_PI / x * (1.0 - s * (0.5 - s * (0.75 - s * (1.875 - s * 6.5625))))
}

/// Distribution function of the standard normal distribution.
pub fn ndtr(x: f64) -> f64 {
    0.5 * libm::erfc(-x * FRAC_1_SQRT_2)
}

/// Logarithm of [`ndtr`], also where that underflows.
pub fn log_ndtr(x: f64) -> f64 {
    if x < -1.0 {
        let z = -x * FRAC_1_SQRT_2;
        return libm::log(0.5 * erfcx(z)) - z * z;
    }
    libm::log1p(-0.5 * libm::erfc(x * FRAC_1_SQRT_2))
}

/// [`log_ndtr`] of a number of f32, rounded at each step as PyTorch rounds it: the gradient divides by the exponential of
/// the result, where the last bit shows.
pub fn log_ndtr_f32(x: f64) -> f64 {
    if x < -1.0 {
        let z = -(x as f32) * std::f32::consts::FRAC_1_SQRT_2;
        let scaled = erfcx(f64::from(z)) as f32;
        return f64::from(libm::log(0.5 * f64::from(scaled)) as f32 - z * z);
    }
    log_ndtr(x)
}

/// The inverse of [`ndtr`]; NaN outside [0, 1].
pub fn ndtri(p: f64) -> f64 {
    if !(0.0..=1.0).contains(&p) {
        return f64::NAN;
    }
    if p > 0.5 {
        return -ndtri(1.0 - p);
    }
    if p > 0.01 {
        return SQRT_2 * erfinv(2.0 * p - 1.0);
    }
    if p == 0.0 {
        return f64::NEG_INFINITY;
    }
    // In the tail Newton's steps on the logarithm, from the leading term of its expansion.
    let log = libm::log(p);
    let mut x = -(-2.0 * log - libm::log(-2.0 * log) - libm::log(PI) - LN_2).max(1.0).sqrt();
    for _ in 0..6 {
        let slope = FRAC_2_SQRT_PI * FRAC_1_SQRT_2 / (erfcx(-x * FRAC_1_SQRT_2));
        x -= (log_ndtr(x) - log) / slope;
    }
    x
}
