//! `lumen conformance`

mod browse;
mod dash;
mod keeping;
mod serve;
mod sidecars;

use std::path::{Path, PathBuf};
use std::time::Duration;

use conformance::verbs::{self, Options, Problem, Session};
use evidence::report::{Lane, Mode};
use serde_json::Value as Json;

use crate::args::conformance::{
    AcceptOptions, ConformanceOptions, ConformanceVerb, LaneName, ModeName, Place, RunSettings,
};
use crate::terminal::{Failure, Terminal};
use crate::world;

pub fn conformance(options: &ConformanceOptions, terminal: &Terminal) -> Result<u8, Failure> {
    let session = session(&options.place)?;
    let json = options.place.json;
    match &options.verb {
        None => run(&session, options, terminal),
        Some(ConformanceVerb::List) => list(&session, json, terminal),
        Some(ConformanceVerb::Show { packet }) if json => {
            print(terminal, &verbs::show_json(&session, packet)?);
            Ok(verbs::PASS)
        }
        Some(ConformanceVerb::Show { packet }) => {
            terminal.out(&verbs::show(&session, packet, terminal.width)?);
            Ok(verbs::PASS)
        }
        Some(ConformanceVerb::Replay { key, shrink: true }) => shrink(&session, key, options, terminal),
        Some(ConformanceVerb::Replay { key, .. }) => replay(&session, key, options, terminal),
        Some(ConformanceVerb::Accept(accept)) => self::accept(&session, accept, options, terminal),
        Some(ConformanceVerb::Lock { reason }) => {
            let changed = verbs::lock(&session, reason, &settings(options)?)?;
            changed.iter().for_each(|line| terminal.out(&format!("+ {}\n", crate::terminal::clean(line))));
            terminal.say(&format!("{} lines of the lock changed.", changed.len()));
            Ok(verbs::PASS)
        }
        Some(ConformanceVerb::Validate) => validate(&session, json, terminal),
        Some(ConformanceVerb::Dash(dash)) => dash::dash(&session, dash, &settings(options)?, json, terminal),
        Some(ConformanceVerb::Serve(serve)) => serve::serve(&session, serve, json, terminal),
        Some(ConformanceVerb::Ledger { anchor: true, .. }) => keeping::anchor(&session, terminal),
        Some(ConformanceVerb::Ledger { rows, .. }) => keeping::ledger(&session, *rows, json, terminal),
        Some(ConformanceVerb::Poison { cases_each }) => {
            keeping::poison(&session, *cases_each, json, terminal)
        }
        Some(ConformanceVerb::Mutants) => keeping::mutants(json, terminal),
        Some(ConformanceVerb::E2e { out }) => {
            keeping::e2e(&session, &settings(options)?, out, json, terminal)
        }
        Some(ConformanceVerb::Rerun { run }) => {
            keeping::rerun(&session, run, &settings(options)?, json, terminal)
        }
        Some(ConformanceVerb::Scrub { run }) => sidecars::scrub(&session, run.as_deref(), json, terminal),
        Some(ConformanceVerb::Repair { run }) => sidecars::repair(&session, run.as_deref(), json, terminal),
        Some(ConformanceVerb::Drill { run }) => sidecars::drill(&session, run.as_deref(), json, terminal),
        Some(ConformanceVerb::Bench { file }) => keeping::bench(file, json, terminal),
        Some(ConformanceVerb::Export { folder }) => keeping::export(&session, folder, json, terminal),
        Some(ConformanceVerb::Import { folder }) => keeping::import(&session, folder, json, terminal),
        Some(ConformanceVerb::Gc { yes }) => keeping::gc(&session, *yes, json, terminal),
    }
}

fn session(place: &Place) -> Result<Session, Failure> {
    let store = place.store.clone().map(PathBuf::from).or_else(verbs::default_store).ok_or_else(|| {
        Failure::usage("there is no folder for the evidence")
            .help("Name one with `--store DIR`, or set HOME.")
    })?;
    let command = std::env::args().skip(1).collect();
    let cases = place.cases.as_deref().map(Path::new);
    let python = place.python.clone().map(PathBuf::from);
    Ok(Session::open(cases, store, python, command, world::seconds)?)
}

/// A job at a time where the switch says so; else one a core.
fn jobs(settings: &RunSettings) -> Result<usize, Failure> {
    if let Some(jobs) = settings.jobs {
        return Ok(jobs.max(1));
    }
    match std::env::var("LUMEN_EVIDENCE_JOBS") {
        Err(_) => Ok(std::thread::available_parallelism().map_or(1, usize::from)),
        Ok(text) => match text.parse() {
            Ok(jobs) if jobs > 0 => Ok(jobs),
            _ => {
                Err(Failure::usage(format!("LUMEN_EVIDENCE_JOBS: expected a number from 1, found {text:?}")))
            }
        },
    }
}

fn settings(options: &ConformanceOptions) -> Result<Options, Failure> {
    let run = &options.run;
    let modes = match run.mode {
        Some(ModeName::Strict) => vec![Mode::Strict],
        Some(ModeName::Hardened) => vec![Mode::Hardened],
        Some(ModeName::Both) | None => Mode::ALL.to_vec(),
    };
    Ok(Options {
        packets: options.packets.clone(),
        area: run.area.clone(),
        blocking: run.release_blocking,
        lane: match run.oracle {
            LaneName::Recorded => Lane::Recorded,
            LaneName::Live => Lane::Live,
        },
        modes,
        modes_from: if run.mode.is_some() { "flag" } else { "default" }.into(),
        threads: run.threads.clone(),
        jobs: jobs(run)?,
        limit: Duration::from_secs(run.limit_seconds),
    })
}

fn run(session: &Session, options: &ConformanceOptions, terminal: &Terminal) -> Result<u8, Failure> {
    let outcome = verbs::run(session, &settings(options)?)?;
    if options.place.json {
        print(terminal, &evidence::typed::to_json(&outcome.snapshot));
    } else {
        terminal.out(&verbs::summary(&outcome.snapshot, terminal.width));
        if outcome.left_out > 0 {
            terminal.say(&format!("{} packets were not selected.", outcome.left_out));
        }
        terminal.say(&format!("evidence in {}", outcome.folder.display()));
    }
    Ok(outcome.exit(options.run.lenient))
}

fn replay(
    session: &Session,
    key: &str,
    options: &ConformanceOptions,
    terminal: &Terminal,
) -> Result<u8, Failure> {
    let settings = settings(options)?;
    let replayed = verbs::replay(session, key, settings.lane, &settings)?;
    if options.place.json {
        let (check, mismatch) = (&replayed.check, &replayed.mismatch);
        print(
            terminal,
            &serde_json::json!({
                "schema": "lumen.evidence.replay", "schema_version": 1,
                "check": evidence::typed::to_json(check), "mismatch": evidence::typed::to_json(mismatch),
            }),
        );
    } else {
        terminal.out(&verbs::replayed_text(&replayed, terminal.width));
    }
    Ok(verbs::status_exit(replayed.check.status))
}

fn shrink(
    session: &Session,
    key: &str,
    options: &ConformanceOptions,
    terminal: &Terminal,
) -> Result<u8, Failure> {
    match verbs::shrunk(session, key, &settings(options)?)? {
        Some(case) => {
            terminal.out(&format!("{}\n", evidence::json::canonical(&case.to_json())));
            Ok(verbs::RED)
        }
        None => {
            terminal.say("Engine and reference agree on this case.");
            Ok(verbs::PASS)
        }
    }
}

fn list(session: &Session, json: bool, terminal: &Terminal) -> Result<u8, Failure> {
    let list = verbs::list(session);
    if json {
        print(terminal, &list);
        return Ok(verbs::PASS);
    }
    for packet in list["packets"].as_array().into_iter().flatten() {
        let text = |key: &str| packet[key].as_str().unwrap_or_default();
        let line = match packet.get("malformed") {
            Some(_) => format!("{:<12} malformed: {}", text("packet"), text("malformed")),
            None => format!("{:<12} {:>6} cases  {}", text("packet"), packet["cases"], text("title")),
        };
        terminal.out(&format!("{}\n", crate::terminal::clean(&line)));
    }
    Ok(verbs::PASS)
}

fn accept(
    session: &Session,
    accept: &AcceptOptions,
    options: &ConformanceOptions,
    terminal: &Terminal,
) -> Result<u8, Failure> {
    let accepted = verbs::accept(session, &accept.packet, &accept.reason, &settings(options)?)?;
    if options.place.json {
        print(terminal, &accepted.json());
        return Ok(verbs::PASS);
    }
    for (case, before, after) in &accepted.changed {
        let brief = |json: &Json| evidence::place::escape(&evidence::json::brief(json));
        terminal.out(&format!("{case}\n  - {}\n  + {}\n", brief(before), brief(after)));
    }
    terminal.say(&format!(
        "{}: {} expectations changed, {} lines of the lock.",
        accepted.packet,
        accepted.changed.len(),
        accepted.lock.len()
    ));
    Ok(verbs::PASS)
}

fn validate(session: &Session, json: bool, terminal: &Terminal) -> Result<u8, Failure> {
    let validation = verbs::validate(session)?;
    if json {
        print(terminal, &validation.json());
        return Ok(validation.exit());
    }
    for (what, count) in &validation.counted {
        terminal.out(&format!("{count:>8} {what}\n"));
    }
    let lists = [
        ("malformed", &validation.malformed),
        ("red", &validation.red),
        ("damaged", &validation.damaged),
        ("incomplete run", &validation.incomplete),
    ];
    for (what, lines) in lists {
        for line in lines {
            terminal.out(&format!("{what}: {}\n", evidence::place::escape(line)));
        }
    }
    Ok(validation.exit())
}

fn print(terminal: &Terminal, json: &Json) {
    terminal.out(&format!("{json:#}\n"));
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Failure {
        Failure { message: evidence::place::escape(&problem.message), help: problem.help, code: problem.exit }
    }
}
