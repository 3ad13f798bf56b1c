//! Time, as far as a network needs it: timeouts, pauses, limits per minute. No reply depends on it.
//!
//! [`System`] is the machine's; [`Manual`] stands until somebody moves it, so that tests wait for nothing.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

/// A wait to come.
pub type Wait = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Tells time since a start of its own, and waits.
pub trait Clock: Send + Sync {
    /// The time since the start; never goes back.
    fn now(&self) -> Duration;

    /// Ends after a span of time. Dropping it ends the waiting.
    fn wait(&self, span: Duration) -> Wait;
}

/// The machine's monotonic clock.
#[derive(Clone, Copy, Debug)]
pub struct System {
    start: Instant,
}

impl System {
    /// A clock that starts now.
    #[expect(clippy::disallowed_methods, reason = "timeouts of a network are real; no reply depends on them")]
    pub fn new() -> System {
        System { start: Instant::now() }
    }
}

impl Default for System {
    fn default() -> System {
        System::new()
    }
}

impl Clock for System {
    fn now(&self) -> Duration {
        self.start.elapsed()
    }

    fn wait(&self, span: Duration) -> Wait {
        Box::pin(tokio::time::sleep(span))
    }
}

/// A clock that others move. Clones are the same clock.
#[derive(Clone, Debug, Default)]
pub struct Manual(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
    /// Waits up to this long end at once, and move the clock.
    skipped: Duration,
}

#[derive(Debug, Default)]
struct State {
    now: Duration,
    next: u64,
    sleepers: BTreeMap<(Duration, u64), Option<Waker>>,
    skipped: Vec<Duration>,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Manual {
    /// A clock that moves by [`Manual::advance`] alone.
    pub fn new() -> Manual {
        Manual::default()
    }

    /// A clock on which waits up to a span end at once, by moving it forward; longer ones stand.
    pub fn skipping(span: Duration) -> Manual {
        Manual(Arc::new(Shared { skipped: span, ..Shared::default() }))
    }

    /// Every wait that ended at once, in the order in which they began.
    pub fn skipped(&self) -> Vec<Duration> {
        self.0.lock().skipped.clone()
    }

    /// Moves the clock and ends the waits whose time has come.
    pub fn advance(&self, span: Duration) {
        let mut state = self.0.lock();
        state.now = state.now.saturating_add(span);
        let now = state.now;
        for ((deadline, _), waker) in &mut state.sleepers {
            if *deadline <= now
                && let Some(waker) = waker.take()
            {
                waker.wake();
            }
        }
    }

    /// Blocks this thread until so many waits stand.
    pub fn wait_for_sleepers(&self, count: usize) {
        let mut state = self.0.lock();
        while state.sleepers.len() < count {
            state = self.0.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl Manual {
    /// Blocks this thread until a wait stands that ends within a span from now.
    pub fn wait_for_sleeper(&self, span: Duration) {
        let mut state = self.0.lock();
        while !state.sleepers.keys().any(|(deadline, _)| *deadline <= state.now.saturating_add(span)) {
            state = self.0.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl Clock for Manual {
    fn now(&self) -> Duration {
        self.0.lock().now
    }

    fn wait(&self, span: Duration) -> Wait {
        let mut state = self.0.lock();
        let deadline = state.now.saturating_add(span);
        if span <= self.0.skipped {
            state.skipped.push(span);
            state.now = deadline;
            return Box::pin(std::future::ready(()));
        }
        let key = (deadline, state.next);
        state.next += 1;
        state.sleepers.insert(key, None);
        self.0.changed.notify_all();
        Box::pin(Sleep { shared: self.0.clone(), key })
    }
}

struct Sleep {
    shared: Arc<Shared>,
    key: (Duration, u64),
}

impl Future for Sleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let mut state = self.shared.lock();
        if self.key.0 <= state.now {
            return Poll::Ready(());
        }
        state.sleepers.insert(self.key, Some(context.waker().clone()));
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        self.shared.lock().sleepers.remove(&self.key);
    }
}
