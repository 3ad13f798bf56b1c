//! Stable sorting of rows by whole numbers, digit by digit.
//!
//! [`order_by`] gives the order of rows by their keys. Floats, texts and several columns are sorted by it once they are
//! made numbers that stand in the same order, which is for the callers to do.
//!
//! The crate refuses to know what the rows are. Start reading at `order.rs`.

#![warn(missing_docs)]

mod order;

pub use order::order_by;
