//! Elementary functions with the same bits on every machine: no system library, and nothing that a compiler fuses.
//!
//! Functions of f32 are evaluated in f64 and rounded once, which keeps them within 0.51 ulp. The exponential, the error
//! function and what is made of them are evaluated in f32 with fused operations.

use crate::vectors::Step;

/// One of two numbers that are both known: a branch would keep a loop from vectors.
#[inline(always)]
fn select(first: bool, a: f64, b: f64) -> f64 {
    let mask = u64::from(first).wrapping_neg();
    f64::from_bits((a.to_bits() & mask) | (b.to_bits() & !mask))
}

/// A polynomial in a finite x by Horner's scheme with fused operations, the highest power first: a plain loop over a slice of
/// known length, which a compiler unrolls before it looks for vectors.
#[inline(always)]
fn polynomial<const N: usize>(x: f64, coefficients: [f64; N]) -> f64 {
    let mut sum = 0.0f64;
    for coefficient in &coefficients {
        sum = sum.mul_add(x, *coefficient);
    }
    sum
}

/// A polynomial as in [`polynomial`], in f32.
#[inline(always)]
fn fused<const N: usize>(x: f32, coefficients: [f32; N]) -> f32 {
    let mut sum = 0.0f32;
    for coefficient in &coefficients {
        sum = sum.mul_add(x, *coefficient);
    }
    sum
}

/// e^x for |x| ≤ 700 to about 1e-15, written without branches so that loops over it vectorise.
#[inline(always)]
fn exp_wide(x: f64) -> f64 {
    const MAGIC: f64 = 6_755_399_441_055_744.0; // 1.5 · 2^52: adding it rounds to an integer
    const LN2_HIGH: f64 = 6.931_471_803_691_238e-1;
    const LN2_LOW: f64 = 1.908_214_929_270_587_7e-10;
    let shifted = x.mul_add(std::f64::consts::LOG2_E, MAGIC);
    let n = shifted - MAGIC;
    let r = n.mul_add(-LN2_LOW, n.mul_add(-LN2_HIGH, x));
    // Taylor series; |r| ≤ ln 2 / 2 makes the first omitted term 6e-15.
    let p = polynomial(
        r,
        [
            1.0 / 39_916_800.0,
            1.0 / 3_628_800.0,
            1.0 / 362_880.0,
            1.0 / 40_320.0,
            1.0 / 5_040.0,
            1.0 / 720.0,
            1.0 / 120.0,
            1.0 / 24.0,
            1.0 / 6.0,
            0.5,
            1.0,
            1.0,
        ],
    );
    // The low bits of `shifted` hold n as an integer.
    let scale = f64::from_bits(shifted.to_bits().wrapping_add(1023) << 52);
    p * scale
}

/// e^x to less than a unit in the last place, in f32: attention and softmax are made of it. Fused operations round the same
/// everywhere; where the machine has none they are slow.
#[inline(always)]
pub(crate) fn exp_f32(x: f32) -> f32 {
    const MAGIC: f32 = 12_582_912.0; // 1.5 · 2^23: adding it rounds to an integer
    const LN2_HIGH: f32 = 0.693_359_4;
    const LN2_LOW: f32 = -2.121_944_4e-4;
    // Beyond these the result is 0 or infinite.
    let x = x.clamp(-104.0, 89.0);
    let shifted = x.mul_add(std::f32::consts::LOG2_E, MAGIC);
    let n = shifted - MAGIC;
    let r = n.mul_add(-LN2_LOW, n.mul_add(-LN2_HIGH, x));
    let mut p = 1.0f32 / 5_040.0;
    p = p.mul_add(r, 1.0 / 720.0);
    p = p.mul_add(r, 1.0 / 120.0);
    p = p.mul_add(r, 1.0 / 24.0);
    p = p.mul_add(r, 1.0 / 6.0);
    p = p.mul_add(r, 0.5);
    let power = (r * r).mul_add(p, r) + 1.0;
    // In two steps, since 2^n may be no normal number where the result is one, or is subnormal.
    let n = (shifted.to_bits() as i32).wrapping_sub(MAGIC.to_bits() as i32);
    let two_to = |n: i32| f32::from_bits((n.wrapping_add(127) as u32) << 23);
    power * two_to(n >> 1) * two_to(n - (n >> 1))
}

/// A power.
pub(crate) fn pow_f32(x: f32, exponent: f32) -> f32 {
    libm::pow(f64::from(x), f64::from(exponent)) as f32
}

/// 1 / (1 + e^-x).
#[inline(always)]
pub(crate) fn sigmoid_f32(x: f32) -> f32 {
    (1.0 / (1.0 + exp_wide((-f64::from(x)).clamp(-110.0, 110.0)))) as f32
}

/// 1 / (1 + e^-x).
pub(crate) fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + libm::exp(-x))
}

/// Hyperbolic tangent.
#[inline(always)]
pub(crate) fn tanh_f32(x: f32) -> f32 {
    let wide = f64::from(x);
    let e = exp_wide((-2.0 * wide.abs()).clamp(-110.0, 0.0));
    let far = (1.0 - e) / (1.0 + e);
    // Near 0 the difference above cancels; two terms of the series are exact to f32 there.
    let near = wide.abs() - wide.abs() * wide * wide * (1.0 / 3.0);
    let magnitude = if wide.abs() < 1e-3 { near } else { far };
    (if wide.is_nan() { wide } else { magnitude.copysign(wide) }) as f32
}

/// e^(-scale·u²) in f32, with what squaring rounds off.
#[inline(always)]
fn exp_of_square(u: f32, scale: f32) -> f32 {
    let square = u * u;
    let rest = u.mul_add(u, -square);
    let power = exp_f32(-scale * square);
    power.mul_add(-scale * rest, power)
}

/// The error function to less than a unit in the last place, in f32.
#[inline(always)]
pub(crate) fn erf_f32(x: f32) -> f32 {
    let size = x.abs();
    let t = size * size;
    // erf(√t) / √t - 1 for t ≤ 1, where the complement's difference from 1 would lose digits.
    let near = fused(
        t,
        [
            7.875_871e-5,
            -8.016_864e-4,
            5.189_087_4e-3,
            -2.685_421_2e-2,
            1.128_359_4e-1,
            -3.761_262_7e-1,
            1.283_791_7e-1,
        ],
    );
    // e^(u²) erfc(u) in (u - 2.5) / 1.5, to the u from which the function rounds to 1.
    let far = size.clamp(1.0, 4.0);
    let scaled = fused(
        far.mul_add(1.0 / 1.5, -2.5 / 1.5),
        [
            9.294_974e-5,
            -2.451_864_5e-4,
            3.764_772_8e-4,
            -9.162_726e-4,
            2.418_384_2e-3,
            -5.611_233_6e-3,
            1.248_67e-2,
            -2.699_793_7e-2,
            5.611_062_8e-2,
            -1.115_213_9e-1,
            2.108_063_6e-1,
        ],
    );
    let far = exp_of_square(far, 1.0).mul_add(-scaled, 1.0);
    if t < 1.0 { x.mul_add(near, x) } else { far.copysign(x) }
}

/// x Φ(x), the Gaussian error linear unit, in f32 to some units in the last place.
#[inline(always)]
pub(crate) fn gelu_f32(x: f32) -> f32 {
    // Φ(-15) is 0 in f32.
    let size = x.abs().clamp(0.0, 15.0);
    // (u + 3) e^(u²/2) Φ(-u) is smooth in 1 / (u + 3): its polynomial interpolates at Chebyshev's nodes.
    let t = 1.0 / (size + 3.0);
    let scaled = fused(
        t.mul_add(7.2, -1.4),
        [
            8.962_247e-6,
            -7.914_582e-6,
            -8.728_986e-5,
            1.690_404e-4,
            6.690_795e-4,
            -2.176_940_7e-3,
            -7.567_191_4e-3,
            2.226_423_7e-2,
            1.747_202_4e-1,
            4.914_361_8e-1,
            8.205_716e-1,
        ],
    );
    let tail = exp_of_square(size, 0.5) * (scaled * t);
    // An infinity that is multiplied by a tail of 0 is NaN on the left, as in PyTorch.
    if x < 0.0 { x * tail } else { size.mul_add(-tail, x) }
}

/// The Gaussian error linear unit with its tanh, and no difference that cancels: x σ(2u).
#[inline(always)]
pub(crate) fn gelu_tanh_f32(x: f32) -> f32 {
    let wide = f64::from(x);
    let beta = std::f64::consts::SQRT_2 * std::f64::consts::FRAC_2_SQRT_PI;
    let u = beta * (wide + 0.044_715 * wide * wide * wide);
    let product = wide / (1.0 + exp_wide((-u).clamp(-110.0, 110.0)));
    select(u < -110.0, wide * 0.0, product) as f32
}

/// x σ(x).
#[inline(always)]
pub(crate) fn silu_f32(x: f32) -> f32 {
    let wide = f64::from(x);
    let product = wide / (1.0 + exp_wide((-wide).clamp(-110.0, 110.0)));
    select(wide < -110.0, wide * 0.0, product) as f32
}

/// The quarter turns in x, and the sine and cosine of what is left of it, for |x| ≤ 2^20.
#[inline(always)]
fn turned(x: f64) -> (u64, f64, f64) {
    const MAGIC: f64 = 6_755_399_441_055_744.0; // 1.5 · 2^52
    // A quarter turn in two parts.
    const HIGH: f64 = std::f64::consts::FRAC_PI_2;
    const LOW: f64 = 6.123_233_995_736_766e-17;
    let shifted = x.mul_add(std::f64::consts::FRAC_2_PI, MAGIC);
    let n = shifted - MAGIC;
    let r = n.mul_add(-LOW, n.mul_add(-HIGH, x));
    let t = r * r;
    // Taylor series; |r| ≤ π/4 makes the first omitted terms 7e-12 and 4e-13.
    let sine = polynomial(t, [-1.0 / 39_916_800.0, 1.0 / 362_880.0, -1.0 / 5_040.0, 1.0 / 120.0, -1.0 / 6.0]);
    let cosine = polynomial(
        t,
        [1.0 / 479_001_600.0, -1.0 / 3_628_800.0, 1.0 / 40_320.0, -1.0 / 720.0, 1.0 / 24.0, -0.5, 1.0],
    );
    (shifted.to_bits(), r.mul_add(t * sine, r), cosine)
}

/// Sine for |x| ≤ 2^20.
#[inline(always)]
pub(crate) fn sin_f32(x: f32) -> f32 {
    let (quarters, sine, cosine) = turned(f64::from(x));
    let value = f64::from_bits(select(quarters & 1 == 1, cosine, sine).to_bits() ^ (quarters & 2) << 62);
    // The sum of the series loses the sign of -0.
    select(x == 0.0, f64::from(x), value) as f32
}

/// Cosine for |x| ≤ 2^20.
#[inline(always)]
pub(crate) fn cos_f32(x: f32) -> f32 {
    let (quarters, sine, cosine) = turned(f64::from(x));
    let value = select(quarters & 1 == 1, sine, cosine);
    f64::from_bits(value.to_bits() ^ (quarters.wrapping_add(1) & 2) << 62) as f32
}

/// Whether [`sin_f32`] and [`cos_f32`] hold.
#[inline(always)]
pub(crate) fn turns_few(x: f32) -> bool {
    x.abs() <= 1_048_576.0
}

/// x^exponent for a finite x above 0.
#[derive(Clone, Copy)]
pub(crate) struct Power {
    pub exponent: f32,
}

impl Step<f32, f32> for Power {
    #[inline(always)]
    fn of(&self, x: f32) -> f32 {
        let power = f64::from(self.exponent) * log_wide(f64::from(x));
        exp_wide(power.clamp(-200.0, 200.0)) as f32
    }
}

/// Whether [`Power`] holds.
#[inline(always)]
pub(crate) fn is_above_zero(x: f32) -> bool {
    (x > 0.0) & (x < f32::INFINITY)
}

/// Natural logarithm to about 1e-15, without branches: 2 artanh of (m - 1) / (m + 1) for a mantissa m between √½ and √2.
#[inline(always)]
fn log_wide(x: f64) -> f64 {
    const LN2_HIGH: f64 = 6.931_471_803_691_238e-1;
    const LN2_LOW: f64 = 1.908_214_929_270_587_7e-10;
    // The bits of √½ taken off: what carries into the exponent is a mantissa above √2.
    const HALF_ROOT: u64 = 0x3fe6_a09e_0000_0000;
    let bits = x.to_bits().wrapping_sub(HALF_ROOT);
    let m = f64::from_bits((bits & 0x000f_ffff_ffff_ffff).wrapping_add(HALF_ROOT));
    // An exponent below 2^11 as a number: its bits beside those of 2^52.
    let exponent = f64::from_bits((bits >> 52).wrapping_add(0x4330_0000_0000_0000)) - 4_503_599_627_370_496.0;
    let n = if exponent > 2047.0 { exponent - 4096.0 } else { exponent };
    let s = (m - 1.0) / (m + 1.0);
    let t = s * s;
    let p = polynomial(
        t,
        [
            2.0 / 21.0,
            2.0 / 19.0,
            2.0 / 17.0,
            2.0 / 15.0,
            2.0 / 13.0,
            2.0 / 11.0,
            2.0 / 9.0,
            2.0 / 7.0,
            2.0 / 5.0,
            2.0 / 3.0,
        ],
    );
    let mantissa = 2.0 * s + s * t * p;
    let finite = n * LN2_HIGH + (mantissa + n * LN2_LOW);
    if x > 0.0 && x < f64::INFINITY {
        finite
    } else if x == 0.0 {
        f64::NEG_INFINITY
    } else if x > 0.0 {
        x
    } else {
        f64::NAN
    }
}

/// Natural logarithm.
#[inline(always)]
pub(crate) fn log_f32(x: f32) -> f32 {
    log_wide(f64::from(x)) as f32
}

/// Logarithm to base 2.
#[inline(always)]
pub(crate) fn log2_f32(x: f32) -> f32 {
    (log_wide(f64::from(x)) * std::f64::consts::LOG2_E) as f32
}

/// Logarithm to base 10.
#[inline(always)]
pub(crate) fn log10_f32(x: f32) -> f32 {
    (log_wide(f64::from(x)) * std::f64::consts::LOG10_E) as f32
}

/// Distribution function of the standard normal distribution.
pub(crate) fn normal_cdf(x: f64) -> f64 {
    0.5 * (1.0 + libm::erf(x * std::f64::consts::FRAC_1_SQRT_2))
}
