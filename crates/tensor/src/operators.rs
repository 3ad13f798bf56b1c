//! The operator tables, one per family.

mod arrange;
mod binary;
mod create;
mod distribution;
mod draw;
mod elementary;
pub(crate) mod image;
mod index;
mod inplace;
mod like;
mod linalg;
pub(crate) mod matmul;
mod order;
mod pointwise;
mod reduce;
mod scan;
mod scatter;
mod view;

use crate::operator::Row;
use crate::{Result, Tensor};

/// Every table.
pub(crate) const TABLES: &[&[Row]] = &[
    pointwise::ROWS,
    view::ROWS,
    arrange::ROWS,
    reduce::ROWS,
    matmul::ROWS,
    index::ROWS,
    scatter::ROWS,
    order::ROWS,
    create::ROWS,
    draw::ROWS,
    like::ROWS,
    linalg::ROWS,
    distribution::ROWS,
    binary::ROWS,
    binary::POLYNOMIALS,
    elementary::ROWS,
    scan::ROWS,
    image::ROWS,
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
