//! Elementary functions with the same bits on every machine: no system library, and nothing that a compiler fuses.
//!
//! Functions of f32 are evaluated in f64 and rounded once, which keeps them within 0.51 ulp, but for the exponential.

/// One of two numbers that are both known: a branch would keep a loop from vectors.
#[inline(always)]
fn select(first: bool, a: f64, b: f64) -> f64 {
    let mask = u64::from(first).wrapping_neg();
    f64::from_bits((a.to_bits() & mask) | (b.to_bits() & !mask))
}

/// A polynomial in a finite x by Horner's scheme, the highest power first: a plain loop over a slice of known length, which a
/// compiler unrolls before it looks for vectors.
#[inline(always)]
fn polynomial<const N: usize>(x: f64, coefficients: [f64; N]) -> f64 {
    let mut sum = 0.0;
    for coefficient in &coefficients {
        sum = sum * x + coefficient;
    }
    sum
}

/// e^x for |x| ≤ 700 to about 1e-15, written without branches so that loops over it vectorise.
#[inline(always)]
fn exp_wide(x: f64) -> f64 {
    const MAGIC: f64 = 6_755_399_441_055_744.0; // 1.5 · 2^52: adding it rounds to an integer
    const LN2_HIGH: f64 = 6.931_471_803_691_238e-1;
    const LN2_LOW: f64 = 1.908_214_929_270_587_7e-10;
    let shifted = x * std::f64::consts::LOG2_E + MAGIC;
    let n = shifted - MAGIC;
    let r = (x - n * LN2_HIGH) - n * LN2_LOW;
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

/// The complementary error function for |z| ≤ 12, beyond which it is 0 in f32, to about 2e-12 of its value, without
/// branches. e^(z²) erfc(z) (1 + 2z) is smooth in (z - 3) / (z + 3): its polynomial interpolates at Chebyshev's nodes.
#[inline(always)]
fn erfc_wide(z: f64) -> f64 {
    const END: f64 = 12.0;
    let size = z.abs().clamp(0.0, END);
    // From -1 at 0 to 1 at the end.
    let s = ((size - 3.0) / (size + 3.0) + 1.0) * 1.25 - 1.0;
    let p = polynomial(
        s,
        [
            -2.094_624_383_059_055_3e-7,
            -3.219_904_535_083_774e-7,
            2.880_759_921_423_362_5e-6,
            5.002_318_157_932_636e-6,
            -3.484_899_074_894_073e-5,
            -4.348_212_164_071_124_5e-5,
            4.948_464_043_824_653e-4,
            -3.045_031_128_548_463e-4,
            -6.481_604_414_662_147e-3,
            3.210_152_202_307_714_5e-2,
            -8.286_666_075_581_157e-2,
            1.312_227_343_743_690_7e-1,
            -1.024_150_224_082_663_2e-1,
            -7.730_318_880_566_713e-2,
            1.276_978_381_552_528_6,
        ],
    );
    let tail = exp_wide(-size * size) * p / (1.0 + 2.0 * size);
    select(z < 0.0, 2.0 - tail, tail)
}

/// The error function.
#[inline(always)]
pub(crate) fn erf_f32(x: f32) -> f32 {
    let wide = f64::from(x);
    let t = wide * wide;
    // erf(√t) / √t for t ≤ 1 to 1e-12, where the complement's difference from 1 would lose digits.
    let p = polynomial(
        t,
        [
            1.058_938_064_107_502e-6,
            -1.390_934_002_187_459_9e-5,
            1.195_656_256_820_733e-4,
            -8.542_637_997_087_229e-4,
            5.223_783_477_189_248e-3,
            -2.686_613_323_509_559_3e-2,
            1.128_379_130_860_458_2e-1,
            -3.761_263_888_963_531e-1,
            1.128_379_167_094_676_7,
        ],
    );
    let far = 1.0 - erfc_wide(wide.abs());
    select(t < 1.0, wide * p, far.copysign(wide)) as f32
}

/// x Φ(x), the Gaussian error linear unit.
#[inline(always)]
pub(crate) fn gelu_f32(x: f32) -> f32 {
    let wide = f64::from(x);
    let product = wide * 0.5 * erfc_wide(-wide * std::f64::consts::FRAC_1_SQRT_2);
    // Where Φ is 0 the product with an infinity is NaN.
    select(wide < -15.0, wide * 0.0, product) as f32
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
