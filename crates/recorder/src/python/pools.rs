//! The interpreter, and pools of workers by what they may use.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use prelude::python::{Bounds, Level};
use sandbox::{
    Applicant, Canceller, Failure, Interpreter, Limits, Options, Pool, SandboxReport, StartError,
    StartErrorKind, Worker,
};

use crate::world::Failed;

/// Workers of one pool and level at the same time. A cell of a document may ask a question whose tree is four deep, so
/// that a pool has at most five levels.
const WORKERS: usize = 16;
/// A worker that stays idle or waits cannot hold a run longer than its own limit, a day. Nor does one wait longer for its
/// place: those that hold the places end sooner, or are ended.
const WALL: Duration = Duration::from_secs(24 * 3600);

/// What runs Python: found when the first cell needs it, kept for the others.
pub struct Pools {
    /// A path, or a name to look up.
    interpreter: String,
    known: Mutex<Known>,
}

/// What tells workers apart: level, time, memory, output, packages.
type Key = (Level, u64, u64, u64, Vec<String>);

#[derive(Default)]
struct Known {
    interpreter: Option<Interpreter>,
    pools: BTreeMap<Key, Arc<Pool>>,
}

/// What holds a cell, as logs and pages say it.
pub(crate) fn held_by(level: Level, report: &SandboxReport) -> String {
    let layers: Vec<String> = report.layers.iter().map(ToString::to_string).collect();
    format!("{}: {}", level.name(), layers.join(", "))
}

impl Pools {
    /// Workers of the interpreter with this path, or name to look up on `PATH`.
    pub fn new(interpreter: &str) -> Pools {
        Pools { interpreter: interpreter.to_string(), known: Mutex::default() }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The pool whose workers are bounded so; it is started when there is none.
    fn pool(&self, bounds: &Bounds) -> Result<Arc<Pool>, Failed> {
        let packages = bounds.packages.clone();
        let key = (bounds.level, bounds.timeout_ms, bounds.memory, bounds.max_output, packages);
        let mut known = self.known();
        if let Some(pool) = known.pools.get(&key) {
            return Ok(Arc::clone(pool));
        }
        let interpreter = match &known.interpreter {
            Some(interpreter) => interpreter.clone(),
            None => {
                let found = Interpreter::find(&self.interpreter).map_err(|error| self.not_started(&error))?;
                known.interpreter.insert(found).clone()
            }
        };
        let interpreter = match bounds.packages.as_slice() {
            [] => interpreter,
            names => interpreter.with_packages(names).map_err(|error| self.without(names, &error))?,
        };
        let mut options = Options::new(interpreter);
        options.level = match bounds.level {
            Level::Strict => sandbox::Level::Strict,
            Level::Standard => sandbox::Level::Standard,
            Level::None => sandbox::Level::None,
        };
        let kept = usize::try_from(bounds.max_output).unwrap_or(usize::MAX);
        options.limits = Limits {
            active: Duration::from_millis(bounds.timeout_ms),
            wall: WALL,
            memory_bytes: bounds.memory,
            // Nothing that may be printed is left out.
            kept_bytes: kept.saturating_mul(2).saturating_add(2).min(1 << 30),
            printed_bytes: bounds.max_output,
            message_bytes: sandbox::FRAME_BYTES_MAX,
            // Packages are imported before anything is answered.
            start: if bounds.packages.is_empty() {
                Limits::default().start
            } else {
                Duration::from_secs(120)
            },
            ..Limits::default()
        };
        let room = sandbox::Bounds { workers: WORKERS, memory_bytes: u64::MAX };
        let pool = Pool::start(&options, room, None).map_err(|error| self.not_started(&error))?;
        let pool = Arc::new(pool);
        known.pools.insert(key, Arc::clone(&pool));
        Ok(pool)
    }

    /// A worker that is bounded so, once there is a place for it. Workers of lower levels wait for it.
    ///
    /// # Errors
    /// Python does not run here; within, why there is no worker this time.
    pub(crate) fn admit(
        &self,
        bounds: &Bounds,
        level: u32,
        canceller: Canceller,
    ) -> Result<Result<Worker, Failure>, Failed> {
        // One process runs one run.
        let applicant = Applicant { run: 0, level };
        Ok(self.pool(bounds)?.worker_for(applicant, WALL, canceller))
    }

    fn without(&self, packages: &[String], error: &StartError) -> Failed {
        if error.kind() != StartErrorKind::MissingModule {
            return self.not_started(error);
        }
        let why = format!(
            "the grant names the packages {}, and {}; install it for `{}`, or name another Python with LUMEN_PYTHON",
            packages.join(", "),
            error.detail(),
            self.interpreter
        );
        Failed { code: "R0714", why }
    }

    fn not_started(&self, error: &StartError) -> Failed {
        let shown = error.to_string();
        let first = shown.lines().next().unwrap_or_default();
        let remedy = match error.kind() {
            StartErrorKind::NoInterpreter => format!(
                "install Python 3.11 or newer, or name its executable with LUMEN_PYTHON (looked for `{}`)",
                self.interpreter
            ),
            StartErrorKind::MissingLayer => {
                "use a kernel that has the layer, or accept less on purpose: `grant python level \"standard\"`"
                    .to_string()
            }
            _ => error.remedy().to_string(),
        };
        let mut why = format!("{first}; {remedy}");
        if !error.stderr().is_empty() {
            why.push_str(&format!("; it wrote: {}", error.stderr()));
        }
        Failed { code: "R0714", why }
    }
}
