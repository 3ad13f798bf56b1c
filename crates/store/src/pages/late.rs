//! States whose pages are read from a checkpoint when they are asked for: how they come to be, and how they end.

use super::tree::Builder;
use super::{Entry, Pages, label_bytes};
use crate::error::Result;

/// Pages as they are put back, by ascending id.
#[derive(Default)]
pub(crate) struct Restored {
    tree: Builder<Entry>,
    pages: Pages,
}

impl Restored {
    /// Adds a page whose bytes are in an archive; `false` where another has its name.
    #[must_use]
    pub(crate) fn push(&mut self, id: u64, page: Entry) -> bool {
        let pages = &mut self.pages;
        if let Some(name) = page.name() {
            if pages.names.get(name).is_some() {
                return false;
            }
            pages.names.insert(name, id);
        }
        pages.label_bytes += label_bytes(&page);
        pages.last_seq = pages.last_seq.max(page.version());
        pages.len += 1;
        pages.next_id = id + 1;
        self.tree.push(id, page);
        true
    }

    /// The state, without the archive and without its hash.
    pub(crate) fn finish(self) -> Pages {
        let settled_seq = self.pages.last_seq;
        Pages { tree: self.tree.finish(), settled_seq, ..self.pages }
    }
}

impl Pages {
    /// Says what the hash over everything is, where the bytes were not there to say it.
    pub(crate) fn set_hash(&mut self, hash: u128) {
        self.hash = self.hash.wrapping_add(hash.wrapping_sub(self.hash()));
    }

    /// Whether every page's bytes are in memory, whatever was read.
    pub(crate) fn is_held(&self) -> bool {
        self.archive.is_none()
    }

    /// The same state with all bytes in memory.
    ///
    /// # Errors
    /// As [`Pages::page`].
    pub(crate) fn held(&self) -> Result<Pages> {
        let mut held = Pages { archive: None, ..self.clone() };
        for (id, entry) in self.iter().filter(|(_, entry)| entry.held().is_none()) {
            let bytes = self.bytes_of(entry)?;
            if let Some(slot) = held.tree.slot(id) {
                slot.hold(bytes);
                held.held_bytes += slot.memory_bytes();
            }
        }
        Ok(held)
    }
}
