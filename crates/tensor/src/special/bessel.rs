//! Bessel functions that `libm` does not have, and Airy's function.

use std::f64::consts::PI;

/// I_n(x) e^-|x| for n = 0 or 1, x ≥ 0.
fn scaled_i(n: i32, x: f64) -> f64 {
    if x.is_nan() {
        return x;
    }
    if x <= 30.0 {
        // DLMF 10.25.2; every term is positive.
        let quarter = 0.25 * x * x;
        let mut term = if n == 0 { 1.0 } else { 0.5 * x };
        let (mut sum, mut k) = (term, 1.0);
        while term > sum * 1e-17 {
            term *= quarter / (k * (k + f64::from(n)));
            sum += term;
            k += 1.0;
        }
        return sum * libm::exp(-x);
    }
    if x.is_infinite() {
        return 0.0;
    }
    // DLMF 10.40.1.
    let mu = f64::from(4 * n * n);
    let (mut term, mut sum) = (1.0, 1.0);
    for k in 1..20 {
        let odd = f64::from(2 * k - 1);
        term *= -(mu - odd * odd) / (f64::from(k) * 8.0 * x);
        sum += term;
    }
    sum / (2.0 * PI * x).sqrt()
}

/// Modified Bessel function of the first kind, order 0.
pub fn bessel_i0(x: f64) -> f64 {
    let x = x.abs();
    if x.is_infinite() { x } else { libm::exp(x) * scaled_i(0, x) }
}

/// Modified Bessel function of the first kind, order 1.
pub fn bessel_i1(x: f64) -> f64 {
    if x.is_infinite() { x } else { libm::exp(x.abs()) * bessel_i1e(x) }
}

/// e^-|x| I0(x).
pub fn bessel_i0e(x: f64) -> f64 {
    scaled_i(0, x.abs())
}

/// e^-|x| I1(x).
pub fn bessel_i1e(x: f64) -> f64 {
    scaled_i(1, x.abs()).copysign(x)
}

/// e^x K_ν(x) = ∫ e^(-x (cosh t - 1)) cosh(ν t) dt from 0 (DLMF 10.32.9). The integrand falls doubly exponentially, so
/// the trapezoidal rule converges like e^(-π²/h), and like e^(-2π²/(x h²)) where it is a narrow bell; this step is exact
/// to f64 for both.
fn scaled_k(order: f64, x: f64) -> f64 {
    if x < 0.0 || x.is_nan() {
        return f64::NAN;
    }
    if x == 0.0 {
        return f64::INFINITY;
    }
    if x.is_infinite() {
        return 0.0;
    }
    let step = f64::min(0.125, 0.6 / x.sqrt());
    let (mut sum, mut t) = (0.5, step);
    loop {
        // cosh t - 1 without cancellation.
        let half = libm::sinh(0.5 * t);
        let fall = 2.0 * x * half * half;
        let term = libm::exp(-fall) * libm::cosh(order * t);
        sum += term;
        if fall > 40.0 + order * t || t > 1500.0 {
            return sum * step;
        }
        t += step;
    }
}

/// Modified Bessel function of the second kind, order 0; inf at 0, NaN below.
pub fn bessel_k0(x: f64) -> f64 {
    libm::exp(-x) * scaled_k(0.0, x)
}

/// Modified Bessel function of the second kind, order 1; inf at 0, NaN below.
pub fn bessel_k1(x: f64) -> f64 {
    libm::exp(-x) * scaled_k(1.0, x)
}

/// e^x K0(x).
pub fn bessel_k0e(x: f64) -> f64 {
    scaled_k(0.0, x)
}

/// e^x K1(x).
pub fn bessel_k1e(x: f64) -> f64 {
    scaled_k(1.0, x)
}

/// sin(x) / x, 1 at 0.
pub fn spherical_bessel_j0(x: f64) -> f64 {
    if x.is_infinite() {
        return 0.0;
    }
    if x.abs() < 1e-4 { 1.0 - x * x / 6.0 } else { libm::sin(x) / x }
}

/// Airy's function Ai.
pub fn airy_ai(x: f64) -> f64 {
    if x.is_infinite() {
        return f64::NAN;
    }
    if x > 2.0 {
        // DLMF 9.6.2.
        let z = 2.0 / 3.0 * x * x.sqrt();
        return libm::exp(-z) * scaled_k(1.0 / 3.0, z) * (x / 3.0).sqrt() / PI;
    }
    if x >= -9.5 {
        // DLMF 9.4.1: the cancellation costs at most 9 of 16 digits, of what f32 keeps 7.
        let cube = x * x * x;
        let (mut even, mut odd) = (AI_0, AI_SLOPE_0 * x);
        let (mut sum, mut k) = (even + odd, 0.0);
        while even.abs() + odd.abs() > 1e-18 || k < 3.0 {
            even *= cube / ((k + 2.0) * (k + 3.0));
            odd *= cube / ((k + 3.0) * (k + 4.0));
            sum += even + odd;
            k += 3.0;
        }
        return sum;
    }
    // DLMF 9.7.9 with u_k of 9.7.2.
    let z = 2.0 / 3.0 * -x * (-x).sqrt();
    let (mut u, mut power) = (1.0, 1.0);
    let (mut cosine, mut sine) = (0.0, 0.0);
    for k in 0..10 {
        let sign = if k / 2 % 2 == 0 { 1.0 } else { -1.0 };
        let term = sign * u * power;
        if k % 2 == 0 {
            cosine += term;
        } else {
            sine += term;
        }
        let n = f64::from(k + 1);
        u *= (6.0 * n - 5.0) * (6.0 * n - 3.0) * (6.0 * n - 1.0) / ((2.0 * n - 1.0) * 216.0 * n);
        power /= z;
    }
    let angle = z - 0.25 * PI;
    (libm::cos(angle) * cosine + libm::sin(angle) * sine) / (PI.sqrt() * (-x).sqrt().sqrt())
}

/// Ai(0), DLMF 9.2.3.
const AI_0: f64 = 0.355_028_053_887_817_2;
/// Ai'(0), DLMF 9.2.4.
const AI_SLOPE_0: f64 = -0.258_819_403_792_806_8;
