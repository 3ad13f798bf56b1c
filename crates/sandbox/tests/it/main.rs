//! Tests of the crate against the machine's own CPython and kernel.

mod confined;
mod escapes;
mod golden;
mod host;
mod large;
mod packages;
mod page;
mod pool;
mod protocol;
mod starts;
