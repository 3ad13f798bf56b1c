//! Opens a report in a real browser without a network and checks what only a browser can tell.
//!
//! The checks themselves are `xtask/browser/check.mjs`; this file finds Chromium and keeps `playwright-core` in the
//! cache folder, by version, so that the second run fetches nothing.

use crate::Outcome;
use crate::process::{cache_dir, run};
use anyhow::{Context, Result, bail};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const PLAYWRIGHT: &str = "1.65.1";

/// Names a Chromium to use in place of the first one on the path.
const OVERRIDE: &str = "LUMEN_CHROMIUM";

/// Checks one report; screenshots go to `out`, by default beside the caches.
pub fn check(root: &Path, file: &Path, out: Option<&Path>) -> Result<Outcome> {
    let file = fs::canonicalize(file).with_context(|| format!("cannot open {}", file.display()))?;
    let Some(chromium) = chromium() else {
        eprintln!("not evaluated: no chromium on the path; install it or set {OVERRIDE}");
        return Ok(Outcome::NotEvaluated);
    };
    let modules = playwright()?;
    let out = match out {
        Some(out) => out.to_path_buf(),
        None => cache_dir()?.join("browser"),
    };
    fs::create_dir_all(&out).with_context(|| format!("cannot make {}", out.display()))?;
    let mut node = Command::new("node");
    node.arg(root.join("xtask/browser/check.mjs"));
    node.args([&modules, &chromium, &file, &out]);
    let status = node.status().context("cannot start `node`; install Node.js")?;
    Ok(if status.success() { Outcome::Done } else { Outcome::No })
}

fn chromium() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os(OVERRIDE) {
        return Some(PathBuf::from(named));
    }
    let path = std::env::var_os("PATH")?;
    let names = ["chromium", "chromium-browser", "google-chrome"];
    std::env::split_paths(&path).flat_map(|dir| names.map(|name| dir.join(name))).find(|file| file.is_file())
}

/// The folder of the `playwright-core` module, fetched once.
fn playwright() -> Result<PathBuf> {
    let folder = cache_dir()?.join(format!("playwright-core-{PLAYWRIGHT}"));
    let module = folder.join("node_modules/playwright-core");
    if !module.join("package.json").is_file() {
        fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        let mut npm = Command::new("npm");
        npm.args(["install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix"]);
        run(npm.arg(&folder).arg(format!("playwright-core@{PLAYWRIGHT}")))?;
    }
    if !module.is_dir() {
        bail!("npm did not install {}", module.display());
    }
    Ok(module)
}
