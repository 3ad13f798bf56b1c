//! View operations: other layouts over the same storage. None of them copies but `reshape` where it must.

use crate::layout::{Layout, sizes_text, wrap_dim};
use crate::tensor::infer_sizes;
use crate::{Error, Result, Tensor};

impl Tensor {
    /// The same elements under other sizes; one size may be -1.
    ///
    /// # Errors
    /// `RuntimeError` if the count differs or no strides can express the view.
    pub fn view(&self, sizes: &[i64]) -> Result<Tensor> {
        let sizes = infer_sizes("view", sizes, self.numel())?;
        let strides = self.layout().view_strides(&sizes).ok_or_else(|| {
            Error::runtime(
                "view",
                "view size is not compatible with input tensor's size and stride (at least one dimension spans \
                 across two contiguous subspaces). Use .reshape(...) instead.",
            )
            .shapes(&[self.sizes(), self.strides(), &sizes])
        })?;
        Ok(self.alias(Layout::derived(sizes, strides, self.layout().offset())))
    }

    /// As [`Tensor::view`], with a copy where no view exists.
    ///
    /// # Errors
    /// `RuntimeError` if the count differs.
    pub fn reshape(&self, sizes: &[i64]) -> Result<Tensor> {
        let wanted = infer_sizes("reshape", sizes, self.numel())?;
        self.reshape_to(&wanted)
    }

    /// As [`Tensor::reshape`] for sizes that hold the same count.
    pub(crate) fn reshape_to(&self, sizes: &[usize]) -> Result<Tensor> {
        let source =
            if self.layout().view_strides(sizes).is_some() { self.clone() } else { self.contiguous()? };
        let strides = source.layout().view_strides(sizes).ok_or_else(|| {
            Error::runtime(
                "reshape",
                format!("shape '{sizes:?}' is invalid for input of size {}", self.numel()),
            )
        })?;
        Ok(source.alias(Layout::derived(sizes.to_vec(), strides, source.layout().offset())))
    }

    /// Dimensions in another order.
    ///
    /// # Errors
    /// `RuntimeError` unless each dimension is named once; `IndexError` outside the dimensions.
    pub fn permute(&self, dims: &[i64]) -> Result<Tensor> {
        if dims.len() != self.dim() {
            return Err(Error::runtime(
                "permute",
                format!(
                    "permute(sparse_coo): number of dimensions in the tensor input does not match the length of the \
                     desired ordering of dimensions i.e. input.dim() = {} is not equal to len(dims) = {}",
                    self.dim(),
                    dims.len()
                ),
            )
            .shapes(&[self.sizes()]));
        }
        let mut seen = vec![false; self.dim()];
        let mut order = Vec::with_capacity(dims.len());
        for &dim in dims {
            let d = wrap_dim("permute", dim, self.dim())?;
            if std::mem::replace(&mut seen[d], true) {
                return Err(Error::runtime("permute", "permute(): duplicate dims are not allowed."));
            }
            order.push(d);
        }
        Ok(self.permuted(&order))
    }

    /// As [`Tensor::permute`] for an order known to be a permutation.
    pub(crate) fn permuted(&self, order: &[usize]) -> Tensor {
        let sizes = order.iter().map(|&d| self.sizes()[d]).collect();
        let strides = order.iter().map(|&d| self.strides()[d]).collect();
        self.alias(Layout::derived(sizes, strides, self.layout().offset()))
    }

    /// Two dimensions swapped.
    ///
    /// # Errors
    /// `IndexError` outside the dimensions.
    pub fn transpose(&self, dim0: i64, dim1: i64) -> Result<Tensor> {
        let a = wrap_dim("transpose", dim0, self.dim())?;
        let b = wrap_dim("transpose", dim1, self.dim())?;
        let mut order: Vec<usize> = (0..self.dim()).collect();
        if a != b {
            order.swap(a, b);
        }
        Ok(self.permuted(&order))
    }

    /// The transpose of a matrix; vectors and scalars as they are.
    ///
    /// # Errors
    /// `RuntimeError` for more than two dimensions.
    pub fn t(&self) -> Result<Tensor> {
        match self.dim() {
            0 | 1 => Ok(self.clone()),
            2 => Ok(self.permuted(&[1, 0])),
            n => Err(Error::runtime(
                "t",
                format!("t() expects a tensor with <= 2 dimensions, but self is {n}D"),
            )
            .shapes(&[self.sizes()])),
        }
    }

    /// `length` entries of a dimension from `start`.
    ///
    /// # Errors
    /// `RuntimeError` for a 0-dim tensor or a range that leaves it; `IndexError` for a start outside.
    pub fn narrow(&self, dim: i64, start: i64, length: i64) -> Result<Tensor> {
        if self.dim() == 0 {
            return Err(Error::runtime("narrow", "narrow() cannot be applied to a 0-dim tensor."));
        }
        if length < 0 {
            return Err(Error::runtime("narrow", "narrow(): length must be non-negative."));
        }
        let d = wrap_dim("narrow", dim, self.dim())?;
        let size = self.sizes()[d] as i64;
        let from = if start < 0 { start + size } else { start };
        if from < 0 || from > size {
            return Err(Error::index(
                "narrow",
                format!(
                    "start out of range (expected to be in range of [{}, {size}], but got {start})",
                    -size
                ),
            )
            .expected(format!("[{}, {size}]", -size))
            .found(start.to_string()));
        }
        if from > size - length {
            return Err(Error::runtime(
                "narrow",
                format!("start ({from}) + length ({length}) exceeds dimension size ({size})."),
            ));
        }
        Ok(self.narrowed(d, from as usize, length as usize))
    }

    /// As [`Tensor::narrow`] for a range inside the dimension.
    pub(crate) fn narrowed(&self, d: usize, start: usize, length: usize) -> Tensor {
        let mut sizes = self.sizes().to_vec();
        sizes[d] = length;
        let offset = self.layout().offset() + start * self.strides()[d];
        self.alias(Layout::derived(sizes, self.strides().to_vec(), offset))
    }

    /// One entry of a dimension, which disappears.
    ///
    /// # Errors
    /// `IndexError` for a 0-dim tensor or an index outside.
    pub fn select(&self, dim: i64, index: i64) -> Result<Tensor> {
        if self.dim() == 0 {
            return Err(Error::index("select", "select() cannot be applied to a 0-dim tensor."));
        }
        let d = wrap_dim("select", dim, self.dim())?;
        let size = self.sizes()[d] as i64;
        if index < -size || index >= size {
            return Err(Error::index(
                "select",
                format!(
                    "select(): index {index} out of range for tensor of size {} at dimension {d}",
                    sizes_text(self.sizes())
                ),
            )
            .shapes(&[self.sizes()])
            .expected(format!("[{}, {}]", -size, size - 1))
            .found(index.to_string()));
        }
        let at = if index < 0 { index + size } else { index } as usize;
        let (mut sizes, mut strides) = (self.sizes().to_vec(), self.strides().to_vec());
        let offset = self.layout().offset() + at * strides[d];
        sizes.remove(d);
        strides.remove(d);
        Ok(self.alias(Layout::derived(sizes, strides, offset)))
    }

    /// Every `step`-th entry of a dimension from `start` up to `end`; bounds are clamped, negative ones count
    /// from the back.
    ///
    /// # Errors
    /// `RuntimeError` for a step that is not positive or a 0-dim tensor.
    pub fn slice(&self, dim: i64, start: Option<i64>, end: Option<i64>, step: i64) -> Result<Tensor> {
        if self.dim() == 0 {
            return Err(Error::runtime("slice", "slice() cannot be applied to a 0-dim tensor."));
        }
        let d = wrap_dim("slice", dim, self.dim())?;
        if step <= 0 {
            return Err(Error::runtime("slice", "slice step must be positive").found(step.to_string()));
        }
        let size = self.sizes()[d] as i64;
        let clamp = |at: i64| (if at < 0 { at.saturating_add(size) } else { at }).clamp(0, size);
        let from = clamp(start.unwrap_or(0));
        let to = clamp(end.unwrap_or(i64::MAX)).max(from);
        let length = (to - from + (step - 1).min(to - from)) / step;
        let mut view = self.narrowed(d, from as usize, 0);
        let (mut sizes, mut strides) = (view.sizes().to_vec(), view.strides().to_vec());
        sizes[d] = if to == from { 0 } else { length as usize };
        strides[d] = strides[d].saturating_mul(step as usize);
        view = self.alias(Layout::derived(sizes, strides, view.layout().offset()));
        Ok(view)
    }

    /// Without dimensions of size 1.
    pub fn squeeze(&self) -> Tensor {
        let keep: Vec<usize> = (0..self.dim()).filter(|&d| self.sizes()[d] != 1).collect();
        self.permuted(&keep)
    }

    /// Without the named dimensions where they have size 1; others stay.
    ///
    /// # Errors
    /// `IndexError` outside the dimensions.
    pub fn squeeze_dims(&self, dims: &[i64]) -> Result<Tensor> {
        let mut drop = vec![false; self.dim()];
        for &dim in dims {
            let d = wrap_dim("squeeze", dim, self.dim())?;
            if let Some(flag) = drop.get_mut(d) {
                *flag = true;
            }
        }
        let keep: Vec<usize> = (0..self.dim()).filter(|&d| !(drop[d] && self.sizes()[d] == 1)).collect();
        Ok(self.permuted(&keep))
    }

    /// With a new dimension of size 1 at `dim`.
    ///
    /// # Errors
    /// `IndexError` outside `[-dim - 1, dim]`.
    pub fn unsqueeze(&self, dim: i64) -> Result<Tensor> {
        let d = wrap_dim("unsqueeze", dim, self.dim() + 1)?;
        let (mut sizes, mut strides) = (self.sizes().to_vec(), self.strides().to_vec());
        let stride = if d >= self.dim() { 1 } else { sizes[d] * strides[d] };
        sizes.insert(d, 1);
        strides.insert(d, stride);
        Ok(self.alias(Layout::derived(sizes, strides, self.layout().offset())))
    }

    /// Dimensions of size 1 repeated without copying; -1 keeps a size, new dimensions come first.
    ///
    /// # Errors
    /// `RuntimeError` with PyTorch's texts when sizes do not fit.
    pub fn expand(&self, sizes: &[i64]) -> Result<Tensor> {
        if sizes.len() < self.dim() {
            return Err(Error::runtime(
                "expand",
                format!(
                    "expand({}{{{}}}, size={}): the number of sizes provided ({}) must be greater or equal to the \
                     number of dimensions in the tensor ({})",
                    type_text(self),
                    sizes_text(self.sizes()),
                    format_args!("{sizes:?}"),
                    sizes.len(),
                    self.dim()
                ),
            )
            .shapes(&[self.sizes()]));
        }
        let lead = sizes.len() - self.dim();
        let mut new_sizes = Vec::with_capacity(sizes.len());
        let mut strides = Vec::with_capacity(sizes.len());
        for (d, &size) in sizes.iter().enumerate() {
            if d < lead {
                if size < 0 {
                    return Err(Error::runtime(
                        "expand",
                        format!(
                            "The expanded size of the tensor ({size}) isn't allowed in a leading, non-existing \
                             dimension {d}"
                        ),
                    ));
                }
                new_sizes.push(size as usize);
                strides.push(0);
                continue;
            }
            let (own, stride) = (self.sizes()[d - lead], self.strides()[d - lead]);
            if size == -1 || size == own as i64 {
                new_sizes.push(own);
                strides.push(stride);
            } else if own == 1 && size >= 0 {
                new_sizes.push(size as usize);
                strides.push(0);
            } else {
                return Err(Error::runtime(
                    "expand",
                    format!(
                        "The expanded size of the tensor ({size}) must match the existing size ({own}) at \
                         non-singleton dimension {d}.  Target sizes: {sizes:?}.  Tensor sizes: {}",
                        sizes_text(self.sizes())
                    ),
                )
                .shapes(&[self.sizes()])
                .expected(own.to_string())
                .found(size.to_string()));
            }
        }
        crate::layout::element_count(&new_sizes)?;
        Ok(self.alias(Layout::derived(new_sizes, strides, self.layout().offset())))
    }

    /// Dimensions `start` to `end` merged into one.
    ///
    /// # Errors
    /// `RuntimeError` if start comes after end; `IndexError` outside the dimensions.
    pub fn flatten(&self, start: i64, end: i64) -> Result<Tensor> {
        let from = wrap_dim("flatten", start, self.dim())?;
        let to = wrap_dim("flatten", end, self.dim())?;
        if from > to {
            return Err(Error::runtime(
                "flatten",
                "flatten() has invalid args: start_dim cannot come after end_dim",
            ));
        }
        if self.dim() == 0 {
            return self.reshape_to(&[1]);
        }
        if from == to {
            return Ok(self.clone());
        }
        let mut sizes = self.sizes()[..from].to_vec();
        sizes.push(self.sizes()[from..=to].iter().product());
        sizes.extend_from_slice(&self.sizes()[to + 1..]);
        self.reshape_to(&sizes)
    }

    /// Pieces of `size` entries along a dimension, the last one smaller.
    ///
    /// # Errors
    /// `RuntimeError` for a negative size, or 0 on a dimension that is not empty.
    pub fn split(&self, size: i64, dim: i64) -> Result<Vec<Tensor>> {
        if self.dim() == 0 {
            return Err(Error::runtime("split", "split expects at least a 1-dimensional tensor"));
        }
        if size < 0 {
            return Err(Error::runtime(
                "split",
                format!("split expects split_size be non-negative, but got split_size={size}"),
            ));
        }
        let d = wrap_dim("split", dim, self.dim())?;
        let total = self.sizes()[d];
        if size == 0 && total != 0 {
            return Err(Error::runtime(
                "split",
                format!("split_size can only be 0 if dimension size is 0, but got dimension size of {total}"),
            ));
        }
        let step = (size as usize).max(1);
        let pieces = total.div_ceil(step).max(1);
        Ok((0..pieces).map(|i| self.narrowed(d, i * step, step.min(total - i * step))).collect())
    }

    /// Pieces of the given sizes along a dimension.
    ///
    /// # Errors
    /// `RuntimeError` unless the sizes are not negative and add up to the dimension.
    pub fn split_with_sizes(&self, sizes: &[i64], dim: i64) -> Result<Vec<Tensor>> {
        if self.dim() == 0 {
            return Err(Error::runtime("split_with_sizes", "split expects at least a 1-dimensional tensor"));
        }
        let d = wrap_dim("split_with_sizes", dim, self.dim())?;
        let total = self.sizes()[d];
        let sum = sizes.iter().try_fold(0i64, |sum, &s| (s >= 0).then(|| sum.checked_add(s)).flatten());
        if sizes.iter().any(|&s| s < 0) {
            return Err(Error::runtime(
                "split_with_sizes",
                format!(
                    "split_with_sizes expects split_sizes have only non-negative entries, but got split_sizes={sizes:?}"
                ),
            ));
        }
        if sum != Some(total as i64) {
            return Err(Error::runtime(
                "split_with_sizes",
                format!(
                    "split_with_sizes expects split_sizes to sum exactly to {total} (input tensor's size at dimension \
                     {d}), but got split_sizes={sizes:?}"
                ),
            )
            .shapes(&[self.sizes()]));
        }
        let mut start = 0;
        Ok(sizes
            .iter()
            .map(|&s| {
                let piece = self.narrowed(d, start, s as usize);
                start += s as usize;
                piece
            })
            .collect())
    }

    /// At most `chunks` pieces of equal size along a dimension, the last one smaller.
    ///
    /// # Errors
    /// `RuntimeError` for a count that is not positive.
    pub fn chunk(&self, chunks: i64, dim: i64) -> Result<Vec<Tensor>> {
        if self.dim() == 0 {
            return Err(Error::runtime("chunk", "chunk expects at least a 1-dimensional tensor"));
        }
        if chunks <= 0 {
            return Err(Error::runtime(
                "chunk",
                format!("chunk expects `chunks` to be greater than 0, got: {chunks}"),
            ));
        }
        let d = wrap_dim("chunk", dim, self.dim())?;
        let total = self.sizes()[d];
        if total == 0 {
            return Ok((0..chunks.min(1 << 20)).map(|_| self.narrowed(d, 0, 0)).collect());
        }
        self.split(total.div_ceil(chunks as usize) as i64, dim)
    }

    /// The entries of a dimension, one tensor each.
    ///
    /// # Errors
    /// `RuntimeError` for a 0-dim tensor; `IndexError` outside the dimensions.
    pub fn unbind(&self, dim: i64) -> Result<Vec<Tensor>> {
        if self.dim() == 0 {
            return Err(Error::index("unbind", "Dimension specified as 0 but tensor has no dimensions"));
        }
        let d = wrap_dim("unbind", dim, self.dim())?;
        (0..self.sizes()[d] as i64).map(|i| self.select(d as i64, i)).collect()
    }
}

/// PyTorch's name of a tensor's type in error texts, `torch.FloatTensor`.
pub fn type_text(tensor: &Tensor) -> String {
    format!("torch.{}Tensor", tensor.dtype().scalar_name())
}
