//! Starts the measurements of `bench/`, which compare this project with its peers and with an earlier commit of itself.

use crate::Outcome;
use crate::oracle;
use crate::process::{cache_dir, output, run, scratch_dir};
use anyhow::{Context, Result};
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What a measurement starts.
const BINARIES: [&str; 3] = ["lumen", "frames", "training"];

/// The groups whose binaries the workspace builds.
const WORKSPACE_GROUPS: [&str; 4] = ["document", "programs", "frames", "training"];

/// Builds the release binaries, then hands over to the harness; its table is written outside the tree.
pub fn measure(root: &Path, arguments: &[&str]) -> Result<Outcome> {
    let (base, arguments) = base_in(arguments)?;
    let target = target(root);
    // The base first: the builds share a folder, and what is left there must be ours.
    let base = base.map(|commit| built(root, commit, &target)).transpose()?;
    let store = arguments.contains(&"store");
    if !store || WORKSPACE_GROUPS.iter().any(|group| arguments.contains(group)) {
        build(root, &target)?;
    }
    if store {
        build_store(root, &target)?;
    }
    let mut harness = Command::new("python3");
    harness.arg(root.join("bench/run.py")).args(arguments);
    harness.arg("--engines").arg(target.join("release"));
    harness.arg("--default-out").arg(cache_dir()?.join("bench"));
    if let Some((commit, binaries)) = base {
        harness.arg("--base").arg(binaries).arg("--base-commit").arg(commit);
    }
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

/// Takes `--base COMMIT` out of the arguments: the harness knows the base by its binaries.
fn base_in<'a>(arguments: &[&'a str]) -> Result<(Option<&'a str>, Vec<&'a str>)> {
    let Some(at) = arguments.iter().position(|argument| *argument == "--base") else {
        return Ok((None, arguments.to_vec()));
    };
    let commit = arguments.get(at + 1).context("`--base` names a commit: --base COMMIT")?;
    let others = arguments.iter().enumerate().filter(|(n, _)| *n != at && *n != at + 1);
    Ok((Some(commit), others.map(|(_, argument)| *argument).collect()))
}

fn target(root: &Path) -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), |folder| root.join(folder))
}

fn build(root: &Path, target: &Path) -> Result<()> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
    let mut build = Command::new(cargo);
    build.args(["build", "--release", "--package", "cli", "--package", "bench"]);
    run(build.current_dir(root).env("CARGO_TARGET_DIR", target))
}

/// The store's measurements stand outside the workspace, so that its peers are built for nobody else.
fn build_store(root: &Path, target: &Path) -> Result<()> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
    let mut build = Command::new(cargo);
    build.args(["build", "--release", "--locked"]).current_dir(root.join("bench/store"));
    run(build.env("CARGO_TARGET_DIR", target))
}

/// A commit's full name and its binaries, which are kept: a base is measured against more than once.
fn built(root: &Path, commit: &str, target: &Path) -> Result<(String, PathBuf)> {
    let mut parse = Command::new("git");
    parse.args(["rev-parse", "--verify", "--end-of-options", &format!("{commit}^{{commit}}")]);
    let commit = String::from_utf8(output(parse.current_dir(root))?)?.trim().to_string();
    let kept = cache_dir()?.join("bench/built").join(&commit);
    if BINARIES.iter().all(|name| kept.join(name).is_file()) {
        return Ok((commit, kept));
    }
    let checkout = scratch_dir("bench-base")?;
    run(Command::new("git").args(["clone", "--quiet", "--no-checkout"]).arg(root).arg(&checkout))?;
    run(Command::new("git").args(["checkout", "--quiet", &commit]).current_dir(&checkout))?;
    build(&checkout, target).with_context(|| format!("the base {commit} does not build"))?;
    fs::create_dir_all(&kept).with_context(|| format!("cannot make {}", kept.display()))?;
    for name in BINARIES {
        // Renamed when whole: an interrupted copy is no binary.
        let (from, to) = (target.join("release").join(name), kept.join(name));
        fs::copy(&from, to.with_extension("part"))
            .and_then(|_| fs::rename(to.with_extension("part"), &to))
            .with_context(|| format!("cannot keep {}", from.display()))?;
    }
    fs::remove_dir_all(&checkout).with_context(|| format!("cannot remove {}", checkout.display()))?;
    Ok((commit, kept))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_base_is_taken_out_of_the_arguments() {
        let (base, others) = base_in(&["frames", "--base", "main~1", "--rounds", "9"]).unwrap();
        assert_eq!((base, others), (Some("main~1"), vec!["frames", "--rounds", "9"]));
        assert_eq!(base_in(&["frames"]).unwrap(), (None, vec!["frames"]));
        assert!(base_in(&["frames", "--base"]).unwrap_err().to_string().contains("--base COMMIT"));
    }
}
