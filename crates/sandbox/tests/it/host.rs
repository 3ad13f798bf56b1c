//! A host for tests, and workers of it.

use sandbox::{
    Call, Cell, ErrorKind, Failure, Host, Interpreter, Level, Limits, Options, Outcome, Reply,
    StartErrorKind, Worker,
};
use serde_json::{Value, json};
use std::sync::OnceLock;
use std::time::Duration;

/// Answers `llm_query` by the prompt in capitals, and so on; keeps what was asked.
#[derive(Default)]
pub struct Echo {
    pub asked: Vec<(String, Value)>,
    pub context: Vec<u8>,
    pub waits: Duration,
}

/// 2026-01-02 03:04:05 UTC.
pub const NOW_NS: i64 = 1_767_323_045_000_000_000;

impl Host for Echo {
    fn call(&mut self, call: &Call<'_>) -> Result<Reply, Failure> {
        self.asked.push((call.method.to_string(), call.params.clone()));
        if !self.waits.is_zero() {
            std::thread::park_timeout(self.waits);
        }
        let upper = |value: &Value| json!(value.as_str().unwrap_or("").to_uppercase());
        let value = match call.method {
            "llm_query" | "rlm_query" => match call.params["prompt"].as_str() {
                Some("no money") => {
                    let data = json!({"dimension": "calls", "limit": 1, "left": 0});
                    return Err(Failure::new(ErrorKind::Budget, "no calls are left").with(data));
                }
                Some("large") => json!({"value": "é".repeat(3 << 20)}),
                _ => json!({"value": upper(&call.params["prompt"])}),
            },
            "llm_batch" | "rlm_batch" => {
                let prompts = call.params["prompts"].as_array().cloned().unwrap_or_default();
                let one = |prompt: &Value| match prompt.as_str() {
                    Some("bad") => json!({"error": {"kind": "provider", "message": "it was refused"}}),
                    _ => json!({"value": upper(prompt)}),
                };
                json!({"results": prompts.iter().map(one).collect::<Vec<_>>()})
            }
            "search" => return sandbox::search(&self.context, call.params).map(Reply::Value),
            "budget" => json!({"calls": 7}),
            "tool" => json!({"value": call.params["arguments"]}),
            "blob_get" => return Ok(Reply::Bytes(b"from a blob".to_vec())),
            "submit" => match call.params["outputs"].get("reject") {
                Some(_) => json!({"status": "validation_error", "errors": [{"kind": "validation_failed"}]}),
                None => json!({"status": "success", "outputs": call.params["outputs"]}),
            },
            other => return Err(Failure::new(ErrorKind::MethodNotFound, other)),
        };
        Ok(Reply::Value(value))
    }

    fn now_ns(&mut self) -> i64 {
        NOW_NS
    }
}

pub fn interpreter() -> Interpreter {
    static FOUND: OnceLock<Interpreter> = OnceLock::new();
    let find = || {
        let name = std::env::var_os("LUMEN_PYTHON").unwrap_or_else(|| "python3".into());
        Interpreter::find(name).expect("the tests need Python 3.11 or newer")
    };
    FOUND.get_or_init(find).clone()
}

pub fn options(level: Level) -> Options {
    let limits = Limits {
        active: Duration::from_secs(20),
        wall: Duration::from_secs(60),
        start: Duration::from_secs(60),
        memory_bytes: 512 << 20,
        ..Limits::default()
    };
    let mut options = Options::new(interpreter());
    options.level = level;
    options.limits = limits;
    options
}

/// Whether the kernel has what the level asks for. Where it has not, the test that asks is *not evaluated*, and fails
/// where `LUMEN_TOOLS_REQUIRED` is set.
pub fn evaluated(level: Level) -> bool {
    match Worker::start(&options(level)) {
        Ok(_) => true,
        Err(error) if error.kind() == StartErrorKind::MissingLayer => {
            assert!(std::env::var_os("LUMEN_TOOLS_REQUIRED").is_none(), "{error}");
            println!("NOT EVALUATED: level {level}: {error}");
            false
        }
        Err(error) => panic!("{error}"),
    }
}

/// The highest level that the kernel has: cells run the same way at each.
pub fn level() -> Level {
    static LEVEL: OnceLock<Level> = OnceLock::new();
    let highest = || [Level::Strict, Level::Standard].into_iter().find(|level| evaluated(*level));
    *LEVEL.get_or_init(|| highest().unwrap_or(Level::None))
}

/// A worker of the highest level.
pub fn worker() -> Worker {
    Worker::start(&options(level())).unwrap_or_else(|error| panic!("{error}"))
}

/// Runs a cell with an echoing host.
pub fn run(worker: &mut Worker, code: &str) -> Outcome {
    run_with(worker, code, &mut Echo::default())
}

pub fn run_with(worker: &mut Worker, code: &str, host: &mut Echo) -> Outcome {
    worker.exec(&Cell { code, seed: "07" }, host).unwrap_or_else(|error| panic!("{error}"))
}

/// The value of a cell as JSON.
pub fn value(worker: &mut Worker, code: &str) -> Value {
    let outcome = run(worker, code);
    assert_eq!(outcome.error, None, "{code}\n{}{}", outcome.stdout.head, outcome.stderr.head);
    outcome.value.and_then(|shown| shown.json).unwrap_or(Value::Null)
}

/// The failure of a cell.
pub fn error(worker: &mut Worker, code: &str) -> Failure {
    let outcome = run(worker, code);
    outcome.error.unwrap_or_else(|| panic!("no error: {code}\n{}", outcome.stdout.head))
}
