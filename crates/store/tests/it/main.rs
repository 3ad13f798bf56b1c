//! The store as its users see it.

mod append;
mod support;
