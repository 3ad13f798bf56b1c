//! Workers that are forked from one started interpreter, in bounded number and memory.
//!
//! A worker may wait for others: a cell asks its host, and the host asks in further workers. Who waits so keeps its place,
//! so that one queue for all would stand still once every place is held by somebody who waits. Places are therefore counted
//! by *level*: a worker of level `n` waits only for workers of levels above `n`, the highest level waits for nobody, and so
//! every level goes on.
//!
//! A *zygote* is a worker with all layers but the last, which takes `fork` away; it runs no cell. Its children seal
//! themselves before they answer anything. They share its namespaces and root, so that a pool has no writable folder:
//! what one worker leaves there another would find.

use crate::admission::Admission;
use crate::blob::Blob;
use crate::client::{Canceller, Client};
use crate::clock::now;
use crate::error::Failure;
use crate::level::SandboxReport;
use crate::process::{Ending, Process};
use crate::schema::ErrorKind;
use crate::spawn::{Greeted, Lines, Options, greet, grouped, lines};
use crate::start::StartError;
use crate::worker::{Identity, Worker};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::os::fd::AsFd;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Bounds of a pool, for the workers of each level.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Workers that live at the same time.
    pub workers: usize,
    /// Sum of the memory limits of the workers that live at the same time.
    pub memory_bytes: u64,
}

/// Who asks a pool for a worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Applicant {
    /// The run that it is for.
    pub run: u64,
    /// How many workers wait for this one, each for the next: it is 0 where none does.
    pub level: u32,
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
    /// Of each level.
    count: usize,
    levels: Mutex<BTreeMap<u32, Admission>>,
    changed: Condvar,
}

impl Places {
    fn level<'l>(&self, levels: &'l mut BTreeMap<u32, Admission>, level: u32) -> &'l mut Admission {
        levels.entry(level).or_insert_with(|| Admission::new(self.count))
    }

    /// Lets everybody who waits look again. Under the lock, so that nobody misses it between looking and waiting.
    fn wake(&self) {
        let _looking = locked(&self.levels);
        self.changed.notify_all();
    }
}

/// A place in a pool, given back with this value.
pub(crate) struct Place {
    places: Arc<Places>,
    applicant: Applicant,
}

impl Drop for Place {
    fn drop(&mut self) {
        let Applicant { run, level } = self.applicant;
        self.places.level(&mut locked(&self.places.levels), level).give_back(run);
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
            places: Arc::new(Places { count: places, levels: Mutex::default(), changed: Condvar::new() }),
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

    /// Waits for a place and forks a worker for one call of the run, for which no other worker waits.
    ///
    /// # Errors
    ///
    /// As [`Pool::worker_for`].
    pub fn worker(&self, run: u64, patience: Duration) -> Result<Worker, Failure> {
        self.worker_for(Applicant { run, level: 0 }, patience, Canceller::new()?)
    }

    /// Waits for a place of the applicant's level and forks a worker.
    ///
    /// Within a run who asked first is served first; between runs the one with the fewest workers is. The canceller ends
    /// the wait too, and is the worker's afterwards.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Admission`] if no place is free in time; [`ErrorKind::Cancelled`] if somebody cancelled first;
    /// [`ErrorKind::WorkerDied`] if the zygote does not fork.
    pub fn worker_for(
        &self,
        applicant: Applicant,
        patience: Duration,
        canceller: Canceller,
    ) -> Result<Worker, Failure> {
        let woken = Arc::clone(&self.places);
        canceller.on_cancel(Some(Box::new(move || woken.wake())));
        let place = self.admit(applicant, patience, &canceller);
        canceller.on_cancel(None);
        let place = place?;
        let Lines { channel, ends, cancel } = lines(&self.options.limits, canceller).map_err(|error| {
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
        let mut process = Process::grandchild(handle, Box::new(move || reap(&family, generation, pid)));
        let cgroup = match self.options.layers().is_empty() {
            true => "none".to_string(),
            false => grouped(&mut process, &self.options.limits),
        };
        let report = SandboxReport { cgroup, ..report };
        let mut client = Client::new(channel, process, cancel, self.options.limits.start);
        client.watch();
        let mut worker = Worker::new(client, report, self.options.limits.clone(), identity, Some(place));
        // It answers only once it is sealed.
        worker.status()?;
        worker.client.set_patience(self.options.limits.active);
        Ok(worker)
    }

    fn admit(
        &self,
        applicant: Applicant,
        patience: Duration,
        canceller: &Canceller,
    ) -> Result<Place, Failure> {
        let Applicant { run, level } = applicant;
        let deadline = now() + patience;
        let places = &self.places;
        let mut levels = locked(&places.levels);
        let ticket = places.level(&mut levels, level).queue(run);
        let refused = loop {
            if canceller.is_cancelled() {
                break Failure::new(ErrorKind::Cancelled, "nobody waits for the worker any more");
            }
            if places.level(&mut levels, level).enter(ticket) {
                drop(levels);
                // The next in the queue may find a second free place.
                places.changed.notify_all();
                return Ok(Place { places: Arc::clone(places), applicant });
            }
            let left = deadline.saturating_duration_since(now());
            if left.is_zero() {
                let message = format!("no worker became free within {patience:?}");
                break Failure::new(ErrorKind::Admission, message);
            }
            let waited = places.changed.wait_timeout(levels, left);
            levels = waited.unwrap_or_else(PoisonError::into_inner).0;
        };
        places.level(&mut levels, level).leave(ticket);
        drop(levels);
        places.changed.notify_all();
        Err(refused)
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
