//! `lumen repair`

use std::path::Path;

use serde_json::json;
use sidecar::{Health, Scrub, Status};

use crate::args::RepairOptions;
use crate::mend::{Error, Mended, Pair};
use crate::terminal::{Failure, Terminal, clean};
use crate::world;

pub fn repair(options: &RepairOptions, terminal: &Terminal) -> Result<u8, Failure> {
    let mut pair = Pair::of(Path::new(&options.file));
    if let Some(sidecar) = &options.sidecar {
        pair.sidecar = sidecar.into();
    }
    if options.check {
        return check(&pair, options, terminal);
    }
    match pair.repair() {
        Ok(mended) => {
            write_proof(options, &mended.proof)?;
            show(&mended, options, terminal);
            Ok(0)
        }
        Err(error) => {
            if let Error::Beyond { proof, .. } = &error {
                write_proof(options, proof)?;
            }
            Err(error.into())
        }
    }
}

fn check(pair: &Pair, options: &RepairOptions, terminal: &Terminal) -> Result<u8, Failure> {
    let scrub = pair.scrub()?;
    if options.json {
        terminal.out(&format!("{:#}\n", states(&scrub)));
    } else {
        terminal.tell(&format!("file     {}\nsidecar  {}\n", scrub.payload, scrub.sidecar));
        let next = match worse(&scrub) {
            Health::Ok => None,
            Health::Repairable { .. } => Some(format!("Next    lumen repair {}", options.file)),
            Health::Lost { .. } => Some("Next    take another copy of the file or its sidecar".to_string()),
        };
        next.iter().for_each(|line| terminal.say(&clean(line)));
    }
    Ok(if worse(&scrub) == Health::Ok { 0 } else { 4 })
}

/// The file's state, or the sidecar's if the file is whole.
fn worse(scrub: &Scrub) -> Health {
    if scrub.payload == Health::Ok { scrub.sidecar } else { scrub.payload }
}

fn show(mended: &Mended, options: &RepairOptions, terminal: &Terminal) {
    if options.json {
        let kept: Vec<_> = mended.kept.iter().map(|(_, kept)| kept.display().to_string()).collect();
        let proof: serde_json::Value = serde_json::from_str(&mended.proof.to_json()).unwrap_or_default();
        let mut out = states(&mended.scrub);
        out["kept"] = json!(kept);
        out["proof"] = proof;
        terminal.out(&format!("{out:#}\n"));
        return;
    }
    for (name, health) in [("file", mended.scrub.payload), ("sidecar", mended.scrub.sidecar)] {
        let was = if health == Health::Ok { "is whole".to_string() } else { format!("was {health}") };
        terminal.tell(&format!("{name:<9}{was}\n"));
    }
    for (path, kept) in &mended.kept {
        terminal.say(&clean(&format!(
            "Repaired {}; its damaged bytes are in {}.",
            path.display(),
            kept.display()
        )));
    }
    if mended.proof.status == Status::Recovered && options.file.ends_with(".lumen-bundle") {
        terminal.say(&clean(&format!("Next    lumen verify {}", options.file)));
    }
}

fn states(scrub: &Scrub) -> serde_json::Value {
    let state = |health| match health {
        Health::Ok => json!({"state": "ok"}),
        Health::Repairable { block, damaged, repair } => {
            json!({"state": "repairable", "block": block, "damaged": damaged, "repair": repair})
        }
        Health::Lost { block, needed, have } => {
            json!({"state": "lost", "block": block, "needed": needed, "have": have})
        }
    };
    json!({"schema": "lumen.repair", "schema_version": 1, "file": state(scrub.payload), "sidecar": state(scrub.sidecar)})
}

fn write_proof(options: &RepairOptions, proof: &sidecar::Proof) -> Result<(), Failure> {
    let Some(path) = &options.proof else { return Ok(()) };
    world::save(Path::new(path), format!("{}\n", proof.to_json()).as_bytes())
}

/// What a sidecar can do for a damaged file, if one stands beside it.
pub fn advice(file: &Path) -> Option<String> {
    match Pair::of(file).scrub().ok()?.payload {
        Health::Ok => None,
        Health::Repairable { damaged, repair, .. } => {
            Some(format!("`lumen repair {}` mends it: {damaged} of {repair} symbols.", file.display()))
        }
        Health::Lost { needed, have, .. } => Some(format!(
            "Its sidecar cannot mend it: {needed} whole symbols are needed, and {have} are left. Take another copy."
        )),
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        let (message, help) = (error.to_string(), error.help());
        let failure = match error {
            Error::Io { what, error } => Failure::io(what, &error),
            Error::NoSidecar { .. } | Error::TooLarge { .. } => Failure::usage(message).code("E0701"),
            Error::Sidecar { .. } | Error::Beyond { .. } => Failure::new(4, message),
        };
        Failure { help, ..failure }
    }
}
