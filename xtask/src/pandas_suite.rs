//! pandas' own test suite, run against our package and scored.
//!
//! The published tests are run unmodified in an environment without pandas; [`environment`] makes it, [`shard`] runs
//! them in processes of their own, [`nodes`] holds the fixed denominator, [`score`] counts. The Python side, which serves
//! our package as `pandas` and records one line a node, is `python/suite`.

pub mod environment;
mod nodes;
mod score;
mod shard;

use crate::process::{cache_dir, run};
use crate::{Outcome, Usage};
use anyhow::{Context, Result, bail};
use environment::Environment;
use nodes::{CORE, Lock, Nodes, directory_of};
use shard::{Outcomes, Request, Served, Shard};
use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What the command line asks for.
#[derive(Debug, Default)]
struct Options {
    areas: Vec<String>,
    summary: bool,
    messages: bool,
    relaxed: bool,
    freeze: bool,
    floor: bool,
    first: bool,
    jobs: usize,
    /// K of N: only nodes whose digest is K modulo N, a sample that is the same for every directory and run.
    part: Option<(usize, usize)>,
    keyword: Option<String>,
    package: Option<PathBuf>,
    out: Option<PathBuf>,
}

const EXPECTED: &str = "expected `pandas-suite [--area core13|all|PATH...] [--summary] [--messages] [--relaxed] \
                        [--jobs N] [--part K/N] [--out DIR] [--package DIR] [--floor] [--freeze] [-k NAME] [-x]`";

/// How many nodes a process runs: enough to pay for collecting, few enough to keep the jobs busy.
const NODES_A_SHARD: usize = 5000;

pub fn suite(root: &Path, arguments: &[&str]) -> Result<Outcome> {
    let options = parsed(arguments)?;
    let environment = environment::ready(root)?;
    let out = match &options.out {
        Some(out) => out.clone(),
        None => cache_dir()?.join(format!("pandas-suite-{}", std::process::id())),
    };
    fs::create_dir_all(&out).with_context(|| format!("cannot make {}", out.display()))?;
    let out = out.canonicalize()?;
    let done = if options.freeze {
        freeze(root, &environment, &options, &out)
    } else if options.first {
        by_hand(root, &environment, &options, &out)
    } else {
        scored(root, &environment, &options, &out)
    };
    if options.out.is_none() {
        fs::remove_dir_all(&out).with_context(|| format!("cannot remove {}", out.display()))?;
    }
    done
}

/// Writes what a run's outcomes say of each public name and parameter beside them, and the summary into the docs.
pub fn coverage(root: &Path, outcomes: &Path) -> Result<Outcome> {
    let environment = environment::ready(root)?;
    let outcomes = outcomes.canonicalize().with_context(|| format!("cannot find {}", outcomes.display()))?;
    let lock = Lock::read(root)?;
    for directory in lock.directories() {
        lock.nodes(&environment, directory)?;
    }
    let mut command = Command::new(&environment.python);
    command.arg(environment.programs.join("coverage.py"));
    command.arg("--real").arg(&environment.real).arg("--tree").arg(&environment.tree);
    command.arg("--nodes").arg(&environment.nodes).arg("--outcomes").arg(&outcomes);
    command
        .arg("--rows")
        .arg(outcomes.join("pandas-api.jsonl"))
        .arg("--page")
        .arg(root.join("docs/pandas-api.md"));
    run(&mut command)?;
    Ok(Outcome::Done)
}

fn parsed(arguments: &[&str]) -> Result<Options> {
    let usage = || Usage(EXPECTED.to_owned());
    let mut options = Options { jobs: 1, ..Options::default() };
    let mut words = arguments.iter().copied().peekable();
    while let Some(word) = words.next() {
        match word {
            "--area" => {
                while let Some(area) = words.next_if(|word| !word.starts_with('-')) {
                    options
                        .areas
                        .push(area.trim_start_matches("pandas/tests/").trim_end_matches('/').to_owned());
                }
            }
            "--summary" => options.summary = true,
            "--messages" => options.messages = true,
            "--relaxed" => options.relaxed = true,
            "--freeze" => options.freeze = true,
            "--floor" => options.floor = true,
            "-x" => options.first = true,
            "--jobs" => options.jobs = words.next().and_then(|n| n.parse().ok()).ok_or_else(usage)?,
            "--part" => options.part = Some(words.next().and_then(fraction).ok_or_else(usage)?),
            "-k" => options.keyword = Some(words.next().ok_or_else(usage)?.to_owned()),
            "--package" => options.package = Some(PathBuf::from(words.next().ok_or_else(usage)?)),
            "--out" => options.out = Some(PathBuf::from(words.next().ok_or_else(usage)?)),
            _ => return Err(usage().into()),
        }
    }
    if options.areas.is_empty() {
        options.areas.push("core13".to_owned());
    }
    Ok(options)
}

/// `K/N` with K below N.
fn fraction(word: &str) -> Option<(usize, usize)> {
    let (part, parts) = word.split_once('/')?;
    let (part, parts) = (part.parse().ok()?, parts.parse().ok()?);
    (part < parts).then_some((part, parts))
}

/// The paths an area stands for, by directory of the suite.
fn paths(environment: &Environment, areas: &[String]) -> Result<BTreeMap<String, Vec<String>>> {
    let tests = environment.tree.join("pandas/tests");
    let mut paths: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for area in areas {
        match area.as_str() {
            "core13" => CORE.iter().for_each(|name| {
                paths.insert((*name).to_owned(), vec![(*name).to_owned()]);
            }),
            "all" => {
                for entry in fs::read_dir(&tests)? {
                    let entry = entry?;
                    let name = entry.file_name().to_string_lossy().into_owned();
                    let is_test = name.starts_with("test_") && name.ends_with(".py");
                    if is_test || (entry.file_type()?.is_dir() && name != "__pycache__") {
                        paths.insert(name.clone(), vec![name]);
                    }
                }
            }
            path => {
                let file = path.split("::").next().unwrap_or(path);
                if !tests.join(file).exists() {
                    bail!("there is no {file} among pandas' tests, {}", tests.display());
                }
                paths.entry(directory_of(path).to_owned()).or_default().push(path.to_owned());
            }
        }
    }
    Ok(paths)
}

fn served(root: &Path, environment: &Environment, options: &Options) -> Result<Served> {
    if options.floor {
        return Ok(Served::Floor(public_names(environment)?));
    }
    let package = options.package.clone().unwrap_or_else(|| {
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from).join("python")
    });
    if !package.join("lumen/pandas").is_dir() {
        bail!(
            "no package at {}: `cargo xtask python` makes it, `--package DIR` names another",
            package.display()
        );
    }
    Ok(Served::Package(package.canonicalize()?))
}

/// Real pandas' public names, which the floor raises for.
fn public_names(environment: &Environment) -> Result<PathBuf> {
    let path = environment.nodes.join("names.json");
    let mut command = Command::new(&environment.python);
    command.arg(environment.programs.join("api.py")).arg("--real").arg(&environment.real);
    let names = crate::process::output(&mut command)?;
    fs::create_dir_all(&environment.nodes)?;
    fs::write(&path, names).with_context(|| format!("cannot write {}", path.display()))?;
    Ok(path)
}

/// One process without shards, its tracebacks on the terminal, ended by the first failure.
fn by_hand(root: &Path, environment: &Environment, options: &Options, out: &Path) -> Result<Outcome> {
    let served = served(root, environment, options)?;
    let keyword = options.keyword.clone();
    let request =
        Request { served, jobs: 1, relaxed: options.relaxed, only: None, keyword, out: out.to_owned() };
    let paths: Vec<String> = paths(environment, &options.areas)?.into_values().flatten().collect();
    run(shard::worker(environment, &request).arg("-x").args(paths))?;
    Ok(Outcome::Done)
}

/// Shards of about [`NODES_A_SHARD`] nodes; a directory whose nodes are not known is one.
fn shards(paths: &BTreeMap<String, Vec<String>>, list: &Nodes, jobs: usize) -> Vec<Shard> {
    let mut shards = Vec::new();
    for (directory, paths) in paths {
        let count = list.keys().filter(|node| directory_of(node) == directory).count();
        let whole = paths.iter().all(|path| path == directory);
        let parts = if whole { count.div_ceil(NODES_A_SHARD).max(1) } else { 1 };
        for part in 0..parts {
            let name = format!("{}-{part}", directory.replace('/', "-"));
            shards.push(Shard { name, paths: paths.clone(), part: (part, parts) });
        }
    }
    // The longest first keeps the jobs busy to the end.
    shards.sort_by_key(|shard| std::cmp::Reverse(shard.part.1));
    match shards.as_slice() {
        [only] if jobs > 1 => {
            let name = |part| format!("{}-{part}", only.name);
            let paths = &only.paths;
            (0..jobs)
                .map(|part| Shard { name: name(part), paths: paths.clone(), part: (part, jobs) })
                .collect()
        }
        _ => shards,
    }
}

/// The nodes of the fixed list below some paths.
fn listed(
    lock: &Lock,
    environment: &Environment,
    paths: &BTreeMap<String, Vec<String>>,
) -> Result<Option<Nodes>> {
    let mut list = Nodes::new();
    for (directory, paths) in paths {
        let Some(nodes) = lock.nodes(environment, directory)? else { return Ok(None) };
        let within = |node: &str| {
            paths.iter().any(|path| {
                node.strip_prefix(path.as_str())
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', ':', '[']))
            })
        };
        list.extend(nodes.into_iter().filter(|(node, _)| within(node)));
    }
    Ok(Some(list))
}

fn scored(root: &Path, environment: &Environment, options: &Options, out: &Path) -> Result<Outcome> {
    let served = served(root, environment, options)?;
    let lock = Lock::read(root)?;
    let paths = paths(environment, &options.areas)?;
    let mut list = match listed(&lock, environment, &paths) {
        Ok(list) => list,
        // A file run while working needs no denominator.
        Err(error) if !options.summary => {
            eprintln!("not scored: {error:#}");
            None
        }
        Err(error) => return Err(error),
    };
    if options.summary && list.is_none() {
        bail!("an area of this run was never frozen: `cargo xtask pandas-suite --freeze --area DIR`");
    }
    let mut shards_of = shards(&paths, &list.clone().unwrap_or_default(), options.jobs);
    if let Some((part, parts)) = options.part {
        if let Some(list) = &mut list {
            list.retain(|node, _| nodes::part_of(node, parts) == part);
        }
        shards_of = paths
            .iter()
            .map(|(name, paths)| Shard { name: name.clone(), paths: paths.clone(), part: (part, parts) })
            .collect();
    }
    let keyword = options.keyword.clone();
    let request =
        Request { served, jobs: options.jobs, relaxed: false, only: None, keyword, out: out.to_owned() };
    let outcomes = shard::run(environment, &request, shards_of.clone())?;
    let report = Report { environment, lock: &lock, paths: &paths, list: list.as_ref(), outcomes: &outcomes };
    report.print(options)?;
    let relaxed = options
        .relaxed
        .then(|| rerun_relaxed(environment, &request, shards_of, list.as_ref(), &outcomes))
        .transpose()?;
    if let (Some(list), true) = (&list, options.keyword.is_none()) {
        report.scores(list, relaxed.as_ref());
    }
    if !outcomes.foreign.is_empty() {
        bail!("real pandas was loaded: {}", outcomes.foreign.join(", "));
    }
    Ok(Outcome::Done)
}

/// What did not pass, once more, without regard to messages and warnings.
fn rerun_relaxed(
    environment: &Environment,
    request: &Request,
    shards: Vec<Shard>,
    list: Option<&Nodes>,
    outcomes: &Outcomes,
) -> Result<Outcomes> {
    let pass = score::passed(outcomes);
    let listed = list.into_iter().flatten().map(|(node, _)| node.as_str());
    let failed: Vec<&str> = listed.filter(|node| !pass(node)).collect();
    let only = request.out.join("relaxed.only");
    fs::write(&only, failed.join("\n"))?;
    let request =
        Request { relaxed: true, only: Some(only), out: request.out.join("relaxed"), ..request.clone() };
    let mut again = shard::run(environment, &request, shards)?;
    for (node, ended) in &outcomes.nodes {
        if ended.outcome == "passed" {
            again.nodes.insert(node.clone(), ended.clone());
        }
    }
    Ok(again)
}

struct Report<'a> {
    environment: &'a Environment,
    lock: &'a Lock,
    paths: &'a BTreeMap<String, Vec<String>>,
    list: Option<&'a Nodes>,
    outcomes: &'a Outcomes,
}

impl Report<'_> {
    fn print(&self, options: &Options) -> Result<()> {
        let most = if options.messages { 60 } else { 10 };
        let ended = self.outcomes.nodes.iter().filter(|(node, _)| {
            self.list.is_none_or(|list| list.contains_key(*node)) || options.keyword.is_some()
        });
        for (count, cause, node) in score::causes(ended, most) {
            println!("{count:>6}  {cause}\n        {node}");
        }
        for (path, ended) in &self.outcomes.uncollected {
            println!("not collected: {path}: {}: {}", ended.class, ended.message);
        }
        let mut made: Vec<_> = self.outcomes.stand_ins.iter().collect();
        made.sort_by(|a, b| b.1.cmp(a.1).then_with(|| a.0.cmp(b.0)));
        println!("{} kinds of stand-ins for what modules could not make or import:", made.len());
        for (error, count) in made.into_iter().take(most) {
            println!("{count:>6}  {error}");
        }
        let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
        for ended in self.outcomes.nodes.values() {
            *counts.entry(&ended.outcome).or_default() += 1;
        }
        let counts: Vec<String> =
            counts.iter().map(|(outcome, count)| format!("{count} {outcome}")).collect();
        println!("ran: {}", counts.join(", "));
        println!(
            "again by hand: {} {} --tree {} --package DIR PATH",
            self.environment.python.display(),
            self.environment.programs.join("worker.py").display(),
            self.environment.tree.display()
        );
        Ok(())
    }

    fn scores(&self, list: &Nodes, relaxed: Option<&Outcomes>) {
        print!("{}", score::table(list, self.outcomes));
        let failures = score::failures(list, self.outcomes);
        let failures: Vec<String> =
            failures.iter().map(|(outcome, count)| format!("{count} {outcome}")).collect();
        println!("of {} nodes: {}", list.len(), failures.join(", "));
        println!("modules not collected: {}", self.outcomes.uncollected.len());
        let (by_node, by_function) = score::both(list, self.outcomes);
        println!("as written, by function: {}", score::shares(&by_function));
        if let Some(relaxed) = relaxed {
            let (by_node, by_function) = score::both(list, relaxed);
            println!("relaxed, by node: {}", score::shares(&by_node));
            println!("relaxed, by function: {}", score::shares(&by_function));
        }
        println!("{} floor={}", score::shares(&by_node), self.floor());
    }

    /// The share of class A that passes without an engine, in the directories of this run; unknown where a part of a
    /// directory was run.
    fn floor(&self) -> String {
        let whole = self.paths.iter().all(|(directory, paths)| paths.iter().all(|path| path == directory));
        let counts: Option<Vec<_>> = self.paths.keys().map(|directory| self.lock.floor(directory)).collect();
        match counts {
            Some(counts) if whole => {
                let (passed, nodes) =
                    counts.iter().fold((0, 0), |sum, (floor, nodes)| (sum.0 + floor[0], sum.1 + nodes[0]));
                format!("{:.2}%", passed as f64 * 100.0 / nodes.max(1) as f64)
            }
            _ => "unknown".to_owned(),
        }
    }
}

/// Runs real pandas and writes the list of what it passes, then the floor; with `--floor` the floor alone.
fn freeze(root: &Path, environment: &Environment, options: &Options, out: &Path) -> Result<Outcome> {
    let mut lock = Lock::read(root)?;
    let paths = paths(environment, &options.areas)?;
    if paths.iter().any(|(directory, paths)| paths.iter().any(|path| path != directory)) {
        return Err(
            Usage("a list holds a whole directory: `--freeze --area core13|all|DIR...`".to_owned()).into()
        );
    }
    let names = public_names(environment)?;
    let request =
        |served, out| Request { served, jobs: options.jobs, relaxed: false, only: None, keyword: None, out };
    if !options.floor {
        let real = request(Served::Real, out.join("real"));
        let outcomes = shard::run(environment, &real, shards(&paths, &Nodes::new(), options.jobs))?;
        if !outcomes.stand_ins.is_empty() {
            bail!("stand-ins were made for real pandas: {:?}", outcomes.stand_ins);
        }
        freeze_lists(&mut lock, environment, &paths, &outcomes)?;
    }
    let list =
        listed(&lock, environment, &paths)?.context("the floor stands beside a list; freeze it first")?;
    let floor = request(Served::Floor(names), out.join("floor"));
    let outcomes = shard::run(environment, &floor, shards(&paths, &list, options.jobs))?;
    for directory in paths.keys() {
        let nodes = list.iter().filter(|(node, _)| directory_of(node) == directory);
        let score = score::Score::of(nodes, score::passed(&outcomes));
        lock.set_floor(directory, score.passed)?;
    }
    let score = score::Score::of(&list, score::passed(&outcomes));
    println!("{} directories frozen; floor {}", lock.directories().count(), score::shares(&score));
    Ok(Outcome::Done)
}

fn freeze_lists(
    lock: &mut Lock,
    environment: &Environment,
    paths: &BTreeMap<String, Vec<String>>,
    outcomes: &Outcomes,
) -> Result<()> {
    let pass = score::passed(outcomes);
    let passed: Vec<&str> = outcomes.nodes.keys().map(String::as_str).filter(|node| pass(node)).collect();
    let classified = classes(environment, &passed)?;
    for directory in paths.keys() {
        let within = classified.iter().filter(|(node, _)| directory_of(node) == directory);
        let nodes: Nodes = within.map(|(node, class)| (node.clone(), *class)).collect();
        lock.freeze(environment, directory, &nodes)?;
        println!("{directory}: {:?} of classes A B C I", nodes::count(nodes.values()));
    }
    Ok(())
}

/// The class of each node, from the tests' sources.
fn classes(environment: &Environment, nodes: &[&str]) -> Result<Nodes> {
    let mut command = Command::new(&environment.python);
    command.arg(environment.programs.join("classes.py")).arg("--tree").arg(&environment.tree);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let text = nodes.join("\n");
    let mut input = child.stdin.take().context("the classifier has no input")?;
    let writer = std::thread::spawn(move || input.write_all(text.as_bytes()));
    let answer = child.wait_with_output()?;
    writer.join().expect("writing does not panic").context("the classifier stopped reading")?;
    if !answer.status.success() {
        bail!("the classifier ended with {}", answer.status);
    }
    nodes::parse(&String::from_utf8(answer.stdout)?)
}
