//! Whether operators record their gradients, per thread.

use std::cell::Cell;

thread_local! {
    static ENABLED: Cell<bool> = const { Cell::new(true) };
}

/// Whether operators called on this thread record their gradients.
pub fn is_grad_enabled() -> bool {
    ENABLED.get()
}

/// Restores the mode when dropped, also when the body panics.
struct Restore(bool);

impl Drop for Restore {
    fn drop(&mut self) {
        ENABLED.set(self.0);
    }
}

fn with_mode<R>(enabled: bool, body: impl FnOnce() -> R) -> R {
    let _restore = Restore(ENABLED.replace(enabled));
    body()
}

/// Runs the body without recording gradients.
pub fn no_grad<R>(body: impl FnOnce() -> R) -> R {
    with_mode(false, body)
}

/// Runs the body recording gradients, also inside [`no_grad`].
pub fn enable_grad<R>(body: impl FnOnce() -> R) -> R {
    with_mode(true, body)
}
