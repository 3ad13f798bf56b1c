//! Linear maps along single dimensions: averaging pools and interpolation are weighted sums of neighbouring positions,
//! one list of positions and weights for each position of the result. The gradient is the transposed map.

use crate::arithmetic::kernel_missing;
use crate::element::{Float, with_float};
use crate::layout::element_count;
use crate::spread::spread;
use crate::{Error, Result, Tensor};

/// For each position of the result, which positions of the input it sums and with which weights.
#[derive(Clone, Debug, PartialEq)]
pub struct Taps {
    input: usize,
    rows: Vec<Vec<(usize, f64)>>,
}

impl Taps {
    /// A map of `input` positions; each row lists positions and weights.
    ///
    /// # Errors
    /// `IndexError` for a position outside the input.
    pub fn new(input: usize, rows: Vec<Vec<(usize, f64)>>) -> Result<Taps> {
        match rows.iter().flatten().find(|(at, _)| *at >= input) {
            None => Ok(Taps { input, rows }),
            Some((at, _)) => {
                Err(Error::index("taps", format!("position {at} is outside a dimension of size {input}")))
            }
        }
    }

    /// Number of positions of the result.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether the result has no position.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The map that carries gradients of results back to inputs.
    pub fn transposed(&self) -> Taps {
        let mut rows = vec![Vec::new(); self.input];
        for (result, row) in self.rows.iter().enumerate() {
            for &(at, weight) in row {
                if let Some(back) = rows.get_mut(at) {
                    back.push((result, weight));
                }
            }
        }
        Taps { input: self.rows.len(), rows }
    }
}

impl Tensor {
    /// Applies one map after another, each along its dimension. Sums are taken in f64 in the order of the lists, and
    /// rounded once for each map.
    ///
    /// # Errors
    /// `NotImplementedError` for integers; `IndexError` for a dimension outside; `RuntimeError` if a dimension's size
    /// is not the map's.
    pub fn resample(&self, operator: &'static str, maps: &[(usize, Taps)]) -> Result<Tensor> {
        let mut result = self.packed()?;
        for (dim, taps) in maps {
            result = result.resample_dim(operator, *dim, taps)?;
        }
        Ok(result)
    }

    fn resample_dim(&self, operator: &'static str, dim: usize, taps: &Taps) -> Result<Tensor> {
        let mut sizes = self.sizes().to_vec();
        let Some(size) = sizes.get_mut(dim) else {
            return Err(Error::index(
                operator,
                format!("dimension {dim} is outside {} dimensions", self.dim()),
            ));
        };
        if *size != taps.input {
            let text = format!("a map of {} positions was given for a dimension of {size}", taps.input);
            return Err(Error::runtime(operator, text).shapes(&[self.sizes()]));
        }
        *size = taps.len();
        let inner = element_count(self.sizes().get(dim + 1..).unwrap_or_default())?;
        let count = element_count(&sizes)?;
        with_float!(self.dtype(), T => {
            let source = self.read::<T>()?;
            let source: &[T] = &source;
            let values = spread(operator, count, inner, |at, piece| {
                let mut sums = vec![0f64; inner];
                for row in at / inner..count / inner {
                    if !piece.has_room() {
                        break;
                    }
                    let (outer, position) = (row / taps.len(), row % taps.len());
                    sums.fill(0.0);
                    for &(from, weight) in &taps.rows[position] {
                        let start = (outer * taps.input + from) * inner;
                        for (sum, x) in sums.iter_mut().zip(&source[start..start + inner]) {
                            *sum += weight * x.wide();
                        }
                    }
                    piece.extend(sums.iter().map(|&sum| T::of(sum)));
                }
            })?;
            Ok(Tensor::from_rows(values, &sizes))
        }, else => Err(kernel_missing(operator, operator, self.dtype())))
    }
}
