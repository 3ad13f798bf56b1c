//! Reductions. Float sums follow one fixed tree that depends on the length only: blocks of 4,096 elements in
//! 16 lanes, lanes and then blocks added in pairs. The same tree serves rows and columns.

use std::marker::PhantomData;

use crate::arithmetic::kernel_missing;
use crate::element::{Element, Float, Number, with_element, with_float, with_signed};
use crate::layout::{element_count, wrap_dim};
use crate::pointwise::map;
use crate::spread::{Piece, piece_len, rows_of, spread};
use crate::storage::{filled, reserve};
use crate::traverse::for_each_row;
use crate::vectors::{Loop, Step, widest};
use crate::{DType, Error, Result, Scalar, Tensor};

const BLOCK: usize = 4096;
const LANES: usize = 16;

fn pairwise<A: Number>(mut parts: Vec<A>) -> A {
    while parts.len() > 1 {
        parts = parts.chunks(2).map(|pair| pair.iter().copied().reduce(A::plus).unwrap_or(A::ZERO)).collect();
    }
    parts.first().copied().unwrap_or(A::ZERO)
}

/// Adds the lanes in pairs, each of them `width` wide; the sums are the first lane.
fn fold_lanes<A: Number>(lanes: &mut [A], width: usize) {
    let mut half = LANES / 2;
    while half > 0 {
        let (low, high) = lanes.split_at_mut(half * width);
        low.iter_mut().zip(&*high).for_each(|(sum, &x)| *sum = sum.plus(x));
        half /= 2;
    }
}

/// Sum of `f` over a row, by the tree. Threads share the blocks of a long row.
pub(crate) fn tree_sum<T: Element, A: Number>(row: &[T], f: impl Step<T, A>) -> A {
    let sum = |block| widest(Block { block, f: &f, sum: PhantomData });
    if row.len() <= BLOCK {
        return sum(row);
    }
    let piece = piece_len().next_multiple_of(BLOCK);
    let sums = threads::map(row.len().div_ceil(piece), rows_of(row.len()), |number| {
        let piece = &row[number * piece..row.len().min((number + 1) * piece)];
        piece.chunks(BLOCK).map(sum).collect::<Vec<_>>()
    });
    pairwise(sums.concat())
}

/// The square of what lies between an element and the mean.
pub(crate) struct Deviation {
    pub mean: f64,
}

impl<T: Float> Step<T, f64> for Deviation {
    #[inline(always)]
    fn of(&self, value: T) -> f64 {
        let deviation = value.wide() - self.mean;
        deviation * deviation
    }
}

struct Block<'a, T, A, F> {
    block: &'a [T],
    f: &'a F,
    sum: PhantomData<A>,
}

impl<T: Element, A: Number, F: Step<T, A>> Loop for Block<'_, T, A, F> {
    type Output = A;

    #[inline(always)]
    fn call(self) -> A {
        block_sum(self.block, self.f)
    }
}

#[inline(always)]
fn block_sum<T: Element, A: Number>(block: &[T], f: &impl Step<T, A>) -> A {
    let mut lanes = [A::ZERO; LANES];
    let mut chunks = block.chunks_exact(LANES);
    for chunk in &mut chunks {
        for (lane, &x) in lanes.iter_mut().zip(chunk) {
            *lane = lane.plus(f.of(x));
        }
    }
    for (lane, &x) in lanes.iter_mut().zip(chunks.remainder()) {
        *lane = lane.plus(f.of(x));
    }
    fold_lanes(&mut lanes, 1);
    lanes[0]
}

/// Columns that one task sums: their lanes fit a core's cache, and a row of them is some pages.
const STRIP: usize = 1024;

/// The tree over each column of a row-major matrix, without transposing it. Threads share blocks of rows and strips of
/// columns.
fn column_sums<T: Number>(matrix: &[T], columns: usize) -> Vec<T> {
    if columns == 0 {
        return Vec::new();
    }
    let rows = matrix.len() / columns;
    let (blocks, strips) = (rows.div_ceil(BLOCK), columns.div_ceil(STRIP));
    let parts = threads::map(blocks * strips, rows_of(matrix.len()), |task| {
        let (block, start) = (task / strips * BLOCK, task % strips * STRIP);
        let width = STRIP.min(columns - start);
        let mut lanes = vec![T::ZERO; LANES * width];
        widest(|| {
            for row in block..rows.min(block + BLOCK) {
                let values = &matrix[row * columns + start..][..width];
                let lane = (row - block) % LANES * width;
                lanes[lane..lane + width].iter_mut().zip(values).for_each(|(sum, &x)| *sum = sum.plus(x));
            }
        });
        fold_lanes(&mut lanes, width);
        lanes.truncate(width);
        lanes
    });
    if blocks == 1 {
        return parts.concat();
    }
    let column = |column: usize| {
        let sums = parts.iter().skip(column / STRIP).step_by(strips).map(|part| part[column % STRIP]);
        pairwise(sums.collect())
    };
    (0..columns).map(column).collect()
}

/// Which dimensions a reduction removes, and the sizes of its result.
struct Plan {
    reduced: Vec<bool>,
    sizes: Vec<usize>,
    row_len: usize,
}

impl Plan {
    fn new(operator: &'static str, t: &Tensor, dims: &[i64], keepdim: bool) -> Result<Plan> {
        let mut reduced = vec![false; t.dim()];
        for &dim in dims {
            let d = wrap_dim(operator, dim, t.dim())?;
            if let Some(flag) = reduced.get_mut(d)
                && std::mem::replace(flag, true)
            {
                return Err(Error::runtime(
                    operator,
                    format!("dim {d} appears multiple times in the list of dims"),
                ));
            }
        }
        let mut sizes = Vec::with_capacity(t.dim());
        let mut row_len = 1;
        for (d, &size) in t.sizes().iter().enumerate() {
            if !reduced[d] {
                sizes.push(size);
                continue;
            }
            row_len *= size;
            if keepdim {
                sizes.push(1);
            }
        }
        Ok(Plan { reduced, sizes, row_len })
    }

    /// The tensor with the reduced dimensions last.
    fn turned(&self, t: &Tensor) -> Tensor {
        let order: Vec<usize> = (0..t.dim())
            .filter(|&d| !self.reduced[d])
            .chain((0..t.dim()).filter(|&d| self.reduced[d]))
            .collect();
        t.permuted(&order)
    }

    /// `f` of each row of a turned tensor, whose elements are collected a row at a time: a copy of a row stays in the
    /// cache, one of all would pass through memory.
    fn reduce_collected<T: Element, U: Element>(
        &self,
        turned: &Tensor,
        f: impl Fn(&[T]) -> U + Sync,
    ) -> Result<Tensor> {
        let kept = self.reduced.iter().filter(|&&reduced| !reduced).count();
        let (outer, inner) = turned.sizes().split_at(kept);
        let (outer_strides, inner_strides) = turned.strides().split_at(kept);
        let count = element_count(outer)?;
        let storage = turned.read_storage::<T>()?;
        let together = piece_len().div_ceil(self.row_len);
        let pieces = threads::map(count.div_ceil(together), rows_of(turned.numel()), |number| {
            let mut row = Vec::with_capacity(self.row_len);
            let mut result = |at: usize| {
                let (mut start, mut rest) = (turned.layout().offset(), at);
                for (&size, &stride) in outer.iter().zip(outer_strides).rev() {
                    start += rest % size * stride;
                    rest /= size;
                }
                row.clear();
                for_each_row(inner, [inner_strides], [start], |[start], len, [step]| match step {
                    1 => row.extend_from_slice(&storage[start..start + len]),
                    _ => row.extend((0..len).map(|k| storage[start + k * step])),
                });
                f(&row)
            };
            (number * together..count.min((number + 1) * together)).map(&mut result).collect::<Vec<_>>()
        });
        Ok(Tensor::from_rows(pieces.concat(), &self.sizes))
    }

    /// Whether the reduced dimensions of a contiguous tensor are its leading ones.
    fn is_by_column(&self, t: &Tensor) -> bool {
        let lead = self.reduced.iter().take_while(|&&r| r).count();
        lead > 0 && lead < self.reduced.len() && !self.reduced[lead..].contains(&true) && t.is_contiguous()
    }

    fn reduce<T: Element, U: Element>(
        &self,
        operator: &'static str,
        t: &Tensor,
        f: impl Fn(&[T]) -> U + Sync,
    ) -> Result<Tensor> {
        let count = element_count(&self.sizes)?;
        if self.row_len == 0 {
            return Ok(Tensor::from_rows(filled(operator, count, f(&[]))?, &self.sizes));
        }
        let turned = self.turned(t);
        let runs = turned.sizes().last().zip(turned.strides().last());
        if !turned.is_contiguous() && runs.is_some_and(|(&len, &step)| step == 1 && len >= LANES) {
            return self.reduce_collected(&turned, f);
        }
        let rows = turned.contiguous()?;
        let rows = rows.read::<T>()?;
        Ok(Tensor::from_rows(row_results(operator, &rows, self.row_len, f)?, &self.sizes))
    }
}

/// `f` of each row. Threads share the rows, or the elements of a row if `f` does that.
fn row_results<T: Element, U: Element>(
    operator: &'static str,
    rows: &[T],
    row_len: usize,
    f: impl Fn(&[T]) -> U + Sync,
) -> Result<Vec<U>> {
    let count = rows.len() / row_len;
    // Counted in elements that are read, so that few long rows are shared too.
    let size = piece_len().div_ceil(row_len);
    let mut values = reserve(operator, count)?;
    if count <= size {
        values.extend(rows.chunks_exact(row_len).map(f));
        return Ok(values);
    }
    let pieces = threads::map(count.div_ceil(size), rows_of(rows.len()), |number| {
        let piece = &rows[number * size * row_len..rows.len().min((number + 1) * size * row_len)];
        piece.chunks_exact(row_len).map(&f).collect::<Vec<_>>()
    });
    pieces.into_iter().for_each(|piece| values.extend(piece));
    Ok(values)
}

/// All dimensions if the list is empty.
fn or_all(t: &Tensor, dims: &[i64]) -> Vec<i64> {
    if dims.is_empty() { (0..t.dim() as i64).collect() } else { dims.to_vec() }
}

fn require_float(operator: &'static str, message: &str, dtype: DType) -> Result<()> {
    if dtype.is_float() {
        return Ok(());
    }
    Err(Error::not_implemented(operator, message.to_string())
        .dtypes(&[dtype])
        .expected("a float dtype")
        .found(dtype.name()))
}

/// The first extreme element and its position; the first NaN wins.
fn extreme<T: Element>(row: &[T], end: End) -> (T, i64) {
    let (value, has_nan) = widest(Extreme { row, end });
    let at = row.iter().position(|x| if has_nan { x.is_nan() } else { *x == value }).unwrap_or_default();
    (row.get(at).copied().unwrap_or_default(), at as i64)
}

/// The extreme element alone. Equal elements are the same but for zeros and NaN, of which the first counts.
fn extreme_value<T: Element>(row: &[T], end: End) -> T {
    let (value, has_nan) = widest(Extreme { row, end });
    if has_nan || value == T::default() { extreme(row, end).0 } else { value }
}

/// An extreme element among those that are not NaN, if there are any, and whether one is NaN.
struct Extreme<'a, T> {
    row: &'a [T],
    end: End,
}

impl<T: Element> Loop for Extreme<'_, T> {
    type Output = (T, bool);

    #[inline(always)]
    fn call(self) -> (T, bool) {
        match self.end {
            End::Largest => by_lanes(self.row, |x, best| x > best),
            End::Smallest => by_lanes(self.row, |x, best| x < best),
        }
    }
}

#[inline(always)]
fn by_lanes<T: Element>(row: &[T], better: impl Fn(T, T) -> bool) -> (T, bool) {
    let mut lanes = [row.first().copied().unwrap_or_default(); LANES];
    let mut has_nan = false;
    let mut chunks = row.chunks_exact(LANES);
    for chunk in &mut chunks {
        for (lane, &x) in lanes.iter_mut().zip(chunk) {
            has_nan |= x.is_nan();
            *lane = if better(x, *lane) { x } else { *lane };
        }
    }
    let mut best = lanes[0];
    for &x in lanes.iter().chain(chunks.remainder()) {
        has_nan |= x.is_nan();
        best = if better(x, best) { x } else { best };
    }
    (best, has_nan)
}

/// Which end of the order a reduction looks for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Largest,
    Smallest,
}

impl Tensor {
    /// Sum of all elements; integers and bool give int64.
    ///
    /// # Errors
    /// `RuntimeError` when memory cannot be had.
    pub fn sum(&self, dtype: Option<DType>) -> Result<Tensor> {
        self.sum_dims(&[], false, dtype)
    }

    /// Sum over dimensions, all of them for an empty list.
    ///
    /// # Errors
    /// `IndexError` outside the dimensions, `RuntimeError` for a dimension named twice.
    pub fn sum_dims(&self, dims: &[i64], keepdim: bool, dtype: Option<DType>) -> Result<Tensor> {
        let dtype = dtype.unwrap_or(if self.dtype().is_float() { self.dtype() } else { DType::I64 });
        let t = self.to_dtype(dtype)?;
        let plan = Plan::new("sum", &t, &or_all(&t, dims), keepdim)?;
        with_element!(dtype, T => {
            if plan.is_by_column(&t) {
                let columns = element_count(&plan.sizes)?;
                return Ok(Tensor::from_rows(column_sums::<T>(&t.read::<T>()?, columns), &plan.sizes));
            }
            plan.reduce::<T, T>("sum", &t, |row| tree_sum(row, |x| x))
        })
    }

    /// Arithmetic mean of all elements; NaN of none.
    ///
    /// # Errors
    /// `RuntimeError` for integers.
    pub fn mean(&self, dtype: Option<DType>) -> Result<Tensor> {
        self.mean_dims(&[], false, dtype)
    }

    /// Arithmetic mean over dimensions, all of them for an empty list.
    ///
    /// # Errors
    /// As [`Tensor::sum_dims`]; `RuntimeError` for integers.
    pub fn mean_dims(&self, dims: &[i64], keepdim: bool, dtype: Option<DType>) -> Result<Tensor> {
        let found = dtype.unwrap_or(self.dtype());
        if !found.is_float() {
            let which = if dtype.is_some() { "Optional dtype" } else { "Input dtype" };
            return Err(Error::not_implemented(
                "mean",
                format!(
                    "mean(): could not infer output dtype. {which} must be either a floating point or complex dtype. \
                     Got: {}",
                    found.scalar_name()
                ),
            )
            .dtypes(&[found]));
        }
        let sum = self.sum_dims(dims, keepdim, dtype)?;
        let count = Plan::new("mean", self, &or_all(self, dims), keepdim)?.row_len;
        sum.div(Scalar::Int(count as i64))
    }

    fn moments(
        &self,
        operator: &'static str,
        dims: &[i64],
        correction: f64,
        keepdim: bool,
        root: bool,
    ) -> Result<Tensor> {
        require_float(operator, "std and var only support floating point and complex dtypes", self.dtype())?;
        let plan = Plan::new(operator, self, &or_all(self, dims), keepdim)?;
        with_float!(self.dtype(), T => plan.reduce::<T, T>(operator, self, |row| {
            let count = row.len() as f64;
            let mean = tree_sum(row, T::wide) / count;
            let squares = tree_sum(row, Deviation { mean });
            let variance = squares / (count - correction).max(0.0);
            T::of(if root { variance.sqrt() } else { variance })
        }), else => Err(kernel_missing(operator, "std", self.dtype())))
    }

    /// Variance with `n - correction` as divisor, over dimensions (all for an empty list).
    ///
    /// # Errors
    /// As [`Tensor::sum_dims`]; `RuntimeError` for integers.
    pub fn var(&self, dims: &[i64], correction: f64, keepdim: bool) -> Result<Tensor> {
        self.moments("var", dims, correction, keepdim, false)
    }

    /// Square root of [`Tensor::var`].
    ///
    /// # Errors
    /// As [`Tensor::var`].
    pub fn std(&self, dims: &[i64], correction: f64, keepdim: bool) -> Result<Tensor> {
        self.moments("std", dims, correction, keepdim, true)
    }

    /// Product of all elements; integers and bool give int64.
    ///
    /// # Errors
    /// `RuntimeError` when memory cannot be had.
    pub fn prod(&self, dtype: Option<DType>) -> Result<Tensor> {
        let all: Vec<i64> = (0..self.dim() as i64).collect();
        self.product(&all, false, dtype)
    }

    /// Product over one dimension.
    ///
    /// # Errors
    /// `IndexError` outside the dimensions.
    pub fn prod_dim(&self, dim: i64, keepdim: bool, dtype: Option<DType>) -> Result<Tensor> {
        self.product(&[dim], keepdim, dtype)
    }

    fn product(&self, dims: &[i64], keepdim: bool, dtype: Option<DType>) -> Result<Tensor> {
        let dtype = dtype.unwrap_or(if self.dtype().is_float() { self.dtype() } else { DType::I64 });
        let t = self.to_dtype(dtype)?;
        let plan = Plan::new("prod", &t, dims, keepdim)?;
        with_element!(dtype, T => {
            plan.reduce::<T, T>("prod", &t, |row| row.iter().copied().fold(T::ONE, T::times))
        })
    }

    fn extreme_all(&self, operator: &'static str, end: End) -> Result<Tensor> {
        if self.numel() == 0 {
            return Err(Error::runtime(
                operator,
                format!(
                    "{operator}(): Expected reduction dim to be specified for input.numel() == 0. Specify the \
                     reduction dim with the 'dim' argument."
                ),
            )
            .shapes(&[self.sizes()]));
        }
        let plan = Plan::new(operator, self, &or_all(self, &[]), false)?;
        with_element!(self.dtype(), T => {
            plan.reduce::<T, T>(operator, self, |row| extreme_value(row, end))
        })
    }

    /// Largest element; NaN wins.
    ///
    /// # Errors
    /// `RuntimeError` without elements.
    pub fn max(&self) -> Result<Tensor> {
        self.extreme_all("max", End::Largest)
    }
    /// Smallest element; NaN wins.
    ///
    /// # Errors
    /// `RuntimeError` without elements.
    pub fn min(&self) -> Result<Tensor> {
        self.extreme_all("min", End::Smallest)
    }

    fn check_filled(&self, operator: &'static str, dim: i64) -> Result<()> {
        let d = wrap_dim(operator, dim, self.dim())?;
        if self.sizes().get(d) == Some(&0) {
            return Err(Error::index(
                operator,
                format!("{operator}(): Expected reduction dim {d} to have non-zero size."),
            )
            .shapes(&[self.sizes()]));
        }
        Ok(())
    }

    fn extreme_dim(
        &self,
        operator: &'static str,
        dim: i64,
        keepdim: bool,
        end: End,
    ) -> Result<(Tensor, Tensor)> {
        self.check_filled(operator, dim)?;
        let plan = Plan::new(operator, self, &[dim], keepdim)?;
        with_element!(self.dtype(), T => {
            let values = plan.reduce::<T, T>(operator, self, |row| extreme_value(row, end))?;
            let places = plan.reduce::<T, i64>(operator, self, |row| extreme(row, end).1)?;
            Ok((values, places))
        })
    }

    /// Largest elements along a dimension and their first positions.
    ///
    /// # Errors
    /// `IndexError` outside the dimensions or along a dimension of size 0.
    pub fn max_dim(&self, dim: i64, keepdim: bool) -> Result<(Tensor, Tensor)> {
        self.extreme_dim("max", dim, keepdim, End::Largest)
    }
    /// Smallest elements along a dimension and their first positions.
    ///
    /// # Errors
    /// As [`Tensor::max_dim`].
    pub fn min_dim(&self, dim: i64, keepdim: bool) -> Result<(Tensor, Tensor)> {
        self.extreme_dim("min", dim, keepdim, End::Smallest)
    }

    fn extreme_dims(&self, operator: &'static str, dims: &[i64], keepdim: bool, end: End) -> Result<Tensor> {
        let dims = or_all(self, dims);
        let plan = Plan::new(operator, self, &dims, keepdim)?;
        if self.numel() == 0 {
            for &dim in &dims {
                self.check_filled(operator, dim)?;
            }
        }
        with_element!(self.dtype(), T => {
            plan.reduce::<T, T>(operator, self, |row| extreme_value(row, end))
        })
    }
    /// Largest elements over dimensions, all of them for an empty list.
    ///
    /// # Errors
    /// `IndexError` outside the dimensions or along a dimension of size 0.
    pub fn amax(&self, dims: &[i64], keepdim: bool) -> Result<Tensor> {
        self.extreme_dims("amax", dims, keepdim, End::Largest)
    }
    /// Smallest elements over dimensions, all of them for an empty list.
    ///
    /// # Errors
    /// As [`Tensor::amax`].
    pub fn amin(&self, dims: &[i64], keepdim: bool) -> Result<Tensor> {
        self.extreme_dims("amin", dims, keepdim, End::Smallest)
    }

    fn arg_extreme(
        &self,
        operator: &'static str,
        dim: Option<i64>,
        keepdim: bool,
        end: End,
    ) -> Result<Tensor> {
        if self.dtype() == DType::Bool {
            return Err(Error::not_implemented(
                operator,
                format!("{operator}(): does not support bool input"),
            )
            .dtypes(&[DType::Bool]));
        }
        let plan = match dim {
            Some(dim) => {
                self.check_filled(operator, dim)?;
                Plan::new(operator, self, &[dim], keepdim)?
            }
            None if self.numel() == 0 => {
                return Err(Error::index(
                    operator,
                    format!("{operator}(): Expected reduction dim to be specified for input.numel() == 0."),
                ));
            }
            None => Plan::new(operator, self, &or_all(self, &[]), keepdim)?,
        };
        with_element!(self.dtype(), T => {
            plan.reduce::<T, i64>(operator, self, |row| extreme(row, end).1)
        })
    }
    /// First position of the largest element, in the flattened tensor or along a dimension.
    ///
    /// # Errors
    /// `IndexError` without elements to choose from.
    pub fn argmax(&self, dim: Option<i64>, keepdim: bool) -> Result<Tensor> {
        self.arg_extreme("argmax", dim, keepdim, End::Largest)
    }
    /// First position of the smallest element, in the flattened tensor or along a dimension.
    ///
    /// # Errors
    /// As [`Tensor::argmax`].
    pub fn argmin(&self, dim: Option<i64>, keepdim: bool) -> Result<Tensor> {
        self.arg_extreme("argmin", dim, keepdim, End::Smallest)
    }

    fn truth(&self, operator: &'static str, dims: &[i64], keepdim: bool, all: bool) -> Result<Tensor> {
        let plan = Plan::new(operator, self, dims, keepdim)?;
        let result = with_element!(self.dtype(), T => plan.reduce::<T, bool>(operator, self, |row| {
            let mut truths = row.iter().map(|x| x.to_scalar().to_bool());
            if all { truths.all(|b| b) } else { truths.any(|b| b) }
        }))?;
        // PyTorch keeps uint8 for masks written before bool existed.
        if self.dtype() == DType::U8 { result.to_dtype(DType::U8) } else { Ok(result) }
    }
    /// Whether any element is not zero.
    ///
    /// # Errors
    /// `RuntimeError` when memory cannot be had.
    pub fn any(&self) -> Result<Tensor> {
        self.truth("any", &or_all(self, &[]), false, false)
    }
    /// Whether any element along a dimension is not zero.
    ///
    /// # Errors
    /// `IndexError` outside the dimensions.
    pub fn any_dim(&self, dim: i64, keepdim: bool) -> Result<Tensor> {
        self.truth("any", &[dim], keepdim, false)
    }
    /// Whether all elements are not zero.
    ///
    /// # Errors
    /// `RuntimeError` when memory cannot be had.
    pub fn all(&self) -> Result<Tensor> {
        self.truth("all", &or_all(self, &[]), false, true)
    }
    /// Whether all elements along a dimension are not zero.
    ///
    /// # Errors
    /// `IndexError` outside the dimensions.
    pub fn all_dim(&self, dim: i64, keepdim: bool) -> Result<Tensor> {
        self.truth("all", &[dim], keepdim, true)
    }

    /// Whether any element over dimensions is not zero: over all of them without a list, each by itself for an empty one.
    ///
    /// # Errors
    /// As [`Tensor::sum_dims`].
    pub fn any_dims(&self, dims: Option<&[i64]>, keepdim: bool) -> Result<Tensor> {
        self.truth("any", &dims.map_or_else(|| or_all(self, &[]), <[i64]>::to_vec), keepdim, false)
    }
    /// Whether all elements over dimensions are not zero; dimensions as in [`Tensor::any_dims`].
    ///
    /// # Errors
    /// As [`Tensor::sum_dims`].
    pub fn all_dims(&self, dims: Option<&[i64]>, keepdim: bool) -> Result<Tensor> {
        self.truth("all", &dims.map_or_else(|| or_all(self, &[]), <[i64]>::to_vec), keepdim, true)
    }

    /// log Σ e^x over dimensions, without overflow; all -inf gives -inf.
    ///
    /// # Errors
    /// As [`Tensor::sum_dims`].
    pub fn logsumexp(&self, dims: &[i64], keepdim: bool) -> Result<Tensor> {
        let t = self.to_dtype(crate::arithmetic::float_dtype(self.dtype()))?;
        if dims.is_empty() && t.dim() > 0 {
            // PyTorch does not take an empty list for all dimensions here, and says so like this.
            let kept = vec![1; t.dim()];
            let text = format!("output with shape [] doesn't match the broadcast shape {kept:?}");
            return Err(Error::runtime("logsumexp", text).expected("at least one dimension").found("none"));
        }
        let plan = Plan::new("logsumexp", &t, &or_all(&t, dims), keepdim)?;
        with_float!(t.dtype(), T => plan.reduce::<T, T>("logsumexp", &t, |row| {
            let max = row.iter().copied().fold(T::of(f64::NEG_INFINITY), T::larger).wide();
            let shift = if max.is_infinite() { 0.0 } else { max };
            T::of(libm::log(tree_sum(row, |x: T| libm::exp(x.wide() - shift))) + shift)
        }), else => Err(kernel_missing("logsumexp", "logsumexp", t.dtype())))
    }

    /// The p-norm over dimensions, all of them for an empty list.
    ///
    /// # Errors
    /// As [`Tensor::sum_dims`]; `RuntimeError` for integers.
    pub fn norm(&self, p: f64, dims: &[i64], keepdim: bool) -> Result<Tensor> {
        if !self.dtype().is_float() {
            return Err(Error::not_implemented(
                "linalg_vector_norm",
                format!(
                    "linalg.vector_norm: Expected a floating point or complex tensor as input. Got {}",
                    self.dtype().scalar_name()
                ),
            )
            .dtypes(&[self.dtype()]));
        }
        let plan = Plan::new("norm", self, &or_all(self, dims), keepdim)?;
        with_float!(self.dtype(), T => plan.reduce::<T, T>("norm", self, |row| {
            let size = |x: T| x.wide().abs();
            let fold = |start: f64, better: fn(f64, f64) -> bool| row.iter().fold(start, |best, &x| {
                if size(x).is_nan() || better(size(x), best) { size(x) } else { best }
            });
            T::of(if p == 2.0 {
                tree_sum(row, |x| size(x) * size(x)).sqrt()
            } else if p == 1.0 {
                tree_sum(row, size)
            } else if p == 0.0 {
                tree_sum(row, |x| if size(x) == 0.0 { 0.0 } else { 1.0 })
            } else if p == f64::INFINITY {
                fold(0.0, |x, best| x > best)
            } else if p == f64::NEG_INFINITY {
                fold(f64::INFINITY, |x, best| x < best)
            } else {
                libm::pow(tree_sum(row, |x| libm::pow(size(x), p)), 1.0 / p)
            })
        }), else => Err(kernel_missing("norm", "norm", self.dtype())))
    }

    /// Sums dimensions that broadcasting repeated, so that the result has the given sizes.
    ///
    /// # Errors
    /// `RuntimeError` if this tensor's sizes are no broadcast of them.
    pub fn sum_to_size(&self, sizes: &[usize]) -> Result<Tensor> {
        if self.sizes() == sizes {
            return Ok(self.clone());
        }
        let refuse = || {
            Error::runtime(
                "sum_to_size",
                format!("size {{{sizes:?}}} is not expandable to size {{{:?}}}.", self.sizes()),
            )
        };
        let lead = self.dim().checked_sub(sizes.len()).ok_or_else(refuse)?;
        let mut dims: Vec<i64> = (0..lead as i64).collect();
        for (d, &size) in sizes.iter().enumerate() {
            if size == 1 && self.sizes()[lead + d] != 1 {
                dims.push((lead + d) as i64);
            } else if size != self.sizes()[lead + d] {
                return Err(refuse());
            }
        }
        let reduced =
            if dims.is_empty() { self.clone() } else { self.sum_dims(&dims, true, Some(self.dtype()))? };
        reduced.reshape_to(sizes)
    }

    /// Running sums along a dimension; integers and bool give int64.
    ///
    /// # Errors
    /// `IndexError` outside the dimensions.
    pub fn cumsum(&self, dim: i64, dtype: Option<DType>) -> Result<Tensor> {
        let d = wrap_dim("cumsum", dim, self.dim())?;
        let dtype = dtype.unwrap_or(if self.dtype().is_float() { self.dtype() } else { DType::I64 });
        let t = self.to_dtype(dtype)?;
        with_float!(dtype, T => t.along("cumsum", d, |row: &[T], out: &mut Vec<T>| {
            // Accumulated in f64, as in PyTorch.
            let mut sum = 0.0;
            out.extend(row.iter().map(|x| {
                sum += x.wide();
                T::of(sum)
            }));
        }), else => with_signed!(dtype, T => t.along("cumsum", d, |row: &[T], out: &mut Vec<T>| {
            let mut sum = T::ZERO;
            out.extend(row.iter().map(|&x| {
                sum = sum.plus(x);
                sum
            }));
        }), else => map::<bool, bool>("cumsum", &t, |x| x)))
    }

    /// Row-major with a dimension exchanged with the last, and the order of dimensions that exchanges them back.
    fn with_last(&self, d: usize) -> Result<(Tensor, Vec<usize>)> {
        let mut order: Vec<usize> = (0..self.dim()).collect();
        order.swap(d, self.dim() - 1);
        Ok((self.permuted(&order).contiguous()?, order))
    }

    /// Maps each row along a dimension to a row; the result is laid out row-major.
    pub(crate) fn along<T: Element, U: Element>(
        &self,
        operator: &'static str,
        d: usize,
        f: impl Fn(&[T], &mut Vec<U>) + Sync,
    ) -> Result<Tensor> {
        if self.dim() == 0 {
            return self.reshape_to(&[1])?.along(operator, 0, f)?.reshape_to(&[]);
        }
        let (moved, order) = self.with_last(d)?;
        let last = self.dim() - 1;
        let len = moved.sizes()[last];
        let mut values = reserve(operator, moved.numel())?;
        if len > 0 {
            let rows = moved.read::<T>()?;
            let rows: &[T] = &rows;
            let size = piece_len().div_ceil(len).saturating_mul(len);
            if rows.len() <= size {
                rows.chunks_exact(len).for_each(|row| f(row, &mut values));
            } else {
                let pieces = threads::map(rows.len().div_ceil(size), rows_of(rows.len()), |number| {
                    let mut values = Vec::with_capacity(size);
                    let piece = &rows[number * size..rows.len().min((number + 1) * size)];
                    piece.chunks_exact(len).for_each(|row| f(row, &mut values));
                    values
                });
                pieces.into_iter().for_each(|piece| values.extend(piece));
            }
        }
        let count = values.len();
        let mut sizes = moved.sizes().to_vec();
        if len > 0 && moved.numel() > 0 {
            sizes[last] = count / (moved.numel() / len);
        }
        let result = Tensor::from_vec(values, &sizes)?;
        if d == last { Ok(result) } else { result.permuted(&order).packed() }
    }

    /// `f` writes rows along a dimension, as long as they were: as many as there is room for.
    pub(crate) fn rows_along<T: Element>(
        &self,
        operator: &'static str,
        d: usize,
        f: impl Fn(&[T], usize, &mut Piece<'_, T>) + Sync,
    ) -> Result<Tensor> {
        if self.dim() == 0 {
            return self.reshape_to(&[1])?.rows_along(operator, 0, f)?.reshape_to(&[]);
        }
        let (moved, order) = self.with_last(d)?;
        let len = moved.sizes().last().copied().unwrap_or(1).max(1);
        let rows = moved.read::<T>()?;
        let rows: &[T] = &rows;
        let values = spread(operator, rows.len(), len, |at, piece| f(&rows[at..], len, piece))?;
        let result = Tensor::from_rows(values, moved.sizes());
        if d + 1 == self.dim() { Ok(result) } else { result.permuted(&order).packed() }
    }
}
