//! The page and its plots, seen from outside.

mod demo;
mod page;
