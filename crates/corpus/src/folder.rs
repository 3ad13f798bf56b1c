//! Where a corpus lies, outside the tree.

use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::export::EXPORTER;

/// Written last; without it a folder is an interrupted export.
pub(crate) const COMPLETE: &str = "complete";

/// The folder of a dtype's corpus in the user's cache. Its name is a digest of the exporter and of the pinned
/// reference, so that a change of either is another corpus.
///
/// # Errors
/// If the environment names no folder for caches.
pub fn corpus_folder(dtype: &str) -> Result<PathBuf> {
    let cache = oracle::cache_folder().context("neither XDG_CACHE_HOME nor HOME is set")?;
    let mut hasher = blake3::Hasher::new();
    hasher.update(EXPORTER.as_bytes());
    hasher.update(oracle::REQUIREMENTS.as_bytes());
    let digest = hasher.finalize().to_hex();
    Ok(cache.join(format!("corpus-{}", digest.get(..16).unwrap_or(&digest))).join(dtype))
}

/// The name of an operator's files, without their ends.
pub fn file_name(operator: &str) -> String {
    operator.chars().map(|c| if c.is_alphanumeric() || "._-".contains(c) { c } else { '_' }).collect()
}
