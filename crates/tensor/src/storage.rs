//! Storage: the elements that tensors and their views share, with one version counter.

use std::ops::{Deref, Range};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use crate::element::{Element, with_element};
use crate::foreign::{Elements, Foreign};
use crate::kept::{self, Own};
use crate::{DType, Error, ErrorKind, Result};

/// The elements, typed.
#[derive(Debug)]
#[allow(missing_docs)]
pub enum Buffer {
    Bool(Elements<bool>),
    U8(Elements<u8>),
    I8(Elements<i8>),
    I16(Elements<i16>),
    I32(Elements<i32>),
    I64(Elements<i64>),
    F32(Elements<f32>),
    F64(Elements<f64>),
}

/// Elements shared by a tensor and all views of it.
///
/// The version counts in-place writes; saved tensors compare it to refuse a stale gradient. A lock orders
/// readers and writers: two threads are ordered, never undefined.
#[derive(Debug)]
pub struct Storage {
    buffer: RwLock<Buffer>,
    len: usize,
    dtype: DType,
    /// Whether an owner elsewhere forbids writing.
    read_only: bool,
    version: AtomicU64,
}

impl Storage {
    /// Takes the elements over; version 0.
    pub fn new<T: Element>(values: Vec<T>) -> Self {
        Storage {
            len: values.len(),
            dtype: T::DTYPE,
            buffer: RwLock::new(T::into_buffer(Elements::Own(Own::new(values)))),
            read_only: false,
            version: AtomicU64::new(0),
        }
    }
    /// Elements that somebody else owns; version 0.
    pub fn foreign<T: Element>(memory: Box<dyn Foreign<T>>, read_only: bool) -> Self {
        let values = Elements::Foreign(memory);
        Storage {
            len: values.len(),
            dtype: T::DTYPE,
            buffer: RwLock::new(T::into_buffer(values)),
            read_only,
            version: AtomicU64::new(0),
        }
    }
    /// Whether an owner elsewhere forbids writing.
    pub fn is_read_only(&self) -> bool {
        self.read_only
    }
    /// Where the elements begin, for whoever shares them with another program. The address stays the same as long as
    /// the storage lives.
    pub fn elements_ptr(&self) -> *mut u8 {
        fn first<T: Element>(buffer: &mut Buffer) -> *mut u8 {
            match T::values_mut(buffer) {
                Some(values) => values.as_mut_ptr().cast(),
                None => T::values(buffer).unwrap_or_default().as_ptr().cast_mut().cast(),
            }
        }
        let mut guard = self.buffer.write().unwrap_or_else(PoisonError::into_inner);
        with_element!(self.dtype, T => first::<T>(&mut guard))
    }
    /// Number of elements.
    pub fn len(&self) -> usize {
        self.len
    }
    /// Whether there is no element.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }
    /// Type of the elements.
    pub fn dtype(&self) -> DType {
        self.dtype
    }
    /// Number of in-place writes so far.
    pub fn version(&self) -> u64 {
        self.version.load(Ordering::Acquire)
    }
    /// Counts one in-place write.
    pub fn bump_version(&self) {
        self.version.fetch_add(1, Ordering::AcqRel);
    }
    /// Locks for reading.
    ///
    /// # Errors
    /// `RuntimeError` if the storage has another element type.
    pub(crate) fn read<T: Element>(&self, range: Range<usize>) -> Result<Read<'_, T>> {
        self.expect_dtype(T::DTYPE)?;
        let guard = self.buffer.read().unwrap_or_else(PoisonError::into_inner);
        Ok(Read { guard, range, element: std::marker::PhantomData })
    }
    /// Locks for writing. The caller counts the write.
    pub(crate) fn write<T: Element>(&self) -> Result<Write<'_, T>> {
        self.expect_dtype(T::DTYPE)?;
        if self.read_only {
            return Err(Error::runtime(
                "storage",
                "ReadOnlyStorage: the tensor's memory belongs to somebody who forbids writing it; clone() gives a \
                 tensor of its own",
            ));
        }
        let guard = self.buffer.write().unwrap_or_else(PoisonError::into_inner);
        Ok(Write { guard, element: std::marker::PhantomData })
    }
    fn expect_dtype(&self, wanted: DType) -> Result<()> {
        if self.dtype == wanted {
            return Ok(());
        }
        let text =
            format!("expected scalar type {} but found {}", wanted.scalar_name(), self.dtype.scalar_name());
        Err(Error::runtime("storage", text)
            .dtypes(&[wanted, self.dtype])
            .expected(wanted.name())
            .found(self.dtype.name()))
    }
}

/// Elements locked for reading.
pub struct Read<'a, T> {
    guard: RwLockReadGuard<'a, Buffer>,
    range: Range<usize>,
    element: std::marker::PhantomData<T>,
}

impl<T: Element> Deref for Read<'_, T> {
    type Target = [T];
    fn deref(&self) -> &[T] {
        T::values(&self.guard).and_then(|v| v.get(self.range.clone())).unwrap_or_default()
    }
}

/// Elements locked for writing.
pub(crate) struct Write<'a, T> {
    guard: RwLockWriteGuard<'a, Buffer>,
    element: std::marker::PhantomData<T>,
}

impl<T: Element> Write<'_, T> {
    pub(crate) fn all(&mut self) -> &mut [T] {
        T::values_mut(&mut self.guard).unwrap_or_default()
    }
}

/// Memory for `len` elements, or PyTorch's error instead of an abort. What is kept is used first, and given back before
/// memory is refused.
pub(crate) fn reserve<T: 'static>(operator: &'static str, len: usize) -> Result<Vec<T>> {
    if let Some(values) = kept::take(len) {
        return Ok(values);
    }
    let mut values = Vec::new();
    let mut got = values.try_reserve_exact(len);
    if got.is_err() && kept::release_memory() > 0 {
        got = values.try_reserve_exact(len);
    }
    got.map_err(|_| {
        let bytes = len as u128 * size_of::<T>() as u128;
        Error::new(
            ErrorKind::OutOfMemory,
            operator,
            format!(
                "[enforce fail at alloc_cpu.cpp:132] err == 0. DefaultCPUAllocator: can't allocate memory: \
                 you tried to allocate {bytes} bytes. Error code 12 (Cannot allocate memory)"
            ),
        )
    })?;
    Ok(values)
}

/// `len` copies of a value.
pub(crate) fn filled<T: Clone + 'static>(operator: &'static str, len: usize, value: T) -> Result<Vec<T>> {
    let mut values = reserve(operator, len)?;
    values.resize(len, value);
    Ok(values)
}
