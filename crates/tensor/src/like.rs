//! New tensors in the sizes of others or in strides of their own, and sequences between two numbers.

use crate::create::check_sizes;
use crate::element::{Element, with_element};
use crate::layout::element_count;
use crate::storage::{filled, reserve};
use crate::{DType, Error, Layout, MemoryFormat, Result, Scalar, Tensor, contiguous_strides};

/// What memory that nobody wrote holds: NaN, the largest integer, true. PyTorch fills likewise in its deterministic mode.
fn unwritten(dtype: DType) -> Scalar {
    match dtype {
        DType::Bool => Scalar::Bool(true),
        DType::U8 => Scalar::Int(i64::from(u8::MAX)),
        DType::I8 => Scalar::Int(i64::from(i8::MAX)),
        DType::I16 => Scalar::Int(i64::from(i16::MAX)),
        DType::I32 => Scalar::Int(i64::from(i32::MAX)),
        DType::I64 => Scalar::Int(i64::MAX),
        DType::F32 | DType::F64 => Scalar::Float(f64::NAN),
    }
}

impl Tensor {
    /// A number in this tensor's sizes, with a dtype and a memory format of its own choice.
    ///
    /// # Errors
    /// `RuntimeError` for a number that the dtype does not hold, or a format of another number of dimensions.
    pub fn filled_like(
        &self,
        value: Scalar,
        dtype: Option<DType>,
        format: Option<MemoryFormat>,
    ) -> Result<Tensor> {
        let strides = format.unwrap_or(MemoryFormat::Preserve).strides(self)?;
        let dtype = dtype.unwrap_or(self.dtype());
        let value = value.check_fits("full", dtype)?;
        with_element!(dtype, T => {
            let values = filled("full", self.numel(), T::from_scalar(value))?;
            Ok(Tensor::from_parts(values, self.sizes().to_vec(), strides))
        })
    }

    /// Memory that nobody wrote in this tensor's sizes.
    ///
    /// # Errors
    /// As [`Tensor::filled_like`].
    pub fn empty_like(&self, dtype: Option<DType>, format: Option<MemoryFormat>) -> Result<Tensor> {
        self.filled_like(unwritten(dtype.unwrap_or(self.dtype())), dtype, format)
    }

    /// Memory that nobody wrote, row-major or in a format.
    ///
    /// # Errors
    /// `RuntimeError` for a negative size or a format of another number of dimensions.
    pub fn empty(sizes: &[i64], dtype: DType, format: Option<MemoryFormat>) -> Result<Tensor> {
        let flat = Self::full(sizes, unwritten(dtype), Some(dtype))?;
        match format {
            None | Some(MemoryFormat::Contiguous) => Ok(flat),
            Some(format) => flat.empty_like(None, Some(format)),
        }
    }

    /// Memory that nobody wrote, under these strides.
    ///
    /// # Errors
    /// `RuntimeError` for negative numbers, or lists of two lengths.
    pub fn empty_strided(sizes: &[i64], strides: &[i64], dtype: DType) -> Result<Tensor> {
        if sizes.len() != strides.len() {
            let text = format!(
                "dimensionality of sizes ({}) must match dimensionality of strides ({})",
                sizes.len(),
                strides.len()
            );
            return Err(Error::runtime("empty_strided", text));
        }
        let lengths = check_sizes("empty_strided", sizes)?;
        let mut steps = Vec::with_capacity(strides.len());
        for &stride in strides {
            steps.push(usize::try_from(stride).map_err(|_| {
                let text = format!(
                    "as_strided: Negative strides are not supported at the moment, got strides: {strides:?}"
                );
                Error::runtime("empty_strided", text)
            })?);
        }
        let mut span = usize::from(!lengths.contains(&0));
        for (&size, &step) in lengths.iter().zip(&steps) {
            let reach = step.checked_mul(size.saturating_sub(1)).and_then(|reach| reach.checked_add(span));
            span = reach
                .ok_or_else(|| Error::runtime("empty_strided", "Storage size calculation overflowed"))?;
        }
        let count = if lengths.contains(&0) { 0 } else { element_count(&[span])? };
        let flat = Self::full(&[count as i64], unwritten(dtype), Some(dtype))?;
        Ok(flat.alias(Layout::strided(&lengths, &steps, 0, count)?))
    }

    /// Memory that nobody wrote whose dimensions lie in the given order, outermost first.
    ///
    /// # Errors
    /// `RuntimeError` unless the order names each dimension once.
    pub fn empty_permuted(sizes: &[i64], order: &[i64], dtype: DType) -> Result<Tensor> {
        if sizes.len() != order.len() {
            let text = format!(
                "Number of dimensions in size does not match the length of the physical_layout; i.e. len(size) = {} is \
                 not equal to len(physical_layout) = {}",
                sizes.len(),
                order.len()
            );
            return Err(Error::runtime("empty_permuted", text));
        }
        let lengths = check_sizes("empty_permuted", sizes)?;
        let mut physical = Vec::with_capacity(order.len());
        for (at, &dim) in order.iter().enumerate() {
            let inside = usize::try_from(dim).ok().filter(|&d| d < lengths.len());
            let d = inside.ok_or_else(|| {
                let text = format!(
                    "Dimension out of range (expected to be between 0 and {}, but got {dim} at index {at}).  NB: \
                     negative dims not currently supported; file an issue if you want it.",
                    lengths.len() as i64 - 1
                );
                Error::runtime("empty_permuted", text)
            })?;
            if physical.contains(&d) {
                return Err(
                    Error::runtime("empty_permuted", "Duplicate dim not allowed").found(dim.to_string())
                );
            }
            physical.push(d);
        }
        let inner: Vec<usize> = physical.iter().filter_map(|&d| lengths.get(d).copied()).collect();
        let mut strides = vec![1; lengths.len()];
        for (&d, step) in physical.iter().zip(contiguous_strides(&inner)) {
            strides[d] = step;
        }
        let flat = Self::full(sizes, unwritten(dtype), Some(dtype))?;
        Ok(flat.alias(Layout::strided(&lengths, &strides, 0, flat.numel())?))
    }

    /// `steps` powers of `base`, their exponents spaced as by [`Tensor::linspace`].
    ///
    /// # Errors
    /// `RuntimeError` for a negative count.
    pub fn logspace(start: f64, end: f64, steps: i64, base: f64, dtype: Option<DType>) -> Result<Tensor> {
        let dtype = dtype.unwrap_or(DType::F32);
        // The ends of integers are cut before, and the powers after.
        let [start, end] = if dtype.is_float() { [start, end] } else { [start.trunc(), end.trunc()] };
        let count = usize::try_from(steps)
            .map_err(|_| Error::runtime("logspace", "number of steps must be non-negative"))?;
        element_count(&[count])?;
        let step = if count > 1 { (end - start) / (count - 1) as f64 } else { 0.0 };
        let mut values = reserve("logspace", count)?;
        values.extend((0..count).map(|i| {
            let exponent = if count == 1 || i < count / 2 {
                start + step * i as f64
            } else {
                end - step * (count - i - 1) as f64
            };
            libm::pow(base, exponent)
        }));
        Tensor::from_vec(values, &[count])?.to_dtype(dtype)
    }
}
