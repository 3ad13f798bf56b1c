//! Reading, and nothing else.

use std::borrow::Cow;

use plan::{PageView, View, ViewError};

use crate::error::Result;
use crate::pages::Entry;
use crate::snapshot::Snapshot;
use crate::store::Store;

/// The handle that reads. It has no method that changes anything.
///
/// ```compile_fail,E0599
/// # fn with(store: &store::Store, mutation: &store::Mutation) {
/// store.query().commit(mutation);
/// # }
/// ```
#[derive(Clone, Copy)]
pub struct Query<'a> {
    store: &'a Store,
}

impl<'a> Query<'a> {
    pub(crate) fn new(store: &'a Store) -> Query<'a> {
        Query { store }
    }

    /// The newest published state: everything that was acknowledged is in it.
    pub fn snapshot(&self) -> Snapshot {
        self.store.snapshot()
    }

    /// The newest published state, which contains `seq`: whoever was given that seq sees its own write.
    ///
    /// # Errors
    /// `NotFound` for a seq that nobody was given, `Poisoned`.
    pub fn read_at_least(&self, seq: u64) -> Result<Snapshot> {
        self.store.snapshot_from(seq)
    }
}

/// What a reasoner is given.
impl View for Snapshot {
    fn seq(&self) -> u64 {
        Snapshot::seq(self)
    }

    fn page(&self, id: u64) -> std::result::Result<Option<PageView<'_>>, ViewError> {
        self.check().map_err(ViewError::new)?;
        let Some(page) = self.pages().get(id) else { return Ok(None) };
        let bytes = match page.held() {
            Some(bytes) => Cow::Borrowed(&**bytes),
            None => Cow::Owned(self.pages().bytes_of(page).map_err(ViewError::new)?.to_vec()),
        };
        Ok(Some(PageView {
            version: page.version(),
            name: page.name().map(Cow::Borrowed),
            metadata: Cow::Borrowed(page.metadata()),
            bytes,
        }))
    }

    fn page_named(&self, name: &str) -> std::result::Result<Option<u64>, ViewError> {
        self.find(name).map_err(ViewError::new)
    }

    fn pages_within(&self, first: u64, last: u64) -> std::result::Result<Vec<u64>, ViewError> {
        self.check().map_err(ViewError::new)?;
        let pages = self.pages().range(first, last);
        Ok(pages.map(|(id, _)| id).collect())
    }

    fn pages_with_metadata(&self, metadata: &[u8]) -> std::result::Result<Vec<u64>, ViewError> {
        self.check().map_err(ViewError::new)?;
        let described = |(_, page): &(u64, &Entry)| page.metadata() == metadata;
        Ok(self.pages().iter().filter(described).map(|(id, _)| id).collect())
    }
}
