//! Packages beside the standard library: those of the reference's environment, where it is set up.

use crate::host::{evaluated, options, run, value};
use sandbox::{Bounds, Interpreter, Level, Pool, StartErrorKind};
use serde_json::json;
use std::path::PathBuf;
use std::time::Duration;

/// An interpreter with pandas: what LUMEN_ORACLE_PYTHON names, else the environment that `cargo xtask oracle setup` made.
fn with_pandas() -> Option<PathBuf> {
    let named = std::env::var_os("LUMEN_ORACLE_PYTHON").map(PathBuf::from);
    let cache = std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache/lumen"));
    let made = cache.and_then(|cache| {
        let folders = std::fs::read_dir(cache).ok()?.filter_map(Result::ok);
        let mut paths: Vec<PathBuf> = folders
            .filter(|entry| entry.file_name().to_string_lossy().starts_with("oracle-"))
            .map(|entry| entry.path().join("bin/python"))
            .filter(|path| path.exists())
            .collect();
        paths.sort();
        paths.pop()
    });
    let found = named.or(made);
    if found.is_none() {
        assert!(std::env::var_os("LUMEN_TOOLS_REQUIRED").is_none(), "there is no Python with pandas");
        println!("NOT EVALUATED: there is no Python with pandas");
    }
    found
}

const CELL: &str = "import pandas as pd
frame = pd.DataFrame({'kind': ['a', 'b', 'a'], 'size': [1, 2, 4]})
sums = frame.groupby('kind')['size'].sum()
[list(sums.index), [int(n) for n in sums]]";

#[test]
fn a_granted_package_is_there_at_every_level_and_no_other() {
    let Some(python) = with_pandas() else { return };
    let found = Interpreter::find(&python).unwrap_or_else(|error| panic!("{error}"));
    let interpreter = found.with_packages(&["pandas".to_string()]).unwrap_or_else(|error| panic!("{error}"));
    for level in [Level::Strict, Level::Standard].into_iter().filter(|level| evaluated(*level)) {
        let mut options = options(level);
        options.interpreter = interpreter.clone();
        options.limits.start = Duration::from_secs(120);
        options.limits.memory_bytes = 2 << 30;
        let bounds = Bounds { workers: 2, memory_bytes: 8 << 30 };
        let pool = Pool::start(&options, bounds, None).unwrap_or_else(|error| panic!("{level}: {error}"));
        let mut worker = pool.worker(1, Duration::from_secs(60)).expect("a worker");
        // By hand: 1 + 4, and 2.
        assert_eq!(value(&mut worker, CELL), json!([["a", "b"], [5, 2]]), "{level}");
        // Numbers are drawn from the seed of the cell, as those of `random` are.
        let draw = "import numpy\n[int(n) for n in numpy.random.randint(0, 1000, 4)]";
        let first = value(&mut worker, draw);
        assert_eq!(first, value(&mut worker, draw), "{level}");
        // What was not named is not there, though it lies in the same folder.
        let failed = run(&mut worker, "import torch").error.expect("it is not granted");
        assert_eq!(failed.data["type"], "ModuleNotFoundError", "{level}");
        // Nor did anything else become possible.
        for code in ["open('/etc/passwd')", "import os\nos.fork()", "import socket\nsocket.socket()"] {
            assert!(run(&mut worker, code).error.is_some(), "{level}: {code}");
        }
        assert!(worker.identity().python.contains("pandas "), "{}", worker.identity().python);
    }
}

#[test]
fn a_package_that_is_not_installed_is_named() {
    let interpreter = options(Level::None).interpreter;
    let error = interpreter.with_packages(&["no-such-package".to_string()]).expect_err("it is not there");
    assert_eq!(error.kind(), StartErrorKind::MissingModule);
    assert!(error.to_string().contains("no package no-such-package"), "{error}");
}
