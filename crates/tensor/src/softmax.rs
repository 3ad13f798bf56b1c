//! Softmax and its logarithm.

use crate::arithmetic::kernel_missing;
use crate::element::{Float, Number, with_float};
use crate::layout::wrap_dim;
use crate::reduce::tree_sum;
use crate::{DType, Result, Tensor};

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
        with_float!(t.dtype(), T => t.along(operator, d, |row: &[T], out: &mut Vec<T>| {
            let max = row.iter().copied().fold(T::of(f64::NEG_INFINITY), T::larger);
            let from = out.len();
            out.extend(row.iter().map(|x| x.minus(max).exponential()));
            let total = tree_sum(&out[from..], |e| e);
            if log {
                let shift = T::of(libm::log(total.wide()));
                out.truncate(from);
                out.extend(row.iter().map(|x| x.minus(max).minus(shift)));
            } else {
                out[from..].iter_mut().for_each(|e| *e = e.over(total));
            }
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
