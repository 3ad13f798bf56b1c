//! The frames of calls, by what they answer beside their number: one value, one struct, a handle; and the frame of what
//! only changes what stands behind a handle.
//!
//! An output is checked before the body runs, so that nothing happens whose answer would be lost.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::caller::{Sized32, check, check_struct, put, put_struct};
use crate::failure::{Failure, LumenError, enter};
use crate::handles::{self, Object};

/// A call that writes one value behind `out`, the argument `field`.
///
/// # Safety
/// `out` and `error` are as [`caller`](crate::caller) says.
pub(crate) unsafe fn value<T: Copy>(
    out: *mut T,
    field: &'static str,
    error: *mut LumenError,
    body: impl FnOnce() -> Result<T, Failure>,
) -> i32 {
    let body = || {
        check(out, field)?;
        let value = body()?;
        // SAFETY: the same promise.
        unsafe { put(out, value, field) }
    };
    // SAFETY: the same promise.
    unsafe { enter(error, body) }
}

/// A call that fills the struct behind `out`.
///
/// # Safety
/// As [`value`].
pub(crate) unsafe fn filled<T: Sized32>(
    out: *mut T,
    field: &'static str,
    error: *mut LumenError,
    body: impl FnOnce() -> Result<T, Failure>,
) -> i32 {
    let body = || {
        // SAFETY: the same promise.
        unsafe { check_struct(out, field) }?;
        let value = body()?;
        // SAFETY: the same promise.
        unsafe { put_struct(out, value, field) }
    };
    // SAFETY: the same promise.
    unsafe { enter(error, body) }
}

/// A call that gives what it made a handle.
///
/// # Safety
/// As [`value`].
pub(crate) unsafe fn handle<T: Into<Object>>(
    out: *mut u64,
    field: &'static str,
    error: *mut LumenError,
    body: impl FnOnce() -> Result<T, Failure>,
) -> i32 {
    let body = || {
        check(out, field)?;
        let made = body()?;
        // SAFETY: the same promise.
        unsafe { handles::hand_out(made, out, field) }
    };
    // SAFETY: the same promise.
    unsafe { enter(error, body) }
}

/// A call that changes what several threads may change.
///
/// # Safety
/// `error` is as [`caller`](crate::caller) says.
pub(crate) unsafe fn change<T>(
    object: Result<Arc<Mutex<T>>, Failure>,
    error: *mut LumenError,
    change: impl FnOnce(&mut T) -> Result<(), Failure>,
) -> i32 {
    // SAFETY: the same promise.
    unsafe { enter(error, || change(&mut lock(&*object?))) }
}

/// What is gathered call by call. Every change of it is one push or one assignment, so a panic leaves none half done.
pub(crate) fn lock<T>(gathered: &Mutex<T>) -> MutexGuard<'_, T> {
    gathered.lock().unwrap_or_else(PoisonError::into_inner)
}
