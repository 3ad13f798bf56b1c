//! Tensors from nothing but numbers.

use crate::element::{Element, with_element};
use crate::layout::element_count;
use crate::storage::{filled, reserve};
use crate::{DType, Error, Result, Scalar, Tensor};

/// Sizes without negative numbers.
pub(crate) fn check_sizes(operator: &'static str, sizes: &[i64]) -> Result<Vec<usize>> {
    sizes
        .iter()
        .map(|&s| {
            usize::try_from(s).map_err(|_| {
                Error::runtime(
                    operator,
                    format!("Trying to create tensor with negative dimension {s}: {sizes:?}"),
                )
                .expected("sizes of at least 0")
                .found(s.to_string())
            })
        })
        .collect()
}

impl Tensor {
    /// Every element the same number; without a dtype, the number's default one.
    ///
    /// # Errors
    /// `RuntimeError` for a negative size or too many elements.
    pub fn full(sizes: &[i64], value: Scalar, dtype: Option<DType>) -> Result<Tensor> {
        let sizes = check_sizes("full", sizes)?;
        let count = element_count(&sizes)?;
        let value = value.check_fits("full", dtype.unwrap_or(value.default_dtype()))?;
        with_element!(dtype.unwrap_or(value.default_dtype()), T => {
            Tensor::from_vec(filled("full", count, T::from_scalar(value))?, &sizes)
        })
    }

    /// Zeros.
    ///
    /// # Errors
    /// As [`Tensor::full`].
    pub fn zeros(sizes: &[i64], dtype: DType) -> Result<Tensor> {
        if let Some(odd) = sizes.iter().find(|&&s| s < 0) {
            return Err(
                Error::runtime("zeros", "zeros: Dimension size must be non-negative.").found(odd.to_string())
            );
        }
        Self::full(sizes, Scalar::Int(0), Some(dtype))
    }

    /// Ones.
    ///
    /// # Errors
    /// As [`Tensor::full`].
    pub fn ones(sizes: &[i64], dtype: DType) -> Result<Tensor> {
        Self::full(sizes, Scalar::Int(1), Some(dtype))
    }

    /// The same number in this tensor's sizes, dtype and memory order.
    ///
    /// # Errors
    /// `RuntimeError` when memory cannot be had.
    pub fn full_like(&self, value: Scalar) -> Result<Tensor> {
        with_element!(self.dtype(), T => {
            let fill = T::from_scalar(value);
            crate::pointwise::map::<T, T>("full_like", self, |_| fill)
        })
    }

    /// `start`, `start + step`, … below `end`; int64 if all three are integers, else float32.
    ///
    /// # Errors
    /// `RuntimeError` for a step of 0, or bounds that contradict its sign or are not finite.
    pub fn arange(start: Scalar, end: Scalar, step: Scalar, dtype: Option<DType>) -> Result<Tensor> {
        let parts = [start, end, step];
        let dtype = dtype.unwrap_or_else(|| {
            if parts.iter().any(|s| matches!(s, Scalar::Float(_))) { DType::F32 } else { DType::I64 }
        });
        let [first, last, stride] = parts.map(Scalar::to_f64);
        if stride == 0.0 {
            return Err(Error::runtime("arange", "step must be nonzero"));
        }
        if !first.is_finite() || !last.is_finite() {
            return Err(Error::runtime("arange", format!("unsupported range: {first} -> {last}")));
        }
        if (stride > 0.0 && first > last) || (stride < 0.0 && first < last) {
            return Err(Error::runtime("arange", "upper bound and lower bound inconsistent with step sign"));
        }
        let count = if dtype == DType::I64 && !parts.iter().any(|s| matches!(s, Scalar::Float(_))) {
            let [first, last, stride] = parts.map(|s| i128::from(s.to_i64()));
            if stride == 0 {
                return Err(Error::runtime("arange", "step must be nonzero"));
            }
            ((last - first + stride - stride.signum()) / stride) as f64
        } else {
            ((last - first) / stride).ceil()
        };
        if !(0.0..9.0e15).contains(&count) {
            return Err(Error::runtime("arange", "invalid size, possible overflow?"));
        }
        let count = element_count(&[count as usize])?;
        with_element!(dtype, T => {
            let mut values = reserve("arange", count)?;
            if dtype.is_integral() {
                let (first, stride) = (start.to_i64(), step.to_i64());
                values.extend((0..count as i64).map(|i| {
                    T::from_scalar(Scalar::Int(first.wrapping_add(i.wrapping_mul(stride))))
                }));
            } else {
                values.extend((0..count).map(|i| T::from_scalar(Scalar::Float(first + stride * i as f64))));
            }
            Tensor::from_vec(values, &[count])
        })
    }

    /// `steps` numbers from `start` to `end`, both included, symmetric about the middle; float32 by default.
    ///
    /// # Errors
    /// `RuntimeError` for a negative count.
    pub fn linspace(start: f64, end: f64, steps: i64, dtype: Option<DType>) -> Result<Tensor> {
        let count = usize::try_from(steps)
            .map_err(|_| Error::runtime("linspace", "number of steps must be non-negative"))?;
        element_count(&[count])?;
        let dtype = dtype.unwrap_or(DType::F32);
        // The ends of integers are cut; what lies between is counted in double and cut.
        let [start, end] = if dtype.is_float() { [start, end] } else { [start.trunc(), end.trunc()] };
        let at = |i: usize, step: f64, round: &dyn Fn(f64) -> f64| {
            if i < count / 2 {
                round(start + round(step * i as f64))
            } else {
                round(end - round(step * (count - i - 1) as f64))
            }
        };
        let narrow = |x: f64| f64::from(x as f32);
        match dtype {
            DType::F32 => {
                let step =
                    if count > 1 { narrow((narrow(end) - narrow(start)) / (count - 1) as f64) } else { 0.0 };
                let mut values = reserve("linspace", count)?;
                values.extend(
                    (0..count).map(|i| if count == 1 { start as f32 } else { at(i, step, &narrow) as f32 }),
                );
                Tensor::from_vec(values, &[count])
            }
            DType::F64 => {
                let step = if count > 1 { (end - start) / (count - 1) as f64 } else { 0.0 };
                let mut values = reserve("linspace", count)?;
                values.extend((0..count).map(|i| if count == 1 { start } else { at(i, step, &|x| x) }));
                Tensor::from_vec(values, &[count])
            }
            other => {
                let step = if count > 1 { (end - start) / (count - 1) as f64 } else { 0.0 };
                let mut values = reserve("linspace", count)?;
                values
                    .extend((0..count).map(|i| if count == 1 { start } else { at(i, step, &|x| x) }.trunc()));
                Tensor::from_vec(values, &[count])?.to_dtype(other)
            }
        }
    }

    /// Ones on the diagonal of an `n` by `m` matrix.
    ///
    /// # Errors
    /// `RuntimeError` for a negative size.
    pub fn eye(n: i64, m: i64, dtype: DType) -> Result<Tensor> {
        for (size, name) in [(n, "n"), (m, "m")] {
            if size < 0 {
                return Err(Error::runtime(
                    "eye",
                    format!("{name} must be greater or equal to 0, got {size}"),
                ));
            }
        }
        let sizes = check_sizes("eye", &[n, m])?;
        let count = element_count(&sizes)?;
        with_element!(dtype, T => {
            let mut values = filled("eye", count, T::from_scalar(Scalar::Int(0)))?;
            for i in 0..sizes[0].min(sizes[1]) {
                values[i * sizes[1] + i] = T::from_scalar(Scalar::Int(1));
            }
            Tensor::from_vec(values, &sizes)
        })
    }
}
