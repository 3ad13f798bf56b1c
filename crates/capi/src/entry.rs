//! What stands beside pages: namespaces with their entries, and blobs.

use std::ffi::c_char;

use store::{Kind, Namespace};

use crate::answer;
use crate::caller::{Sized32, bytes, check, get_struct, put_bytes, text};
use crate::failure::{Failure, LumenError, enter};
use crate::handles;
use crate::mutate::blob_hash;
use crate::plan::id;

/// One kind of entry of a namespace, in one version of its form.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct LumenKind {
    /// `sizeof(LumenKind)`.
    pub struct_size: u32,
    /// The number that entries carry.
    pub number: u32,
    /// The version of the body's form.
    pub version: u32,
    /// 1 if nobody may write beside such entries without knowing them; else 0.
    pub must_understand: u32,
    /// Its name as UTF-8; 1 to 255 bytes.
    pub name: *const c_char,
    /// The length of the name.
    pub name_len: usize,
}

// SAFETY: `repr(C)`, the size first, integers and a pointer, of which any bits are a value.
unsafe impl Sized32 for LumenKind {}

/// The kind that a caller's struct describes.
///
/// # Safety
/// `pointer` is a `LumenKind` whose name has as many bytes as it says.
unsafe fn kind(pointer: *const LumenKind) -> Result<Kind, Failure> {
    // SAFETY: the same promise, twice.
    let (given, name) = unsafe {
        let given = get_struct(pointer, "kinds")?;
        (given, text(given.name, given.name_len, "kinds")?.to_owned())
    };
    let must_understand = match given.must_understand {
        0 | 1 => given.must_understand == 1,
        _ => return Err(Failure::Argument { field: "must_understand", expected: "0 or 1" }),
    };
    Ok(Kind { number: given.number, name, version: given.version, must_understand })
}

/// Registers a namespace and says that this process understands its kinds, which ascend by number and version. It is
/// logged once, and again only when it gained kinds or versions. Writes its number in this store.
///
/// # Safety
/// `name` has `name_len` bytes, `kinds` are `kind_count` structs; pointers as the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lumen_store_register(
    store: u64,
    name: *const c_char,
    name_len: usize,
    kinds: *const LumenKind,
    kind_count: usize,
    out_namespace: *mut u32,
    error: *mut LumenError,
) -> i32 {
    let body = || {
        // SAFETY: the caller's promise. The first struct that is not of its size ends the walk before the next is
        // looked for.
        let (name, kinds) = unsafe {
            let kinds = (0..kind_count).map(|at| kind(kinds.wrapping_add(at)));
            (text(name, name_len, "name")?.to_owned(), kinds.collect::<Result<Vec<Kind>, Failure>>()?)
        };
        let namespace = Namespace { name, kinds };
        let number = handles::store(store)?.change(|store| Ok(store.register(&namespace)?))?;
        Ok(number.0)
    };
    // SAFETY: the caller's promise.
    unsafe { answer::value(out_namespace, "out_namespace", error, body) }
}

/// Writes the seq of the transaction that an intent or an entry with this id stands in, or answers `LUMEN_NOT_FOUND`.
///
/// # Safety
/// Pointers as the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lumen_store_find(
    store: u64,
    id_low: u64,
    id_high: u64,
    out_seq: *mut u64,
    error: *mut LumenError,
) -> i32 {
    let body = || {
        let found = handles::store(store)?.with(|store| Ok(store.find(id(id_low, id_high))))?;
        found.ok_or(Failure::Absent("no record has this id"))
    };
    // SAFETY: the caller's promise.
    unsafe { answer::value(out_seq, "out_seq", error, body) }
}

/// Makes bytes durable under their BLAKE3, whose 32 bytes are written.
///
/// # Safety
/// `value` has `len` bytes, `out_hash` has room for 32.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lumen_store_blob_put(
    store: u64,
    value: *const u8,
    len: usize,
    out_hash: *mut u8,
    error: *mut LumenError,
) -> i32 {
    let body = || {
        check(out_hash, "out_hash")?;
        // SAFETY: the caller's promise.
        let value = unsafe { bytes(value, len, "value") }?;
        let hash = handles::store(store)?.with(|store| Ok(store.put_blob(value)?))?;
        let mut written = 0;
        // SAFETY: the caller's promise, and a number of our own.
        unsafe { put_bytes(out_hash, 32, &raw mut written, &hash.0, "out_hash") }
    };
    // SAFETY: the caller's promise.
    unsafe { enter(error, body) }
}

/// Reads the blob with this hash, checked against it. The bytes are freed by `lumen_store_bytes_free`.
///
/// # Safety
/// `hash` has 32 bytes; pointers as the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lumen_store_blob_get(
    store: u64,
    hash: *const u8,
    out_bytes: *mut u64,
    error: *mut LumenError,
) -> i32 {
    let body = || {
        // SAFETY: the caller's promise.
        let hash = unsafe { blob_hash(hash) }?;
        handles::store(store)?.with(|store| Ok(store.get_blob(&hash)?))
    };
    // SAFETY: the caller's promise.
    unsafe { answer::handle(out_bytes, "out_bytes", error, body) }
}
