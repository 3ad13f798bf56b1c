//! Where each page of a state stands in its checkpoint: a function of the state alone.

use crate::pages::Entry;
use crate::patch::varint_len;

/// The most bytes of pages in one block, unless a single page has more.
const BLOCK_LEN_MAX: usize = 64 << 10;

const SIZE_BITS: u32 = 21;
const OFFSET_BITS: u32 = 17;
const BLOCK_BITS: u32 = u64::BITS - SIZE_BITS - OFFSET_BITS;

/// The place of a page's bytes: the number of the block, their offset in it and their length, in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place(u64);

impl Place {
    /// `None` for what does not fit the word: a block beyond the first four tebibytes of a state.
    fn new(block: u64, offset: usize, size_bytes: usize) -> Option<Place> {
        let fits = block >> BLOCK_BITS == 0 && offset >> OFFSET_BITS == 0 && size_bytes >> SIZE_BITS == 0;
        let (offset, size) = (offset as u64, size_bytes as u64);
        fits.then_some(Place((block << OFFSET_BITS | offset) << SIZE_BITS | size))
    }

    pub(super) fn block(self) -> u64 {
        self.0 >> (OFFSET_BITS + SIZE_BITS)
    }

    pub(super) fn offset(self) -> usize {
        (self.0 >> SIZE_BITS) as usize & ((1 << OFFSET_BITS) - 1)
    }

    pub(crate) fn size_bytes(self) -> usize {
        self.0 as usize & ((1 << SIZE_BITS) - 1)
    }
}

/// Walks over the pages of a state by ascending id.
#[derive(Default)]
pub(crate) struct Layout {
    block: u64,
    /// Bytes of the present block so far.
    len: usize,
    first_id: u64,
}

impl Layout {
    /// The place of the next page's bytes.
    pub(crate) fn place_entry(&mut self, id: u64, page: &Entry) -> Option<Place> {
        let head_len = Layout::head_len(page.version(), page.name(), page.metadata(), page.size_bytes());
        self.place(id, head_len, page.size_bytes())
    }

    /// The length of what stands before a page's bytes, without its id.
    pub(super) fn head_len(version: u64, name: Option<&str>, metadata: &[u8], size_bytes: usize) -> usize {
        let text_len = |len: usize| varint_len(len as u64) + len;
        varint_len(version)
            + text_len(name.map_or(0, str::len))
            + text_len(metadata.len())
            + varint_len(size_bytes as u64)
    }

    /// As [`Layout::place_entry`], of a page with such a head.
    pub(super) fn place(&mut self, id: u64, head_len: usize, size_bytes: usize) -> Option<Place> {
        self.enter(id, size_bytes);
        let offset = self.len + varint_len(id - self.first_id) + head_len;
        self.len = offset + size_bytes;
        Place::new(self.block, offset, size_bytes)
    }

    /// Whether the next page begins another block than the first.
    pub(super) fn begins_block(&self, size_bytes: usize) -> bool {
        self.len > 0 && self.len + size_bytes > BLOCK_LEN_MAX
    }

    /// The first id of the present block.
    pub(super) fn first_id(&self) -> u64 {
        self.first_id
    }

    /// The present block: its first id, and its bytes so far.
    pub(super) fn present(&self) -> (u64, u64) {
        (self.first_id, self.len as u64)
    }

    fn enter(&mut self, id: u64, size_bytes: usize) {
        if self.begins_block(size_bytes) {
            (self.block, self.len) = (self.block + 1, 0);
        }
        if self.len == 0 {
            self.first_id = id;
        }
    }
}
