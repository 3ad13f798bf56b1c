//! Filters: which records are meant, gathered call by call.

use std::ffi::c_char;
use std::sync::Mutex;

use ::plan::NamespaceId;
use store::Filter;

use crate::answer::{self, lock};
use crate::caller::text;
use crate::failure::{Failure, LumenError, enter};
use crate::handles::{self, Object};
use crate::plan::id;

/// The filter behind a handle; that of 0 selects every transaction.
pub(crate) fn chosen(filter: u64) -> Result<Filter, Failure> {
    match filter {
        0 => Ok(Filter::default()),
        filter => Ok(lock(&*handles::filter(filter)?).clone()),
    }
}

/// Runs `change` on the filter behind a handle.
///
/// # Safety
/// `error` is null or as the header says.
unsafe fn change(
    filter: u64,
    error: *mut LumenError,
    change: impl FnOnce(&mut Filter) -> Result<(), Failure>,
) -> i32 {
    // SAFETY: the same promise.
    unsafe { answer::change(handles::filter(filter), error, change) }
}

fn truth(value: u32) -> Result<bool, Failure> {
    match value {
        0 | 1 => Ok(value == 1),
        _ => Err(Failure::Argument { field: "value", expected: "0 or 1" }),
    }
}

/// Begins a filter. Of what is said more than once any may hold, of what is said at all everything must; as it begins
/// it selects every transaction and no refusal. It is freed by `lumen_store_filter_free`.
///
/// # Safety
/// Pointers as the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lumen_store_filter_new(out_filter: *mut u64, error: *mut LumenError) -> i32 {
    // SAFETY: the caller's promise.
    unsafe { answer::handle(out_filter, "out_filter", error, || Ok(Mutex::new(Filter::default()))) }
}

/// Frees a filter. What was asked with it stays as it is.
///
/// # Safety
/// `error` is null or a `LumenError` of its size.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lumen_store_filter_free(filter: u64, error: *mut LumenError) -> i32 {
    // SAFETY: the caller's promise.
    unsafe { enter(error, || handles::free(filter, |object| matches!(object, Object::Filter(_)))) }
}

/// Selects an intent by its id.
///
/// # Safety
/// `error` is null or a `LumenError` of its size.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lumen_store_filter_intent(
    filter: u64,
    id_low: u64,
    id_high: u64,
    error: *mut LumenError,
) -> i32 {
    // SAFETY: the caller's promise.
    unsafe {
        change(filter, error, |filter| {
            filter.intents.push(id(id_low, id_high));
            Ok(())
        })
    }
}

/// Selects the intents of an author.
///
/// # Safety
/// `author` has `len` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lumen_store_filter_author(
    filter: u64,
    author: *const c_char,
    len: usize,
    error: *mut LumenError,
) -> i32 {
    // SAFETY: the caller's promise.
    let author = || unsafe { text(author, len, "author") };
    // SAFETY: the caller's promise.
    unsafe {
        change(filter, error, |filter| {
            filter.authors.push(author()?.to_owned());
            Ok(())
        })
    }
}

/// Selects the intents of a schema.
///
/// # Safety
/// `schema` has `len` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lumen_store_filter_schema(
    filter: u64,
    schema: *const c_char,
    len: usize,
    error: *mut LumenError,
) -> i32 {
    // SAFETY: the caller's promise.
    let schema = || unsafe { text(schema, len, "schema") };
    // SAFETY: the caller's promise.
    unsafe {
        change(filter, error, |filter| {
            filter.schemas.push(schema()?.to_owned());
            Ok(())
        })
    }
}

/// Selects the seqs from `first` to `last`, both included, in place of an earlier range.
///
/// # Safety
/// `error` is null or a `LumenError` of its size.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lumen_store_filter_seqs(
    filter: u64,
    first: u64,
    last: u64,
    error: *mut LumenError,
) -> i32 {
    // SAFETY: the caller's promise.
    unsafe {
        change(filter, error, |filter| {
            filter.seqs = Some(first..=last);
            Ok(())
        })
    }
}

/// Selects the times from `first` to `last`, both included, in nanoseconds since 1970, in place of an earlier range.
///
/// # Safety
/// `error` is null or a `LumenError` of its size.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lumen_store_filter_times(
    filter: u64,
    first_ns: u64,
    last_ns: u64,
    error: *mut LumenError,
) -> i32 {
    // SAFETY: the caller's promise.
    unsafe {
        change(filter, error, |filter| {
            filter.times_ns = Some(first_ns..=last_ns);
            Ok(())
        })
    }
}

/// Selects what changes a page.
///
/// # Safety
/// `error` is null or a `LumenError` of its size.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lumen_store_filter_page(filter: u64, page: u64, error: *mut LumenError) -> i32 {
    // SAFETY: the caller's promise.
    unsafe {
        change(filter, error, |filter| {
            filter.pages.push(page);
            Ok(())
        })
    }
}

/// Selects what holds entries of a namespace.
///
/// # Safety
/// `error` is null or a `LumenError` of its size.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lumen_store_filter_namespace(
    filter: u64,
    namespace: u32,
    error: *mut LumenError,
) -> i32 {
    // SAFETY: the caller's promise.
    unsafe {
        change(filter, error, |filter| {
            filter.namespaces.push(NamespaceId(namespace));
            Ok(())
        })
    }
}

/// Selects refusals as well, with 1, or not, with 0.
///
/// # Safety
/// `error` is null or a `LumenError` of its size.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lumen_store_filter_refused(filter: u64, value: u32, error: *mut LumenError) -> i32 {
    // SAFETY: the caller's promise.
    unsafe {
        change(filter, error, |filter| {
            filter.refused = truth(value)?;
            Ok(())
        })
    }
}

/// Selects all others instead, with 1, or these again, with 0.
///
/// # Safety
/// `error` is null or a `LumenError` of its size.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lumen_store_filter_inverted(filter: u64, value: u32, error: *mut LumenError) -> i32 {
    // SAFETY: the caller's promise.
    unsafe {
        change(filter, error, |filter| {
            filter.inverted = truth(value)?;
            Ok(())
        })
    }
}
