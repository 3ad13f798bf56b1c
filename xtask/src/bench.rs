//! Starts the measurements of `bench/`, which compare this project with its peers.

use crate::Outcome;
use crate::oracle;
use crate::process::cache_dir;
use anyhow::{Context, Result};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Builds the release binaries, then hands over to the harness; its table is written outside the tree.
pub fn run(root: &Path, arguments: &[&str]) -> Result<Outcome> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut build = Command::new(cargo);
    build.args(["build", "--release", "--package", "cli", "--package", "bench"]).current_dir(root);
    crate::process::run(&mut build)?;
    let target = match std::env::var_os("CARGO_TARGET_DIR") {
        Some(dir) => root.join(PathBuf::from(dir)),
        None => root.join("target"),
    };
    let mut harness = Command::new("python3");
    harness.arg(root.join("bench/run.py")).args(arguments);
    harness.arg("--lumen").arg(target.join("release/lumen"));
    harness.arg("--engines").arg(target.join("release"));
    harness.arg("--default-out").arg(cache_dir()?.join("bench"));
    if let Some(python) = oracle::interpreter()? {
        harness.arg("--python").arg(python);
    }
    let status = harness.current_dir(root).env("PYTHONDONTWRITEBYTECODE", "1").status();
    Ok(match status.context("cannot start `python3`")?.code() {
        Some(0) => Outcome::Done,
        Some(3) => Outcome::NotEvaluated,
        _ => Outcome::No,
    })
}
