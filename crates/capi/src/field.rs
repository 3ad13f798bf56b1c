//! Typed values: the same conversions that plans use, for callers who read pages.
//!
//! A type is a number: the width in bytes of an integer or a double, plus 16 for signed, 32 for big-endian, 64 for a
//! double; 0 for bytes and 128 for text, which take a length. What does not fit is refused, nothing is rounded or cut.

use std::ffi::c_char;

use ::plan::typed::{Datum, Kind};

use crate::caller::{bytes, put, put_bytes, text};
use crate::failure::{Failure, LumenError, enter};

/// So many bytes as they are.
pub const LUMEN_BYTES: u32 = 0;
/// An unsigned byte.
pub const LUMEN_U8: u32 = 1;
/// An unsigned integer of 16 bits, least significant byte first.
pub const LUMEN_U16LE: u32 = 2;
/// An unsigned integer of 32 bits.
pub const LUMEN_U32LE: u32 = 4;
/// An unsigned integer of 64 bits.
pub const LUMEN_U64LE: u32 = 8;
/// A signed byte.
pub const LUMEN_I8: u32 = 17;
/// A signed integer of 16 bits.
pub const LUMEN_I16LE: u32 = 18;
/// A signed integer of 32 bits.
pub const LUMEN_I32LE: u32 = 20;
/// A signed integer of 64 bits.
pub const LUMEN_I64LE: u32 = 24;
/// An unsigned integer of 16 bits, most significant byte first.
pub const LUMEN_U16BE: u32 = 34;
/// An unsigned integer of 32 bits.
pub const LUMEN_U32BE: u32 = 36;
/// An unsigned integer of 64 bits.
pub const LUMEN_U64BE: u32 = 40;
/// A signed integer of 16 bits.
pub const LUMEN_I16BE: u32 = 50;
/// A signed integer of 32 bits.
pub const LUMEN_I32BE: u32 = 52;
/// A signed integer of 64 bits.
pub const LUMEN_I64BE: u32 = 56;
/// The bits of a double, least significant byte first.
pub const LUMEN_F64LE: u32 = 72;
/// The bits of a double, most significant byte first.
pub const LUMEN_F64BE: u32 = 104;
/// UTF-8 without a zero character, filled up with zeros.
pub const LUMEN_TEXT: u32 = 128;

/// The kind with this number; `len_bytes` is the length of bytes and text, and 0 for anything else.
pub(crate) fn kind(number: u32, len_bytes: u32) -> Result<Kind, Failure> {
    let unknown = Failure::Argument { field: "type", expected: "one of the types" };
    let sized = matches!(number, LUMEN_BYTES | LUMEN_TEXT);
    if sized == (len_bytes == 0) {
        let expected = "0, and for bytes and text their length";
        return Err(Failure::Argument { field: "len_bytes", expected });
    }
    Ok(match number {
        LUMEN_BYTES => Kind::Bytes(len_bytes),
        LUMEN_TEXT => Kind::Text(len_bytes),
        LUMEN_F64LE => Kind::F64 { big_endian: false },
        LUMEN_F64BE => Kind::F64 { big_endian: true },
        LUMEN_U8 | LUMEN_U16LE | LUMEN_U32LE | LUMEN_U64LE | LUMEN_I8 | LUMEN_I16LE | LUMEN_I32LE
        | LUMEN_I64LE | LUMEN_U16BE | LUMEN_U32BE | LUMEN_U64BE | LUMEN_I16BE | LUMEN_I32BE | LUMEN_I64BE => {
            let width_bytes = u8::try_from(number & 15).map_err(|_| unknown)?;
            Kind::Int { width_bytes, signed: number & 16 != 0, big_endian: number & 32 != 0 }
        }
        _ => return Err(unknown),
    })
}

fn misfit() -> Failure {
    Failure::Malformed(::plan::Malformed::new(::plan::Malformation::Type, "field value", 0))
}

/// Writes the bytes of a signed integer as `type` and their number, at most 8.
///
/// # Safety
/// `out` has room for `capacity` bytes; pointers as the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lumen_store_field_from_i64(
    of_type: u32,
    value: i64,
    out: *mut u8,
    capacity: usize,
    out_len: *mut usize,
    error: *mut LumenError,
) -> i32 {
    // SAFETY: the caller's promise.
    unsafe { from(of_type, 0, || Ok(Datum::Int(value.into())), out, capacity, out_len, error) }
}

/// Writes the bytes of an unsigned integer as `type`.
///
/// # Safety
/// As [`lumen_store_field_from_i64`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lumen_store_field_from_u64(
    of_type: u32,
    value: u64,
    out: *mut u8,
    capacity: usize,
    out_len: *mut usize,
    error: *mut LumenError,
) -> i32 {
    // SAFETY: the caller's promise.
    unsafe { from(of_type, 0, || Ok(Datum::Int(value.into())), out, capacity, out_len, error) }
}

/// Writes the bytes of a double as `type`.
///
/// # Safety
/// As [`lumen_store_field_from_i64`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lumen_store_field_from_f64(
    of_type: u32,
    value: f64,
    out: *mut u8,
    capacity: usize,
    out_len: *mut usize,
    error: *mut LumenError,
) -> i32 {
    // SAFETY: the caller's promise.
    unsafe { from(of_type, 0, || Ok(Datum::F64(value)), out, capacity, out_len, error) }
}

/// Writes a text of `len` bytes as a field of `len_bytes`.
///
/// # Safety
/// As [`lumen_store_field_from_i64`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lumen_store_field_from_text(
    len_bytes: u32,
    value: *const c_char,
    len: usize,
    out: *mut u8,
    capacity: usize,
    out_len: *mut usize,
    error: *mut LumenError,
) -> i32 {
    // SAFETY: the caller's promise.
    let value = || Ok(Datum::Text(unsafe { text(value, len, "text") }?.to_owned()));
    // SAFETY: the caller's promise.
    unsafe { from(LUMEN_TEXT, len_bytes, value, out, capacity, out_len, error) }
}

/// # Safety
/// As the functions that call it.
unsafe fn from(
    of_type: u32,
    len_bytes: u32,
    value: impl FnOnce() -> Result<Datum, Failure>,
    out: *mut u8,
    capacity: usize,
    out_len: *mut usize,
    error: *mut LumenError,
) -> i32 {
    let body = || {
        let encoded = kind(of_type, len_bytes)?.encode(&value()?)?;
        // SAFETY: the caller's promise.
        unsafe { put_bytes(out, capacity, out_len, &encoded, "out") }
    };
    // SAFETY: the caller's promise.
    unsafe { enter(error, body) }
}

/// Reads a field of `len` bytes as a signed integer; one above 2^63 - 1 is refused.
///
/// # Safety
/// `field` has `len` bytes; pointers as the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lumen_store_field_to_i64(
    of_type: u32,
    field: *const u8,
    len: usize,
    out: *mut i64,
    error: *mut LumenError,
) -> i32 {
    let body = || {
        // SAFETY: the caller's promise.
        let int = unsafe { read_int(of_type, field, len) }?;
        // SAFETY: the caller's promise.
        unsafe { put(out, i64::try_from(int).map_err(|_| misfit())?, "out") }
    };
    // SAFETY: the caller's promise.
    unsafe { enter(error, body) }
}

/// Reads a field of `len` bytes as an unsigned integer; a negative one is refused.
///
/// # Safety
/// As [`lumen_store_field_to_i64`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lumen_store_field_to_u64(
    of_type: u32,
    field: *const u8,
    len: usize,
    out: *mut u64,
    error: *mut LumenError,
) -> i32 {
    let body = || {
        // SAFETY: the caller's promise.
        let int = unsafe { read_int(of_type, field, len) }?;
        // SAFETY: the caller's promise.
        unsafe { put(out, u64::try_from(int).map_err(|_| misfit())?, "out") }
    };
    // SAFETY: the caller's promise.
    unsafe { enter(error, body) }
}

/// # Safety
/// As the functions that call it.
unsafe fn read_int(of_type: u32, field: *const u8, len: usize) -> Result<i128, Failure> {
    // SAFETY: the caller's promise.
    match kind(of_type, 0)?.decode(unsafe { bytes(field, len, "field") }?)? {
        Datum::Int(int) => Ok(int),
        _ => Err(misfit()),
    }
}

/// Reads a field of `len` bytes as a double.
///
/// # Safety
/// As [`lumen_store_field_to_i64`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lumen_store_field_to_f64(
    of_type: u32,
    field: *const u8,
    len: usize,
    out: *mut f64,
    error: *mut LumenError,
) -> i32 {
    let body = || {
        // SAFETY: the caller's promise.
        match kind(of_type, 0)?.decode(unsafe { bytes(field, len, "field") }?)? {
            // SAFETY: the caller's promise.
            Datum::F64(float) => unsafe { put(out, float, "out") },
            _ => Err(misfit()),
        }
    };
    // SAFETY: the caller's promise.
    unsafe { enter(error, body) }
}

/// Says how many of a text field's `len` bytes are text, if it is one.
///
/// # Safety
/// As [`lumen_store_field_to_i64`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lumen_store_field_to_text(
    field: *const u8,
    len: usize,
    out_len: *mut usize,
    error: *mut LumenError,
) -> i32 {
    let body = || {
        // SAFETY: the caller's promise.
        let field = unsafe { bytes(field, len, "field") }?;
        let len = u32::try_from(len).map_err(|_| misfit())?;
        match kind(LUMEN_TEXT, len)?.decode(field)? {
            // SAFETY: the caller's promise.
            Datum::Text(text) => unsafe { put(out_len, text.len(), "out_len") },
            _ => Err(misfit()),
        }
    };
    // SAFETY: the caller's promise.
    unsafe { enter(error, body) }
}
