//! Elements in another arrangement: each dimension's entries picked in some order, some of them several times.

use crate::element::with_element;
use crate::layout::{contiguous_strides, element_count, wrap_dim};
use crate::storage::reserve;
use crate::traverse::{memory_order, strides_in_order};
use crate::{DType, Error, Result, Tensor};

/// Storage positions of the outer product of a list of entries for each dimension, row-major.
pub(crate) fn outer_positions(
    operator: &'static str,
    offset: usize,
    strides: &[usize],
    entries: &[Vec<usize>],
) -> Result<Vec<usize>> {
    let sizes: Vec<usize> = entries.iter().map(Vec::len).collect();
    element_count(&sizes)?;
    let mut positions = vec![offset];
    for (entries, &stride) in entries.iter().zip(strides) {
        let mut finer = reserve(operator, positions.len() * entries.len())?;
        finer.extend(positions.iter().flat_map(|&at| entries.iter().map(move |&entry| at + entry * stride)));
        positions = finer;
    }
    Ok(positions)
}

impl Tensor {
    /// The entries of each dimension in the given order, row-major. Entries are inside their dimension.
    pub(crate) fn arranged(&self, operator: &'static str, entries: &[Vec<usize>]) -> Result<Tensor> {
        let positions = outer_positions(operator, self.layout().offset(), self.strides(), entries)?;
        let sizes: Vec<usize> = entries.iter().map(Vec::len).collect();
        with_element!(self.dtype(), T => {
            let source = self.read_storage::<T>()?;
            let mut values = reserve(operator, positions.len())?;
            values.extend(positions.iter().map(|&at| source[at]));
            Tensor::from_vec(values, &sizes)
        })
    }

    /// Each dimension's entries in order.
    fn identity(&self) -> Vec<Vec<usize>> {
        self.sizes().iter().map(|&size| (0..size).collect()).collect()
    }

    /// Strides of a new tensor that keeps this one's memory order: PyTorch's `preserve_format`.
    pub(crate) fn kept_strides(&self) -> Vec<usize> {
        if self.layout().is_dense() {
            return self.strides().to_vec();
        }
        strides_in_order(self.sizes(), &memory_order(self.sizes(), &[self.strides().to_vec()]))
    }

    /// This row-major result in the memory order of a tensor of the same sizes.
    pub(crate) fn in_order_of(self, model: &Tensor) -> Result<Tensor> {
        let strides = model.kept_strides();
        if strides == contiguous_strides(self.sizes()) { Ok(self) } else { self.copy_as(&strides) }
    }

    /// Dimensions in reverse.
    ///
    /// # Errors
    /// `IndexError` outside the dimensions; `RuntimeError` for one named twice.
    pub fn flip(&self, dims: &[i64]) -> Result<Tensor> {
        let mut entries = self.identity();
        let mut seen = vec![false; self.dim()];
        for &dim in dims {
            let d = wrap_dim("flip", dim, self.dim())?;
            let Some(flag) = seen.get_mut(d) else { continue };
            if std::mem::replace(flag, true) {
                return Err(Error::runtime(
                    "flip",
                    format!("dim {d} appears multiple times in the list of dims"),
                ));
            }
            entries[d].reverse();
        }
        self.arranged("flip", &entries)?.in_order_of(self)
    }

    /// Entries shifted along dimensions, those that leave coming in at the front; without dimensions, along the
    /// flattened tensor.
    ///
    /// # Errors
    /// `RuntimeError` unless there is one shift for each dimension; `IndexError` outside the dimensions.
    pub fn roll(&self, shifts: &[i64], dims: &[i64]) -> Result<Tensor> {
        if dims.is_empty() && shifts.len() == 1 {
            let flat = self.contiguous()?.reshape_to(&[self.numel()])?;
            return flat.roll(shifts, &[0])?.reshape_to(self.sizes());
        }
        if shifts.is_empty() {
            return Err(Error::runtime("roll", "`shifts` required"));
        }
        if shifts.len() != dims.len() {
            let text =
                format!("shifts and dimensions must align. shifts: {}, dims:{}", shifts.len(), dims.len());
            return Err(Error::runtime("roll", text));
        }
        let mut entries = self.identity();
        for (&shift, &dim) in shifts.iter().zip(dims) {
            let d = wrap_dim("roll", dim, self.dim())?;
            if self.dim() == 0 {
                let text = format!("Dimension specified as {dim} but tensor has no dimensions");
                return Err(Error::index("roll", text));
            }
            if let Some(list) = entries.get_mut(d)
                && !list.is_empty()
            {
                let by = shift.rem_euclid(list.len() as i64) as usize;
                list.rotate_right(by);
            }
        }
        self.arranged("roll", &entries)
    }

    /// Copies of the tensor side by side, so many along each dimension; missing dimensions come first.
    ///
    /// # Errors
    /// `RuntimeError` for fewer counts than dimensions, or a negative one.
    pub fn repeat(&self, counts: &[i64]) -> Result<Tensor> {
        let lead = counts.len().checked_sub(self.dim()).ok_or_else(|| {
            Error::runtime(
                "repeat",
                "Number of dimensions of repeat dims can not be smaller than number of dimensions of tensor",
            )
            .shapes(&[self.sizes()])
        })?;
        let mut raised = self.clone();
        for _ in 0..lead {
            raised = raised.unsqueeze(0)?;
        }
        let mut entries = Vec::with_capacity(counts.len());
        for (&count, &size) in counts.iter().zip(raised.sizes()) {
            let count = usize::try_from(count).map_err(|_| {
                Error::runtime(
                    "repeat",
                    format!(
                        "Trying to create tensor with negative dimension {}: {counts:?}",
                        count * size as i64
                    ),
                )
            })?;
            element_count(&[count, size])?;
            entries.push((0..count).flat_map(|_| 0..size).collect());
        }
        raised.arranged("repeat", &entries)
    }

    /// Each number as often as it says, counted from 0.
    ///
    /// # Errors
    /// `RuntimeError` unless the counts are a vector of integers that are not negative and have the sum expected.
    pub fn repeat_interleave(&self, output_size: Option<i64>) -> Result<Tensor> {
        let refuse = |text: &str| Err(Error::runtime("repeat_interleave", text).shapes(&[self.sizes()]));
        if self.dim() != 1 {
            return refuse("repeat_interleave only accept 1D vector as repeat");
        }
        if !matches!(self.dtype(), DType::I64 | DType::I32) {
            return refuse("repeats has to be Long or Int tensor");
        }
        let counts = self.to_vec_as::<i64>()?;
        if counts.iter().any(|&count| count < 0) {
            return refuse("repeats can not be negative");
        }
        let total = counts.iter().try_fold(0i64, |sum, &count| sum.checked_add(count)).unwrap_or(i64::MAX);
        if output_size.is_some_and(|wanted| wanted != total) {
            return refuse("allocated size does not match required size");
        }
        element_count(&[total as usize])?;
        let mut places = reserve("repeat_interleave", total as usize)?;
        for (at, &count) in counts.iter().enumerate() {
            places.extend(std::iter::repeat_n(at as i64, count as usize));
        }
        Tensor::from_vec(places, &[total as usize])?.to_dtype(self.dtype())
    }
}
