//! Operators that PyTorch composes of others, one table per family. What belongs to layers stands in `nn`.

mod python;

use crate::composite::Composite;

const TABLES: &[&[Composite]] = &[python::ROWS];

/// All composite operators of this crate.
pub fn composites() -> impl Iterator<Item = &'static Composite> {
    TABLES.iter().copied().flatten()
}
