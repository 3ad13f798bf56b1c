//! The operator tables, one per family.

mod create;
pub(crate) mod image;
mod index;
mod inplace;
mod matmul;
mod pointwise;
mod reduce;
mod view;

use crate::operator::Row;
use crate::{Result, Tensor};

/// Every table.
pub(crate) const TABLES: &[&[Row]] = &[
    pointwise::ROWS,
    view::ROWS,
    reduce::ROWS,
    matmul::ROWS,
    index::ROWS,
    image::ROWS,
    create::ROWS,
    inplace::ROWS,
];

/// A kernel's single result.
fn one(result: Result<Tensor>) -> Result<Vec<Tensor>> {
    result.map(|t| vec![t])
}

/// A kernel's pair of results.
fn two(result: Result<(Tensor, Tensor)>) -> Result<Vec<Tensor>> {
    result.map(|(a, b)| vec![a, b])
}
