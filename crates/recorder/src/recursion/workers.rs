//! The workers of a tree: one confined Python for each call.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::thread::JoinHandle;

use cells::{Said, Thread, Work};
use prelude::python::Bounds;
use rlm::{Answer, ErrorKind, Failure, WorkerId};
use sandbox::Canceller;
use serde_json::json;

use super::drive::Heard;
use crate::python::Pools;

/// The living workers of a tree, and the threads of those that were ended.
pub(crate) struct Workers {
    pools: Arc<Pools>,
    bounds: Bounds,
    heard: Sender<Heard>,
    threads: BTreeMap<WorkerId, Thread>,
    ended: Vec<JoinHandle<()>>,
}

impl Workers {
    pub(crate) fn new(pools: Arc<Pools>, bounds: Bounds, heard: Sender<Heard>) -> Workers {
        Workers { pools, bounds, heard, threads: BTreeMap::new(), ended: Vec::new() }
    }

    /// Starts a worker over a context, on a thread of its own. Workers below `level` wait for it.
    pub(crate) fn start(&mut self, id: WorkerId, level: u32, context: Option<Arc<str>>) {
        let begun = Canceller::new().map_err(|failure| cells::of_worker(&failure)).and_then(|canceller| {
            let (pools, bounds, heard) = (Arc::clone(&self.pools), self.bounds.clone(), self.heard.clone());
            let start = move |canceller| match pools.admit(&bounds, level, canceller) {
                Ok(worker) => worker.map_err(|failure| cells::of_worker(&failure)),
                Err(failed) => {
                    Err(Failure::new(ErrorKind::Admission, failed.why).with(json!({"code": failed.code})))
                }
            };
            // Nobody listens once the question is over.
            let say = move |said: Said| heard.send(Heard::Said(id, said)).is_ok();
            Thread::begin(canceller, Work { context, now_ns: 0 }, start, say).map_err(|why| {
                Failure::new(ErrorKind::Admission, format!("the system gives no thread: {why}"))
            })
        });
        match begun {
            Ok(thread) => {
                self.threads.insert(id, thread);
            }
            Err(failure) => {
                let _ = self.heard.send(Heard::Said(id, Said::Died(failure)));
            }
        }
    }

    pub(crate) fn run(&mut self, id: WorkerId, code: String, seed: String) {
        if let Some(thread) = self.threads.get(&id) {
            thread.run(code, seed);
        }
    }

    pub(crate) fn answer(&mut self, id: WorkerId, answer: Answer) {
        if let Some(thread) = self.threads.get(&id) {
            thread.answer(answer);
        }
    }

    pub(crate) fn kill(&mut self, id: WorkerId) {
        if let Some(thread) = self.threads.remove(&id) {
            self.ended.push(thread.end());
        }
    }
}

impl Drop for Workers {
    /// No process outlives its question.
    fn drop(&mut self) {
        let living: Vec<WorkerId> = self.threads.keys().copied().collect();
        living.into_iter().for_each(|id| self.kill(id));
        for thread in self.ended.drain(..) {
            // A panic of that thread was told by the runtime.
            let _ = thread.join();
        }
    }
}
