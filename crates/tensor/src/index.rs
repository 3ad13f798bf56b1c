//! Selection by index tensors and masks, and the scattered additions their gradients need. Duplicate targets
//! apply in index order.

use crate::element::{Number, with_element};
use crate::layout::{Layout, broadcast_sizes, element_count, wrap_dim};
use crate::spread::spread;
use crate::storage::reserve;
use crate::{DType, Error, Result, Scalar, Tensor};

/// Elements behind a dimension from which they are copied as rows.
const LONG_ROW: usize = 8;

/// An index from the front, from one that may count from the back; `None` outside.
fn wrap_index(index: i64, size: usize) -> Option<usize> {
    let at = if index < 0 { index + size as i64 } else { index };
    (at >= 0 && at < size as i64).then_some(at as usize)
}

/// Index tensors resolved against the tensor they index.
struct Selection {
    /// Dimensions of the source: indexed ones first.
    order: Vec<usize>,
    indexed: usize,
    /// Position inside the indexed block for each selected entry.
    positions: Vec<usize>,
    /// Sizes of the broadcast index tensors.
    sizes: Vec<usize>,
    /// Where those sizes stand in the result.
    at: usize,
}

impl Selection {
    fn new(t: &Tensor, indices: &[Option<Tensor>]) -> Result<Selection> {
        let mut spread: Vec<Option<Tensor>> = Vec::new();
        for index in indices {
            match index {
                None => spread.push(None),
                Some(i) if matches!(i.dtype(), DType::Bool | DType::U8) => {
                    check_mask(t, i, spread.len())?;
                    let found = i.nonzero()?;
                    spread.extend(found.unbind(1)?.into_iter().map(Some));
                    if i.dim() == 0 {
                        return Err(Error::not_implemented(
                            "index",
                            "indexing with a 0-dim mask is not implemented",
                        ));
                    }
                }
                Some(i) if matches!(i.dtype(), DType::I64 | DType::I32) => {
                    spread.push(Some(i.to_dtype(DType::I64)?))
                }
                Some(i) => {
                    return Err(Error::index(
                        "index",
                        "tensors used as indices must be long, int, byte or bool tensors",
                    )
                    .dtypes(&[i.dtype()]));
                }
            }
        }
        if spread.len() > t.dim() {
            return Err(Error::index(
                "index",
                format!("too many indices for tensor of dimension {} (got {})", t.dim(), spread.len()),
            ));
        }
        let used: Vec<(usize, &Tensor)> =
            spread.iter().enumerate().filter_map(|(d, i)| i.as_ref().map(|i| (d, i))).collect();
        let mut sizes: Vec<usize> = Vec::new();
        for (_, index) in &used {
            sizes = broadcast_sizes("index", &sizes, index.sizes()).map_err(|_| {
                let shapes: Vec<String> = used.iter().map(|(_, i)| format!("{:?}", i.sizes())).collect();
                Error::index(
                    "index",
                    format!(
                        "shape mismatch: indexing tensors could not be broadcast together with shapes {}",
                        shapes.join(", ")
                    ),
                )
            })?;
        }
        let wanted: Vec<i64> = sizes.iter().map(|&s| s as i64).collect();
        let mut positions = vec![0usize; element_count(&sizes)?];
        for (d, index) in &used {
            let size = t.sizes()[*d];
            for (position, value) in positions.iter_mut().zip(index.expand(&wanted)?.to_vec::<i64>()?) {
                let at = wrap_index(value, size).ok_or_else(|| {
                    Error::index(
                        "index",
                        format!("index {value} is out of bounds for dimension {d} with size {size}"),
                    )
                    .expected(format!("[{}, {}]", -(size as i64), size as i64 - 1))
                    .found(value.to_string())
                })?;
                *position = *position * size + at;
            }
        }
        let is_used = |d: &usize| used.iter().any(|(u, _)| u == d);
        let order: Vec<usize> =
            (0..t.dim()).filter(|d| is_used(d)).chain((0..t.dim()).filter(|d| !is_used(d))).collect();
        let adjacent = used.windows(2).all(|pair| pair[0].0 + 1 == pair[1].0);
        let at = if adjacent { used.first().map_or(0, |(d, _)| *d) } else { 0 };
        Ok(Selection { indexed: used.len(), order, positions, sizes, at })
    }

    /// Sizes of the dimensions that are not indexed, in order.
    fn rest<'a>(&self, sizes: &'a [usize]) -> impl Iterator<Item = usize> + use<'a, '_> {
        self.order[self.indexed..].iter().map(|&d| sizes[d])
    }

    /// Order that moves the leading index dimensions of a result to their place.
    fn placement(&self, dim: usize) -> Vec<usize> {
        let count = self.sizes.len();
        let lead = count..count + self.at;
        lead.chain(0..count).chain(count + self.at..dim).collect()
    }
}

fn check_mask(t: &Tensor, mask: &Tensor, at: usize) -> Result<()> {
    for (j, &size) in mask.sizes().iter().enumerate() {
        if t.sizes().get(at + j) != Some(&size) {
            return Err(Error::index(
                "index",
                format!(
                    "The shape of the mask {:?} at index {j} does not match the shape of the indexed tensor {:?} at \
                     index {}",
                    mask.sizes(),
                    t.sizes(),
                    at + j
                ),
            )
            .shapes(&[mask.sizes(), t.sizes()]));
        }
    }
    Ok(())
}

impl Tensor {
    /// `self[indices]` with index tensors (int64, int32) and masks (bool, uint8); `None` takes a whole dimension.
    /// Adjacent index dimensions stay in place, others move to the front.
    ///
    /// # Errors
    /// `IndexError` for an index outside, another dtype, or shapes that do not broadcast.
    pub fn index(&self, indices: &[Option<Tensor>]) -> Result<Tensor> {
        let selection = Selection::new(self, indices)?;
        let source = self.permuted(&selection.order).contiguous()?;
        let rest: Vec<usize> = selection.rest(self.sizes()).collect();
        let row: usize = rest.iter().product();
        let sizes: Vec<usize> = selection.sizes.iter().copied().chain(rest).collect();
        let count = element_count(&sizes)?;
        let result = with_element!(self.dtype(), T => {
            let mut values = reserve("index", count)?;
            let rows = source.read::<T>()?;
            for &at in &selection.positions {
                values.extend_from_slice(&rows[at * row..(at + 1) * row]);
            }
            Tensor::from_vec(values, &sizes)
        })?;
        if selection.at == 0 {
            return Ok(result);
        }
        result.permuted(&selection.placement(sizes.len())).contiguous()
    }

    /// A copy with `values` written, or added, where `indices` select; duplicates apply in order.
    ///
    /// # Errors
    /// As [`Tensor::index`]; `RuntimeError` if `values` do not broadcast to the selection or differ in dtype.
    pub fn index_put(&self, indices: &[Option<Tensor>], values: &Tensor, accumulate: bool) -> Result<Tensor> {
        if values.dtype() != self.dtype() {
            return Err(Error::runtime(
                "index_put",
                format!(
                    "Index put requires the source and destination dtypes match, got {} for the destination and {} \
                     for the source.",
                    self.dtype().scalar_name(),
                    values.dtype().scalar_name()
                ),
            ));
        }
        let selection = Selection::new(self, indices)?;
        let rest: Vec<usize> = selection.rest(self.sizes()).collect();
        let row: usize = rest.iter().product();
        let sizes: Vec<usize> = selection.sizes.iter().copied().chain(rest).collect();
        // The selection's shape as `index` returns it, then back to index dimensions first.
        let placement = selection.placement(sizes.len());
        let shown: Vec<i64> = placement.iter().map(|&d| sizes[d] as i64).collect();
        let mut back = vec![0; placement.len()];
        placement.iter().enumerate().for_each(|(i, &d)| back[d] = i);
        let values = values
            .expand(&shown)
            .map_err(|_| {
                Error::runtime(
                    "index_put",
                    format!(
                        "shape mismatch: value tensor of shape {:?} cannot be broadcast to indexing result of shape \
                         {shown:?}",
                        values.sizes()
                    ),
                )
            })?
            .permuted(&back);
        let target = self.permuted(&selection.order);
        let mut home = vec![0; selection.order.len()];
        selection.order.iter().enumerate().for_each(|(i, &d)| home[d] = i);
        with_element!(self.dtype(), T => {
            let mut out = target.to_vec::<T>()?;
            let source = values.to_vec::<T>()?;
            for (i, &at) in selection.positions.iter().enumerate() {
                for (to, &from) in out[at * row..(at + 1) * row].iter_mut().zip(&source[i * row..(i + 1) * row]) {
                    *to = if accumulate { to.plus(from) } else { from };
                }
            }
            Tensor::from_vec(out, target.sizes())?.permuted(&home).contiguous()?.in_order_of(self)
        })
    }

    /// Entries of a dimension in the order of a vector of indices.
    ///
    /// # Errors
    /// `IndexError` for an index outside or one that is no vector; `RuntimeError` for another dtype.
    pub fn index_select(&self, dim: i64, index: &Tensor) -> Result<Tensor> {
        let d = wrap_dim("index_select", dim, self.dim())?;
        if index.dim() > 1 {
            return Err(Error::index("index_select", "index_select(): Index is supposed to be a vector"));
        }
        if !matches!(index.dtype(), DType::I64 | DType::I32) {
            return Err(Error::runtime(
                "index_select",
                "index_select(): Expected dtype int32 or int64 for index",
            )
            .dtypes(&[index.dtype()]));
        }
        let size = self.sizes().get(d).copied().unwrap_or(1);
        let index = index.to_dtype(DType::I64)?.reshape_to(&[index.numel()])?.contiguous()?;
        if index.to_vec::<i64>()?.iter().any(|&i| i < 0 || i >= size as i64) {
            return Err(Error::index("index_select", "index out of range in self")
                .shapes(&[self.sizes()])
                .expected(format!("[0, {}]", size as i64 - 1)));
        }
        if self.dim() == 0 {
            return self.copy();
        }
        let inner: usize = self.sizes()[d + 1..].iter().product();
        if inner >= LONG_ROW {
            return self.rows_at(d, &index);
        }
        let mut indices = vec![None; d];
        indices.push(Some(index));
        self.index(&indices)
    }

    /// Whole rows behind dimension `d`, at indices inside it.
    fn rows_at(&self, d: usize, index: &Tensor) -> Result<Tensor> {
        let (size, inner) = (self.sizes()[d], self.sizes()[d + 1..].iter().product::<usize>());
        let mut sizes = self.sizes().to_vec();
        sizes[d] = index.numel();
        let count = element_count(&sizes)?;
        let source = self.contiguous()?;
        let index = index.read::<i64>()?;
        with_element!(self.dtype(), T => {
            let source = source.read::<T>()?;
            let values = spread("index_select", count, inner, |at, piece| {
                for row in at / inner.. {
                    if !piece.has_room() {
                        break;
                    }
                    let from = (row / index.len() * size + index[row % index.len()] as usize) * inner;
                    piece.map(&source[from..from + inner], &|x| x);
                }
            })?;
            Ok(Tensor::from_rows(values, &sizes))
        })
    }

    /// Walks `index`'s elements with the storage position each one selects in a row-major tensor of `sizes`.
    pub(crate) fn gather_positions(
        operator: &'static str,
        sizes: &[usize],
        d: usize,
        index: &Tensor,
    ) -> Result<Vec<usize>> {
        let strides = crate::layout::contiguous_strides(sizes);
        let size = sizes.get(d).copied().unwrap_or(1);
        let values = index.to_vec_as::<i64>()?;
        let mut positions = reserve(operator, values.len())?;
        let step = strides.get(d).copied().unwrap_or(0);
        // Along the index's last dimension the rest of the place rises evenly.
        let (outer, len) = match index.sizes().split_last() {
            Some((&len, outer)) => (outer, len),
            None => (&[][..], 1),
        };
        let along = if d == outer.len() { 0 } else { strides.get(outer.len()).copied().unwrap_or(0) };
        for (number, row) in values.chunks(len.max(1)).enumerate() {
            let (mut base, mut rest) = (0, number);
            for (k, &size) in outer.iter().enumerate().rev() {
                base += if k == d { 0 } else { rest % size * strides[k] };
                rest /= size;
            }
            for (k, &value) in row.iter().enumerate() {
                let place = usize::try_from(value).ok().filter(|&place| place < size).ok_or_else(|| {
                    Error::runtime(
                        operator,
                        format!("index {value} is out of bounds for dimension {d} with size {size}"),
                    )
                    .expected(format!("[0, {}]", size as i64 - 1))
                    .found(value.to_string())
                })?;
                positions.push(base + k * along + place * step);
            }
        }
        Ok(positions)
    }

    pub(crate) fn check_gather(&self, operator: &'static str, dim: i64, index: &Tensor) -> Result<usize> {
        let d = wrap_dim(operator, dim, self.dim())?;
        // An index of nothing may have any dtype.
        if index.numel() > 0 && !matches!(index.dtype(), DType::I64 | DType::I32) {
            // PyTorch names the family, not the member.
            let family = operator.split('_').next().unwrap_or(operator);
            return Err(Error::runtime(
                operator,
                format!("{family}(): Expected dtype int32/int64 for index"),
            )
            .dtypes(&[index.dtype()]));
        }
        if index.numel() > 0 && index.dim().max(1) != self.dim().max(1) {
            return Err(Error::runtime(
                operator,
                format!(
                    "Index tensor must have the same number of dimensions as {} tensor",
                    if operator == "gather" { "input" } else { "self" }
                ),
            )
            .shapes(&[self.sizes(), index.sizes()]));
        }
        let too_large = |k: usize| k != d && index.sizes()[k] > self.sizes()[k];
        if index.numel() > 0 && (0..index.dim().min(self.dim())).any(too_large) {
            return Err(Error::runtime(
                operator,
                format!(
                    "Size does not match at dimension {} expected index {:?} to be no larger than self {:?} apart from \
                     dimension {d}",
                    (0..index.dim()).find(|&k| too_large(k)).unwrap_or(0),
                    index.sizes(),
                    self.sizes()
                ),
            )
            .shapes(&[self.sizes(), index.sizes()]));
        }
        Ok(d)
    }

    /// For each element of `index`, the element of this tensor at that index along a dimension.
    ///
    /// # Errors
    /// `RuntimeError` for an index outside, another dtype, or larger sizes.
    pub fn gather(&self, dim: i64, index: &Tensor) -> Result<Tensor> {
        let d = self.check_gather("gather", dim, index)?;
        let positions = Self::gather_positions("gather", self.sizes(), d, index)?;
        let source = self.contiguous()?;
        with_element!(self.dtype(), T => {
            let values = source.read::<T>()?;
            Tensor::from_vec(positions.iter().map(|&at| values[at]).collect::<Vec<T>>(), index.sizes())
        })
    }

    /// A copy with the elements of `source` added where [`Tensor::gather`] would read.
    ///
    /// # Errors
    /// As [`Tensor::gather`]; `RuntimeError` if the source is smaller than the index or of another dtype.
    pub fn scatter_add(&self, dim: i64, index: &Tensor, source: &Tensor) -> Result<Tensor> {
        let d = self.check_gather("scatter_add", dim, index)?;
        if source.dtype() != self.dtype() {
            return Err(Error::runtime("scatter", "scatter(): Expected self.dtype to be equal to src.dtype")
                .dtypes(&[self.dtype(), source.dtype()]));
        }
        if index.numel() > 0 && source.dim().max(1) != index.dim().max(1) {
            let text = "Index tensor must have the same number of dimensions as src tensor";
            return Err(Error::runtime("scatter", text).shapes(&[index.sizes(), source.sizes()]));
        }
        let fits =
            source.dim() == index.dim() && index.sizes().iter().zip(source.sizes()).all(|(i, s)| i <= s);
        if !fits {
            return Err(Error::runtime(
                "scatter_add",
                format!(
                    "Expected index {:?} to be no larger than self {:?} apart from dimension {d} and to be no larger \
                     size than src {:?}",
                    index.sizes(),
                    self.sizes(),
                    source.sizes()
                ),
            ));
        }
        let positions = Self::gather_positions("scatter_add", self.sizes(), d, index)?;
        let window = source.alias(Layout::derived(
            index.sizes().to_vec(),
            source.strides().to_vec(),
            source.layout().offset(),
        ));
        with_element!(self.dtype(), T => {
            let mut values = self.to_vec::<T>()?;
            for (&at, x) in positions.iter().zip(window.to_vec::<T>()?) {
                values[at] = values[at].plus(x);
            }
            Tensor::from_vec(values, self.sizes())
        })
    }

    /// The elements where the mask holds, as a vector; both broadcast.
    ///
    /// # Errors
    /// `RuntimeError` unless the mask is bool and sizes broadcast.
    pub fn masked_select(&self, mask: &Tensor) -> Result<Tensor> {
        if mask.dtype() != DType::Bool {
            return Err(Error::runtime("masked_select", "masked_select: expected BoolTensor for mask")
                .dtypes(&[mask.dtype()]));
        }
        let sizes = broadcast_sizes("masked_select", mask.sizes(), self.sizes())?;
        let wanted: Vec<i64> = sizes.iter().map(|&s| s as i64).collect();
        let chosen = mask.expand(&wanted)?.to_vec::<bool>()?;
        with_element!(self.dtype(), T => {
            let values = self.expand(&wanted)?.to_vec::<T>()?;
            let kept: Vec<T> = values.into_iter().zip(chosen).filter_map(|(x, keep)| keep.then_some(x)).collect();
            let count = kept.len();
            Tensor::from_vec(kept, &[count])
        })
    }

    /// Positions of the elements that are not zero, one row each, row-major.
    ///
    /// # Errors
    /// `RuntimeError` when memory cannot be had.
    pub fn nonzero(&self) -> Result<Tensor> {
        let truths = self.to_vec_as::<bool>()?;
        let strides = crate::layout::contiguous_strides(self.sizes());
        let at: Vec<usize> =
            truths.iter().enumerate().filter(|(_, truth)| **truth).map(|(at, _)| at).collect();
        // PyTorch writes one dimension after another and returns the transpose.
        let along = strides.iter().zip(self.sizes());
        let places: Vec<i64> =
            along.flat_map(|(&s, &size)| at.iter().map(move |at| (at / s % size.max(1)) as i64)).collect();
        Tensor::from_parts(places, vec![self.dim(), at.len()], vec![at.len(), 1]).transpose(0, 1)
    }

    /// Rows of `weight` (self) for each index: an embedding.
    ///
    /// # Errors
    /// `RuntimeError` unless self is a matrix; `IndexError` for an index outside.
    pub fn embedding(&self, indices: &Tensor) -> Result<Tensor> {
        if self.dim() != 2 {
            return Err(Error::runtime("embedding", "'weight' must be 2-D").shapes(&[self.sizes()]));
        }
        if !matches!(indices.dtype(), DType::I64 | DType::I32) {
            return Err(Error::runtime(
                "embedding",
                format!(
                    "Expected tensor for argument #1 'indices' to have one of the following scalar types: Long, Int; \
                     but got {} instead (while checking arguments for embedding)",
                    crate::type_text(indices)
                ),
            )
            .dtypes(&[indices.dtype()]));
        }
        let mut sizes = indices.sizes().to_vec();
        sizes.push(self.sizes()[1]);
        self.index_select(0, &indices.reshape_to(&[indices.numel()])?)?.reshape_to(&sizes)
    }

    /// One row of zeros with a single 1 for each class; -1 classes: one more than the largest.
    ///
    /// # Errors
    /// `RuntimeError` unless int64, not negative and below the number of classes.
    pub fn one_hot(&self, classes: i64) -> Result<Tensor> {
        let refuse = |text: &str| Err(Error::runtime("one_hot", text).dtypes(&[self.dtype()]));
        if self.dtype() != DType::I64 {
            return refuse("one_hot is only applicable to index tensor of type LongTensor.");
        }
        let values = self.to_vec::<i64>()?;
        if values.is_empty() && classes <= 0 {
            return refuse("Can not infer total number of classes from empty tensor.");
        }
        if values.iter().any(|&v| v < 0) {
            return refuse("Class values must be non-negative.");
        }
        let largest = values.iter().copied().max().unwrap_or(-1);
        let count = if classes == -1 { largest + 1 } else { classes };
        if largest >= count {
            return refuse("Class values must be smaller than num_classes.");
        }
        let mut sizes = self.sizes().to_vec();
        sizes.push(count as usize);
        let mut out = crate::storage::filled("one_hot", element_count(&sizes)?, 0i64)?;
        for (i, &class) in values.iter().enumerate() {
            out[i * count as usize + class as usize] = 1;
        }
        Tensor::from_vec(out, &sizes)
    }

    /// Zeros in this tensor's sizes and dtype.
    ///
    /// # Errors
    /// `RuntimeError` when memory cannot be had.
    pub fn zeros_like(&self) -> Result<Tensor> {
        self.full_like(Scalar::Int(0))
    }
}
