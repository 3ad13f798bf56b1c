//! Shared immutable memory of fixed-width values.

use std::ops::{Deref, Range};
use std::sync::Arc;

/// A shared, immutable run of values: cloning and slicing copy no data.
#[derive(Clone, Debug)]
pub struct Buffer<T> {
    data: Arc<Vec<T>>,
    start: usize,
    len: usize,
}

impl<T> Buffer<T> {
    /// The part `range` of this buffer, sharing its memory; positions past the end are cut off.
    #[must_use]
    pub fn slice(&self, range: Range<usize>) -> Self {
        let start = range.start.min(self.len);
        let end = range.end.clamp(start, self.len);
        Self { data: Arc::clone(&self.data), start: self.start + start, len: end - start }
    }
}

impl<T> From<Vec<T>> for Buffer<T> {
    fn from(data: Vec<T>) -> Self {
        let len = data.len();
        Self { data: Arc::new(data), start: 0, len }
    }
}

impl<T> FromIterator<T> for Buffer<T> {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        items.into_iter().collect::<Vec<T>>().into()
    }
}

impl<T> Deref for Buffer<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.data[self.start..self.start + self.len]
    }
}
