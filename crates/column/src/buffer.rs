//! Shared immutable memory of fixed-width values.

use std::any::Any;
use std::fmt;
use std::ops::{Deref, Range};
use std::sync::Arc;

/// A shared, immutable run of values: cloning and slicing copy no data. The memory is ours or another library's.
#[derive(Clone)]
pub struct Buffer<T> {
    memory: Memory<T>,
    start: usize,
    len: usize,
}

#[derive(Clone)]
enum Memory<T> {
    Owned(Arc<Vec<T>>),
    Foreign(Arc<ForeignMemory<T>>),
}

/// Memory of another library, and what keeps it alive.
struct ForeignMemory<T> {
    first: *const T,
    len: usize,
    _owner: Arc<dyn Any + Send + Sync>,
}

// SAFETY: the memory is only read, by whoever holds it, and its owner may go to any thread.
unsafe impl<T: Send + Sync> Send for ForeignMemory<T> {}
// SAFETY: as above.
unsafe impl<T: Send + Sync> Sync for ForeignMemory<T> {}

impl<T> Buffer<T> {
    /// The part `range` of this buffer, sharing its memory; positions past the end are cut off.
    #[must_use]
    pub fn slice(&self, range: Range<usize>) -> Self
    where
        T: Clone,
    {
        let start = range.start.min(self.len);
        let end = range.end.clamp(start, self.len);
        Self { memory: self.memory.clone(), start: self.start + start, len: end - start }
    }

    /// Values in another library's memory, which `owner` keeps alive and nobody writes to.
    ///
    /// # Safety
    /// `first` is aligned and points to `len` initialised values that stay as they are until `owner` is dropped; any
    /// pattern of bits is a `T`.
    pub(crate) unsafe fn foreign(first: *const T, len: usize, owner: Arc<dyn Any + Send + Sync>) -> Self {
        Self { memory: Memory::Foreign(Arc::new(ForeignMemory { first, len, _owner: owner })), start: 0, len }
    }
}

impl<T: fmt::Debug> fmt::Debug for Buffer<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<T> From<Vec<T>> for Buffer<T> {
    fn from(data: Vec<T>) -> Self {
        let len = data.len();
        Self { memory: Memory::Owned(Arc::new(data)), start: 0, len }
    }
}

impl<T> FromIterator<T> for Buffer<T> {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        items.into_iter().collect::<Vec<T>>().into()
    }
}

impl<T> Deref for Buffer<T> {
    type Target = [T];

    #[inline]
    fn deref(&self) -> &[T] {
        let whole = match &self.memory {
            Memory::Owned(data) => data.as_slice(),
            // SAFETY: `Buffer::foreign` took the promise, and the owner is alive as long as `memory`.
            Memory::Foreign(memory) => unsafe { std::slice::from_raw_parts(memory.first, memory.len) },
        };
        &whole[self.start..self.start + self.len]
    }
}
