//! One page of one state, as it is handed out.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use super::entry::{Entry, Label};

/// A page as it was after one change. Cheap to clone; it stays as it is whatever the store does.
///
/// It dereferences to its bytes.
#[derive(Clone, PartialEq, Eq)]
pub struct Page {
    version: u64,
    bytes: Arc<[u8]>,
    label: Option<Arc<Label>>,
}

impl Page {
    /// The page of an entry with these bytes.
    pub(super) fn new(entry: &Entry, bytes: Arc<[u8]>) -> Page {
        Page { version: entry.version(), bytes, label: entry.label().cloned() }
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
