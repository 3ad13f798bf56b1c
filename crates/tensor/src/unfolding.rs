//! Images as columns: for each position of a sliding kernel's result, the elements that the kernel sees there, and the
//! way back. A table of where the lines of an image lie is made once; the elements of a line are copied together.

use std::ops::Range;

use crate::element::{Element, Number, with_element};
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

    /// Where position `at` of the kernel lies in the input for a result; `None` is in the padding.
    fn place(&self, at: usize, result: usize, input: usize) -> Option<usize> {
        (result * self.stride + at * self.dilation).checked_sub(self.padding).filter(|&place| place < input)
    }

    /// The results for which position `at` of the kernel lies in the input.
    fn inside(&self, at: usize, input: usize, results: usize) -> Range<usize> {
        let (offset, step) = (at * self.dilation, self.stride.max(1));
        let first = self.padding.saturating_sub(offset).div_ceil(step);
        let end = (input + self.padding).saturating_sub(offset).div_ceil(step);
        first.min(results)..end.clamp(first.min(results), results)
    }
}

/// Number of results along each dimension.
pub(crate) fn counts(operator: &'static str, sizes: &[usize], slides: &[Slide]) -> Result<Vec<usize>> {
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

/// Counts through all positions of a grid, the last dimension fastest.
fn positions(sizes: &[usize]) -> impl Iterator<Item = Vec<usize>> + '_ {
    let all = if sizes.contains(&0) { 0 } else { sizes.iter().product() };
    (0..all).map(move |mut number| {
        let mut position = vec![0; sizes.len()];
        for (at, &size) in position.iter_mut().zip(sizes).rev() {
            *at = number % size;
            number /= size;
        }
        position
    })
}

/// Elements of one line of results that one position of the kernel sees together.
pub(crate) struct Line {
    /// The first result, counted over the whole result.
    pub result: usize,
    /// Where that result's element lies in the plane.
    pub place: usize,
    /// Number of results.
    pub len: usize,
    /// From one element to the next.
    pub step: usize,
}

/// Where a kernel's positions lie in one plane of an image.
pub(crate) struct Grid {
    /// Elements of a plane.
    pub plane: usize,
    /// Positions of the kernel.
    pub kernels: usize,
    /// Results of a plane.
    pub columns: usize,
    /// Results of a line, those along the last dimension.
    width: usize,
    /// For each position of the kernel but along the last dimension, then each line: where the line lies in the plane.
    starts: Vec<Option<usize>>,
    lines: usize,
    last: Slide,
    /// Elements along the last dimension.
    input: usize,
}

impl Grid {
    /// The positions of a kernel over an image's plane, of the first `results` along each dimension.
    pub fn new(operator: &'static str, sizes: &[usize], slides: &[Slide], results: &[usize]) -> Result<Grid> {
        let (Some((&input, outer_sizes)), Some((&last, outer)), Some((&width, lines))) =
            (sizes.split_last(), slides.split_last(), results.split_last())
        else {
            return Err(Error::runtime(operator, "expected images with channels").shapes(&[sizes]));
        };
        let kernel: Vec<usize> = outer.iter().map(|s| s.kernel).collect();
        let count = element_count(lines)?;
        let mut starts = reserve(operator, element_count(&kernel)?.saturating_mul(count))?;
        for at in positions(&kernel) {
            starts.extend(positions(lines).map(|line| {
                let each = outer.iter().zip(at.iter().zip(&line)).zip(outer_sizes);
                each.map(|((slide, (&at, &result)), &size)| Some((slide.place(at, result, size)?, size)))
                    .try_fold(0, |start, found| found.map(|(place, size)| start * size + place))
                    .map(|row| row * input)
            }));
        }
        Ok(Grid {
            plane: element_count(sizes)?,
            kernels: element_count(&kernel)? * last.kernel,
            columns: element_count(results)?,
            width,
            starts,
            lines: count,
            last,
            input,
        })
    }

    /// Whether columns are the image itself.
    pub fn is_identity(&self) -> bool {
        self.kernels == 1 && self.last.stride == 1 && self.columns == self.plane && self.lines_are_whole()
    }

    fn lines_are_whole(&self) -> bool {
        self.starts.iter().enumerate().all(|(line, &start)| start == Some(line * self.input))
            && self.last.inside(0, self.input, self.width) == (0..self.input)
    }

    /// The elements that a position of the kernel sees for some results, line by line; what lies in the padding is none.
    pub fn seen(&self, kernel: usize, results: Range<usize>) -> impl Iterator<Item = Line> + '_ {
        let (outer, at) = (kernel / self.last.kernel, kernel % self.last.kernel);
        let inside = self.last.inside(at, self.input, self.width);
        let starts = &self.starts[outer * self.lines..][..self.lines];
        let width = self.width.max(1);
        let lines = results.start / width..results.end.div_ceil(width).min(self.lines);
        lines.filter_map(move |line| {
            let first = inside.start.max(results.start.saturating_sub(line * width));
            let end = inside.end.min(results.end - line * width);
            let start = starts[line].filter(|_| first < end)?;
            let place = start + first * self.last.stride + at * self.last.dilation - self.last.padding;
            Some(Line { result: line * width + first, place, len: end - first, step: self.last.stride })
        })
    }

    /// Columns of some results of neighbouring planes: a row for each plane and position of the kernel. Every element is
    /// written.
    pub fn unfold<T: Element>(&self, planes: &[T], results: Range<usize>, out: &mut [T]) {
        let rows = out.chunks_exact_mut(results.len().max(1));
        for (number, row) in rows.enumerate() {
            let plane = &planes[number / self.kernels * self.plane..][..self.plane];
            let mut written = 0;
            for line in self.seen(number % self.kernels, results.clone()) {
                let at = line.result - results.start;
                row[written..at].fill(T::default());
                written = at + line.len;
                let slots = &mut row[at..written];
                if line.step == 1 {
                    slots.copy_from_slice(&plane[line.place..][..line.len]);
                } else {
                    let seen = plane[line.place..].iter().step_by(line.step);
                    slots.iter_mut().zip(seen).for_each(|(slot, &x)| *slot = x);
                }
            }
            row[written..].fill(T::default());
        }
    }

    /// Adds columns of some results into planes: the transpose of [`Grid::unfold`].
    pub fn fold<T: Number>(&self, columns: &[T], results: Range<usize>, planes: &mut [T]) {
        for (number, row) in columns.chunks_exact(results.len().max(1)).enumerate() {
            let plane = &mut planes[number / self.kernels * self.plane..][..self.plane];
            for line in self.seen(number % self.kernels, results.clone()) {
                let values = &row[line.result - results.start..][..line.len];
                let slots = plane[line.place..].iter_mut().step_by(line.step);
                slots.zip(values).for_each(|(slot, &x)| *slot = slot.plus(x));
            }
        }
    }
}

impl Tensor {
    /// Columns of each image: `[N, C, sizes…]` to `[N, C kernels, results]`.
    ///
    /// # Errors
    /// `RuntimeError` if the kernel is larger than the padded input.
    pub fn unfold_images(&self, operator: &'static str, slides: &[Slide]) -> Result<Tensor> {
        let [images, channels, sizes @ ..] = self.sizes() else {
            return Err(Error::runtime(operator, "expected images with channels").shapes(&[self.sizes()]));
        };
        let grid = Grid::new(operator, sizes, slides, &counts(operator, sizes, slides)?)?;
        let shape = [*images, channels * grid.kernels, grid.columns];
        let count = element_count(&shape)?;
        with_element!(self.dtype(), T => {
            let source = self.contiguous()?;
            let source = source.read::<T>()?;
            let mut values = filled(operator, count, T::default())?;
            grid.unfold(&source, 0..grid.columns, &mut values);
            Ok(Tensor::from_rows(values, &shape))
        })
    }

    /// Sums columns back into images of these sizes: the transpose of [`Tensor::unfold_images`]. Elements for one
    /// place are added kernel position by kernel position.
    ///
    /// # Errors
    /// `RuntimeError` if the columns are not those of such images.
    pub fn fold_images(&self, operator: &'static str, sizes: &[usize], slides: &[Slide]) -> Result<Tensor> {
        let grid = Grid::new(operator, sizes, slides, &counts(operator, sizes, slides)?)?;
        let wrong = || {
            let text = format!("columns {:?} do not come from images of {sizes:?}", self.sizes());
            Error::runtime(operator, text).shapes(&[self.sizes(), sizes])
        };
        let [images, rows, columns] = *self.sizes() else { return Err(wrong()) };
        if columns != grid.columns || !rows.is_multiple_of(grid.kernels.max(1)) {
            return Err(wrong());
        }
        let shape = [&[images, rows / grid.kernels.max(1)], sizes].concat();
        let count = element_count(&shape)?;
        with_element!(self.dtype(), T => {
            let source = self.contiguous()?;
            let source = source.read::<T>()?;
            let mut values = filled(operator, count, T::ZERO)?;
            grid.fold(&source, 0..columns, &mut values);
            Ok(Tensor::from_rows(values, &shape))
        })
    }
}
