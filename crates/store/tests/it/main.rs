//! The store as its users see it.

mod append;
mod crash;
mod damage;
mod faults;
mod format;
mod model;
mod pages;
mod processes;
mod support;
mod upsert;
