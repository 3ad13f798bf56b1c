//! The files that stand beside the packets: allowlist and threat matrix, applied to a run.

use std::collections::BTreeMap;

use evidence::hardened::{self, Allowlist, Exercise};
use evidence::report::Mode;
use evidence::threats::{self, Matrix, ThreatResult};

use super::Problem;
use crate::library::Library;
use crate::mutants::Harvest;
use crate::runner::Run;

/// The allowlist; an empty one where there is no file.
pub(crate) fn allowlist(library: &Library) -> Result<Allowlist, Problem> {
    match library.file(hardened::FILE) {
        None => Ok(Allowlist { hardened: hardened::VERSION, repairs: Vec::new() }),
        Some(text) => Ok(Allowlist::parse(hardened::FILE, text)?),
    }
}

/// The threat matrix, if there is one.
pub(crate) fn matrix(library: &Library) -> Result<Option<Matrix>, Problem> {
    let text = library.file(threats::FILE);
    Ok(text.map(|text| Matrix::parse(threats::FILE, text)).transpose()?)
}

/// Entries of the allowlist that the run's packets do not prove. Both modes must have run for that.
pub(crate) fn unproved(list: &Allowlist, run: &Run, modes: &[Mode]) -> Vec<String> {
    if modes.len() < 2 {
        return Vec::new();
    }
    let mut ran = BTreeMap::new();
    for packet in &run.packets {
        let exercises = packet.report.checks.iter().filter_map(|check| {
            let result = packet.golden.results.get(&format!("{}/{}", check.case, check.mode))?;
            Some(Exercise { check, result })
        });
        ran.insert(packet.packet.as_str(), exercises.collect());
    }
    list.unproved(&ran)
}

/// The outcomes of the planted mutants, where a row that is evaluated speaks of one.
pub(crate) fn planted(matrix: &Matrix, everything: bool) -> BTreeMap<String, String> {
    let wanted = matrix.rows.iter().flat_map(|row| &row.cases).any(|case| case.starts_with("mutant/"));
    if !(everything && wanted) {
        return BTreeMap::new();
    }
    Harvest::gather().mutants.into_iter().map(|planted| (planted.name, planted.outcome)).collect()
}

/// Rows whose packets ran; of a run over everything, all rows. `mutants` are the outcomes of planted mutants by name.
pub(crate) fn threats(
    matrix: &Matrix,
    run: &Run,
    everything: bool,
    mutants: &BTreeMap<String, String>,
) -> Vec<ThreatResult> {
    let mut outcomes = BTreeMap::new();
    for packet in &run.packets {
        for check in &packet.report.checks {
            outcomes.insert((format!("{}/{}", packet.packet, check.case), check.mode), check.outcome.clone());
        }
    }
    for (name, outcome) in mutants {
        for mode in [Mode::Strict, Mode::Hardened] {
            outcomes.insert((format!("mutant/{name}"), mode), outcome.clone());
        }
    }
    let ran = |case: &String| {
        let packet = case.split('/').next().unwrap_or_default();
        run.packets.iter().any(|run| run.packet == packet)
    };
    let rows = matrix.rows.iter().filter(|row| everything || row.cases.iter().any(ran)).cloned().collect();
    Matrix { threats: matrix.threats, rows }.evaluate(&outcomes)
}
