//! Rows brought to mean 0 and variance 1, then scaled and shifted, in one pass over the memory.

use crate::element::{Float, with_float};
use crate::layout::element_count;
use crate::matmul::same_dtype;
use crate::reduce::{Deviation, tree_sum};
use crate::spread::{each_task, piece_len};
use crate::storage::filled;
use crate::vectors::{Loop, widest};
use crate::{Error, Result, Tensor};

const OP: &str = "native_layer_norm";

/// Some rows: their results, means and factors.
struct Rows<'a, T> {
    rows: &'a [T],
    len: usize,
    weight: Option<&'a [T]>,
    bias: Option<&'a [T]>,
    eps: T,
    out: &'a mut [T],
    means: &'a mut [T],
    factors: &'a mut [T],
}

impl<T: Float> Loop for Rows<'_, T> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let count = T::of(self.len as f64);
        let rows = self.rows.chunks_exact(self.len).zip(self.out.chunks_exact_mut(self.len));
        let moments = self.means.iter_mut().zip(self.factors);
        for ((row, out), (mean, factor)) in rows.zip(moments) {
            *mean = tree_sum(row, |x| x).over(count);
            let centre = tree_sum(row, T::wide) / self.len as f64;
            let squares = tree_sum(row, Deviation { mean: centre });
            *factor = T::ONE.over(T::of(squares / self.len as f64).plus(self.eps).root());
            let (shift, scale) = (*mean, *factor);
            let normal = |x: T| x.minus(shift).times(scale);
            let each = out.iter_mut().zip(row);
            match (self.weight, self.bias) {
                (Some(w), Some(b)) => {
                    each.zip(w.iter().zip(b)).for_each(|((y, &x), (&w, &b))| *y = normal(x).times(w).plus(b));
                }
                (Some(w), None) => each.zip(w).for_each(|((y, &x), &w)| *y = normal(x).times(w)),
                (None, Some(b)) => each.zip(b).for_each(|((y, &x), &b)| *y = normal(x).plus(b)),
                (None, None) => each.for_each(|(y, &x)| *y = normal(x)),
            }
        }
    }
}

impl Tensor {
    /// `(x - mean) / √(var + eps)` over the last `dims` dimensions, times `weight` and plus `bias` of their sizes. Gives the
    /// result, and the means and factors with those dimensions of size 1.
    ///
    /// # Errors
    /// `RuntimeError` unless all have one float dtype and fitting sizes.
    pub fn normalize_rows(
        &self,
        dims: usize,
        [weight, bias]: [Option<&Tensor>; 2],
        eps: f64,
    ) -> Result<[Tensor; 3]> {
        let outer = self.dim().checked_sub(dims).map_or(&[][..], |outer| &self.sizes()[..outer]);
        let inner = &self.sizes()[outer.len()..];
        for t in [weight, bias].into_iter().flatten() {
            same_dtype(OP, self, t)?;
            if t.sizes() != inner {
                let text = "scale and shift need the sizes that are normalised";
                return Err(Error::runtime(OP, text).shapes(&[t.sizes(), inner]));
            }
        }
        let (count, len) = (element_count(outer)?, element_count(inner)?);
        let moments = [outer, &vec![1; inner.len()]].concat();
        let x = self.contiguous()?;
        let apart = |t: Option<&Tensor>| t.map(|t| t.apart_from(&x)?.contiguous()).transpose();
        let (weight, bias) = (apart(weight)?, apart(bias)?);
        let bias = bias.map(|b| weight.as_ref().map_or(Ok(b.clone()), |w| b.apart_from(w))).transpose()?;
        with_float!(self.dtype(), T => {
            let mut out = filled(OP, count * len, T::default())?;
            let mut means = filled(OP, count, T::of(f64::NAN))?;
            let mut factors = filled(OP, count, T::of(f64::NAN))?;
            let rows = x.read::<T>()?;
            let rows: &[T] = &rows;
            let w = weight.as_ref().map(Tensor::read::<T>).transpose()?;
            let b = bias.as_ref().map(Tensor::read::<T>).transpose()?;
            let (w, b) = (w.as_deref(), b.as_deref());
            if len > 0 && count > 0 {
                let size = piece_len().div_ceil(len);
                let moments = means.chunks_mut(size).zip(factors.chunks_mut(size));
                let tasks: Vec<_> = out.chunks_mut(size * len).zip(moments).enumerate().collect();
                each_task(tasks.into_iter(), |(number, (out, (means, factors)))| {
                    let rows = &rows[number * size * len..][..out.len()];
                    widest(Rows { rows, len, weight: w, bias: b, eps: T::of(eps), out, means, factors });
                    Ok(())
                })?;
            }
            Ok([
                Tensor::from_rows(out, self.sizes()),
                Tensor::from_rows(means, &moments),
                Tensor::from_rows(factors, &moments),
            ])
        }, else => Err(Error::runtime(OP, "expected a float dtype").dtypes(&[self.dtype()])))
    }
}
