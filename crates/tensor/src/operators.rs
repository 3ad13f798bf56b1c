//! The operator tables, one per family.

mod binary;
mod create;
mod elementary;
mod index;
mod inplace;
mod matmul;
mod pointwise;
mod reduce;
mod scan;
mod view;

use crate::operator::Row;
use crate::{Result, Tensor};

/// Every table.
pub(crate) const TABLES: &[&[Row]] = &[
    binary::ROWS,
    binary::POLYNOMIALS,
    elementary::ROWS,
    scan::ROWS,
    pointwise::ROWS,
    view::ROWS,
    reduce::ROWS,
    matmul::ROWS,
    index::ROWS,
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
