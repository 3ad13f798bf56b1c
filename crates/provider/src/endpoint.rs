//! What all calls of this process share that go to one server under one key: limits, a circuit breaker, and the
//! server's wish to be left alone.

mod circuit;
mod gate;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use crate::clock::{Clock, System};
use crate::provider::Provider;

pub use circuit::Circuit;
pub(crate) use gate::Gate;
pub use gate::Limits;

/// The gates of every endpoint. A limit per batch would be none: two batches would have twice of it.
pub struct Endpoints {
    clock: Arc<dyn Clock>,
    gates: Mutex<BTreeMap<String, Arc<Gate>>>,
}

impl Endpoints {
    /// Gates of their own, for tests; limits hold by this clock.
    pub fn new(clock: Arc<dyn Clock>) -> Arc<Endpoints> {
        Arc::new(Endpoints { clock, gates: Mutex::default() })
    }

    /// Those of this process.
    pub fn process() -> Arc<Endpoints> {
        static PROCESS: OnceLock<Arc<Endpoints>> = OnceLock::new();
        PROCESS.get_or_init(|| Endpoints::new(Arc::new(System::new()))).clone()
    }

    /// The gate of a provider's endpoint. Where it was asked for with other limits before, the stricter ones hold.
    pub(crate) fn gate(&self, provider: &dyn Provider, limits: Limits, circuit: Circuit) -> Arc<Gate> {
        let mut gates = self.gates.lock().unwrap_or_else(PoisonError::into_inner);
        let gate = gates
            .entry(provider.endpoint())
            .or_insert_with(|| Arc::new(Gate::new(self.clock.clone(), limits, circuit)));
        gate.restrict(limits);
        gate.clone()
    }
}
