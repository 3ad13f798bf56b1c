//! Convolution in one to three dimensions as a product of matrices: each image is unfolded into columns, one for each
//! position of the result, and multiplied with the weights. The transposed convolution folds columns back.

use crate::element::{Number, with_element};
use crate::layout::element_count;
use crate::storage::{filled, reserve};
use crate::{Error, Result, Tensor};

/// How a kernel slides along one dimension.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slide {
    /// Positions of the kernel.
    pub kernel: usize,
    /// Distance of two results in the input.
    pub stride: usize,
    /// Zeros before and after the input.
    pub padding: usize,
    /// Distance of the kernel's positions.
    pub dilation: usize,
}

impl Slide {
    /// Positions of the result over `input` ones; `None` if the kernel is larger than the padded input.
    pub fn count(&self, input: usize) -> Option<usize> {
        let span = self.kernel.checked_sub(1)?.checked_mul(self.dilation)?.checked_add(1)?;
        let room = input.checked_add(self.padding.checked_mul(2)?)?.checked_sub(span)?;
        Some(room.checked_div(self.stride)? + 1)
    }
}

/// Where a column element of an unfolded image comes from: kernel position by kernel position, then result by result;
/// `None` lies in the padding.
fn sources(sizes: &[usize], slides: &[Slide], results: &[usize]) -> Result<Vec<Option<usize>>> {
    let kernel: Vec<usize> = slides.iter().map(|s| s.kernel).collect();
    let (kernels, count) = (element_count(&kernel)?, element_count(results)?);
    let mut found = reserve("unfold", kernels.saturating_mul(count))?;
    for k in 0..kernels {
        for r in 0..count {
            let (mut k, mut r, mut step, mut place) = (k, r, 1usize, Some(0usize));
            for (d, slide) in slides.iter().enumerate().rev() {
                let (at, result) = (k % slide.kernel, r % results[d]);
                (k, r) = (k / slide.kernel, r / results[d]);
                let position = (result * slide.stride + at * slide.dilation).checked_sub(slide.padding);
                let position = position.filter(|&p| p < sizes[d]);
                place = place.zip(position).map(|(place, p)| place + p * step);
                step *= sizes[d];
            }
            found.push(place);
        }
    }
    Ok(found)
}

fn counts(operator: &'static str, sizes: &[usize], slides: &[Slide]) -> Result<Vec<usize>> {
    let found = sizes.iter().zip(slides).map(|(&size, slide)| slide.count(size)).collect::<Option<Vec<_>>>();
    found.filter(|_| sizes.len() == slides.len()).ok_or_else(|| {
        let padded: Vec<String> =
            sizes.iter().zip(slides).map(|(size, s)| (size + 2 * s.padding).to_string()).collect();
        let kernel: Vec<String> = slides.iter().map(|s| s.kernel.to_string()).collect();
        let text = format!(
            "Calculated padded input size per channel: ({}). Kernel size: ({}). Kernel size can't be greater than \
             actual input size",
            padded.join(" x "),
            kernel.join(" x ")
        );
        Error::runtime(operator, text).shapes(&[sizes])
    })
}

impl Tensor {
    /// Columns of each image: `[N, C, sizes…]` to `[N, C kernels, results]`.
    ///
    /// # Errors
    /// `RuntimeError` if the kernel is larger than the padded input.
    pub fn unfold_images(&self, operator: &'static str, slides: &[Slide]) -> Result<Tensor> {
        let results = counts(operator, self.sizes().get(2..).unwrap_or_default(), slides)?;
        self.unfold_to(operator, slides, &results)
    }

    /// As [`Tensor::unfold_images`], of the first results along each dimension.
    fn unfold_to(&self, operator: &'static str, slides: &[Slide], results: &[usize]) -> Result<Tensor> {
        let [images, channels, sizes @ ..] = self.sizes() else {
            return Err(Error::runtime(operator, "expected images with channels").shapes(&[self.sizes()]));
        };
        let sources = sources(sizes, slides, results)?;
        let plane = element_count(sizes)?;
        let columns = element_count(results)?;
        let rows = channels * slides.iter().map(|s| s.kernel).product::<usize>();
        let shape = [*images, rows, columns];
        let count = element_count(&shape)?;
        with_element!(self.dtype(), T => {
            let source = self.contiguous()?;
            let source = source.read::<T>()?;
            let mut values: Vec<T> = reserve(operator, count)?;
            for plane in source.chunks(plane.max(1)).take(images * channels) {
                values.extend(sources.iter().map(|from| from.map_or(T::default(), |at| plane[at])));
            }
            Ok(Tensor::from_rows(values, &shape))
        })
    }

    /// Sums columns back into images of these sizes: the transpose of [`Tensor::unfold_images`]. Elements for one
    /// place are added kernel position by kernel position.
    ///
    /// # Errors
    /// `RuntimeError` if the columns are not those of such images.
    pub fn fold_images(&self, operator: &'static str, sizes: &[usize], slides: &[Slide]) -> Result<Tensor> {
        self.fold_from(operator, sizes, slides, &counts(operator, sizes, slides)?)
    }

    /// As [`Tensor::fold_images`], from the columns of the first results along each dimension.
    fn fold_from(
        &self,
        operator: &'static str,
        sizes: &[usize],
        slides: &[Slide],
        results: &[usize],
    ) -> Result<Tensor> {
        let [images, rows, columns] = *self.sizes() else {
            return Err(Error::runtime(operator, "expected columns of images").shapes(&[self.sizes()]));
        };
        let kernels: usize = slides.iter().map(|s| s.kernel).product();
        if columns != element_count(results)? || !rows.is_multiple_of(kernels.max(1)) {
            let text = format!("columns {:?} do not come from images of {sizes:?}", self.sizes());
            return Err(Error::runtime(operator, text).shapes(&[self.sizes(), sizes]));
        }
        let channels = rows / kernels.max(1);
        let sources = sources(sizes, slides, results)?;
        let plane = element_count(sizes)?;
        let shape = [&[images, channels], sizes].concat();
        let count = element_count(&shape)?;
        with_element!(self.dtype(), T => {
            let source = self.contiguous()?;
            let source = source.read::<T>()?;
            let mut values = filled(operator, count, T::ZERO)?;
            let planes = values.chunks_mut(plane.max(1)).zip(source.chunks(sources.len().max(1)));
            for (plane, column) in planes {
                for (&value, place) in column.iter().zip(&sources) {
                    if let Some(slot) = place.and_then(|at| plane.get_mut(at)) {
                        *slot = slot.plus(value);
                    }
                }
            }
            Ok(Tensor::from_rows(values, &shape))
        })
    }

    /// Images `[N, C, sizes…]` with weights `[O, C / groups, kernel…]`, whose kernel is that of the slides:
    /// `[N, O, results…]`.
    ///
    /// # Errors
    /// `RuntimeError` if sizes do not fit.
    pub fn convolve(&self, weight: &Tensor, slides: &[Slide], groups: usize) -> Result<Tensor> {
        let results = counts("convolution", self.sizes().get(2..).unwrap_or_default(), slides)?;
        self.convolve_to(weight, slides, &results, groups)
    }

    /// As [`Tensor::convolve`], the first results along each dimension: the gradient of [`Tensor::convolve_transposed`],
    /// whose result may be larger than all of them need.
    ///
    /// # Errors
    /// As [`Tensor::convolve`].
    pub fn convolve_to(
        &self,
        weight: &Tensor,
        slides: &[Slide],
        results: &[usize],
        groups: usize,
    ) -> Result<Tensor> {
        const OP: &str = "convolution";
        let images = self.sizes().first().copied().unwrap_or(0);
        let outputs = weight.sizes().first().copied().unwrap_or(0);
        let columns = element_count(results)?;
        let rows = weight.numel() / outputs.max(1);
        let sizes = [&[images, outputs], results].concat();
        let mut parts = Vec::with_capacity(groups);
        for group in 0..groups as i64 {
            let (channels, each) = (self.size(1)? / groups, outputs / groups);
            let part = self.narrow(1, group * channels as i64, channels as i64)?;
            let unfolded = part.unfold_to(OP, slides, results)?;
            let kernel = weight.narrow(0, group * each as i64, each as i64)?.reshape_to(&[each, rows])?;
            // One product for all images: columns of an image lie beside those of the next.
            let wide = unfolded.transpose(0, 1)?.reshape_to(&[rows, images * columns])?;
            parts.push(kernel.mm(&wide)?.reshape_to(&[each, images, columns])?.transpose(0, 1)?);
        }
        match parts.as_slice() {
            [one] => one.packed()?.reshape_to(&sizes),
            _ => Tensor::cat(&parts, 1)?.packed()?.reshape_to(&sizes),
        }
    }

    /// The transpose of [`Tensor::convolve`] with the same weights: `[N, O, results…]` to `[N, C, sizes…]`.
    ///
    /// # Errors
    /// `RuntimeError` if sizes do not fit.
    pub fn convolve_transposed(
        &self,
        weight: &Tensor,
        sizes: &[usize],
        slides: &[Slide],
        groups: usize,
    ) -> Result<Tensor> {
        const OP: &str = "conv_transpose";
        let (images, outputs) = (self.size(0)?, self.size(1)?);
        let columns = element_count(self.sizes().get(2..).unwrap_or_default())?;
        let (rows, each) = (weight.numel() / outputs.max(1), outputs / groups.max(1));
        let mut parts = Vec::with_capacity(groups);
        for group in 0..groups as i64 {
            let part = self.narrow(1, group * each as i64, each as i64)?;
            let wide = part.transpose(0, 1)?.reshape_to(&[each, images * columns])?;
            let kernel = weight.narrow(0, group * each as i64, each as i64)?.reshape_to(&[each, rows])?;
            let back = kernel.t()?.mm(&wide)?.reshape_to(&[rows, images, columns])?.transpose(0, 1)?;
            parts.push(back.fold_from(OP, sizes, slides, self.sizes().get(2..).unwrap_or_default())?);
        }
        match parts.as_slice() {
            [one] => Ok(one.clone()),
            _ => Tensor::cat(&parts, 1),
        }
    }

    /// The gradient of the weights of [`Tensor::convolve`]: `self` are the images, `grad` the results' gradient.
    ///
    /// # Errors
    /// `RuntimeError` if sizes do not fit.
    pub fn convolve_weight_grad(
        &self,
        grad: &Tensor,
        weight_sizes: &[usize],
        slides: &[Slide],
        groups: usize,
    ) -> Result<Tensor> {
        const OP: &str = "convolution_backward";
        let (images, outputs) = (grad.size(0)?, grad.size(1)?);
        let columns = element_count(grad.sizes().get(2..).unwrap_or_default())?;
        let rows = element_count(weight_sizes.get(1..).unwrap_or_default())?;
        let (channels, each) = (self.size(1)? / groups.max(1), outputs / groups.max(1));
        let mut parts = Vec::with_capacity(groups);
        for group in 0..groups as i64 {
            let part = self.narrow(1, group * channels as i64, channels as i64)?;
            let unfolded = part.unfold_to(OP, slides, grad.sizes().get(2..).unwrap_or_default())?;
            let wide = unfolded.transpose(0, 1)?.reshape_to(&[rows, images * columns])?;
            let back = grad.narrow(1, group * each as i64, each as i64)?;
            let back = back.transpose(0, 1)?.reshape_to(&[each, images * columns])?;
            parts.push(back.mm(&wide.t()?)?);
        }
        Tensor::cat(&parts, 0)?.reshape_to(weight_sizes)
    }
}
