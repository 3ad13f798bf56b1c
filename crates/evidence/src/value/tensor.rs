//! Views of a storage.

use super::{Cell, Column, Misfit};
use std::sync::Arc;

/// A tensor: `{"kind":"tensor","dtype","shape","strides","offset","requires_grad"}` with the storage either inline as
/// `"values":[cell...]` or, where several tensors share one, as `"storage":name` into the `storages` of a tree around
/// them. Strides and offset count elements of the storage; every element lies inside it.
///
/// Two tensors share a storage when they name the same one. What a name says is that the two alias, so equal
/// names must come with equal values.
#[derive(Clone, Debug, PartialEq)]
pub struct Tensor {
    shape: Vec<usize>,
    strides: Vec<usize>,
    offset: usize,
    storage: Option<String>,
    values: Arc<Column>,
    requires_grad: bool,
}

impl Tensor {
    /// A view. `values` is the whole storage, its dtype one of PyTorch's; `storage` is its name where others share it.
    pub fn new(
        values: Arc<Column>,
        shape: Vec<usize>,
        strides: Vec<usize>,
        offset: usize,
        storage: Option<String>,
        requires_grad: bool,
    ) -> Result<Self, Misfit> {
        if !values.dtype().is_torch() {
            return Err(Misfit::new(
                "dtype",
                "one of PyTorch's, such as torch.float32",
                values.dtype().name(),
            ));
        }
        if shape.len() != strides.len() {
            let found = format!("{} strides", strides.len());
            return Err(Misfit::new("strides", format!("one for each of {} dimensions", shape.len()), found));
        }
        let elements = shape.iter().try_fold(1usize, |n, size| n.checked_mul(*size));
        let last = shape.iter().zip(&strides).try_fold(offset, |last, (size, stride)| {
            last.checked_add(size.saturating_sub(1).checked_mul(*stride)?)
        });
        let length = values.len();
        // An expanded view may repeat elements, but nothing asks for more of them than a case can hold.
        match (elements, last) {
            (Some(0), _) => {}
            (Some(n), Some(last)) if last < length && n <= ELEMENTS_MAX => {}
            _ => {
                let found = format!("shape {shape:?}, strides {strides:?}, offset {offset}");
                return Err(Misfit::new("strides", format!("a view inside {length} elements"), found));
            }
        }
        Ok(Tensor { shape, strides, offset, storage, values, requires_grad })
    }

    /// A contiguous tensor with a storage of its own.
    pub fn contiguous(
        dtype: &str,
        shape: Vec<usize>,
        values: Vec<Cell>,
        requires_grad: bool,
    ) -> Result<Self, Misfit> {
        let strides = contiguous_strides(&shape);
        Tensor::new(Arc::new(Column::new(dtype, values)?), shape, strides, 0, None, requires_grad)
    }

    /// The dtype's spelling.
    pub fn dtype(&self) -> &str {
        self.values.dtype().name()
    }

    /// The size of each dimension.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// For each dimension, how far the next element is.
    pub fn strides(&self) -> &[usize] {
        &self.strides
    }

    /// Where the first element is.
    pub fn offset(&self) -> usize {
        self.offset
    }

    /// The name of the storage, where it is shared.
    pub fn storage(&self) -> Option<&str> {
        self.storage.as_deref()
    }

    /// The whole storage.
    pub fn storage_values(&self) -> &Arc<Column> {
        &self.values
    }

    /// Whether gradients are collected in it.
    pub fn requires_grad(&self) -> bool {
        self.requires_grad
    }

    /// How many elements the view has.
    pub fn len(&self) -> usize {
        self.shape.iter().product()
    }

    /// Whether it has no element.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The elements in row-major order.
    pub fn elements(&self) -> impl Iterator<Item = &Cell> {
        let storage = self.values.values();
        (0..self.len()).filter_map(move |element| {
            let mut rest = element;
            let mut at = self.offset;
            for (size, stride) in self.shape.iter().zip(&self.strides).rev() {
                at += rest % size * stride;
                rest /= size;
            }
            storage.get(at)
        })
    }

    /// The elements in row-major order as a column.
    pub fn flattened(&self) -> Column {
        Column::fitted(self.values.dtype().clone(), self.elements().cloned().collect())
    }
}

/// The most elements a view may have: those of the longest text, two bytes each.
const ELEMENTS_MAX: usize = crate::json::BYTES_MAX / 2;

/// Row-major strides. PyTorch counts a dimension of size 0 as one of size 1.
fn contiguous_strides(shape: &[usize]) -> Vec<usize> {
    let mut strides = vec![1usize; shape.len()];
    for position in (1..shape.len()).rev() {
        strides[position - 1] = strides[position].saturating_mul(shape[position].max(1));
    }
    strides
}
