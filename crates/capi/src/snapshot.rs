//! Snapshots: states that stay as they are while they are looked at.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::ffi::c_char;
use std::sync::{Mutex, PoisonError};

use store::{Page, Reader, Snapshot};

use crate::answer;
use crate::caller::{Sized32, put, text};
use crate::failure::{Failure, LumenError, enter};
use crate::handles::{self, Object};
use crate::past::up_to;

/// A snapshot behind a handle, with every page that a pointer was given to: they outlive the call whatever the store
/// keeps in memory.
pub(crate) struct Held {
    snapshot: Snapshot,
    shown: Mutex<BTreeMap<u64, Page>>,
}

/// A page of a snapshot. The pointers live until the snapshot is freed.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct LumenPage {
    /// `sizeof(LumenPage)`.
    pub struct_size: u32,
    /// Its size for ever.
    pub size_bytes: u32,
    /// The seq of its last change.
    pub version: u64,
    /// All of its bytes, not copied.
    pub bytes: *const u8,
    /// Its name as UTF-8, not closed by a zero; null for none.
    pub name: *const c_char,
    /// The length of the name.
    pub name_len: usize,
    /// Its metadata.
    pub metadata: *const u8,
    /// The length of the metadata.
    pub metadata_len: usize,
}

// SAFETY: `repr(C)`, the size first, integers and pointers, of which any bits are a value.
unsafe impl Sized32 for LumenPage {}

impl From<Snapshot> for Held {
    fn from(snapshot: Snapshot) -> Held {
        Held { snapshot, shown: Mutex::default() }
    }
}

/// Takes the newest state that contains `seq`; with 0 the newest. It is freed by `lumen_store_snapshot_free`.
///
/// # Safety
/// Pointers as the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lumen_store_snapshot(
    store: u64,
    seq: u64,
    out_snapshot: *mut u64,
    error: *mut LumenError,
) -> i32 {
    let body = || {
        handles::store(store)?.with(|store| match seq {
            0 => Ok(Held::from(store.query().snapshot())),
            seq => Ok(store.query().read_at_least(seq)?.into()),
        })
    };
    // SAFETY: the caller's promise.
    unsafe { answer::handle(out_snapshot, "out_snapshot", error, body) }
}

/// Replays the log in a directory up to `to_seq`, or with 0 to its end, checked against the state hashes on the way.
/// Another process may be writing it.
///
/// # Safety
/// `path` has `path_len` bytes; pointers as the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lumen_store_replay(
    path: *const c_char,
    path_len: usize,
    to_seq: u64,
    out_snapshot: *mut u64,
    error: *mut LumenError,
) -> i32 {
    let body = || {
        // SAFETY: the caller's promise.
        let path = unsafe { text(path, path_len, "path") }?;
        let past = Reader::open_dir(path)?.past();
        Ok(Held::from(past.replay(up_to(&past, to_seq))?))
    };
    // SAFETY: the caller's promise.
    unsafe { answer::handle(out_snapshot, "out_snapshot", error, body) }
}

/// Frees a snapshot, and with it every pointer to its pages.
///
/// # Safety
/// No pointer to one of its pages is used afterwards.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lumen_store_snapshot_free(snapshot: u64, error: *mut LumenError) -> i32 {
    // SAFETY: the caller's promise.
    unsafe { enter(error, || handles::free(snapshot, |object| matches!(object, Object::Snapshot(_)))) }
}

/// Writes the seq of a snapshot.
///
/// # Safety
/// Pointers as the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lumen_store_snapshot_seq(
    snapshot: u64,
    out_seq: *mut u64,
    error: *mut LumenError,
) -> i32 {
    // SAFETY: the caller's promise.
    unsafe { answer::value(out_seq, "out_seq", error, || Ok(handles::snapshot(snapshot)?.snapshot.seq())) }
}

/// Writes the two halves of the state's hash: equal for equal states.
///
/// # Safety
/// Pointers as the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lumen_store_snapshot_hash(
    snapshot: u64,
    out_low: *mut u64,
    out_high: *mut u64,
    error: *mut LumenError,
) -> i32 {
    let body = || {
        let hash = handles::snapshot(snapshot)?.snapshot.state_hash();
        // SAFETY: the caller's promise, twice.
        unsafe {
            put(out_low, hash as u64, "out_low")?;
            put(out_high, (hash >> 64) as u64, "out_high")
        }
    };
    // SAFETY: the caller's promise.
    unsafe { enter(error, body) }
}

/// Writes a page.
///
/// # Safety
/// Pointers as the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lumen_store_snapshot_page(
    snapshot: u64,
    page: u64,
    out_page: *mut LumenPage,
    error: *mut LumenError,
) -> i32 {
    let body = || {
        let held = handles::snapshot(snapshot)?;
        let mut shown = held.shown.lock().unwrap_or_else(PoisonError::into_inner);
        let found = match shown.entry(page) {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(entry) => entry.insert(held.snapshot.expect_page(page)?),
        };
        let (bytes, metadata) = (found.bytes(), found.metadata());
        Ok(LumenPage {
            struct_size: size_of::<LumenPage>() as u32,
            size_bytes: u32::try_from(bytes.len()).unwrap_or(u32::MAX),
            version: found.version(),
            bytes: bytes.as_ptr(),
            name: found.name().map_or(std::ptr::null(), |name| name.as_ptr().cast()),
            name_len: found.name().map_or(0, str::len),
            metadata: metadata.as_ptr(),
            metadata_len: metadata.len(),
        })
    };
    // SAFETY: the caller's promise.
    unsafe { answer::filled(out_page, "page", error, body) }
}

/// Writes the id of the page with a name, or answers `LUMEN_NOT_FOUND`.
///
/// # Safety
/// `name` has `len` bytes; pointers as the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lumen_store_snapshot_find(
    snapshot: u64,
    name: *const c_char,
    len: usize,
    out_page: *mut u64,
    error: *mut LumenError,
) -> i32 {
    let body = || {
        // SAFETY: the caller's promise.
        let name = unsafe { text(name, len, "name") }?;
        let found = handles::snapshot(snapshot)?.snapshot.find(name)?;
        found.ok_or(Failure::Absent("no page has this name"))
    };
    // SAFETY: the caller's promise.
    unsafe { answer::value(out_page, "out_page", error, body) }
}

/// Writes ids and how many it wrote: at most `capacity`.
///
/// # Safety
/// `out_pages` has room for `capacity` ids; pointers as the header says.
unsafe fn put_ids(
    ids: impl Iterator<Item = u64>,
    out_pages: *mut u64,
    capacity: usize,
    out_count: *mut usize,
) -> Result<(), Failure> {
    let mut count = 0;
    for id in ids.take(capacity) {
        // SAFETY: within the room that the caller promises.
        unsafe { put(out_pages.wrapping_add(count), id, "out_pages") }?;
        count += 1;
    }
    // SAFETY: the same promise.
    unsafe { put(out_count, count, "out_count") }
}

/// Writes the ids of the first pages from `first` on, ascending, and how many it wrote: at most `capacity`.
///
/// # Safety
/// `out_pages` has room for `capacity` ids; pointers as the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lumen_store_snapshot_pages(
    snapshot: u64,
    first: u64,
    out_pages: *mut u64,
    capacity: usize,
    out_count: *mut usize,
    error: *mut LumenError,
) -> i32 {
    let body = || {
        let held = handles::snapshot(snapshot)?;
        // SAFETY: the caller's promise.
        unsafe { put_ids(held.snapshot.page_ids(first)?, out_pages, capacity, out_count) }
    };
    // SAFETY: the caller's promise.
    unsafe { enter(error, body) }
}

/// Writes the ids of the first derived pages from `first` on that do not have all of their inputs yet, ascending, and how
/// many it wrote: at most `capacity`.
///
/// # Safety
/// `out_pages` has room for `capacity` ids; pointers as the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lumen_store_snapshot_stale(
    snapshot: u64,
    first: u64,
    out_pages: *mut u64,
    capacity: usize,
    out_count: *mut usize,
    error: *mut LumenError,
) -> i32 {
    let body = || {
        let held = handles::snapshot(snapshot)?;
        // SAFETY: the caller's promise.
        unsafe { put_ids(held.snapshot.stale_pages(first)?, out_pages, capacity, out_count) }
    };
    // SAFETY: the caller's promise.
    unsafe { enter(error, body) }
}

/// Writes the last seq whose inputs are in a derived page: that of the snapshot unless the page is stale, and 0 where it
/// was declared and not yet computed. Answers `LUMEN_NOT_FOUND` for a page that is not derived.
///
/// # Safety
/// Pointers as the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lumen_store_snapshot_watermark(
    snapshot: u64,
    page: u64,
    out_watermark: *mut u64,
    error: *mut LumenError,
) -> i32 {
    let body = || {
        let found = handles::snapshot(snapshot)?.snapshot.watermark(page)?;
        found.ok_or(Failure::Absent("the page is not derived"))
    };
    // SAFETY: the caller's promise.
    unsafe { answer::value(out_watermark, "out_watermark", error, body) }
}
