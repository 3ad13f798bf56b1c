//! The Python fronts' own tests: what pandas' suite does not cover, beside pandas itself; scripts under the recorder;
//! `lumen.torch` beside PyTorch.

use crate::pandas_suite::environment;
use crate::process::run;
use crate::{Outcome, oracle, python};
use anyhow::{Context, Result, bail};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Files of pytest. `test_scalars.py` takes its expressions from `scalar_cases.py` and compares by `differential.py`.
const TESTS: [&str; 5] =
    ["test_accessors.py", "test_arrow.py", "test_grouping.py", "test_intervals.py", "test_scalars.py"];

/// Programs that end with a status: the asserters on pandas' own objects, files read by the other side, and the
/// paragraphs of what pandas means.
const PROGRAMS: [&str; 3] = ["asserters.py", "reverse_oracle.py", "semantics.py"];

/// Programs that run with the interpreter of the references, which has PyTorch.
const BESIDE_TORCH: [&[&str]; 4] = [
    &["measured.py"],
    &["torch_beside.py"],
    &["torch_dlpack.py"],
    &["torch_modules.py", "--messages", "--at-least", "95", "12"],
];

/// Builds the packages and runs everything; a file of tests that is not named here is an error.
pub fn check(root: &Path) -> Result<Outcome> {
    let folder = root.join("python/tests");
    let named: BTreeSet<String> = TESTS.iter().map(ToString::to_string).collect();
    let mut found = BTreeSet::new();
    for entry in fs::read_dir(&folder)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if name.starts_with("test_") {
            found.insert(name);
        }
    }
    if found != named {
        bail!("expected the tests {named:?} in {}, found {found:?}", folder.display());
    }
    let environment = environment::ready(root)?;
    python::develop(root, false)?;
    let package = python::target(root).join("python");
    let both = paths([&package, &environment.real])?;
    let mut pytest = Command::new(&environment.python);
    pytest.args(["-B", "-m", "pytest", "-q", "-p", "no:cacheprovider"]).args(TESTS);
    run(pytest.current_dir(&folder).env("PYTHONPATH", &both))?;
    for program in PROGRAMS {
        let mut command = Command::new(&environment.python);
        run(command.arg("-B").arg(program).current_dir(&folder).env("PYTHONPATH", &both))?;
    }
    let mut cargo = Command::new("cargo");
    run(cargo.current_dir(root).args(["build", "--quiet", "--package", "cli"]))?;
    let mut recorded = Command::new(&environment.python);
    recorded.args(["-B", "recorded.py"]).arg(python::target(root).join("debug/lumen"));
    run(recorded.current_dir(&folder).env("PYTHONPATH", &package))?;
    let torch = oracle::interpreter()?
        .context("no environment of the references; `cargo xtask oracle setup` makes it")?;
    for program in BESIDE_TORCH {
        let mut command = Command::new(&torch);
        run(command.arg("-B").args(program).current_dir(&folder).env("PYTHONPATH", &package))?;
    }
    Ok(Outcome::Done)
}

fn paths<'a>(folders: impl IntoIterator<Item = &'a PathBuf>) -> Result<std::ffi::OsString> {
    Ok(std::env::join_paths(folders)?)
}
