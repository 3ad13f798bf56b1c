//! Intents, guards, deltas and plans as pure data with one canonical encoding.
//!
//! The main type is [`UpsertPlan`](crate::UpsertPlan): what a change wants to read, under which guard, and what it
//! then writes, together with the [`Intent`](crate::Intent) that asked for it. Every value has exactly one byte
//! form: `decode(encode(x)) == x`, and whatever is not that form is refused with a [`Malformed`] naming code, field
//! and offset.
//!
//! The crate refuses to know a store: it has no pages, no IO, no clock and no type that changes anything.
//!
//! Start reading at [`wire`], the alphabet of the encoding, then [`malformed`] for what it refuses.

#![forbid(unsafe_code)]
#![deny(missing_docs)]

pub mod malformed;
pub mod wire;

pub use malformed::{Malformation, Malformed};
