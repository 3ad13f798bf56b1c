//! Derived pages: declared by a caller, computed by functions that the library has.
//!
//! The interface takes no callback: a function of another language could call back into the store that waits for it.
//! A C program names one of the functions below; a Rust program that links this crate adds its own with [`provide`]
//! before a store is opened.

use std::collections::BTreeMap;
use std::ffi::c_char;
use std::sync::{Arc, PoisonError, RwLock};

use store::{GraphEdit, Store};

use crate::answer;
use crate::caller::{numbers, text};
use crate::failure::LumenError;
use crate::handles;
use crate::open::{LumenOutcome, describe};

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
    let body = || {
        // SAFETY: the caller's promise, twice.
        let (function, parents) = unsafe {
            let function = text(function, function_len, "function")?.to_owned();
            (function, numbers(parents, parent_count, "parents")?.to_vec())
        };
        let edit = GraphEdit::derive(page, function, parents);
        handles::store(store)?.change(|store| Ok(store.derive().edit(&[edit])?))
    };
    // SAFETY: the caller's promise.
    unsafe { answer::value(out_seq, "out_seq", error, body) }
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
    let body = || {
        let edit = GraphEdit::Release { page };
        handles::store(store)?.change(|store| Ok(store.derive().edit(&[edit])?))
    };
    // SAFETY: the caller's promise.
    unsafe { answer::value(out_seq, "out_seq", error, body) }
}

/// Computes a derived page, and what is made from it, although no parent changed.
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
