//! The Python packages in a development build: the engine module compiled, and the packages of `python/` beside it.

use crate::Outcome;
use crate::process::run;
use anyhow::{Context, Result};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Builds crate `python` and lays the package `lumen` into a folder of the target directory that `PYTHONPATH` can
/// name: the module compiled, and links to the sources, so that an edit of a facade needs no build.
pub fn develop(root: &Path, release: bool) -> Result<Outcome> {
    let mut cargo = Command::new("cargo");
    cargo.current_dir(root).args(["build", "--quiet", "--package", "python"]);
    if release {
        cargo.arg("--release");
    }
    run(&mut cargo)?;
    let target = target(root);
    let built = target.join(if release { "release" } else { "debug" }).join("lib_engine.so");
    let folder = target.join("python");
    lay(&root.join("python/lumen"), &built, &folder)?;
    println!("{}", folder.display());
    Ok(Outcome::Done)
}

/// Where cargo builds.
pub fn target(root: &Path) -> PathBuf {
    let given = std::env::var_os("CARGO_TARGET_DIR").filter(|dir| !dir.is_empty()).map(PathBuf::from);
    given.unwrap_or_else(|| root.join("target"))
}

fn lay(sources: &Path, built: &Path, folder: &Path) -> Result<()> {
    let package = folder.join("lumen");
    if package.exists() {
        fs::remove_dir_all(&package).with_context(|| format!("cannot empty {}", package.display()))?;
    }
    fs::create_dir_all(&package).with_context(|| format!("cannot make {}", package.display()))?;
    for entry in fs::read_dir(sources).with_context(|| format!("cannot read {}", sources.display()))? {
        let entry = entry?;
        if entry.file_name() != "__pycache__" {
            symlink(entry.path(), package.join(entry.file_name()))?;
        }
    }
    fs::copy(built, package.join("_engine.abi3.so"))
        .with_context(|| format!("cannot copy {}", built.display()))?;
    Ok(())
}
