//! Runs shards of the suite in processes of their own. A process that dies or hangs fails the test it was in, and what
//! it had not reached is run by the next one.

use super::environment::Environment;
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::collections::{BTreeMap, VecDeque};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

/// What is served as `pandas`.
#[derive(Debug, Clone)]
pub enum Served {
    /// The folder that holds `lumen`.
    Package(PathBuf),
    /// The published wheel.
    Real,
    /// Public names that raise, from this list.
    Floor(PathBuf),
}

/// Paths below `pandas/tests`, and which part of their nodes.
#[derive(Debug, Clone)]
pub struct Shard {
    pub name: String,
    pub paths: Vec<String>,
    pub part: (usize, usize),
}

/// How a node ended. What did not pass carries the error's class, message and place.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ended {
    pub outcome: String,
    pub class: String,
    pub message: String,
    pub place: String,
}

/// Everything that a run wrote down.
#[derive(Debug, Default)]
pub struct Outcomes {
    pub nodes: BTreeMap<String, Ended>,
    /// Modules that could not be collected.
    pub uncollected: BTreeMap<String, Ended>,
    /// Import-time expressions replaced by a stand-in, by their error.
    pub stand_ins: BTreeMap<String, u64>,
    /// Modules called pandas that came from elsewhere than the suite's tree and the package.
    pub foreign: Vec<String>,
}

/// What a run is asked for, beside its shards.
#[derive(Debug, Clone)]
pub struct Request {
    pub served: Served,
    pub jobs: usize,
    pub relaxed: bool,
    /// The only nodes to be run, a line each.
    pub only: Option<PathBuf>,
    pub keyword: Option<String>,
    pub out: PathBuf,
}

const SECONDS_A_TEST: u32 = 60;
/// Beyond its own limit a test hangs where Python cannot stop it; collecting a directory may take longer.
const SECONDS_OF_SILENCE: u32 = 150;

/// Runs every shard, `jobs` at a time.
pub fn run(environment: &Environment, request: &Request, shards: Vec<Shard>) -> Result<Outcomes> {
    fs::create_dir_all(&request.out).with_context(|| format!("cannot make {}", request.out.display()))?;
    let waiting = Mutex::new(VecDeque::from(shards));
    let outcomes = Mutex::new(Outcomes::default());
    let worked: Vec<Result<()>> = thread::scope(|scope| {
        let workers: Vec<_> = (0..request.jobs.max(1))
            .map(|_| {
                scope.spawn(|| {
                    loop {
                        let next =
                            waiting.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).pop_front();
                        let Some(shard) = next else { return Ok(()) };
                        let split = run_shard(environment, request, &shard, &outcomes)?;
                        waiting.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).extend(split);
                    }
                })
            })
            .collect();
        workers.into_iter().map(|worker| worker.join().expect("a worker does not panic")).collect()
    });
    worked.into_iter().collect::<Result<()>>()?;
    Ok(outcomes.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner()))
}

/// One shard to its end. What is returned is to be run instead: its files one by one, when collecting them together
/// killed the process.
fn run_shard(
    environment: &Environment,
    request: &Request,
    shard: &Shard,
    outcomes: &Mutex<Outcomes>,
) -> Result<Vec<Shard>> {
    let mut done: Vec<String> = Vec::new();
    for attempt in 0.. {
        let lines_path = request.out.join(format!("{}.{attempt}.jsonl", shard.name));
        let log_path = request.out.join(format!("{}.{attempt}.log", shard.name));
        if lines_path.exists() {
            fs::remove_file(&lines_path)?;
        }
        let mut command = worker(environment, request);
        command.arg("--out").arg(&lines_path).arg("--timeout").arg(SECONDS_A_TEST.to_string());
        command.arg("--shard").arg(format!("{}/{}", shard.part.0, shard.part.1));
        if !done.is_empty() {
            let path = request.out.join(format!("{}.done", shard.name));
            fs::write(&path, done.join("\n"))?;
            command.arg("--done").arg(path);
        }
        command.args(&shard.paths);
        let log = File::create(&log_path)?;
        command.stdin(Stdio::null()).stderr(log.try_clone()?).stdout(log);
        let child =
            command.spawn().with_context(|| format!("cannot start {}", environment.python.display()))?;
        let hung = watched(child, &lines_path)?;
        let text = fs::read_to_string(&lines_path).unwrap_or_default();
        let mut told = read(&text, environment, request);
        let status = told.end;
        let open = told.open.take();
        done.extend(told.outcomes.nodes.keys().cloned());
        if let Some(node) = &open {
            let outcome = if hung { "timeout" } else { "crash" };
            let message = last_line(&log_path);
            let ended = Ended { outcome: outcome.to_owned(), message, ..Ended::default() };
            told.outcomes.nodes.insert(node.clone(), ended);
            done.push(node.clone());
        }
        merge(&mut outcomes.lock().unwrap_or_else(|poisoned| poisoned.into_inner()), told.outcomes);
        match status {
            Some(0 | 1 | 2 | 5) => return Ok(Vec::new()),
            _ if open.is_some() => continue,
            _ => {}
        }
        // It ended before a test began.
        let files = files_below(&environment.tree.join("pandas/tests"), &shard.paths)?;
        if files.len() > 1 && status.is_none() {
            return Ok(one_by_one(shard, files));
        }
        let message = last_line(&log_path);
        let ended = Ended { outcome: "crash".to_owned(), message, ..Ended::default() };
        let mut outcomes = outcomes.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        for path in &shard.paths {
            outcomes.uncollected.insert(path.clone(), ended.clone());
        }
        return Ok(Vec::new());
    }
    bail!("{} never ended", shard.name)
}

/// The worker's command, without what a shard adds.
pub fn worker(environment: &Environment, request: &Request) -> Command {
    let mut command = Command::new(&environment.python);
    command.arg(environment.programs.join("worker.py")).arg("--tree").arg(&environment.tree);
    match &request.served {
        Served::Package(folder) => command.arg("--package").arg(folder),
        Served::Real => command.arg("--real").arg(&environment.real),
        Served::Floor(names) => command.arg("--floor").arg(names),
    };
    if request.relaxed {
        command.arg("--relaxed");
    }
    if let Some(only) = &request.only {
        command.arg("--only").arg(only);
    }
    if let Some(keyword) = &request.keyword {
        command.args(["-k", keyword]);
    }
    for name in ["PYTHONPATH", "PYTEST_ADDOPTS", "PYTEST_PLUGINS"] {
        command.env_remove(name);
    }
    command.env("PYTHONHASHSEED", "0").env("TZ", "UTC").env("LC_ALL", "C.UTF-8");
    // One thread a process: the shards are what runs side by side.
    command.env("OMP_NUM_THREADS", "1");
    command.current_dir(&request.out).env("HYPOTHESIS_STORAGE_DIRECTORY", request.out.join("hypothesis"));
    command
}

/// Waits for the process; one that writes nothing for too long is killed. Says whether it was.
fn watched(mut child: Child, lines: &Path) -> Result<bool> {
    let mut written = 0;
    let mut quiet = 0;
    loop {
        if child.try_wait()?.is_some() {
            return Ok(false);
        }
        thread::park_timeout(Duration::from_millis(200));
        let size = fs::metadata(lines).map_or(0, |file| file.len());
        quiet = if size == written { quiet + 1 } else { 0 };
        written = size;
        if quiet > SECONDS_OF_SILENCE * 5 {
            child.kill().context("cannot stop a hanging test")?;
            child.wait()?;
            return Ok(true);
        }
    }
}

struct Told {
    outcomes: Outcomes,
    /// The node that began and did not end.
    open: Option<String>,
    end: Option<i64>,
}

fn read(text: &str, environment: &Environment, request: &Request) -> Told {
    let mut told = Told { outcomes: Outcomes::default(), open: None, end: None };
    for line in text.lines() {
        // A crash may leave half a line.
        let Ok(line) = serde_json::from_str::<Value>(line) else { continue };
        let text = |key: &str| line.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        let ended = || Ended { outcome: text("o"), class: text("c"), message: text("m"), place: text("w") };
        if let Some(node) = line.get("s").and_then(Value::as_str) {
            told.open = Some(node.to_owned());
        } else if let Some(node) = line.get("n").and_then(Value::as_str) {
            told.open = None;
            told.outcomes.nodes.insert(node.to_owned(), ended());
        } else if let Some(path) = line.get("e").and_then(Value::as_str) {
            told.outcomes.uncollected.insert(path.to_owned(), ended());
        } else if let Some(status) = line.get("end").and_then(Value::as_i64) {
            told.end = Some(status);
            for made in line.get("standins").and_then(Value::as_array).into_iter().flatten() {
                let error = made.get(1).and_then(Value::as_str).unwrap_or_default();
                *told.outcomes.stand_ins.entry(error.to_owned()).or_default() += 1;
            }
            for (name, file) in line.get("modules").and_then(Value::as_object).into_iter().flatten() {
                let file = file.as_str().unwrap_or_default();
                if is_foreign(name, file, environment, request) {
                    told.outcomes.foreign.push(format!("{name} from {file}"));
                }
            }
        }
    }
    told
}

/// Whether a module that is called pandas comes from where only real pandas lives.
fn is_foreign(name: &str, file: &str, environment: &Environment, request: &Request) -> bool {
    if matches!(request.served, Served::Real) || file == "None" {
        return false;
    }
    let inside = match &request.served {
        Served::Package(folder) => {
            Path::new(file).starts_with(folder.canonicalize().unwrap_or(folder.clone()))
        }
        _ => false,
    };
    let sources = environment.programs.parent().unwrap_or(&environment.programs);
    name.starts_with("pandas")
        && !inside
        && !Path::new(file).starts_with(&environment.tree)
        && !Path::new(file).starts_with(sources)
}

fn merge(all: &mut Outcomes, told: Outcomes) {
    all.nodes.extend(told.nodes);
    all.uncollected.extend(told.uncollected);
    for (error, count) in told.stand_ins {
        *all.stand_ins.entry(error).or_default() += count;
    }
    all.foreign.extend(told.foreign);
}

fn one_by_one(shard: &Shard, files: Vec<String>) -> Vec<Shard> {
    let numbered = files.into_iter().enumerate();
    numbered
        .map(|(n, file)| Shard { name: format!("{}-{n}", shard.name), paths: vec![file], part: shard.part })
        .collect()
}

/// The test modules below some paths, themselves below `tests`.
fn files_below(tests: &Path, paths: &[String]) -> Result<Vec<String>> {
    let mut files = Vec::new();
    let mut waiting: Vec<PathBuf> =
        paths.iter().map(|path| PathBuf::from(path.split("::").next().unwrap_or(path))).collect();
    while let Some(path) = waiting.pop() {
        let full = tests.join(&path);
        if full.is_dir() {
            for entry in fs::read_dir(&full)? {
                waiting.push(path.join(entry?.file_name()));
            }
        } else if path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("test_")) {
            files.push(path.to_string_lossy().into_owned());
        }
    }
    files.sort();
    Ok(files)
}

fn last_line(log: &Path) -> String {
    let text = fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let last = text.lines().rev().find(|line| !line.trim().is_empty());
    last.unwrap_or_default().chars().take(300).collect()
}
