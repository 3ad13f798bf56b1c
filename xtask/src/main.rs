//! One place for developer tasks: `cargo xtask TASK`.
//!
//! Every task runs from the workspace's root, needs only Rust and Python 3 (the browser test also Node.js), and says
//! which program is missing when one is. The rules of the source tree are no task: they are this crate's tests, in
//! [`tidy`], so that `cargo test` holds them.
//!
//! Exit status: 0 done, 1 the answer is no, 2 usage, 3 not evaluated because a reference is absent.

mod bench;
mod browser;
mod data;
mod offline_model;
mod opinfo;
mod oracle;
mod pandas_scripts;
mod pandas_suite;
mod process;
mod profile;
mod python;
mod python_tests;
mod reference;
mod workspace;

#[cfg(test)]
mod tidy;

use std::path::Path;
use std::process::ExitCode;

const USAGE: &str = "\
usage: cargo xtask TASK

  data                        fetch the example data's packages again and prove every digest
  edges                       write the snapshot of internal dependencies, xtask/edges.txt
  oracle setup                make the pinned environment of the live references
  browser FILE [--out DIR]    open an HTML report in Chromium, offline, and check it
  reference                   make the store's reference, which can be searched offline, and check its links
  profile [TASK] [--out DIR]  where an example of the store spends time, memory and waiting: a flame graph, and the first
                              ten places of each; tasks: counters, ticks, portfolio, compiler
  pandas-scripts [--release] [--at-least N] [NAME...]
                              run the scripts of python/scripts by pandas and by ours, and compare what they print; the
                              answer is no where fewer than N print the same, or without N any differs
  python-tests                build the packages and run python/tests, beside pandas and PyTorch themselves
  python [--release]          build the engine module and lay the Python packages beside it; prints the folder that
                              PYTHONPATH names
  bench [GROUP...] [--base COMMIT] [--out DIR] [--rounds N]
                              measure against the peers, and against an earlier commit of ours: its build takes part
                              and `lumen conformance bench` judges; the table is written outside the tree; groups:
                              document, programs, frames, training, tools; and those that run only when they are named:
                              models, workloads, calls, tensors, store
  pandas-suite [--area core13|all|PATH...] [--summary] [--messages] [--relaxed] [--jobs N] [--part K/N] [--out DIR]
               [--package DIR] [--floor] [--freeze] [-k NAME] [-x]
                              run pandas' own tests against our package, or against names that only raise (--floor),
                              and score them over the fixed list of nodes, or every Nth of them by digest (--part);
                              --relaxed also without regard to messages and warnings; --freeze makes that list from
                              real pandas, and with --floor measures the floor alone; -x stops at the first failure
  corpus [--dtype float32] [--out DIR] [--operator NAME]...
                              have the reference record PyTorch's own samples of its operators into the cache, or DIR
  opinfo [--dtype float32] [--same-bits] [--operator NAME]... [--messages] [--summary] [--jobs N] [--out FILE] [--corpus DIR]
         [--at-least N]
                              replay them on our tensors: a line an operator, with --messages how the first sample that
                              failed differs, and the score; --summary only the score; --out writes all of it as JSON;
                              --at-least fails below this number of operators
  offline-model [--check]     train the language model that answers without a network again, and write its weights and
                              card; --check repeats the beginning of the training and compares
  gen pandas-api --outcomes DIR
                              write what a run of pandas-suite (its --out) says of each public name and parameter, and
                              the summary, docs/pandas-api.md
  help                        this text, and so does --help behind any task
";

/// A request that no task understands: what was found, and what was expected.
#[derive(Debug)]
pub struct Usage(pub String);

impl std::fmt::Display for Usage {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}; `cargo xtask help` lists the tasks", self.0)
    }
}

impl std::error::Error for Usage {}

/// How a task ended when nothing went wrong on the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Done,
    No,
    NotEvaluated,
}

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    if args == ["help"] || args.iter().any(|arg| ["--help", "-h"].contains(arg)) {
        print!("{USAGE}");
        return ExitCode::SUCCESS;
    }
    if args.is_empty() {
        eprint!("{USAGE}");
        return ExitCode::from(2);
    }
    match run(workspace::root(), &args) {
        Ok(Outcome::Done) => ExitCode::SUCCESS,
        Ok(Outcome::No) => ExitCode::from(1),
        Ok(Outcome::NotEvaluated) => ExitCode::from(3),
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(if error.is::<Usage>() { 2 } else { 1 })
        }
    }
}

fn run(root: &Path, args: &[&str]) -> anyhow::Result<Outcome> {
    match args {
        ["data"] => data::prove(root),
        ["edges"] => workspace::write_edges(root),
        ["oracle", "setup"] => oracle::setup(root),
        ["browser", file] => browser::check(root, Path::new(file), None),
        ["browser", file, "--out", out] => browser::check(root, Path::new(file), Some(Path::new(out))),
        ["reference"] => reference::make(root),
        ["profile", rest @ ..] => profile::profile(root, rest),
        ["pandas-scripts", rest @ ..] => pandas_scripts::run(root, rest),
        ["python-tests"] => python_tests::check(root),
        ["python"] => python::develop(root, false),
        ["python", "--release"] => python::develop(root, true),
        ["bench", rest @ ..] => bench::measure(root, rest),
        ["offline-model", rest @ ..] => offline_model::run(root, rest),
        ["corpus", rest @ ..] => opinfo::export(root, rest),
        ["opinfo", rest @ ..] => opinfo::replay(root, rest),
        ["gen", "pandas-api", "--outcomes", folder] => pandas_suite::coverage(root, Path::new(folder)),
        ["pandas-suite", rest @ ..] => pandas_suite::suite(root, rest),
        _ => Err(Usage(format!("there is no task `{}`", args.join(" "))).into()),
    }
}
