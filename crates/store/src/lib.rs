//! An embedded, crash-safe store of byte pages, with the intent behind every change, and content-addressed blobs.
//!
//! The main types are [`Store`], the one writer of a directory, and [`Reader`], any number of which look at it. The
//! log is the truth; pages are a fold of it. A transaction takes one place, its *seq*, in one global order, and is on
//! disk before its call returns. Three handles keep three things apart: [`Query`] reads, [`Mutate`] changes without
//! conditions, [`Upsert`] takes plans and decides them against the newest state, refusals on record. A [`Snapshot`] is
//! the state at one seq; [`Past`] replays, audits and says who wrote a byte. Whatever is damaged is an [`Error`] with
//! file and offset, never a shorter answer.
//!
//! The crate refuses to know what pages and entries mean, and it never chooses what to write: plans come from outside,
//! other crates register a [`Namespace`] and keep their own bytes. It has no clock, no randomness and no thread of its
//! own; those come in through [`Options`]. Not promised: secrecy, several writers of
//! one directory, SQL, and proof of who stated an intent.
//!
//! Start reading at [`mod@format`] for the bytes, `segment` for what counts as damage, `log` for group commit,
//! `pages` for the state, `upsert` for decisions, `recovery` for opening and `retention` for what may go. The byte-level page is
//! `docs/formats/log.md`.

#![forbid(unsafe_code)]
#![deny(missing_docs)]

#[cfg(doctest)]
mod guide;

mod batch;
mod blobs;
mod checkpoint;
mod derive;
mod directory;
mod error;
mod export;
mod fold;
mod follow;
pub mod format;
mod graph;
mod guard;
mod horizon;
mod ids;
mod index;
pub mod kernel;
mod lock;
mod log;
mod memory;
mod metrics;
mod mutate;
mod namespace;
mod options;
mod pages;
mod past;
mod patch;
mod query;
mod reader;
mod record;
mod recovery;
mod refusal;
mod remnant;
mod retention;
mod scan;
mod segment;
mod snapshot;
mod store;
mod subscribe;
mod sync;
mod told;
mod trailer;
mod upsert;
mod validate;
mod verify;
mod vfs;
mod way;

pub use blobs::{Blob, BlobHash, BlobRef, StagedBlob};
pub use derive::{Derive, Derived, Finished, Task};
pub use directory::Directory;
pub use error::{Category, Error, ErrorKind, Result};
pub use export::{copy_verified, export};
pub use fold::{Fold, Folded};
pub use follow::Follower;
pub use graph::GraphEdit;
pub use log::LogEnd;
pub use memory::Memory;
pub use metrics::{LogMetrics, Metrics};
pub use mutate::{Edit, Mutate, Mutation};
pub use namespace::{Kind, Namespace};
pub use options::{Create, Durability, Options, Retention};
pub use pages::{Page, Watermark};
pub use past::{Audited, Dangling, Filter, Heat, Partial, Past, Stated, Touch};
pub use plan::{ClientEntry, NamespaceId};
pub use query::Query;
pub use reader::{Kept, Reader};
pub use record::{Body, Decision, Position, Record, Recovery};
pub use refusal::{Cause, Outcome, Refusal};
pub use scan::Scan;
pub use snapshot::{PageDiff, Snapshot};
pub use store::{Commit, Store, Transaction};
pub use subscribe::Subscription;
pub use upsert::Upsert;
pub use validate::{ValidDelta, validate};
pub use verify::{Torn, Verified, verify};
pub use vfs::{OpenMode, Vfs, VfsFile};
