//! The live references: their pinned environment, and the scripts that hold recorded cases against them.
//!
//! An area is a script `xtask/oracle/AREA.py` with its cases in `cases/AREA`. The script is called as
//! `AREA.py check FOLDER` or `AREA.py record FOLDER`; a check's last line is `N passed, M failed`. Where no reference
//! is installed nothing is evaluated, and that is an exit status of its own, never a pass.

use crate::Outcome;
use crate::process::{output, run};
use ::oracle::{
    COMPLETE, FaultKind, INTERPRETER_VARIABLE, chosen_interpreter, environment_folder, interpreter_in,
};
use anyhow::{Context, Result, bail};
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

/// The counts of a check's last line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Counts {
    passed: u64,
    failed: u64,
}

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

/// Runs the check of the named areas, or of all; the worst outcome is the whole's.
pub fn check(root: &Path, areas: &[&str]) -> Result<Outcome> {
    let areas = match areas {
        [] => all_areas(root)?,
        named => named.iter().map(|area| area.to_string()).collect(),
    };
    if areas.is_empty() {
        eprintln!("not evaluated: there is no area under xtask/oracle");
        return Ok(Outcome::NotEvaluated);
    }
    let Some(python) = interpreter()? else { return Ok(Outcome::NotEvaluated) };
    let mut worst = Outcome::Done;
    for area in &areas {
        let outcome = check_area(root, &python, area)?;
        worst = worse(worst, outcome);
    }
    Ok(worst)
}

fn check_area(root: &Path, python: &Path, area: &str) -> Result<Outcome> {
    let mut command = script(root, python, area, "check")?;
    let output = command.output().with_context(|| format!("cannot start {}", python.display()))?;
    let text = String::from_utf8_lossy(&output.stdout);
    eprint!("{}", String::from_utf8_lossy(&output.stderr));
    for line in text.lines() {
        println!("{area}: {line}");
    }
    let counts = text.lines().rev().find_map(parse_counts);
    let outcome = judge(counts, output.status.success());
    match (outcome, counts) {
        (Outcome::No, None) => {
            eprintln!("{area}: the check ended with {} and printed no counts", output.status)
        }
        (Outcome::NotEvaluated, _) => eprintln!("{area}: not evaluated, no case was checked"),
        _ => {}
    }
    Ok(outcome)
}

/// A status of success cannot outvote a failed count, nor a good count a status of failure.
fn judge(counts: Option<Counts>, success: bool) -> Outcome {
    match counts {
        Some(Counts { failed: 0, passed: 0 }) if success => Outcome::NotEvaluated,
        Some(Counts { failed: 0, .. }) if success => Outcome::Done,
        _ => Outcome::No,
    }
}

fn parse_counts(line: &str) -> Option<Counts> {
    let (passed, failed) = line.trim().split_once(" passed, ")?;
    Some(Counts { passed: passed.parse().ok()?, failed: failed.strip_suffix(" failed")?.parse().ok()? })
}

fn worse(a: Outcome, b: Outcome) -> Outcome {
    match (a, b) {
        (Outcome::No, _) | (_, Outcome::No) => Outcome::No,
        (Outcome::NotEvaluated, _) | (_, Outcome::NotEvaluated) => Outcome::NotEvaluated,
        _ => Outcome::Done,
    }
}

/// Writes an area's cases from the references.
pub fn record(root: &Path, area: &str) -> Result<Outcome> {
    let Some(python) = interpreter()? else { return Ok(Outcome::NotEvaluated) };
    run(&mut script(root, &python, area, "record")?)?;
    Ok(Outcome::Done)
}

fn script(root: &Path, python: &Path, area: &str, verb: &str) -> Result<Command> {
    let script = root.join("xtask/oracle").join(area).with_extension("py");
    if !script.is_file() {
        bail!("no area `{area}`; expected one of: {}", all_areas(root)?.join(", "));
    }
    let mut command = Command::new(python);
    command.arg(script).arg(verb).arg(root.join("cases").join(area)).current_dir(root);
    // One thread: the references' sums then do not depend on the machine.
    command.env("OMP_NUM_THREADS", "1").env("MKL_NUM_THREADS", "1").env("PYTHONHASHSEED", "0");
    // Compiled files beside the scripts would litter the tree.
    command.env("PYTHONDONTWRITEBYTECODE", "1");
    Ok(command)
}

/// The areas are the scripts with cases to check; a module that several scripts import has none.
fn all_areas(root: &Path) -> Result<Vec<String>> {
    let mut areas = Vec::new();
    for entry in fs::read_dir(root.join("xtask/oracle"))? {
        let path = entry?.path();
        let Some(area) = path.file_stem().and_then(|stem| stem.to_str()) else { continue };
        if path.extension().is_some_and(|e| e == "py") && root.join("cases").join(area).is_dir() {
            areas.push(area.to_string());
        }
    }
    areas.sort();
    Ok(areas)
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
    fn counts_are_read_from_the_last_line_only_when_whole() {
        assert_eq!(parse_counts("12 passed, 3 failed"), Some(Counts { passed: 12, failed: 3 }));
        for broken in
            ["12 passed", "passed, 3 failed", "12 passed, 3 failed, 1 skipped", "x passed, 3 failed"]
        {
            assert_eq!(parse_counts(broken), None, "{broken}");
        }
    }

    #[test]
    fn nothing_but_counted_success_is_green() {
        let counts = |passed, failed| Some(Counts { passed, failed });
        assert_eq!(judge(counts(2, 0), true), Outcome::Done);
        assert_eq!(judge(counts(0, 0), true), Outcome::NotEvaluated);
        assert_eq!(judge(counts(2, 1), true), Outcome::No);
        assert_eq!(judge(counts(2, 0), false), Outcome::No);
        assert_eq!(judge(None, true), Outcome::No);
        assert_eq!(worse(Outcome::Done, Outcome::NotEvaluated), Outcome::NotEvaluated);
        assert_eq!(worse(Outcome::NotEvaluated, Outcome::No), Outcome::No);
    }

    #[test]
    fn every_requirement_is_pinned_exactly() {
        let pins = fs::read_to_string(requirements(crate::workspace::root())).unwrap();
        for line in pins.lines().filter(|line| !line.starts_with('#')) {
            let (name, version) = line.split_once("==").unwrap_or_else(|| panic!("not pinned: {line}"));
            assert!(!name.is_empty() && version.starts_with(|c: char| c.is_ascii_digit()), "{line}");
        }
    }
}
