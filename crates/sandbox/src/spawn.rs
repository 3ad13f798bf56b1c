//! Starting a worker: layers, the text of its Python side, `hello` and the proof that the layers hold.

use crate::cgroup::{self, Group};
use crate::channel::{Channel, Sent};
use crate::client::{Canceller, Client};
use crate::clock::now;
use crate::confine::{self, Ends, LaunchError, Launched, Stage};
use crate::error::Failure;
use crate::interpreter::Interpreter;
use crate::level::{Layer, Level, SandboxReport};
use crate::limits::Limits;
use crate::process::{Ending, Process};
use crate::schema::{ErrorKind, PROTOCOL, python_errors};
use crate::start::{StartError, StartErrorKind};
use crate::worker::{Identity, Worker};
use rustix::net::{AddressFamily, SocketFlags, SocketType, socketpair};
use rustix::pipe::{PipeFlags, pipe_with};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The worker's modules in the order of their imports; `lumen_errors`, made from the table, comes before.
const MODULES: &[(&str, &str)] = &[
    ("lumen_frames", include_str!("worker/frames.py")),
    ("lumen_values", include_str!("worker/values.py")),
    ("lumen_replay", include_str!("worker/replay.py")),
    ("lumen_signature", include_str!("worker/signature.py")),
    ("lumen_table", include_str!("worker/table.py")),
    ("lumen_calls", include_str!("worker/calls.py")),
    ("lumen_cell", include_str!("worker/cell.py")),
    ("lumen_packages", include_str!("worker/packages.py")),
    ("lumen_seal", include_str!("worker/seal.py")),
    ("lumen_serve", include_str!("worker/serve.py")),
];

/// Reads the modules from the socket: the interpreter gets this text as its program.
const START: &str = include_str!("worker/start.py");

/// The status with which `start.py` says that a module is missing.
const MODULE_MISSING: i32 = 40;

/// Files of every Linux that no worker may read; the first that exists is tried.
const HOST_FILES: &[&str] = &["/etc/passwd", "/etc/hosts", "/proc/version"];

/// What a worker is started with.
#[derive(Debug, Clone)]
pub struct Options {
    /// The interpreter.
    pub interpreter: Interpreter,
    /// How far it is confined.
    pub level: Level,
    /// What it may use.
    pub limits: Limits,
    layers: Option<Vec<Layer>>,
}

impl Options {
    /// The strict level with the default limits.
    pub fn new(interpreter: Interpreter) -> Options {
        Options { interpreter, level: Level::default(), limits: Limits::default(), layers: None }
    }

    /// Exactly these layers, for tests that show what each holds by itself; probes that succeed are then reported
    /// and do not fail the start. The report shows level `none`.
    #[doc(hidden)]
    pub fn only(self, layers: &[Layer]) -> Options {
        Options { level: Level::None, layers: Some(layers.to_vec()), ..self }
    }

    pub(crate) fn layers(&self) -> &[Layer] {
        self.layers.as_deref().unwrap_or_else(|| self.level.layers())
    }
}

/// A process that said hello, and what it said.
pub(crate) struct Greeted {
    pub client: Client,
    pub report: SandboxReport,
    pub identity: Identity,
}

impl Worker {
    /// Starts a worker and proves that its layers hold.
    ///
    /// # Errors
    ///
    /// A [`StartError`] with its kind and remedy. A layer that the level asks for and the kernel lacks is one: nothing
    /// falls back to less by itself.
    ///
    /// ```
    /// use sandbox::{Call, Cell, ErrorKind, Failure, Host, Interpreter, Options, Reply, StartErrorKind, Worker};
    /// use serde_json::json;
    ///
    /// struct Upper;
    /// impl Host for Upper {
    ///     fn call(&mut self, call: &Call<'_>) -> Result<Reply, Failure> {
    ///         match (call.method, call.params["prompt"].as_str()) {
    ///             ("llm_query", Some(prompt)) => Ok(json!({"value": prompt.to_uppercase()}).into()),
    ///             _ => Err(Failure::new(ErrorKind::Depth, format!("{} is not granted", call.method))),
    ///         }
    ///     }
    ///     fn now_ns(&mut self) -> i64 {
    ///         0
    ///     }
    /// }
    ///
    /// let interpreter = Interpreter::find("python3")?;
    /// let mut worker = match Worker::start(&Options::new(interpreter)) {
    ///     // Not every kernel has every layer; nothing falls back to less by itself.
    ///     Err(error) if error.kind() == StartErrorKind::MissingLayer => return Ok(()),
    ///     started => started?,
    /// };
    /// let outcome = worker.exec(&Cell { code: "len(llm_query('ab')) * 21", seed: "00" }, &mut Upper)?;
    /// assert_eq!(outcome.value.and_then(|value| value.json), Some(json!(42)));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn start(options: &Options) -> Result<Worker, StartError> {
        let Greeted { client, report, identity } = greet(options, false)?;
        Ok(Worker::new(client, report, options.limits.clone(), identity, None))
    }
}

/// Sockets, pipes and the event of a worker to be: our ends and its ends.
pub(crate) struct Lines {
    pub channel: Channel,
    pub ends: Ends,
    pub cancel: Canceller,
}

pub(crate) fn lines(limits: &Limits, cancel: Canceller) -> Result<Lines, rustix::io::Errno> {
    let (ours, theirs) = socketpair(AddressFamily::UNIX, SocketType::STREAM, SocketFlags::CLOEXEC, None)?;
    let (stdout_read, stdout) = pipe_with(PipeFlags::CLOEXEC)?;
    let (stderr_read, stderr) = pipe_with(PipeFlags::CLOEXEC)?;
    for end in [&stdout_read, &stderr_read] {
        // Our ends alone: the flag belongs to the reading end, not to the pipe.
        rustix::fs::fcntl_setfl(end, rustix::fs::OFlags::NONBLOCK)?;
    }
    let channel = Channel::new(ours, (stdout_read, stderr_read), Arc::clone(cancel.event()), limits);
    Ok(Lines { channel, ends: Ends { socket: theirs, stdout, stderr }, cancel })
}

/// Starts a process and exchanges `hello` with it.
pub(crate) fn greet(options: &Options, zygote: bool) -> Result<Greeted, StartError> {
    let shown = options.interpreter.executable().to_string_lossy().into_owned();
    let fail = |kind, detail: String| StartError::new(kind, &shown, detail);
    if let Some(fault) = options.limits.fault() {
        return Err(fail(StartErrorKind::Limits, fault));
    }
    let system =
        |error: rustix::io::Errno| fail(StartErrorKind::Crashed, format!("no sockets or pipes: {error}"));
    let cancel = Canceller::new().map_err(|failure| fail(StartErrorKind::Crashed, failure.message))?;
    let Lines { channel, ends, cancel } = lines(&options.limits, cancel).map_err(system)?;
    let (failed, report) = pipe_with(PipeFlags::CLOEXEC).map_err(system)?;
    let mut arguments = vec![shown.clone()];
    arguments.extend(["-s", "-S", "-P", "-B", "-X", "utf8", "-c", START].map(str::to_string));
    let missing = |layer: Option<Layer>, reason: String| match layer {
        Some(layer) => {
            let flag = options.level.lower(layer);
            let detail =
                format!("{layer}: {reason}; level {} asks for it, {flag} would do without", options.level);
            fail(StartErrorKind::MissingLayer, detail)
        }
        None => fail(StartErrorKind::NoInterpreter, reason),
    };
    let stage = Stage::new(&options.interpreter, options.layers(), &options.limits, &arguments, ends, report)
        .map_err(|(layer, reason)| missing(layer, reason))?;
    let launched = confine::launch(stage, failed);
    let Launched { handle } = launched
        .map_err(|LaunchError { what, layer, error }| missing(layer, format!("to {what} failed: {error}")))?;
    let mut process = Process::child(handle);
    // A zygote runs no cell, and its workers have groups of their own.
    let cgroup = match zygote || options.layers().is_empty() {
        true => "none".to_string(),
        false => grouped(&mut process, &options.limits),
    };
    let mut client = Client::new(channel, process, cancel, options.limits.start);
    client.watch();
    let greeting = hello(options, zygote).map_err(|reason| missing(Some(Layer::Seccomp), reason))?;
    let answer = send_modules(&mut client).and_then(|()| client.request("hello", &greeting));
    let (_, stderr) = client.channel.printed();
    let answer = answer.map_err(|failure| refused(&mut client, &failure, &fail).with_stderr(&stderr.head))?;
    let python = answer.pointer("/interpreter/build").and_then(Value::as_str);
    let Some(python) = python.map(str::to_string) else {
        return Err(fail(StartErrorKind::Garbage, "hello was answered without a version".to_string()));
    };
    let report = SandboxReport { cgroup, ..report_of(options, &answer, &fail)? };
    client.set_patience(options.limits.active);
    // Another version of a package may make cells run another way, as another interpreter does.
    let python = match options.interpreter.packages() {
        Some(packages) => format!("{python}; {}", packages.versions()),
        None => python,
    };
    let identity = Identity { python, text: digest(), protocol: PROTOCOL };
    Ok(Greeted { client, report, identity })
}

/// Puts a worker into a cgroup of its own where a folder for them is delegated; what a report says of it.
pub(crate) fn grouped(process: &mut Process, limits: &Limits) -> String {
    let place = match cgroup::place() {
        Ok(place) => place,
        Err(why) => return why.clone(),
    };
    let group = Group::make(place, limits).and_then(|group| group.take(process.handle()).map(|()| group));
    match group {
        Ok(group) => {
            let shown = group.shown();
            process.bounded_by(group);
            shown
        }
        Err(error) => format!("delegated at {}, and cannot be used: {error}", place.display()),
    }
}

fn send_modules(client: &mut Client) -> Result<(), Failure> {
    let errors = python_errors();
    let mut modules = vec![("lumen_errors", errors.as_str())];
    modules.extend(MODULES);
    let modules = serde_json::to_vec(&modules)
        .map_err(|error| Failure::new(ErrorKind::InternalError, error.to_string()))?;
    let until = now() + client.patience();
    match client.channel.send_frame(1, &modules, &[], until) {
        Sent::Whole => Ok(()),
        Sent::Closed => Err(client.ended()),
        Sent::Due => Err(Failure::new(ErrorKind::Timeout, "the worker reads nothing")),
        Sent::Impossible(reason) => Err(Failure::new(ErrorKind::OutputLimit, reason)),
    }
}

/// BLAKE3 of everything that the worker's Python is made of; each text behind its length.
fn digest() -> String {
    let errors = python_errors();
    let mut hasher = blake3::Hasher::new();
    for text in [START, errors.as_str()].into_iter().chain(MODULES.iter().map(|(_, text)| *text)) {
        hasher.update(&(text.len() as u64).to_le_bytes());
        hasher.update(text.as_bytes());
    }
    hasher.finalize().to_hex().to_string()
}

fn hello(options: &Options, zygote: bool) -> Result<Value, String> {
    let layers = options.layers();
    let mut params = json!({
        "protocol": {"min": PROTOCOL, "max": PROTOCOL},
        "limits": {"message_bytes": options.limits.message_bytes},
    });
    let Value::Object(fields) = &mut params else { return Err("hello is an object".to_string()) };
    if let Some(packages) = options.interpreter.packages() {
        let places = json!({"places": packages.places(), "tops": packages.tops()});
        fields.insert("packages".to_string(), places);
    }
    if zygote {
        fields.insert("zygote".to_string(), json!(true));
    }
    if layers.contains(&Layer::Seccomp) {
        fields.insert("filter".to_string(), json!(confine::last_filter()?));
        fields.insert("seccomp_call".to_string(), json!(libc::SYS_seccomp));
    }
    if layers.contains(&Layer::Rlimits) {
        fields.insert("no_processes".to_string(), json!(true));
    }
    if !layers.is_empty() {
        let host_file = HOST_FILES.iter().find(|path| std::path::Path::new(path).exists());
        let host_file = host_file.ok_or("no file of the host is known that a worker could try to read")?;
        let probe = json!({"host_file": host_file, "executable": options.interpreter.executable()});
        fields.insert("probe".to_string(), probe);
    }
    Ok(params)
}

/// Why a start failed, by how the worker answered or ended.
fn refused(
    client: &mut Client,
    failure: &Failure,
    fail: &dyn Fn(StartErrorKind, String) -> StartError,
) -> StartError {
    let kind = match failure.kind {
        ErrorKind::ProtocolVersion => StartErrorKind::VersionMismatch,
        ErrorKind::Timeout => StartErrorKind::Timeout,
        ErrorKind::SandboxViolation
            if client.process.wait(std::time::Duration::ZERO) == Some(Ending::Signal(libc::SIGSYS)) =>
        {
            StartErrorKind::Crashed
        }
        ErrorKind::SandboxViolation => StartErrorKind::Garbage,
        ErrorKind::WorkerDied => match client.process.wait(std::time::Duration::ZERO) {
            Some(Ending::Exit(MODULE_MISSING)) => StartErrorKind::MissingModule,
            _ => StartErrorKind::Crashed,
        },
        _ => StartErrorKind::Crashed,
    };
    fail(kind, failure.message.clone())
}

fn report_of(
    options: &Options,
    answer: &Value,
    fail: &dyn Fn(StartErrorKind, String) -> StartError,
) -> Result<SandboxReport, StartError> {
    let mut probes = BTreeMap::new();
    if let Some(Value::Object(told)) = answer.pointer("/sandbox/probes") {
        probes.extend(
            told.iter().map(|(act, end)| (act.clone(), end.as_str().unwrap_or("unknown").to_string())),
        );
    }
    let killed = format!("killed by signal {}", libc::SIGSYS);
    let holds = |end: &String| end.starts_with("refused: ") || *end == killed;
    if options.layers.is_none() && options.level != Level::None {
        if let Some((act, end)) = probes.iter().find(|(_, end)| !holds(end)) {
            return Err(fail(StartErrorKind::ProbeSucceeded, format!("{act}: {end}")));
        }
        if probes.len() != 6 {
            let detail = format!("of six forbidden acts {} were tried", probes.len());
            return Err(fail(StartErrorKind::ProbeSucceeded, detail));
        }
    }
    Ok(SandboxReport {
        level: options.level,
        layers: options.layers().to_vec(),
        landlock_abi: confine::landlock_abi(),
        probes,
        cgroup: String::new(),
    })
}
