//! Frames, series and columns against pandas.

mod arithmetic;
mod counting;
mod csv;
mod editing;
mod filling;
mod grouping;
mod joining;
mod reducing;
mod reshaping;
mod selection;
mod showing;
mod sorting;
mod strings;
mod times;
mod windows;

pub(crate) mod convert;
mod operation;
mod scalars;

use crate::row::Row;

/// The rows by family.
pub(crate) const FAMILIES: &[&[Row]] = &[
    arithmetic::ROWS,
    counting::ROWS,
    csv::ROWS,
    editing::ROWS,
    filling::ROWS,
    grouping::ROWS,
    joining::ROWS,
    reducing::ROWS,
    reshaping::ROWS,
    selection::ROWS,
    showing::ROWS,
    sorting::ROWS,
    strings::ROWS,
    times::ROWS,
    windows::ROWS,
];
