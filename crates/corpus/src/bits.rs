//! Whether results depend on the number of threads: every sample's results and gradients, bit for bit, under 1, 2 and 4.

use std::fs;
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};

use anyhow::{Context, Result};
use autograd::{Generator, Tensor, Variable};
use threads::Setting;

use crate::build::variables;
use crate::folder::COMPLETE;
use crate::replay::{SEED, called};
use crate::run::{Options, chosen};
use crate::words::{Entry, Sample};

const THREADS: [usize; 3] = [1, 2, 4];

/// Rows of a piece: few, so that the small tensors of a corpus are spread over threads at all.
const ROWS_A_PIECE: usize = 8;

/// What the comparison found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bits {
    /// Samples that were computed under each number of threads.
    pub samples: usize,
    /// Operators whose bits differ, with the first such sample.
    pub differing: Vec<(String, usize)>,
}

/// Computes a corpus under 1, 2 and 4 threads; `None` if there is none.
///
/// # Errors
/// If a file cannot be read or an operator that was named is not in the corpus.
pub fn same_bits(options: &Options) -> Result<Option<Bits>> {
    if !options.folder.join(COMPLETE).exists() {
        return Ok(None);
    }
    let mut bits = Bits::default();
    for file in chosen(options)? {
        let text = fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
        let blob_file = file.with_extension("bin");
        let blob = fs::read(&blob_file).with_context(|| format!("cannot read {}", blob_file.display()))?;
        let entry: Entry =
            serde_json::from_slice(&text).with_context(|| format!("{} is malformed", file.display()))?;
        let mut first = None;
        for (k, sample) in entry.samples.iter().enumerate() {
            let [one, two, four] = THREADS.map(|threads| under(threads, || digest(&entry, sample, &blob)));
            bits.samples += usize::from(one.is_some());
            if first.is_none() && (one != two || one != four) {
                first = Some(k);
            }
        }
        bits.differing.extend(first.map(|k| (entry.name.clone(), k)));
    }
    Ok(Some(bits))
}

fn under<R>(threads: usize, body: impl FnOnce() -> R) -> R {
    let positive = |n| NonZeroUsize::new(n).unwrap_or(NonZeroUsize::MIN);
    let mut setting = Setting::new(positive(threads));
    setting.rows_a_piece = positive(ROWS_A_PIECE);
    threads::with(setting, body)
}

/// A digest of a sample's results and gradients; `None` where it gives none.
fn digest(entry: &Entry, sample: &Sample, blob: &[u8]) -> Option<blake3::Hash> {
    catch_unwind(AssertUnwindSafe(|| computed(entry, sample, blob))).ok().flatten()
}

fn computed(entry: &Entry, sample: &Sample, blob: &[u8]) -> Option<blake3::Hash> {
    if sample.undescribed.is_some() {
        return None;
    }
    let inputs = variables(&sample.storages, &sample.tensors, blob, true).ok()?;
    let results = called(entry, sample, &inputs, None).ok()?.ok()?;
    let mut hasher = blake3::Hasher::new();
    for result in &results {
        hasher.update(&result.data().value_hash().ok()?);
    }
    let roots: Vec<&Variable> = results.iter().filter(|result| result.requires_grad()).collect();
    let leaves: Vec<&Variable> = inputs.iter().filter(|input| input.requires_grad()).collect();
    if roots.is_empty() || leaves.is_empty() {
        return Some(hasher.finalize());
    }
    let ones: Vec<Option<Tensor>> =
        roots.iter().map(|root| root.data().full_like(1i64.into()).ok()).collect();
    let found = Generator::new(SEED).with_default(|| autograd::grad(&roots, &leaves, &ones, false, true));
    match found {
        Ok(found) => {
            for grad in found {
                match grad {
                    Some(grad) => hasher.update(&grad.value_hash().ok()?),
                    None => hasher.update(b"none"),
                };
            }
        }
        Err(error) => {
            hasher.update(error.message().as_bytes());
        }
    }
    Some(hasher.finalize())
}
