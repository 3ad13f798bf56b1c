//! Replaying a corpus.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use anyhow::{Context, Result, bail};

use crate::board::{Board, OperatorScore};
use crate::errors::refusals;
use crate::folder::{COMPLETE, file_name};
use crate::replay::replay;
use crate::variants::{in_place, into_out};
use crate::words::Entry;

/// Deep recursion of an operator must end in its own error, not in that of a small stack.
const STACK_BYTES: usize = 256 << 20;

/// What to replay.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where the corpus lies.
    pub folder: PathBuf,
    /// The corpus' dtype, for the report.
    pub dtype: String,
    /// These operators; all if there is none.
    pub operators: Vec<String>,
    /// Operators replayed at once. Results do not depend on it.
    pub jobs: usize,
}

/// Replays a corpus; `None` if there is none, or only an interrupted one.
///
/// # Errors
/// If a file cannot be read or an operator that was named is not in the corpus.
pub fn run(options: &Options) -> Result<Option<Board>> {
    if !options.folder.join(COMPLETE).exists() {
        return Ok(None);
    }
    let files = chosen(options)?;
    let next = AtomicUsize::new(0);
    let scores: Mutex<Vec<(usize, Result<OperatorScore>)>> = Mutex::default();
    thread::scope(|scope| -> Result<()> {
        for _ in 0..options.jobs.clamp(1, files.len().max(1)) {
            let worker = thread::Builder::new().stack_size(STACK_BYTES);
            worker.spawn_scoped(scope, || {
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let Some(file) = files.get(at) else { return };
                    let score = operator(file, &options.dtype);
                    scores.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).push((at, score));
                }
            })?;
        }
        Ok(())
    })?;
    let mut scores = scores.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner());
    scores.sort_by_key(|(at, _)| *at);
    let operators = scores.into_iter().map(|(_, score)| score).collect::<Result<Vec<_>>>()?;
    Ok(Some(Board { dtype: options.dtype.clone(), operators }))
}

/// The operators' files in the order of their names.
pub(crate) fn chosen(options: &Options) -> Result<Vec<PathBuf>> {
    if !options.operators.is_empty() {
        return options
            .operators
            .iter()
            .map(|name| {
                let file = options.folder.join(file_name(name) + ".json");
                if file.exists() {
                    return Ok(file);
                }
                bail!("there is no operator {name} in {}", options.folder.display())
            })
            .collect();
    }
    let mut files = Vec::new();
    for entry in fs::read_dir(&options.folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|end| end == "json") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn operator(file: &Path, dtype: &str) -> Result<OperatorScore> {
    let blob_file = file.with_extension("bin");
    let text = fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    let blob = fs::read(&blob_file).with_context(|| format!("cannot read {}", blob_file.display()))?;
    let entry: Entry =
        serde_json::from_slice(&text).with_context(|| format!("{} is malformed", file.display()))?;
    if entry.dtype != dtype {
        bail!("{} holds samples of {}, not of {dtype}", file.display(), entry.dtype);
    }
    let (refusals, refused) = refusals(&entry, &blob);
    Ok(OperatorScore {
        samples: entry.samples.iter().map(|sample| replay(&entry, sample, &blob)).collect(),
        in_place: entry.samples.iter().filter_map(|sample| in_place(&entry, sample, &blob)).collect(),
        out: entry.samples.iter().filter_map(|sample| into_out(&entry, sample, &blob)).collect(),
        refusals,
        refused,
        left_out: entry.left_out,
        differentiable: entry.differentiable,
        name: entry.name,
    })
}
