//! Opening what a killed process left, and what stays in memory then. Children do the work that is killed or weighed.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};
use store::{Durability, Store};

use crate::Scale;
use crate::engine::{Edit, Engine, Level};
use crate::fjall_pages::FjallPages;
use crate::rounds::{Row, Sample, Target, contestant, counted, measure};
use crate::rows::reads::resident_bytes;
use crate::statistics::Generator;
use crate::store_pages::{StorePages, mutation, options};

const PAGES: u64 = 4_096;
const DELTAS: u64 = 64;

/// What a child does: its answer is one line, behind which the parent may kill it.
pub fn child(work: &str, directory: &Path, count: u64) -> Result<()> {
    let open = |level| Store::open_dir(directory, options(level)).map(|store| StorePages { store });
    match work {
        // Changes, then death.
        "write" => {
            let ours = open(Durability::Memory)?;
            ours.load(PAGES, 1_024)?;
            let mut generator = Generator::new(29);
            for at in 0..count / DELTAS {
                let first = at * DELTAS % PAGES;
                let edit = |page| Edit { page, offset: 16, bytes: generator.bytes(16) };
                let edits: Vec<Edit> = (first + 1..=first + DELTAS).map(edit).collect();
                ours.store.mutate().commit(&mutation(&edits))?;
            }
            println!("{}", ours.store.last_seq());
            loop {
                std::thread::park();
            }
        }
        "load-ours" => {
            let ours = open(Durability::Memory)?;
            ours.load(count, 1_024)?;
            ours.store.checkpoint()?;
        }
        "load-fjall" => FjallPages::open(directory, Level::Durable)?.load(count, 1_024)?,
        // The memory of so many pages.
        "resident-1000" | "resident-1024" => {
            let before = resident_bytes()?;
            let ours = open(Durability::Memory)?;
            ours.load(count, if work == "resident-1000" { 1_000 } else { 1_024 })?;
            let snapshot = ours.store.query().snapshot();
            ensure!(snapshot.page_count() == count, "{} pages", snapshot.page_count());
            println!("{} {before}", resident_bytes()?);
            return Ok(());
        }
        other => bail!("no work {other}"),
    }
    println!("done");
    Ok(())
}

/// Runs a child up to its answer, and kills it if asked.
fn run_child(work: &str, directory: &Path, count: u64, kill: bool) -> Result<String> {
    std::fs::create_dir_all(directory)?;
    let mut child = Command::new(std::env::current_exe()?)
        .args(["child", work])
        .arg(directory)
        .arg(count.to_string())
        .stdout(Stdio::piped())
        .spawn()?;
    let mut answer = String::new();
    let out = child.stdout.take().context("no output")?;
    std::io::BufRead::read_line(&mut std::io::BufReader::new(out), &mut answer)?;
    if kill {
        child.kill()?;
    }
    let status = child.wait()?;
    ensure!(kill || status.success(), "the child {work} failed");
    ensure!(!answer.is_empty(), "the child {work} said nothing");
    Ok(answer.trim().to_owned())
}

pub fn after_kill(scale: &Scale, directory: &Path) -> Result<Vec<Row>> {
    let deltas = (scale.pages * 2).next_multiple_of(DELTAS);
    let killed = directory.join("killed");
    let last_seq: u64 = run_child("write", &killed, deltas, true)?.parse()?;
    let open = || {
        let start = Instant::now();
        let store = Store::open_dir(&killed, options(Durability::Durable))?;
        let seconds = start.elapsed().as_secs_f64();
        ensure!(store.last_seq() == last_seq, "{} of {last_seq} survive", store.last_seq());
        // No checkpoint shortens the next opening.
        Ok(Sample { seconds, operations: deltas, latencies_ns: Vec::new() })
    };
    let row = measure(
        "open after kill -9, deltas",
        scale.rounds,
        vec![contestant("lumen", open)],
        &[Target::Rate(2e6)],
    )?;

    let (ours, fjall) = (directory.join("checkpointed"), directory.join("fjall"));
    run_child("load-ours", &ours, scale.pages, false)?;
    run_child("load-fjall", &fjall, scale.pages, false)?;
    let page = scale.pages / 2;
    let contestants = vec![
        contestant("lumen", || {
            let start = Instant::now();
            let store = Store::open_dir(&ours, options(Durability::Durable))?;
            let first = store.query().snapshot().expect_page(page)?;
            // What closing costs is not asked.
            let seconds = start.elapsed().as_secs_f64();
            ensure!(first.bytes() == crate::engine::filled(page, 1_024), "page {page} has other bytes");
            Ok(Sample { seconds, operations: 1, latencies_ns: Vec::new() })
        }),
        contestant("fjall", || {
            let start = Instant::now();
            let pages = FjallPages::open(&fjall, Level::Durable)?;
            pages.read(&mut [page].into_iter(), &mut |bytes| _ = std::hint::black_box(bytes[0]))?;
            Ok(Sample { seconds: start.elapsed().as_secs_f64(), operations: 1, latencies_ns: Vec::new() })
        }),
    ];
    let name = "open from a checkpoint to the first read";
    let targets = [Target::Nanoseconds(1e9), Target::Times("fjall", 1.0)];
    Ok(vec![row, measure(name, scale.rounds, contestants, &targets)?])
}

pub fn resident(scale: &Scale, directory: &Path) -> Result<Vec<Row>> {
    let mut found = [0.0; 2];
    for (at, work) in ["resident-1000", "resident-1024"].iter().enumerate() {
        let answer = run_child(work, &directory.join(work), scale.pages, false)?;
        let words: Vec<f64> = answer.split(' ').map(str::parse).collect::<std::result::Result<_, _>>()?;
        found[at] = words.first().copied().context("no answer")?;
    }
    let gib = (1u64 << 30) as f64 * scale.pages as f64 / 1e6;
    Ok(vec![counted(
        "memory of a million pages, from /proc, GiB a million",
        &[("1,000 B", found[0] / gib, Some(1.0)), ("1,024 B", found[1] / gib, None)],
    )])
}
