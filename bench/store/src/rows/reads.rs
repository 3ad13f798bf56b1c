//! Reading, alone and beside a writer.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use store::{Durability, Store};

use crate::Scale;
use crate::engine::{self, Edit, Engine, Level, checksum};
use crate::rounds::{Contestant, Row, Target, computing, contestant, counted, each, measure};
use crate::statistics::{Generator, percentile};
use crate::store_pages::{StorePages, options};

const SIZE: usize = 1_024;

/// Pages read by id, each somewhere else than the one before.
pub fn points(scale: &Scale, directory: &Path) -> Result<Vec<Row>> {
    const READS: u64 = 200_000;
    let mut engines = Vec::new();
    let mut sums = Vec::new();
    for name in ["lumen", "redb", "heed"] {
        let engine = engine::open(name, directory, Level::Loose)?;
        engine.load(scale.pages, SIZE)?;
        sums.push(checksum(&*engine, scale.pages)?);
        engines.push((name, engine));
    }
    ensure!(sums.iter().all(|sum| *sum == sums[0]), "contents differ: {sums:?}");
    let mut contestants: Vec<Contestant<'_>> = Vec::new();
    for (name, engine) in &engines {
        let mut generator = Generator::new(17);
        contestants.push(contestant(name, move || {
            let ids: Vec<u64> = (0..READS).map(|_| generator.below(scale.pages) + 1).collect();
            let mut sum = 0u64;
            let sample = computing(READS, || {
                engine.read(&mut ids.iter().copied(), &mut |bytes| sum += u64::from(bytes[bytes.len() / 2]))
            })?;
            std::hint::black_box(sum);
            Ok(sample)
        }));
    }
    let name = "point read, 1 KiB, pages in memory and in page cache";
    Ok(vec![measure(name, scale.rounds, contestants, &[Target::Times("redb", 1.0)])?])
}

/// The slowest commits of a writer alone and beside a scan that never ends; and what a snapshot costs that is held.
pub fn beside_a_writer(scale: &Scale, directory: &Path) -> Result<Vec<Row>> {
    const PAGES: u64 = 20_000;
    let ours = StorePages { store: Store::open_dir(directory.join("ours"), options(Durability::Durable))? };
    ours.load(PAGES, SIZE)?;
    let mut generator = Generator::new(19);
    let mut commits = |count| {
        each(count, |_| {
            let page = generator.below(PAGES) + 1;
            ours.commit(&[Edit { page, offset: 0, bytes: generator.bytes(64) }])
        })
    };
    let mut p99 = [Vec::new(), Vec::new()];
    for _ in 0..scale.rounds {
        for scanning in [false, true] {
            let stop = AtomicBool::new(false);
            let latencies = std::thread::scope(|scope| {
                let scan = || {
                    let mut sum = 0u64;
                    while !stop.load(Ordering::Relaxed) {
                        let snapshot = ours.store.query().snapshot();
                        for (_, page) in snapshot.iter().into_iter().flatten().flatten() {
                            sum += u64::from(page.bytes()[0]);
                        }
                    }
                    sum
                };
                let scanner = scanning.then(|| scope.spawn(scan));
                let sample = commits(1_000);
                stop.store(true, Ordering::Relaxed);
                if let Some(scanner) = scanner {
                    std::hint::black_box(scanner.join().expect("no panic"));
                }
                sample
            })?
            .latencies_ns;
            let mut sorted = latencies;
            sorted.sort_unstable();
            p99[usize::from(scanning)].push(percentile(&sorted, 0.99) as f64);
        }
    }
    let [alone, beside] = p99.map(|values| crate::statistics::median(&values));

    let before = resident_bytes()?;
    let snapshot = ours.store.query().snapshot();
    let until = Instant::now() + Duration::from_secs(scale.seconds);
    let mut rewritten = std::collections::BTreeSet::new();
    let mut generator = Generator::new(23);
    while Instant::now() < until {
        let page = generator.below(PAGES) + 1;
        rewritten.insert(page);
        ours.commit(&[Edit { page, offset: 0, bytes: generator.bytes(64) }])?;
    }
    let held = resident_bytes()?.saturating_sub(before) as f64;
    drop(snapshot);
    // A page's bytes, its slot, and a share of the nodes above.
    let allowed = rewritten.len() as f64 * (SIZE as f64 + 128.0) + (4 << 20) as f64;
    Ok(vec![counted(
        "scan beside a writer",
        &[
            ("writer p99 alone, ns", alone, None),
            ("writer p99 beside a scan, ns", beside, None),
            ("p99 beside over alone", beside / alone, Some(1.5)),
            ("rewritten pages under a held snapshot", rewritten.len() as f64, None),
            ("bytes held, over those of the rewritten pages", held / allowed, Some(1.0)),
        ],
    )])
}

/// What this process has in memory, as the kernel says.
pub fn resident_bytes() -> Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
    Ok(line.trim().trim_end_matches("kB").trim().parse::<u64>()? << 10)
}
