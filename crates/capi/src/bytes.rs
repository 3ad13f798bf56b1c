//! Long answers: bytes and texts that the library keeps until the caller frees them, so that nothing is computed twice
//! to learn a length.

use crate::caller::put;
use crate::failure::{LumenError, enter};
use crate::handles::{self, Object};

/// Writes where the bytes behind a handle stand, and how many there are. The pointer lives until the handle is freed.
///
/// # Safety
/// Pointers as the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lumen_store_bytes_read(
    bytes: u64,
    out_bytes: *mut *const u8,
    out_len: *mut usize,
    error: *mut LumenError,
) -> i32 {
    let body = || {
        let held = handles::bytes(bytes)?;
        // SAFETY: the caller's promise, twice.
        unsafe {
            put(out_bytes, held.as_ptr(), "out_bytes")?;
            put(out_len, held.len(), "out_len")
        }
    };
    // SAFETY: the caller's promise.
    unsafe { enter(error, body) }
}

/// Frees bytes.
///
/// # Safety
/// No pointer to them is used afterwards.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lumen_store_bytes_free(bytes: u64, error: *mut LumenError) -> i32 {
    // SAFETY: the caller's promise.
    unsafe { enter(error, || handles::free(bytes, |object| matches!(object, Object::Bytes(_)))) }
}
