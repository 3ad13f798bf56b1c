//! Scripts as users of pandas write them, run without change on our engine and on pandas: what they print must be the
//! same.

use crate::pandas_suite::environment;
use crate::{Outcome, Usage, oracle, python};
use anyhow::{Context, Result};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Where the scripts stand.
const SCRIPTS: &str = "python/scripts";

/// Runs each script by both and prints a line for each that differs, then the count.
pub fn run(root: &Path, arguments: &[&str]) -> Result<Outcome> {
    let (release, arguments) = match arguments {
        ["--release", rest @ ..] => (true, rest),
        rest => (false, rest),
    };
    let (wanted, names) = match arguments {
        ["--at-least", count, names @ ..] => {
            let count = count.parse().map_err(|_| Usage(format!("expected a count, found {count}")))?;
            (Some(count), names)
        }
        names => (None, names),
    };
    let Some(pandas) = oracle::interpreter()? else {
        println!("not evaluated: there is no reference; `cargo xtask oracle setup` makes it");
        return Ok(Outcome::NotEvaluated);
    };
    let environment = environment::ready(root)?;
    python::develop(root, release)?;
    let package = python::target(root).join("python");
    let scripts = scripts(root, names)?;
    let mut same = 0;
    for script in &scripts {
        let name = script.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let reference = output(Command::new(&pandas).arg(script))?;
        let ours = output(
            Command::new(&environment.python)
                .args(["-m", "lumen.pandas"])
                .arg(script)
                .env("PYTHONPATH", &package),
        )?;
        match difference(&reference, &ours) {
            None => same += 1,
            Some(words) => println!("{name}: {words}"),
        }
    }
    println!("scripts: {same} of {} print what pandas prints", scripts.len());
    Ok(if same >= wanted.unwrap_or(scripts.len()) { Outcome::Done } else { Outcome::No })
}

fn scripts(root: &Path, names: &[&str]) -> Result<Vec<PathBuf>> {
    let folder = root.join(SCRIPTS);
    let mut found = Vec::new();
    for entry in fs::read_dir(&folder).with_context(|| format!("cannot read {}", folder.display()))? {
        let path = entry?.path();
        let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        if path.extension().is_some_and(|end| end == "py")
            && (names.is_empty() || names.contains(&stem.as_str()))
        {
            found.push(path);
        }
    }
    found.sort();
    if found.is_empty() {
        return Err(
            Usage(format!("expected names of scripts in {SCRIPTS}, found {}", names.join(" "))).into()
        );
    }
    Ok(found)
}

fn output(command: &mut Command) -> Result<Output> {
    command.env("PYTHONDONTWRITEBYTECODE", "1").env("COLUMNS", "80");
    command.output().with_context(|| format!("cannot start {}", command.get_program().display()))
}

/// What a person needs to see of two runs that differ.
fn difference(wanted: &Output, ours: &Output) -> Option<String> {
    if !wanted.status.success() {
        return Some("pandas itself fails".to_owned());
    }
    if !ours.status.success() {
        let said = String::from_utf8_lossy(&ours.stderr).into_owned();
        return Some(said.lines().last().unwrap_or("failed and said nothing").to_owned());
    }
    let (wanted, ours) = (String::from_utf8_lossy(&wanted.stdout), String::from_utf8_lossy(&ours.stdout));
    if wanted == ours {
        return None;
    }
    let mut pairs = wanted.lines().zip(ours.lines()).enumerate();
    let first = pairs.find(|(_, (one, other))| one != other);
    Some(match first {
        Some((line, (one, other))) => format!("line {}: expected `{one}`, found `{other}`", line + 1),
        None => format!("expected {} lines, found {}", wanted.lines().count(), ours.lines().count()),
    })
}
