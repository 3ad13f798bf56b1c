//! Softmax and its logarithm.

use crate::arithmetic::kernel_missing;
use crate::element::{Float, with_float};
use crate::layout::wrap_dim;
use crate::reduce::tree_sum;
use crate::spread::Piece;
use crate::vectors::{Loop, Step, widest};
use crate::{DType, Result, Tensor};

/// The largest element, NaN if there is one.
#[inline(always)]
pub(crate) fn largest<T: Float>(row: &[T]) -> T {
    let mut lanes = [T::of(f64::NEG_INFINITY); 16];
    let mut chunks = row.chunks_exact(lanes.len());
    for chunk in &mut chunks {
        for (lane, &x) in lanes.iter_mut().zip(chunk) {
            // Once NaN, a lane stays so.
            *lane = if (x > *lane) | x.is_nan() { x } else { *lane };
        }
    }
    let last = chunks.remainder().iter().copied();
    lanes.into_iter().chain(last).fold(T::of(f64::NEG_INFINITY), T::larger)
}

/// e to the power of what lies above the largest.
struct Power<T> {
    max: T,
}

impl<T: Float> Step<T, T> for Power<T> {
    #[inline(always)]
    fn of(&self, value: T) -> T {
        value.minus(self.max).exponential()
    }
}

struct Softmax<'a, 'b, T> {
    rows: &'a [T],
    len: usize,
    out: &'a mut Piece<'b, T>,
    log: bool,
}

impl<T: Float> Loop for Softmax<'_, '_, T> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        for row in self.rows.chunks_exact(self.len) {
            if !self.out.has_room() {
                return;
            }
            let max = largest(row);
            if self.log {
                let total = tree_sum(row, Power { max });
                let shift = T::of(libm::log(total.wide()));
                self.out.map(row, &|x: T| x.minus(max).minus(shift));
            } else {
                let powers = self.out.map(row, &Power { max });
                let total = tree_sum(powers, |e| e);
                powers.iter_mut().for_each(|e| *e = e.over(total));
            }
        }
    }
}

impl Tensor {
    fn softmax_rows(
        &self,
        operator: &'static str,
        dim: i64,
        dtype: Option<DType>,
        log: bool,
    ) -> Result<Tensor> {
        let t = self.to_dtype(dtype.unwrap_or(self.dtype()))?;
        let d = wrap_dim(operator, dim, t.dim())?;
        let kernel = match (log, d + 1 >= t.dim()) {
            (false, true) => "softmax_lastdim_kernel_impl",
            (false, false) => "softmax_kernel_impl",
            (true, true) => "log_softmax_lastdim_kernel_impl",
            (true, false) => "log_softmax_kernel_impl",
        };
        with_float!(t.dtype(), T => t.rows_along::<T>(operator, d, |rows, len, out| {
            widest(Softmax { rows, len, out, log });
        }), else => Err(kernel_missing(operator, kernel, t.dtype())))
    }

    /// e^x divided by its sum along a dimension.
    ///
    /// # Errors
    /// `NotImplementedError` for integers; `IndexError` outside the dimensions.
    pub fn softmax(&self, dim: i64, dtype: Option<DType>) -> Result<Tensor> {
        self.softmax_rows("softmax", dim, dtype, false)
    }

    /// Logarithm of [`Tensor::softmax`], accurate where it is small.
    ///
    /// # Errors
    /// As [`Tensor::softmax`].
    pub fn log_softmax(&self, dim: i64, dtype: Option<DType>) -> Result<Tensor> {
        self.softmax_rows("log_softmax", dim, dtype, true)
    }
}
