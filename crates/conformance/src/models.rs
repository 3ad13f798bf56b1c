//! The model runtime: runs of `rlm`'s machine in a world of `scenarios`, cells in confined Python, providers against a
//! scripted server over real sockets.
//!
//! No model is asked. What a model would say stands in the case, and what is right follows from the specification or from
//! a count by hand; where an orchestrated reduction is compared, its judge is the plain reducer of `scenarios`.

mod batch;
mod budget;
mod confined;
mod envelope;
mod outcome;
mod protocol;
mod resume;
mod served;
mod submit;
mod turns;

use crate::row::Row;

/// The families' rows.
pub(crate) const FAMILIES: &[&[Row]] = &[
    submit::ROWS,
    turns::ROWS,
    batch::ROWS,
    budget::ROWS,
    resume::ROWS,
    confined::ROWS,
    served::ROWS,
    protocol::ROWS,
    envelope::ROWS,
];
