//! Withdrawing calls.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Notify;

/// Withdraws every call that was given it. Clones are the same; any thread may cancel, and nothing takes it back.
#[derive(Clone, Debug, Default)]
pub struct Cancel(Arc<State>);

#[derive(Debug, Default)]
struct State {
    is_set: AtomicBool,
    changed: Notify,
}

impl Cancel {
    /// One that nobody has cancelled.
    pub fn new() -> Cancel {
        Cancel::default()
    }

    /// Withdraws the calls: their connections close, and each ends as `cancelled`.
    pub fn cancel(&self) {
        self.0.is_set.store(true, Ordering::SeqCst);
        self.0.changed.notify_waiters();
    }

    /// Whether it was cancelled.
    pub fn is_cancelled(&self) -> bool {
        self.0.is_set.load(Ordering::SeqCst)
    }

    /// Ends when it is cancelled.
    pub(crate) async fn cancelled(&self) {
        loop {
            let mut changed = std::pin::pin!(self.0.changed.notified());
            // From here on no change is missed, so the flag is read after.
            changed.as_mut().enable();
            if self.is_cancelled() {
                return;
            }
            changed.await;
        }
    }
}
