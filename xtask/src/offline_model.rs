//! The language model that answers without a network: training it again, and seeing that its training begins as it did.
//! The crate `offline` does both, built with optimisation beside `cli`, whose build has most of what it needs.

use crate::process::output;
use crate::{Outcome, Usage, python};
use anyhow::{Context, Result, bail};
use data_encoding::HEXLOWER;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

const FOLDER: &str = "crates/offline/model";
const BEGIN: &str = "begin.txt";
const CARD: &str = "CARD.md";

/// Trains, and writes weights, card and the digest of the beginning; with `--check` repeats the beginning alone.
pub fn run(root: &Path, arguments: &[&str]) -> Result<Outcome> {
    let command = match arguments {
        [] => "train",
        ["--check"] => "begin",
        other => {
            return Err(Usage(format!("offline-model: found {other:?}, expected nothing or --check")).into());
        }
    };
    let mut build = Command::new("cargo");
    build.current_dir(root).args([
        "build",
        "--quiet",
        "--release",
        "--package",
        "cli",
        "--package",
        "offline",
    ]);
    crate::process::run(&mut build)?;
    let mut model = Command::new(python::target(root).join("release/offline-model"));
    // What it says on its way is for who waits.
    let told = output(model.arg(command).stderr(Stdio::inherit()))?;
    let told = String::from_utf8(told).context("the model's own words are no UTF-8")?;
    let folder = root.join(FOLDER);
    let (begun, rest) = told.split_once('\n').context("nothing came of it")?;
    if command == "begin" {
        return check(&folder, begun, rest.trim());
    }
    let (digits, card) = rest.split_once('\n').context("no weights came of it")?;
    fs::create_dir_all(&folder)?;
    fs::write(
        folder.join("weights.safetensors"),
        HEXLOWER.decode(digits.as_bytes()).ok().context("the weights are no hexadecimal digits")?,
    )?;
    fs::write(folder.join(CARD), card.trim_end().to_string() + "\n")?;
    fs::write(folder.join(BEGIN), format!("{begun}\n"))?;
    Ok(Outcome::Done)
}

fn check(folder: &Path, begun: &str, weights: &str) -> Result<Outcome> {
    let read =
        |name: &str| fs::read_to_string(folder.join(name)).with_context(|| format!("cannot read {name}"));
    let kept = read(BEGIN)?;
    if kept.trim() != begun {
        bail!("the first steps give other parameters: expected {}, found {begun}", kept.trim());
    }
    if !read(CARD)?.contains(weights) {
        bail!("the card is of other weights: the digest of those that are kept is {weights}");
    }
    println!("the first steps give the same parameters, and the card is of the weights that are kept");
    Ok(Outcome::Done)
}
