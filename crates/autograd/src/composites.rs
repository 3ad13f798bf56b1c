//! Operators that PyTorch composes of others, one table per family. What belongs to layers stands in `nn`.

mod calculus;
mod cast;
mod copies;
mod einsum;
mod elementwise;
mod index;
mod join;
mod linalg;
mod masked;
mod norm;
mod order;
mod product;
mod python;
mod relayout;
mod segment;
mod singular;
mod softmax;
mod spectrum;
mod split;
mod statistics;
mod subscript;
mod terms;
mod turn;
mod view;
mod window;

use tensor::Result;

use crate::composite::Composite;
use crate::variable::Variable;

const TABLES: &[&[Composite]] = &[
    python::ROWS,
    elementwise::ROWS,
    calculus::ROWS,
    product::ROWS,
    einsum::ROWS,
    statistics::ROWS,
    norm::ROWS,
    softmax::ROWS,
    spectrum::ROWS,
    window::ROWS,
    masked::ROWS,
    view::ROWS,
    relayout::ROWS,
    copies::ROWS,
    split::ROWS,
    join::ROWS,
    linalg::ROWS,
    singular::ROWS,
    turn::ROWS,
    index::ROWS,
    subscript::ROWS,
    order::ROWS,
    segment::ROWS,
    cast::ROWS,
];

/// All composite operators of this crate.
pub fn composites() -> impl Iterator<Item = &'static Composite> {
    TABLES.iter().copied().flatten()
}

/// A composite's single result.
fn one(result: Result<Variable>) -> Result<Vec<Variable>> {
    Ok(vec![result?])
}

/// Sizes as operators take them.
fn signed(sizes: &[usize]) -> Vec<i64> {
    sizes.iter().map(|&size| size as i64).collect()
}
