//! `e2e`: case, engine, oracle, gate, ledger, sidecar and repair, one row of the check log a scenario.

use std::collections::BTreeMap;
use std::path::Path;

use evidence::gate::Verdict;
use evidence::log::LogRow;
use evidence::mismatch;
use evidence::report::{Lane, Mode, Status};
use serde_json::json;
use sidecar::{Block, Damage, Overhead, Pattern};

use super::run::{Options, Outcome, replay, run};
use super::{DAMAGED, PASS, Problem, RED, Session};
use crate::store::write_file;

/// What the end-to-end run found.
pub struct EndToEnd {
    pub rows: Vec<LogRow>,
    /// Links that lead nowhere and replays that gave another outcome.
    pub faults: Vec<String>,
    pub outcome: Outcome,
}

impl EndToEnd {
    /// 4 before 1.
    #[must_use]
    pub fn exit(&self) -> u8 {
        let red = self.rows.iter().any(|row| row.outcome == Status::Fail);
        match () {
            () if !self.faults.is_empty() => DAMAGED,
            () if red || self.rows.is_empty() => RED,
            () => PASS,
        }
    }
}

/// Why a row's replay does not stand for it: the repeated check came out otherwise.
pub(crate) fn unreproduced(row: &LogRow, repeated: Status) -> Option<String> {
    let differs = row.outcome != repeated;
    differs.then(|| format!("`{}`: the log says {}, repeated it gives {repeated}", row.replay, row.outcome))
}

/// Runs the selected packets and writes the log to `out`.
pub fn e2e(session: &Session, options: &Options, out: &Path) -> Result<EndToEnd, Problem> {
    let outcome = run(session, options)?;
    let mut rows = Vec::new();
    for packet in &outcome.run.packets {
        // One check of each class and mode stands for the packet; the run's own log has all of them.
        let mut seen = std::collections::BTreeSet::new();
        for row in &packet.log {
            let check =
                packet.report.checks.iter().find(|check| check.case == row.case && check.mode == row.mode);
            let Some(check) = check else { continue };
            if seen.insert((check.class, check.mode)) {
                rows.push(staged(row, "engine", row.outcome));
                if outcome.run.lane == Lane::Live {
                    rows.push(staged(row, "oracle", row.outcome));
                }
            }
        }
        let Some(first) = packet.log.first() else { continue };
        let gate = match packet.gate.verdict {
            Verdict::Pass => Status::Pass,
            Verdict::NotEvaluated => Status::NotEvaluated,
            Verdict::Fail => Status::Fail,
        };
        let mut row = staged(first, "gate", gate);
        row.artifacts = vec![format!("packets/{}/gate.json", packet.packet)];
        rows.push(row);
        let in_ledger = outcome
            .snapshot
            .ledger
            .rows
            .iter()
            .any(|row| row.entry.run == outcome.snapshot.run.id && row.entry.packet == packet.packet);
        rows.push(staged(first, "ledger", if in_ledger { Status::Pass } else { Status::Fail }));
        rows.push(mended(first, &outcome.folder, &packet.packet));
    }
    let faults = faults(session, options, &outcome, &rows);
    let text: String = rows.iter().map(LogRow::line).collect();
    write_file(out, text.as_bytes())?;
    if let Err(broken) = evidence::log::parse(&text) {
        return Err(Problem::damaged(broken.join("; ")));
    }
    Ok(EndToEnd { rows, faults, outcome })
}

fn staged(row: &LogRow, stage: &str, outcome: Status) -> LogRow {
    let mut row = row.clone();
    row.outcome = outcome;
    row.fields.insert("stage".into(), json!(stage));
    row
}

/// Damages a copy of the report within its sidecar's promise, and repairs it.
fn mended(row: &LogRow, folder: &Path, packet: &str) -> LogRow {
    let name = format!("packets/{packet}/report.json");
    let repaired = || -> Result<bool, String> {
        let report = std::fs::read(folder.join(&name)).map_err(|error| error.to_string())?;
        let sidecar = sidecar::encode(&report, Overhead::default()).map_err(|error| error.to_string())?;
        let damage =
            Damage::new(&sidecar, Pattern::Burst, Block::promise, 1).map_err(|error| error.to_string())?;
        let mut damaged = report.clone();
        damage.strike(&mut damaged, &mut []);
        let repair = sidecar::repair(&name, &damaged, &sidecar).map_err(|error| error.to_string())?;
        let restored = repair.outcome.map_err(|error| error.to_string())?;
        Ok(damaged != report && restored.payload == report)
    };
    let (outcome, reason) = match repaired() {
        Ok(true) => (Status::Pass, String::new()),
        Ok(false) => (Status::Fail, "the repaired report is not the report".to_string()),
        Err(why) => (Status::Fail, why),
    };
    LogRow { reason, ..staged(row, "repair", outcome) }
}

/// Every artifact must be there, and the first check of each packet and mode must come out again.
fn faults(session: &Session, options: &Options, outcome: &Outcome, rows: &[LogRow]) -> Vec<String> {
    let mut faults = Vec::new();
    for artifact in rows.iter().flat_map(|row| &row.artifacts) {
        if !outcome.folder.join(artifact).is_file() {
            faults.push(format!("the log names {artifact}, which is not there"));
        }
    }
    let mut sampled: BTreeMap<(&str, Mode), &LogRow> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.fields.get("stage") == Some(&json!("engine"))) {
        sampled.entry((&row.packet, row.mode)).or_insert(row);
    }
    for row in sampled.into_values() {
        let key = mismatch::key(&row.packet, &row.case, row.mode);
        match replay(session, &key, row.lane, options) {
            Ok(repeated) => faults.extend(unreproduced(row, repeated.check.status)),
            Err(problem) => faults.push(format!("{key}: {problem}")),
        }
    }
    faults.sort();
    faults.dedup();
    faults
}
