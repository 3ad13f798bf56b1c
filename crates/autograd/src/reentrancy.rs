//! Backward passes inside backward passes: how deep, and on which stack.

use std::cell::Cell;
use std::panic::resume_unwind;
use std::thread;

use tensor::{Error, Result};

use crate::anomaly::{anomaly, set_anomaly};
use crate::mode::{enable_grad, is_grad_enabled, no_grad, with_local};
use crate::report::{note, replace};

/// How deep passes may stand inside each other on a thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reentrancy {
    /// The deepest pass inside another; one that stands alone has depth 0.
    pub depth_max: usize,
    /// Whether as many levels again are let through, and reported.
    pub is_hardened: bool,
}

impl Reentrancy {
    const DEFAULT: Reentrancy = Reentrancy { depth_max: 32_768, is_hardened: false };
}

impl Default for Reentrancy {
    /// Strict, 32,768 levels.
    fn default() -> Self {
        Reentrancy::DEFAULT
    }
}

/// Levels that share a stack.
const LEVELS_A_STACK: usize = 60;
const STACK_BYTES: usize = 16 << 20;

thread_local! {
    static LIMIT: Cell<Reentrancy> = const { Cell::new(Reentrancy::DEFAULT) };
    /// How many passes are under way.
    static DEPTH: Cell<usize> = const { Cell::new(0) };
}

/// Runs the body under a limit.
pub fn with_reentrancy<R>(limit: Reentrancy, body: impl FnOnce() -> R) -> R {
    with_local(&LIMIT, limit, body)
}

/// Runs a pass one level deeper, every 60 levels on a fresh stack.
pub(crate) fn deeper<R: Send>(pass: impl FnOnce() -> Result<R> + Send) -> Result<R> {
    let (depth, limit) = (DEPTH.get(), LIMIT.get());
    note(|report| {
        report.reentrant_depth_max = report.reentrant_depth_max.max(depth);
        report.limit_reached |= depth > limit.depth_max;
    });
    if depth > limit.depth_max {
        if !limit.is_hardened || depth > limit.depth_max.saturating_mul(2) {
            let allowed = limit.depth_max;
            let text =
                format!("ReentrantDepth: backward inside backward to depth {depth}; the limit is {allowed}");
            return Err(Error::runtime("backward", text)
                .expected(format!("at most {allowed}"))
                .found(depth.to_string()));
        }
        note(|report| report.hardened_fallback_used = true);
    }
    if depth == 0 || !depth.is_multiple_of(LEVELS_A_STACK) {
        return with_local(&DEPTH, depth + 1, pass);
    }
    on_fresh_stack(depth, limit, pass)
}

/// Everything a pass reads from its thread goes along.
fn on_fresh_stack<R: Send>(
    depth: usize,
    limit: Reentrancy,
    pass: impl FnOnce() -> Result<R> + Send,
) -> Result<R> {
    let (report, records, setting) = (replace(None), is_grad_enabled(), threads::current());
    let anomaly = anomaly();
    let work = move || {
        replace(report);
        set_anomaly(anomaly);
        LIMIT.set(limit);
        DEPTH.set(depth + 1);
        let pass = || threads::with(setting, pass);
        let result = if records { enable_grad(pass) } else { no_grad(pass) };
        (result, replace(None))
    };
    let ended = thread::scope(|scope| {
        let stack = thread::Builder::new().name("backward".into()).stack_size(STACK_BYTES);
        stack.spawn_scoped(scope, work).map(thread::ScopedJoinHandle::join)
    });
    match ended {
        Ok(Ok((result, report))) => {
            replace(report);
            result
        }
        Ok(Err(panic)) => resume_unwind(panic),
        Err(why) => Err(Error::runtime("backward", format!("no thread for a fresh stack: {why}"))),
    }
}
