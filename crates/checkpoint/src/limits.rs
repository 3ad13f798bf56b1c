//! What no file may exceed, whatever it says of itself.

/// Bytes of a pickle. A network of 10,000 tensors needs about 1 MiB.
pub const PICKLE_BYTES_MAX: usize = 64 << 20;

/// Objects of one file.
pub const NODES_MAX: usize = 1 << 21;

/// Objects that a pickle may remember.
pub const MEMO_MAX: usize = 1 << 20;

/// Marks of a pickle that are open at once.
pub const MARKS_MAX: usize = 1_000;

/// Entries of an archive: more than any storage's number needs, and what the 16 bits of its end can count.
pub const ENTRIES_MAX: usize = 65_535;

/// Bytes of a header of safetensors, as its specification bounds them.
pub const SAFETENSORS_HEADER_BYTES_MAX: usize = 100_000_000;

/// Bytes of a header of `.lmt`.
pub const LMT_HEADER_BYTES_MAX: usize = 64 << 20;

/// Containers inside each other that `.lmt` holds; the reader of JSON stops at 128.
pub const LMT_DEPTH_MAX: usize = 48;

/// Problems that one reading of `.lmt` lists.
pub const PROBLEMS_MAX: usize = 32;
