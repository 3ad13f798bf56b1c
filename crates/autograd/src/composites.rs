//! Operators that PyTorch composes of others, one table per family. What belongs to layers stands in `nn`.

mod calculus;
mod einsum;
mod elementwise;
mod masked;
mod product;
mod python;
mod statistics;
mod terms;

use crate::composite::Composite;

const TABLES: &[&[Composite]] = &[
    elementwise::ROWS,
    calculus::ROWS,
    product::ROWS,
    einsum::ROWS,
    statistics::ROWS,
    masked::ROWS,
    python::ROWS,
];

/// All composite operators of this crate.
pub fn composites() -> impl Iterator<Item = &'static Composite> {
    TABLES.iter().copied().flatten()
}
