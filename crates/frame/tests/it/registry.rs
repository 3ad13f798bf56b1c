//! Operation names to calls.

mod editing;
mod elements;
mod grouping;
mod joining;
mod selection;
mod shaping;
mod values;
mod windows;

use crate::args::{Args, Outcome};

/// One operation: its name in the case files, the call, and the relative tolerance of its floats.
pub struct Row {
    pub name: &'static str,
    pub call: fn(&mut Args<'_>) -> Outcome,
    pub rtol: f64,
}

/// An operation whose floats are the oracle's bits.
const fn exact(name: &'static str, call: fn(&mut Args<'_>) -> Outcome) -> Row {
    Row { name, call, rtol: 0.0 }
}

/// An operation whose floats are the oracle's but for the last bits.
const fn close(name: &'static str, call: fn(&mut Args<'_>) -> Outcome) -> Row {
    Row { name, call, rtol: 1e-12 }
}

pub fn find(name: &str) -> Option<&'static Row> {
    [
        selection::ROWS,
        editing::ROWS,
        grouping::ROWS,
        joining::ROWS,
        shaping::ROWS,
        values::ROWS,
        windows::ROWS,
        elements::ROWS,
    ]
    .into_iter()
    .flatten()
    .find(|row| row.name == name)
}
