//! The pages of a checkpoint that is read as it is asked for: what was read stays, and what the file lost is made from
//! the log.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use plan::wire::Decoder;

use super::layout::{Layout, Place};
use super::{damaged, decode_page};
use crate::error::{Category, Error, Result};
use crate::index::Index;
use crate::pages::Pages;
use crate::vfs::Vfs;

/// One page in its block.
pub(super) struct Slot {
    offset: usize,
    version: u64,
    /// `None` once somebody took them to change them.
    bytes: Option<Arc<[u8]>>,
    /// Whether they stay: who took them first was not the last to ask for them.
    stays: bool,
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
    state: Mutex<Replayed>,
}

/// The state of the checkpoint, as the log has it.
#[derive(Default)]
enum Replayed {
    /// Nobody needed it, or the disk did not answer.
    #[default]
    NotYet,
    /// The log is damaged as well: it is not read for each page again.
    Damaged,
    Whole(Pages),
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
        if find(&mut block, place, version).is_some_and(|slot| slot.bytes.is_none()) {
            // Who looks at an older state wants what a newer one took, and so does who made nothing of it: a change that
            // was refused. What was taken is read once more, and stays then.
            for (slot, again) in block.iter_mut().zip(slots()?) {
                if slot.bytes.is_none() && (slot.offset, slot.version) == (again.offset, again.version) {
                    (slot.bytes, slot.stays) = (again.bytes, true);
                }
            }
        }
        let slot = find(&mut block, place, version).ok_or_else(missing)?;
        let bytes = match to {
            Use::Change if !slot.stays => slot.bytes.take(),
            Use::Change | Use::Read => slot.bytes.clone(),
        };
        bytes.filter(|bytes| bytes.len() == place.size_bytes()).ok_or_else(missing)
    }
}

impl Rescue {
    pub(super) fn new(vfs: Arc<dyn Vfs>, seq: u64, state_hash: u128) -> Rescue {
        Rescue { vfs, seq, state_hash, state: Mutex::default() }
    }

    /// The pages of one block, as the log has them; `None` where it does not.
    fn slots(&self, number: u64) -> Option<Vec<Slot>> {
        let mut state = lock(&self.state);
        if let Replayed::NotYet = *state {
            *state = match Index::state_at(&*self.vfs, self.seq) {
                Ok(pages) if pages.hash() == self.state_hash => Replayed::Whole(pages),
                Err(error) if error.kind().category() == Category::Retry => Replayed::NotYet,
                Ok(_) | Err(_) => Replayed::Damaged,
            };
        }
        let Replayed::Whole(pages) = &*state else { return None };
        let (mut layout, mut slots) = (Layout::default(), Vec::new());
        for (id, entry) in pages.iter() {
            let Some(place) = layout.place_entry(id, entry).filter(|place| place.block() == number) else {
                continue;
            };
            let bytes = pages.bytes_of(entry).ok()?;
            let (offset, version) = (place.offset(), entry.version());
            slots.push(Slot { offset, version, bytes: Some(bytes), stays: false });
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
        let (version, bytes) = (entry.version(), entry.held().cloned());
        slots.push(Slot { offset, version, bytes, stays: false });
    }
    Ok(slots)
}
