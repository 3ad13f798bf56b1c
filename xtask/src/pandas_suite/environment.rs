//! Where pandas' tests run: an environment without pandas, and the published tests beside it.
//!
//! Both stand in the user's cache, named by the digest of what pins them, so that other pins are other folders.

use crate::process::{cache_dir, run, scratch_dir};
use ::oracle::{COMPLETE, interpreter_in};
use anyhow::{Context, Result};
use sha2::{Digest, Sha256};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

/// What a run of the suite needs.
#[derive(Debug, Clone)]
pub struct Environment {
    pub python: PathBuf,
    /// The suite's own programs.
    pub programs: PathBuf,
    /// `pandas/tests` and `pandas/conftest.py`, nothing else of pandas.
    pub tree: PathBuf,
    /// All of the published wheel, for the denominator.
    pub real: PathBuf,
    /// Where lists of nodes are kept.
    pub nodes: PathBuf,
}

/// Makes what is not there yet; two callers at once wait for each other.
pub fn ready(root: &Path) -> Result<Environment> {
    let programs = root.join("python/suite");
    let requirements = programs.join("requirements.txt");
    let wheel = programs.join("pandas.txt");
    let venv = made("suite", &requirements, |folder| install(&requirements, folder))?;
    let python = interpreter_in(&venv);
    let suite = made("pandas", &wheel, |folder| unpack(&python, &wheel, folder))?;
    Ok(Environment {
        python,
        programs,
        tree: suite.join("tree"),
        real: suite.join("real"),
        nodes: suite.join("nodes"),
    })
}

/// The hexadecimal SHA-256 of some bytes.
pub fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What stands in the cache under a name and the digest of its pins; made where it is not complete.
pub fn made(name: &str, pins: &Path, make: impl FnOnce(&Path) -> Result<()>) -> Result<PathBuf> {
    let text = fs::read(pins).with_context(|| format!("cannot read {}", pins.display()))?;
    let digest = digest(&text);
    let folder = cache_dir()?.join(format!("{name}-{}", digest.get(..16).unwrap_or(&digest)));
    fs::create_dir_all(folder.parent().context("the cache has no parent folder")?)?;
    let lock = File::create(folder.with_extension("lock"))?;
    lock.lock().context("cannot lock the cache's folder")?;
    if !folder.join(COMPLETE).exists() {
        if folder.exists() {
            println!("removing an interrupted installation, {}", folder.display());
            fs::remove_dir_all(&folder)?;
        }
        fs::create_dir_all(&folder)?;
        make(&folder)?;
        fs::write(folder.join(COMPLETE), "")?;
    }
    Ok(folder)
}

/// A virtual environment of exactly what is pinned.
pub fn pinned(requirements: &Path, venv: &Path) -> Result<()> {
    println!("installing {} into {}", requirements.display(), venv.display());
    run(Command::new("python3").args(["-m", "venv"]).arg(venv))?;
    let python = interpreter_in(venv);
    // Without --no-deps an unpinned package could slip in, pandas itself among them.
    let flags =
        ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--requirement"];
    run(Command::new(&python).args(flags).arg(requirements))?;
    run(Command::new(&python).args(["-m", "pip", "check"]))
}

fn install(requirements: &Path, venv: &Path) -> Result<()> {
    pinned(requirements, venv)?;
    let absent = "import importlib.util, sys; sys.exit('pandas is installed' if importlib.util.find_spec('pandas') else 0)";
    run(Command::new(interpreter_in(venv)).args(["-c", absent]))
}

fn unpack(python: &Path, wheel: &Path, folder: &Path) -> Result<()> {
    let scratch = scratch_dir("pandas-wheel")?;
    let flags =
        ["-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps", "--require-hashes"];
    run(Command::new(python).args(flags).arg("--dest").arg(&scratch).arg("--requirement").arg(wheel))?;
    let archive = fs::read_dir(&scratch)?.next().context("pip downloaded no wheel")??.path();
    let real = folder.join("real");
    run(Command::new(python).args(["-m", "zipfile", "-e"]).arg(&archive).arg(&real))?;
    fs::remove_dir_all(&scratch)?;
    let pandas = folder.join("tree/pandas");
    fs::create_dir_all(&pandas)?;
    copy_folder(&real.join("pandas/tests"), &pandas.join("tests"))?;
    for name in ["conftest.py", "pyproject.toml"] {
        fs::copy(real.join("pandas").join(name), pandas.join(name))?;
    }
    // It tells pytest where the package begins; what `import pandas` gives is the runner's matter.
    fs::write(pandas.join("__init__.py"), "")?;
    fs::create_dir_all(folder.join("nodes"))?;
    Ok(())
}

fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to).with_context(|| format!("cannot make {}", to.display()))?;
    for entry in fs::read_dir(from).with_context(|| format!("cannot list {}", from.display()))? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), &target)?;
        }
    }
    Ok(())
}
