//! The store beside its peers: every row of its table, in one process, with one sync policy a row.
//!
//! usage: store [ROW...] [--rounds N] [--pages N] [--commits N] [--seconds N] [--dir DIR] [--json FILE]
//!
//! Start reading at `rounds`, which says what a measurement is, then `engine` for what everybody does, then `rows`.
//! Contents are compared by checksum before anything is timed. Status 0: everything held, 1: contents differ or a
//! target was missed, 3: something was too noisy to judge.

mod engine;
mod fjall_pages;
mod heed_pages;
mod raw;
mod redb_pages;
mod rounds;
mod rows;
mod sqlite;
mod statistics;
mod store_pages;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use serde_json::json;

/// As the binary has it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How much is done. The defaults are those of the table; smaller figures are a trial.
pub struct Scale {
    pub rounds: usize,
    pub pages: u64,
    pub commits: u64,
    pub seconds: u64,
    /// Where files are made; it must not lie in memory.
    pub directory: PathBuf,
}

struct Arguments {
    scale: Scale,
    rows: Vec<String>,
    json: Option<PathBuf>,
}

fn arguments() -> Result<Arguments> {
    let directory = std::env::temp_dir();
    let scale = Scale { rounds: 5, pages: 1_000_000, commits: 10_000_000, seconds: 60, directory };
    let mut arguments = Arguments { scale, rows: Vec::new(), json: None };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let mut value = || words.next().with_context(|| format!("{word} needs a value"));
        let scale = &mut arguments.scale;
        match word.as_str() {
            "--rounds" => scale.rounds = value()?.parse()?,
            "--pages" => scale.pages = value()?.parse()?,
            "--commits" => scale.commits = value()?.parse()?,
            "--seconds" => scale.seconds = value()?.parse()?,
            "--dir" => scale.directory = value()?.into(),
            "--json" => arguments.json = Some(value()?.into()),
            option if option.starts_with("--") => bail!("no option {option}"),
            _ => arguments.rows.push(word),
        }
    }
    if arguments.scale.rounds == 0 || arguments.scale.pages < 4_096 {
        bail!("expected at least one round and 4,096 pages");
    }
    Ok(arguments)
}

fn main() -> Result<ExitCode> {
    if let Some(child) = rows::child(&std::env::args().collect::<Vec<_>>()) {
        return child.map(|()| ExitCode::SUCCESS);
    }
    let Arguments { scale, rows: wanted, json: file } = arguments()?;
    if let Some(unknown) = wanted.iter().find(|name| !rows::ALL.iter().any(|(row, _)| row == name)) {
        let known: Vec<&str> = rows::ALL.iter().map(|(row, _)| *row).collect();
        bail!("no row {unknown}; expected {}", known.join(", "));
    }
    let mut reports = Vec::new();
    let mut status: u8 = 0;
    for (name, row) in rows::ALL {
        if !wanted.is_empty() && !wanted.iter().any(|wanted| wanted == name) {
            continue;
        }
        let scratch = tempfile::Builder::new().prefix("lumen-store-").tempdir_in(&scale.directory)?;
        let raw = raw::Raw::new(scratch.path())?;
        let before = rounds::probe(&raw)?;
        let made = row(&scale, scratch.path())?;
        let probes = [before, rounds::probe(&raw)?];
        let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
        for mut row in made {
            row.lines.iter().for_each(|line| println!("{line}"));
            println!(
                "fsync probe {:.0} ns before, {:.0} ns after; load {}",
                probes[0],
                probes[1],
                load.trim()
            );
            let text = row.json.to_string();
            if text.contains("\"MISSED\"") {
                status = 1;
            } else if text.contains("not evaluated") {
                status = if status == 1 { 1 } else { 3 };
            }
            row.json["fsync_probe_ns"] = json!(probes);
            row.json["load"] = json!(load.trim());
            reports.push(row.json);
        }
        // What was measured stays, whatever becomes of the next row.
        if let Some(file) = &file {
            std::fs::write(file, serde_json::to_string_pretty(&json!({ "rows": reports }))?)?;
        }
    }
    Ok(ExitCode::from(status))
}
