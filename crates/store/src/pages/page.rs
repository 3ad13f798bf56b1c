//! One page of one state.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use xxhash_rust::xxh3::Xxh3Default;

/// A page as it was after one change. Cheap to clone; it stays as it is whatever the store does.
///
/// It dereferences to its bytes.
#[derive(Clone, PartialEq, Eq)]
pub struct Page {
    version: u64,
    bytes: Arc<[u8]>,
    /// Few pages have one: it stands apart so that the others are small.
    label: Option<Arc<Label>>,
}

#[derive(Clone, Default, PartialEq, Eq)]
struct Label {
    name: Option<Box<str>>,
    metadata: Box<[u8]>,
}

impl Page {
    pub(crate) fn new(version: u64, bytes: Arc<[u8]>, name: Option<&str>, metadata: &[u8]) -> Page {
        let label = (name.is_some() || !metadata.is_empty())
            .then(|| Arc::new(Label { name: name.map(Box::from), metadata: Box::from(metadata) }));
        Page { version, bytes, label }
    }

    /// The seq of its last change.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// Its bytes; their number never changes.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Its bytes, to be kept without a copy.
    pub fn shared_bytes(&self) -> Arc<[u8]> {
        Arc::clone(&self.bytes)
    }

    /// Its unique name, if it has one.
    pub fn name(&self) -> Option<&str> {
        self.label.as_deref()?.name.as_deref()
    }

    /// Its metadata, empty for none.
    pub fn metadata(&self) -> &[u8] {
        self.label.as_deref().map_or(&[], |label| &label.metadata)
    }

    pub(crate) fn set_version(&mut self, version: u64) {
        self.version = version;
    }

    /// Its bytes for a change; copied if another state holds them.
    pub(crate) fn bytes_mut(&mut self) -> &mut [u8] {
        Arc::make_mut(&mut self.bytes)
    }

    pub(crate) fn set_metadata(&mut self, metadata: &[u8]) {
        let name = self.name().map(str::to_owned);
        *self = Page::new(self.version, Arc::clone(&self.bytes), name.as_deref(), metadata);
    }

    /// What the page adds to the state hash: XXH3-128 over id, version, and the lengths of bytes, name and metadata
    /// as little-endian words of 8, 8, 4, 4 and 4 bytes, then name, metadata and bytes.
    pub(crate) fn hash(&self, id: u64) -> u128 {
        let (name, metadata) = (self.name().unwrap_or_default(), self.metadata());
        let mut hasher = Xxh3Default::new();
        let mut header = [0; 28];
        header[..8].copy_from_slice(&id.to_le_bytes());
        header[8..16].copy_from_slice(&self.version.to_le_bytes());
        for (place, len) in [(16, self.bytes.len()), (20, name.len()), (24, metadata.len())] {
            header[place..place + 4].copy_from_slice(&(len as u32).to_le_bytes());
        }
        hasher.update(&header);
        hasher.update(name.as_bytes());
        hasher.update(metadata);
        hasher.update(&self.bytes);
        hasher.digest128()
    }
}

impl Deref for Page {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes
    }
}

impl fmt::Debug for Page {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Page")
            .field("version", &self.version)
            .field("size_bytes", &self.bytes.len())
            .field("name", &self.name())
            .finish_non_exhaustive()
    }
}
