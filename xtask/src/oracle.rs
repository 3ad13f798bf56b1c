//! The pinned environment of the live references. `lumen conformance` is what asks them.

use crate::Outcome;
use crate::process::{output, run};
use ::oracle::{
    COMPLETE, FaultKind, INTERPRETER_VARIABLE, chosen_interpreter, environment_folder, interpreter_in,
};
use anyhow::{Context, Result};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Compares every pin with what the interpreter really imports from.
const VERIFY: &str = "\
import importlib.metadata, sys
pins = [line.split('==') for line in map(str.strip, open(sys.argv[1])) if line and not line.startswith('#')]
wrong = [f'{name}: expected {version}, found {importlib.metadata.version(name)}'
         for name, version in pins if importlib.metadata.version(name) != version]
sys.exit('\\n'.join(wrong) or None)
";

/// Makes the environment unless it is complete; two callers at once wait for each other.
pub fn setup(root: &Path) -> Result<Outcome> {
    if let Some(python) = chosen_interpreter() {
        output(Command::new(&python).arg("--version"))
            .with_context(|| format!("{INTERPRETER_VARIABLE} does not name an interpreter"))?;
        println!("{INTERPRETER_VARIABLE} names {}; nothing to set up", python.display());
        return Ok(Outcome::Done);
    }
    let venv = environment_folder().context("neither XDG_CACHE_HOME nor HOME is set")?;
    let parent = venv.parent().context("the environment has no parent folder")?;
    fs::create_dir_all(parent).with_context(|| format!("cannot make {}", parent.display()))?;
    let lock = File::create(venv.with_extension("lock"))?;
    lock.lock().context("cannot lock the environment's folder")?;
    if !venv.join(COMPLETE).exists() {
        if venv.exists() {
            println!("removing an interrupted installation, {}", venv.display());
            fs::remove_dir_all(&venv)?;
        }
        install(root, &venv)?;
        fs::write(venv.join(COMPLETE), "")?;
    }
    println!("references are ready: {}", interpreter_in(&venv).display());
    Ok(Outcome::Done)
}

fn install(root: &Path, venv: &Path) -> Result<()> {
    let requirements = requirements(root);
    println!("installing {} into {}; torch alone is 6 GB", requirements.display(), venv.display());
    run(Command::new("python3").args(["-m", "venv"]).arg(venv))?;
    let python = interpreter_in(venv);
    // Without --no-deps an unpinned package could slip in; `pip check` then proves that none is missing.
    let mut pip = Command::new(&python);
    pip.args([
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--no-deps",
        "--requirement",
    ]);
    run(pip.arg(&requirements))?;
    run(Command::new(&python).args(["-m", "pip", "check"]))?;
    run(Command::new(&python).args(["-c", VERIFY]).arg(&requirements))
}

/// The interpreter with the references, if there is one; says what to do if not.
pub fn interpreter() -> Result<Option<PathBuf>> {
    match ::oracle::interpreter(None) {
        Ok(python) => Ok(Some(python)),
        Err(fault) if fault.kind() == FaultKind::Unavailable => {
            eprintln!("not evaluated: {fault}");
            Ok(None)
        }
        Err(fault) => Err(fault.into()),
    }
}

fn requirements(root: &Path) -> PathBuf {
    root.join("crates/oracle/requirements.txt")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_requirement_is_pinned_exactly() {
        let pins = fs::read_to_string(requirements(crate::workspace::root())).unwrap();
        for line in pins.lines().filter(|line| !line.starts_with('#')) {
            let (name, version) = line.split_once("==").unwrap_or_else(|| panic!("not pinned: {line}"));
            assert!(!name.is_empty() && version.starts_with(|c: char| c.is_ascii_digit()), "{line}");
        }
    }
}
