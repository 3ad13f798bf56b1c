//! The rows of the table, each by itself.

mod counters;
mod derived;
mod durable;
mod foreign;
mod history;
mod logged;
mod loose;
mod opening;
mod reads;
mod small;
mod visible;

use std::path::Path;

use anyhow::Result;

use crate::Scale;
use crate::rounds::Row;

type Measure = fn(&Scale, &Path) -> Result<Vec<Row>>;

/// By the order of the table; the last three are its checks of latency, of the C interface and of kernels.
pub const ALL: &[(&str, Measure)] = &[
    ("one-client", durable::one_client),
    ("many-clients", durable::many_clients),
    ("many-edits", durable::many_edits),
    ("loose", loose::one_thread),
    ("log-bytes", logged::bytes),
    ("point-read", reads::points),
    ("scan", reads::beside_a_writer),
    ("counters", counters::guarded),
    ("open", opening::after_kill),
    ("derived", derived::waves),
    ("history", history::of_a_page),
    ("small", small::parts),
    ("resident", opening::resident),
    ("visible", visible::steps),
    ("c-interface", foreign::calls),
    ("kernels", small::kernels),
];

/// What a child process of a row does, if this is one.
pub fn child(arguments: &[String]) -> Option<Result<()>> {
    let [_, word, work, directory, count] = arguments else { return None };
    let work = || opening::child(work, Path::new(directory), count.parse()?);
    (word == "child").then(work)
}
