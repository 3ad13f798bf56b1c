//! `scrub`, `repair` and `drill` over a run's artifacts.

use std::path::{Path, PathBuf};
use std::process::Command;

use conformance::verbs::{self, Session};
use evidence::place::escape;
use report::format::counted;
use serde_json::json;
use sidecar::{Block, Damage, Health, Pattern, Proof};

use super::Desk;
use crate::mend::Pair;
use crate::terminal::Failure;

/// The artifacts of a run that have repair symbols.
fn artifacts(session: &Session, run: Option<&str>) -> Result<Vec<PathBuf>, Failure> {
    let snapshot = verbs::snapshot(session, run)?;
    let folder = session.store()?.run_path(&snapshot.run.id);
    Ok(snapshot.sidecars.iter().map(|view| folder.join(&view.artifact)).collect())
}

fn shown(path: &Path) -> String {
    escape(&path.to_string_lossy())
}

pub fn scrub(desk: Desk<'_>, run: Option<&str>) -> Result<u8, Failure> {
    let mut rows = Vec::new();
    for artifact in artifacts(desk.session, run)? {
        let scrub = Pair::of(&artifact).scrub()?;
        rows.push((artifact, scrub));
    }
    desk.answer(
        || {
            let rows = rows.iter().map(|(path, scrub)| {
                json!({
                    "artifact": path, "file": scrub.payload.to_string(), "sidecar": scrub.sidecar.to_string(),
                })
            });
            let rows: Vec<_> = rows.collect();
            json!({"schema": "lumen.evidence.scrub", "schema_version": 1, "artifacts": rows})
        },
        |terminal| {
            for (path, scrub) in &rows {
                let (file, sidecar) = (scrub.payload, scrub.sidecar);
                terminal.tell(&format!("{}\n    file {file}, sidecar {sidecar}\n", shown(path)));
            }
        },
    );
    let whole = rows.iter().all(|(_, scrub)| scrub.payload == Health::Ok && scrub.sidecar == Health::Ok);
    Ok(if whole { verbs::PASS } else { verbs::DAMAGED })
}

pub fn repair(desk: Desk<'_>, run: Option<&str>) -> Result<u8, Failure> {
    let store = desk.session.store()?;
    let mut mended = Vec::new();
    for artifact in artifacts(desk.session, run)? {
        let pair = Pair::of(&artifact);
        let done = pair.repair()?;
        let mut healed = !done.kept.is_empty();
        // The run's file and the stored object are one file until one of them is mended.
        for path in [&pair.file, &pair.sidecar] {
            let bytes = std::fs::read(path).map_err(|error| Failure::io(path.display(), &error))?;
            healed |= store.heal(&bytes).map_err(verbs::Problem::from)?;
        }
        if healed {
            mended.push(artifact);
        }
    }
    desk.answer(
        || json!({"schema": "lumen.evidence.repair", "schema_version": 1, "mended": mended}),
        |terminal| {
            mended.iter().for_each(|path| terminal.tell(&format!("mended {}\n", shown(path))));
            terminal.tell(&format!("{} mended\n", counted(mended.len(), "artifact")));
        },
    );
    Ok(verbs::PASS)
}

/// One kind of damage to one artifact, and what a fresh process made of it.
struct Round {
    artifact: PathBuf,
    pattern: &'static str,
    beyond: bool,
    fault: Option<String>,
}

pub fn drill(desk: Desk<'_>, run: Option<&str>) -> Result<u8, Failure> {
    let store = desk.session.store()?;
    let ground = store.root().join(format!("drill-{}", std::process::id()));
    let mut rounds = Vec::new();
    for artifact in artifacts(desk.session, run)? {
        for pattern in Pattern::ALL {
            for beyond in [false, true] {
                let fault = damaged(&artifact, &ground, pattern, beyond).err();
                rounds.push(Round { artifact: artifact.clone(), pattern: pattern.name(), beyond, fault });
            }
        }
    }
    // The copies are of no use after the drill, whatever came of it.
    let _ = std::fs::remove_dir_all(&ground);
    let red = rounds.iter().filter(|round| round.fault.is_some()).count();
    desk.answer(
        || {
            let rows = rounds.iter().map(|round| {
                json!({
                    "artifact": round.artifact, "pattern": round.pattern, "beyond_budget": round.beyond,
                    "fault": round.fault,
                })
            });
            let rows: Vec<_> = rows.collect();
            json!({"schema": "lumen.evidence.drill", "schema_version": 1, "rounds": rows})
        },
        |terminal| {
            for round in &rounds {
                if let Some(fault) = &round.fault {
                    let path = shown(&round.artifact);
                    terminal.tell(&format!("{path} {}: {}\n", round.pattern, escape(fault)));
                }
            }
            let all = rounds.len();
            terminal.tell(&format!("{all} rounds: {} as promised, {red} not\n", all - red));
        },
    );
    Ok(if red == 0 && !rounds.is_empty() { verbs::PASS } else { verbs::RED })
}

/// Damages a copy on disk, lets a fresh process mend it, and holds the result against the original. Beyond the budget
/// the process must refuse and leave both files as they are.
fn damaged(artifact: &Path, ground: &Path, pattern: Pattern, beyond: bool) -> Result<(), String> {
    let text = |error: std::io::Error| error.to_string();
    let original = Pair::of(artifact);
    std::fs::create_dir_all(ground).map_err(text)?;
    let copy = Pair::of(&ground.join("artifact"));
    let read = |path: &Path| std::fs::read(path).map_err(text);
    let (payload, sidecar) = (read(&original.file)?, read(&original.sidecar)?);
    let count = |block: Block| if beyond { block.repair + 1 } else { block.promise() };
    let damage = Damage::new(&sidecar, pattern, count, 7).map_err(|error| error.to_string())?;
    let (mut lossy, mut lossy_sidecar) = (payload.clone(), sidecar.clone());
    damage.strike(&mut lossy, &mut lossy_sidecar);
    std::fs::write(&copy.file, &lossy).map_err(text)?;
    std::fs::write(&copy.sidecar, &lossy_sidecar).map_err(text)?;
    let lumen = std::env::current_exe().map_err(text)?;
    let proof_path = ground.join("proof");
    let mut command = Command::new(lumen);
    command.arg("repair").arg(&copy.file).arg("--json").arg("--proof").arg(&proof_path);
    let output = command.output().map_err(text)?;
    let proof = std::fs::read_to_string(&proof_path).map_err(|error| format!("no decode proof: {error}"));
    let (found, found_sidecar) = (read(&copy.file)?, read(&copy.sidecar)?);
    for left in std::fs::read_dir(ground).map_err(text)? {
        std::fs::remove_file(left.map_err(text)?.path()).map_err(text)?;
    }
    let proof = Proof::from_json(proof?.trim_end()).map_err(|error| error.to_string())?;
    proof.check(&payload, &sidecar).map_err(|error| error.to_string())?;
    match (beyond, output.status.success()) {
        (false, true) if found == payload && found_sidecar == sidecar => Ok(()),
        (false, true) => Err("the mended copy is not the original".into()),
        (false, false) => Err(format!("not mended: {}", String::from_utf8_lossy(&output.stderr).trim())),
        (true, false) if found == lossy && found_sidecar == lossy_sidecar => Ok(()),
        (true, false) => Err("a refused repair changed a file".into()),
        // Where the loss beyond the budget fell on repair symbols alone, the payload is whole and may be kept.
        (true, true) if lossy == payload && found == payload => Ok(()),
        (true, true) => Err("a loss beyond the budget was not refused".into()),
    }
}
