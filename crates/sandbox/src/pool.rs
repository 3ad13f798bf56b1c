//! Workers that are forked from one started interpreter, in bounded number and memory.
//!
//! A *zygote* is a worker with all layers but the last, which takes `fork` away; it runs no cell. Its children seal
//! themselves before they answer anything. They share its namespaces and root, so that a pool has no writable folder:
//! what one worker leaves there another would find.

use crate::admission::Admission;
use crate::blob::Blob;
use crate::client::Client;
use crate::clock::now;
use crate::error::Failure;
use crate::level::SandboxReport;
use crate::process::{Ending, Process};
use crate::schema::ErrorKind;
use crate::spawn::{Greeted, Lines, Options, greet, lines};
use crate::start::StartError;
use crate::worker::{Identity, Worker};
use serde_json::{Value, json};
use std::os::fd::AsFd;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Bounds of a pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Workers that live at the same time.
    pub workers: usize,
    /// Sum of the memory limits of the workers that live at the same time.
    pub memory_bytes: u64,
}

/// A zygote and the workers that it may have.
pub struct Pool {
    options: Options,
    context: Option<Blob>,
    zygote: Arc<Mutex<Zygote>>,
    places: Arc<Places>,
}

struct Zygote {
    client: Client,
    report: SandboxReport,
    identity: Identity,
    /// Counts restarts, so that nobody asks a new zygote for the children of an old one.
    generation: u64,
}

struct Places {
    admission: Mutex<Admission>,
    changed: Condvar,
}

/// A place in a pool, given back with this value.
pub(crate) struct Place {
    places: Arc<Places>,
    run: u64,
}

impl Drop for Place {
    fn drop(&mut self) {
        locked(&self.places.admission).give_back(self.run);
        self.places.changed.notify_all();
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Whoever panicked left data that each step below checks again.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Pool {
    /// Starts the zygote; with a context it maps and decodes it once, and every worker has it for nothing.
    ///
    /// # Errors
    ///
    /// Those of [`Worker::start`]; the limit `tmp_bytes` is 0 in a pool, whatever the options say.
    pub fn start(options: &Options, bounds: Bounds, context: Option<&Blob>) -> Result<Pool, StartError> {
        let mut options = options.clone();
        options.limits.tmp_bytes = 0;
        let zygote = zygote(&options, context, 0)?;
        let affordable = bounds.memory_bytes / options.limits.memory_bytes.max(1);
        let places = bounds.workers.min(usize::try_from(affordable).unwrap_or(usize::MAX));
        Ok(Pool {
            options,
            context: context.cloned(),
            zygote: Arc::new(Mutex::new(zygote)),
            places: Arc::new(Places {
                admission: Mutex::new(Admission::new(places)),
                changed: Condvar::new(),
            }),
        })
        .and_then(|pool| if places > 0 { Ok(pool) } else { Err(pool.no_place(bounds)) })
    }

    fn no_place(&self, bounds: Bounds) -> StartError {
        let Bounds { workers, memory_bytes } = bounds;
        let one = self.options.limits.memory_bytes;
        let shown = self.options.interpreter.executable().to_string_lossy();
        let detail =
            format!("{workers} workers in {memory_bytes} bytes leave no place for one of {one} bytes");
        StartError::new(crate::start::StartErrorKind::Limits, &shown, detail)
    }

    /// Waits for a place and forks a worker for one call of the run.
    ///
    /// Within a run who asked first is served first; between runs the one with the fewest workers is.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Admission`] if no place is free in time; [`ErrorKind::WorkerDied`] if the zygote does not fork.
    pub fn worker(&self, run: u64, patience: Duration) -> Result<Worker, Failure> {
        let place = self.admit(run, patience)?;
        let Lines { channel, ends, cancel } = lines(&self.options.limits).map_err(|error| {
            Failure::new(ErrorKind::Admission, format!("no sockets or pipes for a worker: {error}"))
        })?;
        let mut zygote = locked(&self.zygote);
        if zygote.client.dead().is_some() {
            let generation = zygote.generation + 1;
            let fresh = self::zygote(&self.options, self.context.as_ref(), generation);
            *zygote = fresh.map_err(|error| Failure::new(ErrorKind::WorkerDied, error.to_string()))?;
        }
        let descriptors = [ends.socket.as_fd(), ends.stdout.as_fd(), ends.stderr.as_fd()];
        let (answer, handles) = zygote.client.request_with("fork", &json!({}), &descriptors)?;
        let died = |message: &str| Failure::new(ErrorKind::WorkerDied, message);
        let pid =
            answer.get("pid").and_then(Value::as_i64).ok_or_else(|| died("the zygote named no worker"))?;
        let handle =
            handles.into_iter().next().ok_or_else(|| died("the zygote sent no handle of its worker"))?;
        let (report, identity, generation) =
            (zygote.report.clone(), zygote.identity.clone(), zygote.generation);
        drop(zygote);
        drop(ends);
        let family = Arc::clone(&self.zygote);
        let process = Process::grandchild(handle, Box::new(move || reap(&family, generation, pid)));
        let mut client = Client::new(channel, process, cancel, self.options.limits.start);
        client.watch();
        let mut worker = Worker::new(client, report, self.options.limits.clone(), identity, Some(place));
        // It answers only once it is sealed.
        worker.status()?;
        worker.client.set_patience(self.options.limits.active);
        Ok(worker)
    }

    fn admit(&self, run: u64, patience: Duration) -> Result<Place, Failure> {
        let deadline = now() + patience;
        let mut admission = locked(&self.places.admission);
        let ticket = admission.queue(run);
        loop {
            if admission.enter(ticket) {
                drop(admission);
                // The next in the queue may find a second free place.
                self.places.changed.notify_all();
                return Ok(Place { places: Arc::clone(&self.places), run });
            }
            let left = deadline.saturating_duration_since(now());
            if left.is_zero() {
                admission.leave(ticket);
                drop(admission);
                self.places.changed.notify_all();
                let message = format!("no worker became free within {patience:?}");
                return Err(Failure::new(ErrorKind::Admission, message));
            }
            let waited = self.places.changed.wait_timeout(admission, left);
            admission = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

fn zygote(options: &Options, context: Option<&Blob>, generation: u64) -> Result<Zygote, StartError> {
    let Greeted { mut client, report, identity } = greet(options, true)?;
    client.set_patience(options.limits.start);
    if let Some(context) = context {
        let params = json!({"name": "context", "encoding": "context", "decode": true});
        client.request_with("set_var", &params, &[context.file()]).map_err(|failure| {
            let shown = options.interpreter.executable().to_string_lossy();
            StartError::new(crate::start::StartErrorKind::Crashed, &shown, format!("the context: {failure}"))
        })?;
    }
    Ok(Zygote { client, report, identity, generation })
}

/// How a worker ended, as its parent, the zygote, was told.
fn reap(family: &Mutex<Zygote>, generation: u64, pid: i64) -> Ending {
    let mut zygote = locked(family);
    if zygote.generation != generation {
        return Ending::Unknown;
    }
    let Ok(answer) = zygote.client.request("reap", &json!({"pid": pid})) else { return Ending::Unknown };
    let number =
        |name: &str| answer.get(name).and_then(Value::as_i64).and_then(|number| i32::try_from(number).ok());
    match (number("signal"), number("exit")) {
        (Some(signal), _) => Ending::Signal(signal),
        (None, Some(status)) => Ending::Exit(status),
        (None, None) => Ending::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::interpreter::Interpreter;

    #[test]
    fn a_zygote_that_died_is_started_again() {
        let interpreter = Interpreter::find("python3").unwrap_or_else(|error| panic!("{error}"));
        let bounds = Bounds { workers: 2, memory_bytes: 4 << 30 };
        let pool =
            Pool::start(&Options::new(interpreter), bounds, None).unwrap_or_else(|error| panic!("{error}"));
        let patience = Duration::from_secs(60);
        let mut orphan = pool.worker(1, patience).expect("a worker");
        locked(&pool.zygote).client.kill(Failure::new(ErrorKind::WorkerDied, "for the test"));
        let gone = orphan.status().expect_err("its namespace ended with the zygote");
        assert_eq!(gone.kind, ErrorKind::WorkerDied);
        drop(orphan);
        let mut worker = pool.worker(1, patience).expect("a worker of a new zygote");
        assert_eq!(worker.status().expect("it lives")["cells"], 0);
    }
}
