//! A paired measurement and the rule over it: is one commit slower than another?
//!
//! Rounds interleave base, candidate and base again. The two bases are the null: where they differ from each other, the
//! machine was too noisy to say anything. A regression is an interval wholly beyond the bound *and* a difference beyond
//! the floor, between two clean, distinct commits whose results have equal checksums.

use crate::gate::Verdict;
use serde::{Deserialize, Serialize};

/// The format this crate reads.
pub const VERSION: u32 = 1;

/// Fewer rounds say nothing.
pub const ROUNDS_MIN: usize = 7;

/// How far the null's interval may lie from 1.
const NULL_BOUND: f64 = 0.05;

/// Resamples of the bootstrap (Efron 1979, percentile interval).
const RESAMPLES: usize = 2_000;

/// What one side measured.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Side {
    /// The commit that was measured.
    pub commit: String,
    /// Whether its tree had changes.
    pub dirty: bool,
    /// Digest of the materialised result.
    pub checksum: String,
}

/// One round, in nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Round {
    /// The base.
    pub base_ns: u64,
    /// The candidate.
    pub candidate_ns: u64,
    /// The base once more.
    pub null_ns: u64,
}

/// One task measured on two commits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Measurement {
    /// The format's version.
    pub measurement: u32,
    /// The sentinel's id, as packets name it.
    pub task: String,
    /// What it is compared with.
    pub base: Side,
    /// What is judged.
    pub candidate: Side,
    /// How much slower it may be, in percent.
    pub bound_percent: u32,
    /// Differences of medians up to this are no regression.
    pub floor_ns: u64,
    /// In the order they ran.
    pub rounds: Vec<Round>,
}

/// A median ratio with its 95 % interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ratio {
    /// The lower end.
    pub low: f64,
    /// The median.
    pub median: f64,
    /// The upper end.
    pub high: f64,
}

/// What a measurement says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Judgement {
    /// The task.
    pub task: String,
    /// Fail for a regression or other results.
    pub verdict: Verdict,
    /// Why.
    pub reason: String,
    /// Candidate over base.
    pub ratio: Option<Ratio>,
    /// Base over base.
    pub null: Option<Ratio>,
    /// p50, p95 and p99 of the candidate in nanoseconds.
    pub candidate_ns: [u64; 3],
    /// The same of the base.
    pub base_ns: [u64; 3],
}

impl Measurement {
    /// Judges a measurement. Equal measurements have equal judgements.
    #[must_use]
    pub fn judge(&self) -> Judgement {
        let side = |time: fn(&Round) -> u64| self.rounds.iter().map(time).collect::<Vec<u64>>();
        let (base, candidate) = (side(|round| round.base_ns), side(|round| round.candidate_ns));
        let ratio = self.ratio(|round| round.candidate_ns);
        let null = self.ratio(|round| round.null_ns);
        let (verdict, reason) = self.verdict(&base, &candidate, ratio, null);
        Judgement {
            task: self.task.clone(),
            verdict,
            reason,
            ratio,
            null,
            candidate_ns: percentiles(candidate),
            base_ns: percentiles(base),
        }
    }

    fn verdict(
        &self,
        base: &[u64],
        candidate: &[u64],
        ratio: Option<Ratio>,
        null: Option<Ratio>,
    ) -> (Verdict, String) {
        // Checksums come before any time: other results are not slower or faster.
        if self.base.checksum != self.candidate.checksum {
            let (expected, found) = (&self.base.checksum, &self.candidate.checksum);
            return (Verdict::Fail, format!("checksum: expected {expected}, found {found}"));
        }
        let open = |why: String| (Verdict::NotEvaluated, why);
        if self.base.commit == self.candidate.commit {
            return open(format!("the same commit twice: {}", self.base.commit));
        }
        if self.base.dirty || self.candidate.dirty {
            return open("a tree with changes is no evidence".into());
        }
        if self.rounds.len() < ROUNDS_MIN {
            return open(format!("{} rounds, at least {ROUNDS_MIN} are wanted", self.rounds.len()));
        }
        let (Some(ratio), Some(null)) = (ratio, null) else {
            return open("a round that took no time".into());
        };
        if null.low < 1.0 - NULL_BOUND || null.high > 1.0 + NULL_BOUND {
            return open(format!("noise: base against itself lies in [{:.3}, {:.3}]", null.low, null.high));
        }
        let bound = 1.0 + f64::from(self.bound_percent) / 100.0;
        let slower_ns = median_ns(candidate).saturating_sub(median_ns(base));
        let shown = format!("{:.3} [{:.3}, {:.3}]", ratio.median, ratio.low, ratio.high);
        if ratio.low > bound && slower_ns > self.floor_ns {
            return (Verdict::Fail, format!("regression: {shown}, bound {bound:.2}, {slower_ns} ns slower"));
        }
        (Verdict::Pass, shown)
    }

    /// The median of the rounds' ratios to their base; none where a base took no time.
    fn ratio(&self, time: fn(&Round) -> u64) -> Option<Ratio> {
        let ratio = |round: &Round| (round.base_ns > 0).then(|| time(round) as f64 / round.base_ns as f64);
        let ratios: Vec<f64> = self.rounds.iter().map(ratio).collect::<Option<_>>()?;
        if ratios.is_empty() {
            return None;
        }
        // A fixed seed: the interval is a function of the measurement.
        let mut random = 0x9E37_79B9_7F4A_7C15u64;
        let mut medians: Vec<f64> = (0..RESAMPLES)
            .map(|_| {
                let sample = ratios.iter().map(|_| {
                    // SplitMix64 (Steele, Lea and Flood 2014).
                    random = random.wrapping_add(0x9E37_79B9_7F4A_7C15);
                    let z = (random ^ (random >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
                    let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
                    let at = ((u128::from(z ^ (z >> 31)) * ratios.len() as u128) >> 64) as usize;
                    ratios.get(at).copied().unwrap_or(1.0)
                });
                median(sample.collect())
            })
            .collect();
        medians.sort_by(f64::total_cmp);
        let at = |share: f64| medians.get((share * (RESAMPLES - 1) as f64).round() as usize).copied();
        Some(Ratio { low: at(0.025)?, median: median(ratios), high: at(0.975)? })
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    let at = |n: usize| values.get(n).copied().unwrap_or(f64::NAN);
    if values.len() % 2 == 1 { at(middle) } else { (at(middle.wrapping_sub(1)) + at(middle)) / 2.0 }
}

fn median_ns(values: &[u64]) -> u64 {
    percentiles(values.to_vec())[0]
}

/// p50, p95 and p99 by the nearest rank.
fn percentiles(mut values: Vec<u64>) -> [u64; 3] {
    values.sort_unstable();
    [50, 95, 99].map(|percent| {
        let rank = (values.len() * percent).div_ceil(100).max(1);
        values.get(rank - 1).copied().unwrap_or(0)
    })
}

#[cfg(test)]
mod tests;
