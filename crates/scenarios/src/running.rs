//! Where cells run: in the stand-in, or in confined Python.

use crate::repl::Repl;
use rlm::{Answer, CellEnd, CellLimits, Failure, HostCall, WorkerId};
use serde_json::Value;
use std::collections::BTreeMap;

/// Where a cell got to.
#[derive(Clone, Debug)]
pub enum Progress {
    /// It waits for the host.
    Asks(Box<HostCall>),
    /// It ended.
    Ended(Box<CellEnd>),
    /// Its worker is gone.
    Died(Failure),
    /// It computes for ever.
    Busy,
}

/// The workers of a run. One cell of a worker runs at a time.
pub trait Cells {
    /// Starts a worker with its variables.
    ///
    /// # Errors
    ///
    /// Why there is none.
    fn start(&mut self, worker: WorkerId, inputs: Vec<(String, Value)>) -> Result<(), Failure>;

    /// Begins a cell.
    fn run(&mut self, worker: WorkerId, code: &str, limits: CellLimits) -> Progress;

    /// Answers what the cell asked.
    fn answer(&mut self, worker: WorkerId, answer: Answer) -> Progress;

    /// Ends a worker.
    fn kill(&mut self, worker: WorkerId);

    /// The text that went with a call, by its hash.
    fn blob(&self, digest: &str) -> Option<&str>;
}

/// Workers that are values.
#[derive(Clone, Debug, Default)]
pub struct StandIn {
    repls: BTreeMap<WorkerId, Repl>,
    blobs: BTreeMap<String, String>,
}

impl StandIn {
    fn with(
        &mut self,
        worker: WorkerId,
        go: impl FnOnce(&mut Repl, &mut BTreeMap<String, String>) -> Progress,
    ) -> Progress {
        let Some(repl) = self.repls.get_mut(&worker) else {
            panic!("worker {worker:?} was not started");
        };
        let progress = go(repl, &mut self.blobs);
        if matches!(progress, Progress::Died(_)) {
            self.repls.remove(&worker);
        }
        progress
    }
}

impl Cells for StandIn {
    fn start(&mut self, worker: WorkerId, inputs: Vec<(String, Value)>) -> Result<(), Failure> {
        self.repls.insert(worker, Repl::new(inputs));
        Ok(())
    }

    fn run(&mut self, worker: WorkerId, code: &str, _: CellLimits) -> Progress {
        self.with(worker, |repl, blobs| repl.run(code, blobs))
    }

    fn answer(&mut self, worker: WorkerId, answer: Answer) -> Progress {
        self.with(worker, |repl, blobs| repl.answer(answer, blobs))
    }

    fn kill(&mut self, worker: WorkerId) {
        self.repls.remove(&worker);
    }

    fn blob(&self, digest: &str) -> Option<&str> {
        self.blobs.get(digest).map(String::as_str)
    }
}
