//! Following the log as it grows.

use crate::error::Result;
use crate::past::Filter;
use crate::record::Record;
use crate::scan::Scan;
use crate::store::Store;

/// The selected records behind a cursor, in order, each at least once. Whoever keeps the cursor goes on where it was,
/// also in another process. It reads from the log's files, so a slow one holds neither memory nor anybody else.
pub struct Subscription<'a> {
    store: &'a Store,
    filter: Filter,
    cursor: u64,
    scan: Option<Scan>,
}

impl<'a> Subscription<'a> {
    pub(crate) fn new(store: &'a Store, cursor: u64, filter: Filter) -> Subscription<'a> {
        Subscription { store, filter, cursor, scan: None }
    }

    /// The last seq that it gave or passed over.
    pub fn cursor(&self) -> u64 {
        self.cursor
    }

    /// The next record that is published by now; `None` when there is none yet.
    ///
    /// # Errors
    /// Those of reading the log.
    pub fn poll(&mut self) -> Result<Option<Record>> {
        loop {
            let scan = self.scan.get_or_insert_with(|| self.store.scan(self.cursor.saturating_add(1)));
            let mut next = scan.next();
            if next.is_none() {
                // It goes on where it stands: what is new costs what it is, however long the log.
                self.store.extend(scan);
                next = scan.next();
            }
            let found = next.transpose().inspect_err(|_| self.scan = None)?;
            let Some(record) = found else { return Ok(None) };
            self.cursor = record.seq;
            if self.filter.selects(&record) {
                self.store.delivered(record.seq);
                return Ok(Some(record));
            }
        }
    }

    /// Waits until something behind the cursor is published, selected or not. There is no limit in time: somebody has
    /// to append.
    ///
    /// # Errors
    /// `Poisoned` when nothing more can come.
    pub fn wait(&self) -> Result<()> {
        self.store.wait_behind(self.cursor)
    }
}
