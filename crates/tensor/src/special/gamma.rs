//! The gamma function's relatives: digamma, polygamma, Hurwitz' zeta, the incomplete gamma functions.

use std::f64::consts::PI;

/// Bernoulli numbers B2, B4, …
const BERNOULLI: [f64; 10] = [
    1.0 / 6.0,
    -1.0 / 30.0,
    1.0 / 42.0,
    -1.0 / 30.0,
    5.0 / 66.0,
    -691.0 / 2730.0,
    7.0 / 6.0,
    -3617.0 / 510.0,
    43_867.0 / 798.0,
    -174_611.0 / 330.0,
];

/// From here on the asymptotic series are exact to f64.
const FAR: f64 = 12.0;

/// ψ(x), the derivative of log Γ. At 0 it is -inf with the sign of 0 turned, at the other poles NaN.
pub fn digamma(x: f64) -> f64 {
    if x == 0.0 {
        return f64::INFINITY.copysign(-x);
    }
    if x < 0.0 {
        if x == x.trunc() {
            return f64::NAN;
        }
        // Reflection, DLMF 5.5.4; the fraction keeps the tangent exact for large arguments.
        return digamma(1.0 - x) - PI / libm::tan(PI * x.fract());
    }
    if x.is_infinite() {
        return x;
    }
    // Recurrence 5.5.2 up to where the expansion 5.11.2 is exact.
    let (mut x, mut sum) = (x, 0.0);
    while x < FAR {
        sum -= 1.0 / x;
        x += 1.0;
    }
    let square = 1.0 / (x * x);
    let mut power = square;
    sum += libm::log(x) - 0.5 / x;
    for (k, b) in BERNOULLI.iter().enumerate().take(7) {
        sum -= b / (2.0 * (k + 1) as f64) * power;
        power *= square;
    }
    sum
}

/// ψ'(x).
pub fn trigamma(x: f64) -> f64 {
    if x < 0.5 {
        // Reflection, DLMF 5.15.6.
        let sine = libm::sin(PI * x);
        return PI * PI / (sine * sine) - trigamma(1.0 - x);
    }
    zeta(2.0, x)
}

/// ψ'(x) of a number of f32. PyTorch rounds the angle of the reflection to f32, which shows near the poles.
pub fn trigamma_f32(x: f64) -> f64 {
    if x < 0.5 {
        let sine = f64::from(libm::sin(f64::from(std::f32::consts::PI * x as f32)) as f32);
        return PI * PI / (sine * sine) - trigamma(1.0 - x);
    }
    trigamma(x)
}

/// The n-th derivative of ψ(x), n ≥ 0.
pub fn polygamma(n: i64, x: f64) -> f64 {
    match n {
        0 => digamma(x),
        1 => trigamma(x),
        // DLMF 25.11.12.
        _ => {
            let sign = if n % 2 == 1 { 1.0 } else { -1.0 };
            sign * libm::exp(libm::lgamma(n as f64 + 1.0)) * zeta(n as f64 + 1.0, x)
        }
    }
}

/// Hurwitz' zeta function Σ (q + k)^-s, by Euler and Maclaurin's formula (DLMF 25.11.28).
pub fn zeta(s: f64, q: f64) -> f64 {
    if s == 1.0 {
        return f64::INFINITY;
    }
    if s < 1.0 || s.is_nan() || q.is_nan() {
        return f64::NAN;
    }
    if q <= 0.0 {
        if q == q.floor() {
            return f64::INFINITY;
        }
        if s != s.floor() {
            return f64::NAN;
        }
    }
    let (mut a, mut sum, mut terms) = (q, 0.0, 0);
    while terms < 10 || a < FAR {
        let term = libm::pow(a, -s);
        sum += term;
        if a > 0.0 && term.abs() < 1e-18 * f64::abs(sum) {
            return sum;
        }
        a += 1.0;
        terms += 1;
    }
    let last = libm::pow(a, -s);
    sum += last * a / (s - 1.0) + 0.5 * last;
    // s (s + 1) … (s + 2j) / (2j + 2)! · a^(-s - 2j - 1)
    let mut factor = s * last / (2.0 * a);
    for (j, b) in BERNOULLI.iter().enumerate() {
        let term = b * factor;
        sum += term;
        if term.abs() < 1e-18 * f64::abs(sum) {
            break;
        }
        let k = 2.0 * (j + 1) as f64;
        factor *= (s + k - 1.0) * (s + k) / ((k + 1.0) * (k + 2.0) * a * a);
    }
    sum
}

/// The regularised lower incomplete gamma function P(a, x).
pub fn igamma(a: f64, x: f64) -> f64 {
    incomplete(a, x, true)
}

/// The regularised upper incomplete gamma function Q(a, x) = 1 - P(a, x).
pub fn igammac(a: f64, x: f64) -> f64 {
    incomplete(a, x, false)
}

fn incomplete(a: f64, x: f64, lower: bool) -> f64 {
    let pick = |p: f64, q: f64| if lower { p } else { q };
    if x < 0.0 || a < 0.0 || a.is_nan() || x.is_nan() {
        return f64::NAN;
    }
    if a == 0.0 {
        return if x > 0.0 { pick(1.0, 0.0) } else { f64::NAN };
    }
    if x == 0.0 {
        return pick(0.0, 1.0);
    }
    if a.is_infinite() {
        return if x.is_infinite() { f64::NAN } else { pick(0.0, 1.0) };
    }
    if x.is_infinite() {
        return pick(1.0, 0.0);
    }
    let scale = libm::exp(a * libm::log(x) - x - libm::lgamma(a));
    if x < a + 1.0 {
        // DLMF 8.11.4 as a series of positive terms.
        let (mut term, mut sum, mut n) = (1.0 / a, 1.0 / a, a);
        while term > sum * 1e-17 {
            n += 1.0;
            term *= x / n;
            sum += term;
        }
        let p = scale * sum;
        return pick(p, 1.0 - p);
    }
    // The continued fraction 8.9.2 by Lentz' method.
    let tiny = 1e-300;
    let mut b = x + 1.0 - a;
    let (mut c, mut d) = (1.0 / tiny, 1.0 / b);
    let mut h = d;
    for i in 1..100_000 {
        let i = f64::from(i);
        let an = -i * (i - a);
        b += 2.0;
        d = 1.0 / keep_off_zero(an * d + b, tiny);
        c = keep_off_zero(b + an / c, tiny);
        h *= d * c;
        if (d * c - 1.0).abs() < 1e-16 {
            break;
        }
    }
    let q = scale * h;
    pick(1.0 - q, q)
}

fn keep_off_zero(x: f64, tiny: f64) -> f64 {
    if x.abs() < tiny { tiny } else { x }
}
