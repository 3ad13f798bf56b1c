//! How many threads there are, and how much work a piece holds.

use std::cell::Cell;
use std::num::NonZeroUsize;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

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

/// The process's threads as [`set_threads`] has them; 0 for as many as it may run at once.
static THREADS: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    /// What [`with`] put in the process's place on this thread.
    static HERE: Cell<Option<Setting>> = const { Cell::new(None) };
}

/// Sets how many threads the process has from here on, or with `None` as many as it may run at once. Work that has
/// begun goes on as it began; no result depends on the number.
pub fn set_threads(threads: Option<NonZeroUsize>) {
    THREADS.store(threads.map_or(0, NonZeroUsize::get), Ordering::Relaxed);
}

fn process() -> Setting {
    /// Asking the system takes longer than light work does.
    static ALL: OnceLock<Setting> = OnceLock::new();
    match NonZeroUsize::new(THREADS.load(Ordering::Relaxed)) {
        Some(threads) => Setting::new(threads),
        None => *ALL.get_or_init(Setting::default),
    }
}

/// The setting that work started here obeys.
#[must_use]
pub fn current() -> Setting {
    HERE.get().unwrap_or_else(process)
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
