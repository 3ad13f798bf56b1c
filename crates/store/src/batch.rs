//! From what a request asks for to the deltas of its record: new pages numbered, writes of one page joined, each in
//! its smallest encoding.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use plan::{Change, Delta, Malformation, Malformed, PageRef};

use crate::error::{Error, ErrorKind, Result};
use crate::pages::Pages;
use crate::patch;
use crate::validate::unknown_page;

/// The most writes of a transaction.
pub(crate) const WRITES_MAX: usize = 65_536;

/// The changes of one transaction before its pages are known.
#[derive(Clone, Debug, Default)]
pub(crate) struct Batch<'a> {
    /// By page and offset, once the batch is finished.
    writes: Vec<Write<'a>>,
    creations: BTreeMap<u32, Creation>,
    deletions: BTreeSet<u64>,
    metadata: BTreeMap<u64, Vec<u8>>,
    /// Pages that somebody takes to have this length.
    whole: BTreeMap<PageRef, usize>,
}

/// Bytes of a page get new values.
#[derive(Clone, Debug)]
struct Write<'a> {
    page: PageRef,
    offset: u32,
    bytes: Cow<'a, [u8]>,
}

impl Write<'_> {
    /// The byte behind the last one.
    fn end(&self) -> u64 {
        u64::from(self.offset) + self.bytes.len() as u64
    }
}

/// A page to be.
#[derive(Clone, Debug)]
pub(crate) struct Creation {
    pub(crate) size_bytes: u32,
    pub(crate) name: Option<String>,
    pub(crate) metadata: Vec<u8>,
}

fn refuse<T>(code: Malformation, field: &'static str) -> Result<T> {
    Err(Error::malformed(Malformed::new(code, field, 0)))
}

impl<'a> Batch<'a> {
    pub(crate) fn write(&mut self, page: PageRef, offset: u32, bytes: Cow<'a, [u8]>) {
        self.writes.push(Write { page, offset, bytes });
    }

    /// Says that a write of so many bytes is meant to be all of the page.
    pub(crate) fn expect_whole(&mut self, page: PageRef, len: usize) {
        self.whole.insert(page, len);
    }

    pub(crate) fn create(&mut self, number: u32, creation: Creation) -> Result<()> {
        match self.creations.insert(number, creation) {
            None => Ok(()),
            Some(_) => refuse(Malformation::Order, "new page"),
        }
    }

    pub(crate) fn delete(&mut self, page: u64) -> Result<()> {
        if self.deletions.insert(page) { Ok(()) } else { refuse(Malformation::Order, "delete") }
    }

    pub(crate) fn set_metadata(&mut self, page: u64, metadata: Vec<u8>) -> Result<()> {
        match self.metadata.insert(page, metadata) {
            None => Ok(()),
            Some(_) => refuse(Malformation::Order, "metadata"),
        }
    }

    /// Sorts the pieces, and checks that no two share a byte, that no two pages get one name, and that what is deleted
    /// is not changed as well.
    pub(crate) fn finish(mut self) -> Result<Batch<'a>> {
        let mut names: Vec<&str> =
            self.creations.values().filter_map(|creation| creation.name.as_deref()).collect();
        names.sort_unstable();
        if names.windows(2).any(|pair| pair[0] == pair[1]) {
            return refuse(Malformation::Overlap, "page name");
        }
        if self.writes.len() > WRITES_MAX {
            return refuse(Malformation::Limit, "writes");
        }
        self.writes.sort_by_key(|write| (write.page, write.offset));
        let written = |id: &u64| {
            let page = PageRef::Existing(*id);
            self.writes.binary_search_by_key(&page, |write| write.page).is_ok()
        };
        if self.deletions.iter().any(|id| written(id) || self.metadata.contains_key(id)) {
            return refuse(Malformation::Overlap, "delete");
        }
        let apart = |a: &Write<'_>, b: &Write<'_>| a.page != b.page || a.end() <= u64::from(b.offset);
        if !self.writes.is_sorted_by(apart) {
            return refuse(Malformation::Overlap, "write");
        }
        Ok(self)
    }

    /// A name that it asks for and another page has: the name and that page.
    pub(crate) fn taken_name(&self, pages: &Pages) -> Option<(&str, u64)> {
        let names = self.creations.values().filter_map(|creation| creation.name.as_deref());
        names.filter_map(|name| Some((name, pages.find(name)?))).next()
    }

    /// The deltas in the order of a record, and the ids of the created pages, which stand in the order of their
    /// numbers.
    ///
    /// # Errors
    /// `UnknownPage`; `Malformed` for a write to a new page that is not created.
    pub(crate) fn resolve(&self, pages: &Pages) -> Result<(Vec<Delta>, Range<u64>)> {
        let first_id = pages.next_id();
        let ids: BTreeMap<u32, u64> = self.creations.keys().copied().zip(first_id..).collect();
        let version = |id: u64| match pages.get(id) {
            Some(page) => Ok((page.version(), page.size_bytes() as u32)),
            None => Err(unknown_page(id)),
        };
        let mut deltas = Vec::new();
        for writes in self.writes.chunk_by(|a, b| a.page == b.page) {
            let Some(last) = writes.last() else { continue };
            let page = &last.page;
            let (id, (base, size)) = match page {
                PageRef::Existing(id) => (*id, version(*id)?),
                PageRef::New(number) => match (ids.get(number), self.creations.get(number)) {
                    (Some(id), Some(creation)) => (*id, (0, creation.size_bytes)),
                    _ => return refuse(Malformation::UnselectedPage, "write"),
                },
            };
            let end = last.end();
            if end > u64::from(size) {
                return Err(Error::malformed(Malformed::new(Malformation::OutOfPage, "write", 0))
                    .on_page(id)
                    .expected(format!("at most {size} bytes"))
                    .found(format!("byte {}", end - 1)));
            }
            if let Some(len) = self.whole.get(page).filter(|len| **len != size as usize) {
                return Err(Error::malformed(Malformed::new(Malformation::PayloadMismatch, "write", 0))
                    .on_page(id)
                    .expected(format!("{size} bytes"))
                    .found(len.to_string()));
            }
            let pieces = writes.iter().map(|write| (write.offset, &*write.bytes));
            let change = Change::Write(patch::smallest(pieces, size));
            deltas.push(Delta { page: id, base, change });
        }
        // Existing pages stand before new ones, whose ids are greater than all.
        for (number, id) in &ids {
            let Some(Creation { size_bytes, name, metadata }) = self.creations.get(number).cloned() else {
                continue;
            };
            deltas.push(Delta { page: *id, base: 0, change: Change::Create { size_bytes, name, metadata } });
        }
        for page in &self.deletions {
            deltas.push(Delta { page: *page, base: version(*page)?.0, change: Change::Delete });
        }
        for (page, metadata) in &self.metadata {
            let change = Change::Metadata(metadata.clone());
            deltas.push(Delta { page: *page, base: version(*page)?.0, change });
        }
        let created = first_id..first_id + ids.len() as u64;
        if created.end == u64::MAX {
            return Err(Error::new(ErrorKind::LimitExceeded, "page ids are used up"));
        }
        Ok((deltas, created))
    }
}
