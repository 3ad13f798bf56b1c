//! `.lmt`, our own format: every byte is under a digest or has one allowed value, and equal trees give equal bytes.
//!
//! `docs/formats/checkpoint.md` describes it byte by byte.

mod header;
mod problem;
mod reader;
mod state;
mod writer;

pub use problem::{Problem, ProblemKind, Refusal};
pub use reader::{Mode, read};
pub use writer::write;

/// What a file begins with.
pub const MAGIC: [u8; 8] = *b"LUMENTN1";

/// The format that is written, and the only one that is read.
pub const FORMAT: u32 = 1;

/// Bytes before the header: magic, format, flags, two sizes, the header's digest.
const PROLOGUE_BYTES: usize = 64;

/// Storages begin at multiples of this behind the header.
const ALIGNMENT: usize = 64;
