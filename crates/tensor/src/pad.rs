//! A number around a tensor.

use crate::{Error, Result, Scalar, Tensor};

impl Tensor {
    /// The elements with `value` before and behind the last dimensions: `pad` lists pairs of counts from the last
    /// dimension on. A negative count takes elements away.
    ///
    /// # Errors
    /// `RuntimeError` for an odd list, more pairs than dimensions, or a size that would not be positive.
    pub fn constant_pad(&self, pad: &[i64], value: Scalar) -> Result<Tensor> {
        const OP: &str = "constant_pad_nd";
        let (pairs, odd) = pad.as_chunks::<2>();
        if !odd.is_empty() {
            let text = format!("Length of pad must be even but instead it equals {}", pad.len());
            return Err(Error::runtime(OP, text));
        }
        let Some(lead) = self.dim().checked_sub(pairs.len()) else {
            let text = format!(
                "Length of pad should be no more than twice the number of dimensions of the input. Pad length is {} while \
                 the input has {} dimensions.",
                pad.len(),
                self.dim()
            );
            return Err(Error::runtime(OP, text).shapes(&[self.sizes()]));
        };
        let mut sizes: Vec<i64> = self.sizes().iter().map(|&size| size as i64).collect();
        let mut inside = self.clone();
        for (size, (dim, &[before, behind])) in
            sizes[lead..].iter_mut().rev().zip((0..self.dim()).rev().zip(pairs))
        {
            let (cut, kept) = ((-before).max(0), *size + before.min(0) + behind.min(0));
            let padded = *size + before + behind;
            if padded < 0 || kept < 0 {
                let text = format!(
                    "The input size {size}, plus negative padding {before} and {behind} resulted in a negative output size, \
                     which is invalid. Check dimension {dim} of your input."
                );
                return Err(Error::runtime(OP, text).shapes(&[self.sizes()]));
            }
            inside = inside.narrow(dim as i64, cut, kept)?;
            *size = padded;
        }
        let result = Tensor::full(&sizes, value, Some(self.dtype()))?.lay_as(self)?;
        let mut target = result.clone();
        for (dim, &[before, _]) in (lead..self.dim()).rev().zip(pairs) {
            target = target.narrow(dim as i64, before.max(0), inside.sizes()[dim] as i64)?;
        }
        target.copy_(&inside)?;
        Ok(result)
    }
}
