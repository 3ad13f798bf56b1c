//! One measure of the model runtime, as in `peers/models.py`: the same calls, the same matches, the same checksum.
//!
//! usage: models TASK ARGUMENT...; `bench/models.py` says which. A task prints `seconds` (the median), all `samples`,
//! numbers of its own under `facts`, and a `checksum` that a peer must agree on. No model is asked: the server is
//! scripted, and what its replies should be is known.

#[expect(dead_code, reason = "what is reported here has samples and facts beside the seconds")]
mod stopwatch;

use anyhow::{Context, Result, bail};
use provider::scripted::{Act, Asked, Server};
use provider::{Batch, Blocking, Cancel, Family, Http, HttpOptions, Message, Request, System};
use sandbox::{Blob, Bounds, Cell, Host, Interpreter, Level, Options, Pool, Worker};
use scenarios::{Confined, SCORE, StandIn, World, code, generate, over, reply};
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::sync::Arc;
use std::time::Duration;

/// As the binary has it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["cold", level, count] => cold(level, count.parse()?),
        ["warm", level, count] => warm(level, count.parse()?),
        ["echo", level, count] => echo(level, count.parse()?),
        ["query", level, count] => query(level, count.parse()?),
        ["serve", delay_ms] => serve(delay_ms.parse()?),
        ["calls", url, count, in_flight] => calls(url, count.parse()?, in_flight.parse()?),
        ["endurance", url, blocks, block] => endurance(url, blocks.parse()?, block.parse()?),
        ["cancel", url, in_flight] => cancel(url, in_flight.parse()?),
        ["context", level, bytes] => context(level, bytes.parse()?),
        ["search", path, pattern] => search(path, pattern),
        ["level"] => level(),
        ["scores", size] => scores(size.parse()?),
        other => bail!("no task {other:?}"),
    }
}

fn report(mut samples: Vec<f64>, checksum: &[f64], facts: &Value) {
    samples.sort_by(f64::total_cmp);
    let seconds = samples.get(samples.len() / 2).copied().unwrap_or_default();
    println!("{}", json!({"seconds": seconds, "checksum": checksum, "samples": samples, "facts": facts}));
}

fn options(level: &str) -> Result<Options> {
    let mut options = Options::new(Interpreter::find(python())?);
    options.level = match level {
        "strict" => Level::Strict,
        "standard" => Level::Standard,
        other => bail!("no level {other}"),
    };
    Ok(options)
}

fn python() -> std::ffi::OsString {
    std::env::var_os("LUMEN_PYTHON").unwrap_or_else(|| "python3".into())
}

/// The highest level that this machine has.
fn level() -> Result<()> {
    for level in ["strict", "standard"] {
        match Worker::start(&options(level)?) {
            Ok(worker) => {
                println!("{}", json!({"level": level, "report": worker.report().to_string()}));
                return Ok(());
            }
            Err(error) => eprintln!("{error}"),
        }
    }
    bail!("no level that confines")
}

/// Starts of workers that have nothing before them.
fn cold(level: &str, count: usize) -> Result<()> {
    let options = options(level)?;
    let mut samples = Vec::new();
    for _ in 0..count {
        let (seconds, worker) = stopwatch::timed(|| Ok(Worker::start(&options)?))?;
        samples.push(seconds);
        worker.shutdown();
    }
    report(samples, &[count as f64], &json!({}));
    Ok(())
}

/// Workers that are forked from one that has started.
fn warm(level: &str, count: usize) -> Result<()> {
    let pool = Pool::start(&options(level)?, Bounds { workers: 2, memory_bytes: 4 << 30 }, None)?;
    let mut samples = Vec::new();
    for _ in 0..count {
        let (seconds, worker) = stopwatch::timed(|| Ok(pool.worker(1, Duration::from_secs(60))?))?;
        samples.push(seconds);
        drop(worker);
    }
    report(samples, &[count as f64], &json!({}));
    Ok(())
}

struct Deaf;

impl Host for Deaf {
    fn call(&mut self, call: &sandbox::Call<'_>) -> Result<sandbox::Reply, sandbox::Failure> {
        Err(sandbox::Failure::new(sandbox::ErrorKind::MethodNotFound, call.method))
    }

    fn now_ns(&mut self) -> i64 {
        0
    }
}

fn value(worker: &mut Worker, code: &str) -> Result<Value> {
    let outcome = worker.exec(&Cell { code, seed: "00" }, &mut Deaf)?;
    if let Some(failure) = outcome.error {
        bail!("{failure}");
    }
    outcome.value.and_then(|value| value.json).context("the cell has no value")
}

/// Cells that compute one sum, one after the other.
fn echo(level: &str, count: u64) -> Result<()> {
    let mut worker = Worker::start(&options(level)?)?;
    let mut total = 0;
    let (seconds, ()) = stopwatch::timed(|| {
        for number in 0..count {
            total += value(&mut worker, &format!("{number} + 1"))?.as_u64().context("a number")?;
        }
        Ok(())
    })?;
    report(vec![seconds / count as f64], &[count as f64, total as f64], &json!({}));
    Ok(())
}

/// Model calls out of a cell, answered at once: the machine's work, its records, and the worker's round trip.
fn query(level: &str, count: u64) -> Result<()> {
    let (mut task, inputs) = over("", json!({"type": "integer"}));
    task.limits.calls = count + 10;
    let cell = format!("n = 0\nfor i in range({count}): n += len(llm_query(str(i)))\nSUBMIT(answer=n)");
    let policy: scenarios::Policy = Arc::new(move |asked, _| match asked.model {
        "root" => code(&cell),
        _ => reply("yes"),
    });
    let mut world = World::of((task, inputs), Vec::new(), policy, Confined::new(options(level)?));
    let (seconds, finished) = stopwatch::timed(|| Ok(world.run()))?;
    let answer = finished.closing.outputs.get("answer").and_then(Value::as_u64);
    if answer != Some(3 * count) {
        bail!("expected {}, found {:?}", 3 * count, finished.closing);
    }
    report(vec![seconds / count as f64], &[count as f64], &json!({"records": world.journal.len()}));
    Ok(())
}

/// A server of chat completions that repeats the prompt after a while; it ends with its standard input.
fn serve(delay_ms: u64) -> Result<()> {
    let script =
        move |asked: &Asked| Act { delay: Duration::from_millis(delay_ms), ..Act::say(asked.prompt()) };
    let server = Server::start(script, Arc::new(System::new()))?;
    println!("{}", server.base_url(Family::Chat));
    std::io::stdout().flush()?;
    std::io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}

fn request(number: usize) -> Request {
    let mut request = Request::new("m", vec![Message::user(number.to_string())], 100);
    request.idempotency_key = number.to_string();
    request
}

fn http(url: &str) -> Result<Arc<Http>> {
    Ok(Arc::new(Http::new(HttpOptions::new(url, Family::Chat, Arc::new(System::new()))?)?))
}

/// Makes calls and gives back the sum of the numbers in the replies.
fn sum(provider: &Arc<Http>, numbers: std::ops::Range<usize>, in_flight: usize) -> Result<u64> {
    let (mut total, mut failed) = (0, None);
    let batch = Batch::new(provider.clone(), in_flight);
    Blocking::new()?.complete_each(
        &batch,
        numbers.map(request),
        &mut |_| Box::new(provider::Silent),
        &mut |number, result| match result.map(|reply| reply.text.parse::<u64>()) {
            Ok(Ok(read)) => total += read,
            Ok(Err(_)) => failed = Some(format!("call {number}: no number")),
            Err(error) => failed = Some(format!("call {number}: {error}")),
        },
    )?;
    failed.map_or(Ok(total), |why| bail!(why))
}

fn calls(url: &str, count: usize, in_flight: usize) -> Result<()> {
    let provider = http(url)?;
    let (seconds, total) = stopwatch::timed(|| sum(&provider, 0..count, in_flight))?;
    report(vec![seconds], &[count as f64, total as f64], &json!({}));
    Ok(())
}

/// The rate of the last block of calls beside that of the first.
fn endurance(url: &str, blocks: usize, block: usize) -> Result<()> {
    let provider = http(url)?;
    let mut samples = Vec::new();
    for number in 0..blocks {
        let numbers = number * block..(number + 1) * block;
        let expected: usize = numbers.clone().sum();
        let (seconds, total) = stopwatch::timed(|| sum(&provider, numbers, 64))?;
        if total != expected as u64 {
            bail!("block {number}: expected {expected}, found {total}");
        }
        samples.push(seconds);
    }
    let (Some(first), Some(last)) = (samples.get(1), samples.last()) else { bail!("at least two blocks") };
    let facts = json!({"rate_of_fresh": first / last});
    report(samples, &[(blocks * block) as f64], &facts);
    Ok(())
}

/// From a cancellation with calls in flight to the end of all of them.
#[expect(clippy::disallowed_methods, reason = "the calls have to be in flight before they are cancelled")]
fn cancel(url: &str, in_flight: usize) -> Result<()> {
    let batch = Batch { provider: http(url)?, in_flight, cancel: Cancel::new() };
    let mut samples = Vec::new();
    let ended = std::thread::scope(|scope| {
        let calls = scope.spawn(|| Blocking::new()?.complete_all(&batch, (0..in_flight).map(request)));
        std::thread::sleep(Duration::from_secs(1));
        let (seconds, ended) = stopwatch::timed(|| {
            batch.cancel.cancel();
            Ok(calls.join())
        })?;
        samples.push(seconds);
        anyhow::Ok(ended)
    })?;
    let results = ended.map_err(|_| anyhow::anyhow!("the calls panicked"))??;
    let cancelled = results
        .iter()
        .filter(|result| result.as_ref().is_err_and(|error| error.kind() == provider::ErrorKind::Cancelled));
    report(samples, &[cancelled.count() as f64], &json!({}));
    Ok(())
}

/// A context to two workers, one after the other; what a cell's memory grows by when it has looked at it.
fn context(level: &str, bytes: usize) -> Result<()> {
    let mut options = options(level)?;
    options.limits.memory_bytes = (bytes as u64) * 3 + (1 << 30);
    let line = b"two words and a number 12345\n";
    let text: Vec<u8> = line.iter().copied().cycle().take(bytes).collect();
    let blob = Blob::new(&text)?;
    drop(text);
    let mut samples = Vec::new();
    let mut workers = Vec::new();
    let mut grown = Vec::new();
    for _ in 0..2 {
        let mut worker = Worker::start(&options)?;
        let resident = "import resource\nresource.getrusage(resource.RUSAGE_SELF).ru_maxrss";
        let before = value(&mut worker, resident)?.as_u64().context("a number")?;
        let (seconds, ()) = stopwatch::timed(|| {
            worker.set_context(&blob)?;
            let length = value(&mut worker, "len(ctx)")?;
            if length != json!(bytes) { bail!("{length} bytes") } else { Ok(()) }
        })?;
        samples.push(seconds);
        let after = value(&mut worker, resident)?.as_u64().context("a number")?;
        grown.push((after - before) * 1024);
        workers.push(worker);
    }
    report(samples, &[bytes as f64], &json!({"grown_bytes": grown}));
    Ok(())
}

fn search(path: &str, pattern: &str) -> Result<()> {
    let text = std::fs::read(path).with_context(|| format!("cannot read {path}"))?;
    let with = json!({"pattern": pattern, "limit": 100_000, "start": 0});
    let (seconds, found) = stopwatch::timed(|| Ok(sandbox::search(&text, &with)?))?;
    let matches = found.get("matches").and_then(Value::as_array).context("matches")?;
    let starts = matches.iter().filter_map(|found| found.get(0)?.as_u64());
    report(vec![seconds], &[matches.len() as f64, starts.sum::<u64>() as f64], &json!({"bytes": text.len()}));
    Ok(())
}

/// Every scenario at a size, without errors and with a fifth of the labels wrong.
fn scores(size: usize) -> Result<()> {
    let mut lines = Vec::new();
    for percent in [0, 20] {
        let all = [
            generate::needle(1, size * 100),
            generate::tally(1, size, percent),
            generate::pairs(1, size.min(300), percent),
            generate::hops(1, size, 4, percent),
            generate::code(1, size.min(60), percent),
            generate::rows(1, size, percent),
        ];
        for scenario in all {
            let finished = scenario.world(StandIn::default()).run();
            let score = scenario.score(&finished);
            lines.push(json!({
                "scenario": scenario.name, "wrong_percent": percent, "right": score.right, "of": score.of,
                "is_exact": score.is_exact,
            }));
        }
    }
    println!("{}", json!({"label": SCORE, "scores": lines}));
    Ok(())
}
