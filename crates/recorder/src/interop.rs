//! The interop envelope: what a run tells programs that know nothing of Lumen but this form.
//!
//! [`Envelope`] is read and written; [`provenance`], [`verification`] and [`trajectory`] make envelopes of real runs.
//! `docs/formats/interop.md` is the form's page. Fields that this release does not know survive a round trip, and
//! versions of another major are refused.

mod bucket;
mod envelope;
mod export;
mod trajectory;

pub use bucket::Bucket;
pub use envelope::{Envelope, Kind, MAJOR, MINOR, SCHEMA, Version};
pub use export::{provenance, verification};
pub use trajectory::trajectory;
