//! Cells in confined Python: what each level, and each layer alone, lets them do.

use std::sync::OnceLock;
use std::time::Duration;

use evidence::compare::Rule;
use evidence::value::Value;
use sandbox::{Cell, Interpreter, Layer, Level, Limits, Options, StartErrorKind, Worker};
use serde::Deserialize;
use serde_json::json;

use super::outcome::{ended, text};
use crate::call::{Call, Failure};
use crate::row::{Params, Reference, Row};

pub(super) const ROWS: &[Row] = &[Row {
    op: "models.sandbox",
    reference: Reference::Spec(
        "the model runtime: Sandbox; the manual pages of the layers for what each refuses",
    ),
    inputs: &[],
    params: Params::of::<Confined>(),
    run,
    rule: Rule::Exact,
    hardened: &[],
    api: &["sandbox::Worker::start(options)", "sandbox::Worker::exec(cell, host)"],
}];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Confined {
    /// The cell.
    code: String,
    under: Under,
    memory_mib: u64,
    active_ms: u64,
    printed_bytes: u64,
}

/// A level, or one layer by itself.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Under {
    Strict,
    Standard,
    NoLevel,
    /// With the root that they make possible.
    NamespacesAlone,
    LandlockAlone,
    SeccompAlone,
    RlimitsAlone,
}

impl Under {
    fn options(self, mut options: Options) -> Options {
        options.level = match self {
            Under::Strict => Level::Strict,
            Under::Standard => Level::Standard,
            _ => Level::None,
        };
        match self {
            Under::Strict | Under::Standard | Under::NoLevel => options,
            Under::NamespacesAlone => options.only(&[Layer::Namespaces, Layer::Root]),
            Under::LandlockAlone => options.only(&[Layer::NoNewPrivileges, Layer::Landlock]),
            Under::SeccompAlone => options.only(&[Layer::NoNewPrivileges, Layer::Seccomp]),
            Under::RlimitsAlone => options.only(&[Layer::NoNewPrivileges, Layer::Rlimits]),
        }
    }
}

/// Options that confine nothing, for what is not about confinement.
pub(super) fn unconfined() -> Result<Options, Failure> {
    static FOUND: OnceLock<Result<Interpreter, String>> = OnceLock::new();
    let find = || {
        let name = std::env::var_os("LUMEN_PYTHON").unwrap_or_else(|| "python3".into());
        Interpreter::find(name).map_err(|error| error.to_string())
    };
    let interpreter = FOUND.get_or_init(find).clone().map_err(Failure::Unsupported)?;
    let mut options = Options::new(interpreter);
    options.level = Level::None;
    options.limits = Limits { start: Duration::from_secs(60), memory_bytes: 512 << 20, ..Limits::default() };
    Ok(options)
}

/// A worker. A machine whose kernel lacks a layer cannot say what that layer does.
pub(super) fn worker(options: &Options) -> Result<Worker, Failure> {
    Worker::start(options).map_err(|error| match error.kind() {
        StartErrorKind::MissingLayer => Failure::Unsupported(error.to_string()),
        _ => Failure::raised("sandbox.StartError", error.to_string()),
    })
}

/// Answers nothing.
pub(super) struct Deaf;

impl sandbox::Host for Deaf {
    fn call(&mut self, call: &sandbox::Call<'_>) -> Result<sandbox::Reply, sandbox::Failure> {
        Err(sandbox::Failure::new(sandbox::ErrorKind::MethodNotFound, call.method))
    }

    fn now_ns(&mut self) -> i64 {
        0
    }
}

fn run(call: &Call<'_>) -> Result<Value, Failure> {
    let Confined { code, under, memory_mib, active_ms, printed_bytes } = call.params()?;
    let mut options = unconfined()?;
    options.limits.memory_bytes = memory_mib << 20;
    options.limits.active = Duration::from_millis(active_ms);
    options.limits.printed_bytes = printed_bytes;
    let options = under.options(options);
    let mut worker = worker(&options)?;
    let outcome = worker.exec(&Cell { code: &code, seed: "00" }, &mut Deaf);
    let outcome = outcome.map_err(|failure| Failure::raised("sandbox.Failure", failure.to_string()))?;
    let mut found = ended(outcome.error.as_ref().map_or("done", |failure| failure.kind.name()));
    if let Some(failure) = &outcome.error {
        // The exception's class is what CPython makes of the kernel's error number.
        let class = failure.data.get("type").and_then(|class| class.as_str());
        found.outputs.extend(class.map(|class| ("exception".to_string(), Value::Text(class.into()))));
    }
    let value = outcome.value.and_then(|value| value.json);
    found.outputs.extend(value.map(|value| ("value".to_string(), text(&value))));
    // The host goes on, whatever became of the worker.
    if worker.dead().is_some() {
        worker = self::worker(&options)?;
    }
    let next = worker.exec(&Cell { code: "1 + 1", seed: "00" }, &mut Deaf);
    let two = next.ok().and_then(|outcome| outcome.value).and_then(|value| value.json);
    found.ledger.insert("goes_on".into(), u64::from(two == Some(json!(2))));
    Ok(Value::Outcome(found))
}
