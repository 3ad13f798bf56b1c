//! Elements in memory of somebody else: another program's array that a tensor sees without a copy.

use std::fmt::Debug;
use std::ops::Deref;

use crate::element::Element;
use crate::kept::Own;

/// Memory that its owner keeps as long as this lives. The crate has no owner of this kind itself.
pub trait Foreign<T>: Debug + Send + Sync {
    /// All elements.
    fn values(&self) -> &[T];

    /// All elements for writing; nothing where the owner forbids it.
    fn values_mut(&mut self) -> Option<&mut [T]>;
}

/// The elements of a buffer.
#[derive(Debug)]
pub enum Elements<T: Element> {
    /// Of this storage alone.
    Own(Own<T>),
    /// Of somebody else.
    Foreign(Box<dyn Foreign<T>>),
}

impl<T: Element> Elements<T> {
    /// The elements for writing; nothing where their owner forbids it.
    pub fn values_mut(&mut self) -> Option<&mut [T]> {
        match self {
            Elements::Own(values) => Some(values),
            Elements::Foreign(memory) => memory.values_mut(),
        }
    }
}

impl<T: Element> Deref for Elements<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        match self {
            Elements::Own(values) => values,
            Elements::Foreign(memory) => memory.values(),
        }
    }
}
