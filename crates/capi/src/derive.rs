//! Derived pages: declared by a caller, computed by functions that the library has.
//!
//! The interface takes no callback: a function of another language could call back into the store that waits for it.
//! A C program names one of the functions below; a Rust program that links this crate adds its own with [`provide`]
//! before a store is opened.

use std::collections::BTreeMap;
use std::ffi::c_char;
use std::num::NonZeroUsize;
use std::sync::{Arc, PoisonError, RwLock};

use store::{GraphEdit, Store};

use crate::answer;
use crate::caller::{Sized32, check, get_struct, numbers, put, text};
use crate::failure::{Failure, LumenError, enter};
use crate::handles;
use crate::open::{LumenOutcome, describe};

/// A page is computed from others.
pub const LUMEN_GRAPH_DERIVE: u32 = 1;
/// A derived page is an ordinary one again.
pub const LUMEN_GRAPH_RELEASE: u32 = 2;
/// As `LUMEN_GRAPH_DERIVE`, outside of commits: the page is stale after a change of a parent until `lumen_store_work`.
pub const LUMEN_GRAPH_DERIVE_ASYNCHRONOUS: u32 = 3;

/// One change of the graph of derived pages.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct LumenGraphEdit {
    /// `sizeof(LumenGraphEdit)`.
    pub struct_size: u32,
    /// One of `LUMEN_GRAPH_*`.
    pub kind: u32,
    /// The page that it is about.
    pub page: u64,
    /// For a page that is derived, the function's name as `name@version`.
    pub function: *const c_char,
    /// The length of the name; else 0.
    pub function_len: usize,
    /// For a page that is derived, the pages that the function gets, in its order.
    pub parents: *const u64,
    /// How many pages; else 0.
    pub parent_count: usize,
    /// Those of the parents whose change only makes the page stale, until somebody asks with `lumen_store_refresh`;
    /// ascending.
    pub stale: *const u64,
    /// How many of them.
    pub stale_count: usize,
}

// SAFETY: `repr(C)`, the size first, integers and pointers, of which any bits are a value.
unsafe impl Sized32 for LumenGraphEdit {}

/// What a derived page is computed with: the bytes of the parents to the bytes of the page, or why not.
pub type Function = dyn Fn(&[&[u8]]) -> Result<Vec<u8>, String> + Send + Sync;

static PROVIDED: RwLock<BTreeMap<String, Arc<Function>>> = RwLock::new(BTreeMap::new());

/// Gives every store that is opened from here on a function under `name@version`, in place of an earlier one of that
/// name. It must be pure: the same parents, the same bytes.
pub fn provide(name: &str, function: impl Fn(&[&[u8]]) -> Result<Vec<u8>, String> + Send + Sync + 'static) {
    PROVIDED.write().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned(), Arc::new(function));
}

/// Registers what the library has and what was provided.
pub(crate) fn provide_all(store: &Store) {
    let derive = store.derive();
    derive.register("copy@1", |parents| match parents {
        [parent] => Ok(parent.to_vec()),
        _ => Err(format!("copy takes one parent, found {}", parents.len())),
    });
    derive.register("concat@1", |parents| Ok(parents.concat()));
    derive.register("sum-i64le@1", |parents| each_i64(parents, i64::checked_add));
    derive.register("min-i64le@1", |parents| each_i64(parents, |a, b| Some(a.min(b))));
    derive.register("max-i64le@1", |parents| each_i64(parents, |a, b| Some(a.max(b))));
    for (name, function) in PROVIDED.read().unwrap_or_else(PoisonError::into_inner).iter() {
        let function = Arc::clone(function);
        derive.register(name, move |parents| function(parents));
    }
}

/// Joins the little-endian 64-bit integers that stand at the same place of every parent.
fn each_i64(parents: &[&[u8]], join: impl Fn(i64, i64) -> Option<i64>) -> Result<Vec<u8>, String> {
    let len = parents.first().map_or(0, |parent| parent.len());
    if !len.is_multiple_of(8) || parents.iter().any(|parent| parent.len() != len) {
        return Err("the parents are not of one size that is a multiple of 8".to_owned());
    }
    let mut joined: Option<Vec<i64>> = None;
    for parent in parents {
        let (integers, _) = parent.as_chunks::<8>();
        let integers = integers.iter().map(|bytes| i64::from_le_bytes(*bytes));
        joined = Some(match joined {
            None => integers.collect(),
            Some(before) => before
                .into_iter()
                .zip(integers)
                .map(|(a, b)| join(a, b).ok_or("an integer leaves 64 bits"))
                .collect::<Result<_, _>>()?,
        });
    }
    Ok(joined.unwrap_or_default().into_iter().flat_map(i64::to_le_bytes).collect())
}

/// The change that a caller's struct describes.
///
/// # Safety
/// `pointer` is a `LumenGraphEdit` whose function and pages are as many as it says.
unsafe fn graph_edit(pointer: *const LumenGraphEdit) -> Result<GraphEdit, Failure> {
    // SAFETY: the same promise, four times.
    let (given, function, parents, stale) = unsafe {
        let given = get_struct(pointer, "edits")?;
        let function = text(given.function, given.function_len, "function")?;
        let parents = numbers(given.parents, given.parent_count, "parents")?;
        (given, function, parents, numbers(given.stale, given.stale_count, "stale")?)
    };
    let LumenGraphEdit { page, kind, .. } = given;
    match kind {
        LUMEN_GRAPH_DERIVE | LUMEN_GRAPH_DERIVE_ASYNCHRONOUS => {
            let (function, parents, stale) = (function.to_owned(), parents.to_vec(), stale.to_vec());
            let asynchronous = kind == LUMEN_GRAPH_DERIVE_ASYNCHRONOUS;
            Ok(GraphEdit::Derive { page, function, parents, stale, asynchronous })
        }
        LUMEN_GRAPH_RELEASE if function.is_empty() && parents.is_empty() && stale.is_empty() => {
            Ok(GraphEdit::Release { page })
        }
        LUMEN_GRAPH_RELEASE => {
            let expected = "LUMEN_GRAPH_DERIVE where a function or pages are given";
            Err(Failure::Argument { field: "kind", expected })
        }
        _ => Err(Failure::Argument { field: "kind", expected: "one of LUMEN_GRAPH_*" }),
    }
}

/// Makes changes of the graph and writes the seq that they have together.
///
/// # Safety
/// `out_seq` and `error` are as the header says.
unsafe fn edit(
    store: u64,
    out_seq: *mut u64,
    error: *mut LumenError,
    edits: impl FnOnce() -> Result<Vec<GraphEdit>, Failure>,
) -> i32 {
    let body = || {
        let edits = edits()?;
        handles::store(store)?.change(|store| Ok(store.derive().edit(&edits)?))
    };
    // SAFETY: the same promise.
    unsafe { answer::value(out_seq, "out_seq", error, body) }
}

/// Makes changes of the graph of derived pages, all of them or none; they ascend by page, and only the graph behind the
/// last must be without a circle. Writes the one seq that they have. `lumen_store_derive` says what a declaration means.
///
/// # Safety
/// `edits` are `edit_count` structs; pointers as the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lumen_store_graph_edit(
    store: u64,
    edits: *const LumenGraphEdit,
    edit_count: usize,
    out_seq: *mut u64,
    error: *mut LumenError,
) -> i32 {
    // SAFETY: the caller's promise. The first struct that is not of its size ends the walk before the next is looked
    // for.
    let edits = || (0..edit_count).map(|at| unsafe { graph_edit(edits.wrapping_add(at)) }).collect();
    // SAFETY: the caller's promise.
    unsafe { edit(store, out_seq, error, edits) }
}

/// Declares that a page is computed from its parents by a function, from their next change on; what was said about the
/// page before is replaced. Writes the seq of the change of the graph.
///
/// The library has `copy@1` (of one parent), `concat@1`, and, on little-endian 64-bit integers at the same places of
/// parents of one size, `sum-i64le@1`, `min-i64le@1` and `max-i64le@1`. What the function cannot compute refuses the
/// transaction that changed a parent.
///
/// # Safety
/// `function` has `function_len` bytes, `parents` are `parent_count` ids; pointers as the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lumen_store_derive(
    store: u64,
    page: u64,
    function: *const c_char,
    function_len: usize,
    parents: *const u64,
    parent_count: usize,
    out_seq: *mut u64,
    error: *mut LumenError,
) -> i32 {
    // SAFETY: the caller's promise, twice.
    let given = || unsafe {
        Ok::<_, Failure>((
            text(function, function_len, "function")?.to_owned(),
            numbers(parents, parent_count, "parents")?.to_vec(),
        ))
    };
    let edits = || given().map(|(function, parents)| vec![GraphEdit::derive(page, function, parents)]);
    // SAFETY: the caller's promise.
    unsafe { edit(store, out_seq, error, edits) }
}

/// Makes a derived page an ordinary one again. Writes the seq of the change of the graph.
///
/// # Safety
/// Pointers as the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lumen_store_release(
    store: u64,
    page: u64,
    out_seq: *mut u64,
    error: *mut LumenError,
) -> i32 {
    // SAFETY: the caller's promise.
    unsafe { edit(store, out_seq, error, || Ok(vec![GraphEdit::Release { page }])) }
}

/// Computes a derived page although no parent changed, after all stale pages that it is made from, and then what follows
/// from these; an asynchronous page here and now. Asynchronous ones that it is made from are left to `lumen_store_work`.
///
/// # Safety
/// Pointers as the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lumen_store_refresh(
    store: u64,
    page: u64,
    out_outcome: *mut LumenOutcome,
    error: *mut LumenError,
) -> i32 {
    let body = || {
        let outcome = handles::store(store)?.change(|store| Ok(store.derive().refresh(page)?))?;
        Ok(describe(&outcome))
    };
    // SAFETY: the caller's promise.
    unsafe { answer::filled(out_outcome, "outcome", error, body) }
}

/// Computes all asynchronous pages that are due, on so many threads, at least one, each at most once, and returns when the
/// results are in the log. Writes how many were committed, and how many were refused because their function failed.
///
/// # Safety
/// Pointers as the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lumen_store_work(
    store: u64,
    threads: u32,
    out_committed: *mut u64,
    out_refused: *mut u64,
    error: *mut LumenError,
) -> i32 {
    let body = || {
        check(out_committed, "out_committed")?;
        check(out_refused, "out_refused")?;
        let threads = usize::try_from(threads).ok().and_then(NonZeroUsize::new);
        let threads = threads.ok_or(Failure::Argument { field: "threads", expected: "at least 1" })?;
        let outcomes = handles::store(store)?.change(|store| Ok(store.derive().work(threads)?))?;
        let committed = outcomes.iter().filter(|outcome| outcome.is_committed()).count();
        // SAFETY: the caller's promise, twice.
        unsafe {
            put(out_committed, committed as u64, "out_committed")?;
            put(out_refused, (outcomes.len() - committed) as u64, "out_refused")
        }
    };
    // SAFETY: the caller's promise.
    unsafe { enter(error, body) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By hand.
    #[test]
    fn integers_are_joined_place_by_place() {
        let page = |integers: [i64; 2]| integers.map(i64::to_le_bytes).concat();
        let (a, b) = (page([1, -5]), page([2, 7]));
        assert_eq!(each_i64(&[&a, &b], i64::checked_add), Ok(page([3, 2])));
        assert_eq!(each_i64(&[&a], i64::checked_add), Ok(a.clone()));
        assert!(each_i64(&[&a, &b[..8]], i64::checked_add).is_err());
        assert!(each_i64(&[&a[..7]], i64::checked_add).is_err());
        assert!(each_i64(&[&page([i64::MAX, 0]), &page([1, 0])], i64::checked_add).is_err());
    }
}
