//! Where values stand among others: sorted boundaries, membership, bins, distinct values.

use std::cmp::Ordering;

use crate::element::{Element, with_element};
use crate::layout::wrap_dim;
use crate::sort::order;
use crate::{DType, Error, Result, ResultType, Scalar, Tensor};

/// How [`Tensor::searchsorted`] answers.
#[derive(Clone, Copy, Debug, Default)]
pub struct Search {
    /// Positions after equal boundaries rather than before them.
    pub right: bool,
    /// int32 instead of int64.
    pub out_int32: bool,
}

impl Tensor {
    /// Where each of `values` would have to be inserted to keep the rows of this tensor sorted. Values have the
    /// boundaries' leading sizes, or the boundaries are one row for all. `sorter` gives the boundaries' order.
    ///
    /// # Errors
    /// `RuntimeError` for sizes or dtypes that do not fit.
    pub fn searchsorted(&self, values: &Tensor, search: Search, sorter: Option<&Tensor>) -> Result<Tensor> {
        let refuse =
            |text: String| Err(Error::runtime("searchsorted", text).shapes(&[self.sizes(), values.sizes()]));
        if self.dim() == 0 {
            return refuse("torch.searchsorted(): input value can be a scalar only when boundaries tensor dimension is 1".into());
        }
        if values.dim() == 0 && self.dim() != 1 {
            return refuse(format!(
                "torch.searchsorted(): boundaries tensor should be 1 dimension or the first N-1 dimensions of \
                 boundaries tensor and input value tensor must match, but we got boundaries tensor {:?} and input \
                 value tensor {:?}",
                self.sizes(),
                values.sizes()
            ));
        }
        let (lead, rest) = (&self.sizes()[..self.dim() - 1], values.sizes().split_last());
        if self.dim() > 1 && (values.dim() != self.dim() || rest.is_none_or(|(_, own)| own != lead)) {
            return refuse(format!(
                "torch.searchsorted(): boundaries tensor should be 1 dimension or the first N-1 dimensions of \
                 boundaries tensor and input value tensor must match, but we got boundaries tensor {:?} and input \
                 value tensor {:?}",
                self.sizes(),
                values.sizes()
            ));
        }
        if let Some(sorter) = sorter {
            if sorter.sizes() != self.sizes() {
                return refuse(format!(
                    "torch.searchsorted(): boundary and sorter must have the same size, but got boundary tensor {:?} \
                     and got sorter tensor {:?}",
                    self.sizes(),
                    sorter.sizes()
                ));
            }
            if sorter.dtype() != DType::I64 {
                return refuse(format!(
                    "torch.searchsorted(): sorter must be a tensor of long dtype but got dtype {}",
                    sorter.dtype().scalar_name()
                ));
            }
        }
        let types = ResultType::new().tensor(self.dtype(), self.dim()).tensor(values.dtype(), values.dim());
        let dtype = types.finish();
        if values.dim() > 0 && self.dtype() != values.dtype() {
            return refuse(format!(
                "torch.searchsorted(): input value tensor and boundary tensor should have same dtype, but got boundary \
                 tensor {} and input value tensor {}",
                self.dtype().scalar_name(),
                values.dtype().scalar_name()
            ));
        }
        let length = self.sizes().last().copied().unwrap_or(0);
        let sorter = sorter.map(Tensor::to_vec::<i64>).transpose()?;
        if sorter.iter().flatten().any(|&at| at < 0 || at >= length as i64) {
            return Err(Error::runtime("searchsorted", "torch.searchsorted(): sorter index out of range"));
        }
        let width =
            if self.dim() == 1 { values.numel() } else { values.sizes().last().copied().unwrap_or(1) };
        let found: Vec<i64> = with_element!(dtype, T => {
            let boundaries = self.to_dtype(dtype)?.to_vec::<T>()?;
            let values = values.to_dtype(dtype)?.to_vec::<T>()?;
            let place = |(at, x): (usize, &T)| {
                let row = if self.dim() == 1 { 0 } else { at / width.max(1) } * length;
                let boundary = |k: usize| match &sorter {
                    Some(sorter) => boundaries[row + sorter[row + k] as usize],
                    None => boundaries[row + k],
                };
                insertion(length, |k| is_before(boundary(k), *x, search.right)) as i64
            };
            values.iter().enumerate().map(place).collect()
        });
        let places = Tensor::from_vec(found, values.sizes())?;
        if search.out_int32 { places.to_dtype(DType::I32) } else { Ok(places) }
    }

    /// The number of the bin that each element falls into, given ascending boundaries in a vector.
    ///
    /// # Errors
    /// `RuntimeError` unless the boundaries are a vector.
    pub fn bucketize(&self, boundaries: &Tensor, search: Search) -> Result<Tensor> {
        if boundaries.dim() != 1 {
            let text = format!(
                "bucketize: boundaries tensor must be 1 dimension, but got dim({})",
                boundaries.dim()
            );
            return Err(Error::runtime("bucketize", text).shapes(&[boundaries.sizes()]));
        }
        boundaries.to_dtype(self.dtype().promote(boundaries.dtype()))?.searchsorted(
            &self.to_dtype(self.dtype().promote(boundaries.dtype()))?,
            search,
            None,
        )
    }

    /// Whether each element is among those of `test`, or is not.
    ///
    /// # Errors
    /// `RuntimeError` when memory cannot be had.
    pub fn isin(&self, test: &Tensor, invert: bool) -> Result<Tensor> {
        let dtype =
            ResultType::new().tensor(self.dtype(), self.dim()).tensor(test.dtype(), test.dim()).finish();
        with_element!(dtype, T => {
            let mut known = test.to_dtype(dtype)?.to_vec::<T>()?;
            // NaN is among nothing.
            known.retain(|x| !x.is_nan());
            known.sort_by(|&x, &y| order(x, y));
            let own = self.to_dtype(dtype)?.to_vec::<T>()?;
            let found = own.iter().map(|&x| known.binary_search_by(|&y| order(y, x)).is_ok() != invert);
            Tensor::from_vec(found.collect(), self.sizes())
        })
    }

    /// Positions of the elements that are not zero, in exactly `size` rows: cut off, or filled up.
    ///
    /// # Errors
    /// `RuntimeError` for a negative size.
    pub fn nonzero_static(&self, size: i64, fill: i64) -> Result<Tensor> {
        let rows = usize::try_from(size).map_err(|_| {
            Error::runtime("nonzero_static", "nonzero_static: 'size' must be an non-negative integer")
                .found(size.to_string())
        })?;
        crate::layout::element_count(&[rows, self.dim()])?;
        let mut places = self.nonzero()?.to_vec::<i64>()?;
        places.resize(rows * self.dim(), fill);
        Tensor::from_vec(places, &[rows, self.dim()])
    }
}

/// Whether a boundary lies before the place of a value.
fn is_before<T: Element>(boundary: T, value: T, right: bool) -> bool {
    match order(boundary, value) {
        Ordering::Less => true,
        Ordering::Equal => right,
        Ordering::Greater => false,
    }
}

/// The first of `length` places that is not before, by bisection.
fn insertion(length: usize, is_before: impl Fn(usize) -> bool) -> usize {
    let (mut low, mut high) = (0, length);
    while low < high {
        let middle = low + (high - low) / 2;
        if is_before(middle) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    low
}

/// Distinct entries: the number of the first input entry of each, the number of the distinct one for each input entry,
/// and how often each occurs.
struct Distinct {
    first: Vec<usize>,
    inverse: Vec<i64>,
    counts: Vec<i64>,
}

impl Distinct {
    /// Of entries visited in an order in which equal ones are neighbours.
    fn among(order: &[usize], is_equal: impl Fn(usize, usize) -> bool) -> Distinct {
        let mut distinct = Distinct { first: Vec::new(), inverse: vec![0; order.len()], counts: Vec::new() };
        let mut before = None;
        for &entry in order {
            if before.is_none_or(|before| !is_equal(before, entry)) {
                distinct.first.push(entry);
                distinct.counts.push(0);
            }
            before = Some(entry);
            distinct.inverse[entry] = distinct.first.len() as i64 - 1;
            if let Some(count) = distinct.counts.last_mut() {
                *count += 1;
            }
        }
        distinct
    }
}

impl Tensor {
    /// The distinct elements, ascending or one for each run of equal neighbours; the number of the distinct one for each
    /// element; and how often each occurs. A NaN equals nothing.
    ///
    /// # Errors
    /// `RuntimeError` when memory cannot be had.
    pub fn unique(&self, consecutive: bool) -> Result<(Tensor, Tensor, Tensor)> {
        with_element!(self.dtype(), T => {
            let values = self.to_vec::<T>()?;
            let mut places: Vec<usize> = (0..values.len()).collect();
            if !consecutive {
                places.sort_by(|&a, &b| order(values[a], values[b]));
            }
            let distinct = Distinct::among(&places, |a, b| values[a] == values[b]);
            let count = distinct.first.len();
            Ok((
                Tensor::from_vec(distinct.first.iter().map(|&at| values[at]).collect::<Vec<T>>(), &[count])?,
                Tensor::from_vec(distinct.inverse, self.sizes())?,
                Tensor::from_vec(distinct.counts, &[count])?,
            ))
        })
    }

    /// As [`Tensor::unique`] for the entries of a dimension.
    ///
    /// # Errors
    /// `IndexError` outside the dimensions; `RuntimeError` for a dimension of size 0 beside others of size 0.
    pub fn unique_dim(&self, dim: i64, consecutive: bool) -> Result<(Tensor, Tensor, Tensor)> {
        let d = wrap_dim("unique_dim", dim, self.dim())?;
        if self.dim() == 0 {
            let (values, inverse, counts) = self.reshape_to(&[1])?.unique_dim(0, consecutive)?;
            return Ok((values, inverse, counts));
        }
        let zeros = self.sizes().iter().filter(|&&size| size == 0).count();
        if self.sizes()[d] == 0 {
            if zeros != 1 {
                let text = "Number of zero sized dimensions is more than one, so unique cannot be applied ";
                return Err(Error::runtime("unique_dim", text).shapes(&[self.sizes()]));
            }
            let none = Tensor::zeros(&[0], DType::I64)?;
            return Ok((self.copy()?, none.clone(), none));
        }
        if zeros > 0 {
            let text = "There are 0 sized dimensions, and they aren't selected, so unique cannot be applied";
            return Err(Error::runtime("unique_dim", text).shapes(&[self.sizes()]));
        }
        let outermost: Vec<usize> = std::iter::once(d).chain((0..self.dim()).filter(|&k| k != d)).collect();
        let rows = self.permuted(&outermost).contiguous()?;
        let width = rows.numel() / rows.sizes()[0].max(1);
        let distinct = with_element!(self.dtype(), T => {
            let values = rows.to_vec::<T>()?;
            let row = |at: usize| &values[at * width..(at + 1) * width];
            let mut places: Vec<usize> = (0..rows.sizes()[0]).collect();
            if !consecutive {
                places.sort_by(|&a, &b| {
                    let pairs = row(a).iter().zip(row(b));
                    pairs.map(|(&x, &y)| order(x, y)).find(|o| o.is_ne()).unwrap_or(Ordering::Equal)
                });
            }
            Distinct::among(&places, |a, b| row(a) == row(b))
        });
        let first: Vec<i64> = distinct.first.iter().map(|&at| at as i64).collect();
        let count = first.len();
        // The entries lie outermost in memory, whichever dimension they are.
        let home: Vec<usize> =
            (0..self.dim()).map(|k| if k == d { 0 } else { k + usize::from(k < d) }).collect();
        let values = rows.index_select(0, &Tensor::from_vec(first, &[count])?)?.permuted(&home);
        let entries = distinct.inverse.len();
        Ok((
            values,
            Tensor::from_vec(distinct.inverse, &[entries])?,
            Tensor::from_vec(distinct.counts, &[count])?,
        ))
    }

    /// How many elements fall into each of `bins` equal bins from `min` to `max`, the last bin closed; between the
    /// extremes where both bounds are equal.
    ///
    /// # Errors
    /// `RuntimeError` for no bins, or bounds that are not finite or descend; `NotImplementedError` for integers.
    pub fn histc(&self, bins: i64, min: Scalar, max: Scalar) -> Result<Tensor> {
        let refuse = |text: String| Err(Error::runtime("histc", text));
        if !self.dtype().is_float() {
            return Err(crate::arithmetic::kernel_missing("histc", "histogram_cpu", self.dtype()));
        }
        if bins <= 0 {
            return refuse(format!("bins must be > 0, but got {bins}"));
        }
        let (mut low, mut high) = (min.to_f64(), max.to_f64());
        if low == high && self.numel() > 0 {
            (low, high) = (self.min()?.item()?.to_f64(), self.max()?.item()?.to_f64());
        }
        if low == high {
            (low, high) = (low - 1.0, high + 1.0);
        }
        if !low.is_finite() || !high.is_finite() {
            return refuse(format!(
                "range of [{}, {}] is not finite",
                Scalar::Float(low),
                Scalar::Float(high)
            ));
        }
        if low > high {
            return refuse("max must be larger than min".into());
        }
        let counts = self.linear_bins(bins as usize, low, high, None)?;
        Tensor::from_vec(counts, &[bins as usize])?.to_dtype(self.dtype())
    }

    /// Sums of weights, or counts, in equal bins. Positions are computed in the element type, as in PyTorch.
    pub(crate) fn linear_bins(
        &self,
        bins: usize,
        low: f64,
        high: f64,
        weights: Option<&[f64]>,
    ) -> Result<Vec<f64>> {
        let values = self.to_vec_as::<f64>()?;
        let mut counts = crate::storage::filled("histogram", bins, 0.0)?;
        let is_single = self.dtype() == DType::F32;
        for (at, &x) in values.iter().enumerate() {
            // NaN falls into no bin.
            if !(x >= low && x <= high) {
                continue;
            }
            let place = if is_single {
                let (x, low, high) = (x as f32, low as f32, high as f32);
                f64::from((x - low) * bins as f32 / (high - low))
            } else {
                (x - low) * bins as f64 / (high - low)
            };
            let bin = (place as usize).min(bins - 1);
            counts[bin] += weights.map_or(1.0, |weights| weights.get(at).copied().unwrap_or(0.0));
        }
        Ok(counts)
    }
}
