//! Pools in one to three dimensions over images `[N, C, sizes…]` or `[C, sizes…]`: which positions a result sees.

use crate::taps::Taps;
use crate::window::Window;
use crate::{Error, Result, Tensor};

/// How a pool slides; one entry for each of the last dimensions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pool {
    operator: &'static str,
    kernel: Vec<usize>,
    stride: Vec<usize>,
    padding: Vec<usize>,
    dilation: Vec<usize>,
    ceil: bool,
}

/// One number for each of `dims` dimensions; a single one serves all.
///
/// # Errors
/// `RuntimeError` for another count or a negative number.
pub fn for_each_dim(operator: &'static str, what: &str, numbers: &[i64], dims: usize) -> Result<Vec<usize>> {
    let repeated = match numbers {
        [one] => vec![*one; dims],
        _ => numbers.to_vec(),
    };
    if repeated.len() != dims {
        let text = format!("{operator}: {what} must either be a single int, or a tuple of {dims} ints");
        return Err(Error::runtime(operator, text)
            .expected(dims.to_string())
            .found(numbers.len().to_string()));
    }
    let negative = || {
        let text = format!("{operator}: {what} should not be negative, but got {numbers:?}");
        Error::runtime(operator, text)
    };
    repeated.into_iter().map(|n| usize::try_from(n).map_err(|_| negative())).collect()
}

impl Pool {
    /// A pool over the last `dims` dimensions. No stride means that of the kernel.
    ///
    /// # Errors
    /// `RuntimeError` for a kernel, stride or dilation of 0, or more padding than half a kernel.
    pub fn new(
        operator: &'static str,
        dims: usize,
        [kernel, stride, padding, dilation]: [&[i64]; 4],
        ceil: bool,
    ) -> Result<Pool> {
        let kernel = for_each_dim(operator, "kernel_size", kernel, dims)?;
        let stride = match stride {
            [] => kernel.clone(),
            _ => for_each_dim(operator, "stride", stride, dims)?,
        };
        let padding = for_each_dim(operator, "padding", padding, dims)?;
        let dilation = for_each_dim(operator, "dilation", dilation, dims)?;
        for (what, numbers) in [("kernel size", &kernel), ("stride", &stride), ("dilation", &dilation)] {
            if numbers.contains(&0) {
                let text = format!("{what} should be greater than zero, but got {numbers:?}");
                return Err(Error::runtime(operator, text));
            }
        }
        for (pad, (kernel, dilation)) in padding.iter().zip(kernel.iter().zip(&dilation)) {
            let span = (kernel - 1).saturating_mul(*dilation).saturating_add(1);
            if *pad > span / 2 {
                let text = format!(
                    "pad should be at most half of effective kernel size, but got pad={pad}, kernel_size={kernel} and \
                     dilation={dilation}"
                );
                return Err(Error::runtime(operator, text));
            }
        }
        Ok(Pool { operator, kernel, stride, padding, dilation, ceil })
    }

    /// Sizes of the dimensions that the pool slides over.
    fn plane<'a>(&self, sizes: &'a [usize]) -> Result<&'a [usize]> {
        let dims = self.kernel.len();
        match sizes.len().checked_sub(dims) {
            Some(lead @ 1..=2) => Ok(&sizes[lead..]),
            _ => {
                let text = format!("Expected {}D or {}D input, but got sizes {sizes:?}", dims + 1, dims + 2);
                Err(Error::runtime(self.operator, text).shapes(&[sizes]))
            }
        }
    }

    /// Number of results along a dimension of the pool.
    fn count(&self, dim: usize, size: usize) -> Result<usize> {
        let [kernel, stride, padding, dilation] =
            [&self.kernel, &self.stride, &self.padding, &self.dilation].map(|list| list[dim]);
        let span = (kernel - 1).saturating_mul(dilation).saturating_add(1);
        let extra = if self.ceil { stride - 1 } else { 0 };
        let room = (size + 2 * padding + extra).checked_sub(span);
        let mut count = room.map_or(0, |room| room / stride + 1);
        // The last window starts inside the input or the padding before it.
        if self.ceil && count > 0 && (count - 1) * stride >= size + padding {
            count -= 1;
        }
        if count == 0 {
            let text =
                format!("Given input size: {size}. Calculated output size: 0. Output size is too small");
            return Err(Error::runtime(self.operator, text));
        }
        Ok(count)
    }

    /// The windows of a pool of largest elements over an input of these sizes.
    ///
    /// # Errors
    /// `RuntimeError` for another number of dimensions or an input too small.
    pub fn windows(&self, sizes: &[usize]) -> Result<Vec<Vec<Window>>> {
        let mut all = Vec::with_capacity(self.kernel.len());
        for (dim, &size) in self.plane(sizes)?.iter().enumerate() {
            let (kernel, padding, step) = (self.kernel[dim], self.padding[dim], self.dilation[dim]);
            let windows = (0..self.count(dim, size)?).map(|result| {
                let start = result * self.stride[dim];
                let end = (start + (kernel - 1) * step + 1).saturating_sub(padding).min(size);
                // A window that begins in the padding begins with its first position inside.
                let outside = padding.saturating_sub(start).div_ceil(step) * step;
                Window { range: (start + outside).saturating_sub(padding)..end, step }
            });
            all.push(windows.collect());
        }
        Ok(all)
    }

    /// The sums of a pool of averages over an input of these sizes.
    ///
    /// # Errors
    /// As [`Pool::windows`]; `RuntimeError` for a divisor of 0.
    pub fn averages(
        &self,
        sizes: &[usize],
        count_padding: bool,
        divisor: Option<i64>,
    ) -> Result<Vec<(usize, Taps)>> {
        if divisor == Some(0) {
            return Err(Error::runtime(self.operator, "divisor must be not zero"));
        }
        let lead = sizes.len() - self.plane(sizes)?.len();
        let mut maps = Vec::with_capacity(self.kernel.len());
        for (dim, &size) in self.plane(sizes)?.iter().enumerate() {
            let (kernel, padding) = (self.kernel[dim], self.padding[dim]);
            let rows = (0..self.count(dim, size)?).map(|result| {
                let start = result * self.stride[dim];
                let end = (start + kernel).min(size + 2 * padding);
                let (first, last) = (start.saturating_sub(padding), end.saturating_sub(padding).min(size));
                let weight = match divisor {
                    Some(divisor) => 1.0 / if dim == 0 { divisor as f64 } else { 1.0 },
                    None if count_padding => 1.0 / (end - start) as f64,
                    None => 1.0 / last.saturating_sub(first) as f64,
                };
                (first..last).map(|at| (at, weight)).collect()
            });
            maps.push((lead + dim, Taps::new(size, rows.collect())?));
        }
        Ok(maps)
    }
}

/// First position and position behind the last of a result of an adaptive pool.
fn adaptive_range(result: usize, size: usize, results: usize) -> std::ops::Range<usize> {
    result * size / results..((result + 1) * size).div_ceil(results)
}

fn adaptive_plane<'a>(operator: &'static str, sizes: &'a [usize], results: &[usize]) -> Result<&'a [usize]> {
    let lead = sizes.len().checked_sub(results.len()).filter(|lead| matches!(lead, 1 | 2));
    let plane = lead.and_then(|lead| sizes.get(lead..));
    let plane = plane.ok_or_else(|| {
        let text = format!(
            "{operator}(): Expected {}D or {}D tensor, but got {sizes:?}",
            results.len() + 1,
            results.len() + 2
        );
        Error::runtime(operator, text).shapes(&[sizes])
    })?;
    if plane.contains(&0) {
        let text = format!(
            "{operator}(): Expected input to have non-zero size for non-batch dimensions, but input has sizes {sizes:?}"
        );
        return Err(Error::runtime(operator, text).shapes(&[sizes]));
    }
    Ok(plane)
}

/// The windows of an adaptive pool of largest elements.
///
/// # Errors
/// `RuntimeError` for another number of dimensions or an empty plane.
pub fn adaptive_windows(
    operator: &'static str,
    sizes: &[usize],
    results: &[usize],
) -> Result<Vec<Vec<Window>>> {
    let plane = adaptive_plane(operator, sizes, results)?;
    let along = |(&size, &results): (&usize, &usize)| {
        (0..results).map(|r| Window { range: adaptive_range(r, size, results), step: 1 }).collect()
    };
    Ok(plane.iter().zip(results).map(along).collect())
}

/// The sums of an adaptive pool of averages.
///
/// # Errors
/// As [`adaptive_windows`].
pub fn adaptive_averages(
    operator: &'static str,
    sizes: &[usize],
    results: &[usize],
) -> Result<Vec<(usize, Taps)>> {
    let plane = adaptive_plane(operator, sizes, results)?;
    let lead = sizes.len() - plane.len();
    let mut maps = Vec::with_capacity(plane.len());
    for (dim, (&size, &results)) in plane.iter().zip(results).enumerate() {
        let rows = (0..results).map(|r| {
            let range = adaptive_range(r, size, results);
            let weight = 1.0 / range.len() as f64;
            range.map(|at| (at, weight)).collect()
        });
        maps.push((lead + dim, Taps::new(size, rows.collect())?));
    }
    Ok(maps)
}

impl Tensor {
    /// The largest elements of windows that start at random distances: `fractional_max_pool`. `samples` holds one number
    /// in [0, 1) for each image, channel and dimension; in two dimensions the columns' comes first.
    ///
    /// # Errors
    /// `RuntimeError` if sizes do not fit.
    pub fn fractional_max_pool(
        &self,
        operator: &'static str,
        kernel: &[usize],
        results: &[usize],
        samples: &Tensor,
    ) -> Result<(Tensor, Tensor)> {
        let dims = kernel.len();
        let lead = self.dim().checked_sub(dims).filter(|lead| matches!(lead, 1 | 2) && results.len() == dims);
        let lead = lead.ok_or_else(|| {
            Error::runtime(operator, format!("{operator}: Expected {}D or {}D tensor", dims + 1, dims + 2))
                .shapes(&[self.sizes()])
        })?;
        let plane = self.sizes().get(lead..).unwrap_or_default();
        for ((size, kernel), results) in plane.iter().zip(kernel).zip(results) {
            if *kernel == 0 || *results == 0 || results + kernel > size + 1 {
                let text =
                    format!("{operator}(): pool size ({kernel}) too large relative to input size ({size})");
                return Err(Error::runtime(operator, text).shapes(&[self.sizes()]));
            }
        }
        let outer: usize = self.sizes().get(..lead).unwrap_or_default().iter().product();
        let drawn = samples.to_vec_as::<f64>()?;
        if drawn.len() != outer * dims {
            let text = format!(
                "{operator}: Expect _random_samples of {} elements, got {}",
                outer * dims,
                drawn.len()
            );
            return Err(Error::runtime(operator, text).shapes(&[samples.sizes()]));
        }
        let flat = self.reshape_to(&[&[outer], plane].concat())?;
        let (mut values, mut places) = (Vec::with_capacity(outer), Vec::with_capacity(outer));
        for (image, drawn) in drawn.chunks(dims.max(1)).enumerate() {
            let windows: Vec<Vec<Window>> = (0..dims)
                .map(|dim| {
                    let sample = drawn[if dims == 2 { 1 - dim } else { dim }];
                    let starts = fractional_starts(sample, plane[dim], results[dim], kernel[dim]);
                    starts.into_iter().map(|at| Window { range: at..at + kernel[dim], step: 1 }).collect()
                })
                .collect();
            let (value, place) = flat.narrow(0, image as i64, 1)?.window_max(operator, &windows)?;
            values.push(value);
            places.push(place);
        }
        let sizes = [self.sizes().get(..lead).unwrap_or_default(), results].concat();
        if outer == 0 {
            let sizes: Vec<i64> = sizes.iter().map(|&s| s as i64).collect();
            return Ok((Tensor::zeros(&sizes, self.dtype())?, Tensor::zeros(&sizes, crate::DType::I64)?));
        }
        Ok((Tensor::cat(&values, 0)?.reshape_to(&sizes)?, Tensor::cat(&places, 0)?.reshape_to(&sizes)?))
    }
}

/// Where the windows along a dimension start, in PyTorch's single precision steps.
fn fractional_starts(sample: f64, size: usize, results: usize, kernel: usize) -> Vec<usize> {
    let last = size - kernel;
    let sample = sample as f32;
    let alpha = if results > 1 { last as f32 / (results - 1) as f32 } else { 0.0 };
    let shift = (sample * alpha) as i64;
    // A sample may be any number where the caller draws it.
    let start = |r: usize| {
        (((r as f32 + sample) * alpha) as i64).saturating_sub(shift).clamp(0, last as i64) as usize
    };
    (0..results).map(|r| if r + 1 == results { last } else { start(r) }).collect()
}
