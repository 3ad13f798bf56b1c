//! The pages of a checkpoint that is read as it is asked for: what was read stays, and what the file lost is made from
//! the log.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use plan::wire::Decoder;

use super::layout::{Layout, Place};
use super::{damaged, decode_page};
use crate::error::{Error, Result};
use crate::index::Index;
use crate::pages::Pages;
use crate::vfs::Vfs;

/// One page in its block.
pub(super) struct Slot {
    offset: usize,
    version: u64,
    /// `None` once somebody took them to change them.
    bytes: Option<Arc<[u8]>>,
}

/// What was read of each block; nothing yet of most.
pub(super) struct Kept {
    blocks: Vec<Mutex<Vec<Slot>>>,
    rescue: Rescue,
}

/// Where the pages are that the file does not have any more.
pub(super) struct Rescue {
    pub(super) vfs: Arc<dyn Vfs>,
    pub(super) seq: u64,
    pub(super) state_hash: u128,
    state: Mutex<Option<Pages>>,
}

/// Whether others shall find the bytes too.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Use {
    Read,
    Change,
}

impl Kept {
    pub(super) fn new(block_count: usize, rescue: Rescue) -> Kept {
        Kept { blocks: (0..block_count).map(|_| Mutex::default()).collect(), rescue }
    }

    /// The bytes of a page in this version. `read` reads a block.
    ///
    /// # Errors
    /// What `read` returned, where the log does not have the page either; `Corrupt` for another version.
    pub(super) fn page(
        &self,
        (place, version): (Place, u64),
        to: Use,
        path: &str,
        read: &dyn Fn() -> Result<(Arc<[u8]>, u64)>,
    ) -> Result<Arc<[u8]>> {
        let slots = || {
            let found = read().and_then(|(bytes, first_id)| slots_of(&bytes, first_id));
            found.or_else(|error| self.rescue.slots(place.block()).ok_or(error))
        };
        let missing = || damaged("page is not where its head says", path, 0);
        let block = usize::try_from(place.block()).ok().and_then(|number| self.blocks.get(number));
        let mut block = lock(block.ok_or_else(missing)?);
        if block.is_empty() {
            *block = slots()?;
        }
        let slot = find(&mut block, place, version).ok_or_else(missing)?;
        let bytes = match to {
            Use::Read => slot.bytes.clone(),
            Use::Change => slot.bytes.take(),
        };
        // Who looks at an older state may want what a newer one took.
        let bytes = match bytes {
            Some(bytes) => bytes,
            None => {
                find(&mut slots()?, place, version).and_then(|slot| slot.bytes.take()).ok_or_else(missing)?
            }
        };
        if bytes.len() == place.size_bytes() { Ok(bytes) } else { Err(missing()) }
    }
}

impl Rescue {
    pub(super) fn new(vfs: Arc<dyn Vfs>, seq: u64, state_hash: u128) -> Rescue {
        Rescue { vfs, seq, state_hash, state: Mutex::default() }
    }

    /// The pages of one block, as the log has them; `None` where it does not.
    fn slots(&self, number: u64) -> Option<Vec<Slot>> {
        let mut state = lock(&self.state);
        if state.is_none() {
            let found = Index::state_at(&*self.vfs, self.seq).ok()?;
            *state = Some(found).filter(|found| found.hash() == self.state_hash);
        }
        let (pages, mut layout, mut slots) = (state.as_ref()?, Layout::default(), Vec::new());
        for (id, entry) in pages.iter() {
            let Some(place) = layout.place_entry(id, entry).filter(|place| place.block() == number) else {
                continue;
            };
            let bytes = pages.bytes_of(entry).ok()?;
            slots.push(Slot { offset: place.offset(), version: entry.version(), bytes: Some(bytes) });
        }
        Some(slots)
    }
}

fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

fn find(slots: &mut [Slot], place: Place, version: u64) -> Option<&mut Slot> {
    let at = slots.binary_search_by_key(&place.offset(), |slot| slot.offset).ok()?;
    slots.get_mut(at).filter(|slot| slot.version == version)
}

/// The pages in the bytes of a block.
fn slots_of(block: &[u8], first_id: u64) -> Result<Vec<Slot>> {
    let (mut decoder, mut slots) = (Decoder::new(block), Vec::new());
    while !decoder.is_empty() {
        let (_, entry) = decode_page(&mut decoder, first_id).map_err(Error::malformed)?;
        let offset = decoder.offset() - entry.size_bytes();
        slots.push(Slot { offset, version: entry.version(), bytes: entry.held().cloned() });
    }
    Ok(slots)
}
