//! From the submission of an intent to its disk, its readers and its subscriber; the baseline is the disk alone.

use std::path::Path;
use std::sync::mpsc;
use std::time::Instant;

use anyhow::{Context, Result};
use serde_json::json;
use store::{Durability, Filter, Store};

use crate::Scale;
use crate::engine::Engine;
use crate::raw::Raw;
use crate::rounds::{Row, each};
use crate::rows::logged::set;
use crate::statistics::percentile;
use crate::store_pages::{StorePages, options};

const COMMITS: u64 = 2_000;

pub fn steps(_: &Scale, directory: &Path) -> Result<Vec<Row>> {
    let ours = StorePages { store: Store::open_dir(directory.join("ours"), options(Durability::Durable))? };
    ours.load(64, 4_096)?;
    let store = &ours.store;
    let (seen, came) = mpsc::channel();
    let mut steps: [Vec<u64>; 3] = Default::default();
    let first = store.last_seq();
    std::thread::scope(|scope| -> Result<()> {
        scope.spawn(move || {
            let mut subscription = store.subscribe(first, Filter::default());
            // Until the receiver is gone: then everything came.
            loop {
                let given = match subscription.poll() {
                    Ok(Some(record)) => seen.send((record.seq, Instant::now())),
                    Ok(None) if subscription.cursor() >= first + COMMITS => break,
                    Ok(None) => subscription.wait().map_err(|_| mpsc::SendError((0, Instant::now()))),
                    Err(_) => break,
                };
                if given.is_err() {
                    break;
                }
            }
        });
        for at in 0..COMMITS {
            let plan = set(u128::from(at) + 1, at % 64 + 1, 0, at.to_le_bytes().to_vec());
            let start = Instant::now();
            let seq = store.upsert().submit(&plan)?.seq();
            steps[0].push(start.elapsed().as_nanos() as u64);
            store.query().read_at_least(seq)?;
            steps[1].push(start.elapsed().as_nanos() as u64);
            let (given, when) = came.recv().context("the subscriber ended")?;
            anyhow::ensure!(given == seq, "seq {given} came instead of {seq}");
            steps[2].push((when - start).as_nanos() as u64);
        }
        Ok(())
    })?;
    let raw = Raw::new(directory)?;
    let baseline = each(COMMITS, |_| raw.append(&[7; 96]))?.latencies_ns;
    let mut lines = vec!["## intent to durable, visible, subscriber".to_owned()];
    let mut sides = Vec::new();
    let [durable, visible, subscriber] = steps;
    let named = [
        ("durable", durable),
        ("visible", visible),
        ("subscriber", subscriber),
        ("raw append+fdatasync", baseline),
    ];
    for (name, mut latencies) in named {
        latencies.sort_unstable();
        let [p50, p99, p999] = [0.5, 0.99, 0.999].map(|share| percentile(&latencies, share));
        lines.push(format!("{name:<22} p50 {p50} ns  p99 {p99} ns  p99.9 {p999} ns"));
        // Powers of two: the bucket of `n` holds what lies below 2^n and not below its half.
        let mut buckets = [0u64; 64];
        latencies.iter().for_each(|ns| buckets[(u64::BITS - ns.leading_zeros()) as usize % 64] += 1);
        let filled: Vec<_> = (0..).zip(buckets).filter(|(_, count)| *count > 0).collect();
        filled.iter().for_each(|(bits, count)| lines.push(format!("  < {:>12} ns {count}", 1u64 << bits)));
        sides.push(json!({
            "name": name, "p50_ns": p50, "p99_ns": p99, "p999_ns": p999,
            "below_ns": filled.iter().map(|(bits, count)| [1u64 << bits, *count]).collect::<Vec<_>>(),
        }));
    }
    Ok(vec![Row {
        json: json!({ "row": "intent to durable, visible, subscriber", "contestants": sides }),
        lines,
    }])
}
