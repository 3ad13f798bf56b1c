//! Whether operators record their gradients, per thread.

use std::cell::Cell;
use std::thread::LocalKey;

thread_local! {
    static ENABLED: Cell<bool> = const { Cell::new(true) };
}

/// Whether operators called on this thread record their gradients.
pub fn is_grad_enabled() -> bool {
    ENABLED.get()
}

/// Switches recording on this thread until it is switched again; gives what was before. For hosts whose blocks are
/// not closures; in Rust [`no_grad`] and [`enable_grad`] cannot be left open.
pub fn set_grad_enabled(wanted: bool) -> bool {
    ENABLED.replace(wanted)
}

/// Puts a cell's value back when dropped, also when the body panics.
struct Restore<T: Copy + 'static>(&'static LocalKey<Cell<T>>, T);

impl<T: Copy> Drop for Restore<T> {
    fn drop(&mut self) {
        self.0.set(self.1);
    }
}

/// Runs the body with another value in a cell of this thread.
pub(crate) fn with_local<T: Copy, R>(
    cell: &'static LocalKey<Cell<T>>,
    value: T,
    body: impl FnOnce() -> R,
) -> R {
    let _restore = Restore(cell, cell.replace(value));
    body()
}

/// Runs the body without recording gradients.
pub fn no_grad<R>(body: impl FnOnce() -> R) -> R {
    with_local(&ENABLED, false, body)
}

/// Runs the body recording gradients, also inside [`no_grad`].
pub fn enable_grad<R>(body: impl FnOnce() -> R) -> R {
    with_local(&ENABLED, true, body)
}
