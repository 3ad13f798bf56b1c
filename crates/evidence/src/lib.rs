//! What holds an engine against something that is not itself: cases, packets, values as text, their comparison.
//!
//! The main type is [`Value`](value::Value): a column, series, frame, tensor, scalar, tree or state in one text form
//! that the engines, the references and the files share. A [`Case`](case::Case) says what is asked and what must be
//! answered, a [`Packet`](packet::Packet) groups cases under a contract, and [`compare`](mod@compare) names each
//! difference.
//!
//! The crate refuses to know any engine, any reference's program, IO and the clock: it is given bytes and gives back
//! data. All text is read by one strict reader ([`json`], [`fields`]): what is doubled, unknown, too deep or too long
//! is an error that names file, JSON pointer, expected and found.
//!
//! Start reading at [`value`], then [`case`] and [`compare`](mod@compare).

#![forbid(unsafe_code)]
#![deny(missing_docs)]

pub mod bench;
pub mod case;
pub mod compare;
pub mod fields;
pub mod gate;
pub mod generate;
pub mod hardened;
pub mod json;
pub mod ledger;
pub mod lock;
pub mod log;
pub mod mismatch;
pub mod packet;
pub mod place;
pub mod report;
pub mod run;
pub mod schema;
pub mod snapshot;
pub mod threats;
pub mod typed;
pub mod value;
