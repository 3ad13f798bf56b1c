//! How many threads there are, and how much work a piece holds.

use std::cell::Cell;
use std::num::NonZeroUsize;
use std::sync::OnceLock;

/// Rows of a piece. Starting a thread costs some 20 µs, about what a light kernel needs for so many rows.
const ROWS_A_PIECE: NonZeroUsize = NonZeroUsize::new(65_536).expect("not zero");

/// How work is spread. Nothing but time may depend on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Setting {
    /// Threads that work at once, the caller's among them.
    pub threads: NonZeroUsize,
    /// Rows of a piece; shorter data stay on the caller's thread.
    pub rows_a_piece: NonZeroUsize,
}

impl Setting {
    /// This many threads on pieces of 65,536 rows.
    #[must_use]
    pub fn new(threads: NonZeroUsize) -> Self {
        Self { threads, rows_a_piece: ROWS_A_PIECE }
    }

    /// The setting inside a piece: what it starts stays on its thread.
    pub(crate) fn inside(self) -> Self {
        Self { threads: NonZeroUsize::MIN, ..self }
    }
}

impl Default for Setting {
    /// As many threads as the process may run at once.
    fn default() -> Self {
        Self::new(std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN))
    }
}

/// The process's setting, fixed by [`set`] or by its first use.
static PROCESS: OnceLock<Setting> = OnceLock::new();

thread_local! {
    /// What [`with`] put in the process's place on this thread.
    static HERE: Cell<Option<Setting>> = const { Cell::new(None) };
}

/// The process's setting was fixed before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AlreadySet;

impl std::fmt::Display for AlreadySet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the number of threads is set once, before the first work")
    }
}

impl std::error::Error for AlreadySet {}

/// Fixes the setting of the process.
///
/// # Errors
/// [`AlreadySet`] after an earlier call or after work has begun.
pub fn set(setting: Setting) -> Result<(), AlreadySet> {
    PROCESS.set(setting).map_err(|_| AlreadySet)
}

/// The setting that work started here obeys.
#[must_use]
pub fn current() -> Setting {
    HERE.get().unwrap_or_else(|| *PROCESS.get_or_init(Setting::default))
}

/// Does `work` under another setting, which holds on this thread until `work` returns or panics.
///
/// ```
/// use threads::Setting;
///
/// let one = Setting::new(std::num::NonZeroUsize::MIN);
/// assert_eq!(threads::with(one, threads::current), one);
/// ```
pub fn with<T>(setting: Setting, work: impl FnOnce() -> T) -> T {
    struct Restore(Option<Setting>);
    impl Drop for Restore {
        fn drop(&mut self) {
            HERE.set(self.0);
        }
    }
    let _restore = Restore(HERE.replace(Some(setting)));
    work()
}
