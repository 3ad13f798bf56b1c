//! Writes, sums and other reductions of scattered elements. Targets hit several times take their elements in the
//! order of the index.

use crate::arrange::outer_positions;
use crate::element::{Element, Float, Number, Signed, with_element, with_float, with_signed};
use crate::layout::{Layout, contiguous_strides, wrap_dim};
use crate::{DType, Error, Result, Scalar, Tensor};

/// What becomes of elements that meet at one target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Combine {
    /// The last one stays.
    Replace,
    /// Their sum.
    Sum,
    /// Their product.
    Product,
    /// Their mean; of integers, rounded down.
    Mean,
    /// The largest one.
    Largest,
    /// The smallest one.
    Smallest,
}

impl Combine {
    /// The reduction of PyTorch's name.
    ///
    /// # Errors
    /// `RuntimeError` with PyTorch's text for another name.
    pub fn parse(operator: &'static str, name: &str) -> Result<Combine> {
        Ok(match (operator, name) {
            ("scatter", "add") | ("scatter_reduce", "sum") => Combine::Sum,
            ("scatter", "multiply") | ("scatter_reduce" | "index_reduce", "prod") => Combine::Product,
            ("scatter_reduce" | "index_reduce", "mean") => Combine::Mean,
            ("scatter_reduce" | "index_reduce", "amax") => Combine::Largest,
            ("scatter_reduce" | "index_reduce", "amin") => Combine::Smallest,
            ("scatter", _) => {
                return Err(
                    Error::runtime(operator, "reduce argument must be either add or multiply.").found(name)
                );
            }
            ("index_reduce", _) => {
                let text = format!(
                    "index_reduce(): Expected reduce to be one of prod, mean, amax or amin but got {name}."
                );
                return Err(Error::runtime(operator, text).found(name));
            }
            _ => {
                let text = "reduce argument must be either sum, prod, mean, amax or amin.";
                return Err(Error::runtime(operator, text).found(name));
            }
        })
    }

    fn pair<T: Number>(self, x: T, y: T) -> T {
        match self {
            Combine::Replace => y,
            Combine::Sum | Combine::Mean => x.plus(y),
            Combine::Product => x.times(y),
            Combine::Largest => x.larger(y),
            Combine::Smallest => x.smaller(y),
        }
    }
}

/// Combines `source` with the elements of a row-major tensor at `positions`.
fn combine(
    target: &Tensor,
    positions: &[usize],
    source: &Tensor,
    how: Combine,
    include_self: bool,
) -> Result<Tensor> {
    with_element!(target.dtype(), T => {
        let mut values = target.to_vec::<T>()?;
        let source = source.to_vec::<T>()?;
        let mut untouched = vec![!include_self && how != Combine::Replace; values.len()];
        let mut counts = vec![usize::from(include_self); if how == Combine::Mean { values.len() } else { 0 }];
        for (&at, &x) in positions.iter().zip(&source) {
            values[at] = if std::mem::take(&mut untouched[at]) { x } else { how.pair(values[at], x) };
            if let Some(count) = counts.get_mut(at) {
                *count += 1;
            }
        }
        let result = Tensor::from_vec(values, target.sizes())?;
        if how != Combine::Mean {
            return Ok(result);
        }
        divided(&result, &counts)
    })
}

/// Sums divided by their counts, rounded down for integers; a count of 0 stands for 1.
fn divided(sums: &Tensor, counts: &[usize]) -> Result<Tensor> {
    with_float!(sums.dtype(), T => {
        let values = sums.to_vec::<T>()?;
        let means = values.into_iter().zip(counts).map(|(x, &n)| x.over(T::of(n.max(1) as f64))).collect::<Vec<T>>();
        Tensor::from_vec(means, sums.sizes())
    }, else => with_signed!(sums.dtype(), T => {
        let values = sums.to_vec::<T>()?;
        let means = values.into_iter().zip(counts).map(|(x, &n)| {
            x.floor_div(T::from_scalar(Scalar::Int(n.max(1) as i64)))
        });
        Tensor::from_vec(means.collect::<Vec<T>>(), sums.sizes())
    }, else => Err(Error::not_implemented("mean", "the mean of truth values is not implemented"))))
}

impl Tensor {
    fn check_scattered(&self, dim: i64, index: &Tensor, source: &Tensor) -> Result<usize> {
        let d = self.check_gather("scatter", dim, index)?;
        if source.dtype() != self.dtype() {
            return Err(Error::runtime("scatter", "scatter(): Expected self.dtype to be equal to src.dtype")
                .dtypes(&[self.dtype(), source.dtype()]));
        }
        if index.numel() > 0 && source.dim().max(1) != index.dim().max(1) {
            let text = "Index tensor must have the same number of dimensions as src tensor";
            return Err(Error::runtime("scatter", text).shapes(&[index.sizes(), source.sizes()]));
        }
        let fits = index.numel() == 0
            || source.dim().max(1) == index.dim().max(1)
                && index.sizes().iter().zip(source.sizes()).all(|(i, s)| i <= s);
        if !fits {
            return Err(Error::runtime(
                "scatter",
                format!(
                    "Expected index {:?} to be no larger than self {:?} apart from dimension {d} and to be no larger \
                     size than src {:?}",
                    index.sizes(),
                    self.sizes(),
                    source.sizes()
                ),
            )
            .shapes(&[index.sizes(), self.sizes(), source.sizes()]));
        }
        Ok(d)
    }

    /// A copy in which the elements of `source` are combined with those where [`Tensor::gather`] would read. Where
    /// the tensor itself takes no part, only what no element hits is kept.
    ///
    /// # Errors
    /// As [`Tensor::gather`]; `RuntimeError` if the source is smaller than the index or of another dtype.
    pub fn scatter(
        &self,
        dim: i64,
        index: &Tensor,
        source: &Tensor,
        how: Combine,
        include_self: bool,
    ) -> Result<Tensor> {
        let d = self.check_scattered(dim, index, source)?;
        if index.numel() == 0 {
            return self.copy()?.packed();
        }
        let positions = Self::gather_positions("scatter", self.sizes(), d, index)?;
        let window = if source.sizes() == index.sizes() || source.dim() != index.dim() {
            source.clone()
        } else {
            let sizes = index.sizes().to_vec();
            source.alias(Layout::derived(sizes, source.strides().to_vec(), source.layout().offset()))
        };
        combine(self, &positions, &window, how, include_self)
    }

    /// As [`Tensor::scatter`] with one number for every element of the index.
    ///
    /// # Errors
    /// As [`Tensor::gather`].
    pub fn scatter_value(&self, dim: i64, index: &Tensor, value: Scalar, how: Combine) -> Result<Tensor> {
        let source = Tensor::scalar(value, self.dtype());
        let sizes: Vec<i64> = index.sizes().iter().map(|&s| s as i64).collect();
        self.scatter(dim, index, &source.expand(&sizes)?, how, true)
    }

    /// The index vector of an operator on whole entries of a dimension.
    fn entry_numbers(&self, operator: &'static str, d: usize, index: &Tensor) -> Result<Vec<usize>> {
        if index.dim() > 1 {
            let text =
                format!("{operator}(): Index is supposed to be a vector, but got dim: {}", index.dim());
            return Err(Error::index(operator, text).shapes(&[index.sizes()]));
        }
        if !matches!(index.dtype(), DType::I64 | DType::I32) {
            let text = format!(
                "{operator}(): Expected dtype int32/int64 for index but got: {}",
                index.dtype().scalar_name()
            );
            return Err(Error::runtime(operator, text).dtypes(&[index.dtype()]));
        }
        let size = self.sizes().get(d).copied().unwrap_or(1);
        let numbers = index.to_vec_as::<i64>()?.into_iter().map(|at| {
            usize::try_from(at).ok().filter(|&at| at < size).ok_or_else(|| {
                Error::index(
                    operator,
                    format!("{operator}(): index {at} is out of bounds for dimension {d} with size {size}"),
                )
                .expected(format!("[0, {}]", size as i64 - 1))
                .found(at.to_string())
            })
        });
        numbers.collect()
    }

    /// A copy in which whole entries of `source` are combined with the entries of a dimension that a vector of
    /// indices names.
    ///
    /// # Errors
    /// `IndexError` for an index outside or one that is no vector; `RuntimeError` for a source of other sizes or
    /// dtype.
    pub fn index_combine(
        &self,
        operator: &'static str,
        dim: i64,
        index: &Tensor,
        source: &Tensor,
        how: Combine,
        include_self: bool,
    ) -> Result<Tensor> {
        let d = wrap_dim(operator, dim, self.dim())?;
        let numbers = self.entry_numbers(operator, d, index)?;
        if source.dtype() != self.dtype() {
            let text = format!(
                "{operator}(): self and source expected to have the same dtype, but got (self) {} and (source) {}",
                self.dtype().scalar_name(),
                source.dtype().scalar_name()
            );
            return Err(Error::runtime(operator, text).dtypes(&[self.dtype(), source.dtype()]));
        }
        let raised = if self.dim() == 0 { self.reshape_to(&[1])? } else { self.clone() };
        let mut wanted = raised.sizes().to_vec();
        wanted[d] = numbers.len();
        let is_scalar = source.dim() == 0 && wanted.iter().all(|&size| size == 1);
        if source.sizes() != wanted && !is_scalar {
            let text = if operator == "index_add_" {
                format!(
                    "source tensor shape must match self tensor shape, excluding the specified dimension. Got self.shape \
                     = {:?} source.shape = {:?}",
                    self.sizes(),
                    source.sizes()
                )
            } else {
                format!(
                    "{operator}(): Source/destination tensor must have same slice shapes. Destination slice shape: {:?} \
                     at dimension {d} and source slice shape: {:?} at dimension 0.",
                    self.sizes(),
                    source.sizes()
                )
            };
            return Err(Error::runtime(operator, text).shapes(&[self.sizes(), source.sizes()]));
        }
        let entries: Vec<Vec<usize>> = raised
            .sizes()
            .iter()
            .enumerate()
            .map(|(k, &size)| if k == d { numbers.clone() } else { (0..size).collect() })
            .collect();
        let positions = outer_positions(operator, 0, &contiguous_strides(raised.sizes()), &entries)?;
        combine(self, &positions, source, how, include_self)
    }

    /// A copy with a 0-dim tensor's value in the entries that a vector of indices names.
    ///
    /// # Errors
    /// As [`Tensor::index_combine`]; `RuntimeError` for a value with dimensions.
    pub fn index_fill(&self, dim: i64, index: &Tensor, value: &Tensor) -> Result<Tensor> {
        if value.dim() != 0 {
            let text = format!(
                "index_fill_ only supports a 0-dimensional value tensor, but got tensor with {} dimension(s).",
                value.dim()
            );
            return Err(Error::runtime("index_fill_", text).shapes(&[value.sizes()]));
        }
        if index.dtype() != DType::I64 {
            return Err(Error::index("index_fill_", "index_fill_(): Expected dtype int64 for index.")
                .dtypes(&[index.dtype()]));
        }
        let d = wrap_dim("index_fill_", dim, self.dim())?;
        let size = self.sizes().get(d).copied().unwrap_or(1) as i64;
        // Here indices may count from the back.
        let numbers: Vec<i64> =
            index.to_vec::<i64>()?.into_iter().map(|at| if at < 0 { at + size } else { at }).collect();
        let index = Tensor::from_vec(numbers, index.sizes())?;
        let mut sizes: Vec<i64> = self.sizes().iter().map(|&s| s as i64).collect();
        if let Some(size) = sizes.get_mut(d) {
            *size = index.numel() as i64;
        }
        let value = value.to_dtype(self.dtype())?;
        let source = if self.dim() == 0 { value } else { value.expand(&sizes)? };
        self.index_combine("index_fill_", dim, &index, &source, Combine::Replace, true)?.in_order_of(self)
    }

    /// Positions in the flattened tensor; negative ones count from the back.
    fn flat_positions(&self, index: &Tensor) -> Result<Vec<usize>> {
        let size = self.numel() as i64;
        let positions = index.to_vec::<i64>()?.into_iter().map(|at| {
            let from_front = if at < 0 { at + size } else { at };
            usize::try_from(from_front).ok().filter(|_| from_front < size).ok_or_else(|| {
                let text =
                    format!("out of range: tried to access index {at} on a tensor of {size} elements.");
                Error::index("take", text)
                    .expected(format!("[{}, {}]", -size, size - 1))
                    .found(at.to_string())
            })
        });
        positions.collect()
    }

    /// The elements at positions in the flattened tensor, in the index's sizes.
    ///
    /// # Errors
    /// `IndexError` for a position outside; `RuntimeError` unless the index is int64.
    pub fn take(&self, index: &Tensor) -> Result<Tensor> {
        if index.dtype() != DType::I64 {
            let text =
                format!("take(): Expected a long tensor for index, but got {}", index.dtype().scalar_name());
            return Err(Error::runtime("take", text).dtypes(&[index.dtype()]));
        }
        if self.numel() == 0 && index.numel() > 0 {
            return Err(Error::index("take", "take(): tried to take from an empty tensor"));
        }
        let positions = self.flat_positions(index)?;
        with_element!(self.dtype(), T => {
            let values = self.to_vec::<T>()?;
            Tensor::from_vec(positions.iter().map(|&at| values[at]).collect::<Vec<T>>(), index.sizes())
        })
    }

    /// A copy with the elements of `source` written, or added, at positions in the flattened tensor.
    ///
    /// # Errors
    /// As [`Tensor::take`]; `RuntimeError` if index and source differ in count, or the dtypes differ.
    pub fn put(&self, index: &Tensor, source: &Tensor, accumulate: bool) -> Result<Tensor> {
        if index.dtype() != DType::I64 {
            let text =
                format!("put_(): Expected a long tensor for index, but got {}", index.dtype().scalar_name());
            return Err(Error::runtime("put_", text).dtypes(&[index.dtype()]));
        }
        if source.dtype() != self.dtype() {
            let text = format!(
                "put_(): self and source expected to have the same dtype, but got self.dtype = {} and source.dtype = {}",
                self.dtype().scalar_name(),
                source.dtype().scalar_name()
            );
            return Err(Error::runtime("put_", text).dtypes(&[self.dtype(), source.dtype()]));
        }
        if index.numel() != source.numel() {
            let text = format!(
                "put_(): Expected source and index to have the same number of elements, but got source.numel() = {}, \
                 index.numel() = {}",
                source.numel(),
                index.numel()
            );
            return Err(Error::runtime("put_", text).shapes(&[source.sizes(), index.sizes()]));
        }
        if self.numel() == 0 && index.numel() > 0 {
            return Err(Error::index("put_", "put_(): Tried to put elements into an empty tensor"));
        }
        let how = if accumulate { Combine::Sum } else { Combine::Replace };
        combine(self, &self.flat_positions(index)?, source, how, true)?.in_order_of(self)
    }

    /// A copy with the elements of `source`, taken in order, where the mask holds. Mask and tensor broadcast.
    ///
    /// # Errors
    /// `RuntimeError` unless the mask is bool, the dtypes agree, sizes broadcast, and the source has enough
    /// elements.
    pub fn masked_scatter(&self, mask: &Tensor, source: &Tensor) -> Result<Tensor> {
        if mask.dtype() != DType::Bool {
            let text = format!(
                "masked_scatter_ only supports boolean masks, but got mask with dtype {}",
                mask.dtype().cpp_name()
            );
            return Err(Error::runtime("masked_scatter", text).dtypes(&[mask.dtype()]));
        }
        if source.dtype() != self.dtype() {
            let text = format!(
                "masked_scatter: expected self and source to have same dtypes but got {} and {}",
                self.dtype().scalar_name(),
                source.dtype().scalar_name()
            );
            return Err(Error::runtime("masked_scatter", text).dtypes(&[self.dtype(), source.dtype()]));
        }
        let sizes = crate::broadcast_sizes("masked_scatter", mask.sizes(), self.sizes())?;
        let wanted: Vec<i64> = sizes.iter().map(|&s| s as i64).collect();
        let chosen = mask.expand(&wanted)?.to_vec::<bool>()?;
        let positions: Vec<usize> =
            chosen.iter().enumerate().filter(|(_, held)| **held).map(|(at, _)| at).collect();
        if positions.len() > source.numel() {
            return Err(Error::runtime(
                "masked_scatter",
                "Number of elements of source < number of ones in mask",
            )
            .expected(format!("at least {} elements", positions.len()))
            .found(source.numel().to_string()));
        }
        combine(&self.expand(&wanted)?, &positions, source, Combine::Replace, true)
    }
}
