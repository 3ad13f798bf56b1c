//! What backward passes did, on request: the order in which nodes ran, and the counts of their queue.

use std::cell::RefCell;

/// Equal in every run of the same graph.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BackwardReport {
    /// Names of the nodes as they ran, those of a pass inside another where it ran.
    pub execution_order: Vec<&'static str>,
    /// Gradients that nodes waited for.
    pub dependencies: usize,
    /// Nodes that became ready.
    pub queue_pushes: usize,
    /// Nodes that were taken from the queue.
    pub queue_pops: usize,
    /// The most nodes that were ready at once.
    pub queue_len_max: usize,
    /// How deep passes stood inside each other; 0 for one alone.
    pub reentrant_depth_max: usize,
    /// Whether the strict limit of that depth was met.
    pub limit_reached: bool,
    /// Whether hardened mode let passes go beyond it.
    pub hardened_fallback_used: bool,
}

thread_local! {
    static OPEN: RefCell<Option<BackwardReport>> = const { RefCell::new(None) };
}

/// Runs the body and reports the passes that it started on this thread.
pub fn reported<R>(body: impl FnOnce() -> R) -> (R, BackwardReport) {
    let outer = replace(Some(BackwardReport::default()));
    let result = body();
    (result, replace(outer).unwrap_or_default())
}

/// Installs another report, or none; gives the one before.
pub(crate) fn replace(report: Option<BackwardReport>) -> Option<BackwardReport> {
    OPEN.with(|open| open.replace(report))
}

/// Writes into the report, if one was asked for.
pub(crate) fn note(write: impl FnOnce(&mut BackwardReport)) {
    OPEN.with(|open| {
        if let Some(report) = open.borrow_mut().as_mut() {
            write(report);
        }
    });
}
