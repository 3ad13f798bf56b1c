//! The tensor: a layout over a shared storage.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use crate::element::{Element, with_element};
use crate::foreign::Foreign;
use crate::layout::{Layout, contiguous_strides, element_count};
use crate::spread::{Piece, spread};
use crate::storage::{Read, Storage, reserve};
use crate::transposition::Planes;
use crate::traverse::for_each_row;
use crate::{DType, Error, Result, Scalar};

/// An n-dimensional array that may share its elements with other tensors.
///
/// Cloning aliases: a clone and every view see in-place writes of each other.
///
/// ```
/// use tensor::{DType, Tensor};
/// let a = Tensor::from_vec(vec![1.0f32, 2.0, 3.0, 4.0], &[2, 2])?;
/// let row = a.select(0, 1)?;
/// row.fill_(0.0.into())?;
/// assert_eq!(a.to_vec::<f32>()?, [1.0, 2.0, 0.0, 0.0]);
/// assert_eq!(a.version(), 1);
/// assert_eq!(a.sum(None)?.dtype(), DType::F32);
/// # Ok::<(), tensor::Error>(())
/// ```
#[derive(Clone)]
pub struct Tensor {
    storage: Arc<Storage>,
    layout: Layout,
}

impl Tensor {
    /// A contiguous tensor of these elements.
    ///
    /// # Errors
    /// `RuntimeError` if the sizes need another number of elements.
    pub fn from_vec<T: Element>(values: Vec<T>, sizes: &[usize]) -> Result<Tensor> {
        let layout = Layout::contiguous(sizes)?;
        if layout.numel() != values.len() {
            return Err(Error::runtime(
                "tensor",
                format!("shape '{sizes:?}' is invalid for input of size {}", values.len()),
            )
            .shapes(&[sizes])
            .expected(layout.numel().to_string())
            .found(values.len().to_string()));
        }
        Ok(Tensor { storage: Arc::new(Storage::new(values)), layout })
    }

    /// A tensor over memory of somebody else, which lives as long as any tensor sees it. What `read_only` memory holds is
    /// never written.
    ///
    /// # Errors
    /// `RuntimeError` if the layout leaves the memory.
    pub fn from_foreign<T: Element>(
        memory: Box<dyn Foreign<T>>,
        read_only: bool,
        sizes: &[usize],
        strides: &[usize],
    ) -> Result<Tensor> {
        let storage = Storage::foreign(memory, read_only);
        let layout = Layout::strided(sizes, strides, 0, storage.len())?;
        Ok(Tensor { storage: Arc::new(storage), layout })
    }

    /// Whether the storage's owner elsewhere forbids writing.
    pub fn is_read_only(&self) -> bool {
        self.storage.is_read_only()
    }

    /// Where the elements of the storage begin, for whoever shares them with another program while the tensor lives.
    pub fn elements_ptr(&self) -> *mut u8 {
        self.storage.elements_ptr()
    }

    /// The elements with strides that the caller derived for exactly these sizes.
    pub(crate) fn from_parts<T: Element>(values: Vec<T>, sizes: Vec<usize>, strides: Vec<usize>) -> Tensor {
        debug_assert_eq!(values.len(), sizes.iter().product::<usize>());
        Tensor { storage: Arc::new(Storage::new(values)), layout: Layout::derived(sizes, strides, 0) }
    }

    /// Contiguous elements whose count is known to be right.
    pub(crate) fn from_rows<T: Element>(values: Vec<T>, sizes: &[usize]) -> Tensor {
        Self::from_parts(values, sizes.to_vec(), contiguous_strides(sizes))
    }

    /// A 0-dim tensor of a dtype.
    pub fn scalar(value: Scalar, dtype: DType) -> Tensor {
        with_element!(dtype, T => Self::from_parts(vec![T::from_scalar(value)], Vec::new(), Vec::new()))
    }

    /// Another layout over the same storage.
    pub(crate) fn alias(&self, layout: Layout) -> Tensor {
        Tensor { storage: Arc::clone(&self.storage), layout }
    }

    /// Views the storage under any layout inside it: `as_strided`.
    ///
    /// # Errors
    /// `RuntimeError` if the layout leaves the storage.
    pub fn as_strided(&self, sizes: &[usize], strides: &[usize], offset: usize) -> Result<Tensor> {
        Ok(self.alias(Layout::strided(sizes, strides, offset, self.storage.len())?))
    }

    /// Element type.
    pub fn dtype(&self) -> DType {
        self.storage.dtype()
    }
    /// The layout.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }
    /// Sizes of the dimensions.
    pub fn sizes(&self) -> &[usize] {
        self.layout.sizes()
    }
    /// Strides in elements.
    pub fn strides(&self) -> &[usize] {
        self.layout.strides()
    }
    /// Number of dimensions.
    pub fn dim(&self) -> usize {
        self.layout.dim()
    }
    /// Number of elements.
    pub fn numel(&self) -> usize {
        self.layout.numel()
    }
    /// Size of a dimension that may count from the back.
    ///
    /// # Errors
    /// `IndexError` outside the dimensions.
    pub fn size(&self, dim: i64) -> Result<usize> {
        let d = crate::layout::wrap_dim("size", dim, self.dim())?;
        self.sizes().get(d).copied().ok_or_else(|| {
            Error::index("size", format!("Dimension specified as {dim} but tensor has no dimensions"))
        })
    }
    /// Number of in-place writes to the storage.
    pub fn version(&self) -> u64 {
        self.storage.version()
    }
    /// Counts a change of the layout in place as a write, as PyTorch does.
    pub fn count_write(&self) {
        self.storage.bump_version();
    }
    /// Counts one in-place write; for writers that go through [`crate::update`].
    pub(crate) fn bump_version(&self) {
        self.storage.bump_version();
    }
    /// Number of elements of the whole storage.
    pub fn storage_len(&self) -> usize {
        self.storage.len()
    }
    /// Whether both see the same storage.
    pub fn shares_storage(&self, other: &Tensor) -> bool {
        Arc::ptr_eq(&self.storage, &other.storage)
    }
    /// A number that only tensors of the same storage share while one of them lives. It tells storages apart and must
    /// reach no result.
    pub fn storage_address(&self) -> usize {
        Arc::as_ptr(&self.storage).addr()
    }
    /// Whether nobody else holds the storage.
    pub fn is_unshared(&self) -> bool {
        Arc::strong_count(&self.storage) == 1
    }
    pub(crate) fn storage(&self) -> &Storage {
        &self.storage
    }
    /// Whether elements lie in row-major order without gaps.
    pub fn is_contiguous(&self) -> bool {
        self.layout.is_contiguous()
    }

    /// Locks the elements of a contiguous tensor for reading.
    ///
    /// # Errors
    /// `RuntimeError` for another dtype or a tensor that is not contiguous.
    pub fn read<T: Element>(&self) -> Result<Read<'_, T>> {
        if !self.is_contiguous() {
            return Err(Error::runtime("read", "expected a contiguous tensor")
                .shapes(&[self.sizes(), self.strides()]));
        }
        let start = self.layout.offset();
        self.storage.read(start..start + self.numel())
    }

    /// Locks the gapless span of a dense tensor, in memory order.
    pub(crate) fn read_span<T: Element>(&self) -> Result<Read<'_, T>> {
        let start = self.layout.offset();
        self.storage.read(start..start + self.numel())
    }

    /// Locks the whole storage.
    pub(crate) fn read_storage<T: Element>(&self) -> Result<Read<'_, T>> {
        self.storage.read(0..self.storage.len())
    }

    /// The elements in row-major order.
    ///
    /// # Errors
    /// `RuntimeError` for another dtype.
    pub fn to_vec<T: Element>(&self) -> Result<Vec<T>> {
        if self.is_contiguous() {
            return Ok(self.read::<T>()?.to_vec());
        }
        let source = self.read_storage::<T>()?;
        if let Some(planes) = Planes::of(self.sizes(), self.strides(), self.layout.offset()) {
            let rows = |at: usize, piece: &mut Piece<'_, T>| planes.copy(&source, at, piece);
            return spread("contiguous", self.numel(), planes.row_len(), rows);
        }
        let mut values = reserve("contiguous", self.numel())?;
        for_each_row(self.sizes(), [self.strides()], [self.layout.offset()], |[at], len, [step]| {
            values.extend((0..len).map(|i| source[at + i * step]));
        });
        Ok(values)
    }

    /// The elements in row-major order, converted.
    ///
    /// # Errors
    /// Never for a valid tensor.
    pub fn to_vec_as<U: Element>(&self) -> Result<Vec<U>> {
        with_element!(self.dtype(), T => {
            Ok(self.to_vec::<T>()?.into_iter().map(|x| U::from_scalar(x.to_scalar())).collect())
        })
    }

    /// This tensor if contiguous, else a row-major copy.
    ///
    /// # Errors
    /// `RuntimeError` when memory cannot be had.
    pub fn contiguous(&self) -> Result<Tensor> {
        if self.is_contiguous() {
            return Ok(self.clone());
        }
        with_element!(self.dtype(), T => Ok(Self::from_rows(self.to_vec::<T>()?, self.sizes())))
    }

    /// As [`Tensor::contiguous`], and row-major strides also where there is no element: a new result has no others.
    pub(crate) fn packed(&self) -> Result<Tensor> {
        if self.numel() > 0 {
            return self.contiguous();
        }
        with_element!(self.dtype(), T => Ok(Self::from_rows(Vec::<T>::new(), self.sizes())))
    }

    /// The tensor itself, or a copy where it shares the other one's storage: each storage is locked once.
    pub(crate) fn apart_from(&self, other: &Tensor) -> Result<Tensor> {
        if self.shares_storage(other) { self.copy() } else { Ok(self.clone()) }
    }

    /// The elements in a storage of their own, laid out as given.
    ///
    /// # Errors
    /// `RuntimeError` if the strides leave gaps or overlap, or when memory cannot be had.
    pub fn copy_as(&self, strides: &[usize]) -> Result<Tensor> {
        // The elements in the storage's order, which nothing writes afterwards: the copy's version is 0.
        let mut order: Vec<usize> = (0..self.dim()).collect();
        order.sort_by_key(|&d| std::cmp::Reverse(strides.get(d).copied().unwrap_or(1)));
        let dims: Vec<i64> = order.iter().map(|&d| d as i64).collect();
        let turned = self.permute(&dims)?;
        let dense = crate::layout::contiguous_strides(turned.sizes());
        let mut wanted = order.iter().zip(turned.sizes().iter().zip(&dense));
        if !wanted.all(|(&d, (&size, dense))| size <= 1 || strides.get(d) == Some(dense)) && self.numel() > 0
        {
            let text = format!("strides {strides:?} leave gaps or overlap in sizes {:?}", self.sizes());
            return Err(Error::runtime("copy_as", text));
        }
        let flat = turned.contiguous()?.reshape(&[self.numel() as i64])?;
        let own = if flat.shares_storage(self) { flat.copy()? } else { flat };
        own.as_strided(self.sizes(), strides, 0)
    }

    /// A copy with storage of its own; a dense tensor keeps its strides.
    ///
    /// # Errors
    /// `RuntimeError` when memory cannot be had.
    pub fn copy(&self) -> Result<Tensor> {
        with_element!(self.dtype(), T => {
            if self.layout.is_dense() {
                let values = self.read_span::<T>()?.to_vec();
                return Ok(Self::from_parts(values, self.sizes().to_vec(), self.strides().to_vec()));
            }
            Ok(Self::from_rows(self.to_vec::<T>()?, self.sizes()))
        })
    }

    /// The elements converted to a dtype; the same tensor if it has it already.
    ///
    /// # Errors
    /// `RuntimeError` when memory cannot be had.
    pub fn to_dtype(&self, dtype: DType) -> Result<Tensor> {
        if dtype == self.dtype() {
            return Ok(self.clone());
        }
        with_element!(self.dtype(), T => with_element!(dtype, U => {
            crate::pointwise::map::<T, U>("to", self, |x| U::from_scalar(x.to_scalar()))
        }))
    }

    /// The only element.
    ///
    /// # Errors
    /// `RuntimeError` unless there is exactly one.
    pub fn item(&self) -> Result<Scalar> {
        if self.numel() != 1 {
            return Err(Error::runtime(
                "item",
                format!("a Tensor with {} elements cannot be converted to Scalar", self.numel()),
            )
            .shapes(&[self.sizes()])
            .expected("1 element")
            .found(format!("{} elements", self.numel())));
        }
        let at = self.layout.offset();
        with_element!(self.dtype(), T => {
            let value = self.storage.read::<T>(at..at + 1)?.first().copied();
            value.map(T::to_scalar).ok_or_else(|| Error::index("item", "index out of storage"))
        })
    }

    /// The elements row by row.
    ///
    /// # Errors
    /// `RuntimeError` when memory cannot be had.
    pub fn to_scalars(&self) -> Result<Vec<Scalar>> {
        with_element!(self.dtype(), T => Ok(self.to_vec::<T>()?.into_iter().map(T::to_scalar).collect()))
    }

    /// A tensor of these elements row by row.
    ///
    /// # Errors
    /// `RuntimeError` for a number beyond the dtype's range, or where the numbers are not as many as the sizes say.
    pub fn from_scalars(values: &[Scalar], dtype: DType, sizes: &[usize]) -> Result<Tensor> {
        with_element!(dtype, T => {
            let mut elements: Vec<T> = crate::storage::reserve("from_scalars", values.len())?;
            for value in values {
                elements.push(T::from_scalar(value.check_fits("from_scalars", dtype)?));
            }
            Tensor::from_vec(elements, sizes)
        })
    }

    /// Runs `f` over the elements of this tensor in place, counting one write. The tensor must be dense or
    /// strided without overlap; `f` gets a row of the storage, the start and the step.
    pub(crate) fn write_rows<T: Element>(
        &self,
        operator: &'static str,
        mut f: impl FnMut(&mut [T], usize, usize, usize),
    ) -> Result<()> {
        if self.layout.has_internal_overlap() {
            return Err(Error::runtime(
                operator,
                "unsupported operation: more than one element of the written-to tensor refers to a single memory \
                 location. Please clone() the tensor before performing the operation.",
            )
            .shapes(&[self.sizes(), self.strides()]));
        }
        {
            let mut guard = self.storage.write::<T>()?;
            let all = guard.all();
            for_each_row(self.sizes(), [self.strides()], [self.layout.offset()], |[at], len, [step]| {
                f(all, at, len, step);
            });
        }
        self.bump_version();
        Ok(())
    }

    /// Memory span of a dense tensor.
    pub(crate) fn span(&self) -> Range<usize> {
        let start = self.layout.offset();
        start..start + self.numel()
    }
}

impl fmt::Debug for Tensor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Sizes given as signed numbers, where one may be -1 and is inferred from the element count.
///
/// # Errors
/// `RuntimeError` with PyTorch's texts for a second -1, a negative size or a count that does not fit.
pub fn infer_sizes(operator: &'static str, sizes: &[i64], numel: usize) -> Result<Vec<usize>> {
    let invalid = || {
        Error::runtime(operator, format!("shape '{sizes:?}' is invalid for input of size {numel}"))
            .expected(format!("{numel} elements"))
            .found(format!("{sizes:?}"))
    };
    let mut result = Vec::with_capacity(sizes.len());
    let mut open = None;
    for (d, &size) in sizes.iter().enumerate() {
        match size {
            -1 if open.is_some() => {
                return Err(Error::runtime(operator, "only one dimension can be inferred"));
            }
            -1 => {
                open = Some(d);
                result.push(1);
            }
            s if s < 0 => {
                return Err(Error::runtime(
                    operator,
                    format!("invalid shape dimension {s} at index {d} of shape {sizes:?}"),
                ));
            }
            s => result.push(s as usize),
        }
    }
    let known = element_count(&result)?;
    let Some(d) = open else {
        return if known == numel { Ok(result) } else { Err(invalid()) };
    };
    if known == 0 && numel == 0 {
        return Err(Error::runtime(
            operator,
            format!(
                "cannot reshape tensor of 0 elements into shape {sizes:?} because the unspecified dimension size -1 \
                 can be any value and is ambiguous"
            ),
        ));
    }
    if known == 0 || !numel.is_multiple_of(known) {
        return Err(invalid());
    }
    result[d] = numel / known;
    Ok(result)
}
