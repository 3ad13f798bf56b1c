//! Running products, extremes and log-sums along a dimension.

use crate::arithmetic::kernel_missing;
use crate::element::{Element, Float, Number, with_element, with_float, with_signed};
use crate::layout::wrap_dim;
use crate::{DType, Result, Tensor};

impl Tensor {
    /// Running products along a dimension; integers and bool give int64.
    ///
    /// # Errors
    /// `IndexError` outside the dimensions.
    pub fn cumprod(&self, dim: i64, dtype: Option<DType>) -> Result<Tensor> {
        let d = wrap_dim("cumprod", dim, self.dim())?;
        let dtype = dtype.unwrap_or(if self.dtype().is_float() { self.dtype() } else { DType::I64 });
        let t = self.to_dtype(dtype)?;
        with_float!(dtype, T => t.along("cumprod", d, |row: &[T], out: &mut Vec<T>| {
            // Accumulated in f64, as in PyTorch.
            let mut product = 1.0;
            out.extend(row.iter().map(|x| {
                product *= x.wide();
                T::of(product)
            }));
        }), else => with_signed!(dtype, T => t.along("cumprod", d, |row: &[T], out: &mut Vec<T>| {
            let mut product = T::ONE;
            out.extend(row.iter().map(|&x| {
                product = product.times(x);
                product
            }));
        }), else => Err(kernel_missing("cumprod", "cumprod_out_cpu", DType::Bool))))
    }

    fn running_extreme(&self, operator: &'static str, dim: i64, largest: bool) -> Result<(Tensor, Tensor)> {
        let d = wrap_dim(operator, dim, self.dim())?;
        with_element!(self.dtype(), T => {
            // The last of equal elements counts, and the last NaN.
            let places = |row: &[T], visit: &mut dyn FnMut(T, i64)| {
                let Some(&first) = row.first() else { return };
                let mut best = (first, 0);
                for (i, &x) in row.iter().enumerate() {
                    let better = if largest { x >= best.0 } else { x <= best.0 };
                    if x.is_nan() || (!best.0.is_nan() && better) {
                        best = (x, i as i64);
                    }
                    visit(best.0, best.1);
                }
            };
            let values = self.along(operator, d, |row: &[T], out: &mut Vec<T>| {
                places(row, &mut |value, _| out.push(value));
            })?;
            let indices = self.along(operator, d, |row: &[T], out: &mut Vec<i64>| {
                places(row, &mut |_, place| out.push(place));
            })?;
            Ok((values, indices))
        })
    }

    /// The largest element so far along a dimension, and its last position.
    ///
    /// # Errors
    /// `IndexError` outside the dimensions.
    pub fn cummax(&self, dim: i64) -> Result<(Tensor, Tensor)> {
        self.running_extreme("cummax", dim, true)
    }

    /// The smallest element so far along a dimension, and its last position.
    ///
    /// # Errors
    /// `IndexError` outside the dimensions.
    pub fn cummin(&self, dim: i64) -> Result<(Tensor, Tensor)> {
        self.running_extreme("cummin", dim, false)
    }

    /// log of the running sums of e^x along a dimension, without overflow.
    ///
    /// # Errors
    /// `NotImplementedError` for integers; `IndexError` outside the dimensions.
    pub fn logcumsumexp(&self, dim: i64) -> Result<Tensor> {
        let d = wrap_dim("logcumsumexp", dim, self.dim())?;
        with_float!(self.dtype(), T => self.along("logcumsumexp", d, |row: &[T], out: &mut Vec<T>| {
            let mut sum = f64::NEG_INFINITY;
            out.extend(row.iter().map(|x| {
                let x = x.wide();
                let (high, low) = if x > sum { (x, sum) } else { (sum, x) };
                sum = if high.is_infinite() && high == low { high } else { high + libm::log1p(libm::exp(low - high)) };
                T::of(sum)
            }));
        }), else => Err(kernel_missing("logcumsumexp", "logcumsumexp_out_cpu", self.dtype())))
    }
}
