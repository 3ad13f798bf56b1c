//! Commits that are on disk when they return.

use std::path::Path;

use anyhow::{Result, ensure};

use crate::Scale;
use crate::engine::{self, Edit, Engine, Level, PEERS, checksum};
use crate::raw::Raw;
use crate::rounds::{Contestant, Row, Sample, Target, contestant, each, measure, together};
use crate::statistics::Generator;

const PAGES: u64 = 1_024;
const SIZE: usize = 1_024;
/// What our record of 256 bytes has beside them.
const RECORD_LEN: usize = 304;

/// An edit of `len` bytes somewhere.
fn edit(generator: &mut Generator, pages: u64, size: usize, len: usize) -> Edit {
    let page = generator.below(pages) + 1;
    let offset = generator.below((size - len + 1) as u64) as u32;
    Edit { page, offset, bytes: generator.bytes(len) }
}

/// Opens all, fills them, makes the same changes everywhere and compares what is there then.
fn equal_engines(
    names: &[&'static str],
    directory: &Path,
    level: Level,
) -> Result<Vec<(&'static str, Box<dyn Engine>)>> {
    let mut engines = Vec::new();
    let mut sums: Vec<String> = Vec::new();
    for name in names {
        let engine = engine::open(name, directory, level)?;
        engine.load(PAGES, SIZE)?;
        let mut generator = Generator::new(7);
        for _ in 0..8 {
            let mut edits: Vec<Edit> = (0..32).map(|_| edit(&mut generator, PAGES, SIZE, 16)).collect();
            // A transaction of ours may not write a byte twice.
            edits.sort_by_key(|edit| (edit.page, edit.offset));
            edits.dedup_by_key(|edit| edit.page);
            engine.commit(&edits)?;
        }
        sums.push(checksum(&*engine, PAGES)?);
        engines.push((*name, engine));
    }
    ensure!(sums.iter().all(|sum| *sum == sums[0]), "contents differ: {sums:?}");
    Ok(engines)
}

pub fn with_peers(
    names: &[&'static str],
    directory: &Path,
    level: Level,
) -> Result<Vec<(&'static str, Box<dyn Engine>)>> {
    equal_engines(&[&["lumen"], names].concat(), directory, level)
}

pub fn one_client(scale: &Scale, directory: &Path) -> Result<Vec<Row>> {
    const COMMITS: u64 = 400;
    let engines = with_peers(&PEERS, directory, Level::Durable)?;
    let raw = Raw::new(directory)?;
    let mut contestants: Vec<Contestant<'_>> = Vec::new();
    for (name, engine) in &engines {
        let mut generator = Generator::new(11);
        contestants.push(contestant(name, move || {
            each(COMMITS, |_| engine.commit(&[edit(&mut generator, PAGES, SIZE, 256)]))
        }));
    }
    let record = [7; RECORD_LEN];
    contestants.insert(1, contestant("raw", || each(COMMITS, |_| raw.append(&record))));
    let targets = [Target::Times("raw", 0.9), Target::Times("rusqlite", 1.0), Target::Times("redb", 1.0)];
    Ok(vec![measure("1 client, durable, 256 B of a 1 KiB page", scale.rounds, contestants, &targets)?])
}

pub fn many_clients(scale: &Scale, directory: &Path) -> Result<Vec<Row>> {
    const CLIENTS: u64 = 64;
    const COMMITS: u64 = 64;
    let engines = with_peers(&["rusqlite", "redb"], directory, Level::Durable)?;
    let raw = Raw::new(directory)?;
    let mut contestants: Vec<Contestant<'_>> = Vec::new();
    for (name, engine) in &engines {
        let commits = if *name == "lumen" { COMMITS } else { COMMITS / 16 };
        contestants.push(contestant(name, move || clients(&**engine, CLIENTS, commits)));
    }
    let record = [7; RECORD_LEN];
    contestants.push(contestant("raw, 1 client", || each(400, |_| raw.append(&record))));
    let targets = [Target::Times("raw, 1 client", 15.0), Target::Times("rusqlite", 5.0)];
    Ok(vec![measure("64 clients, durable, 256 B of a 1 KiB page", scale.rounds, contestants, &targets)?])
}

/// Each client writes pages of its own.
fn clients(engine: &dyn Engine, count: u64, commits: u64) -> Result<Sample> {
    let mut latencies_ns = Vec::new();
    let mut sample = together(count * commits, || {
        let samples: Vec<Result<Sample>> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..count)
                .map(|client| {
                    scope.spawn(move || {
                        let mut generator = Generator::new(client);
                        each(commits, |_| {
                            let edit = edit(&mut generator, PAGES / count, SIZE, 256);
                            engine.commit(&[Edit { page: edit.page + client * (PAGES / count), ..edit }])
                        })
                    })
                })
                .collect();
            threads.into_iter().map(|thread| thread.join().expect("no panic")).collect()
        });
        for sample in samples {
            latencies_ns.extend(sample?.latencies_ns);
        }
        Ok(())
    })?;
    sample.latencies_ns = latencies_ns;
    Ok(sample)
}

pub fn many_edits(scale: &Scale, directory: &Path) -> Result<Vec<Row>> {
    const EDITS: u64 = 1_000;
    const COMMITS: u64 = 20;
    let engines = with_peers(&["fjall", "redb", "rusqlite", "heed"], directory, Level::Durable)?;
    let mut contestants: Vec<Contestant<'_>> = Vec::new();
    for (name, engine) in &engines {
        let mut generator = Generator::new(13);
        contestants.push(contestant(name, move || {
            let batches: Vec<Vec<Edit>> = (0..COMMITS).map(|_| one_each(&mut generator, EDITS)).collect();
            let mut sample = each(COMMITS, |at| engine.commit(&batches[at as usize]))?;
            sample.operations *= EDITS;
            Ok(sample)
        }));
    }
    Ok(vec![measure(
        "1,000 edits per transaction, durable",
        scale.rounds,
        contestants,
        &[Target::Times("fjall", 1.0)],
    )?])
}

/// An edit of 16 bytes of each of so many pages.
pub fn one_each(generator: &mut Generator, count: u64) -> Vec<Edit> {
    (1..=count).map(|page| Edit { page, ..edit(generator, 1, SIZE, 16) }).collect()
}
