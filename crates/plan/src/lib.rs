//! Intents, guards, deltas and plans as pure data with one canonical encoding.
//!
//! The main type is [`UpsertPlan`]: what a change wants to read, under which guard, and what it then writes, together
//! with the [`Intent`] that asked for it. Every value has exactly one byte form: `decode(encode(x)) == x`, and
//! whatever is not that form is refused with a [`Malformed`] naming code, field and offset.
//!
//! The crate refuses to know a store: it has no pages, no IO, no clock and no type that changes anything. It does not
//! evaluate a guard or choose a delta; it says what they are.
//!
//! What a plan is made from is a [`View`], which only reads.
//!
//! Not promised: that a plan which is well formed holds in any state, and floats.
//!
//! Start reading at [`upsert`], then [`expr`] for the guard's language, [`typed`] for numbers and texts in pages, and
//! [`wire`] for the alphabet of the bytes.

#![forbid(unsafe_code)]
#![deny(missing_docs)]

pub mod client;
pub mod delta;
pub mod expr;
pub mod intent;
mod json;
pub mod malformed;
pub mod query;
pub mod spec;
pub mod tag;
pub mod typed;
pub mod upsert;
pub mod view;
pub mod wire;

pub use client::{ClientEntry, NamespaceId};
pub use delta::{Change, Delta, Patch};
pub use expr::{Expr, FieldType, Operator, Type, Value};
pub use intent::Intent;
pub use malformed::{Malformation, Malformed};
pub use query::{Query, Read};
pub use spec::{DeltaSpec, PageRef};
pub use upsert::{PlanHash, UpsertPlan};
pub use view::{PageView, View, ViewError};
