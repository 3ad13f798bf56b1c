//! Joining tensors along an existing or a new dimension.

use crate::element::with_element;
use crate::layout::{element_count, wrap_dim};
use crate::storage::reserve;
use crate::{Error, MemoryFormat, Result, ResultType, Tensor};

/// The format in which all lie; row-major where they differ.
fn common_format(tensors: &[Tensor]) -> MemoryFormat {
    let mut formats = tensors.iter().map(MemoryFormat::suggested);
    let first = formats.next().unwrap_or(MemoryFormat::Contiguous);
    if formats.all(|format| format == first) { first } else { MemoryFormat::Contiguous }
}

impl Tensor {
    /// Tensors one after another along a dimension, in their common dtype. Empty vectors are skipped, as in
    /// PyTorch.
    ///
    /// # Errors
    /// `ValueError` without tensors; `RuntimeError` if other sizes differ; `IndexError` outside the dimensions.
    pub fn cat(tensors: &[Tensor], dim: i64) -> Result<Tensor> {
        let Some(first) = tensors.first() else {
            return Err(Error::value("cat", "torch.cat(): expected a non-empty list of Tensors"));
        };
        if let Some(at) = tensors.iter().position(|t| t.dim() == 0) {
            return Err(Error::runtime(
                "cat",
                format!("zero-dimensional tensor (at position {at}) cannot be concatenated"),
            ));
        }
        let dtype =
            tensors.iter().fold(ResultType::new(), |types, t| types.tensor(t.dtype(), t.dim())).finish();
        let is_skipped = |t: &&Tensor| t.dim() == 1 && t.numel() == 0;
        let shown: Vec<(usize, &Tensor)> =
            tensors.iter().enumerate().filter(|(_, t)| !is_skipped(t)).collect();
        let Some(&(_, model)) = shown.first() else {
            wrap_dim("cat", dim, first.dim())?;
            return first.to_dtype(dtype)?.copy();
        };
        let d = wrap_dim("cat", dim, model.dim())?;
        let mut total = 0;
        for &(at, t) in &shown {
            if t.dim() != model.dim() {
                return Err(Error::runtime(
                    "cat",
                    format!(
                        "Tensors must have same number of dimensions: got {} and {}",
                        model.dim(),
                        t.dim()
                    ),
                )
                .shapes(&[model.sizes(), t.sizes()]));
            }
            for (axis, (&expected, &found)) in model.sizes().iter().zip(t.sizes()).enumerate() {
                if axis != d && expected != found {
                    return Err(Error::runtime(
                        "cat",
                        format!(
                            "Sizes of tensors must match except in dimension {d}. Expected size {expected} but got \
                             size {found} for tensor number {at} in the list."
                        ),
                    )
                    .shapes(&[model.sizes(), t.sizes()])
                    .expected(expected.to_string())
                    .found(found.to_string()));
                }
            }
            total += t.sizes()[d];
        }
        let mut sizes = model.sizes().to_vec();
        sizes[d] = total;
        let count = element_count(&sizes)?;
        let outer: usize = sizes[..d].iter().product();
        let inner: usize = sizes[d + 1..].iter().product();
        with_element!(dtype, T => {
            let parts: Vec<(Vec<T>, usize)> = shown
                .iter()
                .map(|(_, t)| Ok((t.to_dtype(dtype)?.to_vec::<T>()?, t.sizes()[d] * inner)))
                .collect::<Result<_>>()?;
            let mut values = reserve("cat", count)?;
            for i in 0..outer {
                for (part, len) in &parts {
                    values.extend_from_slice(&part[i * len..(i + 1) * len]);
                }
            }
            let format = common_format(tensors);
            Tensor::from_vec(values, &sizes)?.contiguous_in(format)
        })
    }

    /// Tensors of equal sizes along a new dimension.
    ///
    /// # Errors
    /// `RuntimeError` without tensors or if sizes differ; `IndexError` outside the dimensions.
    pub fn stack(tensors: &[Tensor], dim: i64) -> Result<Tensor> {
        let Some(first) = tensors.first() else {
            return Err(Error::runtime("stack", "stack expects a non-empty TensorList"));
        };
        wrap_dim("stack", dim, first.dim() + 1)?;
        if let Some((at, odd)) = tensors.iter().enumerate().find(|(_, t)| t.sizes() != first.sizes()) {
            return Err(Error::runtime(
                "stack",
                format!(
                    "stack expects each tensor to be equal size, but got {:?} at entry 0 and {:?} at entry {at}",
                    first.sizes(),
                    odd.sizes()
                ),
            )
            .shapes(&[first.sizes(), odd.sizes()]));
        }
        let raised: Vec<Tensor> = tensors.iter().map(|t| t.unsqueeze(dim)).collect::<Result<_>>()?;
        Tensor::cat(&raised, dim)
    }
}
