//! Where a program spends its time, its memory and its waiting.
//!
//! Three tools look at the same program, each where it is present: `perf` samples the stacks (a flame graph), Valgrind's
//! DHAT counts what is allocated where, `strace` times the waits of threads for each other. Nothing is built into the
//! program for it. Everything goes to one page of HTML that `cargo xtask browser` can look at, with `flame.svg` beside.

mod flame;
mod ranking;

use crate::process::{cache_dir, run, scratch_dir};
use crate::{Outcome, Usage};
use anyhow::{Context, Result};
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A program that can be looked at: an example of the store, with arguments for a second of work under `perf`, and for
/// the slow tools a small part of it. A folder for its store is the last argument where `takes_folder`.
struct Task {
    name: &'static str,
    whole: &'static [&'static str],
    part: &'static [&'static str],
    takes_folder: bool,
}

const TASKS: &[Task] = &[
    Task { name: "counters", whole: &["8", "100000"], part: &["4", "1000"], takes_folder: true },
    Task { name: "ticks", whole: &["1000", "200"], part: &["100", "10"], takes_folder: false },
    Task { name: "portfolio", whole: &[], part: &[], takes_folder: true },
    Task { name: "compiler", whole: &[], part: &[], takes_folder: false },
];

/// Profiles a task by its name; the page and the graph go to `out`.
pub fn profile(root: &Path, arguments: &[&str]) -> Result<Outcome> {
    let (name, out) = match arguments {
        [] => ("counters", None),
        ["--out", out] => ("counters", Some(*out)),
        [name] => (*name, None),
        [name, "--out", out] => (*name, Some(*out)),
        _ => return Err(Usage("expected `profile [TASK] [--out DIR]`".to_owned()).into()),
    };
    let Some(task) = TASKS.iter().find(|task| task.name == name) else {
        let names: Vec<&str> = TASKS.iter().map(|task| task.name).collect();
        return Err(Usage(format!("`profile` knows {}, and no `{name}`", names.join(", "))).into());
    };
    let out = out
        .map_or_else(|| Ok(cache_dir()?.join("profile")), |out| Ok::<_, anyhow::Error>(PathBuf::from(out)))?;
    fs::create_dir_all(&out).with_context(|| format!("cannot make {}", out.display()))?;
    let scratch = scratch_dir("profile")?;
    let done = look(root, task, &out, &scratch);
    fs::remove_dir_all(&scratch).with_context(|| format!("cannot remove {}", scratch.display()))?;
    done
}

#[expect(clippy::disallowed_methods, reason = "it says how long it took")]
fn look(root: &Path, task: &Task, out: &Path, scratch: &Path) -> Result<Outcome> {
    let program = built(root, task.name)?;
    let started = std::time::Instant::now();
    let mut page = format!("<h1>{}</h1>\n", task.name);
    let mut missing = Vec::new();
    match sampled(&program, task, scratch)? {
        Some(stacks) => {
            let svg = flame::svg(&stacks);
            let path = out.join("flame.svg");
            fs::write(&path, &svg).with_context(|| format!("cannot write {}", path.display()))?;
            page.push_str(&format!(
                "<h2>Time, {} samples</h2>\n{svg}",
                stacks.iter().map(|(_, n)| n).sum::<u64>()
            ));
            println!("flame graph: {}", path.display());
        }
        None => missing.push("perf"),
    }
    for (tool, title, unit, ranking) in [
        ("valgrind", "Allocation", "bytes", allocated(&program, task, scratch)?),
        ("strace", "Waits for a lock", "us", waited(&program, task, scratch)?),
    ] {
        let Some(ranking) = ranking else {
            missing.push(tool);
            continue;
        };
        println!("\n{title}, the first {} of {} places:", ranking.len().min(10), ranking.len());
        page.push_str(&format!("<h2>{title}</h2>\n<table><tr><th>{unit}<th>times<th>where\n"));
        for place in ranking.iter().take(10) {
            println!("  {:>12} {unit}  {:>8} times  {}", place.amount, place.count, place.name);
            let name = flame::escaped(&place.name);
            page.push_str(&format!("<tr><td>{}<td>{}<td>{name}\n", place.amount, place.count));
        }
        page.push_str("</table>\n");
    }
    let path = out.join("profile.html");
    let head = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Profile</title>\
                <meta name=\"viewport\" content=\"width=device-width\"><style>\
                body{font:14px sans-serif;margin:1em;overflow-wrap:anywhere}svg{width:100%;height:auto}\
                td,th{text-align:left;padding:0 1em 0 0;vertical-align:top}\
                :is(td,th):not(:last-child){text-align:right;font-variant-numeric:tabular-nums}</style>\n";
    fs::write(&path, format!("{head}{page}")).with_context(|| format!("cannot write {}", path.display()))?;
    println!("\npage: {} ({} s)", path.display(), started.elapsed().as_secs());
    if missing.is_empty() {
        return Ok(Outcome::Done);
    }
    eprintln!("not evaluated: no {} on the path", missing.join(", no "));
    Ok(Outcome::NotEvaluated)
}

/// The example, optimised, with the lines and frame pointers that the tools walk by; in a folder of its own, because
/// every other build has other flags.
fn built(root: &Path, name: &str) -> Result<PathBuf> {
    let target = cache_dir()?.join("target-profile");
    let mut cargo = Command::new("cargo");
    cargo.current_dir(root).args(["build", "--release", "--package", "store", "--example", name]);
    cargo.env("CARGO_PROFILE_RELEASE_DEBUG", "line-tables-only");
    cargo.env("RUSTFLAGS", "-C force-frame-pointers=yes").env("CARGO_TARGET_DIR", &target);
    run(&mut cargo)?;
    Ok(target.join("release/examples").join(name))
}

fn present(tool: &str) -> bool {
    Command::new(tool).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok()
}

/// The program with its arguments, in a folder that is not there yet if it takes one.
fn arguments(program: &Path, arguments: &[&str], task: &Task, scratch: &Path, of: &str) -> Vec<OsString> {
    let mut words = vec![program.as_os_str().to_owned()];
    words.extend(arguments.iter().map(OsString::from));
    if task.takes_folder {
        words.push(scratch.join(of).into());
    }
    words
}

fn sampled(program: &Path, task: &Task, scratch: &Path) -> Result<Option<Vec<flame::Stack>>> {
    if !present("perf") {
        return Ok(None);
    }
    let data = scratch.join("perf.data");
    let mut record = Command::new("perf");
    // The clock of the kernel: a virtual machine has no counter of cycles.
    record.args([
        "record",
        "--quiet",
        "--event",
        "cpu-clock",
        "--freq",
        "499",
        "--call-graph",
        "fp",
        "--output",
    ]);
    record.arg(&data).arg("--").args(arguments(program, task.whole, task, scratch, "perf"));
    run(record.stdout(Stdio::null()))?;
    let mut script = Command::new("perf");
    script
        .args(["script", "--no-inline", "--fields", "comm,ip,sym", "--input"])
        .arg(&data)
        .stderr(Stdio::null());
    let text = crate::process::output(&mut script)?;
    Ok(Some(flame::folded(&String::from_utf8_lossy(&text))))
}

fn allocated(program: &Path, task: &Task, scratch: &Path) -> Result<Option<Vec<ranking::Place>>> {
    if !present("valgrind") {
        return Ok(None);
    }
    let counted = scratch.join("dhat.json");
    let mut valgrind = Command::new("valgrind");
    let mut option = OsString::from("--dhat-out-file=");
    option.push(&counted);
    valgrind.args(["--tool=dhat", "--quiet"]).arg(option);
    valgrind.args(arguments(program, task.part, task, scratch, "dhat"));
    run(valgrind.stdout(Stdio::null()).stderr(Stdio::null()))?;
    let text = fs::read_to_string(&counted).with_context(|| format!("cannot read {}", counted.display()))?;
    Ok(Some(ranking::of_dhat(&serde_json::from_str(&text)?)))
}

fn waited(program: &Path, task: &Task, scratch: &Path) -> Result<Option<Vec<ranking::Place>>> {
    if !present("strace") {
        return Ok(None);
    }
    let calls = scratch.join("strace.txt");
    let mut strace = Command::new("strace");
    strace.args(["-f", "-k", "-T", "-e", "trace=futex", "-e", "signal=none", "-o"]).arg(&calls);
    strace.args(arguments(program, task.part, task, scratch, "strace"));
    run(strace.stdout(Stdio::null()).stderr(Stdio::null()))?;
    let text = fs::read_to_string(&calls).with_context(|| format!("cannot read {}", calls.display()))?;
    Ok(Some(ranking::of_strace(&text)))
}
