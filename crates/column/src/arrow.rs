//! The Arrow C Data Interface: columns to and from any library that speaks it, without copying.
//!
//! The structures are those of the specification ("The Arrow C data interface", "C stream interface"). [`export_column`],
//! [`export_table`] and [`export_stream`] lend our buffers; [`import_column`], [`import_table`] and [`import_stream`] keep a
//! producer's buffers, and call its `release` when the last column over them is gone.
//!
//! A producer says how many values there are, not how large its buffers are: what can be checked (lengths, offsets,
//! UTF-8, codes) is checked, and the rest is the promise behind the `unsafe` of the import functions.

mod export;
mod format;
mod import;

use std::ffi::{c_char, c_int, c_void};
use std::ptr;

pub use export::{export_column, export_column_stream, export_stream, export_table};
pub use import::{Host, import_column, import_column_stream, import_stream, import_table};

/// `ARROW_FLAG_DICTIONARY_ORDERED`
pub(crate) const FLAG_ORDERED: i64 = 1;
/// `ARROW_FLAG_NULLABLE`
pub(crate) const FLAG_NULLABLE: i64 = 2;

/// `struct ArrowSchema`: the type of an array. Dropping it calls its `release`.
#[repr(C)]
#[derive(Debug)]
#[allow(missing_docs)]
pub struct ArrowSchema {
    pub format: *const c_char,
    pub name: *const c_char,
    pub metadata: *const c_char,
    pub flags: i64,
    pub n_children: i64,
    pub children: *mut *mut ArrowSchema,
    pub dictionary: *mut ArrowSchema,
    // SAFETY: called once, with a live structure.
    pub release: Option<unsafe extern "C" fn(*mut ArrowSchema)>,
    pub private_data: *mut c_void,
}

/// `struct ArrowArray`: the values of an array. Dropping it calls its `release`.
#[repr(C)]
#[derive(Debug)]
#[allow(missing_docs)]
pub struct ArrowArray {
    pub length: i64,
    pub null_count: i64,
    pub offset: i64,
    pub n_buffers: i64,
    pub n_children: i64,
    pub buffers: *mut *const c_void,
    pub children: *mut *mut ArrowArray,
    pub dictionary: *mut ArrowArray,
    // SAFETY: called once, with a live structure.
    pub release: Option<unsafe extern "C" fn(*mut ArrowArray)>,
    pub private_data: *mut c_void,
}

/// `struct ArrowArrayStream`: arrays of one type, one after the other. Dropping it calls its `release`.
#[repr(C)]
#[derive(Debug)]
#[allow(missing_docs)]
pub struct ArrowArrayStream {
    // SAFETY: all four are called with a live stream, the last one once.
    pub get_schema: Option<unsafe extern "C" fn(*mut ArrowArrayStream, *mut ArrowSchema) -> c_int>,
    pub get_next: Option<unsafe extern "C" fn(*mut ArrowArrayStream, *mut ArrowArray) -> c_int>,
    pub get_last_error: Option<unsafe extern "C" fn(*mut ArrowArrayStream) -> *const c_char>,
    pub release: Option<unsafe extern "C" fn(*mut ArrowArrayStream)>,
    pub private_data: *mut c_void,
}

// SAFETY: the specification lets a structure be moved to and released on any thread; nothing is written through a shared
// one.
unsafe impl Send for ArrowSchema {}
// SAFETY: as above.
unsafe impl Send for ArrowArray {}
// SAFETY: as above; a shared array is only read.
unsafe impl Sync for ArrowArray {}
// SAFETY: as above.
unsafe impl Send for ArrowArrayStream {}

impl ArrowSchema {
    /// A released structure, as a place for a producer to write to.
    #[must_use]
    pub fn empty() -> Self {
        Self {
            format: ptr::null(),
            name: ptr::null(),
            metadata: ptr::null(),
            flags: 0,
            n_children: 0,
            children: ptr::null_mut(),
            dictionary: ptr::null_mut(),
            release: None,
            private_data: ptr::null_mut(),
        }
    }
}

impl ArrowArray {
    /// A released structure, as a place for a producer to write to.
    #[must_use]
    pub fn empty() -> Self {
        Self {
            length: 0,
            null_count: 0,
            offset: 0,
            n_buffers: 0,
            n_children: 0,
            buffers: ptr::null_mut(),
            children: ptr::null_mut(),
            dictionary: ptr::null_mut(),
            release: None,
            private_data: ptr::null_mut(),
        }
    }
}

impl ArrowArrayStream {
    /// A released structure, as a place for a producer to write to.
    #[must_use]
    pub fn empty() -> Self {
        Self {
            get_schema: None,
            get_next: None,
            get_last_error: None,
            release: None,
            private_data: ptr::null_mut(),
        }
    }
}

macro_rules! released_when_dropped {
    ($($type:ty),*) => {
        $(impl Drop for $type {
            fn drop(&mut self) {
                if let Some(release) = self.release {
                    // SAFETY: a structure that has a `release` is alive, and this is its only owner.
                    unsafe { release(self) };
                    self.release = None;
                }
            }
        })*
    };
}

released_when_dropped!(ArrowSchema, ArrowArray, ArrowArrayStream);
