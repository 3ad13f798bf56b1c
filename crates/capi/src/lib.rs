//! The store for C, and for every language that calls C.
//!
//! The main functions are [`lumen_store_open`](open::lumen_store_open) and
//! [`lumen_store_submit`](open::lumen_store_submit); a header made from these sources, `include/lumen_store.h`, is
//! all that a client needs. Every function returns an `i32`: 0, or the stable number of an error, whose details go to
//! memory that the caller gives. A handle is a slot with a generation, so that a freed one is refused and never taken
//! for another. A panic never leaves the library: it poisons the store that it happened in.
//!
//! The crate refuses to know Rust types in signatures, foreign callbacks, and anything but `store` and `plan`. It
//! decides nothing: what it does for a caller it does through them.
//!
//! Not promised: more than one thread in one plan at a time makes sense; it is safe and its order is open. A pointer
//! to a page lives until its snapshot is freed.
//!
//! Start reading at [`caller`] for what is believed of foreign memory, [`handles`] for what a handle is, then [`open`],
//! [`plan`](mod@plan) and [`mutate`] for changes, [`snapshot`] for states, [`past`] and [`rows`] for what the log tells,
//! [`mod@derive`] and [`subscribe`].

#![deny(missing_docs)]

mod answer;
pub mod bytes;
pub mod caller;
pub mod derive;
pub mod entry;
pub mod failure;
pub mod field;
pub mod filter;
pub mod handles;
pub mod mutate;
pub mod open;
pub mod past;
pub mod plan;
pub mod rows;
pub mod snapshot;
pub mod subscribe;
