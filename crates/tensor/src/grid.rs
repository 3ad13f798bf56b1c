//! Images sampled at given places: `grid_sampler` in two and three dimensions. Places are in [-1, 1], the last
//! coordinate of the image first; the gradient goes to the image and to the places.

use crate::arithmetic::kernel_missing;
use crate::element::{Float, Number, with_float};
use crate::layout::element_count;
use crate::storage::{filled, reserve};
use crate::{DType, Error, Result, Tensor};

/// How a value at a place is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GridMode {
    /// From the corners around it.
    Linear,
    /// The nearest position's; halves round to the even one.
    Nearest,
    /// On cubics through four positions along each dimension (Keys, a = -0.75).
    Cubic,
}

/// What lies outside an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GridPadding {
    /// Zeros.
    Zeros,
    /// The border's values.
    Border,
    /// The image, mirrored at its border.
    Reflection,
}

/// How an image is sampled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GridSampling {
    /// How a value is found.
    pub mode: GridMode,
    /// What lies outside.
    pub padding: GridPadding,
    /// Whether -1 and 1 are the centres of the corner positions, or their outer edges.
    pub align_corners: bool,
}

/// A position that a sample reads: its place in the plane, its weight, and the weight's slope along each dimension.
struct Tap {
    at: usize,
    weight: f64,
    slopes: [f64; 3],
}

const A: f64 = -0.75;

/// Weights of the four positions around a place `t` behind the second of them.
fn cubic(t: f64) -> [f64; 4] {
    let near = |x: f64| ((A + 2.0) * x - (A + 3.0)) * x * x + 1.0;
    let far = |x: f64| ((A * x - 5.0 * A) * x + 8.0 * A) * x - 4.0 * A;
    [far(t + 1.0), near(t), near(1.0 - t), far(2.0 - t)]
}

/// The derivatives of [`cubic`].
fn cubic_slopes(t: f64) -> [f64; 4] {
    let near = |x: f64| (3.0 * (A + 2.0) * x - 2.0 * (A + 3.0)) * x;
    let far = |x: f64| (3.0 * A * x - 10.0 * A) * x + 8.0 * A;
    [far(t + 1.0), near(t), -near(1.0 - t), -far(2.0 - t)]
}

impl GridSampling {
    /// The sampling of PyTorch's numbers.
    ///
    /// # Errors
    /// `RuntimeError` for a number that names none.
    pub fn of(operator: &'static str, mode: i64, padding: i64, align_corners: bool) -> Result<GridSampling> {
        let mode = match mode {
            0 => GridMode::Linear,
            1 => GridMode::Nearest,
            2 => GridMode::Cubic,
            _ => return Err(Error::runtime(operator, format!("{mode} is no interpolation mode"))),
        };
        let padding = match padding {
            0 => GridPadding::Zeros,
            1 => GridPadding::Border,
            2 => GridPadding::Reflection,
            _ => return Err(Error::runtime(operator, format!("{padding} is no padding mode"))),
        };
        Ok(GridSampling { mode, padding, align_corners })
    }

    /// The position of a coordinate, and how fast it moves. In single precision each step is rounded, as PyTorch does, so
    /// that both reach the same neighbour.
    fn position(&self, coordinate: f64, size: usize, dtype: DType) -> (f64, f64) {
        let round = |x: f64| if dtype == DType::F32 { f64::from(x as f32) } else { x };
        let half = if self.align_corners { (size as f64 - 1.0) / 2.0 } else { size as f64 / 2.0 };
        let position = round(round(coordinate + 1.0) * half);
        (if self.align_corners { position } else { round(position - 0.5) }, half)
    }

    /// The position inside the image that a position outside stands for, and the slope of that map.
    fn inside(&self, position: f64, size: usize) -> (f64, f64) {
        let last = size as f64 - 1.0;
        let clip = |x: f64, slope: f64| match x {
            x if x <= 0.0 => (0.0, 0.0),
            x if x >= last => (last, 0.0),
            x => (x, slope),
        };
        match self.padding {
            GridPadding::Zeros => (position, 1.0),
            GridPadding::Border => clip(position, 1.0),
            GridPadding::Reflection => {
                let (low, span) = if self.align_corners { (0.0, last) } else { (-0.5, size as f64) };
                if span == 0.0 {
                    return (0.0, 0.0);
                }
                let (away, sign) =
                    if position < low { (low - position, -1.0) } else { (position - low, 1.0) };
                let (rest, flips) = (away % span, (away / span).floor());
                let (x, slope) =
                    if flips % 2.0 == 0.0 { (rest + low, sign) } else { (span - rest + low, -sign) };
                clip(x, slope)
            }
        }
    }

    /// What a sample at these coordinates reads. Sizes and coordinates are in the order of the image's dimensions.
    fn taps(&self, coordinates: &[f64], sizes: &[usize], dtype: DType, taps: &mut Vec<Tap>) {
        taps.clear();
        let dims = sizes.len();
        let (mut positions, mut slopes) = ([0f64; 3], [0f64; 3]);
        for d in 0..dims {
            let (position, slope) = self.position(coordinates[d], sizes[d], dtype);
            let (inside, factor) =
                if self.mode == GridMode::Cubic { (position, 1.0) } else { self.inside(position, sizes[d]) };
            // What is no number, or too large for one, is outside.
            (positions[d], slopes[d]) =
                if inside.is_finite() { (inside, slope * factor) } else { (-100.0, 0.0) };
        }
        let place = |at: &[f64; 3]| -> Option<usize> {
            (0..dims).try_fold(0usize, |place, d| {
                let inside = at[d] >= 0.0 && at[d] < sizes[d] as f64;
                inside.then(|| place * sizes[d] + at[d] as usize)
            })
        };
        match self.mode {
            GridMode::Nearest => {
                let at = positions.map(f64::round_ties_even);
                taps.extend(place(&at).map(|at| Tap { at, weight: 1.0, slopes: [0.0; 3] }));
            }
            GridMode::Linear => {
                for corner in 0..1usize << dims {
                    let mut at = [0f64; 3];
                    let (mut parts, mut signs) = ([1f64; 3], [0f64; 3]);
                    for d in 0..dims {
                        let low = positions[d].floor();
                        let upper = corner >> d & 1 == 1;
                        at[d] = if upper { low + 1.0 } else { low };
                        parts[d] = if upper { positions[d] - low } else { low + 1.0 - positions[d] };
                        signs[d] = if upper { slopes[d] } else { -slopes[d] };
                    }
                    let slope = |d: usize| {
                        signs[d]
                            * (0..dims).filter(|&other| other != d).map(|other| parts[other]).product::<f64>()
                    };
                    let weight = parts.iter().product();
                    taps.extend(place(&at).map(|at| Tap { at, weight, slopes: std::array::from_fn(slope) }));
                }
            }
            GridMode::Cubic => {
                let low = positions.map(f64::floor);
                let weights: [[f64; 4]; 3] = std::array::from_fn(|d| cubic(positions[d] - low[d]));
                let steps: [[f64; 4]; 3] = std::array::from_fn(|d| cubic_slopes(positions[d] - low[d]));
                for corner in 0..1usize << (2 * dims) {
                    let offset = |d: usize| corner >> (2 * (dims - 1 - d)) & 3;
                    let mut at = [0f64; 3];
                    for d in 0..dims {
                        let inside = self.inside(low[d] - 1.0 + offset(d) as f64, sizes[d]).0;
                        at[d] = inside.round_ties_even();
                    }
                    let product = |own: Option<usize>| -> f64 {
                        let factor = |d: usize| {
                            if own == Some(d) {
                                steps[d][offset(d)] * slopes[d]
                            } else {
                                weights[d][offset(d)]
                            }
                        };
                        (0..dims).map(factor).product()
                    };
                    let slope = |d: usize| if d < dims { product(Some(d)) } else { 0.0 };
                    taps.extend(place(&at).map(|at| Tap {
                        at,
                        weight: product(None),
                        slopes: std::array::from_fn(slope),
                    }));
                }
            }
        }
    }
}

/// What sampling an image by a grid means, checked.
struct Plan {
    images: usize,
    channels: usize,
    plane: Vec<usize>,
    results: Vec<usize>,
}

fn plan(operator: &'static str, image: &Tensor, grid: &Tensor) -> Result<Plan> {
    let wrong = |text: String| Err(Error::runtime(operator, text).shapes(&[image.sizes(), grid.sizes()]));
    let (&[images, channels, ref plane @ ..], &[batch, ref results @ .., coordinates]) =
        (image.sizes(), grid.sizes())
    else {
        return wrong(format!("{operator}(): expected images with channels and a grid of places"));
    };
    if image.dtype() != grid.dtype() {
        let text = format!(
            "{operator}(): expected input and grid to have same dtype, but input has {} and grid has {}",
            image.dtype().cpp_name(),
            grid.dtype().cpp_name()
        );
        return Err(Error::runtime(operator, text).dtypes(&[image.dtype(), grid.dtype()]));
    }
    if images != batch {
        return wrong(format!(
            "{operator}(): expected grid and input to have same batch size, but got input with sizes {:?} and grid with \
             sizes {:?}",
            image.sizes(),
            grid.sizes()
        ));
    }
    if !matches!(plane.len(), 2 | 3) || results.len() != plane.len() || coordinates != plane.len() {
        return wrong(format!(
            "{operator}(): expected grid to have size {} in last dimension, but got grid with sizes {:?}",
            plane.len(),
            grid.sizes()
        ));
    }
    if plane.contains(&0) {
        return wrong(format!(
            "{operator}(): expected input to have non-empty spatial dimensions, but input has sizes {:?}",
            image.sizes()
        ));
    }
    Ok(Plan { images, channels, plane: plane.to_vec(), results: results.to_vec() })
}

impl Tensor {
    /// Images `[N, C, sizes…]` at the places of a grid `[N, results…, dims]`: `[N, C, results…]`.
    ///
    /// # Errors
    /// `RuntimeError` if sizes or dtypes do not fit, `NotImplementedError` for integers.
    pub fn grid_sample(
        &self,
        operator: &'static str,
        grid: &Tensor,
        sampling: GridSampling,
    ) -> Result<Tensor> {
        let Plan { images, channels, plane, results } = plan(operator, self, grid)?;
        let (plane_len, count) = (element_count(&plane)?, element_count(&results)?);
        let sizes = [&[images, channels], results.as_slice()].concat();
        let places = grid.to_vec_as::<f64>()?;
        with_float!(self.dtype(), T => {
            let source = self.to_vec::<T>()?;
            let mut values: Vec<T> = reserve(operator, element_count(&sizes)?)?;
            values.resize(element_count(&sizes)?, T::ZERO);
            let mut taps = Vec::new();
            for (sample, coordinates) in places.chunks(plane.len()).enumerate() {
                let (image, result) = (sample / count.max(1), sample % count.max(1));
                let coordinates: Vec<f64> = coordinates.iter().rev().copied().collect();
                sampling.taps(&coordinates, &plane, self.dtype(), &mut taps);
                for channel in image * channels..(image + 1) * channels {
                    let source = &source[channel * plane_len..][..plane_len];
                    let sum: f64 = taps.iter().map(|tap| tap.weight * source[tap.at].wide()).sum();
                    values[channel * count + result] = T::of(sum);
                }
            }
            Ok(Tensor::from_rows(values, &sizes))
        }, else => Err(kernel_missing(operator, operator, self.dtype())))
    }

    /// The gradients of images and grid from those of the results of [`Tensor::grid_sample`].
    ///
    /// # Errors
    /// As [`Tensor::grid_sample`].
    pub fn grid_sample_grads(
        &self,
        operator: &'static str,
        grid: &Tensor,
        grad: &Tensor,
        sampling: GridSampling,
    ) -> Result<(Tensor, Tensor)> {
        let Plan { images, channels, plane, results } = plan(operator, self, grid)?;
        let (plane_len, count) = (element_count(&plane)?, element_count(&results)?);
        let dims = plane.len();
        let places = grid.to_vec_as::<f64>()?;
        let grads = grad.to_vec_as::<f64>()?;
        with_float!(self.dtype(), T => {
            let source = self.to_vec::<T>()?;
            let mut to_image = filled(operator, source.len(), 0f64)?;
            let mut to_grid: Vec<T> = reserve(operator, places.len())?;
            let mut taps = Vec::new();
            for (sample, coordinates) in places.chunks(dims).enumerate().take(images * count) {
                let (image, result) = (sample / count.max(1), sample % count.max(1));
                let coordinates: Vec<f64> = coordinates.iter().rev().copied().collect();
                sampling.taps(&coordinates, &plane, self.dtype(), &mut taps);
                let mut sums = [0f64; 3];
                for channel in image * channels..(image + 1) * channels {
                    let grad = grads[channel * count + result];
                    for tap in &taps {
                        let at = channel * plane_len + tap.at;
                        to_image[at] += grad * tap.weight;
                        let through = grad * source[at].wide();
                        sums.iter_mut().zip(tap.slopes).for_each(|(sum, slope)| *sum += through * slope);
                    }
                }
                to_grid.extend(sums[..dims].iter().rev().map(|&sum| T::of(sum)));
            }
            let to_image: Vec<T> = to_image.into_iter().map(T::of).collect();
            Ok((Tensor::from_rows(to_image, self.sizes()), Tensor::from_rows(to_grid, grid.sizes())))
        }, else => Err(kernel_missing(operator, operator, self.dtype())))
    }
}
