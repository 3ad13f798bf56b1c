//! Float sums in numpy's order of additions, so that results are pandas' bits.

use crate::bitmap::Bitmap;

/// A float that can be summed.
pub trait Addend: Copy + std::ops::Add<Output = Self> {
    /// −0.0, the neutral element of addition.
    const NEGATIVE_ZERO: Self;
}

impl Addend for f64 {
    const NEGATIVE_ZERO: Self = -0.0;
}

impl Addend for f32 {
    const NEGATIVE_ZERO: Self = -0.0;
}

/// Up to this many values, eight accumulators run along the block; beyond, the block is halved.
const BLOCK: usize = 128;
/// numpy converts integers to floats in buffers of this many values.
const CHUNK: usize = 8_192;

/// Sum by numpy's pairwise tree, which depends on the length alone: fewer than 8 values in order from
/// −0.0; up to 128 through eight accumulators, joined as `((0+1)+(2+3))+((4+5)+(6+7))`, the rest in
/// order; longer runs as two halves, the first rounded down to a multiple of 8.
fn pairwise_sum<T: Addend>(values: &[T]) -> T {
    pairwise(0, values.len(), &|i| values[i])
}

/// As numpy's `add.reduceat` sums one run: the pairwise sum of all but the first value is added to the first.
///
/// ```
/// assert_eq!(column::reduceat_sum(&[1e100, 1.0, -1e100, 1.0]), 0.0);
/// ```
#[must_use]
pub fn reduceat_sum<T: Addend>(run: &[T]) -> T {
    match run {
        [first, others @ ..] => *first + pairwise_sum(others),
        [] => T::NEGATIVE_ZERO,
    }
}

fn pairwise<T: Addend>(start: usize, len: usize, at: &impl Fn(usize) -> T) -> T {
    if len < 8 {
        return (start..start + len).fold(T::NEGATIVE_ZERO, |sum, i| sum + at(i));
    }
    if len <= BLOCK {
        let mut lanes: [T; 8] = std::array::from_fn(|lane| at(start + lane));
        let whole = len - len % 8;
        for block in (start + 8..start + whole).step_by(8) {
            lanes.iter_mut().enumerate().for_each(|(lane, sum)| *sum = *sum + at(block + lane));
        }
        let [a, b, c, d, e, f, g, h] = lanes;
        let joined = ((a + b) + (c + d)) + ((e + f) + (g + h));
        return (start + whole..start + len).fold(joined, |sum, i| sum + at(i));
    }
    let half = len / 2 - len / 2 % 8;
    pairwise(start, half, at) + pairwise(start + half, len - half, at)
}

/// Pairwise sum with `at(i)` for the value of row `i`.
pub(crate) fn sum_by<T: Addend>(len: usize, at: impl Fn(usize) -> T) -> T {
    pairwise(0, len, &at)
}

/// As numpy sums integers into a float: chunks of 8,192 by the pairwise tree, the chunks in order.
pub(crate) fn chunked_sum(len: usize, at: impl Fn(usize) -> f64) -> f64 {
    (0..len).step_by(CHUNK).fold(0.0, |sum, start| sum + sum_by(CHUNK.min(len - start), |i| at(start + i)))
}

/// As numpy sums with `where=`: each run of valid rows by the pairwise tree, the runs in order.
pub(crate) fn masked_sum(len: usize, valid: Option<&Bitmap>, at: impl Fn(usize) -> f64) -> f64 {
    let Some(valid) = valid else { return 0.0 + sum_by(len, at) };
    let mut sum = 0.0;
    let mut start = 0;
    while start < len {
        let end = (start..len).find(|&i| !valid.get(i)).unwrap_or(len);
        if end > start {
            sum += sum_by(end - start, |i| at(start + i));
        }
        start = (end..len).find(|&i| valid.get(i)).unwrap_or(len);
    }
    sum
}
