//! Foreign memory: everything that is believed of a pointer is said and checked here.
//!
//! Of every pointer this much is promised by the caller, and cannot be checked: it is null, or it points to as many
//! bytes as were said with it (one struct, `len` bytes of a text), readable, and writable where it is an output, for
//! the length of the call. What can be checked is: null with a length, lengths beyond what a process has, alignment,
//! and the size that a struct says it has.

use std::ffi::c_char;
use std::mem::{align_of, size_of};
use std::slice;

use crate::failure::Failure;

/// A struct that begins with its own size, so that both sides know that they mean the same one.
///
/// # Safety
/// `#[repr(C)]`, first field `struct_size: u32`, and every bit pattern of every field is a value.
pub unsafe trait Sized32: Copy {}

/// A slice of a caller's bytes.
///
/// # Errors
/// `Malformed` for null with a length, or a length that no slice has.
///
/// # Safety
/// As the module says; the slice must not outlive the call.
pub(crate) unsafe fn bytes<'a>(
    pointer: *const u8,
    len: usize,
    field: &'static str,
) -> Result<&'a [u8], Failure> {
    if len == 0 {
        return Ok(&[]);
    }
    if pointer.is_null() || isize::try_from(len).is_err() {
        return Err(Failure::Argument { field, expected: "a pointer to so many bytes" });
    }
    // SAFETY: not null, the length fits, bytes have no alignment; the caller promises the rest.
    Ok(unsafe { slice::from_raw_parts(pointer, len) })
}

/// A slice of a caller's numbers.
///
/// # Errors
/// As [`bytes`], and for a pointer that is not aligned.
///
/// # Safety
/// As [`bytes`].
pub(crate) unsafe fn numbers<'a>(
    pointer: *const u64,
    count: usize,
    field: &'static str,
) -> Result<&'a [u64], Failure> {
    if count == 0 {
        return Ok(&[]);
    }
    check(pointer, field)?;
    if count > isize::MAX as usize / size_of::<u64>() {
        return Err(Failure::Argument { field, expected: "a pointer to so many numbers" });
    }
    // SAFETY: not null and aligned, and the length fits; the caller promises the rest.
    Ok(unsafe { slice::from_raw_parts(pointer, count) })
}

/// As [`bytes`], which must be UTF-8.
///
/// # Safety
/// As [`bytes`].
pub(crate) unsafe fn text<'a>(
    pointer: *const c_char,
    len: usize,
    field: &'static str,
) -> Result<&'a str, Failure> {
    // SAFETY: the same promise.
    let bytes = unsafe { bytes(pointer.cast(), len, field) }?;
    std::str::from_utf8(bytes).map_err(|_| Failure::Argument { field, expected: "UTF-8" })
}

/// The name and the metadata of a page that comes to be; an empty name is none.
///
/// # Safety
/// As [`bytes`], twice.
pub(crate) unsafe fn named(
    name: *const c_char,
    name_len: usize,
    metadata: *const u8,
    metadata_len: usize,
) -> Result<(Option<String>, Vec<u8>), Failure> {
    // SAFETY: the same promise.
    let (name, metadata) =
        unsafe { (text(name, name_len, "name")?, bytes(metadata, metadata_len, "metadata")?) };
    Ok(((!name.is_empty()).then(|| name.to_owned()), metadata.to_vec()))
}

/// Writes one value.
///
/// # Errors
/// `Malformed` for null or a pointer that is not aligned.
///
/// # Safety
/// As the module says.
pub(crate) unsafe fn put<T: Copy>(pointer: *mut T, value: T, field: &'static str) -> Result<(), Failure> {
    check(pointer, field)?;
    // SAFETY: not null and aligned; the caller promises that it may be written.
    unsafe { pointer.write(value) };
    Ok(())
}

/// Writes bytes and how many there are. With too little room nothing but their number is written.
///
/// # Errors
/// `Malformed` for bad pointers, `LimitExceeded` for too little room.
///
/// # Safety
/// As the module says.
pub(crate) unsafe fn put_bytes(
    pointer: *mut u8,
    capacity: usize,
    len: *mut usize,
    value: &[u8],
    field: &'static str,
) -> Result<(), Failure> {
    // SAFETY: the same promise.
    unsafe { put(len, value.len(), field) }?;
    if value.len() > capacity {
        return Err(Failure::Room { field, needed: value.len(), given: capacity });
    }
    if !value.is_empty() {
        check(pointer, field)?;
        // SAFETY: not null, at least as long as the value, and the caller's own memory, so that they do not overlap.
        unsafe { std::ptr::copy_nonoverlapping(value.as_ptr(), pointer, value.len()) };
    }
    Ok(())
}

/// Reads a struct whose size must be the one of this library.
///
/// # Errors
/// `Malformed` for null, a pointer that is not aligned, or another size.
///
/// # Safety
/// As the module says; of the struct only its first four bytes are believed before they say its size.
pub(crate) unsafe fn get_struct<T: Sized32>(pointer: *const T, field: &'static str) -> Result<T, Failure> {
    // SAFETY: the same promise.
    unsafe { check_struct(pointer, field) }?;
    // SAFETY: not null, aligned, of the right size, and any bits are a value.
    Ok(unsafe { pointer.read() })
}

/// Writes a struct over one whose size must be the one of this library.
///
/// # Errors
/// As [`get_struct`].
///
/// # Safety
/// As [`get_struct`].
pub(crate) unsafe fn put_struct<T: Sized32>(
    pointer: *mut T,
    value: T,
    field: &'static str,
) -> Result<(), Failure> {
    // SAFETY: the same promise.
    unsafe { check_struct(pointer, field) }?;
    // SAFETY: not null, aligned and of the right size.
    unsafe { pointer.write(value) };
    Ok(())
}

/// Checks a struct that is to be written later.
///
/// # Errors
/// As [`get_struct`].
///
/// # Safety
/// As [`get_struct`].
pub(crate) unsafe fn check_struct<T: Sized32>(pointer: *const T, field: &'static str) -> Result<(), Failure> {
    check(pointer, field)?;
    // SAFETY: the first field is a `u32`, and the struct is at least as aligned.
    let found = unsafe { pointer.cast::<u32>().read() };
    let expected = size_of::<T>();
    if usize::try_from(found).is_ok_and(|found| found == expected) {
        Ok(())
    } else {
        Err(Failure::StructSize { field, expected, found })
    }
}

/// Checks a pointer that is to be written later, before anything happens whose answer would be lost.
///
/// # Errors
/// `Malformed` for null or a pointer that is not aligned.
pub(crate) fn check<T>(pointer: *const T, field: &'static str) -> Result<(), Failure> {
    if pointer.is_null() || !pointer.addr().is_multiple_of(align_of::<T>()) {
        return Err(Failure::Argument { field, expected: "a pointer that is not null and is aligned" });
    }
    Ok(())
}

/// Text for a fixed array of a struct: cut at a character, always closed by a zero.
pub(crate) fn fixed<const N: usize>(text: &str) -> [c_char; N] {
    let mut array = [0; N];
    let end = text.floor_char_boundary(N.saturating_sub(1));
    let bytes = text.get(..end).unwrap_or_default().bytes();
    array.iter_mut().zip(bytes).for_each(|(to, byte)| *to = byte.cast_signed() as c_char);
    array
}
