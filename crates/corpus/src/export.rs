//! Having the reference write a corpus.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::folder::COMPLETE;

/// The program that the reference's interpreter runs.
pub(crate) const EXPORTER: &str = include_str!("exporter/export.py");

/// Records the samples of a dtype into a folder: of all operators, or of the named ones into a corpus that is there.
///
/// # Errors
/// If there is no reference, or it fails; an export that was interrupted leaves no complete corpus.
pub fn export(dtype: &str, folder: &Path, operators: &[String]) -> Result<()> {
    let python = oracle::interpreter(None)?;
    let folder = std::path::absolute(folder)?;
    if operators.is_empty() && folder.exists() {
        fs::remove_dir_all(&folder).with_context(|| format!("cannot empty {}", folder.display()))?;
    }
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let status = Command::new(&python)
        .args(["-c", EXPORTER, dtype])
        .arg(&folder)
        .args(operators)
        .env("OMP_NUM_THREADS", "1")
        .env("MKL_NUM_THREADS", "1")
        .env("PYTHONHASHSEED", "0")
        .status()
        .with_context(|| format!("cannot start {}", python.display()))?;
    if !status.success() {
        bail!("the exporter ended with {status}");
    }
    if operators.is_empty() {
        fs::write(folder.join(COMPLETE), "")?;
    }
    Ok(())
}
