//! Operators that PyTorch composes of others, one table per family. What belongs to layers stands in `nn`.

mod elementwise;

use crate::composite::Composite;

const TABLES: &[&[Composite]] = &[elementwise::ROWS];

/// All composite operators of this crate.
pub fn composites() -> impl Iterator<Item = &'static Composite> {
    TABLES.iter().copied().flatten()
}
