//! Counters of one open store, as Prometheus reads them.

mod log;

pub use log::LogMetrics;

use std::fmt::Write;

use plan::{Change, Delta, Patch};

use crate::refusal::Cause;
use crate::snapshot::OldestSnapshot;
use crate::way::{self, Stage, Times};

/// Upper bounds of the histograms of times, in nanoseconds.
const TIME_BOUNDS_NS: [u64; 9] =
    [50_000, 100_000, 250_000, 1_000_000, 4_000_000, 16_000_000, 64_000_000, 250_000_000, 1_000_000_000];
/// Upper bounds of the histogram of group sizes, in transactions.
const GROUP_BOUNDS: [u64; 7] = [1, 4, 16, 64, 256, 1_024, 4_096];

#[derive(Clone, Debug)]
pub(crate) struct Histogram<const N: usize> {
    /// How many values lie in each bucket and in none before it; the last takes what is over all bounds.
    buckets: [u64; N],
    over: u64,
    pub(crate) sum: u64,
}

impl<const N: usize> Default for Histogram<N> {
    fn default() -> Histogram<N> {
        Histogram { buckets: [0; N], over: 0, sum: 0 }
    }
}

impl<const N: usize> Histogram<N> {
    pub(crate) fn observe(&mut self, bounds: &[u64; N], value: u64) {
        let bucket = bounds.iter().zip(&mut self.buckets).find(|(bound, _)| value <= **bound);
        *bucket.map_or(&mut self.over, |(_, count)| count) += 1;
        self.sum = self.sum.saturating_add(value);
    }

    pub(crate) fn count(&self) -> u64 {
        self.buckets.iter().sum::<u64>() + self.over
    }
}

/// What the log counts, under its lock.
#[derive(Clone, Debug)]
pub(crate) struct Counters {
    commits: u64,
    refusals: [u64; Cause::ALL.len()],
    syncs: Histogram<9>,
    groups: Histogram<7>,
    /// Payload bytes of writes as runs, bitmap, full, fill.
    encoded_bytes: [u64; 4],
    pub(crate) checkpoints: u64,
    pub(crate) checkpoint_seq: u64,
}

impl Counters {
    /// Nothing counted yet, behind a checkpoint; 0 for none.
    pub(crate) fn new(checkpoint_seq: u64) -> Counters {
        Counters {
            commits: 0,
            refusals: [0; Cause::ALL.len()],
            syncs: Histogram::default(),
            groups: Histogram::default(),
            encoded_bytes: [0; 4],
            checkpoints: 0,
            checkpoint_seq,
        }
    }

    pub(crate) fn committed(&mut self) {
        self.commits += 1;
    }

    pub(crate) fn refused(&mut self, cause: Cause) {
        let at = Cause::ALL.iter().position(|other| *other == cause);
        if let Some(count) = at.and_then(|at| self.refusals.get_mut(at)) {
            *count += 1;
        }
    }

    pub(crate) fn synced(&mut self, elapsed_ns: u64) {
        self.syncs.observe(&TIME_BOUNDS_NS, elapsed_ns);
    }

    pub(crate) fn grouped(&mut self, transactions: u64) {
        self.groups.observe(&GROUP_BOUNDS, transactions);
    }
}

/// Payload bytes of each encoding among deltas: runs, bitmap, full, fill.
pub(crate) fn encoded_bytes<'a>(deltas: impl Iterator<Item = &'a Delta>) -> [u64; 4] {
    let mut bytes = [0; 4];
    for delta in deltas {
        let Change::Write(patch) = &delta.change else { continue };
        match patch {
            Patch::Runs(runs) => bytes[0] += runs.iter().map(|(_, run)| run.len() as u64).sum::<u64>(),
            Patch::Bitmap { mask, bytes: set, .. } => bytes[1] += (mask.len() + set.len()) as u64,
            Patch::Full(all) => bytes[2] += all.len() as u64,
            Patch::Fill { .. } => bytes[3] += 1,
        }
    }
    bytes
}

impl Counters {
    pub(crate) fn encoded(&mut self, bytes: [u64; 4]) {
        self.encoded_bytes.iter_mut().zip(bytes).for_each(|(sum, bytes)| *sum += bytes);
    }
}

/// The figures of a store at one moment: of an open one what its process counted, of a log what it holds.
///
/// Commits, refusals by cause, bytes by encoding, seqs, pages and the age of the checkpoint are told of both. Of an open
/// one alone: syncs and groups, what is not yet on disk or behind a checkpoint, derived pages computed and cut off, what
/// the oldest snapshot holds, and, with a [stopwatch](crate::Options::stopwatch), how long transactions take from the
/// request to the disk, to readers and to who follows the log.
#[derive(Clone, Debug)]
pub struct Metrics {
    pub(crate) counters: Counters,
    pub(crate) last_seq: u64,
    pub(crate) oldest_seq: u64,
    pub(crate) page_count: u64,
    pub(crate) stale_count: u64,
    /// `None` where only the log was looked at.
    pub(crate) process: Option<Process>,
}

/// What only the process that has a store open can tell.
#[derive(Clone, Debug)]
pub(crate) struct Process {
    pub(crate) durable_seq: u64,
    pub(crate) tail_bytes: u64,
    pub(crate) recomputes: u64,
    pub(crate) cutoffs: u64,
    pub(crate) discards: u64,
    pub(crate) oldest_snapshot: OldestSnapshot,
    /// Where there is a stopwatch.
    pub(crate) times: Option<[Times; 3]>,
}

impl Metrics {
    /// Prometheus' text format, version 0.0.4.
    pub fn render(&self) -> String {
        let mut text = String::new();
        let counters = &self.counters;
        let checkpoint_age = self.last_seq.saturating_sub(counters.checkpoint_seq);
        let mut single = vec![
            (
                "commits_total",
                "counter",
                "Transactions, registrations and changes of the graph.",
                counters.commits,
            ),
            ("last_seq", "gauge", "The last acknowledged seq.", self.last_seq),
            ("oldest_seq", "gauge", "The seq of the oldest state that is left.", self.oldest_seq),
            ("pages", "gauge", "Pages of the newest state.", self.page_count),
            (
                "stale_pages",
                "gauge",
                "Derived pages that do not have all of their inputs yet.",
                self.stale_count,
            ),
            ("checkpoint_age", "gauge", "Transactions since the last checkpoint.", checkpoint_age),
        ];
        if let Some(process) = &self.process {
            let durable_lag = self.last_seq.saturating_sub(process.durable_seq);
            let oldest = &process.oldest_snapshot;
            let snapshot_lag = oldest.seq.map_or(0, |seq| self.last_seq.saturating_sub(seq));
            let held_bytes = oldest.held_bytes;
            single.extend([
                ("durable_lag", "gauge", "Acknowledged transactions that are not on disk.", durable_lag),
                ("tail_bytes", "gauge", "Bytes of the log behind the last checkpoint.", process.tail_bytes),
                ("checkpoints_total", "counter", "Checkpoints written.", counters.checkpoints),
                ("recomputes_total", "counter", "Derived pages computed.", process.recomputes),
                ("cutoffs_total", "counter", "Derived pages that stayed the same.", process.cutoffs),
                ("discards_total", "counter", "Results of tasks that came too late.", process.discards),
                (
                    "snapshot_lag",
                    "gauge",
                    "Transactions behind the state of the oldest snapshot.",
                    snapshot_lag,
                ),
                ("snapshot_held_bytes", "gauge", "Bytes of pages replaced since that state.", held_bytes),
            ]);
        }
        for (name, kind, help, value) in single {
            head(&mut text, name, kind, help);
            let _ = writeln!(text, "lumen_store_{name} {value}");
        }
        head(&mut text, "refusals_total", "counter", "Requests refused, by cause.");
        for (cause, count) in Cause::ALL.iter().zip(counters.refusals) {
            let _ = writeln!(text, "lumen_store_refusals_total{{cause=\"{}\"}} {count}", cause.name());
        }
        head(&mut text, "encoded_bytes_total", "counter", "Payload bytes of page writes, by encoding.");
        for (encoding, bytes) in ["runs", "bitmap", "full", "fill"].iter().zip(counters.encoded_bytes) {
            let _ = writeln!(text, "lumen_store_encoded_bytes_total{{encoding=\"{encoding}\"}} {bytes}");
        }
        let Some(process) = &self.process else { return text };
        let seconds = |ns: u64| ns as f64 / 1e9;
        head(&mut text, "sync_seconds", "histogram", "Time of a write and sync of the log.");
        histogram(&mut text, "sync_seconds", "", &counters.syncs, &TIME_BOUNDS_NS, seconds);
        head(&mut text, "group_size", "histogram", "Transactions that shared a write.");
        histogram(&mut text, "group_size", "", &counters.groups, &GROUP_BOUNDS, |count| count as f64);
        let Some(times) = &process.times else { return text };
        head(
            &mut text,
            "commit_seconds",
            "histogram",
            "Time from a request to where it came: on disk, seen and acknowledged, handed to a follower.",
        );
        for (stage, times) in Stage::ALL.iter().zip(times) {
            let label = format!("stage=\"{}\"", stage.name());
            histogram(&mut text, "commit_seconds", &label, &times.histogram, &way::BOUNDS_NS, seconds);
        }
        head(
            &mut text,
            "commits_untimed_total",
            "counter",
            "Those that came so late that they were not timed.",
        );
        for (stage, times) in Stage::ALL.iter().zip(times) {
            let (stage, forgotten) = (stage.name(), times.forgotten);
            let _ = writeln!(text, "lumen_store_commits_untimed_total{{stage=\"{stage}\"}} {forgotten}");
        }
        head(
            &mut text,
            "snapshot_held_seconds",
            "gauge",
            "Time since the oldest snapshot's state was replaced.",
        );
        let held = seconds(process.oldest_snapshot.held_ns.unwrap_or_default());
        let _ = writeln!(text, "lumen_store_snapshot_held_seconds {held}");
        text
    }
}

// Writing to a string does not fail.
fn head(text: &mut String, name: &str, kind: &str, help: &str) {
    let _ = writeln!(text, "# HELP lumen_store_{name} {help}\n# TYPE lumen_store_{name} {kind}");
}

/// The samples of a histogram; `label` is empty or tells it from others of its name.
fn histogram<const N: usize>(
    text: &mut String,
    name: &str,
    label: &str,
    histogram: &Histogram<N>,
    bounds: &[u64; N],
    unit: impl Fn(u64) -> f64,
) {
    let (first, alone) = match label {
        "" => (String::new(), String::new()),
        label => (format!("{label},"), format!("{{{label}}}")),
    };
    let mut count = 0;
    for (bound, bucket) in bounds.iter().zip(histogram.buckets) {
        count += bucket;
        let _ = writeln!(text, "lumen_store_{name}_bucket{{{first}le=\"{}\"}} {count}", unit(*bound));
    }
    let count = histogram.count();
    let _ = writeln!(text, "lumen_store_{name}_bucket{{{first}le=\"+Inf\"}} {count}");
    let _ = writeln!(text, "lumen_store_{name}_sum{alone} {}", unit(histogram.sum));
    let _ = writeln!(text, "lumen_store_{name}_count{alone} {count}");
}
