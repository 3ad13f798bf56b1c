//! Views under strides of the caller's own making: windows over a dimension, and any layout inside the storage.

use crate::layout::{Layout, wrap_dim};
use crate::{Error, Result, Tensor};

impl Tensor {
    /// Windows of `size` entries, `step` apart, as a last dimension. A view.
    ///
    /// # Errors
    /// `RuntimeError` for a size beyond the dimension or a step that is not positive; `IndexError` outside the
    /// dimensions.
    pub fn unfold(&self, dim: i64, size: i64, step: i64) -> Result<Tensor> {
        let d = wrap_dim("unfold", dim, self.dim())?;
        let room = self.sizes().get(d).copied().unwrap_or(1);
        let refuse = |text: String| Err(Error::runtime("unfold", text).shapes(&[self.sizes()]));
        if size < 0 {
            return refuse(format!("size is {size} but must be >= 0"));
        }
        if size > room as i64 {
            return refuse(format!("maximum size for tensor at dimension {d} is {room} but size is {size}"));
        }
        if step <= 0 {
            return refuse(format!("step is {step} but must be > 0"));
        }
        let (mut sizes, mut strides) = (self.sizes().to_vec(), self.strides().to_vec());
        let stride = strides.get(d).copied().unwrap_or(1);
        if let (Some(count), Some(apart)) = (sizes.get_mut(d), strides.get_mut(d)) {
            *count = (room - size as usize) / step as usize + 1;
            *apart = stride.saturating_mul(step as usize);
        }
        sizes.push(size as usize);
        strides.push(stride);
        Ok(self.alias(Layout::derived(sizes, strides, self.layout().offset())))
    }

    /// The same storage from the same offset on under other sizes, which may need fewer elements: `resize_`. Where there
    /// was no element at all, memory that nobody wrote.
    ///
    /// # Errors
    /// `NotImplementedError` if a storage would have to grow that has elements, since views of it would have to see it.
    pub fn resized(&self, sizes: &[usize], strides: &[usize]) -> Result<Tensor> {
        if let Ok(found) = self.as_strided(sizes, strides, self.layout().offset()) {
            return Ok(found);
        }
        if self.storage_len() == 0 {
            let signed = |numbers: &[usize]| numbers.iter().map(|&n| n as i64).collect::<Vec<_>>();
            return Tensor::empty_strided(&signed(sizes), &signed(strides), self.dtype());
        }
        let text = format!(
            "resize_: a storage of {} elements cannot grow to the sizes {sizes:?}; make a new tensor",
            self.storage_len()
        );
        Err(Error::not_implemented("resize_", text).shapes(&[self.sizes(), sizes]))
    }

    /// As [`Tensor::as_strided`] with signed numbers and this tensor's offset where none is given.
    ///
    /// # Errors
    /// `RuntimeError` for negative numbers or a layout that leaves the storage.
    pub fn restrided(&self, sizes: &[i64], strides: &[i64], offset: Option<i64>) -> Result<Tensor> {
        let refuse = |text: String| Err(Error::runtime("as_strided", text).shapes(&[self.sizes()]));
        if sizes.len() != strides.len() {
            return refuse("mismatch in length of strides and shape".into());
        }
        if strides.iter().any(|&s| s < 0) {
            return refuse(format!(
                "as_strided: Negative strides are not supported at the moment, got strides: {strides:?}"
            ));
        }
        let start = offset.unwrap_or(self.layout().offset() as i64);
        if start < 0 {
            return refuse(format!("Tensor: invalid storage offset {start}"));
        }
        let lengths = crate::create::check_sizes("as_strided", sizes)?;
        let steps: Vec<usize> = strides.iter().map(|&s| s as usize).collect();
        self.as_strided(&lengths, &steps, start as usize).map_err(|error| {
            let reach = lengths.iter().zip(&steps).fold(start as u128, |reach, (&size, &step)| {
                reach.saturating_add(size.saturating_sub(1) as u128 * step as u128)
            });
            let item = self.dtype().size_bytes() as u128;
            let text = format!(
                "setStorage: sizes {sizes:?}, strides {strides:?}, storage offset {start}, and itemsize {item} \
                 requiring a storage size of {} are out of bounds for storage of size {}",
                (reach + 1).saturating_mul(item),
                self.storage_len() as u128 * item
            );
            Error::runtime("as_strided", text).shapes(&[self.sizes()]).found(error.message())
        })
    }

    /// A copy in which `source` replaces what `view` sees.
    ///
    /// # Errors
    /// The view's; `RuntimeError` if `source` has other sizes than it.
    pub fn with_written(
        &self,
        operator: &'static str,
        source: &Tensor,
        view: impl Fn(&Tensor) -> Result<Tensor>,
    ) -> Result<Tensor> {
        let copy = self.copy()?;
        let slice = view(&copy)?;
        if slice.sizes() != source.sizes() {
            return Err(Error::runtime(
                operator,
                format!(
                    "expected src to have a size equal to the slice of self. src size = {:?}, slice size = {:?}",
                    source.sizes(),
                    slice.sizes()
                ),
            )
            .shapes(&[source.sizes(), slice.sizes()]));
        }
        slice.copy_(source)?;
        // The copy is new: nobody has seen it before this write.
        Ok(copy)
    }
}
