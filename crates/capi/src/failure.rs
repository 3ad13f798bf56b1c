//! What a call answers: a number, and its details in the caller's memory.

use std::any::Any;
use std::ffi::c_char;
use std::panic::{AssertUnwindSafe, catch_unwind};

use ::plan::Malformed;
use store::{Category, ErrorKind};

use crate::caller::{self, Sized32, fixed};

/// Nothing went wrong. A refused upsert is an answer and no error.
pub const LUMEN_OK: i32 = 0;
/// The request breaks a rule of its own form; `malformation` says which.
pub const LUMEN_MALFORMED: i32 = 1;
/// The request is over a limit, or an output has too little room.
pub const LUMEN_LIMIT_EXCEEDED: i32 = 2;
/// A known intent id with another request.
pub const LUMEN_INTENT_REUSED: i32 = 3;
/// No page has this id.
pub const LUMEN_UNKNOWN_PAGE: i32 = 4;
/// An edge of the derivation graph would close a circle.
pub const LUMEN_CYCLE: i32 = 5;
/// The handle was freed, is of another type, or never was one.
pub const LUMEN_BAD_HANDLE: i32 = 6;
/// No store lives in the directory.
pub const LUMEN_NO_STORE: i32 = 7;
/// A store lives in the directory already.
pub const LUMEN_STORE_EXISTS: i32 = 8;
/// What was asked for is not in this store.
pub const LUMEN_NOT_FOUND: i32 = 9;
/// The snapshot outlived its limit.
pub const LUMEN_SNAPSHOT_TOO_OLD: i32 = 20;
/// Another process writes this store.
pub const LUMEN_LOCKED: i32 = 21;
/// The operating system failed an operation that changed nothing.
pub const LUMEN_IO: i32 = 23;
/// No space left; nothing was appended.
pub const LUMEN_FULL: i32 = 30;
/// Acknowledged bytes of the log are damaged.
pub const LUMEN_CORRUPT: i32 = 40;
/// A blob is missing or damaged.
pub const LUMEN_BLOB_DAMAGED: i32 = 41;
/// A replay made another state than the log vouches for.
pub const LUMEN_DIVERGED: i32 = 42;
/// The files are of a newer format.
pub const LUMEN_UNSUPPORTED_FORMAT: i32 = 50;
/// A namespace, kind or version that nobody registered.
pub const LUMEN_UNKNOWN_KIND: i32 = 51;
/// What is asked for is older than what the store's retention kept.
pub const LUMEN_SEQ_TOO_OLD: i32 = 52;
/// An earlier write failed, or a call on this store panicked; close and open it again.
pub const LUMEN_POISONED: i32 = 60;
/// A defect of the library, caught; the store that it happened in is poisoned.
pub const LUMEN_PANIC: i32 = 61;

/// The caller mends the request.
pub const LUMEN_CATEGORY_CALLER: u32 = 1;
/// The caller waits and tries again.
pub const LUMEN_CATEGORY_RETRY: u32 = 2;
/// The caller frees space.
pub const LUMEN_CATEGORY_FULL: u32 = 3;
/// The caller repairs or salvages.
pub const LUMEN_CATEGORY_DAMAGED: u32 = 4;
/// The caller takes a newer library, or an older copy of the store.
pub const LUMEN_CATEGORY_UNSUPPORTED: u32 = 5;
/// The caller opens the store again.
pub const LUMEN_CATEGORY_POISONED: u32 = 6;

/// `page` of an error is set.
pub const LUMEN_HAS_PAGE: u32 = 1;
/// `seq` of an error is set.
pub const LUMEN_HAS_SEQ: u32 = 2;
/// `offset` of an error is set.
pub const LUMEN_HAS_OFFSET: u32 = 4;
/// `segment` of an error is set.
pub const LUMEN_HAS_SEGMENT: u32 = 8;

/// Details of an error. The caller sets `struct_size`; a call that fails fills the rest.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct LumenError {
    /// `sizeof(LumenError)`.
    pub struct_size: u32,
    /// What the call returned.
    pub number: i32,
    /// What the caller does next: one of `LUMEN_CATEGORY_*`.
    pub category: u32,
    /// The stable number of the broken rule of a plan; 0 for none.
    pub malformation: u32,
    /// Which of the next four are set: bits of `LUMEN_HAS_*`.
    pub present: u32,
    /// Zero.
    pub reserved: u32,
    /// The page that it is about.
    pub page: u64,
    /// The seq that it is about.
    pub seq: u64,
    /// The byte in the plan or in the file.
    pub offset: u64,
    /// The segment of the log.
    pub segment: u64,
    /// All of it as text, cut to fit, closed by a zero.
    pub message: [c_char; 256],
    /// What was needed, closed by a zero; empty for nothing.
    pub expected: [c_char; 96],
    /// What stood there.
    pub found: [c_char; 96],
    /// The file, relative to the store's directory.
    pub file: [c_char; 96],
}

// SAFETY: `repr(C)`, the size first, integers alone.
unsafe impl Sized32 for LumenError {}

/// Why a call failed.
#[derive(Debug)]
pub(crate) enum Failure {
    Store(store::Error),
    Malformed(Malformed),
    Argument {
        field: &'static str,
        expected: &'static str,
    },
    StructSize {
        field: &'static str,
        expected: usize,
        found: u32,
    },
    Room {
        field: &'static str,
        needed: usize,
        given: usize,
    },
    Handle(u64),
    /// The store that a subscription follows was closed.
    Closed,
    Absent(&'static str),
    /// The item `at`, counted from 0, of so many.
    Beyond {
        what: &'static str,
        at: usize,
        count: usize,
    },
    /// The operating system refused something that is no file of a store.
    System {
        what: &'static str,
        error: std::io::Error,
    },
    Poisoned,
    Panic(String),
}

impl From<store::Error> for Failure {
    fn from(error: store::Error) -> Failure {
        Failure::Store(error)
    }
}

impl From<Malformed> for Failure {
    fn from(why: Malformed) -> Failure {
        Failure::Malformed(why)
    }
}

/// The number of a category.
fn category(category: Category) -> u32 {
    match category {
        Category::Caller => LUMEN_CATEGORY_CALLER,
        Category::Retry => LUMEN_CATEGORY_RETRY,
        Category::Full => LUMEN_CATEGORY_FULL,
        Category::Damaged => LUMEN_CATEGORY_DAMAGED,
        Category::Unsupported => LUMEN_CATEGORY_UNSUPPORTED,
        // A category of a later day: the way out that always works.
        _ => LUMEN_CATEGORY_POISONED,
    }
}

impl Failure {
    fn number(&self) -> i32 {
        match self {
            Failure::Store(error) => i32::from(error.kind().number()),
            Failure::Malformed(why) if why.code == ::plan::Malformation::Limit => LUMEN_LIMIT_EXCEEDED,
            Failure::Malformed(_) | Failure::Argument { .. } | Failure::StructSize { .. } => LUMEN_MALFORMED,
            Failure::Room { .. } => LUMEN_LIMIT_EXCEEDED,
            Failure::Handle(_) | Failure::Closed => LUMEN_BAD_HANDLE,
            Failure::Absent(_) | Failure::Beyond { .. } => LUMEN_NOT_FOUND,
            Failure::System { .. } => LUMEN_IO,
            Failure::Poisoned => LUMEN_POISONED,
            Failure::Panic(_) => LUMEN_PANIC,
        }
    }

    fn describe(&self) -> LumenError {
        let mut error = LumenError {
            struct_size: size_of::<LumenError>() as u32,
            number: self.number(),
            category: LUMEN_CATEGORY_CALLER,
            malformation: 0,
            present: 0,
            reserved: 0,
            page: 0,
            seq: 0,
            offset: 0,
            segment: 0,
            message: [0; 256],
            expected: [0; 96],
            found: [0; 96],
            file: [0; 96],
        };
        let mut set = |flag: u32, value: Option<u64>| {
            error.present |= if value.is_some() { flag } else { 0 };
            value.unwrap_or_default()
        };
        match self {
            Failure::Store(why) => {
                let page = set(LUMEN_HAS_PAGE, why.page());
                let seq = set(LUMEN_HAS_SEQ, why.seq());
                let offset = set(LUMEN_HAS_OFFSET, why.offset());
                let segment = set(LUMEN_HAS_SEGMENT, why.segment());
                (error.page, error.seq, error.offset, error.segment) = (page, seq, offset, segment);
                error.category = category(why.kind().category());
                error.malformation = why.malformation().map_or(0, |code| u32::from(code.number()));
                error.message = fixed(&why.to_string());
                error.expected = fixed(why.expected_value().unwrap_or_default());
                error.found = fixed(why.found_value().unwrap_or_default());
                error.file = fixed(why.file().unwrap_or_default());
            }
            Failure::Malformed(why) => {
                let page = set(LUMEN_HAS_PAGE, why.page);
                let offset = set(LUMEN_HAS_OFFSET, u64::try_from(why.offset).ok());
                (error.page, error.offset) = (page, offset);
                error.malformation = u32::from(why.code.number());
                error.message = fixed(&why.to_string());
                let number =
                    |number: Option<u64>| number.map(|number| number.to_string()).unwrap_or_default();
                error.expected = fixed(&number(why.expected));
                error.found = fixed(&number(why.found));
            }
            Failure::Argument { field, expected } => {
                error.message = fixed(&format!("the argument `{field}` is not {expected}"));
                error.expected = fixed(expected);
            }
            Failure::StructSize { field, expected, found } => {
                error.message = fixed(&format!(
                    "the struct `{field}` says it has {found} bytes and has {expected} in this library"
                ));
                error.expected = fixed(&expected.to_string());
                error.found = fixed(&found.to_string());
            }
            Failure::Room { field, needed, given } => {
                error.message = fixed(&format!("`{field}` needs {needed} bytes and has room for {given}"));
                error.expected = fixed(&needed.to_string());
                error.found = fixed(&given.to_string());
            }
            Failure::Handle(handle) => {
                error.message =
                    fixed(&format!("the handle {handle:#x} was freed, is of another type, or never was one"));
                error.found = fixed(&format!("{handle:#x}"));
            }
            Failure::Closed => error.message = fixed("the store that this subscription follows was closed"),
            Failure::Absent(what) => error.message = fixed(what),
            Failure::Beyond { what, at, count } => {
                error.message =
                    fixed(&format!("there is no {what} {at}: the answer has {count}, counted from 0"));
                error.expected = fixed(&format!("below {count}"));
                error.found = fixed(&at.to_string());
            }
            Failure::System { what, error: why } => {
                error.category = category(ErrorKind::Io.category());
                error.message = fixed(&format!("{what}: {why}"));
            }
            Failure::Poisoned => {
                error.category = category(ErrorKind::Poisoned.category());
                error.message = fixed("an earlier call on this store panicked; close it and open it again");
            }
            Failure::Panic(message) => {
                error.category = category(ErrorKind::Poisoned.category());
                error.message = fixed(&format!("a defect of the library: {message}"));
            }
        }
        error
    }
}

fn message(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().copied();
    text.or_else(|| payload.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message").to_owned()
}

/// The body of a call on something that a panic must not leave half done: `poison` marks it.
pub(crate) fn isolated<T>(
    poison: impl FnOnce(),
    body: impl FnOnce() -> Result<T, Failure>,
) -> Result<T, Failure> {
    // What was unwound through is marked and not looked at again.
    catch_unwind(AssertUnwindSafe(body)).unwrap_or_else(|payload| {
        poison();
        Err(Failure::Panic(message(&*payload)))
    })
}

/// The frame of every call: no panic leaves it, and details of a failure go to `error` if that is not null.
///
/// # Safety
/// `error` is null or as [`caller`] says.
pub(crate) unsafe fn enter(error: *mut LumenError, body: impl FnOnce() -> Result<(), Failure>) -> i32 {
    let Err(failure) = isolated(|| {}, body) else { return LUMEN_OK };
    if !error.is_null() {
        // SAFETY: the same promise. A struct of another size cannot be filled; the number says enough.
        let _ = unsafe { caller::put_struct(error, failure.describe(), "error") };
    }
    failure.number()
}

#[cfg(test)]
mod tests;
