//! Tests of the crate against the machine's own CPython and kernel.

mod confined;
mod escapes;
mod host;
mod packages;
mod page;
mod pool;
mod protocol;
mod starts;
