//! What a long program holds many of is small: a check of 100,000 lines keeps all of it at once.

use std::mem::size_of;

use syntax::ast::{Expr, Item, ItemKind, Pattern, Stmt};

/// An item is a statement and what every item has: whatever kind is larger stands apart.
#[test]
fn an_item_is_hardly_larger_than_a_statement() {
    assert!(size_of::<ItemKind>() <= size_of::<Stmt>(), "{}", size_of::<ItemKind>());
    assert!(size_of::<Item>() <= 120, "{}", size_of::<Item>());
}

#[test]
fn nodes_are_small() {
    let sizes = [size_of::<Expr>(), size_of::<Pattern>(), size_of::<Stmt>()];
    assert!(sizes <= [56, 64, 64], "{sizes:?}");
}
