//! States that readers look at: immutable, published in the order of the log.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};

use crate::error::{Error, ErrorKind, Result};
use crate::graph::GraphEdit;
use crate::options::Options;
use crate::pages::{Entry, Page, Pages};
use crate::sync::{self, Root};

/// A state and the seq it is of.
pub(crate) struct Published {
    pages: Pages,
    seq: u64,
    limits: Option<Arc<Limits>>,
}

/// What bounds the states that a store hands out, which all of them look at.
struct Limits {
    options: Options,
    /// As [`Pages::replaced_bytes`] of the newest state.
    replaced_bytes: AtomicU64,
}

/// The place where the writer puts the newest state that may be seen.
pub(crate) struct Publication {
    newest: Root<Published>,
    /// Whether something that may be seen is not in `newest`.
    behind: sync::AtomicBool,
    limits: Arc<Limits>,
    /// The states that snapshots looked at when they were replaced, oldest first.
    replaced: Mutex<Vec<Replaced>>,
}

/// A state behind the newest, as long as a snapshot looks at it.
struct Replaced {
    state: Weak<Published>,
    seq: u64,
    replaced_bytes: u64,
    /// When it was replaced, by the stopwatch.
    at_ns: Option<u64>,
}

/// What the oldest snapshot holds, for figures; nothing where none looks at a replaced state.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct OldestSnapshot {
    pub(crate) seq: Option<u64>,
    /// Bytes of pages that were replaced since.
    pub(crate) held_bytes: u64,
    /// How long ago its state was replaced.
    pub(crate) held_ns: Option<u64>,
}

impl Publication {
    pub(crate) fn new((pages, seq): (Pages, u64), options: Options) -> Publication {
        let limits = Arc::new(Limits { options, replaced_bytes: AtomicU64::new(pages.replaced_bytes()) });
        let first = Published { pages, seq, limits: Some(Arc::clone(&limits)) };
        let (newest, behind) = (Root::new(Arc::new(first)), sync::AtomicBool::new(false));
        Publication { newest, behind, limits, replaced: Mutex::default() }
    }

    /// Shows a state. Callers hold the log's lock, so states are shown in its order.
    pub(crate) fn publish(&self, (pages, seq): (Pages, u64)) {
        self.limits.replaced_bytes.store(pages.replaced_bytes(), Ordering::Relaxed);
        let next = Published { pages, seq, limits: Some(Arc::clone(&self.limits)) };
        let replaced = self.newest.swap(Arc::new(next));
        self.behind.store(false, Ordering::Release);
        // What no reader took goes at once and is not remembered.
        if Arc::strong_count(&replaced) > 1 {
            self.remember(&replaced);
        }
    }

    fn remember(&self, replaced: &Arc<Published>) {
        let mut states = self.replaced();
        if states.len() == states.capacity() {
            // At most as many dead ones wait as living ones: each look pays for itself.
            states.retain(|of| of.state.strong_count() > 0);
            let room = states.len() + 16;
            states.reserve(room);
        }
        states.push(Replaced {
            state: Arc::downgrade(replaced),
            seq: replaced.seq,
            replaced_bytes: replaced.pages.replaced_bytes(),
            at_ns: self.limits.options.elapsed_ns(),
        });
    }

    fn replaced(&self) -> MutexGuard<'_, Vec<Replaced>> {
        self.replaced.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn oldest_snapshot(&self) -> OldestSnapshot {
        let mut states = self.replaced();
        states.retain(|of| of.state.strong_count() > 0);
        let Some(oldest) = states.first() else { return OldestSnapshot::default() };
        let newest = self.limits.replaced_bytes.load(Ordering::Relaxed);
        let elapsed = self.limits.options.elapsed_ns().zip(oldest.at_ns);
        OldestSnapshot {
            seq: Some(oldest.seq),
            held_bytes: newest.saturating_sub(oldest.replaced_bytes),
            held_ns: elapsed.map(|(now_ns, at_ns)| now_ns.saturating_sub(at_ns)),
        }
    }

    /// Says that a newer state may be seen, which somebody who looks has to ask for.
    pub(crate) fn fall_behind(&self) {
        self.behind.store(true, Ordering::Release);
    }

    pub(crate) fn is_behind(&self) -> bool {
        self.behind.load(Ordering::Acquire)
    }

    pub(crate) fn snapshot(&self) -> Snapshot {
        Snapshot { state: self.newest.load(), first_read_ns: OnceLock::new() }
    }
}

/// The state at one seq. It costs a pointer to take, and blocks nobody.
///
/// What the store replaces meanwhile is held for it, within the limits of [`Options`]: past them it refuses to read,
/// while the pages that it gave stay valid. A state that was replayed belongs to nobody else and has no limit.
#[derive(Clone)]
pub struct Snapshot {
    state: Arc<Published>,
    /// Asked of the clock by the first read: to begin a snapshot costs no look at it.
    first_read_ns: OnceLock<u64>,
}

impl Snapshot {
    /// A state that no writer goes on from.
    pub(crate) fn detached(pages: Pages, seq: u64) -> Snapshot {
        Snapshot { state: Arc::new(Published { pages, seq, limits: None }), first_read_ns: OnceLock::new() }
    }

    pub(crate) fn pages(&self) -> &Pages {
        &self.state.pages
    }

    /// The seq of the last transaction in it.
    pub fn seq(&self) -> u64 {
        self.state.seq
    }

    /// Sum modulo 2^128 of the XXH3-128 of every page, with id, version, name and metadata: equal for equal states.
    pub fn state_hash(&self) -> u128 {
        self.state.pages.hash()
    }

    /// How many pages there are.
    pub fn page_count(&self) -> u64 {
        self.state.pages.len()
    }

    /// The id that the next created page gets.
    pub fn next_page(&self) -> u64 {
        self.state.pages.next_id()
    }

    /// The page with this id.
    ///
    /// # Errors
    /// `SnapshotTooOld`. Where memory has a limit, `Corrupt` and `Io` too, here and wherever bytes are asked for: they
    /// may stand in a checkpoint. The log has them nevertheless; opening the store anew reads them from there. Without a
    /// limit they are taken from the log at once, and it is an error only where the log does not have them either.
    pub fn page(&self, id: u64) -> Result<Option<Page>> {
        self.check()?;
        self.state.pages.page(id)
    }

    /// The page with this id, where one must be.
    ///
    /// # Errors
    /// `UnknownPage`, `SnapshotTooOld`.
    pub fn expect_page(&self, id: u64) -> Result<Page> {
        self.page(id)?.ok_or_else(|| crate::validate::unknown_page(id))
    }

    /// The last seq whose inputs are in a derived page: its bytes are what its function makes of its parents as they were
    /// then. That is the seq of this state unless the page is stale, and 0 for a page that was declared and not yet
    /// computed. A watermark never goes back while the page stays as it was declared. `None` for any other page.
    ///
    /// A page that follows in every commit has the watermark of this state from the first change of a parent on.
    ///
    /// # Errors
    /// `SnapshotTooOld`.
    pub fn watermark(&self, id: u64) -> Result<Option<u64>> {
        self.check()?;
        let pages = &self.state.pages;
        let seq = pages.lag(id).map_or(self.seq(), |lag| lag.watermark);
        Ok(pages.graph().node(id).map(|_| seq))
    }

    /// What every derived page was declared to be, ascending by page.
    ///
    /// # Errors
    /// `SnapshotTooOld`.
    pub fn graph(&self) -> Result<Vec<GraphEdit>> {
        self.check()?;
        Ok(self.state.pages.graph().edits().collect())
    }

    /// The derived pages from `first` on whose inputs changed behind their watermark, ascending. Those that are made from them are not
    /// stale for it: their parents are what they were computed from.
    ///
    /// # Errors
    /// `SnapshotTooOld`.
    pub fn stale_pages(&self, first: u64) -> Result<impl Iterator<Item = u64>> {
        self.check()?;
        Ok(self.state.pages.lags(first).map(|(id, _)| id))
    }

    /// The id of the page with this name.
    ///
    /// # Errors
    /// `SnapshotTooOld`.
    pub fn find(&self, name: &str) -> Result<Option<u64>> {
        self.check()?;
        Ok(self.state.pages.find(name))
    }

    /// All pages by ascending id, each read when its turn comes.
    ///
    /// # Errors
    /// `SnapshotTooOld`; for each page as [`Snapshot::page`].
    pub fn iter(&self) -> Result<impl Iterator<Item = Result<(u64, Page)>>> {
        self.check()?;
        let pages = &self.state.pages;
        Ok(pages.iter().map(|(id, entry)| Ok((id, pages.open(entry)?))))
    }

    /// The ids of all pages from `first` on, ascending.
    ///
    /// # Errors
    /// `SnapshotTooOld`.
    pub fn page_ids(&self, first: u64) -> Result<impl Iterator<Item = u64>> {
        self.check()?;
        Ok(self.state.pages.range(first, u64::MAX).map(|(id, _)| id))
    }

    /// The ids of the selected pages, ascending. By id and name it costs what it finds; by metadata it looks at every
    /// page.
    ///
    /// # Errors
    /// `Malformed` for a selection that is not canonical, `SnapshotTooOld`.
    pub fn select(&self, query: &plan::Query) -> Result<Vec<u64>> {
        query.validate().map_err(Error::malformed)?;
        self.check()?;
        let pages = &self.state.pages;
        let mut ids: Vec<u64> = query.pages.iter().copied().filter(|id| pages.get(*id).is_some()).collect();
        ids.extend(query.names.iter().filter_map(|name| pages.find(name)));
        for (first, last) in &query.ranges {
            ids.extend(pages.range(*first, *last).map(|(id, _)| id));
        }
        if !query.metadata.is_empty() {
            let described = |(_, page): &(u64, &Entry)| {
                query.metadata.binary_search_by(|bytes| bytes.as_slice().cmp(page.metadata())).is_ok()
            };
            ids.extend(pages.iter().filter(described).map(|(id, _)| id));
        }
        ids.sort_unstable();
        ids.dedup();
        Ok(ids)
    }

    /// The pages that differ from those of `other`, ascending, as they are here and there. Of two states of one
    /// store it costs what changed between them.
    ///
    /// # Errors
    /// `SnapshotTooOld` for either; as [`Snapshot::page`].
    pub fn diff(&self, other: &Snapshot) -> Result<Vec<PageDiff>> {
        self.check()?;
        other.check()?;
        let (these, those) = (&self.state.pages, &other.state.pages);
        let (mut found, mut failed) = (Vec::new(), None);
        these.diff(those, &mut |id, here, there| {
            let here = here.map(|entry| these.open(entry)).transpose();
            match (here, there.map(|entry| those.open(entry)).transpose()) {
                // The bytes of the one may be in memory, and those of the other not.
                (Ok(here), Ok(there)) if here == there => {}
                (Ok(here), Ok(there)) => found.push(PageDiff { id, here, there }),
                (Err(error), _) | (_, Err(error)) => failed = Some(error),
            }
        });
        failed.map_or(Ok(found), Err)
    }

    /// Whether it may still be read.
    pub(crate) fn check(&self) -> Result<()> {
        let Some(Limits { options, replaced_bytes }) = self.state.limits.as_deref() else { return Ok(()) };
        let now_ns = options.now_ns();
        let age_ms = now_ns.saturating_sub(*self.first_read_ns.get_or_init(|| now_ns)) / 1_000_000;
        let replaced = replaced_bytes.load(Ordering::Relaxed);
        let held_bytes = replaced.saturating_sub(self.state.pages.replaced_bytes());
        if age_ms <= options.snapshot_age_ms_max && held_bytes <= options.snapshot_held_bytes_max {
            return Ok(());
        }
        Err(Error::new(ErrorKind::SnapshotTooOld, "the snapshot outlived its limit; take a new one")
            .at_seq(self.state.seq)
            .expected(format!(
                "at most {} ms and {} bytes held",
                options.snapshot_age_ms_max, options.snapshot_held_bytes_max
            ))
            .found(format!("{age_ms} ms and {held_bytes} bytes")))
    }
}

/// A page that two states have differently.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageDiff {
    /// Its id.
    pub id: u64,
    /// As it is in the one, if it is there.
    pub here: Option<Page>,
    /// As it is in the other.
    pub there: Option<Page>,
}
