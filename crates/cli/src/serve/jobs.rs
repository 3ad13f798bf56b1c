//! What takes time, on threads of its own.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sandbox::ErrorKind;
use serde_json::json;

use super::message::Problem;
use crate::STACK_BYTES;

/// Jobs at the same time; a client that asks for more is told to wait.
pub const JOBS_MAX: usize = 8;

/// Counts the jobs that run.
#[derive(Clone, Default)]
pub struct Jobs(Arc<Shared>);

#[derive(Default)]
struct Shared {
    running: Mutex<usize>,
    ended: Condvar,
}

/// A place among the jobs, given back when its job ends in whatever way.
pub struct Place(Arc<Shared>);

impl Place {
    /// Starts the job. Without a thread it is dropped, and whoever it owes an answer is told of a defect.
    pub fn start(self, work: impl FnOnce() + Send + 'static) {
        let job = move || {
            let _place = self;
            work();
        };
        let thread = std::thread::Builder::new().name("job".to_string()).stack_size(STACK_BYTES);
        drop(thread.spawn(job));
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        *lock(&self.0.running) -= 1;
        self.0.ended.notify_all();
    }
}

fn lock(running: &Mutex<usize>) -> MutexGuard<'_, usize> {
    running.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Jobs {
    /// A place for a job.
    ///
    /// # Errors
    /// As many run as may.
    pub fn reserve(&self) -> Result<Place, Problem> {
        let mut running = lock(&self.0.running);
        if *running >= JOBS_MAX {
            let message = format!("{JOBS_MAX} of these are on their way; ask again when one has ended");
            return Err(Problem::of(ErrorKind::Admission, message).with(json!({"limit": JOBS_MAX})));
        }
        *running += 1;
        Ok(Place(Arc::clone(&self.0)))
    }

    /// Waits until none runs, but not for ever; says whether none does.
    pub fn wait(&self, patience: Duration) -> bool {
        let running = lock(&self.0.running);
        let waited = self.0.ended.wait_timeout_while(running, patience, |running| *running > 0);
        let (running, _) = waited.unwrap_or_else(PoisonError::into_inner);
        *running == 0
    }
}
