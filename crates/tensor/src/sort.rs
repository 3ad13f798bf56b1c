//! Sorting along a dimension. NaN counts as the largest value; ties keep their order.

use std::cmp::Ordering;

use crate::arithmetic::kernel_missing;
use crate::element::{Element, with_element};
use crate::layout::wrap_dim;
use crate::{DType, Error, Result, Tensor, selection};

pub(crate) fn order<T: Element>(x: T, y: T) -> Ordering {
    x.partial_cmp(&y).unwrap_or_else(|| x.is_nan().cmp(&y.is_nan()))
}

/// Positions of a row's elements in sorted order.
pub(crate) fn sorted_places<T: Element>(row: &[T], descending: bool) -> Vec<usize> {
    let rank = |x: &T| if descending { !x.rank() } else { x.rank() };
    radix::order_by(&row.iter().map(rank).collect::<Vec<_>>())
}

/// Positions of the first `k` elements of a row in order: by a heap where they are few, else by selecting and then
/// sorting.
fn leading<T: Element>(row: &[T], k: usize, largest: bool) -> Vec<usize> {
    let mut places: Vec<usize> = (0..row.len()).collect();
    let before = |a: usize, b: usize| {
        if largest { order(row[a], row[b]).is_gt() } else { order(row[a], row[b]).is_lt() }
    };
    if k * 64 <= row.len() {
        selection::partial_sort(&mut places, k, &before);
    } else if k > 0 {
        selection::nth_element(&mut places, k - 1, &before);
        selection::sort(&mut places[..k - 1], &before);
    }
    places.truncate(k);
    places
}

impl Tensor {
    /// Values in order along a dimension, and where they came from (int64). Stable.
    ///
    /// # Errors
    /// `IndexError` outside the dimensions.
    pub fn sort(&self, dim: i64, descending: bool) -> Result<(Tensor, Tensor)> {
        let d = wrap_dim("sort", dim, self.dim())?;
        with_element!(self.dtype(), T => {
            let places = self.along("sort", d, |row: &[T], out: &mut Vec<i64>| {
                out.extend(sorted_places(row, descending).into_iter().map(|i| i as i64));
            })?;
            let values = if self.dim() == 0 { self.copy()? } else { self.gather(d as i64, &places)? };
            Ok((values.in_order_of(self)?, places.in_order_of(self)?))
        })
    }

    /// The positions of [`Tensor::sort`].
    ///
    /// # Errors
    /// As [`Tensor::sort`].
    pub fn argsort(&self, dim: i64, descending: bool) -> Result<Tensor> {
        Ok(self.sort(dim, descending)?.1)
    }

    /// The `k` largest or smallest values along a dimension, in order, and where they came from. Which of equal
    /// values are taken is what PyTorch's selection leaves.
    ///
    /// # Errors
    /// `RuntimeError` if `k` is negative or exceeds the dimension.
    pub fn topk(&self, k: i64, dim: i64, largest: bool) -> Result<(Tensor, Tensor)> {
        let d = wrap_dim("topk", dim, self.dim())?;
        let size = self.sizes().get(d).copied().unwrap_or(1);
        if k < 0 || k > size as i64 {
            return Err(Error::runtime("topk", "selected index k out of range")
                .shapes(&[self.sizes()])
                .expected(format!("[0, {size}]"))
                .found(k.to_string()));
        }
        if self.dtype() == DType::Bool {
            return Err(kernel_missing("topk", "topk_impl", DType::Bool));
        }
        with_element!(self.dtype(), T => {
            let places = self.along("topk", d, |row: &[T], out: &mut Vec<i64>| {
                out.extend(leading(row, k as usize, largest).into_iter().map(|place| place as i64));
            })?;
            let values = if self.dim() == 0 { self.copy()? } else { self.gather(d as i64, &places)? };
            Ok((values, places))
        })
    }
}
