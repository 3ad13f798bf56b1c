//! Convolution in one to three dimensions as products of matrices: some columns of an image are unfolded at a time,
//! while they fit a core's cache, and multiplied with the weights. The transposed convolution folds columns back. A
//! kernel that sees one channel only goes over the planes themselves.

use std::ops::Range;

use crate::element::{Number, with_element};
use crate::layout::element_count;
use crate::matmul::{Matrix, multiply, multiply_band, same_dtype};
use crate::spread::each_task;
use crate::storage::filled;
use crate::unfolding::{Grid, Line, Slide, counts};
use crate::vectors::{Loop, widest};
use crate::{Error, Result, Tensor};

/// Elements of unfolded columns at a time.
const TILE: usize = 1 << 16;
/// Columns of a tile at least, and at most where they are the inner dimension of a product.
const COLUMNS_MIN: usize = 64;
const COLUMNS_MAX: usize = 512;
/// Tasks that one image is cut into at most, and rows of weights for each of them.
const TASKS: usize = 4;
const ROWS_MIN: usize = 32;

/// The sizes of a convolution.
struct Shape {
    images: usize,
    groups: usize,
    /// Channels of a group.
    channels: usize,
    /// Outputs of a group.
    each: usize,
    grid: Grid,
}

impl Shape {
    fn new(
        operator: &'static str,
        [input, weight, results]: [&[usize]; 3],
        slides: &[Slide],
        groups: usize,
    ) -> Result<Shape> {
        let ([images, channels, sizes @ ..], [outputs, per_group, ..]) = (input, weight) else {
            return Err(Error::runtime(operator, "expected images with channels").shapes(&[input, weight]));
        };
        if channels / groups.max(1) != *per_group || channels % groups.max(1) != 0 {
            return Err(Error::runtime(operator, "the weights' channels are not those of the images")
                .shapes(&[input, weight]));
        }
        let grid = Grid::new(operator, sizes, slides, results)?;
        let (groups, per_group) = (groups.max(1), *per_group);
        Ok(Shape { images: *images, groups, channels: per_group, each: outputs / groups, grid })
    }

    /// Rows of unfolded columns, those of the weights.
    fn rows(&self) -> usize {
        self.channels * self.grid.kernels
    }

    /// The columns, some at a time, so that `rows` of them are a tile.
    fn tiles(&self, rows: usize, most: usize) -> impl Iterator<Item = Range<usize>> + '_ {
        let size = (TILE / rows.max(1)).max(COLUMNS_MIN).next_multiple_of(16).min(most);
        let all = self.grid.columns;
        (0..all.div_ceil(size)).map(move |tile| tile * size..all.min((tile + 1) * size))
    }

    /// For each position of a kernel that sees one channel only, the lines that it sees.
    fn lines(&self) -> Vec<Vec<Line>> {
        if !self.is_by_plane() {
            return Vec::new();
        }
        (0..self.grid.kernels).map(|k| self.grid.seen(k, 0..self.grid.columns).collect()).collect()
    }

    /// Whether a kernel sees one channel only.
    fn is_by_plane(&self) -> bool {
        self.channels == 1
    }
}

/// How many of `count` one task takes, where there are `whole` tasks without cutting.
fn cut(count: usize, whole: usize, least: usize) -> usize {
    let tasks = if whole >= TASKS { 1 } else { (count / least.max(1)).clamp(1, TASKS) };
    count.div_ceil(tasks).max(1)
}

/// Results of kernels that see one plane: a row for each kernel, to which the plane's elements are added position by
/// position.
struct Planes<'a, T> {
    shape: &'a Shape,
    lines: &'a [Vec<Line>],
    rows: &'a mut [T],
    kernels: &'a [T],
    seen: &'a [T],
}

impl<T: Number> Loop for Planes<'_, T> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Grid { columns, kernels, .. } = self.shape.grid;
        for (row, kernel) in self.rows.chunks_exact_mut(columns).zip(self.kernels.chunks_exact(kernels)) {
            for (lines, &factor) in self.lines.iter().zip(kernel) {
                for &Line { result, place, len, step } in lines {
                    let (sums, seen) = (&mut row[result..result + len], &self.seen[place..]);
                    if step == 1 {
                        let each = sums.iter_mut().zip(&seen[..len]);
                        each.for_each(|(sum, &x)| *sum = x.multiply_add(factor, *sum));
                    } else {
                        let each = sums.iter_mut().zip(seen.iter().step_by(step));
                        each.for_each(|(sum, &x)| *sum = x.multiply_add(factor, *sum));
                    }
                }
            }
        }
    }
}

/// The transpose: the rows' elements are added to the plane.
struct BackToPlanes<'a, T> {
    shape: &'a Shape,
    lines: &'a [Vec<Line>],
    rows: &'a [T],
    kernels: &'a [T],
    seen: &'a mut [T],
}

impl<T: Number> Loop for BackToPlanes<'_, T> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Grid { columns, kernels, .. } = self.shape.grid;
        for (row, kernel) in self.rows.chunks_exact(columns).zip(self.kernels.chunks_exact(kernels)) {
            for (lines, &factor) in self.lines.iter().zip(kernel) {
                for &Line { result, place, len, step } in lines {
                    let (values, sums) = (&row[result..result + len], &mut self.seen[place..]);
                    if step == 1 {
                        let each = sums[..len].iter_mut().zip(values);
                        each.for_each(|(sum, &x)| *sum = x.multiply_add(factor, *sum));
                    } else {
                        let each = sums.iter_mut().step_by(step).zip(values);
                        each.for_each(|(sum, &x)| *sum = x.multiply_add(factor, *sum));
                    }
                }
            }
        }
    }
}

/// A matrix product in the element type's way: `out`, whose rows lie `step` apart, or what it holds and the product.
fn product<T: Number>(
    out: &mut [T],
    step: usize,
    a: Matrix<'_, T>,
    b: Matrix<'_, T>,
    sizes: [usize; 3],
) -> Result<()> {
    if T::DTYPE.is_float() {
        return multiply_band(out, step, a, b, sizes);
    }
    multiply(out, step, a, b, sizes);
    Ok(())
}

fn forward<T: Number>(shape: &Shape, images: &[T], weights: &[T], out: &mut [T]) -> Result<()> {
    let Shape { grid, .. } = shape;
    let (rows, columns) = (shape.rows(), grid.columns);
    let each = cut(shape.each, shape.images * shape.groups, ROWS_MIN);
    // The rows of a task: whole groups of an image, or some rows of one.
    let bands = shape.each.div_ceil(each);
    let mut tasks = Vec::with_capacity(shape.images * shape.groups * bands);
    for (number, part) in out.chunks_mut((shape.each * columns).max(1)).enumerate() {
        let group = number % shape.groups;
        let planes = &images[number * shape.channels * grid.plane..][..shape.channels * grid.plane];
        for (band, part) in part.chunks_mut(each * columns).enumerate() {
            let first = group * shape.each + band * each;
            tasks.push((planes, &weights[first * rows..][..part.len() / columns * rows], part));
        }
    }
    let lines = shape.lines();
    each_task(tasks.into_iter(), |(planes, weights, part)| {
        let m = part.len() / columns;
        if shape.is_by_plane() {
            widest(Planes { shape, lines: &lines, rows: part, kernels: weights, seen: planes });
            return Ok(());
        }
        let left = Matrix { values: weights, start: 0, row_step: rows, column_step: 1 };
        if grid.is_identity() {
            let right = Matrix { values: planes, start: 0, row_step: columns, column_step: 1 };
            return product(part, columns, left, right, [m, rows, columns]);
        }
        let mut unfolded = Vec::new();
        for tile in shape.tiles(rows, usize::MAX) {
            let n = tile.len();
            if unfolded.len() < rows * n {
                unfolded = filled("convolution", rows * n, T::ZERO)?;
            }
            let unfolded = &mut unfolded[..rows * n];
            grid.unfold(planes, tile.clone(), unfolded);
            let right = Matrix { values: &*unfolded, start: 0, row_step: n, column_step: 1 };
            product(&mut part[tile.start..], columns, left, right, [m, rows, n])?;
        }
        Ok(())
    })
}

/// Gradients of images: columns of the results' gradient, folded back.
fn backward<T: Number>(shape: &Shape, grads: &[T], weights: &[T], out: &mut [T]) -> Result<()> {
    let Shape { grid, .. } = shape;
    let (rows, columns) = (shape.rows(), grid.columns);
    let channels = cut(shape.channels, shape.images * shape.groups, ROWS_MIN.div_ceil(grid.kernels.max(1)));
    let mut tasks = Vec::new();
    for (number, planes) in out.chunks_mut((shape.channels * grid.plane).max(1)).enumerate() {
        let group = number % shape.groups;
        let grads = &grads[number * shape.each * columns..][..shape.each * columns];
        let weights = &weights[group * shape.each * rows..][..shape.each * rows];
        for (band, planes) in planes.chunks_mut((channels * grid.plane).max(1)).enumerate() {
            tasks.push((grads, weights, band * channels * grid.kernels, planes));
        }
    }
    let lines = shape.lines();
    each_task(tasks.into_iter(), |(grads, weights, first, planes)| {
        if shape.is_by_plane() {
            widest(BackToPlanes { shape, lines: &lines, rows: grads, kernels: weights, seen: planes });
            return Ok(());
        }
        let m = planes.len() / grid.plane.max(1) * grid.kernels;
        let left = Matrix { values: weights, start: first, row_step: 1, column_step: rows };
        for tile in shape.tiles(m, usize::MAX) {
            let n = tile.len();
            let right = Matrix { values: grads, start: tile.start, row_step: columns, column_step: 1 };
            let mut found = filled("conv_transpose", m * n, T::ZERO)?;
            product(&mut found, n, left, right, [m, shape.each, n])?;
            grid.fold(&found, tile, planes);
        }
        Ok(())
    })
}

/// Gradients of weights, each group's transposed: its rows are those of unfolded columns. Images and tiles are added in
/// order.
fn weight_grads<T: Number>(shape: &Shape, images: &[T], grads: &[T], out: &mut [T]) -> Result<()> {
    let Shape { grid, each, .. } = shape;
    let columns = grid.columns;
    let channels = cut(shape.channels, shape.groups, ROWS_MIN.div_ceil(grid.kernels.max(1)));
    let mut tasks = Vec::new();
    for (group, part) in out.chunks_mut((shape.rows() * each).max(1)).enumerate() {
        for (band, part) in part.chunks_mut(channels * grid.kernels * each).enumerate() {
            tasks.push((group, band * channels, part));
        }
    }
    each_task(tasks.into_iter(), |(group, first, part)| {
        let rows = part.len() / each;
        let mut unfolded = Vec::new();
        for image in 0..shape.images {
            let number = image * shape.groups + group;
            let planes = &images[(number * shape.channels + first) * grid.plane..];
            for tile in shape.tiles(rows, COLUMNS_MAX) {
                let n = tile.len();
                if unfolded.len() < rows * n {
                    unfolded = filled("convolution_backward", rows * n, T::ZERO)?;
                }
                let unfolded = &mut unfolded[..rows * n];
                grid.unfold(planes, tile.clone(), unfolded);
                let left = Matrix { values: &*unfolded, start: 0, row_step: n, column_step: 1 };
                let start = number * each * columns + tile.start;
                let right = Matrix { values: grads, start, row_step: 1, column_step: columns };
                product(part, *each, left, right, [rows, n, *each])?;
            }
        }
        Ok(())
    })
}

impl Tensor {
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
        let shape = Shape::new(OP, [self.sizes(), weight.sizes(), results], slides, groups)?;
        let sizes = [&[shape.images, shape.groups * shape.each], results].concat();
        let count = element_count(&sizes)?;
        same_dtype(OP, self, weight)?;
        let weight = weight.apart_from(self)?;
        with_element!(self.dtype(), T => {
            let mut values = filled(OP, count, T::ZERO)?;
            if count > 0 {
                let (images, weights) = (self.contiguous()?, weight.contiguous()?);
                forward::<T>(&shape, &images.read()?, &weights.read()?, &mut values)?;
            }
            Ok(Tensor::from_rows(values, &sizes))
        })
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
        let channels = weight.sizes().get(1).copied().unwrap_or(0) * groups.max(1);
        let images = [&[self.size(0)?, channels], sizes].concat();
        let results = self.sizes().get(2..).unwrap_or_default();
        let shape = Shape::new(OP, [&images, weight.sizes(), results], slides, groups)?;
        if self.size(1)? != shape.each * shape.groups {
            return Err(Error::runtime(OP, "the weights' outputs are not those of the results")
                .shapes(&[self.sizes(), weight.sizes()]));
        }
        let count = element_count(&images)?;
        same_dtype(OP, self, weight)?;
        let weight = weight.apart_from(self)?;
        with_element!(self.dtype(), T => {
            let mut values = filled(OP, count, T::ZERO)?;
            if count > 0 && self.numel() > 0 {
                let (grads, weights) = (self.contiguous()?, weight.contiguous()?);
                backward::<T>(&shape, &grads.read()?, &weights.read()?, &mut values)?;
            }
            Ok(Tensor::from_rows(values, &images))
        })
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
        let results = grad.sizes().get(2..).unwrap_or_default();
        let shape = Shape::new(OP, [self.sizes(), weight_sizes, results], slides, groups)?;
        if grad.size(0)? != shape.images || grad.size(1)? != shape.each * shape.groups {
            return Err(Error::runtime(OP, "the gradient is not that of such results")
                .shapes(&[grad.sizes(), weight_sizes]));
        }
        let (rows, each) = (shape.rows(), shape.each);
        let count = element_count(weight_sizes)?;
        same_dtype(OP, self, grad)?;
        let grad = grad.apart_from(self)?;
        with_element!(self.dtype(), T => {
            let mut values = filled(OP, count, T::ZERO)?;
            if count > 0 && grad.numel() > 0 {
                let (images, grads) = (self.contiguous()?, grad.contiguous()?);
                weight_grads::<T>(&shape, &images.read()?, &grads.read()?, &mut values)?;
            }
            let turned = Tensor::from_rows(values, &[shape.groups, rows, each]);
            turned.transpose(1, 2)?.packed()?.reshape_to(weight_sizes)
        })
    }
}
