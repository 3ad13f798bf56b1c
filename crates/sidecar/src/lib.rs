//! Repair symbols beside a file: what a few damaged places took away is computed back, and proved to be it.
//!
//! A *sidecar* `X.rq` holds RaptorQ repair symbols (RFC 6330) of a *payload* `X` and a hash of every symbol of both.
//! The main type is [`Survey`]: which symbols of a payload and its sidecar are whole. From it come [`Scrub`], the
//! answer in words, [`Repair`], the bytes as they were, and [`Proof`], which says what was lost and what it was
//! computed from. [`encode`] makes a sidecar.
//!
//! RaptorQ mends erasures, not errors: a single flipped bit that reaches the decoder comes out as other wrong bytes,
//! without complaint. Therefore hashes and geometry are checked first, the decoder runs second and sees whole symbols
//! only, and the BLAKE3 of the entire payload decides last. No bytes of a sidecar reach a panic of the decoder.
//!
//! The crate refuses to know files, names of files and what a payload means. It reads and returns bytes.
//!
//! Start reading at `geometry`, then `header` for the bytes and `survey`. `docs/formats/sidecar.md` is the format.

#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod block;
mod drill;
mod encode;
mod error;
mod geometry;
mod header;
mod proof;
mod repair;
mod scrub;
mod survey;

pub use drill::{Damage, Pattern};
pub use encode::encode;
pub use error::{Error, ErrorKind, Result};
pub use geometry::{Block, Geometry, Overhead, PAYLOAD_BYTES_MAX};
pub use proof::{Decoded, Identity, Proof, Status};
pub use repair::{Repair, Restored, repair};
pub use scrub::{Health, Scrub, scrub};
pub use survey::Survey;
