//! The store as its users see it.

mod append;
mod crash;
mod damage;
mod faults;
mod support;
