//! Memory of large tensors that are gone, kept for the next ones: a block that the system has to give anew is written
//! with zeros a page at a time, which costs a large elementwise operator more than its arithmetic.

use std::any::Any;
use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::element::Element;

/// Bytes from which a block is kept; smaller ones come from the allocator without a call to the system.
const BLOCK_BYTES_MIN: usize = 1 << 18;

/// Bytes and blocks that are kept at most: what a loop leaves and never takes again must not pile up.
const BYTES_MAX: usize = 1 << 30;
const BLOCKS_MAX: usize = 64;

/// Blocks without elements, the one kept last in front.
struct Shelf {
    /// Each is a `Vec` of some element type, with its bytes.
    blocks: VecDeque<(usize, Box<dyn Any + Send>)>,
    bytes: usize,
}

static SHELF: Mutex<Shelf> = Mutex::new(Shelf { blocks: VecDeque::new(), bytes: 0 });

fn shelf() -> MutexGuard<'static, Shelf> {
    SHELF.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A kept block with room for `len` elements and little more.
pub(crate) fn take<T: 'static>(len: usize) -> Option<Vec<T>> {
    let wanted = len.checked_mul(size_of::<T>()).filter(|&bytes| bytes >= BLOCK_BYTES_MIN)?;
    let mut shelf = shelf();
    let fits = |(bytes, block): &(usize, Box<dyn Any + Send>)| {
        (wanted..=wanted + wanted / 4).contains(bytes) && block.is::<Vec<T>>()
    };
    let place = shelf.blocks.iter().position(fits)?;
    let (bytes, block) = shelf.blocks.remove(place)?;
    shelf.bytes -= bytes;
    block.downcast().ok().map(|block| *block)
}

/// Keeps a block. What was kept longest goes where there would be too much.
pub(crate) fn keep<T: Element>(mut values: Vec<T>) {
    let bytes = values.capacity().saturating_mul(size_of::<T>());
    if !(BLOCK_BYTES_MIN..=BYTES_MAX).contains(&bytes) {
        return;
    }
    values.clear();
    let mut shelf = shelf();
    let mut gone = Vec::new();
    while shelf.bytes + bytes > BYTES_MAX || shelf.blocks.len() >= BLOCKS_MAX {
        let Some((bytes, block)) = shelf.blocks.pop_back() else { break };
        shelf.bytes -= bytes;
        gone.push(block);
    }
    shelf.bytes += bytes;
    shelf.blocks.push_front((bytes, Box::new(values)));
    // The memory goes back when nobody waits for the shelf.
    drop(shelf);
    drop(gone);
}

/// Gives all kept memory back to the allocator. Returns the bytes.
pub fn release_memory() -> usize {
    let (blocks, bytes) = {
        let mut shelf = shelf();
        let bytes = std::mem::take(&mut shelf.bytes);
        (std::mem::take(&mut shelf.blocks), bytes)
    };
    drop(blocks);
    bytes
}

/// Bytes of memory that are kept for tensors to come.
pub fn kept_memory() -> usize {
    shelf().bytes
}

/// Elements of one storage, whose memory is kept when the storage goes.
#[derive(Debug)]
pub struct Own<T: Element>(Vec<T>);

impl<T: Element> Own<T> {
    pub(crate) fn new(values: Vec<T>) -> Self {
        Own(values)
    }
}

impl<T: Element> std::ops::Deref for Own<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.0
    }
}

impl<T: Element> std::ops::DerefMut for Own<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        &mut self.0
    }
}

impl<T: Element> Drop for Own<T> {
    fn drop(&mut self) {
        keep(std::mem::take(&mut self.0));
    }
}
