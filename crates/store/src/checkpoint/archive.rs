//! An open checkpoint, from which pages are read one by one when memory does not hold them.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use super::block::Block;
use super::damaged;
use super::layout::Place;
use crate::error::Result;
use crate::vfs::VfsFile;

/// How many blocks are kept: pages are often read by their neighbours.
const RECENT_COUNT: usize = 8;
/// A longer block is one page, which has no neighbours.
const RECENT_LEN_MAX: usize = 128 << 10;

/// A checkpoint's pages. The file stays open: who removes its name takes nothing from whoever reads it.
pub(crate) struct Archive {
    file: Box<dyn VfsFile>,
    path: String,
    /// Each block with its offset.
    blocks: Vec<(u64, Block)>,
    recent: Mutex<VecDeque<(u64, Arc<[u8]>)>>,
}

impl Archive {
    pub(super) fn new(file: Box<dyn VfsFile>, path: String, first_offset: u64, blocks: &[Block]) -> Archive {
        let mut offset = first_offset;
        let place = |block: &Block| {
            let start = offset;
            offset += block.len;
            (start, *block)
        };
        let blocks = blocks.iter().map(place).collect();
        Archive { file, path, blocks, recent: Mutex::default() }
    }

    /// The bytes at a place, from a block whose checksum was checked.
    ///
    /// # Errors
    /// `Corrupt` with file and offset, `Io`. The log still has them: opening the store anew reads them from there.
    pub(crate) fn read(&self, place: Place) -> Result<Arc<[u8]>> {
        let block = self.block(place.block())?;
        let end = place.offset() + place.size_bytes();
        block.get(place.offset()..end).map(Arc::from).ok_or_else(|| damaged("page is cut off", &self.path, 0))
    }

    fn block(&self, number: u64) -> Result<Arc<[u8]>> {
        let recent = || self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, bytes)) = recent().iter().find(|(of, _)| *of == number) {
            return Ok(Arc::clone(bytes));
        }
        let found = usize::try_from(number).ok().and_then(|number| self.blocks.get(number));
        let (offset, block) = found.ok_or_else(|| damaged("block does not exist", &self.path, 0))?;
        let bytes: Arc<[u8]> = block.read(&*self.file, &self.path, *offset)?.into();
        if bytes.len() <= RECENT_LEN_MAX {
            let mut recent = recent();
            recent.push_back((number, Arc::clone(&bytes)));
            if recent.len() > RECENT_COUNT {
                recent.pop_front();
            }
        }
        Ok(bytes)
    }
}

impl fmt::Debug for Archive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Archive").field("path", &self.path).finish_non_exhaustive()
    }
}
