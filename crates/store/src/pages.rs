//! The state: pages, their names, and the hash over all of them.

mod derived;
mod entry;
mod lags;
mod late;
mod names;
mod page;
mod tree;

pub(crate) use entry::Entry;
pub(crate) use lags::Lag;
pub use lags::Watermark;
pub(crate) use late::Restored;
pub use page::Page;

use std::sync::Arc;

use plan::{Change, Delta};

use crate::checkpoint::{Archive, Layout, Place};
use crate::error::{Error, ErrorKind, Result};
use crate::graph::Graph;
use crate::patch;
use crate::validate::{ValidDelta, ValidDeltas};
use lags::Lags;
use names::Names;
use tree::{Differing, Tree};

/// The hash is settled before the next transaction once so many pages wait for it: what is asked for it then takes a few
/// milliseconds, and a page that changes often is hashed seldom.
const TOUCHED_MAX: usize = 65_536;
/// So many where pages are derived: each transaction copies the state then, and with it what waits.
const TOUCHED_MAX_DERIVED: usize = 4_096;

/// One state. A clone shares everything, and a change of one copies only what it touches.
#[derive(Clone)]
pub(crate) struct Pages {
    tree: Tree<Entry>,
    names: Names,
    /// The id that the next page gets; ids are never used again.
    next_id: u64,
    len: u64,
    /// Sum of the pages' hashes, modulo 2^128, with pages as they were when the hash was settled: it does not depend on an
    /// order, and however often a page changes in between, settling hashes it once more.
    hash: u128,
    /// Pages that are not in `hash` as they are: those with a version behind `settled_seq`, each once, with what they
    /// stand for in it. Their bytes are in memory.
    touched: Vec<(u64, u128)>,
    /// The last seq that changed a page.
    last_seq: u64,
    /// `last_seq` when the hash was settled.
    settled_seq: u64,
    /// What is computed from what.
    graph: Arc<Graph>,
    /// What of that fell behind.
    lags: Lags,
    /// Bytes of all pages that any change replaced or ended, or that were left to an archive, ever: what older
    /// snapshots keep alive at most.
    replaced_bytes: u64,
    /// Where the bytes are that are not in memory.
    archive: Option<Arc<Archive>>,
    /// What the bytes in memory take.
    held_bytes: u64,
    /// What names and metadata take, which are always in memory.
    label_bytes: u64,
}

/// What a page takes besides its bytes and its label.
const SLOT_BYTES: u64 = 34;

impl Default for Pages {
    fn default() -> Pages {
        Pages {
            tree: Tree::default(),
            names: Names::default(),
            next_id: 1,
            len: 0,
            hash: 0,
            touched: Vec::new(),
            last_seq: 0,
            settled_seq: 0,
            graph: Arc::default(),
            lags: Lags::default(),
            replaced_bytes: 0,
            archive: None,
            held_bytes: 0,
            label_bytes: 0,
        }
    }
}

impl Pages {
    /// All of a page but its bytes.
    pub(crate) fn get(&self, id: u64) -> Option<&Entry> {
        self.tree.get(id)
    }

    /// A page with its bytes.
    ///
    /// # Errors
    /// `Corrupt`, `Io` for bytes that cannot be read from where they were left.
    pub(crate) fn page(&self, id: u64) -> Result<Option<Page>> {
        self.tree.get(id).map(|entry| self.open(entry)).transpose()
    }

    /// The page of one of this state's entries.
    ///
    /// # Errors
    /// As [`Pages::page`].
    pub(crate) fn open(&self, entry: &Entry) -> Result<Page> {
        Ok(Page::new(entry, self.bytes_of(entry)?))
    }

    /// The bytes of one of this state's entries.
    pub(crate) fn bytes_of(&self, entry: &Entry) -> Result<Arc<[u8]>> {
        match (entry.held(), entry.place(), &self.archive) {
            (Some(bytes), ..) => Ok(Arc::clone(bytes)),
            (None, Some(place), Some(archive)) => archive.read(place, entry.version()),
            (None, ..) => Err(Error::new(ErrorKind::Corrupt, "a page's bytes are nowhere")),
        }
    }

    pub(crate) fn find(&self, name: &str) -> Option<u64> {
        self.names.get(name)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (u64, &Entry)> {
        self.tree.iter()
    }

    /// The pages with ids from `first` to `last`, both included.
    pub(crate) fn range(&self, first: u64, last: u64) -> impl Iterator<Item = (u64, &Entry)> {
        self.tree.iter_from(first).take_while(move |(id, _)| *id <= last)
    }

    /// Calls `visit` for every page that differs, and for some whose bytes are in memory in one state only.
    pub(crate) fn diff(&self, other: &Pages, visit: &mut Differing<'_, Entry>) {
        self.tree.diff(&other.tree, visit);
    }

    pub(crate) fn next_id(&self) -> u64 {
        self.next_id
    }

    pub(crate) fn len(&self) -> u64 {
        self.len
    }

    /// Sum of the hashes of all pages, as they are, of the graph, and of what lags in it.
    pub(crate) fn hash(&self) -> u128 {
        self.lagless_hash().wrapping_add(self.lags.hash())
    }

    fn lagless_hash(&self) -> u128 {
        self.touched.iter().fold(self.hash, |sum, (id, before)| {
            let now = self.get(*id).map_or(0, |page| held_hash(*id, page));
            sum.wrapping_sub(*before).wrapping_add(now)
        })
    }

    /// Takes into the hash what whole transactions changed, so that asking for it costs nothing, for this state and its clones.
    pub(crate) fn settle(&mut self) {
        self.hash = self.lagless_hash();
        self.touched.clear();
        self.settled_seq = self.last_seq;
    }

    pub(crate) fn replaced_bytes(&self) -> u64 {
        self.replaced_bytes
    }

    /// What the bytes of pages take in memory.
    pub(crate) fn held_bytes(&self) -> u64 {
        self.held_bytes
    }

    /// What the state takes in memory besides.
    pub(crate) fn fixed_bytes(&self) -> u64 {
        self.len.saturating_mul(SLOT_BYTES).saturating_add(self.label_bytes)
    }

    /// Makes a validated change at `seq`. The deltas of one transaction are validated together and applied
    /// creations first, deletions last.
    ///
    /// # Errors
    /// As [`Pages::page`]: some of the transaction may have been made then.
    pub(crate) fn apply(&mut self, seq: u64, delta: ValidDelta<'_>) -> Result<()> {
        let Delta { page: id, change, .. } = delta.delta();
        let id = *id;
        // Never inside a transaction: a page that changes behind it would have a version that counts as settled.
        let touched_max = if self.graph.is_empty() { TOUCHED_MAX } else { TOUCHED_MAX_DERIVED };
        if seq > self.last_seq && self.touched.len() >= touched_max {
            self.settle();
        }
        self.last_seq = seq;
        match change {
            Change::Create { size_bytes, name, metadata } => {
                let bytes = vec![0; *size_bytes as usize].into();
                let page = Entry::new(seq, bytes, name.as_deref(), metadata);
                self.touched.push((id, 0));
                self.put(id, page);
            }
            Change::Write(patch) => self.change(id, seq, |page| {
                if let Some(bytes) = page.bytes_mut() {
                    patch::apply(patch, bytes);
                }
            })?,
            Change::Metadata(metadata) => self.change(id, seq, |page| page.set_metadata(metadata))?,
            Change::Delete => {
                self.hold(id)?;
                if let Some(page) = self.tree.slot(id).take() {
                    if page.version() <= self.settled_seq {
                        self.touched.push((id, held_hash(id, &page)));
                    }
                    self.len -= 1;
                    self.replaced_bytes += page.size_bytes() as u64;
                    self.held_bytes -= page.memory_bytes();
                    self.label_bytes -= label_bytes(&page);
                    if let Some(name) = page.name() {
                        self.names.remove(name);
                    }
                }
            }
        }
        Ok(())
    }

    /// Checks what a transaction asks for, so that it can be made later.
    ///
    /// # Errors
    /// Those of validation.
    pub(crate) fn check(&self, deltas: Vec<Delta>) -> Result<ValidDeltas> {
        self.check_graph(&deltas)?;
        ValidDeltas::check(self, deltas)
    }

    /// Whether all that a transaction changes is in memory, so that making it cannot fail.
    pub(crate) fn holds(&self, deltas: &ValidDeltas) -> bool {
        let held = |delta: &Delta| self.get(delta.page).is_none_or(|page| page.held().is_some());
        deltas.as_slice().iter().all(held)
    }

    /// Makes the changes of one transaction at `seq`. Nothing was changed since they were checked.
    ///
    /// # Errors
    /// As [`Pages::apply`]; none for what [`Pages::holds`] accepts.
    pub(crate) fn apply_all(&mut self, seq: u64, deltas: &ValidDeltas) -> Result<()> {
        deltas.batch().iter().try_for_each(|delta| self.apply(seq, delta))
    }

    /// Puts a page back, as a checkpoint has it, with its bytes in memory. Pages come by ascending id.
    ///
    /// # Errors
    /// As [`Pages::page`].
    pub(crate) fn restore(&mut self, id: u64, page: Entry) -> Result<()> {
        self.hash = self.hash.wrapping_add(page.hash(id, &self.bytes_of(&page)?));
        self.last_seq = self.last_seq.max(page.version());
        self.settled_seq = self.last_seq;
        self.put(id, page);
        Ok(())
    }

    /// Puts a page where none is.
    fn put(&mut self, id: u64, page: Entry) {
        if let Some(name) = page.name() {
            self.names.insert(name, id);
        }
        self.held_bytes += page.memory_bytes();
        self.label_bytes += label_bytes(&page);
        *self.tree.slot(id) = Some(page);
        self.len += 1;
        self.next_id = id + 1;
    }

    /// Goes on with this id: the pages before it that are not there were deleted.
    pub(crate) fn set_next_id(&mut self, next_id: u64) {
        self.next_id = next_id;
    }

    /// Brings a page's bytes into memory, where without an archive they all are.
    fn hold(&mut self, id: u64) -> Result<()> {
        let Some(archive) = &self.archive else { return Ok(()) };
        let Some(entry) = self.tree.get(id) else { return Ok(()) };
        let Some(place) = entry.place() else { return Ok(()) };
        let bytes = archive.take(place, entry.version())?;
        if let Some(entry) = self.tree.slot(id) {
            entry.hold(bytes);
            self.held_bytes += entry.memory_bytes();
        }
        Ok(())
    }

    fn change(&mut self, id: u64, seq: u64, change: impl FnOnce(&mut Entry)) -> Result<()> {
        self.hold(id)?;
        let Some(page) = self.tree.slot(id) else { return Ok(()) };
        self.replaced_bytes += page.size_bytes() as u64;
        self.label_bytes -= label_bytes(page);
        if page.version() <= self.settled_seq {
            self.touched.push((id, held_hash(id, page)));
        }
        page.set_version(seq);
        change(page);
        self.label_bytes += label_bytes(page);
        Ok(())
    }

    /// The same state with the bytes of pages left to an archive, which holds the state `archived`: of all that are
    /// not in memory now, and of as many others, by ascending id, as it takes until no more than `held_bytes_max` are
    /// in memory. What changed since `archived` stays in memory.
    ///
    /// # Errors
    /// As [`Pages::page`].
    pub(crate) fn left_to(
        &self,
        archive: Arc<Archive>,
        archived: &Pages,
        held_bytes_max: u64,
    ) -> Result<Pages> {
        let mut left = Pages { archive: Some(archive), ..self.clone() };
        let mut layout = Layout::default();
        for (id, entry) in archived.iter() {
            let place = layout.place_entry(id, entry);
            let Some(present) = self.get(id).filter(|present| present.version() == entry.version()) else {
                continue;
            };
            if present.held().is_some() && left.held_bytes <= held_bytes_max {
                continue;
            }
            // What no place can say stays in memory.
            let bytes = if place.is_none() { Some(self.bytes_of(present)?) } else { None };
            let Some(slot) = left.tree.slot(id) else { continue };
            left.held_bytes -= slot.memory_bytes();
            match (place, bytes) {
                (Some(place), _) => {
                    left.replaced_bytes += slot.memory_bytes();
                    slot.leave_at(place);
                }
                (None, Some(bytes)) => slot.hold(bytes),
                (None, None) => {}
            }
            left.held_bytes += slot.memory_bytes();
        }
        Ok(left)
    }

    /// A newer state than `base` with the bytes of all that did not change since where `self`, the same state as
    /// `base`, has them.
    pub(crate) fn advanced(&self, base: &Pages, newer: &Pages) -> Pages {
        let mut advanced = Pages { tree: self.tree.clone(), archive: self.archive.clone(), ..newer.clone() };
        advanced.held_bytes = self.held_bytes;
        advanced.replaced_bytes += self.replaced_bytes - base.replaced_bytes;
        newer.tree.diff(&base.tree, &mut |id, entry, _| {
            let slot = advanced.tree.slot(id);
            advanced.held_bytes -= slot.as_ref().map_or(0, Entry::memory_bytes);
            *slot = entry.cloned();
            advanced.held_bytes += slot.as_ref().map_or(0, Entry::memory_bytes);
        });
        advanced
    }

    /// Leaves one page's bytes to the archive that this state is read from.
    pub(crate) fn leave_at(&mut self, id: u64, place: Place) {
        let Some(slot) = self.tree.slot(id) else { return };
        self.held_bytes -= slot.memory_bytes();
        slot.leave_at(place);
    }

    pub(crate) fn set_archive(&mut self, archive: Arc<Archive>) {
        self.archive = Some(archive);
    }
}

/// The hash of a page whose bytes are in memory.
fn held_hash(id: u64, page: &Entry) -> u128 {
    page.held().map_or(0, |bytes| page.hash(id, bytes))
}

/// About what a page's name and metadata take, the name in the map of names included.
fn label_bytes(page: &Entry) -> u64 {
    let (name, metadata) = (page.name().map_or(0, |name| 2 * name.len() + 128), page.metadata().len());
    if name + metadata == 0 { 0 } else { (name + metadata + 80) as u64 }
}
