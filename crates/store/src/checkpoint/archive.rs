//! An open checkpoint, from which pages are read one by one when memory does not hold them.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use super::block::Block;
use super::damaged;
use super::kept::{Kept, Rescue, Use};
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
    /// Where memory has no limit.
    kept: Option<Kept>,
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
        Archive { file, path, blocks, recent: Mutex::default(), kept: None }
    }

    /// The same where what was read stays, and what cannot be read is made from the log.
    pub(super) fn keeping(self, rescue: Rescue) -> Archive {
        Archive { kept: Some(Kept::new(self.blocks.len(), rescue)), ..self }
    }

    /// The bytes at a place, of a page in this version, from a block whose checksum was checked.
    ///
    /// # Errors
    /// `Corrupt` with file and offset, `Io`. The log still has them: opening the store anew reads them from there.
    pub(crate) fn read(&self, place: Place, version: u64) -> Result<Arc<[u8]>> {
        self.bytes(place, version, Use::Read)
    }

    /// As [`Archive::read`], for somebody who changes them: they do not stay here.
    ///
    /// # Errors
    /// As there.
    pub(crate) fn take(&self, place: Place, version: u64) -> Result<Arc<[u8]>> {
        self.bytes(place, version, Use::Change)
    }

    fn bytes(&self, place: Place, version: u64, to: Use) -> Result<Arc<[u8]>> {
        if let Some(kept) = &self.kept {
            return kept.page((place, version), to, &self.path, &|| self.read_block(place.block()));
        }
        let block = self.block(place.block())?;
        let end = place.offset() + place.size_bytes();
        block.get(place.offset()..end).map(Arc::from).ok_or_else(|| damaged("page is cut off", &self.path, 0))
    }

    fn block(&self, number: u64) -> Result<Arc<[u8]>> {
        let recent = || self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, bytes)) = recent().iter().find(|(of, _)| *of == number) {
            return Ok(Arc::clone(bytes));
        }
        let (bytes, _) = self.read_block(number)?;
        if bytes.len() <= RECENT_LEN_MAX {
            let mut recent = recent();
            recent.push_back((number, Arc::clone(&bytes)));
            if recent.len() > RECENT_COUNT {
                recent.pop_front();
            }
        }
        Ok(bytes)
    }

    /// The bytes of a block's pages, and the first id among them.
    fn read_block(&self, number: u64) -> Result<(Arc<[u8]>, u64)> {
        let found = usize::try_from(number).ok().and_then(|number| self.blocks.get(number));
        let (offset, block) = found.ok_or_else(|| damaged("block does not exist", &self.path, 0))?;
        Ok((block.read(&*self.file, &self.path, *offset)?.into(), block.first_id))
    }
}

impl fmt::Debug for Archive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Archive").field("path", &self.path).finish_non_exhaustive()
    }
}
