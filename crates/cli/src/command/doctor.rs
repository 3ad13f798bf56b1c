//! `lumen doctor`: what works on this machine, with a fix for each miss.

use std::path::Path;

use anstyle::AnsiColor;
use serde_json::json;

use crate::args::DoctorOptions;
use crate::project::Project;
use crate::terminal::{Failure, Terminal};
use crate::world;

struct Finding {
    what: &'static str,
    /// `None` is a miss that the everyday work does not need.
    works: Option<bool>,
    found: String,
    fix: String,
}

pub fn doctor(options: &DoctorOptions, terminal: &Terminal) -> Result<u8, Failure> {
    let findings = [folder(), space(), runs(), instructions(), width(terminal)];
    let broken = findings.iter().filter(|f| f.works == Some(false)).count();
    if options.json {
        let list: Vec<_> = findings
            .iter()
            .map(|f| json!({"what": f.what, "works": f.works, "found": f.found, "fix": f.fix}))
            .collect();
        terminal.out(&format!(
            "{:#}\n",
            json!({"schema": "lumen.doctor.1", "version": env!("CARGO_PKG_VERSION"), "findings": list})
        ));
    } else {
        terminal.tell(&format!("lumen {}\n", env!("CARGO_PKG_VERSION")));
        for finding in &findings {
            let mark = match finding.works {
                Some(true) => terminal.paint("ok  ", AnsiColor::Green),
                Some(false) => terminal.paint("fail", AnsiColor::Red),
                None => terminal.paint("note", AnsiColor::Yellow),
            };
            terminal.tell(&format!("{mark}  {:<14} {}\n", finding.what, finding.found));
            if finding.works != Some(true) && !finding.fix.is_empty() {
                terminal.tell(&format!("      {:<14} {}\n", "", finding.fix));
            }
        }
    }
    Ok(u8::from(broken > 0))
}

fn folder() -> Finding {
    let probe = Path::new(".lumen-doctor-probe");
    let written = world::write(probe, b"probe").and_then(|()| world::read(probe));
    let _ = std::fs::remove_file(probe);
    match written {
        Ok(bytes) if bytes == b"probe" => Finding {
            what: "this folder",
            works: Some(true),
            found: "files can be written, synced and renamed".to_string(),
            fix: String::new(),
        },
        Ok(_) => Finding {
            what: "this folder",
            works: Some(false),
            found: "a file read back differs from what was written".to_string(),
            fix: "Check the disk.".to_string(),
        },
        Err(why) => Finding {
            what: "this folder",
            works: Some(false),
            found: format!("cannot write here: {why}"),
            fix: "Change to a folder you may write to; runs are kept in its .lumen.".to_string(),
        },
    }
}

fn space() -> Finding {
    match rustix::fs::statvfs(".") {
        Ok(stat) => {
            let free = stat.f_bavail.saturating_mul(stat.f_frsize) >> 20;
            Finding {
                what: "disk",
                works: Some(free >= 64),
                found: format!("{free} MiB free"),
                fix: "Free some space: a run keeps its inputs and results.".to_string(),
            }
        }
        Err(error) => Finding {
            what: "disk",
            works: None,
            found: format!("free space unknown: {error}"),
            fix: String::new(),
        },
    }
}

fn runs() -> Finding {
    let runs = match Project::find().runs() {
        Ok(runs) => runs,
        Err(failure) => {
            return Finding {
                what: "runs",
                works: Some(false),
                found: failure.message,
                fix: "Give yourself the right to read the folder.".to_string(),
            };
        }
    };
    // Only the log of a run without a run.json can be without an end.
    let unfinished: Vec<&str> = runs
        .iter()
        .filter(|r| r.run_json().is_none() && r.history().map_or(true, |h| h.end.is_none()))
        .map(|r| r.name.as_str())
        .collect();
    match unfinished.last() {
        None => Finding {
            what: "runs",
            works: Some(true),
            found: format!("{} here, all whole", runs.len()),
            fix: String::new(),
        },
        Some(name) => Finding {
            what: "runs",
            works: None,
            found: format!("{} here, {} did not end", runs.len(), unfinished.len()),
            fix: format!("lumen resume {name}"),
        },
    }
}

fn instructions() -> Finding {
    #[cfg(target_arch = "x86_64")]
    let found = if std::arch::is_x86_feature_detected!("avx512f") {
        "AVX-512"
    } else if std::arch::is_x86_feature_detected!("avx2") {
        "AVX2"
    } else {
        "SSE2"
    };
    #[cfg(not(target_arch = "x86_64"))]
    let found = "no x86-64";
    Finding {
        what: "processor",
        works: Some(true),
        found: format!("{found}; a run verifies bit for bit on machines with the same instruction set"),
        fix: String::new(),
    }
}

fn width(terminal: &Terminal) -> Finding {
    Finding {
        what: "terminal",
        works: Some(true),
        found: format!(
            "{} columns, {}",
            terminal.width,
            if terminal.color_out { "colour" } else { "no colour" }
        ),
        fix: String::new(),
    }
}
