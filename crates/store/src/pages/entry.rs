//! A page as the tree keeps it: its bytes in memory, or their place in a checkpoint.

use std::num::NonZeroU64;
use std::sync::Arc;

use xxhash_rust::xxh3::{Xxh3Default, xxh3_128};

use crate::checkpoint::Place;

/// Up to so many bytes a page is hashed at once, which costs less than hashing it in pieces.
const JOINED_LEN_MAX: usize = 1_280;

/// A million of these stand in a tree: 32 bytes each, and no more for an empty slot.
#[derive(Clone)]
pub(crate) struct Entry {
    version: NonZeroU64,
    content: Content,
    /// Few pages have one: it stands apart so that the others are small.
    label: Option<Arc<Label>>,
}

const _: () = assert!(size_of::<Option<Entry>>() == 32);

#[derive(Clone, PartialEq, Eq)]
enum Content {
    Held(Arc<[u8]>),
    /// In the archive of the state that the entry belongs to.
    Archived(Place),
}

#[derive(Clone, Default, PartialEq, Eq)]
pub(super) struct Label {
    pub(super) name: Option<Box<str>>,
    pub(super) metadata: Box<[u8]>,
}

/// A label as entries have it, made once for many.
#[derive(Clone)]
pub(crate) struct SharedLabel(Option<Arc<Label>>);

impl Label {
    pub(super) fn new(name: Option<&str>, metadata: &[u8]) -> Option<Arc<Label>> {
        (name.is_some() || !metadata.is_empty())
            .then(|| Arc::new(Label { name: name.map(Box::from), metadata: Box::from(metadata) }))
    }
}

impl Entry {
    /// A page with bytes in memory.
    pub(crate) fn new(version: u64, bytes: Arc<[u8]>, name: Option<&str>, metadata: &[u8]) -> Entry {
        Entry { version: seq(version), content: Content::Held(bytes), label: Label::new(name, metadata) }
    }

    /// A page with bytes in an archive.
    pub(crate) fn left(version: u64, place: Place, label: SharedLabel) -> Entry {
        Entry { version: seq(version), content: Content::Archived(place), label: label.0 }
    }

    /// What several pages have besides version and bytes.
    pub(crate) fn shared_label(name: Option<&str>, metadata: &[u8]) -> SharedLabel {
        SharedLabel(Label::new(name, metadata))
    }

    /// The seq of its last change.
    pub(crate) fn version(&self) -> u64 {
        self.version.get()
    }

    /// How many bytes it has.
    pub(crate) fn size_bytes(&self) -> usize {
        match &self.content {
            Content::Held(bytes) => bytes.len(),
            Content::Archived(place) => place.size_bytes(),
        }
    }

    /// Its unique name, if it has one.
    pub(crate) fn name(&self) -> Option<&str> {
        self.label.as_deref()?.name.as_deref()
    }

    /// Its metadata, empty for none.
    pub(crate) fn metadata(&self) -> &[u8] {
        self.label.as_deref().map_or(&[], |label| &label.metadata)
    }

    pub(super) fn label(&self) -> Option<&Arc<Label>> {
        self.label.as_ref()
    }

    /// Its bytes, if they are in memory.
    pub(crate) fn held(&self) -> Option<&Arc<[u8]>> {
        match &self.content {
            Content::Held(bytes) => Some(bytes),
            Content::Archived(_) => None,
        }
    }

    /// Where its bytes are, if not in memory.
    pub(crate) fn place(&self) -> Option<Place> {
        match self.content {
            Content::Held(_) => None,
            Content::Archived(place) => Some(place),
        }
    }

    /// What of it is in memory, in bytes: about what the allocator takes for it, the slot not counted.
    pub(super) fn memory_bytes(&self) -> u64 {
        let held = self.held().map_or(0, |bytes| (bytes.len() + 16).next_multiple_of(16) + 8);
        held as u64
    }

    /// The same page with its bytes in memory.
    pub(super) fn hold(&mut self, bytes: Arc<[u8]>) {
        self.content = Content::Held(bytes);
    }

    /// The same page with its bytes in an archive.
    pub(super) fn leave_at(&mut self, place: Place) {
        self.content = Content::Archived(place);
    }

    pub(super) fn set_version(&mut self, version: u64) {
        self.version = seq(version);
    }

    /// Its bytes for a change, if they are in memory; copied if another state has them.
    pub(super) fn bytes_mut(&mut self) -> Option<&mut [u8]> {
        match &mut self.content {
            Content::Held(bytes) => Some(Arc::make_mut(bytes)),
            Content::Archived(_) => None,
        }
    }

    pub(super) fn set_metadata(&mut self, metadata: &[u8]) {
        self.label = Label::new(self.name(), metadata);
    }

    /// What the page with these bytes adds to the state hash: XXH3-128 over id, version, and the lengths of bytes, name
    /// and metadata as little-endian words of 8, 8, 4, 4 and 4 bytes, then name, metadata and bytes.
    pub(super) fn hash(&self, id: u64, bytes: &[u8]) -> u128 {
        let (name, metadata) = (self.name().unwrap_or_default(), self.metadata());
        let mut header = [0; 28];
        header[..8].copy_from_slice(&id.to_le_bytes());
        header[8..16].copy_from_slice(&self.version().to_le_bytes());
        for (place, len) in [(16, bytes.len()), (20, name.len()), (24, metadata.len())] {
            header[place..place + 4].copy_from_slice(&(len as u32).to_le_bytes());
        }
        let pieces: [&[u8]; 4] = [&header, name.as_bytes(), metadata, bytes];
        let len = pieces.iter().map(|piece| piece.len()).sum::<usize>();
        if len > JOINED_LEN_MAX {
            let mut hasher = Xxh3Default::new();
            pieces.iter().for_each(|piece| hasher.update(piece));
            return hasher.digest128();
        }
        let mut joined = [0; JOINED_LEN_MAX];
        let mut end = 0;
        for piece in pieces {
            joined[end..end + piece.len()].copy_from_slice(piece);
            end += piece.len();
        }
        xxh3_128(&joined[..end])
    }
}

/// Equal for sure: the same page, by its bytes or by their one place. What is archived here and held there is not.
impl PartialEq for Entry {
    fn eq(&self, other: &Entry) -> bool {
        self.version == other.version && self.label == other.label && self.content == other.content
    }
}

/// Seqs begin with 1, so that 0 can mean the empty slot.
fn seq(version: u64) -> NonZeroU64 {
    NonZeroU64::new(version).unwrap_or(NonZeroU64::MIN)
}
