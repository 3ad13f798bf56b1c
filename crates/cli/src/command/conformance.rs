//! `lumen conformance`

mod browse;
mod dash;
mod keeping;
mod models;
mod serve;
mod sidecars;

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Subcommand as _;
use conformance::verbs::{self, Options, Problem, Session};
use evidence::report::{Lane, Mode};
use report::format::counted;
use serde_json::Value as Json;

use crate::args::conformance::{
    AcceptOptions, ConformanceOptions, ConformanceVerb, LaneName, ModeName, Place, RunSettings,
};
use crate::project::Project;
use crate::terminal::{Failure, Terminal};
use crate::world;

pub fn conformance(options: &ConformanceOptions, terminal: &Terminal) -> Result<u8, Failure> {
    refuse_unheeded(options)?;
    refuse_verb_behind_packet(options)?;
    refuse_beside_models(options)?;
    if matches!(options.verb, Some(ConformanceVerb::Engine)) {
        // It opens nothing: one is started for each packet.
        return engine();
    }
    let session = session(&options.place)?;
    let desk = Desk { session: &session, options, terminal };
    match &options.verb {
        None if options.models => models::models(desk),
        None => run(desk),
        Some(ConformanceVerb::Engine) => engine(),
        Some(ConformanceVerb::List) => list(desk),
        Some(ConformanceVerb::Show { packet }) => show(desk, packet),
        Some(ConformanceVerb::Replay { key, shrink: true }) => shrink(desk, key),
        Some(ConformanceVerb::Replay { key, .. }) => replay(desk, key),
        Some(ConformanceVerb::Accept(accept)) => self::accept(desk, accept),
        Some(ConformanceVerb::Lock { reason }) => lock(desk, reason),
        Some(ConformanceVerb::Validate) => validate(desk),
        Some(ConformanceVerb::Dash(dash)) => dash::dash(desk, dash),
        Some(ConformanceVerb::Serve(serve)) => serve::serve(desk, serve),
        Some(ConformanceVerb::Ledger { anchor: true, .. }) => keeping::anchor(desk),
        Some(ConformanceVerb::Ledger { rows, .. }) => keeping::ledger(desk, *rows),
        Some(ConformanceVerb::Poison { cases_each }) => keeping::poison(desk, *cases_each),
        Some(ConformanceVerb::Mutants) => keeping::mutants(desk),
        Some(ConformanceVerb::E2e { out }) => keeping::e2e(desk, out),
        Some(ConformanceVerb::Rerun { run }) => keeping::rerun(desk, run),
        Some(ConformanceVerb::Scrub { run }) => sidecars::scrub(desk, run.as_deref()),
        Some(ConformanceVerb::Repair { run }) => sidecars::repair(desk, run.as_deref()),
        Some(ConformanceVerb::Drill { run }) => sidecars::drill(desk, run.as_deref()),
        Some(ConformanceVerb::Bench { file }) => keeping::bench(desk, file),
        Some(ConformanceVerb::Export { folder }) => keeping::export(desk, folder),
        Some(ConformanceVerb::Import { folder }) => keeping::import(desk, folder),
        Some(ConformanceVerb::Gc { yes }) => keeping::gc(desk, *yes),
    }
}

/// Where a verb works: on which evidence, asked for what, in front of whom.
#[derive(Clone, Copy)]
struct Desk<'a> {
    session: &'a Session,
    options: &'a ConformanceOptions,
    terminal: &'a Terminal,
}

impl Desk<'_> {
    /// Gives the answer as JSON where the person asked for it, and else as `text` prints it.
    fn answer(self, json: impl FnOnce() -> Json, text: impl FnOnce(&Terminal)) {
        if self.options.place.json {
            self.terminal.out(&format!("{:#}\n", json()));
        } else {
            text(self.terminal);
        }
    }

    fn settings(self) -> Result<Options, Failure> {
        let run = &self.options.run;
        let (mode, modes_from) = match run.mode {
            Some(mode) => (mode, "flag"),
            None => match Project::find().manifest()?.mode {
                Some(mode) => (mode, "project file"),
                None => (ModeName::Both, "default"),
            },
        };
        let modes = match mode {
            ModeName::Strict => vec![Mode::Strict],
            ModeName::Hardened => vec![Mode::Hardened],
            ModeName::Both => Mode::ALL.to_vec(),
        };
        Ok(Options {
            packets: self.options.packets.clone(),
            area: run.area.clone(),
            blocking: run.release_blocking,
            lane: match run.oracle {
                Some(LaneName::Recorded) | None => Lane::Recorded,
                Some(LaneName::Live) => Lane::Live,
            },
            modes,
            modes_from: modes_from.into(),
            threads: if run.threads.is_empty() { vec![1, 2, 4] } else { run.threads.clone() },
            jobs: jobs(run)?,
            limit: Duration::from_secs(run.limit_seconds.unwrap_or(60)),
        })
    }
}

fn refuse_unheeded(options: &ConformanceOptions) -> Result<(), Failure> {
    let Some(verb) = &options.verb else { return Ok(()) };
    let heeds = verb.heeds();
    let Some(ignored) = options.run.given().find(|name| !heeds.contains(name)) else { return Ok(()) };
    let help = match heeds {
        [] => "It takes no setting of a run.".to_string(),
        heeds => format!("It takes {}.", heeds.join(", ")),
    };
    Err(Failure::usage(format!("this verb of `lumen conformance` does not heed {ignored}")).help(help))
}

/// A verb comes first: behind a packet it would be taken for another packet.
fn refuse_verb_behind_packet(options: &ConformanceOptions) -> Result<(), Failure> {
    let command = ConformanceVerb::augment_subcommands(clap::Command::new("conformance"));
    let is_verb = |word: &&String| command.find_subcommand(word).is_some_and(|verb| !verb.is_hide_set());
    let Some(verb) = options.packets.iter().find(is_verb) else { return Ok(()) };
    let others: Vec<&str> =
        options.packets.iter().map(String::as_str).filter(|word| *word != verb.as_str()).collect();
    let line = ["lumen conformance", verb.as_str()].into_iter().chain(others).collect::<Vec<_>>().join(" ");
    Err(Failure::usage(format!("`{verb}` is a verb, and a verb stands before what it works on"))
        .help(format!("Write `{line}`.")))
}

/// The matrix is about all packets of the model runtime, so that a choice among them would be ignored.
fn refuse_beside_models(options: &ConformanceOptions) -> Result<(), Failure> {
    let run = &options.run;
    let chooses = !options.packets.is_empty()
        || run.area.is_some()
        || run.release_blocking
        || run.oracle == Some(LaneName::Live)
        || options.verb.is_some();
    if options.models && chooses {
        let message = "`--models` runs the packets of the model runtime, and takes no packet, verb, --area, \
                       --release-blocking or live oracle";
        return Err(Failure::usage(message));
    }
    Ok(())
}

fn session(place: &Place) -> Result<Session, Failure> {
    let store = place.store.clone().map(PathBuf::from).or_else(verbs::default_store).ok_or_else(|| {
        Failure::usage("there is no folder for the evidence")
            .help("Name one with `--store DIR`, or set HOME.")
    })?;
    let command = std::env::args().skip(1).collect();
    let cases = place.cases.as_deref().map(Path::new);
    let python = place.python.clone().map(PathBuf::from);
    let mut session = Session::open(cases, store, python, command, world::seconds)?;
    // Engines run in processes of this very program, so that one that aborts fails its case alone.
    let path = std::env::current_exe()
        .map_err(|error| Failure::usage(format!("cannot find the program's own file: {error}")))?;
    let arguments = ["conformance", "engine"].map(String::from).into();
    session.elapsed = || Duration::from_nanos(world::clock_ns());
    session.engine = Some(conformance::Program { path, arguments });
    Ok(session)
}

/// A process that answers calls of the engines for another `lumen conformance`, which started it.
fn engine() -> Result<u8, Failure> {
    match conformance::serve() {
        Ok(()) => Ok(verbs::PASS),
        Err(error) => Err(Failure::io("the caller is gone", &error)),
    }
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

fn run(desk: Desk<'_>) -> Result<u8, Failure> {
    let outcome = verbs::run(desk.session, &desk.settings()?)?;
    desk.answer(
        || evidence::typed::to_json(&outcome.snapshot),
        |terminal| {
            terminal.tell(&verbs::summary(&outcome.snapshot, terminal.width));
            terminal.say(&outcome.pace.to_string());
            if outcome.left_out > 0 {
                terminal.say(&format!("{} not selected.", counted(outcome.left_out, "packet")));
            }
            terminal.say(&format!("evidence in {}", outcome.folder.display()));
        },
    );
    Ok(outcome.exit(desk.options.run.lenient))
}

fn show(desk: Desk<'_>, packet: &str) -> Result<u8, Failure> {
    let json = verbs::show_json(desk.session, packet)?;
    let text = verbs::show(desk.session, packet, desk.terminal.width)?;
    desk.answer(|| json, |terminal| terminal.tell(&text));
    Ok(verbs::PASS)
}

fn replay(desk: Desk<'_>, key: &str) -> Result<u8, Failure> {
    let settings = desk.settings()?;
    let replayed = verbs::replay(desk.session, key, settings.lane, &settings)?;
    desk.answer(
        || {
            serde_json::json!({
                "schema": "lumen.evidence.replay", "schema_version": 1,
                "check": evidence::typed::to_json(&replayed.check),
                "mismatch": evidence::typed::to_json(&replayed.mismatch),
            })
        },
        |terminal| terminal.tell(&verbs::replayed_text(&replayed, terminal.width)),
    );
    Ok(verbs::status_exit(replayed.check.status))
}

fn shrink(desk: Desk<'_>, key: &str) -> Result<u8, Failure> {
    match verbs::shrunk(desk.session, key, &desk.settings()?)? {
        Some(case) => {
            desk.terminal.out(&format!("{}\n", evidence::json::canonical(&case.to_json())));
            Ok(verbs::RED)
        }
        None => {
            desk.terminal.say("Engine and reference agree on this case.");
            Ok(verbs::PASS)
        }
    }
}

fn list(desk: Desk<'_>) -> Result<u8, Failure> {
    let list = verbs::list(desk.session);
    desk.answer(
        || list.clone(),
        |terminal| {
            for packet in list["packets"].as_array().into_iter().flatten() {
                let text = |key: &str| packet[key].as_str().unwrap_or_default();
                let line = match packet.get("malformed") {
                    Some(_) => format!("{:<12} malformed: {}", text("packet"), text("malformed")),
                    None => {
                        format!("{:<12} {:>6} cases  {}", text("packet"), packet["cases"], text("title"))
                    }
                };
                terminal.tell(&format!("{}\n", evidence::place::escape(&line)));
            }
        },
    );
    Ok(verbs::PASS)
}

fn accept(desk: Desk<'_>, accept: &AcceptOptions) -> Result<u8, Failure> {
    let accepted = verbs::accept(desk.session, &accept.packet, &accept.reason, &desk.settings()?)?;
    desk.answer(
        || accepted.json(),
        |terminal| {
            for (case, before, after) in &accepted.changed {
                let brief = |json: &Json| evidence::place::escape(&evidence::json::brief(json));
                terminal.tell(&format!("{case}\n  - {}\n  + {}\n", brief(before), brief(after)));
            }
            let (changed, lock) = (accepted.changed.len(), accepted.lock.len());
            let packet = &accepted.packet;
            terminal.say(&format!("{packet}: {changed} expectations changed, {lock} lines of the lock."));
        },
    );
    Ok(verbs::PASS)
}

fn lock(desk: Desk<'_>, reason: &str) -> Result<u8, Failure> {
    let changed = verbs::lock(desk.session, reason, &desk.settings()?)?;
    desk.answer(
        || serde_json::json!({"schema": "lumen.evidence.lock.change", "schema_version": 1, "lines": changed}),
        |terminal| {
            changed.iter().for_each(|line| terminal.tell(&format!("+ {}\n", evidence::place::escape(line))));
            terminal.say(&format!("{} lines of the lock changed.", changed.len()));
        },
    );
    Ok(verbs::PASS)
}

fn validate(desk: Desk<'_>) -> Result<u8, Failure> {
    let validation = verbs::validate(desk.session)?;
    desk.answer(
        || validation.json(),
        |terminal| {
            for (what, count) in &validation.counted {
                terminal.tell(&format!("{count:>8} {what}\n"));
            }
            let lists = [
                ("malformed", &validation.malformed),
                ("red", &validation.red),
                ("damaged", &validation.damaged),
                ("incomplete run", &validation.incomplete),
            ];
            for (what, lines) in lists {
                for line in lines {
                    terminal.tell(&format!("{what}: {}\n", evidence::place::escape(line)));
                }
            }
        },
    );
    Ok(validation.exit())
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Failure {
        let failure = Failure::new(problem.exit, evidence::place::escape(&problem.message));
        Failure { help: problem.help, ..failure }
    }
}
