//! Which positions an interpolated position reads, and with which weights. Positions are computed in the dtype's own
//! precision, as PyTorch does, so that both round to the same neighbour.

use crate::taps::Taps;
use crate::{DType, Error, Result};

/// How values between positions are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interpolation {
    /// The neighbour at or below.
    Nearest,
    /// The neighbour whose centre is nearest.
    NearestExact,
    /// On the line between the two neighbours.
    Linear,
    /// On the cubic through four neighbours (Keys, a = -0.75).
    Cubic,
    /// Linear, over as many neighbours as a result covers.
    Antialiased,
}

/// Distance in the input of two neighbours in the result.
fn step(size: usize, results: usize, align_corners: bool, scale: Option<f64>, dtype: DType) -> f64 {
    let quotient = |a: f64, b: f64| match dtype {
        DType::F64 => a / b,
        _ => f64::from(a as f32 / b as f32),
    };
    if align_corners {
        return if results > 1 { quotient((size - 1) as f64, (results - 1) as f64) } else { 0.0 };
    }
    match scale {
        Some(scale) if scale > 0.0 => match dtype {
            DType::F64 => 1.0 / scale,
            _ => f64::from((1.0 / scale) as f32),
        },
        _ => quotient(size as f64, results as f64),
    }
}

/// Where a result lies in the input.
fn place(result: usize, step: f64, align_corners: bool, dtype: DType) -> f64 {
    let result = result as f64;
    match (align_corners, dtype) {
        (true, DType::F64) => step * result,
        (true, _) => f64::from(step as f32 * result as f32),
        (false, DType::F64) => step * (result + 0.5) - 0.5,
        (false, _) => f64::from((step as f32).mul_add(result as f32 + 0.5, -0.5)),
    }
}

/// The position at or below, inside the input.
fn floor(at: f64, last: usize) -> usize {
    (at.max(0.0) as usize).min(last)
}

/// Keys' cubic for neighbours at distance up to 1, and between 1 and 2.
fn cubic(x: f64) -> f64 {
    const A: f64 = -0.75;
    let x = x.abs();
    if x <= 1.0 {
        ((A + 2.0) * x - (A + 3.0)) * x * x + 1.0
    } else {
        ((A * x - 5.0 * A) * x + 8.0 * A) * x - 4.0 * A
    }
}

impl Interpolation {
    /// Whether each result is one of the values.
    pub fn is_nearest(self) -> bool {
        matches!(self, Interpolation::Nearest | Interpolation::NearestExact)
    }

    /// The map from `size` positions to `results`.
    ///
    /// # Errors
    /// `RuntimeError` unless both are positive.
    pub fn taps(
        self,
        operator: &'static str,
        size: usize,
        results: usize,
        align_corners: bool,
        scale: Option<f64>,
        dtype: DType,
    ) -> Result<Taps> {
        if size == 0 || results == 0 {
            let text = format!(
                "Input and output sizes should be greater than 0, but got input ({size}) output ({results})"
            );
            return Err(Error::runtime(operator, text));
        }
        let step = step(size, results, align_corners, scale, dtype);
        let last = size - 1;
        let rows = (0..results).map(|result| match self {
            Interpolation::Nearest => vec![(floor(place(result, step, true, dtype), last), 1.0)],
            Interpolation::NearestExact => vec![(floor(place(result, step, false, dtype) + 0.5, last), 1.0)],
            Interpolation::Linear if size == results => vec![(result, 1.0)],
            Interpolation::Linear => {
                let at = place(result, step, align_corners, dtype).max(0.0);
                let low = (at as usize).min(last);
                let part = (at - low as f64).clamp(0.0, 1.0);
                vec![(low, 1.0 - part), ((low + 1).min(last), part)]
            }
            Interpolation::Cubic => {
                let at = place(result, step, align_corners, dtype);
                let low = at.floor().min(last as f64);
                let part = (at - low).clamp(0.0, 1.0);
                let inside = |offset: f64| (low + offset).clamp(0.0, last as f64) as usize;
                [-1.0, 0.0, 1.0, 2.0].map(|offset| (inside(offset), cubic(part - offset))).to_vec()
            }
            Interpolation::Antialiased => antialiased(result, size, step),
        });
        Taps::new(size, rows.collect())
    }
}

/// A triangle as wide as what a result covers, at least two positions.
fn antialiased(result: usize, size: usize, step: f64) -> Vec<(usize, f64)> {
    let support = step.max(1.0);
    let centre = step * (result as f64 + 0.5);
    let first = (centre - support + 0.5).max(0.0) as usize;
    let last = ((centre + support + 0.5).max(0.0) as usize).min(size);
    let weights: Vec<f64> =
        (first..last).map(|at| (1.0 - ((at as f64 - centre + 0.5) / support).abs()).max(0.0)).collect();
    let total: f64 = weights.iter().sum();
    (first..last)
        .zip(weights)
        .map(|(at, weight)| (at, if total == 0.0 { weight } else { weight / total }))
        .collect()
}
