//! Elementary functions with the same bits on every machine: no fused operations, no system library.
//!
//! Functions of f32 are evaluated in f64 and rounded once, which keeps them within 0.51 ulp.

/// e^x for |x| ≤ 700 to about 1e-15, written without branches so that loops over it vectorise.
#[inline]
fn exp_wide(x: f64) -> f64 {
    const MAGIC: f64 = 6_755_399_441_055_744.0; // 1.5 · 2^52: adding it rounds to an integer
    const LN2_HIGH: f64 = 6.931_471_803_691_238e-1;
    const LN2_LOW: f64 = 1.908_214_929_270_587_7e-10;
    let shifted = x * std::f64::consts::LOG2_E + MAGIC;
    let n = shifted - MAGIC;
    let r = (x - n * LN2_HIGH) - n * LN2_LOW;
    // Taylor series; |r| ≤ ln 2 / 2 makes the first omitted term 6e-15.
    let mut p = 1.0 / 39_916_800.0;
    p = p * r + 1.0 / 3_628_800.0;
    p = p * r + 1.0 / 362_880.0;
    p = p * r + 1.0 / 40_320.0;
    p = p * r + 1.0 / 5_040.0;
    p = p * r + 1.0 / 720.0;
    p = p * r + 1.0 / 120.0;
    p = p * r + 1.0 / 24.0;
    p = p * r + 1.0 / 6.0;
    p = p * r + 0.5;
    p = p * r + 1.0;
    p = p * r + 1.0;
    // The low bits of `shifted` hold n as an integer.
    let scale = f64::from_bits(shifted.to_bits().wrapping_add(1023) << 52);
    p * scale
}

/// e^x.
#[inline]
pub(crate) fn exp_f32(x: f32) -> f32 {
    exp_wide(f64::from(x).clamp(-110.0, 90.0)) as f32
}

/// A power.
pub(crate) fn pow_f32(x: f32, exponent: f32) -> f32 {
    libm::pow(f64::from(x), f64::from(exponent)) as f32
}

/// 1 / (1 + e^-x).
#[inline]
pub(crate) fn sigmoid_f32(x: f32) -> f32 {
    (1.0 / (1.0 + exp_wide((-f64::from(x)).clamp(-110.0, 110.0)))) as f32
}

/// 1 / (1 + e^-x).
pub(crate) fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + libm::exp(-x))
}

/// Hyperbolic tangent.
#[inline]
pub(crate) fn tanh_f32(x: f32) -> f32 {
    let wide = f64::from(x);
    let e = exp_wide((-2.0 * wide.abs()).clamp(-110.0, 0.0));
    let far = (1.0 - e) / (1.0 + e);
    // Near 0 the difference above cancels; two terms of the series are exact to f32 there.
    let near = wide.abs() - wide.abs() * wide * wide * (1.0 / 3.0);
    let magnitude = if wide.abs() < 1e-3 { near } else { far };
    (if wide.is_nan() { wide } else { magnitude.copysign(wide) }) as f32
}

/// Distribution function of the standard normal distribution.
pub(crate) fn normal_cdf(x: f64) -> f64 {
    0.5 * (1.0 + libm::erf(x * std::f64::consts::FRAC_1_SQRT_2))
}
