//! Everybody runs once a round, each round starting with another; ours runs twice, and the ratio of its two is the null.

use std::time::Instant;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use crate::statistics::{Interval, interval, median, percentile};

/// What one run of a contestant did.
#[derive(Clone, Debug, Default)]
pub struct Sample {
    pub seconds: f64,
    pub operations: u64,
    /// Of each operation, where they are timed one by one.
    pub latencies_ns: Vec<u64>,
}

/// Times operations one by one.
pub fn each(count: u64, mut operation: impl FnMut(u64) -> Result<()>) -> Result<Sample> {
    let mut latencies_ns = Vec::with_capacity(count as usize);
    let start = Instant::now();
    let mut before = start;
    for at in 0..count {
        operation(at)?;
        let now = Instant::now();
        latencies_ns.push((now - before).as_nanos() as u64);
        before = now;
    }
    Ok(Sample { seconds: start.elapsed().as_secs_f64(), operations: count, latencies_ns })
}

/// Times operations together, where one is too short for a clock.
pub fn together(count: u64, work: impl FnOnce() -> Result<()>) -> Result<Sample> {
    let start = Instant::now();
    work()?;
    Ok(Sample { seconds: start.elapsed().as_secs_f64(), operations: count, latencies_ns: Vec::new() })
}

/// As [`together`], in processor time of this thread: for what waits for nothing, so that others on the machine count
/// less. Threads of the contestant's own are its gain.
pub fn computing(count: u64, work: impl FnOnce() -> Result<()>) -> Result<Sample> {
    let now = || {
        let now = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
        now.tv_sec as f64 + now.tv_nsec as f64 / 1e9
    };
    let start = now();
    work()?;
    Ok(Sample { seconds: now() - start, operations: count, latencies_ns: Vec::new() })
}

type Run<'a> = Box<dyn FnMut() -> Result<Sample> + 'a>;

pub struct Contestant<'a> {
    name: &'static str,
    run: Run<'a>,
}

pub fn contestant<'a>(name: &'static str, run: impl FnMut() -> Result<Sample> + 'a) -> Contestant<'a> {
    Contestant { name, run: Box::new(run) }
}

/// What a row of the table must reach, of our operations a second.
pub enum Target {
    /// So many times the rate of this contestant.
    Times(&'static str, f64),
    /// At most so many percent more time an operation than this contestant.
    Over(&'static str, f64),
    /// So many operations a second.
    Rate(f64),
    /// At most so many nanoseconds an operation.
    Nanoseconds(f64),
}

/// A row of the table.
pub struct Row {
    pub json: Value,
    pub lines: Vec<String>,
}

/// Runs all of them and holds ours, the first, against the targets.
pub fn measure(
    name: &'static str,
    rounds: usize,
    mut contestants: Vec<Contestant<'_>>,
    targets: &[Target],
) -> Result<Row> {
    ensure!(!contestants.is_empty(), "{name} has no contestant");
    let count = contestants.len();
    let mut samples: Vec<Vec<Sample>> = vec![Vec::new(); count + 1];
    // Caches and files are warm before anything counts.
    for contestant in &mut contestants {
        (contestant.run)()?;
    }
    for round in 0..rounds {
        for turn in 0..=count {
            let at = (round + turn) % (count + 1);
            let of = if at == count { 0 } else { at };
            samples[at].push((contestants[of].run)()?);
        }
    }
    let rates: Vec<Vec<f64>> = samples
        .iter()
        .map(|samples| samples.iter().map(|sample| sample.operations as f64 / sample.seconds).collect())
        .collect();
    let ratio = |at: usize| {
        let ratios: Vec<f64> = rates[0].iter().zip(&rates[at]).map(|(ours, theirs)| ours / theirs).collect();
        interval(&ratios)
    };
    let null = ratio(count);
    let noise = null.high.max(1.0 / null.low);
    let mut lines = vec![format!("## {name}"), format!("null {}", shown(null))];
    let mut sides = Vec::new();
    for (at, contestant) in contestants.iter().enumerate() {
        let mut latencies: Vec<u64> =
            samples[at].iter().flat_map(|sample| sample.latencies_ns.clone()).collect();
        latencies.sort_unstable();
        let [p50, p99, p999] = [0.5, 0.99, 0.999].map(|share| percentile(&latencies, share));
        let rate = interval(&rates[at]);
        let against = ratio(at);
        let word = match against {
            _ if at == 0 => "",
            Interval { low, .. } if low > 1.0 => "win",
            Interval { high, .. } if high < 1.0 => "LOSS",
            _ => "even",
        };
        lines.push(format!(
            "{:<14} {:>12.0}/s [{:.0}, {:.0}]  {:>10.1} ns  p50 {p50} p99 {p99} p99.9 {p999}  ours/it {} {word}",
            contestant.name,
            rate.median,
            rate.low,
            rate.high,
            1e9 / rate.median,
            shown(against),
        ));
        sides.push(json!({
            "name": contestant.name, "per_second": of(rate), "ours_over": of(against), "word": word,
            "p50_ns": p50, "p99_ns": p99, "p999_ns": p999,
            "seconds": samples[at].iter().map(|sample| sample.seconds).collect::<Vec<_>>(),
            "operations": samples[at].first().map(|sample| sample.operations),
        }));
    }
    let ours = interval(&rates[0]);
    let against = |of: &str| {
        let at = contestants.iter().position(|contestant| contestant.name == of);
        at.map(ratio).with_context(|| format!("the target of {name} names {of}, who takes no part"))
    };
    let mut checks = Vec::new();
    for target in targets {
        let (what, reached) = match target {
            Target::Times(of, factor) => (format!(">= {factor} x {of}"), scaled(against(of)?, 1.0 / factor)),
            Target::Over(of, percent) => {
                (format!("<= {of} + {percent} %"), scaled(against(of)?, 1.0 + percent / 100.0))
            }
            Target::Rate(rate) => (format!(">= {rate:.0}/s"), scaled(ours, 1.0 / rate)),
            Target::Nanoseconds(ns) => (format!("<= {ns} ns"), scaled(ours, ns / 1e9)),
        };
        let word = verdict(reached, noise);
        lines.push(format!("target {what}: {:.2} of it, {word}", reached.median));
        checks.push(json!({ "target": what, "reached": of(reached), "verdict": word }));
    }
    let json =
        json!({ "row": name, "rounds": rounds, "null": of(null), "contestants": sides, "targets": checks });
    Ok(Row { json, lines })
}

/// A row that counts instead of timing: name of the figure, what was found, what is allowed at most.
pub fn counted(name: &'static str, figures: &[(&str, f64, Option<f64>)]) -> Row {
    let mut lines = vec![format!("## {name}")];
    let mut all = Vec::new();
    for (what, found, at_most) in figures {
        let word = at_most.map(|most| if *found <= most { "met" } else { "MISSED" });
        let limit = at_most.map_or(String::new(), |most| format!(", at most {most}"));
        lines.push(format!("{what}: {found:.2}{limit} {}", word.unwrap_or_default()));
        all.push(json!({ "figure": what, "found": found, "at_most": at_most, "verdict": word }));
    }
    Row { json: json!({ "row": name, "figures": all }), lines }
}

/// Only what the noise cannot turn around is said to be met or missed.
fn verdict(reached: Interval, noise: f64) -> &'static str {
    match reached {
        Interval { low, .. } if low / noise >= 1.0 => "met",
        Interval { high, .. } if high * noise < 1.0 => "MISSED",
        _ => "not evaluated: within the noise",
    }
}

fn scaled(Interval { median, low, high }: Interval, factor: f64) -> Interval {
    Interval { median: median * factor, low: low * factor, high: high * factor }
}

fn shown(Interval { median, low, high }: Interval) -> String {
    format!("{median:.3} [{low:.3}, {high:.3}]")
}

fn of(Interval { median, low, high }: Interval) -> Value {
    json!({ "median": median, "low": low, "high": high })
}

/// The median time of a write and sync of 4 KiB, in nanoseconds: what the disk was like.
pub fn probe(raw: &crate::raw::Raw) -> Result<f64> {
    let times: Vec<f64> =
        each(64, |_| raw.append(&[1; 4096]))?.latencies_ns.iter().map(|ns| *ns as f64).collect();
    Ok(median(&times))
}
