//! Starts the measurements of `bench/`, which compare this project with its peers and with an earlier commit of itself.

use crate::oracle;
use crate::pandas_suite::environment;
use crate::process::{cache_dir, output, run, scratch_dir};
use crate::{Outcome, Usage, python};
use ::oracle::interpreter_in;
use anyhow::{Context, Result};
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What a measurement starts.
const BINARIES: [&str; 3] = ["lumen", "frames", "training"];

/// The groups of `bench/run.py` whose binaries the workspace builds; all of them run where none is named.
const WORKSPACE_GROUPS: [&str; 5] = ["document", "programs", "frames", "training", "tools"];

/// The group with a workspace of its own.
const STORE_GROUP: &str = "store";

/// The group whose peer stands in an environment of its own.
const MODELS_GROUP: &str = "models";

/// The groups that measure our Python packages.
const PYTHON_GROUPS: [&str; 3] = ["workloads", "calls", "tensors"];

/// What is measured.
#[derive(Debug, Default, PartialEq, Eq)]
struct Asked<'a> {
    groups: Vec<&'a str>,
    base: Option<&'a str>,
    /// Options of the harness with their values.
    options: Vec<&'a str>,
}

/// Builds the release binaries, then hands over to the harness; its table is written outside the tree.
pub fn measure(root: &Path, arguments: &[&str]) -> Result<Outcome> {
    let asked = asked(arguments)?;
    let without = |group: &&&str| **group == MODELS_GROUP || PYTHON_GROUPS.contains(*group);
    if let Some(group) = asked.groups.iter().find(without).filter(|_| asked.base.is_some()) {
        let why =
            format!("`bench {group}` has no base: each of its tasks is held against its peer or its target");
        return Err(Usage(why).into());
    }
    let target = target(root);
    // The base first: the builds share a folder, and what is left there must be ours.
    let base = asked.base.map(|commit| built(root, commit, &target)).transpose()?;
    let store = asked.groups.contains(&STORE_GROUP);
    let is_python = |group: &&str| PYTHON_GROUPS.contains(group);
    if asked.groups.is_empty() || asked.groups.iter().any(|group| *group != STORE_GROUP && !is_python(group))
    {
        build(root, &target)?;
    }
    if store {
        build_store(root, &target)?;
    }
    let mut harness = Command::new("python3");
    harness.arg(root.join("bench/run.py")).args(&asked.groups).args(&asked.options);
    harness.arg("--engines").arg(target.join("release"));
    harness.arg("--default-out").arg(cache_dir()?.join("bench"));
    if let Some((commit, binaries)) = base {
        harness.arg("--base").arg(binaries).arg("--base-commit").arg(commit);
    }
    if asked.groups.contains(&MODELS_GROUP) {
        let requirements = root.join("bench/requirements.txt");
        let venv =
            environment::made("bench-peers", &requirements, |venv| environment::pinned(&requirements, venv))?;
        harness.arg("--peers").arg(interpreter_in(&venv));
    }
    if asked.groups.iter().any(is_python) {
        python::develop(root, true)?;
        harness.arg("--package").arg(python::target(root).join("python"));
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

/// Reads the arguments before anything is built. `--base` stays here: the harness knows the base by its binaries.
fn asked<'a>(arguments: &[&'a str]) -> Result<Asked<'a>, Usage> {
    let mut asked = Asked::default();
    let mut words = arguments.iter().copied();
    while let Some(word) = words.next() {
        let mut value = |what: &str| words.next().ok_or_else(|| Usage(format!("expected {word} {what}")));
        match word {
            "--base" => asked.base = Some(value("COMMIT")?),
            "--out" => asked.options.extend([word, value("DIR")?]),
            "--rounds" => {
                let rounds = value("N")?;
                if !rounds.parse().is_ok_and(|rounds: usize| rounds > 0) {
                    return Err(Usage(format!("expected at least one round, found `{rounds}`")));
                }
                asked.options.extend([word, rounds]);
            }
            "--small" => asked.options.push(word),
            group
                if WORKSPACE_GROUPS.contains(&group)
                    || PYTHON_GROUPS.contains(&group)
                    || [STORE_GROUP, MODELS_GROUP].contains(&group) =>
            {
                asked.groups.push(group);
            }
            other => {
                let groups = WORKSPACE_GROUPS.join(", ");
                let python = PYTHON_GROUPS.join(", ");
                let expected = format!(
                    "--base, --out, --rounds, --small or a group: {groups}, {MODELS_GROUP}, {python}, {STORE_GROUP}"
                );
                return Err(Usage(format!("`bench` knows no `{other}`, expected {expected}")));
            }
        }
    }
    Ok(asked)
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
        let all = asked(&["frames", "--base", "main~1", "--rounds", "9", "store"]).unwrap();
        let expected =
            Asked { groups: vec!["frames", "store"], base: Some("main~1"), options: vec!["--rounds", "9"] };
        assert_eq!(all, expected);
        assert_eq!(asked(&[]).unwrap(), Asked::default());
    }

    #[test]
    fn what_nobody_knows_is_refused_before_anything_is_built() {
        for (arguments, named) in [
            (&["--base"][..], "--base COMMIT"),
            (&["frames", "--rounds", "0"], "found `0`"),
            (&["--fast"], "no `--fast`"),
            (&["frame"], "no `frame`, expected --base, --out, --rounds, --small or a group: document"),
        ] {
            let refused = asked(arguments).unwrap_err().to_string();
            assert!(refused.contains(named), "{refused}");
        }
    }

    /// The harness has the same groups.
    #[test]
    fn the_groups_are_those_of_the_harness() {
        let harness = fs::read_to_string(crate::workspace::root().join("bench/run.py")).unwrap();
        let listed = |group: &&str| harness.contains(&format!("\"{group}\": {group}"));
        let line = harness.lines().find(|line| line.starts_with("GROUPS = ")).unwrap();
        assert!(WORKSPACE_GROUPS.iter().all(listed), "{line}");
        assert_eq!(line.matches(':').count(), WORKSPACE_GROUPS.len(), "{line}");
        assert!(
            PYTHON_GROUPS.iter().all(|group| harness.contains(&format!("\"{group}\": python_api.{group}")))
        );
    }
}
