//! PyTorch's own operator samples: recording them from the reference, and scoring ours by them. The crate `corpus` does
//! both; it is built here when it is asked for, so that the other tasks need no tensors.

use crate::{Outcome, oracle};
use anyhow::{Context, Result, bail};
use std::path::Path;
use std::process::Command;

/// Records the samples of one dtype.
pub fn export(root: &Path, arguments: &[&str]) -> Result<Outcome> {
    if oracle::interpreter()?.is_none() {
        return Ok(Outcome::NotEvaluated);
    }
    start(root, "export", arguments)
}

/// Replays them and prints the score.
pub fn replay(root: &Path, arguments: &[&str]) -> Result<Outcome> {
    start(root, "replay", arguments)
}

fn start(root: &Path, command: &str, arguments: &[&str]) -> Result<Outcome> {
    let mut cargo = Command::new("cargo");
    cargo.current_dir(root).args(["run", "--quiet", "--package", "corpus", "--", command]).args(arguments);
    match cargo.status().context("cannot start `cargo`")?.code() {
        Some(0) => Ok(Outcome::Done),
        Some(3) => Ok(Outcome::NotEvaluated),
        _ => bail!("`corpus {command}` failed"),
    }
}
